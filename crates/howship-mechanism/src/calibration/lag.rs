use crate::bone::MineralLaw;

/// Days by which repair under a conventional drug trails a biologic's in the pure model: full gate, no resorption,
/// driver falling to 0 with two half-lives: `(2D₀ − D₀²/2)(t_c − t_b)/ln 2`.
///
/// It checks the code; it is no evidence of anything.
#[must_use]
pub fn lag_closed_form(before: f64, half_lives: [f64; 2]) -> f64 {
    (2.0 * before - before * before / 2.0) * (half_lives[1] - half_lives[0])
        / std::f64::consts::LN_2
}

/// One lag on a fine grid.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LagRow {
    /// Law; none: unmineralised matrix.
    pub law: Option<MineralLaw>,
    /// µm.
    pub threshold: f64,
    /// µm per day.
    pub apposition: f64,
    /// Days.
    pub days: f64,
}

/// Day at which a rim of `threshold` µm is there in the pure model, on a grid of 0.1 day.
#[must_use]
pub fn lag_on_grid(
    before: f64,
    half_life: f64,
    law: Option<MineralLaw>,
    threshold: f64,
    apposition: f64,
) -> f64 {
    const STEP: f64 = 0.1;
    const STEPS: usize = 14_000;
    const LAG: f64 = 30.0;
    // Thickness is the convolution of formation with mineral; summed over the days of formation.
    let formed = |day: f64| {
        if day < LAG {
            return 0.0;
        }
        let left = before * (-std::f64::consts::LN_2 * (day - LAG) / half_life).exp();
        apposition * (1.0 - left).powi(2) * STEP
    };
    let layers: Vec<f64> = (0..STEPS)
        .map(|i| formed((i as f64 + 0.5) * STEP))
        .collect();
    let thickness = |end: usize| -> f64 {
        let sum = layers[..end].iter().enumerate().map(|(i, layer)| {
            let age = (end as f64 - i as f64 - 0.5) * STEP;
            layer * law.map_or(1.0, |l| l.share(age))
        });
        sum.sum()
    };
    let (mut low, mut high) = (0, STEPS);
    if thickness(high) < threshold {
        return f64::INFINITY;
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if thickness(middle) >= threshold {
            high = middle;
        } else {
            low = middle;
        }
    }
    let (a, b) = (thickness(low), thickness(high));
    (low as f64 + (threshold - a) / (b - a)) * STEP
}

/// Lags of a conventional drug (43 days) behind a biologic (7 days) in the pure model.
#[must_use]
pub fn lags(before: f64) -> Vec<LagRow> {
    let mut rows = Vec::new();
    for law in [None, Some(MineralLaw::A), Some(MineralLaw::B)] {
        for threshold in [100.0, 200.0] {
            for apposition in [0.6, 0.9, 1.2] {
                let day = |half| lag_on_grid(before, half, law, threshold, apposition);
                rows.push(LagRow {
                    law,
                    threshold,
                    apposition,
                    days: day(43.0) - day(7.0),
                });
            }
        }
    }
    rows
}
