//! One lesion put into words: measurements, signs of repair, changes, verdict.

use crate::evidence::{kind, likelihood};
use crate::joint::Analysis;
use crate::lesion_error::VolumeChange;
use crate::quantities::{Values, changes, to_measurements};
use crate::reconcile::joint_values;
use crate::select::BoneLesion;
use crate::{BoneOptions, Error};
use howship_change::{
    ErosionProbability, Judged, Lesion, LesionKind, LesionVisit, Quantity, RepairSigns, decide,
};
use std::collections::BTreeMap;

/// A lesion in words; what kind it is is told from what was judged too.
pub(crate) fn lesion_entry(
    analysis: &Analysis<'_>,
    id: u32,
    found: &BoneLesion,
    given: bool,
    options: &BoneOptions,
) -> Result<Lesion, Error> {
    let values = joint_values(found);
    let mut entry = Lesion {
        id,
        bone: analysis.bones[found.bone].name(),
        kind: LesionKind::Given,
        erosion_probability: erosion_probability(analysis, found, options),
        centroid_mm: found.lesion.centre().coords.into(),
        normal: found.lesion.surface.normal().into(),
        visits: visits(analysis, found, &values),
        change: BTreeMap::new(),
        course: Vec::new(),
        judged: None,
    };
    if analysis.visits.len() > 1 {
        judge(analysis, found, &values, options, &mut entry)?;
    }
    if !given {
        let telling = found.telling_visit();
        entry.kind = kind(
            telling.and_then(|v| found.looks[v].as_ref()),
            entry.erosion_probability.as_ref().map(|p| p.probability),
            found.is_erosion_ever(),
            entry.judged.as_ref(),
            &options.tuning.kind,
        );
    }
    Ok(entry)
}

fn erosion_probability(
    analysis: &Analysis<'_>,
    found: &BoneLesion,
    options: &BoneOptions,
) -> Option<ErosionProbability> {
    let visit = found.telling_visit()?;
    let looks = found.looks[visit].as_ref()?;
    let name = analysis.visits[visit].name();
    Some(likelihood(looks, found.repeats, name, &options.tuning.kind))
}

/// The visits at which the lesion's bone was found and aligned.
fn visits(analysis: &Analysis<'_>, found: &BoneLesion, values: &[Values]) -> Vec<LesionVisit> {
    let bone = &analysis.bones[found.bone];
    let centre = found.lesion.centre();
    // What a visit says by itself stands beside the joint estimate.
    let alone = |v: usize| {
        let followed = analysis.visits.len() > 1;
        let mut own = found.values[v].clone();
        if let Some(void) = found.voids[v] {
            own.insert(Quantity::Volume, void);
        }
        let mut own = to_measurements(&own, analysis.unit);
        own.remove(&Quantity::Volume).filter(|_| followed)
    };
    let mut visits = Vec::new();
    for (v, seen) in analysis.visits.iter().enumerate() {
        let Some(here) = bone.aligned(v) else {
            continue;
        };
        let pose = &here.pose;
        visits.push(LesionVisit {
            visit: seen.name().to_owned(),
            found: found.is_erosion(v),
            centre_mm: pose.transform.apply(centre).coords.into(),
            measurements: to_measurements(&values[v], analysis.unit),
            open: found.lesion.is_open(v),
            absent: found.voids[v].is_some(),
            volume_alone: alone(v),
            repair: repair(found, v),
        });
    }
    visits
}

fn repair(found: &BoneLesion, visit: usize) -> Option<RepairSigns> {
    if visit == 0 {
        return None;
    }
    let margin = |v: usize| {
        found.values[v]
            .get(&Quantity::MarginDensity)
            .map(|m| m.value)
    };
    Some(RepairSigns {
        recortication: found.lesion.surface.closed_share(0, visit)?,
        filling_in: found.lesion.filled_share(0, visit)?,
        sclerosis: margin(visit)? - margin(0)?,
    })
}

/// Changes from the baseline to every later visit, and the verdict on the last.
fn judge(
    analysis: &Analysis<'_>,
    found: &BoneLesion,
    values: &[Values],
    options: &BoneOptions,
    entry: &mut Lesion,
) -> Result<(), Error> {
    let last = analysis.visits.len() - 1;
    let mut to_last = None;
    for v in 1..=last {
        let volume = found.volume_changes[v];
        let changes = changes(
            values,
            volume.as_ref(),
            (0, v),
            (analysis.visits[0].name(), analysis.visits[v].name()),
            analysis.unit,
            options,
        )?;
        if let Some(volume) = changes.get(&Quantity::Volume) {
            entry.course.push(volume.clone());
        }
        if v == last {
            entry.change = changes;
            to_last = volume;
        }
    }
    let gate = why_uncertain(analysis, found, to_last.as_ref(), options);
    let before = values[0].get(&Quantity::Volume).map_or(0.0, |v| v.value);
    let scale = Quantity::Volume.scale(&options.verdict, before);
    entry.judged = Some(match entry.change.get(&Quantity::Volume) {
        Some(change) => decide(change.clone(), &scale, gate.as_deref(), &options.verdict)?,
        None => Judged::unmeasured(gate.unwrap_or_else(|| {
            "the lesion could not be measured at both visits: it lies outside one of the fields"
                .into()
        })),
    });
    Ok(())
}

/// Why no verdict may be given on the change from the baseline to the last visit; `None` where one may.
fn why_uncertain(
    analysis: &Analysis<'_>,
    found: &BoneLesion,
    change: Option<&VolumeChange>,
    options: &BoneOptions,
) -> Option<String> {
    let last = analysis.visits.len() - 1;
    let ends = [0, last];
    let registration = || match analysis.bones[found.bone].pose(last) {
        None => Some("the bone could not be registered to this visit".to_owned()),
        Some(pose) => pose.failure(),
    };
    let size = change.map_or(0.0, |c| c.value);
    let doubt = |v: usize| {
        let doubt = found.lesion.doubt(v, size)?;
        Some(format!("{}: {doubt}", analysis.visits[v].name()))
    };
    let most = options.tuning.density.disagree;
    registration()
        .or_else(|| ends.iter().find_map(|&v| doubt(v)))
        .or_else(|| disagreement(change?, most))
        .or_else(|| ends.iter().find_map(|&v| at_the_edge(analysis, found, v)))
}

/// A lesion that the edge of the field may cut: what is beyond cannot be measured.
fn at_the_edge(analysis: &Analysis<'_>, found: &BoneLesion, visit: usize) -> Option<String> {
    let cavity = found.lesion.cavity(visit)?;
    let pose = analysis.bones[found.bone].pose(visit)?;
    let seen = &analysis.visits[visit];
    let geometry = seen.scan.volume.geometry();
    let size = geometry.size();
    let cut = cavity.boundary().any(|(d, r)| {
        let index = geometry.index(pose.transform.apply(cavity.centre + d * r));
        (0..3).any(|a| index[a] < EDGE_VOXELS || index[a] > size[a] as f64 - 1.0 - EDGE_VOXELS)
    });
    cut.then(|| {
        format!(
            "{}: the lesion reaches the edge of the field of view",
            seen.name()
        )
    })
}

/// Bone this near to the end of a stack is seen too incompletely to be measured, voxels.
const EDGE_VOXELS: f64 = 2.0;

/// Walls that moved where no mineral came or went, or the other way round: one of the two is wrong.
fn disagreement(change: &VolumeChange, most: f64) -> Option<String> {
    (change.disagreement > most).then(|| {
        format!(
            "the wall's change and the density's change disagree by {:.1} standard errors",
            change.disagreement.sqrt()
        )
    })
}
