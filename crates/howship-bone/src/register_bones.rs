//! Every baseline bone found again at every later visit: bones move against each other.

use crate::Error;
use crate::input::Observer;
use crate::segmentation::BoneShape;
use crate::tuning::AlignmentTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{Mask, PointMm, Region, RigidTransform, Volume};
use howship_register::{Registration, RigidOptions, register_rigid};
use std::sync::Arc;

/// Where a bone is at a visit.
#[derive(Debug, Clone)]
pub(crate) struct BonePose {
    /// Baseline world mm → visit world mm.
    pub(crate) transform: RigidTransform,
    /// The registration; `None` at baseline.
    pub(crate) registration: Option<Registration>,
}

impl BonePose {
    /// Covariance of a baseline point's position, in the baseline's axes, mm².
    pub(crate) fn point_covariance(&self, point: PointMm) -> nalgebra::Matrix3<f64> {
        let Some(registration) = &self.registration else {
            return nalgebra::Matrix3::zeros();
        };
        let moved = registration.point_covariance(point);
        let moved = nalgebra::Matrix3::from_fn(|r, c| moved[r][c]);
        let rotation = self.transform.isometry().rotation.to_rotation_matrix();
        rotation.transpose() * moved * rotation
    }

    /// Why the registration may not be used.
    pub(crate) fn failure(&self) -> Option<String> {
        match self.registration.as_ref().map(|r| &r.gate) {
            Some(howship_register::Gate::Fail { reason }) => Some(reason.clone()),
            _ => None,
        }
    }
}

/// A baseline bone at one visit.
#[derive(Debug, Clone)]
pub(crate) struct BoneAtVisit {
    pub(crate) pose: BonePose,
    /// The visit's own outline of it, where one was found.
    pub(crate) outline: Option<Arc<BoneShape>>,
}

/// A baseline bone followed over the visits.
#[derive(Debug, Clone)]
pub(crate) struct TrackedBone {
    /// Its outline at baseline.
    pub(crate) shape: Arc<BoneShape>,
    /// Per visit, the baseline first; `None` where registration refused.
    pub(crate) visits: Vec<Option<BoneAtVisit>>,
}

impl TrackedBone {
    /// Name in print of a bone without a given site.
    pub(crate) fn name(&self) -> String {
        bone_name(&self.shape)
    }

    /// Where the bone is at a visit.
    pub(crate) fn pose(&self, visit: usize) -> Option<&BonePose> {
        Some(&self.visits[visit].as_ref()?.pose)
    }

    fn unmoved(shape: &Arc<BoneShape>, visits: usize) -> Self {
        let mut bone = Self {
            shape: Arc::clone(shape),
            visits: vec![None; visits],
        };
        bone.visits[0] = Some(BoneAtVisit {
            pose: BonePose {
                transform: RigidTransform::identity(),
                registration: None,
            },
            outline: Some(Arc::clone(shape)),
        });
        bone
    }
}

