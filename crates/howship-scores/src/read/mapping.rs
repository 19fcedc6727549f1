use super::calendar::{DateNumbers, DateOrder};
use super::field::{FIELDS, Field};
use super::pattern::Pattern;
use super::visit_names::{DAYS_PER_MONTH, days_of_name};
use super::windows::{InWindow, VisitWindow, VisitWindows};
use super::words::{self, ScoreWord};
use crate::suggest::offered;
use crate::{Error, Reason, Status};
use howship_tables::Table;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Mappings that ship, in the order in which they are tried.
const SHIPPED: [(&str, &str); 4] = [
    ("sdtm-mk", include_str!("../../mappings/sdtm-mk.toml")),
    ("adam-bds", include_str!("../../mappings/adam-bds.toml")),
    ("ra2-dream", include_str!("../../mappings/ra2-dream.toml")),
    ("ram-h1200", include_str!("../../mappings/ram-h1200.toml")),
];

/// What the columns of a table mean, where they are not Howship's own.
///
/// A TOML table: `[columns]` names the file's column for each of Howship's (or several, the first that is there
/// counts); `[constants]` says what holds for every row; `[values.X]` translates the cells of column X, entries of the
/// score column into grades or a status; `[[wide]]` describes columns that hold a score each; `[keep]` picks rows by
/// their flags; `[windows]` says which days are which visit. Every key is described in `docs/score-tables.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub(super) id: String,
    title: String,
    unconfirmed: Vec<String>,
    recognise: Vec<String>,
    columns: Vec<(Field, Vec<String>)>,
    score: Vec<String>,
    constants: Vec<(Field, String)>,
    values: Vec<(Field, BTreeMap<String, String>)>,
    score_words: BTreeMap<String, ScoreWord>,
    /// The words that are numbers, as numbers.
    score_numbers: Vec<(f64, ScoreWord)>,
    pub(super) wide: Vec<Wide>,
    pub(super) skip_rows: Vec<String>,
    /// Columns of flags, and the values with which a row is read.
    pub(super) keep: Vec<(String, Vec<String>)>,
    pub(super) skip_unknown_features: bool,
    pub(super) study_days: bool,
    /// Days in the unit of the column of days.
    pub(super) days_unit: f64,
    pub(super) date_numbers: Option<DateNumbers>,
    pub(super) date_order: Option<DateOrder>,
    pub(super) windows: VisitWindows,
    /// Columns of a table of subjects: their names, and their arms.
    pub(super) subject_columns: [Vec<String>; 2],
}

impl Mapping {
    /// Whether a column is one that the mapping names for something else than scores in wide columns.
    pub(super) fn names(&self, column: &str) -> bool {
        let named = self.columns.iter().flat_map(|(_, names)| names);
        let kept = self.keep.iter().map(|(name, _)| name);
        let mut all = named.chain(&self.skip_rows).chain(kept);
        all.any(|name| name == column)
    }
}

/// Columns whose names follow a pattern and whose cells are scores.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wide {
    pub(super) columns: Pattern,
    pub(super) means: Vec<(Field, Pattern)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default = "own")]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    unconfirmed: Vec<String>,
    #[serde(default)]
    recognise: Vec<String>,
    #[serde(default)]
    skip_rows: Vec<String>,
    #[serde(default)]
    skip_unknown_features: bool,
    #[serde(default)]
    study_days: bool,
    #[serde(default)]
    columns: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    scores: BTreeMap<String, Status>,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default)]
    wide: Vec<BTreeMap<String, String>>,
    #[serde(default)]
    keep: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    days_unit: DaysUnit,
    #[serde(default)]
    date_numbers: Option<DateNumbers>,
    #[serde(default)]
    date_order: Option<DateOrder>,
    #[serde(default)]
    in_window: InWindow,
    #[serde(default)]
    windows: BTreeMap<String, RawWindow>,
    #[serde(default)]
    subjects: RawSubjects,
}

/// Unit of the column of days.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DaysUnit {
    #[default]
    Days,
    Weeks,
    Months,
    Years,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawWindow {
    Either(f64),
    Stated {
        day: Option<f64>,
        before: f64,
        after: f64,
    },
}

/// Columns of a table of subjects (`--subjects`).
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubjects {
    subject: Option<OneOrMore>,
    arm: Option<OneOrMore>,
}

