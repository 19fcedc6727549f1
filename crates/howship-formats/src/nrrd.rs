//! NRRD: a text header with `space directions`, then samples in the same file or in others.

use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place};
use crate::part::{Image, Part, Stem};
use crate::sample::{SampleType, Sampling};
use crate::text::line_of;
use crate::{Format, Identity, tags};
use howship_image::Geometry;

const MAX_LINES: usize = 10_000;

/// Whether the bytes begin as an NRRD header does.
pub(crate) fn is_nrrd(start: &[u8]) -> bool {
    start.starts_with(b"NRRD000")
}

/// The lines of the header.
struct Lines {
    /// `field: value`, names in lower case.
    fields: Vec<(String, String)>,
    /// `key:=value`.
    keys: Vec<(String, String)>,
    /// Names after `data file: LIST`.
    list: Vec<String>,
    /// Where the data begins.
    end: usize,
}

impl Lines {
    fn find(&self, names: &[&str]) -> Option<&str> {
        self.fields
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, v)| v.as_str())
    }
}

fn lines(bytes: &[u8]) -> Parsed<Lines> {
    let mut out = Lines {
        fields: Vec::new(),
        keys: Vec::new(),
        list: Vec::new(),
        end: 0,
    };
    let (_, mut at) = line_of(bytes);
    for _ in 0..MAX_LINES {
        let (line, next) = line_of(&bytes[at..]);
        at += next;
        out.end = at;
        if line.is_empty() {
            return Ok(out);
        }
        let text = String::from_utf8_lossy(&line[..line.len().min(1 << 16)]).into_owned();
        if text.starts_with('#') {
            continue;
        }
        // A field's name has no colon, so that the first of `: ` and `:=` decides.
        match (text.find(": "), text.find(":=")) {
            (field, Some(key)) if field.is_none_or(|f| key < f) => {
                out.keys
                    .push((text[..key].to_owned(), text[key + 2..].to_owned()));
            }
            (Some(field), _) => {
                let name = text[..field].to_ascii_lowercase();
                let value = text[field + 2..].trim().to_owned();
                let is_list =
                    matches!(name.as_str(), "data file" | "datafile") && value.starts_with("LIST");
                out.fields.push((name, value));
                if is_list {
                    let rest = String::from_utf8_lossy(&bytes[at..]);
                    out.list = rest
                        .lines()
                        .map(|l| l.trim().to_owned())
                        .filter(|l| !l.is_empty())
                        .take(100_000)
                        .collect();
                    return Ok(out);
                }
            }
            _ => {
                return Err(Fault::corrupt(format!(
                    "the header line `{text:.40}` has no `: `"
                )));
            }
        }
    }
    Err(Fault::corrupt(format!(
        "the header has more than {MAX_LINES} lines"
    )))
}

/// Parses the header.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<Header> {
    let lines = lines(bytes)?;
    let mut warnings = Vec::new();
    let size = size(&lines)?;
    let (geometry, spacing_known) = geometry(&lines, size, &mut warnings)?;
    let kind = sample_type(lines.find(&["type"]))?;
    let big_endian = match lines.find(&["endian"]) {
        Some("big") => true,
        Some("little") => false,
        Some(other) => return Err(Fault::corrupt(format!("endian: {other:.20}"))),
        None => false,
    };
    let packing = match lines
        .find(&["encoding"])
        .unwrap_or("raw")
        .to_ascii_lowercase()
        .as_str()
    {
        "raw" => Packing::Raw,
        "gzip" | "gz" => Packing::Gzip,
        "ascii" | "text" | "txt" => Packing::Ascii,
        other => {
            return Err(Fault::unsupported(
                format!("encoding: {other:.20}"),
                "save the file with encoding raw or gzip",
            ));
        }
    };
    if kind.bytes() > 1 && packing != Packing::Ascii && lines.find(&["endian"]).is_none() {
        warnings.push("the header states no byte order; little endian was taken".into());
    }
    let place = place(&lines, bytes, packing)?;
    let (unit, calibration) = tags::read(&lines.keys)?;
    let entries = lines.fields.into_iter().chain(lines.keys).collect();
    Ok(Header {
        format: Format::Nrrd,
        geometry,
        sampling: Sampling::plain(kind, big_endian),
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

fn size(lines: &Lines) -> Parsed<[usize; 3]> {
    let text = lines.find(&["sizes"]).unwrap_or_default();
    let sizes: Vec<usize> = text
        .split_whitespace()
        .filter_map(|w| w.parse().ok())
        .collect();
    let axes = lines
        .find(&["dimension"])
        .and_then(|v| v.parse::<usize>().ok());
    match (axes, &sizes[..]) {
        (Some(2), _) => Err(Fault::two_dimensional("dimension: 2")),
        (Some(3), &[x, y, z]) => Ok([x, y, z]),
        (Some(n), _) if n > 3 => Err(Fault::unsupported(
            format!("{n} axes (sizes: {text:.60})"),
            "save one volume with three spatial axes and one value per voxel",
        )),
        _ => Err(Fault::corrupt(format!(
            "dimension and sizes (`{text:.60}`) make no volume"
        ))),
    }
}

/// `(x,y,z)`; `None` for the word `none`.
fn vector(text: &str) -> Option<[f64; 3]> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let values: Vec<f64> = inner
        .split(',')
        .map_while(|w| w.trim().parse().ok())
        .collect();
    values.try_into().ok()
}

/// Vectors one after the other, with or without blanks between and inside.
fn vectors(text: &str) -> Option<Vec<[f64; 3]>> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(')')?;
        out.push(vector(&rest[..=end])?);
        rest = rest[end + 1..].trim_start();
    }
    Some(out)
}

