//! What the images of two visits differ by that is no change of the bone: the scale of density, and blur.

use crate::Error;
use crate::likeness::{Likeness, Told};
use crate::offset::Shift;
use crate::register_bones::TrackedBone;
use crate::tuning::AlikeTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{
    DensityUnit, Geometry, PointMm, Region, RigidTransform, Volume, sample_linear,
};
use rayon::prelude::*;

/// A visit against the baseline.
#[derive(Debug, Clone, Copy)]
struct Unlike {
    soft: [f64; 2],
    /// Contrast of bone there over the baseline's; 1 where it does not differ beyond its error.
    ratio: f64,
    /// Variance of its blur over the baseline's, mm²; negative where it is sharper.
    blur_mm2: f64,
}

/// How the images of all visits are made alike, in their order, and what is said of it.
///
/// # Method
/// *Scale of density.* The bones with a little soft tissue around them, where both visits show them, in blocks of 1.25 mm:
/// mineral in a block (sum of the contrast to soft tissue) hardly depends on blur. The ratio of the two visits is the
/// biweight mean over blocks (Tukey), on which lesions that changed have no weight. It is used where it is further from 1
/// than two of its standard errors.
///
/// *Blur.* The mean squared gradient over the same bone, less that of the noise, which soft tissue shows, falls as blur
/// grows; the sharper image is blurred until both are alike. Used from 0.02 mm on. All visits are then blurred as much as
/// the most blurred one, but by no more than a limit.
///
/// # Limits
/// A scale that drifts and a whole bone that becomes denser look alike: both are no change of a lesion's volume, and
/// densities are reported as each visit has them. Blur along one axis counts as blur along all.
///
/// # Errors
/// A filter refuses its lengths.
pub(crate) fn likeness(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    (unit, told): (DensityUnit, Told),
    offsets: &[Option<Shift>],
    tuning: &AlikeTuning,
) -> Result<(Vec<Likeness>, Vec<String>), Error> {
    let [baseline, later @ ..] = visits else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut unlike = Vec::new();
    for (v, seen) in later.iter().enumerate() {
        let pairs: Vec<Pair<'_>> = bones
            .iter()
            .filter_map(|bone| Pair::of(bone, v + 1))
            .collect();
        let soft = soft_levels(baseline, seen, unit, offsets[v]);
        unlike.push(compare((baseline, seen), &pairs, soft, tuning)?);
    }
    let most = unlike.iter().map(|u| u.blur_mm2).fold(0.0, f64::max);
    let blur = |own: f64| {
        let sd = (most - own).max(0.0).sqrt();
        let sd = if sd < tuning.least_blur_mm { 0.0 } else { sd };
        sd.min(tuning.most_blur_mm)
    };
    let mut all = vec![Likeness {
        blur_mm: blur(0.0),
        ..Likeness::SAME
    }];
    all.extend(unlike.iter().enumerate().map(|(v, u)| Likeness {
        soft: if u.ratio == 1.0 && offsets[v].is_none() {
            [0.0; 2]
        } else {
            u.soft
        },
        scale: 1.0 / u.ratio,
        blur_mm: blur(u.blur_mm2),
    }));
    let said = later.iter().zip(&unlike);
    let said = said.flat_map(|(seen, u)| say((seen.name(), baseline.name()), u, told, tuning));
    Ok((all, said.collect()))
}

fn say(
    (name, baseline): (&str, &str),
    unlike: &Unlike,
    told: Told,
    tuning: &AlikeTuning,
) -> Vec<String> {
    let mut said = Vec::new();
    let scale = told.words("volumes are compared on one scale, densities are reported as they are");
    let blurred = told.words("the sharper one is blurred alike before lesions are compared");
    let percent = 100.0 * (unlike.ratio - 1.0);
    if percent.abs() >= tuning.said_percent {
        let way = if percent > 0.0 { "higher" } else { "lower" };
        said.push(format!(
            "{name}: bone reads {:.1} % {way} than at {baseline}, everywhere alike (the scanner's scale of density, or all of the bone): {scale}",
            percent.abs()
        ));
    }
    let blur = unlike.blur_mm2.abs().sqrt();
    if blur >= tuning.said_blur_mm {
        let way = if unlike.blur_mm2 > 0.0 {
            "more"
        } else {
            "less"
        };
        said.push(format!(
            "{name}: the image is {way} blurred than at {baseline}, by a Gaussian of {blur:.2} mm (motion, another reconstruction): {blurred}"
        ));
    }
    said
}

