//! A joint's analysis put into words: the domain's types, label volumes, and what the report draws.

use crate::input::{JointInput, Observer};
use crate::joint::{Analysis, analyse, bone_labels, counterpart};
use crate::lesion::{MeasuredLesion, VolumeChange};
use crate::quantities::{self, Value, boundary_towards, filled_share, lesion_centre};
use crate::register_bones::{BonePose, bone_name};
use crate::remodelling::{RemodellingMap, remodel};
use crate::select::is_erosion;
use crate::{BoneOptions, Error};
use howship_change::{
    Bone, BoneVisit, Judged, Lesion, LesionKind, LesionVisit, Measurement, Quantity,
    RegistrationSummary, RepairSigns, VisitSummary, decide,
};
use howship_image::{Geometry, Labels, Mask, PointMm, RigidTransform, Volume};
use std::collections::BTreeMap;

/// What was measured of a joint.
pub struct JointResult {
    /// The visits.
    pub visits: Vec<VisitSummary>,
    /// The bones, with registration and remodelling.
    pub bones: Vec<Bone>,
    /// The lesions, with changes and verdicts where there are two visits.
    pub lesions: Vec<Lesion>,
    /// What was odd.
    pub warnings: Vec<String>,
    /// Lesion identities on the baseline's grid (the largest extent over the visits).
    pub labels: Labels,
    /// Bone identities on the baseline's grid.
    pub bone_labels: Labels,
    /// Formed 1, resorbed 2, unchanged bone 3, mineralised 4, demineralised 5; baseline to last visit.
    pub remodelling: Option<Volume<u8>>,
    /// For each lesion, images of all visits in the common frame with their cavities.
    pub patches: Vec<Patch>,
}

/// One lesion's surroundings in the common frame.
pub struct Patch {
    /// Identity of the lesion.
    pub id: u32,
    /// Image per visit, resampled to one grid about the lesion.
    pub images: Vec<Volume<f32>>,
    /// Cavity per visit.
    pub cavities: Vec<Mask>,
    /// Inside the intact bone.
    pub envelope: Mask,
    /// Two tangents and the inward normal.
    pub axes: [[f64; 3]; 3],
    /// Darkest and brightest value that a picture shows.
    pub window: (f32, f32),
}

