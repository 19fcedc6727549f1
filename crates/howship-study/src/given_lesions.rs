//! Lesions given by the user: a label image, or seeds as CSV, JSON or 3D Slicer's markups.

use crate::beside_table::BesideTable;
use crate::{Error, read_text};
use serde_json::Value;
use std::path::Path;

/// Seeds of a table, of JSON or of markups; `None` for any other file, which is then a label image.
pub(crate) fn seeds(path: &Path) -> Result<Option<Vec<[f64; 3]>>, Error> {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let seeds = match extension.as_deref() {
        Some("csv" | "tsv") => from_table(path, &read_text(path)?)?,
        Some("fcsv") => from_fcsv(path, &read_text(path)?)?,
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

/// Which way the axes of a file's points run.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Axes {
    Lps,
    Ras,
}

impl Axes {
    /// Reads `LPS` or `RAS`; older fiducial files number them: 0 is RAS, 1 is LPS.
    fn read(word: &str) -> Option<Self> {
        match word.trim().to_ascii_uppercase().as_str() {
            "LPS" | "1" => Some(Self::Lps),
            "RAS" | "0" => Some(Self::Ras),
            _ => None,
        }
    }

    fn to_lps(self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Lps => [x, y, z],
            Self::Ras => [-x, -y, z],
        }
    }
}

/// A markups fiducial file (`.fcsv`) of 3D Slicer: comments that name the axes and the columns, then a point a line.
///
/// A file that does not name its axes is refused: old versions of Slicer wrote none and meant RAS, later ones write LPS,
/// and a table program drops the line.
fn from_fcsv(path: &Path, text: &str) -> Result<Vec<[f64; 3]>, Error> {
    const HINT: &str = "save the points again in 3D Slicer as `.mrk.json`; where the axes are known, a first line `# CoordinateSystem = RAS` or `= LPS` states them";
    let bad = |reason: String| bad(path, reason, HINT);
    let said = |key: &str| {
        let comments = text.lines().filter_map(|l| l.strip_prefix('#'));
        let mut pairs = comments.filter_map(|l| l.split_once('='));
        pairs
            .find(|(k, _)| k.trim().eq_ignore_ascii_case(key))
            .map(|(_, v)| v.trim().to_owned())
    };
    let axes = match said("CoordinateSystem") {
        None => {
            return Err(bad(
                "it does not say whether its points are LPS or RAS".to_owned()
            ));
        }
        Some(word) => Axes::read(&word)
            .ok_or_else(|| bad(format!("its coordinate system is `{word}`, not LPS or RAS")))?,
    };
    let columns: Vec<String> = said("columns")
        .unwrap_or_else(|| "id,x,y,z".to_owned())
        .split(',')
        .map(|c| c.trim().to_ascii_lowercase())
        .collect();
    let column = |axis: &str| {
        let at = columns.iter().position(|c| c == axis);
        at.ok_or_else(|| bad(format!("no column `{axis}`")))
    };
    let columns = [column("x")?, column("y")?, column("z")?];
    let rows: String = text
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        .flat_map(|l| [l, "\n"])
        .collect();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(rows.as_bytes());
    let mut seeds = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        let point = point_of(&record, columns)
            .map_err(|field| bad(format!("point {}: `{field}` is no number", row + 1)))?;
        seeds.push(axes.to_lps(point));
    }
    Ok(seeds)
}

/// Three fields of a row as numbers, or the one that is none.
fn point_of(record: &csv::StringRecord, columns: [usize; 3]) -> Result<[f64; 3], String> {
    let mut point = [0.0; 3];
    for (value, column) in point.iter_mut().zip(columns) {
        let field = record.get(column).unwrap_or_default();
        *value = field
            .parse()
            .ok()
            .filter(|v: &f64| v.is_finite())
            .ok_or_else(|| field.to_owned())?;
    }
    Ok(point)
}

fn bad(path: &Path, reason: String, expected: &'static str) -> Error {
    Error::GivenLesions {
        path: path.to_owned(),
        reason,
        expected,
    }
}

