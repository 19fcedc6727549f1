//! What every target does: open the bytes as one format, under a limit of 16 MiB of voxels.

use howship_formats::{Format, OpenOptions, open_bytes};

/// Opens the bytes; any answer will do, a panic or a hang will not.
pub fn open_as(format: Format, bytes: &[u8]) {
    let options =
        OpenOptions { spacing_mm: Some([1.0; 3]), max_bytes: 1 << 24, ..Default::default() };
    let _ = open_bytes(bytes, format, &options);
}
