//! Means, variances and correlation of two images over the samples that both show.

/// First and second moments of the two images over the samples that both show.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub count: f64,
    pub fixed: f64,
    pub moving: f64,
    pub fixed_variance: f64,
    pub moving_variance: f64,
    pub covariance: f64,
}

impl Moments {
    /// Pearson correlation; 0 where one image is constant.
    pub(crate) fn correlation(&self) -> f64 {
        let product = self.fixed_variance * self.moving_variance;
        if product > 0.0 {
            (self.covariance / product.sqrt()).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    }

    pub(crate) fn from_sums(s: [f64; 6], origin: f64) -> Self {
        let n = s[0];
        if n == 0.0 {
            return Self::default();
        }
        let (f, m) = (s[1] / n, s[2] / n);
        Self {
            count: n,
            fixed: f + origin,
            moving: m + origin,
            fixed_variance: (s[3] / n - f * f).max(0.0),
            moving_variance: (s[4] / n - m * m).max(0.0),
            covariance: s[5] / n - f * m,
        }
    }
}

pub(crate) fn add_moments(sums: &mut [f64; 6], f: f64, m: f64) {
    for (sum, value) in sums.iter_mut().zip([1.0, f, m, f * f, m * m, f * m]) {
        *sum += value;
    }
}
