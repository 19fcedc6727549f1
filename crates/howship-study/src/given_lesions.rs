//! Lesions given by the user: a label image, or seeds as CSV or JSON.

use crate::{Error, read_text};
use serde_json::Value;
use std::path::Path;

/// Seeds of a table or of JSON; `None` for any other file, which is then a label image.
pub(crate) fn seeds(path: &Path) -> Result<Option<Vec<[f64; 3]>>, Error> {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let seeds = match extension.as_deref() {
        Some("csv" | "tsv") => from_table(path, &read_text(path)?)?,
        Some("json") => from_json(path, &read_text(path)?)?,
        _ => return Ok(None),
    };
    if seeds.is_empty() {
        return Err(bad(
            path,
            "it holds no lesion".to_owned(),
            "leave `--lesions` out to have them found",
        ));
    }
    Ok(Some(seeds))
}

fn bad(path: &Path, reason: String, expected: &'static str) -> Error {
    Error::GivenLesions {
        path: path.to_owned(),
        reason,
        expected,
    }
}

fn from_table(path: &Path, text: &str) -> Result<Vec<[f64; 3]>, Error> {
    const HINT: &str = "give columns `x`, `y`, `z` in LPS mm, one lesion per row";
    let bad = |reason: String| bad(path, reason, HINT);
    let delimiter = if text.lines().next().is_some_and(|l| l.contains('\t')) {
        b'\t'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    let column = |axis: &str| {
        header
            .iter()
            .position(|h| {
                let h = h.to_ascii_lowercase();
                h == axis || h == format!("{axis}_mm")
            })
            .ok_or_else(|| bad(format!("no column `{axis}`")))
    };
    let columns = [column("x")?, column("y")?, column("z")?];
    let mut seeds = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        let mut seed = [0.0; 3];
        for (value, &column) in seed.iter_mut().zip(&columns) {
            let field = record.get(column).unwrap_or_default();
            *value = field
                .parse()
                .ok()
                .filter(|v: &f64| v.is_finite())
                .ok_or_else(|| bad(format!("row {}: `{field}` is no number", row + 1)))?;
        }
        seeds.push(seed);
    }
    Ok(seeds)
}

/// `[[x, y, z], ...]`, `[{"x": .., "y": .., "z": ..}, ...]`, or the `lesions` of a verdicts.json.
fn from_json(path: &Path, text: &str) -> Result<Vec<[f64; 3]>, Error> {
    const HINT: &str = "give [[x, y, z], ...] in LPS mm, or a verdicts.json";
    let bad = |reason: String| bad(path, reason, HINT);
    let value: Value =
        serde_json::from_str(text).map_err(|e| bad(format!("it is no JSON: {e}")))?;
    let list = value.get("lesions").unwrap_or(&value);
    let list = list
        .as_array()
        .ok_or_else(|| bad("it holds no list of lesions".to_owned()))?;
    list.iter()
        .enumerate()
        .map(|(i, item)| point(item).ok_or_else(|| bad(format!("lesion {} has no place", i + 1))))
        .collect()
}

fn point(item: &Value) -> Option<[f64; 3]> {
    let item = item.get("centroid_mm").unwrap_or(item);
    let number = |key: &str, i: usize| {
        let value = item.get(i).or_else(|| item.get(key))?;
        value.as_f64().filter(|v| v.is_finite())
    };
    Some([number("x", 0)?, number("y", 1)?, number("z", 2)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_from_tables_and_json() {
        let path = Path::new("seeds");
        let seeds = from_table(path, "id,x_mm,y_mm,z_mm\n1, 1.5,2,-3\n2,4,5,6\n").unwrap();
        assert_eq!(seeds, [[1.5, 2.0, -3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(
            from_table(path, "z\tx\ty\n3\t1\t2\n").unwrap(),
            [[1.0, 2.0, 3.0]]
        );
        for text in [
            "[[1, 2, 3]]",
            r#"[{"x": 1, "y": 2, "z": 3}]"#,
            r#"{"lesions": [{"id": 4, "centroid_mm": [1, 2, 3]}]}"#,
        ] {
            assert_eq!(from_json(path, text).unwrap(), [[1.0, 2.0, 3.0]], "{text}");
        }
    }

    #[test]
    fn bad_seeds_are_named() {
        let path = Path::new("seeds");
        for text in [
            "a,b\n1,2\n",
            "x,y,z\n1,2,three\n",
            "x,y,z\n1,2\n",
            "x,y,z\n1,2,NaN\n",
        ] {
            assert!(from_table(path, text).is_err(), "{text}");
        }
        for text in ["", "{}", "[[1,2]]", "[1,2,3]", r#"[["a","b","c"]]"#] {
            assert!(from_json(path, text).is_err(), "{text}");
        }
    }
}
