//! One lesion at all visits: one frame, one envelope, one centre where it can be, so that errors cancel in change.

use crate::cavity::{
    Contents, Seen, VisitCavity, WallLevel, cast, cavity_volume, fit_wall, follow_contents, in_any,
};
use crate::detect::Place;
use crate::levels::{Levels, NoiseLevel, quantile};
use crate::likeness::Likeness;
use crate::lining::{Lining, behind_wall, lining};
use crate::local::LocalImage;
use crate::segmentation::BoneShape;
use crate::surface::{Guess, SurfaceLevels, SurfacePatch};
use crate::tuning::{SurfaceTuning, Tuning};
use crate::{BoneOptions, Error};
use howship_image::{PointMm, RigidTransform, VectorMm, VolumeView};
use std::sync::Arc;

/// What a lesion's measurement needs of one visit.
#[derive(Clone)]
pub(crate) struct VisitImage<'a> {
    pub(crate) volume: VolumeView<'a>,
    /// Baseline world mm → this visit's.
    pub(crate) pose: RigidTransform,
    pub(crate) levels: Levels,
    /// What makes its image like the other visits'.
    pub(crate) likeness: Likeness,
    /// Covariance of a point's position (baseline frame), mm².
    pub(crate) pose_covariance: nalgebra::Matrix3<f64>,
    /// Outlines of the visit's other bones, which move by themselves.
    pub(crate) other_bones: Vec<Arc<BoneShape>>,
}

/// One visit of a lesion that the visit shows.
pub(crate) struct LesionAtVisit {
    /// `None` once everything is measured: three volumes for every candidate at every visit are much.
    pub(crate) image: Option<Arc<LocalImage>>,
    /// Edge of the image's smallest voxel, mm.
    pub(crate) voxel_mm: f64,
    /// `None` where no cavity could be made out.
    pub(crate) cavity: Option<VisitCavity>,
    /// Covariance of the lesion's position (baseline frame), mm².
    pub(crate) shift_covariance: nalgebra::Matrix3<f64>,
    pub(crate) noise: NoiseLevel,
}

/// One lesion measured at all visits, in the baseline's frame.
pub(crate) struct MeasuredLesion {
    /// Where it was looked for.
    pub(crate) place: Place,
    pub(crate) surface: Arc<SurfacePatch>,
    /// Per visit; `None` where the visit does not show the place.
    pub(crate) visits: Vec<Option<LesionAtVisit>>,
    /// Value of the wall.
    pub(crate) threshold: f64,
    /// Where the wall lies between the cavity (0) and the bone a ray meets (1).
    pub(crate) wall_share: f64,
    /// What fills the cavities and the marrow spaces around; `None` where nobody asked, or they are not told apart.
    pub(crate) contents: Option<Contents>,
    /// The cavities by bone alone, per visit, with which walls that end where contents do begin; empty before.
    pub(crate) by_bone: Vec<Option<VisitCavity>>,
    /// Radius that tells the walls' stiffness, per visit, mm; `None` where nothing is known yet.
    pub(crate) size: Vec<Option<f64>>,
    /// Bone minus soft tissue, averaged over visits.
    pub(crate) contrast: f64,
    /// Soft tissue, averaged over visits.
    pub(crate) soft: f64,
    pub(crate) tuning: Tuning,
}

