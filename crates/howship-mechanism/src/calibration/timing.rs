use crate::Error;
use crate::bone::MineralLaw;
use crate::chain::{Chain, ChainOptions, Parameters, PatientScratch, Plan, Subject};
use crate::imaging::{Critical, Tool};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// When a rim of so many pixels is there, without reading error, in patients whose driver falls to 0.3 or below.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TimingRow {
    /// Mineral law.
    pub law: MineralLaw,
    /// Pixels of 0.1 mm.
    pub pixels: f64,
    /// Counted from: `improvement` (the driver has lost half of what it will lose) or `start`.
    pub from: &'static str,
    /// Share of lesions by 6, 12, 18, 24 months.
    pub by: [f64; 4],
    /// Median and 10th and 90th percentile of those seen within two years, months.
    pub months: [f64; 3],
}

const MONTH: f64 = 30.4375;
const HORIZON: f64 = 730.0;

/// A lesion of a responder: days at which 1 and 2 pixels are reached under both laws; infinite: not in two years.
type Passages = [[f64; 2]; 2];

/// First day at which a course reaches a level, between steps by straight line.
pub(crate) fn passage(course: &[f64], level: f64, step: f64) -> f64 {
    match course.iter().position(|v| *v >= level) {
        None => f64::INFINITY,
        Some(0) => 0.0,
        Some(k) => {
            let (before, now) = (course[k - 1], course[k]);
            (k as f64 - (now - level) / (now - before)) * step
        }
    }
}

struct Lesion {
    responder: bool,
    passages: Passages,
}

fn run(
    parameters: &Parameters,
    half_life: f64,
    patients: u64,
    seed: u64,
) -> Result<Vec<Lesion>, Error> {
    let options = ChainOptions {
        horizon: HORIZON,
        ..ChainOptions::default()
    };
    let chain = Chain::new(
        *parameters,
        Plan::ideal(half_life),
        Subject::default(),
        Vec::new(),
        options,
        seed,
    )?;
    let rows: Result<Vec<Vec<Lesion>>, Error> = (0..patients)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            chain.run(patient, scratch)?;
            let responder = scratch.course.traits[1] <= RESPONDER;
            Ok(scratch
                .course
                .courses
                .iter()
                .map(|c| Lesion {
                    responder,
                    passages: [&c.mineral_a, &c.mineral_b]
                        .map(|m| [100.0, 200.0].map(|level| passage(m, level, chain.step_days()))),
                })
                .collect())
        })
        .collect();
    Ok(rows?.into_iter().flatten().collect())
}

/// A clinical responder: driver left at or below this.
const RESPONDER: f64 = 0.3;

