use crate::drug::{Il1Receptor, default_set, one_compartment_steady};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// What Jiang 2000 (erosion −38 %, narrowing −58 % under anakinra) says of IL-1's weights, and what it cannot.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Jiang {
    /// Weight of IL-1 in erosion over its weight in narrowing: the only ratio that is identified.
    pub ratio: f64,
    /// Least mean fall of IL-1's effect that the trial allows, since no weight exceeds 1.
    pub least_fall: f64,
    /// Reduction of erosion expected before the trial is seen: 5th, 50th, 95th percentile.
    pub erosion_prior: [f64; 3],
    /// The same for narrowing.
    pub narrowing_prior: [f64; 3],
    /// Correlation of the weight and the fall among draws that give the observed erosion: near −1, only their
    /// product is known.
    pub correlation: f64,
}

/// Observed reductions (Arthritis Rheum 2000;43:1001).
const EROSION: f64 = 0.38;
const NARROWING: f64 = 0.58;

/// Prior-predictive reductions: weights uniform in 0.3-0.7 (erosion; Wei: about half) and 0.3-1 (narrowing), synovial
/// penetration log-normal about 0.3 with SD 0.8, doses 30, 75, 150 mg a day.
#[must_use]
pub fn jiang(draws: usize, seed: u64) -> Jiang {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let grid: Vec<(f64, f64)> = (0..=60)
        .map(|i| {
            let log = -4.0 + f64::from(i) * 0.1;
            (log, fall(log.exp()))
        })
        .collect();
    let interpolated = |log: f64| {
        let at = ((log + 4.0) / 0.1).clamp(0.0, 59.999);
        let k = at as usize;
        grid[k].1 + (at - k as f64) * (grid[k + 1].1 - grid[k].1)
    };
    let (mut erosion, mut narrowing, mut matched) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..draws {
        let z: f64 = StandardNormal.sample(&mut rng);
        let e = interpolated(0.3_f64.ln() + 0.8 * z);
        let w: f64 = rng.random_range(0.3..0.7);
        let j: f64 = rng.random_range(0.3..1.0);
        erosion.push(w * e);
        narrowing.push(j * e);
        if (w * e - EROSION).abs() < 0.03 {
            matched.push((w, e));
        }
    }
    Jiang {
        ratio: EROSION / NARROWING,
        least_fall: NARROWING,
        erosion_prior: band(erosion),
        narrowing_prior: band(narrowing),
        correlation: correlation(&matched),
    }
}

/// Mean fall of the occupancy over a day, over the trial's doses.
fn fall(penetration: f64) -> f64 {
    let receptor = Il1Receptor {
        penetration,
        ..Il1Receptor::default()
    };
    let Some(set) = default_set("anakinra") else {
        return 0.0;
    };
    let k = &set.kinetics;
    let doses = [30.0, 75.0, 150.0];
    let mean = |dose: f64| {
        let points = (0..96).map(|i| (f64::from(i) + 0.5) / 96.0);
        let falls = points.map(|t| {
            let c = one_compartment_steady(t, dose, 1.0, k.clearance, k.volume, k.absorption);
            1.0 - receptor.relative_occupancy(c)
        });
        falls.sum::<f64>() / 96.0
    };
    doses.map(mean).iter().sum::<f64>() / doses.len() as f64
}

fn band(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    [0.05, 0.5, 0.95].map(|p| {
        values
            .get((p * last).round() as usize)
            .copied()
            .unwrap_or(0.0)
    })
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len().max(1) as f64;
    let (mx, my) = pairs
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let sums = pairs.iter().fold([0.0; 3], |s, (x, y)| {
        let (dx, dy) = (x - mx, y - my);
        [s[0] + dx * dy, s[1] + dx * dx, s[2] + dy * dy]
    });
    sums[0] / (sums[1] * sums[2]).sqrt()
}
