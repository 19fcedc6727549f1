//! `howship phantom film`: films of a hand or a joint with known truth.

use crate::args::{FilmPhantomArgs, FilmPreset};
use crate::failure::ExitStatus;
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::spec_file::{read_spec, visit_path};
use crate::stop;
use howship_formats::write_film;
use howship_image::Film;
use howship_phantom::film::{HandFilmSpec, JointFilm, JointFilmSpec};
use howship_study::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A specification, its films and what is true of them.
trait Filmed: Serialize + DeserializeOwned {
    type Truth: Serialize;
    fn names(&self) -> Vec<String>;
    fn visit(&self, visit: usize) -> Result<(Film, Self::Truth), howship_phantom::Error>;
}

impl Filmed for HandFilmSpec {
    type Truth = howship_phantom::film::HandFilmTruth;

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
