//! Hands found on a film: how many, turned how, on which side the thumb is, and where every joint is.
//!
//! # Method
//! Two small networks, taught only on films rendered from formulas (`training/`). The first sees the film at many turns
//! and both mirrorings and gives a heat map per landmark; the mean shape of hands and how it varies weigh what it saw.
//! The second sees each joint by itself. Their forward pass is written here; it gives the same numbers for any number
//! of threads.
//!
//! # Limits
//! A film tells the *thumb's* side, not the body's: which hand it is needs a tag, a marker or the view. Hands so
//! mutilated that their outline is no hand's are refused or miss joints; feet are refused. A landmark is the centre of
//! the joint space, to about half a percent of the hand's length: a start for measuring, not a measurement.

mod nets;
mod network;
mod others;
mod picture;
mod refine;
mod search;
mod shape;
mod trust;

pub use search::SearchOptions;

use crate::{Error, Landmark, LandmarkSource, ThumbSide};
use howship_change::Side;
use howship_image::{Film, Laterality, View};
use nets::{Networks, POINTS};
use picture::Picture;
use search::{Hypothesis, Window, find, hand_length};

/// Names of the landmarks of a hand, in the order of every list of them: bases of the metacarpals, joints, tips.
pub const HAND_POINTS: [&str; POINTS] = [
    "CMC1", "CMC2", "CMC3", "CMC4", "CMC5", "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "IP1", "PIP2",
    "PIP3", "PIP4", "PIP5", "DIP2", "DIP3", "DIP4", "DIP5", "TIP1", "TIP2", "TIP3", "TIP4", "TIP5",
];

/// The joints among them that are measured.
const JOINTS: std::ops::Range<usize> = 5..19;
/// The metacarpals' bases: what they lend a finger that is dislocated or cut off is its direction.
const BASES: std::ops::Range<usize> = 0..5;

/// How hands are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FindOptions {
    /// The search of the first network.
    pub search: SearchOptions,
    /// Longer side of the picture that is searched, pixels. At 760 a hand that fills two thirds of its film is seen by
    /// the second network at about its own resolution (320 pixels from metacarpal bases to the middle fingertip).
    pub side_px: usize,
    /// Most hands on a film.
    pub most_hands: usize,
    /// Confidence below which a joint is refused.
    pub least_confidence: f64,
    /// The same of a metacarpal's base: it only lends a direction and the size of the field.
    pub least_base_confidence: f64,
    /// The view, where the reader knows it and the film does not say; names the hand by its thumb's side.
    pub view: Option<View>,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self {
            search: SearchOptions::default(),
            side_px: 760,
            most_hands: 2,
            least_confidence: 0.5,
            least_base_confidence: 0.2,
            view: None,
        }
    }
}

/// What the networks saw of a point: what confidence is made from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evidence {
    /// Height of its heat map's peak, 0 to 1.
    pub peak: f64,
    /// Distance of the peak from the shape of hands, in units of the shape (a hand is about 0.7 long).
    pub residual: f64,
    /// Share of the second network's belief that lies at the place taken; 0 for points that are no joints.
    pub belief: f64,
}

/// A hand on a film.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundHand {
    /// Places in the order of [`HAND_POINTS`], pixels of the film (column, row; the first pixel's centre is 0, 0).
    pub points_px: [[f64; 2]; POINTS],
    /// Confidence in each point, 0 to 1: it orders points and is no calibrated probability.
    pub confidence: [f64; POINTS],
    /// What the networks saw of each point.
    pub evidence: [Evidence; POINTS],
    /// Mean agreement of what was seen with what hands look like, 0 to 1.
    pub score: f64,
    /// The thumb's side, fingers up.
    pub thumb: ThumbSide,
    /// Which hand of the body, where that can be known.
    pub side: Option<Side>,
    /// From what it is known, or why it is not.
    pub side_reason: String,
}

impl FoundHand {
    /// From the metacarpals' bases to the middle finger's tip, pixels.
    #[must_use]
    pub fn length_px(&self) -> f64 {
        hand_length(&self.points_px)
    }

