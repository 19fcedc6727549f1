//! Exact power by enumeration of every pair of counts.

use howship_stats::{ln_gamma, normal_cdf};
use rayon::prelude::*;

/// A test of two shares, two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// χ² without correction. Its size exceeds the level: .0515 at 84 per arm.
    ChiSquare,
    /// χ² with Yates' correction.
    Yates,
    /// Fisher's exact test (tables no more probable than the observed one).
    Fisher,
    /// Barnard's unconditional test on the pooled z.
    Barnard,
    /// Boschloo's unconditional test on Fisher's two-sided p.
    Boschloo,
    /// Twice the smaller of Boschloo's one-sided p, as some programs define the two-sided test: 10 of 50 against 3 of
    /// 48 gives .062 above and .056 here. Programs differ in whether a table's rows or its columns are the arms; with
    /// the two exchanged this table would give .048.
    BoschlooDoubled,
}

impl Test {
    /// Every test.
    pub const ALL: [Self; 6] = [
        Self::ChiSquare,
        Self::Barnard,
        Self::Boschloo,
        Self::BoschlooDoubled,
        Self::Fisher,
        Self::Yates,
    ];

    /// Name in print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ChiSquare => "χ²",
            Self::Yates => "χ² with Yates' correction",
            Self::Fisher => "Fisher",
            Self::Barnard => "Barnard (pooled z)",
            Self::Boschloo => "Boschloo",
            Self::BoschlooDoubled => "Boschloo, one-sided doubled",
        }
    }
}

/// Responders and patients of two arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Responders.
    pub responders: [usize; 2],
    /// Patients.
    pub patients: [usize; 2],
}

/// Shares tried for the unconditional tests' nuisance parameter (999; the supremum moves by less than 1e-4 beyond).
const GRID: usize = 999;

fn ln_choose(n: usize, k: usize) -> f64 {
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
}

/// Binomial probabilities of 0..=n.
fn binomial(n: usize, p: f64) -> Vec<f64> {
    if p <= 0.0 || p >= 1.0 {
        let sure = if p <= 0.0 { 0 } else { n };
        return (0..=n).map(|k| f64::from(u8::from(k == sure))).collect();
    }
    let (a, b) = (p.ln(), (-p).ln_1p());
    (0..=n)
        .map(|k| (ln_choose(n, k) + k as f64 * a + (n - k) as f64 * b).exp())
        .collect()
}

/// p-values of every table with these arms, row by responders of the first arm.
fn p_values(test: Test, [n, m]: [usize; 2]) -> Vec<f64> {
    match test {
        Test::ChiSquare | Test::Yates => {
            let correct = test == Test::Yates;
            tables(n, m)
                .map(|(x, y)| 2.0 * normal_cdf(-z(x, n, y, m, correct)))
                .collect()
        }
        Test::Fisher => fisher(n, m),
        Test::Barnard => {
            let extreme: Vec<f64> = tables(n, m).map(|(x, y)| -z(x, n, y, m, false)).collect();
            unconditional(&extreme, [n, m], n == m)
        }
        Test::Boschloo => unconditional(&fisher(n, m), [n, m], n == m),
        Test::BoschlooDoubled => {
            let sides = [true, false].map(|upper| {
                let one = fisher_one_sided(n, m, upper);
                unconditional(&one, [n, m], false)
            });
            let both = sides[0].iter().zip(&sides[1]);
            both.map(|(a, b)| (2.0 * a.min(*b)).min(1.0)).collect()
        }
    }
}

fn tables(n: usize, m: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=n).flat_map(move |x| (0..=m).map(move |y| (x, y)))
}

/// |z| with pooled variance; the continuity correction is half of 1/n + 1/m.
fn z(x: usize, n: usize, y: usize, m: usize, correct: bool) -> f64 {
    let (n, m) = (n as f64, m as f64);
    let pooled = (x as f64 + y as f64) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if !(variance > 0.0) {
        return 0.0;
    }
    let mut gap = (x as f64 / n - y as f64 / m).abs();
    if correct {
        gap = (gap - 0.5 * (1.0 / n + 1.0 / m)).max(0.0);
    }
    gap / variance.sqrt()
}

fn fisher(n: usize, m: usize) -> Vec<f64> {
    let mut p = vec![1.0; (n + 1) * (m + 1)];
    for s in 0..=n + m {
        let (low, high) = (s.saturating_sub(m), n.min(s));
        let all = ln_choose(n + m, s);
        let mass: Vec<f64> = (low..=high)
            .map(|x| (ln_choose(n, x) + ln_choose(m, s - x) - all).exp())
            .collect();
        for (x, own) in (low..=high).zip(&mass) {
            // Tables as probable as the observed one but for rounding belong to it.
            let sum: f64 = mass.iter().filter(|q| **q <= own * (1.0 + 1e-7)).sum();
            p[x * (m + 1) + s - x] = sum.min(1.0);
        }
    }
    p
}

