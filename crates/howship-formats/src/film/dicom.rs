//! One DICOM film: walked, parsed, decoded, brought to modality values with bone bright.

use super::charset;
use super::facts::{facts, polarity};
use super::lookup::{Display, Modality, display};
use super::spacing::scale;
use super::stored::{self, SampleFormat, Stored};
use super::{Grey, OpenFilmOptions, StoredPixels, monochrome};
use crate::Identity;
use crate::dicom::data_set::read;
use crate::dicom::elements::{Elements, keyword};
use crate::dicom::guard::{Layout, PixelPlace, walk, walk_start};
use crate::dicom::identity::{DATES_OF_FILMS, identity};
use crate::error::{Fault, Parsed, Problem};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use howship_image::{Film, Polarity};
use std::collections::BTreeMap;

/// A film and what its file says besides.
pub(super) struct DicomFilm {
    pub(super) film: Film,
    pub(super) identity: Identity,
    pub(super) stored: String,
    pub(super) entries: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
}

/// Opens a film.
pub(super) fn open(bytes: &[u8], options: &OpenFilmOptions) -> Parsed<DicomFilm> {
    let layout = walk(bytes)?;
    let object = read(&layout, bytes, layout.head_end)?;
    let get = Elements(&object);
    projection(&get)?;
    let mut warnings = Vec::new();
    let scale = scale(&get, options.mm_per_pixel, &mut warnings)?;
    let mut facts = facts(&get, options, &mut warnings)?;
    let format = sample_format(&get, &layout)?;
    let modality = Modality::of(&object, format.signed)?;
    let shown = display(&object, format.signed)?;
    let mut stored = stored::samples(bytes, &layout, &format, options.max_pixels)?;
    warnings.append(&mut stored.warnings);
    let photometric = if format.channels == 3 {
        stored.samples = monochrome(&stored.samples, &mut warnings)?;
        "MONOCHROME2"
    } else {
        format.photometric.as_str()
    };
    let runs = polarity(&get, photometric, &shown, options.polarity, &mut warnings)?;
    let grey = values(&stored, &format, &modality, &shown, runs.value);
    facts.stored_as = Some(runs);
    facts.bits = Some(format.bits_stored);
    facts.display = grey.display;
    let texts = charset::texts(bytes, &layout);
    // The reader's word stands; the file's is read again in its own characters.
    if let (Some(part), Some(text)) = (&mut facts.body_part, texts.get(&tags::BODY_PART_EXAMINED))
        && part.from == "BodyPartExamined"
    {
        part.value.clone_from(text);
    }
    let padding = padding(&get, &format, &stored.samples)?;
    let mut film = Film::new(format.columns, format.rows, grey.pixels, scale)
        .map_err(|e| Fault::geometry(&e))?
        .with_facts(facts);
    if let Some(padding) = padding {
        film = film
            .with_padding(padding)
            .map_err(|e| Fault::corrupt(e.to_string()))?;
    }
    let lossy = stored.lossy || get.text(tags::LOSSY_IMAGE_COMPRESSION) == "01";
    if lossy {
        warnings.push("lossy compression: edges and fine structure are changed a little".into());
    }
    if get.text(tags::BURNED_IN_ANNOTATION) == "YES" {
        warnings.push("text is burnt into the picture: it may show whose film this is".into());
    }
    let mut entries = entries(&get, &layout, &texts);
    entries.extend(overlays(&object, &format, &mut warnings));
    Ok(DicomFilm {
        film,
        identity: with_texts(identity(&get, &DATES_OF_FILMS), &texts),
        stored: format!(
            "{} of {} bits{}, {}{}",
            format.bits_stored,
            format.bits_allocated,
            if format.signed { " signed" } else { "" },
            stored.coding,
            if lossy { ", lossy" } else { "" }
        ),
        entries,
        warnings,
    })
}

/// The stored samples alone, of any DICOM file with one frame.
pub(super) fn stored_pixels(bytes: &[u8], max_pixels: usize) -> Parsed<StoredPixels> {
    let layout = walk(bytes)?;
    let object = read(&layout, bytes, layout.head_end)?;
    let format = sample_format(&Elements(&object), &layout)?;
    let stored = stored::samples(bytes, &layout, &format, max_pixels)?;
    Ok(StoredPixels {
        width: format.columns,
        height: format.rows,
        channels: format.channels,
        samples: stored.samples,
    })
}

/// Whether a DICOM file of `total` bytes, of which these are the first, is a projection.
pub(super) fn is_projection(start: &[u8], total: usize) -> Parsed<bool> {
    let layout = walk_start(start, total)?;
    let object = read(&layout, start, layout.head_end)?;
    Ok(projection(&Elements(&object)).is_ok())
}

