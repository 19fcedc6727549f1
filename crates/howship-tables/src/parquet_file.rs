//! Flat columns of Parquet files.

use crate::decoding::quietly;
use crate::parquet_pages::{CheckedPages, check, damaged};
use crate::text_column::TextColumn;
use crate::{Column, Error, OpenOptions, Reason, Table, Values, dates};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};
use std::path::Path;

/// Rows decoded at once: what a file claims to hold is believed only as it is found.
const BATCH: usize = 65_536;
/// Whole numbers up to here are exact in `f64`.
const EXACT: i64 = 1 << 53;

pub(crate) fn read(
    path: &Path,
    bytes: Vec<u8>,
    options: &OpenOptions,
) -> std::result::Result<Table, Error> {
    let wrong = |e: ParquetError| {
        let reason = (
            format!("the Parquet file cannot be read ({e})"),
            "write it again, as CSV where that fails",
        );
        Error::file(path, reason)
    };
    let bytes = bytes::Bytes::from(bytes);
    let file = decoded(|| SerializedFileReader::new(bytes.clone())).map_err(wrong)?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let columns = named(schema.columns(), options).map_err(|reason| Error::file(path, reason))?;
    check_size(file.metadata(), options).map_err(|reason| Error::file(path, reason))?;
    check(&bytes, file.metadata()).map_err(wrong)?;
    let read = |(i, (name, kind)): (usize, (String, Kind))| {
        let mut cells = Cells::new(kind);
        for group in 0..file.num_row_groups() {
            let group = decoded(|| file.get_row_group(group)).map_err(wrong)?;
            read_column(group.as_ref(), i, &schema.column(i), &mut cells).map_err(wrong)?;
        }
        Ok(cells.finish(name))
    };
    let columns: Vec<Column> = columns
        .into_iter()
        .enumerate()
        .map(read)
        .collect::<std::result::Result<_, Error>>()?;
    if columns.iter().all(Column::is_empty) {
        return Err(Error::file(
            path,
            ("the file holds no rows", "check that it was saved whole"),
        ));
    }
    Table::new(path, columns, Vec::new())
}

/// What the decoder makes; where it panics the file is damaged.
fn decoded<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    quietly(decode).unwrap_or_else(|| Err(damaged("damaged pages")))
}

/// Names and kinds of the columns, or what is wrong with one.
fn named(
    columns: &[ColumnDescPtr],
    options: &OpenOptions,
) -> std::result::Result<Vec<(String, Kind)>, Reason> {
    if columns.len() > options.max_columns {
        return Err((
            format!(
                "the file has {} columns where at most {} are read",
                columns.len(),
                options.max_columns
            ),
            "keep those that are needed",
        )
            .into());
    }
    let named = |(i, column): (usize, &ColumnDescPtr)| {
        let name = column.path().parts().join(".").trim().to_owned();
        let kind = Kind::of(column).ok_or_else(|| {
            (
                format!("column `{name}` holds lists or values of a kind that is not read"),
                "keep flat columns of text, numbers, booleans and dates",
            )
        })?;
        if name.is_empty() {
            return Err((format!("column {} has no name", i + 1), "give it one").into());
        }
        Ok((name, kind))
    };
    columns.iter().enumerate().map(named).collect()
}

/// Runs of equal cells take no room in a file and all of it in memory.
fn check_size(
    metadata: &ParquetMetaData,
    options: &OpenOptions,
) -> std::result::Result<(), Reason> {
    let groups = metadata.row_groups().iter();
    let rows: i128 = groups.map(|g| i128::from(g.num_rows())).sum();
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let cells = rows.saturating_mul(columns as i128);
    if cells <= options.max_cells as i128 {
        return Ok(());
    }
    Err((
        format!(
            "the file claims {rows} rows of {columns} columns where at most {} cells are read",
            options.max_cells
        ),
        "keep the columns that are needed, or split it",
    )
        .into())
}

/// How a column's values are understood.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Half,
    /// A whole number times ten to the minus scale.
    Decimal(i32),
    Date,
    /// So many units in a second.
    Time(i64),
}

