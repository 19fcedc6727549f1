//! Whether a later image has all its slices: where some are missing or repeated, a rigid motion fits one part alone.

use crate::Error;
use crate::register_bones::TrackedBone;
use crate::same_size::{Point, points_of};
use crate::tuning::{SlicesTuning, Tuning};
use crate::visit_shapes::VisitShapes;
use howship_image::{Volume, sample_linear};

/// Refuses visits at which a part of a bone lies displaced along the image's slices against the part beside it.
///
/// # Method
/// Points of each aligned bone are sorted into slabs along the later image's third axis. For each slab the correlation
/// of baseline and later values is taken at shifts along that axis, so that density and blur do not matter. Two slabs
/// near each other differ where each fits well at a shift of its own and clearly worse at the other's; near each other
/// a wrong voxel size moves them alike. The later image must also be torn between them: one layer does not go on from
/// the last as those about it do. Bone that came or went tears no image, and so is no missing slice.
///
/// # Limits
/// Only shifts along the slices, of less than `reach_mm`. A shaft that looks alike all along says nothing, nor does a
/// part thinner than half a slab; slices missing at baseline are not looked for.
///
/// # Errors
/// [`Error::SlicesDiffer`] for the clearest step of the first bone that has one.
pub(crate) fn same_slices(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    tuning: &Tuning,
) -> Result<(), Error> {
    let [baseline, later @ ..] = visits else {
        return Ok(());
    };
    for (v, seen) in later.iter().enumerate() {
        for bone in bones {
            let Some(here) = bone.aligned(v + 1) else {
                continue;
            };
            let motion = &here.pose.transform;
            let points = points_of(&baseline.smooth, bone, motion, &tuning.size);
            let Some(step) = step_in(&points, (&seen.smooth, &seen.working), &tuning.slices) else {
                continue;
            };
            return Err(Error::SlicesDiffer {
                visit: seen.name().to_owned(),
                first: baseline.name().to_owned(),
                bone: bone.name(),
                at_mm: step.at_mm,
                by_mm: step.by_mm,
            });
        }
    }
    Ok(())
}

/// Where a bone is cut along the slices, mm from the first, and how far what follows lies from its place.
#[derive(Debug, Clone, Copy)]
struct Step {
    at_mm: f64,
    by_mm: f64,
}

/// A point as an index of the later image, and its value at baseline.
type Placed = ([f64; 3], f64);

/// The clearest step of a bone, if there is one.
///
/// The image is given smoothed, and as it is.
fn step_in(
    points: &[Point],
    after: (&Volume<f32>, &Volume<f32>),
    tuning: &SlicesTuning,
) -> Option<Step> {
    let grid = after.0.geometry();
    let layer_mm = grid.spacing()[2];
    let placed: Vec<Placed> = points.iter().map(|p| (grid.index(p.at), p.value)).collect();
    let slabs = slabs_of(&placed, after.0, tuning);
    let half = 0.5 * tuning.slab_mm / layer_mm;
    let least = tuning.voxels.max(tuning.least_mm / layer_mm);
    let mut clearest: Option<(f64, Step)> = None;
    for (i, a) in slabs.iter().enumerate() {
        let near = |b: &&Slab| (b.middle - a.middle) * layer_mm < tuning.apart_mm;
        for b in slabs[i + 1..].iter().take_while(near) {
            let clear = a.prefers(b).min(b.prefers(a));
            let by = b.shift() - a.shift();
            let differ = by.abs() >= least && clear >= tuning.clear;
            if !differ || clearest.is_some_and(|(best, _)| clear <= best) {
                continue;
            }
            let between = (a.middle + a.shift() - half, b.middle + b.shift() + half);
            // A negative number of repeated slices is none.
            let look = (between, by.round() as usize);
            if let Some(layer) = torn_at(&placed, after.1, look, tuning) {
                let (at_mm, by_mm) = (layer * layer_mm, by * layer_mm);
                clearest = Some((clear, Step { at_mm, by_mm }));
            }
        }
    }
    clearest.map(|(_, step)| step)
}

/// A slab that fits well: where, and how well at shifts of `-reach` to `reach` layers.
#[derive(Debug)]
struct Slab {
    /// Layer of its middle.
    middle: f64,
    fits: Vec<f64>,
    best: usize,
}

