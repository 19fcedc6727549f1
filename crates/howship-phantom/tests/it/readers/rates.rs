use super::{Cube, agrees, mean_se, varied};
use howship_phantom::readers::{ReadersSpec, TrueClass};

/// One value a seed: seeds are independent, joints of one patient are not.
fn over_seeds(seeds: u64, f: impl Fn(u64) -> f64) -> Vec<f64> {
    (1..=seeds).map(f).collect()
}

#[test]
fn prevalence_and_size_of_true_change_are_those_implied() {
    for damaged_concentration in [None, Some(0.7)] {
        let spec = |seed| {
            let mut spec = varied(seed, 60);
            spec.baseline.concentration = damaged_concentration;
            spec
        };
        let implied = spec(1).implied().unwrap().arms.remove(0);
        let data: Vec<_> = (1..=60).map(|s| spec(s).generate().unwrap()).collect();
        let (mut healing, mut progressing, mut mean, mut square) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for data in &data {
            let t = &data.truth;
            let sites = t.sites().len();
            let all = (t.subjects.len() * sites) as f64;
            let count = |class| {
                let joints = (0..t.subjects.len()).flat_map(|s| (0..sites).map(move |i| (s, i)));
                let joints = joints.filter(|&(s, i)| t.class(s, i, 0, 1) == Some(class));
                joints.count() as f64 / all
            };
            healing.push(count(TrueClass::Healing));
            progressing.push(count(TrueClass::Progressing));
            let changes: Vec<f64> = (0..t.subjects.len())
                .map(|s| t.total(s, 1, None) - t.total(s, 0, None))
                .collect();
            mean.push(mean_se(&changes).0);
            square.push(changes.iter().map(|c| c * c).sum::<f64>() / changes.len() as f64);
        }
        agrees("healing", &healing, implied.healing);
        agrees("progressing", &progressing, implied.progressing);
        agrees("mean change", &mean, implied.mean_change);
        let second = implied.sd_change.powi(2) + implied.mean_change.powi(2);
        agrees("mean square change", &square, second);
    }
}

#[test]
fn readers_changes_have_the_implied_moments_and_covariance() {
    for known in [false, true] {
        let spec = |seed| {
            let mut spec = varied(seed, 60);
            spec.reading.sequence_blinded = !known;
            spec
        };
        let implied = spec(1).implied().unwrap();
        assert_eq!(implied.no_closed_form, None);
        let arm = &implied.arms[0];
        let (mut means, mut squares, mut error) = ([vec![], vec![]], [vec![], vec![]], vec![]);
        for seed in 1..=60 {
            let data = spec(seed).generate().unwrap();
            let cube = Cube::of(&data);
            let sites = data.truth.sites().len();
            let changes: Vec<[f64; 2]> = (0..60)
                .map(|s| [0, 1].map(|r| (0..sites).map(|i| cube.change(s, r, i, 1)).sum::<f64>()))
                .collect();
            let average = |f: &dyn Fn(&[f64; 2]) -> f64| changes.iter().map(f).sum::<f64>() / 60.0;
            for r in 0..2 {
                means[r].push(average(&|c| c[r]));
                squares[r].push(average(&|c| c[r] * c[r]));
            }
            error.push(average(&|c| (c[0] - c[1]).powi(2)));
        }
        for r in 0..2 {
            let reading = &arm.readings[r];
            agrees("mean", &means[r], reading.mean_change);
            let second = reading.sd_change.powi(2) + reading.mean_change.powi(2);
            agrees("mean square", &squares[r], second);
        }
        // SDC of the mean of two readers: 1.96·SD(difference)/(√2·√2).
        let variance = (2.0 * arm.sdc95.unwrap() / 1.959_963_985).powi(2);
        let shift = arm.readings[0].mean_change - arm.readings[1].mean_change;
        agrees("mean square difference", &error, variance + shift * shift);
    }
}

