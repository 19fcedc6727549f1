//! Tables of every shape read, every kind of bad cell named.

use howship_scores::{
    Error, Mapping, NONE, ReadOptions, Scheme, ScoreTable, Side, Status, read_scores, validate,
};
use howship_tables::{Column, Names, Table, Values};

/// A table of text, cells parted by `|`; the header is line 1.
pub(crate) fn table(text: &str) -> Table {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let header: Vec<&str> = lines
        .next()
        .unwrap_or("")
        .split('|')
        .map(str::trim)
        .collect();
    let mut names = vec![Names::new(); header.len()];
    let mut codes = vec![Vec::new(); header.len()];
    let mut numbers = Vec::new();
    for (row, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), header.len(), "{line}");
        for (i, cell) in cells.into_iter().enumerate() {
            codes[i].push(names[i].intern(cell));
        }
        numbers.push(row as u32 + 2);
    }
    let columns = header.iter().zip(names).zip(codes);
    let columns = columns.map(|((name, names), codes)| Column {
        name: (*name).to_owned(),
        values: Values::Text { names, codes },
    });
    Table::new("scores.csv", columns.collect(), numbers).unwrap()
}

fn read(text: &str) -> Result<ScoreTable, Error> {
    read_scores(&table(text), &ReadOptions::default())
}

/// Line, column, value and reason of the first bad cell.
fn bad_cell(text: &str) -> (u64, String, String, String) {
    bad_cell_with(text, &ReadOptions::default())
}

fn bad_cell_with(text: &str, options: &ReadOptions) -> (u64, String, String, String) {
    match read_scores(&table(text), options) {
        Err(Error::Cell {
            line,
            column,
            value,
            reason,
            path,
        }) => {
            assert_eq!(path.to_str(), Some("scores.csv"));
            (line, column, value, reason)
        }
        other => panic!("no bad cell: {other:?}"),
    }
}

const GOOD: &str = "
subject | arm | visit | days | reader | campaign | reading | sequence_blinded | scheme | side | region | site | feature | score | status
S10 | A | M0 | 0   | B | c1 | 1 | 1 | svdh | L | hand | MCP2 | erosion | 3 | ok
S10 | A | M12 | 370 | B | c1 | 1 | 1 | SHS  | left | feet | ip-1 | E | 10 |
S2  | B | M0 | 0   | A | c1 | 1 | 1 | svdh | R | | FIP1 | JSN | | replaced
S2  | B | M0 | 0   | A | c1 | 1 | 1 | svdh | R | wrist | stt | j | | not-scorable
S2  | B | M0 | 0   | A | c1 | 2 | 1 | svdh | | | R.PIP3 | jsn | 0 |
S2  | B | M0 | 0   | A | c1 | 2 | 1 | svdh | | | R.PIP4 | jsn | NA |
";

