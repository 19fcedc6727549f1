//! Help that reads as a table of contents.

use crate::fixture::howship;
use std::path::Path;

const COMMANDS: [&str; 11] = [
    "compare", "measure", "demo", "info", "convert", "scores", "simulate", "forecast", "power",
    "phantom", "bench",
];

#[test]
fn help_lists_every_command_in_order() {
    let run = howship(Path::new("."), &["--help"]);
    run.succeeded();
    let mut at = 0;
    for command in COMMANDS {
        let found = run.stdout[at..].find(&format!("\n  {command} "));
        at += found.unwrap_or_else(|| panic!("{command} in {}", run.stdout));
    }
    for word in ["Exit codes", "howship demo", "--threads"] {
        assert!(run.stdout.contains(word), "{word}");
    }
}

#[test]
fn every_command_explains_itself_with_examples() {
    for command in COMMANDS {
        if ["phantom", "scores"].contains(&command) {
            continue;
        }
        let run = howship(Path::new("."), &[command, "--help"]);
        run.succeeded();
        assert!(run.stdout.contains("EXAMPLES"), "{command}");
        assert!(
            run.stdout.contains(&format!("howship {command}")),
            "{command}"
        );
    }
    for kind in ["joint", "insert", "readers"] {
        let run = howship(Path::new("."), &["phantom", kind, "--help"]);
        run.succeeded();
        assert!(run.stdout.contains("EXAMPLES") && run.stdout.contains("--print-spec"));
    }
}

#[test]
fn no_command_is_an_error_of_usage_that_shows_help() {
    let run = howship(Path::new("."), &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("compare"));
}

#[test]
fn version_is_that_of_the_package() {
    let run = howship(Path::new("."), &["--version"]);
    run.succeeded();
    assert_eq!(
        run.stdout.trim(),
        concat!("howship ", env!("CARGO_PKG_VERSION"))
    );
}
