use super::{Design, Endpoint, Reading, power_of_all, sample_size};
use crate::Error;
use crate::bone::MineralLaw;
use crate::chain::{Chain, PatientCourse, PatientScratch};
use crate::imaging::{Critical, Quantity, Tool};
use howship_stats::{noncentral_t_cdf, student_t_quantile};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// What an arm's virtual patients gave.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArmResult {
    /// Name.
    pub name: String,
    /// Virtual patients.
    pub patients: u64,
    /// Share of responders, and its Monte-Carlo SE.
    pub responders: [f64; 2],
    /// Share of responders by the same reading where no lesion changes at all: what noise alone gives.
    pub noise_floor: f64,
    /// Share of lesions called repaired.
    pub lesions: f64,
    /// Share of the calls on lesions whose wall is not shallower.
    pub false_healing: Option<f64>,
    /// Correlation of calls on lesions of one patient, and the design effect of counting lesions.
    pub clustering: [f64; 2],
    /// Mean over patients of their lesions' mean observed change, SD over patients, Monte-Carlo SE.
    pub change: [f64; 3],
}

/// Power at one size.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CurvePoint {
    /// Patients per arm randomised.
    pub per_arm: usize,
    /// Patients per arm with a last image.
    pub analysed: usize,
    /// Power.
    pub power: f64,
    /// Its Monte-Carlo SE: enumeration and formula are exact, the shares behind them are simulated.
    pub error: f64,
}

/// An arm against the reference.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// Arm.
    pub arm: String,
    /// Reference.
    pub reference: String,
    /// Power at every size of the design.
    pub curve: Vec<CurvePoint>,
    /// Patients per arm to randomise for the wanted power (first size, and the first from which it stays), dropout
    /// included; none within 400.
    pub needed: Option<[usize; 2]>,
}

/// A virtual trial.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TrialReport {
    /// Name.
    pub name: String,
    /// How power is worked out.
    pub method: String,
    /// Arms.
    pub arms: Vec<ArmResult>,
    /// Every arm against the first.
    pub comparisons: Vec<Comparison>,
    /// What is assumed.
    pub notes: Vec<String>,
}

/// What was seen of a patient.
struct Patient {
    responder: bool,
    noise: bool,
    calls: u32,
    wrong: u32,
    change: f64,
}

