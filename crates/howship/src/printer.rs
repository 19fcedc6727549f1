//! Everything that reaches the terminal goes through here.

use crate::args::Global;
use crate::failure::{ExitStatus, Failure};
use crate::printable::{self, coloured, printable};
use howship_change::Verdict;
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

/// Writes results to stdout; notes, warnings and errors to stderr.
pub(crate) struct Printer {
    quiet: bool,
    json: bool,
    colour_out: bool,
    colour_err: bool,
    /// A terminal that cannot move its cursor.
    dumb: bool,
}

impl Printer {
    pub(crate) fn new(global: &Global) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let plain = dumb || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self {
            quiet: global.quiet,
            json: global.json,
            colour_out: !plain && io::stdout().is_terminal(),
            colour_err: !plain && io::stderr().is_terminal(),
            dumb,
        }
    }

    /// Whether a script reads stdout.
    pub(crate) fn wants_json(&self) -> bool {
        self.json
    }

    /// Whether only warnings and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether progress may be drawn.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.quiet && !self.dumb && io::stderr().is_terminal()
    }

    /// The result, in words; nothing where `--quiet` or a script wants none.
    pub(crate) fn result(&self, text: &str) -> anyhow::Result<()> {
        if self.quiet || self.json {
            return Ok(());
        }
        out(&self.safe(text))
    }

    /// What was asked for by name (`info`, a specification): printed even with `--quiet`.
    pub(crate) fn answer(&self, text: &str) -> anyhow::Result<()> {
        out(&self.safe(text))
    }

    /// The result for a script.
    pub(crate) fn json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(value)?;
        out(&format!("{}\n", printable::json(&text)))
    }

    /// What happens now.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            err(&format!("{}\n", printable(text)));
        }
    }

    /// What the user should look at; printed even with `--quiet`.
    pub(crate) fn warning(&self, text: &str) {
        let word = paint(self.colour_err, "33;1", "warning:");
        err(&format!("{word} {}\n", printable(text)));
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let word = paint(self.colour_err, "31;1", "error:");
        let mut text = format!("{word} {}\n", printable(&failure.message));
        if let Some(hint) = &failure.hint {
            let word = paint(self.colour_err, "36;1", "hint:");
            text.push_str(&format!("{word} {}\n", printable(hint)));
        }
        err(&text);
    }

    /// Text as it may reach stdout, with our colours where there are any.
    fn safe(&self, text: &str) -> String {
        let codes: &[&str] = if self.colour_out { &COLOURS } else { &[] };
        coloured(text, codes)
    }

    /// Bold, where there is colour.
    pub(crate) fn bold(&self, text: &str) -> String {
        paint(self.colour_out, "1", text)
    }

    /// Text in a verdict's colour, where there is colour.
    pub(crate) fn verdict(&self, verdict: Option<Verdict>, text: &str) -> String {
        let code = match verdict {
            Some(Verdict::Healing) => "32",
            Some(Verdict::Progressing) => "31",
            Some(Verdict::Stable) => "34",
            Some(Verdict::Uncertain) => "33",
            None => return text.to_owned(),
        };
        paint(self.colour_out, code, text)
    }
}

/// The codes with which stdout is painted: bold, the verdicts' colours, plain again.
const COLOURS: [&str; 6] = ["1", "32", "31", "34", "33", "0"];

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        // `howship info ... | head` is no error.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Failure::writing(Path::new("standard output"), &e).into()),
    }
}

/// One line of progress, on stderr.
pub(crate) fn line(text: &str) {
    err(&format!("{}\n", printable(text)));
}

fn err(text: &str) {
    // Where stderr is gone nobody can be told.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A finished command.
pub(crate) fn done() -> anyhow::Result<ExitStatus> {
    Ok(ExitStatus::Done)
}
