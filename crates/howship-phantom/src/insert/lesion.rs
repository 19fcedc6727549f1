use super::base::{Base, BoneBase};
use super::spec::InsertedLesion;
use crate::Error;
use crate::LesionTruth;
use crate::measure::{Frame, Site, gradient, measure, occupancy};
use crate::shape::{Cavity, Irregularity};
use howship_image::{Geometry, PointMm, Region, RigidTransform, VectorMm, Volume};
use howship_ops::gaussian_in_place;
use rayon::prelude::*;

/// A lesion placed on a bone of the real scan.
pub(crate) struct Placed {
    pub(crate) id: u32,
    pub(crate) bone: u32,
    pub(crate) frame: Frame,
    /// Per visit; `None` where there is no lesion.
    pub(crate) states: Vec<Option<Cavity>>,
    pub(crate) reach: f64,
}

impl Placed {
    pub(crate) fn new(
        lesion: &InsertedLesion,
        index: usize,
        visits: usize,
        seed: u64,
        bone: &BoneBase,
        point: VectorMm,
    ) -> Self {
        let seed = seed ^ (index as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let wall = Irregularity::new(lesion.irregularity, seed);
        let course = lesion.course();
        let states: Vec<Option<Cavity>> = (0..visits).map(|v| course.cavity(v, &wall)).collect();
        let reach = states
            .iter()
            .flatten()
            .map(Cavity::reach)
            .fold(0.0, f64::max);
        let frame = Frame::new(point, normal(bone, point, 0.35 * lesion.width_mm));
        Self {
            id: index as u32 + 1,
            bone: bone.label,
            frame,
            states,
            reach,
        }
    }

    pub(crate) fn truth(
        &self,
        base: &Base,
        visit: usize,
        pose: &RigidTransform,
        fill: f64,
    ) -> LesionTruth {
        let mut truth = LesionTruth {
            id: self.id,
            bone: format!("bone {}", self.bone),
            present: false,
            volume_mm3: 0.0,
            mouth_mm2: 0.0,
            surface_mm2: 0.0,
            width_mm: 0.0,
            depth_mm: 0.0,
            depth3d_mm: 0.0,
            diameter3d_mm: 0.0,
            density: fill,
            centroid_mm: pose.apply(PointMm::from(self.frame.point)).coords.into(),
            normal: pose.rotate(self.frame.normal).into(),
        };
        if let (Some(Some(cavity)), Some(bone)) = (self.states.get(visit), base.bone(self.bone)) {
            let site = Site {
                frame: &self.frame,
                reach: cavity.reach(),
                envelope: &|q| bone.envelope(q),
                cavity: &|q, _| cavity.distance(self.frame.local(q)),
            };
            measure(&site, pose, &mut truth);
        }
        truth
    }
}

/// The surface point nearest to a point, or `None` if the bone has no surface on its grid.
pub(crate) fn nearest_surface(bone: &BoneBase, target: VectorMm) -> Option<VectorMm> {
    let distance = bone.distance();
    let grid = distance.geometry();
    let half = 0.75 * grid.max_spacing();
    let mut best: Option<(f64, VectorMm)> = None;
    for (offset, d) in distance.data().iter().enumerate() {
        if f64::from(d.abs()) > half {
            continue;
        }
        let p = grid.world(grid.voxel(offset).map(|v| v as f64)).coords;
        let far = (p - target).norm_squared();
        if best.is_none_or(|(b, _)| far < b) {
            best = Some((far, p));
        }
    }
    best.map(|(_, p)| on_surface(bone, p))
}

/// A point near the surface moved onto it.
pub(crate) fn on_surface(bone: &BoneBase, point: VectorMm) -> VectorMm {
    let step = bone.distance().geometry().min_spacing();
    let mut p = point;
    for _ in 0..8 {
        let g = gradient(|q| bone.envelope(q), p, step);
        p -= g * (bone.envelope(p) / g.norm_squared().max(0.05));
    }
    p
}

/// Outward normal, averaged over a patch of the surface of this radius.
fn normal(bone: &BoneBase, point: VectorMm, radius: f64) -> VectorMm {
    let step = bone.distance().geometry().min_spacing();
    let at = |p: VectorMm| gradient(|q| bone.envelope(q), p, step);
    let first = at(point);
    let frame = Frame::new(point, first / first.norm().max(1e-9));
    let mut sum = first;
    for i in 0..16 {
        let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 16.0).sin_cos();
        for r in [0.5 * radius, radius] {
            sum += at(on_surface(
                bone,
                point + (frame.across * cos + frame.along * sin) * r,
            ));
        }
    }
    sum / sum.norm().max(1e-9)
}

