//! From a pose to the best pose near it, at one resolution.

use crate::gauss_newton::{PARAMETERS, State, Vector8, moments, motion, moved, normal, residuals};
use crate::image::LevelImage;
use crate::least_squares::{Normal, solve};
use crate::moments::Moments;
use crate::robust::{Loss, scale};
use crate::sample::{Extent, Samples};
use howship_image::RigidTransform;

/// One resolution: the fixed samples and the moving image.
pub(crate) struct Level {
    /// Kept at the level whose residuals are examined.
    pub fixed: Option<LevelImage>,
    pub moving: LevelImage,
    pub samples: Samples,
    /// Voxel of the level in mm.
    pub spacing: f64,
}

/// When to stop.
pub(crate) struct Stop {
    pub tolerance_mm: f64,
    pub iterations: usize,
}

/// Where a refinement ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refined {
    pub state: State,
    pub loss: Loss,
    pub converged: bool,
    pub iterations: usize,
}

/// Fewest samples that both images must show for a step to mean anything.
pub(crate) const LEAST_SAMPLES: usize = 200;

/// Gain and offset that give both images the same mean and spread: unlike a regression this does not
/// flatten the moving image while the pose is still wrong.
pub(crate) fn matched(transform: RigidTransform, m: &Moments) -> State {
    let gain = if m.moving_variance > 0.0 {
        (m.fixed_variance / m.moving_variance).sqrt()
    } else {
        1.0
    };
    State {
        transform,
        gain,
        offset: m.fixed - gain * m.moving,
    }
}

/// Samples of Huber's descent where all of them are asked afterwards: it stops at a hundredth of a voxel.
const DESCENT_SAMPLES: usize = 100_000;

/// Levenberg-Marquardt with Huber's loss, then, if asked, fixed-point steps with Tukey's.
///
/// What settles the pose compares all samples; the descent before it a part of them.
pub(crate) fn refine(
    level: &Level,
    start: &RigidTransform,
    extent: &Extent,
    stop: &Stop,
    tukey: bool,
) -> Option<Refined> {
    let few = (tukey && level.samples.len() > DESCENT_SAMPLES)
        .then(|| level.samples.thinned(DESCENT_SAMPLES));
    let descended = few.as_ref().unwrap_or(&level.samples);
    let m = moments(&level.moving, descended, start);
    if (m.count as usize) < LEAST_SAMPLES {
        return None;
    }
    let mut run = Run {
        level,
        samples: descended,
        extent,
        state: matched(*start, &m),
        iterations: 0,
    };
    // Two rounds: the scale of the residuals is known only once the pose is about right.
    let rounds = if tukey { 1 } else { 2 };
    let floor = 1e-3 * m.fixed_variance.sqrt();
    let mut loss = Loss::Huber(run.scale().max(floor));
    let mut converged = false;
    for round in 0..rounds {
        let tolerance = if round + 1 < rounds || tukey {
            0.01 * level.spacing
        } else {
            stop.tolerance_mm
        };
        converged = run.descend(loss, tolerance, stop.iterations)?;
        loss = Loss::Huber(run.scale().max(floor));
    }
    if tukey {
        run.samples = &level.samples;
        for tolerance in [20.0 * stop.tolerance_mm, stop.tolerance_mm] {
            loss = Loss::Tukey(run.scale().max(floor));
            converged = run.settle(loss, tolerance, stop.iterations)?;
        }
    }
    Some(Refined {
        state: run.state,
        loss,
        converged,
        iterations: run.iterations,
    })
}

struct Run<'a> {
    level: &'a Level,
    samples: &'a Samples,
    extent: &'a Extent,
    state: State,
    iterations: usize,
}

impl Run<'_> {
    fn scale(&self) -> f64 {
        scale(&residuals(&self.level.moving, self.samples, &self.state))
    }

    fn normal(&self, state: &State, loss: Loss) -> Normal<PARAMETERS> {
        let centre = state.transform.apply(self.extent.centre);
        normal(&self.level.moving, self.samples, state, centre, loss)
    }

    fn stepped(&self, step: &Vector8) -> State {
        moved(
            &self.state,
            step,
            self.state.transform.apply(self.extent.centre),
        )
    }

    /// Levenberg-Marquardt: a step is kept only if it lowers the loss.
    fn descend(&mut self, loss: Loss, tolerance: f64, most: usize) -> Option<bool> {
        let mut damping = 1e-3;
        let mut now = self.normal(&self.state, loss);
        for _ in 0..most {
            if now.count < LEAST_SAMPLES {
                return None;
            }
            self.iterations += 1;
            let Some(step) = solve(&now, damping) else {
                return Some(false);
            };
            let step = self.limited(step);
            let size = motion(&step, self.extent.radius);
            let trial = self.stepped(&step);
            let next = self.normal(&trial, loss);
            // A pose that shows less of the bone must not win by showing less.
            let better = next.cost <= now.cost && 10 * next.count >= 9 * now.count;
            if better {
                self.state = trial;
                now = next;
                damping = (damping * 0.2f64).max(1e-9);
            } else {
                damping *= 8.0;
            }
            if size < tolerance {
                return Some(true);
            }
            if damping > 1e8 {
                // No direction lowers the loss any further: an optimum, to rounding.
                return Some(true);
            }
        }
        Some(false)
    }

    /// Plain steps to the zero of the symmetric score, which is not exactly the minimum of the loss.
    fn settle(&mut self, loss: Loss, tolerance: f64, most: usize) -> Option<bool> {
        for _ in 0..most {
            let now = self.normal(&self.state, loss);
            if now.count < LEAST_SAMPLES {
                return None;
            }
            self.iterations += 1;
            let Some(step) = solve(&now, 0.0) else {
                return Some(false);
            };
            let step = self.limited(step);
            self.state = self.stepped(&step);
            if motion(&step, self.extent.radius) < tolerance {
                return Some(true);
            }
        }
        Some(false)
    }

    /// No step moves the bone by more than one voxel and a half: the linearisation holds no further.
    fn limited(&self, step: Vector8) -> Vector8 {
        let size = motion(&step, self.extent.radius);
        let most = 1.5 * self.level.spacing;
        if size > most {
            step * (most / size)
        } else {
            step
        }
    }
}
