use crate::ode::System;

/// Osteoclasts, osteoblasts and bone mass at one site of remodelling (Komarova and others, Bone 2003;33:206).
///
/// States: osteoclasts and osteoblasts (cells), bone mass (% of the start). Time in days.
///
/// `dx₁/dt = α₁x₁^g₁₁x₂^g₂₁ − β₁x₁`, `dx₂/dt = α₂x₁^g₁₂x₂^g₂₂ − β₂x₂`, `dz/dt = −k₁y₁ + k₂y₂` with
/// `yᵢ = max(xᵢ − x̄ᵢ, 0)`.
///
/// # Limits
/// Balance is a knife edge: k₂ changed by ±6 % moves the mass that remains by ±0.83 %.
#[derive(Debug, Clone, PartialEq)]
pub struct Komarova {
    /// Production of osteoclasts, osteoblasts, per day (3, 4).
    pub alpha: [f64; 2],
    /// Removal of osteoclasts, osteoblasts, per day (0.2, 0.02).
    pub beta: [f64; 2],
    /// Effectiveness g₁₁, g₂₁ of osteoclast, and g₁₂, g₂₂ of osteoblast factors ((0.5, −0.5), (1, 0)).
    pub effect: [[f64; 2]; 2],
    /// Resorption and formation, % per day and cell (0.24, 0.0017).
    pub activity: [f64; 2],
}

impl Default for Komarova {
    fn default() -> Self {
        Self {
            alpha: [3.0, 4.0],
            beta: [0.2, 0.02],
            effect: [[0.5, -0.5], [1.0, 0.0]],
            activity: [0.24, 0.0017],
        }
    }
}

impl Komarova {
    /// Cells at rest, in closed form: 1.0606602 osteoclasts and 212.13203 osteoblasts by default.
    #[must_use]
    pub fn resting_cells(&self) -> [f64; 2] {
        let [[g11, g21], [g12, g22]] = self.effect;
        let gamma = g12 * g21 - (1.0 - g11) * (1.0 - g22);
        let ratio = [self.beta[0] / self.alpha[0], self.beta[1] / self.alpha[1]];
        [
            ratio[0].powf((1.0 - g22) / gamma) * ratio[1].powf(g21 / gamma),
            ratio[0].powf(g12 / gamma) * ratio[1].powf((1.0 - g11) / gamma),
        ]
    }

    fn cells(&self, y: &[f64; 3]) -> [f64; 2] {
        let [[g11, g21], [g12, g22]] = self.effect;
        [
            self.alpha[0] * y[0].powf(g11) * y[1].powf(g21) - self.beta[0] * y[0],
            self.alpha[1] * y[0].powf(g12) * y[1].powf(g22) - self.beta[1] * y[1],
        ]
    }
}

impl System<3> for Komarova {
    const NAME: &'static str = "Komarova 2003";
    const STATES: [&'static str; 3] = ["osteoclasts", "osteoblasts", "bone mass"];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 3]) -> [f64; 3] {
        let rest = self.resting_cells();
        let [dx1, dx2] = self.cells(y);
        let mass = -self.activity[0] * (y[0] - rest[0]).max(0.0)
            + self.activity[1] * (y[1] - rest[1]).max(0.0);
        [dx1, dx2, mass]
    }
}

/// The same model as the curated file BIOMD0000000148 writes it: activity is switched by events, not by `max`.
///
/// Read as SBML Level 2 has it, a trigger that is true at time 0 does not fire, resorption never starts, and the
/// mass never falls: the file is curated and wrong. BIOMD0000000279 writes the same with `piecewise` and is right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KomarovaByEvents {
    /// The model.
    pub model: Komarova,
    /// Whether resorption and formation are switched on.
    pub active: [bool; 2],
}

impl System<3> for KomarovaByEvents {
    const NAME: &'static str = "Komarova 2003 by events";
    const STATES: [&'static str; 3] = Komarova::STATES;
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 3]) -> [f64; 3] {
        let rest = self.model.resting_cells();
        let [dx1, dx2] = self.model.cells(y);
        let share = |i: usize| {
            if self.active[i] { y[i] - rest[i] } else { 0.0 }
        };
        let activity = self.model.activity;
        [dx1, dx2, -activity[0] * share(0) + activity[1] * share(1)]
    }
}
