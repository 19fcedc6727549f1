//! `howship scores validate`: whether a table can be used, and what it holds.

use super::answer::{Answer, folder, page_table, terminal};
use super::source;
use crate::args_scores::ValidateArgs;
use crate::failure::{ExitStatus, Failure, of_scores};
use crate::printer::Printer;
use howship_report::paper::{Card, Page, Section};
use howship_scores::{Summary, Validation, validate};
use howship_study::file_name;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Result<'a> {
    valid: bool,
    summary: &'a Summary,
}

pub(crate) fn run(args: &ValidateArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut opened = source::open(&args.table)?;
    opened.options.max_problems = args.problems;
    let validation = validate(&opened.table, &opened.options);
    let Some(summary) = &validation.summary else {
        return Err(problems(&validation, opened.table.path(), printer).into());
    };
    let tidy = summary.tidy();
    opened
        .origin
        .notes
        .extend(validation.warnings.iter().cloned());
    let name = file_name(opened.table.path());
    // Sound is what nothing odd was found in.
    let verdict = match validation.warnings.len() {
        0 => "is sound".to_owned(),
        1 => "can be read; one note says what to look at".to_owned(),
        n => format!("can be read; {n} notes say what to look at"),
    };
    let page = Page {
        title: format!("{name} {verdict}"),
        cards: vec![
            card(summary.subjects, "subjects"),
            card(summary.visits.len(), "visits"),
            card(summary.readers.len(), "readers"),
            card(summary.scored, "scores"),
        ],
        sections: vec![Section {
            heading: "What it holds".to_owned(),
            tables: vec![page_table("The table", &tidy)],
            ..Section::default()
        }],
        ..Page::default()
    };
    let answer = Answer {
        question: "validate",
        text: format!(
            "`{name}` {verdict}\n\n{}",
            terminal(&tidy, &[], 60, printer)
        ),
        notes: Vec::new(),
        result: &Result {
            valid: true,
            summary,
        },
        tables: vec![("summary", tidy)],
        page,
    };
    answer.hand_out(&opened.origin, out, printer)
}

fn card(count: usize, word: &str) -> Card {
    Card {
        number: count.to_string(),
        word: word.to_owned(),
        ..Card::default()
    }
}

/// What is wrong and what to do, in one line.
fn in_full(problem: &howship_scores::Error) -> String {
    match problem.hint() {
        Some(hint) => format!("{problem}; {hint}"),
        None => problem.to_string(),
    }
}

/// One problem is the error; several are listed, and counted in the error.
fn problems(validation: &Validation, path: &Path, printer: &Printer) -> Failure {
    match validation.problems.as_slice() {
        [] => Failure::new(ExitStatus::BadInput, "the table cannot be read"),
        [only] if validation.found <= 1 => of_scores(only),
        several => {
            for problem in several {
                printer.warning(&in_full(problem));
            }
            let reason = format!("{} problems", validation.found);
            let failure = Failure::bad_input(path, reason);
            if validation.found > several.len() as u64 {
                return failure.hint(format!(
                    "the first {} are listed; `--problems N` lists more",
                    several.len()
                ));
            }
            failure
        }
    }
}
