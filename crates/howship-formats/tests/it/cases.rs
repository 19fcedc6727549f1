//! Inputs on which an earlier version fell short, each an example of a kind: the right value or the named refusal.

use crate::said;
use howship_formats::{ErrorKind, OpenOptions, Opened, Problem, inspect, open, open_labels};
use howship_image::{Calibration, DensityUnit, UnitKnown};
use std::path::PathBuf;

fn case(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).join(name)
}

fn read_with(name: &str, options: &OpenOptions) -> Opened {
    open(&case(name), options).unwrap_or_else(|e| panic!("{e}"))
}

fn read(name: &str) -> Opened {
    read_with(name, &OpenOptions::default())
}

#[track_caller]
fn refused_with(name: &str, options: &OpenOptions, problem: Problem, words: &[&str]) {
    let error = open(&case(name), options).expect_err(name);
    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    assert_eq!(error.problem(), Some(problem), "{error}");
    for word in words {
        assert!(said(&error).contains(word), "`{word}` is not in: {error}");
    }
}

#[track_caller]
fn refused(name: &str, problem: Problem, words: &[&str]) {
    refused_with(name, &OpenOptions::default(), problem, words);
}

fn spaced(mm: f64) -> OpenOptions {
    OpenOptions {
        spacing_mm: Some([mm; 3]),
        ..OpenOptions::default()
    }
}

fn stating(unit: DensityUnit) -> OpenOptions {
    OpenOptions {
        unit: Some(unit),
        ..OpenOptions::default()
    }
}

/// The numbers of an XtremeCT II's log.
fn calibration() -> Calibration {
    Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.519,
        density_intercept: -391.209,
    }
}

/// The first voxels of most of the cases: the same random numbers.
const FIRST: [f32; 6] = [850.0, 277.0, 403.0, 840.0, 672.0, 400.0];

#[track_caller]
fn begins(opened: &Opened, values: [f32; 6]) {
    assert_eq!(opened.scan.volume.data()[..6], values);
}

#[track_caller]
fn spacing(opened: &Opened, mm: [f64; 3]) {
    let found = opened.scan.volume.geometry().spacing();
    assert!((0..3).all(|a| (found[a] - mm[a]).abs() < 1e-6), "{found:?}");
}

fn says(opened: &Opened, word: &str) -> bool {
    opened.source.warnings.iter().any(|w| w.contains(word))
}

#[test]
fn two_sources_of_millimetres_are_settled_by_the_caller() {
    let name = "01_nifti_vinci_sform_unscaled_pixdim_0.0607.nii";
    refused(
        name,
        Problem::SpacingUnknown,
        &["0.0607", "1 x 1 x 1", "--spacing"],
    );
    let opened = read_with(name, &spaced(0.0607));
    spacing(&opened, [0.0607; 3]);
    begins(&opened, FIRST);
}

#[test]
fn a_gantry_tilt_is_refused_with_its_angle() {
    refused(
        "03_nifti_gantry_tilt_sform_sheared_qform_set.nii",
        Problem::Tilted,
        &["14.0", "degrees"],
    );
}

#[test]
fn every_axis_has_its_own_unit_of_length() {
    for name in ["04_nrrd_fiji_microns.nrrd", "06_nrrd_units_um_um_mm.nrrd"] {
        let opened = read(name);
        spacing(&opened, [0.0607; 3]);
        begins(&opened, FIRST);
    }
}

#[test]
fn a_negative_spacing_turns_its_axis() {
    let opened = read("07_nrrd_negative_spacing.nrrd");
    spacing(&opened, [0.0607; 3]);
    assert_eq!(opened.scan.volume.geometry().direction()[1][1], -1.0);
    assert!(says(&opened, "negative"));
}

#[test]
fn a_field_without_its_blank_is_the_field() {
    let opened = read("08_nrrd_spaceorigin_without_blank.nrrd");
    assert_eq!(opened.scan.volume.geometry().origin(), [1.0, 2.0, 3.0]);
}

