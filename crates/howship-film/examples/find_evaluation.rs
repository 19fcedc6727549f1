//! How well hands are found on real films, turned and mirrored at random: `--example find_evaluation -- [FOLDER]`.
//!
//! The films (`films/hands_landmarks`, `films/hands_rotated` of the test data) have taught the networks nothing.

#![allow(clippy::print_stdout, reason = "an example says what it found")]

use howship_film::{FindOptions, FoundLimb, HAND_POINTS, ThumbSide, find_limbs};
use howship_formats::{OpenFilmOptions, open_film};
use howship_image::{Film, FilmScale, Polarity};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A film, the known places of joints (index in [`HAND_POINTS`]), the hand's length if known, and a second point from
/// which it can be measured; whether its thumb is on the left.
struct Case {
    name: String,
    film: Film,
    joints: Vec<(usize, [f64; 2])>,
    length: Option<f64>,
    wrist: [f64; 2],
    mirrored: bool,
}

fn open(path: &Path) -> Outcome<Film> {
    let options = OpenFilmOptions {
        polarity: Some(Polarity::BoneBright),
        ..OpenFilmOptions::default()
    };
    Ok(open_film(path, &options)?.film)
}

/// Columns of `landmarks.csv` that are the points of [`HAND_POINTS`].
const CHILDREN: [usize; 24] = [
    17, 16, 15, 14, 13, 18, 21, 25, 29, 33, 19, 22, 26, 30, 34, 23, 27, 31, 35, 20, 24, 28, 32, 36,
];

fn children(folder: &Path) -> Outcome<Vec<Case>> {
    let mut cases = Vec::new();
    for line in std::fs::read_to_string(folder.join("landmarks.csv"))?.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        let path = folder.join(format!("{}.jpg", fields[0]));
        if !path.exists() {
            continue;
        }
        let numbers: Vec<f64> = fields[1..75]
            .iter()
            .map(|f| f.trim().parse())
            .collect::<Result<_, _>>()?;
        let point = |i: usize| [numbers[2 * i], numbers[2 * i + 1]];
        let wrist = [0, 1].map(|a| 0.5 * (point(0)[a] + point(4)[a]));
        cases.push(Case {
            name: fields[0].to_owned(),
            film: open(&path)?,
            joints: (5..15).map(|i| (i, point(CHILDREN[i]))).collect(),
            length: Some(distance(point(28), wrist)),
            wrist,
            mirrored: false,
        });
    }
    Ok(cases)
}

fn adults(folder: &Path) -> Outcome<Vec<Case>> {
    let text = std::fs::read_to_string(folder.join("coord_list.csv"))?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().ok_or("an empty table")?.split(',').collect();
    let mut cases = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let value = |name: &str| -> Outcome<f64> {
            let at = names
                .iter()
                .position(|n| *n == name)
                .ok_or_else(|| format!("no column {name}"))?;
            Ok(fields[at].trim().parse()?)
        };
        let point = |name: &str| -> Outcome<[f64; 2]> {
            Ok([value(&format!("{name}_x"))?, value(&format!("{name}_y"))?])
        };
        let mut joints = Vec::new();
        for i in 5..15 {
            let name = match HAND_POINTS[i] {
                "MCP1" => "MP",
                "IP1" => "IP",
                other => other,
            };
            joints.push((i, point(name)?));
        }
        let mut wrist = [0.0; 2];
        for i in 1..=5 {
            let p = point(&format!("W{i}"))?;
            wrist = [wrist[0] + p[0] / 5.0, wrist[1] + p[1] / 5.0];
        }
        cases.push(Case {
            name: fields[0].to_owned(),
            film: open(&folder.join("joint_input").join(fields[0]))?,
            joints,
            length: None,
            wrist,
            mirrored: fields[0].contains("_R"),
        });
    }
    Ok(cases)
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A film turned and perhaps mirrored on a square of its diagonal.
struct Turned {
    film: Film,
    mirrored: bool,
    sin: f64,
    cos: f64,
    /// Middle of the film before, in its pixels.
    middle: [f64; 2],
    /// Half the side of the square.
    half: f64,
}

impl Turned {
    /// Where a point of the film before came to lie.
    fn map(&self, p: [f64; 2]) -> [f64; 2] {
        let flip = if self.mirrored { -1.0 } else { 1.0 };
        let (u, v) = ((p[0] - self.middle[0]) * flip, p[1] - self.middle[1]);
        [
            u * self.cos - v * self.sin + self.half,
            u * self.sin + v * self.cos + self.half,
        ]
    }
}

fn turned(film: &Film, rng: &mut ChaCha8Rng) -> Outcome<Turned> {
    let angle = rng.random_range(0.0..std::f64::consts::TAU);
    let mirrored = rng.random_bool(0.5);
    let flip = if mirrored { -1.0 } else { 1.0 };
    let (sin, cos) = angle.sin_cos();
    let middle = [0.5 * film.width() as f64, 0.5 * film.height() as f64];
    let n = (film.width() as f64).hypot(film.height() as f64) as usize + 2;
    let half = 0.5 * n as f64;
    let mut border: Vec<f32> = (0..film.width())
        .map(|x| film.at(x, 2.min(film.height() - 1)))
        .collect();
    border.sort_by(f32::total_cmp);
    let ground = border[border.len() / 2];
    let mut pixels = Vec::with_capacity(n * n);
    for y in 0..n {
        for x in 0..n {
            let (u, v) = (x as f64 - half, y as f64 - half);
            let p = [
                (u * cos + v * sin) * flip + middle[0],
                v * cos - u * sin + middle[1],
            ];
            pixels.push(film.sample(p[0], p[1]).unwrap_or(ground));
        }
    }
    Ok(Turned {
        film: Film::new(n, n, pixels, FilmScale::Unknown)?,
        mirrored,
        sin,
        cos,
        middle,
        half,
    })
}

