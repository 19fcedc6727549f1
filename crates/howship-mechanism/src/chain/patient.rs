use super::exposure::{Exposure, Grid, Reference, exposure};
use super::{Parameters, Plan, Subject, Suppressor};
use crate::Error;
use crate::bone::{LesionCourse, LesionSize, LesionTraits, MineralTable, Wall, WallInput};
use crate::drug::Class;
use crate::inflammation::{JointDriver, beta_draw, expit, logit};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// How long and how finely a chain runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainOptions {
    /// Days from baseline (730).
    pub horizon: f64,
    /// Days of a step (5: a twentieth of the slower mineral law's mean lag; first passages carry ±2.5 days of it).
    pub step: f64,
    /// Lesions per patient where sizes are not stated (5).
    pub lesions: usize,
    /// Whether constants are drawn from their ranges, per patient, as a forecast does (no).
    pub draw_constants: bool,
    /// Lesions that share a joint's inflammation and flares (1).
    pub per_joint: usize,
}

impl Default for ChainOptions {
    fn default() -> Self {
        Self {
            horizon: 730.0,
            step: 5.0,
            lesions: 5,
            draw_constants: false,
            per_joint: 1,
        }
    }
}

/// A chain ready to run patient after patient.
#[derive(Debug, Clone)]
pub struct Chain {
    parameters: Parameters,
    plan: Plan,
    references: Vec<Reference>,
    subject: Subject,
    /// Stated sizes; empty: drawn.
    sizes: Vec<LesionSize>,
    options: ChainOptions,
    steps: usize,
    table: MineralTable,
    seed: u64,
}

/// One patient's courses: a value per step, baseline first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatientCourse {
    /// Per course of the plan: mean concentration of the step before, mg/L.
    pub concentration: Vec<Vec<f64>>,
    /// IL-1 receptor occupancy relative to untreated.
    pub il1_occupancy: Vec<f64>,
    /// Share of TNF neutralised.
    pub tnf_neutralised: Vec<f64>,
    /// The patient's driver: what joints scatter about.
    pub driver: Vec<f64>,
    /// RANKL over OPG at the patient's driver, relative to a quiet joint.
    pub rankl_opg: Vec<f64>,
    /// What drugs of bone leave of the osteoclasts.
    pub osteoclast_factor: Vec<f64>,
    /// DAS28 without its own error.
    pub das28: Vec<f64>,
    /// Joint space at a joint of the patient's own driver, mm.
    pub joint_space: Vec<f64>,
    /// Driver before therapy and under full suppression.
    pub traits: [f64; 2],
    /// Day at which the driver has lost half of what it will lose; none where nothing is suppressed.
    pub improved: Option<f64>,
    /// Every lesion's traits.
    pub lesions: Vec<LesionTraits>,
    /// Every lesion's course.
    pub courses: Vec<LesionCourse>,
    /// The patient's constants.
    pub parameters: Parameters,
}

/// Memory that goes from patient to patient.
#[derive(Debug, Clone, Default)]
pub struct PatientScratch {
    exposures: Vec<Exposure>,
    left: Vec<f64>,
    wall: Option<Wall>,
    /// The patient's result.
    pub course: PatientCourse,
}

/// Streams of one patient: each stage has its own, so that a change in one moves no other.
#[derive(Clone, Copy)]
enum Stream {
    Patient,
    Doses,
    Lesions,
    Images,
}

impl Chain {
    /// Compiles a plan.
    ///
    /// # Errors
    /// A drug's reference course could not be integrated.
    pub fn new(
        parameters: Parameters,
        plan: Plan,
        subject: Subject,
        sizes: Vec<LesionSize>,
        options: ChainOptions,
        seed: u64,
    ) -> Result<Self, Error> {
        let steps = (options.horizon / options.step).ceil().max(1.0) as usize;
        let references = plan.courses.iter().map(|c| Reference::of(c, &parameters));
        Ok(Self {
            references: references.collect::<Result<_, _>>()?,
            table: MineralTable::new(steps, options.step),
            parameters,
            plan,
            subject,
            sizes,
            options,
            steps,
            seed,
        })
    }

    /// Steps of a run; courses have one value more.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Days of a step.
    #[must_use]
    pub fn step_days(&self) -> f64 {
        self.options.step
    }

    /// Day of a value of a course.
    #[must_use]
    pub fn day(&self, index: usize) -> f64 {
        index as f64 * self.options.step
    }

    /// Lesions per patient.
    #[must_use]
    pub fn lesions(&self) -> usize {
        if self.sizes.is_empty() {
            self.options.lesions
        } else {
            self.sizes.len()
        }
    }

    /// Lets so many neighbouring lesions share a joint.
    pub fn share_joints(&mut self, lesions: usize) {
        self.options.per_joint = lesions.max(1);
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The constants, before any drawing.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The stream of chance for a patient's images, apart from that of the patient's course.
    #[must_use]
    pub fn image_stream(&self, patient: u64) -> ChaCha8Rng {
        self.stream(patient, Stream::Images)
    }

    fn stream(&self, patient: u64, stream: Stream) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(patient * 4 + stream as u64);
        rng
    }

