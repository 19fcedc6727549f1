use super::layout::{FIELDS, Field};
use super::pattern::Pattern;
use crate::suggest::{closest, one_of};
use crate::{Error, Status};
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
/// counts); `[constants]` says what holds for every row; `[values.X]` translates the cells of column X; `[scores]`
/// turns entries of the score column into a status; `[[wide]]` describes columns that hold a score each.
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
    pub(super) score_words: BTreeMap<String, Status>,
    pub(super) wide: Vec<Wide>,
    pub(super) skip_rows: Vec<String>,
    pub(super) skip_unknown_features: bool,
    pub(super) study_days: bool,
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
    wide: Vec<BTreeMap<String, String>>,
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

/// Identifiers of the mappings that ship.
pub fn mappings() -> impl Iterator<Item = &'static str> {
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
            reason: format!(
                "is no mapping{} ({})",
                closest(id, mappings()),
                one_of(mappings())
            ),
        })?;
        Self::from_toml(text)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// The text is no mapping; the message names what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let raw: Raw = toml::from_str(text).map_err(|e| Error::Mapping {
            mapping: "(unread)".into(),
            reason: format!("the text is no mapping: {}", e.to_string().trim_end()),
        })?;
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
            reason: format!("the file cannot be read: {e}"),
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

    /// Whether a column of the file is named by `[columns]`.
    pub(super) fn uses(&self, column: &str) -> bool {
        let mut named = self.columns.iter().flat_map(|(_, names)| names);
        named.any(|name| name.eq_ignore_ascii_case(column))
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

fn build(raw: Raw) -> Result<Mapping, String> {
    let mut columns = Vec::new();
    let mut score = Vec::new();
    for (name, files) in raw.columns {
        let files = match files {
            OneOrMore::One(file) => vec![file],
            OneOrMore::More(files) => files,
        };
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
    for (name, words) in raw.values {
        values.push((field(&name)?, words));
    }
    let wide: Vec<Wide> = raw
        .wide
        .into_iter()
        .map(wide_rule)
        .collect::<Result<_, _>>()?;
    if wide.is_empty() == score.is_empty() {
        return Err("needs either `columns.score` or `[[wide]]` columns".into());
    }
    Ok(Mapping {
        id: raw.id,
        title: raw.title,
        unconfirmed: raw.unconfirmed,
        recognise: raw.recognise,
        columns,
        score,
        constants,
        values,
        score_words: raw.scores,
        wide,
        skip_rows: raw.skip_rows,
        skip_unknown_features: raw.skip_unknown_features,
        study_days: raw.study_days,
    })
}

fn wide_rule(mut raw: BTreeMap<String, String>) -> Result<Wide, String> {
    let columns = raw
        .remove("columns")
        .ok_or("a `[[wide]]` needs `columns`, a pattern of names")?;
    let columns = Pattern::parse(&columns)?;
    let mut means = Vec::new();
    for (name, text) in raw {
        let pattern = Pattern::parse(&text)?;
        if let Some(unknown) = pattern.holes().find(|h| !columns.holes().any(|c| c == *h)) {
            return Err(format!("`{text}`: `columns` has no hole `{{{unknown}}}`"));
        }
        means.push((field(&name)?, pattern));
    }
    Ok(Wide { columns, means })
}

fn field(name: &str) -> Result<Field, String> {
    let found = FIELDS.iter().find(|f| f.name() == name);
    found.copied().ok_or_else(|| {
        let names = || FIELDS.iter().map(|f| f.name());
        format!(
            "`{name}` is no column of a score table{} ({}, score)",
            closest(name, names()),
            one_of(names())
        )
    })
}
