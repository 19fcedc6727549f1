//! Points that fall on one another, as discs whose area is their number.

use super::frame::drawable;

/// Points that fall on one another, with their number; in order of x, then y.
pub(super) fn counted(points: &[[f64; 2]]) -> Vec<([f64; 2], usize)> {
    let mut sorted: Vec<[f64; 2]> = points
        .iter()
        .copied()
        .filter(|p| drawable(p[0]) && drawable(p[1]))
        .collect();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut groups: Vec<([f64; 2], usize)> = Vec::new();
    for point in sorted {
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
