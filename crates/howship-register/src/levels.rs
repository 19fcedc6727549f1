//! From coarse to fine: the resolutions at which two volumes are compared.

use crate::image::{LevelImage, LevelPlan, block_factor, level_mask};
use crate::refine::{LEAST_SAMPLES, Level};
use crate::register::Job;
use crate::sample::Samples;
use crate::search::Candidate;
use howship_image::{Geometry, Region};

impl Job<'_> {
    /// Images and samples of one level; `None` where too little is left.
    pub(crate) fn level(
        &self,
        plan: &LevelPlan,
        poses: &[Candidate],
        margin: f64,
        keep: bool,
    ) -> Option<Level> {
        let grid = self.fixed.geometry();
        let grow = |g: &Geometry, mm: f64| -> [usize; 3] {
            g.spacing()
                .map(|s| (mm / s).ceil().min(1e6) as usize + 4 * block_factor(plan.spacing, s))
        };
        let region = self.bounds.grown(grow(grid, 0.0), grid.size());
        let fixed = LevelImage::new(self.fixed, None, region, plan)?;
        let inside = level_mask(self.mask, region, plan);
        let samples = Samples::new(&fixed, &inside, self.options.max_samples);
        if samples.len() < LEAST_SAMPLES {
            return None;
        }
        let region = self.moving_region(poses, |g| grow(g, margin))?;
        let moving = LevelImage::new(self.moving, self.moving_mask, region, plan)?;
        Some(Level {
            fixed: keep.then_some(fixed),
            moving,
            samples,
            spacing: plan.spacing,
        })
    }

    /// The part of the moving grid that the mask's box reaches at any of the poses.
    fn moving_region(
        &self,
        poses: &[Candidate],
        margin: impl Fn(&Geometry) -> [usize; 3],
    ) -> Option<Region> {
        let grid = self.moving.geometry();
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for pose in poses {
            for corner in 0..8usize {
                let index = std::array::from_fn(|a| {
                    let far = (corner >> a) & 1 == 1;
                    (self.bounds.start[a] + if far { self.bounds.size[a] - 1 } else { 0 }) as f64
                });
                let to = grid.index(pose.transform.apply(self.fixed.geometry().world(index)));
                low = std::array::from_fn(|a| low[a].min(to[a]));
                high = std::array::from_fn(|a| high[a].max(to[a]));
            }
        }
        let margin = margin(grid);
        let size = grid.size();
        let mut start = [0usize; 3];
        let mut end = [0usize; 3];
        for a in 0..3 {
            let (from, to) = (low[a] - margin[a] as f64, high[a] + margin[a] as f64);
            // Written so that NaN fails.
            if !(to >= 0.0 && from <= (size[a] - 1) as f64) {
                return None;
            }
            start[a] = from.max(0.0) as usize;
            end[a] = (to.ceil() as usize).min(size[a] - 1);
        }
        Some(Region::between(start, end))
    }
}
