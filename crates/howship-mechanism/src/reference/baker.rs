use crate::ode::System;

/// Anti- and pro-inflammatory cytokines, dimensionless (Baker and others, Math Med Biol 2013;30:311).
///
/// `da/dt = −a + α₄p²/(α₃² + p²)`, `dp/dt = −γp + (α₁ + α₂p²/(1 + p²))/(1 + a²)`; states `[a, p]`.
///
/// The default is BIOMD0000000550. It has one stable equilibrium and no flares, whatever is written of it:
/// flares need α₄ = 7 and α₂ near 18, or another process (here [`crate::inflammation`]'s Markov flares).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baker {
    /// α₁ to α₄ (0.025, 1, 0.5, 3.5).
    pub alpha: [f64; 4],
    /// γ (1.25).
    pub gamma: f64,
}

impl Default for Baker {
    fn default() -> Self {
        Self {
            alpha: [0.025, 1.0, 0.5, 3.5],
            gamma: 1.25,
        }
    }
}

/// How an equilibrium answers a small push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// Both eigenvalues have negative real parts.
    Stable,
    /// At least one has not.
    Unstable,
}

/// An equilibrium.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BakerEquilibrium {
    /// Anti-inflammatory.
    pub anti: f64,
    /// Pro-inflammatory.
    pub pro: f64,
    /// Eigenvalues, real parts falling: real and imaginary.
    pub eigenvalues: [[f64; 2]; 2],
}

impl BakerEquilibrium {
    /// How it answers a push.
    #[must_use]
    pub fn stability(&self) -> Stability {
        if self.eigenvalues.iter().all(|e| e[0] < 0.0) {
            Stability::Stable
        } else {
            Stability::Unstable
        }
    }
}

impl System<2> for Baker {
    const NAME: &'static str = "Baker 2013";
    const STATES: [&'static str; 2] = ["anti-inflammatory", "pro-inflammatory"];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 2]) -> [f64; 2] {
        let [a1, a2, a3, a4] = self.alpha;
        let [a, p] = *y;
        let p2 = p * p;
        [
            -a + a4 * p2 / (a3 * a3 + p2),
            -self.gamma * p + (a1 + a2 * p2 / (1.0 + p2)) / (1.0 + a * a),
        ]
    }
}

impl Baker {
    /// Anti-inflammatory level at which its own rate is zero.
    fn anti(&self, p: f64) -> f64 {
        let [_, _, a3, a4] = self.alpha;
        a4 * p * p / (a3 * a3 + p * p)
    }

    /// Every equilibrium with `0 ≤ p ≤ (α₁ + α₂)/γ` (beyond it `p` falls), by sign changes on a grid of 1e-4 of
    /// that range and bisection to the last digit.
    #[must_use]
    pub fn equilibria(&self) -> Vec<BakerEquilibrium> {
        const CELLS: usize = 10_000;
        let top = (self.alpha[0] + self.alpha[1]) / self.gamma;
        let slope = |p: f64| self.rates(0.0, &[self.anti(p), p])[1];
        let at = |i: usize| top * i as f64 / CELLS as f64;
        let mut found = Vec::new();
        for i in 0..CELLS {
            let (mut low, mut high) = (at(i), at(i + 1));
            let sign = slope(low) > 0.0;
            if sign == (slope(high) > 0.0) {
                continue;
            }
            for _ in 0..200 {
                let middle = 0.5 * (low + high);
                if (slope(middle) > 0.0) == sign {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            let pro = 0.5 * (low + high);
            found.push(self.judged(self.anti(pro), pro));
        }
        found
    }

    fn judged(&self, a: f64, p: f64) -> BakerEquilibrium {
        let [a1, a2, a3, a4] = self.alpha;
        let up = 2.0 * a4 * a3 * a3 * p / (a3 * a3 + p * p).powi(2);
        let drive = a1 + a2 * p * p / (1.0 + p * p);
        let damped = 1.0 + a * a;
        let down = -2.0 * a * drive / (damped * damped);
        let own = -self.gamma + a2 * 2.0 * p / (1.0 + p * p).powi(2) / damped;
        let (trace, determinant) = (-1.0 + own, -own - up * down);
        let root = trace * trace / 4.0 - determinant;
        let eigenvalues = if root >= 0.0 {
            let r = root.sqrt();
            [[trace / 2.0 + r, 0.0], [trace / 2.0 - r, 0.0]]
        } else {
            let r = (-root).sqrt();
            [[trace / 2.0, r], [trace / 2.0, -r]]
        };
        BakerEquilibrium {
            anti: a,
            pro: p,
            eigenvalues,
        }
    }
}