#[test]
fn a_good_table() {
    let t = read(GOOD).unwrap();
    assert_eq!(t.scheme, "svdh");
    assert_eq!(t.subjects.iter().collect::<Vec<_>>(), ["S2", "S10"]);
    assert_eq!(t.readers.iter().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(t.arms.iter().collect::<Vec<_>>(), ["A", "B"]);
    let visits: Vec<_> = t.visits.iter().map(|v| (v.name.as_str(), v.days)).collect();
    assert_eq!(visits, [("M0", Some(0.0)), ("M12", Some(365.25))]);
    assert_eq!(t.sequence_known, Some(false));
    assert_eq!((t.items.len(), t.rows.len()), (86, 6));
    let titles: Vec<String> = t
        .rows
        .iter()
        .map(|r| t.items[r.item as usize].title())
        .collect();
    assert_eq!(
        titles,
        [
            "R.FIP1 jsn",
            "R.MUL-NAV jsn",
            "R.PIP3 jsn",
            "R.PIP4 jsn",
            "L.MCP2 erosion",
            "L.FIP1 erosion"
        ]
    );
    let statuses: Vec<Status> = t.rows.iter().map(|r| r.status).collect();
    use Status::{Missing, NotScorable, Ok, Replaced};
    assert_eq!(statuses, [Replaced, NotScorable, Ok, Missing, Ok, Ok]);
    assert_eq!(
        (t.rows[4].score, t.rows[5].days, t.rows[1].line),
        (3.0, 370.0, 5)
    );
    assert_eq!(t.items[t.rows[4].item as usize].side, Some(Side::L));
}

#[test]
fn only_what_is_needed_must_be_there() {
    let t = read("subject|score|scheme\nA|1.5|custom\nB|2|custom").unwrap();
    assert_eq!(
        (t.items.len(), t.rows.len(), t.visits.len(), t.readers.len()),
        (1, 2, 1, 1)
    );
    assert_eq!(
        (t.rows[0].arm, t.rows[0].campaign, t.rows[0].reading),
        (NONE, NONE, 1)
    );
    let options = ReadOptions {
        scheme: Some("ratingen".into()),
        ..ReadOptions::default()
    };
    let t = read_scores(&table("subject|site|score\nA|L.MCP2|5"), &options).unwrap();
    assert_eq!(t.items[t.rows[0].item as usize].title(), "L.MCP2 erosion");
    // One hand, whichever: items have no side.
    let options = ReadOptions {
        scheme: Some("ramris".into()),
        ..ReadOptions::default()
    };
    let text = "subject|side|site|feature|score\nA|R|CAP|BME|3\nB||SCA|erosion|10";
    let t = read_scores(&table(text), &options).unwrap();
    let titles: Vec<String> = t
        .rows
        .iter()
        .map(|r| t.items[r.item as usize].title())
        .collect();
    assert_eq!(titles, ["CAP osteitis", "NAV erosion"]);
}

const HEAD: &str = "subject|visit|reader|scheme|side|region|site|feature|score|status\n";

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
        (
            "1,0",
            "write `1.0`, or read with the option for decimal commas",
        ),
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
    let message = read_scores(&table(&text), &options)
        .unwrap_err()
        .to_string();
    assert!(message.contains("no row has scheme `sens`"), "{message}");
}

#[test]
fn visits_in_order_of_time() {
    let head = "subject|scheme|visit|days|score\n";
    let names = |body: &str| {
        let t = read(&format!("{head}{body}")).unwrap();
        t.visits
            .iter()
            .map(|v| v.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        names("A|custom|M12||1\nA|custom|M6||1\nA|custom|M0||1"),
        "M0 M6 M12"
    );
    assert_eq!(
        names("A|custom|Week 24||1\nA|custom|Baseline||1\nA|custom|Month 12||1"),
        "Baseline Week 24 Month 12"
    );
    assert_eq!(
        names("A|custom|late|200|1\nA|custom|early|3|1"),
        "early late"
    );
    assert_eq!(names("A|custom|10||1\nA|custom|9||1"), "9 10");
    let (line, column, value, reason) =
        bad_cell(&format!("{head}A|custom|M0|0|1\nA|custom|late||1"));
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (3, "visit", "late")
    );
    assert!(reason.contains("fill a column `days`"), "{reason}");
    let (line, column, value, reason) = bad_cell(&format!(
        "{head}A|custom|M0|0|1\nB|custom|M0|40|1\nB|custom|M6|30|1"
    ));
    assert_eq!((line, column.as_str(), value.as_str()), (4, "days", "30"));
    assert!(
        reason.contains("`M6` of subject `B` before visit `M0` (day 40, line 3)"),
        "{reason}"
    );
    let (.., reason) = bad_cell(&format!("{head}A|custom|M0|0|1\nA|custom|BL|0|1"));
    assert!(reason.contains("same time"), "{reason}");
    let (_, column, ..) = bad_cell(&format!("{head}A|custom|M0|zero|1"));
    assert_eq!(column, "days");
}

#[test]
fn visits_by_date() {
    let text = "subject|scheme|visit|score\nA|custom|2020-03-01|1\nA|custom|2020-01-01|1\nB|custom|2019-05-01|1\nB|custom|2019-07-10|2";
    let t = read(text).unwrap();
    let visits: Vec<_> = t.visits.iter().map(|v| (v.name.as_str(), v.days)).collect();
    assert_eq!(visits, [("visit 1", Some(0.0)), ("visit 2", Some(65.0))]);
    let rows: Vec<_> = t
        .rows
        .iter()
        .map(|r| (r.subject, r.visit, r.days, r.line))
        .collect();
    assert_eq!(
        rows,
        [
            (0, 0, 0.0, 3),
            (0, 1, 60.0, 2),
            (1, 0, 0.0, 4),
            (1, 1, 70.0, 5)
        ]
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
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(says), "{text}: {message}");
        assert!(message.contains("scores.csv"), "{message}");
    }
    let message = read("subjct|visit|score\nA|M0|1").unwrap_err().to_string();
    assert!(
        message.contains("is it `subjct`") && message.contains("`visit`"),
        "{message}"
    );
}

