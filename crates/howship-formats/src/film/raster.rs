//! Films in PNG, TIFF and JPEG: grey of 8 or 16 bits, without any word on millimetres that could be believed.

use super::facts::stated;
use super::fence::{Codec, decode as decode_packed};
use super::upright::{of_exif, of_jpeg, upright};
use super::write::Note;
use super::{FilmFormat, OpenFilmOptions, monochrome};
use crate::error::{Fault, Parsed, Problem};
use howship_image::{Film, FilmFacts, FilmScale, Known, Polarity, ScaleSource};
use std::io::Cursor;

/// Deflate and LZW expand less than this.
const MAX_EXPANSION: usize = 4096;

pub(super) struct RasterFilm {
    pub(super) film: Film,
    pub(super) stored: String,
    pub(super) entries: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
}

/// One grey picture.
struct Picture {
    width: usize,
    height: usize,
    bits: u16,
    samples: Vec<i32>,
    /// What our own writer noted.
    note: Option<String>,
    /// The resolution that the file states, in its words.
    resolution: Option<String>,
    /// White is 0 in the file; the samples are turned over already.
    white_is_zero: bool,
    how: &'static str,
    /// Exif's and TIFF's; 1 is upright.
    orientation: u64,
}

pub(super) fn open(
    bytes: &[u8],
    format: FilmFormat,
    options: &OpenFilmOptions,
) -> Parsed<RasterFilm> {
    let mut warnings = Vec::new();
    let mut picture = match format {
        FilmFormat::Png => png(bytes, options.max_pixels, &mut warnings)?,
        FilmFormat::Tiff => tiff(bytes, options.max_pixels, &mut warnings)?,
        _ => jpeg(bytes, options.max_pixels, &mut warnings)?,
    };
    let size = [picture.width, picture.height];
    if let Some(turned) = upright(size, &picture.samples, picture.orientation) {
        (picture.width, picture.height) = (turned.width, turned.height);
        picture.samples = turned.samples;
        warnings.push(turned.words);
    }
    let note = match &picture.note {
        Some(text) => {
            let size = [picture.width, picture.height];
            Note::parse(text, size, &picture.samples, &mut warnings)?
        }
        None => None,
    };
    match note {
        Some(note) => noted(picture, note, options, warnings),
        None => plain(picture, options, warnings),
    }
}

/// A film that our own writer wrote.
fn noted(
    picture: Picture,
    note: Note,
    options: &OpenFilmOptions,
    mut warnings: Vec<String>,
) -> Parsed<RasterFilm> {
    if options.polarity.is_some() {
        warnings.push("the polarity stated is not used: the file says that bone is bright".into());
    }
    let scale = match (options.mm_per_pixel, note.scale.mm_per_pixel()) {
        (Some(stated), None) => FilmScale::known(stated, ScaleSource::Stated),
        (Some(stated), Some(file))
            if stated
                .iter()
                .zip(file)
                .any(|(a, b)| (a / b - 1.0).abs() > 2e-4) =>
        {
            return Err(Fault::new(
                Problem::SpacingUnknown,
                format!(
                    "the file says {} x {} mm per pixel ({}), the spacing stated is {} x {}",
                    file[0],
                    file[1],
                    note.scale.in_words(),
                    stated[0],
                    stated[1]
                ),
                "leave `--film-spacing` out to use the file's",
            ));
        }
        _ => note.scale,
    };
    let pixels = picture
        .samples
        .iter()
        .map(|s| (f64::from(*s) * note.slope + note.intercept) as f32)
        .collect();
    let film = Film::new(picture.width, picture.height, pixels, scale)
        .map_err(|e| Fault::geometry(&e))?
        .with_facts(stated(note.facts, options)?);
    Ok(RasterFilm {
        film,
        stored: format!("{} bits, {}", picture.bits, picture.how),
        entries: vec![("written by".to_owned(), "howship convert".to_owned())],
        warnings,
    })
}

fn plain(picture: Picture, options: &OpenFilmOptions, warnings: Vec<String>) -> Parsed<RasterFilm> {
    let scale = match options.mm_per_pixel {
        Some(mm) => FilmScale::known(mm, ScaleSource::Stated),
        None => FilmScale::Unknown,
    };
    let runs = match (options.polarity, picture.white_is_zero) {
        (Some(stated), _) => Known::new(stated, "stated by the reader"),
        (None, true) => Known::new(
            Polarity::BoneDark,
            "PhotometricInterpretation WhiteIsZero of the file",
        ),
        (None, false) => Known::new(
            Polarity::BoneBright,
            "assumed: pictures of films show bone bright",
        ),
    };
    // What is white on the screen is bone, unless the reader says that values as stored are the other way.
    let turned = (runs.value == Polarity::BoneDark) != picture.white_is_zero;
    let top = (1i32 << picture.bits) - 1;
    let pixels = picture
        .samples
        .iter()
        .map(|s| (if turned { top - s } else { *s }) as f32)
        .collect();
    let facts = FilmFacts {
        stored_as: Some(runs),
        bits: Some(picture.bits),
        ..FilmFacts::default()
    };
    let film = Film::new(picture.width, picture.height, pixels, scale)
        .map_err(|e| Fault::geometry(&e))?
        .with_facts(stated(facts, options)?);
    let entries = picture.resolution.map(|text| {
        let note = "of a print or a program's habit: no source of millimetres";
        ("Resolution".to_owned(), format!("{text} ({note})"))
    });
    Ok(RasterFilm {
        film,
        stored: format!("{} bits, {}", picture.bits, picture.how),
        entries: entries.into_iter().collect(),
        warnings,
    })
}