    /// Runs one patient; the same number gives the same patient on any machine and thread.
    ///
    /// # Errors
    /// A drug's kinetics could not be integrated.
    pub fn run(&self, patient: u64, scratch: &mut PatientScratch) -> Result<(), Error> {
        let grid = Grid {
            steps: self.steps,
            days: self.options.step,
        };
        let mut rng = self.stream(patient, Stream::Patient);
        let parameters = if self.options.draw_constants {
            self.parameters.drawn(&mut rng)
        } else {
            self.parameters
        };
        scratch.course.parameters = parameters;
        let i = &parameters.inflammation;
        let before = beta_draw(&mut rng, i.before, i.before_count);
        let residual = beta_draw(&mut rng, i.residual, i.residual_count).min(before);
        let apposition = LesionTraits::patient_apposition(&mut rng, &parameters.wall);
        let clinical: f64 = StandardNormal.sample(&mut rng);
        scratch.course.traits = [before, residual];
        self.expose(patient, grid, &parameters, scratch)?;
        self.inflame(grid, &parameters, clinical, scratch);
        let mut rng = self.stream(patient, Stream::Lesions);
        let count = self.lesions();
        scratch.course.lesions.clear();
        scratch
            .course
            .courses
            .resize_with(count, LesionCourse::default);
        let draw = |rng: &mut ChaCha8Rng| JointDriver::draw(rng, i, [before, residual], grid.end());
        let mut joint = draw(&mut rng);
        for lesion in 0..count {
            if lesion > 0 && lesion % self.options.per_joint == 0 {
                joint = draw(&mut rng);
            }
            let size = match self.sizes.get(lesion) {
                Some(size) => *size,
                None => drawn_size(&mut rng, &parameters),
            };
            let traits = LesionTraits::draw(&mut rng, &parameters.wall, apposition, size);
            scratch.course.lesions.push(traits);
            self.move_wall(grid, &parameters, &joint, &traits, lesion, scratch);
        }
        Ok(())
    }

    fn expose(
        &self,
        patient: u64,
        grid: Grid,
        parameters: &Parameters,
        scratch: &mut PatientScratch,
    ) -> Result<(), Error> {
        let courses = &self.plan.courses;
        scratch
            .exposures
            .resize_with(courses.len(), Exposure::default);
        scratch
            .course
            .concentration
            .resize_with(courses.len(), Vec::new);
        let mut rng = self.stream(patient, Stream::Doses);
        for (n, planned) in courses.iter().enumerate() {
            let to = &mut scratch.exposures[n];
            exposure(planned, &self.subject, parameters, grid, &mut rng, to)?;
            let seen = &mut scratch.course.concentration[n];
            seen.clear();
            seen.push(0.0);
            seen.extend_from_slice(&to.concentration);
        }
        Ok(())
    }

    /// What is left of the suppressible driver, IL-1, TNF, osteoclasts, score and joint space.
    fn inflame(
        &self,
        grid: Grid,
        parameters: &Parameters,
        clinical: f64,
        scratch: &mut PatientScratch,
    ) {
        let PatientScratch {
            exposures,
            left,
            course,
            ..
        } = scratch;
        let [before, residual] = course.traits;
        let i = &parameters.inflammation;
        left.clear();
        left.resize(grid.steps, 1.0);
        for series in [&mut course.il1_occupancy, &mut course.osteoclast_factor] {
            series.clear();
            series.resize(grid.steps + 1, 1.0);
        }
        course.tnf_neutralised.clear();
        course.tnf_neutralised.resize(grid.steps + 1, 0.0);
        for ((planned, exposed), reference) in self
            .plan
            .courses
            .iter()
            .zip(exposures.iter())
            .zip(&self.references)
        {
            let half_life = match &planned.what {
                Suppressor::Ideal { half_life, .. } => Some(*half_life),
                Suppressor::OsteoclastFactor { start, factor } => {
                    for k in 0..grid.steps {
                        if (k as f64 + 0.5) * grid.days > *start {
                            course.osteoclast_factor[k + 1] *= factor;
                        }
                    }
                    None
                }
                Suppressor::Drug { info, set, .. } => match info.class {
                    Class::Il1Receptor | Class::Il1Beta | Class::Tnf => Some(i.biologic_half_life),
                    Class::CsDmard if set.is_some_and(|s| s.name == "polyglutamate") => {
                        Some(i.biologic_half_life)
                    }
                    Class::CsDmard => Some(i.csdmard_half_life),
                    Class::Rankl | Class::Bisphosphonate | Class::Recorded => None,
                },
            };
            if let Some(half_life) = half_life {
                let half = (-std::f64::consts::LN_2 * grid.days / (2.0 * half_life)).exp();
                let mut now = 1.0;
                for k in 0..grid.steps {
                    let share = (exposed.suppression[k] / reference.suppression).min(1.0);
                    let target = 1.0 - share;
                    let middle = target + (now - target) * half;
                    left[k] *= middle;
                    now = target + (middle - target) * half;
                }
            }
            let bone = match planned.class() {
                Some(Class::Rankl) => parameters.signal.denosumab_factor,
                Some(Class::Bisphosphonate) => parameters.signal.alendronate_factor,
                _ => 1.0,
            };
            for k in 0..grid.steps {
                let s = exposed.suppression[k];
                match planned.class() {
                    Some(Class::Il1Receptor | Class::Il1Beta) => {
                        course.il1_occupancy[k + 1] *= 1.0 - s;
                    }
                    Some(Class::Tnf) => {
                        let free = (1.0 - course.tnf_neutralised[k + 1]) * (1.0 - s);
                        course.tnf_neutralised[k + 1] = 1.0 - free;
                    }
                    Some(Class::Rankl | Class::Bisphosphonate) => {
                        course.osteoclast_factor[k + 1] *= 1.0 - (1.0 - bone) * s;
                    }
                    _ => {}
                }
            }
        }
        let shift = parameters.clinic.patient_sd * clinical;
        let [score_before, score_residual] = [before, residual].map(|d| expit(logit(d) + shift));
        for series in [
            &mut course.driver,
            &mut course.rankl_opg,
            &mut course.das28,
            &mut course.joint_space,
        ] {
            series.clear();
            series.reserve(grid.steps + 1);
        }
        let mut space = parameters.cartilage.space;
        for k in 0..=grid.steps {
            let share = if k == 0 { 1.0 } else { left[k - 1] };
            let driver = residual + (before - residual) * share;
            let occupancy = course.il1_occupancy[k];
            course.driver.push(driver);
            course
                .rankl_opg
                .push(parameters.signal.rankl_opg(driver, occupancy));
            let score = score_residual + (score_before - score_residual) * share;
            course.das28.push(parameters.clinic.das28(score));
            if k > 0 {
                space = (space - parameters.cartilage.loss(driver, occupancy, grid.days)).max(0.0);
            }
            course.joint_space.push(space);
        }
        course.improved = half_fall(left, grid);
    }

