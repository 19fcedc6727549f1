use crate::{Error, Tidy};
use howship_stats::student_t_quantile;
use serde::Serialize;

/// The mean change of a group, and whether its interval lies wholly below zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupChange {
    /// Arm; `all` for everybody.
    pub arm: String,
    /// Which total.
    pub feature: String,
    /// Patients.
    pub patients: usize,
    /// Mean change.
    pub mean: f64,
    /// SD of changes.
    pub sd: f64,
    /// Lower end of Student's interval of the mean.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// The whole interval lies below 0: repair of the group may be claimed (van der Heijde, Arthritis Res Ther
    /// 2007;9:R62).
    pub repair: bool,
    /// The whole interval lies above 0.
    pub progression: bool,
}

impl GroupChange {
    /// From printed means and SDs.
    ///
    /// # Errors
    /// Fewer than two patients, an SD below 0 or not finite, a confidence outside (0, 1).
    pub fn from_moments(
        arm: &str,
        feature: &str,
        mean: f64,
        sd: f64,
        patients: usize,
        confidence: f64,
    ) -> Result<Self, Error> {
        if patients < 2 {
            return Err(Error::NotIdentified {
                question: "an interval of the mean change",
                reason: format!(
                    "arm `{arm}` has {patients} patients with a change; two are needed"
                ),
            });
        }
        if !(mean.is_finite() && sd.is_finite() && sd >= 0.0) {
            return Err(Error::Statistic(howship_stats::Error::Domain {
                name: "SD of changes",
                value: sd,
                allowed: "finite, >= 0, with a finite mean",
            }));
        }
        let t = student_t_quantile(0.5 + 0.5 * confidence, (patients - 1) as f64)?;
        let half = t * sd / (patients as f64).sqrt();
        Ok(Self {
            arm: arm.to_owned(),
            feature: feature.to_owned(),
            patients,
            mean,
            sd,
            lower: mean - half,
            upper: mean + half,
            // Without spread there is no interval that could exclude zero.
            repair: sd > 0.0 && mean + half < 0.0,
            progression: sd > 0.0 && mean - half > 0.0,
        })
    }

    /// From patients' changes.
    ///
    /// # Errors
    /// As [`GroupChange::from_moments`].
    pub fn from_changes(
        arm: &str,
        feature: &str,
        changes: &[f64],
        confidence: f64,
    ) -> Result<Self, Error> {
        let n = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / n.max(1.0);
        let squares: f64 = changes.iter().map(|c| (c - mean).powi(2)).sum();
        let sd = (squares / (n - 1.0).max(1.0)).sqrt();
        Self::from_moments(arm, feature, mean, sd, changes.len(), confidence)
    }
}

pub(super) fn tidy(groups: &[GroupChange]) -> Tidy {
    let mut table = Tidy::new(&[
        "arm",
        "feature",
        "patients",
        "mean",
        "sd",
        "lower",
        "upper",
        "group_repair",
    ]);
    for g in groups {
        table.push(vec![
            g.arm.as_str().into(),
            g.feature.as_str().into(),
            g.patients.into(),
            g.mean.into(),
            g.sd.into(),
            g.lower.into(),
            g.upper.into(),
            if g.repair { "yes" } else { "no" }.into(),
        ]);
    }
    table
}
