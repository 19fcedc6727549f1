//! What the three commands of the mechanism share: reading a record, OUT.

use crate::args_mechanism::{CaseArgs, MechanismOut, ShippedCase};
use crate::failure::{Failure, of_record};
use crate::output_folder::OutputFolder;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::stop;
use crate::typed::typed;
use howship_mechanism::case::Case;
use howship_report::paper::{Page, PageProvenance, page_html};
use howship_study::{file_name, json};
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
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Provenance {
    version: &'static str,
    command: Vec<String>,
    inputs: Vec<Input>,
    settings: BTreeMap<String, String>,
    seed: u64,
}

/// A result with where it came from.
#[derive(Debug, Serialize)]
pub(crate) struct File<'a, R> {
    pub(crate) schema: &'static str,
    pub(crate) provenance: &'a Provenance,
    /// What is assumed, left out or cannot be told apart.
    pub(crate) notes: &'a [String],
    pub(crate) result: &'a R,
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

/// Where a result comes from; the seed is the one in force, whoever stated it.
pub(crate) fn provenance(inputs: Vec<Input>, seed: u64) -> anyhow::Result<Provenance> {
    let typed = typed()?;
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION"),
        command: typed.command,
        inputs,
        settings: typed.settings,
        seed,
    })
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

/// Tables of OUT, named without their ending.
pub(crate) type Tables<'a> = &'a [(&'a str, String)];

/// Writes OUT: JSON, tables, figures and the page, and says where it is.
pub(crate) fn write(
    folder: OutputFolder,
    name: &str,
    value: &impl Serialize,
    tables: Tables<'_>,
    mut page: Page,
    provenance: &Provenance,
) -> anyhow::Result<PathBuf> {
    folder.write(&format!("{name}.json"), &json(value)?)?;
    for (table, text) in tables {
        folder.write(&format!("{table}.csv"), text.as_bytes())?;
    }
    page.provenance = PageProvenance {
        version: provenance.version.to_owned(),
        command: provenance.command.clone(),
        inputs: provenance
            .inputs
            .iter()
            .map(|i| (i.name.clone(), i.blake3.clone()))
            .collect(),
        settings: provenance.settings.clone().into_iter().collect(),
        seeds: vec![provenance.seed],
    };
    folder.write("report.html", page_html(&page)?.as_bytes())?;
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
    Ok(folder.finish()?)
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
