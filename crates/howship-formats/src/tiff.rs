//! TIFF: a multi-page file, or a folder with one slice per file in the order of their numbers.
//!
//! Read here from directory to sample, so that every claim of a header is held against the file, one
//! budget counts all pages, and each deflate strip is read to its end with its checksum verified.
//! Baseline TIFF holds no reliable millimetres (its resolution is that of a print): only what ImageJ
//! writes with a unit is believed, otherwise the caller must state the spacing.

mod description;
mod directory;
mod lzw;
mod order;
mod picture;
mod strips;

use crate::budget::Budget;
use crate::error::{Fault, Parsed, Problem};
use crate::grid::{Axes, agree, shown};
use crate::header::{Header, Packing, Place, check_grid};
use crate::loaded::{Info, Loaded, info_of, source};
use crate::sample::{SampleType, Sampling, Voxel};
use crate::slices::{self, Origin};
use crate::text::few;
use crate::unit::Says;
use crate::{Error, Format, Identity, OpenOptions};
use description::Description;
use directory::{Page, Pages, pages};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

pub(crate) use picture::picture;

/// Whether the bytes begin as a TIFF or BigTIFF does.
pub(crate) fn is_tiff(start: &[u8]) -> bool {
    [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| start.starts_with(magic))
}

/// The pages of one volume, before any of them is decoded.
struct Stack {
    pages: Vec<Page>,
    how: Sampling,
    size: [usize; 2],
    description: Description,
    warnings: Vec<String>,
}

/// Takes the pages of one file as a stack; all sizes and types must be those of the first.
fn stack(found: Pages, file: u64) -> Parsed<Stack> {
    let Pages {
        big_endian,
        mut pages,
    } = found;
    let mut warnings = Vec::new();
    let copies = pages.iter().filter(|p| p.reduced).count();
    if copies > 0 && copies < pages.len() {
        warnings.push(format!("{copies} reduced copies of pages were left out"));
        pages.retain(|p| !p.reduced);
    }
    let Some(first) = pages.first() else {
        return Err(Fault::two_dimensional("no TIFF page"));
    };
    let description = description::read(&first.description)?;
    let kind = strips::sample_type(first)?;
    let size = [first.width, first.height];
    let first_photometric = first.photometric;
    if first.photometric == Some(0) {
        warnings.push(
            "white is zero (MINISWHITE): the values are as stored, only their display is inverted"
                .to_owned(),
        );
    }
    if let Some(slices) = description.slices.filter(|&n| n != pages.len()) {
        return Err(Fault::new(
            Problem::MissingSlices,
            format!(
                "OME says {slices} slices, the file has {} pages",
                pages.len()
            ),
            "give the whole volume as one file (a set of OME files is not read)",
        ));
    }
    if let Some(images) = description.images.filter(|&n| n != pages.len() && n > 1) {
        pages = contiguous(pages, images, kind, file)?;
    }
    // Programs do not agree whether a stack with this tag is turned.
    if let Some(turned) = pages.iter().find(|p| p.orientation != 1) {
        return Err(Fault::unsupported(
            format!(
                "pages that are to be turned or mirrored (Orientation, tag 274, is {})",
                turned.orientation
            ),
            "save the stack upright (Orientation 1), the way it is meant to be seen",
        ));
    }
    let mut held = 0u64;
    for (number, page) in pages.iter().enumerate() {
        let same = strips::sample_type(page)? == kind
            && [page.width, page.height] == size
            && (page.photometric == Some(0)) == (first_photometric == Some(0));
        if !same {
            return Err(Fault::new(
                Problem::MixedSlices,
                format!(
                    "page 1 and page {} differ in size, type or which end of the scale is white",
                    number + 1
                ),
                "leave only the slices of one volume (no previews, no other stacks)",
            ));
        }
        strips::check_claim(page, kind, file)?;
        held = held.saturating_add(page.strips.iter().map(|s| s.1).sum::<u64>());
    }
    if held > file {
        return Err(Fault::corrupt(format!(
            "the pages claim {held} bytes of data in a file of {file}: they share it"
        )));
    }
    let mut how = Sampling::plain(kind, big_endian);
    if let Some((offset, slope)) = description.calibration {
        how.slope = slope;
        how.intercept = offset;
    }
    Ok(Stack {
        pages,
        how,
        size,
        description,
        warnings,
    })
}

