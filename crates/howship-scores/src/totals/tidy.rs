use super::imputation::named;
use crate::{ScoreTable, Tidy, TidyCell, Totals};

impl Totals {
    /// All totals as a table, a row per reading and feature.
    #[must_use]
    pub fn tidy(&self, table: &ScoreTable) -> Tidy {
        let mut tidy = Tidy::new(&[
            "subject", "arm", "visit", "days", "campaign", "reader", "reading", "feature", "value",
            "scored", "asked",
        ]);
        for row in &self.rows {
            let visit = table.visits.get(row.visit as usize);
            for (feature, total) in self.features.iter().zip(&row.values) {
                tidy.push(vec![
                    table.subjects.name(row.subject).into(),
                    named(table.arms.name(row.arm), row.arm),
                    visit.map_or(TidyCell::Empty, |v| v.name.as_str().into()),
                    row.days.into(),
                    named(table.campaigns.name(row.campaign), row.campaign),
                    table.readers.name(row.reader).into(),
                    row.reading.into(),
                    feature.as_str().into(),
                    total.value.into(),
                    total.scored.into(),
                    total.items.into(),
                ]);
            }
        }
        tidy
    }
}
