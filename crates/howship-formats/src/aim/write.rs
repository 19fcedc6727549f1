//! AIM 020 (sizes of 32 bits) and 030 (64 bits, spacing in whole nanometres).

use super::MAGIC_030;
use crate::aim_pack::{pack_binary_runs, to_vax};
use crate::error::{Fault, Parsed, Problem};
use crate::part::{Image, Part, encode, smallest_exact};
use crate::sample::SampleType;
use crate::scanco::{DIRECTION_KEY, ORIGIN_KEY, RULE, SEAL_KEY, UNIT_KEY, log_line};
use crate::{WriteOptions, tags};
use howship_image::{DensityUnit, Geometry, Scan};
use rayon::prelude::*;

/// Native counts as shorts where the calibration leads back to whole numbers, else VAX floats.
pub(crate) fn write_scan(scan: &Scan, options: &WriteOptions) -> Parsed<Part> {
    let native = native(scan)?;
    let (kind, data) = match smallest_exact(&native) {
        SampleType::U8 | SampleType::I16 => (0x0002_0002, encode(&native, SampleType::I16)),
        _ => {
            if native.iter().any(|v| !v.is_finite() || v.abs() > 8e37) {
                return Err(Fault::new(
                    Problem::Unsupported,
                    "AIM floats cannot hold NaN, infinity or values beyond 8e37",
                    "use `.nii.gz`, `.mha` or `.nrrd`",
                ));
            }
            (
                0x0004_0004,
                native.par_iter().flat_map_iter(|&v| to_vax(v)).collect(),
            )
        }
    };
    let mut log = log_start(scan.volume.geometry());
    // Always: an AIM that says nothing holds the scanner's counts.
    log += &log_line(UNIT_KEY, tags::ascii(scan.unit));
    if let Some(c) = scan.calibration {
        log += &log_line("Mu_Scaling", &c.mu_scaling.to_string());
        log += &log_line("HU: mu water", &c.mu_water.to_string());
        log += &log_line("Density: unit", "mg HA/ccm");
        log += &log_line("Density: slope", &c.density_slope.to_string());
        log += &log_line("Density: intercept", &c.density_intercept.to_string());
    }
    log += RULE;
    file(scan.volume.geometry(), kind, data, log, options)
}

/// Values as the scanner stores them; without a calibration, as they are.
fn native(scan: &Scan) -> Parsed<Vec<f32>> {
    let values = scan.volume.data();
    let Some(calibration) = scan.calibration else {
        return Ok(values.to_vec());
    };
    let linear = |from, to| {
        calibration.linear(from, to).map_err(|e| {
            Fault::new(
                Problem::Unit,
                e.to_string(),
                "correct the calibration or leave it out",
            )
        })
    };
    let (slope, offset) = linear(scan.unit, DensityUnit::Native)?;
    let (back, base) = linear(DensityUnit::Native, scan.unit)?;
    // Rounded where that leads back to the same bits.
    Ok(values
        .par_iter()
        .map(|&v| {
            let exact = f64::from(v) * slope + offset;
            let whole = exact.round();
            if (whole * back + base) as f32 == v {
                whole as f32
            } else {
                exact as f32
            }
        })
        .collect())
}

/// Masks of two values are run lengths; other labels bytes or shorts.
pub(crate) fn write_labels(image: Image<'_>, options: &WriteOptions) -> Parsed<Part> {
    let Image {
        geometry,
        kind,
        stored,
        ..
    } = image;
    let too_large = || {
        Fault::new(
            Problem::Unsupported,
            "AIM holds labels up to 32767",
            "use `.nii.gz`, `.mha` or `.nrrd`",
        )
    };
    let signed_shorts = |stored: Vec<u8>| {
        let (pairs, _) = stored.as_chunks::<2>();
        if pairs.iter().any(|p| p[1] > 127) {
            Err(too_large())
        } else {
            Ok(stored)
        }
    };
    let (kind, data) = match kind {
        SampleType::U8 if stored.iter().all(|&v| v <= 127) => match pack_binary_runs(&stored) {
            Some(runs) => (0x0015_0001, with_length(runs, options.aim_030)),
            None => (0x0001_0001, stored),
        },
        SampleType::U8 => (0x0002_0002, stored.iter().flat_map(|&v| [v, 0]).collect()),
        SampleType::U16 => (0x0002_0002, signed_shorts(stored)?),
        _ => return Err(too_large()),
    };
    let log = log_start(geometry) + RULE;
    file(geometry, kind, data, log, options)
}

