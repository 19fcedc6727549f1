//! DICOM's run lengths (PS3.5 Annex G): one segment per byte of a sample, most significant first.

use crate::error::{Fault, Parsed};

/// The samples of one frame, little endian; `width` is the bytes of a sample, `size` of the frame.
pub(crate) fn unpack(fragment: &[u8], width: usize, size: usize) -> Parsed<Vec<u8>> {
    let word = |at: usize| -> Option<usize> {
        let bytes = fragment.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    if word(0) != Some(width) || width == 0 {
        return Err(Fault::corrupt(format!(
            "the run lengths have {:?} segments, {width} are needed",
            word(0)
        )));
    }
    // No run is longer than 128 for its two bytes.
    if size > fragment.len().saturating_mul(64 * width) {
        return Err(Fault::truncated(
            "the packed pixel data",
            size,
            fragment.len(),
        ));
    }
    let plane = size / width;
    let mut out = vec![0u8; size];
    for segment in 0..width {
        let start = word(4 + 4 * segment).unwrap_or(usize::MAX);
        let end = if segment + 1 < width {
            word(8 + 4 * segment).unwrap_or(usize::MAX)
        } else {
            fragment.len()
        };
        let packed = fragment
            .get(start..end)
            .ok_or_else(|| Fault::truncated("a segment of the pixel data", end, fragment.len()))?;
        let bytes = runs(packed, plane)?;
        for (sample, byte) in bytes.into_iter().enumerate() {
            if let Some(to) = out.get_mut(sample * width + width - 1 - segment) {
                *to = byte;
            }
        }
    }
    Ok(out)
}

/// Exactly `count` bytes of a segment. Run lengths have no checksum: a run that goes on beyond them, or anything but
/// padding after them, is what shows damage.
fn runs(packed: &[u8], count: usize) -> Parsed<Vec<u8>> {
    let cut = |have: usize| Fault::truncated("a segment of the pixel data", count, have);
    let mut out = Vec::with_capacity(count);
    let mut rest = packed;
    while out.len() < count {
        let (&head, tail) = rest.split_first().ok_or_else(|| cut(out.len()))?;
        let head = head as i8;
        if head >= 0 {
            let length = head as usize + 1;
            let bytes = tail.get(..length).ok_or_else(|| cut(out.len()))?;
            out.extend_from_slice(bytes);
            rest = &tail[length..];
        } else if head == -128 {
            rest = tail;
        } else {
            let (&byte, tail) = tail.split_first().ok_or_else(|| cut(out.len()))?;
            out.resize(out.len() + (1 - isize::from(head)).unsigned_abs(), byte);
            rest = tail;
        }
    }
    if out.len() > count || rest.iter().any(|&b| b != 0) {
        return Err(Fault::corrupt(format!(
            "a segment of the run lengths makes {} bytes and {} more follow, the header says {count}",
            out.len(),
            rest.len()
        )));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_segments_make_words() {
        let mut fragment = vec![0u8; 64];
        fragment[0] = 2;
        fragment[4] = 64;
        fragment[8] = 66;
        // High bytes: four times 1. Low bytes: 5, 6, then twice 7.
        fragment.extend([(-3i8) as u8, 1, 1, 5, 6, (-1i8) as u8, 7, 0]);
        assert_eq!(unpack(&fragment, 2, 8).unwrap(), [5, 1, 6, 1, 7, 1, 7, 1]);
        // A run that is too long, and a byte too many.
        let mut long = fragment.clone();
        long[69] = (-2i8) as u8;
        assert!(unpack(&long, 2, 8).is_err());
        assert!(unpack(&[&fragment[..], &[3]].concat(), 2, 8).is_err());
        assert!(unpack(&[&fragment[..], &[0]].concat(), 2, 8).is_ok());
        assert!(unpack(&fragment, 1, 4).is_err());
        assert!(unpack(&fragment[..70], 2, 8).is_err());
        assert!(unpack(&fragment, 2, 1 << 30).is_err());
    }
}
