//! Damages files in tens of thousands of ways and counts what comes of it: wrong voxels that were accepted, aborts,
//! runs that took too long, memory.
//!
//! ```text
//! cargo run -p howship-formats --example campaign -- [MUTANTS_PER_FILE] [FLIPS_PER_FILE]
//! ```
//! Each file is tried in a process of its own, so that an abort is counted and the campaign goes on. Tables have a
//! campaign of their own (`table_campaign` in `howship-tables`).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "an experiment that ends where its world is not as expected"
)]

#[path = "../tests/it/mutate.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the tests")]
mod mutate;

use howship_formats::{
    ImageKind, OpenFilmOptions, OpenOptions, Samples, WriteOptions, image_kind, open, open_film,
    write, write_film,
};
use howship_image::{DensityUnit, Film, FilmScale, Geometry, ScaleSource, Scan, UnitKnown, Volume};
use mutate::{Dice, mutant};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tiff::encoder::{Compression, TiffEncoder, colortype::Gray16};

/// Longer than this is a hang, s.
const TOO_LONG: f64 = 5.0;
/// Of files this large what they take is held against their size, bytes.
const LARGE: u64 = 8 << 20;
/// Mutants of a large file, as a share of those of a small one.
const FEWER: usize = 12;

/// A file to damage.
struct Seed {
    path: PathBuf,
    /// The bytes in which every bit is covered by a checksum; none where there is no checksum.
    covered: Option<(usize, usize)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|a| a == "child") {
        return child(&arguments[2..]);
    }
    let number = |i: usize, or: usize| {
        arguments
            .get(i)
            .map_or(or, |a| a.parse().expect("a number"))
    };
    let (mutants, flips) = (number(1, 300), number(2, 200));
    let folder = tempfile::tempdir().expect("a folder");
    let seeds = seeds(folder.path());
    let mut sums = [0u64; 6];
    let (mut aborts, mut most_small, mut worst) = (0, 0u64, (0.0f64, String::new()));
    for seed in &seeds {
        let bytes = std::fs::metadata(&seed.path).expect("a file").len();
        let mutants = if bytes > LARGE / 4 {
            mutants / FEWER
        } else {
            mutants
        };
        let (flips, (from, to)) = match seed.covered {
            Some(range) => (flips, range),
            None => (0, (0, 0)),
        };
        let numbers = [mutants, flips, from, to].map(|n| n.to_string());
        let out = Command::new(std::env::current_exe().expect("this program"))
            .arg("child")
            .arg(&seed.path)
            .args(numbers)
            .output()
            .expect("a child");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let numbers: Vec<u64> = text
            .split_whitespace()
            .filter_map(|w| w.parse().ok())
            .collect();
        let name = seed.path.display().to_string();
        if !out.status.success() || numbers.len() != 8 {
            aborts += 1;
            println!("ABORT {name} {:?}", out.status);
            println!("{}", String::from_utf8_lossy(&out.stderr));
            continue;
        }
        for (sum, n) in sums.iter_mut().zip(&numbers) {
            *sum += n;
        }
        if numbers[2] + numbers[5] > 0 {
            println!("{name}: slow {}, wrong {}", numbers[2], numbers[5]);
            println!("{}", String::from_utf8_lossy(&out.stderr));
        }
        let (taken, honest) = (numbers[6], numbers[7]);
        if honest < LARGE {
            most_small = most_small.max(taken);
        } else if taken as f64 / honest as f64 > worst.0 {
            worst = (taken as f64 / honest as f64, name);
        }
    }
    let [tried, read, slow, flipped, noticed, wrong] = sums;
    println!("files {}", seeds.len());
    println!(
        "mutants {tried}: read {read}, refused {}, slower than {TOO_LONG} s {slow}",
        tried - read
    );
    println!(
        "single bits flipped under a checksum {flipped}: refused {noticed}, wrong voxels accepted {wrong}"
    );
    println!("aborts {aborts}");
    println!(
        "memory: files of less than {LARGE} bytes at most {most_small} bytes more than at the start"
    );
    println!(
        "memory: larger ones at most {:.2} x file and volume ({})",
        worst.0, worst.1
    );
}

