//! How often 95 % intervals of ICC and SDC of change hold the truth, method beside method, in normal scores and in
//! sums of grades.
//!
//! `cargo run --release -p howship-scores --example agreement_intervals -- [studies] [bootstrap draws, 0 for none]
//! [part of a cell's name]`
//!
//! Normal: patients, readers and errors are normal. Grades: joints of patients lose and gain whole grades, readers
//! see a part of it (`howship_phantom::readers`), scores are summed: `alike`, all patients have the same risk;
//! `differ`, the risk is Dirichlet with concentration 5; `biologic`, 3; `methotrexate`, 0.325, as in TEMPO's
//! methotrexate arm: a few patients carry nearly all change. On `relapse` and `rare` (risks with concentration 1 and 0.8)
//! and `scaled` (normal scores, every patient with a lognormal scale of his own for his true value and all errors on
//! him) no constant of the adjustment was chosen. Readers shift a whole visit by a normal number with half
//! the error's variance, so that any readers' errors are larger than the same readers'. `30 %`: every change of a
//! patient by a reader is missing with that probability.
//!
//! Methods: `adjusted`, degrees of freedom from the patients' own contributions (what `agree` shows first; one-sided
//! lower bounds of ICC with fewer than 100 patients who have a change); `normal`,
//! F, chi-square and generalized intervals of normal scores; of the patient bootstrap the percentile, the BCa and,
//! on complete tables, the studentised interval of the logarithm of F and of the mean square.
#![allow(clippy::print_stdout, reason = "an experiment prints its table")]

