//! What a specification implies, in closed form where there is one.
//!
//! Given a patient's probabilities `b` (damaged), `g` (progressing), `h` (healing), joints are independent and the
//! expectation of anything a joint does over the first interval is linear in `1, b, g, g·b, h·b`. Sums over joints
//! therefore have means and variances in the second moments of beta and Dirichlet distributions.

use super::spec::{ArmSpec, ReaderSpec, ReadersSpec};
use crate::Error;
use serde::Serialize;

/// More readers are not worth the square of their number.
const MAX_READERS: usize = 20;
const TERMS: usize = 5;

/// Truths over the first interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Implied {
    /// Each arm, then `all` of them.
    pub arms: Vec<ImpliedArm>,
    /// Why readings have no closed form here; none where they have.
    pub no_closed_form: Option<&'static str>,
}

/// Truths of one arm over the first interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImpliedArm {
    /// The arm.
    pub arm: String,
    /// Share of joints that heal.
    pub healing: f64,
    /// Share of joints that progress.
    pub progressing: f64,
    /// Mean true change of the total.
    pub mean_change: f64,
    /// SD of the true change of the total.
    pub sd_change: f64,
    /// Readers' changes, where these have a closed form.
    pub readings: Vec<ImpliedReading>,
    /// Covariance of two readers' changes over their variance, mean over pairs of readers: ICC(C,1) of change.
    pub icc_change: Option<f64>,
    /// Smallest detectable change (95 %) of the mean of these readers.
    pub sdc95: Option<f64>,
}

/// What one reader's change of the total is like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImpliedReading {
    /// The reader.
    pub reader: String,
    /// Mean.
    pub mean_change: f64,
    /// SD over patients.
    pub sd_change: f64,
}

/// First and second moments over patients: of healing and progressing joints' counts, the true change, then each
/// reader's change.
struct Moments {
    mean: Vec<f64>,
    second: Vec<Vec<f64>>,
    healing: f64,
    progressing: f64,
}

impl ReadersSpec {
    /// What the specification implies for the change from the first to the second visit.
    ///
    /// # Errors
    /// A specification with a value that cannot be; its field is named.
    pub fn implied(&self) -> Result<Implied, Error> {
        let spec = self.completed()?;
        if spec.visits.len() < 2 || spec.sites.is_empty() {
            return Ok(Implied {
                arms: Vec::new(),
                no_closed_form: Some("one visit has no change"),
            });
        }
        let no_closed_form = open_form(&spec);
        let readers: &[ReaderSpec] = if no_closed_form.is_some() {
            &[]
        } else {
            &spec.readers
        };
        let all: Vec<Moments> = spec
            .arms
            .iter()
            .map(|a| moments(&spec, a, readers))
            .collect();
        let names = spec.arms.iter().map(|a| a.name.as_str());
        let mut arms: Vec<ImpliedArm> = names
            .zip(&all)
            .map(|(name, moments)| summary(name, moments, readers))
            .collect();
        arms.push(summary("all", &mixture(&spec, &all), readers));
        Ok(Implied {
            arms,
            no_closed_form,
        })
    }
}

fn open_form(spec: &ReadersSpec) -> Option<&'static str> {
    let noisy = |r: &ReaderSpec| {
        [
            r.bias,
            r.level_noise,
            r.level_noise_per_step,
            r.reading_noise,
            r.film_noise,
            r.film_noise_per_step,
        ]
        .iter()
        .any(|&x| x != 0.0)
    };
    if spec.readers.len() > MAX_READERS {
        Some("more than 20 readers")
    } else if spec.artefact.rate > 0.0 {
        Some("films have artefacts")
    } else if spec.readers.iter().any(noisy) {
        Some("readers have bias or noise of level or film, which the ends of the scale cut")
    } else {
        None
    }
}

