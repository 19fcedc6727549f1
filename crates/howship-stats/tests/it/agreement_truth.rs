//! Agreement statistics against known truth and against each other.

use howship_stats::{
    AgreementBootstrap, AgreementInterval, BlandAltmanOptions, BootstrapOptions, ClusterSums,
    Crosstab, Error, IccForm, IccOptions, KappaWeights, MeasurementErrorOptions, RatingStatistic,
    Ratings, ReaderScope, Scale, Votes, bland_altman, cluster_bootstrap, cohen_kappa,
    crossed_components, detectable_change_by_size, generalisability, heteroscedastic_limits, icc,
    krippendorff_alpha, measurement_error, pooled_measurement_error, repeatability,
    specific_agreement,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// Targets, raters and residuals with these variances; a share of ratings missing.
fn study(
    rng: &mut ChaCha8Rng,
    (targets, raters): (usize, usize),
    variances: [f64; 3],
    missing: f64,
) -> Ratings {
    let sd = variances.map(f64::sqrt);
    let bias: Vec<f64> = (0..raters).map(|_| sd[1] * normal(rng)).collect();
    let mut values = Vec::new();
    for _ in 0..targets {
        let target = sd[0] * normal(rng);
        for b in &bias {
            let value = target + b + sd[2] * normal(rng);
            let gone = missing > 0.0 && rng.random::<f64>() < missing;
            values.push(if gone { f64::NAN } else { value });
        }
    }
    Ratings::new(targets, raters, values).unwrap()
}

/// The large experiment is the example `agreement_coverage`; this is a small one of it, seeded.
#[test]
fn intervals_hold_the_truth() {
    const STUDIES: u64 = 600;
    let z = 1.959_963_984_540_054;
    for (cell, (targets, raters, bias, missing)) in [
        (20, 2, 0.5, 0.0),
        (50, 3, 0.0, 0.3),
        (50, 2, 0.5, 0.3),
        (200, 4, 0.5, 0.0),
    ]
    .into_iter()
    .enumerate()
    {
        let [t, r, e] = [2.0, bias, 1.0];
        let mut held = [0u32; 4];
        for number in 0..STUDIES {
            let mut rng = ChaCha8Rng::seed_from_u64(cell as u64);
            rng.set_stream(number);
            let ratings = study(&mut rng, (targets, raters), [t, r, e], missing);
            let options = IccOptions {
                draws: 1000,
                seed: number,
                ..IccOptions::default()
            };
            let settings = MeasurementErrorOptions {
                draws: 1000,
                seed: number,
                ..MeasurementErrorOptions::default()
            };
            let table = icc(&ratings, &options).unwrap();
            let error = measurement_error(&ratings, &settings).unwrap();
            let form = |f| table.get(f).unwrap().interval.unwrap();
            let sdc = |scope| {
                let size = error.smallest_detectable_change(scope, 1.0, 0.95);
                size.unwrap().unwrap().interval
            };
            let checks = [
                (form(IccForm::Consistency), t / (t + e)),
                (form(IccForm::Agreement), t / (t + r + e)),
                (sdc(ReaderScope::Fixed), z * e.sqrt()),
                (sdc(ReaderScope::Any), z * (r + e).sqrt()),
            ];
            for (count, (interval, truth)) in held.iter_mut().zip(checks) {
                *count += u32::from(interval.contains(truth));
            }
        }
        for (what, count) in ["ICC(C,1)", "ICC(A,1)", "SDC fixed", "SDC any"]
            .iter()
            .zip(held)
        {
            // 93-97 % and two standard errors of 600 studies. The lower bound of absolute agreement by few raters holds
            // more often than it says: it must allow for any bias between raters that so few cannot show.
            let share = f64::from(count) / STUDIES as f64;
            let most = if *what == "ICC(A,1)" { 1.0 } else { 0.986 };
            assert!(
                (0.912..=most).contains(&share),
                "cell {cell}, {what}: {share}"
            );
        }
    }
}

/// Two raters with a bias of their own: the classical interval fails where the generalized one does not.
#[test]
fn classical_interval_of_agreement_undercovers_with_biased_raters() {
    let mut held = [0u32; 2];
    for number in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        rng.set_stream(number);
        let ratings = study(&mut rng, (300, 2), [19.0, 0.5, 1.0], 0.0);
        for (count, method) in held.iter_mut().zip([
            AgreementInterval::McGrawWong,
            AgreementInterval::Generalized,
        ]) {
            let options = IccOptions {
                agreement_interval: method,
                draws: 1000,
                seed: number,
                ..IccOptions::default()
            };
            let table = icc(&ratings, &options).unwrap();
            let interval = table.get(IccForm::Agreement).unwrap().normal.unwrap();
            *count += u32::from(interval.contains(19.0 / 20.5));
        }
    }
    assert!(held[0] < 255, "McGraw and Wong held {} of 300", held[0]);
    assert!(held[1] > 273, "generalized held {} of 300", held[1]);
}

