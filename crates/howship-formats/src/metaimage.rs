//! MetaImage: a text header, then samples in the same file or in others.

use crate::error::{Fault, Parsed, Problem};
use crate::grid::{Axes, turned_axes};
use crate::header::{Header, Packing, Place, Skip};
use crate::part::{Image, Part, Stem};
use crate::sample::{SampleType, Sampling};
use crate::text::{is_list, is_pattern, line_of, numbers};
use crate::unit::Says;
use crate::{Format, Identity, tags};
use howship_image::Geometry;

const MAX_LINES: usize = 10_000;
/// Modalities whose values are no density, whatever a caller says.
const NO_DENSITY: [&str; 3] = ["MET_MOD_MR", "MET_MOD_NM", "MET_MOD_US"];

/// Whether the bytes begin as a MetaImage header does.
pub(crate) fn is_metaimage(start: &[u8]) -> bool {
    let (line, _) = line_of(start);
    let text = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
    text.split_once('=').is_some_and(|(key, value)| {
        let (key, value) = (key.trim(), value.trim());
        (key == "ObjectType" && value.eq_ignore_ascii_case("Image"))
            || (key == "NDims" && value.parse::<u8>().is_ok())
    })
}

/// Parses the header; `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(bytes: &[u8], stated: Option<[f64; 3]>) -> Parsed<Header> {
    let (entries, data, files, data_start) = read_entries(bytes)?;
    let fields = Fields(&entries);
    let axes = axes(fields.one(&["NDims"])?)?;
    let size = size(fields.one(&["DimSize"])?, axes)?;
    let mut warnings = Vec::new();
    let (geometry, spacing_known) = geometry(&fields, axes, size, stated, &mut warnings)?;
    if let Some(channels) = fields.one(&["ElementNumberOfChannels"])?
        && channels.parse() != Ok(1usize)
    {
        return Err(Fault::unsupported(
            format!("{channels} values per voxel"),
            "save one channel as a volume of its own",
        ));
    }
    let kind = sample_type(fields.one(&["ElementType"])?)?;
    let mut sampling = Sampling::plain(kind, big_endian(&fields)?);
    if let Some(slope) = fields.one(&["ElementToIntensityFunctionSlope"])? {
        sampling.slope = crate::text::number(slope, "ElementToIntensityFunctionSlope")?;
        if sampling.slope == 0.0 {
            return Err(Fault::corrupt("ElementToIntensityFunctionSlope is 0"));
        }
    }
    if let Some(offset) = fields.one(&["ElementToIntensityFunctionOffset"])? {
        sampling.intercept = crate::text::number(offset, "ElementToIntensityFunctionOffset")?;
    }
    let compressed = fields.flag("CompressedData")?.unwrap_or(false);
    let packing = match (fields.flag("BinaryData")?, compressed) {
        (Some(false), _) => Packing::Ascii,
        (_, true) => Packing::Zlib(stated_length(&fields)?),
        _ => Packing::Raw,
    };
    let header_size = fields.one(&["HeaderSize"])?;
    let place = place(header_size, &data, files, data_start, compressed)?;
    let (says, calibration) = tags::read(&entries)?;
    let modality = fields.one(&["Modality"])?.unwrap_or_default();
    let says = match says {
        Says::Nothing if NO_DENSITY.contains(&modality) => {
            Says::NoDensity(format!("MetaImage Modality {modality}"))
        }
        says => says,
    };
    let seal = fields.one(&[crate::seal::KEY])?.map(str::to_owned);
    Ok(Header {
        format: Format::MetaImage,
        geometry,
        sampling,
        place,
        packing,
        says,
        present: None,
        calibration,
        spacing_known,
        identity: Identity::default(),
        entries,
        warnings,
        seal,
    })
}

/// The length of the compressed data; some writers leave 0 there, which says nothing.
fn stated_length(fields: &Fields<'_>) -> Parsed<Option<u64>> {
    let Some(text) = fields.one(&["CompressedDataSize"])? else {
        return Ok(None);
    };
    let length = text
        .parse::<u64>()
        .map_err(|_| Fault::corrupt(format!("CompressedDataSize = `{text:.40}` is no length")))?;
    Ok(Some(length).filter(|n| *n > 0))
}

/// Key and value lines, keys in any case.
struct Fields<'a>(&'a [(String, String)]);

