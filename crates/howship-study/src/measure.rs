//! The main job: a series in, a result in the domain's types out.

use crate::file::{file_name, input_file};
use crate::series::{self, Series};
use crate::site_names::named_sites;
use crate::{Error, Observer, StudyOptions, alignment, exports, given_lesions};
use howship_bone::{
    BoneMask, BoneOptions, GivenLesions, JointInput, JointResult, VisitScan, measure_joint,
};
use howship_change::{
    AxesKnown, BoneSite, Directions, Lesion, NotLookedFor, PalmUnused, Provenance, Quantity,
    SCHEMA, Setting, SettingName, Settings, Subject, Verdict, VerdictFile, erosion_totals,
};
use howship_formats::{Format, open_labels};
use howship_image::{Geometry, Labels, RigidTransform, resample_labels};
use howship_report::AlignmentPicture;
use howship_stats::expected_false_discovery;
use std::collections::BTreeMap;
use std::path::Path;

/// What was measured, and how it is told.
pub struct Outcome {
    /// The result.
    pub file: VerdictFile,
    /// Its images.
    pub joint: JointResult,
    /// Slices that show how well bones were aligned.
    pub alignments: Vec<AlignmentPicture>,
}

/// Measures a series.
///
/// # Errors
/// Names, masks, lesions or a threshold that do not fit the images; what the analysis refuses; a stop wanted by the
/// observer.
pub fn analyse(
    series: &Series,
    study: &StudyOptions,
    observer: &dyn Observer,
) -> Result<Outcome, Error> {
    let sites = named_sites(&study.sites, &series.sources)?;
    let mut options = study.bone.clone();
    options.threshold = series::threshold(series, study.threshold)?;
    let mut warnings = series.warnings.clone();
    let mut visits = VisitScan::pairs(series.visits.clone(), &series.scans);
    for (visit, mask) in visits.iter_mut().zip(masks(series, study, &mut warnings)?) {
        visit.mask = Some(mask);
    }
    let lesions = lesions(series, study, &mut warnings)?;
    let input = JointInput {
        visits,
        lesions: lesions.as_ref(),
    };
    let mut joint = measure_joint(&input, &options, observer)
        .map_err(|e| series::name_the_file(series, (&study.masks, study.lesions.as_deref()), e))?;
    warnings.append(&mut joint.warnings);
    warnings.extend(name_bones(&mut joint, &sites));
    let (directions, unused) = directions(&joint, study);
    warnings.extend(unused);
    let bones: Vec<&str> = joint.bones.iter().map(|b| b.name.as_str()).collect();
    let names: Vec<String> = series.visits.iter().map(|v| v.name.clone()).collect();
    let (totals, not_looked_for) = if options.only_remodelling {
        (
            Vec::new(),
            vec![NotLookedFor::Erosions, NotLookedFor::JointSpaces],
        )
    } else {
        let totals = erosion_totals(&bones, &joint.lesions, &names).map_err(Error::Total)?;
        (totals, Vec::new())
    };
    let file = VerdictFile {
        schema: SCHEMA.to_owned(),
        provenance: provenance(series, study, &options),
        visits: joint.visits.clone(),
        bones: joint.bones.clone(),
        axes: axes(series),
        directions,
        not_looked_for,
        lesions: joint.lesions.clone(),
        not_reported: joint.not_reported.clone(),
        totals,
        decision: options.verdict,
        expected_false_discovery: false_discovery(&joint.lesions),
        warnings,
    };
    let alignments = alignment::pictures(series, &file, &joint)?;
    Ok(Outcome {
        file,
        joint,
        alignments,
    })
}

fn masks(
    series: &Series,
    study: &StudyOptions,
    warnings: &mut Vec<String>,
) -> Result<Vec<BoneMask>, Error> {
    if study.masks.len() > series.scans.len() {
        return Err(Error::MaskCount {
            masks: study.masks.len(),
            images: series.scans.len(),
        });
    }
    study
        .masks
        .iter()
        .zip(&series.scans)
        .map(|(path, scan)| Ok(labels_on(path, scan.geometry(), warnings)?.into()))
        .collect()
}

fn lesions(
    series: &Series,
    study: &StudyOptions,
    warnings: &mut Vec<String>,
) -> Result<Option<GivenLesions>, Error> {
    let Some(path) = study.lesions.as_deref() else {
        return Ok(None);
    };
    if let Some(seeds) = given_lesions::seeds(path)? {
        return Ok(Some(GivenLesions::Seeds(seeds)));
    }
    let Some(baseline) = series.scans.first() else {
        return Ok(None);
    };
    let labels = lesion_labels(path, baseline.geometry(), warnings)?;
    Ok(Some(GivenLesions::Labels(labels)))
}

/// A label image on a scan's grid. Masks are often cropped to the bone: such a one is brought over, and said so.
fn labels_on(path: &Path, grid: &Geometry, warnings: &mut Vec<String>) -> Result<Labels, Error> {
    let (labels, _) = open_labels(path)?;
    onto(path, labels, grid, warnings)
}

