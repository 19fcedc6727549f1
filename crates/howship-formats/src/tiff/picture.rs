//! One picture of a TIFF with all its channels: what a film's reader makes grey of.

use super::directory::{Page, pages};
use super::{description, strips};
use crate::error::{Fault, Parsed, Problem};
use crate::sample::{SampleType, Sampling};

/// Samples as they are stored.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 8 or 16.
    pub(crate) bits: u16,
    /// Grey, grey and opacity, red-green-blue, or these and opacity: 1 to 4.
    pub(crate) channels: usize,
    /// Interleaved, row by row.
    pub(crate) samples: Vec<i32>,
    pub(crate) white_is_zero: bool,
    pub(crate) description: String,
    pub(crate) resolution: Option<[f64; 2]>,
    /// Tag 274: 1 is upright.
    pub(crate) orientation: u64,
}

/// Reads the one picture of a file; `max_pixels` bounds it before anything is allocated.
pub(crate) fn picture(bytes: &[u8], max_pixels: usize) -> Parsed<Picture> {
    let found = pages(bytes)?;
    let [page] = &found.pages[..] else {
        return Err(several("several pages"));
    };
    if let Some(images) = description::images(&page.description).filter(|n| *n > 1) {
        return Err(several(&format!("{images} images")));
    }
    let (channels, bits) = arrangement(page)?;
    let pixels = page.width.saturating_mul(page.height);
    if pixels == 0 || pixels > max_pixels {
        return Err(Fault::new(
            Problem::TooLarge,
            format!(
                "{} x {} pixels, the limit is {max_pixels}",
                page.width, page.height
            ),
            "crop the film",
        ));
    }
    let kind = match bits {
        8 => SampleType::U8,
        _ => SampleType::U16,
    };
    let wide = |n: usize| n.saturating_mul(channels);
    let row = Page {
        width: wide(page.width),
        tile: [wide(page.tile[0]), page.tile[1]],
        ..page.clone()
    };
    strips::check_claim(&row, kind, bytes.len() as u64)?;
    let mut samples: Vec<u32> = crate::budget::zeroed(wide(pixels))?;
    let how = Sampling::plain(kind, found.big_endian);
    strips::decode(bytes, &row, &how, &mut samples)?;
    Ok(Picture {
        width: page.width,
        height: page.height,
        bits,
        channels,
        samples: samples.into_iter().map(|v| v as i32).collect(),
        white_is_zero: page.photometric == Some(0),
        description: page.description.clone(),
        resolution: page.resolution,
        orientation: page.orientation,
    })
}

fn several(what: &str) -> Fault {
    Fault::new(
        Problem::NotAFilm,
        format!("a TIFF of {what}"),
        "give one film; a stack of slices is a volume",
    )
}

/// How many channels of how many bits.
fn arrangement(page: &Page) -> Parsed<(usize, u16)> {
    let grey = |what: String| Fault::unsupported(what, "export the film in grey with 8 or 16 bits");
    let channels = match (page.photometric, page.samples) {
        (Some(0 | 1) | None, n @ (1 | 2)) | (Some(2), n @ (3 | 4)) => n as usize,
        (Some(3), _) => return Err(grey("a TIFF with a palette".to_owned())),
        (_, n) => return Err(grey(format!("a TIFF of {n} channels"))),
    };
    if page.planar && channels > 1 {
        return Err(grey(
            "channels one after the other (PlanarConfiguration 2)".to_owned(),
        ));
    }
    if page.fill_order != 1 {
        return Err(grey("bits in reverse order (FillOrder 2)".to_owned()));
    }
    match (page.format, page.bits) {
        (1 | 4, bits @ (8 | 16)) => Ok((channels, bits as u16)),
        (1 | 4, bits) => Err(grey(format!("grey levels of {bits} bits"))),
        _ => Err(grey("grey levels with a sign or a fraction".to_owned())),
    }
}
