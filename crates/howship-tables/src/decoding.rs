//! Decoders of others that give up with a panic.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside a decoder whose panics mean that the file is damaged.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; none where it panicked. Nothing that it has touched may be used after that.
///
/// Such a panic says that a file is damaged, which the caller says better: it prints nothing. Panics anywhere else,
/// on this thread or another, are reported as ever. So only calls into the decoder belong in here, no code of ours.
pub(crate) fn quietly<T>(decode: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !DECODING.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    });
    let outer = DECODING.replace(true);
    let decoded = panic::catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(outer);
    decoded.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_none_and_the_thread_speaks_again_after_it() {
        assert_eq!(quietly(|| 7), Some(7));
        let nested = quietly(|| {
            assert_eq!(quietly(|| -> u8 { panic!("inner") }), None);
            assert!(DECODING.get());
            3
        });
        assert_eq!(nested, Some(3));
        assert_eq!(quietly(|| -> u8 { panic!("outer") }), None);
        assert!(!DECODING.get());
    }
}
