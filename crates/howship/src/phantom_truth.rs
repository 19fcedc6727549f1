//! A phantom's truth in the schema of the verdicts, so that the two can be laid side by side.

use howship_change::{
    Bone, BoneVisit, Change, Lesion, LesionKind, LesionVisit, Measurement, Probability, Provenance,
    Quantity, RegistrationSummary, SCHEMA, Verdict, VerdictFile, VerdictOptions, Visit,
    VisitSummary,
};
use howship_image::{PointMm, RigidTransform};
use howship_phantom::{BoneTruth, LesionTruth, Truth, true_verdict};
use std::collections::BTreeMap;

/// The truth of a series; errors are zero because nothing was measured.
pub(crate) fn verdict_file(
    truth: &Truth,
    visits: Vec<VisitSummary>,
    provenance: Provenance,
) -> anyhow::Result<VerdictFile> {
    let lesions = truth
        .lesions
        .first()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|l| lesion(truth, l.id))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(VerdictFile {
        schema: SCHEMA.to_owned(),
        provenance,
        visits,
        bones: truth.bones.iter().map(|b| bone(truth, b)).collect(),
        lesions: lesions.into_iter().flatten().collect(),
        decision: VerdictOptions {
            delta: Some(truth.delta_mm3),
            ..VerdictOptions::default()
        },
        expected_false_discovery: None,
        warnings: vec!["this is the truth of a phantom, not a measurement".to_owned()],
    })
}

/// A visit by the name in a specification; a name that is no date and no month has no day.
pub(crate) fn visit(name: &str, first: &str) -> Visit {
    let parsed = Visit::parse(name).unwrap_or(Visit {
        name: name.to_owned(),
        days: None,
    });
    let baseline = Visit::parse(first).ok().and_then(|v| v.days);
    Visit {
        days: parsed.days.zip(baseline).map(|(day, zero)| day - zero),
        ..parsed
    }
}

fn bone(truth: &Truth, bone: &BoneTruth) -> Bone {
    let first = bone.poses.first().copied();
    let pose = first.unwrap_or_else(RigidTransform::identity);
    let centre = pose.apply(PointMm::from(bone.centre_mm));
    let registrations = truth.visits.iter().enumerate().skip(1);
    Bone {
        id: bone.id,
        name: bone.name.clone(),
        centroid_mm: centre.coords.into(),
        visits: truth
            .visits
            .iter()
            .map(|name| BoneVisit {
                visit: name.clone(),
                measurements: BTreeMap::new(),
            })
            .collect(),
        registrations: registrations
            .filter_map(|(v, name)| Some(registration(name, truth.motion(bone.id, v)?, centre)))
            .collect(),
        remodelling: Vec::new(),
    }
}

fn registration(visit: &str, motion: RigidTransform, centre: PointMm) -> RegistrationSummary {
    RegistrationSummary {
        visit: visit.to_owned(),
        matrix: motion.matrix(),
        rotation_deg: motion.angle().to_degrees(),
        translation_mm: (motion.apply(centre) - centre).norm(),
        correlation: 1.0,
        displacement_sd_mm: 0.0,
        overlap: 1.0,
        covariance: [[0.0; 6]; 6],
        centre_mm: centre.coords.into(),
        failed: None,
    }
}

fn lesion(truth: &Truth, id: u32) -> anyhow::Result<Option<Lesion>> {
    let states: Vec<&LesionTruth> = truth
        .lesions
        .iter()
        .filter_map(|visit| visit.iter().find(|l| l.id == id))
        .collect();
    // A lesion that comes later has its place in the baseline's frame all the same.
    let Some(at) = states.iter().position(|l| l.present) else {
        return Ok(None);
    };
    let state = states[at];
    let bone = truth.bones.iter().find(|b| b.name == state.bone);
    let back = bone
        .and_then(|b| truth.motion(b.id, at))
        .map_or_else(RigidTransform::identity, |m| m.inverse());
    let (first, last) = (
        truth.visits.first().map_or("", String::as_str),
        truth.visits.last().map_or("", String::as_str),
    );
    let mut change = BTreeMap::new();
    let mut course = Vec::new();
    for (v, name) in truth.visits.iter().enumerate().skip(1) {
        if let Some(by) = truth.volume_change(id, 0, v) {
            let to = (first, name.as_str());
            let delta = truth.delta_mm3;
            course.push(Change::new(Quantity::Volume, by, 0.0, None, delta, to)?);
        }
    }
    for quantity in QUANTITIES {
        if states.len() > 1 {
            let by = value(quantity, states[states.len() - 1]) - value(quantity, states[0]);
            let delta = match quantity {
                Quantity::Volume => truth.delta_mm3,
                other => other.default_delta(),
            };
            let whole = Change::new(quantity, by, 0.0, None, delta, (first, last))?;
            change.insert(quantity, whole);
        }
    }
    let verdict = change
        .get(&Quantity::Volume)
        .map(|c| true_verdict(c.value, truth.delta_mm3));
    Ok(Some(Lesion {
        id,
        bone: state.bone.clone(),
        kind: LesionKind::Erosion,
        centroid_mm: back.apply(PointMm::from(state.centroid_mm)).coords.into(),
        normal: back.rotate(state.normal.into()).into(),
        visits: truth
            .visits
            .iter()
            .zip(&states)
            .map(|(name, state)| at_visit(name, state))
            .collect(),
        change,
        course,
        probability: verdict.map(certain),
        verdict,
        reason: "known truth".to_owned(),
    }))
}

fn at_visit(name: &str, state: &LesionTruth) -> LesionVisit {
    let measurements = QUANTITIES
        .into_iter()
        .map(|quantity| {
            let measurement = Measurement {
                value: value(quantity, state),
                unit: quantity.unit().to_owned(),
                se: 0.0,
                df: None,
            };
            (quantity, measurement)
        })
        .collect();
    LesionVisit {
        visit: name.to_owned(),
        found: state.present,
        centre_mm: state.centroid_mm,
        measurements,
        repair: None,
    }
}

const QUANTITIES: [Quantity; 7] = [
    Quantity::Volume,
    Quantity::MouthArea,
    Quantity::Surface,
    Quantity::Width,
    Quantity::Depth,
    Quantity::Depth3d,
    Quantity::Diameter3d,
];

fn value(quantity: Quantity, l: &LesionTruth) -> f64 {
    match quantity {
        Quantity::MouthArea => l.mouth_mm2,
        Quantity::Surface => l.surface_mm2,
        Quantity::Width => l.width_mm,
        Quantity::Depth => l.depth_mm,
        Quantity::Depth3d => l.depth3d_mm,
        Quantity::Diameter3d => l.diameter3d_mm,
        _ => l.volume_mm3,
    }
}

fn certain(verdict: Verdict) -> Probability {
    let one = |v: Verdict| f64::from(u8::from(v == verdict));
    Probability {
        healing: one(Verdict::Healing),
        stable: one(Verdict::Stable),
        progressing: one(Verdict::Progressing),
    }
}
