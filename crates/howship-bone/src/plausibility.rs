//! Between reading and measuring: whether the tissues lie where their unit says that they must.
//!
//! A pure function of what was seen, so that each rule can be tried: evidence of every visit in, warnings
//! or a refusal with its evidence out. Where nothing speaks for or against a unit, that is said.

use crate::Error;
use crate::segmentation::BoneShape;
use crate::tuning::PlausibleTuning;
use howship_image::{DensityUnit, PointMm, ScanView, UnitKnown, Volume};

/// What was seen of one visit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    /// Its name.
    pub(crate) visit: String,
    /// The unit that its values claim.
    pub(crate) unit: DensityUnit,
    /// How that is known.
    pub(crate) known: UnitKnown,
    /// Different values among those looked at, counted as far as a scan needs.
    pub(crate) distinct: usize,
    /// Median of soft tissue near the bones; `None` where the field holds none.
    pub(crate) soft: Option<f64>,
    /// The value that a hundredth of the voxels inside bones exceeds.
    pub(crate) dense: f64,
    /// Mean of bone.
    pub(crate) bone: f64,
    /// Values that a hundredth of the field lies below, and above.
    pub(crate) ends: [f64; 2],
    /// Share of the field below the emptiest density of mgHA/cm³.
    pub(crate) below: f64,
    /// Share of the field where air lies in mgHA/cm³.
    pub(crate) air: f64,
    /// Share of the field inside bones.
    pub(crate) filled: f64,
}

/// Gathers the evidence of a visit: `working` is its image on the bones' grid, `soft` its level of soft tissue.
pub(crate) fn evidence<'a>(
    visit: &str,
    scan: &ScanView<'_>,
    working: &Volume<f32>,
    shapes: impl Iterator<Item = &'a BoneShape>,
    soft: Option<f64>,
    bone: f64,
    limits: &PlausibleTuning,
) -> Result<Evidence, Error> {
    let whole = scan.volume.whole()?;
    let data = whole.data();
    let step = (data.len() / 1_000_000).max(1);
    let (mut below, mut air, mut seen) = (0usize, 0usize, 0usize);
    let mut distinct: Vec<f32> = Vec::new();
    let ends = ends_of(data.iter().step_by(step).copied().collect());
    for &value in data.iter().step_by(step) {
        seen += 1;
        below += usize::from(f64::from(value) < limits.emptiest_mgha);
        let (low, high) = (limits.air_mgha_low, limits.air_mgha_high);
        air += usize::from((low..=high).contains(&f64::from(value)));
        if distinct.len() < limits.least_values && !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    let shapes: Vec<&BoneShape> = shapes.collect();
    let mut inside: Vec<f32> = Vec::new();
    let values = working.data();
    let step = (values.len() / 2_000_000).max(1);
    for (offset, &value) in values.iter().enumerate().step_by(step) {
        if shapes.iter().any(|s| s.envelope.data()[offset] != 0) {
            inside.push(value);
        }
    }
    let dense = match inside.len() {
        0 => bone,
        n => f64::from(
            *inside
                .select_nth_unstable_by(n * 99 / 100, f32::total_cmp)
                .1,
        ),
    };
    let bones_mm3: f64 = shapes.iter().map(|s| s.volume_mm3).sum();
    let field = working.geometry().voxels() as f64 * working.geometry().voxel_mm3();
    let share = |n: usize| n as f64 / seen.max(1) as f64;
    Ok(Evidence {
        visit: visit.to_owned(),
        unit: scan.unit,
        known: scan.known,
        distinct: distinct.len(),
        soft,
        dense,
        bone,
        ends,
        below: share(below),
        air: share(air),
        filled: bones_mm3 / field.max(f64::MIN_POSITIVE),
    })
}

fn ends_of(mut values: Vec<f32>) -> [f64; 2] {
    let last = values.len().saturating_sub(1);
    [last / 100, last - last / 100]
        .map(|place| f64::from(*values.select_nth_unstable_by(place, f32::total_cmp).1))
}

/// Warnings, or the refusal of what cannot be in the unit that it claims.
///
/// # Errors
/// [`Error::Implausible`] with the visit and the evidence.
pub(crate) fn judge(all: &[Evidence], limits: &PlausibleTuning) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    for e in all {
        if let Some((reason, advice)) = refusal(e, limits) {
            return Err(Error::Implausible {
                visit: e.visit.clone(),
                reason,
                advice: advice.to_owned(),
            });
        }
        warnings.extend(doubts(e, limits));
    }
    warnings.extend(spreads(all, limits));
    Ok(warnings)
}

