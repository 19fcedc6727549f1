//! Concentration after doses. Amounts in mg, volumes in L, times in days, clearances in L/day; concentrations mg/L.

use crate::Error;
use crate::ode::{OdeOptions, System, solve};

/// Linear kinetics: a depot, a central and a peripheral compartment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kinetics {
    /// Clearance over bioavailability, L/day.
    pub clearance: f64,
    /// Central volume over bioavailability, L.
    pub volume: f64,
    /// Absorption, per day.
    pub absorption: f64,
    /// Exchange with the periphery, L/day; 0 for one compartment.
    pub exchange: f64,
    /// Peripheral volume over bioavailability, L; ignored where `exchange` is 0.
    pub peripheral: f64,
    /// Bioavailability after injection under the skin or by mouth, by which an intravenous dose counts more.
    pub bioavailability: f64,
}

/// What is where, mg.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amounts {
    /// At the place of injection, or in the gut.
    pub depot: f64,
    /// In the central compartment (apparent: over bioavailability).
    pub central: f64,
    /// In the peripheral compartment.
    pub peripheral: f64,
}

/// Transition over one length of time: every new amount is linear in the old ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transition {
    span: f64,
    depot: f64,
    central: [f64; 3],
    peripheral: [f64; 3],
}

impl Transition {
    #[inline]
    pub(crate) fn apply(&self, a: &mut Amounts) {
        let central = self.central[0] * a.depot
            + self.central[1] * a.central
            + self.central[2] * a.peripheral;
        a.peripheral = self.peripheral[0] * a.depot
            + self.peripheral[1] * a.central
            + self.peripheral[2] * a.peripheral;
        a.central = central;
        a.depot *= self.depot;
    }
}

/// `(e^{−bt} − e^{−at})/(a − b)`, without loss of digits where the two rates are near each other.
fn bateman(a: f64, b: f64, t: f64) -> f64 {
    let d = (a - b) * t;
    if d.abs() < 1e-12 {
        return t * (-b * t).exp();
    }
    (-b * t).exp() * -(-d).exp_m1() / (a - b)
}

impl Kinetics {
    /// Concentration, mg/L.
    #[must_use]
    pub fn concentration(&self, amounts: &Amounts) -> f64 {
        amounts.central / self.volume
    }

    /// A dose under the skin, into a muscle or by mouth.
    pub fn absorb(amounts: &mut Amounts, dose: f64) {
        amounts.depot += dose;
    }

    /// A dose into a vein: all of it arrives, so that the apparent amount is larger by 1/F.
    pub fn inject(&self, amounts: &mut Amounts, dose: f64) {
        amounts.central += dose / self.bioavailability;
    }

    /// Amounts `days` later without any dose, in closed form.
    pub fn advance(&self, amounts: &mut Amounts, days: f64) {
        self.transition(days).apply(amounts);
    }

    pub(crate) fn transition(&self, t: f64) -> Transition {
        let k = self.clearance / self.volume;
        let ka = self.absorption;
        if !(self.exchange > 0.0) {
            return Transition {
                span: t,
                depot: (-ka * t).exp(),
                central: [ka * bateman(ka, k, t), (-k * t).exp(), 0.0],
                peripheral: [0.0; 3],
            };
        }
        let (k12, k21) = (self.exchange / self.volume, self.exchange / self.peripheral);
        let e1 = k + k12;
        let sum = e1 + k21;
        let root = (sum * sum - 4.0 * k * k21).max(0.0).sqrt();
        // The smaller root by the product of both: no digits are lost where it is small.
        let fast = 0.5 * (sum + root);
        let slow = k * k21 / fast;
        let (ef, es) = ((-fast * t).exp(), (-slow * t).exp());
        // Convolution of the depot's emptying with each mode.
        let (bf, bs) = (bateman(ka, fast, t), bateman(ka, slow, t));
        let gap = fast - slow;
        let (cf, cs) = ((fast - k21) / gap, (k21 - slow) / gap);
        let (pf, ps) = ((fast - e1) / gap, (e1 - slow) / gap);
        Transition {
            span: t,
            depot: (-ka * t).exp(),
            central: [
                ka * (cf * bf + cs * bs),
                cf * ef + cs * es,
                k21 * (es - ef) / gap,
            ],
            peripheral: [
                ka * k12 * (bs - bf) / gap,
                k12 * (es - ef) / gap,
                pf * ef + ps * es,
            ],
        }
    }

    /// Terminal half-life, days: of the slowest process, absorption included (flip-flop).
    #[must_use]
    pub fn terminal_half_life(&self) -> f64 {
        let k = self.clearance / self.volume;
        let slow = if self.exchange > 0.0 {
            let (k12, k21) = (self.exchange / self.volume, self.exchange / self.peripheral);
            let sum = k + k12 + k21;
            let fast = 0.5 * (sum + (sum * sum - 4.0 * k * k21).max(0.0).sqrt());
            k * k21 / fast
        } else {
            k
        };
        std::f64::consts::LN_2 / slow.min(self.absorption)
    }
}

/// Transitions that were needed lately: regimens need very few lengths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transitions {
    known: Vec<Transition>,
    next: usize,
}

impl Transitions {
    pub(crate) fn clear(&mut self) {
        self.known.clear();
        self.next = 0;
    }