/// Measures a joint at one or more visits.
///
/// # Method
/// Bones are found at each visit, registered one by one to the baseline; cavities that open through the cortex are
/// looked for at every visit, then each is measured at all visits in one frame; see the modules.
///
/// # Errors
/// No bone, units that differ, masks that do not fit, a stop wanted by the observer.
pub fn measure_joint(
    input: &JointInput<'_>,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<JointResult, Error> {
    let mut analysis = analyse(input, options, observer)?;
    let geometry = input.scans[0].volume.geometry().clone();
    let labels = lesion_labels(&analysis, &geometry);
    let bone_labels = bone_labels(&analysis.visits[0].shapes, &geometry);
    let mut bones = Vec::new();
    let mut map = None;
    for bone in 0..analysis.visits[0].shapes.len() {
        let (entry, remodelling) = bone_entry(input, &analysis, bone, options, observer)?;
        if let Some(part) = remodelling {
            RemodellingMap::merge(&mut map, part, &geometry)?;
        }
        bones.push(entry);
    }
    let lesions = analysis
        .lesions
        .iter()
        .enumerate()
        .map(|(k, (bone, lesion))| {
            lesion_entry(input, &analysis, k as u32 + 1, *bone, lesion, options)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let patches = analysis
        .lesions
        .iter()
        .enumerate()
        .map(|(k, (bone, lesion))| patch(input, &analysis, k as u32 + 1, *bone, lesion))
        .collect::<Result<Vec<_>, _>>()?;
    let visits = input
        .visits
        .iter()
        .zip(&input.scans)
        .zip(&analysis.visits)
        .map(|((visit, scan), shapes)| VisitSummary {
            visit: visit.clone(),
            size: scan.volume.size(),
            spacing_mm: scan.volume.geometry().spacing(),
            unit: scan.unit.to_string(),
            noise_sd: shapes.levels.noise_sd,
            blur_mm: None,
        })
        .collect();
    for (bone, centre, diameter) in &analysis.cysts {
        analysis.warnings.push(format!(
            "bone {}: a cavity of {diameter:.1} mm without a mouth at ({:.1}, {:.1}, {:.1}) mm is taken for a cyst and not counted as an erosion",
            bone + 1, centre.x, centre.y, centre.z
        ));
    }
    Ok(JointResult {
        visits,
        bones,
        lesions,
        warnings: analysis.warnings,
        labels,
        bone_labels,
        remodelling: map.map(|m: RemodellingMap| m.into_volume()),
        patches,
    })
}

fn bone_entry(
    input: &JointInput<'_>,
    analysis: &Analysis,
    bone: usize,
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<(Bone, Option<RemodellingMap>), Error> {
    let shape = &analysis.visits[0].shapes[bone];
    let mut visits = Vec::new();
    let mut registrations = Vec::new();
    let mut remodelling = Vec::new();
    let mut last = None;
    for (v, visit) in input.visits.iter().enumerate() {
        let Some(pose) = &analysis.poses[bone][v] else {
            continue;
        };
        let mut measurements = BTreeMap::new();
        if let Some(own) = counterpart(shape, pose, &analysis.visits[v].shapes) {
            // A surface known to a tenth of a working voxel all over, alike over a millimetre.
            let area = 4.84 * own.volume_mm3.powf(2.0 / 3.0);
            let se = 0.1 * own.envelope.geometry().min_spacing() * area.sqrt();
            let unit = "mm³".to_owned();
            measurements.insert(
                "volume".to_owned(),
                Measurement {
                    value: own.volume_mm3,
                    unit,
                    se,
                    df: None,
                },
            );
        }
        visits.push(BoneVisit {
            visit: visit.name.clone(),
            measurements,
        });
        if let Some(registration) = summary(&visit.name, pose, shape.centroid) {
            registrations.push(registration);
        }
        if v > 0 && pose.failure().is_none() {
            observer.report("remodelling", v as f64 / input.visits.len() as f64)?;
            let noise = (
                analysis.visits[0].levels.noise_sd,
                analysis.visits[v].levels.noise_sd,
            );
            if let Some((change, map)) = remodel(
                input,
                v,
                shape,
                pose,
                noise,
                analysis.unit,
                &options.remodelling,
            )? {
                remodelling.push(change);
                last = Some(map);
            }
        }
    }
    let centroid_mm = shape.centroid.coords.into();
    let entry = Bone {
        id: shape.id,
        name: bone_name(shape),
        centroid_mm,
        visits,
        registrations,
        remodelling,
    };
    Ok((entry, last))
}

fn summary(visit: &str, pose: &BonePose, centre: PointMm) -> Option<RegistrationSummary> {
    let registration = pose.registration.as_ref()?;
    Some(RegistrationSummary {
        visit: visit.to_owned(),
        matrix: pose.transform.matrix(),
        rotation_deg: pose.transform.angle().to_degrees(),
        translation_mm: (pose.transform.apply(centre) - centre).norm(),
        correlation: registration.quality.correlation,
        displacement_sd_mm: registration.quality.displacement_sd_mm,
        overlap: registration.quality.overlap,
        covariance: registration.covariance,
        centre_mm: registration.centre.coords.into(),
        failed: pose.failure(),
    })
}

fn lesion_entry(
    input: &JointInput<'_>,
    analysis: &Analysis,
    id: u32,
    bone: usize,
    lesion: &MeasuredLesion,
    options: &BoneOptions,
) -> Result<Lesion, Error> {
    let sphere = &analysis.sphere;
    let values: Vec<BTreeMap<Quantity, Value>> = (0..input.visits.len())
        .map(|v| quantities::quantities(sphere, lesion, v))
        .collect();
    let centre = lesion_centre(sphere, lesion);
    let mut visits = Vec::new();
    for (v, visit) in input.visits.iter().enumerate() {
        let Some(pose) = &analysis.poses[bone][v] else {
            continue;
        };
        visits.push(LesionVisit {
            visit: visit.name.clone(),
            found: lesion.cavities[v].is_some() && is_erosion(&values[v], lesion, v, options),
            centre_mm: pose.transform.apply(centre).coords.into(),
            measurements: quantities::to_measurements(&values[v], analysis.unit),
            repair: repair(analysis, lesion, &values, v),
        });
    }
    let normal = lesion.surface.normal().into();
    let mut entry = Lesion {
        id,
        bone: bone_name(&analysis.visits[0].shapes[bone]),
        kind: if input.lesions.is_some() {
            LesionKind::Given
        } else {
            LesionKind::Erosion
        },
        centroid_mm: centre.coords.into(),
        normal,
        visits,
        change: BTreeMap::new(),
        course: Vec::new(),
        judged: None,
    };
    if input.visits.len() > 1 {
        judge(input, analysis, bone, lesion, &values, options, &mut entry)?;
    }
    Ok(entry)
}

fn repair(
    analysis: &Analysis,
    lesion: &MeasuredLesion,
    values: &[BTreeMap<Quantity, Value>],
    visit: usize,
) -> Option<RepairSigns> {
    if visit == 0 {
        return None;
    }
    let margin = |v: usize| values[v].get(&Quantity::MarginDensity).map(|m| m.value);
    Some(RepairSigns {
        recortication: lesion.surface.closed_share(0, visit)?,
        filling_in: filled_share(&analysis.sphere, lesion, 0, visit)?,
        sclerosis: margin(visit)? - margin(0)?,
    })
}

fn judge(
    input: &JointInput<'_>,
    analysis: &Analysis,
    bone: usize,
    lesion: &MeasuredLesion,
    values: &[BTreeMap<Quantity, Value>],
    options: &BoneOptions,
    entry: &mut Lesion,
) -> Result<(), Error> {
    let last = input.visits.len() - 1;
    let name = |v: usize| input.visits[v].name.as_str();
    let mut to_last = None;
    for v in 1..=last {
        let names = (name(0), name(v));
        let volume = lesion.volume_change(&analysis.sphere, 0, v);
        let changes = quantities::changes(
            values,
            volume.as_ref(),
            (0, v),
            names,
            analysis.unit,
            &options.verdict,
        )?;
        if let Some(volume) = changes.get(&Quantity::Volume) {
            entry.course.push(volume.clone());
        }
        if v == last {
            entry.change = changes;
            to_last = volume;
        }
    }
    let gate = match &analysis.poses[bone][last] {
        None => Some("the bone could not be registered to this visit".to_owned()),
        Some(pose) => pose.failure(),
    };
    let gate = gate
        .or_else(|| {
            let change = to_last.as_ref().map_or(0.0, |c| c.value);
            [0, last]
                .iter()
                .find_map(|&v| Some(format!("{}: {}", name(v), lesion.doubt(v, change)?)))
        })
        .or_else(|| disagreement(to_last.as_ref()?))
        .or_else(|| {
            [0, last]
                .iter()
                .find_map(|&v| at_the_edge(input, analysis, bone, lesion, v))
        });
    let scale = Quantity::Volume.scale(&options.verdict);
    entry.judged = Some(match entry.change.get(&Quantity::Volume) {
        Some(change) => decide(change.clone(), &scale, gate.as_deref(), &options.verdict)?,
        None => Judged::unmeasured(gate.unwrap_or_else(|| {
            "the lesion could not be measured at both visits: it lies outside one of the fields"
                .into()
        })),
    });
    Ok(())
}

/// A lesion that the edge of the field may cut: what is beyond cannot be measured.
fn at_the_edge(
    input: &JointInput<'_>,
    analysis: &Analysis,
    bone: usize,
    lesion: &MeasuredLesion,
    visit: usize,
) -> Option<String> {
    let cavity = lesion.cavities[visit].as_ref()?;
    let pose = analysis.poses[bone][visit].as_ref()?;
    let geometry = input.scans[visit].volume.geometry();
    let size = geometry.size();
    let cut = analysis
        .sphere
        .directions
        .iter()
        .zip(&cavity.volume.boundary)
        .any(|(d, r)| {
            let index = geometry.index(pose.transform.apply(cavity.centre + d * *r));
            (0..3).any(|a| {
                let margin = EDGE_VOXELS;
                index[a] < margin || index[a] > size[a] as f64 - 1.0 - margin
            })
        });
    cut.then(|| {
        format!(
            "{}: the lesion reaches the edge of the field of view",
            input.visits[visit].name
        )
    })
}

/// Bone this near to the end of a stack is seen too incompletely to be measured, voxels.
const EDGE_VOXELS: f64 = 2.0;

/// Walls that moved where no mineral came or went, or the other way round: one of the two is wrong.
fn disagreement(change: &VolumeChange) -> Option<String> {
    (change.disagreement > 9.0).then(|| {
        format!(
            "the wall's change and the density's change disagree by {:.1} standard errors",
            change.disagreement.sqrt()
        )
    })
}

/// Lesions drawn onto the baseline's grid: inside the cavity of any visit.
fn lesion_labels(analysis: &Analysis, geometry: &Geometry) -> Labels {
    let mut labels = Labels::filled(geometry.clone(), 0);
    for (k, (_, lesion)) in analysis.lesions.iter().enumerate() {
        for cavity in lesion.cavities.iter().flatten() {
            let reach = cavity.volume.boundary.iter().copied().fold(0.0, f64::max);
            let middle = geometry.index(cavity.centre);
            let size = geometry.size();
            let range = |a: usize| {
                let half = reach / geometry.spacing()[a] + 1.0;
                let low = (middle[a] - half).floor().max(0.0) as usize;
                let high = ((middle[a] + half).ceil().max(0.0) as usize).min(size[a] - 1);
                low..=high
            };
            for z in range(2) {
                for y in range(1) {
                    for x in range(0) {
                        let at = geometry.world([x as f64, y as f64, z as f64]);
                        let offset = at - cavity.centre;
                        let distance = offset.norm();
                        if distance > reach {
                            continue;
                        }
                        let towards = offset / distance.max(1e-9);
                        if distance <= boundary_towards(&analysis.sphere, cavity, towards) {
                            labels.data_mut()[x + size[0] * (y + size[1] * z)] = k as u32 + 1;
                        }
                    }
                }
            }
        }
    }
    labels
}

/// Half the edge of a lesion's picture beyond its extent, mm.
const PICTURE_MARGIN_MM: f64 = 1.5;

fn patch(
    input: &JointInput<'_>,
    analysis: &Analysis,
    id: u32,
    bone: usize,
    lesion: &MeasuredLesion,
) -> Result<Patch, Error> {
    let sphere = &analysis.sphere;
    let centre = lesion_centre(sphere, lesion);
    let extent = lesion
        .cavities
        .iter()
        .flatten()
        .flat_map(|c| c.volume.boundary.iter().copied())
        .fold(0.5, f64::max)
        .min(3.0);
    let half = extent + PICTURE_MARGIN_MM;
    let spacing = input.scans[0].volume.geometry().min_spacing().max(0.06);
    let n = (2.0 * half / spacing).ceil() as usize | 1;
    let corner = centre.coords.map(|c| c - (n as f64 - 1.0) / 2.0 * spacing);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let grid = Geometry::new([n; 3], [spacing; 3], corner.into(), identity)?;
    let mut images = Vec::new();
    let mut cavities = Vec::new();
    for (v, scan) in input.scans.iter().enumerate() {
        let pose = analysis.poses[bone][v]
            .as_ref()
            .map_or_else(RigidTransform::identity, |p| p.transform);
        let kind = howship_image::Interpolation::Linear;
        let outside = analysis.visits[v].levels.soft as f32;
        images.push(howship_image::resample(
            &scan.volume,
            &grid,
            &pose,
            kind,
            outside,
        ));
        cavities.push(match &lesion.cavities[v] {
            Some(cavity) => Volume::from_fn(grid.clone(), |voxel| {
                let at = grid.world(voxel.map(|i| i as f64));
                u8::from(quantities::contains(sphere, cavity, at))
            }),
            None => Mask::filled(grid.clone(), 0),
        });
    }
    let envelope = Volume::from_fn(grid.clone(), |voxel| {
        let at = grid.world(voxel.map(|i| i as f64));
        let coarse = || analysis.visits[0].shapes[bone].depth(at).map(|d| -d);
        u8::from(
            lesion
                .surface
                .depth(at)
                .or_else(coarse)
                .is_some_and(|d| d > 0.0),
        )
    });
    let [e1, e2, n] = lesion.surface.axes();
    let levels = &analysis.visits[0].levels;
    let window = (
        (levels.soft - 0.6 * (levels.bone - levels.soft)) as f32,
        (levels.soft + 2.2 * (levels.bone - levels.soft)) as f32,
    );
    Ok(Patch {
        id,
        images,
        cavities,
        envelope,
        axes: [e1.into(), e2.into(), (-n).into()],
        window,
    })
}
