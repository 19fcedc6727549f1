use super::definition::{JointRepair, Reference};
use super::series::{ReaderGroup, Series};

/// Why a joint could not be judged by a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unjudged {
    /// Another number of readers than the definition is for.
    Readers(usize),
    /// Too few visits, or too near each other, to see whether a decrease lasts.
    Persistence,
    /// Days between visits are not known.
    Days,
    /// Enough readers could see a decrease, but not from the same visit to the same visit.
    Apart,
}

/// Whether a joint is repaired by the definition, within the visits of the span.
pub(crate) fn judge(
    series: &Series,
    unit: usize,
    groups: &[ReaderGroup],
    span: (usize, usize),
    definition: &JointRepair,
) -> Result<bool, Unjudged> {
    let mut able_readers = 0;
    // Per reader: the (from, begin) pairs of visits at which a lasting decrease could have been seen.
    let mut able: Vec<(usize, usize)> = Vec::new();
    let mut readers = 0;
    let mut days_unknown = false;
    // Per reader: the (from, seen) pairs of visits at which a lasting decrease begins.
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for group in groups {
        let run = runs(series, unit, group, span, definition);
        readers += usize::from(run.read);
        able_readers += usize::from(!run.able.is_empty());
        able.extend(run.able);
        days_unknown |= run.days_unknown;
        seen.extend(run.begins);
    }
    if readers != definition.of {
        return Err(Unjudged::Readers(readers));
    }
    let together = |pairs: &mut Vec<(usize, usize)>| {
        pairs.sort_unstable();
        let mut same = pairs.chunk_by(|a, b| a == b);
        same.any(|readers| readers.len() >= definition.readers)
    };
    if !together(&mut able) {
        return Err(match (days_unknown, able_readers < definition.readers) {
            (true, _) => Unjudged::Days,
            (false, true) => Unjudged::Persistence,
            (false, false) => Unjudged::Apart,
        });
    }
    Ok(together(&mut seen))
}

struct Runs {
    /// Scored at two visits at least.
    read: bool,
    /// At which visits a lasting decrease could have been seen.
    able: Vec<(usize, usize)>,
    days_unknown: bool,
    begins: Vec<(usize, usize)>,
}

fn runs(
    series: &Series,
    unit: usize,
    group: &ReaderGroup,
    (first, last): (usize, usize),
    definition: &JointRepair,
) -> Runs {
    let subject = series.units[unit].subject;
    let mut out = Runs {
        read: false,
        able: Vec::new(),
        days_unknown: false,
        begins: Vec::new(),
    };
    let from_last = match definition.reference {
        Reference::Baseline => first,
        Reference::AnyEarlier => last,
    };
    for from in first..=from_last {
        for begin in from + 1..=last {
            if series.change(unit, group, from, begin).is_none() {
                continue;
            }
            out.read = true;
            let (mut visits, mut lasts, mut able) = (0, true, false);
            for visit in begin..=last {
                // A visit that was not scored neither confirms nor contradicts.
                let Some(change) = series.change(unit, group, from, visit) else {
                    continue;
                };
                visits += 1;
                lasts &= definition.falls(change);
                let days = series.days(subject, visit) - series.days(subject, begin);
                let long =
                    definition.days <= 0.0 || days >= definition.days - definition.days_early;
                out.days_unknown |= definition.days > 0.0 && !days.is_finite();
                if visits >= definition.visits && long {
                    able = true;
                    break;
                }
            }
            if able {
                out.able.push((from, begin));
            }
            if able && lasts {
                out.begins.push((from, begin));
            }
        }
    }
    out
}
