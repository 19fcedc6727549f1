//! Agreement of six sets of readings against irrCAC, krippendorff and epiR; see tests/reference/agreement_peers.py, .R.

use howship_stats::{
    BootstrapOptions, KappaWeights, Ratings, Scale, concordance, gwet_agreement,
    krippendorff_alpha, repeated_concordance,
};
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