#[test]
fn booleans_have_many_spellings() {
    begins(&read("10_mha_msb_1.mha"), FIRST);
    let packed = read("11_mha_compresseddata_1_noise.mha");
    begins(
        &packed,
        [-18517.0, -28175.0, -19047.0, 26512.0, 5564.0, -220.0],
    );
    let text = std::fs::read(case("10_mha_msb_1.mha")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let with = |word: &str| {
        let at = text.windows(7).position(|w| w == b"MSB = 1").unwrap() + 6;
        let bytes = [&text[..at], word.as_bytes(), &text[at + 1..]].concat();
        let path = folder.path().join("a.mha");
        std::fs::write(&path, bytes).unwrap();
        open(&path, &OpenOptions::default())
    };
    for word in ["T", "true", "TRUE", "yes", "On"] {
        begins(&with(word).unwrap(), FIRST);
    }
    for word in ["F", "false", "0", "No"] {
        assert_ne!(with(word).unwrap().scan.volume.data()[0], FIRST[0]);
    }
    for word in ["maybe", "2", "big"] {
        assert_eq!(with(word).unwrap_err().problem(), Some(Problem::Corrupt));
    }
}

#[test]
fn numbers_that_do_not_parse_are_no_ones_and_zeros() {
    let opened = read("12_dicom_slope_decimal_comma");
    assert!(says(&opened, "decimal comma") && says(&opened, "RescaleSlope"));
    // 3881 stored, half of it, less 1000.
    assert_eq!(opened.scan.volume.data()[0], 940.5);
    refused(
        "19_dicom_slope_0",
        Problem::Unit,
        &["RescaleSlope (0028,1053)", "is 0"],
    );
    let original = case("16_dicom_last_slice_cut_to_100_bytes").join("IM0000.dcm");
    let bytes = std::fs::read(original).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The slope's four bytes: `0.5 `.
    let tag = [0x28, 0, 0x53, 0x10, b'D', b'S', 4, 0];
    let at = bytes.windows(8).position(|w| w == tag).unwrap() + 8;
    for word in ["NaN ", "1HU ", "0x1 ", "1;5 ", "inf ", "1\\2 ", "a   "] {
        let mut bad = bytes.clone();
        bad[at..at + 4].copy_from_slice(word.as_bytes());
        std::fs::write(folder.path().join("a.dcm"), bad).unwrap();
        let error = open(folder.path(), &OpenOptions::default()).unwrap_err();
        let text = said(&error);
        assert!(
            text.contains("RescaleSlope (0028,1053)") && text.contains(word.trim()),
            "{text}"
        );
    }
}

#[test]
fn scancos_private_calibration_is_used() {
    let hounsfield = read("14_dicom_scanco_private_calibration_HU");
    let native = read("15_dicom_scanco_native_counts_slope1_intercept0");
    let c = calibration();
    for (opened, from, stored) in [
        (
            &hounsfield,
            DensityUnit::Hounsfield,
            3881.0 * 0.506737 - 1000.0,
        ),
        (&native, DensityUnit::Native, 3881.0),
    ] {
        assert_eq!(opened.scan.unit, DensityUnit::MgHaPerCm3);
        assert_eq!(opened.scan.known, UnitKnown::Calibrated);
        assert!(!says(opened, "as stored"));
        assert_eq!(opened.scan.calibration, Some(c));
        let right = c.convert(stored, from, DensityUnit::MgHaPerCm3).unwrap();
        let value = f64::from(opened.scan.volume.data()[0]);
        assert!((value - right).abs() < 1e-3, "{value} against {right}");
    }
    // The same scan in two exports: the slope of the rescale is 2e-5 off its formula.
    let (a, b) = (hounsfield.scan.volume.data(), native.scan.volume.data());
    assert!(
        a.iter()
            .zip(b)
            .all(|(a, b)| (a - b).abs() < 2.5e-5 * (b.abs() + 391.3))
    );
    let to_hu = OpenOptions {
        to: Some(DensityUnit::Hounsfield),
        ..OpenOptions::default()
    };
    let back = read_with("15_dicom_scanco_native_counts_slope1_intercept0", &to_hu);
    assert!((back.scan.volume.data()[0] - 966.65).abs() < 0.1);
    refused_with(
        "15_dicom_scanco_native_counts_slope1_intercept0",
        &stating(DensityUnit::Hounsfield),
        Problem::Unit,
        &["native counts"],
    );
}

#[test]
fn a_damaged_slice_is_an_error_or_is_left_out_aloud() {
    let name = "16_dicom_last_slice_cut_to_100_bytes";
    refused(name, Problem::Truncated, &["IM0005.dcm", "--skip-damaged"]);
    let skipping = OpenOptions {
        skip_damaged: true,
        ..OpenOptions::default()
    };
    let opened = read_with(name, &skipping);
    assert_eq!(opened.scan.volume.size(), [7, 5, 5]);
    assert!(says(&opened, "IM0005.dcm"));
    // Empty here: the first or the last by its place, whatever its name.
    refused("dicom_big-0", Problem::Truncated, &["i1.dcm", "empty"]);
    let opened = read_with("dicom_big-0", &skipping);
    assert_eq!(opened.scan.volume.size(), [6, 5, 3]);
    assert!(says(&opened, "i1.dcm"));
    // In the middle a gap would stay, which nothing fills.
    let folder = tempfile::tempdir().unwrap();
    for z in 0..5 {
        let file = format!("IM000{z}.dcm");
        let bytes = std::fs::read(case(name).join(&file)).unwrap();
        let end = if z == 2 { 300 } else { bytes.len() };
        std::fs::write(folder.path().join(file), &bytes[..end]).unwrap();
    }
    let error = open(folder.path(), &skipping).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::MissingSlices), "{error}");
}

