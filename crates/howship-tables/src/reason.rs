use std::fmt;

/// What is wrong, and what to do about it where that can be said. It prints as what is wrong alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What is wrong.
    pub what: String,
    /// What to do about it, or what is allowed.
    pub advice: Option<String>,
}

impl Reason {
    /// Both in one line, `what; advice`, for notes and lists.
    #[must_use]
    pub fn in_full(&self) -> String {
        match &self.advice {
            Some(advice) => format!("{}; {advice}", self.what),
            None => self.what.clone(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<String> for Reason {
    fn from(what: String) -> Self {
        Self { what, advice: None }
    }
}

impl From<&str> for Reason {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// What is wrong, then what to do.
impl<W: Into<String>, A: Into<String>> From<(W, A)> for Reason {
    fn from((what, advice): (W, A)) -> Self {
        Self {
            what: what.into(),
            advice: Some(advice.into()),
        }
    }
}
