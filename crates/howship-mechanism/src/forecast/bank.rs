use crate::Error;
use crate::bone::MineralLaw;
use crate::case::{Case, Compiled};
use crate::chain::{Chain, PatientCourse, PatientScratch};
use crate::imaging::{Quantity, Tool};
use rand::RngExt as _;
use rayon::prelude::*;

/// What of a draw is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Tools with the change at which their verdict turns; law A's here, law B's is the same number.
    pub(super) tools: Vec<(Tool, f64)>,
    /// True changes wanted: quantity, lesion, index of the course.
    pub(super) changes: Vec<(Quantity, usize, usize)>,
    /// Expected DAS28 wanted at these indices.
    pub(super) scores: Vec<usize>,
}

/// One draw's answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draw {
    /// Day per tool and lesion; infinite: not within the horizon. Tools outer.
    pub(super) days: Vec<f64>,
    /// In the order of the question.
    pub(super) changes: Vec<f64>,
    /// In the order of the question.
    pub(super) scores: Vec<f64>,
}

/// Draws `from..from + count` of a record's patient.
pub(super) fn draws(
    compiled: &Compiled,
    question: &Question,
    profile_share: f64,
    from: u64,
    count: u64,
    progress: &(dyn Fn(f64) -> bool + Sync),
) -> Result<Vec<Draw>, Error> {
    let chain = &compiled.chain;
    (from..from + count)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            if patient % 256 == 0 && !progress((patient - from) as f64 / count as f64) {
                return Err(Error::Stopped);
            }
            chain.run(patient, scratch)?;
            let mut rng = chain.image_stream(patient);
            let law = if rng.random::<f64>() < 0.5 {
                MineralLaw::A
            } else {
                MineralLaw::B
            };
            let in_profile: Vec<bool> = compiled
                .in_profile
                .iter()
                .map(|known| {
                    let chance = rng.random::<f64>() < profile_share;
                    known.unwrap_or(chance)
                })
                .collect();
            Ok(answers(chain, &scratch.course, question, law, &in_profile))
        })
        .collect()
}

fn shown(quantity: Quantity, in_profile: bool) -> bool {
    match quantity {
        Quantity::Rim => in_profile,
        Quantity::EnFace => !in_profile,
        _ => true,
    }
}

fn answers(
    chain: &Chain,
    course: &PatientCourse,
    question: &Question,
    law: MineralLaw,
    in_profile: &[bool],
) -> Draw {
    let lateral = course.parameters.wall.lateral;
    let change = |tool: &Tool, lesion: usize, at: usize| {
        if shown(tool.quantity, in_profile[lesion]) {
            tool.true_change(
                &course.lesions[lesion],
                &course.courses[lesion],
                lateral,
                at,
            )
        } else {
            0.0
        }
    };
    let mut days = Vec::with_capacity(question.tools.len() * course.lesions.len());
    for (tool, critical) in &question.tools {
        let tool = Tool {
            law,
            ..tool.clone()
        };
        for lesion in 0..course.lesions.len() {
            days.push(first_day(chain, *critical, |at| change(&tool, lesion, at)));
        }
    }
    let changes = question.changes.iter().map(|&(quantity, lesion, at)| {
        let mut tool = Tool::depth(law);
        tool.quantity = quantity;
        change(&tool, lesion, at)
    });
    Draw {
        days,
        changes: changes.collect(),
        scores: question.scores.iter().map(|&at| course.das28[at]).collect(),
    }
}

/// First day at which a change is at or below a limit, straight between steps.
fn first_day(chain: &Chain, limit: f64, change: impl Fn(usize) -> f64) -> f64 {
    let mut before = 0.0;
    for at in 1..=chain.steps() {
        let now = change(at);
        if now <= limit {
            let share = if now < before {
                ((limit - before) / (now - before)).clamp(0.0, 1.0)
            } else {
                1.0
            };
            return chain.day(at - 1) + share * chain.step_days();
        }
        before = now;
    }
    f64::INFINITY
}

/// Index of a day in a course; none beyond the horizon.
pub(super) fn index(chain: &Chain, day: f64) -> Option<usize> {
    let at = (day / chain.step_days()).round() as usize;
    (at <= chain.steps()).then_some(at)
}

/// Tools of a record: those of its planned images, else every one; one per name.
pub(super) fn tools(case: &Case) -> Result<Vec<(Tool, f64)>, Error> {
    let mut tools: Vec<Tool> = Vec::new();
    for image in &case.imaging {
        for tool in crate::simulate::tools_of(image, MineralLaw::A) {
            if tools.iter().all(|t| t.name != tool.name) {
                tools.push(tool);
            }
        }
    }
    if tools.is_empty() {
        tools = Tool::all(MineralLaw::A);
    }
    tools
        .into_iter()
        .map(|t| {
            let critical = t.critical()?.healing;
            Ok((t, critical))
        })
        .collect()
}
