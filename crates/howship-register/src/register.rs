//! The registration of one bone, from search to gate.

use crate::covariance::{at_point, pose_covariance};
use crate::gate::{Facts, judge};
use crate::gauss_newton::{moments, residuals};
use crate::image::MIN_SIZE;
use crate::overlap::{Overlap, overlap};
use crate::refine::{LEAST_SAMPLES, Level, Refined, Stop, refine};
use crate::robust::{Loss, TUKEY, scale};
use crate::sample::{Extent, extent, plans};
use crate::search::{Candidate, distinct, search, within};
use crate::{Error, Gate, Quality, Registration, RigidOptions};
use howship_image::{Mask, Region, RigidTransform, VectorMm, Volume};
use nalgebra::Matrix6;

/// Registers one bone of `fixed` to `moving`.
///
/// `mask` (on the grid of `fixed`) selects the bone with a margin of soft tissue (0.3-1 mm), so that its
/// surface is inside; without it the whole volume counts. `moving_mask` (on the grid of `moving`) limits
/// where the bone may be found. Grids may differ in spacing, origin, direction and handedness.
///
/// # Method
/// A grid of poses around `initial` is scored by correlation at the coarsest level, the best are refined
/// through the levels by robust Gauss-Newton with estimated gain and offset, the last level with Tukey's
/// loss so that changed bone and neighbouring bones drop out.
///
/// # Limits
/// The images are of one modality: intensities are related by a gain above 0 and an offset. The
/// covariance states the noise of both images; it does not know of calibration errors of the voxel size.
///
/// # Errors
/// Empty masks, masks on another grid, volumes thinner than 6 voxels, options out of range. A bone that
/// cannot be found is no error: the gate fails and the covariance is as wide as the search.
pub fn register_rigid(
    fixed: &Volume<f32>,
    moving: &Volume<f32>,
    mask: Option<&Mask>,
    moving_mask: Option<&Mask>,
    initial: &RigidTransform,
    options: &RigidOptions,
) -> Result<Registration, Error> {
    let whole = match mask {
        Some(_) => None,
        None => Some(Mask::filled(fixed.geometry().clone(), 1)),
    };
    let Some(mask) = mask.or(whole.as_ref()) else {
        return Err(Error::EmptyMask { which: "fixed" });
    };
    check(fixed, moving, mask, moving_mask, initial, options)?;
    let Some(extent) = extent(mask) else {
        return Err(Error::EmptyMask { which: "fixed" });
    };
    let Some(bounds) = mask.bounding_region() else {
        return Err(Error::EmptyMask { which: "fixed" });
    };
    Job {
        fixed,
        moving,
        mask,
        moving_mask,
        initial,
        options,
        extent,
        bounds,
    }
    .run()
}

fn check(
    fixed: &Volume<f32>,
    moving: &Volume<f32>,
    mask: &Mask,
    moving_mask: Option<&Mask>,
    initial: &RigidTransform,
    options: &RigidOptions,
) -> Result<(), Error> {
    options.check()?;
    mask.geometry().require_same(fixed.geometry())?;
    if let Some(m) = moving_mask {
        m.geometry().require_same(moving.geometry())?;
        if m.bounding_region().is_none() {
            return Err(Error::EmptyMask { which: "moving" });
        }
    }
    for (which, volume) in [("fixed", fixed), ("moving", moving)] {
        let size = volume.size();
        if size.iter().any(|&n| n < MIN_SIZE) {
            return Err(Error::Thin {
                which,
                size,
                least: MIN_SIZE,
            });
        }
        if !volume.data().iter().any(|v| v.is_finite()) {
            return Err(Error::NotFinite { which });
        }
    }
    if initial.matrix().iter().flatten().any(|v| !v.is_finite()) {
        return Err(Error::Initial);
    }
    Ok(())
}

/// Everything one registration needs to know.
pub(crate) struct Job<'a> {
    pub(crate) fixed: &'a Volume<f32>,
    pub(crate) moving: &'a Volume<f32>,
    pub(crate) mask: &'a Mask,
    pub(crate) moving_mask: Option<&'a Mask>,
    pub(crate) initial: &'a RigidTransform,
    pub(crate) options: &'a RigidOptions,
    pub(crate) extent: Extent,
    pub(crate) bounds: Region,
}

/// The final pose with what led to it.
struct Outcome {
    refined: Refined,
    level: Level,
    runner_up: Option<f64>,
    iterations: usize,
}