use howship_phantom::readers::{ArmSpec, ReaderSpec, ReadersSpec};
use howship_stats::{
    AgreementBootstrap, BootstrapOptions, IccForm, IccOptions, Interval, MeasurementErrorOptions,
    RatingStatistic, Ratings, ReaderScope, icc, measurement_error,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

const STATISTICS: [&str; 4] = ["ICC(C,1)", "ICC(A,1)", "SDC same", "SDC any"];
const METHODS: [&str; 5] = ["adjusted", "normal", "percentile", "BCa", "bootstrap-t"];
const Z: f64 = 1.959_963_984_540_054;

#[derive(Clone)]
enum World {
    /// True ICC(C,1).
    Normal(f64),
    /// The same, and the standard deviation of the logarithm of patients' scales.
    Scaled(f64, f64),
    /// One patient in five changes, by an exponential number of mean 6; error 1.5 (as in `icc_bayes.py`).
    Few,
    /// Healing, progressing, concentration, baseline's concentration.
    Grades(&'static str, [f64; 2], Option<f64>, Option<f64>),
}

/// Studies of one kind and size. Each is looked at with its first readers only and with all, complete and with holes:
/// cells of one ground share their studies, which are independent of each other.
#[derive(Clone)]
struct Ground {
    world: World,
    patients: usize,
}

/// Readers, and whether changes are missing.
type Variant = (usize, bool);

impl Ground {
    fn name(&self) -> String {
        let world = match &self.world {
            World::Normal(icc) => format!("normal, ICC {icc}"),
            World::Scaled(icc, sigma) => format!("scaled {sigma}, ICC {icc}"),
            World::Few => "few change".to_owned(),
            World::Grades(name, ..) => format!("grades, {name}"),
        };
        format!("{world}, {} patients", self.patients)
    }

    fn readers(&self) -> usize {
        match self.world {
            World::Normal(_) | World::Scaled(..) => 4,
            World::Few => 2,
            World::Grades(..) => 3,
        }
    }

    fn variants(&self) -> Vec<Variant> {
        let of = |missing| (2..=self.readers()).map(move |k| (k, missing));
        of(false).chain(of(true)).collect()
    }

    fn spec(&self) -> Option<ReadersSpec> {
        let World::Grades(_, [healing, progressing], concentration, baseline) = self.world else {
            return None;
        };
        let mut spec = ReadersSpec {
            arms: vec![ArmSpec {
                subjects: self.patients,
                healing,
                progressing,
                concentration,
                ..ArmSpec::default()
            }],
            readers: (1..=self.readers())
                .map(|r| ReaderSpec {
                    name: format!("R{r}"),
                    ..ReaderSpec::default()
                })
                .collect(),
            ..ReadersSpec::default()
        };
        spec.baseline.concentration = baseline;
        Some(spec)
    }

    /// Variance of patients and of error.
    fn truth(&self) -> Option<[f64; 2]> {
        if matches!(self.world, World::Few) {
            // Share times the second moment, less the square of the mean.
            return Some([0.2 * 72.0 - 1.2 * 1.2, 1.5 * 1.5]);
        }
        let (World::Normal(icc) | World::Scaled(icc, _)) = self.world else {
            let implied = self.spec()?.implied().ok()?;
            let all = implied.arms.last()?;
            let error = (all.sdc95? / Z).powi(2) * self.readers() as f64;
            let icc = all.icc_change?;
            return Some([error * icc / (1.0 - icc), error]);
        };
        Some([icc / (1.0 - icc), 1.0])
    }

    /// Changes of all patients by all readers, complete.
    fn changes(&self, seed: u64, error: f64, rng: &mut ChaCha8Rng) -> Option<Vec<f64>> {
        let (n, k) = (self.patients, self.readers());
        let mut change = vec![0.0; n * k];
        match (&self.world, self.spec()) {
            (World::Few, _) => {
                for row in change.chunks_exact_mut(k) {
                    let changes = rng.random::<f64>() < 0.2;
                    let size = -6.0 * (1.0 - rng.random::<f64>()).ln();
                    let patient = if changes { size } else { 0.0 };
                    row.fill_with(|| patient + 1.5 * normal(rng));
                }
            }
            (World::Normal(icc), _) => fill(&mut change, k, (*icc, 0.0), rng),
            (World::Scaled(icc, sigma), _) => fill(&mut change, k, (*icc, *sigma), rng),
            (_, Some(spec)) => {
                for row in (ReadersSpec { seed, ..spec }).generate().ok()?.rows {
                    let sign = if row.visit == 0 { -1.0 } else { 1.0 };
                    change[row.subject as usize * k + row.reader as usize] += sign * row.score;
                }
            }
            _ => return None,
        }
        let shifts: Vec<f64> = (0..k).map(|_| (0.5 * error).sqrt() * normal(rng)).collect();
        for row in change.chunks_exact_mut(k) {
            for (value, shift) in row.iter_mut().zip(&shifts) {
                *value += shift;
            }
        }
        Some(change)
    }

    fn seen(
        &self,
        change: &[f64],
        (readers, missing): Variant,
        rng: &mut ChaCha8Rng,
    ) -> Option<Ratings> {
        let first = change
            .chunks_exact(self.readers())
            .flat_map(|row| &row[..readers]);
        let seen = first.map(|&value| {
            let gone = missing && rng.random::<f64>() < 0.3;
            if gone { f64::NAN } else { value }
        });
        Ratings::new(self.patients, readers, seen.collect()).ok()
    }
}

/// Normal patients and errors, times a scale of each patient whose mean square is 1.
fn fill(change: &mut [f64], readers: usize, (icc, sigma): (f64, f64), rng: &mut ChaCha8Rng) {
    for row in change.chunks_exact_mut(readers) {
        let patient = (icc / (1.0 - icc)).sqrt() * normal(rng);
        row.fill_with(|| patient + normal(rng));
        if sigma > 0.0 {
            let scale = (sigma * normal(rng) - sigma * sigma).exp();
            row.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

type Found = [[Option<Interval>; STATISTICS.len()]; METHODS.len()];

/// All variants of one study.
fn study(ground: &Ground, truth: [f64; 2], draws: usize, seed: u64) -> Vec<Shares> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let change = ground.changes(seed, truth[1], &mut rng);
    let [t, e] = truth;
    let shares = |variant: Variant, rng: &mut ChaCha8Rng| {
        let ratings = ground.seen(change.as_ref()?, variant, rng)?;
        Some(count(&intervals(&ratings, draws, seed, rng)?, truths(t, e)))
    };
    (ground.variants().into_iter())
        .map(|variant| shares(variant, &mut rng).unwrap_or_default())
        .collect()
}

fn truths(t: f64, e: f64) -> [f64; 4] {
    let r = 0.5 * e;
    [
        t / (t + e),
        t / (t + r + e),
        Z * e.sqrt(),
        Z * (r + e).sqrt(),
    ]
}

fn intervals(ratings: &Ratings, draws: usize, seed: u64, rng: &mut ChaCha8Rng) -> Option<Found> {
    let options = IccOptions {
        draws: 2000,
        seed,
        ..IccOptions::default()
    };
    let table = icc(ratings, &options).ok()?;
    let settings = MeasurementErrorOptions {
        draws: 2000,
        seed,
        ..MeasurementErrorOptions::default()
    };
    let error = measurement_error(ratings, &settings).ok()?;
    let exact = error.with_normal_intervals();
    let sdc = |error: &howship_stats::MeasurementError, scope| {
        let size = error.smallest_detectable_change(scope, 1.0, 0.95);
        Some(size.ok()??.interval)
    };
    let mut found: Found = [[None; STATISTICS.len()]; METHODS.len()];
    for (at, form) in [IccForm::Consistency, IccForm::Agreement]
        .into_iter()
        .enumerate()
    {
        found[0][at] = table.get(form)?.interval;
        found[1][at] = table.get(form)?.normal;
    }
    for (at, scope) in [ReaderScope::Fixed, ReaderScope::Any]
        .into_iter()
        .enumerate()
    {
        found[0][2 + at] = sdc(&error, scope);
        found[1][2 + at] = sdc(&exact, scope);
    }
    if draws > 0 {
        resampled(ratings, draws, &mut found)?;
        if ratings.is_complete() {
            let [f, e] = studentised(ratings, draws, rng);
            let k = ratings.raters() as f64;
            found[4][0] = f.map(|f| f.map(|f| (f.exp() - 1.0) / (f.exp() + k - 1.0)));
            found[4][2] = e.map(|e| e.map(|e| Z * (0.5 * e).exp()));
        }
    }
    Some(found)
}

fn resampled(ratings: &Ratings, draws: usize, found: &mut Found) -> Option<()> {
    let mut bootstrap = AgreementBootstrap::new(ratings.targets());
    let patients: Vec<usize> = (0..ratings.targets()).collect();
    let part = bootstrap.ratings(ratings, &patients).ok()?;
    let options = BootstrapOptions {
        draws,
        ..BootstrapOptions::default()
    };
    let drawn = bootstrap.run(&options).ok()?;
    for (at, (statistic, scale)) in [
        (RatingStatistic::Consistency, 1.0),
        (RatingStatistic::Agreement, 1.0),
        (RatingStatistic::FixedError, Z),
        (RatingStatistic::AnyError, Z),
    ]
    .into_iter()
    .enumerate()
    {
        let output = part.output(statistic);
        let scaled = |i: Interval| i.map(|x| scale * x);
        found[2][at] = drawn.percentile(output, 0.95).ok().map(scaled);
        found[3][at] = drawn.bca(output, 0.95).ok().map(scaled);
    }
    Some(())
}

/// Logarithms of F and of the residual mean square with their standard errors, of a complete table's rows.
fn logarithms(rows: &[&[f64]]) -> [[f64; 2]; 2] {
    let (n, k) = (rows.len() as f64, rows[0].len() as f64);
    let mean = |row: &[f64]| row.iter().sum::<f64>() / k;
    let grand = rows.iter().map(|r| mean(r)).sum::<f64>() / n;
    let raters: Vec<f64> = (0..rows[0].len())
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / n)
        .collect();
    let parts: Vec<[f64; 2]> = (rows.iter())
        .map(|row| {
            let own = mean(row);
            let rest = row.iter().zip(&raters);
            let error: f64 = rest.map(|(y, r)| (y - own - r + grand).powi(2)).sum();
            [k * (own - grand).powi(2), error / (k - 1.0)]
        })
        .collect();
    let sum = |at: usize| parts.iter().map(|p| p[at]).sum::<f64>();
    let (b, e) = (sum(0), sum(1));
    let spread =
        |f: &dyn Fn(&[f64; 2]) -> f64| parts.iter().map(|p| f(p).powi(2)).sum::<f64>().sqrt();
    [
        [(b / e).ln(), spread(&|p| p[0] / b - p[1] / e)],
        [(e / (n - 1.0)).ln(), spread(&|p| p[1] / e - 1.0 / n)],
    ]
}

fn studentised(ratings: &Ratings, draws: usize, rng: &mut ChaCha8Rng) -> [Option<Interval>; 2] {
    let n = ratings.targets();
    let rows: Vec<&[f64]> = (0..n).map(|i| ratings.row(i)).collect();
    let here = logarithms(&rows);
    let mut roots = [Vec::with_capacity(draws), Vec::with_capacity(draws)];
    for _ in 0..draws {
        let drawn: Vec<&[f64]> = (0..n).map(|_| rows[rng.random_range(0..n)]).collect();
        for ((roots, there), here) in roots.iter_mut().zip(logarithms(&drawn)).zip(here) {
            let root = (there[0] - here[0]) / there[1];
            if root.is_finite() {
                roots.push(root);
            }
        }
    }
    let mut intervals = [None; 2];
    for ((interval, mut roots), [value, se]) in intervals.iter_mut().zip(roots).zip(here) {
        if 2 * roots.len() > draws {
            roots.sort_unstable_by(f64::total_cmp);
            let at = |p: f64| roots[(p * (roots.len() - 1) as f64).round() as usize];
            *interval = Some(Interval::new(
                value - at(0.975) * se,
                value - at(0.025) * se,
            ));
        }
    }
    intervals
}

#[derive(Clone, Copy, Default)]
struct Share {
    held: u32,
    below: u32,
    made: u32,
}

type Shares = [[Share; STATISTICS.len()]; METHODS.len()];

fn add(mut sum: Shares, other: Shares) -> Shares {
    for (a, b) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
        a.held += b.held;
        a.below += b.below;
        a.made += b.made;
    }
    sum
}

fn count(found: &Found, truths: [f64; 4]) -> Shares {
    let mut shares = Shares::default();
    for (intervals, shares) in found.iter().zip(&mut shares) {
        for ((interval, truth), share) in intervals.iter().zip(truths).zip(shares) {
            if let Some(interval) = interval {
                *share = Share {
                    held: u32::from(interval.contains(truth)),
                    below: u32::from(interval.upper < truth),
                    made: 1,
                };
            }
        }
    }
    shares
}

fn grounds() -> Vec<Ground> {
    let mut worlds: Vec<World> = [0.3, 0.6, 0.95].map(World::Normal).into();
    for (name, rates, concentration, baseline) in [
        ("alike", [0.02, 0.02], None, None),
        ("differ", [0.02, 0.02], Some(5.0), Some(3.0)),
        ("biologic", [0.02, 0.008], Some(3.0), Some(4.0)),
        ("methotrexate", [0.004, 0.0393], Some(0.325), Some(3.0)),
        ("relapse", [0.01, 0.03], Some(1.0), Some(2.0)),
        ("rare", [0.012, 0.004], Some(0.8), None),
    ] {
        worlds.push(World::Grades(name, rates, concentration, baseline));
    }
    worlds.extend([0.6, 0.9].map(|icc| World::Scaled(icc, 0.5)));
    worlds.push(World::Few);
    let sizes = [20, 50, 100, 500];
    let ground = |patients| {
        let of = move |world: World| Ground { world, patients };
        worlds.clone().into_iter().map(of)
    };
    sizes.into_iter().flat_map(ground).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|a| a.parse().ok());
    let studies: u64 = number(0).unwrap_or(2000);
    let draws = number(1).unwrap_or(0) as usize;
    let part = arguments.get(2).map_or("", String::as_str);
    println!("percent of {studies} studies whose interval holds the truth (lies wholly below it)");
    for ground in grounds() {
        let name = ground.name();
        let Some([t, e]) = ground.truth().filter(|_| name.contains(part)) else {
            continue;
        };
        let variants = ground.variants();
        let none = || vec![Shares::default(); variants.len()];
        let sums = (1..=studies)
            .into_par_iter()
            .map(|seed| study(&ground, [t, e], draws, seed))
            .reduce(none, |a, b| {
                a.into_iter().zip(b).map(|(a, b)| add(a, b)).collect()
            });
        let [icc, _, sdc, _] = truths(t, e);
        println!("{name}: ICC(C,1) {icc:.3}, SDC of one reader {sdc:.2}");
        for ((readers, missing), shares) in variants.into_iter().zip(sums) {
            for (method, shares) in METHODS.iter().zip(shares).filter(|(_, s)| s[0].made > 0) {
                let missing = if missing { "30 %" } else { "-" };
                println!(
                    "  {readers} readers {missing:4} {method:12}{}",
                    columns(&shares)
                );
            }
        }
    }
}

fn columns(shares: &[Share; STATISTICS.len()]) -> String {
    let made = STATISTICS.iter().zip(shares).filter(|(_, s)| s.made > 0);
    made.map(|(name, s)| {
        let percent = |x: u32| 100.0 * f64::from(x) / f64::from(s.made);
        format!(
            "{name} {:5.1} ({:4.1})   ",
            percent(s.held),
            percent(s.below)
        )
    })
    .collect()
}
