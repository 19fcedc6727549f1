use crate::Identity;
use howship_image::{Extremity, Film, Laterality, Polarity, View};
use serde::Serialize;
use std::path::PathBuf;

/// How a film is opened: what the reader states, and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenFilmOptions {
    /// Millimetres per pixel along x, y. For files that do not say; one that says otherwise is an error,
    /// unless it says only how long a pixel is at the detector and this is up to 20 % less.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// Which way the stored values run, for files that do not say or contradict themselves.
    pub polarity: Option<Polarity>,
    /// Which side of the body; a file that says otherwise is an error.
    pub laterality: Option<Laterality>,
    /// The way of the rays; a file that says otherwise is an error.
    pub view: Option<View>,
    /// Hand or foot; a file that says otherwise is an error.
    pub part: Option<Extremity>,
    /// The most pixels. Default 2^27, twice the largest mosaics.
    pub max_pixels: usize,
    /// The most bytes of a file. Default 1 GiB.
    pub max_file_bytes: u64,
}

impl Default for OpenFilmOptions {
    fn default() -> Self {
        Self {
            mm_per_pixel: None,
            polarity: None,
            laterality: None,
            view: None,
            part: None,
            max_pixels: 1 << 27,
            max_file_bytes: 1 << 30,
        }
    }
}

/// The file format of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum FilmFormat {
    /// DICOM: computed or digital radiography, secondary capture.
    #[serde(rename = "DICOM")]
    Dicom,
    /// PNG.
    #[serde(rename = "PNG")]
    Png,
    /// TIFF of one page.
    #[serde(rename = "TIFF")]
    Tiff,
    /// JPEG.
    #[serde(rename = "JPEG")]
    Jpeg,
}

impl std::fmt::Display for FilmFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dicom => "DICOM",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::Jpeg => "JPEG",
        })
    }
}

/// Where a film came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilmSource {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: FilmFormat,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// How samples were stored and packed.
    pub stored: String,
    /// Whose film, and when.
    pub identity: Identity,
    /// Header entries.
    pub header: Vec<(String, String)>,
    /// What was odd and how it was read.
    pub warnings: Vec<String>,
}

/// A film and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedFilm {
    /// The film, bone bright.
    pub film: Film,
    /// Where it came from.
    pub source: FilmSource,
}

/// Samples as they are stored, masked to their bits, with their sign: no table, no rescale, no inversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPixels {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1, or 3 interleaved.
    pub channels: usize,
    /// Row by row.
    pub samples: Vec<i32>,
}
