//! Which films show the same hand, foot or joint: one strand each, one film per visit.

use super::named::STATED;
use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use crate::Error;
use crate::sides::{by_initial, said_by_name};
use howship_change::{Part, Side, anatomy};
use howship_film::{Landmark, Landmarks};
use howship_image::Laterality;
use std::collections::BTreeMap;

/// What tells strands apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// The films of one side's hand or foot.
    Side(Part, Side),
    /// The films of a number within their visits, where sides are not known or both are on one film; hands and feet are
    /// numbered by themselves.
    Number(Part, usize),
    /// Films that show one joint only.
    Joint(Option<Side>, String),
}

/// Films of one hand, foot or joint: indices into the series, baseline first.
pub(super) struct Strand {
    pub(super) key: Key,
    pub(super) shots: Vec<usize>,
}

/// Strands with at least two visits; what is left over is said.
pub(super) fn strands(
    series: &FilmSeries,
    landmarks: &Landmarks,
    warnings: &mut Vec<String>,
) -> Result<Vec<Strand>, Error> {
    let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    let mut numbers = vec![[0; 2]; series.visits.len()];
    for (i, shot) in series.shots.iter().enumerate() {
        let key = key(shot, landmarks, &mut numbers[shot.visit]);
        groups.entry(key).or_default().push(i);
    }
    for shots in groups.values_mut() {
        shots.sort_by_key(|i| series.shots[*i].visit);
    }
    for (key, shots) in &groups {
        for pair in shots.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|i| &series.shots[i]);
            if a.visit == b.visit {
                let reason = format!(
                    "two films of visit {} show the same ({}): the other is `{}`",
                    series.visits[a.visit].name,
                    in_words(key),
                    a.name
                );
                return Err(refuse(
                    &b.path,
                    reason,
                    "leave the better one, or say with `--visits` which is which",
                ));
            }
        }
    }
    one_sided(series, &groups)?;
    for (key, shots) in &groups {
        let shots = shots.iter().map(|i| &series.shots[*i]);
        sides_by_name(key, &shots.collect::<Vec<_>>(), warnings)?;
    }
    let mut out = Vec::new();
    let mut left: Vec<(Key, String)> = Vec::new();
    for (key, shots) in groups {
        let first = shots.first().map(|i| series.shots[*i].visit);
        if shots.len() < 2 || first != Some(0) {
            let names: Vec<&str> = shots
                .iter()
                .map(|i| series.shots[*i].name.as_str())
                .collect();
            left.extend(names.iter().map(|n| (key.clone(), (*n).to_owned())));
            warnings.push(format!(
                "{} is not compared: it is shown at one visit only, or not at the first (`{}`)",
                in_words(&key),
                names.join("`, `")
            ));
            continue;
        }
        out.push(Strand { key, shots });
    }
    if out.is_empty() {
        let path = series
            .shots
            .last()
            .map(|s| s.path.clone())
            .unwrap_or_default();
        let shown: Vec<String> = left
            .iter()
            .map(|(key, name)| format!("`{name}` {}", in_words(key)))
            .collect();
        let sides_differ = left.iter().any(|(k, _)| matches!(k, Key::Side(..)))
            && left.iter().any(|(k, _)| matches!(k, Key::Number(..)));
        let advice = if sides_differ {
            "left or right is known of some films only: say it of all with `--side R` or `--side L`"
        } else {
            "give the same hand or foot at the first and at a later visit"
        };
        return Err(refuse(
            &path,
            format!(
                "no two films show the same hand, foot or joint at two visits: {}",
                shown.join(", ")
            ),
            advice,
        ));
    }
    Ok(out)
}

/// Hand or foot, by the joints of a film.
fn part_of(marks: &[&Landmark]) -> Part {
    let known = marks.iter().find_map(|m| anatomy::joint(&m.joint));
    known.map_or(Part::Hand, |joint| joint.part)
}

