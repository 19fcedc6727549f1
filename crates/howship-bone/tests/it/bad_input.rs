//! Joints that cannot be measured end in an error that says why.

use crate::scene::Bone;
use howship_bone::{
    BoneOptions, Error, GivenLesions, JointInput, Observer, Unobserved, measure_joint,
};
use howship_change::Visit;
use howship_image::{DensityUnit, Geometry, Labels, Scan, Volume};

fn measured(scans: &[&Scan], options: &BoneOptions) -> Result<(), Error> {
    let input = JointInput {
        scans: scans.to_vec(),
        visits: Visit::unnamed(scans.len()),
        masks: Vec::new(),
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
        calibration: None,
    }
}

#[test]
fn no_bone_constant_image_and_unknown_unit() {
    let options = BoneOptions::default();
    let soft = flat(40.0, DensityUnit::MgHaPerCm3);
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
    for (masks, lesions) in [
        (vec![Some(Labels::filled(other, 1))], None),
        (Vec::new(), Some(&far)),
    ] {
        let input = JointInput {
            scans: vec![&bone],
            visits: Visit::unnamed(1),
            masks,
            lesions,
        };
        let error = measure_joint(&input, &BoneOptions::default(), &Unobserved)
            .map(|_| ())
            .unwrap_err();
        assert!(
            matches!(error, Error::Grid { .. } | Error::Seed { .. }),
            "{error}"
        );
    }
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
        scans: vec![&bone],
        visits: Visit::unnamed(1),
        masks: Vec::new(),
        lesions: None,
    };
    let stopped = measure_joint(&input, &BoneOptions::default(), &Stop).map(|_| ());
    assert!(matches!(stopped, Err(Error::Stopped)));
}
