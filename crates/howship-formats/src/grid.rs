//! One door for all grids: axes in millimetres in, a checked geometry out.

use crate::error::{Fault, Parsed, Problem};
use howship_image::Geometry;

/// Axes whose angles differ from a right one by more than this cosine are sheared (0.06 degrees:
/// what single-precision headers round is a thousand times less).
const SHEAR: f64 = 1e-3;
/// Below and above, a voxel is no voxel of a joint: a unit was mistaken.
const SMALLEST_MM: f64 = 1e-3;
const LARGEST_MM: f64 = 20.0;
/// Two statements of a length agree within this share.
pub(crate) const AGREE: f64 = 0.01;

/// What a header says of its grid.
pub(crate) struct Axes {
    pub(crate) size: [usize; 3],
    /// The step from voxel to voxel along x, y and z, LPS mm.
    pub(crate) steps: [[f64; 3]; 3],
    /// The first voxel's centre, LPS mm.
    pub(crate) origin: [f64; 3],
}

/// Lengths of the steps.
pub(crate) fn lengths(steps: &[[f64; 3]; 3]) -> [f64; 3] {
    steps.map(|s| s.iter().map(|v| v * v).sum::<f64>().sqrt())
}

impl Axes {
    /// Aligned with LPS; a negative spacing turns its axis round.
    pub(crate) fn aligned(size: [usize; 3], spacing: [f64; 3], origin: [f64; 3]) -> Self {
        let steps =
            std::array::from_fn(|a| std::array::from_fn(|r| if r == a { spacing[a] } else { 0.0 }));
        Self {
            size,
            steps,
            origin,
        }
    }

    /// The geometry; `stated` is the spacing that the caller vouches for.
    pub(crate) fn geometry(&self, stated: Option<[f64; 3]>) -> Parsed<Geometry> {
        let mm = lengths(&self.steps);
        if mm.iter().any(|n| !n.is_finite() || *n <= 0.0) {
            return Err(Fault::new(
                Problem::Geometry,
                format!(
                    "the axes {:?} make no grid: one is zero or not finite",
                    self.steps
                ),
                "export the volume again with a sound header",
            ));
        }
        let unit: [[f64; 3]; 3] = std::array::from_fn(|a| self.steps[a].map(|v| v / mm[a] + 0.0));
        sheared(&unit)?;
        plausible(mm, stated)?;
        let direction = std::array::from_fn(|r| std::array::from_fn(|c| unit[c][r]));
        Geometry::new(self.size, mm, self.origin.map(|o| o + 0.0), direction)
            .map_err(|e| Fault::geometry(&e))
    }
}

/// What is said of axes whose stated spacing is negative.
pub(crate) fn turned_axes(spacing: &[f64]) -> Vec<String> {
    let negative = |(_, s): &(usize, &f64)| **s < 0.0;
    let all = spacing.iter().enumerate().take(3).filter(negative);
    all.map(|(axis, s)| {
        format!("the spacing {s} of axis {axis} is negative: the axis runs the other way")
    })
    .collect()
}

/// Refuses a parallelepiped, with its angle.
pub(crate) fn sheared(unit: &[[f64; 3]; 3]) -> Parsed<()> {
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let cosine: f64 = (0..3).map(|r| unit[a][r] * unit[b][r]).sum();
        if cosine.abs() > SHEAR {
            let angle = cosine.clamp(-1.0, 1.0).acos().to_degrees();
            let names = ["x", "y", "z"];
            return Err(Fault::new(
                Problem::Tilted,
                format!(
                    "the grid is sheared by {:.2} degrees (gantry tilt): its {} and {} axes meet at {angle:.2} degrees",
                    (90.0 - angle).abs(),
                    names[a],
                    names[b]
                ),
                "resample the volume onto orthogonal axes (most viewers and converters can)",
            ));
        }
    }
    Ok(())
}

