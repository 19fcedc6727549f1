//! From files to one series, its unit, and its voxels.

use super::attributes::Object;
use super::frames::Frame;
use super::pixels::Source as Pixels;
use super::stack::{Placed, arrange, describe};
use crate::budget::Budget;
use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place, check_grid};
use crate::loaded::{Info, Loaded, exchanged, source};
use crate::sample::{SampleType, Sampling, Voxel};
use crate::slices::{self, Origin};
use crate::text::few;
use crate::unit::{Says, Settled};
use crate::{Error, Format, OpenOptions, Source, scanco};
use howship_image::{Calibration, DensityUnit};
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
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    let (mut series, settled) = prepare(objects, warnings, options, V::LABELS).map_err(at)?;
    let (mut values, zeros, lossy) = decode::<V>(&series, &settled, budget).map_err(at)?;
    let padded = blank(&series, &settled, &mut values);
    series.header.warnings.extend(padded);
    if lossy && !says_lossy(&series.objects) {
        series.header.warnings.push(LOSSY.to_owned());
    }
    let origin = if series.objects.len() > 1 {
        Origin::Files
    } else {
        Origin::OneFile
    };
    let names: Vec<String> = series
        .placed
        .iter()
        .map(|p| describe(&series.objects, p))
        .collect();
    let name = |z: usize| names.get(z).cloned().unwrap_or_default();
    let (geometry, values) = slices::check(
        series.header.geometry.clone(),
        values,
        &zeros,
        origin,
        name,
        options,
        &mut series.header.warnings,
    )
    .map_err(at)?;
    series.header.geometry = geometry;
    let source = source_of(&series, path, &settled);
    Ok(Loaded::new(series.header.geometry, values, settled, source))
}

pub(crate) fn inspect_files(
    path: &Path,
    objects: Vec<Object>,
    warnings: Vec<String>,
    options: &OpenOptions,
) -> Result<Info, Error> {
    let (series, settled) = prepare(objects, warnings, options, false).map_err(|f| f.at(path))?;
    let mut source = source_of(&series, path, &settled);
    // Only the starts of the files were read.
    source.blake3.clear();
    Ok(Info {
        geometry: series.header.geometry,
        unit: settled.unit,
        known: settled.known,
        calibration: settled.calibration,
        source,
    })
}

fn prepare(
    objects: Vec<Object>,
    mut warnings: Vec<String>,
    options: &OpenOptions,
    labels: bool,
) -> Parsed<(Series, Settled)> {
    let objects = images(objects, &mut warnings)?;
    let objects = choose(objects, options)?;
    one_patient(&objects)?;
    one_of("sides (Laterality)", &objects, |o| {
        o.identity.laterality.as_ref()
    })?;
    one_of(
        "frames of reference: their positions cannot be compared",
        &objects,
        |o| o.identity.frame_of_reference.as_ref(),
    )?;
    // A series is of one study: halves of two visits were put under one identifier by hand.
    for (what, name) in [
        ("studies", "StudyInstanceUID"),
        ("dates of the study", "StudyDate"),
    ] {
        let said = |(key, _): &&(String, String)| key == name;
        one_of(what, &objects, |o| {
            o.entries.iter().find(said).map(|(_, value)| value)
        })?;
    }
    let (geometry, placed, spacing_known) = arrange(&objects, options, &mut warnings)?;
    check_grid(&geometry, options.max_bytes)?;
    let (says, calibration) = meaning(&objects, &mut warnings)?;
    let Some(first) = placed.first().and_then(|p| objects.get(p.object)) else {
        return Err(Fault::two_dimensional("no DICOM image"));
    };
    oddities(first, &objects, &mut warnings);
    let kind = match first
        .pixel
        .as_ref()
        .map(|p| (p.float_bytes, p.bits_allocated, p.signed))
    {
        Some((4, ..)) => SampleType::F32,
        Some((8, ..)) => SampleType::F64,
        Some((_, 8, false)) => SampleType::U8,
        Some((_, 8, true)) => SampleType::I8,
        Some((_, _, true)) => SampleType::I16,
        _ => SampleType::U16,
    };
    let header = Header {
        format: Format::Dicom,
        geometry,
        sampling: Sampling::plain(kind, first.layout.big_endian),
        place: Place::Here(0),
        packing: Packing::Raw,
        says,
        // What a scanner calibrated is presented as density, as its own files are.
        present: None,
        calibration,
        spacing_known,
        identity: first.identity.clone(),
        entries: first.entries.clone(),
        warnings,
        seal: None,
    };
    let mut options = options.clone();
    if header.calibration.is_some() && options.to.is_none() {
        options.to = Some(DensityUnit::MgHaPerCm3);
    }
    // The unit that the values are presented in contradicts nothing.
    if options.unit == options.to && header.calibration.is_some() {
        options.unit = None;
    }
    let settled = header.settle(&options, labels)?;
    Ok((
        Series {
            objects,
            placed,
            header,
        },
        settled,
    ))
}

