//! Readers err more on patients who changed more: what that says of the spread of the residual mean square.
//!
//! Where a few patients carry all change, their residuals carry the error, and most samples show too few of these to
//! know their kurtosis. How unequal the patients' sizes are is far better known. If a share ρ of the error variance is
//! proportional to the size |s| of what is read, a residual of one degree of freedom spreads
//! 1 + 1.5 ρ² CV²(s) times as much as a normal one: E r² + ½ (E r² − 1) with r = s / E s. Constants were set by
//! simulation (example `agreement_intervals` of howship-scores).

/// Squared variation of sizes that is nothing unusual: 0.57 for normal ones, 1 for exponential ones.
const USUAL: f64 = 2.0;
/// Samples of n understate the squared variation of heavy-tailed sizes: it counts 1 + `UNSEEN / n` times.
const UNSEEN: f64 = 10.0;
/// The share of error proportional to size is not taken to be less: samples without large errors show none.
const LEAST_SHARE: f64 = 0.4;

/// By how much the residual mean square would vary more than that of normal ratings, as a ratio less 1, from what each
/// target adds to the targets' sum of squares (`targets`) and to the residual one (`residual`), and the degrees of
/// freedom of the latter (`freedom`).
pub(crate) fn excess_by_size(targets: &[f64], residual: &[f64], freedom: &[f64]) -> f64 {
    let sizes: Vec<f64> = targets.iter().map(|t| t.max(0.0).sqrt()).collect();
    let n = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / n;
    if !(n >= 4.0 && mean > 0.0) {
        return 0.0;
    }
    let relative = sizes.iter().map(|s| (s / mean - 1.0).powi(2));
    let variation = relative.sum::<f64>() / (n - 1.0) * (1.0 + UNSEEN / n);
    let share = proportional_share(&sizes, residual, freedom).clamp(LEAST_SHARE, 1.0);
    1.5 * share * share * (variation - USUAL).max(0.0)
}

/// Share of the error variance that is proportional to size, by a line through the residuals against the sizes, and one
/// (heteroscedastic) standard error more.
fn proportional_share(sizes: &[f64], residual: &[f64], freedom: &[f64]) -> f64 {
    let rows = || (sizes.iter().zip(residual).zip(freedom)).filter(|(_, f)| **f > 0.0);
    let all: f64 = rows().map(|(_, f)| f).sum();
    let mean = rows().map(|((s, _), f)| s * f).sum::<f64>() / all;
    let level = rows().map(|((_, e), _)| e).sum::<f64>() / all;
    let squares: f64 = rows().map(|((s, _), f)| f * (s - mean).powi(2)).sum();
    if !(squares > 0.0 && level > 0.0) {
        return 0.0;
    }
    let slope = rows().map(|((s, e), _)| (s - mean) * e).sum::<f64>() / squares;
    let left = |s: f64, e: f64, f: f64| e - f * (level + slope * (s - mean));
    let variance: f64 = rows()
        .map(|((s, e), f)| ((s - mean) * left(*s, *e, *f) / squares).powi(2))
        .sum();
    (slope + variance.sqrt()) * mean / level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_sizes_add_nothing() {
        let one = [1.0; 30];
        assert_eq!(excess_by_size(&one, &one, &one), 0.0);
    }

    /// Two of 100 patients carry everything: CV² of their sizes is 49.5, all of the error is proportional.
    #[test]
    fn carriers_of_everything() {
        let mut targets = vec![0.0; 100];
        targets[3] = 4.0;
        targets[70] = 4.0;
        let found = excess_by_size(&targets, &targets, &[1.0; 100]);
        let variation = (2.0 * 49.0 * 49.0 + 98.0) / 99.0;
        let want = 1.5 * (variation * 1.1 - 2.0);
        assert!((found - want).abs() < 1e-9, "{found} {want}");
        // Error that knows nothing of size leaves the least share.
        let found = excess_by_size(&targets, &[1.0; 100], &[1.0; 100]);
        assert!((found / want - 0.16).abs() < 1e-9, "{found} {want}");
    }

    #[test]
    fn nothing_to_go_by() {
        assert_eq!(excess_by_size(&[], &[], &[]), 0.0);
        assert_eq!(excess_by_size(&[0.0; 9], &[0.0; 9], &[0.0; 9]), 0.0);
    }
}
