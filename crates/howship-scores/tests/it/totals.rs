//! Sums against closed forms and against a slow sum written anew.

use crate::said;
use howship_scores::{
    Asked, Fill, Imputation, ImputationRule, Item, Proportion, ReadOptions, Record, Scheme,
    ScoreTable, ScoreVisit, Status, Totals, TotalsOptions, maxima, read_scores, read_with_warnings,
    scheme, schemes, totals,
};
use howship_tables::{Column, Names, Table, Values};
use proptest::prelude::*;

fn record(subject: &str, visit: u32, item: u32, score: Option<f64>, status: Status) -> Record {
    Record {
        subject: subject.into(),
        arm: None,
        visit,
        days: f32::NAN,
        reader: "A".into(),
        campaign: None,
        reading: 1,
        item,
        score: score.unwrap_or(f64::NAN),
        status,
        line: 1,
    }
}

fn visits(count: usize) -> Vec<ScoreVisit> {
    let visit = |i| ScoreVisit {
        name: format!("M{i}"),
        days: None,
    };
    (0..count).map(visit).collect()
}

fn ok(subject: &str, visit: u32, item: usize, score: f64) -> Record {
    record(subject, visit, item as u32, Some(score), Status::Ok)
}

fn sums(
    scheme: &Scheme,
    records: Vec<Record>,
    options: &TotalsOptions,
) -> (Totals, Vec<Imputation>) {
    let table =
        ScoreTable::from_records("t", &scheme.id, scheme.items(), visits(3), records).unwrap();
    totals(&table, options).unwrap()
}

#[test]
fn all_largest_grades_reach_the_maxima_of_every_scheme() {
    for s in schemes().unwrap() {
        let all = |grade: fn(&Item) -> f64| {
            let items = s.items();
            let records = items
                .iter()
                .enumerate()
                .map(|(i, item)| ok("S", 0, i, grade(item)));
            let (found, filled) = sums(s, records.collect(), &TotalsOptions::default());
            assert!(filled.is_empty() && found.rows.len() == 1);
            let values = &found.rows[0].values;
            assert_eq!(values.len(), s.features.len() + 1);
            values.iter().map(|v| v.value).collect::<Vec<_>>()
        };
        let mut expected: Vec<_> = s
            .features
            .iter()
            .map(|f| Some(f.normalised_to.unwrap_or(f.max)))
            .collect();
        expected.push(s.total.then_some(s.max_reported()));
        let found = all(|item| item.max);
        for (found, expected) in found.iter().zip(&expected) {
            match (found, expected) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{}: {a} {b}", s.id),
                (a, b) => assert_eq!(a, b, "{}", s.id),
            }
        }
        if s.items().iter().all(|i| i.min == 0.0) {
            assert!(
                all(|i| i.min).iter().all(|v| *v == Some(0.0) || !s.total),
                "{}",
                s.id
            );
        }
    }
}

#[test]
fn genant_is_stretched_to_200_and_290_unless_told_not_to() {
    for (id, raw, reported) in [("genant-hands", 202.0, 200.0), ("genant", 292.0, 290.0)] {
        let s = scheme(id).unwrap();
        let all: Vec<_> = s
            .items()
            .iter()
            .enumerate()
            .map(|(i, item)| ok("S", 0, i, item.max))
            .collect();
        let total = |normalise| {
            let options = TotalsOptions {
                normalise,
                ..TotalsOptions::default()
            };
            sums(&s, all.clone(), &options).0.rows[0].values[2]
                .value
                .unwrap()
        };
        assert!((total(true) - reported).abs() < 1e-9);
        assert_eq!(total(false), raw);
    }
}

