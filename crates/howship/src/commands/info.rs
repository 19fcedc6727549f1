//! `howship info`: what is in a file, and how its millimetres and density were known.

use crate::args::InfoArgs;
use crate::commands::films::{self, FilmJson};
use crate::failure::{ExitStatus, Failure};
use crate::printable::one_line;
use crate::printer::Printer;
use howship_formats::{Info, OpenOptions, OpenedFilm, inspect, open};
use howship_image::{Calibration, DensityUnit, Geometry, UnitKnown};
use howship_study::check_grid;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Volumes up to this size are read whole, so that damage and values that are no numbers are told, bytes.
const SMALL_BYTES: u64 = 64 << 20;

/// What the voxels say.
#[derive(Debug, Clone, Serialize)]
struct Values {
    /// Smallest and largest number.
    range: Option<[f32; 2]>,
    /// NaN, infinities and absurd values.
    not_numbers: usize,
}

/// The header's facts with those that only the voxels show.
fn with_voxels(
    mut info: Info,
    path: &Path,
    options: &OpenOptions,
) -> anyhow::Result<(Info, Option<Values>)> {
    // Numbers whose unit nobody knows yet are shown as they are stored.
    let unclear = info.known == UnitKnown::Unknown && info.calibration.is_some();
    let native = OpenOptions {
        unit: Some(DensityUnit::Native),
        to: Some(DensityUnit::Native),
        ..options.clone()
    };
    let opened = open(path, if unclear { &native } else { options })?;
    let finite = opened.scan.volume.data().iter().filter(|v| v.is_finite());
    let range = finite.fold(None, |range: Option<[f32; 2]>, &v| {
        let [low, high] = range.unwrap_or([v, v]);
        Some([low.min(v), high.max(v)])
    });
    let values = Values {
        range,
        not_numbers: opened.source.not_numbers.map_or(0, |n| n.count),
    };
    info.geometry = opened.scan.volume.geometry().clone();
    let said = std::mem::replace(&mut info.source, opened.source);
    if unclear {
        info.source.unit_known = said.unit_known;
        info.source.known = said.known;
        info.source.warnings.extend(said.warnings);
        info.source.warnings.sort();
        info.source.warnings.dedup();
    }
    Ok((info, Some(values)))
}

/// What a script reads.
#[derive(Serialize)]
struct InfoJson {
    geometry: Geometry,
    unit: DensityUnit,
    calibration: Option<Calibration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Values>,
    source: howship_formats::Source,
}

/// What a file holds.
enum Found {
    Volume(Box<Info>, Option<Values>),
    Film(Box<OpenedFilm>),
}

impl Found {
    fn describe(&self, header: bool) -> String {
        match self {
            Self::Volume(info, values) => describe(info, values.as_ref(), header),
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
            Found::Volume(info, values) => Self::Volume(Box::new(InfoJson {
                geometry: info.geometry,
                unit: info.unit,
                calibration: info.calibration,
                values,
                source: info.source,
            })),
            Found::Film(film) => Self::Film(Box::new(films::json(*film))),
        }
    }
}

/// What one file holds.
fn look(path: &Path, args: &InfoArgs, options: &OpenOptions) -> anyhow::Result<Found> {
    if let Some(film) = films::film_in(path, &args.film)? {
        return Ok(Found::Film(Box::new(film)));
    }
    let info = inspect(path, options)?;
    check_grid(path, &info.geometry)?;
    let small = info.geometry.voxels() as u64 * 4 <= SMALL_BYTES;
    let (info, values) = if small || args.voxels {
        with_voxels(info, path, options)?
    } else {
        (info, None)
    };
    Ok(Found::Volume(Box::new(info), values))
}

/// Files that are good are told whatever the others are; the first bad one decides how the program ends.
pub(crate) fn run(args: &InfoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let options = args.open.options().open_options();
    let (mut infos, mut failures) = (Vec::new(), Vec::new());
    for path in &args.files {
        match look(path, args, &options) {
            Ok(found) => infos.push(found),
            // Of a single file there is nothing else to tell.
            Err(error) if args.files.len() == 1 => return Err(error),
            Err(error) => failures.push(Failure::classify(&error)),
        }
    }
    tell(infos, args, printer)?;
    for failure in &failures {
        printer.failure(failure);
    }
    if failures.len() > 1 || (!failures.is_empty() && args.files.len() > 2) {
        printer.note(&format!(
            "{} of {} files could not be read",
            failures.len(),
            args.files.len()
        ));
    }
    Ok(failures.first().map_or(ExitStatus::Done, |f| f.status))
}

/// One object of one file, a list of several: of those that were asked for, not of those that are good.
fn tell(infos: Vec<Found>, args: &InfoArgs, printer: &Printer) -> anyhow::Result<()> {
    if printer.wants_json() {
        let list: Vec<FoundJson> = infos.into_iter().map(FoundJson::of).collect();
        return match &list[..] {
            [one] if args.files.len() == 1 => printer.json(one),
            _ => printer.json(&list),
        };
    }
    for (i, info) in infos.iter().enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        printer.answer(&format!("{gap}{}", info.describe(args.header)))?;
    }
    Ok(())
}

fn describe(info: &Info, values: Option<&Values>, header: bool) -> String {
    let mut text = String::new();
    let source = &info.source;
    let g = &info.geometry;
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {}", one_line(&value));
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
    if let Some(values) = values {
        let range = match values.range {
            Some([low, high]) => format!("{low} to {high}"),
            None => "no number at all".to_owned(),
        };
        line("values", range);
        if values.not_numbers > 0 {
            line(
                "no numbers",
                format!("{} voxels (NaN, infinite or absurd)", values.not_numbers),
            );
        }
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
            line(name, value.clone());
        }
    }
    for warning in &source.warnings {
        line("warning", warning.clone());
    }
    if header {
        for (name, value) in &source.header {
            line("header", format!("{name}: {value}"));
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
