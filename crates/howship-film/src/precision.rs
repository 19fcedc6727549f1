//! What two films of an unchanged joint differ by: repositioning, magnification and reading, beyond what the images
//! themselves tell. The study's own repeats where there are some, else what was published.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::f64::consts::SQRT_2;

/// What a repeat's values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Repeated {
    /// Joint space of one joint on each film.
    JointSpace,
    /// Area of one erosion on each film.
    Area,
    /// Motion of the joint's bones against each other from the first film to each of the others: what is judged, and
    /// several times sharper than the difference of two outlines.
    Narrowing,
    /// Change of the area of one erosion from the first film to each of the others, over one region of both.
    AreaChange {
        /// Mean area of the erosion.
        area: f64,
    },
}

/// One quantity of one thing measured on repeated films between which nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    /// Short name of the joint, where it is known.
    pub joint: Option<String>,
    /// What was repeated.
    pub of: Repeated,
    /// In the quantity's unit (areas as a share of their mean are worked out here).
    pub values: Vec<f64>,
}

/// Standard deviation of one measurement (of a change, over √2), and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// Root mean square over the repeated things.
    pub sd: f64,
    /// Degrees of freedom.
    pub df: f64,
}

/// Joints that are measured about equally well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointKind {
    /// MCP of the fingers and MTP: heads are measured two to three times less well than other bones of the finger.
    Heads,
    /// MCP and IP joint of the thumb: seen from its side, and turned by every movement of it.
    Thumb,
    /// All other joints.
    Others,
}

impl JointKind {
    const ALL: [Self; 3] = [Self::Heads, Self::Thumb, Self::Others];

    fn of(joint: &str) -> Self {
        if matches!(joint, "MCP1" | "IP1") {
            Self::Thumb
        } else if is_head(joint) {
            Self::Heads
        } else {
            Self::Others
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Heads => "MCP and MTP joints",
            Self::Thumb => "the thumb's joints",
            Self::Others => "other joints",
        }
    }
}

/// What the study's repeats say of one quantity: joints of a kind are pooled apart from those of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnRepeats {
    /// Of each kind that was repeated.
    pub kinds: BTreeMap<JointKind, Pooled>,
    /// Of everything repeated, for joints of a kind that was not.
    pub all: Pooled,
}

impl OwnRepeats {
    fn of(&self, joint: &str) -> Pooled {
        let own = self.kinds.get(&JointKind::of(joint));
        own.copied().unwrap_or(self.all)
    }

    fn in_words(&self, text: fn(f64) -> String) -> String {
        let one = |p: &Pooled| format!("{} ({:.0} df)", text(p.sd), p.df);
        if self.kinds.len() < 2 {
            return one(&self.all);
        }
        let each = self
            .kinds
            .iter()
            .map(|(kind, p)| format!("{} at {}", one(p), kind.in_words()));
        each.collect::<Vec<_>>().join(", ")
    }
}

fn is_head(joint: &str) -> bool {
    joint.starts_with("MCP") || joint.starts_with("MTP")
}

/// Where the repeatability of films comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Precision {
    /// What is published: a single joint's space must change by 0.13 mm at MCP and 0.11 mm at other finger joints to
    /// be beyond error at 95 % (Angwin, J Rheumatol 2001: 0.11 mm; clinical SD 0.052-0.066 mm of phase-only
    /// correlation, J Digit Imaging 2020, JBHI 2023); an erosion's area by half, an assumption above the floor of
    /// 36 % that follows from 13 % on microfocal films (Buckland-Wright 1986).
    #[default]
    Published,
    /// The study's own repeats: standard deviation of one measurement, of joint space in its unit and of an
    /// erosion's area as a share of it; where one is absent the published one stands in.
    Repeats {
        /// Of the joint space.
        joint_space: Option<OwnRepeats>,
        /// Of an erosion's area, as a share.
        area_share: Option<OwnRepeats>,
    },
    /// Only what the images tell and this standard deviation of tilt between visits (degrees), by what the phantom
    /// shows per degree: for phantoms and for films taken in a mould.
    Tilt {
        /// Degrees.
        sd_deg: f64,
    },
}

/// Error of a change beyond what the images tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Repeatability {
    /// Standard deviation of the change.
    pub sd: f64,
    /// Whether it is the whole error (as of repeats) or to be added to the algorithm's.
    pub whole: bool,
    pub df: Option<f64>,
}

/// What a joint space of the thumb's MCP and IP joint must change by: nothing is published of thumbs. On unchanged formula
/// hands whose thumbs were turned by up to 5 degrees more than the hand was (`benches/unchanged_hands.py`, seeds from 1 and
/// from 101, 11 and 6 joints) the root mean square was 0.135 and 0.093 mm, three to five times that of the fingers.
const THUMB_LIMITS_MM: [f64; 2] = [0.28, 0.20];

