use crate::{NONE, ScoreTable, Tidy, TidyCell, Totals};
use serde::Serialize;

/// What was done about scores that were not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImputationRule {
    /// One item: the last score of an earlier visit was carried on.
    Carried,
    /// One item: the largest grade was taken.
    Maximum,
    /// One feature: the sum of the scored sites was stretched to all of them.
    Proportional,
    /// One feature: too few sites, so there is no sum.
    Refused,
}

impl ImputationRule {
    fn word(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Maximum => "maximum",
            Self::Proportional => "proportional",
            Self::Refused => "refused",
        }
    }
}

/// One filled-in score, or one sum that was stretched or refused.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Imputation {
    /// Into [`ScoreTable::subjects`].
    pub subject: u32,
    /// Into [`ScoreTable::visits`].
    pub visit: u32,
    /// Into [`ScoreTable::campaigns`].
    pub campaign: u32,
    /// Into [`ScoreTable::readers`].
    pub reader: u32,
    /// Number of the reading.
    pub reading: u32,
    /// Into [`Totals::features`].
    pub feature: u32,
    /// Into [`ScoreTable::items`] where one item was filled; else [`NONE`].
    pub item: u32,
    /// For a feature: weighted sum of the sites that were scored or filled, before stretching.
    pub observed: Option<f64>,
    /// How many of the feature's sites were scored.
    pub scored: u32,
    /// How many were filled one by one.
    pub filled: u32,
    /// How many the sum asks for.
    pub asked: u32,
    /// The score or sum that was put in place, before any normalisation; none where refused.
    pub imputed: Option<f64>,
    /// Which rule.
    pub rule: ImputationRule,
}

impl Imputation {
    /// All imputations as a table.
    #[must_use]
    pub fn tidy(all: &[Self], table: &ScoreTable, totals: &Totals) -> Tidy {
        let mut tidy = Tidy::new(&[
            "subject", "visit", "campaign", "reader", "reading", "feature", "side", "site", "rule",
            "observed", "scored", "filled", "asked", "imputed",
        ]);
        for one in all {
            let item = table.items.get(one.item as usize);
            let feature = totals.features.get(one.feature as usize);
            let visit = table.visits.get(one.visit as usize);
            tidy.push(vec![
                table.subjects.name(one.subject).into(),
                visit.map_or(TidyCell::Empty, |v| v.name.as_str().into()),
                named(table.campaigns.name(one.campaign), one.campaign),
                table.readers.name(one.reader).into(),
                one.reading.into(),
                feature.map_or(TidyCell::Empty, |f| f.as_str().into()),
                item.and_then(|i| i.side)
                    .map_or(TidyCell::Empty, |s| format!("{s:?}").into()),
                item.map_or(TidyCell::Empty, |i| i.site.as_str().into()),
                one.rule.word().into(),
                one.observed.into(),
                one.scored.into(),
                one.filled.into(),
                one.asked.into(),
                one.imputed.into(),
            ]);
        }
        tidy
    }
}

/// A name, or an empty cell where the table does not say.
pub(super) fn named(name: &str, id: u32) -> TidyCell {
    if id == NONE {
        TidyCell::Empty
    } else {
        name.into()
    }
}
