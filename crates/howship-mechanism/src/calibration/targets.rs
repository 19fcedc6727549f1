use crate::Error;
use crate::bone::half_ellipsoid;
use crate::chain::{
    Chain, ChainOptions, Parameters, PatientScratch, Plan, PlannedCourse, Subject, Suppressor,
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// A published effect beside the model's.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TargetRow {
    /// What it is.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Published value, and the half-width's SE derived from its p-value; none: only a sign was published.
    pub published: Option<[f64; 2]>,
    /// The model's.
    pub model: f64,
    /// Distance in SE.
    pub z: Option<f64>,
    /// Remark.
    pub remark: String,
}

/// Driver of the trial's patients, which no publication states: MTX arm and denosumab/alendronate at constant
/// activity, what TNF inhibitors leave. Fitted together with the wall's constants.
const BACKGROUND: f64 = 0.45;
const YUE: f64 = 0.5;
const TNFI_RESIDUAL: f64 = 0.05;

/// A lesion's changes at 6 and 12 months, its baseline depth.
struct Change {
    depth: f64,
    at: [f64; 2],
    volume: [f64; 2],
}

fn population(
    mut parameters: Parameters,
    drivers: [f64; 2],
    plan: Plan,
    patients: u64,
    seed: u64,
) -> Result<Vec<Change>, Error> {
    parameters.inflammation.before = drivers[0];
    parameters.inflammation.residual = drivers[1];
    let constant = drivers[0] == drivers[1];
    if constant {
        parameters.inflammation.residual_count = parameters.inflammation.before_count;
    }
    let options = ChainOptions {
        horizon: 366.0,
        ..ChainOptions::default()
    };
    let chain = Chain::new(
        parameters,
        plan,
        Subject::default(),
        Vec::new(),
        options,
        seed,
    )?;
    let index = [183.0, 365.0].map(|d| (d / chain.step_days()) as usize);
    let lateral = parameters.wall.lateral;
    let rows: Result<Vec<Vec<Change>>, Error> = (0..patients)
        .into_par_iter()
        .map_init(PatientScratch::default, |scratch, patient| {
            chain.run(patient, scratch)?;
            let course = &scratch.course;
            let lesions = course.lesions.iter().zip(&course.courses);
            Ok(lesions
                .map(|(traits, c)| {
                    let at = index.map(|i| c.depth_change[i]);
                    let volume = at.map(|d| {
                        half_ellipsoid(traits.size, d, lateral)
                            - half_ellipsoid(traits.size, 0.0, lateral)
                    });
                    Change {
                        depth: traits.size.depth,
                        at,
                        volume,
                    }
                })
                .collect())
        })
        .collect();
    Ok(rows?.into_iter().flatten().collect())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0u32), |(s, n), v| (s + v, n + 1));
    sum / f64::from(n.max(1))
}

/// The seven targets: Yue 2017 (denosumab and alendronate, depth and volume at 6 months), Finzel 2011 (TNF
/// inhibitors, all and deep lesions at 12 months; methotrexate grows).
///
/// SEs are effect over quantile of the published p-value ("P < .01" taken as .01, so as wide as possible). "Deep" is
/// the half that *measured* deepest at baseline, with HR-pQCT's precision of 0.32 mm: part of what they then improve
/// is regression to the mean, and is stated apart.
///
/// # Errors
/// A chain could not be made.
pub fn targets(parameters: &Parameters, patients: u64, seed: u64) -> Result<Vec<TargetRow>, Error> {
    let osteoclasts = Plan::osteoclasts;
    let denosumab = population(
        *parameters,
        [YUE; 2],
        osteoclasts(parameters.signal.denosumab_factor),
        patients,
        seed,
    )?;
    let alendronate = population(
        *parameters,
        [YUE; 2],
        osteoclasts(parameters.signal.alendronate_factor),
        patients,
        seed + 1,
    )?;
    let half_life = parameters.inflammation.biologic_half_life;
    let tnfi = population(
        *parameters,
        [BACKGROUND, TNFI_RESIDUAL],
        Plan {
            courses: vec![PlannedCourse {
                name: "TNF inhibitor".into(),
                what: Suppressor::Ideal {
                    start: 0.0,
                    half_life,
                },
            }],
        },
        patients,
        seed + 2,
    )?;
    let mtx = population(
        *parameters,
        [BACKGROUND; 2],
        Plan::default(),
        patients,
        seed + 3,
    )?;
    let [deep, true_deep] = deep(&tnfi, seed);
    let row = |name, unit, published: Option<[f64; 2]>, model: f64, remark: String| TargetRow {
        name,
        unit,
        published,
        model,
        z: published.map(|[value, se]| (model - value) / se),
        remark,
    };
    let half = |changes: &[Change]| mean(changes.iter().map(|c| c.at[0]));
    let volume = |changes: &[Change]| mean(changes.iter().map(|c| c.volume[0]));
    let year = |changes: &[Change]| mean(changes.iter().map(|c| c.at[1]));
    Ok(vec![
        row(
            "denosumab, depth, 6 months",
            "mm",
            Some([-0.16, 0.056]),
            half(&denosumab),
            String::new(),
        ),
        row(
            "denosumab, volume, 6 months",
            "mm³",
            Some([-0.91, 0.332]),
            volume(&denosumab),
            String::new(),
        ),
        row(
            "alendronate, depth, 6 months",
            "mm",
            Some([0.32, 0.112]),
            half(&alendronate),
            String::new(),
        ),
        row(
            "alendronate, volume, 6 months",
            "mm³",
            Some([1.38, 0.49]),
            volume(&alendronate),
            String::new(),
        ),
        row(
            "TNF inhibitors, depth, 12 months",
            "mm",
            Some([-0.10, 0.0408]),
            year(&tnfi),
            String::new(),
        ),
        row(
            "TNF inhibitors, deep lesions, depth, 12 months",
            "mm",
            Some([-0.40, 0.168]),
            deep,
            format!(
                "true change {true_deep:+.2} mm; {:.2} mm of it is regression to the mean",
                true_deep - deep
            ),
        ),
        row(
            "methotrexate, depth, 12 months",
            "mm",
            None,
            year(&mtx),
            "published: grew".into(),
        ),
    ])
}

/// Observed and true mean change of the half that measured deepest.
fn deep(changes: &[Change], seed: u64) -> [f64; 2] {
    const PRECISION: f64 = 0.32;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut noise = || -> f64 {
        let z: f64 = StandardNormal.sample(&mut rng);
        PRECISION * z
    };
    let mut seen: Vec<(f64, f64, f64)> = changes
        .iter()
        .map(|c| {
            let first = noise();
            (c.depth + first, c.at[1] + noise() - first, c.at[1])
        })
        .collect();
    seen.sort_by(|a, b| b.0.total_cmp(&a.0));
    seen.truncate(seen.len().div_ceil(2));
    [
        mean(seen.iter().map(|s| s.1)),
        mean(seen.iter().map(|s| s.2)),
    ]
}
