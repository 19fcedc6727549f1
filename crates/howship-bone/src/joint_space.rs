//! Joint space width in three dimensions: the cartilage between two bones, seen as the gap between their surfaces.

use crate::Error;
use crate::register_bones::{BonePose, TrackedBone};
use crate::segmentation::BoneShape;
use crate::tuning::SpaceTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, Region, VectorMm, Volume, VolumeView, sample_linear};
use nalgebra::{Matrix6, Vector6};

/// Where the gap is measured: a place half-way between two bones.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Half-way, mm.
    at: PointMm,
    /// Towards the first and towards the second bone.
    towards: [VectorMm; 2],
    /// Distance to each bone's outline, mm.
    distance: [f64; 2],
    /// Area of the surface half-way that this place stands for, mm².
    area: f64,
}

/// One measured gap.
#[derive(Debug, Clone, Copy)]
struct Gap {
    width: f64,
    area: f64,
    /// Where it meets each bone.
    ends: [PointMm; 2],
}

/// A number with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// mm, mm² or mm³.
    pub value: f64,
    /// The same unit.
    pub se: f64,
}

/// The joint space of two bones at one visit.
///
/// Widths are measured face to face along the line that joins the two surfaces, over the surface half-way between
/// them where the bones face each other within 45°; percentiles are by area.
#[derive(Debug, Clone, PartialEq)]
pub struct JointSpace {
    /// Mean width, mm.
    pub mean: Estimate,
    /// First percentile: the least width that is not one voxel's noise, mm.
    pub minimum: Estimate,
    /// Fifth percentile, mm.
    pub p5: f64,
    /// Median, mm.
    pub median: f64,
    /// Ninety-fifth percentile, mm.
    pub p95: f64,
    /// Volume between the surfaces, mm³.
    pub volume: Estimate,
    /// Area of the surface half-way, mm².
    pub area: f64,
}

impl JointSpace {
    /// Wide end over narrow end: 95th over 5th percentile.
    #[must_use]
    pub fn asymmetry(&self) -> f64 {
        self.p95 / self.p5.max(1e-9)
    }
}

/// How the joint space of two bones changed, from the motion of one against the other.
///
/// Where the bones' surfaces stay as they are, cartilage that is lost lets the bones come nearer to each other; where
/// they were is known to micrometres, better than where any surface lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointSpaceChange {
    /// Change of the mean width, mm.
    pub mean: Estimate,
    /// Change where the joint is narrowest (its lowest tenth), mm.
    pub narrowest: Estimate,
}

/// The joint space of two bones followed over the visits.
#[derive(Debug, Clone, PartialEq)]
pub struct JointSpaces {
    /// The two bones' identities.
    pub bones: [u32; 2],
    /// Per visit; `None` where it could not be measured.
    pub visits: Vec<Option<JointSpace>>,
    /// Baseline to each visit; `None` at baseline and where a bone could not be registered.
    pub changes: Vec<Option<JointSpaceChange>>,
}

/// The joint spaces between all bones that face each other.
pub(crate) fn joint_spaces(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    tuning: &SpaceTuning,
) -> Result<Vec<JointSpaces>, Error> {
    let mut all = Vec::new();
    for (k, first) in bones.iter().enumerate() {
        for second in &bones[k + 1..] {
            let Some(baseline) = gaps(&visits[0], [&first.shape, &second.shape], tuning)? else {
                continue;
            };
            let mut spaces = JointSpaces {
                bones: [first.shape.id, second.shape.id],
                visits: vec![Some(summary(&baseline, tuning))],
                changes: vec![None],
            };
            for visit in 1..visits.len() {
                let here = |bone: &TrackedBone| bone.visits[visit].as_ref()?.outline.clone();
                let outlines = here(first).zip(here(second));
                let later = match &outlines {
                    Some((a, b)) if a.id != b.id => gaps(&visits[visit], [a, b], tuning)?,
                    _ => None,
                };
                spaces.visits.push(later.map(|g| summary(&g, tuning)));
                let poses = first.pose(visit).zip(second.pose(visit));
                let poses = poses.filter(|(a, b)| a.failure().is_none() && b.failure().is_none());
                spaces
                    .changes
                    .push(poses.map(|poses| change(&baseline, poses)));
            }
            all.push(spaces);
        }
    }
    Ok(all)
}

