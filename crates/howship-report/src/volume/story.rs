//! What became of a lesion, in words that hold for that lesion alone.

use crate::paper::number;
use howship_change::{Fate, Lesion, LesionVisit, Quantity, Verdict};

/// A volume below which nothing is left to speak of, mm³: less than a rescan of an unchanged lesion differs by.
const NOTHING_MM3: f64 = 0.05;

/// What was there before a lesion that is new, or what is left of one that closed; `None` of any other.
///
/// ```text
/// new: at M0 the cortex was closed here
/// closed: at M12 cortex covers what was 0.82 ± 0.05 mm³ at M0; no void is left behind it
/// ```
#[must_use]
pub fn fate_words(lesion: &Lesion) -> Option<String> {
    let fate = lesion.fate()?;
    let (first, last) = lesion.ends()?;
    Some(match fate {
        Fate::New => format!("new: at {} {}", first.visit, before(first)),
        Fate::Closed => {
            let was = volume(first)
                .map_or_else(String::new, |v| format!(" what was {v} at {}", first.visit));
            let left = match value(last) {
                Some(v) if v >= NOTHING_MM3 => {
                    format!(
                        "; behind it {} of void are left",
                        volume(last).unwrap_or_default()
                    )
                }
                Some(_) => "; no void is left behind it".to_owned(),
                None => String::new(),
            };
            format!("closed: at {} cortex covers{was}{left}", last.visit)
        }
    })
}

/// What stood in the place of a lesion that was none yet.
fn before(visit: &LesionVisit) -> String {
    if visit.absent {
        let void = visit
            .volume_alone
            .as_ref()
            .filter(|m| m.value >= NOTHING_MM3);
        return void.map_or_else(
            || "the cortex was closed here".to_owned(),
            |m| {
                let size = number::with_error(m.value, m.se);
                format!("the cortex was closed here; {size} {} of void behind it, which may be marrow, do not count", m.unit)
            },
        );
    }
    let size = volume(visit).filter(|_| value(visit).is_some_and(|v| v >= NOTHING_MM3));
    match (visit.open, size) {
        (false, None) => "the cortex was closed here".to_owned(),
        (false, Some(size)) => {
            format!("the cortex was closed here, over {size} that may be marrow")
        }
        (true, Some(size)) => {
            format!("there was a break with {size} under it, which does not count as an erosion")
        }
        (true, None) => "there was a break in the cortex with no loss under it".to_owned(),
    }
}

fn value(visit: &LesionVisit) -> Option<f64> {
    let volume = visit.measurements.get(&Quantity::Volume)?;
    volume.value.is_finite().then_some(volume.value)
}

fn volume(visit: &LesionVisit) -> Option<String> {
    let m = visit.measurements.get(&Quantity::Volume)?;
    let text = number::with_error(m.value, m.se);
    m.value.is_finite().then(|| format!("{text} {}", m.unit))
}

/// Why no verdict was reached; `None` of a lesion with one.
#[must_use]
pub fn why_uncertain(lesion: &Lesion) -> Option<String> {
    (lesion.verdict() == Some(Verdict::Uncertain)).then(|| lesion.reason().to_owned())
}
