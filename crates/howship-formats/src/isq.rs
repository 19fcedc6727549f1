//! Scanco ISQ: a 512-byte block, optionally further blocks with the calibration, int16 samples.

use crate::bytes::View;
use crate::error::{Fault, Parsed, Problem};
use crate::grid::Axes;
use crate::header::{Header, Packing, Place};
use crate::sample::{SampleType, Sampling};
use crate::{Format, aim, scanco};

const MAGIC: &[u8] = b"CTDATA-HEADER_V1";
const BLOCK: usize = 512;

/// Whether the bytes begin as an ISQ does.
pub(crate) fn is_isq(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Parses the header and, where there is one, the calibration block.
///
/// `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(bytes: &[u8], stated: Option<[f64; 3]>) -> Parsed<Header> {
    let cut = || Fault::truncated("the ISQ header", BLOCK, bytes.len());
    let v = View::little(bytes);
    let word = |at: usize| v.i32(at).ok_or_else(cut);
    let size_words = [word(44)?, word(48)?, word(52)?];
    let physical = [word(56)?, word(60)?, word(64)?];
    check_kind(word(16)?, physical[2])?;
    let mut size = [0; 3];
    for axis in 0..3 {
        size[axis] = usize::try_from(size_words[axis])
            .map_err(|_| Fault::corrupt(format!("the ISQ dimensions are {size_words:?}")))?;
    }
    if physical.iter().any(|&p| p <= 0) || size.contains(&0) {
        return Err(Fault::corrupt(format!(
            "{size:?} voxels in a physical size of {physical:?} um"
        )));
    }
    // The physical size is in micrometres and rounded to whole ones.
    let spacing = std::array::from_fn(|a| f64::from(physical[a]) * 1e-3 / size[a] as f64);
    increment_agrees(word(72)?, spacing[2], stated)?;
    let geometry = Axes::aligned(size, spacing, [0.0; 3]).geometry(stated)?;
    let data = data_start(word(508)?)?;
    let mut entries = entries(&v).ok_or_else(cut)?;
    calibration_entries(bytes, data, &mut entries);
    let mut warnings = Vec::new();
    let (says, present, calibration) = scanco::meaning(&entries, SampleType::I16, &mut warnings)?;
    Ok(Header {
        format: Format::Isq,
        geometry,
        sampling: Sampling::plain(SampleType::I16, false),
        place: Place::Here(data),
        packing: Packing::Raw,
        says,
        present,
        calibration,
        spacing_known: format!("ISQ physical size ({physical:?} µm) / voxels"),
        identity: aim::identity(&entries),
        entries,
        warnings,
        seal: None,
    })
}

/// The kind of data: 3 is a reconstructed volume; 1 are raw projections, 9 a radiograph.
fn check_kind(kind: i32, thickness: i32) -> Parsed<()> {
    match kind {
        9 => Err(radiograph()),
        _ if thickness == 0 => Err(radiograph()),
        3 => Ok(()),
        1 => Err(Fault::unsupported(
            "raw detector projections (RSQ), not a reconstructed volume",
            "give the reconstructed volume (`.isq` or `.aim`)",
        )),
        other => Err(Fault::unsupported(
            format!("Scanco data of kind {other}, which is no reconstructed volume (kind 3)"),
            "give the reconstructed volume (`.isq` or `.aim`)",
        )),
    }
}

fn radiograph() -> Fault {
    Fault::new(
        Problem::TwoDimensional,
        "a 2-D file (a Scanco radiograph or scout view)",
        "give the reconstructed volume (`.isq` or `.aim`)",
    )
}

/// The slice increment, where it is stated, must be the distance between the slices; it is rounded to
/// whole micrometres.
fn increment_agrees(increment: i32, spacing: f64, stated: Option<[f64; 3]>) -> Parsed<()> {
    let other = f64::from(increment) * 1e-3;
    if increment <= 0 || (other - spacing).abs() <= 2e-3 + 0.02 * spacing {
        return Ok(());
    }
    if stated.is_some_and(|s| (s[2] - spacing).abs() <= 0.01 * spacing) {
        return Ok(());
    }
    Err(Fault::new(
        Problem::SpacingUnknown,
        format!(
            "the slices lie {spacing:.5} mm apart by the physical size and {other:.5} mm by the slice increment"
        ),
        "state the spacing (`--spacing x,y,z`) if the physical size is right",
    ))
}

