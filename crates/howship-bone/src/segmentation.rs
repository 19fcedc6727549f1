//! Every bone in the field: components, neighbours separated, the periosteal surface closed over breaks.

use crate::input::BoneMask;
use crate::tuning::{BonesTuning, DishTuning};
use crate::working_grid::pad;
use crate::{BoneOptions, Error, dish};
use howship_image::{Geometry, Mask, PointMm, Region, Volume, sample_linear, sample_nearest};
use howship_ops::Connectivity;

/// One bone of one visit, on a working grid of about 0.12 mm.
#[derive(Debug, Clone)]
pub struct BoneShape {
    /// Label, from 1 in the order of the bones along the scanner's z axis.
    pub id: u32,
    /// Inside the closed periosteal surface, working grid.
    pub envelope: Mask,
    /// Signed distance to the envelope's surface, mm, negative inside, working grid.
    pub distance: Volume<f32>,
    /// Centre of the envelope, world mm.
    pub centroid: PointMm,
    /// Volume of the envelope, mm³.
    pub volume_mm3: f64,
    /// Whether the stack cuts the bone at its low and high z end.
    pub cut: [bool; 2],
    /// What a larger ball adds where it spans an erosion that the closing ball lies in, working grid.
    pub(crate) spanned: Option<Mask>,
    /// That and what lies close to it, where this outline has it.
    pub(crate) under: Option<Mask>,
    /// The same bone with what is spanned: such erosions are looked for under its surface, and nothing else.
    pub(crate) dished: Option<Box<BoneShape>>,
}

impl BoneShape {
    /// Signed distance to the envelope at a world position; `None` outside the field.
    #[must_use]
    pub fn depth(&self, point: PointMm) -> Option<f64> {
        sample_linear(&self.distance, self.distance.geometry().index(point)).map(f64::from)
    }

    /// The outline that a lesion about this place is looked at under.
    pub(crate) fn about(&self, centre: PointMm) -> &Self {
        match &self.dished {
            Some(dished) if dished.is_under(centre) => dished,
            _ => self,
        }
    }

    /// Whether a position lies in what only a larger ball has spanned, where this outline has it.
    pub(crate) fn is_spanned(&self, point: PointMm) -> bool {
        self.spanned.as_ref().is_some_and(|m| holds(m, point))
    }

    /// Whether a position lies there or close under it: of a dish's depth the closing ball leaves the deeper part.
    pub(crate) fn is_under(&self, point: PointMm) -> bool {
        self.under.as_ref().is_some_and(|m| holds(m, point))
    }
}

fn holds(mask: &Mask, point: PointMm) -> bool {
    sample_nearest(mask, mask.geometry().index(point)).is_some_and(|v| v != 0)
}

/// Finds every bone.
///
/// # Method
/// Threshold on the smoothed image, 6-connected components of at least the smallest bone. A component that a higher
/// threshold splits into large parts is split there (bones that touch across a narrow joint), voxels going to
/// the nearer part. Each bone is then closed by a ball, cut ends capped first, and filled.
///
/// # Errors
/// No bone.
pub(crate) fn segment_bones(
    smooth: &Volume<f32>,
    threshold: f64,
    unit: howship_image::DensityUnit,
    options: &BoneOptions,
    visit: &str,
) -> Result<Vec<BoneShape>, Error> {
    let voxel = smooth.geometry().voxel_mm3();
    let smallest = (options.minimum_bone_mm3 / voxel).max(1.0) as usize;
    let bone = howship_ops::threshold(smooth, threshold as f32, f32::INFINITY);
    let tuning = &options.tuning.bones;
    let parts = separate(smooth, &bone, (threshold, smallest), tuning)?;
    let largest = parts.iter().map(|p| p.count()).max().unwrap_or(0);
    let mut shapes = Vec::new();
    for part in parts
        .iter()
        .filter(|p| p.count() * tuning.smallest_part >= largest)
    {
        shapes.push(close_bone(part, options.closing_mm, &options.tuning.dish)?);
    }
    if shapes.is_empty() {
        return Err(Error::NoBone {
            visit: visit.to_owned(),
            threshold,
            unit,
            minimum_mm3: options.minimum_bone_mm3,
        });
    }
    take_neighbours_out(&mut shapes, &parts);
    take_joints_out_of_dishes(&mut shapes, &options.tuning.dish);
    finish(shapes, &options.tuning.dish)
}

