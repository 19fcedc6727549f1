//! The study's own repeat films: what two films of an unchanged joint differ by.

use super::refuse::refuse;
use crate::Error;
use crate::repeat_table;
use howship_change::FilmQuantity;
use howship_film::{Precision, Repeat};
use std::collections::BTreeMap;
use std::path::Path;

const HINT: &str = "give columns `thing` (what was repeated, as in P1.R.MCP2), `quantity` (joint_space or area) and `value`, one repeat per row";

/// The precision that a table of the study's own repeats gives.
///
/// # Errors
/// It cannot be read, a column or number is missing, or nothing was repeated.
pub fn read_precision(path: &Path) -> Result<Precision, Error> {
    let bad = |reason: String| refuse(path, reason, HINT);
    let mut groups: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for row in repeat_table::rows(path, &bad)? {
        let number = row.number().map_err(bad)?;
        let key = row.quantity.to_ascii_lowercase();
        if !matches!(key.as_str(), "joint_space" | "area") {
            return Err(bad(row.unknown_quantity()));
        }
        groups.entry((row.thing, key)).or_default().push(number);
    }
    let repeats: Vec<Repeat> = groups
        .into_iter()
        .map(|((_, key), values)| Repeat {
            joint: None,
            quantity: (key == "area").then_some(FilmQuantity::Area),
            values,
        })
        .collect();
    Precision::from_repeats(&repeats).map_err(|e| bad(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Precision, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_precision(file.path())
    }

    #[test]
    fn repeats_of_a_thing_give_their_sd() {
        let found = read(
            "thing,quantity,value\na,joint_space,1.0\na,joint_space,1.2\nb,joint_space,2.0\nb,joint_space,2.0\n",
        );
        let Ok(Precision::Repeats {
            joint_space: Some(sd),
            ..
        }) = found
        else {
            panic!("{found:?}");
        };
        // Root mean square of 0.1414 and 0.
        assert!((sd - 0.1).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_table_of_repeats_is_named() {
        for (text, word) in [
            ("thing,value\na,1\n", "quantity"),
            ("thing,quantity,value\na,area,x\n", "line 2"),
            ("thing,quantity,value\na,mood,1\n", "mood"),
            ("thing,quantity,value\na,area,1\n", "two values"),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}
