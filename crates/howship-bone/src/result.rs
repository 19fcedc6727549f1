//! A joint's analysis put into words: the domain's types, label volumes, and what the report draws.

use crate::bone_entry::bone_entry;
use crate::cavity::VisitCavity;
use crate::input::{JointInput, Observer};
use crate::joint::{Analysis, analyse, bone_labels};
use crate::joint_space::{Estimate, JointSpaces, joint_spaces};
use crate::lesion_entry::lesion_entry;
use crate::marrow::{self, Contrast, TurnedJoint};
use crate::pictures::{LesionVoxels, Patch, Shown, lesion_labels, lesion_voxels, patch};
use crate::remodelling::RemodellingMap;
use crate::select::BoneLesion;
use crate::{BoneOptions, Error};
use howship_change::{
    Bone, Change, Lesion, LesionKind, LesionVisit, Measurement, NotReported, Quantity,
    VisitSummary, VisitVolume,
};
use howship_image::{Geometry, Labels, Volume};

/// What was measured of a joint.
pub struct JointResult {
    /// The visits.
    pub visits: Vec<VisitSummary>,
    /// The bones, with registration and remodelling.
    pub bones: Vec<Bone>,
    /// The lesions, with changes and verdicts where there are two visits.
    pub lesions: Vec<Lesion>,
    /// Cavities that were found and are not reported as erosions.
    pub not_reported: Vec<NotReported>,
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
    match marrow::turned(input, options)? {
        None => measure((input, input), None, options, observer),
        Some(joint) => {
            let turned = joint.input(input);
            measure((&turned, input), Some(&joint), &joint.options, observer)
        }
    }
}

/// Measures one input and shows the images of the other.
fn measure(
    (input, shown): (&JointInput<'_>, &JointInput<'_>),
    turned: Option<&TurnedJoint>,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<JointResult, Error> {
    let contrast = turned.map_or(Contrast::Mineral, |_| Contrast::Marrow);
    let mut analysis = analyse(input, contrast, options, observer)?;
    if let Some(turned) = turned {
        analysis.warnings.insert(0, turned.warning.clone());
    }
    let geometry = input.baseline()?.volume.geometry();
    let (mut bones, remodelling) = bone_entries(&analysis, geometry, options, observer)?;
    // Given masks' edges are not the surfaces between which a joint space is.
    let without = options.only_remodelling || contrast == Contrast::Marrow;
    let joint_spaces = if without {
        Vec::new()
    } else {
        joint_spaces(&analysis.visits, &analysis.bones, &options.tuning.space)?
    };
    add_joint_spaces(&mut bones, &joint_spaces, &analysis);
    let (mut lesions, not_reported) =
        reported_first(&mut analysis, input.lesions.is_some(), options)?;
    if contrast == Contrast::Marrow {
        lesions.iter_mut().for_each(marrow::without_mineral);
    }
    let lesion_voxels = lesion_voxels(&analysis, geometry);
    let mut visits = visit_summaries(&analysis);
    for (visit, levels) in visits.iter_mut().zip(turned.iter().flat_map(|t| &t.levels)) {
        visit.noise_sd = marrow::own_noise(visit.noise_sd, *levels);
    }
    Ok(JointResult {
        visits,
        bones,
        not_reported,
        joint_spaces,
        warnings: warnings(&analysis, &lesions),
        labels: lesion_labels(&lesion_voxels, geometry),
        lesion_voxels,
        bone_labels: bone_labels(&analysis.visits[0].shapes, geometry)?,
        remodelling,
        patches: patches(&analysis, &pictured(&analysis, shown, turned), &lesions)?,
        lesions,
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
    for bone in analysis.bones.iter().zip(&analysis.outlined) {
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
                put("p5", "mm", &space.p5);
                put("p95", "mm", &space.p95);
                put("volume", "mm³", &space.volume);
            }
            if let Some(change) = &space.changes[v] {
                put("mean_change_by_motion", "mm", &change.mean);
                put("narrowest_change_by_motion", "mm", &change.narrowest);
            }
        }
    }
}

/// The lesions that are reported, then those that are not; of the latter the analysis keeps nothing.
fn reported_first(
    analysis: &mut Analysis<'_>,
    given: bool,
    options: &BoneOptions,
) -> Result<(Vec<Lesion>, Vec<NotReported>), Error> {
    let entries = analysis
        .lesions
        .iter()
        .map(|lesion| lesion_entry(analysis, 0, lesion, given, options))
        .collect::<Result<Vec<_>, _>>()?;
    let found = std::mem::take(&mut analysis.lesions);
    let is_reported = |entry: &Lesion| entry.kind.counts();
    let (counted, others): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .zip(found)
        .partition(|(entry, _)| is_reported(entry));
    // Identities do not depend on whether all are wanted.
    let numbered = (1..).zip(counted.into_iter().chain(others));
    let (mut lesions, mut not_reported) = (Vec::new(), Vec::new());
    let mut last = 0;
    for (id, (entry, measured)) in numbered {
        last = id;
        if options.all || is_reported(&entry) {
            lesions.push(Lesion { id, ..entry });
            analysis.lesions.push(measured);
        } else {
            not_reported.push(left_out(id, entry));
        }
    }
    let cysts = (last + 1..).zip(&analysis.cysts);
    not_reported.extend(cysts.map(|(id, cyst)| NotReported {
        id,
        bone: analysis.bones[cyst.bone].name(),
        kind: LesionKind::Cyst,
        centroid_mm: cyst.centre.coords.into(),
        erosion_probability: None,
        volumes: Vec::new(),
        diameter_mm: Some(cyst.diameter_mm),
    }));
    Ok((lesions, not_reported))
}

fn left_out(id: u32, entry: Lesion) -> NotReported {
    let volume = |visit: LesionVisit| {
        let mut measured = visit.measurements;
        Some(VisitVolume {
            volume: measured.remove(&Quantity::Volume)?,
            visit: visit.visit,
        })
    };
    NotReported {
        id,
        bone: entry.bone,
        kind: entry.kind,
        centroid_mm: entry.centroid_mm,
        erosion_probability: entry.erosion_probability,
        volumes: entry.visits.into_iter().filter_map(volume).collect(),
        diameter_mm: None,
    }
}

/// What pictures show: the images that were given, in their own contrast.
fn pictured<'a>(
    analysis: &Analysis<'_>,
    given: &JointInput<'a>,
    turned: Option<&TurnedJoint>,
) -> Shown<'a> {
    let seen = analysis.visits.iter();
    let measured = || seen.map(|v| (v.levels.soft, v.levels.bone)).collect();
    Shown {
        volumes: given.visits.iter().map(|v| v.scan.volume).collect(),
        levels: turned.map_or_else(measured, |t| t.levels.clone()),
    }
}

