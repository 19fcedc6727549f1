//! `howship demo`: a phantom series, `compare` on it, truth beside verdict.

use crate::analysis::{self, Job};
use crate::args::{DemoArgs, MeasureOptions, OpenArgs};
use crate::commands::{compare, phantom};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::{outputs, scans};
use howship_bone::BoneOptions;
use howship_phantom::JointSpec;

pub(crate) fn run(args: &DemoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let spec = if args.small {
        JointSpec::small(0.1)
    } else {
        JointSpec::demo()
    };
    let folder =
        OutputFolder::new(&args.out, args.force).map_err(|failure| explain(args, failure))?;
    let names: Vec<&str> = spec.visits.iter().map(|v| v.name.as_str()).collect();
    printer.note(&format!(
        "Making a finger joint at {} (known truth), then measuring it as `howship compare` does",
        names.join(", ")
    ));
    let command = vec!["howship".to_owned(), "demo".to_owned()];
    let phantom = folder.folder("phantom")?;
    let making = Progress::new(printer);
    let (paths, truth) = phantom::write_joint(&spec, &phantom, "nii.gz", command.clone(), &making)?;
    making.finish();
    folder.write("phantom/spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("phantom/truth.json", &outputs::json(&truth)?)?;
    // From here on nothing is known but the files, as with real input.
    let progress = Progress::new(printer);
    let series = scans::load(&paths, &[], &OpenArgs::default(), &progress)?;
    // The made-up joint is a right second metacarpophalangeal one, the phalanx below.
    let measure = MeasureOptions {
        site: vec!["R.PP2".to_owned(), "R.MC2".to_owned()],
        ..MeasureOptions::default()
    };
    let job = Job {
        command,
        measure: &measure,
        options: BoneOptions::default(),
        seeds: vec![spec.seed],
    };
    let outcome = analysis::analyse(&series, &job, &progress)?;
    drop(series);
    let file = outputs::write(&folder, outcome, Some(&truth), &progress)?;
    let out = folder.finish()?;
    progress.finish();
    compare::tell(&file, Some(&truth), &out, printer)?;
    printer.result(&format!(
        "Volumes: {}; to measure two of them yourself:\n  howship compare {} {} -o my-first-result\n",
        out.join("phantom").display(),
        out.join("phantom/M0.nii.gz").display(),
        out.join("phantom/M6.nii.gz").display(),
    ))?;
    done()
}

/// Most who meet this ran the demo before.
fn explain(args: &DemoArgs, mut failure: Failure) -> Failure {
    if failure.message.ends_with("exists already") {
        failure.hint = Some(format!(
            "it may be an earlier demo: open {}, or run it again with `--force`",
            args.out.join("report.html").display()
        ));
    }
    failure
}
