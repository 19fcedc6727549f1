use super::when::when;
use super::{Section, SubjectRecord, When};
use crate::Error;
use crate::imaging::Quantity;

/// Deepest lesion that a record may state, mm: the thickness of a metacarpal's head.
pub(super) const DEEPEST_MM: f64 = 20.0;

/// What an image is taken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// Projection radiograph.
    Film,
    /// High-resolution peripheral quantitative computed tomography.
    HrPqct,
    /// Magnetic resonance imaging.
    Mri,
}

/// An image done or planned.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagingRecord {
    /// When.
    pub visit: When,
    /// With what.
    pub modality: Modality,
    /// Whether it is done.
    pub done: bool,
    /// SD of one measurement repeated in vivo, in the tool's unit; its default where absent.
    pub precision: Option<f64>,
    /// Pixel of a film, mm.
    pub pixel_mm: Option<f64>,
}

/// A measured change.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Observation {
    /// Days from baseline.
    pub day: f64,
    /// Lesion, from 0.
    pub lesion: usize,
    /// What was measured.
    pub quantity: Quantity,
    /// Change since baseline; negative is repair.
    pub change: f64,
    /// Standard error of the change; the tool's where absent.
    pub se: Option<f64>,
}

pub(super) fn imaging(
    section: &Section<'_>,
    subject: &SubjectRecord,
) -> Result<ImagingRecord, Error> {
    let visit = not_before(section, subject)?;
    section.needed("modality")?;
    let modalities = [
        ("film", Modality::Film),
        ("hr-pqct", Modality::HrPqct),
        ("mri", Modality::Mri),
    ];
    let modality = section
        .word("modality", &modalities)?
        .unwrap_or(Modality::Film);
    let precision = section.number("precision", [1e-6, 1e3])?;
    let source = section.text("precision_source")?;
    match (precision, source) {
        (Some(_), None) => {
            return Err(Error::Missing {
                key: section.key("precision_source"),
                hint: "a precision needs its source: write `precision_source = \"in-vivo\"` where patients were measured twice".into(),
            });
        }
        (_, Some(source)) if source != "in-vivo" => {
            return Err(Error::value(
                section.key("precision_source"),
                format!("`{source}`"),
                "only repeated measurements of patients (`in-vivo`) tell what is detectable in patients; a phantom's repeatability is far smaller",
            ));
        }
        _ => {}
    }
    Ok(ImagingRecord {
        visit,
        modality,
        done: section
            .word("status", &[("done", true), ("planned", false)])?
            .unwrap_or(false),
        precision,
        pixel_mm: section.number("pixel_mm", [0.01, 1.0])?,
    })
}

fn not_before(section: &Section<'_>, subject: &SubjectRecord) -> Result<When, Error> {
    let visit = when(
        &section.key("visit"),
        section.needed("visit")?,
        subject.baseline_day,
    )?;
    if visit.days < 0.0 {
        return Err(Error::value(
            section.key("visit"),
            visit.name(),
            "it lies before baseline: M0 is the first image",
        ));
    }
    Ok(visit)
}

/// Where an observation stands: the first `own` in the record, the rest in a result handed over.
pub(crate) fn key_of(n: usize, own: usize) -> String {
    if n < own {
        format!("observation[{n}]")
    } else {
        format!("observed[{}]", n - own)
    }
}

/// Two measurements of one change: the likelihood would take them as independent, whether they agree or not.
///
/// # Errors
/// Two observations of one lesion, visit and quantity.
pub(crate) fn no_change_twice(observations: &[Observation], own: usize) -> Result<(), Error> {
    for (j, b) in observations.iter().enumerate() {
        let same = |a: &&Observation| {
            (a.lesion, a.quantity) == (b.lesion, b.quantity) && (a.day - b.day).abs() < 1.0
        };
        let Some((i, a)) = observations[..j].iter().enumerate().find(|(_, a)| same(a)) else {
            continue;
        };
        let unit = b.quantity.unit();
        return Err(Error::Contradiction {
            first: key_of(i, own),
            second: key_of(j, own),
            reason: format!(
                "both are the same quantity of lesion {} at day {:.0}: {:+} and {:+} {unit}",
                b.lesion + 1,
                b.day,
                a.change,
                b.change
            ),
            hint: "give one: of repeated readings their mean, with its standard error as `se`"
                .into(),
        });
    }
    Ok(())
}

pub(super) fn observation(
    section: &Section<'_>,
    subject: &SubjectRecord,
    lesions: usize,
) -> Result<Observation, Error> {
    let visit = not_before(section, subject)?;
    if visit.days <= 0.0 {
        return Err(Error::value(
            section.key("visit"),
            visit.name(),
            "a change is seen after baseline",
        ));
    }
    for name in ["lesion", "quantity", "change"] {
        section.needed(name)?;
    }
    if lesions == 0 {
        return Err(Error::Missing {
            key: "lesion".into(),
            hint: "an observation is of a lesion: describe it in a `[[lesion]]` table".into(),
        });
    }
    let words = [
        ("depth", Quantity::Depth),
        ("volume", Quantity::Volume),
        ("rim", Quantity::Rim),
    ];
    let quantity = section.word("quantity", &words)?.unwrap_or(Quantity::Depth);
    // No lesion is deeper (`lesion.depth_mm`), nor larger than a bone of hand or foot.
    let most = match quantity.unit() {
        "mm" => DEEPEST_MM,
        _ => 1e3,
    };
    let change = section.number("change", [-most, most])?.unwrap_or(0.0);
    // No lesion has a rim at baseline, and a rim's width is never below 0.
    if quantity == Quantity::Rim && change > 0.0 {
        return Err(Error::value(
            section.key("change"),
            change,
            format!(
                "repair is negative: a rim is 0 at baseline and only widens, so that one of {change} mm is a change of -{change}"
            ),
        ));
    }
    Ok(Observation {
        day: visit.days,
        lesion: section.count("lesion", [1, lesions as u64])?.unwrap_or(1) as usize - 1,
        quantity,
        change,
        se: section.number("se", [1e-6, 1e3])?,
    })
}
