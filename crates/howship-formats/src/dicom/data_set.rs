//! The data set of a file, by dicom-rs, behind what the guard allows.

use super::guard::{BIG_ENDIAN, IMPLICIT, Layout, PixelPlace};
use crate::error::{Fault, Parsed, Problem};
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, OpenFileOptions};
use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls a third-party decoder that may panic on damaged data.
fn guarded<T>(what: &str, work: impl FnOnce() -> Parsed<T>) -> Parsed<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Fault::corrupt(format!(
            "{what} is damaged (the decoder gave up)"
        )))
    })
}

/// Reads the data set up to a byte, behind file meta information of our own: that of many files
/// states wrong lengths, over which a strict reader stumbles.
pub(crate) fn read(layout: &Layout, bytes: &[u8], end: usize) -> Parsed<DefaultDicomObject> {
    const EXPLICIT: &str = "1.2.840.10008.1.2.1";
    let data = layout.inflated.as_deref().unwrap_or(bytes);
    let data = seen(data, layout, end);
    // Before the pixels only the coding matters: decoders that are missing are named later.
    let plain = matches!(layout.transfer_syntax.as_str(), IMPLICIT | BIG_ENDIAN);
    let needs_decoder = end > layout.head_end && layout.pixels == PixelPlace::Encapsulated;
    let transfer_syntax = if plain || needs_decoder {
        &layout.transfer_syntax
    } else {
        EXPLICIT
    };
    guarded("the DICOM data set", || {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(transfer_syntax)
            .media_storage_sop_class_uid("1.2")
            .media_storage_sop_instance_uid("1.2")
            .build()
            .map_err(|e| unreadable(&e))?;
        let mut start = vec![0u8; 128];
        start.extend(b"DICM");
        meta.write(&mut start).map_err(|e| unreadable(&e))?;
        OpenFileOptions::new()
            .from_reader(start.chain(&data[..]))
            .map_err(|e| unreadable(&e))
    })
}

/// The data set up to a byte, without what no parser but the walk may see.
fn seen<'a>(data: &'a [u8], layout: &Layout, end: usize) -> Cow<'a, [u8]> {
    if layout.skipped.is_empty() {
        return Cow::Borrowed(data.get(layout.start..end).unwrap_or_default());
    }
    let mut out = Vec::new();
    let mut at = layout.start;
    for range in &layout.skipped {
        out.extend_from_slice(data.get(at..range.start.min(end)).unwrap_or_default());
        at = range.end;
    }
    out.extend_from_slice(data.get(at..end).unwrap_or_default());
    Cow::Owned(out)
}

/// The chain of causes in one line.
fn unreadable(error: &dyn std::error::Error) -> Fault {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Fault::new(
        Problem::Corrupt,
        format!("not readable as DICOM ({text})"),
        "export the series again",
    )
}