/// A bone of the baseline and its motion to a later visit.
struct Pair<'a> {
    bone: &'a TrackedBone,
    pose: RigidTransform,
}

impl<'a> Pair<'a> {
    fn of(bone: &'a TrackedBone, visit: usize) -> Option<Self> {
        let pose = bone.aligned(visit)?.pose.transform;
        Some(Self { bone, pose })
    }
}

/// Soft tissue of two visits. On a calibrated scale it is one thing, and what its medians differ by is where the fields
/// lie, unless all tissue is shifted.
fn soft_levels(
    before: &VisitShapes<'_>,
    after: &VisitShapes<'_>,
    unit: DensityUnit,
    offset: Option<Shift>,
) -> [f64; 2] {
    let levels = [before.levels.soft, after.levels.soft];
    let half = 0.5 * offset.map_or(0.0, |o| o.soft);
    let mean = 0.5 * (levels[0] + levels[1]);
    match unit {
        DensityUnit::Arbitrary => levels,
        _ => [mean - half, mean + half],
    }
}

fn compare(
    (before, after): (&VisitShapes<'_>, &VisitShapes<'_>),
    pairs: &[Pair<'_>],
    soft: [f64; 2],
    tuning: &AlikeTuning,
) -> Result<Unlike, Error> {
    let visits = [before, after];
    let contrast = before.levels.contrast();
    let scale = |blur_mm2: [f64; 2]| -> Result<f64, Error> {
        let images = [
            smoothed(&before.working, blur_mm2[0], tuning)?,
            smoothed(&after.working, blur_mm2[1], tuning)?,
        ];
        let blocks = blocks([&images[0], &images[1]], pairs, (soft, contrast), tuning);
        Ok(scale_of(&blocks, tuning).unwrap_or(1.0))
    };
    let points = common_points(before, after, pairs, tuning);
    let ratio = scale([0.0; 2])?;
    let blur_mm2 = more_blur(visits, &points, ratio, tuning)?;
    let ratio = match blur_mm2 {
        0.0 => ratio,
        // Blur carries a little mineral out of the outermost blocks.
        more => scale([more.max(0.0), (-more).max(0.0)])?,
    };
    Ok(Unlike {
        soft: [soft[1], soft[0]],
        ratio,
        blur_mm2,
    })
}

/// Mineral of a block at both visits.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    points: f64,
    mineral: [f64; 2],
}

/// An image blurred by a variance more, mm². A Gaussian much narrower than a voxel is none on a grid: every image is
/// smoothed a little.
fn smoothed(
    image: &Volume<f32>,
    blur_mm2: f64,
    tuning: &AlikeTuning,
) -> Result<Volume<f32>, Error> {
    let spacing = image.geometry().spacing();
    let sd = spacing.map(|s| ((tuning.smooth_voxels * s).powi(2) + blur_mm2).sqrt());
    Ok(howship_ops::gaussian(image, sd)?)
}

