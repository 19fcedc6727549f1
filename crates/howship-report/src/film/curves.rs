//! Courses over the visits with their 95 % intervals.

use super::FilmReportInput;
use crate::paper::palette::{GRID, INK, RULE, SOFT};
use crate::paper::{Axis, Hold, Plot, Svg, Type, padded, shown_unit, soft};
use howship_change::{FilmQuantity, FollowedJoint, Measurement, Visit};

const SIZE: [f64; 2] = [420.0, 240.0];

/// A course: name, unit, colour, and a measurement per visit where there is one.
struct Course<'a> {
    title: String,
    unit: String,
    colour: &'static str,
    points: Vec<(&'a str, &'a Measurement)>,
}

/// The curves of one joint: its joint space, and area and cortical continuity of each erosion. Names are those that
/// files may have.
#[must_use]
pub fn film_curves(input: &FilmReportInput<'_>, joint: usize) -> Vec<(String, String)> {
    let Some(followed) = input.result.joints.get(joint) else {
        return Vec::new();
    };
    let name = followed.name();
    courses(followed)
        .into_iter()
        .map(|(key, course)| {
            let svg = draw(&name, &course, &input.result.visits);
            (format!("{}-{key}", name.replace(['.', ' '], "-")), svg)
        })
        .collect()
}

fn courses(joint: &FollowedJoint) -> Vec<(String, Course<'_>)> {
    let mut all = Vec::new();
    for e in &joint.joint.erosions {
        for (quantity, colour) in [
            (FilmQuantity::Area, "#b84300"),
            (FilmQuantity::CorticalContinuity, "#007a5a"),
        ] {
            let points = e
                .visits
                .iter()
                .filter_map(|v| Some((v.visit.as_str(), v.measurements.get(&quantity)?)))
                .collect();
            let key = format!("erosion-{}-{}", e.id, quantity.key().replace('_', "-"));
            let title = format!("Erosion {}: {}", e.id, quantity.title());
            all.extend(course(key, title, colour, points));
        }
    }
    let space = joint
        .joint
        .visits
        .iter()
        .filter_map(|v| Some((v.visit.as_str(), v.joint_space.as_ref()?)))
        .collect();
    let title = "Joint space".to_owned();
    all.extend(course("joint-space".to_owned(), title, "#0067a5", space));
    all
}

/// One point is no course.
fn course<'a>(
    key: String,
    title: String,
    colour: &'static str,
    points: Vec<(&'a str, &'a Measurement)>,
) -> Option<(String, Course<'a>)> {
    let unit = points.first().filter(|_| points.len() > 1)?.1.unit.clone();
    Some((
        key,
        Course {
            title,
            unit,
            colour,
            points,
        },
    ))
}

fn draw(joint: &str, course: &Course<'_>, visits: &[Visit]) -> String {
    let place = |name: &str| visits.iter().position(|v| v.name == name);
    // Dates give distances; without them visits stand side by side.
    let dated = visits.iter().all(|v| v.days.is_some());
    let x_of = |i: usize| match visits[i].days.filter(|_| dated) {
        Some(days) => days / 30.4375,
        None => i as f64,
    };
    let ends = |m: &Measurement| [m.value - 1.96 * m.se, m.value + 1.96 * m.se];
    let points: Vec<(usize, &Measurement)> = course
        .points
        .iter()
        .filter_map(|(v, m)| Some((place(v)?, *m)))
        .collect();
    if visits.is_empty() {
        return Svg::open(SIZE, joint, "no visit").close();
    }
    let range = padded(points.iter().flat_map(|(_, m)| ends(m)), 0.08, 0.02);
    let last = visits.len().saturating_sub(1);
    let (from, to) = (x_of(0), x_of(last));
    let pad = 0.06 * (to - from).abs().max(1.0);
    let plot = Plot {
        x: Axis {
            data: [from - pad, to + pad],
            picture: [62.0, SIZE[0] - 14.0],
        },
        y: Axis {
            data: range,
            picture: [SIZE[1] - 46.0, 34.0],
        },
    };
    let description: Vec<String> = course
        .points
        .iter()
        .map(|(v, m)| format!("{v}: {:.3} ± {:.3}", m.value, m.se))
        .collect();
    let title = format!("{joint}, {}", course.title);
    let mut svg = Svg::open(SIZE, &title, &description.join("; "));
    svg.rect([0.0, 0.0], SIZE, "fill=\"#fff\"");
    let head = Type {
        bold: true,
        ..Type::default()
    };
    svg.write(14.0, 20.0, head, &course.title);
    plot.y_axis(&mut svg, shown_unit(&course.unit), false);
    svg.line(
        [plot.left(), plot.bottom()],
        [plot.right(), plot.bottom()],
        &format!("stroke=\"{RULE}\""),
    );
    for (i, visit) in visits.iter().enumerate() {
        let x = plot.x.at(x_of(i));
        svg.line(
            [x, plot.top()],
            [x, plot.bottom()],
            &format!("stroke=\"{GRID}\""),
        );
        svg.write(x, plot.bottom() + 18.0, soft(Hold::Middle), &visit.name);
    }
    let line: Vec<[f64; 2]> = points
        .iter()
        .map(|(i, m)| plot.place(x_of(*i), m.value))
        .collect();
    svg.polyline(
        &line,
        &format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"2\"",
            course.colour
        ),
    );
    for (i, m) in &points {
        let [x, y] = plot.place(x_of(*i), m.value);
        let [low, high] = ends(m).map(|v| plot.y.at(v));
        let bar = format!("stroke=\"{INK}\" stroke-width=\"1.4\"");
        svg.line([x, low], [x, high], &bar);
        for end in [low, high] {
            svg.line([x - 5.0, end], [x + 5.0, end], &bar);
        }
        svg.text.push_str(&format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"1.2\"/>",
            course.colour
        ));
    }
    let note = Type {
        size: 11.0,
        colour: SOFT,
        hold: Hold::End,
        bold: false,
    };
    svg.write(
        SIZE[0] - 14.0,
        SIZE[1] - 8.0,
        note,
        "bars: 95 % interval of each value",
    );
    svg.close()
}