/// What is odd about how the pixels are stored.
fn oddities(first: &Object, objects: &[Object], warnings: &mut Vec<String>) {
    for object in objects {
        for warning in &object.warnings {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
    }
    if first
        .pixel
        .as_ref()
        .is_some_and(|p| p.photometric == "MONOCHROME1")
    {
        warnings.push(
            "MONOCHROME1: the values are as stored, only their display is inverted".to_owned(),
        );
    }
    if says_lossy(objects) {
        warnings.push(LOSSY.to_owned());
    }
    let frames = objects.iter().flat_map(|o| &o.frames);
    let least = frames
        .clone()
        .map(|f| f.slope)
        .fold(f64::INFINITY, f64::min);
    warnings.extend(exchanged(least));
}

const LOSSY: &str = "the images were compressed with loss: densities are altered";

fn says_lossy(objects: &[Object]) -> bool {
    let says = |o: &Object| o.pixel.as_ref().is_some_and(|p| p.lossy);
    objects.iter().any(says)
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

/// Refuses slices that name two of something of which a volume has one.
fn one_of(what: &str, objects: &[Object], fact: impl Fn(&Object) -> Option<&String>) -> Parsed<()> {
    let mut named = objects.iter().filter_map(|o| Some((fact(o)?, o)));
    let Some((first, one)) = named.next() else {
        return Ok(());
    };
    match named.find(|(other, _)| *other != first) {
        None => Ok(()),
        Some((other, object)) => Err(Fault::new(
            Problem::MixedSlices,
            format!(
                "two {what}: `{}` says {first:.64}, `{}` says {other:.64}",
                one.name(),
                object.name()
            ),
            "leave only the slices of one volume in the folder",
        )),
    }
}

/// What the numbers are, by every frame of every file, and the calibration where there is one.
fn meaning(objects: &[Object], warnings: &mut Vec<String>) -> Parsed<(Says, Option<Calibration>)> {
    let mut found: Option<(Says, String)> = None;
    let Some(calibration) = objects.first().map(|o| o.calibration) else {
        return Ok((Says::Nothing, None));
    };
    let mixed = |a: &str, b: &str, what: &str| {
        Fault::new(
            Problem::Unit,
            format!("`{a}` and `{b}` have {what}"),
            "leave only the slices of one volume in the folder",
        )
    };
    for object in objects {
        if object.calibration != calibration {
            let first = objects.first().map(Object::name).unwrap_or_default();
            return Err(mixed(&first, &object.name(), "different calibrations"));
        }
        for frame in &object.frames {
            let this = frame_says(object, frame);
            match &found {
                None => found = Some((this, object.name())),
                Some((says, _)) if kind_of(says) == kind_of(&this) => {}
                Some((_, name)) => {
                    return Err(mixed(name, &object.name(), "values in different units"));
                }
            }
        }
    }
    let says = found.map_or(Says::Nothing, |(says, _)| says);
    let ct = objects.first().is_some_and(is_ct);
    // Counts with a calibration are presented as the density that they become.
    let converted = calibration.is_some() && matches!(says, Says::Unit(DensityUnit::Native, _));
    if ct
        && !converted
        && !matches!(
            says,
            Says::Unit(DensityUnit::Hounsfield | DensityUnit::MgHaPerCm3, _)
        )
    {
        warnings.push("CT that is not in Hounsfield units: values are as stored".into());
    }
    Ok((says, calibration))
}

/// Two statements are of one kind where they name the same unit, whatever the words.
fn kind_of(says: &Says) -> (u8, Option<DensityUnit>) {
    match says {
        Says::Nothing => (0, None),
        Says::Unit(unit, _) => (1, Some(*unit)),
        Says::NoDensity(_) => (2, None),
        Says::Unclear(_) => (3, None),
    }
}

fn is_ct(object: &Object) -> bool {
    object.identity.modality.as_deref() == Some("CT")
}

/// CT is in Hounsfield units where it has a rescale, calibrated HR-pQCT where its Rescale Type says so;
/// Scanco's rescale is held against its calibration; MR and others are no density whatever they say.
fn frame_says(object: &Object, frame: &Frame) -> Says {
    let word = frame.rescale_type.trim();
    if !is_ct(object) {
        let modality = object.identity.modality.as_deref().unwrap_or("(none)");
        return match object.identity.modality.as_deref() {
            None | Some("OT") if scanco::is_mg_ha(word) => Says::Unit(
                DensityUnit::MgHaPerCm3,
                format!("DICOM Rescale Type `{word}`"),
            ),
            None | Some("OT" | "SC") => Says::Nothing,
            _ => Says::NoDensity(format!("DICOM Modality {modality}")),
        };
    }
    let by_word = if scanco::is_mg_ha(word) {
        Some(DensityUnit::MgHaPerCm3)
    } else if word.eq_ignore_ascii_case("HU") {
        Some(DensityUnit::Hounsfield)
    } else {
        None
    };
    if object.calibration.is_some() || object.manufacturer.contains("SCANCO") {
        return super::scanco::says(frame, object.calibration.as_ref(), by_word);
    }
    match by_word {
        Some(unit) => Says::Unit(unit, format!("DICOM Rescale Type `{word}`")),
        None if !frame.rescaled => Says::Unit(
            DensityUnit::Native,
            "native counts: CT without a rescale".to_owned(),
        ),
        None if !word.is_empty() => Says::Nothing,
        // Air is -1000 HU: numbers that cannot fall below zero are none.
        None if !object.pixel.as_ref().is_some_and(|p| p.signed) && frame.intercept >= 0.0 => {
            Says::Nothing
        }
        None => Says::Unit(
            DensityUnit::Hounsfield,
            "DICOM CT with a rescale (Rescale Type absent means HU)".to_owned(),
        ),
    }
}

/// The values, for each slice what a stored zero became, and whether any of them was compressed with loss.
fn decode<V: Voxel>(
    series: &Series,
    settled: &Settled,
    budget: &Budget,
) -> Parsed<(Vec<V>, Vec<V>, bool)> {
    let geometry = &series.header.geometry;
    let plane = geometry.size()[0] * geometry.size()[1];
    let sources: Vec<Pixels<'_>> = series
        .objects
        .par_iter()
        .map(|object| Pixels::of(object).map_err(|f| f.within(&format!("`{}`", object.name()))))
        .collect::<Vec<_>>()
        .into_iter()
        .collect::<Parsed<_>>()?;
    let mut out: Vec<V> = budget.zeroed(geometry.voxels(), "the volume")?;
    let extra = &settled.sampling;
    let done: Vec<Parsed<(V, bool)>> = out
        .par_chunks_mut(plane)
        .zip(series.placed.par_iter())
        .map(|(slice, placed)| {
            let (Some(object), Some(source)) = (
                series.objects.get(placed.object),
                sources.get(placed.object),
            ) else {
                return Ok((V::default(), false));
            };
            let Some(frame) = object.frames.get(placed.frame) else {
                return Ok((V::default(), false));
            };
            // A conversion asked for by the caller comes after the file's own rescale.
            let mut frame = frame.clone();
            if !V::LABELS && !extra.is_identity() {
                frame.intercept = frame.intercept * extra.slope + extra.intercept;
                frame.slope *= extra.slope;
            }
            let lossy = source
                .decode(placed.frame, &frame, slice)
                .map_err(|f| f.within(&format!("`{}`", object.name())))?;
            Ok((V::of_f64(frame.intercept).unwrap_or_default(), lossy))
        })
        .collect();
    let (zeros, lossy): (Vec<V>, Vec<bool>) = done
        .into_iter()
        .collect::<Parsed<Vec<_>>>()?
        .into_iter()
        .unzip();
    Ok((out, zeros, lossy.contains(&true)))
}

/// Padding that reads brighter than the picture is made no number.
fn blank<V: Voxel>(series: &Series, settled: &Settled, values: &mut [V]) -> Option<String> {
    let geometry = &series.header.geometry;
    let plane = geometry.size()[0] * geometry.size()[1];
    let ranges = series.placed.iter().map(|placed| {
        let object = series.objects.get(placed.object)?;
        let frame = object.frames.get(placed.frame)?;
        let stored = object.pixel.as_ref()?.padding?;
        let extra = &settled.sampling;
        Some(stored.map(|v| {
            // In the order in which samples are scaled, so that the same number comes out.
            let slope = frame.slope * extra.slope;
            v * slope + (frame.intercept * extra.slope + extra.intercept)
        }))
    });
    super::padding::blank(values, plane, &ranges.collect::<Vec<_>>())
}

fn source_of(series: &Series, path: &Path, settled: &Settled) -> Source {
    let hash = match &series.objects[..] {
        [one] => one.hash,
        many => {
            let mut hashes: Vec<[u8; 32]> = many.iter().map(|o| *o.hash.as_bytes()).collect();
            hashes.sort_unstable();
            blake3::hash(hashes.as_flattened())
        }
    };
    let mut source = source(&series.header, path, &blake3::Hasher::new(), settled);
    source.blake3 = hash.to_hex().to_string();
    source
        .header
        .push(("slices".to_owned(), series.placed.len().to_string()));
    source
}
