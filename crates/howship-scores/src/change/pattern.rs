use super::series::{ReaderGroup, Series};
use super::share::Share;
use crate::Error;
use serde::Serialize;

/// How many patients have worse and better joints at once, in one reader's eyes or in the mean's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MixedPattern {
    /// Reader; `mean` for the mean of readers.
    pub reader: String,
    /// Patients in whom some joints are worse and some better.
    pub mixed: Share,
    /// Only worse ones.
    pub worse_only: Share,
    /// Only better ones.
    pub better_only: Share,
    /// None changed.
    pub unchanged: Share,
}

/// Signs of each patient's joints: one entry per patient with a joint that this reader (or the mean) has scored.
pub(crate) fn mixed(
    series: &Series,
    groups: &[ReaderGroup],
    reader: &str,
    (from, to): (usize, usize),
    confidence: f64,
) -> Result<Option<MixedPattern>, Error> {
    let mut kinds = [0usize; 4];
    for (_, units) in series.subjects() {
        let (mut better, mut worse, mut scored) = (false, false, false);
        for unit in units {
            let changes = groups
                .iter()
                .filter_map(|g| series.change(unit, g, from, to));
            let (sum, count) = changes.fold((0.0, 0usize), |(s, n), c| (s + c, n + 1));
            scored |= count > 0;
            better |= sum < 0.0;
            worse |= sum > 0.0;
        }
        if scored {
            kinds[usize::from(worse) + 2 * usize::from(better)] += 1;
        }
    }
    let patients = kinds.iter().sum();
    if patients == 0 {
        return Ok(None);
    }
    let share = |kind: usize| Share::new(kinds[kind], patients, confidence);
    Ok(Some(MixedPattern {
        reader: reader.to_owned(),
        mixed: share(3)?,
        worse_only: share(1)?,
        better_only: share(2)?,
        unchanged: share(0)?,
    }))
}
