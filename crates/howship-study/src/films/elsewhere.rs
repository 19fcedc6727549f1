//! A reader's points that lie where no joint is: axes exchanged, another origin, another unit, another film's.
//!
//! The reader's points win over the program's, so that they are refused only where one such slip of the whole list
//! explains them; where none does, it is said.

use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use crate::Error;
use howship_film::{FindOptions, Landmark, Landmarks, find_limbs};
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

/// What the program finds on a film.
struct Seen {
    joints: Vec<Landmark>,
    /// Pixels.
    length: f64,
}

impl Seen {
    fn on(shot: &Shot) -> Option<Self> {
        let options = FindOptions::default();
        let limbs = find_limbs(&shot.opened.film, &options).ok()?;
        let (mut joints, mut length) = (Vec::new(), 0.0f64);
        for (i, limb) in limbs.iter().enumerate() {
            let (marks, _) = limb.landmarks(&shot.name, i + 1, &options);
            for a in &marks {
                for b in &marks {
                    length = length.max((a.x - b.x).hypot(a.y - b.y));
                }
            }
            joints.extend(marks);
        }
        (length > 0.0).then_some(Self { joints, length })
    }

    /// Median distance of points from the joints of their names, in lengths.
    fn distance(&self, marks: &[Landmark], place: impl Fn(&Landmark) -> [f64; 2]) -> Option<f64> {
        let distances: Vec<f64> = marks
            .iter()
            .filter_map(|mark| {
                let [x, y] = place(mark);
                let same = self.joints.iter().filter(|j| j.joint == mark.joint);
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
/// Points that fit once x and y are exchanged, y runs down, millimetres are pixels, or another film is meant.
pub(super) fn elsewhere(
    series: &FilmSeries,
    given: &Landmarks,
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    for shot in &series.shots {
        let marks: Vec<Landmark> = given.of(&shot.name).cloned().collect();
        if marks.len() < RULE.points {
            continue;
        }
        let Some(seen) = Seen::on(shot) else { continue };
        let Some(off) = seen.distance(&marks, |m| [m.x, m.y]) else {
            continue;
        };
        let exchanged = exchanged(series, shot, given, &seen, off);
        if off <= RULE.elsewhere && exchanged.is_none() {
            continue;
        }
        let pixels = off * seen.length;
        if let Some(slip) = exchanged.or_else(|| slip(shot, &seen, &marks)) {
            return Err(refuse(
                path,
                format!(
                    "its points on `{}` lie {pixels:.0} pixels (median) from where the joints are seen, and fit where {slip}",
                    shot.name
                ),
                "x runs right and y down, in pixels of the film that `film` names; docs/films.md shows the form",
            ));
        }
        warnings.push(format!(
            "`{}`: the points of `{}` lie {pixels:.0} pixels (median) from where the program sees the joints: look at the marks on the overview",
            shot.name,
            path.display()
        ));
    }
    Ok(())
}

/// The slip of the whole list that explains the points, in words.
fn slip(shot: &Shot, seen: &Seen, marks: &[Landmark]) -> Option<String> {
    let fits = |off: Option<f64>| off.is_some_and(|off| off <= RULE.fits);
    if fits(seen.distance(marks, |m| [m.y, m.x])) {
        return Some("x and y are exchanged".to_owned());
    }
    let bottom = shot.opened.film.height() as f64 - 1.0;
    if fits(seen.distance(marks, |m| [m.x, bottom - m.y])) {
        return Some("y runs up".to_owned());
    }
    if let Some([x_mm, y_mm]) = shot.opened.film.mm_per_pixel()
        && fits(seen.distance(marks, |m| [m.x / x_mm, m.y / y_mm]))
    {
        return Some("they are millimetres".to_owned());
    }
    None
}

/// Another film whose points fit this one far better than its own, as far as these are off.
fn exchanged(
    series: &FilmSeries,
    shot: &Shot,
    given: &Landmarks,
    seen: &Seen,
    off: f64,
) -> Option<String> {
    let others = series.shots.iter().filter(|other| other.name != shot.name);
    let better = others.filter_map(|other| {
        let marks: Vec<Landmark> = given.of(&other.name).cloned().collect();
        let distance = seen.distance(&marks, |m| [m.x, m.y])?;
        (off > RULE.fits && distance <= off / RULE.better).then_some((other, distance))
    });
    let (other, _) = better.min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "those of `{}` are taken: films are exchanged",
        other.name
    ))
}
