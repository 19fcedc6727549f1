//! What visits' names say of their time, against the days of the rows.

use super::timing::{Known, Timing};
use super::visit_names::DAYS_PER_MONTH;
use crate::Reason;

/// What names of visits are worth beside days.
pub(super) struct Labels {
    /// By visit: whether its name's day is borne out, or nothing speaks against it.
    pub(super) believed: Vec<bool>,
    /// What to tell of it.
    pub(super) told: Vec<String>,
    /// Why no time can be had: days in another unit, or a baseline that is not the first by its days.
    pub(super) refusal: Option<Reason>,
    contradicted: bool,
}

/// A visit whose name and days both tell.
struct Both {
    at: usize,
    named: f64,
    median: f64,
}

/// How near the ratio of two times must be to that of two units to be taken for it: visits a tenth early or late are
/// common, and no two of the units are nearer to each other than a factor of four.
const SAME_RATIO: f64 = 0.1;

impl Labels {
    pub(super) fn of(known: &[Known], timing: &Timing<'_>, days_column: &str) -> Self {
        let mut labels = Self::against_days(known, timing, days_column);
        let tolerance = timing.options.label_tolerance.at(0.0);
        labels.told.extend(before_baseline(known, tolerance));
        labels
    }

    fn against_days(known: &[Known], timing: &Timing<'_>, days_column: &str) -> Self {
        let both: Vec<Both> = known
            .iter()
            .enumerate()
            .filter_map(|(at, k)| {
                Some(Both {
                    at,
                    named: k.named?,
                    median: k.median?,
                })
            })
            .collect();
        let mut labels = Self {
            believed: vec![true; known.len()],
            told: Vec::new(),
            refusal: None,
            contradicted: false,
        };
        let near = |b: &Both, day: f64| match timing.windows.of(&known[b.at].name) {
            Some(w) => (b.named - w.before..=b.named + w.after).contains(&day),
            None => (day - b.named).abs() <= timing.options.label_tolerance.at(b.named),
        };
        if both.iter().all(|b| near(b, b.median)) {
            return labels;
        }
        labels.contradicted = true;
        // Days may count from another day than the names do.
        if let Some(start) = both.iter().find(|b| b.named == 0.0)
            && both.iter().all(|b| near(b, b.median - start.median))
            && both.len() > 1
        {
            both.iter().for_each(|b| labels.believed[b.at] = false);
            labels.told.push(format!(
                "`{days_column}` counts from another day than the visits' names: `{}` is day {:.0}; days between \
                 visits are those of `{days_column}`",
                known[start.at].name, start.median
            ));
            return labels;
        }
        if let Some(unit) = unit(&both, |b| near(b, b.median)) {
            let example = both.iter().find(|b| b.named > 0.0);
            let example = example.map_or_else(String::new, |b| {
                format!(" (`{}` has {})", known[b.at].name, b.median)
            });
            labels.refusal = Some(
                (
                    format!("column `{days_column}` holds {unit} by the visits' names{example}"),
                    format!(
                        "give days, or say `days_unit = \"{unit}\"` in a mapping (`--columns`)"
                    ),
                )
                    .into(),
            );
            return labels;
        }
        labels.refusal = late_baseline(&both, known, days_column);
        if labels.refusal.is_some() {
            return labels;
        }
        let apart: Vec<&Both> = both.iter().filter(|b| !near(b, b.median)).collect();
        for b in &apart {
            labels.believed[b.at] = false;
        }
        let shown: Vec<String> = apart
            .iter()
            .map(|b| {
                format!(
                    "`{}` is day {:.0}, not {:.0}",
                    known[b.at].name, b.median, b.named
                )
            })
            .collect();
        labels.told.push(format!(
            "visits' names and `{days_column}` disagree: {} (median); days are used, names only name",
            shown.join(", ")
        ));
        labels
    }

    /// Whether the order of visits follows their days.
    pub(super) fn days_win(&self) -> bool {
        self.contradicted
    }
}

/// A visit whose name tells no time, long before the one whose name says baseline: changes are counted from the first by
/// the days, which may be meant (`--baseline` of a trial names another) and may not.
fn before_baseline(known: &[Known], tolerance: f64) -> Option<String> {
    let start = known.iter().find(|k| k.named == Some(0.0))?;
    let day = start.median?;
    let early = known.iter().filter(|k| k.named.is_none());
    let early = early.filter_map(|k| Some((&k.name, day - k.median?)));
    let (name, days) = early
        .filter(|(_, days)| *days > tolerance)
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(format!(
        "`{name}` lies {days:.0} days before `{}`, the baseline by its name: changes are counted from `{name}`, the first by its days; to count them from `{}`, leave the rows of `{name}` out",
        start.name, start.name
    ))
}

/// A visit whose name says baseline, behind another by its days. Which visit is the baseline turns the sign of every
/// change: that is not settled by a rule.
fn late_baseline(both: &[Both], known: &[Known], days_column: &str) -> Option<Reason> {
    let start = both.iter().find(|b| b.named == 0.0)?;
    let before = both.iter().find(|b| b.median < start.median)?;
    Some((format!("`{}` is the baseline by its name, and by `{days_column}` it comes after `{}` (days {:.0} and {:.0})", known[start.at].name, known[before.at].name, start.median, before.median), "mend the column or the names").into())
}

/// The unit in which the column of days would agree with the names, where it does not as days.
fn unit(both: &[Both], near: impl Fn(&Both) -> bool) -> Option<&'static str> {
    let later: Vec<&Both> = both.iter().filter(|b| b.named > 0.0).collect();
    if later.is_empty() || later.iter().any(|b| near(b)) {
        return None;
    }
    let units = [
        ("months", DAYS_PER_MONTH),
        ("weeks", 7.0),
        ("years", 12.0 * DAYS_PER_MONTH),
    ];
    let found = units.iter().find(|(_, days)| {
        later
            .iter()
            .all(|b| (b.median * days / b.named - 1.0).abs() <= SAME_RATIO)
    });
    found.map(|(name, _)| *name)
}
