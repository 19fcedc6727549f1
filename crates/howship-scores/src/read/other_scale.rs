//! Readers whose scores are a multiple of another reader's: no bias that readers have, and what a mean of readers hides.

use crate::{Doubt, ScoreRow, ScoreTable, Status, TwoScales};
use howship_stats::median;
use std::collections::BTreeMap;

struct Rule {
    /// Ratio of two readers' scores from which on they are on two scales: the most lenient reader of published exercises
    /// gives less than three times what the strictest does.
    factor: f64,
    /// Scores that both gave; fewer are chance.
    pairs: usize,
    /// Half of the ratios lie within this factor of their median: one scale is a multiple of the other, not a reader
    /// who sees more.
    within: f64,
}

const RULE: Rule = Rule {
    factor: 4.0,
    pairs: 8,
    within: 1.6,
};

/// Pairs of readers on two scales, the larger first, as one doubt: one reader apart is apart from all others.
///
/// # Method
/// Over all items that both readers scored at one visit of one subject, neither at 0, the median ratio; and the median
/// distance of the ratios' logarithms from it.
pub(super) fn scales(scores: &ScoreTable) -> Option<Doubt> {
    let mut ratios: BTreeMap<(u32, u32), Vec<f64>> = BTreeMap::new();
    let visit = |r: &ScoreRow| (r.subject, r.visit, r.campaign);
    for rows in scores.rows.chunk_by(|a, b| visit(a) == visit(b)) {
        let mut given: Vec<(u32, u32, f64)> = rows
            .iter()
            .filter(|r| r.status == Status::Ok && r.score != 0.0)
            .map(|r| (r.item, r.reader, r.score))
            .collect();
        given.sort_by_key(|g| (g.0, g.1));
        for item in given.chunk_by(|a, b| a.0 == b.0) {
            for (i, (_, a, x)) in item.iter().enumerate() {
                for (_, b, y) in &item[i + 1..] {
                    if a != b && x.signum() == y.signum() {
                        ratios.entry((*a, *b)).or_default().push((y / x).ln());
                    }
                }
            }
        }
    }
    let pairs = ratios.into_iter().filter_map(two_scales);
    let pairs: Vec<TwoScales> = pairs.collect();
    (!pairs.is_empty()).then_some(Doubt::Scales(pairs))
}

/// Two readers' scales, from the logarithms of their ratios, the second's over the first's.
fn two_scales(((a, b), logs): ((u32, u32), Vec<f64>)) -> Option<TwoScales> {
    let scores = logs.len();
    let middle = median(logs.clone())?;
    let away = median(logs.into_iter().map(|l| (l - middle).abs()).collect())?;
    let apart = middle.abs() >= RULE.factor.ln() && away <= RULE.within.ln();
    let (reader, of) = if middle > 0.0 { (b, a) } else { (a, b) };
    (scores >= RULE.pairs && apart).then(|| TwoScales {
        reader,
        of,
        factor: middle.abs().exp(),
        scores,
    })
}
