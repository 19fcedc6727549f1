use crate::Error;
use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

/// A cell to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A number; one that is not finite is written as an empty cell.
    Number(f64),
    /// A count.
    Count(u64),
    /// Nothing.
    Empty,
}

/// A table as CSV: UTF-8, commas, LF, a header line; numbers in their shortest form that reads back the same.
///
/// Text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-` or `@`, and is no number) gets a
/// leading apostrophe. Rows are cut or filled with empty cells to the length of the header.
#[must_use]
pub fn csv_text<'a, R>(header: &[impl AsRef<str>], rows: impl IntoIterator<Item = R>) -> String
where
    R: IntoIterator<Item = Cell<'a>>,
{
    let mut text = String::new();
    for (i, name) in header.iter().enumerate() {
        separate(&mut text, i);
        // Whoever looks for the separator looks in the header.
        let name = name.as_ref();
        push_text(&mut text, name, name.contains([';', '|', '\t']));
    }
    text.push('\n');
    for row in rows {
        let mut cells = row.into_iter();
        for i in 0..header.len() {
            separate(&mut text, i);
            push_cell(
                &mut text,
                &cells.next().unwrap_or(Cell::Empty),
                header.len(),
            );
        }
        text.push('\n');
    }
    text
}

/// Writes a table as [`csv_text`] has it: into a temporary file beside `path`, renamed when whole.
///
/// # Errors
/// The system refuses to write there.
pub fn write_csv<'a, R>(
    path: impl AsRef<Path>,
    header: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = R>,
) -> Result<(), Error>
where
    R: IntoIterator<Item = Cell<'a>>,
{
    let path = path.as_ref();
    let wrong = |source| Error::Writing {
        path: path.to_owned(),
        source,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // A temporary file is private by default; a table has the permissions of any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(wrong)?;
    file.write_all(csv_text(header, rows).as_bytes())
        .map_err(wrong)?;
    // A full disk may be reported only when the bytes are on it.
    file.as_file().sync_all().map_err(wrong)?;
    file.persist(path).map_err(|e| wrong(e.error))?;
    Ok(())
}

fn separate(text: &mut String, i: usize) {
    if i > 0 {
        text.push(',');
    }
}

fn push_cell(text: &mut String, cell: &Cell<'_>, columns: usize) {
    match cell {
        Cell::Text(words) if words.is_empty() && columns == 1 => text.push_str("\"\""),
        Cell::Text(words) => push_text(text, words, false),
        Cell::Number(x) if x.is_finite() => text.push_str(&number(*x)),
        Cell::Count(n) => text.push_str(&n.to_string()),
        // An empty line would be no row.
        Cell::Number(_) | Cell::Empty if columns == 1 => text.push_str("\"\""),
        Cell::Number(_) | Cell::Empty => {}
    }
}

fn push_text(text: &mut String, words: &str, guarded: bool) {
    let formula =
        words.starts_with(['=', '+', '-', '@', '\t', '\r']) && words.parse::<f64>().is_err();
    let blank_ends = words.trim().len() != words.len();
    // At the start of a file these would be its byte-order mark, or the line by which Excel names the separator.
    let no_text = words.starts_with('\u{feff}') || words.starts_with("sep=");
    let quoted = guarded || blank_ends || no_text || words.contains([',', '"', '\n', '\r']);
    if quoted {
        text.push('"');
    }
    if formula {
        text.push('\'');
    }
    if quoted {
        text.push_str(&words.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(words);
    }
}

/// Shortest form that reads back the same; zero has no sign.
fn number(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        "0".to_owned()
    } else if (1e-5..1e16).contains(&size) {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Cell<'_> {
        Cell::Text(words.into())
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_defused() {
        let rows = ["=1+1", "+a", "-b", "@SUM(A1)", "-0.5", "a=b", "\tx", "=a,b"]
            .map(|t| vec![text(t), Cell::Empty]);
        let written = csv_text(&["t", "e"], rows);
        assert_eq!(
            written,
            "t,e\n'=1+1,\n'+a,\n'-b,\n'@SUM(A1),\n-0.5,\na=b,\n\"'\tx\",\n\"'=a,b\",\n"
        );
    }

    #[test]
    fn numbers_read_back_the_same() {
        let numbers = [
            0.1,
            -0.0,
            1e-300,
            123_456.75,
            1e300,
            f64::NAN,
            f64::INFINITY,
        ];
        let written = csv_text(&["x"], numbers.map(|x| [Cell::Number(x)]));
        assert_eq!(written, "x\n0.1\n0\n1e-300\n123456.75\n1e300\n\"\"\n\"\"\n");
    }

    #[test]
    fn a_file_is_written_whole_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        write_csv(
            &path,
            &["a", "b"],
            [vec![text("x\"y"), Cell::Count(3)], vec![text("z")]],
        )
        .unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "a,b\n\"x\"\"y\",3\nz,\n"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = folder.path().join("no/t.csv");
        assert!(matches!(
            write_csv(nowhere, &["a"], [[text("x")]]),
            Err(Error::Writing { .. })
        ));
    }
}
