//! The bones with their lesions coloured by verdict, from three sides.

use super::panels::bar_length;
use super::render::{Rendering, render};
use super::view::{Part, RenderOptions, View};
use crate::paper::{escape, palette, png};
use crate::{Error, ReportInput};
use howship_change::Verdict;
use std::fmt::Write as _;

/// Ivory, in linear light.
const BONE: [f32; 3] = [0.86, 0.77, 0.60];

/// From the patient's front, left and back; the head is up. With the letters at the left and right edge.
const VIEWS: [(View, [&str; 2]); 3] = [
    (
        View {
            name: "front",
            direction: [0.0, 1.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        ["R", "L"],
    ),
    (
        View {
            name: "left side",
            direction: [-1.0, 0.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        ["A", "P"],
    ),
    (
        View {
            name: "back",
            direction: [0.0, -1.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        ["L", "R"],
    ),
];

/// A lesion's place in the scene.
struct Mark {
    id: u32,
    verdict: Option<Verdict>,
    centre: [f64; 3],
    part: usize,
}

/// One view, drawn.
pub(crate) struct Picture {
    pub(crate) name: &'static str,
    pub(crate) png: Vec<u8>,
    pub(crate) svg: String,
    /// Width of the SVG in its own units: the scale is the same for every view.
    pub(crate) width: f64,
}

/// Draws every view at one scale; none where there is no surface.
pub(crate) fn pictures(input: &ReportInput<'_>) -> Result<Vec<Picture>, Error> {
    let (parts, marks) = scene(input);
    let Some(longest) = longest_side(&parts) else {
        return Ok(Vec::new());
    };
    let fitted = RenderOptions::default();
    let options = RenderOptions {
        mm_per_pixel: Some(longest / fitted.pixels as f64),
        ..fitted
    };
    let drawn: Vec<Rendering> = VIEWS
        .iter()
        .map(|(view, _)| render(&parts, *view, &options))
        .collect::<Result<_, Error>>()?;
    let labelled: Vec<Vec<bool>> = labelled(&drawn, &marks);
    drawn
        .iter()
        .zip(VIEWS)
        .zip(labelled)
        .map(|((drawing, (view, sides)), shown)| {
            let png = png::encode(
                drawing.width,
                drawing.height,
                png::Channels::Rgba,
                &drawing.rgba,
            )?;
            let tags: Vec<&Mark> = marks
                .iter()
                .zip(shown)
                .filter_map(|(m, s)| s.then_some(m))
                .collect();
            let svg = overlay(drawing, &png, view.name, sides, &tags);
            Ok(Picture {
                name: view.name,
                png,
                svg,
                width: drawing.width as f64 + 2.0 * SIDE,
            })
        })
        .collect()
}

fn scene<'a>(input: &ReportInput<'a>) -> (Vec<Part<'a>>, Vec<Mark>) {
    let mut parts: Vec<Part<'a>> = input
        .bones
        .iter()
        .map(|bone| Part {
            name: &bone.name,
            mesh: &bone.mesh,
            colour: BONE,
            marker: false,
        })
        .collect();
    let mut marks = Vec::new();
    for surface in input.lesion_surfaces {
        let count = surface.mesh.vertices.len();
        let finite = surface
            .mesh
            .vertices
            .iter()
            .flatten()
            .all(|v| v.is_finite());
        if count == 0 || !finite {
            continue;
        }
        let lesion = input.result.lesions.iter().find(|l| l.id == surface.id);
        let verdict = lesion.and_then(|l| l.verdict());
        let mut centre = [0f64; 3];
        for vertex in &surface.mesh.vertices {
            for (sum, v) in centre.iter_mut().zip(vertex) {
                *sum += f64::from(*v) / count as f64;
            }
        }
        marks.push(Mark {
            id: surface.id,
            verdict,
            centre,
            part: parts.len(),
        });
        parts.push(Part {
            name: "lesion",
            mesh: &surface.mesh,
            colour: palette::look(verdict).light,
            marker: true,
        });
    }
    (parts, marks)
}

fn longest_side(parts: &[Part<'_>]) -> Option<f64> {
    let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    for vertex in parts.iter().flat_map(|p| &p.mesh.vertices) {
        for i in 0..3 {
            low[i] = low[i].min(vertex[i]);
            high[i] = high[i].max(vertex[i]);
        }
    }
    let side = (0..3).map(|i| high[i] - low[i]).fold(f32::MIN, f32::max);
    (side.is_finite() && side > 0.0).then(|| f64::from(side))
}

/// Share of a lesion's silhouette that must be in sight for a label.
const IN_SIGHT: f64 = 0.2;

/// Per view, which lesions get a label: those in sight, and hidden ones where they are hidden least.
fn labelled(drawn: &[Rendering], marks: &[Mark]) -> Vec<Vec<bool>> {
    let seen = |view: &Rendering, mark: &Mark| view.visible.get(mark.part).copied().unwrap_or(0.0);
    let best: Vec<usize> = marks
        .iter()
        .map(|mark| {
            let mut best = 0;
            for (i, view) in drawn.iter().enumerate() {
                if seen(view, mark) > seen(&drawn[best], mark) {
                    best = i;
                }
            }
            best
        })
        .collect();
    drawn
        .iter()
        .enumerate()
        .map(|(i, view)| {
            let shown = |(mark, best): (&Mark, &usize)| seen(view, mark) >= IN_SIGHT || *best == i;
            marks.iter().zip(&best).map(shown).collect()
        })
        .collect()
}

/// Room for labels on either side of the drawing.
const SIDE: f64 = 46.0;
/// Height of a label.
const TAG: f64 = 24.0;

fn overlay(
    drawing: &Rendering,
    png: &[u8],
    name: &str,
    sides: [&str; 2],
    marks: &[&Mark],
) -> String {
    let (w, h) = (drawing.width as f64, drawing.height as f64);
    let ids: Vec<String> = marks.iter().map(|m| m.id.to_string()).collect();
    let described = if ids.is_empty() {
        "no lesion in sight".to_owned()
    } else {
        format!("lesions in sight: {}", ids.join(", "))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\" font-size=\"15\"><title>The bones seen from the {name}; {}</title><image x=\"{SIDE}\" y=\"0\" width=\"{w}\" height=\"{h}\" href=\"{}\"/>",
        w + 2.0 * SIDE,
        h + 22.0,
        escape(&described),
        png::data_url(png)
    );
    let _ = write!(
        svg,
        "<g fill=\"#77757f\" font-size=\"13\" text-anchor=\"middle\"><text x=\"12\" y=\"16\">{}</text><text x=\"{}\" y=\"16\">{}</text></g>",
        sides[0],
        w + 2.0 * SIDE - 12.0,
        sides[1]
    );
    for right in [false, true] {
        let mut column: Vec<(&Mark, [f64; 2])> = marks
            .iter()
            .map(|m| (*m, drawing.project(m.centre)))
            .filter(|(_, p)| (p[0] > w / 2.0) == right)
            .collect();
        column.sort_by(|a, b| a.1[1].total_cmp(&b.1[1]).then(a.0.id.cmp(&b.0.id)));
        let heights = spread(&column.iter().map(|c| c.1[1]).collect::<Vec<_>>(), h);
        for ((mark, at), y) in column.iter().zip(heights) {
            tag(
                &mut svg,
                mark,
                *at,
                y,
                if right { w + SIDE + 2.0 } else { 2.0 },
                right,
            );
        }
    }
    if let Some(mm) = bar_length(w * drawing.mm_per_pixel) {
        let length = mm / drawing.mm_per_pixel;
        let x = SIDE + (w - length) / 2.0;
        let _ = write!(
            svg,
            "<path d=\"M{x:.1} {y:.1}h{length:.1}\" stroke=\"#26262b\" stroke-width=\"3\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" fill=\"#26262b\">{mm} mm</text>",
            x + length + 8.0,
            h + 15.0,
            y = h + 10.5
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Heights of labels, sorted and within the picture; a label apart where there is room for that.
fn spread(wanted: &[f64], height: f64) -> Vec<f64> {
    let mut y: Vec<f64> = wanted.to_vec();
    let step = (TAG + 4.0).min(height / y.len().max(1) as f64);
    for i in 1..y.len() {
        y[i] = y[i].max(y[i - 1] + step);
    }
    let mut limit = height - TAG / 2.0;
    for value in y.iter_mut().rev() {
        *value = value.min(limit);
        limit = *value - step;
    }
    y
}

fn tag(svg: &mut String, mark: &Mark, at: [f64; 2], y: f64, x: f64, right: bool) {
    let look = palette::look(mark.verdict);
    let (width, edge) = (SIDE - 4.0, if right { x } else { x + SIDE - 4.0 });
    let _ = write!(
        svg,
        "<path d=\"M{edge:.1} {y:.1}L{px:.1} {py:.1}\" stroke=\"#fff\" stroke-width=\"3\" stroke-opacity=\".7\"/><path d=\"M{edge:.1} {y:.1}L{px:.1} {py:.1}\" stroke=\"{c}\" stroke-width=\"1.4\"/><circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3\" fill=\"#fff\" stroke=\"{c}\" stroke-width=\"1.4\"/><rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width}\" height=\"{TAG}\" rx=\"5\" fill=\"{c}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#fff\" font-weight=\"700\">{} {}</text>",
        y - TAG / 2.0,
        x + width / 2.0,
        y + 5.3,
        mark.id,
        look.symbol,
        c = look.colour,
        px = at[0] + SIDE,
        py = at[1],
    );
}