#[test]
fn readers_see_miss_and_invent_at_their_rates() {
    let mut spec = varied(3, 400);
    spec.visits = ReadersSpec::demo().visits;
    let data = spec.generate().unwrap();
    let (cube, truth) = (Cube::of(&data), &data.truth);
    for (r, reader) in spec.readers.iter().enumerate() {
        let (mut seen, mut opposite, mut missed) = (vec![], vec![], vec![]);
        let (mut worse, mut better, mut late) = (vec![], vec![], vec![]);
        for s in 0..400 {
            for (i, site) in truth.sites().iter().enumerate() {
                let (before, change) = (truth.severity(s, i, 0).unwrap(), truth.change(s, i, 0, 1));
                let (read, change) = (cube.change(s, r, i, 1), change.unwrap());
                let inside = before > 0.0 && before < site.max;
                let yes = |b: bool| f64::from(u8::from(b));
                if change != 0.0 && inside {
                    seen.push(yes(read == change));
                    opposite.push(yes(read == -change.signum()));
                    missed.push(yes(read == 0.0));
                } else if change == 0.0 && inside {
                    worse.push(yes(read == 1.0));
                    better.push(yes(read == -1.0));
                    // An error of the first follow-up film tells nothing of the second's.
                    if truth.change(s, i, 0, 2) == Some(0.0) && read != 0.0 {
                        late.push(yes(cube.change(s, r, i, 2) == read));
                    }
                }
                assert!(read + before >= 0.0 && read + before <= site.max);
            }
        }
        agrees("sensitivity", &seen, reader.sensitivity);
        agrees("opposite", &opposite, reader.opposite);
        agrees(
            "missed",
            &missed,
            1.0 - reader.sensitivity - reader.opposite,
        );
        agrees("worse", &worse, reader.false_worse);
        agrees("better", &better, reader.false_better);
        let (again, se) = mean_se(&late);
        assert!(again < 0.05 + 4.5 * se, "errors stay: {again}");
    }
}

#[test]
fn artefacts_are_shared_by_readers_and_gone_on_the_next_film() {
    let mut spec = ReadersSpec {
        visits: ReadersSpec::demo().visits,
        ..ReadersSpec::default()
    };
    spec.baseline.damaged = 1.0;
    spec.baseline.more = 0.5;
    spec.artefact.rate = 0.05;
    spec.artefact.better = 0.8;
    spec.artefact.on_baseline = false;
    spec.arms[0].healing = 0.0;
    spec.arms[0].progressing = 0.0;
    for reader in &mut spec.readers {
        reader.false_worse = 0.0;
        reader.false_better = 0.0;
    }
    let data = spec.generate().unwrap();
    let cube = Cube::of(&data);
    let (mut there, mut better, mut both) = (vec![], vec![], vec![]);
    for s in 0..100 {
        for (i, site) in data.truth.sites().iter().enumerate() {
            if data.truth.severity(s, i, 0) == Some(site.max) {
                continue;
            }
            let [a, b] = [0, 1].map(|r| cube.change(s, r, i, 1));
            assert_eq!(a, b, "both readers read the same film");
            there.push(f64::from(u8::from(a != 0.0)));
            if a != 0.0 {
                better.push(f64::from(u8::from(a < 0.0)));
                both.push(f64::from(u8::from(cube.change(s, 0, i, 2) != 0.0)));
            }
        }
    }
    agrees("rate", &there, 0.05);
    agrees("better", &better, 0.8);
    agrees("next film", &both, 0.05);
}

#[test]
fn bias_and_noise_of_level_are_the_readers_own() {
    let mut spec = varied(5, 300);
    // Far from both ends of the scale nothing is cut.
    spec.baseline.damaged = 1.0;
    spec.baseline.more = 1.0;
    for site in 0..20 {
        spec.sites.push(howship_phantom::readers::SiteSpec {
            site: format!("P{site}"),
            ..howship_phantom::readers::svdh_sites()[0].clone()
        });
    }
    spec.scheme = "made-up".into();
    for site in &mut spec.sites {
        site.max = 5.0;
        site.step = 0.5;
    }
    // At the maximum a level above it is cut, so the bias goes down.
    spec.readers[0].bias = -4.25;
    spec.readers[0].level_noise = 0.7;
    spec.readers[0].reading_noise = 0.4;
    spec.readers[1].bias = -5.0;
    spec.readers[1].level_noise_per_step = 0.1;
    spec.reading.readings = 2;
    let data = spec.generate().unwrap();
    let (cube, n) = (Cube::of(&data), data.truth.subjects.len());
    let joints: Vec<(usize, usize)> = (0..n).flat_map(|s| (0..20).map(move |i| (s, i))).collect();
    for (r, bias) in [-4.25, -5.0].into_iter().enumerate() {
        let shift = |&(s, i): &(usize, usize)| {
            (cube.get([s, r, 0, i, 0]) - data.truth.severity(s, i, 0).unwrap()) / 0.5
        };
        let shifts: Vec<f64> = joints.iter().map(shift).collect();
        agrees("bias", &shifts, bias);
    }
    // Two readings of one joint share the level, not the reading's noise; rounding adds up to 1/4 each.
    let squares = |r: usize| {
        let difference = |&(s, i): &(usize, usize)| {
            (cube.get([s, r, 0, i, 0]) - cube.get([s, r, 1, i, 0])) / 0.5
        };
        mean_se(
            &joints
                .iter()
                .map(|j| difference(j).powi(2))
                .collect::<Vec<_>>(),
        )
        .0
    };
    assert!((0.32..0.32 + 0.5).contains(&squares(0)), "{}", squares(0));
    assert!(squares(1) < 0.5, "{}", squares(1));
}

