//! What can be wrong with a grid, a volume or a film.

use crate::density_unit::DensityUnit;

/// What can be wrong with a grid or a volume.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A size is zero, or the voxel count is beyond what this program holds in memory.
    #[error("size {size:?} is not usable: each axis needs at least 1 voxel and the whole at most {max} voxels; crop the volume", max = crate::limits::MAX_VOXELS)]
    Size {
        /// Voxels along x, y, z.
        size: [usize; 3],
    },
    /// A spacing is not a positive, finite, plausible length.
    #[error(
        "spacing {spacing:?} mm is not usable: each must be finite and between 1e-6 and 1e3 mm; correct the header or state the spacing"
    )]
    Spacing {
        /// Millimetres along x, y, z.
        spacing: [f64; 3],
    },
    /// An origin is not finite.
    #[error("origin {origin:?} mm is not finite; correct the header")]
    Origin {
        /// World millimetres.
        origin: [f64; 3],
    },
    /// The direction cosines are not orthonormal.
    #[error(
        "direction {direction:?} is not orthonormal (zero, NaN, sheared or scaled axes); correct the header"
    )]
    Direction {
        /// Rows of the matrix whose columns are the axes.
        direction: [[f64; 3]; 3],
    },
    /// Data and grid disagree.
    #[error("{found} values for a grid of {expected} voxels")]
    Length {
        /// Voxels of the grid.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// Two volumes that must share a grid do not.
    #[error("the grids differ: {left} against {right}; resample one to the other first")]
    GridMismatch {
        /// One grid, in words.
        left: String,
        /// The other.
        right: String,
    },
    /// A region that reaches outside the grid.
    #[error("region at {start:?} of size {size:?} reaches outside the grid {grid:?}")]
    Region {
        /// First voxel.
        start: [usize; 3],
        /// Voxels along each axis.
        size: [usize; 3],
        /// The grid.
        grid: [usize; 3],
    },
    /// A unit was asked for that no calibration leads to.
    #[error(
        "values in {from} cannot be expressed in {to}: the file carries no calibration that says how; give thresholds in {from} or supply a calibrated file"
    )]
    NoCalibration {
        /// The unit the values are in.
        from: DensityUnit,
        /// The unit asked for.
        to: DensityUnit,
    },
    /// A calibration whose numbers make no sense.
    #[error("calibration {what} = {value} is not usable: it must be finite and not zero")]
    Calibration {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A scan that was put into a temporary file cannot be read back.
    #[error(
        "a scan kept in a temporary file cannot be read back: {reason}; let the temporary folder (TMPDIR) lie on another disk"
    )]
    Stored {
        /// What the system says.
        reason: String,
    },
    /// A film without pixels, or with more than this program holds.
    #[error("a film of {width} x {height} pixels is not usable: it needs 1 to {max} pixels; crop the film", max = crate::limits::MAX_FILM_PIXELS)]
    FilmSize {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A pixel that is not finite.
    #[error("pixel ({x}, {y}) is {value}, not finite; export the film again")]
    FilmValue {
        /// Column.
        x: usize,
        /// Row.
        y: usize,
        /// The value.
        value: f32,
    },
    /// A pixel length that no radiograph has.
    #[error(
        "{mm_per_pixel:?} mm per pixel is not usable: each must be between 0.001 and 5 mm; correct the header or state the spacing"
    )]
    FilmScale {
        /// Along x, y.
        mm_per_pixel: [f64; 2],
    },
    /// A film that is nothing but padding.
    #[error("every pixel of the film is padding; export it again")]
    FilmPadding,
}
