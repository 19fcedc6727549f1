//! MetaImage: a text header, then samples in the same file or in others.

use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place};
use crate::part::{Image, Part, Stem};
use crate::sample::{SampleType, Sampling};
use crate::text::{line_of, numbers};
use crate::{Format, Identity, tags};
use howship_image::Geometry;

const MAX_LINES: usize = 10_000;

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

/// Parses the header.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<Header> {
    let (entries, data, files, data_start) = read_entries(bytes)?;
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            entries
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str())
        })
    };
    let is_true = |name: &str| find(&[name]).is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let axes = axes(find(&["NDims"]))?;
    let size = size(find(&["DimSize"]), axes)?;
    let mut warnings = Vec::new();
    let (geometry, spacing_known) = geometry(&find, axes, size, &mut warnings)?;
    if let Some(channels) = find(&["ElementNumberOfChannels"])
        && channels != "1"
    {
        return Err(Fault::unsupported(
            format!("{channels} values per voxel"),
            "save one channel as a volume of its own",
        ));
    }
    let kind = sample_type(find(&["ElementType"]))?;
    let big_endian = is_true("BinaryDataByteOrderMSB") || is_true("ElementByteOrderMSB");
    let mut sampling = Sampling::plain(kind, big_endian);
    let slope = find(&["ElementToIntensityFunctionSlope"]).and_then(|v| v.parse().ok());
    let offset = find(&["ElementToIntensityFunctionOffset"]).and_then(|v| v.parse().ok());
    sampling.slope = slope
        .filter(|s: &f64| s.is_finite() && *s != 0.0)
        .unwrap_or(1.0);
    sampling.intercept = offset.filter(|o: &f64| o.is_finite()).unwrap_or(0.0);
    let compressed = is_true("CompressedData");
    let ascii = find(&["BinaryData"]).is_some_and(|v| v.eq_ignore_ascii_case("false"));
    let packing = match (ascii, compressed) {
        (true, _) => Packing::Ascii,
        (_, true) => Packing::Zlib,
        _ => Packing::Raw,
    };
    let place = place(find(&["HeaderSize"]), &data, files, data_start, compressed)?;
    let (unit, calibration) = tags::read(&entries)?;
    Ok(Header {
        format: Format::MetaImage,
        geometry,
        sampling,
        place,
        packing,
        unit,
        calibration,
        spacing_known,
        identity: Identity::default(),
        entries,
        warnings,
    })
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
        if key == "ElementDataFile" {
            let files = if value.starts_with("LIST") {
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
        .filter_map(|w| w.parse().ok())
        .collect();
    if values.len() != axes {
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

fn geometry<'a>(
    find: &impl Fn(&[&str]) -> Option<&'a str>,
    axes: usize,
    size: [usize; 3],
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, String)> {
    let mut known = "MetaImage ElementSpacing".to_owned();
    let spacing = match find(&["ElementSpacing"]) {
        Some(text) => numbers(text, axes, "ElementSpacing")?,
        None => match find(&["ElementSize"]) {
            Some(text) => {
                known = "MetaImage ElementSize (no ElementSpacing)".to_owned();
                numbers(text, axes, "ElementSize")?
            }
            None => {
                return Err(Fault::new(
                    Problem::SpacingUnknown,
                    "the header has neither ElementSpacing nor ElementSize",
                    "add `ElementSpacing = x y z` (mm) to the header",
                ));
            }
        },
    };
    let mm = match find(&["DistanceUnits"])
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("mm" | "?" | "") => 1.0,
        Some("um") => 1e-3,
        Some("cm") => 10.0,
        Some(other) => {
            warnings.push(format!(
                "DistanceUnits = `{other:.20}` is not known; mm were taken"
            ));
            1.0
        }
    };
    let origin = match find(&["Offset", "Origin", "Position"]) {
        Some(text) => numbers(text, axes, "Offset")?,
        None => vec![0.0; axes],
    };
    // Stored axis by axis: the first numbers are the direction of x.
    let direction = match find(&["TransformMatrix", "Orientation", "Rotation"]) {
        Some(text) => {
            let m = numbers(text, axes * axes, "TransformMatrix")?;
            std::array::from_fn(|r| std::array::from_fn(|c| m[c * axes + r]))
        }
        None => std::array::from_fn(|r| std::array::from_fn(|c| f64::from(u8::from(r == c)))),
    };
    Geometry::new(
        size,
        std::array::from_fn(|a| spacing[a].abs() * mm),
        std::array::from_fn(|a| origin[a] * mm),
        direction,
    )
    .map(|geometry| (geometry, known))
    .map_err(|e| Fault::geometry(&e))
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
        None | Some(Ok(0)) => Some(0),
        Some(Ok(-1)) if !compressed => None,
        Some(Ok(n)) if n > 0 => Some(n as usize),
        _ => {
            return Err(Fault::corrupt(format!(
                "HeaderSize = {}",
                header_size.unwrap_or("")
            )));
        }
    };
    if data.eq_ignore_ascii_case("LOCAL") {
        return Ok(match skip {
            None => Place::Tail,
            Some(n) if n > data_start => Place::Here(n),
            Some(_) => Place::Here(data_start),
        });
    }
    let files = if data.starts_with("LIST") {
        if data.split_whitespace().nth(1).is_some_and(|d| d != "2D") {
            return Err(Fault::unsupported(
                format!("ElementDataFile = {data:.40}"),
                "list one file per slice (`LIST` or `LIST 2D`)",
            ));
        }
        files
    } else if data.contains('%') {
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
    text += "CenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\n";
    text += &format!("ElementSpacing = {}\n", spaced(&g.spacing()));
    let [nx, ny, nz] = g.size();
    text += &format!("DimSize = {nx} {ny} {nz}\n");
    for (key, value) in &image.tags {
        text += &format!("{key} = {value}\n");
    }
    text += &format!("ElementType = {}\n", met_type(image.kind));
    let extension = if compressed { "zraw" } else { "raw" };
    let name = format!("{}.{extension}", stem.name);
    text += &format!(
        "ElementDataFile = {}\n",
        if detached { &name } else { "LOCAL" }
    );
    let header = text.into_bytes();
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
