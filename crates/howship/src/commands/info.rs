//! `howship info`: what is in a file, and how its millimetres and density were known.

use crate::args::InfoArgs;
use crate::failure::ExitStatus;
use crate::printable::one_line;
use crate::printer::{Printer, done};
use howship_formats::{Info, inspect};
use howship_image::{Calibration, DensityUnit, Geometry};
use howship_study::check_grid;
use serde::Serialize;
use std::fmt::Write as _;

/// What a script reads.
#[derive(Serialize)]
struct InfoJson<'a> {
    geometry: &'a Geometry,
    unit: DensityUnit,
    calibration: Option<Calibration>,
    source: &'a howship_formats::Source,
}

pub(crate) fn run(args: &InfoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let options = args.open.options().open_options();
    let mut infos = Vec::new();
    for path in &args.files {
        let info = inspect(path, &options)?;
        check_grid(path, &info.geometry)?;
        infos.push(info);
    }
    if printer.wants_json() {
        let list: Vec<InfoJson<'_>> = infos
            .iter()
            .map(|i| InfoJson {
                geometry: &i.geometry,
                unit: i.unit,
                calibration: i.calibration,
                source: &i.source,
            })
            .collect();
        match &list[..] {
            [one] => printer.json(one)?,
            _ => printer.json(&list)?,
        }
        return done();
    }
    for (i, info) in infos.iter().enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        printer.answer(&format!("{gap}{}", describe(info, args.header)))?;
    }
    done()
}

fn describe(info: &Info, header: bool) -> String {
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
