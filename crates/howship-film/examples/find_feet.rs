//! How feet are found, and whether hands and feet are told apart.
//!
//! - `--example find_feet -- rendered FIRST_SEED COUNT`: formula feet and hands that taught nothing, every other one
//!   deformed, turned by quarters and mirrored.
//! - `--example find_feet -- files FILM...`: scores of both finders on any films, and what is decided.
//! - `--example find_feet -- draw FILM OUT.png`: a film with what was found on it.

#![allow(clippy::print_stdout, reason = "an example prints its numbers")]

use howship_change::Part;
use howship_film::{FindOptions, FoundLimb, ThumbSide, find_limbs, points_of};
use howship_formats::{OpenFilmOptions, open_film};
use howship_image::{Film, FilmScale, Polarity};
use howship_phantom::film::{TeachingOptions, teaching_film};
use std::path::Path;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Farther off than this a joint is wrong, % of the length from the bases to the third tip.
const WITHIN_PERCENT: f64 = 3.0;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rendered", first, count] => rendered(first.parse()?, count.parse()?),
        ["files", ref paths @ ..] => paths.iter().try_for_each(|p| file(Path::new(p))),
        ["draw", path, out] => draw(Path::new(path), Path::new(out)),
        _ => Err("usage: rendered FIRST_SEED COUNT, files FILM..., draw FILM OUT.png".into()),
    }
}

fn options(part: Option<Part>) -> FindOptions {
    FindOptions {
        part,
        ..FindOptions::default()
    }
}

fn score(film: &Film, part: Part) -> f64 {
    find_limbs(film, &options(Some(part))).map_or(0.0, |found| {
        found.iter().map(|f| f.score).fold(0.0, f64::max)
    })
}

