use super::anatomy::occupancy;
use super::lesion::Erosion;
use super::scene::Scene;
use super::spec::{BoneName, JointSpec};
use crate::Error;
use howship_change::Verdict;
use howship_image::{PointMm, RigidTransform, VectorMm};
use rayon::prelude::*;
use serde::Serialize;

/// What is true of one lesion at one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LesionTruth {
    /// Identity: 1 is the first erosion of the specification.
    pub id: u32,
    /// The bone's name.
    pub bone: String,
    /// Whether there is a lesion at this visit.
    pub present: bool,
    /// Cavity inside the intact envelope, mm³.
    pub volume_mm3: f64,
    /// Area of the intact envelope that is missing, mm².
    pub mouth_mm2: f64,
    /// Area of the cavity's wall inside the envelope, mm².
    pub surface_mm2: f64,
    /// Largest extent of the mouth, mm.
    pub width_mm: f64,
    /// Largest distance from the plane of the mouth's rim to the floor, mm.
    pub depth_mm: f64,
    /// Largest distance from the envelope to the floor, mm.
    pub depth3d_mm: f64,
    /// Largest extent of the cavity, mm.
    pub diameter3d_mm: f64,
    /// Centroid in the scanner's frame of this visit, LPS mm.
    pub centroid_mm: [f64; 3],
    /// Outward normal of the envelope at the mouth, in the scanner's frame of this visit.
    pub normal: [f64; 3],
}

/// What is true of a whole specification.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointTruth {
    /// Names of the visits.
    pub visits: Vec<String>,
    /// Per visit, in the same order: hand frame to scanner, for metacarpal and phalanx.
    pub poses: Vec<[RigidTransform; 2]>,
    /// Per visit, per lesion.
    pub lesions: Vec<Vec<LesionTruth>>,
    /// Smallest relevant change, mm³.
    pub delta_mm3: f64,
    /// Centres of metacarpal head and phalanx base in the hand's frame, mm.
    pub bone_centres_mm: [[f64; 3]; 2],
}

impl JointTruth {
    /// Motion of a bone from the first visit's scanner frame to another's.
    #[must_use]
    pub fn motion(&self, bone: BoneName, visit: usize) -> Option<RigidTransform> {
        let b = bone.label() as usize - 1;
        let first = self.poses.first()?[b];
        Some(self.poses.get(visit)?[b].after(&first.inverse()))
    }

    /// What a lesion truly did from the first to another visit: more or less than δ, or neither.
    #[must_use]
    pub fn verdict(&self, lesion: usize, visit: usize) -> Option<Verdict> {
        let from = self.lesions.first()?.get(lesion)?.volume_mm3;
        let to = self.lesions.get(visit)?.get(lesion)?.volume_mm3;
        Some(true_verdict(to - from, self.delta_mm3))
    }
}

/// The true direction of a change of volume.
#[must_use]
pub fn true_verdict(change_mm3: f64, delta_mm3: f64) -> Verdict {
    if change_mm3 < -delta_mm3 {
        Verdict::Healing
    } else if change_mm3 > delta_mm3 {
        Verdict::Progressing
    } else {
        Verdict::Stable
    }
}

/// The truth of a specification, without rendering anything.
///
/// # Method
/// Each cavity is sampled on a grid of 1/90 of its extent (at most 0.025 mm) in the bone's own frame, antialiased by
/// the signed distance: volumes to about 0.1 %, areas (volume of a thin shell over its thickness) to about 1 %,
/// lengths to half a step.
///
/// # Errors
/// A field of the specification that is not usable.
pub fn truth(spec: &JointSpec) -> Result<JointTruth, Error> {
    let scene = Scene::new(spec)?;
    let visits = 0..spec.visits.len();
    Ok(JointTruth {
        visits: spec.visits.iter().map(|v| v.name.clone()).collect(),
        poses: visits
            .clone()
            .map(|v| BoneName::ALL.map(|b| scene.pose(b, v)))
            .collect(),
        lesions: visits.map(|v| lesion_truths(&scene, v)).collect(),
        delta_mm3: spec.delta_mm3,
        bone_centres_mm: BoneName::ALL
            .map(|b| scene.bones[b.label() as usize - 1].centre().coords.into()),
    })
}

pub(crate) fn lesion_truths(scene: &Scene, visit: usize) -> Vec<LesionTruth> {
    scene
        .erosions
        .iter()
        .map(|e| lesion_truth(scene, e, visit))
        .collect()
}

