//! Bad input: each ends in a named error with its exit code, and nothing half-written.

use crate::fixture::{Run, command, howship, measured, names, own_series, save, scan};
use howship_formats::{Format, OpenOptions, open, open_labels, write_labels};
use howship_image::{Calibration, DensityUnit, Geometry, Labels};
use std::path::Path;
use std::process::Command;

const MGHA: DensityUnit = DensityUnit::MgHaPerCm3;

/// Runs the command, and checks that the folder holds afterwards what it held before.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let before = names(folder);
    let run = howship(folder, arguments);
    run.failed(code, words);
    assert_eq!(names(folder), before, "something half-written stays");
}

#[test]
fn a_missing_file_is_66() {
    let folder = own_series();
    let arguments = ["compare", "M0.nii.gz", "no/M6.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        66,
        &["`no/M6.nii.gz` does not exist", "hint: check the path"],
    );
    refused(folder.path(), &["info", "nowhere"], 66, &["`nowhere`"]);
    refused(
        folder.path(),
        &["measure", "nowhere.dcm", "-o", "out"],
        66,
        &["`nowhere.dcm`"],
    );
}

#[test]
fn one_visit_cannot_change() {
    let folder = own_series();
    let arguments = ["compare", "M0.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        65,
        &["`M0.nii.gz`", "one visit only", "howship measure"],
    );
}

#[test]
fn tables_beside_the_images_are_refused_by_line_and_value() {
    let folder = own_series();
    let repeats = |rows: &str, words: &[&str]| {
        std::fs::write(
            folder.path().join("p.csv"),
            format!("thing;quantity;value\n{rows}"),
        )
        .unwrap();
        let series = ["compare", "M0.nii.gz", "M6.nii.gz", "-o", "out"];
        let arguments = [&series[..], &["--precision", "p.csv"]].concat();
        refused(
            folder.path(),
            &arguments,
            65,
            &[&["`p.csv`", "hint: "], words].concat(),
        );
    };
    // Nothing differs, so that every change would be beyond error; a size below nothing; a size of no bone.
    repeats(
        "a;volume;1.2\na;volume;1.2\n",
        &["lines 2, 3", "`volume`", "copies"],
    );
    repeats("a;width;1\na;width;-1.3\n", &["line 3", "-1.3 mm"]);
    repeats("a;volume;1e9\na;volume;2e9\n", &["line 2", "volume"]);
    repeats(
        "a;volume;1,2\na;volume;1,3\n",
        &["line 2, column `value`", "decimal comma", "`1.2`"],
    );
    repeats("a;volume\n", &["line 2", "2 cells", "3 columns"]);
    std::fs::write(folder.path().join("l.csv"), "x;y;z\n1;2;3,5\n").unwrap();
    let arguments = ["measure", "M0.nii.gz", "--lesions", "l.csv", "-o", "out"];
    let words = ["`l.csv`", "line 2, column `z`", "decimal comma"];
    refused(folder.path(), &arguments, 65, &words);
}

#[test]
fn numbers_below_zero_are_judged_as_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for (line, words) in [
        (
            &["forecast", "c.toml", "--months", "-5"][..],
            &["`-5`", "from 3 to 120"][..],
        ),
        (
            &["simulate", "c.toml", "--seed", "-1"],
            &["`-1`", "from 0 to"],
        ),
        (
            &["scores", "agree", "s.csv", "--seed", "-1"],
            &["`-1`", "from 0 to"],
        ),
        (
            &["scores", "repair", "s.csv", "--chains", "-2"],
            &["`-2`", "from 1 to 64"],
        ),
    ] {
        let run = howship(folder.path(), line);
        run.failed(2, words);
        assert!(!run.stderr.contains("-- -"), "{}", run.stderr);
    }
}

#[test]
fn copies_are_no_rescans() {
    let folder = own_series();
    std::fs::copy(
        folder.path().join("M0.nii.gz"),
        folder.path().join("copy.nii.gz"),
    )
    .unwrap();
    let arguments = [
        "measure",
        "--repeat",
        "M0.nii.gz",
        "copy.nii.gz",
        "-o",
        "out",
    ];
    let words = ["no rescans", "`M0.nii.gz`", "`copy.nii.gz`", "same image"];
    refused(folder.path(), &arguments, 65, &words);
}

#[test]
fn a_truncated_file_is_named() {
    let folder = own_series();
    let path = folder.path().join("M6.nii.gz");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let arguments = ["compare", "M0.nii.gz", "M6.nii.gz", "-o", "out"];
    refused(folder.path(), &arguments, 65, &["`M6.nii.gz`", "hint: "]);
}