/// Signs that take the file's space to LPS.
fn space(lines: &Lines, warnings: &mut Vec<String>) -> Parsed<[f64; 3]> {
    let Some(text) = lines.find(&["space"]) else {
        warnings.push("the header names no space; axes were taken as LPS".into());
        return Ok([1.0; 3]);
    };
    Ok(match text.to_ascii_lowercase().as_str() {
        "left-posterior-superior" | "lps" => [1.0, 1.0, 1.0],
        "right-anterior-superior" | "ras" => [-1.0, -1.0, 1.0],
        "left-anterior-superior" | "las" => [1.0, -1.0, 1.0],
        "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => {
            warnings.push(format!(
                "space `{text}` is not the patient's; axes were taken as LPS"
            ));
            [1.0; 3]
        }
        other => {
            return Err(Fault::unsupported(
                format!("space: {other:.40}"),
                "save the volume with `space: left-posterior-superior`",
            ));
        }
    })
}

fn geometry(
    lines: &Lines,
    size: [usize; 3],
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, String)> {
    let units = lines.find(&["space units", "units"]).unwrap_or_default();
    let mm = length_unit(units, warnings);
    let Some(text) = lines.find(&["space directions"]) else {
        return from_spacings(lines, size, mm);
    };
    let axes = vectors(text).filter(|v| v.len() == 3).ok_or_else(|| {
        Fault::corrupt(format!(
            "space directions `{text:.80}` are not three vectors"
        ))
    })?;
    let sign = space(lines, warnings)?;
    let origin = match lines.find(&["space origin"]) {
        Some(text) => vector(text)
            .ok_or_else(|| Fault::corrupt(format!("space origin `{text:.60}` is no vector")))?,
        None => [0.0; 3],
    };
    let norm = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let lengths = [0, 1, 2].map(|a| norm(axes[a]));
    let geometry = Geometry::new(
        size,
        lengths.map(|n| n * mm),
        std::array::from_fn(|r| sign[r] * origin[r] * mm + 0.0),
        std::array::from_fn(|r| std::array::from_fn(|c| sign[r] * axes[c][r] / lengths[c] + 0.0)),
    )
    .map_err(|e| Fault::geometry(&e))?;
    Ok((geometry, "NRRD space directions".to_owned()))
}

fn length_unit(units: &str, warnings: &mut Vec<String>) -> f64 {
    let first = units
        .split_whitespace()
        .next()
        .unwrap_or("")
        .trim_matches('"');
    match first {
        "" | "mm" | "millimeter" | "millimetre" => 1.0,
        "um" | "µm" | "μm" | "micron" => 1e-3,
        "m" => 1e3,
        "cm" => 10.0,
        other => {
            warnings.push(format!(
                "the unit of length `{other:.20}` is not known; mm were taken"
            ));
            1.0
        }
    }
}

fn from_spacings(lines: &Lines, size: [usize; 3], mm: f64) -> Parsed<(Geometry, String)> {
    let Some(text) = lines.find(&["spacings"]) else {
        return Err(Fault::new(
            Problem::SpacingUnknown,
            "the header has neither `space directions` nor `spacings`",
            "add `spacings: x y z` (mm) to the header",
        ));
    };
    let spacing = crate::text::numbers(text, 3, "spacings")?;
    Geometry::aligned(size, std::array::from_fn(|a| spacing[a].abs() * mm))
        .map(|geometry| (geometry, "NRRD spacings".to_owned()))
        .map_err(|e| Fault::geometry(&e))
}

