//! `howship convert`: any volume that can be read into any format that can be written.

use crate::args::ConvertArgs;
use crate::commands::films;
use crate::failure::{ExitStatus, Failure};
use crate::printer::{Printer, done};
use crate::stop;
use howship_formats::{
    ImageKind, OpenOptions, WriteOptions, image_kind, open, open_labels_with, write,
    write_labels_with,
};
use howship_image::DensityUnit;
use howship_study::check_grid;

pub(crate) fn run(args: &ConvertArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if !args.labels && image_kind(&args.input)? == ImageKind::Film {
        films::convert(&args.input, &args.output, &args.film, args.force, printer)?;
        return done();
    }
    if films::names_a_film(&args.output) {
        return Err(volume_as_film(args).into());
    }
    let options = OpenOptions {
        to: args.to,
        ..args.open.options().open_options()
    };
    let target = WriteOptions {
        overwrite: args.force,
        ..WriteOptions::default()
    };
    if args.labels {
        let (labels, source) = open_labels_with(&args.input, &options)?;
        check_grid(&args.input, labels.geometry())?;
        stop::check()?;
        write_labels_with(&args.output, &labels, &target)?;
        return told(args, &source.warnings, "labels", printer);
    }
    let opened = open(&args.input, &options)?;
    check_grid(&args.input, opened.scan.volume.geometry())?;
    let scan = opened.scan;
    stop::check()?;
    write(&args.output, &scan, &target)?;
    told(args, &opened.source.warnings, unit_word(scan.unit), printer)
}

/// A volume never becomes a film by a name.
fn volume_as_film(args: &ConvertArgs) -> Failure {
    let reason = format!(
        "it is no film, and `{}` names a film's format",
        args.output.display()
    );
    Failure::bad_input(&args.input, reason)
        .hint("volumes are written as .nii .nii.gz .mha .mhd .nrrd .nhdr .aim; `howship info` says what is in the file")
}

fn unit_word(unit: DensityUnit) -> &'static str {
    match unit {
        DensityUnit::MgHaPerCm3 => "mgHA/cm³",
        DensityUnit::Hounsfield => "HU",
        DensityUnit::Native => "native counts",
        DensityUnit::Arbitrary => "no density unit",
    }
}

fn told(
    args: &ConvertArgs,
    warnings: &[String],
    what: &str,
    printer: &Printer,
) -> anyhow::Result<ExitStatus> {
    for warning in warnings {
        printer.warning(&format!("`{}`: {warning}", args.input.display()));
    }
    printer.note(&format!("Wrote {} ({what})", args.output.display()));
    printer.json(&serde_json::json!({ "out": args.output.to_string_lossy(), "values": what }))?;
    done()
}
