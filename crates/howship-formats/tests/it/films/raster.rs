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

/// Films written by other programs (tests/reference/make_films_and_streams.py).
fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

#[test]
fn an_opaque_channel_is_no_information_and_a_coloured_picture_is_no_film() {
    let read = |name: &str| open_film(&fixture(name), &OpenFilmOptions::default());
    let value = |x: usize, y: usize| ((17 * x + 29 * y) % 200) as f32;
    for (name, times) in [
        ("film_eight.png", 1.0),
        ("film_opaque.png", 1.0),
        ("film_lzw.tif", 300.0),
        ("film_opaque.tif", 300.0),
        ("film_plain.dcm", 300.0),
        ("film_jpeg2000.dcm", 300.0),
    ] {
        assert_eq!(image_kind(&fixture(name)).unwrap(), ImageKind::Film);
        let film = read(name).unwrap_or_else(|e| panic!("{e}")).film;
        assert_eq!((film.width(), film.height()), (16, 12), "{name}");
        for (i, &found) in film.pixels().iter().enumerate() {
            assert_eq!(found, times * value(i % 16, i / 16), "{name} at {i}");
        }
    }
    for name in [
        "film_coloured.png",
        "film_coloured.tif",
        "film_transparent.png",
    ] {
        assert_eq!(
            read(name).unwrap_err().problem(),
            Some(Problem::Unsupported)
        );
    }
}

#[test]
fn a_picture_that_is_to_be_turned_is_turned_as_viewers_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.tif");
    let data = 8 + 2 + 7 * 12 + 4;
    let mut bytes = b"II*\0\x08\0\0\0\x07\0".to_vec();
    for (tag, kind, value) in [
        (256u16, 3u16, 6u32),
        (257, 3, 4),
        (258, 3, 8),
        (262, 3, 1),
        (273, 4, data),
        (274, 3, 6),
        (279, 4, 24),
    ] {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    bytes.extend((0..24u8).map(|v| 10 * v));
    std::fs::write(&path, &bytes).unwrap();
    let opened = open_film(&path, &OpenFilmOptions::default()).unwrap();
    // Turned to the right: the first row ends up as the last column.
    assert_eq!((opened.film.width(), opened.film.height()), (4, 6));
    assert_eq!(opened.film.at(3, 0), 0.0);
    assert_eq!(opened.film.at(3, 5), 50.0);
    assert_eq!(opened.film.at(0, 0), 180.0);
    let warnings = &opened.source.warnings;
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("90 degrees to the right")),
        "{warnings:?}"
    );
}

#[test]
fn a_page_with_others_behind_it_is_no_film() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    // ImageJ's way of writing a large stack: one page, the others' pixels behind it.
    let words = b"ImageJ=1.53t\nimages=5\nslices=5\nunit=mm\nspacing=0.06\n\0";
    let mut bytes = b"II*\0".to_vec();
    bytes.extend(8u32.to_le_bytes());
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 3, 1, 6),
        (257, 3, 1, 4),
        (258, 3, 1, 16),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (270, 2, words.len() as u32, 8 + 2 + 9 * 12 + 4),
        (273, 4, 1, 8 + 2 + 9 * 12 + 4 + words.len() as u32),
        (277, 3, 1, 1),
        (279, 4, 1, 48),
    ];
    bytes.extend(9u16.to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(words);
    bytes.extend((0..5 * 24u16).flat_map(|v| (v * 7).to_le_bytes()));
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(image_kind(&path).unwrap(), ImageKind::Volume);
    let refused = open_film(&path, &OpenFilmOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("5 images"), "{refused}");
    let stated = howship_formats::OpenOptions {
        spacing_mm: Some([0.06; 3]),
        ..howship_formats::OpenOptions::default()
    };
    let volume = howship_formats::open(&path, &stated).unwrap().scan.volume;
    assert_eq!((volume.size(), volume.at(1, 0, 4)), ([6, 4, 5], 97.0 * 7.0));
}

#[test]
fn a_flipped_bit_in_a_film_of_our_own_changes_no_pixel_and_no_millimetre_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let before = film(0.0, 7.0);
    let mut dice = crate::mutate::Dice::new(11);
    let mut noticed = 0;
    for name in ["film.png", "film.tif"] {
        let path = folder.path().join(name);
        write_film(&path, &before, true).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for _ in 0..500 {
            std::fs::write(&path, crate::mutate::flip(&bytes, &mut dice, 0)).unwrap();
            match open_film(&path, &OpenFilmOptions::default()) {
                Ok(after) => assert_eq!(after.film, before, "{name}"),
                Err(_) => noticed += 1,
            }
        }
    }
    assert!(noticed > 900, "{noticed}");
}