fn patches(
    analysis: &Analysis<'_>,
    shown: &Shown<'_>,
    lesions: &[Lesion],
) -> Result<Vec<Patch>, Error> {
    analysis
        .lesions
        .iter()
        .zip(lesions)
        .map(|(measured, entry)| patch(analysis, shown, entry.id, measured))
        .collect()
}

/// What was odd, and of which reported lesions a recess may be part.
fn warnings(analysis: &Analysis<'_>, lesions: &[Lesion]) -> Vec<String> {
    let mut warnings = analysis.warnings.clone();
    let numbered = || lesions.iter().map(|entry| entry.id).zip(&analysis.lesions);
    warnings.extend(numbered().filter_map(recess_warning));
    warnings.extend(numbered().flat_map(|lesion| beyond_view(analysis, lesion)));
    warnings.extend(lesions.iter().filter_map(between));
    warnings
}

/// Says of a lesion that it was clearly larger or smaller at a visit between, which the verdict on first and last hides.
fn between(lesion: &Lesion) -> Option<String> {
    let (most, last) = undone(&lesion.course)?;
    let how = if most.value < 0.0 {
        "smaller"
    } else {
        "larger"
    };
    Some(format!(
        "lesion {}: at {} it was {:.2} mm³ {how} than at {} ({:.2} to {:.2} mm³), and at {} it no longer is: the verdict \
         compares {} and {} alone",
        lesion.id,
        most.to,
        most.value.abs(),
        most.from,
        most.interval[0],
        most.interval[1],
        last.to,
        last.from,
        last.to
    ))
}

/// Says of a lesion that the image does not show all of it, at each visit where that matters.
fn beyond_view(analysis: &Analysis<'_>, (id, found): (u32, &BoneLesion)) -> Vec<String> {
    let of_visit = |(visit, cavity): (usize, &VisitCavity)| {
        let (whole, beyond) = (cavity.mean_volume(), cavity.unseen_beyond_mm3());
        let cube = 2.0 * found.lesion.tuning.lesion.half_mm;
        (beyond > TOLD_BEYOND * whole).then(|| {
            format!(
                "lesion {id}, {}: {beyond:.2} of its {whole:.2} mm³ lie beyond the edge of the field, or of the cube of {cube:.0} mm that is looked at, as its wall would go on: there may be nothing, or twice as much, and its error holds both",
                analysis.visits[visit].name()
            )
        })
    };
    found.lesion.cavities().filter_map(of_visit).collect()
}

/// Of the changes from the baseline the largest that is surely more than δ and that the last one does not bear out, and
/// the last one.
fn undone(course: &[Change]) -> Option<(&Change, &Change)> {
    let (last, earlier) = course.split_last()?;
    let direction = |c: &Change| {
        let [low, high] = c.interval;
        i8::from(low > c.delta) - i8::from(high < -c.delta)
    };
    let end = direction(last);
    let other = earlier
        .iter()
        .filter(|c| direction(c) != 0 && direction(c) != end);
    let most = other.max_by(|a, b| a.value.abs().total_cmp(&b.value.abs()))?;
    Some((most, last))
}

/// Share of a volume beyond the image from which that is said.
const TOLD_BEYOND: f64 = 0.02;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn change(value: f64, to: &str) -> Change {
        Change {
            value,
            unit: "mm³".to_owned(),
            se: 0.1,
            df: None,
            interval: [value - 0.2, value + 0.2],
            lsc: 0.2,
            delta: 0.3,
            from: "M0".to_owned(),
            to: to.to_owned(),
        }
    }

    /// A lesion that closed and opened again was `stable`, and nothing else was said.
    #[test]
    fn what_the_last_visit_does_not_bear_out_is_found() {
        let told = |values: &[f64]| {
            let names = ["M6", "M12", "M18"];
            let course: Vec<Change> = values
                .iter()
                .zip(names)
                .map(|(v, name)| change(*v, name))
                .collect();
            undone(&course).map(|(most, _)| most.to.clone())
        };
        assert_eq!(told(&[-3.9, 0.0]), Some("M6".to_owned()));
        assert_eq!(told(&[0.8, 3.7, 0.1]), Some("M12".to_owned()));
        assert_eq!(told(&[2.0, -2.0]), Some("M6".to_owned()));
        // One way all along, within δ, or one change only.
        for course in [&[1.0, 3.0][..], &[0.4, 0.0], &[3.0], &[]] {
            assert_eq!(told(course), None, "{course:?}");
        }
    }
}
