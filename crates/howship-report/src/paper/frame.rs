//! A picture in the making: texts, lines and marks of an SVG that may stand alone or inside a page.

use super::escape::escape;
use super::palette::{INK, SOFT};
use std::fmt::Write as _;

/// Where a text is held.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Hold {
    /// At its first letter.
    Start,
    /// In its middle.
    Middle,
    /// At its last letter.
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Type<'a> {
    pub(crate) size: f64,
    pub(crate) colour: &'a str,
    pub(crate) hold: Hold,
    pub(crate) bold: bool,
}

impl Default for Type<'_> {
    fn default() -> Self {
        Self {
            size: 13.0,
            colour: INK,
            hold: Hold::Start,
            bold: false,
        }
    }
}

/// Soft small text.
pub(crate) fn soft(hold: Hold) -> Type<'static> {
    Type {
        size: 12.0,
        colour: SOFT,
        hold,
        bold: false,
    }
}

/// A picture in the making.
pub(crate) struct Svg {
    /// What is written so far; shapes that have no method are added to it.
    pub(crate) text: String,
}

impl Svg {
    /// Opens a picture: its title is its name for those who hear it, its description says what is to be seen.
    ///
    /// No element has an `id`, so that any number of pictures stand on one page.
    pub(crate) fn open(size: [f64; 2], title: &str, description: &str) -> Self {
        let [width, height] = size;
        Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\" font-size=\"13\" fill=\"{INK}\"><title>{}</title><desc>{}</desc>",
                escape(title),
                escape(description)
            ),
        }
    }

    /// The whole document.
    pub(crate) fn close(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    /// A text at a place; it is escaped here.
    pub(crate) fn write(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str) {
        self.write_with(x, y, kind, text, "");
    }

    /// Text with a white edge, which stays readable on lines.
    pub(crate) fn write_over(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str) {
        let edge =
            " stroke=\"#fff\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"";
        self.write_with(x, y, kind, text, edge);
    }

    fn write_with(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str, more: &str) {
        let hold = match kind.hold {
            Hold::Start => "",
            Hold::Middle => " text-anchor=\"middle\"",
            Hold::End => " text-anchor=\"end\"",
        };
        let weight = if kind.bold {
            " font-weight=\"600\""
        } else {
            ""
        };
        let _ = write!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\" fill=\"{}\"{hold}{weight}{more}>{}</text>",
            kind.size,
            kind.colour,
            escape(text)
        );
    }

    /// A text that runs upwards, beside an axis.
    pub(crate) fn write_upwards(&mut self, x: f64, y: f64, text: &str) {
        let _ = write!(
            self.text,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\" font-size=\"12\" fill=\"{SOFT}\">{}</text>",
            escape(text)
        );
    }

    /// A straight line; `style` are attributes, as in `stroke="#000"`.
    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], style: &str) {
        let _ = write!(
            self.text,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" fill=\"none\" {style}/>",
            from[0], from[1], to[0], to[1]
        );
    }

    /// A rectangle from its upper left corner.
    pub(crate) fn rect(&mut self, corner: [f64; 2], size: [f64; 2], style: &str) {
        let _ = write!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" {style}/>",
            corner[0],
            corner[1],
            size[0].max(0.0),
            size[1].max(0.0)
        );
    }

    /// A line through points.
    pub(crate) fn polyline(&mut self, points: &[[f64; 2]], style: &str) {
        let mut d = String::new();
        for (i, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        let _ = write!(self.text, "<path d=\"{d}\" fill=\"none\" {style}/>");
    }

    /// The area inside points.
    pub(crate) fn area(&mut self, points: &[[f64; 2]], style: &str) {
        let mut d = String::new();
        for (i, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        let _ = write!(self.text, "<path d=\"{d}Z\" {style}/>");
    }

    /// A series' marker: its shape goes with its colour, so that the colour is never alone.
    pub(crate) fn marker(&mut self, series: usize, at: [f64; 2], r: f64, style: &str) {
        let [x, y] = at;
        let _ = match series % 8 {
            0 => write!(
                self.text,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" {style}/>"
            ),
            1 => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {r:.1}l{n:.1} {r:.1}l{n:.1} {n:.1}Z\" {style}/>",
                y - r,
                n = -r
            ),
            2 => write!(
                self.text,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{s:.1}\" height=\"{s:.1}\" {style}/>",
                x - r * 0.9,
                y - r * 0.9,
                s = r * 1.8
            ),
            3 => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {d:.1}h{:.1}Z\" {style}/>",
                y - r * 1.1,
                -2.0 * r,
                d = r * 1.9
            ),
            4 => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {:.1}h{:.1}Z\" {style}/>",
                y + r * 1.1,
                -1.9 * r,
                -2.0 * r
            ),
            // A plus, an upright bar, a lying one.
            5 => {
                let (arm, thick) = (1.2 * r, 0.42 * r);
                let [step, back] = [arm - thick, thick - arm];
                write!(
                    self.text,
                    "<path d=\"M{:.1} {:.1}h{w:.1}v{step:.1}h{step:.1}v{w:.1}h{back:.1}v{step:.1}h{m:.1}v{back:.1}h{back:.1}v{m:.1}h{step:.1}Z\" {style}/>",
                    x - thick,
                    y - arm,
                    w = 2.0 * thick,
                    m = -2.0 * thick
                )
            }
            6 => write!(
                self.text,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" {style}/>",
                x - r * 0.5,
                y - r * 1.25,
                r,
                r * 2.5
            ),
            _ => write!(
                self.text,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" {style}/>",
                x - r * 1.25,
                y - r * 0.5,
                r * 2.5,
                r
            ),
        };
    }

    /// Something with a tooltip.
    pub(crate) fn hint(&mut self, words: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.text, "<g><title>{}</title>", escape(words));
        draw(self);
        self.text.push_str("</g>");
    }
}
