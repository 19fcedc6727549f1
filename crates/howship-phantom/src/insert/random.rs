use super::base::{Base, BoneBase};
use super::lesion::{Placed, nearest_surface, on_surface};
use super::spec::{InsertSpec, InsertVisit, InsertedLesion};
use crate::measure::gradient;
use crate::pose::uniform;
use crate::{BonePose, Error, PoseSpec};
use howship_image::{Geometry, PointMm, VectorMm, sample_linear};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

impl InsertSpec {
    /// A varied series: lesions of about 0.3 to 15 mm³ at random places, each with one of five courses.
    ///
    /// A fifth of the lesions each: stable; healing from the base by up to −90 %; healing to nothing or nearly so;
    /// progressing by up to +100 %; new at a later visit. Every visit has its own pose of the hand (up to 3°,
    /// 0.8 mm) and of bones 1 and 2 (up to 2°, 0.4 mm).
    #[must_use]
    pub fn random(seed: u64, n_lesions: usize, visits: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(0x1E51);
        let names = (0..visits.max(1)).map(|v| format!("M{}", 6 * v));
        let visits: Vec<InsertVisit> = names
            .map(|name| {
                let hand = PoseSpec::random(&mut rng, 3.0, 0.8);
                let bones = (1..=2)
                    .map(|label| BonePose {
                        label,
                        pose: PoseSpec::random(&mut rng, 2.0, 0.4),
                    })
                    .collect();
                InsertVisit { name, hand, bones }
            })
            .collect();
        let lesions = (0..n_lesions)
            .map(|i| random_lesion(&mut rng, i, visits.len()))
            .collect();
        Self {
            seed,
            visits,
            lesions,
            ..Self::default()
        }
    }
}

fn random_lesion(rng: &mut ChaCha8Rng, index: usize, visits: usize) -> InsertedLesion {
    let mut between = |low: f64, high: f64| low + (high - low) * uniform(rng);
    let width = between(1.0, 3.2);
    let length = width * between(0.7, 1.2);
    let depth = width * between(0.55, 1.15);
    let sink = if between(0.0, 1.0) < 0.3 {
        0.25 * depth
    } else {
        0.0
    };
    let irregularity = between(0.0, 0.2);
    // Volume of each visit relative to the largest, linear in time.
    let end = match index % 5 {
        0 => 1.0,
        1 => between(0.1, 0.9),
        2 => between(0.0, 0.15),
        3 => between(1.1, 2.0),
        _ => f64::INFINITY,
    };
    let last = (visits.max(2) - 1) as f64;
    let volume = |v: usize| {
        if end.is_infinite() {
            if v == 0 { 0.0 } else { v as f64 / last }
        } else {
            1.0 + (end - 1.0) * v as f64 / last
        }
    };
    // Two thirds of the change in depth (the wall advances from the base), one sixth in each width.
    let depth_course: Vec<f64> = (0..visits).map(|v| volume(v).powf(2.0 / 3.0)).collect();
    let width_course = (0..visits).map(|v| volume(v).powf(1.0 / 6.0)).collect();
    InsertedLesion {
        width_mm: width,
        length_mm: length,
        depth_mm: depth,
        sink_mm: sink,
        irregularity,
        depth_course,
        width_course,
        ..InsertedLesion::default()
    }
}

/// Random points per lesion before it is given up; one in about twenty lies near a surface.
const TRIES: usize = 20_000;

