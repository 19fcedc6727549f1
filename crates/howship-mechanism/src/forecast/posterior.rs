use super::bank::{Draw, Question, draws, index, tools};
use super::interval::{Forecast, forecast_of};
use crate::Error;
use crate::case::{Case, DAYS_PER_MONTH, Observation, key_of, no_change_twice};
use crate::imaging::{Quantity, Tool};

/// How a forecast is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastOptions {
    /// Draws to begin with (16,384).
    pub draws: u64,
    /// Most draws (524,288).
    pub most: u64,
    /// Effective number of draws wanted (1000); under a twentieth of it there is no answer.
    pub effective: f64,
    /// Horizon, months (36).
    pub months: f64,
}

impl Default for ForecastOptions {
    fn default() -> Self {
        Self {
            draws: 16_384,
            most: 524_288,
            effective: 1000.0,
            months: 36.0,
        }
    }
}

/// How well the draws carry the answer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Diagnostics {
    /// Draws.
    pub draws: usize,
    /// Effective number of them, `1/Σw²`.
    pub effective: f64,
    /// Largest weight of one draw.
    pub largest_weight: f64,
    /// Observations used, scores of activity included.
    pub observations: usize,
}

/// When repair of one lesion is detectable with one tool.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LesionForecast {
    /// Lesion; `any` for the first of them.
    pub lesion: String,
    /// Tool.
    pub tool: String,
    /// SD of one measurement in vivo.
    pub precision: f64,
    /// Unit.
    pub unit: &'static str,
    /// Change at which the verdict turns to healing.
    pub critical: f64,
    /// The day.
    pub day: Forecast,
}

/// What the next image is expected to measure.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct NextVisit {
    /// Visit.
    pub visit: String,
    /// Lesion.
    pub lesion: String,
    /// Tool.
    pub tool: String,
    /// Expected change and the 95 % interval of the *measured* one.
    pub change: [f64; 3],
    /// Their unit.
    pub unit: &'static str,
    /// Probability that the verdict will be healing.
    pub healing: f64,
}

/// A forecast of a record.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ForecastReport {
    /// Days to which it looks.
    pub horizon: f64,
    /// Per tool and lesion.
    pub lesions: Vec<LesionForecast>,
    /// Per planned image.
    pub next: Vec<NextVisit>,
    /// How well the draws carry it.
    pub diagnostics: Diagnostics,
    /// The model's assumptions for this record.
    pub notes: Vec<String>,
}

/// An observation so many standard errors outside of every simulated course fits none: more draws would not reach it.
const OUTSIDE: f64 = 6.0;
/// Draws whose range tells what the model can reach.
const ENOUGH_TO_TELL: usize = 4096;

/// One observation as the likelihood sees it.
struct Seen {
    key: String,
    value: f64,
    se: f64,
}

/// Forecasts a record from its own observations and those handed over.
///
/// # Errors
/// No draw fits the observations well enough, or `progress` said no.
pub fn forecast(
    case: &Case,
    observed: &[Observation],
    options: &ForecastOptions,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<ForecastReport, Error> {
    let mut case = case.clone();
    case.run.months = options.months;
    let compiled = case.compile(true)?;
    let chain = &compiled.chain;
    let tools = tools(&case)?;
    let (mut changes, mut seen) = (Vec::new(), Vec::new());
    let all: Vec<Observation> = case.observations.iter().chain(observed).copied().collect();
    no_change_twice(&all, case.observations.len())?;
    for (n, o) in all.iter().enumerate() {
        let at = index(chain, o.day).ok_or_else(|| {
            Error::value(
                format!("{}.visit", key_of(n, case.observations.len())),
                format!("M{:.1}", o.day / DAYS_PER_MONTH),
                "it lies beyond the forecast's horizon: look further ahead (`--months`)",
            )
        })?;
        changes.push((o.quantity, o.lesion, at));
        seen.push(Seen {
            key: key_of(n, case.observations.len()),
            value: o.change,
            se: o.se.unwrap_or_else(|| default_error(o.quantity)),
        });
    }
    let mut scores = Vec::new();
    for a in case.activity.iter().filter(|a| a.visit.days > 42.0) {
        if let (Some(score), Some(at)) = (a.das28, index(chain, a.visit.days)) {
            scores.push((at, score));
        }
    }
    let planned = planned(&case, &tools, chain);
    let observations = changes.len();
    changes.extend(planned.iter().map(|p| (p.tool.quantity, p.lesion, p.at)));
    let question = Question {
        tools,
        changes,
        scores: scores.iter().map(|(at, _)| *at).collect(),
    };
    let error_sd = case.parameters.clinic.error_sd;
    let mut bank: Vec<Draw> = Vec::new();
    let weights = loop {
        let had = bank.len() as u64;
        let more = if had == 0 { options.draws } else { had };
        bank.extend(draws(
            &compiled,
            &question,
            case.run.profile_share,
            had,
            more,
            progress,
        )?);
        let weights = weights(&bank, |draw| {
            let changes = seen
                .iter()
                .zip(&draw.changes)
                .map(|(s, t)| ((s.value - t) / s.se).powi(2));
            let activity = scores
                .iter()
                .zip(&draw.scores)
                .map(|((_, s), t)| ((s - t) / error_sd).powi(2));
            -0.5 * changes.chain(activity).sum::<f64>()
        });
        let n = effective(&weights);
        if (bank.len() >= ENOUGH_TO_TELL || had > 0)
            && let Some(error) = out_of_reach(&seen, &question, &bank)
        {
            return Err(error);
        }
        if n >= options.effective.min(bank.len() as f64) || bank.len() as u64 * 2 > options.most {
            if n < options.effective / 20.0 {
                return Err(Error::TooFewDraws {
                    effective: n,
                    draws: bank.len(),
                    key: "observation".into(),
                });
            }
            break weights;
        }
    };
    Ok(ForecastReport {
        horizon: chain.day(chain.steps()),
        lesions: lesions(&question, &compiled.lesions, &bank, &weights),
        next: next(&planned, observations, &compiled.lesions, &bank, &weights)?,
        diagnostics: Diagnostics {
            draws: bank.len(),
            effective: effective(&weights),
            largest_weight: weights.iter().copied().fold(0.0, f64::max),
            observations: observations + scores.len(),
        },
        notes: compiled.notes.clone(),
    })
}

/// The first observation that no course comes near.
fn out_of_reach(seen: &[Seen], question: &Question, bank: &[Draw]) -> Option<Error> {
    seen.iter().enumerate().find_map(|(n, s)| {
        let reached = bank.iter().filter_map(|draw| draw.changes.get(n));
        let [low, high] = reached.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], x| {
            [l.min(*x), h.max(*x)]
        });
        let beyond = (low - s.value).max(s.value - high) / s.se;
        (beyond > OUTSIDE).then(|| Error::OutOfReach {
            key: s.key.clone(),
            value: s.value,
            unit: question.changes.get(n).map_or("", |c| c.0.unit()),
            se: s.se,
            low,
            high,
            draws: bank.len(),
        })
    })
}

