//! Precision error and least significant change.

use crate::Error;

/// Precision error: root mean square over subjects of the SD of repeated measurements.
///
/// Each inner slice holds one subject's repeats; degrees of freedom are the sum of `n − 1`.
/// (Glüer, Blake, Lu, Blunt, Jergas, Genant, Osteoporos Int 1995.)
///
/// # Errors
/// No subject has two repeats.
pub fn rms_precision_error(repeats: &[Vec<f64>]) -> Result<(f64, f64), Error> {
    let (mut squares, mut freedom) = (0.0, 0.0);
    for values in repeats.iter().filter(|v| v.len() > 1) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        squares += values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        freedom += values.len() as f64 - 1.0;
    }
    if freedom == 0.0 {
        return Err(Error::TooFew {
            statistic: "precision error",
            needed: 2,
            found: 1,
        });
    }
    Ok(((squares / freedom).sqrt(), freedom))
}

/// Least significant change at 95 %: `1.96 · √2 ·` precision error.
#[must_use]
pub fn least_significant_change(precision_error: f64) -> f64 {
    1.959_963_984_540_054 * std::f64::consts::SQRT_2 * precision_error
}

/// Precision error as a share of the mean (RMS-CV), in percent; `None` where the mean is 0.
#[must_use]
pub fn coefficient_of_variation(precision_error: f64, mean: f64) -> Option<f64> {
    (mean != 0.0).then(|| 100.0 * precision_error / mean.abs())
}

/// Degrees of freedom of a sum of independent variances (Welch, Biometrika 1947; Satterthwaite 1946).
///
/// Each pair is a variance and its degrees of freedom; infinite degrees of freedom are allowed.
#[must_use]
pub fn welch_satterthwaite(variances: &[(f64, f64)]) -> f64 {
    let total: f64 = variances.iter().map(|(v, _)| v).sum();
    let denominator: f64 = variances.iter().map(|(v, freedom)| v * v / freedom).sum();
    if denominator > 0.0 {
        total * total / denominator
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_of_pairs_is_half_the_mean_squared_difference() {
        let pairs = vec![vec![1.0, 1.2], vec![5.0, 4.6], vec![2.0, 2.0]];
        let (error, freedom) = rms_precision_error(&pairs).unwrap();
        assert!((error - ((0.04 + 0.16) / 2.0 / 3.0f64).sqrt()).abs() < 1e-12);
        assert_eq!(freedom, 3.0);
        assert!(rms_precision_error(&[vec![1.0]]).is_err());
    }

    #[test]
    fn lsc_is_2_77_precision_errors() {
        assert!((least_significant_change(1.0) - 2.771_808).abs() < 1e-6);
    }

    #[test]
    fn welch_of_equal_variances_adds_degrees() {
        assert!((welch_satterthwaite(&[(1.0, 10.0), (1.0, 10.0)]) - 20.0).abs() < 1e-12);
        assert_eq!(welch_satterthwaite(&[(1.0, f64::INFINITY)]), f64::INFINITY);
    }
}
