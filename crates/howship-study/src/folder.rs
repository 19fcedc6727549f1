//! OUT: written into a temporary folder beside it, exchanged for OUT when whole.
//!
//! A run that is killed leaves OUT as it was or whole, never in between, and at most a hidden folder beside it. While
//! it is being filled that folder holds a file that its run keeps locked: a later run removes what nobody holds any
//! more, and names what it cannot be sure of.

use crate::ours::{all_ours, is_result};
use crate::{Error, Observer};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A results folder in the making. Dropped before [`OutputFolder::finish`], nothing of it stays.
#[derive(Debug)]
pub struct OutputFolder {
    out: PathBuf,
    // Closed before the folder that it lies in is removed.
    held: File,
    making: TempDir,
    force: bool,
    leftovers: Vec<Leftover>,
}

/// A folder that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Where it is.
    pub out: PathBuf,
    /// Where an earlier folder is kept that held files of the user's.
    pub kept: Option<PathBuf>,
}

/// What a run that was killed left beside OUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Where.
    pub path: PathBuf,
    /// Whether it is gone: it was a folder in the making, or held nothing but results.
    pub removed: bool,
}

/// The file that a run keeps locked while it fills its folder.
const HELD: &str = ".howship-making";

impl OutputFolder {
    /// Makes the temporary folder; whatever keeps OUT from being written shows now, before the work. `force` lets it
    /// replace earlier results.
    ///
    /// # Errors
    /// OUT is there already, is no result where it may be replaced, or cannot be made.
    pub fn new(out: &Path, force: bool) -> Result<Self, Error> {
        let Some(name) = out.file_name() else {
            return Err(Error::OutUnnamed {
                path: out.to_owned(),
            });
        };
        check_target(out, force)?;
        let prefix = format!(".{}.part-", name.to_string_lossy());
        let leftovers = leftovers(parent(out), &prefix);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        // A temporary folder is private by default; a result has the permissions of any new folder.
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        #[cfg(unix)]
        builder.permissions(permissions);
        let making = builder
            .tempdir_in(parent(out))
            .map_err(|e| writing(out, e))?;
        let held = hold(making.path()).map_err(|e| writing(out, e))?;
        Ok(Self {
            out: out.to_owned(),
            held,
            making,
            force,
            leftovers,
        })
    }

    /// What earlier runs left that were killed.
    #[must_use]
    pub fn leftovers(&self) -> &[Leftover] {
        &self.leftovers
    }

    /// Where the files are written for now.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.making.path()
    }

    /// Makes a folder in OUT.
    ///
    /// # Errors
    /// The system does not take it.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path().join(name);
        fs::create_dir_all(&path).map_err(|e| writing(&self.out.join(name), e))?;
        Ok(path)
    }

    /// Writes a file in OUT.
    ///
    /// # Errors
    /// The system does not take it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        // A full disk may be reported only when the bytes are on it.
        let written = fs::File::create(self.path().join(name))
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|e| writing(&self.out.join(name), e))
    }

    /// Puts the folder in OUT's place, in one step where the disk can exchange two folders. What was there goes only
    /// after that; a folder that held anything but results is kept beside the new one.
    ///
    /// # Errors
    /// The system does not take it, somebody else made OUT in the meantime, or the observer wants to stop.
    pub fn finish(self, observer: &dyn Observer) -> Result<Finished, Error> {
        crate::check(observer)?;
        check_target(&self.out, self.force)?;
        let Self {
            out, held, making, ..
        } = self;
        drop(held);
        match fs::remove_file(making.path().join(HELD)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(writing(&out, e)),
            _ => {}
        }
        if out.symlink_metadata().is_err() {
            fs::rename(making.path(), &out).map_err(|e| writing(&out, e))?;
            let _ = making.keep();
            return Ok(Finished { out, kept: None });
        }
        let is_ours = all_ours(&out, Some(making.path()));
        if exchange(making.path(), &out).is_ok() {
            // What was in OUT lies here now: nothing may remove it unasked.
            let old = making.keep();
            let kept = put_away(old, &out, is_ours)?;
            return Ok(Finished { out, kept });
        }
        in_two_steps(making, out, is_ours)
    }
}

