//! What is said of numbers that are hardly scores.

use crate::{Doubt, Error, MixedUp, ScoreTable, TwoScales};

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
            Self::Scales(pairs) => format!(
                "readers score on two scales: {} (medians over scores of the same films that neither left at 0, their number in brackets)",
                by_reader(pairs, table).join("; ")
            ),
            Self::Opposite(pairs) => {
                let named = |reader| table.readers.name(reader);
                let pairs = pairs.iter().map(|p| {
                    format!(
                        "`{}` scores low where `{}` scores high (rank correlation {:.2} over {} subjects)",
                        named(p.reader),
                        named(p.of),
                        p.correlation,
                        p.subjects
                    )
                });
                let pairs: Vec<String> = pairs.collect();
                format!("readers' scales run opposite ways: {}", pairs.join("; "))
            }
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
            Self::FarFromFilm {
                value,
                subject,
                visit,
                reader,
                line,
                nearest,
                films,
                like,
            } => format!(
                "{value} of `{}` at {} by `{}` (line {line}) is far from the nearest other reading of that film, {nearest}: of \
                 {films} films that several readings scored {}",
                table.subjects.name(*subject),
                table.visits[*visit as usize].name,
                table.readers.name(*reader),
                match like {
                    1 => "none comes near to it".to_owned(),
                    n => format!("{n} scores of this kind lie farthest apart"),
                }
            ),
            Self::MixedUp { what, .. } => what.clone(),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Code { value, .. } => format!(
                "if it is a code for a score that is not there, say so in a mapping (`[values.score]`: `\"{value}\" = \"missing\"`); if it is a score, `--as-scored`"
            ),
            Self::Scales(_) => {
                "bring readers to one scale before they are averaged (a percentage beside a sum, another scheme, a decimal point lost?); if they do score so, `--as-scored`"
                    .to_owned()
            }
            Self::Opposite(_) => {
                "turn one of them round in the table before readers are averaged (a scale on which high is good, columns or patients mixed up?); if they do score so, `--as-scored`"
                    .to_owned()
            }
            Self::Slip { .. } | Self::FarFromFilm { .. } => {
                "look at the film or the sheet again (a decimal point lost, a code for a score that is not there?) and mend it in the table; if it is the score, `--as-scored`"
                    .to_owned()
            }
            Self::MixedUp { kind, .. } => format!(
                "{}; if they are as they should be, `--as-scored`",
                kind.advice()
            ),
        }
    }
}

impl MixedUp {
    fn advice(self) -> &'static str {
        match self {
            Self::Sides => "look which side each film shows and mend it in the table",
            Self::Items => {
                "look how the sheets of that visit or reader name sites, sides and features (fingers counted from the other end, columns exchanged?) and mend them in the table"
            }
            Self::Subjects => "look whose films they are and mend the names in the table",
            Self::SubjectTwice => {
                "look whether they are one, and leave one of them out of the table"
            }
            Self::Readings => {
                "look whether one was filled in from the other, and leave it out of the table"
            }
            Self::Days => "bring the days of all readers to one unit in the table",
            Self::Visits => {
                "look whether the visits of one of them are exchanged and mend them in the table"
            }
        }
    }
}

/// What each reader gives in terms of all whose multiple that is, in the readers' order.
fn by_reader(pairs: &[TwoScales], table: &ScoreTable) -> Vec<String> {
    let mut ordered: Vec<&TwoScales> = pairs.iter().collect();
    ordered.sort_by_key(|pair| (pair.reader, pair.of));
    let named = |reader| table.readers.name(reader);
    let of = |pair: &&TwoScales| {
        format!(
            "{:.1} times what `{}` does ({})",
            pair.factor,
            named(pair.of),
            pair.scores
        )
    };
    let one = |pairs: &[&TwoScales]| {
        let others: Vec<String> = pairs.iter().map(of).collect();
        let reader = pairs.first().map_or("", |pair| named(pair.reader));
        format!("`{reader}` gives about {}", others.join(", "))
    };
    ordered
        .chunk_by(|a, b| a.reader == b.reader)
        .map(one)
        .collect()
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
