//! Trabecular texture, as sheets of noise that lie still in the bone.

use super::ray::{Intervals, Ray};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// Width of the periodic tile, samples.
const TILE: usize = 256;
/// Samples per mm.
const PER_MM: f32 = 10.0;
/// Depths of the sheets in the bone's frame, mm: a tilt moves them against each other, as it does trabeculae.
const SHEETS_MM: [f32; 4] = [-4.5, -1.5, 1.5, 4.5];

/// A periodic tile of noise with mean 0 and SD 1: struts 0.4 to 0.8 mm apart along the bone, and coarser shades.
#[derive(Debug, Clone)]
pub(crate) struct Texture {
    tile: Vec<f32>,
}

impl Texture {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7E57_0001);
        let white: Vec<f32> = (0..TILE * TILE)
            .map(|_| StandardNormal.sample(&mut rng))
            .collect();
        let fine = unit(&smoothed(&white, 1.6, 4.0));
        let wide = unit(&smoothed(&white, 4.5, 8.0));
        let coarse = unit(&smoothed(&white, 14.0, 20.0));
        let mixed: Vec<f32> = (0..TILE * TILE)
            .map(|i| fine[i] - 0.6 * wide[i] + 0.5 * coarse[i])
            .collect();
        Self { tile: unit(&mixed) }
    }

    /// Bilinear, periodic; positions in mm.
    fn at(&self, x: f32, z: f32) -> f32 {
        let (u, v) = (x * PER_MM, z * PER_MM);
        let (i, j) = (u.floor(), v.floor());
        let (s, t) = (u - i, v - j);
        let wrap = |a: f32, by: usize| (a as i64 + by as i64).rem_euclid(TILE as i64) as usize;
        let value = |a: usize, b: usize| self.tile[wrap(i, a) + TILE * wrap(j, b)];
        let low = value(0, 0) + (value(1, 0) - value(0, 0)) * s;
        let high = value(0, 1) + (value(1, 1) - value(0, 1)) * s;
        low + (high - low) * t
    }

    /// Mean of the sheets that a ray meets within marrow; `offset` tells bones apart.
    pub(crate) fn along(&self, ray: &Ray, marrow: &Intervals, offset: f32) -> f32 {
        let axis = usize::from(ray.direction.x.abs() < ray.direction.y.abs());
        let slope = ray.direction[axis];
        if slope.abs() < 0.3 {
            return 0.0;
        }
        let (mut sum, mut met) = (0.0, 0);
        for (layer, depth) in SHEETS_MM.into_iter().enumerate() {
            let s = (depth - ray.origin[axis]) / slope;
            if marrow.as_slice().iter().any(|[a, b]| (*a..*b).contains(&s)) {
                let p = ray.at(s);
                let shift = offset + 6.7 * layer as f32;
                sum += self.at(p[1 - axis] + shift, p.z + 0.7 * shift);
                met += 1;
            }
        }
        if met == 0 {
            0.0
        } else {
            sum / (met as f32).sqrt()
        }
    }
}

fn unit(values: &[f32]) -> Vec<f32> {
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let square = values
        .iter()
        .map(|&v| (f64::from(v) - mean).powi(2))
        .sum::<f64>()
        / n;
    let scale = 1.0 / square.sqrt().max(1e-12);
    values
        .iter()
        .map(|&v| ((f64::from(v) - mean) * scale) as f32)
        .collect()
}

/// Gaussian with wrapped borders, sigma in samples across and along.
fn smoothed(values: &[f32], across: f32, along: f32) -> Vec<f32> {
    let kernel = |sigma: f32| -> Vec<f32> {
        let radius = (3.0 * sigma).ceil() as i64;
        let raw: Vec<f32> = (-radius..=radius)
            .map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp())
            .collect();
        let sum: f32 = raw.iter().sum();
        raw.iter().map(|v| v / sum).collect()
    };
    let pass = |input: &[f32], kernel: &[f32], step: usize, line: usize| -> Vec<f32> {
        let radius = kernel.len() / 2;
        let mut out = vec![0f32; input.len()];
        for l in 0..TILE {
            for i in 0..TILE {
                out[l * line + i * step] = kernel
                    .iter()
                    .enumerate()
                    .map(|(k, w)| w * input[l * line + ((i + k + TILE - radius) % TILE) * step])
                    .sum();
            }
        }
        out
    };
    let rows = pass(values, &kernel(across), 1, TILE);
    pass(&rows, &kernel(along), TILE, 1)
}
