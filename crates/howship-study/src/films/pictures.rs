//! What the report shows of films: each joint's films aligned on one bone, a difference, whole films made smaller.

use super::series::FilmSeries;
use howship_change::{FilmMap, FilmVerdictFile, FollowedJoint, JointBone};
use howship_image::Film;
use howship_report::film::{AlignedStrip, FilmOverview, Picture};
use rayon::prelude::*;

/// Longest side of a whole film in the report (px).
const OVERVIEW_PX: usize = 900;
/// And where there are many films.
const SMALL_PX: usize = 320;
/// Shares of a film's pixels that may be black and white in a picture.
const ENDS: [f64; 2] = [0.005, 0.998];
/// Grey levels of a difference over the spread of the first film's.
const CONTRAST: f64 = 60.0;

/// Strips of every joint that could be followed, in the order of the result.
pub(super) fn strips(series: &FilmSeries, file: &FilmVerdictFile) -> Vec<AlignedStrip> {
    file.joints
        .par_iter()
        .enumerate()
        .filter(|(_, j)| j.joint.refused.is_none())
        .flat_map_iter(|(index, joint)| {
            bones(joint)
                .into_iter()
                .filter_map(move |bone| strip(series, index, joint, bone))
        })
        .collect()
}

/// Bones with an erosion; the proximal one where there is none.
fn bones(joint: &FollowedJoint) -> Vec<JointBone> {
    let with: Vec<JointBone> = JointBone::BOTH
        .into_iter()
        .filter(|b| joint.joint.erosions.iter().any(|e| e.bone == *b))
        .collect();
    if with.is_empty() {
        vec![JointBone::Proximal]
    } else {
        with
    }
}

fn strip(
    series: &FilmSeries,
    index: usize,
    joint: &FollowedJoint,
    bone: JointBone,
) -> Option<AlignedStrip> {
    let first = joint.joint.visits.first()?;
    let size = first.frame_size;
    let film_of = |k: usize| {
        let name = joint.films.get(k)?;
        let shot = series.shots.iter().find(|s| s.name == *name)?;
        Some(&shot.opened.film)
    };
    let mut frames: Vec<Option<Vec<f32>>> = Vec::new();
    for (k, visit) in joint.joint.visits.iter().enumerate() {
        let map = if k == 0 {
            Some(None)
        } else {
            let fit = joint.joint.registrations.iter().find(|r| {
                r.bone == bone && r.from == first.visit && r.to == visit.visit && r.failed.is_none()
            });
            fit.map(|r| Some(r.map))
        };
        let film = film_of(k);
        frames.push(match (map, film) {
            (Some(map), Some(film)) => Some(sampled(film, &first.frame, map.as_ref(), size)),
            _ => None,
        });
    }
    let difference = match (frames.first(), frames.iter().rposition(Option::is_some)) {
        (Some(Some(first)), Some(last)) if last > 0 => frames[last]
            .as_ref()
            .map(|last| difference(first, last, size)),
        _ => None,
    };
    let visits = frames
        .iter()
        .map(|f| f.as_ref().map(|values| picture(values, size, size)))
        .collect();
    Some(AlignedStrip {
        joint: index,
        bone,
        visits,
        difference,
    })
}

/// A visit's film in the first visit's frame; what lies outside of the film is its lowest value.
fn sampled(film: &Film, frame: &FilmMap, map: Option<&FilmMap>, size: usize) -> Vec<f32> {
    let lowest = film.pixels().iter().copied().fold(f32::INFINITY, f32::min);
    let mut values = Vec::with_capacity(size * size);
    for y in 0..size {
        for x in 0..size {
            let p = frame.apply([x as f64, y as f64]);
            let [x, y] = map.map_or(p, |m| m.apply(p));
            values.push(film.sample(x, y).unwrap_or(lowest));
        }
    }
    values
}

/// Grey from black to white between two quantiles.
fn picture(values: &[f32], width: usize, height: usize) -> Picture {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| {
        let i = (share * (sorted.len().saturating_sub(1)) as f64).round() as usize;
        sorted.get(i).copied().unwrap_or(0.0)
    };
    let [low, high] = ENDS.map(at);
    let span = (high - low).max(f32::MIN_POSITIVE);
    Picture {
        width,
        height,
        grey: values
            .iter()
            .map(|v| (255.0 * (v - low) / span).clamp(0.0, 255.0) as u8)
            .collect(),
    }
}

/// The later film, its mean and spread brought to the first's, minus the first; mid-grey is no change.
fn difference(first: &[f32], last: &[f32], size: usize) -> Picture {
    let moments = |values: &[f32]| {
        let n = values.len().max(1) as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let var = values
            .iter()
            .map(|v| (f64::from(*v) - mean).powi(2))
            .sum::<f64>()
            / n;
        (mean, var.sqrt().max(1e-9))
    };
    let ((m0, s0), (m1, s1)) = (moments(first), moments(last));
    let grey = first
        .iter()
        .zip(last)
        .map(|(a, b)| {
            let change = (f64::from(*b) - m1) / s1 - (f64::from(*a) - m0) / s0;
            (128.0 + CONTRAST * change).clamp(0.0, 255.0) as u8
        })
        .collect();
    Picture {
        width: size,
        height: size,
        grey,
    }
}

/// The films of the first visit, made smaller by averaging.
pub(super) fn overviews(series: &FilmSeries) -> Vec<FilmOverview> {
    let first: Vec<_> = series.shots.iter().filter(|s| s.visit == 0).collect();
    let longest = if first.len() > 2 {
        SMALL_PX
    } else {
        OVERVIEW_PX
    };
    first
        .par_iter()
        .map(|shot| {
            let film = &shot.opened.film;
            let side = film.width().max(film.height());
            let step = side.div_ceil(longest).max(1);
            let (width, height) = ((film.width() / step).max(1), (film.height() / step).max(1));
            let mut values = Vec::with_capacity(width * height);
            for y in 0..height {
                for x in 0..width {
                    let mut sum = 0.0f64;
                    let mut count = 0.0;
                    for v in y * step..((y + 1) * step).min(film.height()) {
                        for u in x * step..((x + 1) * step).min(film.width()) {
                            sum += f64::from(film.at(u, v));
                            count += 1.0;
                        }
                    }
                    values.push((sum / f64::max(count, 1.0)) as f32);
                }
            }
            FilmOverview {
                film: shot.name.clone(),
                picture: picture(&values, width, height),
                step: step as f64,
            }
        })
        .collect()
}
