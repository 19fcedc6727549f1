/// How a table is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// What separates the cells of a text file; none: the one of `,` tab `;` `|` that the header holds most of.
    pub delimiter: Option<char>,
    /// Which data set of a SAS transport file, or sheet of a workbook, that holds several; none: the only one.
    pub dataset: Option<String>,
    /// More columns than this are taken for a file that is no table. 10,000 by default.
    pub max_columns: usize,
    /// More cells than this are not read from a file that may hold many in few bytes (Parquet). 2^28 by default, which
    /// is 17 million rows of 16 columns.
    pub max_cells: usize,
    /// A workbook of more cells, filled or between filled ones, is not read: its reader keeps each as a value of its
    /// own. 2^24 by default, which is a full sheet of 16 columns.
    pub max_sheet_cells: usize,
    /// A workbook that unpacks to more bytes is not read. 1 GiB by default; the fullest sheet of 16 columns has less.
    pub max_unpacked: u64,
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
            max_sheet_cells: 1 << 24,
            max_unpacked: 1 << 30,
            max_cell: 1 << 20,
        }
    }
}