impl Kind {
    fn of(column: &ColumnDescriptor) -> Option<Self> {
        if column.max_rep_level() > 0 {
            return None;
        }
        let physical = column.physical_type();
        let kind = match column.logical_type_ref() {
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => Self::Text,
            Some(LogicalType::Decimal(d)) => Self::Decimal(d.scale),
            Some(LogicalType::Date) => Self::Date,
            Some(LogicalType::Timestamp(t)) => Self::Time(per_second(&t.unit)),
            Some(LogicalType::Float16) => Self::Half,
            Some(LogicalType::Integer(_) | LogicalType::Unknown) => Self::Number,
            Some(_) => return None,
            None => match column.converted_type() {
                ConvertedType::DATE => Self::Date,
                ConvertedType::TIMESTAMP_MILLIS => Self::Time(1_000),
                ConvertedType::TIMESTAMP_MICROS => Self::Time(1_000_000),
                ConvertedType::DECIMAL => Self::Decimal(column.type_scale()),
                _ if physical == Type::BYTE_ARRAY => Self::Text,
                _ if physical == Type::FIXED_LEN_BYTE_ARRAY => return None,
                _ => Self::Number,
            },
        };
        Some(kind)
    }
}

fn per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

/// A column in the making: numbers as long as they fit, text otherwise.
struct Cells {
    kind: Kind,
    numbers: Vec<f64>,
    text: TextColumn,
    as_text: bool,
}

impl Cells {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            numbers: Vec::new(),
            text: TextColumn::default(),
            as_text: matches!(kind, Kind::Text | Kind::Date | Kind::Time(_)),
        }
    }

    fn push_missing(&mut self) {
        if self.as_text {
            self.text.push("");
        } else {
            self.numbers.push(f64::NAN);
        }
    }

    fn push_number(&mut self, number: f64) {
        if self.as_text {
            self.text.push(&number.to_string());
        } else {
            self.numbers.push(number);
        }
    }

    fn push_integer(&mut self, value: i64) {
        match self.kind {
            Kind::Date => self.text.push(&dates::date(value)),
            Kind::Time(per_second) => self.text.push(&dates::date_time(value, per_second)),
            Kind::Decimal(scale) => self.push_decimal(i128::from(value), scale),
            _ if self.as_text => self.text.push(&value.to_string()),
            _ if value.abs_diff(0) <= EXACT.unsigned_abs() => self.numbers.push(value as f64),
            _ => {
                // An identifier too long for a number: the whole column becomes text.
                self.become_text();
                self.text.push(&value.to_string());
            }
        }
    }

    fn push_decimal(&mut self, value: i128, scale: i32) {
        // Through decimal text: the nearest number to what was written, not a product of rounded ones.
        let number = format!("{value}e{}", -i64::from(scale))
            .parse()
            .unwrap_or(f64::NAN);
        self.push_number(number);
    }

    fn become_text(&mut self) {
        self.as_text = true;
        for number in std::mem::take(&mut self.numbers) {
            if number.is_nan() {
                self.text.push("");
            } else {
                self.text.push(&number.to_string());
            }
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self.kind {
            Kind::Decimal(scale) => {
                let value =
                    signed(bytes).ok_or_else(|| damaged("a decimal of more than 16 bytes"))?;
                self.push_decimal(value, scale);
            }
            Kind::Half => match bytes {
                [low, high] => self.push_number(half(u16::from_le_bytes([*low, *high]))),
                _ => return Err(damaged("a half-precision number that has not two bytes")),
            },
            _ => {
                let text =
                    std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))?;
                self.text.push(text.trim());
            }
        }
        Ok(())
    }

    fn finish(self, name: String) -> Column {
        if self.as_text {
            return self.text.finish(name);
        }
        Column {
            name,
            values: Values::Number(self.numbers),
        }
    }
}

