//! A folder: one DICOM series or one stack of TIFF slices.

use crate::budget::Budget;
use crate::dicom::{self, Object};
use crate::error::{ErrorKind, Fault, Problem};
use crate::loaded::{Info, Loaded};
use crate::sample::Voxel;
use crate::text::{few, few_plain};
use crate::{Error, OpenOptions, tiff};
use rayon::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of a folder, by what they hold.
struct Listing {
    dicom: Vec<PathBuf>,
    tiff: Vec<PathBuf>,
    others: Vec<String>,
    folders: Vec<String>,
    /// Named as the slices are, and no slice: what is wrong with it.
    damaged: Vec<(PathBuf, &'static str)>,
}

pub(crate) fn load<V: Voxel>(
    path: &Path,
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let listing = list(path)?;
    let mut warnings = skipped(&listing.others);
    if listing.dicom.is_empty() && !listing.tiff.is_empty() {
        left_out(&listing.damaged, Vec::new(), options, &mut warnings)?;
        return tiff::load_folder(path, listing.tiff, warnings, options, budget);
    }
    let read = |file: &Path| dicom::read_object(file, budget);
    let (objects, warnings) = objects(path, listing, warnings, options, &read)?;
    dicom::load_files(path, objects, warnings, options, budget)
}

pub(crate) fn inspect(path: &Path, options: &OpenOptions, budget: &Budget) -> Result<Info, Error> {
    let listing = list(path)?;
    let mut warnings = skipped(&listing.others);
    if listing.dicom.is_empty() && !listing.tiff.is_empty() {
        left_out(&listing.damaged, Vec::new(), options, &mut warnings)?;
        return tiff::inspect_folder(path, listing.tiff, warnings, options);
    }
    let read = |file: &Path| dicom::read_head(file, budget);
    let (objects, warnings) = objects(path, listing, warnings, options, &read)?;
    dicom::inspect_files(path, objects, warnings, options)
}

fn name_of(file: &Path) -> String {
    file.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn list(path: &Path) -> Result<Listing, Error> {
    let mut out = Listing {
        dicom: Vec::new(),
        tiff: Vec::new(),
        others: Vec::new(),
        folders: Vec::new(),
        damaged: Vec::new(),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|e| Error::reading(path, e))? {
        files.push(entry.map_err(|e| Error::reading(path, e))?.path());
    }
    files.sort();
    let mut strangers = Vec::new();
    for file in files {
        let name = name_of(&file);
        if name.starts_with('.') {
            continue;
        }
        if file.is_dir() {
            out.folders.push(name);
            continue;
        }
        let start = start_of(&file)?;
        if dicom::is_dicom(&start) && name != "DICOMDIR" {
            out.dicom.push(file);
        } else if tiff::is_tiff(&start) {
            out.tiff.push(file);
        } else {
            strangers.push((file, start));
        }
    }
    let slices = if out.dicom.is_empty() {
        &out.tiff
    } else {
        &out.dicom
    };
    let endings: Vec<String> = slices.iter().map(|f| ending(f)).collect();
    for (file, start) in strangers {
        match damage(&start) {
            Some(what) if endings.contains(&ending(&file)) && name_of(&file) != "DICOMDIR" => {
                out.damaged.push((file, what));
            }
            _ => out.others.push(name_of(&file)),
        }
    }
    Ok(out)
}

/// The extension in lower case; empty where there is none or where it is a number (`IM.0001`, UIDs).
fn ending(file: &Path) -> String {
    let text = file
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        String::new()
    } else {
        text
    }
}

/// What is wrong with a file that is named as the slices are; `None` where it is a text or a picture of
/// another kind, which somebody put there.
fn damage(start: &[u8]) -> Option<&'static str> {
    if start.is_empty() {
        return Some("it is empty");
    }
    if start.iter().all(|&b| b == 0) {
        return Some("it is filled with zeros or cut off");
    }
    let magic: [&[u8]; 6] = [
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"%PDF",
        b"PK\x03\x04",
        b"BM",
    ];
    let text = start
        .iter()
        .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || *b >= 0x80);
    if text || magic.iter().any(|m| start.starts_with(m)) {
        return None;
    }
    Some("it does not begin as a slice does")
}

fn start_of(file: &Path) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    std::fs::File::open(file)
        .and_then(|f| f.take(256).read_to_end(&mut start))
        .map_err(|e| Error::reading(file, e))?;
    Ok(start)
}

fn skipped(others: &[String]) -> Vec<String> {
    if others.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "{} file(s) that are no slices skipped: {}",
        others.len(),
        few(others)
    )]
}

/// Damaged slices are an error, or are left out and named.
fn left_out(
    unread: &[(PathBuf, &'static str)],
    failed: Vec<Error>,
    options: &OpenOptions,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    const ADVICE: &str =
        "copy or export the slice again; `--skip-damaged` leaves damaged slices out";
    let mut named: Vec<String> = Vec::new();
    for (file, what) in unread {
        if !options.skip_damaged {
            let reason = format!("a damaged slice: {what}");
            return Err(Fault::new(Problem::Truncated, reason, ADVICE).at(file));
        }
        named.push(format!("`{}` ({what})", name_of(file)));
    }
    for error in failed {
        match error {
            Error::BadInput { path, reason, .. } if options.skip_damaged => {
                named.push(format!("`{}` ({reason})", name_of(&path)));
            }
            error => return Err(error),
        }
    }
    if !named.is_empty() {
        warnings.push(format!(
            "{} damaged slice(s) left out: {}",
            named.len(),
            few_plain(&named)
        ));
    }
    Ok(())
}

fn objects(
    path: &Path,
    listing: Listing,
    mut warnings: Vec<String>,
    options: &OpenOptions,
    read: &(dyn Fn(&Path) -> Result<Object, Error> + Sync),
) -> Result<(Vec<Object>, Vec<String>), Error> {
    if listing.dicom.is_empty() {
        let reason = if !listing.folders.is_empty() {
            format!(
                "a folder without images (it holds the folders {})",
                few(&listing.folders)
            )
        } else if listing.others.is_empty() {
            "an empty folder".to_owned()
        } else {
            format!(
                "a folder without DICOM or TIFF (it holds {})",
                few(&listing.others)
            )
        };
        let advice = "give the folder that holds the slices, or the volume's file itself";
        return Err(Fault::new(Problem::NotAnImage, reason, advice).at(path));
    }
    if !listing.tiff.is_empty() {
        warnings.push(format!(
            "{} TIFF file(s) beside DICOM skipped",
            listing.tiff.len()
        ));
    }
    let all: Vec<Result<Object, Error>> = listing.dicom.par_iter().map(|file| read(file)).collect();
    let (mut objects, mut failed) = (Vec::new(), Vec::new());
    for result in all {
        match result {
            Ok(object) if object.lost_its_pixels() => failed.push(
                Fault::new(
                    Problem::Truncated,
                    "an image without pixel data",
                    "the file is cut off or damaged; copy or export it again",
                )
                .at(object.path()),
            ),
            Ok(object) => objects.push(object),
            Err(error) if error.kind() == ErrorKind::BadInput => failed.push(error),
            Err(error) => return Err(error),
        }
    }
    left_out(&listing.damaged, failed, options, &mut warnings)?;
    Ok((objects, warnings))
}
