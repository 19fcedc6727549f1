//! Files put in their places: each whole beside its target first, then renamed.
//!
//! A run that is killed leaves the old file or the new one. Where samples lie beside their header, their file is
//! named by its contents and the header is renamed last: at every moment the header names the samples that it was
//! written with, and a file of samples is never replaced by another. Samples that nobody names any more go after that.

use crate::part::Part;
use crate::{Error, WriteOptions};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Hexadecimal digits of the BLAKE3 by which a file of samples is named.
const DIGITS: usize = 16;
/// What the names of files of samples end in.
const SAMPLES: [&str; 3] = ["raw", "zraw", "raw.gz"];
/// What a temporary file's name begins and ends with.
const BEGUN: (&str, &str) = (".howship-", ".part");
/// A header is no longer than this, bytes; where it may name samples, it is looked through.
const LONGEST_HEADER: u64 = 1 << 16;
/// With more files than this in a folder nothing in it is looked for.
const MOST_FILES: usize = 10_000;

/// The name of a file of samples that lies beside its header.
pub(crate) fn samples_name(stem: &str, samples: &[u8], extension: &str) -> String {
    format!("{stem}.{}.{extension}", digits(&blake3::hash(samples)))
}

fn digits(hash: &blake3::Hash) -> String {
    let mut text = hash.to_hex().to_string();
    text.truncate(DIGITS);
    text
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes every part to a temporary file in the target's folder; renames when all are whole, the target last.
pub(crate) fn commit(path: &Path, parts: Vec<Part>, options: &WriteOptions) -> Result<(), Error> {
    let folder = folder_of(path);
    remove_leftovers(folder);
    if !options.overwrite && path.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: path.to_owned(),
        });
    }
    let mut beside = Vec::new();
    let mut targets = Vec::new();
    for part in parts {
        let target = match &part.name {
            Some(name) => folder.join(name),
            None => path.to_owned(),
        };
        let file = temporary(folder, &part.pieces).map_err(|e| Error::writing(&target, e))?;
        match part.name {
            Some(name) => beside.push((name, target, file)),
            None => targets.push((target, file)),
        }
    }
    let mut names = Vec::new();
    for (name, target, file) in beside {
        // Named by its contents: what has the name already is the same, or a damaged copy of it.
        replace(file, &target).map_err(|e| Error::writing(&target, e))?;
        names.push(name);
    }
    for (target, file) in targets {
        let moved = if options.overwrite {
            replace(file, &target)
        } else {
            file.persist_noclobber(&target)
                .map(|_| ())
                .map_err(|e| e.error)
        };
        moved.map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists {
                path: target.clone(),
            },
            _ => Error::writing(&target, e),
        })?;
    }
    if !names.is_empty() {
        remove_unnamed(path, &names);
    }
    Ok(())
}

/// Renames a temporary file to its target, whatever is there; it stays locked until then.
fn replace(file: NamedTempFile, target: &Path) -> io::Result<()> {
    let (held, path) = file.into_parts();
    std::fs::rename(&path, target)?;
    // It has another name now: nothing is left to remove.
    let _ = path.keep();
    drop(held);
    Ok(())
}

/// Writes one file beside its target and renames it when whole.
pub(crate) fn place(path: &Path, bytes: Vec<u8>, overwrite: bool) -> Result<(), Error> {
    let options = WriteOptions {
        overwrite,
        ..WriteOptions::default()
    };
    commit(path, vec![Part::target(vec![bytes])], &options)
}

/// A temporary file, locked as long as its run lives: what nobody holds any more was left by a run that was killed.
fn temporary(folder: &Path, pieces: &[Vec<u8>]) -> io::Result<NamedTempFile> {
    let mut file = loop {
        let file = begin(folder)?;
        // Another run may have taken it for a leftover before it was locked. Where a disk knows no locks, nothing is
        // ever taken for one.
        let _ = file.as_file().lock();
        if file.path().exists() {
            break file;
        }
    };
    for piece in pieces {
        file.write_all(piece)?;
    }
    // A full disk may be reported only now.
    file.as_file().sync_all()?;
    Ok(file)
}

fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(BEGUN.0).suffix(BEGUN.1);
    // A temporary file is private by default; a result has the permissions of any new file.
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    builder.tempfile_in(folder)
}

/// The plain files of a folder with their names; none where there are too many.
fn files_in(folder: &Path) -> Vec<(PathBuf, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let files: Vec<(PathBuf, String)> = entries
        .flatten()
        .filter(|e| e.file_type().is_ok_and(|kind| kind.is_file()))
        .take(MOST_FILES + 1)
        .map(|e| (e.path(), e.file_name().to_string_lossy().into_owned()))
        .collect();
    if files.len() > MOST_FILES {
        return Vec::new();
    }
    files
}

