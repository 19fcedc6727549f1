//! Each bad file ends in an error of its class that names the file and what to do.

use crate::fixtures::folder;
use crate::said;
use howship_formats::{Error, ErrorKind, Format, OpenOptions, Problem, open, open_bytes};
use std::path::Path;

fn problem_of(path: &Path, options: &OpenOptions) -> Problem {
    let error = open(path, options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput, "{error}");
    let text = said(&error);
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(text.contains(&*name), "{text}");
    assert!(text.contains("; "), "no advice: {text}");
    error.problem().unwrap()
}

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn nifti() -> Vec<u8> {
    std::fs::read(folder().join("nifti1_big_uint8.nii")).unwrap()
}

/// The header above with a field changed (big endian).
fn changed(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut out = nifti();
    out[at..at + bytes.len()].copy_from_slice(bytes);
    out
}

fn of(name: &str, bytes: &[u8]) -> Problem {
    let (_folder, path) = written(name, bytes);
    problem_of(&path, &OpenOptions::default())
}

#[test]
fn files_that_are_no_images() {
    assert_eq!(of("a.nii", b""), Problem::Empty);
    assert_eq!(of("a.txt", b"The quick brown fox"), Problem::NotAnImage);
    assert_eq!(of("a.png", b"\x89PNG\r\n\x1a\n"), Problem::NotAnImage);
    assert_eq!(of("a.nii", b"no header at all"), Problem::Corrupt);
    assert_eq!(of("a.gz", &[0x1f, 0x8b, 8, 0]), Problem::NotAnImage);
    let missing = open(Path::new("/nowhere/a.nii"), &OpenOptions::default()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        problem_of(empty.path(), &OpenOptions::default()),
        Problem::NotAnImage
    );
}

#[test]
fn a_wrong_extension_is_read_by_content_with_a_warning() {
    let (_folder, path) = written("volume.mha", &nifti());
    let opened = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(opened.source.format, Format::Nifti);
    assert!(
        opened
            .source
            .warnings
            .iter()
            .any(|w| w.contains("MetaImage"))
    );
}

#[test]
fn absurd_nifti_headers() {
    assert_eq!(
        of("a.nii", &changed(40, &2i16.to_be_bytes())),
        Problem::TwoDimensional
    );
    assert_eq!(
        of("a.nii", &changed(46, &1i16.to_be_bytes())),
        Problem::TwoDimensional
    );
    assert_eq!(
        of("a.nii", &changed(40, &9i16.to_be_bytes())),
        Problem::Corrupt
    );
    assert_eq!(
        of("a.nii", &changed(42, &(-3i16).to_be_bytes())),
        Problem::Corrupt
    );
    let mut series = changed(40, &4i16.to_be_bytes());
    series[48..50].copy_from_slice(&5i16.to_be_bytes());
    assert_eq!(of("a.nii", &series), Problem::Unsupported);
    assert_eq!(
        of("a.nii", &changed(70, &128i16.to_be_bytes())),
        Problem::Unsupported
    );
    assert_eq!(
        of("a.nii", &changed(70, &32i16.to_be_bytes())),
        Problem::Unsupported
    );
    // 32767^3 voxels are more than are held; 32767 x 32767 x 3 more than the file has.
    let all = [32767i16, 32767, 32767].map(i16::to_be_bytes);
    assert_eq!(
        of("a.nii", &changed(42, all.as_flattened())),
        Problem::Geometry
    );
    let wide = [32767i16, 32767, 3].map(i16::to_be_bytes);
    assert_eq!(
        of("a.nii", &changed(42, wide.as_flattened())),
        Problem::Truncated
    );
    let mut nan = nifti();
    for at in (280..328).step_by(4).chain(256..268) {
        nan[at..at + 4].copy_from_slice(&f32::NAN.to_be_bytes());
    }
    assert_eq!(of("a.nii", &nan), Problem::Geometry);
    let mut zero = nifti();
    zero[280..328].fill(0);
    zero[252..254].fill(0);
    assert_eq!(of("a.nii", &zero), Problem::Geometry);
    let mut sheared = nifti();
    sheared[252..254].fill(0);
    sheared[284..288].copy_from_slice(&5.0f32.to_be_bytes());
    assert_eq!(of("a.nii", &sheared), Problem::Tilted);
}

#[test]
fn limits_are_kept() {
    let (_folder, path) = written("a.nii", &nifti());
    let options = OpenOptions {
        max_bytes: 479,
        ..Default::default()
    };
    assert_eq!(problem_of(&path, &options), Problem::TooLarge);
    let raised = OpenOptions {
        max_bytes: 4096,
        ..Default::default()
    };
    assert!(open(&path, &raised).is_ok());
}

