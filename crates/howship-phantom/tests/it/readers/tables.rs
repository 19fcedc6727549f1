use super::varied;
use howship_phantom::readers::{ArmSpec, ReadersSpec, SiteSpec, svdh_sites};

fn csv(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<Vec<String>> {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().map(cells).collect()
}

#[test]
fn the_built_in_sites_are_sharp_van_der_heijde() {
    let sites = svdh_sites();
    let sum = |feature: &str, region: &str| -> f64 {
        let fits = |s: &&SiteSpec| s.feature == feature && s.region == region;
        sites.iter().filter(fits).map(|s| s.max).sum()
    };
    let sums = [
        ("erosion", "hand"),
        ("jsn", "hand"),
        ("erosion", "foot"),
        ("jsn", "foot"),
    ]
    .map(|(f, r)| sum(f, r));
    assert_eq!(sums, [160.0, 120.0, 120.0, 48.0]);
    assert_eq!(sites.iter().filter(|s| s.feature == "erosion").count(), 44);
    assert_eq!(sites.len(), 86);
}

#[test]
fn the_same_seed_gives_the_same_rows_for_any_threads() {
    let with = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let spec = ReadersSpec {
            seed,
            ..ReadersSpec::demo()
        };
        pool.unwrap().install(|| {
            let data = spec.generate().unwrap();
            let (mut scores, mut truth) = (Vec::new(), Vec::new());
            data.write_scores(&mut scores).unwrap();
            data.write_truth(&mut truth).unwrap();
            (scores, truth)
        })
    };
    let one = with(1, 7);
    assert!(one == with(4, 7));
    assert!(one != with(1, 8));
}

#[test]
fn truth_does_not_depend_on_readers() {
    let mut other = varied(4, 20);
    let data = other.generate().unwrap();
    other.readers[0].sensitivity = 0.1;
    other.readers.push(other.readers[0].clone());
    other.readers[2].name = "third".into();
    other.missing.score = 0.3;
    let again = other.generate().unwrap();
    for s in 0..20 {
        for i in 0..86 {
            assert_eq!(
                data.truth.change(s, i, 0, 1),
                again.truth.change(s, i, 0, 1)
            );
        }
    }
    // Nor does one reader on another.
    let of = |d: &howship_phantom::readers::ReaderData| -> Vec<f64> {
        d.rows
            .iter()
            .filter(|r| r.reader == 1)
            .map(|r| r.score)
            .collect()
    };
    let (before, after) = (of(&data), of(&again));
    let kept = before.iter().zip(&after).filter(|(_, b)| !b.is_nan());
    assert!(kept.clone().count() > 1000);
    assert!(kept.clone().all(|(a, b)| a == b));
}

#[test]
fn tables_have_a_row_for_each_score_and_each_truth() {
    let mut spec = ReadersSpec::demo();
    spec.arms.truncate(1);
    spec.arms[0].subjects = 5;
    let data = spec.generate().unwrap();
    let scores = csv(|w| data.write_scores(w));
    let head = "subject,arm,visit,days,reader,campaign,reading,sequence_blinded,scheme,side,region,site,feature,score,status";
    assert_eq!(scores[0].join(","), head);
    assert_eq!(scores.len(), data.rows.len() + 1);
    for (line, row) in scores[1..].iter().zip(&data.rows) {
        assert_eq!(line.len(), 15);
        assert_eq!(line[13].parse::<f64>().is_ok(), line[14] == "ok");
        assert_eq!(row.score.is_nan(), line[13].is_empty());
        assert_eq!(line[0], data.truth.subject_name(row.subject as usize));
    }
    let truth = csv(|w| data.write_truth(w));
    assert_eq!(truth.len(), 1 + 5 * 86 * 3);
    for line in &truth[1..] {
        let change: f64 = line[11].parse().unwrap();
        let class = ["healing", "stable", "progressing"]
            [(change.signum() * f64::from(u8::from(change != 0.0)) + 1.0) as usize];
        assert_eq!(line[8], class);
    }
    spec.reading.campaign.clear();
    let plain = csv(|w| spec.generate().unwrap().write_scores(w));
    assert!(!plain[0].contains(&"campaign".to_owned()));
}

#[test]
fn a_specification_is_toml_and_unknown_fields_are_refused() {
    for spec in [
        ReadersSpec::default(),
        ReadersSpec::demo(),
        ReadersSpec::tempo_like(),
        ReadersSpec::lukas_like(),
    ] {
        let text = toml::to_string(&spec).unwrap();
        assert_eq!(toml::from_str::<ReadersSpec>(&text).unwrap(), spec);
        spec.validate().unwrap();
    }
    let error = toml::from_str::<ReadersSpec>("seeds = 3").unwrap_err();
    assert!(error.to_string().contains("seeds"), "{error}");
    let short: ReadersSpec = toml::from_str("[[arms]]\nname = 'x'\nsubjects = 3\n").unwrap();
    assert_eq!(short.generate().unwrap().truth.subjects.len(), 3);
}

