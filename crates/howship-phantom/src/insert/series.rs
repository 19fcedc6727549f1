use super::base::{Base, FAR_MM};
use super::lesion::{Placed, stamp};
use super::random::place_all;
use super::spec::InsertSpec;
use crate::joint::shape::smoothstep;
use crate::noise::noise_field;
use crate::scanner::FWHM_PER_SIGMA;
use crate::{BoneTruth, Error, NoiseSpec, Truth};
use howship_image::{
    CubicSpline, DensityUnit, Geometry, Labels, PointMm, Region, RigidTransform, Scan, VectorMm,
    Volume, sample_linear,
};
use rayon::prelude::*;

/// One visit of an inserted series.
#[derive(Debug, Clone)]
pub struct InsertedVisit {
    /// The visit's name.
    pub name: String,
    /// The image, in mgHA/cm³, with the calibration of the real scan.
    pub scan: Scan,
    /// Lesion identities: voxels at least half of which are lesion.
    pub truth_labels: Labels,
    /// Intact bones, lesions included, by their labels.
    pub bones: Labels,
}

/// A series with known truth made from one real scan.
#[derive(Debug, Clone)]
pub struct InsertedSeries {
    /// The visits in order.
    pub visits: Vec<InsertedVisit>,
    /// What is true: volumes inside the intact envelope, poses (real scan's frame to each visit's).
    pub truth: Truth,
    /// SD of the real scan's noise in soft tissue, mgHA/cm³.
    pub noise_sd: f64,
    /// Density that fills the lesions, mgHA/cm³.
    pub fill_density: f64,
}

/// Air in mgHA/cm³, as contoured files hold it.
const AIR: f64 = -391.2;

/// Puts known lesions and motions into a real scan, with fresh noise at every visit.
///
/// # Method
/// 1. The scan is converted to mgHA/cm³ and denoised (see `InsertSpec::denoise`), as its own noise would
///    otherwise be the same at all visits. The signed distance to each bone's label is its intact envelope.
/// 2. Each visit samples the denoised scan by cubic B-spline at each bone's own pose; between the bones a
///    background without bones, moved with the hand, fades in from 0.2 to 0.5 mm off the surfaces.
/// 3. Lesions are rendered at the visit's pose from their analytic shape (27 antialiased samples per voxel), blurred
///    by the scanner's point spread, and filled with soft-tissue density. The truth is the analytic shape inside
///    the envelope.
/// 4. Noise of the scan's own SD and correlation is added to every visit, baseline included, except in masked air.
///
/// # Limitations
/// The base is interpolated, so that trabeculae lose a little contrast, differently at each pose; texture in healed
/// bone is the original one; walls have no sclerosis; what the denoising leaves of the base's noise is shared.
///
/// # Errors
/// A field of the specification that is not usable, no bone, or no place for a lesion.
pub fn insert(
    scan: &Scan,
    bones: Option<&Labels>,
    spec: &InsertSpec,
) -> Result<InsertedSeries, Error> {
    spec.check()?;
    let (source, target) = grids(scan, spec)?;
    let base = Base::new(scan, bones, spec, source)?;
    for (i, visit) in spec.visits.iter().enumerate() {
        for (j, pose) in visit.bones.iter().enumerate() {
            if base.bone(pose.label).is_none() {
                let field = format!("visits[{i}].bones[{j}].label");
                return Err(Error::Label {
                    field,
                    label: pose.label,
                    known: base.labels(),
                });
            }
        }
    }
    let fill = spec.fill_density.unwrap_or(base.soft);
    let placed = place_all(&base, spec, &target)?;
    let poses: Vec<Vec<RigidTransform>> = (0..spec.visits.len())
        .map(|v| {
            base.bones
                .iter()
                .map(|b| bone_pose(spec, v, &target, b.label, b.centre))
                .collect()
        })
        .collect();
    let spline = CubicSpline::new(base.density.clone());
    let mut visits = Vec::with_capacity(spec.visits.len());
    for v in 0..spec.visits.len() {
        let composer = Composer {
            base: &base,
            spline: &spline,
            grid: &target,
            hand: spec.visits[v].hand.about(target.centre()),
            poses: &poses[v],
        };
        visits.push(composer.visit(spec, v, &placed, fill)?);
    }
    let truth = truth_of(&base, spec, &placed, &poses, fill);
    Ok(InsertedSeries {
        visits,
        truth,
        noise_sd: base.noise_sd,
        fill_density: fill,
    })
}

