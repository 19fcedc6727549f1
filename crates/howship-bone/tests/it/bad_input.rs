//! Joints that cannot be measured end in an error that says why.

use crate::scene::Bone;
use howship_bone::{
    BoneOptions, Error, GivenLesions, JointInput, Observer, Unobserved, VisitScan, measure_joint,
};
use howship_change::Visit;
use howship_image::{DensityUnit, Geometry, Labels, Scan, Volume};

fn measured(scans: &[&Scan], options: &BoneOptions) -> Result<(), Error> {
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(scans.len()), scans.iter().copied()),
        lesions: None,
    };
    measure_joint(&input, options, &Unobserved).map(|_| ())
}

fn flat(value: f32, unit: DensityUnit) -> Scan {
    let grid = Geometry::aligned([40, 40, 40], [0.1; 3]).unwrap();
    let mut volume = Volume::filled(grid, value);
    volume.data_mut()[5] += 1.0;
    Scan {
        volume,
        unit,
        known: howship_image::UnitKnown::Stated,
        calibration: None,
    }
}

#[test]
fn no_bone_constant_image_and_unknown_unit() {
    let options = BoneOptions::default();
    let mut soft = flat(40.0, DensityUnit::MgHaPerCm3);
    // Two values only are no scan at all, and that is said instead.
    let mask = measured(&[&soft], &options).unwrap_err();
    assert!(matches!(mask, Error::Implausible { .. }), "{mask}");
    assert!(mask.to_string().contains("mask"), "{mask}");
    for (i, value) in soft.volume.data_mut().iter_mut().enumerate() {
        *value += (i % 11) as f32;
    }
    assert!(matches!(
        measured(&[&soft], &options),
        Err(Error::NoBone { .. })
    ));
    let mut constant = soft.clone();
    constant.volume.data_mut().fill(0.0);
    assert!(matches!(
        measured(&[&constant], &options),
        Err(Error::Constant { .. })
    ));
    let mri = flat(40.0, DensityUnit::Arbitrary);
    assert!(matches!(
        measured(&[&mri], &options),
        Err(Error::UnitUnknown { .. })
    ));
}

#[test]
fn units_that_differ_are_refused() {
    let (a, b) = (
        flat(40.0, DensityUnit::MgHaPerCm3),
        flat(40.0, DensityUnit::Hounsfield),
    );
    let error = measured(&[&a, &b], &BoneOptions::default()).unwrap_err();
    assert!(matches!(error, Error::UnitsDiffer { .. }), "{error}");
    assert!(error.to_string().contains("visit 2"));
}

#[test]
fn options_masks_and_seeds_that_make_no_sense() {
    let soft = flat(40.0, DensityUnit::MgHaPerCm3);
    let bad = BoneOptions {
        closing_mm: f64::NAN,
        ..BoneOptions::default()
    };
    assert!(matches!(
        measured(&[&soft], &bad),
        Err(Error::Option {
            name: "closing_mm",
            ..
        })
    ));
    let bone = Bone {
        spacing: [0.12; 3],
        ..Bone::new(1.0)
    }
    .scan();
    let other = Geometry::aligned([3, 3, 3], [1.0; 3]).unwrap();
    let far = GivenLesions::Seeds(vec![[500.0, 0.0, 0.0]]);
    for (mask, lesions) in [(Some(Labels::filled(other, 1)), None), (None, Some(&far))] {
        let mut visits = VisitScan::pairs(Visit::unnamed(1), [&bone]);
        visits[0].mask = mask.map(Into::into);
        let input = JointInput { visits, lesions };
        let error = measure_joint(&input, &BoneOptions::default(), &Unobserved)
            .map(|_| ())
            .unwrap_err();
        assert!(
            matches!(error, Error::Grid { .. } | Error::Seed { .. }),
            "{error}"
        );
    }
}

/// What somebody pointed at is measured, or it is said that it is not.
#[test]
fn a_seed_where_nothing_can_be_made_out_is_spoken_of() {
    let bone = Bone {
        spacing: [0.12; 3],
        ..Bone::new(0.9)
    };
    let (scan, there) = (bone.scan(), bone.cavity_centre());
    // On the other side of the bone its cortex is whole.
    let opposite = bone.centre() - (there - bone.centre());
    let seeds = GivenLesions::Seeds(vec![there.coords.into(), opposite.coords.into()]);
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(1), [&scan]),
        lesions: Some(&seeds),
    };
    let result = measure_joint(&input, &BoneOptions::default(), &Unobserved).unwrap();
    let lost = |w: &&String| w.contains("is not measured");
    let said = result.warnings.iter().filter(lost).count();
    assert_eq!(
        (result.lesions.len(), said),
        (1, 1),
        "{:?}",
        result.warnings
    );
}

#[test]
fn an_observer_can_stop_the_work() {
    struct Stop;
    impl Observer for Stop {
        fn progress(&self, _: &str, _: f64) {}
        fn wants_stop(&self) -> bool {
            true
        }
    }
    let bone = Bone {
        spacing: [0.12; 3],
        ..Bone::new(1.0)
    }
    .scan();
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(1), [&bone]),
        lesions: None,
    };
    let stopped = measure_joint(&input, &BoneOptions::default(), &Stop).map(|_| ());
    assert!(matches!(stopped, Err(Error::Stopped)));
}

#[test]
fn coarse_voxels_are_warned_of_and_erosions_under_dark_cortex_not_looked_for() {
    let grid = Geometry::aligned([44; 3], [0.3; 3]).unwrap();
    let depth = |voxel: [usize; 3]| {
        let p = grid.world(voxel.map(|i| i as f64)).coords / 0.3;
        5.0 - (p - nalgebra::Vector3::repeat(21.5)).norm() * 0.3
    };
    // As in T1: bright marrow under a dark cortex, grey muscle; then as in CT.
    let image = |cortex: f32, marrow: f32| Scan {
        volume: Volume::from_fn(grid.clone(), |v| {
            let speckle = ((v[0] * 7 + v[1] * 13 + v[2] * 29) % 11) as f32;
            match depth(v) {
                d if d < 0.0 => 100.0 + speckle,
                d if d < 0.6 => cortex + speckle,
                _ => marrow + speckle,
            }
        }),
        unit: DensityUnit::Arbitrary,
        known: howship_image::UnitKnown::Unknown,
        calibration: None,
    };
    let mask = Labels::from_fn(grid.clone(), |v| u32::from(depth(v) > 0.0));
    let measured = |scan: &Scan| {
        let mut visits = VisitScan::pairs(Visit::unnamed(1), [scan]);
        visits[0].mask = Some(mask.clone().into());
        let input = JointInput {
            visits,
            lesions: None,
        };
        measure_joint(&input, &BoneOptions::default(), &Unobserved).map(|r| r.warnings.join("\n"))
    };
    let t1 = measured(&image(30.0, 400.0)).unwrap_err();
    let told = format!("{t1}; {}", t1.hint().unwrap_or_default());
    assert!(
        told.contains("marrow is bright (405, soft tissue 105)"),
        "{told}"
    );
    assert!(told.contains("--lesions"), "{told}");
    let ct = measured(&image(600.0, 200.0)).unwrap();
    assert!(ct.contains("voxels of 0.30 mm"), "{ct}");
    assert!(!ct.contains("darker"), "{ct}");
}
