use super::when::when;
use super::{Section, SubjectRecord, When};
use crate::Error;
use crate::inflammation::{ActivityKind, Counts, das28};

/// Disease activity at one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityRecord {
    /// When.
    pub visit: When,
    /// DAS28, stated or worked out.
    pub das28: Option<f64>,
    /// Which form.
    pub kind: Option<ActivityKind>,
    /// What it is made of, as far as stated.
    pub counts: Counts,
    /// HAQ disability index.
    pub haq: Option<f64>,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

pub(super) fn activity(
    section: &Section<'_>,
    subject: &SubjectRecord,
) -> Result<ActivityRecord, Error> {
    let visit = when(
        &section.key("visit"),
        section.needed("visit")?,
        subject.baseline_day,
    )?;
    let kinds = [
        ActivityKind::Esr4,
        ActivityKind::Esr3,
        ActivityKind::Crp4,
        ActivityKind::Crp3,
    ];
    let kind = section.word("kind", &kinds.map(|k| (k.word(), k)))?;
    let (tender, swollen) = (
        section.number("tender", [0.0, 28.0])?,
        section.number("swollen", [0.0, 28.0])?,
    );
    let counts = Counts {
        tender: tender.unwrap_or(0.0),
        swollen: swollen.unwrap_or(0.0),
        global_mm: section.number("global_mm", [0.0, 100.0])?,
        evaluator_mm: section.number("evaluator_mm", [0.0, 100.0])?,
        crp: section.number("crp_mg_l", [0.0, 600.0])?,
        esr: section.number("esr_mm_h", [0.0, 200.0])?,
    };
    let stated = section.number("das28", [0.0, 10.0])?;
    if stated.is_some() && kind.is_none() {
        return Err(Error::Missing {
            key: section.key("kind"),
            hint: "limits of the DAS28 by ESR do not hold for the one by CRP: say `esr4`, `esr3`, `crp4` or `crp3`".into(),
        });
    }
    let worked = match kind {
        Some(kind) if tender.is_some() && swollen.is_some() => {
            let result = das28(kind, &counts);
            match (result, stated) {
                (Ok(value), _) => Some(value),
                // Items that a stated score does not need may be missing.
                (Err(Error::Missing { .. }), Some(_)) => None,
                (Err(Error::Missing { key, hint }), None) => {
                    return Err(Error::Missing {
                        key: section.key(&key),
                        hint,
                    });
                }
                (
                    Err(Error::Value {
                        key,
                        value,
                        expected,
                    }),
                    _,
                ) => {
                    return Err(Error::Value {
                        key: section.key(&key),
                        value,
                        expected,
                    });
                }
                (Err(other), _) => return Err(other),
            }
        }
        _ => None,
    };
    if let (Some(stated), Some(worked)) = (stated, worked)
        && (stated - worked).abs() > 0.06
    {
        return Err(Error::Contradiction {
            first: section.key("das28"),
            second: section.key("tender"),
            reason: format!("the items give {worked:.2}, not {stated}"),
            hint: "check the items' units (CRP in mg/L, assessments in mm) and the kind, or leave the score out".into(),
        });
    }
    let das28 = stated.or(worked);
    let warnings = das28.map_or_else(Vec::new, |score| odd_units(section, score, &counts));
    Ok(ActivityRecord {
        visit,
        das28,
        kind,
        counts,
        haq: section.number("haq", [0.0, 3.0])?,
        warnings,
    })
}

/// From this DAS28 on activity is high.
const HIGH: f64 = 5.1;
/// What an assessment in cm in place of mm takes from a DAS28, at most: 0.014 × 63 mm.
const CM_TAKES: f64 = 0.9;

/// Items that are low beside the score, as in another unit.
fn odd_units(section: &Section<'_>, score: f64, counts: &Counts) -> Vec<String> {
    let low = |value: Option<f64>| value.filter(|v| *v > 0.0 && *v <= 10.0);
    let mut odd = Vec::new();
    if let Some(crp) = low(counts.crp).filter(|_| score > HIGH) {
        odd.push(format!(
            "{}: CRP {crp} mg/L is low beside a DAS28 of {score:.1}: was it mg/dL?",
            section.path
        ));
    }
    let assessments = [
        ("patient's", counts.global_mm),
        ("evaluator's", counts.evaluator_mm),
    ];
    for (whose, value) in assessments {
        if let Some(value) = low(value).filter(|_| score > HIGH - CM_TAKES) {
            odd.push(format!(
                "{}: the {whose} assessment of {value} mm is low beside a DAS28 of {score:.1}: was it cm (0-10)?",
                section.path
            ));
        }
    }
    odd
}
