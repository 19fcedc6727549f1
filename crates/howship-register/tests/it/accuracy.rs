use crate::phantom::{Bone, add_noise, cube, error_mm, mask, motion, render};
use howship_image::{Geometry, PointMm, RigidTransform, VectorMm};
use howship_register::{RigidOptions, register_rigid};

fn bone() -> Bone {
    Bone::new(7, [1.45, 1.15, 1.3], 0.5, 0.055)
}

fn near() -> RigidOptions {
    RigidOptions {
        max_translation_mm: 0.6,
        max_rotation_rad: 0.3,
        ..RigidOptions::default()
    }
}

#[test]
fn no_change_gives_the_identity() {
    let grid = cube(64, 0.0607);
    let bone = bone();
    let still = RigidTransform::identity();
    let mut fixed = render(&[(&bone, still)], &grid);
    let mut moving = fixed.clone();
    let mask = mask(&bone, &grid, 0.3);
    let same = register_rigid(&fixed, &moving, Some(&mask), None, &still, &near()).unwrap();
    let (mean, most) = error_mm(&same.transform, &still, &mask);
    eprintln!(
        "identical images: {mean:.2e} mm, most {most:.2e} mm, {:?}",
        same.gate
    );
    assert!(most < 1e-5 && same.gate.passed(), "{same:?}");
    add_noise(&mut fixed, 72.0, 1);
    add_noise(&mut moving, 72.0, 2);
    let fresh = register_rigid(&fixed, &moving, Some(&mask), None, &still, &near()).unwrap();
    let (mean, most) = error_mm(&fresh.transform, &still, &mask);
    eprintln!(
        "fresh noise: {mean:.5} mm, most {most:.5} mm, {:?}",
        fresh.quality
    );
    assert!(
        mean < 2.5 * fresh.quality.displacement_sd_mm && mean < 0.01,
        "{mean}"
    );
    assert!(fresh.gate.passed(), "{fresh:?}");
}

/// Noise that interpolation has lowered fits better: a careless method is drawn to half-voxel shifts.
#[test]
fn half_voxel_shifts_are_not_favoured() {
    let grid = cube(52, 0.0607);
    let bone = Bone::new(7, [1.2, 1.0, 1.1], 0.5, 0.055);
    let still = RigidTransform::identity();
    let mask = mask(&bone, &grid, 0.2);
    let clean = render(&[(&bone, still)], &grid);
    for shift in [0.25, 0.75] {
        let t = VectorMm::from_element(shift * 0.0607);
        let truth = RigidTransform::about(PointMm::origin(), VectorMm::zeros(), t);
        let shifted = render(&[(&bone, truth)], &grid);
        let (mut sum, mut variance) = (0.0, 0.0);
        let seeds = 8;
        for seed in 0..seeds {
            let (mut fixed, mut moving) = (clean.clone(), shifted.clone());
            add_noise(&mut fixed, 150.0, 300 + 2 * seed);
            add_noise(&mut moving, 150.0, 301 + 2 * seed);
            let options = RigidOptions {
                search: false,
                ..near()
            };
            let found =
                register_rigid(&fixed, &moving, Some(&mask), None, &truth, &options).unwrap();
            let rest = found.transform.apply(found.centre) - truth.apply(found.centre);
            sum += rest.sum() / 3f64.sqrt() / seeds as f64;
            variance +=
                found.displacement_sd_mm(found.centre).powi(2) / 3.0 / (seeds * seeds) as f64;
        }
        let sd = variance.sqrt();
        eprintln!(
            "shift of {shift} voxel along the diagonal: {sum:+.5} mm, standard error {sd:.5}"
        );
        assert!(sum.abs() < 3.0 * sd && sd < 0.006, "{shift}: {sum} {sd}");
    }
}

#[test]
fn swapped_visits_give_the_inverse() {
    let grid = cube(64, 0.0607);
    let bone = bone();
    let truth = motion(5, PointMm::origin(), 0.15, 0.25);
    let mut fixed = render(&[(&bone, RigidTransform::identity())], &grid);
    let mut moving = render(&[(&bone, truth)], &grid);
    add_noise(&mut fixed, 72.0, 5);
    add_noise(&mut moving, 72.0, 6);
    let mask = mask(&bone, &grid, 0.3);
    let back = howship_image::resample_labels(&mask, &grid, &truth.inverse());
    let still = RigidTransform::identity();
    let one = register_rigid(&fixed, &moving, Some(&mask), None, &still, &near()).unwrap();
    let two = register_rigid(&moving, &fixed, Some(&back), None, &still, &near()).unwrap();
    let (mean, _) = error_mm(&two.transform.inverse(), &one.transform, &mask);
    let (error, _) = error_mm(&one.transform, &truth, &mask);
    let sd = one.quality.displacement_sd_mm;
    eprintln!("swapped: differ by {mean:.6} mm; error {error:.6} mm; sd {sd:.6} mm");
    assert!(mean < sd && error < 3.0 * sd, "{mean} {error} {sd}");
}

#[test]
fn different_grids_spacings_and_handedness() {
    let bone = bone();
    let (s, c) = 0.3f64.sin_cos();
    let fixed_grid = Geometry::new(
        [52, 44, 34],
        [0.07, 0.08, 0.11],
        [-1.8, -1.75, -1.85],
        crate::phantom::IDENTITY,
    )
    .unwrap();
    // Rotated, mirrored, other voxels.
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]];
    let moving_grid =
        Geometry::new([64, 60, 58], [0.075; 3], [-1.4, -3.1, 2.2], direction).unwrap();
    let truth = motion(11, PointMm::origin(), 0.12, 0.2);
    let mut fixed = render(&[(&bone, RigidTransform::identity())], &fixed_grid);
    let mut moving = render(&[(&bone, truth)], &moving_grid);
    add_noise(&mut fixed, 40.0, 7);
    add_noise(&mut moving, 40.0, 8);
    // Another scanner's scale.
    for v in moving.data_mut() {
        *v = 2.5 * *v - 1000.0;
    }
    let mask = mask(&bone, &fixed_grid, 0.3);
    let still = RigidTransform::identity();
    let found = register_rigid(&fixed, &moving, Some(&mask), None, &still, &near()).unwrap();
    let (mean, most) = error_mm(&found.transform, &truth, &mask);
    eprintln!(
        "other grids: {mean:.5} mm, most {most:.5} mm; {:?} {:?}",
        found.quality, found.gate
    );
    assert!(mean < 0.008 && found.gate.passed(), "{mean}: {found:?}");
    assert!(
        (found.quality.gain - 0.4).abs() < 0.02,
        "{}",
        found.quality.gain
    );
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let grid = cube(48, 0.08);
    let bone = bone();
    let truth = motion(3, PointMm::origin(), 0.1, 0.2);
    let mut fixed = render(&[(&bone, RigidTransform::identity())], &grid);
    let mut moving = render(&[(&bone, truth)], &grid);
    add_noise(&mut fixed, 72.0, 9);
    add_noise(&mut moving, 72.0, 10);
    let mask = mask(&bone, &grid, 0.2);
    let still = RigidTransform::identity();
    let results: Vec<_> = [1, 2, 8]
        .into_iter()
        .map(|n| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n)
                .build()
                .unwrap();
            pool.install(|| {
                register_rigid(&fixed, &moving, Some(&mask), None, &still, &near()).unwrap()
            })
        })
        .collect();
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}
