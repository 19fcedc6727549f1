//! `howship info`: what is in a file, and how its millimetres and density were known.

use crate::args::InfoArgs;
use crate::commands::films::{self, FilmJson};
use crate::failure::ExitStatus;
use crate::printer::{Printer, done};
use crate::scans;
use howship_formats::{Info, OpenedFilm, inspect};
use howship_image::{Calibration, DensityUnit, Geometry};
use serde::Serialize;
use std::fmt::Write as _;

/// What a script reads.
#[derive(Serialize)]
struct InfoJson {
    geometry: Geometry,
    unit: DensityUnit,
    calibration: Option<Calibration>,
    source: howship_formats::Source,
}

/// What a file holds.
enum Found {
    Volume(Box<Info>),
    Film(Box<OpenedFilm>),
}

impl Found {
    fn describe(&self, header: bool) -> String {
        match self {
            Self::Volume(info) => describe(info, header),
            Self::Film(film) => films::describe(film, header),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum FoundJson {
    Volume(Box<InfoJson>),
    Film(Box<FilmJson>),
}

impl FoundJson {
    fn of(found: Found) -> Self {
        match found {
            Found::Volume(info) => Self::Volume(Box::new(InfoJson {
                geometry: info.geometry,
                unit: info.unit,
                calibration: info.calibration,
                source: info.source,
            })),
            Found::Film(film) => Self::Film(Box::new(films::json(*film))),
        }
    }
}

pub(crate) fn run(args: &InfoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let options = scans::options(&args.open);
    let mut infos = Vec::new();
    for path in &args.files {
        if let Some(film) = films::film_in(path, &args.film)? {
            infos.push(Found::Film(Box::new(film)));
            continue;
        }
        let info = inspect(path, &options)?;
        scans::check_grid(path, &info.geometry)?;
        infos.push(Found::Volume(Box::new(info)));
    }
    if printer.wants_json() {
        let list: Vec<FoundJson> = infos.into_iter().map(FoundJson::of).collect();
        match &list[..] {
            [one] => printer.json(one)?,
            _ => printer.json(&list)?,
        }
        return done();
    }
    for (i, info) in infos.iter().enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        printer.answer(&format!("{gap}{}", info.describe(args.header)))?;
    }
    done()
}

fn describe(info: &Info, header: bool) -> String {
    let mut text = String::new();
    let source = &info.source;
    let g = &info.geometry;
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("file", source.path.display().to_string());
    line("format", format!("{}, {}", source.format, source.stored));
    let [nx, ny, nz] = g.size();
    line("size", format!("{nx} × {ny} × {nz} voxels"));
    let [sx, sy, sz] = g.spacing();
    let spacing = format!("{sx:.5} × {sy:.5} × {sz:.5} mm");
    line("voxel", format!("{spacing} ({})", source.spacing_known));
    let extent: [f64; 3] = std::array::from_fn(|a| g.size()[a] as f64 * g.spacing()[a]);
    let [ex, ey, ez] = extent;
    line("field", format!("{ex:.2} × {ey:.2} × {ez:.2} mm"));
    let [ox, oy, oz] = g.origin();
    line("origin", format!("{ox:.3}, {oy:.3}, {oz:.3} mm (LPS)"));
    line("direction", direction(g));
    line("density", format!("{} ({})", info.unit, source.unit_known));
    if let Some(c) = info.calibration {
        line(
            "calibration",
            format!(
                "mu_scaling {}, mu_water {} /cm, slope {}, intercept {} mgHA/cm³",
                c.mu_scaling, c.mu_water, c.density_slope, c.density_intercept
            ),
        );
    }
    let identity = &source.identity;
    for (name, value) in [
        ("patient", &identity.patient_id),
        ("site", &identity.site),
        ("side", &identity.laterality),
        ("date", &identity.date),
        ("modality", &identity.modality),
        ("series", &identity.series_uid),
    ] {
        if let Some(value) = value {
            line(name, printable(value));
        }
    }
    for warning in &source.warnings {
        line("warning", printable(warning));
    }
    if header {
        for (name, value) in &source.header {
            line(
                "header",
                format!("{}: {}", printable(name), printable(value)),
            );
        }
    }
    text
}

fn direction(geometry: &Geometry) -> String {
    let d = geometry.direction();
    let identity = (0..3).all(|r| (0..3).all(|c| d[r][c] == f64::from(u8::from(r == c))));
    if identity {
        return "axes along LPS".to_owned();
    }
    let axis = |c: usize| format!("({:.3}, {:.3}, {:.3})", d[0][c], d[1][c], d[2][c]);
    format!("x {}, y {}, z {}", axis(0), axis(1), axis(2))
}

/// Text from a file must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