#[test]
fn a_small_file_that_claims_much_fails_at_once() {
    let start = std::time::Instant::now();
    let mha = "ObjectType = Image\nNDims = 3\nDimSize = 1600 1600 1600\nElementSpacing = 1 1 1\nCompressedData = True\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
    assert_eq!(of("a.mha", mha.as_bytes()), Problem::Truncated);
    let nrrd = "NRRD0004\ntype: float\ndimension: 3\nsizes: 1600 1600 1600\nspacings: 1 1 1\nencoding: ascii\n\n1 2 3";
    assert_eq!(of("a.nrrd", nrrd.as_bytes()), Problem::Truncated);
    let mut isq = b"CTDATA-HEADER_V1".to_vec();
    isq.resize(512, 0);
    for at in [44, 48, 52] {
        isq[at..at + 4].copy_from_slice(&1600i32.to_le_bytes());
        isq[at + 12..at + 16].copy_from_slice(&100_000i32.to_le_bytes());
    }
    isq[16] = 3;
    assert_eq!(of("a.isq", &isq), Problem::Truncated);
    // A gzip bomb: a header of 1600^3 floats, then zeros as far as 2 MB of gzip reach.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn a_gzip_bomb_is_stopped_by_the_limit() {
    use std::io::Write;
    let mut header = nifti();
    header.truncate(352);
    let size = [1600i16, 1600, 1600].map(i16::to_be_bytes);
    header[42..48].copy_from_slice(size.as_flattened());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&header).unwrap();
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..64 {
        gz.write_all(&zeros).unwrap();
    }
    let bomb = gz.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let (_folder, path) = written("bomb.nii.gz", &bomb);
    // Within the limit: it ends where its data does. Beyond: nothing is decompressed.
    assert_eq!(
        problem_of(
            &path,
            &OpenOptions {
                max_bytes: 20 << 30,
                ..Default::default()
            }
        ),
        Problem::Truncated
    );
    assert_eq!(
        problem_of(
            &path,
            &OpenOptions {
                max_bytes: 1 << 30,
                ..Default::default()
            }
        ),
        Problem::TooLarge
    );
}

#[test]
fn headers_that_point_elsewhere() {
    let head = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementSpacing = 1 1 1\nElementType = MET_UCHAR\nElementDataFile = ";
    for target in ["/etc/passwd", "../a.raw", ""] {
        let problem = of("a.mhd", format!("{head}{target}\n").as_bytes());
        assert_eq!(problem, Problem::Unsupported, "{target}");
    }
    let (_folder, path) = written("a.mhd", format!("{head}absent.raw\n").as_bytes());
    let error = open(&path, &OpenOptions::default()).unwrap_err();
    assert!(
        matches!(&error, Error::NotFound { path } if path.ends_with("absent.raw")),
        "{error}"
    );
    let bytes = format!("{head}absent.raw\n");
    assert!(open_bytes(bytes.as_bytes(), Format::MetaImage, &OpenOptions::default()).is_err());
}

#[test]
fn text_headers_with_nonsense() {
    let mha = |line: &str| {
        let text = format!(
            "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\n{line}\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n12345678"
        );
        of("a.mha", text.as_bytes())
    };
    assert_eq!(mha("HeaderSize = 0"), Problem::SpacingUnknown);
    assert_eq!(mha("ElementSpacing = 1 1"), Problem::Corrupt);
    assert_eq!(mha("ElementSpacing = 0 1 1"), Problem::Geometry);
    assert_eq!(mha("ElementSpacing = nan 1 1"), Problem::Geometry);
    assert_eq!(
        mha("ElementSpacing = 1 1 1\nTransformMatrix = 0 0 0 0 0 0 0 0 0"),
        Problem::Geometry
    );
    assert_eq!(
        mha("ElementSpacing = 1 1 1\nElementNumberOfChannels = 3"),
        Problem::Unsupported
    );
    assert_eq!(
        mha("ElementSpacing = 1 1 1\nDensityUnit = bananas"),
        Problem::Unit
    );
    let nrrd = |line: &str| {
        let text =
            format!("NRRD0004\ntype: uchar\nsizes: 2 2 2\nencoding: raw\n{line}\n\n12345678");
        of("a.nrrd", text.as_bytes())
    };
    assert_eq!(nrrd("dimension: 3"), Problem::SpacingUnknown);
    assert_eq!(nrrd("dimension: 2"), Problem::TwoDimensional);
    assert_eq!(nrrd("dimension: 4"), Problem::Unsupported);
    assert_eq!(nrrd("dimension: 3\nspacings: 1 nan 1"), Problem::Geometry);
    assert_eq!(
        nrrd("dimension: 3\nspace: LPS\nspace directions: (0,0,0) (0,1,0) (0,0,1)"),
        Problem::Geometry
    );
    assert_eq!(
        nrrd("dimension: 3\nspace directions: none (0,1,0) (0,0,1)"),
        Problem::Corrupt
    );
}

#[test]
fn a_segmentation_in_layers_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bones.seg.nrrd");
    let header = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 2 2\nkinds: list domain domain domain\nencoding: raw\nSegment0_ID:=a\nSegment0_Layer:=0\n\n";
    std::fs::write(&path, [header.as_bytes(), &[0; 16]].concat()).unwrap();
    let error = howship_formats::open(&path, &OpenOptions::default()).unwrap_err();
    let text = said(&error);
    assert!(
        text.contains("layers") && text.contains("labelmap"),
        "{text}"
    );
}

#[test]
fn tiff_needs_a_spacing_and_a_volume() {
    let pages = folder().join("pages.tif");
    assert_eq!(
        problem_of(&pages, &OpenOptions::default()),
        Problem::SpacingUnknown
    );
    let error = open(&pages, &OpenOptions::default()).unwrap_err();
    assert!(said(&error).contains("--spacing"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write anywhere.
    if std::fs::write(folder.path().join("probe"), "").is_ok() {
        eprintln!("SKIPPED: permissions do not bind this user");
        return;
    }
    let grid = howship_image::Geometry::aligned([2, 2, 2], [1.0; 3]).unwrap();
    let labels = howship_image::Labels::filled(grid, 1);
    let error = howship_formats::write_labels(&folder.path().join("a.nii"), &labels).unwrap_err();
    assert!(matches!(error, Error::WriteDenied { .. }), "{error}");
}
