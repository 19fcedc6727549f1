//! A reader's points that lie where no joint is: axes exchanged, another origin, another unit, another film's.
//!
//! The reader's points win over the program's, so that they are refused only where one such slip of the whole list, or names
//! that are exchanged, explain them; where none does, it is said. Of several reasons the one that fits best is given.

use super::misnamed::misnamed;
use super::refuse::refuse;
use super::seen::Seen;
use super::series::{FilmSeries, Shot};
use crate::Error;
use howship_film::{FOOT_POINTS, HAND_POINTS, Landmark, Landmarks, ThumbSide};
use howship_stats::median;
use std::path::Path;

struct Rule {
    /// Points of joints that the program finds too; fewer do not tell.
    points: usize,
    /// Median distance, in lengths of the hand or foot, from which on points lie elsewhere: of real films the program's
    /// joints lie within 0.03 of the reader's in 99 of 100, and their median within 0.01.
    elsewhere: f64,
    /// And up to which they fit.
    fits: f64,
    /// Points of another film fit so many times better where films are exchanged: two films of one hand differ little.
    better: f64,
}

const RULE: Rule = Rule {
    points: 6,
    elsewhere: 0.025,
    fits: 0.015,
    better: 3.0,
};

impl Seen {
    /// Median distance of points from the joints of their names, in lengths.
    fn distance(&self, marks: &[Landmark], place: impl Fn(&Landmark) -> [f64; 2]) -> Option<f64> {
        self.distance_as(marks, place, |m| &m.joint)
    }

    /// The same under other names.
    fn distance_as<'a>(
        &self,
        marks: &'a [Landmark],
        place: impl Fn(&Landmark) -> [f64; 2],
        name: impl Fn(&'a Landmark) -> &'a str,
    ) -> Option<f64> {
        let distances: Vec<f64> = marks
            .iter()
            .filter_map(|mark| {
                let [x, y] = place(mark);
                let same = self.joints.iter().filter(|j| j.joint == name(mark));
                same.map(|j| (j.x - x).hypot(j.y - y)).reduce(f64::min)
            })
            .collect();
        let enough = distances.len() >= RULE.points;
        Some(median(distances)? / self.length).filter(|_| enough)
    }
}

/// Holds a reader's points against what the program finds on the films.
///
/// # Errors
/// Points that fit once x and y are exchanged, y runs down, millimetres are pixels, or another film, another part or joints
/// of other names are meant.
pub(super) fn elsewhere(
    series: &FilmSeries,
    given: &Landmarks,
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    for shot in &series.shots {
        let marks: Vec<Landmark> = given.of(&shot.name).cloned().collect();
        // One point alone is of a joint cut out: nothing on such a film is found.
        if marks.len() < 2 {
            continue;
        }
        let Some(seen) = Seen::on(shot) else { continue };
        let others = series.shots.iter().filter(|other| other.name != shot.name);
        let others: Vec<(&str, Vec<Landmark>)> = others
            .map(|other| {
                let name = other.name.as_str();
                (name, given.of(name).cloned().collect())
            })
            .collect();
        let film = &shot.opened.film;
        let list = List {
            film: &shot.name,
            height: film.height(),
            mm_per_pixel: film.mm_per_pixel(),
            marks: &marks,
            others: &others,
        };
        if let Some(reason) = best_reason(&seen, &list) {
            return Err(refuse(
                path,
                reason,
                "x runs right and y down, in pixels of the film that `film` names; docs/films.md shows the form",
            ));
        }
        one_by_one(shot, given, (&seen, &marks), path, warnings)?;
    }
    Ok(())
}

/// The reader's points of a film, and those of the others.
struct List<'a> {
    film: &'a str,
    /// Pixels.
    height: usize,
    mm_per_pixel: Option<[f64; 2]>,
    marks: &'a [Landmark],
    others: &'a [(&'a str, Vec<Landmark>)],
}

/// Why the points of a film cannot be meant as they are given: of the slips of the whole list the one that fits best.
fn best_reason(seen: &Seen, list: &List<'_>) -> Option<String> {
    let (film, marks) = (list.film, list.marks);
    if let Some(part) = other_part(seen, marks) {
        return Some(format!("its points on `{film}` fit {part}"));
    }
    let off = seen.distance(marks, |m| [m.x, m.y])?;
    let mut reasons = if off > RULE.elsewhere {
        slips(seen, list)
    } else {
        Vec::new()
    };
    // Names exchanged on one film make the other film's points fit as well as films exchanged do.
    if misnamed(seen, marks).exchanged.is_none() {
        reasons.extend(exchanged(seen, list, off));
    }
    let (_, slip) = (reasons.into_iter()).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let pixels = off * seen.length;
    Some(format!(
        "its points on `{film}` lie {pixels:.0} pixels (median) from where the joints are seen, and fit where {slip}"
    ))
}

