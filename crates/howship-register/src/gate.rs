//! Whether a registration may be used, and if not why.

use crate::options::GateLimits;
use crate::quality::{Gate, Quality};

/// What the gate looks at besides the quality.
pub(crate) struct Facts {
    pub converged: bool,
    pub within_reach: bool,
    pub saturated_fixed: f64,
    pub saturated_moving: f64,
    /// Largest voxel of either volume in mm.
    pub voxel_mm: f64,
}

/// All reasons why a registration may not be used, in one sentence.
pub(crate) fn judge(quality: &Quality, facts: &Facts, limits: &GateLimits) -> Gate {
    let mut reasons = Vec::new();
    let most_sd = limits
        .max_displacement_sd_mm
        .unwrap_or(0.25 * facts.voxel_mm);
    if quality.overlap < limits.min_overlap {
        reasons.push(format!(
            "too little overlap: the moving volume shows {:.0} % of the bone, {:.0} % is needed",
            100.0 * quality.overlap,
            100.0 * limits.min_overlap
        ));
    }
    for (which, share) in [
        ("fixed", facts.saturated_fixed),
        ("moving", facts.saturated_moving),
    ] {
        if share > limits.max_saturated {
            reasons.push(format!(
                "saturated: {:.0} % of the {which} image in the mask is at its highest value, at most {:.0} % may be",
                100.0 * share,
                100.0 * limits.max_saturated
            ));
        }
    }
    if !facts.converged {
        reasons.push(format!("not converged after {} steps", quality.iterations));
    }
    if !facts.within_reach {
        reasons.push("the pose found is farther from the start than the search allows".to_owned());
    }
    if !(quality.correlation >= limits.min_correlation) {
        reasons.push(format!(
            "low correlation: {:.3}, at least {:.3} is needed",
            quality.correlation, limits.min_correlation
        ));
    }
    if quality.outliers > limits.max_outliers {
        reasons.push(format!(
            "{:.0} % of the voxels disagree with the rest, at most {:.0} % may",
            100.0 * quality.outliers,
            100.0 * limits.max_outliers
        ));
    }
    if let Some(ratio) = quality.runner_up.filter(|&r| r < limits.ambiguity_ratio) {
        reasons.push(format!(
            "ambiguous: another pose fits almost as well (residual variance {ratio:.3} times that of the best, at least {:.3} is needed)",
            limits.ambiguity_ratio
        ));
    }
    if !(quality.max_displacement_sd_mm <= most_sd) {
        reasons.push(format!(
            "uncertain: the position of a point of the bone has a standard error of up to {:.4} mm, at most {most_sd:.4} mm is accepted",
            quality.max_displacement_sd_mm
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
