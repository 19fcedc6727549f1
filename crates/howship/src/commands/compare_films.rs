//! `howship compare` on films.

use crate::args::{CompareArgs, Remodelling};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::table_films::tell;
use crate::typed;
use howship_change::{FILM_TRUTH_SCHEMA, FilmTruth, VerdictOptions};
use howship_film::FilmOptions;
use howship_formats::{ImageKind, image_kind};
use howship_study::{
    FilmJob, GivenErosions, analyse_films, load_films, read_given, read_landmarks, read_precision,
    read_text, write_films,
};
use std::path::{Path, PathBuf};

/// Whether the images are films; a volume among films is an error.
pub(crate) fn are_films(images: &[PathBuf]) -> anyhow::Result<bool> {
    let kinds: Vec<ImageKind> = images
        .iter()
        .map(|p| image_kind(p))
        .collect::<Result<_, _>>()?;
    if kinds.iter().all(|k| *k == ImageKind::Volume) {
        return Ok(false);
    }
    let volume = kinds.iter().position(|k| *k == ImageKind::Volume);
    match volume {
        None => Ok(true),
        Some(at) => Err(Failure::bad_input(
            &images[at],
            "no film, while others of the images are films",
        )
        .hint(
            "compare films with films and volumes with volumes; `howship info` says what a file is",
        )
        .into()),
    }
}

pub(crate) fn run(args: &CompareArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    only_for_volumes(args)?;
    let options = options(args)?;
    let landmarks = match &args.landmarks {
        Some(path) => Some((path.clone(), read_landmarks(path)?)),
        None => None,
    };
    let given = match args.measure.lesions.as_deref() {
        Some(path) => read_given(path)?,
        None => GivenErosions::default(),
    };
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let folder = OutputFolder::new(&args.out.out, args.out.force)?;
    let progress = Progress::of_films(printer);
    let subject = args.measure.subject.clone();
    let series = load_films(
        &args.images,
        &args.visits,
        &args.film.options(),
        subject.as_deref(),
        &progress,
    )?;
    let job = FilmJob {
        command: typed::typed()?.command,
        options,
        landmarks,
        given,
        subject,
        seeds: Vec::new(),
    };
    let outcome = analyse_films(&series, &job, &progress)?;
    let file = write_films(&folder, &series, outcome, truth.as_ref(), &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, truth.as_ref(), &out, printer)?;
    done()
}

fn options(args: &CompareArgs) -> anyhow::Result<FilmOptions> {
    let mut options = FilmOptions {
        verdict: VerdictOptions {
            delta: args.delta.unwrap_or_default().floor,
            prior: args.prior.into(),
            ..VerdictOptions::default()
        },
        ..FilmOptions::default()
    };
    if args.delta.is_some_and(|d| d.share.is_some()) {
        return Err(
            Failure::usage("a share in `--delta` is of a volume, and these are films")
                .hint("as in `--delta 0.5`: mm² of an erosion on films")
                .into(),
        );
    }
    if let Some(path) = args.precision.as_deref() {
        options.precision = read_precision(path)?;
    }
    Ok(options)
}

/// What means nothing on films is said, not ignored.
fn only_for_volumes(args: &CompareArgs) -> Result<(), Failure> {
    let measure = &args.measure;
    let used = [
        ("--mask", !measure.mask.is_empty()),
        ("--site", !measure.site.is_empty()),
        ("--threshold", measure.threshold.is_some()),
        ("--palm", measure.palm.is_some()),
        ("--resampled", args.resampled),
        ("--only", args.only.is_some()),
        ("--all", measure.all),
        ("--minimum-bone", measure.minimum_bone.is_some()),
        ("--unit", measure.open.unit.is_some()),
        ("--calibration", measure.open.calibration.is_some()),
        ("--spacing", measure.open.spacing.is_some()),
        ("--series", measure.open.series.is_some()),
        ("--skip-damaged", measure.open.skip_damaged),
        ("--remodelling", args.remodelling != Remodelling::Timelapsed),
    ];
    match used.iter().find(|(_, used)| *used) {
        None => Ok(()),
        Some((name, _)) => {
            let hint = match *name {
                "--spacing" => "films take `--film-spacing MM`",
                "--skip-damaged" => {
                    "a damaged film is refused, and no part of one is taken: leave the film out"
                }
                "--site" => "the joints of films are named by `--landmarks FILE`",
                _ => "leave it out",
            };
            Err(Failure::usage(format!("`{name}` is for volumes, and these are films")).hint(hint))
        }
    }
}

fn read_truth(path: &Path) -> anyhow::Result<FilmTruth> {
    const HINT: &str = "give the truth.json that `howship demo --films` wrote";
    let truth: FilmTruth = howship_study::from_json(&read_text(path)?).map_err(|e| {
        Failure::bad_input(path, format!("it holds no truth of films: {e}")).hint(HINT)
    })?;
    if truth.schema != FILM_TRUTH_SCHEMA {
        let reason = format!(
            "its schema is `{}`, not `{FILM_TRUTH_SCHEMA}`",
            truth.schema
        );
        return Err(Failure::bad_input(path, reason).hint(HINT).into());
    }
    Ok(truth)
}
