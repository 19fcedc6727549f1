//! Hands and feet found on a film: how many, turned how, on which side the thumb or great toe is, and where every joint
//! is.
//!
//! # Method
//! Two small networks for hands and two for feet, taught only on films rendered from formulas (`training/`). The first
//! sees the film at many turns and both mirrorings and gives a heat map per landmark; the mean shape of hands or feet and
//! how it varies weigh what it saw. The second sees each joint by itself. Their forward pass is written here; it gives the
//! same numbers for any number of threads. Whether the film is of hands or of feet is taken from what the film or the
//! reader says; where neither does, both are looked for, and only a clear lead decides (`part`).
//!
//! # Limits
//! A film tells the *thumb's* (great toe's) side, not the body's: which hand or foot it is needs a tag, a marker or the
//! view. Hands and feet so mutilated that their outline is none are refused or miss joints. A landmark is the centre of
//! the joint space, to about half a percent of the hand's length: a start for measuring, not a measurement. One real
//! film has tested the finder of feet.

mod nets;
mod network;
mod others;
mod part;
mod picture;
mod refine;
mod search;
mod shape;
mod side;
mod trust;

pub use search::SearchOptions;

use crate::{Error, Landmark, LandmarkSource, ThumbSide};
use howship_change::{Part, Side};
use howship_image::{Film, View};
use nets::{Networks, POINTS};
use picture::Picture;
use search::{Hypothesis, Window, find, hand_length};

/// Names of the landmarks of a hand, in the order of every list of them: bases of the metacarpals, joints, tips.
pub const HAND_POINTS: [&str; POINTS] = [
    "CMC1", "CMC2", "CMC3", "CMC4", "CMC5", "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "IP1", "PIP2",
    "PIP3", "PIP4", "PIP5", "DIP2", "DIP3", "DIP4", "DIP5", "TIP1", "TIP2", "TIP3", "TIP4", "TIP5",
];

/// Names of the landmarks of a foot, slot by slot those of a hand.
pub const FOOT_POINTS: [&str; POINTS] = [
    "TMT1", "TMT2", "TMT3", "TMT4", "TMT5", "MTP1", "MTP2", "MTP3", "MTP4", "MTP5", "FIP1",
    "FPIP2", "FPIP3", "FPIP4", "FPIP5", "FDIP2", "FDIP3", "FDIP4", "FDIP5", "FTIP1", "FTIP2",
    "FTIP3", "FTIP4", "FTIP5",
];

/// Names of a part's landmarks.
#[must_use]
pub const fn points_of(part: Part) -> &'static [&'static str; POINTS] {
    match part {
        Part::Hand => &HAND_POINTS,
        Part::Foot => &FOOT_POINTS,
    }
}

/// The joints among them that are measured.
const JOINTS: std::ops::Range<usize> = 5..19;
/// The bases of metacarpals and metatarsals: what they lend a finger that is dislocated or cut off is its direction.
const BASES: std::ops::Range<usize> = 0..5;

/// How hands and feet are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FindOptions {
    /// The search of the first network.
    pub search: SearchOptions,
    /// Longer side of the picture that is searched, pixels. At 760 a hand that fills two thirds of its film is seen by
    /// the second network at about its own resolution (320 pixels from metacarpal bases to the middle fingertip).
    pub side_px: usize,
    /// Hand or foot, where the reader knows it.
    pub part: Option<Part>,
    /// Most hands or feet on a film.
    pub most_hands: usize,
    /// Confidence below which a joint is refused.
    pub least_confidence: f64,
    /// The same of a metacarpal's or metatarsal's base: it only lends a direction and the size of the field.
    pub least_base_confidence: f64,
    /// The view, where the reader knows it and the film does not say; names the hand or foot by the side of its thumb or
    /// great toe.
    pub view: Option<View>,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self {
            search: SearchOptions::default(),
            side_px: 760,
            part: None,
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

/// A hand or foot on a film.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundLimb {
    /// Hand or foot.
    pub part: Part,
    /// Places in the order of [`HAND_POINTS`] or [`FOOT_POINTS`], pixels of the film (column, row; the first pixel's centre is 0, 0).
    pub points_px: [[f64; 2]; POINTS],
    /// Probability that each point is within 3 % of the hand's length of its true place, as on formula films of hands
    /// (`examples/find_calibration.rs`); of feet it was not fitted and orders points only.
    pub confidence: [f64; POINTS],
    /// What the networks saw of each point.
    pub evidence: [Evidence; POINTS],
    /// Mean agreement of what was seen with what hands or feet look like, 0 to 1.
    pub score: f64,
    /// The side of thumb or great toe, fingers or toes up.
    pub thumb: ThumbSide,
    /// Which side of the body, where that can be known.
    pub side: Option<Side>,
    /// From what it is known, or why it is not.
    pub side_reason: String,
}

impl FoundLimb {
    /// From the bases of metacarpals or metatarsals to the third finger's or toe's tip, pixels.
    #[must_use]
    pub fn length_px(&self) -> f64 {
        hand_length(&self.points_px)
    }

