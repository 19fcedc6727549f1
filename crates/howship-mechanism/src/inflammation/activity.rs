//! Scores of disease activity and what counts as an answer to therapy.

use crate::Error;

/// Which form of the DAS28.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// Erythrocyte sedimentation rate, four variables.
    Esr4,
    /// Erythrocyte sedimentation rate, three variables.
    Esr3,
    /// C-reactive protein, four variables.
    Crp4,
    /// C-reactive protein, three variables.
    Crp3,
}

impl ActivityKind {
    /// Word in a record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Esr4 => "esr4",
            Self::Esr3 => "esr3",
            Self::Crp4 => "crp4",
            Self::Crp3 => "crp3",
        }
    }
}

/// What a score is made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Tender joints of 28.
    pub tender: f64,
    /// Swollen joints of 28.
    pub swollen: f64,
    /// Patient's global assessment, 0-100 mm.
    pub global_mm: Option<f64>,
    /// Evaluator's global assessment, 0-100 mm.
    pub evaluator_mm: Option<f64>,
    /// C-reactive protein, mg/L.
    pub crp: Option<f64>,
    /// Erythrocyte sedimentation rate, mm/h.
    pub esr: Option<f64>,
}

/// DAS28 in one of its four forms (das-score.nl).
///
/// # Errors
/// An item that this form needs is missing or out of range; an ESR below 1 has no logarithm that means anything.
pub fn das28(kind: ActivityKind, counts: &Counts) -> Result<f64, Error> {
    let need = |key: &'static str, value: Option<f64>, low: f64, high: f64| {
        let value = value.ok_or_else(|| Error::Missing {
            key: key.to_owned(),
            hint: format!("DAS28 of kind {} needs it", kind.word()),
        })?;
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            Err(Error::value(
                key,
                value,
                format!("it lies between {low} and {high}"),
            ))
        }
    };
    let tender = need("tender", Some(counts.tender), 0.0, 28.0)?;
    let swollen = need("swollen", Some(counts.swollen), 0.0, 28.0)?;
    let joints = 0.56 * tender.sqrt() + 0.28 * swollen.sqrt();
    Ok(match kind {
        ActivityKind::Esr4 => {
            let esr = need("esr_mm_h", counts.esr, 1.0, 200.0)?;
            let global = need("global_mm", counts.global_mm, 0.0, 100.0)?;
            joints + 0.70 * esr.ln() + 0.014 * global
        }
        ActivityKind::Esr3 => {
            let esr = need("esr_mm_h", counts.esr, 1.0, 200.0)?;
            (joints + 0.70 * esr.ln()) * 1.08 + 0.16
        }
        ActivityKind::Crp4 => {
            let crp = need("crp_mg_l", counts.crp, 0.0, 600.0)?;
            let global = need("global_mm", counts.global_mm, 0.0, 100.0)?;
            joints + 0.36 * crp.ln_1p() + 0.014 * global + 0.96
        }
        ActivityKind::Crp3 => {
            let crp = need("crp_mg_l", counts.crp, 0.0, 600.0)?;
            (joints + 0.36 * crp.ln_1p()) * 1.10 + 1.15
        }
    })
}

/// Clinical disease activity index, 0-76; none without both global assessments.
#[must_use]
pub fn cdai(counts: &Counts) -> Option<f64> {
    let (patient, evaluator) = (counts.global_mm?, counts.evaluator_mm?);
    Some(counts.tender + counts.swollen + (patient + evaluator) / 10.0)
}

/// Simplified disease activity index: CDAI plus C-reactive protein in mg/dL.
#[must_use]
pub fn sdai(counts: &Counts) -> Option<f64> {
    Some(cdai(counts)? + counts.crp? / 10.0)
}

/// EULAR's response by DAS28.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EularResponse {
    /// Reached ≤ 3.2 with a fall above 1.2.
    Good,
    /// Between the two.
    Moderate,
    /// A fall of at most 0.6, or of at most 1.2 with more than 5.1 reached.
    None,
}

/// EULAR's response, compared in whole thousandths: 6.5 − 5.3 is a fall of exactly 1.2, hence `none`, whatever
/// binary fractions make of it.
#[must_use]
pub fn eular_response(before: f64, after: f64) -> EularResponse {
    let thousandths = |x: f64| (x * 1000.0).round() as i64;
    let (reached, fall) = (thousandths(after), thousandths(before) - thousandths(after));
    if fall <= 600 || (fall <= 1200 && reached > 5100) {
        EularResponse::None
    } else if fall > 1200 && reached <= 3200 {
        EularResponse::Good
    } else {
        EularResponse::Moderate
    }
}

/// Major improvement of the DAS28 in one patient (Aletaha 2009: 1.82; beyond random change: 1.8).
const MAJOR_FALL: i64 = 1800;

/// Day of *distinct clinical improvement*: the first visit with a EULAR good response or a DAS28 fall of at least
/// 1.8 since the first visit that is still held at the next one. `visits` are day and DAS28, rising.
///
/// No published rule exists; this one is built from published limits. A last visit cannot confirm itself.
#[must_use]
pub fn improvement(visits: &[(f64, f64)]) -> Option<f64> {
    let (_, before) = *visits.first()?;
    let improved = |das: f64| {
        let fall = (before * 1000.0).round() as i64 - (das * 1000.0).round() as i64;
        fall >= MAJOR_FALL || eular_response(before, das) == EularResponse::Good
    };
    // The first visit is what the others are compared with.
    (visits.windows(2).skip(1))
        .find(|pair| improved(pair[0].1) && improved(pair[1].1))
        .map(|pair| pair[0].0)
}
