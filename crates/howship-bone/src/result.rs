//! A joint's analysis put into words: the domain's types, label volumes, and what the report draws.

use crate::bone_entry::bone_entry;
use crate::input::{JointInput, Observer};
use crate::joint::{Analysis, analyse, bone_labels};
use crate::joint_space::{Estimate, JointSpaces, joint_spaces};
use crate::lesion_entry::lesion_entry;
use crate::pictures::{LesionVoxels, Patch, lesion_labels, lesion_voxels, patch};
use crate::remodelling::RemodellingMap;
use crate::select::BoneLesion;
use crate::{BoneOptions, Error};
use howship_change::{Bone, Lesion, Measurement, VisitSummary};
use howship_image::{Geometry, Labels, Volume};

/// What was measured of a joint.
pub struct JointResult {
    /// The visits.
    pub visits: Vec<VisitSummary>,
    /// The bones, with registration and remodelling.
    pub bones: Vec<Bone>,
    /// The lesions, with changes and verdicts where there are two visits.
    pub lesions: Vec<Lesion>,
    /// The joint spaces between bones that face each other.
    pub joint_spaces: Vec<JointSpaces>,
    /// What was odd.
    pub warnings: Vec<String>,
    /// Lesion identities on the baseline's grid (the largest extent over the visits).
    pub labels: Labels,
    /// The lesions of `labels` apart, and each visit's cavity apart.
    pub lesion_voxels: Vec<LesionVoxels>,
    /// Bone identities on the baseline's grid.
    pub bone_labels: Labels,
    /// Formed 1, resorbed 2, unchanged bone 3, mineralised 4, demineralised 5; baseline to last visit.
    pub remodelling: Option<Volume<u8>>,
    /// For each lesion, images of all visits in the common frame with their cavities.
    pub patches: Vec<Patch>,
}

/// Measures a joint at one or more visits.
///
/// # Method
/// Bones are found at each visit, registered one by one to the baseline; cavities that open through the cortex are
/// looked for at every visit, then each is measured at all visits in one frame; see the modules.
///
/// # Errors
/// No bone, units that differ, masks that do not fit, a stop wanted by the observer.
pub fn measure_joint(
    input: &JointInput<'_>,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<JointResult, Error> {
    let analysis = analyse(input, options, observer)?;
    let geometry = input.baseline()?.volume.geometry();
    let (mut bones, remodelling) = bone_entries(&analysis, geometry, options, observer)?;
    let joint_spaces = joint_spaces(&analysis.visits, &analysis.bones, &options.tuning.space)?;
    add_joint_spaces(&mut bones, &joint_spaces, &analysis);
    let lesion_voxels = lesion_voxels(&analysis, geometry);
    Ok(JointResult {
        visits: visit_summaries(&analysis),
        bones,
        lesions: lesion_entries(&analysis, input.lesions.is_some(), options)?,
        joint_spaces,
        warnings: warnings(&analysis),
        labels: lesion_labels(&lesion_voxels, geometry),
        lesion_voxels,
        bone_labels: bone_labels(&analysis.visits[0].shapes, geometry)?,
        remodelling,
        patches: patches(&analysis)?,
    })
}

fn visit_summaries(analysis: &Analysis<'_>) -> Vec<VisitSummary> {
    let visits = analysis.visits.iter();
    visits
        .map(|seen| VisitSummary {
            visit: seen.visit.clone(),
            size: seen.scan.volume.size(),
            spacing_mm: seen.scan.volume.geometry().spacing(),
            unit: seen.scan.unit.to_string(),
            noise_sd: seen.levels.noise_sd,
            blur_mm: None,
        })
        .collect()
}

/// The bones, and the remodelling of all of them in one volume.
fn bone_entries(
    analysis: &Analysis<'_>,
    geometry: &Geometry,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<(Vec<Bone>, Option<Volume<u8>>), Error> {
    let mut bones = Vec::new();
    let mut map = None;
    for bone in &analysis.bones {
        let (entry, remodelling) = bone_entry(analysis, bone, options, observer)?;
        if let Some(part) = remodelling {
            RemodellingMap::merge(&mut map, part, geometry)?;
        }
        bones.push(entry);
    }
    Ok((bones, map.map(RemodellingMap::into_volume)))
}

/// Joint space among the measurements of the first of its two bones, per visit; its change, which the bones' motion
/// tells better than two widths do, beside it.
fn add_joint_spaces(bones: &mut [Bone], spaces: &[JointSpaces], analysis: &Analysis<'_>) {
    for space in spaces {
        let [first, second] = space.bones;
        let Some(bone) = bones.iter_mut().find(|b| b.id == first) else {
            continue;
        };
        let key = |what: &str| format!("joint_space_{what}_to_bone_{second}");
        for (v, seen) in analysis.visits.iter().enumerate() {
            let Some(entry) = bone.visits.iter_mut().find(|b| b.visit == seen.name()) else {
                continue;
            };
            let mut put = |what: &str, unit: &str, e: &Estimate| {
                let measurement = Measurement {
                    value: e.value,
                    unit: unit.to_owned(),
                    se: e.se,
                    df: None,
                };
                entry.measurements.insert(key(what), measurement);
            };
            if let Some(space) = &space.visits[v] {
                put("mean", "mm", &space.mean);
                put("minimum", "mm", &space.minimum);
                put("volume", "mm³", &space.volume);
            }
            if let Some(change) = &space.changes[v] {
                put("mean_change_by_motion", "mm", &change.mean);
                put("narrowest_change_by_motion", "mm", &change.narrowest);
            }
        }
    }
}

fn lesion_entries(
    analysis: &Analysis<'_>,
    given: bool,
    options: &BoneOptions,
) -> Result<Vec<Lesion>, Error> {
    let numbered = (1..).zip(&analysis.lesions);
    numbered
        .map(|(id, lesion)| lesion_entry(analysis, id, lesion, given, options))
        .collect()
}

fn patches(analysis: &Analysis<'_>) -> Result<Vec<Patch>, Error> {
    let numbered = (1..).zip(&analysis.lesions);
    numbered
        .map(|(id, lesion)| patch(analysis, id, lesion))
        .collect()
}

fn warnings(analysis: &Analysis<'_>) -> Vec<String> {
    let mut warnings = analysis.warnings.clone();
    for cyst in &analysis.cysts {
        let (bone, at) = (cyst.bone + 1, cyst.centre);
        warnings.push(format!(
            "bone {bone}: a cavity of {:.1} mm without a mouth at ({:.1}, {:.1}, {:.1}) mm is taken for a cyst and not counted as an erosion",
            cyst.diameter_mm, at.x, at.y, at.z
        ));
    }
    warnings.extend((1..).zip(&analysis.lesions).filter_map(recess_warning));
    warnings
}

/// Says of a lesion that it may be measured together with a recess beside it, at the visit where that is largest.
fn recess_warning((id, found): (u32, &BoneLesion)) -> Option<String> {
    let largest = found
        .lesion
        .cavities()
        .max_by(|(_, a), (_, b)| a.recess_mm3.total_cmp(&b.recess_mm3));
    let (_, cavity) = largest.filter(|(_, c)| c.recess_mm3 > 0.0)?;
    let whole = cavity.mean_volume();
    Some(format!(
        "lesion {id}: {:.1} of its {whole:.1} mm³ lie before bone that is lined as the outside is: a recess of the bone's own shape beside the lesion, or a wall that has healed over, is measured with it, and the lesion may be as small as {:.1} mm³; a change is not affected",
        cavity.recess_mm3,
        (whole - cavity.recess_mm3).max(0.0)
    ))
}