#[test]
fn an_empty_file_and_a_text_are_no_images() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.nii"), b"").unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"dear diary").unwrap();
    refused(
        folder.path(),
        &["measure", "empty.nii", "-o", "out"],
        65,
        &["`empty.nii`", "hint: "],
    );
    refused(
        folder.path(),
        &["measure", "notes.txt", "-o", "out"],
        65,
        &["`notes.txt`", "hint: "],
    );
    refused(
        folder.path(),
        &["measure", ".", "-o", "out"],
        65,
        &["hint: "],
    );
}

#[test]
fn an_all_zero_volume_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "M0.nii.gz", &scan([40; 3], MGHA, |_| 0.0));
    let arguments = ["measure", "M0.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        65,
        &["`M0.nii.gz`", "every voxel is 0"],
    );
}

#[test]
fn soft_tissue_alone_is_no_bone() {
    let folder = tempfile::tempdir().unwrap();
    let noise = |[x, y, z]: [usize; 3]| ((x * 31 + y * 17 + z * 7) % 23) as f32;
    save(folder.path(), "M0.nii.gz", &scan([40; 3], MGHA, noise));
    let arguments = ["measure", "M0.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        65,
        &["`M0.nii.gz`", "no bone found", "--mask"],
    );
}

#[test]
fn a_volume_without_unit_is_not_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    let value = |[x, _, _]: [usize; 3]| x as f32;
    save(
        folder.path(),
        "M0.mha",
        &scan([40; 3], DensityUnit::Arbitrary, value),
    );
    let arguments = ["measure", "M0.mha", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        65,
        &["`M0.mha`", "no density unit", "--unit"],
    );
}

#[test]
fn two_units_are_not_compared() {
    let folder = own_series();
    let opened = open(&folder.path().join("M6.nii.gz"), &OpenOptions::default()).unwrap();
    let mut other = opened.scan;
    other.unit = DensityUnit::Hounsfield;
    other.calibration = None;
    save(folder.path(), "M6.mha", &other);
    let arguments = ["compare", "M0.nii.gz", "M6.mha", "-o", "out"];
    refused(
        folder.path(),
        &arguments,
        65,
        &["`M6.mha`", "HU", "mgHA/cm³", "hint: "],
    );
}

#[test]
fn a_threshold_in_another_unit_is_refused() {
    let folder = own_series();
    let arguments = [
        "compare",
        "M0.nii.gz",
        "M6.nii.gz",
        "-o",
        "out",
        "--threshold",
        "350HU",
    ];
    refused(
        folder.path(),
        &arguments,
        65,
        &["threshold 350 HU", "mgHA/cm³", "hint: "],
    );
    let mut calibrated = scan([20; 3], MGHA, |[x, _, _]| x as f32);
    calibrated.calibration = Some(Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.519,
        density_intercept: -391.209,
    });
    save(folder.path(), "c.nii.gz", &calibrated);
    let arguments = ["measure", "c.nii.gz", "-o", "out", "--threshold", "350HU"];
    // 350 HU is 130.3 mgHA/cm³ on this scanner: said, not applied.
    refused(
        folder.path(),
        &arguments,
        65,
        &["--threshold 130.3mgHA/cm3"],
    );
    refused(
        folder.path(),
        &["measure", "c.nii.gz", "-o", "out", "--threshold", "350"],
        2,
        &["no unit"],
    );
}

#[test]
fn a_film_is_no_volume() {
    let folder = tempfile::tempdir().unwrap();
    save(
        folder.path(),
        "film.nii",
        &scan([64, 64, 1], MGHA, |[x, _, _]| x as f32),
    );
    let arguments = ["measure", "film.nii", "-o", "out"];
    refused(folder.path(), &arguments, 65, &["`film.nii`", "2-D"]);
}

/// A MetaImage is text: its header can be spoilt by hand.
fn spoilt(folder: &Path, name: &str, key: &str, value: &str) {
    save(folder, name, &scan([8; 3], MGHA, |[x, _, _]| x as f32));
    let path = folder.join(name);
    let bytes = std::fs::read(&path).unwrap();
    let start = bytes
        .windows(key.len())
        .position(|w| w == key.as_bytes())
        .unwrap();
    let end = start + bytes[start..].iter().position(|b| *b == b'\n').unwrap();
    let line = format!("{key} = {value}");
    let bytes = [&bytes[..start], line.as_bytes(), &bytes[end..]].concat();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn absurd_headers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, key, value) in [
        ("nan.mha", "TransformMatrix", "NaN 0 0 0 1 0 0 0 1"),
        ("zero.mha", "TransformMatrix", "0 0 0 0 0 0 0 0 0"),
        ("spacing.mha", "ElementSpacing", "0 -1 1e300"),
        ("size.mha", "DimSize", "4000000000 4000000000 4000000000"),
    ] {
        spoilt(folder.path(), name, key, value);
        let named = format!("`{name}`");
        refused(
            folder.path(),
            &["measure", name, "-o", "out"],
            65,
            &[&named, "hint: "],
        );
        refused(
            folder.path(),
            &["convert", name, "other.nii"],
            65,
            &[&named],
        );
    }
}

