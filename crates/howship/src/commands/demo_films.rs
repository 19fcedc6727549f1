//! `howship demo --films`: a made-up hand at four visits, `compare` on its films, truth beside verdict.
//!
//! Joints and erosions are pointed at, as a reader would. Three more films of the first visit, the hand laid down
//! anew, tell what repeated films differ by, as a study's own repeats would (`--precision`).

use crate::args::DemoArgs;
use crate::failure::{ExitStatus, Failure};
use crate::output_folder::OutputFolder;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::table_films::tell;
use crate::{stop, typed};
use howship_change::{
    FILM_TRUTH_SCHEMA, FilmErosionSource, FilmErosionTruth, FilmJointTruth, FilmQuantity,
    FilmTruth, JointBone, Verdict, anatomy,
};
use howship_film::{
    FilmOptions, GivenAt, GivenErosion, Landmark, LandmarkSource, Landmarks, VisitFilm,
    compare_films,
};
use howship_formats::{OpenFilmOptions, write_film};
use howship_image::{
    Film, FilmFacts, FilmScale, Intent, Known, Laterality, Polarity, ScaleSource, View,
};
use howship_phantom::film::{Film2d, HandFilmSpec, LimbFilmTruth, LimbLesion, Segment};
use howship_study::{
    FilmJob, Observer as _, analyse_films, file_name, json, load_films, read_given, read_landmarks,
    read_precision, write_films,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) fn run(args: &DemoArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let spec = spec();
    let folder =
        OutputFolder::new(&args.out, args.force).map_err(|f| super::demo::explain(args, f))?;
    let names: Vec<&str> = spec.visits.iter().map(|v| v.name.as_str()).collect();
    printer.note(&format!(
        "Making films of a hand at {} (known truth), then comparing them as `howship compare` does",
        names.join(", ")
    ));
    let made = folder.folder("phantom")?;
    let making = Progress::of_made_films(printer);
    let (mut paths, mut truths) = (Vec::new(), Vec::new());
    for visit in 0..spec.visits.len() {
        making.progress("making films", visit as f64 / spec.visits.len() as f64);
        stop::check()?;
        let film = film(&spec, spec.render(visit)?)?;
        let path = made.join(format!("{}.png", spec.visits[visit].name));
        write_film(&path, &film, true)?;
        truths.push(spec.truth(visit)?);
        paths.push(path);
    }
    let truth = truth(&spec, &truths);
    folder.write("phantom/spec.toml", toml::to_string(&spec)?.as_bytes())?;
    folder.write("phantom/truth.json", &json(&truth)?)?;
    let marks = landmarks(&paths, &truths)?;
    folder.write("phantom/landmarks.json", marks.to_json()?.as_bytes())?;
    let given = erosions(&spec, &truths);
    folder.write("phantom/erosions.csv", table(&given).as_bytes())?;
    let repeated = repeats(&spec, &given, &making)?;
    folder.write("phantom/repeats.csv", repeated.as_bytes())?;
    making.finish();
    // From here on nothing is known but the files, as with real input.
    let progress = Progress::of_films(printer);
    let series = load_films(&paths, &[], &OpenFilmOptions::default(), None, &progress)?;
    let at = made.join("landmarks.json");
    let job = FilmJob {
        command: typed::typed()?.command,
        options: FilmOptions {
            precision: read_precision(&made.join("repeats.csv"))?,
            ..FilmOptions::default()
        },
        landmarks: Some((at.clone(), read_landmarks(&at)?)),
        given: read_given(&made.join("erosions.csv"))?,
        subject: None,
        seeds: vec![spec.seed],
    };
    let outcome = analyse_films(&series, &job, &progress)?;
    let file = write_films(&folder, &series, outcome, Some(&truth), &progress)?;
    let out = folder.finish()?;
    progress.finish();
    tell(&file, Some(&truth), &out, printer)?;
    let at = |name: &str| out.join("phantom").join(name).display().to_string();
    printer.result(&format!(
        "Films: {}; to compare two of them yourself:\n  howship compare {} {} --landmarks {} --lesions {} --precision {} -o my-first-films\n",
        out.join("phantom").display(),
        at("M0.png"),
        at("M24.png"),
        at("landmarks.json"),
        at("erosions.csv"),
        at("repeats.csv"),
    ))?;
    done()
}

