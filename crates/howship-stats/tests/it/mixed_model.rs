use howship_stats::{
    DegreesOfFreedom, Design, FixedEffects, Likelihood, MixedFit, MixedOptions, fit_mixed,
};
use serde_json::Value;
use std::path::Path;

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/mixed.json");
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|v| v.as_f64().unwrap()).collect()
}

fn designs(case: &Value) -> (Design, Design) {
    let (arm, time) = (numbers(&case["arm"]), numbers(&case["time"]));
    let both: Vec<f64> = arm.iter().zip(&time).map(|(a, t)| a * t).collect();
    let build = |names: &Value| {
        let mut design = Design::intercept(arm.len());
        for name in names.as_array().unwrap() {
            let name = name.as_str().unwrap();
            let column = match name {
                "arm" => arm.clone(),
                "time" => time.clone(),
                _ => both.clone(),
            };
            design = design.with(name, column).unwrap();
        }
        design
    };
    (build(&case["fixed"]), build(&case["random"]))
}

fn fit(case: &Value, likelihood: Likelihood) -> MixedFit {
    let (fixed, random) = designs(case);
    let options = MixedOptions {
        likelihood,
        ..MixedOptions::default()
    };
    let groups = numbers(&case["subject"]);
    let groups: Vec<u32> = groups.iter().map(|g| *g as u32).collect();
    fit_mixed(&numbers(&case["y"]), &fixed, &random, &groups, &options).unwrap()
}

/// Largest relative difference, sizes below `floor` counted as `floor`.
fn difference(found: &[f64], expected: &[f64], floor: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs
        .map(|(f, e)| (f - e).abs() / e.abs().max(floor))
        .fold(0.0, f64::max)
}

fn flat(rows: &Value) -> Vec<f64> {
    let rows = rows.as_array().unwrap();
    rows.iter().flat_map(numbers).collect()
}

fn compare(name: &str, fit: &MixedFit, reference: &Value) {
    let check = |what: &str, found: &[f64], expected: &[f64], floor: f64, tolerance: f64| {
        let d = difference(found, expected, floor);
        assert!(
            d <= tolerance,
            "{name}, {what}: {d:.2e} apart: {found:?} {expected:?}"
        );
    };
    let variance = reference["residual_variance"].as_f64().unwrap();
    check(
        "fixed effects",
        &fit.coefficients,
        &numbers(&reference["coefficients"]),
        1e-9,
        1e-5,
    );
    check(
        "covariance of fixed effects",
        &fit.covariance.concat(),
        &flat(&reference["covariance"]),
        1e-9,
        1e-5,
    );
    check(
        "residual variance",
        &[fit.residual_variance],
        &[variance],
        1e-9,
        1e-5,
    );
    // Components at zero have no relative size of their own.
    check(
        "random effects' covariance",
        &fit.random_covariance.concat(),
        &flat(&reference["random_covariance"]),
        1e-4 * variance,
        1e-5,
    );
    let likelihood = reference["log_likelihood"].as_f64().unwrap();
    check(
        "log likelihood",
        &[fit.log_likelihood],
        &[likelihood],
        1.0,
        1e-9,
    );
    assert!(fit.log_likelihood > likelihood - 1e-8);
    check(
        "predicted random effects",
        &fit.random_effects[..3].concat(),
        &flat(&reference["random_effects"]),
        1.0,
        1e-4,
    );
}

/// Five simulated data sets, three of them sleepstudy-shaped, unbalanced and near-singular, to 1e-5 relative.
#[test]
fn fixed_effects_and_variances_as_lme4() {
    let cases = cases();
    assert_eq!(cases.len(), 5);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let restricted = fit(case, Likelihood::Restricted);
        compare(name, &restricted, &case["reml"]);
        compare(name, &fit(case, Likelihood::Full), &case["ml"]);
        assert_eq!(
            restricted.singular,
            case["singular"].as_bool().unwrap(),
            "{name}"
        );
        assert_eq!(restricted.notes.len(), usize::from(restricted.singular));
        let residuals: f64 = restricted.residuals.iter().sum();
        assert!(
            residuals.abs() < 1e-6,
            "{name}: residuals sum to {residuals}"
        );
    }
}

fn compare_tests(name: &str, effects: &FixedEffects, case: &Value, prefix: &str, joint: &str) {
    for (i, each) in case["each"].as_array().unwrap().iter().enumerate() {
        let found = effects.coefficient(i, 0.95).unwrap();
        let get = |key: &str| each[format!("{prefix}_{key}")].as_f64().unwrap();
        let d = difference(
            &[found.standard_error, found.degrees_of_freedom, found.p],
            &[get("se"), get("df"), get("p")],
            1e-12,
        );
        assert!(
            d < 1e-3,
            "{name} {prefix} {i}: {d:.2e} apart; {found:?} {each}"
        );
    }
    let p = effects.coefficients.len();
    let contrasts: Vec<Vec<f64>> = (1..p)
        .map(|i| (0..p).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    let found = effects.joint_test(&contrasts).unwrap();
    let expected = &case["joint"][joint];
    let get = |key: &str| expected[key].as_f64().unwrap();
    let d = difference(
        &[found.f, found.numerator, found.denominator, found.p],
        &[get("f"), get("numerator"), get("denominator"), get("p")],
        1e-12,
    );
    assert!(
        d < 1e-3,
        "{name} {joint}: {d:.2e} apart; {found:?} {expected}"
    );
}

/// Standard errors, degrees of freedom and p of every coefficient and of all at once, to 1e-3 relative.
#[test]
fn degrees_of_freedom_as_pbkrtest_and_lmertest() {
    for case in &cases() {
        let name = case["name"].as_str().unwrap();
        let fit = fit(case, Likelihood::Restricted);
        let kr = fit.fixed_effects(DegreesOfFreedom::KenwardRoger).unwrap();
        compare_tests(name, &kr, case, "kr", "kenward_roger");
        let s = fit.fixed_effects(DegreesOfFreedom::Satterthwaite).unwrap();
        compare_tests(name, &s, case, "s", "satterthwaite");
    }
}
