use howship_stats::{Ratings, crossed_components, one_way_components};
use serde_json::Value;
use std::path::Path;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    let allowed = tolerance * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= allowed,
        "{what}: {found} where lme4 has {expected}"
    );
}

/// Tables with holes against lme4's REML (`reference/crossed.R`), to 1e-5 relative.
#[test]
fn tables_with_holes_as_lme4() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/crossed.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let values = case["values"].as_array().unwrap().iter().map(number);
        let table = Ratings::new(size("targets"), size("raters"), values.collect()).unwrap();
        let (c, r) = (crossed_components(&table).unwrap(), &case["crossed"]);
        near(c.target, number(&r["components"]["target"]), 1e-5, name);
        near(c.rater, number(&r["components"]["rater"]), 1e-5, name);
        near(c.residual, number(&r["components"]["Residual"]), 1e-5, name);
        near(c.mean, number(&r["mean"]), 1e-6, name);
        near(c.mean_variance, number(&r["mean_variance"]), 1e-5, name);
        near(c.log_likelihood, number(&r["log_likelihood"]), 1e-9, name);
        let (o, r) = (one_way_components(&table).unwrap(), &case["one_way"]);
        near(o.target, number(&r["components"]["target"]), 1e-5, name);
        near(o.residual, number(&r["components"]["Residual"]), 1e-5, name);
        near(o.mean_variance, number(&r["mean_variance"]), 1e-5, name);
        near(o.log_likelihood, number(&r["log_likelihood"]), 1e-9, name);
    }
}
