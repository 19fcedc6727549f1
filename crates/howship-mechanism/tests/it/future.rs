//! Simulations and forecasts of a record.

use howship_mechanism::Error;
use howship_mechanism::case::Case;
use howship_mechanism::forecast::{CoverageOptions, ForecastOptions, coverage, forecast};
use howship_mechanism::simulate::simulate;

const CASE: &str = r#"
[[therapy]]
drug = "anakinra"
dose = "100 mg"
interval = "1 d"
start = "M0"

[[activity]]
visit = "M0"
das28 = 6.0
kind = "crp4"

[[lesion]]
site = "R.MC2"
depth_mm = 2.3
width_mm = 2.0
in_profile = true

[[lesion]]
site = "R.MC3"
depth_mm = 1.6
width_mm = 1.5
in_profile = true

[[imaging]]
visit = "M6"
modality = "film"

[[imaging]]
visit = "M12"
modality = "hr-pqct"

[run]
months = 12
patients = 300
"#;

#[test]
fn bands_do_not_hang_on_the_number_of_threads() {
    let case = Case::read(CASE).unwrap();
    let compiled = case.compile(false).unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| simulate(&case, &compiled, &|_| true).unwrap())
    };
    let one = with(1);
    assert_eq!(one, with(3));
    assert_eq!(one.days.len(), 38);
    for series in &one.series {
        for band in &series.bands {
            assert!(
                band.mean.is_finite() && band.quantiles.windows(2).all(|q| q[1] >= q[0]),
                "{}",
                series.quantity
            );
        }
    }
    let of = |name: &str| one.series.iter().find(|s| s.quantity == name).unwrap();
    // 100 mg a day at 9 L/h: mean 0.463 mg/L in the typical patient; log-normal spread and its mean.
    let late = of("anakinra concentration").bands[30];
    assert!((late.quantiles[2] - 0.463).abs() < 0.05, "{late:?}");
    assert!(of("inflammation").bands[37].mean < 0.4 && of("joint space").bands[37].mean < 1.6);
    assert!(
        one.visits
            .iter()
            .all(|v| (v.healing + v.neither + v.progressing - 1.0).abs() < 1e-9)
    );
    assert!(matches!(
        simulate(&case, &compiled, &|_| false),
        Err(Error::Stopped)
    ));
}

#[test]
fn observations_move_and_sharpen_a_forecast() {
    let case = Case::read(CASE).unwrap();
    let options = ForecastOptions {
        draws: 4096,
        most: 16_384,
        effective: 200.0,
        months: 24.0,
    };
    let before = forecast(&case, &[], &options, &|_| true).unwrap();
    assert!((before.diagnostics.effective - 4096.0).abs() < 1e-6);
    let text = format!(
        "{CASE}\n[[observation]]\nvisit = \"M6\"\nlesion = 1\nquantity = \"rim\"\nchange = -0.2\nse = 0.05\n"
    );
    let seen = Case::read(&text).unwrap();
    let after = forecast(&seen, &[], &options, &|_| true).unwrap();
    let rim = |r: &howship_mechanism::forecast::ForecastReport| {
        r.lesions
            .iter()
            .find(|l| l.tool.contains("rim") && l.lesion == "R.MC2")
            .unwrap()
            .day
    };
    assert!(rim(&after).within > rim(&before).within + 0.1);
    // Open before, closed after.
    assert!(rim(&before).interval.to.is_none() && rim(&after).interval.to.is_some());
    assert!(after.diagnostics.effective < 4096.0 && after.diagnostics.largest_weight < 0.2);
    // The other lesion of the same patient learns as well, less.
    let other = |r: &howship_mechanism::forecast::ForecastReport| {
        r.lesions
            .iter()
            .find(|l| l.tool.contains("rim") && l.lesion == "R.MC3")
            .unwrap()
            .day
            .within
    };
    assert!(other(&after) > other(&before) && other(&after) < rim(&after).within);
    let absurd = format!(
        "{CASE}\n[[observation]]\nvisit = \"M6\"\nlesion = 1\nquantity = \"rim\"\nchange = -5\nse = 0.001\n"
    );
    let error = forecast(&Case::read(&absurd).unwrap(), &[], &options, &|_| true).unwrap_err();
    assert!(matches!(error, Error::OutOfReach { .. }), "{error}");
}

#[test]
fn intervals_hold_what_they_promise() {
    let case = Case::read(CASE).unwrap();
    let options = CoverageOptions {
        patients: 150,
        draws: 2048,
        months: 24.0,
        ..CoverageOptions::default()
    };
    let rows = coverage(&case, &options, &|_| true).unwrap();
    let rim: Vec<_> = rows.iter().filter(|r| r.tool.contains("rim")).collect();
    // 300 lesions in 150 patients: SE of a coverage of .95 is below .018 even if a patient's two agree.
    for row in &rim {
        assert!((row.covered - 0.95).abs() < 0.05, "{row:?}");
    }
    assert!(rim[2].score < rim[0].score, "{rim:?}");
}
