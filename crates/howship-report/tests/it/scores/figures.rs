use super::drawing::check;
use howship_report::scores::{
    Arm, BlandAltman, Calibration, CalibrationBin, CumulativePlot, Estimate, ForestPlot, ForestRow,
    LimitsPoint, ReaderBias, ReaderBiasPlot, ReaderScatter, SdcCurve, SdcPoint, bland_altman,
    calibration_plot, cumulative_plot, forest_plot, reader_bias_plot, reader_scatter, sdc_curve,
};
use proptest::prelude::*;

/// What nobody should name an arm, and somebody will.
pub(crate) const HOSTILE: &str =
    "<b>A & B</b> \"x\" 'y' </svg><script>alert(1)</script>\u{202e}\u{7}\n";

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-60i32..60).prop_map(|v| f64::from(v) / 2.0),
        2 => -1e3..1e3,
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e300, -1e12, 1e-12, 8e8]),
    ]
}

fn interval() -> impl Strategy<Value = Option<[f64; 2]>> {
    prop::option::of([number(), number()])
}

fn estimate() -> impl Strategy<Value = Estimate> {
    (number(), interval()).prop_map(|(value, interval)| Estimate { value, interval })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(HOSTILE.to_owned()),
        Just(String::new()),
        "[ -~]{1,60}",
        "\\PC{1,20}",
    ]
}

