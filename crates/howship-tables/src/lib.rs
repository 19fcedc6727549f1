//! Tables with named columns, read from CSV, TSV, Parquet and SAS transport files.
//!
//! Nothing here knows what a column means. A [`Table`] keeps text dictionary-coded and numbers as `f64`, and can
//! name the row of the file that a cell came from, so that whoever finds a bad value can say where it is.

mod error;
mod names;
mod table;

pub use error::Error;
pub use names::Names;
pub use table::{Column, Table, Values};