/// One lesion per row. A `lesions.csv` has rows for each number and visit of a lesion: the first of each counts.
fn from_table(path: &Path, text: &str) -> Result<Vec<[f64; 3]>, Error> {
    const HINT: &str = "give columns `x`, `y`, `z` in LPS mm, one lesion per row; of RAS millimetres (columns `r`, `a`, `s`) the signs of the first two turn: x = -r, y = -a, z = s";
    let table = BesideTable::of_text(path, text, HINT)?;
    let column = |axis: &str| {
        let at = table
            .find(axis)
            .or_else(|| table.find(&format!("{axis}_mm")));
        at.ok_or_else(|| table.bad(format!("no column `{axis}`")))
    };
    let columns = [column("x")?, column("y")?, column("z")?];
    let lesion = table.find("lesion");
    let names: Vec<usize> = ["subject", "bone", "lesion"]
        .iter()
        .filter_map(|name| table.find(name))
        .collect();
    let is_own = lesion.is_some() && table.find("quantity").is_some();
    let mut known: Vec<Vec<&str>> = Vec::new();
    let mut seeds: Vec<[f64; 3]> = Vec::new();
    for row in &table.rows {
        // A joint without lesions has a row of its own there.
        let nothing = |at: usize| row.cell(at).trim().is_empty();
        if lesion.is_some_and(nothing) && columns.iter().all(|&at| nothing(at)) {
            continue;
        }
        let name: Vec<&str> = names.iter().map(|&at| row.cell(at)).collect();
        if is_own && known.contains(&name) {
            continue;
        }
        known.push(name);
        let mut seed = [0.0; 3];
        for (value, at) in seed.iter_mut().zip(columns) {
            *value = table.number(row, at)?;
        }
        seeds.push(seed);
    }
    Ok(seeds)
}

/// `[[x, y, z], ...]`, `[{"x": .., "y": .., "z": ..}, ...]`, the `lesions` of a verdicts.json, or markups.
fn from_json(path: &Path, text: &str) -> Result<Vec<[f64; 3]>, Error> {
    const HINT: &str =
        "give [[x, y, z], ...] in LPS mm, a verdicts.json, or points of 3D Slicer (.mrk.json)";
    let bad = |reason: String| bad(path, reason, HINT);
    let value: Value = crate::from_json(text).map_err(|e| bad(format!("it is no JSON: {e}")))?;
    if let Some(markups) = value.get("markups") {
        return from_markups(markups, &bad);
    }
    let list = value.get("lesions").unwrap_or(&value);
    let list = list
        .as_array()
        .ok_or_else(|| bad("it holds no list of lesions".to_owned()))?;
    list.iter()
        .enumerate()
        .map(|(i, item)| point(item).map_err(|why| bad(format!("lesion {}: {why}", i + 1))))
        .collect()
}

/// The points of markups (`.mrk.json`) of 3D Slicer, each list in the axes that it states.
///
/// Points that were never placed are left out; a list without stated axes is refused, since Slicer's own default
/// changed over time. So are a line, a curve, a plane, whose points are not a lesion each.
fn from_markups(markups: &Value, bad: &dyn Fn(String) -> Error) -> Result<Vec<[f64; 3]>, Error> {
    let lists = markups
        .as_array()
        .ok_or_else(|| bad("its `markups` are no list".to_owned()))?;
    let mut seeds = Vec::new();
    for list in lists {
        let drawn = list.get("type").and_then(Value::as_str);
        if let Some(drawn) = drawn.filter(|d| !d.eq_ignore_ascii_case("fiducial")) {
            return Err(bad(format!(
                "it holds a markup of type `{drawn}`, whose points are not one lesion each; place a point list (`Fiducial`)"
            )));
        }
        let word = list.get("coordinateSystem").and_then(Value::as_str);
        let axes = word.and_then(Axes::read).ok_or_else(|| {
            let said = word.unwrap_or("(missing)");
            bad(format!("its coordinate system is `{said}`, not LPS or RAS"))
        })?;
        let unit = list.get("coordinateUnits").and_then(Value::as_str);
        if let Some(unit) = unit.filter(|u| !matches!(*u, "mm" | "[mm]")) {
            return Err(bad(format!(
                "its coordinates are in `{unit}`, not in mm; save it with millimetres"
            )));
        }
        let points = list.get("controlPoints").and_then(Value::as_array);
        let placed = |p: &&Value| {
            let status = p.get("positionStatus").and_then(Value::as_str);
            status.is_none_or(|s| s == "defined")
        };
        for (i, item) in points.into_iter().flatten().filter(placed).enumerate() {
            let at = item
                .get("position")
                .ok_or_else(|| "it has no position".to_owned());
            let at = at.and_then(point);
            let at = at.map_err(|why| bad(format!("point {}: {why}", i + 1)))?;
            seeds.push(axes.to_lps(at));
        }
    }
    Ok(seeds)
}

