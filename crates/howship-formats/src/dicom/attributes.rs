//! One DICOM file: what of it is needed.

use super::guard::{BIG_ENDIAN, IMPLICIT, Layout, PixelPlace, walk, walk_start};
use crate::Identity;
use crate::error::{Fault, Parsed, Problem};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use howship_image::Calibration;
use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
}

/// One frame: where it lies and what its values mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) position: Option<[f64; 3]>,
    pub(super) orientation: Option<[f64; 6]>,
    /// Between rows (y), between columns (x).
    pub(super) spacing: Option<[f64; 2]>,
    /// The same at the detector, of projections.
    pub(super) imager_spacing: Option<[f64; 2]>,
    /// From slice to slice, as the header says beside the positions.
    pub(super) between_slices: Option<f64>,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// Whether the file has a rescale at all.
    pub(super) rescaled: bool,
    pub(super) rescale_type: String,
}

/// Calls a third-party decoder that may panic on damaged data.
fn guarded<T>(what: &str, work: impl FnOnce() -> Parsed<T>) -> Parsed<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Fault::corrupt(format!(
            "{what} is damaged (the decoder gave up)"
        )))
    })
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
        let get = Reader(&object);
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
            identity: identity(&get),
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

/// Reads the data set up to a byte, behind file meta information of our own: that of many files
/// states wrong lengths, over which a strict reader stumbles.
pub(crate) fn read(layout: &Layout, bytes: &[u8], end: usize) -> Parsed<DefaultDicomObject> {
    const EXPLICIT: &str = "1.2.840.10008.1.2.1";
    let data = layout.inflated.as_deref().unwrap_or(bytes);
    let data = seen(data, layout, end);
    // Before the pixels only the coding matters: decoders that are missing are named later.
    let plain = matches!(layout.transfer_syntax.as_str(), IMPLICIT | BIG_ENDIAN);
    let needs_decoder = end > layout.head_end && layout.pixels == PixelPlace::Encapsulated;
    let transfer_syntax = if plain || needs_decoder {
        &layout.transfer_syntax
    } else {
        EXPLICIT
    };
    guarded("the DICOM data set", || {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(transfer_syntax)
            .media_storage_sop_class_uid("1.2")
            .media_storage_sop_instance_uid("1.2")
            .build()
            .map_err(|e| unreadable(&e))?;
        let mut start = vec![0u8; 128];
        start.extend(b"DICM");
        meta.write(&mut start).map_err(|e| unreadable(&e))?;
        OpenFileOptions::new()
            .from_reader(start.chain(&data[..]))
            .map_err(|e| unreadable(&e))
    })
}

/// The data set up to a byte, without what no parser but the walk may see.
fn seen<'a>(data: &'a [u8], layout: &Layout, end: usize) -> Cow<'a, [u8]> {
    if layout.skipped.is_empty() {
        return Cow::Borrowed(data.get(layout.start..end).unwrap_or_default());
    }
    let mut out = Vec::new();
    let mut at = layout.start;
    for range in &layout.skipped {
        out.extend_from_slice(data.get(at..range.start.min(end)).unwrap_or_default());
        at = range.end;
    }
    out.extend_from_slice(data.get(at..end).unwrap_or_default());
    Cow::Owned(out)
}

/// The chain of causes in one line.
fn unreadable(error: &dyn std::error::Error) -> Fault {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Fault::new(
        Problem::Corrupt,
        format!("not readable as DICOM ({text})"),
        "export the series again",
    )
}

/// Attributes without panics. Words that cannot be read count as absent; numbers that cannot are errors.
pub(super) struct Reader<'a>(pub(super) &'a InMemDicomObject);

