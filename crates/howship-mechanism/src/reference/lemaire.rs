use super::equilibrium::positive_equilibrium;
use crate::Error;
use crate::ode::System;

/// Parameters of Lemaire and others, J Theor Biol 2004;229:293, table 1, as curated in BIOMD0000000278. Unit pM, days.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    missing_docs,
    reason = "the paper's own symbols; units in the table of the type's doc"
)]
pub struct LemaireParameters {
    pub d_r: f64,
    pub d_b: f64,
    pub d_c: f64,
    pub d_a: f64,
    pub k_b: f64,
    pub f0: f64,
    pub c_s: f64,
    pub rank: f64,
    pub k_l_p: f64,
    pub k_o_p: f64,
    pub k1: f64,
    pub k2: f64,
    pub k3: f64,
    pub k4: f64,
    pub k5: f64,
    pub k6: f64,
    pub k_o: f64,
    pub k_p: f64,
    pub r_l: f64,
    pub s_p: f64,
}

impl Default for LemaireParameters {
    fn default() -> Self {
        Self {
            d_r: 7e-4,
            d_b: 0.7,
            d_c: 2.1e-3,
            d_a: 0.7,
            k_b: 0.189,
            f0: 0.05,
            c_s: 5e-3,
            rank: 10.0,
            k_l_p: 3e6,
            k_o_p: 2e5,
            k1: 1e-2,
            k2: 10.0,
            k3: 5.8e-4,
            k4: 1.7e-2,
            k5: 0.02,
            k6: 3.0,
            k_o: 0.35,
            k_p: 86.0,
            r_l: 1e3,
            s_p: 250.0,
        }
    }
}

/// What is given from outside, pM per day: parathyroid hormone, RANKL, osteoprotegerin.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LemaireInput {
    /// Parathyroid hormone.
    pub pth: f64,
    /// RANKL.
    pub rankl: f64,
    /// Osteoprotegerin; denosumab acts as it does.
    pub opg: f64,
}

/// Responding osteoblasts, active osteoblasts and active osteoclasts (Lemaire 2004), pM; time in days.
///
/// `drive` gives the input at each time, so that a therapy can drive it.
#[derive(Debug, Clone)]
pub struct Lemaire<F: Fn(f64) -> LemaireInput> {
    /// Constants.
    pub parameters: LemaireParameters,
    /// Input over time.
    pub drive: F,
}

impl Lemaire<fn(f64) -> LemaireInput> {
    /// The model at rest.
    ///
    /// # Errors
    /// No equilibrium was found.
    pub fn steady_state(parameters: LemaireParameters) -> Result<[f64; 3], Error> {
        let model = Self {
            parameters,
            drive: |_| LemaireInput::default(),
        };
        positive_equilibrium(&model, [7.7e-4, 7.3e-4, 9.1e-4])
    }
}

impl<F: Fn(f64) -> LemaireInput> System<3> for Lemaire<F> {
    const NAME: &'static str = "Lemaire 2004";
    const STATES: [&'static str; 3] = [
        "responding osteoblasts",
        "active osteoblasts",
        "active osteoclasts",
    ];
    const POSITIVE: bool = true;

    #[inline]
    fn rates(&self, t: f64, y: &[f64; 3]) -> [f64; 3] {
        let p = &self.parameters;
        let input = (self.drive)(t);
        let [r, b, c] = *y;
        let pi_c = (c + p.f0 * p.c_s) / (c + p.c_s);
        let pth = input.pth / p.k_p;
        let pi_p = (pth + p.s_p / p.k_p) / (pth + p.k6 / p.k5);
        let rankl = p.k3 / p.k4 * p.k_l_p * pi_p * b * (1.0 + input.rankl / p.r_l);
        let bound =
            1.0 + p.k3 * p.rank / p.k4 + p.k1 / (p.k2 * p.k_o) * (p.k_o_p * r / pi_p + input.opg);
        let pi_l = rankl / bound;
        let matured = p.f0 * p.d_b / pi_c * r;
        [
            p.d_r * pi_c - matured,
            matured - p.k_b * b,
            p.d_c * pi_l - p.d_a * pi_c * c,
        ]
    }
}
