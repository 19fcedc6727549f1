use crate::Error;

/// What is wrong, the first few by line; the rest is counted.
pub(super) struct Problems {
    limit: usize,
    list: Vec<(u64, Error)>,
    found: u64,
}

impl Problems {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            list: Vec::new(),
            found: 0,
        }
    }

    pub(super) fn push(&mut self, error: Error) {
        self.found += 1;
        let line = match &error {
            Error::Cell { line, .. } => *line,
            _ => 0,
        };
        let full = self.list.len() >= self.limit;
        if full && self.list.last().is_some_and(|(last, _)| *last <= line) {
            return;
        }
        let at = self.list.partition_point(|(l, _)| *l <= line);
        self.list.insert(at, (line, error));
        self.list.truncate(self.limit);
    }

    pub(super) fn count_unlisted(&mut self, more: u64) {
        self.found += more;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found == 0
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Those listed, by line, and how many there are in all.
    pub(super) fn into_errors(self) -> (Vec<Error>, u64) {
        let list = self.list.into_iter().map(|(_, error)| error);
        (list.collect(), self.found)
    }
}
