//! Every baseline bone found again at every later visit: bones move against each other.

use crate::Error;
use crate::coarse_start::{Mass, coarse_starts, mirrored};
use crate::input::Observer;
use crate::same_bone::TextureImage;
use crate::segmentation::BoneShape;
use crate::tuning::{AlignmentTuning, Tuning};
use crate::visit_shapes::VisitShapes;
use howship_image::{Mask, PointMm, Region, RigidTransform, Volume, VolumeView};
use howship_register::{Gate, Registration, RigidOptions, register_rigid};
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
            Some(Gate::Fail { reason }) => Some(reason.clone()),
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

    /// Where the bone is at a visit, if it was found there beyond doubt: elsewhere nothing of it may be measured.
    pub(crate) fn aligned(&self, visit: usize) -> Option<&BoneAtVisit> {
        let here = self.visits[visit].as_ref()?;
        here.pose.failure().is_none().then_some(here)
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
///
/// # Errors
/// A visit at which no bone is found again: another joint, or a mirrored one.
pub(crate) fn register_bones(
    visits: &[VisitShapes<'_>],
    tuning: &Tuning,
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
    let mut order: Vec<usize> = (0..bones.len()).collect();
    let volume = |bone: usize| baseline.shapes[bone].volume_mm3;
    order.sort_by(|&a, &b| volume(b).total_cmp(&volume(a)));
    let total = (bones.len() * later.len()) as f64;
    let mut done = 0.0;
    let texture = TextureImage::of(baseline, &tuning.identity)?;
    // Where the search for a bone starts: the motion of the first that was found, the largest tried first.
    let mut hints: Vec<Option<RigidTransform>> = vec![None; visits.len()];
    for (rank, bone) in order.into_iter().enumerate() {
        let bone = &mut bones[bone];
        let crop = bone_crop(baseline.scan.volume, &bone.shape, &tuning.alignment)?;
        for (visit, seen) in visits.iter().enumerate().skip(1) {
            observer.report("registration", done / total)?;
            done += 1.0;
            let hint = hints[visit].unwrap_or_else(RigidTransform::identity);
            let moving = seen.scan.volume.whole()?;
            let mut found = register(&crop, &moving, &hint);
            let lost = hints[visit].is_none() && !passed(&found);
            if lost
                && rank < tuning.coarse.bones
                && let Some(start) = far_start(baseline, seen, &bone.shape, tuning)?
            {
                found = register(&crop, &moving, &start);
            }
            let mut found = match found {
                Ok(found) => found,
                Err(source) => {
                    let (bone, visit) = (bone.name(), seen.name().to_owned());
                    let refused = Error::Registration {
                        bone,
                        visit,
                        source,
                    };
                    warnings.push(refused.to_string());
                    continue;
                }
            };
            if found.gate.passed() {
                // Made anew for each bone: kept, every visit would take as much again as its working image.
                let there = TextureImage::of(seen, &tuning.identity)?;
                refuse_other_bone(&mut found, &bone.shape, (&texture, &there), tuning);
            }
            if found.gate.passed() && hints[visit].is_none() {
                hints[visit] = Some(found.transform);
            }
            bone.visits[visit] = Some(at_visit(&bone.shape, found, seen, &tuning.alignment));
        }
    }
    observer.report("registration", 1.0)?;
    for (visit, seen) in visits.iter().enumerate().skip(1) {
        match hints[visit] {
            Some(motion) => warnings.extend(far_apart(baseline, seen, &motion, tuning)),
            None => return Err(why_none(visits, visit, &bones, tuning)?),
        }
        warnings.extend(not_found(&bones, visit, seen.name()));
    }
    Ok(bones)
}

/// One bone of the baseline with its mask.
type Crop = (Volume<f32>, Mask);
type Registered = Result<Registration, howship_register::Error>;

fn register((fixed, mask): &Crop, moving: &Volume<f32>, start: &RigidTransform) -> Registered {
    register_rigid(
        fixed,
        moving,
        Some(mask),
        None,
        start,
        &RigidOptions::default(),
    )
}

fn passed(found: &Registered) -> bool {
    found.as_ref().is_ok_and(|r| r.gate.passed())
}

/// A bone whose outline fits and whose trabeculae do not is another one.
fn refuse_other_bone(
    found: &mut Registration,
    shape: &BoneShape,
    (before, after): (&TextureImage, &TextureImage),
    tuning: &Tuning,
) {
    let texture = before.compare(after, shape, &found.transform, &tuning.identity);
    if let Some(reason) = texture.and_then(|t| t.differs(&tuning.identity)) {
        found.gate = Gate::Fail { reason };
    }
}

/// The best start from the bones' own masses at which a bone is found, on the working grid.
fn far_start(
    baseline: &VisitShapes<'_>,
    later: &VisitShapes<'_>,
    shape: &BoneShape,
    tuning: &Tuning,
) -> Result<Option<RigidTransform>, Error> {
    let (Some(from), Some(to)) = (Mass::of(baseline), Mass::of(later)) else {
        return Ok(None);
    };
    best_start(baseline, &later.working, (&from, &to), shape, tuning)
}

fn best_start(
    baseline: &VisitShapes<'_>,
    later: &Volume<f32>,
    masses: (&Mass, &Mass),
    shape: &BoneShape,
    tuning: &Tuning,
) -> Result<Option<RigidTransform>, Error> {
    let crop = bone_crop((&baseline.working).into(), shape, &tuning.alignment)?;
    let mut best: Option<Registration> = None;
    for start in coarse_starts(baseline, later, masses, &tuning.coarse)? {
        let Ok(found) = register(&crop, later, &start.motion) else {
            continue;
        };
        let better = best
            .as_ref()
            .is_none_or(|b| found.quality.correlation > b.quality.correlation);
        if found.gate.passed() && better {
            best = Some(found);
        }
    }
    Ok(best.map(|found| found.transform))
}

/// Why no bone of the baseline was found at a visit.
fn why_none(
    visits: &[VisitShapes<'_>],
    visit: usize,
    bones: &[TrackedBone],
    tuning: &Tuning,
) -> Result<Error, Error> {
    let (baseline, later) = (&visits[0], &visits[visit]);
    let name = later.name().to_owned();
    let largest =
        |a: &&TrackedBone, b: &&TrackedBone| a.shape.volume_mm3.total_cmp(&b.shape.volume_mm3);
    if let (Some(bone), Some(from), Some(to)) = (
        bones.iter().max_by(largest),
        Mass::of(baseline),
        Mass::of(later),
    ) {
        let (other, to) = mirrored(&later.working, &to)?;
        if best_start(baseline, &other, (&from, &to), &bone.shape, tuning)?.is_some() {
            return Ok(Error::Mirrored { visit: name });
        }
    }
    let tried = bones.iter().map(|bone| {
        let reason = bone.pose(visit).and_then(BonePose::failure);
        let reason = reason.unwrap_or_else(|| "could not be compared".to_owned());
        format!("{}: {reason}", bone.name())
    });
    Ok(Error::OtherJoint {
        visit: name,
        reason: tried.collect::<Vec<_>>().join("; "),
    })
}

/// Said of a joint that lies where registration alone does not look.
fn far_apart(
    baseline: &VisitShapes<'_>,
    later: &VisitShapes<'_>,
    motion: &RigidTransform,
    tuning: &Tuning,
) -> Option<String> {
    let centre = Mass::of(baseline)?.centre;
    let away = (motion.apply(centre) - centre).norm();
    let turned = motion.angle().to_degrees();
    (away > tuning.coarse.said_mm || turned > tuning.coarse.said_deg).then(|| {
        format!(
            "{}: the joint lies {away:.0} mm from where it lay at {}, turned by {turned:.0}° (another origin or position of the table); it was found again by the bones' own shapes",
            later.name(),
            baseline.name()
        )
    })
}

/// Bones that could not be found again, said aloud: their lesions get no verdict.
fn not_found(bones: &[TrackedBone], visit: usize, name: &str) -> Vec<String> {
    let failed = |bone: &TrackedBone| {
        let reason = bone.pose(visit)?.failure()?;
        Some(format!(
            "{name}: {} could not be aligned with the baseline, its lesions get no verdict: {reason}",
            bone.name()
        ))
    };
    bones.iter().filter_map(failed).collect()
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
    volume: VolumeView<'_>,
    shape: &BoneShape,
    tuning: &AlignmentTuning,
) -> Result<Crop, Error> {
    let geometry = volume.geometry();
    let working = shape.envelope.geometry();
    let Some(box_) = shape.envelope.bounding_region() else {
        let whole = volume.whole()?.into_owned();
        return Ok((whole, Mask::filled(geometry.clone(), 1)));
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use howship_register::Quality;

    /// A registration that passed, with this covariance about a centre.
    pub(crate) fn passing(covariance: [[f64; 6]; 6], centre: PointMm) -> Registration {
        Registration {
            transform: RigidTransform::identity(),
            centre,
            covariance,
            quality: Quality {
                correlation: 0.95,
                rmse: 10.0,
                overlap: 1.0,
                noise_sd: 10.0,
                residual_correlation_mm: 0.1,
                outliers: 0.0,
                iterations: 5,
                samples: 10_000,
                gain: 1.0,
                offset: 0.0,
                displacement_sd_mm: 0.001,
                max_displacement_sd_mm: 0.002,
                runner_up: None,
            },
            gate: Gate::Pass,
        }
    }

    #[test]
    fn a_bones_crop_shows_soft_tissue_all_around() {
        use crate::scene::{BONE, SOFT, options, shape};
        let grid = howship_image::Geometry::aligned([100, 96, 92], [0.1; 3]).unwrap();
        let middle = grid.centre();
        let scan = Volume::from_fn(grid.clone(), |v| {
            let inside = (grid.world(v.map(|i| i as f64)) - middle).norm() < 2.8;
            if inside { BONE as f32 } else { SOFT as f32 }
        });
        let options = options();
        let shape = shape(&scan, &options);
        let (crop, mask) = bone_crop((&scan).into(), &shape, &options.tuning.alignment).unwrap();
        // A registration needs the step from bone to soft tissue on every side: 1.2 mm of it, to a voxel.
        for (axis, size) in crop.size().into_iter().enumerate() {
            let soft = 0.5 * (0.1 * size as f64 - 5.6);
            assert!((soft - 1.2).abs() < 0.15, "axis {axis}: {soft} mm");
        }
        assert!(mask.count() as f64 * 0.001 > 4.0 / 3.0 * std::f64::consts::PI * 2.8f64.powi(3));
    }

    #[test]
    fn a_points_error_is_stated_in_the_baselines_axes() {
        let mut covariance = [[0.0; 6]; 6];
        covariance[3][3] = 0.04;
        let centre = PointMm::new(1.0, 2.0, 3.0);
        let mut registration = passing(covariance, centre);
        // A quarter turn about z: the visit's x is the baseline's −y or y.
        let turn = nalgebra::Vector3::new(0.0, 0.0, std::f64::consts::FRAC_PI_2);
        registration.transform = RigidTransform::about(centre, turn, nalgebra::Vector3::zeros());
        let pose = BonePose {
            transform: registration.transform,
            registration: Some(registration),
        };
        let found = pose.point_covariance(PointMm::new(5.0, 5.0, 5.0));
        assert!((found[(1, 1)] - 0.04).abs() < 1e-12 && found[(0, 0)].abs() < 1e-12);
    }
}
