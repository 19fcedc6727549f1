//! Films: DICOM (CR, DX, secondary capture), PNG, TIFF and JPEG, 8 and 16 bits.
//!
//! [`open_film`] gives a [`howship_image::Film`]: modality values with **bone bright**, how long a pixel
//! is and from where that is known, side, view and part of the body as far as the file or the reader says.
//! Windows and VOI tables only say what to show; nothing is measured through them. Overlays are never
//! drawn in. Resolutions in PNG, TIFF and JPEG are those of a print or of a program's habit, and no source
//! of millimetres; only what [`write_film`] wrote comes back.
//!
//! | transfer syntax | read by |
//! |---|---|
//! | implicit, explicit, big endian, deflated | here |
//! | run lengths | here |
//! | JPEG baseline, extended 8 and 12 bits, progressive 8 bits, lossless | `libjpeg-turbo-rs`, fenced |
//! | JPEG-LS lossless, near-lossless | here (one component) |
//! | JPEG 2000, high-throughput JPEG 2000 | `openjp2`, fenced |
//! | progressive 12-bit JPEG, arithmetic JPEG, JPEG XL, video, JPIP | refused by name |

mod charset;
pub(crate) mod decoded;
mod dicom;
mod facts;
pub(crate) mod fence;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod lookup;
mod open;
mod options;
mod raster;
mod spacing;
mod stored;
pub(crate) mod streams;
mod upright;
mod write;

pub use open::{ImageKind, image_kind, open_film, open_film_bytes, stored_pixels};
pub use options::{FilmFormat, FilmSource, OpenFilmOptions, OpenedFilm, StoredPixels};
pub use write::write_film;

use crate::error::{Fault, Parsed};

/// Values with bone bright, and what of them is to be shown.
struct Grey {
    pixels: Vec<f32>,
    display: Option<[f32; 2]>,
}

/// Channels may differ by this share of the range: chroma of a grey JPEG is rounded and subsampled.
const CHROMA: i32 = 16;
/// And beyond it in this share of pixels: a coloured marker or a stamp.
const COLOURED_SHARE: f64 = 0.01;

/// Grey from three channels of 8 bits that are nearly one; colour is refused.
fn monochrome(samples: &[i32], warnings: &mut Vec<String>) -> Parsed<Vec<i32>> {
    let pixels = samples.as_chunks::<3>().0;
    let coloured = pixels
        .iter()
        .filter(|[r, g, b]| r.max(g).max(b) - r.min(g).min(b) > CHROMA)
        .count();
    let share = coloured as f64 / pixels.len().max(1) as f64;
    if share > COLOURED_SHARE {
        return Err(stored::colour_refused(&format!(
            "{:.0} % of it coloured",
            share * 100.0
        )));
    }
    if coloured > 0 {
        warnings.push(format!(
            "{coloured} coloured pixels (a marker or a stamp) taken as grey"
        ));
    }
    // The luma of BT.601, whose rounding gives a grey pixel back as it is.
    Ok(pixels
        .iter()
        .map(|[r, g, b]| (299 * r + 587 * g + 114 * b + 500) / 1000)
        .collect())
}

/// Refuses a picture in which no film can be: one value, or a few.
fn check_contents(pixels: &[f32]) -> Parsed<()> {
    const LEVELS: usize = 12;
    let mut seen: Vec<f32> = Vec::with_capacity(LEVELS + 1);
    for value in pixels {
        if !seen.contains(value) {
            seen.push(*value);
            if seen.len() > LEVELS {
                break;
            }
        }
    }
    if seen.len() <= LEVELS {
        let what = match seen.len() {
            1 => "blank: every pixel has one value".to_owned(),
            n => format!("no film: its pixels have {n} values only"),
        };
        return Err(Fault::corrupt(what).advised("export the film again"));
    }
    let low = pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let high = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let at_ends = pixels.iter().filter(|v| **v == low || **v == high).count();
    let share = at_ends as f64 / pixels.len() as f64;
    const SATURATED: f64 = 0.97;
    if share > SATURATED {
        return Err(Fault::corrupt(format!(
            "saturated: {:.1} % of its pixels are black or white",
            share * 100.0
        ))
        .advised("export the film as the detector gave it, without a window"));
    }
    Ok(())
}