/// What came out for one set of films.
#[derive(Default)]
struct Tally {
    errors: Vec<f64>,
    trusted: Vec<f64>,
    refused: usize,
    refused_wrong: usize,
    films: usize,
    missed: usize,
    thumbs: usize,
    counts: usize,
    time: Duration,
}

impl Tally {
    fn add(
        &mut self,
        case: &Case,
        hand: &FoundLimb,
        map: impl Fn([f64; 2]) -> [f64; 2],
        options: &FindOptions,
    ) -> (f64, f64) {
        let length = case
            .length
            .unwrap_or_else(|| distance(hand.points_px[21], map(case.wrist)));
        let mut own = Vec::new();
        for (i, p) in &case.joints {
            let error = 100.0 * distance(hand.points_px[*i], map(*p)) / length;
            own.push(error);
            if hand.confidence[*i] < options.least_confidence {
                self.refused += 1;
                self.refused_wrong += usize::from(error > 3.0);
            } else {
                self.trusted.push(error);
            }
        }
        own.sort_by(f64::total_cmp);
        self.errors.extend(&own);
        (own[own.len() / 2], own[own.len() - 1])
    }

    fn print(&mut self, name: &str) {
        let summary = |errors: &mut Vec<f64>| {
            errors.sort_by(f64::total_cmp);
            let near = errors.iter().filter(|e| **e < 3.0).count();
            let n = errors.len().max(1);
            (
                errors.get(n / 2).copied().unwrap_or(f64::NAN),
                100.0 * near as f64 / n as f64,
            )
        };
        let (median, near) = summary(&mut self.errors);
        let (trusted_median, trusted_near) = summary(&mut self.trusted);
        println!(
            "{name}: {} films, {} without a hand, one hand {}, thumb's side right {}; median {median:.2} %, within 3 % {near:.1} %; \
             {} joints refused ({} of them wrong); of the others median {trusted_median:.2} %, within 3 % {trusted_near:.1} %; {:.2} s a film",
            self.films,
            self.missed,
            self.counts,
            self.thumbs,
            self.refused,
            self.refused_wrong,
            self.time.as_secs_f64() / self.films.max(1) as f64,
        );
    }
}

fn main() -> Outcome<()> {
    let data = std::env::args().nth(1).map_or_else(
        || {
            std::env::var("HOWSHIP_TEST_DATA")
                .map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from)
        },
        PathBuf::from,
    );
    let options = FindOptions::default();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for (name, cases) in [
        (
            "children's hands",
            children(&data.join("films/hands_landmarks"))?,
        ),
        ("adults' hands", adults(&data.join("films/hands_rotated"))?),
    ] {
        let mut tally = Tally::default();
        for case in &cases {
            let turned = turned(&case.film, &mut rng)?;
            let start = Instant::now();
            let found = find_limbs(&turned.film, &options);
            tally.time += start.elapsed();
            tally.films += 1;
            let Ok(hands) = found else {
                tally.missed += 1;
                println!("{}: no hand", case.name);
                continue;
            };
            tally.counts += usize::from(hands.len() == 1);
            let middle = turned.map(case.joints[2].1);
            let near = |h: &&FoundLimb| distance(h.points_px[7], middle);
            let Some(hand) = hands.iter().min_by(|a, b| near(a).total_cmp(&near(b))) else {
                continue;
            };
            let left = hand.thumb == ThumbSide::Left;
            tally.thumbs += usize::from(left == (turned.mirrored != case.mirrored));
            let (median, worst) = tally.add(case, hand, |p| turned.map(p), &options);
            println!(
                "{}: {} hand(s), score {:.2}, median {median:.2} %, worst {worst:.1} %",
                case.name,
                hands.len(),
                hand.score
            );
        }
        tally.print(name);
    }
    let mut pairs: Vec<PathBuf> =
        std::fs::read_dir(data.join("films/hands_rotated/two_hand_and_rotated"))?
            .map(|e| e.map(|e| e.path()))
            .collect::<Result<_, _>>()?;
    pairs.sort();
    for path in pairs {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let film = match open(&path) {
            Ok(film) => film,
            Err(error) => {
                println!("{name}: {error}");
                continue;
            }
        };
        let start = Instant::now();
        let found = find_limbs(&film, &options);
        match found {
            Ok(hands) => {
                let told: Vec<String> = hands
                    .iter()
                    .map(|h| {
                        format!(
                            "thumb {:?}, score {:.2}, middle MCP at {:.0?}",
                            h.thumb, h.score, h.points_px[7]
                        )
                    })
                    .collect();
                println!(
                    "{name} ({} × {}): {} hands: {} ({:.1?})",
                    film.width(),
                    film.height(),
                    hands.len(),
                    told.join("; "),
                    start.elapsed()
                );
            }
            Err(error) => println!("{name}: {error}"),
        }
    }
    Ok(())
}
