//! Landmarks: the reader's from a file, completed by what the films say of sides.

use super::elsewhere::elsewhere;
use super::named::{STATED, hands, in_their_row, of_its_part};
use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use crate::Error;
use crate::read_text as text;
use howship_change::{Part, Side, anatomy};
use howship_film::{FindOptions, Landmark, LandmarkSource, Landmarks, find_limbs};
use howship_image::{Film, Laterality, Polarity};
use std::path::Path;

/// Reads a landmark file.
///
/// # Errors
/// It cannot be read, or holds no landmarks of the documented form.
pub fn read_landmarks(path: &Path) -> Result<Landmarks, Error> {
    Landmarks::from_json(&text(path)?)
        .map_err(|e| refuse(path, e, "docs/films.md shows the form of landmarks"))
}

/// Landmarks of every film: given ones with the film's side where they lack it.
pub(super) fn complete(
    series: &FilmSeries,
    given: Option<&Landmarks>,
    path: Option<&Path>,
    warnings: &mut Vec<String>,
) -> Result<Landmarks, Error> {
    if let (Some(given), Some(path)) = (given, path) {
        strangers(series, given, path, warnings)?;
        for shot in &series.shots {
            let marks: Vec<Landmark> = given.of(&shot.name).cloned().collect();
            of_its_part(shot, &marks, path)?;
            in_their_row(shot, &marks, path)?;
        }
        elsewhere(series, given, path, warnings)?;
    }
    let mut all = Vec::new();
    for shot in &series.shots {
        let marks: Vec<Landmark> = given
            .iter()
            .flat_map(|g| g.of(&shot.name))
            .cloned()
            .collect();
        let marks = if marks.is_empty() {
            found(shot, warnings)?
        } else {
            marks
        };
        two_sides(shot, &marks)?;
        all.extend(with_side(shot, marks)?);
    }
    let found_on_feet = all.iter().any(|m| {
        m.source == LandmarkSource::Found
            && anatomy::joint(&m.joint).is_some_and(|j| j.part == Part::Foot)
    });
    if found_on_feet {
        warnings.push(
            "joints of feet were found by networks that were taught on made-up feet and tested on one real film: look at the marks on the overview"
                .to_owned(),
        );
    }
    Landmarks::new(all).map_err(|e| {
        refuse(
            path.unwrap_or(Path::new("landmarks")),
            e,
            "docs/films.md shows the form of landmarks",
        )
    })
}

/// Landmarks of other films are left out where every film has its own; else one of them is probably misspelt.
fn strangers(
    series: &FilmSeries,
    given: &Landmarks,
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let known = |name: &str| series.shots.iter().any(|s| s.name == name);
    let mut strange: Vec<&str> = given.landmarks.iter().map(|m| m.film.as_str()).collect();
    strange.retain(|film| !known(film));
    strange.dedup();
    let Some(first) = strange.first() else {
        return Ok(());
    };
    let bare = series
        .shots
        .iter()
        .find(|s| given.of(&s.name).next().is_none());
    match bare {
        Some(shot) => {
            let reason = format!(
                "it has landmarks of `{first}`, which is none of the films, and none of `{}`",
                shot.name
            );
            let known: Vec<&str> = series.shots.iter().map(|s| s.name.as_str()).collect();
            Err(refuse(
                path,
                reason,
                format!(
                    "the films are called {}; `film` is a file's name without its folder",
                    known.join(", ")
                ),
            ))
        }
        None => {
            warnings.push(format!(
                "`{}`: landmarks of `{}` are left out: none of the films",
                path.display(),
                strange.join("`, `")
            ));
            Ok(())
        }
    }
}

/// Refuses one side for a film whose two hands have their thumbs on different sides: they are a left and a right one.
fn two_sides(shot: &Shot, marks: &[Landmark]) -> Result<(), Error> {
    let Some(known) = &shot.opened.film.facts().laterality else {
        return Ok(());
    };
    let (Ok(set), true) = (
        Landmarks::new(marks.to_vec()),
        known.value != Laterality::Both,
    ) else {
        return Ok(());
    };
    let mut thumbs: Vec<_> = (hands(marks).into_iter())
        .filter_map(|hand| set.thumb_side(&shot.name, hand))
        .collect();
    thumbs.dedup();
    if thumbs.len() < 2 {
        return Ok(());
    }
    let side = match known.value {
        Laterality::Left => "left",
        _ => "right",
    };
    let who = match known.from.as_str() {
        STATED => "`--side`",
        tag => tag,
    };
    Err(refuse(
        &shot.path,
        format!(
            "{who} says the {side} side, and it shows a left and a right one: their thumbs (or great toes) lie on different sides"
        ),
        "leave `--side` out or say `--side both`; `--view PA` (of a foot DP) then tells left from right, as landmarks with `side` do",
    ))
}

/// The film's own word on its side; a landmark that says otherwise is an error.
fn with_side(shot: &Shot, mut marks: Vec<Landmark>) -> Result<Vec<Landmark>, Error> {
    let Some(known) = &shot.opened.film.facts().laterality else {
        return Ok(marks);
    };
    let side = match known.value {
        Laterality::Left => Side::L,
        Laterality::Right => Side::R,
        Laterality::Both => return Ok(marks),
    };
    for mark in &mut marks {
        if mark.side.is_some_and(|s| s != side) {
            let reason = format!(
                "{} says the {} side, its landmark {} the other",
                known.from,
                side.word(),
                mark.joint
            );
            return Err(refuse(
                &shot.path,
                reason,
                "correct the landmark or the film's tag",
            ));
        }
        mark.side = Some(side);
    }
    Ok(marks)
}

const SIDE_STATED: &str = "leave `--side` out, and the view tells it; or correct the view, if the film was taken the other way up (`--view AP`, `--view PA`), or turn a mirrored film back";