impl Job<'_> {
    fn run(&self) -> Result<Registration, Error> {
        let outcome = match self.descend() {
            Ok(outcome) => outcome,
            Err(reason) => return Ok(self.failed(reason)),
        };
        let seen = self.overlap(&outcome.refined.state.transform);
        if seen.structure.contains(&false) {
            let which = if seen.structure[0] { "moving" } else { "fixed" };
            return Ok(self.failed(format!(
                "no structure: the {which} image is constant in the mask"
            )));
        }
        Ok(self.finished(&outcome, &seen))
    }

    /// From the coarsest level to the finest.
    fn descend(&self) -> Result<Outcome, String> {
        let o = self.options;
        let volume_mm3 = self.extent.voxels as f64 * self.fixed.geometry().voxel_mm3();
        let plans = plans(
            self.fixed.geometry().spacing(),
            self.moving.geometry().spacing(),
            volume_mm3,
            o.levels,
            o.smoothing_voxels,
        );
        let reach = if o.search {
            o.max_translation_mm + 2.0 * o.max_rotation_rad.min(1.5) * self.extent.radius
        } else {
            0.0
        };
        let mut candidates = vec![Candidate {
            transform: *self.initial,
            correlation: 0.0,
        }];
        let (mut runner_up, mut iterations, mut searched) = (None, 0, false);
        let mut last = None;
        for (index, plan) in plans.iter().enumerate().rev() {
            let margin = if searched {
                3.0 * plan.spacing
            } else {
                reach + 6.0 * plan.spacing
            };
            let Some(level) = self.level(plan, &candidates, margin, index == 0) else {
                if index == 0 {
                    return Err(self.why_no_level(&candidates));
                }
                continue;
            };
            if !searched && o.search {
                candidates = search(&level, self.initial, &self.extent, o);
                runner_up = variance_ratio(&candidates);
                candidates.truncate(3);
                if candidates.is_empty() {
                    return Err(self.why_no_pose());
                }
            }
            searched = true;
            let finest = index == 0;
            if finest {
                candidates.truncate(1);
            }
            let stop = Stop {
                tolerance_mm: plan.spacing * if finest { o.tolerance_voxels } else { 0.01 },
                iterations: o.max_iterations,
            };
            let rivals = candidates.len() > 1;
            let mut kept = Vec::new();
            for candidate in &candidates {
                let Some(r) = refine(&level, &candidate.transform, &self.extent, &stop, finest)
                else {
                    continue;
                };
                iterations += r.iterations;
                let m = moments(&level.moving, &level.samples, &r.state.transform);
                kept.push(Candidate {
                    transform: r.state.transform,
                    correlation: m.correlation(),
                });
                last = Some(r);
            }
            if kept.is_empty() {
                return Err(self.why_no_level(&candidates));
            }
            candidates = distinct(kept, plan.spacing, &self.extent);
            if finest {
                let Some(refined) = last else { break };
                return Ok(Outcome {
                    refined,
                    level,
                    runner_up,
                    iterations,
                });
            }
            if rivals {
                runner_up = variance_ratio(&candidates);
            }
            // Far behind already: finer levels only make it clearer.
            if runner_up.is_some_and(|ratio| ratio > 2.0 * o.gate.ambiguity_ratio.max(1.0)) {
                candidates.truncate(1);
            }
        }
        Err("no resolution level could be made".to_owned())
    }

    fn overlap(&self, transform: &RigidTransform) -> Overlap {
        overlap(
            self.fixed,
            self.moving,
            self.mask,
            self.moving_mask,
            transform,
            self.extent.voxels,
        )
    }

    /// Why the search came back with nothing.
    fn why_no_pose(&self) -> String {
        let reason = self.why_no_level(&[]);
        if reason.starts_with("too few") {
            "ambiguous: every pose tried drifted beyond the reach of the search; the bone may be symmetric, or it moved farther".to_owned()
        } else {
            reason
        }
    }

    /// Why there was nothing to compare.
    fn why_no_level(&self, poses: &[Candidate]) -> String {
        let pose = poses.first().map_or(*self.initial, |c| c.transform);
        let seen = self.overlap(&pose);
        if seen.share > 0.0 && seen.structure.contains(&false) {
            let which = if seen.structure[0] { "moving" } else { "fixed" };
            format!("no structure: the {which} image is constant in the mask")
        } else if seen.share < self.options.gate.min_overlap {
            format!(
                "too little overlap: at the start the moving volume shows {:.0} % of the bone, {:.0} % is needed",
                100.0 * seen.share,
                100.0 * self.options.gate.min_overlap
            )
        } else {
            format!(
                "too few voxels: the mask has {} voxels, and fewer than {LEAST_SAMPLES} of them could be compared away from the edges of both volumes",
                self.extent.voxels
            )
        }
    }

    fn finished(&self, outcome: &Outcome, seen: &Overlap) -> Registration {
        let Outcome {
            refined,
            level,
            runner_up,
            iterations,
        } = outcome;
        let state = &refined.state;
        let m = moments(&level.moving, &level.samples, &state.transform);
        if !(m.fixed_variance > 0.0 && m.moving_variance > 0.0) {
            return self.failed("no structure: an image is constant in the mask".to_owned());
        }
        let all = residuals(&level.moving, &level.samples, state);
        let (Loss::Huber(limit) | Loss::Tukey(limit)) = refined.loss;
        let finite = || all.iter().filter(|r| r.is_finite()).map(|&r| f64::from(r));
        let count = finite().count().max(1);
        let rmse = (finite().map(|r| r * r).sum::<f64>() / count as f64).sqrt();
        let outliers = finite().filter(|r| r.abs() > TUKEY * limit).count() as f64 / count as f64;
        let found = pose_covariance(level, state, refined.loss, self.extent.centre);
        let (matrix, correlation_mm) = match &found {
            Some(c) => (c.matrix, c.correlation_mm),
            None => (self.prior(), f64::NAN),
        };
        let centre = self.extent.centre;
        let (mut sum, mut most) = (0.0, 0f64);
        let few = level.samples.thinned(5000);
        for p in &few.points {
            let variance = at_point(&matrix, state.transform.rotate(p - centre))
                .trace()
                .max(0.0);
            sum += variance;
            most = most.max(variance);
        }
        let quality = Quality {
            correlation: m.correlation(),
            rmse,
            overlap: seen.share,
            noise_sd: scale(&all) / (1.0 + state.gain * state.gain).sqrt(),
            residual_correlation_mm: if correlation_mm.is_finite() {
                correlation_mm
            } else {
                0.0
            },
            outliers,
            iterations: *iterations,
            samples: count,
            gain: state.gain,
            offset: state.offset,
            displacement_sd_mm: (sum / few.points.len().max(1) as f64).sqrt(),
            max_displacement_sd_mm: most.sqrt(),
            runner_up: *runner_up,
        };
        let facts = Facts {
            converged: refined.converged,
            within_reach: !self.options.search
                || within(&state.transform, self.initial, &self.extent, self.options),
            saturated_fixed: seen.saturated_fixed,
            saturated_moving: seen.saturated_moving,
            voxel_mm: self
                .fixed
                .geometry()
                .max_spacing()
                .max(self.moving.geometry().max_spacing()),
        };
        let gate = judge(&quality, &facts, &self.options.gate);
        Registration {
            transform: state.transform,
            centre,
            covariance: rows(&matrix),
            quality,
            gate,
        }
    }

    /// What is known before looking: the bone is within the reach of the search.
    fn prior(&self) -> Matrix6<f64> {
        let turn = self.options.max_rotation_rad.max(0.01).powi(2) / 3.0;
        let shift = self
            .options
            .max_translation_mm
            .max(self.extent.radius)
            .powi(2)
            / 3.0;
        Matrix6::from_diagonal(&[turn, turn, turn, shift, shift, shift].into())
    }

    fn failed(&self, reason: String) -> Registration {
        let matrix = self.prior();
        let sd = at_point(&matrix, VectorMm::new(self.extent.radius, 0.0, 0.0))
            .trace()
            .sqrt();
        let quality = Quality {
            correlation: 0.0,
            rmse: 0.0,
            overlap: self.overlap(self.initial).share,
            noise_sd: 0.0,
            residual_correlation_mm: 0.0,
            outliers: 0.0,
            iterations: 0,
            samples: 0,
            gain: 1.0,
            offset: 0.0,
            displacement_sd_mm: sd,
            max_displacement_sd_mm: sd,
            runner_up: None,
        };
        Registration {
            transform: *self.initial,
            centre: self.extent.centre,
            covariance: rows(&matrix),
            quality,
            gate: Gate::Fail { reason },
        }
    }
}

fn rows(m: &Matrix6<f64>) -> [[f64; 6]; 6] {
    std::array::from_fn(|r| std::array::from_fn(|c| m[(r, c)]))
}

/// Residual variance of the second-best pose over that of the best.
///
/// Both count as at least 1e-4 of the image's variance: two poses that fit to 1 % of the contrast are equally
/// good, whatever rounding says.
fn variance_ratio(sorted: &[Candidate]) -> Option<f64> {
    let [best, second, ..] = sorted else {
        return None;
    };
    let rest = |c: &Candidate| (1.0 - c.correlation * c.correlation.abs()).max(1e-4);
    Some(rest(second) / rest(best))
}
