//! A table of scores as the user names it, and what its errors mean.

use super::origin::{Input, Origin};
use crate::args_scores::{Constant, DayInWindow, SpanArgs, SumArgs, TableArgs};
use crate::failure::{ExitStatus, Failure};
use crate::table::plural;
use howship_scores::{
    Asked, ConstantReadings, Imputation, InWindow, Mapping, ReadOptions, Scheme, ScoreTable, Total,
    Totals, VisitWindows, mappings, totals,
};
use howship_study::file_name;
use howship_tables::{OpenOptions, Table};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// A table opened, and how its scores are to be read.
pub(crate) struct Opened {
    pub(crate) table: Table,
    pub(crate) options: ReadOptions,
    pub(crate) origin: Origin,
}

/// Opens the table and everything that says how to read it.
pub(crate) fn open(args: &TableArgs) -> anyhow::Result<Opened> {
    let mut origin = Origin::default();
    let bytes = table_bytes(&args.scores, &mut origin)?;
    let options = OpenOptions {
        delimiter: args.delimiter,
        dataset: args.dataset.clone(),
        ..OpenOptions::default()
    };
    let table = howship_tables::read(&args.scores, bytes, &options)?;
    let subjects = args.subjects.as_deref().map(|path| {
        let bytes = self::bytes(path, &mut origin)?;
        Ok::<Table, anyhow::Error>(howship_tables::read(path, bytes, &OpenOptions::default())?)
    });
    let subjects = subjects.transpose()?;
    let names = args.same_subjects.as_ref().and_then(Option::as_deref);
    let subject_names = names
        .map(|path| subject_names(path, &mut origin))
        .transpose()?;
    let options = ReadOptions {
        windows: windows(args)?,
        constant_readings: match args.constant_readings {
            None => ConstantReadings::Ask,
            Some(Constant::Taken) => ConstantReadings::Taken,
            Some(Constant::Missing) => ConstantReadings::Missing,
        },
        as_scored: args.as_scored,
        same_subjects: args.same_subjects.is_some(),
        subject_names: subject_names.unwrap_or_default(),
        subjects,
        scheme: args.scheme.clone(),
        own_schemes: scheme_files(&args.scheme_file, &mut origin)?,
        mapping: args
            .columns
            .as_deref()
            .map(|path| mapping(path, &mut origin))
            .transpose()?,
        decimal_comma: args.decimal_comma,
        ..ReadOptions::default()
    };
    Ok(Opened {
        table,
        options,
        origin,
    })
}

/// The windows that were typed.
fn windows(args: &TableArgs) -> Result<VisitWindows, Failure> {
    let rule = match args.in_window {
        DayInWindow::Nearest => InWindow::Nearest,
        DayInWindow::First => InWindow::First,
        DayInWindow::Last => InWindow::Last,
    };
    VisitWindows::new(args.window.clone(), rule)
        .map_err(|reason| Failure::new(ExitStatus::Usage, format!("`--window`: {reason}")))
}

