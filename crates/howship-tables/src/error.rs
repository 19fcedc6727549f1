use std::path::PathBuf;

/// What can be wrong with a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A column is as long as no other.
    #[error("column `{column}` has {found} values where the table has {expected} rows")]
    Length {
        /// Which column.
        column: String,
        /// Its length.
        found: usize,
        /// That of the table.
        expected: usize,
    },
    /// The same name twice.
    #[error("`{}`: two columns are named `{column}`; rename one", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
    },
}