    /// The joints that are trusted, and the metacarpals' bases, as landmarks of `film`'s hand number `hand`; the joints
    /// that are not, with their confidence.
    #[must_use]
    pub fn landmarks(
        &self,
        film: &str,
        hand: usize,
        options: &FindOptions,
    ) -> (Vec<Landmark>, Vec<(&'static str, f64)>) {
        let (mut trusted, mut refused) = (Vec::new(), Vec::new());
        for i in BASES.chain(JOINTS) {
            let joint = JOINTS.contains(&i);
            let least = if joint {
                options.least_confidence
            } else {
                options.least_base_confidence
            };
            if self.confidence[i] < least {
                if joint {
                    refused.push((HAND_POINTS[i], self.confidence[i]));
                }
                continue;
            }
            trusted.push(Landmark {
                film: film.to_owned(),
                hand,
                side: self.side,
                joint: HAND_POINTS[i].to_owned(),
                x: self.points_px[i][0],
                y: self.points_px[i][1],
                confidence: self.confidence[i],
                source: LandmarkSource::Found,
            });
        }
        (trusted, refused)
    }
}

/// Finds the hands of a film, left to right in the image.
///
/// # Errors
/// [`Error::NoHand`] where nothing looks enough like a hand, or the film says that it is of another part of the body.
pub fn find_hands(film: &Film, options: &FindOptions) -> Result<Vec<FoundHand>, Error> {
    if let Some(part) = &film.facts().body_part {
        let word = part.value.to_ascii_uppercase();
        if [
            "FOOT", "FEET", "TOE", "METATARS", "HALLUX", "ANKLE", "CHEST", "KNEE", "SKULL",
            "SPINE", "PELVIS",
        ]
        .iter()
        .any(|p| word.contains(p))
        {
            return Err(Error::NoHand {
                reason: format!(
                    "the film is of `{}` ({}), and only hands are found; give its joints with `--landmarks`",
                    part.value, part.from
                ),
            });
        }
    }
    let networks = Networks::load()?;
    let (picture, factor) =
        Picture::reduced(film.pixels(), film.width(), film.height(), options.side_px);
    let mut found = hypotheses(&networks, &picture, options);
    if found.is_empty() {
        return Err(Error::NoHand {
            reason: "nothing on it looks enough like a hand seen from the back or the palm; give its joints with `--landmarks`"
                .to_owned(),
        });
    }
    let middle = |h: &Hypothesis| h.points.iter().map(|p| p[0]).sum::<f64>();
    found.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let count = found.len();
    Ok(found
        .into_iter()
        .map(|mut hand| {
            let belief = refine::refine(&networks, &picture, &mut hand.points);
            let thumb = if hand.mirrored {
                ThumbSide::Left
            } else {
                ThumbSide::Right
            };
            let (side, side_reason) = side_of(film, thumb, count, options);
            let evidence: [Evidence; POINTS] = std::array::from_fn(|i| Evidence {
                peak: hand.peaks[i],
                residual: hand.residuals[i],
                belief: belief[i],
            });
            FoundHand {
                confidence: trust::confidence(hand.score, &evidence, &hand.points),
                evidence,
                points_px: hand.points.map(|p| p.map(|v| (v + 0.5) * factor - 0.5)),
                score: hand.score,
                thumb,
                side,
                side_reason,
            }
        })
        .collect())
}

/// The hands of a picture: the whole of it first, its halves where that does not satisfy, then beside what was found.
fn hypotheses(networks: &Networks, picture: &Picture, options: &FindOptions) -> Vec<Hypothesis> {
    let (w, h) = (picture.width as f64, picture.height as f64);
    let window = |x: f64, y: f64, w: f64, h: f64| Window {
        from: [x, y],
        size: [w, h],
    };
    let search = &options.search;
    let mut all: Vec<Hypothesis> = find(networks, picture, &window(0.0, 0.0, w, h), search)
        .into_iter()
        .collect();
    if all.first().is_none_or(|best| best.score < search.sure) {
        let halves = [
            window(0.0, 0.0, 0.5 * w, h),
            window(0.5 * w, 0.0, 0.5 * w, h),
            window(0.0, 0.0, w, 0.5 * h),
            window(0.0, 0.5 * h, w, 0.5 * h),
        ];
        all.extend(
            halves
                .iter()
                .filter_map(|half| find(networks, picture, half, search)),
        );
    }
    let mut kept = distinct(all, search.least);
    while !kept.is_empty() && kept.len() < options.most_hands {
        let Some(next) = others::beside(networks, picture, &kept, search) else {
            break;
        };
        kept.push(next);
    }
    kept.truncate(options.most_hands);
    kept
}

/// The best of hypotheses that name the same hand.
fn distinct(mut all: Vec<Hypothesis>, least: f64) -> Vec<Hypothesis> {
    all.retain(|h| h.score >= least);
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Hypothesis> = Vec::new();
    for one in all {
        if !kept.iter().any(|k| same_hand(k, &one)) {
            kept.push(one);
        }
    }
    kept
}

/// Whether two hypotheses lie within half a hand of each other.
fn same_hand(a: &Hypothesis, b: &Hypothesis) -> bool {
    let middle =
        |h: &Hypothesis| [0, 1].map(|k| h.points.iter().map(|p| p[k]).sum::<f64>() / POINTS as f64);
    let (p, q) = (middle(a), middle(b));
    (p[0] - q[0]).hypot(p[1] - q[1]) < 0.5 * hand_length(&a.points).max(hand_length(&b.points))
}

/// Which hand it is: by the view and the thumb, by the tag where one hand was found, by both where they agree.
fn side_of(
    film: &Film,
    thumb: ThumbSide,
    count: usize,
    options: &FindOptions,
) -> (Option<Side>, String) {
    let stated = options.view.map(|v| (v, "the view stated".to_owned()));
    let view = stated.or_else(|| {
        film.facts()
            .view
            .as_ref()
            .map(|v| (v.value, v.from.clone()))
    });
    let by_view = view.and_then(|(view, from)| {
        let side = match (view, thumb) {
            (View::Pa, ThumbSide::Right) | (View::Ap, ThumbSide::Left) => Side::L,
            (View::Pa, ThumbSide::Left) | (View::Ap, ThumbSide::Right) => Side::R,
            _ => return None,
        };
        Some((side, format!("the thumb's side in a {view} view ({from})")))
    });
    let by_tag = film.facts().laterality.as_ref().and_then(|l| {
        let side = match l.value {
            Laterality::Left => Side::L,
            Laterality::Right => Side::R,
            Laterality::Both => return None,
        };
        (count == 1).then(|| (side, l.from.clone()))
    });
    match (by_tag, by_view) {
        (Some((tag, from)), Some((view, because))) if tag != view => (
            None,
            format!("{from} says {tag:?}, {because} says {view:?}: state the side if you know it"),
        ),
        (Some((side, from)), _) | (None, Some((side, from))) => (Some(side), from),
        (None, None) => (
            None,
            "neither the file nor `--view` says which hand it is; a film by itself tells the thumb's side only".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests;
