use super::bones::find_bones;
use super::spec::InsertSpec;
use crate::Error;
use crate::joint::shape::smoothstep;
use crate::joint::{level_of, share_within};
use crate::measure::gradient;
use howship_image::{
    Calibration, DensityUnit, Geometry, Labels, Mask, PointMm, Region, Scan, UnitKnown, VectorMm,
    Volume, resample_labels, sample_linear,
};
use howship_ops::{gaussian, gaussian_in_place, signed_distance};
use rayon::prelude::*;

/// Farther from a bone than this its distance is not known, mm.
pub(crate) const FAR_MM: f64 = 1.5;

/// One bone of the real scan: its intact surface as a smooth signed distance.
pub(crate) struct BoneBase {
    pub(crate) label: u32,
    pub(crate) centre: PointMm,
    distance: Volume<f32>,
}

impl BoneBase {
    fn new(labels: &Labels, label: u32) -> Result<Option<Self>, Error> {
        let mask: Mask = labels.map(|l| u8::from(l == label));
        let Some(tight) = mask.bounding_region() else {
            return Ok(None);
        };
        let spacing = mask.geometry().spacing();
        let margin = spacing.map(|h| (FAR_MM / h).ceil() as usize + 2);
        let part = mask.crop(tight.grown(margin, mask.size()))?;
        let mut distance = signed_distance(&part);
        // The voxels' steps go, the surface stays where it is to a hundredth of a voxel on bones this large.
        gaussian_in_place(&mut distance, spacing.map(|h| 1.2 * h))?;
        let mut sum = VectorMm::zeros();
        let mut count = 0usize;
        for (offset, _) in part.data().iter().enumerate().filter(|(_, v)| **v != 0) {
            let voxel = part.geometry().voxel(offset);
            sum += VectorMm::from(voxel.map(|v| v as f64));
            count += 1;
        }
        let centre = part.geometry().world((sum / count.max(1) as f64).into());
        Ok(Some(Self {
            label,
            centre,
            distance,
        }))
    }

    /// Moves the whole surface to where the image has the face of the cortex; a threshold's surface lies outside of it.
    ///
    /// # Method
    /// Along the normals of a few thousand surface points the image is followed inwards. A plate of thickness t through
    /// a blur of SD σ peaks at `full · (2Φ(t/2σ) − 1)` and has `full · (Φ(t/σ) − ½)` at its face, so that the peak tells
    /// the level at which its face lies; `full` is what thick cortex reads. The median of where that level is first met
    /// becomes the surface.
    fn move_to_the_face(&mut self, density: &Volume<f32>) {
        let profiles = self.profiles(density);
        let mut peaks: Vec<f64> = profiles.iter().map(|p| p.peak).collect();
        if peaks.len() < ENOUGH_PROFILES {
            return;
        }
        peaks.sort_by(f64::total_cmp);
        let full = peaks[(peaks.len() - 1) * 19 / 20];
        let mut faces: Vec<f64> = profiles.iter().filter_map(|p| p.face(full)).collect();
        if faces.len() < ENOUGH_PROFILES {
            return;
        }
        faces.sort_by(f64::total_cmp);
        let shift = faces[faces.len() / 2] as f32;
        for d in self.distance.data_mut() {
            *d -= shift;
        }
    }

    fn profiles(&self, density: &Volume<f32>) -> Vec<Profile> {
        let grid = self.distance.geometry();
        let step = grid.min_spacing();
        let surface: Vec<usize> = (0..self.distance.data().len())
            .filter(|&o| f64::from(self.distance.data()[o].abs()) < 0.5 * step)
            .collect();
        let stride = (surface.len() / MOST_PROFILES).max(1);
        let points: Vec<usize> = surface.into_iter().step_by(stride).collect();
        points
            .par_iter()
            .filter_map(|&o| {
                let p = grid.world(grid.voxel(o).map(|v| v as f64)).coords;
                let gradient = gradient(|q| self.envelope(q), p, 2.0 * step);
                let normal = gradient / gradient.norm().max(1e-9);
                let start = p - normal * self.envelope(p);
                Profile::new(density, start, normal)
            })
            .collect()
    }

    /// Signed distance to the intact surface, mm; [`FAR_MM`] where it is not known.
    pub(crate) fn envelope(&self, p: VectorMm) -> f64 {
        let index = self.distance.geometry().index(PointMm::from(p));
        sample_linear(&self.distance, index).map_or(FAR_MM, f64::from)
    }

