//! Surfaces for the report's pictures.

use crate::Error;
use howship_bone::JointResult;
use howship_change::Bone;
use howship_image::{Geometry, Interpolation, Labels, Region, RigidTransform, Volume, resample};
use howship_ops::{Mesh, gaussian, gaussian_in_place, marching_cubes};
use howship_report::{BoneSurface, LesionSurface};
use rayon::prelude::*;

/// Edge of the cells of a bone's surface: fine enough for a picture of a few hundred pixels.
const BONE_CELL_MM: f64 = 0.22;
const BONE_SMOOTHING_MM: f64 = 0.15;
const LESION_SMOOTHING_MM: f64 = 0.08;

/// The intact bones at baseline without their lesions, so that lesions show as what is missing.
pub(crate) fn bones(joint: &JointResult) -> Result<Vec<BoneSurface>, Error> {
    // One after the other: each takes a volume of its bone's size, and its steps use all threads themselves.
    joint
        .bones
        .iter()
        .filter_map(|bone| bone_surface(bone, &joint.bone_labels, &joint.labels).transpose())
        .collect()
}

fn bone_surface(
    bone: &Bone,
    bones: &Labels,
    lesions: &Labels,
) -> Result<Option<BoneSurface>, Error> {
    let Some(region) = region_of(bones, bone.id) else {
        return Ok(None);
    };
    let geometry = bones.geometry().crop(region)?;
    let [x0, y0, z0] = region.start;
    let mut soft = Volume::from_fn(geometry, |[x, y, z]| {
        let at = [x0 + x, y0 + y, z0 + z];
        let inside =
            bones.at(at[0], at[1], at[2]) == bone.id && lesions.at(at[0], at[1], at[2]) == 0;
        f32::from(u8::from(inside))
    });
    gaussian_in_place(&mut soft, [BONE_SMOOTHING_MM; 3])?;
    // One cell of margin on every side, so that the surface is closed at the stack's cut ends.
    let grid = padded(soft.geometry(), BONE_CELL_MM)?;
    let identity = RigidTransform::identity();
    let coarse = resample(&soft, &grid, &identity, Interpolation::Linear, 0.0);
    let mut mesh = marching_cubes(&coarse, 0.5)?;
    mesh.smooth(4, 0.5, 0.53)?;
    Ok(Some(BoneSurface {
        name: bone.name.clone(),
        mesh,
    }))
}

/// Each lesion at its largest, in the baseline's frame.
pub(crate) fn lesions(joint: &JointResult) -> Result<Vec<LesionSurface>, Error> {
    joint
        .patches
        .par_iter()
        .filter_map(|patch| {
            let geometry = patch.envelope.geometry().clone();
            let mut union = vec![0f32; geometry.voxels()];
            for cavity in &patch.cavities {
                for (u, c) in union.iter_mut().zip(cavity.data()) {
                    *u = u.max(f32::from(u8::from(*c != 0)));
                }
            }
            if union.iter().all(|v| *v == 0.0) {
                return None;
            }
            let mesh = Volume::new(geometry, union)
                .map_err(Error::from)
                .and_then(|v| Ok(gaussian(&v, [LESION_SMOOTHING_MM; 3])?))
                .and_then(|soft| Ok(marching_cubes(&soft, 0.5)?));
            Some(mesh.map(|mesh: Mesh| LesionSurface { id: patch.id, mesh }))
        })
        .collect()
}

fn region_of(labels: &Labels, id: u32) -> Option<Region> {
    let only = labels.map(|l| u8::from(l == id));
    let margin = [2; 3];
    only.bounding_region()
        .map(|r| r.grown(margin, labels.size()))
}

fn padded(geometry: &Geometry, cell: f64) -> Result<Geometry, Error> {
    let spacing = geometry.spacing();
    let size: [usize; 3] = std::array::from_fn(|a| {
        let length = spacing[a] * (geometry.size()[a] - 1) as f64;
        (length / cell).ceil() as usize + 3
    });
    let first = geometry.world(std::array::from_fn(|a| -cell / spacing[a]));
    let origin = first.coords.into();
    Ok(Geometry::new(
        size,
        [cell; 3],
        origin,
        geometry.direction(),
    )?)
}
