//! The main job: a series in, a result in the domain's types out.

use crate::args::MeasureOptions;
use crate::failure::Failure;
use crate::scans::{self, Series, file_name};
use crate::{lesion_input, threshold};
use howship_bone::{BoneOptions, GivenLesions, JointInput, JointResult, Observer, measure_joint};
use howship_change::{
    BoneSite, Lesion, Provenance, Quantity, SCHEMA, Setting, SettingName, Settings, Subject,
    Verdict, VerdictFile,
};
use howship_formats::open_labels;
use howship_image::{Geometry, Labels, RigidTransform, resample_labels};
use howship_stats::expected_false_discovery;
use std::collections::BTreeMap;
use std::path::Path;

/// What was measured, and how it is told.
pub(crate) struct Outcome {
    pub(crate) file: VerdictFile,
    pub(crate) joint: JointResult,
}

/// What only `compare` asks for, and how the command line is kept.
pub(crate) struct Job<'a> {
    /// The words before the options: `howship`, `compare`.
    pub(crate) command: Vec<String>,
    pub(crate) measure: &'a MeasureOptions,
    pub(crate) options: BoneOptions,
    pub(crate) seeds: Vec<u64>,
}

/// Measures a series.
pub(crate) fn analyse(
    series: &Series,
    job: &Job<'_>,
    observer: &dyn Observer,
) -> anyhow::Result<Outcome> {
    let sites = sites(&job.measure.site)?;
    let mut options = job.options.clone();
    options.threshold = scans::threshold(series, job.measure.threshold)?;
    let mut warnings = series.warnings.clone();
    let masks = masks(series, job.measure, &mut warnings)?;
    let lesions = lesions(series, job.measure, &mut warnings)?;
    let input = JointInput {
        scans: series.scans.iter().collect(),
        visits: series.visits.clone(),
        masks,
        lesions: lesions.as_ref(),
    };
    let mut joint =
        measure_joint(&input, &options, observer).map_err(|e| scans::name_the_file(series, e))?;
    warnings.append(&mut joint.warnings);
    warnings.extend(name_bones(&mut joint, &sites));
    let file = VerdictFile {
        schema: SCHEMA.to_owned(),
        provenance: provenance(series, job, &options),
        visits: joint.visits.clone(),
        bones: joint.bones.clone(),
        lesions: joint.lesions.clone(),
        decision: options.verdict,
        expected_false_discovery: false_discovery(&joint.lesions),
        warnings,
    };
    Ok(Outcome { file, joint })
}

fn sites(names: &[String]) -> Result<Vec<BoneSite>, Failure> {
    names
        .iter()
        .map(|name| {
            BoneSite::parse(name.trim())
                .map_err(|e| Failure::usage(e.to_string()).hint("as in `--site R.PP2,R.MC2`"))
        })
        .collect()
}

