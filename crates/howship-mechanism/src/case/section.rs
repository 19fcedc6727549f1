use super::KEYS;
use crate::Error;
use crate::drug::nearest;
use toml::{Table, Value};

/// One table of a record with its path; every question names the key in its errors.
pub(crate) struct Section<'a> {
    pub(crate) path: String,
    table: &'a Table,
}

impl<'a> Section<'a> {
    /// A table whose keys are all known.
    pub(crate) fn new(path: String, table: &'a Table, known: &[&str]) -> Result<Self, Error> {
        for key in table.keys() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let hint = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`{path}` may have {}", known.join(", ")),
            };
            return Err(Error::UnknownKey {
                key: format!("{path}.{key}"),
                hint,
            });
        }
        Ok(Self { path, table })
    }

    /// A table of the record's [`KEYS`].
    pub(crate) fn of_record(kind: &str, path: String, value: &'a Value) -> Result<Self, Error> {
        let known: Vec<&str> = KEYS
            .iter()
            .filter(|k| k.table == kind)
            .map(|k| k.name)
            .collect();
        let Value::Table(table) = value else {
            let single = KEYS.iter().any(|k| k.table == kind && !k.repeats());
            let how = if single {
                format!("[{kind}]")
            } else {
                format!("[[{kind}]]")
            };
            return Err(Error::value(
                path,
                "no table",
                format!("write it as a table, `{how}`"),
            ));
        };
        Self::new(path, table, &known)
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.table.get(name)
    }

    pub(crate) fn needed(&self, name: &str) -> Result<&'a Value, Error> {
        self.get(name).ok_or_else(|| {
            let known = KEYS
                .iter()
                .find(|k| k.name == name && self.path.starts_with(k.table));
            Error::Missing {
                key: self.key(name),
                hint: known.map_or_else(
                    || "add it".to_owned(),
                    |k| {
                        format!(
                            "it gives {}, as in `{name} = {}`",
                            k.says.trim_end_matches("; needed"),
                            k.example
                        )
                    },
                ),
            }
        })
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Error::value(self.key(name), other, "it is text in quotes")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(other) => Err(Error::value(self.key(name), other, "it is true or false")),
        }
    }

    /// A number inside a range.
    pub(crate) fn number(&self, name: &str, range: [f64; 2]) -> Result<Option<f64>, Error> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = match value {
            Value::Integer(n) => *n as f64,
            Value::Float(x) => *x,
            other => {
                return Err(Error::value(
                    self.key(name),
                    other,
                    "it is a number without quotes",
                ));
            }
        };
        let [low, high] = range;
        if !(low..=high).contains(&number) {
            let expected = if low.is_finite() && high.is_finite() {
                format!("it lies between {low} and {high}")
            } else {
                "it is a finite number".to_owned()
            };
            return Err(Error::value(self.key(name), number, expected));
        }
        Ok(Some(number))
    }

    /// A whole number inside a range.
    pub(crate) fn count(&self, name: &str, range: [u64; 2]) -> Result<Option<u64>, Error> {
        let Some(number) = self.number(name, [range[0] as f64, range[1] as f64])? else {
            return Ok(None);
        };
        if number.fract() == 0.0 {
            Ok(Some(number as u64))
        } else {
            Err(Error::value(self.key(name), number, "it is a whole number"))
        }
    }

    /// One word of a list.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let names: Vec<String> = words.iter().map(|(w, _)| format!("`{w}`")).collect();
            Error::value(
                self.key(name),
                format!("`{text}`"),
                format!("it is one of {}", names.join(", ")),
            )
        })
    }
}
