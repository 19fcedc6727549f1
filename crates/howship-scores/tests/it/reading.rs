//! Tables of every shape read, every kind of bad cell named.

use howship_scores::{Error, NONE, ReadOptions, ScoreTable, Side, Status, read_scores, validate};
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

pub(crate) fn read(text: &str) -> Result<ScoreTable, Error> {
    read_scores(&table(text), &ReadOptions::default())
}

/// Line, column, value and reason of the first bad cell.
pub(crate) fn bad_cell(text: &str) -> (u64, String, String, String) {
    bad_cell_with(text, &ReadOptions::default())
}

pub(crate) fn bad_cell_with(text: &str, options: &ReadOptions) -> (u64, String, String, String) {
    match read_scores(&table(text), options) {
        Err(Error::Cell {
            line,
            column,
            value,
            reason,
            path,
        }) => {
            assert_eq!(path.to_str(), Some("scores.csv"));
            (line, column, value, reason.in_full())
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

pub(crate) const HEAD: &str = "subject|visit|reader|scheme|side|region|site|feature|score|status\n";

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

pub(crate) fn text_column(name: &str, cells: impl Iterator<Item = String>) -> Column {
    let mut names = Names::new();
    let codes = cells.map(|c| names.intern(&c)).collect();
    Column {
        name: name.to_owned(),
        values: Values::Text { names, codes },
    }
}
