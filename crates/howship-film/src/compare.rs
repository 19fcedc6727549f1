//! All joints of a patient's films: landmarks to joints, joints to results.

use crate::erosion::GivenErosion;
use crate::frame::{JointPlace, USUAL_FIELD_MM, size_of};
use crate::measure::{JointName, JointView, measure_joint};
use crate::options::FilmOptions;
use crate::{Error, Landmark, Landmarks};
use howship_change::{FilmJoint, Side, anatomy};
use howship_image::Film;
use std::collections::BTreeSet;

/// One visit's film.
#[derive(Debug, Clone, Copy)]
pub struct VisitFilm<'a> {
    /// Name of the visit.
    pub visit: &'a str,
    /// File name without its folder, as in the landmarks.
    pub file: &'a str,
    /// The film.
    pub film: &'a Film,
}

/// An erosion that the reader points at, and the joint it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenAt {
    /// Short name of the joint.
    pub joint: String,
    /// Which hand or foot of its film, from 1.
    pub hand: usize,
    /// Side of the body, where the reader says it.
    pub side: Option<Side>,
    /// File name of its film, where the reader says it.
    pub film: Option<String>,
    /// The erosion.
    pub erosion: GivenErosion,
}

impl GivenAt {
    /// Whether a landmark is of the joint that is pointed at.
    #[must_use]
    pub fn is_of(&self, mark: &Landmark) -> bool {
        self.joint == mark.joint
            && self.hand == mark.hand
            && self.side.is_none_or(|side| mark.side == Some(side))
    }
}

/// Side of a joint's field over the distance from an MCP joint to the PIP joint of its finger, where millimetres are
/// not known: the usual side over the mean length of the proximal phalanges of fingers 2 to 5, 40 mm (Buryanov and Kotiuk,
/// Int Orthop 2010, from memory).
const FIELD_OVER_PHALANX: f64 = USUAL_FIELD_MM / 40.0;
/// The same over the distance from a metacarpal's base to its MCP joint, 61 mm by the same source.
const FIELD_OVER_METACARPAL: f64 = USUAL_FIELD_MM / 61.0;

/// The same of a foot: from the MTP to the PIP joint of toes 2 to 5, and from a metatarsal's base to its MTP joint, 25 and
/// 71 mm from memory.
const FIELD_OVER_TOE: f64 = USUAL_FIELD_MM / 25.0;
const FIELD_OVER_METATARSAL: f64 = USUAL_FIELD_MM / 71.0;

