use crate::Error;
use crate::bone::MineralLaw;
use crate::chain::{Chain, ChainOptions, Parameters, PatientScratch, Plan, Subject};
use crate::imaging::{ReaderRule, Readers, RepairDefinition, TotalFill};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// Prevalence of repair by one definition, beside what noise alone gives.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DefinitionRow {
    /// The definition.
    pub name: String,
    /// Share of lesions, and of patients with at least one, in %.
    pub lesions: f64,
    /// Share of patients.
    pub patients: f64,
    /// Share of patients where nothing happens to any lesion, in %.
    pub noise: f64,
}

const YEAR: usize = 72;
const TWO_YEARS: usize = 146;
const PIXEL: f64 = 100.0;

fn named(law: MineralLaw) -> Vec<(String, RepairDefinition)> {
    let known = Readers::default();
    let two_of_three = Readers {
        count: 3,
        needed: 2,
        ..known
    };
    let rim = |threshold, readers, at, quiet| {
        RepairDefinition::Rim(ReaderRule {
            threshold,
            readers,
            at,
            quiet,
            law,
        })
    };
    let last = [Some(TWO_YEARS), None];
    vec![
        (
            "any rim of 1 px, 1 reader, order known, 12 months".into(),
            rim(1.0, known, [Some(YEAR), None], 1.0),
        ),
        ("the same, 24 months".into(), rim(1.0, known, last, 1.0)),
        (
            "1.5 px, 1 reader, 24 months".into(),
            rim(1.5, known, last, 1.0),
        ),
        (
            "1 px, 2 of 3 readers, 24 months".into(),
            rim(1.0, two_of_three, last, 1.0),
        ),
        (
            "2 px, 2 of 3 readers, 24 months".into(),
            rim(2.0, two_of_three, last, 1.0),
        ),
        (
            "2 px, 2 of 3 readers, at 12 and 24 months, joint quiet".into(),
            rim(2.0, two_of_three, [Some(YEAR), Some(TWO_YEARS)], 0.3),
        ),
        (
            "depth beyond the least significant change (0.89 mm), 24 months".into(),
            RepairDefinition::Depth {
                limit: -0.89,
                precision: 0.32,
                at: TWO_YEARS,
            },
        ),
        (
            "depth verdict, P(smaller) ≥ 0.95, 24 months".into(),
            RepairDefinition::Depth {
                limit: -1.645 * 0.32 * std::f64::consts::SQRT_2,
                precision: 0.32,
                at: TWO_YEARS,
            },
        ),
        (
            "rim at least half of the depth, no reading error".into(),
            RepairDefinition::Filled(TotalFill {
                share: 0.5,
                at: TWO_YEARS,
            }),
        ),
    ]
}

/// Every definition of repair on one biology: a cohort on a conventional drug, five lesions each.
///
/// # Errors
/// A chain could not be made.
pub fn definitions(
    parameters: &Parameters,
    law: MineralLaw,
    patients: u64,
    seed: u64,
) -> Result<Vec<DefinitionRow>, Error> {
    let plan = Plan::ideal(parameters.inflammation.csdmard_half_life);
    let chain = Chain::new(
        *parameters,
        plan,
        Subject::default(),
        Vec::new(),
        ChainOptions::default(),
        seed,
    )?;
    let rules = named(law);
    let counts: Result<Vec<Vec<[u32; 3]>>, Error> = (0..patients)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            chain.run(patient, scratch)?;
            let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xdef);
            rng.set_stream(patient);
            let mut counts = vec![[0; 3]; rules.len()];
            for ((_, rule), count) in rules.iter().zip(&mut counts) {
                let mut any = [false; 2];
                for (traits, c) in scratch.course.lesions.iter().zip(&scratch.course.courses) {
                    let mineral = match law {
                        MineralLaw::A => &c.mineral_a,
                        MineralLaw::B => &c.mineral_b,
                    };
                    let found = repaired(rule, &mut rng, traits.size.depth, |i| {
                        (mineral[i], c.matrix[i], c.depth_change[i], c.driver[i])
                    });
                    let noise =
                        repaired(rule, &mut rng, traits.size.depth, |_| (0.0, 0.0, 0.0, 0.0));
                    count[0] += u32::from(found);
                    any[0] |= found;
                    any[1] |= noise;
                }
                count[1] += u32::from(any[0]);
                count[2] += u32::from(any[1]);
            }
            Ok(counts)
        })
        .collect();
    let mut sums = vec![[0u32; 3]; rules.len()];
    for patient in counts? {
        for (sum, count) in sums.iter_mut().zip(patient) {
            for (s, c) in sum.iter_mut().zip(count) {
                *s += c;
            }
        }
    }
    let n = patients.max(1) as f64;
    let rows = rules
        .into_iter()
        .zip(sums)
        .map(|((name, _), [lesions, any, noise])| DefinitionRow {
            name,
            lesions: 100.0 * f64::from(lesions) / (n * chain.lesions() as f64),
            patients: 100.0 * f64::from(any) / n,
            noise: 100.0 * f64::from(noise) / n,
        });
    Ok(rows.collect())
}

/// Whether a lesion is called repaired; `at` gives mineral, matrix, change of depth, driver at an index.
fn repaired(
    rule: &RepairDefinition,
    rng: &mut ChaCha8Rng,
    depth: f64,
    at: impl Fn(usize) -> (f64, f64, f64, f64),
) -> bool {
    match rule {
        RepairDefinition::Rim(r) => {
            let mut seen = true;
            let mut driver = 0.0;
            for i in r.at.into_iter().flatten() {
                let (mineral, _, _, d) = at(i);
                seen &= r.readers.see(rng, mineral / PIXEL, r.threshold);
                driver = d;
            }
            seen && driver <= r.quiet
        }
        RepairDefinition::Depth {
            limit,
            precision,
            at: i,
        } => {
            let z: f64 = StandardNormal.sample(rng);
            at(*i).2 + precision * std::f64::consts::SQRT_2 * z <= *limit
        }
        RepairDefinition::Filled(fill) => at(fill.at).1 >= fill.share * depth * 1e3,
    }
}