/// Points that lie where joints of other names are seen, and those far from their own.
fn one_by_one(
    shot: &Shot,
    given: &Landmarks,
    (seen, marks): (&Seen, &[Landmark]),
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let found = misnamed(seen, marks);
    let say = |what: String| {
        format!(
            "`{}`: {what}: look at the marks on the overview",
            path.display()
        )
    };
    if let Some(names) = found.exchanged {
        // Where the thumb is taken to lie elsewhere, all fingers are, and the reader may know it better: unless the film's
        // tags or the reader's own points on another film say as the program does.
        let side = |film: &str, hand| given.thumb_side(film, hand);
        let as_seen = |side: ThumbSide| seen.thumbs.contains(&side);
        let turned = (marks.iter())
            .filter_map(|m| side(&shot.name, m.hand))
            .any(|s| !as_seen(s));
        let same_limb = |m: &Landmark| marks.iter().any(|n| (n.hand, n.side) == (m.hand, m.side));
        let elsewhere_as_seen = (given.landmarks.iter())
            .filter(|m| m.film != shot.name && same_limb(m))
            .filter_map(|m| side(&m.film, m.hand))
            .any(as_seen);
        if !turned || seen.confirmed || elsewhere_as_seen {
            return Err(refuse(
                path,
                format!("on `{}` {names}: names are exchanged", shot.name),
                "give each joint its own name; where it is the program that errs, leave these joints out",
            ));
        }
        warnings.push(say(format!(
            "on `{}` {names}, and the thumb (or great toe) is seen on the other side than the points say",
            shot.name
        )));
        return Ok(());
    }
    let off = seen.distance(marks, |m| [m.x, m.y]);
    if let Some(off) = off.filter(|off| *off > RULE.elsewhere) {
        let pixels = off * seen.length;
        warnings.push(say(format!(
            "the points of `{}` lie {pixels:.0} pixels (median) from where the program sees the joints",
            shot.name
        )));
    } else if !found.far.is_empty() {
        let far: Vec<String> = (found.far.iter())
            .map(|(joint, px)| format!("{joint} ({px:.0} pixels)"))
            .collect();
        warnings.push(say(format!(
            "points on `{}` lie far from where the program sees the joint: {}",
            shot.name,
            far.join(", ")
        )));
    }
    Ok(())
}

/// Points of a hand's joints under names of a foot's, or the other way.
fn other_part(seen: &Seen, marks: &[Landmark]) -> Option<&'static str> {
    let there = |j: &&str| seen.joints.iter().any(|s| s.joint == **j);
    if marks.iter().any(|m| there(&m.joint.as_str())) {
        return None;
    }
    let off = seen.distance_as(marks, |m| [m.x, m.y], in_other_part)?;
    let foot = seen
        .joints
        .iter()
        .any(|j| FOOT_POINTS.contains(&j.joint.as_str()));
    (off <= RULE.fits).then_some(if foot {
        "the joints of a foot, and bear names of a hand's"
    } else {
        "the joints of a hand, and bear names of a foot's"
    })
}

/// The name of the same joint of a foot, of a foot's the hand's.
fn in_other_part(mark: &Landmark) -> &str {
    let slots = HAND_POINTS.iter().zip(&FOOT_POINTS);
    let mut named = slots.filter_map(|(hand, foot)| match &mark.joint {
        joint if joint == hand => Some(*foot),
        joint if joint == foot => Some(*hand),
        _ => None,
    });
    named.next().unwrap_or("")
}

/// The slips of the whole list that explain the points, in words, each with how well.
fn slips(seen: &Seen, list: &List<'_>) -> Vec<(f64, String)> {
    let bottom = list.height as f64 - 1.0;
    let off = |place: &dyn Fn(&Landmark) -> [f64; 2]| seen.distance(list.marks, place);
    let mut tried = vec![
        (off(&|m| [m.y, m.x]), "x and y are exchanged"),
        (off(&|m| [m.x, bottom - m.y]), "y runs up"),
    ];
    if let Some([x_mm, y_mm]) = list.mm_per_pixel {
        let of_mm = off(&|m| [m.x / x_mm, m.y / y_mm]);
        tried.push((of_mm, "they are millimetres"));
    }
    let fits = tried.into_iter().filter_map(|(off, words)| {
        let off = off.filter(|off| *off <= RULE.fits)?;
        Some((off, words.to_owned()))
    });
    fits.collect()
}

/// Another film whose points fit this one far better than its own, as far as these are off.
fn exchanged(seen: &Seen, list: &List<'_>, off: f64) -> Option<(f64, String)> {
    let better = list.others.iter().filter_map(|(film, marks)| {
        let distance = seen.distance(marks, |m| [m.x, m.y])?;
        (off > RULE.fits && distance <= off / RULE.better).then_some((distance, film))
    });
    let (distance, film) = better.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let words = format!("those of `{film}` are taken: films are exchanged");
    Some((distance, words))
}

#[cfg(test)]
mod tests;
