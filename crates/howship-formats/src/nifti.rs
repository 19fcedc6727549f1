//! NIfTI-1 and NIfTI-2, single file or pair, gzip by content.

mod layout;
mod orientation;
mod write;

pub(crate) use layout::is_nifti;
pub(crate) use write::write;

use crate::error::{Fault, Parsed, Problem};
use crate::grid::Axes;
use crate::header::{Header, Packing, Place, Skip};
use crate::packed::{head, is_gzip};
use crate::sample::Sampling;
use crate::{Format, Identity, tags};
use layout::Fields;

/// The longest header with extensions that is looked at.
const MAX_HEAD: usize = 1 << 20;

/// Parses the header; `name` is the file's name, by which a pair finds its data.
///
/// `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(bytes: &[u8], name: &str, stated: Option<[f64; 3]>) -> Parsed<Header> {
    let start = head(bytes, MAX_HEAD)?;
    let fields = Fields::parse(&start)?;
    let size = fields.size()?;
    let kind = fields.sample_type()?;
    let mut warnings = Vec::new();
    let (mm, unit_words) = fields.millimetres(&mut warnings)?;
    let orientation = orientation::of(&fields, mm, stated, &mut warnings)?;
    let axes = Axes {
        size,
        steps: orientation.steps,
        origin: orientation.origin,
    };
    let geometry = axes.geometry(stated)?;
    let entries = fields.entries(&start);
    let (says, calibration) = tags::read(&entries)?;
    let (slope, intercept) = fields.scaling(&mut warnings)?;
    let sampling = Sampling {
        slope,
        intercept,
        ..Sampling::plain(kind, fields.big_endian)
    };
    let (place, packing) = place(&fields, bytes, name)?;
    Ok(Header {
        format: Format::Nifti,
        geometry,
        sampling,
        // Looked for in the bytes: the extension that holds it may be what is damaged. gzip has its own.
        seal: match packing {
            Packing::Raw => crate::seal::stated_in(&start),
            _ => None,
        },
        place,
        packing,
        says,
        present: None,
        calibration,
        spacing_known: format!("NIfTI {} in {unit_words}", orientation.words),
        identity: Identity::default(),
        entries,
        warnings,
    })
}

fn place(fields: &Fields, bytes: &[u8], name: &str) -> Parsed<(Place, Packing)> {
    let offset = fields.vox_offset;
    if !(0.0..=1e9).contains(&offset) || offset.fract() != 0.0 {
        return Err(Fault::corrupt(format!("vox_offset is {offset}")));
    }
    let offset = offset as usize;
    if fields.single_file {
        // Header and four bytes that say whether extensions follow; some writers leave 0 here.
        let least = fields.header_bytes + 4;
        if offset != 0 && offset < least {
            return Err(Fault::corrupt(format!(
                "vox_offset is {offset}: the voxels would begin inside the header, which ends at {least}"
            )));
        }
        let offset = offset.max(least);
        let packing = if is_gzip(bytes) {
            Packing::GzipFile
        } else {
            Packing::Raw
        };
        return Ok((Place::Here(offset), packing));
    }
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".gz").unwrap_or(&lower);
    if !stem.ends_with(".hdr") {
        return Err(Fault::new(
            Problem::Unsupported,
            "the header of a NIfTI pair whose name does not end in `.hdr`",
            "name the pair `x.hdr` and `x.img`, or convert it to a single `.nii` file",
        ));
    }
    // Lower case of ASCII leaves every letter where it is.
    let (stem, extension) = name.split_at(stem.len() - 4);
    let data = match extension.starts_with(".HDR") {
        true => format!("{stem}.IMG"),
        false => format!("{stem}.img"),
    };
    Ok((Place::Files(vec![data], Skip::Bytes(offset)), Packing::Raw))
}
