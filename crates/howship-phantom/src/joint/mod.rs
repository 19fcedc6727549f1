//! The analytic finger joint.

mod anatomy;
mod lesion;
mod preset;
mod probe;
mod render;
mod scene;
pub(crate) mod shape;
mod spec;
mod texture;
mod truth;

pub use probe::Probe;
pub use render::{RenderedVisit, render_visit};
pub use spec::{
    AnatomySpec, BoneName, ChannelSpec, CystSpec, ErosionSpec, JointSpec, OsteophyteSpec,
    PlaceSpec, ThinningSpec, TissueSpec, VisitSpec,
};
pub use truth::truth;

pub(crate) use anatomy::{level_of, share_within};
pub(crate) use render::image_grid;