#[test]
fn validation_lists_problems_and_oddities() {
    let mut text = String::from(HEAD);
    for i in 0..40 {
        text.push_str(&format!(
            "S{i}|M0|1|svdh|L|hand|PIP2|E|{}|\n",
            if i % 2 == 0 { 7 } else { 1 }
        ));
    }
    let found = validate(&table(&text), &ReadOptions::default());
    assert_eq!(
        (found.found, found.problems.len(), found.is_valid()),
        (20, 20, false)
    );
    let options = ReadOptions {
        max_problems: 3,
        ..ReadOptions::default()
    };
    let found = validate(&table(&text), &options);
    assert_eq!((found.found, found.problems.len()), (20, 3));
    let lines: Vec<u64> = found
        .problems
        .iter()
        .map(|e| match e {
            Error::Cell { line, .. } => *line,
            _ => 0,
        })
        .collect();
    assert_eq!(lines, [2, 4, 6]);
    assert!(found.summary.is_none());
}

#[test]
fn oddities_are_told() {
    let said = |text: &str, what: &str| {
        let found = validate(&table(text), &ReadOptions::default());
        assert!(found.is_valid(), "{:?}", found.problems);
        assert!(
            found.warnings.iter().any(|w| w.contains(what)),
            "{what}: {:?}",
            found.warnings
        );
        found.summary.unwrap()
    };
    let h = "subject|scheme|visit|reader|score\n";
    let lonely = format!("{h}A|custom|M0|x|1\nB|custom|M0|x|2\nB|custom|M0|y|2");
    let summary = said(&lonely, "reader `y` read one subject only (`B`)");
    assert_eq!(
        (summary.rows, summary.subjects, summary.readers.len()),
        (3, 2, 2)
    );
    said(
        &format!("{h}A|custom|M0|x|2\nB|custom|M0|x|2"),
        "all 2 scores of `score` are 2",
    );
    said(
        &format!("{h}A|custom|M0|x|2\nA|custom|M6|x|2"),
        "one subject only",
    );
    said(
        &format!("{h}A|custom|M0|x|2\nB|custom|M0|x|1"),
        "one visit only",
    );
    said(GOOD, "80 of the 86 items of scheme `svdh` never occur");
    let hands = format!("{HEAD}A|M0|1|svdh|L||PIP2|E|3|\nB|M0|1|svdh|L||PIP2|E|2|");
    said(&hands, "`svdh-hands`");
}

#[test]
fn a_scheme_of_ones_own_is_read() {
    let own = "id='toes'\nname='Toes'\nsource='us'\n[[feature]]\ncode='swelling'\n[[score]]\nfeature='swelling'\nsites=['MTP2']\nmax=2\n";
    let options = ReadOptions {
        own_schemes: vec![Scheme::from_toml(own).unwrap()],
        ..ReadOptions::default()
    };
    let t = read_scores(
        &table("subject|scheme|site|score\nA|toes|L.MTP2|2"),
        &options,
    )
    .unwrap();
    assert_eq!(t.items.len(), 2);
}

#[test]
fn wide_tables() {
    let text = "
Patient_ID|Overall_Tol|Overall_erosion|LH_mcp_E__1|RH_mcp_J__5|LH_wrist_J__cmc3|LF_mtp_E__ip|RF_mtp_E__2
P1|9|9|5|4|2|10|0
P2|9|9|0||1|1|3";
    let t = read(text).unwrap();
    assert_eq!((t.scheme.as_str(), t.rows.len()), ("svdh", 10));
    let title = |i: usize| {
        format!(
            "{} {}",
            t.items[t.rows[i].item as usize].title(),
            t.rows[i].score
        )
    };
    let titles: Vec<String> = (0..5).map(title).collect();
    assert_eq!(
        titles,
        [
            "L.MCP1 erosion 5",
            "L.FIP1 erosion 10",
            "R.MTP2 erosion 0",
            "L.CMC3 jsn 2",
            "R.MCP5 jsn 4"
        ]
    );
    assert_eq!(
        t.rows
            .iter()
            .filter(|r| r.status == Status::Missing)
            .count(),
        1
    );
    let found = validate(&table(text), &ReadOptions::default());
    assert!(
        found
            .warnings
            .iter()
            .any(|w| w.contains("`Overall_erosion`")),
        "{:?}",
        found.warnings
    );
    assert!(found.warnings.iter().any(|w| w.contains("not confirmed")));
    let (line, column, value, reason) = bad_cell(&text.replace("P2|9|9|0", "P2|9|9|8"));
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (3, "LH_mcp_E__1", "8")
    );
    assert!(reason.contains("0 to 5"), "{reason}");
    let (_, column, value, _) = bad_cell(&text.replace("LH_mcp_E__1", "LH_mcp_E__9"));
    assert_eq!((column.as_str(), value.as_str()), ("LH_mcp_E__9", "MCP9"));
}

