use crate::panel::{items, table};
use crate::said;
use crate::simulated;
use howship_phantom::readers::{
    ArmSpec, ArtefactSpec, ReadVisitSpec, ReaderSpec, ReadersSpec, TrueClass, svdh_sites,
};
use howship_scores::latent::{
    Artefact, Basis, JointProbability, LatentOptions, LatentReport, Parameter, PatternCounts,
    PatternFit, Standing, latent_changes,
};

const LUKAS: PatternCounts = PatternCounts {
    joints: 7255,
    readings: 4,
    any: 691,
    all_same: 12,
};

/// Lukas, Ann Rheum Dis 2009;68:1691: 2 readers × 2 readings of 7255 joints.
#[test]
fn patterns_of_lukas_2009_as_printed() {
    let printed = [
        (0.4, 0.0646, 469.0, 0.0106, [0.368, 0.986, 1.0, 1.0]),
        (0.5, 0.0265, 192.0, 0.0186, [0.088, 0.911, 0.999, 1.0]),
        (0.6, 0.0128, 93.0, 0.0217, [0.024, 0.768, 0.998, 1.0]),
        (0.7, 0.0069, 50.0, 0.0230, [0.006, 0.547, 0.996, 1.0]),
        (0.8, 0.0040, 29.0, 0.0237, [0.001, 0.279, 0.992, 1.0]),
        (0.9, 0.0025, 18.0, 0.0241, [0.000, 0.069, 0.982, 1.0]),
    ];
    let mut fits = Vec::new();
    for (sensitivity, changed, joints, noise, p) in printed {
        let fit = LUKAS.fit(sensitivity).unwrap();
        let near = |x: f64, y: f64, digit: f64| (x - y).abs() <= 0.5 * digit + 1e-9;
        assert!(near(fit.changed, changed, 1e-4), "{fit:?}");
        assert!(near(fit.changed_joints, joints, 1.0), "{fit:?}");
        assert!(near(fit.false_change, noise, 1e-4), "{fit:?}");
        for (a, b) in fit.probability.iter().zip(p) {
            assert!(near(*a, b, 1e-3), "{fit:?}");
        }
        fits.push(fit);
    }
    assert_eq!(PatternFit::tidy(&fits).rows.len(), 6);
    let noise = LUKAS.pure_noise().unwrap();
    assert!((noise.false_change - 0.02471).abs() < 5e-6, "{noise:?}");
    assert!((noise.all - 0.0027).abs() < 5e-5 && (noise.all_same - 0.00034).abs() < 5e-6);
}

#[test]
fn counts_that_cannot_be_are_refused() {
    assert!(LUKAS.fit(0.0).is_err());
    assert!(LUKAS.fit(f64::NAN).is_err());
    assert!(
        PatternCounts {
            readings: 1,
            ..LUKAS
        }
        .fit(0.7)
        .is_err()
    );
    assert!(PatternCounts { any: 8000, ..LUKAS }.fit(0.7).is_err());
    // Twelve joints with the same sign in all cannot be a tenth of sensitivity to the fourth of 7255.
    assert!(LUKAS.fit(0.1).is_err());
}

fn spec(seed: u64, subjects: usize, visits: usize) -> ReadersSpec {
    let reader = |name: &str| ReaderSpec {
        name: name.into(),
        sensitivity: 0.7,
        false_worse: 0.01,
        false_better: 0.02,
        ..ReaderSpec::default()
    };
    ReadersSpec {
        seed,
        arms: vec![ArmSpec {
            subjects,
            healing: 0.06,
            progressing: 0.03,
            concentration: Some(5.0),
            ..ArmSpec::default()
        }],
        visits: (0..visits)
            .map(|v| ReadVisitSpec {
                name: format!("M{}", 12 * v),
                months: 12.0 * v as f64,
            })
            .collect(),
        readers: ["A", "B", "C"].map(reader).into(),
        sites: svdh_sites()
            .into_iter()
            .filter(|s| s.feature == "erosion")
            .collect(),
        ..ReadersSpec::default()
    }
}

