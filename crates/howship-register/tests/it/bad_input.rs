use crate::phantom::{Bone, add_noise, cube, error_mm, mask, render};
use howship_image::{Geometry, Mask, PointMm, RigidTransform, VectorMm, Volume};
use howship_register::{Error, RigidOptions, register_rigid};

fn options() -> RigidOptions {
    RigidOptions {
        max_translation_mm: 0.3,
        max_rotation_rad: 0.2,
        ..RigidOptions::default()
    }
}

fn pair() -> (Volume<f32>, Volume<f32>, Mask) {
    let grid = cube(44, 0.0607);
    let bone = Bone::new(81, [1.0, 0.9, 0.8], 0.5, 0.055);
    let still = RigidTransform::identity();
    let mut fixed = render(&[(&bone, still)], &grid);
    let mut moving = fixed.clone();
    add_noise(&mut fixed, 30.0, 1);
    add_noise(&mut moving, 30.0, 2);
    (fixed, moving, mask(&bone, &grid, 0.2))
}

#[test]
fn empty_masks_and_masks_of_other_grids() {
    let (fixed, moving, mask) = pair();
    let still = RigidTransform::identity();
    let empty = Mask::filled(fixed.geometry().clone(), 0);
    let run = |m, n| register_rigid(&fixed, &moving, m, n, &still, &options());
    assert_eq!(
        run(Some(&empty), None),
        Err(Error::EmptyMask { which: "fixed" })
    );
    assert_eq!(
        run(Some(&mask), Some(&empty)),
        Err(Error::EmptyMask { which: "moving" })
    );
    let other = Mask::filled(cube(20, 0.1), 1);
    assert!(matches!(run(Some(&other), None), Err(Error::Grid(_))));
    assert!(matches!(
        run(Some(&mask), Some(&other)),
        Err(Error::Grid(_))
    ));
    let mut one = empty.clone();
    one.data_mut()[5000] = 1;
    assert!(!run(Some(&one), None).unwrap().gate.passed());
}

#[test]
fn thin_volumes_of_every_shape() {
    let still = RigidTransform::identity();
    for size in [
        [1, 1, 1],
        [1, 40, 40],
        [40, 1, 40],
        [40, 40, 1],
        [5, 40, 40],
        [6, 6, 6],
        [40, 40, 7],
    ] {
        let grid = Geometry::aligned(size, [0.1; 3]).unwrap();
        let volume = Volume::from_fn(grid, |[x, y, z]| ((x * 7 + y * 5 + z * 3) % 11) as f32);
        match register_rigid(&volume, &volume, None, None, &still, &options()) {
            Err(Error::Thin { .. }) => assert!(size.iter().any(|&n| n < 6)),
            Ok(found) => assert!(size.iter().all(|&n| n >= 6), "{found:?}"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn voxels_that_are_not_numbers() {
    let (mut fixed, mut moving, mask) = pair();
    let still = RigidTransform::identity();
    let nothing = Volume::filled(fixed.geometry().clone(), f32::NAN);
    let run = |f: &Volume<f32>, m: &Volume<f32>| {
        register_rigid(f, m, Some(&mask), None, &still, &options())
    };
    assert_eq!(
        run(&nothing, &moving),
        Err(Error::NotFinite { which: "fixed" })
    );
    assert_eq!(
        run(&fixed, &nothing),
        Err(Error::NotFinite { which: "moving" })
    );
    // Some of them do not matter.
    for i in 0..40 {
        fixed.data_mut()[i * 2003] = f32::NAN;
        moving.data_mut()[i * 1999 + 7] = if i % 2 == 0 {
            f32::INFINITY
        } else {
            f32::NEG_INFINITY
        };
    }
    let found = run(&fixed, &moving).unwrap();
    let (mean, _) = error_mm(&found.transform, &still, &mask);
    eprintln!("with 40 bad voxels in each: {mean:.5} mm, {:?}", found.gate);
    assert!(
        mean < 0.01 && found.quality.correlation.is_finite(),
        "{found:?}"
    );
    // Finite, but beyond what sums of squares in single precision could hold.
    for v in fixed.data_mut() {
        *v *= 1e30;
    }
    let _ = run(&fixed, &moving).unwrap();
}

#[test]
fn starts_and_options_that_make_no_sense() {
    let (fixed, moving, mask) = pair();
    let nan = RigidTransform::about(
        PointMm::origin(),
        VectorMm::zeros(),
        VectorMm::new(f64::NAN, 0.0, 0.0),
    );
    assert_eq!(
        register_rigid(&fixed, &moving, Some(&mask), None, &nan, &options()),
        Err(Error::Initial)
    );
    let still = RigidTransform::identity();
    for bad in [
        RigidOptions {
            levels: 0,
            ..options()
        },
        RigidOptions {
            smoothing_voxels: f64::NAN,
            ..options()
        },
        RigidOptions {
            tolerance_voxels: 0.0,
            ..options()
        },
        RigidOptions {
            max_translation_mm: -1.0,
            ..options()
        },
        RigidOptions {
            max_rotation_rad: f64::INFINITY,
            ..options()
        },
        RigidOptions {
            max_samples: 0,
            ..options()
        },
    ] {
        let result = register_rigid(&fixed, &moving, Some(&mask), None, &still, &bad);
        assert!(matches!(result, Err(Error::Option { .. })), "{result:?}");
    }
}
