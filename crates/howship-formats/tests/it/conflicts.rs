//! What a header says twice and not the same, or what no volume can be: refused, or said. Nothing is settled in silence.

use crate::fixtures::folder;
use crate::said as in_full;
use crate::synthetic::Slice;
use howship_formats::{Error, OpenOptions, Opened, Problem, open};
use howship_image::DensityUnit;
use std::path::Path;

const SIZE: [usize; 3] = [6, 5, 4];

fn samples() -> Vec<u8> {
    (0..120i16)
        .flat_map(|v| (v * 7 - 300).to_le_bytes())
        .collect()
}

fn read(path: &Path) -> Result<Opened, Error> {
    open(path, &OpenOptions::default())
}

#[track_caller]
fn refused(result: Result<Opened, Error>, problem: Problem, word: &str) {
    let error = result.err().unwrap_or_else(|| panic!("it was read"));
    assert_eq!(error.problem(), Some(problem), "{error}");
    assert!(
        in_full(&error).contains(word),
        "`{word}` is not in: {error}"
    );
}

#[track_caller]
fn said(result: Result<Opened, Error>, word: &str) -> Opened {
    let opened = result.unwrap_or_else(|e| panic!("{e}"));
    let warnings = &opened.source.warnings;
    assert!(warnings.iter().any(|w| w.contains(word)), "{warnings:?}");
    opened
}

