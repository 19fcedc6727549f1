//! OUT in the making, noted so that a second Ctrl-C removes what is half made.

use crate::failure::Failure;
use crate::printable::printable;
use crate::stop;
use std::io::Write as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A results folder in the making. Dropped before [`OutputFolder::finish`], nothing of it stays.
pub(crate) struct OutputFolder(howship_study::OutputFolder);

impl OutputFolder {
    /// Makes the temporary folder; whatever keeps OUT from being written shows now, before the work.
    pub(crate) fn new(out: &Path, force: bool) -> Result<Self, howship_study::Error> {
        let folder = howship_study::OutputFolder::new(out, force)?;
        stop::note_unfinished(Some(folder.path()));
        for left in folder.leftovers() {
            let what = if left.removed {
                "removed"
            } else {
                "look into it, then remove it yourself"
            };
            say(&format!(
                "`{}` is left of a run that was killed: {what}",
                left.path.display()
            ));
        }
        Ok(Self(folder))
    }

    /// Renames the folder to OUT, and says where an earlier one is kept.
    pub(crate) fn finish(self) -> Result<PathBuf, Failure> {
        // Once the two are exchanged, what was in OUT lies where the new folder was made.
        stop::note_unfinished(None);
        let finished = self.0.finish(&stop::Watch)?;
        if let Some(kept) = finished.kept {
            say(&format!(
                "`{}` held files that are no results: it is kept as `{}`",
                finished.out.display(),
                kept.display()
            ));
        }
        Ok(finished.out)
    }
}

/// Nothing is lost where the terminal is gone.
fn say(note: &str) {
    let _ = std::io::stderr().write_all(format!("note: {}\n", printable(note)).as_bytes());
}

impl Deref for OutputFolder {
    type Target = howship_study::OutputFolder;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