fn key(shot: &Shot, landmarks: &Landmarks, numbers: &mut [usize; 2]) -> Key {
    let marks: Vec<_> = landmarks.of(&shot.name).collect();
    if let [only] = &marks[..] {
        return Key::Joint(only.side, only.joint.clone());
    }
    let part = part_of(&marks);
    let mut sides: Vec<Option<Side>> = marks.iter().map(|m| m.side).collect();
    sides.sort();
    sides.dedup();
    if let [Some(side)] = sides[..] {
        return Key::Side(part, side);
    }
    let number = &mut numbers[usize::from(part == Part::Foot)];
    *number += 1;
    Key::Number(part, *number)
}

/// Left at one visit and right at another, and nothing to compare with either: the most common mistake.
fn one_sided(series: &FilmSeries, groups: &BTreeMap<Key, Vec<usize>>) -> Result<(), Error> {
    let of = |side: Side| -> Option<&Shot> {
        let found = groups.iter().find(|(key, _)| match key {
            Key::Side(_, s) | Key::Joint(Some(s), _) => *s == side,
            _ => false,
        })?;
        let shots = found.1;
        (shots.len() == 1).then(|| &series.shots[shots[0]])
    };
    let (Some(left), Some(right)) = (of(Side::L), of(Side::R)) else {
        return Ok(());
    };
    if left.visit == right.visit || groups.values().any(|s| s.len() > 1) {
        return Ok(());
    }
    let reason = format!(
        "left against right: it shows the right side, `{}` the left",
        left.name
    );
    Err(refuse(
        &right.path,
        reason,
        "give the same side at every visit",
    ))
}

/// Sides that the files' names say, against what is known of the side and against each other.
fn sides_by_name(key: &Key, shots: &[&Shot], warnings: &mut Vec<String>) -> Result<(), Error> {
    let known = match key {
        Key::Side(_, side) => Some(*side),
        Key::Joint(side, _) => *side,
        Key::Number(..) => None,
    };
    let mut before: Option<(&Shot, Side)> = None;
    for shot in shots {
        let Some(side) = said_by_name(&shot.path) else {
            continue;
        };
        let facts = shot.opened.film.facts().laterality.as_ref();
        let stated = facts.and_then(|k| match k.value {
            Laterality::Left => Some((Side::L, k.from.as_str())),
            Laterality::Right => Some((Side::R, k.from.as_str())),
            Laterality::Both => None,
        });
        let tag = stated.filter(|(s, from)| *s != side && *from != STATED);
        if let Some((_, from)) = tag.filter(|_| by_initial(&shot.path, side)) {
            warnings.push(format!(
                "`{}`: {from} says the other side than the `{}` at the beginning of its name, which is taken for an initial: if it is the side, the tag is wrong",
                shot.name,
                side.letter()
            ));
            continue;
        }
        let other = match (stated, known, before) {
            (Some((s, from)), ..) if s != side => format!("{} ({from})", s.word()),
            (None, Some(s), _) if s != side => format!("{} (landmarks)", s.word()),
            (.., Some((first, s))) if s != side => {
                format!("{} (the name of `{}`)", s.word(), first.name)
            }
            _ => {
                before = before.or(Some((shot, side)));
                continue;
            }
        };
        let reason = format!(
            "its name says {}, and it is compared as {other}",
            side.word()
        );
        return Err(refuse(
            &shot.path,
            reason,
            "give the same side at every visit, and films of both sides in the same order at each; rename files whose \
             names are wrong",
        ));
    }
    Ok(())
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Hand => "hand",
        Part::Foot => "foot",
    }
}

pub(super) fn in_words(key: &Key) -> String {
    match key {
        Key::Side(part, side) => format!("the {} {}", side.word(), word(*part)),
        Key::Number(part, n) => format!("film {n} of a {} at each visit", word(*part)),
        Key::Joint(Some(side), joint) => format!("{}.{joint}", side.letter()),
        Key::Joint(None, joint) => joint.clone(),
    }
}
