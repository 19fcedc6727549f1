use super::*;
use crate::Unobserved;
use crate::scene::{BONE, SOFT, levels, options};
use crate::segmentation::segment_bones;
use howship_change::Visit;
use howship_image::{DensityUnit, Geometry, Scan, UnitKnown, VectorMm, Volume};
use howship_register::Quality;
use rand::{RngExt, SeedableRng};

/// A registration that passed, with this covariance about a centre.
pub(crate) fn passing(covariance: [[f64; 6]; 6], centre: PointMm) -> Registration {
    Registration {
        transform: RigidTransform::identity(),
        centre,
        covariance,
        quality: Quality {
            correlation: 0.95,
            rmse: 10.0,
            overlap: 1.0,
            noise_sd: 10.0,
            residual_correlation_mm: 0.1,
            outliers: 0.0,
            iterations: 5,
            samples: 10_000,
            gain: 1.0,
            offset: 0.0,
            displacement_sd_mm: 0.001,
            max_displacement_sd_mm: 0.002,
            runner_up: None,
        },
        gate: Gate::Pass,
    }
}

#[test]
fn a_points_error_is_stated_in_the_baselines_axes() {
    let mut covariance = [[0.0; 6]; 6];
    covariance[3][3] = 0.04;
    let centre = PointMm::new(1.0, 2.0, 3.0);
    let mut registration = passing(covariance, centre);
    // A quarter turn about z: the visit's x is the baseline's −y or y.
    let turn = nalgebra::Vector3::new(0.0, 0.0, std::f64::consts::FRAC_PI_2);
    registration.transform = RigidTransform::about(centre, turn, nalgebra::Vector3::zeros());
    let pose = BonePose {
        transform: registration.transform,
        registration: Some(registration),
    };
    let found = pose.point_covariance(PointMm::new(5.0, 5.0, 5.0));
    assert!((found[(1, 1)] - 0.04).abs() < 1e-12 && found[(0, 0)].abs() < 1e-12);
}

/// Two bones a finger's length apart: centre and semi-axes of each, mm; the first is the larger.
const ELLIPSOIDS: [([f64; 3], [f64; 3]); 2] = [
    ([6.0, 6.0, 6.0], [4.2, 3.7, 3.9]),
    ([6.0, 6.0, 31.0], [3.3, 3.0, 3.6]),
];

/// Trabeculae that never repeat: waves of 1 to 2 mm in all directions.
fn trabeculae(seed: u64) -> impl Fn(PointMm) -> f64 {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let waves: Vec<(VectorMm, f64)> = (0..24)
        .map(|_| {
            let direction = VectorMm::from_fn(|_, _| rng.random::<f64>() - 0.5).normalize();
            let per_mm = std::f64::consts::TAU / (1.0 + rng.random::<f64>());
            (
                direction * per_mm,
                std::f64::consts::TAU * rng.random::<f64>(),
            )
        })
        .collect();
    move |at| {
        let sum: f64 = waves
            .iter()
            .map(|(k, phase)| (k.dot(&at.coords) + phase).sin())
            .sum();
        (0.4 + 0.15 * sum).clamp(0.0, 1.0)
    }
}

/// The two bones where a motion has carried them, with fresh noise.
fn two_bones(motion: &RigidTransform, origin: [f64; 3], size_mm: [f64; 3], seed: u64) -> Scan {
    const SPACING: f64 = 0.16;
    let size = size_mm.map(|mm| (mm / SPACING) as usize);
    let grid = Geometry::new(
        size,
        [SPACING; 3],
        origin,
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    )
    .unwrap();
    let (back, texture) = (motion.inverse(), trabeculae(3));
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let volume = Volume::from_fn(grid.clone(), |voxel| {
        let at = back.apply(grid.world(voxel.map(|i| i as f64)));
        let depth = |(centre, semi): &([f64; 3], [f64; 3])| {
            let q: f64 = (0..3)
                .map(|a| ((at[a] - centre[a]) / semi[a]).powi(2))
                .sum();
            (1.0 - q.sqrt()) * semi[1]
        };
        let depth = ELLIPSOIDS
            .iter()
            .map(depth)
            .fold(f64::NEG_INFINITY, f64::max);
        let share = |d: f64| (d / SPACING + 0.5).clamp(0.0, 1.0);
        let cortex = share(0.4 - depth);
        let bone = share(depth) * (cortex + (1.0 - cortex) * texture(at));
        let noise = 60.0 * (rng.random::<f64>() - 0.5);
        (SOFT + (BONE - SOFT) * bone + noise) as f32
    });
    Scan {
        volume,
        unit: DensityUnit::MgHaPerCm3,
        known: UnitKnown::Written,
        calibration: None,
    }
}

