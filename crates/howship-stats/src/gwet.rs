use crate::quantiles::{checked_confidence, student_half_width};
use crate::{Error, Interval, KappaWeights, Ratings};
use serde::Serialize;

/// Gwet's coefficient: AC1 where grades either agree or do not, AC2 where they agree by degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GwetAgreement {
    /// (observed − expected) / (1 − expected).
    pub value: f64,
    /// Standard error over targets, raters as fixed.
    pub standard_error: f64,
    /// Student's interval over targets, cut at 1; joints of one patient are not independent: bootstrap patients.
    pub interval: Interval,
    /// Weighted share of agreeing pairs of ratings of one target.
    pub observed: f64,
    /// That expected by chance: only ratings given at random agree by chance.
    pub expected: f64,
    /// Targets with a rating.
    pub targets: usize,
}

/// Agreement by chance of Gwet's coefficients: weights' sum over q(q − 1), times Σ π(1 − π).
pub(crate) fn chance(weights: &[f64], shares: &[f64]) -> f64 {
    let q = shares.len() as f64;
    let spread: f64 = shares.iter().map(|p| p * (1.0 - p)).sum();
    weights.iter().sum::<f64>() / (q * (q - 1.0)) * spread
}

/// Gwet's AC1 and AC2 (Br J Math Stat Psychol 2008;61:29; Handbook of Inter-Rater Reliability, 4th ed. 2014) for two
/// raters or more, with holes.
///
/// Where one grade is given nearly throughout, as 0 in joints that seldom erode, kappa is near 0 though readers nearly
/// always agree; these coefficients stay near the share of agreement. They take it for granted that chance agreement
/// comes from guesses only, which kappa does not.
///
/// # Errors
/// One grade throughout, no target rated twice, weights that do not fit the grades.
pub fn gwet_agreement(
    ratings: &Ratings,
    weights: &KappaWeights,
    confidence: f64,
) -> Result<GwetAgreement, Error> {
    let confidence = checked_confidence(confidence)?;
    let statistic = "Gwet's coefficient of agreement";
    let mut grades: Vec<f64> = ratings
        .values()
        .iter()
        .copied()
        .filter(|v| !v.is_nan())
        .collect();
    grades.sort_unstable_by(f64::total_cmp);
    grades.dedup_by(|a, b| a == b);
    let q = grades.len();
    if q < 2 {
        return Err(Error::Undefined {
            statistic,
            reason: "all ratings are equal: nothing varies".to_owned(),
        });
    }
    let weights = weights.matrix(&grades)?;
    let rows: Vec<Vec<f64>> = (0..ratings.targets())
        .map(|t| {
            let mut counts = vec![0.0; q];
            for value in ratings.row(t).iter().filter(|v| !v.is_nan()) {
                counts[grades.partition_point(|g| g < value)] += 1.0;
            }
            counts
        })
        .filter(|counts: &Vec<f64>| counts.iter().sum::<f64>() > 0.0)
        .collect();
    let n = rows.len() as f64;
    let given = |row: &[f64]| row.iter().sum::<f64>();
    let twice = rows.iter().filter(|r| given(r) > 1.0).count() as f64;
    if twice < 2.0 {
        return Err(Error::TooFew {
            statistic: "Gwet's coefficient of agreement (targets rated twice)",
            needed: 2,
            found: twice as usize,
        });
    }
    let shares: Vec<f64> = (0..q)
        .map(|k| rows.iter().map(|r| r[k] / given(r)).sum::<f64>() / n)
        .collect();
    let expected = chance(&weights, &shares);
    let agreement = |row: &[f64]| -> f64 {
        let m = given(row);
        if m < 2.0 {
            return 0.0;
        }
        let of = |(k, count): (usize, &f64)| {
            let weighted: f64 = weights[k * q..(k + 1) * q]
                .iter()
                .zip(row)
                .map(|(w, c)| w * c)
                .sum();
            count * (weighted - 1.0)
        };
        row.iter().enumerate().map(of).sum::<f64>() / (m * (m - 1.0))
    };
    let observed = rows.iter().map(|r| agreement(r)).sum::<f64>() / twice;
    if !(1.0 - expected > 1e-12) {
        return Err(Error::Undefined {
            statistic,
            reason: "chance alone agrees completely".to_owned(),
        });
    }
    let value = (observed - expected) / (1.0 - expected);
    let unit = weights.iter().sum::<f64>() / (q as f64 * (q as f64 - 1.0));
    let squares: f64 = rows
        .iter()
        .map(|row| {
            let expected_here = if given(row) > 1.0 { expected } else { 0.0 };
            let own = n / twice * (agreement(row) - expected_here) / (1.0 - expected);
            let chance_here: f64 = unit
                * row
                    .iter()
                    .zip(&shares)
                    .map(|(c, p)| c * (1.0 - p))
                    .sum::<f64>()
                / given(row);
            let linear = own - 2.0 * (1.0 - value) * (chance_here - expected) / (1.0 - expected);
            (linear - value).powi(2)
        })
        .sum();
    let standard_error = (squares / (n * (n - 1.0))).sqrt();
    let half = student_half_width(confidence, n - 1.0)? * standard_error;
    Ok(GwetAgreement {
        value,
        standard_error,
        interval: Interval::new(value - half, (value + half).min(1.0)),
        observed,
        expected,
        targets: rows.len(),
    })
}
