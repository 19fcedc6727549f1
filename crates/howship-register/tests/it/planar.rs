//! Registration in the plane against known motions of a drawn bone.

use howship_register::Error;
use howship_register::planar::{
    PlanarBone, PlanarImage, PlanarOptions, Plane, Similarity, register_planar,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const N: usize = 256;

/// A bone with cortex, a rounded end and a trabecular pattern, below the middle; a second bone above it.
fn value([x, y]: [f64; 2]) -> (f64, bool, bool) {
    let pattern =
        (0.31 * x + 0.9 * (0.11 * y).sin()).sin() * (0.23 * y + 0.7 * (0.17 * x).cos()).cos();
    let bone = |dx: f64, dy: f64| {
        let r = if dy > 0.0 { dx.abs() } else { dx.hypot(dy) };
        let inside = 1.0 / (1.0 + ((r - 50.0) / 1.2).exp());
        let cortex = (-((r - 47.0) / 2.5).powi(2)).exp();
        (inside * (60.0 + 12.0 * pattern) + 45.0 * cortex, r < 50.0)
    };
    let (a, lower) = bone(x - 126.0, y - 188.0);
    let (b, upper) = bone(x - 130.0, 68.0 - y);
    (40.0 + a + b, lower, upper)
}

fn film(motion: &Similarity, noise: f64, seed: u64) -> (Plane, Vec<bool>, Vec<bool>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let back = motion.inverse();
    let (mut data, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..N * N {
        let (v, l, u) = value(back.apply([(i % N) as f64, (i / N) as f64]));
        // The sum of twelve is nearly normal.
        let normal: f64 = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum();
        data.push((v + noise * normal) as f32);
        lower.push(l);
        upper.push(u);
    }
    (Plane::new([N; 2], data).unwrap(), lower, upper)
}

#[test]
fn known_motions_are_found_within_their_errors() {
    let options = PlanarOptions::default();
    let joint = [128.0, 128.0];
    let axis = [0.0, -1.0];
    let (plane, lower, upper) = film(&Similarity::identity(), 3.0, 1);
    let fixed = PlanarImage::new(&plane, &options).unwrap();
    let bone = PlanarBone::new(&fixed, &lower, Some(&upper), joint, axis, &options).unwrap();
    let (mut squares, mut worst) = (0.0, 0f64);
    let motions = [
        (0.0, 1.0, [0.0, 0.0]),
        (0.07, 1.001, [11.3, -7.6]),
        (-0.13, 0.999, [-21.7, 15.2]),
        (0.02, 1.0, [0.5, 0.5]),
    ];
    for (k, (turn, scale, shift)) in motions.into_iter().enumerate() {
        let truth = Similarity::about(joint, turn, scale, shift);
        let (plane, lower, upper) = film(&truth, 3.0, 10 + k as u64);
        let moving = PlanarImage::new(&plane, &options).unwrap();
        let there = PlanarBone::new(
            &moving,
            &lower,
            Some(&upper),
            truth.apply(joint),
            axis,
            &options,
        )
        .unwrap();
        let found = register_planar((&fixed, &bone), (&moving, &there), &options).unwrap();
        assert!(found.gate.passed(), "{:?}", found.gate);
        let (p, q) = (found.transform.apply(joint), truth.apply(joint));
        let error = (p[0] - q[0]).hypot(p[1] - q[1]);
        worst = worst.max(error);
        let z = (q[1] - p[1]) / found.displacement_se(joint, axis);
        squares += z * z;
        // The other way round it is the inverse, to what both directions differ by.
        let back = register_planar((&moving, &there), (&fixed, &bone), &options).unwrap();
        let round = back.transform.apply(p);
        assert!(
            (round[0] - joint[0]).hypot(round[1] - joint[1]) < 0.01,
            "{round:?}"
        );
    }
    assert!(
        worst < 0.1,
        "{worst} px at the joint under noise of 3 on a contrast of 60"
    );
    assert!(
        squares / 4.0 < 16.0,
        "errors are stated far too small: {squares}"
    );
}

#[test]
fn another_bone_does_not_pass() {
    let options = PlanarOptions::default();
    let (plane, lower, upper) = film(&Similarity::identity(), 3.0, 1);
    let fixed = PlanarImage::new(&plane, &options).unwrap();
    let bone = PlanarBone::new(
        &fixed,
        &lower,
        Some(&upper),
        [128.0; 2],
        [0.0, -1.0],
        &options,
    )
    .unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let noise = (0..N * N).map(|_| rng.random_range(0.0..100.0)).collect();
    let other = PlanarImage::new(&Plane::new([N; 2], noise).unwrap(), &options).unwrap();
    let there = PlanarBone::new(
        &other,
        &lower,
        Some(&upper),
        [128.0; 2],
        [0.0, -1.0],
        &options,
    )
    .unwrap();
    let found = register_planar((&fixed, &bone), (&other, &there), &options).unwrap();
    assert!(!found.gate.passed(), "{:?}", found.quality);
}

#[test]
fn what_cannot_be_registered_is_refused() {
    let options = PlanarOptions::default();
    let blank = Plane::new([N; 2], vec![3.0; N * N]).unwrap();
    assert_eq!(
        PlanarImage::new(&blank, &options).unwrap_err(),
        Error::Blank
    );
    let (plane, lower, _) = film(&Similarity::identity(), 3.0, 1);
    let image = PlanarImage::new(&plane, &options).unwrap();
    let prepared = |mask: &[bool], axis: [f64; 2]| {
        PlanarBone::new(&image, mask, None, [128.0; 2], axis, &options).err()
    };
    assert!(matches!(
        prepared(&lower[1..], [0.0, 1.0]),
        Some(Error::MaskSize { .. })
    ));
    assert!(matches!(
        prepared(&vec![false; N * N], [0.0, 1.0]),
        Some(Error::FewPixels { .. })
    ));
    assert!(matches!(prepared(&lower, [0.0, 0.0]), Some(Error::Axis)));
    let odd = PlanarOptions {
        near_px: f64::NAN,
        ..PlanarOptions::default()
    };
    assert!(matches!(
        PlanarImage::new(&plane, &odd),
        Err(Error::Option {
            name: "near_px",
            ..
        })
    ));
}
