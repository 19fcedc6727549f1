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
}

/// Whether a joint is repaired by the definition, within the visits of the span.
pub(crate) fn judge(
    series: &Series,
    unit: usize,
    groups: &[ReaderGroup],
    span: (usize, usize),
    definition: &JointRepair,
) -> Result<bool, Unjudged> {
    let mut able = 0;
    let mut readers = 0;
    let mut days_unknown = false;
    // Per reader: the (from, seen) pairs of visits at which a lasting decrease begins.
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for group in groups {
        let run = runs(series, unit, group, span, definition);
        readers += usize::from(run.read);
        able += usize::from(run.able);
        days_unknown |= run.days_unknown;
        seen.extend(run.begins);
    }
    if readers != definition.of {
        return Err(Unjudged::Readers(readers));
    }
    if able < definition.readers {
        return Err(match days_unknown {
            true => Unjudged::Days,
            false => Unjudged::Persistence,
        });
    }
    seen.sort_unstable();
    Ok(seen
        .chunk_by(|a, b| a == b)
        .any(|same| same.len() >= definition.readers))
}

struct Runs {
    /// Scored at two visits at least.
    read: bool,
    /// A lasting decrease could have been seen.
    able: bool,
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
        able: false,
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
            out.able |= able;
            if able && lasts {
                out.begins.push((from, begin));
            }
        }
    }
    out
}
