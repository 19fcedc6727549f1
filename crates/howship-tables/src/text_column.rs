use crate::{Column, Names, Values};

/// A text column in the making.
#[derive(Debug, Default)]
pub(crate) struct TextColumn {
    names: Names,
    codes: Vec<u32>,
    /// The cell above: in sorted tables most cells repeat it.
    last: u32,
}

impl TextColumn {
    pub(crate) fn push(&mut self, cell: &str) {
        if self.codes.is_empty() || self.names.name(self.last) != cell {
            self.last = self.names.intern(cell);
        }
        self.codes.push(self.last);
    }

    /// Whether no cell holds anything.
    pub(crate) fn is_blank(&self) -> bool {
        self.names.iter().all(str::is_empty)
    }

    /// Whether every cell is a whole number of its own, as row names are that nobody gave: rows that were sorted or
    /// left out keep theirs, so they need not be consecutive.
    pub(crate) fn counts_rows(&self) -> bool {
        let whole = |name: &str| name.parse::<u64>().is_ok_and(|n| n.to_string() == name);
        self.names.len() == self.codes.len() && self.names.iter().all(whole)
    }

    pub(crate) fn finish(self, name: String) -> Column {
        Column {
            name,
            values: Values::Text {
                names: self.names,
                codes: self.codes,
            },
        }
    }
}