/// Asks about voxels that no scanner of a joint makes.
pub(crate) fn plausible(mm: [f64; 3], stated: Option<[f64; 3]>) -> Parsed<()> {
    if mm.iter().all(|s| (SMALLEST_MM..=LARGEST_MM).contains(s))
        || stated.is_some_and(|s| agree(s, mm))
    {
        return Ok(());
    }
    Err(Fault::new(
        Problem::SpacingUnknown,
        format!(
            "voxels of {} mm are beyond {SMALLEST_MM} to {LARGEST_MM} mm",
            shown(mm)
        ),
        "correct the unit of length in the header, or state the spacing if it is right (`--spacing x,y,z`)",
    ))
}

/// Whether two statements of a spacing are the same.
pub(crate) fn agree(a: [f64; 3], b: [f64; 3]) -> bool {
    (0..3).all(|i| (a[i] - b[i]).abs() <= AGREE * a[i].abs().max(b[i].abs()))
}

/// A spacing in words.
pub(crate) fn shown(mm: [f64; 3]) -> String {
    let [x, y, z] = mm.map(|v| {
        let text = format!("{v:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if v != 0.0 && text == "0" {
            format!("{v:e}")
        } else {
            text.to_owned()
        }
    });
    format!("{x} x {y} x {z}")
}

/// Two sources of millimetres that disagree are settled by the caller or not at all.
pub(crate) fn settle_spacing(
    one: (&str, [f64; 3]),
    other: (&str, [f64; 3]),
    stated: Option<[f64; 3]>,
) -> Parsed<[f64; 3]> {
    if agree(one.1, other.1) {
        return Ok(one.1);
    }
    if let Some(stated) = stated {
        for source in [one.1, other.1] {
            if agree(stated, source) {
                return Ok(source);
            }
        }
    }
    Err(Fault::new(
        Problem::SpacingUnknown,
        format!(
            "{} says voxels of {} mm, {} says {} mm",
            one.0,
            shown(one.1),
            other.0,
            shown(other.1)
        ),
        "state which of the two is right (`--spacing x,y,z`)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shear_is_refused_with_its_angle() {
        let tilt = 10f64.to_radians();
        let axes = Axes {
            size: [4, 4, 4],
            steps: [
                [0.4, 0.0, 0.0],
                [0.0, 0.4, 0.0],
                [0.0, tilt.sin(), tilt.cos()],
            ],
            origin: [0.0; 3],
        };
        let fault = axes.geometry(None).unwrap_err();
        assert_eq!(fault.problem, Problem::Tilted);
        assert!(fault.reason.contains("10.00 degrees"), "{}", fault.reason);
    }

    #[test]
    fn a_negative_spacing_turns_its_axis() {
        let axes = Axes::aligned([4, 4, 4], [0.1, -0.2, 0.3], [0.0; 3]);
        let g = axes.geometry(None).unwrap();
        assert_eq!(g.spacing(), [0.1, 0.2, 0.3]);
        assert_eq!(g.direction()[1][1], -1.0);
    }

    #[test]
    fn what_is_no_voxel_of_a_joint_is_asked_about() {
        for spacing in [[60.7; 3], [0.06, 0.06, 6e-5], [6e-5; 3]] {
            let axes = Axes::aligned([4, 4, 4], spacing, [0.0; 3]);
            assert_eq!(
                axes.geometry(None).unwrap_err().problem,
                Problem::SpacingUnknown
            );
            assert!(axes.geometry(Some(spacing)).is_ok());
        }
    }

    #[test]
    fn sources_that_disagree_are_settled_by_the_caller() {
        let (one, other) = (("sform", [1.0; 3]), ("pixdim", [0.0607; 3]));
        assert!(settle_spacing(one, other, None).is_err());
        assert!(settle_spacing(one, other, Some([0.5; 3])).is_err());
        let settled = settle_spacing(one, other, Some([0.0607; 3])).unwrap();
        assert_eq!(settled, [0.0607; 3]);
    }
}