#[test]
fn hand_films_of_ram_h1200() {
    let t = read("subject|side|BE_MCP-T|BE_Tm|JSN_MCP-T|JSN_SR\nA|L|1|2|3|4\nA|R|0|0|0|0").unwrap();
    let titles: Vec<String> = t
        .rows
        .iter()
        .take(4)
        .map(|r| t.items[r.item as usize].title())
        .collect();
    assert_eq!((t.scheme.as_str(), t.rows.len()), ("svdh-hands", 8));
    assert_eq!(
        titles,
        [
            "L.MCP1 erosion",
            "L.MUL erosion",
            "R.MCP1 erosion",
            "R.MUL erosion"
        ]
    );
}

#[test]
fn sdtm_mk() {
    let text = "
USUBJID|VISIT|VISITNUM|MKTESTCD|MKLOC|MKLAT|MKORRES|MKSTRESN|MKSTAT|MKREASND|MKEVALID|MKDY
01-1|WEEK 52|4|EROSION|MCP2|LEFT|3|3|||READER 1|366
01-1|BASELINE|2|EROSION|MCP2|LEFT|3|3|||READER 1|1
01-1|BASELINE|2|EROSION|MCP3|LEFT|||NOT DONE|JOINT REPLACED|READER 1|1
01-1|BASELINE|2|JSN|METACARPOPHALANGEAL JOINT 4|RIGHT|||NOT DONE|FILM LOST|READER 2|1
01-1|BASELINE|2|TNDRIND|MCP3|LEFT|Y||||READER 1|1";
    let options = ReadOptions {
        scheme: Some("svdh".into()),
        ..ReadOptions::default()
    };
    let t = read_scores(&table(text), &options).unwrap();
    assert_eq!((t.rows.len(), t.visits[1].name.as_str()), (4, "WEEK 52"));
    let rows: Vec<_> = t
        .rows
        .iter()
        .map(|r| (t.items[r.item as usize].title(), r.status, r.days))
        .collect();
    assert_eq!(rows[0], ("L.MCP2 erosion".into(), Status::Ok, 0.0));
    assert_eq!(rows[1], ("L.MCP3 erosion".into(), Status::Replaced, 0.0));
    assert_eq!(rows[2], ("R.MCP4 jsn".into(), Status::Missing, 0.0));
    assert_eq!(rows[3], ("L.MCP2 erosion".into(), Status::Ok, 365.0));
    let found = validate(&table(text), &options);
    assert!(
        found
            .warnings
            .iter()
            .any(|w| w.contains("1 rows were left out")),
        "{:?}",
        found.warnings
    );
    let message = read(text).unwrap_err().to_string();
    assert!(message.contains("`--scheme`"), "{message}");
}

#[test]
fn adam_bds() {
    let text = "
USUBJID|TRTP|AVISIT|AVISITN|ADY|PARAMCD|AVAL|DTYPE
1|ETN|End of study|99|366|SVDHTOT|12.5|
1|ETN|Baseline|0|1|SVDHTOT|12|
1|ETN|Baseline|0|1|SVDHES|8|
1|ETN|End of study|99|366|SVDHES|8|LOCF";
    let t = read(text).unwrap();
    assert_eq!(
        (t.scheme.as_str(), t.rows.len(), t.items.len()),
        ("custom", 3, 2)
    );
    let visits: Vec<_> = t.visits.iter().map(|v| (v.name.as_str(), v.days)).collect();
    assert_eq!(
        visits,
        [("Baseline", Some(0.0)), ("End of study", Some(365.0))]
    );
    assert!(!t.sums.total);
}

