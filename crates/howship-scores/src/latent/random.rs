use super::options::BetaPrior;
use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution, Gamma};

/// A beta draw held off 0 and 1, where logarithms end; none of the shapes is ever 0 (priors are proper).
pub(crate) fn beta(rng: &mut impl Rng, a: f64, b: f64) -> f64 {
    const EDGE: f64 = 1e-12;
    let mut gamma = |shape: f64| Gamma::new(shape.max(1e-3), 1.0).map_or(shape, |g| g.sample(rng));
    let (x, y) = (gamma(a), gamma(b));
    if !(x + y > 0.0) {
        // Both underflowed: the mass lies at the ends, most at the larger shape's.
        return if a > b { 1.0 - EDGE } else { EDGE };
    }
    (x / (x + y)).clamp(EDGE, 1.0 - EDGE)
}

/// A rate given how often it happened.
pub(crate) fn rate(rng: &mut impl Rng, prior: BetaPrior, happened: f64, not: f64) -> f64 {
    beta(rng, prior.a + happened, prior.b + not)
}

/// Binomial draw.
pub(crate) fn binomial(rng: &mut impl Rng, n: u32, p: f64) -> u32 {
    if n == 0 || !(p > 0.0) {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    if n == 1 {
        return u32::from(rng.random::<f64>() < p);
    }
    if p > 0.5 {
        return n - binomial(rng, n, 1.0 - p);
    }
    if f64::from(n) * p < 10.0 {
        return inversion(rng, n, p);
    }
    Binomial::new(u64::from(n), p).map_or(0, |b| b.sample(rng) as u32)
}

/// Counts up from 0: quick where few are expected, which is nearly always so here.
fn inversion(rng: &mut impl Rng, n: u32, p: f64) -> u32 {
    let mut mass = (f64::from(n) * (-p).ln_1p()).exp();
    let mut u = rng.random::<f64>();
    let odds = p / (1.0 - p);
    let mut k = 0;
    while u > mass && k < n {
        u -= mass;
        mass *= odds * f64::from(n - k) / f64::from(k + 1);
        k += 1;
    }
    k
}

/// Splits `n` over weights; calls `give` for every share that is not empty.
pub(crate) fn split(rng: &mut impl Rng, n: u32, weights: &[f64], mut give: impl FnMut(usize, u32)) {
    let mut left: f64 = weights.iter().sum();
    let mut n = n;
    if n == 1 {
        let mut u = rng.random::<f64>() * left;
        let mut chosen = 0;
        for (i, &w) in weights.iter().enumerate() {
            if w > 0.0 {
                chosen = i;
                if u < w {
                    break;
                }
                u -= w;
            }
        }
        give(chosen, 1);
        return;
    }
    for (i, &w) in weights.iter().enumerate() {
        if n == 0 {
            return;
        }
        if !(w > 0.0) {
            continue;
        }
        let share = if w >= left {
            n
        } else {
            binomial(rng, n, w / left)
        };
        if share > 0 {
            give(i, share);
            n -= share;
        }
        left -= w;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let n = 40_000;
        let mean = (0..n).map(|_| beta(&mut rng, 2.0, 6.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 0.25).abs() < 0.004, "{mean}");
        for (size, p) in [(1, 0.3), (7, 0.2), (60, 0.01), (90, 0.7), (500, 0.4)] {
            let draws: Vec<f64> = (0..n)
                .map(|_| f64::from(binomial(&mut rng, size, p)))
                .collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let var = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / f64::from(n);
            let (m, v) = (f64::from(size) * p, f64::from(size) * p * (1.0 - p));
            assert!(
                (mean - m).abs() < 5.0 * (v / f64::from(n)).sqrt(),
                "{size} {p}: {mean}"
            );
            assert!((var / v - 1.0).abs() < 0.05, "{size} {p}: {var} for {v}");
        }
    }

    #[test]
    fn a_split_gives_everything_away_in_proportion() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut sums = [0u32; 4];
        for n in [1, 1, 1, 5, 30].into_iter().cycle().take(20_000) {
            split(&mut rng, n, &[1.0, 0.0, 3.0, 4.0], |i, k| sums[i] += k);
        }
        let total: u32 = sums.iter().sum();
        assert_eq!(total, 20_000 / 5 * 38);
        assert_eq!(sums[1], 0);
        assert!((f64::from(sums[0]) / f64::from(total) - 0.125).abs() < 0.005);
        assert!((f64::from(sums[3]) / f64::from(total) - 0.5).abs() < 0.005);
    }
}
