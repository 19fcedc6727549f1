use crate::scheme::shipped;
use crate::{Error, Item, NONE, Reason, ScoreRow, ScoreTable, ScoreVisit, Status, SumRules};
use howship_tables::Names;
use rayon::slice::ParallelSliceMut;
use std::path::PathBuf;

/// One score in words, before it is numbered.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Subject.
    pub subject: String,
    /// Arm; none where the table has no arms.
    pub arm: Option<String>,
    /// Position in the visits handed over.
    pub visit: u32,
    /// Days since this subject's baseline; NaN where unknown.
    pub days: f32,
    /// Reader.
    pub reader: String,
    /// Campaign; none where the table has none.
    pub campaign: Option<String>,
    /// Number of the reading, from 1.
    pub reading: u32,
    /// Position in the items handed over.
    pub item: u32,
    /// NaN unless the status is [`Status::Ok`].
    pub score: f64,
    /// What the score stands for.
    pub status: Status,
    /// Line in the file.
    pub line: u32,
}

impl ScoreTable {
    /// A table of scores made in memory: numbered, range-checked, sorted, searched for duplicates.
    ///
    /// # Errors
    /// A score outside its item's range or between its steps, an item or visit that was not handed over, the same
    /// reading of the same item twice.
    pub fn from_records(
        path: impl Into<PathBuf>,
        scheme: &str,
        items: Vec<Item>,
        visits: Vec<ScoreVisit>,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, Error> {
        let mut table = Self {
            path: path.into(),
            scheme: scheme.to_owned(),
            items,
            subjects: Names::new(),
            arms: Names::new(),
            visits,
            readers: Names::new(),
            campaigns: Names::new(),
            reasons: Names::new(),
            sequence_known: None,
            sums: shipped(scheme).map_or_else(SumRules::default, SumRules::of),
            read_at: Vec::new(),
            read_on_dates: false,
            constant: Vec::new(),
            doubts: Vec::new(),
            rows: Vec::new(),
        };
        for record in records {
            let row = table.number(&record)?;
            table.rows.push(row);
        }
        table.sort()?;
        Ok(table)
    }

    fn number(&mut self, record: &Record) -> Result<ScoreRow, Error> {
        let item = self.items.get(record.item as usize);
        let item = item.ok_or_else(|| {
            self.cell(record.line, "site", record.item, "is no item of the scheme")
        })?;
        if record.status == Status::Ok
            && let Some(reason) = item.objection(record.score)
        {
            return Err(self.cell(record.line, "score", record.score, reason));
        }
        if record.visit as usize >= self.visits.len() {
            let reason = "is no visit of the table";
            return Err(self.cell(record.line, "visit", record.visit, reason));
        }
        let mut optional = |names: fn(&mut Self) -> &mut Names, name: &Option<String>| {
            name.as_ref().map_or(NONE, |n| names(self).intern(n))
        };
        let arm = optional(|t| &mut t.arms, &record.arm);
        let campaign = optional(|t| &mut t.campaigns, &record.campaign);
        Ok(ScoreRow {
            subject: self.subjects.intern(&record.subject),
            arm,
            visit: record.visit,
            reader: self.readers.intern(&record.reader),
            campaign,
            reading: record.reading,
            item: record.item,
            days: record.days,
            score: record.score,
            status: record.status,
            reason: u16::MAX,
            line: record.line,
        })
    }

    /// Sorts the rows and refuses two that say the same thing.
    fn sort(&mut self) -> Result<(), Error> {
        self.put_in_order();
        let mut pairs = self.rows.windows(2);
        match pairs.find(|pair| pair[0].key() == pair[1].key()) {
            Some(pair) => Err(self.scored_twice(pair)),
            None => Ok(()),
        }
    }

    /// Sorts the rows; rows that say the same thing by line.
    pub(crate) fn put_in_order(&mut self) {
        self.rows.par_sort_unstable_by_key(|r| (r.key(), r.line));
    }

    /// What to say of two rows that say the same thing.
    pub(crate) fn scored_twice(&self, pair: &[ScoreRow]) -> Error {
        let item = self.items.get(pair[1].item as usize);
        let reason = (
            format!(
                "is scored twice by this reader at this visit (first on line {})",
                pair[0].line
            ),
            "remove one, or number the readings in a column `reading`",
        );
        let title = item.map_or_else(String::new, Item::title);
        self.cell(pair[1].line, "site", title, reason)
    }

    pub(crate) fn cell(
        &self,
        line: u32,
        column: &str,
        value: impl std::fmt::Display,
        reason: impl Into<Reason>,
    ) -> Error {
        Error::Cell {
            path: self.path.clone(),
            line: u64::from(line),
            column: column.to_owned(),
            value: value.to_string(),
            reason: reason.into(),
        }
    }
}

impl ScoreRow {
    /// What makes a row unique.
    #[must_use]
    pub fn key(&self) -> (u32, u32, u32, u32, u32, u32) {
        (
            self.subject,
            self.visit,
            self.campaign,
            self.reader,
            self.reading,
            self.item,
        )
    }
}

impl Item {
    /// Why a score cannot stand here; none where it can.
    #[must_use]
    pub fn objection(&self, score: f64) -> Option<Reason> {
        if !score.is_finite() {
            return Some(
                (
                    "is no number",
                    "leave the cell empty and set status `missing`",
                )
                    .into(),
            );
        }
        if score < self.min || score > self.max {
            return Some(format!("lies outside {} to {}", self.min, self.max).into());
        }
        if self.step > 0.0 {
            let grade = (score - self.min) / self.step;
            if (grade - grade.round()).abs() > 1e-6 {
                let reason = format!(
                    "is no grade: {} to {} in steps of {}",
                    self.min, self.max, self.step
                );
                return Some(reason.into());
            }
        }
        None
    }
}