/// Three coordinates, in a list or by name; or what is wrong with which.
fn point(item: &Value) -> Result<[f64; 3], String> {
    let item = item.get("centroid_mm").unwrap_or(item);
    let mut at = [0.0; 3];
    for (i, (axis, at)) in ["x", "y", "z"].into_iter().zip(&mut at).enumerate() {
        let value = item.get(i).or_else(|| item.get(axis));
        let value = value.ok_or_else(|| format!("it has no `{axis}`"))?;
        let number = value.as_f64().filter(|v| v.is_finite());
        *at = number.ok_or_else(|| {
            format!("its `{axis}` is {value}, no number (write a decimal point, and no quotes)")
        })?;
    }
    Ok(at)
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
        let comma = from_json(path, r#"[[1,2,3],[1,"812,5",3]]"#).unwrap_err();
        assert!(comma.to_string().contains("lesion 2: its `y` is \"812,5\""));
        for text in ["", "{}", "[[1,2]]", "[1,2,3]", r#"[["a","b","c"]]"#] {
            assert!(from_json(path, text).is_err(), "{text}");
        }
    }

    /// A point of known place, as Slicer writes it in either axes and in either format, is the same seed.
    #[test]
    fn markups_of_slicer_come_out_in_lps() {
        let path = Path::new("seeds");
        let known = [-53.25, -73.5, 12.0];
        let json = |axes: &str, [x, y, z]: [f64; 3]| {
            format!(
                r#"{{"@schema": "markups-schema-v1.0.3.json#", "markups": [{{"type": "Fiducial", "coordinateSystem": "{axes}",
                "controlPoints": [{{"id": "1", "label": "F-1", "position": [{x}, {y}, {z}], "positionStatus": "defined"}},
                {{"id": "2", "label": "F-2", "position": [0, 0, 0], "positionStatus": "undefined"}}]}}]}}"#
            )
        };
        let ras = [53.25, 73.5, 12.0];
        assert_eq!(from_json(path, &json("LPS", known)).unwrap(), [known]);
        assert_eq!(from_json(path, &json("RAS", ras)).unwrap(), [known]);
        let fcsv = |axes: &str, [x, y, z]: [f64; 3]| {
            format!(
                "# Markups fiducial file version = 4.13\n{axes}# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n0,{x},{y},{z},0,0,0,1,1,1,0,F-1,,\n"
            )
        };
        for (axes, at) in [
            ("# CoordinateSystem = LPS\n", known),
            ("# CoordinateSystem = 1\n", known),
            ("# CoordinateSystem = RAS\n", ras),
            ("# CoordinateSystem = 0\n", ras),
        ] {
            let seeds = from_fcsv(path, &fcsv(axes, at)).unwrap();
            assert_eq!(seeds, [known], "{axes}");
        }
    }

    #[test]
    fn markups_that_do_not_say_their_axes_or_are_no_points_are_refused() {
        let path = Path::new("seeds");
        let silent = r#"{"markups": [{"controlPoints": [{"position": [1, 2, 3]}]}]}"#;
        assert!(from_json(path, silent).is_err());
        let line = r#"{"markups": [{"type": "Line", "coordinateSystem": "LPS", "controlPoints": [{"position": [1, 2, 3]}, {"position": [2, 2, 3]}]}]}"#;
        let said = from_json(path, line).unwrap_err().to_string();
        assert!(said.contains("`Line`"), "{said}");
        let nowhere =
            r#"{"markups": [{"coordinateSystem": "LPS", "controlPoints": [{"label": "F"}]}]}"#;
        assert!(from_json(path, nowhere).is_err());
        for text in [
            "# CoordinateSystem = IJK\n1,2,3,4\n",
            "1,2,3,4\n",
            "# CoordinateSystem = LPS\n1,2,x,4\n",
            "# CoordinateSystem = LPS\n1,2\n",
        ] {
            assert!(from_fcsv(path, text).is_err(), "{text}");
        }
    }

    /// Whatever a byte becomes, seeds are numbers or there is an error: nothing panics, nothing is no number.
    #[test]
    fn damaged_seeds_are_numbers_or_an_error() {
        let path = Path::new("seeds");
        let fcsv = "# CoordinateSystem = RAS\n# columns = id,x,y,z,label\n0,1.5,-2,3e1,F\n";
        let json =
            r#"{"markups":[{"coordinateSystem":"LPS","controlPoints":[{"position":[1,2,3]}]}]}"#;
        let table = "x_mm,y,z\n1,2,3\n";
        type Reader = fn(&Path, &str) -> Result<Vec<[f64; 3]>, Error>;
        let all: [(&str, Reader); 3] = [(fcsv, from_fcsv), (json, from_json), (table, from_table)];
        let mut read = 0;
        for (text, reader) in all {
            assert_eq!(reader(path, text).map(|s| s.len()).unwrap_or(0), 1);
            for at in 0..text.len() {
                for byte in *b"#,\"{]\n-e9N" {
                    let mut bytes = text.as_bytes().to_vec();
                    bytes[at] = byte;
                    let damaged = String::from_utf8(bytes).unwrap();
                    if let Ok(seeds) = reader(path, &damaged) {
                        assert!(seeds.iter().flatten().all(|v| v.is_finite()), "{damaged}");
                        read += 1;
                    }
                }
            }
        }
        assert!(read > 100, "{read}");
    }
}
