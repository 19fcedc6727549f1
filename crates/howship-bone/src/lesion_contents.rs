//! A lesion measured once more with walls that end where its contents turn into marrow.

use crate::cavity::{Contents, Sampled, VisitCavity};
use crate::lesion::{LesionAtVisit, MeasuredLesion};
use crate::segmentation::BoneShape;
use howship_image::PointMm;
use std::sync::Arc;

impl LesionAtVisit {
    /// The same image, nothing measured in it.
    fn unmeasured(&self) -> Self {
        Self {
            image: self.image.clone(),
            voxel_mm: self.voxel_mm,
            cavity: None,
            shift_covariance: self.shift_covariance,
            noise: self.noise,
        }
    }
}

impl MeasuredLesion {
    /// The same lesion with walls that end where a cavity's contents do; itself where its contents are like marrow.
    pub(crate) fn with_contents(mut self, shape: &BoneShape) -> Self {
        self.know_bone();
        let Some(contents) = self.sampled_contents(shape) else {
            return self;
        };
        let mut told = Self {
            surface: Arc::clone(&self.surface),
            visits: self
                .visits
                .iter()
                .map(|v| v.as_ref().map(LesionAtVisit::unmeasured))
                .collect(),
            contents: Some(contents),
            by_bone: None,
            size: self.size.clone(),
            ..self
        };
        let centre = |visit: usize| self.cavity(visit).map(|c| c.centre);
        let mut centres: Vec<Option<PointMm>> = (0..self.visits.len()).map(centre).collect();
        for _ in 1..self.tuning.lesion.rounds {
            let cavities = told.cavities_at(&centres);
            for (seen, cavity) in told.visits.iter_mut().zip(cavities) {
                if let Some(seen) = seen {
                    seen.cavity = cavity;
                }
            }
            told.contents = told.sampled_contents(shape);
            told.know_sizes();
            let lost = |visit: usize| self.cavity(visit).is_some() && told.cavity(visit).is_none();
            if told.contents.is_none() || (0..self.visits.len()).any(lost) {
                return self;
            }
            // Of a visit without a centre nothing is asked.
            let current: Vec<PointMm> = centres.iter().map(|c| c.unwrap_or_default()).collect();
            let better = told.better_centres(&current);
            for (centre, better) in centres.iter_mut().zip(better) {
                *centre = centre.map(|_| better);
            }
        }
        told.finish();
        told.hold_back_only(&self);
        told.by_bone = Some(Box::new(self));
        told
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
                && told.mean_volume() > bone.mean_volume()
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

    /// What fills the cavities as they are known by now, and what fills the marrow spaces beyond.
    fn sampled_contents(&self, shape: &BoneShape) -> Option<Contents> {
        let tuning = &self.tuning.contents;
        let mut sampled = Sampled::default();
        for (visit, cavity) in self.cavities() {
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
