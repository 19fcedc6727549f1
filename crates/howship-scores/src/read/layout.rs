//! One view of long and wide tables: a score after the other, each with its fields.

use super::field::{FIELDS, Field};
use super::field_words::Words;
use super::wide::wide_columns;
use super::{Mapping, ReadOptions};
use crate::suggest::nearest;
use crate::{Error, Reason};
use howship_tables::{Column, Table};
use std::borrow::Cow;

/// What tables call columns that Howship names otherwise.
const OTHER_NAMES: [(&str, &[&str]); 10] = [
    (
        "subject",
        &[
            "patient",
            "patient_id",
            "subject_id",
            "subjectid",
            "subjid",
            "usubjid",
            "participant",
            "id",
        ],
    ),
    ("score", &["value", "grade", "result", "points"]),
    (
        "reader",
        &["rater", "observer", "scorer", "assessor", "reader_id"],
    ),
    (
        "visit",
        &[
            "timepoint",
            "time_point",
            "time",
            "occasion",
            "week",
            "month",
        ],
    ),
    ("site", &["joint", "location", "bone"]),
    ("feature", &["item", "parameter", "lesion"]),
    ("arm", &["treatment", "group", "trt"]),
    ("side", &["laterality", "limb"]),
    ("days", &["day", "study_day"]),
    (
        "date",
        &[
            "visit_date",
            "visitdate",
            "exam_date",
            "film_date",
            "xray_date",
            "mkdtc",
            "adt",
        ],
    ),
];

