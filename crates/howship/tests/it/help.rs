//! Help that reads as a table of contents.

use crate::fixture::howship;
use std::path::Path;

const COMMANDS: [&str; 13] = [
    "compare",
    "measure",
    "demo",
    "info",
    "convert",
    "scores",
    "simulate",
    "forecast",
    "power",
    "phantom",
    "bench",
    "completions",
    "man",
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
fn help_on_help_is_help() {
    for (asked, same) in [
        (&["help", "--help"][..], &["help"][..]),
        (&["help", "-h"], &["help"]),
        (&["help", "compare", "--help"], &["help", "compare"]),
        (&["scores", "help", "--help"], &["scores", "help"]),
    ] {
        let [run, plain] = [asked, same].map(|words| howship(Path::new("."), words));
        run.succeeded();
        assert!(run.stdout.contains("Usage"), "{}", run.stdout);
        assert_eq!(run.stdout, plain.stdout);
    }
    // A file may be called so.
    howship(Path::new("."), &["info", "help", "--nonsense"]).failed(2, &["--nonsense"]);
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

/// A line that ends before the next word would not fit was broken by hand, and again by the width of the screen.
#[test]
fn no_paragraph_of_help_is_broken_twice() {
    for command in [
        &["--help"][..],
        &["compare", "--help"],
        &["measure", "--help"],
        &["convert", "--help"],
        &["phantom", "film", "--help"],
        &["phantom", "readers", "--help"],
        &["forecast", "--help"],
        &["scores", "--help"],
        &["scores", "agree", "--help"],
        &["scores", "change", "--help"],
        &["scores", "repair", "--help"],
        &["scores", "trial", "--help"],
    ] {
        let run = howship(Path::new("."), command);
        run.succeeded();
        let lines: Vec<&str> = run.stdout.lines().collect();
        let prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
        for pair in lines.windows(2).filter(|p| prose(p[0]) && prose(p[1])) {
            let word = pair[1].split(' ').next().unwrap_or_default();
            let room = pair[0].chars().count() + 1 + word.chars().count() <= 100;
            let whole = pair[0].ends_with(['.', ':']);
            assert!(whole || !room, "{command:?}: {}\n{}", pair[0], pair[1]);
        }
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

#[test]
fn help_is_a_command_too() {
    let asked = howship(Path::new("."), &["help", "compare"]);
    asked.succeeded();
    let flag = howship(Path::new("."), &["compare", "--help"]);
    assert_eq!(asked.stdout, flag.stdout);
    let all = howship(Path::new("."), &["help"]);
    all.succeeded();
    assert!(all.stdout.contains("\n  compare "));
}

#[test]
fn completions_know_commands_and_options() {
    for (shell, words) in [
        ("bash", &["_howship()", "--delta", "compare"][..]),
        ("zsh", &["#compdef howship", "--palm"]),
        ("fish", &["complete -c howship", "resampled"]),
    ] {
        let run = howship(Path::new("."), &["completions", shell]);
        run.succeeded();
        for word in words {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    howship(Path::new("."), &["completions", "cmd"]).failed(2, &["bash"]);
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["man", "-o", "man1"]);
    run.succeeded();
    let page = |name: &str| std::fs::read_to_string(folder.path().join("man1").join(name));
    let page = |name: &str| page(name).unwrap_or_else(|_| panic!("no page {name}"));
    for command in COMMANDS {
        assert!(
            page(&format!("howship-{command}.1")).contains(".SH"),
            "{command}"
        );
    }
    assert!(page("howship-scores-repair.1").contains("EXAMPLES"));
    let compare = page("howship-compare.1");
    assert!(compare.contains("delta") && compare.contains("howship compare M0.nii.gz"));
    howship(folder.path(), &["man", "-o", "man1"]).failed(73, &["exists already"]);
}
