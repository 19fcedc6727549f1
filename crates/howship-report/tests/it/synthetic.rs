//! A made-up joint: two bones, lesions of known size, three visits. Shared by the tests and the example.

use howship_change::{
    Bone, BoneChange, BoneVisit, Change, InputFile, Lesion, LesionKind, LesionVisit, Measurement,
    Provenance, Quantity, RegistrationSummary, RepairSigns, SCHEMA, Setting, SettingName, Settings,
    Subject, VerdictFile, VerdictOptions, Visit, VisitSummary, decide, erosion_totals,
};
use howship_image::{Geometry, Mask, PointMm, VectorMm, Volume};
use howship_report::{AlignmentPicture, BoneSurface, LesionPatch, LesionSurface, Mesh};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};

const VISITS: [&str; 3] = ["M0", "M6", "M12"];

/// A lesion: bone, angle around the axis, height, radius of the mouth, depth per visit, kind, error of a volume.
struct Spec {
    bone: usize,
    angle: f64,
    z: f64,
    radius: f64,
    depth: [f64; 3],
    kind: LesionKind,
    se: f64,
}

const fn spec(
    bone: usize,
    angle: f64,
    z: f64,
    radius: f64,
    depth: [f64; 3],
    kind: LesionKind,
    se: f64,
) -> Spec {
    Spec {
        bone,
        angle,
        z,
        radius,
        depth,
        kind,
        se,
    }
}

const LESIONS: [Spec; 5] = [
    spec(
        0,
        4.95,
        -4.0,
        1.35,
        [1.9, 1.55, 1.2],
        LesionKind::Erosion,
        0.09,
    ),
    spec(
        0,
        0.25,
        -6.5,
        1.05,
        [1.2, 1.2, 1.21],
        LesionKind::Erosion,
        0.045,
    ),
    spec(
        0,
        3.3,
        -3.0,
        1.2,
        [1.1, 1.5, 1.95],
        LesionKind::Erosion,
        0.10,
    ),
    spec(
        1,
        5.3,
        5.6,
        0.9,
        [1.0, 0.92, 0.85],
        LesionKind::Erosion,
        0.21,
    ),
    spec(
        1,
        1.4,
        5.2,
        1.1,
        [1.5, 1.3, 0.95],
        LesionKind::Erosion,
        0.08,
    ),
];

/// Everything a report takes.
pub(crate) struct Sample {
    pub(crate) result: VerdictFile,
    pub(crate) truth: VerdictFile,
    pub(crate) patches: Vec<LesionPatch>,
    pub(crate) bones: Vec<BoneSurface>,
    pub(crate) lesion_surfaces: Vec<LesionSurface>,
    pub(crate) alignments: Vec<AlignmentPicture>,
}

impl Sample {
    pub(crate) fn input(&self) -> howship_report::ReportInput<'_> {
        howship_report::ReportInput {
            result: &self.result,
            truth: Some(&self.truth),
            patches: &self.patches,
            bones: &self.bones,
            lesion_surfaces: &self.lesion_surfaces,
            alignments: &self.alignments,
        }
    }
}

/// The joint, followed over the first `visits` of three visits; `detail` scales meshes and patches.
pub(crate) fn sample(visits: usize, detail: f64) -> Sample {
    let result = result(visits);
    let truth = truth(&result);
    Sample {
        truth,
        patches: (0..LESIONS.len())
            .map(|i| patch(i, visits, detail))
            .collect(),
        bones: (0..2).map(|b| bone_surface(b, detail)).collect(),
        lesion_surfaces: (0..LESIONS.len())
            .map(|i| lesion_surface(i, detail))
            .collect(),
        alignments: (1..visits).map(alignment).collect(),
        result,
    }
}

/// Two slices of a square that is a pixel off.
fn alignment(visit: usize) -> AlignmentPicture {
    let square = |shift: usize| {
        let inside = |v: usize, at: usize| (at..at + 60).contains(&v);
        let value = |i: usize| inside(i % 120, 20 + shift) && inside(i / 120, 10);
        (0..120 * 80)
            .map(|i| if value(i) { 200 } else { 30 })
            .collect()
    };
    AlignmentPicture {
        bone: "R.MC2".into(),
        visits: [VISITS[0].into(), VISITS[visit].into()],
        size: [120, 80],
        mm_per_pixel: 0.1,
        grey: [square(0), square(1)],
    }
}

