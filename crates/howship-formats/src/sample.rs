//! Stored samples: types, byte order, scaling, and decoding into what a volume holds.

use crate::budget::zeroed;
use crate::error::{Fault, Parsed, Problem};
use crate::packed::{MAX_EXPANSION, Unpack};
use rayon::prelude::*;

/// The type of a stored sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl SampleType {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }
}

/// How stored bytes become values: `value = stored * slope + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    pub(crate) kind: SampleType,
    pub(crate) big_endian: bool,
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
}

impl Sampling {
    pub(crate) fn plain(kind: SampleType, big_endian: bool) -> Self {
        Self {
            kind,
            big_endian,
            slope: 1.0,
            intercept: 0.0,
        }
    }

    pub(crate) fn is_identity(&self) -> bool {
        self.slope == 1.0 && self.intercept == 0.0
    }
}

/// What a volume may hold: `f32` for scans, `u32` for labels.
pub(crate) trait Voxel: Copy + Default + PartialEq + Send + Sync + 'static {
    /// Whether values must be whole.
    const LABELS: bool;
    /// `None` where the value has no exact place in this type (labels only).
    fn of_f64(value: f64) -> Option<Self>;
    /// As `of_f64`, for whole numbers beyond 2^53.
    fn of_i128(value: i128) -> Option<Self>;
    /// As `of_f64`; kept apart so that floats pass unchanged.
    fn of_f32(value: f32) -> Option<Self>;
    /// The value as a number.
    fn to_f64(self) -> f64;
}

