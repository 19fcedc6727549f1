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

mod frame;
#[path = "../../tests/it/mutate.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the tests")]
mod mutate;

use frame::{Asked, Seed, Trial, files};
use howship_formats::{
    ImageKind, OpenFilmOptions, OpenOptions, Samples, WriteOptions, image_kind, open, open_film,
    write, write_film,
};
use howship_image::{DensityUnit, Film, FilmScale, Geometry, ScaleSource, Scan, UnitKnown, Volume};
use mutate::Dice;
use std::path::{Path, PathBuf};
use tiff::encoder::{Compression, TiffEncoder, colortype::Gray16};

/// Of larger files fewer mutants are made, bytes.
const LARGE: u64 = 2 << 20;
/// Mutants of a large file: one in so many.
const FEWER: usize = 12;

fn main() {
    let (mutants, flips) = match frame::asked() {
        Asked::Child(trial) => return child(&trial),
        Asked::Campaign { mutants, flips } => (mutants, flips),
    };
    let folder = tempfile::tempdir().expect("a folder");
    frame::campaign(&seeds(folder.path()), mutants, flips);
}

fn seed(path: PathBuf, covered: Option<(usize, usize)>) -> Seed {
    let bytes = std::fs::metadata(&path).expect("a file").len();
    Seed {
        path,
        covered,
        one_in: if bytes > LARGE { FEWER } else { 1 },
    }
}

fn seeds(folder: &Path) -> Vec<Seed> {
    let mut seeds = own_files(folder, "small", [24, 20, 12]);
    seeds.extend(own_files(folder, "large", [200, 180, 120]));
    seeds.extend(deflated_tiff(folder, "small", [24, 20, 4]));
    seeds.extend(deflated_tiff(folder, "large", [400, 300, 30]));
    seeds.extend(own_films(folder));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let parts = ["fixtures", "cases"];
    let mut others: Vec<PathBuf> = parts.iter().flat_map(|p| files(&root.join(p))).collect();
    others.retain(|path| path.extension().is_none_or(|e| e != "json"));
    seeds.extend(others.into_iter().map(|path| {
        let covered = covered(&path);
        seed(path, covered)
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
        out.push(seed(path, Some((0, bytes))));
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
    Some(seed(path, (first > 64).then_some((8, first))))
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
        out.push(seed(path, Some((0, bytes))));
    }
    out
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

/// Tries one file; what is read of it are its values, millimetres and unit.
fn child(trial: &Trial) {
    let bytes = std::fs::read(&trial.seed).expect("a seed");
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join(trial.seed.file_name().expect("a name"));
    // Headers whose samples lie beside them find them.
    for entry in std::fs::read_dir(trial.seed.parent().expect("a folder")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let data = path
            .extension()
            .is_some_and(|e| e == "raw" || e == "zraw" || e == "img");
        if data {
            let _ = std::fs::copy(&path, folder.path().join(path.file_name().expect("a name")));
        }
    }
    let answer = |damaged: &[u8]| {
        std::fs::write(&target, damaged).expect("written");
        let film = image_kind(&target).is_ok_and(|kind| kind == ImageKind::Film);
        read(&target, film)
    };
    trial.run(&bytes, answer, |contents| 4 * contents.0.len());
}