/// Erosions of the size that films show, near enough to the joint that outline is left on both sides of them; and a
/// joint space that is still seen at the end.
fn spec() -> HandFilmSpec {
    /// Least joint space left, as a change: at 0.8 mm of 1.3 the bones' shadows met.
    const MOST_NARROWED_MM: f64 = -0.5;
    let mut spec = HandFilmSpec::demo();
    for lesion in &mut spec.lesions {
        let cavity = &mut lesion.lesion;
        (cavity.from_joint_mm, cavity.around_mm) = match lesion.bone {
            Segment::Metacarpal => (6.0, 5.0),
            _ => (4.0, 4.0),
        };
    }
    for visit in &mut spec.visits {
        for n in &mut visit.narrowing {
            n.change_mm = n.change_mm.max(MOST_NARROWED_MM);
        }
    }
    spec
}

/// Films of the first visit on which the hand was laid down anew: turned by this (roll, tilt, in the film's plane;
/// degrees), the fingers spread and bent otherwise. Repeats that vary less than the visits do (fingers not bent, one
/// exposure) promise an error that the visits do not keep: intervals of unchanged joint spaces missed 0.
const LAID_ANEW: [[f64; 3]; 3] = [[1.5, 1.0, -2.0], [-1.0, -1.5, 1.5], [-2.0, 0.5, 3.0]];
/// Their exposures, as a share of the first one's.
const EXPOSED_ANEW: [f64; 3] = [0.9, 1.2, 0.8];
/// A proximal interphalangeal joint bends by this share of a turn, as between the visits.
const BENT_ANEW: f64 = 0.5;

/// Measures the first visit's erosions on repeated films: a table as `--precision` takes it.
fn repeats(
    spec: &HandFilmSpec,
    erosions: &[(String, JointBone, [f64; 2])],
    making: &Progress,
) -> anyhow::Result<String> {
    let mut again = spec.clone();
    let first = spec.visits.first().cloned().unwrap_or_default();
    again.visits = std::iter::once(&[0.0; 3])
        .chain(&LAID_ANEW)
        .enumerate()
        .map(|(i, turn)| {
            let mut visit = first.clone();
            visit.name = format!("repeat {i}");
            visit.pose.roll_deg += turn[0];
            visit.pose.tilt_deg += turn[1];
            visit.pose.in_plane_deg += turn[2];
            for (ray, joints) in visit.pose.joints.iter_mut().enumerate() {
                joints[0].deviation_deg += turn[ray % 3];
                joints[1].flexion_deg += BENT_ANEW * turn[(ray + 1) % 3].abs();
            }
            if let Some(exposed) = i.checked_sub(1).and_then(|k| EXPOSED_ANEW.get(k)) {
                visit.detector.photons_per_mm2 *= exposed;
            }
            visit
        })
        .collect();
    for lesion in &mut again.lesions {
        // As at the first visit, on every film.
        let start = |course: &mut Vec<f64>| course.truncate(0);
        start(&mut lesion.lesion.depth_course);
        start(&mut lesion.lesion.width_course);
        start(&mut lesion.lesion.recortication);
    }
    let (mut films, mut marks) = (Vec::new(), Vec::new());
    for v in 0..again.visits.len() {
        making.progress("repeating films", v as f64 / again.visits.len() as f64);
        stop::check()?;
        films.push(film(&again, again.render(v)?)?);
        let path = PathBuf::from(format!("{v}"));
        let known = landmarks(&[path], &[again.truth(v)?])?;
        marks.extend(known.landmarks);
    }
    let names: Vec<String> = (0..films.len()).map(|v| v.to_string()).collect();
    let shown: Vec<VisitFilm> = names
        .iter()
        .zip(&films)
        .map(|(name, film)| VisitFilm {
            visit: name,
            file: name,
            film,
        })
        .collect();
    let given: Vec<GivenAt> = erosions
        .iter()
        .map(|(joint, bone, at)| GivenAt {
            joint: joint.clone(),
            hand: 1,
            side: None,
            film: None,
            erosion: GivenErosion {
                visit: names[0].clone(),
                bone: Some(*bone),
                at: *at,
                mouth: None,
            },
        })
        .collect();
    making.progress("precision", 0.0);
    let mut text = String::from("thing,quantity,value\n");
    let options = FilmOptions::default();
    let marks = Landmarks::new(marks)?;
    let joints = compare_films(&shown, &marks, &given, &options, &mut |done, of| {
        making.progress("precision", done as f64 / of.max(1) as f64);
    })?;
    for joint in &joints {
        for change in joint.narrowing.iter().filter_map(|j| j.change.as_ref()) {
            text.push_str(&format!("{},narrowing,{:.4}\n", joint.joint, change.value));
        }
        let pointed = joint
            .erosions
            .iter()
            .filter(|e| e.source == FilmErosionSource::Given);
        for e in pointed {
            let thing = format!("{} {}", joint.joint, e.id);
            let areas = e.visits.iter();
            for m in areas.filter_map(|v| v.measurements.get(&FilmQuantity::Area)) {
                text.push_str(&format!("{thing},area,{:.4}\n", m.value));
            }
            for change in e.changes.iter().filter_map(|j| j.change.as_ref()) {
                text.push_str(&format!("{thing},area_change,{:.4}\n", change.value));
            }
        }
    }
    Ok(text)
}