impl Reader<'_> {
    pub(super) fn text(&self, tag: Tag) -> String {
        let Some(element) = self.0.get(tag) else {
            return String::new();
        };
        // Private words of implicit files have no type: their bytes are the words.
        let unknown = matches!(element.vr(), VR::UN | VR::OB);
        let text = match element.to_bytes() {
            Ok(bytes) if unknown => String::from_utf8_lossy(&bytes).into_owned(),
            _ => element.to_str().map(|t| t.to_string()).unwrap_or_default(),
        };
        text.trim_matches([' ', '\0']).to_owned()
    }

    pub(super) fn some(&self, tag: Tag) -> Option<String> {
        Some(self.text(tag)).filter(|t| !t.is_empty())
    }

    /// Exactly `N` finite numbers; `None` where the attribute is absent or empty. A decimal comma is read
    /// as a point, and noted.
    pub(super) fn numbers<const N: usize>(
        &self,
        tag: Tag,
        commas: &mut Vec<String>,
    ) -> Parsed<Option<[f64; N]>> {
        let Some(element) = self.0.get(tag) else {
            return Ok(None);
        };
        let what = name_of(tag);
        let bad = |text: &str| {
            Fault::new(
                Problem::Corrupt,
                format!("{what} = `{text:.60}`: {N} number(s) are needed"),
                "correct it in the file, or export the series again",
            )
        };
        let binary = matches!(
            element.vr(),
            VR::FD | VR::FL | VR::SS | VR::US | VR::SL | VR::UL
        );
        let values = if binary {
            element
                .to_multi_float64()
                .map_err(|_| bad("not readable"))?
        } else {
            let text = self.text(tag);
            if text.is_empty() {
                return Ok(None);
            }
            let mut values = Vec::new();
            for word in text.split('\\') {
                values.push(decimal(word, &what, commas).ok_or_else(|| bad(&text))?);
            }
            values
        };
        if values.is_empty() {
            return Ok(None);
        }
        let shown = || {
            if binary {
                format!("{values:?}")
            } else {
                self.text(tag)
            }
        };
        if values.iter().any(|v| !v.is_finite()) {
            return Err(bad(&shown()));
        }
        let array: Result<[f64; N], _> = values.clone().try_into();
        array.map(Some).map_err(|_| bad(&shown()))
    }

    fn whole(&self, tag: Tag) -> Parsed<Option<u16>> {
        let Some(element) = self.0.get(tag) else {
            return Ok(None);
        };
        if self.text(tag).is_empty() {
            return Ok(None);
        }
        element.to_int::<u16>().map(Some).map_err(|_| {
            Fault::corrupt(format!(
                "{} = `{:.40}` is no whole number",
                name_of(tag),
                self.text(tag)
            ))
        })
    }

    /// The first item of a sequence.
    fn item(&self, tag: Tag) -> Option<&InMemDicomObject> {
        self.0.get(tag)?.items()?.first()
    }
}

/// A decimal string (PS3.5, 6.2: DS), also with the comma that some languages write.
fn decimal(word: &str, what: &str, commas: &mut Vec<String>) -> Option<f64> {
    let word = word.trim_matches([' ', '\0']);
    let number = |text: &str| {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        text.parse::<f64>().ok().filter(|v| plain && v.is_finite())
    };
    if let Some(value) = number(word) {
        return Some(value);
    }
    let (whole, fraction) = word.split_once(',')?;
    if fraction.contains([',', '.']) || whole.contains('.') {
        return None;
    }
    let value = number(&format!("{whole}.{fraction}"))?;
    commas.push(what.to_owned());
    Some(value)
}

/// The attribute's name with its tag, as in `RescaleSlope (0028,1053)`.
pub(super) fn name_of(tag: Tag) -> String {
    use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
    match dicom_dictionary_std::StandardDataDictionary.by_tag(tag) {
        Some(entry) => format!("{} {tag}", entry.alias()),
        None => tag.to_string(),
    }
}

fn identity(get: &Reader<'_>) -> Identity {
    let date = [
        tags::ACQUISITION_DATE,
        tags::SERIES_DATE,
        tags::STUDY_DATE,
        tags::CONTENT_DATE,
    ]
    .iter()
    .find_map(|&tag| get.some(tag));
    Identity {
        patient_id: get.some(tags::PATIENT_ID),
        site: get.some(tags::BODY_PART_EXAMINED),
        laterality: get
            .some(tags::IMAGE_LATERALITY)
            .or_else(|| get.some(tags::LATERALITY)),
        date: date.map(|d| crate::text::iso_date(&d)),
        frame_of_reference: get.some(tags::FRAME_OF_REFERENCE_UID),
        series_uid: get.some(tags::SERIES_INSTANCE_UID),
        modality: get.some(tags::MODALITY),
    }
}

