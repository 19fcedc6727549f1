use super::agrees;
use howship_phantom::readers::GaussianSpec;

/// Totals by `[subject][reader][visit]` of a complete study with one reading.
fn totals(spec: &GaussianSpec) -> Vec<Vec<Vec<f64>>> {
    let mut all = vec![vec![vec![f64::NAN; spec.visits]; spec.readers]; spec.subjects];
    for row in spec.generate().unwrap() {
        all[row.subject as usize][row.reader as usize][row.visit as usize] = row.value;
    }
    all
}

#[test]
fn variances_are_those_asked_for() {
    let (mut between, mut error, mut change, mut noise) = (vec![], vec![], vec![], vec![]);
    let truth = GaussianSpec::default().truth();
    for seed in 0..200 {
        let spec = GaussianSpec {
            seed,
            sd_reader_visit: 0.8,
            ..GaussianSpec::default()
        };
        let y = totals(&spec);
        // Differences of two readers about the readers' own difference: the patients' mean is taken out.
        let centred = |d: Vec<f64>| {
            let mean = d.iter().sum::<f64>() / d.len() as f64;
            d.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (d.len() as f64 - 1.0)
        };
        between.push(centred(y.iter().map(|p| p[0][0]).collect()));
        error.push(centred(y.iter().map(|p| p[0][0] - p[1][0]).collect()) / 2.0);
        change.push(centred(y.iter().map(|p| p[0][1] - p[0][0]).collect()));
        let both = |p: &Vec<Vec<f64>>| (p[0][1] - p[0][0]) - (p[1][1] - p[1][0]);
        noise.push(centred(y.iter().map(both).collect()) / 2.0);
    }
    agrees(
        "patients and error",
        &between,
        900.0 + truth.sem_consistency.powi(2),
    );
    agrees("error", &error, truth.sem_consistency.powi(2));
    agrees(
        "error of change",
        &noise,
        truth.sem_change_consistency.powi(2),
    );
    agrees(
        "change",
        &change,
        9.0 + truth.sem_change_consistency.powi(2),
    );
    let icc = 900.0 / (900.0 + truth.sem_consistency.powi(2));
    assert!((truth.icc_consistency - icc).abs() < 1e-12);
    let sdc = truth.sdc95(2) * 2f64.sqrt() / 1.959_963_984_540_054;
    assert!((sdc - truth.sem_change_consistency).abs() < 1e-12);
}

#[test]
fn readers_shifts_count_for_agreement_only() {
    let spec = GaussianSpec {
        sd_reader_visit: 1.0,
        ..GaussianSpec::default()
    };
    let truth = spec.truth();
    assert!(truth.icc_agreement < truth.icc_consistency);
    assert!(truth.sdc95_any(2) > truth.sdc95(2));
    let (mut shifts, mut moved) = (vec![], vec![]);
    for seed in 0..300 {
        let y = totals(&GaussianSpec {
            seed,
            sd_residual: 0.0,
            sd_patient_reader: 0.0,
            ..spec.clone()
        });
        let first = y[0][0][0] - y[0][1][0];
        assert!(y.iter().all(|p| (p[0][0] - p[1][0] - first).abs() < 1e-9));
        shifts.push(first * first / 2.0);
        moved.push((y[0][0][1] - y[0][1][1] - first).powi(2) / 2.0);
    }
    agrees("readers", &shifts, 2f64.powi(2) + 1.0);
    agrees("readers' shifts of a visit", &moved, 2.0);
}

#[test]
fn designs_may_have_holes() {
    let spec = GaussianSpec {
        subjects: 500,
        readers: 4,
        readings: 2,
        readers_per_subject: Some(2),
        missing: 0.1,
        ..GaussianSpec::default()
    };
    let rows = spec.generate().unwrap();
    let full = 500.0 * 2.0 * 2.0 * 2.0;
    let share = rows.len() as f64 / full;
    assert!((share - 0.9).abs() < 0.03, "{share}");
    for reader in 0..4 {
        let of = rows.iter().filter(|r| r.reader == reader).count() as f64;
        assert!((of / rows.len() as f64 - 0.25).abs() < 0.04);
    }
    assert_eq!(rows, spec.generate().unwrap());
    let longer = GaussianSpec {
        subjects: 501,
        ..spec.clone()
    }
    .generate()
    .unwrap();
    assert_eq!(longer[..rows.len()], rows[..]);
}

#[test]
fn what_is_wrong_is_named() {
    let bad = |change: fn(&mut GaussianSpec)| {
        let mut spec = GaussianSpec::default();
        change(&mut spec);
        spec.generate().unwrap_err().to_string()
    };
    for (message, field) in [
        (bad(|s| s.sd_change = -1.0), "sd_change"),
        (bad(|s| s.mean = f64::NAN), "mean"),
        (bad(|s| s.subjects = 0), "subjects"),
        (bad(|s| s.subjects = 1_000_000_000), "subjects"),
        (bad(|s| s.missing = 1.5), "missing"),
        (
            bad(|s| s.readers_per_subject = Some(3)),
            "readers_per_subject",
        ),
    ] {
        assert!(message.contains(&format!("`{field}`")), "{message}");
    }
}
