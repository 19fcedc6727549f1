//! From a table of any layout to a [`ScoreTable`], every bad cell named with its line, column and what is allowed.

mod arms;
mod blinding;
mod calendar;
mod carried;
mod cells;
mod checks;
mod coded;
mod constant;
mod dated;
mod day_units;
mod doubtful;
mod exchanged;
mod exchanged_names;
mod exchanged_words;
mod far_from_film;
mod far_off;
mod field;
mod field_words;
mod film_distance;
mod films;
mod identity;
mod label_days;
mod layout;
mod mapping;
mod mirrored;
mod near_copied;
mod number;
mod opposite_changes;
mod options;
mod order;
mod other_scale;
mod pattern;
mod problems;
mod reading_time;
mod regions;
mod reversed;
mod rows;
mod same_time;
mod schemes;
mod sites;
mod slip_kinds;
mod subject_twice;
mod summary_rows;
mod swapped_subjects;
mod timing;
mod unread_by;
mod validation;
mod visit_names;
mod visits;
mod wide;
mod windows;
mod words;

pub use calendar::{DateNumbers, DateOrder};
pub(crate) use checks::visits_in_two_spellings;
pub(crate) use identity::{alike, same_numbers};
pub use mapping::{Mapping, mappings};
pub use options::ReadOptions;
pub use validation::{Summary, Validation};
pub use windows::{InWindow, LabelTolerance, VisitWindow, VisitWindows};

use crate::{Error, ScoreTable, SumRules};
use howship_tables::Names;
use howship_tables::Table;
use layout::Layout;
use problems::Problems;
use rows::{ReadRows, RowReader};
use std::collections::BTreeMap;

/// Reads a table of scores and checks every cell.
///
/// Columns are those of Howship's score table (`subject, arm, visit, days, reader, campaign, reading,
/// sequence_blinded, scheme, side, region, site, feature, score, status`; only `subject` and `score` and, but for
/// scheme `custom`, a site must be there), or those that a [`Mapping`] names. Tables shaped as SDTM MK and ADaM BDS
/// are recognised. Subjects, readers and arms are numbered in the order of their names, visits in order of time, so
/// the order of the rows does not matter.
///
/// # Errors
/// The first thing that is wrong, by line; [`validate`] lists more.
pub fn read_scores(table: &Table, options: &ReadOptions) -> Result<ScoreTable, Error> {
    Ok(read_with_warnings(table, options)?.0)
}

/// As [`read_scores`], with what is allowed but odd.
///
/// # Errors
/// As [`read_scores`].
pub fn read_with_warnings(
    table: &Table,
    options: &ReadOptions,
) -> Result<(ScoreTable, Vec<String>), Error> {
    let mut problems = Problems::new(1);
    let mut warnings = Vec::new();
    let scores = read(table, options, &mut problems, &mut warnings)?;
    match problems.into_errors().0.into_iter().next() {
        Some(first) => Err(first),
        None => Ok((scores, warnings)),
    }
}

/// Reads a table of scores and lists what is wrong with it, what is odd about it, and what it holds.
#[must_use]
pub fn validate(table: &Table, options: &ReadOptions) -> Validation {
    let mut problems = Problems::new(options.max_problems.max(1));
    let mut warnings = Vec::new();
    let read = read(table, options, &mut problems, &mut warnings);
    let (mut list, mut found) = problems.into_errors();
    let summary = match read {
        Ok(scores) => (found == 0).then(|| Summary::of(&scores)),
        Err(error) => {
            if list.is_empty() {
                list.push(error);
                found = 1;
            }
            None
        }
    };
    Validation {
        problems: list,
        found,
        warnings,
        summary,
    }
}