/// Tables of hands alone, named as the scheme of hands and feet.
#[test]
fn hands_alone_have_sums_of_hands_alone() {
    let s = scheme("svdh").unwrap();
    let is_hand = |site: &str| s.site(site).unwrap().region == "hand";
    let row = |subject: &str, i: &Item| {
        let side = i.side.map_or(String::new(), |s| format!("{s:?}"));
        format!("{subject},M0,R,{side},{},{},{}\n", i.site, i.feature, i.max)
    };
    let all = s.items();
    let hands: String = ["A", "B"]
        .iter()
        .flat_map(|subject| all.iter().map(move |i| (subject, i)))
        .filter(|(_, i)| is_hand(&i.site))
        .map(|(subject, i)| row(subject, i))
        .collect();
    let read = |rows: &str| {
        let text = format!("subject,visit,reader,side,site,feature,score\n{rows}");
        let table = howship_tables::read(
            "t.csv".as_ref(),
            text.into_bytes(),
            &howship_tables::OpenOptions::default(),
        );
        let options = ReadOptions {
            scheme: Some("svdh".into()),
            ..ReadOptions::default()
        };
        read_with_warnings(&table.unwrap(), &options).unwrap()
    };
    let values = |table: &ScoreTable, options: &TotalsOptions| {
        let (sums, filled) = totals(table, options).unwrap();
        let of_first: Vec<_> = sums.rows[0].values.iter().map(|t| t.value).collect();
        (of_first, filled.len(), maxima(table, options))
    };
    let (table, warnings) = read(&hands);
    let known = [160.0, 120.0, 280.0].map(Some).to_vec();
    let of_hands = values(&table, &TotalsOptions::default());
    assert_eq!(of_hands, (known.clone(), 0, known));
    let said = "`foot` occurs in the table: sums are without it, nothing is imputed for it, and they reach at most \
                erosion 160 of 280, jsn 120 of 168, total 280 of 448; for hands alone there is scheme `svdh-hands`";
    assert!(warnings.iter().any(|w| w.contains(said)), "{warnings:?}");
    assert!(!warnings.iter().any(|w| w.contains("never occur")));
    // Whoever asks for all of the scheme gets all of it, imputed.
    let all_of_it = TotalsOptions {
        asked: Some(Asked::Scheme),
        ..TotalsOptions::default()
    };
    let known = [280.0, 168.0, 448.0].map(Some).to_vec();
    assert_eq!(
        values(&table, &all_of_it),
        (known.clone(), 4, known.clone())
    );
    // One joint of one foot of one patient: feet were read, and what is missing of them is imputed.
    let (table, warnings) = read(&format!("{hands}B,M0,R,L,MTP1,erosion,10\n"));
    let with_feet = values(&table, &TotalsOptions::default());
    assert_eq!(with_feet, (known.clone(), 4, known));
    assert!(!warnings.iter().any(|w| w.contains("`foot` occurs")));
    assert!(warnings.iter().any(|w| w.contains("23 of the 86 items")));
}

/// The Sharp/van der Heijde erosions, all at grade `hand` or `foot`, with gaps.
fn svdh_erosions(hand: f64, foot: f64, leave_out: impl Fn(&Item) -> bool) -> Vec<Record> {
    let items = scheme("svdh").unwrap().items();
    let erosions = items
        .iter()
        .enumerate()
        .filter(|(_, i)| i.feature == "erosion" && !leave_out(i));
    let grade = |item: &Item| if item.max == 10.0 { foot } else { hand };
    erosions
        .map(|(i, item)| ok("S", 0, i, grade(item)))
        .collect()
}

#[test]
fn proportions_by_maxima_stay_on_the_scale() {
    let s = scheme("svdh").unwrap();
    let no_feet = svdh_erosions(5.0, 10.0, |i| i.max == 10.0);
    let (found, filled) = sums(&s, no_feet.clone(), &TotalsOptions::default());
    assert_eq!(found.rows[0].values[0].value, Some(280.0));
    assert_eq!(
        (
            found.rows[0].values[0].scored,
            found.rows[0].values[0].items
        ),
        (32, 44)
    );
    assert_eq!(found.rows[0].values[2].value, None);
    assert_eq!(filled.len(), 1);
    let one = filled[0];
    assert_eq!(
        (one.observed, one.scored, one.asked, one.imputed),
        (Some(160.0), 32, 44, Some(280.0))
    );
    assert_eq!(one.rule, ImputationRule::Proportional);
    let counts = TotalsOptions {
        proportion: Proportion::Counts,
        ..TotalsOptions::default()
    };
    let (found, _) = sums(&s, no_feet.clone(), &counts);
    assert_eq!(found.rows[0].values[0].value, Some(220.0));
    let table = TotalsOptions {
        asked: Some(Asked::Table),
        ..TotalsOptions::default()
    };
    let (found, filled) = sums(&s, no_feet.clone(), &table);
    assert_eq!(
        (found.rows[0].values[0].value, filled.len()),
        (Some(160.0), 0)
    );
    assert_eq!(found.rows[0].values[2].value, Some(160.0));
    for options in [
        TotalsOptions {
            share: 0.75,
            ..TotalsOptions::default()
        },
        TotalsOptions {
            proportion: Proportion::Never,
            ..TotalsOptions::default()
        },
    ] {
        let (found, filled) = sums(&s, no_feet.clone(), &options);
        assert_eq!(found.rows[0].values[0].value, None);
        assert_eq!(
            (filled[0].rule, filled[0].imputed),
            (ImputationRule::Refused, None)
        );
    }
    // Exactly at the share: 32 of 44.
    let options = TotalsOptions {
        share: 32.0 / 44.0,
        ..TotalsOptions::default()
    };
    assert_eq!(
        sums(&s, no_feet, &options).0.rows[0].values[0].value,
        Some(280.0)
    );
}

