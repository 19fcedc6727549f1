use crate::Error;
use crate::bone::{LesionSize, LesionTraits, MineralTable, Wall, WallInput, WallParameters};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A factor of the time to a visible rim, with its range.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Factor {
    /// Name.
    pub name: &'static str,
    /// Uniform in this range.
    pub range: [f64; 2],
}

/// Twelve factors: of the wall, the driver, the mineral and the eye.
const FACTORS: [Factor; 12] = [
    Factor {
        name: "apposition, µm/d",
        range: [0.6, 1.2],
    },
    Factor {
        name: "osteoblast surface share",
        range: [0.2, 1.0],
    },
    Factor {
        name: "reversal lag, d",
        range: [10.0, 60.0],
    },
    Factor {
        name: "gate exponent",
        range: [0.5, 3.0],
    },
    Factor {
        name: "gate strength",
        range: [0.2, 1.0],
    },
    Factor {
        name: "resorption, µm/d",
        range: [0.1, 3.0],
    },
    Factor {
        name: "resorption exponent",
        range: [0.5, 3.0],
    },
    Factor {
        name: "driver before",
        range: [0.5, 0.95],
    },
    Factor {
        name: "residual driver",
        range: [0.0, 0.4],
    },
    Factor {
        name: "log half-life of the driver, d",
        range: [1.609_437_912_434_100_3, 4.094_344_562_222_1],
    },
    Factor {
        name: "mineral law, A to B",
        range: [0.0, 1.0],
    },
    Factor {
        name: "threshold, µm",
        range: [50.0, 200.0],
    },
];

/// How many runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensitivityOptions {
    /// Base samples (4096); each costs one run per factor and two more.
    pub samples: usize,
    /// Bootstrap draws for the half-widths (200).
    pub bootstrap: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for SensitivityOptions {
    fn default() -> Self {
        Self {
            samples: 4096,
            bootstrap: 200,
            seed: 1,
        }
    }
}

/// Share of the variance of the time to a visible rim that a factor explains.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SobolIndex {
    /// Factor.
    pub name: &'static str,
    /// By itself.
    pub first: f64,
    /// With all its interactions.
    pub total: f64,
    /// Half-width of the 95 % interval of the total index (bootstrap).
    pub half_width: f64,
}

const STEP: f64 = 5.0;
const STEPS: usize = 219;

/// Days until a rim of the threshold is there, capped at three years: one lesion of a joint without flares.
#[must_use]
pub fn first_visible(x: &[f64; 12], table: &MineralTable) -> f64 {
    let [
        apposition,
        share,
        lag,
        exponent,
        strength,
        resorption,
        power,
        before,
        residual,
        log_half,
        law,
        threshold,
    ] = *x;
    let parameters = WallParameters {
        gate_strength: strength,
        gate_exponent: exponent,
        reversal_lag: lag,
        resorption_exponent: power,
        ..WallParameters::default()
    };
    let traits = LesionTraits {
        apposition,
        resorption,
        surface_share: share,
        size: LesionSize {
            depth: 1e3,
            width: 2.0,
        },
    };
    let half_life = log_half.exp();
    let mut wall = Wall::new(&parameters, before, STEPS, STEP);
    for k in 0..STEPS {
        let fall = (-std::f64::consts::LN_2 * (k as f64 + 0.5) * STEP / half_life).exp();
        let driver = residual + (before - residual) * fall;
        let input = WallInput {
            driver,
            osteoclast_drive: driver,
            osteoclast_factor: 1.0,
        };
        wall.step(&parameters, &traits, input, STEP);
        let [a, b] = wall.mineral(table);
        if (1.0 - law) * a + law * b >= threshold {
            return (k as f64 + 1.0) * STEP;
        }
    }
    STEPS as f64 * STEP
}

/// Sobol's indices of [`first_visible`], largest total first.
///
/// Estimators of Saltelli (first order) and Jansen (total) (Comput Phys Commun 2010;181:259) on two independent
/// random matrices.
///
/// # Errors
/// Fewer than 16 samples.
pub fn sobol(options: &SensitivityOptions) -> Result<Vec<SobolIndex>, Error> {
    let n = options.samples;
    if n < 16 {
        return Err(Error::value("samples", n, "give at least 16"));
    }
    let table = MineralTable::new(STEPS, STEP);
    let rows: Vec<[f64; 14]> = (0..n)
        .into_par_iter()
        .map(|row| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
            rng.set_stream(row as u64);
            let mut draw = || FACTORS.map(|f| rng.random_range(f.range[0]..f.range[1]));
            let (a, b): ([f64; 12], [f64; 12]) = (draw(), draw());
            let mut y = [0.0; 14];
            y[0] = first_visible(&a, &table);
            y[1] = first_visible(&b, &table);
            for i in 0..12 {
                let mut mixed = a;
                mixed[i] = b[i];
                y[2 + i] = first_visible(&mixed, &table);
            }
            y
        })
        .collect();
    let all: Vec<usize> = (0..n).collect();
    let point = indices(&rows, &all);
    let draws: Vec<[[f64; 2]; 12]> = (0..options.bootstrap)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed ^ 0xb007);
            rng.set_stream(draw as u64);
            let picked: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
            indices(&rows, &picked)
        })
        .collect();
    let mut found: Vec<SobolIndex> = (0..12)
        .map(|i| {
            let m = draws.len().max(1) as f64;
            let mean = draws.iter().map(|d| d[i][1]).sum::<f64>() / m;
            let spread = draws.iter().map(|d| (d[i][1] - mean).powi(2)).sum::<f64>() / m;
            SobolIndex {
                name: FACTORS[i].name,
                first: point[i][0],
                total: point[i][1],
                half_width: 1.96 * spread.sqrt(),
            }
        })
        .collect();
    found.sort_by(|a, b| b.total.total_cmp(&a.total));
    Ok(found)
}

fn indices(rows: &[[f64; 14]], picked: &[usize]) -> [[f64; 2]; 12] {
    let n = picked.len() as f64;
    let both = picked.iter().flat_map(|&r| [rows[r][0], rows[r][1]]);
    let mean = both.clone().sum::<f64>() / (2.0 * n);
    let variance = both.map(|y| (y - mean).powi(2)).sum::<f64>() / (2.0 * n);
    std::array::from_fn(|i| {
        let (mut first, mut total) = (0.0, 0.0);
        for &r in picked {
            let [a, b] = [rows[r][0], rows[r][1]];
            let mixed = rows[r][2 + i];
            first += (b - mean) * (mixed - a);
            total += (a - mixed).powi(2);
        }
        [first / n / variance, total / (2.0 * n) / variance]
    })
}
