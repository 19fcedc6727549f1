//! The whole of it: serial volumes of one joint in, bones and lesions with errors and verdicts out.

use crate::cavity::Sphere;
use crate::changed::find_changed;
use crate::detect::{Candidate, find_candidates, onto_surface};
use crate::input::{JointInput, Observer};
use crate::lesion::{MeasuredLesion, VisitImage, measure_lesion};
use crate::levels::{Levels, mean_above, measure_levels};
use crate::plausibility::{self, Evidence, Plausible, judge, seen_soft};
use crate::register_bones::{BonePose, register_bones};
use crate::segmentation::{BoneShape, coarsen, given_bones, segment_bones, working_factor};
use crate::suitability;
use crate::{BoneOptions, Error};
use howship_image::{DensityUnit, Labels, Mask, PointMm, Region, RigidTransform, Volume};
use rayon::prelude::*;

/// Everything known of a joint before it is put into words: see [`crate::JointResult`].
pub(crate) struct Analysis {
    pub(crate) sphere: Sphere,
    pub(crate) unit: DensityUnit,
    /// Per visit.
    pub(crate) visits: Vec<VisitShapes>,
    /// Per baseline bone, per visit; the baseline's own is the identity.
    pub(crate) poses: Vec<Vec<Option<BonePose>>>,
    /// Lesion with the index of its baseline bone.
    pub(crate) lesions: Vec<(usize, MeasuredLesion)>,
    /// Cavities without a mouth: bone, centre in the baseline frame, diameter.
    pub(crate) cysts: Vec<(usize, PointMm, f64)>,
    pub(crate) warnings: Vec<String>,
}

/// Bones and tissue levels of one visit.
pub(crate) struct VisitShapes {
    pub(crate) shapes: Vec<BoneShape>,
    pub(crate) levels: Levels,
    /// The image on the working grid.
    pub(crate) working: Volume<f32>,
    /// The same, smoothed: what bones, levels and candidates are found in.
    pub(crate) smooth: Volume<f32>,
}

/// SD of the Gaussian on the working grid, mm.
const SMOOTH_MM: f64 = 0.06;

pub(crate) fn analyse(
    input: &JointInput<'_>,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Analysis, Error> {
    options.check()?;
    for scan in &input.scans {
        plausibility::only_numbers(scan)?;
    }
    let unit = common_unit(input)?;
    let mut warnings = Vec::new();
    let count = input.scans.len();
    let mut visits = Vec::with_capacity(count);
    for visit in 0..count {
        observer.report("bones", visit as f64 / count as f64)?;
        let shapes = segment_visit(input, visit, unit, options)?;
        let (name, geometry) = (
            &input.visits[visit].name,
            input.scans[visit].volume.geometry(),
        );
        if input.lesions.is_none() {
            warnings.extend(suitability::warnings(name, geometry, unit, &shapes));
        }
        visits.push(shapes);
    }
    warnings.extend(plausible(input, &visits, options)?);
    let poses = register_bones(input, &visits, observer, &mut warnings)?;
    let sphere = Sphere::new();
    observer.report("erosions", 0.0)?;
    let mut cysts = Vec::new();
    let candidates = match input.lesions {
        Some(given) => given_candidates(given, &visits[0].shapes)?,
        None => all_candidates(&visits, &poses, options, &mut cysts)?,
    };
    observer.report("erosions", 0.2)?;
    let measured = measure_all(
        input,
        &sphere,
        &visits,
        &poses,
        &candidates,
        options,
        observer,
    )?;
    let lesions = crate::select::select(&sphere, measured, input.lesions.is_some(), options);
    observer.report("erosions", 1.0)?;
    Ok(Analysis {
        sphere,
        unit,
        visits,
        poses,
        lesions,
        cysts,
        warnings,
    })
}

/// Stands between reading and measuring: tissues where their unit puts them, or a refusal.
fn plausible(
    input: &JointInput<'_>,
    visits: &[VisitShapes],
    options: &BoneOptions,
) -> Result<Vec<String>, Error> {
    let limits = Plausible::default();
    let all: Vec<Evidence> = visits
        .iter()
        .zip(input.scans.iter().zip(&input.visits))
        .map(|(shapes, (scan, visit))| {
            let soft = seen_soft(shapes.levels.soft, options.threshold_for(scan.unit));
            plausibility::evidence(
                &visit.name,
                scan,
                &shapes.working,
                shapes.shapes.iter(),
                soft,
                shapes.levels.bone,
                &limits,
            )
        })
        .collect();
    judge(&all, &limits)
}

/// One unit for all visits; densities in two units cannot be compared.
fn common_unit(input: &JointInput<'_>) -> Result<DensityUnit, Error> {
    let first = input.scans[0].unit;
    for (scan, visit) in input.scans.iter().zip(&input.visits).skip(1) {
        if scan.unit != first {
            return Err(Error::UnitsDiffer {
                visit: visit.name.clone(),
                found: scan.unit,
                expected: first,
            });
        }
    }
    Ok(first)
}