/// Every gap between two bones; `None` where they do not face each other over enough area.
fn gaps(
    visit: &VisitShapes<'_>,
    shapes: [&BoneShape; 2],
    tuning: &SpaceTuning,
) -> Result<Option<Vec<Gap>>, Error> {
    let places = places(shapes, tuning);
    if places.iter().map(|p| p.area).sum::<f64>() < tuning.least_mm2 {
        return Ok(None);
    }
    let image = smoothed_around(visit.scan.volume, &places, tuning)?;
    let levels = [0, 1].map(|bone| edge_level(&image, &places, bone, visit, tuning));
    let measured: Vec<Gap> = places
        .iter()
        .filter_map(|place| gap(&image, place, levels, tuning))
        .collect();
    let area: f64 = measured.iter().map(|g| g.area).sum();
    Ok((area >= tuning.least_mm2).then_some(measured))
}

/// Places on the surface half-way between two outlines where they face each other.
///
/// Each voxel near that surface stands for an area `V |∇(a − b)| δ(a − b)`, with a hat for the delta.
fn places(shapes: [&BoneShape; 2], tuning: &SpaceTuning) -> Vec<Place> {
    let [a, b] = shapes;
    let geometry = a.distance.geometry();
    let (size, h) = (geometry.size(), geometry.max_spacing());
    let mut found = Vec::new();
    for (o, (da, db)) in a.distance.data().iter().zip(b.distance.data()).enumerate() {
        let (da, db) = (f64::from(*da), f64::from(*db));
        let between = da > 0.0 && db > 0.0 && da + db < tuning.most_mm;
        if !between || (da - db).abs() >= 2.0 * h {
            continue;
        }
        let voxel = geometry.voxel(o);
        if (0..3).any(|k| voxel[k] == 0 || voxel[k] + 1 == size[k]) {
            continue;
        }
        let at = geometry.world(voxel.map(|i| i as f64));
        let (Some(ga), Some(gb)) = (gradient(a, at, h), gradient(b, at, h)) else {
            continue;
        };
        if ga.normalize().dot(&gb.normalize()) > tuning.facing {
            continue;
        }
        let across = ga - gb;
        let steep = across.norm();
        let off = (da - db) / steep;
        let hat = (1.0 - off.abs() / h).max(0.0) / h;
        if hat <= 0.0 {
            continue;
        }
        let on = at - across * (off / steep);
        let (Some(da), Some(db)) = (a.depth(on), b.depth(on)) else {
            continue;
        };
        found.push(Place {
            at: on,
            towards: [-ga.normalize(), -gb.normalize()],
            distance: [da, db],
            area: geometry.voxel_mm3() * hat,
        });
    }
    found
}

/// Gradient of an outline's signed distance by central differences.
fn gradient(shape: &BoneShape, at: PointMm, h: f64) -> Option<VectorMm> {
    let axes = [VectorMm::x(), VectorMm::y(), VectorMm::z()];
    let mut gradient = VectorMm::zeros();
    for axis in axes {
        let step = axis * h;
        let difference = shape.depth(at + step)? - shape.depth(at - step)?;
        gradient += axis * (difference / (2.0 * h));
    }
    (gradient.norm() > 0.3).then_some(gradient)
}

