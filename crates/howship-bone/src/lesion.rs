//! One lesion at all visits: one frame, one envelope, one centre where it can be, so that errors cancel in change.

use crate::cavity::{
    CavityVolume, FitOptions, RayField, Sphere, WallFit, cast, cavity_volume, fit_wall,
    volume_of_change,
};
use crate::corroborate::{NoiseLevel, combine, density_change};
use crate::detect::Candidate;
use crate::levels::Levels;
use crate::local::{LocalImage, Smoothing};
use crate::quantities::contains;
use crate::segmentation::BoneShape;
use crate::surface::{Guess, SurfaceOptions, SurfacePatch};
use crate::{BoneOptions, Error};
use howship_image::{PointMm, RigidTransform, VectorMm, Volume};
use howship_stats::welch_satterthwaite;

/// What a lesion's measurement needs of one visit.
pub(crate) struct VisitImage<'a> {
    pub(crate) volume: &'a Volume<f32>,
    /// Baseline world mm → this visit's.
    pub(crate) pose: RigidTransform,
    pub(crate) levels: Levels,
    /// Covariance of a point's position (baseline frame), mm².
    pub(crate) pose_covariance: nalgebra::Matrix3<f64>,
}

/// One lesion measured at one visit.
pub(crate) struct VisitCavity {
    pub(crate) centre: PointMm,
    pub(crate) rays: RayField,
    pub(crate) wall: WallFit,
    pub(crate) volume: CavityVolume,
    /// Derivative of the volume by the wall threshold, mm³ per unit.
    pub(crate) per_threshold: f64,
    /// The volume seen from this centre and from others around it, mm³, the same others at each visit.
    pub(crate) views: Vec<f64>,
    /// Standard error of what cannot be seen behind a closed cortex, mm³.
    pub(crate) unseen_mm3: f64,
}

impl VisitCavity {
    /// Cuts the cavity to nearer boundaries; what its error consists of shrinks as its volume does.
    fn cut_to(&mut self, boundary: Vec<f64>) {
        let cubes = |radii: &[f64]| radii.iter().map(|r| r.powi(3)).sum::<f64>();
        let before = cubes(&self.volume.boundary);
        let share = if before > 0.0 {
            cubes(&boundary) / before
        } else {
            0.0
        };
        self.volume.boundary = boundary;
        self.volume.value *= share;
        self.volume.wall_mm2 *= share.powf(2.0 / 3.0);
        self.per_threshold *= share;
        for part in [
            &mut self.volume.influence,
            &mut self.volume.rim,
            &mut self.views,
        ] {
            part.iter_mut().for_each(|x| *x *= share);
        }
        self.volume.per_shift = self.volume.per_shift.map(|x| x * share);
    }

    /// Mean volume over the centres: a wall that is not star-shaped looks different from each.
    pub(crate) fn mean_volume(&self) -> f64 {
        self.views.iter().sum::<f64>() / self.views.len() as f64
    }
}

/// One lesion measured at all visits, in the baseline's frame.
pub(crate) struct MeasuredLesion {
    pub(crate) surface: SurfacePatch,
    pub(crate) images: Vec<Option<LocalImage>>,
    pub(crate) cavities: Vec<Option<VisitCavity>>,
    pub(crate) threshold: f64,
    /// Noise of the volume that the image's own noise causes, per visit, is inside the walls' influence.
    pub(crate) shift_covariance: Vec<nalgebra::Matrix3<f64>>,
    /// Noise per visit.
    pub(crate) noise: Vec<NoiseLevel>,
    /// Bone minus soft tissue, averaged over visits.
    pub(crate) contrast: f64,
    /// Soft tissue, averaged over visits.
    pub(crate) soft: f64,
}

/// A change of volume, its error, and how far its two estimates disagree (squared, in standard errors).
pub(crate) struct VolumeChange {
    pub(crate) value: f64,
    pub(crate) se: f64,
    pub(crate) df: f64,
    pub(crate) disagreement: f64,
}

