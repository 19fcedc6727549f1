//! The page and the table of films.

use howship_change::{
    Change, FILM_SCHEMA, FilmErosion, FilmErosionSource, FilmErosionVisit, FilmJoint,
    FilmJointVisit, FilmMap, FilmQuantity, FilmRegistration, FilmSummary, FilmVerdictFile,
    FollowedJoint, HealingCondition, JointBone, Judged, Measurement, Probability, Provenance,
    Scale, Settings, Verdict, VerdictOptions, Visit,
};
use howship_report::film::{
    AlignedStrip, FilmOverview, FilmReportInput, Picture, film_csv, film_curves, film_figures,
    film_html,
};

const EVIL: &str = "=<img src=x onerror=alert(1)>\",\n\u{202e}";

fn judged(value: f64, verdict: Verdict) -> Judged {
    let scale = Scale::new("mm²", 0.5, 5.0);
    Judged {
        change: Some(Change::new(value, 0.2, None, &scale, ("M0", "M12")).unwrap()),
        probability: Some(Probability {
            healing: 0.97,
            stable: 0.02,
            progressing: 0.01,
        }),
        verdict,
        reason: format!("because {EVIL}"),
    }
}

fn measured(value: f64) -> Measurement {
    Measurement {
        value,
        unit: "mm²".to_owned(),
        se: 0.1,
        df: None,
    }
}

fn result() -> FilmVerdictFile {
    let map = FilmMap {
        a: 2.0,
        b: 0.0,
        shift: [10.0, 20.0],
    };
    let visit = |name: &str| FilmJointVisit {
        visit: name.to_owned(),
        refused: None,
        centre: [42.0, 52.0],
        axis_deg: 0.0,
        frame: map,
        frame_size: 16,
        outlines: [
            vec![[12.0, 24.0], [40.0, 24.0]],
            vec![[12.0, 44.0], [40.0, 44.0]],
        ],
        profile: None,
        joint_space: Some(measured(1.5)),
        flags: None,
    };
    let erosion = |name: &str, area: f64| FilmErosionVisit {
        visit: name.to_owned(),
        refused: None,
        outline: vec![[20.0, 30.0], [24.0, 30.0], [24.0, 34.0]],
        mouth: vec![[20.0, 30.0], [24.0, 30.0]],
        measurements: [(FilmQuantity::Area, measured(area))].into(),
        unbounded: Default::default(),
    };
    let joint = FilmJoint {
        joint: "MCP2".to_owned(),
        side: None,
        hand: 1,
        unit: "mm".to_owned(),
        refused: None,
        visits: vec![visit("M0"), visit("M12")],
        registrations: vec![FilmRegistration {
            bone: JointBone::Proximal,
            from: "M0".to_owned(),
            to: "M12".to_owned(),
            map: FilmMap {
                a: 1.0,
                b: 0.0,
                shift: [3.0, 0.0],
            },
            rotation_deg: 0.0,
            scale: 1.0,
            joint_se: 0.01,
            covariance: [[0.0; 4]; 4],
            centre: [8.0; 2],
            correlation: 0.95,
            forward_backward: None,
            failed: None,
        }],
        closures: Vec::new(),
        narrowing: vec![judged(0.1, Verdict::Stable)],
        erosions: vec![FilmErosion {
            id: 1,
            bone: JointBone::Proximal,
            source: FilmErosionSource::Found,
            visit: "M0".to_owned(),
            at: [22.0, 32.0],
            visits: vec![erosion("M0", 3.0), erosion("M12", 1.0)],
            changes: vec![judged(-2.0, Verdict::Healing)],
            other_changes: Default::default(),
            healing: vec![HealingCondition {
                condition: "the cortical line is seen".to_owned(),
                holds: Some(true),
                detail: "0.9".to_owned(),
            }],
            verdict: judged(-2.0, Verdict::Healing),
        }],
        warnings: Vec::new(),
    };
    FilmVerdictFile {
        schema: FILM_SCHEMA.to_owned(),
        provenance: Provenance {
            version: "0".to_owned(),
            command: vec!["howship".to_owned(), EVIL.to_owned()],
            inputs: Vec::new(),
            subject: Some(howship_change::Subject::new(EVIL)),
            settings: Settings::default(),
            seeds: Vec::new(),
        },
        visits: ["M0", "M12"].map(|v| Visit::parse(v).unwrap()).into(),
        films: vec![FilmSummary {
            visit: "M0".to_owned(),
            film: EVIL.to_owned(),
            size: [60, 80],
            mm_per_pixel: None,
            unit: "px".to_owned(),
            scale_known: "unknown".to_owned(),
            side: None,
            view: None,
        }],
        joints: vec![FollowedJoint {
            joint,
            films: vec![EVIL.to_owned(), "M12.png".to_owned()],
        }],
        decision: VerdictOptions::default(),
        precision: "published".to_owned(),
        expected_false_discovery: Some(0.03),
        warnings: vec![EVIL.to_owned()],
    }
}

