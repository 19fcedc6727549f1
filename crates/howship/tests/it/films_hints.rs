//! Hints on films lead on: pictures whose bone is dark, two hands under one side, two fingers' names exchanged.

use crate::films::{halved, shared};
use crate::fixture::howship;
use howship_film::{Landmark, LandmarkSource, Landmarks};
use howship_image::Film;
use howship_phantom::film::HandFilmSpec;
use std::path::Path;
use std::sync::OnceLock;

/// A film and the places of its joints.
type Visit = (Film, Vec<(String, [f64; 2])>);

/// The demonstration's hand at its first two visits, coarse.
fn hand() -> &'static Vec<Visit> {
    static HAND: OnceLock<Vec<Visit>> = OnceLock::new();
    HAND.get_or_init(|| {
        let fine = HandFilmSpec::demo();
        let spec = HandFilmSpec {
            geometry: halved(fine.geometry),
            ray_mm: 0.2,
            marker: false,
            ..fine
        };
        (0..2)
            .map(|v| (spec.film(v).unwrap(), spec.truth(v).unwrap().landmarks))
            .collect()
    })
}

/// A picture as any program writes it: grey of 16 bits, and not a word of what it shows.
fn plain(path: &Path, film: &Film, value: impl Fn(usize, usize) -> f32, width: usize) {
    let (low, high) = film
        .pixels()
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
            (l.min(*v), h.max(*v))
        });
    let mut data = Vec::new();
    for y in 0..film.height() {
        for x in 0..width {
            let share = (value(x, y) - low) / (high - low);
            data.extend(((65535.0 * share) as u16).to_be_bytes());
        }
    }
    let file = std::fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, width as u32, film.height() as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&data).unwrap();
}

const FILMS: [&str; 2] = ["M0.png", "M6.png"];

#[test]
fn dark_bone_is_said_and_the_hint_leads_on() {
    let folder = tempfile::tempdir().unwrap();
    for (name, (film, _)) in FILMS.iter().zip(hand()) {
        let top = film
            .pixels()
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let low = film.pixels().iter().copied().fold(f32::INFINITY, f32::min);
        let turned = |x, y| low + (top - film.at(x, y));
        plain(&folder.path().join(name), film, turned, film.width());
    }
    let mut arguments = vec!["compare", FILMS[0], FILMS[1], "-o", "out"];
    howship(folder.path(), &arguments).failed(65, &["M0.png", "`--bone dark`"]);
    arguments.extend(["--bone", "dark"]);
    howship(folder.path(), &arguments).succeeded();
}

/// Two hands of one film, thumb beside thumb: one side is wrong for one of them, and what tells them apart is named.
#[test]
fn one_side_for_two_hands_is_refused_with_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    for (name, (film, _)) in FILMS.iter().zip(hand()) {
        let w = film.width();
        let both = |x: usize, y| film.at(if x < w { x } else { 2 * w - 1 - x }, y);
        plain(&folder.path().join(name), film, both, 2 * w);
    }
    let compare = |more: &[&str]| {
        let mut arguments = vec!["compare", FILMS[0], FILMS[1], "-o", "out", "--force"];
        arguments.extend(more);
        howship(folder.path(), &arguments)
    };
    compare(&["--side", "R"]).failed(
        65,
        &[
            "M0.png",
            "a left and a right one",
            "`--side both`",
            "`--view PA`",
        ],
    );
    let asked = compare(&["--side", "both"]);
    asked.succeeded();
    assert!(
        asked.stderr.contains("say it with `--view`"),
        "{}",
        asked.stderr
    );
    let known = compare(&["--view", "PA"]);
    known.succeeded();
    assert!(
        !known.stderr.contains("left or right is not known"),
        "{}",
        known.stderr
    );
}

