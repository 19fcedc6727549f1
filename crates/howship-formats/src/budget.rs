//! What one reading may take: every large piece of memory is counted before it is asked for.

use crate::Error;
use crate::error::{Fault, Parsed, Problem};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes that are left to one reading, for all its files, pages and frames together.
///
/// A claim in a header is believed only as far as the file can hold it *and* as far as this reaches;
/// an allocation that the system refuses is an error of the machine (`Retry`), never an abort.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    left: AtomicU64,
}

impl Budget {
    pub(crate) fn of(limit: u64) -> Self {
        Self {
            limit,
            left: AtomicU64::new(limit),
        }
    }

    /// Counts bytes that are about to be allocated.
    pub(crate) fn take(&self, bytes: u64, what: &str) -> Parsed<()> {
        let less = |left: u64| left.checked_sub(bytes);
        match self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        {
            Ok(_) => Ok(()),
            Err(left) => Err(Fault::new(
                Problem::TooLarge,
                format!(
                    "{what} needs {bytes} bytes, {left} of the limit of {} are left",
                    self.limit
                ),
                "raise the limit or crop the volume",
            )),
        }
    }

    /// Zeros, counted; the system commits their pages only when they are written to.
    pub(crate) fn zeroed<T: Clone + Default>(&self, count: usize, what: &str) -> Parsed<Vec<T>> {
        self.take((count as u64).saturating_mul(size_of::<T>() as u64), what)?;
        zeroed(count)
    }

    /// The bytes of a file, refused before they are read where they are too many.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
        if !meta.is_file() {
            return Err(Fault::new(
                Problem::NotAnImage,
                "neither a file nor a folder",
                "give a file or a folder",
            )
            .at(path));
        }
        self.take(meta.len(), "the file").map_err(|f| f.at(path))?;
        // The standard library reserves fallibly here: no memory is an error, not an abort.
        std::fs::read(path).map_err(|e| Error::reading(path, e))
    }
}

/// A vector of zeros, or the error that the machine has no room for it.
pub(crate) fn zeroed<T: Clone + Default>(count: usize) -> Parsed<Vec<T>> {
    // A trial reservation turns an impossible size into an error; `vec!` would end the process.
    let mut trial: Vec<T> = Vec::new();
    trial
        .try_reserve_exact(count)
        .map_err(|_| Fault::no_memory(count.saturating_mul(size_of::<T>())))?;
    drop(trial);
    Ok(vec![T::default(); count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_one_for_all() {
        let budget = Budget::of(100);
        assert!(budget.take(60, "a").is_ok());
        let fault = budget.take(60, "page 2").unwrap_err();
        assert_eq!(fault.problem, Problem::TooLarge);
        assert!(fault.reason.contains("page 2"), "{}", fault.reason);
        assert!(budget.take(40, "c").is_ok());
    }

    #[test]
    fn an_impossible_size_is_an_error() {
        let fault = zeroed::<u64>(usize::MAX / 16).unwrap_err();
        assert!(fault.memory.is_some());
    }
}
