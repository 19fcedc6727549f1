//! Width and depth of a break as SPECTRA measures them: in slices, not in space.

use crate::cavity::Sphere;
use crate::lesion::{MeasuredLesion, VisitCavity};
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

/// Cosine to the axis above which a mouth faces along it: axial slices cut such a mouth open all round.
const ALONG_AXIS: f64 = 0.7;

/// Normals of the two families of slices in which a break is looked at.
///
/// Axial slices, and those perpendicular to them that contain the mouth's normal; for a mouth that faces along the
/// axis, two perpendicular families that contain the axis.
fn families(normal: VectorMm) -> [VectorMm; 2] {
    let axial = VectorMm::z();
    let across = normal.cross(&axial);
    let across = if across.norm() > 0.2 {
        across.normalize()
    } else {
        VectorMm::x()
    };
    if normal.dot(&axial).abs() > ALONG_AXIS {
        [axial.cross(&across), across]
    } else {
        [axial, across]
    }
}

/// SPECTRA (Barnabe, 2016): width of the break and its depth in axial slices and in slices perpendicular to them.
pub(crate) fn spectra(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
) -> Option<Slice> {
    let mouth = lesion.surface.mouth_points(visit);
    let n = lesion.surface.normal();
    let rim = 2.0 * lesion.surface.rim_offset(visit);
    let half = 0.75 * lesion.surface.pixel_mm();
    let mut best: Option<Slice> = None;
    for plane in families(n) {
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
            let (depth, floor) = depth_in_plane(sphere, cavity, plane, offset, a, b, n);
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

/// Largest distance from the mouth's chord to the wall within a plane.
fn depth_in_plane(
    sphere: &Sphere,
    cavity: &VisitCavity,
    plane: VectorMm,
    offset: f64,
    a: PointMm,
    b: PointMm,
    outward: VectorMm,
) -> (f64, usize) {
    let chord = b - a;
    let inward = -(outward - plane * outward.dot(&plane));
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
    for (i, direction) in sphere.directions.iter().enumerate() {
        let wall = cavity.centre + direction * cavity.volume.boundary[i];
        if (wall.coords.dot(&plane) - offset).abs() > 0.12 {
            continue;
        }
        let depth = (wall - a).dot(&inward);
        if depth > best.0 {
            best = (depth, i);
        }
    }
    best
}
