use crate::Error;
use crate::input::VisitScan;
use crate::tuning::{MarrowTuning, Tuning};
use crate::working_grid::{coarsen, working_factor};
use howship_image::{Mask, Volume};
use howship_stats::median;

/// Values by depth under the surface of masks, of an image in which marrow is bright and cortex is not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    /// Median of soft tissue around the bones.
    pub(crate) soft: f64,
    /// Median of marrow.
    pub(crate) marrow: f64,
    /// Depth from which on marrow is seen, mm.
    pub(crate) shell_mm: f64,
    /// From soft tissue (0) to marrow (1), never falling, at every step of depth.
    rise: Vec<f64>,
    step_mm: f64,
}

impl Profile {
    /// `None` where bone is bright, or too little is seen.
    pub(crate) fn of(visit: &VisitScan<'_>, tuning: &Tuning) -> Result<Option<Self>, Error> {
        let (Some(mask), whole) = (&visit.mask, visit.scan.volume.whole()?) else {
            return Ok(None);
        };
        // That a mask lies on another grid is said where it is used.
        if whole.geometry().require_same(mask.geometry()).is_err() {
            return Ok(None);
        }
        let factor = working_factor(whole.geometry(), tuning.bones.working_mm);
        let working = coarsen(&whole, factor)?;
        let bones = mask
            .on(working.geometry())
            .map(|label| u8::from(label != 0));
        Ok(Self::by_depth(&working, &bones, &tuning.marrow))
    }

    fn by_depth(image: &Volume<f32>, bones: &Mask, tuning: &MarrowTuning) -> Option<Self> {
        let distance = howship_ops::signed_distance(bones);
        let wanted = -tuning.marrow_to_mm..tuning.soft_to_mm;
        let all = distance.data().iter().zip(image.data());
        let mut near: Vec<(f64, f64)> = all
            .map(|(d, v)| (f64::from(*d), f64::from(*v)))
            .filter(|(d, v)| wanted.contains(d) && v.is_finite())
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let seen = |from: f64, to: f64| {
            let at = |depth: f64| near.partition_point(|(d, _)| *d < depth);
            let within = near.get(at(from)..at(to))?;
            let values: Vec<f64> = within.iter().map(|(_, v)| *v).collect();
            (values.len() >= tuning.enough)
                .then(|| median(values))
                .flatten()
        };
        let soft = seen(tuning.soft_from_mm, tuning.soft_to_mm)?;
        let marrow = seen(-tuning.marrow_to_mm, -tuning.marrow_from_mm)?;
        if !(marrow > soft) {
            return None;
        }
        let (step, half) = (tuning.step_mm, tuning.half_mm);
        let count = (tuning.marrow_from_mm / step) as usize;
        let mut rise = Vec::new();
        for depth in (0..=count).map(|k| k as f64 * step) {
            // Coarse voxels leave depths without any.
            let here = seen(-depth - half, -depth + half);
            let before = rise.last().copied().unwrap_or(f64::NEG_INFINITY);
            let share = here.map_or(before, |value| (value - soft) / (marrow - soft));
            if share > tuning.brightest {
                return None;
            }
            rise.push(share.max(before));
        }
        let begins = rise.iter().position(|share| *share >= tuning.seen)?;
        // The cortex of CT is as bright as what lies under it, or brighter, from a voxel under its surface on.
        let dark = tuning.dark_mm.max(image.geometry().max_spacing());
        (begins as f64 * step >= dark).then(|| Self {
            soft,
            marrow,
            shell_mm: begins as f64 * step,
            rise: rise.iter().map(|share| share.min(1.0)).collect(),
            step_mm: step,
        })
    }

    /// Marrow less soft tissue.
    pub(crate) fn contrast(&self) -> f64 {
        self.marrow - self.soft
    }

    /// What marrow so deep under the surface reads, from soft tissue (0) to deep marrow (1).
    pub(crate) fn marrow_at(&self, depth_mm: f64) -> f64 {
        let place = (depth_mm / self.step_mm).max(0.0);
        let below = place as usize;
        match (self.rise.get(below), self.rise.get(below + 1)) {
            (Some(a), Some(b)) => a + (b - a) * (place - below as f64),
            _ => 1.0,
        }
    }
}