#[test]
fn an_existing_out_is_refused() {
    let folder = own_series();
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/thesis.txt"), b"years of work").unwrap();
    let plain = ["compare", "M0.nii.gz", "M6.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &plain,
        73,
        &["`out` exists already", "--force"],
    );
    let forced = ["compare", "M0.nii.gz", "M6.nii.gz", "-o", "out", "--force"];
    refused(folder.path(), &forced, 73, &["no results of Howship"]);
    assert!(folder.path().join("out/thesis.txt").exists());
}

#[test]
fn where_nothing_can_be_written_it_is_73() {
    let folder = own_series();
    std::fs::write(folder.path().join("file"), b"").unwrap();
    for out in ["file/out", "no/such/folder"] {
        let arguments = ["measure", "M0.nii.gz", "-o", out];
        refused(
            folder.path(),
            &arguments,
            73,
            &[&format!("`{out}` cannot be written"), "hint: "],
        );
    }
    refused(
        folder.path(),
        &["convert", "M0.nii.gz", "no/such.nii"],
        73,
        &["`no/such.nii`"],
    );
    refused(
        folder.path(),
        &["convert", "M0.nii.gz", "scan.jpeg"],
        73,
        &["`scan.jpeg`"],
    );
    refused(
        folder.path(),
        &["convert", "M0.nii.gz", "M6.nii.gz"],
        73,
        &["exists already"],
    );
}

#[test]
#[cfg(unix)]
fn a_read_only_folder_is_73() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = own_series();
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), b"").is_ok() {
        eprintln!("SKIPPED: this user may write to read-only folders");
        return;
    }
    refused(
        folder.path(),
        &["measure", "M0.nii.gz", "-o", "locked/out"],
        73,
        &["permission denied"],
    );
}