const STORAGE: &str = "1.2.840.10008.5.1.4.1.1.";

/// Storage classes of projections (PS3.6 Annex A): computed and digital radiography, mammography, intra-oral,
/// secondary capture, angiography and fluoroscopy.
const PROJECTIONS: [&str; 13] = [
    "1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "7", "7.2", "7.3", "12.1", "12.2", "7.1",
];
const PROJECTING: [&str; 10] = ["CR", "DX", "RG", "RF", "XA", "IO", "PX", "MG", "OT", "SC"];

/// Refuses slices of volumes and what is no picture.
fn projection(get: &Elements<'_>) -> Parsed<()> {
    let class = get.text(tags::SOP_CLASS_UID);
    let modality = get.text(tags::MODALITY);
    let by_class = class
        .strip_prefix(STORAGE)
        .map(|rest| PROJECTIONS.contains(&rest));
    let by_modality = (!modality.is_empty()).then(|| PROJECTING.contains(&modality.as_str()));
    let refuse = |what: String| {
        Err(Fault::new(
            Problem::NotAFilm,
            what,
            "give a radiograph (modality CR or DX); volumes go to commands that take volumes, as a folder",
        ))
    };
    if by_class == Some(false) || by_modality == Some(false) {
        let kind = if modality.is_empty() {
            format!("storage class {class}")
        } else {
            format!("modality {modality:.16}")
        };
        return refuse(format!("no radiograph but {kind}"));
    }
    if get.count(tags::NUMBER_OF_FRAMES)?.unwrap_or(1) > 1 {
        return refuse(format!(
            "{} frames where a film has one",
            get.text(tags::NUMBER_OF_FRAMES)
        ));
    }
    Ok(())
}

fn sample_format(get: &Elements<'_>, layout: &Layout) -> Parsed<SampleFormat> {
    if layout.pixels == PixelPlace::None {
        return Err(Fault::new(
            Problem::NotAnImage,
            "a DICOM file without pixel data",
            "give the file that holds the film (this one is a header, a report or a presentation state)",
        ));
    }
    let frames = get.count(tags::NUMBER_OF_FRAMES)?.unwrap_or(1);
    if frames != 1 {
        return Err(Fault::new(
            Problem::NotAFilm,
            format!("{frames} frames where a film has one"),
            "give one film",
        ));
    }
    let short = |tag: Tag| -> Parsed<u16> {
        let value = get.need(tag)?;
        u16::try_from(value).map_err(|_| Fault::corrupt(format!("{} is {value}", keyword(tag))))
    };
    let optional = |tag: Tag, default: u16| -> Parsed<u16> {
        match get.count(tag)? {
            None => Ok(default),
            Some(_) => short(tag),
        }
    };
    let bits_allocated = short(tags::BITS_ALLOCATED)?;
    let bits_stored = optional(tags::BITS_STORED, bits_allocated)?;
    let representation = optional(tags::PIXEL_REPRESENTATION, 0)?;
    if representation > 1 {
        return Err(Fault::corrupt(format!(
            "PixelRepresentation is {representation}"
        )));
    }
    Ok(SampleFormat {
        rows: usize::from(short(tags::ROWS)?),
        columns: usize::from(short(tags::COLUMNS)?),
        channels: usize::from(optional(tags::SAMPLES_PER_PIXEL, 1)?),
        planar: optional(tags::PLANAR_CONFIGURATION, 0)? == 1,
        bits_allocated,
        bits_stored,
        high_bit: optional(tags::HIGH_BIT, bits_stored.saturating_sub(1))?,
        signed: representation == 1,
        photometric: get.text(tags::PHOTOMETRIC_INTERPRETATION),
    })
}

/// Modality values, turned over about the middle of their range where bone is dark.
fn values(
    stored: &Stored,
    format: &SampleFormat,
    modality: &Modality,
    shown: &Display,
    polarity: Polarity,
) -> Grey {
    let [low, high] = modality.range(format.range());
    let sum = low + high;
    let turned = polarity == Polarity::BoneDark;
    let bright = |v: f64| if turned { sum - v } else { v };
    let pixels = stored
        .samples
        .iter()
        .map(|s| bright(modality.at(*s)) as f32)
        .collect();
    let display = shown.range.map(|[a, b]| {
        let (a, b) = (bright(a) as f32, bright(b) as f32);
        [a.min(b), a.max(b)]
    });
    Grey { pixels, display }
}

