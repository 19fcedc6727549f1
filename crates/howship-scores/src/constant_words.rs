//! What is said of readings in which every site has one score.

use crate::{ConstantReading, Error, Held, ScoreTable};

impl ScoreTable {
    /// Nothing that calls change answers while it is not known whether readings are scores.
    pub(super) fn constant_settled(&self, question: &'static str) -> Result<(), Error> {
        if self.constant.is_empty() {
            return Ok(());
        }
        Err(Error::NotIdentified {
            question,
            reason: (
                self.constant_words(&self.constant, 2),
                ConstantReading::ADVICE,
            )
                .into(),
        })
    }

    /// Which readings have one score throughout, subjects' visits up to a number of them.
    pub(crate) fn constant_words(&self, found: &[ConstantReading], most: usize) -> String {
        let same = |a: &ConstantReading, b: &ConstantReading| {
            (a.subject, a.visit, a.held, a.sites) == (b.subject, b.visit, b.held, b.sites)
        };
        let groups: Vec<&[ConstantReading]> = found.chunk_by(same).collect();
        let shown: Vec<String> = groups
            .iter()
            .take(most)
            .map(|g| self.group_words(g))
            .collect();
        let more = match groups.len().saturating_sub(most) {
            0 => String::new(),
            n => format!("; and {n} more visits"),
        };
        format!(
            "readings in which every site has one score, as where a missed visit was filled in: {}{more}",
            shown.join("; ")
        )
    }

    fn group_words(&self, group: &[ConstantReading]) -> String {
        let first = &group[0];
        let name = |visit: u32| {
            let visit = self.visits.get(visit as usize);
            visit.map_or("", |v| v.name.as_str())
        };
        let readers: Vec<&str> = group
            .iter()
            .map(|c| self.readers.name(c.reader))
            .filter(|r| !r.is_empty())
            .collect();
        let by = match readers.is_empty() {
            true => String::new(),
            false => format!(" by {}", readers.join(", ")),
        };
        let score = match first.held {
            Held::Score(score) => score.to_string(),
            Held::Maximum => "at their maximum".to_owned(),
        };
        let sums: Vec<String> = group
            .iter()
            .filter_map(|c| Some(c.beside?.1.to_string()))
            .collect();
        let beside = first.beside.map_or_else(String::new, |(visit, _)| {
            format!(
                " where scores at {} add up to {}",
                name(visit),
                sums.join(", ")
            )
        });
        format!(
            "subject `{}` at {}{by} (from line {}): all {} sites {score}{beside}",
            self.subjects.name(first.subject),
            name(first.visit),
            first.line,
            first.sites
        )
    }
}
