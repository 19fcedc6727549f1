//! Every DICOM file of the shared data: pixels as pydicom has them, or a refusal that is listed by name.

use howship_formats::{OpenFilmOptions, StoredPixels, open_film, stored_pixels};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

const REFERENCE: &str = include_str!("../../reference/film_pixels.json");
/// What is expected of each file; written again with `UPDATE_FILMS=1`.
const EXPECTED: &str = include_str!("../../reference/film_outcomes.txt");

#[derive(serde::Deserialize)]
struct Reference {
    files: BTreeMap<String, Outcome>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Outcome {
    Refused {
        refused: String,
    },
    Pixels {
        width: usize,
        height: usize,
        channels: usize,
        low: i32,
        high: i32,
        sum: i64,
        blake3: String,
        samples: Vec<[i32; 3]>,
    },
}

fn data() -> Option<PathBuf> {
    let root = std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join("dicom");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no DICOM files at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// `equal`, or how far from it; lossy decoders round, by a count or two.
fn compared(ours: &StoredPixels, reference: &Outcome) -> String {
    let Outcome::Pixels {
        width,
        height,
        channels,
        low,
        high,
        sum,
        blake3,
        samples,
    } = reference
    else {
        return "read, where pydicom refuses".to_owned();
    };
    if (ours.width, ours.height, ours.channels) != (*width, *height, *channels) {
        return "another size".to_owned();
    }
    let bytes: Vec<u8> = ours.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    if blake3::hash(&bytes).to_hex().as_str() == blake3 {
        return "equal".to_owned();
    }
    let worst = samples
        .iter()
        .map(|[x, y, value]| {
            let at = channels * (*x as usize + width * *y as usize);
            (ours.samples[at] - value).abs()
        })
        .max()
        .unwrap_or(0);
    let extremes = ours
        .samples
        .iter()
        .min()
        .unwrap()
        .abs_diff(*low)
        .max(ours.samples.iter().max().unwrap().abs_diff(*high));
    let mean = ours.samples.iter().map(|s| i64::from(*s)).sum::<i64>() - sum;
    let mean = mean as f64 / ours.samples.len() as f64;
    format!("not equal: samples within {worst}, extremes within {extremes}, mean {mean:+.4}")
}

#[test]
fn every_file_has_the_pixels_that_pydicom_has_or_is_refused_by_name() {
    let Some(folder) = data() else { return };
    let reference: Reference = serde_json::from_str(REFERENCE).unwrap();
    let options = OpenFilmOptions::default();
    let mut found = String::new();
    for (name, outcome) in &reference.files {
        let path = folder.join(name);
        let pixels = match stored_pixels(&path, &options) {
            Ok(ours) => compared(&ours, outcome),
            Err(e) => {
                let text = e.to_string().replace(&path.display().to_string(), "");
                let reason = text.trim_start_matches(['`', ':', ' ']).split("; ").next();
                format!("refused: {:.110}", reason.unwrap_or_default())
            }
        };
        let film = match open_film(&path, &options) {
            Ok(opened) => format!("film, {}", opened.film.length_unit()),
            Err(_) => "no film".to_owned(),
        };
        let of_pydicom = match outcome {
            Outcome::Refused { refused } => format!(" | pydicom refuses: {refused:.60}"),
            Outcome::Pixels { .. } => String::new(),
        };
        writeln!(found, "{name} | {pixels} | {film}{of_pydicom}").unwrap();
    }
    if std::env::var_os("UPDATE_FILMS").is_some() {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/film_outcomes.txt");
        std::fs::write(path, &found).unwrap();
        return;
    }
    for (ours, expected) in found.lines().zip(EXPECTED.lines()) {
        assert_eq!(ours, expected);
    }
    assert_eq!(found.lines().count(), EXPECTED.lines().count());
}

/// 12-bit JPEG Extended, which pydicom's plugins cannot decode: the same film stored without loss is the truth.
/// Of 1,023 counts the mean must be right to one, and the difference 1 % of the range (RMS) at most: what
/// "visually lossless" compression allows.
#[test]
fn twelve_bit_jpeg_is_near_the_same_film_without_loss() {
    let Some(folder) = data() else { return };
    let options = OpenFilmOptions::default();
    for (lossy, whole) in [("RG2_JPLY", "RG2_RLE"), ("RG3_JPLY", "RG3_UNC")] {
        let open = |name: &str| {
            let path = folder.join(format!("radiographs/{name}.dcm"));
            stored_pixels(&path, &options).unwrap().samples
        };
        let (lossy, whole) = (open(lossy), open(whole));
        assert_eq!(lossy.len(), whole.len());
        let n = lossy.len() as f64;
        let differences = lossy.iter().zip(&whole).map(|(a, b)| f64::from(a - b));
        let bias = differences.clone().sum::<f64>() / n;
        let rms = (differences.map(|d| d * d).sum::<f64>() / n).sqrt();
        eprintln!("12-bit JPEG: bias {bias:.3}, RMS {rms:.2} of 1023");
        assert!(bias.abs() < 1.0, "bias {bias}");
        assert!(rms < 10.2, "rms {rms}");
    }
}