/// A limit on the size of files stands for a disk that fills up in the middle of writing.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_is_73_and_leaves_nothing() {
    let folder = own_series();
    let before = names(folder.path());
    let script = format!(
        "trap '' XFSZ; ulimit -f 8; exec '{}' measure M0.nii.gz -o out",
        env!("CARGO_BIN_EXE_howship")
    );
    let output = Command::new("bash")
        .current_dir(folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    Run::of(output).failed(73, &["cannot be written", "hint: "]);
    assert_eq!(names(folder.path()), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_behind_stdout_is_73() {
    let folder = own_series();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command()
        .current_dir(folder.path())
        .args(["info", "M0.nii.gz"])
        .stdout(full)
        .output()
        .unwrap();
    Run::of(output).failed(73, &["standard output", "no space left"]);
}

#[test]
fn masks_and_seeds_that_do_not_fit_are_named() {
    let folder = own_series();
    let mut far = scan([9; 3], DensityUnit::Arbitrary, |_| 1.0);
    let grid = Geometry::new(
        [9; 3],
        [0.2; 3],
        [500.0; 3],
        far.volume.geometry().direction(),
    );
    far.volume = far.volume.with_geometry(grid.unwrap()).unwrap();
    save(folder.path(), "mask.nii.gz", &far);
    save(
        folder.path(),
        "none.nii.gz",
        &scan([9; 3], DensityUnit::Arbitrary, |_| 0.0),
    );
    let with = |option: &'static str, file: &'static str| {
        ["measure", "M0.nii.gz", "-o", "out", option, file]
    };
    refused(
        folder.path(),
        &with("--mask", "mask.nii.gz"),
        65,
        &["`mask.nii.gz`", "outside the image"],
    );
    refused(
        folder.path(),
        &with("--mask", "none.nii.gz"),
        65,
        &["`none.nii.gz`", "empty"],
    );
    refused(
        folder.path(),
        &with("--mask", "gone.nii.gz"),
        66,
        &["`gone.nii.gz`"],
    );
    std::fs::write(folder.path().join("far.csv"), "x,y,z\n900,900,900\n").unwrap();
    refused(
        folder.path(),
        &with("--lesions", "far.csv"),
        65,
        &["`far.csv`", "900"],
    );
    std::fs::write(folder.path().join("bad.csv"), "a,b\n1,2\n").unwrap();
    refused(
        folder.path(),
        &with("--lesions", "bad.csv"),
        65,
        &["`bad.csv`", "column `x`"],
    );
}

#[test]
fn usage_errors_are_2() {
    let folder = own_series();
    let compare = ["compare", "M0.nii.gz", "M6.nii.gz", "-o", "out"];
    for (extra, word) in [
        (["--visits", "M0"], "1 visits named for 2 images"),
        (["--visits", "M0,soon"], "`soon` is no visit name"),
        (["--visits", "M0,M0"], "named twice"),
        (["--site", "R.MC9"], "R.MC9"),
        (["--delta", "0"], "no change that could matter"),
        (["--delta", "-1"], "`-1` is no change that could matter"),
        (["--threads", "0"], "`0` is no number of threads"),
        (["--threads", "5000"], "give 1 to 1024"),
        (["--palm", "A"], "--site"),
        (["--site", "R.PP2,R.PP2"], "twice"),
        (["--threshold", "60mgHA/cm3"], "give one from 100 to 1200"),
        (["--minimum-bone", "-2"], "no positive volume"),
        (["--unit", "furlong"], "furlong"),
        (["--spacing", "1,2"], "three"),
        (["--prior", "strong"], "strong"),
    ] {
        let arguments: Vec<&str> = compare.iter().chain(&extra).copied().collect();
        refused(folder.path(), &arguments, 2, &[word]);
    }
    let two = ["measure", "M0.nii.gz", "M6.nii.gz", "-o", "out"];
    refused(
        folder.path(),
        &two,
        2,
        &["2 images were given", "howship compare"],
    );
    // No bone is as large as that: the hint says which option asked for it.
    let large = [&compare[..], &["--minimum-bone", "1000"]].concat();
    refused(
        folder.path(),
        &large,
        65,
        &["1000 mm³", "say `--minimum-bone`"],
    );
    refused(
        folder.path(),
        &["compare", "M0.nii.gz", "M6.nii.gz"],
        2,
        &["--out"],
    );
    refused(folder.path(), &["comprae"], 2, &["compare"]);
}

#[test]
fn a_specification_that_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("spec.toml"), text).unwrap();
    let joint = ["phantom", "joint", "spec.toml", "-o", "out"];
    refused(folder.path(), &joint, 66, &["`spec.toml` does not exist"]);
    write("seed = [");
    refused(folder.path(), &joint, 65, &["`spec.toml`", "--print-spec"]);
    write("sede = 1");
    refused(folder.path(), &joint, 65, &["`spec.toml`", "sede"]);
    write("delta_mm3 = -1.0");
    refused(folder.path(), &joint, 65, &["delta_mm3"]);
}

#[test]
fn every_format_survives_a_flipped_byte() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [
        ("a.nii", Format::Nifti),
        ("a.mha", Format::MetaImage),
        ("a.nrrd", Format::Nrrd),
        ("a.aim", Format::Aim),
    ] {
        save(
            folder.path(),
            name,
            &scan([6; 3], MGHA, |[x, y, z]| (x + y + z) as f32),
        );
        let whole = std::fs::read(folder.path().join(name)).unwrap();
        for at in [0, 1, 4, 40, 41, 43, 70, 80, 120, 252] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            std::fs::write(folder.path().join(name), &bytes).unwrap();
            let run = howship(folder.path(), &["convert", name, "out.nii", "--force"]);
            assert!(
                [0, 65].contains(&run.code),
                "{format} byte {at}: {}",
                run.stderr
            );
        }
    }
}

/// Each gave `no erosion found`: a label over everything, and the same less a frame.
#[test]
fn a_mask_of_more_than_bone_is_refused_by_its_name() {
    let folder = own_series();
    let (bones, _) = open_labels(&measured().out().join("bones.nii.gz")).unwrap();
    let grid = bones.geometry().clone();
    let all = grid.size();
    let framed = |v: [usize; 3]| u32::from((0..3).all(|a| v[a] > 3 && v[a] + 4 < all[a]));
    for (name, mask, words) in [
        (
            "all.nii.gz",
            Labels::filled(grid.clone(), 1),
            ["covers 100 % of the field", "must be 0"],
        ),
        (
            "frame.nii.gz",
            Labels::from_fn(grid.clone(), framed),
            ["wider than its bone", "the value 0"],
        ),
    ] {
        write_labels(&folder.path().join(name), &mask).unwrap();
        let arguments = ["measure", "M0.nii.gz", "-o", "out", "--mask", name];
        let words = [&[name][..], &words].concat();
        refused(folder.path(), &arguments, 65, &words);
    }
}
