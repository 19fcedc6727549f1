//! Where the fields lie in the 348-byte and the 540-byte header.

use crate::bytes::View;
use crate::error::{Fault, Parsed, Problem};
use crate::sample::SampleType;

/// The fields that are used, whichever version they came from.
pub(super) struct Fields {
    pub(super) big_endian: bool,
    pub(super) header_bytes: usize,
    pub(super) single_file: bool,
    pub(super) version: u8,
    pub(super) dim: [i64; 8],
    pub(super) datatype: i16,
    pub(super) bitpix: i16,
    pub(super) pixdim: [f64; 8],
    pub(super) vox_offset: f64,
    pub(super) scl_slope: f64,
    pub(super) scl_inter: f64,
    pub(super) xyzt_units: i32,
    pub(super) descrip: String,
    pub(super) qform_code: i32,
    pub(super) sform_code: i32,
    pub(super) quatern: [f64; 3],
    pub(super) qoffset: [f64; 3],
    pub(super) srow: [[f64; 4]; 3],
}

/// Whether the (decompressed) bytes begin with a NIfTI header.
pub(crate) fn is_nifti(start: &[u8]) -> bool {
    version_and_order(start).is_some()
}

/// Version, byte order, single file.
fn version_and_order(start: &[u8]) -> Option<(u8, bool, bool)> {
    let first: [u8; 4] = start.get(..4)?.try_into().ok()?;
    let (version, big) = match (i32::from_le_bytes(first), i32::from_be_bytes(first)) {
        (348, _) => (1, false),
        (_, 348) => (1, true),
        (540, _) => (2, false),
        (_, 540) => (2, true),
        _ => return None,
    };
    let magic = if version == 1 {
        start.get(344..348)?
    } else {
        start.get(4..8)?
    };
    match (version, magic) {
        (1, b"n+1\0") | (2, b"n+2\0") => Some((version, big, true)),
        (1, b"ni1\0") | (2, b"ni2\0") => Some((version, big, false)),
        _ => None,
    }
}

impl Fields {
    pub(super) fn parse(start: &[u8]) -> Parsed<Self> {
        let Some((version, big_endian, single_file)) = version_and_order(start) else {
            return Err(Fault::corrupt("no NIfTI header (wrong size word or magic)"));
        };
        let header_bytes = if version == 1 { 348 } else { 540 };
        if start.len() < header_bytes {
            return Err(Fault::truncated(
                "the NIfTI header",
                header_bytes,
                start.len(),
            ));
        }
        let view = View {
            bytes: start,
            big_endian,
        };
        let fields = if version == 1 {
            Self::one(&view)
        } else {
            Self::two(&view)
        };
        fields
            .map(|f| Self {
                big_endian,
                header_bytes,
                single_file,
                version,
                ..f
            })
            .ok_or_else(|| Fault::truncated("the NIfTI header", header_bytes, start.len()))
    }

    fn one(v: &View<'_>) -> Option<Self> {
        let mut dim = [0; 8];
        let mut pixdim = [0.0; 8];
        for i in 0..8 {
            dim[i] = i64::from(v.i16(40 + 2 * i)?);
            pixdim[i] = f64::from(v.f32(76 + 4 * i)?);
        }
        Some(Self {
            dim,
            pixdim,
            datatype: v.i16(70)?,
            bitpix: v.i16(72)?,
            vox_offset: f64::from(v.f32(108)?),
            scl_slope: f64::from(v.f32(112)?),
            scl_inter: f64::from(v.f32(116)?),
            xyzt_units: i32::from(v.u8(123)?),
            descrip: v.text(148, 80)?,
            qform_code: i32::from(v.i16(252)?),
            sform_code: i32::from(v.i16(254)?),
            quatern: f32_triple(v, 256)?,
            qoffset: f32_triple(v, 268)?,
            srow: [f32_row(v, 280)?, f32_row(v, 296)?, f32_row(v, 312)?],
            ..Self::blank()
        })
    }