/// Bones from a mask or label image given by the user, on the working grid.
pub(crate) fn given_bones(
    given: &BoneMask,
    working: &Geometry,
    options: &BoneOptions,
) -> Result<Vec<BoneShape>, Error> {
    let here = given.on(working);
    // Neighbours are mostly alike: a value is looked up where it changes.
    let mut values = std::collections::BTreeSet::new();
    let mut last = 0;
    for &value in here.data() {
        if value != last && value != 0 {
            values.insert(value);
        }
        last = value;
    }
    let masks: Vec<Mask> = if values.len() == 1 {
        let components = howship_ops::label(&here.map(|v| u8::from(v != 0)), Connectivity::Six);
        let smallest = options.minimum_bone_mm3 / working.voxel_mm3();
        // A mask by threshold may hold thousands of specks: only what is large enough gets a mask of its own.
        let mut sizes = vec![0usize; components.count + 1];
        for &label in components.labels.data() {
            sizes[label as usize] += 1;
        }
        (1..=components.count)
            .filter(|&k| sizes[k] as f64 >= smallest)
            .map(|k| components.labels.map(|v| u8::from(v as usize == k)))
            .collect()
    } else {
        values
            .iter()
            .map(|&k| here.map(|v| u8::from(v == k)))
            .collect()
    };
    let shapes: Result<Vec<_>, Error> = masks.into_iter().map(shape_of).collect();
    finish(shapes?, &options.tuning.dish)
}

/// Components, and components of components where bones touch.
fn separate(
    smooth: &Volume<f32>,
    bone: &Mask,
    (threshold, smallest): (f64, usize),
    tuning: &BonesTuning,
) -> Result<Vec<Mask>, Error> {
    let components = howship_ops::largest_components(bone, tuning.most_parts, Connectivity::Six);
    let mut bones = Vec::new();
    for id in 1..=tuning.most_parts as u32 {
        let part = components.map(|v| u8::from(v == id));
        if part.count() < smallest {
            continue;
        }
        bones.extend(split(smooth, part, (threshold, smallest), tuning)?);
    }
    Ok(bones)
}

/// Splits a component at the lowest higher threshold that leaves two or more large parts.
fn split(
    smooth: &Volume<f32>,
    part: Mask,
    (threshold, smallest): (f64, usize),
    tuning: &BonesTuning,
) -> Result<Vec<Mask>, Error> {
    let Some(region) = part.bounding_region() else {
        return Ok(vec![part]);
    };
    let crop = smooth.crop(region)?;
    let inside = part.crop(region)?;
    let raises = [
        tuning.split_first,
        tuning.split_second,
        tuning.split_third,
        tuning.split_last,
    ];
    for raise in raises {
        let level = (threshold * raise) as f32;
        let mut dense = howship_ops::threshold(&crop, level, f32::INFINITY);
        for (d, i) in dense.data_mut().iter_mut().zip(inside.data()) {
            *d &= *i;
        }
        let total = dense.count();
        let cores = howship_ops::largest_components(&dense, tuning.most_cores, Connectivity::Six);
        let large: Vec<Mask> = (1..=tuning.most_cores as u32)
            .map(|k| cores.map(|v| u8::from(v == k)))
            .filter(|m| m.count() >= smallest.max(total / tuning.split_into.max(1)))
            .collect();
        if large.len() < 2 {
            continue;
        }
        return nearest_core(&large, &inside, part.geometry(), region);
    }
    Ok(vec![part])
}