/// Measures every joint that the landmarks show on the first film and on at least one later one.
///
/// Hands are told apart by their side where every film knows it, else by their number. `seen` is told after each
/// joint how many are done and how many there are.
///
/// # Errors
/// Fewer than two films, landmarks outside of their film, a hand of one side on one film and of the other on the
/// next. What fails within a joint is said in its result.
pub fn compare_films(
    films: &[VisitFilm],
    landmarks: &Landmarks,
    given: &[GivenAt],
    options: &FilmOptions,
    seen: &mut dyn FnMut(usize, usize),
) -> Result<Vec<FilmJoint>, Error> {
    landmarks.check()?;
    let Some(first) = films.first().filter(|_| films.len() > 1) else {
        return Err(Error::Views {
            joint: "all joints".to_owned(),
            reason: "a change needs films of at least two visits".to_owned(),
        });
    };
    for f in films {
        landmarks.check_within(f.file, [f.film.width(), f.film.height()])?;
    }
    let hands_differ = films.iter().find(|f| landmarks.of(f.file).next().is_none());
    if let Some(f) = hands_differ {
        return Err(Error::Views {
            joint: "all joints".to_owned(),
            reason: format!("`{}` has no landmarks", f.file),
        });
    }
    let baseline: Vec<&Landmark> = landmarks.of(first.file).collect();
    for f in &films[1..] {
        let hands = same_hands(f, &baseline, landmarks);
        same_way_round(first, f, &hands, landmarks)?;
        same_fingers(first, f, &hands, landmarks)?;
    }
    let mut results = Vec::new();
    for (k, mark) in baseline.iter().enumerate() {
        let mut views = Vec::new();
        let mut warnings = Vec::new();
        let shared = shared(mark, films, landmarks);
        for f in films {
            let Some(here) = counterpart(mark, landmarks, f.file) else {
                warnings.push(format!("{}: the joint was not found on this film", f.visit));
                continue;
            };
            match place(here, landmarks, f.file, &shared) {
                Ok(place) => views.push(JointView {
                    visit: f.visit,
                    film: f.film,
                    place,
                    side: here.side,
                }),
                Err(reason) => warnings.push(format!("{}: {reason}", f.visit)),
            }
        }
        let of_joint: Vec<GivenErosion> = given
            .iter()
            .filter(|g| g.is_of(mark))
            .filter(|g| {
                g.film
                    .as_ref()
                    .is_none_or(|of| films.iter().any(|f| f.file == of))
            })
            .map(|g| g.erosion.clone())
            .collect();
        let (of_joint, unseen): (Vec<_>, Vec<_>) = of_joint
            .into_iter()
            .partition(|g| views.iter().any(|v| v.visit == g.visit));
        warnings.extend(unseen.iter().map(|g| {
            let [x, y] = g.at;
            format!("the erosion pointed at on {}, ({x}, {y}), cannot be followed: the joint was not placed on that film", g.visit)
        }));
        let name = JointName {
            joint: &mark.joint,
            hand: mark.hand,
        };
        let starts = views.first().is_some_and(|v| v.visit == first.visit);
        let mut joint = if starts && views.len() > 1 {
            match measure_joint(name, &views, &of_joint, options) {
                Ok(joint) => joint,
                Err(e @ (Error::Views { .. } | Error::Given { .. })) => return Err(e),
                Err(e) => refused(mark, e.to_string()),
            }
        } else {
            let why = std::mem::take(&mut warnings).join("; ");
            refused(
                mark,
                format!("it can be placed on fewer than two films, or not on the first: {why}"),
            )
        };
        joint.warnings.extend(warnings);
        results.push(joint);
        seen(k + 1, baseline.len());
    }
    Ok(results)
}

/// Numbers of each hand (or foot) on the first film and on a later one, in the order of the first film's landmarks.
fn same_hands(later: &VisitFilm, baseline: &[&Landmark], landmarks: &Landmarks) -> Vec<[usize; 2]> {
    let mut hands = Vec::new();
    for mark in baseline {
        if let Some(there) = counterpart(mark, landmarks, later.file)
            && !hands.contains(&[mark.hand, there.hand])
        {
            hands.push([mark.hand, there.hand]);
        }
    }
    hands
}

/// Refuses a film on which the thumb (or the great toe) lies on the other side of the fingers than on the first: a left
/// against a right hand, whatever the files are called, or a film turned over.
fn same_way_round(
    first: &VisitFilm,
    later: &VisitFilm,
    hands: &[[usize; 2]],
    landmarks: &Landmarks,
) -> Result<(), Error> {
    for &[here, there] in hands {
        let sides = (
            landmarks.thumb_side(first.file, here),
            landmarks.thumb_side(later.file, there),
        );
        if let (Some(a), Some(b)) = sides
            && a != b
        {
            return Err(Error::Views {
                joint: "all joints".to_owned(),
                reason: format!(
                    "left against right: with the fingertips up, the thumb (or great toe) is to the {} on `{}` and to the {} on `{}`; give films of one side, and one that is mirrored turned back",
                    a.word(),
                    first.file,
                    b.word(),
                    later.file
                ),
            });
        }
    }
    Ok(())
}

/// Refuses films on one of which fingers cross that do not on the other: two joints whose names were exchanged would be
/// compared bone against another bone.
fn same_fingers(
    first: &VisitFilm,
    later: &VisitFilm,
    hands: &[[usize; 2]],
    landmarks: &Landmarks,
) -> Result<(), Error> {
    for &[here, there] in hands {
        let before = landmarks.crossed(first.file, here);
        let after = landmarks.crossed(later.file, there);
        let only =
            |a: &[[String; 2]], b: &[[String; 2]]| a.iter().find(|p| !b.contains(p)).cloned();
        let found = only(&before, &after).map(|p| (p, first.file));
        if let Some(([a, b], file)) =
            found.or_else(|| only(&after, &before).map(|p| (p, later.file)))
        {
            return Err(Error::Views {
                joint: format!("{a} and {b}"),
                reason: format!(
                    "their fingers cross on `{file}` and not on the other film, as where two names are exchanged; correct the landmarks"
                ),
            });
        }
    }
    Ok(())
}

