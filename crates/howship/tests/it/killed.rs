//! A run that is killed leaves the old results or the new ones.
#![cfg(unix)]

use crate::fixture::{Run, command, contents, howship, names};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn readers(folder: &Path, seed: &str) -> Command {
    let mut run = command();
    run.current_dir(folder)
        .args([
            "phantom", "readers", "-q", "--seed", seed, "--force", "-o", "out",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    run
}

/// SIGKILL at moments spread over the whole run: OUT is one of the two results, whole, every time.
#[test]
fn killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut known = Vec::new();
    let mut took = Duration::ZERO;
    for seed in ["1", "2"] {
        let started = Instant::now();
        assert!(readers(folder.path(), seed).status().unwrap().success());
        took = started.elapsed();
        known.push(contents(&out));
    }
    assert_ne!(known[0], known[1]);
    let (mut killed, mut changed) = (0, 0);
    const MOMENTS: u32 = 40;
    for moment in 0..MOMENTS {
        let before = contents(&out);
        let seed = if before == known[0] { "2" } else { "1" };
        let mut child = readers(folder.path(), seed).spawn().unwrap();
        // The last is let live, however busy the machine is.
        if moment + 1 < MOMENTS {
            std::thread::sleep(took * moment * 11 / (MOMENTS * 10));
            let _ = child.kill();
        }
        killed += usize::from(!child.wait().unwrap().success());
        let now = contents(&out);
        assert!(
            known.contains(&now),
            "a mixture after {moment} of {MOMENTS}"
        );
        changed += usize::from(now != before);
    }
    assert!(killed > 5, "only {killed} runs were killed");
    assert!(killed < MOMENTS as usize && changed > 0);
    // What they left is gone after one more run.
    assert!(readers(folder.path(), "1").status().unwrap().success());
    let is_empty = |name: &String| names(&folder.path().join(name)).is_empty();
    let mut left = names(folder.path());
    // Killed before it wrote anything.
    left.retain(|name| !is_empty(name));
    assert_eq!(left, ["out"]);
}

#[test]
fn what_a_killed_run_left_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".out.part-abc");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("thesis.docx"), b"years of work").unwrap();
    let run = howship(folder.path(), &["phantom", "readers", "-o", "out"]);
    run.succeeded();
    assert!(run.stderr.contains(".out.part-abc"), "{}", run.stderr);
    assert!(left.join("thesis.docx").is_file());
}

/// A read that never ends is no reason not to end.
#[test]
fn terminated_while_a_read_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let child = command()
        .current_dir(folder.path())
        .args(["scores", "totals", "-", "-o", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while names(folder.path()).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(told.unwrap().success());
    // Its standard input stays open until here.
    let mut child = child;
    let stdin = child.stdin.take();
    let run = Run::of(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!(run.code, 143, "{}", run.stderr);
    assert!(
        names(folder.path()).is_empty(),
        "{:?}",
        names(folder.path())
    );
}
