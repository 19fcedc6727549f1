use super::options::BetaPrior;
use rand::{Rng, RngExt};
use rand_distr::{Binomial, Distribution, StandardNormal};

/// A beta draw held off 0 and 1, where logarithms end; none of the shapes is ever 0 (priors are proper).
pub(crate) fn beta(rng: &mut impl Rng, a: f64, b: f64) -> f64 {
    const EDGE: f64 = 1e-12;
    let (x, y) = (gamma(rng, a.max(1e-3)), gamma(rng, b.max(1e-3)));
    if !(x + y > 0.0) {
        // Both underflowed: the mass lies at the ends, most at the larger shape's.
        return if a > b { 1.0 - EDGE } else { EDGE };
    }
    (x / (x + y)).clamp(EDGE, 1.0 - EDGE)
}

/// A gamma draw of scale 1 (Marsaglia, Tsang, ACM Trans Math Softw 2000), without the set-up of a distribution that
/// is drawn from once.
fn gamma(rng: &mut impl Rng, shape: f64) -> f64 {
    // Below 1 the draw is that of shape + 1, pulled down.
    let (up, pull) = if shape < 1.0 {
        (shape + 1.0, (rng.random::<f64>().ln() / shape).exp())
    } else {
        (shape, 1.0)
    };
    let d = up - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x: f64 = StandardNormal.sample(rng);
        let base = 1.0 + c * x;
        if !(base > 0.0) {
            continue;
        }
        let v = base * base * base;
        let u: f64 = rng.random();
        let square = x * x;
        if u < 1.0 - 0.0331 * square * square || u.ln() < 0.5 * square + d * (1.0 - v + v.ln()) {
            return d * v * pull;
        }
    }
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
    // A joint has tens of fellows: multiplying is quicker than logarithms.
    let mut mass = match n {
        0..64 => (1.0 - p).powi(n as i32),
        _ => (f64::from(n) * (-p).ln_1p()).exp(),
    };
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

/// One of weights that add up to 1.
pub(crate) fn pick<const N: usize>(rng: &mut impl Rng, weights: &[f64; N]) -> usize {
    // No branches: which it is cannot be foreseen.
    let (u, mut below, mut chosen) = (rng.random::<f64>(), 0.0, 0);
    for &w in &weights[..N - 1] {
        below += w;
        chosen += usize::from(u >= below);
    }
    // Rounding may leave u above all of them, where the last weight is nothing.
    while chosen > 0 && !(weights[chosen] > 0.0) {
        chosen -= 1;
    }
    chosen
}

/// Splits `n` over weights that add up to 1, of which one mostly takes all: that one is asked first.
pub(crate) fn split_mostly<const N: usize>(
    rng: &mut impl Rng,
    n: u32,
    weights: &[f64; N],
) -> [u32; N] {
    let mut out = [0; N];
    if n == 1 {
        out[pick(rng, weights)] = 1;
        return out;
    }
    let mut most = 0;
    for i in 1..N {
        if weights[i] > weights[most] {
            most = i;
        }
    }
    // The others' sum, not one less the largest share: that would round small shares away.
    let mut rest = *weights;
    rest[most] = 0.0;
    let others = binomial(rng, n, rest.iter().sum());
    out[most] = n - others;
    if others > 0 {
        split(rng, others, &rest, |i, k| out[i] += k);
    }
    out
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
        for (a, b) in [(2.0, 6.0), (0.2, 4.8), (1.0, 1.0), (14.5, 31.0)] {
            let draws: Vec<f64> = (0..n).map(|_| beta(&mut rng, a, b)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let var = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / f64::from(n);
            let sd = BetaPrior::new(a, b).sd();
            assert!(
                (mean - a / (a + b)).abs() < 5.0 * sd / f64::from(n).sqrt(),
                "{mean}"
            );
            assert!((var / (sd * sd) - 1.0).abs() < 0.06, "{a} {b}: {var}");
        }
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
