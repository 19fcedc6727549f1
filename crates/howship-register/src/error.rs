//! Why a registration could not even be attempted.

/// Why a registration could not even be attempted. A registration that was attempted and is not good
/// enough is no error: its [`crate::Gate`] fails and says why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The mask has no voxel inside.
    #[error("the {which} mask is empty")]
    EmptyMask {
        /// `fixed` or `moving`.
        which: &'static str,
    },
    /// A volume is too thin to have a gradient along one axis.
    #[error(
        "the {which} volume has {size:?} voxels where registration in space needs at least {least} along each axis"
    )]
    Thin {
        /// `fixed` or `moving`.
        which: &'static str,
        /// Voxels along x, y, z.
        size: [usize; 3],
        /// The least that works.
        least: usize,
    },
    /// No voxel of the mask holds a finite value.
    #[error("the {which} volume holds no finite value where it is needed")]
    NotFinite {
        /// `fixed` or `moving`.
        which: &'static str,
    },
    /// A film's grid that is too small or whose number of values does not fit.
    #[error("{values} values are no film of {size:?} pixels with at least {least} along each side")]
    Plane {
        /// Pixels along x and y.
        size: [usize; 2],
        /// Values given.
        values: usize,
        /// Fewest pixels along a side.
        least: usize,
    },
    /// A film that holds one value only.
    #[error("the film is blank: it holds one value throughout")]
    Blank,
    /// A mask is of another size than its film.
    #[error("a mask of {values} pixels is not of the film's size {size:?}")]
    MaskSize {
        /// Pixels of the film along x and y.
        size: [usize; 2],
        /// Pixels of the mask.
        values: usize,
    },
    /// A bone of too few pixels.
    #[error(
        "the bone shows {pixels} pixels clear of the other bone and of the border where {least} are needed"
    )]
    FewPixels {
        /// Pixels left.
        pixels: usize,
        /// Fewest that work.
        least: usize,
    },
    /// A joint or an axis that is no place or no direction.
    #[error("the joint's centre or axis is not finite or has no length")]
    Axis,
    /// An option is outside its range.
    #[error("option {name} = {value} is not usable: {need}")]
    Option {
        /// The field of `RigidOptions`.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is accepted.
        need: &'static str,
    },
    /// The initial transform holds a number that is not finite.
    #[error("the initial transform is not finite")]
    Initial,
    /// A mask is not on the grid of its volume, or a grid could not be made.
    #[error("{0}")]
    Grid(#[from] howship_image::Error),
}

impl Error {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::EmptyMask { .. } => Some("segment the bone first or register without a mask"),
            Self::NotFinite { .. } => Some("check how the file was read"),
            Self::Blank => Some("check how it was read and where the joint lies"),
            Self::Initial => Some("start from the identity"),
            _ => None,
        }
    }
}
