//! SAS transport files (XPORT, version 5 and 8).

use crate::decoding::quietly;
use crate::text_column::TextColumn;
use crate::{Column, Error, OpenOptions, Reason, Table, Values, dates, special_missing};
use sas_xport::sas::SasVariableType;
use sas_xport::sas::xport::{XportDataset, XportError, XportReader, XportSchema, XportValue};
use std::path::Path;

/// Days from 1960-01-01, where SAS begins to count, to 1970-01-01.
const SAS_EPOCH: i64 = -3_653;

const DAMAGED: (&str, &str) = (
    "the header of a data set is damaged",
    "write the SAS transport file again",
);

pub(crate) fn read(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Table, Error> {
    let wrong = |e: XportError| {
        let reason = (
            format!("the SAS transport file cannot be read ({e})"),
            "write it again, as CSV where that fails",
        );
        Error::file(path, reason)
    };
    // All records have 80 bytes.
    if !bytes.len().is_multiple_of(80) {
        let reason = (
            format!(
                "the SAS transport file ends inside a record ({} bytes, no multiple of 80): it was cut short",
                bytes.len()
            ),
            "copy it again as a binary file",
        );
        return Err(Error::file(path, reason));
    }
    check_descriptors(path, bytes)?;
    // The reader gives up with a panic on some damaged headers.
    let damaged = || Error::file(path, DAMAGED);
    let reader = quietly(|| XportReader::from_reader(bytes)).ok_or_else(damaged)?;
    let reader = reader.map_err(wrong)?;
    let mut found: Option<Table> = None;
    let mut names = Vec::new();
    let mut next = quietly(|| reader.next_dataset())
        .ok_or_else(damaged)?
        .map_err(wrong)?;
    while let Some(mut dataset) = next {
        let name = dataset.schema().dataset_name().to_owned();
        check(path, dataset.schema(), options)?;
        let wanted = options.dataset.as_ref();
        if wanted.is_none_or(|w| w.eq_ignore_ascii_case(&name)) && found.is_none() {
            let width = row_width(dataset.schema());
            let table = read_dataset(path, &mut dataset, wrong)?;
            check_whole(path, rows_of(bytes, names.len()), width, table.rows())?;
            found = Some(table);
        } else {
            let skipped = quietly(|| dataset.skip_to_end()).ok_or_else(damaged)?;
            skipped.map_err(wrong)?;
        }
        names.push(name);
        next = quietly(|| dataset.next_dataset())
            .ok_or_else(damaged)?
            .map_err(wrong)?;
    }
    if options.dataset.is_none() && names.len() > 1 {
        let reason = (
            format!("the file holds several data sets ({})", names.join(", ")),
            "name the one to read with `--dataset`",
        );
        return Err(Error::file(path, reason));
    }
    found.ok_or_else(|| {
        let reason: Reason = match &options.dataset {
            Some(wanted) => (
                format!("the file holds no data set `{wanted}`"),
                format!("it holds {}", names.join(", ")),
            )
                .into(),
            None => (
                "the file holds no data set",
                "check that it was saved whole",
            )
                .into(),
        };
        Error::file(path, reason)
    })
}

/// The reader trusts what headers say of the length of descriptions of variables, of which the format knows two, and
/// makes room for a row before it has seen one.
fn check_descriptors(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let (records, _) = bytes.as_chunks::<80>();
    let mut length = 140;
    for (i, record) in records.iter().enumerate() {
        if record.starts_with(b"HEADER RECORD*******MEMB") {
            length = match record.get(74..78) {
                Some(b"0140") => 140,
                Some(b"0136") => 136,
                _ => return Err(Error::file(path, DAMAGED)),
            };
        }
        if record.starts_with(b"HEADER RECORD*******NAMES")
            || record.starts_with(b"HEADER RECORD*******NAMST")
        {
            let digits = record.get(54..58).and_then(|d| std::str::from_utf8(d).ok());
            let count = digits.and_then(|d| d.trim().parse().ok()).unwrap_or(0);
            let descriptions = bytes.get(80 * (i + 1)..).unwrap_or_default();
            let widths = descriptions.chunks(length).take(count).map(|d| match d {
                [_, _, _, _, high, low, ..] => u64::from(u16::from_be_bytes([*high, *low])),
                _ => 0,
            });
            if widths.sum::<u64>() > bytes.len() as u64 {
                let reason = (
                    "a data set claims rows that are longer than the file",
                    "write it again",
                );
                return Err(Error::file(path, reason));
            }
        }
    }
    Ok(())
}

/// Bytes of a row.
fn row_width(schema: &XportSchema) -> usize {
    let widths = schema.variables().iter().map(|v| v.value_length());
    widths.map(usize::from).sum()
}

/// The bytes behind the header of a data set's rows, and how many rows it says there are; version 8 only says so.
fn rows_of(bytes: &[u8], dataset: usize) -> Option<(&[u8], Option<usize>)> {
    let (records, _) = bytes.as_chunks::<80>();
    let starts = |name: &[u8]| {
        let mark = [b"HEADER RECORD*******".as_slice(), name].concat();
        move |r: &[u8; 80]| r.starts_with(&mark)
    };
    let header = starts(b"OBS");
    let mut headers = (0..records.len()).filter(|&i| header(&records[i]));
    let at = headers.nth(dataset)?;
    let claimed = std::str::from_utf8(records[at].get(48..63)?).ok();
    let claimed = claimed.and_then(|c| c.trim().parse().ok());
    let behind = records.get(at + 1..)?;
    let next = behind.iter().position(starts(b"MEMB"));
    let rows = behind.get(..next.unwrap_or(behind.len()))?;
    let claimed = claimed.filter(|_| records[at].starts_with(b"HEADER RECORD*******OBSV8"));
    Some((rows.as_flattened(), claimed))
}

/// Whether nothing but padding follows the last row, and no row that is claimed is gone. The reader takes the rest of
/// a row for padding, and rows of blanks too.
fn check_whole(
    path: &Path,
    rows: Option<(&[u8], Option<usize>)>,
    width: usize,
    read: usize,
) -> Result<(), Error> {
    let Some((bytes, claimed)) = rows else {
        return Ok(());
    };
    let rest = bytes.get(read.saturating_mul(width)..).unwrap_or_default();
    let gone = claimed.is_some_and(|rows| rows.saturating_mul(width) > bytes.len());
    if !gone && rest.iter().all(|b| *b == b' ') {
        return Ok(());
    }
    let reason = (
        format!("the SAS transport file was cut short: behind row {read} its data set goes on"),
        "copy it again as a binary file",
    );
    Err(Error::file(path, reason))
}

/// What the reader takes on trust.
fn check(path: &Path, schema: &XportSchema, options: &OpenOptions) -> Result<(), Error> {
    let variables = schema.variables();
    if variables.is_empty() || variables.len() > options.max_columns {
        let reason = (
            format!(
                "data set `{}` has {} columns where 1 to {} are read",
                schema.dataset_name(),
                variables.len(),
                options.max_columns
            ),
            "keep those that are needed",
        );
        return Err(Error::file(path, reason));
    }
    let lengths = |v: &sas_xport::sas::xport::XportVariable| match v.value_type() {
        SasVariableType::Numeric => 2..=8,
        SasVariableType::Character => 1..=u16::MAX,
    };
    match variables
        .iter()
        .find(|v| !lengths(v).contains(&v.value_length()))
    {
        Some(bad) => {
            let reason = (
                format!(
                    "column `{}` claims values of {} bytes",
                    bad.full_name(),
                    bad.value_length()
                ),
                "the file is damaged, write it again",
            );
            Err(Error::file(path, reason))
        }
        None => Ok(()),
    }
}

/// A column in the making.
enum Cells {
    Text(TextColumn),
    Number(Vec<f64>),
    Date(TextColumn),
    DateTime(TextColumn),
}

impl Cells {
    fn push(&mut self, value: &XportValue<'_>) {
        match (self, value) {
            (Self::Number(numbers), XportValue::Number(x)) => numbers.push(plain(*x)),
            (Self::Number(numbers), XportValue::Character(_)) => numbers.push(f64::NAN),
            (Self::Text(text), XportValue::Character(c)) => text.push(c.trim()),
            (Self::Date(text), XportValue::Number(x)) => text.push(&day(*x, 1.0)),
            (Self::DateTime(text), XportValue::Number(x)) => text.push(&day(*x, 86_400.0)),
            (Self::Text(text) | Self::Date(text) | Self::DateTime(text), _) => text.push(""),
        }
    }

    fn finish(self, name: String) -> Column {
        match self {
            Self::Number(numbers) => Column {
                name,
                values: Values::Number(numbers),
            },
            Self::Text(text) | Self::Date(text) | Self::DateTime(text) => text.finish(name),
        }
    }
}

/// A missing number is the one NaN, unless SAS gave it a letter, which is a reason of the study's own.
fn plain(x: f64) -> f64 {
    if x.is_nan() && special_missing(x).is_none() {
        f64::NAN
    } else {
        x
    }
}

/// A SAS date, or date-time in seconds, as ISO 8601; empty where it is missing.
fn day(x: f64, units_per_day: f64) -> String {
    // Far beyond any calendar; a damaged number.
    if !(x.abs() < 1e12) {
        return String::new();
    }
    if units_per_day == 1.0 {
        return dates::date(x.floor() as i64 + SAS_EPOCH);
    }
    dates::date_time(x.floor() as i64 + SAS_EPOCH * 86_400, 1)
}

/// What SAS shows as a date or date-time becomes one.
fn cells_for(kind: SasVariableType, format: &str) -> Cells {
    const DATES: [&str; 8] = [
        "DATE", "YYMMDD", "MMDDYY", "DDMMYY", "E8601DA", "IS8601DA", "B8601DA", "JULIAN",
    ];
    const TIMES: [&str; 4] = ["DATETIME", "E8601DT", "IS8601DT", "B8601DT"];
    let format = format.to_ascii_uppercase();
    let starts = |list: &[&str]| list.iter().any(|f| format.starts_with(f));
    match kind {
        SasVariableType::Character => Cells::Text(TextColumn::default()),
        SasVariableType::Numeric if starts(&TIMES) => Cells::DateTime(TextColumn::default()),
        SasVariableType::Numeric if starts(&DATES) => Cells::Date(TextColumn::default()),
        SasVariableType::Numeric => Cells::Number(Vec::new()),
    }
}

fn read_dataset(
    path: &Path,
    dataset: &mut XportDataset<&[u8]>,
    wrong: impl Fn(XportError) -> Error,
) -> Result<Table, Error> {
    let variables = dataset.schema().variables();
    let names: Vec<String> = variables
        .iter()
        .map(|v| v.full_name().trim().to_owned())
        .collect();
    let mut columns: Vec<Cells> = variables
        .iter()
        .map(|v| cells_for(v.value_type(), v.full_format()))
        .collect();
    let mut rows = 0_u64;
    loop {
        let next = quietly(|| dataset.next_record());
        let next = next.ok_or_else(|| Error::file(path, DAMAGED))?;
        let Some(record) = next.map_err(&wrong)? else {
            break;
        };
        for (column, value) in columns.iter_mut().zip(record.iter()) {
            column.push(value);
        }
        rows += 1;
    }
    if rows == 0 {
        return Err(Error::file(
            path,
            (
                "the data set holds no rows",
                "check that it was saved whole",
            ),
        ));
    }
    let columns = names
        .into_iter()
        .zip(columns)
        .map(|(name, cells)| cells.finish(name))
        .collect();
    Table::new(path, columns, Vec::new())
}
