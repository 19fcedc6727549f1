//! The examples of every `--help` run as they are printed.

use crate::films_compare;
use crate::fixture::{
    Run, command, compared, copy_folder, measured, own_series, save as save_scan,
};
use crate::scores_table::{Study, csv, save};
use howship_formats::{OpenOptions, WriteOptions, open, write, write_film};
use howship_image::{Calibration, DensityUnit, Film, FilmScale, Scan};
use std::path::Path;
use std::process::Command;

const OF_VOLUMES: [&str; 10] = [
    "completions",
    "man",
    "info",
    "convert",
    "compare",
    "measure",
    "phantom",
    "phantom joint",
    "phantom insert",
    "bench",
];
const OF_DEMO: [&str; 2] = ["demo", "phantom film"];
const OF_SCORES: [&str; 8] = [
    "phantom readers",
    "scores schemes",
    "scores validate",
    "scores totals",
    "scores agree",
    "scores change",
    "scores repair",
    "scores trial",
];
const OF_MECHANISM: [&str; 3] = ["simulate", "forecast", "power"];

/// Minutes each, or of volumes that take minutes to make; that their arguments are understood is tested with files
/// that are not there.
const TOO_LONG: [&str; 7] = [
    "howship demo",
    "howship phantom joint joint.toml",
    "howship compare series/",
    "howship phantom insert",
    "howship bench",
    "howship phantom film",
    "howship forecast case.toml --",
];

/// Lines of a command's help that begin with `howship`, wide enough that none is broken.
fn examples(of: &str) -> Vec<String> {
    let mut help = command();
    help.args(of.split(' ')).arg("--help").env("COLUMNS", "400");
    let run = Run::of(help.output().unwrap());
    run.succeeded();
    let lines = run.stdout.lines().map(str::trim);
    lines
        .filter(|l| l.starts_with("howship "))
        .map(str::to_owned)
        .collect()
}

/// Whether an example takes too long for a test; the small demo does not.
fn takes_long(example: &str) -> bool {
    let is = |long: &&str| example.starts_with(*long) && !example.contains("--print-spec");
    TOO_LONG.iter().any(is) && !example.contains("--small")
}

fn shell(folder: &Path, line: &str) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_howship")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .current_dir(folder)
        .args(["-c", line])
        .env("PATH", format!("{}:{path}", program.display()))
        .output();
    Run::of(output.unwrap())
}

/// The same joint once more: a rescan is no copy.
fn rescanned(scan: &Scan) -> Scan {
    let mut second = scan.clone();
    let mut state = 1_u32;
    for value in second.volume.data_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value += ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 300.0;
    }
    second
}

/// Everything that the examples of volumes name.
fn volumes(folder: &Path) {
    let mut scan = open(&folder.join("M0.nii.gz"), &OpenOptions::default())
        .unwrap()
        .scan;
    let calibration = Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.519,
        density_intercept: -391.209,
    };
    scan.calibration = Some(calibration);
    for name in ["scan.aim", "first.aim"] {
        save_scan(folder, name, &scan);
    }
    save_scan(folder, "second.aim", &rescanned(&scan));
    let later = open(&folder.join("M6.nii.gz"), &OpenOptions::default()).unwrap();
    save_scan(folder, "M12.nii.gz", &rescanned(&later.scan));
    std::fs::copy(folder.join("M0.nii.gz"), folder.join("joint.nii.gz")).unwrap();
    let mut counts = scan.into_unit(DensityUnit::Hounsfield).unwrap();
    counts.unit = DensityUnit::Arbitrary;
    counts.calibration = None;
    write(&folder.join("hu.mha"), &counts, &WriteOptions::default()).unwrap();
    let pages = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../howship-formats/tests/fixtures/pages.tif"
    );
    std::fs::copy(pages, folder.join("pages.tif")).unwrap();
    let grey = (0..60 * 40).map(|v| (v % 977) as f32).collect();
    let film = Film::new(60, 40, grey, FilmScale::Unknown).unwrap();
    write_film(&folder.join("hand.png"), &film, false).unwrap();
    let found = measured().out();
    std::fs::copy(found.join("bones.nii.gz"), folder.join("mask.nii.gz")).unwrap();
    let text = std::fs::read_to_string(found.join("verdicts.json")).unwrap();
    let found: howship_change::VerdictFile = serde_json::from_str(&text).unwrap();
    let [x, y, z] = found.lesions[0].centroid_mm;
    save(folder, "seeds.csv", format!("x,y,z\n{x},{y},{z}\n"));
}

