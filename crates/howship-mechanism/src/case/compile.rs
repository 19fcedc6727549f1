use super::{Case, DAYS_PER_MONTH};
use crate::Error;
use crate::bone::LesionSize;
use crate::chain::{Chain, ChainOptions, Parameters, Plan, PlannedCourse, Subject, Suppressor};
use crate::drug::{Class, default_set, parameter_sets};

/// A record made ready to run, with what the model makes of it in words.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The chain.
    pub chain: Chain,
    /// Names of the lesions.
    pub lesions: Vec<String>,
    /// Which lesions films show in profile; none: by chance.
    pub in_profile: Vec<Option<bool>>,
    /// What is assumed, left out or cannot be told apart: to be printed with every result.
    pub notes: Vec<String>,
    /// Parameter sets in use: drug, name, remark, source.
    pub sets: Vec<[String; 4]>,
}

/// Lesions by number: names, sizes (none: drawn), what is known of their projection.
struct Lesions {
    names: Vec<String>,
    sizes: Vec<LesionSize>,
    in_profile: Vec<Option<bool>>,
}

/// Share of missed doses from which on it is told: a percentage is written where a share is meant.
const MOST_MISSED: f64 = 0.5;

impl Case {
    /// Makes the chain of this record; `draw_constants` overrides the record's own choice where true.
    ///
    /// Courses that began before baseline and still run are part of the activity at baseline: the model starts from
    /// the driver that they left. The driver at baseline comes from the DAS28 at baseline where there is one.
    ///
    /// # Errors
    /// A drug's kinetics could not be integrated.
    pub fn compile(&self, draw_constants: bool) -> Result<Compiled, Error> {
        let mut notes = Vec::new();
        let mut parameters = self.parameters;
        let das28 = self.baseline_das28();
        if let Some(score) = das28
            && !self.stated.iter().any(|s| s == "driver_before")
        {
            parameters.inflammation.before = parameters.clinic.driver(score);
            parameters.inflammation.residual = parameters
                .inflammation
                .residual
                .min(0.9 * parameters.inflammation.before);
            notes.push(format!(
                "driver at baseline {:.2}, from DAS28 {score:.1}: the coupling of score and joint is loose",
                parameters.inflammation.before
            ));
        }
        let (plan, sets) = self.plan(&mut notes);
        notes.extend(self.images_beyond());
        let lesions = self.sizes(&parameters, &mut notes);
        let options = ChainOptions {
            horizon: self.run.months * DAYS_PER_MONTH,
            lesions: self.run.lesions,
            draw_constants: draw_constants || self.run.vary_constants,
            ..ChainOptions::default()
        };
        let subject = Subject {
            weight: self.subject.weight_kg.unwrap_or(Subject::default().weight),
            creatinine_clearance: self.subject.creatinine_clearance,
        };
        Ok(Compiled {
            chain: Chain::new(
                parameters,
                plan,
                subject,
                lesions.sizes,
                options,
                self.run.seed,
            )?,
            lesions: lesions.names,
            in_profile: lesions.in_profile,
            notes,
            sets,
        })
    }

    /// DAS28 at the visit nearest to baseline, within six weeks of it.
    fn baseline_das28(&self) -> Option<f64> {
        let near = self
            .activity
            .iter()
            .filter(|a| a.visit.days.abs() <= 42.0 && a.das28.is_some());
        near.min_by(|a, b| a.visit.days.abs().total_cmp(&b.visit.days.abs()))
            .and_then(|a| a.das28)
    }

    /// Images after the last month simulated, of which nothing can be said.
    fn images_beyond(&self) -> Option<String> {
        let horizon = self.run.months * DAYS_PER_MONTH;
        let beyond = self.imaging.iter().filter(|i| i.visit.days > horizon);
        let mut names: Vec<String> = beyond.map(|i| i.visit.name()).collect();
        names.dedup();
        (!names.is_empty()).then(|| {
            format!(
                "images at {} lie beyond the {:.0} months simulated: nothing is said of them (`--months`, or `run.months`)",
                names.join(", "),
                self.run.months
            )
        })
    }

    fn plan(&self, notes: &mut Vec<String>) -> (Plan, Vec<[String; 4]>) {
        let mut plan = Plan::default();
        let mut sets = Vec::new();
        for therapy in &self.therapy {
            let course = &therapy.course;
            let name = therapy.info.name;
            if course.stop.is_some_and(|s| s <= 0.0) {
                continue;
            }
            if therapy.info.class == Class::Recorded {
                notes.push(format!("{name} is recorded; its effect is not modelled"));
                continue;
            }
            if course.start < 0.0 {
                notes.push(format!(
                    "{name} began before baseline: what it does is part of the activity at baseline"
                ));
                if course.stop.is_some() {
                    notes.push(format!("that {name} stops after baseline is not modelled"));
                }
                continue;
            }
            if course.start >= self.run.months * DAYS_PER_MONTH {
                notes.push(format!(
                    "{name} starts at month {:.0}, and {:.0} months are simulated: it does nothing in them",
                    course.start / DAYS_PER_MONTH,
                    self.run.months
                ));
            }
            if course.missed >= MOST_MISSED {
                notes.push(format!(
                    "{:.0} % of the doses of {name} are missed: `missed` is a share (0.05 is 5 %)",
                    100.0 * course.missed
                ));
            }
            let set = match course.set {
                Some(wanted) => parameter_sets(name).find(|s| s.name == wanted),
                None => default_set(name),
            };
            if let Some(set) = set {
                let row = [set.drug, set.name, set.remark, set.source].map(str::to_owned);
                if !sets.contains(&row) {
                    sets.push(row);
                }
            }
            plan.courses.push(PlannedCourse {
                name: name.to_owned(),
                what: Suppressor::Drug {
                    info: therapy.info,
                    course: course.clone(),
                    set,
                },
            });
        }
        (plan, sets)
    }

    fn sizes(&self, parameters: &Parameters, notes: &mut Vec<String>) -> Lesions {
        if self.lesions.is_empty() {
            let n = self.run.lesions;
            notes.push(format!(
                "no lesion is described: {n} of sizes usual in RA are drawn per patient"
            ));
            return Lesions {
                names: (1..=n).map(|i| format!("lesion {i}")).collect(),
                sizes: Vec::new(),
                in_profile: vec![None; n],
            };
        }
        let size = &parameters.size;
        let sizes = self.lesions.iter().map(|l| LesionSize {
            depth: l.depth_mm.unwrap_or(size.depth[0]),
            width: l.width_mm.unwrap_or(size.width[0]),
        });
        if self
            .lesions
            .iter()
            .any(|l| l.depth_mm.is_none() || l.width_mm.is_none())
        {
            notes.push(format!(
                "a lesion's depth or width is not stated: {} and {} mm are used, the means of a cohort",
                size.depth[0], size.width[0]
            ));
        }
        let named = self.lesions.iter().enumerate().map(|(i, l)| {
            let same = |o: &&super::LesionRecord| o.site == l.site;
            if self.lesions.iter().filter(same).count() == 1 {
                return l.site.name.clone();
            }
            let nth = self.lesions[..=i].iter().filter(same).count();
            format!("{} ({nth})", l.site.name)
        });
        Lesions {
            names: named.collect(),
            sizes: sizes.collect(),
            in_profile: self.lesions.iter().map(|l| l.in_profile).collect(),
        }
    }
}
