//! Names of the reader's points against the film's part and against each other.

use super::refuse::refuse;
use super::series::Shot;
use crate::Error;
use howship_change::{Part, anatomy};
use howship_film::{Landmark, Landmarks};
use howship_image::{Extremity, FilmFacts};
use std::path::Path;

/// How a fact's words say that the reader typed it.
pub(super) const STATED: &str = "stated by the reader";

/// Hands (or feet) of a film, by their numbers.
pub(super) fn hands(marks: &[Landmark]) -> Vec<usize> {
    let mut hands: Vec<usize> = marks.iter().map(|m| m.hand).collect();
    hands.sort_unstable();
    hands.dedup();
    hands
}

/// Refuses names of a foot's joints on a film of a hand, or the other way, and both on one hand or foot.
///
/// # Errors
/// Names the joint, the film and what says its part.
pub(super) fn of_its_part(shot: &Shot, marks: &[Landmark], path: &Path) -> Result<(), Error> {
    if let Some(reason) = against_tag(shot.opened.film.facts(), marks) {
        return Err(refuse(
            path,
            format!("on `{}` {reason}", shot.name),
            "correct the joints' names, or the film's tag or `--part`",
        ));
    }
    match both_parts(marks) {
        None => Ok(()),
        Some(reason) => Err(refuse(
            path,
            format!("on `{}` {reason}", shot.name),
            "hands have MCP, PIP, DIP, IP and CMC joints, feet MTP, FIP, FPIP, FDIP and TMT; `hand` counts the hands and feet of a film",
        )),
    }
}

/// Refuses the reader's points where names are exchanged: every result would bear the other's name.
///
/// # Errors
/// Names the joints that cannot lie as they do.
pub(super) fn in_their_row(shot: &Shot, marks: &[Landmark], path: &Path) -> Result<(), Error> {
    let Ok(set) = Landmarks::new(marks.to_vec()) else {
        return Ok(());
    };
    for hand in hands(marks) {
        let row = set.out_of_row(&shot.name, hand).map(|[a, b, c]| {
            format!("{b} does not lie between {a} and {c}, where knuckles lie in a row")
        });
        if let Some(reason) = row.or_else(|| set.out_of_order(&shot.name, hand)) {
            return Err(refuse(
                path,
                format!("`{}`: {reason}", shot.name),
                "give each joint its own name and its own finger's number: two names are exchanged, or a point is on another joint; leave out joints of a finger that truly lies so",
            ));
        }
    }
    Ok(())
}

fn part_of(mark: &Landmark) -> Option<Part> {
    anatomy::joint(&mark.joint).map(|j| j.part)
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Hand => "hand",
        Part::Foot => "foot",
    }
}

/// A joint of the other part than the film's tag or the reader says, in words.
fn against_tag(facts: &FilmFacts, marks: &[Landmark]) -> Option<String> {
    let tag = facts.body_part.as_ref()?;
    let said = match Extremity::in_words(&tag.value)? {
        Extremity::Hand => Part::Hand,
        Extremity::Foot => Part::Foot,
    };
    let who = match tag.from.as_str() {
        STATED => "`--part`",
        tag => tag,
    };
    marks.iter().find_map(|mark| {
        let part = part_of(mark).filter(|p| *p != said)?;
        Some(format!(
            "it names {}, a joint of a {}, and {who} says that the film is of a {}",
            mark.joint,
            word(part),
            word(said)
        ))
    })
}

/// Joints of hand and foot under one number, in words.
fn both_parts(marks: &[Landmark]) -> Option<String> {
    marks.iter().enumerate().find_map(|(i, a)| {
        let mut here = marks[..i].iter().filter(|b| b.hand == a.hand);
        let b = here.find(|b| part_of(b) != part_of(a))?;
        Some(format!(
            "it names {} and {} of one hand or foot (number {})",
            b.joint, a.joint, a.hand
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_film::LandmarkSource;
    use howship_image::Known;

    fn marks(joints: &[(&str, usize)]) -> Vec<Landmark> {
        let mark = |(joint, hand): &(&str, usize)| Landmark {
            film: "a".to_owned(),
            hand: *hand,
            side: None,
            joint: (*joint).to_owned(),
            x: 1.0,
            y: 1.0,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        };
        joints.iter().map(mark).collect()
    }

    fn said_by(value: &str, from: &str) -> FilmFacts {
        FilmFacts {
            body_part: Some(Known::new(value.to_owned(), from)),
            ..FilmFacts::default()
        }
    }

    #[test]
    fn joints_of_the_other_part_than_the_tag_are_told() {
        let foot = marks(&[("MTP1", 1), ("FIP1", 1), ("TMT2", 1)]);
        let hand = marks(&[("MCP1", 1), ("IP1", 1), ("CMC2", 1)]);
        for tag in ["HAND", "L_FINGERS", "wrist"] {
            let said = against_tag(&said_by(tag, "BodyPartExamined"), &foot).unwrap();
            assert!(
                said.contains("MTP1") && said.contains("BodyPartExamined"),
                "{said}"
            );
            assert_eq!(against_tag(&said_by(tag, "BodyPartExamined"), &hand), None);
        }
        let said = against_tag(&said_by("FOOT", STATED), &hand).unwrap();
        assert!(said.contains("`--part`") && said.contains("MCP1"), "{said}");
        assert_eq!(against_tag(&said_by("TOE", STATED), &foot), None);
        // What names neither says nothing.
        for tag in ["EXTREMITY", "UNKNOWN"] {
            assert_eq!(against_tag(&said_by(tag, "x"), &foot), None);
        }
        assert_eq!(against_tag(&FilmFacts::default(), &foot), None);
    }

    #[test]
    fn a_hand_and_a_foot_are_two_numbers() {
        assert!(both_parts(&marks(&[("MCP1", 1), ("MTP1", 1)])).is_some());
        assert!(both_parts(&marks(&[("MCP1", 1), ("MTP1", 2)])).is_none());
        assert!(both_parts(&marks(&[("MTP1", 1), ("FIP1", 1)])).is_none());
    }
}