/// ImageJ writes large stacks as one page with the others behind it.
fn contiguous(pages: Vec<Page>, images: usize, kind: SampleType, file: u64) -> Parsed<Vec<Page>> {
    let one = match &pages[..] {
        [one] if one.compression == 1 && !one.tiled => one.clone(),
        _ => {
            return Err(Fault::corrupt(format!(
                "ImageJ says {images} images, the file has {} pages",
                pages.len()
            )));
        }
    };
    let start = one.strips.first().map_or(0, |s| s.0);
    let bytes = (one.width as u64)
        .saturating_mul(one.height as u64)
        .saturating_mul(kind.bytes() as u64);
    let end = bytes.saturating_mul(images as u64).saturating_add(start);
    let holds: u64 = one.strips.iter().map(|s| s.1).sum();
    if end > file || (holds != bytes && holds != bytes.saturating_mul(images as u64)) {
        return Err(Fault::truncated(
            "an ImageJ stack in one page",
            usize::try_from(end).unwrap_or(usize::MAX),
            usize::try_from(file).unwrap_or(usize::MAX),
        ));
    }
    Ok((0..images as u64)
        .map(|i| Page {
            tile: [one.width, one.height],
            strips: vec![(start + i * bytes, bytes)],
            ..one.clone()
        })
        .collect())
}

/// The spacing: ImageJ's where it has a unit, or OME's, else the caller's.
fn spacing(
    description: &Description,
    resolution: Option<[f64; 2]>,
    options: &OpenOptions,
) -> Parsed<([f64; 3], String)> {
    // One pixel per unit is what programs write that know of no resolution. In the plane a file may say more than
    // along the slices.
    let plane = match (description.mm, resolution) {
        ([Some(x_mm), Some(y_mm), _], Some([x, y])) if (x, y) != (1.0, 1.0) => {
            Some([x_mm / x, y_mm / y])
        }
        _ => None,
    };
    let own = match (plane, description.mm[2], description.slice_step) {
        _ if description.voxel_mm.is_some() => description.voxel_mm,
        (Some([x, y]), Some(z_mm), Some(step)) => Some([x, y, z_mm * step.abs()]),
        _ => None,
    };
    let own = match (own, plane, options.spacing_mm) {
        (None, Some([x, y]), Some([_, _, z])) => Some([x, y, z]),
        (own, ..) => own,
    };
    match (own, options.spacing_mm) {
        (Some(own), Some(stated)) if !agree(own, stated) => Err(Fault::new(
            Problem::SpacingUnknown,
            format!(
                "the description in the file (ImageJ, OME) says voxels of {} mm, {} mm were stated",
                shown(own),
                shown(stated)
            ),
            "leave `--spacing` out if the file is right, or correct the calibration in the file",
        )),
        (_, Some(stated)) => Ok((stated, "stated by the caller; TIFF does not say".to_owned())),
        (Some(own), None) => Ok((
            own,
            if description.voxel_mm.is_some() {
                "OME's physical sizes in the TIFF".to_owned()
            } else {
                "ImageJ's calibration in the TIFF (unit, resolution, spacing)".to_owned()
            },
        )),
        (None, None) => Err(Fault::new(
            Problem::SpacingUnknown,
            "a TIFF stack does not say how many millimetres a voxel has",
            "state the spacing in mm (`--spacing x,y,z`)",
        )),
    }
}

/// The header of a volume of so many pages.
fn header(stack: &Stack, count: usize, options: &OpenOptions) -> Parsed<Header> {
    let resolution = stack.pages.first().and_then(|p| p.resolution);
    let (mm, spacing_known) = spacing(&stack.description, resolution, options)?;
    let [nx, ny] = stack.size;
    let geometry = Axes::aligned([nx, ny, count], mm, [0.0; 3]).geometry(options.spacing_mm)?;
    check_grid(&geometry, options.max_bytes)?;
    let mut warnings = stack.warnings.clone();
    if let Some(step) = stack.description.slice_step.filter(|s| *s < 0.0) {
        warnings.push(format!(
            "ImageJ's spacing of the slices, {step}, is negative: its size was taken, as ImageJ does"
        ));
    }
    let mut entries = vec![("pages".to_owned(), count.to_string())];
    if let Some((c0, c1)) = stack.description.calibration {
        entries.push((
            "ImageJ calibration".to_owned(),
            format!("{c0} + {c1} * stored"),
        ));
    }
    let says = match &stack.description.value_unit {
        Some(word) => match word.parse() {
            Ok(unit) => Says::Unit(unit, format!("ImageJ's unit of values is `{word:.30}`")),
            Err(_) => Says::Nothing,
        },
        None => Says::Nothing,
    };
    Ok(Header {
        format: Format::Tiff,
        geometry,
        sampling: stack.how,
        place: Place::Here(0),
        packing: Packing::Raw,
        says,
        present: None,
        calibration: None,
        spacing_known,
        identity: Identity::default(),
        entries,
        warnings,
        seal: None,
    })
}

