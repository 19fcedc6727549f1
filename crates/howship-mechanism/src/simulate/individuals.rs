use crate::Error;
use crate::bone::{half_ellipsoid, margin_density, mouth_closed};
use crate::case::{Case, Compiled};
use crate::chain::{Chain, PatientCourse, PatientScratch};
use rayon::prelude::*;

/// A virtual patient's lesion at one time: what is true of it, without any error of measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndividualRow {
    /// Number of the patient, from 0: the same patient as in the bands.
    pub patient: u64,
    /// Lesion, from 0.
    pub lesion: usize,
    /// Days from baseline.
    pub day: f64,
    /// Driver of the patient, 0..1.
    pub inflammation: f64,
    /// DAS28 without its own error.
    pub das28: f64,
    /// Joint space of a joint of the patient's own driver, mm.
    pub joint_space: f64,
    /// Driver of the lesion's joint, 0..1.
    pub joint_inflammation: f64,
    /// Depth, mm; at baseline before anything has moved.
    pub depth: f64,
    /// Depth less depth at baseline, mm; negative is repair.
    pub depth_change: f64,
    /// Volume, mm³.
    pub volume: f64,
    /// Thickness of new matrix, µm.
    pub matrix: f64,
    /// Its mineral-equivalent thickness under law A and law B, µm.
    pub rim: [f64; 2],
    /// Share of the former mouth that is closed.
    pub mouth_closed: f64,
    /// Gain of density beside the wall under law A, mg/cm³.
    pub margin_density: f64,
}

/// Patients that are held at a time.
const BLOCK: u64 = 4096;

/// The virtual patients one by one: at baseline, at each image of the record and at the end of the run. `take` is given
/// blocks of rows in the order of patients, then lesions, then days, whatever the number of threads; memory holds one
/// block.
///
/// # Errors
/// A drug's kinetics could not be integrated, `take` failed, or `progress` said no.
pub fn individuals<E: From<Error>>(
    case: &Case,
    compiled: &Compiled,
    progress: &(dyn Fn(f64) -> bool + Sync),
    take: &mut dyn FnMut(&[IndividualRow]) -> Result<(), E>,
) -> Result<(), E> {
    let chain = &compiled.chain;
    let times = times(case, chain);
    let patients = case.run.patients;
    let mut from = 0;
    while from < patients {
        let block = from..(from + BLOCK).min(patients);
        from = block.end;
        let rows: Result<Vec<Vec<IndividualRow>>, Error> = block
            .into_par_iter()
            .map_init(PatientScratch::default, |scratch, patient| {
                chain.run(patient, scratch)?;
                Ok(rows(patient, chain, &scratch.course, &times))
            })
            .collect();
        let rows = rows?;
        take(&rows.concat())?;
        if !progress(from as f64 / patients as f64) {
            return Err(Error::Stopped.into());
        }
    }
    Ok(())
}

/// Steps of baseline, images and the end, each once.
fn times(case: &Case, chain: &Chain) -> Vec<usize> {
    let images = case.imaging.iter().map(|i| i.visit.days);
    let mut steps: Vec<usize> = images
        .filter(|d| *d >= 0.0)
        .map(|d| (d / chain.step_days()).round() as usize)
        .filter(|s| *s <= chain.steps())
        .chain([0, chain.steps()])
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn rows(
    patient: u64,
    chain: &Chain,
    course: &PatientCourse,
    times: &[usize],
) -> Vec<IndividualRow> {
    let lateral = course.parameters.wall.lateral;
    let mut rows = Vec::with_capacity(course.lesions.len() * times.len());
    for (lesion, (traits, c)) in course.lesions.iter().zip(&course.courses).enumerate() {
        rows.extend(times.iter().map(|&k| {
            let depth_change = c.depth_change[k];
            IndividualRow {
                patient,
                lesion,
                day: chain.day(k),
                inflammation: course.driver[k],
                das28: course.das28[k],
                joint_space: course.joint_space[k],
                joint_inflammation: c.driver[k],
                depth: traits.size.depth + depth_change,
                depth_change,
                volume: half_ellipsoid(traits.size, depth_change, lateral),
                matrix: c.matrix[k],
                rim: [c.mineral_a[k], c.mineral_b[k]],
                mouth_closed: mouth_closed(traits.size, depth_change, lateral),
                margin_density: margin_density(c.mineral_a[k], lateral),
            }
        }));
    }
    rows
}
