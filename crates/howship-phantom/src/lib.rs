//! Known truth: joints with erosions rendered through a scanner, lesions inserted into real scans, readers' scores.

mod error;
pub mod film;
mod insert;
mod joint;
mod measure;
mod noise;
mod pose;
pub mod readers;
mod scanner;
mod shape;
mod truth;
mod verdicts;

pub use error::Error;
pub use insert::{
    BonePose, InsertSpec, InsertVisit, InsertedLesion, InsertedSeries, InsertedVisit, find_bones,
    insert,
};
pub use joint::{
    AnatomySpec, BoneName, ChannelSpec, CystSpec, ErosionSpec, JointSpec, OsteophyteSpec,
    PlaceSpec, Probe, RenderedVisit, ThinningSpec, TissueSpec, VisitSpec, render_visit, truth,
};
pub use pose::PoseSpec;
pub use scanner::{MotionSpec, NoiseSpec, ScannerSpec, XTREME_CT2_CALIBRATION};
pub use truth::{BoneTruth, LesionTruth, Truth, true_verdict};
pub use verdicts::write_truth;
