use super::report::{Quantity, Raters};
use crate::change::reader_table::ReaderTable;
use crate::change::readings;
use crate::change::series::{ReaderGroup, Series};
use crate::{Error, ScoreTable, Totals};

/// One question: these raters' values of one quantity of one feature.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) quantity: Quantity,
    pub(super) feature: String,
    pub(super) raters: Raters,
    pub(super) names: Vec<String>,
    pub(super) table: ReaderTable,
    /// Each rater's single readings by row, where readers repeated any.
    pub(super) replicates: Option<Vec<Vec<Vec<f64>>>>,
}

impl Panel {
    /// Rows that every rater filled.
    pub(super) fn complete(&self) -> usize {
        let ratings = &self.table.ratings;
        (0..ratings.targets())
            .filter(|&i| ratings.row(i).iter().all(|v| !v.is_nan()))
            .count()
    }

    /// How the panel is called in notes.
    pub(super) fn title(&self) -> String {
        let quantity = match &self.quantity {
            Quantity::Status { visit } => format!("status at {visit}"),
            Quantity::Change { from, to } => format!("change {from} to {to}"),
        };
        let raters = match &self.raters {
            Raters::Between { .. } => "between readers".to_owned(),
            Raters::Within { reader, .. } => format!("within reader {reader}"),
            Raters::Pooled { .. } => "within readers, pooled".to_owned(),
        };
        format!("{}, {quantity}, {raters}", self.feature)
    }
}

#[derive(Clone, Copy)]
enum Span {
    Visit(usize),
    Between(usize, usize),
}

/// Status at each visit, change from first to last, and from each visit to the next.
fn spans(visits: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = (0..visits).map(Span::Visit).collect();
    if visits > 1 {
        spans.push(Span::Between(0, visits - 1));
    }
    if visits > 2 {
        spans.extend((1..visits).map(|v| Span::Between(v - 1, v)));
    }
    spans
}

fn quantity(table: &ScoreTable, span: Span) -> Quantity {
    let name = |v: usize| {
        table
            .visits
            .get(v)
            .map_or_else(String::new, |v| v.name.clone())
    };
    match span {
        Span::Visit(visit) => Quantity::Status { visit: name(visit) },
        Span::Between(from, to) => Quantity::Change {
            from: name(from),
            to: name(to),
        },
    }
}

