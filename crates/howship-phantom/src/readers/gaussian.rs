use crate::Error;
use crate::error::Check;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

/// Total scores as a sum of independent normal parts, so that every ICC and SDC is known in closed form.
///
/// `Y = mean + drift·t + patient + change(patient, 1..t) + reader + patient×reader + reader×visit + residual`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianSpec {
    /// Seed of all that is random.
    pub seed: u64,
    /// Patients.
    pub subjects: usize,
    /// Readers.
    pub readers: usize,
    /// Readings by each.
    pub readings: usize,
    /// Visits.
    pub visits: usize,
    /// Mean at the first visit.
    pub mean: f64,
    /// Mean change over an interval.
    pub drift: f64,
    /// SD of patients' true values at the first visit.
    pub sd_patient: f64,
    /// SD of patients' true changes over an interval; intervals are independent.
    pub sd_change: f64,
    /// SD of readers.
    pub sd_reader: f64,
    /// SD of readers' views of a patient, the same at all visits.
    pub sd_patient_reader: f64,
    /// SD of a reader's shift of a whole visit.
    pub sd_reader_visit: f64,
    /// SD of each single total.
    pub sd_residual: f64,
    /// How many of the readers, drawn for each patient, read; none for all.
    pub readers_per_subject: Option<usize>,
    /// Probability that a total is missing, completely at random.
    pub missing: f64,
}

impl Default for GaussianSpec {
    fn default() -> Self {
        Self {
            seed: 1,
            subjects: 100,
            readers: 2,
            readings: 1,
            visits: 2,
            mean: 40.0,
            drift: 1.0,
            sd_patient: 30.0,
            sd_change: 3.0,
            sd_reader: 2.0,
            sd_patient_reader: 2.0,
            sd_reader_visit: 0.0,
            sd_residual: 1.5,
            readers_per_subject: None,
            missing: 0.0,
        }
    }
}

/// A total score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianScore {
    /// From 0.
    pub subject: u32,
    /// From 0.
    pub visit: u32,
    /// From 0.
    pub reader: u32,
    /// From 1.
    pub reading: u32,
    /// The total.
    pub value: f64,
}

/// What a [`GaussianSpec`] implies, one reader and one reading at a time.
///
/// Agreement counts readers' shifts as error (ICC(2,1), McGraw and Wong's A,1), consistency does not (ICC(3,1), C,1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GaussianTruth {
    /// ICC(A,1) of status at the first visit; also ICC(1,1) where each patient has other readers.
    pub icc_agreement: f64,
    /// ICC(C,1) of status at the first visit.
    pub icc_consistency: f64,
    /// ICC(A,1) of change over one interval.
    pub icc_change_agreement: f64,
    /// ICC(C,1) of change over one interval.
    pub icc_change_consistency: f64,
    /// Standard error of one reader's status, readers' shifts counted.
    pub sem_agreement: f64,
    /// The same, readers' shifts not counted.
    pub sem_consistency: f64,
    /// Standard error of one reader's change, readers' shifts of a visit counted.
    pub sem_change_agreement: f64,
    /// The same, not counted.
    pub sem_change_consistency: f64,
}

impl GaussianTruth {
    /// Smallest detectable change of the mean of `readers` fixed readers: 1.96·SEM of change/√readers.
    #[must_use]
    pub fn sdc95(&self, readers: usize) -> f64 {
        1.959_963_984_540_054 * self.sem_change_consistency / (readers.max(1) as f64).sqrt()
    }

    /// The same for any `readers` readers.
    #[must_use]
    pub fn sdc95_any(&self, readers: usize) -> f64 {
        1.959_963_984_540_054 * self.sem_change_agreement / (readers.max(1) as f64).sqrt()
    }

    /// Smallest detectable difference of two status scores, each the mean of `readers` fixed readers:
    /// 1.96·√2·SEM/√readers.
    #[must_use]
    pub fn sdd95(&self, readers: usize) -> f64 {
        1.959_963_984_540_054 * std::f64::consts::SQRT_2 * self.sem_consistency
            / (readers.max(1) as f64).sqrt()
    }
}

