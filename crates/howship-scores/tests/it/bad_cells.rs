//! Every kind of bad cell, named with line, column, value and what is allowed.

use crate::reading::{HEAD, bad_cell, bad_cell_with, read, table, text_column};
use crate::said;
use howship_scores::{ReadOptions, read_scores, validate};
use howship_tables::{Column, Table};

#[test]
fn grades_out_of_range_and_between_steps() {
    let row = |rest: &str| format!("{HEAD}A|M0|1|svdh|L|hand|PIP2|E|1|\n{rest}");
    let (line, column, value, reason) = bad_cell(&row("A|M0|1|svdh|L|hand|MCP2|E|6|"));
    assert_eq!((line, column.as_str(), value.as_str()), (3, "score", "6"));
    assert!(
        reason.contains("0 to 5") && reason.contains("L.MCP2 erosion"),
        "{reason}"
    );
    let (.., reason) = bad_cell(&row("A|M0|1|svdh|L|hand|MCP2|E|-1|"));
    assert!(reason.contains("0 to 5"), "{reason}");
    let (.., reason) = bad_cell(&row("A|M0|1|svdh|L|hand|MCP2|E|2.5|"));
    assert!(reason.contains("steps of 1"), "{reason}");
    let genant = row("A|M0|1|svdh|L|hand|MCP2|E|2.5|").replace("svdh", "genant");
    assert!(read(&genant).is_ok());
    let (.., reason) = bad_cell(&genant.replace("2.5", "2.25"));
    assert!(reason.contains("steps of 0.5"), "{reason}");
    assert!(read(&row("A|M0|1|svdh|L|foot|MTP2|E|10|")).is_ok());
}

#[test]
fn no_numbers() {
    let row = |score: &str| {
        format!("{HEAD}A|M0|1|svdh|L|hand|PIP2|E|1|\nA|M0|1|svdh|L|hand|MCP2|E|{score}|")
    };
    for (score, says) in [
        ("NaN", "leave the cell empty and set status `missing`"),
        ("inf", "leave the cell empty and set status `missing`"),
        ("1,0", "write `1.0`, or read with `--decimal-comma`"),
        ("1,000,0", "no number"),
        ("x", "no number"),
        ("1e999", "no number"),
        ("1e99", "too large"),
    ] {
        let (line, column, value, reason) = bad_cell(&row(score));
        assert_eq!((line, column.as_str(), value.as_str()), (3, "score", score));
        assert!(reason.contains(says), "{score}: {reason}");
    }
    let options = ReadOptions {
        decimal_comma: true,
        ..ReadOptions::default()
    };
    let text = row("1,5").replace("svdh", "genant");
    let read = read_scores(&table(&text), &options).unwrap();
    assert!(read.rows.iter().any(|r| r.score == 1.5));
    let (.., reason) = bad_cell_with(&row("1,0,0"), &options);
    assert!(reason.contains("no number"), "{reason}");
}

#[test]
fn the_same_twice() {
    let text = format!(
        "{HEAD}A|M0|1|svdh|L|hand|PIP2|E|1|\nA|M0|1|svdh|R|hand|PIP2|E|1|\nA|M0|1|svdh|L|hand|pip 2|erosion|2|"
    );
    let (line, column, value, reason) = bad_cell(&text);
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (4, "site", "L.PIP2 erosion")
    );
    assert!(
        reason.contains("first on line 2") && reason.contains("`reading`"),
        "{reason}"
    );
}

