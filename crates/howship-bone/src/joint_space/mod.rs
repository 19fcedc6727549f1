//! Joint space width in three dimensions: the cartilage between two bones, seen as the gap between their surfaces.

mod gaps;
mod plate;
#[cfg(test)]
mod tests;

use self::gaps::{Gap, by_area, gaps, percentile, summary};
use crate::Error;
use crate::register_bones::{BonePose, TrackedBone};
use crate::tuning::SpaceTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, VectorMm};
use nalgebra::{Matrix6, Vector6};

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
    pub p5: Estimate,
    /// Median, mm.
    pub median: f64,
    /// Ninety-fifth percentile, mm.
    pub p95: Estimate,
    /// Volume between the surfaces, mm³.
    pub volume: Estimate,
    /// Area of the surface half-way, mm².
    pub area: f64,
}

impl JointSpace {
    /// Wide end over narrow end: 95th over 5th percentile.
    #[must_use]
    pub fn asymmetry(&self) -> f64 {
        self.p95.value / self.p5.value.max(1e-9)
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
                let aligned = first.aligned(visit).zip(second.aligned(visit));
                spaces
                    .changes
                    .push(aligned.map(|(a, b)| change(&baseline, (&a.pose, &b.pose), tuning)));
            }
            all.push(spaces);
        }
    }
    Ok(all)
}

/// Change of the gaps when the second bone moves against the first.
fn change(
    baseline: &[Gap],
    (a, b): (&BonePose, &BonePose),
    tuning: &SpaceTuning,
) -> JointSpaceChange {
    let all: Vec<&Gap> = baseline.iter().collect();
    let (sorted, total) = by_area(baseline);
    let limit = percentile(&sorted, total, 0.1);
    let narrow: Vec<&Gap> = baseline.iter().filter(|g| g.width <= limit).collect();
    JointSpaceChange {
        mean: mean_change(&all, a, b, tuning),
        narrowest: mean_change(&narrow, a, b, tuning),
    }
}

/// Mean over some gaps of how far the second bone moved along them.
///
/// Its error is that of both poses and that of which places count: the more the motion differs between them the more.
fn mean_change(gaps: &[&Gap], a: &BonePose, b: &BonePose, tuning: &SpaceTuning) -> Estimate {
    let back = a.transform.inverse();
    let (mut sum, mut squares, mut weight) = (0.0, 0.0, 0.0);
    let (mut by_a, mut by_b) = (Vector6::zeros(), Vector6::zeros());
    for gap in gaps {
        let [from, to] = gap.ends;
        let Some(n) = (to - from).try_normalize(1e-9) else {
            continue;
        };
        let moved = back.apply(b.transform.apply(to));
        let along = (moved - to).dot(&n);
        sum += gap.area * along;
        squares += gap.area * along * along;
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
    let value = sum / weight;
    let spread = (squares / weight - value * value).max(0.0);
    let places = (tuning.place_share * value).powi(2) + tuning.place_spread.powi(2) * spread;
    Estimate {
        value,
        se: (variance(a, by_a) + variance(b, by_b) + places).sqrt(),
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