impl<'a> Fields<'a> {
    /// The value under one of the names; two that differ are an error.
    fn one(&self, names: &[&str]) -> Parsed<Option<&'a str>> {
        let mut found: Option<&(String, String)> = None;
        for entry in self.0 {
            if !names.iter().any(|n| entry.0.eq_ignore_ascii_case(n)) {
                continue;
            }
            match found {
                Some(first) if first.1 != entry.1 => {
                    return Err(Fault::corrupt(format!(
                        "{} = `{:.60}` and {} = `{:.60}` contradict each other",
                        first.0, first.1, entry.0, entry.1
                    )));
                }
                Some(_) => {}
                None => found = Some(entry),
            }
        }
        Ok(found.map(|(_, value)| value.as_str()))
    }

    fn flag(&self, name: &str) -> Parsed<Option<bool>> {
        self.one(&[name])?
            .map(|text| crate::text::boolean(text, name))
            .transpose()
    }
}

/// Two names say the byte order; they must agree.
fn big_endian(fields: &Fields<'_>) -> Parsed<bool> {
    let binary = fields.flag("BinaryDataByteOrderMSB")?;
    let element = fields.flag("ElementByteOrderMSB")?;
    match (binary, element) {
        (Some(a), Some(b)) if a != b => Err(Fault::corrupt(
            "BinaryDataByteOrderMSB and ElementByteOrderMSB contradict each other",
        )),
        (a, b) => Ok(a.or(b).unwrap_or(false)),
    }
}

type Entries = (Vec<(String, String)>, String, Vec<String>, usize);

/// Key and value lines up to `ElementDataFile`, which is the last; then names for `LIST`.
fn read_entries(bytes: &[u8]) -> Parsed<Entries> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at < bytes.len() && entries.len() < MAX_LINES {
        let (line, next) = line_of(&bytes[at..]);
        at += next;
        let text = String::from_utf8_lossy(&line[..line.len().min(1 << 16)]);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let Some((key, value)) = text.split_once('=') else {
            return Err(Fault::corrupt(format!(
                "the header line `{:.40}` has no `=`",
                text
            )));
        };
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        if key.eq_ignore_ascii_case("ElementDataFile") {
            let files = if is_list(&value) {
                list(&bytes[at..])
            } else {
                Vec::new()
            };
            return Ok((entries, value, files, at));
        }
        entries.push((key, value));
    }
    Err(Fault::new(
        Problem::Truncated,
        "the header has no `ElementDataFile`",
        "the file is cut off or damaged; copy or export it again",
    ))
}

fn list(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .take(100_000)
        .collect()
}

fn axes(ndims: Option<&str>) -> Parsed<usize> {
    match ndims.and_then(|v| v.parse::<usize>().ok()) {
        Some(2) => Err(Fault::two_dimensional("NDims = 2")),
        Some(n @ 3..=4) => Ok(n),
        _ => Err(Fault::unsupported(
            format!("NDims = {}", ndims.unwrap_or("(missing)")),
            "give a file with three dimensions",
        )),
    }
}

fn size(text: Option<&str>, axes: usize) -> Parsed<[usize; 3]> {
    let text = text.unwrap_or_default();
    let values: Vec<usize> = text
        .split_whitespace()
        .map_while(|w| w.parse().ok())
        .collect();
    if values.len() != axes || text.split_whitespace().count() != axes {
        return Err(Fault::corrupt(format!(
            "DimSize = `{text:.60}` is not {axes} whole numbers"
        )));
    }
    if axes == 4 && values[3] != 1 {
        return Err(Fault::unsupported(
            format!("{} volumes in one file", values[3]),
            "save each volume in a file of its own",
        ));
    }
    if values[2] == 1 {
        return Err(Fault::two_dimensional(format!("DimSize = {text}")));
    }
    Ok([values[0], values[1], values[2]])
}