/// A joint space of 1 to 2 mm that spreads by more between repeated films is in another unit (mm).
const MOST_SPREAD_MM: f64 = 1.0;

/// Tilt between visits that the published limits are taken to contain (degrees, SD): hands laid down anew by eye.
const USUAL_TILT_DEG: f64 = 3.0;

/// What the phantom shows per degree of tilt or roll of one bone pair (`examples/film_errors.rs`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PerDegree {
    /// Change of the joint space (mm).
    pub joint_space_mm: f64,
    /// Change of an erosion's area, as a share of it.
    pub area_share: f64,
    /// And a part that does not grow with the erosion (mm²).
    pub area_mm2: f64,
    /// Change of the cortical continuity.
    pub continuity: f64,
}

pub(crate) const PER_DEGREE: PerDegree = PerDegree {
    joint_space_mm: 0.027,
    area_share: 0.008,
    area_mm2: 0.005,
    continuity: 0.015,
};

/// Length of a frame's pixel where only pixels are known is taken from the frame's usual side: errors published in
/// millimetres must mean something there too.
pub(crate) const USUAL_MM_PER_PX: f64 =
    crate::frame::USUAL_FIELD_MM / crate::frame::FRAME_PX as f64;

impl Precision {
    /// Whether the study's own repeats tell the error of a joint space's change, and of an area's: they hold whatever else is
    /// known of it.
    pub(crate) fn own(&self) -> [bool; 2] {
        match self {
            Self::Repeats {
                joint_space,
                area_share,
            } => [joint_space.is_some(), area_share.is_some()],
            Self::Published | Self::Tilt { .. } => [false; 2],
        }
    }

    /// From the study's repeats: root mean square of the SDs over things. Where a quantity has repeats of its change,
    /// those are taken and not its single values.
    ///
    /// Changes of k films from one first film share its error: their sum of squares has 2k σ² on average and, by
    /// Satterthwaite, 4k/(k+3) degrees of freedom.
    ///
    /// # Errors
    /// No quantity with two values of one thing or one change, or a value that is not finite.
    pub fn from_repeats(repeats: &[Repeat]) -> Result<Self, Error> {
        let bad = |reason: &str| Error::Repeats {
            reason: reason.to_owned(),
        };
        if repeats
            .iter()
            .flat_map(|r| &r.values)
            .any(|v| !v.is_finite())
        {
            return Err(bad("a value is not finite"));
        }
        let own = |which: fn(&Repeated) -> bool| -> Option<OwnRepeats> {
            let of = || repeats.iter().filter(move |r| which(&r.of));
            let of_kind = |kind: JointKind| {
                let own = of().filter(|r| r.joint.as_deref().map(JointKind::of) == Some(kind));
                Some((kind, pooled(own)?))
            };
            Some(OwnRepeats {
                all: pooled(of())?,
                kinds: JointKind::ALL.into_iter().filter_map(of_kind).collect(),
            })
        };
        let space =
            own(|r| *r == Repeated::Narrowing).or_else(|| own(|r| *r == Repeated::JointSpace));
        let area = own(|r| matches!(r, Repeated::AreaChange { .. }))
            .or_else(|| own(|r| *r == Repeated::Area));
        // Nothing that is measured repeats exactly: an unfilled form, or one film measured twice.
        let exact = |own: &Option<OwnRepeats>| {
            let kinds = own.iter().flat_map(|o| o.kinds.values().chain([&o.all]));
            kinds.into_iter().any(|p| !(p.sd > 0.0))
        };
        if exact(&space) || exact(&area) {
            return Err(bad(
                "all repeats of a quantity are the same, which would be no error at all; give what was measured on films taken anew",
            ));
        }
        if space.is_none() && area.is_none() {
            return Err(bad(
                "no joint space or area has two values of one thing, or a change",
            ));
        }
        Ok(Self::Repeats {
            joint_space: space,
            area_share: area,
        })
    }

    /// Refuses repeats that cannot be in millimetres: joint spaces that spread by more than 1 mm.
    ///
    /// # Errors
    /// Names the spread.
    pub fn plausible_in_mm(&self) -> Result<(), Error> {
        let Self::Repeats {
            joint_space: Some(own),
            ..
        } = self
        else {
            return Ok(());
        };
        let spreads = own.kinds.values().chain([&own.all]);
        match spreads.into_iter().find(|p| p.sd > MOST_SPREAD_MM) {
            None => Ok(()),
            Some(p) => Err(Error::Repeats {
                reason: format!(
                    "joint spaces on repeated films spread by {:.1} (SD), and the films are in millimetres; are these micrometres or pixels?",
                    p.sd
                ),
            }),
        }
    }