/// Runs a design.
///
/// Patients of an arm are independent, so a trial's responders are binomial with the arm's share: the share is
/// simulated once from many virtual patients, and power follows exactly by enumeration. Mean changes are compared by
/// Welch's t, power by the noncentral t.
///
/// # Errors
/// A drug's kinetics could not be integrated, a tool has no precision, or `progress` said no.
pub fn run_trial(
    design: &Design,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<TrialReport, Error> {
    let mut notes = Vec::new();
    let mut arms = Vec::new();
    let whole = design.arms.len() as f64;
    for (n, arm) in design.arms.iter().enumerate() {
        let mut case = arm.case.clone();
        case.run.months = design.visits.last().copied().unwrap_or(12.0) + 0.5;
        case.run.lesions = design.lesions;
        case.run.seed = design.seed.wrapping_add(1_000_003 * n as u64);
        let mut compiled = case.compile(false)?;
        compiled.chain.share_joints(design.per_joint);
        for note in compiled.notes {
            let note = format!("{}: {note}", arm.name);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        let told = |share: f64| progress((n as f64 + share) / whole);
        let patients = patients(design, &compiled.chain, &told)?;
        arms.push(summed(&arm.name, design, &patients));
    }
    let mut comparisons = Vec::new();
    for arm in &arms[1..] {
        comparisons.push(compared(design, &arms[0], arm)?);
    }
    let method = match design.endpoint {
        Endpoint::Responders => format!(
            "{}, two-sided {}, by enumeration",
            design.test.name(),
            design.level
        ),
        Endpoint::MeanChange => format!(
            "Welch's t on patients' mean change, two-sided {}, noncentral t",
            design.level
        ),
    };
    Ok(TrialReport {
        name: design.name.clone(),
        method,
        arms,
        comparisons,
        notes,
    })
}

/// How one lesion is read.
enum Eye {
    Film {
        threshold: f64,
        pixel: f64,
        readers: crate::imaging::Readers,
    },
    Tool {
        tool: Tool,
        critical: Critical,
    },
}

fn eye(design: &Design) -> Result<Eye, Error> {
    Ok(match design.reading {
        Reading::Film {
            threshold,
            pixel,
            readers,
        } => Eye::Film {
            threshold,
            pixel,
            readers,
        },
        Reading::Verdict {
            quantity,
            precision,
        } => {
            let mut tool = match quantity {
                Quantity::Volume => Tool::volume(design.law),
                Quantity::MriVolume => Tool::mri(design.law),
                _ => Tool::depth(design.law),
            };
            if let Some(precision) = precision {
                tool.precision = precision;
            }
            let critical = tool.critical()?;
            Eye::Tool { tool, critical }
        }
    })
}

fn patients(
    design: &Design,
    chain: &Chain,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<Vec<Patient>, Error> {
    let eye = eye(design)?;
    let at: Vec<usize> = design
        .visits
        .iter()
        .map(|m| {
            ((m * crate::case::DAYS_PER_MONTH / chain.step_days()).round() as usize)
                .min(chain.steps())
        })
        .collect();
    let n = design.virtual_patients;
    (0..n)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            if patient % 256 == 0 && !progress(patient as f64 / n as f64) {
                return Err(Error::Stopped);
            }
            chain.run(patient, scratch)?;
            let mut rng = chain.image_stream(patient);
            Ok(seen(design, &eye, &scratch.course, &at, &mut rng))
        })
        .collect()
}

/// Reads every lesion at every visit, once with what happened and once with nothing having happened.
fn seen(
    design: &Design,
    eye: &Eye,
    course: &PatientCourse,
    at: &[usize],
    rng: &mut ChaCha8Rng,
) -> Patient {
    let lateral = course.parameters.wall.lateral;
    let own = (1.0 - design.shared_error).sqrt();
    let common = design.shared_error.sqrt();
    let visits = at.len();
    let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
    let shared: Vec<f64> = (0..visits).map(|_| normal(rng)).collect();
    let (mut repaired, mut noise, mut progressing, mut noisy_progress) = (0, 0, 0, 0);
    let mut patient = Patient {
        responder: false,
        noise: false,
        calls: 0,
        wrong: 0,
        change: 0.0,
    };
    for (traits, c) in course.lesions.iter().zip(&course.courses) {
        let in_profile = rng.random::<f64>() < design.profile_share;
        let mut held = [true; 2];
        let mut last = [false; 2];
        let mut change = 0.0;
        for (v, &k) in at.iter().enumerate() {
            let final_visit = v + 1 == visits;
            let read = |rng: &mut ChaCha8Rng, truth: bool| -> (bool, bool, f64) {
                match eye {
                    Eye::Film {
                        threshold,
                        pixel,
                        readers,
                    } => {
                        let mineral = match design.law {
                            MineralLaw::A => c.mineral_a[k],
                            MineralLaw::B => c.mineral_b[k],
                        };
                        let shown = if truth && in_profile {
                            mineral / 1e3 / pixel
                        } else {
                            0.0
                        };
                        let shift = common * shared[v] * readers.sd;
                        let private = crate::imaging::Readers {
                            sd: readers.sd * own,
                            ..*readers
                        };
                        let called = private.see(rng, shown + shift, *threshold);
                        (called, false, -shown * pixel)
                    }
                    Eye::Tool { tool, critical } => {
                        let real = if truth {
                            tool.true_change(traits, c, lateral, k)
                        } else {
                            0.0
                        };
                        let observed =
                            real + tool.change_error() * (own * normal(rng) + common * shared[v]);
                        (
                            observed <= critical.healing,
                            observed >= critical.progressing,
                            observed,
                        )
                    }
                }
            };
            let (called, grew, observed) = read(rng, true);
            let (false_call, false_growth, _) = read(rng, false);
            for (i, call) in [called, false_call].into_iter().enumerate() {
                // Persistence: once seen, seen until the end.
                held[i] &= call || !last[i];
                last[i] = call;
            }
            if final_visit {
                change = observed;
                progressing += usize::from(grew);
                noisy_progress += usize::from(false_growth);
            }
        }
        let call = |i: usize| last[i] && (held[i] || !design.responder.persistent);
        let called = call(0);
        repaired += usize::from(called);
        noise += usize::from(call(1));
        patient.calls += u32::from(called);
        let smaller = at.last().is_some_and(|&k| c.depth_change[k] < 0.0);
        patient.wrong += u32::from(called && !smaller);
        patient.change += change / course.lesions.len() as f64;
    }
    let rule = &design.responder;
    patient.responder = repaired >= rule.lesions && !(rule.none_progressing && progressing > 0);
    patient.noise = noise >= rule.lesions && !(rule.none_progressing && noisy_progress > 0);
    patient
}

fn summed(name: &str, design: &Design, patients: &[Patient]) -> ArmResult {
    let n = patients.len() as f64;
    let share =
        |of: &dyn Fn(&Patient) -> bool| patients.iter().filter(|p| of(p)).count() as f64 / n;
    let responders = share(&|p| p.responder);
    let m = design.lesions as f64;
    let calls: f64 = patients.iter().map(|p| f64::from(p.calls)).sum();
    let wrong: f64 = patients.iter().map(|p| f64::from(p.wrong)).sum();
    let mean = patients.iter().map(|p| p.change).sum::<f64>() / n;
    let variance = patients
        .iter()
        .map(|p| (p.change - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    let icc = clustering(patients, m);
    ArmResult {
        name: name.to_owned(),
        patients: patients.len() as u64,
        responders: [responders, (responders * (1.0 - responders) / n).sqrt()],
        noise_floor: share(&|p| p.noise),
        lesions: calls / (n * m),
        false_healing: (calls > 0.0).then(|| wrong / calls),
        clustering: [icc, 1.0 + (m - 1.0) * icc],
        change: [mean, variance.sqrt(), (variance / n).sqrt()],
    }
}

/// Analysis-of-variance estimator of the intraclass correlation of a yes or no.
fn clustering(patients: &[Patient], m: f64) -> f64 {
    if m < 2.0 {
        return 0.0;
    }
    let n = patients.len() as f64;
    let p = patients.iter().map(|x| f64::from(x.calls)).sum::<f64>() / (n * m);
    let between = patients
        .iter()
        .map(|x| m * (f64::from(x.calls) / m - p).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    let within = patients
        .iter()
        .map(|x| {
            let own = f64::from(x.calls) / m;
            m * own * (1.0 - own)
        })
        .sum::<f64>()
        / (n * (m - 1.0));
    let total = between + (m - 1.0) * within;
    if total > 0.0 {
        (between - within) / total
    } else {
        0.0
    }
}

fn compared(design: &Design, reference: &ArmResult, arm: &ArmResult) -> Result<Comparison, Error> {
    let analysed = |n: usize| (((n as f64) * (1.0 - design.dropout)).floor() as usize).max(2);
    let mut curve = Vec::new();
    for &per_arm in &design.sizes {
        let n = analysed(per_arm);
        let (power, error) = match design.endpoint {
            Endpoint::Responders => shares_power(design, n, reference, arm),
            Endpoint::MeanChange => mean_power(design, n, reference, arm)?,
        };
        curve.push(CurvePoint {
            per_arm,
            analysed: n,
            power,
            error,
        });
    }
    let randomised = |n: usize| (n as f64 / (1.0 - design.dropout)).ceil() as usize;
    let needed = match design.endpoint {
        Endpoint::Responders => {
            let shares = [arm.responders[0], reference.responders[0]];
            if (shares[0] - shares[1]).abs() < 1e-9 {
                None
            } else {
                sample_size(design.test, shares, design.level, design.power)
            }
        }
        Endpoint::MeanChange => {
            let mut found = None;
            for n in 2..=400 {
                if mean_power(design, n, reference, arm)?.0 >= design.power {
                    found = Some([n, n]);
                    break;
                }
            }
            found
        }
    };
    Ok(Comparison {
        arm: arm.name.clone(),
        reference: reference.name.clone(),
        curve,
        needed: needed.map(|n| n.map(randomised)),
    })
}

/// Exact power with its error from the shares' Monte-Carlo errors, by differences of one SE.
fn shares_power(design: &Design, n: usize, reference: &ArmResult, arm: &ArmResult) -> (f64, f64) {
    let [a, b] = [arm.responders, reference.responders];
    let inside = |p: f64| p.clamp(0.0, 1.0);
    let pairs = [
        [a[0], b[0]],
        [inside(a[0] + a[1]), b[0]],
        [inside(a[0] - a[1]), b[0]],
        [a[0], inside(b[0] + b[1])],
        [a[0], inside(b[0] - b[1])],
    ];
    let p = power_of_all(design.test, [n, n], &pairs, design.level);
    let slopes = [0.5 * (p[1] - p[2]), 0.5 * (p[3] - p[4])];
    (p[0], slopes[0].hypot(slopes[1]))
}

fn mean_power(
    design: &Design,
    n: usize,
    reference: &ArmResult,
    arm: &ArmResult,
) -> Result<(f64, f64), Error> {
    let size = n as f64;
    let [va, vb] = [arm.change[1], reference.change[1]].map(|sd| sd * sd / size);
    let se = (va + vb).sqrt();
    if !(se > 0.0) {
        return Ok((
            f64::from(u8::from(arm.change[0] != reference.change[0])),
            0.0,
        ));
    }
    let df = (va + vb).powi(2) / ((va * va + vb * vb) / (size - 1.0));
    let t = student_t_quantile(1.0 - design.level / 2.0, df)?;
    let at = |gap: f64| -> Result<f64, Error> {
        let shift = gap / se;
        Ok(1.0 - noncentral_t_cdf(t, df, shift)? + noncentral_t_cdf(-t, df, shift)?)
    };
    let gap = arm.change[0] - reference.change[0];
    let step = arm.change[2].hypot(reference.change[2]);
    let slope = 0.5 * (at(gap + step)? - at(gap - step)?);
    Ok((at(gap)?, slope.abs()))
}
