//! What a DICOM film says of itself: side, view, part, polarity, intent.

use super::lookup::Display;
use crate::OpenFilmOptions;
use crate::dicom::elements::Elements;
use crate::error::{Fault, Parsed};
use dicom_dictionary_std::tags;
use howship_image::{Extremity, FilmFacts, Intent, Known, Laterality, Polarity, View};

/// Side, view, part, orientation and intent.
pub(super) fn facts(
    get: &Elements<'_>,
    options: &OpenFilmOptions,
    warnings: &mut Vec<String>,
) -> Parsed<FilmFacts> {
    let known = |tag, from: &str| get.some(tag).map(|value| Known::new(value, from));
    let view = get
        .some(tags::VIEW_POSITION)
        .and_then(|text| text.parse().ok())
        .map(|view| Known::new(view, "ViewPosition"));
    let intent = match get.text(tags::PRESENTATION_INTENT_TYPE).as_str() {
        "FOR PRESENTATION" => Some(Intent::ForPresentation),
        "FOR PROCESSING" => Some(Intent::ForProcessing),
        _ => None,
    };
    Ok(FilmFacts {
        laterality: laterality(get, warnings),
        view,
        body_part: known(tags::BODY_PART_EXAMINED, "BodyPartExamined"),
        patient_orientation: known(tags::PATIENT_ORIENTATION, "PatientOrientation"),
        intent: intent.map(|i| Known::new(i, "PresentationIntentType")),
        ..FilmFacts::default()
    })
    .and_then(|facts| stated(facts, options))
}

/// What the reader states; against a file that says otherwise it is an error.
pub(super) fn stated(mut facts: FilmFacts, options: &OpenFilmOptions) -> Parsed<FilmFacts> {
    const READER: &str = "stated by the reader";
    let contradicts = |what: &str, file: &str, from: &str, reader: &str| {
        Fault::corrupt(format!(
            "{from} says {what} `{file}`, the reader says `{reader}`"
        ))
        .advised("leave the option out, or correct the file")
    };
    if let Some(side) = options.laterality {
        if let Some(known) = &facts.laterality
            && known.value != side
        {
            return Err(contradicts(
                "side",
                &known.value.to_string(),
                &known.from,
                &side.to_string(),
            ));
        }
        facts.laterality.get_or_insert(Known::new(side, READER));
    }
    if let Some(part) = options.part {
        // `EXTREMITY`, `LOWER LIMB` and the like leave open which it is.
        let general = |word: &str| {
            let word = word.to_ascii_uppercase();
            ["EXTREMITY", "LIMB"].iter().any(|g| word.contains(g))
        };
        match &facts.body_part {
            Some(known) if Extremity::in_words(&known.value) == Some(part) => {}
            Some(known) if !general(&known.value) => {
                return Err(contradicts("part", &known.value, &known.from, part.word()));
            }
            _ => facts.body_part = Some(Known::new(part.word().to_owned(), READER)),
        }
    }
    if let Some(view) = options.view {
        if let Some(known) = &facts.view
            && !same_way(known.value, view, &facts)
        {
            return Err(contradicts(
                "view",
                &known.value.to_string(),
                &known.from,
                &view.to_string(),
            ));
        }
        // DP and PD say the same of hands and feet; PA and AP wait for which it is.
        let clear = matches!(view, View::Dp | View::Pd);
        if facts.view.is_none() || clear {
            facts.view = Some(Known::new(view, READER));
        }
    }
    Ok(facts)
}

/// Whether two names of a view can be one: PA and AP are other names of DP and PD, which of which depends on hand or foot.
/// Where that is not known, one of the two must make them so.
fn same_way(a: View, b: View, facts: &FilmFacts) -> bool {
    let part = facts.body_part.as_ref();
    let part = part.and_then(|p| Extremity::in_words(&p.value));
    let parts = part.map_or(vec![Extremity::Hand, Extremity::Foot], |p| vec![p]);
    let same = |p: Extremity| a.from_back(p).is_some() && a.from_back(p) == b.from_back(p);
    a == b || parts.into_iter().any(same)
}

/// Image Laterality goes with the image, Laterality with the series; where both are there they must agree.
fn laterality(get: &Elements<'_>, warnings: &mut Vec<String>) -> Option<Known<Laterality>> {
    let side = |text: &str| match text {
        "L" => Some(Laterality::Left),
        "R" => Some(Laterality::Right),
        "B" => Some(Laterality::Both),
        _ => None,
    };
    let image = side(&get.text(tags::IMAGE_LATERALITY));
    let series = side(&get.text(tags::LATERALITY));
    match (image, series) {
        (Some(a), Some(b)) if a != b => {
            warnings.push(format!(
                "ImageLaterality says {a}, Laterality says {b}: the side is taken as not known"
            ));
            None
        }
        (Some(a), _) => Some(Known::new(a, "ImageLaterality")),
        (None, b) => b.map(|side| Known::new(side, "Laterality")),
    }
}

/// Which way modality values run, by all that says so.
pub(super) fn polarity(
    get: &Elements<'_>,
    photometric: &str,
    display: &Display,
    stated: Option<Polarity>,
    warnings: &mut Vec<String>,
) -> Parsed<Known<Polarity>> {
    if let Some(polarity) = stated {
        return Ok(Known::new(polarity, "stated by the reader"));
    }
    let bright = |bright: bool| {
        if bright {
            Polarity::BoneBright
        } else {
            Polarity::BoneDark
        }
    };
    let turned = |p: Polarity| bright(p == Polarity::BoneDark);
    let mut found = match photometric {
        "MONOCHROME1" => Polarity::BoneDark,
        _ => Polarity::BoneBright,
    };
    let mut from = format!("PhotometricInterpretation {photometric}");
    if display.falling {
        found = turned(found);
        from.push_str(" after a falling VOI lookup table");
    }
    let disagree = |what: String| {
        Fault::corrupt(format!("{from} and {what} contradict each other: is bone bright or dark?"))
            .advised("look at the film and state it (`--bone bright` or `--bone dark`, of the values as stored)")
    };
    match (get.text(tags::PRESENTATION_LUT_SHAPE).as_str(), photometric) {
        ("INVERSE", "MONOCHROME2") | ("IDENTITY", "MONOCHROME1") => {
            return Err(disagree(format!(
                "PresentationLUTShape {}",
                get.text(tags::PRESENTATION_LUT_SHAPE)
            )));
        }
        _ => {}
    }
    // +1: values rise with the intensity that reached the detector, so that bone is low (C.8.11.3.1.2).
    match get.number(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN)? {
        Some(sign) if sign.abs() == 1.0 => {
            let physical = bright(sign < 0.0);
            if physical != found {
                return Err(disagree(format!("PixelIntensityRelationshipSign {sign}")));
            }
        }
        Some(sign) => warnings.push(format!(
            "PixelIntensityRelationshipSign is {sign}, neither 1 nor -1: not used"
        )),
        None => {}
    }
    Ok(Known::new(found, from))
}
