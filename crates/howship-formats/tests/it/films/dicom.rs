use super::made::MadeFilm;
use crate::said;
use howship_formats::{Error, OpenFilmOptions, OpenedFilm, Problem, open_film_bytes};
use howship_image::{
    Extremity, Intent, Laterality, LengthUnit, Magnification, Polarity, ScaleSource,
    SpacingCalibration, View,
};
use std::path::Path;

fn open(film: &MadeFilm) -> Result<OpenedFilm, Error> {
    open_with(film, &OpenFilmOptions::default())
}

fn open_with(film: &MadeFilm, options: &OpenFilmOptions) -> Result<OpenedFilm, Error> {
    open_film_bytes(Path::new("made.dcm"), &film.bytes(), options)
}

fn refused(film: &MadeFilm, problem: Problem, words: &[&str]) {
    let error = open(film).unwrap_err();
    assert_eq!(error.problem(), Some(problem), "{error}");
    for word in words {
        assert!(said(&error).contains(word), "`{word}` is not in: {error}");
    }
}

/// Tag, type and value.
type Element<'a> = ((u16, u16), &'a [u8; 2], &'a str);

const SPACING: (u16, u16) = (0x0028, 0x0030);
const CALIBRATION: (u16, u16) = (0x0028, 0x0a02);
const IMAGER: (u16, u16) = (0x0018, 0x1164);
const ERMF: (u16, u16) = (0x0018, 0x1114);
const SID: (u16, u16) = (0x0018, 0x1110);
const SOD: (u16, u16) = (0x0018, 0x1111);