struct EnvelopeGuess<'a>(&'a BoneShape);

impl Guess for EnvelopeGuess<'_> {
    /// The coarse envelope, followed along the normal from 1.5 mm outside to 1.5 mm inside.
    fn height(&self, origin: PointMm, axes: &[VectorMm; 3], u: f64, v: f64) -> Option<f64> {
        const STEP: f64 = 0.1;
        let foot = origin + axes[0] * u + axes[1] * v;
        let mut above: Option<f64> = None;
        for k in 0..=30 {
            let w = 1.5 - STEP * f64::from(k);
            let here = self.0.depth(foot + axes[2] * w);
            match (above, here) {
                // Above the field there is nothing to follow yet; below its end there is nothing left.
                (None, None) => {}
                (Some(_), None) => return None,
                (None, Some(d)) if d <= 0.0 => return None,
                (Some(a), Some(d)) if d <= 0.0 => return Some(w - STEP * d / (a - d).max(1e-9)),
                (_, Some(d)) => above = Some(d),
            }
        }
        None
    }
}

/// Half the edge of the cube that is looked at, mm.
const HALF_MM: f64 = 4.0;
/// Relative uncertainty of the wall threshold: where between soft tissue and bone a wall lies is a convention.
const LEVEL_SD: f64 = 0.05;
/// Relative drift of the density scale between visits (Burghardt, J Bone Miner Res 2013: long-term 0.7-2 %).
const DRIFT_SD: f64 = 0.01;