const COUNTS: &str = "if these are native counts, leave `--unit` out and state the scanner's calibration (`--calibration`)";
const HOUNSFIELD: &str = "if these are Hounsfield units, say `--unit HU` with the scanner's calibration (`--calibration`)";
const DENSITY: &str = "if this is density already, say `--unit mgHA/cm3`";

/// What is wrong, and what leads to a right answer.
fn refusal(e: &Evidence, limits: &PlausibleTuning) -> Option<(String, &'static str)> {
    if e.distinct < limits.least_values {
        return Some((
            format!(
                "the image holds only {} different values: a mask or a label image, not a scan",
                e.distinct
            ),
            "give the grey-value image, and this one with `--mask`",
        ));
    }
    let unit = e.unit;
    match unit {
        DensityUnit::MgHaPerCm3 if e.below >= limits.share => Some((
            format!(
                "{:.0} % of the field lie below {} mgHA/cm³, and nothing is so empty: air is near -390",
                100.0 * e.below,
                limits.emptiest_mgha
            ),
            HOUNSFIELD,
        )),
        DensityUnit::MgHaPerCm3 => out_of(
            e,
            [limits.soft_mgha_low, limits.soft_mgha_high],
            limits.dense_mgha,
        )
        .map(|reason| {
            (
                reason,
                if e.soft.is_some_and(|s| s > limits.soft_mgha_high) {
                    COUNTS
                } else {
                    HOUNSFIELD
                },
            )
        }),
        DensityUnit::Hounsfield if e.air >= limits.share && e.below < limits.hounsfield_air => {
            Some((
                format!(
                    "{:.0} % of the field lie between {} and {}, none near -1000, where air is in HU: this is where air is in mgHA/cm³",
                    100.0 * e.air,
                    limits.air_mgha_low,
                    limits.air_mgha_high
                ),
                DENSITY,
            ))
        }
        DensityUnit::Hounsfield => out_of(
            e,
            [limits.soft_hu_low, limits.soft_hu_high],
            limits.dense_hu,
        )
        .map(|reason| (reason, COUNTS)),
        DensityUnit::Native | DensityUnit::Arbitrary => None,
    }
}

fn out_of(e: &Evidence, soft: [f64; 2], dense: f64) -> Option<String> {
    let unit = e.unit;
    if let Some(level) = e.soft.filter(|s| !(soft[0]..=soft[1]).contains(s)) {
        return Some(format!(
            "soft tissue beside the bones lies at {level:.0} {unit}, where it must be between {} and {}",
            soft[0], soft[1]
        ));
    }
    (e.dense > dense).then(|| {
        format!(
            "the densest hundredth inside the bones lies above {:.0} {unit}; bone reaches {dense}",
            e.dense
        )
    })
}

fn doubts(e: &Evidence, limits: &PlausibleTuning) -> Vec<String> {
    let mut out = Vec::new();
    let visit = &e.visit;
    if e.filled > limits.filled {
        out.push(format!(
            "{visit}: bones fill {:.0} % of the field: is the threshold in the unit of the values?",
            100.0 * e.filled
        ));
    }
    let physical = matches!(e.unit, DensityUnit::MgHaPerCm3 | DensityUnit::Hounsfield);
    let silent = e.soft.is_none() && e.air < limits.share && e.below < limits.share;
    if physical && silent && e.known == UnitKnown::Stated {
        out.push(format!(
            "{visit}: that the values are in {} is stated by the caller, and the field holds neither soft tissue nor \
             air by which it could be checked",
            e.unit
        ));
    }
    out
}

/// Refuses bones that fill the field: of a surface that is not shown no break is found, and none is said to be absent.
///
/// # Errors
/// [`Error::NoSurface`].
pub(crate) fn surface_in_field(
    e: &Evidence,
    masked: bool,
    limits: &PlausibleTuning,
) -> Result<(), Error> {
    if e.filled <= limits.filled {
        return Ok(());
    }
    Err(Error::NoSurface {
        visit: e.visit.clone(),
        filled_percent: (100.0 * e.filled).floor(),
        masked,
    })
}

/// Visits of one joint that differ by more than bone can.
fn spreads(all: &[Evidence], limits: &PlausibleTuning) -> Vec<String> {
    let mut out = Vec::new();
    let Some(first) = all.first() else {
        return out;
    };
    for e in &all[1..] {
        let spread = |a: f64, b: f64| (a - b).abs() / (0.5 * (a.abs() + b.abs())).max(1e-9);
        if spread(e.bone, first.bone) > limits.level_spread {
            out.push(format!(
                "{} and {}: the mean of bone is {:.0} and {:.0} {}: the scale of density differs between the visits",
                first.visit, e.visit, first.bone, e.bone, e.unit
            ));
        }
    }
    out
}