/// Swaps two folders in one step.
#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where no exchange can be had: the old folder aside, the new one in its place.
fn in_two_steps(making: TempDir, out: PathBuf, is_ours: bool) -> Result<Finished, Error> {
    let holder = tempfile::Builder::new()
        .prefix(".howship-old-")
        .tempdir_in(parent(&out))
        .map_err(|e| writing(&out, e))?;
    let aside = holder.path().join("old");
    fs::rename(&out, &aside).map_err(|e| writing(&out, e))?;
    if let Err(e) = fs::rename(making.path(), &out) {
        // Back to where it was; the holder then removes an empty folder only.
        if fs::rename(&aside, &out).is_err() {
            let _ = holder.keep();
        }
        return Err(writing(&out, e));
    }
    let _ = making.keep();
    // From here on its holder would take the user's files with it.
    let aside = holder.keep().join("old");
    let kept = put_away(aside.clone(), &out, is_ours)?;
    if let Some(holder) = aside.parent() {
        let _ = fs::remove_dir(holder);
    }
    Ok(Finished { out, kept })
}

/// Removes old results; what holds anything else is kept beside OUT: where.
fn put_away(old: PathBuf, out: &Path, is_ours: bool) -> Result<Option<PathBuf>, Error> {
    if is_ours {
        // What cannot be removed is named.
        return Ok(fs::remove_dir_all(&old).err().map(|_| old));
    }
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let beside = |n: usize| match n {
        0 => parent(out).join(format!("{name}.replaced")),
        n => parent(out).join(format!("{name}.replaced-{n}")),
    };
    let free = (0..).map(beside).find(|p| p.symlink_metadata().is_err());
    let Some(kept) = free else {
        return Ok(Some(old));
    };
    fs::rename(&old, &kept).map_err(|e| writing(&kept, e))?;
    Ok(Some(kept))
}

/// Folders that runs left which were killed: gone where they are surely ours.
fn leftovers(folder: &Path, prefix: &str) -> Vec<Leftover> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut left: Vec<Leftover> = entries
        .filter(|e| e.file_name().to_string_lossy().starts_with(prefix))
        .map(|e| e.path())
        .filter(|path| path.symlink_metadata().is_ok_and(|m| m.is_dir()))
        .filter_map(|path| {
            let ours = match held(&path) {
                Held::BySomebody => return None,
                Held::ByNobody => true,
                Held::Unknown => is_result(&path) && all_ours(&path, None),
            };
            let removed = ours && fs::remove_dir_all(&path).is_ok();
            Some(Leftover { path, removed })
        })
        .collect();
    left.sort_by(|a, b| a.path.cmp(&b.path));
    left
}

/// Makes the file that says that a run fills this folder. It has its name only once it is locked: nobody may find it
/// unlocked before.
fn hold(folder: &Path) -> io::Result<File> {
    let begun = folder.join(".howship-begun");
    let file = File::create(&begun)?;
    // Where a disk knows no locks, a folder that a run left is named and not removed.
    if file.try_lock().is_ok() {
        fs::rename(&begun, folder.join(HELD))?;
    } else {
        fs::remove_file(&begun)?;
    }
    Ok(file)
}

/// Whether a run still fills a folder.
enum Held {
    BySomebody,
    ByNobody,
    /// It is no folder in the making, or the disk knows no locks.
    Unknown,
}

fn held(folder: &Path) -> Held {
    let Ok(file) = File::options().write(true).open(folder.join(HELD)) else {
        return Held::Unknown;
    };
    match file.try_lock() {
        Ok(()) => Held::ByNobody,
        Err(TryLockError::WouldBlock) => Held::BySomebody,
        Err(TryLockError::Error(_)) => Held::Unknown,
    }
}

