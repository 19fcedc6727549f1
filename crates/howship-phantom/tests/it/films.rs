//! Films of joints and hands against what is known of them.

use howship_change::Side;
use howship_phantom::film::{
    BoneMakeup, DetectorSpec, FilmGeometry, FilmLesionSpec, HandFilmSpec, JointFilm, JointFilmSpec,
    JointFilmVisit, JointSpaceTruth, LANDMARKS, ProcessingSpec, Segment, TeachingOptions,
    teaching_film,
};

/// A joint without noise or blur, on a straight tone curve: attenuation can be read from the grey levels.
fn clean(spec: JointFilmSpec) -> JointFilmSpec {
    let detector = DetectorSpec {
        photons_per_mm2: 1e12,
        scatter_to_primary: 0.0,
        blur_sigma_mm: 0.0,
        read_noise: 0.0,
        processing: ProcessingSpec::linear(4.095),
        ..DetectorSpec::default()
    };
    let visits = spec
        .visits
        .into_iter()
        .map(|v| JointFilmVisit {
            detector: detector.clone(),
            ..v
        })
        .collect();
    JointFilmSpec { visits, ..spec }
}

fn visit(name: &str) -> JointFilmVisit {
    JointFilmVisit {
        name: name.to_owned(),
        ..JointFilmVisit::default()
    }
}

/// What a lesion takes from the film is its volume: in bone that is solid throughout, the attenuation missing over the
/// picture grows as the true volume does (within 12 %: the beam is harder behind more bone).
#[test]
fn a_deeper_lesion_takes_more_from_the_film() {
    let lesion = FilmLesionSpec {
        depth_course: vec![0.0, 0.6, 1.2],
        irregularity: 0.0,
        ..FilmLesionSpec::default()
    };
    let spec = clean(JointFilmSpec {
        proximal: Segment::Proximal,
        proximal_lesions: vec![lesion],
        ray_mm: 0.1,
        makeup: BoneMakeup {
            plate_mm: 3.0,
            trabecular_ends: 0.9,
            trabecular_shaft: 0.9,
            texture: 0.0,
            ..BoneMakeup::default()
        },
        visits: vec![visit("a"), visit("b"), visit("c")],
        ..JointFilmSpec::default()
    });
    let joint = JointFilm::new(&spec).unwrap();
    let films: Vec<_> = (0..3).map(|v| joint.render(v).unwrap()).collect();
    let truths: Vec<_> = (0..3)
        .map(|v| joint.truth(v).unwrap().lesions.remove(0))
        .collect();
    assert!(!truths[0].present && truths[0].volume_mm3 == 0.0 && truths[2].present);
    let missing = |v: usize| -> f64 {
        let pairs = films[0].values.iter().zip(&films[v].values);
        pairs.map(|(a, b)| f64::from(a - b)).sum::<f64>()
    };
    assert!(missing(1) > 0.0);
    let (film, truth) = (
        missing(2) / missing(1),
        truths[2].volume_mm3 / truths[1].volume_mm3,
    );
    assert!((film / truth - 1.0).abs() < 0.12, "{film} {truth}");
    assert!(truths[2].shadow_mm2 > truths[1].shadow_mm2 && truths[2].depth_mm > truths[1].depth_mm);
}

