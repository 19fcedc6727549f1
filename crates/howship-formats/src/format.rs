//! Which format a file has, and the header of each format that has a single one.

use crate::error::{Fault, Parsed, Problem};
use crate::header::Header;
use crate::packed::{head, is_gzip};
use crate::{Format, aim, dicom, isq, metaimage, nifti, nrrd, tiff};
use std::path::Path;

/// The format, by content first.
pub(crate) fn detect(bytes: &[u8], path: &Path) -> Parsed<Format> {
    if bytes.is_empty() {
        return Err(Fault::new(
            Problem::Empty,
            "the file is empty",
            "copy or export it again",
        ));
    }
    let gzipped = is_gzip(bytes);
    let start = head(bytes, 4096).unwrap_or_default();
    let found = if nifti::is_nifti(&start) {
        Some(Format::Nifti)
    } else if gzipped {
        None
    } else if aim::is_aim(&start) {
        Some(Format::Aim)
    } else if isq::is_isq(&start) {
        Some(Format::Isq)
    } else if nrrd::is_nrrd(&start) {
        Some(Format::Nrrd)
    } else if metaimage::is_metaimage(&start) {
        Some(Format::MetaImage)
    } else if dicom::is_dicom(&start) {
        // Before TIFF: a DICOM preamble may hold a TIFF header.
        Some(Format::Dicom)
    } else if tiff::is_tiff(&start) {
        Some(Format::Tiff)
    } else {
        None
    };
    if let (None, Some((what, advice))) = (found, other_file(&start, path)) {
        return Err(Fault::new(Problem::NotAnImage, what, advice));
    }
    match found.or_else(|| by_extension(path).filter(|_| !gzipped || is_nifti_name(path))) {
        Some(format) => Ok(format),
        None if gzipped => Err(Fault::new(
            Problem::NotAnImage,
            "gzip around something that is not NIfTI",
            "decompress the file and open what is inside",
        )),
        None => Err(Fault::new(
            Problem::NotAnImage,
            format!(
                "not an image of a known format (it begins with `{}`)",
                printable(&start)
            ),
            "give NIfTI, MetaImage, NRRD, Scanco AIM or ISQ, DICOM or TIFF",
        )),
    }
}

/// What is recognised and is no volume, or none yet, and what leads to one.
fn other_file(start: &[u8], path: &Path) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it and open what is inside (for a DICOM series: its folder)";
    const VOLUME: &str = "export the volume as NIfTI, MetaImage, NRRD, DICOM or a TIFF stack";
    const KNOWN: [(&[u8], &str, &str); 12] = [
        (b"PK\x03\x04", "a ZIP archive", UNPACK),
        (b"BZh", "compressed with bzip2", UNPACK),
        (b"\xfd7zXZ\0", "compressed with xz", UNPACK),
        (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", UNPACK),
        (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
        (b"Rar!", "a RAR archive", UNPACK),
        (b"\x89HDF", "an HDF5 file (MINC 2, MATLAB 7.3)", VOLUME),
        (b"CDF\x01", "a NetCDF file (MINC 1)", VOLUME),
        (b"MATLAB 5.0", "a MATLAB file", VOLUME),
        (b"# vtk DataFile", "a VTK file", VOLUME),
        (b"<VTKFile", "a VTK file", VOLUME),
        (b"%PDF", "a PDF document", VOLUME),
    ];
    let known = KNOWN.iter().find(|(magic, ..)| start.starts_with(magic));
    if let Some((_, what, advice)) = known {
        return Some((what, advice));
    }
    let named = |ending: &str| {
        let own = path.extension();
        own.is_some_and(|e| e.eq_ignore_ascii_case(ending))
    };
    let beside = |endings: [&str; 2]| endings.iter().any(|e| path.with_extension(e).exists());
    if named("img") && beside(["hdr", "HDR"]) {
        return Some((
            "the voxels of a NIfTI pair, without their header",
            "give the `.hdr` beside it",
        ));
    }
    if (named("raw") || named("zraw")) && beside(["mhd", "nhdr"]) {
        return Some((
            "the voxels of a volume, without their header",
            "give the `.mhd` or `.nhdr` beside it",
        ));
    }
    let size = start.get(..4) == Some(&348i32.to_le_bytes())
        || start.get(..4) == Some(&348i32.to_be_bytes());
    (size && named("hdr")).then_some((
        "an Analyze 7.5 header, which does not say how the volume lies (left and right)",
        "convert it to NIfTI with the program that wrote it",
    ))
}

fn printable(start: &[u8]) -> String {
    start
        .iter()
        .take(16)
        .map(|&b| {
            if b.is_ascii_graphic() || b == b' ' {
                char::from(b)
            } else {
                '.'
            }
        })
        .collect()
}

fn is_nifti_name(path: &Path) -> bool {
    by_extension(path) == Some(Format::Nifti)
}

/// The format that the extension promises.
pub(crate) fn by_extension(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let name = name.split(';').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "nii" | "hdr" => Format::Nifti,
        "mha" | "mhd" => Format::MetaImage,
        "nrrd" | "nhdr" => Format::Nrrd,
        "aim" => Format::Aim,
        "isq" | "rsq" => Format::Isq,
        "dcm" | "dicom" | "ima" => Format::Dicom,
        "tif" | "tiff" => Format::Tiff,
        _ => return None,
    })
}

/// The header of a format that has a single one; `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(
    format: Format,
    bytes: &[u8],
    path: &Path,
    stated: Option<[f64; 3]>,
) -> Parsed<Header> {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    match format {
        Format::Nifti => nifti::parse(bytes, &name, stated),
        Format::MetaImage => metaimage::parse(bytes, stated),
        Format::Nrrd => nrrd::parse(bytes, stated),
        Format::Aim => aim::parse(bytes, stated),
        Format::Isq => isq::parse(bytes, stated),
        Format::Dicom | Format::Tiff => Err(Fault::unsupported(
            format!("{format} has no single header"),
            "open it as a volume",
        )),
    }
}
