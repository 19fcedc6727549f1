//! The phantom against closed forms, brute force and itself.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail loudly and say what they skip"
)]

mod determinism;
mod feet;
mod films;
mod insert;
mod joint;
mod noise;
mod poses;
mod readers;
mod real_scan;
mod specs;
mod truth;

use howship_image::Volume;
use howship_phantom::{JointSpec, TissueSpec};

/// A small joint whose bones are solid: the only density change is a lesion's.
pub(crate) fn solid(voxel_mm: f64) -> JointSpec {
    let mut spec = JointSpec::small(voxel_mm);
    spec.tissue = TissueSpec {
        air: -391.2,
        soft: 0.0,
        cartilage: 0.0,
        marrow: 800.0,
        trabecula: 800.0,
        cortex: 800.0,
    };
    spec.scanner.noise.sd = 0.0;
    spec.field_mm = [11.0, 6.0, 6.0];
    spec
}

/// Sum of `a − b` times the voxel's volume.
pub(crate) fn integral_of_difference(a: &Volume<f32>, b: &Volume<f32>) -> f64 {
    let sum: f64 = a
        .data()
        .iter()
        .zip(b.data())
        .map(|(a, b)| f64::from(*a) - f64::from(*b))
        .sum();
    sum * a.geometry().voxel_mm3()
}