/// Names of subjects and the one that each stands for, from a table with columns `name` and `subject`.
fn subject_names(path: &Path, origin: &mut Origin) -> anyhow::Result<BTreeMap<String, String>> {
    let bytes = bytes(path, origin)?;
    let table = howship_tables::read(path, bytes, &OpenOptions::default())?;
    let (Some(from), Some(to)) = (table.column("name"), table.column("subject")) else {
        return Err(Failure::bad_input(path, "columns `name` and `subject` are needed")
            .hint("give every other name of a subject (`name`) the one that stands for it (`subject`)")
            .into());
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for row in 0..table.rows() {
        let (name, subject) = (from.text(row).into_owned(), to.text(row).into_owned());
        let before = names.insert(name.clone(), subject.clone());
        if before.as_ref().is_some_and(|b| *b != subject) {
            let reason = format!(
                "line {}: `{name}` stands for `{subject}`, and for another subject before",
                table.line(row)
            );
            return Err(Failure::bad_input(path, reason).into());
        }
    }
    Ok(names)
}

/// Scores as a question needs them.
pub(crate) struct Scores {
    pub(crate) table: ScoreTable,
    /// What to analyse where nothing else is asked for: `total` or a feature.
    pub(crate) primary: String,
    pub(crate) origin: Origin,
}

/// Reads the scores of a table.
pub(crate) fn scores(args: &TableArgs) -> anyhow::Result<Scores> {
    let mut opened = open(args)?;
    let (table, warnings) = howship_scores::read_with_warnings(&opened.table, &opened.options)?;
    opened.origin.notes.extend(warnings);
    let own = opened
        .options
        .own_schemes
        .iter()
        .find(|s| s.id == table.scheme);
    let shipped = || howship_scores::scheme(&table.scheme).ok();
    let primary = match own.cloned().or_else(shipped) {
        Some(scheme) => scheme.primary,
        None if table.sums.total => "total".to_owned(),
        None => table
            .items
            .first()
            .map_or_else(|| "total".to_owned(), |i| i.feature.clone()),
    };
    Ok(Scores {
        table,
        primary,
        origin: opened.origin,
    })
}

impl Scores {
    /// Sums by the rules asked for, and what was imputed; refused where no reading has a single one.
    pub(crate) fn sums(&mut self, args: &SumArgs) -> anyhow::Result<(Totals, Vec<Imputation>)> {
        let (sums, imputations) = totals(&self.table, &args.options())?;
        let values = || asked_sums(&self.table, &sums);
        let missing = || values().filter(|t| t.value.is_none());
        let Some(most) = missing().max_by_key(|t| t.scored) else {
            return Ok((sums, imputations));
        };
        if missing().count() == values().count() {
            let message = format!(
                "`{}`: no reading has enough scored sites for a sum: of {} sites that `{}` asks for, at most {} were \
                 scored",
                self.table.path.display(),
                most.items,
                self.table.scheme,
                most.scored
            );
            let hint = match args.options().asked {
                Some(Asked::Table) => {
                    "name the scheme that was read with `--scheme`, or lower `--share`"
                }
                _ => {
                    "name the scheme that was read with `--scheme`, sum what the table holds with `--asked table`, or \
                     lower `--share`"
                }
            };
            return Err(Failure::new(ExitStatus::BadInput, message)
                .hint(hint)
                .into());
        }
        let unread = missing().filter(|t| t.scored == 0).count();
        let few = missing().count() - unread;
        if few > 0 {
            self.origin.notes.push(format!(
                "{few} of {} sums are missing: fewer than {} % of the sites of a feature were scored (`--share`)",
                values().count(),
                100.0 * args.share
            ));
        }
        if unread > 0 {
            self.origin.notes.push(format!(
                "{unread} of {} sums are missing: not one of their sites was scored",
                values().count()
            ));
        }
        Ok((sums, imputations))
    }

    /// The sum that is asked for.
    pub(crate) fn feature(&self, asked: Option<&String>) -> String {
        asked.unwrap_or(&self.primary).clone()
    }

    /// Whether the table has items of a feature.
    pub(crate) fn check_feature(&self, feature: &str) -> anyhow::Result<()> {
        let mut features: Vec<&str> = self
            .table
            .items
            .iter()
            .map(|i| i.feature.as_str())
            .collect();
        features.sort_unstable();
        features.dedup();
        if features.contains(&feature) {
            return Ok(());
        }
        let message = format!("the table has no feature `{feature}`");
        Err(Failure::new(ExitStatus::BadInput, message)
            .hint(format!("it has {}", features.join(", ")))
            .into())
    }

    /// The position of a visit by its name.
    pub(crate) fn visit(&self, name: Option<&String>) -> anyhow::Result<Option<u32>> {
        let Some(name) = name else {
            return Ok(None);
        };
        let visits = &self.table.visits;
        match visits
            .iter()
            .position(|v| v.name.eq_ignore_ascii_case(name))
        {
            Some(position) => Ok(u32::try_from(position).ok()),
            None => {
                let names: Vec<&str> = visits.iter().map(|v| v.name.as_str()).collect();
                let message = format!("the table has no visit `{name}`");
                let hint = format!("it has {}", names.join(", "));
                Err(Failure::new(ExitStatus::BadInput, message)
                    .hint(hint)
                    .into())
            }
        }
    }

    /// Whether the visits that are asked for come one after the other.
    pub(crate) fn check_span(&self, span: &SpanArgs) -> anyhow::Result<()> {
        let visits = &self.table.visits;
        let last = u32::try_from(visits.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let from = self.visit(span.from.as_ref())?.unwrap_or(0);
        let to = self.visit(span.to.as_ref())?.unwrap_or(last);
        if from < to || visits.len() < 2 {
            return Ok(());
        }
        let name = |v: u32| visits.get(v as usize).map_or("", |v| v.name.as_str());
        let message = format!(
            "visit `{}` does not come after visit `{}`",
            name(to),
            name(from)
        );
        let names: Vec<&str> = visits.iter().map(|v| v.name.as_str()).collect();
        let hint = format!("the table has, in this order, {}", names.join(", "));
        Err(Failure::new(ExitStatus::BadInput, message)
            .hint(hint)
            .into())
    }

    /// Who and what was read, in a line.
    pub(crate) fn subtitle(&self) -> String {
        let table = &self.table;
        let visits: Vec<&str> = table.visits.iter().map(|v| v.name.as_str()).collect();
        format!(
            "{}: {}, visits {}, {} ({})",
            file_name(&table.path),
            plural(table.subjects.len(), "subject"),
            visits.join(", "),
            plural(table.readers.len(), "reader"),
            table.scheme
        )
    }
}

/// Every sum that is asked for: not those of a feature of which nothing is, nor totals where features do not add up.
pub(crate) fn asked_sums<'a>(
    table: &ScoreTable,
    sums: &'a Totals,
) -> impl Iterator<Item = &'a Total> {
    let last = sums.features.len().saturating_sub(1);
    let own = table.items.iter().any(|i| i.feature == "total");
    let total = table.sums.total || own;
    let asked = move |(at, sum): &(usize, &Total)| sum.items > 0 && (*at < last || total);
    let rows = sums.rows.iter();
    rows.flat_map(move |row| row.values.iter().enumerate().filter(asked))
        .map(|(_, sum)| sum)
}

