use crate::said;
use howship_formats::{ImageKind, OpenFilmOptions, Problem, image_kind, open_film, write_film};
use howship_image::{
    Film, FilmFacts, FilmScale, Known, Laterality, LengthUnit, Polarity, ScaleSource, View,
};
use std::path::Path;

fn film(offset: f32, step: f32) -> Film {
    let pixels = (0..20 * 15).map(|v| offset + step * v as f32).collect();
    let scale = FilmScale::known([0.1, 0.12], ScaleSource::AtDetector);
    let facts = FilmFacts {
        laterality: Some(Known::new(Laterality::Left, "ImageLaterality")),
        view: Some(Known::new(View::Pa, "ViewPosition")),
        body_part: Some(Known::new("HÄNDE 手".to_owned(), "BodyPartExamined")),
        stored_as: Some(Known::new(Polarity::BoneDark, "MONOCHROME1")),
        bits: Some(12),
        display: Some([3.0, 200.0]),
        ..FilmFacts::default()
    };
    Film::new(20, 15, pixels, scale).unwrap().with_facts(facts)
}

#[test]
fn what_was_written_comes_back_with_scale_and_facts() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["film.png", "film.tif"] {
        let path = folder.path().join(name);
        for (offset, step) in [(0.0, 1.0), (-70.0, 3.0)] {
            let before = film(offset, step);
            write_film(&path, &before, true).unwrap();
            let after = open_film(&path, &OpenFilmOptions::default()).unwrap();
            assert_eq!(after.film, before, "{name}");
            assert!(after.source.warnings.is_empty());
        }
        // Fractions come back to a step of 16 bits.
        let before = film(0.25, 0.013);
        write_film(&path, &before, true).unwrap();
        let after = open_film(&path, &OpenFilmOptions::default()).unwrap().film;
        let step = 0.013 * 299.0 / 65535.0;
        for (a, b) in after.pixels().iter().zip(before.pixels()) {
            assert!((a - b).abs() <= step, "{a} {b}");
        }
        assert_eq!(image_kind(&path).unwrap(), ImageKind::Film);
        // What is there is not lost.
        assert!(write_film(&path, &before, false).is_err());
    }
    let other = folder.path().join("film.bmp");
    assert!(write_film(&other, &film(0.0, 1.0), false).is_err());
    assert!(!other.exists());
}

fn grey_png(
    path: &Path,
    bits: png::BitDepth,
    kind: png::ColorType,
    data: &[u8],
    note: Option<&str>,
) {
    let file = std::fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, 8, 4);
    encoder.set_color(kind);
    encoder.set_depth(bits);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: 3780,
        yppu: 3780,
        unit: png::Unit::Meter,
    }));
    if let Some(note) = note {
        encoder
            .add_text_chunk("howship-film".to_owned(), note.to_owned())
            .unwrap();
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
}

#[test]
fn the_resolution_of_a_picture_is_no_source_of_millimetres() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.png");
    let grey: Vec<u8> = (0..32).map(|v| v * 7).collect();
    grey_png(
        &path,
        png::BitDepth::Eight,
        png::ColorType::Grayscale,
        &grey,
        None,
    );
    let opened = open_film(&path, &OpenFilmOptions::default()).unwrap();
    assert_eq!(opened.film.length_unit(), LengthUnit::Pixel);
    assert_eq!(opened.film.at(3, 1), 77.0);
    assert!(opened.source.header.iter().any(|(_, v)| v.contains("3780")));
    let stated = OpenFilmOptions {
        mm_per_pixel: Some([0.15, 0.15]),
        polarity: Some(Polarity::BoneDark),
        ..OpenFilmOptions::default()
    };
    let opened = open_film(&path, &stated).unwrap().film;
    assert_eq!(opened.scale().source(), Some(ScaleSource::Stated));
    assert_eq!(opened.at(3, 1), 255.0 - 77.0);
    // A note of another size was left in a picture that was resized since.
    let note = r#"{"howship-film":1,"width":80,"height":40,"slope":1.0,"intercept":0.0,"scale":{"known":{"mm_per_pixel":[0.1,0.1],"source":"stated"}},"facts":{"stored_as":null,"laterality":null,"view":null,"body_part":null,"patient_orientation":null,"intent":null,"bits":null,"display":null}}"#;
    grey_png(
        &path,
        png::BitDepth::Eight,
        png::ColorType::Grayscale,
        &grey,
        Some(note),
    );
    let opened = open_film(&path, &OpenFilmOptions::default()).unwrap();
    assert_eq!(opened.film.length_unit(), LengthUnit::Pixel);
    assert!(opened.source.warnings.iter().any(|w| w.contains("resized")));
}

#[test]
fn grey_in_colour_is_grey_and_colour_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.png");
    let triple: Vec<u8> = (0..32u8).flat_map(|v| [v * 7; 3]).collect();
    grey_png(
        &path,
        png::BitDepth::Eight,
        png::ColorType::Rgb,
        &triple,
        None,
    );
    let opened = open_film(&path, &OpenFilmOptions::default()).unwrap();
    assert_eq!(opened.film.at(3, 1), 77.0);
    let photo: Vec<u8> = (0..32u8).flat_map(|v| [v * 7, 90, 255 - v * 7]).collect();
    grey_png(
        &path,
        png::BitDepth::Eight,
        png::ColorType::Rgb,
        &photo,
        None,
    );
    let error = open_film(&path, &OpenFilmOptions::default()).unwrap_err();
    assert!(said(&error).contains("colour"), "{error}");
    let alpha: Vec<u8> = (0..32u8).flat_map(|v| [v * 7, 250]).collect();
    grey_png(
        &path,
        png::BitDepth::Eight,
        png::ColorType::GrayscaleAlpha,
        &alpha,
        None,
    );
    assert!(open_film(&path, &OpenFilmOptions::default()).is_err());
}

#[test]
fn damage_folders_and_strangers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.png");
    write_film(&path, &film(0.0, 1.0), false).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let options = OpenFilmOptions::default();
    // Any flipped bit of the samples is caught by a checksum.
    let samples = whole.windows(4).position(|w| w == b"IDAT").unwrap() + 10;
    let mut flipped = whole.clone();
    flipped[samples] ^= 4;
    std::fs::write(&path, &flipped).unwrap();
    assert!(open_film(&path, &options).is_err());
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(open_film(&path, &options).is_err());
    std::fs::write(&path, b"").unwrap();
    assert_eq!(
        open_film(&path, &options).unwrap_err().problem(),
        Some(Problem::Empty)
    );
    std::fs::write(&path, b"a letter").unwrap();
    assert_eq!(
        open_film(&path, &options).unwrap_err().problem(),
        Some(Problem::NotAFilm)
    );
    assert_eq!(
        open_film(folder.path(), &options).unwrap_err().problem(),
        Some(Problem::NotAFilm)
    );
    assert!(open_film(&folder.path().join("none.png"), &options).is_err());
    assert_eq!(image_kind(folder.path()).unwrap(), ImageKind::Volume);
}
