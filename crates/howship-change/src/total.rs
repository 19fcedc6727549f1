use crate::{Change, Error, Lesion, LesionVisit, Measurement, Quantity, Scale};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The erosion volume of a bone, or of all bones in the field, over the visits.
///
/// Summed are the erosions, and what the user pointed at, whose volume is known at every visit, so that every visit's
/// sum is of the same ones. Other kinds of cavities are in no sum.
///
/// # Errors of a sum
/// Lesions of one bone share its registration, the density scale and the wall's level, so that their errors are
/// correlated by an amount that one series cannot tell. The standard errors are added up, as if they were one error:
/// the largest that any correlation allows, with the fewest degrees of freedom among them, so that intervals are too wide
/// rather than too narrow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErosionTotal {
    /// The bone's name; absent for all bones together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bone: Option<String>,
    /// Lesions in the sum, by their identities.
    pub lesions: Vec<u32>,
    /// Lesions left out because a visit does not show or tell them.
    pub left_out: Vec<u32>,
    /// Names of the visits with the sum at each, mm³.
    pub visits: Vec<TotalAtVisit>,
    /// Baseline to every later visit.
    pub course: Vec<Change>,
}

/// A sum at one visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TotalAtVisit {
    /// Name of the visit.
    pub visit: String,
    /// The sum.
    pub volume: Measurement,
}

/// Totals of every bone, by its name, that has a lesion, then of all bones where there is more than one bone.
///
/// # Errors
/// Degrees of freedom that are not positive: none of these is, since a sum's error is taken as known.
pub fn erosion_totals(
    bones: &[&str],
    lesions: &[Lesion],
    visits: &[String],
) -> Result<Vec<ErosionTotal>, Error> {
    let counted: Vec<&Lesion> = lesions.iter().filter(|l| l.kind.counts()).collect();
    let mut totals = Vec::new();
    for bone in bones {
        let own: Vec<&Lesion> = counted
            .iter()
            .filter(|l| l.bone == *bone)
            .copied()
            .collect();
        if !own.is_empty() {
            totals.push(total(Some(bone), &own, visits)?);
        }
    }
    if bones.len() > 1 && !counted.is_empty() {
        totals.push(total(None, &counted, visits)?);
    }
    Ok(totals)
}

fn total(
    bone: Option<&str>,
    lesions: &[&Lesion],
    visits: &[String],
) -> Result<ErosionTotal, Error> {
    let (summed, left_out): (Vec<&Lesion>, Vec<&Lesion>) =
        lesions.iter().partition(|l| is_followed(l, visits));
    let sum = |visit: &String| {
        let volumes = summed.iter().filter_map(|l| volume(at(l, visit)?));
        let df = fewest(volumes.clone().map(|m| m.df));
        let (value, se) = volumes.fold((0.0, 0.0), |(v, e), m| (v + m.value, e + m.se));
        TotalAtVisit {
            visit: visit.clone(),
            volume: Measurement {
                value,
                unit: Quantity::Volume.unit().to_owned(),
                se,
                df,
            },
        }
    };
    let ids = |of: &[&Lesion]| of.iter().map(|l| l.id).collect();
    Ok(ErosionTotal {
        bone: bone.map(str::to_owned),
        lesions: ids(&summed),
        left_out: ids(&left_out),
        visits: visits.iter().map(sum).collect(),
        course: course(&summed, visits)?,
    })
}

/// The sums' changes; none where nothing is summed.
fn course(summed: &[&Lesion], visits: &[String]) -> Result<Vec<Change>, Error> {
    let Some((first, later)) = visits.split_first().filter(|_| !summed.is_empty()) else {
        return Ok(Vec::new());
    };
    let to = |visit: &String| {
        let changes = summed.iter().filter_map(|l| change(l, visit));
        let df = fewest(changes.clone().map(|c| c.df));
        // No one change is judged here, so that δ is the sum of what would matter of each.
        let (value, se, delta) = changes.fold((0.0, 0.0, 0.0), |(v, e, d), c| {
            (v + c.value, e + c.se, d + c.delta)
        });
        let scale = Scale::new(Quantity::Volume.unit(), delta, 0.0);
        Change::new(value, se, df, &scale, (first, visit))
    };
    later.iter().map(to).collect()
}

/// The fewest degrees of freedom; absent where all errors are taken as known.
fn fewest(all: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    all.flatten().reduce(f64::min)
}

/// Whether volume and change are known at every visit.
fn is_followed(lesion: &Lesion, visits: &[String]) -> bool {
    let known = |m: &Measurement| m.value.is_finite() && m.se.is_finite();
    let measured = |visit: &String| at(lesion, visit).and_then(volume).is_some_and(known);
    let changed = |visit: &String| change(lesion, visit).is_some_and(|c| c.value.is_finite());
    visits.iter().all(measured) && visits.iter().skip(1).all(changed)
}