fn default_error(quantity: Quantity) -> f64 {
    let law = crate::bone::MineralLaw::A;
    match quantity {
        Quantity::Depth => Tool::depth(law),
        Quantity::Volume => Tool::volume(law),
        Quantity::Rim => Tool::rim(law),
        Quantity::EnFace => Tool::en_face(law),
        Quantity::MriVolume => Tool::mri(law),
    }
    .change_error()
}

struct Planned {
    visit: String,
    lesion: usize,
    at: usize,
    tool: Tool,
    critical: f64,
}

/// Every later image of the record that is not done.
fn planned(case: &Case, tools: &[(Tool, f64)], chain: &crate::chain::Chain) -> Vec<Planned> {
    let mut all = Vec::new();
    for image in case
        .imaging
        .iter()
        .filter(|i| !i.done && i.visit.days > 0.0)
    {
        let Some(at) = index(chain, image.visit.days) else {
            continue;
        };
        for of_image in crate::simulate::tools_of(image, crate::bone::MineralLaw::A) {
            let Some((tool, critical)) = tools.iter().find(|(t, _)| t.name == of_image.name) else {
                continue;
            };
            for lesion in 0..chain.lesions() {
                all.push(Planned {
                    visit: image.visit.name(),
                    lesion,
                    at,
                    tool: tool.clone(),
                    critical: *critical,
                });
            }
        }
    }
    all
}

/// Weights that sum to 1, from log likelihoods.
pub(super) fn weights(bank: &[Draw], log: impl Fn(&Draw) -> f64) -> Vec<f64> {
    let logs: Vec<f64> = bank.iter().map(log).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = logs.iter().map(|l| (l - most).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|w| w / sum).collect()
}

pub(super) fn effective(weights: &[f64]) -> f64 {
    1.0 / weights.iter().map(|w| w * w).sum::<f64>()
}

fn lesions(
    question: &Question,
    names: &[String],
    bank: &[Draw],
    weights: &[f64],
) -> Vec<LesionForecast> {
    let n = names.len();
    let mut rows = Vec::new();
    for (t, (tool, critical)) in question.tools.iter().enumerate() {
        let mut row = |lesion: &str, day: &dyn Fn(&Draw) -> f64| {
            rows.push(LesionForecast {
                lesion: lesion.to_owned(),
                tool: tool.name.clone(),
                precision: tool.precision,
                unit: tool.quantity.unit(),
                critical: *critical,
                day: forecast_of(bank.iter().map(day).zip(weights.iter().copied())),
            });
        };
        for (lesion, name) in names.iter().enumerate() {
            row(name, &|draw| draw.days[t * n + lesion]);
        }
        if n > 1 {
            row("any", &|draw| {
                draw.days[t * n..(t + 1) * n]
                    .iter()
                    .copied()
                    .fold(f64::INFINITY, f64::min)
            });
        }
    }
    rows
}

fn next(
    planned: &[Planned],
    first: usize,
    names: &[String],
    bank: &[Draw],
    weights: &[f64],
) -> Result<Vec<NextVisit>, Error> {
    let mut rows = Vec::new();
    for (n, p) in planned.iter().enumerate() {
        let of = |draw: &Draw| draw.changes[first + n];
        let error = p.tool.change_error();
        let mean: f64 = bank.iter().zip(weights).map(|(d, w)| w * of(d)).sum();
        // The measured change is a mixture of normals: its quantiles by bisection on the mixture.
        let below = |x: f64| -> f64 {
            let shares = bank.iter().zip(weights);
            shares
                .map(|(d, w)| w * howship_stats::normal_cdf((x - of(d)) / error))
                .sum()
        };
        let spread = bank
            .iter()
            .map(|d| (of(d) - mean).abs())
            .fold(0.0, f64::max)
            + 8.0 * error;
        let quantile = |goal: f64| {
            let (mut low, mut high) = (mean - spread, mean + spread);
            for _ in 0..24 {
                let middle = 0.5 * (low + high);
                if below(middle) < goal {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            0.5 * (low + high)
        };
        rows.push(NextVisit {
            visit: p.visit.clone(),
            lesion: names[p.lesion].clone(),
            tool: p.tool.name.clone(),
            change: [mean, quantile(0.025), quantile(0.975)],
            unit: p.tool.quantity.unit(),
            healing: below(p.critical),
        });
    }
    Ok(rows)
}