/// Reads as much as can be read. An error is something that leaves no table at all.
fn read(
    table: &Table,
    options: &ReadOptions,
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Result<ScoreTable, Error> {
    let layout = Layout::new(table, options, warnings)?;
    let scheme = schemes::choose(&layout, options, warnings)?;
    let reader = RowReader::new(&layout, &scheme, options)?;
    let mut read = reader.rows(problems, warnings);
    if read.rows.is_empty() && problems.is_empty() {
        return Err(layout.error("no row is left to read: all were skipped (see the warnings)"));
    }
    let (items, reasons) = reader.into_items();
    let subjects = subjects(&layout, options, &mut read, warnings);
    let windows = match (options.windows.is_empty(), layout.mapping.as_ref()) {
        (true, Some(mapping)) => &mapping.windows,
        _ => &options.windows,
    };
    let timing = timing::Timing {
        layout: &layout,
        options,
        windows,
    };
    let (mut rows, visits) = visits::put_in_order(&timing, read, problems, warnings);
    if rows.is_empty() && problems.is_empty() {
        return Err(
            layout.error("no row is left to read: no day lies in a window (see `--window`)")
        );
    }
    let names = |field| order::number(&layout, field, &mut rows, |_| None);
    let [mut arms, readers, campaigns] = order::FIELDS.map(names);
    arms::join(
        &layout,
        options,
        (&mut rows, &subjects, &mut arms),
        problems,
        warnings,
    );
    let mut scores = ScoreTable {
        path: table.path().to_owned(),
        scheme: scheme.id().to_owned(),
        items,
        subjects,
        arms,
        visits,
        readers,
        campaigns,
        reasons,
        read_at: Vec::new(),
        read_on_dates: false,
        constant: Vec::new(),
        doubts: Vec::new(),
        sequence_known: blinding::sequence_known(&layout, problems, warnings),
        sums: scheme.rules().map_or_else(SumRules::default, SumRules::of),
        rows,
    };
    (scores.read_at, scores.read_on_dates) = reading_time::read_at(&layout, problems);
    if !scheme.is_table() {
        scores.sums = custom_rules(&scores);
    }
    if let Some(rules) = scheme.rules() {
        scores.sums.unread = regions::unread(&scores, rules);
    }
    scores.put_in_order();
    summary_rows::problems(&scores, &layout, problems);
    checks::problems(&scores, &layout, problems);
    if problems.is_empty() {
        constant::settle(&mut scores, scheme.rules(), options, warnings);
        let films = films::films(&scores);
        scores.doubts = doubtful::settle(&scores, &films, scheme.is_table(), options, warnings);
        checks::warnings(&scores, &scheme, options, warnings);
        warnings.extend(scores.copied().iter().map(|c| c.words(&scores)));
        warnings.extend(doubtful::notes(&scores, &films));
    }
    Ok(scores)
}

/// The names of the subjects in natural order, spellings of one taken together where that was asked for.
fn subjects(
    layout: &Layout,
    options: &ReadOptions,
    read: &mut ReadRows,
    warnings: &mut Vec<String>,
) -> Names {
    let words = layout.words(field::Field::Subject);
    let named = |word: &str| options.subject_names.get(word).cloned();
    let mut one: BTreeMap<String, String> = BTreeMap::new();
    if options.same_subjects {
        let mut names: Vec<String> = words
            .into_iter()
            .flat_map(|w| w.names.iter())
            .map(|w| layout.meaning(field::Field::Subject, w))
            .map(|w| named(w).unwrap_or_else(|| w.to_owned()))
            .filter(|w| !w.is_empty())
            .collect();
        names.sort_unstable();
        names.dedup();
        let groups = identity::alike(names.iter().map(String::as_str));
        for group in &groups {
            for other in group {
                one.insert((*other).to_owned(), group[0].to_owned());
            }
        }
        if !groups.is_empty() {
            warnings.push(format!(
                "taken as one subject each: {}",
                identity::words(&groups)
            ));
        }
    }
    let stands_for = |word: &str| {
        let named = named(word);
        let spelled = named.as_deref().unwrap_or(word);
        one.get(spelled).cloned().or_else(|| named.clone())
    };
    order::number(layout, field::Field::Subject, &mut read.rows, stands_for)
}

/// Scheme `custom` knows no sum over features: they may be a total and its parts.
fn custom_rules(scores: &ScoreTable) -> SumRules {
    let first = scores.items.first().map(|i| i.feature.as_str());
    SumRules {
        stretched: Vec::new(),
        total: scores
            .items
            .iter()
            .all(|i| Some(i.feature.as_str()) == first),
        asked: crate::Asked::Table,
        unread: Vec::new(),
    }
}