/// Registers each baseline bone to each later visit.
pub(crate) fn register_bones(
    visits: &[VisitShapes<'_>],
    tuning: &AlignmentTuning,
    observer: &dyn Observer,
    warnings: &mut Vec<String>,
) -> Result<Vec<TrackedBone>, Error> {
    let [baseline, later @ ..] = visits else {
        return Ok(Vec::new());
    };
    let unmoved = |shape| TrackedBone::unmoved(shape, visits.len());
    let mut bones: Vec<TrackedBone> = baseline.shapes.iter().map(unmoved).collect();
    if later.is_empty() {
        return Ok(bones);
    }
    // Largest first: its motion is where the search for the others starts.
    let mut order: Vec<usize> = (0..bones.len()).collect();
    let volume = |bone: usize| baseline.shapes[bone].volume_mm3;
    order.sort_by(|&a, &b| volume(b).total_cmp(&volume(a)));
    let total = (bones.len() * later.len()) as f64;
    let mut done = 0.0;
    let mut hints = vec![RigidTransform::identity(); visits.len()];
    for (rank, bone) in order.into_iter().enumerate() {
        let bone = &mut bones[bone];
        let (fixed, mask) = bone_crop(&baseline.scan.volume, &bone.shape, tuning)?;
        for (visit, seen) in visits.iter().enumerate().skip(1) {
            observer.report("registration", done / total)?;
            let (moving, hint) = (&seen.scan.volume, &hints[visit]);
            let options = RigidOptions::default();
            let registration = register_rigid(&fixed, moving, Some(&mask), None, hint, &options);
            done += 1.0;
            match registration {
                Ok(registration) => {
                    if rank == 0 && registration.gate.passed() {
                        hints[visit] = registration.transform;
                    }
                    bone.visits[visit] = Some(at_visit(&bone.shape, registration, seen, tuning));
                }
                Err(source) => warnings.push(
                    Error::Registration {
                        bone: bone.name(),
                        visit: seen.name().to_owned(),
                        source,
                    }
                    .to_string(),
                ),
            }
        }
    }
    observer.report("registration", 1.0)?;
    Ok(bones)
}

fn at_visit(
    shape: &BoneShape,
    registration: Registration,
    seen: &VisitShapes<'_>,
    tuning: &AlignmentTuning,
) -> BoneAtVisit {
    let pose = BonePose {
        transform: registration.transform,
        registration: Some(registration),
    };
    let outline = counterpart(shape, &pose, &seen.shapes, tuning).map(Arc::clone);
    BoneAtVisit { pose, outline }
}

/// The visit's own outline of a baseline bone: the one that holds most of where its inside points go.
fn counterpart<'a>(
    bone: &BoneShape,
    pose: &BonePose,
    shapes: &'a [Arc<BoneShape>],
    tuning: &AlignmentTuning,
) -> Option<&'a Arc<BoneShape>> {
    let geometry = bone.envelope.geometry();
    let data = bone.envelope.data();
    let inside: Vec<usize> = (0..data.len())
        .step_by(tuning.stride.max(1))
        .filter(|&o| data[o] != 0)
        .collect();
    let mut best: Option<(usize, &Arc<BoneShape>)> = None;
    for shape in shapes {
        let held = inside
            .iter()
            .filter(|&&o| {
                let at = geometry.world(geometry.voxel(o).map(|i| i as f64));
                shape
                    .depth(pose.transform.apply(at))
                    .is_some_and(|d| d < 0.0)
            })
            .count();
        if held > best.map_or(0, |(n, _)| n) {
            best = Some((held, shape));
        }
    }
    best.map(|(_, shape)| shape)
}

/// Name in print of a bone without a given site.
fn bone_name(shape: &BoneShape) -> String {
    format!("bone {}", shape.id)
}

/// The baseline around one bone, and the bone with a little around it as mask.
fn bone_crop(
    volume: &Volume<f32>,
    shape: &BoneShape,
    tuning: &AlignmentTuning,
) -> Result<(Volume<f32>, Mask), Error> {
    let geometry = volume.geometry();
    let working = shape.envelope.geometry();
    let Some(box_) = shape.envelope.bounding_region() else {
        return Ok((volume.clone(), Mask::filled(geometry.clone(), 1)));
    };
    let corner = |voxel: [usize; 3]| geometry.index(working.world(voxel.map(|v| v as f64)));
    let low = corner(box_.start);
    let high = corner(std::array::from_fn(|a| box_.start[a] + box_.size[a] - 1));
    let margin = geometry
        .spacing()
        .map(|s| (tuning.margin_mm / s).ceil() as usize);
    let start: [usize; 3] = std::array::from_fn(|a| low[a].max(0.0) as usize);
    let end: [usize; 3] =
        std::array::from_fn(|a| (high[a].ceil().max(0.0) as usize).min(geometry.size()[a] - 1));
    let region = Region::between(start, end).grown(margin, geometry.size());
    let crop = volume.crop(region)?;
    let distance = howship_image::resample(
        &shape.distance,
        crop.geometry(),
        &RigidTransform::identity(),
        howship_image::Interpolation::Linear,
        9.0,
    );
    let mask = distance.map(|d| u8::from(d < tuning.mask_mm as f32));
    Ok((crop, mask))
}
