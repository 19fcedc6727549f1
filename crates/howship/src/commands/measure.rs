//! `howship measure`: one visit.

use crate::analysis::{self, Job};
use crate::args::MeasureArgs;
use crate::commands::compare::tell;
use crate::failure::ExitStatus;
use crate::output_folder::OutputFolder;
use crate::outputs;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::scans::{self, file_name};
use howship_bone::BoneOptions;

pub(crate) fn run(args: &MeasureArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::new(printer);
    let images = [args.image.clone()];
    let series = scans::load(&images, &[], &args.measure.open, &progress)?;
    let job = Job {
        command: vec![
            "howship".to_owned(),
            "measure".to_owned(),
            file_name(&args.image),
        ],
        measure: &args.measure,
        options: BoneOptions::default(),
        seeds: Vec::new(),
    };
    let outcome = analysis::analyse(&series, &job, &progress)?;
    drop(series);
    let file = outputs::write(&folder, outcome, None, &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, None, &out, printer)?;
    done()
}
