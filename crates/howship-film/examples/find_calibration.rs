//! What the networks see on formula films that taught nothing, and how far they are off: the table from which confidence
//! is calibrated.
//!
//! - `--example find_calibration -- rows FIRST_SEED COUNT [foot] > TABLE.csv`: draws films and writes the table; every
//!   second one is of a deformed hand (or foot), every fourth is so dim, blurred or cut off that landmarks are lost.
//! - `--example find_calibration -- fit TABLE.csv`: weights of the joints and of the other points (`src/find/trust.rs`).
//! - `--example find_calibration -- judge TABLE.csv`: whether the confidence in the table came true.
//!
//! A joint is right within [`WITHIN_PERCENT`] of the hand's or foot's length (to the third tip).

#![allow(clippy::print_stdout, reason = "an example writes its table")]

use howship_change::Part;
use howship_film::{FOOT_POINTS, FindOptions, HAND_POINTS, ThumbSide, find_limbs, points_of};
use howship_image::{Film, FilmScale};
use howship_phantom::film::{TeachingFilm, TeachingOptions, teaching_film};
use howship_stats::{Design, logistic, reliability};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Farther off than this a joint is wrong, % of the hand's length.
const WITHIN_PERCENT: f64 = 3.0;
/// Landmarks of [`HAND_POINTS`] that are joints to be measured.
const JOINTS: std::ops::Range<usize> = 5..19;
/// What confidence rests on, in the order of the table.
const EVIDENCE: [&str; 4] = ["score", "peak", "residual", "belief"];

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rows", first, count] => rows(first.parse()?, count.parse()?, Part::Hand),
        ["rows", first, count, "foot"] => rows(first.parse()?, count.parse()?, Part::Foot),
        ["fit", table] => fit(&read(table)?),
        ["judge", table] => judge(&read(table)?),
        _ => Err("usage: rows FIRST_SEED COUNT [foot], fit TABLE.csv, judge TABLE.csv".into()),
    }
}

/// One landmark that was found.
struct Row {
    joint: bool,
    evidence: [f64; 4],
    confidence: f64,
    right: bool,
}

fn read(path: &str) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for line in std::fs::read_to_string(path)?.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let mut parts = [HAND_POINTS, FOOT_POINTS].into_iter();
        let Some(index) = parts.find_map(|p| p.iter().position(|n| *n == fields[3])) else {
            continue;
        };
        let number = |i: usize| fields[i].parse::<f64>();
        rows.push(Row {
            joint: JOINTS.contains(&index),
            evidence: [number(4)?, number(5)?, number(6)?.min(0.3), number(7)?],
            confidence: number(8)?,
            right: number(9)? <= WITHIN_PERCENT,
        });
    }
    Ok(rows)
}

fn fit(rows: &[Row]) -> Outcome<()> {
    for joint in [true, false] {
        let of: Vec<&Row> = rows.iter().filter(|r| r.joint == joint).collect();
        let mut design = Design::intercept(of.len());
        // Other points are not looked at a second time: they have no belief.
        let known = if joint {
            EVIDENCE.len()
        } else {
            EVIDENCE.len() - 1
        };
        for (k, name) in EVIDENCE.into_iter().enumerate().take(known) {
            design = design.with(name, of.iter().map(|r| r.evidence[k]).collect())?;
        }
        let right: Vec<bool> = of.iter().map(|r| r.right).collect();
        let weights = logistic(&design, &right, 1.0)?;
        let wrong = right.iter().filter(|r| !**r).count();
        println!(
            "{}: {} of {} wrong",
            if joint { "joints" } else { "others" },
            wrong,
            of.len()
        );
        for (name, w) in design.names().iter().zip(weights) {
            println!("  {name} {w:.2}");
        }
    }
    Ok(())
}