    fn two(v: &View<'_>) -> Option<Self> {
        let mut dim = [0; 8];
        let mut pixdim = [0.0; 8];
        for i in 0..8 {
            dim[i] = v.i64(16 + 8 * i)?;
            pixdim[i] = v.f64(104 + 8 * i)?;
        }
        let triple = |at: usize| Some([v.f64(at)?, v.f64(at + 8)?, v.f64(at + 16)?]);
        let row = |at: usize| Some([v.f64(at)?, v.f64(at + 8)?, v.f64(at + 16)?, v.f64(at + 24)?]);
        Some(Self {
            dim,
            pixdim,
            datatype: v.i16(12)?,
            bitpix: v.i16(14)?,
            vox_offset: v.i64(168)? as f64,
            scl_slope: v.f64(176)?,
            scl_inter: v.f64(184)?,
            xyzt_units: v.i32(500)?,
            descrip: v.text(240, 80)?,
            qform_code: v.i32(344)?,
            sform_code: v.i32(348)?,
            quatern: triple(352)?,
            qoffset: triple(376)?,
            srow: [row(400)?, row(432)?, row(464)?],
            ..Self::blank()
        })
    }

    fn blank() -> Self {
        Self {
            big_endian: false,
            header_bytes: 0,
            single_file: true,
            version: 1,
            dim: [0; 8],
            datatype: 0,
            bitpix: 0,
            pixdim: [0.0; 8],
            vox_offset: 0.0,
            scl_slope: 0.0,
            scl_inter: 0.0,
            xyzt_units: 0,
            descrip: String::new(),
            qform_code: 0,
            sform_code: 0,
            quatern: [0.0; 3],
            qoffset: [0.0; 3],
            srow: [[0.0; 4]; 3],
        }
    }

    /// Voxels along x, y, z; films and series of volumes are refused.
    pub(super) fn size(&self) -> Parsed<[usize; 3]> {
        let dims = self.dim[0];
        if !(1..=7).contains(&dims) {
            return Err(Fault::corrupt(format!(
                "dim[0] is {dims}, it must be 1 to 7"
            )));
        }
        let n = &self.dim;
        if dims < 3 || n[3] == 1 {
            return Err(Fault::two_dimensional(format!("dim is {:?}", &n[..4])));
        }
        for (axis, &length) in n.iter().enumerate().take(dims as usize + 1).skip(4) {
            if length > 1 {
                return Err(Fault::unsupported(
                    format!("{length} volumes in one file (dim[{axis}] = {length})"),
                    "save each volume in a file of its own",
                ));
            }
        }
        let mut size = [0; 3];
        for axis in 0..3 {
            size[axis] = usize::try_from(n[axis + 1])
                .map_err(|_| Fault::corrupt(format!("dim[{}] is {}", axis + 1, n[axis + 1])))?;
        }
        Ok(size)
    }

    pub(super) fn sample_type(&self) -> Parsed<SampleType> {
        let kind = self.stored_type()?;
        let bits = 8 * kind.bytes() as i64;
        // A header in which one bit has changed contradicts itself here.
        if self.bitpix != 0 && i64::from(self.bitpix) != bits {
            return Err(Fault::corrupt(format!(
                "datatype {} has {bits} bits, bitpix says {}",
                self.datatype, self.bitpix
            )));
        }
        Ok(kind)
    }

    fn stored_type(&self) -> Parsed<SampleType> {
        Ok(match self.datatype {
            2 => SampleType::U8,
            4 => SampleType::I16,
            8 => SampleType::I32,
            16 => SampleType::F32,
            64 => SampleType::F64,
            256 => SampleType::I8,
            512 => SampleType::U16,
            768 => SampleType::U32,
            1024 => SampleType::I64,
            1280 => SampleType::U64,
            code => {
                let name = match code {
                    1 => "1-bit",
                    32 | 1792 | 2048 => "complex",
                    128 | 2304 => "colour",
                    1536 => "128-bit floating point",
                    _ => "unknown",
                };
                return Err(Fault::unsupported(
                    format!("{name} samples (datatype {code})"),
                    "convert the file to integer or 32-bit floating-point samples",
                ));
            }
        })
    }

