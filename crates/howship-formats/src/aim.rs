//! Scanco AIM, versions 020 and 030.
//!
//! Read from the layouts in AimIO (Numerics88) and ITKIOScanco: a list of block sizes, a structure,
//! the processing log, the samples.

mod write;

pub(crate) use write::{write_labels, write_scan};

use crate::aim_pack::{AimKind, AimPacking, from_vax};
use crate::bytes::View;
use crate::error::{Fault, Parsed};
use crate::grid::{Axes, turned_axes};
use crate::header::{Header, Packing, Place};
use crate::sample::{SampleType, Sampling};
use crate::{Format, Identity, scanco};
use howship_image::Geometry;

const MAGIC_030: &[u8] = b"AIMDATA_V030   \0";

/// Whether the bytes begin as an AIM does.
pub(crate) fn is_aim(start: &[u8]) -> bool {
    start.starts_with(MAGIC_030)
        || (start.len() >= 160 && start[..8] == [20, 0, 0, 0, 140, 0, 0, 0])
        || is_old(start)
}

/// Versions 010 and 011, which no scanner of the last twenty years writes.
fn is_old(start: &[u8]) -> bool {
    let view = View::little(start);
    start.len() >= 160
        && matches!(view.u32(0), Some(16 | 20))
        && matches!(view.u32(4), Some(92 | 96))
}

/// The fields that are used, whichever version they came from.
struct Fields {
    version: &'static str,
    kind: u32,
    position: [i64; 3],
    size: [i64; 3],
    frame: [i64; 3],
    spacing: [f64; 3],
    log: (usize, usize),
    data: usize,
    length_bytes: usize,
}

/// Parses header and log.
///
/// `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(bytes: &[u8], stated: Option<[f64; 3]>) -> Parsed<Header> {
    let fields = if bytes.starts_with(MAGIC_030) {
        fields_030(bytes)
    } else if is_old(bytes) {
        return Err(Fault::unsupported(
            "AIM version 010 or 011",
            "convert it to version 020 or 030 with the scanner's software",
        ));
    } else {
        fields_020(bytes)
    };
    let fields = fields.ok_or_else(|| Fault::truncated("the AIM header", 160, bytes.len()))?;
    let log = bytes
        .get(fields.log.0..fields.log.1)
        .ok_or_else(|| Fault::truncated("the AIM processing log", fields.log.1, bytes.len()))?;
    let entries = scanco::entries(&String::from_utf8_lossy(log));
    header(&fields, entries, stated)
}

fn fields_020(bytes: &[u8]) -> Option<Fields> {
    let v = View::little(bytes);
    let size = |at: usize| v.u32(at).map(|n| n as usize);
    let (pre, structure, log) = (size(0)?, size(4)?, size(8)?);
    if pre != 20 || structure != 140 {
        return None;
    }
    let triple = |at: usize| -> Option<[i64; 3]> {
        Some([v.i32(at)?, v.i32(at + 4)?, v.i32(at + 8)?].map(i64::from))
    };
    let vax = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(from_vax);
    let at = pre;
    Some(Fields {
        version: "AIM 020",
        kind: v.u32(at + 20)?,
        position: triple(at + 24)?,
        size: triple(at + 36)?,
        frame: triple(at + 48)?,
        spacing: [vax(at + 108)?, vax(at + 112)?, vax(at + 116)?].map(f64::from),
        log: (pre + structure, (pre + structure).checked_add(log)?),
        data: (pre + structure).checked_add(log)?,
        length_bytes: 4,
    })
}

fn fields_030(bytes: &[u8]) -> Option<Fields> {
    let v = View::little(bytes);
    let size = |at: usize| v.i64(at).and_then(|n| usize::try_from(n).ok());
    let (pre, structure, log) = (size(16)?, size(24)?, size(32)?);
    if !(24..=4096).contains(&pre) || structure < 208 {
        return None;
    }
    let at = 16 + pre;
    let triple =
        |at: usize| -> Option<[i64; 3]> { Some([v.i64(at)?, v.i64(at + 8)?, v.i64(at + 16)?]) };
    let log_start = at.checked_add(structure)?;
    Some(Fields {
        version: "AIM 030",
        kind: v.u32(at + 12)?,
        position: triple(at + 16)?,
        size: triple(at + 40)?,
        frame: triple(at + 64)?,
        // Nanometres.
        spacing: triple(at + 184)?.map(|n| n as f64 * 1e-6),
        log: (log_start, log_start.checked_add(log)?),
        data: log_start.checked_add(log)?,
        length_bytes: 8,
    })
}

