//! OUT in the making, noted so that a second Ctrl-C removes what is half made.

use crate::failure::Failure;
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
        Ok(Self(folder))
    }

    /// Renames the folder to OUT, and says where an earlier one is kept.
    pub(crate) fn finish(self) -> Result<PathBuf, Failure> {
        let finished = self.0.finish(&stop::Watch)?;
        stop::note_unfinished(None);
        if let Some(kept) = finished.kept {
            let note = format!(
                "note: `{}` held files that the new results do not replace: it is kept as `{}`\n",
                finished.out.display(),
                kept.display()
            );
            // Nothing is lost where the terminal is gone.
            let _ = std::io::stderr().write_all(note.as_bytes());
        }
        Ok(finished.out)
    }
}

impl Deref for OutputFolder {
    type Target = howship_study::OutputFolder;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
