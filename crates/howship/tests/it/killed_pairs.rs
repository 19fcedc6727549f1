//! A conversion that is killed: the old volume or the new one, never the header of one with the samples of the other.
#![cfg(unix)]

use crate::fixture::{command, names, save, scan};
use howship_formats::{OpenOptions, open};
use howship_image::{DensityUnit, Scan};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TARGETS: [&str; 7] = [
    "t.nii", "t.nii.gz", "t.mha", "t.mhd", "t.nrrd", "t.nhdr", "t.aim",
];

/// Two volumes that compress to different lengths.
fn volumes(folder: &Path) -> [Scan; 2] {
    let first = scan([40, 36, 30], DensityUnit::MgHaPerCm3, |[x, y, z]| {
        ((x * 7 + y * 13 + z * 29) % 311) as f32
    });
    let second = scan([40, 36, 30], DensityUnit::MgHaPerCm3, |[x, _, _]| x as f32);
    save(folder, "a.mha", &first);
    save(folder, "b.mha", &second);
    [first, second]
}

fn convert(folder: &Path, from: &str, to: &str, force: bool) -> Command {
    let mut run = command();
    run.current_dir(folder)
        .args(["convert", "-q", from, to])
        .args(force.then_some("--force"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    run
}

/// Which of the two volumes a file holds; whatever is there must be one of them.
#[track_caller]
fn held(path: &Path, volumes: &[Scan; 2]) -> Option<usize> {
    path.exists().then(|| {
        let found = open(path, &OpenOptions::default()).unwrap_or_else(|e| panic!("{e}"));
        // NIfTI rounds millimetres.
        let same = |v: &Scan| v.volume.data() == found.scan.volume.data();
        let which = volumes.iter().position(same);
        which.unwrap_or_else(|| panic!("`{}` holds neither volume", path.display()))
    })
}

/// Nothing but the two inputs, the target and, of a pair, its samples.
#[track_caller]
fn tidy(folder: &Path, target: &str) {
    let left = names(folder);
    let pair = target.ends_with("hd") || target.ends_with("hdr");
    assert_eq!(left.len(), if pair { 4 } else { 3 }, "{left:?}");
}

/// SIGKILL at moments spread over the whole run, a file of the same name there before or not.
#[test]
fn killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let volumes = volumes(at);
    const MOMENTS: u32 = 20;
    let (mut killed, mut new) = (0, 0);
    for target in TARGETS {
        let path = at.join(target);
        let started = Instant::now();
        assert!(
            convert(at, "a.mha", target, false)
                .status()
                .unwrap()
                .success()
        );
        let took = started.elapsed().max(Duration::from_millis(4));
        for moment in 0..MOMENTS {
            let force = moment % 2 == 0;
            let before = if force {
                held(&path, &volumes)
            } else {
                remove(at, target);
                None
            };
            let wanted = before.map_or(1, |b| 1 - b);
            let from = ["a.mha", "b.mha"][wanted];
            let mut child = convert(at, from, target, force).spawn().unwrap();
            // The last is let live, however busy the machine is.
            if moment + 1 < MOMENTS {
                std::thread::sleep(took * moment * 11 / (MOMENTS * 10));
                let _ = child.kill();
            }
            killed += usize::from(!child.wait().unwrap().success());
            let now = held(&path, &volumes);
            assert!(now == before || now == Some(wanted), "{target}");
            new += usize::from(now == Some(wanted));
            // The next run works, without `--force` where nothing is there.
            let again = convert(at, from, target, now.is_some()).status().unwrap();
            assert!(again.success(), "{target}");
            assert_eq!(held(&path, &volumes), Some(wanted));
            tidy(at, target);
        }
        remove(at, target);
    }
    assert!(killed > 20 && new > 0, "{killed} killed, {new} new");
}

/// The target and the samples that lie beside it.
fn remove(folder: &Path, target: &str) {
    for name in names(folder) {
        if name == target || (name.starts_with("t.") && name.contains("raw")) {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
    }
}

/// A library that ends a program at one of its renames; `None` where none can be made.
fn shim(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("kill_at_rename.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/kill_at_rename.c");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    made.is_ok_and(|s| s.success()).then_some(library)
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_each_rename() {
    let beside = tempfile::tempdir().unwrap();
    let library = shim(beside.path()).unwrap();
    for target in ["t.mhd", "t.nhdr", "t.mha"] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let volumes = volumes(at);
        let path = at.join(target);
        let renames = if target == "t.mha" { 1 } else { 2 };
        for (rename, when) in (1..=renames).flat_map(|n| [(n, "before"), (n, "after")]) {
            assert!(
                convert(at, "a.mha", target, true)
                    .status()
                    .unwrap()
                    .success()
            );
            let status = convert(at, "b.mha", target, true)
                .env("LD_PRELOAD", &library)
                .env("KILL_RENAME", rename.to_string())
                .env("KILL_WHEN", when)
                .status()
                .unwrap();
            assert!(!status.success(), "{target}: no rename {rename}");
            // Only the last rename, that of the header, makes it the new one.
            let expected = usize::from(rename == renames && when == "after");
            assert_eq!(
                held(&path, &volumes),
                Some(expected),
                "{target} {rename} {when}"
            );
            assert!(
                convert(at, "b.mha", target, true)
                    .status()
                    .unwrap()
                    .success()
            );
            assert_eq!(held(&path, &volumes), Some(1));
            tidy(at, target);
        }
    }
}
