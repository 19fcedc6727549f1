//! What a lesion measures does not depend on where the scanner stood, how its axes run, or which visit came first.

use crate::scene::{Ball, measured, options};
use howship_image::{PointMm, RigidTransform, VectorMm};
use proptest::prelude::*;

fn motion(turn: [f64; 3], shift: [f64; 3]) -> RigidTransform {
    RigidTransform::about(
        PointMm::origin(),
        VectorMm::from(turn),
        VectorMm::from(shift),
    )
}

/// Two states of one lesion, the second smaller.
fn pair(towards: VectorMm) -> (Ball, Ball) {
    (
        Ball::solid().with_cavity(towards, 0.3, 0.9),
        Ball::solid().with_cavity(towards, 0.3, 0.7),
    )
}

#[test]
fn volume_width_and_depth_of_a_cavity_in_solid_bone() {
    // At the half-way level, where blur does not move a flat wall; by how much a round one moves is corrected.
    let options = crate::BoneOptions {
        wall_level: 0.5,
        ..options()
    };
    for (sink, radius) in [(0.3, 0.9), (0.0, 1.1), (0.5, 1.0)] {
        let scene = Ball::solid().with_cavity(VectorMm::new(0.4, 1.0, 0.2), sink, radius);
        let lesion = measured(&[&scene], &options);
        let values = crate::quantities::quantities(&lesion, 0);
        let value = |q| values[&q].value;
        let volume = value(howship_change::Quantity::Volume);
        assert!(
            (volume / scene.hole_mm3() - 1.0).abs() < 0.06,
            "{volume} for {}",
            scene.hole_mm3()
        );
        let width = value(howship_change::Quantity::Width);
        assert!(
            (width - 2.0 * scene.mouth_mm()).abs() < 0.15,
            "{width} for {}",
            2.0 * scene.mouth_mm()
        );
        let depth3d = value(howship_change::Quantity::Depth3d);
        assert!(
            (depth3d - (sink + radius)).abs() < 0.06,
            "{depth3d} for {}",
            sink + radius
        );
        // From the chord of the mouth, which lies under the pole of the bone.
        let pole = scene.radius - (scene.radius.powi(2) - scene.mouth_mm().powi(2)).sqrt();
        let depth = value(howship_change::Quantity::Depth);
        assert!(
            (depth - (sink + radius - pole)).abs() < 0.12,
            "{depth} for {}",
            sink + radius - pole
        );
        let extent = value(howship_change::Quantity::Diameter3d);
        assert!(
            (extent - 2.0 * radius).abs() < 0.12,
            "{extent} for {}",
            2.0 * radius
        );
        assert!(lesion.is_open(0) && lesion.reaches_mouth(0) && lesion.breaks_in_two_planes(0));
    }
}

#[test]
fn a_change_is_the_difference_of_two_lenses_and_its_mirror() {
    let (large, small) = pair(VectorMm::new(1.0, 0.2, -0.3));
    let options = options();
    let change = measured(&[&large, &small], &options)
        .volume_change(0, 1)
        .unwrap();
    let back = measured(&[&small, &large], &options)
        .volume_change(0, 1)
        .unwrap();
    let truth = small.hole_mm3() - large.hole_mm3();
    assert!(
        (change.value - truth).abs() < 0.12 * truth.abs(),
        "{} for {truth}",
        change.value
    );
    assert!((change.value - truth).abs() < 2.0 * change.se);
    assert!(
        (change.value + back.value).abs() < 0.05,
        "{} and {}",
        change.value,
        back.value
    );
    let same = measured(&[&large, &large], &options)
        .volume_change(0, 1)
        .unwrap();
    assert!(same.value.abs() < 1e-9 && same.se > 0.0);
}

#[test]
fn an_axis_that_runs_the_other_way_changes_nothing() {
    let options = options();
    let scene = Ball::solid().with_cavity(VectorMm::new(0.5, 1.0, 0.3), 0.3, 0.9);
    let flipped = Ball {
        flip: -1.0,
        ..scene.clone()
    };
    let volume = |s: &Ball| measured(&[s], &options).volume(0).unwrap().value;
    let (a, b) = (volume(&scene), volume(&flipped));
    assert!((a / b - 1.0).abs() < 1e-4, "{a} and {b}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    /// A second visit at any pose measures what the first does, and the order of the later visits is nothing.
    #[test]
    fn where_the_scanner_stood_changes_nothing(
        turn in prop::array::uniform3(-0.5..0.5f64),
        shift in prop::array::uniform3(-40.0..40.0f64),
    ) {
        let options = options();
        let (large, small) = pair(VectorMm::new(0.2, 1.0, -0.4));
        let there = Ball { motion: motion(turn, shift), ..large.clone() };
        let smaller = Ball { motion: motion(turn, shift), ..small.clone() };
        let lesion = measured(&[&large, &there, &smaller], &options);
        let value = |v: usize| lesion.volume(v).unwrap().value;
        prop_assert!((value(1) / value(0) - 1.0).abs() < 0.015, "{} {}", value(0), value(1));
        let other = measured(&[&large, &smaller, &there], &options);
        for (a, b) in [(1, 2), (2, 1)] {
            let (x, y) = (lesion.volume_change(0, a).unwrap(), other.volume_change(0, b).unwrap());
            prop_assert!((x.value - y.value).abs() < 1e-6 && (x.se - y.se).abs() < 1e-6);
        }
        // The whole scene moved.
        let moved = measured(&[&there], &options).volume(0).unwrap().value;
        prop_assert!((moved / value(0) - 1.0).abs() < 0.02, "{moved} for {}", value(0));
    }
}