fn quick(artefact: Artefact) -> LatentOptions {
    LatentOptions {
        artefact,
        chains: 2,
        warm_up: 150,
        sweeps: 250,
        ..LatentOptions::default()
    }
}

/// Sum of P(repair) and number of truly healed joints, of joints that are called at 0.5.
fn called(spec: &ReadersSpec, report: &LatentReport) -> (f64, f64, usize) {
    let data = spec.generate().unwrap();
    let last = spec.visits.len() - 1;
    let called = report.joints.iter().filter(|j| j.repair >= 0.5);
    called.fold((0.0, 0.0, 0), |(p, hits, n), j| {
        let subject = (0..data.truth.subjects.len())
            .find(|&s| data.truth.subject_name(s) == j.subject)
            .unwrap();
        let class = data.truth.class(subject, j.item_number as usize, 0, last);
        let hit = class == Some(TrueClass::Healing);
        (p + j.repair, hits + f64::from(u8::from(hit)), n + 1)
    })
}

#[test]
fn a_study_gives_its_rates_back() {
    let spec = spec(5, 120, 2);
    let table = simulated::table(&spec.generate().unwrap()).unwrap();
    let report = latent_changes(&table, &quick(Artefact::None)).unwrap();
    assert_eq!(report.standing, Standing::UpperBound);
    let rate = |name: &str| {
        let of_all = report.parameters.iter().filter(|p| p.name == name);
        let (sum, n) = of_all.fold((0.0, 0.0), |(s, n), p| (s + p.mean, n + 1.0));
        sum / n
    };
    assert!(
        (rate("sensitivity") - 0.7).abs() < 0.08,
        "{}",
        rate("sensitivity")
    );
    assert!((rate("repair") - 0.06).abs() < 0.03, "{}", rate("repair"));
    assert!((rate("damaged") - 0.3).abs() < 0.03, "{}", rate("damaged"));
    assert!((rate("false_decrease_damaged") - 0.02).abs() < 0.01);
    let (sum, hits, n) = called(&spec, &report);
    assert!(n > 30, "{n}");
    assert!((sum - hits).abs() / (n as f64) < 0.1, "{sum} {hits} {n}");
    for c in &report.joints_called {
        assert!(
            c.false_discovery
                .is_none_or(|f| f <= 1.0 - c.threshold + 1e-12),
            "{c:?}"
        );
    }
    for j in &report.joints {
        assert!((j.repair + j.no_change + j.progression - 1.0).abs() < 1e-9);
    }
    let all: f64 = report.joints.iter().map(|j| j.repair).sum();
    assert!((all - report.repaired.mean).abs() < 0.1 * all + 2.0);
}

#[test]
fn three_visits_find_shared_artefacts_and_two_say_that_they_do_not() {
    let mut with = spec(8, 150, 3);
    with.artefact = ArtefactSpec {
        rate: 0.03,
        ..ArtefactSpec::default()
    };
    let table = simulated::table(&with.generate().unwrap()).unwrap();
    let off = latent_changes(&table, &quick(Artefact::None)).unwrap();
    let on = latent_changes(&table, &quick(Artefact::Shared)).unwrap();
    assert_eq!(on.standing, Standing::Identified);
    let rate = on
        .parameters
        .iter()
        .find(|p| p.name == "artefact_rate")
        .unwrap();
    assert!((rate.mean - 0.03).abs() < 0.01, "{rate:?}");
    let (sum, hits, n) = called(&with, &off);
    assert!((sum - hits) / n as f64 > 0.1, "{sum} {hits} {n}");
    let (sum, hits, n) = called(&with, &on);
    assert!(
        n > 20 && (sum - hits) / (n as f64) < 0.07,
        "{sum} {hits} {n}"
    );

    let two = LatentOptions {
        to: Some(1),
        ..quick(Artefact::Shared)
    };
    let report = latent_changes(&table, &two).unwrap();
    assert_eq!(report.standing, Standing::UpperBound);
    assert!(
        report
            .identification
            .iter()
            .any(|s| s.contains("third visit"))
    );
    for j in &report.joints {
        let range = j.repair_range.unwrap();
        assert!(range.contains(j.repair), "{j:?}");
    }
    let widest = report
        .joints
        .iter()
        .map(|j| j.repair_range.unwrap())
        .map(|r| r.upper - r.lower);
    assert!(widest.fold(0.0, f64::max) > 0.2);
}

