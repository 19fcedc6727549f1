use crate::{ANISOTROPIC, ISOTROPIC, grid};
use howship_image::{Mask, Volume};
use howship_ops::*;

#[test]
fn thresholds_include_their_bounds_and_leave_out_nan() {
    let values = vec![0.0, 1.0, 2.0, 3.0, f32::NAN, f32::INFINITY];
    let volume = Volume::new(grid([6, 1, 1], ISOTROPIC), values).unwrap();
    assert_eq!(threshold(&volume, 1.0, 2.0).data(), [0, 1, 1, 0, 0, 0]);
    assert_eq!(
        threshold(&volume, 3.0, f32::INFINITY).data(),
        [0, 0, 0, 1, 0, 1]
    );
    let linked = hysteresis_threshold(&volume, 1.0, 3.0, Connectivity::Six);
    assert_eq!(linked.data(), [0, 1, 1, 1, 0, 1]);
    assert_eq!(
        hysteresis_threshold(&volume, 1.0, f32::NAN, Connectivity::Six).count(),
        0
    );
}

#[test]
fn otsu_splits_two_classes_and_refuses_nothing_at_all() {
    let two: Vec<f32> = (0..100).map(|i| if i < 60 { 10.0 } else { 90.0 }).collect();
    let split = otsu(&two, 100).unwrap();
    assert!((10.0..90.0).contains(&split));
    assert_eq!(otsu(&[5.0, 5.0, f32::NAN], 64).unwrap(), 5.0);
    assert!(matches!(otsu(&[], 64), Err(Error::Empty { .. })));
    assert!(matches!(
        otsu(&[f32::NAN, f32::INFINITY], 64),
        Err(Error::Empty { .. })
    ));
    for bins in [0, 1, usize::MAX] {
        assert!(matches!(otsu(&two, bins), Err(Error::Parameter { .. })));
    }
    assert!(otsu(&[f32::MAX, f32::MIN, 0.0], 64).unwrap().is_finite());
}

#[test]
fn compartments_have_their_own_thresholds() {
    let geometry = grid([4, 1, 1], ISOTROPIC);
    let volume = Volume::new(geometry.clone(), vec![400.0f32, 500.0, 330.0, 300.0]).unwrap();
    let cortical = Mask::new(geometry.clone(), vec![1, 1, 0, 0]).unwrap();
    let trabecular = Mask::new(geometry, vec![0, 0, 1, 1]).unwrap();
    let thresholds = DualThresholds::default();
    let bone = dual_threshold(&volume, &cortical, &trabecular, &thresholds).unwrap();
    assert_eq!(bone.data(), [0, 1, 1, 0]);
    let other = Mask::filled(grid([4, 1, 1], ANISOTROPIC), 1);
    assert!(dual_threshold(&volume, &other, &trabecular, &thresholds).is_err());
}

#[test]
fn an_adaptive_threshold_stays_between_its_bounds() {
    // A dim disc on a darker ground beside a bright plateau.
    let volume = Volume::from_fn(grid([60, 30, 1], ANISOTROPIC), |[x, y, _]| {
        let disc = (x as i64 - 15).pow(2) + (y as i64 - 15).pow(2) <= 16;
        if x > 40 {
            900.0f32
        } else if disc {
            220.0
        } else {
            60.0
        }
    });
    let mask = adaptive_threshold(&volume, &AdaptiveOptions::default()).unwrap();
    assert_eq!(mask.at(15, 15, 0), 1);
    assert_eq!(mask.at(5, 5, 0), 0, "below the lower bound");
    assert!(
        (41..60).all(|x| mask.at(x, 10, 0) == 1),
        "above the upper bound"
    );
    for bad in [
        AdaptiveOptions {
            block: [13, 12, 13],
            ..Default::default()
        },
        AdaptiveOptions {
            block: [0; 3],
            ..Default::default()
        },
        AdaptiveOptions {
            block: [1027, 1, 1],
            ..Default::default()
        },
        AdaptiveOptions {
            lower: 5.0,
            upper: 4.0,
            ..Default::default()
        },
        AdaptiveOptions {
            upper: f32::NAN,
            ..Default::default()
        },
        AdaptiveOptions {
            offset: f32::NAN,
            ..Default::default()
        },
    ] {
        assert!(matches!(
            adaptive_threshold(&volume, &bad),
            Err(Error::Parameter { .. })
        ));
    }
}
