//! Images in which marrow is bright and cortex dark, as T1-weighted MRI: told from CT, and turned into its contrast.

mod profile;
mod turn;

use crate::input::{JointInput, VisitScan};
use crate::{BoneOptions, Error};
use howship_change::{Lesion, Quantity};
use howship_image::{DensityUnit, Scan};
use profile::Profile;

/// What bone is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contrast {
    /// Mineral: bone is bright.
    Mineral,
    /// Fat in marrow: bone is where marrow is, cortex what lies on it.
    Marrow,
}

/// The visits of a joint in marrow's contrast, turned so that bone is bright and soft tissue dark.
pub(crate) struct TurnedJoint {
    scans: Vec<Scan>,
    /// What they are measured with.
    pub(crate) options: BoneOptions,
    /// Soft tissue and marrow at each visit, as the images have them.
    pub(crate) levels: Vec<(f64, f64)>,
    /// What is said of it.
    pub(crate) warning: String,
}

impl TurnedJoint {
    /// The same joint with the turned images.
    pub(crate) fn input<'a>(&'a self, given: &JointInput<'a>) -> JointInput<'a> {
        let visits = given.visits.iter().zip(&self.scans);
        let turned = visits.map(|(visit, scan)| VisitScan {
            visit: visit.visit.clone(),
            scan: scan.into(),
            mask: visit.mask.clone(),
        });
        JointInput {
            visits: turned.collect(),
            lesions: given.lesions,
        }
    }
}

/// Turns the images of a joint whose bones are told by marrow; `None` where bone is bright.
///
/// # Method
/// Asked are images without a unit in which masks say where the bones are: the median value by depth under the masks'
/// surface, between soft tissue around them (0) and marrow (1). Where it rises to marrow without a cortex that is
/// brighter, marrow is what is seen of bone. What differs from soft tissue, either way, is bone then; what lies nearer to
/// the surface than marrow is seen has the value of what lies behind it, so that a cortex is put where marrow ends at
/// the mask, and none over a cavity. Walls lie half-way between soft tissue and marrow, which fills its space.
///
/// # Limits
/// The surface of bone is the mask's. A cavity behind an intact cortex is not told from one that is open, and one more
/// shallow than marrow begins is not seen. Marrow that is as dark as soft tissue (fat suppression, oedema) is none.
///
/// # Errors
/// Marrow is what is seen at some visits, and not at others; nobody pointed at lesions; a file cannot be read.
pub(crate) fn turned(
    input: &JointInput<'_>,
    options: &BoneOptions,
) -> Result<Option<TurnedJoint>, Error> {
    let asked =
        |visit: &VisitScan<'_>| visit.scan.unit == DensityUnit::Arbitrary && visit.mask.is_some();
    if options.only_remodelling || input.visits.is_empty() || !input.visits.iter().all(asked) {
        return Ok(None);
    }
    let tuning = &options.tuning.marrow;
    let mut profiles = Vec::new();
    for visit in &input.visits {
        profiles.push(Profile::of(visit, &options.tuning)?);
    }
    let Some(first) = profiles[0].as_ref() else {
        return none_later(input, &profiles).map(|()| None);
    };
    if input.lesions.is_none() {
        return Err(unfound(&input.visits[0].visit.name, first));
    }
    let mut turned = TurnedJoint {
        scans: Vec::new(),
        options: for_marrow(options, &profiles, voxel_mm(input)?),
        levels: Vec::new(),
        warning: said(input, &profiles),
    };
    for (visit, profile) in input.visits.iter().zip(&profiles) {
        let Some(profile) = profile else {
            return Err(unlike(
                &visit.visit.name,
                &input.visits[0].visit.name,
                false,
            ));
        };
        let scan = turn::turn(visit, profile, tuning)?;
        turned.scans.push(scan);
        turned.levels.push((profile.soft, profile.marrow));
    }
    Ok(Some(turned))
}

fn voxel_mm(input: &JointInput<'_>) -> Result<f64, Error> {
    Ok(input.baseline()?.volume.geometry().max_spacing())
}

/// Refuses marrow's contrast at a later visit only.
fn none_later(input: &JointInput<'_>, profiles: &[Option<Profile>]) -> Result<(), Error> {
    let mut visits = input.visits.iter().zip(profiles);
    match visits.find(|(_, profile)| profile.is_some()) {
        Some((visit, _)) => {
            let first = &input.visits[0].visit.name;
            Err(unlike(&visit.visit.name, first, true))
        }
        None => Ok(()),
    }
}