/// Outline of a bone as (radius, height), from its cut end to the middle of its joint surface.
fn profile(bone: usize) -> Vec<[f64; 2]> {
    let n = 260;
    (0..=n)
        .map(|i| {
            let t = f64::from(i) / f64::from(n);
            if bone == 0 {
                if t < 0.55 {
                    let z = -19.0 + t / 0.55 * 14.0;
                    let s = ((z + 15.0) / 10.0).clamp(0.0, 1.0);
                    [4.1 + 2.9 * s * s * (3.0 - 2.0 * s), z]
                } else {
                    let a = (t - 0.55) / 0.45 * PI / 2.0;
                    [7.0 * a.cos(), -5.0 + 6.3 * a.sin()]
                }
            } else if t < 0.62 {
                let z = 21.0 - t / 0.62 * 15.6;
                let s = ((14.5 - z) / 9.0).clamp(0.0, 1.0);
                [3.7 + 3.0 * s * s * (3.0 - 2.0 * s), z]
            } else if t < 0.8 {
                let a = (t - 0.62) / 0.18 * PI / 2.0;
                [5.6 + 1.1 * a.cos(), 5.4 - 2.2 * a.sin()]
            } else {
                let s = (1.0 - t) / 0.2;
                [5.6 * s, 3.2 + 0.9 * (1.0 - s * s)]
            }
        })
        .collect()
}

fn radius_at(bone: usize, z: f64) -> f64 {
    let near = |p: &&[f64; 2]| (p[1] - z).abs();
    let outline = profile(bone);
    let side = outline.iter().filter(|p| p[0] > 3.0);
    side.min_by(|a, b| near(a).total_cmp(&near(b)))
        .map_or(5.0, |p| p[0])
}

fn shape(angle: f64, z: f64) -> f64 {
    1.0 + 0.07 * (2.0 * angle).cos() + 0.012 * (5.0 * angle + z).sin() + 0.01 * (1.3 * z).cos()
}

/// Middle of a lesion's mouth and the inward normal there.
fn mouth(spec: &Spec) -> (PointMm, VectorMm) {
    let (sin, cos) = spec.angle.sin_cos();
    let r = radius_at(spec.bone, spec.z) * shape(spec.angle, spec.z);
    (
        PointMm::new(r * cos, r * sin, spec.z),
        VectorMm::new(-cos, -sin, 0.0),
    )
}

fn axes(spec: &Spec) -> [[f64; 3]; 3] {
    let normal = mouth(spec).1;
    let up = VectorMm::z();
    let side = up.cross(&normal);
    [side.into(), up.into(), normal.into()]
}

fn bone_surface(bone: usize, detail: f64) -> BoneSurface {
    let around = (420.0 * detail) as usize;
    let outline = profile(bone);
    let step = (1.0 / detail).max(1.0) as usize;
    let outline: Vec<[f64; 2]> = outline.into_iter().step_by(step).collect();
    let mut mesh = Mesh::default();
    let mouths: Vec<_> = LESIONS
        .iter()
        .filter(|s| s.bone == bone)
        .map(|s| (s, mouth(s)))
        .collect();
    for [r, z] in &outline {
        for j in 0..around {
            let angle = TAU * j as f64 / around as f64;
            let r = r * shape(angle, *z);
            let mut point = PointMm::new(r * angle.cos(), r * angle.sin(), *z);
            for (spec, (centre, inward)) in &mouths {
                let off = point - centre;
                let flat = (off - inward * off.dot(inward)).norm() / spec.radius;
                if flat < 1.0 && off.norm() < 2.5 * spec.radius {
                    point += inward * spec.depth[0] * (1.0 - flat * flat).sqrt();
                }
            }
            mesh.vertices
                .push([point.x, point.y, point.z].map(|v| v as f32));
        }
    }
    for i in 0..outline.len() - 1 {
        for j in 0..around {
            let at = |i: usize, j: usize| (i * around + j % around) as u32;
            let (a, b, c, d) = (at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j));
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    let name = ["R.MC2", "R.PP2"][bone].to_owned();
    BoneSurface { name, mesh }
}

/// The floor of the cavity and a lid over its mouth.
fn lesion_surface(index: usize, detail: f64) -> LesionSurface {
    let spec = &LESIONS[index];
    let (centre, inward) = mouth(spec);
    let [u, v, _] = axes(spec).map(VectorMm::from);
    let (rings, around) = (
        (24.0 * detail).max(6.0) as usize,
        (64.0 * detail).max(12.0) as usize,
    );
    let mut mesh = Mesh::default();
    let bend = 1.0 / (2.0 * radius_at(spec.bone, spec.z));
    for side in [1.0, 0.0] {
        for i in 0..=rings {
            for j in 0..around {
                let t = i as f64 / rings as f64;
                let angle = TAU * j as f64 / around as f64;
                let (x, y) = (t * angle.cos() * spec.radius, t * angle.sin() * spec.radius);
                let depth = side * spec.depth[0] * (1.0 - t * t).sqrt() + x * x * bend;
                let p = centre + u * x + v * y + inward * depth;
                mesh.vertices.push([p.x, p.y, p.z].map(|v| v as f32));
            }
        }
        let base = mesh.vertices.len() - (rings + 1) * around;
        for i in 0..rings {
            for j in 0..around {
                let at = |i: usize, j: usize| (base + i * around + j % around) as u32;
                let (a, b, c, d) = (at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j));
                mesh.triangles.extend([[a, b, c], [a, c, d]]);
            }
        }
    }
    LesionSurface {
        id: index as u32 + 1,
        mesh,
    }
}