/// Removes temporary files of runs that were killed.
fn remove_leftovers(folder: &Path) {
    for (path, name) in files_in(folder) {
        if !name.starts_with(BEGUN.0) || !name.ends_with(BEGUN.1) {
            continue;
        }
        let Ok(file) = File::options().write(true).open(&path) else {
            continue;
        };
        match file.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(&path);
            }
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

/// Removes the samples that a header of this name had before: those that are what their name says, and that no file of
/// the folder speaks of any more.
fn remove_unnamed(header: &Path, new: &[String]) {
    let name = header.file_name().map(|n| n.to_string_lossy().into_owned());
    let Some((stem, _)) = name.as_deref().and_then(|n| n.rsplit_once('.')) else {
        return;
    };
    let files = files_in(folder_of(header));
    let old: Vec<&(PathBuf, String)> = files
        .iter()
        .filter(|(_, name)| !new.contains(name))
        .filter(|(path, name)| is_samples(path, name, stem))
        .collect();
    if old.is_empty() {
        return;
    }
    let headers: Vec<Vec<u8>> = files
        .iter()
        .filter(|(path, _)| path.metadata().is_ok_and(|m| m.len() <= LONGEST_HEADER))
        .filter_map(|(path, _)| std::fs::read(path).ok())
        .collect();
    for (path, name) in old {
        let named = |header: &Vec<u8>| header.windows(name.len()).any(|w| w == name.as_bytes());
        if !headers.iter().any(named) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether a file is named as samples of this header are, and holds what its name says.
fn is_samples(path: &Path, name: &str, stem: &str) -> bool {
    let rest = name.strip_prefix(stem).and_then(|r| r.strip_prefix('.'));
    let Some((hash, extension)) = rest.and_then(|r| r.split_once('.')) else {
        return false;
    };
    let by_name = SAMPLES.contains(&extension)
        && hash.len() == DIGITS
        && hash.bytes().all(|b| b.is_ascii_hexdigit());
    by_name && hash_of(path).is_ok_and(|h| digits(&h) == hash)
}

fn hash_of(path: &Path) -> io::Result<blake3::Hash> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = files_in(folder).into_iter().map(|(_, n)| n).collect();
        names.sort();
        names
    }

    fn pair(folder: &Path, header: &str, samples: &[u8]) -> String {
        let name = samples_name("a", samples, "raw");
        let parts = vec![
            Part::target(vec![format!("ElementDataFile = {name}\n").into_bytes()]),
            Part::beside(name.clone(), vec![samples.to_vec()]),
        ];
        let options = WriteOptions {
            overwrite: true,
            ..WriteOptions::default()
        };
        commit(&folder.join(header), parts, &options).unwrap();
        name
    }

    #[test]
    fn samples_go_when_nothing_names_them_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let first = pair(at, "a.mhd", b"one");
        // Somebody's copy of the header, another format's header, and files that only look like ours.
        std::fs::copy(at.join("a.mhd"), at.join("a.mhd.bak")).unwrap();
        let theirs = "a.0123456789abcdef.raw";
        std::fs::write(at.join(theirs), b"theirs").unwrap();
        std::fs::write(at.join("a.raw"), b"theirs").unwrap();
        let second = pair(at, "a.mhd", b"two");
        assert!(at.join(&first).is_file() && at.join(&second).is_file());
        std::fs::remove_file(at.join("a.mhd.bak")).unwrap();
        let third = pair(at, "a.mhd", b"three");
        let mut expected = vec!["a.mhd", theirs, "a.raw", &third];
        expected.sort_unstable();
        assert_eq!(names(at), expected);
    }

    #[test]
    fn a_leftover_is_removed_and_a_file_that_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join(".howship-dead.part"), b"half").unwrap();
        std::fs::write(at.join(".howship-notes.txt"), b"mine").unwrap();
        let running = temporary(at, &[b"half".to_vec()]).unwrap();
        let name = running
            .path()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        place(&at.join("b"), b"whole".to_vec(), false).unwrap();
        let mut expected = vec![".howship-notes.txt", &name, "b"];
        expected.sort_unstable();
        assert_eq!(names(at), expected);
        assert!(matches!(
            place(&at.join("b"), b"other".to_vec(), false),
            Err(Error::Exists { .. })
        ));
    }
}
