//! `howship phantom`: volumes and readers' scores with known truth.

use crate::args::{InsertArgs, JointArgs, PhantomArgs, PhantomKind, PhantomOut};
use crate::commands::{phantom_film, phantom_readers};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::spec_file::{read_spec, visit_path};
use crate::table::Table;
use crate::{stop, typed};
use howship_change::{Quantity, VerdictFile};
use howship_formats::{WriteOptions, open_labels, write, write_labels};
use howship_image::{DensityUnit, Labels, Scan};
use howship_phantom::{InsertSpec, JointSpec, find_bones, insert, render_visit};
use howship_study::{input_file, json, open_scan};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &PhantomArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    match &args.kind {
        PhantomKind::Joint(args) => joint(args, printer),
        PhantomKind::Insert(args) => inserted(args, printer),
        PhantomKind::Readers(args) => phantom_readers::run(args, printer),
        PhantomKind::Film(args) => phantom_film::run(args, printer),
    }
}

fn joint(args: &JointArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let spec = match &args.spec {
        Some(path) => read_spec(path)?,
        None => JointSpec::demo(),
    };
    let Some(out) = wanted_folder(&args.out) else {
        printer.answer(&toml::to_string(&spec)?)?;
        return done();
    };
    let folder = OutputFolder::new(out, args.out.force)?;
    let progress = Progress::new(printer);
    let command = typed::typed()?.command;
    let extension = args.out.format.extension();
    let (_, truth) = write_joint(&spec, folder.path(), extension, command, &progress)?;
    folder.write("spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("truth.json", &json(&truth)?)?;
    tell(&truth, &folder.finish()?, printer)?;
    done()
}

/// Renders every visit of a joint into a folder; the volumes' paths and the truth.
pub(crate) fn write_joint(
    spec: &JointSpec,
    folder: &Path,
    extension: &str,
    command: Vec<String>,
    progress: &Progress,
) -> anyhow::Result<(Vec<PathBuf>, VerdictFile)> {
    let mut paths = Vec::new();
    for visit in 0..spec.visits.len() {
        progress.step("phantom", visit, spec.visits.len());
        stop::check()?;
        let rendered = render_visit(spec, visit)?;
        let labels = (&rendered.truth_labels, &rendered.bones);
        let (name, scan) = (&rendered.name, &rendered.scan);
        paths.push(write_visit(folder, name, extension, scan, labels)?);
    }
    progress.step("phantom", 1, 1);
    let mut truth = spec.truth_file()?;
    truth.provenance.command = command;
    Ok((paths, truth))
}

fn inserted(args: &InsertArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let mut spec = match &args.spec {
        Some(path) => read_spec(path)?,
        None => InsertSpec::random(1, 4, 2),
    };
    let (Some(out), Some(path)) = (wanted_folder(&args.out), &args.scan) else {
        printer.answer(&toml::to_string(&spec)?)?;
        return done();
    };
    let folder = OutputFolder::new(out, args.out.force)?;
    let progress = Progress::new(printer);
    progress.step("reading", 0, 3);
    let opened = open_scan(path, &args.open.options())?;
    in_density(path, &opened.scan)?;
    let bones = args.bones.as_deref().map(open_labels).transpose()?;
    let mut bones = bones.map(|(bones, _)| bones);
    progress.step("phantom", 1, 3);
    stop::check()?;
    if args.spec.is_none() {
        let labels = match bones.take() {
            Some(bones) => bones,
            None => find_bones(&opened.scan.volume)?,
        };
        spec.keep_bones_of(&labels);
        bones = Some(labels);
    }
    let series = insert(&opened.scan, bones.as_ref(), &spec)?;
    for (i, visit) in series.visits.iter().enumerate() {
        progress.step("writing", series.visits.len() + i, 2 * series.visits.len());
        stop::check()?;
        let labels = (&visit.truth_labels, &visit.bones);
        let extension = args.out.format.extension();
        write_visit(folder.path(), &visit.name, extension, &visit.scan, labels)?;
    }
    let mut truth = series.truth_file(&spec)?;
    truth.provenance.command = typed::typed()?.command;
    truth.provenance.inputs = vec![input_file(&opened.source)];
    folder.write("spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("truth.json", &json(&truth)?)?;
    tell(&truth, &folder.finish()?, printer)?;
    done()
}

/// Refuses a scan whose values are no density, or cannot be the density that they are said to be.
fn in_density(path: &Path, scan: &Scan) -> Result<(), Failure> {
    let wrong = match scan.unit {
        DensityUnit::MgHaPerCm3 => {
            let stands = howship_bone::unit_stands(scan, &howship_bone::BoneOptions::default());
            return stands.map_err(|error| {
                let failure = Failure::bad_input(path, &error);
                match error.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            });
        }
        DensityUnit::Arbitrary => {
            "say what they are: `--unit mgHA/cm3`; Hounsfield units with the scanner's calibration, `--unit HU --calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`; a scanner's counts with `--calibration` alone"
        }
        DensityUnit::Hounsfield | DensityUnit::Native => {
            "state the scanner's calibration: `--calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`, as in its log (an XtremeCT II's is like 8192,0.2409,1603.519,-391.209)"
        }
    };
    let reason = format!(
        "its values are in {}, lesions are filled in mgHA/cm³",
        scan.unit
    );
    Err(Failure::bad_input(path, reason).hint(wrong))
}

fn wanted_folder(args: &PhantomOut) -> Option<&Path> {
    args.out.as_deref().filter(|_| !args.print_spec)
}

/// The volume and its label images; the path of the volume.
fn write_visit(
    folder: &Path,
    name: &str,
    extension: &str,
    scan: &Scan,
    (lesions, bones): (&Labels, &Labels),
) -> anyhow::Result<PathBuf> {
    let path = visit_path(folder, name, extension)?;
    write(&path, scan, &WriteOptions::default())?;
    // Apart from the volumes, so that `M*.nii.gz` names these only.
    let known = folder.join("truth");
    std::fs::create_dir_all(&known).map_err(|e| Failure::writing(&known, &e))?;
    write_labels(&known.join(format!("{name}_lesions.nii.gz")), lesions)?;
    write_labels(&known.join(format!("{name}_bones.nii.gz")), bones)?;
    Ok(path)
}

/// Known sizes have no error and known verdicts no probability.
fn tell(truth: &VerdictFile, out: &Path, printer: &Printer) -> anyhow::Result<()> {
    let mut header = vec!["id".to_owned(), "bone".to_owned()];
    header.extend(truth.visits.iter().map(|v| format!("{} mm³", v.visit.name)));
    header.push("true verdict".to_owned());
    let mut table = Table::new(header);
    for lesion in &truth.lesions {
        let mut cells = vec![lesion.id.to_string(), lesion.bone.clone()];
        cells.extend(lesion.visits.iter().map(|v| {
            let volume = v.measurements.get(&Quantity::Volume);
            volume.map_or_else(|| "–".to_owned(), |m| format!("{:.3}", m.value))
        }));
        cells.push(
            lesion
                .verdict()
                .map_or_else(|| "–".to_owned(), |v| v.to_string()),
        );
        table.row(cells, lesion.verdict());
    }
    printer.result(&format!(
        "{}\nVolumes and truth: {}\n",
        table.print(printer),
        out.display()
    ))?;
    printer.json(truth)
}
