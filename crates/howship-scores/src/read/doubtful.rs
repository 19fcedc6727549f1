//! Which numbers and names are asked about, and in what order.

use super::films::Film;
use super::{
    ReadOptions, carried, checks, day_units, exchanged, far_from_film, far_off, mirrored,
    near_copied, opposite_changes, other_scale, reversed, subject_twice, swapped_subjects,
    unread_by,
};
use crate::{Doubt, ScoreTable};

/// What is asked about, each told in a warning; nothing is left to ask where all stands as scored.
///
/// `ruled` says that a scheme bounds the scores.
pub(super) fn settle(
    scores: &ScoreTable,
    films: &[Film],
    ruled: bool,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
) -> Vec<Doubt> {
    let mut doubts = numbers(scores, ruled);
    doubts.extend(names(scores, films, doubts.is_empty()));
    let taken = match options.as_scored {
        true => "; taken as scored, as asked",
        false => "",
    };
    let told = doubts.iter();
    warnings.extend(told.map(|d| format!("{}{taken}", d.words(scores))));
    match options.as_scored {
        true => Vec::new(),
        false => doubts,
    }
}

/// Readings that are odd but stand.
pub(super) fn notes(scores: &ScoreTable, films: &[Film]) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(carried::notes(scores, films));
    notes.extend(unread_by::notes(scores, films));
    notes
}

/// Numbers that are hardly scores. A scheme's range leaves no codes and no lost decimal points.
fn numbers(scores: &ScoreTable, ruled: bool) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if !ruled {
        doubts.extend(checks::codes(scores));
    }
    match reversed::scales(scores, ruled) {
        Some(opposite) => doubts.push(opposite),
        None => doubts.extend(other_scale::scales(scores)),
    }
    if !ruled && doubts.is_empty() {
        doubts.extend(far_off::slips(scores));
    }
    if !ruled && doubts.is_empty() {
        doubts.extend(far_from_film::slips(scores));
    }
    doubts
}

/// Names that stand for others. Of what is exchanged for everybody single subjects say nothing more, and on a scale that
/// is another, or runs the other way, films are alike by chance only.
fn names(scores: &ScoreTable, films: &[Film], one_scale: bool) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if one_scale {
        doubts.extend(exchanged::items(scores, films));
    }
    if one_scale && doubts.is_empty() {
        doubts.extend(opposite_changes::visits(scores, films));
        doubts.extend(swapped_subjects::swapped(scores, films));
    }
    if doubts.is_empty() {
        doubts.extend(mirrored::swapped(scores));
    }
    doubts.extend(subject_twice::twice(scores));
    doubts.extend(near_copied::copied(scores, films));
    doubts.extend(day_units::apart(scores));
    doubts
}
