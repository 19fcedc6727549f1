//! `howship bench films`: seconds for what is done with films, on a made-up hand.

use crate::commands::demo_films::landmarks;
use crate::printer::Printer;
use crate::stop;
use crate::table::Table;
use howship_change::anatomy;
use howship_film::{FilmOptions, FindOptions, HAND_POINTS, VisitFilm, compare_films, find_limbs};
use howship_image::{Film, FilmScale};
use howship_phantom::film::{HandFilmSpec, LimbFilmTruth};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// A film of a common detector: 12 million pixels.
const PIXELS: f64 = 12e6;

#[derive(Serialize)]
struct Row {
    repeat: u64,
    stage: &'static str,
    seconds: f64,
}

#[derive(Serialize)]
struct Timings {
    threads: usize,
    megapixels: f64,
    visits: usize,
    joints: usize,
    /// Largest distance of a found joint from the truth, percent of the hand's length.
    worst_percent: f64,
    stages: Vec<Row>,
}

pub(crate) fn run(repeats: u64, printer: &Printer) -> anyhow::Result<()> {
    let spec = HandFilmSpec::demo();
    printer.note("rendering films of a hand");
    let (mut films, mut truths) = (Vec::new(), Vec::new());
    for visit in 0..spec.visits.len() {
        stop::check()?;
        films.push(spec.render(visit)?.film(1.0, Some(spec.side))?);
        truths.push(spec.truth(visit)?);
    }
    let names: Vec<String> = spec
        .visits
        .iter()
        .map(|v| format!("{}.png", v.name))
        .collect();
    let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    let landmarks = landmarks(&paths, &truths)?;
    let (large, factor) = enlarged(&films[0])?;
    let shots: Vec<VisitFilm<'_>> = films
        .iter()
        .zip(&names)
        .zip(&spec.visits)
        .map(|((film, file), visit)| VisitFilm {
            visit: &visit.name,
            file,
            film,
        })
        .collect();
    let mut result = Timings {
        threads: rayon::current_num_threads(),
        megapixels: (large.width() * large.height()) as f64 / 1e6,
        visits: films.len(),
        joints: 0,
        worst_percent: 0.0,
        stages: Vec::new(),
    };
    for repeat in 1..=repeats {
        printer.note(&format!("measuring, {repeat} of {repeats}"));
        stop::check()?;
        let started = Instant::now();
        let hands = find_limbs(&large, &FindOptions::default())?;
        result.stages.push(Row {
            repeat,
            stage: "one film to landmarks",
            seconds: started.elapsed().as_secs_f64(),
        });
        let started = Instant::now();
        let joints = compare_films(
            &shots,
            &landmarks,
            &[],
            &FilmOptions::default(),
            &mut |_, _| {},
        )?;
        result.stages.push(Row {
            repeat,
            stage: "all joints and visits registered and measured",
            seconds: started.elapsed().as_secs_f64(),
        });
        result.joints = joints.iter().filter(|j| j.refused.is_none()).count();
        result.worst_percent = hands.first().map_or(f64::NAN, |h| {
            worst(&h.points_px, h.length_px(), &truths[0], factor)
        });
    }
    if printer.wants_json() {
        return printer.json(&result);
    }
    let mut table = Table::new(["repeat", "stage", "seconds"]);
    for row in &result.stages {
        table.row(
            vec![
                row.repeat.to_string(),
                row.stage.to_owned(),
                format!("{:.2}", row.seconds),
            ],
            None,
        );
    }
    printer.answer(&format!(
        "{}\nfilm of {:.1} megapixels, worst joint {:.1} % of the hand's length off; {} joints measured at {} visits; {} threads\n",
        table.print(printer),
        result.megapixels,
        result.worst_percent,
        result.joints,
        result.visits,
        result.threads
    ))
}

/// The film at 12 megapixels, bilinear, and by what it was enlarged.
fn enlarged(film: &Film) -> anyhow::Result<(Film, f64)> {
    let (w, h) = (film.width(), film.height());
    let factor = (PIXELS / (w * h) as f64).sqrt();
    let (width, height) = ((w as f64 * factor) as usize, (h as f64 * factor) as usize);
    let ends = |i: usize, n: usize| {
        let u = ((i as f64 + 0.5) / factor - 0.5).clamp(0.0, (n - 1) as f64);
        let low = (u as usize).min(n - 2);
        (low, (u - low as f64) as f32)
    };
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let (j, t) = ends(y, h);
        let (above, below) = (film.row(j), film.row(j + 1));
        for x in 0..width {
            let (i, s) = ends(x, w);
            let low = above[i] + s * (above[i + 1] - above[i]);
            let high = below[i] + s * (below[i + 1] - below[i]);
            pixels.push(low + t * (high - low));
        }
    }
    Ok((
        Film::new(width, height, pixels, FilmScale::Unknown)?,
        factor,
    ))
}

fn worst(points: &[[f64; 2]], length: f64, truth: &LimbFilmTruth, factor: f64) -> f64 {
    let distance = |name: &str, p: &[f64; 2]| {
        let (_, [x, y]) = truth.landmarks.iter().find(|(n, _)| n == name)?;
        let at = [x, y].map(|v| (v + 0.5) * factor - 0.5);
        Some((p[0] - at[0]).hypot(p[1] - at[1]))
    };
    let joints = HAND_POINTS
        .iter()
        .zip(points)
        .filter(|(name, _)| anatomy::joint(name).is_some());
    let far = joints.filter(|(name, _)| !name.starts_with("CMC"));
    100.0 / length
        * far
            .filter_map(|(name, p)| distance(name, p))
            .fold(0.0, f64::max)
}
