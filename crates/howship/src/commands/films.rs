//! Films in `howship info` and `howship convert`.

use crate::args_film::FilmArgs;
use crate::failure::Failure;
use crate::printable::one_line;
use crate::printer::Printer;
use howship_formats::{FilmSource, ImageKind, OpenedFilm, image_kind, open_film, write_film};
use howship_image::{FilmFacts, FilmScale, Polarity};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// What a script reads of a film.
#[derive(Serialize)]
pub(crate) struct FilmJson {
    kind: &'static str,
    width: usize,
    height: usize,
    length_unit: String,
    scale: FilmScale,
    facts: FilmFacts,
    source: FilmSource,
}

/// The film in a file, or `None` where it holds a volume.
pub(crate) fn film_in(path: &Path, args: &FilmArgs) -> anyhow::Result<Option<OpenedFilm>> {
    Ok(match image_kind(path)? {
        ImageKind::Film => Some(open_film(path, &args.options())?),
        ImageKind::Volume => None,
    })
}

pub(crate) fn json(opened: OpenedFilm) -> FilmJson {
    let film = &opened.film;
    FilmJson {
        kind: "film",
        width: film.width(),
        height: film.height(),
        length_unit: film.length_unit().to_string(),
        scale: film.scale().clone(),
        facts: film.facts().clone(),
        source: opened.source,
    }
}

pub(crate) fn describe(opened: &OpenedFilm, header: bool) -> String {
    let mut text = String::new();
    let (film, source) = (&opened.film, &opened.source);
    let facts = film.facts();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {}", one_line(&value));
    };
    line("file", source.path.display().to_string());
    line(
        "format",
        format!("film, {}, {}", source.format, source.stored),
    );
    line(
        "size",
        format!("{} × {} pixels", film.width(), film.height()),
    );
    match film.mm_per_pixel() {
        Some([x, y]) => {
            line(
                "pixel",
                format!("{x:.5} × {y:.5} mm ({})", film.scale().in_words()),
            );
            let (w, h) = (film.width() as f64 * x, film.height() as f64 * y);
            line("field", format!("{w:.1} × {h:.1} {}", film.length_unit()));
        }
        None => line(
            "pixel",
            "length unknown: results are in px (state it with `--film-spacing MM`)".to_owned(),
        ),
    }
    let runs = facts.stored_as.as_ref().map(|runs| {
        let way = match runs.value {
            Polarity::BoneBright => "bright as stored",
            Polarity::BoneDark => "dark as stored, turned over",
        };
        format!("{way} ({})", runs.from)
    });
    let values = {
        let low = film.pixels().iter().copied().fold(f32::INFINITY, f32::min);
        let high = film
            .pixels()
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        format!("{low} to {high}")
    };
    line("values", values);
    let identity = &source.identity;
    let known = |value: &Option<_>| {
        value
            .as_ref()
            .map(|k: &howship_image::Known<String>| format!("{} ({})", k.value, k.from))
    };
    for (name, value) in [
        ("bone", runs),
        (
            "side",
            facts
                .laterality
                .as_ref()
                .map(|k| format!("{} ({})", k.value, k.from)),
        ),
        (
            "view",
            facts
                .view
                .as_ref()
                .map(|k| format!("{} ({})", k.value, k.from)),
        ),
        ("part", known(&facts.body_part)),
        ("orientation", known(&facts.patient_orientation)),
        (
            "shown",
            facts
                .display
                .map(|[a, b]| format!("{a} to {b} (the file's window; never measured through)")),
        ),
        ("patient", identity.patient_id.clone()),
        ("date", identity.date.clone()),
        ("modality", identity.modality.clone()),
        (
            "padding",
            film.padding()
                .map(|p| format!("{} pixels", p.iter().filter(|v| **v).count())),
        ),
    ] {
        if let Some(value) = value {
            line(name, value);
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

/// Whether a name is one that films are written under.
pub(crate) fn names_a_film(path: &Path) -> bool {
    path.extension().is_some_and(|e| {
        ["png", "tif", "tiff"]
            .iter()
            .any(|known| e.eq_ignore_ascii_case(known))
    })
}

/// Converts a film; the target's name must be one of a film.
pub(crate) fn convert(
    input: &Path,
    output: &Path,
    args: &FilmArgs,
    force: bool,
    printer: &Printer,
) -> anyhow::Result<()> {
    // What is wrong with the file comes before what is wrong with the name.
    let opened = open_film(input, &args.options())?;
    if !names_a_film(output) {
        let reason = format!(
            "it holds a film, and `{}` names a volume format",
            output.display()
        );
        return Err(Failure::bad_input(input, reason)
            .hint("write it as `.png` or `.tif`")
            .into());
    }
    crate::stop::check()?;
    write_film(output, &opened.film, force)?;
    for warning in &opened.source.warnings {
        printer.warning(&format!("`{}`: {warning}", input.display()));
    }
    printer.note(&format!(
        "Wrote {} (16 bits, bone bright, lengths in {})",
        output.display(),
        opened.film.length_unit()
    ));
    printer.json(&serde_json::json!({
        "out": output.to_string_lossy(),
        "values": "film",
        "length_unit": opened.film.length_unit(),
    }))
}
