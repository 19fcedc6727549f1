//! `howship compare` on films: what comes out, and every kind of film that does not belong.

#[allow(dead_code, reason = "the tests of formats use the rest of it")]
#[path = "../../../howship-formats/tests/it/films/made.rs"]
mod made;

use crate::fixture::{howship, save, scan};
use howship_change::{FilmVerdictFile, Verdict};
use howship_film::{Landmark, LandmarkSource, Landmarks};
use howship_formats::write_film;
use howship_image::{DensityUnit, Film, FilmFacts, FilmScale, Known, Laterality, ScaleSource};
use howship_phantom::film::{FilmLesionSpec, JointFilm, JointFilmSpec, JointFilmVisit};
use made::MadeFilm;
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A joint at two visits: an erosion of its proximal bone grows to twice its depth. Rendered once.
pub(crate) fn joint() -> &'static (Vec<Film>, Vec<[f64; 2]>) {
    static JOINT: OnceLock<(Vec<Film>, Vec<[f64; 2]>)> = OnceLock::new();
    JOINT.get_or_init(|| {
        let visit = |name: &str, turn: f64| JointFilmVisit {
            name: name.to_owned(),
            in_plane_deg: turn,
            ..JointFilmVisit::default()
        };
        let spec = JointFilmSpec {
            proximal_lesions: vec![FilmLesionSpec {
                along_mm: 3.0,
                depth_mm: 1.4,
                depth_course: vec![1.0, 2.0],
                ..FilmLesionSpec::default()
            }],
            visits: vec![visit("M0", 0.0), visit("M12", 1.5)],
            ray_mm: 0.1,
            ..JointFilmSpec::default()
        };
        let phantom = JointFilm::new(&spec).unwrap();
        (0..2)
            .map(|v| {
                let made = phantom.render(v).unwrap();
                let truth = phantom.truth(v).unwrap();
                let scale = FilmScale::known([made.pixel_mm; 2], ScaleSource::AtDetector);
                let [width, height] = made.size_px;
                let film = Film::new(width, height, made.values, scale).unwrap();
                (film, truth.centre_px)
            })
            .unzip()
    })
}

/// The joint's films and landmarks in a folder, changed before they are written.
pub(crate) fn folder(change: impl Fn(usize, Film) -> Film) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (films, centres) = joint();
    let names = ["M0.png", "M12.png"];
    for (v, film) in films.iter().enumerate() {
        let film = change(v, film.clone());
        write_film(&folder.path().join(names[v]), &film, false).unwrap();
    }
    landmarks(folder.path(), &names, centres);
    folder
}

pub(crate) fn landmarks(folder: &Path, names: &[&str], centres: &[[f64; 2]]) {
    let all = names
        .iter()
        .zip(centres)
        .map(|(name, [x, y])| Landmark {
            film: (*name).to_owned(),
            hand: 1,
            side: None,
            joint: "MCP2".to_owned(),
            x: *x,
            y: *y,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        })
        .collect();
    let text = Landmarks::new(all).unwrap().to_json().unwrap();
    std::fs::write(folder.join("joints.json"), text).unwrap();
}

/// The films and landmarks that the examples of the help name.
pub(crate) fn example(folder: &Path) {
    let (films, centres) = joint();
    std::fs::create_dir(folder.join("hand")).unwrap();
    let names = ["M0.png", "M12.png"];
    for (name, film) in names.iter().zip(films) {
        write_film(&folder.join("hand").join(name), film, false).unwrap();
    }
    landmarks(folder, &names, centres);
}

pub(crate) const ARGUMENTS: [&str; 7] = [
    "compare",
    "M0.png",
    "M12.png",
    "--landmarks",
    "joints.json",
    "-o",
    "out",
];

