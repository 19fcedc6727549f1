//! The whole of it: serial volumes of one joint in, bones and lesions with errors and verdicts out.

use crate::alike::likeness;
use crate::candidates::{Candidate, Cyst, all_candidates};
use crate::detect::Place;
use crate::evidence::is_open_question;
use crate::given::{given_candidates, given_warnings};
use crate::input::{JointInput, Observer, VisitScan};
use crate::lesion::{VisitImage, measure_lesion};
use crate::likeness::{Likeness, Told};
use crate::marrow::Contrast;
use crate::mask_cut::bone_beyond;
use crate::mask_place::mask_lies_on_bone;
use crate::mask_porous::mask_is_of_whole_bones;
use crate::mask_wide::mask_ends_at_bone;
use crate::offset::{far_apart, offsets};
use crate::plausibility::{self, Evidence, judge, surface_in_field};
use crate::register_bones::{BoneAtVisit, TrackedBone, register_bones};
use crate::remodelling::{full_region, levels_in};
use crate::repeat::{Searched, found_again};
use crate::same_outline::{Outlined, same_outlines};
use crate::same_scan::not_one_scan;
use crate::same_size::same_size;
use crate::same_slices::same_slices;
use crate::segmentation::BoneShape;
use crate::select::{BoneLesion, select};
use crate::suitability;
use crate::unit_stands::evidence_of;
use crate::visit_shapes::{VisitShapes, segment_visit};
use crate::{BoneOptions, Error};
use howship_image::{DensityUnit, Labels, Mask, RigidTransform};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Everything known of a joint before it is put into words: see [`crate::JointResult`].
pub(crate) struct Analysis<'a> {
    pub(crate) unit: DensityUnit,
    pub(crate) visits: Vec<VisitShapes<'a>>,
    pub(crate) bones: Vec<TrackedBone>,
    /// Per bone.
    pub(crate) outlined: Vec<Outlined>,
    pub(crate) lesions: Vec<BoneLesion>,
    pub(crate) cysts: Vec<Cyst>,
    pub(crate) warnings: Vec<String>,
}

/// Share of the progress of "erosions" at which candidates are known.
const CANDIDATES_KNOWN: f64 = 0.2;

/// Share of it at which all of them are measured, and those that are reported chosen.
const CHOSEN: f64 = 0.85;

pub(crate) fn analyse<'a>(
    input: &'a JointInput<'_>,
    contrast: Contrast,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Analysis<'a>, Error> {
    options.check()?;
    for visit in &input.visits {
        plausibility::only_numbers(&visit.scan)?;
    }
    let unit = common_unit(input)?;
    if options.only_remodelling {
        densities_known(input, options)?;
    }
    let visits = segment_visits(input, unit, options, observer)?;
    let mut warnings = Vec::new();
    if !options.only_remodelling {
        let given = input.lesions.is_some();
        let limits = &options.tuning.suitability;
        let said = visits
            .iter()
            .map(|v| suitability::warnings(v, (unit, contrast), given, limits));
        warnings.extend(said.flatten());
    }
    warnings.extend(plausible(&visits, input, options)?);
    warnings.extend(masks_fit(&visits, input, options)?);
    let bones = register_bones(&visits, &options.tuning, observer, &mut warnings)?;
    not_one_scan(&visits, &bones, &options.tuning.scan)?;
    warnings.extend(same_size(&visits, &bones, &options.tuning.size)?);
    same_slices(&visits, &bones, &options.tuning)?;
    let masked: Vec<bool> = input.visits.iter().map(|v| v.mask.is_some()).collect();
    let limits = &options.tuning.plausible;
    let (outlined, unlike) = same_outlines(&visits, &bones, &masked, limits)?;
    warnings.extend(unlike);
    let told = if options.only_remodelling {
        Told::Remodelling
    } else {
        Told::Lesions
    };
    let (offsets, shifted) = offsets(&visits, &bones, (unit, told), &options.tuning.offset)?;
    warnings.extend(shifted);
    let what = (unit, told);
    let (likeness, unlike) = likeness(&visits, &bones, what, &offsets, &options.tuning.alike)?;
    warnings.extend(unlike);
    let (lesions, cysts) = if options.only_remodelling {
        (Vec::new(), Vec::new())
    } else {
        let images = (&visits[..], &likeness[..]);
        let (lesions, cysts, said) =
            erosions((input, contrast), images, &bones, options, observer)?;
        warnings.extend(said);
        (lesions, cysts)
    };
    Ok(Analysis {
        unit,
        visits,
        bones,
        outlined,
        lesions,
        cysts,
        warnings,
    })
}