fn refused(mark: &Landmark, reason: String) -> FilmJoint {
    FilmJoint {
        joint: mark.joint.clone(),
        side: mark.side,
        hand: mark.hand,
        unit: "px".to_owned(),
        refused: Some(reason),
        visits: Vec::new(),
        registrations: Vec::new(),
        closures: Vec::new(),
        narrowing: Vec::new(),
        erosions: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The same joint on another film: of the same side where both films know sides, else of the hand of the same number.
fn counterpart<'a>(
    mark: &Landmark,
    landmarks: &'a Landmarks,
    file: &'a str,
) -> Option<&'a Landmark> {
    let same: Vec<&Landmark> = landmarks
        .of(file)
        .filter(|m| m.joint == mark.joint)
        .collect();
    let by_side = mark
        .side
        .and_then(|side| same.iter().find(|m| m.side == Some(side)));
    let by_number = || same.iter().find(|m| m.hand == mark.hand);
    // A film that knows sides and has not this one still answers by number: left against right is then named.
    by_side.or_else(by_number).copied()
}

/// Joints beyond and before one on its ray that tell where the finger points, nearest first.
fn neighbours(joint: &str) -> Option<[Vec<String>; 2]> {
    let (kind, ray) = split(joint);
    let (distal, proximal): (&[&str], &[&str]) = match kind {
        "MCP" => (&["PIP", "IP", "DIP"], &["CMC"]),
        "PIP" => (&["DIP"], &["MCP"]),
        "DIP" => (&[], &["PIP", "MCP"]),
        "IP" => (&[], &["MCP", "CMC"]),
        "MTP" => (&["FPIP", "FIP", "FDIP"], &["TMT"]),
        "FPIP" => (&["FDIP"], &["MTP"]),
        "FIP" => (&[], &["MTP", "TMT"]),
        _ => return None,
    };
    Some([distal, proximal].map(|kinds| kinds.iter().map(|k| format!("{k}{ray}")).collect()))
}

/// The hand's joints that every film which shows the joint shows too: a finger that is bent against its metacarpal must
/// not point along the one on one film and along the other on the next, nor be measured by other bones.
fn shared(mark: &Landmark, films: &[VisitFilm], landmarks: &Landmarks) -> BTreeSet<String> {
    let of_film = |f: &VisitFilm| -> Option<BTreeSet<String>> {
        let here = counterpart(mark, landmarks, f.file)?;
        let hand = landmarks.of(f.file).filter(|m| m.hand == here.hand);
        Some(hand.map(|m| m.joint.clone()).collect())
    };
    let sets = films.iter().filter_map(of_film);
    sets.reduce(|a, b| a.intersection(&b).cloned().collect())
        .unwrap_or_default()
}

/// Direction to the fingertip and size of the field, from the joints that all films share; from the film's own where
/// those do not tell.
fn place(
    mark: &Landmark,
    landmarks: &Landmarks,
    file: &str,
    shared: &BTreeSet<String>,
) -> Result<JointPlace, String> {
    let all: Vec<&Landmark> = landmarks.of(file).filter(|m| m.hand == mark.hand).collect();
    let common: Vec<&Landmark> = all
        .iter()
        .copied()
        .filter(|m| shared.contains(&m.joint))
        .collect();
    let axis = axis(mark, &common)?.map_or_else(|| axis(mark, &all), |a| Ok(Some(a)))?;
    Ok(JointPlace {
        centre: [mark.x, mark.y],
        axis: axis.ok_or(
            "the direction of the finger or toe is not known: a neighbouring joint of the same finger or toe is needed",
        )?,
        field_px: field(&common)
            .or_else(|| field(&all))
            .map(|side| side * size_of(&mark.joint)),
    })
}

