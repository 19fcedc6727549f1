/// How a table is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// What separates the cells of a text file; none: the one of `,` tab `;` `|` that the header holds most of.
    pub delimiter: Option<char>,
    /// Which data set of a SAS transport file that holds several; none: the only one.
    pub dataset: Option<String>,
    /// More columns than this are taken for a file that is no table. 10,000 by default.
    pub max_columns: usize,
    /// More cells than this are not read from a file that may hold many in few bytes (Parquet). 2^28 by default, which
    /// is 17 million rows of 16 columns.
    pub max_cells: usize,
    /// A longer cell is taken for a quote that is never closed; bytes, 1 MiB by default.
    pub max_cell: usize,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            dataset: None,
            max_columns: 10_000,
            max_cells: 1 << 28,
            max_cell: 1 << 20,
        }
    }
}
