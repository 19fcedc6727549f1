//! `howship measure`: one visit.

use crate::args::MeasureArgs;
use crate::commands::compare::tell;
use crate::failure::ExitStatus;
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::typed;
use howship_study::{StudyOptions, analyse, load, write};

pub(crate) fn run(args: &MeasureArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::new(printer);
    let study = StudyOptions {
        command: typed::typed()?.command,
        ..args.measure.options()
    };
    let series = load(
        std::slice::from_ref(&args.image),
        &[],
        &study.scan,
        &progress,
    )?;
    let outcome = analyse(&series, &study, &progress)?;
    drop(series);
    let file = write(&folder, outcome, None, &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, None, &out, printer)?;
    done()
}