    #[inline]
    pub(crate) fn apply(&mut self, kinetics: &Kinetics, amounts: &mut Amounts, days: f64) {
        const HELD: usize = 6;
        if let Some(t) = self.known.iter().find(|t| t.span == days) {
            t.apply(amounts);
            return;
        }
        let made = kinetics.transition(days);
        made.apply(amounts);
        if self.known.len() < HELD {
            self.known.push(made);
        } else {
            self.known[self.next % HELD] = made;
            self.next += 1;
        }
    }
}

/// Concentration `t` after one dose with first-order absorption and one compartment, closed form.
///
/// Any consistent units; `cl_f`, `v_f` over bioavailability.
#[must_use]
pub fn one_compartment(t: f64, dose: f64, cl_f: f64, v_f: f64, ka: f64) -> f64 {
    dose * ka / v_f * bateman(ka, cl_f / v_f, t)
}

/// Concentration `t` after a dose at steady state, doses every `interval`, closed form.
#[must_use]
pub fn one_compartment_steady(
    t: f64,
    dose: f64,
    interval: f64,
    cl_f: f64,
    v_f: f64,
    ka: f64,
) -> f64 {
    let k = cl_f / v_f;
    let part = |r: f64| (-r * t).exp() / -(-r * interval).exp_m1();
    dose * ka / (v_f * (ka - k)) * (part(k) - part(ka))
}

/// Time and height of the peak after one dose, one compartment.
#[must_use]
pub fn compartment_peak(dose: f64, cl_f: f64, v_f: f64, ka: f64) -> (f64, f64) {
    let k = cl_f / v_f;
    let time = if (ka - k).abs() < 1e-9 * k {
        1.0 / k
    } else {
        (ka / k).ln() / (ka - k)
    };
    (time, one_compartment(time, dose, cl_f, v_f, ka))
}

/// Denosumab: two compartments with saturable elimination.
///
/// Constants as in the open systems model of bone mineral (Peterson and Riggs, Bone 2010;46:49; denosumab added in
/// CPT Pharmacometrics Syst Pharmacol 2012): V 2340 and 1324 mL, CL 2.75 and Q 18.67 mL/h, Vmax 3110 ng/h,
/// Km 188 ng/mL, ka 5.92e-3 per h, F 0.729. Amounts here in ng, time in hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Denosumab {
    /// Clearance that does not saturate, mL/h.
    pub clearance: f64,
    /// Saturable elimination, ng/h.
    pub vmax: f64,
    /// Half-saturation, ng/mL.
    pub km: f64,
    /// Central volume, mL.
    pub central: f64,
    /// Peripheral volume, mL.
    pub peripheral: f64,
    /// Exchange, mL/h.
    pub exchange: f64,
    /// Absorption, per h.
    pub absorption: f64,
    /// Bioavailability.
    pub bioavailability: f64,
}

impl Default for Denosumab {
    fn default() -> Self {
        Self {
            clearance: 2.75,
            vmax: 3110.0,
            km: 188.0,
            central: 2340.0,
            peripheral: 1324.0,
            exchange: 18.67,
            absorption: 5.92e-3,
            bioavailability: 0.729,
        }
    }
}

impl System<3> for Denosumab {
    const NAME: &'static str = "denosumab";
    const STATES: [&'static str; 3] = ["depot", "central amount", "peripheral amount"];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 3]) -> [f64; 3] {
        let c = y[1] / self.central;
        let p = y[2] / self.peripheral;
        let absorbed = self.absorption * y[0];
        let exchanged = self.exchange * (c - p);
        [
            -absorbed,
            absorbed - exchanged - self.clearance * c - self.vmax * c / (self.km + c),
            exchanged,
        ]
    }
}

impl Denosumab {
    /// Concentration (ng/mL) at `hours` (rising, from 0) after doses of mg at hours (rising).
    ///
    /// # Errors
    /// The integrator stopped.
    pub fn concentrations(&self, doses: &[(f64, f64)], hours: &[f64]) -> Result<Vec<f64>, Error> {
        let options = OdeOptions {
            relative: 1e-7,
            absolute: 1e-3,
            first_step: 1.0,
            ..OdeOptions::default()
        };
        let mut state = [0.0; 3];
        let mut from = 0.0;
        let mut found = Vec::with_capacity(hours.len());
        let ends = doses.iter().copied().chain([(f64::INFINITY, 0.0)]);
        for (at, mg) in ends {
            let mut times = vec![from];
            times.extend(hours[found.len()..].iter().take_while(|h| **h < at));
            let asked = times.len() - 1;
            if at.is_finite() {
                times.push(at.max(from));
            }
            let states = if times.len() > 1 && times.last() > times.first() {
                solve(self, state, &times, &options)?.states
            } else {
                vec![state; times.len()]
            };
            found.extend(
                states[1..=asked]
                    .iter()
                    .map(|s| s[1].max(0.0) / self.central),
            );
            if let Some(last) = states.last() {
                state = last.map(|v| v.max(0.0));
            }
            if !at.is_finite() {
                break;
            }
            state[0] += mg * 1e6 * self.bioavailability;
            from = at.max(from);
        }
        Ok(found)
    }
}