/// How far outside the surface the old cortex's blur is cleared, mm.
const CLEAR_MM: f64 = 0.35;

/// A lesion on the image of one visit: share of fill after blur, and share of true lesion before it.
pub(crate) struct Stamp {
    pub(crate) region: Region,
    pub(crate) fill: Volume<f32>,
    pub(crate) lesion: Volume<f32>,
}

/// Renders a lesion's occupancy on the image's grid from its analytic shape at the bone's pose (27 antialiased
/// samples per voxel), and blurs it as the scanner does.
pub(crate) fn stamp(
    placed: &Placed,
    visit: usize,
    base: &Base,
    grid: &Geometry,
    poses: &[RigidTransform],
    sigma_mm: [f64; 3],
) -> Result<Option<Stamp>, Error> {
    let Some(Some(cavity)) = placed.states.get(visit) else {
        return Ok(None);
    };
    let Some(own) = base.bones.iter().position(|b| b.label == placed.bone) else {
        return Ok(None);
    };
    let back: Vec<RigidTransform> = poses.iter().map(RigidTransform::inverse).collect();
    let centre = grid.index(poses[own].apply(PointMm::from(placed.frame.point)));
    let Some(region) = box_around(grid, centre, cavity.reach() + CLEAR_MM, sigma_mm) else {
        return Ok(None);
    };
    let part = grid.crop(region)?;
    let [nx, ny, _] = part.size();
    let width = part.voxel_mm3().cbrt() / 3.0;
    let sample = |index: [f64; 3]| -> [f64; 2] {
        let p = part.world(index);
        let q = back[own].apply(p).coords;
        let f = base.bones[own].envelope(q);
        if f > CLEAR_MM + width {
            return [0.0, 0.0];
        }
        let local = placed.frame.local(q);
        let g = cavity.distance(local);
        // Outside the bone the opening goes on straight, as wide as the mouth.
        let opening = cavity.distance(VectorMm::new(local.x, local.y, local.z.min(0.0)));
        let other_bone = f > 0.0
            && base
                .bones
                .iter()
                .enumerate()
                .any(|(o, bone)| o != own && bone.envelope(back[o].apply(p).coords) < 0.15);
        let fill = if other_bone {
            0.0
        } else {
            occupancy(opening.max(f - CLEAR_MM), width)
        };
        [fill, occupancy(g.max(f), width)]
    };
    let mut fill = Volume::filled(part.clone(), 0f32);
    let mut lesion = Volume::filled(part.clone(), 0f32);
    let slices = fill
        .data_mut()
        .par_chunks_mut(nx * ny)
        .zip(lesion.data_mut().par_chunks_mut(nx * ny));
    slices.enumerate().for_each(|(z, (fill, lesion))| {
        for i in 0..nx * ny {
            let (mut a, mut b) = (0.0, 0.0);
            for k in 0..27 {
                let part = |n: usize| (n % 3) as f64 / 3.0 - 1.0 / 3.0;
                let [f, l] = sample([
                    (i % nx) as f64 + part(k),
                    (i / nx) as f64 + part(k / 3),
                    z as f64 + part(k / 9),
                ]);
                a += f;
                b += l;
            }
            fill[i] = (a / 27.0) as f32;
            lesion[i] = (b / 27.0) as f32;
        }
    });
    gaussian_in_place(&mut fill, sigma_mm)?;
    Ok(Some(Stamp {
        region,
        fill,
        lesion,
    }))
}

/// The voxels within `reach` and four sigmas of blur around an index; `None` if outside the grid.
fn box_around(grid: &Geometry, centre: [f64; 3], reach: f64, sigma_mm: [f64; 3]) -> Option<Region> {
    let (mut low, mut high) = ([0usize; 3], [0usize; 3]);
    for a in 0..3 {
        let radius = (reach + 4.0 * sigma_mm[a]) / grid.spacing()[a] + 1.0;
        let last = grid.size()[a] as f64 - 1.0;
        if centre[a] + radius < 0.0 || centre[a] - radius > last {
            return None;
        }
        low[a] = (centre[a] - radius).floor().clamp(0.0, last) as usize;
        high[a] = (centre[a] + radius).ceil().clamp(0.0, last) as usize;
    }
    Some(Region::between(low, high))
}