fn read_column(
    group: &dyn RowGroupReader,
    index: usize,
    column: &ColumnDescPtr,
    cells: &mut Cells,
) -> Result<()> {
    let level = column.max_def_level();
    let expected = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    let unsigned =
        matches!(column.logical_type_ref(), Some(LogicalType::Integer(i)) if !i.is_signed);
    let pages = CheckedPages {
        pages: decoded(|| group.get_column_page_reader(index))?,
        level,
    };
    let reader = decoded(|| Ok(get_column_reader(column.clone(), Box::new(pages))))?;
    let rows = match reader {
        ColumnReader::BoolColumnReader(r) => each(r, level, expected, cells, |c, &v| {
            c.push_number(f64::from(u8::from(v)));
            Ok(())
        }),
        ColumnReader::Int32ColumnReader(r) => each(r, level, expected, cells, |c, &v| {
            c.push_integer(if unsigned {
                i64::from(v as u32)
            } else {
                i64::from(v)
            });
            Ok(())
        }),
        ColumnReader::Int64ColumnReader(r) => each(r, level, expected, cells, |c, &v| {
            if unsigned && v < 0 {
                return Err(damaged(
                    "an unsigned number above 9,223,372,036,854,775,807",
                ));
            }
            c.push_integer(v);
            Ok(())
        }),
        ColumnReader::Int96ColumnReader(r) => {
            // The date-times of old writers carry no logical type.
            if cells.kind == Kind::Number {
                *cells = Cells {
                    kind: Kind::Time(1_000),
                    as_text: true,
                    numbers: Vec::new(),
                    text: std::mem::take(&mut cells.text),
                };
            }
            each(r, level, expected, cells, |c, v| {
                c.push_integer(v.to_millis());
                Ok(())
            })
        }
        ColumnReader::FloatColumnReader(r) => each(r, level, expected, cells, |c, &v| {
            c.push_number(shortest(v));
            Ok(())
        }),
        ColumnReader::DoubleColumnReader(r) => each(r, level, expected, cells, |c, &v| {
            c.push_number(v);
            Ok(())
        }),
        ColumnReader::ByteArrayColumnReader(r) => {
            each(r, level, expected, cells, |c, v: &ByteArray| {
                c.push_bytes(v.data())
            })
        }
        ColumnReader::FixedLenByteArrayColumnReader(r) => {
            each(r, level, expected, cells, |c, v: &FixedLenByteArray| {
                c.push_bytes(v.data())
            })
        }
    }?;
    if rows != expected {
        return Err(damaged("a column ends before its rows do"));
    }
    Ok(())
}

/// Pushes every value of a column chunk, missing ones too; how many there were, `most` at most.
fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    level: i16,
    most: usize,
    cells: &mut Cells,
    mut push: impl FnMut(&mut Cells, &T::T) -> Result<()>,
) -> Result<usize> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut rows = 0;
    loop {
        values.clear();
        levels.clear();
        let (read, _, _) =
            decoded(|| reader.read_records(BATCH, Some(&mut levels), None, &mut values))?;
        if read == 0 {
            return Ok(rows);
        }
        rows += read;
        if rows > most {
            return Err(damaged("a column of more rows than the file has"));
        }
        let mut next = values.iter();
        for row in 0..read {
            let present = level == 0 || levels.get(row) == Some(&level);
            match next.as_slice().first() {
                Some(value) if present => {
                    push(cells, value)?;
                    next.next();
                }
                _ => cells.push_missing(),
            }
        }
    }
}

/// The number that was meant by one of single precision: 0.1 stays 0.1.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// Big-endian two's complement.
fn signed(bytes: &[u8]) -> Option<i128> {
    if bytes.len() > 16 {
        return None;
    }
    let negative = bytes.first().is_some_and(|&b| b >= 0x80);
    let start = if negative { -1_i128 } else { 0 };
    Some(
        bytes
            .iter()
            .fold(start, |value, &b| value << 8 | i128::from(b)),
    )
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1F);
    let fraction = f64::from(bits & 0x3FF);
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1024.0 + fraction) * 2_f64.powi(e - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_any_width() {
        assert_eq!(signed(&[0xFF, 0x85]), Some(-123));
        assert_eq!(signed(&[0x01, 0x00]), Some(256));
        assert_eq!((signed(&[]), signed(&[0; 17])), (Some(0), None));
    }

    #[test]
    fn half_precision() {
        assert_eq!(
            (half(0x3C00), half(0xC100), half(0x0001)),
            (1.0, -2.5, 2_f64.powi(-24))
        );
        assert!(half(0x7E00).is_nan() && half(0xFC00) == f64::NEG_INFINITY);
    }

    #[test]
    fn a_column_of_numbers_becomes_text_where_one_is_too_long() {
        let mut cells = Cells::new(Kind::Number);
        cells.push_integer(7);
        cells.push_missing();
        cells.push_integer(EXACT + 1);
        let column = cells.finish("id".into());
        let text: Vec<_> = (0..3).map(|i| column.text(i).into_owned()).collect();
        assert_eq!(text, ["7", "", "9007199254740993"]);
    }
}
