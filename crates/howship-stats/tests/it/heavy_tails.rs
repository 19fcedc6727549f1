//! Intervals of agreement where a few patients carry the scores or the readers' disagreement.

use howship_stats::{
    Ends, FEW_TARGETS, IccForm, IccOptions, MeasurementErrorOptions, Ratings, ReaderScope, icc,
    measurement_error, pooled_measurement_error,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// Every patient has a scale of his own, lognormal, for his true value and for all errors on him; variances 3 and 1.
fn unequal_patients(seed: u64, targets: usize, raters: usize, sigma: f64) -> Ratings {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    rng.set_stream(seed);
    let values = (0..targets).flat_map(|_| {
        let scale = (sigma * normal(&mut rng) - sigma * sigma).exp();
        let target = 3f64.sqrt() * normal(&mut rng);
        let row: Vec<f64> = (0..raters)
            .map(|_| scale * (target + normal(&mut rng)))
            .collect();
        row
    });
    Ratings::new(targets, raters, values.collect()).unwrap()
}

/// The large experiment is the example `agreement_intervals` of howship-scores.
#[test]
fn adjusted_intervals_hold_where_those_of_normal_scores_do_not() {
    const STUDIES: u64 = 400;
    let z = 1.959_963_984_540_054;
    let mut held = [[0u32; 3]; 2];
    for seed in 0..STUDIES {
        let ratings = unequal_patients(seed, 200, 3, 0.6);
        let options = IccOptions {
            draws: 500,
            seed,
            ..IccOptions::default()
        };
        let settings = MeasurementErrorOptions {
            draws: 500,
            seed,
            ..MeasurementErrorOptions::default()
        };
        let table = icc(&ratings, &options).unwrap();
        let error = measurement_error(&ratings, &settings).unwrap();
        let sdc = |error: &howship_stats::MeasurementError| {
            let size = error.smallest_detectable_change(ReaderScope::Fixed, 1.0, 0.95);
            size.unwrap().unwrap().interval
        };
        let form = |form| *table.get(form).unwrap();
        let (consistency, agreement) = (form(IccForm::Consistency), form(IccForm::Agreement));
        let exact = error.with_normal_intervals();
        let found = [
            [consistency.interval, agreement.interval, Some(sdc(&error))],
            [consistency.normal, agreement.normal, Some(sdc(&exact))],
        ];
        for (held, intervals) in held.iter_mut().zip(found) {
            for ((held, interval), truth) in held.iter_mut().zip(intervals).zip([0.75, 0.75, z]) {
                *held += u32::from(interval.unwrap().contains(truth));
            }
        }
    }
    let share = |count: u32| f64::from(count) / STUDIES as f64;
    for (adjusted, normal) in held[0].into_iter().zip(held[1]) {
        let (adjusted, normal) = (share(adjusted), share(normal));
        assert!(adjusted > 0.92, "adjusted {adjusted}, normal {normal}");
        assert!(normal < 0.88, "adjusted {adjusted}, normal {normal}");
    }
}

/// Two readers whose differences are all of one size spread less than normal ones: nothing is adjusted.
#[test]
fn light_tails_leave_the_exact_intervals() {
    let values = (0..120).flat_map(|i| {
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        let base = f64::from(i % 5);
        [base + sign, base - sign]
    });
    let ratings = Ratings::new(120, 2, values.collect()).unwrap();
    let table = icc(&ratings, &IccOptions::default()).unwrap();
    assert!(table.tails.residual < 0.1, "{:?}", table.tails);
    for form in &table.forms {
        assert_eq!(form.interval, form.normal, "{form:?}");
    }
    let error = measurement_error(&ratings, &MeasurementErrorOptions::default()).unwrap();
    assert_eq!(error.residual.interval, error.normal.residual);
    assert_eq!(error, error.with_normal_intervals());
}

/// Of two readers the spread is the sample kurtosis of their differences, less its bias in normal samples.
#[test]
fn tail_weight_of_two_readers_is_the_kurtosis_of_their_differences() {
    let d = [3.0, -1.0, 0.5, 2.0, -7.0, 0.0, 1.0, -0.5, 4.0, 1.5];
    let values = d.iter().flat_map(|d| [10.0 + d, 10.0]);
    let ratings = Ratings::new(10, 2, values.collect()).unwrap();
    let error = measurement_error(&ratings, &MeasurementErrorOptions::default()).unwrap();
    let mean = d.iter().sum::<f64>() / 10.0;
    let moment = |p: i32| d.iter().map(|d| (d - mean).powi(p)).sum::<f64>() / 10.0;
    let kurtosis = moment(4) / moment(2).powi(2);
    // Its expectation in normal samples of n is 3(n − 1)/(n + 1).
    let want = (kurtosis - 1.0) / (3.0 * 9.0 / 11.0 - 1.0);
    assert!((error.tail - want).abs() < 1e-12, "{} {want}", error.tail);
    // Fewer degrees of freedom: the adjusted interval is wider on both sides, more so above.
    let (wide, exact) = (error.residual.interval, error.normal.residual);
    assert!(wide.lower < exact.lower && wide.upper > exact.upper);
}

/// A reader's table with holes and the same table with one more rating of nobody else: weights stay finite and near.
#[test]
fn holes_change_the_tails_little() {
    let full = unequal_patients(3, 300, 3, 0.6);
    let mut values = full.values().to_vec();
    for value in values.iter_mut().step_by(29) {
        *value = f64::NAN;
    }
    let holes = Ratings::new(300, 3, values).unwrap();
    let of = |ratings| icc(ratings, &IccOptions::default()).unwrap().tails;
    let (a, b) = (of(&full), of(&holes));
    for (a, b) in [
        (a.targets, b.targets),
        (a.residual, b.residual),
        (a.ratio, b.ratio),
    ] {
        assert!(a > 1.3 && (b / a - 1.0).abs() < 0.25, "{a} {b}");
    }
}

/// A patient whom two readers read twice is one patient: counted as two, the tail looks lighter.
#[test]
fn pooled_errors_know_their_patients() {
    let table = unequal_patients(5, 30, 2, 0.8);
    let own: Vec<usize> = (0..30).collect();
    let others: Vec<usize> = (30..60).collect();
    let settings = MeasurementErrorOptions::default();
    let pooled = |second: &[usize]| {
        pooled_measurement_error(&[(&table, &own), (&table, second)], &settings).unwrap()
    };
    let (same, apart) = (pooled(&own), pooled(&others));
    assert_eq!(same.residual.value, apart.residual.value);
    assert!(
        (same.residual.value - measurement_error(&table, &settings).unwrap().residual.value).abs()
            < 1e-12
    );
    assert!(same.tail > 1.8 * apart.tail, "{} {}", same.tail, apart.tail);
    assert!(pooled_measurement_error(&[(&table, &own[1..])], &settings).is_err());
}

/// Of few targets the interval of a correlation is a one-sided bound: without heavy tails, the lower end of the exact
/// two-sided interval of twice the tail; of more targets it has two ends.
#[test]
fn few_targets_have_a_lower_bound_only() {
    let table = |targets: usize, confidence: f64| {
        let values = (0..targets).flat_map(|i| {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            let base = (i % 5) as f64;
            [base + sign, base - sign]
        });
        let ratings = Ratings::new(targets, 2, values.collect()).unwrap();
        let options = IccOptions {
            confidence,
            ..IccOptions::default()
        };
        let settings = MeasurementErrorOptions {
            confidence,
            ..MeasurementErrorOptions::default()
        };
        let general = howship_stats::generalisability(&ratings, &[3], &settings).unwrap()[0];
        (icc(&ratings, &options).unwrap(), general)
    };
    let (few, general) = table(FEW_TARGETS - 10, 0.95);
    let (wider, wider_general) = table(FEW_TARGETS - 10, 0.9);
    assert_eq!((few.ends, general.ends), (Ends::Lower, Ends::Lower));
    for (one_sided, two_sided) in few.forms.iter().zip(&wider.forms) {
        let (bound, exact) = (one_sided.interval.unwrap(), two_sided.normal.unwrap());
        assert!((bound.lower - exact.lower).abs() < 1e-9, "{one_sided:?}");
        assert_eq!(bound.upper, 1.0);
    }
    let exact = wider_general.relative_normal;
    let bound = general.relative.interval;
    assert!((bound.lower - exact.lower).abs() < 1e-9);
    assert_eq!(bound.upper, 1.0);
    let (enough, _) = table(FEW_TARGETS, 0.95);
    assert_eq!(enough.ends, Ends::Both);
    assert!(enough.forms.iter().all(|f| f.interval.unwrap().upper < 1.0));
    // A confidence below one half has a lower bound too: above the estimate.
    let (half, _) = table(FEW_TARGETS - 10, 0.3);
    let icc = half.get(IccForm::Consistency).unwrap();
    assert!(icc.interval.unwrap().lower > icc.value);
}