    /// Slope 0 means no scaling, as the standard says; NaN is how nibabel leaves it unset. Any other
    /// number that is none is an error.
    pub(super) fn scaling(&self, warnings: &mut Vec<String>) -> Parsed<(f64, f64)> {
        let (slope, inter) = (self.scl_slope, self.scl_inter);
        if (slope == 0.0 || slope.is_nan()) && (inter == 0.0 || inter.is_nan()) {
            return Ok((1.0, 0.0));
        }
        if slope == 0.0 {
            warnings.push(format!(
                "scl_slope is 0, which means no scaling: scl_inter {inter} was not applied"
            ));
            return Ok((1.0, 0.0));
        }
        if !slope.is_finite() || !inter.is_finite() {
            return Err(Fault::new(
                Problem::Unit,
                format!("scl_slope is {slope} and scl_inter {inter}: no scaling"),
                "correct the two in the header (1 and 0 for values as stored)",
            ));
        }
        Ok((slope, inter))
    }

    /// Millimetres per unit of length.
    pub(super) fn millimetres(&self, warnings: &mut Vec<String>) -> Parsed<(f64, &'static str)> {
        match self.xyzt_units & 7 {
            1 => Ok((1000.0, "metres")),
            2 => Ok((1.0, "mm")),
            3 => Ok((0.001, "micrometres")),
            0 => {
                warnings.push("the header names no unit of length; millimetres were taken".into());
                Ok((1.0, "mm (assumed, the header names no unit)"))
            }
            code => Err(Fault::new(
                Problem::SpacingUnknown,
                format!("the unit of length has the code {code}, which the standard does not know"),
                "correct xyzt_units in the header (2: mm)",
            )),
        }
    }

    /// Header fields and text extensions as key and value.
    pub(super) fn entries(&self, start: &[u8]) -> Vec<(String, String)> {
        let mut out = vec![
            ("version".to_owned(), format!("NIfTI-{}", self.version)),
            ("dim".to_owned(), format!("{:?}", &self.dim[..=3])),
            ("pixdim".to_owned(), format!("{:?}", &self.pixdim[..=3])),
            ("datatype".to_owned(), self.datatype.to_string()),
            ("scl_slope".to_owned(), self.scl_slope.to_string()),
            ("scl_inter".to_owned(), self.scl_inter.to_string()),
            ("qform_code".to_owned(), self.qform_code.to_string()),
            ("sform_code".to_owned(), self.sform_code.to_string()),
        ];
        if !self.descrip.is_empty() {
            out.push(("descrip".to_owned(), self.descrip.clone()));
        }
        let text = self.comment(start).unwrap_or_default();
        for line in text.lines().take(1000) {
            if let Some((key, value)) = line.split_once('=') {
                out.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
        out
    }

    /// The text of the first comment extension (code 6).
    fn comment(&self, start: &[u8]) -> Option<String> {
        let view = View {
            bytes: start,
            big_endian: self.big_endian,
        };
        if !self.single_file || view.u8(self.header_bytes)? == 0 {
            return None;
        }
        let end = (self.vox_offset as usize).min(start.len());
        let mut at = self.header_bytes + 4;
        while at + 8 <= end {
            let size = usize::try_from(view.i32(at)?).ok()?;
            if size < 16 || at + size > end {
                return None;
            }
            if view.i32(at + 4)? == 6 {
                return view.text(at + 8, size - 8);
            }
            at += size;
        }
        None
    }
}

fn f32_triple(v: &View<'_>, at: usize) -> Option<[f64; 3]> {
    Some([v.f32(at)?, v.f32(at + 4)?, v.f32(at + 8)?].map(f64::from))
}

fn f32_row(v: &View<'_>, at: usize) -> Option<[f64; 4]> {
    Some([v.f32(at)?, v.f32(at + 4)?, v.f32(at + 8)?, v.f32(at + 12)?].map(f64::from))
}