#[test]
fn replaced_joints_by_each_rule() {
    let s = scheme("ratingen").unwrap();
    let mut records: Vec<_> = (0..38).map(|i| ok("S", 0, i, 1.0)).collect();
    records.extend((1..38).map(|i| ok("S", 1, i, 2.0)));
    records.push(record("S", 1, 0, None, Status::Replaced));
    records.extend((1..38).map(|i| ok("T", 1, i, 2.0)));
    records.push(record("T", 1, 0, None, Status::Replaced));
    let by = |replaced| {
        let options = TotalsOptions {
            replaced,
            ..TotalsOptions::default()
        };
        let (found, filled) = sums(&s, records.clone(), &options);
        let totals: Vec<f64> = found
            .rows
            .iter()
            .map(|r| r.values[1].value.unwrap())
            .collect();
        let rules: Vec<ImputationRule> = filled.iter().map(|i| i.rule).collect();
        (totals, rules, filled)
    };
    use ImputationRule::{Carried, Maximum, Proportional};
    let (found, rules, filled) = by(Fill::Carry);
    assert_eq!(
        (found, rules),
        (vec![38.0, 75.0, 76.0], vec![Carried, Proportional])
    );
    assert_eq!(
        (filled[0].item, filled[0].imputed, filled[0].visit),
        (0, Some(1.0), 1)
    );
    let (found, rules, _) = by(Fill::Maximum);
    assert_eq!(
        (found, rules),
        (vec![38.0, 79.0, 79.0], vec![Maximum, Maximum])
    );
    let (found, rules, _) = by(Fill::Missing);
    assert_eq!(
        (found, rules),
        (vec![38.0, 76.0, 76.0], vec![Proportional, Proportional])
    );
    let table = ScoreTable::from_records("t", "ratingen", s.items(), visits(3), records).unwrap();
    let (found, filled) = totals(&table, &TotalsOptions::default()).unwrap();
    let tidy = Imputation::tidy(&filled, &table, &found);
    assert_eq!(
        (tidy.rows.len(), tidy.columns.len()),
        (2, tidy.rows[0].len())
    );
    assert_eq!(found.tidy(&table).rows.len(), 6);
}

#[test]
fn options_that_cannot_be() {
    let s = scheme("ratingen").unwrap();
    let table =
        ScoreTable::from_records("t", "x", s.items(), visits(1), vec![ok("S", 0, 0, 1.0)]).unwrap();
    for share in [-0.1, 1.1, f64::NAN] {
        let options = TotalsOptions {
            share,
            ..TotalsOptions::default()
        };
        assert!(totals(&table, &options).is_err());
    }
    let mut items = s.items();
    items[3].max = f64::INFINITY;
    let table =
        ScoreTable::from_records("t", "x", items, visits(1), vec![ok("S", 0, 0, 1.0)]).unwrap();
    let options = TotalsOptions {
        replaced: Fill::Maximum,
        ..TotalsOptions::default()
    };
    let message = said(&totals(&table, &options).unwrap_err());
    assert!(message.contains("no largest grade"), "{message}");
}

/// One cell of a generated table: subject, visit, reader, item, score or status.
type Cell = (u8, u8, u8, usize, u8);

const STATUSES: [&str; 3] = ["missing", "replaced", "not-scorable"];