#[test]
fn what_cannot_heal_does_not_and_more_agreement_is_more_certain() {
    let mut readings: Vec<crate::panel::Reading<'_>> = Vec::new();
    let names: Vec<String> = (0..40).map(|i| format!("p{i:02}")).collect();
    let quiet: &[f64] = &[2.0, 2.0];
    for (i, name) in names.iter().enumerate() {
        for (r, reader) in ["A", "B", "C"].into_iter().enumerate() {
            // Item 0: intact. Item 1: some patients better by all. Item 2: at the maximum. Item 3: better by one.
            readings.push((name, reader, 1, 0, &[0.0, 0.0]));
            readings.push((name, reader, 1, 1, if i < 12 { &[2.0, 1.0] } else { quiet }));
            readings.push((name, reader, 1, 2, &[5.0, 5.0]));
            let alone = i == 20 && r == 0;
            readings.push((name, reader, 1, 3, if alone { &[2.0, 1.0] } else { quiet }));
        }
    }
    let table = table(items(4, "erosion"), 2, &readings);
    let report = latent_changes(&table, &quick(Artefact::None)).unwrap();
    let p = |subject: &str, item: u32| {
        let joints = &mut report.joints.iter();
        let j = joints
            .find(|j| j.subject == subject && j.item_number == item)
            .unwrap();
        (j.repair, j.progression)
    };
    assert_eq!(p("p00", 0).0, 0.0);
    assert_eq!(p("p00", 2).1, 0.0);
    assert!(p("p00", 1).0 > 0.95, "{:?}", p("p00", 1));
    assert!(p("p20", 3).0 < 0.5, "{:?}", p("p20", 3));
    assert!(p("p30", 3).0 < 0.1, "{:?}", p("p30", 3));
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let table = simulated::table(&spec(3, 10, 3).generate().unwrap()).unwrap();
    let once = latent_changes(&table, &quick(Artefact::Shared)).unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let again = pool.install(|| latent_changes(&table, &quick(Artefact::Shared)).unwrap());
    assert_eq!(once, again);
    let json = serde_json::to_value(&once).unwrap();
    assert_eq!(json["standing"], "identified");
    assert_eq!(once.tidy().rows.len(), once.joints.len());
}

#[test]
fn one_reading_identifies_nothing() {
    let table = table(items(1, "erosion"), 2, &[("p", "A", 1, 0, &[1.0, 0.0])]);
    let error = latent_changes(&table, &LatentOptions::default()).unwrap_err();
    assert!(said(&error).contains("cannot be told apart"), "{error}");
    let options = LatentOptions {
        feature: Some("jsn".into()),
        ..LatentOptions::default()
    };
    assert!(latent_changes(&table, &options).is_err());
}

#[test]
fn two_readings_rest_on_the_prior_and_an_assumed_sensitivity_is_kept() {
    let two = ReadersSpec {
        readers: spec(1, 1, 2).readers[..2].to_vec(),
        ..spec(6, 60, 2)
    };
    let table = simulated::table(&two.generate().unwrap()).unwrap();
    let report = latent_changes(&table, &quick(Artefact::None)).unwrap();
    assert_eq!(report.standing, Standing::PriorBounded);
    let expected = |sensitivity| {
        let options = LatentOptions {
            assumed_sensitivity: Some(sensitivity),
            ..quick(Artefact::None)
        };
        let report = latent_changes(&table, &options).unwrap();
        assert_ne!(report.standing, Standing::PriorBounded);
        let kept = report.parameters.iter().filter(|p| p.name == "sensitivity");
        assert!(kept.clone().count() == 2);
        assert!(
            kept.clone()
                .all(|p| (p.mean - sensitivity).abs() < 1e-9 && p.sd < 1e-9)
        );
        report.repaired.mean
    };
    assert!(expected(0.5) > expected(0.9));
}