fn judge(rows: &[Row]) -> Outcome<()> {
    for joint in [true, false] {
        let of: Vec<(f64, bool)> = rows
            .iter()
            .filter(|r| r.joint == joint)
            .map(|r| (r.confidence, r.right))
            .collect();
        let (bins, error) = reliability(&of, 10)?;
        let passed = of.iter().filter(|(c, _)| *c >= 0.5);
        let wrong = passed.clone().filter(|(_, right)| !right).count();
        println!(
            "{}: {} landmarks, calibration error {error:.3}; {} pass 0.5, {wrong} of them wrong",
            if joint { "joints" } else { "others" },
            of.len(),
            passed.count()
        );
        for b in bins {
            println!(
                "  said {:.2}, came true {:.2}, n {}",
                b.predicted, b.observed, b.count
            );
        }
    }
    Ok(())
}

/// A film of a seed: half of the hands deformed, a quarter of the films made worse.
fn drawn(seed: u64, part: Part) -> Outcome<TeachingFilm> {
    let options = TeachingOptions {
        part,
        deformed: 0.5,
        ..TeachingOptions::default()
    };
    let mut film = teaching_film(seed, &options)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xD1);
    if seed.is_multiple_of(4) {
        spoil(&mut film, &mut rng);
    }
    Ok(film)
}

/// Coarser pixels, noise, and a part of the film that shows nothing.
fn spoil(film: &mut TeachingFilm, rng: &mut ChaCha8Rng) {
    let n = film.side_px;
    let block = rng.random_range(1..=6usize);
    let noise = rng.random_range(0.0..=50.0f64);
    let [x0, y0] = [0, 1].map(|_| rng.random_range(0..n));
    let [w, h] = [0, 1].map(|_| rng.random_range(0..n / 3));
    let old = film.grey.clone();
    for y in 0..n {
        for x in 0..n {
            let from = old[(y / block * block) * n + x / block * block];
            let hidden = (x0..x0 + w).contains(&x) && (y0..y0 + h).contains(&y);
            let v = if hidden { 0.0 } else { f64::from(from) };
            let off = noise * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
            film.grey[y * n + x] = (v + off).clamp(0.0, 255.0) as u8;
        }
    }
}

fn rows(first: u64, count: u64, part: Part) -> Outcome<()> {
    println!("seed,hands,thumb_right,point,score,peak,residual,belief,confidence,error_percent");
    for seed in first..first + count {
        let drawn = drawn(seed, part)?;
        let n = drawn.side_px;
        let pixels = drawn.grey.iter().map(|&g| f32::from(g)).collect();
        let film = Film::new(n, n, pixels, FilmScale::Unknown)?;
        let (quarters, mirrored) = ((seed % 4) as u8, seed % 8 > 3);
        let last = n as f64 - 1.0;
        let mut truth = drawn.landmarks_px;
        let film = if mirrored {
            truth.iter_mut().for_each(|p| p[0] = last - p[0]);
            film.mirrored()
        } else {
            film
        };
        for _ in 0..quarters {
            truth.iter_mut().for_each(|p| *p = [last - p[1], p[0]]);
        }
        // As the tag or the reader says it of a foot; hands are plain by themselves.
        let options = FindOptions {
            part: (part == Part::Foot).then_some(part),
            ..FindOptions::default()
        };
        let Ok(hands) = find_limbs(&film.rotated_quarters(quarters), &options) else {
            println!("{seed},0,,,,,,,,");
            continue;
        };
        let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let wrist = [0, 1].map(|a| truth[..5].iter().map(|p| p[a]).sum::<f64>() / 5.0);
        let length = distance(truth[21], wrist);
        let near = |h: &&howship_film::FoundLimb| distance(h.points_px[7], truth[7]);
        let Some(hand) = hands.iter().min_by(|a, b| near(a).total_cmp(&near(b))) else {
            continue;
        };
        let right = (hand.thumb == ThumbSide::Left) == mirrored;
        for (i, name) in points_of(part).iter().enumerate() {
            let e = &hand.evidence[i];
            println!(
                "{seed},{},{right},{name},{:.4},{:.4},{:.4},{:.4},{:.4},{:.3}",
                hands.len(),
                hand.score,
                e.peak,
                e.residual,
                e.belief,
                hand.confidence[i],
                100.0 * distance(hand.points_px[i], truth[i]) / length,
            );
        }
    }
    Ok(())
}
