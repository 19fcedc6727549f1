use super::sites::{SiteSpec, subject_name};
use super::spec::ReadersSpec;
use serde::{Deserialize, Serialize};

/// What truly happened in a joint between two visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrueClass {
    /// Less severe.
    Healing,
    /// As it was.
    Stable,
    /// More severe.
    Progressing,
}

impl TrueClass {
    /// As in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healing => "healing",
            Self::Stable => "stable",
            Self::Progressing => "progressing",
        }
    }

    /// −1, 0 or 1.
    #[must_use]
    pub fn sign(self) -> i32 {
        self as i32 - 1
    }
}

/// A patient's own probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectTruth {
    /// Into [`ReadersSpec::arms`].
    pub arm: usize,
    /// Of a joint to be damaged at baseline.
    pub damaged: f64,
    /// Of a damaged joint to heal over an interval.
    pub healing: f64,
    /// Of a joint to progress over an interval.
    pub progressing: f64,
}

/// The truth behind a table of scores.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadersTruth {
    /// Specification, its sites written out.
    pub spec: ReadersSpec,
    /// Patients in the order of their numbers.
    pub subjects: Vec<SubjectTruth>,
    /// Steps of severity: subject, then site, then visit, the last fastest.
    pub(super) steps: Vec<u16>,
    /// Visit from which a joint is replaced, `u16::MAX` for never: subject, then site.
    pub(super) replaced: Vec<u16>,
}

impl ReadersTruth {
    /// What is scored.
    #[must_use]
    pub fn sites(&self) -> &[SiteSpec] {
        &self.spec.sites
    }

    /// A patient's name in the table.
    #[must_use]
    pub fn subject_name(&self, subject: usize) -> String {
        subject_name(subject, self.subjects.len())
    }

    /// True severity, in the scheme's grades; none outside the study.
    #[must_use]
    pub fn severity(&self, subject: usize, site: usize, visit: usize) -> Option<f64> {
        let (sites, visits) = (self.spec.sites.len(), self.spec.visits.len());
        if site >= sites || visit >= visits {
            return None;
        }
        let steps = self.steps.get((subject * sites + site) * visits + visit)?;
        Some(f64::from(*steps) * self.spec.sites[site].step)
    }

    /// True change of severity between two visits; none outside the study.
    #[must_use]
    pub fn change(&self, subject: usize, site: usize, from: usize, to: usize) -> Option<f64> {
        Some(self.severity(subject, site, to)? - self.severity(subject, site, from)?)
    }

    /// What happened between two visits; none outside the study.
    #[must_use]
    pub fn class(&self, subject: usize, site: usize, from: usize, to: usize) -> Option<TrueClass> {
        let change = self.change(subject, site, from, to)?;
        Some(if change < 0.0 {
            TrueClass::Healing
        } else if change > 0.0 {
            TrueClass::Progressing
        } else {
            TrueClass::Stable
        })
    }

    /// Visit from which a joint is replaced.
    #[must_use]
    pub fn replaced_from(&self, subject: usize, site: usize) -> Option<usize> {
        let sites = self.spec.sites.len();
        let visit = *self.replaced.get(subject * sites + site)?;
        (site < sites && visit != u16::MAX).then_some(usize::from(visit))
    }

    /// True sum over the sites of a feature, over all sites where none is named.
    #[must_use]
    pub fn total(&self, subject: usize, visit: usize, feature: Option<&str>) -> f64 {
        let sites = self.spec.sites.iter().enumerate();
        sites
            .filter(|(_, s)| feature.is_none_or(|f| s.feature == f))
            .filter_map(|(i, _)| self.severity(subject, i, visit))
            .sum()
    }

    /// The site with these codes.
    #[must_use]
    pub fn site(&self, side: &str, site: &str, feature: &str) -> Option<usize> {
        let fits = |s: &SiteSpec| s.side == side && s.site == site && s.feature == feature;
        self.spec.sites.iter().position(fits)
    }
}
