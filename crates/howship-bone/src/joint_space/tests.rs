use super::gaps::{gaps, summary};
use super::*;
use crate::scene::{BONE, SOFT, levels, options};
use crate::segmentation::segment_bones;
use howship_change::Visit;
use howship_image::{DensityUnit, Geometry, RigidTransform, Scan, Volume};
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

/// A scan of everything that lies inside, with noise of this SD before blur.
fn scan(
    size: [usize; 3],
    spacing: f64,
    noise: f64,
    seed: u64,
    inside: impl Fn(PointMm) -> f64,
) -> Scan {
    let grid = Geometry::aligned(size, [spacing; 3]).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let volume = Volume::from_fn(grid.clone(), |v| {
        let share = (inside(grid.world(v.map(|i| i as f64))) / spacing + 0.5).clamp(0.0, 1.0);
        let normal = (0..4).map(|_| rng.random::<f64>()).sum::<f64>() * 3f64.sqrt() - 12f64.sqrt();
        (SOFT + (BONE - SOFT) * share + noise * normal) as f32
    });
    Scan {
        volume: howship_ops::gaussian(&volume, [0.06; 3]).unwrap(),
        unit: DensityUnit::MgHaPerCm3,
        known: howship_image::UnitKnown::Written,
        calibration: None,
    }
}

fn visit<'a>(scan: &'a Scan, name: &'a Visit) -> VisitShapes<'a> {
    let level = 0.5 * (SOFT + BONE);
    let options = options();
    let shapes = segment_bones(&scan.volume, level, scan.unit, &options, "M0").unwrap();
    VisitShapes {
        visit: name,
        scan: scan.into(),
        shapes: shapes.into_iter().map(Arc::new).collect(),
        levels: levels(),
        working: scan.volume.clone(),
        smooth: scan.volume.clone(),
    }
}

fn space(scan: &Scan) -> JointSpace {
    let name = Visit::parse("M0").unwrap();
    let seen = visit(scan, &name);
    assert_eq!(seen.shapes.len(), 2);
    let tuning = options().tuning.space;
    let gaps = gaps(&seen, [&seen.shapes[0], &seen.shapes[1]], &tuning)
        .unwrap()
        .unwrap();
    summary(&gaps, &tuning)
}

/// Two blocks 5 mm square, so far apart face to face, the upper one tilted.
fn blocks(gap: f64, tilt: f64, noise: f64, seed: u64) -> Scan {
    scan([66, 66, 84], 0.1, noise, seed, |p| {
        let side = (2.5 - (p.x - 3.25).abs()).min(2.5 - (p.y - 3.25).abs());
        let middle = 4.1 + 0.017;
        let lower = (middle - 0.5 * gap - p.z).min(p.z - 0.8);
        let upper = ((p.z - middle - 0.5 * gap) - tilt * (p.x - 3.25)) / tilt.hypot(1.0);
        side.min(lower.max(upper.min(7.5 - p.z)))
    })
}

#[test]
fn flat_faces_are_as_far_apart_as_they_are() {
    for gap in [0.85, 1.2, 1.63] {
        let found = space(&blocks(gap, 0.0, 0.0, 1));
        assert!(
            (found.median - gap).abs() < 0.01,
            "{} for {gap}",
            found.median
        );
        assert!(
            (found.minimum.value - gap).abs() < 0.02 && (found.p5.value - gap).abs() < 0.02,
            "{found:?}"
        );
        // Beyond the blocks' sides their edges still face each other a little, ever further apart.
        let facing = options().tuning.space.facing;
        let over = 0.5 * gap * ((1.0 + facing) / (1.0 - facing)).sqrt();
        assert!(
            (24.0..(5.0 + 2.0 * over).powi(2) + 1.0).contains(&found.area),
            "{}",
            found.area
        );
        assert!(
            (-0.01..0.03 * gap).contains(&(found.mean.value - gap)),
            "{} for {gap}",
            found.mean.value
        );
        assert!((found.volume.value / (gap * found.area) - 1.0).abs() < 0.03);
    }
}

#[test]
fn noise_moves_mean_and_minimum_by_less_than_their_errors() {
    let (mut means, mut minima, mut below) = (Vec::new(), Vec::new(), Vec::new());
    let without = space(&blocks(1.1, 0.0, 0.0, 0));
    let clean = without.mean.value;
    for seed in 0..6 {
        let found = space(&blocks(1.1, 0.0, 120.0, seed));
        assert!(
            (found.mean.value - clean).abs() < 1.96 * found.mean.se,
            "{:?}",
            found.mean
        );
        means.push(found.mean.value);
        minima.push(found.minimum.value);
        below.push(found.median - found.minimum.value);
    }
    let spread = |v: &[f64]| {
        v.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            - v.iter().copied().fold(f64::INFINITY, f64::min)
    };
    assert!(spread(&means) < 0.015, "{means:?}");
    assert!(spread(&minima) < 0.03, "{minima:?}");
    // The least of many noisy widths lies no further below the usual one than without noise, to what is claimed.
    let below = below.iter().sum::<f64>() / below.len() as f64;
    let below = below - (without.median - without.minimum.value);
    assert!(below.abs() < 0.01, "{below}");
}

