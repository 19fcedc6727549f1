//! Wide tables: which columns hold scores, and of what.

use super::Mapping;
use super::layout::{Field, Words, shortened};
use howship_tables::{Column, Table};

type Found<'a> = (Vec<&'a Column>, Vec<(Field, Words<'a>)>);

/// Columns that a rule of the mapping matches (the first rule that does), and what they stand for.
pub(super) fn wide_columns<'a>(
    table: &'a Table,
    mapping: &Mapping,
    warnings: &mut Vec<String>,
) -> Result<Found<'a>, String> {
    let mut columns = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    for (field, _) in mapping.wide.iter().flat_map(|w| &w.means) {
        if !fields.contains(field) {
            fields.push(*field);
        }
    }
    let mut words: Vec<Vec<String>> = vec![Vec::new(); fields.len()];
    let mut ignored: Vec<&str> = Vec::new();
    for column in table.columns() {
        let matching = mapping.wide.iter().find_map(|rule| {
            let holes = rule.columns.matches(&column.name)?;
            Some((rule, holes))
        });
        let Some((rule, holes)) = matching else {
            ignored.push(&column.name);
            continue;
        };
        columns.push(column);
        for (field, list) in fields.iter().zip(&mut words) {
            let means = rule.means.iter().find(|(f, _)| f == field);
            list.push(means.map_or_else(String::new, |(_, p)| p.filled(&holes)));
        }
    }
    if columns.is_empty() {
        return Err(format!(
            "none of the {} columns is a score by mapping `{}`; its `[[wide]]` patterns must match the names",
            table.columns().len(),
            mapping.id()
        ));
    }
    tell_ignored(&ignored, mapping, warnings);
    let words = fields
        .iter()
        .zip(words)
        .map(|(&field, list)| (field, Words::of_cells(field, &list)));
    Ok((columns, words.collect()))
}

fn tell_ignored(ignored: &[&str], mapping: &Mapping, warnings: &mut Vec<String>) {
    const SHOWN: usize = 8;
    let unused: Vec<&&str> = ignored.iter().filter(|name| !mapping.uses(name)).collect();
    if unused.is_empty() {
        return;
    }
    let some: Vec<String> = unused
        .iter()
        .take(SHOWN)
        .map(|n| format!("`{}`", shortened(n)))
        .collect();
    let more = if unused.len() > SHOWN { ", …" } else { "" };
    warnings.push(format!(
        "{} columns are no scores by mapping `{}` and were not read: {}{more}",
        unused.len(),
        mapping.id(),
        some.join(", ")
    ));
}
