//! A lesion's slices as one SVG: grey levels as embedded PNG, outlines, scale bar and labels as vectors.

use super::slices::{PLANES, Panel, Plane, SliceSet};
use crate::Error;
use crate::paper::{escape, palette, png};
use std::fmt::Write as _;

const SIDE: f64 = 220.0;
const GAP: f64 = 6.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 26.0;

/// The slices with the visits' names over the columns.
pub(crate) fn svg(set: &SliceSet, visits: &[String], title: &str) -> Result<String, Error> {
    let columns = set.rows.first().map_or(0, Vec::len);
    // One visit: the planes side by side, or the picture would be a tower.
    let single = columns == 1;
    let (across, down) = if single {
        (set.rows.len(), 1)
    } else {
        (columns, set.rows.len())
    };
    let left = if single { 0.0 } else { LEFT };
    let width = left + across as f64 * (SIDE + GAP);
    let height = TOP + down as f64 * (SIDE + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\" font-size=\"16\" fill=\"#26262b\"><title>{}</title>",
        escape(title)
    );
    if !single {
        visit_names(&mut svg, columns, visits);
    }
    for (r, row) in set.rows.iter().enumerate() {
        let [x, y] = if single {
            [r as f64 * (SIDE + GAP), TOP]
        } else {
            [LEFT, TOP + r as f64 * (SIDE + GAP)]
        };
        plane_name(&mut svg, PLANES[r % PLANES.len()], [x, y], single);
        for (c, panel) in row.iter().enumerate() {
            let at = [x + c as f64 * (SIDE + GAP), y];
            draw(&mut svg, set, panel, row.first(), c, at)?;
        }
        scale_bar(&mut svg, set, [x, y]);
    }
    svg.push_str("</svg>");
    Ok(svg)
}

/// The visits over the columns, each with the colour of its outline.
fn visit_names(svg: &mut String, columns: usize, visits: &[String]) {
    for c in 0..columns {
        let x = LEFT + c as f64 * (SIDE + GAP);
        let name = visits.get(c).map_or("", String::as_str);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"5\" width=\"22\" height=\"12\" rx=\"2\" fill=\"#26262b\"/><path d=\"M{} 11h14\" stroke=\"{}\" stroke-width=\"3\"/><text x=\"{}\" y=\"17\" font-weight=\"600\">{}</text>",
            x + 4.0,
            palette::visit_colour(c),
            x + 29.0,
            escape(name)
        );
    }
}

/// A plane's name: over its slice, or turned beside its row.
fn plane_name(svg: &mut String, plane: Plane, at: [f64; 2], above: bool) {
    let (name, note) = (plane.name, plane.note);
    let soft = "font-size=\"14\" fill=\"#5c5c66\"";
    if above {
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"17\" font-weight=\"600\">{name} <tspan font-weight=\"400\" {soft}>{note}</tspan></text>",
            at[0]
        );
        return;
    }
    let middle = at[1] + SIDE / 2.0;
    let _ = write!(
        svg,
        "<text transform=\"translate(15 {middle}) rotate(-90)\" text-anchor=\"middle\" font-weight=\"600\">{name}</text><text transform=\"translate(36 {middle}) rotate(-90)\" text-anchor=\"middle\" {soft}>{note}</text>"
    );
}

fn draw(
    svg: &mut String,
    set: &SliceSet,
    panel: &Panel,
    baseline: Option<&Panel>,
    visit: usize,
    at: [f64; 2],
) -> Result<(), Error> {
    let image = png::encode(set.pixels, set.pixels, png::Channels::Grey, &panel.grey)?;
    let _ = write!(
        svg,
        "<image x=\"{}\" y=\"{}\" width=\"{SIDE}\" height=\"{SIDE}\" href=\"{}\"/>",
        at[0],
        at[1],
        png::data_url(&image)
    );
    let scale = SIDE / set.pixels as f64;
    let mut stroke = |lines: &[Vec<[f64; 2]>], colour: &str, style: &str| {
        let path = path(lines, scale, at);
        if !path.is_empty() {
            let _ = write!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" {style}/>"
            );
        }
    };
    stroke(
        &panel.envelope,
        "#fff",
        "stroke-width=\".9\" stroke-dasharray=\"1.5 3\" stroke-opacity=\".8\"",
    );
    if let Some(first) = baseline.filter(|_| visit > 0) {
        let style = "stroke-width=\"1.5\" stroke-dasharray=\"5 3.5\"";
        stroke(&first.cavity, palette::visit_colour(0), style);
    }
    stroke(
        &panel.cavity,
        palette::visit_colour(visit),
        "stroke-width=\"2\" stroke-linejoin=\"round\"",
    );
    Ok(())
}

/// Lines as path data; pixel centres are at integers, half a pixel inside the picture's edge.
fn path(lines: &[Vec<[f64; 2]>], scale: f64, at: [f64; 2]) -> String {
    let mut data = String::new();
    for line in lines {
        for (i, p) in line.iter().enumerate() {
            let [x, y]: [f64; 2] =
                std::array::from_fn(|k| (at[k] + (p[k] + 0.5) * scale).clamp(at[k], at[k] + SIDE));
            let _ = write!(data, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
    }
    data
}

fn scale_bar(svg: &mut String, set: &SliceSet, at: [f64; 2]) {
    let Some(mm) = bar_length(set.width_mm()) else {
        return;
    };
    let (x, y) = (at[0] + 10.0, at[1] + SIDE - 10.0);
    let _ = write!(
        svg,
        "<path d=\"M{x} {y}h{length:.1}\" stroke=\"#000\" stroke-width=\"5\" stroke-opacity=\".6\"/><path d=\"M{x} {y}h{length:.1}\" stroke=\"#fff\" stroke-width=\"3\"/><text x=\"{x}\" y=\"{}\" fill=\"#fff\" stroke=\"#000\" stroke-opacity=\".6\" stroke-width=\"3\" paint-order=\"stroke\" font-weight=\"600\">{mm} mm</text>",
        y - 7.0,
        length = mm / set.width_mm() * SIDE,
    );
}

/// A round length of a fifth to two fifths of a width, mm.
pub(crate) fn bar_length(width_mm: f64) -> Option<f64> {
    let lengths = [50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1];
    lengths.into_iter().find(|l| *l <= 0.4 * width_mm)
}
