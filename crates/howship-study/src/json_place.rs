//! Which entry of a JSON text an error is about.

use serde::de::DeserializeOwned;

/// Reads JSON; an error names the entry (`lesions[2].visits[0].days`) beside line and column.
///
/// # Errors
/// No JSON, or not of this shape.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| {
        let place = place(text, e.line(), e.column());
        // What was asked of the whole needs no place.
        match place.is_empty() {
            true => e.to_string(),
            false => format!("`{place}`: {e}"),
        }
    })
}

/// One level: the key last read of an object, or the number of an entry of a list.
enum Level {
    Key(String),
    Entry(usize),
}

/// The path of the entry that stands before a line and column, both from 1, columns in bytes.
fn place(text: &str, line: usize, column: usize) -> String {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let end = before.saturating_add(column).min(text.len());
    let mut levels: Vec<Level> = Vec::new();
    // Inside a string: where it began, and whether the next letter is escaped.
    let mut string: Option<usize> = None;
    let (mut escaped, mut key_next) = (false, false);
    for (at, byte) in text.bytes().enumerate().take(end) {
        if let Some(began) = string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    string = None;
                    if let (true, Some(Level::Key(key))) = (key_next, levels.last_mut()) {
                        text.get(began..at).unwrap_or_default().clone_into(key);
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string = Some(at + 1),
            b'{' => {
                levels.push(Level::Key(String::new()));
                key_next = true;
            }
            b'[' => {
                levels.push(Level::Entry(0));
                key_next = false;
            }
            b'}' | b']' => {
                levels.pop();
                key_next = false;
            }
            b':' => key_next = false,
            b',' => match levels.last_mut() {
                Some(Level::Entry(n)) => *n += 1,
                Some(Level::Key(_)) => key_next = true,
                None => {}
            },
            _ => {}
        }
    }
    let mut path = String::new();
    for level in &levels {
        match level {
            Level::Entry(n) => path.push_str(&format!("[{n}]")),
            Level::Key(key) if !key.is_empty() => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Level::Key(_) => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "at")]
        _at: [f64; 2],
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "list")]
        _list: Vec<Inner>,
    }

    #[test]
    fn the_entry_is_named() {
        let text = |second: &str| {
            format!(
                "{{\"name\": \"a, {{[\\\"\",\n \"list\": [{{\"at\": [1, 2]}}, {{\"at\": [3, {second}]}}]}}"
            )
        };
        from_json::<Outer>(&text("4.5")).unwrap();
        for bad in ["\"812,5\"", "NaN", "null", "1,5"] {
            let said = from_json::<Outer>(&text(bad)).unwrap_err();
            assert!(said.starts_with("`list[1].at"), "{bad}: {said}");
            assert!(said.contains("line 2"), "{said}");
        }
        let missing = from_json::<Outer>("{\"name\": \"a\", \"list\": [{}]}").unwrap_err();
        assert!(missing.starts_with("`list[0]`"), "{missing}");
        assert!(!from_json::<Outer>("").unwrap_err().starts_with('`'));
    }
}
