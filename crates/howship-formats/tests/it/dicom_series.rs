//! Folders of slices: order, geometry, units, and everything that makes a wrong volume.

use crate::said;
use crate::synthetic::Slice;
use howship_formats::{Error, OpenOptions, Opened, Problem, open};
use howship_image::DensityUnit;
use tempfile::TempDir;

fn folder(slices: &[Slice]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, slice) in slices.iter().enumerate() {
        slice.write(&folder.path().join(format!("i{i}.dcm")));
    }
    folder
}

fn read(slices: &[Slice]) -> Result<Opened, Error> {
    open(folder(slices).path(), &OpenOptions::default())
}

fn refused(slices: &[Slice], problem: Problem, words: &[&str]) {
    let error = read(slices).unwrap_err();
    assert_eq!(error.problem(), Some(problem), "{error}");
    let text = said(&error);
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

fn stack(z: &[f64]) -> Vec<Slice> {
    z.iter().map(|&z| Slice::at(z)).collect()
}

#[test]
fn slices_are_ordered_by_place_and_rescaled() {
    let opened = read(&stack(&[4.0, 0.0, 2.0])).unwrap();
    let volume = &opened.scan.volume;
    assert_eq!(volume.size(), [3, 2, 3]);
    assert_eq!(volume.geometry().spacing(), [0.5, 0.5, 2.0]);
    assert_eq!(opened.scan.unit, DensityUnit::Hounsfield);
    for z in 0..3 {
        assert_eq!(volume.at(1, 1, z), 4.0 + 20.0 * z as f32 - 1000.0);
    }
}

#[test]
fn the_normal_decides_where_z_points() {
    let mut slices = stack(&[0.0, 1.0, 2.0]);
    for slice in &mut slices {
        slice.cosines = [1.0, 0.0, 0.0, 0.0, -1.0, 0.0];
    }
    let opened = read(&slices).unwrap();
    let g = opened.scan.volume.geometry();
    assert_eq!(g.origin(), [0.0, 0.0, 2.0]);
    assert_eq!(g.direction()[2][2], -1.0);
}

#[test]
fn gaps_duplicates_and_uneven_steps_are_named() {
    refused(
        &stack(&[0.0, 1.0, 2.0, 4.0, 5.0]),
        Problem::MissingSlices,
        &["1 slice", "i2.dcm", "i3.dcm"],
    );
    refused(
        &stack(&[0.0, 1.0, 2.0, 2.0, 3.0]),
        Problem::DuplicateSlices,
        &["i2.dcm", "i3.dcm"],
    );
    refused(
        &stack(&[0.0, 1.0, 2.4, 3.0, 4.0]),
        Problem::MissingSlices,
        &["unevenly", "i1.dcm"],
    );
}

#[test]
fn rounded_positions_are_no_gaps() {
    let z: Vec<f64> = (0..40)
        .map(|i| (f64::from(i) * 0.0607 * 1000.0).round() / 1000.0)
        .collect();
    let opened = read(&stack(&z)).unwrap();
    assert!((opened.scan.volume.geometry().spacing()[2] - 0.0607).abs() < 3e-5);
}

#[test]
fn a_tilted_gantry_is_refused() {
    let mut slices = stack(&[0.0, 1.0, 2.0, 3.0]);
    for slice in &mut slices {
        slice.position[1] = slice.position[2] * 0.2;
    }
    refused(&slices, Problem::Tilted, &["11.31 degrees", "resample"]);
}

#[test]
fn mixtures_are_refused_and_named() {
    let mut slices = stack(&[0.0, 1.0, 2.0]);
    slices[1].patient = "P2";
    refused(&slices, Problem::MixedPatients, &["P1", "P2"]);
    slices[1].series = "9.9";
    refused(&slices, Problem::MixedPatients, &["P1", "P2"]);

    let mut slices = stack(&[0.0, 1.0, 2.0]);
    slices[2].cosines = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    refused(&slices, Problem::MixedSlices, &["orientation", "i2.dcm"]);

    let mut slices = stack(&[0.0, 1.0, 2.0]);
    slices[2].size = [3, 2];
    refused(&slices, Problem::MixedSlices, &["size", "i2.dcm"]);

    let mut slices = stack(&[0.0, 1.0, 2.0]);
    slices[2].spacing = Some([0.6, 0.6]);
    refused(&slices, Problem::MixedSlices, &["spacing", "i2.dcm"]);

    let mut slices = stack(&[0.0, 1.0, 2.0]);
    slices[2].rescale = Some((1.0, 0.0, "US"));
    refused(&slices, Problem::Unit, &["i2.dcm"]);
}

#[test]
fn of_several_series_none_is_chosen_until_one_is_named() {
    let mut slices = stack(&[0.0, 1.0, 2.0, 0.0, 1.0]);
    for slice in &mut slices[3..] {
        slice.series = "7.7";
    }
    refused(
        &slices,
        Problem::SeveralSeries,
        &["1.2.3", "3 images", "7.7", "2 images"],
    );
    let folder = folder(&slices);
    let ask = |uid: &str| OpenOptions {
        series_uid: Some(uid.to_owned()),
        ..Default::default()
    };
    assert_eq!(
        open(folder.path(), &ask("7.7")).unwrap().scan.volume.size(),
        [3, 2, 2]
    );
    let error = open(folder.path(), &ask("8")).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::SeveralSeries));
}

#[test]
fn one_slice_is_a_two_dimensional_file() {
    refused(&stack(&[0.0]), Problem::TwoDimensional, &["a 2-D file"]);
    let folder = folder(&stack(&[0.0]));
    let error = open(&folder.path().join("i0.dcm"), &OpenOptions::default()).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::TwoDimensional));
}

