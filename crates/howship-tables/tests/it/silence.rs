//! A damaged file is an error, not a message of a decoder's panic; panics of our own are reported as ever.

use howship_tables::{OpenOptions, read};
use std::process::Command;

const OURS: &str = "HOWSHIP_TEST_PANIC";

/// Does what the name says; panics only where the test below asks for it.
#[test]
fn a_file_on_which_the_reader_panics() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut bytes = std::fs::read(folder.join("v5.xpt")).unwrap();
    bytes[145..147].copy_from_slice("ұ".as_bytes());
    let message = read("t".as_ref(), bytes, &OpenOptions::default()).unwrap_err();
    assert!(message.to_string().contains("is damaged"), "{message}");
    assert!(std::env::var_os(OURS).is_none(), "a panic of our own");
}

#[test]
fn nothing_is_printed_but_what_is_ours() {
    let run = |ours: bool| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "silence::a_file_on_which_the_reader_panics",
            "--nocapture",
        ]);
        if ours {
            command.env(OURS, "1");
        }
        let output = command.output().unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (sound, said) = run(false);
    assert!(sound && !said.contains("panicked"), "{said}");
    let (sound, said) = run(true);
    assert!(!sound && said.contains("a panic of our own"), "{said}");
    assert_eq!(said.matches("panicked").count(), 1, "{said}");
}
