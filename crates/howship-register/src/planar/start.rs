//! Starts: masked normalised correlation over rotations and shifts at an eighth of the resolution. At this size the
//! direct sum costs less than transforms and treats the film's border exactly.

use super::image::{COARSE, PlanarImage};
use super::options::PlanarOptions;
use super::plane::Plane;
use super::region::Region;
use super::samples::{Samples, on_film};
use super::similarity::Similarity;
use pulp::{Arch, Simd};

/// The bone turned by one angle, on the coarse grid.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Fixed film to the film turned.
    turned: Similarity,
    runs: Vec<Run>,
    /// Of all runs, one after the other: the bone's values less their mean, and how much of each pixel is bone.
    values: Vec<f32>,
    weights: Vec<f32>,
    /// Sum of weights, and of weighted squares.
    weight: f32,
    squares: f32,
}

/// Pixels of one row of the coarse grid from the bone's first to its last, filled up to whole [`LANES`].
#[derive(Debug, Clone, Copy)]
struct Run {
    x: i32,
    y: i32,
    /// First of its values.
    from: usize,
    /// Pixels up to the bone's last; what follows has no weight.
    count: usize,
}

/// Pixels that are added side by side.
const LANES: usize = 8;
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
        let bounds: [[usize; 2]; 2] = std::array::from_fn(|a| {
            let [low, high] = region.bounds[a];
            [low / COARSE, high.div_ceil(COARSE).min(size[a])]
        });
        for y in bounds[1][0]..bounds[1][1] {
            for x in bounds[0][0]..bounds[0][1] {
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
                Self::new(&film.eighth, &weight, bounds, turned)
            })
            .collect()
    }

    /// `bounds` are the first column and row of the grid with bone and one beyond the last.
    fn new(values: &Plane, weights: &Plane, bounds: [[usize; 2]; 2], turned: Similarity) -> Self {
        let there = super::samples::to_level(&turned, COARSE);
        let back = there.inverse();
        let [nx, ny] = values.size();
        let mut out = Self {
            turned,
            runs: Vec::new(),
            values: Vec::new(),
            weights: Vec::new(),
            weight: 0.0,
            squares: 0.0,
        };
        // Where the bone is once it is turned.
        let middles = bounds.map(|b| b.map(|v| v as f64));
        let corners = [[0, 0], [0, 1], [1, 0], [1, 1]];
        let corners = corners.map(|[i, j]| there.apply([middles[0][i], middles[1][j]]));
        let range = |a: usize, n: usize| {
            let along = corners.map(|c| c[a]);
            let low = along.iter().copied().fold(f64::INFINITY, f64::min);
            let high = along.iter().copied().fold(0.0, f64::max);
            (low.max(0.0) as usize, ((high + 2.0) as usize).min(n))
        };
        let (rows, columns) = (range(1, ny), range(0, nx));
        for y in rows.0..rows.1 {
            let mut run: Option<Run> = None;
            for x in columns.0..columns.1 {
                let from = back.apply([x as f64, y as f64]);
                let Some([weight, value]) =
                    linear([weights, values], from).filter(|&[weight, _]| weight > LEAST_BONE)
                else {
                    continue;
                };
                let run = run.get_or_insert(Run {
                    x: x as i32,
                    y: y as i32,
                    from: out.values.len(),
                    count: 0,
                });
                run.count = x - run.x as usize + 1;
                out.values.resize(run.from + run.count, 0.0);
                out.weights.resize(run.from + run.count, 0.0);
                out.values[run.from + run.count - 1] = value;
                out.weights[run.from + run.count - 1] = weight;
            }
            let whole = out.values.len().next_multiple_of(LANES);
            out.values.resize(whole, 0.0);
            out.weights.resize(whole, 0.0);
            out.runs.extend(run);
        }
        out.centre();
        out
    }

    fn centre(&mut self) {
        let products = self.weights.iter().zip(&self.values);
        let total: f32 = products.map(|(w, v)| w * v).sum();
        self.weight = self.weights.iter().sum();
        let mean = if self.weight > 0.0 {
            total / self.weight
        } else {
            0.0
        };
        for (v, w) in self.values.iter_mut().zip(&self.weights) {
            *v -= mean;
            self.squares += w * *v * *v;
        }
    }

    /// Correlation of the template, shifted, with a film; `None` where too little of it is on the film.
    #[inline(always)]
    fn correlation(&self, film: &Plane, shift: [i32; 2]) -> Option<f32> {
        let [nx, ny] = film.size();
        let mut sums = [[0f32; LANES]; 4];
        for run in &self.runs {
            let Some(y) = usize::try_from(run.y + shift[1]).ok().filter(|&y| y < ny) else {
                continue;
            };
            let row = film.row(y);
            // Where the run begins on the film, or what of it lies before the film.
            let x = run.x + shift[0];
            let before = (-x).max(0) as usize;
            let first = x.max(0) as usize;
            if before >= run.count || first >= nx {
                continue;
            }
            let (from, to) = (run.from + before, run.from + run.count);
            let part = &row[first..nx.min(first + run.count - before)];
            let bone = self.values[from..to].iter().zip(&self.weights[from..to]);
            if before == 0 && first + run.count.next_multiple_of(LANES) <= nx {
                let whole = run.count.next_multiple_of(LANES);
                let pixels = row[first..first + whole].as_chunks::<LANES>().0;
                let values = self.values[from..from + whole].as_chunks::<LANES>().0;
                let weights = self.weights[from..from + whole].as_chunks::<LANES>().0;
                for ((v, t), w) in pixels.iter().zip(values).zip(weights) {
                    for l in 0..LANES {
                        add(&mut sums, l, v[l], t[l], w[l]);
                    }
                }
            } else {
                for (v, (t, w)) in part.iter().zip(bone) {
                    add(&mut sums, 0, *v, *t, *w);
                }
            }
        }
        let [n, s, ss, st] = sums.map(|lanes| lanes.iter().sum::<f32>());
        if n < LEAST_SHOWN * self.weight || n <= 0.0 {
            return None;
        }
        let variance = ss - s * s / n;
        (variance > 0.0 && self.squares > 0.0).then(|| st / (variance * self.squares).sqrt())
    }
}