fn summary(name: &str, m: &Moments, readers: &[ReaderSpec]) -> ImpliedArm {
    let cov = |i: usize, j: usize| m.second[i][j] - m.mean[i] * m.mean[j];
    let sd = |i: usize| cov(i, i).max(0.0).sqrt();
    let k = readers.len();
    let (mut shared, mut own, mut pairs) = (0.0, 0.0, 0.0);
    for i in 1..=k {
        for j in 1..i {
            shared += cov(i, j);
            own += 0.5 * (cov(i, i) + cov(j, j));
            pairs += 1.0;
        }
    }
    let paired = pairs > 0.0;
    let error = if paired { (own - shared) / pairs } else { 0.0 };
    ImpliedArm {
        arm: name.to_owned(),
        healing: m.healing,
        progressing: m.progressing,
        mean_change: m.mean[0],
        sd_change: sd(0),
        readings: readers
            .iter()
            .enumerate()
            .map(|(r, reader)| ImpliedReading {
                reader: reader.name.clone(),
                mean_change: m.mean[r + 1],
                sd_change: sd(r + 1),
            })
            .collect(),
        icc_change: (paired && own > 0.0).then(|| shared / own),
        sdc95: paired.then(|| 1.959_963_984_540_054 * (error.max(0.0) / k as f64).sqrt()),
    }
}

/// All arms together, weighted by their patients.
fn mixture(spec: &ReadersSpec, arms: &[Moments]) -> Moments {
    let size = arms.first().map_or(0, |m| m.mean.len());
    let mut all = Moments {
        mean: vec![0.0; size],
        second: vec![vec![0.0; size]; size],
        healing: 0.0,
        progressing: 0.0,
    };
    let subjects: usize = spec.arms.iter().map(|a| a.subjects).sum();
    for (arm, m) in spec.arms.iter().zip(arms) {
        let weight = arm.subjects as f64 / subjects as f64;
        all.healing += weight * m.healing;
        all.progressing += weight * m.progressing;
        for i in 0..size {
            all.mean[i] += weight * m.mean[i];
            for j in 0..size {
                all.second[i][j] += weight * m.second[i][j];
            }
        }
    }
    all
}

type Terms = [f64; TERMS];

fn moments(spec: &ReadersSpec, arm: &ArmSpec, readers: &[ReaderSpec]) -> Moments {
    let product = patient_moments(spec, arm);
    let size = readers.len() + 1;
    let mut sums = vec![[0.0; TERMS]; size];
    let mut second = vec![vec![0.0; size]; size];
    let (mut healing, mut progressing) = (0.0, 0.0);
    for site in &spec.sites {
        let joint = Joint {
            max: site.max_steps(),
            spec,
        };
        let expect = |f: &dyn Fn(u16, i32) -> f64| joint.terms(f);
        let value = |q: usize, s: u16, d: i32| -> [f64; 2] {
            let steps = match q.checked_sub(1).and_then(|r| readers.get(r)) {
                Some(reader) => read(spec, reader, (s, joint.max), d),
                None => [f64::from(d), f64::from(d * d)],
            };
            [steps[0] * site.step, steps[1] * site.step * site.step]
        };
        let own: Vec<Terms> = (0..size)
            .map(|q| expect(&|s, d| value(q, s, d)[0]))
            .collect();
        for i in 0..size {
            for j in 0..size {
                let same = expect(&|s, d| {
                    if i == j {
                        value(i, s, d)[1]
                    } else {
                        value(i, s, d)[0] * value(j, s, d)[0]
                    }
                });
                // Two readings of one joint, less what the product of sums below counts for it.
                second[i][j] += mean(&same, &product) - bilinear(&own[i], &own[j], &product);
            }
            for (sum, term) in sums[i].iter_mut().zip(own[i]) {
                *sum += term;
            }
        }
        let sign = |wanted: i32| expect(&|_, d| f64::from(u8::from(d.signum() == wanted)));
        healing += mean(&sign(-1), &product) / spec.sites.len() as f64;
        progressing += mean(&sign(1), &product) / spec.sites.len() as f64;
    }
    for i in 0..size {
        for j in 0..size {
            second[i][j] += bilinear(&sums[i], &sums[j], &product);
        }
    }
    Moments {
        mean: sums.iter().map(|s| mean(s, &product)).collect(),
        second,
        healing,
        progressing,
    }
}

/// One site over the first interval.
struct Joint<'a> {
    max: u16,
    spec: &'a ReadersSpec,
}

