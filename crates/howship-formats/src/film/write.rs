//! Films as 16-bit PNG and TIFF that come back as they went: values, scale and facts.

use crate::Error;
use crate::error::{Fault, Parsed};
use howship_image::{Film, FilmFacts, FilmScale};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use std::path::Path;

/// The key of the note in a PNG; in a TIFF the note is the description.
const KEY: &str = "howship-film";

/// What a PNG or TIFF has no place for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Names the note and its version.
    #[serde(rename = "howship-film")]
    version: u32,
    width: usize,
    height: usize,
    /// `value = stored * slope + intercept`.
    pub(super) slope: f64,
    pub(super) intercept: f64,
    pub(super) scale: FilmScale,
    pub(super) facts: FilmFacts,
    /// Of version 2: the first digits of the BLAKE3 of the note, zeros in its own place, and the samples.
    #[serde(default)]
    checksum: Option<String>,
}

/// Notes with a checksum; those of version 1 have none.
const VERSION: u32 = 2;
/// Digits of a note's checksum.
const DIGITS: usize = 32;

/// The note's text with zeros in the place of this checksum, and the samples behind it.
fn hash(text: &str, checksum: &str, samples: impl Iterator<Item = u16>) -> String {
    let blank = format!("\"{}\"", "0".repeat(DIGITS));
    let mut hasher = blake3::Hasher::new();
    hasher.update(
        text.replacen(&format!("\"{checksum}\""), &blank, 1)
            .as_bytes(),
    );
    let bytes: Vec<u8> = samples.flat_map(u16::to_le_bytes).collect();
    hasher.update(&bytes);
    let mut digits = hasher.finalize().to_hex().to_string();
    digits.truncate(DIGITS);
    digits
}

fn damaged(what: &str) -> Fault {
    Fault::new(
        crate::Problem::Corrupt,
        format!("the note of `howship convert` in it {what}"),
        "the file is damaged, or another program changed it: convert the film again",
    )
}

/// Words of every note, one of which a flipped bit may have changed.
const WORDS: [&str; 3] = [KEY, "\"intercept\"", "\"checksum\""];

impl Note {
    /// Refuses a file in which there is a note and no way leads to it: with it the millimetres would be lost.
    pub(super) fn refuse_lost(bytes: &[u8]) -> Parsed<()> {
        let lies_in = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
        // Two of three: one alone may stand in anybody's words.
        if WORDS.iter().filter(|word| lies_in(word)).count() > 1 {
            return Err(damaged("cannot be reached"));
        }
        Ok(())
    }

    /// The note of a picture of this size; one of another size was resized since, and is not believed.
    pub(super) fn parse(
        text: &str,
        [width, height]: [usize; 2],
        samples: &[i32],
        warnings: &mut Vec<String>,
    ) -> Parsed<Option<Self>> {
        let Ok(note) = serde_json::from_str::<Self>(text) else {
            if WORDS.iter().any(|word| text.contains(word)) {
                return Err(damaged("cannot be read"));
            }
            return Ok(None);
        };
        if (note.width, note.height) != (width, height) {
            warnings.push(format!(
                "the picture was resized or cropped after `howship convert` ({} x {} then): its spacing is taken as not known",
                note.width, note.height
            ));
            return Ok(None);
        }
        if let Some(checksum) = &note.checksum {
            let samples = samples.iter().map(|v| *v as u16);
            if hash(text, checksum, samples) != *checksum {
                return Err(damaged("has a checksum that does not fit"));
            }
        }
        let usable = matches!(
            (note.version, &note.checksum),
            (1, None) | (VERSION, Some(_))
        ) && note.slope.is_finite()
            && note.intercept.is_finite()
            && note.slope > 0.0;
        if !usable {
            return Err(damaged("cannot be used"));
        }
        Ok(Some(note))
    }
}

/// The text of the note in a PNG.
pub(super) fn png_note(info: &png::Info<'_>) -> Option<String> {
    info.uncompressed_latin1_text
        .iter()
        .find(|chunk| chunk.keyword == KEY)
        .map(|chunk| chunk.text.clone())
}

