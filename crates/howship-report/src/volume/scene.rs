//! The bones with their lesions coloured by verdict, from every side.

use super::panels::bar_length;
use super::render::{Rendering, render};
use super::view::{Part, RenderOptions, View};
use crate::paper::{escape, palette, png};
use crate::{Error, ReportInput};
use howship_change::{AxesKnown, Verdict};
use std::fmt::Write as _;

/// Ivory, in linear light.
const BONE: [f32; 3] = [0.86, 0.77, 0.60];

/// One way to look, with the letters at the left and right edge, and how it is called where the image's axes are not the
/// patient's.
struct Look {
    view: View,
    sides: [&'static str; 2],
    in_image: &'static str,
    image_sides: [&'static str; 2],
}

/// From the front, the left, the back and the right; the head is up.
const AROUND: [Look; 4] = [
    Look {
        view: View {
            name: "front",
            direction: [0.0, 1.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        sides: ["R", "L"],
        in_image: "−y side",
        image_sides: ["−x", "+x"],
    },
    Look {
        view: View {
            name: "left side",
            direction: [-1.0, 0.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        sides: ["A", "P"],
        in_image: "+x side",
        image_sides: ["−y", "+y"],
    },
    Look {
        view: View {
            name: "back",
            direction: [0.0, -1.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        sides: ["L", "R"],
        in_image: "+y side",
        image_sides: ["+x", "−x"],
    },
    Look {
        view: View {
            name: "right side",
            direction: [1.0, 0.0, 0.0],
            up: [0.0, 0.0, 1.0],
        },
        sides: ["P", "A"],
        in_image: "−x side",
        image_sides: ["+y", "−y"],
    },
];

/// From above and from below, the front up: each bone alone, since the other one is in the way.
const ENDS: [Look; 2] = [
    Look {
        view: View {
            name: "above",
            direction: [0.0, 0.0, -1.0],
            up: [0.0, -1.0, 0.0],
        },
        sides: ["L", "R"],
        in_image: "+z side",
        image_sides: ["+x", "−x"],
    },
    Look {
        view: View {
            name: "below",
            direction: [0.0, 0.0, 1.0],
            up: [0.0, -1.0, 0.0],
        },
        sides: ["R", "L"],
        in_image: "−z side",
        image_sides: ["−x", "+x"],
    },
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
    /// As part of a file's name.
    pub(crate) file: String,
    /// What is seen from where, in print.
    pub(crate) caption: String,
    pub(crate) png: Vec<u8>,
    pub(crate) svg: String,
    /// Width of the SVG in its own units: the scale is the same for every view.
    pub(crate) width: f64,
}

/// What one picture shows: all bones, or one.
struct Shot<'a> {
    look: &'static Look,
    bone: Option<(usize, &'a str)>,
    parts: Vec<Part<'a>>,
    marks: Vec<Mark>,
}

/// Draws every view at one scale; none where there is no surface.
pub(crate) fn pictures(input: &ReportInput<'_>) -> Result<Vec<Picture>, Error> {
    let (parts, _) = scene(input, None);
    let Some(longest) = longest_side(&parts) else {
        return Ok(Vec::new());
    };
    let fitted = RenderOptions::default();
    let options = RenderOptions {
        mm_per_pixel: Some(longest / fitted.pixels as f64),
        ..fitted
    };
    let shots = shots(input);
    // One after the other: a picture takes all threads and much memory itself.
    let drawn: Vec<Rendering> = shots
        .iter()
        .map(|shot| render(&shot.parts, shot.look.view, &options))
        .collect::<Result<_, Error>>()?;
    let labelled = labelled(&drawn, &shots);
    let pairs = shots.iter().zip(&drawn).zip(labelled);
    pairs
        .map(|((shot, drawing), shown)| picture(input, shot, drawing, &shown))
        .collect()
}

/// All bones from four sides, then each end of each bone.
fn shots<'a>(input: &ReportInput<'a>) -> Vec<Shot<'a>> {
    let shot = |look: &'static Look, bone: Option<(usize, &'a str)>| {
        let (parts, marks) = scene(input, bone.map(|b| b.1));
        Shot {
            look,
            bone,
            parts,
            marks,
        }
    };
    let around = AROUND.iter().map(|look| shot(look, None));
    let alone = input.bones.iter().enumerate();
    let ends = alone.flat_map(|(i, bone)| {
        let bone = Some((i, bone.name.as_str()));
        ENDS.iter().map(move |look| shot(look, bone))
    });
    around.chain(ends).filter(|s| !s.parts.is_empty()).collect()
}

fn picture(
    input: &ReportInput<'_>,
    shot: &Shot<'_>,
    drawing: &Rendering,
    shown: &[bool],
) -> Result<Picture, Error> {
    let channels = png::Channels::Rgba;
    let png = png::encode(drawing.width, drawing.height, channels, &drawing.rgba)?;
    let marks = shot.marks.iter().zip(shown);
    let tags: Vec<&Mark> = marks.filter_map(|(m, s)| s.then_some(m)).collect();
    let look = shot.look;
    let (from, sides) = match input.result.axes {
        AxesKnown::Patient if shot.bone.is_some() => (look.view.name.to_owned(), look.sides),
        AxesKnown::Patient => (format!("the {}", look.view.name), look.sides),
        AxesKnown::Image => (format!("the {}", look.in_image), look.image_sides),
    };
    let (what, file) = match shot.bone {
        Some((i, name)) => (
            format!("{name} alone, from {from}"),
            format!("{}-{}", look.view.name, i + 1),
        ),
        None => (format!("from {from}"), look.view.name.to_owned()),
    };
    let svg = overlay(drawing, &png, &what, sides, &tags);
    Ok(Picture {
        file: file.replace(' ', "-"),
        caption: what,
        png,
        svg,
        width: drawing.width as f64 + 2.0 * SIDE,
    })
}

/// Surfaces and marks of all bones, or of one and its lesions.
fn scene<'a>(input: &ReportInput<'a>, only: Option<&str>) -> (Vec<Part<'a>>, Vec<Mark>) {
    let shown = |bone: &str| only.is_none_or(|name| name == bone);
    let bones = input.bones.iter().filter(|b| shown(&b.name));
    let mut parts: Vec<Part<'a>> = bones
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
        let lesion = input.result.lesions.iter().find(|l| l.id == surface.id);
        let elsewhere = only.is_some() && !lesion.is_some_and(|l| shown(&l.bone));
        if count == 0 || !finite || elsewhere {
            continue;
        }
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

/// Per picture, which of its lesions get a label: those in sight, and hidden ones where they are hidden least.
fn labelled(drawn: &[Rendering], shots: &[Shot<'_>]) -> Vec<Vec<bool>> {
    let seen = |i: usize, mark: &Mark| drawn[i].visible.get(mark.part).copied().unwrap_or(0.0);
    let best = |id: u32| {
        let mut best: Option<(f64, usize)> = None;
        for (i, shot) in shots.iter().enumerate() {
            for mark in shot.marks.iter().filter(|m| m.id == id) {
                let share = seen(i, mark);
                if best.is_none_or(|(most, _)| share > most) {
                    best = Some((share, i));
                }
            }
        }
        best.map(|b| b.1)
    };
    let of_shot = |(i, shot): (usize, &Shot<'_>)| {
        let shown = |mark: &Mark| seen(i, mark) >= IN_SIGHT || best(mark.id) == Some(i);
        shot.marks.iter().map(shown).collect()
    };
    shots.iter().enumerate().map(of_shot).collect()
}

/// Room for labels on either side of the drawing.
const SIDE: f64 = 100.0;
/// Height of a label.
const TAG: f64 = 48.0;

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
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\" font-size=\"34\"><title>The bones {}; {}</title><image x=\"{SIDE}\" y=\"0\" width=\"{w}\" height=\"{h}\" href=\"{}\"/>",
        w + 2.0 * SIDE,
        h + 40.0,
        escape(name),
        escape(&described),
        png::data_url(png)
    );
    let _ = write!(
        svg,
        "<g fill=\"#5c5c66\" font-size=\"30\" text-anchor=\"middle\"><text x=\"28\" y=\"32\">{}</text><text x=\"{}\" y=\"32\">{}</text></g>",
        sides[0],
        w + 2.0 * SIDE - 28.0,
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
            "<path d=\"M{x:.1} {y:.1}h{length:.1}\" stroke=\"#26262b\" stroke-width=\"4\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"30\" fill=\"#26262b\">{mm} mm</text>",
            x + length + 10.0,
            h + 28.0,
            y = h + 16.0
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
        "<path d=\"M{edge:.1} {y:.1}L{px:.1} {py:.1}\" stroke=\"#fff\" stroke-width=\"5\" stroke-opacity=\".7\"/><path d=\"M{edge:.1} {y:.1}L{px:.1} {py:.1}\" stroke=\"{c}\" stroke-width=\"2.2\"/><circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"4.5\" fill=\"#fff\" stroke=\"{c}\" stroke-width=\"2.2\"/><rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width}\" height=\"{TAG}\" rx=\"7\" fill=\"{c}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#fff\" font-weight=\"700\">{} {}</text>",
        y - TAG / 2.0,
        x + width / 2.0,
        y + 12.0,
        mark.id,
        look.symbol,
        c = look.colour,
        px = at[0] + SIDE,
        py = at[1],
    );
}
