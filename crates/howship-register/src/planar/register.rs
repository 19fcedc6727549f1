use super::bone::PlanarBone;
use super::covariance::{covariance, lever, recentred, turned};
use super::image::{PlanarImage, TWICE};
use super::options::{PlanarGate, PlanarOptions};
use super::refine::{Buffers, Refined, Rules, at_end, cost, refine};
use super::samples::{Samples, on_film, to_film, to_level};
use super::similarity::Similarity;
use super::start::starts;
use crate::{Error, Gate};
use nalgebra::{Matrix4, Vector4};
use serde::{Deserialize, Serialize};

/// How well two films of one bone agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlanarQuality {
    /// Correlation of the normalised films over the bone; the lower one of both directions.
    pub correlation: f64,
    /// Share of the bone that the other film shows; the lower one of both directions.
    pub overlap: f64,
    /// Standard error of the bone's place at the joint along the joint's axis (px).
    pub joint_se_px: f64,
    /// Distance between the joint carried forward and carried backward (px); absent for one direction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub forward_backward_px: Option<f64>,
    /// Gain of the normalised grey values.
    pub gain: f64,
    /// Steps at the finest level.
    pub iterations: usize,
    /// Whether the steps came to rest.
    pub converged: bool,
}

/// Where a bone of one film lies on another, and how well that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanarRegistration {
    /// Fixed pixels to moving pixels.
    pub transform: Similarity,
    /// What the covariance is stated about (fixed pixels).
    pub centre: [f64; 2],
    /// Of (shift x, shift y in px, rotation in radians, logarithm of the scale), in the fixed film's axes: a fixed
    /// point `p` really lies at `T(p + e)` with `e` the displacement at `p` of these four about the centre.
    pub covariance: [[f64; 4]; 4],
    /// How well the films agree.
    pub quality: PlanarQuality,
    /// Whether it may be used.
    pub gate: Gate,
}

impl PlanarRegistration {
    /// Standard error (px of the fixed film) of where a fixed point goes, along a unit vector of the fixed film.
    #[must_use]
    pub fn displacement_se(&self, point: [f64; 2], along: [f64; 2]) -> f64 {
        let j = lever(point, self.centre, along);
        j.dot(&(self.matrix() * j)).max(0.0).sqrt()
    }

    /// Covariance of the displacements of two points, each along its own direction.
    #[must_use]
    pub fn displacement_covariance(&self, a: ([f64; 2], [f64; 2]), b: ([f64; 2], [f64; 2])) -> f64 {
        let (j, k) = (lever(a.0, self.centre, a.1), lever(b.0, self.centre, b.1));
        j.dot(&(self.matrix() * k))
    }

    /// Standard error of a weighted sum of displacements along directions: `Σ wᵢ nᵢ · e(pᵢ)`.
    #[must_use]
    pub fn sum_se(&self, terms: impl IntoIterator<Item = ([f64; 2], [f64; 2], f64)>) -> f64 {
        let mut j = nalgebra::Vector4::zeros();
        for (point, along, weight) in terms {
            j += lever(point, self.centre, along) * weight;
        }
        j.dot(&(self.matrix() * j)).max(0.0).sqrt()
    }

    fn matrix(&self) -> Matrix4<f64> {
        Matrix4::from_fn(|r, c| self.covariance[r][c])
    }
}

