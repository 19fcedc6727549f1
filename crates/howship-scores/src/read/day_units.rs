//! Readers whose days are in another unit than other readers' of the same visits.

use super::films::visit;
use crate::{Doubt, MixedUp, ScoreTable};
use std::collections::BTreeMap;

/// When days are in another unit.
struct Rule {
    /// Visits with both readers' days, neither of them 0, at least (count).
    visits: usize,
    /// Greatest factor by which each ratio may differ from the unit's (ratio): films are not made on the day.
    within: f64,
}

const RULE: Rule = Rule {
    visits: 3,
    within: 1.2,
};

/// Units and their days.
const UNITS: [(&str, f64); 3] = [("weeks", 7.0), ("months", 30.4375), ("years", 365.25)];

/// One reader's days beside the largest that others have, by an example.
struct Beside {
    ratios: Vec<f64>,
    example: (u32, f32, f32),
}

/// Readers whose days are weeks, months or years where others' are days, as one doubt.
pub(super) fn apart(scores: &ScoreTable) -> Option<Doubt> {
    let mut readers: BTreeMap<u32, Beside> = BTreeMap::new();
    let place = |r: &crate::ScoreRow| (r.subject, r.visit);
    for rows in scores.rows.chunk_by(|a, b| place(a) == place(b)) {
        let most = rows.iter().map(|r| r.days).fold(f32::NAN, f32::max);
        let own: BTreeMap<u32, f32> = rows.iter().map(|r| (r.reader, r.days)).collect();
        let lower = own
            .into_iter()
            .filter(|(_, days)| *days > 0.0 && *days < most);
        for (reader, days) in lower {
            let beside = readers.entry(reader).or_insert_with(|| Beside {
                ratios: Vec::new(),
                example: (rows[0].visit, days, most),
            });
            beside.ratios.push(f64::from(most / days));
        }
    }
    let told = readers.iter().filter_map(|(reader, beside)| {
        let unit = unit(&beside.ratios)?;
        let (at, days, most) = beside.example;
        Some(format!(
            "`{}` has {unit} where others have days ({days} and {most} at {}, {} visits)",
            scores.readers.name(*reader),
            visit(scores, at),
            beside.ratios.len()
        ))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::Days,
        what: format!("readers' days seem to be of two units: {}", told.join("; ")),
    })
}

/// The unit that all ratios are about.
fn unit(ratios: &[f64]) -> Option<&'static str> {
    let about = |days: f64| {
        let near = |r: &f64| (r / days).max(days / r) <= RULE.within;
        ratios.len() >= RULE.visits && ratios.iter().all(near)
    };
    let found = UNITS.iter().find(|(_, days)| about(*days));
    found.map(|(name, _)| *name)
}
