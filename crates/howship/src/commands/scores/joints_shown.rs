//! Which joints are shown, and expected counts of them.

use howship_report::paper::small_decimals;
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
    format!("{} to {}", end(ends.lower), end(ends.upper))
}

/// An end of an expected count's interval: with two digits where [`expected`] would only say that it is small.
fn end(count: f64) -> String {
    match small_decimals(count).filter(|_| count < 0.05) {
        Some(enough) => format!("{count:.enough$}"),
        None => expected(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_stats::Interval;

    #[test]
    fn small_ends_are_numbers_and_small_counts_are_small() {
        let count = |lower, upper| ExpectedCount {
            mean: 0.02,
            interval: Interval { lower, upper },
        };
        assert_eq!(expected(0.02), "<0.1");
        assert_eq!(expected_ends(&count(0.012, 12.3)), "0.012 to 12");
        assert_eq!(expected_ends(&count(0.0, 0.31)), "0 to 0.3");
        assert_eq!(expected_ends(&count(0.0, 0.0)), "hardly any");
    }
}
