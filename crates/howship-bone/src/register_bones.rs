//! Every baseline bone found again at every later visit: bones move against each other.

use crate::Error;
use crate::bone_search::{BoneSearch, passed};
use crate::coarse_start::Mass;
use crate::input::Observer;
use crate::segmentation::BoneShape;
use crate::tuning::{AlignmentTuning, Tuning};
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, RigidTransform};
use howship_register::{Gate, Registration};
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
    let search = BoneSearch::new(baseline, tuning)?;
    let mut hints: Hints = vec![None; visits.len()];
    let lost = first_look((&search, visits), &mut bones, &mut hints, observer)?;
    let lost = look_again((&search, visits), &mut bones, &hints, lost, observer)?;
    observer.report("registration", 1.0)?;
    warnings.extend(lost.into_iter().filter_map(|lost| lost.refused));
    for (visit, seen) in visits.iter().enumerate().skip(1) {
        match hints[visit] {
            Some(motion) => warnings.extend(far_apart(baseline, seen, &motion, tuning)),
            None => return Err(why_none(&search, (visit, seen), &bones)?),
        }
        warnings.extend(not_found(&bones, visit, seen.name()));
    }
    Ok(bones)
}

/// Per visit where the search for a bone starts: the motion of the first that was found, the largest tried first.
type Hints = Vec<Option<RigidTransform>>;

/// A bone that was not found at a visit.
struct Lost {
    bone: usize,
    visit: usize,
    /// Whether the search for it has started from another bone's motion.
    hinted: bool,
    /// Words for a registration that could not be tried.
    refused: Option<String>,
}

/// Looks for every bone at every later visit, the largest first; tells which were not found.
fn first_look(
    (search, visits): (&BoneSearch<'_>, &[VisitShapes<'_>]),
    bones: &mut [TrackedBone],
    hints: &mut Hints,
    observer: &dyn Observer,
) -> Result<Vec<Lost>, Error> {
    let total = (bones.len() * (visits.len() - 1)) as f64;
    let (mut done, mut lost) = (0.0, Vec::new());
    for (rank, index) in largest_first(bones).into_iter().enumerate() {
        let bone = &mut bones[index];
        let crop = search.crop(&bone.shape)?;
        for (visit, seen) in visits.iter().enumerate().skip(1) {
            observer.report("registration", done / total)?;
            done += 1.0;
            let hint = hints[visit];
            let found = search.find((&crop, rank), &bone.shape, seen, hint.as_ref())?;
            if passed(&found) {
                hints[visit] = hint.or(found.as_ref().ok().map(|f| f.transform));
            } else {
                lost.push(Lost {
                    bone: index,
                    visit,
                    hinted: hint.is_some(),
                    refused: found.as_ref().err().map(|e| refusal(bone, seen, e)),
                });
            }
            if let Ok(found) = found {
                let here = at_visit(&bone.shape, found, seen, &search.tuning.alignment);
                bone.visits[visit] = Some(here);
            }
        }
    }
    Ok(lost)
}

/// Looks once more for bones that were lost where another's motion is known, from that motion; tells which are lost
/// still, with what was first said of them.
fn look_again(
    (search, visits): (&BoneSearch<'_>, &[VisitShapes<'_>]),
    bones: &mut [TrackedBone],
    hints: &Hints,
    lost: Vec<Lost>,
    observer: &dyn Observer,
) -> Result<Vec<Lost>, Error> {
    let mut still = Vec::new();
    for lost in lost {
        let (bone, seen) = (&mut bones[lost.bone], &visits[lost.visit]);
        let found = match &hints[lost.visit] {
            Some(hint) => {
                observer.stopped()?;
                search.find_again(&bone.shape, seen, hint, lost.hinted)?
            }
            None => None,
        };
        match found {
            Some(found) => {
                let here = at_visit(&bone.shape, found, seen, &search.tuning.alignment);
                bone.visits[lost.visit] = Some(here);
            }
            None => still.push(lost),
        }
    }
    Ok(still)
}

/// Positions of the bones in falling order of their volumes.
fn largest_first(bones: &[TrackedBone]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bones.len()).collect();
    let volume = |bone: usize| bones[bone].shape.volume_mm3;
    order.sort_by(|&a, &b| volume(b).total_cmp(&volume(a)));
    order
}

fn refusal(bone: &TrackedBone, seen: &VisitShapes<'_>, source: &howship_register::Error) -> String {
    let (bone, visit) = (bone.name(), seen.name().to_owned());
    let refused = Error::Registration {
        bone,
        visit,
        source: source.clone(),
    };
    refused.to_string()
}

/// Why no bone of the baseline was found at a visit.
fn why_none(
    search: &BoneSearch<'_>,
    (visit, seen): (usize, &VisitShapes<'_>),
    bones: &[TrackedBone],
) -> Result<Error, Error> {
    let name = seen.name().to_owned();
    let largest =
        |a: &&TrackedBone, b: &&TrackedBone| a.shape.volume_mm3.total_cmp(&b.shape.volume_mm3);
    if let Some(bone) = bones.iter().max_by(largest)
        && search.fits_mirrored(&bone.shape, seen)?
    {
        return Ok(Error::Mirrored { visit: name });
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

/// Bones that could not be found again, said aloud: nothing of them is compared.
fn not_found(bones: &[TrackedBone], visit: usize, name: &str) -> Vec<String> {
    let failed = |bone: &TrackedBone| {
        let reason = bone.pose(visit)?.failure()?;
        Some(format!(
            "{name}: {} could not be aligned with the baseline, nothing of it is compared: {reason}",
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

#[cfg(test)]
pub(crate) mod tests;
