//! Width and depth of a break as SPECTRA measures them: in slices, not in space.

use crate::cavity::VisitCavity;
use crate::lesion::MeasuredLesion;
use crate::tuning::SpectraTuning;
use howship_image::{PointMm, VectorMm};

/// Width of the mouth where it is widest, and depth in the slices that are nearly as wide.
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
pub(crate) fn spectra(
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
) -> Option<Slice> {
    let tuning = &lesion.tuning.spectra;
    let mouth = lesion.surface.mouth_points(visit);
    let n = lesion.surface.normal();
    let rim = 2.0 * lesion.surface.rim_offset(visit);
    let half = tuning.half_pixels * lesion.surface.pixel_mm();
    let mut slices: Vec<Slice> = Vec::new();
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
            let widest = slices.iter().map(|s| s.width).fold(0.0, f64::max);
            if width < tuning.widest * widest {
                continue;
            }
            let slice = Cut {
                plane,
                offset,
                near_mm: tuning.near_mm,
            };
            let (depth, floor) = depth_in_plane(cavity, &slice, (a, b), n);
            slices.push(Slice {
                width,
                depth,
                floor,
            });
        }
    }
    near_widest(slices, tuning)
}

/// The widest slice's width, and the mean depth of all that are nearly as wide.
fn near_widest(slices: Vec<Slice>, tuning: &SpectraTuning) -> Option<Slice> {
    let widest = slices.iter().map(|s| s.width).fold(0.0, f64::max);
    let near: Vec<&Slice> = slices
        .iter()
        .filter(|s| s.width >= tuning.widest * widest)
        .collect();
    let depth = near.iter().map(|s| s.depth).sum::<f64>() / near.len().max(1) as f64;
    let typical = near
        .iter()
        .min_by(|a, b| (a.depth - depth).abs().total_cmp(&(b.depth - depth).abs()))?;
    Some(Slice {
        width: widest,
        depth,
        floor: typical.floor,
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, measured, options};

    #[test]
    fn slices_are_axial_and_across_or_hold_the_axis() {
        let tuning = options().tuning.spectra;
        let [a, b] = families(VectorMm::new(1.0, 0.0, 0.2).normalize(), &tuning);
        assert!((a - VectorMm::z()).norm() < 1e-12 && b.z.abs() < 1e-12 && b.y.abs() > 0.99);
        for normal in [VectorMm::z(), VectorMm::new(0.3, 0.4, 0.85).normalize()] {
            let [a, b] = families(normal, &tuning);
            assert!(a.z.abs() < 1e-12 && b.z.abs() < 1e-12 && a.dot(&b).abs() < 1e-12);
        }
    }

    #[test]
    fn the_two_furthest_points_of_a_row() {
        let points: Vec<PointMm> = [0.1, 0.4, -0.7, 0.2, 0.9]
            .map(|x| PointMm::new(x, 0.0, 0.0))
            .into();
        let (a, b) = furthest(&points).unwrap();
        assert!(((a - b).norm() - 1.6).abs() < 1e-12);
        assert!(furthest(&[]).is_none());
    }

    #[test]
    fn a_slice_beside_the_middle_is_as_deep_as_the_ball_is_there() {
        let scene = Ball::solid().with_cavity(VectorMm::y(), 0.2, 0.9);
        let tuning = options().tuning.spectra;
        let lesion = measured(&[&scene], &options());
        let (centre, r) = scene.holes[0];
        let off = 0.6 * r;
        let cut = Cut {
            plane: VectorMm::z(),
            offset: centre.z + off,
            near_mm: tuning.near_mm,
        };
        let rim = PointMm::new(-0.5, 3.5, centre.z + off);
        let chord = (rim, PointMm::new(0.5, 3.5, centre.z + off));
        let cavity = lesion.cavity(0).unwrap();
        let (depth, _) = depth_in_plane(cavity, &cut, chord, VectorMm::y());
        let truth = 3.5 - (centre.y - (r * r - off * off).sqrt());
        // What lies near the slice on the middle's side is deeper: the ball 0.12 mm nearer to its middle by 0.076 mm, of
        // which rays 0.1 mm apart reach two thirds at least; the wall itself is known to 0.015 mm.
        assert!(
            depth > truth + 0.035 && depth < truth + 0.091,
            "{depth} for {truth}"
        );
    }

    #[test]
    fn a_long_mouth_is_as_wide_as_it_is_long_in_whichever_slice() {
        // Three balls in a row, 0.4 mm apart, along each axis of the scanner.
        for along in [VectorMm::x(), VectorMm::z()] {
            let mut scene = Ball::solid();
            for shift in [0.0, -0.115, 0.115] {
                scene = scene.with_cavity(VectorMm::y() + along * shift, 0.2, 0.6);
            }
            let lesion = measured(&[&scene], &options());
            let slice = spectra(&lesion, 0, lesion.cavity(0).unwrap()).unwrap();
            let one = scene.mouth_mm();
            let truth = 2.0 * (one + 3.3 * 0.115f64.atan());
            assert!(
                (slice.width - truth).abs() < 0.2,
                "{} for {truth}",
                slice.width
            );
        }
    }
}
