use crate::phantom::{Bone, add_noise, cube, mask, render};
use howship_image::{Geometry, Mask, PointMm, RigidTransform, VectorMm, Volume};
use howship_register::{Gate, GateLimits, Registration, RigidOptions, register_rigid};

const STILL: fn() -> RigidTransform = RigidTransform::identity;

fn options() -> RigidOptions {
    RigidOptions {
        max_translation_mm: 0.5,
        max_rotation_rad: 0.3,
        ..RigidOptions::default()
    }
}

fn bone() -> Bone {
    Bone::new(71, [1.2, 1.0, 1.1], 0.5, 0.055)
}

fn noisy(bone: &Bone, grid: &Geometry, sd: f64, seed: u64) -> Volume<f32> {
    let mut volume = render(&[(bone, STILL())], grid);
    add_noise(&mut volume, sd, seed);
    volume
}

/// The reason of a failed gate.
fn reason(found: &Registration) -> &str {
    match &found.gate {
        Gate::Fail { reason } => reason,
        other => panic!("the gate should have failed: {other:?} {:?}", found.quality),
    }
}

fn run(
    fixed: &Volume<f32>,
    moving: &Volume<f32>,
    mask: &Mask,
    options: &RigidOptions,
) -> Registration {
    register_rigid(fixed, moving, Some(mask), None, &STILL(), options).unwrap()
}

#[test]
fn too_little_overlap() {
    let grid = cube(52, 0.0607);
    let (fixed, moving) = (
        noisy(&bone(), &grid, 40.0, 1),
        noisy(&bone(), &grid, 40.0, 2),
    );
    let mask = mask(&bone(), &grid, 0.2);
    let half = howship_image::Region {
        start: [0; 3],
        size: [52, 52, 22],
    };
    let found = run(&fixed, &moving.crop(half).unwrap(), &mask, &options());
    assert!(
        reason(&found).contains("too little overlap"),
        "{:?}",
        found.gate
    );
    let away = RigidTransform::about(
        PointMm::origin(),
        VectorMm::zeros(),
        VectorMm::new(500.0, 0.0, 0.0),
    );
    let found = register_rigid(&fixed, &moving, Some(&mask), None, &away, &options()).unwrap();
    assert!(
        reason(&found).contains("too little overlap"),
        "{:?}",
        found.gate
    );
    assert!(found.displacement_sd_mm(PointMm::origin()) > 0.3);
}

#[test]
fn another_bone() {
    let grid = cube(52, 0.0607);
    let mut other = Bone::new(999, [0.7, 1.2, 0.8], 0.4, 0.055);
    other.cortex = 0.05;
    let (fixed, moving) = (
        noisy(&bone(), &grid, 40.0, 3),
        noisy(&other, &grid, 40.0, 4),
    );
    let found = run(&fixed, &moving, &mask(&bone(), &grid, 0.2), &options());
    assert!(
        reason(&found).contains("low correlation"),
        "{:?} {:?}",
        found.gate,
        found.quality
    );
}

#[test]
fn not_converged() {
    let grid = cube(52, 0.0607);
    let (fixed, moving) = (
        noisy(&bone(), &grid, 40.0, 5),
        noisy(&bone(), &grid, 40.0, 6),
    );
    let few = RigidOptions {
        max_iterations: 1,
        tolerance_voxels: 1e-9,
        ..options()
    };
    let found = run(&fixed, &moving, &mask(&bone(), &grid, 0.2), &few);
    assert!(reason(&found).contains("not converged"), "{:?}", found.gate);
}

#[test]
fn standard_error_too_large() {
    let grid = cube(52, 0.0607);
    let (fixed, moving) = (
        noisy(&bone(), &grid, 72.0, 7),
        noisy(&bone(), &grid, 72.0, 8),
    );
    let strict = RigidOptions {
        gate: GateLimits {
            max_displacement_sd_mm: Some(0.0005),
            ..GateLimits::default()
        },
        ..options()
    };
    let found = run(&fixed, &moving, &mask(&bone(), &grid, 0.2), &strict);
    assert!(
        reason(&found).contains("standard error"),
        "{:?}",
        found.gate
    );
}

