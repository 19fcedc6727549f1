//! Films: joints found, outlines, joint space, erosions and cortical continuity over visits, with their errors.
//!
//! [`compare_films`] takes films and landmarks, [`measure_joint`] one joint; both hand back
//! [`howship_change::FilmJoint`]s.
//!
//! # How a joint is measured
//! Each film's joint is cut out with the fingertip up ([`FrameOptions`]). Both bones are outlined by minimal paths and
//! registered between every two visits, each by itself. The *change* of the joint space is what one registered bone
//! moved against the other; no difference of two outlines enters. An erosion is a place where bone is lost under the
//! intact outline: the outline is unrolled on every film, the share of the bone's contrast that is lost is taken against
//! the outline beside the erosion, and its integral is the area. A change is that of one region on both films. Errors come from the registrations' covariance, from what healthy
//! stretches of the same bone did between the same films, and from repeated films ([`Precision`]).
//!
//! # Limits
//! A projection shows erosions in profile; against CT its sensitivity is about 25 % (BMC Musculoskelet Disord 2013).
//! Tilt is not seen, only signs of it; they widen errors and bar the verdict `healing`.
//!
//! # Coordinates, stated once for this crate
//! A point of a film is `(x, y)` in pixels: x to the right, y down, **the centre of the first pixel is `(0, 0)`**.
//! Values grow with attenuation: bone is bright.

mod compare;
mod erosion;
mod error;
mod exposure;
mod find;
mod frame;
mod joint_space;
mod landmarks;
mod lost;
mod measure;
mod options;
mod order;
mod outline;
mod position;
mod precision;
mod segments;
mod strip;
mod thumb_side;
mod visit;

pub use compare::{GivenAt, VisitFilm, compare_films, is_measured};
pub use erosion::{BoneErrors, ErosionOptions, ErrorOptions, GivenErosion};
pub use error::Error;
pub use exposure::ExposureOptions;
pub use find::{
    Evidence, FOOT_POINTS, FindOptions, FoundLimb, HAND_POINTS, SearchOptions, find_limbs,
    points_of,
};
pub use frame::{FRAME_PX, FrameOptions, JointPlace};
pub use joint_space::JointSpaceOptions;
pub use landmarks::{LANDMARKS_SCHEMA, Landmark, LandmarkSource, Landmarks};
pub use lost::LostOptions;
pub use measure::{JointName, JointView, measure_joint};
pub use options::FilmOptions;
pub use outline::OutlineOptions;
pub use position::PositionOptions;
pub use precision::{JointKind, OwnRepeats, Pooled, Precision, Repeat, Repeated};
pub use thumb_side::ThumbSide;