/// A lesion in profile: the smooth bowl's shadow is half an ellipse, to the curvature of the bone (10 %).
#[test]
fn the_shadow_of_a_lesion_in_profile() {
    let lesion = FilmLesionSpec {
        from_joint_mm: 20.0,
        along_mm: 3.0,
        depth_mm: 1.5,
        around_mm: 3.0,
        irregularity: 0.0,
        ..FilmLesionSpec::default()
    };
    let spec = JointFilmSpec {
        proximal: Segment::Proximal,
        proximal_lesions: vec![lesion],
        visits: vec![JointFilmVisit {
            shift_mm: [0.0, 20.0],
            ..visit("a")
        }],
        ..JointFilmSpec::default()
    };
    let truth = JointFilm::new(&spec).unwrap().truth(0).unwrap();
    let seen = &truth.lesions[0];
    let half_ellipse = 0.5 * std::f64::consts::PI * 1.5 * 1.5;
    assert!(
        (seen.shadow_mm2 / half_ellipse - 1.0).abs() < 0.1,
        "{seen:?}"
    );
    assert!(
        // The bowl's shallow ends leave more than half of the cortical line: the mouth is a little shorter.
        (2.5..3.05).contains(&seen.mouth_mm) && (seen.depth_mm - 1.5).abs() < 0.15,
        "{seen:?}"
    );
    assert!(seen.out_of_profile_deg < 3.0 && seen.continuity < 0.2);
}

/// New cortex over the mouth: the plate is back where the course says so.
#[test]
fn recortication_closes_the_profile() {
    let lesion = FilmLesionSpec {
        from_joint_mm: 9.0,
        recortication: vec![0.0, 0.5, 1.0],
        irregularity: 0.0,
        ..FilmLesionSpec::default()
    };
    let spec = JointFilmSpec {
        proximal: Segment::Proximal,
        proximal_lesions: vec![lesion],
        visits: vec![visit("a"), visit("b"), visit("c")],
        ..JointFilmSpec::default()
    };
    let joint = JointFilm::new(&spec).unwrap();
    let closed: Vec<f64> = (0..3)
        .map(|v| joint.truth(v).unwrap().lesions[0].continuity)
        .collect();
    assert!(
        closed[0] < 0.2 && (closed[1] - 0.5).abs() < 0.12 && closed[2] > 0.95,
        "{closed:?}"
    );
}

/// The true map of a bone between two visits is the turn and the magnification that were asked for.
#[test]
fn registration_truth_is_the_pose() {
    let spec = JointFilmSpec {
        visits: vec![
            visit("a"),
            JointFilmVisit {
                in_plane_deg: 5.0,
                shift_mm: [2.0, -1.0],
                lift_mm: 20.0,
                ..visit("b")
            },
        ],
        ..JointFilmSpec::default()
    };
    let joint = JointFilm::new(&spec).unwrap();
    let (a, b) = (joint.truth(0).unwrap(), joint.truth(1).unwrap());
    let map = a.bones[0].map_to(&b.bones[0]).unwrap();
    let scale = (map[0][0] * map[1][1] - map[0][1] * map[1][0]).sqrt();
    let magnification = (1000.0 - 13.0) / (1000.0 - 33.0);
    assert!((scale - magnification).abs() < 1e-3, "{scale}");
    // Positive to the right on a film whose rows run down: clockwise.
    assert!((map[1][0].atan2(map[0][0]).to_degrees() - 5.0).abs() < 0.05);
    let moved = [
        b.centre_px[0] - a.centre_px[0],
        b.centre_px[1] - a.centre_px[1],
    ];
    assert!(
        (moved[0] - 20.0 * 1000.0 / 967.0).abs() < 0.1
            && (moved[1] - 10.0 * 1000.0 / 967.0).abs() < 0.1,
        "{moved:?}"
    );
}

/// The same grey levels for the same specification, whatever the number of threads.
#[test]
fn films_repeat() {
    let spec = JointFilmSpec {
        ray_mm: 0.2,
        ..JointFilmSpec::default()
    };
    let film = || JointFilm::new(&spec).unwrap().render(0).unwrap();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap()
        .install(film);
    assert_eq!(one, film());
}

fn small(spec: HandFilmSpec) -> HandFilmSpec {
    let geometry = FilmGeometry {
        size_px: [380, 460],
        pixel_mm: 0.5,
        origin_px: [190.0, 258.0],
        ..spec.geometry
    };
    HandFilmSpec {
        geometry,
        ray_mm: 0.5,
        ..spec
    }
}