fn seen<'a>(scan: &'a Scan, visit: &'a Visit) -> VisitShapes<'a> {
    let level = 0.5 * (SOFT + BONE);
    let shapes = segment_bones(&scan.volume, level, scan.unit, &options(), "M0").unwrap();
    assert_eq!(shapes.len(), 2);
    VisitShapes {
        visit,
        scan: scan.into(),
        shapes: shapes.into_iter().map(Arc::new).collect(),
        levels: levels(),
        working: scan.volume.clone(),
        smooth: scan.volume.clone(),
    }
}

/// Both bones must be found where a motion has carried them in a later field, though the larger, which is looked for
/// first, cannot be found by itself.
fn found_again(hand: &RigidTransform, origin: [f64; 3], size_mm: [f64; 3]) {
    let still = two_bones(&RigidTransform::identity(), [0.0; 3], [12.0, 12.0, 37.0], 1);
    let moved = two_bones(hand, origin, size_mm, 2);
    let visits = ["M0", "M6"].map(|name| Visit::parse(name).unwrap());
    let visits = [seen(&still, &visits[0]), seen(&moved, &visits[1])];
    let mut tuning = options().tuning;
    tuning.coarse.bones = 0;
    let mut warnings = Vec::new();
    let bones = register_bones(&visits, &tuning, &Unobserved, &mut warnings).unwrap();
    assert!(bones[0].shape.volume_mm3 > bones[1].shape.volume_mm3);
    // That it was not found at first is not said.
    let said = warnings.iter().any(|w| w.contains("could not be aligned"));
    assert!(!said, "{warnings:?}");
    for (bone, (centre, _)) in bones.iter().zip(ELLIPSOIDS) {
        let centre = PointMm::from(centre);
        let found = bone.aligned(1).unwrap();
        let off = (found.pose.transform.apply(centre) - hand.apply(centre)).norm();
        let turned = found.pose.transform.after(&hand.inverse()).angle();
        // A pose passes with an error of up to a quarter of a voxel.
        assert!(
            off < 0.04 && turned < 0.01,
            "{}: {off} mm, {turned} rad",
            bone.name()
        );
        assert!(found.outline.is_some());
    }
}

/// The hand turned about the smaller bone by 15° and shifted by 3 mm, within a registration's reach; the larger has
/// moved by 9 mm, beyond it.
#[test]
fn a_bone_out_of_reach_is_found_from_anothers_motion() {
    let [large, small] = ELLIPSOIDS.map(|(centre, _)| PointMm::from(centre));
    let (turn, shift) = (VectorMm::new(0.26, 0.0, 0.0), VectorMm::new(0.0, 3.0, 0.0));
    let hand = RigidTransform::about(small, turn, shift);
    let away = (hand.apply(large) - large).norm();
    assert!(away > 9.0, "{away}");
    found_again(&hand, [0.0, 1.0, 0.0], [12.0, 22.0, 37.0]);
}

/// A field that ends in the larger bone's middle: a search sees too little of it.
#[test]
fn a_bone_half_outside_the_field_is_found_from_anothers_motion() {
    let small = PointMm::from(ELLIPSOIDS[1].0);
    let (turn, shift) = (
        VectorMm::new(0.03, -0.02, 0.05),
        VectorMm::new(0.4, -0.3, 0.2),
    );
    let hand = RigidTransform::about(small, turn, shift);
    found_again(&hand, [0.0, 0.0, 6.4], [12.0, 12.0, 30.6]);
}
