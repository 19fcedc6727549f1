use crate::scene::{Shot, measure, options, shots, spec, view, visit};
use howship_change::{Side, Verdict};
use howship_film::{GivenErosion, JointName, measure_joint};
use howship_image::{Film, FilmScale};
use howship_phantom::film::FilmLesionSpec;

fn two() -> Vec<Shot> {
    shots(&spec(
        vec![visit("M0", 0.0), visit("M6", 0.0)],
        FilmLesionSpec::default(),
    ))
}

fn painted(shot: &Shot, paint: impl Fn(usize, usize, f32) -> f32) -> Shot {
    let (w, h) = (shot.film.width(), shot.film.height());
    let values = shot
        .film
        .pixels()
        .iter()
        .enumerate()
        .map(|(i, &v)| paint(i % w, i / w, v))
        .collect();
    Shot {
        film: Film::new(w, h, values, shot.film.scale().clone()).unwrap(),
        truth: shot.truth.clone(),
    }
}

const NAME: JointName = JointName {
    joint: "PIP3",
    hand: 1,
};

#[test]
fn what_cannot_be_compared_says_why() {
    let shots = two();
    // One film of a left and one of a right joint, one visit, one visit twice, no such joint, no such visit.
    let mut left = view("M0", &shots[0]);
    left.side = Some(Side::L);
    let mut right = view("M6", &shots[1]);
    right.side = Some(Side::R);
    let message = |views: &[howship_film::JointView], given: &[GivenErosion], name| {
        measure_joint(name, views, given, &options())
            .unwrap_err()
            .to_string()
    };
    assert!(message(&[left, right], &[], NAME).contains("left"));
    assert!(message(&[left], &[], NAME).contains("two visits"));
    assert!(message(&[left, left], &[], NAME).contains("twice"));
    let knee = JointName {
        joint: "KNEE",
        hand: 1,
    };
    assert!(message(&[left, right], &[], knee).contains("KNEE"));
    let elsewhere = GivenErosion {
        visit: "M9".into(),
        bone: None,
        at: [1.0, 1.0],
        mouth: None,
    };
    right.side = None;
    assert!(message(&[left, right], &[elsewhere], NAME).contains("M9"));

    // Joints that are there but cannot be measured: the whole joint is refused and nothing is called.
    let reason = |second: &Shot| {
        let found = measure(&[shots[0].clone(), second.clone()], true).unwrap();
        assert!(
            found
                .narrowing
                .iter()
                .all(|j| j.change.is_none() && j.verdict == Verdict::Uncertain)
        );
        assert!(
            found
                .erosions
                .iter()
                .all(|e| e.verdict.verdict == Verdict::Uncertain)
        );
        found.visits[1].refused.clone().unwrap_or_default() + &found.refused.unwrap_or_default()
    };
    assert!(reason(&painted(&shots[1], |_, _, _| 7.0)).contains("blank"));
    let ring = |x: usize, y: usize, v: f32| {
        if (170..186).contains(&y) && (60..200).contains(&x) {
            12_000.0
        } else {
            v
        }
    };
    let text = reason(&painted(&shots[1], ring));
    assert!(text.contains("metal"), "{text}");
    let burnt = |_: usize, _: usize, v: f32| v.min(1500.0);
    let text = reason(&painted(&shots[1], burnt));
    assert!(
        text.contains("saturated") || text.contains("bright"),
        "{text}"
    );
    let clipped = Shot {
        film: shots[1].film.crop(0, 0, 256, 150).unwrap(),
        truth: shots[1].truth.clone(),
    };
    assert!(reason(&clipped).contains("clipped"));

    // Pixels on one film and millimetres on the other are no one unit.
    let unknown = shots[1]
        .film
        .clone()
        .with_scale(FilmScale::Unknown)
        .unwrap();
    let mut second = view("M6", &shots[1]);
    second.film = &unknown;
    second.place.field_px = Some(223.0);
    let found = measure_joint(NAME, &[left, second], &[], &options()).unwrap();
    assert!(
        found.visits[1].refused.as_ref().unwrap().contains("px"),
        "{:?}",
        found.visits[1].refused
    );
}
