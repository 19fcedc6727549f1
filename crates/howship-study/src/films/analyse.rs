//! From films to joints, strand by strand.

use super::copies::no_second_copies;
use super::found_again::of_one_patient;
use super::given::GivenErosions;
use super::landmarks;
use super::refuse::refuse;
use super::same_lengths::same_lengths;
use super::series::{FilmSeries, Shot, input_file};
use super::strands::{Key, Strand, strands};
use super::turned::turned_over;
use crate::{Error, Observer};
use howship_change::{
    FILM_SCHEMA, FilmJoint, FilmSummary, FilmVerdictFile, FollowedJoint, Provenance, SettingName,
    Settings, Subject, Verdict,
};
use howship_film::{
    FilmOptions, GivenAt, JointName, JointPlace, JointView, Landmark, Landmarks, VisitFilm,
    compare_films, is_measured, measure_joint,
};
use howship_stats::expected_false_discovery;
use std::path::{Path, PathBuf};

/// How films are compared, and what is kept of how it was asked for.
#[derive(Debug, Clone, Default)]
pub struct FilmJob {
    /// The command line, an argument each.
    pub command: Vec<String>,
    /// How joints are measured.
    pub options: FilmOptions,
    /// The reader's landmarks and the file they are from.
    pub landmarks: Option<(PathBuf, Landmarks)>,
    /// Erosions that the reader points at.
    pub given: GivenErosions,
    /// Who this is.
    pub subject: Option<String>,
    /// Seeds of what was drawn at random.
    pub seeds: Vec<u64>,
}

/// What was measured, and where the joints lie.
#[derive(Debug, Clone)]
pub struct FilmOutcome {
    /// The result.
    pub file: FilmVerdictFile,
    /// The landmarks that were used.
    pub landmarks: Landmarks,
}

/// Measures a series of films.
///
/// # Errors
/// Landmarks that are none of these films', left against right, another patient's film (unless [`FilmJob::subject`] says
/// whose all are), one exposure saved twice, no joint that two films show.
pub fn analyse_films(
    series: &FilmSeries,
    job: &FilmJob,
    observer: &dyn Observer,
) -> Result<FilmOutcome, Error> {
    observer.progress("joints", 0.0);
    let given = job.landmarks.as_ref();
    let mut warnings = series.warnings.clone();
    let marks = landmarks::complete(
        series,
        given.map(|g| &g.1),
        given.map(|g| g.0.as_path()),
        &mut warnings,
    )?;
    let strands = strands(series, &marks, &mut warnings)?;
    job.given.check(series, &marks, &strands)?;
    turned_over(series, &strands, &marks, &mut warnings)?;
    same_lengths(series, &strands, &marks, &mut warnings)?;
    if series
        .shots
        .iter()
        .any(|s| s.opened.film.mm_per_pixel().is_some())
    {
        job.options
            .precision
            .plausible_in_mm()
            .map_err(Error::Films)?;
    }
    let points = job.given.points();
    let mut joints = Vec::new();
    for (i, strand) in strands.iter().enumerate() {
        let share = |part: f64| (i as f64 + part) / strands.len() as f64;
        observer.progress("registration", share(0.0));
        crate::check(observer)?;
        let mut seen = |done: usize, of: usize| {
            observer.progress("registration", share(done as f64 / of.max(1) as f64));
        };
        let mut of_strand = measure(series, strand, &marks, (job, &points), &mut seen)
            .map_err(|e| named(series, strand, job, &e))?;
        let shots: Vec<&Shot> = strand.shots.iter().map(|i| &series.shots[*i]).collect();
        let subject = job.subject.as_deref();
        no_second_copies(&mut of_strand, &marks, &shots, &mut warnings)?;
        warnings.extend(of_one_patient(&of_strand, &shots, subject)?);
        joints.extend(of_strand);
    }
    if joints.is_empty() {
        let path = &series.shots[0].path;
        return Err(refuse(
            path,
            "none of its landmarks is a joint that is measured on films",
            "give MCP, PIP, IP, DIP or MTP joints",
        ));
    }
    let file = FilmVerdictFile {
        schema: FILM_SCHEMA.to_owned(),
        provenance: provenance(series, job),
        visits: series.visits.clone(),
        films: series.shots.iter().map(|s| summary(series, s)).collect(),
        expected_false_discovery: false_discovery(&joints),
        joints,
        decision: job.options.verdict,
        precision: job.options.precision.in_words(),
        warnings,
    };
    Ok(FilmOutcome {
        file,
        landmarks: marks,
    })
}