/// Measures a candidate at every visit; `None` where no envelope or no cavity can be made out.
pub(crate) fn measure_lesion(
    sphere: &Sphere,
    visits: &[Option<VisitImage<'_>>],
    shape: &BoneShape,
    candidate: &Candidate,
    options: &BoneOptions,
) -> Result<Option<MeasuredLesion>, Error> {
    let mut images = Vec::with_capacity(visits.len());
    for visit in visits {
        images.push(match visit {
            Some(v) => {
                let smoothing = Smoothing::for_voxel(v.volume.geometry().max_spacing());
                LocalImage::new(v.volume, v.pose, candidate.mouth, HALF_MM, smoothing)?
            }
            None => None,
        });
    }
    let present: Vec<&VisitImage<'_>> = visits.iter().flatten().collect();
    let mean = |f: &dyn Fn(&Levels) -> f64| {
        present.iter().map(|v| f(&v.levels)).sum::<f64>() / present.len().max(1) as f64
    };
    let (soft, bone) = (mean(&|l| l.soft), mean(&|l| l.bone));
    let contrast = (bone - soft).max(1.0);
    let surface = SurfacePatch::fit(
        candidate.mouth,
        candidate.normal,
        &images,
        &EnvelopeGuess(shape),
        SurfaceOptions {
            pixel_mm: present
                .iter()
                .map(|v| 1.5 * v.volume.geometry().min_spacing())
                .fold(0.1, f64::max)
                .min(0.25),
            radius_mm: 3.0,
            edge: soft + 0.5 * contrast,
            soft,
        },
    );
    let Some(surface) = surface else {
        return Ok(None);
    };
    let covariances = visits
        .iter()
        .map(|v| {
            v.as_ref()
                .map_or_else(nalgebra::Matrix3::zeros, |v| v.pose_covariance)
        })
        .collect();
    let mut lesion = MeasuredLesion {
        surface,
        images,
        cavities: visits.iter().map(|_| None).collect(),
        threshold: soft + options.wall_level * contrast,
        shift_covariance: covariances,
        noise: visits
            .iter()
            .map(|v| {
                v.as_ref().map_or(
                    NoiseLevel {
                        sd: 0.0,
                        scale_mm: 0.0,
                    },
                    |v| NoiseLevel {
                        sd: v.levels.noise_sd,
                        scale_mm: v.levels.noise_scale_mm,
                    },
                )
            })
            .collect(),
        contrast,
        soft,
    };
    let fit = FitOptions::default();
    let mut centres: Vec<PointMm> = vec![candidate.centre; visits.len()];
    for round in 0..3 {
        for visit in 0..visits.len() {
            lesion.cavities[visit] = lesion.cavity_at(sphere, visit, centres[visit], None, &fit);
        }
        if lesion
            .cavities
            .iter()
            .flatten()
            .all(|c| c.volume.value < 0.01)
        {
            return Ok(None);
        }
        if round == 0 {
            lesion.adapt_threshold(sphere, soft, options.wall_level);
        }
        centres = lesion.better_centres(sphere, &centres);
    }
    lesion.look_around(sphere, &fit);
    lesion.differentiate_threshold(sphere, &fit);
    lesion.bound_closed(sphere);
    Ok(Some(lesion))
}

impl MeasuredLesion {
    fn cavity_at(
        &self,
        sphere: &Sphere,
        visit: usize,
        centre: PointMm,
        start: Option<&[f64]>,
        fit: &FitOptions,
    ) -> Option<VisitCavity> {
        let image = self.images[visit].as_ref()?;
        let _ = image.fine(centre)?;
        let rays = cast(sphere, image, &self.surface, visit, centre, self.threshold);
        let wall = fit_wall(sphere, &rays, start, fit)?;
        let volume = cavity_volume(sphere, &rays, &wall);
        let about = volume.value;
        Some(VisitCavity {
            centre,
            rays,
            wall,
            volume,
            per_threshold: 0.0,
            views: vec![about],
            unseen_mm3: 0.0,
        })
    }

    /// The wall level from the bone around this lesion: 90th percentile of a shell 0.3-1.0 mm behind the wall.
    fn adapt_threshold(&mut self, sphere: &Sphere, soft: f64, level: f64) {
        let mut values = Vec::new();
        for (visit, cavity) in self.cavities.iter().enumerate() {
            let (Some(cavity), Some(image)) = (cavity, &self.images[visit]) else {
                continue;
            };
            for (i, direction) in sphere.directions.iter().enumerate() {
                if cavity.rays.mouth[i] {
                    continue;
                }
                for k in 0..5 {
                    let at = cavity.centre
                        + direction * (cavity.volume.boundary[i] + 0.3 + 0.15 * f64::from(k));
                    if self.surface.depth(at).is_none_or(|d| d < 0.1) {
                        continue;
                    }
                    values.extend(image.fine(at));
                }
            }
        }
        if values.len() < 200 {
            return;
        }
        values.sort_by(f64::total_cmp);
        let bright = values[values.len() * 9 / 10];
        let usual = self.contrast;
        // A neighbourhood without trabeculae must not pull the wall level into the noise.
        let contrast = (bright - soft).clamp(0.5 * usual, 1.6 * usual);
        self.contrast = contrast;
        self.threshold = soft + level * contrast;
    }

    /// One centre for all visits where it lies in the void at all of them, else one for each.
    fn better_centres(&self, sphere: &Sphere, current: &[PointMm]) -> Vec<PointMm> {
        let mut smallest: Option<(f64, PointMm)> = None;
        for cavity in self.cavities.iter().flatten() {
            let volume = cavity.volume.value;
            if volume > 0.05 && smallest.is_none_or(|(v, _)| volume < v) {
                smallest = Some((volume, centroid(sphere, cavity)));
            }
        }
        let Some((_, shared)) = smallest else {
            return current.to_vec();
        };
        (0..current.len())
            .map(|visit| {
                let Some(image) = &self.images[visit] else {
                    return shared;
                };
                if self.roomy(image, shared) {
                    return shared;
                }
                match &self.cavities[visit] {
                    Some(cavity) if cavity.volume.value > 0.05 => {
                        let own = centroid(sphere, cavity);
                        let open: Vec<_> = self.open_cavities().collect();
                        if !self.is_open(visit) && !open.is_empty() && !in_any(sphere, &open, own) {
                            // Behind a closed cortex this is marrow beside what the lesion was.
                            self.emptiest(image, sphere).unwrap_or(shared)
                        } else if self.roomy(image, own) {
                            own
                        } else {
                            current[visit]
                        }
                    }
                    _ => self.emptiest(image, sphere).unwrap_or(shared),
                }
            })
            .collect()
    }

    /// Whether a visit's cortex is broken.
    pub(crate) fn is_open(&self, visit: usize) -> bool {
        self.surface.mouth_area(visit) > OPEN_MM2
    }

    /// Whether the cavity itself opens through the envelope: marrow behind another lesion's wall does not.
    pub(crate) fn reaches_mouth(&self, visit: usize) -> bool {
        let cavity = self.cavities[visit].as_ref();
        cavity.is_some_and(|c| c.volume.per_envelope_mm >= OPEN_MM2)
    }

    /// Cavities of visits whose cortex is broken.
    fn open_cavities(&self) -> impl Iterator<Item = &VisitCavity> {
        let cavities = self.cavities.iter().enumerate();
        cavities.filter_map(|(visit, c)| c.as_ref().filter(|_| self.is_open(visit)))
    }

    /// What a closed cortex leaves is at most what lies where the lesion was when it was open: void beyond is marrow.
    fn bound_closed(&mut self, sphere: &Sphere) {
        // Which visits are open is asked once: it adds up a whole mouth.
        let open: Vec<&VisitCavity> = self.open_cavities().collect();
        let largest = open.iter().map(|c| c.mean_volume()).fold(0.0, f64::max);
        if largest <= 0.0 {
            return;
        }
        let bounds: Vec<Option<Vec<f64>>> = self
            .cavities
            .iter()
            .enumerate()
            .map(|(visit, cavity)| {
                let cavity = cavity.as_ref().filter(|_| !self.is_open(visit))?;
                let rays = sphere.directions.iter().zip(&cavity.volume.boundary);
                Some(
                    rays.map(|(direction, r)| {
                        inside_open(sphere, &open, cavity.centre, direction, *r)
                    })
                    .collect(),
                )
            })
            .collect();
        for (cavity, bound) in self.cavities.iter_mut().zip(bounds) {
            if let (Some(cavity), Some(bound)) = (cavity, bound) {
                cavity.cut_to(bound);
                cavity.unseen_mm3 = UNSEEN_SHARE * largest;
            }
        }
    }

    /// Whether there is void for 0.12 mm around a point.
    fn roomy(&self, image: &LocalImage, point: PointMm) -> bool {
        let inside = self.surface.depth(point).is_some_and(|d| d > 0.05);
        inside
            && [VectorMm::x(), VectorMm::y(), VectorMm::z()]
                .iter()
                .all(|axis| {
                    [-0.12, 0.0, 0.12].iter().all(|s| {
                        image
                            .fine(point + axis * *s)
                            .is_some_and(|v| v < self.threshold)
                    })
                })
    }

    /// The emptiest place inside the largest cavity of any visit, of those with a broken cortex if there are any.
    fn emptiest(&self, image: &LocalImage, sphere: &Sphere) -> Option<PointMm> {
        let larger = |a: &&VisitCavity, b: &&VisitCavity| a.volume.value.total_cmp(&b.volume.value);
        let any = || self.cavities.iter().flatten().max_by(larger);
        let largest = self.open_cavities().max_by(larger).or_else(any)?;
        let mut best: Option<(f64, PointMm)> = None;
        for (i, direction) in sphere.directions.iter().enumerate() {
            for k in 0..8 {
                let share = 0.1 + 0.1 * f64::from(k);
                let at = largest.centre + direction * (largest.volume.boundary[i] * share);
                if self.surface.depth(at).is_none_or(|d| d < 0.15) {
                    continue;
                }
                let Some(value) = image.coarse(at) else {
                    continue;
                };
                if best.is_none_or(|(b, _)| value < b) {
                    best = Some((value, at));
                }
            }
        }
        let (value, at) = best?;
        (value < self.threshold && self.roomy(image, at)).then_some(at)
    }

    /// Measures again from four centres around the first, at every visit alike.
    fn look_around(&mut self, sphere: &Sphere, fit: &FitOptions) {
        let Some(smallest) = self
            .cavities
            .iter()
            .flatten()
            .filter(|c| c.volume.value > 0.05)
            .map(|c| c.volume.value)
            .min_by(f64::total_cmp)
        else {
            return;
        };
        // A fifth of the smallest cavity's radius away: still inside it at every visit.
        let away = (0.2 * (smallest * 0.24).cbrt()).clamp(0.05, 0.25);
        let [e1, e2, n] = self.surface.axes();
        let corners = [e1 + e2 + n, e1 - e2 - n, e2 - e1 - n, n - e1 - e2];
        for corner in corners {
            let offset = corner.normalize() * away;
            let views: Vec<Option<f64>> = (0..self.cavities.len())
                .map(|visit| {
                    let centre = self.cavities[visit].as_ref()?.centre + offset;
                    self.cavity_at(sphere, visit, centre, None, fit)
                        .map(|c| c.volume.value)
                })
                .collect();
            for (cavity, view) in self.cavities.iter_mut().zip(views) {
                if let (Some(cavity), Some(view)) = (cavity, view) {
                    cavity.views.push(view);
                }
            }
        }
    }

    fn differentiate_threshold(&mut self, sphere: &Sphere, fit: &FitOptions) {
        let step = 0.05 * self.contrast;
        let middle = self.threshold;
        for visit in 0..self.cavities.len() {
            let Some(cavity) = &self.cavities[visit] else {
                continue;
            };
            let (centre, start) = (cavity.centre, cavity.wall.radius.clone());
            self.threshold = middle + step;
            let high = self.cavity_at(sphere, visit, centre, Some(&start), fit);
            self.threshold = middle - step;
            let low = self.cavity_at(sphere, visit, centre, Some(&start), fit);
            self.threshold = middle;
            let (high, low) = (high.map(|c| c.volume.value), low.map(|c| c.volume.value));
            if let (Some(high), Some(low), Some(cavity)) = (high, low, &mut self.cavities[visit]) {
                cavity.per_threshold = (high - low) / (2.0 * step);
            }
        }
    }

    /// Volume at a visit with its standard error and degrees of freedom.
    pub(crate) fn volume(&self, visit: usize) -> Option<(f64, f64, f64)> {
        let cavity = self.cavities[visit].as_ref()?;
        let v = &cavity.volume;
        let wall = v.influence.iter().map(|i| i * i).sum::<f64>() + v.rim_variance();
        let envelope = (self.surface.height_se * v.per_envelope_mm).powi(2);
        let level = (cavity.per_threshold * LEVEL_SD * self.contrast).powi(2);
        let views = spread(&cavity.views);
        let model = (WALL_SD_MM * v.wall_mm2).powi(2);
        let variance = wall + envelope + level + views + model + FLOOR_MM3 * FLOOR_MM3;
        let (value, remnant) = self.closed_remnant(visit, cavity);
        Some((value, (variance + remnant).sqrt(), freedom(&v.influence)))
    }

    /// Change of volume between two visits, from walls and densities together.
    pub(crate) fn volume_change(
        &self,
        sphere: &Sphere,
        from: usize,
        to: usize,
    ) -> Option<VolumeChange> {
        let (value, se, df) = self.wall_change(from, to)?;
        let density = density_change(
            sphere,
            self,
            (from, to),
            (self.noise[from], self.noise[to]),
            self.bone_density(sphere, from, to)?,
        );
        let Some(density) = density else {
            return Some(VolumeChange {
                value,
                se,
                df,
                disagreement: 0.0,
            });
        };
        let (value, variance, disagreement) = combine((value, se * se), density);
        Some(VolumeChange {
            value,
            se: variance.sqrt(),
            df,
            disagreement,
        })
    }

    /// How much denser the bone behind the wall is than what fills the cavity, mean over both visits.
    fn bone_density(&self, sphere: &Sphere, from: usize, to: usize) -> Option<f64> {
        let mut sum = 0.0;
        let mut count = 0.0;
        for visit in [from, to] {
            let (Some(cavity), Some(image)) = (&self.cavities[visit], &self.images[visit]) else {
                continue;
            };
            for (i, direction) in sphere.directions.iter().enumerate() {
                if cavity.rays.mouth[i] {
                    continue;
                }
                for k in 0..4 {
                    let r = cavity.volume.boundary[i] + 0.05 + 0.15 * f64::from(k);
                    let at = cavity.centre + direction * r;
                    if self.surface.depth(at).is_some_and(|d| d > 0.0)
                        && let Some(value) = image.raw(at)
                    {
                        sum += value * r * r;
                        count += r * r;
                    }
                }
            }
        }
        (count > 0.0).then(|| (sum / count - self.soft).max(0.15 * self.contrast))
    }

    /// Change of volume from the walls alone.
    fn wall_change(&self, from: usize, to: usize) -> Option<(f64, f64, f64)> {
        let (a, b) = (self.cavities[from].as_ref()?, self.cavities[to].as_ref()?);
        let same_centre = (a.centre - b.centre).norm() < 1e-9;
        let walls = volume_of_change(&a.volume, &b.volume, same_centre);
        let mouth = b.volume.per_envelope_mm - a.volume.per_envelope_mm;
        let envelope = (self.surface.height_se * mouth).powi(2);
        // The level's convention is common to both visits, the drift of the scale is not.
        let level = ((b.per_threshold - a.per_threshold) * LEVEL_SD * self.contrast).powi(2);
        let drift = (a.per_threshold.powi(2) + b.per_threshold.powi(2))
            * (DRIFT_SD * self.contrast).powi(2);
        let shift = self.shift_variance(from, a) + self.shift_variance(to, b);
        let differences: Vec<f64> = a.views.iter().zip(&b.views).map(|(x, y)| y - x).collect();
        let seen = spread(&differences);
        let ((va, ra), (vb, rb)) = (self.closed_remnant(from, a), self.closed_remnant(to, b));
        let variance = walls
            + envelope
            + level
            + drift
            + shift
            + seen
            + (CHANGE_SD * (vb - va)).powi(2)
            + (WALL_SD_MM * (b.volume.wall_mm2 - a.volume.wall_mm2)).powi(2)
            + ra
            + rb
            + 2.0 * FLOOR_MM3 * FLOOR_MM3;
        let difference: Vec<f64> = a
            .volume
            .influence
            .iter()
            .zip(&b.volume.influence)
            .map(|(x, y)| y - x)
            .collect();
        let df = welch_satterthwaite(&[
            (variance - seen, freedom(&difference)),
            (seen, (differences.len() as f64 - 1.0).max(1.0)),
        ]);
        Some((vb - va, variance.sqrt(), df.max(3.0)))
    }

    /// Why a lesion's volume at a visit cannot carry a change of so many mm³; `None` where it can. What is small beside
    /// the change is part of the change's error and no more: a remnant too small for its wall to be found is still a
    /// remnant.
    pub(crate) fn doubt(&self, visit: usize, change: f64) -> Option<String> {
        const SMALL: f64 = 0.1;
        let cavity = self.cavities[visit].as_ref()?;
        let (mean, sd) = (cavity.mean_volume(), spread(&cavity.views).sqrt());
        let matters = sd > 0.15 * mean && sd > 0.15 && sd > SMALL * change.abs();
        matters.then(|| {
            format!("the wall is not determined: seen from different centres the volume is {mean:.2} ± {sd:.2} mm³")
        })
    }

    /// The break shows on at least two consecutive slices in two perpendicular planes.
    pub(crate) fn breaks_in_two_planes(&self, visit: usize) -> bool {
        let voxel = self.images[visit]
            .as_ref()
            .map_or(0.0, |i| 4.0 * i.step_mm());
        self.surface.spans_two_planes(visit, voxel)
    }

    /// Volume and added variance: a small void without a mouth cannot be told from a marrow space, so that what is
    /// left of the lesion lies anywhere between nothing and all of it.
    fn closed_remnant(&self, visit: usize, cavity: &VisitCavity) -> (f64, f64) {
        let value = cavity.mean_volume();
        let unseen = cavity.unseen_mm3.powi(2);
        if self.is_open(visit) || value > MARROW_SPACE_MM3 {
            return (value, unseen);
        }
        (0.5 * value, value * value / 12.0 + unseen)
    }

    fn shift_variance(&self, visit: usize, cavity: &VisitCavity) -> f64 {
        let d = VectorMm::from(cavity.volume.per_shift);
        (d.transpose() * self.shift_covariance[visit] * d)[(0, 0)].max(0.0)
    }
}

/// Whether a point lies in one of some cavities.
fn in_any(sphere: &Sphere, cavities: &[&VisitCavity], point: PointMm) -> bool {
    cavities.iter().any(|c| contains(sphere, c, point))
}

/// How far a ray to `end` stays in open cavities, mm.
fn inside_open(
    sphere: &Sphere,
    open: &[&VisitCavity],
    centre: PointMm,
    direction: &VectorMm,
    end: f64,
) -> f64 {
    const STEP: f64 = 0.05;
    let mut r = 0.0;
    while r < end && in_any(sphere, open, centre + direction * r) {
        r += STEP;
    }
    r.min(end)
}

/// Systematic error of a wall's position, mm: blur of cut trabeculae, stiffness of the model. It is common to all
/// visits, so that only the wall that is gained or lost carries it into a change.
const WALL_SD_MM: f64 = 0.04;

/// Relative error of a change: the wall model follows what is gained or lost only so closely, as lesions inserted into
/// a real scan show.
const CHANGE_SD: f64 = 0.12;

/// Discretisation of rays and patches, mm³: what is left where nothing else errs.
const FLOOR_MM3: f64 = 0.01;

/// A break smaller than this is none, mm².
const OPEN_MM2: f64 = 0.1;

/// What a cortex that has closed may hide of the lesion behind it, as a share of its volume when it was open.
const UNSEEN_SHARE: f64 = 0.03;

/// A ball of 0.95 mm: the largest marrow space between trabeculae.
const MARROW_SPACE_MM3: f64 = 0.45;

/// Variance of a mean over centres that see the same wall: their whole spread, since they are not independent.
fn spread(views: &[f64]) -> f64 {
    let n = views.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = views.iter().sum::<f64>() / n;
    views.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

/// Effective number of patches that carry the error (Satterthwaite): few dominant patches, few degrees.
fn freedom(influence: &[f64]) -> f64 {
    let squares: f64 = influence.iter().map(|i| i * i).sum();
    let fourth: f64 = influence.iter().map(|i| i.powi(4)).sum();
    if fourth > 0.0 {
        (squares * squares / fourth).max(4.0)
    } else {
        30.0
    }
}

/// Centre of a cavity's volume.
pub(crate) fn centroid(sphere: &Sphere, cavity: &VisitCavity) -> PointMm {
    let weight = sphere.solid_angle();
    let mut moment = VectorMm::zeros();
    for (direction, r) in sphere.directions.iter().zip(&cavity.volume.boundary) {
        moment += direction * (weight * r.powi(4) / 4.0);
    }
    cavity.centre + moment / cavity.volume.value.max(1e-9)
}