fn decided(film: &Film) -> String {
    match find_limbs(film, &options(None)) {
        Ok(found) => found
            .first()
            .map_or("none", |f| match f.part {
                Part::Hand => "hand",
                Part::Foot => "foot",
            })
            .to_owned(),
        Err(e) if e.to_string().contains("as much like") => "unclear".to_owned(),
        Err(_) => "none".to_owned(),
    }
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A formula film, turned and mirrored by its seed, its landmarks, and whether it is mirrored.
fn formula(part: Part, seed: u64) -> Outcome<(Film, Vec<[f64; 2]>, bool)> {
    let drawn = teaching_film(
        seed,
        &TeachingOptions {
            part,
            deformed: if seed.is_multiple_of(2) { 1.0 } else { 0.0 },
            ..TeachingOptions::default()
        },
    )?;
    let n = drawn.side_px;
    let pixels = drawn.grey.iter().map(|&g| f32::from(g)).collect();
    let mut film = Film::new(n, n, pixels, FilmScale::Unknown)?;
    let mut truth = drawn.landmarks_px;
    let (quarters, mirrored) = ((seed % 4) as u8, seed % 8 > 3);
    let last = n as f64 - 1.0;
    if mirrored {
        truth.iter_mut().for_each(|p| p[0] = last - p[0]);
        film = film.mirrored();
    }
    for _ in 0..quarters {
        truth.iter_mut().for_each(|p| *p = [last - p[1], p[0]]);
    }
    Ok((film.rotated_quarters(quarters), truth, mirrored))
}

#[derive(Default)]
struct Tally {
    errors: Vec<(usize, f64, f64)>,
    films: usize,
    found: usize,
    sides: usize,
}

impl Tally {
    fn add(&mut self, found: &[FoundLimb], truth: &[[f64; 2]], mirrored: bool) {
        self.films += 1;
        let near = |f: &&FoundLimb| distance(f.points_px[7], truth[7]);
        let Some(limb) = found.iter().min_by(|a, b| near(a).total_cmp(&near(b))) else {
            return;
        };
        self.found += 1;
        self.sides += usize::from((limb.thumb == ThumbSide::Left) == mirrored);
        let base = [0, 1].map(|a| truth[..5].iter().map(|p| p[a]).sum::<f64>() / 5.0);
        let length = distance(truth[21], base);
        for i in 5..19 {
            let off = 100.0 * distance(limb.points_px[i], truth[i]) / length;
            self.errors.push((i, off, limb.confidence[i]));
        }
    }

    fn print(&self, part: Part, what: &str) {
        println!(
            "{what}: {} films, found on {}, side of thumb or great toe right on {}",
            self.films, self.found, self.sides
        );
        let names = points_of(part);
        for (kind, range) in [
            ("first joints", 5..10),
            ("IP and PIP", 10..15),
            ("DIP", 15..19),
        ] {
            let mut of: Vec<f64> = self
                .errors
                .iter()
                .filter(|e| range.contains(&e.0))
                .map(|e| e.1)
                .collect();
            if of.is_empty() {
                continue;
            }
            of.sort_by(f64::total_cmp);
            let within = of.iter().filter(|e| **e <= WITHIN_PERCENT).count();
            println!(
                "  {kind} ({} ...): median {:.2} %, P95 {:.2} %, within 3 %: {within} of {}",
                names[range.start],
                of[of.len() / 2],
                of[of.len() * 95 / 100],
                of.len()
            );
        }
        let passed = self.errors.iter().filter(|e| e.2 >= 0.5);
        let wrong = passed.clone().filter(|e| e.1 > WITHIN_PERCENT).count();
        println!(
            "  {} of {} joints pass a confidence of 0.5, {wrong} of them are off by more than 3 %",
            passed.count(),
            self.errors.len()
        );
    }
}

fn rendered(first: u64, count: u64) -> Outcome<()> {
    for part in [Part::Foot, Part::Hand] {
        let (mut plain, mut deformed) = (Tally::default(), Tally::default());
        let mut decisions: std::collections::BTreeMap<String, usize> = Default::default();
        let mut scores = [Vec::new(), Vec::new()];
        // Seconds with the part said and with nothing said.
        let mut seconds = [0.0; 2];
        for seed in first..first + count {
            let (film, truth, mirrored) = formula(part, seed)?;
            let start = Instant::now();
            let found = find_limbs(&film, &options(Some(part))).unwrap_or_default();
            seconds[0] += start.elapsed().as_secs_f64();
            let tally = if seed.is_multiple_of(2) {
                &mut deformed
            } else {
                &mut plain
            };
            tally.add(&found, &truth, mirrored);
            let start = Instant::now();
            *decisions.entry(decided(&film)).or_default() += 1;
            seconds[1] += start.elapsed().as_secs_f64();
            for (list, p) in scores.iter_mut().zip([Part::Hand, Part::Foot]) {
                list.push(score(&film, p));
            }
        }
        plain.print(part, &format!("{part:?}, not deformed"));
        deformed.print(part, &format!("{part:?}, deformed"));
        println!("  nothing stated: {decisions:?}");
        let [said, unsaid] = seconds.map(|s| s / count as f64);
        println!(
            "  seconds a film: {said:.2} where the part is said, {unsaid:.2} where nothing is"
        );
        for (mut list, name) in scores.into_iter().zip(["hands", "feet"]) {
            list.sort_by(f64::total_cmp);
            println!(
                "  score of the finder of {name}: least {:.2}, median {:.2}, largest {:.2}",
                list[0],
                list[list.len() / 2],
                list[list.len() - 1]
            );
        }
    }
    Ok(())
}

fn open(path: &Path) -> Outcome<Film> {
    let options = OpenFilmOptions {
        polarity: Some(Polarity::BoneBright),
        ..OpenFilmOptions::default()
    };
    Ok(open_film(path, &options)?.film)
}

fn file(path: &Path) -> Outcome<()> {
    let film = open(path)?;
    println!(
        "{}: hands {:.2}, feet {:.2}, decided {}",
        path.display(),
        score(&film, Part::Hand),
        score(&film, Part::Foot),
        decided(&film)
    );
    Ok(())
}

/// Crosses on what was found: white where it is trusted, half of that where not.
fn draw(path: &Path, out: &Path) -> Outcome<()> {
    let film = open(path)?;
    let found = find_limbs(&film, &FindOptions::default())?;
    let (w, h) = (film.width(), film.height());
    let top = film.pixels().iter().copied().fold(f32::MIN, f32::max);
    let mut values = film.pixels().to_vec();
    for limb in &found {
        for (p, c) in limb.points_px.iter().zip(limb.confidence) {
            let arm = (limb.length_px() / 60.0).max(2.0) as i64;
            for k in -arm..=arm {
                for (x, y) in [(k, 0), (0, k)] {
                    let (x, y) = (p[0].round() as i64 + x, p[1].round() as i64 + y);
                    if (0..w as i64).contains(&x) && (0..h as i64).contains(&y) {
                        let value = if c >= 0.5 { top } else { 0.5 * top };
                        values[y as usize * w + x as usize] = value;
                    }
                }
            }
        }
    }
    let film = Film::new(w, h, values, FilmScale::Unknown)?;
    howship_formats::write_film(out, &film, false)?;
    Ok(())
}
