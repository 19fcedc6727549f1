//! How residuals count, and how large they are.

/// How residuals count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Linear beyond 1.345 standard deviations: convex, for the way down.
    Huber(f64),
    /// Nothing beyond 4.685: changed bone and neighbours have no say in the final pose.
    Tukey(f64),
}

/// Tukey's limit for 95 % efficiency at the normal distribution.
pub(crate) const TUKEY: f64 = 4.685;
const HUBER: f64 = 1.345;

impl Loss {
    /// Loss, weight ψ(r)/r and ψ'(r).
    #[inline]
    pub(crate) fn at(self, r: f64) -> (f64, f64, f64) {
        match self {
            Self::Huber(scale) => {
                let limit = HUBER * scale;
                if r.abs() <= limit {
                    (0.5 * r * r, 1.0, 1.0)
                } else {
                    (limit * (r.abs() - 0.5 * limit), limit / r.abs(), 0.0)
                }
            }
            Self::Tukey(scale) => {
                let limit = TUKEY * scale;
                let u2 = (r / limit).powi(2);
                if u2 >= 1.0 {
                    return (limit * limit / 6.0, 0.0, 0.0);
                }
                let v = 1.0 - u2;
                (
                    limit * limit / 6.0 * (1.0 - v * v * v),
                    v * v,
                    v * (1.0 - 5.0 * u2),
                )
            }
        }
    }
}

/// Robust standard deviation: 1.4826 times the median of the absolute residuals.
pub(crate) fn scale(residuals: &[f32]) -> f64 {
    let mut sizes: Vec<f32> = residuals
        .iter()
        .filter(|r| r.is_finite())
        .map(|r| r.abs())
        .collect();
    if sizes.is_empty() {
        return 0.0;
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
    1.4826 * f64::from(*median)
}