/// What a mapping without a name is called.
fn own() -> String {
    "own".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

/// A grade, or one of the words for a score that is not there.
fn score_meaning(word: &str, meaning: &str) -> Result<ScoreWord, Reason> {
    if let Ok(number) = meaning.trim().parse::<f64>()
        && number.is_finite()
    {
        return Ok(ScoreWord::Number(number));
    }
    match words::status(meaning) {
        Some(status) if status != Status::Ok => Ok(ScoreWord::Status(status)),
        _ => Err((
            format!("`values.score`: `{word}` cannot mean `{meaning}`"),
            "allowed: a number, missing, replaced, not-scorable",
        )
            .into()),
    }
}

fn window(name: &str, raw: &RawWindow) -> Result<VisitWindow, Reason> {
    let (day, before, after) = match raw {
        RawWindow::Either(days) => (None, *days, *days),
        RawWindow::Stated { day, before, after } => (*day, *before, *after),
    };
    let day = day.or_else(|| days_of_name(name)).ok_or_else(|| {
        (
            format!("`windows`: `{name}` tells no day"),
            format!("write `{name} = {{ day = 365, before = 30, after = 30 }}`"),
        )
    })?;
    Ok(VisitWindow::new(name, day, before, after)?)
}

/// Identifiers of the mappings that ship.
pub fn mappings() -> impl Iterator<Item = &'static str> + Clone {
    SHIPPED.iter().map(|(id, _)| *id)
}

impl Mapping {
    /// A mapping that ships.
    ///
    /// # Errors
    /// No such mapping.
    pub fn shipped(id: &str) -> Result<Self, Error> {
        let found = SHIPPED.iter().find(|(n, _)| n.eq_ignore_ascii_case(id));
        let (_, text) = found.ok_or_else(|| Error::Mapping {
            mapping: id.to_owned(),
            reason: ("is no mapping", offered(id, mappings())).into(),
        })?;
        Self::from_toml(text)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// The text is no mapping; the message names what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let raw: Raw = toml::from_str(text).map_err(|e| Error::unread("mapping", &e))?;
        let id = raw.id.clone();
        build(raw).map_err(|reason| Error::Mapping {
            mapping: id,
            reason,
        })
    }

    /// Reads a mapping from a file.
    ///
    /// # Errors
    /// As [`Mapping::from_toml`], and where the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::Mapping {
            mapping: path.display().to_string(),
            reason: format!("the file cannot be read: {e}").into(),
        })?;
        Self::from_toml(&text)
    }

    /// Identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Name in print.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What of it is from memory, not confirmed.
    #[must_use]
    pub fn unconfirmed(&self) -> &[String] {
        &self.unconfirmed
    }

    /// The shipped mapping that a table's columns point to.
    pub(super) fn recognised(table: &Table) -> Result<Option<Self>, Error> {
        for (_, text) in SHIPPED {
            let mapping = Self::from_toml(text)?;
            let all = mapping.recognise.iter().all(|c| table.column(c).is_some());
            if all && !mapping.recognise.is_empty() {
                return Ok(Some(mapping));
            }
        }
        Ok(None)
    }

    /// Names that a field's column may have.
    pub(super) fn columns_of(&self, field: Field) -> &[String] {
        let found = self.columns.iter().find(|(f, _)| *f == field);
        found.map_or(&[], |(_, names)| names)
    }

    /// Names that the score's column may have.
    pub(super) fn score_columns(&self) -> &[String] {
        &self.score
    }

    /// What an entry of the score's column means, where the mapping says.
    pub(super) fn score_word(&self, text: &str) -> Option<ScoreWord> {
        if self.score_words.is_empty() {
            return None;
        }
        let same = || {
            let mut all = self.score_words.iter();
            all.find(|(word, _)| word.eq_ignore_ascii_case(text))
                .map(|(_, meaning)| meaning)
        };
        let exact = self.score_words.get(text).or_else(same).copied();
        exact.or_else(|| self.score_number(text.parse().ok()?))
    }

    /// The same of a number.
    pub(super) fn score_number(&self, x: f64) -> Option<ScoreWord> {
        let found = self.score_numbers.iter().find(|(number, _)| *number == x);
        found.map(|(_, meaning)| *meaning)
    }

    pub(super) fn constant(&self, field: Field) -> Option<&str> {
        let found = self.constants.iter().find(|(f, _)| *f == field);
        found.map(|(_, value)| value.as_str())
    }

    /// A cell's word, translated where the mapping translates it.
    pub(super) fn translate<'t>(&'t self, field: Field, word: &'t str) -> &'t str {
        let Some((_, values)) = self.values.iter().find(|(f, _)| *f == field) else {
            return word;
        };
        let exact = values.get(word);
        let same = || {
            let mut all = values.iter();
            all.find(|(from, _)| from.eq_ignore_ascii_case(word))
                .map(|(_, to)| to)
        };
        exact.or_else(same).map_or(word, String::as_str)
    }
}

