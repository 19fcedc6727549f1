use super::lesion::Erosion;
use super::scene::Scene;
use super::spec::{BoneName, JointSpec};
use crate::measure::{Site, measure};
use crate::{BoneTruth, Error, LesionTruth, Truth};
use howship_image::PointMm;

/// The truth of a specification, without rendering anything.
///
/// # Method
/// Each cavity is sampled on a grid of 1/90 of its extent (at most 0.025 mm) in the bone's own frame, antialiased by
/// the signed distance: volumes to about 0.1 %, areas (volume of a thin shell over its thickness) to about 1 %,
/// lengths to half a step.
///
/// # Errors
/// A field of the specification that is not usable.
pub fn truth(spec: &JointSpec) -> Result<Truth, Error> {
    let scene = Scene::new(spec)?;
    let visits = 0..spec.visits.len();
    let bones = BoneName::ALL.map(|b| BoneTruth {
        id: b.label(),
        name: b.word().into(),
        centre_mm: scene.bones[b.label() as usize - 1].centre().coords.into(),
        poses: visits.clone().map(|v| scene.pose(b, v)).collect(),
    });
    Ok(Truth {
        visits: spec.visits.iter().map(|v| v.name.clone()).collect(),
        bones: bones.into(),
        lesions: visits.map(|v| lesion_truths(&scene, v)).collect(),
        delta_mm3: spec.delta_mm3,
        delta_share: spec.delta_share,
    })
}

pub(crate) fn lesion_truths(scene: &Scene, visit: usize) -> Vec<LesionTruth> {
    scene
        .erosions
        .iter()
        .map(|e| lesion_truth(scene, e, visit))
        .collect()
}

fn lesion_truth(scene: &Scene, erosion: &Erosion, visit: usize) -> LesionTruth {
    let pose = scene.pose(erosion.bone, visit);
    let bone = &scene.bones[erosion.bone.label() as usize - 1];
    let mut truth = LesionTruth {
        id: erosion.id,
        bone: erosion.bone.word().into(),
        present: false,
        volume_mm3: 0.0,
        mouth_mm2: 0.0,
        surface_mm2: 0.0,
        width_mm: 0.0,
        depth_mm: 0.0,
        depth3d_mm: 0.0,
        diameter3d_mm: 0.0,
        density: scene.tissue.soft,
        centroid_mm: pose.apply(PointMm::from(erosion.frame.point)).coords.into(),
        normal: pose.rotate(erosion.frame.normal).into(),
    };
    if let Some(Some(state)) = erosion.states.get(visit) {
        let site = Site {
            frame: &erosion.frame,
            reach: state.reach(),
            envelope: &|q| bone.envelope(q),
            cavity: &|q, f| state.distance(erosion.frame.local(q), -f),
        };
        measure(&site, &pose, &mut truth);
    }
    truth
}
