use crate::Error;
use howship_stats::normal_quantile;

/// Large-sample formulas of patients per arm for two shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleSizeFormula {
    /// Cohen's h: difference of arcsines. It is what "84 per arm" for 20 against 6 % came from.
    Arcsine,
    /// Variance of the difference under the alternative.
    Unpooled,
    /// Pooled under the null, unpooled under the alternative.
    Pooled,
    /// The same with Fleiss' continuity correction.
    PooledCorrected,
}

impl SampleSizeFormula {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Arcsine,
        Self::Unpooled,
        Self::Pooled,
        Self::PooledCorrected,
    ];
}

/// Patients per arm, not rounded, two-sided.
///
/// # Errors
/// Level or power outside (0, 1).
pub fn sample_size_formula(
    formula: SampleSizeFormula,
    shares: [f64; 2],
    level: f64,
    power: f64,
) -> Result<f64, Error> {
    let [p, q] = shares;
    let za = normal_quantile(1.0 - level / 2.0)?;
    let zb = normal_quantile(power)?;
    let own = p * (1.0 - p) + q * (1.0 - q);
    let mean = 0.5 * (p + q);
    let gap = (p - q).abs();
    let pooled = (za * (2.0 * mean * (1.0 - mean)).sqrt() + zb * own.sqrt()).powi(2) / (gap * gap);
    Ok(match formula {
        SampleSizeFormula::Arcsine => {
            let h = 2.0 * p.sqrt().asin() - 2.0 * q.sqrt().asin();
            2.0 * ((za + zb) / h).powi(2)
        }
        SampleSizeFormula::Unpooled => (za + zb).powi(2) * own / (gap * gap),
        SampleSizeFormula::Pooled => pooled,
        SampleSizeFormula::PooledCorrected => {
            pooled / 4.0 * (1.0 + (1.0 + 4.0 / (pooled * gap)).sqrt()).powi(2)
        }
    })
}