#[test]
fn a_slice_of_zeros_is_what_a_full_disk_leaves() {
    let folder = tempfile::tempdir().unwrap();
    for z in 0..5 {
        let name = format!("IM000{z}.dcm");
        let from = case("16_dicom_last_slice_cut_to_100_bytes").join(&name);
        let mut bytes = std::fs::read(from).unwrap();
        let length = bytes.len();
        if z == 4 {
            bytes[length - 70..].fill(0);
        }
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let error = open(folder.path(), &OpenOptions::default()).unwrap_err();
    assert!(said(&error).contains("IM0004.dcm"), "{error}");
    let skipping = OpenOptions {
        skip_damaged: true,
        ..OpenOptions::default()
    };
    let opened = open(folder.path(), &skipping).unwrap();
    assert_eq!(opened.scan.volume.size()[2], 4);
    assert!(says(&opened, "IM0004.dcm"));
}

#[test]
fn floating_point_pixels_of_dicom_are_read() {
    let opened = read("18_dicom_float_pixel_data");
    assert_eq!(opened.source.stored, "float32");
    assert_eq!(opened.scan.volume.data()[0], 940.5);
}

#[test]
fn imagejs_calibration_of_values_is_applied() {
    let opened = read_with("20_tiff_imagej_signed16_c0_-32768.tif", &spaced(0.0607));
    begins(&opened, [1341.0, 2587.0, 1550.0, 1333.0, 954.0, -840.0]);
    let float = read_with("22_tiff_miniswhite_float32.tif", &spaced(0.0607));
    begins(&float, [1341.0, 2587.0, 1550.0, 1333.0, 954.0, -840.0]);
    assert!(says(&float, "MINISWHITE"));
    refused_with(
        "21_tiff_imagej_two_channels.tif",
        &spaced(0.0607),
        Problem::Unsupported,
        &["2 channels"],
    );
}

#[test]
fn folders_of_slices_hold_one_stack_in_the_order_of_its_numbers() {
    refused_with(
        "24_tiff_folder_two_stacks",
        &spaced(1.0),
        Problem::MixedSlices,
        &["left_001.tif", "right_001.tif"],
    );
    let opened = read_with("25_tiff_folder_negative_numbers", &spaced(1.0));
    let volume = &opened.scan.volume;
    for (z, number) in ["-2.00", "-1.00", "0.00", "1.00", "2.00"]
        .iter()
        .enumerate()
    {
        let file = case("25_tiff_folder_negative_numbers").join(format!("z{number}.tif"));
        let bytes = std::fs::read(file).unwrap();
        let pixels = &bytes[bytes.len() - 84..];
        let first = u16::from_le_bytes([pixels[0], pixels[1]]);
        assert_eq!(volume.at(0, 0, z), f32::from(first), "slice {z}");
    }
}

#[test]
fn native_counts_need_a_calibration() {
    for unit in [DensityUnit::MgHaPerCm3, DensityUnit::Hounsfield] {
        for name in [
            "27_aim_log_without_mu_water.aim",
            "28_isq_native_counts_uncalibrated.isq",
        ] {
            refused_with(
                name,
                &stating(unit),
                Problem::Unit,
                &["native counts", "--calibration"],
            );
        }
    }
    let partial = read("27_aim_log_without_mu_water.aim");
    assert_eq!(partial.scan.unit, DensityUnit::Native);
    assert!(says(&partial, "HU: mu water"));
    // The advice leads to the right answer.
    let calibrated = OpenOptions {
        calibration: Some(calibration()),
        ..OpenOptions::default()
    };
    let opened = read_with("28_isq_native_counts_uncalibrated.isq", &calibrated);
    assert_eq!(opened.scan.unit, DensityUnit::MgHaPerCm3);
    let right = 9677.0 / 8192.0 * 1603.519 - 391.209;
    assert!((f64::from(opened.scan.volume.data()[0]) - right).abs() < 1e-3);
    // Stated beside it, the unit of the result contradicts nothing, and changes nothing.
    let both = OpenOptions {
        unit: Some(DensityUnit::MgHaPerCm3),
        ..calibrated
    };
    let same = read_with("28_isq_native_counts_uncalibrated.isq", &both);
    assert_eq!(same.scan, opened.scan);
    // What the file does say of it is not contradicted in silence.
    for name in [
        "27_aim_log_without_mu_water.aim",
        "28_isq_native_counts_uncalibrated.isq",
    ] {
        let other = OpenOptions {
            calibration: Some(howship_image::Calibration {
                mu_scaling: 4096.0,
                ..calibration()
            }),
            ..OpenOptions::default()
        };
        refused_with(name, &other, Problem::Unit, &["Mu_Scaling", "8192", "4096"]);
    }
}

#[test]
fn raw_projections_are_no_volume() {
    refused(
        "29_rsq_detector_projections.rsq",
        Problem::Unsupported,
        &["projections"],
    );
}

#[test]
fn data_files_have_all_kinds_of_names() {
    for name in [
        "30_nhdr_data_file_dot_slash/scan.nhdr",
        "30_nhdr_data_file_dot_slash/scan.mhd",
        "31_nhdr_line_skip_detached/scan.nhdr",
        "32_mhd_percent_in_name/BestDiast 77 %.mhd",
    ] {
        begins(&read(name), FIRST);
    }
}

#[test]
fn zeros_may_pad_gzip_and_a_scaling_makes_no_mask() {
    begins(&read("34_nifti_gz_zero_padding.nii.gz"), FIRST);
    let (mask, source) = open_labels(&case("35_mask_uint8_slope_1_255.nii")).unwrap();
    assert_eq!(mask.data()[..8], [1, 0, 0, 1, 1, 0, 0, 0]);
    assert!(source.warnings.iter().any(|w| w.contains("scaling")));
}

#[test]
fn one_flipped_bit_in_a_packed_stream_is_noticed() {
    for name in ["bitflip_mha.zlib_mz.mha", "bitflip_nrrd.gz_nz.nrrd"] {
        refused(name, Problem::Corrupt, &["damaged"]);
    }
}

#[test]
fn a_length_in_an_unknown_element_takes_no_memory() {
    let name = case("dicom-un-undefined-2GiB-1kB.dcm");
    let error = open(&name, &OpenOptions::default()).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::NotAnImage), "{error}");
    assert!(inspect(&name, &OpenOptions::default()).is_err());
    // Two bytes less, and its end is none.
    let mut bytes = std::fs::read(&name).unwrap();
    bytes.drain(968..970);
    let cut = howship_formats::open_bytes(
        &bytes,
        howship_formats::Format::Dicom,
        &OpenOptions::default(),
    );
    assert_eq!(cut.unwrap_err().problem(), Some(Problem::Truncated));
}

