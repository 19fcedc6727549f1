//! From doses to what a course does in every step: mean concentration, share of its target taken out.

use super::therapy::usual;
use super::{Parameters, PlannedCourse, Subject, Suppressor};
use crate::Error;
use crate::drug::{
    Amounts, Class, Denosumab, Dose, DrugInfo, Kinetics, ParameterSet, Route, doses, suppression,
};
use crate::drug::{Course, one_compartment_steady};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// One course over the steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Exposure {
    /// Mean concentration, mg/L.
    pub(super) concentration: Vec<f64>,
    /// Mean share of the target taken out, 0..1.
    pub(super) suppression: Vec<f64>,
}

/// Half-life of red cells' triglutamate, days: 90 % of its level after 41.2 weeks (Dalrymple 2008).
const TRIGLUTAMATE_HALF_LIFE: f64 = 41.2 * 7.0 * std::f64::consts::LN_2 / std::f64::consts::LN_10;

/// Days between the moments at which a concentration is looked at: fast drugs vary within the day.
fn node(class: Class) -> f64 {
    if class == Class::Il1Receptor {
        4.0 / 24.0
    } else {
        1.0
    }
}

/// How a course's effect is normalised: the mean suppression of a typical patient at the usual dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reference {
    pub(super) suppression: f64,
}

impl Reference {
    /// # Errors
    /// The integrator stopped.
    pub(super) fn of(course: &PlannedCourse, parameters: &Parameters) -> Result<Self, Error> {
        let one = Self { suppression: 1.0 };
        let Suppressor::Drug { info, set, .. } = &course.what else {
            return Ok(one);
        };
        let Some((dose, interval)) = usual(info.name) else {
            return Ok(one);
        };
        let effect = |c: f64| suppression(info.name, info.class, &parameters.receptor, c);
        let mean = |at: &dyn Fn(f64) -> f64| {
            const POINTS: usize = 400;
            let points = (0..POINTS).map(|i| (i as f64 + 0.5) / POINTS as f64 * interval);
            points.map(|t| effect(at(t))).sum::<f64>() / POINTS as f64
        };
        let suppression = match (info.class, set) {
            (Class::CsDmard, _) => effect(dose * 7.0 / interval),
            (Class::Rankl, _) => {
                let hours: Vec<f64> = (0..400)
                    .map(|i| f64::from(i) * interval * 24.0 / 400.0)
                    .collect();
                let found = Denosumab::default().concentrations(&[(0.0, dose)], &hours)?;
                found.iter().map(|c| effect(c / 1e3)).sum::<f64>() / found.len() as f64
            }
            (_, Some(set)) if set.kinetics.exchange > 0.0 => {
                mean(&|t| steady(&set.kinetics, dose, interval, t, set.drug))
            }
            (_, Some(set)) => {
                let k = &set.kinetics;
                mean(&|t| {
                    one_compartment_steady(t, dose, interval, k.clearance, k.volume, k.absorption)
                })
            }
            _ => 1.0,
        };
        Ok(Self { suppression })
    }
}

/// Concentration `t` after the twentieth dose: the steady state of two compartments.
fn steady(kinetics: &Kinetics, dose: f64, interval: f64, t: f64, drug: &str) -> f64 {
    let mut amounts = Amounts::default();
    for _ in 0..20 {
        kinetics.advance(&mut amounts, interval);
        if drug == "infliximab" {
            kinetics.inject(&mut amounts, dose);
        } else {
            Kinetics::absorb(&mut amounts, dose);
        }
    }
    kinetics.advance(&mut amounts, t);
    kinetics.concentration(&amounts)
}

/// Steps of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) steps: usize,
    pub(super) days: f64,
}

impl Grid {
    pub(super) fn end(&self) -> f64 {
        self.steps as f64 * self.days
    }
}

/// What one course does to one patient.
pub(super) fn exposure(
    planned: &PlannedCourse,
    subject: &Subject,
    parameters: &Parameters,
    grid: Grid,
    rng: &mut ChaCha8Rng,
    exposure: &mut Exposure,
) -> Result<(), Error> {
    exposure.concentration.clear();
    exposure.suppression.clear();
    exposure.concentration.resize(grid.steps, 0.0);
    exposure.suppression.resize(grid.steps, 0.0);
    let Suppressor::Drug { info, course, set } = &planned.what else {
        if let Suppressor::Ideal { start, .. } = planned.what {
            for (k, s) in exposure.suppression.iter_mut().enumerate() {
                *s = ((k as f64 + 1.0) * grid.days - start).clamp(0.0, grid.days) / grid.days;
            }
        }
        return Ok(());
    };
    let deviates: [f64; 2] = [StandardNormal.sample(rng), StandardNormal.sample(rng)];
    let missed = course.missed;
    let given = doses(course, grid.end(), || rng.random::<f64>() < missed);
    match (info.class, set) {
        (Class::Recorded, _) => {}
        (Class::Rankl, _) => rankl(info, &given, deviates[0], parameters, grid, exposure)?,
        (Class::CsDmard | Class::Bisphosphonate, _) | (_, None) => {
            by_dose(info, course, &given, *set, parameters, grid, exposure);
        }
        (_, Some(set)) => {
            let kinetics = set.of_patient(subject.weight, subject.creatinine_clearance, deviates);
            linear(info, &kinetics, &given, parameters, grid, exposure);
        }
    }
    Ok(())
}