/// A ball without texture may turn as it likes.
#[test]
fn a_symmetric_shape_is_not_accepted() {
    let grid = cube(52, 0.0607);
    let mut ball = Bone::new(1, [1.1; 3], 0.5, 0.055);
    ball.texture = 0.0;
    let mask = mask(&ball, &grid, 0.2);
    for noise in [0.0, 40.0] {
        let (fixed, moving) = (
            noisy(&ball, &grid, noise, 9),
            noisy(&ball, &grid, noise, 10),
        );
        let found = run(&fixed, &moving, &mask, &options());
        let why = reason(&found);
        assert!(
            why.contains("ambiguous") || why.contains("standard error"),
            "{why}"
        );
    }
}

/// Shapes that repeat after a small shift have several poses that fit.
#[test]
fn a_second_pose_that_fits_as_well_is_ambiguous() {
    let grid = cube(56, 0.0607);
    // Plates 0.5 mm apart with enough structure across to fix every other direction.
    let plates = |seed| {
        let mut volume = Volume::from_fn(grid.clone(), |[x, y, z]| {
            let p = grid.world([x as f64, y as f64, z as f64]);
            let wave = (std::f64::consts::TAU * p.x / 0.5).cos();
            let across = (3.0 * p.y).cos() * (2.5 * p.z).sin();
            (300.0 * wave + 300.0 * across) as f32
        });
        add_noise(&mut volume, 30.0, seed);
        volume
    };
    let region = Volume::from_fn(grid.clone(), |v| {
        u8::from(v.iter().all(|&i| (12..44).contains(&i)))
    });
    let wide = RigidOptions {
        max_translation_mm: 0.7,
        max_rotation_rad: 0.1,
        ..RigidOptions::default()
    };
    let found = run(&plates(11), &plates(12), &region, &wide);
    assert!(
        reason(&found).contains("ambiguous"),
        "{:?} {:?}",
        found.gate,
        found.quality
    );
}

#[test]
fn no_structure() {
    let grid = cube(40, 0.0607);
    let flat = Volume::filled(grid.clone(), 100.0f32);
    let inside = Mask::filled(grid.clone(), 1);
    let found = run(&flat, &flat, &inside, &options());
    assert!(reason(&found).contains("no structure"), "{:?}", found.gate);
    let found = run(&noisy(&bone(), &grid, 10.0, 1), &flat, &inside, &options());
    assert!(reason(&found).contains("no structure"), "{:?}", found.gate);
    // Noise alone is no structure either.
    let (mut one, mut two) = (flat.clone(), flat);
    add_noise(&mut one, 72.0, 13);
    add_noise(&mut two, 72.0, 14);
    assert!(!run(&one, &two, &inside, &options()).gate.passed());
}

#[test]
fn saturated() {
    let grid = cube(52, 0.0607);
    let (fixed, mut moving) = (
        noisy(&bone(), &grid, 40.0, 15),
        noisy(&bone(), &grid, 40.0, 16),
    );
    for v in moving.data_mut() {
        *v = v.min(150.0);
    }
    let found = run(&fixed, &moving, &mask(&bone(), &grid, 0.2), &options());
    assert!(reason(&found).contains("saturated"), "{:?}", found.gate);
    assert!(reason(&found).contains("moving"));
}

#[test]
fn a_result_survives_json() {
    let grid = cube(52, 0.0607);
    let (fixed, moving) = (
        noisy(&bone(), &grid, 40.0, 17),
        noisy(&bone(), &grid, 40.0, 18),
    );
    let found = run(&fixed, &moving, &mask(&bone(), &grid, 0.2), &options());
    assert!(found.gate.passed(), "{found:?}");
    let text = serde_json::to_string(&found).unwrap();
    let again: Registration = serde_json::from_str(&text).unwrap();
    assert_eq!(again.gate, found.gate);
    assert!((again.centre - found.centre).norm() < 1e-12);
}