fn check_size(width: usize, height: usize, bytes: usize, max_pixels: usize) -> Parsed<()> {
    let pixels = width.saturating_mul(height);
    if pixels == 0 || pixels > max_pixels {
        return Err(Fault::new(
            Problem::TooLarge,
            format!("{width} x {height} pixels, the limit is {max_pixels}"),
            "crop the film",
        ));
    }
    if pixels > bytes.saturating_mul(MAX_EXPANSION) {
        return Err(Fault::truncated(
            "the picture",
            pixels / MAX_EXPANSION,
            bytes,
        ));
    }
    Ok(())
}

fn shallow(bits: impl std::fmt::Display) -> Fault {
    Fault::unsupported(
        format!("grey levels of {bits} bits"),
        "export the film with 8 or 16 bits",
    )
}

fn see_through() -> Fault {
    Fault::unsupported(
        "a picture with transparent pixels",
        "export the film in grey, without transparency",
    )
}

fn png(bytes: &[u8], max_pixels: usize, warnings: &mut Vec<String>) -> Parsed<Picture> {
    let bad = |e: png::DecodingError| Fault::corrupt(format!("not readable as PNG ({e})"));
    let limits = png::Limits {
        bytes: max_pixels.saturating_mul(8),
    };
    // Damage shows in the checksums only; that of a text is damage too: millimetres stand in one.
    let mut checked = png::DecodeOptions::default();
    checked.set_ignore_adler32(false);
    checked.set_ignore_crc(false);
    checked.set_skip_ancillary_crc_failures(false);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(bytes), checked);
    decoder.set_limits(limits);
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut header = decoder.read_info().map_err(bad)?;
    let info = header.info();
    let (width, height) = (info.width as usize, info.height as usize);
    check_size(width, height, bytes.len(), max_pixels)?;
    if info.animation_control.is_some() {
        return Err(Fault::unsupported("an animation", "give one picture"));
    }
    let bits: u16 = match info.bit_depth {
        png::BitDepth::Eight => 8,
        png::BitDepth::Sixteen => 16,
        other => return Err(shallow(other as u8)),
    };
    let kind = info.color_type;
    let palette: Vec<u8> = info.palette.as_deref().unwrap_or_default().to_vec();
    // Of a palette: how opaque each colour is. Otherwise the one value that is transparent.
    let transparent: Vec<u8> = info.trns.as_deref().unwrap_or_default().to_vec();
    let resolution = info.pixel_dims.map(|d| match d.unit {
        png::Unit::Meter => format!("{} x {} pixels per metre", d.xppu, d.yppu),
        png::Unit::Unspecified => format!("pixels of {} : {}", d.xppu, d.yppu),
    });
    let size = header
        .output_buffer_size()
        .ok_or_else(|| Fault::no_memory(usize::MAX))?;
    let mut data = Vec::new();
    data.try_reserve_exact(size)
        .map_err(|_| Fault::no_memory(size))?;
    data.resize(size, 0);
    header.next_frame(&mut data).map_err(bad)?;
    header.finish().map_err(bad)?;
    let note = super::write::png_note(header.info());
    // Behind the pixels it may stand too.
    let orientation = header.info().exif_metadata.as_deref().map_or(1, of_exif);
    let words: Vec<i32> = if bits == 16 {
        let pairs = data.as_chunks::<2>().0;
        pairs
            .iter()
            .map(|b| i32::from(u16::from_be_bytes(*b)))
            .collect()
    } else {
        data.iter().map(|b| i32::from(*b)).collect()
    };
    if shows_through(kind, &words, &transparent) {
        return Err(see_through());
    }
    let samples = match kind {
        png::ColorType::Grayscale => words,
        png::ColorType::GrayscaleAlpha => without_alpha(&words, 2, bits)?,
        png::ColorType::Rgb => grey_of(words, bits, warnings)?,
        png::ColorType::Rgba => grey_of(without_alpha(&words, 4, bits)?, bits, warnings)?,
        png::ColorType::Indexed => {
            let colours: Option<Vec<i32>> = words
                .iter()
                .map(|i| palette.get(3 * *i as usize..3 * *i as usize + 3))
                .map(|rgb| rgb.map(|c| c.iter().map(|v| i32::from(*v)).collect::<Vec<_>>()))
                .try_fold(Vec::new(), |mut all, rgb| {
                    all.extend(rgb?);
                    Some(all)
                });
            let colours = colours.ok_or_else(|| Fault::corrupt("a colour beyond the palette"))?;
            grey_of(colours, 8, warnings)?
        }
    };
    Ok(Picture {
        width,
        height,
        bits,
        samples,
        note,
        resolution,
        white_is_zero: false,
        how: "PNG",
        orientation,
    })
}

