//! A straight line whose errors hold whatever the spread around it.

use crate::quantiles::{checked_confidence, student_half_width};
use crate::{Error, Estimate, Interval, Ratings, normal_quantile, student_t_cdf};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

/// A straight line with errors that hold whatever the spread around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// Value at 0.
    pub intercept: f64,
    /// Slope, with its t interval (heteroscedasticity-consistent, HC3; MacKinnon, White, J Econom 1985).
    pub slope: Estimate,
    /// Two-sided probability of such a slope where there is none.
    pub p: f64,
    /// Variance of the intercept, covariance, variance of the slope (HC3).
    #[serde(skip)]
    covariance: [f64; 3],
    /// Quantile of t that intervals use.
    #[serde(skip)]
    quantile: f64,
}

impl Line {
    /// Interval of the height at `x`, at the confidence of the slope's.
    #[must_use]
    pub fn interval_at(&self, x: f64) -> Interval {
        let [a, ab, b] = self.covariance;
        let half = self.quantile * (a + 2.0 * x * ab + x * x * b).max(0.0).sqrt();
        Interval::new(self.at(x) - half, self.at(x) + half)
    }

    /// Height at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope.value * x
    }

    /// Least squares.
    fn fit(points: &[(f64, f64)], confidence: f64, statistic: &'static str) -> Result<Self, Error> {
        let n = points.len() as f64;
        if points.len() < 4 {
            return Err(Error::TooFew {
                statistic,
                needed: 4,
                found: points.len(),
            });
        }
        let x = points.iter().map(|p| p.0).sum::<f64>() / n;
        let y = points.iter().map(|p| p.1).sum::<f64>() / n;
        let sxx: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
        if !(sxx > 1e-12 * (n * x * x).max(f64::MIN_POSITIVE)) {
            return Err(Error::Undefined {
                statistic,
                reason: "all means are equal: no slope can be seen".to_owned(),
            });
        }
        let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / sxx;
        let mut covariance = [0.0; 3];
        for p in points {
            let leverage = 1.0 / n + (p.0 - x).powi(2) / sxx;
            let residual = (p.1 - y - slope * (p.0 - x)) / (1.0 - leverage).max(1e-6);
            let on_slope = (p.0 - x) / sxx * residual;
            let on_intercept = residual / n - x * on_slope;
            covariance[0] += on_intercept * on_intercept;
            covariance[1] += on_intercept * on_slope;
            covariance[2] += on_slope * on_slope;
        }
        let se = covariance[2].sqrt();
        let quantile = student_half_width(confidence, n - 2.0)?;
        let half = quantile * se;
        let p = if se > 0.0 {
            2.0 * student_t_cdf(-(slope / se).abs(), n - 2.0)?
        } else {
            1.0
        };
        Ok(Self {
            intercept: y - slope * x,
            slope: Estimate::new(slope, slope - half, slope + half),
            p,
            covariance,
            quantile,
        })
    }
}

/// Least squares of the second number of each point on the first.
///
/// # Errors
/// Fewer than 4 points, all at one place.
pub fn line_of_points(points: &[(f64, f64)], confidence: f64) -> Result<Line, Error> {
    Line::fit(points, checked_confidence(confidence)?, "a line")
}

/// Limits of agreement that depend on the size of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeteroscedasticLimits {
    /// Difference on |mean|: bias.
    pub bias: Line,
    /// SD of the difference on |mean|.
    pub sd: Line,
    /// SDs from the bias at which limits lie.
    pub multiple: f64,
    /// Smallest and largest |mean| seen: the lines hold between.
    pub range: (f64, f64),
}

impl HeteroscedasticLimits {
    /// Lower and upper limit at a mean; none where the fitted SD is not positive.
    #[must_use]
    pub fn at(&self, mean: f64) -> Option<(f64, f64)> {
        let sd = self.sd.at(mean.abs());
        let bias = self.bias.at(mean.abs());
        (sd > 0.0).then_some((bias - self.multiple * sd, bias + self.multiple * sd))
    }
}

/// Limits of agreement where the spread grows with the size: differences regressed on |mean|, then absolute
/// residuals times √(π/2) on |mean| (Bland, Altman, Stat Methods Med Res 1999, §3.2).
///
/// # Errors
/// Fewer than 4 pairs; all means equal.
pub fn heteroscedastic_limits(
    pairs: &[(f64, f64)],
    options: &crate::BlandAltmanOptions,
) -> Result<HeteroscedasticLimits, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let statistic = "limits of agreement by size";
    let points: Vec<(f64, f64)> = (pairs.iter())
        .map(|(a, b)| ((0.5 * (a + b)).abs(), a - b))
        .filter(|(m, d)| m.is_finite() && d.is_finite())
        .collect();
    let bias = Line::fit(&points, confidence, statistic)?;
    let root = (0.5 * std::f64::consts::PI).sqrt();
    // Two coefficients were fitted: without this the SD would come out small in small studies.
    let correction = (points.len() as f64 / (points.len() as f64 - 2.0)).sqrt();
    let spread: Vec<(f64, f64)> = (points.iter())
        .map(|&(m, d)| (m, root * correction * (d - bias.at(m)).abs()))
        .collect();
    Ok(HeteroscedasticLimits {
        bias,
        sd: Line::fit(&spread, confidence, statistic)?,
        multiple: options.multiple,
        range: range(&points),
    })
}

