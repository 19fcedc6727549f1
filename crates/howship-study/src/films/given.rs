//! Erosions that the reader points at on films.

use crate::Error;
use crate::beside_table::BesideTable;
use howship_change::JointBone;
use howship_film::{GivenAt, GivenErosion};
use std::path::Path;

const EXPECTED: &str = "give columns `joint`, `visit`, `x`, `y` (pixels of that visit's film), and where wanted `hand`, `bone` (proximal or distal) and `mouth` (pixels)";

/// Reads a table of erosions that the reader points at.
///
/// # Errors
/// It cannot be read, or a column or number is missing.
pub fn read_given(path: &Path) -> Result<Vec<GivenAt>, Error> {
    let table = BesideTable::read(path, EXPECTED)?;
    let [joint, visit, x, y] = table.columns(["joint", "visit", "x", "y"])?;
    let [hand, bone, mouth] = ["hand", "bone", "mouth"].map(|name| table.find(name));
    let mut all = Vec::new();
    for row in &table.rows {
        let some = |at: Option<usize>| at.filter(|a| !row.cell(*a).is_empty());
        let number = |at: usize| table.number(row, at);
        let bone = match some(bone).map(|at| row.cell(at)) {
            None => None,
            Some("proximal") => Some(JointBone::Proximal),
            Some("distal") => Some(JointBone::Distal),
            Some(other) => return Err(table.bad(format!("line {}: bone `{other}`", row.line))),
        };
        all.push(GivenAt {
            joint: row.cell(joint).to_owned(),
            hand: match some(hand) {
                Some(at) => number(at)?.max(1.0) as usize,
                None => 1,
            },
            erosion: GivenErosion {
                visit: row.cell(visit).to_owned(),
                bone,
                at: [number(x)?, number(y)?],
                mouth: some(mouth).map(number).transpose()?,
            },
        });
    }
    if all.is_empty() {
        return Err(table.bad("it holds no erosion"));
    }
    Ok(all)
}