#[test]
fn unbalanced_estimates_are_those_of_reml() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let ratings = study(&mut rng, (40, 3), [2.0, 0.5, 1.0], 0.3);
    let c = crossed_components(&ratings).unwrap();
    let table = icc(&ratings, &IccOptions::default()).unwrap();
    let want = c.target / (c.target + c.rater + c.residual);
    assert!(!table.complete);
    assert_eq!(table.get(IccForm::Agreement).unwrap().value, want);
    let error = measurement_error(&ratings, &MeasurementErrorOptions::default()).unwrap();
    let any = error.rater_and_residual.unwrap();
    assert!((any.value - c.rater - c.residual).abs() < 1e-12);
    assert!(any.interval.contains(any.value));
}

/// A table whose holes are filled with nothing but a rater's row order must not matter; nor must rows without ratings.
#[test]
fn targets_without_ratings_change_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let full = study(&mut rng, (12, 2), [2.0, 0.3, 1.0], 0.0);
    let mut values = full.values().to_vec();
    values.extend([f64::NAN; 4]);
    let padded = Ratings::new(14, 2, values).unwrap();
    let options = IccOptions::default();
    let (a, b) = (
        icc(&full, &options).unwrap(),
        icc(&padded, &options).unwrap(),
    );
    for (x, y) in a.forms.iter().zip(&b.forms) {
        assert!((x.value - y.value).abs() < 1e-5, "{x:?} {y:?}");
        let (i, j) = (x.interval.unwrap(), y.interval.unwrap());
        assert!((i.lower - j.lower).abs() < 1e-6 && (i.upper - j.upper).abs() < 1e-6);
    }
    assert_eq!(b.targets, 12);
}

fn is_undefined<T: std::fmt::Debug>(result: Result<T, Error>, word: &str) {
    match result {
        Err(error @ Error::Undefined { .. }) => {
            assert!(error.to_string().contains(word), "{error}")
        }
        other => panic!("expected an undefined statistic, got {other:?}"),
    }
}

#[test]
fn what_is_undefined_says_so() {
    let equal = Ratings::new(3, 2, vec![2.0; 6]).unwrap();
    let settings = MeasurementErrorOptions::default();
    let bootstrap = BootstrapOptions::default();
    is_undefined(icc(&equal, &IccOptions::default()), "equal");
    is_undefined(measurement_error(&equal, &settings), "equal");
    is_undefined(generalisability(&equal, &[1], &settings), "equal");
    is_undefined(
        krippendorff_alpha(&equal, Scale::Ordinal, None, 0.95, &bootstrap),
        "equal",
    );
    is_undefined(
        Crosstab::from_pairs(&[(1.0, 1.0), (1.0, 1.0)]),
        "nothing varies",
    );
    let one_grade = Crosstab::new(vec![0.0, 1.0], vec![4.0, 0.0, 0.0, 0.0]).unwrap();
    is_undefined(
        cohen_kappa(&one_grade, &KappaWeights::Linear, 0.95),
        "one grade",
    );
    let apart = [(1.0, 0.0), (2.0, 1.0), (3.0, 2.0), (4.0, 3.0)];
    is_undefined(
        bland_altman(&apart, &BlandAltmanOptions::default()),
        "spread",
    );
    is_undefined(
        repeatability(&[vec![1.0, 1.0], vec![2.0, 2.0]], 0.95),
        "no error",
    );
    let shifted = Ratings::new(4, 2, vec![1.0, 2.0, 2.0, 3.0, 5.0, 6.0, 0.0, 1.0]).unwrap();
    is_undefined(measurement_error(&shifted, &settings), "constants only");
    let table = icc(&shifted, &IccOptions::default()).unwrap();
    let consistency = table.get(IccForm::Consistency).unwrap();
    assert!((consistency.value - 1.0).abs() < 1e-12 && consistency.interval.is_none());
    let n = f64::NAN;
    let strangers = vec![
        1.0, 2.0, n, n, 2.0, 5.0, n, n, n, n, 1.0, 2.0, n, n, 2.0, 4.0,
    ];
    let strangers = Ratings::new(4, 4, strangers).unwrap();
    is_undefined(icc(&strangers, &IccOptions::default()), "share no targets");
    is_undefined(
        pooled_measurement_error(&[(&equal, &[0, 1, 2][..])], &settings),
        "constant",
    );
    is_undefined(specific_agreement(&[], 0.95), "twice");
}

