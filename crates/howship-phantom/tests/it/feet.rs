//! Films of feet against what is known of them.

use howship_change::{Part, Side};
use howship_phantom::film::{
    FOOT_LANDMARKS, FilmGeometry, FootFilmSpec, LimbFilmTruth, TeachingOptions, teaching_film,
};

/// A quarter of the pixels' number each way.
fn small(spec: FootFilmSpec) -> FootFilmSpec {
    let fine = spec.geometry;
    let geometry = FilmGeometry {
        size_px: fine.size_px.map(|n| n / 4),
        pixel_mm: 4.0 * fine.pixel_mm,
        origin_px: fine.origin_px.map(|c| (c + 0.5) / 4.0 - 0.5),
        ..fine
    };
    FootFilmSpec {
        geometry,
        ray_mm: 0.4,
        marker: false,
        ..spec
    }
}

fn at(truth: &LimbFilmTruth, name: &str) -> [f64; 2] {
    truth.landmarks.iter().find(|(n, _)| n == name).unwrap().1
}

/// The demo's courses are what its truth says, the narrowed joint's bones come nearer by as much, all erosions are in
/// profile and the forefoot is on every film.
#[test]
fn the_demo_tells_its_courses() {
    let spec = FootFilmSpec::demo();
    let truths: Vec<_> = (0..4).map(|v| spec.truth(v).unwrap()).collect();
    let area = |lesion: usize, visit: usize| truths[visit].lesions[lesion].shadow_mm2;
    assert!(area(0, 3) > 1.5 * area(0, 0));
    assert!((area(1, 3) / area(1, 0) - 1.0).abs() < 0.15);
    assert!(area(2, 1) < area(2, 0) && area(2, 3) == 0.0);
    let bones = ["MT5", "MT3", "FPP1"];
    for (lesion, bone) in truths[0].lesions.iter().zip(bones) {
        assert_eq!(lesion.bone, bone);
        assert!(lesion.mouth_mm > 1.0, "{lesion:?}");
    }
    let space = |v: usize| {
        let joints = &truths[v].joints;
        joints
            .iter()
            .find(|j| j.joint == "MTP2")
            .unwrap()
            .joint_space_mm
    };
    assert!((space(0) - space(3) - 0.8).abs() < 1e-9);
    let [w, h] = spec.geometry.size_px.map(|n| n as f64);
    for truth in &truths {
        assert_eq!(truth.part, Part::Foot);
        assert!(
            truth
                .landmarks
                .iter()
                .zip(FOOT_LANDMARKS)
                .all(|((a, _), b)| a == b)
        );
        let off =
            |p: &[f64; 2]| !(20.0..w - 20.0).contains(&p[0]) || !(20.0..h - 20.0).contains(&p[1]);
        let outside: Vec<_> = truth.landmarks.iter().filter(|(_, p)| off(p)).collect();
        assert!(outside.is_empty(), "{}: {outside:?}", truth.visit);
    }
}

/// A right foot is the mirror image of the left one; from its back a left foot has its great toe on the right; the
/// second metatarsal's head lies farthest out and the fifth's least (the metatarsal parabola); joint spaces are darker
/// than bone.
#[test]
fn feet_have_sides_a_parabola_and_joints() {
    let left = small(FootFilmSpec::preset("healthy").unwrap());
    let right = FootFilmSpec {
        side: Side::R,
        ..left.clone()
    };
    let (film, truth) = (left.film(0).unwrap(), left.truth(0).unwrap());
    let mirrored = right.truth(0).unwrap();
    let last = film.width() as f64 - 1.0;
    for ((_, p), (_, q)) in truth.landmarks.iter().zip(&mirrored.landmarks) {
        assert!((p[0] + q[0] - last).abs() < 1e-9 && p[1] == q[1]);
    }
    assert!(at(&truth, "MTP1")[0] > at(&truth, "MTP5")[0]);
    let height = |ray: usize| at(&truth, &format!("MTP{ray}"))[1];
    assert!([1, 3].iter().all(|&r| height(2) < height(r)));
    assert!(height(3) < height(4) && height(4) < height(5));
    for joint in truth.joints.iter().filter(|j| j.joint.starts_with("MTP")) {
        let [x, y] = joint.centre_px;
        let grey = |dy: f64| film.sample(x, y + dy).unwrap();
        assert!(grey(0.0) < grey(7.0), "{}", joint.joint);
    }
}

#[test]
fn teaching_films_of_feet_are_drawn_for_every_seed() {
    let options = TeachingOptions {
        side_px: 120,
        part: Part::Foot,
        deformed: 0.5,
        ..TeachingOptions::default()
    };
    for seed in 0..6 {
        let film = teaching_film(seed, &options).unwrap();
        let inside = |p: &&[f64; 2]| p.iter().all(|v| (0.0..120.0).contains(v));
        let count = film.landmarks_px.iter().filter(inside).count();
        assert!(count >= 20, "{seed}: {count}");
        assert!(film.grey.iter().any(|g| *g > 200) && film.grey.iter().any(|g| *g < 60));
    }
}

/// A joint or bone that a foot does not have is named.
#[test]
fn what_a_foot_does_not_have_is_named() {
    let mut spec = FootFilmSpec::demo();
    spec.visits[1].narrowing[0].proximal = howship_phantom::film::Segment::Metacarpal;
    let refused = spec.truth(0).unwrap_err().to_string();
    assert!(refused.contains("metatarsal"), "{refused}");
    let mut spec = FootFilmSpec::demo();
    spec.lesions[0].ray = 6;
    let refused = spec.truth(0).unwrap_err().to_string();
    assert!(refused.contains("MT6"), "{refused}");
}
