//! Tables that are not Howship's own: wide, typed, CDISC-shaped.

use crate::reading::{bad_cell, read, table, text_column};
use crate::said;
use howship_scores::{Mapping, ReadOptions, Scheme, Status, read_scores, validate};
use howship_tables::{Column, Table, Values};

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
    let message = said(&read(text).unwrap_err());
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
        let message = said(&Mapping::from_toml(text).unwrap_err());
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
    let message = said(&read_scores(&table("Patient_ID|x\nA|1"), &options).unwrap_err());
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
        let message = said(&typed(&[0.0, 0.0, bad]).unwrap_err());
        assert!(message.contains("line 3, column `score`"), "{message}");
    }
}

/// `{visit}` fits every name: columns that the mapping names for something else were read as visits.
#[test]
fn a_column_for_each_visit_needs_no_pattern_but_the_visit() {
    let mapping = "
[columns]
subject = 'Patient'
reader = 'Reader'
[constants]
scheme = 'custom'
feature = 'total'
[[wide]]
columns = '{visit}'
visit = '{visit}'
";
    let options = ReadOptions {
        mapping: Some(Mapping::from_toml(mapping).unwrap()),
        ..ReadOptions::default()
    };
    let text = "Patient|Reader|M0|M12\nP1|A|5|4\nP1|B|6|";
    let t = read_scores(&table(text), &options).unwrap();
    let visits: Vec<&str> = t.visits.iter().map(|v| v.name.as_str()).collect();
    assert_eq!((visits, t.rows.len()), (vec!["M0", "M12"], 4));
    assert_eq!(t.readers.iter().collect::<Vec<_>>(), ["A", "B"]);
}

/// A table's own total stood twice under one name.
#[test]
fn a_feature_named_total_is_the_only_total() {
    let of = |text: &str| {
        let t = read(text).unwrap();
        let (sums, _) = howship_scores::totals(&t, &Default::default()).unwrap();
        let values: Vec<Option<f64>> = sums.rows[0].values.iter().map(|v| v.value).collect();
        (sums.features, values)
    };
    let one = "subject|visit|scheme|feature|score\nP1|M0|custom|total|7";
    assert_eq!(of(one), (vec!["total".to_owned()], vec![Some(7.0)]));
    let parts = format!("{one}\nP1|M0|custom|erosion|4\nP1|M0|custom|jsn|3");
    let (features, values) = of(&parts);
    assert_eq!(
        features.iter().filter(|f| *f == "total").count(),
        1,
        "{features:?}"
    );
    assert_eq!(values.iter().flatten().sum::<f64>(), 14.0);
}
