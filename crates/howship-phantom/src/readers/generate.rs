use super::course::{Stream, stream, subject_course};
use super::data::{ReadScore, ReadStatus, ReaderData};
use super::films::{Seen, film_faults, joints, replacements, visit_days};
use super::reading::{SiteFilms, level, read_site};
use super::spec::ReadersSpec;
use super::truth::{ReadersTruth, SubjectTruth};
use crate::Error;
use rand::{Rng, RngExt as _};
use rayon::prelude::*;

/// One patient, whole.
struct Patient {
    truth: SubjectTruth,
    steps: Vec<u16>,
    replaced: Vec<u16>,
    rows: Vec<ReadScore>,
}

/// What a patient's readers have before them.
struct Films {
    days: Vec<Option<i32>>,
    faults: Vec<Seen>,
    steps: Vec<u16>,
    replaced: Vec<u16>,
}

impl ReadersSpec {
    /// Makes the study: the same specification gives the same rows for any number of threads.
    ///
    /// # Errors
    /// A specification with a value that cannot be; its field is named.
    pub fn generate(&self) -> Result<ReaderData, Error> {
        let spec = self.completed()?;
        let joints = joints(&spec);
        let arms = spec.arms.iter().enumerate();
        let arms: Vec<usize> = arms
            .flat_map(|(arm, a)| std::iter::repeat_n(arm, a.subjects))
            .collect();
        let patients: Vec<Patient> = arms
            .par_iter()
            .enumerate()
            .map(|(subject, &arm)| patient(&spec, &joints, subject, arm))
            .collect();
        let mut rows = Vec::with_capacity(patients.iter().map(|p| p.rows.len()).sum());
        let mut truth = ReadersTruth {
            spec,
            subjects: Vec::with_capacity(patients.len()),
            steps: Vec::new(),
            replaced: Vec::new(),
        };
        for mut patient in patients {
            rows.append(&mut patient.rows);
            truth.steps.append(&mut patient.steps);
            truth.replaced.append(&mut patient.replaced);
            truth.subjects.push(patient.truth);
        }
        Ok(ReaderData { rows, truth })
    }
}

fn patient(spec: &ReadersSpec, joints: &[usize], subject: usize, arm: usize) -> Patient {
    let rng = |part| stream(spec.seed, subject, part);
    let (truth, steps) = subject_course(spec, arm, &mut rng(Stream::Truth));
    let baseline = steps.iter().step_by(spec.visits.len());
    let mean_steps = baseline.map(|&s| f64::from(s)).sum::<f64>() / joints.len() as f64;
    let mut films_rng = rng(Stream::Films);
    let films = Films {
        days: visit_days(spec, mean_steps, &mut rng(Stream::Visits)),
        faults: film_faults(spec, joints, &mut films_rng),
        replaced: replacements(spec, joints, &steps, &mut films_rng),
        steps,
    };
    let mut rows = Vec::new();
    for reader in allocated(spec, &mut rng(Stream::Allocation)) {
        read(spec, &films, (subject, reader), &mut rows);
    }
    rows.sort_by_key(|r| (r.visit, r.reader, r.reading, r.site));
    Patient {
        truth,
        steps: films.steps,
        replaced: films.replaced,
        rows,
    }
}

/// The readers of one patient's films: at least one.
fn allocated(spec: &ReadersSpec, rng: &mut impl Rng) -> Vec<usize> {
    let all = spec.readers.len();
    let wanted = spec.reading.readers_per_subject.unwrap_or(all);
    let mut order: Vec<usize> = (0..all).collect();
    for i in 0..all {
        order.swap(i, rng.random_range(i..all));
    }
    order.truncate(wanted);
    let mut readers: Vec<usize> = Vec::with_capacity(wanted);
    for &reader in &order {
        if rng.random::<f64>() < spec.readers[reader].share {
            readers.push(reader);
        }
    }
    if readers.is_empty() {
        readers.extend(order.first());
    }
    readers.sort_unstable();
    readers
}

/// All readings of one patient's films by one reader.
fn read(
    spec: &ReadersSpec,
    films: &Films,
    (subject, reader): (usize, usize),
    rows: &mut Vec<ReadScore>,
) {
    let visits = spec.visits.len();
    let mut rng = stream(spec.seed, subject, Stream::Reader(reader));
    let who = &spec.readers[reader];
    let levels: Vec<f64> = (0..spec.sites.len())
        .map(|s| level(who, films.steps[s * visits], &mut rng))
        .collect();
    let mut written = vec![0; visits];
    for reading in 1..=spec.reading.readings {
        let has_film: Vec<bool> = films
            .days
            .iter()
            .map(|d| rng.random::<f64>() >= spec.missing.film && d.is_some())
            .collect();
        for (s, site) in spec.sites.iter().enumerate() {
            let all = s * visits..(s + 1) * visits;
            let seen = SiteFilms {
                steps: &films.steps[all.clone()],
                faults: &films.faults[all],
                max: site.max_steps(),
                level: levels[s],
            };
            read_site(spec, who, &seen, &has_film, &mut written, &mut rng);
            let lost = &spec.missing;
            let missing = lost.score + lost.score_per_step * f64::from(seen.steps[0]);
            for visit in 0..visits {
                let status = if rng.random::<f64>() < missing {
                    ReadStatus::Missing
                } else {
                    ReadStatus::Ok
                };
                let status = if visit >= usize::from(films.replaced[s]) {
                    ReadStatus::Replaced
                } else if seen.faults[visit].not_scorable {
                    ReadStatus::NotScorable
                } else {
                    status
                };
                let (true, Some(days)) = (has_film[visit], films.days[visit]) else {
                    continue;
                };
                let score = f64::from(written[visit]) * site.step;
                rows.push(ReadScore {
                    subject: subject as u32,
                    visit: visit as u32,
                    days,
                    reader: reader as u32,
                    reading: reading as u32,
                    site: s as u32,
                    score: if status == ReadStatus::Ok {
                        score
                    } else {
                        f64::NAN
                    },
                    status,
                });
            }
        }
    }
}