fn at<'a>(lesion: &'a Lesion, visit: &str) -> Option<&'a LesionVisit> {
    lesion.visits.iter().find(|v| v.visit == visit)
}

fn volume(visit: &LesionVisit) -> Option<&Measurement> {
    visit.measurements.get(&Quantity::Volume)
}

fn change<'a>(lesion: &'a Lesion, visit: &str) -> Option<&'a Change> {
    lesion.course.iter().find(|c| c.to == visit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LesionKind, VerdictOptions};
    use std::collections::BTreeMap;

    /// Volumes at M0 and M6 with errors of a tenth, the change's a twentieth; `None` where a visit does not show it.
    fn lesion(id: u32, bone: &str, volumes: [Option<f64>; 2]) -> Lesion {
        let measured = |value: f64| Measurement {
            value,
            unit: "mm³".into(),
            se: 0.1,
            df: Some(20.0),
        };
        let visit = |k: usize| {
            Some(LesionVisit {
                visit: ["M0", "M6"][k].into(),
                found: true,
                open: true,
                absent: false,
                centre_mm: [0.0; 3],
                measurements: BTreeMap::from([(Quantity::Volume, measured(volumes[k]?))]),
                volume_alone: None,
                repair: None,
            })
        };
        let change = volumes[0].zip(volumes[1]).map(|(a, b)| {
            let scale = Quantity::Volume.scale(&VerdictOptions::default(), a);
            Change::new(b - a, 0.05, Some(20.0), &scale, ("M0", "M6")).unwrap()
        });
        Lesion {
            id,
            bone: bone.into(),
            kind: LesionKind::Erosion,
            erosion_probability: None,
            centroid_mm: [0.0; 3],
            normal: [0.0, 0.0, 1.0],
            visits: [visit(0), visit(1)].into_iter().flatten().collect(),
            change: change
                .iter()
                .map(|c| (Quantity::Volume, c.clone()))
                .collect(),
            course: change.into_iter().collect(),
            judged: None,
        }
    }

    #[test]
    fn a_sum_is_of_the_same_lesions_at_every_visit() {
        let lesions = [
            lesion(1, "a", [Some(2.0), Some(1.0)]),
            lesion(2, "a", [Some(0.5), Some(0.75)]),
            lesion(3, "b", [Some(4.0), None]),
            lesion(4, "b", [Some(1.0), Some(1.0)]),
        ];
        let visits = ["M0", "M6"].map(String::from);
        let totals = erosion_totals(&["a", "b", "c"], &lesions, &visits).unwrap();
        let names: Vec<Option<&str>> = totals.iter().map(|t| t.bone.as_deref()).collect();
        assert_eq!(
            names,
            [Some("a"), Some("b"), None],
            "a bone without lesion has no row"
        );
        let all = &totals[2];
        assert_eq!(
            (&all.lesions[..], &all.left_out[..]),
            (&[1, 2, 4][..], &[3][..])
        );
        let value = |k: usize| all.visits[k].volume.value;
        assert_eq!((value(0), value(1)), (3.5, 2.75));
        let change = &all.course[0];
        assert_eq!(change.value, value(1) - value(0));
        // As if one error: never less than any correlation would give.
        assert!((change.se - 0.15).abs() < 1e-12 && (all.visits[0].volume.se - 0.3).abs() < 1e-12);
        assert_eq!(change.df, Some(20.0));
        // A sum of one is that one.
        let one = &totals[1];
        assert_eq!(one.lesions, [4]);
        assert_eq!(one.course, lesions[3].course);
        let alone = 0.05 * 3f64.sqrt();
        assert!(change.se > alone);
    }

    #[test]
    fn a_recess_is_in_no_sum() {
        let erosion = lesion(1, "a", [Some(2.0), Some(1.0)]);
        let recess = Lesion {
            kind: LesionKind::NaturalRecess,
            ..lesion(2, "a", [Some(6.0), Some(6.0)])
        };
        let visits = ["M0", "M6"].map(String::from);
        let both = [erosion.clone(), recess.clone()];
        let alone = erosion_totals(&["a"], &[erosion], &visits).unwrap();
        assert_eq!(erosion_totals(&["a"], &both, &visits).unwrap(), alone);
        assert!(
            erosion_totals(&["a"], &[recess], &visits)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn nothing_summed_is_no_change() {
        let lesions = [lesion(3, "b", [Some(4.0), None])];
        let visits = ["M0", "M6"].map(String::from);
        let totals = erosion_totals(&["b"], &lesions, &visits).unwrap();
        assert!(totals.len() == 1 && totals[0].course.is_empty() && totals[0].lesions.is_empty());
        assert!(erosion_totals(&["b"], &[], &visits).unwrap().is_empty());
    }
}
