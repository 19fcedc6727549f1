//! Is there more repair than readers' noise makes? Five estimators that do not lean on each other.
//!
//! Each says what it rests on, and gives no number where the design lacks the replicates that it needs.

mod covariance;
mod evidence;
mod no_change;
mod selected;
mod shrinkage;
mod shuffle;
mod tail;

pub use covariance::SharedChange;
pub use evidence::{Estimated, Evidence, Level, Pairing};
pub use no_change::{AloneReading, NoChange, WhyAlone};
pub use selected::SelectedChange;
pub use shrinkage::{Shrinkage, ShrunkChange};
pub use shuffle::ShuffleNull;
pub use tail::TailCount;

use crate::change::series::{ReaderGroup, Series, span};
use crate::change::{Matches, sequence_note};
use crate::{Error, ScoreTable, Tidy, TidyCell, Totals};
use evidence::{Changes, check_draws};
use serde::Serialize;

/// What [`repair_beyond_error`] shall do.
#[derive(Debug, Clone, PartialEq)]
pub struct RepairOptions {
    /// First visit; none for the first of the table.
    pub from: Option<u32>,
    /// Last visit; none for the last of the table.
    pub to: Option<u32>,
    /// Which total; joints are those of the feature, all for `total`.
    pub feature: String,
    /// Sizes of decreases for the tail comparison.
    pub cuts: Vec<f64>,
    /// Draws of bootstraps and shuffles.
    pub draws: usize,
    /// Seed.
    pub seed: u64,
    /// Confidence of intervals.
    pub confidence: f64,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            feature: "total".into(),
            cuts: vec![0.5, 1.0, 2.0, 3.0, 5.0],
            draws: 2000,
            seed: 2005,
            confidence: 0.95,
        }
    }
}

/// Five estimators side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepairReport {
    /// Name of the first visit.
    pub from: String,
    /// Name of the last visit.
    pub to: String,
    /// Which total.
    pub feature: String,
    /// Confidence of intervals.
    pub confidence: f64,
    /// Variance of true change, from what two readings share.
    pub shared: Evidence<Vec<SharedChange>>,
    /// Selected by one reading, measured by another.
    pub selected: Evidence<Vec<SelectedChange>>,
    /// More large decreases than noise makes.
    pub tail: Evidence<Vec<TailCount>>,
    /// Agreement on direction against films in random order.
    pub shuffle: Evidence<ShuffleNull>,
    /// Patients' changes, shrunk.
    pub shrinkage: Evidence<Shrinkage>,
    /// Readings that enter no change.
    pub no_change: NoChange,
    /// What the reader of these numbers must know.
    pub notes: Vec<String>,
}

/// The five estimators of repair in excess of readers' noise.
///
/// # Errors
/// Fewer than two visits, no such total, fewer than 100 draws, a confidence outside (0, 1).
pub fn repair_beyond_error(
    table: &ScoreTable,
    totals: &Totals,
    options: &RepairOptions,
) -> Result<RepairReport, Error> {
    check_draws(options.draws, options.confidence)?;
    table.settled("repair beyond error")?;
    let totals = &*table.sums_without_copies(totals);
    let table = &*table.without_copies();
    let span = span(table, options.from, options.to)?;
    let position = totals
        .position(&options.feature)
        .ok_or_else(|| Error::NotIdentified {
            question: "repair beyond error",
            reason: (
                format!("there is no total of `{}`", options.feature),
                format!("there are: {}", totals.features.join(", ")),
            )
                .into(),
        })?;
    let all = options.feature == "total";
    let patients = Series::patients(table, totals, position)?;
    let joints = Series::joints(table, |item| all || item.feature == options.feature)?;
    let matches = Matches::of(table, totals, span);
    // Of sums over other sites at one visit than at the other only what was seen at both counts.
    let of_patients = |unit: usize, group: &ReaderGroup| {
        let sum = patients.change(unit, group, span.0, span.1)?;
        let matched = matches.of_reader(&patients, unit, group, position)?;
        matched.seen(sum)
    };
    let of_joints = |unit: usize, group: &ReaderGroup| joints.change(unit, group, span.0, span.1);
    let changes = |level, pairing| match level {
        Level::Patient => Changes::new(table, &patients, level, pairing, of_patients),
        Level::Joint => Changes::new(table, &joints, level, pairing, of_joints),
    };
    let by_reader = [
        changes(Level::Patient, Pairing::Readers),
        changes(Level::Joint, Pairing::Readers),
    ];
    let by_reading = [
        changes(Level::Patient, Pairing::Replicates),
        changes(Level::Joint, Pairing::Replicates),
    ];
    let every: Vec<&Changes> = by_reader.iter().chain(&by_reading).collect();
    // Where one reader read twice, his readings stand in for readers.
    let replicated = by_reader[0].pairs.is_empty();
    let [of_patients, of_joints] = if replicated { &by_reading } else { &by_reader };
    let mut notes: Vec<String> = sequence_note(table.sequence_known).into_iter().collect();
    if replicated && !of_patients.pairs.is_empty() {
        notes.push(
            "one reader only: his readings stand in for readers; errors that he repeats count as true change".into(),
        );
    }
    let groups = patients.groups(false);
    let differing = (0..patients.units.len())
        .filter(|&unit| {
            matches
                .of_readers(&patients, unit, &groups, position)
                .differ
        })
        .count();
    if differing > 0 {
        notes.push(format!(
            "sums of {differing} of {} patients are of other sites at one visit than at the other: their changes here are \
             of the sites of both visits",
            patients.units.len()
        ));
    }
    notes.push(
        "readings of one film share what the film shows wrongly: every estimator here takes that for true change; \
         the latent-change model on three visits does not"
            .into(),
    );
    Ok(RepairReport {
        from: table.visits[span.0].name.clone(),
        to: table.visits[span.1].name.clone(),
        feature: options.feature.clone(),
        confidence: options.confidence,
        shared: covariance::shared_change(&every, options),
        selected: selected::selected_change(&every, options),
        tail: tail::tail_comparison(of_patients, options),
        shuffle: shuffle::shuffle_null(of_joints, options),
        shrinkage: shrinkage::shrinkage(table, of_patients),
        no_change: NoChange::of(table, &joints, span),
        notes,
    })
}

