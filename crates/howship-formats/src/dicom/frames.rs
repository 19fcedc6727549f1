//! Frames: where each lies and what its values mean.

use super::elements::{Elements, name_of};
use crate::error::{Fault, Parsed, Problem};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

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

/// A frame per functional group item, else as many as Number of Frames says, all alike.
pub(super) fn frames(object: &InMemDicomObject, commas: &mut Vec<String>) -> Parsed<Vec<Frame>> {
    let top = Elements(object);
    let shared = top.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    let per_frame = object
        .get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
        .and_then(|e| e.items())
        .unwrap_or_default();
    let stated = match top.some(tags::NUMBER_OF_FRAMES) {
        None => None,
        Some(text) => Some(text.parse::<u32>().map_err(|_| {
            Fault::corrupt(format!("NumberOfFrames = `{text:.40}` is no whole number"))
        })?),
    };
    if per_frame.is_empty() {
        let count = stated.unwrap_or(1);
        let plain = one_frame(&[&top], commas)?;
        return Ok(vec![plain; count.clamp(1, 1 << 16) as usize]);
    }
    // Where the two disagree, slices are missing, or lie where others belong.
    if let Some(stated) = stated.filter(|&n| n as usize != per_frame.len()) {
        return Err(Fault::corrupt(format!(
            "{} says {stated} frames, {} has {} items",
            name_of(tags::NUMBER_OF_FRAMES),
            name_of(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
            per_frame.len()
        )));
    }
    per_frame
        .iter()
        .take(1 << 16)
        .map(|own| {
            let mut places = vec![Elements(own)];
            places.extend(shared.map(Elements));
            let places: Vec<&Elements<'_>> = places.iter().chain([&top]).collect();
            one_frame(&places, commas)
        })
        .collect()
}

/// The first place that has an attribute, in its functional group or directly, wins.
fn find<const N: usize>(
    places: &[&Elements<'_>],
    group: Tag,
    tag: Tag,
    commas: &mut Vec<String>,
) -> Parsed<Option<[f64; N]>> {
    for place in places {
        if let Some(item) = place.item(group)
            && let Some(found) = Elements(item).numbers(tag, commas)?
        {
            return Ok(Some(found));
        }
        if let Some(found) = place.numbers(tag, commas)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn one_frame(places: &[&Elements<'_>], commas: &mut Vec<String>) -> Parsed<Frame> {
    let transform = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
    let slope = find::<1>(places, transform, tags::RESCALE_SLOPE, commas)?.map(|[v]| v);
    let intercept = find::<1>(places, transform, tags::RESCALE_INTERCEPT, commas)?.map(|[v]| v);
    if places
        .iter()
        .any(|p| p.item(tags::MODALITY_LUT_SEQUENCE).is_some())
    {
        return Err(Fault::new(
            Problem::Unit,
            format!(
                "what the values mean stands in a table ({})",
                name_of(tags::MODALITY_LUT_SEQUENCE)
            ),
            "export the series with RescaleSlope and RescaleIntercept instead",
        ));
    }
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
            .and_then(|i| Elements(i).some(tags::RESCALE_TYPE))
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

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::value::DataSetSequence;
    use dicom_core::{DataElement, PrimitiveValue, VR};

    fn with_items(object: &mut InMemDicomObject, tag: Tag, count: usize) {
        let items = vec![InMemDicomObject::new_empty(); count];
        object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
    }

    #[test]
    fn two_counts_of_frames_agree_or_the_file_is_refused() {
        let read = |stated: &str, items: usize| {
            let mut object = InMemDicomObject::new_empty();
            let value = PrimitiveValue::from(stated);
            object.put(DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, value));
            with_items(
                &mut object,
                tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
                items,
            );
            frames(&object, &mut Vec::new()).map(|f| f.len())
        };
        assert_eq!(read("3", 3).unwrap(), 3);
        assert_eq!(read("3", 0).unwrap(), 3);
        for items in [2, 4] {
            let fault = read("3", items).unwrap_err();
            assert!(fault.reason.contains("says 3 frames"), "{}", fault.reason);
        }
    }

    #[test]
    fn values_by_a_table_are_refused() {
        let mut object = InMemDicomObject::new_empty();
        with_items(&mut object, tags::MODALITY_LUT_SEQUENCE, 1);
        let fault = frames(&object, &mut Vec::new()).unwrap_err();
        assert_eq!(fault.problem, Problem::Unit);
        assert!(fault.reason.contains("0028,3000"), "{}", fault.reason);
    }
}
