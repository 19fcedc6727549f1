//! What a second place of a header says of the voxels: it is read, or it is said that it was not, or the file is refused.

use crate::said;
use crate::synthetic::Slice;
use howship_formats::{OpenOptions, Opened, Problem, open, write};
use howship_image::DensityUnit;
use std::path::Path;

const SIZE: [u16; 3] = [3, 2, 4];

fn samples() -> Vec<u8> {
    (0..24i16).flat_map(i16::to_le_bytes).collect()
}

fn read(name: &str, bytes: &[u8]) -> Result<Opened, (Option<Problem>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    open_there(&path)
}

fn open_there(path: &Path) -> Result<Opened, (Option<Problem>, String)> {
    let spaced = OpenOptions {
        spacing_mm: Some([0.06; 3]),
        ..OpenOptions::default()
    };
    open(path, &spaced).map_err(|e| (e.problem(), said(&e)))
}

#[track_caller]
fn warned(opened: &Opened, words: &str) {
    let warnings = &opened.source.warnings;
    assert!(warnings.iter().any(|w| w.contains(words)), "{warnings:?}");
}

#[track_caller]
fn refused(result: Result<Opened, (Option<Problem>, String)>, problem: Problem, words: &[&str]) {
    let (found, text) = result.map(|_| ()).expect_err("it was read");
    assert_eq!(found, Some(problem), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

fn nrrd(lines: &str, data: &[u8]) -> Vec<u8> {
    let head =
        format!("NRRD0004\ntype: short\ndimension: 3\nsizes: 3 2 4\nendian: little\n{lines}\n\n");
    [head.as_bytes(), data].concat()
}

#[test]
fn nrrd_spacings_in_a_space() {
    let lines = "encoding: raw\nspacings: 0.06 0.06 0.06\nspace: right-anterior-superior\nspace origin: (1,2,3)";
    let opened = read("a.nrrd", &nrrd(lines, &samples())).unwrap();
    let g = opened.scan.volume.geometry();
    assert_eq!(g.origin(), [-1.0, -2.0, 3.0]);
    assert_eq!([0, 1, 2].map(|a| g.direction()[a][a]), [-1.0, -1.0, 1.0]);
    warned(&opened, "no `space directions`");
    let lines = "encoding: raw\nspacings: 0.06 0.06 0.06\naxis mins: 1 2 3\nold min: 0\nold max: 9";
    let opened = read("a.nrrd", &nrrd(lines, &samples())).unwrap();
    warned(&opened, "`axis mins` were not read");
    warned(&opened, "`old min` 0, `old max` 9");
}

#[test]
fn numbers_as_text_with_decimal_commas() {
    let head = "encoding: text\nspacings: 0.06 0.06 0.06";
    let text = |point: &str| -> String { (0..24).map(|v| format!("{v}{point}5 ")).collect() };
    let opened = read("a.nrrd", &nrrd(head, text(".").as_bytes()));
    assert_eq!(opened.unwrap().scan.volume.at(1, 0, 0), 1.5);
    let comma = nrrd(head, text(",").as_bytes());
    refused(
        read("a.nrrd", &comma),
        Problem::Corrupt,
        &["more numbers", "point"],
    );
}

fn meta(lines: &str) -> Vec<u8> {
    let head = format!(
        "ObjectType = Image\nNDims = 3\n{lines}\nElementSpacing = 0.06 0.06 0.06\nDimSize = 3 2 4\n\
         ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    );
    [head.as_bytes(), &samples()].concat()
}

#[test]
fn metaimage_letters_against_its_matrix() {
    let turned = "TransformMatrix = 0 1 0 -1 0 0 0 0 1";
    for (letters, fits) in [
        ("ALI", true),
        ("PRS", true),
        ("RAI", false),
        ("ARI", false),
        ("???", true),
    ] {
        let opened = read(
            "a.mha",
            &meta(&format!("{turned}\nAnatomicalOrientation = {letters}")),
        )
        .unwrap();
        let said = opened
            .source
            .warnings
            .iter()
            .any(|w| w.contains("AnatomicalOrientation"));
        assert_eq!(said, !fits, "{letters}: {:?}", opened.source.warnings);
    }
    // Our own writer's letters fit, without the checksum too.
    let scan = read("a.mha", &meta(turned)).unwrap().scan;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.mha");
    write(&path, &scan, &howship_formats::WriteOptions::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let letters = b"AnatomicalOrientation = ALI\n";
    assert!(bytes.windows(letters.len()).any(|w| w == letters));
}

#[test]
fn an_origin_in_another_unit_than_millimetres_is_said() {
    let name = "01_nifti_vinci_sform_unscaled_pixdim_0.0607.nii";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name);
    let stated = OpenOptions {
        spacing_mm: Some([0.0607; 3]),
        ..OpenOptions::default()
    };
    warned(&open(&path, &stated).unwrap(), "its origin");
}

/// A little-endian TIFF of four pages of 16 bits, with these tags besides.
fn tiff(extra: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in 0..SIZE[2] {
        let data = out.len() as u32;
        let plane = usize::from(SIZE[0] * SIZE[1]) * 2;
        out.extend(&samples()[usize::from(page) * plane..][..plane]);
        let short = |v: u16| v.to_le_bytes().to_vec();
        let mut tags = vec![
            (256, 3, short(SIZE[0])),
            (257, 3, short(SIZE[1])),
            (258, 3, short(16)),
            (262, 3, short(1)),
            (273, 4, data.to_le_bytes().to_vec()),
            (279, 4, (plane as u32).to_le_bytes().to_vec()),
        ];
        tags.extend_from_slice(extra);
        tags.sort_by_key(|t| t.0);
        let places: Vec<u32> = tags
            .iter()
            .map(|(.., bytes)| {
                let at = out.len() as u32;
                out.extend(bytes);
                out.resize(out.len().next_multiple_of(2), 0);
                at
            })
            .collect();
        let directory = out.len() as u32;
        out[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        out.extend((tags.len() as u16).to_le_bytes());
        for ((tag, kind, bytes), place) in tags.iter().zip(places) {
            let width = match kind {
                3 => 2,
                4 => 4,
                5 => 8,
                _ => 1,
            };
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(((bytes.len() / width) as u32).to_le_bytes());
            match bytes.len() {
                0..=4 => {
                    let mut inline = bytes.clone();
                    inline.resize(4, 0);
                    out.extend(inline);
                }
                _ => out.extend(place.to_le_bytes()),
            }
        }
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

#[test]
fn tiff_stacks_that_are_to_be_turned() {
    let upright = read("a.tif", &tiff(&[(274, 3, 1u16.to_le_bytes().to_vec())])).unwrap();
    assert_eq!(upright.scan.volume.at(1, 1, 1), 10.0);
    for orientation in 2..=8u16 {
        let bytes = tiff(&[(274, 3, orientation.to_le_bytes().to_vec())]);
        refused(
            read("a.tif", &bytes),
            Problem::Unsupported,
            &["tag 274", "upright"],
        );
    }
}

#[test]
fn imagej_units_of_their_own_along_the_slices() {
    let text = "ImageJ=1.54f\nimages=4\nslices=4\nunit=mm\nzunit=micron\nspacing=60\n";
    let ratio = |n: u32, d: u32| [n.to_le_bytes(), d.to_le_bytes()].concat();
    let tags = [
        (270, 2, text.as_bytes().to_vec()),
        (282, 5, ratio(100, 6)),
        (283, 5, ratio(100, 6)),
    ];
    let opened = read("a.tif", &tiff(&tags)).unwrap();
    let spacing = opened.scan.volume.geometry().spacing();
    assert!(
        spacing.iter().all(|s| (s - 0.06).abs() < 1e-9),
        "{spacing:?}"
    );
}

#[test]
fn slices_of_which_one_is_inverted_for_display() {
    let folder = tempfile::tempdir().unwrap();
    // One page each, cut from the stack's first.
    for (z, white_is_zero) in [false, true, false].into_iter().enumerate() {
        let mut bytes = tiff(&[]);
        let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let next = directory + 2 + 6 * 12;
        bytes[next..next + 4].fill(0);
        if white_is_zero {
            let photometric = directory + 2 + 3 * 12 + 8;
            bytes[photometric] = 0;
        }
        std::fs::write(folder.path().join(format!("s{z}.tif")), bytes).unwrap();
    }
    refused(
        open_there(folder.path()),
        Problem::MixedSlices,
        &["s0.tif", "white"],
    );
}

#[test]
fn padding_that_reads_as_bone_is_outside_of_the_field() {
    let folder = tempfile::tempdir().unwrap();
    for z in 0..3u8 {
        let mut slice = Slice::at(f64::from(z));
        slice.pixels[..2].copy_from_slice(&32767i16.to_le_bytes());
        let bytes = slice.bytes();
        // Before the rescale, in the order of tags.
        let at = bytes
            .windows(4)
            .position(|w| w == [0x28, 0, 0x52, 0x10])
            .unwrap();
        let padding = [&b"\x28\0\x20\x01SS\x02\0"[..], &32767i16.to_le_bytes()].concat();
        let padded = [&bytes[..at], &padding[..], &bytes[at..]].concat();
        std::fs::write(folder.path().join(format!("i{z}.dcm")), padded).unwrap();
    }
    let opened = open(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(opened.scan.unit, DensityUnit::Hounsfield);
    assert!(opened.scan.volume.at(0, 0, 1).is_nan());
    assert_eq!(opened.scan.volume.at(1, 0, 1), 11.0 - 1000.0);
    warned(&opened, "PixelPaddingValue");
    assert_eq!(opened.source.not_numbers.map(|n| n.count), Some(3));
}

#[test]
fn a_density_that_nothing_has_is_no_number() {
    let mut data: Vec<u8> = (0..24).flat_map(|v| (v as f32).to_le_bytes()).collect();
    data[20..24].copy_from_slice(&1e6f32.to_le_bytes());
    let head = "encoding: raw\nspacings: 0.06 0.06 0.06";
    let of = |unit: &str| {
        let bytes = nrrd(&format!("{head}{unit}"), &data);
        let text = String::from_utf8_lossy(&bytes[..40]).into_owned();
        assert!(text.contains("type: short"));
        // The same header for single precision.
        let at = text.find("short").unwrap();
        let bytes = [&bytes[..at], b"float", &bytes[at + 5..]].concat();
        read("a.nrrd", &bytes).unwrap()
    };
    let density = of("\ndensity_unit:=HU");
    assert!(density.scan.volume.at(2, 1, 0).is_nan());
    warned(&density, "beyond 1e5");
    assert_eq!(of("").scan.volume.at(2, 1, 0), 1e6);
}

#[test]
fn files_that_are_no_volume_yet_lead_to_one() {
    for (name, bytes, words) in [
        ("a.zip", &b"PK\x03\x04abcd"[..], ["ZIP", "unpack"]),
        ("a.nii.bz2", b"BZh91AY", ["bzip2", "unpack"]),
        ("a.mnc", b"\x89HDF\r\n\x1a\n", ["HDF5", "export"]),
        (
            "a.hdr",
            &[&348i32.to_le_bytes()[..], &[0; 344]].concat(),
            ["Analyze", "NIfTI"],
        ),
    ] {
        refused(read(name, bytes), Problem::NotAnImage, &words);
    }
}