/// Each voxel of a component goes to the nearest of its cores.
fn nearest_core(
    cores: &[Mask],
    inside: &Mask,
    whole: &Geometry,
    region: Region,
) -> Result<Vec<Mask>, Error> {
    let distances: Vec<Volume<f32>> = cores.iter().map(howship_ops::distance_to).collect();
    let mut parts = Vec::new();
    for k in 0..cores.len() {
        let mut piece = inside.clone();
        for (o, p) in piece.data_mut().iter_mut().enumerate() {
            let mine = distances[k].data()[o];
            let nearest = distances
                .iter()
                .enumerate()
                .all(|(j, d)| j == k || mine < d.data()[o] || (mine == d.data()[o] && k < j));
            *p &= u8::from(nearest);
        }
        let mut part = Mask::filled(whole.clone(), 0);
        part.paste(&piece, region)?;
        parts.push(part);
    }
    Ok(parts)
}

/// Closes the periosteal surface by a ball and fills it; cut ends are capped first.
fn close_bone(bone: &Mask, radius_mm: f64, dishes: &DishTuning) -> Result<BoneShape, Error> {
    let geometry = bone.geometry();
    let size = geometry.size();
    let margin: [usize; 3] =
        std::array::from_fn(|a| (radius_mm / geometry.spacing()[a]).ceil() as usize + 2);
    let region = bone.bounding_region().unwrap_or(Region {
        start: [0; 3],
        size,
    });
    // A frame of replicated borders: where the stack cuts the bone, it goes on outside.
    let padded = pad(bone, region, margin)?;
    let capped = cap_ends(padded, margin, region.size)?;
    let closed = howship_ops::close(&capped, radius_mm)?;
    let mut filled = howship_ops::fill_holes(&closed);
    for axis in 0..3 {
        filled = howship_ops::fill_holes_slices(&filled, axis);
    }
    let spanned = dish::spanned(&filled, dishes)?;
    let grown = region.grown(margin, size);
    let offset: [usize; 3] =
        std::array::from_fn(|a| margin[a] - (region.start[a] - grown.start[a]));
    let whole = |padded: &Mask| -> Result<Mask, Error> {
        let inner = padded.crop(Region {
            start: offset,
            size: grown.size,
        })?;
        let mut mask = Mask::filled(geometry.clone(), 0);
        mask.paste(&inner.with_geometry(geometry.crop(grown)?)?, grown)?;
        Ok(mask)
    };
    let mut shape = shape_of(whole(&filled)?)?;
    shape.spanned = spanned.as_ref().map(whole).transpose()?;
    Ok(shape)
}

/// Fills each slice beyond the stack's z ends, so that a cut shaft is closed like a capped tube.
fn cap_ends(mut mask: Mask, margin: [usize; 3], inner: [usize; 3]) -> Result<Mask, Error> {
    let [nx, ny, nz] = mask.size();
    for z in (0..margin[2]).chain(margin[2] + inner[2]..nz) {
        let region = Region {
            start: [0, 0, z],
            size: [nx, ny, 1],
        };
        let slice = mask.crop(region)?;
        if slice.count() == 0 {
            continue;
        }
        let filled = howship_ops::fill_holes_slices(&slice, 2);
        mask.paste(&filled, region)?;
    }
    Ok(mask)
}

