//! One DICOM file: what of it is needed.

use super::data_set::read;
use super::elements::Elements;
use super::frames::{Frame, frames};
use super::guard::{Layout, PixelPlace, walk, walk_start};
use super::identity::{DATES_OF_SLICES, identity};
use crate::Identity;
use crate::error::{Fault, Parsed};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use howship_image::Calibration;
use std::path::{Path, PathBuf};

/// One file with its bytes.
pub(crate) struct Object {
    pub(super) path: PathBuf,
    pub(super) hash: blake3::Hash,
    pub(super) layout: Layout,
    pub(super) bytes: Vec<u8>,
    pub(super) identity: Identity,
    pub(super) patient_name: String,
    pub(super) description: String,
    pub(super) entries: Vec<(String, String)>,
    pub(super) pixel: Option<PixelFormat>,
    pub(super) frames: Vec<Frame>,
    /// Who made the scanner, in capitals.
    pub(super) manufacturer: String,
    /// Scanco's calibration, in a private block.
    pub(super) calibration: Option<Calibration>,
    pub(super) warnings: Vec<String>,
}

/// How samples are stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PixelFormat {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) bits_allocated: u16,
    pub(super) bits_stored: u16,
    pub(super) high_bit: u16,
    pub(super) signed: bool,
    pub(super) samples_per_pixel: u16,
    pub(super) photometric: String,
    pub(super) lossy: bool,
    /// Bytes of a floating-point sample; 0 for whole numbers.
    pub(super) float_bytes: usize,
    /// What fills pixels outside of the field: one stored value, or a range of them.
    pub(super) padding: Option<[f64; 2]>,
}

impl Object {
    pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Parsed<Self> {
        let total = bytes.len();
        Self::parse_start(path, bytes, total)
    }

