//! From files to one series, its unit, and its voxels.

use super::attributes::{Frame, Object};
use super::pixels::Source as Pixels;
use super::stack::{Placed, arrange};
use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place, check_grid};
use crate::loaded::{Info, Loaded};
use crate::sample::{SampleType, Sampling, Voxel, zeroed};
use crate::text::few;
use crate::unit::{Settled, settle};
use crate::{Error, Format, OpenOptions, Source, scanco};
use howship_image::DensityUnit;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// A series that makes a volume.
struct Series {
    objects: Vec<Object>,
    placed: Vec<Placed>,
    header: Header,
}

pub(crate) fn load_files<V: Voxel>(
    path: &Path,
    objects: Vec<Object>,
    warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    let (series, settled) = prepare(objects, warnings, options).map_err(at)?;
    let values = decode(&series, &settled, V::LABELS).map_err(at)?;
    let source = source(&series, path, settled.known);
    Ok(Loaded {
        geometry: series.header.geometry,
        values,
        unit: settled.unit,
        calibration: None,
        source,
    })
}

pub(crate) fn inspect_files(
    path: &Path,
    objects: Vec<Object>,
    warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<Info, Error> {
    let (series, settled) = prepare(objects, warnings, options).map_err(|f| f.at(path))?;
    let source = source(&series, path, settled.known);
    Ok(Info {
        geometry: series.header.geometry,
        unit: settled.unit,
        calibration: None,
        source,
    })
}

fn prepare(
    objects: Vec<Object>,
    mut warnings: Vec<String>,
    options: &OpenOptions,
) -> Parsed<(Series, Settled)> {
    let objects = images(objects, &mut warnings)?;
    let objects = choose(objects, options)?;
    one_patient(&objects)?;
    let (geometry, placed, spacing_known) = arrange(&objects, options, &mut warnings)?;
    check_grid(&geometry, options.max_bytes)?;
    let unit = unit(&objects, &mut warnings)?;
    let Some(first) = placed.first().and_then(|p| objects.get(p.object)) else {
        return Err(Fault::two_dimensional("no DICOM image"));
    };
    if let Some(pixel) = &first.pixel {
        if pixel.photometric == "MONOCHROME1" {
            warnings.push(
                "MONOCHROME1: the values are as stored, only their display is inverted".to_owned(),
            );
        }
        if pixel.lossy
            || objects
                .iter()
                .any(|o| o.pixel.as_ref().is_some_and(|p| p.lossy))
        {
            warnings.push("the images were compressed with loss: densities are altered".to_owned());
        }
    }
    let kind = match first.pixel.as_ref().map(|p| (p.bits_allocated, p.signed)) {
        Some((8, false)) => SampleType::U8,
        Some((8, true)) => SampleType::I8,
        Some((_, true)) => SampleType::I16,
        _ => SampleType::U16,
    };
    let header = Header {
        format: Format::Dicom,
        geometry,
        sampling: Sampling::plain(kind, first.layout.big_endian),
        place: Place::Here(0),
        packing: Packing::Raw,
        unit,
        calibration: None,
        spacing_known,
        identity: first.identity.clone(),
        entries: first.entries.clone(),
        warnings,
    };
    let settled = settle(&header, options)?;
    Ok((
        Series {
            objects,
            placed,
            header,
        },
        settled,
    ))
}

/// Files with pixels; the others (directories, reports, presentation states) are named.
fn images(objects: Vec<Object>, warnings: &mut Vec<String>) -> Parsed<Vec<Object>> {
    let (images, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(|o| o.pixel.is_some());
    if images.is_empty() {
        return Err(Fault::new(
            Problem::NotAnImage,
            "DICOM without any image (directory, report or presentation state)",
            "give the folder that holds the images",
        ));
    }
    // A slice that lost its pixels would leave a hole, or shorten the stack unseen.
    if let Some(cut) = others.iter().find(|o| !without_pixels_by_nature(o)) {
        return Err(Fault::new(
            Problem::Truncated,
            format!("`{}` is an image without pixel data", cut.name()),
            "the file is cut off or damaged; copy or export it again",
        ));
    }
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(Object::name).collect();
        warnings.push(format!(
            "{} without pixels skipped: {}",
            others.len(),
            few(&names)
        ));
    }
    Ok(images)
}

/// Reports, presentation states, structures and their like.
fn without_pixels_by_nature(object: &Object) -> bool {
    const IMAGES: [&str; 11] = [
        "", "CT", "MR", "PT", "NM", "US", "CR", "DX", "XA", "RF", "OT",
    ];
    !IMAGES.contains(&object.identity.modality.as_deref().unwrap_or_default())
}

/// One series: the only one, or the one asked for.
fn choose(objects: Vec<Object>, options: &OpenOptions) -> Parsed<Vec<Object>> {
    let uid = |o: &Object| {
        o.identity
            .series_uid
            .clone()
            .unwrap_or_else(|| "(none)".to_owned())
    };
    let mut series: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for object in objects {
        series.entry(uid(&object)).or_default().push(object);
    }
    let list = |series: &BTreeMap<String, Vec<Object>>| {
        series
            .iter()
            .map(|(uid, objects)| {
                let first = objects.first();
                let modality = first
                    .and_then(|o| o.identity.modality.clone())
                    .unwrap_or_default();
                let words = first.map(|o| o.description.clone()).unwrap_or_default();
                let images: usize = objects.iter().map(|o| o.frames.len()).sum();
                format!("{uid} ({modality} `{words}`, {images} images)")
            })
            .collect::<Vec<_>>()
            .join("; ")
    };
    if let Some(asked) = &options.series_uid {
        let listed = list(&series);
        return series.remove(asked).ok_or_else(|| {
            Fault::new(
                Problem::SeveralSeries,
                format!("no series {asked}; there is {listed}"),
                "name one of these series",
            )
        });
    }
    // Two patients are the graver mistake, so that they are named first.
    if series.len() > 1 {
        one_patient(series.values().flatten())?;
        return Err(Fault::new(
            Problem::SeveralSeries,
            format!("{} series: {}", series.len(), list(&series)),
            "choose one with the option for the series (Series Instance UID)",
        ));
    }
    Ok(series.into_values().next().unwrap_or_default())
}

fn one_patient<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Parsed<()> {
    let mut patients: BTreeMap<(String, String), String> = BTreeMap::new();
    for object in objects {
        let id = object.identity.patient_id.clone().unwrap_or_default();
        // Names decide only where there are no identifiers: spellings vary.
        let name = if id.is_empty() {
            object.patient_name.clone()
        } else {
            String::new()
        };
        patients.entry((id, name)).or_insert_with(|| object.name());
    }
    if patients.len() <= 1 {
        return Ok(());
    }
    let listed: Vec<String> = patients
        .iter()
        .take(5)
        .map(
            |((id, name), file)| match (id.is_empty(), name.is_empty()) {
                (true, true) => format!("no identifier (`{file}`)"),
                (true, false) => format!("{name} (`{file}`)"),
                _ => format!("{id} (`{file}`)"),
            },
        )
        .collect();
    Err(Fault::new(
        Problem::MixedPatients,
        format!(
            "images of {} patients: {}",
            patients.len(),
            listed.join(", ")
        ),
        "leave the images of one patient in the folder",
    ))
}

/// CT is in Hounsfield units where it has a rescale, calibrated HR-pQCT where its Rescale Type says
/// so; the rest the file does not say.
fn unit(objects: &[Object], warnings: &mut Vec<String>) -> Parsed<Option<(DensityUnit, String)>> {
    let mut found: Option<(Option<DensityUnit>, String)> = None;
    for object in objects {
        let ct = object.identity.modality.as_deref() == Some("CT");
        for frame in &object.frames {
            let this = frame_unit(ct, frame);
            match &found {
                None => found = Some((this, object.name())),
                Some((unit, _)) if *unit == this => {}
                Some((_, name)) => {
                    return Err(Fault::new(
                        Problem::Unit,
                        format!(
                            "`{name}` and `{}` have values in different units",
                            object.name()
                        ),
                        "leave only the slices of one volume in the folder",
                    ));
                }
            }
        }
    }
    let first = objects.first().and_then(|o| o.frames.first());
    let word = first.map(|f| f.rescale_type.clone()).unwrap_or_default();
    Ok(match found {
        Some((Some(unit), _)) if word.is_empty() => Some((
            unit,
            "DICOM CT with a rescale (Rescale Type absent means HU)".to_owned(),
        )),
        Some((Some(unit), _)) => Some((unit, format!("DICOM Rescale Type `{word}`"))),
        _ => {
            if objects
                .first()
                .is_some_and(|o| o.identity.modality.as_deref() == Some("CT"))
            {
                warnings
                    .push("CT without a rescale to Hounsfield units: values are as stored".into());
            }
            None
        }
    })
}

fn frame_unit(ct: bool, frame: &Frame) -> Option<DensityUnit> {
    let word = frame.rescale_type.trim();
    if scanco::is_mg_ha(word) {
        return Some(DensityUnit::MgHaPerCm3);
    }
    let hounsfield = word.eq_ignore_ascii_case("HU") || word.is_empty();
    (ct && frame.rescaled && hounsfield).then_some(DensityUnit::Hounsfield)
}

fn decode<V: Voxel>(series: &Series, settled: &Settled, labels: bool) -> Parsed<Vec<V>> {
    let geometry = &series.header.geometry;
    let plane = geometry.size()[0] * geometry.size()[1];
    let sources: Vec<Pixels<'_>> = series
        .objects
        .par_iter()
        .map(Pixels::of)
        .collect::<Parsed<_>>()?;
    let mut out: Vec<V> = zeroed(geometry.voxels())?;
    let extra = &settled.sampling;
    out.par_chunks_mut(plane)
        .zip(series.placed.par_iter())
        .try_for_each(|(slice, placed)| {
            let (Some(object), Some(source)) = (
                series.objects.get(placed.object),
                sources.get(placed.object),
            ) else {
                return Ok(());
            };
            let Some(frame) = object.frames.get(placed.frame) else {
                return Ok(());
            };
            // A conversion asked for by the caller comes after the file's own rescale.
            let mut frame = frame.clone();
            if !labels && !extra.is_identity() {
                frame.intercept = frame.intercept * extra.slope + extra.intercept;
                frame.slope *= extra.slope;
            }
            source
                .decode(placed.frame, &frame, slice)
                .map_err(|f| Fault {
                    reason: format!("`{}`: {}", object.name(), f.reason),
                    ..f
                })
        })?;
    Ok(out)
}

fn source(series: &Series, path: &Path, unit_known: String) -> Source {
    let hash = match &series.objects[..] {
        [one] => one.hash,
        many => {
            let mut hashes: Vec<[u8; 32]> = many.iter().map(|o| *o.hash.as_bytes()).collect();
            hashes.sort_unstable();
            blake3::hash(hashes.as_flattened())
        }
    };
    let mut header = series.header.entries.clone();
    header.push(("slices".to_owned(), series.placed.len().to_string()));
    Source {
        path: path.to_owned(),
        format: Format::Dicom,
        blake3: hash.to_hex().to_string(),
        spacing_known: series.header.spacing_known.clone(),
        unit_known,
        stored: series.header.sampling.kind.name().to_owned(),
        identity: series.header.identity.clone(),
        header,
        warnings: series.header.warnings.clone(),
    }
}
