//! Scanco ISQ: a 512-byte block, optionally further blocks with the calibration, int16 samples.

use crate::bytes::View;
use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place};
use crate::sample::{SampleType, Sampling};
use crate::{Format, aim, scanco};
use howship_image::Geometry;

const MAGIC: &[u8] = b"CTDATA-HEADER_V1";
const BLOCK: usize = 512;

/// Whether the bytes begin as an ISQ does.
pub(crate) fn is_isq(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Parses the header and, where there is one, the calibration block.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<Header> {
    let cut = || Fault::truncated("the ISQ header", BLOCK, bytes.len());
    let v = View::little(bytes);
    let word = |at: usize| v.i32(at).ok_or_else(cut);
    let size_words = [word(44)?, word(48)?, word(52)?];
    let physical = [word(56)?, word(60)?, word(64)?];
    if word(16)? == 9 || physical[2] == 0 {
        return Err(Fault::new(
            Problem::TwoDimensional,
            "a 2-D file (a Scanco radiograph or scout view)",
            "give the reconstructed volume (`.isq` or `.aim`)",
        ));
    }
    let mut size = [0; 3];
    for axis in 0..3 {
        size[axis] = usize::try_from(size_words[axis])
            .map_err(|_| Fault::corrupt(format!("the ISQ dimensions are {size_words:?}")))?;
    }
    // The physical size is in micrometres and rounded to whole ones.
    let spacing = std::array::from_fn(|a| f64::from(physical[a]) * 1e-3 / size[a] as f64);
    let geometry = Geometry::aligned(size, spacing).map_err(|e| Fault::geometry(&e))?;
    let data = data_start(word(508)?)?;
    let mut entries = entries(&v).ok_or_else(cut)?;
    calibration_entries(bytes, data, &mut entries);
    let calibration = scanco::calibration(&entries);
    let unit = aim::unit(&entries, calibration.is_some())?;
    Ok(Header {
        format: Format::Isq,
        geometry,
        sampling: Sampling::plain(SampleType::I16, false),
        place: Place::Here(data),
        packing: Packing::Raw,
        unit,
        calibration,
        spacing_known: format!("ISQ physical size ({physical:?} µm) / voxels"),
        identity: aim::identity(&entries),
        entries,
        warnings: Vec::new(),
    })
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
        if let Some(value) = double(offset).filter(|d| d.is_finite()) {
            entries.push((name.to_owned(), value.to_string()));
        }
    }
}
