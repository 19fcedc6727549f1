//! Films with known truth: bones from formulas, an X-ray beam, a detector.
//!
//! A joint ([`JointFilm`]) is for measuring: rays at most 0.05 mm apart through bones whose surfaces are followed
//! to 0.01 mm.

mod anatomy;
mod blur;
mod bone;
mod camera;
mod detector;
mod joint;
mod lesion;
mod ray;
mod scene;
mod solid;
mod spectrum;
mod spectrum_table;
mod texture;
mod truth;

pub use anatomy::{BoneMakeup, Segment};
pub use camera::FilmGeometry;
pub use detector::{DetectorSpec, ProcessingSpec, Tone};
pub use joint::{JointFilm, JointFilmSpec, JointFilmVisit};
pub use lesion::{FilmLesionSpec, FilmLesionTruth};
pub use scene::Film2d;
pub use truth::{FilmBoneTruth, JointFilmTruth};