/// Measures a place at every visit; `None` where no envelope or no cavity can be made out.
pub(crate) fn measure_lesion(
    visits: &[Option<VisitImage<'_>>],
    shape: &BoneShape,
    place: &Place,
    options: &BoneOptions,
) -> Result<Option<MeasuredLesion>, Error> {
    let Some(mut lesion) = measure_once(visits, shape, place, options)? else {
        return Ok(None);
    };
    lesion.finish();
    Ok(Some(lesion))
}

/// Measures a place from one centre only, without what its error needs.
pub(crate) fn measure_once(
    visits: &[Option<VisitImage<'_>>],
    shape: &BoneShape,
    place: &Place,
    options: &BoneOptions,
) -> Result<Option<MeasuredLesion>, Error> {
    let seen = look_at(visits, place, &options.tuning)?;
    let (soft, contrast) = mean_levels(visits);
    let Some(surface) = envelope(&seen, shape, place, (soft, contrast), &options.tuning) else {
        return Ok(None);
    };
    let mut lesion = MeasuredLesion {
        place: place.clone(),
        surface: Arc::new(surface),
        visits: seen,
        // Of what a whole trabecula looks like here nothing is known before the first round.
        threshold: soft + options.wall_level * contrast,
        wall_share: options.tuning.rays.share,
        contents: None,
        by_bone: Vec::new(),
        size: vec![None; visits.len()],
        contrast,
        soft,
        tuning: options.tuning,
    };
    if !lesion.find_cavities(place.centre) {
        return Ok(None);
    }
    Ok(Some(lesion))
}

/// The surroundings of a place at each visit that shows it.
pub(crate) fn look_at(
    visits: &[Option<VisitImage<'_>>],
    place: &Place,
    tuning: &Tuning,
) -> Result<Vec<Option<LesionAtVisit>>, Error> {
    let half = tuning.lesion.half_mm;
    let middle = place.mouth - place.normal * tuning.lesion.sunk_mm;
    let at = |visit: &VisitImage<'_>| {
        let image = LocalImage::new(
            visit.volume,
            (visit.pose, visit.likeness),
            middle,
            half,
            &tuning.local,
        )?;
        Ok(image.map(|image| LesionAtVisit {
            voxel_mm: image.voxel_mm(),
            image: Some(Arc::new(image.beside(&visit.other_bones))),
            cavity: None,
            shift_covariance: visit.pose_covariance,
            noise: visit.levels.noise(),
        }))
    };
    visits
        .iter()
        .map(|visit| visit.as_ref().map_or(Ok(None), at))
        .collect()
}

/// Soft tissue and bone's contrast to it, mean over the visits.
fn mean_levels(visits: &[Option<VisitImage<'_>>]) -> (f64, f64) {
    let present: Vec<&VisitImage<'_>> = visits.iter().flatten().collect();
    let alike = |level: fn(&Levels) -> f64| {
        let all = present
            .iter()
            .map(|v| v.likeness.to_baseline(level(&v.levels)));
        all.sum::<f64>() / present.len().max(1) as f64
    };
    let (soft, bone) = (alike(|l| l.soft), alike(|l| l.bone));
    (soft, (bone - soft).max(1.0))
}

fn envelope(
    seen: &[Option<LesionAtVisit>],
    shape: &BoneShape,
    place: &Place,
    (soft, contrast): (f64, f64),
    tuning: &Tuning,
) -> Option<SurfacePatch> {
    let images: Vec<Option<&LocalImage>> = seen
        .iter()
        .map(|visit| visit.as_ref()?.image.as_deref())
        .collect();
    let levels = SurfaceLevels {
        edge: soft + tuning.surface.edge_level * contrast,
        soft,
        cortex: cortex(&images, (soft, contrast), tuning),
    };
    let guess = EnvelopeGuess(shape, &tuning.surface);
    // A dish is wide, whatever its mouth looks like through a patch that it fills.
    let wide = SurfaceTuning {
        radius_mm: tuning.surface.most_radius_mm,
        ..tuning.surface
    };
    let dish = shape.is_under(place.centre);
    SurfacePatch::fit(
        (place.mouth, place.normal),
        &images,
        &guess,
        levels,
        (if dish { &wide } else { &tuning.surface }, &tuning.edge),
    )
}

/// What thick cortex reads here, mean over the visits.
fn cortex(images: &[Option<&LocalImage>], (soft, contrast): (f64, f64), tuning: &Tuning) -> f64 {
    let half = soft + 0.5 * contrast;
    let found: Vec<f64> = images
        .iter()
        .flatten()
        .filter_map(|image| image.bright(half, tuning.edge.full_quantile))
        .collect();
    if found.is_empty() {
        return soft + contrast;
    }
    found.iter().sum::<f64>() / found.len() as f64
}

/// The coarse envelope, followed along the normal from outside to inside.
struct EnvelopeGuess<'a>(&'a BoneShape, &'a SurfaceTuning);

impl Guess for EnvelopeGuess<'_> {
    fn height(&self, origin: PointMm, axes: &[VectorMm; 3], u: f64, v: f64) -> Option<f64> {
        let (reach, step) = (self.1.guess_mm, self.1.guess_step_mm);
        let foot = origin + axes[0] * u + axes[1] * v;
        let mut above: Option<f64> = None;
        for k in 0..=(2.0 * reach / step).round() as usize {
            let w = reach - step * k as f64;
            let here = self.0.depth(foot + axes[2] * w);
            match (above, here) {
                // Above the field there is nothing to follow yet; below its end there is nothing left.
                (None, None) => {}
                (Some(_), None) => return None,
                (None, Some(d)) if d <= 0.0 => return None,
                (Some(a), Some(d)) if d <= 0.0 => {
                    let height = w - step * d / (a - d).max(1e-9);
                    // Across a dish there is no bone to be met, and its floor is not the bone's surface.
                    let under = foot + axes[2] * (height - step);
                    return (!self.0.is_spanned(under)).then_some(height);
                }
                (_, Some(d)) => above = Some(d),
            }
        }
        None
    }
}

impl MeasuredLesion {
    /// The cavity measured at a visit.
    pub(crate) fn cavity(&self, visit: usize) -> Option<&VisitCavity> {
        self.visits[visit].as_ref()?.cavity.as_ref()
    }

    /// The visit's image around the lesion.
    pub(crate) fn image(&self, visit: usize) -> Option<&LocalImage> {
        self.visits[visit].as_ref()?.image.as_deref()
    }

    /// Lets the images go: nothing can be measured any more, what was measured stays.
    pub(crate) fn let_images_go(&mut self) {
        for seen in self.visits.iter_mut().flatten() {
            seen.image = None;
        }
    }

    /// The cavities that were measured, with their visits.
    pub(crate) fn cavities(&self) -> impl Iterator<Item = (usize, &VisitCavity)> {
        (0..self.visits.len()).filter_map(|visit| Some((visit, self.cavity(visit)?)))
    }

    /// Finds the cavity at every visit, the wall's level after the first round, a better centre after each; false where
    /// there is none at any visit.
    fn find_cavities(&mut self, start: PointMm) -> bool {
        let mut centres = vec![self.under_the_envelope(start); self.visits.len()];
        for round in 0..self.tuning.lesion.rounds {
            if round > 0 {
                self.know_sizes();
            }
            for (visit, centre) in centres.iter().enumerate() {
                let cavity = self.cavity_at(visit, *centre, None);
                if let Some(seen) = &mut self.visits[visit] {
                    seen.cavity = cavity;
                }
            }
            let nothing = self.tuning.lesion.nothing_mm3;
            if self.cavities().all(|(_, c)| c.volume.value < nothing) {
                return false;
            }
            if round == 0 {
                self.adapt_threshold(self.tuning.rays.bone_level);
            }
            centres = self.better_centres(&centres);
        }
        true
    }

    /// What the error of what was found needs.
    pub(crate) fn finish(&mut self) {
        self.look_around();
        self.differentiate_threshold();
        self.bound_closed();
        self.look_for_recesses();
    }

    /// Each visit's own radius as the last round found it tells how stiff its wall is in the next, from whichever
    /// centre it is looked at.
    pub(crate) fn know_sizes(&mut self) {
        let radius = |c: &VisitCavity| (0.75 / std::f64::consts::PI * c.volume.value).cbrt();
        self.size = (0..self.visits.len())
            .map(|visit| self.cavity(visit).map(radius))
            .collect();
    }

    /// A start on the envelope, or just outside of it, is moved under it: no ray would stay inside.
    fn under_the_envelope(&self, start: PointMm) -> PointMm {
        let least = self.tuning.lesion.emptiest_depth_mm;
        match self.surface.depth(start) {
            Some(depth) if depth < least => start - self.surface.normal_at(start) * (least - depth),
            _ => start,
        }
    }

    pub(crate) fn cavity_at(
        &self,
        visit: usize,
        centre: PointMm,
        start: Option<&[f64]>,
    ) -> Option<VisitCavity> {
        let image = self.image(visit)?;
        let _ = image.fine(centre)?;
        let mut rays = cast(
            image,
            &self.surface,
            visit,
            centre,
            &self.level(),
            (&self.tuning.rays, &self.tuning.edge),
        );
        if let Some(contents) = &self.contents {
            let tuning = &self.tuning.contents;
            let others = (0..self.visits.len()).filter(|v| *v != visit);
            let seen = Seen {
                image,
                others: others.filter_map(|v| self.image(v)).collect(),
                clear: tuning.clear_blurs * self.surface.blur_mm(),
                as_far_mm: tuning.as_far_mm,
            };
            follow_contents(&mut rays, (&seen, centre), contents, tuning);
        }
        let by_bone = self.by_bone.get(visit).and_then(Option::as_ref);
        // Where a start is given nobody needs bone's wall, and from another place it is much.
        let outer = match start {
            None => by_bone.and_then(|c| c.walls_from(centre)),
            Some(_) => None,
        };
        let start = start.or(outer.as_deref());
        let wall = fit_wall(&rays, start, self.size[visit], &self.tuning.fit)?;
        // Nobody asks again, and it is much.
        rays.contents = None;
        let volume = cavity_volume(&rays, &wall);
        let about = volume.value;
        Some(VisitCavity {
            centre,
            rays,
            wall,
            volume,
            per_threshold: 0.0,
            views: vec![about],
            unseen_mm3: 0.0,
            recess_mm3: 0.0,
        })
    }

    fn level(&self) -> WallLevel {
        WallLevel {
            soft: self.soft,
            bone: self.threshold,
            share: self.wall_share,
        }
    }

    /// The wall level from the bone around this lesion: a high percentile of a shell behind the wall.
    fn adapt_threshold(&mut self, level: f64) {
        let tuning = &self.tuning.lesion;
        let mut values = Vec::new();
        for (visit, cavity) in self.cavities() {
            let Some(image) = self.image(visit) else {
                continue;
            };
            for (i, (direction, wall)) in cavity.boundary().enumerate() {
                if cavity.rays.mouth[i] {
                    continue;
                }
                for k in 0..tuning.shell_steps {
                    let behind = tuning.shell_from_mm + tuning.shell_step_mm * k as f64;
                    let at = cavity.centre + direction * (wall + behind);
                    if self
                        .surface
                        .depth(at)
                        .is_none_or(|d| d < tuning.shell_depth_mm)
                    {
                        continue;
                    }
                    values.extend(image.fine(at));
                }
            }
        }
        if values.len() < tuning.shell_enough {
            return;
        }
        values.sort_by(f64::total_cmp);
        let bright = values[quantile(values.len(), tuning.bright_quantile)];
        let usual = self.contrast;
        let (least, most) = (tuning.least_contrast * usual, tuning.most_contrast * usual);
        let contrast = (bright - self.soft).clamp(least, most);
        self.contrast = contrast;
        self.threshold = self.soft + level * contrast;
    }

    /// One centre for all visits where it lies in the void at all of them, else one for each.
    pub(crate) fn better_centres(&self, current: &[PointMm]) -> Vec<PointMm> {
        let sizeable = self.tuning.lesion.sizeable_mm3;
        let mut smallest: Option<(f64, PointMm)> = None;
        for (_, cavity) in self.cavities() {
            let volume = cavity.volume.value;
            if volume > sizeable && smallest.is_none_or(|(v, _)| volume < v) {
                smallest = Some((volume, cavity.centroid()));
            }
        }
        let Some((_, shared)) = smallest else {
            return current.to_vec();
        };
        let better =
            |(visit, current): (usize, &PointMm)| self.better_centre(visit, *current, shared);
        current.iter().enumerate().map(better).collect()
    }

    fn better_centre(&self, visit: usize, current: PointMm, shared: PointMm) -> PointMm {
        let Some(image) = self.image(visit) else {
            return shared;
        };
        if self.roomy(image, shared) {
            return shared;
        }
        match self.cavity(visit) {
            Some(cavity) if cavity.volume.value > self.tuning.lesion.sizeable_mm3 => {
                let own = cavity.centroid();
                let open: Vec<_> = self.open_cavities().collect();
                if !self.is_open(visit) && !open.is_empty() && !in_any(&open, own) {
                    // Behind a closed cortex this is marrow beside what the lesion was.
                    self.emptiest(image).unwrap_or(shared)
                } else if self.roomy(image, own) {
                    own
                } else {
                    current
                }
            }
            _ => self.emptiest(image).unwrap_or(shared),
        }
    }

    /// Whether a visit's cortex is broken.
    pub(crate) fn is_open(&self, visit: usize) -> bool {
        self.surface.mouth_area(visit) > self.tuning.lesion.open_mm2
    }

    /// Whether the cavity itself opens through the envelope: marrow behind another lesion's wall does not.
    pub(crate) fn reaches_mouth(&self, visit: usize) -> bool {
        let least = self.tuning.lesion.open_mm2;
        self.cavity(visit)
            .is_some_and(|c| c.volume.per_envelope_mm >= least)
    }

    /// Cavities of visits whose cortex is broken.
    fn open_cavities(&self) -> impl Iterator<Item = &VisitCavity> {
        self.cavities()
            .filter_map(|(visit, c)| self.is_open(visit).then_some(c))
    }

    /// What a closed cortex leaves is at most what lies where the lesion was when it was open: void beyond is marrow.
    fn bound_closed(&mut self) {
        // Which visits are open is asked once: it adds up a whole mouth.
        let open: Vec<&VisitCavity> = self.open_cavities().collect();
        let largest = open.iter().map(|c| c.mean_volume()).fold(0.0, f64::max);
        if largest <= 0.0 {
            return;
        }
        let bounds: Vec<(usize, Vec<f64>)> = self
            .cavities()
            .filter(|(visit, _)| !self.is_open(*visit))
            .map(|(visit, cavity)| (visit, cavity.cut_by(&open)))
            .collect();
        let unseen = self.tuning.lesion.unseen_share * largest;
        for (visit, bound) in bounds {
            if let Some(cavity) = self.visits[visit].as_mut().and_then(|v| v.cavity.as_mut()) {
                cavity.cut_to(bound);
                cavity.unseen_mm3 = unseen;
            }
        }
    }

    /// How much of an open visit's cavity is lined as the bone's outside is.
    pub(crate) fn lining(&self, visit: usize) -> Option<Lining> {
        let (cavity, image) = (self.cavity(visit)?, self.image(visit)?);
        let tuning = &self.tuning.lining;
        self.is_open(visit)
            .then(|| lining((cavity, image), &self.surface, visit, tuning))
    }

    /// Share of a visit's wall that is as bright as the cortex around its mouth, 0 to 1.
    pub(crate) fn lined_share(&self, visit: usize) -> f64 {
        let (Some(cavity), Some(image)) = (self.cavity(visit), self.image(visit)) else {
            return 0.0;
        };
        let tuning = &self.tuning.lining;
        let bright = behind_wall((cavity, image), &self.surface, visit, tuning);
        let (mut lined, mut seen) = (0usize, 0usize);
        for value in bright.into_iter().flatten() {
            seen += 1;
            lined += usize::from(value >= tuning.lined);
        }
        lined as f64 / seen.max(1) as f64
    }

    /// What of each visit's cavity may be a recess beside the lesion. A recess is the bone's own and stays; wall that is
    /// lined only later may have healed, and says nothing of the visits before.
    fn look_for_recesses(&mut self) {
        let mut known: f64 = 0.0;
        for visit in 0..self.visits.len() {
            known = self
                .lining(visit)
                .map_or(0.0, |l| l.recess_mm3(&self.tuning.lining))
                .max(known);
            let open = self.is_open(visit);
            if let Some(cavity) = self.visits[visit].as_mut().and_then(|v| v.cavity.as_mut())
                && open
            {
                cavity.recess_mm3 = known.min(cavity.mean_volume());
            }
        }
    }

    /// Takes a visit's cavity for none: what lies there is left out of its volume and widens its error by as much as if
    /// any share of it were lesion.
    pub(crate) fn leave_out(&mut self, visit: usize) {
        let unseen = self.tuning.lesion.unseen_share;
        let largest = self
            .open_cavities()
            .map(|c| c.mean_volume())
            .fold(0.0, f64::max);
        let Some(cavity) = self.visits[visit].as_mut().and_then(|v| v.cavity.as_mut()) else {
            return;
        };
        // Of anything between nothing and all of it: a uniform distribution's SD.
        let anything = cavity.mean_volume() / 12f64.sqrt();
        cavity.cut_to(vec![0.0; cavity.volume.boundary.len()]);
        cavity.unseen_mm3 = anything.hypot(unseen * largest);
        cavity.recess_mm3 = 0.0;
    }

    /// Whether there is void around a point.
    fn roomy(&self, image: &LocalImage, point: PointMm) -> bool {
        let tuning = &self.tuning.lesion;
        let inside = self
            .surface
            .depth(point)
            .is_some_and(|d| d > tuning.roomy_depth_mm);
        inside
            && [VectorMm::x(), VectorMm::y(), VectorMm::z()]
                .iter()
                .all(|axis| {
                    [-tuning.roomy_mm, 0.0, tuning.roomy_mm].iter().all(|s| {
                        image
                            .fine(point + axis * *s)
                            .is_some_and(|v| v < self.threshold)
                    })
                })
    }

    /// The emptiest place inside the largest cavity of any visit, of those with a broken cortex if there are any.
    fn emptiest(&self, image: &LocalImage) -> Option<PointMm> {
        let tuning = &self.tuning.lesion;
        let larger = |a: &&VisitCavity, b: &&VisitCavity| a.volume.value.total_cmp(&b.volume.value);
        let any = || self.cavities().map(|(_, c)| c).max_by(larger);
        let largest = self.open_cavities().max_by(larger).or_else(any)?;
        let mut best: Option<(f64, PointMm)> = None;
        for (direction, wall) in largest.boundary() {
            for k in 0..tuning.emptiest_steps {
                let share = 0.1 + 0.1 * k as f64;
                let at = largest.centre + direction * (wall * share);
                if self
                    .surface
                    .depth(at)
                    .is_none_or(|d| d < tuning.emptiest_depth_mm)
                {
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
    fn look_around(&mut self) {
        let tuning = &self.tuning.lesion;
        let Some(smallest) = self
            .cavities()
            .map(|(_, c)| c.volume.value)
            .filter(|v| *v > tuning.sizeable_mm3)
            .min_by(f64::total_cmp)
        else {
            return;
        };
        // 0.24 = 3/4π: the cube of a ball's radius over its volume.
        let away = (tuning.look_around * (smallest * 0.24).cbrt())
            .clamp(tuning.look_least_mm, tuning.look_most_mm);
        let [e1, e2, n] = self.surface.axes();
        for corner in [e1 + e2 + n, e1 - e2 - n, e2 - e1 - n, n - e1 - e2] {
            let offset = corner.normalize() * away;
            let places: Vec<Option<PointMm>> = (0..self.visits.len())
                .map(|visit| self.cavity(visit).map(|c| c.centre + offset))
                .collect();
            let views = self.cavities_at(&places);
            for (seen, view) in self.visits.iter_mut().zip(views) {
                if let Some(cavity) = seen.as_mut().and_then(|v| v.cavity.as_mut()) {
                    cavity.views.extend(view.map(|c| c.volume.value));
                }
            }
        }
    }

    fn differentiate_threshold(&mut self) {
        let step = self.tuning.lesion.level_step;
        let (bone, share) = (self.threshold, self.wall_share);
        for visit in 0..self.visits.len() {
            let Some(cavity) = self.cavity(visit) else {
                continue;
            };
            let (centre, start) = (cavity.centre, cavity.wall.radius.clone());
            // Which value is bone, and where its wall lies, err alike.
            self.threshold = bone + step * self.contrast;
            self.wall_share = share + step;
            let high = self.cavity_at(visit, centre, Some(&start));
            self.threshold = bone - step * self.contrast;
            self.wall_share = share - step;
            let low = self.cavity_at(visit, centre, Some(&start));
            (self.threshold, self.wall_share) = (bone, share);
            let (high, low) = (high.map(|c| c.volume.value), low.map(|c| c.volume.value));
            let cavity = self.visits[visit].as_mut().and_then(|v| v.cavity.as_mut());
            if let (Some(high), Some(low), Some(cavity)) = (high, low, cavity) {
                cavity.per_threshold = (high - low) / (2.0 * step * self.contrast);
            }
        }
    }

    /// The break shows on at least two consecutive slices in two perpendicular planes.
    pub(crate) fn breaks_in_two_planes(&self, visit: usize) -> bool {
        let voxel = self.visits[visit].as_ref().map_or(0.0, |v| v.voxel_mm);
        self.surface.spans_two_planes(visit, voxel)
    }

    /// The lesion's centre: centroid of its largest cavity, of those with a broken cortex if any.
    pub(crate) fn centre(&self) -> PointMm {
        let rank = |visit: usize, c: &VisitCavity| (self.is_open(visit), c.volume.value);
        self.cavities()
            .max_by(|(i, a), (j, b)| {
                let (a, b) = (rank(*i, a), rank(*j, b));
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
            })
            .map_or(PointMm::origin(), |(_, c)| c.centroid())
    }

    /// Share of the cavity at `before` that is bone side of the wall at `after`, 0 to 1.
    pub(crate) fn filled_share(&self, before: usize, after: usize) -> Option<f64> {
        let (a, b) = (self.cavity(before)?, self.cavity(after)?);
        Some(1.0 - a.share_inside(b)?)
    }
}