/// The side that a film's only hand is compared as, where the view denies it.
fn contradicted(shot: &Shot, hand: &howship_film::FoundLimb, hands: usize) -> Option<Side> {
    let facts = shot.opened.film.facts();
    let known = facts
        .laterality
        .as_ref()
        .filter(|_| hands == 1 && hand.side.is_none())?;
    match known.value {
        Laterality::Left => Some(Side::L),
        Laterality::Right => Some(Side::R),
        Laterality::Both => None,
    }
}

/// How values run and how they would, where the program finds a hand or foot on the film with its values turned round:
/// pictures do not say that bone is dark.
fn runs_other_way(shot: &Shot) -> Option<(&'static str, &'static str)> {
    let film = &shot.opened.film;
    let (low, high) = (film.pixels().iter())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
            (l.min(*v), h.max(*v))
        });
    let turned = film.pixels().iter().map(|v| low + (high - v)).collect();
    let turned = Film::new(film.width(), film.height(), turned, film.scale().clone()).ok()?;
    let facts = film.facts().clone();
    let dark = facts.stored_as.as_ref().map(|k| k.value) == Some(Polarity::BoneDark);
    find_limbs(&turned.with_facts(facts), &FindOptions::default()).ok()?;
    Some(if dark {
        ("dark", "bright")
    } else {
        ("bright", "dark")
    })
}

/// Whether a point lies in a film of this width and height, of which the first pixel's centre is (0, 0).
fn within([width, height]: [usize; 2], mark: &Landmark) -> bool {
    let inside = |v: f64, n: usize| v >= -0.5 && v <= n as f64 - 0.5;
    inside(mark.x, width) && inside(mark.y, height)
}

/// Joints that the shape of a hand or foot puts beyond the edge of a film that does not show all of it.
fn cut_off(film: &str, outside: &[Landmark]) -> Option<String> {
    let names: Vec<&str> = outside.iter().map(|m| m.joint.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "`{film}`: {} beyond its edge: not measured on it",
            match &names[..] {
                [only] => format!("{only} lies"),
                all => format!("{} lie", all.join(", ")),
            }
        )
    })
}

/// Joints found by the program; those it does not trust, and those beyond the film's edge, are said.
fn found(shot: &Shot, warnings: &mut Vec<String>) -> Result<Vec<Landmark>, Error> {
    const HINT: &str = "give the centres of its joint spaces with `--landmarks FILE` (docs/films.md shows the form)";
    let options = FindOptions::default();
    let hands = find_limbs(&shot.opened.film, &options).map_err(|e| match runs_other_way(shot) {
        Some((runs, other)) => refuse(
            &shot.path,
            format!("no hand or foot was found with bone {runs}, but one with bone {other}"),
            format!(
                "`--bone {other}`, for all films that do not say which way their values run; of films that run both ways \
                 `howship convert FILM OUT.png --bone {other}` turns one round"
            ),
        ),
        None => refuse(&shot.path, e, HINT),
    })?;
    let mut all = Vec::new();
    for (i, hand) in hands.iter().enumerate() {
        let (marks, refused) = hand.landmarks(&shot.name, i + 1, &options);
        if !refused.is_empty() {
            let names: Vec<&str> = refused.iter().map(|(name, _)| *name).collect();
            warnings.push(format!(
                "`{}`: {} not found with enough confidence: not measured on it unless `--landmarks` gives them",
                shot.name,
                names.join(", ")
            ));
        }
        if let Some(tag) = contradicted(shot, hand, hands.len()) {
            let reason = format!("it would be compared as {tag:?}, but {}", hand.side_reason);
            if hand.side_reason.contains(STATED) {
                return Err(refuse(&shot.path, reason, SIDE_STATED));
            }
            warnings.push(format!(
                "`{}`: {reason}: one of its tags is wrong, or the image is mirrored",
                shot.name
            ));
        } else if hand.side.is_none() {
            // One side cannot be said for two hands.
            let how = if hands.len() > 1 {
                "`--view` (`PA` where the palms, `DP` where the soles lie on the film)"
            } else {
                "`--side` or `--view`"
            };
            warnings.push(format!(
                "`{}`: left or right is not known ({}): say it with {how}",
                shot.name, hand.side_reason
            ));
        }
        let size = [shot.opened.film.width(), shot.opened.film.height()];
        let (inside, outside): (Vec<_>, Vec<_>) = marks.into_iter().partition(|m| within(size, m));
        warnings.extend(cut_off(&shot.name, &outside));
        all.extend(inside);
    }
    if all.is_empty() {
        return Err(refuse(&shot.path, "no joint was found on it", HINT));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film that does not show the thumb put its joint at (-23.6, ...), which was refused as a reader's point.
    #[test]
    fn joints_beyond_the_edge_of_a_film_are_said_once() {
        let at = |joint: &str, x: f64, y: f64| Landmark {
            film: "a".to_owned(),
            hand: 1,
            side: None,
            joint: joint.to_owned(),
            x,
            y,
            confidence: 0.9,
            source: LandmarkSource::Found,
        };
        let size = [1200, 1800];
        let marks = [
            at("IP1", -23.6, 500.0),
            at("CMC1", 400.0, 1803.0),
            at("MCP2", 0.0, 1799.4),
            at("MCP3", 1199.0, -0.4),
        ];
        let (inside, outside): (Vec<_>, Vec<_>) = marks.into_iter().partition(|m| within(size, m));
        assert_eq!(inside.len(), 2);
        let said = cut_off("a", &outside).unwrap();
        assert!(said.contains("IP1, CMC1 lie beyond its edge"), "{said}");
        assert!(cut_off("a", &[]).is_none());
    }
}