fn rows_of(cells: &[Cell], s: &Scheme) -> Vec<Vec<String>> {
    let items = s.items();
    let mut seen = std::collections::HashSet::new();
    let fresh = cells
        .iter()
        .filter(|c| seen.insert((c.0, c.1, c.2, c.3 % items.len())));
    let row = |&(subject, visit, reader, item, what): &Cell| {
        let item = &items[item % items.len()];
        let grades = ((item.max - item.min) / item.step) as u32;
        let (score, status) = match STATUSES.get(usize::from(what)) {
            Some(status) => (String::new(), (*status).to_owned()),
            None => {
                let grade = u32::from(what) % (grades + 1);
                (
                    (item.min + f64::from(grade) * item.step).to_string(),
                    String::new(),
                )
            }
        };
        let side = item.side.map_or(String::new(), |s| format!("{s:?}"));
        vec![
            format!("S{subject}"),
            format!("M{}", visit * 3),
            format!("R{reader}"),
            s.id.clone(),
            side,
            item.site.clone(),
            item.feature.clone(),
            score,
            status,
        ]
    };
    fresh.map(row).collect()
}

fn table_of(rows: &[Vec<String>]) -> Table {
    let names = [
        "subject", "visit", "reader", "scheme", "side", "site", "feature", "score", "status",
    ];
    let column = |(i, name): (usize, &&str)| {
        let mut words = Names::new();
        let codes = rows.iter().map(|r| words.intern(&r[i])).collect();
        Column {
            name: (*name).to_owned(),
            values: Values::Text {
                names: words,
                codes,
            },
        }
    };
    Table::new(
        "p.csv",
        names.iter().enumerate().map(column).collect(),
        Vec::new(),
    )
    .unwrap()
}

/// Without lines, and with numbers that equal themselves in place of NaN.
fn comparable(mut table: ScoreTable) -> ScoreTable {
    for row in &mut table.rows {
        row.line = 0;
        row.score = if row.score.is_nan() { -99.0 } else { row.score };
        row.days = if row.days.is_nan() { -99.0 } else { row.days };
    }
    table
}

/// A feature's sum by its definition, for one subject, visit and reader.
fn slow_sum(
    table: &ScoreTable,
    at: (u32, u32, u32),
    feature: &str,
    options: &TotalsOptions,
) -> Option<f64> {
    let (mut sum, mut known, mut asked, mut largest, mut all) = (0.0, 0, 0, 0.0, 0.0);
    for (i, item) in table
        .items
        .iter()
        .enumerate()
        .filter(|(_, i)| i.feature == feature)
    {
        let row = |visit: u32| {
            let mut rows = table.rows.iter();
            rows.find(|r| (r.subject, r.visit, r.reader, r.item) == (at.0, visit, at.2, i as u32))
        };
        let occurs = table.rows.iter().any(|r| r.item == i as u32);
        if options.asked.unwrap_or(table.sums.asked) == Asked::Table && !occurs {
            continue;
        }
        // Of regions without a single site nothing is asked, unless it is told to.
        let mut unread = table.sums.unread.iter();
        if options.asked.is_none() && unread.any(|r| r.items.contains(&(i as u32))) {
            continue;
        }
        asked += 1;
        all += item.weight * item.max;
        let here = row(at.1);
        let fill = match here.map_or(Status::Missing, |r| r.status) {
            Status::Ok => None,
            Status::Missing => Some(options.missing),
            Status::Replaced => Some(options.replaced),
            Status::NotScorable => Some(options.not_scorable),
        };
        let earlier = || {
            (0..at.1)
                .rev()
                .filter_map(row)
                .find(|r| r.status == Status::Ok)
        };
        let value = match fill {
            None => here.map(|r| r.score),
            Some(Fill::Missing) => None,
            Some(Fill::Carry) => earlier().map(|r| r.score),
            Some(Fill::Maximum) => Some(item.max),
        };
        if let Some(value) = value {
            sum += item.weight * value;
            largest += item.weight * item.max;
            known += 1;
        }
    }
    let factor = match options.proportion {
        _ if known == asked => 1.0,
        Proportion::Never => return None,
        Proportion::Maxima => all / largest,
        Proportion::Counts => f64::from(asked) / f64::from(known),
    };
    (known > 0 && f64::from(known) >= options.share * f64::from(asked)).then_some(sum * factor)
}