fn arm() -> impl Strategy<Value = Arm> {
    (name(), prop::collection::vec(number(), 0..90)).prop_map(|(name, changes)| Arm {
        name,
        changes,
        ..Arm::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cumulative_plots_stay_inside(arms in prop::collection::vec(arm(), 0..7), sdc in prop::option::of(number()), title in name()) {
        let plot = CumulativePlot { quantity: title.clone(), title, arms, sdc };
        let svg = cumulative_plot(&plot);
        check(&svg);
        prop_assert_eq!(svg, cumulative_plot(&plot));
    }

    #[test]
    fn bland_altman_plots_stay_inside(
        pairs in prop::collection::vec([number(), number()], 0..60),
        bias in prop::option::of(estimate()),
        lower in prop::option::of(estimate()),
        upper in prop::option::of(estimate()),
        curves in prop::collection::vec([number(), number(), number()], 0..5),
        label in name(),
    ) {
        let curves = curves.into_iter().map(|[mean, lower, upper]| LimitsPoint { mean, lower, upper }).collect();
        let plot = BlandAltman { title: label.clone(), mean_label: label.clone(), difference_label: label, pairs, bias, lower, upper, curves, names: Vec::new() };
        let svg = bland_altman(&plot);
        check(&svg);
        prop_assert_eq!(svg, bland_altman(&plot));
    }

    #[test]
    fn forests_and_biases_stay_inside(
        rows in prop::collection::vec((name(), prop::option::of(0usize..1_000_000), estimate()), 0..8),
        sdc in prop::option::of(number()),
    ) {
        let forest = rows.iter().map(|(name, n, change)| ForestRow { name: name.clone(), n: *n, change: *change }).collect();
        check(&forest_plot(&ForestPlot { title: "arms".into(), quantity: "mean change".into(), rows: forest, sdc }));
        let biases = rows.iter().enumerate().map(|(i, (name, _, difference))| ReaderBias {
            group: format!("{name}{}", i / 3),
            reader: name.clone(),
            difference: *difference,
        }).collect();
        check(&reader_bias_plot(&ReaderBiasPlot { title: "bias".into(), quantity: "difference".into(), biases }));
    }

    #[test]
    fn scatters_curves_and_calibrations_stay_inside(
        pairs in prop::collection::vec([number(), number()], 0..60),
        points in prop::collection::vec((number(), estimate()), 0..20),
        other in number(),
        label in name(),
    ) {
        check(&reader_scatter(&ReaderScatter { title: label.clone(), first: label.clone(), second: label.clone(), pairs, names: Vec::new() }));
        let bins = points.iter().map(|(predicted, observed)| CalibrationBin { predicted: *predicted, observed: *observed, count: 7 }).collect();
        check(&calibration_plot(&Calibration { title: label.clone(), quantity: label.clone(), bins, error: Some(other) }));
        let points = points.into_iter().map(|(size, sdc)| SdcPoint { size, sdc }).collect();
        check(&sdc_curve(&SdcCurve { title: label.clone(), size_label: label, points, overall: Some(other), groups: Vec::new() }));
    }
}

/// The curve of n patients steps through (rank − 0.5)/n.
#[test]
fn the_plotting_position_is_the_middle_of_the_rank() {
    let arm = |changes: &[f64]| Arm {
        name: "A".into(),
        changes: changes.to_vec(),
        ..Arm::default()
    };
    let xs = |changes: &[f64]| -> Vec<f64> {
        let svg = cumulative_plot(&CumulativePlot {
            title: "t".into(),
            quantity: "change".into(),
            arms: vec![arm(changes)],
            sdc: None,
        });
        let circles = check(&svg);
        let all = circles.iter().filter(|e| e.name == "circle");
        let xs: Vec<f64> = all.filter_map(|e| e.number("cx")).collect();
        // The last one is the legend's.
        xs[..xs.len() - 1].to_vec()
    };
    let (left, right) = (66.0, 780.0 - 92.0);
    let share = |x: f64| (x - left) / (right - left);
    let four: Vec<f64> = xs(&[3.0, -1.0, f64::NAN, 3.0, 0.0])
        .into_iter()
        .map(share)
        .collect();
    for (seen, expected) in four.iter().zip([0.125, 0.375, 0.625, 0.875]) {
        assert!((seen - expected).abs() < 1e-3, "{seen} {expected}");
    }
    assert!((share(xs(&[7.0])[0]) - 0.5).abs() < 1e-3);
    assert!(xs(&[]).is_empty());
}

#[test]
fn shares_beyond_error_are_strict_and_printed() {
    let svg = cumulative_plot(&CumulativePlot {
        title: "t".into(),
        quantity: "change".into(),
        arms: vec![Arm {
            name: "A".into(),
            changes: vec![-3.0, -2.0, 0.0, 2.0, 5.0, 6.0, 7.0, 1.0],
            ..Arm::default()
        }],
        sdc: Some(2.0),
    });
    let elements = check(&svg);
    let all: Vec<&str> = elements.iter().map(|e| e.text.as_str()).collect();
    assert!(
        all.contains(&"1 of 8 (12 %) below −SDC, 3 of 8 (38 %) above +SDC"),
        "{all:?}"
    );
    assert!(all.contains(&"n 8"));
    assert!(all.contains(&"+SDC 2") && all.contains(&"−SDC 2"));
}

#[test]
fn values_beyond_the_axis_are_named_there() {
    let mut changes: Vec<f64> = (0..200).map(|i| f64::from(i) / 40.0 - 2.5).collect();
    changes.push(83.0);
    let svg = cumulative_plot(&CumulativePlot {
        title: "t".into(),
        quantity: "change".into(),
        arms: vec![Arm {
            name: "A".into(),
            changes,
            ..Arm::default()
        }],
        sdc: Some(2.0),
    });
    let elements = check(&svg);
    assert!(
        elements
            .iter()
            .any(|e| e.name == "text" && e.text == "+83.0")
    );
    let ticks: Vec<&str> = elements.iter().map(|e| e.text.as_str()).collect();
    assert!(!ticks.contains(&"+80"), "the axis was stretched");
}

#[test]
fn labels_of_close_limits_do_not_meet() {
    let near = |value| {
        Some(Estimate {
            value,
            interval: Some([value - 0.01, value + 0.01]),
        })
    };
    let svg = bland_altman(&BlandAltman {
        title: "t".into(),
        mean_label: "mean".into(),
        difference_label: "difference".into(),
        pairs: vec![[0.0, -8.0], [10.0, 9.0]],
        bias: near(0.0),
        lower: near(-0.02),
        upper: near(0.02),
        curves: Vec::new(),
        names: vec!["P1".into(), "P2".into()],
    });
    assert!(svg.contains("P2; mean 10"), "{svg}");
    let elements = check(&svg);
    let labels = ["upper limit", "mean difference", "lower limit"];
    let ys = labels.map(|l| {
        let e = elements
            .iter()
            .find(|e| e.text.starts_with(l) && e.name == "text");
        e.unwrap().number("y").unwrap()
    });
    assert!(ys[0] + 30.0 <= ys[1] && ys[1] + 30.0 <= ys[2], "{ys:?}");
}

#[test]
fn pairs_that_coincide_are_one_disc_by_area() {
    let mut pairs = vec![[0.0, 0.0]; 9];
    pairs.push([4.0, 1.0]);
    let svg = reader_scatter(&ReaderScatter {
        title: "t".into(),
        first: "A".into(),
        second: "B".into(),
        pairs,
        ..ReaderScatter::default()
    });
    let radii: Vec<f64> = check(&svg)
        .iter()
        .filter(|e| e.name == "circle")
        .filter_map(|e| e.number("r"))
        .collect();
    assert_eq!(radii.len(), 2);
    assert!((radii[0] / radii[1] - 3.0).abs() < 0.05, "{radii:?}");
}

#[test]
fn pictures_of_many_patients_stay_small() {
    let wave = |i: usize, k: f64| (i as f64 * k).sin() * 20.0;
    let pairs: Vec<[f64; 2]> = (0..60_000)
        .map(|i| [wave(i, 0.37), wave(i, 1.91)])
        .collect();
    let changes = pairs.iter().map(|p| p[0]).collect();
    let scatter = reader_scatter(&ReaderScatter {
        title: "t".into(),
        first: "A".into(),
        second: "B".into(),
        pairs,
        ..ReaderScatter::default()
    });
    let circles = check(&scatter);
    assert!(
        circles.len() > 3000 && scatter.len() < 6_000_000,
        "{}",
        scatter.len()
    );
    let cumulative = cumulative_plot(&CumulativePlot {
        title: "t".into(),
        quantity: "change".into(),
        arms: vec![Arm {
            name: "A".into(),
            changes,
            ..Arm::default()
        }],
        sdc: None,
    });
    check(&cumulative);
    assert!(cumulative.len() < 60_000, "{}", cumulative.len());
}

#[test]
fn agreement_in_sign_is_counted() {
    let pairs = vec![
        [-1.0, -2.0],
        [-1.0, -2.0],
        [1.0, 1.0],
        [-1.0, 1.0],
        [0.0, 1.0],
        [0.0, 0.0],
    ];
    let svg = reader_scatter(&ReaderScatter {
        title: "t".into(),
        first: "reader 1".into(),
        second: "reader 2".into(),
        pairs,
        ..ReaderScatter::default()
    });
    let words = "lower with both 2, higher with both 1, opposite signs 1, change with one only 1, no change with both 1";
    assert!(svg.contains(words));
}

/// TEMPO at 52 weeks (etanercept label): the combination's interval is below 0, etanercept's holds it.
#[test]
fn the_rule_for_groups_shows_in_colour() {
    let row = |name: &str, value, interval| ForestRow {
        name: name.into(),
        n: Some(212),
        change: Estimate {
            value,
            interval: Some(interval),
        },
    };
    let svg = forest_plot(&ForestPlot {
        title: "t".into(),
        quantity: "mean change".into(),
        rows: vec![
            row("MTX", 2.80, [1.08, 4.51]),
            row("ETN", 0.52, [-0.10, 1.15]),
            row("ETN + MTX", -0.54, [-1.00, -0.07]),
        ],
        sdc: None,
    });
    let elements = check(&svg);
    let fill = |words: &str| {
        let e = elements
            .iter()
            .find(|e| e.name == "text" && e.text == words);
        e.unwrap().attribute("fill").unwrap().to_owned()
    };
    assert_eq!(fill("+2.80 (+1.08 to +4.51)"), "#b84300");
    assert_eq!(fill("+0.52 (−0.10 to +1.15)"), "#5c5c66");
    assert_eq!(fill("−0.54 (−1.00 to −0.07)"), "#007a5a");
}