/// Fleiss, Cohen and Everitt's standard error against the multinomial bootstrap of the same table.
#[test]
fn kappa_standard_error_is_that_of_the_bootstrap() {
    let counts: [f64; 9] = [88, 14, 18, 10, 40, 10, 2, 6, 12].map(f64::from);
    let table = Crosstab::new(vec![0.0, 1.0, 2.0], counts.to_vec()).unwrap();
    let disagreement = [0, 1, 3, 1, 0, 6, 3, 6, 0].map(f64::from).to_vec();
    let weights = [
        KappaWeights::Unweighted,
        KappaWeights::Linear,
        KappaWeights::Quadratic,
        KappaWeights::Disagreement(disagreement),
    ];
    let mut bootstrap = AgreementBootstrap::new(200);
    let mut pairs = Vec::new();
    for (cell, &count) in counts.iter().enumerate() {
        for _ in 0..count as usize {
            pairs.push((pairs.len(), (cell / 3) as f64, (cell % 3) as f64));
        }
    }
    let part = bootstrap.grades(&[0.0, 1.0, 2.0], &weights, pairs).unwrap();
    let options = BootstrapOptions {
        draws: 20_000,
        seed: 1,
    };
    let draws = bootstrap.run(&options).unwrap();
    for (at, weights) in weights.iter().enumerate() {
        let kappa = cohen_kappa(&table, weights, 0.95).unwrap();
        let output = part.kappa(at).unwrap();
        assert!((draws.estimate(output) - kappa.value).abs() < 1e-12);
        let ratio = draws.standard_error(output).unwrap() / kappa.standard_error;
        assert!((ratio - 1.0).abs() < 0.02, "{weights:?}: {ratio}");
        let percentile = draws.percentile(output, 0.95).unwrap();
        let bca = draws.bca(output, 0.95).unwrap();
        assert!((percentile.lower - kappa.interval.lower).abs() < 0.015);
        assert!((bca.upper - kappa.interval.upper).abs() < 0.015);
    }
    // 200,000 draws elsewhere (NumPy, seed 1) gave (.192, .497) and (.322, .582).
    for (at, lower, upper) in [(3, 0.192, 0.497), (2, 0.322, 0.582)] {
        let percentile = draws.percentile(part.kappa(at).unwrap(), 0.95).unwrap();
        assert!((percentile.lower - lower).abs() < 0.006, "{percentile:?}");
        assert!((percentile.upper - upper).abs() < 0.006, "{percentile:?}");
    }
}

#[test]
fn bootstrap_estimates_are_the_direct_ones_for_any_number_of_threads() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let ratings = study(&mut rng, (60, 3), [2.0, 0.3, 1.0], 0.0);
    let holes = study(&mut rng, (60, 3), [2.0, 0.3, 1.0], 0.3);
    let clusters: Vec<usize> = (0..60).collect();
    let mut bootstrap = AgreementBootstrap::new(60);
    let part = bootstrap.ratings(&ratings, &clusters).unwrap();
    let second = bootstrap.ratings(&holes, &clusters).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let options = BootstrapOptions {
                draws: 500,
                seed: 7,
            };
            bootstrap.run(&options).unwrap()
        })
    };
    let draws = run(1);
    assert_eq!(draws, run(3));
    let table = icc(&ratings, &IccOptions::default()).unwrap();
    for (statistic, form) in [
        (RatingStatistic::OneWay, IccForm::OneWay),
        (RatingStatistic::Agreement, IccForm::Agreement),
        (RatingStatistic::Consistency, IccForm::Consistency),
    ] {
        let output = part.output(statistic);
        let want = table.get(form).unwrap();
        assert!((draws.estimate(output) - want.value).abs() < 1e-10);
        let interval = draws.percentile(output, 0.95).unwrap();
        assert!(interval.contains(want.value), "{form:?} {interval:?}");
        // With holes the moments' estimate lies near REML's.
        let reml = icc(&holes, &IccOptions::default()).unwrap();
        let reml = reml.get(form).unwrap().value;
        assert!((draws.estimate(second.output(statistic)) - reml).abs() < 0.05);
    }
}