fn geometry(
    fields: &Fields<'_>,
    axes: usize,
    size: [usize; 3],
    stated: Option<[f64; 3]>,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, String)> {
    let (spacing, known) = spacing(fields, axes, warnings)?;
    let unit = fields.one(&["DistanceUnits"])?.unwrap_or_default();
    let mm = match crate::lengths::millimetres(unit) {
        Some(mm) => mm,
        None if crate::lengths::is_blank(unit) => 1.0,
        None => return Err(crate::text::unknown_length("DistanceUnits", unit)),
    };
    let origin = match fields.one(&["Offset", "Origin", "Position"])? {
        Some(text) => numbers(text, axes, "Offset")?,
        None => vec![0.0; axes],
    };
    // Stored axis by axis: the first numbers are the direction of x.
    let direction: [[f64; 3]; 3] =
        match fields.one(&["TransformMatrix", "Orientation", "Rotation"])? {
            Some(text) => {
                let m = numbers(text, axes * axes, "TransformMatrix")?;
                std::array::from_fn(|c| std::array::from_fn(|r| m[c * axes + r]))
            }
            None => std::array::from_fn(|c| std::array::from_fn(|r| f64::from(u8::from(r == c)))),
        };
    for (axis, direction) in ["x", "y", "z"].iter().zip(&direction) {
        let norm = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
        if !((norm - 1.0).abs() < 1e-3) {
            return Err(Fault::new(
                Problem::Geometry,
                format!("TransformMatrix: the {axis} axis {direction:?} is no unit vector"),
                "export the volume again with a sound header",
            ));
        }
    }
    warnings.extend(turned_axes(&spacing));
    // Earlier files of our own say RAI whatever their axes are.
    if fields.one(&[crate::seal::KEY])?.is_none() {
        warnings.extend(other_orientation(
            fields.one(&["AnatomicalOrientation"])?,
            &direction,
        ));
    }
    let grid = Axes {
        size,
        steps: std::array::from_fn(|a| direction[a].map(|v| v * spacing[a] * mm)),
        origin: std::array::from_fn(|a| origin[a] * mm),
    };
    Ok((grid.geometry(stated)?, known))
}

/// The ends of the body that axes come from.
const FROM: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['I', 'S']];

/// The letters of axes, by the side of the body that each comes from, or goes to.
fn letters(direction: &[[f64; 3]; 3], to: bool) -> String {
    let letter = |axis: &[f64; 3]| {
        let along = (0..3).max_by(|&a, &b| axis[a].abs().total_cmp(&axis[b].abs()));
        let along = along.unwrap_or(0);
        FROM[along][usize::from((axis[along] < 0.0) != to)]
    };
    direction.iter().map(letter).collect()
}

/// Said where `AnatomicalOrientation` is not that of the axes. Its letters say where each axis comes from (`RAI` is
/// LPS), with some writers where it goes to; either is taken.
fn other_orientation(stated: Option<&str>, direction: &[[f64; 3]; 3]) -> Option<String> {
    let stated = stated?.trim().to_ascii_uppercase();
    let names_axes =
        |letters: &[char; 2]| stated.chars().filter(|c| letters.contains(c)).count() == 1;
    if stated.len() != 3 || !FROM.iter().all(names_axes) {
        return None;
    }
    let [from, to] = [false, true].map(|to| letters(direction, to));
    (stated != from && stated != to).then(|| {
        format!(
            "AnatomicalOrientation says {stated}, the TransformMatrix (where absent: axes along L, P and S) {from}, which was used"
        )
    })
}

/// Spacing in the header's unit, and how it is known.
fn spacing(
    fields: &Fields<'_>,
    axes: usize,
    warnings: &mut Vec<String>,
) -> Parsed<(Vec<f64>, String)> {
    let read = |name: &str| {
        fields
            .one(&[name])?
            .map(|text| numbers(text, axes, name))
            .transpose()
    };
    match (read("ElementSpacing")?, read("ElementSize")?) {
        (Some(spacing), size) => {
            if let Some(size) = size.filter(|s| s != &spacing) {
                warnings.push(format!(
                    "ElementSpacing {spacing:?} and ElementSize {size:?} differ; the distance between voxels is the former"
                ));
            }
            Ok((spacing, "MetaImage ElementSpacing".to_owned()))
        }
        (None, Some(size)) => Ok((size, "MetaImage ElementSize (no ElementSpacing)".to_owned())),
        (None, None) => Err(Fault::new(
            Problem::SpacingUnknown,
            "the header has neither ElementSpacing nor ElementSize",
            "add `ElementSpacing = x y z` (mm) to the header",
        )),
    }
}

fn sample_type(text: Option<&str>) -> Parsed<SampleType> {
    Ok(match text.unwrap_or("(missing)") {
        "MET_UCHAR" => SampleType::U8,
        "MET_CHAR" => SampleType::I8,
        "MET_USHORT" => SampleType::U16,
        "MET_SHORT" => SampleType::I16,
        // Longs are 4 bytes in MetaImage, whatever the machine that wrote them.
        "MET_UINT" | "MET_ULONG" => SampleType::U32,
        "MET_INT" | "MET_LONG" => SampleType::I32,
        "MET_ULONG_LONG" => SampleType::U64,
        "MET_LONG_LONG" => SampleType::I64,
        "MET_FLOAT" => SampleType::F32,
        "MET_DOUBLE" => SampleType::F64,
        other => {
            return Err(Fault::unsupported(
                format!("ElementType = {other:.40}"),
                "convert the file to a scalar type such as MET_SHORT or MET_FLOAT",
            ));
        }
    })
}