impl Voxel for f32 {
    const LABELS: bool = false;
    #[inline]
    fn of_f64(value: f64) -> Option<Self> {
        Some(value as f32)
    }
    #[inline]
    fn of_i128(value: i128) -> Option<Self> {
        Some(value as f32)
    }
    #[inline]
    fn of_f32(value: f32) -> Option<Self> {
        Some(value)
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Voxel for u32 {
    const LABELS: bool = true;
    #[inline]
    fn of_f64(value: f64) -> Option<Self> {
        // A scaling such as 1/255, stored in 32 bits, leaves whole numbers a hair off.
        let whole = value.round();
        (whole >= 0.0 && whole <= f64::from(u32::MAX) && (value - whole).abs() < 1e-4)
            .then_some(whole as u32)
    }
    #[inline]
    fn of_i128(value: i128) -> Option<Self> {
        u32::try_from(value).ok()
    }
    #[inline]
    fn of_f32(value: f32) -> Option<Self> {
        Self::of_f64(f64::from(value))
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

fn not_labels(value: impl std::fmt::Display) -> Fault {
    Fault::new(
        Problem::NotLabels,
        format!("the value {value} is no label"),
        "labels are whole numbers from 0 to 4294967295; give a mask or a label image",
    )
}

macro_rules! fill_integers {
    ($type:ty, $size:literal, $small:expr, $stored:ident, $how:ident, $out:ident) => {{
        let (chunks, _) = $stored.as_chunks::<$size>();
        let identity = $how.is_identity();
        let big = $how.big_endian;
        for (to, from) in $out.iter_mut().zip(chunks) {
            let value = if big {
                <$type>::from_be_bytes(*from)
            } else {
                <$type>::from_le_bytes(*from)
            };
            let voxel = if !identity {
                V::of_f64(value as f64 * $how.slope + $how.intercept)
            } else if $small {
                V::of_f64(value as f64)
            } else {
                V::of_i128(i128::from(value))
            };
            *to = voxel.ok_or_else(|| not_labels(value))?;
        }
    }};
}

macro_rules! fill_floats {
    ($type:ty, $size:literal, $plain:expr, $stored:ident, $how:ident, $out:ident) => {{
        let (chunks, _) = $stored.as_chunks::<$size>();
        let identity = $how.is_identity();
        let big = $how.big_endian;
        for (to, from) in $out.iter_mut().zip(chunks) {
            let value = if big {
                <$type>::from_be_bytes(*from)
            } else {
                <$type>::from_le_bytes(*from)
            };
            let voxel = if identity {
                $plain(value)
            } else {
                V::of_f64(f64::from(value) * $how.slope + $how.intercept)
            };
            *to = voxel.ok_or_else(|| not_labels(value))?;
        }
    }};
}

/// Decodes as many samples as `out` holds; `stored` must have their bytes.
pub(crate) fn fill<V: Voxel>(stored: &[u8], how: &Sampling, out: &mut [V]) -> Parsed<()> {
    match how.kind {
        SampleType::U8 => fill_integers!(u8, 1, true, stored, how, out),
        SampleType::I8 => fill_integers!(i8, 1, true, stored, how, out),
        SampleType::U16 => fill_integers!(u16, 2, true, stored, how, out),
        SampleType::I16 => fill_integers!(i16, 2, true, stored, how, out),
        SampleType::U32 => fill_integers!(u32, 4, true, stored, how, out),
        SampleType::I32 => fill_integers!(i32, 4, true, stored, how, out),
        SampleType::U64 => fill_integers!(u64, 8, false, stored, how, out),
        SampleType::I64 => fill_integers!(i64, 8, false, stored, how, out),
        SampleType::F32 => fill_floats!(f32, 4, V::of_f32, stored, how, out),
        SampleType::F64 => fill_floats!(f64, 8, V::of_f64, stored, how, out),
    }
    Ok(())
}

/// Samples decoded by one task at a time; also the step by which a stream is read.
const STEP: usize = 1 << 18;

/// Decodes samples that lie uncompressed in memory.
pub(crate) fn decode_raw<V: Voxel>(stored: &[u8], how: &Sampling, count: usize) -> Parsed<Vec<V>> {
    let size = how.kind.bytes();
    let needed = count.saturating_mul(size);
    if stored.len() < needed {
        return Err(Fault::truncated("the voxel data", needed, stored.len()));
    }
    let mut out = zeroed(count)?;
    out.par_chunks_mut(STEP)
        .zip(stored[..needed].par_chunks(STEP * size))
        .try_for_each(|(to, from)| fill(from, how, to))?;
    Ok(out)
}

/// Beyond this expansion memory is taken only as the data arrives.
const TRUSTED_EXPANSION: u64 = 64;
/// A stream may hold this much more than the voxels: padding to blocks, extensions after the data.
const MOST_SURPLUS: u64 = 1 << 16;

/// Decodes samples from a stream that reads `compressed` bytes, and reads it to its verified end;
/// also how many bytes there were beyond the samples.
pub(crate) fn decode_stream<V: Voxel>(
    stream: &mut Unpack<'_>,
    compressed: usize,
    how: &Sampling,
    count: usize,
) -> Parsed<(Vec<V>, u64)> {
    let size = how.kind.bytes();
    let needed = count.saturating_mul(size);
    let compressed_bytes = compressed as u64;
    let most = compressed_bytes
        .saturating_mul(MAX_EXPANSION)
        .saturating_add(4096);
    if needed as u64 > most {
        return Err(Fault::truncated("the voxel data", needed, compressed));
    }
    let trusted = compressed_bytes
        .saturating_mul(TRUSTED_EXPANSION)
        .max(1 << 20);
    let trusted = needed as u64 <= trusted;
    let mut out: Vec<V> = if trusted { zeroed(count)? } else { Vec::new() };
    let mut buffer = vec![0u8; STEP.min(count) * size];
    let mut done = 0;
    while done < count {
        let step = STEP.min(count - done);
        let wanted = &mut buffer[..step * size];
        let read = stream.read(wanted)?;
        if read < wanted.len() {
            return Err(Fault::truncated(
                "the voxel data",
                needed,
                done * size + read,
            ));
        }
        if !trusted {
            out.try_reserve(step)
                .map_err(|_| Fault::no_memory(count * size_of::<V>()))?;
            out.resize(done + step, V::default());
        }
        fill(wanted, how, &mut out[done..done + step])?;
        done += step;
    }
    let surplus = stream.finish(MOST_SURPLUS)?;
    Ok((out, surplus))
}

/// Values beyond this are no physical quantity but a mark of "nothing here" (1e30 and its like).
pub const LARGEST_VALUE: f32 = 1e9;
/// As [`LARGEST_VALUE`], of densities (HU, mgHA/cm³): metal, where scanners do not cut it off, reads some ten thousand.
pub const LARGEST_DENSITY: f32 = 1e5;

/// Voxels of a scan whose values are no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct NotNumbers {
    /// How many: NaN, infinities and values beyond [`LARGEST_VALUE`] or [`LARGEST_DENSITY`].
    pub count: usize,
    /// Place in memory of the first.
    pub first: usize,
}

/// Counts the values that are no numbers and makes all of them NaN, so that one test finds them.
pub(crate) fn mark_not_numbers(values: &mut [f32], largest: f32) -> Option<NotNumbers> {
    let found = values
        .par_chunks_mut(STEP)
        .enumerate()
        .map(|(chunk, values)| {
            let mut found: Option<NotNumbers> = None;
            for (i, value) in values.iter_mut().enumerate() {
                if value.abs() < largest {
                    continue;
                }
                *value = f32::NAN;
                let first = found.map_or(chunk * STEP + i, |f| f.first);
                let count = found.map_or(0, |f| f.count) + 1;
                found = Some(NotNumbers { count, first });
            }
            found
        })
        .collect::<Vec<_>>();
    found.into_iter().flatten().reduce(|a, b| NotNumbers {
        count: a.count + b.count,
        first: a.first.min(b.first),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<V: Voxel>(bytes: &[u8], how: Sampling, count: usize) -> Parsed<Vec<V>> {
        let raw = decode_raw::<V>(bytes, &how, count);
        let packed = crate::compress::gzip(bytes, 3).unwrap();
        let streamed = Unpack::gzip(&packed)
            .and_then(|mut stream| decode_stream::<V>(&mut stream, packed.len(), &how, count));
        assert_eq!(raw.is_ok(), streamed.is_ok());
        raw
    }

    #[test]
    fn both_byte_orders_and_scaling() {
        let mut how = Sampling::plain(SampleType::I16, true);
        assert_eq!(
            decode::<f32>(&[0xff, 0xfe, 1, 0], how, 2).unwrap(),
            [-2.0, 256.0]
        );
        how.big_endian = false;
        how.slope = 0.5;
        how.intercept = 10.0;
        assert_eq!(
            decode::<f32>(&[0xfe, 0xff, 0, 1], how, 2).unwrap(),
            [9.0, 138.0]
        );
    }

    #[test]
    fn labels_are_exact_or_refused() {
        let how = Sampling::plain(SampleType::U32, false);
        let big = 4_000_000_001u32;
        assert_eq!(decode::<u32>(&big.to_le_bytes(), how, 1).unwrap(), [big]);
        let how = Sampling::plain(SampleType::F32, false);
        assert!(decode::<u32>(&1.5f32.to_le_bytes(), how, 1).is_err());
        assert!(decode::<u32>(&f32::NAN.to_le_bytes(), how, 1).is_err());
        let how = Sampling::plain(SampleType::I64, false);
        assert!(decode::<u32>(&(-1i64).to_le_bytes(), how, 1).is_err());
    }

    #[test]
    fn values_that_are_no_numbers_are_counted_and_marked() {
        let mut values = vec![1.0f32; 3 * STEP];
        assert_eq!(mark_not_numbers(&mut values, LARGEST_VALUE), None);
        for (at, value) in [(7, f32::INFINITY), (STEP + 1, 1e30), (2 * STEP, f32::NAN)] {
            values[at] = value;
        }
        let found = mark_not_numbers(&mut values, LARGEST_VALUE).unwrap();
        assert_eq!((found.count, found.first), (3, 7));
        assert_eq!(values.iter().filter(|v| v.is_nan()).count(), 3);
    }

    #[test]
    fn too_few_bytes_are_an_error_before_memory_is_taken() {
        let how = Sampling::plain(SampleType::U8, false);
        let fault = decode::<f32>(&[0; 8], how, 1 << 32).unwrap_err();
        assert_eq!(fault.problem, Problem::Truncated);
    }
}
