use super::report::{Handling, TrialReport};
use crate::change::Kind;
use crate::{Tidy, TidyCell};
use howship_stats::Contrast;

impl TrialReport {
    /// The arms: a row per feature, visit, handling and arm; shares of each definition as columns.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let definitions: Vec<(String, Kind)> = (self.tables.first())
            .map(|r| r.shares.iter().map(|s| (s.name.clone(), s.kind)).collect())
            .unwrap_or_default();
        let mut columns = vec![
            "feature",
            "visit",
            "handling",
            "arm",
            "n",
            "imputed",
            "baseline_mean",
            "baseline_sd",
            "mean",
            "sd",
            "lower",
            "upper",
            "median",
            "q1",
            "q3",
            "group_repair",
        ];
        let shares: Vec<String> = definitions
            .iter()
            .flat_map(|(n, _)| [format!("share {n}"), format!("withheld {n}")])
            .collect();
        columns.extend(shares.iter().map(String::as_str));
        let mut table = Tidy::new(&columns);
        for r in &self.tables {
            let group = r.group.as_ref();
            let mut row = vec![
                r.feature.as_str().into(),
                r.visit.as_str().into(),
                r.handling.name().into(),
                r.arm.as_str().into(),
                r.patients.into(),
                r.imputed.into(),
                r.baseline_mean.into(),
                r.baseline_sd.into(),
                group.map(|g| g.mean).into(),
                group.map(|g| g.sd).into(),
                group.map(|g| g.lower).into(),
                group.map(|g| g.upper).into(),
                r.median.into(),
                r.quartiles.map(|q| q.0).into(),
                r.quartiles.map(|q| q.1).into(),
                group.map_or(TidyCell::Empty, |g| g.repair_word().into()),
            ];
            for s in &r.shares {
                row.push(s.share.map(|x| x.share).into());
                row.push(s.withheld.into());
            }
            table.push(row);
        }
        table
    }

    /// Arms against the reference arm.
    #[must_use]
    pub fn tidy_comparisons(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature",
            "visit",
            "handling",
            "method",
            "arm",
            "reference",
            "n",
            "difference",
            "se",
            "df",
            "lower",
            "upper",
            "p",
            "superiority",
        ]);
        for c in &self.comparisons {
            let d = c.difference.as_ref();
            table.push(vec![
                c.feature.as_str().into(),
                c.visit.as_str().into(),
                c.handling.name().into(),
                c.method.name().into(),
                c.arm.as_str().into(),
                c.reference.as_str().into(),
                c.patients.into(),
                d.map(|d| d.estimate).into(),
                d.map(|d| d.standard_error).into(),
                d.map(|d| d.degrees_of_freedom).into(),
                d.map(|d| d.interval.0).into(),
                d.map(|d| d.interval.1).into(),
                c.p.into(),
                c.superiority.into(),
            ]);
        }
        table
    }

    /// Arms' means at the mean baseline.
    #[must_use]
    pub fn tidy_adjusted_means(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature", "visit", "handling", "method", "arm", "mean", "se", "df", "lower", "upper",
        ]);
        for m in &self.adjusted_means {
            let mut row: Vec<TidyCell> = vec![
                m.feature.as_str().into(),
                m.visit.as_str().into(),
                m.handling.name().into(),
                m.method.name().into(),
                m.arm.as_str().into(),
            ];
            row.extend(estimate(&m.mean));
            table.push(row);
        }
        table
    }

    /// Fixed effects and variances of the random-coefficient models.
    #[must_use]
    pub fn tidy_random_coefficients(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature", "term", "estimate", "se", "df", "lower", "upper", "p",
        ]);
        for m in &self.random_coefficients {
            let feature = || TidyCell::from(m.feature.as_str());
            for (name, contrast) in &m.fixed {
                let mut row = vec![feature(), name.as_str().into()];
                row.extend(estimate(contrast));
                row.push(contrast.p.into());
                table.push(row);
            }
            for (i, a) in m.random.iter().enumerate() {
                for (j, b) in m.random.iter().enumerate().take(i + 1) {
                    let term = if i == j {
                        format!("variance of {a} between patients")
                    } else {
                        format!("covariance of {b} and {a} between patients")
                    };
                    table.push(vec![
                        feature(),
                        term.into(),
                        m.random_covariance[i][j].into(),
                    ]);
                }
            }
            let residual = "residual variance".into();
            table.push(vec![feature(), residual, m.residual_variance.into()]);
        }
        table
    }

    /// Cumulative probability plots: a row per patient.
    #[must_use]
    pub fn tidy_cumulative(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature",
            "visit",
            "arm",
            "subject",
            "probability",
            "change",
        ]);
        for c in &self.cumulative {
            for p in &c.points {
                table.push(vec![
                    c.feature.as_str().into(),
                    c.visit.as_str().into(),
                    c.arm.as_str().into(),
                    p.subject.as_str().into(),
                    p.probability.into(),
                    p.change.into(),
                ]);
            }
        }
        table
    }

    /// What was missing and what was put in its place.
    #[must_use]
    pub fn tidy_missing(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature",
            "visit",
            "arm",
            "patients",
            "observed",
            "extrapolated",
            "carried",
            "without_follow_up",
            "intermittent",
        ]);
        for m in &self.missing {
            table.push(vec![
                m.feature.as_str().into(),
                m.visit.as_str().into(),
                m.arm.as_str().into(),
                m.patients.into(),
                m.observed.into(),
                m.extrapolated.into(),
                m.carried.into(),
                m.without_follow_up.into(),
                m.intermittent.into(),
            ]);
        }
        table
    }

    /// How often readers differed beyond the threshold.
    #[must_use]
    pub fn tidy_adjudication(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "feature",
            "visit",
            "read_twice",
            "beyond",
            "share",
            "unsettled",
        ]);
        for a in &self.adjudication {
            table.push(vec![
                a.feature.as_str().into(),
                a.visit.as_str().into(),
                a.read_twice.into(),
                a.beyond.into(),
                a.share.into(),
                a.unsettled.into(),
            ]);
        }
        table
    }

    /// The arms at one visit of one feature, observed cases.
    pub fn observed<'a>(
        &'a self,
        feature: &'a str,
        visit: &'a str,
    ) -> impl Iterator<Item = &'a super::ArmRow> {
        self.handled(feature, visit, Handling::Observed)
    }

    /// The arms at one visit of one feature, missing changes handled in one way.
    pub fn handled<'a>(
        &'a self,
        feature: &'a str,
        visit: &'a str,
        handling: Handling,
    ) -> impl Iterator<Item = &'a super::ArmRow> {
        let wanted = move |r: &&super::ArmRow| {
            r.feature == feature && r.visit == visit && r.handling == handling
        };
        self.tables.iter().filter(wanted)
    }
}

fn estimate(c: &Contrast) -> [TidyCell; 5] {
    [
        c.estimate.into(),
        c.standard_error.into(),
        c.degrees_of_freedom.into(),
        c.interval.0.into(),
        c.interval.1.into(),
    ]
}
