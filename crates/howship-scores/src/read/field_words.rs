//! The words of a column, and where each score finds its own.

use super::coded::Coded;
use super::field::Field;
use howship_tables::{Column, Names};
use std::borrow::Cow;

/// A field's words and where each score finds its own.
pub(super) struct Words<'a> {
    /// The file's column, for messages.
    pub(super) column: String,
    /// The different words as they stand in the file.
    pub(super) names: Cow<'a, Names>,
    place: Place<'a>,
}

enum Place<'a> {
    Row(Cow<'a, [u32]>),
    Cell(Vec<u32>),
    Everywhere,
}

impl<'a> Words<'a> {
    pub(super) fn of_column(column: &'a Column) -> Self {
        let coded = Coded::new(column);
        Self {
            column: column.name.clone(),
            names: coded.names,
            place: Place::Row(coded.codes),
        }
    }

    pub(super) fn constant(field: Field, value: &str) -> Self {
        let mut names = Names::new();
        names.intern(value);
        Self {
            column: field.name().to_owned(),
            names: Cow::Owned(names),
            place: Place::Everywhere,
        }
    }

    /// One word for each cell of a row, for wide tables.
    pub(super) fn of_cells(field: Field, words: &[String]) -> Self {
        let mut names = Names::new();
        let codes = words.iter().map(|w| names.intern(w)).collect();
        Self {
            column: field.name().to_owned(),
            names: Cow::Owned(names),
            place: Place::Cell(codes),
        }
    }

    /// The code of a word at a row and cell.
    pub(super) fn code(&self, row: usize, cell: usize) -> u32 {
        match &self.place {
            Place::Row(codes) => codes.get(row).copied().unwrap_or(0),
            Place::Cell(codes) => codes.get(cell).copied().unwrap_or(0),
            Place::Everywhere => 0,
        }
    }

    /// Whether every row has the same word by construction.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self.place, Place::Everywhere)
    }

    /// Whether a word belongs to a column of a wide table.
    pub(super) fn is_of_cells(&self) -> bool {
        matches!(self.place, Place::Cell(_))
    }

    /// Where every code first stands; none where it does not.
    pub(super) fn first_rows(&self, rows: usize) -> Vec<Option<usize>> {
        let mut first = vec![None; self.names.len()];
        for row in 0..rows {
            if let Some(place) = first.get_mut(self.code(row, 0) as usize)
                && place.is_none()
            {
                *place = Some(row);
            }
        }
        first
    }

    /// Where a code first stands.
    pub(super) fn first_row(&self, code: u32) -> usize {
        match &self.place {
            Place::Row(codes) => codes.iter().position(|&c| c == code).unwrap_or(0),
            _ => 0,
        }
    }
}
