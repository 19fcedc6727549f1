use super::accumulate::{Accumulator, Range};
use super::look::Count;
use super::{Looks, VisitRow};
use crate::Error;
use crate::bone::{half_ellipsoid, margin_density, mouth_closed};
use crate::case::{Case, Compiled, DAYS_PER_MONTH};
use crate::chain::{Chain, PatientCourse, PatientScratch};
use crate::inflammation::improvement;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A quantity at one time: mean and quantiles over the population.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Band {
    /// Mean.
    pub mean: f64,
    /// 5th, 25th, 50th, 75th and 95th percentile.
    pub quantiles: [f64; 5],
}

/// A quantity over time.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Series {
    /// Name.
    pub quantity: String,
    /// Unit.
    pub unit: &'static str,
    /// Lesion; none: of the patient.
    pub lesion: Option<String>,
    /// A band per time.
    pub bands: Vec<Band>,
}

/// Shares of the population that something happened to, and when.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Milestones {
    /// Share of patients with distinct clinical improvement at the record's activity visits, or at 3-monthly ones.
    pub improved: f64,
    /// Months of it: 10th, 50th, 90th percentile of those who improved.
    pub improved_months: Option<[f64; 3]>,
    /// Share of lesions with a rim of at least one pixel of 0.1 mm at the end, under law A and B.
    pub rim_1px: [f64; 2],
    /// Share of lesions shallower at the end than at baseline.
    pub smaller: f64,
}

/// A record's future, as the model has it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Simulation {
    /// Virtual patients.
    pub patients: u64,
    /// Days of the bands.
    pub days: Vec<f64>,
    /// Every quantity.
    pub series: Vec<Series>,
    /// What each planned image will say.
    pub visits: Vec<VisitRow>,
    /// What happened, and when.
    pub milestones: Milestones,
}

/// Patients whose values set the histograms' ranges.
const PILOT: u64 = 256;
/// Patients that a thread takes at a time.
const CHUNK: u64 = 64;
/// Days between the bands.
const STRIDE_DAYS: f64 = 10.0;

const OF_PATIENT: [(&str, &str); 7] = [
    ("IL-1 receptor occupancy", "of untreated"),
    ("TNF neutralised", "share"),
    ("inflammation", "0-1"),
    ("RANKL/OPG", "of quiet joint"),
    ("osteoclasts left by bone drugs", "share"),
    ("DAS28", "score"),
    ("joint space", "mm"),
];

const OF_LESION: [(&str, &str); 10] = [
    ("joint inflammation", "0-1"),
    ("osteoclast activity", "of full drive"),
    ("osteoblast activity", "share of wall"),
    ("depth change", "mm"),
    ("volume", "mm³"),
    ("new matrix", "µm"),
    ("rim, law A", "µm"),
    ("rim, law B", "µm"),
    ("mouth closed", "share"),
    ("margin density gain, law A", "mg/cm³"),
];

struct Layout {
    courses: usize,
    lesions: usize,
    stride: usize,
    times: usize,
}

impl Layout {
    fn new(chain: &Chain) -> Self {
        let stride = (STRIDE_DAYS / chain.step_days()).round().max(1.0) as usize;
        Self {
            courses: chain.plan().courses.len(),
            lesions: chain.lesions(),
            stride,
            times: chain.steps() / stride + 1,
        }
    }

    fn series(&self) -> usize {
        self.courses + OF_PATIENT.len() + self.lesions * OF_LESION.len()
    }

    /// Hands every value of a patient to `take`: series, time, value.
    #[inline]
    fn each(&self, course: &PatientCourse, mut take: impl FnMut(usize, usize, f64)) {
        let lateral = course.parameters.wall.lateral;
        for t in 0..self.times {
            let k = t * self.stride;
            for (n, series) in course.concentration.iter().enumerate() {
                take(n, t, series[k]);
            }
            let of_patient = [
                course.il1_occupancy[k],
                course.tnf_neutralised[k],
                course.driver[k],
                course.rankl_opg[k],
                course.osteoclast_factor[k],
                course.das28[k],
                course.joint_space[k],
            ];
            for (n, value) in of_patient.into_iter().enumerate() {
                take(self.courses + n, t, value);
            }
            for (l, (traits, c)) in course.lesions.iter().zip(&course.courses).enumerate() {
                let depth = c.depth_change[k];
                let values = [
                    c.driver[k],
                    c.osteoclast[k],
                    c.osteoblast[k],
                    depth,
                    half_ellipsoid(traits.size, depth, lateral),
                    c.matrix[k],
                    c.mineral_a[k],
                    c.mineral_b[k],
                    mouth_closed(traits.size, depth, lateral),
                    margin_density(c.mineral_a[k], lateral),
                ];
                let first = self.courses + OF_PATIENT.len() + l * OF_LESION.len();
                for (n, value) in values.into_iter().enumerate() {
                    take(first + n, t, value);
                }
            }
        }
    }
}

