//! Starts: masked normalised correlation over rotations and shifts at an eighth of the resolution. At this size the
//! direct sum costs less than transforms and treats the film's border exactly.

use super::image::{COARSE, PlanarImage};
use super::options::PlanarOptions;
use super::plane::Plane;
use super::region::Region;
use super::samples::{Samples, on_film};
use super::similarity::Similarity;

/// The bone turned by one angle, on the coarse grid.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Fixed film to the film turned.
    turned: Similarity,
    cells: Vec<Cell>,
    /// Sum of weights, and of weighted squares.
    weight: f32,
    squares: f32,
}

/// A pixel of the coarse grid: its place, the bone's value less its mean, and how much of it is bone.
#[derive(Debug, Clone, Copy)]
struct Cell {
    x: i32,
    y: i32,
    value: f32,
    weight: f32,
}

/// Least share of the bone that must be on the other film for a start.
const LEAST_SHOWN: f32 = 0.7;
/// Least share of a cell that must be bone.
const LEAST_BONE: f32 = 0.25;

impl Template {
    /// For every rotation of the search.
    pub(crate) fn all(
        film: &PlanarImage,
        region: &Region,
        quarter: &Samples,
        options: &PlanarOptions,
    ) -> Vec<Self> {
        let size = film.eighth.size();
        let mut weight = vec![0f32; size[0] * size[1]];
        for y in 0..size[1] {
            for x in 0..size[0] {
                // Four of its sixty-four pixels stand for it.
                let at = |k: usize, v: usize| v * COARSE + 2 + 4 * k;
                let inside = (0..4).filter(|k| region.holds([at(k % 2, x), at(k / 2, y)]));
                weight[x + size[0] * y] = inside.count() as f32 / 4.0;
            }
        }
        let weight = Plane::of(size, weight);
        let centre = on_film(quarter.step, quarter.centre);
        let turns = (options.search_deg / options.search_step_deg).floor() as i32;
        (-turns..=turns)
            .map(|k| {
                let rotation = (f64::from(k) * options.search_step_deg).to_radians();
                let turned = Similarity::about(centre, rotation, 1.0, [0.0; 2]);
                Self::new(&film.eighth, &weight, turned)
            })
            .collect()
    }

    fn new(values: &Plane, weights: &Plane, turned: Similarity) -> Self {
        let back = super::samples::to_level(&turned.inverse(), COARSE);
        let [nx, ny] = values.size();
        let mut cells = Vec::new();
        for y in 0..ny {
            for x in 0..nx {
                let from = back.apply([x as f64, y as f64]);
                let Some(weight) = linear(weights, from).filter(|&w| w > LEAST_BONE) else {
                    continue;
                };
                let Some(value) = linear(values, from) else {
                    continue;
                };
                cells.push(Cell {
                    x: x as i32,
                    y: y as i32,
                    value,
                    weight,
                });
            }
        }
        let (mut weight, mut total) = (0f32, 0f32);
        for c in &cells {
            weight += c.weight;
            total += c.weight * c.value;
        }
        let mean = if weight > 0.0 { total / weight } else { 0.0 };
        let mut squares = 0f32;
        for c in &mut cells {
            c.value -= mean;
            squares += c.weight * c.value * c.value;
        }
        Self {
            turned,
            cells,
            weight,
            squares,
        }
    }

    /// Correlation of the template, shifted, with a film; `None` where too little of it is on the film.
    fn correlation(&self, film: &Plane, shift: [i32; 2]) -> Option<f32> {
        let [nx, ny] = film.size();
        let data = film.data();
        let (mut n, mut s, mut ss, mut st) = (0f32, 0f32, 0f32, 0f32);
        for c in &self.cells {
            let (x, y) = ((c.x + shift[0]) as usize, (c.y + shift[1]) as usize);
            // A negative place is a very large one.
            if x >= nx || y >= ny {
                continue;
            }
            let v = data[x + nx * y];
            let wv = c.weight * v;
            n += c.weight;
            s += wv;
            ss += wv * v;
            st += wv * c.value;
        }
        if n < LEAST_SHOWN * self.weight || n <= 0.0 {
            return None;
        }
        let variance = ss - s * s / n;
        (variance > 0.0 && self.squares > 0.0).then(|| st / (variance * self.squares).sqrt())
    }
}

fn linear(plane: &Plane, [x, y]: [f64; 2]) -> Option<f32> {
    let [nx, ny] = plane.size();
    if nx < 2 || ny < 2 || !(x >= 0.0 && y >= 0.0 && x <= (nx - 1) as f64 && y <= (ny - 1) as f64) {
        return None;
    }
    let (i, j) = ((x as usize).min(nx - 2), (y as usize).min(ny - 2));
    let (tx, ty) = ((x - i as f64) as f32, (y - j as f64) as f32);
    let row = |j: usize| plane.at(i, j) + tx * (plane.at(i + 1, j) - plane.at(i, j));
    let (a, b) = (row(j), row(j + 1));
    Some(a + ty * (b - a))
}

/// The best starts, best first: one per rotation. `end` is where the bone's end is on its own film and on the other:
/// shifts are tried about what it moved.
pub(crate) fn starts(
    templates: &[Template],
    end: [[f64; 2]; 2],
    film: &PlanarImage,
    options: &PlanarOptions,
) -> Vec<Similarity> {
    let reach = (options.search_px / COARSE as f64).ceil() as i32;
    let mut best: Vec<(f32, Similarity)> = Vec::with_capacity(templates.len());
    for template in templates {
        let from = template.turned.apply(end[0]);
        let guess: [i32; 2] =
            std::array::from_fn(|a| ((end[1][a] - from[a]) / COARSE as f64).round() as i32);
        let mut top: Option<(f32, [i32; 2])> = None;
        for v in -reach..=reach {
            for u in -reach..=reach {
                let shift = [guess[0] + u, guess[1] + v];
                if let Some(r) = template.correlation(&film.eighth, shift)
                    && top.is_none_or(|(best, _)| r > best)
                {
                    top = Some((r, shift));
                }
            }
        }
        let Some((r, shift)) = top else { continue };
        let fine = between(template, &film.eighth, shift, r);
        let shift: [f64; 2] =
            std::array::from_fn(|a| (f64::from(shift[a]) + fine[a]) * COARSE as f64);
        let mut pose = template.turned;
        pose.shift = [pose.shift[0] + shift[0], pose.shift[1] + shift[1]];
        best.push((r, pose));
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    best.into_iter().take(options.starts).map(|b| b.1).collect()
}

/// Where between the grid's points a parabola through the neighbours has its top.
fn between(template: &Template, film: &Plane, [u, v]: [i32; 2], top: f32) -> [f64; 2] {
    let along = |low: [i32; 2], high: [i32; 2]| {
        let (Some(a), Some(b)) = (
            template.correlation(film, low),
            template.correlation(film, high),
        ) else {
            return 0.0;
        };
        let bend = a - 2.0 * top + b;
        if bend < 0.0 {
            f64::from(0.5 * (a - b) / bend).clamp(-0.5, 0.5)
        } else {
            0.0
        }
    };
    [along([u - 1, v], [u + 1, v]), along([u, v - 1], [u, v + 1])]
}
