//! What does not belong on a film, or is no bone: refused or uncertain with its reason, never a change.

use crate::films_compare::{ARGUMENTS, folder, landmarks, result};
use crate::fixture::howship;
use howship_change::{FilmJoint, Verdict};
use howship_film::{Landmark, LandmarkSource, Landmarks};
use howship_formats::write_film;
use howship_image::{Film, FilmFacts, FilmScale, Known, ScaleSource};
use howship_phantom::film::{JointFilm, JointFilmSpec, JointFilmVisit};

/// Noise from 0 to 4000 without a pattern (Steele, Lea and Flood's splitmix64).
fn noise(seed: u64, count: u64) -> Vec<f32> {
    let value = |i: u64| {
        let z = (seed << 32 | i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % 4000) as f32
    };
    (0..count).map(value).collect()
}

/// The later film repainted: column, row and grey level.
fn repainted(paint: impl Fn(f64, f64, f32) -> f32) -> FilmJoint {
    let folder = folder(|visit, film| {
        if visit == 0 {
            return film;
        }
        let width = film.width();
        let pixels = film.pixels().iter().enumerate();
        let pixels = pixels
            .map(|(i, &v)| paint((i % width) as f64, (i / width) as f64, v))
            .collect();
        Film::new(width, film.height(), pixels, film.scale().clone()).unwrap()
    });
    howship(folder.path(), &ARGUMENTS).succeeded();
    result(folder.path()).joints[0].joint.clone()
}

fn reasons(joint: &FilmJoint) -> String {
    let visits = joint.visits.iter().filter_map(|v| v.refused.clone());
    let narrowing = joint.narrowing.iter().map(|n| n.reason.clone());
    let all: Vec<String> = joint
        .refused
        .iter()
        .cloned()
        .chain(visits)
        .chain(narrowing)
        .collect();
    all.join(" | ")
}

/// Nothing is called, and one of the words says why.
#[track_caller]
fn refused(joint: &FilmJoint, words: &[&str]) {
    assert!(
        joint
            .narrowing
            .iter()
            .all(|n| n.change.is_none() && n.verdict == Verdict::Uncertain),
        "{:?}",
        joint.narrowing
    );
    assert!(
        joint
            .erosions
            .iter()
            .all(|e| e.verdict.verdict == Verdict::Uncertain),
        "{:?}",
        joint.erosions
    );
    let said = reasons(joint);
    assert!(words.iter().any(|w| said.contains(w)), "{said}");
}

#[test]
fn metal_is_refused() {
    // A ring, a wire across the joint, a screw, and the stem of a prosthesis in the place of a bone.
    let within = |x: f64, y: f64, [left, right, top, bottom]: [f64; 4]| {
        (left..right).contains(&x) && (top..bottom).contains(&y)
    };
    for at in [
        [60.0, 160.0, 170.0, 182.0],
        [50.0, 170.0, 100.0, 104.0],
        [100.0, 112.0, 130.0, 190.0],
    ] {
        let joint = repainted(|x, y, v| if within(x, y, at) { 14_000.0 } else { v });
        refused(&joint, &["metal"]);
    }
    let stem = repainted(|x, y, v| {
        let half = if y < 150.0 { 45.0 } else { 22.0 };
        if y > 122.0 && (x - 110.0).abs() < half {
            9_000.0
        } else {
            v
        }
    });
    refused(&stem, &["metal", "prosthesis", "saturated"]);
}

/// Grey levels that hold no joint at all, though landmarks say that there is one.
#[test]
fn noise_is_refused() {
    let noise = noise(3, 600 * 600);
    let at = |x: f64, y: f64| noise[x as usize + 600 * y as usize];
    refused(
        &repainted(|x, y, _| at(x, y)),
        &["no bone", "bone:", "brighter"],
    );
    // Opaque: noise of a few counts on one level.
    refused(
        &repainted(|x, y, _| 3000.0 + 0.01 * at(x, y)),
        &["no bone", "bone:", "brighter"],
    );
}

/// Plaster over the joint: it may be measured or refused, but an unchanged joint space is not said to have changed.
#[test]
fn a_cast_makes_no_change() {
    let joint = repainted(|x, y, v| {
        let mesh = (0.9 * x).sin() * (0.8 * y + 0.2 * x).sin() + (0.23 * x + 0.31 * y).sin();
        0.55 * v + 1500.0 + 220.0 * mesh as f32
    });
    for narrowing in &joint.narrowing {
        assert!(matches!(
            narrowing.verdict,
            Verdict::Uncertain | Verdict::Stable
        ));
        if let Some(change) = &narrowing.change {
            assert!(
                change.interval[0] <= 0.0 && change.interval[1] >= 0.0,
                "{change:?}"
            );
        } else {
            assert!(!reasons(&joint).is_empty());
        }
    }
    assert_eq!(
        joint
            .erosions
            .iter()
            .filter(|e| e.verdict.verdict == Verdict::Healing)
            .count(),
        0
    );
}