#[test]
fn mappings_say_what_is_wrong_with_them() {
    for (text, says) in [
        ("id='x'", "needs either"),
        (
            "id='x'\n[columns]\nsubjekt='a'\nscore='b'",
            "did you mean `subject`",
        ),
        ("id='x'\n[[wide]]\nsite='a'", "needs `columns`"),
        ("id='x'\n[[wide]]\ncolumns='a{n'\nsite='a'", "without `}`"),
        (
            "id='x'\n[[wide]]\ncolumns='a{n}'\nsite='{m}'",
            "no hole `{m}`",
        ),
        ("idd='x'", "idd"),
        ("id='x'\n[columns]\nscore='b'\n[scores]\n9='gone'", "gone"),
    ] {
        let message = Mapping::from_toml(text).unwrap_err().to_string();
        assert!(message.contains(says), "{text}: {message}");
    }
    let mapping = "id='x'\n[columns]\nsubject='who'\nscore='what'\nsite='where'\n[constants]\nscheme='ratingen'\n[scores]\n9='replaced'\n[values.site]\nfinger='L.MCP2'";
    let options = ReadOptions {
        mapping: Some(Mapping::from_toml(mapping).unwrap()),
        ..ReadOptions::default()
    };
    let t = read_scores(&table("who|where|what\nA|finger|9"), &options).unwrap();
    assert_eq!(t.rows[0].status, Status::Replaced);
    let options = ReadOptions {
        mapping: Some(Mapping::shipped("ra2-dream").unwrap()),
        ..ReadOptions::default()
    };
    let message = read_scores(&table("Patient_ID|x\nA|1"), &options)
        .unwrap_err()
        .to_string();
    assert!(message.contains("none of the 2 columns"), "{message}");
}

#[test]
fn typed_columns() {
    let number = |name: &str, numbers: &[f64]| Column {
        name: name.to_owned(),
        values: Values::Number(numbers.to_vec()),
    };
    let typed = |scores: &[f64]| {
        let columns = vec![
            number("subject", &[10.0, 2.0, 2.0]),
            number("visit", &[1.0, 1.0, 2.0]),
            number("score", scores),
            text_column(
                "site",
                ["PIP2", "PIP3", "PIP3"].into_iter().map(String::from),
            ),
            text_column("side", ["L", "R", "R"].into_iter().map(String::from)),
        ];
        let table = Table::new("typed.parquet", columns, Vec::new()).unwrap();
        let options = ReadOptions {
            scheme: Some("ratingen".into()),
            ..ReadOptions::default()
        };
        read_scores(&table, &options)
    };
    let t = typed(&[5.0, f64::NAN, 0.0]).unwrap();
    assert_eq!(t.subjects.iter().collect::<Vec<_>>(), ["2", "10"]);
    let rows: Vec<_> = t.rows.iter().map(|r| (r.visit, r.status, r.line)).collect();
    assert_eq!(
        rows,
        [
            (0, Status::Missing, 2),
            (1, Status::Ok, 3),
            (0, Status::Ok, 1)
        ]
    );
    for bad in [f64::INFINITY, 1e300, 5.5, 6.0] {
        let message = typed(&[0.0, 0.0, bad]).unwrap_err().to_string();
        assert!(message.contains("line 3, column `score`"), "{message}");
    }
}

#[test]
fn directions_are_told() {
    for (id, site, feature, says) in [
        ("guss", "DIP2", "plate", "higher is better"),
        ("arashi-change", "KNEE", "erosion", "are changes already"),
    ] {
        let text = format!(
            "subject|scheme|site|feature|score\nA|{id}|L.{site}|{feature}|0\nB|{id}|L.{site}|{feature}|0"
        );
        let found = validate(&table(&text), &ReadOptions::default());
        assert!(
            found.warnings.iter().any(|w| w.contains(says)),
            "{:?}",
            found.warnings
        );
    }
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

fn text_column(name: &str, cells: impl Iterator<Item = String>) -> Column {
    let mut names = Names::new();
    let codes = cells.map(|c| names.intern(&c)).collect();
    Column {
        name: name.to_owned(),
        values: Values::Text { names, codes },
    }
}

#[test]
fn nonsense_of_every_length_ends_soon() {
    const MANY: usize = 30_000;
    let column = |i| text_column(&format!("c{i}"), std::iter::once(String::from("x")));
    // `Table::new` compares all names, so the width is what it can take in a test.
    let wide = Table::new("wide.csv", (0..4000).map(column).collect(), Vec::new()).unwrap();
    let message = read_scores(&wide, &ReadOptions::default())
        .unwrap_err()
        .to_string();
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
            assert!(took < 10.0, "{scheme}: {took} s");
        }
    }
}
