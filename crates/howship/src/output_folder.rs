//! OUT: written into a temporary folder beside it and renamed when whole.

use crate::failure::{ExitStatus, Failure};
use crate::stop;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A results folder in the making. Dropped before [`OutputFolder::finish`], nothing of it stays.
pub(crate) struct OutputFolder {
    out: PathBuf,
    making: TempDir,
    force: bool,
}

/// What tells a folder of results from any other; `--force` replaces nothing else.
const MARKS: [&str; 6] = [
    "verdicts.json",
    "truth.json",
    "scores.json",
    "simulate.json",
    "forecast.json",
    "power.json",
];

impl OutputFolder {
    /// Makes the temporary folder; whatever keeps OUT from being written shows now, before the work.
    pub(crate) fn new(out: &Path, force: bool) -> Result<Self, Failure> {
        let Some(name) = out.file_name() else {
            let message = format!("`{}` names no folder", out.display());
            return Err(Failure::usage(message).hint("give a name, as in `-o result`"));
        };
        check_target(out, force)?;
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{}.part-", name.to_string_lossy());
        builder.prefix(&prefix);
        // A temporary folder is private by default; a result has the permissions of any new folder.
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        #[cfg(unix)]
        builder.permissions(permissions);
        let making = builder
            .tempdir_in(parent(out))
            .map_err(|e| Failure::writing(out, &e))?;
        stop::note_unfinished(Some(making.path()));
        Ok(Self {
            out: out.to_owned(),
            making,
            force,
        })
    }

    /// Where the files are written for now.
    pub(crate) fn path(&self) -> &Path {
        self.making.path()
    }

    /// Makes a folder in OUT.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path().join(name);
        fs::create_dir_all(&path).map_err(|e| Failure::writing(&self.out.join(name), &e))?;
        Ok(path)
    }

    /// Writes a file in OUT.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        // A full disk may be reported only when the bytes are on it.
        let written = fs::File::create(self.path().join(name))
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|e| Failure::writing(&self.out.join(name), &e))
    }

    /// Renames the folder to OUT. What was there goes only after that.
    pub(crate) fn finish(self) -> Result<PathBuf, Failure> {
        if stop::wanted() {
            return Err(Failure::stopped());
        }
        check_target(&self.out, self.force)?;
        let old = if self.out.symlink_metadata().is_ok() {
            Some(self.move_old()?)
        } else {
            None
        };
        if let Err(e) = fs::rename(self.making.path(), &self.out) {
            if let Some(old) = old {
                // Back to where it was; the holder then removes an empty folder only.
                let _ = fs::rename(old.path().join("old"), &self.out);
            }
            return Err(Failure::writing(&self.out, &e));
        }
        stop::note_unfinished(None);
        let _ = self.making.keep();
        if let Some(old) = old
            && let Err(failure) = keep_others(&old.path().join("old"), &self.out)
        {
            // Its holder would take the user's files with it.
            let _ = old.keep();
            return Err(failure);
        }
        Ok(self.out)
    }

    /// Moves what is at OUT into a folder beside it that is removed when dropped.
    fn move_old(&self) -> Result<TempDir, Failure> {
        let holder = tempfile::Builder::new()
            .prefix(".howship-old-")
            .tempdir_in(parent(&self.out))
            .map_err(|e| Failure::writing(&self.out, &e))?;
        fs::rename(&self.out, holder.path().join("old"))
            .map_err(|e| Failure::writing(&self.out, &e))?;
        Ok(holder)
    }
}

/// Old results go; but a folder that held anything else, as a user's own file, is kept beside the new one.
fn keep_others(old: &Path, out: &Path) -> Result<(), Failure> {
    if !holds_others(old, out) {
        return Ok(());
    }
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let beside = |n: usize| match n {
        0 => parent(out).join(format!("{name}.replaced")),
        n => parent(out).join(format!("{name}.replaced-{n}")),
    };
    let free = (0..).map(beside).find(|p| p.symlink_metadata().is_err());
    let Some(kept) = free else {
        return Ok(());
    };
    fs::rename(old, &kept).map_err(|e| Failure::writing(&kept, &e))?;
    let note = format!(
        "note: `{}` held files that the new results do not replace: it is kept as `{}`\n",
        out.display(),
        kept.display()
    );
    // Nothing is lost where the terminal is gone.
    let _ = std::io::stderr().write_all(note.as_bytes());
    Ok(())
}

/// Whether a folder holds a file, at any depth, that the other does not.
fn holds_others(old: &Path, new: &Path) -> bool {
    let Ok(entries) = fs::read_dir(old) else {
        return true;
    };
    entries.into_iter().any(|entry| {
        entry.map_or(true, |entry| {
            let there = new.join(entry.file_name());
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                holds_others(&entry.path(), &there)
            } else {
                !there.is_file()
            }
        })
    })
}

fn parent(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn check_target(out: &Path, force: bool) -> Result<(), Failure> {
    let Ok(meta) = out.symlink_metadata() else {
        return Ok(());
    };
    let refuse = |reason: &str, hint: &str| {
        let message = format!("`{}` {reason}", out.display());
        Err(Failure::new(ExitStatus::CannotWrite, message).hint(hint))
    };
    if !force {
        return refuse(
            "exists already",
            "choose another folder with `-o`, or add `--force` to replace it",
        );
    }
    let ours = meta.is_dir() && (is_empty(out) || MARKS.iter().any(|m| out.join(m).is_file()));
    if ours {
        return Ok(());
    }
    refuse(
        "holds no results of Howship, so `--force` does not replace it",
        "choose another folder with `-o`, or remove it yourself",
    )
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
        folder.finish().unwrap();
        assert_eq!(fs::read(out.join("verdicts.json")).unwrap(), b"new");
        // What is no result is not lost.
        let kept = beside.path().join("result.replaced").join("thesis.docx");
        assert_eq!(fs::read(kept).unwrap(), b"years of work");
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 2);
        // Results alone go.
        let folder = OutputFolder::new(&out, true).unwrap();
        folder.write("verdicts.json", b"newer").unwrap();
        folder.finish().unwrap();
        assert_eq!(fs::read(out.join("verdicts.json")).unwrap(), b"newer");
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 2);
    }
}