/// Pixels that were never exposed, by Pixel Padding Value and its range limit, in stored values.
fn padding(
    get: &Elements<'_>,
    format: &SampleFormat,
    samples: &[i32],
) -> Parsed<Option<Vec<bool>>> {
    let Some(value) = get.number(tags::PIXEL_PADDING_VALUE)? else {
        return Ok(None);
    };
    let limit = get
        .number(tags::PIXEL_PADDING_RANGE_LIMIT)?
        .unwrap_or(value);
    // Some writers state the bits of a negative value as an unsigned number.
    let signed = |v: f64| {
        if format.signed && v > f64::from(i16::MAX) {
            v - 65536.0
        } else {
            v
        }
    };
    let (a, b) = (signed(value), signed(limit));
    let range = a.min(b)..=a.max(b);
    let marks: Vec<bool> = samples
        .iter()
        .map(|s| range.contains(&f64::from(*s)))
        .collect();
    Ok(marks.contains(&true).then_some(marks))
}

/// Overlays are never drawn into a film; those in its unused bits are masked away. They are named.
fn overlays(
    object: &InMemDicomObject,
    format: &SampleFormat,
    warnings: &mut Vec<String>,
) -> Vec<(String, String)> {
    let get = Elements(object);
    let mut out = Vec::new();
    for group in (0x6000u16..=0x601e).step_by(2) {
        let (Ok(Some(rows)), Ok(Some(columns))) =
            (get.count(Tag(group, 0x0010)), get.count(Tag(group, 0x0011)))
        else {
            continue;
        };
        let origin = get.text(Tag(group, 0x0050));
        let first: Vec<i64> = origin
            .split('\\')
            .filter_map(|n| n.trim().parse().ok())
            .collect();
        let inside = match first[..] {
            [row, column] => {
                row >= 1
                    && column >= 1
                    && row + i64::from(rows) - 1 <= format.rows as i64
                    && column + i64::from(columns) - 1 <= format.columns as i64
            }
            _ => rows as usize <= format.rows && columns as usize <= format.columns,
        };
        if !inside {
            warnings.push(format!(
                "overlay {group:04x} of {columns} x {rows} pixels reaches outside the film: left alone"
            ));
        }
        out.push((
            format!("Overlay {group:04x}"),
            format!("{columns} x {rows} pixels, not drawn into the film"),
        ));
    }
    out
}

/// Numbers and parts in the file's own character set: two files are compared by them.
fn with_texts(identity: Identity, texts: &BTreeMap<Tag, String>) -> Identity {
    let text = |tag: Tag| texts.get(&tag).cloned().filter(|t| !t.is_empty());
    Identity {
        patient_id: text(tags::PATIENT_ID).or(identity.patient_id),
        site: text(tags::BODY_PART_EXAMINED).or(identity.site),
        ..identity
    }
}

/// What a reader of the report may ask for; no names and no birth dates.
fn entries(
    get: &Elements<'_>,
    layout: &Layout,
    texts: &BTreeMap<Tag, String>,
) -> Vec<(String, String)> {
    const SHOWN: [Tag; 27] = [
        tags::IMAGE_TYPE,
        tags::SOP_CLASS_UID,
        tags::MODALITY,
        tags::MANUFACTURER,
        tags::MANUFACTURER_MODEL_NAME,
        tags::SERIES_DESCRIPTION,
        tags::STUDY_DATE,
        tags::BODY_PART_EXAMINED,
        tags::VIEW_POSITION,
        tags::PATIENT_ORIENTATION,
        tags::IMAGE_LATERALITY,
        tags::LATERALITY,
        tags::PRESENTATION_INTENT_TYPE,
        tags::PHOTOMETRIC_INTERPRETATION,
        tags::PRESENTATION_LUT_SHAPE,
        tags::PIXEL_INTENSITY_RELATIONSHIP,
        tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN,
        tags::PIXEL_SPACING,
        tags::PIXEL_SPACING_CALIBRATION_TYPE,
        tags::IMAGER_PIXEL_SPACING,
        tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR,
        tags::DISTANCE_SOURCE_TO_DETECTOR,
        tags::DISTANCE_SOURCE_TO_PATIENT,
        tags::KVP,
        tags::EXPOSURE,
        tags::WINDOW_CENTER,
        tags::WINDOW_WIDTH,
    ];
    let mut out = vec![(
        "TransferSyntaxUID".to_owned(),
        layout.transfer_syntax.clone(),
    )];
    for tag in SHOWN {
        let text = texts.get(&tag).cloned().filter(|t| !t.is_empty());
        if let Some(text) = text.or_else(|| get.some(tag)) {
            out.push((keyword(tag), text));
        }
    }
    out
}
