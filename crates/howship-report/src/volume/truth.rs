use super::csv::change_at;
use howship_change::{Change, Lesion, LesionKind, Quantity, Verdict, VerdictFile};

/// Farthest that a lesion may lie from the truth it is matched with, mm.
pub const MATCH_MM: f64 = 1.5;

/// A lesion that was found, a lesion that is there, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthRow {
    /// Identity in the result; absent where the truth was missed.
    pub found: Option<u32>,
    /// Identity in the truth; absent where nothing is there.
    pub truth: Option<u32>,
    /// Bone in print.
    pub bone: String,
    /// Kind as found.
    pub kind: Option<LesionKind>,
    /// Kind in truth.
    pub true_kind: Option<LesionKind>,
    /// Distance of the two centroids, mm.
    pub distance_mm: Option<f64>,
    /// Baseline volume and its standard error, mm³.
    pub volume: Option<(f64, f64)>,
    /// True baseline volume, mm³.
    pub true_volume: Option<f64>,
    /// Volume change, baseline to last visit.
    pub change: Option<Change>,
    /// True volume change, mm³.
    pub true_change: Option<f64>,
    /// Whether the 95 % interval of the change holds the true change.
    pub covered: Option<bool>,
    /// Verdict reached.
    pub verdict: Option<Verdict>,
    /// Verdict that the true change deserves.
    pub true_verdict: Option<Verdict>,
}

/// Truth beside verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthTable {
    /// Matched lesions first in the order of the result, then missed ones, then extra ones.
    pub rows: Vec<TruthRow>,
    /// True erosions.
    pub erosions: usize,
    /// True erosions that were found.
    pub found: usize,
    /// Lesions called erosions where no erosion is.
    pub extra: usize,
    /// Matched erosions with both verdicts.
    pub judged: usize,
    /// Of these, with the same verdict.
    pub agree: usize,
    /// Of these, called the opposite (healing for progressing or the reverse).
    pub opposite: usize,
    /// Of these, left uncertain.
    pub uncertain: usize,
    /// Matched erosions whose true change is known and has an interval beside it.
    pub intervals: usize,
    /// Of these intervals, those that hold the truth.
    pub covered: usize,
}

/// Puts truth beside verdict: lesions are matched one to one, nearest centroids first, up to [`MATCH_MM`].
///
/// Both files must give centroids in the baseline's frame. Where the truth states no verdict, the true change
/// is classified against δ of the result's change.
#[must_use]
pub fn truth_table(result: &VerdictFile, truth: &VerdictFile) -> TruthTable {
    let pairs = matches(&result.lesions, &truth.lesions);
    let mut rows = Vec::new();
    let mut extra = Vec::new();
    for (i, lesion) in result.lesions.iter().enumerate() {
        match pairs.iter().find(|p| p.0 == i) {
            Some(&(_, j, distance)) => {
                rows.push(row(Some(lesion), Some(&truth.lesions[j]), Some(distance)));
            }
            None => extra.push(row(Some(lesion), None, None)),
        }
    }
    for (j, lesion) in truth.lesions.iter().enumerate() {
        if pairs.iter().all(|p| p.1 != j) {
            rows.push(row(None, Some(lesion), None));
        }
    }
    rows.append(&mut extra);
    count(rows)
}

/// Pairs of positions and their distance, nearest first, each used once.
fn matches(found: &[Lesion], truth: &[Lesion]) -> Vec<(usize, usize, f64)> {
    let mut near = Vec::new();
    for (i, a) in found.iter().enumerate() {
        for (j, b) in truth.iter().enumerate() {
            let squared: f64 = (0..3)
                .map(|k| (a.centroid_mm[k] - b.centroid_mm[k]).powi(2))
                .sum();
            let distance = squared.sqrt();
            if distance <= MATCH_MM {
                near.push((i, j, distance));
            }
        }
    }
    near.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1)));
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for candidate in near {
        if pairs
            .iter()
            .all(|p| p.0 != candidate.0 && p.1 != candidate.1)
        {
            pairs.push(candidate);
        }
    }
    pairs
}

fn row(found: Option<&Lesion>, truth: Option<&Lesion>, distance_mm: Option<f64>) -> TruthRow {
    let change = found.and_then(last_change).cloned();
    let true_change = truth.and_then(true_change);
    let covered = change
        .as_ref()
        .zip(true_change)
        .map(|(c, t)| c.interval[0] <= t && t <= c.interval[1]);
    let stated = truth.and_then(|t| t.verdict());
    let delta = change.as_ref().map(|c| c.delta);
    let true_verdict = stated.or_else(|| true_change.zip(delta).map(|(t, d)| classify(t, d)));
    TruthRow {
        found: found.map(|l| l.id),
        truth: truth.map(|l| l.id),
        bone: found.or(truth).map_or_else(String::new, |l| l.bone.clone()),
        kind: found.map(|l| l.kind),
        true_kind: truth.map(|l| l.kind),
        distance_mm,
        volume: found.and_then(|l| volume(l, 0)),
        true_volume: truth.and_then(|l| volume(l, 0)).map(|v| v.0),
        change,
        true_change,
        covered,
        verdict: found.and_then(|l| l.verdict()),
        true_verdict,
    }
}

fn classify(change: f64, delta: f64) -> Verdict {
    if change < -delta {
        Verdict::Healing
    } else if change > delta {
        Verdict::Progressing
    } else {
        Verdict::Stable
    }
}

fn volume(lesion: &Lesion, visit: usize) -> Option<(f64, f64)> {
    let measurement = lesion
        .visits
        .get(visit)?
        .measurements
        .get(&Quantity::Volume)?;
    Some((measurement.value, measurement.se))
}

fn last_change(lesion: &Lesion) -> Option<&Change> {
    change_at(lesion, Quantity::Volume, &lesion.visits.last()?.visit)
}

fn true_change(lesion: &Lesion) -> Option<f64> {
    let stated = lesion.change.get(&Quantity::Volume).map(|c| c.value);
    stated.or_else(|| {
        let last = lesion.visits.len().checked_sub(1).filter(|&n| n > 0)?;
        Some(volume(lesion, last)?.0 - volume(lesion, 0)?.0)
    })
}

fn count(rows: Vec<TruthRow>) -> TruthTable {
    let real = || rows.iter().filter(|r| r.truth.is_some());
    let judged = || {
        real().filter_map(|r| {
            let _ = r.found?;
            r.verdict.zip(r.true_verdict)
        })
    };
    let opposite = |pair: &(Verdict, Verdict)| {
        matches!(
            pair,
            (Verdict::Healing, Verdict::Progressing) | (Verdict::Progressing, Verdict::Healing)
        )
    };
    let extra = rows
        .iter()
        .filter(|r| r.found.is_some() && r.truth.is_none());
    TruthTable {
        erosions: real().count(),
        found: real().filter(|r| r.found.is_some()).count(),
        extra: extra.count(),
        judged: judged().count(),
        agree: judged().filter(|(a, b)| a == b).count(),
        opposite: judged().filter(opposite).count(),
        uncertain: judged().filter(|p| p.0 == Verdict::Uncertain).count(),
        intervals: real().filter(|r| r.covered.is_some()).count(),
        covered: real().filter(|r| r.covered == Some(true)).count(),
        rows,
    }
}
