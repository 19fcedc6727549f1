//! The identity checks of field/scores.md §6.0, and that a scheme which contradicts itself is refused.

use crate::said;
use howship_scores::{Scheme, Side, Sides, scheme, schemes};

fn maxima(id: &str) -> (Vec<f64>, f64) {
    let s = scheme(id).unwrap();
    (s.features.iter().map(|f| f.max).collect(), s.max_total)
}

#[test]
fn sums_of_the_sites_are_the_published_maxima() {
    for (id, features, total) in [
        ("sharp-1985", vec![170.0, 144.0], 314.0),
        ("svdh", vec![280.0, 168.0], 448.0),
        ("svdh-440", vec![280.0, 160.0], 440.0),
        ("svdh-hands", vec![160.0, 120.0], 280.0),
        ("sens", vec![44.0, 42.0], 86.0),
        ("genant-hands", vec![98.0, 104.0], 202.0),
        ("genant", vec![140.0, 152.0], 292.0),
        ("larsen-1977", vec![250.0], 250.0),
        ("larsen-1995", vec![160.0], 160.0),
        ("scott", vec![200.0], 200.0),
        ("ratingen", vec![190.0], 190.0),
        ("ramris", vec![230.0, 69.0, 21.0], 320.0),
        ("mri-jsn", vec![84.0], 84.0),
        ("tenosynovitis", vec![39.0], 39.0),
    ] {
        assert_eq!(maxima(id), (features, total), "{id}");
    }
    assert_eq!(scheme("genant-hands").unwrap().max_reported(), 200.0);
    assert_eq!(scheme("genant").unwrap().max_reported(), 290.0);
}

#[test]
fn numbers_of_sites_are_the_published_ones() {
    let count = |id: &str, feature: &str, region: &str| {
        let s = scheme(id).unwrap();
        let feature = s.features.iter().position(|f| f.code == feature).unwrap();
        let here = s.sites.iter().filter(|site| site.region == region);
        here.filter(|site| site.ranges.iter().any(|r| r.feature == feature))
            .count()
    };
    assert_eq!(
        (
            count("sharp-1985", "erosion", "hand"),
            count("sharp-1985", "jsn", "hand")
        ),
        (17, 18)
    );
    assert_eq!(
        (
            count("svdh", "erosion", "hand"),
            count("svdh", "jsn", "hand")
        ),
        (16, 15)
    );
    assert_eq!(
        (
            count("svdh", "erosion", "foot"),
            count("svdh", "jsn", "foot")
        ),
        (6, 6)
    );
    assert_eq!(
        (
            count("genant", "erosion", "hand"),
            count("genant", "jsn", "hand")
        ),
        (14, 13)
    );
    assert_eq!(
        (
            count("ramris", "erosion", "hand"),
            count("ramris", "osteitis", "hand")
        ),
        (23, 23)
    );
    assert_eq!(
        (
            count("ramris", "synovitis", "hand"),
            count("mri-jsn", "jsn", "hand")
        ),
        (7, 21)
    );
    assert_eq!(scheme("ratingen").unwrap().items().len(), 38);
    assert_eq!(34 * scheme("ratingen").unwrap().items().len(), 1292);
    assert_eq!(scheme("larsen-1995").unwrap().items().len(), 32);
    let svdh = scheme("svdh").unwrap().items();
    let by = |f: &str| svdh.iter().filter(|i| i.feature == f).count();
    assert_eq!((by("erosion"), by("jsn")), (44 / 2 * 2, 42));
}

#[test]
fn ranges_per_site() {
    let joint = |id: &str, site: &str| {
        let s = scheme(id).unwrap();
        let ranges = s.site(site).unwrap().ranges.clone();
        let sum =
            |pick: fn(&howship_scores::SiteRange) -> f64| ranges.iter().map(pick).sum::<f64>();
        (sum(|r| r.min), sum(|r| r.max))
    };
    assert_eq!(joint("arashi-status", "KNEE"), (0.0, 16.0));
    assert_eq!(joint("arashi-change", "KNEE"), (-11.0, 12.0));
    assert_eq!(joint("guss", "DIP3"), (0.0, 300.0));
    assert_eq!(joint("svdh", "FIP1"), (0.0, 14.0));
    let genant = scheme("genant").unwrap();
    assert!(genant.items().iter().all(|i| i.step == 0.5));
}