impl Slab {
    /// How it fits; `None` where it has too few points, fits nowhere, or best beyond what was tried.
    fn new(points: &[Placed], after: &Volume<f32>, tuning: &SlicesTuning) -> Option<Self> {
        if points.len() < tuning.enough {
            return None;
        }
        let reach = (tuning.reach_mm / after.geometry().spacing()[2]).round();
        let shifts = (0..=2 * reach as usize).map(|i| i as f64 - reach);
        let seen = tuning.seen * points.len() as f64;
        // What is seen in part is another piece of bone, and may fit better only by that.
        let fit = |by: f64| correlation(points, after, by).filter(|(_, n)| *n >= seen);
        let fits: Vec<f64> = shifts
            .map(|by| fit(by).map_or(f64::NEG_INFINITY, |(r, _)| r))
            .collect();
        let best = (0..fits.len()).max_by(|a, b| fits[*a].total_cmp(&fits[*b]))?;
        let inner = best > 0 && best + 1 < fits.len();
        (inner && fits[best] >= tuning.fits).then(|| Self {
            middle: points.iter().map(|(at, _)| at[2]).sum::<f64>() / points.len() as f64,
            fits,
            best,
        })
    }

    /// By how much it fits worse where the other fits best; not at all where that was not seen.
    fn prefers(&self, other: &Self) -> f64 {
        let there = self.fits[other.best];
        if there.is_finite() {
            self.fits[self.best] - there
        } else {
            0.0
        }
    }

    /// Its shift in layers: the vertex of the parabola through the three best.
    fn shift(&self) -> f64 {
        let [before, here, behind] = [0, 1, 2].map(|k| self.fits[self.best + k - 1]);
        let bend = before - 2.0 * here + behind;
        let vertex = 0.5 * (before - behind) / bend;
        let part = if vertex.is_finite() { vertex } else { 0.0 };
        self.best as f64 + part - (self.fits.len() / 2) as f64
    }
}

/// Slabs that fit somewhere, along the slices; each shares half of it with the next.
fn slabs_of(placed: &[Placed], after: &Volume<f32>, tuning: &SlicesTuning) -> Vec<Slab> {
    let layer_mm = after.geometry().spacing()[2];
    let half = (0.5 * tuning.slab_mm / layer_mm).max(0.5);
    let count = (after.size()[2] as f64 / half).ceil() as usize;
    let mut halves: Vec<Vec<Placed>> = vec![Vec::new(); count];
    for p in placed {
        let at = (p.0[2] / half).floor();
        if at >= 0.0 && (at as usize) < count {
            halves[at as usize].push(*p);
        }
    }
    let slab = |two: &[Vec<Placed>]| Slab::new(&two.concat(), after, tuning);
    halves.windows(2).filter_map(slab).collect()
}

/// Correlation of both images' values with the points shifted by so many layers, and the number of points seen.
fn correlation(points: &[Placed], after: &Volume<f32>, by: f64) -> Option<(f64, f64)> {
    let (mut n, mut mean, mut spread, mut both) = (0.0, [0.0; 2], [0.0; 2], 0.0);
    for ([x, y, z], value) in points {
        let Some(later) = sample_linear(after, [*x, *y, z + by]) else {
            continue;
        };
        // Welford's update, which loses no digits.
        n += 1.0;
        let values = [*value, f64::from(later)];
        let from = [values[0] - mean[0], values[1] - mean[1]];
        for k in 0..2 {
            mean[k] += from[k] / n;
            spread[k] += from[k] * (values[k] - mean[k]);
        }
        both += from[0] * (values[1] - mean[1]);
    }
    let scale = (spread[0] * spread[1]).sqrt();
    (scale > 0.0).then(|| (both / scale, n))
}

/// The first layer of the later image that does not go on from the one before it as those about it do, if any.
///
/// Mean steps of the values from one layer to the next are compared at the same places of the bone: where slices are
/// missing the step is larger. A repeated layer is a copy of one that lies at
/// most as many before it as were repeated.
fn torn_at(
    placed: &[Placed],
    after: &Volume<f32>,
    ((from, until), repeated): ((f64, f64), usize),
    tuning: &SlicesTuning,
) -> Option<f64> {
    let mut clearest: Option<(f64, f64)> = None;
    let mut layer = from.floor();
    while layer <= until {
        let near = |p: &&Placed| (p.0[2] - layer).abs() <= TORN_REACH;
        let points: Vec<Placed> = placed.iter().filter(near).copied().collect();
        let step = |at: f64, from: f64| mean_step(&points, after, (at, from));
        let about = [-2.0, -1.0, 1.0, 2.0].map(|by| step(layer + by, layer + by - 1.0));
        let about: Vec<f64> = about.into_iter().flatten().collect();
        if let (Some(here), 4) = (step(layer, layer - 1.0), about.len()) {
            let most = about.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            let copied =
                |m: usize| step(layer, layer - m as f64).is_some_and(|s| s <= tuning.copied * most);
            let torn = if (1..=repeated).any(copied) {
                f64::INFINITY
            } else {
                here / most
            };
            if torn >= tuning.torn && clearest.is_none_or(|(best, _)| torn > best) {
                clearest = Some((torn, layer));
            }
        }
        layer += 1.0;
    }
    clearest.map(|(_, layer)| layer)
}

