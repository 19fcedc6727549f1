//! What is written comes back: values to the bit, grid, unit, calibration.

use crate::said;
use crate::synthetic::{calibration, geometries, scan};
use howship_formats::{
    Error, ErrorKind, OpenOptions, Samples, WriteOptions, open, open_labels, write, write_labels,
    write_labels_with, write_mask,
};
use howship_image::{DensityUnit, Labels, Mask, Volume};

const EXTENSIONS: [&str; 7] = ["nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr", "aim"];

fn units() -> [DensityUnit; 3] {
    [
        DensityUnit::MgHaPerCm3,
        DensityUnit::Hounsfield,
        DensityUnit::Arbitrary,
    ]
}

#[test]
fn scans_come_back_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    for geometry in geometries() {
        for unit in units() {
            for (fraction, samples) in [
                (0.0, Samples::SmallestExact),
                (0.37, Samples::SmallestExact),
                (0.37, Samples::Float32),
            ] {
                for calibrated in [false, true] {
                    // To values without unit no calibration leads: counts stand in for them.
                    let unit = match unit {
                        DensityUnit::Arbitrary if calibrated => DensityUnit::Native,
                        unit => unit,
                    };
                    let mut original = scan(&geometry, unit, fraction);
                    original.calibration = calibrated.then(calibration);
                    for extension in EXTENSIONS {
                        for level in [0, 4] {
                            number += 1;
                            let path = folder.path().join(format!("v{number}.{extension}"));
                            let wide = level == 4;
                            let options = WriteOptions {
                                samples,
                                level,
                                aim_030: wide,
                                ..Default::default()
                            };
                            write(&path, &original, &options).unwrap();
                            let asked = OpenOptions {
                                to: Some(unit),
                                ..OpenOptions::default()
                            };
                            let opened = open(&path, &asked).unwrap();
                            let what =
                                format!("{extension} {unit} {fraction} {calibrated} {geometry}");
                            assert_eq!(opened.scan.unit, unit, "{what}");
                            assert_eq!(opened.scan.calibration, original.calibration, "{what}");
                            let back = opened.scan.volume;
                            assert!(
                                back.geometry().same_grid(&geometry),
                                "{what}: {:?}",
                                back.geometry()
                            );
                            if extension == "aim" && calibrated {
                                near(back.data(), original.volume.data(), &what);
                            } else {
                                assert_eq!(back.data(), original.volume.data(), "{what}");
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        number + number * 2 / 7
    );
}

/// AIM stores native counts: values that no whole count gives are rounded as floats twice.
fn near(a: &[f32], b: &[f32], what: &str) {
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-3, "{what}: {a} against {b}");
    }
}

#[test]
fn native_counts_survive_aim_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("native.aim");
    let mut original = scan(&geometries()[0], DensityUnit::Native, 0.0);
    original.calibration = Some(calibration());
    let density = original.clone().into_unit(DensityUnit::MgHaPerCm3).unwrap();
    write(&path, &density, &WriteOptions::default()).unwrap();
    let opened = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(opened.source.stored, "int16");
    assert_eq!(opened.scan.volume.data(), density.volume.data());
    let options = OpenOptions {
        to: Some(DensityUnit::Native),
        ..Default::default()
    };
    let native = open(&path, &options).unwrap().scan;
    assert_eq!(native.volume.data(), original.volume.data());
}

#[test]
fn the_unit_stated_must_not_contradict_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hu.nii.gz");
    let original = scan(&geometries()[0], DensityUnit::Hounsfield, 0.5);
    write(&path, &original, &WriteOptions::default()).unwrap();
    let ask = |unit| OpenOptions {
        unit: Some(unit),
        ..Default::default()
    };
    assert!(open(&path, &ask(DensityUnit::Hounsfield)).is_ok());
    let error = open(&path, &ask(DensityUnit::MgHaPerCm3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(said(&error).contains("HU"), "{error}");
    let plain = folder.path().join("plain.nii");
    write(
        &plain,
        &scan(&geometries()[0], DensityUnit::Arbitrary, 0.5),
        &WriteOptions::default(),
    )
    .unwrap();
    let opened = open(&plain, &ask(DensityUnit::Hounsfield)).unwrap();
    assert_eq!(opened.scan.unit, DensityUnit::Hounsfield);
    assert!(opened.source.unit_known.contains("stated"));
}

#[test]
fn labels_and_masks_come_back_in_the_smallest_type() {
    let folder = tempfile::tempdir().unwrap();
    for (largest, stored) in [
        (1u32, "uint8"),
        (255, "uint8"),
        (256, "uint16"),
        (70_000, "uint32"),
        (u32::MAX, "uint32"),
    ] {
        for extension in EXTENSIONS {
            let path = folder.path().join(format!("l{largest}.{extension}"));
            let labels: Labels = Volume::from_fn(geometries()[1].clone(), |[x, y, z]| {
                if (x + y + z) % 3 == 0 {
                    largest
                } else {
                    (x as u32).min(largest)
                }
            });
            let written = write_labels(&path, &labels);
            if extension == "aim" && largest > 32_767 {
                assert!(
                    matches!(written, Err(Error::BadInput { .. })),
                    "{written:?}"
                );
                continue;
            }
            written.unwrap();
            let (back, source) = open_labels(&path).unwrap();
            assert_eq!(back.data(), labels.data(), "{extension} {largest}");
            assert!(back.geometry().same_grid(labels.geometry()));
            if extension != "aim" {
                assert_eq!(source.stored, stored);
            }
        }
    }
    let mask: Mask = Volume::from_fn(geometries()[0].clone(), |[x, _, _]| u8::from(x > 4));
    let path = folder.path().join("mask.aim");
    write_mask(&path, &mask).unwrap();
    let (back, source) = open_labels(&path).unwrap();
    assert!(
        back.data()
            .iter()
            .zip(mask.data())
            .all(|(&a, &b)| a == u32::from(b))
    );
    assert!(source.header.iter().any(|(_, v)| v == "D1TbinCmp"));
}

#[test]
fn targets_are_not_overwritten_unless_asked_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mhd");
    let labels = Labels::filled(geometries()[0].clone(), 3);
    write_labels(&path, &labels).unwrap();
    let error = write_labels(&path, &labels).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::CannotWrite);
    let options = WriteOptions {
        overwrite: true,
        ..Default::default()
    };
    write_labels_with(&path, &labels, &options).unwrap();
    let nowhere = folder.path().join("absent").join("a.nii");
    assert!(matches!(
        write_labels(&nowhere, &labels),
        Err(Error::NoFolder { .. })
    ));
    let odd = folder.path().join("a.png");
    assert!(matches!(
        write_labels(&odd, &labels),
        Err(Error::Unwritable { .. })
    ));
    let dicom = folder.path().join("a.isq");
    assert!(matches!(
        write_labels(&dicom, &labels),
        Err(Error::Unwritable { .. })
    ));
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // The samples are named by their contents.
    let [samples, header] = &names[..] else {
        panic!("{names:?}");
    };
    assert_eq!(header, "a.mhd");
    assert!(
        samples.starts_with("a.") && samples.ends_with(".zraw"),
        "{samples}"
    );
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let geometry = howship_image::Geometry::aligned([200, 200, 40], [0.1; 3]).unwrap();
    let original = scan(&geometry, DensityUnit::MgHaPerCm3, 0.25);
    let mut files = Vec::new();
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let path = folder.path().join(format!("{threads}.nii.gz"));
        pool.install(|| write(&path, &original, &WriteOptions::default()))
            .unwrap();
        files.push(std::fs::read(path).unwrap());
    }
    assert!(files[0] == files[1] && files[1] == files[2]);
    assert!(files[0].len() > 1 << 20);
}

#[test]
fn metaimage_may_be_a_list_of_slices() {
    let folder = tempfile::tempdir().unwrap();
    for z in 0..3u8 {
        let bytes: Vec<u8> = (0..6).map(|i| 10 * z + i).collect();
        std::fs::write(folder.path().join(format!("s{z}.raw")), bytes).unwrap();
    }
    let header = "ObjectType = Image\nNDims = 3\nDimSize = 3 2 3\nElementSpacing = 1 1 2\nElementType = MET_UCHAR\n";
    for (name, data) in [
        (
            "list.mhd",
            "ElementDataFile = LIST\ns0.raw\ns1.raw\ns2.raw\n",
        ),
        ("pattern.mhd", "ElementDataFile = s%d.raw 0 2 1\n"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{header}{data}")).unwrap();
        let opened = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(opened.scan.volume.at(2, 1, 2), 25.0);
        assert_eq!(opened.scan.volume.at(0, 0, 1), 10.0);
    }
}