fn edge(distance: f64) -> f64 {
    0.5 * (1.0 - (distance / 0.09).tanh())
}

/// Uniform numbers from a counter (splitmix64).
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

fn patch(index: usize, visits: usize, detail: f64) -> LesionPatch {
    let spec = &LESIONS[index];
    let (centre, _) = mouth(spec);
    let axes = axes(spec);
    let spacing = 0.082 / detail;
    let half = 3.6;
    let n = (2.0 * half / spacing) as usize;
    let origin = centre.coords - VectorMm::repeat(half);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let grid = Geometry::new([n; 3], [spacing; 3], origin.into(), identity).unwrap();
    let bend = 1.0 / (2.0 * radius_at(spec.bone, spec.z));
    let local = |voxel: [usize; 3]| {
        let off = grid.world(voxel.map(|i| i as f64)) - centre;
        let [x, y, w] = axes.map(|a| VectorMm::from(a).dot(&off));
        [x, y, w - x * x * bend]
    };
    // Distance beyond the cavity's wall, roughly in mm.
    let beyond = |[x, y, w]: [f64; 3], depth: f64| {
        let wavy = spec.radius * (1.0 + 0.1 * (3.0 * y.atan2(x)).sin());
        let q = ((x * x + y * y) / (wavy * wavy) + (w / depth).powi(2)).sqrt();
        (q - 1.0) * spec.radius.min(depth)
    };
    let density = |voxel: [usize; 3], depth: f64, seed: u64| {
        let p @ [x, y, w] = local(voxel);
        let plates =
            (3.1 * x + (1.7 * y).sin()).sin() * (2.7 * y + 0.6 * w).cos() + (2.9 * w).sin() * 0.5;
        let spongy = 90.0 + 560.0 * edge(0.28 - plates * 0.35);
        let shell = 0.42 + 0.08 * (1.9 * x).sin();
        let bone = spongy + (1020.0 - spongy) * edge(w - shell);
        let intact = 45.0 + (bone - 45.0) * edge(-w);
        let hole = edge(beyond(p, depth));
        let rim = 160.0 * edge((beyond(p, depth) - 0.2).abs() - 0.15) * edge(-w);
        let offset = grid.offset(voxel[0], voxel[1], voxel[2]) as u64;
        let grain: f64 = (0..3).map(|k| noise(seed * 7_919 + offset * 3 + k)).sum();
        ((intact + rim) * (1.0 - hole) + 60.0 * hole + 80.0 * grain) as f32
    };
    let mask = |inside: &dyn Fn([f64; 3]) -> bool| {
        Mask::from_fn(grid.clone(), |v| u8::from(inside(local(v))))
    };
    let visit =
        |k: usize| Volume::from_fn(grid.clone(), |v| density(v, spec.depth[k], 1 + k as u64));
    LesionPatch {
        id: index as u32 + 1,
        visits: (0..visits).map(visit).collect(),
        cavities: (0..visits)
            .map(|k| mask(&|p: [f64; 3]| p[2] > 0.0 && beyond(p, spec.depth[k]) < 0.0))
            .collect(),
        envelope: mask(&|p: [f64; 3]| p[2] > 0.0),
        axes,
        window: (-100.0, 1100.0),
    }
}

fn true_volume(spec: &Spec, visit: usize) -> f64 {
    2.0 / 3.0 * PI * spec.radius * spec.radius * spec.depth[visit]
}

fn measurement(quantity: Quantity, value: f64, se: f64) -> Measurement {
    Measurement {
        value,
        unit: quantity.unit().into(),
        se,
        df: None,
    }
}