/// Schemes of the user's own.
pub(crate) fn scheme_files(
    paths: &[impl AsRef<Path>],
    origin: &mut Origin,
) -> anyhow::Result<Vec<Scheme>> {
    let mut schemes: Vec<Scheme> = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let text = text(path, origin)?;
        let scheme = Scheme::from_toml(&text).map_err(|e| in_file(path, &e))?;
        if schemes
            .iter()
            .any(|s| s.id.eq_ignore_ascii_case(&scheme.id))
        {
            let reason = format!("scheme `{}` was given before", scheme.id);
            return Err(Failure::bad_input(path, reason)
                .hint("give each scheme an id of its own")
                .into());
        }
        schemes.push(scheme);
    }
    Ok(schemes)
}

/// An error about the text of a file.
fn in_file(path: &Path, error: &howship_scores::Error) -> Failure {
    let failure = Failure::bad_input(path, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A mapping from a file, or one that ships.
fn mapping(path: &Path, origin: &mut Origin) -> anyhow::Result<Mapping> {
    let name = path.to_string_lossy();
    let plain = path.components().count() == 1 && path.extension().is_none();
    if plain && (mappings().any(|m| m.eq_ignore_ascii_case(&name)) || !path.exists()) {
        return Ok(Mapping::shipped(&name)?);
    }
    let text = text(path, origin)?;
    Ok(Mapping::from_toml(&text).map_err(|e| in_file(path, &e))?)
}

pub(crate) fn text(path: &Path, origin: &mut Origin) -> Result<String, Failure> {
    let bytes = bytes(path, origin)?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::bad_input(path, "it is not text in UTF-8").hint("save it again as UTF-8")
    })
}

pub(crate) fn bytes(path: &Path, origin: &mut Origin) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::reading(path, &e))?;
    Ok(noted(path, bytes, origin))
}

/// The table itself, from standard input where it is named `-`.
fn table_bytes(path: &Path, origin: &mut Origin) -> Result<Vec<u8>, Failure> {
    if path != Path::new("-") {
        return bytes(path, origin);
    }
    let mut all = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut all);
    read.map_err(|e| Failure::reading(path, &e))?;
    Ok(noted(path, all, origin))
}

fn noted(path: &Path, bytes: Vec<u8>, origin: &mut Origin) -> Vec<u8> {
    origin.inputs.push(Input {
        name: file_name(path),
        blake3: blake3::hash(&bytes).to_hex().to_string(),
    });
    bytes
}