/// Labels of a file on an image's grid.
fn onto(
    path: &Path,
    labels: Labels,
    grid: &Geometry,
    warnings: &mut Vec<String>,
) -> Result<Labels, Error> {
    series::check_grid(path, labels.geometry())?;
    let empty = |labels: &Labels| labels.data().iter().all(|l| *l == 0);
    if empty(&labels) {
        return Err(Error::MaskEmpty {
            path: path.to_owned(),
        });
    }
    if grid.require_same(labels.geometry()).is_ok() {
        return Ok(labels);
    }
    let moved = resample_labels(&labels, grid, &RigidTransform::identity());
    if empty(&moved) {
        return Err(Error::MaskOutside {
            path: path.to_owned(),
        });
    }
    warnings.push(format!(
        "`{}` lies on another grid than its image: brought over by the nearest voxel",
        file_name(path)
    ));
    Ok(moved)
}

/// Labels of lesions; of a segmentation that Howship wrote its bones are left out.
fn lesion_labels(
    path: &Path,
    grid: &Geometry,
    warnings: &mut Vec<String>,
) -> Result<Labels, Error> {
    let (mut labels, source) = open_labels(path)?;
    let bones = exports::bone_segments(&source.header);
    if bones.is_empty() {
        return labels_on(path, grid, warnings);
    }
    for label in labels.data_mut() {
        if bones.iter().any(|(value, _)| value == label) {
            *label = 0;
        }
    }
    let names: Vec<&str> = bones.iter().map(|(_, name)| name.as_str()).collect();
    warnings.push(format!(
        "`{}`: its segments {} are bones by their identities, not lesions: left out",
        file_name(path),
        names.join(", ")
    ));
    onto(path, labels, grid, warnings)
}

/// Bones by their anatomical names, lowest z first; what does not fit is said and left alone.
fn name_bones(joint: &mut JointResult, sites: &[BoneSite]) -> Option<String> {
    if sites.is_empty() {
        return None;
    }
    if sites.len() != joint.bones.len() {
        return Some(format!(
            "bones named by `--site`: {}, bones found: {}: they keep their numbers; name each of them, lowest z first",
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
    let lesions = joint.lesions.iter_mut().map(|l| &mut l.bone);
    let others = joint.not_reported.iter_mut().map(|l| &mut l.bone);
    for bone in lesions.chain(others) {
        if let Some(name) = names.get(bone) {
            bone.clone_from(name);
        }
    }
    None
}

/// Whether the first image says how the patient lay: Scanco's files and TIFF stacks know the scanner's axes alone.
fn axes(series: &Series) -> AxesKnown {
    match series.sources.first().map(|s| s.format) {
        Some(Format::Aim | Format::Isq | Format::Tiff) => AxesKnown::Image,
        _ => AxesKnown::Patient,
    }
}

/// The directions that the bones' names and the stated palm give; what is of no use is said.
fn directions(joint: &JointResult, study: &StudyOptions) -> (Option<Directions>, Option<String>) {
    let named = joint.bones.iter().map(|b| (b.name.as_str(), b.centroid_mm));
    let bones: Vec<(&str, [f64; 3])> = named.collect();
    let why = match Directions::of(&bones, study.palm) {
        Ok(directions) => return (directions, None),
        Err(PalmUnused::NoRay) => {
            "`--palm` needs the names of two bones of one finger or toe (`--site R.PP2,R.MC2`): which way is distal is not known"
        }
        Err(PalmUnused::AlongTheFinger) => {
            "`--palm` runs along the finger: one of the two is stated wrongly, and no side is named"
        }
    };
    let distal = Directions::of(&bones, None).ok().flatten();
    (distal, Some(why.to_owned()))
}

/// Expected share of wrong calls among the lesions that were called.
fn false_discovery(lesions: &[Lesion]) -> Option<f64> {
    let certainty: Vec<f64> = lesions
        .iter()
        .filter(|l| l.kind.counts())
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
fn provenance(series: &Series, study: &StudyOptions, options: &BoneOptions) -> Provenance {
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: study.command.clone(),
        inputs: series.sources.iter().map(input_file).collect(),
        subject: study.subject.as_deref().map(Subject::new),
        settings: settings(series, options),
        seeds: study.seeds.clone(),
    }
}

fn settings(series: &Series, options: &BoneOptions) -> Settings {
    use SettingName as Name;
    let mut settings = Settings::default();
    let mut number = |name, value, unit: &str| settings.set(name, Setting::number(value, unit));
    number(Name::Closing, options.closing_mm, "mm");
    number(Name::SmallestBone, options.minimum_bone_mm3, "mm³");
    if !options.only_remodelling {
        number(Name::SmallestLesion, options.minimum_lesion_mm3, "mm³");
        number(Name::SmallestMouth, options.minimum_mouth_mm, "mm");
        number(Name::WallLevel, options.wall_level, "");
    }
    let unit = series.scans.first().map(|s| s.unit);
    if let Some((unit, value)) = unit.and_then(|u| Some((u, options.threshold_for(u)?))) {
        number(Name::BoneThreshold, value, &unit.to_string());
    }
    if series.scans.len() > 1 {
        settings.set(Name::Remodelling, options.remodelling.name);
    }
    if series.scans.len() > 1 && !options.only_remodelling {
        let mut number = |name, value, unit: &str| settings.set(name, Setting::number(value, unit));
        let (floor, share) = Quantity::Volume.delta_rule(&options.verdict);
        number(Name::VolumeDelta, floor, "mm³");
        number(Name::VolumeDeltaShare, share, "");
        number(Name::VerdictLevel, options.verdict.level, "");
        if let Some(own) = &options.precision {
            settings.set(Name::Precision, own.in_words());
        }
    }
    settings
}