/// Fisher's p against more (`upper`) or fewer responders in the first arm.
fn fisher_one_sided(n: usize, m: usize, upper: bool) -> Vec<f64> {
    let mut p = vec![1.0; (n + 1) * (m + 1)];
    for s in 0..=n + m {
        let (low, high) = (s.saturating_sub(m), n.min(s));
        let all = ln_choose(n + m, s);
        let mass = |x: usize| (ln_choose(n, x) + ln_choose(m, s - x) - all).exp();
        let mut sum = 0.0;
        let mut take = |x: usize| {
            sum += mass(x);
            p[x * (m + 1) + s - x] = f64::min(sum, 1.0);
        };
        if upper {
            (low..=high).rev().for_each(&mut take);
        } else {
            (low..=high).for_each(&mut take);
        }
    }
    p
}

/// Largest probability, over the common share, of a table at least as extreme (small is extreme).
fn unconditional(extreme: &[f64], [n, m]: [usize; 2], symmetric: bool) -> Vec<f64> {
    let mut order: Vec<usize> = (0..extreme.len()).collect();
    order.sort_by(|&a, &b| extreme[a].total_cmp(&extreme[b]).then(a.cmp(&b)));
    // Where a group of equal tables ends.
    let ends: Vec<usize> = (0..order.len())
        .filter(|&i| {
            order
                .get(i + 1)
                .is_none_or(|&next| extreme[next] - extreme[order[i]] > 1e-10)
        })
        .collect();
    // A two-sided order of equal arms is symmetric in the share.
    let most = if symmetric { GRID.div_ceil(2) } else { GRID };
    let mut largest = vec![0.0_f64; ends.len()];
    for g in 1..=most {
        let share = g as f64 / (GRID + 1) as f64;
        let (a, b) = (binomial(n, share), binomial(m, share));
        let mut sum = 0.0;
        let mut from = 0;
        for (group, &end) in ends.iter().enumerate() {
            for &cell in &order[from..=end] {
                sum += a[cell / (m + 1)] * b[cell % (m + 1)];
            }
            from = end + 1;
            largest[group] = largest[group].max(sum);
        }
    }
    let mut p = vec![1.0; extreme.len()];
    let mut from = 0;
    for (group, &end) in ends.iter().enumerate() {
        for &cell in &order[from..=end] {
            p[cell] = largest[group].min(1.0);
        }
        from = end + 1;
    }
    p
}

/// p-value of one table.
#[must_use]
pub fn p_value(test: Test, table: Table) -> f64 {
    let [n, m] = table.patients;
    let at = table.responders[0].min(n) * (m + 1) + table.responders[1].min(m);
    p_values(test, [n, m])[at]
}

/// Exact power (or, with equal shares, size) at a level.
#[must_use]
pub fn power(test: Test, patients: [usize; 2], shares: [f64; 2], level: f64) -> f64 {
    power_of_all(test, patients, &[shares], level)[0]
}

/// The same for many pairs of shares with one enumeration.
#[must_use]
pub fn power_of_all(test: Test, patients: [usize; 2], shares: &[[f64; 2]], level: f64) -> Vec<f64> {
    let [n, m] = patients;
    let p = p_values(test, patients);
    let of = |[a, b]: [f64; 2]| {
        let (a, b) = (binomial(n, a), binomial(m, b));
        let rejected = tables(n, m).zip(&p).filter(|(_, p)| **p <= level);
        rejected.map(|((x, y), _)| a[x] * b[y]).sum()
    };
    shares.iter().map(|s| of(*s)).collect()
}

/// The first size per arm with at least this power, and the first from which no size up to a quarter larger falls
/// below it again: exact power is a saw. None within 400 per arm.
#[must_use]
pub fn sample_size(test: Test, shares: [f64; 2], level: f64, wanted: f64) -> Option<[usize; 2]> {
    const MOST: usize = 400;
    let at = |n: usize| power(test, [n, n], shares, level);
    // A coarse way up, then every size about there.
    let mut near = 10;
    while near < MOST && at(near) < wanted {
        near += near.div_ceil(6).max(4);
    }
    if near >= MOST {
        return None;
    }
    let low = (near * 3 / 4).max(2);
    let high = (near + near / 4 + 6).min(MOST);
    let powers: Vec<f64> = (low..=high).into_par_iter().map(at).collect();
    let first = powers.iter().position(|p| *p >= wanted)?;
    let last_below = powers.iter().rposition(|p| *p < wanted);
    let settled = last_below.map_or(0, |i| i + 1);
    (settled < powers.len()).then(|| [low + first, low + settled])
}
