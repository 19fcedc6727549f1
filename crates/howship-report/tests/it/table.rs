use crate::synthetic::sample;
use howship_change::Quantity;
use howship_report::lesions_csv;
use std::collections::BTreeMap;

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
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
fn without_lesions_there_is_a_header() {
    let mut sample = sample(1, 0.1);
    sample.result.lesions.clear();
    let text = lesions_csv(&sample.result);
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.starts_with("subject,lesion,bone,kind,quantity,unit,visit,days,value,se,df,change,")
    );
}