/// A MetaImage with these lines changed; `data` follows the header.
fn meta(lines: &[(&str, &str)], data: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let mut all = vec![
        ("ObjectType", "Image"),
        ("NDims", "3"),
        ("BinaryData", "True"),
        ("ElementSpacing", "0.06 0.06 0.06"),
        ("DimSize", "6 5 4"),
        ("ElementType", "MET_SHORT"),
    ];
    for line in lines {
        match all.iter_mut().find(|(key, _)| key == &line.0) {
            Some(known) => *known = *line,
            None => all.push(*line),
        }
    }
    if !all.iter().any(|(key, _)| *key == "ElementDataFile") {
        all.push(("ElementDataFile", "LOCAL"));
    }
    let text: String = all.iter().map(|(k, v)| format!("{k} = {v}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mha");
    std::fs::write(&path, [text.as_bytes(), data].concat()).unwrap();
    (folder, path)
}

#[test]
fn a_slice_listed_twice_and_a_list_of_another_length() {
    for (names, problem) in [
        ("s0.raw\ns1.raw\ns1.raw\ns3.raw\n", Problem::DuplicateSlices),
        ("s0.raw\ns1.raw\ns2.raw\n", Problem::MissingSlices),
    ] {
        let (folder, path) = meta(&[("ElementDataFile", "LIST")], names.as_bytes());
        for z in 0..4 {
            let name = folder.path().join(format!("s{z}.raw"));
            std::fs::write(name, &samples()[..60]).unwrap();
        }
        refused(read(&path), problem, "data file");
    }
}

#[test]
fn a_length_of_packed_data_that_is_not_its_own() {
    let (_folder, plain) = meta(&[], &samples());
    let scan = read(&plain).unwrap().scan;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mha");
    howship_formats::write(&path, &scan, &howship_formats::WriteOptions::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let key = b"CompressedDataSize = ";
    let at = bytes.windows(key.len()).position(|w| w == key).unwrap() + key.len();
    // The checksum is another matter: a foreign file has none.
    let seal = b"HowshipChecksum";
    let from = bytes.windows(seal.len()).position(|w| w == seal).unwrap();
    let mut wrong = bytes.clone();
    wrong[from] = b'X';
    assert!(read_bytes(&wrong).is_ok());
    wrong[at] = if wrong[at] == b'9' { b'8' } else { b'9' };
    refused(read_bytes(&wrong), Problem::Corrupt, "bytes long");
}

fn read_bytes(bytes: &[u8]) -> Result<Opened, Error> {
    howship_formats::open_bytes(
        bytes,
        howship_formats::Format::MetaImage,
        &OpenOptions::default(),
    )
}

#[test]
fn values_that_are_no_density_are_none_by_a_word() {
    let hounsfield = OpenOptions {
        unit: Some(DensityUnit::Hounsfield),
        ..OpenOptions::default()
    };
    let (_folder, path) = meta(&[("Modality", "MET_MOD_MR")], &samples());
    refused(open(&path, &hounsfield), Problem::Unit, "MET_MOD_MR");
    let (_folder, path) = meta(&[("ElementToIntensityFunctionSlope", "-1")], &samples());
    said(read(&path), "negative");
    // NRRD has a field for the unit of the values.
    let text = "NRRD0004\ntype: short\ndimension: 3\nsizes: 6 5 4\nspacings: 0.06 0.06 0.06\nendian: little\n\
                encoding: raw\nsample units: \"HU\"\n\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nrrd");
    std::fs::write(&path, [text.as_bytes(), &samples()].concat()).unwrap();
    assert_eq!(read(&path).unwrap().scan.unit, DensityUnit::Hounsfield);
    let density = OpenOptions {
        unit: Some(DensityUnit::MgHaPerCm3),
        ..OpenOptions::default()
    };
    refused(open(&path, &density), Problem::Unit, "sample units");
}

#[test]
fn a_header_of_nifti_in_which_a_number_cannot_be() {
    let bytes = std::fs::read(folder().join("nifti1_big_float32.nii")).unwrap();
    let with = |at: usize, value: f32| {
        let mut changed = bytes.clone();
        changed[at..at + 4].copy_from_slice(&value.to_be_bytes());
        if at == 256 {
            // The qform's code is 1, the sform's 0.
            changed[252..256].copy_from_slice(&[0, 1, 0, 0]);
        }
        let file = tempfile::Builder::new().suffix(".nii").tempfile().unwrap();
        std::fs::write(file.path(), changed).unwrap();
        read(file.path())
    };
    let sound = with(108, f32::from_be_bytes(bytes[108..112].try_into().unwrap())).unwrap();
    assert_eq!(sound.scan.volume.size(), SIZE);
    refused(with(108, 100.0), Problem::Corrupt, "vox_offset");
    refused(with(108, 348.0), Problem::Corrupt, "vox_offset");
    // Some writers leave 0 where the voxels follow the header.
    let zero = with(108, 0.0).unwrap();
    assert_eq!(zero.scan.volume.data(), sound.scan.volume.data());
    refused(with(256, 1.5), Problem::Geometry, "quaternion");
}

#[test]
fn slices_of_two_sides_or_two_frames_of_reference_are_no_volume() {
    let slices = |tag: [u8; 4], vr: &[u8; 2], words: [&str; 2]| {
        let folder = tempfile::tempdir().unwrap();
        for z in 0..4usize {
            let mut bytes = Slice::at(0.5 * z as f64).bytes();
            let word = words[z / 2].as_bytes();
            let element = [&tag[..], vr, &(word.len() as u16).to_le_bytes(), word].concat();
            // Behind the elements of group 0020.
            let pixels = [0x28, 0, 2, 0];
            let at = bytes.windows(4).position(|w| w == pixels).unwrap();
            bytes.splice(at..at, element);
            std::fs::write(folder.path().join(format!("i{z}.dcm")), bytes).unwrap();
        }
        read(folder.path())
    };
    let side = [0x20, 0, 0x62, 0];
    refused(
        slices(side, b"CS", ["L ", "R "]),
        Problem::MixedSlices,
        "sides",
    );
    assert!(slices(side, b"CS", ["L ", "L "]).is_ok());
    let frame = [0x20, 0, 0x52, 0];
    refused(
        slices(frame, b"UI", ["2.25.1", "2.25.2"]),
        Problem::MixedSlices,
        "frames of reference",
    );
}
