//! Closed forms, brute force and agreement with other implementations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod distance;
mod filters;
mod floods;
mod gaussian;
mod labels;
mod mesh;
mod morphology;
mod reference;
mod regions;
mod thresholds;
mod whole_crate;

use howship_image::{Geometry, Mask, Volume};

/// A random sequence that any language can make again: Knuth's MMIX generator, upper 32 bits.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    /// The next number, in [0, 1).
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 32) as f64 / 4294967296.0
    }
}

pub(crate) fn grid(size: [usize; 3], spacing: [f64; 3]) -> Geometry {
    Geometry::aligned(size, spacing).unwrap()
}

pub(crate) fn random_volume(size: [usize; 3], spacing: [f64; 3], seed: u64) -> Volume<f32> {
    let mut lcg = Lcg(seed);
    Volume::from_fn(grid(size, spacing), |_| lcg.next() as f32)
}

/// A random mask in which a voxel is inside with the given probability.
pub(crate) fn random_mask(size: [usize; 3], spacing: [f64; 3], seed: u64, share: f64) -> Mask {
    let mut lcg = Lcg(seed);
    Mask::from_fn(grid(size, spacing), |_| u8::from(lcg.next() < share))
}

/// A ball about the middle of the grid.
pub(crate) fn ball(size: [usize; 3], spacing: [f64; 3], radius_mm: f64) -> Mask {
    let geometry = grid(size, spacing);
    let centre = geometry.centre();
    Mask::from_fn(geometry.clone(), |voxel| {
        let point = geometry.world(voxel.map(|v| v as f64));
        u8::from((point - centre).norm() <= radius_mm)
    })
}

pub(crate) const ISOTROPIC: [f64; 3] = [0.0607; 3];
pub(crate) const ANISOTROPIC: [f64; 3] = [0.05, 0.09, 0.21];