/// Sample type, packing and the name of an AIM type word.
fn storage(fields: &Fields) -> Parsed<(SampleType, Packing, &'static str)> {
    let frame = fields
        .frame
        .map(|n| usize::try_from(n).unwrap_or(usize::MAX / 4));
    let pack = |kind| {
        Packing::Aim(AimPacking {
            kind,
            length_bytes: fields.length_bytes,
            frame,
        })
    };
    Ok(match fields.kind {
        0x0001_0001 => (SampleType::I8, Packing::Raw, "D1Tchar"),
        0x0002_0002 => (SampleType::I16, Packing::Raw, "D1Tshort"),
        0x0003_0004 => (SampleType::I32, Packing::Raw, "D1Tint"),
        0x0004_0004 => (SampleType::F32, pack(AimKind::VaxFloat), "D1Tfloat"),
        0x0006_0001 => (SampleType::I8, pack(AimKind::Bits), "D3Tbit8"),
        0x0008_0002 => (SampleType::I8, pack(AimKind::CharRuns), "D1TcharCmp"),
        0x0015_0001 => (SampleType::I8, pack(AimKind::BinaryRuns), "D1TbinCmp"),
        0x000d_0001 | 0x0016_0001 => (SampleType::U8, Packing::Raw, "D1Tuchar"),
        0x0017_0002 => (SampleType::U16, Packing::Raw, "D1Tushort"),
        0x001a_0004 => (SampleType::F32, Packing::Raw, "D1Ti3efloat"),
        other => {
            return Err(Fault::unsupported(
                format!("AIM type {other:#010x}"),
                "convert it to short, char or float with the scanner's software",
            ));
        }
    })
}

fn header(
    fields: &Fields,
    mut entries: Vec<(String, String)>,
    stated: Option<[f64; 3]>,
) -> Parsed<Header> {
    let (kind, packing, name) = storage(fields)?;
    let mut size = [0; 3];
    for axis in 0..3 {
        size[axis] = usize::try_from(fields.size[axis])
            .map_err(|_| Fault::corrupt(format!("the AIM dimensions are {:?}", fields.size)))?;
    }
    let mut warnings = Vec::new();
    let geometry = geometry(fields, size, &entries, stated, &mut warnings)?;
    if fields.frame != [0; 3] {
        warnings.push(format!(
            "the AIM has a frame of {:?} voxels on each side that filters left without meaning",
            fields.frame
        ));
    }
    let (says, present, calibration) = scanco::meaning(&entries, kind, &mut warnings)?;
    let seal = scanco::find(&entries, scanco::SEAL_KEY).map(str::to_owned);
    let identity = identity(&entries);
    entries.insert(0, ("AIM type".to_owned(), name.to_owned()));
    entries.insert(0, ("AIM version".to_owned(), fields.version.to_owned()));
    entries.insert(
        2,
        ("AIM position".to_owned(), format!("{:?}", fields.position)),
    );
    entries.insert(3, ("AIM offset".to_owned(), format!("{:?}", fields.frame)));
    Ok(Header {
        format: Format::Aim,
        geometry,
        sampling: Sampling::plain(kind, false),
        place: Place::Here(fields.data),
        packing,
        says,
        present,
        calibration,
        spacing_known: format!("{} element size", fields.version),
        identity,
        entries,
        warnings,
        seal,
    })
}

/// Origin and axes from Howship's lines where they are still those of this file, else from the position.
fn geometry(
    fields: &Fields,
    size: [usize; 3],
    entries: &[(String, String)],
    stated: Option<[f64; 3]>,
    warnings: &mut Vec<String>,
) -> Parsed<Geometry> {
    let row = |key: &str, count: usize| {
        scanco::find(entries, key)
            .map(|text| crate::text::numbers(text, count, key))
            .transpose()
    };
    let spacing = fields.spacing;
    warnings.extend(turned_axes(&spacing));
    let position: [f64; 3] = std::array::from_fn(|a| fields.position[a] as f64 * spacing[a]);
    let mut origin = position;
    if let Some(v) = row(scanco::ORIGIN_KEY, 3)? {
        // Other programs keep the log and move the position, for example when they crop.
        let same = (0..3).all(|a| (v[a] - position[a]).abs() <= 0.51 * spacing[a].abs());
        if same {
            origin = [v[0], v[1], v[2]];
        } else {
            warnings.push(format!(
                "the log's `{}` is not that of this file (another program moved its position): the position was used",
                scanco::ORIGIN_KEY
            ));
        }
    }
    let steps = match row(scanco::DIRECTION_KEY, 9)? {
        Some(v) => std::array::from_fn(|a| std::array::from_fn(|r| v[3 * r + a] * spacing[a])),
        None => Axes::aligned(size, spacing, origin).steps,
    };
    let grid = Axes {
        size,
        steps,
        origin,
    };
    grid.geometry(stated)
}

pub(crate) fn identity(entries: &[(String, String)]) -> Identity {
    let get = |key: &str| {
        scanco::find(entries, key)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    Identity {
        patient_id: get("Index Patient"),
        site: get("Site").map(|code| scanco_site(&code)),
        laterality: get("Site").and_then(|code| match code.as_str() {
            "20" | "38" => Some("L".to_owned()),
            "21" | "39" => Some("R".to_owned()),
            _ => None,
        }),
        date: get("Original Creation-Date"),
        modality: get("Scanner type").map(|t| format!("Scanco type {t}")),
        ..Identity::default()
    }
}

/// Scanco's site codes, as AimIO names them.
fn scanco_site(code: &str) -> String {
    match code {
        "20" | "21" => "radius".to_owned(),
        "38" | "39" => "tibia".to_owned(),
        other => format!("Scanco site {other}"),
    }
}