fn seeds(folder: &Path) -> Vec<Seed> {
    let mut seeds = own_files(folder, "small", [24, 20, 12]);
    seeds.extend(own_files(folder, "large", [200, 180, 120]));
    seeds.extend(deflated_tiff(folder, "small", [24, 20, 4]));
    seeds.extend(deflated_tiff(folder, "large", [400, 300, 30]));
    seeds.extend(own_films(folder));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut others = Vec::new();
    for part in ["fixtures", "cases"] {
        files(&root.join(part), &mut others);
    }
    seeds.extend(others.into_iter().map(|path| Seed {
        covered: covered(&path),
        path,
    }));
    seeds
}

/// What a checksum covers of a foreign file: all of gzip but its header, zlib behind a header in text.
fn covered(path: &Path) -> Option<(usize, usize)> {
    let bytes = std::fs::read(path).expect("a file");
    let name = path.to_string_lossy();
    // Damaged as it is, or refused for another reason.
    open(path, &OpenOptions::default()).ok()?;
    if name.ends_with(".nii.gz") {
        let end = bytes.iter().rposition(|b| *b != 0)? + 1;
        return Some((10, end));
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
    let packed = text.contains("CompressedData = True") || text.contains("encoding: gzip");
    let local = text
        .find("LOCAL")
        .map(|at| at + 6)
        .or_else(|| text.find("\n\n").map(|at| at + 2));
    let start = local.filter(|_| packed)?;
    // A gzip header says nothing that a flip could falsify.
    let start = if bytes[start..].starts_with(&[0x1f, 0x8b]) {
        start + 10
    } else {
        start
    };
    Some((start, bytes.len()))
}

fn scan(size: [usize; 3]) -> Scan {
    let geometry = Geometry::aligned(size, [0.0607; 3]).expect("a grid");
    let mut dice = Dice::new(1);
    let volume = Volume::from_fn(geometry, |_| dice.below(1200) as f32 - 391.0);
    Scan {
        volume,
        unit: DensityUnit::MgHaPerCm3,
        known: UnitKnown::Written,
        calibration: None,
    }
}

/// One noisy volume in every format that is written, packed and not.
fn own_files(folder: &Path, word: &str, size: [usize; 3]) -> Vec<Seed> {
    let scan = scan(size);
    let mut out = Vec::new();
    for (name, level) in [
        ("a.nii.gz", 3),
        ("b.mha", 3),
        ("c.nrrd", 3),
        ("d.nii", 0),
        ("e.mha", 0),
        ("f.nrrd", 0),
        ("g.aim", 0),
    ] {
        let path = folder.join(format!("{word}_{name}"));
        let options = WriteOptions {
            level,
            samples: Samples::SmallestExact,
            ..WriteOptions::default()
        };
        write(&path, &scan, &options).expect("written");
        let bytes = std::fs::metadata(&path).expect("a file").len() as usize;
        out.push(Seed {
            path,
            covered: Some((0, bytes)),
        });
    }
    out
}

/// A stack of deflated pages; of the first one's data every bit is covered.
fn deflated_tiff(folder: &Path, word: &str, [x, y, z]: [usize; 3]) -> Option<Seed> {
    let path = folder.join(format!("{word}.tif"));
    let mut dice = Dice::new(2);
    let file = std::fs::File::create(&path).expect("a file");
    let mut encoder = TiffEncoder::new(file)
        .expect("an encoder")
        .with_compression(Compression::Deflate(tiff::encoder::DeflateLevel::Fast));
    for _ in 0..z {
        let page: Vec<u16> = (0..x * y).map(|_| dice.below(3000) as u16).collect();
        encoder
            .write_image::<Gray16>(x as u32, y as u32, &page)
            .expect("a page");
    }
    drop(encoder);
    let bytes = std::fs::read(&path).expect("a file");
    let first = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
    Some(Seed {
        covered: (first > 64).then_some((8, first)),
        path,
    })
}

/// Films as they are written here.
fn own_films(folder: &Path) -> Vec<Seed> {
    let film = |width: usize, height: usize| {
        let mut dice = Dice::new(3);
        let pixels = (0..width * height)
            .map(|_| dice.below(4000) as f32)
            .collect();
        let scale = FilmScale::known([0.1, 0.1], ScaleSource::AtDetector);
        Film::new(width, height, pixels, scale).expect("a film")
    };
    let mut out = Vec::new();
    for (name, film) in [
        ("small.png", film(40, 30)),
        ("small_film.tif", film(40, 30)),
        ("large.png", film(1600, 1200)),
        ("large_film.tif", film(1600, 1200)),
    ] {
        let path = folder.join(name);
        write_film(&path, &film, false).expect("written");
        let bytes = std::fs::metadata(&path).expect("a file").len() as usize;
        out.push(Seed {
            path,
            covered: Some((0, bytes)),
        });
    }
    out
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let json = path.extension().is_some_and(|e| e == "json");
        if path.is_dir() {
            files(&path, out);
        } else if !json {
            out.push(path);
        }
    }
}