/// The image around the places, smoothed to tame noise.
fn smoothed_around(
    volume: VolumeView<'_>,
    places: &[Place],
    tuning: &SpaceTuning,
) -> Result<Volume<f32>, Error> {
    let geometry = volume.geometry();
    let size = geometry.size();
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for place in places {
        let index = geometry.index(place.at);
        low = std::array::from_fn(|a| low[a].min(index[a]));
        high = std::array::from_fn(|a| high[a].max(index[a]));
    }
    let margin = geometry.spacing().map(|s| (0.5 * tuning.most_mm + 1.0) / s);
    let start: [usize; 3] =
        std::array::from_fn(|a| ((low[a] - margin[a]).max(0.0) as usize).min(size[a] - 1));
    let end: [usize; 3] =
        std::array::from_fn(|a| ((high[a] + margin[a]).max(0.0).ceil() as usize).min(size[a] - 1));
    let crop = volume.crop(Region::between(start, end))?;
    Ok(howship_ops::gaussian(&crop, [tuning.smooth_mm; 3])?)
}

/// Half-way between soft tissue and what the bone's plate reaches here, median over the places.
fn edge_level(
    image: &Volume<f32>,
    places: &[Place],
    bone: usize,
    visit: &VisitShapes<'_>,
    tuning: &SpaceTuning,
) -> f64 {
    let soft = visit.levels.soft;
    let usual = soft + 0.5 * visit.levels.contrast();
    let mut peaks: Vec<f64> = places
        .iter()
        .filter_map(|place| {
            let edge = crossing(image, place, bone, usual, tuning)?;
            let steps = (tuning.plate_mm / tuning.step_mm).round() as usize;
            let along = (0..=steps).filter_map(|k| {
                let t = edge + tuning.step_mm * k as f64;
                value(image, place.at + place.towards[bone] * t)
            });
            along.max_by(f64::total_cmp)
        })
        .collect();
    if peaks.is_empty() {
        return usual;
    }
    peaks.sort_by(f64::total_cmp);
    soft + 0.5 * (peaks[peaks.len() / 2] - soft)
}

fn value(image: &Volume<f32>, at: PointMm) -> Option<f64> {
    sample_linear(image, image.geometry().index(at)).map(f64::from)
}

/// Distance from a place to where a bone's edge is crossed, near where its outline says.
fn crossing(
    image: &Volume<f32>,
    place: &Place,
    bone: usize,
    level: f64,
    tuning: &SpaceTuning,
) -> Option<f64> {
    let direction = place.towards[bone];
    let from = (place.distance[bone] - tuning.look_mm).max(0.0);
    let to = place.distance[bone] + tuning.look_mm;
    let mut before = value(image, place.at + direction * from)?;
    if before > level {
        return None;
    }
    let mut t = from;
    while t < to {
        t += tuning.step_mm;
        let now = value(image, place.at + direction * t)?;
        if now > level {
            return Some(t - tuning.step_mm * (now - level) / (now - before));
        }
        before = now;
    }
    None
}

fn gap(image: &Volume<f32>, place: &Place, levels: [f64; 2], tuning: &SpaceTuning) -> Option<Gap> {
    let a = crossing(image, place, 0, levels[0], tuning)?;
    let b = crossing(image, place, 1, levels[1], tuning)?;
    let ends = [
        place.at + place.towards[0] * a,
        place.at + place.towards[1] * b,
    ];
    Some(Gap {
        width: (ends[0] - ends[1]).norm(),
        area: place.area,
        ends,
    })
}