/// Layers from which places are taken for a step.
const TORN_REACH: f64 = 3.0;

/// Mean size of the step from one layer to another at these places.
fn mean_step(places: &[Placed], after: &Volume<f32>, (to, from): (f64, f64)) -> Option<f64> {
    let value = |[x, y, _]: [f64; 3], z: f64| sample_linear(after, [x.round(), y.round(), z]);
    let step = |(at, _): &Placed| Some(f64::from((value(*at, to)? - value(*at, from)?).abs()));
    let steps: Vec<f64> = places.iter().filter_map(step).collect();
    (!steps.is_empty()).then(|| steps.iter().sum::<f64>() / steps.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::same_size::tests::paired;
    use crate::scene::{Ball, options};
    use howship_image::VectorMm;

    /// Slices of the ball's image in this order, on the first of its voxels.
    fn with_slices(image: &Volume<f32>, order: &[usize]) -> Volume<f32> {
        let grid = image.geometry();
        let [nx, ny, _] = grid.size();
        let size = [nx, ny, order.len()];
        let other =
            howship_image::Geometry::new(size, grid.spacing(), grid.origin(), grid.direction());
        Volume::from_fn(other.unwrap(), |[x, y, z]| image.at(x, y, order[z]))
    }

    /// Place and amount of the step that is found; poses are the baseline's own, so that the first part fits.
    fn found(later: Volume<f32>) -> Option<(f64, f64)> {
        let compare = |visits: &[VisitShapes<'_>], bones: &[TrackedBone]| {
            same_slices(visits, bones, &options().tuning)
        };
        match paired(later, compare) {
            Ok(()) => None,
            Err(error @ Error::SlicesDiffer { at_mm, by_mm, .. }) => {
                assert!(error.to_string().contains("bone 1 lies"), "{error}");
                Some((at_mm, by_mm))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Four slices lost inside of a finger made a new lesion of 3.6 mm³ where there was none.
    #[test]
    fn missing_and_repeated_slices_are_refused_with_place_and_amount() {
        let image = Ball::textured().render();
        let n = image.size()[2];
        for (first, lost) in [(45, 4), (40, 2), (60, 3)] {
            let kept: Vec<usize> = (0..first).chain(first + lost..n).collect();
            let (at, by) = found(with_slices(&image, &kept)).unwrap();
            let (place, amount) = (first as f64 * 0.1, -(lost as f64) * 0.1);
            assert!(
                (at - place).abs() <= 0.1 && (by - amount).abs() <= 0.1,
                "{first}, {lost}: {at}, {by}"
            );
        }
        let twice: Vec<usize> = (0..50).chain(48..n).collect();
        let (at, by) = found(with_slices(&image, &twice)).unwrap();
        assert!(
            (at - 5.0).abs() <= 0.1 && (by - 0.2).abs() <= 0.1,
            "{at}, {by}"
        );
        let held: Vec<usize> = (0..50).chain([49; 3]).chain(50..n).collect();
        let (at, by) = found(with_slices(&image, &held)).unwrap();
        assert!(
            (at - 5.0).abs() <= 0.1 && (by - 0.3).abs() <= 0.1,
            "{at}, {by}"
        );
    }

    #[test]
    fn lesions_density_blur_and_shifts_of_all_are_no_missing_slices() {
        let image = Ball::textured().render();
        let hole = |towards| Ball::textured().with_cavity(towards, 0.3, 1.5).render();
        let drifted = image.map(|v| 1.15 * v + 20.0);
        let blurred = howship_ops::gaussian(&image, [0.12; 3]).unwrap();
        let n = image.size()[2];
        let shifted: Vec<usize> = (3..n).collect();
        let all = [
            image.clone(),
            hole(VectorMm::new(1.0, 0.3, 0.0)),
            hole(VectorMm::z()),
            drifted,
            blurred,
            with_slices(&image, &shifted),
        ];
        for same in all {
            assert_eq!(found(same), None);
        }
    }
}