/// What a reader of the report may ask for; no names and no birth dates.
fn entries(get: &Reader<'_>, layout: &Layout) -> Vec<(String, String)> {
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

fn pixel_format(get: &Reader<'_>, float_bytes: usize) -> Parsed<PixelFormat> {
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
    })
}

/// A frame per functional group item, else as many as Number of Frames says, all alike.
fn frames(object: &InMemDicomObject, commas: &mut Vec<String>) -> Parsed<Vec<Frame>> {
    let top = Reader(object);
    let shared = top.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    let per_frame = object
        .get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
        .and_then(|e| e.items())
        .unwrap_or_default();
    if per_frame.is_empty() {
        let count = match top.some(tags::NUMBER_OF_FRAMES) {
            None => 1,
            Some(text) => text.parse::<u32>().map_err(|_| {
                Fault::corrupt(format!("NumberOfFrames = `{text:.40}` is no whole number"))
            })?,
        };
        let plain = one_frame(&[&top], commas)?;
        return Ok(vec![plain; count.clamp(1, 1 << 16) as usize]);
    }
    per_frame
        .iter()
        .take(1 << 16)
        .map(|own| {
            let mut places = vec![Reader(own)];
            places.extend(shared.map(Reader));
            let places: Vec<&Reader<'_>> = places.iter().chain([&top]).collect();
            one_frame(&places, commas)
        })
        .collect()
}

/// The first place that has an attribute, in its functional group or directly, wins.
fn find<const N: usize>(
    places: &[&Reader<'_>],
    group: Tag,
    tag: Tag,
    commas: &mut Vec<String>,
) -> Parsed<Option<[f64; N]>> {
    for place in places {
        if let Some(item) = place.item(group)
            && let Some(found) = Reader(item).numbers(tag, commas)?
        {
            return Ok(Some(found));
        }
        if let Some(found) = place.numbers(tag, commas)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn one_frame(places: &[&Reader<'_>], commas: &mut Vec<String>) -> Parsed<Frame> {
    let transform = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
    let slope = find::<1>(places, transform, tags::RESCALE_SLOPE, commas)?.map(|[v]| v);
    let intercept = find::<1>(places, transform, tags::RESCALE_INTERCEPT, commas)?.map(|[v]| v);
    if slope == Some(0.0) {
        return Err(Fault::new(
            Problem::Unit,
            format!(
                "{} is 0: every value would be the same",
                name_of(tags::RESCALE_SLOPE)
            ),
            "correct it in the file, or export the series again",
        ));
    }
    if slope.is_some() != intercept.is_some() {
        let (there, absent) = if slope.is_some() {
            (tags::RESCALE_SLOPE, tags::RESCALE_INTERCEPT)
        } else {
            (tags::RESCALE_INTERCEPT, tags::RESCALE_SLOPE)
        };
        return Err(Fault::new(
            Problem::Unit,
            format!("{} without {}", name_of(there), name_of(absent)),
            "complete the rescale in the file, or export the series again",
        ));
    }
    let rescale_type = places.iter().find_map(|place| {
        place
            .item(transform)
            .and_then(|i| Reader(i).some(tags::RESCALE_TYPE))
            .or_else(|| place.some(tags::RESCALE_TYPE))
    });
    Ok(Frame {
        position: find(
            places,
            tags::PLANE_POSITION_SEQUENCE,
            tags::IMAGE_POSITION_PATIENT,
            commas,
        )?,
        orientation: find(
            places,
            tags::PLANE_ORIENTATION_SEQUENCE,
            tags::IMAGE_ORIENTATION_PATIENT,
            commas,
        )?,
        spacing: find(
            places,
            tags::PIXEL_MEASURES_SEQUENCE,
            tags::PIXEL_SPACING,
            commas,
        )?,
        imager_spacing: find(
            places,
            tags::PIXEL_MEASURES_SEQUENCE,
            tags::IMAGER_PIXEL_SPACING,
            commas,
        )?,
        between_slices: find::<1>(
            places,
            tags::PIXEL_MEASURES_SEQUENCE,
            tags::SPACING_BETWEEN_SLICES,
            commas,
        )?
        .map(|[mm]| mm.abs()),
        slope: slope.unwrap_or(1.0),
        intercept: intercept.unwrap_or(0.0),
        rescaled: slope.is_some() || intercept.is_some(),
        rescale_type: rescale_type.unwrap_or_default(),
    })
}