fn segment_visit(
    input: &JointInput<'_>,
    visit: usize,
    unit: DensityUnit,
    options: &BoneOptions,
) -> Result<VisitShapes, Error> {
    let volume = &input.scans[visit].volume;
    let name = &input.visits[visit].name;
    let first = volume.data()[0];
    if volume.data().par_iter().all(|v| *v == first) {
        return Err(Error::Constant {
            visit: name.clone(),
            value: first,
        });
    }
    let working = coarsen(volume, working_factor(volume.geometry()))?;
    let smooth = howship_ops::gaussian(&working, [SMOOTH_MM; 3])?;
    let mask = input.masks.get(visit).and_then(Option::as_ref);
    let (shapes, threshold) = match mask {
        Some(labels) => {
            volume
                .geometry()
                .require_same(labels.geometry())
                .map_err(|source| Error::Grid {
                    what: "mask",
                    visit: name.clone(),
                    source,
                })?;
            let shapes = given_bones(labels, working.geometry(), options)?;
            let inside = options
                .threshold_for(unit)
                .map_or_else(|| otsu_inside(&working), Ok)?;
            (shapes, inside)
        }
        None => {
            let threshold = options
                .threshold_for(unit)
                .ok_or_else(|| Error::UnitUnknown {
                    visit: name.clone(),
                })?;
            (
                segment_bones(&smooth, threshold, unit, options, name)?,
                threshold,
            )
        }
    };
    if shapes.is_empty() {
        return Err(Error::NoBone {
            visit: name.clone(),
            threshold,
            unit,
            minimum_mm3: options.minimum_bone_mm3,
        });
    }
    let levels = levels_of(volume, smooth.clone(), &shapes, threshold, name)?;
    Ok(VisitShapes {
        shapes,
        levels,
        working,
        smooth,
    })
}

fn otsu_inside(working: &Volume<f32>) -> Result<f64, Error> {
    Ok(f64::from(howship_ops::otsu(working.data(), 256)?))
}

/// Tissue levels from the middle slices at full resolution.
fn levels_of(
    volume: &Volume<f32>,
    mut smooth: Volume<f32>,
    shapes: &[BoneShape],
    threshold: f64,
    name: &str,
) -> Result<Levels, Error> {
    // Bone's level is that of bone: what is bright outside the envelopes does not count.
    for (o, v) in smooth.data_mut().iter_mut().enumerate() {
        if shapes.iter().all(|s| s.envelope.data()[o] == 0) {
            *v = f32::MIN;
        }
    }
    let bone = mean_above(smooth.data(), threshold);
    drop(smooth);
    let [nx, ny, nz] = volume.size();
    let thick = nz.min(48);
    let region = Region {
        start: [0, 0, (nz - thick) / 2],
        size: [nx, ny, thick],
    };
    let slab = volume.crop(region)?;
    let mut bones = Mask::filled(slab.geometry().clone(), 0);
    for shape in shapes {
        let identity = RigidTransform::identity();
        let part = howship_image::resample_labels(&shape.envelope, slab.geometry(), &identity);
        for (b, p) in bones.data_mut().iter_mut().zip(part.data()) {
            *b |= *p;
        }
    }
    measure_levels(&slab, &bones, threshold, bone, name)
}

/// Candidates of every visit in the baseline's frame, each place once, with the index of the baseline's bone.
fn all_candidates(
    visits: &[VisitShapes],
    poses: &[Vec<Option<BonePose>>],
    options: &BoneOptions,
    cysts: &mut Vec<(usize, PointMm, f64)>,
) -> Result<Vec<(usize, Candidate)>, Error> {
    let mut all: Vec<(usize, Candidate)> = Vec::new();
    for (v, visit) in visits.iter().enumerate() {
        let wall = visit.levels.soft + options.wall_level * (visit.levels.bone - visit.levels.soft);
        for bone in 0..visits[0].shapes.len() {
            let Some(pose) = &poses[bone][v] else {
                continue;
            };
            let Some(shape) = counterpart(&visits[0].shapes[bone], pose, &visit.shapes) else {
                continue;
            };
            let (candidates, enclosed) = find_candidates(&visit.smooth, shape, wall)?;
            let back = pose.transform.inverse();
            for c in candidates {
                let here = Candidate {
                    centre: back.apply(c.centre),
                    mouth: back.apply(c.mouth),
                    normal: back.rotate(c.normal),
                };
                add_new(&mut all, bone, here);
            }
            if v > 0 {
                let (baseline, own) = (&visits[0], &visits[0].shapes[bone]);
                let changed = find_changed(
                    (&baseline.smooth, &baseline.levels),
                    (&visit.smooth, &visit.levels),
                    (own, shape),
                    &pose.transform,
                    options.wall_level,
                )?;
                for c in changed {
                    add_new(&mut all, bone, c);
                }
            }
            for cyst in enclosed {
                let centre = back.apply(cyst.centre);
                if cysts
                    .iter()
                    .all(|(_, other, _)| (other - centre).norm() > 0.8)
                {
                    cysts.push((bone, centre, cyst.diameter_mm));
                }
            }
        }
    }
    Ok(all)
}