    fn move_wall(
        &self,
        grid: Grid,
        parameters: &Parameters,
        joint: &JointDriver,
        traits: &LesionTraits,
        lesion: usize,
        scratch: &mut PatientScratch,
    ) {
        let PatientScratch {
            left, wall, course, ..
        } = scratch;
        let to = &mut course.courses[lesion];
        for series in [
            &mut to.depth_change,
            &mut to.matrix,
            &mut to.mineral_a,
            &mut to.mineral_b,
            &mut to.driver,
            &mut to.osteoclast,
            &mut to.osteoblast,
        ] {
            series.clear();
            series.reserve(grid.steps + 1);
        }
        let p = &parameters.wall;
        let wall = wall.get_or_insert_with(|| Wall::new(p, joint.before, grid.steps, grid.days));
        wall.restart(p, joint.before, grid.days);
        let mut flare = 0;
        let mut write = |wall: &Wall, driver: f64, activity: [f64; 2], mineral: [f64; 2]| {
            to.depth_change.push(wall.depth_change());
            to.matrix.push(wall.matrix());
            to.mineral_a.push(mineral[0]);
            to.mineral_b.push(mineral[1]);
            to.driver.push(driver);
            to.osteoclast.push(activity[0]);
            to.osteoblast.push(activity[1]);
        };
        let rest = [
            joint.before.powf(p.resorption_exponent),
            traits.surface_share * p.gate(joint.before),
        ];
        write(wall, joint.before, rest, [0.0; 2]);
        for k in 0..grid.steps {
            let driver = joint.at((k as f64 + 0.5) * grid.days, left[k], &mut flare);
            let input = WallInput {
                driver,
                osteoclast_drive: parameters
                    .signal
                    .osteoclast_drive(driver, course.il1_occupancy[k + 1]),
                osteoclast_factor: course.osteoclast_factor[k + 1],
            };
            let activity = wall.step(p, traits, input, grid.days);
            let mineral = wall.mineral(&self.table);
            write(wall, driver, activity, mineral);
        }
    }
}

fn drawn_size(rng: &mut ChaCha8Rng, parameters: &Parameters) -> LesionSize {
    let size = &parameters.size;
    let mut draw = |[mean, sd]: [f64; 2]| {
        let z: f64 = StandardNormal.sample(rng);
        mean * (sd * z - 0.5 * sd * sd).exp()
    };
    LesionSize {
        depth: draw(size.depth),
        width: draw(size.width),
    }
}

/// Day at which what is left has fallen half way to its least, interpolated between the middles of steps.
fn half_fall(left: &[f64], grid: Grid) -> Option<f64> {
    let least = left.iter().copied().fold(1.0, f64::min);
    if least > 0.95 {
        return None;
    }
    let goal = 0.5 * (1.0 + least);
    let (mut before, mut day) = (1.0, 0.0);
    for (k, &now) in left.iter().enumerate() {
        let middle = (k as f64 + 0.5) * grid.days;
        if now <= goal {
            // Suppression is exponential: interpolate its logarithm.
            let span = (before / now).ln();
            let share = if span > 0.0 {
                (before / goal).ln() / span
            } else {
                1.0
            };
            return Some(day + share * (middle - day));
        }
        (before, day) = (now, middle);
    }
    None
}
