/// Why a registration could not even be attempted. A registration that was attempted and is not good
/// enough is no error: its [`crate::Gate`] fails and says why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The mask has no voxel inside.
    #[error("the {which} mask is empty; segment the bone first or register without a mask")]
    EmptyMask {
        /// `fixed` or `moving`.
        which: &'static str,
    },
    /// A volume is too thin to have a gradient along one axis.
    #[error(
        "the {which} volume has {size:?} voxels; registration in space needs at least {least} along each axis"
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
    #[error(
        "the {which} volume holds no finite value where it is needed; check how the file was read"
    )]
    NotFinite {
        /// `fixed` or `moving`.
        which: &'static str,
    },
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
    #[error("the initial transform is not finite; start from the identity")]
    Initial,
    /// A mask is not on the grid of its volume, or a grid could not be made.
    #[error("{0}")]
    Grid(#[from] howship_image::Error),
}
