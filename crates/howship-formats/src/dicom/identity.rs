//! Whose image a DICOM file is, and when it was taken.

use super::elements::Elements;
use crate::Identity;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Dates of a slice, best first: content dates of derived series are those of the reconstruction.
pub(crate) const DATES_OF_SLICES: [Tag; 4] = [
    tags::ACQUISITION_DATE,
    tags::SERIES_DATE,
    tags::STUDY_DATE,
    tags::CONTENT_DATE,
];

/// Dates of a film, best first: its content is the exposure itself, and a series may hold films of several days.
pub(crate) const DATES_OF_FILMS: [Tag; 4] = [
    tags::ACQUISITION_DATE,
    tags::CONTENT_DATE,
    tags::SERIES_DATE,
    tags::STUDY_DATE,
];

/// The date is the first of these that is there.
pub(crate) fn identity(get: &Elements<'_>, dates: &[Tag]) -> Identity {
    let date = dates.iter().find_map(|&tag| get.some(tag));
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