/// Direction to the fingertip from the nearest neighbours on both sides; `None` where there is none.
fn axis(mark: &Landmark, hand: &[&Landmark]) -> Result<Option<[f64; 2]>, String> {
    let at = |name: &String| hand.iter().find(|m| m.joint == *name).map(|m| [m.x, m.y]);
    let own = [mark.x, mark.y];
    let Some([distal, proximal]) = neighbours(&mark.joint) else {
        return Err(format!("{} is not measured on films", mark.joint));
    };
    let near = |names: &[String]| names.iter().find_map(at);
    let (up, down) = (near(&distal), near(&proximal));
    let toward = |a: [f64; 2], b: [f64; 2]| {
        let d = [b[0] - a[0], b[1] - a[1]];
        let length = d[0].hypot(d[1]);
        (length > 1.0).then(|| d.map(|c| c / length))
    };
    let parts = [
        down.and_then(|d| toward(d, own)),
        up.and_then(|u| toward(own, u)),
    ];
    let mut axis = [0.0; 2];
    for part in parts.iter().flatten() {
        axis = [axis[0] + part[0], axis[1] + part[1]];
    }
    Ok((axis[0].hypot(axis[1]) > 0.1).then_some(axis))
}

fn split(joint: &str) -> (&str, &str) {
    joint.split_at(
        joint
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(joint.len()),
    )
}

/// Side of a joint's field by the proximal phalanges of fingers or toes, else by their metacarpals or metatarsals.
fn field(hand: &[&Landmark]) -> Option<f64> {
    let at = |name: String| hand.iter().find(|m| m.joint == name);
    let mean = |from: &str, to: &str| {
        let lengths: Vec<f64> = (2..=5)
            .filter_map(|ray| {
                let (a, b) = (at(format!("{from}{ray}"))?, at(format!("{to}{ray}"))?);
                Some((a.x - b.x).hypot(a.y - b.y))
            })
            .collect();
        (!lengths.is_empty()).then(|| lengths.iter().sum::<f64>() / lengths.len() as f64)
    };
    [
        ("MCP", "PIP", FIELD_OVER_PHALANX),
        ("CMC", "MCP", FIELD_OVER_METACARPAL),
        ("MTP", "FPIP", FIELD_OVER_TOE),
        ("TMT", "MTP", FIELD_OVER_METATARSAL),
    ]
    .into_iter()
    .find_map(|(from, to, share)| mean(from, to).map(|length| share * length))
}

