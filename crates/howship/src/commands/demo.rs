//! `howship demo`: a phantom series, `compare` on it, truth beside verdict.

use crate::args::DemoArgs;
use crate::commands::{compare, phantom};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::typed;
use howship_phantom::JointSpec;
use howship_study::{Error, StudyOptions, analyse, json, load, write};

pub(crate) fn run(args: &DemoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let spec = if args.small {
        JointSpec::small(0.1)
    } else {
        JointSpec::demo()
    };
    let folder = OutputFolder::new(&args.out, args.force).map_err(|error| explain(args, error))?;
    let names: Vec<&str> = spec.visits.iter().map(|v| v.name.as_str()).collect();
    printer.note(&format!(
        "Making a finger joint at {} (known truth), then measuring it as `howship compare` does",
        names.join(", ")
    ));
    let command = typed::typed()?.command;
    let phantom = folder.folder("phantom")?;
    let making = Progress::new(printer);
    let (paths, truth) = phantom::write_joint(&spec, &phantom, "nii.gz", command.clone(), &making)?;
    making.finish();
    folder.write("phantom/spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("phantom/truth.json", &json(&truth)?)?;
    // From here on nothing is known but the files, as with real input.
    let progress = Progress::new(printer);
    let study = StudyOptions {
        // The made-up joint is a right second metacarpophalangeal one, the phalanx below.
        sites: vec!["R.PP2".to_owned(), "R.MC2".to_owned()],
        command,
        seeds: vec![spec.seed],
        ..StudyOptions::default()
    };
    let series = load(&paths, &[], &study.scan, &progress)?;
    let outcome = analyse(&series, &study, &progress)?;
    drop(series);
    let file = write(&folder, outcome, Some(&truth), &progress)?;
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
pub(crate) fn explain(args: &DemoArgs, error: Error) -> Failure {
    let is_there = matches!(error, Error::OutExists { .. });
    let failure = Failure::from(error);
    if !is_there {
        return failure;
    }
    failure.hint(format!(
        "it may be an earlier demo: open {}, or run it again with `--force`",
        args.out.join("report.html").display()
    ))
}
