//! Films with known truth: bones from formulas, an X-ray beam, a detector.
//!
//! A joint ([`JointFilm`]) is for measuring: rays at most 0.05 mm apart through bones whose surfaces are followed
//! to 0.01 mm. A hand ([`HandFilmSpec`]) or foot ([`FootFilmSpec`])
//! is a patient's series of clinical films; [`teaching_film`] draws
//! films at random that teach where joints are.

mod anatomy;
mod blur;
mod bone;
mod camera;
mod carpus;
mod detector;
mod draw;
mod draw_foot;
mod foot;
mod foot_film;
mod hand;
mod hand_film;
mod joint;
mod lesion;
mod lesion_truth;
mod limb;
mod limb_film;
mod marker;
mod project;
mod project_truth;
mod random_foot;
mod random_joint;
mod ray;
mod scene;
mod solid;
mod spectrum;
mod spectrum_table;
mod teach;
mod texture;
mod truth;

pub use anatomy::{BoneMakeup, Segment};
pub use camera::FilmGeometry;
pub use detector::{DetectorSpec, ProcessingSpec, Tone};
pub use foot::{FootForm, FootPose};
pub use foot_film::{FootFilmSpec, FootFilmVisit};
pub use hand::{HandForm, HandPose};
pub use hand_film::{HandFilmSpec, HandFilmVisit};
pub use joint::{JointFilm, JointFilmSpec, JointFilmVisit};
pub use lesion::FilmLesionSpec;
pub use lesion_truth::FilmLesionTruth;
pub use limb::{FOOT_LANDMARKS, Joint, JointPose, LANDMARKS, LimbForm, LimbPose};
pub use limb_film::{LimbFilmSpec, LimbFilmVisit, LimbLesion, Narrowing};
pub use project::ProjectionSpec;
pub use project_truth::{ProjectedLesion, ProjectionTruth};
pub use random_foot::FootJoint;
pub use random_joint::{LesionCourse, RandomJoint};
pub use scene::Film2d;
pub use teach::{TeachingFilm, TeachingOptions, teaching_film};
pub use truth::{FilmBoneTruth, JointFilmTruth, JointSpaceTruth, LimbFilmTruth};
