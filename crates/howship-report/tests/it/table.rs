use crate::synthetic::sample;
use howship_change::Quantity;
use howship_report::lesions_csv;
use std::collections::BTreeMap;

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    // A byte order mark, so that spreadsheets read `mm³`.
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|r| {
            let record = r.unwrap();
            header
                .iter()
                .map(String::from)
                .zip(record.iter().map(String::from))
                .collect()
        })
        .collect()
}

#[test]
fn a_row_per_lesion_quantity_and_visit() {
    let sample = sample(3, 0.1);
    let rows = rows(&lesions_csv(&sample.result));
    let lesions = sample.result.lesions.len();
    assert_eq!((lesions, rows.len()), (5, 5 * Quantity::ALL.len() * 3));
    let with = |key: &str| rows.iter().filter(|r| !r[key].is_empty()).count();
    // Volume changes at both later visits, the others at the last.
    assert_eq!(with("change"), lesions * (2 + Quantity::ALL.len() - 1));
    assert_eq!(with("verdict"), lesions);
    assert_eq!(with("p_stable"), lesions);
    assert_eq!(with("subject"), rows.len());
    assert_eq!(with("df"), 0);
}

#[test]
fn numbers_come_back_to_the_last_digit() {
    let sample = sample(2, 0.1);
    let rows = rows(&lesions_csv(&sample.result));
    let lesion = &sample.result.lesions[2];
    let row = rows
        .iter()
        .find(|r| r["lesion"] == "3" && r["quantity"] == "volume" && r["visit"] == "M6")
        .unwrap();
    let number = |key: &str| row[key].parse::<f64>().unwrap();
    let volume = &lesion.visits[1].measurements[&Quantity::Volume];
    let change = &lesion.course[0];
    assert_eq!((number("value"), number("se")), (volume.value, volume.se));
    assert_eq!(
        [number("change_low"), number("change_high")],
        change.interval
    );
    assert_eq!((number("lsc"), number("delta")), (change.lsc, change.delta));
    assert_eq!((row["unit"].as_str(), number("days")), ("mm³", 182.625));
    assert_eq!(row["verdict"], lesion.verdict().unwrap().word());
}

#[test]
fn names_with_commas_quotes_and_lines_survive() {
    let mut sample = sample(2, 0.1);
    let evil = "a,\"b\"\r\nc ";
    sample.result.lesions[0].bone = evil.into();
    sample.result.lesions[0].judged.as_mut().unwrap().reason = evil.into();
    let rows = rows(&lesions_csv(&sample.result));
    assert_eq!(
        rows.len(),
        sample.result.lesions.len() * Quantity::ALL.len() * 2
    );
    assert_eq!(rows[0]["bone"], evil);
    assert_eq!(rows[1]["reason"], evil);
}

#[test]
fn text_that_a_spreadsheet_would_run_is_disarmed() {
    for (evil, safe) in [
        (
            "=HYPERLINK(\"http://x\",\"y\")",
            "'=HYPERLINK(\"http://x\",\"y\")",
        ),
        ("+1", "'+1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=b", "a=b"),
    ] {
        let mut sample = sample(2, 0.1);
        sample.result.provenance.subject = Some(howship_change::Subject::new(evil));
        sample.result.lesions[0].bone = evil.into();
        sample.result.lesions[0].judged.as_mut().unwrap().reason = evil.into();
        let rows = rows(&lesions_csv(&sample.result));
        assert_eq!(rows[0]["subject"], safe);
        assert_eq!(rows[0]["bone"], safe);
        assert_eq!(rows[1]["reason"], safe);
        // Numbers below 0 stay numbers.
        assert!(rows.iter().all(|r| !r["change"].starts_with('\'')));
    }
}

#[test]
fn a_joint_without_lesions_has_a_row_per_visit() {
    let mut sample = sample(2, 0.1);
    sample.result.lesions.clear();
    let rows = rows(&lesions_csv(&sample.result));
    assert_eq!(rows.len(), 2);
    for (row, visit) in rows.iter().zip(["M0", "M6"]) {
        assert_eq!(
            (row["kind"].as_str(), row["visit"].as_str()),
            ("none", visit)
        );
        assert_eq!(row["file"], format!("joint_{visit}.AIM"));
        assert_eq!(row["subject"], "S-014");
        let empty = [
            "lesion", "bone", "x_mm", "value", "change", "verdict", "reason",
        ];
        assert!(empty.iter().all(|key| row[*key].is_empty()), "{row:?}");
    }
}

#[test]
fn a_row_says_where_the_lesion_lies_in_its_own_file() {
    let mut sample = sample(2, 0.1);
    sample.result.lesions[1].visits[1].centre_mm = [1.25, -2.5, 3.0];
    let rows = rows(&lesions_csv(&sample.result));
    let row = rows
        .iter()
        .find(|r| r["lesion"] == "2" && r["visit"] == "M6")
        .unwrap();
    let place = ["x_mm", "y_mm", "z_mm"].map(|key| row[key].as_str());
    assert_eq!(place, ["1.25", "-2.5", "3"]);
    assert_eq!(row["file"], "joint_M6.AIM");
    // Images that are not one a visit cannot be told apart by their number.
    sample.result.provenance.inputs.pop();
    let text = lesions_csv(&sample.result);
    assert!(!text.contains("joint_M0.AIM"));
}

#[test]
fn what_is_new_is_said_once() {
    let mut sample = sample(2, 0.1);
    let lesion = &mut sample.result.lesions[2];
    (lesion.visits[0].found, lesion.visits[0].open) = (false, false);
    assert_eq!(lesion.verdict(), Some(howship_change::Verdict::Progressing));
    let rows = rows(&lesions_csv(&sample.result));
    let told: Vec<_> = rows.iter().filter(|r| !r["fate"].is_empty()).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0]["lesion"].as_str(), told[0]["fate"].as_str()),
        ("3", "new")
    );
}