/// Finds the bone of one film on another, forward and backward, and averages.
///
/// `fixed_bone` and `moving_bone` are the same bone prepared on its own film.
///
/// # Errors
/// Options out of range. A registration that fails is no error: its gate says why.
pub fn register_planar(
    (fixed, fixed_bone): (&PlanarImage, &PlanarBone),
    (moving, moving_bone): (&PlanarImage, &PlanarBone),
    options: &PlanarOptions,
) -> Result<PlanarRegistration, Error> {
    options.check()?;
    let (forward, backward) = rayon::join(
        || one_way(fixed_bone, (moving, moving_bone.end), options),
        || one_way(moving_bone, (fixed, fixed_bone.end), options),
    );
    let back = backward.transform.inverse();
    let (there, here) = (
        forward.transform.apply(fixed_bone.joint),
        back.apply(fixed_bone.joint),
    );
    let apart = (there[0] - here[0]).hypot(there[1] - here[1]);
    let mut mean = PlanarRegistration {
        transform: forward.transform.mean(&back),
        centre: forward.centre,
        covariance: forward.covariance,
        quality: PlanarQuality {
            correlation: forward
                .quality
                .correlation
                .min(backward.quality.correlation),
            overlap: forward.quality.overlap.min(backward.quality.overlap),
            forward_backward_px: Some(apart),
            converged: forward.quality.converged && backward.quality.converged,
            ..forward.quality
        },
        gate: Gate::Pass,
    };
    if mean.quality.overlap <= 0.0 {
        mean.gate = judge(&mean, &options.gate);
        return Ok(mean);
    }
    // The backward error is stated on the moving film: brought to the fixed one's axes and centre.
    let moved = turned(&backward.matrix(), -forward.transform.rotation());
    let moved = recentred(&moved, back.apply(backward.centre), forward.centre);
    // Both use the same pixels: nearly the same error, so the variance of the mean is the mean variance.
    let both = (forward.matrix() + moved) * 0.5;
    mean.covariance = std::array::from_fn(|r| std::array::from_fn(|c| both[(r, c)]));
    mean.quality.joint_se_px = mean.displacement_se(fixed_bone.joint, fixed_bone.axis);
    mean.gate = judge(&mean, &options.gate);
    Ok(mean)
}

fn failed(bone: &PlanarBone) -> PlanarRegistration {
    PlanarRegistration {
        transform: Similarity::identity(),
        centre: bone.joint,
        covariance: std::array::from_fn(|r| {
            std::array::from_fn(|c| if r == c { f64::INFINITY } else { 0.0 })
        }),
        quality: PlanarQuality {
            correlation: 0.0,
            overlap: 0.0,
            joint_se_px: f64::INFINITY,
            forward_backward_px: None,
            gain: 0.0,
            iterations: 0,
            converged: false,
        },
        gate: Gate::Pass,
    }
}

/// `film` comes with where the bone's end is on it.
fn one_way(
    bone: &PlanarBone,
    film: (&PlanarImage, [f64; 2]),
    options: &PlanarOptions,
) -> PlanarRegistration {
    attempt(bone, film, options).unwrap_or_else(|| failed(bone))
}