/// The index finger's points under the middle finger's names and the other way round, on both films alike.
#[test]
fn two_fingers_under_each_others_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut marks = [Vec::new(), Vec::new()];
    for (name, (film, places)) in FILMS.iter().zip(hand()) {
        plain(
            &folder.path().join(name),
            film,
            |x, y| film.at(x, y),
            film.width(),
        );
        for (joint, [x, y]) in places {
            let exchanged = joint.replace('2', "_").replace('3', "2").replace('_', "3");
            for (marks, joint) in marks.iter_mut().zip([joint.clone(), exchanged]) {
                marks.push(Landmark {
                    film: (*name).to_owned(),
                    hand: 1,
                    side: None,
                    joint,
                    x: *x,
                    y: *y,
                    confidence: 1.0,
                    source: LandmarkSource::Reader,
                });
            }
        }
    }
    for (file, marks) in ["right.json", "wrong.json"].iter().zip(marks) {
        let known = |m: &Landmark| howship_change::anatomy::joint(&m.joint).is_some();
        let marks = marks.into_iter().filter(known).collect();
        let text = Landmarks::new(marks).unwrap().to_json().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let compare = |file: &str| {
        let arguments = [
            "compare",
            FILMS[0],
            FILMS[1],
            "--landmarks",
            file,
            "-o",
            "out",
        ];
        howship(folder.path(), &arguments)
    };
    compare("wrong.json").failed(
        65,
        &["wrong.json", "MCP3 does not lie between MCP2 and MCP4"],
    );
    let right = compare("right.json");
    right.succeeded();
    let stranger = "not found again on it";
    assert!(!right.stderr.contains(stranger), "{}", right.stderr);
}

/// Points that lie where no joint is are no points of another hand: the slip of the whole list is named.
#[test]
fn points_in_another_frame_are_refused_with_the_slip() {
    let folder = tempfile::tempdir().unwrap();
    for (name, (film, _)) in FILMS.iter().zip(hand()) {
        let value = |x, y| film.at(x, y);
        plain(&folder.path().join(name), film, value, film.width());
    }
    let compare = |film: &dyn Fn(usize) -> usize, place: &dyn Fn([f64; 2]) -> [f64; 2]| {
        let mut marks = Vec::new();
        for (i, (_, places)) in hand().iter().enumerate() {
            for (joint, at) in places {
                if howship_change::anatomy::joint(joint).is_none() {
                    continue;
                }
                let [x, y] = place(*at);
                marks.push(Landmark {
                    film: FILMS[film(i)].to_owned(),
                    hand: 1,
                    side: None,
                    joint: joint.clone(),
                    x,
                    y,
                    confidence: 1.0,
                    source: LandmarkSource::Reader,
                });
            }
        }
        let text = Landmarks::new(marks).unwrap().to_json().unwrap();
        std::fs::write(folder.path().join("points.json"), text).unwrap();
        let arguments = ["compare", FILMS[0], FILMS[1], "--film-spacing", "0.2"];
        let more = ["--landmarks", "points.json", "-o", "out", "--force"];
        howship(folder.path(), &[&arguments[..], &more[..]].concat())
    };
    let bottom = hand()[0].0.height() as f64 - 1.0;
    let same = |i| i;
    compare(&same, &|[x, y]| [y, x]).failed(65, &["M0.png", "x and y are exchanged"]);
    compare(&same, &|[x, y]| [x, bottom - y]).failed(65, &["M0.png", "y runs up"]);
    compare(&same, &|[x, y]| [0.2 * x, 0.2 * y]).failed(65, &["M0.png", "millimetres"]);
    let other = compare(&same, &|[x, y]| [x + 150.0, y - 90.0]);
    assert!(
        other.stderr.contains("from where the program sees"),
        "{}",
        other.stderr
    );
    let right = compare(&same, &|at| at);
    right.succeeded();
    assert!(
        !right.stderr.contains("where the program sees"),
        "{}",
        right.stderr
    );
}

/// Films of two children as two visits of one give no result: erosions of the one were listed as uncertain on the other.
#[test]
fn films_of_two_patients_are_refused() {
    let films = ["3144.jpg", "3145.jpg"].map(|n| shared(&format!("films/hands_landmarks/{n}")));
    let [Some(first), Some(second)] = films else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let compare = |more: &[&str]| {
        let files = [first.to_str().unwrap(), second.to_str().unwrap()];
        let fixed = ["--visits", "M0,M12", "--side", "L", "-o", "out"];
        let arguments = [&["compare"], &files[..], &fixed, more].concat();
        howship(folder.path(), &arguments)
    };
    let words = "bones of `3144.jpg` are not found again on it";
    compare(&[]).failed(65, &["3145.jpg", words, "`--subject NAME`"]);
    assert!(!folder.path().join("out").exists());
    // Whoever says that they are one patient's has them compared, and told.
    let stated = compare(&["--subject", "P1"]);
    stated.succeeded();
    for said in [words, "`--subject P1` says"] {
        assert!(stated.stderr.contains(said), "{}", stated.stderr);
    }
}