/// The demo's courses are what its truth says, and the narrowed joint's bones come nearer by as much.
#[test]
fn the_demo_tells_its_courses() {
    let spec = HandFilmSpec::demo();
    let truths: Vec<_> = (0..4).map(|v| spec.truth(v).unwrap()).collect();
    let area = |lesion: usize, visit: usize| truths[visit].lesions[lesion].shadow_mm2;
    assert!(area(0, 1) < area(0, 0) && area(0, 3) == 0.0);
    assert!((area(1, 3) / area(1, 0) - 1.0).abs() < 0.15);
    assert!(area(2, 3) > 1.5 * area(2, 0));
    let narrowed = |v: usize| {
        truths[v]
            .joints
            .iter()
            .find(|j| j.joint == "PIP4")
            .unwrap()
            .joint_space_mm
    };
    assert!((narrowed(0) - narrowed(3) - 0.8).abs() < 1e-9);
    assert_eq!(truths[0].landmarks.len(), LANDMARKS.len());
    // Every lesion is seen in profile, and the whole hand is on the film.
    assert!(
        truths[0].lesions.iter().all(|l| l.mouth_mm > 1.0),
        "{:?}",
        truths[0].lesions
    );
    let [w, h] = spec.geometry.size_px.map(|n| n as f64);
    for truth in &truths {
        let off =
            |p: &[f64; 2]| !(20.0..w - 20.0).contains(&p[0]) || !(20.0..h - 20.0).contains(&p[1]);
        let outside: Vec<_> = truth.landmarks.iter().filter(|(_, p)| off(p)).collect();
        assert!(outside.is_empty(), "{}: {outside:?}", truth.visit);
    }
}

/// A right hand is the mirror image of the left one, landmarks included; joint spaces are darker than bone.
#[test]
fn hands_have_sides_and_joints() {
    let left = small(HandFilmSpec {
        marker: false,
        ..HandFilmSpec::preset("healthy").unwrap()
    });
    let right = HandFilmSpec {
        side: Side::R,
        ..left.clone()
    };
    let (film, truth) = (left.film(0).unwrap(), left.truth(0).unwrap());
    let (other, mirrored) = (right.film(0).unwrap(), right.truth(0).unwrap());
    let last = film.width() as f64 - 1.0;
    for ((_, p), (_, q)) in truth.landmarks.iter().zip(&mirrored.landmarks) {
        assert!((p[0] + q[0] - last).abs() < 1e-9 && p[1] == q[1]);
    }
    // Only the noise differs.
    let apart = film
        .mirrored()
        .pixels()
        .iter()
        .zip(other.pixels())
        .map(|(a, b)| f64::from((a - b).abs()))
        .sum::<f64>();
    assert!(apart / (film.pixels().len() as f64) < 40.0);
    let thumb = truth.landmarks.iter().find(|(n, _)| n == "TIP1").unwrap().1;
    let little = truth.landmarks.iter().find(|(n, _)| n == "TIP5").unwrap().1;
    assert!(
        thumb[0] > little[0],
        "a left hand seen from its back has its thumb on the right"
    );
    // The thumb is seen from its side, its sesamoids over its joint.
    let fingers = |j: &&JointSpaceTruth| !j.joint.starts_with("DIP") && !j.joint.ends_with('1');
    for joint in truth.joints.iter().filter(fingers) {
        let [x, y] = joint.centre_px;
        let grey = |dy: f64| film.sample(x, y + dy).unwrap();
        assert!(
            grey(0.0) < grey(8.0),
            "{} {} {}",
            joint.joint,
            grey(0.0),
            grey(8.0)
        );
    }
}

