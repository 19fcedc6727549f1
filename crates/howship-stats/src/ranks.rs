//! Ranks, and tests on them.

use crate::linear_model::finite;
use crate::{Error, normal_cdf, normal_quantile};
use serde::Serialize;

/// Ranks from 1; tied values share the mean of their ranks.
///
/// # Errors
/// A value that is not finite.
pub fn mid_ranks(values: &[f64]) -> Result<Vec<f64>, Error> {
    finite(values, "value to be ranked")?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0.0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before + 0.5 * (group.len() as f64 + 1.0);
        for &i in group {
            ranks[i] = rank;
        }
        before += group.len() as f64;
    }
    Ok(ranks)
}

/// Spearman's rank correlation of pairs; `None` where either does not vary, a value is not finite or there are not as many.
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    let (x, y) = (mid_ranks(x).ok()?, mid_ranks(y).ok()?);
    let mean = 0.5 * (x.len() as f64 + 1.0);
    let product = |a: &[f64], b: &[f64]| {
        let terms = a.iter().zip(b).map(|(u, v)| (u - mean) * (v - mean));
        terms.sum::<f64>()
    };
    let (xx, yy) = (product(&x, &x), product(&y, &y));
    (xx > 0.0 && yy > 0.0).then(|| product(&x, &y) / (xx * yy).sqrt())
}

/// Van der Waerden's normal scores `Φ⁻¹(R/(N + 1))` of mid-ranks (van der Waerden, Indag Math 1952).
///
/// # Errors
/// A value that is not finite.
pub fn normal_scores(values: &[f64]) -> Result<Vec<f64>, Error> {
    let n = values.len() as f64;
    let ranks = mid_ranks(values)?;
    ranks
        .iter()
        .map(|r| normal_quantile(r / (n + 1.0)))
        .collect()
}

/// Wilcoxon's rank-sum test of two samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankSum {
    /// Mann and Whitney's U of the first sample: pairs in which it is larger, ties counted as half.
    pub u: f64,
    /// U over the product of the sizes: probability that a value of the first sample is larger.
    pub superiority: f64,
    /// Two-sided.
    pub p: f64,
    /// Whether p is exact; else by the normal approximation with corrections for ties and continuity.
    pub exact: bool,
}

/// Largest sample whose distribution of U is counted out.
const EXACT_UP_TO: usize = 49;

/// Wilcoxon's rank-sum (Mann-Whitney) test; exact up to 49 values a sample where no value is tied.
/// (Mann, Whitney, Ann Math Stat 1947; Lehmann, Nonparametrics, 1975, 1.4.)
///
/// # Errors
/// An empty sample, a value that is not finite, all values equal.
pub fn rank_sum(first: &[f64], second: &[f64]) -> Result<RankSum, Error> {
    if first.is_empty() || second.is_empty() {
        return Err(Error::TooFew {
            statistic: "a rank-sum test (in each sample)",
            needed: 1,
            found: 0,
        });
    }
    let both: Vec<f64> = first.iter().chain(second).copied().collect();
    let ranks = mid_ranks(&both)?;
    let (m, n) = (first.len() as f64, second.len() as f64);
    let sum: f64 = ranks[..first.len()].iter().sum();
    let u = sum - m * (m + 1.0) / 2.0;
    let ties = tie_term(&ranks);
    let exact = ties == 0.0 && first.len() <= EXACT_UP_TO && second.len() <= EXACT_UP_TO;
    let p = if exact {
        exact_p(u, first.len(), second.len())
    } else {
        let total = m + n;
        let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
        if !(variance > 0.0) {
            return Err(Error::Undefined {
                statistic: "a rank-sum test",
                reason: "all values are equal".to_owned(),
            });
        }
        let distance = ((u - m * n / 2.0).abs() - 0.5).max(0.0);
        2.0 * normal_cdf(-distance / variance.sqrt())
    };
    Ok(RankSum {
        u,
        superiority: u / (m * n),
        p: p.min(1.0),
        exact,
    })
}

/// Sum of t³ − t over groups of t tied ranks.
fn tie_term(ranks: &[f64]) -> f64 {
    let mut sorted = ranks.to_vec();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a == b);
    groups
        .map(|g| (g.len() as f64).powi(3) - g.len() as f64)
        .sum()
}

fn exact_p(u: f64, m: usize, n: usize) -> f64 {
    let counts = u_distribution(m, n);
    let total: f64 = counts.iter().sum();
    let low = (u.min((m * n) as f64 - u)).round() as usize;
    2.0 * counts[..=low.min(m * n)].iter().sum::<f64>() / total
}

/// How many orders of m and n values give each U: coefficients of the Gaussian binomial.
fn u_distribution(m: usize, n: usize) -> Vec<f64> {
    let size = m * n + 1;
    let mut counts = vec![0.0; size];
    counts[0] = 1.0;
    for i in 1..=m {
        for u in (n + i..size).rev() {
            counts[u] -= counts[u - n - i];
        }
        for u in i..size {
            counts[u] += counts[u - i];
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        let ranks = mid_ranks(&[3.0, 1.0, 3.0, -2.0, 3.0]).unwrap();
        assert_eq!(ranks, [4.0, 2.0, 4.0, 1.0, 4.0]);
        assert!(mid_ranks(&[]).unwrap().is_empty());
        assert!(mid_ranks(&[f64::NAN]).is_err());
        let scores = normal_scores(&[5.0, 7.0, 6.0]).unwrap();
        assert!((scores[1] - 0.674_489_75).abs() < 1e-8 && scores[2].abs() < 1e-12);
    }

    /// Hollander, Wolfe, Nonparametric Statistical Methods, 1973, p. 69: U = 35, p one-sided 0.1272.
    #[test]
    fn rank_sum_as_published() {
        let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let y = [1.15, 0.88, 0.90, 0.74, 1.21];
        let test = rank_sum(&x, &y).unwrap();
        assert!(test.exact && test.u == 35.0);
        assert!((test.p - 0.254_412_254_4).abs() < 1e-9, "{}", test.p);
    }

    #[test]
    fn ties_go_by_the_normal_approximation() {
        let test = rank_sum(&[1.0, 2.0, 2.0, 3.0], &[2.0, 4.0, 5.0, 5.0]).unwrap();
        // U = 2; variance 16/12·(9 − (24 + 6)/56); z = (6 − 0.5)/3.357.
        let variance: f64 = 16.0 / 12.0 * (9.0 - 30.0 / 56.0);
        assert!(!test.exact && test.u == 2.0);
        assert!((test.p - 2.0 * normal_cdf(-5.5 / variance.sqrt())).abs() < 1e-12);
        assert!(rank_sum(&[1.0, 1.0], &[1.0, 1.0]).is_err());
        assert!(rank_sum(&[], &[1.0]).is_err());
    }

    #[test]
    fn exact_counts_add_up_to_all_orders() {
        let counts = u_distribution(5, 4);
        assert_eq!(counts.iter().sum::<f64>(), 126.0);
        assert_eq!(counts[..5], [1.0, 1.0, 2.0, 3.0, 5.0]);
    }
}
