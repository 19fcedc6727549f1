//! The marks of a joint map: discs, halves of discs, and rings for what was not scored.

use super::joint_mark::{JointMark, MapShows};
use crate::paper::{Hold, Svg, Type, number, palette, text_width};
use std::fmt::Write as _;

/// Largest and smallest radius of a mark.
pub(super) const LARGEST: f64 = 11.5;
const SMALLEST: f64 = 3.4;

/// From pale to deep, for repair and for progression.
const GREENS: [&str; 3] = ["#e4f3ec", "#1f9670", "#00503b"];
const ORANGES: [&str; 3] = ["#fcebdc", "#d9691f", "#822f00"];

/// A probability that is one.
pub(super) fn known(p: Option<f64>) -> Option<f64> {
    p.filter(|p| p.is_finite()).map(|p| p.clamp(0.0, 1.0))
}

/// How the marks of one map are drawn.
pub(super) struct Marks {
    pub(super) shows: MapShows,
    /// Probability of the largest mark.
    pub(super) full: f64,
    /// Its radius.
    pub(super) largest: f64,
}

impl Marks {
    /// The mark of a site.
    pub(super) fn draw(&self, svg: &mut Svg, mark: &JointMark, at: [f64; 2]) {
        let (repair, progression) = (known(mark.repair), known(mark.progression));
        match self.shows {
            MapShows::Repair => self.numbered(svg, repair, GREENS, at),
            MapShows::Progression => self.numbered(svg, progression, ORANGES, at),
            MapShows::Both => self.halves(svg, [repair, progression], at),
        }
    }

    /// A mark of the legend; it carries no number.
    pub(super) fn sample(&self, svg: &mut Svg, p: f64, at: [f64; 2]) {
        match self.shows {
            MapShows::Repair => self.disc(svg, p, GREENS, at),
            MapShows::Progression => self.disc(svg, p, ORANGES, at),
            MapShows::Both => self.halves(svg, [Some(p); 2], at),
        }
    }

    /// A struck-out grey ring.
    pub(super) fn unscored(&self, svg: &mut Svg, at: [f64; 2]) {
        let r = self.least();
        let d = 0.7 * r;
        let _ = write!(
            svg.text,
            "<path d=\"M{:.1} {y:.1}a{r:.1} {r:.1} 0 1 0 {t:.1} 0a{r:.1} {r:.1} 0 1 0 -{t:.1} 0M{:.1} {:.1}l{e:.1} -{e:.1}\" fill=\"#e6e5e9\" stroke=\"#77757f\" stroke-width=\"1.1\"/>",
            at[0] - r,
            at[0] - d,
            at[1] + d,
            y = at[1],
            t = 2.0 * r,
            e = 2.0 * d,
        );
    }

    fn least(&self) -> f64 {
        SMALLEST.min(self.largest * 0.6)
    }

    fn share(&self, p: f64) -> f64 {
        (p / self.full).min(1.0)
    }

    /// Its area, above that of the smallest mark, goes with the probability.
    fn radius(&self, p: f64) -> f64 {
        let least = self.least().powi(2);
        (least + self.share(p) * (self.largest.powi(2) - least)).sqrt()
    }

    fn disc(&self, svg: &mut Svg, p: f64, ramp: [&str; 3], at: [f64; 2]) {
        let _ = write!(
            svg.text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{:.1}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.1\"/>",
            at[0],
            at[1],
            self.radius(p),
            shade(ramp, self.share(p)),
            ramp[2]
        );
    }

    fn numbered(&self, svg: &mut Svg, p: Option<f64>, ramp: [&str; 3], at: [f64; 2]) {
        let Some(p) = p else {
            self.unscored(svg, at);
            return;
        };
        self.disc(svg, p, ramp, at);
        if let Some(text) = self.number(p) {
            let kind = Type {
                size: 9.5,
                colour: "#fff",
                hold: Hold::Middle,
                bold: true,
            };
            svg.write(at[0], at[1] + 3.4, kind, &text);
        }
    }

    /// Percent, where the mark is dark and large enough to read it.
    fn number(&self, p: f64) -> Option<String> {
        let text = match p * 100.0 {
            percent if percent > 99.0 => ">99".into(),
            percent => number::fixed(percent, 0),
        };
        let fits = text_width(&text, 9.5) < 1.85 * self.radius(p) && p >= 0.01;
        (self.share(p) >= 0.4 && fits).then_some(text)
    }

    fn halves(&self, svg: &mut Svg, parts: [Option<f64>; 2], at: [f64; 2]) {
        if parts == [None, None] {
            self.unscored(svg, at);
            return;
        }
        for ((p, ramp), sweep) in parts.into_iter().zip([GREENS, ORANGES]).zip([0, 1]) {
            let Some(p) = p else { continue };
            let r = self.radius(p);
            let _ = write!(
                svg.text,
                "<path d=\"M{x:.1} {:.1}A{r:.1} {r:.1} 0 0 {sweep} {x:.1} {:.1}Z\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1\"/>",
                at[1] - r,
                at[1] + r,
                shade(ramp, self.share(p)),
                ramp[2],
                x = at[0],
            );
        }
    }
}

fn shade(ramp: [&str; 3], share: f64) -> String {
    let (from, to, t) = if share < 0.5 {
        (ramp[0], ramp[1], share * 2.0)
    } else {
        (ramp[1], ramp[2], share * 2.0 - 1.0)
    };
    let (a, b) = (palette::rgb(from), palette::rgb(to));
    let mix = |i: usize| (f64::from(a[i]) * (1.0 - t) + f64::from(b[i]) * t).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}
