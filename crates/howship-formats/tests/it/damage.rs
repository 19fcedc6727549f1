//! Cut and flipped files: always an answer, never a panic, and quickly.

use crate::fixtures::folder;
use crate::synthetic::Slice;
use howship_formats::{Format, OpenOptions, open_bytes};

/// Small limits, so that a file which claims much is refused rather than served.
fn options() -> OpenOptions {
    OpenOptions {
        spacing_mm: Some([1.0; 3]),
        max_bytes: 1 << 24,
        ..Default::default()
    }
}

fn files() -> Vec<(Format, Vec<u8>)> {
    let read = |name: &str| std::fs::read(folder().join(name)).unwrap();
    let mut isq = b"CTDATA-HEADER_V1".to_vec();
    isq.resize(512, 0);
    isq[16] = 3;
    for (at, value) in [
        (44, 6i32),
        (48, 5),
        (52, 4),
        (56, 1800),
        (60, 2000),
        (64, 2000),
        (88, 4096),
    ] {
        isq[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    isq.extend((0..240u8).flat_map(|v| [v, 0]).take(240));
    vec![
        (Format::Nifti, read("nifti1_int16.nii.gz")),
        (Format::Nifti, read("nifti1_big_float32.nii")),
        (Format::Nifti, read("nifti2_int32.nii.gz")),
        (Format::MetaImage, read("sitk.mha")),
        (Format::MetaImage, read("sitk_packed.mha")),
        (Format::Nrrd, read("ras_big.nrrd")),
        (Format::Nrrd, read("las_ascii.nrrd")),
        (Format::Aim, read("aimio_short.aim")),
        (Format::Aim, read("aimio_float.aim")),
        (Format::Aim, read("aimio_char.aim")),
        (Format::Isq, isq),
        (Format::Dicom, read("dicom_enhanced/i0.dcm")),
        (Format::Dicom, read("dicom_deflated_12bit/i0.dcm")),
        (Format::Dicom, read("dicom_rle/i0.dcm")),
        (Format::Dicom, Slice::at(0.0).bytes()),
        (Format::Tiff, read("pages.tif")),
    ]
}

#[test]
fn the_files_are_sound_before_they_are_damaged() {
    for (format, bytes) in files() {
        match open_bytes(&bytes, format, &options()) {
            Ok(opened) => assert_eq!(opened.scan.volume.size(), [6, 5, 4], "{format}"),
            // A single slice.
            Err(e) => assert_eq!(
                e.problem(),
                Some(howship_formats::Problem::TwoDimensional),
                "{e}"
            ),
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    for (format, bytes) in files() {
        let sound = open_bytes(&bytes, format, &options()).ok();
        for length in 0..bytes.len() {
            // Of a number in text the last digits may be missing unseen.
            let in_last_number = bytes.starts_with(b"NRRD") && length + 4 > bytes.len();
            if let Ok(opened) = open_bytes(&bytes[..length], format, &options()) {
                // Only what nobody needs may be cut off: padding, checksums, trailing blanks.
                let sound = sound
                    .as_ref()
                    .expect("a cut file is read where the whole is not");
                assert!(
                    in_last_number || opened.scan == sound.scan,
                    "{format} cut to {length} of {}",
                    bytes.len()
                );
            }
        }
    }
}

#[test]
fn every_flip_ends() {
    // A fixed sequence: Knuth's MMIX generator.
    let mut state = 0x5eed_u64;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut read, mut refused) = (0, 0);
    for (format, bytes) in files() {
        // Every bit of the first bytes, where the structure is, then random ones everywhere.
        let mut flips: Vec<Vec<usize>> = (0..bytes.len().min(400) * 8)
            .step_by(3)
            .map(|b| vec![b])
            .collect();
        flips.extend((0..600).map(|_| (0..1 + next(8)).map(|_| next(bytes.len() * 8)).collect()));
        for flip in flips {
            let mut damaged = bytes.clone();
            for bit in flip {
                damaged[bit / 8] ^= 1 << (bit % 8);
            }
            match open_bytes(&damaged, format, &options()) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        read > 1000 && refused > 1000,
        "{read} read, {refused} refused"
    );
}
