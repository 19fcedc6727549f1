use crate::{Cell, Error};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a column of a Parquet file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Words, as UTF-8.
    Text,
    /// Numbers, as DOUBLE; counts may stand among them.
    Numbers,
    /// Counts, as INT64.
    Counts,
}

/// A Parquet file in the making: flat columns, each of which may have cells that are empty, a row group for each call
/// of [`ParquetWriter::rows`], so that memory holds no more than the caller does. The same rows in the same groups are
/// the same bytes.
///
/// # Limits
/// A number that is not finite is an empty cell, as it is in CSV.
pub struct ParquetWriter {
    path: PathBuf,
    columns: Vec<(String, Holds)>,
    file: SerializedFileWriter<File>,
    rows: usize,
}

impl ParquetWriter {
    /// Begins a file; one that is there is overwritten.
    ///
    /// # Errors
    /// The system refuses to write there.
    pub fn create(path: &Path, columns: &[(&str, Holds)]) -> Result<Self, Error> {
        let wrong = |source| Error::Writing {
            path: path.to_owned(),
            source,
        };
        let fields = columns.iter().map(|(name, holds)| field(name, *holds));
        let fields: Result<Vec<_>, ParquetError> = fields.collect();
        let schema = fields.and_then(|fields| {
            Type::group_type_builder("table")
                .with_fields(fields)
                .build()
        });
        let schema = schema.map_err(|e| wrong(io::Error::other(e)))?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("howship ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let out = File::create(path).map_err(wrong)?;
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
        Ok(Self {
            path: path.to_owned(),
            columns: columns.iter().map(|(n, h)| ((*n).to_owned(), *h)).collect(),
            file: file.map_err(|e| wrong(io::Error::other(e)))?,
            rows: 0,
        })
    }

    /// Writes rows as a group of their own; rows that are shorter than the header end in empty cells.
    ///
    /// # Errors
    /// A cell that is not what its column holds; the system refuses to write.
    pub fn rows(&mut self, rows: &[Vec<Cell<'_>>]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        // Before a byte is written: half a group would spoil the file.
        for (at, (name, holds)) in self.columns.iter().enumerate() {
            let misfit = |row: &Vec<Cell<'_>>| row.get(at).is_some_and(|c| !fits(c, *holds));
            if let Some(row) = rows.iter().position(misfit) {
                return Err(Error::Cell {
                    column: name.clone(),
                    row: self.rows + row + 1,
                });
            }
        }
        let columns = &self.columns;
        let mut write = || -> Result<(), ParquetError> {
            let mut group = self.file.next_row_group()?;
            let mut at = 0;
            while let Some(mut column) = group.next_column()? {
                let cells = rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Empty));
                match columns[at].1 {
                    Holds::Text => put::<ByteArrayType>(&mut column, cells.map(words))?,
                    Holds::Numbers => put::<DoubleType>(&mut column, cells.map(number))?,
                    Holds::Counts => put::<Int64Type>(&mut column, cells.map(count))?,
                }
                column.close()?;
                at += 1;
            }
            group.close().map(|_| ())
        };
        write().map_err(|e| Error::Writing {
            path: self.path.clone(),
            source: io::Error::other(e),
        })?;
        self.rows += rows.len();
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The system refuses to write.
    pub fn finish(mut self) -> Result<(), Error> {
        let ended = self.file.finish().map_err(io::Error::other);
        // A full disk may be reported only when the bytes are on it.
        let ended = ended.and_then(|_| self.file.inner().sync_all());
        ended.map_err(|source| Error::Writing {
            path: self.path,
            source,
        })
    }
}

fn field(name: &str, holds: Holds) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match holds {
        Holds::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Numbers => (Physical::DOUBLE, None),
        Holds::Counts => (Physical::INT64, None),
    };
    let field = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn fits(cell: &Cell<'_>, holds: Holds) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Text(_) => holds == Holds::Text,
        Cell::Number(_) => holds == Holds::Numbers,
        Cell::Count(n) => match holds {
            Holds::Text => false,
            Holds::Numbers => true,
            Holds::Counts => i64::try_from(*n).is_ok(),
        },
    }
}

fn words(cell: &Cell<'_>) -> Option<ByteArray> {
    match cell {
        Cell::Text(words) => Some(ByteArray::from(words.as_bytes().to_vec())),
        _ => None,
    }
}

fn number(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Number(x) => Some(*x).filter(|x| x.is_finite()),
        Cell::Count(n) => Some(*n as f64),
        _ => None,
    }
}

fn count(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Count(n) => i64::try_from(*n).ok(),
        _ => None,
    }
}

/// Values that are there, and for each cell whether it is.
fn put<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.collect();
    let there: Vec<i16> = cells.iter().map(|c| i16::from(c.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    let typed: &mut ColumnWriterImpl<'_, T> = column.typed::<T>();
    typed.write_batch(&values, Some(&there), None).map(|_| ())
}
