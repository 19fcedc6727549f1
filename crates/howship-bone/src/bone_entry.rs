//! One bone put into words: its volume, registrations, remodelling.

use crate::input::Observer;
use crate::joint::Analysis;
use crate::register_bones::{BonePose, TrackedBone};
use crate::remodelling::{RemodellingMap, remodel};
use crate::same_outline::Outlined;
use crate::{BoneOptions, Error};
use howship_change::{Bone, BoneVisit, RegistrationSummary};
use howship_image::PointMm;
use std::collections::BTreeMap;

pub(crate) fn bone_entry(
    analysis: &Analysis<'_>,
    (bone, outlined): (&TrackedBone, &Outlined),
    options: &BoneOptions,
    observer: &dyn Observer,
) -> Result<(Bone, Option<RemodellingMap>), Error> {
    let shape = &bone.shape;
    let count = analysis.visits.len();
    let mut entry = Bone {
        id: shape.id,
        name: bone.name(),
        centroid_mm: shape.centroid.coords.into(),
        visits: Vec::new(),
        registrations: Vec::new(),
        remodelling: Vec::new(),
    };
    let mut last = None;
    for (v, seen) in analysis.visits.iter().enumerate() {
        let Some(here) = &bone.visits[v] else {
            continue;
        };
        let volume = outlined.volume(v, &options.tuning.plausible);
        entry.visits.push(BoneVisit {
            visit: seen.name().to_owned(),
            measurements: BTreeMap::from_iter(volume.map(|v| ("volume".to_owned(), v))),
        });
        let pose = &here.pose;
        entry
            .registrations
            .extend(summary(seen.name(), pose, shape.centroid));
        if v > 0 && pose.failure().is_none() {
            observer.report("remodelling", v as f64 / count as f64)?;
            let pair = (&analysis.visits[0], seen);
            if let Some((change, map)) = remodel(pair, shape, pose, &options.remodelling)? {
                entry.remodelling.push(change);
                last = Some(map);
            }
        }
    }
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
