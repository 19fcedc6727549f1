//! One trial is one draw: what many trials of the TEMPO preset scatter about, and how.

use super::{agrees, mean_se};
use howship_phantom::readers::ReadersSpec;

const SEEDS: u64 = 200;

/// By arm: mean over patients of the change of the total, mean of both readers, its SD over patients, patients.
fn arms(seed: u64) -> Vec<(f64, f64, f64)> {
    let data = ReadersSpec {
        seed,
        ..ReadersSpec::tempo_like()
    }
    .generate()
    .unwrap();
    let mut changes = vec![0.0; data.truth.subjects.len()];
    for row in &data.rows {
        let sign = if row.visit == 0 { -1.0 } else { 1.0 };
        changes[row.subject as usize] += 0.5 * sign * row.score;
    }
    let arm = |a: usize| {
        let subjects = data.truth.subjects.iter().zip(&changes);
        let of: Vec<f64> = subjects
            .filter(|(s, _)| s.arm == a)
            .map(|(_, &c)| c)
            .collect();
        let (mean, error) = mean_se(&of);
        (mean, error * (of.len() as f64).sqrt(), of.len() as f64)
    };
    (0..3).map(arm).collect()
}

/// The interval of the etanercept label's combination arm barely leaves 0 out, so that another trial of the same
/// truth has it with a probability of 0.62 only: `P(Z < −1.97 + 0.54·√218/3.50)`.
#[test]
fn arms_scatter_about_the_published_means_and_repair_is_called_as_often_as_their_power_says() {
    let trials: Vec<_> = (1..=SEEDS).map(arms).collect();
    // Mean, SD over patients, and the power of the rule by the normal distribution.
    let published = [[2.80, 12.7, 0.0], [0.52, 4.64, 0.0], [-0.54, 3.50, 0.62]];
    for (a, [mean, sd, power]) in published.into_iter().enumerate() {
        let all = |f: &dyn Fn(&(f64, f64, f64)) -> f64| -> Vec<f64> {
            trials.iter().map(|t| f(&t[a])).collect()
        };
        let means = all(&|t| t.0);
        let repaired = all(&|t| f64::from(u8::from(t.0 + 1.97 * t.1 / t.2.sqrt() < 0.0)));
        let squares = all(&|t| t.1 * t.1);
        let share = mean_se(&repaired).0;
        // Three standard errors of a share of that many trials.
        let error = (power * (1.0 - power) / SEEDS as f64).sqrt();
        assert!(
            (share - power).abs() <= 3.0 * error + 0.5 / SEEDS as f64,
            "arm {a}: repair in {share:.3} of the trials, {power} foreseen"
        );
        agrees("mean of arm means", &means, mean);
        agrees("variance over patients", &squares, sd * sd);
    }
}