#[test]
fn what_is_missing_is_missing_at_its_rate() {
    let mut spec = varied(9, 300);
    spec.reading.readers_per_subject = Some(1);
    spec.missing.score = 0.05;
    spec.missing.visit = 0.1;
    spec.missing.replaced = 0.03;
    spec.missing.not_scorable = 0.04;
    let data = spec.generate().unwrap();
    let truth = &data.truth;
    use howship_phantom::readers::ReadStatus;
    let share = |status, visit: u32| -> Vec<f64> {
        let rows = data.rows.iter().filter(|r| r.visit == visit);
        rows.map(|r| f64::from(u8::from(r.status == status)))
            .collect()
    };
    agrees("not scorable", &share(ReadStatus::NotScorable, 0), 0.04);
    agrees("missing", &share(ReadStatus::Missing, 0), 0.05 * 0.96);
    let came = |s: usize| {
        data.rows
            .iter()
            .any(|r| r.subject as usize == s && r.visit == 1)
    };
    let stayed_away: Vec<f64> = (0..300).map(|s| f64::from(u8::from(!came(s)))).collect();
    agrees("visit", &stayed_away, 0.1);
    let readers_of = |s: usize| {
        let rows = data.rows.iter().filter(move |r| r.subject as usize == s);
        rows.map(|r| r.reader)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let first: Vec<f64> = (0..300)
        .map(|s| {
            let readers = readers_of(s);
            assert_eq!(readers.len(), 1);
            f64::from(u8::from(readers.contains(&0)))
        })
        .collect();
    agrees("allocation", &first, 0.5);
    let mut replaced = Vec::new();
    for s in 0..300 {
        for (i, site) in truth.sites().iter().enumerate() {
            let twin = truth.site(&site.side, &site.site, "jsn");
            let damaged = truth.severity(s, i, 0) > Some(0.0);
            if twin.is_none() && damaged {
                replaced.push(f64::from(u8::from(truth.replaced_from(s, i) == Some(1))));
            } else if let Some(twin) = twin {
                assert_eq!(truth.replaced_from(s, i), truth.replaced_from(s, twin));
            }
        }
    }
    agrees("replaced", &replaced, 0.03);
}

#[test]
fn readers_who_know_the_sequence_take_decreases_back() {
    let decreases = |blinded: bool, seed: u64| {
        let mut spec = varied(seed, 100);
        spec.reading.sequence_blinded = blinded;
        let data = spec.generate().unwrap();
        let cube = Cube::of(&data);
        let sites = data.truth.sites().len();
        let count = (0..100).flat_map(|s| (0..sites).map(move |i| (s, i)));
        count
            .filter(|&(s, i)| cube.change(s, 0, i, 1) < 0.0)
            .count() as f64
    };
    let ratio = over_seeds(20, |s| decreases(false, s) / decreases(true, s));
    agrees("share of decreases left", &ratio, 0.2);
}

#[test]
fn presets_have_the_marginals_they_are_named_after() {
    let tempo = ReadersSpec::tempo_like().implied().unwrap();
    for (arm, [mean, sd]) in tempo
        .arms
        .iter()
        .zip([[2.80, 12.7], [0.52, 4.64], [-0.54, 3.50]])
    {
        let k = arm.readings.len() as f64;
        let read = arm.readings.iter().map(|r| r.mean_change).sum::<f64>() / k;
        // Variance of the mean of two equal readers: one's variance, less half of their disagreement's.
        let error = (arm.sdc95.unwrap() / 1.959_963_985).powi(2);
        let sd_mean = (arm.readings[0].sd_change.powi(2) - error).sqrt();
        assert!((read - mean).abs() < 0.05, "{}: mean {read}", arm.arm);
        assert!(
            (sd_mean / sd - 1.0).abs() < 0.05,
            "{}: SD {sd_mean}",
            arm.arm
        );
    }
    let lukas = over_seeds(20, |seed| {
        let spec = ReadersSpec {
            seed,
            ..ReadersSpec::lukas_like()
        };
        let data = spec.generate().unwrap();
        let cube = Cube::of(&data);
        let mut any = 0.0;
        for s in 0..178 {
            for i in 0..44 {
                let changed = (0..4).any(|k| {
                    let at = |v| cube.get([s, k / 2, k % 2, i, v]);
                    at(1) - at(0) != 0.0 && !at(1).is_nan() && !at(0).is_nan()
                });
                any += f64::from(u8::from(changed));
            }
        }
        any
    });
    // 691 of 7255 joints had any change in four readings.
    let (mean, _) = mean_se(&lukas);
    assert!((mean / 691.0 - 1.0).abs() < 0.05, "{mean}");
}
