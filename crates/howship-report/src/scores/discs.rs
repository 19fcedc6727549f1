//! Points that fall on one another, as discs whose area is their number.

use crate::paper::number::drawable;

/// More places than this are brought together on a fine grid: a picture cannot show them apart.
const MOST_PLACES: usize = 2500;
/// Cells of that grid along either axis.
const CELLS: f64 = 150.0;

/// Points that fall on one another, with their number; in order of x, then y.
pub(super) fn counted(points: &[[f64; 2]]) -> Vec<([f64; 2], usize)> {
    let mut sorted: Vec<[f64; 2]> = points
        .iter()
        .copied()
        .filter(|p| drawable(p[0]) && drawable(p[1]))
        .collect();
    let groups = grouped(&mut sorted);
    if groups.len() <= MOST_PLACES {
        return groups;
    }
    // The grid suits the bulk of the points; a few far ones would make it coarse.
    let span = |i: usize| {
        let mut along: Vec<f64> = sorted.iter().map(|p| p[i]).collect();
        along.sort_by(f64::total_cmp);
        let at = |share: f64| along[(share * (along.len() - 1) as f64) as usize];
        (at(0.95) - at(0.05)).max(1e-6)
    };
    let steps = [span(0) / CELLS, span(1) / CELLS];
    let snap = |p: &[f64; 2]| std::array::from_fn(|i| (p[i] / steps[i]).round() * steps[i]);
    let mut snapped: Vec<[f64; 2]> = sorted.iter().map(snap).collect();
    grouped(&mut snapped)
}

fn grouped(points: &mut [[f64; 2]]) -> Vec<([f64; 2], usize)> {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut groups: Vec<([f64; 2], usize)> = Vec::new();
    for &point in points.iter() {
        match groups.last_mut() {
            Some((last, n)) if near(*last, point) => *n += 1,
            _ => groups.push((point, 1)),
        }
    }
    groups
}

fn near(a: [f64; 2], b: [f64; 2]) -> bool {
    (a[0] - b[0]).abs() < 1e-7 && (a[1] - b[1]).abs() < 1e-7
}

/// Largest radius of a disc that counts.
const LARGEST_DISC: f64 = 20.0;

/// Radius of a disc of one, where the largest holds so many.
fn disc_of_one(largest: usize) -> f64 {
    (LARGEST_DISC / (largest.max(1) as f64).sqrt()).clamp(2.0, 4.2)
}

/// Radius of a disc whose area goes with a count, up to a largest disc.
pub(super) fn count_radius(count: usize, largest: usize) -> f64 {
    (disc_of_one(largest) * (count as f64).sqrt()).min(LARGEST_DISC)
}

/// What the discs mean, for a legend; nothing where each is one.
pub(super) fn area_words(largest: usize) -> String {
    if largest <= 1 {
        return String::new();
    }
    let cut = disc_of_one(largest) * (largest as f64).sqrt() > LARGEST_DISC + 1e-9;
    let cut = if cut { ", the largest cut" } else { "" };
    format!("; area of a disc: pairs at its place, {largest} at most{cut}")
}

/// Names of the pairs at a place, the first few; empty where none are given.
pub(super) fn names_at(pairs: &[[f64; 2]], names: &[String], point: [f64; 2]) -> String {
    const SHOWN: usize = 4;
    let here = |p: &[f64; 2]| (p[0] - point[0]).abs() < 1e-7 && (p[1] - point[1]).abs() < 1e-7;
    let mut named = pairs.iter().zip(names).filter(|(p, _)| here(p));
    let some: Vec<&str> = named
        .by_ref()
        .take(SHOWN)
        .map(|(_, n)| n.as_str())
        .collect();
    let more = if named.next().is_some() { ", …" } else { "" };
    match some.is_empty() {
        true => String::new(),
        false => format!("{}{more}; ", some.join(", ")),
    }
}
