//! Every fixture changed many times: always an answer, never a panic, quickly.

use crate::mutate::{Dice, flip, mutant};
use crate::synthetic::{geometries, scan};
use howship_formats::{Format, OpenOptions, WriteOptions, open, open_bytes, write};
use howship_image::DensityUnit;
use std::path::{Path, PathBuf};

/// Mutants of each fixture: a few thousand in all, seconds of time. More by hand: `examples/campaign`.
const EACH: usize = 60;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn format(path: &Path) -> Option<Format> {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.trim_end_matches(".gz");
    Some(match name.rsplit_once('.')?.1 {
        "nii" | "hdr" => Format::Nifti,
        "mha" | "mhd" => Format::MetaImage,
        "nrrd" | "nhdr" => Format::Nrrd,
        "aim" => Format::Aim,
        "isq" | "rsq" => Format::Isq,
        "dcm" => Format::Dicom,
        "tif" => Format::Tiff,
        _ => return None,
    })
}

#[test]
fn every_fixture_changed_ends_in_an_answer() {
    let start = std::time::Instant::now();
    let options = OpenOptions {
        spacing_mm: Some([1.0; 3]),
        max_bytes: 1 << 24,
        ..OpenOptions::default()
    };
    let mut all = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    files(&root.join("fixtures"), &mut all);
    files(&root.join("cases"), &mut all);
    let (mut read, mut refused) = (0, 0);
    for (number, path) in all.iter().enumerate() {
        let Some(format) = format(path) else {
            continue;
        };
        let bytes = std::fs::read(path).unwrap();
        let mut dice = Dice::new(number as u64);
        for _ in 0..EACH {
            match open_bytes(&mutant(&bytes, &mut dice), format, &options) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(!error.hint().is_empty(), "no advice: {error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        read > 100 && refused > 1000,
        "{read} read, {refused} refused"
    );
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_flipped_bit_in_a_file_of_our_own_changes_no_voxel_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let original = scan(&geometries()[1], DensityUnit::MgHaPerCm3, 0.25);
    let mut dice = Dice::new(7);
    let (mut noticed, mut harmless) = (0, 0);
    for (name, level) in [
        ("a.nii.gz", 3),
        ("b.mha", 3),
        ("c.nrrd", 3),
        ("d.nii", 0),
        ("e.mha", 0),
        ("f.nrrd", 0),
        ("g.aim", 0),
    ] {
        let path = folder.path().join(name);
        let options = WriteOptions {
            level,
            ..WriteOptions::default()
        };
        write(&path, &original, &options).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let sound = open(&path, &OpenOptions::default()).unwrap().scan;
        for _ in 0..250 {
            std::fs::write(&path, flip(&bytes, &mut dice, 0)).unwrap();
            match open(&path, &OpenOptions::default()) {
                // Not the voxels, not a millimetre, not the unit.
                Ok(opened) => {
                    assert_eq!(opened.scan.volume, sound.volume, "{name}");
                    assert_eq!(opened.scan.unit, sound.unit, "{name}");
                    harmless += 1;
                }
                Err(_) => noticed += 1,
            }
        }
    }
    assert!(noticed > 1600, "{noticed} noticed, {harmless} harmless");
}