/// Pose of a bone at a visit: its own motion about its centroid, then the hand's about the grid's centre.
fn bone_pose(
    spec: &InsertSpec,
    visit: usize,
    grid: &Geometry,
    label: u32,
    centre: PointMm,
) -> RigidTransform {
    let v = &spec.visits[visit];
    let hand = v.hand.about(grid.centre());
    match v.bones.iter().find(|b| b.label == label) {
        Some(bone) => hand.after(&bone.pose.about(centre)),
        None => hand,
    }
}

/// Bones of one finger joint lie within this distance of the middle along each axis, mm.
const BONES_WITHIN_MM: f64 = 8.0;

/// The region to read, and the grid to write: trimmed where motions would reach beyond the scan.
fn grids(scan: &Scan, spec: &InsertSpec) -> Result<(Region, Geometry), Error> {
    let full = scan.volume.geometry();
    let region = spec.region.unwrap_or(Region {
        start: [0; 3],
        size: full.size(),
    });
    let wanted = full.crop(region)?;
    let mut margin = [0usize; 3];
    let size = wanted.size();
    let spacing = wanted.spacing();
    for (v, visit) in spec.visits.iter().enumerate() {
        let motions = visit
            .bones
            .iter()
            .map(|b| bone_pose(spec, v, &wanted, b.label, wanted.centre()))
            .chain([visit.hand.about(wanted.centre())]);
        for motion in motions {
            for corner in 0..8usize {
                // Beyond this radius there is skin and air, which may come from the scan's edge.
                let index: [f64; 3] = std::array::from_fn(|a| {
                    let half = 0.5 * (size[a] as f64 - 1.0);
                    let reach = half.min(BONES_WITHIN_MM / spacing[a]);
                    if corner >> a & 1 == 1 {
                        half + reach
                    } else {
                        half - reach
                    }
                });
                let moved = wanted.index(motion.apply(wanted.world(index)));
                for a in 0..3 {
                    margin[a] = margin[a].max((moved[a] - index[a]).abs().ceil() as usize);
                }
            }
        }
    }
    let source = region.grown(margin, full.size());
    let mut start = [0usize; 3];
    let mut kept = [0usize; 3];
    for a in 0..3 {
        let low = (region.start[a] - source.start[a]).min(margin[a]);
        let high = (source.start[a] + source.size[a]) - (region.start[a] + region.size[a]);
        start[a] = region.start[a] + (margin[a] - low);
        let cut = (margin[a] - low) + (margin[a] - high.min(margin[a]));
        kept[a] = region.size[a].saturating_sub(cut);
    }
    Ok((source, full.crop(Region { start, size: kept })?))
}

fn truth_of(
    base: &Base,
    spec: &InsertSpec,
    placed: &[Placed],
    poses: &[Vec<RigidTransform>],
    fill: f64,
) -> Truth {
    let bones = base
        .bones
        .iter()
        .enumerate()
        .map(|(b, bone)| BoneTruth {
            id: bone.label,
            name: format!("bone {}", bone.label),
            centre_mm: bone.centre.coords.into(),
            poses: poses.iter().map(|p| p[b]).collect(),
        })
        .collect();
    let lesions = poses
        .iter()
        .enumerate()
        .map(|(v, poses)| {
            placed
                .iter()
                .map(|lesion| {
                    let own = base.bones.iter().position(|b| b.label == lesion.bone);
                    let pose = own.map_or_else(RigidTransform::identity, |b| poses[b]);
                    lesion.truth(base, v, &pose, fill)
                })
                .collect()
        })
        .collect();
    Truth {
        visits: spec.visits.iter().map(|v| v.name.clone()).collect(),
        bones,
        lesions,
        delta_mm3: spec.delta_mm3,
        delta_share: spec.delta_share,
    }
}

struct Composer<'a> {
    base: &'a Base,
    spline: &'a CubicSpline,
    grid: &'a Geometry,
    hand: RigidTransform,
    poses: &'a [RigidTransform],
}

