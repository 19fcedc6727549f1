use crate::quantiles::checked_confidence;
use crate::{BootstrapOptions, ClusterSums, Error, Interval, cluster_bootstrap, normal_quantile};
use serde::Serialize;

/// Lin's concordance of two raters, and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Concordance {
    /// Concordance correlation coefficient: 1 on the line of identity.
    pub value: f64,
    /// Interval by Fisher's z (Lin 1989, corrected 2000).
    pub interval: Interval,
    /// Pearson's correlation: how near the points lie to a line of any kind.
    pub precision: f64,
    /// Bias correction: how near that line lies to the line of identity; value = precision × accuracy.
    pub accuracy: f64,
    /// Ratio of the standard deviations.
    pub scale_shift: f64,
    /// Difference of the means over the geometric mean of the standard deviations.
    pub location_shift: f64,
    /// Pairs.
    pub pairs: usize,
}

/// Lin's concordance correlation coefficient (Biometrics 1989;45:255, corrected 2000;56:324); pairs with NaN are left
/// out.
///
/// For two raters it is close to ICC(A,1), with which it shares the dependence on how much subjects differ.
///
/// # Errors
/// Fewer than 4 pairs; a rater who gives one value throughout.
pub fn concordance(pairs: &[(f64, f64)], confidence: f64) -> Result<Concordance, Error> {
    let z = normal_quantile(0.5 + 0.5 * checked_confidence(confidence)?)?;
    let pairs: Vec<(f64, f64)> = pairs
        .iter()
        .copied()
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect();
    let statistic = "the concordance correlation coefficient";
    if pairs.len() < 4 {
        return Err(Error::TooFew {
            statistic,
            needed: 4,
            found: pairs.len(),
        });
    }
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let (mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0);
    for (a, b) in &pairs {
        sxx += (a - x) * (a - x) / n;
        syy += (b - y) * (b - y) / n;
        sxy += (a - x) * (b - y) / n;
    }
    if !(sxx > 0.0 && syy > 0.0) {
        return Err(Error::Undefined {
            statistic,
            reason: "a rater gives one value throughout: nothing varies".to_owned(),
        });
    }
    let precision = sxy / (sxx * syy).sqrt();
    let value = 2.0 * sxy / (sxx + syy + (x - y).powi(2));
    let scale_shift = (sxx / syy).sqrt();
    let location_shift = (x - y) / (sxx * syy).powf(0.25);
    let accuracy = 2.0 / (scale_shift + 1.0 / scale_shift + location_shift.powi(2));
    let (c, r, u2) = (value, precision, location_shift.powi(2));
    // Variance of the estimate; without correlation it has no such form, and perfect concordance has none to see.
    let variance = ((1.0 - r * r) * c * c * (1.0 - c * c) / (r * r)
        + 2.0 * c.powi(3) * (1.0 - c) * u2 / r
        - 0.5 * c.powi(4) * u2 * u2 / (r * r))
        / (n - 2.0);
    let spread = variance.max(0.0).sqrt() / (1.0 - c * c);
    let interval = if c.abs() < 1.0 && spread.is_finite() {
        Interval::new(
            (c.atanh() - z * spread).tanh(),
            (c.atanh() + z * spread).tanh(),
        )
    } else {
        Interval::new(-1.0, 1.0)
    };
    Ok(Concordance {
        value,
        interval,
        precision,
        accuracy,
        scale_shift,
        location_shift,
        pairs: pairs.len(),
    })
}

/// Concordance of two raters over several visits of each subject.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RepeatedConcordance {
    /// 1 − Σ squared differences within subjects / Σ expected if the raters saw different subjects.
    pub value: f64,
    /// Percentile interval over resampled subjects; none where too few draws define it.
    pub interval: Option<Interval>,
    /// Subjects.
    pub subjects: usize,
    /// Visits that every subject counted here has.
    pub visits: usize,
}

/// Concordance correlation coefficient for repeated measurements (King, Chinchilli, Carrasco, Stat Med 2007;26:3095,
/// U-statistics with identity weights): subjects' pairs at the same visits. Subjects with a hole are left out.
///
/// # Errors
/// Fewer than 3 subjects with all visits; raters who give one value throughout.
pub fn repeated_concordance(
    subjects: &[Vec<(f64, f64)>],
    confidence: f64,
    bootstrap: &BootstrapOptions,
) -> Result<RepeatedConcordance, Error> {
    let confidence = checked_confidence(confidence)?;
    let statistic = "the concordance of repeated measurements";
    let visits = subjects.iter().map(Vec::len).max().unwrap_or(0);
    let whole: Vec<&Vec<(f64, f64)>> = subjects
        .iter()
        .filter(|s| s.len() == visits && s.iter().all(|(a, b)| a.is_finite() && b.is_finite()))
        .collect();
    if whole.len() < 3 || visits == 0 {
        return Err(Error::TooFew {
            statistic,
            needed: 3,
            found: whole.len(),
        });
    }
    // Squares of numbers that are large beside their differences cancel: measured from the mean.
    let all = whole
        .iter()
        .flat_map(|s| s.iter().flat_map(|(a, b)| [*a, *b]));
    let centre = all.clone().sum::<f64>() / all.count() as f64;
    let width = 1 + 4 * visits;
    let mut sums = ClusterSums::new(width + 1);
    for subject in &whole {
        let mut row = vec![1.0];
        let mut within = 0.0;
        for (a, b) in subject.iter() {
            let (x, y) = (a - centre, b - centre);
            row.extend([x, y, x * x, y * y]);
            within += (x - y) * (x - y);
        }
        row.push(within);
        sums.push(&row);
    }
    let evaluate = |total: &[f64], out: &mut [f64]| out[0] = of_sums(total, visits);
    let value = of_sums(&sums.total(), visits);
    if value.is_nan() {
        return Err(Error::Undefined {
            statistic,
            reason: "raters give one value throughout: nothing varies".to_owned(),
        });
    }
    let interval = cluster_bootstrap(&sums, 1, evaluate, bootstrap)
        .and_then(|draws| draws.percentile(0, confidence))
        .ok()
        .filter(|i| i.lower < i.upper);
    Ok(RepeatedConcordance {
        value,
        interval,
        subjects: whole.len(),
        visits,
    })
}

/// From sums over subjects: count, then x, y, x², y² by visit, then squared differences.
fn of_sums(total: &[f64], visits: usize) -> f64 {
    let n = total[0];
    let within = total[1 + 4 * visits];
    let across: f64 = total[1..=4 * visits]
        .chunks_exact(4)
        .map(|s| n * (s[2] + s[3]) - 2.0 * s[0] * s[1])
        .sum();
    // Pairs of a subject with itself are no pairs of different subjects.
    let apart = (across - within) / (n * (n - 1.0));
    if n > 1.0 && apart > 0.0 {
        1.0 - within / n / apart
    } else {
        f64::NAN
    }
}