#[test]
fn a_tilted_face_has_the_percentiles_of_a_wedge() {
    // Widths along the line that halves the angle run evenly from 1.2 − 0.1·2.5 to 1.2 + 0.1·2.5.
    let found = space(&blocks(1.2, 0.1, 0.0, 1));
    assert!((found.median - 1.2).abs() < 0.03, "{found:?}");
    assert!((found.p5.value - (1.2 - 0.225)).abs() < 0.05, "{found:?}");
    assert!(
        (found.asymmetry() - 1.425 / 0.975).abs() < 0.15,
        "{}",
        found.asymmetry()
    );
}

#[test]
fn two_balls_are_nearest_at_their_poles() {
    let (r, gap) = (3.0, 0.9);
    let ball = |p: PointMm, z: f64| r - (p - PointMm::new(3.4, 3.4, z)).norm();
    let found = space(&scan([68, 68, 140], 0.1, 0.0, 1, |p| {
        ball(p, 3.6).max(ball(p, 3.6 + 2.0 * r + gap))
    }));
    // Over the plane half-way: width 2 (√(d² + ρ²) − r) at ρ, seen as far as the bones face each other.
    let d = r + 0.5 * gap;
    let facing = options().tuning.space.facing;
    let most = d * ((1.0 + facing) / (1.0 - facing)).sqrt();
    let width = |rho: f64| 2.0 * (d.hypot(rho) - r);
    let median = width(most * 0.5f64.sqrt());
    // A mean within 0.5 mm of the poles alone would be 0.036 mm wider.
    assert!(
        (found.minimum.value - width(0.1 * most)).abs() < 0.02,
        "{found:?}"
    );
    assert!(
        (found.median - median).abs() < 0.05,
        "{} for {median}",
        found.median
    );
    // Where the bones cease to face each other is told to a voxel of 0.1 mm: 14 % of the area.
    assert!(
        (found.area / (std::f64::consts::PI * most * most) - 1.0).abs() < 0.14,
        "{}",
        found.area
    );
}

#[test]
fn a_change_is_the_motion_of_one_bone_against_the_other() {
    let name = Visit::parse("M0").unwrap();
    let first = blocks(1.2, 0.0, 0.0, 1);
    let seen = visit(&first, &name);
    let tuning = options().tuning.space;
    let gaps = gaps(&seen, [&seen.shapes[0], &seen.shapes[1]], &tuning)
        .unwrap()
        .unwrap();
    let pose = |shift: VectorMm, turn: VectorMm, sd: f64| {
        let centre = PointMm::new(3.25, 3.25, 6.0);
        let mut covariance = [[0.0; 6]; 6];
        for row in covariance.iter_mut().enumerate().skip(3) {
            row.1[row.0] = sd * sd;
        }
        let mut registration = crate::register_bones::tests::passing(covariance, centre);
        registration.transform = RigidTransform::about(centre, turn, shift);
        BonePose {
            transform: registration.transform,
            registration: Some(registration),
        }
    };
    // Both bones moved with the hand, the second 0.05 mm nearer to the first.
    let hand = VectorMm::new(30.0, -4.0, 2.0);
    let a = pose(hand, VectorMm::zeros(), 0.003);
    let b = pose(hand - VectorMm::z() * 0.05, VectorMm::zeros(), 0.004);
    let found = change(&gaps, (&a, &b), &tuning);
    assert!((found.mean.value + 0.05).abs() < 1e-3, "{found:?}");
    assert!((found.mean.se - 0.005).abs() < 1e-4, "{found:?}");
    // A turn of the hand alone changes nothing.
    let turn = VectorMm::new(0.1, 0.05, -0.2);
    let (a, b) = (pose(hand, turn, 0.003), pose(hand, turn, 0.004));
    assert!(change(&gaps, (&a, &b), &tuning).mean.value.abs() < 1e-9);
    // Twisted about the middle it narrows at one side as it widens at the other.
    let still = pose(VectorMm::zeros(), VectorMm::zeros(), 0.003);
    let twist = pose(VectorMm::zeros(), VectorMm::new(0.0, 0.02, 0.0), 0.003);
    let found = change(&gaps, (&still, &twist), &tuning);
    assert!(found.mean.value.abs() < 2e-3, "{found:?}");
}