impl Composer<'_> {
    fn visit(
        &self,
        spec: &InsertSpec,
        visit: usize,
        placed: &[Placed],
        fill: f64,
    ) -> Result<InsertedVisit, Error> {
        let (mut volume, bones) = self.moved();
        let mut truth_labels = Labels::filled(self.grid.clone(), 0);
        let spacing = self.grid.spacing();
        let sigma = spacing.map(|h| {
            let total = spec.blur_fwhm_mm / FWHM_PER_SIGMA;
            (total * total - h * h / 12.0).max(0.0).sqrt()
        });
        for lesion in placed {
            let Some(stamp) = stamp(lesion, visit, self.base, self.grid, self.poses, sigma)? else {
                continue;
            };
            let mut part = volume.crop(stamp.region)?;
            for (v, share) in part.data_mut().iter_mut().zip(stamp.fill.data()) {
                *v += (fill as f32 - *v) * share;
            }
            volume.paste(&part, stamp.region)?;
            let mut labels = truth_labels.crop(stamp.region)?;
            for (l, share) in labels.data_mut().iter_mut().zip(stamp.lesion.data()) {
                if *share >= 0.5 {
                    *l = lesion.id;
                }
            }
            truth_labels.paste(&labels, stamp.region)?;
        }
        let noise = spec
            .noise
            .clone()
            .unwrap_or_else(|| own_noise(self.base.noise_sd, spacing));
        if noise.sd > 0.0 {
            let seed = spec
                .seed
                .wrapping_add((visit as u64 + 1).wrapping_mul(0xA076_1D64_78BD_642F));
            let field = noise_field(self.grid, &noise, seed)?;
            volume
                .data_mut()
                .par_iter_mut()
                .zip(field.data())
                .for_each(|(v, n)| {
                    // Masked air has no noise in the real file either.
                    *v += n * smoothstep(-385.0, -300.0, f64::from(*v)) as f32;
                });
        }
        Ok(InsertedVisit {
            name: spec.visits[visit].name.clone(),
            scan: Scan {
                volume,
                unit: DensityUnit::MgHaPerCm3,
                known: self.base.known,
                calibration: self.base.calibration,
            },
            truth_labels,
            bones,
        })
    }

    /// Every bone at its pose over the moved background, and the bones' labels.
    fn moved(&self) -> (Volume<f32>, Labels) {
        let [nx, ny, _] = self.grid.size();
        let back: Vec<RigidTransform> = self.poses.iter().map(RigidTransform::inverse).collect();
        let hand = self.hand.inverse();
        let mut volume = Volume::filled(self.grid.clone(), AIR as f32);
        let mut labels = Labels::filled(self.grid.clone(), 0);
        let slices = volume
            .data_mut()
            .par_chunks_mut(nx * ny)
            .zip(labels.data_mut().par_chunks_mut(nx * ny));
        slices.enumerate().for_each(|(z, (values, labels))| {
            for i in 0..nx * ny {
                let p = self
                    .grid
                    .world([(i % nx) as f64, (i / nx) as f64, z as f64]);
                let index = self.base.background.geometry().index(hand.apply(p));
                let mut value = sample_linear(&self.base.background, index).map_or(AIR, f64::from);
                let mut nearest = 0.0;
                for (b, bone) in self.base.bones.iter().enumerate() {
                    let q = back[b].apply(p).coords;
                    let f = bone.envelope(q);
                    if f < nearest {
                        nearest = f;
                        labels[i] = bone.label;
                    }
                    let weight = self.weight(b, q, f);
                    if weight > 0.0 {
                        let index = self.base.density.geometry().index(PointMm::from(q));
                        if let Some(layer) = self.spline.sample(index) {
                            value += (f64::from(layer) - value) * weight;
                        }
                    }
                }
                values[i] = value as f32;
            }
        });
        (volume, labels)
    }

    /// Share of a bone's own layer: 1 up to 0.2 mm off its surface, 0 from 0.5 mm and in another bone.
    fn weight(&self, own: usize, q: VectorMm, f: f64) -> f64 {
        if f >= 0.5_f64.min(FAR_MM) {
            return 0.0;
        }
        let mut weight = 1.0 - smoothstep(0.2, 0.5, f);
        if f > 0.0 {
            for (o, other) in self.base.bones.iter().enumerate() {
                if o != own {
                    weight *= smoothstep(0.0, 0.25, other.envelope(q));
                }
            }
        }
        weight
    }
}

/// Noise of a scan's own SD; the correlation keeps its ratio to the voxel.
fn own_noise(sd: f64, spacing: [f64; 3]) -> NoiseSpec {
    let measured = NoiseSpec::default();
    NoiseSpec {
        sd,
        correlation_mm: std::array::from_fn(|a| measured.correlation_mm[a] * spacing[a] / 0.0607),
        highpass_mm: measured.highpass_mm * spacing[0].max(spacing[1]) / 0.0607,
    }
}
