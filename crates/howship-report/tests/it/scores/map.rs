use super::drawing::{Element, check};
use super::figures::HOSTILE;
use howship_change::Side;
use howship_report::scores::{JointMap, JointMark, MapShows, joint_map, site_is_placed};
use proptest::prelude::*;
use std::path::Path;

fn mark(side: Option<Side>, site: &str, p: f64) -> JointMark {
    JointMark {
        side,
        site: site.into(),
        repair: Some(p),
        progression: Some((1.0 - p) / 2.0),
        note: String::new(),
    }
}

fn map(marks: Vec<JointMark>) -> JointMap {
    JointMap {
        title: "map".into(),
        quantity: "P(repair)".into(),
        shows: MapShows::Repair,
        marks,
        full: None,
    }
}

const BOTH: [Option<Side>; 2] = [Some(Side::R), Some(Side::L)];

fn both_sides(sites: &[String], p: f64) -> Vec<JointMark> {
    let of = |side| sites.iter().map(move |s| mark(side, s, p));
    BOTH.into_iter().flat_map(of).collect()
}

/// Discs of the map and of its legend, none meeting another.
fn discs_apart(elements: &[Element]) -> usize {
    let discs: Vec<[f64; 3]> = elements
        .iter()
        .filter(|e| e.name == "circle")
        .map(|e| ["cx", "cy", "r"].map(|n| e.number(n).unwrap()))
        .collect();
    for (i, a) in discs.iter().enumerate() {
        for b in &discs[i + 1..] {
            let distance = (a[0] - b[0]).hypot(a[1] - b[1]);
            // Half the outline's width each, and the rounding of three numbers.
            assert!(distance + 0.15 >= a[2] + b[2], "{a:?} {b:?}");
        }
    }
    discs.len()
}

/// Quoted words of a TOML list that starts with `key = [`.
fn lists(text: &str, key: &str) -> Vec<Vec<String>> {
    let start = format!("{key} = [");
    let words = |line: &str| {
        let inside = line.strip_prefix(start.as_str())?.strip_suffix(']')?;
        Some(
            inside
                .split(',')
                .map(|w| w.trim().trim_matches('"').to_owned())
                .collect(),
        )
    };
    text.lines().filter_map(words).collect()
}

fn schemes() -> Vec<(String, String)> {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../howship-scores/schemes"
    ));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    let read = |p: &std::path::PathBuf| {
        let name = p.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(p).unwrap())
    };
    files.iter().map(read).collect()
}

/// Codes of the catalogue by region.
fn catalogue() -> Vec<(String, String)> {
    let files = schemes();
    let text = &files.iter().find(|f| f.0 == "sites").unwrap().1;
    let quoted = |line: &str, key: &str| {
        let after = line.split_once(&format!("{key} = \""))?.1;
        Some(after.split_once('"')?.0.to_owned())
    };
    text.lines()
        .filter_map(|l| Some((quoted(l, "code")?, quoted(l, "region")?)))
        .collect()
}

#[test]
fn every_site_of_hand_and_foot_has_a_place() {
    let codes = catalogue();
    assert!(codes.len() > 70, "{}", codes.len());
    for (code, region) in &codes {
        assert_eq!(site_is_placed(code), region != "large", "{code}");
    }
    for nonsense in [
        "",
        "MCP",
        "MCP0",
        "MCP6",
        "MCP99999999999999999999",
        "IP2",
        "KNEE",
        "é1",
        "-",
        "CAP-KNEE",
    ] {
        assert!(!site_is_placed(nonsense), "{nonsense}");
    }
}

#[test]
fn no_marks_meet_in_any_scheme() {
    let mut seen = 0;
    for (name, text) in schemes() {
        for sites in lists(&text, "sites") {
            let drawn: Vec<String> = sites.into_iter().filter(|s| site_is_placed(s)).collect();
            let elements = check(&joint_map(&map(both_sides(&drawn, 1.0))));
            assert_eq!(discs_apart(&elements), 2 * drawn.len() + 5, "{name}");
            seen += usize::from(!drawn.is_empty());
        }
    }
    assert!(seen >= 25, "{seen} lists of sites");
}

/// What a scheme's sites leave for the marks: large enough to carry a number.
#[test]
fn marks_of_the_radiographic_schemes_are_large() {
    for (name, text) in schemes() {
        if !["svdh", "sharp-1985", "genant", "ratingen", "ramris"].contains(&name.as_str()) {
            continue;
        }
        for sites in lists(&text, "sites") {
            let elements = check(&joint_map(&map(both_sides(&sites, 1.0))));
            let r = elements
                .iter()
                .filter_map(|e| e.number("r"))
                .fold(0.0, f64::max);
            assert!(r >= 9.0, "{name} {r}");
        }
    }
}

