use super::equilibrium::positive_equilibrium;
use crate::Error;
use crate::ode::System;

/// Parameters of Pivonka and others, Bone 2008;43:249. Unit pM, days; rates of bone volume in % per pM and day.
///
/// `d_obp` is the paper's 5.348 per day times f₀ = 0.05: 5.348 itself gives another steady state
/// (7.58e-6, 1.84e-4, 2.37e-4 pM), a trap that a test holds open.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    missing_docs,
    reason = "the paper's own symbols; units in the type's doc"
)]
pub struct PivonkaParameters {
    pub d_obu: f64,
    pub d_obp: f64,
    pub d_ocp: f64,
    pub a_oba: f64,
    pub a_oca: f64,
    pub k1: f64,
    pub k2: f64,
    pub k3: f64,
    pub k_rr: f64,
    pub alpha: f64,
    pub k_res: f64,
    pub k_form: f64,
    pub beta_pth: f64,
    pub d_pth: f64,
    pub d_opg: f64,
    pub opg_max: f64,
    pub p_opg: f64,
    pub r_l: f64,
    pub beta_l: f64,
    pub d_l: f64,
    pub d_tgf: f64,
    pub ka_opg: f64,
    pub ka_rank: f64,
    pub rank: f64,
}

impl Default for PivonkaParameters {
    fn default() -> Self {
        Self {
            d_obu: 7e-4,
            d_obp: 0.267_408,
            d_ocp: 2.1e-3,
            a_oba: 0.189,
            a_oca: 0.7,
            k1: 4.5454e-3,
            k2: 1.41562e-3,
            k3: 4.5454e-3,
            k_rr: 4.45745,
            alpha: 1.0,
            k_res: 1.0,
            k_form: 1.571,
            beta_pth: 250.0,
            d_pth: 86.0,
            d_opg: 0.35,
            opg_max: 2e8,
            p_opg: 1.6249e8,
            r_l: 2.70348e6,
            beta_l: 168.42,
            d_l: 10.1325,
            d_tgf: 1.0,
            ka_opg: 1e-3,
            ka_rank: 3.41176e-2,
            rank: 10.0,
        }
    }
}

/// Constants of the action of parathyroid hormone: activation of RANKL, repression of OPG (pM).
const PTH_ACTIVATES: f64 = 150.0;
const PTH_REPRESSES: f64 = 0.222_58;

/// What is given from outside, pM per day.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PivonkaInput {
    /// Parathyroid hormone.
    pub pth: f64,
    /// RANKL.
    pub rankl: f64,
    /// Osteoprotegerin.
    pub opg: f64,
    /// Transforming growth factor β.
    pub tgf: f64,
}

/// Precursor and active osteoblasts, active osteoclasts (pM), bone volume (% of the start); time in days.
#[derive(Debug, Clone)]
pub struct Pivonka<F: Fn(f64) -> PivonkaInput> {
    /// Constants.
    pub parameters: PivonkaParameters,
    /// Active osteoblasts and osteoclasts at which bone volume rests.
    pub rest: [f64; 2],
    /// Input over time.
    pub drive: F,
}

/// The three cells alone, to find their equilibrium.
struct Cells(PivonkaParameters);

impl PivonkaParameters {
    /// Precursor and active osteoblasts, active osteoclasts at rest, pM.
    ///
    /// # Errors
    /// No equilibrium was found.
    pub fn steady_state(self) -> Result<[f64; 3], Error> {
        positive_equilibrium(&Cells(self), [6.2e-4, 5.6e-4, 8.1e-4])
    }

    #[inline]
    fn cells(&self, input: PivonkaInput, y: [f64; 3]) -> [f64; 3] {
        let [obp, oba, oca] = y;
        let tgf = (self.alpha * self.k_res * oca + input.tgf) / self.d_tgf;
        let pth = (self.beta_pth + input.pth) / self.d_pth;
        let activated = pth / (pth + PTH_ACTIVATES);
        let repressed = PTH_REPRESSES / (pth + PTH_REPRESSES);
        let made = self.p_opg * oba * repressed;
        let opg = (made + input.opg) * self.opg_max / (made + self.d_opg * self.opg_max);
        let most = self.r_l * obp * activated;
        let rankl = most / (1.0 + self.ka_opg * opg + self.ka_rank * self.rank)
            * (self.beta_l + input.rankl)
            / (self.beta_l + self.d_l * most);
        let bound = self.ka_rank * rankl * self.rank;
        let pi = bound / (bound + self.k_rr);
        let matured = self.d_obp * obp * self.k2 / (self.k2 + tgf);
        [
            self.d_obu * tgf / (self.k1 + tgf) - matured,
            matured - self.a_oba * oba,
            self.d_ocp * pi - self.a_oca * oca * tgf / (self.k3 + tgf),
        ]
    }
}

impl System<3> for Cells {
    const NAME: &'static str = "Pivonka 2008";
    const STATES: [&'static str; 3] = [
        "precursor osteoblasts",
        "active osteoblasts",
        "active osteoclasts",
    ];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 3]) -> [f64; 3] {
        self.0.cells(PivonkaInput::default(), *y)
    }
}

impl<F: Fn(f64) -> PivonkaInput> System<4> for Pivonka<F> {
    const NAME: &'static str = "Pivonka 2008";
    const STATES: [&'static str; 4] = [
        "precursor osteoblasts",
        "active osteoblasts",
        "active osteoclasts",
        "bone volume",
    ];
    const POSITIVE: bool = true;

    #[inline]
    fn rates(&self, t: f64, y: &[f64; 4]) -> [f64; 4] {
        let p = &self.parameters;
        let [obp, oba, oca] = p.cells((self.drive)(t), [y[0], y[1], y[2]]);
        let volume = p.k_form * (y[1] - self.rest[0]) - p.k_res * (y[2] - self.rest[1]);
        [obp, oba, oca, volume]
    }
}
