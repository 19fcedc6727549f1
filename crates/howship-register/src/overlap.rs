//! How much of a bone both volumes show at a pose.

use howship_image::{Mask, RigidTransform, Volume, sample_nearest};
use rayon::prelude::*;

/// How the two volumes look over the mask at a pose, by nearest voxels.
pub(crate) struct Overlap {
    /// Share of the mask inside the moving volume (and its mask), with a finite value.
    pub share: f64,
    /// Share of the compared voxels at the highest fixed value.
    pub saturated_fixed: f64,
    /// The same in the moving volume.
    pub saturated_moving: f64,
    /// Any two different values in the fixed volume, and in the moving one.
    pub structure: [bool; 2],
}

/// Voxels looked at; more would only cost time.
const ENOUGH: usize = 300_000;

/// Per-slice findings that combine in any order.
#[derive(Clone, Copy)]
struct Tally {
    mask: usize,
    seen: usize,
    high: [f32; 2],
    low: [f32; 2],
    at_high: [usize; 2],
}

impl Tally {
    const NONE: Self = Self {
        mask: 0,
        seen: 0,
        high: [f32::NEG_INFINITY; 2],
        low: [f32::INFINITY; 2],
        at_high: [0; 2],
    };

    fn add(&mut self, values: [f32; 2]) {
        self.seen += 1;
        for (k, v) in values.into_iter().enumerate() {
            self.low[k] = self.low[k].min(v);
            if v > self.high[k] {
                self.high[k] = v;
                self.at_high[k] = 0;
            }
            self.at_high[k] += usize::from(v == self.high[k]);
        }
    }

    fn merge(mut self, other: &Self) -> Self {
        self.mask += other.mask;
        self.seen += other.seen;
        for k in 0..2 {
            self.low[k] = self.low[k].min(other.low[k]);
            if other.high[k] > self.high[k] {
                self.high[k] = other.high[k];
                self.at_high[k] = 0;
            }
            if other.high[k] == self.high[k] {
                self.at_high[k] += other.at_high[k];
            }
        }
        self
    }
}

/// Compares the volumes over the mask.
pub(crate) fn overlap(
    fixed: &Volume<f32>,
    moving: &Volume<f32>,
    mask: &Mask,
    moving_mask: Option<&Mask>,
    transform: &RigidTransform,
    inside: usize,
) -> Overlap {
    let step = ((inside as f64 / ENOUGH as f64).cbrt().ceil() as usize).max(1);
    let [nx, ny, nz] = fixed.size();
    let grid = fixed.geometry();
    let slices: Vec<Tally> = (0..nz)
        .into_par_iter()
        .step_by(step)
        .map(|z| {
            let mut tally = Tally::NONE;
            for y in (0..ny).step_by(step) {
                for x in (0..nx).step_by(step) {
                    let offset = grid.offset(x, y, z);
                    if mask.data()[offset] == 0 {
                        continue;
                    }
                    tally.mask += 1;
                    let world = transform.apply(grid.world([x as f64, y as f64, z as f64]));
                    let index = moving.geometry().index(world);
                    let Some(value) = sample_nearest(moving, index) else {
                        continue;
                    };
                    let shown =
                        moving_mask.is_none_or(|m| sample_nearest(m, index).unwrap_or(0) != 0);
                    let values = [fixed.data()[offset], value];
                    if shown && values.iter().all(|v| v.is_finite()) {
                        tally.add(values);
                    }
                }
            }
            tally
        })
        .collect();
    let total = slices.iter().fold(Tally::NONE, |t, s| t.merge(s));
    let share = |n: usize, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    Overlap {
        share: share(total.seen, total.mask),
        saturated_fixed: share(total.at_high[0], total.seen),
        saturated_moving: share(total.at_high[1], total.seen),
        structure: [total.high[0] > total.low[0], total.high[1] > total.low[1]],
    }
}