/// The erosions as a reader points at them on the first film.
fn erosions(spec: &HandFilmSpec, truths: &[LimbFilmTruth]) -> Vec<(String, JointBone, [f64; 2])> {
    let first = truths.first().map(|t| &t.lesions[..]).unwrap_or_default();
    let placed = spec.lesions.iter().zip(first);
    placed
        .map(|(lesion, truth)| {
            let (joint, bone) = place(lesion);
            (joint, bone, truth.mouth_px)
        })
        .collect()
}

fn table(erosions: &[(String, JointBone, [f64; 2])]) -> String {
    let mut text = String::from("joint,bone,visit,x,y\n");
    for (joint, bone, [x, y]) in erosions {
        let bone = match bone {
            JointBone::Proximal => "proximal",
            JointBone::Distal => "distal",
        };
        text.push_str(&format!("{joint},{bone},M0,{x:.2},{y:.2}\n"));
    }
    text
}

/// The phantom's film as a clinic would hand it over: millimetres at the detector.
fn film(spec: &HandFilmSpec, made: Film2d) -> Result<Film, Failure> {
    let [width, height] = made.size_px;
    let scale = FilmScale::known([made.pixel_mm; 2], ScaleSource::AtDetector);
    let side = match spec.side {
        howship_change::Side::L => Laterality::Left,
        howship_change::Side::R => Laterality::Right,
    };
    const FROM: &str = "made up with the film";
    let facts = FilmFacts {
        stored_as: Some(Known::new(Polarity::BoneBright, FROM)),
        laterality: Some(Known::new(side, FROM)),
        view: Some(Known::new(View::Pa, FROM)),
        body_part: Some(Known::new("HAND".to_owned(), FROM)),
        intent: Some(Known::new(Intent::ForPresentation, FROM)),
        bits: Some(12),
        ..FilmFacts::default()
    };
    let film = Film::new(width, height, made.values, scale)
        .map_err(|e| Failure::new(ExitStatus::OurFault, e.to_string()))?;
    Ok(film.with_facts(facts))
}

