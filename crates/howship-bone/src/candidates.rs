//! Candidates of all visits in one frame, each place once.

use crate::changed::find_changed;
use crate::detect::{Enclosed, Place, find_candidates};
use crate::register_bones::TrackedBone;
use crate::segmentation::BoneShape;
use crate::tuning::{PlacesTuning, Tuning};
use crate::visit_shapes::VisitShapes;
use crate::{BoneOptions, Error};
use howship_image::{PointMm, RigidTransform};

/// A place of a baseline bone, in the baseline's frame.
pub(crate) struct Candidate {
    /// Which bone, from 0 in the order of the baseline's shapes.
    pub(crate) bone: usize,
    pub(crate) place: Place,
}

/// A cavity without a mouth.
pub(crate) struct Cyst {
    /// Which bone, from 0.
    pub(crate) bone: usize,
    /// In the baseline's frame.
    pub(crate) centre: PointMm,
    pub(crate) diameter_mm: f64,
}

/// What was found in all visits.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) cysts: Vec<Cyst>,
    /// Bones and centres of those candidates that lie in a dish.
    dishes: Vec<(usize, PointMm)>,
}

/// Cavities that open through the cortex at any visit, and places where bone changed since the baseline.
pub(crate) fn all_candidates(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    options: &BoneOptions,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let tuning = &options.tuning;
    for (v, visit) in visits.iter().enumerate() {
        let wall = visit.levels.soft + options.wall_level * visit.levels.contrast();
        for (number, bone) in bones.iter().enumerate() {
            let Some(here) = bone.aligned(v) else {
                continue;
            };
            let Some(shape) = &here.outline else {
                continue;
            };
            let (places, enclosed) = find_candidates(&visit.smooth, shape, wall, tuning)?;
            let back = here.pose.transform.inverse();
            for place in places {
                found.add(number, moved(&place, &back), &tuning.places);
            }
            if let Some(dished) = &shape.dished {
                let (places, _) = find_candidates(&visit.smooth, dished, wall, tuning)?;
                for place in deepest_first(places, dished) {
                    found.add_dish(number, moved(&place, &back), tuning);
                }
            }
            if v > 0 {
                let baseline = &visits[0];
                let changed = find_changed(
                    (&baseline.smooth, &baseline.levels),
                    (&visit.smooth, &visit.levels),
                    (&bone.shape, shape),
                    &here.pose.transform,
                    options.wall_level,
                    tuning,
                )?;
                for place in changed {
                    found.add(number, place, &tuning.places);
                }
            }
            for cyst in enclosed {
                found.add_cyst(number, &cyst, &back, &tuning.places);
            }
        }
    }
    Ok(found)
}

/// Places in or close under what only the larger ball spans, the deepest under its surface first.
fn deepest_first(places: Vec<Place>, dished: &BoneShape) -> Vec<Place> {
    let under = places.into_iter().filter(|p| dished.is_under(p.centre));
    let mut deep: Vec<(f64, Place)> = under
        .filter_map(|place| Some((dished.depth(place.centre)?, place)))
        .collect();
    deep.sort_by(|a, b| a.0.total_cmp(&b.0));
    deep.into_iter().map(|(_, place)| place).collect()
}

fn moved(place: &Place, motion: &RigidTransform) -> Place {
    Place {
        centre: motion.apply(place.centre),
        mouth: motion.apply(place.mouth),
        normal: motion.rotate(place.normal),
    }
}

impl Found {
    /// Places that the user pointed at.
    pub(crate) fn given(candidates: Vec<Candidate>) -> Self {
        Self {
            candidates,
            ..Self::default()
        }
    }

    /// Adds a place unless its centre is known: one opening may hold several lesions, so that mouths do not tell.
    fn add(&mut self, bone: usize, place: Place, tuning: &PlacesTuning) {
        let known = self.candidates.iter().any(|other| {
            other.bone == bone && (other.place.centre - place.centre).norm() < tuning.known_mm
        });
        if !known {
            self.candidates.push(Candidate { bone, place });
        }
    }

    /// Adds a place in a dish unless one is known nearby: all over a wide floor marrow opens, and each opening leads to the
    /// same dish.
    fn add_dish(&mut self, bone: usize, place: Place, tuning: &Tuning) {
        let near = |other: &(usize, PointMm)| {
            other.0 == bone && (other.1 - place.centre).norm() < tuning.dish.apart_mm
        };
        if !self.dishes.iter().any(near) {
            self.dishes.push((bone, place.centre));
            self.add(bone, place, &tuning.places);
        }
    }

    fn add_cyst(
        &mut self,
        bone: usize,
        cyst: &Enclosed,
        back: &RigidTransform,
        tuning: &PlacesTuning,
    ) {
        let centre = back.apply(cyst.centre);
        let apart = |other: &Cyst| (other.centre - centre).norm() > tuning.cysts_apart_mm;
        if self.cysts.iter().all(apart) {
            self.cysts.push(Cyst {
                bone,
                centre,
                diameter_mm: cyst.diameter_mm,
            });
        }
    }
}