impl RepairReport {
    /// How many readings enter no change, whose and why; none where all enter one.
    #[must_use]
    pub fn no_change_note(&self) -> Option<String> {
        self.no_change.note(&self.from, &self.to)
    }

    /// All estimators in one table: estimator, what it is about, quantity, value and interval, or why there is none.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut rows = Rows {
            table: Tidy::new(&[
                "estimator",
                "level",
                "of",
                "quantity",
                "value",
                "lower",
                "upper",
                "not_identified",
            ]),
        };
        let level = |l: Level| match l {
            Level::Patient => "patient",
            Level::Joint => "joint",
        };
        rows.evidence("shared change", &self.shared, |rows, list| {
            for s in list {
                let of = format!("{} and {}", s.a, s.b);
                let at = ("shared change", level(s.level), of.as_str());
                rows.number(at, "units", s.units as f64);
                rows.estimated(at, "true variance", s.true_variance);
                rows.estimated(at, "noise variance", s.noise_variance);
                rows.estimated(at, "reliability of one reading", s.reliability);
                rows.number(at, "reliability of the mean", s.reliability_of_mean);
            }
        });
        rows.evidence("selected change", &self.selected, |rows, list| {
            for s in list {
                let of = format!(
                    "selected by {} below {:.3}, measured by {}",
                    s.by, s.below, s.measured
                );
                let at = ("selected change", level(s.level), of.as_str());
                rows.number(at, "selected", s.selected as f64);
                rows.number(at, "mean change of the selecting reading", s.mean_by);
                rows.estimated(at, "mean change of the measuring reading", s.mean_measured);
            }
        });
        rows.evidence("tail comparison", &self.tail, |rows, list| {
            for t in list {
                let of = format!("decrease of {} or more", t.cut);
                let at = ("tail comparison", "patient", of.as_str());
                rows.number(at, "decreased", t.decreased as f64);
                rows.number(at, "increased", t.increased as f64);
                rows.number(at, "decreased by noise", t.by_noise);
                rows.number(at, "excess", t.excess);
                rows.number(at, "p", t.p);
            }
        });
        rows.evidence("image shuffle", &self.shuffle, |rows, s| {
            let at = ("image shuffle", "joint", "all readers agree");
            rows.number(at, "better", s.better as f64);
            rows.number(at, "better by chance", s.better_by_chance);
            rows.number(at, "p of better", s.better_p);
            rows.number(at, "same direction", s.agreed as f64);
            rows.number(at, "same direction by chance", s.agreed_by_chance);
            rows.number(at, "p of same direction", s.agreed_p);
        });
        rows.evidence("shrinkage", &self.shrinkage, |rows, s| {
            let at = ("shrinkage", "patient", "all");
            rows.number(at, "mean change", s.mean);
            rows.number(at, "true variance", s.true_variance);
            rows.number(at, "noise variance", s.noise_variance);
            if let Some(p) = s.at_minus_sdc {
                rows.number(at, "P(true change < 0) at -SDC", p);
            }
        });
        rows.table
    }

    /// A row per patient: observed and expected true change, P(true change < 0).
    #[must_use]
    pub fn tidy_patients(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "subject",
            "readers",
            "observed",
            "reliability",
            "expected",
            "p_below_0_if_normal",
        ]);
        for p in self.shrinkage.found.iter().flat_map(|s| &s.patients) {
            table.push(vec![
                p.subject.as_str().into(),
                p.readers.into(),
                p.observed.into(),
                p.reliability.into(),
                p.expected.into(),
                p.repair.into(),
            ]);
        }
        table
    }
}

/// Rows of the common table.
struct Rows {
    table: Tidy,
}

/// Estimator, level, what it is about.
type At<'a> = (&'a str, &'a str, &'a str);

impl Rows {
    fn evidence<T>(&mut self, name: &str, e: &Evidence<T>, rows: impl FnOnce(&mut Self, &T)) {
        if let Some(found) = &e.found {
            rows(self, found);
        }
        if let Some(reason) = &e.not_identified {
            let mut cells: Vec<TidyCell> = vec![name.into()];
            cells.resize(7, TidyCell::Empty);
            cells.push(reason.as_str().into());
            self.table.push(cells);
        }
    }

    fn number(&mut self, (name, level, of): At<'_>, quantity: &str, value: f64) {
        let cells = vec![
            name.into(),
            level.into(),
            of.into(),
            quantity.into(),
            value.into(),
        ];
        self.table.push(cells);
    }

    fn estimated(&mut self, (name, level, of): At<'_>, quantity: &str, e: Estimated) {
        self.table.push(vec![
            name.into(),
            level.into(),
            of.into(),
            quantity.into(),
            e.value.into(),
            e.interval.map(|i| i.lower).into(),
            e.interval.map(|i| i.upper).into(),
        ]);
    }
}
