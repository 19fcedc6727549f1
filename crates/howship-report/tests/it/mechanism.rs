//! Figures of the mechanism: what is drawn, and that names from files cannot break out of it.

use howship_report::mechanism::{
    Bar, Course, IntervalRow, IntervalsPlot, Line, Panel, PowerCurve, PowerPlot, course_plot,
    intervals_plot, power_plot,
};

const EVIL: &str = "<script>\"&'";

fn sound(svg: &str) {
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
    assert!(!svg.contains("<script") && !svg.contains("NaN") && !svg.contains("inf"));
    assert_eq!(
        svg.matches("<title>").count(),
        svg.matches("</title>").count()
    );
}

fn line(name: &str, rise: f64) -> Line {
    let bands = (0..5).map(|t| [0.0, 1.0, 2.0, 3.0, 4.0].map(|q| q * 0.1 + rise * f64::from(t)));
    Line {
        name: name.into(),
        bands: bands.collect(),
    }
}

fn course() -> Course {
    Course {
        title: EVIL.into(),
        months: (0..5).map(|t| f64::from(t) * 6.0).collect(),
        bars: vec![Bar {
            name: EVIL.into(),
            from: 0.0,
            to: 24.0,
        }],
        images: vec![0.0, 6.0, 12.0, 24.0],
        panels: vec![
            Panel {
                name: "depth, mm".into(),
                lines: vec![line("R.MC2", -0.1), line(EVIL, 0.1)],
                level: Some((0.0, "baseline".into())),
            },
            Panel::default(),
        ],
    }
}

#[test]
fn a_course_draws_every_line_with_two_bands_and_every_image() {
    let svg = course_plot(&course());
    sound(&svg);
    assert_eq!(svg.matches("fill-opacity=\".10\"").count(), 2);
    assert_eq!(svg.matches("fill-opacity=\".18\"").count(), 2);
    assert_eq!(svg.matches("stroke-dasharray=\"2 4\"").count(), 8);
    assert!(svg.contains("R.MC2 from 0.200 to -0.200"), "{svg}");
    sound(&course_plot(&Course::default()));
}

#[test]
fn intervals_are_closed_open_or_not_there() {
    let row = |name: &str, from, to| IntervalRow {
        name: name.into(),
        from,
        to,
        half: [from, to],
        within: 0.5,
    };
    let svg = intervals_plot(&IntervalsPlot {
        title: "when".into(),
        horizon: 36.0,
        rows: vec![
            row("closed", Some(7.0), Some(15.2)),
            row(EVIL, Some(9.0), None),
            row("never", None, None),
        ],
    });
    sound(&svg);
    for words in [
        "7.0 to 15.2 months",
        "not before 9.0 months",
        "not within 36 months",
        "within 36 months",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
}

#[test]
fn power_curves_have_their_errors() {
    let svg = power_plot(&PowerPlot {
        title: "power".into(),
        wanted: 0.8,
        curves: vec![PowerCurve {
            name: EVIL.into(),
            points: vec![[20.0, 0.3, 0.01], [84.0, 0.77, 0.02]],
        }],
    });
    sound(&svg);
    assert!(
        svg.contains("84 per arm 0.77") && svg.contains("wanted: 80 %"),
        "{svg}"
    );
    sound(&power_plot(&PowerPlot::default()));
}
