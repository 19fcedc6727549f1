//! Known truth: joints with erosions rendered through a scanner, and lesions inserted into real scans.

mod error;
mod joint;
mod noise;
mod pose;
mod scanner;
mod shape;

pub use error::Error;
pub use joint::{
    AnatomySpec, BoneName, ChannelSpec, CystSpec, ErosionSpec, JointSpec, JointTruth, LesionTruth,
    OsteophyteSpec, PlaceSpec, RenderedVisit, ThinningSpec, TissueSpec, VisitSpec, render_visit,
    true_verdict, truth,
};
pub use pose::PoseSpec;
pub use scanner::{MotionSpec, NoiseSpec, ScannerSpec, XTREME_CT2_CALIBRATION};
