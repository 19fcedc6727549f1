//! What two films of an unchanged joint differ by: repositioning, magnification and reading, beyond what the images
//! themselves tell. The study's own repeats where there are some, else what was published.

use crate::Error;
use howship_change::FilmQuantity;
use serde::{Deserialize, Serialize};

/// One quantity of one joint measured on repeated films between which nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    /// Short name of the joint; all joints share a precision where it is absent.
    pub joint: Option<String>,
    /// `None`: joint space; else of an erosion.
    pub quantity: Option<FilmQuantity>,
    /// The values, in the quantity's unit (area as a share of its mean is worked out here).
    pub values: Vec<f64>,
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
        joint_space: Option<f64>,
        /// Of an erosion's area, as a share.
        area_share: Option<f64>,
        /// Values it rests on less the number of repeated things: degrees of freedom.
        df: f64,
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
    continuity: 0.03,
};

/// Length of a frame's pixel where only pixels are known is taken from the frame's usual side: errors published in
/// millimetres must mean something there too.
pub(crate) const USUAL_MM_PER_PX: f64 =
    crate::frame::USUAL_FIELD_MM / crate::frame::FRAME_PX as f64;

impl Precision {
    /// From the study's repeats: root mean square of the SDs over joints.
    ///
    /// # Errors
    /// No quantity with two values of one joint, or a value that is not finite.
    pub fn from_repeats(repeats: &[Repeat]) -> Result<Self, Error> {
        if repeats
            .iter()
            .flat_map(|r| &r.values)
            .any(|v| !v.is_finite())
        {
            return Err(Error::Repeats {
                reason: "a value is not finite".to_owned(),
            });
        }
        let pooled = |quantity: Option<FilmQuantity>, share: bool| -> Option<(f64, f64)> {
            let (mut squares, mut df) = (0.0, 0.0);
            for r in repeats
                .iter()
                .filter(|r| r.quantity == quantity && r.values.len() > 1)
            {
                let n = r.values.len() as f64;
                let mean = r.values.iter().sum::<f64>() / n;
                let unit = if share { mean } else { 1.0 };
                if !(unit > 0.0) {
                    continue;
                }
                squares += r
                    .values
                    .iter()
                    .map(|v| ((v - mean) / unit).powi(2))
                    .sum::<f64>();
                df += n - 1.0;
            }
            (df > 0.0).then(|| ((squares / df).sqrt(), df))
        };
        let space = pooled(None, false);
        let area = pooled(Some(FilmQuantity::Area), true);
        let df = [space, area]
            .iter()
            .flatten()
            .map(|p| p.1)
            .fold(f64::INFINITY, f64::min);
        if !df.is_finite() {
            return Err(Error::Repeats {
                reason: "no joint space or area has two values of one joint".to_owned(),
            });
        }
        Ok(Self::Repeats {
            joint_space: space.map(|p| p.0),
            area_share: area.map(|p| p.0),
            df,
        })
    }

    /// Of a change of joint space; `per_mm` is the joint's unit per millimetre, `tilt_deg` what the flags suggest.
    pub(crate) fn joint_space(&self, joint: &str, per_mm: f64, tilt_deg: f64) -> Repeatability {
        let beyond = (tilt_deg.powi(2) - USUAL_TILT_DEG.powi(2)).max(0.0).sqrt();
        let extra = PER_DEGREE.joint_space_mm * per_mm * beyond;
        let limit_mm = if joint.starts_with("MCP") || joint.starts_with("MTP") {
            0.13
        } else {
            0.11
        };
        let published = limit_mm / 1.96 * per_mm;
        match self {
            Self::Published => whole(published.hypot(extra), None),
            Self::Repeats {
                joint_space: Some(sd),
                df,
                ..
            } => whole((sd * std::f64::consts::SQRT_2).hypot(extra), Some(*df)),
            Self::Repeats { .. } => whole(published.hypot(extra), None),
            Self::Tilt { sd_deg } => {
                added(PER_DEGREE.joint_space_mm * per_mm * sd_deg.max(tilt_deg))
            }
        }
    }

    /// Of a change of an erosion's area, both in the joint's unit squared.
    pub(crate) fn area(&self, area: f64, per_mm: f64, tilt_deg: f64) -> Repeatability {
        let by_tilt = |deg: f64| {
            let square = per_mm * per_mm;
            (PER_DEGREE.area_share * area).hypot(PER_DEGREE.area_mm2 * square) * deg
        };
        let beyond = (tilt_deg.powi(2) - USUAL_TILT_DEG.powi(2)).max(0.0).sqrt();
        let published = 0.5 / 1.96 * area;
        match self {
            Self::Published => whole(published.hypot(by_tilt(beyond)), None),
            Self::Repeats {
                area_share: Some(sd),
                df,
                ..
            } => whole(
                (sd * std::f64::consts::SQRT_2 * area).hypot(by_tilt(beyond)),
                Some(*df),
            ),
            Self::Repeats { .. } => whole(published.hypot(by_tilt(beyond)), None),
            Self::Tilt { sd_deg } => added(by_tilt(sd_deg.max(tilt_deg))),
        }
    }

    /// Of a change of cortical continuity by tilt alone; nothing is published of it.
    pub(crate) fn continuity(&self, tilt_deg: f64) -> f64 {
        let usual = match self {
            Self::Tilt { sd_deg } => *sd_deg,
            Self::Published | Self::Repeats { .. } => USUAL_TILT_DEG,
        };
        PER_DEGREE.continuity * usual.max(tilt_deg)
    }

    /// In words, for provenance.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Published => "published repeatability of films".to_owned(),
            Self::Repeats {
                joint_space,
                area_share,
                df,
            } => format!(
                "the study's repeats ({df} degrees of freedom): joint space {}, area {}",
                joint_space.map_or("published".to_owned(), |v| format!("{v:.4}")),
                area_share.map_or("published".to_owned(), |v| format!("{:.1} %", 100.0 * v))
            ),
            Self::Tilt { sd_deg } => format!("images alone and a tilt of {sd_deg} degrees (SD)"),
        }
    }
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

    #[test]
    fn repeats_give_their_root_mean_square() {
        let repeat = |values: &[f64]| Repeat {
            joint: None,
            quantity: None,
            values: values.to_vec(),
        };
        let found = Precision::from_repeats(&[repeat(&[1.0, 1.2]), repeat(&[2.0, 2.0])]).unwrap();
        let Precision::Repeats {
            joint_space: Some(sd),
            area_share: None,
            df,
        } = found
        else {
            panic!("{found:?}");
        };
        assert!((sd - 0.1).abs() < 1e-12 && df == 2.0);
        assert!(Precision::from_repeats(&[repeat(&[1.0])]).is_err());
        assert!(Precision::from_repeats(&[repeat(&[1.0, f64::NAN])]).is_err());
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
