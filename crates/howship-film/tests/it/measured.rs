use crate::scene::{measure, shots, spec, visit};
use howship_change::FilmQuantity;
use howship_phantom::film::FilmLesionSpec;

/// In profile on the head of a phalanx, broad enough to take the cortical line.
fn lesion() -> FilmLesionSpec {
    FilmLesionSpec {
        from_joint_mm: 4.2,
        around_mm: 5.0,
        depth_mm: 1.3,
        ..FilmLesionSpec::default()
    }
}

/// A joint space that narrows by 0.2 mm, and an erosion that grows to one and a half of its depth; found unaided.
#[test]
fn a_joint_that_narrows_and_an_erosion_that_grows() {
    let lesion = FilmLesionSpec {
        depth_course: vec![1.0, 1.5],
        width_course: vec![1.0, 1.25],
        ..lesion()
    };
    let shots = shots(&spec(vec![visit("M0", 0.0), visit("M6", -0.2)], lesion));
    let found = measure(&shots, true).unwrap();
    assert_eq!(found.refused, None);
    assert_eq!(found.unit, "mm");
    let change = found.narrowing[0].change.clone().unwrap();
    assert!((change.value - 0.2).abs() < 0.03, "{change:?}");
    let erosion = &found.erosions[0];
    let [before, after] = [0, 1].map(|v: usize| &shots[v].truth.lesions[0]);
    let change = erosion.changes[0].change.clone().unwrap();
    let truth = after.area_mm2 - before.area_mm2;
    // Off by less than what would matter: 0.15 mm² is demanded of the median of many, and measured by `film_errors`.
    assert!(
        truth > 0.3 && (change.value - truth).abs() < change.delta,
        "{change:?} {truth}"
    );
    assert!(
        change.interval[0] < truth && truth < change.interval[1],
        "{change:?} {truth}"
    );
    let area = &erosion.visits[0].measurements[&FilmQuantity::Area];
    assert!(
        (area.value - before.area_mm2).abs() < 3.0 * area.se && area.se < 0.5 * area.value,
        "{area:?} {before:?}"
    );
    let line = &erosion.visits[0].measurements[&FilmQuantity::CorticalContinuity];
    assert!(
        (line.value - before.continuity).abs() < 0.25,
        "{line:?} {before:?}"
    );

    // Not pointed at, it is found all the same, and nothing else.
    let alone = measure(&shots, false).unwrap();
    let [x, y] = before.mouth_px;
    assert_eq!(alone.erosions.len(), 1, "{:?}", alone.erosions);
    let [a, b] = alone.erosions[0].at;
    assert!((a - x).hypot(b - y) < 15.0);

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

/// New cortex over an unchanged cavity: the line is back, most of the area is not.
#[test]
fn a_cortical_line_that_comes_back() {
    let lesion = FilmLesionSpec {
        recortication: vec![0.0, 1.0],
        ..lesion()
    };
    let shots = shots(&spec(vec![visit("M0", 0.0), visit("M6", 0.0)], lesion));
    let found = measure(&shots, true).unwrap();
    let [before, after] = [0, 1].map(|v: usize| &shots[v].truth.lesions[0]);
    let erosion = &found.erosions[0];
    let line = erosion.other_changes[&FilmQuantity::CorticalContinuity][0]
        .change
        .clone()
        .unwrap();
    let truth = after.continuity - before.continuity;
    assert!(
        truth > 0.4 && (line.value - truth).abs() < 0.2,
        "{line:?} {truth}"
    );
    let area = erosion.changes[0].change.clone().unwrap();
    let truth = after.area_mm2 - before.area_mm2;
    // Off by less than what would matter, and by less than it says.
    assert!(
        (area.value - truth).abs() < area.delta
            && area.interval[0] < truth
            && truth < area.interval[1],
        "{area:?} {truth}"
    );
}

/// An open cavity is not full, whatever the bone below it looks like, and a healed one is.
#[test]
fn an_open_cavity_is_not_full_and_a_healed_one_is() {
    let filling = |depth_course: Vec<f64>, recortication: Vec<f64>| {
        let lesion = FilmLesionSpec {
            depth_course,
            recortication,
            ..lesion()
        };
        let shots = shots(&spec(vec![visit("M0", 0.0), visit("M6", 0.0)], lesion));
        let found = measure(&shots, true).unwrap();
        let visits = found.erosions[0].visits.clone();
        [0, 1].map(|v: usize| {
            let filled = &visits[v].measurements[&FilmQuantity::Filling];
            (filled.value, filled.se)
        })
    };
    let [open, healed] = filling(vec![1.0, 0.0], vec![0.0, 1.0]);
    // Far beyond its error from full, and full within it.
    assert!(open.0 + 3.0 * open.1 < 1.0, "{open:?}");
    assert!(healed.0 + 2.0 * healed.1 > 1.0, "{healed:?}");
    let [before, after] = filling(vec![1.0, 1.0], vec![0.0, 0.0]);
    assert!(before.0 + 3.0 * before.1 < 1.0, "{before:?}");
    assert!(
        (before.0 - after.0).abs() < 2.0 * before.1.hypot(after.1),
        "{before:?} {after:?}"
    );
}

/// Nothing there, nothing found: neither on the first film nor in the difference of a film laid down anew.
#[test]
fn no_erosion_is_found_where_there_is_none() {
    let mut spec = spec(vec![visit("M0", 0.0), visit("M6", 0.0)], lesion());
    spec.proximal_lesions.clear();
    spec.visits[1].tilt_deg = 2.0;
    spec.visits[1].roll_deg = -2.0;
    let found = measure(&shots(&spec), false).unwrap();
    assert!(found.erosions.is_empty(), "{:?}", found.erosions);
}
