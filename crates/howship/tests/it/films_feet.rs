//! `howship compare` on films of a foot, from the phantom's files to the verdicts, nothing pointed at.

use crate::films::halved;
use crate::fixture::howship;
use howship_change::{FilmVerdictFile, Side};
use howship_film::{Landmark, LandmarkSource, Landmarks};
use howship_formats::write_film;
use howship_image::FilmFacts;
use howship_phantom::film::FootFilmSpec;

/// A foot at two visits, its second MTP joint narrowed by 0.8 mm and the erosions of the demonstration: the foot is found,
/// its joints are MTP joints of the right side, and the narrowing of the pointed joint is measured to a tenth of a
/// millimetre and that of its neighbour held by its interval.
#[test]
fn a_foot_is_found_and_measured() {
    let fine = FootFilmSpec::demo();
    let mut spec = FootFilmSpec {
        geometry: halved(fine.geometry),
        ray_mm: 0.2,
        visits: vec![fine.visits[0].clone(), fine.visits[3].clone()],
        marker: false,
        ..fine
    };
    for lesion in &mut spec.lesions {
        for course in [
            &mut lesion.lesion.depth_course,
            &mut lesion.lesion.width_course,
            &mut lesion.lesion.recortication,
        ] {
            if course.len() == 4 {
                *course = vec![course[0], course[3]];
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let names = ["M0.png", "M24.png"];
    let mut marks = Vec::new();
    for (v, name) in names.iter().enumerate() {
        write_film(&folder.path().join(name), &spec.film(v).unwrap(), false).unwrap();
        for (joint, [x, y]) in spec.truth(v).unwrap().landmarks {
            marks.extend(howship_film::is_measured(&joint).then(|| Landmark {
                film: (*name).to_owned(),
                hand: 1,
                side: Some(Side::R),
                joint,
                x,
                y,
                confidence: 1.0,
                source: LandmarkSource::Reader,
            }));
        }
    }
    let run = |extra: &[&str], out: &str| -> FilmVerdictFile {
        let mut arguments = vec!["compare", "M0.png", "M24.png", "-o", out];
        arguments.extend(extra);
        howship(folder.path(), &arguments).succeeded();
        let text = std::fs::read_to_string(folder.path().join(out).join("verdicts.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let found = run(&["--side", "R"], "found");
    let joints: Vec<&str> = found
        .joints
        .iter()
        .map(|j| j.joint.joint.as_str())
        .collect();
    for ray in 1..=5 {
        assert!(joints.contains(&format!("MTP{ray}").as_str()), "{joints:?}");
    }
    assert!(
        joints
            .iter()
            .all(|n| n.starts_with("MTP") || n.starts_with('F')),
        "{joints:?}"
    );
    assert!(found.joints.iter().all(|j| j.joint.side == Some(Side::R)));
    // A side that the view denies, of films that say none, is refused, and what the hint names leads to the right one.
    let bare = tempfile::tempdir().unwrap();
    for (v, name) in names.iter().enumerate() {
        let film = spec.film(v).unwrap().with_facts(FilmFacts::default());
        write_film(&bare.path().join(name), &film, false).unwrap();
    }
    let viewed = [
        "compare", "M0.png", "M24.png", "-o", "out", "--part", "foot", "--view", "DP",
    ];
    let words = ["M0.png", "compared as L", "great toe", "leave `--side` out"];
    howship(bare.path(), &[&viewed[..], &["--side", "L"]].concat()).failed(65, &words);
    howship(bare.path(), &viewed).succeeded();
    let text = std::fs::read_to_string(bare.path().join("out/verdicts.json")).unwrap();
    let viewed: FilmVerdictFile = serde_json::from_str(&text).unwrap();
    assert!(viewed.joints.iter().all(|j| j.joint.side == Some(Side::R)));
    std::fs::write(
        folder.path().join("joints.json"),
        Landmarks::new(marks).unwrap().to_json().unwrap(),
    )
    .unwrap();
    for result in [found, run(&["--landmarks", "joints.json"], "given")] {
        let narrowing = |name: &str| {
            let mut all = result.joints.iter().map(|j| &j.joint);
            let joint = all.find(|j| j.joint == name).unwrap();
            let change = joint.narrowing.first().and_then(|n| n.change.clone());
            change.unwrap_or_else(|| panic!("{name}: {:?} {:?}", joint.refused, joint.narrowing))
        };
        let second = narrowing("MTP2");
        assert!((second.value - 0.8).abs() < 0.1, "{second:?}");
        let third = narrowing("MTP3");
        assert!(
            third.interval[0] <= 0.0 && third.interval[1] >= 0.0,
            "{third:?}"
        );
    }
}