/// Places every lesion: near its point, or at random.
pub(crate) fn place_all(
    base: &Base,
    spec: &InsertSpec,
    target: &Geometry,
) -> Result<Vec<Placed>, Error> {
    let visits = spec.visits.len();
    let mut placed: Vec<Option<Placed>> = spec.lesions.iter().map(|_| None).collect();
    for (i, lesion) in spec.lesions.iter().enumerate() {
        let Some(near) = lesion.near_mm else { continue };
        let field = format!("lesions[{i}]");
        let target_point = VectorMm::from(near);
        let bones = base
            .bones
            .iter()
            .filter(|b| lesion.bone == 0 || b.label == lesion.bone);
        let nearest = bones
            .filter_map(|b| Some((b, nearest_surface(b, target_point)?)))
            .min_by(|(_, p), (_, q)| {
                (p - target_point)
                    .norm()
                    .total_cmp(&(q - target_point).norm())
            });
        let Some((bone, point)) = nearest else {
            return Err(Error::Label {
                field: format!("{field}.bone"),
                label: lesion.bone,
                known: base.labels(),
            });
        };
        let reach = lesion.width_mm.max(lesion.length_mm).max(lesion.depth_mm);
        if (point - target_point).norm() > reach.max(2.0) {
            return Err(Error::Place {
                field: format!("{field}.near_mm"),
                reason: format!(
                    "the nearest bone surface is {:.1} mm away",
                    (point - target_point).norm()
                ),
            });
        }
        placed[i] = Some(Placed::new(lesion, i, visits, spec.seed, bone, point));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    rng.set_stream(0x91AC);
    for (i, lesion) in spec.lesions.iter().enumerate() {
        if lesion.near_mm.is_some() {
            continue;
        }
        let found = random_place(base, lesion, i, spec, target, &placed, &mut rng)?;
        let Some(found) = found else {
            return Err(Error::Crowded {
                placed: placed.iter().flatten().count(),
                wanted: spec.lesions.len(),
                reason: "on solid cortex, away from the stack's ends and from each other",
            });
        };
        placed[i] = Some(found);
    }
    Ok(placed.into_iter().flatten().collect())
}

fn random_place(
    base: &Base,
    lesion: &InsertedLesion,
    index: usize,
    spec: &InsertSpec,
    target: &Geometry,
    placed: &[Option<Placed>],
    rng: &mut ChaCha8Rng,
) -> Result<Option<Placed>, Error> {
    let bones: Vec<&BoneBase> = base
        .bones
        .iter()
        .filter(|b| lesion.bone == 0 || b.label == lesion.bone)
        .collect();
    if bones.is_empty() {
        return Err(Error::Label {
            field: format!("lesions[{index}].bone"),
            label: lesion.bone,
            known: base.labels(),
        });
    }
    for _ in 0..TRIES {
        let bone = bones[(uniform(rng) * bones.len() as f64) as usize % bones.len()];
        let Some(point) = random_surface_point(bone, rng) else {
            continue;
        };
        let candidate = Placed::new(lesion, index, spec.visits.len(), spec.seed, bone, point);
        if suits(base, bone, &candidate, target, placed) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// A random voxel of the bone's grid, walked along the distance's gradient to the surface.
fn random_surface_point(bone: &BoneBase, rng: &mut ChaCha8Rng) -> Option<VectorMm> {
    let grid = bone.distance().geometry();
    let size = grid.size();
    let index: [f64; 3] = std::array::from_fn(|a| uniform(rng) * (size[a] as f64 - 1.0));
    let start = grid.world(index).coords;
    // Only points near the surface start, so that every part of it is as likely.
    if bone.envelope(start).abs() > 0.3 {
        return None;
    }
    let point = on_surface(bone, start);
    (bone.envelope(point).abs() < 0.02).then_some(point)
}

/// Whether a random place is far enough from the ends, from other lesions and bones, and on solid cortex.
fn suits(
    base: &Base,
    bone: &BoneBase,
    candidate: &Placed,
    target: &Geometry,
    placed: &[Option<Placed>],
) -> bool {
    let frame = &candidate.frame;
    let index = target.index(PointMm::from(frame.point));
    let margin = candidate.reach + 0.3;
    let inside = (0..3).all(|a| {
        let gap = margin / target.spacing()[a];
        index[a] > gap && index[a] < target.size()[a] as f64 - 1.0 - gap
    });
    let apart = placed.iter().flatten().all(|other| {
        (other.frame.point - frame.point).norm() > other.reach + candidate.reach + 0.5
    });
    if !inside || !apart {
        return false;
    }
    // A flat enough patch of solid cortex whose inside is bone all the way down.
    let mut density = 0.0;
    let mut count = 0.0;
    for i in 0..12 {
        let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 12.0).sin_cos();
        for r in [0.25, 0.5] {
            let side = (frame.across * cos + frame.along * sin) * (r * candidate.reach);
            let p = on_surface(bone, frame.point + side);
            if (p - frame.point).norm() > candidate.reach {
                return false;
            }
            let inward = -gradient(|q| bone.envelope(q), p, 0.06);
            let under = p + inward / inward.norm().max(1e-9) * 0.15;
            let index = base.density.geometry().index(PointMm::from(under));
            density += sample_linear(&base.density, index).map_or(0.0, f64::from);
            count += 1.0;
        }
    }
    let deep = bone.envelope(frame.point - frame.normal * (0.8 * candidate.reach));
    let others_away = base
        .bones
        .iter()
        .all(|o| o.label == bone.label || o.envelope(frame.point) > 0.6);
    density / count > 250.0 && deep < 0.0 && others_away
}
