//! Grids: from voxel indices to LPS millimetres and back.

use crate::limits::MAX_VOXELS;
use crate::{Error, PointMm, Region, VectorMm};
use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};

/// A regular grid in world millimetres (LPS): size, spacing, origin and direction.
///
/// `direction` is row-major; its *columns* are the unit vectors of the x, y and z axes, as in ITK.
/// A left-handed direction (determinant -1) is legal: mirrored files exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    size: [usize; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
    direction: [[f64; 3]; 3],
}

impl Geometry {
    /// A checked grid.
    ///
    /// # Errors
    /// Zero or absurd sizes, spacings that are not positive and finite, an origin that is not finite,
    /// a direction whose columns are not orthonormal to 1e-3 (they are re-orthonormalised below that).
    pub fn new(
        size: [usize; 3],
        spacing: [f64; 3],
        origin: [f64; 3],
        direction: [[f64; 3]; 3],
    ) -> Result<Self, Error> {
        let voxels = size
            .iter()
            .try_fold(1usize, |product, &n| product.checked_mul(n));
        if size.contains(&0) || voxels.is_none_or(|n| n > MAX_VOXELS) {
            return Err(Error::Size { size });
        }
        if spacing.iter().any(|s| !(1e-6..=1e3).contains(s)) {
            return Err(Error::Spacing { spacing });
        }
        if origin.iter().any(|o| !o.is_finite() || o.abs() > 1e7) {
            return Err(Error::Origin { origin });
        }
        let direction = orthonormal(direction)?;
        Ok(Self {
            size,
            spacing,
            origin,
            direction,
        })
    }

    /// An axis-aligned grid with its first voxel centre at the origin.
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn aligned(size: [usize; 3], spacing: [f64; 3]) -> Result<Self, Error> {
        Self::new(size, spacing, [0.0; 3], IDENTITY)
    }

    /// Voxels along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Millimetres between voxel centres along x, y, z.
    #[must_use]
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// World position of the centre of voxel (0, 0, 0).
    #[must_use]
    pub fn origin(&self) -> [f64; 3] {
        self.origin
    }

    /// Row-major matrix whose columns are the axes.
    #[must_use]
    pub fn direction(&self) -> [[f64; 3]; 3] {
        self.direction
    }

    /// Number of voxels.
    #[must_use]
    pub fn voxels(&self) -> usize {
        self.size[0] * self.size[1] * self.size[2]
    }

    /// Volume of one voxel in mm³.
    #[must_use]
    pub fn voxel_mm3(&self) -> f64 {
        self.spacing[0] * self.spacing[1] * self.spacing[2]
    }

