//! How names that seem exchanged are told.

use super::exchanged_names::{Found, Names, Orders, Whose};
use super::films::visit;
use crate::ScoreTable;
use std::collections::BTreeMap;

/// One sentence over all comparisons.
pub(super) fn words(scores: &ScoreTable, found: &BTreeMap<Whose, Found<'_>>) -> String {
    let each = found.iter();
    let each = each.map(|(whose, found)| format!("{}: {}", compared(scores, *whose), names(found)));
    let each: Vec<String> = each.collect();
    format!(
        "names seem exchanged on everybody's films, since the worse of two is the other one on most films that should be \
         alike: {}",
        each.join("; ")
    )
}

/// The films that are laid side by side.
fn compared(scores: &ScoreTable, whose: Whose) -> String {
    let reader = |r: u32| scores.readers.name(r);
    let between = |from, to| format!("between {} and {}", visit(scores, from), visit(scores, to));
    match whose {
        Whose::Visits(from, to) => between(from, to),
        Whose::OfReader(from, to, r) => format!("{} by `{}`", between(from, to), reader(r)),
        Whose::Readers(a, b) => format!("between readers `{}` and `{}`", reader(a), reader(b)),
    }
}

fn names(found: &Found<'_>) -> String {
    let one = |(names, orders): &(&Names, Orders)| {
        let names = match names {
            Names::Scale => {
                "every site for every other, as on a scale that runs the other way".to_owned()
            }
            Names::Sides => "left and right".to_owned(),
            Names::Features(a, b) | Names::Sites(a, b) => format!("{a} and {b}"),
        };
        format!(
            "{names} ({} of {})",
            orders.reversed,
            orders.reversed + orders.kept
        )
    };
    let each: Vec<String> = found.iter().map(one).collect();
    each.join(", ")
}
