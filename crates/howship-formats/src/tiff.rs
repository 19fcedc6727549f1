//! TIFF: a multi-page file, or a folder with one slice per file in natural order.
//!
//! TIFF holds no reliable millimetres (its resolution is that of a print), so that the caller must
//! state the spacing.

mod order;

use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place, check_grid};
use crate::loaded::{Loaded, read_file, source};
use crate::sample::{SampleType, Sampling, Voxel, fill};
use crate::text::few;
use crate::unit::settle;
use crate::{Error, Format, Identity, OpenOptions};
use howship_image::Geometry;
use rayon::prelude::*;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

/// Deflate and LZW expand less than this.
const MAX_EXPANSION: u64 = 4096;
const MAX_PAGES: usize = 1 << 16;

/// Whether the bytes begin as a TIFF or BigTIFF does.
pub(crate) fn is_tiff(start: &[u8]) -> bool {
    [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| start.starts_with(magic))
}

/// One page.
struct Page<V> {
    size: [usize; 2],
    kind: SampleType,
    values: Vec<V>,
}

/// A multi-page file.
pub(crate) fn load_file<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    let work = || -> Parsed<_> {
        spacing(options)?;
        let pages = pages::<V>(bytes, options.max_bytes)?;
        if pages.len() < 2 {
            return Err(Fault::two_dimensional("a TIFF with one page"));
        }
        assemble(
            pages,
            |page| format!("page {}", page + 1),
            options,
            Vec::new(),
        )
    };
    let (header, values) = work().map_err(|f| f.at(path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    loaded(header, values, path, &hasher, options)
}

/// A folder of slices.
pub(crate) fn load_folder<V: Voxel>(
    path: &Path,
    mut files: Vec<PathBuf>,
    mut warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    spacing(options).map_err(at)?;
    files.sort_by(|a, b| order::natural(&name(a), &name(b)));
    let names: Vec<String> = files.iter().map(|f| name(f)).collect();
    if let [only] = &files[..] {
        let bytes = read_file(only, options.max_bytes)?;
        return load_file(only, &bytes, options);
    }
    if let Some((before, after)) = order::gap(&names) {
        return Err(at(Fault::new(
            Problem::MissingSlices,
            format!("the numbers jump between `{before}` and `{after}`"),
            "add the missing slices, or leave only one stack in the folder",
        )));
    }
    let read: Vec<(Page<V>, blake3::Hash)> = files
        .par_iter()
        .map(|file| {
            let bytes = read_file(file, options.max_bytes)?;
            let mut pages = pages::<V>(&bytes, options.max_bytes).map_err(|f| f.at(file))?;
            match (pages.pop(), pages.is_empty()) {
                (Some(page), true) => Ok((page, blake3::hash(&bytes))),
                _ => Err(Fault::new(
                    Problem::MixedSlices,
                    "several pages in one file of a folder of slices",
                    "give the multi-page file itself",
                )
                .at(file)),
            }
        })
        .collect::<Result<_, Error>>()?;
    let (pages, mut hashes): (Vec<_>, Vec<[u8; 32]>) = read
        .into_iter()
        .map(|(page, hash)| (page, *hash.as_bytes()))
        .unzip();
    hashes.sort_unstable();
    warnings.push(format!(
        "slices in the order of their names: {}",
        few(&names)
    ));
    let label = |page: usize| names.get(page).cloned().unwrap_or_default();
    let (header, values) = assemble(pages, label, options, warnings).map_err(at)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashes.as_flattened());
    loaded(header, values, path, &hasher, options)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn spacing(options: &OpenOptions) -> Parsed<[f64; 3]> {
    options.spacing_mm.ok_or_else(|| {
        Fault::new(
            Problem::SpacingUnknown,
            "a TIFF stack does not say how many millimetres a voxel has",
            "state the spacing in mm (`--spacing x,y,z`)",
        )
    })
}

/// Every page, decoded.
fn pages<V: Voxel>(bytes: &[u8], max_bytes: u64) -> Parsed<Vec<Page<V>>> {
    let bad = |e: tiff::TiffError| match e {
        tiff::TiffError::UnsupportedError(e) => Fault::unsupported(
            e.to_string(),
            "save the stack uncompressed as 8- or 16-bit grey",
        ),
        e => Fault::corrupt(format!("not readable as TIFF ({e})")),
    };
    let largest = max_bytes.min((bytes.len() as u64).saturating_mul(MAX_EXPANSION));
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(largest).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    let mut decoder = Decoder::new(Cursor::new(bytes))
        .map_err(bad)?
        .with_limits(limits);
    let mut out = Vec::new();
    let mut total = 0u64;
    loop {
        let (width, height) = decoder.dimensions().map_err(bad)?;
        let samples = u64::from(width).saturating_mul(u64::from(height));
        total = total.saturating_add(samples.saturating_mul(4));
        if total > max_bytes || out.len() >= MAX_PAGES {
            return Err(Fault::new(
                Problem::TooLarge,
                format!(
                    "{} pages of {width} x {height} pixels and more",
                    out.len() + 1
                ),
                "raise the limit or crop the volume",
            ));
        }
        if samples > (bytes.len() as u64).saturating_mul(MAX_EXPANSION) {
            return Err(Fault::truncated("a page", samples as usize, bytes.len()));
        }
        if let ColorType::Gray(_) = decoder.colortype().map_err(bad)? {
        } else {
            return Err(Fault::unsupported(
                "pages in colour, with a palette or with transparency",
                "save the stack in 8-, 16- or 32-bit grey",
            ));
        }
        if out.is_empty() {
            contiguous_hyperstack(&mut decoder)?;
        }
        let mut decoded = decoder.read_image().map_err(bad)?;
        out.push(page(&mut decoded, [width as usize, height as usize])?);
        if !decoder.more_images() {
            return Ok(out);
        }
        decoder.next_image().map_err(bad)?;
    }
}

/// ImageJ stores stacks beyond 4 GB as one page with the others behind it, which no reader of pages
/// finds.
fn contiguous_hyperstack(decoder: &mut Decoder<Cursor<&[u8]>>) -> Parsed<()> {
    let Ok(Some(value)) = decoder.find_tag(Tag::ImageDescription) else {
        return Ok(());
    };
    let text = value.into_string().unwrap_or_default();
    let images = text
        .lines()
        .find_map(|line| line.strip_prefix("images="))
        .and_then(|n| n.trim().parse::<usize>().ok())
        .unwrap_or(1);
    if text.starts_with("ImageJ") && images > 1 && !decoder.more_images() {
        return Err(Fault::unsupported(
            format!("an ImageJ stack of {images} images stored as one page"),
            "save it as an image sequence or as NRRD",
        ));
    }
    Ok(())
}

fn page<V: Voxel>(decoded: &mut DecodingResult, size: [usize; 2]) -> Parsed<Page<V>> {
    let kind = match decoded {
        DecodingResult::U8(_) => SampleType::U8,
        DecodingResult::U16(_) => SampleType::U16,
        DecodingResult::U32(_) => SampleType::U32,
        DecodingResult::U64(_) => SampleType::U64,
        DecodingResult::I8(_) => SampleType::I8,
        DecodingResult::I16(_) => SampleType::I16,
        DecodingResult::I32(_) => SampleType::I32,
        DecodingResult::I64(_) => SampleType::I64,
        DecodingResult::F32(_) => SampleType::F32,
        DecodingResult::F64(_) => SampleType::F64,
        DecodingResult::F16(_) => {
            return Err(Fault::unsupported(
                "16-bit floating point",
                "save as 32-bit floating point",
            ));
        }
    };
    let samples = size[0] * size[1];
    let buffer = decoded.as_buffer(0);
    let stored = buffer.as_bytes();
    if stored.len() != samples * kind.bytes() {
        return Err(Fault::unsupported(
            format!(
                "{} bytes for {} x {} pixels",
                stored.len(),
                size[0],
                size[1]
            ),
            "save the stack in 8-, 16- or 32-bit grey",
        ));
    }
    let how = Sampling::plain(kind, cfg!(target_endian = "big"));
    let mut values = vec![V::default(); samples];
    fill(stored, &how, &mut values)?;
    Ok(Page { size, kind, values })
}

/// One volume from pages of one size and type.
fn assemble<V: Voxel>(
    pages: Vec<Page<V>>,
    label: impl Fn(usize) -> String,
    options: &OpenOptions,
    warnings: Vec<String>,
) -> Parsed<(Header, Vec<V>)> {
    let mm = spacing(options)?;
    let Some((size, kind)) = pages.first().map(|p| (p.size, p.kind)) else {
        return Err(Fault::two_dimensional("no TIFF page"));
    };
    if let Some(other) = pages.iter().position(|p| p.size != size || p.kind != kind) {
        return Err(Fault::new(
            Problem::MixedSlices,
            format!("{} and {} differ in size or type", label(0), label(other)),
            "leave only the slices of one volume (no previews, no other stacks)",
        ));
    }
    let geometry =
        Geometry::aligned([size[0], size[1], pages.len()], mm).map_err(|e| Fault::geometry(&e))?;
    check_grid(&geometry, options.max_bytes)?;
    let mut values = Vec::new();
    values
        .try_reserve_exact(geometry.voxels())
        .map_err(|_| Fault::no_memory(geometry.voxels() * size_of::<V>()))?;
    let entries = vec![("pages".to_owned(), pages.len().to_string())];
    for page in pages {
        values.extend_from_slice(&page.values);
    }
    let header = Header {
        format: Format::Tiff,
        geometry,
        sampling: Sampling::plain(kind, false),
        place: Place::Here(0),
        packing: Packing::Raw,
        unit: None,
        calibration: None,
        spacing_known: "stated by the caller; TIFF does not say".to_owned(),
        identity: Identity::default(),
        entries,
        warnings,
    };
    Ok((header, values))
}

fn loaded<V: Voxel>(
    header: Header,
    values: Vec<V>,
    path: &Path,
    hasher: &blake3::Hasher,
    options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    let settled = settle(&header, options).map_err(|f| f.at(path))?;
    let source = source(&header, path, hasher, settled.known);
    Ok(Loaded {
        geometry: header.geometry,
        values,
        unit: settled.unit,
        calibration: None,
        source,
    })
}