/// A pixel of a film under one of the template, added in one lane.
#[inline(always)]
fn add(sums: &mut [[f32; LANES]; 4], lane: usize, value: f32, template: f32, weight: f32) {
    let weighted = weight * value;
    sums[0][lane] += weight;
    sums[1][lane] += weighted;
    sums[2][lane] += weighted * value;
    sums[3][lane] += weighted * template;
}

/// Both planes, which are of one size, at a place between their pixels.
#[inline]
fn linear(planes: [&Plane; 2], [x, y]: [f64; 2]) -> Option<[f32; 2]> {
    let [nx, ny] = planes[0].size();
    if nx < 2 || ny < 2 || !(x >= 0.0 && y >= 0.0 && x <= (nx - 1) as f64 && y <= (ny - 1) as f64) {
        return None;
    }
    let (i, j) = ((x as usize).min(nx - 2), (y as usize).min(ny - 2));
    let (tx, ty) = ((x - i as f64) as f32, (y - j as f64) as f32);
    Some(planes.map(|plane| {
        let row = |j: usize| {
            let r = &plane.row(j)[i..i + 2];
            r[0] + tx * (r[1] - r[0])
        };
        let (a, b) = (row(j), row(j + 1));
        a + ty * (b - a)
    }))
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
        let top = widest_top(template, &film.eighth, guess, reach);
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

/// The best shift within reach of a guess, and its correlation.
#[pulp::with_simd(widest_top = Arch::new())]
#[inline(always)]
fn top<'a, S: Simd>(
    _simd: S,
    template: &'a Template,
    film: &'a Plane,
    guess: [i32; 2],
    reach: i32,
) -> Option<(f32, [i32; 2])> {
    let mut top: Option<(f32, [i32; 2])> = None;
    for v in -reach..=reach {
        for u in -reach..=reach {
            let shift = [guess[0] + u, guess[1] + v];
            if let Some(r) = template.correlation(film, shift)
                && top.is_none_or(|(best, _)| r > best)
            {
                top = Some((r, shift));
            }
        }
    }
    top
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