    /// Of a change of joint space; `per_mm` is the joint's unit per millimetre, `tilt_deg` what the flags suggest.
    pub(crate) fn joint_space(&self, joint: &str, per_mm: f64, tilt_deg: f64) -> Repeatability {
        let beyond = (tilt_deg.powi(2) - USUAL_TILT_DEG.powi(2)).max(0.0).sqrt();
        let extra = PER_DEGREE.joint_space_mm * per_mm * beyond;
        let limit_mm = match joint {
            "MCP1" => THUMB_LIMITS_MM[0],
            "IP1" => THUMB_LIMITS_MM[1],
            joint if is_head(joint) => 0.13,
            _ => 0.11,
        };
        let published = limit_mm / 1.96 * per_mm;
        match self {
            Self::Published => whole(published.hypot(extra), None),
            Self::Repeats {
                joint_space: Some(own),
                ..
            } => {
                let own = own.of(joint);
                whole((own.sd * SQRT_2).hypot(extra), Some(own.df))
            }
            Self::Repeats { .. } => whole(published.hypot(extra), None),
            Self::Tilt { sd_deg } => {
                added(PER_DEGREE.joint_space_mm * per_mm * sd_deg.max(tilt_deg))
            }
        }
    }

    /// Of a change of an erosion's area, both in the joint's unit squared.
    pub(crate) fn area(&self, joint: &str, area: f64, per_mm: f64, tilt_deg: f64) -> Repeatability {
        let by_tilt = |deg: f64| {
            let square = per_mm * per_mm;
            (PER_DEGREE.area_share * area).hypot(PER_DEGREE.area_mm2 * square) * deg
        };
        let beyond = (tilt_deg.powi(2) - USUAL_TILT_DEG.powi(2)).max(0.0).sqrt();
        let published = 0.5 / 1.96 * area;
        match self {
            Self::Published => whole(published.hypot(by_tilt(beyond)), None),
            Self::Repeats {
                area_share: Some(own),
                ..
            } => {
                let own = own.of(joint);
                let sd = (own.sd * SQRT_2 * area).hypot(by_tilt(beyond));
                whole(sd, Some(own.df))
            }
            Self::Repeats { .. } => whole(published.hypot(by_tilt(beyond)), None),
            Self::Tilt { sd_deg } => added(by_tilt(sd_deg.max(tilt_deg))),
        }
    }

    /// Of a change of cortical continuity by tilt alone; nothing is published of it. The flags of position do not foretell it
    /// (`examples/film_errors`, seeds 300000 to 300499: a weight of 0 on phalanges and heads).
    pub(crate) fn continuity(&self) -> f64 {
        let usual = match self {
            Self::Tilt { sd_deg } => *sd_deg,
            Self::Published | Self::Repeats { .. } => USUAL_TILT_DEG,
        };
        PER_DEGREE.continuity * usual
    }

    /// In words, for provenance.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Published => "published repeatability of films".to_owned(),
            Self::Repeats {
                joint_space,
                area_share,
            } => {
                let say = |own: &Option<OwnRepeats>, text| {
                    own.as_ref()
                        .map_or("published".to_owned(), |own| own.in_words(text))
                };
                format!(
                    "the study's repeats: joint space {}, area {}",
                    say(joint_space, |sd| format!("{sd:.4}")),
                    say(area_share, |sd| format!("{:.1} %", 100.0 * sd))
                )
            }
            Self::Tilt { sd_deg } => format!("images alone and a tilt of {sd_deg} degrees (SD)"),
        }
    }
}

/// Root mean square over things; areas as a share of their mean. `None` where nothing was repeated.
fn pooled<'a>(repeats: impl Iterator<Item = &'a Repeat>) -> Option<Pooled> {
    let (mut squares, mut weight, mut df) = (0.0, 0.0, 0.0);
    for r in repeats {
        let n = r.values.len() as f64;
        let mean = r.values.iter().sum::<f64>() / n;
        let (centre, unit) = match r.of {
            Repeated::JointSpace => (mean, 1.0),
            Repeated::Area => (mean, mean),
            Repeated::Narrowing => (0.0, 1.0),
            Repeated::AreaChange { area } => (0.0, area),
        };
        let (worth, freedom) = match r.of {
            Repeated::JointSpace | Repeated::Area => (n - 1.0, n - 1.0),
            // A change has twice the variance of a value.
            Repeated::Narrowing | Repeated::AreaChange { .. } => (2.0 * n, 4.0 * n / (n + 3.0)),
        };
        if worth > 0.0 && unit > 0.0 {
            let square = |v: &f64| ((v - centre) / unit).powi(2);
            squares += r.values.iter().map(square).sum::<f64>();
            weight += worth;
            df += freedom;
        }
    }
    (df > 0.0).then(|| Pooled {
        sd: (squares / weight).sqrt(),
        df,
    })
}

