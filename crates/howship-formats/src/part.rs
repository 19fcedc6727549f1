//! What a format's writer gets and gives: samples of the smallest type in, pieces of files out.

use crate::sample::SampleType;
use howship_image::Geometry;
use rayon::prelude::*;

/// What a format's writer gets.
pub(crate) struct Image<'a> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) kind: SampleType,
    /// Samples, little endian.
    pub(crate) stored: Vec<u8>,
    pub(crate) tags: Vec<(&'static str, String)>,
    /// What the caller wants kept in the header as it is; keys are of letters, digits and `_`.
    pub(crate) notes: &'a [(String, String)],
    pub(crate) level: u32,
}

/// The target's name, apart.
pub(crate) struct Stem {
    pub(crate) name: String,
    /// Lower case, `nii.gz` in one.
    pub(crate) extension: String,
}

/// One file to write: pieces of bytes that follow each other.
pub(crate) struct Part {
    /// `None`: the target itself.
    pub(crate) name: Option<String>,
    pub(crate) pieces: Vec<Vec<u8>>,
}

impl Part {
    pub(crate) fn target(pieces: Vec<Vec<u8>>) -> Self {
        Self { name: None, pieces }
    }

    pub(crate) fn beside(name: String, pieces: Vec<Vec<u8>>) -> Self {
        Self {
            name: Some(name),
            pieces,
        }
    }
}

/// The smallest integer type that holds every value exactly, or `F32`.
pub(crate) fn smallest_exact(values: &[f32]) -> SampleType {
    let range = values
        .par_chunks(1 << 16)
        .map(|chunk| {
            let mut range = Some((0.0f32, 0.0f32));
            for &v in chunk {
                range = match range {
                    Some((low, high)) if v.fract() == 0.0 && (v != 0.0 || v.is_sign_positive()) => {
                        Some((low.min(v), high.max(v)))
                    }
                    // Not whole, not finite, or the negative zero, which integers lack.
                    _ => return None,
                };
            }
            range
        })
        .reduce(
            || Some((0.0, 0.0)),
            |a, b| Some((a?.0.min(b?.0), a?.1.max(b?.1))),
        );
    let Some((low, high)) = range else {
        return SampleType::F32;
    };
    let fits = |from: f64, to: f64| f64::from(low) >= from && f64::from(high) <= to;
    if fits(0.0, 255.0) {
        SampleType::U8
    } else if fits(-32768.0, 32767.0) {
        SampleType::I16
    } else if fits(0.0, 65535.0) {
        SampleType::U16
    } else if fits(-2_147_483_648.0, 2_147_483_647.0) {
        SampleType::I32
    } else {
        SampleType::F32
    }
}

/// Samples of the type, little endian; the values must fit it.
pub(crate) fn encode(values: &[f32], kind: SampleType) -> Vec<u8> {
    match kind {
        SampleType::U8 => values.par_iter().map(|&v| v as u8).collect(),
        SampleType::I8 => values.par_iter().map(|&v| v as i8 as u8).collect(),
        SampleType::I16 => bytes_of(values, |v| (v as i16).to_le_bytes()),
        SampleType::U16 => bytes_of(values, |v| (v as u16).to_le_bytes()),
        SampleType::I32 => bytes_of(values, |v| (v as i32).to_le_bytes()),
        SampleType::U32 => bytes_of(values, |v| (v as u32).to_le_bytes()),
        SampleType::I64 => bytes_of(values, |v| (v as i64).to_le_bytes()),
        SampleType::U64 => bytes_of(values, |v| (v as u64).to_le_bytes()),
        SampleType::F64 => bytes_of(values, |v| f64::from(v).to_le_bytes()),
        SampleType::F32 => bytes_of(values, f32::to_le_bytes),
    }
}

pub(crate) fn bytes_of<T: Copy + Sync, const N: usize>(
    values: &[T],
    bytes: impl Fn(T) -> [u8; N] + Sync,
) -> Vec<u8> {
    const STEP: usize = 1 << 16;
    let mut out = vec![0u8; values.len() * N];
    out.par_chunks_mut(STEP * N)
        .zip(values.par_chunks(STEP))
        .for_each(|(to, from)| {
            let (to, _) = to.as_chunks_mut::<N>();
            for (to, &value) in to.iter_mut().zip(from) {
                *to = bytes(value);
            }
        });
    out
}

/// A note as one line of a header: nothing in it ends the line, and its key is a word.
pub(crate) fn note_line((key, value): &(String, String), between: &str) -> String {
    let key = key.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_");
    let value = value.replace(char::is_control, " ");
    format!("{key}{between}{value}\n")
}
