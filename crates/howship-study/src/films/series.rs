//! Serial films as the user names them: opened, with visits, and nothing among them that does not belong.

use super::refuse::refuse;
use crate::contents;
use crate::order::{said_by_date, said_by_name};
use crate::{Error, Observer, file_name};
use howship_change::{InputFile, Visit};
use howship_formats::{OpenFilmOptions, OpenedFilm, open_film};
use howship_image::View;
use std::path::{Path, PathBuf};

/// One film.
pub(super) struct Shot {
    pub(super) path: PathBuf,
    /// Its name in landmarks and results: the file's, with its folder where two files are called alike.
    pub(super) name: String,
    /// Index into the visits.
    pub(super) visit: usize,
    pub(super) opened: OpenedFilm,
}

/// Films of one patient.
pub struct FilmSeries {
    pub(super) visits: Vec<Visit>,
    pub(super) shots: Vec<Shot>,
    pub(super) warnings: Vec<String>,
}

/// Opens every film, groups them by visit and refuses what cannot be compared.
///
/// Names of visits stand for the films one by one and may repeat: two hands at one visit. Without them, names of
/// files or folders or the films' dates say which visit they are of.
///
/// # Errors
/// Films that cannot be read, that are of another part or view, of two patients (unless `subject` says that they are
/// one), of one visit only, out of order, or given twice.
pub fn load_films(
    paths: &[PathBuf],
    names: &[String],
    options: &OpenFilmOptions,
    subject: Option<&str>,
    observer: &dyn Observer,
) -> Result<FilmSeries, Error> {
    if !names.is_empty() && names.len() != paths.len() {
        return Err(Error::VisitCount {
            named: names.len(),
            images: paths.len(),
        });
    }
    let named = named_visits(names)?;
    let shown = shot_names(paths);
    let mut opened = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        observer.progress("reading", i as f64 / paths.len() as f64);
        crate::check(observer)?;
        let film = open_film(path, options)?;
        check_content(path, &film)?;
        opened.push(film);
    }
    let of_film = match named {
        Some(visits) => {
            against_names(paths, &visits)?;
            visits
        }
        None => visits_of(paths, &opened),
    };
    let mut visits: Vec<Visit> = Vec::new();
    let mut shots = Vec::new();
    for (((path, name), film), visit) in paths.iter().zip(shown).zip(opened).zip(of_film) {
        let at = match visits.iter().position(|v| v.name == visit.name) {
            Some(at) => at,
            None => {
                visits.push(visit);
                visits.len() - 1
            }
        };
        shots.push(Shot {
            path: path.clone(),
            name,
            visit: at,
            opened: film,
        });
    }
    if let [only] = &visits[..] {
        let reason = format!(
            "all films are of one visit ({}): a change needs two or more",
            only.name
        );
        return Err(refuse(
            &shots[0].path,
            reason,
            "name the films of later visits too, or say which is which with `--visits`",
        ));
    }
    in_order(&visits, &shots)?;
    let first_day = visits.first().and_then(|v| v.days);
    for visit in &mut visits {
        visit.days = visit.days.zip(first_day).map(|(day, first)| day - first);
    }
    let mut warnings = one_patient(&shots, subject)?;
    no_copies(&shots)?;
    warnings.extend(shots.iter().flat_map(|s| {
        let of = format!("{} (`{}`)", visits[s.visit].name, s.name);
        let notes = s.opened.source.warnings.iter();
        notes.map(move |w| format!("{of}: {w}")).collect::<Vec<_>>()
    }));
    Ok(FilmSeries {
        visits,
        shots,
        warnings,
    })
}

/// What provenance says of a film.
pub(super) fn input_file(shot: &Shot) -> InputFile {
    let source = &shot.opened.source;
    InputFile {
        name: shot.name.clone(),
        format: format!("{} film", source.format),
        blake3: source.blake3.clone(),
        spacing_known: shot.opened.film.scale().in_words(),
        unit_known: "grey levels of a film: no unit".to_owned(),
        warnings: source.warnings.clone(),
    }
}

