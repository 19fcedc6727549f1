//! Starts: masked normalised correlation over rotations and shifts, at an eighth of the resolution everywhere, at a
//! quarter around the best. At this size the direct sum costs less than transforms and treats the film's border
//! exactly.

use super::image::{COARSE, PlanarImage};
use super::options::PlanarOptions;
use super::plane::Plane;
use super::similarity::Similarity;

/// The bone turned by one angle, on the two coarse grids.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    rotation: f64,
    grids: [Vec<Cell>; 2],
}

/// A pixel of a coarse grid: its place, the bone's value less its mean, and how much of it is bone.
#[derive(Debug, Clone, Copy)]
struct Cell {
    x: i32,
    y: i32,
    value: f32,
    weight: f32,
}

/// Least share of the bone that must be on the other film for a start.
const LEAST_SHOWN: f32 = 0.7;
/// Places kept per rotation at an eighth of the resolution.
const KEPT: usize = 3;

impl Template {
    /// For every rotation of the search.
    pub(crate) fn all(
        film: &PlanarImage,
        region: &[[u16; 2]],
        centre: [f64; 2],
        options: &PlanarOptions,
    ) -> Vec<Self> {
        let [nx, ny] = film.size();
        let mut weight = vec![0f32; nx * ny];
        for &[x, y] in region {
            weight[usize::from(x) + nx * usize::from(y)] = 1.0;
        }
        let weight = Plane::of([nx, ny], weight);
        let turns = (options.search_deg / options.search_step_deg).floor() as i32;
        (-turns..=turns)
            .map(|k| {
                let rotation = (f64::from(k) * options.search_step_deg).to_radians();
                let back = Similarity::about(centre, -rotation, 1.0, [0.0; 2]);
                Self {
                    rotation,
                    grids: COARSE.map(|step| cells(&film.for_start, &weight, &back, step)),
                }
            })
            .collect()
    }
}

fn cells(values: &Plane, weights: &Plane, back: &Similarity, step: usize) -> Vec<Cell> {
    let [nx, ny] = values.size();
    let mut all = Vec::new();
    for y in 0..ny.div_ceil(step) {
        for x in 0..nx.div_ceil(step) {
            let at = [x, y].map(|i| (i as f64 + 0.5) * step as f64 - 0.5);
            let from = back.apply(at);
            let Some(weight) = linear(weights, from).filter(|&w| w > 0.05) else {
                continue;
            };
            let Some(value) = linear(values, from) else {
                continue;
            };
            all.push(Cell {
                x: x as i32,
                y: y as i32,
                value,
                weight,
            });
        }
    }
    let (mut sum, mut total) = (0f32, 0f32);
    for c in &all {
        sum += c.weight;
        total += c.weight * c.value;
    }
    let mean = if sum > 0.0 { total / sum } else { 0.0 };
    for c in &mut all {
        c.value -= mean;
    }
    all
}

fn linear(plane: &Plane, [x, y]: [f64; 2]) -> Option<f32> {
    let [nx, ny] = plane.size();
    if !(x >= 0.0 && y >= 0.0 && x <= (nx - 1) as f64 && y <= (ny - 1) as f64) {
        return None;
    }
    let (i, j) = ((x as usize).min(nx - 2), (y as usize).min(ny - 2));
    let (tx, ty) = ((x - i as f64) as f32, (y - j as f64) as f32);
    let row = |j: usize| plane.at(i, j) + tx * (plane.at(i + 1, j) - plane.at(i, j));
    let (a, b) = (row(j), row(j + 1));
    Some(a + ty * (b - a))
}

/// Correlation of the template, shifted, with a film; `None` where too little of it is on the film.
fn correlation(cells: &[Cell], film: &Plane, shift: [i32; 2]) -> Option<f32> {
    let [nx, ny] = film.size().map(|n| n as i32);
    let (mut n, mut all, mut s, mut ss, mut st, mut tt) = (0f32, 0f32, 0f32, 0f32, 0f32, 0f32);
    for c in cells {
        all += c.weight;
        tt += c.weight * c.value * c.value;
        let (x, y) = (c.x + shift[0], c.y + shift[1]);
        if x < 0 || y < 0 || x >= nx || y >= ny {
            continue;
        }
        let v = film.at(x as usize, y as usize);
        let wv = c.weight * v;
        n += c.weight;
        s += wv;
        ss += wv * v;
        st += wv * c.value;
    }
    if n < LEAST_SHOWN * all || n <= 0.0 {
        return None;
    }
    let variance = ss - s * s / n;
    (variance > 0.0 && tt > 0.0).then(|| st / (variance * tt).sqrt())
}

/// The best starts, best first: at most one per rotation.
pub(crate) fn starts(
    templates: &[Template],
    centre: [f64; 2],
    film: &PlanarImage,
    options: &PlanarOptions,
) -> Vec<Similarity> {
    let reach = (options.search_px / COARSE[0] as f64).ceil() as i32;
    let mut best: Vec<(f32, Similarity)> = Vec::new();
    for template in templates {
        let mut coarse: Vec<(f32, [i32; 2])> = Vec::new();
        for v in -reach..=reach {
            for u in -reach..=reach {
                if let Some(r) = correlation(&template.grids[0], &film.eighth, [u, v]) {
                    coarse.push((r, [u, v]));
                }
            }
        }
        coarse.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut top: Option<(f32, [i32; 2])> = None;
        for &(_, [u, v]) in coarse.iter().take(KEPT) {
            for dv in -1..=1 {
                for du in -1..=1 {
                    let shift = [2 * u + du, 2 * v + dv];
                    let Some(r) = correlation(&template.grids[1], &film.quarter, shift) else {
                        continue;
                    };
                    if top.is_none_or(|(best, _)| r > best) {
                        top = Some((r, shift));
                    }
                }
            }
        }
        if let Some((r, shift)) = top {
            let shift = shift.map(|s| f64::from(s) * COARSE[1] as f64);
            best.push((r, Similarity::about(centre, template.rotation, 1.0, shift)));
        }
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    best.into_iter().take(options.starts).map(|b| b.1).collect()
}