impl GaussianSpec {
    /// What the specification implies.
    #[must_use]
    pub fn truth(&self) -> GaussianTruth {
        let square = |x: f64| x * x;
        let own = square(self.sd_patient_reader) + square(self.sd_residual);
        let all = own + square(self.sd_reader) + square(self.sd_reader_visit);
        let change_own = 2.0 * square(self.sd_residual);
        let change_all = change_own + 2.0 * square(self.sd_reader_visit);
        let icc = |true_variance: f64, error: f64| true_variance / (true_variance + error);
        let (patient, change) = (square(self.sd_patient), square(self.sd_change));
        GaussianTruth {
            icc_agreement: icc(patient, all),
            icc_consistency: icc(patient, own),
            icc_change_agreement: icc(change, change_all),
            icc_change_consistency: icc(change, change_own),
            sem_agreement: all.sqrt(),
            sem_consistency: own.sqrt(),
            sem_change_agreement: change_all.sqrt(),
            sem_change_consistency: change_own.sqrt(),
        }
    }

    /// Makes the totals, in order of subject, visit, reader, reading.
    ///
    /// # Errors
    /// A value that cannot be; its field is named.
    pub fn generate(&self) -> Result<Vec<GaussianScore>, Error> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let readers = normals(self.readers, self.sd_reader, &mut rng);
        let shifts = normals(self.readers * self.visits, self.sd_reader_visit, &mut rng);
        let mut rows = Vec::new();
        for subject in 0..self.subjects {
            // A stream for each patient: adding patients changes none of those before.
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(subject as u64 + 1);
            let own = normals(self.readers, self.sd_patient_reader, &mut rng);
            let present = chosen(self.readers, self.readers_per_subject, &mut rng);
            let mut truth = self.mean + normal(self.sd_patient, &mut rng);
            for visit in 0..self.visits {
                if visit > 0 {
                    truth += self.drift + normal(self.sd_change, &mut rng);
                }
                for reader in 0..self.readers {
                    let shift =
                        readers[reader] + own[reader] + shifts[reader * self.visits + visit];
                    for reading in 1..=self.readings {
                        let value = truth + shift + normal(self.sd_residual, &mut rng);
                        let lost = rng.random::<f64>() < self.missing;
                        if present[reader] && !lost {
                            rows.push(GaussianScore {
                                subject: subject as u32,
                                visit: visit as u32,
                                reader: reader as u32,
                                reading: reading as u32,
                                value,
                            });
                        }
                    }
                }
            }
        }
        Ok(rows)
    }

    fn validate(&self) -> Result<(), Error> {
        for (field, value) in [
            ("sd_patient", self.sd_patient),
            ("sd_change", self.sd_change),
            ("sd_reader", self.sd_reader),
            ("sd_patient_reader", self.sd_patient_reader),
            ("sd_reader_visit", self.sd_reader_visit),
            ("sd_residual", self.sd_residual),
        ] {
            Check::not_negative(field, value)?;
        }
        Check::finite("mean", self.mean)?;
        Check::finite("drift", self.drift)?;
        Check::share("missing", self.missing)?;
        let count = "a count from 1 to 1000000";
        for (field, value) in [
            ("subjects", self.subjects),
            ("readers", self.readers),
            ("readings", self.readings),
            ("visits", self.visits),
        ] {
            Check::within(field, value as f64, 1.0..=1e6, count)?;
        }
        let rows = [self.readers, self.readings, self.visits]
            .iter()
            .fold(self.subjects, |rows, n| rows.saturating_mul(*n));
        Check::within(
            "subjects",
            rows as f64,
            1.0..=1e8,
            "at most 100 million totals",
        )?;
        let wanted = self.readers_per_subject.unwrap_or(self.readers) as f64;
        let range = 1.0..=self.readers as f64;
        Check::within(
            "readers_per_subject",
            wanted,
            range,
            "1 to the number of readers",
        )
    }
}

fn normal(sd: f64, rng: &mut impl Rng) -> f64 {
    let z: f64 = StandardNormal.sample(rng);
    z * sd
}

fn normals(count: usize, sd: f64, rng: &mut impl Rng) -> Vec<f64> {
    (0..count).map(|_| normal(sd, rng)).collect()
}

/// Which readers read: `wanted` of them drawn without replacement.
fn chosen(readers: usize, wanted: Option<usize>, rng: &mut impl Rng) -> Vec<bool> {
    let wanted = wanted.unwrap_or(readers);
    let mut chosen = vec![false; readers];
    let mut left = wanted;
    for (i, chosen) in chosen.iter_mut().enumerate() {
        let rest = (readers - i) as f64;
        *chosen = rng.random::<f64>() * rest < left as f64;
        left -= usize::from(*chosen);
    }
    chosen
}