/// Centres of joint spaces as a reader would give them.
pub(super) fn landmarks(paths: &[PathBuf], truths: &[LimbFilmTruth]) -> anyhow::Result<Landmarks> {
    let mut all = Vec::new();
    for (path, truth) in paths.iter().zip(truths) {
        let known = truth
            .landmarks
            .iter()
            .filter(|(name, _)| anatomy::joint(name).is_some());
        all.extend(known.map(|(name, [x, y])| Landmark {
            film: file_name(path),
            hand: 1,
            side: Some(truth.side),
            joint: name.clone(),
            x: *x,
            y: *y,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        }));
    }
    Ok(Landmarks::new(all)?)
}

/// The joint and bone that an erosion belongs to.
fn place(lesion: &LimbLesion) -> (String, JointBone) {
    let between = |ray: usize| {
        if ray == 1 {
            "IP".to_owned()
        } else {
            "PIP".to_owned()
        }
    };
    let last = |ray: usize| {
        if ray == 1 {
            "IP".to_owned()
        } else {
            "DIP".to_owned()
        }
    };
    let (kind, bone) = match (lesion.bone, lesion.at_base) {
        (Segment::Metacarpal, false) => ("MCP".to_owned(), JointBone::Proximal),
        (Segment::Metacarpal, true) => ("CMC".to_owned(), JointBone::Distal),
        (Segment::Metatarsal, false) => ("MTP".to_owned(), JointBone::Proximal),
        (Segment::Metatarsal, true) => ("TMT".to_owned(), JointBone::Distal),
        (Segment::Proximal, true) => ("MCP".to_owned(), JointBone::Distal),
        (Segment::Proximal, false) => (between(lesion.ray), JointBone::Proximal),
        (Segment::Middle, true) => ("PIP".to_owned(), JointBone::Distal),
        (Segment::Middle, false) => ("DIP".to_owned(), JointBone::Proximal),
        (Segment::Distal, _) => (last(lesion.ray), JointBone::Distal),
    };
    (format!("{kind}{}", lesion.ray), bone)
}

/// What is true over all visits, in the words of the result.
fn truth(spec: &HandFilmSpec, truths: &[LimbFilmTruth]) -> FilmTruth {
    let delta = FilmOptions::default().erosion.delta_mm2;
    let mut joints: BTreeMap<String, FilmJointTruth> = BTreeMap::new();
    let first = truths.first();
    for space in first.iter().flat_map(|t| &t.joints) {
        let course = truths
            .iter()
            .filter_map(|t| t.joints.iter().find(|j| j.joint == space.joint))
            .map(|j| j.joint_space_mm)
            .collect();
        joints.insert(
            space.joint.clone(),
            FilmJointTruth {
                joint: space.joint.clone(),
                side: Some(spec.side),
                joint_space_mm: course,
                erosions: Vec::new(),
            },
        );
    }
    for (i, lesion) in spec.lesions.iter().enumerate() {
        let (joint, bone) = place(lesion);
        let course: Vec<_> = truths.iter().filter_map(|t| t.lesions.get(i)).collect();
        let area: Vec<f64> = course.iter().map(|l| l.area_mm2).collect();
        let change = area.last().zip(area.first()).map_or(0.0, |(b, a)| b - a);
        // A hand laid down otherwise shows another shadow of what did not change.
        let cavity = &lesion.lesion;
        let moves = !(cavity.depth_course.is_empty() && cavity.width_course.is_empty());
        let verdict = if moves && change < -delta {
            Verdict::Healing
        } else if moves && change > delta {
            Verdict::Progressing
        } else {
            Verdict::Stable
        };
        if let (Some(known), Some(start)) = (joints.get_mut(&joint), course.first()) {
            known.erosions.push(FilmErosionTruth {
                bone,
                at: start.mouth_px,
                area_mm2: area,
                closed: course.iter().map(|l| l.continuity).collect(),
                verdict,
            });
        }
    }
    FilmTruth {
        schema: FILM_TRUTH_SCHEMA.to_owned(),
        visits: truths.iter().map(|t| t.visit.clone()).collect(),
        joints: joints.into_values().collect(),
    }
}
