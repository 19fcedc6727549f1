//! Lesions given by the user: where they are to be measured, and what came of it.

use crate::Error;
use crate::candidates::{Candidate, Found};
use crate::detect::{Place, onto_surface};
use crate::input::GivenLesions;
use crate::register_bones::TrackedBone;
use crate::segmentation::BoneShape;
use crate::select::BoneLesion;
use crate::tuning::PlacesTuning;
use howship_image::PointMm;

/// Seeds or a label image given by the user.
pub(crate) fn given_candidates(
    given: &GivenLesions,
    bones: &[TrackedBone],
    tuning: &PlacesTuning,
) -> Result<Found, Error> {
    let candidates = given
        .points_mm()
        .into_iter()
        .map(|seed| given_candidate(seed, bones, tuning))
        .collect::<Result<_, _>>()?;
    Ok(Found::given(candidates))
}

fn given_candidate(
    seed: [f64; 3],
    bones: &[TrackedBone],
    tuning: &PlacesTuning,
) -> Result<Candidate, Error> {
    let point = PointMm::from(seed);
    let bad = |reason: String| Error::Seed { seed, reason };
    let depth = |shape: &BoneShape| shape.about(point).depth(point);
    let (depth, bone) = bones
        .iter()
        .enumerate()
        .filter_map(|(k, bone)| Some((depth(&bone.shape)?, k)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .ok_or_else(|| bad("it lies outside the baseline image".to_owned()))?;
    let most = tuning.seed_outside_mm;
    if depth > most {
        return Err(bad(format!(
            "it lies more than {most} mm outside every bone"
        )));
    }
    let (mouth, normal) = onto_surface(bones[bone].shape.about(point), point, tuning)
        .ok_or_else(|| bad("no bone surface lies near it".to_owned()))?;
    let centre = if depth > -tuning.seed_depth_mm {
        mouth - normal * tuning.seed_under_mm
    } else {
        point
    };
    let place = Place {
        centre,
        mouth,
        normal,
    };
    Ok(Candidate { bone, place })
}

/// Says which of the given lesions are not there, and which are one and the same cavity.
///
/// # Errors
/// None of them is there: what was given are most likely no places of this image.
pub(crate) fn given_warnings(
    given: &GivenLesions,
    measured: &[Option<BoneLesion>],
    least_mm3: f64,
) -> Result<Vec<String>, Error> {
    let seeds = given.points_mm();
    let count = seeds.len();
    if let Some(&first) = seeds
        .first()
        .filter(|_| measured.iter().all(Option::is_none))
    {
        return Err(Error::NothingAtSeeds { first, count });
    }
    let name = |k: usize| {
        let [x, y, z] = seeds[k];
        format!(
            "given lesion {} of {count} ({x:.2}, {y:.2}, {z:.2} mm)",
            k + 1
        )
    };
    let lost = (0..count.min(measured.len())).filter(|&k| measured[k].is_none());
    let mut warnings: Vec<String> = lost
        .map(|k| format!("{} is not measured: no cavity of at least {least_mm3} mm³ that is darker than the bone around it, or no surface of the bone across its mouth, can be made out there at any visit", name(k)))
        .collect();
    if !warnings.is_empty() && matches!(given, GivenLesions::Seeds(_)) {
        // Points of another convention can meet other cavities by chance: the rest tells.
        warnings.push(format!(
            "{} of {count} seeds are not measured: seeds are LPS millimetres of the first visit; of RAS millimetres the signs of x and y turn, and then the others lie in wrong places too",
            warnings.len()
        ));
    }
    let there = |k: usize| measured.get(k)?.as_ref();
    for k in 0..count {
        for other in k + 1..count {
            if there(k)
                .zip(there(other))
                .is_some_and(|(a, b)| are_one(a, b))
            {
                warnings.push(format!(
                    "{} and {} lie in one cavity: it is measured twice and counted twice in totals; give one of them",
                    name(k),
                    name(other)
                ));
            }
        }
    }
    Ok(warnings)
}

/// Whether two measured lesions hold each other's centre at a visit.
fn are_one(a: &BoneLesion, b: &BoneLesion) -> bool {
    a.bone == b.bone
        && a.lesion.cavities().any(|(visit, cavity)| {
            b.lesion.cavity(visit).is_some_and(|other| {
                cavity.contains(other.centroid()) && other.contains(cavity.centroid())
            })
        })
}

#[cfg(test)]
mod tests {
    use crate::input::{GivenLesions, JointInput, Unobserved, VisitScan};
    use crate::scene::{Ball, options, stated};
    use crate::{Error, measure_joint};
    use howship_change::Visit;
    use howship_image::{DensityUnit, VectorMm};

    /// A seed of another convention, on sound bone, was once an erosion of 0.02 mm³, and a stable one.
    #[test]
    fn a_seed_on_sound_bone_is_no_erosion() {
        let ball = Ball::textured().with_cavity(VectorMm::x(), 0.3, 1.2);
        let scan = stated(ball.render(), DensityUnit::MgHaPerCm3);
        let measured = |seeds: Vec<[f64; 3]>| {
            let given = GivenLesions::Seeds(seeds);
            let input = JointInput {
                visits: VisitScan::pairs(Visit::unnamed(1), [&scan]),
                lesions: Some(&given),
            };
            measure_joint(&input, &options(), &Unobserved)
        };
        let (cavity, sound) = ([3.0, 0.0, 0.0], [0.0, -3.3, 0.0]);
        let both = measured(vec![cavity, sound]).unwrap();
        assert_eq!(both.lesions.len(), 1);
        let said = both.warnings.join("; ");
        assert!(
            said.contains("given lesion 2 of 2") && said.contains("RAS"),
            "{said}"
        );
        let none = measured(vec![sound]).err();
        assert!(
            matches!(none, Some(Error::NothingAtSeeds { .. })),
            "{none:?}"
        );
    }
}