impl Joint<'_> {
    /// Expectation of a function of severity and true change (steps), as terms of the patient's probabilities.
    fn terms(&self, f: &dyn Fn(u16, i32) -> f64) -> Terms {
        let course = &self.spec.course;
        let factor = |list: &[f64]| list.first().copied().unwrap_or(1.0);
        let (up, down) = (
            factor(&course.progressing_course),
            factor(&course.healing_course),
        );
        let mut terms = [0.0; TERMS];
        for s in 0..=self.max {
            let stays = f(s, 0);
            let gains = up * self.runs(self.max - s, &|m| f(s, m) - stays);
            let heals = down * self.runs(s, &|m| f(s, -m) - stays);
            if s == 0 {
                terms[0] = stays;
                terms[1] -= stays;
                terms[2] = gains;
                terms[3] -= gains;
            } else {
                let share = run_share(self.spec.baseline.more, s, self.max);
                terms[1] += share * stays;
                terms[3] += share * gains;
                terms[4] += share * heals;
            }
        }
        terms
    }

    /// Expectation over the size of a change with this much room; 0 without any.
    fn runs(&self, room: u16, f: &dyn Fn(i32) -> f64) -> f64 {
        let share = |m: u16| run_share(self.spec.course.more, m, room) * f(i32::from(m));
        (1..=room).map(share).sum()
    }
}

/// P(1 + geometric, cut at `most`, is `steps`).
fn run_share(more: f64, steps: u16, most: u16) -> f64 {
    let reached = more.powi(i32::from(steps) - 1);
    if steps < most {
        reached * (1.0 - more)
    } else {
        reached
    }
}

/// Mean and mean square of a reader's change in steps, given severity and true change.
fn read(spec: &ReadersSpec, reader: &ReaderSpec, (s, max): (u16, u16), d: i32) -> [f64; 2] {
    let outcomes = if d == 0 {
        [(1, reader.false_worse), (-1, reader.false_better)]
    } else {
        [(d, reader.sensitivity), (-d.signum(), reader.opposite)]
    };
    let kept = if spec.reading.sequence_blinded {
        1.0
    } else {
        1.0 - spec.reading.suppression
    };
    let s = i32::from(s);
    let mut moments = [0.0; 2];
    for (change, p) in outcomes {
        let change = (s + change).clamp(0, i32::from(max)) - s;
        let p = if change < 0 { p * kept } else { p };
        moments[0] += p * f64::from(change);
        moments[1] += p * f64::from(change * change);
    }
    moments
}

/// E of the products of any two of `1, b, g, g·b, h·b`.
fn patient_moments(spec: &ReadersSpec, arm: &ArmSpec) -> [[f64; TERMS]; TERMS] {
    let (b, g, h) = (spec.baseline.damaged, arm.progressing, arm.healing);
    // E of squares and products of Dirichlet shares with concentration c; the means' own where all are alike.
    let second = |p: f64, q: f64, same: bool, c: Option<f64>| match c {
        Some(c) => (c * p * q + if same { p } else { 0.0 }) / (c + 1.0),
        None => p * q,
    };
    let powers: [[usize; 3]; TERMS] = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1]];
    let damaged = [1.0, b, second(b, b, true, spec.baseline.concentration)];
    let rates = |i: usize, j: usize| match (i, j) {
        (0, 0) => 1.0,
        (1, 0) => g,
        (0, 1) => h,
        (2, 0) => second(g, g, true, arm.concentration),
        (0, 2) => second(h, h, true, arm.concentration),
        _ => second(g, h, false, arm.concentration),
    };
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let [nb, ng, nh]: [usize; 3] = std::array::from_fn(|a| powers[i][a] + powers[j][a]);
            damaged[nb] * rates(ng, nh)
        })
    })
}

fn mean(terms: &Terms, product: &[[f64; TERMS]; TERMS]) -> f64 {
    terms.iter().zip(&product[0]).map(|(t, m)| t * m).sum()
}

fn bilinear(a: &Terms, b: &Terms, product: &[[f64; TERMS]; TERMS]) -> f64 {
    let row = |i: usize| b.iter().zip(&product[i]).map(|(t, m)| t * m).sum::<f64>();
    a.iter().enumerate().map(|(i, t)| t * row(i)).sum()
}