/// Resampling whole patients: the mean of clustered numbers gets the standard error of the clusters' means.
#[test]
fn cluster_bootstrap_respects_clusters() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut sums = ClusterSums::new(2);
    let mut means = Vec::new();
    for _ in 0..80 {
        let mean = normal(&mut rng);
        means.push(mean);
        sums.push(&[40.0 * mean, 40.0]);
    }
    let options = BootstrapOptions {
        draws: 4000,
        seed: 3,
    };
    let mean = |s: &[f64], out: &mut [f64]| out[0] = s[0] / s[1];
    let draws = cluster_bootstrap(&sums, 1, mean, &options).unwrap();
    let centre = means.iter().sum::<f64>() / 80.0;
    let se = (means.iter().map(|m| (m - centre).powi(2)).sum::<f64>()).sqrt() / 80.0;
    assert!((draws.standard_error(0).unwrap() / se - 1.0).abs() < 0.04);
    assert!((draws.estimate(0) - centre).abs() < 1e-12);
}

/// Error that grows with the change is found, and the detectable change follows it.
#[test]
fn detectable_change_grows_with_the_change() {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let mut values = Vec::new();
    let mut flat = Vec::new();
    for _ in 0..4000 {
        let change = 20.0 * rng.random::<f64>();
        for reader in 0..2 {
            let bias = 0.5 * f64::from(reader);
            values.push(change + bias + (1.0 + 0.2 * change) * normal(&mut rng));
            flat.push(change + bias + 2.0 * normal(&mut rng));
        }
    }
    let grows = detectable_change_by_size(&Ratings::new(4000, 2, values).unwrap(), 0.95).unwrap();
    // |mean| of noisy readings is a little off the true change, hence the tolerance.
    for (size, sd) in [(5.0, 2.0), (15.0, 4.0)] {
        let found = grows.at(size, 2.0, 0.95).unwrap().unwrap() / 1.96 * 2f64.sqrt();
        assert!((found / sd - 1.0).abs() < 0.06, "at {size}: {found}");
    }
    assert!(grows.sd.p < 1e-6);
    let flat = Ratings::new(4000, 2, flat).unwrap();
    let still = detectable_change_by_size(&flat, 0.95).unwrap();
    assert!(still.sd.slope.interval.contains(0.0), "{:?}", still.sd);
    let pairs: Vec<(f64, f64)> = (0..4000)
        .map(|i| (flat.row(i)[0], flat.row(i)[1]))
        .collect();
    let options = BlandAltmanOptions::default();
    let constant = bland_altman(&pairs, &options).unwrap();
    let (lower, upper) = heteroscedastic_limits(&pairs, &options)
        .unwrap()
        .at(10.0)
        .unwrap();
    assert!((lower - constant.lower.value).abs() < 0.15);
    assert!((upper - constant.upper.value).abs() < 0.15);
}

#[test]
fn specific_agreement_of_two_and_three_raters() {
    // a = 5, b + c = 6, d = 89.
    let vote = |positive, ratings, cluster| Votes {
        positive,
        ratings,
        cluster,
    };
    let mut votes: Vec<Votes> = (0..100)
        .map(|i| {
            vote(
                if i < 5 {
                    2
                } else if i < 11 {
                    1
                } else {
                    0
                },
                2,
                i,
            )
        })
        .collect();
    let two = specific_agreement(&votes, 0.95).unwrap();
    assert!((two.positive.value.unwrap() - 10.0 / 16.0).abs() < 1e-12);
    assert!((two.negative.value.unwrap() - 178.0 / 184.0).abs() < 1e-12);
    assert!((two.overall.unwrap() - 0.94).abs() < 1e-12);
    let interval = two.positive.interval.unwrap();
    assert!(interval.lower > 0.2 && interval.upper < 0.95 && interval.contains(0.625));
    votes = vec![vote(3, 3, 0), vote(0, 3, 1), vote(2, 3, 2), vote(1, 1, 3)];
    let three = specific_agreement(&votes, 0.95).unwrap();
    assert!((three.positive.value.unwrap() - 8.0 / 10.0).abs() < 1e-12);
    let none = specific_agreement(&[vote(0, 2, 0), vote(0, 2, 1)], 0.95).unwrap();
    assert!(none.positive.value.is_none() && none.negative.value == Some(1.0));
    assert!(none.negative.interval.unwrap().lower < 0.2);
}

