use crate::{Error, ScoreTable, Status, Tidy};
use serde::Serialize;

/// What [`validate`](super::validate) found.
#[derive(Debug)]
pub struct Validation {
    /// What is wrong, by line, as many as were asked for.
    pub problems: Vec<Error>,
    /// How many problems there are in all.
    pub found: u64,
    /// What is allowed but odd.
    pub warnings: Vec<String>,
    /// What the table holds, where nothing is wrong.
    pub summary: Option<Summary>,
}

impl Validation {
    /// Whether the table can be used.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.found == 0
    }
}

/// What a table of scores holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Identifier of the scheme.
    pub scheme: String,
    /// Scores, with those that are missing.
    pub rows: usize,
    /// Subjects.
    pub subjects: usize,
    /// Arms in order.
    pub arms: Vec<String>,
    /// Visits in order of time.
    pub visits: Vec<String>,
    /// Readers in order.
    pub readers: Vec<String>,
    /// Campaigns in order.
    pub campaigns: Vec<String>,
    /// Most readings that a reader gave one visit of one subject.
    pub readings: u32,
    /// Items of the scheme.
    pub items: usize,
    /// Rows with a score.
    pub scored: usize,
    /// Rows without.
    pub missing: usize,
    /// Replaced joints.
    pub replaced: usize,
    /// Not scorable.
    pub not_scorable: usize,
    /// Words for scores that are not there, what they stand for and how often.
    pub reasons: Vec<(String, Status, usize)>,
    /// Whether readers knew the order of the films; none where the table does not say.
    pub sequence_known: Option<bool>,
}

impl Summary {
    pub(super) fn of(scores: &ScoreTable) -> Self {
        let count = |status| scores.rows.iter().filter(|r| r.status == status).count();
        let list = |names: &howship_tables::Names| names.iter().map(str::to_owned).collect();
        Self {
            scheme: scores.scheme.clone(),
            rows: scores.rows.len(),
            subjects: scores.subjects.len(),
            arms: list(&scores.arms),
            visits: scores.visits.iter().map(|v| v.name.clone()).collect(),
            readers: list(&scores.readers),
            campaigns: list(&scores.campaigns),
            readings: scores.rows.iter().map(|r| r.reading).max().unwrap_or(0),
            items: scores.items.len(),
            scored: count(Status::Ok),
            missing: count(Status::Missing),
            replaced: count(Status::Replaced),
            not_scorable: count(Status::NotScorable),
            reasons: super::checks::reason_counts(scores)
                .into_iter()
                .map(|(word, status, count)| (word.to_owned(), status, count))
                .collect(),
            sequence_known: scores.sequence_known,
        }
    }

    /// One row a number.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut tidy = Tidy::new(&["what", "value"]);
        let mut say = |what: &str, value: crate::TidyCell| tidy.push(vec![what.into(), value]);
        say("scheme", self.scheme.as_str().into());
        say("rows", self.rows.into());
        say("subjects", self.subjects.into());
        say("arms", self.arms.join(", ").into());
        say("visits", self.visits.join(", ").into());
        say("readers", self.readers.join(", ").into());
        say("campaigns", self.campaigns.join(", ").into());
        say("readings", self.readings.into());
        say("items", self.items.into());
        say("scored", self.scored.into());
        say("missing", self.missing.into());
        say("replaced", self.replaced.into());
        say("not scorable", self.not_scorable.into());
        let reasons = self
            .reasons
            .iter()
            .map(|(word, _, count)| format!("{word} {count}"));
        let reasons: Vec<String> = reasons.collect();
        if !reasons.is_empty() {
            say("reasons", reasons.join(", ").into());
        }
        let known = match self.sequence_known {
            Some(true) => "known to readers",
            Some(false) => "blinded",
            None => "not stated",
        };
        say("sequence", known.into());
        tidy
    }
}