/// File names, with the folder's where two are alike.
fn shot_names(paths: &[PathBuf]) -> Vec<String> {
    let plain: Vec<String> = paths.iter().map(|p| file_name(p)).collect();
    let alike = |name: &String| plain.iter().filter(|other| *other == name).count() > 1;
    paths
        .iter()
        .zip(&plain)
        .map(
            |(path, name)| match folder_name(path).filter(|_| alike(name)) {
                Some(folder) => format!("{folder}/{name}"),
                None => name.clone(),
            },
        )
        .collect()
}

fn folder_name(path: &Path) -> Option<String> {
    Some(path.parent()?.file_name()?.to_string_lossy().into_owned())
}

/// Parts and views that are no hand or foot from the back or the front.
fn check_content(path: &Path, opened: &OpenedFilm) -> Result<(), Error> {
    const PARTS: [&str; 15] = [
        "HAND",
        "FINGER",
        "THUMB",
        "WRIST",
        "FOOT",
        "FEET",
        "TOE",
        "EXTREMITY",
        "UPPER",
        "LOWER",
        "LIMB",
        "MCP",
        "MTP",
        "METATARS",
        "HALLUX",
    ];
    let facts = opened.film.facts();
    if let Some(part) = &facts.body_part {
        let word = part.value.to_uppercase();
        let known = word.chars().all(|c| c.is_ascii_uppercase() || c == ' ');
        if known && !PARTS.iter().any(|p| word.contains(p)) {
            let reason = format!(
                "no film of a hand or foot: {} says `{}`",
                part.from, part.value
            );
            return Err(refuse(
                path,
                reason,
                "give films of hands, feet or their joints; correct the tag where it is wrong",
            ));
        }
    }
    match &facts.view {
        Some(view) if matches!(view.value, View::Lateral | View::Oblique) => {
            let reason = format!("its view is {} ({})", view.value, view.from);
            Err(refuse(
                path,
                reason,
                "joint spaces and erosions are measured on films from the back of hand or foot (DP) or from palm or sole (PD) only",
            ))
        }
        _ => Ok(()),
    }
}

fn named_visits(names: &[String]) -> Result<Option<Vec<Visit>>, Error> {
    if names.is_empty() {
        return Ok(None);
    }
    let parsed: Result<Vec<Visit>, _> = names.iter().map(|n| Visit::parse(n.trim())).collect();
    parsed.map(Some).map_err(Error::VisitName)
}

/// From names of files or folders (`M6_left.dcm`, `P7_M6_left.dcm`, `M6/left.dcm`), else from the dates of the films, else a number each.
fn visits_of(paths: &[PathBuf], opened: &[OpenedFilm]) -> Vec<Visit> {
    let all = |visits: Vec<Option<Visit>>| -> Option<Vec<Visit>> {
        let visits: Option<Vec<Visit>> = visits.into_iter().collect();
        // Films that all claim one visit say nothing.
        visits.filter(|v| v.iter().any(|w| w.name != v[0].name))
    };
    let by_date = |film: &OpenedFilm| said_by_date(film.source.identity.date.as_deref());
    all(paths.iter().map(|p| said_by_name(p)).collect())
        .or_else(|| all(opened.iter().map(by_date).collect()))
        .unwrap_or_else(|| Visit::unnamed(paths.len()))
}

