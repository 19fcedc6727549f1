//! `howship phantom film`: films of a hand, foot or joint with known truth, and films projected from a volume.

use crate::args::{FilmPhantomArgs, FilmPreset};
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::spec_file::{read_spec, visit_path};
use crate::stop;
use howship_formats::write_film;
use howship_image::{DensityUnit, Film};
use howship_phantom::film::{
    FootFilmSpec, HandFilmSpec, JointFilm, JointFilmSpec, LimbFilmSpec, LimbForm, ProjectionSpec,
};
use howship_study::{json, open_scan, read_truth};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// A specification, its films and what is true of them.
trait Filmed: Serialize + DeserializeOwned {
    type Truth: Serialize;
    fn names(&self) -> Vec<String>;
    fn visit(&self, visit: usize) -> Result<(Film, Self::Truth), howship_phantom::Error>;
}

impl<F: LimbForm> Filmed for LimbFilmSpec<F> {
    type Truth = howship_phantom::film::LimbFilmTruth;

    fn names(&self) -> Vec<String> {
        self.visits.iter().map(|v| v.name.clone()).collect()
    }

    fn visit(&self, visit: usize) -> Result<(Film, Self::Truth), howship_phantom::Error> {
        Ok((self.film(visit)?, self.truth(visit)?))
    }
}

impl Filmed for JointFilmSpec {
    type Truth = howship_phantom::film::JointFilmTruth;

    fn names(&self) -> Vec<String> {
        self.visits.iter().map(|v| v.name.clone()).collect()
    }

    fn visit(&self, visit: usize) -> Result<(Film, Self::Truth), howship_phantom::Error> {
        let joint = JointFilm::new(self)?;
        let truth = joint.truth(visit)?;
        Ok((joint.render(visit)?.film(truth.magnification, None)?, truth))
    }
}

pub(crate) fn run(args: &FilmPhantomArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    if let Some(scan) = &args.volume {
        return projected(args, scan, printer);
    }
    let preset = args.preset.unwrap_or(FilmPreset::Demo);
    if args.joint || preset == FilmPreset::Joint {
        return write(args, JointFilmSpec::default, printer);
    }
    let name = match preset {
        FilmPreset::Healthy => "healthy",
        FilmPreset::Deformed => "deformed",
        FilmPreset::Child => "child",
        FilmPreset::Demo | FilmPreset::Joint => "demo",
    };
    if args.foot {
        return write(
            args,
            || FootFilmSpec::preset(name).unwrap_or_default(),
            printer,
        );
    }
    write(
        args,
        || HandFilmSpec::preset(name).unwrap_or_default(),
        printer,
    )
}

fn write<S: Filmed>(
    args: &FilmPhantomArgs,
    preset: impl Fn() -> S,
    printer: &Printer,
) -> anyhow::Result<ExitStatus> {
    let spec: S = match &args.spec {
        Some(path) => read_spec(path)?,
        None => preset(),
    };
    let Some(out) = args.out.as_deref().filter(|_| !args.print_spec) else {
        printer.answer(&toml::to_string(&spec)?)?;
        return done();
    };
    let folder = OutputFolder::new(out, args.force)?;
    let progress = Progress::new(printer);
    let names = spec.names();
    let mut truths = Vec::new();
    for (i, name) in names.iter().enumerate() {
        progress.step("film", i, names.len());
        stop::check()?;
        let (film, truth) = spec.visit(i)?;
        write_film(&visit_path(folder.path(), name, "png")?, &film, false)?;
        truths.push(truth);
    }
    progress.step("film", 1, 1);
    folder.write("spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("truth.json", &json(&truths)?)?;
    let path = folder.finish()?;
    printer.result(&format!(
        "{} films with their truth in {}\n",
        names.len(),
        path.display()
    ))?;
    printer.json(&truths)?;
    done()
}

/// The film of a scan, and where its points and known lesions fall.
fn projected(args: &FilmPhantomArgs, path: &Path, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let progress = Progress::new(printer);
    progress.step("reading", 0, 1);
    let opened = open_scan(path, &args.open.options())?;
    let scan = &opened.scan;
    let spec: ProjectionSpec = match &args.spec {
        Some(path) => read_spec(path)?,
        None => ProjectionSpec::holding(scan),
    };
    let Some(out) = args.out.as_deref().filter(|_| !args.print_spec) else {
        progress.finish();
        printer.answer(&toml::to_string(&spec)?)?;
        return done();
    };
    if scan.unit != DensityUnit::MgHaPerCm3 {
        let reason = format!(
            "its values are in {}; how much bone a ray meets follows from mgHA/cm³",
            scan.unit
        );
        return Err(Failure::bad_input(path, reason)
            .hint("state `--unit mgHA/cm3`, or how to get there with `--calibration`")
            .into());
    }
    let mut truth = spec.truth(scan)?;
    if let Some(known) = &args.lesions {
        for lesion in &read_truth(known)?.lesions {
            let name = (lesion.id, lesion.bone.as_str());
            let place = spec.lesion(scan, name, lesion.centroid_mm, lesion.normal)?;
            truth.lesions.push(place);
        }
    }
    let folder = OutputFolder::new(out, args.force)?;
    progress.step("film", 0, 1);
    stop::check()?;
    let film = spec.film(scan)?.film(truth.magnification, None)?;
    write_film(&folder.path().join("film.png"), &film, false)?;
    folder.write("spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("truth.json", &json(&truth)?)?;
    progress.finish();
    let path = folder.finish()?;
    printer.result(&format!(
        "A film of {} by {} pixels with its truth in {}\n",
        truth.size_px[0],
        truth.size_px[1],
        path.display()
    ))?;
    printer.json(&truth)?;
    done()
}
