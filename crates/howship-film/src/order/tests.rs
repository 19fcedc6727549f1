use crate::{FOOT_POINTS, HAND_POINTS, Landmark, LandmarkSource, Landmarks, points_of};
use howship_change::{Part, anatomy};
use howship_phantom::film::{TeachingOptions, teaching_film};

/// Landmarks of a formula hand or foot, however it lies.
fn limb(part: Part, seed: u64, deformed: f64) -> Vec<Landmark> {
    let options = TeachingOptions {
        part,
        side_px: 48,
        deformed,
        neighbour: 0.0,
        bands: 0.0,
        ..TeachingOptions::default()
    };
    let points = teaching_film(seed, &options).unwrap().landmarks_px;
    let named = points_of(part).iter().zip(points);
    named
        .filter(|(name, _)| anatomy::joint(name).is_some())
        .map(|(name, p)| Landmark {
            film: "a".to_owned(),
            hand: 1,
            side: None,
            joint: (*name).to_owned(),
            // A teaching film's hand may reach out of it.
            x: p[0] + 1000.0,
            y: p[1] + 1000.0,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        })
        .collect()
}

fn said(marks: &[Landmark]) -> Option<String> {
    let all = Landmarks::new(marks.to_vec()).unwrap();
    all.out_of_order("a", 1)
}

/// The same points with names exchanged in pairs.
fn exchanged(marks: &[Landmark], pairs: &[[&str; 2]]) -> Vec<Landmark> {
    let mut out = marks.to_vec();
    for mark in &mut out {
        for [a, b] in pairs {
            if mark.joint == *a {
                mark.joint = (*b).to_owned();
            } else if mark.joint == *b {
                mark.joint = (*a).to_owned();
            }
        }
    }
    out
}

const HANDS: [&[[&str; 2]]; 9] = [
    &[
        ["PIP2", "DIP2"],
        ["PIP3", "DIP3"],
        ["PIP4", "DIP4"],
        ["PIP5", "DIP5"],
    ],
    &[["PIP4", "DIP4"]],
    &[["MCP3", "PIP3"]],
    &[["MCP1", "IP1"]],
    &[["PIP3", "PIP4"], ["DIP3", "DIP4"]],
    &[["PIP3", "PIP4"]],
    &[["DIP2", "DIP3"]],
    &[["PIP2", "PIP4"], ["DIP2", "DIP4"]],
    &[
        ["MCP2", "MCP5"],
        ["MCP3", "MCP4"],
        ["PIP2", "PIP5"],
        ["PIP3", "PIP4"],
        ["DIP2", "DIP5"],
        ["DIP3", "DIP4"],
    ],
];

#[test]
fn sound_hands_and_feet_are_in_order_deformed_ones_too() {
    let mut wrong = Vec::new();
    for seed in 0..150 {
        for (part, deformed) in [
            (Part::Hand, 0.0),
            (Part::Hand, 1.0),
            (Part::Foot, 0.0),
            (Part::Foot, 1.0),
        ] {
            let marks = limb(part, 3_000_000 + seed, deformed);
            wrong.extend(said(&marks).map(|why| (part, deformed, seed, why)));
            // Whatever is left out.
            let some: Vec<_> = marks
                .iter()
                .enumerate()
                .filter(|(i, _)| !(i * 7 + seed as usize).is_multiple_of(3))
                .map(|(_, m)| m.clone())
                .collect();
            wrong.extend(said(&some).map(|why| (part, deformed, seed, why)));
        }
    }
    // Of deformed hands, which are drawn more deformed than real ones, one finger may lie back on itself.
    assert!(
        wrong.iter().all(|w| w.0 == Part::Hand && w.1 > 0.0),
        "{wrong:?}"
    );
    assert!(wrong.len() <= 3, "{wrong:?}");
}

#[test]
fn names_exchanged_in_a_hand_are_told() {
    let (mut told, mut all) = (0, 0);
    for seed in 0..40 {
        for deformed in [0.0, 1.0] {
            let marks = limb(Part::Hand, 3_100_000 + seed, deformed);
            for pairs in HANDS {
                let some = said(&exchanged(&marks, pairs)).is_some();
                assert!(some || deformed > 0.0, "{seed} {pairs:?}");
                told += usize::from(some);
                all += 1;
            }
        }
    }
    // Deformed fingers are bent enough to hide some.
    assert!(told * 100 >= all * 95, "{told} of {all}");
}

#[test]
fn names_exchanged_in_a_foot_are_told() {
    for seed in 0..40 {
        let marks = limb(Part::Foot, 3_200_000 + seed, 0.0);
        for pair in [["MTP1", "FIP1"], ["MTP3", "FPIP3"]] {
            assert!(
                said(&exchanged(&marks, &[pair])).is_some(),
                "{seed} {pair:?}"
            );
        }
    }
}

#[test]
fn the_sentence_names_the_joints() {
    let marks = limb(Part::Hand, 3_300_000, 0.0);
    let sentence = said(&exchanged(&marks, &[["PIP4", "DIP4"]])).unwrap();
    assert!(
        sentence.contains("PIP4") && sentence.contains("DIP4"),
        "{sentence}"
    );
    assert!(HAND_POINTS.len() == FOOT_POINTS.len());
}
