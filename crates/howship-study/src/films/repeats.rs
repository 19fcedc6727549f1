//! The study's own repeat films: what two films of an unchanged joint differ by.

use crate::Error;
use crate::beside_table::BesideTable;
use howship_change::anatomy;
use howship_film::{Precision, Repeat, Repeated, is_measured};
use std::collections::BTreeMap;
use std::path::Path;

const EXPECTED: &str = "give columns `thing` (what was repeated, as in P1.R.MCP2: the thumb's joints and MCP and MTP joints are each pooled apart from the others), `quantity` and `value`, one repeat per row; quantities are joint_space and area (a value per film), and narrowing and area_change (from the first film to each of the others; area_change beside rows `area` of the same thing)";

/// The precision that a table of the study's own repeats gives.
///
/// # Errors
/// It cannot be read, a column or number is missing, or nothing was repeated.
pub fn read_precision(path: &Path) -> Result<Precision, Error> {
    let table = BesideTable::read(path, EXPECTED)?;
    let [thing, quantity, value] = table.columns(["thing", "quantity", "value"])?;
    let mut groups: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for row in &table.rows {
        let number = table.number(row, value)?;
        let name = row.cell(quantity);
        let key = name.to_ascii_lowercase();
        if !QUANTITIES.contains(&key.as_str()) {
            return Err(table.bad(format!("line {}: quantity `{name}`", row.line)));
        }
        if matches!(key.as_str(), "joint_space" | "area") && !(number > 0.0) {
            return Err(table.bad(format!(
                "line {}: {key} `{}` is not above 0",
                row.line,
                row.cell(value)
            )));
        }
        if let Some(word) = no_joint_in(row.cell(thing)) {
            return Err(table.bad(format!(
                "line {}: `{word}` in `{}` is no joint of the catalogue",
                row.line,
                row.cell(thing)
            )));
        }
        let of = (row.cell(thing).to_owned(), key);
        groups.entry(of).or_default().push(number);
    }
    let mut repeats = Vec::new();
    for ((thing, key), values) in &groups {
        let of = match key.as_str() {
            "joint_space" => Repeated::JointSpace,
            "area" => Repeated::Area,
            "narrowing" => Repeated::Narrowing,
            _ => {
                let areas = groups.get(&(thing.clone(), "area".to_owned()));
                let areas = areas.ok_or_else(|| {
                    table.bad(format!(
                        "`{thing}` has area_change and no `area`: how large it is, is not known"
                    ))
                })?;
                Repeated::AreaChange {
                    area: areas.iter().sum::<f64>() / areas.len() as f64,
                }
            }
        };
        repeats.push(Repeat {
            joint: joint_in(thing),
            of,
            values: values.clone(),
        });
    }
    Precision::from_repeats(&repeats).map_err(|e| table.bad(e))
}

/// The joint that a thing's name says, as in `P1.R.MCP2` or `MCP2 1`.
fn joint_in(thing: &str) -> Option<String> {
    thing
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_uppercase)
        .find(|word| is_measured(word))
}

/// A word that looks like a joint and is none, as `MCP9`.
fn no_joint_in(thing: &str) -> Option<String> {
    const KINDS: [&str; 11] = [
        "MCP", "PIP", "DIP", "IP", "CMC", "MTP", "TMT", "FIP", "FPIP", "FDIP", "FMTP",
    ];
    thing
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_uppercase)
        .find(|word| {
            let kind = word.trim_end_matches(|c: char| c.is_ascii_digit());
            kind.len() < word.len() && KINDS.contains(&kind) && anatomy::joint(word).is_none()
        })
}

const QUANTITIES: [&str; 4] = ["joint_space", "area", "narrowing", "area_change"];

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
            joint_space: Some(own),
            ..
        }) = found
        else {
            panic!("{found:?}");
        };
        // Root mean square of 0.1414 and 0.
        assert!((own.all.sd - 0.1).abs() < 1e-12);
        assert_eq!(joint_in("P1.R.MCP2").as_deref(), Some("MCP2"));
        assert_eq!(joint_in("pip3 1").as_deref(), Some("PIP3"));
        assert_eq!(joint_in("a"), None);
    }

    #[test]
    fn what_is_no_table_of_repeats_is_named() {
        for (text, word) in [
            ("thing,value\na,1\n", "quantity"),
            ("thing,quantity,value\na,area,x\n", "line 2"),
            ("thing,quantity,value\na,mood,1\n", "mood"),
            ("thing,quantity,value\na,area,1\n", "two values"),
            ("thing,quantity,value\na,area_change,1\n", "no `area`"),
            ("thing,quantity,value\na,joint_space,-1.7\n", "above 0"),
            ("thing,quantity,value\nP1.R.MCP9,narrowing,0.1\n", "MCP9"),
            (
                "thing,quantity,value\na,narrowing,0\na,narrowing,0\n",
                "no error at all",
            ),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}
