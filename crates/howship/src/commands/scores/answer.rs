//! What a question about scores gives: the terminal's table, JSON, and OUT.

use super::numbers::number;
use super::origin::{Input, Origin};
use crate::args_scores::ScoresOut;
use crate::failure::ExitStatus;
use crate::output_folder::OutputFolder;
use crate::printable::printable;
use crate::printer::{Printer, done};
use crate::typed::{Typed, typed};
use howship_report::paper::{Cell, Page, PageProvenance, Table, page_html};
use howship_scores::{Tidy, TidyCell};
use howship_study::json;
use serde::Serialize;
use std::collections::BTreeMap;

/// Name and version of `scores.json`.
const SCHEMA: &str = "howship-scores/1";

/// The file that holds a result, and tells a folder of results from any other.
pub(crate) const FILE: &str = "scores.json";

/// What it takes to make the result again.
#[derive(Debug, Serialize)]
struct Provenance<'a> {
    version: &'static str,
    command: &'a [String],
    inputs: &'a [Input],
    settings: &'a BTreeMap<String, String>,
    seeds: &'a [u64],
}

#[derive(Serialize)]
struct File<'a, R> {
    schema: &'static str,
    question: &'a str,
    provenance: Provenance<'a>,
    /// What was odd, and what the design cannot identify.
    notes: &'a [String],
    result: &'a R,
}

/// An answer as it is handed out. `tables` are named without their ending.
pub(crate) struct Answer<'a, R> {
    pub(crate) question: &'a str,
    pub(crate) text: String,
    pub(crate) notes: Vec<String>,
    pub(crate) result: &'a R,
    pub(crate) tables: Vec<(&'a str, Tidy)>,
    /// Title, answer, cards and sections; the rest is filled in.
    pub(crate) page: Page,
}

/// The folder, made before the work so that whatever keeps it from being written shows at once.
pub(crate) fn folder(out: &ScoresOut) -> anyhow::Result<Option<OutputFolder>> {
    let folder = out
        .out
        .as_deref()
        .map(|path| OutputFolder::new(path, out.force));
    Ok(folder.transpose()?)
}

impl<R: Serialize> Answer<'_, R> {
    /// Prints the answer and writes OUT.
    pub(crate) fn hand_out(
        self,
        origin: &Origin,
        folder: Option<OutputFolder>,
        printer: &Printer,
    ) -> anyhow::Result<ExitStatus> {
        let typed = typed()?;
        let mut notes = origin.notes.clone();
        notes.extend(
            self.notes
                .iter()
                .filter(|n| !origin.notes.contains(n))
                .cloned(),
        );
        let file = File {
            schema: SCHEMA,
            question: self.question,
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION"),
                command: &typed.command,
                inputs: &origin.inputs,
                settings: &typed.settings,
                seeds: &typed.seeds,
            },
            notes: &notes,
            result: self.result,
        };
        let written = match folder {
            Some(folder) => {
                folder.write(FILE, &json(&file)?)?;
                for (name, tidy) in &self.tables {
                    folder.write(&format!("{name}.csv"), csv(tidy).as_bytes())?;
                }
                write_page(&folder, self.page, origin, &typed, &notes)?;
                Some(folder.finish()?)
            }
            None => None,
        };
        printer.result(&self.text)?;
        for note in grouped(&notes) {
            printer.note(&format!("note: {note}"));
        }
        if let Some(out) = written {
            printer.result(&format!(
                "\nReport: {}\n",
                out.join("report.html").display()
            ))?;
        }
        printer.json(&file)?;
        done()
    }
}

