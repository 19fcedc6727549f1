//! Checks of the workspace itself: `cargo run -p xtask -- layers`.

mod circles;
mod layers;
mod paths;

use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo run -p xtask -- layers";

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("layers") => check_layers(),
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    match outcome {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check_layers() -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .context("`cargo metadata` did not start")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata = serde_json::from_slice(&output.stdout).context("`cargo metadata`")?;
    let imports = layers::imports(&metadata)?;
    let mut faults = layers::faults(&imports);
    let mut notes = Vec::new();
    for (name, src) in layers::sources(&metadata)? {
        let source = circles::Source::read(&src)?;
        faults.extend(circles::faults(&name, &source));
        notes.extend(circles::gone(&name, &source));
    }
    if faults.is_empty() {
        let crates: std::collections::BTreeSet<&str> =
            imports.iter().map(|i| i.from.as_str()).collect();
        notes.push(format!(
            "layers: {} imports of {} crates, all allowed; no circle of files that is not in the table",
            imports.len(),
            crates.len()
        ));
        return Ok(notes.join("\n"));
    }
    bail!("{} faults:\n{}", faults.len(), faults.join("\n"))
}

#[cfg(test)]
mod tests {
    /// The check itself, as a test: run by itself it would have a part of the dependencies built a second time.
    #[test]
    fn the_workspace_keeps_its_layers() {
        let told = super::check_layers().unwrap_or_else(|faults| panic!("{faults:#}"));
        assert!(told.contains("imports of"), "{told}");
    }
}
