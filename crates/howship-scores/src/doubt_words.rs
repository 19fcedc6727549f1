//! What is said of numbers that are hardly scores.

use crate::{Doubt, Error, ScoreTable};

impl Doubt {
    /// What is odd and what to do, on one line.
    pub(crate) fn words(&self, table: &ScoreTable) -> String {
        format!("{}: {}", self.what(table), self.advice())
    }

    fn what(&self, table: &ScoreTable) -> String {
        match self {
            Self::Code {
                value,
                count,
                others: [low, high],
            } => format!("{count} scores are {value}, and all others lie from {low} to {high}"),
            Self::Scale {
                reader,
                of,
                factor,
                pairs,
            } => format!(
                "reader `{}` gives about {factor:.1} times what reader `{}` gives (median of {pairs} scores of the same films that neither left at 0)",
                table.readers.name(*reader),
                table.readers.name(*of)
            ),
            Self::Slip {
                value,
                subject,
                visit,
                line,
                others: [low, high],
            } => format!(
                "{value} of `{}` at {} (line {line}) is far from what the same subject has at other visits, and all other subjects' scores lie from {low} to {high}",
                table.subjects.name(*subject),
                table.visits[*visit as usize].name,
            ),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Code { value, .. } => format!(
                "if it is a code for a score that is not there, say so in a mapping (`[values.score]`: `\"{value}\" = \"missing\"`); if it is a score, `--as-scored`"
            ),
            Self::Scale { .. } => {
                "bring readers to one scale before they are averaged (a percentage beside a sum, another scheme, a decimal point lost?); if they do score so, `--as-scored`"
                    .to_owned()
            }
            Self::Slip { .. } => {
                "look at the film or the sheet again (a decimal point lost?) and mend it in the table; if it is the score, `--as-scored`"
                    .to_owned()
            }
        }
    }
}

impl ScoreTable {
    /// Nothing that calls change answers while it is not known whether numbers are scores.
    pub(crate) fn settled(&self, question: &'static str) -> Result<(), Error> {
        self.constant_settled(question)?;
        match self.doubts.first() {
            None => Ok(()),
            Some(first) => Err(Error::NotIdentified {
                question,
                reason: (first.what(self), first.advice()).into(),
            }),
        }
    }
}
