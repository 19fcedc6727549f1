//! What the three commands of the mechanism share: reading a record, handing out an answer.

use crate::args_mechanism::{CaseArgs, MechanismOut, ShippedCase};
use crate::failure::{ExitStatus, Failure, of_record};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::stop;
use crate::typed::typed;
use howship_mechanism::case::Case;
use howship_report::paper::{Page, PageProvenance, page_html};
use howship_study::{file_name, json};
use howship_tables::{Cell, Holds, ParquetWriter};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Input file with its hash.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) blake3: String,
}

/// What it takes to make a result again.
#[derive(Debug, Serialize)]
struct Provenance<'a> {
    version: &'static str,
    command: &'a [String],
    inputs: &'a [Input],
    settings: &'a BTreeMap<String, String>,
    /// The one in force, whoever stated it.
    seed: u64,
}

/// A result with where it came from.
#[derive(Debug, Serialize)]
struct File<'a, R> {
    schema: String,
    provenance: Provenance<'a>,
    /// What is assumed, left out or cannot be told apart.
    notes: &'a [String],
    result: &'a R,
}

/// A table of OUT.
pub(crate) struct Tabled<'a> {
    /// Name without its ending.
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<(&'static str, Holds)>,
    pub(crate) rows: Vec<Vec<Cell<'a>>>,
}

/// An answer as it is handed out. The page's warnings and provenance are filled in.
pub(crate) struct Answer<'a, R> {
    /// Name of the command.
    pub(crate) question: &'static str,
    pub(crate) inputs: Vec<Input>,
    pub(crate) seed: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) result: &'a R,
    pub(crate) text: String,
    pub(crate) tables: Vec<Tabled<'a>>,
    pub(crate) page: Page,
}

/// Text of a file with its name and hash.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) input: Input,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|e| Failure::reading(path, &e))?;
        Ok(Self::new(path, text))
    }

    pub(crate) fn new(path: &Path, text: String) -> Self {
        let input = Input {
            name: file_name(path),
            blake3: blake3::hash(text.as_bytes()).to_hex().to_string(),
        };
        Self {
            path: path.to_owned(),
            text,
            input,
        }
    }
}

pub(crate) fn shipped_text(case: ShippedCase) -> (&'static str, &'static str) {
    use howship_mechanism::case::{FOUNDING, MRI_COHORT, SCHNITZLER};
    match case {
        ShippedCase::Founding => ("founding.toml", FOUNDING),
        ShippedCase::Schnitzler => ("schnitzler.toml", SCHNITZLER),
        ShippedCase::MriCohort => ("mri-cohort.toml", MRI_COHORT),
    }
}

/// The record, or none where something was printed instead.
pub(crate) fn case(args: &CaseArgs, printer: &Printer) -> anyhow::Result<Option<(Case, Source)>> {
    if args.keys {
        printer.answer(&howship_mechanism::case::keys_in_words())?;
        return Ok(None);
    }
    if let Some(name) = args.print_case {
        printer.answer(shipped_text(name).1)?;
        return Ok(None);
    }
    let source = match (&args.case, args.shipped) {
        (Some(path), _) => Source::read(path)?,
        (None, Some(name)) => {
            let (name, text) = shipped_text(name);
            Source::new(Path::new(name), text.to_owned())
        }
        (None, None) => return Err(Failure::usage("give a record").into()),
    };
    let case = Case::read(&source.text).map_err(|e| of_record(&source.path, &e))?;
    Ok(Some((case, source)))
}

pub(crate) fn folder(out: &MechanismOut) -> anyhow::Result<Option<OutputFolder>> {
    let folder = out
        .out
        .as_deref()
        .map(|path| OutputFolder::new(path, out.force));
    Ok(folder.transpose()?)
}

/// Hears how far it is, and answers whether to go on.
pub(crate) fn heard<'a>(
    progress: &'a Progress,
    what: &'static str,
) -> impl Fn(f64) -> bool + Sync + 'a {
    move |share| {
        progress.step(what, (share * 1000.0) as usize, 1000);
        !stop::wanted()
    }
}

impl<R: Serialize> Answer<'_, R> {
    /// Prints the answer and writes OUT: JSON, tables (as Parquet too where asked for), figures and the page.
    pub(crate) fn hand_out(
        mut self,
        folder: Option<OutputFolder>,
        parquet: bool,
        printer: &Printer,
    ) -> anyhow::Result<ExitStatus> {
        let typed = typed()?;
        let file = File {
            schema: format!("howship-{}/1", self.question),
            provenance: Provenance {
                version: env!("CARGO_PKG_VERSION"),
                command: &typed.command,
                inputs: &self.inputs,
                settings: &typed.settings,
                seed: self.seed,
            },
            notes: &self.notes,
            result: self.result,
        };
        printer.result(&self.text)?;
        for note in &self.notes {
            printer.note(&format!("note: {note}"));
        }
        if let Some(folder) = folder {
            folder.write(&format!("{}.json", self.question), &json(&file)?)?;
            for table in &self.tables {
                table.write(&folder, parquet)?;
            }
            self.page.warnings = self.notes.clone();
            let inputs = self.inputs.iter();
            self.page.provenance = PageProvenance {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                command: typed.command.clone(),
                inputs: inputs.map(|i| (i.name.clone(), i.blake3.clone())).collect(),
                settings: typed.settings.clone().into_iter().collect(),
                seeds: vec![self.seed],
            };
            write_page(&folder, &self.page)?;
            let out = folder.finish()?;
            printer.result(&format!(
                "\nReport: {}\n",
                out.join("report.html").display()
            ))?;
        }
        printer.json(&file)?;
        done()
    }
}

impl Tabled<'_> {
    fn write(&self, folder: &OutputFolder, parquet: bool) -> anyhow::Result<()> {
        let header: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let text = howship_tables::csv_text(&header, self.rows.iter().map(|r| r.iter().cloned()));
        folder.write(&format!("{}.csv", self.name), text.as_bytes())?;
        if parquet {
            let path = folder.path().join(format!("{}.parquet", self.name));
            let mut writer = ParquetWriter::create(&path, &self.columns)?;
            writer.rows(&self.rows)?;
            writer.finish()?;
        }
        Ok(())
    }
}

/// The page, and its figures as files of their own.
fn write_page(folder: &OutputFolder, page: &Page) -> anyhow::Result<()> {
    folder.write("report.html", page_html(page)?.as_bytes())?;
    let figures: Vec<&str> = page
        .sections
        .iter()
        .flat_map(|s| &s.figures)
        .map(|f| f.svg.as_str())
        .collect();
    if !figures.is_empty() {
        folder.folder("figures")?;
    }
    for (i, svg) in figures.into_iter().enumerate() {
        folder.write(&format!("figures/figure-{:02}.svg", i + 1), svg.as_bytes())?;
    }
    Ok(())
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
