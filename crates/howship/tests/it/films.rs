//! Films in `info` and `convert`, by the program itself.

use crate::fixture::{howship, save, scan};
use howship_formats::{OpenFilmOptions, open_film, write_film};
use howship_image::{DensityUnit, Film, FilmScale, ScaleSource};
use howship_phantom::film::FilmGeometry;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn film(scale: FilmScale) -> Film {
    let pixels = (0..60 * 40).map(|v| (v % 977) as f32).collect();
    Film::new(60, 40, pixels, scale).unwrap()
}

/// The same field in pixels of twice the size: the centre of the first one lies between the first two of old.
pub(crate) fn halved(fine: FilmGeometry) -> FilmGeometry {
    FilmGeometry {
        size_px: fine.size_px.map(|n| n / 2),
        pixel_mm: 2.0 * fine.pixel_mm,
        origin_px: fine.origin_px.map(|c| (c + 0.5) / 2.0 - 0.5),
        ..fine
    }
}

pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if !path.exists() {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn info_says_how_long_a_pixel_is_and_from_where() {
    let folder = tempfile::tempdir().unwrap();
    let known = FilmScale::known([0.1, 0.1], ScaleSource::AtDetector);
    write_film(&folder.path().join("known.png"), &film(known), false).unwrap();
    write_film(
        &folder.path().join("px.tif"),
        &film(FilmScale::Unknown),
        false,
    )
    .unwrap();
    let run = howship(folder.path(), &["info", "known.png", "px.tif"]);
    run.succeeded();
    for words in [
        "60 × 40 pixels",
        "at the detector",
        "results are in px",
        "--film-spacing",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    let run = howship(
        folder.path(),
        &["info", "px.tif", "--film-spacing", "0.2", "--json"],
    );
    run.succeeded();
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["kind"], "film");
    assert_eq!(json["length_unit"], "mm");
    assert_eq!(json["scale"]["known"]["source"], "stated");
    let run = howship(
        folder.path(),
        &["info", "known.png", "--film-spacing", "0.3"],
    );
    run.failed(65, &["known.png", "0.3"]);
    howship(folder.path(), &["info", "px.tif", "--film-spacing", "zwei"]).failed(2, &["zwei"]);
}

#[test]
fn films_become_films_and_volumes_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let known = FilmScale::known([0.1, 0.12], ScaleSource::AtDetector);
    let before = film(known);
    write_film(&folder.path().join("a.png"), &before, false).unwrap();
    howship(folder.path(), &["convert", "a.png", "b.tif"]).succeeded();
    let after = open_film(&folder.path().join("b.tif"), &OpenFilmOptions::default()).unwrap();
    assert_eq!(after.film, before);
    howship(folder.path(), &["convert", "a.png", "b.tif"]).failed(73, &["b.tif"]);
    howship(folder.path(), &["convert", "a.png", "c.nii.gz"]).failed(65, &["film", ".png"]);
    assert!(!folder.path().join("c.nii.gz").exists());
    save(
        folder.path(),
        "v.nii.gz",
        &scan([5, 6, 7], DensityUnit::MgHaPerCm3, |[x, _, _]| x as f32),
    );
    howship(folder.path(), &["convert", "v.nii.gz", "v.png"]).failed(65, &["no film"]);
    assert!(!folder.path().join("v.png").exists());
}

/// The decoder runs in a child of the program: what comes back is what it gives here.
#[test]
fn compressed_films_come_through_the_child() {
    for name in ["RG3_J2KR", "RG3_JPLL"] {
        let Some(path) = shared(&format!("dicom/radiographs/{name}.dcm")) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let run = howship(
            folder.path(),
            &["convert", path.to_str().unwrap(), "film.png"],
        );
        run.succeeded();
        let options = OpenFilmOptions::default();
        let here = open_film(&path, &options).unwrap().film;
        let there = open_film(&folder.path().join("film.png"), &options)
            .unwrap()
            .film;
        assert_eq!(here.pixels(), there.pixels());
    }
}