/// Sums of patients.
pub(super) fn patients(
    table: &ScoreTable,
    totals: &Totals,
    features: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<Panel>, Error> {
    let mut panels = Vec::new();
    for feature in features {
        let Some(position) = totals.position(feature) else {
            continue;
        };
        let series = Series::patients(table, totals, position)?;
        if series.units.is_empty() {
            continue;
        }
        panels.extend(of_series(table, &series, feature, notes));
    }
    Ok(panels)
}

/// Single joints.
pub(super) fn joints(
    table: &ScoreTable,
    features: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<Panel>, Error> {
    let mut panels = Vec::new();
    for feature in features.iter().filter(|f| *f != "total") {
        let series = Series::joints(table, |item| item.feature == *feature)?;
        // What is said of readers' patients was said of their sums.
        let mut said = Vec::new();
        panels.extend(of_series(table, &series, feature, &mut said));
        notes.extend(said.into_iter().filter(|n| !n.contains("patient")));
    }
    Ok(panels)
}

fn of_series(
    table: &ScoreTable,
    series: &Series,
    feature: &str,
    notes: &mut Vec<String>,
) -> Vec<Panel> {
    let mut panels = Vec::new();
    for (groups, within) in rater_sets(table, series, notes) {
        for span in spans(series.visits) {
            let quantity = quantity(table, span);
            if let Some(panel) = panel(
                table,
                series,
                &groups,
                within.as_deref(),
                (span, quantity, feature),
                notes,
            ) {
                panels.push(panel);
            }
        }
    }
    panels
}

/// Readers against each other, then each reader's readings against each other.
fn rater_sets(
    table: &ScoreTable,
    series: &Series,
    notes: &mut Vec<String>,
) -> Vec<(Vec<ReaderGroup>, Option<String>)> {
    let readers = series.groups(false);
    let mut sets = Vec::new();
    // A feature that nobody scored tells nothing of the readers.
    if readers.is_empty() {
        return sets;
    }
    if readers.len() > 1 {
        sets.push((readers.clone(), None));
        if readers.iter().any(|g| g.columns.len() > 1) {
            notes.push(
                "between readers, each reader's repeated readings are averaged: errors are those of such means".into(),
            );
        }
    } else {
        notes.push("one reader only: agreement between readers is not identified".into());
    }
    for reader in &readers {
        if reader.columns.len() > 1 {
            let name = table.readers.name(reader.reader).to_owned();
            sets.push((readings(reader), Some(name)));
        }
    }
    if readers.iter().all(|g| g.columns.len() < 2) {
        notes.push("no reader read anything twice: error within readers is not identified".into());
    }
    sets
}

fn value(series: &Series, unit: usize, group: &ReaderGroup, span: Span) -> Option<f64> {
    match span {
        Span::Between(from, to) => series.change(unit, group, from, to),
        Span::Visit(visit) => {
            let (mut sum, mut count) = (0.0, 0u32);
            for &column in &group.columns {
                let value = series.value(unit, column, visit);
                if value.is_finite() {
                    sum += value;
                    count += 1;
                }
            }
            (count > 0).then(|| sum / f64::from(count))
        }
    }
}

fn panel(
    table: &ScoreTable,
    series: &Series,
    groups: &[ReaderGroup],
    within: Option<&str>,
    (span, quantity, feature): (Span, Quantity, &str),
    notes: &mut Vec<String>,
) -> Option<Panel> {
    let (compared, alone) = ReaderTable::new(series, groups, |u, g| value(series, u, g, span));
    for at in alone {
        let reader = table.readers.name(groups[at].reader);
        notes.push(format!(
            "{feature}, {}: reader {reader} has one patient here and is left out: one patient tells nothing of a \
             reader's error",
            spoken(&quantity)
        ));
    }
    let compared = compared?;
    let names: Vec<String> = (compared.kept.iter())
        .map(|&at| rater_name(table, series, &groups[at], within.is_some()))
        .collect();
    let raters = match within {
        Some(reader) => Raters::Within {
            reader: reader.to_owned(),
            readings: names.len(),
        },
        None => Raters::Between {
            readers: names.clone(),
        },
    };
    let replicates = within
        .is_none()
        .then(|| replicates(series, groups, &compared, span));
    Some(Panel {
        quantity,
        feature: feature.to_owned(),
        raters,
        names,
        table: compared,
        replicates: replicates.flatten(),
    })
}

/// Every reading for itself, by rater and row; none where nobody read anything twice.
fn replicates(
    series: &Series,
    groups: &[ReaderGroup],
    compared: &ReaderTable,
    span: Span,
) -> Option<Vec<Vec<Vec<f64>>>> {
    let of_rater = |&at: &usize| -> Vec<Vec<f64>> {
        let single = readings(&groups[at]);
        let of_row = |&unit: &usize| {
            single
                .iter()
                .filter_map(|g| value(series, unit, g, span))
                .collect()
        };
        compared.units.iter().map(of_row).collect()
    };
    let all: Vec<Vec<Vec<f64>>> = compared.kept.iter().map(of_rater).collect();
    let repeated = all.iter().flatten().any(|readings| readings.len() > 1);
    repeated.then_some(all)
}

fn spoken(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Status { visit } => format!("status at {visit}"),
        Quantity::Change { from, to } => format!("change {from} to {to}"),
    }
}

fn rater_name(table: &ScoreTable, series: &Series, group: &ReaderGroup, within: bool) -> String {
    if !within {
        return table.readers.name(group.reader).to_owned();
    }
    let column = group.columns.first().and_then(|&c| series.columns.get(c));
    column.map_or_else(String::new, |column| {
        match table.campaigns.name(column.campaign) {
            "" => format!("reading {}", column.reading),
            campaign => format!("{campaign}, reading {}", column.reading),
        }
    })
}