/// Everything that the examples of scores name.
fn scores(folder: &Path) {
    let study = Study {
        visits: vec![("M0", 0), ("M12", 365), ("M24", 730)],
        readers: vec!["R1", "R2", "R3"],
        ..Study::default()
    };
    save(folder, "scores.csv", csv(&study).replace("\nP", "\nS"));
    let mut centres = String::from("subject,stratum\n");
    for s in 0..study.subjects {
        centres.push_str(&format!("S{s:03},{}\n", ["north", "south"][s as usize % 2]));
    }
    save(folder, "centres.csv", centres);
    let mut ratings = String::from("subject,reader,score\n");
    let mut sums = String::from("subject,visit,reader,score\n");
    for s in 0..12 {
        for (r, reader) in ["A", "B"].iter().enumerate() {
            let score = 3 * s + (s + 2 * r) % 3;
            ratings.push_str(&format!("p{s},{reader},{score}\n"));
            for (v, visit) in ["M0", "M12"].iter().enumerate() {
                let now = score + v * (s % 4);
                sums.push_str(&format!("p{s},{visit},{reader},{now}\n"));
            }
        }
    }
    save(folder, "ratings.csv", ratings);
    save(folder, "sums.csv", sums);
    save(
        folder,
        "mine.toml",
        "id = \"mine\"\nname = \"Mine\"\nsource = \"made up\"\n\
         [[feature]]\ncode = \"erosion\"\ntitle = \"erosion\"\n\
         [[score]]\nfeature = \"erosion\"\nsites = [\"MCP2\", \"MCP3\"]\nmax = 9\n",
    );
    save(
        folder,
        "wide.csv",
        "Patient,Visit,Reader,L_MCP2_ero,R_MCP2_ero\na,M0,A,1,0\na,M0,B,1,1\nb,M0,A,2,0\nb,M0,B,3,0\n",
    );
    // As in the README.
    save(
        folder,
        "columns.toml",
        "[columns]\nsubject = \"Patient\"\nvisit = \"Visit\"\nreader = \"Reader\"\n\
         [constants]\nscheme = \"svdh-hands\"\n[values.feature]\nero = \"erosion\"\n\
         [[wide]]\ncolumns = \"{side}_{site}_{feature}\"\nside = \"{side}\"\nsite = \"{site}\"\n\
         feature = \"{feature}\"\n",
    );
}

/// A record of the patient whose scans were compared into `patient7`: a lesion of the result by its id.
fn patient7(folder: &Path) {
    copy_folder(&compared().out(), &folder.join("patient7"));
    let text = std::fs::read_to_string(folder.join("patient7/verdicts.json")).unwrap();
    let found: howship_change::VerdictFile = serde_json::from_str(&text).unwrap();
    let lesion = found.lesions.iter().find(|l| !l.course.is_empty());
    let lesion = lesion.unwrap();
    let record = format!(
        "[subject]\nid = 'patient 7'\n[[therapy]]\ndrug = 'adalimumab'\ndose = '40 mg'\ninterval = '2 wk'\nstart = 'M0'\n\
         [[activity]]\nvisit = 'M0'\ndas28 = 5.4\nkind = 'crp4'\n\
         [[lesion]]\nsite = '{}'\nobserved_id = {}\n\
         [[imaging]]\nvisit = 'M18'\nmodality = 'hr-pqct'\n",
        lesion.bone, lesion.id
    );
    save(folder, "patient7.toml", record);
}

/// Runs every example of these commands in a folder, one after the other: what one writes another reads.
#[track_caller]
fn run_as_printed(folder: &Path, commands: &[&str], at_least: usize) {
    let mut ran = 0;
    for of in commands {
        let all = examples(of);
        assert!(*of == "phantom" || !all.is_empty(), "`{of}` has no example");
        for example in all {
            assert!(
                example.len() <= 98,
                "an eighty-column page breaks `{example}`"
            );
            if takes_long(&example) {
                continue;
            }
            let run = shell(folder, &example);
            assert_eq!(run.code, 0, "`{example}`: {}", run.stderr);
            ran += 1;
        }
    }
    assert!(ran >= at_least, "{ran} examples ran");
}

#[test]
fn examples_of_volumes_run_as_printed() {
    let folder = own_series();
    volumes(folder.path());
    films_compare::example(folder.path());
    run_as_printed(folder.path(), &OF_VOLUMES, 12);
}

#[test]
fn examples_of_demo_run_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    run_as_printed(folder.path(), &OF_DEMO, 2);
}

#[test]
fn examples_of_scores_run_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    scores(folder.path());
    run_as_printed(folder.path(), &OF_SCORES, 15);
}

#[test]
fn examples_of_the_mechanism_run_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    patient7(folder.path());
    run_as_printed(folder.path(), &OF_MECHANISM, 10);
}

#[test]
fn examples_that_take_long_are_understood() {
    let empty = tempfile::tempdir().unwrap();
    let commands = [&OF_VOLUMES[..], &OF_DEMO, &OF_SCORES, &OF_MECHANISM].concat();
    for of in commands {
        for example in examples(of).iter().filter(|e| takes_long(e)) {
            // What needs no file would begin to work.
            let begins = ["demo", "bench", "phantom film -"];
            let begins = begins.map(|b| example.starts_with(&format!("howship {b}")));
            if begins.contains(&true) {
                continue;
            }
            let run = shell(empty.path(), example);
            assert_eq!(run.code, 66, "`{example}`: {}", run.stderr);
        }
    }
}
