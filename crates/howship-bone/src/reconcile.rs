//! One joint estimate of a lesion's volume at all visits, so that the volumes shown differ by the changes shown.

use crate::quantities::{Value, Values};
use crate::select::BoneLesion;
use howship_change::Quantity;

/// A change from the baseline: the combined estimate, and the standard error of the walls' own.
#[derive(Debug, Clone, Copy)]
struct ToVisit {
    change: f64,
    walls_se: f64,
}

/// Share of a volume's variance that is taken for its own where all of it would be common to the visits.
const LEAST_OWN: f64 = 0.01;

/// What was measured of a lesion at each visit, its volumes estimated together.
///
/// # Method
/// A visit's wall gives its volume V, the walls' difference and the densities' together give the change C, which is
/// better known than either volume, so that V₁ − V₀ and C differ by what the densities know. Each visit is one
/// statement on the baseline's volume, V_k − C_k with C₀ = 0; their mean, weighted by what each V errs by on its own
/// (its variance less the covariance that the walls' change shows the visits to share), is the baseline's volume, and
/// adding C_k gives that of visit k. No volume is negative. This is generalised least squares with the changes held:
/// of a disagreement each visit takes the part that its own error has in it. Errors stay those of the visits, or as
/// large as what was moved where that is more.
pub(crate) fn joint_values(found: &BoneLesion) -> Vec<Values> {
    let mut values = found.values.clone();
    let alone: Vec<Option<Value>> = values
        .iter()
        .map(|v| v.get(&Quantity::Volume).copied())
        .collect();
    let changes: Vec<Option<ToVisit>> = found
        .volume_changes
        .iter()
        .map(|c| {
            c.map(|c| ToVisit {
                change: c.value,
                walls_se: c.parts.walls.1,
            })
        })
        .collect();
    let new = found.voids.first().is_some_and(Option::is_some);
    for (visit, joint) in joint_volumes(&alone, &changes, new).into_iter().enumerate() {
        if let Some(joint) = joint {
            values[visit].insert(Quantity::Volume, joint);
        }
    }
    values
}

