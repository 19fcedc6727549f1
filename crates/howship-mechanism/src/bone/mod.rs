//! Bone at an erosion: what drives it, how the wall moves, how what is formed mineralises.

mod cartilage;
mod margin;
mod mineral;
mod parameters;
mod signal;
mod wall;

pub use cartilage::CartilageParameters;
pub use margin::{MarginBand, margin_density, mouth_closed};
pub use mineral::{MineralLaw, MineralTable};
pub use parameters::{LesionSize, SizeParameters, WallParameters};
pub use signal::SignalParameters;
pub use wall::{LesionCourse, LesionTraits, Wall, WallInput, half_ellipsoid};
