//! `howship compare`: the main job.

use crate::analysis::{self, Job};
use crate::args::{CompareArgs, Prior, Remodelling};
use crate::failure::{ExitStatus, Failure};
use crate::lesion_input::text;
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::scans::{self, file_name};
use crate::{outputs, table};
use howship_bone::{BoneOptions, RemodellingDefinition};
use howship_change::{SCHEMA, VerdictFile, VerdictOptions};
use std::path::Path;

pub(crate) fn run(args: &CompareArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if let [only] = &args.images[..] {
        return Err(
            Failure::bad_input(only, "one visit only: a change needs two or more")
                .hint("name the images of later visits too, or use `howship measure` for one visit")
                .into(),
        );
    }
    let options = options(args)?;
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::new(printer);
    let series = scans::load(&args.images, &args.visits, &args.measure.open, &progress)?;
    let job = Job {
        command: command(args),
        measure: &args.measure,
        options,
        seeds: Vec::new(),
    };
    let outcome = analysis::analyse(&series, &job, &progress)?;
    drop(series);
    let file = outputs::write(&folder, outcome, truth.as_ref(), &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, truth.as_ref(), &out, printer)?;
    done()
}

/// Warnings, the table, and where the report is.
pub(crate) fn tell(
    file: &VerdictFile,
    truth: Option<&VerdictFile>,
    out: &Path,
    printer: &Printer,
) -> anyhow::Result<()> {
    for warning in &file.warnings {
        printer.warning(warning);
    }
    let mut text = table::verdicts(file, printer);
    if let Some(truth) = truth {
        text.push_str("\nTruth beside verdict\n");
        text.push_str(&table::truth(file, truth, printer));
    }
    text.push_str(&format!(
        "\nReport: {}\n",
        out.join("report.html").display()
    ));
    printer.result(&text)?;
    printer.json(file)
}

fn options(args: &CompareArgs) -> Result<BoneOptions, Failure> {
    if let Some(delta) = args.delta
        && !(delta > 0.0 && delta.is_finite())
    {
        return Err(
            Failure::usage(format!("`--delta {delta}` is no positive volume"))
                .hint("as in `--delta 0.25`"),
        );
    }
    Ok(BoneOptions {
        verdict: VerdictOptions {
            delta: args.delta,
            prior: args.prior.into(),
            ..VerdictOptions::default()
        },
        remodelling: match args.remodelling {
            Remodelling::Timelapsed => RemodellingDefinition::timelapsed(),
            Remodelling::Ucsf => RemodellingDefinition::ucsf(),
        },
        ..BoneOptions::default()
    })
}

/// The command line without folders, threads and OUT.
fn command(args: &CompareArgs) -> Vec<String> {
    let mut words = vec!["howship".to_owned(), "compare".to_owned()];
    words.extend(args.images.iter().map(|p| file_name(p)));
    let mut add = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    if !args.visits.is_empty() {
        add("visits", args.visits.join(","));
    }
    if let Some(delta) = args.delta {
        add("delta", delta.to_string());
    }
    if args.prior == Prior::SpikeSlab {
        add("prior", "spike-slab".to_owned());
    }
    if args.remodelling == Remodelling::Ucsf {
        add("remodelling", "ucsf".to_owned());
    }
    if let Some(truth) = &args.truth {
        add("truth", file_name(truth));
    }
    words
}

fn read_truth(path: &Path) -> Result<VerdictFile, Failure> {
    const HINT: &str = "give the truth.json that `howship phantom` wrote";
    let file: VerdictFile = serde_json::from_str(&text(path)?)
        .map_err(|e| Failure::bad_input(path, format!("it holds no truth: {e}")).hint(HINT))?;
    if file.schema != SCHEMA {
        let reason = format!("its schema is `{}`, not `{SCHEMA}`", file.schema);
        return Err(Failure::bad_input(path, reason).hint(HINT));
    }
    Ok(file)
}