fn any_options() -> impl Strategy<Value = TotalsOptions> {
    let fill = || prop_oneof![Just(Fill::Missing), Just(Fill::Carry), Just(Fill::Maximum)];
    let proportion = prop_oneof![
        Just(Proportion::Maxima),
        Just(Proportion::Counts),
        Just(Proportion::Never)
    ];
    let asked = prop_oneof![
        Just(None),
        Just(Some(Asked::Table)),
        Just(Some(Asked::Scheme))
    ];
    (fill(), fill(), fill(), proportion, 0.0..1.0_f64, asked).prop_map(
        |(missing, replaced, not_scorable, proportion, share, asked)| TotalsOptions {
            missing,
            replaced,
            not_scorable,
            proportion,
            share,
            asked,
            normalise: false,
        },
    )
}

fn any_cells() -> impl Strategy<Value = Vec<Cell>> {
    proptest::collection::vec((0..3_u8, 0..3_u8, 0..2_u8, 0..200_usize, 0..16_u8), 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_equal_the_slow_ones(
        cells in any_cells(),
        options in any_options(),
        id in prop_oneof![Just("ramris-5"), Just("ratingen"), Just("scott"), Just("svdh"), Just("guss")],
    ) {
        let s = scheme(id).unwrap();
        let table = read_scores(&table_of(&rows_of(&cells, &s)), &ReadOptions::default()).unwrap();
        let (found, filled) = totals(&table, &options).unwrap();
        for row in &found.rows {
            for (feature, total) in found.features.iter().zip(&row.values) {
                if feature == "total" {
                    continue;
                }
                let expected = slow_sum(&table, (row.subject, row.visit, row.reader), feature, &options);
                prop_assert_eq!(total.value, expected, "{} {:?}", feature, options);
            }
            let parts = row.values.iter().zip(&found.features).filter(|(v, f)| *f != "total" && v.items > 0);
            let sum = parts.map(|(v, _)| v.value).try_fold(0.0, |sum, v| Some(sum + v?));
            let total = row.values.last().unwrap();
            prop_assert_eq!(total.value, sum.filter(|_| total.items > 0));
        }
        let tidy = Imputation::tidy(&filled, &table, &found);
        prop_assert_eq!(tidy.rows.len(), filled.len());
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        cells in any_cells(),
        options in any_options(),
        turn in 0..300_usize,
    ) {
        let s = scheme("svdh").unwrap();
        let rows = rows_of(&cells, &s);
        let mut turned = rows.clone();
        turned.reverse();
        let by = turn % turned.len();
        turned.rotate_left(by);
        turned.sort_by_key(|r| r[5].len());
        let read = |rows: &[Vec<String>]| {
            comparable(read_scores(&table_of(rows), &ReadOptions::default()).unwrap())
        };
        let (one, other) = (read(&rows), read(&turned));
        prop_assert_eq!(&one, &other);
        let (a, b) = (totals(&one, &options).unwrap(), totals(&other, &options).unwrap());
        prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }

    #[test]
    fn no_text_makes_it_fall_over(
        words in proptest::collection::vec(("\\PC{0,6}", 0..12_usize, "[-0-9.,eNa]{0,5}", 0..12_usize), 1..40),
    ) {
        const SOME: [&str; 12] =
            ["", "svdh", "custom", "L", "R.PIP3", "MCP2", "E", "jsn", "M6", "ok", "2020-01-01", "NaN"];
        let row = |(a, i, b, j): &(String, usize, String, usize)| {
            let words = [a.as_str(), SOME[*i], b.as_str(), SOME[*j], SOME[(i * 5 + j) % 12]];
            (0..9).map(|k| words[(i + j + k * 7) % 5].to_owned()).collect::<Vec<_>>()
        };
        let rows: Vec<Vec<String>> = words.iter().map(row).collect();
        for scheme in [None, Some("svdh".to_owned()), Some("custom".to_owned())] {
            let options = ReadOptions { scheme, decimal_comma: true, ..ReadOptions::default() };
            let table = table_of(&rows);
            if let Ok(read) = read_scores(&table, &options) {
                let _ = totals(&read, &TotalsOptions::default()).unwrap();
            }
            let found = howship_scores::validate(&table, &options);
            prop_assert_eq!(found.is_valid(), found.problems.is_empty());
        }
    }
}
