//! Wide tables: which columns hold scores, and of what.

use super::Mapping;
use super::field::Field;
use super::field_words::Words;
use crate::Reason;
use howship_tables::{Column, Table};

type Found<'a> = (Vec<&'a Column>, Vec<(Field, Words<'a>)>);

/// Columns that a rule of the mapping matches (the first rule that does) and `[columns]` does not name, and what they stand for.
pub(super) fn wide_columns<'a>(table: &'a Table, mapping: &Mapping) -> Result<Found<'a>, Reason> {
    let mut columns = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    for (field, _) in mapping.wide.iter().flat_map(|w| &w.means) {
        if !fields.contains(field) {
            fields.push(*field);
        }
    }
    let mut words: Vec<Vec<String>> = vec![Vec::new(); fields.len()];
    // A pattern such as `{visit}` fits every name.
    let free = table.columns().iter().filter(|c| !mapping.names(&c.name));
    for column in free {
        let matching = mapping.wide.iter().find_map(|rule| {
            let holes = rule.columns.matches(&column.name)?;
            Some((rule, holes))
        });
        let Some((rule, holes)) = matching else {
            continue;
        };
        columns.push(column);
        for (field, list) in fields.iter().zip(&mut words) {
            let means = rule.means.iter().find(|(f, _)| f == field);
            list.push(means.map_or_else(String::new, |(_, p)| p.filled(&holes)));
        }
    }
    if columns.is_empty() {
        return Err((
            format!(
                "none of the {} columns is a score by mapping `{}`",
                table.columns().len(),
                mapping.id()
            ),
            "its `[[wide]]` patterns must match the names",
        )
            .into());
    }
    let words = fields
        .iter()
        .zip(words)
        .map(|(&field, list)| (field, Words::of_cells(field, &list)));
    Ok((columns, words.collect()))
}
