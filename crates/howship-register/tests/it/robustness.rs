use crate::phantom::{Bone, add_noise, cube, error_mm, mask, motion, render};
use howship_image::{PointMm, RigidTransform, VectorMm};
use howship_register::{RigidOptions, register_rigid};

/// A bone of 7 mm at 0.15 mm voxels; motions up to 15° and 5 mm.
#[test]
fn captures_fifteen_degrees_and_five_millimetres() {
    let bone = Bone::new(21, [3.6, 3.0, 4.2], 1.1, 0.14);
    let fixed_grid = cube(66, 0.15);
    let moving_grid = cube(122, 0.15);
    let mut fixed = render(&[(&bone, RigidTransform::identity())], &fixed_grid);
    add_noise(&mut fixed, 72.0, 30);
    let mask = mask(&bone, &fixed_grid, 0.6);
    let still = RigidTransform::identity();
    let mut worst = 0f64;
    for seed in 0..3 {
        let direction = motion(100 + seed, PointMm::origin(), 1.0, 1.0);
        let turn = direction.isometry().rotation.scaled_axis().normalize() * 15f64.to_radians();
        let shift = VectorMm::from(direction.apply(PointMm::origin()).coords).normalize() * 4.9;
        let truth = RigidTransform::about(PointMm::origin(), turn, shift);
        let mut moving = render(&[(&bone, truth)], &moving_grid);
        add_noise(&mut moving, 72.0, 31 + seed);
        let found = register_rigid(
            &fixed,
            &moving,
            Some(&mask),
            None,
            &still,
            &RigidOptions::default(),
        )
        .unwrap();
        let (mean, most) = error_mm(&found.transform, &truth, &mask);
        eprintln!(
            "capture {seed}: {mean:.6} mm, most {most:.6} mm, {:?}, sd {:.6}, runner-up {:?}",
            found.gate, found.quality.displacement_sd_mm, found.quality.runner_up
        );
        worst = worst.max(mean);
        assert!(found.gate.passed(), "{found:?}");
    }
    assert!(worst < 0.01, "{worst}");
}

#[test]
fn a_neighbour_that_moves_otherwise_does_not_matter() {
    let bone = Bone::new(41, [1.5, 1.2, 1.4], 0.5, 0.055);
    let mut other = Bone::new(42, [1.3, 1.4, 1.1], 0.5, 0.055);
    // Its surface lies 0.25 mm from the bone's, inside the mask's margin after the motion.
    other.centre = PointMm::new(0.0, 0.0, 2.75);
    let grid = cube(80, 0.0607);
    let still = RigidTransform::identity();
    let truth = motion(43, PointMm::origin(), 0.05, 0.1);
    let away = RigidTransform::about(
        other.centre,
        VectorMm::new(0.2, -0.1, 0.15),
        VectorMm::new(0.15, -0.1, 0.1),
    );
    let mask = mask(&bone, &grid, 0.4);
    let options = RigidOptions {
        max_translation_mm: 0.5,
        max_rotation_rad: 0.2,
        ..RigidOptions::default()
    };
    let mut errors = Vec::new();
    for with in [false, true] {
        let mut one = vec![(&bone, still)];
        let mut two = vec![(&bone, truth)];
        if with {
            one.push((&other, still));
            two.push((&other, away));
        }
        let mut fixed = render(&one, &grid);
        let mut moving = render(&two, &grid);
        add_noise(&mut fixed, 72.0, 44);
        add_noise(&mut moving, 72.0, 45);
        let found = register_rigid(&fixed, &moving, Some(&mask), None, &still, &options).unwrap();
        let (mean, _) = error_mm(&found.transform, &truth, &mask);
        eprintln!(
            "neighbour {with}: {mean:.6} mm, outliers {:.4}, sd {:.6}, {:?}",
            found.quality.outliers, found.quality.displacement_sd_mm, found.gate
        );
        assert!(found.gate.passed());
        assert!(mean < 2.5 * found.quality.displacement_sd_mm, "{mean}");
        errors.push(found.transform);
    }
    let (apart, _) = error_mm(&errors[0], &errors[1], &mask);
    eprintln!("the neighbour moved the result by {apart:.6} mm");
    assert!(apart < 0.002, "{apart}");
}

#[test]
fn an_erosion_of_four_cubic_millimetres_does_not_pull() {
    // Head of 9 mm, at 0.12 mm to keep the test short.
    let bone = Bone::new(51, [4.4, 3.8, 4.6], 1.0, 0.11);
    let grid = cube(94, 0.12);
    let still = RigidTransform::identity();
    let truth = motion(53, PointMm::origin(), 0.05, 0.3);
    let mut eroded = bone.clone();
    // Sphere of 1.25 mm radius centred 0.6 mm under the surface: more than 4 mm³ of bone.
    eroded.erosion = Some((VectorMm::new(3.8, 0.0, 0.0), 1.25));
    let mut fixed = render(&[(&bone, still)], &grid);
    let mut moving = render(&[(&eroded, truth)], &grid);
    let intact = render(&[(&bone, truth)], &grid);
    let lost = intact
        .data()
        .iter()
        .zip(moving.data())
        .filter(|(a, b)| (**a - **b).abs() > 100.0)
        .count() as f64
        * grid.voxel_mm3();
    add_noise(&mut fixed, 72.0, 54);
    add_noise(&mut moving, 72.0, 55);
    let mask = mask(&bone, &grid, 0.6);
    let options = RigidOptions {
        max_translation_mm: 1.0,
        max_rotation_rad: 0.2,
        ..RigidOptions::default()
    };
    let found = register_rigid(&fixed, &moving, Some(&mask), None, &still, &options).unwrap();
    let (mean, most) = error_mm(&found.transform, &truth, &mask);
    eprintln!(
        "erosion of {lost:.2} mm³ changed: {mean:.6} mm, most {most:.6}, outliers {:.4}, sd {:.6}",
        found.quality.outliers, found.quality.displacement_sd_mm
    );
    assert!(lost > 4.0);
    assert!(
        mean < 0.005 && found.gate.passed(),
        "{mean} {:?}",
        found.gate
    );
}