    /// The attributes from the start of a file of `total` bytes; its pixels must not be asked for.
    pub(crate) fn parse_start(path: &Path, bytes: Vec<u8>, total: usize) -> Parsed<Self> {
        let hash = blake3::hash(&bytes);
        let layout = if bytes.len() == total {
            walk(&bytes)?
        } else {
            walk_start(&bytes, total)?
        };
        let object = read(&layout, &bytes, layout.head_end)?;
        let get = Elements(&object);
        let mut commas = Vec::new();
        let (pixel, frames, calibration) = match layout.pixels {
            // Reports and their like may hold anything.
            PixelPlace::None => (None, Vec::new(), None),
            _ => (
                Some(pixel_format(&get, layout.float_bytes)?),
                frames(&object, &mut commas)?,
                super::scanco::calibration(&object)?,
            ),
        };
        commas.sort();
        commas.dedup();
        let warnings = commas
            .iter()
            .map(|what| {
                format!("{what} is written with a decimal comma, which was read as a point")
            })
            .collect();
        Ok(Self {
            path: path.to_owned(),
            hash,
            identity: identity(&get, &DATES_OF_SLICES),
            patient_name: get.text(tags::PATIENT_NAME),
            description: get.text(tags::SERIES_DESCRIPTION),
            manufacturer: get.text(tags::MANUFACTURER).to_ascii_uppercase(),
            calibration,
            warnings,
            entries: entries(&get, &layout),
            pixel,
            frames,
            layout,
            bytes,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An image by its modality, without pixels: a slice that was cut off.
    pub(crate) fn lost_its_pixels(&self) -> bool {
        const IMAGES: [&str; 11] = [
            "", "CT", "MR", "PT", "NM", "US", "CR", "DX", "XA", "RF", "OT",
        ];
        let modality = self.identity.modality.as_deref().unwrap_or_default();
        self.pixel.is_none() && IMAGES.contains(&modality)
    }

    /// File name for messages.
    pub(super) fn name(&self) -> String {
        self.path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default()
    }
}

/// What a reader of the report may ask for; no names and no birth dates.
fn entries(get: &Elements<'_>, layout: &Layout) -> Vec<(String, String)> {
    const SHOWN: [(&str, Tag); 18] = [
        ("ImageType", tags::IMAGE_TYPE),
        ("SOPClassUID", tags::SOP_CLASS_UID),
        ("Modality", tags::MODALITY),
        ("Manufacturer", tags::MANUFACTURER),
        ("ManufacturerModelName", tags::MANUFACTURER_MODEL_NAME),
        ("SeriesDescription", tags::SERIES_DESCRIPTION),
        ("StudyDate", tags::STUDY_DATE),
        ("BodyPartExamined", tags::BODY_PART_EXAMINED),
        ("KVP", tags::KVP),
        ("XRayTubeCurrent", tags::X_RAY_TUBE_CURRENT),
        ("ConvolutionKernel", tags::CONVOLUTION_KERNEL),
        ("SliceThickness", tags::SLICE_THICKNESS),
        ("SpacingBetweenSlices", tags::SPACING_BETWEEN_SLICES),
        ("GantryDetectorTilt", tags::GANTRY_DETECTOR_TILT),
        ("PixelSpacing", tags::PIXEL_SPACING),
        ("StudyInstanceUID", tags::STUDY_INSTANCE_UID),
        ("SeriesInstanceUID", tags::SERIES_INSTANCE_UID),
        ("RescaleType", tags::RESCALE_TYPE),
    ];
    let mut out = vec![(
        "TransferSyntaxUID".to_owned(),
        layout.transfer_syntax.clone(),
    )];
    for (name, tag) in SHOWN {
        if let Some(text) = get.some(tag) {
            out.push((name.to_owned(), text));
        }
    }
    out
}

/// PixelPaddingValue and PixelPaddingRangeLimit.
fn padding(get: &Elements<'_>) -> Parsed<Option<[f64; 2]>> {
    let mut commas = Vec::new();
    let mut number = |tag| Ok(get.numbers::<1>(tag, &mut commas)?.map(|[v]| v));
    let Some(one) = number(tags::PIXEL_PADDING_VALUE)? else {
        return Ok(None);
    };
    let other = number(tags::PIXEL_PADDING_RANGE_LIMIT)?.unwrap_or(one);
    Ok(Some([one.min(other), one.max(other)]))
}

fn pixel_format(get: &Elements<'_>, float_bytes: usize) -> Parsed<PixelFormat> {
    let need = |name: &str, tag| {
        get.whole(tag)?
            .ok_or_else(|| Fault::corrupt(format!("the attribute {name} is missing")))
    };
    let bits_allocated = need("BitsAllocated", tags::BITS_ALLOCATED)?;
    if float_bytes > 0 && usize::from(bits_allocated) != 8 * float_bytes {
        return Err(Fault::corrupt(format!(
            "floating-point pixel data of {} bits, BitsAllocated is {bits_allocated}",
            8 * float_bytes
        )));
    }
    let bits_stored = get.whole(tags::BITS_STORED)?.unwrap_or(bits_allocated);
    let representation = match get.whole(tags::PIXEL_REPRESENTATION)? {
        Some(word @ (0 | 1)) => word,
        None if float_bytes > 0 => 1,
        None => {
            return Err(Fault::corrupt(
                "the attribute PixelRepresentation is missing: signed or not is unknown",
            ));
        }
        Some(other) => {
            return Err(Fault::corrupt(format!("PixelRepresentation is {other}")));
        }
    };
    Ok(PixelFormat {
        rows: usize::from(need("Rows", tags::ROWS)?),
        columns: usize::from(need("Columns", tags::COLUMNS)?),
        bits_allocated,
        bits_stored,
        high_bit: get
            .whole(tags::HIGH_BIT)?
            .unwrap_or(bits_stored.saturating_sub(1)),
        signed: representation == 1,
        samples_per_pixel: get.whole(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1),
        photometric: get.text(tags::PHOTOMETRIC_INTERPRETATION),
        lossy: get.text(tags::LOSSY_IMAGE_COMPRESSION) == "01",
        float_bytes,
        padding: padding(get)?,
    })
}
