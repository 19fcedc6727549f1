//! Scanco's packings of 8-bit voxels: run lengths and bits.
//!
//! The layouts are those that AimIO (Numerics88) and ITKIOScanco read. They differ in the order of
//! value and length in `D1TcharCmp`; the order whose lengths add up to the number of voxels is taken.

use crate::error::{Fault, Parsed};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AimPacking {
    pub(crate) kind: AimKind,
    /// Bytes of the leading block length: 4 (version 020) or 8 (version 030).
    pub(crate) length_bytes: usize,
    /// Voxels of frame on each side that are not stored.
    pub(crate) frame: [usize; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AimKind {
    /// `D1TcharCmp`: pairs of value and run length.
    CharRuns,
    /// `D1TbinCmp`: two values, then run lengths that alternate; 255 is 254 without a change.
    BinaryRuns,
    /// `D3Tbit8`: 2 x 2 x 2 voxels a byte, the value of the set ones last.
    Bits,
    /// 32-bit floats in VAX F order.
    VaxFloat,
}

/// The samples of the whole grid: one byte each, or 4-byte IEEE little endian for `VaxFloat`.
pub(crate) fn unpack(bytes: &[u8], packing: AimPacking, size: [usize; 3]) -> Parsed<Vec<u8>> {
    if packing.kind == AimKind::VaxFloat {
        return vax_floats(bytes, size.iter().product());
    }
    if packing.kind == AimKind::Bits {
        return bits(bytes, size);
    }
    let mut inner = [0; 3];
    for axis in 0..3 {
        inner[axis] = size[axis]
            .checked_sub(2 * packing.frame[axis])
            .filter(|&n| n > 0)
            .ok_or_else(|| Fault::corrupt("the AIM offset leaves no voxels"))?;
    }
    let count: usize = inner.iter().product();
    let runs = runs_of(bytes, packing.length_bytes)?;
    let flat = match packing.kind {
        AimKind::CharRuns => char_runs(runs, count)?,
        _ => binary_runs(runs, count)?,
    };
    if packing.frame == [0; 3] {
        Ok(flat)
    } else {
        framed(&flat, inner, size, packing.frame)
    }
}

/// The packed bytes: the block says its own length, which includes the length word.
fn runs_of(bytes: &[u8], length_bytes: usize) -> Parsed<&[u8]> {
    let word = bytes
        .get(..length_bytes)
        .ok_or_else(|| Fault::truncated("the packed voxel data", length_bytes, bytes.len()))?;
    let length = word
        .iter()
        .rev()
        .fold(0u64, |sum, &b| (sum << 8) | u64::from(b));
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length < length_bytes {
        return Err(Fault::corrupt(format!(
            "the packed voxel data is {length} bytes long"
        )));
    }
    bytes
        .get(length_bytes..length)
        .ok_or_else(|| Fault::truncated("the packed voxel data", length, bytes.len()))
}

fn short_of(count: usize, found: usize) -> Fault {
    Fault::corrupt(format!(
        "the packed voxel data holds {found} voxels, the header says {count}"
    ))
}

/// Room for the voxels; no run is longer than 255, so that few bytes never ask for much.
fn room(count: usize, packed: usize) -> Parsed<Vec<u8>> {
    if count > packed.saturating_mul(255) {
        return Err(short_of(count, packed.saturating_mul(255)));
    }
    let mut out = Vec::new();
    out.try_reserve_exact(count)
        .map_err(|_| Fault::no_memory(count))?;
    Ok(out)
}

fn char_runs(runs: &[u8], count: usize) -> Parsed<Vec<u8>> {
    let (pairs, odd) = runs.as_chunks::<2>();
    if odd.iter().any(|&b| b != 0) {
        return Err(Fault::corrupt(
            "half a run is left over in the packed voxel data",
        ));
    }
    let total = |at: usize| pairs.iter().map(|p| usize::from(p[at])).sum::<usize>();
    let (value, length) = if total(1) == count {
        (0, 1)
    } else if total(0) == count {
        (1, 0)
    } else {
        return Err(short_of(count, total(1)));
    };
    let mut out = room(count, pairs.len())?;
    for pair in pairs {
        out.resize(out.len() + usize::from(pair[length]), pair[value]);
    }
    Ok(out)
}

fn binary_runs(runs: &[u8], count: usize) -> Parsed<Vec<u8>> {
    let Some((values, lengths)) = runs.split_first_chunk::<2>() else {
        return Err(Fault::truncated("the packed voxel data", 2, runs.len()));
    };
    let mut out = room(count, lengths.len())?;
    let mut which = 0;
    for &length in lengths {
        let run = if length == 255 {
            254
        } else {
            usize::from(length)
        };
        // There is no checksum: that the runs fill the volume exactly is what tells sound ones from damaged.
        if run > count - out.len() {
            return Err(too_many(count));
        }
        out.resize(out.len() + run, values[which]);
        if length != 255 {
            which = 1 - which;
        }
    }
    if out.len() == count {
        Ok(out)
    } else {
        Err(short_of(count, out.len()))
    }
}

fn too_many(count: usize) -> Fault {
    Fault::corrupt(format!(
        "the packed voxel data holds more than the {count} voxels of the header"
    ))
}

fn bits(bytes: &[u8], size: [usize; 3]) -> Parsed<Vec<u8>> {
    let half = size.map(|n| n.div_ceil(2));
    let packed: usize = half.iter().product();
    let Some(&last) = bytes.get(packed) else {
        return Err(Fault::truncated(
            "the packed voxel data",
            packed + 1,
            bytes.len(),
        ));
    };
    let value = if last == 0 { 127 } else { last };
    let [nx, ny, nz] = size;
    let mut out = Vec::new();
    out.try_reserve_exact(nx * ny * nz)
        .map_err(|_| Fault::no_memory(nx * ny * nz))?;
    for z in 0..nz {
        for y in 0..ny {
            let row = half[0] * (y / 2 + half[1] * (z / 2));
            let shift = (z % 2) * 4 + (y % 2) * 2;
            for x in 0..nx {
                let set = bytes[row + x / 2] >> (shift + x % 2) & 1;
                out.push(set * value);
            }
        }
    }
    Ok(out)
}

fn framed(flat: &[u8], inner: [usize; 3], size: [usize; 3], frame: [usize; 3]) -> Parsed<Vec<u8>> {
    let mut out = Vec::new();
    let count = size.iter().product();
    out.try_reserve_exact(count)
        .map_err(|_| Fault::no_memory(count))?;
    out.resize(count, 0);
    for (row, values) in flat.chunks_exact(inner[0]).enumerate() {
        let (y, z) = (row % inner[1] + frame[1], row / inner[1] + frame[2]);
        let at = frame[0] + size[0] * (y + size[1] * z);
        out[at..at + inner[0]].copy_from_slice(values);
    }
    Ok(out)
}

/// A VAX F float: words swapped, exponent bias 128 with a fraction from 0.5, hence the quarter.
pub(crate) fn from_vax(b: [u8; 4]) -> f32 {
    f32::from_le_bytes([b[2], b[3], b[0], b[1]]) / 4.0
}

/// The inverse of [`from_vax`]; values beyond 8.5e37 have no VAX float.
pub(crate) fn to_vax(value: f32) -> [u8; 4] {
    let b = (value * 4.0).to_le_bytes();
    [b[2], b[3], b[0], b[1]]
}

fn vax_floats(bytes: &[u8], count: usize) -> Parsed<Vec<u8>> {
    let (words, _) = bytes.as_chunks::<4>();
    let Some(words) = words.get(..count) else {
        return Err(Fault::truncated(
            "the voxel data",
            count.saturating_mul(4),
            bytes.len(),
        ));
    };
    Ok(words
        .iter()
        .flat_map(|&w| from_vax(w).to_le_bytes())
        .collect())
}

/// `D1TbinCmp` without the leading length; `None` where there are more than two values.
pub(crate) fn pack_binary_runs(values: &[u8]) -> Option<Vec<u8>> {
    let first = *values.first()?;
    let second = values.iter().copied().find(|&v| v != first).unwrap_or(0);
    if values.iter().any(|&v| v != first && v != second) {
        return None;
    }
    let mut out = vec![first, second];
    let mut rest = values;
    while let Some(&value) = rest.first() {
        let run = rest.iter().take_while(|&&v| v == value).count();
        let mut left = run;
        while left > 254 {
            out.push(255);
            left -= 254;
        }
        out.push(left as u8);
        rest = &rest[run..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packing(kind: AimKind) -> AimPacking {
        AimPacking {
            kind,
            length_bytes: 4,
            frame: [0; 3],
        }
    }

    /// `D1TcharCmp` without the leading length.
    fn pack_char_runs(values: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = values;
        while let Some(&value) = rest.first() {
            let run = rest.iter().take(255).take_while(|&&v| v == value).count();
            out.extend([value, run as u8]);
            rest = &rest[run..];
        }
        out
    }

    fn with_length(mut body: Vec<u8>) -> Vec<u8> {
        let length = (body.len() + 4) as u32;
        body.splice(0..0, length.to_le_bytes());
        body
    }

    #[test]
    fn runs_come_back_as_they_were() {
        let size = [31, 7, 5];
        let binary: Vec<u8> = (0..1085)
            .map(|i| if (300..900).contains(&i) { 127 } else { 0 })
            .collect();
        let bytes = with_length(pack_binary_runs(&binary).unwrap());
        assert_eq!(
            unpack(&bytes, packing(AimKind::BinaryRuns), size).unwrap(),
            binary
        );
        let many: Vec<u8> = (0..1085u32).map(|i| (i / 400) as u8).collect();
        let runs = pack_char_runs(&many);
        let swapped = runs.chunks(2).flat_map(|p| [p[1], p[0]]).collect();
        for runs in [runs, swapped] {
            let bytes = with_length(runs);
            assert_eq!(
                unpack(&bytes, packing(AimKind::CharRuns), size).unwrap(),
                many
            );
        }
        assert!(pack_binary_runs(&many).is_none());
    }

    #[test]
    fn vax_floats_come_back() {
        for value in [0.0607f32, -1.5, 1603.519, 0.0] {
            assert_eq!(from_vax(to_vax(value)), value);
        }
        // 1517 µm / 25 voxels, as a scanner wrote it.
        assert!((from_vax([0x78, 0x3e, 0x98, 0x8b]) - 0.06068).abs() < 1e-8);
    }

    #[test]
    fn a_run_that_claims_too_much_is_refused() {
        let bytes = with_length(vec![1, 2, 3]);
        for kind in [AimKind::BinaryRuns, AimKind::CharRuns, AimKind::Bits] {
            assert!(unpack(&bytes, packing(kind), [1000, 1000, 1000]).is_err());
        }
    }
}
