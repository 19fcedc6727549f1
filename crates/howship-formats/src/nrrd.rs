//! NRRD: a text header with `space directions`, then samples in the same file or in others.

use crate::error::{Fault, Parsed, Problem};
use crate::grid::{Axes, lengths, settle_spacing, turned_axes};
use crate::header::{Header, Packing, Place, Skip};
use crate::part::{Image, Part, Stem};
use crate::sample::{SampleType, Sampling};
use crate::text::{is_list, is_pattern, line_of};
use crate::unit::Says;
use crate::{Format, Identity, tags};
use howship_image::{DensityUnit, Geometry};

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

/// The fields of the format's definition, in the spelling without blanks; what they say beyond what is
/// read here changes no voxel.
const FIELDS: [&str; 30] = [
    "axismaxs",
    "axismins",
    "blocksize",
    "byteskip",
    "centerings",
    "content",
    "datafile",
    "dimension",
    "encoding",
    "endian",
    "kinds",
    "labels",
    "lineskip",
    "max",
    "measurementframe",
    "min",
    "number",
    "oldmax",
    "oldmin",
    "sampleunits",
    "sizes",
    "space",
    "spacedimension",
    "spacedirections",
    "spaceorigin",
    "spaceunits",
    "spacings",
    "thicknesses",
    "type",
    "units",
];

impl Lines {
    /// The value of a field, by its name without blanks; two that differ are an error.
    fn find(&self, name: &str) -> Parsed<Option<&str>> {
        let mut found: Option<&str> = None;
        for (_, value) in self.fields.iter().filter(|(field, _)| field == name) {
            if found.is_some_and(|first| first != value) {
                return Err(Fault::corrupt(format!(
                    "the field `{name}` is stated twice, and not the same"
                )));
            }
            found = Some(value);
        }
        Ok(found)
    }

    /// Fields that the format's definition does not have: nobody reads them, and so they are named.
    fn unknown(&self) -> Option<String> {
        let names: Vec<String> = self
            .fields
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .collect();
        (!names.is_empty()).then(|| {
            format!(
                "header fields that the format does not know were not read: {}",
                crate::text::few(&names)
            )
        })
    }
}

