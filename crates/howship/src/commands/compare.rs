//! `howship compare`: the main job.

use crate::args::{CompareArgs, Remodelling};
use crate::commands::compare_films;
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::{table, typed};
use howship_bone::{BoneOptions, RemodellingDefinition};
use howship_change::{VerdictFile, VerdictOptions};
use howship_study::{
    StudyOptions, analyse, load, read_repeats, read_truth, write, write_resampled,
};
use std::path::Path;

pub(crate) fn run(args: &CompareArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if let [only] = &args.images[..] {
        return Err(
            Failure::bad_input(only, "one visit only: a change needs two or more")
                .hint("name the images of later visits too, or use `howship measure` for one visit")
                .into(),
        );
    }
    if compare_films::are_films(&args.images)? {
        return compare_films::run(args, printer);
    }
    if args.landmarks.is_some() {
        return Err(
            Failure::usage("`--landmarks` is for films, and these are volumes")
                .hint("leave it out")
                .into(),
        );
    }
    let precision = args.precision.as_deref().map(read_repeats).transpose()?;
    let study = StudyOptions {
        bone: BoneOptions {
            precision,
            ..options(args)
        },
        command: typed::typed()?.command,
        ..args.measure.options()
    };
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::new(printer);
    let series = load(&args.images, &args.visits, &study.scan, &progress)?;
    series.of_one_joint(study.subject.as_deref())?;
    let outcome = analyse(&series, &study, &progress)?;
    if args.resampled {
        write_resampled(&folder, &series, &outcome, &progress)?;
    }
    drop(series);
    let file = write(&folder, outcome, truth.as_ref(), &progress)?;
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

fn options(args: &CompareArgs) -> BoneOptions {
    let delta = args.delta.unwrap_or_default();
    BoneOptions {
        verdict: VerdictOptions {
            delta: delta.floor,
            delta_share: delta.share,
            prior: args.prior.into(),
            ..VerdictOptions::default()
        },
        remodelling: match args.remodelling {
            Remodelling::Timelapsed => RemodellingDefinition::timelapsed(),
            Remodelling::Ucsf => RemodellingDefinition::ucsf(),
        },
        only_remodelling: args.only.is_some(),
        ..args.measure.bone()
    }
}