fn picture(size: usize) -> Picture {
    Picture {
        width: size,
        height: size,
        grey: (0..size * size).map(|i| (i % 256) as u8).collect(),
    }
}

fn with_input<T>(result: &FilmVerdictFile, work: impl Fn(&FilmReportInput<'_>) -> T) -> T {
    let strips = [AlignedStrip {
        joint: 0,
        bone: JointBone::Proximal,
        visits: vec![Some(picture(16)), Some(picture(16))],
        difference: Some(picture(16)),
    }];
    let overviews = [FilmOverview {
        film: EVIL.to_owned(),
        picture: picture(30),
        step: 2.0,
    }];
    work(&FilmReportInput {
        result,
        truth: None,
        strips: &strips,
        overviews: &overviews,
    })
}

#[test]
fn text_from_files_stays_text() {
    let result = result();
    let page = with_input(&result, |input| film_html(input).unwrap());
    assert!(!page.contains("<img src=x"));
    assert!(page.contains("&lt;img src=x"));
    assert!(!page.contains("<script"));
    for (_, svg) in with_input(&result, |input| film_curves(input, 0)) {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    }
    let table = film_csv(&result);
    assert!(table.lines().all(|l| !l.starts_with('=')));
    assert!(table.contains("\"'=<img"));
}

#[test]
fn the_page_says_what_was_measured() {
    let result = result();
    let page = with_input(&result, |input| film_html(input).unwrap());
    for words in [
        "Films of one joint: MCP2",
        "1 became smaller",
        "the cortical line is seen",
        "holds",
        "Flicker",
        "expected to be called wrongly",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Outlines of the later film lie where the earlier film's do, moved back by the registration: 3 pixels of film
    // are 1.5 of the frame of half its size.
    // 3.0 and 1.0 by the films, −2.0 judged: nothing to explain. Widths stand beside the narrowing.
    assert!(page.contains("its change, over one region of both films"));
    assert!(!page.contains("The areas alone would give"));
    assert!(page.contains("narrowing, by the motion of both bones"));
    let mut other = result.clone();
    other.joints[0].joint.erosions[0].visits[1].measurements =
        [(FilmQuantity::Area, measured(1.8))].into();
    let page_of_other = with_input(&other, |input| film_html(input).unwrap());
    assert!(page_of_other.contains("The areas alone would give −1.20 at M12 (judged: −2.00)"));
    assert!(page.contains("M1.0 2.0L15.0 2.0"), "baseline outline");
    assert!(page.contains("M-0.5 2.0L13.5 2.0"), "later outline");
    let figures = with_input(&result, |input| film_figures(input).unwrap());
    let names: Vec<&str> = figures.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        names,
        [
            "MCP2-erosion-1-area.svg",
            "MCP2-joint-space.svg",
            "MCP2-aligned-proximal.png",
            "MCP2-difference-proximal.png"
        ]
    );
}

#[test]
fn the_table_has_a_row_per_value_and_one_verdict_per_change() {
    let table = film_csv(&result());
    let rows: Vec<&str> = table.lines().filter(|l| l.contains(",area,")).collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(table.contains(",healing,"));
    let plain = table.replace(&EVIL.replace('"', "\"\""), "x");
    let of = |quantity: &str| {
        let rows = plain
            .lines()
            .filter(|l| l.split(',').nth(6) == Some(quantity));
        rows.map(|l| l.split(',').map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    // A width has no change beside it that says the opposite: the narrowing has a row of its own.
    let (widths, narrowings) = (of("joint_space"), of("narrowing"));
    assert!(!widths.is_empty() && !narrowings.is_empty(), "{table}");
    assert!(widths.iter().all(|r| !r[11].is_empty() && r[14].is_empty()));
    assert!(
        narrowings
            .iter()
            .all(|r| r[11].is_empty() && !r[22].is_empty())
    );
}