/// For two readers and no bias the smallest detectable change is 1.96 · SD(d) / (√2 · √k), as published.
#[test]
fn detectable_change_is_the_published_formula() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let changes = study(&mut rng, (30, 2), [1.0, 0.2, 1.0], 0.0);
    let d: Vec<f64> = (0..30)
        .map(|i| changes.row(i)[0] - changes.row(i)[1])
        .collect();
    let mean = d.iter().sum::<f64>() / 30.0;
    let sd = (d.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 29.0).sqrt();
    let error = measurement_error(&changes, &MeasurementErrorOptions::default()).unwrap();
    let sdc = error.smallest_detectable_change(ReaderScope::Fixed, 2.0, 0.95);
    let want = 1.959_963_984_540_054 * sd / 2.0;
    assert!((sdc.unwrap().unwrap().value - want).abs() < 1e-10);
    assert_eq!(error.freedom, 29.0);
}

/// Two targets alike, raters apart by constants, with holes: 0 / 0 is refused, not printed.
#[test]
fn no_variance_but_between_raters_is_undefined() {
    let nan = f64::NAN;
    let values = vec![0.0, nan, 1e9, 0.0, nan, 0.0, 1e9, 0.0];
    let ratings = Ratings::new(2, 4, values).unwrap();
    let refused = icc(&ratings, &IccOptions::default())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("constants only"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing panics and nothing is NaN, whatever the numbers and the holes.
    #[test]
    fn any_table_is_answered_or_refused(
        values in proptest::collection::vec(prop_oneof![Just(f64::NAN), Just(0.0), -3.0f64..3.0, Just(1e9)], 4..60),
        raters in 2usize..5,
    ) {
        let targets = values.len() / raters;
        let Ok(ratings) = Ratings::new(targets, raters, values[..targets * raters].to_vec()) else {
            return Ok(());
        };
        let options = IccOptions { draws: 50, ..IccOptions::default() };
        if let Ok(table) = icc(&ratings, &options) {
            for form in &table.forms {
                prop_assert!(!form.value.is_nan(), "{form:?}");
                prop_assert!(form.interval.is_none_or(|i| i.lower <= i.upper), "{form:?}");
            }
        }
        let settings = MeasurementErrorOptions { draws: 50, ..MeasurementErrorOptions::default() };
        if let Ok(error) = measurement_error(&ratings, &settings) {
            prop_assert!(error.residual.value >= 0.0 && error.residual.interval.lower.is_finite());
        }
        if let Ok(found) = detectable_change_by_size(&ratings, 0.95) {
            prop_assert!(found.sd.slope.value.is_finite() && !found.sd.p.is_nan());
        }
        let bootstrap = BootstrapOptions { draws: 20, seed: 1 };
        if let Ok(alpha) = krippendorff_alpha(&ratings, Scale::Ordinal, None, 0.95, &bootstrap) {
            prop_assert!(alpha.value.is_finite());
        }
    }

    /// Raters may change places; a constant may be added, the unit may change.
    #[test]
    fn agreement_does_not_depend_on_order_origin_or_unit(seed in 0u64..1000, origin in -50.0f64..50.0, unit in 0.1f64..20.0) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let a = study(&mut rng, (15, 3), [2.0, 0.5, 1.0], if seed % 2 == 0 { 0.0 } else { 0.2 });
        let turned = (0..15).flat_map(|i| {
            let row = a.row(i);
            [row[2], row[0], row[1]].map(|v| origin + unit * v)
        });
        let b = Ratings::new(15, 3, turned.collect()).unwrap();
        let options = IccOptions { draws: 200, ..IccOptions::default() };
        let (x, y) = (icc(&a, &options).unwrap(), icc(&b, &options).unwrap());
        for (p, q) in x.forms.iter().zip(&y.forms) {
            prop_assert!((p.value - q.value).abs() < 1e-5, "{p:?} {q:?}");
            let (i, j) = (p.interval.unwrap(), q.interval.unwrap());
            prop_assert!((i.lower - j.lower).abs() < 1e-5 && (i.upper - j.upper).abs() < 1e-5);
        }
    }
}
