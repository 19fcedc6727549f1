//! One DICOM file: what of it is needed.

use super::guard::{BIG_ENDIAN, IMPLICIT, Layout, PixelPlace, walk};
use crate::Identity;
use crate::error::{Fault, Parsed, Problem};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
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
}

/// One frame: where it lies and what its values mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) position: Option<[f64; 3]>,
    pub(super) orientation: Option<[f64; 6]>,
    /// Between rows (y), between columns (x).
    pub(super) spacing: Option<[f64; 2]>,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// Whether the file has a rescale at all.
    pub(super) rescaled: bool,
    pub(super) rescale_type: String,
}

/// Calls a third-party decoder that may panic on damaged data.
pub(super) fn guarded<T>(what: &str, work: impl FnOnce() -> Parsed<T>) -> Parsed<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Fault::corrupt(format!(
            "{what} is damaged (the decoder gave up)"
        )))
    })
}

impl Object {
    pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Parsed<Self> {
        let hash = blake3::hash(&bytes);
        let layout = walk(&bytes)?;
        let object = read(&layout, &bytes, layout.head_end)?;
        let get = Reader(&object);
        let pixel = match layout.pixels {
            PixelPlace::None => None,
            _ => Some(pixel_format(&get)?),
        };
        let frames = frames(&object);
        Ok(Self {
            path: path.to_owned(),
            hash,
            identity: identity(&get),
            patient_name: get.text(tags::PATIENT_NAME),
            description: get.text(tags::SERIES_DESCRIPTION),
            entries: entries(&get, &layout),
            pixel,
            frames,
            layout,
            bytes,
        })
    }

    /// File name for messages.
    pub(super) fn name(&self) -> String {
        self.path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The whole object with its pixels; only packed pixels need it.
    pub(super) fn whole(&self) -> Parsed<DefaultDicomObject> {
        read(&self.layout, &self.bytes, self.layout.pixels_end)
    }
}

/// Reads the data set up to a byte, behind file meta information of our own: that of many files
/// states wrong lengths, over which a strict reader stumbles.
pub(crate) fn read(layout: &Layout, bytes: &[u8], end: usize) -> Parsed<DefaultDicomObject> {
    const EXPLICIT: &str = "1.2.840.10008.1.2.1";
    let data = layout.inflated.as_deref().unwrap_or(bytes);
    let data = data.get(layout.start..end).unwrap_or_default();
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
            .from_reader(start.chain(data))
            .map_err(|e| unreadable(&e))
    })
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

/// Attributes without panics or errors: absent and unreadable are the same.
struct Reader<'a>(&'a InMemDicomObject);

impl Reader<'_> {
    fn text(&self, tag: Tag) -> String {
        self.0
            .get(tag)
            .and_then(|e| e.to_str().ok())
            .map(|t| t.trim_matches([' ', '\0']).to_owned())
            .unwrap_or_default()
    }

    fn some(&self, tag: Tag) -> Option<String> {
        Some(self.text(tag)).filter(|t| !t.is_empty())
    }

    fn numbers<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        let values = self.0.get(tag)?.to_multi_float64().ok()?;
        let values: [f64; N] = values.try_into().ok()?;
        values.iter().all(|v| v.is_finite()).then_some(values)
    }

    fn whole(&self, tag: Tag) -> Option<u16> {
        self.0.get(tag)?.to_int::<u16>().ok()
    }

    /// The first item of a sequence.
    fn item(&self, tag: Tag) -> Option<&InMemDicomObject> {
        self.0.get(tag)?.items()?.first()
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
        date: date.map(|d| iso_date(&d)),
        frame_of_reference: get.some(tags::FRAME_OF_REFERENCE_UID),
        series_uid: get.some(tags::SERIES_INSTANCE_UID),
        modality: get.some(tags::MODALITY),
    }
}

/// `YYYYMMDD` as `YYYY-MM-DD`; anything else as it is.
fn iso_date(text: &str) -> String {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
    } else {
        text.to_owned()
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

fn pixel_format(get: &Reader<'_>) -> Parsed<PixelFormat> {
    let need = |name: &str, tag| {
        get.whole(tag)
            .ok_or_else(|| Fault::corrupt(format!("the attribute {name} is missing or no number")))
    };
    let bits_allocated = need("BitsAllocated", tags::BITS_ALLOCATED)?;
    let bits_stored = get.whole(tags::BITS_STORED).unwrap_or(bits_allocated);
    Ok(PixelFormat {
        rows: usize::from(need("Rows", tags::ROWS)?),
        columns: usize::from(need("Columns", tags::COLUMNS)?),
        bits_allocated,
        bits_stored,
        high_bit: get
            .whole(tags::HIGH_BIT)
            .unwrap_or(bits_stored.saturating_sub(1)),
        signed: get.whole(tags::PIXEL_REPRESENTATION).unwrap_or(0) == 1,
        samples_per_pixel: get.whole(tags::SAMPLES_PER_PIXEL).unwrap_or(1),
        photometric: get.text(tags::PHOTOMETRIC_INTERPRETATION),
        lossy: get.text(tags::LOSSY_IMAGE_COMPRESSION) == "01",
    })
}

/// A frame per functional group item, else as many as Number of Frames says, all alike.
fn frames(object: &InMemDicomObject) -> Vec<Frame> {
    let top = Reader(object);
    let plain = one_frame(&[&top]);
    let shared = top.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    let per_frame = object
        .get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
        .and_then(|e| e.items())
        .unwrap_or_default();
    if per_frame.is_empty() {
        let count = object
            .get(tags::NUMBER_OF_FRAMES)
            .and_then(|e| e.to_int::<u32>().ok())
            .unwrap_or(1)
            .clamp(1, 1 << 16);
        return vec![plain; count as usize];
    }
    per_frame
        .iter()
        .take(1 << 16)
        .map(|own| {
            let mut places = vec![Reader(own)];
            places.extend(shared.map(Reader));
            let places: Vec<&Reader<'_>> = places.iter().chain([&top]).collect();
            one_frame(&places)
        })
        .collect()
}

/// The first place that has an attribute, directly or in its functional group, wins.
fn one_frame(places: &[&Reader<'_>]) -> Frame {
    fn find<const N: usize>(places: &[&Reader<'_>], group: Tag, tag: Tag) -> Option<[f64; N]> {
        places.iter().find_map(|place| {
            place
                .item(group)
                .and_then(|i| Reader(i).numbers(tag))
                .or_else(|| place.numbers(tag))
        })
    }
    let transform = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
    let slope = find::<1>(places, transform, tags::RESCALE_SLOPE).map(|[v]| v);
    let intercept = find::<1>(places, transform, tags::RESCALE_INTERCEPT).map(|[v]| v);
    let rescale_type = places.iter().find_map(|place| {
        place
            .item(transform)
            .and_then(|i| Reader(i).some(tags::RESCALE_TYPE))
            .or_else(|| place.some(tags::RESCALE_TYPE))
    });
    Frame {
        position: find(
            places,
            tags::PLANE_POSITION_SEQUENCE,
            tags::IMAGE_POSITION_PATIENT,
        ),
        orientation: find(
            places,
            tags::PLANE_ORIENTATION_SEQUENCE,
            tags::IMAGE_ORIENTATION_PATIENT,
        ),
        spacing: find(places, tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING),
        slope: slope.unwrap_or(1.0),
        intercept: intercept.unwrap_or(0.0),
        rescaled: slope.is_some() || intercept.is_some(),
        rescale_type: rescale_type.unwrap_or_default(),
    }
}