fn quantile(sorted: &[f64], p: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let at = p * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

/// The timing table of biologic responders: both laws, 1 and 2 pixels, from improvement and from the start.
///
/// # Errors
/// A chain could not be made.
pub fn timing(parameters: &Parameters, patients: u64, seed: u64) -> Result<Vec<TimingRow>, Error> {
    let half_life = parameters.inflammation.biologic_half_life;
    let lesions = run(parameters, half_life, patients, seed)?;
    let mut rows = Vec::new();
    for (l, law) in MineralLaw::ALL.into_iter().enumerate() {
        for (p, pixels) in [1.0, 2.0].into_iter().enumerate() {
            for (from, origin) in [("improvement", half_life), ("start", 0.0)] {
                let responders = lesions.iter().filter(|x| x.responder);
                let days: Vec<f64> = responders.map(|x| x.passages[l][p] - origin).collect();
                let n = days.len().max(1) as f64;
                let by = [182.0, 365.0, 548.0, HORIZON - origin]
                    .map(|d| days.iter().filter(|x| **x <= d).count() as f64 / n);
                let mut seen: Vec<f64> = days.into_iter().filter(|d| d.is_finite()).collect();
                seen.sort_by(f64::total_cmp);
                rows.push(TimingRow {
                    law,
                    pixels,
                    from,
                    by,
                    months: [0.5, 0.1, 0.9].map(|q| quantile(&seen, q) / MONTH),
                });
            }
        }
    }
    Ok(rows)
}

/// Median days by which a conventional drug's lesions are later than a biologic's, from start and from improvement,
/// over the same lesions seen under both: law A and B, 1 and 2 pixels.
///
/// # Errors
/// A chain could not be made.
pub fn paired_lag(
    parameters: &Parameters,
    patients: u64,
    seed: u64,
) -> Result<Vec<(MineralLaw, f64, [f64; 2])>, Error> {
    let halves = [
        parameters.inflammation.biologic_half_life,
        parameters.inflammation.csdmard_half_life,
    ];
    let fast = run(parameters, halves[0], patients, seed)?;
    let slow = run(parameters, halves[1], patients, seed)?;
    let mut rows = Vec::new();
    for (l, law) in MineralLaw::ALL.into_iter().enumerate() {
        for (p, pixels) in [1.0, 2.0].into_iter().enumerate() {
            let pairs = fast.iter().zip(&slow).filter(|(f, _)| f.responder);
            let mut lags: Vec<f64> = pairs
                .map(|(f, s)| s.passages[l][p] - f.passages[l][p])
                .filter(|d| d.is_finite())
                .collect();
            lags.sort_by(f64::total_cmp);
            let start = quantile(&lags, 0.5);
            rows.push((law, pixels, [start, start - (halves[1] - halves[0])]));
        }
    }
    Ok(rows)
}

/// What a tool's verdicts are worth in responders at one time.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DetectionRow {
    /// Tool.
    pub tool: String,
    /// Its precision, in its unit.
    pub precision: f64,
    /// Smallest relevant change used.
    pub delta: f64,
    /// Months from start.
    pub months: f64,
    /// Share of responders' lesions with the verdict `healing`, and `progressing`.
    pub healing: f64,
    /// Share with `progressing`.
    pub progressing: f64,
    /// Share of the healing calls whose wall did not get shallower.
    pub false_healing: f64,
}

/// Verdicts on responders' lesions at 12 months for each tool.
///
/// # Errors
/// A chain could not be made, or a tool has no precision.
pub fn detection(
    parameters: &Parameters,
    tools: &[Tool],
    patients: u64,
    seed: u64,
) -> Result<Vec<DetectionRow>, Error> {
    const DAYS: f64 = 360.0;
    let options = ChainOptions {
        horizon: 365.0,
        ..ChainOptions::default()
    };
    let plan = Plan::ideal(parameters.inflammation.biologic_half_life);
    let chain = Chain::new(
        *parameters,
        plan,
        Subject::default(),
        Vec::new(),
        options,
        seed,
    )?;
    let critical: Result<Vec<Critical>, Error> = tools.iter().map(Tool::critical).collect();
    let critical = critical?;
    let at = (DAYS / chain.step_days()) as usize;
    let lateral = parameters.wall.lateral;
    let counts: Result<Vec<Vec<[u32; 4]>>, Error> = (0..patients)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            let mut counts = vec![[0u32; 4]; tools.len()];
            chain.run(patient, scratch)?;
            let course = &scratch.course;
            if course.traits[1] > RESPONDER {
                return Ok(counts);
            }
            let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
            rng.set_stream(patient);
            for (traits, c) in course.lesions.iter().zip(&course.courses) {
                for ((tool, limit), count) in tools.iter().zip(&critical).zip(&mut counts) {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    let seen = tool.true_change(traits, c, lateral, at) + tool.change_error() * z;
                    count[0] += 1;
                    if seen <= limit.healing {
                        count[1] += 1;
                        count[3] += u32::from(c.depth_change[at] >= 0.0);
                    }
                    count[2] += u32::from(seen >= limit.progressing);
                }
            }
            Ok(counts)
        })
        .collect();
    let mut sums = vec![[0u32; 4]; tools.len()];
    for patient in counts? {
        for (sum, count) in sums.iter_mut().zip(patient) {
            for (s, c) in sum.iter_mut().zip(count) {
                *s += c;
            }
        }
    }
    let rows = tools
        .iter()
        .zip(sums)
        .map(|(tool, [n, healing, progressing, wrong])| {
            let share = |x: u32, of: u32| f64::from(x) / f64::from(of.max(1));
            DetectionRow {
                tool: tool.name.clone(),
                precision: tool.precision,
                delta: tool.scale.delta,
                months: DAYS / MONTH,
                healing: share(healing, n),
                progressing: share(progressing, n),
                false_healing: share(wrong, healing),
            }
        });
    Ok(rows.collect())
}
