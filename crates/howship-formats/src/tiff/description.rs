//! What ImageJ and OME write into a page's description.

use crate::error::{Fault, Parsed};

/// What the description says of the stack.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Description {
    /// Pages that ImageJ says there are.
    pub(super) images: Option<usize>,
    /// Slices that OME says there are.
    pub(super) slices: Option<usize>,
    /// `value = c0 + c1 * stored`.
    pub(super) calibration: Option<(f64, f64)>,
    /// The unit of the values.
    pub(super) value_unit: Option<String>,
    /// Millimetres of the unit of length along x, y and z.
    pub(super) mm: [Option<f64>; 3],
    /// Distance of the slices, in the unit of z.
    pub(super) slice_step: Option<f64>,
    /// Millimetres of a voxel, where the description states all three.
    pub(super) voxel_mm: Option<[f64; 3]>,
}

/// Reads it; several channels or time points are refused by name.
pub(super) fn read(text: &str) -> Parsed<Description> {
    if text.contains("<OME") {
        return ome(text);
    }
    if !text.starts_with("ImageJ") {
        return Ok(Description::default());
    }
    let find = |key: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim())
        })
    };
    let count = |key: &str| -> Parsed<Option<usize>> {
        find(key)
            .map(|v| {
                v.parse()
                    .map_err(|_| Fault::corrupt(format!("ImageJ's {key} is `{v:.30}`")))
            })
            .transpose()
    };
    several("channels", count("channels")?)?;
    several("time points (frames)", count("frames")?)?;
    let number = |key: &str| {
        find(key)
            .map(|v| crate::text::number(v, &format!("ImageJ's {key}")))
            .transpose()
    };
    // Along y and z it names a unit only where that is another one than along x.
    let unit = |key: &str| find(key).or_else(|| find("unit"));
    Ok(Description {
        images: count("images")?,
        slices: None,
        calibration: calibration(find("cf"), number("c0")?, number("c1")?)?,
        value_unit: find("vunit").map(str::to_owned),
        mm: ["unit", "yunit", "zunit"].map(|key| unit(key).and_then(crate::lengths::millimetres)),
        slice_step: number("spacing")?,
        voxel_mm: None,
    })
}

/// How many images ImageJ says that there are, whatever else is in the description.
pub(super) fn images(text: &str) -> Option<usize> {
    let lines = text.starts_with("ImageJ").then(|| text.lines())?;
    lines
        .filter_map(|line| line.trim().strip_prefix("images="))
        .find_map(|n| n.trim().parse().ok())
}

fn several(what: &str, count: Option<usize>) -> Parsed<()> {
    match count {
        Some(n) if n > 1 => Err(Fault::unsupported(
            format!("{n} {what} in one stack"),
            "split them, and save one grey stack",
        )),
        _ => Ok(()),
    }
}

/// ImageJ's functions: 0 is a straight line, 20 none; the others are curves.
fn calibration(
    function: Option<&str>,
    c0: Option<f64>,
    c1: Option<f64>,
) -> Parsed<Option<(f64, f64)>> {
    match (function, c0, c1) {
        (Some("20"), _, _) | (None, None, None) => Ok(None),
        (Some("0") | None, Some(c0), Some(c1)) if c1 != 0.0 => Ok(Some((c0, c1))),
        (Some("0"), None, None) => Ok(None),
        (function, c0, c1) => Err(Fault::unsupported(
            format!(
                "ImageJ's calibration of the values (function {}, c0 {c0:?}, c1 {c1:?})",
                function.unwrap_or("missing")
            ),
            "save the stack as 32-bit floating point, which applies the calibration",
        )),
    }
}

/// OME-XML (Goldberg et al., Genome Biology 2005): sizes and physical sizes stand in attributes of `Pixels`.
fn ome(text: &str) -> Parsed<Description> {
    let attribute = |name: &str| -> Option<&str> {
        // XML has two kinds of quotes, and blanks about the sign.
        let mut places = text.match_indices(name).filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            before.is_some_and(char::is_whitespace)
        });
        places.find_map(|(at, _)| {
            let rest = text[at + name.len()..].trim_start();
            let rest = rest.strip_prefix('=')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            Some(rest[1..].split_once(quote)?.0)
        })
    };
    let images = text
        .match_indices("Pixels")
        .filter(|(at, word)| {
            let after = text[at + word.len()..].chars().next();
            let before = text[..*at].chars().next_back();
            matches!(before, Some('<' | ':')) && after.is_some_and(char::is_whitespace)
        })
        .count();
    several("images (OME)", Some(images))?;
    let size = |name: &str| attribute(name).and_then(|v| v.parse().ok());
    several("channels", size("SizeC"))?;
    several("time points", size("SizeT"))?;
    let mut voxel = [0.0; 3];
    let mut stated = 0;
    for (mm, axis) in voxel.iter_mut().zip(["X", "Y", "Z"]) {
        let Some(words) = attribute(&format!("PhysicalSize{axis}")) else {
            continue;
        };
        let key = format!("PhysicalSize{axis}Unit");
        // Micrometres where no unit is named.
        let unit = attribute(&key).unwrap_or("um");
        let unit_mm = crate::lengths::millimetres(unit)
            .ok_or_else(|| crate::text::unknown_length(&key, unit))?;
        *mm = unit_mm * crate::text::number(words, &format!("PhysicalSize{axis}"))?;
        stated += 1;
    }
    Ok(Description {
        voxel_mm: (stated == 3).then_some(voxel),
        slices: size("SizeZ"),
        ..Description::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imagej_says_how_values_are_meant() {
        let text = "ImageJ=1.53t\nimages=5\nslices=5\nunit=mm\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\nspacing=0.0607\n";
        let found = read(text).unwrap();
        assert_eq!(found.calibration, Some((-32768.0, 1.0)));
        assert_eq!((found.mm, found.slice_step), ([Some(1.0); 3], Some(0.0607)));
        let other = read(&text.replace("unit=mm", "unit=mm\nzunit=\\u00B5m")).unwrap();
        assert_eq!(other.mm, [Some(1.0), Some(1.0), Some(1e-3)]);
        assert_eq!(found.images, Some(5));
        assert!(read("ImageJ=1\nimages=10\nchannels=2\n").is_err());
        assert!(read("ImageJ=1\nimages=10\nframes=2\n").is_err());
        assert!(read("ImageJ=1\ncf=1\nc0=0\nc1=1\n").is_err());
        assert!(read("<?xml?><OME><Pixels SizeC=\"3\" SizeT=\"1\"/></OME>").is_err());
        let ome = "<?xml?><OME><Pixels PhysicalSizeX=\"60.7\" PhysicalSizeY=\"0.0607\" PhysicalSizeYUnit=\"mm\" \
                   PhysicalSizeZ=\"60.7\" PhysicalSizeZUnit=\"\u{b5}m\" SizeC=\"1\"/></OME>";
        let mm = read(ome).unwrap().voxel_mm.unwrap();
        assert!(mm.iter().all(|v| (v - 0.0607).abs() < 1e-12), "{mm:?}");
        assert!(read(&ome.replace("\"mm\"", "\"pixel\"")).is_err());
        let single = ome.replace('"', "'").replace("SizeC='1'", "SizeC = '3'");
        assert!(
            read(&single).is_err() && read(&ome.replace('"', "'")).unwrap().voxel_mm == Some(mm)
        );
        let two = format!("{ome}<Image><Pixels SizeC=\"1\"/></Image>");
        assert!(read(&two).unwrap_err().reason.contains("2 images"));
        assert_eq!(read("anything").unwrap(), Description::default());
    }
}