    /// The grid on which the distance is stored.
    pub(crate) fn distance(&self) -> &Volume<f32> {
        &self.distance
    }
}

/// Surface points of a bone whose profiles are looked at, at most and at least.
const MOST_PROFILES: usize = 4000;
const ENOUGH_PROFILES: usize = 50;
/// A profile runs from so far outside to so far inside the surface, mm.
const OUTSIDE_MM: f64 = 0.45;
const INSIDE_MM: f64 = 0.45;
const PROFILE_STEP_MM: f64 = 0.015;
/// Soft tissue outside is at most, and cortex at least so dense, mgHA/cm³.
const MOST_SOFT: f64 = 150.0;
const LEAST_CORTEX: f64 = 300.0;

/// Density along a normal from outside inwards.
struct Profile {
    values: Vec<f64>,
    soft: f64,
    /// Brightest value less soft tissue.
    peak: f64,
}

impl Profile {
    /// `None` where something else lies outside, or no cortex inside.
    fn new(density: &Volume<f32>, start: VectorMm, normal: VectorMm) -> Option<Self> {
        let count = ((OUTSIDE_MM + INSIDE_MM) / PROFILE_STEP_MM) as usize;
        let values: Option<Vec<f64>> = (0..=count)
            .map(|k| {
                let off = OUTSIDE_MM - PROFILE_STEP_MM * k as f64;
                let index = density
                    .geometry()
                    .index(PointMm::from(start + normal * off));
                sample_linear(density, index).map(f64::from)
            })
            .collect();
        let values = values?;
        let outer = &values[..values.len() / 8];
        let soft = outer.iter().sum::<f64>() / outer.len() as f64;
        let brightest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let usable = soft < MOST_SOFT && brightest > LEAST_CORTEX;
        usable.then_some(Self {
            values,
            soft,
            peak: brightest - soft,
        })
    }

    /// Where the face lies, mm outside the surface; negative inside.
    fn face(&self, full: f64) -> Option<f64> {
        let share = (self.peak / full).clamp(0.02, 0.999);
        let half_thickness = level_of(share);
        let level = self.soft + 0.5 * full * share_within(2.0 * half_thickness);
        let k = self.values.iter().position(|v| *v >= level)?;
        let (before, here) = (*self.values.get(k.checked_sub(1)?)?, self.values[k]);
        let part = (level - before) / (here - before).max(1e-9);
        Some(OUTSIDE_MM - PROFILE_STEP_MM * (k as f64 - 1.0 + part))
    }
}

/// The real scan, ready to be moved and changed.
pub(crate) struct Base {
    /// Denoised density, mgHA/cm³.
    pub(crate) density: Volume<f32>,
    /// The same with the bones replaced by soft tissue.
    pub(crate) background: Volume<f32>,
    pub(crate) bones: Vec<BoneBase>,
    /// SD of the scan's own noise in soft tissue, mgHA/cm³.
    pub(crate) noise_sd: f64,
    /// Mean of its soft tissue, mgHA/cm³.
    pub(crate) soft: f64,
    /// How the density was known.
    pub(crate) known: UnitKnown,
    pub(crate) calibration: Option<Calibration>,
}

impl Base {
    pub(crate) fn new(
        scan: &Scan,
        labels: Option<&Labels>,
        spec: &InsertSpec,
        source: Region,
    ) -> Result<Self, Error> {
        let part = Scan {
            volume: scan.volume.crop(source)?,
            unit: scan.unit,
            known: scan.known,
            calibration: scan.calibration,
        };
        let raw = part.into_unit(DensityUnit::MgHaPerCm3)?.volume;
        let labels = match labels {
            Some(l) if l.geometry() == scan.volume.geometry() => l.crop(source)?,
            Some(l) => resample_labels(
                l,
                raw.geometry(),
                &howship_image::RigidTransform::identity(),
            ),
            None => find_bones(&raw)?,
        };
        let bones = all_bones(&labels)?;
        let near = nearest_bone(raw.geometry(), &bones);
        let (soft, noise_sd) = soft_tissue(&raw, &near)?;
        let density = if spec.denoise {
            denoised(&raw, &near)?
        } else {
            raw
        };
        let background = without_bones(&density, &near, soft);
        let mut bones = bones;
        for bone in &mut bones {
            bone.move_to_the_face(&density);
        }
        Ok(Self {
            density,
            background,
            bones,
            noise_sd,
            soft,
            known: scan.known,
            calibration: scan.calibration,
        })
    }