/// Joint estimates; `None` where a visit stands alone. The baseline of what is `new` since then is nothing, and is held.
fn joint_volumes(
    alone: &[Option<Value>],
    changes: &[Option<ToVisit>],
    new: bool,
) -> Vec<Option<Value>> {
    let none = vec![None; alone.len()];
    let Some(Some(first)) = alone.first() else {
        return none;
    };
    let later: Vec<(usize, Value, ToVisit)> = (1..alone.len())
        .filter_map(|k| Some((k, alone[k]?, (*changes.get(k)?)?)))
        .collect();
    if later.is_empty() {
        return none;
    }
    let variance = |v: &Value| v.se.powi(2).max(f64::MIN_POSITIVE);
    let least = later
        .iter()
        .map(|(_, v, _)| variance(v))
        .fold(variance(first), f64::min);
    let shared = later
        .iter()
        .map(|(_, v, c)| 0.5 * (variance(first) + variance(v) - c.walls_se.powi(2)))
        .fold(f64::INFINITY, f64::min)
        .clamp(0.0, (1.0 - LEAST_OWN) * least);
    let weight = |v: &Value| 1.0 / (variance(v) - shared);
    let (mut sum, mut weights) = (weight(first) * first.value, weight(first));
    for (_, v, c) in &later {
        sum += weight(v) * (v.value - c.change);
        weights += weight(v);
    }
    // No visit's volume may be negative.
    let lowest = later.iter().map(|(_, _, c)| -c.change).fold(0.0, f64::max);
    let baseline = if new {
        0.0
    } else {
        (sum / weights).max(lowest)
    };
    let moved = |v: &Value, value: f64| Value {
        value,
        se: v.se.max((value - v.value).abs()),
        ..*v
    };
    let mut joint = none;
    joint[0] = Some(moved(first, baseline));
    for (k, v, c) in &later {
        // Nothing cannot become less: what a change of it says is noise.
        joint[*k] = Some(moved(v, (baseline + c.change).max(0.0)));
    }
    joint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: f64, se: f64) -> Option<Value> {
        Some(Value {
            value,
            se,
            model: 0.0,
            df: None,
        })
    }

    fn change(change: f64, walls_se: f64) -> Option<ToVisit> {
        Some(ToVisit { change, walls_se })
    }

    fn volumes(alone: &[Option<Value>], changes: &[Option<ToVisit>]) -> Vec<f64> {
        joint_volumes(alone, changes, false)
            .into_iter()
            .map(|v| v.unwrap().value)
            .collect()
    }

    #[test]
    fn volumes_differ_by_the_changes_whatever_was_measured() {
        // As once printed: 9.7 and 4.9 beside a change of -3.1, a third visit in between.
        let alone = [value(9.7, 0.5), value(7.0, 0.4), value(4.9, 0.6)];
        let changes = [None, change(-1.9, 0.3), change(-3.1, 0.5)];
        let v = volumes(&alone, &changes);
        assert!((v[1] - v[0] + 1.9).abs() < 1e-12 && (v[2] - v[0] + 3.1).abs() < 1e-12);
        assert!(v[0] < 9.7 && v[2] > 4.9, "{v:?}");
        let se = joint_volumes(&alone, &changes, false)[2].unwrap().se;
        assert!(se >= (v[2] - 4.9).abs() && se >= 0.6);
    }

    /// Two visits: the closed form of least squares, and what is known well does not move.
    #[test]
    fn each_visit_takes_the_part_of_its_own_error() {
        let alone = [value(2.0, 0.3), value(1.0, 0.5)];
        // Nothing shared: variances 0.09 and 0.25 of a difference's 0.34.
        let v = volumes(&alone, &[None, change(-0.32, 0.34f64.sqrt())]);
        assert!((v[0] - (2.0 - 0.68 * 0.09 / 0.34)).abs() < 1e-12, "{v:?}");
        assert!((v[1] - (1.0 + 0.68 * 0.25 / 0.34)).abs() < 1e-12);
        // What they share cancels: the baseline is all but common error, the follow-up takes the rest.
        let v = volumes(&alone, &[None, change(-0.32, 0.16f64.sqrt())]);
        assert!((v[0] - 2.0).abs() < 0.01, "{v:?}");
        // Agreement moves nothing.
        assert_eq!(volumes(&alone, &[None, change(-1.0, 0.4)]), [2.0, 1.0]);
    }

    #[test]
    fn what_is_new_was_nothing_and_its_volumes_are_its_changes() {
        // Walls say 6.1, densities lower that to 5.2; the void of the baseline was left out before.
        let alone = [value(0.0, 0.4), value(0.0, 0.4), value(6.1, 0.5)];
        let changes = [None, change(-0.03, 0.5), change(5.2, 0.6)];
        let v: Vec<f64> = joint_volumes(&alone, &changes, true)
            .into_iter()
            .map(|v| v.unwrap().value)
            .collect();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        // Nothing cannot become less, and stays nothing where it is said to be: a change below it is noise.
        assert!(
            near(v[0], 0.0) && near(v[1], 0.0) && near(v[2], 5.2),
            "{v:?}"
        );
    }

    #[test]
    fn no_volume_is_negative_and_a_visit_alone_stays() {
        let v = volumes(
            &[value(0.3, 0.05), value(0.0, 0.4)],
            &[None, change(-0.5, 0.4)],
        );
        assert!(v[1].abs() < 1e-12 && (v[0] - 0.5).abs() < 1e-12, "{v:?}");
        let lonely = joint_volumes(&[value(1.0, 0.1), None], &[None, None], false);
        assert!(lonely.iter().all(Option::is_none));
        let unchanged = joint_volumes(&[value(1.0, 0.1), value(2.0, 0.1)], &[None, None], false);
        assert!(unchanged.iter().all(Option::is_none));
    }
}