/// Lesions that were found or given, cysts, and what is said of those that could not be measured.
type Found = (Vec<BoneLesion>, Vec<Cyst>, Vec<String>);

/// Looks for cavities, or at the places given, and measures them at every visit.
fn erosions(
    (input, contrast): (&JointInput<'_>, Contrast),
    images: (&[VisitShapes<'_>], &[Likeness]),
    bones: &[TrackedBone],
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Found, Error> {
    let visits = images.0;
    observer.report("erosions", 0.0)?;
    let given = input.lesions.is_some();
    let found = match input.lesions {
        Some(given) => given_candidates(given, bones, &options.tuning.places)?,
        None => all_candidates(visits, bones, options)?,
    };
    observer.report("erosions", CANDIDATES_KNOWN)?;
    let mut measured = measure_all(images, bones, &found.candidates, given, options, observer)?;
    if !given {
        measured = select(measured.into_iter().flatten().collect(), options)
            .into_iter()
            .map(Some)
            .collect();
    }
    // Where marrow is what is seen of bone, walls end where contents do.
    if contrast == Contrast::Mineral {
        tell_contents(images, bones, &mut measured, observer)?;
    }
    let mut said = Vec::new();
    if let Some(given) = input.lesions {
        // A place on sound bone has a dent of some hundredths of a mm³, which would be called stable.
        let least = options.minimum_lesion_mm3;
        for lesion in &mut measured {
            *lesion = lesion.take().filter(|l| is_a_lesion(l, least));
        }
        said = given_warnings(given, &measured, least)?;
    }
    let mut lesions: Vec<BoneLesion> = measured.into_iter().flatten().collect();
    for lesion in &mut lesions {
        lesion.repeats = repeats(visits, bones, lesion, options)?;
    }
    observer.report("erosions", 1.0)?;
    Ok((lesions, found.cysts, said))
}

/// Refuses scans without a density, of which nothing can be said to be formed or resorbed.
fn densities_known(input: &JointInput<'_>, options: &BoneOptions) -> Result<(), Error> {
    for visit in &input.visits {
        if levels_in(&visit.scan, &options.remodelling).is_none() {
            return Err(Error::NoDensity {
                visit: visit.visit.name.clone(),
                unit: visit.scan.unit,
            });
        }
    }
    Ok(())
}

/// Refuses given masks beside their bone, and, where erosions are looked for, such as are wider than it; says of those that
/// cut it.
fn masks_fit(
    visits: &[VisitShapes<'_>],
    input: &JointInput<'_>,
    options: &BoneOptions,
) -> Result<Vec<String>, Error> {
    let tuning = &options.tuning.mask;
    let mut said = Vec::new();
    for (visit, given) in visits.iter().zip(&input.visits) {
        if given.mask.is_none() {
            continue;
        }
        mask_is_of_whole_bones(visit, tuning)?;
        mask_lies_on_bone(visit, tuning)?;
        if !options.only_remodelling {
            mask_ends_at_bone(visit, options.wall_level, tuning)?;
            said.extend(bone_beyond(visit, options.wall_level, tuning));
        }
    }
    Ok(said)
}

/// Stands between reading and measuring: tissues where their unit puts them and a surface in the field, or a refusal.
fn plausible(
    visits: &[VisitShapes<'_>],
    input: &JointInput<'_>,
    options: &BoneOptions,
) -> Result<Vec<String>, Error> {
    let limits = &options.tuning.plausible;
    let all: Result<Vec<Evidence>, Error> = (visits.iter())
        .map(|visit| evidence_of(visit, options))
        .collect();
    let all = all?;
    let warnings = judge(&all, limits)?;
    if !options.only_remodelling {
        for (seen, given) in all.iter().zip(&input.visits) {
            surface_in_field(seen, given.mask.is_some(), limits)?;
        }
    }
    far_apart(&all, &options.tuning.offset)?;
    Ok(warnings)
}

fn segment_visits<'a>(
    input: &'a JointInput<'_>,
    unit: DensityUnit,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Vec<VisitShapes<'a>>, Error> {
    let count = input.visits.len();
    let visits = input.visits.iter().enumerate();
    visits
        .map(|(done, visit)| {
            observer.report("bones", done as f64 / count as f64)?;
            segment_visit(visit, unit, options)
        })
        .collect()
}

/// One unit for all visits; densities in two units cannot be compared.
fn common_unit(input: &JointInput<'_>) -> Result<DensityUnit, Error> {
    let first = input.baseline()?.unit;
    for later in input.visits.iter().skip(1) {
        if later.scan.unit != first {
            return Err(Error::UnitsDiffer {
                visit: later.visit.name.clone(),
                found: later.scan.unit,
                expected: first,
            });
        }
    }
    Ok(first)
}

/// Candidates measured at one time: each holds three volumes about itself for every visit, so that of long series
/// fewer are.
fn at_once(visits: usize) -> usize {
    (12 / visits.max(1)).clamp(2, 4)
}

/// Every candidate measured at every visit, in the candidates' order; `None` where no visit shows a cavity.
fn measure_all(
    images: (&[VisitShapes<'_>], &[Likeness]),
    bones: &[TrackedBone],
    candidates: &[Candidate],
    given: bool,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Vec<Option<BoneLesion>>, Error> {
    let measure = |candidate: &Candidate| {
        let bone = &bones[candidate.bone];
        let images = images_of(images, bone, &candidate.place);
        let lesion = measure_lesion(
            &images,
            bone.shape.about(candidate.place.centre),
            &candidate.place,
            options,
        )?;
        Ok(lesion.map(|lesion| BoneLesion::new(candidate.bone, lesion, given, options)))
    };
    let progress = (CANDIDATES_KNOWN, CHOSEN);
    a_few_at_once(candidates, images.0.len(), measure, (observer, progress))
}

/// Whether something is there at a visit: of what has no mouth, more than a pore of marrow.
fn is_a_lesion(found: &BoneLesion, least_mm3: f64) -> bool {
    found.lesion.cavities().any(|(visit, cavity)| {
        let open = found.lesion.surface.mouth_area(visit) > 0.0;
        let least = if open { least_mm3 } else { 3.0 * least_mm3 };
        cavity.mean_volume() >= least
    })
}

/// Measures the chosen lesions once more where what fills them is told from marrow.
fn tell_contents(
    images: (&[VisitShapes<'_>], &[Likeness]),
    bones: &[TrackedBone],
    lesions: &mut [Option<BoneLesion>],
    observer: &dyn Observer,
) -> Result<(), Error> {
    let tell = |found: &Option<BoneLesion>| {
        let Some(found) = found else {
            return Ok(None);
        };
        let bone = &bones[found.bone];
        let images = images_of(images, bone, &found.lesion.place);
        found
            .lesion
            .with_contents(&images, bone.shape.about(found.lesion.place.centre))
    };
    let told = a_few_at_once(lesions, images.0.len(), tell, (observer, (CHOSEN, 1.0)))?;
    for (lesion, told) in lesions.iter_mut().zip(told) {
        if let (Some(lesion), Some(told)) = (lesion, told) {
            lesion.take_contents(told);
        }
    }
    Ok(())
}

/// Does something to each, in their order, to as many at a time as memory allows.
fn a_few_at_once<T: Sync, R: Send>(
    all: &[T],
    visits: usize,
    each: impl Fn(&T) -> Result<R, Error> + Sync,
    (observer, (from, to)): (&dyn Observer, (f64, f64)),
) -> Result<Vec<R>, Error> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let one = |item: &T| {
        observer.stopped()?;
        let result = each(item)?;
        let n = done.fetch_add(1, Ordering::Relaxed) + 1;
        let share = n as f64 / all.len() as f64;
        observer.report("erosions", from + (to - from) * share)?;
        Ok(result)
    };
    let take = |_| {
        let mut taken: Vec<(usize, Result<R, Error>)> = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            match all.get(i) {
                Some(item) => taken.push((i, one(item))),
                None => return taken,
            }
        }
    };
    let mut results: Vec<_> = (0..at_once(visits))
        .into_par_iter()
        .flat_map_iter(take)
        .collect();
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Share of looks with fresh noise that find a cavity again, where that can decide whether it is an erosion.
fn repeats(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    lesion: &BoneLesion,
    options: &BoneOptions,
) -> Result<Option<f64>, Error> {
    let told = lesion.telling_visit().and_then(|visit| {
        let looks = lesion.looks[visit].as_ref()?;
        let here = bones[lesion.bone].visits[visit].as_ref()?;
        Some((visit, looks, here.outline.as_ref()?, here.pose.transform))
    });
    let Some((visit, looks, shape, pose)) = told else {
        return Ok(None);
    };
    let model = &options.tuning.kind;
    let (seen, Some(cavity)) = (&visits[visit], lesion.lesion.cavity(visit)) else {
        return Ok(None);
    };
    if !is_open_question(looks, model) {
        return Ok(None);
    }
    let searched = Searched {
        smooth: &seen.smooth,
        shape,
        levels: &seen.levels,
        wall: seen.levels.soft + options.wall_level * seen.levels.contrast(),
        voxel_mm: seen.scan.volume.geometry().spacing(),
    };
    let back = pose.inverse();
    let near = options.tuning.places.known_mm;
    // As near as two candidates are one: a flat cavity's roomiest place may lie just beyond its wall.
    let is_it = |place: &Place| {
        let at = back.apply(place.centre);
        let inwards = (cavity.centroid() - at).cap_magnitude(near);
        cavity.contains(at) || cavity.contains(at + inwards)
    };
    let middle = pose.apply(cavity.centroid());
    let reach = cavity.reach() + (cavity.centroid() - cavity.centre).norm();
    found_again(&searched, (middle, reach), &is_it, &options.tuning).map(Some)
}

/// What the measurement of a candidate needs of each visit at which its bone was found.
fn images_of<'a>(
    (visits, likeness): (&'a [VisitShapes<'_>], &[Likeness]),
    bone: &TrackedBone,
    place: &Place,
) -> Vec<Option<VisitImage<'a>>> {
    let image = |(visit, seen): (usize, &'a VisitShapes<'_>)| {
        let BoneAtVisit { pose, outline } = bone.aligned(visit)?;
        Some(VisitImage {
            volume: seen.scan.volume,
            pose: pose.transform,
            levels: seen.levels,
            likeness: likeness[visit],
            pose_covariance: pose.point_covariance(place.mouth),
            other_bones: others(&seen.shapes, outline.as_deref()),
        })
    };
    visits.iter().enumerate().map(image).collect()
}

/// All outlines but a bone's own; none where that is not known, which may be any of them.
fn others(shapes: &[Arc<BoneShape>], own: Option<&BoneShape>) -> Vec<Arc<BoneShape>> {
    let Some(own) = own else {
        return Vec::new();
    };
    let other = shapes.iter().filter(|s| s.id != own.id);
    other.map(Arc::clone).collect()
}

/// Baseline bones as labels on the baseline's own grid.
pub(crate) fn bone_labels(
    shapes: &[Arc<BoneShape>],
    geometry: &howship_image::Geometry,
) -> Result<Labels, Error> {
    let mut labels = Labels::filled(geometry.clone(), 0);
    for shape in shapes {
        // The whole grid would take as much again as the scan.
        let Some(region) = full_region(shape, geometry) else {
            continue;
        };
        let mut part = labels.crop(region)?;
        let inside = howship_image::resample(
            &shape.distance,
            part.geometry(),
            &RigidTransform::identity(),
            howship_image::Interpolation::Linear,
            1.0,
        );
        for (label, d) in part.data_mut().iter_mut().zip(inside.data()) {
            if *d < 0.0 && *label == 0 {
                *label = shape.id;
            }
        }
        labels.paste(&part, region)?;
    }
    Ok(labels)
}

/// The bones of one scan as labels on its own grid.
///
/// # Errors
/// No bone, a unit without threshold.
pub fn segment_joint(scan: &howship_image::Scan, options: &BoneOptions) -> Result<Labels, Error> {
    options.check()?;
    let visit = VisitScan {
        visit: howship_change::Visit {
            name: "visit 1".to_owned(),
            days: None,
        },
        scan: scan.into(),
        mask: None,
    };
    let shapes = segment_visit(&visit, scan.unit, options)?.shapes;
    bone_labels(&shapes, scan.volume.geometry())
}

/// Bone tissue inside the bones' outlines: Gaussian of half a voxel, then 446.8 mgHA/cm³ (1170 HU).
///
/// The setting that ormir-xct names `seg_gauss`; thinner trabeculae than this are lost in noise.
///
/// # Errors
/// The scan is not in mgHA/cm³, or the grids differ.
pub fn segment_ipl(scan: &howship_image::Scan, bones: &Labels) -> Result<Mask, Error> {
    let volume = scan.require(DensityUnit::MgHaPerCm3)?;
    volume.geometry().require_same(bones.geometry())?;
    let sigma = volume.geometry().spacing().map(|s| 0.5 * s);
    let smooth = howship_ops::gaussian(volume, sigma)?;
    let mut mask = howship_ops::threshold(&smooth, 446.8, 3000.0);
    for (m, b) in mask.data_mut().iter_mut().zip(bones.data()) {
        *m &= u8::from(*b != 0);
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register_bones::BonePose;
    use crate::register_bones::tests::passing;
    use crate::scene::{Ball, options, stated};
    use howship_change::Visit;
    use howship_image::{PointMm, VectorMm};
    use howship_register::Gate;

    /// A number from a pose that failed was once given as a change of 94 ± 19 mm³ where nothing had changed.
    #[test]
    fn nothing_is_measured_where_a_bone_is_not_aligned() {
        let scan = stated(Ball::solid().render(), DensityUnit::MgHaPerCm3);
        let given = VisitScan::pairs(Visit::unnamed(3), [&scan, &scan, &scan]);
        let segment = |v| segment_visit(v, scan.unit, &options()).unwrap();
        let visits: Vec<VisitShapes<'_>> = given.iter().map(segment).collect();
        let at = |gate: Gate| {
            let mut registration = passing([[0.0; 6]; 6], PointMm::origin());
            registration.gate = gate;
            let pose = BonePose {
                transform: registration.transform,
                registration: Some(registration),
            };
            Some(BoneAtVisit {
                pose,
                outline: None,
            })
        };
        let failed = Gate::Fail {
            reason: "overlap 41 % is below 60 %".into(),
        };
        let bone = TrackedBone {
            shape: Arc::clone(&visits[0].shapes[0]),
            visits: vec![at(Gate::Pass), at(failed), at(Gate::Pass)],
        };
        let place = Place {
            centre: PointMm::origin(),
            mouth: PointMm::origin(),
            normal: VectorMm::z(),
        };
        let likeness = [Likeness::SAME; 3];
        let images = images_of((&visits, &likeness), &bone, &place);
        assert_eq!(
            images.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, false, true]
        );
    }
}