    /// The bones' labels.
    pub(crate) fn labels(&self) -> Vec<u32> {
        self.bones.iter().map(|b| b.label).collect()
    }

    pub(crate) fn bone(&self, label: u32) -> Option<&BoneBase> {
        self.bones.iter().find(|b| b.label == label)
    }
}

fn all_bones(labels: &Labels) -> Result<Vec<BoneBase>, Error> {
    let mut present: Vec<u32> = labels.data().iter().copied().filter(|l| *l != 0).collect();
    present.sort_unstable();
    present.dedup();
    let mut bones = Vec::new();
    for label in present {
        bones.extend(BoneBase::new(labels, label)?);
    }
    if bones.is_empty() {
        return Err(Error::NoBone { threshold: 0.0 });
    }
    Ok(bones)
}

/// Signed distance to the nearest bone on the scan's grid.
fn nearest_bone(grid: &Geometry, bones: &[BoneBase]) -> Volume<f32> {
    let [nx, ny, _] = grid.size();
    let mut near = Volume::filled(grid.clone(), FAR_MM as f32);
    near.data_mut()
        .par_chunks_mut(nx * ny)
        .enumerate()
        .for_each(|(z, slice)| {
            for (i, value) in slice.iter_mut().enumerate() {
                let p = grid
                    .world([(i % nx) as f64, (i / nx) as f64, z as f64])
                    .coords;
                for bone in bones {
                    *value = value.min(bone.envelope(p) as f32);
                }
            }
        });
    near
}

/// Mean and SD of soft tissue: away from bone, not air, slow trends taken away for the SD, which is the robust
/// one of the median deviation: tendons and calcified bits do not count.
fn soft_tissue(raw: &Volume<f32>, near: &Volume<f32>) -> Result<(f64, f64), Error> {
    let slow = gaussian(raw, raw.geometry().spacing().map(|h| 6.0 * h))?;
    let (mut sum, mut residuals) = (0.0, Vec::new());
    for ((v, s), d) in raw.data().iter().zip(slow.data()).zip(near.data()) {
        if *d > 0.9 && (-60.0..=120.0).contains(s) {
            sum += f64::from(*v);
            residuals.push((v - s).abs());
        }
    }
    if residuals.len() < 100 {
        // All bone: the numbers of the scan on which the defaults were measured.
        return Ok((9.0, crate::NoiseSpec::default().sd));
    }
    let n = residuals.len();
    let (_, median, _) = residuals.select_nth_unstable_by(n / 2, f32::total_cmp);
    Ok((sum / n as f64, MAD_TO_SD * f64::from(*median)))
}

/// SD of a normal distribution over the median of its absolute deviations.
const MAD_TO_SD: f64 = 1.4826;

/// Local Wiener filter on a slightly smoothed scan: flat tissue loses its noise, trabeculae stay.
///
/// After a Gaussian of 0.6 voxel, each voxel keeps the share (v − n) / v of its deviation from the local mean
/// (Gaussian of 1.5 voxels), with v the local variance and n that of soft tissue (Lee, IEEE PAMI 1980).
fn denoised(raw: &Volume<f32>, near: &Volume<f32>) -> Result<Volume<f32>, Error> {
    let spacing = raw.geometry().spacing();
    let mut light = gaussian(raw, spacing.map(|h| 0.6 * h))?;
    let (_, sd) = soft_tissue(&light, near)?;
    let noise = (sd * sd) as f32;
    let window = spacing.map(|h| 1.5 * h);
    let mean = gaussian(&light, window)?;
    let mut square = light.map(|v| v * v);
    gaussian_in_place(&mut square, window)?;
    light
        .data_mut()
        .par_iter_mut()
        .zip(mean.data())
        .zip(square.data())
        .for_each(|((v, m), s)| {
            let variance = (s - m * m).max(1e-3);
            *v = m + (*v - m) * ((variance - noise) / variance).max(0.0);
        });
    Ok(light)
}

/// Bones and their rim of 0.45 mm replaced by soft tissue, with a transition of 0.3 mm.
fn without_bones(density: &Volume<f32>, near: &Volume<f32>, soft: f64) -> Volume<f32> {
    let mut background = density.clone();
    background
        .data_mut()
        .par_iter_mut()
        .zip(near.data())
        .for_each(|(v, d)| {
            let keep = smoothstep(0.45, 0.75, f64::from(*d));
            *v = (soft + (f64::from(*v) - soft) * keep) as f32;
        });
    background
}