fn writing(path: &Path, source: io::Error) -> Error {
    Error::Writing {
        path: path.to_owned(),
        source,
    }
}

fn parent(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn check_target(out: &Path, force: bool) -> Result<(), Error> {
    let Ok(meta) = out.symlink_metadata() else {
        return Ok(());
    };
    let path = out.to_owned();
    if !force {
        return Err(Error::OutExists { path });
    }
    let ours = meta.is_dir() && (is_empty(out) || is_result(out));
    if ours {
        return Ok(());
    }
    Err(Error::OutForeign { path })
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_of_a_folder_that_was_not_finished() {
        let beside = tempfile::tempdir().unwrap();
        let out = beside.path().join("result");
        let folder = OutputFolder::new(&out, false).unwrap();
        folder.write("verdicts.json", b"{}").unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 0);
    }

    #[test]
    fn force_replaces_results_only() {
        let beside = tempfile::tempdir().unwrap();
        let out = beside.path().join("result");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("thesis.docx"), b"years of work").unwrap();
        assert!(OutputFolder::new(&out, true).is_err());
        fs::write(out.join("verdicts.json"), b"{}").unwrap();
        let folder = OutputFolder::new(&out, true).unwrap();
        folder.write("verdicts.json", b"new").unwrap();
        folder.finish(&crate::Unobserved).unwrap();
        assert_eq!(fs::read(out.join("verdicts.json")).unwrap(), b"new");
        // What is no result is not lost.
        let kept = beside.path().join("result.replaced").join("thesis.docx");
        assert_eq!(fs::read(kept).unwrap(), b"years of work");
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 2);
        // Results alone go.
        let folder = OutputFolder::new(&out, true).unwrap();
        folder.write("verdicts.json", b"newer").unwrap();
        folder.finish(&crate::Unobserved).unwrap();
        assert_eq!(fs::read(out.join("verdicts.json")).unwrap(), b"newer");
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 2);
    }

    #[test]
    fn results_of_an_earlier_run_do_not_pile_up() {
        let beside = tempfile::tempdir().unwrap();
        let out = beside.path().join("result");
        for lesions in [9, 3] {
            let folder = OutputFolder::new(&out, true).unwrap();
            folder.write("verdicts.json", b"{}").unwrap();
            folder.folder("figures").unwrap();
            for i in 0..lesions {
                let name = format!("figures/lesion-{i}-slices.svg");
                folder.write(&name, b"<svg/>").unwrap();
            }
            let finished = folder.finish(&crate::Unobserved).unwrap();
            assert_eq!(finished.kept, None);
        }
        assert_eq!(fs::read_dir(out.join("figures")).unwrap().count(), 3);
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_killed_runs_left_is_removed_where_it_is_surely_ours_and_named_where_not() {
        let beside = tempfile::tempdir().unwrap();
        let out = beside.path().join("result");
        let make = |name: &str, files: &[&str]| {
            let folder = beside.path().join(name);
            fs::create_dir(&folder).unwrap();
            for file in files {
                fs::write(folder.join(file), b"x").unwrap();
            }
            folder
        };
        let begun = make(".result.part-1", &[HELD, "M0.nii.gz"]);
        let old = make(".result.part-2", &["verdicts.json", "report.html"]);
        let mine = make(".result.part-3", &["verdicts.json", "thesis.docx"]);
        let other = make(".results.part-4", &[HELD]);
        let running = OutputFolder::new(&out, false).unwrap();
        let gone = |path: PathBuf, removed| Leftover { path, removed };
        assert_eq!(
            running.leftovers(),
            [
                gone(begun, true),
                gone(old, true),
                gone(mine.clone(), false)
            ]
        );
        assert!(mine.join("thesis.docx").is_file() && other.is_dir());
        // What another run still fills is neither.
        let second = OutputFolder::new(&out, false).unwrap();
        assert_eq!(second.leftovers(), [gone(mine, false)]);
        assert!(running.path().is_dir());
    }
}