/// Whether a pixel has the colour that the file calls transparent.
fn shows_through(kind: png::ColorType, words: &[i32], transparent: &[u8]) -> bool {
    let key = || -> Vec<i32> {
        let pairs = transparent.as_chunks::<2>().0;
        pairs
            .iter()
            .map(|b| i32::from(u16::from_be_bytes(*b)))
            .collect()
    };
    match kind {
        _ if transparent.is_empty() => false,
        png::ColorType::Indexed => words.iter().any(|i| {
            transparent
                .get(*i as usize)
                .is_some_and(|&alpha| alpha != 255)
        }),
        png::ColorType::Grayscale => words.iter().any(|v| key().first() == Some(v)),
        png::ColorType::Rgb => {
            let key = key();
            words
                .as_chunks::<3>()
                .0
                .iter()
                .any(|rgb| rgb[..] == key[..])
        }
        // These say for each pixel how opaque it is.
        png::ColorType::GrayscaleAlpha | png::ColorType::Rgba => false,
    }
}

/// The channels before the last, which must be opaque everywhere.
fn without_alpha(words: &[i32], channels: usize, bits: u16) -> Parsed<Vec<i32>> {
    let opaque = (1i32 << bits) - 1;
    let mut out = Vec::with_capacity(words.len());
    for pixel in words.chunks_exact(channels) {
        if pixel[channels - 1] != opaque {
            return Err(see_through());
        }
        out.extend_from_slice(&pixel[..channels - 1]);
    }
    Ok(out)
}

/// Grey from three channels that are nearly one, of either depth.
fn grey_of(rgb: Vec<i32>, bits: u16, warnings: &mut Vec<String>) -> Parsed<Vec<i32>> {
    if bits == 8 {
        return monochrome(&rgb, warnings);
    }
    // Of 16 bits only a film saved three times over is believed.
    let pixels = rgb.as_chunks::<3>().0;
    if pixels.iter().any(|[r, g, b]| r != g || g != b) {
        return Err(super::stored::colour_refused("three channels of 16 bits"));
    }
    Ok(pixels.iter().map(|[r, _, _]| *r).collect())
}

fn jpeg(bytes: &[u8], max_pixels: usize, warnings: &mut Vec<String>) -> Parsed<Picture> {
    let decoded = decode_packed(Codec::Jpeg, bytes, max_pixels)?;
    if decoded.bits != 8 && decoded.channels != 1 {
        return Err(super::stored::colour_refused("more than 8 bits"));
    }
    let samples = match decoded.channels {
        1 => decoded.samples,
        _ => monochrome(&decoded.samples, warnings)?,
    };
    if decoded.lossy {
        warnings.push("lossy compression: edges and fine structure are changed a little".into());
    }
    Ok(Picture {
        width: decoded.width,
        height: decoded.height,
        bits: decoded.bits,
        samples,
        note: None,
        resolution: None,
        white_is_zero: false,
        how: "JPEG",
        orientation: of_jpeg(bytes),
    })
}

fn tiff(bytes: &[u8], max_pixels: usize, warnings: &mut Vec<String>) -> Parsed<Picture> {
    let found = crate::tiff::picture(bytes, max_pixels)?;
    let bits = found.bits;
    let mut samples = match found.channels {
        2 => without_alpha(&found.samples, 2, bits)?,
        3 => grey_of(found.samples, bits, warnings)?,
        4 => grey_of(without_alpha(&found.samples, 4, bits)?, bits, warnings)?,
        _ => found.samples,
    };
    if found.white_is_zero {
        let top = (1i32 << bits) - 1;
        samples.iter_mut().for_each(|s| *s = top - *s);
    }
    let note = Some(found.description).filter(|text| text.trim_start().starts_with('{'));
    if note.is_none() {
        Note::refuse_lost(bytes)?;
    }
    Ok(Picture {
        width: found.width,
        height: found.height,
        bits,
        samples,
        note,
        resolution: found
            .resolution
            .map(|[x, y]| format!("XResolution {x}, YResolution {y}")),
        white_is_zero: found.white_is_zero,
        how: "TIFF",
        orientation: found.orientation,
    })
}
