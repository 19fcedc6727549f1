//! A small phantom series, made once, and the program run on it.

use howship_formats::{WriteOptions, write};
use howship_image::{DensityUnit, Geometry, Scan, Volume};
use howship_phantom::{JointSpec, render_visit};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

/// What came of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ended with this code, and says each of these words on stderr.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}", self.stderr);
        assert!(self.stderr.contains("error: "), "{}", self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no `{word}` in: {}",
                self.stderr
            );
        }
    }

    #[track_caller]
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, 0, "{}", self.stderr);
    }
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_howship"))
}

/// Runs `howship` in a folder.
pub(crate) fn howship(folder: &Path, arguments: &[&str]) -> Run {
    let output = command().current_dir(folder).args(arguments).output();
    Run::of(output.unwrap())
}

/// Folder with M0.nii.gz and M6.nii.gz: two bones, an erosion that heals and one that is stable.
pub(crate) fn series() -> &'static Path {
    static SERIES: OnceLock<TempDir> = OnceLock::new();
    SERIES
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let mut spec = JointSpec::small(0.14);
            spec.scanner.supersampling = 1;
            for visit in 0..2 {
                let rendered = render_visit(&spec, visit).unwrap();
                let path = folder.path().join(format!("{}.nii.gz", rendered.name));
                write(&path, &rendered.scan, &WriteOptions::default()).unwrap();
            }
            folder
        })
        .path()
}

/// A result of the series, made once, and what the program said: folder with the series and `out`.
pub(crate) struct Result {
    folder: TempDir,
    pub(crate) run: Run,
}

impl Result {
    fn of(arguments: &[&str]) -> Self {
        let folder = own_series();
        let run = howship(folder.path(), &[arguments, &["-o", "out"]].concat());
        run.succeeded();
        Self { folder, run }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

/// How the series is compared, but for the threads.
pub(crate) const COMPARE: [&str; 8] = [
    "compare",
    "M0.nii.gz",
    "M6.nii.gz",
    "--site",
    "R.PP2,R.MC2",
    "--subject",
    "P7",
    "--resampled",
];

/// The series compared with two threads.
pub(crate) fn compared() -> &'static Result {
    static COMPARED: OnceLock<Result> = OnceLock::new();
    COMPARED.get_or_init(|| Result::of(&[&COMPARE[..], &["--threads", "2"]].concat()))
}

/// The baseline measured, its result printed too.
pub(crate) fn measured() -> &'static Result {
    static MEASURED: OnceLock<Result> = OnceLock::new();
    MEASURED.get_or_init(|| Result::of(&["measure", "M0.nii.gz", "--json"]))
}

/// Copies a result, or what else lies in a folder, with all that is below it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    for (name, bytes) in contents(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The series in a folder of its own, to be spoilt.
pub(crate) fn own_series() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["M0.nii.gz", "M6.nii.gz"] {
        std::fs::copy(series().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Names in a folder, sorted; hidden ones too, so that nothing half-written escapes.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Every file below a folder with its bytes, sorted by path.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                files.push((path.strip_prefix(folder).unwrap().to_owned(), bytes));
            }
        }
    }
    files.sort();
    files
}

/// A volume of this size computed voxel by voxel.
pub(crate) fn scan(
    size: [usize; 3],
    unit: DensityUnit,
    value: impl FnMut([usize; 3]) -> f32,
) -> Scan {
    let grid = Geometry::aligned(size, [0.2; 3]).unwrap();
    Scan {
        volume: Volume::from_fn(grid, value),
        unit,
        known: howship_image::UnitKnown::Written,
        calibration: None,
    }
}

pub(crate) fn save(folder: &Path, name: &str, scan: &Scan) {
    write(&folder.join(name), scan, &WriteOptions::default()).unwrap();
}