/// Bones grown together have no joint space, and nothing is said of its change.
#[test]
fn an_ankylosis_has_no_joint_space() {
    let folder = tempfile::tempdir().unwrap();
    let visit = |name: &str, change: f64| JointFilmVisit {
        name: name.to_owned(),
        joint_space_change_mm: change,
        ..JointFilmVisit::default()
    };
    let spec = JointFilmSpec {
        visits: vec![visit("M0", 0.0), visit("M12", -1.58)],
        ray_mm: 0.1,
        ..JointFilmSpec::default()
    };
    let phantom = JointFilm::new(&spec).unwrap();
    let mut centres = Vec::new();
    for (v, name) in ["M0.png", "M12.png"].into_iter().enumerate() {
        let made = phantom.render(v).unwrap();
        let centre = phantom.truth(v).unwrap().centre_px;
        let [width, height] = made.size_px;
        // Bone bridges what is left of the space.
        let bridge = |i: usize, value: f32| {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let fused = v == 1 && (y - centre[1]).abs() < 12.0 && (x - centre[0]).abs() < 60.0;
            if fused { value.max(2300.0) } else { value }
        };
        let values = made
            .values
            .iter()
            .enumerate()
            .map(|(i, v)| bridge(i, *v))
            .collect();
        let scale = FilmScale::known([made.pixel_mm; 2], ScaleSource::AtDetector);
        let film = Film::new(width, height, values, scale).unwrap();
        write_film(&folder.path().join(name), &film, false).unwrap();
        centres.push(centre);
    }
    landmarks(folder.path(), &["M0.png", "M12.png"], &centres);
    howship(folder.path(), &ARGUMENTS).succeeded();
    let joint = result(folder.path()).joints[0].joint.clone();
    refused(&joint, &["fused", "bone"]);
}

fn noisy(seed: u64) -> Film {
    Film::new(200, 200, noise(seed, 200 * 200), FilmScale::Unknown).unwrap()
}

/// A grey photograph holds no hand, one joint's film that is said to be of a foot no foot, and the way on that is named
/// works.
#[test]
fn without_a_hand_landmarks_are_asked_for_and_help() {
    let scene = tempfile::tempdir().unwrap();
    let photo = |shift: f64| {
        let pixels = (0..300 * 200)
            .map(|i| {
                let (x, y) = (f64::from(i % 300), f64::from(i / 300));
                let hills = 90.0 + 25.0 * (0.03 * (x + shift)).sin() + 10.0 * (0.11 * x).cos();
                (if y > hills {
                    60.0 + 0.3 * y + 9.0 * (0.7 * x).sin()
                } else {
                    210.0 - 0.4 * y
                }) as f32
            })
            .collect();
        Film::new(300, 200, pixels, FilmScale::Unknown).unwrap()
    };
    for (name, shift) in [("M0.png", 0.0), ("M6.png", 5.0)] {
        write_film(&scene.path().join(name), &photo(shift), false).unwrap();
    }
    howship(scene.path(), &["compare", "M0.png", "M6.png", "-o", "out"])
        .failed(65, &["M0.png", "no hand", "--landmarks"]);
    assert!(!scene.path().join("out").exists());

    let part = Some(Known::new("FOOT".to_owned(), "BodyPartExamined"));
    let foot = folder(|_, film| {
        film.with_facts(FilmFacts {
            body_part: part.clone(),
            ..FilmFacts::default()
        })
    });
    howship(foot.path(), &["compare", "M0.png", "M12.png", "-o", "out"])
        .failed(65, &["M0.png", "a foot", "--landmarks"]);
    let path = foot.path().join("joints.json");
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace("MCP2", "MTP2");
    std::fs::write(&path, text).unwrap();
    howship(foot.path(), &ARGUMENTS).succeeded();
    let joint = &result(foot.path()).joints[0].joint;
    assert_eq!((joint.joint.as_str(), &joint.refused), ("MTP2", &None));
    assert!(joint.narrowing[0].change.is_some());
}

/// No tag says which hand it is, but the thumb is on the other side.
#[test]
fn a_mirrored_hand_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (name, flip) in [("M0.png", 1.0), ("M6.png", -1.0)] {
        write_film(
            &folder.path().join(name),
            &noisy(if flip > 0.0 { 1 } else { 2 }),
            false,
        )
        .unwrap();
        for ray in 2..=5 {
            for (kind, y) in [("MCP", 120.0), ("PIP", 60.0)] {
                all.push(Landmark {
                    film: name.to_owned(),
                    hand: 1,
                    side: None,
                    joint: format!("{kind}{ray}"),
                    x: 100.0 - flip * 20.0 * (f64::from(ray) - 3.5),
                    y,
                    confidence: 1.0,
                    source: LandmarkSource::Reader,
                });
            }
        }
    }
    let text = Landmarks::new(all).unwrap().to_json().unwrap();
    std::fs::write(folder.path().join("joints.json"), text).unwrap();
    let arguments = [
        "compare",
        "M0.png",
        "M6.png",
        "--landmarks",
        "joints.json",
        "-o",
        "out",
    ];
    howship(folder.path(), &arguments).failed(65, &["left against right", "M6.png"]);
    assert!(!folder.path().join("out").exists());
}
