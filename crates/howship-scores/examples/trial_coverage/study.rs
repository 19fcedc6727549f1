use howship_scores::trial::{Handling, Method, TrialOptions, trial};
use howship_scores::{
    Error, Item, Record, ScoreTable, ScoreVisit, Status, Total, TotalRow, Totals,
};
use howship_stats::DegreesOfFreedom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Which films are missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Dropout {
    /// None.
    None,
    /// Patients leave at random: so large a share at every visit.
    Random(f64),
    /// Patients leave after a visit at which their observed change was above this.
    Above(f64),
}

/// How trials of one kind are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Design {
    /// Name in print.
    pub(crate) name: &'static str,
    /// Patients an arm.
    pub(crate) patients: usize,
    /// Difference of the arms' yearly progression.
    pub(crate) effect: f64,
    /// Slopes between patients skewed (exponential) instead of normal; the SD is 3 a year either way.
    pub(crate) skewed: bool,
    /// Which films are missing.
    pub(crate) dropout: Dropout,
}

const MONTHS: [f64; 4] = [6.0, 12.0, 18.0, 24.0];

/// What is counted.
pub(crate) const METHODS: [(Method, Handling, &str); 8] = [
    (Method::Ancova, Handling::Observed, "ANCOVA, observed cases"),
    (
        Method::Ancova,
        Handling::LinearExtrapolation,
        "ANCOVA, linear extrapolation",
    ),
    (
        Method::Ancova,
        Handling::LastObservationCarried,
        "ANCOVA, last carried forward",
    ),
    (Method::AncovaRanks, Handling::Observed, "ANCOVA on ranks"),
    (
        Method::AncovaNormalScores,
        Handling::Observed,
        "ANCOVA on van der Waerden scores",
    ),
    (Method::RankSum, Handling::Observed, "Wilcoxon rank-sum"),
    (
        Method::RandomCoefficientLast,
        Handling::Observed,
        "random coefficients, month 24",
    ),
    (
        Method::RandomCoefficientSlope,
        Handling::Observed,
        "random coefficients, slope",
    ),
];

/// Of one method: studies with a result, intervals that hold the truth (where it gives any), p below 0.05.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) studies: usize,
    pub(crate) intervals: usize,
    pub(crate) held: usize,
    pub(crate) rejected: usize,
    pub(crate) bias: f64,
}

/// One simulated trial: two readers, four visits after baseline.
fn simulate(design: &Design, seed: u64) -> Result<(ScoreTable, Totals), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = |sd: f64| -> f64 {
        let z: f64 = StandardNormal.sample(&mut rng);
        sd * z
    };
    let mut draws: Vec<Record> = Vec::new();
    let mut coins = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    for i in 0..2 * design.patients {
        let arm = i % 2;
        let baseline = (normal(1.0) + 3.0).exp();
        let z = normal(1.0);
        let deviate = if design.skewed {
            let u: f64 = coins.random_range(1e-12..1.0);
            3.0 * (-u.ln() - 1.0)
        } else {
            3.0 * z
        };
        let slope = 2.0 + deviate + if arm == 1 { design.effect } else { 0.0 };
        let start = normal(0.5);
        let mut here = true;
        let mut first = [0.0; 2];
        for (visit, months) in [0.0].iter().chain(&MONTHS).enumerate() {
            let truth = baseline
                + if visit == 0 {
                    0.0
                } else {
                    start + slope * months / 12.0
                };
            let read = [truth + normal(2.0), truth + 0.4 + normal(2.0)];
            if visit == 0 {
                first = read;
            } else if let Dropout::Random(share) = design.dropout {
                here &= coins.random_range(0.0..1.0) >= share;
            }
            if !here {
                break;
            }
            for (reader, score) in ["A", "B"].into_iter().zip(read) {
                draws.push(Record {
                    subject: format!("{i}"),
                    arm: Some(["control", "treated"][arm].into()),
                    visit: visit as u32,
                    days: f32::NAN,
                    reader: reader.into(),
                    campaign: None,
                    reading: 1,
                    item: 0,
                    score,
                    status: Status::Ok,
                    line: 0,
                });
            }
            let change = 0.5 * (read[0] + read[1] - first[0] - first[1]);
            if let Dropout::Above(most) = design.dropout {
                here &= visit == 0 || change <= most;
            }
        }
    }
    table_of(draws)
}

fn table_of(records: Vec<Record>) -> Result<(ScoreTable, Totals), Error> {
    let item = Item {
        side: None,
        site: "whole".into(),
        feature: "total".into(),
        min: f64::NEG_INFINITY,
        max: f64::INFINITY,
        step: 0.0,
        weight: 1.0,
    };
    let visits = [0.0].iter().chain(&MONTHS).map(|m| ScoreVisit {
        name: format!("M{m}"),
        days: Some(m * 30.4375),
    });
    let table =
        ScoreTable::from_records("simulated", "custom", vec![item], visits.collect(), records)?;
    let rows = table.rows.iter().map(|r| TotalRow {
        subject: r.subject,
        arm: r.arm,
        visit: r.visit,
        reader: r.reader,
        campaign: r.campaign,
        reading: r.reading,
        days: f64::from(r.days),
        values: vec![Total {
            value: Some(r.score),
            items: 1,
            scored: 1,
        }],
    });
    let totals = Totals {
        features: vec!["total".into()],
        rows: rows.collect(),
        rules: howship_scores::TotalsOptions::default(),
    };
    Ok((table, totals))
}

/// One study's results by method: estimate, interval and p.
type Results = Vec<Option<(Option<(f64, bool)>, f64)>>;

fn study(design: &Design, freedom: DegreesOfFreedom, seed: u64) -> Result<Results, Error> {
    let (table, totals) = simulate(design, seed)?;
    let options = TrialOptions {
        reference_arm: Some("control".into()),
        degrees_of_freedom: freedom,
        ..TrialOptions::default()
    };
    let report = trial(&table, &totals, &options)?;
    let result = |(method, handling, _): &(Method, Handling, &str)| {
        let truth = match method {
            Method::RandomCoefficientSlope => design.effect,
            _ => 2.0 * design.effect,
        };
        let mut rows = report.comparisons.iter();
        let row =
            rows.find(|c| c.visit == "M24" && c.method == *method && c.handling == *handling)?;
        let in_units = matches!(
            method,
            Method::Ancova | Method::RandomCoefficientLast | Method::RandomCoefficientSlope
        );
        let interval = row.difference.filter(|_| in_units).map(|d| {
            let held = d.interval.0 <= truth && truth <= d.interval.1;
            (d.estimate - truth, held)
        });
        Some((interval, row.p?))
    };
    Ok(METHODS.iter().map(result).collect())
}

/// Counts over so many studies with seeds from 0, for any number of threads the same.
pub(crate) fn count(
    design: &Design,
    freedom: DegreesOfFreedom,
    studies: u64,
) -> Result<Vec<Count>, Error> {
    let all: Result<Vec<Results>, Error> = (0..studies)
        .into_par_iter()
        .map(|seed| study(design, freedom, seed))
        .collect();
    let mut counts = vec![Count::default(); METHODS.len()];
    for results in all? {
        for (count, result) in counts.iter_mut().zip(results) {
            let Some((interval, p)) = result else {
                continue;
            };
            count.studies += 1;
            count.rejected += usize::from(p < 0.05);
            if let Some((error, held)) = interval {
                count.intervals += 1;
                count.held += usize::from(held);
                count.bias += error;
            }
        }
    }
    Ok(counts)
}