/// The report, and its figures as files of their own.
fn write_page(
    folder: &OutputFolder,
    mut page: Page,
    origin: &Origin,
    typed: &Typed,
    notes: &[String],
) -> anyhow::Result<()> {
    let hashes = origin
        .inputs
        .iter()
        .map(|i| (i.name.clone(), i.blake3.clone()));
    page.brand = "readers’ scores".to_owned();
    page.provenance = PageProvenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: typed.command.clone(),
        inputs: hashes.collect(),
        settings: typed.settings.clone().into_iter().collect(),
        seeds: Vec::new(),
    };
    // What the result rests on comes first; how the table was read stands in a list of its own.
    let of_result: Vec<String> = (notes.iter())
        .filter(|n| !origin.notes.contains(n))
        .cloned()
        .collect();
    page.warnings.extend(grouped(&of_result));
    page.reading.extend(grouped(&origin.notes));
    folder.write("report.html", page_html(&page)?.as_bytes())?;
    let figures: Vec<&str> = page
        .sections
        .iter()
        .flat_map(|s| &s.figures)
        .map(|f| f.svg.as_str())
        .collect();
    if figures.is_empty() {
        return Ok(());
    }
    folder.folder("figures")?;
    for (i, svg) in figures.iter().enumerate() {
        folder.write(&format!("figures/figure-{:02}.svg", i + 1), svg.as_bytes())?;
    }
    Ok(())
}

/// Notes that say the same of different readers, visits or sums become one, with how many there are; `scores.json` has
/// all.
fn grouped(notes: &[String]) -> Vec<String> {
    // What a note is of stands before its first colon; numbers differ between notes of one kind.
    let kind = |note: &str| -> String {
        let said = note.split_once(": ").map_or(note, |(_, said)| said);
        said.chars()
            .filter(|c| !c.is_ascii_digit() && *c != '.')
            .collect()
    };
    let mut groups: Vec<(String, Vec<&String>)> = Vec::new();
    for note in notes {
        let kind = kind(note);
        match groups.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, same)) => same.push(note),
            None => groups.push((kind, vec![note])),
        }
    }
    let mut shown = Vec::new();
    for (_, same) in groups {
        match same.as_slice() {
            [only] => shown.push((*only).clone()),
            [first, second] => shown.extend([(*first).clone(), (*second).clone()]),
            [first, rest @ ..] => shown.push(format!("{first} (and {} more like it)", rest.len())),
            [] => {}
        }
    }
    shown
}

fn csv(tidy: &Tidy) -> String {
    let rows = tidy.rows.iter().map(|row| row.iter().map(csv_cell));
    howship_tables::csv_text(&tidy.columns, rows)
}

fn csv_cell(cell: &TidyCell) -> howship_tables::Cell<'_> {
    match cell {
        TidyCell::Text(words) => howship_tables::Cell::Text(printable(words)),
        TidyCell::Number(x) => howship_tables::Cell::Number(*x),
        TidyCell::Count(n) => howship_tables::Cell::Count(*n),
        TidyCell::Empty => howship_tables::Cell::Empty,
    }
}

/// A tidy table without the columns that its caption says.
pub(crate) fn without(mut tidy: Tidy, columns: &[&str]) -> Tidy {
    let kept: Vec<bool> = (tidy.columns.iter())
        .map(|c| !columns.contains(&c.as_str()))
        .collect();
    let mut places = kept.iter();
    tidy.columns.retain(|_| places.next() == Some(&true));
    for row in &mut tidy.rows {
        let mut places = kept.iter();
        row.retain(|_| places.next() == Some(&true));
    }
    tidy
}

/// A tidy table without those of the named columns that hold the same in every row.
pub(crate) fn without_constant(tidy: Tidy, columns: &[&str]) -> Tidy {
    let constant = |name: &&str| {
        let at = tidy.columns.iter().position(|c| c == name);
        let first = at.and_then(|at| tidy.rows.first()?.get(at));
        at.is_some_and(|at| tidy.rows.iter().all(|row| row.get(at) == first))
    };
    let names: Vec<&str> = columns.iter().filter(|c| constant(c)).copied().collect();
    without(tidy, &names)
}