/// Tried in phantoms: of three erosions one was found, and two places where none is, one of them `healing`.
fn unfound(visit: &str, profile: &Profile) -> Error {
    Error::Implausible {
        visit: visit.to_owned(),
        reason: format!(
            "marrow is bright ({}, soft tissue {}) and what lies on it dark, as in T1-weighted MRI: erosions are not \
             looked for there, only measured where they are pointed at",
            digits(profile.marrow),
            digits(profile.soft)
        ),
        advice: "point at them: `--lesions` with a point inside each, or with a label image"
            .to_owned(),
    }
}

fn unlike(visit: &str, first: &str, marrow: bool) -> Error {
    let (here, there) = if marrow {
        ("bright marrow under dark cortex", "other contrast")
    } else {
        ("other contrast", "bright marrow under dark cortex")
    };
    Error::Implausible {
        visit: visit.to_owned(),
        reason: format!("it has {here}, and `{first}` has {there}: their values cannot be compared"),
        advice: "give visits of one sequence (T1-weighted without fat suppression), or each of them alone to `measure`"
            .to_owned(),
    }
}

/// Marrow fills its space: walls are half-way, and there is no lining that is brighter than what it lines.
///
/// Half a ball that ends where marrow begins, blur beside, is an erosion of which nothing is seen: one that looks like less
/// than a part of it is not measured, and a volume errs by a part of it.
fn for_marrow(options: &BoneOptions, profiles: &[Option<Profile>], voxel_mm: f64) -> BoneOptions {
    let mut turned = options.clone();
    let marrow = &options.tuning.marrow;
    let shells = profiles.iter().flatten().map(|profile| profile.shell_mm);
    let radius = shells.fold(0.0, f64::max) + marrow.blur_voxels * voxel_mm;
    let hidden_mm3 = 2.0 / 3.0 * std::f64::consts::PI * radius.powi(3);
    turned.wall_level = marrow.wall_level;
    turned.tuning.rays.bone_level = marrow.wall_level;
    turned.tuning.lesion.nothing_mm3 += marrow.nothing * hidden_mm3;
    turned.tuning.lining.least_share = f64::INFINITY;
    // Of bone that came or went marrow's brightness says nothing: new bone may be darker or brighter than the old.
    turned.tuning.density.enough = f64::INFINITY;
    let coarse = (voxel_mm - marrow.coarse_mm).max(0.0);
    turned.tuning.errors.wall_sd_mm += marrow.coarse_sd * coarse;
    turned.tuning.errors.floor_mm3 += marrow.hidden_sd * hidden_mm3;
    turned
}

/// Noise of a turned image in the values of the image that was given.
pub(crate) fn own_noise(turned_sd: f64, (soft, marrow): (f64, f64)) -> f64 {
    turned_sd * (marrow - soft) / turn::BONE
}

/// A value with three digits at least: images may be scaled to 1.
fn digits(value: f64) -> String {
    let places = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0);
    format!("{value:.*}", places as usize)
}

/// Takes out what rests on mineral: densities, signs of repair, and P(erosion) that was fitted on CT.
pub(crate) fn without_mineral(lesion: &mut Lesion) {
    lesion.erosion_probability = None;
    for quantity in [
        Quantity::DensityInside,
        Quantity::MarginDensity,
        Quantity::RimDensity,
    ] {
        lesion.change.remove(&quantity);
        for visit in &mut lesion.visits {
            visit.measurements.remove(&quantity);
        }
    }
    for visit in &mut lesion.visits {
        visit.repair = None;
    }
}

fn said(input: &JointInput<'_>, profiles: &[Option<Profile>]) -> String {
    let visits = input.visits.iter().zip(profiles);
    let levels = visits.filter_map(|(visit, profile)| {
        let Profile { soft, marrow, .. } = profile.as_ref()?;
        let (marrow, soft) = (digits(*marrow), digits(*soft));
        Some(format!("{} {marrow} and {soft}", visit.visit.name))
    });
    let shells = profiles.iter().flatten().map(|profile| profile.shell_mm);
    format!(
        "marrow is brighter than soft tissue ({}) and what lies on it dark, as in T1-weighted MRI: bone ends at the masks' \
         edge and cavities are soft tissue where marrow should be; marrow is seen from {:.2} mm under the edge on, so that \
         a more shallow erosion is not seen and an intact cortex over a cavity is not told; joint spaces are not measured",
        levels.collect::<Vec<_>>().join(", "),
        shells.fold(0.0, f64::max)
    )
}

#[cfg(test)]
mod tests;
