//! The door for films: bytes, format, film.

use super::options::{FilmFormat, FilmSource, OpenFilmOptions, OpenedFilm, StoredPixels};
use super::{check_contents, dicom, jpeg, raster};
use crate::error::{Fault, Problem};
use crate::{Error, Identity};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

/// Opens one film: DICOM, PNG, TIFF or JPEG, found by content.
///
/// # Errors
/// See [`Error`]; a bad input names the file, the reason and what to do. Volumes and slices of volumes,
/// colour, several frames, blank and saturated pictures are refused, and so is what contradicts itself.
pub fn open_film(path: &Path, options: &OpenFilmOptions) -> Result<OpenedFilm, Error> {
    let bytes = read_bytes(path, options.max_file_bytes)?;
    open_film_bytes(path, &bytes, options)
}

/// Opens one film from its bytes; `path` is for messages.
///
/// # Errors
/// As [`open_film`].
pub fn open_film_bytes(
    path: &Path,
    bytes: &[u8],
    options: &OpenFilmOptions,
) -> Result<OpenedFilm, Error> {
    let at = |fault: Fault| fault.at(path);
    let format = format_of(bytes, path).map_err(at)?;
    let blake3 = blake3::hash(bytes).to_hex().to_string();
    let (film, stored, identity, header, warnings) = match format {
        FilmFormat::Dicom => {
            let d = dicom::open(bytes, options).map_err(at)?;
            (d.film, d.stored, d.identity, d.entries, d.warnings)
        }
        _ => {
            let r = raster::open(bytes, format, options).map_err(at)?;
            (r.film, r.stored, Identity::default(), r.entries, r.warnings)
        }
    };
    check_contents(film.pixels()).map_err(at)?;
    let source = FilmSource {
        path: PathBuf::from(path),
        format,
        blake3,
        stored,
        identity,
        header,
        warnings,
    };
    Ok(OpenedFilm { film, source })
}

/// The samples of a DICOM file with one frame, as stored: for comparing with another reader.
///
/// # Errors
/// As [`open_film`], but slices of volumes are read too.
pub fn stored_pixels(path: &Path, options: &OpenFilmOptions) -> Result<StoredPixels, Error> {
    let bytes = read_bytes(path, options.max_file_bytes)?;
    dicom::stored_pixels(&bytes, options.max_pixels).map_err(|f| f.at(path))
}

/// What a file or folder is to be opened as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// A projection: [`open_film`].
    Film,
    /// A volume, or something that only [`crate::open`] has an answer to.
    Volume,
}

/// Tells films from volumes by content: PNG, JPEG, TIFF of one page and DICOM projections are films; what
/// is neither is called a volume, and [`crate::open`] says what is wrong with it.
///
/// # Errors
/// The file cannot be found or read.
pub fn image_kind(path: &Path) -> Result<ImageKind, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    if meta.is_dir() {
        return Ok(ImageKind::Volume);
    }
    let mut head = vec![0u8; 4096];
    let mut file = std::fs::File::open(path).map_err(|e| Error::reading(path, e))?;
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) => return Err(Error::reading(path, e)),
        }
    }
    head.truncate(filled);
    let film = match format_of(&head, path) {
        Ok(FilmFormat::Png | FilmFormat::Jpeg) => true,
        Ok(FilmFormat::Tiff) => crate::tiff::is_one_image(path),
        Ok(FilmFormat::Dicom) => dicom_projection(path, file, meta.len())?,
        Err(_) => false,
    };
    Ok(if film {
        ImageKind::Film
    } else {
        ImageKind::Volume
    })
}

/// Whether a DICOM file is a projection, by what stands before its pixels: mostly in its first bytes.
fn dicom_projection(path: &Path, mut file: std::fs::File, total: u64) -> Result<bool, Error> {
    const HEAD_BYTES: u64 = 1 << 17;
    if total > HEAD_BYTES {
        let mut start = Vec::new();
        file.rewind()
            .and_then(|()| file.take(HEAD_BYTES).read_to_end(&mut start))
            .map_err(|e| Error::reading(path, e))?;
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        if let Ok(answer) = dicom::is_projection(&start, total) {
            return Ok(answer);
        }
    }
    // More than a film may have is no film: whatever it is, it is opened as a volume.
    if total > OpenFilmOptions::default().max_file_bytes {
        return Ok(false);
    }
    let bytes = read_bytes(path, total)?;
    Ok(dicom::is_projection(&bytes, bytes.len()).unwrap_or(false))
}

fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    let refuse =
        |problem, reason: String, advice: &str| Err(Fault::new(problem, reason, advice).at(path));
    if meta.is_dir() {
        return refuse(
            Problem::NotAFilm,
            "a folder, where a film is one file".to_owned(),
            "name the film's file; a folder is read as a volume",
        );
    }
    if !meta.is_file() {
        return refuse(
            Problem::NotAnImage,
            "neither a file nor a folder".to_owned(),
            "give a file",
        );
    }
    if meta.len() > most {
        return refuse(
            Problem::TooLarge,
            format!("the file has {} bytes, the limit is {most}", meta.len()),
            "crop the film",
        );
    }
    std::fs::read(path).map_err(|e| Error::reading(path, e))
}

fn format_of(bytes: &[u8], path: &Path) -> Result<FilmFormat, Fault> {
    if bytes.is_empty() {
        return Err(Fault::new(
            Problem::Empty,
            "the file is empty",
            "copy or export it again",
        ));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(FilmFormat::Png);
    }
    if jpeg::is_jpeg(bytes) {
        return Ok(FilmFormat::Jpeg);
    }
    let named_dicom = path.extension().is_some_and(|e| {
        ["dcm", "dicom", "ima"]
            .iter()
            .any(|known| e.eq_ignore_ascii_case(known))
    });
    // Before TIFF: a DICOM preamble may hold a TIFF header.
    if crate::dicom::is_dicom(bytes) || (named_dicom && !crate::tiff::is_tiff(bytes)) {
        return Ok(FilmFormat::Dicom);
    }
    if crate::tiff::is_tiff(bytes) {
        return Ok(FilmFormat::Tiff);
    }
    Err(Fault::new(
        Problem::NotAFilm,
        "no film of a known format",
        "give DICOM (CR, DX), PNG, TIFF or JPEG",
    ))
}
