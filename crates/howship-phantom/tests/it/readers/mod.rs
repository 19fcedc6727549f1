//! Readers' scores: what comes out against what the specification says.

mod gaussian;
mod rates;
mod tables;
mod tempo;

use howship_phantom::readers::{ArmSpec, BaselineSpec, ReaderData, ReadersSpec};

/// Patients who differ, joints that change by more than a step, readers who differ.
pub(crate) fn varied(seed: u64, subjects: usize) -> ReadersSpec {
    let mut spec = ReadersSpec {
        seed,
        arms: vec![ArmSpec {
            subjects,
            healing: 0.08,
            progressing: 0.05,
            concentration: Some(5.0),
            ..ArmSpec::default()
        }],
        baseline: BaselineSpec {
            damaged: 0.4,
            concentration: Some(3.0),
            more: 0.6,
        },
        ..ReadersSpec::default()
    };
    spec.course.more = 0.3;
    spec.readers[0].sensitivity = 0.8;
    spec.readers[1].sensitivity = 0.5;
    spec.readers[1].opposite = 0.1;
    spec.readers[1].false_worse = 0.05;
    spec
}

/// Scores by `[subject][reader][reading][site][visit]`, NaN where there is none.
pub(crate) struct Cube {
    values: Vec<f64>,
    sizes: [usize; 5],
}

impl Cube {
    pub(crate) fn of(data: &ReaderData) -> Self {
        let spec = &data.truth.spec;
        let sizes = [
            data.truth.subjects.len(),
            spec.readers.len(),
            spec.reading.readings,
            spec.sites.len(),
            spec.visits.len(),
        ];
        let mut values = vec![f64::NAN; sizes.iter().product()];
        for row in &data.rows {
            let at = [
                row.subject,
                row.reader,
                row.reading - 1,
                row.site,
                row.visit,
            ];
            let place = at
                .iter()
                .zip(sizes)
                .fold(0, |place, (&i, size)| place * size + i as usize);
            assert!(values[place].is_nan(), "scored twice: {row:?}");
            values[place] = row.score;
        }
        Self { values, sizes }
    }

    pub(crate) fn get(&self, at: [usize; 5]) -> f64 {
        let place = at
            .iter()
            .zip(self.sizes)
            .fold(0, |place, (i, size)| place * size + i);
        self.values[place]
    }

    pub(crate) fn change(&self, subject: usize, reader: usize, site: usize, to: usize) -> f64 {
        let at = |visit| self.get([subject, reader, 0, site, visit]);
        at(to) - at(0)
    }
}

/// Mean with its standard error.
pub(crate) fn mean_se(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// |z| < 4.5 fails once in 150,000 for a right generator; a false one is off by far more here.
#[track_caller]
pub(crate) fn agrees(what: &str, values: &[f64], truth: f64) {
    let (mean, se) = mean_se(values);
    let z = (mean - truth) / se.max(1e-12);
    assert!(
        z.abs() < 4.5,
        "{what}: {mean:.5} ± {se:.5} for {truth:.5}, z = {z:.2}"
    );
}