/// The patient's right is at the left of the picture, thumbs point inwards, feet lie below hands.
#[test]
fn sides_and_rows_are_where_a_reader_expects_them() {
    let sites = ["MCP1", "MCP5", "MTP1"];
    let marks: Vec<JointMark> = BOTH
        .into_iter()
        .flat_map(|side| sites.map(|s| mark(side, s, 0.5)))
        .collect();
    let elements = check(&joint_map(&map(marks)));
    let at = |words: &str| {
        let i = elements
            .iter()
            .position(|e| e.name == "title" && e.text.starts_with(words));
        let circle = elements[i.unwrap()..]
            .iter()
            .find(|e| e.name == "circle")
            .unwrap();
        [circle.number("cx").unwrap(), circle.number("cy").unwrap()]
    };
    let (r1, r5, l1, l5) = (
        at("right MCP1"),
        at("right MCP5"),
        at("left MCP1"),
        at("left MCP5"),
    );
    assert!(r5[0] < r1[0] && r1[0] < l1[0] && l1[0] < l5[0]);
    assert!(
        (r1[0] + l1[0] - r5[0] - l5[0]).abs() < 0.2,
        "the sides mirror each other"
    );
    assert!(at("right MTP1")[1] > r1[1] && at("left MTP1")[1] > l5[1]);
    let labels: Vec<&str> = elements
        .iter()
        .filter(|e| e.name == "text")
        .map(|e| e.text.as_str())
        .collect();
    assert!(labels.contains(&"R") && labels.contains(&"L") && labels.contains(&"right"));
}

#[test]
fn one_hand_is_drawn_alone_and_what_has_no_place_is_listed() {
    let hand = map(vec![
        mark(Some(Side::L), "MCP2", 0.9),
        mark(Some(Side::L), "KNEE", 0.25),
    ]);
    let elements = check(&joint_map(&hand));
    let texts: Vec<&str> = elements.iter().map(|e| e.text.as_str()).collect();
    assert!(texts.contains(&"L") && !texts.contains(&"R"));
    assert!(
        texts
            .iter()
            .any(|t| t.contains("Not on the drawing: left KNEE")),
        "{texts:?}"
    );
    assert!(texts.iter().any(|t| t.contains("P(repair) 0.250")));
    let none = map(vec![]);
    check(&joint_map(&none));
}

#[test]
fn certainty_is_never_printed_and_the_scale_fits_what_is_shown() {
    let svg = joint_map(&map(vec![
        mark(Some(Side::R), "MCP2", 1.0),
        mark(Some(Side::L), "MCP2", 0.0),
    ]));
    assert!(svg.contains("&gt;99<") && svg.contains("P(repair) &gt;\u{2009}0.999"));
    assert!(svg.contains("P(repair) &lt;\u{2009}0.001"));
    let small = check(&joint_map(&map(vec![mark(Some(Side::R), "MCP2", 0.017)])));
    assert!(small.iter().any(|e| e.text == "2 %"), "a scale up to 2 %");
    let fixed = JointMap {
        full: Some(0.5),
        ..map(vec![mark(Some(Side::R), "MCP2", 0.017)])
    };
    assert!(check(&joint_map(&fixed)).iter().any(|e| e.text == "50 %"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn marks_never_meet_whatever_is_asked(
        picks in prop::collection::vec((0usize..120, 0usize..3, -0.5f64..1.5, prop::bool::weighted(0.1)), 0..90),
        shows in prop::sample::select(vec![MapShows::Repair, MapShows::Progression, MapShows::Both]),
        full in prop::option::of(-1.0f64..2.0),
    ) {
        let codes = catalogue();
        let sides = [Some(Side::R), Some(Side::L), None];
        let marks: Vec<JointMark> = picks
            .iter()
            .map(|&(site, side, p, unknown)| JointMark {
                repair: (!unknown).then_some(p),
                progression: Some(if unknown { f64::NAN } else { 1.0 - p }),
                note: HOSTILE.into(),
                side: sides[side],
                site: codes.get(site).map_or_else(|| HOSTILE.to_owned(), |c| c.0.clone()),
            })
            .collect();
        let map = JointMap { shows, full, quantity: HOSTILE.into(), ..map(marks) };
        let svg = joint_map(&map);
        let elements = check(&svg);
        discs_apart(&elements);
        prop_assert_eq!(svg, joint_map(&map));
    }
}