fn spaced(pairs: &[Element<'_>]) -> MadeFilm {
    pairs
        .iter()
        .fold(MadeFilm::new(), |film, ((g, e), vr, value)| {
            film.with(*g, *e, vr, value)
        })
}

#[test]
fn monochrome2_is_kept_and_monochrome1_is_turned_over_its_range() {
    let bright = open(&MadeFilm::new()).unwrap();
    assert_eq!((bright.film.width(), bright.film.height()), (6, 4));
    assert_eq!(bright.film.at(2, 1), 800.0);
    let facts = bright.film.facts();
    assert_eq!(facts.laterality.as_ref().unwrap().value, Laterality::Right);
    assert_eq!(facts.laterality.as_ref().unwrap().from, "ImageLaterality");
    assert_eq!(facts.body_part.as_ref().unwrap().value, "HAND");
    assert_eq!(facts.bits, Some(12));
    assert_eq!(bright.film.length_unit(), LengthUnit::Pixel);
    assert_eq!(bright.source.identity.date.as_deref(), Some("2024-03-01"));
    let dark = open(&MadeFilm::new().with(0x28, 4, b"CS", "MONOCHROME1")).unwrap();
    // 12 bits: 4095 - 800.
    assert_eq!(dark.film.at(2, 1), 3295.0);
    let runs = dark.film.facts().stored_as.clone().unwrap();
    assert_eq!(runs.value, Polarity::BoneDark);
}

#[test]
fn bits_beyond_bits_stored_never_reach_the_film() {
    let film = MadeFilm::new().pixels((0..24).map(|v| (v * 100) | 0xf000));
    assert_eq!(
        open(&film).unwrap().film,
        open(&MadeFilm::new()).unwrap().film
    );
    let signed = MadeFilm::new()
        .with_short(0x28, 0x103, 1)
        .pixels((0..24).map(|v| v * 10 - 100));
    assert_eq!(open(&signed).unwrap().film.at(0, 0), -100.0);
}

#[test]
fn rescale_and_tables_make_modality_values_and_windows_only_show() {
    let film = MadeFilm::new()
        .with(0x28, 0x1053, b"DS", "2")
        .with(0x28, 0x1052, b"DS", "-50")
        .with(0x28, 0x1050, b"DS", "500")
        .with(0x28, 0x1051, b"DS", "201");
    let opened = open(&film).unwrap();
    assert_eq!(opened.film.at(2, 1), 1550.0);
    assert_eq!(opened.film.facts().display, Some([399.5, 600.5]));
    let inverted = open(&film.clone().with(0x28, 4, b"CS", "MONOCHROME1")).unwrap();
    // The range of 12 bits after the rescale is -50 to 8140: its sum is 8090.
    assert_eq!(inverted.film.at(2, 1), 8090.0 - 1550.0);
    assert_eq!(
        inverted.film.facts().display,
        Some([8090.0 - 600.5, 8090.0 - 399.5])
    );
    let table: Vec<u16> = (0..4096u32).map(|v| (v * v / 4096) as u16).collect();
    let looked = open(&MadeFilm::new().table(0x28, 0x3000, [0, 12], &table)).unwrap();
    assert_eq!(looked.film.at(2, 1), (800 * 800 / 4096) as f32);
    // A table and a rescale that both change values.
    refused(
        &film.table(0x28, 0x3000, [0, 12], &table),
        Problem::Corrupt,
        &["contradict"],
    );
    refused(
        &MadeFilm::new().with(0x28, 0x1053, b"DS", "zwei"),
        Problem::Corrupt,
        &["RescaleSlope", "zwei"],
    );
}

#[test]
fn a_falling_voi_table_turns_the_film() {
    let falling: Vec<u16> = (0..4096).map(|v| 4095 - v).collect();
    let opened = open(&MadeFilm::new().table(0x28, 0x3010, [0, 12], &falling)).unwrap();
    assert_eq!(opened.film.at(2, 1), 4095.0 - 800.0);
    let twice =
        MadeFilm::new()
            .table(0x28, 0x3010, [0, 12], &falling)
            .with(0x28, 4, b"CS", "MONOCHROME1");
    assert_eq!(open(&twice).unwrap().film.at(2, 1), 800.0);
}

#[test]
fn what_says_two_things_of_polarity_is_refused_until_the_reader_says() {
    let contradiction = MadeFilm::new().with(0x2050, 0x20, b"CS", "INVERSE");
    refused(&contradiction, Problem::Corrupt, &["INVERSE", "--bone"]);
    let mut sign = MadeFilm::new();
    sign.short(0x28, 0x1041, 1);
    refused(&sign, Problem::Corrupt, &["PixelIntensityRelationshipSign"]);
    let stated = OpenFilmOptions {
        polarity: Some(Polarity::BoneDark),
        ..OpenFilmOptions::default()
    };
    assert_eq!(
        open_with(&contradiction, &stated).unwrap().film.at(0, 0),
        4095.0
    );
}

#[test]
fn millimetres_have_their_source() {
    type Case<'a> = (&'a [Element<'a>], [f64; 2], ScaleSource);
    let cases: [Case<'_>; 8] = [
        (
            &[(SPACING, b"DS", "0.2\\0.1")],
            [0.1, 0.2],
            ScaleSource::PlaneUnstated,
        ),
        (
            &[
                (SPACING, b"DS", "0.1\\0.1"),
                (CALIBRATION, b"CS", "FIDUCIAL"),
            ],
            [0.1, 0.1],
            ScaleSource::Calibrated(SpacingCalibration::Fiducial),
        ),
        (
            &[(IMAGER, b"DS", "0.1\\0.1")],
            [0.1, 0.1],
            ScaleSource::AtDetector,
        ),
        (
            &[(IMAGER, b"DS", "0.1\\0.1"), (SPACING, b"DS", "0.1\\0.1")],
            [0.1, 0.1],
            ScaleSource::AtDetector,
        ),
        (
            &[
                (IMAGER, b"DS", "0.102\\0.102"),
                (SPACING, b"DS", "0.1\\0.1"),
                (CALIBRATION, b"CS", "GEOMETRY"),
            ],
            [0.1, 0.1],
            ScaleSource::Calibrated(SpacingCalibration::Geometry),
        ),
        (
            &[(IMAGER, b"DS", "0.102\\0.102"), (ERMF, b"DS", "1.02")],
            [0.1, 0.1],
            ScaleSource::Demagnified(Magnification::Estimated(1.02)),
        ),
        (
            &[
                (IMAGER, b"DS", "0.11\\0.11"),
                (SID, b"DS", "1100"),
                (SOD, b"DS", "1000"),
            ],
            [0.1, 0.1],
            ScaleSource::Demagnified(Magnification::Distances(1.1)),
        ),
        // The table's bucky is no hand's magnification: said and not used.
        (
            &[
                (IMAGER, b"DS", "0.1\\0.1"),
                (SID, b"DS", "1100"),
                (SOD, b"DS", "100"),
            ],
            [0.1, 0.1],
            ScaleSource::AtDetector,
        ),
    ];
    for (elements, mm, source) in cases {
        let film = open(&spaced(elements)).unwrap().film;
        let found = film.mm_per_pixel().unwrap();
        for axis in 0..2 {
            assert!(
                (found[axis] - mm[axis]).abs() < 1e-12,
                "{elements:?}: {found:?}"
            );
        }
        assert_eq!(film.scale().source(), Some(source), "{elements:?}");
    }
    // Two zeros are no spacing, and said so.
    let zero = open(&spaced(&[(SPACING, b"DS", "0.000\\0.000")])).unwrap();
    assert_eq!(zero.film.length_unit(), LengthUnit::Pixel);
    assert!(
        zero.source
            .warnings
            .iter()
            .any(|w| w.contains("PixelSpacing is 0"))
    );
}

#[test]
fn spacings_that_disagree_are_refused_until_the_reader_states_one() {
    let cases: [&[Element<'_>]; 6] = [
        &[(IMAGER, b"DS", "0.1\\0.1"), (SPACING, b"DS", "0.2\\0.1")],
        &[(IMAGER, b"DS", "0.1\\0.1"), (SPACING, b"DS", "0.02\\0.02")],
        &[
            (IMAGER, b"DS", "0.102\\0.102"),
            (SPACING, b"DS", "0.1\\0.1"),
            (ERMF, b"DS", "1.2"),
        ],
        &[
            (IMAGER, b"DS", "0.1\\0.1"),
            (ERMF, b"DS", "1.02"),
            (SID, b"DS", "1100"),
            (SOD, b"DS", "1000"),
        ],
        &[(SPACING, b"DS", "0.1\\-0.1")],
        &[(SPACING, b"DS", "0.1\\fein")],
    ];
    let stated = OpenFilmOptions {
        mm_per_pixel: Some([0.09, 0.09]),
        ..OpenFilmOptions::default()
    };
    for elements in cases {
        let film = spaced(elements);
        refused(&film, Problem::SpacingUnknown, &["--film-spacing"]);
        let opened = open_with(&film, &stated).unwrap();
        assert_eq!(opened.film.scale().source(), Some(ScaleSource::Stated));
        assert!(
            opened
                .source
                .warnings
                .iter()
                .any(|w| w.contains("not used"))
        );
    }
    // Against a calibrated file the reader's word is no source; from the detector to the bone it is.
    let calibrated = spaced(&[
        (SPACING, b"DS", "0.1\\0.1"),
        (CALIBRATION, b"CS", "FIDUCIAL"),
    ]);
    let error = open_with(&calibrated, &stated).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::SpacingUnknown));
    let detector = spaced(&[(IMAGER, b"DS", "0.1\\0.1")]);
    let opened = open_with(&detector, &stated).unwrap();
    assert_eq!(opened.film.mm_per_pixel(), Some([0.09, 0.09]));
    let larger = OpenFilmOptions {
        mm_per_pixel: Some([0.12, 0.12]),
        ..OpenFilmOptions::default()
    };
    assert!(open_with(&detector, &larger).is_err());
}

#[test]
fn padding_is_marked_and_takes_the_lowest_value() {
    let film = MadeFilm::new()
        .with_short(0x28, 0x120, 800)
        .with_short(0x28, 0x121, 900);
    let opened = open(&film).unwrap().film;
    let padding = opened.padding().unwrap();
    assert_eq!(padding.iter().filter(|p| **p).count(), 2);
    assert_eq!(opened.at(2, 1), 0.0);
    let dark = open(&film.with(0x28, 4, b"CS", "MONOCHROME1"))
        .unwrap()
        .film;
    assert_eq!(dark.at(2, 1), 4095.0 - 2300.0);
}

#[test]
fn what_the_reader_states_must_not_contradict_the_file() {
    let left = OpenFilmOptions {
        laterality: Some(Laterality::Left),
        view: Some(View::Pa),
        ..OpenFilmOptions::default()
    };
    let error = open_with(&MadeFilm::new(), &left).unwrap_err();
    assert!(said(&error).contains("right"), "{error}");
    let unknown = MadeFilm::new().without(0x20, 0x62);
    let film = open_with(&unknown, &left).unwrap().film;
    assert_eq!(
        film.facts().laterality.as_ref().unwrap().from,
        "stated by the reader"
    );
    assert_eq!(film.facts().view.as_ref().unwrap().value, View::Pa);
    // Two attributes that disagree leave the side unknown.
    let both = open(&MadeFilm::new().with(0x20, 0x60, b"CS", "L")).unwrap();
    assert_eq!(both.film.facts().laterality, None);
    assert!(
        both.source
            .warnings
            .iter()
            .any(|w| w.contains("Laterality"))
    );
    let intent = MadeFilm::new().with(0x08, 0x68, b"CS", "FOR PROCESSING");
    let known = open(&intent).unwrap().film.facts().intent.clone();
    assert_eq!(known.unwrap().value, Intent::ForProcessing);
}

/// Hand or foot, and the view, whose names mean the opposite for the two.
#[test]
fn part_and_view_are_read_together() {
    const PART: (u16, u16) = (0x18, 0x15);
    const VIEW: (u16, u16) = (0x18, 0x5101);
    let film = |part: &str, view: &str| {
        MadeFilm::new()
            .with(PART.0, PART.1, b"CS", part)
            .with(VIEW.0, VIEW.1, b"CS", view)
    };
    let states = |part: Option<Extremity>, view: Option<View>| OpenFilmOptions {
        part,
        view,
        ..OpenFilmOptions::default()
    };
    let foot = states(Some(Extremity::Foot), None);
    for word in ["HAND", "CHEST"] {
        let error = open_with(&film(word, "AP"), &foot).unwrap_err();
        assert!(said(&error).contains(word), "{error}");
    }
    for word in ["FOOT", "L_TOES", "EXTREMITY", "LOWER LIMB"] {
        let opened = open_with(&film(word, "AP"), &foot).unwrap().film;
        let part = opened.facts().body_part.clone().unwrap().value;
        assert_eq!(Extremity::in_words(&part), Some(Extremity::Foot), "{word}");
    }
    // AP is from the back of a foot and from the palm of a hand.
    let back = states(None, Some(View::Dp));
    assert!(open_with(&film("FOOT", "AP"), &back).is_ok());
    assert!(open_with(&film("HAND", "PA"), &back).is_ok());
    assert!(open_with(&film("HAND", "AP"), &back).is_err());
    assert!(open_with(&film("FOOT", "PA"), &back).is_err());
}

#[test]
fn volumes_frames_colour_and_empty_pictures_are_no_films() {
    let ct = MadeFilm::new()
        .with(0x08, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.2")
        .with(0x08, 0x60, b"CS", "CT");
    refused(&ct, Problem::NotAFilm, &["modality CT"]);
    // A secondary capture of a CT is none either.
    let capture = MadeFilm::new()
        .with(0x08, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.7")
        .with(0x08, 0x60, b"CS", "CT");
    refused(&capture, Problem::NotAFilm, &["modality CT"]);
    refused(
        &MadeFilm::new().with(0x28, 0x08, b"IS", "2"),
        Problem::NotAFilm,
        &["2 frames"],
    );
    refused(
        &MadeFilm::new().pixels((0..24).map(|_| 7)),
        Problem::Corrupt,
        &["blank"],
    );
    refused(
        &MadeFilm::new().pixels((0..24).map(|v| v % 2)),
        Problem::Corrupt,
        &["2 values"],
    );
    refused(
        &MadeFilm::new().with(0x28, 4, b"CS", "PALETTE COLOR"),
        Problem::Unsupported,
        &["PALETTE"],
    );
    refused(
        &MadeFilm::new().without(0x7fe0, 0x10),
        Problem::NotAnImage,
        &["without pixel data"],
    );
    refused(
        &MadeFilm::new().without(0x28, 0x10),
        Problem::Corrupt,
        &["Rows"],
    );
    refused(
        &MadeFilm::new().with_short(0x28, 0x10, 4000),
        Problem::Truncated,
        &["pixel data"],
    );
    let small = OpenFilmOptions {
        max_pixels: 23,
        ..OpenFilmOptions::default()
    };
    let error = open_with(&MadeFilm::new(), &small).unwrap_err();
    assert_eq!(error.problem(), Some(Problem::TooLarge));
}

#[test]
fn streams_and_headers_that_differ_are_refused() {
    // 8 x 8 pixels in a header of 6 x 4; retired and foreign syntaxes by name.
    let jpeg = MadeFilm::new().bytes_as("1.2.840.10008.1.2.4.70", Some(&[0xff, 0xd8, 0xff, 0xd9]));
    let options = OpenFilmOptions::default();
    let path = Path::new("made.dcm");
    assert!(open_film_bytes(path, &jpeg, &options).is_err());
    for (uid, name) in [
        ("1.2.840.10008.1.2.4.111", "JPEG XL"),
        ("1.2.840.10008.1.2.4.100", "video"),
        ("1.2.840.10008.1.2.4.94", "JPIP"),
    ] {
        let bytes = MadeFilm::new().bytes_as(uid, Some(&[1, 2, 3, 4]));
        let error = open_film_bytes(path, &bytes, &options).unwrap_err();
        assert_eq!(error.problem(), Some(Problem::Unsupported));
        assert!(said(&error).contains(name), "{error}");
    }
}

#[test]
fn an_overlay_is_named_and_left_alone() {
    let film = MadeFilm::new()
        .with_short(0x6000, 0x10, 4)
        .with_short(0x6000, 0x11, 6)
        .with_short(0x6002, 0x10, 400)
        .with_short(0x6002, 0x11, 6);
    let opened = open(&film).unwrap();
    assert_eq!(
        opened.film.pixels(),
        open(&MadeFilm::new()).unwrap().film.pixels()
    );
    assert_eq!(
        opened
            .source
            .header
            .iter()
            .filter(|(n, _)| n.starts_with("Overlay"))
            .count(),
        2
    );
    assert!(opened.source.warnings.iter().any(|w| w.contains("6002")));
}

#[test]
fn patients_in_multi_byte_sets_are_told_apart() {
    // ISO 2022 IR 87: two numbers that a parser of single sets cannot tell apart, after a sequence of
    // unknown length would be passed over.
    let film = |id: &str| {
        MadeFilm::new()
            .with(0x08, 0x05, b"CS", "\\ISO 2022 IR 87")
            .with(0x10, 0x20, b"LO", id)
    };
    let of = |id: &str| open(&film(id)).unwrap().source.identity.patient_id.unwrap();
    assert_eq!(of("\u{1b}$B;3ED\u{1b}(B-1"), "山田-1");
    assert_eq!(of("\u{1b}$BB@O:\u{1b}(B-1"), "太郎-1");
    let utf8 =
        MadeFilm::new()
            .with(0x08, 0x05, b"CS", "ISO_IR 192")
            .with(0x18, 0x15, b"CS", "кисть");
    let part = open(&utf8).unwrap().film.facts().body_part.clone().unwrap();
    assert_eq!(part.value, "кисть");
}
