//! A bone's volume over the part of it that every visit shows.
//!
//! A stack ends somewhere in the shaft, at every visit elsewhere: volumes of what each shows differ by what was cut off.

use crate::register_bones::TrackedBone;
use crate::segmentation::BoneShape;
use crate::visit_shapes::VisitShapes;
use howship_change::Measurement;
use howship_image::{Geometry, PointMm, RigidTransform};
use rayon::prelude::*;

/// The fields of all visits at which a bone was found.
pub(crate) struct CommonField<'a> {
    /// Per visit: its working grid and the bone's motion from the baseline; `None` where the bone was not found.
    visits: Vec<Option<(&'a Geometry, RigidTransform)>>,
    /// SD of the error of the poses together at the bone's centre, mm.
    pose_sd_mm: f64,
}

/// Surface of a compact body of volume 1, over its volume to two thirds: a sphere's.
const SURFACE_OF_VOLUME: f64 = 4.84;
/// How well an outline's surface is known all over, working voxels; alike over a millimetre.
const OUTLINE_SD: f64 = 0.1;
/// How far the plane of a cut lies off, working voxels: it is told by whole ones.
const CUT_SD: f64 = 0.3;

impl<'a> CommonField<'a> {
    /// The common field of a bone.
    pub(crate) fn of(visits: &'a [VisitShapes<'_>], bone: &TrackedBone) -> Self {
        let centre = bone.shape.centroid;
        let mut variance = 0.0;
        let seen = visits.iter().enumerate().map(|(v, seen)| {
            let pose = bone.pose(v).filter(|pose| pose.failure().is_none())?;
            if let Some(registration) = &pose.registration {
                variance += registration.displacement_sd_mm(centre).powi(2);
            }
            Some((seen.working.geometry(), pose.transform))
        });
        let visits = seen.collect();
        Self {
            visits,
            pose_sd_mm: variance.sqrt(),
        }
    }

    /// Volume inside a bone's outline at a visit, as far as all visits show it; `None` where the bone was not found.
    ///
    /// # Method
    /// Voxels inside whose place, moved with the bone, lies in every visit's field, one working voxel within its border.
    /// Its error: the outline's surface, and the cut's area times how far its plane lies off.
    pub(crate) fn volume(&self, visit: usize, shape: &BoneShape) -> Option<Measurement> {
        let (_, pose) = self.visits.get(visit)?.as_ref()?;
        let geometry = shape.envelope.geometry();
        let back = pose.inverse();
        let h = geometry.max_spacing();
        let [nx, ny, _] = geometry.size();
        let slices = shape.envelope.data().par_chunks(nx * ny).enumerate();
        let (inside, deeper) = slices
            .map(|(z, slice)| {
                let (mut inside, mut deeper) = (0usize, 0usize);
                for (o, _) in slice.iter().enumerate().filter(|(_, m)| **m != 0) {
                    let voxel = [o % nx, o / nx, z].map(|i| i as f64);
                    let at = back.apply(geometry.world(voxel));
                    let within = self.within(at);
                    inside += usize::from(within >= 1.0);
                    deeper += usize::from(within >= 2.0);
                }
                (inside, deeper)
            })
            .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let value = inside as f64 * geometry.voxel_mm3();
        let cut_mm2 = (inside - deeper) as f64 * geometry.voxel_mm3() / h;
        let surface = SURFACE_OF_VOLUME * value.powf(2.0 / 3.0);
        let outline = OUTLINE_SD * geometry.min_spacing() * surface.sqrt();
        let cut = cut_mm2 * (CUT_SD * h).hypot(self.pose_sd_mm);
        Some(Measurement {
            value,
            unit: "mm³".to_owned(),
            se: outline.hypot(cut),
            df: None,
        })
    }

    /// Working voxels from a place of the baseline to the nearest border of any visit's field; below 0 outside.
    fn within(&self, at: PointMm) -> f64 {
        let visits = self.visits.iter().flatten();
        visits
            .map(|(geometry, pose)| {
                let index = geometry.index(pose.apply(at));
                let size = geometry.size();
                let along = |a: usize| (index[a] + 0.5).min(size[a] as f64 - 0.5 - index[a]);
                along(0).min(along(1)).min(along(2))
            })
            .fold(f64::INFINITY, f64::min)
    }
}