#[test]
fn escape_sequences_of_a_header_reach_no_terminal() {
    let error = open(&case("nrrd_space_escape.nrrd"), &OpenOptions::default()).unwrap_err();
    let text = said(&error);
    assert!(
        !text.contains('\u{1b}') && text.contains("\\u{1b}"),
        "{text:?}"
    );
}

/// FORMATS.md says of every case what comes of it, and this is what comes of it.
#[test]
fn the_table_of_cases_is_true_and_whole() {
    let text = include_str!("../../FORMATS.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() == 5)
        .collect();
    let mut listed = Vec::new();
    for cells in &rows {
        let name = cells[1].trim_matches('`');
        if !case(name).exists() || name.is_empty() {
            continue;
        }
        let outcome = match open(&case(name), &OpenOptions::default()) {
            Ok(opened) if opened.source.warnings.is_empty() => "read",
            Ok(_) => "warned",
            Err(error) if error.problem() == Some(Problem::SpacingUnknown) => {
                read_with(name, &spaced(0.0607));
                "asked"
            }
            Err(_) => "refused",
        };
        assert_eq!(cells[2], outcome, "{name}");
        listed.push(name.split('/').next().unwrap().to_owned());
    }
    for entry in std::fs::read_dir(case("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(listed.contains(&name), "`{name}` is not in FORMATS.md");
    }
}
