//! Ctrl-C and signals that end a program: the first Ctrl-C asks the work to stop, a second one, and a request to
//! terminate, end it at once. What is half made is removed.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
/// What a program that ends at once still has to remove.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Starts to listen. Where the system has no such signals the program simply ends when told to.
#[cfg(unix)]
pub(crate) fn listen() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use std::io::Write as _;

    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // A shell reports 128 and the signal's number. Nobody waits for a step to end after SIGTERM: it may be a
            // read that never does.
            if signal != SIGINT || STOP.swap(true, Ordering::SeqCst) {
                remove_unfinished();
                std::process::exit(128 + signal);
            }
            // Where stderr is gone nobody can be told.
            let _ = writeln!(
                std::io::stderr(),
                "\nstopping after this step; press Ctrl-C again to stop at once"
            );
        }
    });
}

#[cfg(not(unix))]
pub(crate) fn listen() {}

#[cfg(unix)]
fn remove_unfinished() {
    if let Some(path) = UNFINISHED.lock().ok().and_then(|mut p| p.take()) {
        let _ = std::fs::remove_dir_all(path);
    }
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