#[test]
fn unknown_words_with_the_nearest() {
    let row = |scheme: &str, side: &str, region: &str, site: &str, feature: &str, status: &str| {
        format!("{HEAD}A|M0|1|{scheme}|{side}|{region}|{site}|{feature}||{status}")
    };
    for (text, column, value, says) in [
        (
            row("svhd", "L", "", "PIP2", "E", ""),
            "scheme",
            "svhd",
            "did you mean `svdh`",
        ),
        (row("", "L", "", "PIP2", "E", ""), "scheme", "", "is empty"),
        (
            row("svdh", "X", "", "PIP2", "E", ""),
            "side",
            "X",
            "allowed: L, R",
        ),
        (
            row("svdh", "", "", "PIP2", "E", ""),
            "side",
            "",
            "names no side",
        ),
        (
            row("svdh", "L", "", "R.PIP2", "E", ""),
            "site",
            "R.PIP2",
            "another side",
        ),
        (
            row("svdh", "L", "", "PIP22", "E", ""),
            "site",
            "PIP22",
            "did you mean `PIP2`",
        ),
        (
            row("svdh", "L", "hand", "MTP2", "E", ""),
            "site",
            "MTP2",
            "region `hand`",
        ),
        (
            row("svdh", "L", "head", "MTP2", "E", ""),
            "region",
            "head",
            "hand, foot",
        ),
        (
            row("svdh", "L", "", "IP", "E", ""),
            "site",
            "IP",
            "several regions",
        ),
        (
            row("svdh", "L", "", "IP1", "JSN", ""),
            "site",
            "IP1",
            "`JSN` is not scored there",
        ),
        (
            row("svdh", "L", "", "PIP2", "erosoin", ""),
            "feature",
            "erosoin",
            "did you mean `erosion`",
        ),
        (
            row("svdh", "L", "", "PIP2", "", ""),
            "feature",
            "",
            "is empty",
        ),
        (
            row("svdh", "L", "", "PIP2", "E", "gone"),
            "status",
            "gone",
            "allowed: ok, missing",
        ),
        (
            row("svdh", "L", "", "PIP2", "E", "ok"),
            "score",
            "",
            "yet the status is `ok`",
        ),
    ] {
        let (line, at, found, reason) = bad_cell(&text);
        assert_eq!(
            (line, at.as_str(), found.as_str()),
            (2, column, value),
            "{reason}"
        );
        assert!(reason.contains(says), "{text}: {reason}");
    }
    let text = format!("{HEAD}A|M0|1|svdh|L||PIP2|E|3|replaced");
    let (_, column, value, reason) = bad_cell(&text);
    assert_eq!((column.as_str(), value.as_str()), ("status", "replaced"));
    assert!(reason.contains("contradicts the score `3`"), "{reason}");
    for (text, column) in [
        (format!("{HEAD}|M0|1|svdh|L||PIP2|E|3|"), "subject"),
        (format!("{HEAD}A||1|svdh|L||PIP2|E|3|"), "visit"),
        (format!("{HEAD}A|M0||svdh|L||PIP2|E|3|"), "reader"),
    ] {
        let (_, at, _, reason) = bad_cell(&text);
        assert!(at == column && reason.contains("empty"), "{at}: {reason}");
    }
}

#[test]
fn mixed_schemes() {
    let text = format!("{HEAD}A|M0|1|svdh|L||PIP2|E|3|\nA|M0|1|ratingen|L||PIP2|E|3|");
    let (line, column, value, reason) = bad_cell(&text);
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (3, "scheme", "ratingen")
    );
    assert!(reason.contains("beside `svdh` (line 2)"), "{reason}");
    let options = ReadOptions {
        scheme: Some("rsds".into()),
        ..ReadOptions::default()
    };
    let one = read_scores(&table(&text), &options).unwrap();
    assert_eq!((one.scheme.as_str(), one.rows.len()), ("ratingen", 1));
    assert!(
        validate(&table(&text), &options)
            .warnings
            .iter()
            .any(|w| w.contains("only the rows"))
    );
    let options = ReadOptions {
        scheme: Some("sens".into()),
        ..ReadOptions::default()
    };
    let message = said(&read_scores(&table(&text), &options).unwrap_err());
    assert!(
        message.contains("no row has scheme `sens`; there are: `svdh`"),
        "{message}"
    );
}

#[test]
fn a_subject_has_one_arm() {
    let text = "subject|arm|scheme|visit|score\nA|x|custom|M0|1\nA|y|custom|M6|1";
    let (line, column, value, reason) = bad_cell(text);
    assert_eq!((line, column.as_str(), value.as_str()), (3, "arm", "y"));
    assert!(reason.contains("arm `x` on line 2"), "{reason}");
}

