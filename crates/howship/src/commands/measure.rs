//! `howship measure`: one visit, or rescans of one.

use crate::args::MeasureArgs;
use crate::commands::compare::tell;
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::typed;
use howship_study::{
    REPEATS_CSV, RepeatOutcome, StudyOptions, analyse, load, measure_repeats, write, write_repeats,
};
use std::path::Path;

pub(crate) fn run(args: &MeasureArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if args.images.len() > 1 {
        let message = format!("{} images were given, one is measured", args.images.len());
        let hint =
            "visits of one joint: `howship compare`; rescans: `--repeat`; else each by itself";
        return Err(Failure::usage(message).hint(hint).into());
    }
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::new(printer);
    let study = StudyOptions {
        command: typed::typed()?.command,
        ..args.measure.options()
    };
    let Some(image) = args.images.first() else {
        let outcome = measure_repeats(&args.repeat, &study, &progress)?;
        write_repeats(&folder, &outcome)?;
        let out = folder.finish()?;
        progress.finish();
        tell_repeats(&outcome, &out, printer)?;
        return done();
    };
    let series = load(std::slice::from_ref(image), &[], &study.scan, &progress)?;
    let outcome = analyse(&series, &study, &progress)?;
    drop(series);
    let file = write(&folder, outcome, None, &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, None, &out, printer)?;
    done()
}

/// Precision errors by quantity, and what to do with them.
fn tell_repeats(outcome: &RepeatOutcome, out: &Path, printer: &Printer) -> anyhow::Result<()> {
    for warning in &outcome.warnings {
        printer.warning(warning);
    }
    let mut text = format!(
        "{} lesions in {} scans. Intervals are 95 %; LSC is the least significant change.\n",
        outcome.lesions, outcome.scans
    );
    for (quantity, error) in &outcome.precision.of {
        let (sd, lsc) = (error.rms_sd, error.lsc);
        let cv = error.rms_cv.map_or(String::new(), |cv| {
            format!(
                ", RMS-CV {:.1} % ({:.1} to {:.1})",
                cv.value, cv.low, cv.high
            )
        });
        text += &format!(
            "  {:<15} RMS-SD {:.3} {} ({:.3} to {:.3}){cv}, LSC {:.3} ({:.3} to {:.3})\n",
            quantity.key(),
            sd.value,
            quantity.unit(),
            sd.low,
            sd.high,
            lsc.value,
            lsc.low,
            lsc.high
        );
    }
    text += &format!(
        "\nUse it: `howship compare --precision {} ...`\n",
        out.join(REPEATS_CSV).display()
    );
    printer.result(&text)?;
    printer.json(&outcome.file())
}