pub(crate) fn result(folder: &Path) -> FilmVerdictFile {
    let text = std::fs::read_to_string(folder.join("out/verdicts.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn side(side: Laterality) -> FilmFacts {
    FilmFacts {
        laterality: Some(Known::new(side, "ImageLaterality")),
        ..FilmFacts::default()
    }
}

#[test]
fn a_joint_on_two_films_gives_a_whole_result() {
    let folder = folder(|_, film| film);
    let run = howship(folder.path(), &ARGUMENTS);
    run.succeeded();
    let file = result(folder.path());
    assert_eq!(file.schema, howship_change::FILM_SCHEMA);
    let [joint] = &file.joints[..] else {
        panic!("{} joints", file.joints.len());
    };
    assert_eq!(joint.joint.refused, None, "{:?}", joint.joint);
    assert_eq!(joint.joint.unit, "mm at the detector");
    assert_eq!(joint.films, ["M0.png", "M12.png"]);
    // The erosion grows: nothing may call it healing, and the space did not change.
    assert_eq!(file.count(Verdict::Healing), 0);
    let narrowing = joint.joint.narrowing.last().unwrap();
    // What is not decided says why on the terminal too, also where it was measured.
    assert_eq!(narrowing.verdict, Verdict::Uncertain);
    let why = format!("joint space uncertain: {}", narrowing.reason);
    assert!(run.stdout.contains(&why), "{}", run.stdout);
    let change = narrowing.change.as_ref().unwrap();
    assert!(
        change.interval[0] <= 0.0 && change.interval[1] >= 0.0,
        "{change:?}"
    );
    for name in [
        "report.html",
        "joints.csv",
        "registration.json",
        "landmarks.json",
    ] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for words in ["film report", "MCP2", "Flicker", "mm at the detector"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<script"));
    let table = std::fs::read_to_string(folder.path().join("out/joints.csv")).unwrap();
    for quantity in [",joint_space,", ",narrowing,"] {
        assert!(table.lines().any(|l| l.contains(quantity)), "{quantity}");
    }
    // The same again is the same, byte for byte, for another number of threads.
    let again = howship(
        folder.path(),
        &[
            "compare",
            "M0.png",
            "M12.png",
            "--landmarks",
            "joints.json",
            "-o",
            "again",
            "--threads",
            "1",
        ],
    );
    again.succeeded();
    for name in ["verdicts.json", "report.html", "joints.csv"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(read("out") == read("again"), "{name}");
    }
}

#[test]
fn without_millimetres_everything_is_in_pixels() {
    let folder = folder(|_, film| film.with_scale(FilmScale::Unknown).unwrap());
    howship(folder.path(), &ARGUMENTS).succeeded();
    let file = result(folder.path());
    assert_eq!(file.joints[0].joint.unit, "px");
    let text = std::fs::read_to_string(folder.path().join("out/joints.csv")).unwrap();
    assert!(text.contains(",px,") && !text.contains(",mm"));
    // Stated, they are in millimetres.
    let mut stated = ARGUMENTS.to_vec();
    stated.extend(["--film-spacing", "0.1", "--force"]);
    howship(folder.path(), &stated).succeeded();
    assert_eq!(result(folder.path()).joints[0].joint.unit, "mm");
}

#[test]
fn films_that_know_millimetres_and_films_that_do_not_are_not_mixed() {
    let folder = folder(|v, film| match v {
        0 => film,
        _ => film.with_scale(FilmScale::Unknown).unwrap(),
    });
    howship(folder.path(), &ARGUMENTS).succeeded();
    let joint = &result(folder.path()).joints[0].joint;
    let refused = joint.visits.iter().filter_map(|v| v.refused.clone());
    let said: Vec<String> = refused.chain(joint.refused.clone()).collect();
    assert!(!said.is_empty(), "{joint:?}");
    assert!(joint.narrowing.iter().all(|n| n.change.is_none()));
}

#[test]
fn a_clipped_joint_is_refused_and_has_no_change() {
    let folder = folder(|_, film| film);
    let (_, centres) = joint();
    landmarks(
        folder.path(),
        &["M0.png", "M12.png"],
        &[[5.0, 8.0], centres[1]],
    );
    howship(folder.path(), &ARGUMENTS).succeeded();
    let joint = &result(folder.path()).joints[0].joint;
    let said: Vec<String> = joint
        .visits
        .iter()
        .filter_map(|v| v.refused.clone())
        .chain(joint.refused.clone())
        .collect();
    assert!(said.iter().any(|s| s.contains("clipped")), "{said:?}");
    assert!(joint.narrowing.iter().all(|n| n.change.is_none()));
    assert!(
        joint
            .erosions
            .iter()
            .all(|e| e.verdict.verdict == Verdict::Uncertain)
    );
}

#[test]
fn left_against_right_is_refused() {
    let folder = folder(|v, film| film.with_facts(side([Laterality::Left, Laterality::Right][v])));
    howship(folder.path(), &ARGUMENTS).failed(65, &["left against right", "M12.png"]);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn sides_that_names_say_must_agree() {
    let folder = folder(|_, film| film);
    let here = folder.path();
    let (_, centres) = joint();
    for (names, more, says) in [
        (["M0_R.png", "M12_L.png"], &[][..], "name of `M0_R.png`"),
        (
            ["M0_R.png", "M12_L.png"],
            &["--side", "R"],
            "stated by the reader",
        ),
        (
            ["M0_left.png", "M12.png"],
            &["--side", "R"],
            "stated by the reader",
        ),
    ] {
        for (old, new) in ["M0.png", "M12.png"].iter().zip(names) {
            std::fs::copy(here.join(old), here.join(format!("x{new}"))).unwrap();
            std::fs::rename(here.join(format!("x{new}")), here.join(new)).unwrap();
        }
        landmarks(here, &names, centres);
        let words = [
            "compare",
            names[0],
            names[1],
            "--landmarks",
            "joints.json",
            "-o",
            "out",
        ];
        let words: Vec<&str> = words.iter().chain(more).copied().collect();
        howship(here, &words).failed(65, &["its name says", says]);
    }
}

#[test]
fn one_visit_one_film_twice_and_the_wrong_order_are_refused() {
    let folder = folder(|_, film| film);
    let here = folder.path();
    let run = |images: &[&str], more: &[&str]| {
        let mut all = vec!["compare"];
        all.extend(images);
        all.extend(["--landmarks", "joints.json", "-o", "out"]);
        all.extend(more);
        howship(here, &all)
    };
    run(&["M0.png"], &[]).failed(65, &["one visit"]);
    run(&["M0.png", "M12.png"], &["--visits", "M6,M6"]).failed(65, &["one visit (M6)"]);
    run(&["M12.png", "M0.png"], &[]).failed(65, &["order"]);
    run(&["M0.png", "M12.png"], &["--visits", "M0"]).failed(2, &["1 visits named for 2"]);
    std::fs::copy(here.join("M0.png"), here.join("M6.png")).unwrap();
    let (_, centres) = joint();
    landmarks(here, &["M0.png", "M6.png"], &[centres[0], centres[0]]);
    run(&["M0.png", "M6.png"], &[]).failed(65, &["same film", "M6.png"]);
    // The same pixels in another packing.
    write_film(&here.join("M6.tif"), &joint().0[0], false).unwrap();
    run(&["M0.png", "M6.tif"], &[]).failed(65, &["same film", "M6.tif"]);
    // Landmarks of a film that is not there, and no landmarks at all.
    run(&["M0.png", "M12.png"], &[]).failed(65, &["joints.json", "M6.png"]);
    howship(here, &["compare", "M0.png", "M12.png", "-o", "out"]).failed(65, &["--landmarks"]);
    assert!(!here.join("out").exists());
}

#[test]
fn what_is_no_film_among_films_is_named() {
    let folder = folder(|_, film| film);
    let here = folder.path();
    let compare = |image: &str| {
        howship(
            here,
            &[
                "compare",
                "M0.png",
                image,
                "--visits",
                "M0,M12",
                "--landmarks",
                "joints.json",
                "-o",
                "out",
            ],
        )
    };
    save(
        here,
        "volume.nii.gz",
        &scan([8, 8, 8], DensityUnit::MgHaPerCm3, |[x, _, _]| x as f32),
    );
    compare("volume.nii.gz").failed(65, &["volume.nii.gz", "no film"]);
    let size = 40 * 40;
    let png = |name: &str, kind: png::ColorType, data: &[u8]| {
        let file = std::fs::File::create(here.join(name)).unwrap();
        let mut encoder = png::Encoder::new(file, 40, 40);
        encoder.set_color(kind);
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(data)
            .unwrap();
    };
    png("blank.png", png::ColorType::Grayscale, &vec![9; size]);
    compare("blank.png").failed(65, &["blank.png", "blank"]);
    let saturated: Vec<u8> = (0..size)
        .map(|i| if i < 30 { i as u8 } else { 255 })
        .collect();
    png("white.png", png::ColorType::Grayscale, &saturated);
    compare("white.png").failed(65, &["white.png", "saturated"]);
    let photo: Vec<u8> = (0..size)
        .flat_map(|i| [(i % 251) as u8, 90, (255 - i % 251) as u8])
        .collect();
    png("photo.png", png::ColorType::Rgb, &photo);
    compare("photo.png").failed(65, &["photo.png", "colour"]);
    assert!(!here.join("out").exists());
}

#[test]
fn dicom_films_of_another_part_view_or_patient_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let write =
        |name: &str, film: &MadeFilm| std::fs::write(here.join(name), film.bytes()).unwrap();
    let other = |film: MadeFilm| film.pixels((0..24).map(|v| v * 90 + 7));
    write("M0.dcm", &MadeFilm::new());
    write(
        "chest.dcm",
        &other(MadeFilm::new().with(0x18, 0x15, b"CS", "CHEST")),
    );
    write(
        "lateral.dcm",
        &other(MadeFilm::new().with(0x18, 0x5101, b"CS", "LL")),
    );
    write(
        "stranger.dcm",
        &other(MadeFilm::new().with(0x10, 0x20, b"LO", "P2")),
    );
    write(
        "earlier.dcm",
        &other(MadeFilm::new().with(0x08, 0x22, b"DA", "20200101")),
    );
    let conflict =
        MadeFilm::new()
            .with(0x18, 0x1164, b"DS", "0.1\\0.1")
            .with(0x28, 0x30, b"DS", "0.02\\0.02");
    write("conflict.dcm", &other(conflict));
    for (name, words) in [
        ("chest.dcm", &["CHEST", "hand or foot"][..]),
        ("lateral.dcm", &["lateral"]),
        ("stranger.dcm", &["P2", "P1", "--subject"]),
        ("earlier.dcm", &["2020-01-01", "order"]),
        ("conflict.dcm", &["contradict", "--film-spacing"]),
    ] {
        let run = howship(
            here,
            &["compare", "M0.dcm", name, "--visits", "M0,M12", "-o", "out"],
        );
        run.failed(65, words);
        assert!(run.stderr.contains(name), "{}", run.stderr);
    }
    // The user's word makes one patient of two numbers; what is missing next is named.
    howship(
        here,
        &[
            "compare",
            "M0.dcm",
            "stranger.dcm",
            "--visits",
            "M0,M12",
            "--subject",
            "P1",
            "-o",
            "out",
        ],
    )
    .failed(65, &["--landmarks"]);
    howship(
        here,
        &[
            "compare",
            "M0.dcm",
            "chest.dcm",
            "--threshold",
            "250mgHA/cm3",
            "-o",
            "out",
        ],
    )
    .failed(2, &["--threshold", "volumes"]);
}

#[test]
fn json_on_stdout_is_the_file() {
    let folder = folder(|_, film| film);
    let mut arguments = ARGUMENTS.to_vec();
    arguments.push("--json");
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let file: Value = serde_json::from_str(
        &std::fs::read_to_string(folder.path().join("out/verdicts.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(json, file);
}