/// Drugs with linear kinetics: from dose to dose in closed form, looked at every node.
fn linear(
    info: &DrugInfo,
    kinetics: &Kinetics,
    given: &[Dose],
    parameters: &Parameters,
    grid: Grid,
    exposure: &mut Exposure,
) {
    let spacing = node(info.class);
    let per_step = (grid.days / spacing).round().max(1.0) as usize;
    let spacing = grid.days / per_step as f64;
    let mut transitions = crate::drug::Transitions::default();
    transitions.clear();
    let mut amounts = Amounts::default();
    let (mut now, mut next) = (0.0, 0);
    for k in 0..grid.steps {
        let (mut sum_c, mut sum_s) = (0.0, 0.0);
        for n in 0..per_step {
            // Nodes stand in the middle of their spans.
            let at = k as f64 * grid.days + (n as f64 + 0.5) * spacing;
            while let Some(dose) = given.get(next).filter(|d| d.time <= at) {
                if dose.time > now {
                    transitions.apply(kinetics, &mut amounts, rounded(dose.time - now));
                    now = dose.time;
                }
                match dose.route {
                    Route::Intravenous => kinetics.inject(&mut amounts, dose.amount),
                    _ => Kinetics::absorb(&mut amounts, dose.amount),
                }
                next += 1;
            }
            transitions.apply(kinetics, &mut amounts, rounded(at - now));
            now = at;
            let c = kinetics.concentration(&amounts);
            sum_c += c;
            sum_s += suppression(info.name, info.class, &parameters.receptor, c);
        }
        exposure.concentration[k] = sum_c / per_step as f64;
        exposure.suppression[k] = sum_s / per_step as f64;
    }
}

/// Spans on a grid of about 0.1 ms, so that equal ones are the same number and their transitions are made once.
fn rounded(days: f64) -> f64 {
    const PER_DAY: f64 = 1_073_741_824.0;
    (days * PER_DAY).round() / PER_DAY
}

/// Drugs followed by their dose alone: mean dose per week, or its slow store in red cells.
fn by_dose(
    info: &DrugInfo,
    course: &Course,
    given: &[Dose],
    set: Option<&ParameterSet>,
    parameters: &Parameters,
    grid: Grid,
    exposure: &mut Exposure,
) {
    let stored = set.is_some_and(|s| s.name == "polyglutamate");
    let decay = (-std::f64::consts::LN_2 * grid.days / TRIGLUTAMATE_HALF_LIFE).exp();
    let mut level = 0.0;
    // A dose covers the days until the next one is due.
    let cover = course.interval.max(grid.days);
    let mut first = 0;
    for k in 0..grid.steps {
        let (from, to) = (k as f64 * grid.days, (k as f64 + 1.0) * grid.days);
        while given.get(first).is_some_and(|d| d.time + cover <= from) {
            first += 1;
        }
        let mut dose = 0.0;
        for d in given[first..].iter().take_while(|d| d.time < to) {
            let overlap = (d.time + course.interval).min(to) - d.time.max(from);
            dose += d.amount * overlap.max(0.0) / course.interval;
        }
        let weekly = 7.0 * dose / grid.days;
        level = weekly + (level - weekly) * decay;
        let seen = if stored { level } else { weekly };
        let mut effect = suppression(info.name, info.class, &parameters.receptor, seen);
        if info.name != "methotrexate" {
            // Without a curve of effect over dose, half of the doses is half of the effect.
            effect *= (weekly * course.interval / (7.0 * course.dose)).min(1.0);
        }
        exposure.suppression[k] = effect;
    }
}

fn rankl(
    info: &DrugInfo,
    given: &[Dose],
    deviate: f64,
    parameters: &Parameters,
    grid: Grid,
    exposure: &mut Exposure,
) -> Result<(), Error> {
    // Spread of clearance between patients: assumption.
    const SPREAD: f64 = 0.3;
    let factor = (SPREAD * deviate).exp();
    let mut model = Denosumab::default();
    model.vmax *= factor;
    model.clearance *= factor;
    let hours: Vec<f64> = (0..grid.steps)
        .map(|k| (k as f64 + 0.5) * grid.days * 24.0)
        .collect();
    let events: Vec<(f64, f64)> = given.iter().map(|d| (d.time * 24.0, d.amount)).collect();
    let found = model.concentrations(&events, &hours)?;
    for (k, ng_per_ml) in found.into_iter().enumerate() {
        let mg_per_l = ng_per_ml / 1e3;
        exposure.concentration[k] = mg_per_l;
        exposure.suppression[k] =
            suppression(info.name, info.class, &parameters.receptor, mg_per_l);
    }
    Ok(())
}