fn measure(
    series: &FilmSeries,
    strand: &Strand,
    marks: &Landmarks,
    (job, points): (&FilmJob, &[GivenAt]),
    seen: &mut dyn FnMut(usize, usize),
) -> Result<Vec<FollowedJoint>, howship_film::Error> {
    let shots: Vec<&Shot> = strand.shots.iter().map(|i| &series.shots[*i]).collect();
    let visit = |s: &Shot| series.visits[s.visit].name.as_str();
    let joints = if let Key::Joint(..) = strand.key {
        vec![crop(&shots, series, marks, (job, points))?]
    } else {
        let films: Vec<VisitFilm<'_>> = shots
            .iter()
            .map(|s| VisitFilm {
                visit: visit(s),
                file: &s.name,
                film: &s.opened.film,
            })
            .collect();
        compare_films(&films, marks, points, &job.options, seen)?
    };
    Ok(joints
        .into_iter()
        .filter(|j| is_measured(&j.joint))
        .map(|joint| {
            let films = joint
                .visits
                .iter()
                .map(|v| {
                    let shot = shots.iter().find(|s| visit(s) == v.visit);
                    shot.map_or(String::new(), |s| s.name.clone())
                })
                .collect();
            FollowedJoint { joint, films }
        })
        .collect())
}

/// A joint cut out of its film: nothing says where the finger points but the custom that it points up.
fn crop(
    shots: &[&Shot],
    series: &FilmSeries,
    marks: &Landmarks,
    (job, points): (&FilmJob, &[GivenAt]),
) -> Result<FilmJoint, howship_film::Error> {
    let placed: Vec<(&Shot, &Landmark)> = shots
        .iter()
        .filter_map(|s| Some((*s, marks.of(&s.name).next()?)))
        .collect();
    let views: Vec<JointView<'_>> = placed
        .iter()
        .map(|(s, mark)| {
            let film = &s.opened.film;
            JointView {
                visit: &series.visits[s.visit].name,
                film,
                place: JointPlace {
                    centre: [mark.x, mark.y],
                    axis: [0.0, -1.0],
                    // The whole crop, where it has no millimetres.
                    field_px: Some(film.width().min(film.height()) as f64),
                },
                side: mark.side,
            }
        })
        .collect();
    let (joint, hand) = placed
        .first()
        .map_or(("", 1), |(_, mark)| (mark.joint.as_str(), mark.hand));
    let of_joint = |g: &&GivenAt| placed.first().is_some_and(|(_, mark)| g.is_of(mark));
    let given: Vec<_> = points
        .iter()
        .filter(of_joint)
        .map(|g| g.erosion.clone())
        .collect();
    let mut result = measure_joint(JointName { joint, hand }, &views, &given, &job.options)?;
    result.warnings.push(
        "its films show one joint only: the finger or toe is taken to point up in them".to_owned(),
    );
    Ok(result)
}

/// The file in front of what went wrong.
fn named(
    series: &FilmSeries,
    strand: &Strand,
    job: &FilmJob,
    error: &howship_film::Error,
) -> Error {
    let path = match (error, &job.landmarks) {
        (howship_film::Error::Landmark { .. }, Some((path, _))) => path.as_path(),
        (howship_film::Error::Given { .. }, _) => {
            let path = job.given.path.as_deref().unwrap_or(Path::new("erosions"));
            return refuse(
                path,
                error,
                "docs/films.md says how erosions are pointed at",
            );
        }
        _ => series.shots[strand.shots[0]].path.as_path(),
    };
    refuse(
        path,
        error,
        "look at the films and at the landmarks that are named",
    )
}

fn summary(series: &FilmSeries, shot: &Shot) -> FilmSummary {
    let film = &shot.opened.film;
    let facts = film.facts();
    FilmSummary {
        visit: series.visits[shot.visit].name.clone(),
        film: shot.name.clone(),
        size: [film.width(), film.height()],
        mm_per_pixel: film.mm_per_pixel(),
        unit: film.length_unit().to_string(),
        scale_known: film.scale().in_words(),
        side: facts
            .laterality
            .as_ref()
            .map(|k| format!("{} ({})", k.value, k.from)),
        view: facts
            .view
            .as_ref()
            .map(|k| format!("{} ({})", k.value, k.from)),
    }
}

fn false_discovery(joints: &[FollowedJoint]) -> Option<f64> {
    let certainty: Vec<f64> = joints
        .iter()
        .flat_map(|j| &j.joint.erosions)
        .filter_map(|e| {
            let p = e.verdict.probability?;
            match e.verdict.verdict {
                Verdict::Healing => Some(p.healing),
                Verdict::Stable => Some(p.stable),
                Verdict::Progressing => Some(p.progressing),
                Verdict::Uncertain => None,
            }
        })
        .collect();
    expected_false_discovery(&certainty)
}

fn provenance(series: &FilmSeries, job: &FilmJob) -> Provenance {
    let mut settings = Settings::default();
    settings.set("repeatability", job.options.precision.in_words());
    settings.set(
        SettingName::VerdictLevel,
        job.options.verdict.level.to_string(),
    );
    if let Some(delta) = job.options.verdict.delta {
        settings.set("δ of the area", format!("{delta} mm²"));
    }
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: job.command.clone(),
        inputs: series.shots.iter().map(input_file).collect(),
        subject: job.subject.as_deref().map(Subject::new),
        settings,
        seeds: job.seeds.clone(),
    }
}
