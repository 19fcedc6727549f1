//! Verdicts on which sums and matched sites must agree, against the truth of simulated studies.

use crate::simulated;
use howship_phantom::readers::ReadersSpec;
use howship_scores::TotalsOptions;
use howship_scores::change::{ChangeOptions, changes};

/// Verdicts that are right and wrong.
#[derive(Debug, Default, Clone, Copy)]
struct Verdicts {
    right: u32,
    wrong: u32,
}

impl Verdicts {
    fn add(&mut self, right: bool) {
        self.right += u32::from(right);
        self.wrong += u32::from(!right);
    }

    fn wrong_share(self) -> f64 {
        f64::from(self.wrong) / f64::from(self.right + self.wrong)
    }
}

/// Verdicts of repair and of progression beyond the smallest detectable change: by the sums alone, and those given.
fn of_study(seed: u64) -> [[Verdicts; 2]; 2] {
    let spec = ReadersSpec {
        seed,
        ..ReadersSpec::demo()
    };
    let data = spec.generate().unwrap();
    let table = simulated::table(&data).unwrap();
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let report = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    let sdc = report.detectable.sdc.unwrap();
    let last = data.truth.spec.visits.len() - 1;
    let subjects = 0..data.truth.subjects.len();
    let mut found = [[Verdicts::default(); 2]; 2];
    for subject in subjects {
        let name = data.truth.subject_name(subject);
        let Some(patient) = report.patients.iter().find(|p| p.subject == name) else {
            continue;
        };
        let truth = data.truth.total(subject, last, None) - data.truth.total(subject, 0, None);
        for (direction, [by_sums, given]) in [-1.0, 1.0].into_iter().zip(&mut found) {
            let right = direction * truth > 0.0;
            let beyond = |change: f64| Some(direction * change > sdc);
            if beyond(patient.mean) == Some(true) {
                by_sums.add(right);
            }
            if patient.matched.verdict(patient.mean, beyond) == Some(true) {
                given.add(right);
            }
        }
    }
    found
}

/// A patient without any true change in that direction is called wrongly.
#[test]
fn fewer_wrong_verdicts_than_by_the_sums_alone() {
    let mut sum = [[Verdicts::default(); 2]; 2];
    for study in (1..=40).map(of_study) {
        for (sum, one) in sum.iter_mut().flatten().zip(study.iter().flatten()) {
            sum.right += one.right;
            sum.wrong += one.wrong;
        }
    }
    for (name, [by_sums, given]) in ["repair", "progression"].into_iter().zip(sum) {
        eprintln!("{name}: by sums {by_sums:?}, given {given:?}");
        assert!(by_sums.wrong_share() > 0.15, "{name}: {by_sums:?}");
        assert!(given.wrong_share() < 0.1, "{name}: {given:?}");
        let kept = f64::from(given.right) / f64::from(by_sums.right);
        assert!(kept > 0.85, "{name}: {kept}");
    }
}