/// What one thread has counted.
struct Tally {
    values: Accumulator,
    looks: Vec<Count>,
    /// Rims under A, B; smaller lesions.
    ends: [u64; 3],
    /// Patients who improved, by month.
    improved: Vec<u64>,
}

/// Runs a record: bands of every quantity, what every planned image will say, milestones.
///
/// The result does not depend on the number of threads: patients have numbers, counts are whole numbers. Memory does
/// not grow with the number of patients. `progress` hears the share that is done and answers whether to go on.
///
/// # Errors
/// A drug's kinetics could not be integrated, or `progress` said no.
pub fn simulate(
    case: &Case,
    compiled: &Compiled,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<Simulation, Error> {
    let chain = &compiled.chain;
    let patients = case.run.patients;
    let layout = Layout::new(chain);
    let looks = Looks::new(
        case,
        &compiled.lesions,
        &compiled.in_profile,
        chain.step_days(),
        chain.steps(),
    )?;
    let ranges = pilot(chain, &layout, patients.min(PILOT))?;
    let activity = activity_days(case);
    let months = (case.run.months.ceil() as usize).max(1) + 1;
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let threads = rayon::current_num_threads().max(1);
    let work = |_: usize| -> Result<Tally, Error> {
        let mut tally = Tally {
            values: Accumulator::new(ranges.clone(), layout.times),
            looks: looks.counts(),
            ends: [0; 3],
            improved: vec![0; months],
        };
        let mut scratch = PatientScratch::default();
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= patients || stop.load(Ordering::Relaxed) {
                return Ok(tally);
            }
            for patient in from..(from + CHUNK).min(patients) {
                chain.run(patient, &mut scratch)?;
                let course = &scratch.course;
                layout.each(course, |series, time, value| {
                    tally.values.add(series, time, value)
                });
                let mut rng = chain.image_stream(patient);
                let improved = clinic(chain, course, &activity, &mut rng);
                if let Some(day) = improved {
                    let month = (day / DAYS_PER_MONTH).round() as usize;
                    tally.improved[month.min(months - 1)] += 1;
                }
                looks.look(course, &mut rng, &mut tally.looks);
                for c in &course.courses {
                    let last = |v: &Vec<f64>| v.last().copied().unwrap_or(0.0);
                    tally.ends[0] += u64::from(last(&c.mineral_a) >= 100.0);
                    tally.ends[1] += u64::from(last(&c.mineral_b) >= 100.0);
                    tally.ends[2] += u64::from(last(&c.depth_change) < 0.0);
                }
            }
            if !progress(from as f64 / patients as f64) {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    let tallies: Result<Vec<Tally>, Error> = (0..threads).into_par_iter().map(work).collect();
    let tallies = tallies?;
    if stop.load(Ordering::Relaxed) {
        return Err(Error::Stopped);
    }
    let mut all = tallies.into_iter();
    let Some(mut sum) = all.next() else {
        return Err(Error::Stopped);
    };
    for tally in all {
        sum.values.merge(&tally.values);
        for (a, b) in sum.looks.iter_mut().zip(&tally.looks) {
            for (a, b) in a.iter_mut().zip(b) {
                *a += b;
            }
        }
        for (a, b) in sum.ends.iter_mut().zip(tally.ends) {
            *a += b;
        }
        for (a, b) in sum.improved.iter_mut().zip(&tally.improved) {
            *a += b;
        }
    }
    Ok(Simulation {
        patients,
        days: (0..layout.times)
            .map(|t| chain.day(t * layout.stride))
            .collect(),
        series: series(compiled, &layout, &sum.values),
        visits: looks.rows(&sum.looks, patients),
        milestones: milestones(&sum, patients, layout.lesions),
    })
}

/// Ranges of the first patients' values, with a margin of their own width on both sides.
fn pilot(chain: &Chain, layout: &Layout, patients: u64) -> Result<Vec<Range>, Error> {
    let mut scratch = PatientScratch::default();
    let start = Range {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };
    let mut ranges = vec![start; layout.series()];
    for patient in 0..patients.max(1) {
        chain.run(patient, &mut scratch)?;
        layout.each(&scratch.course, |series, _, value| {
            let range = &mut ranges[series];
            range.low = range.low.min(value);
            range.high = range.high.max(value);
        });
    }
    for range in &mut ranges {
        let margin = (0.25 * (range.high - range.low))
            .max(1e-9 * range.high.abs())
            .max(1e-12);
        // What cannot be negative has no margin below zero.
        range.low = if range.low >= 0.0 {
            (range.low - margin).max(0.0)
        } else {
            range.low - margin
        };
        range.high += margin;
    }
    Ok(ranges)
}

/// Days at which activity is looked at: the record's own later visits, else every three months.
fn activity_days(case: &Case) -> Vec<f64> {
    let stated: Vec<f64> = case
        .activity
        .iter()
        .map(|a| a.visit.days)
        .filter(|d| *d > 0.0)
        .collect();
    if stated.len() >= 2 {
        return stated;
    }
    let visits = (case.run.months / 3.0).floor() as usize;
    (1..=visits)
        .map(|v| v as f64 * 3.0 * DAYS_PER_MONTH)
        .collect()
}

/// Day of distinct clinical improvement by the rule of [`improvement`], from scores with their error.
fn clinic(
    chain: &Chain,
    course: &PatientCourse,
    days: &[f64],
    rng: &mut rand_chacha::ChaCha8Rng,
) -> Option<f64> {
    use rand_distr::{Distribution as _, StandardNormal};
    let sd = course.parameters.clinic.error_sd;
    let mut seen = Vec::with_capacity(days.len() + 1);
    for day in std::iter::once(0.0).chain(days.iter().copied()) {
        let at = ((day / chain.step_days()).round() as usize).min(chain.steps());
        let z: f64 = StandardNormal.sample(rng);
        seen.push((day, (course.das28[at] + sd * z).max(0.0)));
    }
    improvement(&seen)
}

fn series(compiled: &Compiled, layout: &Layout, values: &Accumulator) -> Vec<Series> {
    let band = |s: usize| -> Vec<Band> {
        let times = 0..layout.times;
        times
            .map(|t| Band {
                mean: values.mean(s, t),
                quantiles: values.quantiles(s, t, [0.05, 0.25, 0.5, 0.75, 0.95]),
            })
            .collect()
    };
    let mut all = Vec::with_capacity(layout.series());
    for (n, course) in compiled.chain.plan().courses.iter().enumerate() {
        all.push(Series {
            quantity: format!("{} concentration", course.name),
            unit: "mg/L",
            lesion: None,
            bands: band(n),
        });
    }
    for (n, (quantity, unit)) in OF_PATIENT.into_iter().enumerate() {
        all.push(Series {
            quantity: quantity.into(),
            unit,
            lesion: None,
            bands: band(layout.courses + n),
        });
    }
    for (l, lesion) in compiled.lesions.iter().enumerate() {
        for (n, (quantity, unit)) in OF_LESION.into_iter().enumerate() {
            let at = layout.courses + OF_PATIENT.len() + l * OF_LESION.len() + n;
            all.push(Series {
                quantity: quantity.into(),
                unit,
                lesion: Some(lesion.clone()),
                bands: band(at),
            });
        }
    }
    all
}

fn milestones(tally: &Tally, patients: u64, lesions: usize) -> Milestones {
    let improved: u64 = tally.improved.iter().sum();
    let quantile = |p: f64| {
        let goal = p * improved as f64;
        let mut below = 0.0;
        for (month, &count) in tally.improved.iter().enumerate() {
            below += count as f64;
            if below >= goal && count > 0 {
                return month as f64;
            }
        }
        0.0
    };
    let of_lesions = (patients * lesions as u64).max(1) as f64;
    Milestones {
        improved: improved as f64 / patients.max(1) as f64,
        improved_months: (improved > 0).then(|| [0.1, 0.5, 0.9].map(quantile)),
        rim_1px: [tally.ends[0], tally.ends[1]].map(|n| n as f64 / of_lesions),
        smaller: tally.ends[2] as f64 / of_lesions,
    }
}