fn with_length(runs: Vec<u8>, wide: bool) -> Vec<u8> {
    let mut out = if wide {
        (runs.len() as u64 + 8).to_le_bytes().to_vec()
    } else {
        (runs.len() as u32 + 4).to_le_bytes().to_vec()
    };
    out.extend(runs);
    out
}

fn log_start(g: &Geometry) -> String {
    let mut log = format!("! Processing Log\n!\n{RULE}");
    log += &log_line("Created by", "Howship");
    let words = |v: &[f64]| v.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let d = g.direction();
    // At least two blanks before the value: keys may be longer than their column.
    log += &format!("{ORIGIN_KEY:<28}  {}\n", words(&g.origin()));
    log += &format!("{DIRECTION_KEY:<28}  {}\n", words(d.as_flattened()));
    log += &format!("{SEAL_KEY:<28}  {}\n", crate::seal::blank());
    log
}

fn file(
    g: &Geometry,
    kind: u32,
    data: Vec<u8>,
    log: String,
    options: &WriteOptions,
) -> Parsed<Part> {
    let wide = options.aim_030;
    if !wide && data.len() > i32::MAX as usize {
        return Err(Fault::new(
            Problem::TooLarge,
            "AIM version 020 holds 2 GiB of samples",
            "write version 030 (`aim_030`) or `.nii.gz`",
        ));
    }
    let mut log = log.into_bytes();
    log.push(0);
    let structure = if wide {
        structure_030(g, kind)
    } else {
        structure_020(g, kind)
    };
    let sizes = [structure.len(), log.len(), data.len(), 0];
    let mut head = Vec::new();
    if wide {
        head.extend(MAGIC_030);
        head.extend(40u64.to_le_bytes());
        head.extend(sizes.iter().flat_map(|&n| (n as u64).to_le_bytes()));
    } else {
        head.extend(20u32.to_le_bytes());
        head.extend(sizes.iter().flat_map(|&n| (n as u32).to_le_bytes()));
    }
    head.extend(structure);
    head.extend(log);
    crate::seal::seal(&mut head, &data);
    Ok(Part::target(vec![head, data]))
}

/// Whole voxels from the world's origin to the first voxel, as AIM counts.
fn position(g: &Geometry) -> [i64; 3] {
    std::array::from_fn(|a| (g.origin()[a] / g.spacing()[a]).round() as i64)
}

fn structure_020(g: &Geometry, kind: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(140);
    // Version 020 is written in octal.
    for word in [0o20, 0, 0, 0, 0, kind] {
        out.extend(word.to_le_bytes());
    }
    let size = g.size().map(|n| n as i64);
    for triple in [position(g), size, [0; 3], [0; 3], [0; 3], [0; 3], [0; 3]] {
        out.extend(triple.iter().flat_map(|&v| (v as i32).to_le_bytes()));
    }
    out.extend(g.spacing().iter().flat_map(|&s| to_vax(s as f32)));
    // An empty list of associated data of type char.
    for word in [0u32, 0, 0, 0, 1] {
        out.extend(word.to_le_bytes());
    }
    out
}

fn structure_030(g: &Geometry, kind: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(224);
    for word in [0o30, 0, 0, kind] {
        out.extend(word.to_le_bytes());
    }
    let size = g.size().map(|n| n as i64);
    let nano = g.spacing().map(|s| (s * 1e6).round() as i64);
    for triple in [
        position(g),
        size,
        [0; 3],
        [0; 3],
        [0; 3],
        [0; 3],
        [0; 3],
        nano,
    ] {
        out.extend(triple.iter().flat_map(|v| v.to_le_bytes()));
    }
    for word in [0u32, 0, 0, 1] {
        out.extend(word.to_le_bytes());
    }
    out
}
