use super::{LesionSize, MineralTable, WallParameters};
use crate::inflammation::beta_draw;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// What one lesion is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LesionTraits {
    /// Apposition of the patient, µm/day.
    pub apposition: f64,
    /// Resorption at full drive, µm/day.
    pub resorption: f64,
    /// Share of the wall that osteoblasts cover; 0 in a lesion that cannot form bone.
    pub surface_share: f64,
    /// Size at baseline.
    pub size: LesionSize,
}

impl LesionTraits {
    /// A patient's apposition, µm/day.
    pub fn patient_apposition(rng: &mut ChaCha8Rng, p: &WallParameters) -> f64 {
        let z: f64 = StandardNormal.sample(rng);
        let cv = p.apposition_cv;
        (p.apposition * (cv * z - 0.5 * cv * cv).exp()).min(p.apposition_cap)
    }

    /// A lesion of a patient.
    pub fn draw(
        rng: &mut ChaCha8Rng,
        p: &WallParameters,
        apposition: f64,
        size: LesionSize,
    ) -> Self {
        let z: f64 = StandardNormal.sample(rng);
        let cv = p.resorption_cv;
        let resorption = (p.resorption * (cv * z - 0.5 * cv * cv).exp()).min(p.resorption_cap);
        let competent = rng.random::<f64>() < p.competent;
        let share = beta_draw(rng, p.surface_share, p.surface_count);
        Self {
            apposition,
            resorption,
            surface_share: if competent { share } else { 0.0 },
            size,
        }
    }
}

/// A lesion's course: a value per step, baseline first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LesionCourse {
    /// Depth minus depth at baseline, mm; negative is repair.
    pub depth_change: Vec<f64>,
    /// Thickness of new matrix that is still there, µm.
    pub matrix: Vec<f64>,
    /// Its mineral-equivalent thickness under law A, µm.
    pub mineral_a: Vec<f64>,
    /// The same under law B.
    pub mineral_b: Vec<f64>,
    /// Inflammation of the joint, 0..1.
    pub driver: Vec<f64>,
    /// Osteoclast activity, 1 at full drive.
    pub osteoclast: Vec<f64>,
    /// Osteoblast activity: share of the wall that forms.
    pub osteoblast: Vec<f64>,
}

/// What drives a wall over one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallInput {
    /// Inflammation of the joint.
    pub driver: f64,
    /// What osteoclasts see of it.
    pub osteoclast_drive: f64,
    /// What drugs of bone leave of the osteoclasts.
    pub osteoclast_factor: f64,
}

/// A wall on its way: the gate's delay, the layers laid down, the depth.
#[derive(Debug, Clone)]
pub struct Wall {
    stages: [f64; 3],
    decay: f64,
    /// Thickness that is left of the layer of each step, µm; the newest bone goes first.
    layers: Vec<f64>,
    top: usize,
    matrix: f64,
    filled: f64,
}

/// A power with the usual exponents made cheap.
#[inline]
fn power(x: f64, exponent: f64) -> f64 {
    if exponent == 2.0 {
        x * x
    } else if exponent == 1.0 {
        x
    } else {
        x.powf(exponent)
    }
}

impl WallParameters {
    /// Maturation that inflammation allows, 0..1.
    #[inline]
    #[must_use]
    pub fn gate(&self, driver: f64) -> f64 {
        1.0 - self.gate_strength * (1.0 - power(1.0 - driver, self.gate_exponent))
    }
}

impl Wall {
    /// A wall at rest under a driver, for steps of `days`.
    #[must_use]
    pub fn new(parameters: &WallParameters, driver: f64, steps: usize, days: f64) -> Self {
        Self {
            stages: [parameters.gate(driver); 3],
            decay: (-3.0 / parameters.reversal_lag * days).exp(),
            layers: Vec::with_capacity(steps),
            top: 0,
            matrix: 0.0,
            filled: 0.0,
        }
    }

    /// Starts again, keeping its memory.
    pub fn restart(&mut self, parameters: &WallParameters, driver: f64, days: f64) {
        self.stages = [parameters.gate(driver); 3];
        self.decay = (-3.0 / parameters.reversal_lag * days).exp();
        self.layers.clear();
        self.top = 0;
        self.matrix = 0.0;
        self.filled = 0.0;
    }

    /// One step of `days`: activity of osteoclasts and osteoblasts.
    ///
    /// Speed is apposition times covered share times gate, minus resorption times the drive's power. The gate opens
    /// late (three stages of a third of the lag each) and closes at once.
    #[inline]
    pub fn step(
        &mut self,
        p: &WallParameters,
        traits: &LesionTraits,
        input: WallInput,
        days: f64,
    ) -> [f64; 2] {
        let open = p.gate(input.driver);
        let mut towards = open;
        for stage in &mut self.stages {
            *stage = towards + (*stage - towards) * self.decay;
            towards = *stage;
        }
        let osteoblast = traits.surface_share * towards.min(open);
        let osteoclast =
            power(input.osteoclast_drive, p.resorption_exponent) * input.osteoclast_factor;
        let mut moved = (traits.apposition * osteoblast - traits.resorption * osteoclast) * days;
        self.layers.push(0.0);
        if moved > 0.0 {
            moved = moved.min((1e3 * traits.size.depth - self.filled).max(0.0));
            if let Some(layer) = self.layers.last_mut() {
                *layer = moved;
            }
            self.top = self.layers.len();
            self.matrix += moved;
        } else {
            self.resorb(-moved);
        }
        self.filled += moved;
        [osteoclast, osteoblast]
    }

    #[inline]
    fn resorb(&mut self, mut amount: f64) {
        while amount > 0.0 && self.top > 0 {
            let layer = &mut self.layers[self.top - 1];
            if *layer <= amount {
                amount -= *layer;
                self.matrix -= *layer;
                *layer = 0.0;
                self.top -= 1;
            } else {
                *layer -= amount;
                self.matrix -= amount;
                amount = 0.0;
            }
        }
        if self.top == 0 {
            self.matrix = 0.0;
        }
    }

    /// New matrix that is still there, µm.
    #[must_use]
    pub fn matrix(&self) -> f64 {
        self.matrix
    }

    /// Change of depth, mm; negative is repair.
    #[must_use]
    pub fn depth_change(&self) -> f64 {
        -self.filled / 1e3
    }

    /// Mineral-equivalent thickness under both laws, µm.
    #[inline]
    #[must_use]
    pub fn mineral(&self, table: &MineralTable) -> [f64; 2] {
        if self.top == 0 {
            return [0.0; 2];
        }
        table.equivalent(&self.layers)
    }

    /// Thickness left of every layer, oldest first.
    #[must_use]
    pub fn layers(&self) -> &[f64] {
        &self.layers
    }
}

/// Volume (mm³) of a half-ellipsoid whose depth changed by `depth_change` mm and whose sides moved `lateral` times
/// as much: `⅔πa²c`. At `lateral` 0 only the base moves (Finzel 2011), at 1 every wall moves as the base does.
#[must_use]
pub fn half_ellipsoid(size: LesionSize, depth_change: f64, lateral: f64) -> f64 {
    let radius = (0.5 * size.width + lateral * depth_change).max(0.0);
    let depth = (size.depth + depth_change).max(0.0);
    2.0 / 3.0 * std::f64::consts::PI * radius * radius * depth
}