fn build(raw: Raw) -> Result<Mapping, Reason> {
    let mut columns = Vec::new();
    let mut score = Vec::new();
    for (name, files) in raw.columns {
        let files = files.all();
        if name == "score" {
            score = files;
        } else {
            columns.push((field(&name)?, files));
        }
    }
    let mut constants = Vec::new();
    for (name, value) in raw.constants {
        constants.push((field(&name)?, value));
    }
    let mut values = Vec::new();
    let mut score_words = BTreeMap::new();
    for (name, words) in raw.values {
        if name == "score" {
            for (word, meaning) in words {
                let meaning = score_meaning(&word, &meaning)?;
                score_words.insert(word, meaning);
            }
        } else {
            values.push((field(&name)?, words));
        }
    }
    let missing = raw.missing.into_iter().map(|word| (word, Status::Missing));
    for (word, status) in raw.scores.into_iter().chain(missing) {
        let meaning = ScoreWord::Status(status);
        if score_words
            .insert(word.clone(), meaning)
            .is_some_and(|before| before != meaning)
        {
            let reason = format!("`{word}` of the score's column is given two meanings");
            return Err(reason.into());
        }
    }
    let numbers = score_words
        .iter()
        .filter_map(|(word, m)| Some((word.parse().ok()?, *m)));
    let score_numbers = numbers.collect();
    let wide: Vec<Wide> = raw
        .wide
        .into_iter()
        .map(wide_rule)
        .collect::<Result<_, _>>()?;
    if wide.is_empty() == score.is_empty() {
        return Err("needs either `columns.score` or `[[wide]]` columns".into());
    }
    let windows = raw
        .windows
        .into_iter()
        .map(|(name, raw)| window(&name, &raw));
    let windows = VisitWindows::new(windows.collect::<Result<_, _>>()?, raw.in_window)?;
    let names = |list: Option<OneOrMore>| list.map_or_else(Vec::new, OneOrMore::all);
    Ok(Mapping {
        id: raw.id,
        title: raw.title,
        unconfirmed: raw.unconfirmed,
        recognise: raw.recognise,
        columns,
        score,
        constants,
        values,
        score_words,
        score_numbers,
        wide,
        skip_rows: raw.skip_rows,
        keep: raw
            .keep
            .into_iter()
            .map(|(column, words)| (column, words.all()))
            .collect(),
        days_unit: match raw.days_unit {
            DaysUnit::Days => 1.0,
            DaysUnit::Weeks => 7.0,
            DaysUnit::Months => DAYS_PER_MONTH,
            DaysUnit::Years => 12.0 * DAYS_PER_MONTH,
        },
        date_numbers: raw.date_numbers,
        date_order: raw.date_order,
        windows,
        subject_columns: [names(raw.subjects.subject), names(raw.subjects.arm)],
        skip_unknown_features: raw.skip_unknown_features,
        study_days: raw.study_days,
    })
}

fn wide_rule(mut raw: BTreeMap<String, String>) -> Result<Wide, Reason> {
    let columns = raw
        .remove("columns")
        .ok_or("a `[[wide]]` needs `columns`, a pattern of names")?;
    let columns = Pattern::parse(&columns)?;
    let mut means = Vec::new();
    for (name, text) in raw {
        let pattern = Pattern::parse(&text)?;
        if let Some(unknown) = pattern.holes().find(|h| !columns.holes().any(|c| c == *h)) {
            return Err(format!("`{text}`: `columns` has no hole `{{{unknown}}}`").into());
        }
        means.push((field(&name)?, pattern));
    }
    Ok(Wide { columns, means })
}

fn field(name: &str) -> Result<Field, Reason> {
    let found = FIELDS.iter().find(|f| f.name() == name);
    found.copied().ok_or_else(|| {
        let names = || FIELDS.iter().map(|f| f.name());
        let reason = format!("`{name}` is no column of a score table");
        (reason, format!("{}, score", offered(name, names()))).into()
    })
}