/// Widths in rising order, each with the area up to its middle.
fn by_area(gaps: &[Gap]) -> (Vec<(f64, f64)>, f64) {
    let mut sorted: Vec<(f64, f64)> = gaps.iter().map(|g| (g.width, g.area)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut total = 0.0;
    for (_, area) in &mut sorted {
        let own = *area;
        *area = total + 0.5 * own;
        total += own;
    }
    (sorted, total)
}

fn percentile(sorted: &[(f64, f64)], total: f64, share: f64) -> f64 {
    let at = sorted.partition_point(|(_, area)| *area < share * total);
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .map_or(f64::NAN, |g| g.0)
}

fn summary(gaps: &[Gap], tuning: &SpaceTuning) -> JointSpace {
    let (sorted, total) = by_area(gaps);
    let volume: f64 = gaps.iter().map(|g| g.width * g.area).sum();
    let mean = volume / total;
    // Edges of one surface err alike over some area; what blur and level leave is common to all.
    let stretch = |area: f64| {
        let apart = (area / tuning.alike_mm2).max(1.0);
        (2.0 * tuning.edge_sd_mm.powi(2) / apart + tuning.level_sd_mm.powi(2)).sqrt()
    };
    let se = stretch(total);
    JointSpace {
        mean: Estimate { value: mean, se },
        minimum: Estimate {
            value: percentile(&sorted, total, 0.01),
            se: stretch(0.02 * total),
        },
        p5: percentile(&sorted, total, 0.05),
        median: percentile(&sorted, total, 0.5),
        p95: percentile(&sorted, total, 0.95),
        volume: Estimate {
            value: volume,
            se: total * se,
        },
        area: total,
    }
}

/// Change of the gaps when the second bone moves against the first.
fn change(baseline: &[Gap], (a, b): (&BonePose, &BonePose)) -> JointSpaceChange {
    let all: Vec<&Gap> = baseline.iter().collect();
    let (sorted, total) = by_area(baseline);
    let limit = percentile(&sorted, total, 0.1);
    let narrow: Vec<&Gap> = baseline.iter().filter(|g| g.width <= limit).collect();
    JointSpaceChange {
        mean: mean_change(&all, a, b),
        narrowest: mean_change(&narrow, a, b),
    }
}

fn mean_change(gaps: &[&Gap], a: &BonePose, b: &BonePose) -> Estimate {
    let back = a.transform.inverse();
    let (mut sum, mut weight) = (0.0, 0.0);
    let (mut by_a, mut by_b) = (Vector6::zeros(), Vector6::zeros());
    for gap in gaps {
        let [from, to] = gap.ends;
        let Some(n) = (to - from).try_normalize(1e-9) else {
            continue;
        };
        let moved = back.apply(b.transform.apply(to));
        sum += gap.area * (moved - to).dot(&n);
        weight += gap.area;
        by_a += by_pose(a, to, n) * gap.area;
        by_b += by_pose(b, to, n) * gap.area;
    }
    let weight = f64::max(weight, 1e-12);
    let variance = |pose: &BonePose, by: Vector6<f64>| {
        let by = by / weight;
        pose.registration.as_ref().map_or(0.0, |r| {
            let covariance = Matrix6::from_fn(|i, j| r.covariance[i][j]);
            (by.transpose() * covariance * by)[(0, 0)].max(0.0)
        })
    };
    Estimate {
        value: sum / weight,
        se: (variance(a, by_a) + variance(b, by_b)).sqrt(),
    }
}

/// Derivative of a point's displacement along a direction (baseline frame) by a pose's rotation vector and translation.
fn by_pose(pose: &BonePose, point: PointMm, n: VectorMm) -> Vector6<f64> {
    let Some(registration) = &pose.registration else {
        return Vector6::zeros();
    };
    let n = pose.transform.rotate(n);
    let arm = pose.transform.rotate(point - registration.centre);
    let turn = arm.cross(&n);
    Vector6::new(turn.x, turn.y, turn.z, n.x, n.y, n.z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{BONE, SOFT, levels, options};
    use crate::segmentation::segment_bones;
    use howship_change::Visit;
    use howship_image::{DensityUnit, Geometry, RigidTransform, Scan};
    use rand::{RngExt, SeedableRng};
    use std::sync::Arc;

    /// A scan of everything that lies inside, with noise of this SD before blur.
    fn scan(
        size: [usize; 3],
        spacing: f64,
        noise: f64,
        seed: u64,
        inside: impl Fn(PointMm) -> f64,
    ) -> Scan {
        let grid = Geometry::aligned(size, [spacing; 3]).unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let volume = Volume::from_fn(grid.clone(), |v| {
            let share = (inside(grid.world(v.map(|i| i as f64))) / spacing + 0.5).clamp(0.0, 1.0);
            let normal =
                (0..4).map(|_| rng.random::<f64>()).sum::<f64>() * 3f64.sqrt() - 12f64.sqrt();
            (SOFT + (BONE - SOFT) * share + noise * normal) as f32
        });
        Scan {
            volume: howship_ops::gaussian(&volume, [0.06; 3]).unwrap(),
            unit: DensityUnit::MgHaPerCm3,
            known: howship_image::UnitKnown::Written,
            calibration: None,
        }
    }

    fn visit<'a>(scan: &'a Scan, name: &'a Visit) -> VisitShapes<'a> {
        let level = 0.5 * (SOFT + BONE);
        let options = options();
        let shapes = segment_bones(&scan.volume, level, scan.unit, &options, "M0").unwrap();
        VisitShapes {
            visit: name,
            scan: scan.into(),
            shapes: shapes.into_iter().map(Arc::new).collect(),
            levels: levels(),
            working: scan.volume.clone(),
            smooth: scan.volume.clone(),
        }
    }

    fn space(scan: &Scan) -> JointSpace {
        let name = Visit::parse("M0").unwrap();
        let seen = visit(scan, &name);
        assert_eq!(seen.shapes.len(), 2);
        let tuning = options().tuning.space;
        let gaps = gaps(&seen, [&seen.shapes[0], &seen.shapes[1]], &tuning)
            .unwrap()
            .unwrap();
        summary(&gaps, &tuning)
    }

    /// Two blocks 5 mm square, so far apart face to face, the upper one tilted.
    fn blocks(gap: f64, tilt: f64, noise: f64, seed: u64) -> Scan {
        scan([66, 66, 84], 0.1, noise, seed, |p| {
            let side = (2.5 - (p.x - 3.25).abs()).min(2.5 - (p.y - 3.25).abs());
            let middle = 4.1 + 0.017;
            let lower = (middle - 0.5 * gap - p.z).min(p.z - 0.8);
            let upper = ((p.z - middle - 0.5 * gap) - tilt * (p.x - 3.25)) / tilt.hypot(1.0);
            side.min(lower.max(upper.min(7.5 - p.z)))
        })
    }

    #[test]
    fn flat_faces_are_as_far_apart_as_they_are() {
        for gap in [0.85, 1.2, 1.63] {
            let found = space(&blocks(gap, 0.0, 0.0, 1));
            assert!(
                (found.median - gap).abs() < 0.01,
                "{} for {gap}",
                found.median
            );
            assert!(
                (found.minimum.value - gap).abs() < 0.02 && (found.p5 - gap).abs() < 0.02,
                "{found:?}"
            );
            // Beyond the blocks' sides their edges still face each other a little, ever further apart.
            let facing = options().tuning.space.facing;
            let over = 0.5 * gap * ((1.0 + facing) / (1.0 - facing)).sqrt();
            assert!(
                (24.0..(5.0 + 2.0 * over).powi(2) + 1.0).contains(&found.area),
                "{}",
                found.area
            );
            assert!(
                (-0.01..0.03 * gap).contains(&(found.mean.value - gap)),
                "{} for {gap}",
                found.mean.value
            );
            assert!((found.volume.value / (gap * found.area) - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn noise_moves_mean_and_minimum_by_less_than_their_errors() {
        let (mut means, mut minima) = (Vec::new(), Vec::new());
        let clean = space(&blocks(1.1, 0.0, 0.0, 0)).mean.value;
        for seed in 0..6 {
            let found = space(&blocks(1.1, 0.0, 120.0, seed));
            assert!(
                (found.mean.value - clean).abs() < 1.96 * found.mean.se,
                "{:?}",
                found.mean
            );
            means.push(found.mean.value);
            minima.push(found.minimum.value);
        }
        let spread = |v: &[f64]| {
            v.iter().copied().fold(f64::NEG_INFINITY, f64::max)
                - v.iter().copied().fold(f64::INFINITY, f64::min)
        };
        assert!(spread(&means) < 0.015, "{means:?}");
        assert!(spread(&minima) < 0.06, "{minima:?}");
    }

    #[test]
    fn a_tilted_face_has_the_percentiles_of_a_wedge() {
        // Widths along the line that halves the angle run evenly from 1.2 − 0.1·2.5 to 1.2 + 0.1·2.5.
        let found = space(&blocks(1.2, 0.1, 0.0, 1));
        assert!((found.median - 1.2).abs() < 0.03, "{found:?}");
        assert!((found.p5 - (1.2 - 0.225)).abs() < 0.05, "{found:?}");
        assert!(
            (found.asymmetry() - 1.425 / 0.975).abs() < 0.15,
            "{}",
            found.asymmetry()
        );
    }

    #[test]
    fn two_balls_are_nearest_at_their_poles() {
        let (r, gap) = (3.0, 0.9);
        let ball = |p: PointMm, z: f64| r - (p - PointMm::new(3.4, 3.4, z)).norm();
        let found = space(&scan([68, 68, 140], 0.1, 0.0, 1, |p| {
            ball(p, 3.6).max(ball(p, 3.6 + 2.0 * r + gap))
        }));
        // Over the plane half-way: width 2 (√(d² + ρ²) − r) at ρ, seen as far as the bones face each other.
        let d = r + 0.5 * gap;
        let facing = options().tuning.space.facing;
        let most = d * ((1.0 + facing) / (1.0 - facing)).sqrt();
        let width = |rho: f64| 2.0 * (d.hypot(rho) - r);
        let median = width(most * 0.5f64.sqrt());
        assert!(
            (found.minimum.value - width(0.1 * most)).abs() < 0.03,
            "{found:?}"
        );
        assert!(
            (found.median - median).abs() < 0.05,
            "{} for {median}",
            found.median
        );
        // Where the bones cease to face each other is told to a voxel of 0.1 mm: 14 % of the area.
        assert!(
            (found.area / (std::f64::consts::PI * most * most) - 1.0).abs() < 0.14,
            "{}",
            found.area
        );
    }

    #[test]
    fn a_change_is_the_motion_of_one_bone_against_the_other() {
        let name = Visit::parse("M0").unwrap();
        let first = blocks(1.2, 0.0, 0.0, 1);
        let seen = visit(&first, &name);
        let tuning = options().tuning.space;
        let gaps = gaps(&seen, [&seen.shapes[0], &seen.shapes[1]], &tuning)
            .unwrap()
            .unwrap();
        let pose = |shift: VectorMm, turn: VectorMm, sd: f64| {
            let centre = PointMm::new(3.25, 3.25, 6.0);
            let mut covariance = [[0.0; 6]; 6];
            for row in covariance.iter_mut().enumerate().skip(3) {
                row.1[row.0] = sd * sd;
            }
            let mut registration = crate::register_bones::tests::passing(covariance, centre);
            registration.transform = RigidTransform::about(centre, turn, shift);
            BonePose {
                transform: registration.transform,
                registration: Some(registration),
            }
        };
        // Both bones moved with the hand, the second 0.05 mm nearer to the first.
        let hand = VectorMm::new(30.0, -4.0, 2.0);
        let a = pose(hand, VectorMm::zeros(), 0.003);
        let b = pose(hand - VectorMm::z() * 0.05, VectorMm::zeros(), 0.004);
        let found = change(&gaps, (&a, &b));
        assert!((found.mean.value + 0.05).abs() < 1e-3, "{found:?}");
        assert!((found.mean.se - 0.005).abs() < 1e-4, "{found:?}");
        // A turn of the hand alone changes nothing.
        let turn = VectorMm::new(0.1, 0.05, -0.2);
        let (a, b) = (pose(hand, turn, 0.003), pose(hand, turn, 0.004));
        assert!(change(&gaps, (&a, &b)).mean.value.abs() < 1e-9);
        // Twisted about the middle it narrows at one side as it widens at the other.
        let still = pose(VectorMm::zeros(), VectorMm::zeros(), 0.003);
        let twist = pose(VectorMm::zeros(), VectorMm::new(0.0, 0.02, 0.0), 0.003);
        let found = change(&gaps, (&still, &twist));
        assert!(found.mean.value.abs() < 2e-3, "{found:?}");
    }
}