#[test]
fn units_are_what_the_header_says() {
    let with = |modality, rescale| {
        let mut slices = stack(&[0.0, 1.0]);
        for slice in &mut slices {
            slice.modality = modality;
            slice.rescale = rescale;
        }
        read(&slices).unwrap().scan.unit
    };
    assert_eq!(with("CT", Some((1.0, 0.0, "HU"))), DensityUnit::Hounsfield);
    assert_eq!(
        with("CT", Some((0.2, -391.0, "mg HA/ccm"))),
        DensityUnit::MgHaPerCm3
    );
    assert_eq!(with("CT", None), DensityUnit::Native);
    assert_eq!(with("CT", Some((1.0, 0.0, "US"))), DensityUnit::Arbitrary);
    assert_eq!(with("MR", None), DensityUnit::Arbitrary);
}

#[test]
fn bits_beyond_bits_stored_are_cut_off() {
    let mut slices = stack(&[0.0, 1.0]);
    for slice in &mut slices {
        slice.bits = [16, 12, 11];
        slice.rescale = None;
        slice.modality = "MR";
        // -1 in 12 bits under an overlay bit, and 5 under four.
        slice.pixels = [0x8fffu16, 0xf005]
            .iter()
            .cycle()
            .take(6)
            .flat_map(|v| v.to_le_bytes())
            .collect();
    }
    assert_eq!(read(&slices).unwrap().scan.volume.data()[..2], [-1.0, 5.0]);
    for slice in &mut slices {
        slice.signed = false;
    }
    assert_eq!(
        read(&slices).unwrap().scan.volume.data()[..2],
        [4095.0, 5.0]
    );
}

#[test]
fn what_has_no_single_density_is_refused() {
    let with = |change: &dyn Fn(&mut Slice)| {
        let mut slices = stack(&[0.0, 1.0]);
        slices.iter_mut().for_each(change);
        slices
    };
    refused(
        &with(&|s| s.bits = [32, 32, 31]),
        Problem::Unsupported,
        &["BitsAllocated is 32"],
    );
    refused(
        &with(&|s| s.photometric = "RGB"),
        Problem::Unsupported,
        &["RGB"],
    );
    refused(
        &with(&|s| s.bits = [16, 17, 16]),
        Problem::Corrupt,
        &["BitsStored 17"],
    );
    refused(
        &with(&|s| s.size = [2, 300]),
        Problem::Truncated,
        &["pixel data"],
    );
    refused(
        &with(&|s| s.spacing = None),
        Problem::SpacingUnknown,
        &["--spacing"],
    );
    refused(
        &with(&|s| s.cosines = [0.0; 6]),
        Problem::Geometry,
        &["ImageOrientationPatient"],
    );
    let inverted = read(&with(&|s| s.photometric = "MONOCHROME1")).unwrap();
    assert!(
        inverted
            .source
            .warnings
            .iter()
            .any(|w| w.contains("MONOCHROME1"))
    );
}

#[test]
fn strangers_in_the_folder_are_skipped_with_a_warning() {
    let folder = folder(&stack(&[0.0, 1.0]));
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    std::fs::write(folder.path().join(".DS_Store"), "x").unwrap();
    let opened = open(folder.path(), &OpenOptions::default()).unwrap();
    assert!(
        opened
            .source
            .warnings
            .iter()
            .any(|w| w.contains("notes.txt"))
    );
    assert!(
        !opened
            .source
            .warnings
            .iter()
            .any(|w| w.contains("DS_Store"))
    );
    let mut broken = Slice::at(2.0).bytes();
    broken.truncate(400);
    std::fs::write(folder.path().join("z.dcm"), broken).unwrap();
    let error = open(folder.path(), &OpenOptions::default()).unwrap_err();
    assert!(said(&error).contains("z.dcm"), "{error}");
}

#[test]
fn the_hash_of_a_folder_does_not_depend_on_names() {
    let slices = stack(&[0.0, 1.0, 2.0]);
    let mut turned = slices.clone();
    turned.reverse();
    assert_eq!(
        read(&slices).unwrap().source.blake3,
        read(&turned).unwrap().source.blake3
    );
}

#[test]
fn a_value_of_half_a_number_is_refused_before_the_parser_loses_its_place() {
    let mut bytes = Slice::at(0.0).bytes();
    let modality = [8, 0, 0x60, 0, b'C', b'S'];
    let at = bytes.windows(6).position(|w| w == modality).unwrap();
    bytes[at + 4..at + 6].copy_from_slice(b"FD");
    let error = howship_formats::open_bytes(
        &bytes,
        howship_formats::Format::Dicom,
        &OpenOptions::default(),
    )
    .unwrap_err();
    assert_eq!(error.problem(), Some(Problem::Corrupt), "{error}");
    assert!(said(&error).contains("(0008,0060)"), "{error}");
}

/// Streams of other programs' encoders (tests/reference/make_films_and_streams.py).
#[test]
fn compressed_streams_are_read_as_they_were_made() {
    for (name, signed) in [
        ("dicom_jpeg2000", 40.0),
        ("dicom_jpegls", 0.0),
        ("dicom_ljpeg", 0.0),
    ] {
        let opened = open(
            &crate::fixtures::folder().join(name),
            &OpenOptions::default(),
        );
        let volume = opened.unwrap_or_else(|e| panic!("{e}")).scan.volume;
        assert_eq!(volume.size(), [16, 12, 3], "{name}");
        for (i, &value) in volume.data().iter().enumerate() {
            let [x, y, z] = volume.geometry().voxel(i);
            let stored = ((x + 7 * y + 31 * z) % 100) as f32 - signed;
            assert_eq!(value, stored, "{name} at {x} {y} {z}");
        }
    }
}
