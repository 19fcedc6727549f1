//! Tables with named columns, read from CSV, TSV, workbooks (XLSX, ODS), Parquet and SAS transport files.
//!
//! Nothing here knows what a column means. A [`Table`] keeps text dictionary-coded and numbers as `f64`, and can
//! name the row of the file that a cell came from, so that whoever finds a bad value can say where it is.
//!
//! ```
//! use howship_tables::{OpenOptions, read};
//!
//! let text = b"subject;visit;score\n7;M0;3\n7;M12;2,5\n".to_vec();
//! let table = read("scores.csv".as_ref(), text, &OpenOptions::default())?;
//! let scores = table.column("Score").ok_or("no scores")?;
//! assert_eq!((table.rows(), table.line(1)), (2, 3));
//! assert_eq!(scores.text(1), "2,5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | format | read | limits |
//! |---|---|---|
//! | CSV, TSV, semicolons, `\|` | UTF-8, UTF-16 with its mark (Excel's "Unicode text"), quotes after RFC 4180, LF, CRLF, CR, byte-order mark, Excel's `sep=` line | held in memory whole |
//! | Parquet | flat columns of text, numbers, decimals, booleans (1 and 0), dates and times (as ISO 8601 text); Snappy, gzip, Zstandard | no lists, no encryption |
//! | SAS transport (XPT) version 5 and 8 | text and numbers; dates and times as ISO 8601 text by their format; letters of special missing values ([`special_missing`]) | |
//! | XLSX, ODS | one sheet: its first row with text names the columns; numbers, text, dates as ISO 8601 text, booleans (1 and 0) | no merged cells, no formula without its value; unpacked size and cells are bounded |
//!
//! CSV ([`write_csv`]) and Parquet ([`ParquetWriter`]) are written.
//!
//! A first column of a text file without a name that counts rows (what R and pandas export) is left out, and
//! [`Table::remarks`] says so. Compressed files, old workbooks and SAS' own data sets are refused with what to do
//! instead.

mod dates;
mod decoding;
mod delimited;
mod error;
mod names;
mod open;
mod options;
mod parquet_file;
mod parquet_pages;
mod parquet_write;
mod reason;
mod records;
mod table;
mod text_column;
mod transport;
mod utf16;
mod workbook;
mod workbook_guard;
mod write;

pub use error::Error;
pub use names::Names;
pub use open::{open, read};
pub use options::OpenOptions;
pub use parquet_write::{Holds, ParquetWriter};
pub use reason::Reason;
pub use table::{Column, Table, Values, special_missing};
pub use write::{Cell, csv_text, write_csv};
