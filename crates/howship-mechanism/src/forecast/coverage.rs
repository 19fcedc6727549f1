use super::bank::{Draw, Question, draws, index, tools};
use super::interval::forecast_of;
use super::posterior::{effective, weights};
use crate::Error;
use crate::case::Case;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// A coverage experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoverageOptions {
    /// Simulated patients (500).
    pub patients: u64,
    /// Draws behind each forecast (8192).
    pub draws: u64,
    /// Horizon, months (36).
    pub months: f64,
    /// Months of the two observed visits (6, 12).
    pub observed: [f64; 2],
}

impl Default for CoverageOptions {
    fn default() -> Self {
        Self {
            patients: 500,
            draws: 8192,
            months: 36.0,
            observed: [6.0, 12.0],
        }
    }
}

/// How forecasts of one tool did after so many observed visits.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CoverageRow {
    /// Tool that observes and is forecast.
    pub tool: String,
    /// Visits observed.
    pub visits: usize,
    /// Lesions.
    pub lesions: usize,
    /// Share of first-detectable days in their 95 % intervals.
    pub covered: f64,
    /// Share in their 50 % intervals.
    pub covered_half: f64,
    /// Mean width of the 95 % intervals inside the horizon, days.
    pub width: f64,
    /// Mean continuous ranked probability score, days: smaller is sharper and truer.
    pub score: f64,
    /// Least effective number of draws.
    pub least_effective: f64,
}

/// Simulated patients of a record: their true first-detectable days against forecasts made before any image and after
/// one and two, every lesion observed with the tool whose detection is forecast.
///
/// Patients and draws are of the same model and have different numbers: this tests the inference, not the model.
///
/// # Errors
/// A drug's kinetics could not be integrated, or `progress` said no.
pub fn coverage(
    case: &Case,
    options: &CoverageOptions,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<Vec<CoverageRow>, Error> {
    let mut case = case.clone();
    case.run.months = options.months;
    let compiled = case.compile(true)?;
    let chain = &compiled.chain;
    let tools = tools(&case)?;
    let n = chain.lesions();
    let mut changes = Vec::new();
    for (tool, _) in &tools {
        for months in options.observed {
            let day = months * crate::case::DAYS_PER_MONTH;
            let at = index(chain, day)
                .ok_or_else(|| Error::value("observed", months, "it lies within the horizon"))?;
            changes.extend((0..n).map(|lesion| (tool.quantity, lesion, at)));
        }
    }
    let question = Question {
        tools,
        changes,
        scores: Vec::new(),
    };
    let share = case.run.profile_share;
    let bank = draws(&compiled, &question, share, 0, options.draws, progress)?;
    let truth = draws(
        &compiled,
        &question,
        share,
        1 << 40,
        options.patients,
        &|_| true,
    )?;
    let horizon = chain.day(chain.steps());
    let mut rows = Vec::new();
    for (t, (tool, _)) in question.tools.iter().enumerate() {
        let se = tool.change_error();
        for visits in 0..=2 {
            let first = t * 2 * n;
            let used = first..first + visits * n;
            let results: Vec<[f64; 5]> = truth
                .par_iter()
                .enumerate()
                .map(|(p, patient)| {
                    let mut rng = chain.image_stream((1 << 41) + p as u64 * 8 + t as u64);
                    let seen: Vec<f64> = patient.changes[used.clone()]
                        .iter()
                        .map(|c| {
                            let z: f64 = StandardNormal.sample(&mut rng);
                            c + se * z
                        })
                        .collect();
                    let w = weights(&bank, |draw: &Draw| {
                        let misses = seen.iter().zip(&draw.changes[used.clone()]);
                        -0.5 * misses.map(|(s, d)| ((s - d) / se).powi(2)).sum::<f64>()
                    });
                    let mut sums = [0.0; 5];
                    for lesion in 0..n {
                        let at = t * n + lesion;
                        let f = forecast_of(bank.iter().map(|d| d.days[at]).zip(w.iter().copied()));
                        let day = patient.days[at];
                        sums[0] += f64::from(u8::from(f.interval.holds(day)));
                        sums[1] += f64::from(u8::from(f.half.holds(day)));
                        sums[2] += f.interval.width(horizon);
                        sums[3] += ranked_score(&bank, &w, at, day.min(horizon), horizon);
                    }
                    sums[4] = effective(&w);
                    sums
                })
                .collect();
            let lesions = truth.len() * n;
            let mean = |i: usize| results.iter().map(|r| r[i]).sum::<f64>() / lesions as f64;
            rows.push(CoverageRow {
                tool: tool.name.clone(),
                visits,
                lesions,
                covered: mean(0),
                covered_half: mean(1),
                width: mean(2),
                score: mean(3),
                least_effective: results.iter().map(|r| r[4]).fold(f64::INFINITY, f64::min),
            });
        }
    }
    Ok(rows)
}

/// `∫(F(x) − 1{x ≥ day})² dx` up to the horizon, on a grid of 60 parts.
fn ranked_score(bank: &[Draw], weights: &[f64], at: usize, day: f64, horizon: f64) -> f64 {
    const PARTS: usize = 60;
    let mut mass = [0.0; PARTS + 1];
    for (draw, w) in bank.iter().zip(weights) {
        let part = (draw.days[at].min(1e9) / horizon * PARTS as f64) as usize;
        mass[part.min(PARTS)] += w;
    }
    let width = horizon / PARTS as f64;
    let mut below = 0.0;
    let mut score = 0.0;
    for (part, m) in mass[..PARTS].iter().enumerate() {
        below += m;
        let middle = (part as f64 + 1.0) * width;
        let step = if middle >= day && day < horizon {
            1.0
        } else {
            0.0
        };
        score += (below - step) * (below - step) * width;
    }
    score
}
