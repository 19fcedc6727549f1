//! Which joints are shown, and expected counts of them.

use howship_scores::latent::{ExpectedCount, JointProbability, LatentReport};

/// Some joints, those most probably repaired first.
pub(super) fn some(
    report: &LatentReport,
    keep: impl Fn(&JointProbability) -> bool,
) -> howship_scores::Tidy {
    let mut order: Vec<usize> = (0..report.joints.len())
        .filter(|&i| keep(&report.joints[i]))
        .collect();
    order.sort_by(|&a, &b| {
        report.joints[b]
            .repair
            .total_cmp(&report.joints[a].repair)
            .then(a.cmp(&b))
    });
    let all = report.tidy();
    howship_scores::Tidy {
        rows: order
            .iter()
            .filter_map(|&i| all.rows.get(i).cloned())
            .collect(),
        columns: all.columns,
    }
}

/// An expected count: whole joints from ten on, where its interval is wider than a joint anyway; what is small is not
/// none.
pub(super) fn expected(count: f64) -> String {
    if count >= 9.95 {
        format!("{count:.0}")
    } else if count >= 0.05 {
        format!("{count:.1}")
    } else if count > 1e-12 {
        "<0.1".to_owned()
    } else {
        "0".to_owned()
    }
}

/// The interval of an expected count. Where no draw had a repaired joint the ends say so: 0 is where the draws end, not
/// where the truth must.
pub(super) fn expected_ends(count: &ExpectedCount) -> String {
    let ends = count.interval;
    if ends.upper <= 1e-12 && count.mean > 1e-12 {
        return "hardly any".to_owned();
    }
    format!("{} to {}", expected(ends.lower), expected(ends.upper))
}
