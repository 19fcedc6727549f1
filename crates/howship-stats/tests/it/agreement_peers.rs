//! Agreement of six sets of readings against irrCAC, krippendorff and epiR; see tests/reference/agreement_peers.py, .R.

use howship_stats::{
    BlandAltmanOptions, BootstrapOptions, KappaWeights, Ratings, Scale, concordance,
    gwet_agreement, krippendorff_alpha, repeated_concordance, replicate_limits,
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde_json::Value;

fn reference(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn close(got: f64, want: &Value, tolerance: f64, what: &str) {
    let want = want.as_f64().unwrap();
    assert!(
        (got - want).abs() <= tolerance,
        "{what}: {got}, expected {want}"
    );
}

fn ratings(set: &Value) -> Ratings {
    let rows = set["ratings"].as_array().unwrap();
    let raters = rows[0].as_array().unwrap().len();
    let cells = rows.iter().flat_map(|r| r.as_array().unwrap());
    let values: Vec<f64> = cells.map(|c| c.as_f64().unwrap_or(f64::NAN)).collect();
    Ratings::new(rows.len(), raters, values).unwrap()
}

fn few() -> BootstrapOptions {
    BootstrapOptions { draws: 50, seed: 3 }
}

#[test]
fn chance_corrected_agreement_of_six_sets() {
    let all = reference("agreement_peers.json");
    let sets = all.as_object().unwrap();
    let mut seen = 0;
    for (name, set) in sets.iter().filter(|(name, _)| *name != "repeated") {
        let ratings = ratings(set);
        for (weights, peer) in [
            (KappaWeights::Unweighted, "identity"),
            (KappaWeights::Linear, "linear"),
            (KappaWeights::Quadratic, "quadratic"),
        ] {
            let found = gwet_agreement(&ratings, &weights, 0.95).unwrap();
            let want = &set[format!("gwet {peer}")];
            let what = format!("{name}, {peer}");
            close(found.value, &want["value"], 1e-11, &what);
            // Quantiles of Student's t are good to 1e-9.
            close(found.interval.lower, &want["lower"], 1e-9, &what);
            close(found.interval.upper, &want["upper"], 1e-9, &what);
            close(found.observed, &want["observed"], 1e-11, &what);
            close(found.expected, &want["expected"], 1e-11, &what);
        }
        for (scale, peer) in [
            (Scale::Nominal, "nominal"),
            (Scale::Ordinal, "ordinal"),
            (Scale::Interval, "interval"),
        ] {
            let found = krippendorff_alpha(&ratings, scale, None, 0.95, &few()).unwrap();
            close(
                found.value,
                &set[format!("alpha {peer}")],
                1e-12,
                &format!("{name}, alpha {peer}"),
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn concordance_of_lin() {
    let all = reference("concordance.json");
    let sets = all.as_object().unwrap();
    assert_eq!(sets.len(), 6);
    for (name, set) in sets {
        let list = |key: &str| -> Vec<f64> {
            let all = set[key].as_array().unwrap().iter();
            all.map(|v| v.as_f64().unwrap()).collect()
        };
        let pairs: Vec<(f64, f64)> = list("x").into_iter().zip(list("y")).collect();
        let found = concordance(&pairs, 0.95).unwrap();
        close(found.value, &set["value"], 1e-9, name);
        close(found.interval.lower, &set["lower"], 1e-9, name);
        close(found.interval.upper, &set["upper"], 1e-9, name);
        close(found.accuracy, &set["accuracy"], 1e-9, name);
        assert!((found.precision * found.accuracy - found.value).abs() < 1e-12);
    }
}

#[test]
fn concordance_over_visits() {
    let all = reference("agreement_peers.json");
    for (visits, set) in all["repeated"].as_object().unwrap() {
        let list = |key: &str| set[key].as_array().unwrap().clone();
        let subjects: Vec<Vec<(f64, f64)>> = list("x")
            .iter()
            .zip(&list("y"))
            .map(|(x, y)| {
                let (x, y) = (x.as_array().unwrap(), y.as_array().unwrap());
                let pair = |(a, b): (&Value, &Value)| (a.as_f64().unwrap(), b.as_f64().unwrap());
                x.iter().zip(y).map(pair).collect()
            })
            .collect();
        let found = repeated_concordance(&subjects, 0.95, &few()).unwrap();
        close(found.value, &set["value"], 1e-12, visits);
        assert_eq!(
            (found.subjects, found.visits.to_string()),
            (15, visits.clone())
        );
    }
}

#[test]
fn coefficients_of_nothing_are_refused() {
    let equal = Ratings::new(5, 2, vec![1.0; 10]).unwrap();
    assert!(gwet_agreement(&equal, &KappaWeights::Unweighted, 0.95).is_err());
    let once = Ratings::new(3, 2, vec![1.0, f64::NAN, 2.0, f64::NAN, f64::NAN, 1.0]).unwrap();
    assert!(gwet_agreement(&once, &KappaWeights::Unweighted, 0.95).is_err());
    assert!(concordance(&[(1.0, 2.0); 9], 0.95).is_err());
    assert!(concordance(&[(1.0, 2.0), (2.0, 1.0)], 0.95).is_err());
    assert!(repeated_concordance(&[vec![(1.0, 1.0)], vec![(2.0, 1.0)]], 0.95, &few()).is_err());
}

#[test]
fn a_rare_grade_leaves_kappa_low_and_gwets_coefficient_high() {
    // 96 of 100 joints agree on 0, 4 do not: kappa is below 0.
    let mut values = vec![0.0; 200];
    for at in [1, 3, 4, 8] {
        values[at] = 1.0;
    }
    let ratings = Ratings::new(100, 2, values).unwrap();
    let found = gwet_agreement(&ratings, &KappaWeights::Unweighted, 0.95).unwrap();
    assert!((found.observed - 0.96).abs() < 1e-12);
    assert!(found.value > 0.95, "{found:?}");
}

#[test]
fn limits_of_single_readings_of_six_sets() {
    let all = reference("replicate_limits.json");
    let sets = all.as_object().unwrap();
    assert_eq!(sets.len(), 6);
    for (name, set) in sets {
        let readings = |key: &str| -> Vec<Vec<f64>> {
            let rows = set[key].as_array().unwrap().iter();
            let row = |r: &Value| {
                r.as_array()
                    .unwrap()
                    .iter()
                    .map(|x| x.as_f64().unwrap())
                    .collect()
            };
            rows.map(row).collect()
        };
        let options = BlandAltmanOptions::default();
        let found = replicate_limits(&readings("first"), &readings("second"), &options).unwrap();
        assert_eq!(
            found.subjects as u64,
            set["subjects"].as_u64().unwrap(),
            "{name}"
        );
        for (got, key) in [
            (found.bias.value, "bias"),
            (found.sd_of_means, "sd_of_means"),
            (found.sd, "sd"),
            (found.lower.value, "lower"),
            (found.upper.value, "upper"),
        ] {
            close(got, &set[key], 1e-11, &format!("{name}, {key}"));
        }
        for limit in [found.lower, found.upper] {
            let half = 0.5 * (limit.interval.upper - limit.interval.lower);
            close(half, &set["half"], 1e-8, &format!("{name}, interval"));
        }
    }
}

/// Bias +1, reading errors of SD 2 and 3 and what each method sees in a patient of SD 1: a difference of single
/// readings has SD √(4 + 9 + 2), and the limits are known.
#[test]
fn limits_of_single_readings_hold_the_truth() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut normal = |sd: f64| -> f64 {
        let z: f64 = StandardNormal.sample(&mut rng);
        sd * z
    };
    let truth = [-1.0, 1.0].map(|sign| 1.0 + sign * 1.96 * 15f64.sqrt());
    let (studies, mut held, mut sum) = (1500, [0; 2], [0.0; 2]);
    for _ in 0..studies {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for s in 0..40 {
            let (patient, own) = (normal(8.0), [normal(1.0), normal(1.0)]);
            first.push(
                (0..2)
                    .map(|_| patient + 1.0 + own[0] + normal(2.0))
                    .collect(),
            );
            second.push(
                (0..1 + s % 3)
                    .map(|_| patient + own[1] + normal(3.0))
                    .collect(),
            );
        }
        let found = replicate_limits(&first, &second, &BlandAltmanOptions::default()).unwrap();
        for (i, limit) in [found.lower, found.upper].into_iter().enumerate() {
            held[i] += u32::from(limit.interval.contains(truth[i]));
            sum[i] += limit.value / f64::from(studies);
        }
    }
    for i in 0..2 {
        // SD of one limit is about 1.1: 4 standard errors of the mean.
        assert!((sum[i] - truth[i]).abs() < 0.12, "{sum:?}, truth {truth:?}");
        let coverage = f64::from(held[i]) / f64::from(studies);
        // 93-97 % is claimed; the binomial standard error is 0.6 %.
        assert!((0.925..0.975).contains(&coverage), "{coverage}");
    }
}
