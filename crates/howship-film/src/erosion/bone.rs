//! One bone's outline unrolled on every film.

use super::scan::scan;
use crate::exposure::{Exposure, matched};
use crate::options::FilmOptions;
use crate::strip::{Envelope, Strip};
use crate::visit::{Ready, index};
use howship_change::JointBone;
use howship_register::planar::{PlanarRegistration, Similarity};
use std::ops::Range;

/// Outline next to an erosion that is not taken for calm (px): what is beside a stretch must be intact too.
const CLEAR: usize = 16;

/// One bone over the visits, in the baseline's frame.
pub(crate) struct Bone {
    pub side: JointBone,
    pub envelope: Envelope,
    /// Whether a row is clear of the other bone.
    pub free: Vec<bool>,
    /// Per visit; `Err` says why the film cannot be used for this bone.
    films: Vec<Result<BoneFilm, String>>,
}

pub(crate) struct BoneFilm {
    pub strip: Strip,
    /// Share of the cortical line lost along the whole outline.
    pub line: Vec<f64>,
    pub pose: Similarity,
    pub exposure: Option<Result<Exposure, String>>,
}

impl Bone {
    /// `fits` are the registrations of the baseline to each visit, `None` at the baseline itself.
    pub(crate) fn new(
        side: JointBone,
        visits: &[Ready],
        fits: &[Option<&PlanarRegistration>],
        options: &FilmOptions,
    ) -> Option<Self> {
        let k = index(side);
        let base = visits.first()?;
        let envelope = Envelope::new(base.outline(side)?, side);
        let other = base.outline(if side == JointBone::Proximal {
            JointBone::Distal
        } else {
            JointBone::Proximal
        })?;
        let clear = options.erosion.clear_px;
        let free = envelope
            .points
            .iter()
            .map(|p| {
                let near = |q: &[f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]) < clear;
                !other.points.iter().any(near)
            })
            .collect();
        let e = &options.erosion;
        let first = Strip::new(&envelope, &base.sharp, &Similarity::identity());
        let mut films = Vec::with_capacity(visits.len());
        for (v, (visit, fit)) in visits.iter().zip(fits).enumerate() {
            if v == 0 {
                films.push(Ok(BoneFilm {
                    line: scan(&first, &e.lost),
                    strip: first.clone(),
                    pose: Similarity::identity(),
                    exposure: None,
                }));
                continue;
            }
            films.push(match (fit, &visit.refused) {
                (_, Some(reason)) => Err(reason.clone()),
                (None, None) => Err("the bone was not registered".to_owned()),
                (Some(fit), None) => match &fit.gate {
                    howship_register::Gate::Fail { reason } => Err(reason.clone()),
                    howship_register::Gate::Pass => {
                        let strip = Strip::new(&envelope, &visit.sharp, &fit.transform);
                        let exposure = matched(
                            (&base.frame.plane, &base.masks[k]),
                            &visit.frame.plane,
                            &fit.transform,
                            &e.exposure,
                        );
                        Ok(BoneFilm {
                            line: scan(&strip, &e.lost),
                            strip,
                            pose: fit.transform,
                            exposure: Some(exposure),
                        })
                    }
                },
            });
        }
        Some(Self {
            side,
            envelope,
            free,
            films,
        })
    }

    /// Two films that lie still and were exposed alike, all of the outline free.
    #[cfg(test)]
    pub(super) fn lying_still(envelope: Envelope, strips: [Strip; 2], same: Exposure) -> Self {
        let options = crate::lost::LostOptions::default();
        let mut exposure = None;
        let films = strips.map(|strip| {
            Ok(BoneFilm {
                line: scan(&strip, &options),
                strip,
                pose: Similarity::identity(),
                exposure: exposure.replace(Ok(same.clone())),
            })
        });
        Self {
            side: JointBone::Proximal,
            free: vec![true; envelope.points.len()],
            envelope,
            films: films.into(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.envelope.points.len()
    }

    pub(crate) fn visits(&self) -> usize {
        self.films.len()
    }

    /// `Err` says why the film cannot be used for this bone.
    pub(crate) fn on(&self, visit: usize) -> Result<&BoneFilm, &str> {
        match self.films.get(visit) {
            Some(Ok(film)) => Ok(film),
            Some(Err(reason)) => Err(reason),
            None => Err("there is no such visit"),
        }
    }

    /// Whether a row tells what noise does: clear of the other bone, of the strip's ends and of erosions.
    pub(crate) fn calm(&self, row: usize, erosions: &[Range<usize>]) -> bool {
        let apart = |e: &Range<usize>| row + CLEAR <= e.start || row >= e.end + CLEAR;
        self.free[row] && row >= 6 && row + 6 < self.rows() && erosions.iter().all(apart)
    }

    pub(crate) fn strip(&self, visit: usize) -> Option<&Strip> {
        self.on(visit).ok().map(|f| &f.strip)
    }
}