/// Writes a film as a grey PNG or TIFF of 16 bits, by the extension; bone is bright in it.
///
/// Whole values from 0 to 65535 are written times the largest power of two that 16 bits hold (as the PNG standard wants
/// it of 10 or 12 bits: viewers show them black otherwise), whole values of another range are moved, others are
/// stretched over 16 bits; a note in the file says how, with scale and facts, so that
/// [`crate::open_film`] gives the film back. Padding is not kept.
///
/// # Errors
/// An extension that is neither `.png` nor `.tif` nor `.tiff`, a target that exists (unless `overwrite`)
/// or cannot be written.
pub fn write_film(path: &Path, film: &Film, overwrite: bool) -> Result<(), Error> {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let (stored, slope, intercept) = sixteen_bits(film.pixels());
    let blank = "0".repeat(DIGITS);
    let note = Note {
        version: VERSION,
        width: film.width(),
        height: film.height(),
        slope,
        intercept,
        scale: film.scale().clone(),
        facts: film.facts().clone(),
        checksum: Some(blank.clone()),
    };
    let text = ascii(&serde_json::to_string(&note).unwrap_or_default());
    let checksum = hash(&text, &blank, stored.iter().copied());
    let text = text.replacen(&format!("\"{blank}\""), &format!("\"{checksum}\""), 1);
    let encoded = match extension.as_str() {
        "png" => png(film, &stored, &text),
        "tif" | "tiff" => tiff(film, &stored, &text),
        _ => {
            return Err(Error::Unwritable {
                path: path.to_owned(),
                reason: "its extension names no format that films are written in".into(),
                advice: "use `.png` or `.tif`".into(),
            });
        }
    };
    let bytes = encoded.map_err(|reason| Error::Unwritable {
        path: path.to_owned(),
        reason,
        advice: "try the other of `.png` and `.tif`".into(),
    })?;
    crate::commit::place(path, bytes, overwrite)
}

/// Stored values with slope and intercept that lead back.
fn sixteen_bits(pixels: &[f32]) -> (Vec<u16>, f64, f64) {
    const TOP: f64 = 65535.0;
    let low = pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let high = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (low, high) = (f64::from(low), f64::from(high));
    let whole = pixels.iter().all(|v| v.fract() == 0.0);
    let (slope, intercept) = if whole && low >= 0.0 && high <= TOP {
        let mut step = 1.0;
        while high > 0.0 && high <= 0.5 * step * TOP {
            step *= 0.5;
        }
        (step, 0.0)
    } else if whole && high - low <= TOP {
        (1.0, low)
    } else {
        (((high - low) / TOP).max(f64::MIN_POSITIVE), low)
    };
    let stored = pixels
        .iter()
        .map(|v| {
            ((f64::from(*v) - intercept) / slope)
                .round()
                .clamp(0.0, TOP) as u16
        })
        .collect();
    (stored, slope, intercept)
}

/// Both places for text are Latin-1 or ASCII: other signs are escaped as JSON allows.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

fn png(film: &Film, stored: &[u16], note: &str) -> Result<Vec<u8>, String> {
    let (width, height) = (film.width() as u32, film.height() as u32);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.set_compression(png::Compression::Balanced);
    if let Some([x, y]) = film.mm_per_pixel() {
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: (1000.0 / x).round() as u32,
            yppu: (1000.0 / y).round() as u32,
            unit: png::Unit::Meter,
        }));
    }
    let text = |e: png::EncodingError| e.to_string();
    encoder
        .add_text_chunk(KEY.to_owned(), note.to_owned())
        .map_err(text)?;
    let mut writer = encoder.write_header().map_err(text)?;
    let bytes: Vec<u8> = stored.iter().flat_map(|v| v.to_be_bytes()).collect();
    writer.write_image_data(&bytes).map_err(text)?;
    writer.finish().map_err(text)?;
    Ok(out)
}

fn tiff(film: &Film, stored: &[u16], note: &str) -> Result<Vec<u8>, String> {
    use tiff::encoder::{Rational, TiffEncoder, colortype::Gray16};
    use tiff::tags::{ResolutionUnit, Tag};
    let text = |e: tiff::TiffError| e.to_string();
    let (width, height) = (film.width() as u32, film.height() as u32);
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out).map_err(text)?;
    let mut image = encoder.new_image::<Gray16>(width, height).map_err(text)?;
    if let Some([x, y]) = film.mm_per_pixel() {
        let per_cm = |mm: f64| Rational {
            n: (10.0 / mm * 1e4).round() as u32,
            d: 10_000,
        };
        image.resolution_unit(ResolutionUnit::Centimeter);
        image.x_resolution(per_cm(x));
        image.y_resolution(per_cm(y));
    }
    image
        .encoder()
        .write_tag(Tag::ImageDescription, note)
        .map_err(text)?;
    image.write_data(stored).map_err(text)?;
    Ok(out.into_inner())
}