#[test]
fn all_schemes_read_and_say_where_they_come_from() {
    let all = schemes().unwrap();
    assert_eq!(all.len(), 20);
    for s in all {
        assert!(!s.source.is_empty() && !s.items().is_empty(), "{}", s.id);
        assert_eq!(scheme(&s.id).unwrap(), *s);
        let text = s.show();
        let marked = s.source.contains("`unconfirmed` says what");
        assert_eq!(marked, !s.unconfirmed.is_empty(), "{}", s.id);
        let memory = s
            .unconfirmed
            .iter()
            .any(|line| line.contains("from memory"));
        assert_eq!(s.source.contains("Partly from memory"), memory, "{}", s.id);
        for line in &s.unconfirmed {
            assert!(text.contains(&format!("UNCONFIRMED {line}")), "{text}");
        }
        for alias in &s.aliases {
            assert_eq!(scheme(alias).unwrap().id, s.id, "alias {alias}");
        }
        let sides = s.items().iter().any(|i| i.side == Some(Side::R));
        assert_eq!(sides, s.sides == Sides::Both, "{}", s.id);
        assert_eq!(s.tidy().rows.len(), s.items().len());
    }
    // What the field's notes mark as from memory must say so in the scheme.
    for id in [
        "genant",
        "genant-hands",
        "larsen-1995",
        "ratingen",
        "rau-herborn",
        "ramris-5",
        "tenosynovitis",
        "svdh-440",
    ] {
        assert!(!scheme(id).unwrap().unconfirmed.is_empty(), "{id}");
    }
}

#[test]
fn nearest_scheme_is_named() {
    let message = said(&scheme("svdhh").unwrap_err());
    assert!(message.contains("did you mean `svdh`"), "{message}");
}

const OWN: &str = r#"
id = "knees"
name = "Knees of our clinic"
source = "our clinic"
[maxima]
osteophyte = 12
total = 12
[[feature]]
code = "osteophyte"
[[score]]
feature = "osteophyte"
sites = ["KNEE", "PATELLA"]
max = 3
[[site]]
code = "PATELLA"
region = "large"
"#;

#[test]
fn a_scheme_of_ones_own() {
    let own = Scheme::from_toml(OWN).unwrap();
    assert_eq!((own.max_total, own.items().len()), (12.0, 4));
    let refused = |from: &str, to: &str| {
        let text = OWN.replacen(from, to, 1);
        assert_ne!(text, OWN);
        said(&Scheme::from_toml(&text).unwrap_err())
    };
    for (from, to, says) in [
        ("osteophyte = 12", "osteophyte = 13", "add up to 12"),
        ("total = 12", "total = 11", "add up to 12"),
        ("total = 12", "totl = 12", "names no feature"),
        ("\"PATELLA\"]", "\"PATELA\"]", "did you mean `PATELLA`"),
        ("max = 3", "max = 3\nstep = 0.7", "no whole number of steps"),
        ("max = 3", "max = 0", "min < max"),
        ("max = 3", "max = nan", "min < max"),
        ("sites = [\"KNEE\"", "sites = [\"KNEE\", \"KNEE\"", "twice"),
        (
            "feature = \"osteophyte\"",
            "feature = \"osteofyte\"",
            "did you mean `osteophyte`",
        ),
        ("id = \"knees\"", "id = \"custom\"", "choose another"),
        ("source = \"our clinic\"", "", "source"),
        ("name =", "nam =", "nam"),
    ] {
        let message = refused(from, to);
        assert!(message.contains(says), "{to}: {message}");
    }
}
