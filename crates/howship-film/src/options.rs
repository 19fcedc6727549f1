use crate::erosion::ErosionOptions;
use crate::frame::FrameOptions;
use crate::joint_space::JointSpaceOptions;
use crate::outline::OutlineOptions;
use crate::position::PositionOptions;
use crate::precision::Precision;
use howship_change::VerdictOptions;
use howship_register::planar::PlanarOptions;
use serde::{Deserialize, Serialize};

/// Every setting of the measuring of films, a struct per stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FilmOptions {
    /// How a joint is cut out of its film.
    pub frame: FrameOptions,
    /// How outlines are found.
    pub outline: OutlineOptions,
    /// How one bone is registered between two films.
    pub registration: PlanarOptions,
    /// Where the joint space is measured.
    pub joint_space: JointSpaceOptions,
    /// How erosions are found, carried and measured.
    pub erosion: ErosionOptions,
    /// What tells that a bone lay otherwise.
    pub position: PositionOptions,
    /// What repeated films of an unchanged joint differ by.
    pub precision: Precision,
    /// How verdicts are reached. Its δ, where given, is of the area of erosions.
    pub verdict: VerdictOptions,
}