/// What a file holds, for comparison: values, millimetres and unit.
type Contents = (Vec<u32>, Vec<u64>, String);

fn read(path: &Path, film: bool) -> Option<Contents> {
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect();
    if film {
        let opened = open_film(path, &OpenFilmOptions::default()).ok()?;
        let film = opened.film;
        let size = vec![film.width() as u64, film.height() as u64];
        return Some((bits(film.pixels()), size, format!("{:?}", film.scale())));
    }
    let options = OpenOptions {
        spacing_mm: Some([0.0607; 3]),
        ..OpenOptions::default()
    };
    let scan = open(path, &options).ok()?.scan;
    let g = scan.volume.geometry();
    let numbers = [g.spacing(), g.origin()].concat();
    let grid = numbers.iter().map(|v| v.to_bits()).collect();
    Some((
        bits(scan.volume.data()),
        grid,
        format!("{:?} {:?}", scan.unit, g.direction()),
    ))
}

/// Tries one file: counts of mutants, read, slow, flips, refused flips, wrong flips, then the bytes taken more than at
/// the start, and those of file and volume.
fn child(arguments: &[String]) {
    let seed = PathBuf::from(&arguments[0]);
    let numbers: Vec<usize> = arguments[1..]
        .iter()
        .map(|a| a.parse().expect("a number"))
        .collect();
    let (mutants, flips, from, to) = (numbers[0], numbers[1], numbers[2], numbers[3]);
    let bytes = std::fs::read(&seed).expect("a seed");
    let film = image_kind(&seed).is_ok_and(|kind| kind == ImageKind::Film);
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join(seed.file_name().expect("a name"));
    // Headers whose samples lie beside them find them.
    for entry in std::fs::read_dir(seed.parent().expect("a folder")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let data = path
            .extension()
            .is_some_and(|e| e == "raw" || e == "zraw" || e == "img");
        if data {
            let _ = std::fs::copy(&path, folder.path().join(path.file_name().expect("a name")));
        }
    }
    let mut dice = Dice::new(bytes.len() as u64);
    let mutated = mutant(&bytes, &mut dice);
    drop(mutated);
    let start = peak_bytes();
    let (mut read_count, mut slow) = (0u64, 0u64);
    for _ in 0..mutants {
        std::fs::write(&target, mutant(&bytes, &mut dice)).expect("written");
        let start = Instant::now();
        let film = image_kind(&target).is_ok_and(|kind| kind == ImageKind::Film);
        read_count += u64::from(read(&target, film).is_some());
        slow += u64::from(start.elapsed().as_secs_f64() > TOO_LONG);
    }
    let taken = peak_bytes().saturating_sub(start);
    std::fs::write(&target, &bytes).expect("written");
    let sound = read(&target, film);
    let values = sound.as_ref().map_or(0, |s| s.0.len());
    let (mut noticed, mut wrong) = (0u64, 0u64);
    if flips > 0 {
        let mut damaged = bytes.clone();
        for _ in 0..flips {
            let bit = 8 * from + dice.below(8 * (to - from));
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&target, &damaged).expect("written");
            damaged[bit / 8] ^= 1 << (bit % 8);
            match read(&target, film) {
                Some(found) if Some(&found) == sound.as_ref() => {}
                Some(_) => {
                    wrong += 1;
                    eprintln!("bit {bit} of {}", seed.display());
                }
                None => noticed += 1,
            }
        }
    }
    println!(
        "{mutants} {read_count} {slow} {flips} {noticed} {wrong} {taken} {}",
        bytes.len() + 4 * values
    );
}

/// The process's largest resident memory; 0 where the system does not say.
fn peak_bytes() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(0, |kib| kib * 1024)
}