/// Adds a candidate unless its centre is known: one opening may hold several lesions, so that mouths do not tell.
fn add_new(all: &mut Vec<(usize, Candidate)>, bone: usize, candidate: Candidate) {
    let known = all
        .iter()
        .any(|(b, other)| *b == bone && (other.centre - candidate.centre).norm() < KNOWN_MM);
    if !known {
        all.push((bone, candidate));
    }
}

/// Centres nearer to each other than this are one candidate, mm.
const KNOWN_MM: f64 = 0.3;

/// The visit's own outline of a baseline bone: the one that holds most of where its inside points go.
pub(crate) fn counterpart<'a>(
    bone: &BoneShape,
    pose: &BonePose,
    shapes: &'a [BoneShape],
) -> Option<&'a BoneShape> {
    let geometry = bone.envelope.geometry();
    let data = bone.envelope.data();
    let inside: Vec<usize> = (0..data.len())
        .step_by(97)
        .filter(|&o| data[o] != 0)
        .collect();
    let mut best: Option<(usize, &BoneShape)> = None;
    for shape in shapes {
        let held = inside
            .iter()
            .filter(|&&o| {
                let at = geometry.world(geometry.voxel(o).map(|i| i as f64));
                shape
                    .depth(pose.transform.apply(at))
                    .is_some_and(|d| d < 0.0)
            })
            .count();
        if held > best.map_or(0, |(n, _)| n) {
            best = Some((held, shape));
        }
    }
    best.map(|(_, shape)| shape)
}

/// Seeds or a label image given by the user.
fn given_candidates(
    given: &crate::input::GivenLesions,
    shapes: &[BoneShape],
) -> Result<Vec<(usize, Candidate)>, Error> {
    given
        .points_mm()
        .into_iter()
        .map(|seed| {
            let point = PointMm::from(seed);
            let bad = |reason: &str| Error::Seed {
                seed,
                reason: reason.to_owned(),
            };
            let bone = shapes
                .iter()
                .enumerate()
                .filter_map(|(k, s)| Some((s.depth(point)?, k)))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .ok_or_else(|| bad("it lies outside the baseline image"))?;
            if bone.0 > 1.5 {
                return Err(bad("it lies more than 1.5 mm outside every bone"));
            }
            let (mouth, normal) = onto_surface(&shapes[bone.1], point)
                .ok_or_else(|| bad("no bone surface lies near it"))?;
            let centre = if bone.0 > -0.1 {
                mouth - normal * 0.3
            } else {
                point
            };
            Ok((
                bone.1,
                Candidate {
                    centre,
                    mouth,
                    normal,
                },
            ))
        })
        .collect()
}

#[allow(clippy::too_many_arguments)] // one call, and each argument is one stage's result
fn measure_all(
    input: &JointInput<'_>,
    sphere: &Sphere,
    visits: &[VisitShapes],
    poses: &[Vec<Option<BonePose>>],
    candidates: &[(usize, Candidate)],
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<Vec<(usize, MeasuredLesion)>, Error> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    let results: Vec<Result<Option<(usize, MeasuredLesion)>, Error>> = candidates
        .par_iter()
        .map(|(bone, candidate)| {
            observer.stopped()?;
            let images: Vec<Option<VisitImage<'_>>> = (0..visits.len())
                .map(|v| {
                    let pose = poses[*bone][v].as_ref()?;
                    Some(VisitImage {
                        volume: &input.scans[v].volume,
                        pose: pose.transform,
                        levels: visits[v].levels,
                        pose_covariance: pose.point_covariance(candidate.mouth),
                    })
                })
                .collect();
            let shape = &visits[0].shapes[*bone];
            let lesion = measure_lesion(sphere, &images, shape, candidate, options)?;
            let n = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            observer.report("erosions", 0.2 + 0.8 * n as f64 / candidates.len() as f64)?;
            Ok(lesion.map(|l| (*bone, l)))
        })
        .collect();
    let mut measured = Vec::new();
    for result in results {
        measured.extend(result?);
    }
    Ok(measured)
}

/// Baseline bones as labels on the baseline's own grid.
pub(crate) fn bone_labels(shapes: &[BoneShape], geometry: &howship_image::Geometry) -> Labels {
    let mut labels = Labels::filled(geometry.clone(), 0);
    for shape in shapes {
        let inside = howship_image::resample(
            &shape.distance,
            geometry,
            &RigidTransform::identity(),
            howship_image::Interpolation::Linear,
            1.0,
        );
        for (label, d) in labels.data_mut().iter_mut().zip(inside.data()) {
            if *d < 0.0 && *label == 0 {
                *label = shape.id;
            }
        }
    }
    labels
}

/// The bones of one scan as labels on its own grid.
///
/// # Errors
/// No bone, a unit without threshold.
pub fn segment_joint(scan: &howship_image::Scan, options: &BoneOptions) -> Result<Labels, Error> {
    options.check()?;
    let visits = howship_change::Visit::unnamed(1);
    let input = JointInput {
        scans: vec![scan],
        visits,
        masks: Vec::new(),
        lesions: None,
    };
    let shapes = segment_visit(&input, 0, scan.unit, options)?.shapes;
    Ok(bone_labels(&shapes, scan.volume.geometry()))
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
