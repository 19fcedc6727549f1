//! Ctrl-C leaves nothing behind.

use crate::fixture::{Run, command, names};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
#[cfg(unix)]
fn ctrl_c_removes_what_was_begun() {
    let folder = tempfile::tempdir().unwrap();
    let child = command()
        .current_dir(folder.path())
        .args(["demo", "--small", "-o", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The temporary folder shows that the work has begun.
    let started = Instant::now();
    while names(folder.path()).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let run = Run::of(child.wait_with_output().unwrap());
    run.failed(130, &["stopped"]);
    assert!(
        names(folder.path()).is_empty(),
        "{:?}",
        names(folder.path())
    );
}
