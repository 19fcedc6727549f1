//! Score tables and totals made by hand.

use howship_scores::{
    Item, Record, ScoreTable, ScoreVisit, Side, Status, Total, TotalRow, Totals, TotalsOptions,
};

/// What is scored: (subject, reader, reading, item, scores by visit; NaN for missing).
pub(crate) type Reading<'a> = (&'a str, &'a str, u32, u32, &'a [f64]);

/// Items `1..=n` of one feature, 0 to 5.
pub(crate) fn items(n: usize, feature: &str) -> Vec<Item> {
    (1..=n)
        .map(|i| Item {
            side: Some(Side::L),
            site: format!("MCP{i}"),
            feature: feature.to_owned(),
            min: 0.0,
            max: 5.0,
            step: 1.0,
            weight: 1.0,
        })
        .collect()
}

/// Yearly visits.
pub(crate) fn visits(n: usize) -> Vec<ScoreVisit> {
    (0..n)
        .map(|i| ScoreVisit {
            name: format!("M{}", 12 * i),
            days: Some(365.25 * i as f64),
        })
        .collect()
}

pub(crate) fn table(items: Vec<Item>, visits: usize, readings: &[Reading<'_>]) -> ScoreTable {
    let records = readings
        .iter()
        .flat_map(|&(subject, reader, reading, item, scores)| {
            scores
                .iter()
                .enumerate()
                .map(move |(visit, &score)| Record {
                    subject: subject.to_owned(),
                    arm: None,
                    visit: visit as u32,
                    days: f32::NAN,
                    reader: reader.to_owned(),
                    campaign: None,
                    reading,
                    item,
                    score,
                    status: if score.is_nan() {
                        Status::Missing
                    } else {
                        Status::Ok
                    },
                    line: 1,
                })
        });
    let made = ScoreTable::from_records("made", "custom", items, self::visits(visits), records);
    made.unwrap()
}

/// The plain sum of every reading, none where an item is missing.
pub(crate) fn sums(table: &ScoreTable) -> Totals {
    let mut rows: Vec<TotalRow> = Vec::new();
    for r in &table.rows {
        let key = (r.subject, r.visit, r.campaign, r.reader, r.reading);
        let same = |t: &TotalRow| (t.subject, t.visit, t.campaign, t.reader, t.reading) == key;
        if !rows.last().is_some_and(same) {
            rows.push(TotalRow {
                subject: r.subject,
                arm: r.arm,
                visit: r.visit,
                reader: r.reader,
                campaign: r.campaign,
                reading: r.reading,
                days: f64::from(r.days),
                values: vec![Total {
                    value: Some(0.0),
                    items: 0,
                    scored: 0,
                }],
            });
        }
        let total = &mut rows.last_mut().unwrap().values[0];
        total.items += 1;
        total.scored += u32::from(r.status == Status::Ok);
        total.value = total
            .value
            .filter(|_| r.status == Status::Ok)
            .map(|v| v + r.score);
    }
    Totals {
        features: vec!["total".into()],
        rows,
        rules: TotalsOptions::default(),
    }
}
