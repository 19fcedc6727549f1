//! Width and depth of a break as SPECTRA measures them: in slices, not in space.

use crate::cavity::VisitCavity;
use crate::lesion::MeasuredLesion;
use crate::tuning::SpectraTuning;
use howship_image::{PointMm, VectorMm};

/// Width and depth in the plane in which the mouth is widest.
pub(crate) struct Slice {
    /// mm.
    pub(crate) width: f64,
    /// mm.
    pub(crate) depth: f64,
    /// Direction of the floor's deepest point from the cavity's centre.
    pub(crate) floor: usize,
}

/// Normals of the two families of slices in which a break is looked at.
///
/// Axial slices, and those perpendicular to them that contain the mouth's normal; for a mouth that faces along the
/// axis, two perpendicular families that contain the axis.
fn families(normal: VectorMm, tuning: &SpectraTuning) -> [VectorMm; 2] {
    let axial = VectorMm::z();
    let across = normal.cross(&axial);
    let across = if across.norm() > tuning.across {
        across.normalize()
    } else {
        VectorMm::x()
    };
    if normal.dot(&axial).abs() > tuning.along_axis {
        [axial.cross(&across), across]
    } else {
        [axial, across]
    }
}

/// SPECTRA (Barnabe, 2016): width of the break and its depth in axial slices and in slices perpendicular to them.
pub(crate) fn spectra(lesion: &MeasuredLesion, visit: usize, cavity: &VisitCavity) -> Option<Slice> {
    let tuning = &lesion.tuning.spectra;
    let mouth = lesion.surface.mouth_points(visit);
    let n = lesion.surface.normal();
    let rim = 2.0 * lesion.surface.rim_offset(visit);
    let half = tuning.half_pixels * lesion.surface.pixel_mm();
    let mut best: Option<Slice> = None;
    for plane in families(n, tuning) {
        for middle in &mouth {
            let offset = middle.coords.dot(&plane);
            let row: Vec<PointMm> = mouth
                .iter()
                .filter(|p| (p.coords.dot(&plane) - offset).abs() < half)
                .copied()
                .collect();
            let Some((a, b)) = furthest(&row) else {
                continue;
            };
            let width = (a - b).norm() + lesion.surface.pixel_mm() + rim;
            if best.as_ref().is_some_and(|s| s.width >= width) {
                continue;
            }
            let slice = Cut {
                plane,
                offset,
                near_mm: tuning.near_mm,
            };
            let (depth, floor) = depth_in_plane(cavity, &slice, (a, b), n);
            best = Some(Slice {
                width,
                depth,
                floor,
            });
        }
    }
    best
}

/// The two points of a row that lie furthest apart.
fn furthest(points: &[PointMm]) -> Option<(PointMm, PointMm)> {
    let first = points.first()?;
    let far = |from: &PointMm| {
        points
            .iter()
            .copied()
            .max_by(|a, b| (a - from).norm().total_cmp(&(b - from).norm()))
    };
    let a = far(first)?;
    let b = far(&a)?;
    Some((a, b))
}

/// One slice: its normal, its place along it, and how far what belongs to it may lie off.
struct Cut {
    plane: VectorMm,
    offset: f64,
    near_mm: f64,
}

/// Largest distance from the mouth's chord to the wall within a slice.
fn depth_in_plane(
    cavity: &VisitCavity,
    cut: &Cut,
    (a, b): (PointMm, PointMm),
    outward: VectorMm,
) -> (f64, usize) {
    let chord = b - a;
    let inward = -(outward - cut.plane * outward.dot(&cut.plane));
    let inward = if chord.norm() > 1e-9 {
        let c = chord.normalize();
        inward - c * inward.dot(&c)
    } else {
        inward
    };
    if inward.norm() < 1e-9 {
        return (0.0, 0);
    }
    let inward = inward.normalize();
    let mut best = (0.0, 0);
    for (i, (direction, r)) in cavity.boundary().enumerate() {
        let wall = cavity.centre + direction * r;
        if (wall.coords.dot(&cut.plane) - cut.offset).abs() > cut.near_mm {
            continue;
        }
        let depth = (wall - a).dot(&inward);
        if depth > best.0 {
            best = (depth, i);
        }
    }
    best
}
