//! Every baseline bone found again at every later visit: bones move against each other.

use crate::Error;
use crate::input::{JointInput, Observer};
use crate::joint::VisitShapes;
use crate::segmentation::BoneShape;
use howship_image::{Mask, PointMm, Region, RigidTransform, Volume};
use howship_register::{Registration, RigidOptions, register_rigid};

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

/// Registers each baseline bone to each later visit.
pub(crate) fn register_bones(
    input: &JointInput<'_>,
    visits: &[VisitShapes],
    observer: &dyn Observer,
    warnings: &mut Vec<String>,
) -> Result<Vec<Vec<Option<BonePose>>>, Error> {
    let bones = &visits[0].shapes;
    let mut poses: Vec<Vec<Option<BonePose>>> = vec![vec![None; visits.len()]; bones.len()];
    // Largest first: its motion is where the search for the others starts.
    let mut order: Vec<usize> = (0..bones.len()).collect();
    order.sort_by(|&a, &b| bones[b].volume_mm3.total_cmp(&bones[a].volume_mm3));
    let total = (bones.len() * (visits.len() - 1)).max(1) as f64;
    let mut done = 0.0;
    let mut hints = vec![RigidTransform::identity(); visits.len()];
    for (rank, &bone) in order.iter().enumerate() {
        poses[bone][0] = Some(BonePose {
            transform: RigidTransform::identity(),
            registration: None,
        });
        if visits.len() == 1 {
            continue;
        }
        let (fixed, mask) = bone_crop(&input.scans[0].volume, &bones[bone])?;
        for v in 1..visits.len() {
            observer.report("registration", done / total)?;
            let moving = &input.scans[v].volume;
            let options = RigidOptions::default();
            let registration =
                register_rigid(&fixed, moving, Some(&mask), None, &hints[v], &options);
            done += 1.0;
            match registration {
                Ok(registration) => {
                    if rank == 0 && registration.gate.passed() {
                        hints[v] = registration.transform;
                    }
                    poses[bone][v] = Some(BonePose {
                        transform: registration.transform,
                        registration: Some(registration),
                    });
                }
                Err(source) => warnings.push(
                    Error::Registration {
                        bone: bone_name(&bones[bone]),
                        visit: input.visits[v].name.clone(),
                        source,
                    }
                    .to_string(),
                ),
            }
        }
    }
    observer.report("registration", 1.0)?;
    Ok(poses)
}

/// Name in print of a bone without a given site.
pub(crate) fn bone_name(shape: &BoneShape) -> String {
    format!("bone {}", shape.id)
}

/// The baseline around one bone, and the bone with half a millimetre around it as mask.
fn bone_crop(volume: &Volume<f32>, shape: &BoneShape) -> Result<(Volume<f32>, Mask), Error> {
    let geometry = volume.geometry();
    let working = shape.envelope.geometry();
    let Some(box_) = shape.envelope.bounding_region() else {
        return Ok((volume.clone(), Mask::filled(geometry.clone(), 1)));
    };
    let corner = |voxel: [usize; 3]| geometry.index(working.world(voxel.map(|v| v as f64)));
    let low = corner(box_.start);
    let high = corner(std::array::from_fn(|a| box_.start[a] + box_.size[a] - 1));
    let margin = geometry.spacing().map(|s| (1.2 / s).ceil() as usize);
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
    let mask = distance.map(|d| u8::from(d < 0.5));
    Ok((crop, mask))
}