fn shape_of(envelope: Mask) -> Result<BoneShape, Error> {
    let geometry = envelope.geometry();
    let plane = geometry.size()[0] * geometry.size()[1];
    let nz = geometry.size()[2];
    let cut = |z: usize| {
        envelope.data()[z * plane..(z + 1) * plane]
            .iter()
            .any(|&v| v != 0)
    };
    let cut = [cut(0), cut(nz - 1)];
    let (mut sum, mut count) = ([0f64; 3], 0f64);
    for (o, &v) in envelope.data().iter().enumerate() {
        if v != 0 {
            let voxel = geometry.voxel(o);
            for a in 0..3 {
                sum[a] += voxel[a] as f64;
            }
            count += 1.0;
        }
    }
    let centroid = geometry.world(sum.map(|s| s / count.max(1.0)));
    let volume_mm3 = count * geometry.voxel_mm3();
    let distance = Volume::filled(geometry.clone(), 0f32);
    Ok(BoneShape {
        id: 0,
        envelope,
        distance,
        centroid,
        volume_mm3,
        cut,
        spanned: None,
        under: None,
        dished: None,
    })
}

/// A closing reaches into a neighbour across a narrow joint; what is another bone's is taken out again.
fn take_neighbours_out(shapes: &mut [BoneShape], parts: &[Mask]) {
    for shape in shapes.iter_mut() {
        for part in parts {
            let overlap = part
                .data()
                .iter()
                .zip(shape.envelope.data())
                .filter(|(p, e)| **p != 0 && **e != 0)
                .count();
            if overlap * 2 > part.count() {
                continue;
            }
            for (e, p) in shape.envelope.data_mut().iter_mut().zip(part.data()) {
                *e &= 1 - *p;
            }
        }
    }
}

/// What is another bone's, and a concave joint face, which looks as a dish does and has another bone before it.
fn take_joints_out_of_dishes(shapes: &mut [BoneShape], tuning: &DishTuning) {
    for k in 0..shapes.len() {
        let Some(mut spanned) = shapes[k].spanned.take() else {
            continue;
        };
        let mut others = spanned.map(|_| 0u8);
        for other in (0..shapes.len()).filter(|j| *j != k) {
            let theirs = shapes[other].envelope.data();
            for (o, v) in others.data_mut().iter_mut().zip(theirs) {
                *o |= *v;
            }
        }
        let faces = dish::faces(&spanned, &others, tuning);
        let taken = faces.data().iter().zip(others.data());
        for (s, (face, other)) in spanned.data_mut().iter_mut().zip(taken) {
            *s &= 1 - (*face | *other);
        }
        shapes[k].spanned = (spanned.count() > 0).then_some(spanned);
    }
}

/// Orders the bones along z and works out signed distances.
fn finish(mut shapes: Vec<BoneShape>, tuning: &DishTuning) -> Result<Vec<BoneShape>, Error> {
    shapes.sort_by(|a, b| a.centroid.z.total_cmp(&b.centroid.z));
    for (k, shape) in shapes.iter_mut().enumerate() {
        shape.id = k as u32 + 1;
        shape.distance = smooth_distance(&shape.envelope)?;
        let Some(spanned) = shape.spanned.take() else {
            continue;
        };
        let mut envelope = shape.envelope.clone();
        for (e, s) in envelope.data_mut().iter_mut().zip(spanned.data()) {
            *e |= *s;
        }
        let mut dished = shape_of(envelope)?;
        dished.id = shape.id;
        dished.distance = smooth_distance(&dished.envelope)?;
        let near = howship_ops::distance_to_within(&spanned, tuning.under_mm);
        dished.under = Some(near.map(|d| u8::from(d.is_finite())));
        dished.spanned = Some(spanned);
        shape.dished = Some(Box::new(dished));
    }
    Ok(shapes)
}