/// Posterior means of a long run (4 × 20,000 sweeps) of the plain Gibbs sampler, which drew every joint given its
/// patient's rates and summed every way of every reading by itself.
#[test]
fn posterior_means_are_those_of_the_plain_sampler() {
    let reader = |name: &str, sensitivity| ReaderSpec {
        name: name.into(),
        sensitivity,
        false_worse: 0.01,
        false_better: 0.02,
        ..ReaderSpec::default()
    };
    let mut study = spec(77, 30, 2);
    study.arms[0].healing = 0.05;
    study.readers = vec![reader("A", 0.8), reader("B", 0.7), reader("C", 0.6)];
    let table = simulated::table(&study.generate().unwrap()).unwrap();
    let options = LatentOptions {
        artefact: Artefact::None,
        ..LatentOptions::default()
    };
    let report = latent_changes(&table, &options).unwrap();
    assert!(
        (report.repaired.mean - 14.59).abs() < 0.3,
        "{:?}",
        report.repaired
    );
    assert!(
        (report.progressed.mean - 38.3).abs() < 0.8,
        "{:?}",
        report.progressed
    );
    for (name, of, mean, sd) in [
        ("sensitivity", Some("A"), 0.8704, 0.0570),
        ("sensitivity", Some("B"), 0.7073, 0.0707),
        ("sensitivity", Some("C"), 0.6862, 0.0697),
        ("false_decrease_damaged", Some("A"), 0.0365, 0.0105),
        ("false_increase_intact", Some("C"), 0.0183, 0.0045),
        ("damaged", None, 0.2781, 0.0154),
        ("repair", None, 0.0448, 0.0178),
        ("progression_intact", None, 0.0341, 0.0149),
    ] {
        let found = |p: &&Parameter| p.name == name && p.of.as_deref() == of;
        let p = report.parameters.iter().find(found).unwrap();
        assert!((p.mean - mean).abs() < 0.2 * sd, "{p:?}");
        assert!((p.sd / sd - 1.0).abs() < 0.2, "{p:?}");
    }
    for (subject, item, repair) in [
        ("S001", "L.RAD erosion", 0.0417),
        ("S004", "L.ULN erosion", 0.1419),
        ("S004", "R.MUL erosion", 0.7914),
        ("S012", "L.PIP3 erosion", 0.7135),
        ("S014", "L.MCP3 erosion", 0.9540),
        ("S025", "R.NAV erosion", 0.8075),
    ] {
        let found = |j: &&JointProbability| j.subject == subject && j.item == item;
        let j = report.joints.iter().find(found).unwrap();
        assert!((j.repair - repair).abs() < 0.025, "{j:?}");
    }
}

#[test]
fn what_the_data_do_not_tell_is_said_to_be_believed() {
    let study = spec(5, 60, 2);
    let table = simulated::table(&study.generate().unwrap()).unwrap();
    let report = latent_changes(&table, &quick(Artefact::None)).unwrap();
    let basis = |name: &str| {
        let p = report.parameters.iter().find(|p| p.name == name).unwrap();
        p.basis
    };
    // Two visits and no artefacts: nothing bears on what a film shows wrongly.
    assert_eq!(basis("artefact_rate"), Basis::Assumed);
    assert_eq!(basis("artefact_seen"), Basis::Prior);
    assert_eq!(basis("first_film_error"), Basis::Prior);
    assert_eq!(basis("sensitivity"), Basis::Data);
    assert_eq!(basis("damaged"), Basis::Data);
    let tidy = report.tidy_parameters();
    let column = tidy.columns.iter().position(|c| c == "basis").unwrap();
    let words = format!("{:?}", tidy.rows[6][column]);
    assert!(words.contains("not learnt from these data"), "{words}");
}
