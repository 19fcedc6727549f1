//! Local thickness by the largest ball that fits (Hildebrand and Rüegsegger, J Microsc 1997).
//!
//! Balls that lie, voxel for voxel, within the ball of a neighbour are dropped (the distance ridge); the
//! others are drawn from the smallest to the largest, each over those before.

use crate::distance::squared_distance_transform;
use howship_image::{Mask, Volume};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Diameter in mm, at every inside voxel, of the largest ball inside the object that holds the voxel.
///
/// A ball's radius is the distance from its centre voxel to the nearest outside voxel centre, and it holds
/// the voxels nearer than that. Exact for this definition and any spacing. A slab of n voxels gives
/// `2 ceil(n / 2)` voxels: right for even n, one voxel too thick for odd n. Beyond the grid the object is
/// taken to go on; a mask without any outside voxel gives infinity. 0 outside.
#[must_use]
pub fn local_thickness(mask: &Mask) -> Volume<f32> {
    let squared = squared_distance_transform(mask);
    if squared.data().first() == Some(&f32::INFINITY) {
        return squared;
    }
    let balls = ridge(&squared);
    let mut thickness = Volume::filled(mask.geometry().clone(), 0.0f32);
    draw(&balls, &mut thickness);
    thickness
        .data_mut()
        .par_chunks_mut(1 << 16)
        .for_each(|values| {
            values.iter_mut().for_each(|v| *v = 2.0 * v.sqrt());
        });
    thickness
}

#[derive(Clone, Copy)]
struct Ball {
    centre: [u32; 3],
    /// Squared radius in mm².
    squared: f32,
}

/// Steps to a neighbour up to sign: a ball is symmetric, so one of each kind is enough.
const KINDS: [[usize; 3]; 7] = [
    [1, 0, 0],
    [0, 1, 0],
    [1, 1, 0],
    [0, 0, 1],
    [1, 0, 1],
    [0, 1, 1],
    [1, 1, 1],
];

/// Centres whose ball no neighbour's ball holds, smallest first.
fn ridge(squared: &Volume<f32>) -> Vec<Ball> {
    let [nx, ny, nz] = squared.size();
    let needed = Needed::new(squared);
    let slices: Vec<Vec<Ball>> = (0..nz)
        .into_par_iter()
        .map(|z| {
            let mut balls = Vec::new();
            for y in 0..ny {
                let row = squared.geometry().offset(0, y, z);
                for x in 0..nx {
                    let radius = squared.data()[row + x];
                    if radius > 0.0 && !held_by_neighbour(squared, &needed, [x, y, z], radius) {
                        let centre = [x as u32, y as u32, z as u32];
                        balls.push(Ball {
                            centre,
                            squared: radius,
                        });
                    }
                }
            }
            balls
        })
        .collect();
    let mut balls = slices.concat();
    balls.par_sort_by(|a, b| a.squared.total_cmp(&b.squared));
    balls
}

fn held_by_neighbour(
    squared: &Volume<f32>,
    needed: &Needed,
    [x, y, z]: [usize; 3],
    radius: f32,
) -> bool {
    let [nx, ny, nz] = squared.size();
    let least = needed.of(radius);
    for k in z.saturating_sub(1)..=(z + 1).min(nz - 1) {
        for j in y.saturating_sub(1)..=(y + 1).min(ny - 1) {
            for i in x.saturating_sub(1)..=(x + 1).min(nx - 1) {
                let kind = usize::from(i != x) + 2 * usize::from(j != y) + 4 * usize::from(k != z);
                let there = squared.at(i, j, k);
                if kind > 0 && there > radius && there > least[kind - 1] {
                    return true;
                }
            }
        }
    }
    false
}

/// For every radius that occurs, how large a neighbour's ball must be to hold the ball.
struct Needed {
    radii: Vec<f32>,
    /// The neighbour's squared radius must be above this, by kind of step.
    least: Vec<[f32; 7]>,
}

impl Needed {
    fn new(squared: &Volume<f32>) -> Self {
        let nz = squared.size()[2];
        let slices: Vec<BTreeMap<u32, ()>> = (0..nz)
            .into_par_iter()
            .map(|z| {
                let mut seen = BTreeMap::new();
                let mut last = 0;
                for &value in squared.slice_z(z) {
                    // Bits of positive numbers sort as the numbers.
                    let bits = value.to_bits();
                    if bits != last && bits != 0 {
                        seen.insert(bits, ());
                        last = bits;
                    }
                }
                seen
            })
            .collect();
        let mut radii: Vec<u32> = slices
            .into_iter()
            .flatten()
            .map(|(bits, ())| bits)
            .collect();
        radii.par_sort_unstable();
        radii.dedup();
        let radii: Vec<f32> = radii.into_iter().map(f32::from_bits).collect();
        let spacing = squared.geometry().spacing();
        let least = radii
            .par_iter()
            .map(|&radius| farthest(radius, spacing))
            .collect();
        Self { radii, least }
    }

