//! `howship convert`: any volume that can be read into any format that can be written.

use crate::args::ConvertArgs;
use crate::failure::{ExitStatus, Failure};
use crate::printer::{Printer, done};
use crate::{scans, stop};
use howship_formats::{WriteOptions, open, open_labels_with, write, write_labels_with};
use howship_image::DensityUnit;

pub(crate) fn run(args: &ConvertArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let mut options = scans::options(&args.open);
    let target = WriteOptions {
        overwrite: args.force,
        ..WriteOptions::default()
    };
    if args.labels {
        let (labels, source) = open_labels_with(&args.input, &options)?;
        stop::check()?;
        write_labels_with(&args.output, &labels, &target)?;
        return told(args, &source.warnings, "labels", printer);
    }
    // Where the file has a calibration of its own, `open` converts; where it is stated here, we do.
    let wanted = args.open.unit;
    if args.open.calibration.is_some() {
        options.unit = None;
    }
    let mut opened = open(&args.input, &options)?;
    if opened.scan.calibration.is_none() {
        opened.scan.calibration = args.open.calibration;
    }
    let scan = match wanted {
        Some(unit) => opened
            .scan
            .into_unit(unit)
            .map_err(|e| no_way(args, &e.to_string()))?,
        None => opened.scan,
    };
    stop::check()?;
    write(&args.output, &scan, &target)?;
    told(args, &opened.source.warnings, unit_word(scan.unit), printer)
}

fn no_way(args: &ConvertArgs, reason: &str) -> Failure {
    let reason = reason.split("; ").next().unwrap_or(reason).to_owned();
    Failure::bad_input(&args.input, reason)
        .hint("state the scanner's calibration with `--calibration`, or leave `--unit` out")
}

fn unit_word(unit: DensityUnit) -> &'static str {
    match unit {
        DensityUnit::MgHaPerCm3 => "mgHA/cm³",
        DensityUnit::Hounsfield => "HU",
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
    printer.json(&serde_json::json!({ "out": args.output, "values": what }))?;
    done()
}