    /// Smallest spacing in mm.
    #[must_use]
    pub fn min_spacing(&self) -> f64 {
        self.spacing.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Largest spacing in mm.
    #[must_use]
    pub fn max_spacing(&self) -> f64 {
        self.spacing.iter().copied().fold(0.0, f64::max)
    }

    /// Position in memory of voxel (x, y, z).
    #[inline]
    #[must_use]
    pub fn offset(&self, x: usize, y: usize, z: usize) -> usize {
        x + self.size[0] * (y + self.size[1] * z)
    }

    /// Voxel at a position in memory.
    #[inline]
    #[must_use]
    pub fn voxel(&self, offset: usize) -> [usize; 3] {
        let [nx, ny, _] = self.size;
        [offset % nx, (offset / nx) % ny, offset / (nx * ny)]
    }

    /// The matrix that takes a (fractional) index to a displacement in mm.
    #[must_use]
    pub fn index_to_mm(&self) -> Matrix3<f64> {
        let d = &self.direction;
        Matrix3::from_fn(|row, column| d[row][column] * self.spacing[column])
    }

    /// World position of a (fractional) index.
    #[must_use]
    pub fn world(&self, index: [f64; 3]) -> PointMm {
        PointMm::from(self.origin) + self.index_to_mm() * VectorMm::from(index)
    }

    /// Fractional index of a world position; may lie outside the grid.
    #[must_use]
    pub fn index(&self, world: PointMm) -> [f64; 3] {
        let offset = world - PointMm::from(self.origin);
        let d = &self.direction;
        std::array::from_fn(|axis| {
            (0..3).map(|row| d[row][axis] * offset[row]).sum::<f64>() / self.spacing[axis]
        })
    }

    /// World position of the middle of the grid.
    #[must_use]
    pub fn centre(&self) -> PointMm {
        self.world(std::array::from_fn(|axis| {
            (self.size[axis] as f64 - 1.0) / 2.0
        }))
    }

    /// The grid of a region of this one; world positions are kept.
    ///
    /// # Errors
    /// The region is empty or reaches outside.
    pub fn crop(&self, region: Region) -> Result<Self, Error> {
        let inside = (0..3).all(|a| {
            region.size[a] > 0
                && region.start[a]
                    .checked_add(region.size[a])
                    .is_some_and(|end| end <= self.size[a])
        });
        if !inside {
            return Err(Error::Region {
                start: region.start,
                size: region.size,
                grid: self.size,
            });
        }
        let origin = self.world(region.start.map(|s| s as f64));
        Ok(Self {
            size: region.size,
            origin: origin.coords.into(),
            ..self.clone()
        })
    }

    /// The same field of view on voxels of another spacing (size rounded up).
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn with_spacing(&self, spacing: [f64; 3]) -> Result<Self, Error> {
        let size = std::array::from_fn(|a| {
            ((self.size[a] as f64 * self.spacing[a] / spacing[a]) - 1e-6)
                .ceil()
                .max(1.0) as usize
        });
        // Keep the outer edge of the first voxel where it was.
        let shift: [f64; 3] = std::array::from_fn(|a| (spacing[a] / self.spacing[a] - 1.0) / 2.0);
        Self::new(
            size,
            spacing,
            self.world(shift).coords.into(),
            self.direction,
        )
    }

    /// Same size, and the same world positions to a thousandth of a voxel.
    #[must_use]
    pub fn same_grid(&self, other: &Self) -> bool {
        let tolerance = self.min_spacing() * 1e-3;
        let last = |g: &Self| g.world(self.size.map(|n| n as f64 - 1.0));
        self.size == other.size
            && (self.world([0.0; 3]) - other.world([0.0; 3])).norm() < tolerance
            && (last(self) - last(other)).norm() < tolerance
            && self
                .spacing
                .iter()
                .zip(other.spacing)
                .all(|(a, b)| (a - b).abs() < a * 1e-4)
    }

    /// An error naming both grids unless they are the same.
    ///
    /// # Errors
    /// [`Error::GridMismatch`].
    pub fn require_same(&self, other: &Self) -> Result<(), Error> {
        if self.same_grid(other) {
            return Ok(());
        }
        Err(Error::GridMismatch {
            left: self.to_string(),
            right: other.to_string(),
        })
    }
}

impl std::fmt::Display for Geometry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [x, y, z] = self.size;
        let [sx, sy, sz] = self.spacing;
        write!(
            f,
            "{x} x {y} x {z} voxels of {sx:.4} x {sy:.4} x {sz:.4} mm"
        )
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Checks direction cosines and removes the rounding that headers carry (Gram-Schmidt).
fn orthonormal(direction: [[f64; 3]; 3]) -> Result<[[f64; 3]; 3], Error> {
    let matrix = Matrix3::from_fn(|r, c| direction[r][c]);
    // A maximum passes over NaN; the sum does not.
    let gram = matrix.transpose() * matrix - Matrix3::identity();
    let residual = gram.iter().map(|v| v.abs()).sum::<f64>();
    if !(residual < 1e-3) {
        return Err(Error::Direction { direction });
    }
    if residual < 1e-12 {
        return Ok(direction);
    }
    let x = matrix.column(0).normalize();
    let y = (matrix.column(1) - x * x.dot(&matrix.column(1))).normalize();
    let cross = x.cross(&y);
    let z = cross * cross.dot(&matrix.column(2)).signum();
    Ok(std::array::from_fn(|r| [x[r], y[r], z[r]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_world_are_inverse_on_an_oblique_grid() {
        let (s, c) = 0.4f64.sin_cos();
        let grid = Geometry::new(
            [5, 6, 7],
            [0.3, 0.5, 1.1],
            [10.0, -4.0, 2.5],
            [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]],
        )
        .unwrap();
        let index = [1.25, 3.5, -2.0];
        let back = grid.index(grid.world(index));
        assert!((0..3).all(|a| (back[a] - index[a]).abs() < 1e-12));
    }

    #[test]
    fn rejects_what_is_not_a_grid() {
        let ok = |size, spacing, direction| Geometry::new(size, spacing, [0.0; 3], direction);
        assert!(matches!(
            ok([0, 1, 1], [1.0; 3], IDENTITY),
            Err(Error::Size { .. })
        ));
        assert!(matches!(
            ok([usize::MAX, 2, 2], [1.0; 3], IDENTITY),
            Err(Error::Size { .. })
        ));
        assert!(matches!(
            ok([1; 3], [0.0, 1.0, 1.0], IDENTITY),
            Err(Error::Spacing { .. })
        ));
        assert!(matches!(
            ok([1; 3], [f64::NAN, 1.0, 1.0], IDENTITY),
            Err(Error::Spacing { .. })
        ));
        assert!(matches!(
            ok([1; 3], [1.0; 3], [[0.0; 3]; 3]),
            Err(Error::Direction { .. })
        ));
        assert!(matches!(
            ok([1; 3], [1.0; 3], [[f64::NAN; 3]; 3]),
            Err(Error::Direction { .. })
        ));
    }

    #[test]
    fn one_nan_among_the_cosines_is_refused() {
        let mut one_nan = IDENTITY;
        one_nan[1][1] = f64::NAN;
        assert!(matches!(
            Geometry::new([1; 3], [1.0; 3], [0.0; 3], one_nan),
            Err(Error::Direction { .. })
        ));
    }

    #[test]
    fn coarser_grid_covers_the_same_field() {
        let fine = Geometry::aligned([10, 10, 10], [1.0; 3]).unwrap();
        let coarse = fine.with_spacing([2.0; 3]).unwrap();
        assert_eq!(coarse.size(), [5, 5, 5]);
        assert_eq!(coarse.origin(), [0.5, 0.5, 0.5]);
    }
}
