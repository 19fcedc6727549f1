//! Sums over sites, with a record of everything that was not read but filled in.

mod imputation;
mod matched;
mod matched_sites;
mod options;
mod sum;
mod tidy;

pub use imputation::{Imputation, ImputationRule};
pub(crate) use matched::{MatchedReading, matched_changes};
pub use matched_sites::MatchedSites;
pub use options::{Fill, Proportion, TotalsOptions};

use crate::{Asked, Error, ScoreRow, ScoreTable, Totals};
use rayon::prelude::*;
use sum::Sums;

/// Sums of every feature and of all features, a row per reading of a subject's visit.
///
/// Items that were not scored are filled in as the options say; each filling, and each sum refused because too
/// little was scored, is one [`Imputation`]. A sum is over the scheme's items, or over those that occur in the table
/// where the scheme (or the options) ask for these only; sums are stretched where the scheme normalises.
///
/// Method: one pass over the sorted rows, subjects in parallel; sums are in the order of the items, so results do
/// not depend on the number of threads. Source of the proportional rule: trial practice as in van der Heijde's and
/// others' reports, share typically 50 to 70 % (from memory, not confirmed).
///
/// # Errors
/// A share that is not between 0 and 1; a rule for replaced joints that needs a largest grade where the table's
/// items have none.
pub fn totals(
    table: &ScoreTable,
    options: &TotalsOptions,
) -> Result<(Totals, Vec<Imputation>), Error> {
    check(table, options)?;
    let sums = Sums::new(table, options, &asked(table, options));
    let subjects: Vec<&[ScoreRow]> = table.rows.chunk_by(|a, b| a.subject == b.subject).collect();
    let parts: Vec<_> = subjects
        .par_chunks(64)
        .map(|some| sums.of_subjects(some))
        .collect();
    let mut rows = Vec::with_capacity(parts.iter().map(|p| p.0.len()).sum());
    let mut imputations = Vec::with_capacity(parts.iter().map(|p| p.1.len()).sum());
    for (part, filled) in parts {
        rows.extend(part);
        imputations.extend(filled);
    }
    let mut features = sums.features();
    if sums.adds_all() {
        features.push("total".to_owned());
    }
    let rules = options.clone();
    Ok((
        Totals {
            features,
            rows,
            rules,
        },
        imputations,
    ))
}

/// Largest possible sum of each of [`Totals::features`], over the items asked for and on the scale of the report; none
/// where an item has no positive, finite largest grade, or where features do not add up.
#[must_use]
pub fn maxima(table: &ScoreTable, options: &TotalsOptions) -> Vec<Option<f64>> {
    Sums::new(table, options, &asked(table, options)).maxima()
}

/// Which items a sum asks for, by position.
fn asked(table: &ScoreTable, options: &TotalsOptions) -> Vec<bool> {
    if options.asked.unwrap_or(table.sums.asked) == Asked::Scheme {
        let mut asked = vec![true; table.items.len()];
        let unread = table.sums.unread.iter().flat_map(|r| &r.items);
        for &item in unread.filter(|_| options.asked.is_none()) {
            if let Some(here) = asked.get_mut(item as usize) {
                *here = false;
            }
        }
        return asked;
    }
    let mut asked = vec![false; table.items.len()];
    for row in &table.rows {
        if let Some(here) = asked.get_mut(row.item as usize) {
            *here = true;
        }
    }
    asked
}

fn check(table: &ScoreTable, options: &TotalsOptions) -> Result<(), Error> {
    if !(0.0..=1.0).contains(&options.share) {
        return Err(Error::NotIdentified {
            question: "a total",
            reason: format!(
                "the share of scored sites must lie between 0 and 1, not {}",
                options.share
            )
            .into(),
        });
    }
    let fills = [options.missing, options.replaced, options.not_scorable];
    let unbounded = table.items.iter().find(|item| !item.max.is_finite());
    if let (true, Some(item)) = (fills.contains(&Fill::Maximum), unbounded) {
        return Err(Error::NotIdentified {
            question: "a total with the largest grade in place of a score",
            reason: (
                format!(
                    "{} of scheme `{}` has no largest grade",
                    item.title(),
                    table.scheme
                ),
                "choose another rule",
            )
                .into(),
        });
    }
    Ok(())
}
