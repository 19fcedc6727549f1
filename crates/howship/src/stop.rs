//! Ctrl-C: the first one asks the work to stop, the second one ends it at once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
/// What a second Ctrl-C still has to remove.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Starts to listen. Where the system has no such signal the program simply ends when told to.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            if let Some(path) = UNFINISHED.lock().ok().and_then(|mut p| p.take()) {
                let _ = std::fs::remove_dir_all(path);
            }
            std::process::exit(130);
        }
        // Where stderr is gone nobody can be told.
        let _ = writeln!(
            std::io::stderr(),
            "\nstopping after this step; press Ctrl-C again to stop at once"
        );
    });
}

/// Whether somebody pressed Ctrl-C.
pub(crate) fn wanted() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Whoever works asks here whether to stop; progress is told to nobody.
pub(crate) struct Watch;

impl howship_study::Observer for Watch {
    fn progress(&self, _: &str, _: f64) {}

    fn wants_stop(&self) -> bool {
        wanted()
    }
}

/// Ends the work between two steps where somebody pressed Ctrl-C.
pub(crate) fn check() -> anyhow::Result<()> {
    if wanted() {
        return Err(crate::failure::Failure::stopped().into());
    }
    Ok(())
}

/// Notes the folder that is being made; `None` when it is whole or gone.
pub(crate) fn note_unfinished(folder: Option<&Path>) {
    if let Ok(mut held) = UNFINISHED.lock() {
        *held = folder.map(Path::to_owned);
    }
}