fn sample_type(text: Option<&str>) -> Parsed<SampleType> {
    let text = text.unwrap_or("(missing)");
    Ok(match text.to_ascii_lowercase().as_str() {
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => SampleType::U8,
        "signed char" | "int8" | "int8_t" | "char" => SampleType::I8,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => {
            SampleType::U16
        }
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
            SampleType::I16
        }
        "uint" | "unsigned int" | "uint32" | "uint32_t" => SampleType::U32,
        "int" | "signed int" | "int32" | "int32_t" => SampleType::I32,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
            SampleType::U64
        }
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => SampleType::I64,
        "float" => SampleType::F32,
        "double" => SampleType::F64,
        other => {
            return Err(Fault::unsupported(
                format!("type: {other:.40}"),
                "convert the file to a scalar type such as short or float",
            ));
        }
    })
}

fn place(lines: &Lines, bytes: &[u8], packing: Packing) -> Parsed<Place> {
    let whole = |names: &[&str]| -> Parsed<i64> {
        match lines.find(names) {
            None => Ok(0),
            Some(text) => text
                .parse::<i64>()
                .map_err(|_| Fault::corrupt(format!("{} is `{text:.20}`", names[0]))),
        }
    };
    let (skip, line_skip) = (
        whole(&["byte skip", "byteskip"])?,
        whole(&["line skip", "lineskip"])?,
    );
    if skip < -1 || !(0..=1_000_000).contains(&line_skip) {
        return Err(Fault::corrupt(format!(
            "byte skip {skip}, line skip {line_skip}"
        )));
    }
    if packing != Packing::Raw && (skip != 0 || line_skip != 0) {
        return Err(Fault::unsupported(
            "bytes or lines to skip in packed data",
            "save the file again without `byte skip` and `line skip`",
        ));
    }
    let Some(data) = lines.find(&["data file", "datafile"]) else {
        if skip == -1 {
            return Ok(Place::Tail);
        }
        let mut at = lines.end;
        for _ in 0..line_skip {
            at += line_of(bytes.get(at..).unwrap_or_default()).1;
        }
        return Ok(Place::Here(at.saturating_add(skip as usize)));
    };
    if line_skip != 0 {
        return Err(Fault::unsupported(
            "lines to skip in a detached data file",
            "state `byte skip` instead of `line skip`",
        ));
    }
    let files = if data.starts_with("LIST") {
        if data.split_whitespace().nth(1).is_some_and(|d| d != "2") {
            return Err(Fault::unsupported(
                format!("data file: {data:.40}"),
                "list one file per slice",
            ));
        }
        lines.list.clone()
    } else if data.contains('%') {
        crate::text::expand_pattern(data)?
    } else {
        vec![data.to_owned()]
    };
    if files.is_empty() || (packing != Packing::Raw && files.len() > 1) {
        return Err(Fault::unsupported(
            format!("{} packed data files", files.len()),
            "save the volume as one `.nrrd` file",
        ));
    }
    Ok(Place::Files(files, (skip >= 0).then_some(skip as usize)))
}

/// The files of an NRRD: one `.nrrd`, or `.nhdr` with `.raw` or `.raw.gz`.
pub(crate) fn write(mut image: Image<'_>, stem: &Stem) -> std::io::Result<Vec<Part>> {
    let compressed = image.level > 0;
    let data = if compressed {
        crate::compress::gzip(&image.stored, image.level)?
    } else {
        std::mem::take(&mut image.stored)
    };
    let g = image.geometry;
    let (d, s, o) = (g.direction(), g.spacing(), g.origin());
    let triple = |v: [f64; 3]| format!("({},{},{})", v[0], v[1], v[2]);
    let axis = |c: usize| triple([0, 1, 2].map(|r| d[r][c] * s[c]));
    let [nx, ny, nz] = g.size();
    let mut text = format!("NRRD0005\ntype: {}\ndimension: 3\n", nrrd_type(image.kind));
    text += "space: left-posterior-superior\n";
    text += &format!("sizes: {nx} {ny} {nz}\n");
    text += &format!("space directions: {} {} {}\n", axis(0), axis(1), axis(2));
    text += "kinds: domain domain domain\nspace units: \"mm\" \"mm\" \"mm\"\nendian: little\n";
    text += if compressed {
        "encoding: gzip\n"
    } else {
        "encoding: raw\n"
    };
    text += &format!("space origin: {}\n", triple(o));
    let detached = stem.extension == "nhdr";
    let name = format!(
        "{}.{}",
        stem.name,
        if compressed { "raw.gz" } else { "raw" }
    );
    if detached {
        text += &format!("data file: {name}\n");
    }
    for (key, value) in &image.tags {
        text += &format!("{}:={value}\n", tags::snake(key));
    }
    if detached {
        return Ok(vec![
            Part::beside(name, vec![data]),
            Part::target(vec![text.into_bytes()]),
        ]);
    }
    text += "\n";
    Ok(vec![Part::target(vec![text.into_bytes(), data])])
}

fn nrrd_type(kind: SampleType) -> &'static str {
    match kind {
        SampleType::F32 => "float",
        SampleType::F64 => "double",
        other => other.name(),
    }
}