fn measurements(spec: &Spec, visit: usize, offset: f64) -> BTreeMap<Quantity, Measurement> {
    let depth = spec.depth[visit];
    let r = spec.radius;
    let se = spec.se;
    let values = [
        (Quantity::Volume, true_volume(spec, visit) + offset, se),
        (
            Quantity::MouthArea,
            PI * r * r * (0.8 + 0.2 * depth / spec.depth[0]),
            0.6 * se,
        ),
        (
            Quantity::Surface,
            PI * r * (r + 2.0 * depth) * 0.7,
            1.3 * se,
        ),
        (Quantity::Width, 2.0 * r, 0.4 * se),
        (Quantity::Depth, depth * 0.96, 0.35 * se),
        (Quantity::Depth3d, depth, 0.3 * se),
        (Quantity::Diameter3d, (2.0 * r).max(depth), 0.4 * se),
        (Quantity::DensityInside, 71.3, 8.0),
        (
            Quantity::MarginDensity,
            612.0 + 80.0 * (spec.depth[0] - depth),
            11.0,
        ),
        (
            Quantity::RimDensity,
            431.0 + 20.0 * (spec.depth[0] - depth),
            9.0,
        ),
    ];
    values
        .into_iter()
        .map(|(q, v, se)| (q, measurement(q, v, se)))
        .collect()
}

fn change(
    spec: &Spec,
    quantity: Quantity,
    from: &Measurement,
    to: &Measurement,
    name: &str,
) -> Change {
    let se = if quantity == Quantity::Volume {
        0.9 * spec.se
    } else {
        0.8 * to.se
    };
    Change::new(
        to.value - from.value,
        se,
        Some(40.0),
        &quantity.scale(&VerdictOptions::default(), from.value),
        ("M0", name),
    )
    .unwrap()
}

fn lesion(index: usize, visits: usize) -> Lesion {
    let spec = &LESIONS[index];
    let (centre, inward) = mouth(spec);
    let offset = |k: usize| 1.1 * spec.se * noise(91 + 10 * index as u64 + k as u64);
    let tables: Vec<_> = (0..visits)
        .map(|k| measurements(spec, k, offset(k)))
        .collect();
    let to = |k: usize, q: Quantity| change(spec, q, &tables[0][&q], &tables[k][&q], VISITS[k]);
    let followed = visits > 1;
    let gate = (index == 4 && visits == 2).then_some("overlap 41 % is below 60 %");
    let decided = followed.then(|| {
        let options = VerdictOptions::default();
        decide(
            to(visits - 1, Quantity::Volume),
            &Quantity::Volume.scale(&options, tables[0][&Quantity::Volume].value),
            gate,
            &options,
        )
        .unwrap()
    });
    let repair = |k: usize| RepairSigns {
        recortication: (0.9 * (1.0 - spec.depth[k] / spec.depth[0])).max(0.0),
        filling_in: (1.0 - spec.depth[k] / spec.depth[0]).max(0.0),
        sclerosis: 80.0 * (spec.depth[0] - spec.depth[k]),
    };
    Lesion {
        id: index as u32 + 1,
        bone: ["R.MC2", "R.PP2"][spec.bone].into(),
        kind: spec.kind,
        erosion_probability: None,
        centroid_mm: (centre + inward * spec.depth[0] * 0.4).coords.into(),
        normal: (-inward).into(),
        visits: (0..visits)
            .map(|k| LesionVisit {
                visit: VISITS[k].into(),
                found: !(index == 3 && k == 2),
                open: true,
                absent: false,
                centre_mm: centre.coords.into(),
                measurements: tables[k].clone(),
                volume_alone: followed.then(|| Measurement {
                    value: tables[k][&Quantity::Volume].value + 0.2 * spec.se,
                    ..tables[k][&Quantity::Volume].clone()
                }),
                repair: (k > 0).then(|| repair(k)),
            })
            .collect(),
        change: if followed {
            Quantity::ALL
                .into_iter()
                .map(|q| (q, to(visits - 1, q)))
                .collect()
        } else {
            BTreeMap::new()
        },
        course: (1..visits).map(|k| to(k, Quantity::Volume)).collect(),
        judged: decided,
    }
}

