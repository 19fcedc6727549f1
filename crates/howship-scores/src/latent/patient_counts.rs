//! What is counted of one patient's joints, and what such joints can do.

use super::collapse::{Bundle, Pattern};
use super::kernel::CLASSES;

/// Kinds of patients' rates: damaged at baseline, repair of what is damaged, progression of the intact, of the
/// damaged.
pub(crate) const KINDS: usize = 4;

/// What a pattern's joints can do: 1, or 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Can {
    pub(crate) repair: u32,
    pub(crate) progress: u32,
    /// They may be undamaged.
    pub(crate) bounded: u32,
}

impl Can {
    pub(super) fn of(pattern: &Pattern) -> Self {
        Self {
            repair: u32::from(pattern.can_repair),
            progress: u32::from(pattern.can_progress),
            bounded: u32::from(!pattern.unbounded),
        }
    }
}

/// Bundles of no more joints are drawn joint by joint.
pub(super) const FEW: u32 = 3;
pub(super) const SHARES: [f64; FEW as usize + 1] = [0.0, 1.0, 0.5, 1.0 / 3.0];

/// One joint in each class.
pub(super) const ONE: [[u32; CLASSES]; CLASSES] = {
    let mut one = [[0; CLASSES]; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        one[class][class] = 1;
        class += 1;
    }
    one
};

/// Joints that are drawn one by one.
pub(crate) fn few(bundles: &[Bundle]) -> usize {
    let few = bundles.iter().filter(|b| b.count <= FEW);
    few.map(|b| b.count as usize).sum()
}

/// How often each kind of a patient's rates happened, and in how many trials.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    happened: [u32; KINDS],
    trials: [u32; KINDS],
}

impl Counts {
    /// Successes and trials.
    pub(crate) fn of(&self, kind: usize) -> (u32, u32) {
        (self.happened[kind], self.trials[kind])
    }

    /// What joints by class add. What cannot happen does not count as a trial in which it did not.
    pub(super) fn from(n: &[u32; CLASSES], can: Can) -> Self {
        let [intact, intact_worse, better, stable, worse] = *n;
        let damaged = better + stable + worse;
        Self {
            happened: [damaged * can.bounded, better, intact_worse, worse],
            trials: [
                (intact + intact_worse + damaged) * can.bounded,
                damaged * can.repair,
                (intact + intact_worse) * can.progress,
                (stable + worse) * can.progress,
            ],
        }
    }

    /// What one joint adds in each class.
    pub(crate) fn units(can: Can) -> [Self; CLASSES] {
        ONE.map(|n| Self::from(&n, can))
    }

    pub(super) fn add(&mut self, other: &Self) {
        for kind in 0..KINDS {
            self.happened[kind] += other.happened[kind];
            self.trials[kind] += other.trials[kind];
        }
    }

    pub(super) fn take(&mut self, other: &Self) {
        for kind in 0..KINDS {
            self.happened[kind] -= other.happened[kind];
            self.trials[kind] -= other.trials[kind];
        }
    }

    /// Expected rates of the next joint, the patient's own integrated out.
    pub(super) fn expected(&self, shapes: &[(f64, f64); KINDS]) -> [f64; KINDS] {
        std::array::from_fn(|kind| {
            let (a, both) = shapes[kind];
            (a + f64::from(self.happened[kind])) / (both + f64::from(self.trials[kind]))
        })
    }
}