/// The level of soft tissue, where it was seen rather than taken by `convention`.
pub(crate) fn seen_soft(soft: f64, convention: Option<f64>) -> Option<f64> {
    Some(soft).filter(|s| convention.is_none_or(|c| (s - c).abs() > 1e-9))
}

/// Refuses values that are no numbers: nothing is measured from one.
///
/// # Errors
/// [`Error::NotNumbers`] with the first place.
pub(crate) fn only_numbers(scan: &ScanView<'_>) -> Result<(), Error> {
    let whole = scan.volume.whole()?;
    let data = whole.data();
    let count = data.iter().filter(|v| !v.is_finite()).count();
    let Some(first) = data.iter().position(|v| !v.is_finite()) else {
        return Ok(());
    };
    let geometry = scan.volume.geometry();
    let at: PointMm = geometry.world(geometry.voxel(first).map(|i| i as f64));
    Err(Error::NotNumbers {
        count,
        at_mm: at.coords.into(),
        distance_mm: 0.0,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sound(unit: DensityUnit) -> Evidence {
        let hu = unit == DensityUnit::Hounsfield;
        Evidence {
            visit: "M0".to_owned(),
            unit,
            known: UnitKnown::Stated,
            distinct: 5,
            soft: Some(20.0),
            dense: if hu { 2300.0 } else { 1000.0 },
            bone: if hu { 1500.0 } else { 600.0 },
            ends: if hu {
                [-1000.0, 1800.0]
            } else {
                [-390.0, 800.0]
            },
            below: if hu { 0.3 } else { 0.0 },
            air: if hu { 0.0 } else { 0.3 },
            filled: 0.3,
        }
    }

    fn refused(e: Evidence, word: &str) {
        let error = judge(&[e], &PlausibleTuning::default()).unwrap_err();
        let text = format!("{error}; {}", error.hint().unwrap_or_default());
        assert!(text.contains(word), "{text}");
    }

    #[test]
    fn sound_scans_pass_without_a_word() {
        for unit in [
            DensityUnit::MgHaPerCm3,
            DensityUnit::Hounsfield,
            DensityUnit::Arbitrary,
        ] {
            let warnings = judge(&[sound(unit), sound(unit)], &PlausibleTuning::default()).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
        }
    }

    #[test]
    fn a_wrong_unit_is_refused_with_what_speaks_against_it() {
        let (density, hu) = (DensityUnit::MgHaPerCm3, DensityUnit::Hounsfield);
        // Each as the other, and native counts as both.
        refused(
            Evidence {
                unit: density,
                ..sound(hu)
            },
            "--unit HU",
        );
        refused(
            Evidence {
                unit: hu,
                ..sound(density)
            },
            "--unit mgHA/cm3",
        );
        let counts = |unit| Evidence {
            soft: Some(2000.0),
            dense: 9000.0,
            air: 0.0,
            below: 0.0,
            ..sound(unit)
        };
        refused(counts(density), "--calibration");
        refused(counts(hu), "--calibration");
        // A crop without air or soft tissue: only bone speaks.
        let crop = Evidence {
            soft: None,
            below: 0.0,
            air: 0.0,
            dense: 2300.0,
            ..sound(density)
        };
        refused(crop, "densest");
        refused(
            Evidence {
                distinct: 2,
                ..sound(density)
            },
            "mask",
        );
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        let silent = Evidence {
            soft: None,
            air: 0.0,
            below: 0.0,
            ..sound(DensityUnit::MgHaPerCm3)
        };
        let warnings = judge(&[silent], &PlausibleTuning::default()).unwrap();
        assert!(warnings[0].contains("stated by the caller"), "{warnings:?}");
        let full = Evidence {
            filled: 0.99,
            ..sound(DensityUnit::MgHaPerCm3)
        };
        assert!(
            judge(std::slice::from_ref(&full), &PlausibleTuning::default()).unwrap()[0]
                .contains("99 %")
        );
        // Where erosions are looked for it is refused, with what mends a mask or a threshold.
        for (masked, word) in [(true, "must be 0"), (false, "--threshold")] {
            let asked = |e: &Evidence| surface_in_field(e, masked, &PlausibleTuning::default());
            let error = asked(&full).unwrap_err();
            let text = format!("{error}; {}", error.hint().unwrap());
            assert!(
                text.contains("99 % of the field") && text.contains(word),
                "{text}"
            );
            assert_eq!(asked(&sound(DensityUnit::MgHaPerCm3)), Ok(()));
        }
    }

    #[test]
    fn visits_that_differ_by_more_than_bone_can_are_named() {
        let base = sound(DensityUnit::MgHaPerCm3);
        let smaller = Evidence {
            visit: "M6".to_owned(),
            bone: 450.0,
            ..base.clone()
        };
        let warnings = judge(&[base, smaller], &PlausibleTuning::default()).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("600 and 450"));
    }
}
