//! Films that were turned over, where the reader's landmarks are too few to show it.

use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use super::strands::{Key, Strand};
use crate::Error;
use howship_film::{FindOptions, Landmarks, ThumbSide, find_limbs};

/// Refuses films of one strand on which the thumb (or great toe) lies to different sides: by the landmarks, else by what
/// the program finds on the film. What neither shows is said.
///
/// # Errors
/// A film against one that was turned over, or a left against a right hand.
pub(super) fn turned_over(
    series: &FilmSeries,
    strands: &[Strand],
    marks: &Landmarks,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    for strand in strands.iter().filter(|s| !matches!(s.key, Key::Joint(..))) {
        let shots: Vec<&Shot> = strand.shots.iter().map(|i| &series.shots[*i]).collect();
        let by_marks: Vec<Option<ThumbSide>> = shots.iter().map(|s| given(s, marks)).collect();
        if by_marks.iter().all(Option::is_some) {
            // The comparison itself refuses these.
            continue;
        }
        let sides: Vec<Option<ThumbSide>> = shots
            .iter()
            .zip(by_marks)
            .map(|(shot, side)| side.or_else(|| seen(shot, marks)))
            .collect();
        let Some(first) = sides[0] else {
            warnings.push(unknown(shots[0]));
            continue;
        };
        for (shot, side) in shots.iter().zip(&sides).skip(1) {
            match side {
                None => warnings.push(unknown(shot)),
                Some(side) if *side != first => {
                    let reason = format!(
                        "left against right: with the fingertips up, the thumb (or great toe) is to the {} on it and to the {} on `{}`",
                        side.word(),
                        first.word(),
                        shots[0].name
                    );
                    return Err(refuse(
                        &shot.path,
                        reason,
                        "give films of one side, and one that is mirrored turned back",
                    ));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// By the landmarks of the film's only hand or foot.
fn given(shot: &Shot, marks: &Landmarks) -> Option<ThumbSide> {
    let mut hands: Vec<usize> = marks.of(&shot.name).map(|m| m.hand).collect();
    hands.sort_unstable();
    hands.dedup();
    hands
        .iter()
        .map(|hand| marks.thumb_side(&shot.name, *hand))
        .collect::<Option<Vec<_>>>()?
        .first()
        .copied()
}

/// As the program sees it, where the film shows one hand or foot alone.
fn seen(shot: &Shot, marks: &Landmarks) -> Option<ThumbSide> {
    if marks.of(&shot.name).any(|m| m.hand > 1) {
        return None;
    }
    let found = find_limbs(&shot.opened.film, &FindOptions::default()).ok()?;
    match &found[..] {
        [only] => Some(only.thumb),
        _ => None,
    }
}

fn unknown(shot: &Shot) -> String {
    format!(
        "`{}`: whether it was turned over cannot be told: its landmarks are too few, and no hand or foot is made out on it; give joints of two fingers",
        shot.name
    )
}