fn bone(index: usize, visits: usize) -> Bone {
    let registration = |k: usize| RegistrationSummary {
        visit: VISITS[k].into(),
        matrix: std::array::from_fn(|r| std::array::from_fn(|c| f64::from(u8::from(r == c)))),
        rotation_deg: 3.2 + 1.7 * k as f64 - index as f64,
        translation_mm: 1.24 + 0.6 * k as f64,
        correlation: 0.971 - 0.006 * k as f64,
        displacement_sd_mm: 0.0021 + 0.0008 * index as f64,
        overlap: 0.962 - 0.02 * k as f64,
        covariance: [[0.0; 6]; 6],
        centre_mm: [0.0; 3],
        failed: None,
    };
    let remodelled = |k: usize| BoneChange {
        to: VISITS[k].into(),
        definition: "change above 225 mgHA/cm³ in clusters of 5 voxels or more".into(),
        formation_mm3: 4.1 * k as f64,
        resorption_mm3: 3.3 * k as f64,
        mineralisation_mm3: 2.2,
        demineralisation_mm3: 1.9,
        baseline_bone_mm3: 412.0 - 120.0 * index as f64,
        false_mm3: 0.31,
    };
    let visit = |k: usize| BoneVisit {
        visit: VISITS[k].into(),
        measurements: [
            (
                "volume".to_owned(),
                measurement(
                    Quantity::Volume,
                    1204.3 - 300.0 * index as f64 + k as f64,
                    1.8,
                ),
            ),
            (
                "density".to_owned(),
                measurement(Quantity::RimDensity, 342.0 + 2.0 * k as f64, 2.6),
            ),
        ]
        .into(),
    };
    Bone {
        id: index as u32 + 1,
        name: ["R.MC2", "R.PP2"][index].into(),
        centroid_mm: [0.0, 0.0, [-8.0, 10.0][index]],
        visits: (0..visits).map(visit).collect(),
        registrations: (1..visits).map(registration).collect(),
        remodelling: (1..visits).map(remodelled).collect(),
    }
}

fn result(visits: usize) -> VerdictFile {
    let mut settings = Settings::default();
    settings.set(SettingName::SmallestLesion, Setting::number(0.05, "mm³"));
    settings.set(
        SettingName::BoneThreshold,
        Setting::number(320.0, "mgHA/cm³"),
    );
    let bones: Vec<Bone> = (0..2).map(|i| bone(i, visits)).collect();
    let lesions: Vec<Lesion> = (0..LESIONS.len()).map(|i| lesion(i, visits)).collect();
    let names: Vec<String> = VISITS[..visits].iter().map(|v| (*v).to_owned()).collect();
    settings.set("registration.sampling", Setting::number(4.0, ""));
    VerdictFile {
        schema: SCHEMA.into(),
        provenance: Provenance {
            version: "0.1.0".into(),
            command: [
                "howship",
                "compare",
                "base line.AIM",
                "month6.AIM",
                "month12.AIM",
                "-o",
                "out",
            ]
            .map(String::from)
            .to_vec(),
            inputs: VISITS[..visits]
                .iter()
                .map(|v| InputFile {
                    name: format!("joint_{v}.AIM"),
                    format: "Scanco AIM (version 3)".into(),
                    blake3: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
                        .into(),
                    spacing_known: "file header".into(),
                    unit_known: "calibration in the processing log".into(),
                    warnings: Vec::new(),
                })
                .collect(),
            subject: Some(Subject::new("S-014")),
            settings,
            seeds: vec![20_240_301],
        },
        visits: VISITS[..visits]
            .iter()
            .map(|name| VisitSummary {
                visit: Visit::parse(name).unwrap(),
                size: [422, 426, 168],
                spacing_mm: [0.0607; 3],
                unit: "mgHA/cm³".into(),
                noise_sd: 41.7,
                blur_mm: Some(0.052),
            })
            .collect(),
        axes: Default::default(),
        directions: None,
        not_looked_for: Vec::new(),
        not_reported: Vec::new(),
        totals: erosion_totals(&["R.MC2", "R.PP2"], &lesions, &names).unwrap(),
        bones,
        lesions,
        decision: VerdictOptions::default(),
        expected_false_discovery: (visits > 1).then_some(0.0121),
        warnings: if visits > 2 {
            vec!["M12: motion artefacts in 12 of 168 slices; noise is 1.4 times that of M0".into()]
        } else {
            Vec::new()
        },
    }
}

/// The sizes that went in; one erosion more than was found, and one fewer.
fn truth(result: &VerdictFile) -> VerdictFile {
    let mut truth = result.clone();
    for (lesion, spec) in truth.lesions.iter_mut().zip(&LESIONS) {
        lesion.judged = None;
        lesion.id += 10;
        let visits = lesion.visits.len();
        for (k, visit) in lesion.visits.iter_mut().enumerate() {
            let exact = measurement(Quantity::Volume, true_volume(spec, k), 0.0);
            visit.measurements = [(Quantity::Volume, exact)].into();
        }
        lesion.change.retain(|q, _| *q == Quantity::Volume);
        for change in lesion.change.values_mut() {
            change.value = true_volume(spec, visits - 1) - true_volume(spec, 0);
        }
    }
    if let Some(missed) = truth.lesions.get_mut(3) {
        missed.centroid_mm[2] += 4.0;
    }
    truth
}
