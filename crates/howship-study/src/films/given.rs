//! Erosions that the reader points at on films.

use super::refuse::refuse;
use crate::Error;
use crate::read_text as text;
use howship_change::JointBone;
use howship_film::{GivenAt, GivenErosion};
use std::path::Path;

const HINT: &str = "give columns `joint`, `visit`, `x`, `y` (pixels of that visit's film), and where wanted `hand`, `bone` (proximal or distal) and `mouth` (pixels)";

/// Reads a table of erosions that the reader points at.
///
/// # Errors
/// It cannot be read, or a column or number is missing.
pub fn read_given(path: &Path) -> Result<Vec<GivenAt>, Error> {
    let bad = |reason: String| refuse(path, reason, HINT);
    let text = text(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| bad(format!("no table: {e}")))?
        .clone();
    let find = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
    let need = |name: &str| find(name).ok_or_else(|| bad(format!("it has no column `{name}`")));
    let (joint, visit, x, y) = (need("joint")?, need("visit")?, need("x")?, need("y")?);
    let (hand, bone, mouth) = (find("hand"), find("bone"), find("mouth"));
    let mut all = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let line = i + 2;
        let record = record.map_err(|e| bad(format!("line {line}: {e}")))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let number = |at: usize| -> Result<f64, Error> {
            let value = cell(at).parse().ok().filter(|v: &f64| v.is_finite());
            value.ok_or_else(|| bad(format!("line {line}: `{}` is no number", cell(at))))
        };
        let some = |at: Option<usize>| at.filter(|a| !cell(*a).is_empty());
        let bone = match some(bone).map(cell) {
            None => None,
            Some("proximal") => Some(JointBone::Proximal),
            Some("distal") => Some(JointBone::Distal),
            Some(other) => return Err(bad(format!("line {line}: bone `{other}`"))),
        };
        all.push(GivenAt {
            joint: cell(joint).to_owned(),
            hand: match some(hand) {
                Some(at) => number(at)?.max(1.0) as usize,
                None => 1,
            },
            erosion: GivenErosion {
                visit: cell(visit).to_owned(),
                bone,
                at: [number(x)?, number(y)?],
                mouth: some(mouth).map(number).transpose()?,
            },
        });
    }
    if all.is_empty() {
        return Err(bad("it holds no erosion".to_owned()));
    }
    Ok(all)
}
