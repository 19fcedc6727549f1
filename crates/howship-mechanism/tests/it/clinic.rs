//! Scores of activity and what counts as an answer, to the values that other calculators print.

use howship_mechanism::Error;
use howship_mechanism::inflammation::{
    ActivityKind, Counts, EularResponse, cdai, das28, eular_response, improvement, sdai,
};

#[test]
fn das28_in_all_forms() {
    // Columns: tender, swollen, global mm, CRP, ESR, and the four forms (R `rheumtools`).
    let rows = [
        ([0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.96, 0.16, 1.15]),
        (
            [4.0, 2.0, 64.0, 19.0, 44.0],
            [5.0609, 4.4504, 4.6581, 4.0039],
        ),
        (
            [4.0, 5.0, 12.0, 44.0, 44.0],
            [4.5630, 4.2445, 4.9066, 4.5781],
        ),
        (
            [28.0, 28.0, 100.0, 150.0, 120.0],
            [9.1961, 8.6111, 8.5798, 8.0262],
        ),
        (
            [15.0, 12.0, 80.0, 62.0, 85.0],
            [7.3687, 6.7103, 6.9086, 6.2434],
        ),
    ];
    for ([tender, swollen, global, crp, esr], known) in rows {
        let counts = Counts {
            tender,
            swollen,
            global_mm: Some(global),
            evaluator_mm: Some(50.0),
            crp: Some(crp),
            esr: Some(esr),
        };
        let kinds = [
            ActivityKind::Esr4,
            ActivityKind::Crp4,
            ActivityKind::Esr3,
            ActivityKind::Crp3,
        ];
        for (kind, want) in kinds.into_iter().zip(known) {
            let got = das28(kind, &counts).unwrap();
            assert!((got - want).abs() < 5.1e-5, "{kind:?} {got} {want}");
        }
    }
    let counts = Counts {
        tender: 12.0,
        swollen: 9.0,
        global_mm: Some(70.0),
        evaluator_mm: Some(65.0),
        crp: Some(38.0),
        esr: Some(52.0),
    };
    assert!(
        (cdai(&counts).unwrap() - 34.5).abs() < 1e-12
            && (sdai(&counts).unwrap() - 38.3).abs() < 1e-12
    );
    let error = das28(
        ActivityKind::Esr4,
        &Counts {
            esr: Some(0.0),
            ..counts
        },
    )
    .unwrap_err();
    assert!(matches!(error, Error::Value { .. }));
}

#[test]
fn eular_response_is_compared_as_printed() {
    use EularResponse::{Good, Moderate, None};
    let known = [
        (6.53, 3.09, Good),
        (6.53, 5.20, Moderate),
        (5.06, 3.20, Good),
        (5.06, 3.80, Moderate),
        (4.56, 3.90, Moderate),
        (4.56, 4.20, None),
        (3.90, 2.60, Good),
        (3.90, 3.20, Moderate),
        (6.5, 5.3, None),
        (4.4, 3.8, None),
    ];
    for (before, after, response) in known {
        assert_eq!(eular_response(before, after), response, "{before} {after}");
    }
}

#[test]
fn distinct_improvement_must_hold_at_the_next_visit() {
    let months = |m: f64| m * 30.4375;
    let held = [
        (0.0, 6.0),
        (months(3.0), 4.1),
        (months(6.0), 3.1),
        (months(12.0), 2.3),
    ];
    assert_eq!(improvement(&held), Some(months(3.0)));
    let lost = [
        (0.0, 6.0),
        (months(3.0), 4.0),
        (months(6.0), 5.9),
        (months(12.0), 2.3),
    ];
    assert_eq!(improvement(&lost), None);
    assert_eq!(improvement(&held[..2]), None);
}