fn whole(sd: f64, df: Option<f64>) -> Repeatability {
    Repeatability {
        sd,
        whole: true,
        df,
    }
}

fn added(sd: f64) -> Repeatability {
    Repeatability {
        sd,
        whole: false,
        df: None,
    }
}

impl Repeatability {
    /// The whole error of a change whose images alone tell `algorithm`.
    pub(crate) fn with(self, algorithm: f64, df: Option<f64>) -> (f64, Option<f64>) {
        if self.whole {
            // Repeats contain the algorithm's usual error; where it is larger here, it counts.
            if algorithm > self.sd {
                (algorithm, df)
            } else {
                (self.sd, self.df)
            }
        } else {
            let se = algorithm.hypot(self.sd);
            // Welch and Satterthwaite, the added part taken as known.
            let share = if se > 0.0 {
                (algorithm / se).powi(4)
            } else {
                1.0
            };
            (se, df.map(|d| d / share.max(1e-3)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    #[test]
    fn repeats_give_their_root_mean_square() {
        let repeat = |of, values: &[f64]| Repeat {
            joint: None,
            of,
            values: values.to_vec(),
        };
        let space = |values: &[f64]| repeat(Repeated::JointSpace, values);
        let found = Precision::from_repeats(&[space(&[1.0, 1.2]), space(&[2.0, 2.0])]).unwrap();
        let Precision::Repeats {
            joint_space: Some(own),
            area_share: None,
        } = found
        else {
            panic!("{found:?}");
        };
        assert!((own.all.sd - 0.1).abs() < 1e-12 && own.all.df == 2.0 && own.kinds.is_empty());
        assert!(Precision::from_repeats(&[space(&[1.0])]).is_err());
        assert!(Precision::from_repeats(&[space(&[1.0, f64::NAN])]).is_err());
    }

    /// Changes from one first film: unbiased, their degrees of freedom those of the formula, and taken before single
    /// values.
    #[test]
    fn repeats_of_changes_are_changes() {
        let change = Repeat {
            joint: Some("PIP3".to_owned()),
            of: Repeated::AreaChange { area: 2.0 },
            values: vec![0.2, -0.2, 0.2],
        };
        let single = Repeat {
            joint: None,
            of: Repeated::Area,
            values: vec![1.0, 3.0],
        };
        let head = Repeat {
            joint: Some("MCP2".to_owned()),
            values: vec![0.6, -0.6, 0.6],
            ..change.clone()
        };
        let thumb = Repeat {
            joint: Some("IP1".to_owned()),
            values: vec![1.0, 1.0, -1.0],
            ..change.clone()
        };
        let found = Precision::from_repeats(&[single, change, head, thumb]).unwrap();
        // A head's repeats are worse and are its own, as are a thumb's; a joint of another kind has its own too.
        for (joint, expected) in [("PIP5", 0.2), ("MCP4", 0.6), ("IP1", 1.0)] {
            let (se, df) = found.area(joint, 2.0, 1.0, 0.0).with(0.01, None);
            assert!(
                (se - expected).abs() < 1e-12 && df == Some(2.0),
                "{joint} {se}"
            );
        }
        // 4,000 sets of 3 changes with errors of 1 on every film.
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
        let squares: Vec<f64> = (0..4000)
            .map(|_| {
                let first = draw();
                (0..3).map(|_| (draw() - first).powi(2)).sum::<f64>() / 6.0
            })
            .collect();
        let mean = squares.iter().sum::<f64>() / 4000.0;
        let variance = squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 3999.0;
        assert!((mean - 1.0).abs() < 0.06, "{mean}");
        let df = 2.0 * mean * mean / variance;
        assert!((df - 2.0).abs() < 0.25, "{df}");
    }

    #[test]
    fn published_limits_come_out_again_and_tilt_widens_them() {
        let calm = Precision::Published.joint_space("MCP2", 1.0, 0.0);
        let (se, _) = calm.with(0.01, None);
        assert!((1.96 * se - 0.13).abs() < 1e-9);
        let tilted = Precision::Published.joint_space("MCP2", 1.0, 8.0);
        assert!(tilted.sd > calm.sd);
        // Images that tell less than usual are not called better than they are.
        assert_eq!(calm.with(0.2, Some(9.0)), (0.2, Some(9.0)));
    }
}
