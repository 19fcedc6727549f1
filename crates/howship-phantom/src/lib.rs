//! Known truth: joints with erosions rendered through a scanner, lesions inserted into real scans, readers' scores.
//!
//! [`render_visit`] and [`truth()`] make a whole finger joint from a [`JointSpec`]; [`insert()`] puts lesions, motions and
//! fresh noise into a real scan from an [`InsertSpec`]. Both are plain serde structs (TOML), seeded, and give the same
//! bytes for any number of threads.
//!
//! [`readers::ReadersSpec::generate`] makes a table of readers' scores from what truly happened in every joint, how
//! well each reader sees it, artefacts that all readers of a film share, and gaps; `implied` gives prevalence, SDC and
//! ICC of change in closed form where there is one. [`readers::GaussianSpec`] makes normal totals whose every ICC and
//! SDC is known.
//!
//! [`film::JointFilm`] renders one joint and [`film::HandFilmSpec`] a whole hand over visits as radiographs: bones from
//! formulas, rays, spectrum and attenuation tables (`tables/film_spectrum.py` made them), scatter, blur, noise,
//! processing, with lesions, joint-space changes, poses and exposures that are known. [`film::ProjectionSpec`] projects
//! a CT or HR-pQCT volume; [`film::teaching_film`] draws films at random that teach where joints are.

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