#[test]
fn teaching_films_are_drawn_for_every_seed() {
    let options = TeachingOptions {
        side_px: 120,
        rays: 1,
        deformed: 0.5,
        ..TeachingOptions::default()
    };
    for seed in 0..12 {
        let film = teaching_film(seed, &options).unwrap();
        assert_eq!(film.grey.len(), 120 * 120);
        let inside = film
            .landmarks_px
            .iter()
            .filter(|p| p.iter().all(|v| (0.0..120.0).contains(v)))
            .count();
        assert!(inside >= 20, "{seed}: {inside}");
        assert!(film.grey.iter().any(|g| *g > 200) && film.grey.iter().any(|g| *g < 60));
    }
}

#[test]
fn what_cannot_be_rendered_is_named() {
    let bad = |spec: JointFilmSpec| JointFilm::new(&spec).unwrap_err().to_string();
    assert!(
        bad(JointFilmSpec {
            joint_space_mm: f64::NAN,
            ..JointFilmSpec::default()
        })
        .contains("joint_space_mm")
    );
    assert!(
        bad(JointFilmSpec {
            ray: 1,
            proximal: Segment::Middle,
            ..JointFilmSpec::default()
        })
        .contains("proximal")
    );
    assert!(
        bad(JointFilmSpec {
            visits: vec![],
            ..JointFilmSpec::default()
        })
        .contains("visits")
    );
    let lesion = FilmLesionSpec {
        depth_course: vec![1.0, 2.0],
        ..FilmLesionSpec::default()
    };
    assert!(
        bad(JointFilmSpec {
            proximal_lesions: vec![lesion],
            ..JointFilmSpec::default()
        })
        .contains("depth_course")
    );
    let twice = JointFilmSpec {
        visits: vec![visit("a"), visit("a")],
        ..JointFilmSpec::default()
    };
    assert!(bad(twice).contains("twice"));
    let mut hand = HandFilmSpec::default();
    hand.form.scale = 9.0;
    assert!(
        hand.render(0)
            .unwrap_err()
            .to_string()
            .contains("form.scale")
    );
}

/// The area of a lesion is what a film without noise and processing loses of the bone's contrast, to 5 %: rays of
/// 0.05 mm through the whole chain against the truth's own.
#[test]
fn the_area_is_the_share_of_attenuation_lost_on_the_film() {
    let lesion = FilmLesionSpec {
        from_joint_mm: 9.0,
        depth_course: vec![0.0, 1.0],
        ..FilmLesionSpec::default()
    };
    let spec = clean(JointFilmSpec {
        proximal: Segment::Proximal,
        proximal_lesions: vec![lesion],
        skin_mm: 40.0,
        visits: vec![visit("a"), visit("b")],
        ..JointFilmSpec::default()
    });
    let joint = JointFilm::new(&spec).unwrap();
    let (whole, eroded) = (joint.render(0).unwrap(), joint.render(1).unwrap());
    let (before, truth) = (joint.truth(0).unwrap(), joint.truth(1).unwrap());
    assert_eq!(before.lesions[0].area_mm2, 0.0);
    let mm = truth.pixel_mm / truth.magnification;
    let [w, h] = whole.size_px;
    let mut area = 0.0;
    for y in 0..h {
        let row = &whole.values[y * w..(y + 1) * w];
        // Soft tissue is a tube about the bones' axis; beside the bones its attenuation per mm is read off.
        let depth = |x: usize| {
            let off = (x as f64 - spec.geometry.origin_px[0]) * truth.pixel_mm;
            (spec.skin_mm.powi(2) - off * off).sqrt()
        };
        let per_mm = f64::from(row[w - 3]) / depth(w - 3);
        for x in 0..w {
            let lost = f64::from(row[x] - eroded.values[y * w + x]);
            let there = f64::from(row[x]) - per_mm * depth(x);
            if lost > 1.0 && there > 0.0 {
                area += (lost / there).min(1.0) * mm * mm;
            }
        }
    }
    let known = truth.lesions[0].area_mm2;
    assert!(
        known > 0.5 && (area / known - 1.0).abs() < 0.05,
        "{area} {known}"
    );
}
