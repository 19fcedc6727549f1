//! What the targets of tables and scores share.

use howship_scores::{
    Asked, Fill, Mapping, Proportion, ReadOptions, TotalsOptions, read_with_warnings, totals,
    validate,
};
use howship_tables::{OpenOptions, Table, read};

/// Reads bytes as a table, under a limit of 2^20 cells. Any answer will do, a panic or a hang will not.
pub fn table(bytes: &[u8]) -> Option<Table> {
    let options = OpenOptions {
        max_cells: 1 << 20,
        ..OpenOptions::default()
    };
    let table = read("t".as_ref(), bytes.to_vec(), &options).ok()?;
    for column in table.columns() {
        assert_eq!(column.len(), table.rows());
        let _ = (column.text(0), column.text(table.rows() - 1));
    }
    Some(table)
}

/// Options of reading as the bits of a byte say.
pub fn options(bits: u8) -> ReadOptions {
    let scheme = match bits & 7 {
        1 => Some("custom"),
        2 => Some("svdh"),
        3 => Some("sens"),
        4 => Some("ramris"),
        5 => Some("svdh-hands"),
        _ => None,
    };
    let mapping = match bits >> 3 & 7 {
        1 => Mapping::shipped("sdtm-mk").ok(),
        2 => Mapping::shipped("adam-bds").ok(),
        3 => Mapping::shipped("ra2-dream").ok(),
        4 => Mapping::shipped("ram-h1200").ok(),
        _ => None,
    };
    ReadOptions {
        scheme: scheme.map(str::to_owned),
        mapping,
        decimal_comma: bits & 64 != 0,
        max_problems: 3,
        ..ReadOptions::default()
    }
}

/// From a table to sums by several rules: what is read is what validates, sums are finite and within the scale.
pub fn scores(table: &Table, options: &ReadOptions) {
    let read = read_with_warnings(table, options);
    let validation = validate(table, options);
    assert_eq!(read.is_ok(), validation.is_valid());
    let Ok((scores, _)) = read else {
        assert!(!validation.problems.is_empty());
        for problem in &validation.problems {
            assert!(!problem.to_string().is_empty());
        }
        return;
    };
    let mut most = 0.0;
    let mut least = 0.0;
    for item in &scores.items {
        most += item.weight * item.max;
        least += item.weight * item.min;
    }
    let rules = [
        TotalsOptions::default(),
        TotalsOptions {
            missing: Fill::Carry,
            share: 0.0,
            asked: Some(Asked::Table),
            ..TotalsOptions::default()
        },
        TotalsOptions {
            proportion: Proportion::Counts,
            share: 0.2,
            normalise: false,
            ..TotalsOptions::default()
        },
        TotalsOptions {
            missing: Fill::Maximum,
            normalise: false,
            ..TotalsOptions::default()
        },
    ];
    for rule in rules {
        let Ok((sums, imputations)) = totals(&scores, &rule) else {
            continue;
        };
        for value in sums
            .rows
            .iter()
            .flat_map(|r| &r.values)
            .filter_map(|t| t.value)
        {
            // The numbers of scheme `custom` have no bounds.
            let bounded =
                most.is_finite() && rule.proportion == Proportion::Maxima && !rule.normalise;
            let edge = 1e-6 * most.abs();
            assert!(
                !bounded || (least - edge..=most + edge).contains(&value),
                "{value}"
            );
            assert!(value.is_finite() || !most.is_finite());
        }
        let _ = (
            sums.tidy(&scores),
            howship_scores::Imputation::tidy(&imputations, &scores, &sums),
        );
    }
}