    /// The joints that are trusted, and the bases of metacarpals or metatarsals, as landmarks of `film`'s hand or foot
    /// number `hand`; the joints that are not, with their confidence.
    #[must_use]
    pub fn landmarks(
        &self,
        film: &str,
        hand: usize,
        options: &FindOptions,
    ) -> (Vec<Landmark>, Vec<(&'static str, f64)>) {
        let names = points_of(self.part);
        let (mut trusted, mut refused) = (Vec::new(), Vec::new());
        for i in BASES.chain(JOINTS) {
            let joint = JOINTS.contains(&i);
            let least = if joint {
                options.least_confidence
            } else {
                options.least_base_confidence
            };
            if self.confidence[i] < least {
                if joint && crate::is_measured(names[i]) {
                    refused.push((names[i], self.confidence[i]));
                }
                continue;
            }
            trusted.push(Landmark {
                film: film.to_owned(),
                hand,
                side: self.side,
                joint: names[i].to_owned(),
                x: self.points_px[i][0],
                y: self.points_px[i][1],
                confidence: self.confidence[i],
                source: LandmarkSource::Found,
            });
        }
        (trusted, refused)
    }
}

/// Finds the hands or the feet of a film, left to right in the image.
///
/// # Errors
/// [`Error::NoHand`] where nothing looks enough like a hand or foot, where it is not clear which of them it is, where the
/// reader and the film say different parts, or where the film says that it is of another part of the body.
pub fn find_limbs(film: &Film, options: &FindOptions) -> Result<Vec<FoundLimb>, Error> {
    let stated = part::stated(film, options.part)?;
    let (picture, factor) =
        Picture::reduced(film.pixels(), film.width(), film.height(), options.side_px);
    let look = Looker {
        picture: &picture,
        options,
    };
    let (networks, mut found) = match stated {
        Some(part) => part::said(film, part, &look)?,
        None => part::clearer(&look)?,
    };
    if found.is_empty() {
        let what = match networks.part {
            Part::Hand => "a hand seen from the back or the palm",
            Part::Foot => "a foot seen from its back or its sole",
        };
        return Err(Error::NoHand {
            reason: format!(
                "nothing on it looks enough like {what}; give its joints with `--landmarks`"
            ),
        });
    }
    let middle = |h: &Hypothesis| h.points.iter().map(|p| p[0]).sum::<f64>();
    found.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let count = found.len();
    Ok(found
        .into_iter()
        .map(|mut limb| {
            let belief = refine::refine(&networks, &picture, &mut limb.points);
            let thumb = if limb.mirrored {
                ThumbSide::Left
            } else {
                ThumbSide::Right
            };
            let seen = side::Seen {
                part: networks.part,
                thumb,
                count,
            };
            let (side, side_reason) = side::side_of(film, &seen, options);
            let evidence: [Evidence; POINTS] = std::array::from_fn(|i| Evidence {
                peak: limb.peaks[i],
                residual: limb.residuals[i],
                belief: belief[i],
            });
            FoundLimb {
                part: networks.part,
                confidence: trust::confidence(limb.score, &evidence, &limb.points),
                evidence,
                points_px: limb.points.map(|p| p.map(|v| (v + 0.5) * factor - 0.5)),
                score: limb.score,
                thumb,
                side,
                side_reason,
            }
        })
        .collect())
}

/// Looks for hands or feet in a picture: in the whole of it first, then in its parts.
struct Looker<'a> {
    picture: &'a Picture,
    options: &'a FindOptions,
}

/// What the whole picture gave.
struct Whole {
    networks: Networks,
    best: Option<Hypothesis>,
}

impl Whole {
    fn score(&self) -> f64 {
        self.best.as_ref().map_or(0.0, |h| h.score)
    }
}

impl Looker<'_> {
    /// One hand or foot that may fill the picture: a fifth of the work of [`Self::all`] where none does.
    fn whole(&self, part: Part) -> Result<Whole, Error> {
        let networks = Networks::load(part)?;
        let (w, h) = (self.picture.width as f64, self.picture.height as f64);
        let window = Window {
            from: [0.0; 2],
            size: [w, h],
        };
        let best = find(&networks, self.picture, &window, &self.options.search);
        Ok(Whole { networks, best })
    }

    /// The hands or feet of the picture: its halves where the whole does not satisfy, then beside what was found.
    fn all(&self, whole: Whole) -> (Networks, Vec<Hypothesis>) {
        let Whole { networks, best } = whole;
        let (w, h) = (self.picture.width as f64, self.picture.height as f64);
        let window = |x: f64, y: f64, w: f64, h: f64| Window {
            from: [x, y],
            size: [w, h],
        };
        let search = &self.options.search;
        let mut all: Vec<Hypothesis> = best.into_iter().collect();
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
                    .filter_map(|half| find(&networks, self.picture, half, search)),
            );
        }
        let most = self.options.most_hands;
        let mut kept = distinct(all, search.least);
        while !kept.is_empty() && kept.len() < most {
            let Some(next) = others::beside(&networks, self.picture, &kept, search) else {
                break;
            };
            kept.push(next);
        }
        kept.truncate(most);
        (networks, kept)
    }
}

/// The best of hypotheses that name the same hand or foot.
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

#[cfg(test)]
mod tests;