fn blocks(
    [before, after]: [&Volume<f32>; 2],
    pairs: &[Pair<'_>],
    (soft, contrast): ([f64; 2], f64),
    tuning: &AlikeTuning,
) -> Vec<Block> {
    let grid = before.geometry();
    let edge = grid
        .spacing()
        .map(|s| (tuning.block_mm / s).round().max(1.0) as usize);
    let count: [usize; 3] = std::array::from_fn(|a| grid.size()[a].div_ceil(edge[a]));
    let mut blocks = vec![Block::default(); count[0] * count[1] * count[2]];
    let there = after.geometry();
    for pair in pairs {
        for (o, d) in pair.bone.shape.distance.data().iter().enumerate() {
            if f64::from(*d) > tuning.around_mm {
                continue;
            }
            let voxel = grid.voxel(o);
            let at = pair.pose.apply(grid.world(voxel.map(|i| i as f64)));
            let Some(value) = sample_linear(after, there.index(at)) else {
                continue;
            };
            let [x, y, z] = std::array::from_fn(|a| voxel[a] / edge[a]);
            let block = &mut blocks[x + count[0] * (y + count[1] * z)];
            block.points += 1.0;
            block.mineral[0] += f64::from(before.data()[o]) - soft[0];
            block.mineral[1] += f64::from(value) - soft[1];
        }
    }
    let full = (edge[0] * edge[1] * edge[2]) as f64;
    let enough = |b: &Block| {
        b.points >= tuning.full_share * full
            && b.mineral
                .iter()
                .all(|m| *m > tuning.least_mineral * contrast * b.points)
    };
    blocks.retain(enough);
    blocks
}

/// Ratio of the two visits, where it differs from 1 by more than its error; `None` where it does not, or too little bone is
/// seen.
fn scale_of(blocks: &[Block], tuning: &AlikeTuning) -> Option<f64> {
    if blocks.len() < tuning.enough_blocks {
        return None;
    }
    let mut ratios: Vec<f64> = blocks
        .iter()
        .map(|b| (b.mineral[1] / b.mineral[0]).ln())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let middle = |sorted: &[f64]| sorted[sorted.len() / 2];
    let mut mean = middle(&ratios);
    let mut away: Vec<f64> = ratios.iter().map(|r| (r - mean).abs()).collect();
    away.sort_by(f64::total_cmp);
    let reach = tuning.biweight * 1.4826 * middle(&away).max(1e-9);
    let mut error = f64::INFINITY;
    for _ in 0..tuning.rounds.max(1) {
        let weight = |r: f64| (1.0 - ((r - mean) / reach).powi(2)).max(0.0).powi(2);
        let sum: f64 = ratios.iter().map(|r| weight(*r)).sum();
        let next = ratios.iter().map(|r| weight(*r) * r).sum::<f64>() / sum.max(1e-12);
        let square = ratios.iter().map(|r| (weight(*r) * (r - next)).powi(2));
        error = square.sum::<f64>().sqrt() / sum.max(1e-12);
        mean = next;
    }
    (mean.abs() > tuning.errors * error).then(|| mean.exp())
}

/// Voxels of the two working images that show the same bone, both visits' field covering it.
fn common_points(
    before: &VisitShapes<'_>,
    after: &VisitShapes<'_>,
    pairs: &[Pair<'_>],
    tuning: &AlikeTuning,
) -> [Vec<usize>; 2] {
    let mut points = [Vec::new(), Vec::new()];
    let [here, there] = [before, after].map(|v| v.working.geometry());
    let inside = |geometry: &howship_image::Geometry, at: PointMm| {
        let index = geometry.index(at);
        (0..3).all(|a| index[a] >= 2.0 && index[a] <= geometry.size()[a] as f64 - 3.0)
    };
    for pair in pairs {
        let shape = &pair.bone.shape;
        for (o, d) in shape.distance.data().iter().enumerate() {
            if f64::from(*d) > tuning.around_mm {
                continue;
            }
            let at = here.world(here.voxel(o).map(|i| i as f64));
            if inside(here, at) && inside(there, pair.pose.apply(at)) {
                points[0].push(o);
            }
        }
        let back = pair.pose.inverse();
        let Some(region) = region_there(pair, there, tuning.around_mm) else {
            continue;
        };
        let [start, size] = [region.start, region.size];
        let row = |y: usize, z: usize| {
            (start[0]..start[0] + size[0]).filter_map(move |x| {
                let own = there.world([x, y, z].map(|i| i as f64));
                let at = back.apply(own);
                let common = inside(there, own)
                    && inside(here, at)
                    && shape.depth(at).is_some_and(|d| d <= tuning.around_mm);
                common.then_some(there.offset(x, y, z))
            })
        };
        let found: Vec<Vec<usize>> = (start[2]..start[2] + size[2])
            .into_par_iter()
            .map(|z| {
                (start[1]..start[1] + size[1])
                    .flat_map(|y| row(y, z))
                    .collect()
            })
            .collect();
        points[1].extend(found.into_iter().flatten());
    }
    points
}

/// The voxels of a later visit's grid that may lie within a distance of a bone: its box, moved there.
fn region_there(pair: &Pair<'_>, there: &Geometry, around_mm: f64) -> Option<Region> {
    let envelope = &pair.bone.shape.envelope;
    let here = envelope.geometry();
    let part = envelope.bounding_region()?;
    // Two voxels more: distances are smoothed by one.
    let margin = around_mm + 2.0 * here.max_spacing();
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for corner in 0..8usize {
        let index = std::array::from_fn(|a| {
            let (first, last) = (part.start[a] as f64, (part.start[a] + part.size[a]) as f64);
            let margin = margin / here.spacing()[a];
            if corner >> a & 1 == 0 {
                first - margin
            } else {
                last - 1.0 + margin
            }
        });
        let at = there.index(pair.pose.apply(here.world(index)));
        low = std::array::from_fn(|a| low[a].min(at[a]));
        high = std::array::from_fn(|a| high[a].max(at[a]));
    }
    let last = there.size().map(|n| n as f64 - 1.0);
    let clamped = |v: f64, a: usize| v.clamp(0.0, last[a]) as usize;
    let start = std::array::from_fn(|a| clamped(low[a].floor(), a));
    let end = std::array::from_fn(|a| clamped(high[a].ceil(), a));
    Some(Region::between(start, end))
}

/// Variance of the later visit's blur over the earlier's, mm².
fn more_blur(
    visits: [&VisitShapes<'_>; 2],
    points: &[Vec<usize>; 2],
    ratio: f64,
    tuning: &AlikeTuning,
) -> Result<f64, Error> {
    if points.iter().any(|p| p.len() < tuning.enough_points) {
        return Ok(0.0);
    }
    let soft = visits.map(|visit| soft_points(visit, tuning));
    let edges = |v: usize, blur_mm2: f64| -> Result<f64, Error> {
        let smooth = smoothed(&visits[v].working, blur_mm2, tuning)?;
        let noise = noise_edges(&smooth, &soft[v]);
        let all = points[v].iter().map(|o| squared_gradient(&smooth, *o));
        let mean = all.sum::<f64>() / points[v].len() as f64;
        let own = if v == 1 { ratio * ratio } else { 1.0 };
        Ok(((mean - noise) / own).max(0.0))
    };
    let plain = [edges(0, 0.0)?, edges(1, 0.0)?];
    if plain.iter().any(|e| *e <= 0.0) {
        return Ok(0.0);
    }
    let (sharp, sign) = if plain[0] > plain[1] {
        (0, 1.0)
    } else {
        (1, -1.0)
    };
    let wanted = plain[1 - sharp];
    let (mut low, mut high) = (0.0, tuning.most_blur_mm.powi(2));
    if (plain[sharp] / wanted).ln() < tuning.least_edges {
        return Ok(0.0);
    }
    for _ in 0..tuning.halvings {
        let middle = 0.5 * (low + high);
        if edges(sharp, middle)? > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(sign * 0.5 * (low + high))
}

/// Voxels in soft tissue near the bones, out of the reach of their blur.
fn soft_points(visit: &VisitShapes<'_>, tuning: &AlikeTuning) -> Vec<usize> {
    let data = visit.working.data();
    let size = visit.working.size();
    let geometry = visit.working.geometry();
    let air = visit.levels.soft - tuning.air * visit.levels.contrast();
    (0..data.len())
        .filter(|&o| {
            let voxel = geometry.voxel(o);
            let near = visit.shapes.iter().map(|s| f64::from(s.distance.data()[o]));
            let near = near.fold(f64::INFINITY, f64::min);
            (tuning.near_mm..tuning.far_mm).contains(&near)
                && (0..3).all(|a| voxel[a] >= 2 && voxel[a] + 2 < size[a])
                && f64::from(data[o]) > air
        })
        .collect()
}

/// Mean squared gradient of the noise: from the median, which edges between tissues do not move. Of three normal numbers
/// the mean sum of squares is 1.268 of its median.
fn noise_edges(smooth: &Volume<f32>, soft: &[usize]) -> f64 {
    let mut all: Vec<f64> = soft.iter().map(|o| squared_gradient(smooth, *o)).collect();
    if all.is_empty() {
        return 0.0;
    }
    let middle = all.len() / 2;
    1.268 * *all.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// By central differences; the voxel is no outermost one.
fn squared_gradient(volume: &Volume<f32>, offset: usize) -> f64 {
    let [nx, ny, _] = volume.size();
    let spacing = volume.geometry().spacing();
    let data = volume.data();
    let along = |step: usize, h: f64| {
        let difference = f64::from(data[offset + step]) - f64::from(data[offset - step]);
        (0.5 * difference / h).powi(2)
    };
    along(1, spacing[0]) + along(nx, spacing[1]) + along(nx * ny, spacing[2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register_bones::{BoneAtVisit, BonePose};
    use crate::scene::{Ball, SOFT, options, stated};
    use crate::visit_shapes::segment_visit;
    use crate::{BoneOptions, VisitScan};
    use howship_change::Visit;
    use howship_image::{Scan, VectorMm};
    use rand::{RngExt, SeedableRng};
    use std::sync::Arc;

    fn bone() -> Ball {
        Ball {
            cortex_mm: 0.3,
            spongy: 450.0,
            waves: 250.0,
            ..Ball::solid()
        }
    }

    /// As a scanner with this blur (SD, mm), scale and noise (SD) would have it.
    fn scanned(scene: &Ball, blur_mm: f64, scale: f64, noise: f64, seed: u64) -> Scan {
        let mut volume = howship_ops::gaussian(&scene.render(), [blur_mm; 3]).unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        for value in volume.data_mut() {
            *value = (f64::from(*value) * scale + noise * normal()) as f32;
        }
        stated(volume, DensityUnit::MgHaPerCm3)
    }

    fn found(scans: [&Scan; 2], motion: RigidTransform, options: &BoneOptions) -> Found {
        let visits = VisitScan::pairs(Visit::unnamed(2), scans);
        let unit = DensityUnit::MgHaPerCm3;
        let shapes = visits
            .iter()
            .map(|v| segment_visit(v, unit, options).unwrap());
        let shapes: Vec<VisitShapes<'_>> = shapes.collect();
        let at = |transform| {
            let pose = BonePose {
                transform,
                registration: None,
            };
            Some(BoneAtVisit {
                pose,
                outline: None,
            })
        };
        let tracked = TrackedBone {
            shape: Arc::clone(&shapes[0].shapes[0]),
            visits: vec![at(RigidTransform::identity()), at(motion)],
        };
        let what = (unit, Told::Lesions);
        likeness(&shapes, &[tracked], what, &[None], &options.tuning.alike).unwrap()
    }

    type Found = (Vec<Likeness>, Vec<String>);

    #[test]
    fn scale_and_blur_are_what_was_done_to_an_image_whatever_lesions_do() {
        let options = options();
        let first = bone();
        let motion = RigidTransform::about(
            PointMm::origin(),
            VectorMm::new(0.02, 0.01, -0.02),
            VectorMm::new(0.1, -0.2, 0.05),
        );
        let moved = Ball {
            motion,
            ..bone().with_cavity(VectorMm::new(0.2, 0.3, 1.0), 0.3, 0.9)
        };
        let plain = scanned(&first, 0.08, 1.0, 40.0, 1);
        // A quarter of the error that changes hold for drift (1 %) is left to the scale; whichever is the baseline.
        for (more, scale, turned) in [(0.0, 1.02, true), (0.06, 0.98, false)] {
            let other = scanned(&moved, 0.08f64.hypot(more), scale, 40.0, 2);
            let (all, said) = if turned {
                found([&other, &plain], motion.inverse(), &options)
            } else {
                found([&plain, &other], motion, &options)
            };
            let (sharp, scale) = if turned { (1, 1.0 / scale) } else { (0, scale) };
            assert!((all[sharp].blur_mm - more).abs() < 0.01, "{more}: {all:?}");
            assert_eq!(all[1 - sharp].blur_mm, 0.0);
            let bone = SOFT + 500.0;
            let off = (all[1].to_baseline(bone * scale) - bone) / 500.0;
            assert!(off.abs() < 0.0025, "{scale}: {off} {all:?}");
            assert!((all[1].to_own(all[1].to_baseline(bone)) - bone).abs() < 1e-9);
            assert_eq!(said.len(), 1 + usize::from(more > 0.0), "{said:?}");
        }
    }

    #[test]
    fn blocks_that_changed_have_no_weight() {
        let tuning = options().tuning.alike;
        let block = |k: usize| {
            let healed = if k.is_multiple_of(6) { 1.4 } else { 1.0 };
            let spread = 1.0 + 0.01 * ((k * 7 % 11) as f64 - 5.0) / 5.0;
            Block {
                points: 100.0,
                mineral: [1000.0, 1020.0 * healed * spread],
            }
        };
        let blocks: Vec<Block> = (0..110).map(block).collect();
        let ratio = scale_of(&blocks, &tuning).unwrap();
        assert!((ratio - 1.02).abs() < 1e-3, "{ratio}");
        let unmoved: Vec<Block> = (0..110)
            .map(|k| Block {
                mineral: [1000.0, block(k).mineral[1] / 1.02],
                ..block(k)
            })
            .collect();
        assert!(scale_of(&unmoved, &tuning).is_none());
        assert!(scale_of(&blocks[..10], &tuning).is_none());
    }
}