fn masks(
    series: &Series,
    args: &MeasureOptions,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Vec<Option<Labels>>> {
    if args.mask.len() > series.scans.len() {
        let message = format!(
            "{} masks for {} images",
            args.mask.len(),
            series.scans.len()
        );
        return Err(Failure::usage(message)
            .hint("give one mask per image, or one for the first")
            .into());
    }
    args.mask
        .iter()
        .zip(&series.scans)
        .map(|(path, scan)| labels_on(path, scan.volume.geometry(), warnings).map(Some))
        .collect()
}

fn lesions(
    series: &Series,
    args: &MeasureOptions,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Option<GivenLesions>> {
    let Some(path) = args.lesions.as_deref() else {
        return Ok(None);
    };
    if let Some(seeds) = lesion_input::seeds(path)? {
        return Ok(Some(GivenLesions::Seeds(seeds)));
    }
    let Some(baseline) = series.scans.first() else {
        return Ok(None);
    };
    let labels = labels_on(path, baseline.volume.geometry(), warnings)?;
    Ok(Some(GivenLesions::Labels(labels)))
}

/// A label image on a scan's grid. Masks are often cropped to the bone: such a one is brought over, and said so.
fn labels_on(path: &Path, grid: &Geometry, warnings: &mut Vec<String>) -> anyhow::Result<Labels> {
    let (labels, _) = open_labels(path)?;
    scans::check_grid(path, labels.geometry())?;
    let empty = |labels: &Labels| labels.data().iter().all(|l| *l == 0);
    if empty(&labels) {
        return Err(
            Failure::bad_input(path, "the mask is empty: every voxel is 0")
                .hint("give a mask with something in it, or leave it out")
                .into(),
        );
    }
    if grid.require_same(labels.geometry()).is_ok() {
        return Ok(labels);
    }
    let moved = resample_labels(&labels, grid, &RigidTransform::identity());
    if empty(&moved) {
        return Err(Failure::bad_input(path, "it lies outside the image")
            .hint("masks are placed by their LPS millimetres: compare the two with `howship info`")
            .into());
    }
    warnings.push(format!(
        "`{}` lies on another grid than its image: brought over by the nearest voxel",
        file_name(path)
    ));
    Ok(moved)
}

/// Bones by their anatomical names, lowest z first; what does not fit is said and left alone.
fn name_bones(joint: &mut JointResult, sites: &[BoneSite]) -> Option<String> {
    if sites.is_empty() {
        return None;
    }
    if sites.len() != joint.bones.len() {
        return Some(format!(
            "`--site` names {} bones and {} were found: they keep their numbers",
            sites.len(),
            joint.bones.len()
        ));
    }
    let mut order: Vec<usize> = (0..joint.bones.len()).collect();
    let height = |i: &usize| joint.bones[*i].centroid_mm[2];
    order.sort_by(|a, b| height(a).total_cmp(&height(b)));
    let mut names = BTreeMap::new();
    for (site, bone) in sites.iter().zip(order) {
        names.insert(joint.bones[bone].name.clone(), site.to_string());
    }
    for bone in &mut joint.bones {
        if let Some(name) = names.get(&bone.name) {
            bone.name.clone_from(name);
        }
    }
    for lesion in &mut joint.lesions {
        if let Some(name) = names.get(&lesion.bone) {
            lesion.bone.clone_from(name);
        }
    }
    None
}

/// Expected share of wrong calls among the lesions that were called.
fn false_discovery(lesions: &[Lesion]) -> Option<f64> {
    let certainty: Vec<f64> = lesions
        .iter()
        .filter_map(|l| {
            let p = l.probability()?;
            match l.verdict()? {
                Verdict::Healing => Some(p.healing),
                Verdict::Stable => Some(p.stable),
                Verdict::Progressing => Some(p.progressing),
                Verdict::Uncertain => None,
            }
        })
        .collect();
    expected_false_discovery(&certainty)
}

/// Enough to make the result again; nothing that differs between machines, folders or thread counts.
fn provenance(series: &Series, job: &Job<'_>, options: &BoneOptions) -> Provenance {
    let mut command = job.command.clone();
    command.extend(typed_options(job.measure));
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command,
        inputs: series.sources.iter().map(scans::input_file).collect(),
        subject: job.measure.subject.as_deref().map(Subject::new),
        settings: settings(series, options),
        seeds: job.seeds.clone(),
    }
}

fn typed_options(args: &MeasureOptions) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([format!("--{name}"), value]);
        }
    };
    let list = |files: &[std::path::PathBuf]| {
        let names: Vec<String> = files.iter().map(|p| file_name(p)).collect();
        (!names.is_empty()).then(|| names.join(","))
    };
    let open = &args.open;
    add("unit", open.unit.map(|u| threshold::ascii(u).to_owned()));
    add(
        "calibration",
        open.calibration.map(|c| {
            format!(
                "{},{},{},{}",
                c.mu_scaling, c.mu_water, c.density_slope, c.density_intercept
            )
        }),
    );
    add(
        "spacing",
        open.spacing.map(|[x, y, z]| format!("{x},{y},{z}")),
    );
    add("series", open.series.clone());
    add("mask", list(&args.mask));
    add("lesions", args.lesions.as_deref().map(file_name));
    let sites = (!args.site.is_empty()).then(|| args.site.join(","));
    add("site", sites);
    add("subject", args.subject.clone());
    add("threshold", args.threshold.map(|t| t.typed()));
    words
}

fn settings(series: &Series, options: &BoneOptions) -> Settings {
    use SettingName as Name;
    let mut settings = Settings::default();
    let mut number = |name, value, unit: &str| settings.set(name, Setting::number(value, unit));
    number(Name::Closing, options.closing_mm, "mm");
    number(Name::SmallestBone, options.minimum_bone_mm3, "mm³");
    number(Name::SmallestLesion, options.minimum_lesion_mm3, "mm³");
    number(Name::SmallestMouth, options.minimum_mouth_mm, "mm");
    number(Name::WallLevel, options.wall_level, "");
    let unit = series.scans.first().map(|s| s.unit);
    if let Some((unit, value)) = unit.and_then(|u| Some((u, options.threshold_for(u)?))) {
        number(Name::BoneThreshold, value, &unit.to_string());
    }
    if series.scans.len() > 1 {
        let delta = Quantity::Volume.scale(&options.verdict).delta;
        number(Name::VolumeDelta, delta, "mm³");
        number(Name::VerdictLevel, options.verdict.level, "");
        settings.set(Name::Remodelling, options.remodelling.name);
    }
    settings
}