/// Visits that are named against what the files' own names say: two sources that disagree on the order of time.
fn against_names(paths: &[PathBuf], said: &[Visit]) -> Result<(), Error> {
    let by_name: Vec<Option<Visit>> = paths.iter().map(|p| said_by_name(p)).collect();
    let days: Vec<Option<(f64, f64)>> = by_name
        .iter()
        .zip(said)
        .map(|(file, said)| Some((file.as_ref()?.days?, said.days?)))
        .collect();
    for (i, a) in days.iter().enumerate() {
        for (k, b) in days.iter().enumerate().skip(i + 1) {
            let (Some(a), Some(b)) = (a, b) else { continue };
            if (b.0 - a.0) * (b.1 - a.1) < 0.0 {
                let reason = format!(
                    "`--visits` says that it is {} and `{}` is {}, and the files' names say it the other way round",
                    said[k].name,
                    file_name(&paths[i]),
                    said[i].name
                );
                return Err(refuse(
                    &paths[k],
                    reason,
                    "name visits in the order of the films; rename files whose names are wrong",
                ));
            }
        }
    }
    Ok(())
}

/// Films in the wrong order would turn healing into progression: they are refused, not sorted.
fn in_order(visits: &[Visit], shots: &[Shot]) -> Result<(), Error> {
    for pair in visits.windows(2) {
        let (Some(a), Some(b)) = (pair[0].days, pair[1].days) else {
            continue;
        };
        if a >= b {
            let message = format!(
                "visit {} comes before {} and is named after it",
                pair[1].name, pair[0].name
            );
            let at = shots.iter().find(|s| visits[s.visit].name == pair[1].name);
            let path = at.map_or(PathBuf::new(), |s| s.path.clone());
            return Err(refuse(
                &path,
                message,
                "name the films in the order of time, baseline first",
            ));
        }
    }
    // The dates that films carry must not run against the visits.
    let dated: Vec<(&Shot, &String)> = shots
        .iter()
        .filter_map(|s| Some((s, s.opened.source.identity.date.as_ref()?)))
        .filter(|(_, d)| d.starts_with("19") || d.starts_with("20"))
        .collect();
    for (a, first) in &dated {
        for (b, second) in &dated {
            if a.visit < b.visit && first > second {
                let message = format!(
                    "it was taken on {second} and stands after `{}` of {first}",
                    a.name
                );
                return Err(refuse(
                    &b.path,
                    message,
                    "name the films in the order of time, baseline first",
                ));
            }
        }
    }
    Ok(())
}

/// Films of two patients are no series, unless the user says whose they are.
fn one_patient(shots: &[Shot], subject: Option<&str>) -> Result<Vec<String>, Error> {
    let said: Vec<(&Shot, &String)> = shots
        .iter()
        .filter_map(|s| Some((s, s.opened.source.identity.patient_id.as_ref()?)))
        .collect();
    let Some((first, id)) = said.first() else {
        return Ok(Vec::new());
    };
    let Some((other, other_id)) = said.iter().find(|(_, i)| i != id) else {
        return Ok(Vec::new());
    };
    let reason = format!(
        "its patient is `{other_id}`, that of `{}` is `{id}`",
        first.name
    );
    match subject {
        Some(subject) => Ok(vec![format!(
            "two patients seem to be mixed: `{}`: {reason}; compared because `--subject {subject}` says that they are one",
            other.name
        )]),
        None => Err(refuse(
            &other.path,
            reason,
            "give films of one patient; where one patient has two numbers, say so with `--subject NAME`",
        )),
    }
}

fn no_copies(shots: &[Shot]) -> Result<(), Error> {
    let contents: Vec<String> = shots
        .iter()
        .map(|s| {
            let film = &s.opened.film;
            contents::of_values(&[film.width(), film.height()], film.pixels())
        })
        .collect();
    for (i, shot) in shots.iter().enumerate() {
        let same = |j: &usize| {
            shots[*j].opened.source.blake3 == shot.opened.source.blake3
                || contents[*j] == contents[i]
        };
        if let Some(first) = (0..i).find(same).map(|j| &shots[j]) {
            let reason = format!("it is the same film as `{}`", first.name);
            return Err(refuse(
                &shot.path,
                reason,
                "give each film once: a copy would be called stable",
            ));
        }
    }
    Ok(())
}