/// A voxel mask's surface is a staircase; smoothing by a voxel takes the steps out.
fn smooth_distance(envelope: &Mask) -> Result<Volume<f32>, Error> {
    let distance = howship_ops::signed_distance(envelope);
    Ok(howship_ops::gaussian(
        &distance,
        envelope.geometry().spacing(),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{BONE, Ball, SOFT, options};
    use howship_image::{DensityUnit, VectorMm};

    fn bones(scan: &Volume<f32>) -> Vec<BoneShape> {
        let level = 0.5 * (SOFT + BONE);
        segment_bones(scan, level, DensityUnit::MgHaPerCm3, &options(), "M0").unwrap()
    }

    #[test]
    fn a_ball_with_a_break_is_closed_to_a_ball() {
        let scene = Ball::solid().with_cavity(VectorMm::new(1.0, 0.4, 0.2), 0.2, 0.8);
        let found = bones(&scene.render());
        let truth = 4.0 / 3.0 * std::f64::consts::PI * scene.radius.powi(3);
        assert_eq!(found.len(), 1);
        // What sags across the mouth is a tenth of a percent of the bone.
        assert!(
            (found[0].volume_mm3 / truth - 1.0).abs() < 0.01,
            "{}",
            found[0].volume_mm3
        );
        assert!(found[0].centroid.coords.norm() < 0.02);
        assert_eq!(found[0].cut, [false, false]);
        let at = scene.place();
        // Under the pole: the cap over the mouth's plane, and what the ball sinks into it.
        let w = scene.mouth_mm();
        let cap = scene.radius - (scene.radius.powi(2) - w * w).sqrt();
        let sag = cap + 2.0 - (4.0 - w * w).sqrt();
        let depth = found[0].depth(at.mouth).unwrap();
        assert!((depth - sag).abs() < 0.08, "{depth} for {sag}");
        let under = PointMm::from(at.normal * (1.0 - scene.radius));
        assert!((found[0].depth(under).unwrap() + 1.0).abs() < 0.1);
    }

    #[test]
    fn bones_that_touch_are_parted_and_specks_are_none() {
        let grid = Geometry::aligned([60, 60, 100], [0.1; 3]).unwrap();
        let ball = |at: PointMm, z: f64, r: f64| r - (at - PointMm::new(3.0, 3.0, z)).norm();
        let scan = Volume::from_fn(grid.clone(), |v| {
            let at = grid.world(v.map(|i| i as f64));
            let bone = ball(at, 2.6, 2.3).max(ball(at, 7.3, 2.3));
            // A bridge of cartilage and blur, brighter than the threshold, darker than bone.
            let bridge = (0.8 - (at.x - 3.0).hypot(at.y - 3.0)).min(1.0 - (at.z - 4.95).abs());
            let speck = 0.3 - (at - PointMm::new(0.5, 0.5, 5.0)).norm();
            if bone > 0.0 || speck > 0.0 {
                BONE as f32
            } else if bridge > 0.0 {
                480.0
            } else {
                SOFT as f32
            }
        });
        let found = bones(&scan);
        assert_eq!(found.len(), 2);
        assert!(found[0].centroid.z < found[1].centroid.z);
        assert_eq!([found[0].id, found[1].id], [1, 2]);
        let truth = 4.0 / 3.0 * std::f64::consts::PI * 2.3f64.powi(3);
        for bone in &found {
            assert!(
                (bone.volume_mm3 / truth - 1.0).abs() < 0.06,
                "{} for {truth}",
                bone.volume_mm3
            );
        }
    }

    #[test]
    fn bones_of_little_mineral_part_before_they_fall_apart() {
        // Bone 1.32 times the threshold, a bridge 1.1 times: only a first raise between the two parts them.
        let level = 0.5 * (SOFT + BONE);
        let grid = Geometry::aligned([50, 50, 90], [0.1; 3]).unwrap();
        let scan = Volume::from_fn(grid.clone(), |v| {
            let at = grid.world(v.map(|i| i as f64));
            let ball = |z: f64| (at - PointMm::new(2.5, 2.5, z)).norm() < 2.0;
            let bridge = (at.x - 2.5).hypot(at.y - 2.5) < 0.8 && (at.z - 4.5).abs() < 1.0;
            let share = match (ball(2.3) || ball(6.7), bridge) {
                (true, _) => 1.32,
                (false, true) => 1.1,
                (false, false) => 0.1,
            };
            (level * share) as f32
        });
        assert_eq!(bones(&scan).len(), 2);
    }
}