fn place(
    header_size: Option<&str>,
    data: &str,
    files: Vec<String>,
    data_start: usize,
    compressed: bool,
) -> Parsed<Place> {
    let skip = match header_size.map(str::parse::<i64>) {
        None | Some(Ok(0)) => Skip::Bytes(0),
        Some(Ok(-1)) if !compressed => Skip::ToTail,
        Some(Ok(n)) if n > 0 => Skip::Bytes(n as usize),
        _ => {
            return Err(Fault::corrupt(format!(
                "HeaderSize = {}",
                header_size.unwrap_or("")
            )));
        }
    };
    if data.eq_ignore_ascii_case("LOCAL") {
        return Ok(match skip {
            Skip::Bytes(n) => Place::Here(n.max(data_start)),
            _ => Place::Tail,
        });
    }
    let files = if is_list(data) {
        if data
            .split_whitespace()
            .nth(1)
            .is_some_and(|d| !d.starts_with('2'))
        {
            return Err(Fault::unsupported(
                format!("ElementDataFile = {data:.40}"),
                "list one file per slice (`LIST` or `LIST 2D`)",
            ));
        }
        files
    } else if is_pattern(data) {
        crate::text::expand_pattern(data)?
    } else {
        vec![data.to_owned()]
    };
    if files.is_empty() || (compressed && files.len() > 1) {
        return Err(Fault::unsupported(
            format!("ElementDataFile = {data:.40} with {} files", files.len()),
            "save the volume as one `.mha` file",
        ));
    }
    Ok(Place::Files(files, skip))
}

/// The files of a MetaImage: one `.mha`, or `.mhd` with `.raw` or `.zraw`.
pub(crate) fn write(mut image: Image<'_>, stem: &Stem) -> std::io::Result<Vec<Part>> {
    let detached = stem.extension == "mhd";
    let compressed = image.level > 0;
    let data = if compressed {
        crate::compress::zlib(&image.stored, image.level)?
    } else {
        std::mem::take(&mut image.stored)
    };
    let g = image.geometry;
    let d = g.direction();
    let axes: Vec<f64> = (0..3).flat_map(|c| (0..3).map(move |r| d[r][c])).collect();
    let mut text = String::from("ObjectType = Image\nNDims = 3\nBinaryData = True\n");
    text += "BinaryDataByteOrderMSB = False\n";
    if compressed {
        text += &format!(
            "CompressedData = True\nCompressedDataSize = {}\n",
            data.len()
        );
    } else {
        text += "CompressedData = False\n";
    }
    let spaced = |v: &[f64]| v.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    text += &format!("TransformMatrix = {}\n", spaced(&axes));
    text += &format!("Offset = {}\n", spaced(&g.origin()));
    let columns: [[f64; 3]; 3] = std::array::from_fn(|c| std::array::from_fn(|r| d[r][c]));
    let orientation = letters(&columns, false);
    text += &format!("CenterOfRotation = 0 0 0\nAnatomicalOrientation = {orientation}\n");
    text += &format!("ElementSpacing = {}\n", spaced(&g.spacing()));
    let [nx, ny, nz] = g.size();
    text += &format!("DimSize = {nx} {ny} {nz}\n");
    for note in image.notes {
        text += &crate::part::note_line(note, " = ");
    }
    for (key, value) in &image.tags {
        text += &format!("{key} = {value}\n");
    }
    text += &format!("{} = {}\n", crate::seal::KEY, crate::seal::blank());
    text += &format!("ElementType = {}\n", met_type(image.kind));
    let extension = if compressed { "zraw" } else { "raw" };
    let name = crate::commit::samples_name(&stem.name, &data, extension);
    text += &format!(
        "ElementDataFile = {}\n",
        if detached { &name } else { "LOCAL" }
    );
    let mut header = text.into_bytes();
    crate::seal::seal(&mut header, &data);
    if detached {
        return Ok(vec![
            Part::beside(name, vec![data]),
            Part::target(vec![header]),
        ]);
    }
    Ok(vec![Part::target(vec![header, data])])
}

fn met_type(kind: SampleType) -> &'static str {
    match kind {
        SampleType::U8 => "MET_UCHAR",
        SampleType::I8 => "MET_CHAR",
        SampleType::U16 => "MET_USHORT",
        SampleType::I16 => "MET_SHORT",
        SampleType::U32 => "MET_UINT",
        SampleType::I32 => "MET_INT",
        SampleType::U64 => "MET_ULONG_LONG",
        SampleType::I64 => "MET_LONG_LONG",
        SampleType::F32 => "MET_FLOAT",
        SampleType::F64 => "MET_DOUBLE",
    }
}