/// A tidy table without the columns that no row fills.
fn without_empty(tidy: &Tidy) -> Tidy {
    let empty = |at: usize| {
        let mut cells = tidy.rows.iter().map(|row| row.get(at));
        cells.all(|c| {
            c.is_none_or(|c| match c {
                TidyCell::Empty => true,
                TidyCell::Text(text) => text.is_empty(),
                TidyCell::Number(x) => !x.is_finite(),
                TidyCell::Count(_) => false,
            })
        })
    };
    if tidy.rows.is_empty() {
        return tidy.clone();
    }
    let names: Vec<&str> = (0..tidy.columns.len())
        .filter(|&at| empty(at))
        .map(|at| tidy.columns[at].as_str())
        .collect();
    without(tidy.clone(), &names)
}

/// A tidy table for the page; its columns' names in words.
pub(crate) fn page_table(caption: &str, tidy: &Tidy) -> Table {
    let mut table = page_table_as_named(caption, tidy);
    for row in &mut table.rows {
        for (cell, column) in row.iter_mut().zip(&table.columns) {
            if let (Cell::Number(x), true) = (&*cell, is_bound(column)) {
                *cell = Cell::Bound(*x);
            }
        }
    }
    for column in &mut table.columns {
        *column = in_words(column);
    }
    table
}

/// Whether a column of a tidy table holds ends of intervals.
fn is_bound(column: &str) -> bool {
    column.ends_with("lower") || column.ends_with("upper")
}

fn in_words(column: &str) -> String {
    column.replace('_', " ")
}

/// The same with columns that are names of the user's.
pub(crate) fn page_table_as_named(caption: &str, tidy: &Tidy) -> Table {
    let cell = |cell: &TidyCell| match cell {
        TidyCell::Text(words) => Cell::Text(words.clone()),
        TidyCell::Number(x) => Cell::Number(*x),
        TidyCell::Count(n) => Cell::Count(*n),
        TidyCell::Empty => Cell::Empty,
    };
    let tidy = &without_empty(tidy);
    Table {
        caption: caption.to_owned(),
        columns: tidy.columns.clone(),
        rows: tidy
            .rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect(),
    }
}

/// A tidy table for the terminal, the named columns of it in words, at most so many rows.
pub(crate) fn terminal(tidy: &Tidy, columns: &[&str], most: usize, printer: &Printer) -> String {
    printed(tidy, columns, most, printer, in_words)
}

/// The same, all of it, with columns that are names of the user's.
pub(crate) fn terminal_as_named(tidy: &Tidy, printer: &Printer) -> String {
    printed(tidy, &[], usize::MAX, printer, str::to_owned)
}

fn printed(
    tidy: &Tidy,
    columns: &[&str],
    most: usize,
    printer: &Printer,
    header: impl Fn(&str) -> String,
) -> String {
    let tidy = &without_empty(tidy);
    let places: Vec<usize> = if columns.is_empty() {
        (0..tidy.columns.len()).collect()
    } else {
        columns
            .iter()
            .filter_map(|c| tidy.columns.iter().position(|t| t == c))
            .collect()
    };
    let header = places.iter().map(|&p| header(&tidy.columns[p]));
    let mut table = crate::table::Table::new(header);
    for row in tidy.rows.iter().take(most) {
        let cells = places
            .iter()
            .map(|&p| row.get(p).map_or_else(String::new, words));
        table.row(cells.collect(), None);
    }
    let mut text = table.print(printer);
    if tidy.rows.len() > most {
        text.push_str(&format!(
            "... and {} more rows; `-o OUT` or `--json` give all\n",
            tidy.rows.len() - most
        ));
    }
    text
}

fn words(cell: &TidyCell) -> String {
    match cell {
        TidyCell::Text(words) => words.clone(),
        TidyCell::Number(x) => number(*x),
        TidyCell::Count(n) => n.to_string(),
        TidyCell::Empty => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_one_kind_are_one_line() {
        let of = |a: &str| format!("joints, {a}: all scores equal 0: kappa is not defined");
        let notes = [
            "x".to_owned(),
            of("A, B"),
            of("A, C"),
            of("B, C"),
            "y: 1".to_owned(),
            "z: 2".to_owned(),
        ];
        assert_eq!(
            grouped(&notes),
            [
                "x",
                &format!("{} (and 2 more like it)", of("A, B")),
                "y: 1",
                "z: 2"
            ]
        );
    }
}
