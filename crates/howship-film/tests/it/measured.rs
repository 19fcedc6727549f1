use crate::scene::{measure, shots, spec, visit};
use howship_change::FilmQuantity;
use howship_phantom::film::FilmLesionSpec;

/// A joint space that narrows by 0.2 mm, and an erosion that grows to one and a half of its depth.
#[test]
fn a_joint_that_narrows_and_an_erosion_that_grows() {
    let lesion = FilmLesionSpec {
        depth_mm: 1.4,
        depth_course: vec![1.0, 1.5],
        width_course: vec![1.0, 1.25],
        ..FilmLesionSpec::default()
    };
    let shots = shots(&spec(vec![visit("M0", 0.0), visit("M6", -0.2)], lesion));
    let found = measure(&shots, true).unwrap();
    assert_eq!(found.refused, None);
    assert_eq!(found.unit, "mm");
    let change = found.narrowing[0].change.clone().unwrap();
    assert!((change.value - 0.2).abs() < 0.03, "{change:?}");
    let erosion = &found.erosions[0];
    let change = erosion.changes[0].change.clone().unwrap();
    let truth = shots[1].truth.lesions[0].half_lost_mm2 - shots[0].truth.lesions[0].half_lost_mm2;
    assert!(truth > 0.3, "{truth}");
    assert!(change.value > 0.0, "{change:?} {truth}");
    assert!(
        change.se > 0.0 && change.interval[0] < truth && truth < change.interval[1],
        "{change:?} {truth}"
    );
    assert!(
        erosion.visits[0]
            .measurements
            .contains_key(&FilmQuantity::CorticalContinuity)
    );

    // The other way round the change has the other sign.
    let back = measure(&[shots[1].clone(), shots[0].clone()], true).unwrap();
    let turned = back.narrowing[0].change.clone().unwrap();
    assert!((turned.value + 0.2).abs() < 0.03, "{turned:?}");

    // Landmarks half a millimetre off and in another order of magnitude of grey change nothing that matters.
    let brighter = crate::scene::Shot {
        film: howship_image::Film::new(
            shots[1].film.width(),
            shots[1].film.height(),
            shots[1]
                .film
                .pixels()
                .iter()
                .map(|v| 16.0 * v + 500.0)
                .collect(),
            shots[1].film.scale().clone(),
        )
        .unwrap(),
        truth: shots[1].truth.clone(),
    };
    let again = measure(&[shots[0].clone(), brighter], true).unwrap();
    let other = again.narrowing[0].change.clone().unwrap();
    assert!((other.value - found.narrowing[0].change.clone().unwrap().value).abs() < 2e-3);
}