/// The name of a field as it is looked for: lower case, no blanks, one spelling.
fn field_name(text: &str) -> String {
    let name = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .collect::<String>()
        .to_ascii_lowercase();
    match name.as_str() {
        "centers" => "centerings".to_owned(),
        _ => name,
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
                let name = field_name(&text[..field]);
                let value = text[field + 2..].trim().to_owned();
                let is_list = name == "datafile" && is_list(&value);
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

/// Parses the header; `stated` is the spacing that the caller vouches for.
pub(crate) fn parse(bytes: &[u8], stated: Option<[f64; 3]>) -> Parsed<Header> {
    let lines = lines(bytes)?;
    let mut warnings: Vec<String> = lines.unknown().into_iter().collect();
    let size = size(&lines)?;
    voxels_only(&lines)?;
    let (geometry, spacing_known) = geometry(&lines, size, stated, &mut warnings)?;
    let kind = sample_type(lines.find("type")?)?;
    if let (Some(low), Some(high)) = (lines.find("oldmin")?, lines.find("oldmax")?) {
        warnings.push(format!(
            "the values were made coarser once (`old min` {low:.30}, `old max` {high:.30}): they were read as they are stored"
        ));
    }
    let packing = packing(&lines)?;
    let big_endian = big_endian(&lines, kind, packing)?;
    let place = place(&lines, bytes, packing)?;
    let (says, calibration) = tags::read(&lines.keys)?;
    let says = match (says, lines.find("sampleunits")?) {
        (Says::Nothing, Some(word)) => by_word(word),
        (says, _) => says,
    };
    let seal = lines
        .keys
        .iter()
        .find(|(key, _)| key == crate::seal::KEY)
        .map(|(_, stated)| stated.trim().to_owned());
    let entries = lines.fields.into_iter().chain(lines.keys).collect();
    Ok(Header {
        format: Format::Nrrd,
        geometry,
        sampling: Sampling::plain(kind, big_endian),
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

/// The format's own field for the unit of the values, where it names one of density.
fn by_word(word: &str) -> Says {
    let word = word.trim().trim_matches('"').trim();
    match word.parse() {
        Ok(DensityUnit::Arbitrary) | Err(_) => Says::Nothing,
        Ok(unit) => Says::Unit(unit, format!("the header says `sample units: {word:.30}`")),
    }
}

fn packing(lines: &Lines) -> Parsed<Packing> {
    let word = lines.find("encoding")?.unwrap_or("raw");
    match word.to_ascii_lowercase().as_str() {
        "raw" => Ok(Packing::Raw),
        "gzip" | "gz" => Ok(Packing::Gzip),
        "ascii" | "text" | "txt" => Ok(Packing::Ascii),
        other => Err(Fault::unsupported(
            format!("encoding: {other:.20}"),
            "save the file with encoding raw or gzip",
        )),
    }
}

fn big_endian(lines: &Lines, kind: SampleType, packing: Packing) -> Parsed<bool> {
    let word = lines.find("endian")?.map(str::to_ascii_lowercase);
    match word.as_deref() {
        Some("big" | "msb") => Ok(true),
        Some("little" | "lsb") => Ok(false),
        Some(other) => Err(Fault::corrupt(format!("endian: {other:.20}"))),
        None if kind.bytes() == 1 || packing == Packing::Ascii => Ok(false),
        None => Err(Fault::new(
            Problem::Corrupt,
            "the header states no byte order (`endian`), and its samples have several bytes",
            "add `endian: little` or `endian: big` to the header",
        )),
    }
}

/// Refuses three axes that are not those of space: colours, vectors, time.
fn voxels_only(lines: &Lines) -> Parsed<()> {
    let kinds = lines.find("kinds")?.unwrap_or_default();
    let strange = kinds.split_whitespace().find(|kind| {
        !matches!(
            kind.to_ascii_lowercase().as_str(),
            "domain" | "space" | "???" | "none"
        )
    });
    match strange {
        None => Ok(()),
        Some(kind) => Err(Fault::unsupported(
            format!("an axis of kind `{kind:.30}`"),
            "save one volume with three spatial axes and one value per voxel",
        )),
    }
}

fn size(lines: &Lines) -> Parsed<[usize; 3]> {
    let text = lines.find("sizes")?.unwrap_or_default();
    let sizes: Vec<usize> = text
        .split_whitespace()
        .map_while(|w| w.parse().ok())
        .collect();
    let words = text.split_whitespace().count();
    let axes = lines
        .find("dimension")?
        .and_then(|v| v.parse::<usize>().ok());
    match (axes, &sizes[..]) {
        (Some(2), _) => Err(Fault::two_dimensional("dimension: 2")),
        (Some(3), &[x, y, z]) if words == 3 => Ok([x, y, z]),
        (Some(4), _) if lines.keys.iter().any(|(key, _)| key == "Segment0_ID") => {
            Err(Fault::unsupported(
                format!(
                    "a segmentation in several layers (sizes: {text:.60}), in which segments may overlap"
                ),
                "in 3D Slicer's Segmentations module export its segments to a labelmap and save that: each voxel then holds one label",
            ))
        }
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
    let Some(text) = lines.find("space")? else {
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
    stated: Option<[f64; 3]>,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, String)> {
    let spacings = lines
        .find("spacings")?
        .map(|text| crate::text::numbers(text, 3, "spacings"))
        .transpose()?;
    let Some(text) = lines.find("spacedirections")? else {
        return from_spacings(lines, size, spacings, stated, warnings);
    };
    let mm = units(lines, "spaceunits")?.unwrap_or([1.0; 3]);
    let axes = vectors(text).filter(|v| v.len() == 3).ok_or_else(|| {
        Fault::corrupt(format!(
            "space directions `{text:.80}` are not three vectors"
        ))
    })?;
    let sign = space(lines, warnings)?;
    let origin = match lines.find("spaceorigin")? {
        Some(text) => space_origin(text)?,
        None => [0.0; 3],
    };
    // A unit belongs to an axis of the space, and so to one component of every vector.
    let world = |v: [f64; 3]| std::array::from_fn(|r| sign[r] * v[r] * mm[r]);
    let grid = Axes {
        size,
        steps: [world(axes[0]), world(axes[1]), world(axes[2])],
        origin: world(origin),
    };
    if let Some(spacings) = spacings.filter(|s| s.iter().all(|v| v.is_finite())) {
        let mm = units(lines, "units")?.unwrap_or([1.0; 3]);
        let other = std::array::from_fn(|a| spacings[a].abs() * mm[a]);
        let own = lengths(&grid.steps);
        settle_spacing(("`space directions`", own), ("`spacings`", other), stated)?;
    }
    Ok((grid.geometry(stated)?, "NRRD space directions".to_owned()))
}

fn space_origin(text: &str) -> Parsed<[f64; 3]> {
    vector(text).ok_or_else(|| Fault::corrupt(format!("space origin `{text:.60}` is no vector")))
}

/// Millimetres per unit of each axis; `None` where the header says nothing.
fn units(lines: &Lines, field: &str) -> Parsed<Option<[f64; 3]>> {
    let Some(text) = lines.find(field)? else {
        return Ok(None);
    };
    let mut out = [1.0; 3];
    let words = words_in_quotes(text);
    if words.len() != 3 {
        return Err(Fault::corrupt(format!(
            "{field} `{text:.60}` are not three units"
        )));
    }
    for (mm, word) in out.iter_mut().zip(&words) {
        *mm = match crate::lengths::millimetres(word) {
            Some(mm) => mm,
            None if crate::lengths::is_blank(word) => 1.0,
            None => return Err(crate::text::unknown_length(field, word)),
        };
    }
    Ok(Some(out))
}

/// Words that may hold blanks where they are in quotes.
fn words_in_quotes(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        out.push(word.to_owned());
        rest = after.trim_start();
    }
    out
}

fn from_spacings(
    lines: &Lines,
    size: [usize; 3],
    spacings: Option<Vec<f64>>,
    stated: Option<[f64; 3]>,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, String)> {
    let Some(spacings) = spacings else {
        return Err(Fault::new(
            Problem::SpacingUnknown,
            "the header has neither `space directions` nor `spacings`",
            "add `spacings: x y z` (mm) to the header",
        ));
    };
    // The definition has `units` for axes; some writers put them under `space units`.
    let space_mm = units(lines, "spaceunits")?;
    let mm = match units(lines, "units")? {
        Some(mm) => mm,
        None => space_mm.unwrap_or([1.0; 3]),
    };
    warnings.extend(turned_axes(&spacings));
    let (origin, sign) = match (lines.find("spaceorigin")?, lines.find("space")?) {
        (None, None) => ([0.0; 3], [1.0; 3]),
        (origin, named) => {
            let sign = space(lines, warnings)?;
            if let Some(named) = named {
                warnings.push(format!(
                    "the header has no `space directions`: the axes were taken along those of its space, {named:.40}"
                ));
            }
            let origin = origin.map_or(Ok([0.0; 3]), space_origin)?;
            let origin_mm = space_mm.unwrap_or(mm);
            (
                std::array::from_fn(|a| sign[a] * origin[a] * origin_mm[a]),
                sign,
            )
        }
    };
    if lines.find("spaceorigin")?.is_none() && lines.find("axismins")?.is_some() {
        warnings.push(
            "`axis mins` were not read: the first voxel was put at 0 (write `space origin` instead)"
                .to_owned(),
        );
    }
    let spacing: [f64; 3] = std::array::from_fn(|a| sign[a] * spacings[a] * mm[a]);
    let grid = Axes::aligned(size, spacing, origin);
    Ok((grid.geometry(stated)?, "NRRD spacings".to_owned()))
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
    let whole = |name: &str| -> Parsed<i64> {
        match lines.find(name)? {
            None => Ok(0),
            Some(text) => text
                .parse::<i64>()
                .map_err(|_| Fault::corrupt(format!("{name} is `{text:.20}`"))),
        }
    };
    let (skip, line_skip) = (whole("byteskip")?, whole("lineskip")?);
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
    let lines_skipped = line_skip as usize;
    let Some(data) = lines.find("datafile")? else {
        if skip == -1 {
            return Ok(Place::Tail);
        }
        let mut at = lines.end;
        for _ in 0..lines_skipped {
            at += line_of(bytes.get(at..).unwrap_or_default()).1;
        }
        return Ok(Place::Here(at.saturating_add(skip as usize)));
    };
    let files = if is_list(data) {
        if data
            .split_whitespace()
            .nth(1)
            .is_some_and(|d| !d.starts_with('2'))
        {
            return Err(Fault::unsupported(
                format!("data file: {data:.40}"),
                "list one file per slice",
            ));
        }
        lines.list.clone()
    } else if is_pattern(data) {
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
    let skip = match usize::try_from(skip) {
        Ok(bytes) if lines_skipped > 0 => Skip::Lines(lines_skipped, bytes),
        Ok(bytes) => Skip::Bytes(bytes),
        Err(_) => Skip::ToTail,
    };
    Ok(Place::Files(files, skip))
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
    let extension = if compressed { "raw.gz" } else { "raw" };
    let name = crate::commit::samples_name(&stem.name, &data, extension);
    if detached {
        text += &format!("data file: {name}\n");
    }
    for (key, value) in &image.tags {
        text += &format!("{}:={value}\n", tags::snake(key));
    }
    for note in image.notes {
        text += &crate::part::note_line(note, ":=");
    }
    text += &format!("{}:={}\n", crate::seal::KEY, crate::seal::blank());
    if !detached {
        text += "\n";
    }
    let mut head = text.into_bytes();
    crate::seal::seal(&mut head, &data);
    if detached {
        return Ok(vec![
            Part::beside(name, vec![data]),
            Part::target(vec![head]),
        ]);
    }
    Ok(vec![Part::target(vec![head, data])])
}

fn nrrd_type(kind: SampleType) -> &'static str {
    match kind {
        SampleType::F32 => "float",
        SampleType::F64 => "double",
        other => other.name(),
    }
}