#[test]
fn what_is_wrong_is_named() {
    let bad = |change: fn(&mut ReadersSpec)| {
        let mut spec = ReadersSpec::demo();
        change(&mut spec);
        spec.generate().unwrap_err().to_string()
    };
    for (message, field) in [
        (bad(|s| s.arms.clear()), "arms"),
        (bad(|s| s.arms[1].healing = 0.999), "arms[1].progressing"),
        (
            bad(|s| s.arms[2].concentration = Some(0.0)),
            "arms[2].concentration",
        ),
        (
            bad(|s| s.arms[1].name = "biologic, new".into()),
            "arms[1].name",
        ),
        (
            bad(|s| s.arms[1].name = "methotrexate".into()),
            "arms[1].name",
        ),
        (bad(|s| s.arms[0].subjects = 100_000_000), "arms"),
        (bad(|s| s.visits.clear()), "visits"),
        (bad(|s| s.visits[2].months = 12.0), "visits[2].months"),
        (bad(|s| s.visits[0].months = 1.0), "visits[0].months"),
        (bad(|s| s.visits[2].name = "M0".into()), "visits[2].name"),
        (bad(|s| s.readers.clear()), "readers"),
        (bad(|s| s.readers[0].name = "B".into()), "readers[1].name"),
        (
            bad(|s| s.readers[2].sensitivity = 1.2),
            "readers[2].sensitivity",
        ),
        (bad(|s| s.readers[2].opposite = 0.9), "readers[2].opposite"),
        (
            bad(|s| s.readers[1].false_better = 0.999),
            "readers[1].false_better",
        ),
        (
            bad(|s| s.readers[1].film_noise = f64::NAN),
            "readers[1].film_noise",
        ),
        (
            bad(|s| s.readers[0].bias = f64::INFINITY),
            "readers[0].bias",
        ),
        (bad(|s| s.readers[0].share = -0.1), "readers[0].share"),
        (bad(|s| s.reading.readings = 0), "reading.readings"),
        (
            bad(|s| s.reading.readers_per_subject = Some(4)),
            "reading.readers_per_subject",
        ),
        (bad(|s| s.reading.days_sd = -1.0), "reading.days_sd"),
        (bad(|s| s.baseline.damaged = 2.0), "baseline.damaged"),
        (
            bad(|s| s.baseline.concentration = Some(f64::NAN)),
            "baseline.concentration",
        ),
        (
            bad(|s| s.course.healing_course = vec![1.0]),
            "course.healing_course",
        ),
        (
            bad(|s| s.course.healing_course = vec![1.0, 1.5]),
            "course.healing_course[1]",
        ),
        (bad(|s| s.artefact.rate = -0.1), "artefact.rate"),
        (bad(|s| s.artefact.steps = 0), "artefact.steps"),
        (bad(|s| s.missing.dropout = 7.0), "missing.dropout"),
        (bad(|s| s.scheme = "larsen".into()), "scheme"),
        (
            bad(|s| {
                s.sites = vec![SiteSpec {
                    step: 0.3,
                    ..svdh_sites()[0].clone()
                }]
            }),
            "sites[0].max",
        ),
        (
            bad(|s| s.sites = vec![svdh_sites()[0].clone(), svdh_sites()[0].clone()]),
            "sites[1].site",
        ),
        (
            bad(|s| {
                s.sites = vec![SiteSpec {
                    side: "left".into(),
                    ..svdh_sites()[0].clone()
                }]
            }),
            "sites[0].side",
        ),
    ] {
        assert!(
            message.contains(&format!("`{field}")),
            "{message} for {field}"
        );
    }
}

#[test]
fn extreme_specifications_end_in_rows() {
    let extremes: [fn(&mut ReadersSpec); 6] = [
        |s| s.arms[0].concentration = Some(1e-9),
        |s| s.baseline.concentration = Some(1e-300),
        |s| s.missing.score = 1.0,
        |s| s.readers[0].film_noise = 100.0,
        |s| {
            s.artefact = howship_phantom::readers::ArtefactSpec {
                rate: 1.0,
                steps: 1000,
                ..Default::default()
            }
        },
        |s| {
            s.visits.truncate(1);
            s.course.healing_course.clear();
        },
    ];
    for change in extremes {
        let mut spec = ReadersSpec::demo();
        for ArmSpec { subjects, .. } in &mut spec.arms {
            *subjects = 4;
        }
        change(&mut spec);
        let data = spec.generate().unwrap();
        assert!(!data.rows.is_empty());
        for row in &data.rows {
            let max = data.truth.sites()[row.site as usize].max;
            assert!(row.score.is_nan() || (0.0..=max).contains(&row.score));
        }
        spec.implied().unwrap();
    }
}