fn range(points: &[(f64, f64)]) -> (f64, f64) {
    (points.iter()).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
        (low.min(p.0), high.max(p.0))
    })
}

/// Patients of about one size of change, and how far readers differ on them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SizeGroup {
    /// Mean of |mean change|.
    pub size: f64,
    /// Mean SD of one reader's change.
    pub sd: f64,
    /// Patients.
    pub targets: usize,
}

/// Error of measurement of a change as a function of the size of the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetectableChangeBySize {
    /// SD of one reader's change around the readers' mean, on |mean change|.
    pub sd: Line,
    /// Smallest and largest |mean change| seen.
    pub range: (f64, f64),
    /// Patients used.
    pub targets: usize,
    /// Up to five groups of patients by size, as many in each.
    pub groups: Vec<SizeGroup>,
}

impl DetectableChangeBySize {
    /// Interval of [`Self::at`], from that of the line; none where the line is not positive.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub fn interval_at(
        &self,
        size: f64,
        readers: f64,
        level: f64,
    ) -> Result<Option<Interval>, Error> {
        let Some(value) = self.at(size, readers, level)? else {
            return Ok(None);
        };
        let factor = value / self.sd.at(size.abs());
        let band = self.sd.interval_at(size.abs());
        Ok(Some(Interval::new(
            factor * band.lower.max(0.0),
            factor * band.upper,
        )))
    }

    /// Smallest detectable change at this |mean change| for the mean of `readers` fixed readers; none where the line
    /// is not positive.
    ///
    /// # Errors
    /// `level` not strictly between 0 and 1.
    pub fn at(&self, size: f64, readers: f64, level: f64) -> Result<Option<f64>, Error> {
        let z = normal_quantile(0.5 + 0.5 * level)?;
        let sd = self.sd.at(size.abs());
        Ok((sd > 0.0).then(|| z * sd / (readers.max(1.0)).sqrt()))
    }
}

/// Smallest detectable change by size of the change: readers' SD in each patient, less the readers' bias, regressed
/// on |mean change| (as Bland and Altman 1999 do for pairs; SD corrected for its bias by c4).
///
/// Error grows with progression (Navarro-Compán et al., Ann Rheum Dis 2014): one SDC for all is too large for
/// patients without change and too small for those who progress.
///
/// # Errors
/// Fewer than 4 patients with two readers; all mean changes equal.
pub fn detectable_change_by_size(
    changes: &Ratings,
    confidence: f64,
) -> Result<DetectableChangeBySize, Error> {
    let confidence = checked_confidence(confidence)?;
    let statistic = "detectable change by size";
    let bias = rater_bias(changes);
    let points: Vec<(f64, f64)> = (0..changes.targets())
        .filter_map(|i| {
            let row = changes.row(i).iter().enumerate();
            let raw: Vec<(f64, f64)> = row
                .filter(|(_, v)| !v.is_nan())
                .map(|(j, v)| (*v, v - bias[j]))
                .collect();
            let n = raw.len() as f64;
            let mean = raw.iter().map(|v| v.0).sum::<f64>() / n;
            let centre = raw.iter().map(|v| v.1).sum::<f64>() / n;
            let squares: f64 = raw.iter().map(|v| (v.1 - centre).powi(2)).sum();
            (raw.len() > 1).then(|| (mean.abs(), (squares / (n - 1.0)).sqrt() / c4(n)))
        })
        .collect();
    let correction = (points.len() as f64 / (points.len() as f64 - 1.0).max(1.0)).sqrt();
    let points: Vec<(f64, f64)> = points.iter().map(|p| (p.0, p.1 * correction)).collect();
    Ok(DetectableChangeBySize {
        sd: Line::fit(&points, confidence, statistic)?,
        range: range(&points),
        targets: points.len(),
        groups: groups(points),
    })
}

/// Fewer patients than this make no group.
const LEAST_IN_GROUP: usize = 4;

fn groups(mut points: Vec<(f64, f64)>) -> Vec<SizeGroup> {
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let count = (points.len() / LEAST_IN_GROUP).clamp(1, 5);
    let group = |i: usize| {
        let part = &points[points.len() * i / count..points.len() * (i + 1) / count];
        let n = part.len() as f64;
        SizeGroup {
            size: part.iter().map(|p| p.0).sum::<f64>() / n,
            sd: part.iter().map(|p| p.1).sum::<f64>() / n,
            targets: part.len(),
        }
    };
    (0..count).map(group).collect()
}

/// Expected SD of n normal numbers over their true SD.
fn c4(n: f64) -> f64 {
    (2.0 / (n - 1.0)).sqrt() * (ln_gamma(0.5 * n) - ln_gamma(0.5 * (n - 1.0))).exp()
}

/// Mean deviation of each rater from the targets' means.
fn rater_bias(ratings: &Ratings) -> Vec<f64> {
    let k = ratings.raters();
    let (mut sums, mut counts) = (vec![0.0; k], vec![0.0f64; k]);
    for i in 0..ratings.targets() {
        let row = ratings.row(i);
        let present = || row.iter().enumerate().filter(|(_, v)| !v.is_nan());
        let n = present().count() as f64;
        let mean = present().map(|(_, v)| v).sum::<f64>() / n;
        for (j, v) in present().filter(|_| n > 1.0) {
            sums[j] += v - mean;
            counts[j] += 1.0;
        }
    }
    (sums.iter().zip(&counts))
        .map(|(s, c)| s / c.max(1.0))
        .collect()
}