fn attempt(
    bone: &PlanarBone,
    (film, end): (&PlanarImage, [f64; 2]),
    options: &PlanarOptions,
) -> Option<PlanarRegistration> {
    let rules = |k: usize, iterations, tolerance_px: f64| Rules {
        iterations,
        tolerance: tolerance_px / bone.levels[k].step as f64,
        loss_limit: options.loss_limit,
        scale_sd: options.scale_sd,
        correlated: (options.correlated_px / bone.levels[k].area).max(1.0),
    };
    let mut buffers = Buffers::default();
    let mut best: Option<(f64, Refined)> = None;
    let (samples, level) = (&bone.levels[0], &film.levels[0].coefficients);
    let first = rules(0, options.coarse_iterations, options.coarse_tolerance_px);
    for start in starts(&bone.templates, [bone.end, end], film, options) {
        let start = Refined::start(to_level(&start, samples.step));
        let Some(end) = refine(samples, level, start, &first, &mut buffers) else {
            continue;
        };
        let cost = cost(samples, level, &end, &mut buffers);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, end));
        }
    }
    let mut end = best?.1;
    let last = bone.levels.len() - 1;
    let mut apart = Vector4::zeros();
    for k in 1..=last {
        let (before, samples) = (bone.levels[k - 1].step, &bone.levels[k]);
        let tolerance = if k == last || k == TWICE {
            options.tolerance_px
        } else {
            options.coarse_tolerance_px
        };
        end.pose = to_level(&to_film(&end.pose, before), samples.step);
        let rules = rules(k, options.iterations, tolerance);
        let coefficients = &film.levels[k].coefficients;
        end = refine(samples, coefficients, end, &rules, &mut buffers)?;
        if k == TWICE {
            let again = Rules {
                loss_limit: options.second_loss_limit,
                ..rules
            };
            let (samples, film) = (&bone.second, &film.second.coefficients);
            let second = refine(samples, film, end, &again, &mut buffers)?;
            apart = difference(&end, &second, samples) * options.second_share;
        }
    }
    let (samples, level) = (&bone.levels[last], &film.levels[last].coefficients);
    let ended = at_end(samples, level, &end, &mut buffers);
    // The finest level is the film itself: its pixels are the film's.
    let rules = rules(last, options.iterations, options.tolerance_px);
    let matrix = covariance(samples, &end, &ended, &rules, options.block_px)?;
    let matrix = matrix + apart * apart.transpose();
    let mut found = failed(bone);
    found.transform = to_film(&end.pose, samples.step);
    found.centre = on_film(samples.step, samples.centre);
    found.covariance = std::array::from_fn(|r| std::array::from_fn(|c| matrix[(r, c)]));
    found.quality = PlanarQuality {
        correlation: ended.moments.correlation(),
        overlap: ended.moments.count / samples.count as f64,
        joint_se_px: found.displacement_se(bone.joint, bone.axis),
        forward_backward_px: None,
        gain: end.gain,
        iterations: end.iterations,
        converged: end.converged,
    };
    Some(found)
}

/// What one look puts elsewhere than the other, as the four parameters of the covariance (film pixels, the fixed film's
/// axes, about the samples' centre).
fn difference(first: &Refined, second: &Refined, samples: &Samples) -> Vector4<f64> {
    let between = first.pose.inverse().after(&second.pose);
    let moved = between.apply(samples.centre);
    let step = samples.step as f64;
    Vector4::new(
        (moved[0] - samples.centre[0]) * step,
        (moved[1] - samples.centre[1]) * step,
        between.rotation(),
        between.scale().ln(),
    )
}

/// All reasons why it may not be used, in one sentence.
fn judge(found: &PlanarRegistration, limits: &PlanarGate) -> Gate {
    let q = &found.quality;
    if q.overlap <= 0.0 {
        return Gate::Fail {
            reason: "the bone was not found on the other film".to_owned(),
        };
    }
    let mut reasons = Vec::new();
    if !(q.overlap >= limits.min_overlap) {
        reasons.push(format!(
            "the other film shows {:.0} % of the bone, {:.0} % is needed",
            100.0 * q.overlap,
            100.0 * limits.min_overlap
        ));
    }
    if !(q.correlation >= limits.min_correlation) {
        reasons.push(format!(
            "low correlation: {:.2}, at least {:.2} is needed",
            q.correlation, limits.min_correlation
        ));
    }
    if !(q.joint_se_px <= limits.max_joint_se_px) {
        reasons.push(format!(
            "uncertain: the bone's place at the joint has a standard error of {:.2} px, at most {:.2} px is accepted",
            q.joint_se_px, limits.max_joint_se_px
        ));
    }
    if q.forward_backward_px
        .is_some_and(|d| !(d <= limits.max_forward_backward_px))
    {
        reasons.push(format!(
            "ambiguous: forward and backward differ by {:.1} px at the joint, at most {:.1} px may",
            q.forward_backward_px.unwrap_or(f64::NAN),
            limits.max_forward_backward_px
        ));
    }
    let scale = (found.transform.scale() - 1.0).abs();
    if !(scale <= limits.max_scale_change) {
        reasons.push(format!(
            "the bone is {:.1} % larger or smaller on the other film, at most {:.1} % is accepted",
            100.0 * scale,
            100.0 * limits.max_scale_change
        ));
    }
    if reasons.is_empty() {
        Gate::Pass
    } else {
        Gate::Fail {
            reason: reasons.join("; "),
        }
    }
}