#[test]
fn tables_without_what_is_needed() {
    for (text, says) in [
        ("subject|value\nA|1", "column `score` is missing"),
        ("patient|score\nA|1", "column `subject` is missing"),
        ("subject|score", "no rows"),
        ("", "column `subject` is missing"),
        ("subject|score\nA|1", "no column `scheme`"),
        ("subject|score|scheme\nA|1|svdh", "column `site` is missing"),
        (
            "subject|score|scheme|site\nA|1|svdh|L.PIP2",
            "column `feature` is missing",
        ),
    ] {
        let message = said(&read(text).unwrap_err());
        assert!(message.contains(says), "{text}: {message}");
        assert!(message.contains("scores.csv"), "{message}");
    }
    let message = said(&read("subjct|visit|score\nA|M0|1").unwrap_err());
    assert!(
        message.contains("perhaps it is `subjct`") && message.contains("`visit`"),
        "{message}"
    );
}

/// Seconds that reading and validating take, for tables made to be slow.
fn seconds(table: &Table, scheme: &str) -> f64 {
    let options = ReadOptions {
        scheme: Some(scheme.into()),
        ..ReadOptions::default()
    };
    let start = std::time::Instant::now();
    let _ = read_scores(table, &options);
    let _ = validate(table, &options);
    start.elapsed().as_secs_f64()
}

#[test]
fn nonsense_of_every_length_ends_soon() {
    const MANY: usize = 30_000;
    let column = |i| text_column(&format!("c{i}"), std::iter::once(String::from("x")));
    // `Table::new` compares all names, so the width is what it can take in a test.
    let wide = Table::new("wide.csv", (0..4000).map(column).collect(), Vec::new()).unwrap();
    let message = said(&read_scores(&wide, &ReadOptions::default()).unwrap_err());
    assert!(
        message.len() < 1000 && message.contains("and 3976 more"),
        "{message}"
    );
    let different =
        |name: &str, word: &str| text_column(name, (0..MANY).map(|i| format!("{word}{i}")));
    let same = |name: &str, word: &str| text_column(name, (0..MANY).map(|_| word.to_owned()));
    let tall = |columns: Vec<Column>| Table::new("tall.csv", columns, Vec::new()).unwrap();
    for columns in [
        vec![
            different("subject", "S"),
            different("site", "L.X"),
            different("feature", "f"),
            different("score", "s"),
        ],
        vec![
            same("subject", "S"),
            same("site", "L.PIP2"),
            same("feature", "E"),
            same("score", "1"),
        ],
        vec![
            same("subject", "S"),
            different("site", "L.PIP"),
            same("feature", "E"),
            different("visit", "v"),
            same("score", "1"),
        ],
        vec![
            same("subject", "S"),
            different("visit", "M"),
            different("reader", "r"),
            different("reading", ""),
            same("site", "L.PIP2"),
            same("feature", "E"),
            same("score", "1"),
        ],
        vec![
            same("subject", "S"),
            different("arm", "a"),
            different("days", ""),
            different("visit", "M"),
            same("site", "L.PIP2"),
            same("feature", "E"),
            same("score", "1"),
        ],
        vec![different("score", ""), different("subject", "")],
    ] {
        let table = tall(columns);
        for scheme in ["svdh", "custom"] {
            let took = seconds(&table, scheme);
            // What grows with the square of the rows takes minutes here; a busy machine takes seconds.
            assert!(took < 60.0, "{scheme}: {took} s");
        }
    }
}

#[test]
fn columns_of_other_names_are_pointed_at() {
    let read = |text: &str, mapping: Option<&str>| {
        let options = ReadOptions {
            scheme: Some("svdh".into()),
            mapping: mapping.map(|m| howship_scores::Mapping::shipped(m).unwrap()),
            ..ReadOptions::default()
        };
        validate(&table(text), &options)
    };
    let found = read("patient|visit|joint|value\nA|M0|L.MCP2|1", None);
    let message = said(&found.problems[0]);
    assert!(message.contains("perhaps it is `patient`"), "{message}");
    let text = "subject|rater|side|site|feature|score\nA|x|L|MCP2|erosion|1";
    let found = read(text, None);
    assert!(found.is_valid());
    let told = |w: &String| w.contains("column `rater` is not read: if it is the reader");
    assert!(found.warnings.iter().any(told), "{:?}", found.warnings);
    let message = said(&read(text, Some("ra2-dream")).problems[0]);
    assert!(
        message.contains("mapping `ra2-dream` looks for `"),
        "{message}"
    );
}