fn one_page() -> Fault {
    Fault::two_dimensional("a TIFF with one page")
}

/// A multi-page file.
pub(crate) fn load_file<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    let stack = pages(bytes)
        .and_then(|found| stack(found, bytes.len() as u64))
        .map_err(at)?;
    if stack.pages.len() < 2 {
        return Err(at(one_page()));
    }
    let header = header(&stack, stack.pages.len(), options).map_err(at)?;
    let plane = stack.size[0] * stack.size[1];
    let settled = header.settle(options, V::LABELS).map_err(at)?;
    let mut values: Vec<V> = budget
        .zeroed(header.geometry.voxels(), "the volume")
        .map_err(at)?;
    values
        .par_chunks_mut(plane)
        .zip(&stack.pages)
        .map(|(out, page)| strips::decode(bytes, page, &settled.sampling, out))
        .collect::<Vec<Parsed<()>>>()
        .into_iter()
        .enumerate()
        .try_for_each(|(number, done)| done.map_err(|f| f.within(&format!("page {}", number + 1))))
        .map_err(at)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    let name = |z: usize| format!("page {}", z + 1);
    let how = settled.sampling;
    let (header, values) =
        sound(header, values, &how, Origin::OneFile, name, options).map_err(at)?;
    let source = source(&header, path, &hasher, &settled);
    Ok(Loaded::new(header.geometry, values, settled, source))
}

/// Refuses slices that hold nothing.
fn sound<V: Voxel>(
    mut header: Header,
    values: Vec<V>,
    how: &Sampling,
    origin: Origin,
    name: impl Fn(usize) -> String,
    options: &OpenOptions,
) -> Parsed<(Header, Vec<V>)> {
    let zero = V::of_f64(how.intercept).unwrap_or_default();
    let zeros = vec![zero; header.geometry.size()[2]];
    let (geometry, values) = slices::check(
        header.geometry,
        values,
        &zeros,
        origin,
        name,
        options,
        &mut header.warnings,
    )?;
    header.geometry = geometry;
    Ok((header, values))
}

/// As [`load_file`], from the directories alone.
pub(crate) fn inspect_file(path: &Path, options: &OpenOptions) -> Result<Info, Error> {
    let at = |fault: Fault| fault.at(path);
    let stack = stack_on_disk(path)?;
    if stack.pages.len() < 2 {
        return Err(at(one_page()));
    }
    let header = header(&stack, stack.pages.len(), options).map_err(at)?;
    info_of(header, path, options).map_err(at)
}

/// Whether a TIFF holds one image: one page, behind which ImageJ says no others.
pub(crate) fn is_one_image(path: &Path) -> bool {
    let Ok(file) = directory::OnDisk::open(path) else {
        return false;
    };
    let Ok(found) = pages(&file) else {
        // The film's reader says what is wrong with it as well as the volume's does.
        return true;
    };
    match &found.pages[..] {
        [one] => description::images(&one.description).is_none_or(|n| n <= 1),
        _ => false,
    }
}

