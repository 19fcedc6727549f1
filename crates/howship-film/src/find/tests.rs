use super::*;
use howship_image::{FilmFacts, FilmScale, Known, Laterality};
use howship_phantom::film::{TeachingOptions, teaching_film};

/// A formula film that taught nothing: turned by a quarter, mirrored or not; its landmarks on it.
fn film(part: Part, seed: u64, quarters: u8, mirrored: bool) -> (Film, Vec<[f64; 2]>) {
    let options = TeachingOptions {
        part,
        deformed: 0.0,
        neighbour: 0.0,
        bands: 0.0,
        ..TeachingOptions::default()
    };
    let drawn = teaching_film(seed, &options).unwrap();
    let n = drawn.side_px;
    let pixels = drawn.grey.iter().map(|&g| f32::from(g)).collect();
    let mut film = Film::new(n, n, pixels, FilmScale::Unknown).unwrap();
    let last = n as f64 - 1.0;
    let mut points = drawn.landmarks_px;
    if mirrored {
        film = film.mirrored();
        points.iter_mut().for_each(|p| p[0] = last - p[0]);
    }
    film = film.rotated_quarters(quarters);
    for _ in 0..quarters {
        points.iter_mut().for_each(|p| *p = [last - p[1], p[0]]);
    }
    (film, points)
}

/// Formula hands and feet that taught nothing, however they lie: told apart where nothing is said of them, joints that are
/// measured within 3 % of the length (95 %), the side of thumb or great toe right.
#[test]
fn formula_hands_and_feet_are_found() {
    for part in [Part::Hand, Part::Foot] {
        let (mut near, mut all) = (0, 0);
        for (seed, quarters, mirrored) in [
            (900_001, 0, false),
            (900_002, 1, true),
            (900_003, 2, false),
            (900_004, 3, true),
        ] {
            let (film, truth) = film(part, seed, quarters, mirrored);
            // Feet of which nothing is said take many searches: one of them tells of that.
            let options = FindOptions {
                part: (part == Part::Foot && seed > 900_001).then_some(part),
                ..FindOptions::default()
            };
            let limbs = find_limbs(&film, &options).unwrap();
            assert_eq!(limbs.len(), 1, "{part:?} {seed}");
            let limb = &limbs[0];
            assert_eq!(limb.part, part, "{seed}");
            assert_eq!(limb.thumb == ThumbSide::Left, mirrored, "{part:?} {seed}");
            for i in JOINTS.filter(|&i| part == Part::Hand || crate::is_measured(FOOT_POINTS[i])) {
                let (p, q) = (limb.points_px[i], truth[i]);
                near += usize::from((p[0] - q[0]).hypot(p[1] - q[1]) < 0.03 * limb.length_px());
                all += 1;
            }
        }
        assert!(near * 100 >= all * 95, "{part:?}: {near} of {all}");
    }
}

#[test]
fn what_is_no_hand_is_refused() {
    let film = |pixel: &dyn Fn(usize, usize) -> f32| {
        let pixels = (0..300 * 400).map(|i| pixel(i % 300, i / 300)).collect();
        Film::new(300, 400, pixels, FilmScale::Unknown).unwrap()
    };
    let blank = film(&|_, _| 7.0);
    let grain = film(&|x, y| ((x * 7919 + y * 104_729) % 1009) as f32);
    let bars = film(&|x, y| if (x / 40 + y / 60) % 2 == 0 { 1.0 } else { 0.0 });
    // The whole search for one of them, a coarser one for the others.
    let coarse = FindOptions {
        search: SearchOptions {
            turns: 4,
            closer: 2,
            finalists: 1,
            ..SearchOptions::default()
        },
        ..FindOptions::default()
    };
    for (film, options) in [
        (grain, FindOptions::default()),
        (blank, coarse),
        (bars, coarse),
    ] {
        assert!(matches!(
            find_limbs(&film, &options),
            Err(Error::NoHand { .. })
        ));
    }
}

fn of_part(film: &Film, word: &str) -> Film {
    let part = Some(Known::new(word.to_owned(), "BodyPartExamined"));
    film.clone().with_facts(FilmFacts {
        body_part: part,
        ..FilmFacts::default()
    })
}

/// A hand that the file calls a foot, a foot that it calls a hand, and a part that is neither are refused with the word.
#[test]
fn a_word_that_the_picture_belies_is_refused() {
    let (hand, _) = film(Part::Hand, 900_001, 0, false);
    let (foot, _) = film(Part::Foot, 900_003, 0, false);
    for (film, word) in [(&hand, "L_TOES"), (&foot, "HAND"), (&hand, "ANKLE")] {
        let refused = find_limbs(&of_part(film, word), &FindOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains(word) && refused.contains("--landmarks"),
            "{refused}"
        );
    }
    let reader = FindOptions {
        part: Some(Part::Foot),
        ..FindOptions::default()
    };
    let refused = find_limbs(&of_part(&hand, "HAND"), &reader).unwrap_err();
    assert!(refused.to_string().contains("HAND"));
}

#[test]
fn the_side_is_known_only_from_a_source() {
    let film = |laterality: Option<Laterality>, view: Option<View>| {
        let facts = FilmFacts {
            laterality: laterality.map(|l| Known::new(l, "ImageLaterality")),
            view: view.map(|v| Known::new(v, "ViewPosition")),
            ..FilmFacts::default()
        };
        Film::new(1, 1, vec![0.0], FilmScale::Unknown)
            .unwrap()
            .with_facts(facts)
    };
    let options = FindOptions::default();
    let of = |film: &Film, part, thumb, count| {
        side::side_of(film, &side::Seen { part, thumb, count }, &options).0
    };
    let side = |film: &Film, thumb| of(film, Part::Hand, thumb, 1);
    assert_eq!(side(&film(None, None), ThumbSide::Right), None);
    assert_eq!(
        side(&film(None, Some(View::Pa)), ThumbSide::Right),
        Some(Side::L)
    );
    assert_eq!(
        side(&film(None, Some(View::Ap)), ThumbSide::Right),
        Some(Side::R)
    );
    assert_eq!(
        side(&film(Some(Laterality::Right), None), ThumbSide::Right),
        Some(Side::R)
    );
    let odds = film(Some(Laterality::Right), Some(View::Pa));
    assert_eq!(side(&odds, ThumbSide::Left), Some(Side::R));
    assert_eq!(side(&odds, ThumbSide::Right), None);
    let both = film(Some(Laterality::Both), Some(View::Pa));
    assert_eq!(side(&both, ThumbSide::Left), Some(Side::R));
    // A tag names one hand: on a film with two it says nothing of either.
    assert_eq!(
        of(
            &film(Some(Laterality::Left), None),
            Part::Hand,
            ThumbSide::Left,
            2
        ),
        None
    );
    // The back of a foot is in front: an anteroposterior film looks at it, as a dorsoplantar one does.
    for view in [View::Ap, View::Dp] {
        let foot = film(None, Some(view));
        assert_eq!(of(&foot, Part::Foot, ThumbSide::Right, 1), Some(Side::L));
        assert_eq!(of(&foot, Part::Foot, ThumbSide::Left, 1), Some(Side::R));
    }
    let sole = film(None, Some(View::Pa));
    assert_eq!(of(&sole, Part::Foot, ThumbSide::Right, 1), Some(Side::R));
}
