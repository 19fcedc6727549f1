//! A lesion measured once more with walls that end where its contents turn into marrow.

use crate::Error;
use crate::cavity::{Contents, Sampled, VisitCavity};
use crate::lesion::{MeasuredLesion, VisitImage, look_at};
use crate::segmentation::BoneShape;
use howship_image::PointMm;
use std::sync::Arc;

impl MeasuredLesion {
    /// A measured lesion once more, with walls that end where a cavity's contents do; `None` where its contents are like
    /// marrow. It takes its images anew: those of the first measurement are gone by the time that this is worth asking.
    pub(crate) fn with_contents(
        &self,
        images: &[Option<VisitImage<'_>>],
        shape: &BoneShape,
    ) -> Result<Option<Self>, Error> {
        let mut told = Self {
            place: self.place.clone(),
            surface: Arc::clone(&self.surface),
            visits: look_at(images, &self.place, &self.tuning)?,
            threshold: self.threshold,
            wall_share: self.wall_share,
            contents: None,
            by_bone: (0..self.visits.len())
                .map(|v| self.cavity(v).cloned())
                .collect(),
            size: self.size.clone(),
            contrast: self.contrast,
            soft: self.soft,
            tuning: self.tuning,
        };
        told.know_bone();
        let Some(()) = told.tell(self, shape) else {
            return Ok(None);
        };
        told.finish();
        told.hold_back_only(self);
        Ok(Some(told))
    }

    /// Finds the cavities with what fills those that `by_bone` has; `None` where nothing is told of it, or one is lost.
    ///
    /// Contents only hold walls back, so that each fit begins at the wall that bone alone gives: begun at the centre, it
    /// came to rest within large lesions wherever noise was as strong as what differs.
    fn tell(&mut self, by_bone: &Self, shape: &BoneShape) -> Option<()> {
        self.contents = Some(self.sampled_contents(by_bone, shape)?);
        let centre = |visit: usize| by_bone.cavity(visit).map(|c| c.centre);
        let mut centres: Vec<Option<PointMm>> = (0..self.visits.len()).map(centre).collect();
        for _ in 1..self.tuning.lesion.rounds {
            let cavities = self.cavities_at(&centres);
            for (seen, cavity) in self.visits.iter_mut().zip(cavities) {
                if let Some(seen) = seen {
                    seen.cavity = cavity;
                }
            }
            self.contents = Some(self.sampled_contents(self, shape)?);
            self.know_sizes();
            let mut visits = 0..self.visits.len();
            if visits.any(|v| by_bone.cavity(v).is_some() && self.cavity(v).is_none()) {
                return None;
            }
            // Of a visit without a centre nothing is asked.
            let current: Vec<PointMm> = centres.iter().map(|c| c.unwrap_or_default()).collect();
            let better = self.better_centres(&current);
            for (centre, better) in centres.iter_mut().zip(better) {
                *centre = centre.map(|_| better);
            }
        }
        Some(())
    }

    /// Where contents put a wall further out than bone does, bone is right: what is not resolved of it makes marrow read
    /// like a cavity's contents, but nothing makes it read like fat.
    fn hold_back_only(&mut self, by_bone: &Self) {
        for visit in 0..self.visits.len() {
            let Some(bone) = by_bone.cavity(visit) else {
                continue;
            };
            if let Some(seen) = &mut self.visits[visit]
                && let Some(told) = &mut seen.cavity
                && told.mean_volume() >= bone.mean_volume()
            {
                *told = bone.clone();
            }
        }
    }

    /// Where bone is, as far as contents need to be away from it.
    fn know_bone(&mut self) {
        let tuning = &self.tuning.contents;
        let level = self.soft + tuning.bone_level * self.contrast;
        let clear = tuning.clear_blurs * self.surface.blur_mm();
        for visit in self.visits.iter_mut().flatten() {
            if let Some(image) = visit.image.as_mut().and_then(Arc::get_mut) {
                image.know_bone(level, clear + tuning.within_mm);
            }
        }
    }

    /// What fills cavities as they are known by now, and what fills the marrow spaces beyond, in the images here.
    fn sampled_contents(&self, known: &Self, shape: &BoneShape) -> Option<Contents> {
        let tuning = &self.tuning.contents;
        let mut sampled = Sampled::default();
        for (visit, cavity) in known.cavities() {
            if let Some(image) = self.image(visit) {
                let open = self.is_open(visit);
                sampled.add((cavity, image), (&self.surface, shape), open, tuning);
            }
        }
        sampled.contents(tuning)
    }

    /// Every visit's cavity seen from a centre of its own.
    ///
    /// Where contents are known a wall can settle at either end of a marrow space; visits seen from one centre begin
    /// once more from their common wall, so that they settle at the same end unless their images say otherwise.
    pub(crate) fn cavities_at(&self, centres: &[Option<PointMm>]) -> Vec<Option<VisitCavity>> {
        let seen = |start: Option<&[f64]>, visit: usize| {
            centres[visit].and_then(|centre| self.cavity_at(visit, centre, start))
        };
        let first: Vec<_> = (0..centres.len()).map(|visit| seen(None, visit)).collect();
        if self.contents.is_none() {
            return first;
        }
        let again = |visit: usize| {
            let here = centres[visit]?;
            let there = first.iter().flatten();
            let alike: Vec<_> = there.filter(|c| (c.centre - here).norm() < 1e-9).collect();
            if alike.len() < 2 {
                return None;
            }
            let rays = alike[0].wall.radius.len();
            let mean = |ray: usize| {
                let radii = alike.iter().map(|c| c.wall.radius[ray]);
                radii.sum::<f64>() / alike.len() as f64
            };
            let common: Vec<f64> = (0..rays).map(mean).collect();
            seen(Some(&common), visit)
        };
        let second: Vec<_> = (0..centres.len()).map(again).collect();
        let better = first.into_iter().zip(second);
        better.map(|(first, second)| second.or(first)).collect()
    }
}