fn data_start(offset: i32) -> Parsed<usize> {
    usize::try_from(offset)
        .ok()
        .and_then(|n| n.checked_add(1)?.checked_mul(BLOCK))
        .ok_or_else(|| Fault::corrupt(format!("the ISQ data offset is {offset} blocks")))
}

/// The fixed fields under the names that the AIM log gives them.
fn entries(v: &View<'_>) -> Option<Vec<(String, String)>> {
    const FIELDS: [(&str, usize); 17] = [
        ("Index Patient", 28),
        ("Scanner ID", 32),
        ("Slice thickness [um]", 68),
        ("Slice increment [um]", 72),
        ("Position Slice 1 [um]", 76),
        ("Minimum data value", 80),
        ("Maximum data value", 84),
        ("Mu_Scaling", 88),
        ("No. samples", 92),
        ("No. projections per 180", 96),
        ("Scan Distance [um]", 100),
        ("Scanner type", 104),
        ("Integration time [us]", 108),
        ("Index Measurement", 112),
        ("Site", 116),
        ("Reference line [um]", 120),
        ("Reconstruction-Alg.", 124),
    ];
    let mut out = Vec::new();
    for (name, at) in FIELDS {
        out.push((name.to_owned(), v.i32(at)?.to_string()));
    }
    out.push(("Energy [V]".to_owned(), v.i32(168)?.to_string()));
    out.push(("Intensity [uA]".to_owned(), v.i32(172)?.to_string()));
    let ticks = v.i64(36)?;
    if let Some(date) = u64::try_from(ticks).ok().and_then(scanco::vms_date) {
        out.push(("Original Creation-Date".to_owned(), date));
    }
    Some(out)
}

/// Adds the numbers of the extended header's `Calibration` block, if there is one.
///
/// Block 1 (after a `MultiHeader` marker: block 2) lists up to four blocks of 128 bytes: a name of 16
/// bytes at 8 and a length in blocks at 24.
fn calibration_entries(bytes: &[u8], data: usize, entries: &mut Vec<(String, String)>) {
    let Some(extended) = bytes.get(..data.min(bytes.len())) else {
        return;
    };
    let v = View::little(extended);
    let named = |at: usize, name: &str| v.text(at, 16).is_some_and(|t| t == name);
    let mut list = BLOCK;
    if named(list + 8, "MultiHeader") {
        list += BLOCK;
    }
    let mut at = list + BLOCK;
    for i in 0..4 {
        let slot = list + i * 128;
        let Some(blocks) = v.i32(slot + 24).and_then(|n| usize::try_from(n).ok()) else {
            return;
        };
        if named(slot + 8, "Calibration") && blocks >= 2 {
            read_calibration(&v, at, entries);
            return;
        }
        let Some(next) = blocks.checked_mul(BLOCK).and_then(|n| at.checked_add(n)) else {
            return;
        };
        at = next;
    }
}

fn read_calibration(v: &View<'_>, at: usize, entries: &mut Vec<(String, String)>) {
    let double = |offset: usize| -> Option<f64> {
        let bytes = v.bytes.get(at + offset..at + offset + 8)?;
        bytes.try_into().ok().map(scanco::vax_double)
    };
    let text = |offset: usize, length| v.text(at + offset, length).unwrap_or_default();
    entries.push(("Calibration Data".to_owned(), text(28, 64)));
    entries.push(("Density: unit".to_owned(), text(648, 16)));
    for (name, offset) in [
        ("Density: slope", 664),
        ("Density: intercept", 672),
        ("HU: mu water", 688),
    ] {
        // A number that is none stays in the entries, where it is found to be none.
        if let Some(value) = double(offset) {
            entries.push((name.to_owned(), value.to_string()));
        }
    }
}