/// Samples on one slice of a lesion's box: sums, and the points that lengths need.
#[derive(Default)]
struct Slice {
    volume: f64,
    moment: VectorMm,
    mouth: f64,
    wall: f64,
    inside: Vec<VectorMm>,
    rim: Vec<VectorMm>,
    deepest: f64,
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
        centroid_mm: pose.apply(PointMm::from(erosion.frame.point)).coords.into(),
        normal: pose.rotate(erosion.frame.normal).into(),
    };
    let Some(Some(state)) = erosion.states.get(visit) else {
        return truth;
    };
    let reach = state.reach() + 0.05;
    let n = ((2.0 * reach / 0.025).ceil() as usize).max(90);
    let step = 2.0 * reach / n as f64;
    let frame = &erosion.frame;
    let slice = |k: usize| -> Slice {
        let mut s = Slice::default();
        for j in 0..n {
            for i in 0..n {
                let at = |v: usize| (v as f64 + 0.5) * step - reach;
                let local = VectorMm::new(at(i), at(j), at(k));
                let q = frame.point
                    + frame.across * local.x
                    + frame.along * local.y
                    + frame.normal * local.z;
                let f = bone.envelope(q);
                // Outside the envelope only the mouth's shell counts.
                if f > 3.0 * step {
                    continue;
                }
                let g = state.distance(local, -f);
                if g > 3.0 * step {
                    continue;
                }
                s.add(
                    q,
                    f,
                    g,
                    step,
                    || bone_slope(bone, q),
                    || state_slope(bone, erosion, state, q),
                );
            }
        }
        s
    };
    let slices: Vec<Slice> = (0..n).into_par_iter().map(slice).collect();
    let mut volume = 0.0;
    let mut moment = VectorMm::zeros();
    let (mut inside, mut rim) = (Vec::new(), Vec::new());
    for s in slices {
        volume += s.volume;
        moment += s.moment;
        truth.mouth_mm2 += s.mouth;
        truth.surface_mm2 += s.wall;
        truth.depth3d_mm = truth.depth3d_mm.max(s.deepest);
        inside.extend(s.inside);
        rim.extend(s.rim);
    }
    let cell = step.powi(3);
    truth.volume_mm3 = volume * cell;
    truth.mouth_mm2 *= cell;
    truth.surface_mm2 *= cell;
    truth.present = volume > 0.0;
    if truth.present {
        truth.centroid_mm = pose.apply(PointMm::from(moment / volume)).coords.into();
        truth.diameter3d_mm = extent(&inside, &directions()) + step;
        lengths_of_mouth(&mut truth, &inside, &rim, erosion, step);
    }
    truth
}

impl Slice {
    fn add(
        &mut self,
        q: VectorMm,
        f: f64,
        g: f64,
        step: f64,
        envelope_slope: impl Fn() -> f64,
        wall_slope: impl Fn() -> f64,
    ) {
        let share = occupancy(f.max(g), step);
        self.volume += share;
        self.moment += q * share;
        // Areas: the shell |distance| < 2 steps, antialiased at both ends, over its thickness of 4 steps.
        let shell = |d: f64| occupancy(d.abs() - 2.0 * step, step) / (4.0 * step);
        if f.abs() < 3.0 * step {
            let area = shell(f / envelope_slope()) * occupancy(g, step);
            self.mouth += area;
            if f.abs() < step && g < 0.0 {
                self.rim.push(q);
            }
        }
        if g.abs() < 3.0 * step {
            self.wall += shell(g / wall_slope()) * occupancy(f, step);
        }
        if f < 0.0 && g < 0.0 {
            self.deepest = self.deepest.max(-f);
            // The outermost layer is enough for extents.
            if g > -3.0 * step || f > -3.0 * step {
                self.inside.push(q);
            }
        }
    }
}

fn bone_slope(bone: &super::anatomy::Bone, q: VectorMm) -> f64 {
    super::shape::gradient(|p| bone.envelope(p), q, 1e-3)
        .norm()
        .max(0.2)
}

fn state_slope(
    bone: &super::anatomy::Bone,
    erosion: &Erosion,
    state: &super::lesion::State,
    q: VectorMm,
) -> f64 {
    let f = |p: VectorMm| state.distance(erosion.local(p), -bone.envelope(p));
    super::shape::gradient(f, q, 1e-3).norm().max(0.2)
}

/// Width and depth from the points of the mouth and of the cavity.
fn lengths_of_mouth(
    truth: &mut LesionTruth,
    inside: &[VectorMm],
    mouth: &[VectorMm],
    erosion: &Erosion,
    step: f64,
) {
    if mouth.is_empty() {
        return;
    }
    let frame = &erosion.frame;
    let in_plane: Vec<VectorMm> = (0..90)
        .map(|i| {
            let (sin, cos) = (f64::from(i) * std::f64::consts::PI / 90.0).sin_cos();
            frame.across * cos + frame.along * sin
        })
        .collect();
    truth.width_mm = extent(mouth, &in_plane);
    let height = |q: &VectorMm| (q - frame.point).dot(&frame.normal);
    // The rim is the outer tenth of the mouth.
    let middle = mouth.iter().sum::<VectorMm>() / mouth.len() as f64;
    let radius = |q: &VectorMm| {
        let d = q - middle;
        (d - frame.normal * d.dot(&frame.normal)).norm()
    };
    let farthest = mouth.iter().map(radius).fold(0.0, f64::max);
    let rim: Vec<f64> = mouth
        .iter()
        .filter(|q| radius(q) > 0.85 * farthest)
        .map(height)
        .collect();
    let plane = rim.iter().sum::<f64>() / rim.len().max(1) as f64;
    let floor = inside.iter().map(height).fold(f64::INFINITY, f64::min);
    truth.depth_mm = plane - floor + 0.5 * step;
}

/// Largest extent of points over a set of directions.
fn extent(points: &[VectorMm], directions: &[VectorMm]) -> f64 {
    directions
        .par_iter()
        .map(|d| {
            let (low, high) =
                points
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| {
                        let v = p.dot(d);
                        (l.min(v), h.max(v))
                    });
            (high - low).max(0.0)
        })
        .collect::<Vec<_>>()
        .into_iter()
        .fold(0.0, f64::max)
}

/// 200 directions spread evenly over the half sphere (golden spiral).
fn directions() -> Vec<VectorMm> {
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    (0..200)
        .map(|i| {
            let z = (f64::from(i) + 0.5) / 200.0;
            let r = (1.0 - z * z).sqrt();
            let turn = golden * f64::from(i);
            VectorMm::new(r * turn.cos(), r * turn.sin(), z)
        })
        .collect()
}