fn stack_on_disk(path: &Path) -> Result<Stack, Error> {
    let file = directory::OnDisk::open(path).map_err(|e| Error::reading(path, e))?;
    let length = directory::Bytes::length(&file);
    pages(&file)
        .and_then(|found| stack(found, length))
        .map_err(|f| f.at(path))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A folder's slices in the order of their numbers, with the words for it.
fn ordered(path: &Path, files: Vec<PathBuf>) -> Result<(Vec<PathBuf>, Vec<String>), Error> {
    let names: Vec<String> = files.iter().map(|f| name(f)).collect();
    let order = order::by_number(&names).map_err(|f| f.at(path))?;
    Ok(order
        .into_iter()
        .filter_map(|i| Some((files.get(i)?.clone(), names.get(i)?.clone())))
        .unzip())
}

/// A folder of slices.
pub(crate) fn load_folder<V: Voxel>(
    path: &Path,
    files: Vec<PathBuf>,
    warnings: Vec<String>,
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    if let [only] = &files[..] {
        let bytes = budget.read(only)?;
        return load_file(only, &bytes, options, budget);
    }
    let at = |fault: Fault| fault.at(path);
    let (files, names) = ordered(path, files)?;
    let (header, first) = folder_header(path, &files, &names, warnings, options)?;
    let settled = header.settle(options, V::LABELS).map_err(at)?;
    let plane = first.size[0] * first.size[1];
    let mut values: Vec<V> = budget
        .zeroed(header.geometry.voxels(), "the volume")
        .map_err(at)?;
    let done: Vec<Result<[u8; 32], Error>> = values
        .par_chunks_mut(plane)
        .zip(&files)
        .map(|(out, file)| {
            let bytes = budget.read(file)?;
            let at = |fault: Fault| fault.at(file);
            let slice = pages(&bytes[..])
                .and_then(|found| stack(found, bytes.len() as u64))
                .map_err(at)?;
            first.same(&slice, &files[0]).map_err(at)?;
            let how = Sampling {
                big_endian: slice.how.big_endian,
                ..settled.sampling
            };
            let page = slice.pages.first().ok_or_else(|| at(one_page()))?;
            strips::decode(&bytes, page, &how, out).map_err(at)?;
            Ok(*blake3::hash(&bytes).as_bytes())
        })
        .collect();
    let mut hashes: Vec<[u8; 32]> = done.into_iter().collect::<Result<_, _>>()?;
    hashes.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashes.as_flattened());
    let label = |z: usize| format!("`{}`", names.get(z).cloned().unwrap_or_default());
    let how = settled.sampling;
    let (header, values) =
        sound(header, values, &how, Origin::Files, label, options).map_err(at)?;
    let source = source(&header, path, &hasher, &settled);
    Ok(Loaded::new(header.geometry, values, settled, source))
}

/// As [`load_folder`], from the first slice's directory alone.
pub(crate) fn inspect_folder(
    path: &Path,
    files: Vec<PathBuf>,
    warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<Info, Error> {
    if let [only] = &files[..] {
        return inspect_file(only, options);
    }
    let (files, names) = ordered(path, files)?;
    let (header, _) = folder_header(path, &files, &names, warnings, options)?;
    info_of(header, path, options).map_err(|f| f.at(path))
}

fn folder_header(
    path: &Path,
    files: &[PathBuf],
    names: &[String],
    mut warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<(Header, Stack), Error> {
    let Some(file) = files.first() else {
        return Err(one_page().at(path));
    };
    let mut first = stack_on_disk(file)?;
    first.single().map_err(|f| f.at(file))?;
    warnings.push(format!(
        "slices in the order of their names: {}",
        few(names)
    ));
    warnings.append(&mut first.warnings);
    first.warnings = warnings;
    let header = header(&first, files.len(), options).map_err(|f| f.at(path))?;
    Ok((header, first))
}

impl Stack {
    fn single(&self) -> Parsed<()> {
        if self.pages.len() == 1 {
            return Ok(());
        }
        Err(Fault::new(
            Problem::MixedSlices,
            "several pages in one file of a folder of slices",
            "give the multi-page file itself",
        ))
    }

    /// Whether a slice of a folder belongs to the first.
    fn same(&self, other: &Self, first: &Path) -> Parsed<()> {
        other.single()?;
        let page = |s: &Self| {
            s.pages
                .first()
                .map(|p| (p.photometric == Some(0), p.resolution))
        };
        let white = |s: &Self| page(s).is_some_and(|(white, _)| white);
        let resolution = |s: &Self| page(s).and_then(|(_, resolution)| resolution);
        let plane = |[x, y]: [f64; 2]| [x, y, 1.0];
        let resolved = match (resolution(self), resolution(other)) {
            (Some(a), Some(b)) => agree(plane(a), plane(b)),
            _ => true,
        };
        let kind = |s: &Self| (s.how.kind, s.how.slope, s.how.intercept, white(s));
        if self.size == other.size && kind(self) == kind(other) && resolved {
            return Ok(());
        }
        Err(Fault::new(
            Problem::MixedSlices,
            format!(
                "it differs from `{}` in size, type, resolution, calibration or which end of the scale is white",
                name(first)
            ),
            "leave only the slices of one volume (no previews, no other stacks)",
        ))
    }
}
