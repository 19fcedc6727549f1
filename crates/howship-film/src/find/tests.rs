use super::*;
use howship_image::{FilmFacts, FilmScale, Known, Laterality};
use howship_phantom::film::{TeachingOptions, teaching_film};

/// A formula film that taught nothing: turned by a quarter, mirrored or not; its landmarks on it.
fn film(seed: u64, quarters: u8, mirrored: bool) -> (Film, Vec<[f64; 2]>) {
    let options = TeachingOptions {
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

/// Formula hands that taught nothing, however they lie: joints within 3 % of the hand's length, the thumb's side right.
#[test]
fn formula_hands_are_found() {
    let (mut near, mut all) = (0, 0);
    for (seed, quarters, mirrored) in [
        (900_001, 0, false),
        (900_002, 1, true),
        (900_003, 2, false),
        (900_004, 3, true),
    ] {
        let (film, truth) = film(seed, quarters, mirrored);
        let hands = find_limbs(&film, &FindOptions::default()).unwrap();
        assert_eq!(hands.len(), 1, "{seed}");
        let hand = &hands[0];
        assert_eq!(hand.thumb == ThumbSide::Left, mirrored, "{seed}");
        for i in JOINTS {
            let (p, q) = (hand.points_px[i], truth[i]);
            near += usize::from((p[0] - q[0]).hypot(p[1] - q[1]) < 0.03 * hand.length_px());
            all += 1;
        }
    }
    assert!(near * 100 >= all * 95, "{near} of {all}");
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
    for film in [blank, grain, bars] {
        assert!(matches!(
            find_limbs(&film, &FindOptions::default()),
            Err(Error::NoHand { .. })
        ));
    }
    let (hand, _) = super::tests::film(900_001, 0, false);
    for word in ["FOOT", "FEET", "L_TOES"] {
        let part = Some(Known::new(word.to_owned(), "BodyPartExamined"));
        let foot = hand.clone().with_facts(FilmFacts {
            body_part: part,
            ..FilmFacts::default()
        });
        let refused = find_limbs(&foot, &FindOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains(word) && refused.contains("--landmarks"),
            "{refused}"
        );
    }
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
        of(&film(Some(Laterality::Left), None), Part::Hand, ThumbSide::Left, 2),
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