/// Joints of the catalogue that are measured on films: those between two tubular bones.
#[must_use]
pub fn is_measured(joint: &str) -> bool {
    matches!(
        split(joint).0,
        "MCP" | "PIP" | "DIP" | "IP" | "MTP" | "FIP" | "FPIP"
    ) && anatomy::joint(joint).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LandmarkSource;
    use howship_change::Side;

    fn mark(joint: &str, hand: usize, side: Option<Side>, x: f64, y: f64) -> Landmark {
        Landmark {
            film: "a.png".into(),
            hand,
            side,
            joint: joint.into(),
            x,
            y,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        }
    }

    fn blank() -> Film {
        let scale = howship_image::FilmScale::Unknown;
        Film::new(100, 100, vec![1.0; 10_000], scale).unwrap()
    }

    fn visit<'a>(visit: &'a str, file: &'a str, film: &'a Film) -> VisitFilm<'a> {
        VisitFilm { visit, file, film }
    }

    #[test]
    fn the_finger_points_from_its_neighbours_and_lends_its_length() {
        let marks = vec![
            mark("MCP3", 1, None, 100.0, 400.0),
            mark("PIP3", 1, None, 100.0, 200.0),
            mark("MCP4", 1, None, 180.0, 400.0),
        ];
        let all = Landmarks::new(marks).unwrap();
        let film = blank();
        let films = [visit("M0", "a.png", &film)];
        let shared = |k: usize| shared(&all.landmarks[k], &films, &all);
        let found = place(&all.landmarks[0], &all, "a.png", &shared(0)).unwrap();
        assert!(found.axis[0].abs() < 1e-12 && found.axis[1] < 0.0);
        assert!((found.field_px.unwrap() - 200.0 * FIELD_OVER_PHALANX).abs() < 1e-9);
        let alone = place(&all.landmarks[2], &all, "a.png", &shared(2)).unwrap_err();
        assert!(alone.contains("neighbouring joint"), "{alone}");
    }

    /// A finger bent by half a right angle against its metacarpal, whose end only one film shows.
    #[test]
    fn a_finger_whose_end_one_film_lacks_points_along_its_metacarpal_on_both() {
        let on = |file: &str, joint: &str, x: f64, y: f64| Landmark {
            film: file.to_owned(),
            ..mark(joint, 1, None, x, y)
        };
        let all = Landmarks::new(vec![
            on("a.png", "CMC3", 50.0, 90.0),
            on("a.png", "MCP3", 50.0, 50.0),
            on("a.png", "PIP3", 70.0, 30.0),
            on("b.png", "CMC3", 50.0, 90.0),
            on("b.png", "MCP3", 50.0, 50.0),
        ])
        .unwrap();
        let film = blank();
        let films = [visit("M0", "a.png", &film), visit("M6", "b.png", &film)];
        let both = shared(&all.landmarks[1], &films, &all);
        for (k, file) in [(1, "a.png"), (4, "b.png")] {
            let found = place(&all.landmarks[k], &all, file, &both).unwrap();
            assert!(found.axis[0].abs() < 1e-12 && found.axis[1] < 0.0);
        }
        let alone = shared(&all.landmarks[1], &films[..1], &all);
        let bent = place(&all.landmarks[1], &all, "a.png", &alone).unwrap();
        assert!(bent.axis[0] > 0.3);
        // Without a phalanx the metacarpal lends its length.
        let field = place(&all.landmarks[4], &all, "b.png", &both)
            .unwrap()
            .field_px;
        assert!((field.unwrap() - FIELD_OVER_METACARPAL * 40.0).abs() < 1e-9);
    }

    /// Four fingers with their thumb to the right, and the same mirrored.
    #[test]
    fn a_mirrored_hand_is_not_the_same_hand() {
        let hand = |file: &str, flip: f64| -> Vec<Landmark> {
            [("MCP", 60.0), ("PIP", 30.0)]
                .into_iter()
                .flat_map(|(kind, y)| {
                    (2..=5).map(move |ray| Landmark {
                        film: file.to_owned(),
                        ..mark(
                            &format!("{kind}{ray}"),
                            1,
                            None,
                            50.0 - flip * 8.0 * f64::from(ray - 3),
                            y,
                        )
                    })
                })
                .collect()
        };
        let film = blank();
        let compare = |flip: f64| {
            let marks = [hand("a.png", 1.0), hand("b.png", flip)].concat();
            let landmarks = Landmarks::new(marks).unwrap();
            assert_eq!(
                landmarks.thumb_side("a.png", 1),
                Some(crate::ThumbSide::Right)
            );
            let films = [visit("M0", "a.png", &film), visit("M6", "b.png", &film)];
            compare_films(
                &films,
                &landmarks,
                &[],
                &FilmOptions::default(),
                &mut |_, _| {},
            )
        };
        let error = compare(-1.0).unwrap_err().to_string();
        assert!(
            error.contains("left against right") && error.contains("b.png"),
            "{error}"
        );
        assert!(compare(1.0).is_ok());
    }

    #[test]
    fn hands_go_by_side_before_number() {
        let first = mark("MCP3", 1, Some(Side::L), 1.0, 1.0);
        let there = Landmarks::new(vec![
            mark("MCP3", 1, Some(Side::R), 5.0, 5.0),
            mark("MCP3", 2, Some(Side::L), 9.0, 9.0),
        ])
        .unwrap();
        assert_eq!(counterpart(&first, &there, "a.png").unwrap().x, 9.0);
        let unknown = mark("MCP3", 1, None, 1.0, 1.0);
        assert_eq!(counterpart(&unknown, &there, "a.png").unwrap().x, 5.0);
        assert!(counterpart(&mark("PIP3", 1, None, 1.0, 1.0), &there, "a.png").is_none());
        assert!(
            is_measured("PIP3") && is_measured("MTP1") && !is_measured("CMC1") && !is_measured("X")
        );
    }
}