/// A table seen as a list of scores.
pub(super) struct Layout<'a> {
    pub(super) table: &'a Table,
    pub(super) mapping: Cow<'a, Option<Mapping>>,
    /// Columns that hold scores: one in a long table.
    pub(super) scores: Vec<&'a Column>,
    /// Columns whose filled cells say that a row is to be left out.
    pub(super) skip: Vec<&'a Column>,
    /// Columns of flags, with the values with which a row is read.
    pub(super) keep: Vec<(&'a Column, Vec<String>)>,
    /// By [`Field`], in the order of [`FIELDS`]: looked up for every score.
    fields: [Option<Words<'a>>; FIELDS.len()],
}

impl<'a> Layout<'a> {
    pub(super) fn new(
        table: &'a Table,
        options: &'a ReadOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        warnings.extend(table.remarks().iter().cloned());
        let mut mapping = Cow::Borrowed(&options.mapping);
        let own = table.column("subject").is_some() && table.column("score").is_some();
        if mapping.is_none() && !own {
            let found = Mapping::recognised(table)?;
            if let Some(found) = &found {
                warnings.push(format!("read as `{}`: {}", found.id(), found.title()));
            }
            mapping = Cow::Owned(found);
        }
        if let Some(mapping) = mapping.as_ref() {
            let notes = mapping.unconfirmed().iter();
            warnings
                .extend(notes.map(|n| format!("mapping `{}`, not confirmed: {n}", mapping.id())));
        }
        let mut layout = Self {
            table,
            mapping,
            scores: Vec::new(),
            skip: Vec::new(),
            keep: Vec::new(),
            fields: [const { None }; FIELDS.len()],
        };
        layout.find_fields();
        if layout.words(Field::Subject).is_none() {
            return Err(layout.missing_column("subject"));
        }
        layout.find_scores()?;
        layout.warn_of_unread(warnings);
        if table.rows() == 0 {
            return Err(layout.error("the table has columns but no rows"));
        }
        Ok(layout)
    }

    fn find_fields(&mut self) {
        for field in FIELDS {
            let words = match self.mapping.as_ref() {
                None => self.table.column(field.name()).map(Words::of_column),
                Some(mapping) => {
                    let mut names = mapping.columns_of(field).iter();
                    let column = names.find_map(|name| self.table.column(name));
                    let constant = || mapping.constant(field).map(|v| Words::constant(field, v));
                    column.map(Words::of_column).or_else(constant)
                }
            };
            self.fields[field as usize] = words;
        }
    }

    fn find_scores(&mut self) -> Result<(), Error> {
        let Some(mapping) = self.mapping.as_ref() else {
            let column = self.table.column("score");
            self.scores
                .push(column.ok_or_else(|| self.missing_column("score"))?);
            return Ok(());
        };
        let skip = mapping.skip_rows.iter();
        self.skip = skip.filter_map(|name| self.table.column(name)).collect();
        let keep = mapping.keep.iter();
        self.keep = keep
            .filter_map(|(name, words)| Some((self.table.column(name)?, words.clone())))
            .collect();
        if mapping.wide.is_empty() {
            let mut names = mapping.score_columns().iter();
            let column = names.find_map(|name| self.table.column(name));
            let wanted = || mapping.score_columns().join("` or `");
            self.scores
                .push(column.ok_or_else(|| self.missing_column(&wanted()))?);
            return Ok(());
        }
        let (scores, fields) =
            wide_columns(self.table, mapping).map_err(|reason| self.error(reason))?;
        self.scores = scores;
        for (field, words) in fields {
            self.fields[field as usize] = Some(words);
        }
        Ok(())
    }

    pub(super) fn words(&self, field: Field) -> Option<&Words<'a>> {
        self.fields[field as usize].as_ref()
    }

    /// What a field's word means: translated by the mapping, blanks at both ends removed.
    pub(super) fn meaning<'t>(&'t self, field: Field, word: &'t str) -> &'t str {
        let word = word.trim();
        match self.mapping.as_ref() {
            Some(mapping) => mapping.translate(field, word),
            None => word,
        }
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, reason: impl Into<Reason>) -> Error {
        Error::Layout {
            path: self.table.path().to_owned(),
            reason: reason.into(),
        }
    }

    pub(super) fn cell(
        &self,
        row: usize,
        column: &str,
        value: &str,
        reason: impl Into<Reason>,
    ) -> Error {
        Error::Cell {
            path: self.table.path().to_owned(),
            line: self.table.line(row),
            column: column.to_owned(),
            value: shortened(value),
            reason: reason.into(),
        }
    }

    /// The file's column that often stands for one of Howship's.
    fn other_name(&self, name: &str) -> Option<&'a str> {
        let (_, others) = OTHER_NAMES.iter().find(|(own, _)| *own == name)?;
        let mut found = others.iter().filter_map(|other| self.table.column(other));
        found.next().map(|column| column.name.as_str())
    }

    /// What the mapping calls a column of Howship's.
    fn looked_for(&self, name: &str) -> Option<String> {
        let mapping = self.mapping.as_ref().as_ref()?;
        let field = FIELDS.iter().find(|f| f.name() == name);
        let names = match field {
            Some(field) => mapping.columns_of(*field),
            None => mapping.score_columns(),
        };
        let list: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        (!list.is_empty()).then(|| {
            format!(
                ": mapping `{}` looks for {}",
                mapping.id(),
                list.join(" or ")
            )
        })
    }

    /// Every column that is passed over; first those that may be meant.
    fn warn_of_unread(&self, warnings: &mut Vec<String>) {
        const SHOWN: usize = 40;
        let mut told: Vec<&str> = Vec::new();
        if self.mapping.is_none() {
            let absent = FIELDS.iter().filter(|f| self.words(**f).is_none());
            for (name, other) in absent.filter_map(|f| Some((f.name(), self.other_name(f.name())?)))
            {
                told.push(other);
                warnings.push(format!(
                    "column `{}` is not read: if it is the {name}, rename it to `{name}`, or say so with a mapping \
                     (`--columns mapping.toml`)",
                    shortened(other)
                ));
            }
        }
        let read = |name: &str| {
            let mut fields = self.fields.iter().flatten();
            fields.any(|w| !w.is_of_cells() && !w.is_constant() && w.column == name)
                || self.scores.iter().any(|c| c.name == name)
                || self.skip.iter().any(|c| c.name == name)
                || self.keep.iter().any(|(c, _)| c.name == name)
        };
        // A wide table may have thousands of columns: each is looked up once, in a set of those that are read.
        let read: std::collections::BTreeSet<&str> = match self.scores.len() {
            0..64 => self.names().filter(|n| read(n)).collect(),
            _ => {
                let scores: std::collections::BTreeSet<&str> =
                    self.scores.iter().map(|c| c.name.as_str()).collect();
                self.names()
                    .filter(|n| scores.contains(n) || read(n))
                    .collect()
            }
        };
        let unread: Vec<&str> = self
            .names()
            .filter(|n| !read.contains(n) && !told.contains(n))
            .collect();
        if unread.is_empty() {
            return;
        }
        let some: Vec<String> = unread
            .iter()
            .take(SHOWN)
            .map(|n| format!("`{}`", shortened(n)))
            .collect();
        let more = match unread.len().saturating_sub(SHOWN) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let columns = if unread.len() == 1 {
            "column was"
        } else {
            "columns were"
        };
        warnings.push(format!(
            "{} {columns} not read: {}{more}",
            unread.len(),
            some.join(", ")
        ));
    }

    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.table.columns().iter().map(|c| c.name.as_str())
    }

    /// A column that may hold visits or their dates and is not read.
    pub(super) fn unread_time(&self) -> Option<&'a str> {
        let absent = |field: Field| self.words(field).is_none() && self.mapping.is_none();
        let fields = [Field::Visit, Field::Date, Field::Days];
        let mut found = fields.iter().filter(|f| absent(**f));
        found.find_map(|f| self.other_name(f.name()))
    }

    pub(super) fn missing_column(&self, name: &str) -> Error {
        const SHOWN: usize = 24;
        let columns = self.table.columns();
        let names = || columns.iter().map(|c| c.name.as_str());
        let near = nearest(name, names().take(1000));
        let near = near.or_else(|| self.other_name(name));
        let looked = self.looked_for(name);
        let near = near.filter(|_| looked.is_none());
        let near = near.map_or_else(String::new, |near| {
            format!("perhaps it is `{}`; ", shortened(near))
        });
        let some: Vec<String> = names()
            .take(SHOWN)
            .map(|n| format!("`{}`", shortened(n)))
            .collect();
        let more = columns.len().saturating_sub(SHOWN);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let there = if some.is_empty() {
            "none".into()
        } else {
            some.join(", ")
        };
        self.error((
            format!("column `{name}` is missing{}", looked.unwrap_or_default()),
            format!(
                "{near}there are: {there}{more}. Rename it, or say with a mapping (`--columns mapping.toml`) what the \
                 columns mean"
            ),
        ))
    }
}

/// Something for each code of a field's words; none where the table has no such field.
pub(super) fn meanings<T>(
    layout: &Layout<'_>,
    field: Field,
    mut meaning: impl FnMut(&str) -> T,
) -> Option<Vec<T>> {
    let words = layout.words(field)?;
    let each = words.names.iter();
    Some(each.map(|w| meaning(layout.meaning(field, w))).collect())
}

/// A cell's text as far as it fits in a message.
pub(super) fn shortened(text: &str) -> String {
    const LETTERS: usize = 60;
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LETTERS).collect();
    short.push('…');
    short
}
