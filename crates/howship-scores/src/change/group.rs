use crate::totals::MatchedSites;
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
    /// Repair or progression by the sums alone: over the sites of both visits the interval holds 0, so that neither is
    /// claimed.
    pub withheld: bool,
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
                reason: (
                    format!("arm `{arm}` has {patients} patients with a change"),
                    "two are needed",
                )
                    .into(),
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
            withheld: false,
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

    /// From patients' changes of sums; repair and progression also need the changes over the sites of both visits.
    pub(crate) fn from_matched(
        arm: &str,
        feature: &str,
        changes: &[(f64, MatchedSites)],
        confidence: f64,
    ) -> Result<Self, Error> {
        let of_sums: Vec<f64> = changes.iter().map(|c| c.0).collect();
        let mut group = Self::from_changes(arm, feature, &of_sums, confidence)?;
        if changes.iter().all(|c| !c.1.differ) {
            return Ok(group);
        }
        let seen = changes
            .iter()
            .filter_map(|(sum, matched)| matched.seen(*sum));
        let seen: Vec<f64> = seen.collect();
        let seen = Self::from_changes(arm, feature, &seen, confidence).ok();
        let holds = |of: fn(&Self) -> bool| seen.as_ref().is_some_and(of);
        let (repair, progression) = (group.repair, group.progression);
        group.repair &= holds(|s| s.repair);
        group.progression &= holds(|s| s.progression);
        group.withheld = (group.repair, group.progression) != (repair, progression);
        Ok(group)
    }

    /// Whether the group repairs, in a word.
    #[must_use]
    pub fn repair_word(&self) -> &'static str {
        match self {
            Self { repair: true, .. } => "yes",
            Self { withheld: true, .. } => "withheld",
            _ if self.sd == 0.0 => "no spread",
            _ => "no",
        }
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
            g.repair_word().into(),
        ]);
    }
    table
}