    fn of(&self, radius: f32) -> [f32; 7] {
        match self.radii.binary_search_by(|r| r.total_cmp(&radius)) {
            Ok(place) => self.least[place],
            Err(_) => [f32::INFINITY; 7],
        }
    }
}

/// The greatest squared distance from a neighbour to a voxel of the ball, by kind of step.
fn farthest(squared: f32, spacing: [f64; 3]) -> [f32; 7] {
    let mut greatest = [0.0f64; 7];
    let step2 = spacing.map(|s| s * s);
    for_each_row(squared, spacing, |half, j, k| {
        // The farthest voxel of a row lies at the end away from the neighbour.
        let voxel = [half as f64, j as f64, k as f64];
        for (kind, greatest) in KINDS.iter().zip(&mut greatest) {
            let distance: f64 = (0..3)
                .map(|a| (voxel[a] + kind[a] as f64).powi(2) * step2[a])
                .sum();
            *greatest = greatest.max(distance);
        }
    });
    // Rounded up: a ball that is held only within rounding is kept.
    greatest.map(|g| (g * (1.0 + 1e-6)) as f32)
}

/// Calls `visit(half, j, k)` for the rows j, k >= 0 of a ball, which reach from -half to half.
fn for_each_row(squared: f32, spacing: [f64; 3], mut visit: impl FnMut(usize, usize, usize)) {
    // Strictly inside, so that rounding never lets the nearest outside voxel in.
    let limit = f64::from(squared) * (1.0 - 2e-6);
    let [sx, sy, sz] = spacing;
    let mut k = 0;
    while (k as f64 * sz).powi(2) < limit {
        let left = limit - (k as f64 * sz).powi(2);
        let mut j = 0;
        while (j as f64 * sy).powi(2) < left {
            let half = ((left - (j as f64 * sy).powi(2)).sqrt() / sx) as usize;
            visit(half, j, k);
            j += 1;
        }
        k += 1;
    }
}

/// Slices that are drawn by one thread.
const SLAB: usize = 8;

/// Draws the balls, smallest first, slab by slab.
fn draw(balls: &[Ball], thickness: &mut Volume<f32>) {
    let size = thickness.size();
    let spacing = thickness.geometry().spacing();
    let plane = size[0] * size[1];
    thickness
        .data_mut()
        .par_chunks_mut(plane * SLAB)
        .enumerate()
        .for_each(|(slab, out)| {
            let (from, to) = (slab * SLAB, slab * SLAB + out.len() / plane);
            for ball in balls {
                let z = ball.centre[2] as usize;
                let gap = if z < from {
                    from - z
                } else {
                    z.saturating_sub(to - 1)
                };
                if gap == 0 || (gap as f64 * spacing[2]).powi(2) < f64::from(ball.squared) {
                    draw_ball(ball, out, [from, to], size, spacing);
                }
            }
        });
}

fn draw_ball(
    ball: &Ball,
    out: &mut [f32],
    [from, to]: [usize; 2],
    size: [usize; 3],
    spacing: [f64; 3],
) {
    let [nx, ny, _] = size;
    let [x, y, z] = ball.centre.map(|c| c as usize);
    let mut fill = |half: usize, y: usize, z: usize| {
        let row = nx * (y + ny * (z - from));
        let (start, end) = (x.saturating_sub(half), (x + half).min(nx - 1));
        out[row + start..=row + end].fill(ball.squared);
    };
    for_each_row(ball.squared, spacing, |half, j, k| {
        // Zero has no mirror image.
        let rows = [
            Some(y + j).filter(|&y| y < ny),
            if j > 0 { y.checked_sub(j) } else { None },
        ];
        let layers = [Some(z + k), if k > 0 { z.checked_sub(k) } else { None }];
        for layer in layers
            .into_iter()
            .flatten()
            .filter(|&z| (from..to).contains(&z))
        {
            for row in rows.into_iter().flatten() {
                fill(half, row, layer);
            }
        }
    });
}
