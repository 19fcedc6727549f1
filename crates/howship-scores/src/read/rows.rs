//! Row by row, in parallel; what is wrong is noted small and put in words only for the first few.

use super::ReadOptions;
use super::calendar::{Date, DateReader, NoDate};
use super::cells::{Entry, NO_REASON, ScoreCells, reason_place};
use super::coded::Coded;
use super::field::Field;
use super::layout::{Layout, meanings};
use super::number::number;
use super::problems::Problems;
use super::schemes::Chosen;
use super::sites::{Items, WrongItem};
use super::words::{self, Word};
use crate::{Error, Item, NONE, Reason, ScoreRow, Status};
use howship_tables::Names;
use rayon::prelude::*;

/// Scores that one task reads.
const CHUNK: usize = 1 << 14;

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Empty(Field),
    Days,
    Date,
    Reading,
    Status,
    Item(WrongItem),
    Score,
    Range(u32),
    Contradiction,
    OkWithoutScore,
}

pub(super) struct RowReader<'a> {
    layout: &'a Layout<'a>,
    chosen: &'a Chosen,
    items: Items<'a>,
    scores: Vec<ScoreCells<'a>>,
    skip: Vec<(Coded<'a>, Vec<bool>)>,
    /// Flags, and which of their words keep a row.
    keep: Vec<(Coded<'a>, Vec<bool>)>,
    days: Option<Vec<Word<f32>>>,
    dates: Option<Vec<Word<Date>>>,
    date_reader: DateReader,
    readings: Option<Vec<Word<u32>>>,
    statuses: Option<Vec<Word<Status>>>,
    reasons: Option<Vec<Word<Status>>>,
    /// By code of the column of reasons: its place in [`Self::reason_names`].
    reason_places: Vec<u16>,
    reason_names: Names,
    /// By field of [`NAMED`] and code: whether the word is empty.
    empty: [Vec<bool>; 5],
    decimal_comma: bool,
}

/// Fields that are names, and whether a column that is there must be filled.
const NAMED: [(Field, bool); 5] = [
    (Field::Subject, true),
    (Field::Visit, true),
    (Field::Reader, true),
    (Field::Arm, false),
    (Field::Campaign, false),
];

#[derive(Default)]
struct Part {
    rows: Vec<ScoreRow>,
    /// As many as rows where the table has a column of dates, else none.
    dates: Vec<Option<Date>>,
    wrong: Vec<(usize, Wrong)>,
    found: u64,
    marked: u64,
    flagged: u64,
    other_tests: u64,
}

/// What the rows of a table hold.
pub(super) struct ReadRows {
    pub(super) rows: Vec<ScoreRow>,
    /// As many as rows where the table has a column of dates, else none.
    pub(super) dates: Vec<Option<Date>>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        layout: &'a Layout<'a>,
        chosen: &'a Chosen,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let comma = options.decimal_comma;
        let study_days = layout
            .mapping
            .as_ref()
            .as_ref()
            .is_some_and(|m| m.study_days);
        let days_unit = layout
            .mapping
            .as_ref()
            .as_ref()
            .map_or(1.0, |m| m.days_unit);
        let mut reason_names = Names::new();
        let scores = layout.scores.iter();
        let scores = scores.map(|c| ScoreCells::new(c, layout, comma, &mut reason_names));
        let scores = scores.collect();
        // As they stand in the file: what a mapping makes of them is the status.
        let reason_places = layout.words(Field::Reason).map(|words| {
            let places = words.names.iter().map(|w| match w.trim() {
                "" => NO_REASON,
                word => reason_place(&mut reason_names, word),
            });
            places.collect::<Vec<u16>>()
        });
        let mapping = layout.mapping.as_ref().as_ref();
        let (numbers, order) = mapping.map_or((None, None), |m| (m.date_numbers, m.date_order));
        let date_words = layout.words(Field::Date).into_iter();
        let date_reader = DateReader::new(numbers, order, date_words.flat_map(|w| w.names.iter()));
        let keep = layout.keep.iter().map(|(column, words)| {
            let coded = Coded::new(column);
            let is_kept = |word: &str| words.iter().any(|k| words::same_flag(k, word.trim()));
            let kept = coded.names.iter().map(is_kept).collect();
            (coded, kept)
        });
        let skip = layout.skip.iter().map(|column| {
            let coded = Coded::new(column);
            let filled = coded.names.iter().map(|w| !w.trim().is_empty()).collect();
            (coded, filled)
        });
        Ok(Self {
            items: Items::new(layout, chosen)?,
            scores,
            skip: skip.collect(),
            keep: keep.collect(),
            days: meanings(layout, Field::Days, |w| {
                Word::read(w, |w| words::days(w, comma, study_days, days_unit))
            }),
            dates: meanings(layout, Field::Date, |w| {
                let none = matches!(w, "NA" | ".");
                Word::read(if none { "" } else { w }, |w| date_reader.read(w).ok())
            }),
            date_reader,
            readings: meanings(layout, Field::Reading, |w| Word::read(w, words::reading)),
            statuses: meanings(layout, Field::Status, |w| Word::read(w, words::status)),
            reasons: meanings(layout, Field::Reason, |w| Word::read(w, words::status)),
            reason_places: reason_places.unwrap_or_default(),
            reason_names,
            empty: NAMED
                .map(|(field, _)| meanings(layout, field, str::is_empty).unwrap_or_default()),
            layout,
            chosen,
            decimal_comma: comma,
        })
    }

    /// The items, and the words for scores that are not there.
    pub(super) fn into_items(self) -> (Vec<Item>, Names) {
        (self.items.items().to_vec(), self.reason_names)
    }

    pub(super) fn rows(&self, problems: &mut Problems, warnings: &mut Vec<String>) -> ReadRows {
        let total = self.layout.table.rows() * self.layout.scores.len();
        let limit = problems.limit();
        let parts: Vec<Part> = (0..total.div_ceil(CHUNK))
            .into_par_iter()
            .map(|i| self.part(i * CHUNK..total.min((i + 1) * CHUNK), limit))
            .collect();
        let mut rows = Vec::with_capacity(parts.iter().map(|p| p.rows.len()).sum());
        let mut dates = Vec::new();
        let (mut marked, mut flagged, mut other_tests) = (0, 0, 0);
        for part in parts {
            rows.extend(part.rows);
            dates.extend(part.dates);
            for &(at, wrong) in &part.wrong {
                problems.push(self.explain(at, wrong));
            }
            problems.count_unlisted(part.found - part.wrong.len() as u64);
            marked += part.marked;
            flagged += part.flagged;
            other_tests += part.other_tests;
        }
        if marked > 0 {
            let columns: Vec<&str> = self.layout.skip.iter().map(|c| c.name.as_str()).collect();
            warnings.push(format!(
                "{marked} rows were left out: they are derived, not read (column `{}` is filled)",
                columns.join("`, `")
            ));
        }
        for (column, words) in &self.layout.keep {
            warnings.push(format!(
                "rows with `{}` = {} were read{}",
                column.name,
                words.join(" or "),
                match flagged {
                    0 => ": all of them".to_owned(),
                    n => format!("; {n} rows were left out by their flags"),
                }
            ));
        }
        if other_tests > 0 {
            warnings.push(format!(
                "{other_tests} rows were left out: their test is no feature of scheme `{}`",
                self.chosen.id()
            ));
        }
        ReadRows { rows, dates }
    }

    fn part(&self, range: std::ops::Range<usize>, limit: usize) -> Part {
        let mut part = Part::default();
        part.rows.reserve(range.len());
        let cells = self.layout.scores.len();
        for at in range {
            let (row, cell) = (at / cells, at % cells);
            if self.is_marked(row) {
                part.marked += 1;
                continue;
            }
            if !self.is_kept(row) {
                part.flagged += 1;
                continue;
            }
            match self.row(row, cell) {
                Ok(Some((row, date))) => {
                    part.rows.push(row);
                    if self.dates.is_some() {
                        part.dates.push(date);
                    }
                }
                Ok(None) => part.other_tests += u64::from(self.of_scheme(row, cell)),
                Err(wrong) => {
                    part.found += 1;
                    if part.wrong.len() < limit {
                        part.wrong.push((at, wrong));
                    }
                }
            }
        }
        part
    }

    fn is_marked(&self, row: usize) -> bool {
        self.skip.iter().any(|(coded, filled)| {
            let code = coded.codes.get(row).map_or(usize::MAX, |&c| c as usize);
            filled.get(code).copied().unwrap_or(false)
        })
    }

    fn is_kept(&self, row: usize) -> bool {
        self.keep.iter().all(|(coded, kept)| {
            let code = coded.codes.get(row).map_or(usize::MAX, |&c| c as usize);
            kept.get(code).copied().unwrap_or(false)
        })
    }

    fn of_scheme(&self, row: usize, cell: usize) -> bool {
        if self.chosen.keeps_all() {
            return true;
        }
        let words = self.layout.words(Field::Scheme);
        words.is_none_or(|w| self.chosen.keeps(w.code(row, cell)))
    }

    /// A row of scores and its date; none where it belongs to another scheme or test.
    fn row(&self, row: usize, cell: usize) -> Result<Option<(ScoreRow, Option<Date>)>, Wrong> {
        if !self.of_scheme(row, cell) {
            return Ok(None);
        }
        let found = self.items.find(self.layout, row, cell);
        let Some(item) = found.map_err(Wrong::Item)? else {
            return Ok(None);
        };
        let [subject, visit, reader, arm, campaign] = self.names(row, cell)?;
        let days = self.word(Field::Days, &self.days, row, cell);
        let days = days.map_err(|()| Wrong::Days)?.unwrap_or(f32::NAN);
        let date = self.word(Field::Date, &self.dates, row, cell);
        let date = date.map_err(|()| Wrong::Date)?;
        let reading = self.word(Field::Reading, &self.readings, row, cell);
        let reading = reading.map_err(|()| Wrong::Reading)?.unwrap_or(1);
        let (score, status, reason) = self.score(row, cell)?;
        if status == Status::Ok {
            let item_is = self.items.items().get(item as usize);
            if item_is.is_none_or(|i| i.objection(score).is_some()) {
                return Err(Wrong::Range(item));
            }
        }
        let found = ScoreRow {
            subject,
            arm,
            visit,
            reader,
            campaign,
            reading,
            item,
            days,
            score,
            status,
            reason,
            line: u32::try_from(self.layout.table.line(row)).unwrap_or(u32::MAX),
        };
        Ok(Some((found, date)))
    }

    /// Codes of [`NAMED`]; [`NONE`] where the table does not say.
    fn names(&self, row: usize, cell: usize) -> Result<[u32; 5], Wrong> {
        let mut codes = [NONE; 5];
        for (i, (field, needed)) in NAMED.into_iter().enumerate() {
            let Some(words) = self.layout.words(field) else {
                continue;
            };
            let code = words.code(row, cell);
            if !self.empty[i].get(code as usize).copied().unwrap_or(true) {
                codes[i] = code;
            } else if needed {
                return Err(Wrong::Empty(field));
            }
        }
        Ok(codes)
    }

    fn word<T: Copy>(
        &self,
        field: Field,
        meanings: &Option<Vec<Word<T>>>,
        row: usize,
        cell: usize,
    ) -> Result<Option<T>, ()> {
        let (Some(meanings), Some(words)) = (meanings, self.layout.words(field)) else {
            return Ok(None);
        };
        match meanings.get(words.code(row, cell) as usize) {
            Some(Word::Known(value)) => Ok(Some(*value)),
            Some(Word::Bad) => Err(()),
            _ => Ok(None),
        }
    }

    /// The score, what it stands for, and the word that says why there is none.
    fn score(&self, row: usize, cell: usize) -> Result<(f64, Status, u16), Wrong> {
        let said = self.word(Field::Status, &self.statuses, row, cell);
        let said = said.map_err(|()| Wrong::Status)?;
        let entry = self.scores.get(cell).map(|s| s.entry(row, self.layout));
        // A word that gives no known reason is no error: reasons are free text.
        let reason = || {
            let read = self.word(Field::Reason, &self.reasons, row, cell);
            read.unwrap_or(None).filter(|&r| r != Status::Ok)
        };
        let (status, word) = match (entry.unwrap_or(Entry::Empty), said) {
            (Entry::Bad, _) => return Err(Wrong::Score),
            (Entry::Number(score), None | Some(Status::Ok)) => {
                return Ok((score, Status::Ok, NO_REASON));
            }
            (Entry::Number(_), Some(_)) => return Err(Wrong::Contradiction),
            (Entry::Empty, Some(Status::Ok)) => return Err(Wrong::OkWithoutScore),
            (Entry::Empty, None | Some(Status::Missing)) => {
                (reason().unwrap_or(Status::Missing), NO_REASON)
            }
            (Entry::Empty, Some(status)) => (status, NO_REASON),
            (Entry::Status(Status::Missing, word), None) => {
                (reason().unwrap_or(Status::Missing), word)
            }
            (Entry::Status(status, word), None) => (status, word),
            (Entry::Status(status, word), Some(said)) if status == said => (status, word),
            // `NA` in the score's cell only says that there is no score.
            (Entry::Status(Status::Missing, word), Some(said)) if said != Status::Ok => {
                (said, word)
            }
            (Entry::Status(Status::Missing, _), Some(_)) => return Err(Wrong::OkWithoutScore),
            (Entry::Status(..), Some(_)) => return Err(Wrong::Contradiction),
        };
        Ok((f64::NAN, status, self.reason(row, cell).unwrap_or(word)))
    }

    /// What the column of reasons says.
    fn reason(&self, row: usize, cell: usize) -> Option<u16> {
        let code = self.layout.words(Field::Reason)?.code(row, cell);
        let place = self.reason_places.get(code as usize).copied();
        place.filter(|p| *p != NO_REASON)
    }

    fn explain(&self, at: usize, wrong: Wrong) -> Error {
        let cells = self.layout.scores.len();
        let (row, cell) = (at / cells, at % cells);
        let score = self.layout.scores.get(cell);
        let entry = score.map_or_else(String::new, |c| c.text(row).into_owned());
        let score_column = score.map_or("score", |c| c.name.as_str());
        let of_score = |reason: Reason| self.layout.cell(row, score_column, &entry, reason);
        let of_field = |field: Field, reason: Reason| {
            let words = self.layout.words(field);
            let column = words.map_or(field.name(), |w| &w.column);
            let value = words.map_or("", |w| w.names.name(w.code(row, cell)));
            self.layout.cell(row, column, value, reason)
        };
        match wrong {
            Wrong::Empty(Field::Reader) => of_field(
                Field::Reader,
                (
                    "is empty",
                    "every row needs one, and a mean of readers is no reading: leave such rows out",
                )
                    .into(),
            ),
            Wrong::Empty(field) => of_field(field, ("is empty", "every row needs one").into()),
            Wrong::Days => of_field(Field::Days, words::DAYS.into()),
            Wrong::Date => {
                let words = self.layout.words(Field::Date);
                let word = words.map_or("", |w| {
                    self.layout
                        .meaning(Field::Date, w.names.name(w.code(row, cell)))
                });
                let reason = self.date_reader.read(word).err();
                of_field(
                    Field::Date,
                    reason.as_ref().unwrap_or(&NoDate::Other).reason(),
                )
            }
            Wrong::Reading => of_field(Field::Reading, words::READINGS.into()),
            Wrong::Status => of_field(Field::Status, words::STATUSES.into()),
            Wrong::Item(item) => self.items.explain(item, self.layout, row, cell),
            Wrong::Score => {
                let reason = number(entry.trim(), self.decimal_comma).err();
                of_score(reason.unwrap_or_else(|| "is no number".into()))
            }
            Wrong::Range(item) => {
                let item = self.items.items().get(item as usize);
                let value = match self.score(row, cell) {
                    Ok((value, ..)) => value,
                    Err(_) => f64::NAN,
                };
                let title = item.map_or_else(String::new, Item::title);
                let objection = item.and_then(|i| i.objection(value));
                let mut reason = objection.unwrap_or_else(|| "is not usable".into());
                reason.what = format!("{} ({title} in scheme `{}`)", reason.what, self.chosen.id());
                of_score(reason)
            }
            Wrong::Contradiction => of_field(
                Field::Status,
                (
                    format!("contradicts the score `{entry}`"),
                    "empty the score, or set status `ok`",
                )
                    .into(),
            ),
            Wrong::OkWithoutScore => of_score(
                (
                    "is no score, yet the status is `ok`",
                    "give the score, or set status `missing`, `replaced` or `not-scorable`",
                )
                    .into(),
            ),
        }
    }
}
