//! What is measured of a joint on films over visits: the JSON of a film result's joints.
//!
//! Lengths are in millimetres only where the film says how long a pixel is; else in pixels of the film, and the unit
//! says so. Points are pixels of the film they are said to be of: x to the right, y down, the centre of the first
//! pixel being (0, 0).

use crate::{Judged, Measurement, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is measured of an erosion on a film.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FilmQuantity {
    /// Integral over the film of the share of the bone's contrast that is lost: a place where all bone along the ray
    /// is gone counts whole, one where half of it is gone counts half.
    Area,
    /// Largest distance from the intact outline to where hardly anything is lost.
    Depth,
    /// Length of the intact outline over which half of the cortical line or more is lost.
    Mouth,
    /// Share of the cortical line's contrast that is there over the former mouth, 0 to 1.
    CorticalContinuity,
    /// Share of the contrast of bone in the former cavity that is there, 0 to 1, against the intact outline beside it.
    Filling,
}

impl FilmQuantity {
    /// Every quantity, in the order in which tables show them.
    pub const ALL: [Self; 5] = [
        Self::Area,
        Self::Depth,
        Self::Mouth,
        Self::CorticalContinuity,
        Self::Filling,
    ];

    /// The key under which tables and JSON carry it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Depth => "depth",
            Self::Mouth => "mouth",
            Self::CorticalContinuity => "cortical_continuity",
            Self::Filling => "filling",
        }
    }

    /// In words, for a report.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Area => "area in projection",
            Self::Depth => "depth",
            Self::Mouth => "length of the mouth",
            Self::CorticalContinuity => "cortical continuity",
            Self::Filling => "filling",
        }
    }
}

/// Which of a joint's two bones.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum JointBone {
    /// The one nearer to the trunk, as the metacarpal of an MCP joint.
    Proximal,
    /// The one farther from it.
    Distal,
}

impl JointBone {
    /// Both, the proximal one first.
    pub const BOTH: [Self; 2] = [Self::Proximal, Self::Distal];
}

/// A shift, rotation and scale between pixels of two films:
/// `x' = a x − b y + shift[0]`, `y' = b x + a y + shift[1]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmMap {
    /// Scale times cosine.
    pub a: f64,
    /// Scale times sine.
    pub b: f64,
    /// Pixels.
    pub shift: [f64; 2],
}

impl FilmMap {
    /// Where a point goes.
    #[must_use]
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            self.a * x - self.b * y + self.shift[0],
            self.b * x + self.a * y + self.shift[1],
        ]
    }
}

/// How one bone of one visit was brought onto the baseline film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmRegistration {
    /// The bone.
    pub bone: JointBone,
    /// Earlier visit.
    pub from: String,
    /// Later visit.
    pub to: String,
    /// Pixels of the earlier film to pixels of the later one.
    pub map: FilmMap,
    /// Rotation in degrees, and scale.
    pub rotation_deg: f64,
    /// 1 where both films have the same magnification.
    pub scale: f64,
    /// Standard error of the bone's place at the joint along the joint's axis, in the joint's unit.
    pub joint_se: f64,
    /// Covariance of (shift x, shift y, rotation rad, log scale) about `centre`, pixels of the joint's own frame.
    pub covariance: [[f64; 4]; 4],
    /// What the covariance is about, pixels of the joint's own frame.
    pub centre: [f64; 2],
    /// Correlation of the normalised films over the bone.
    pub correlation: f64,
    /// Distance between the joint carried forward and back, in the joint's unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub forward_backward: Option<f64>,
    /// Why it may not be used; absent where it may.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed: Option<String>,
}

/// How three visits' registrations fit together: the way from the first to the third, direct and over the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmClosure {
    /// The three visits.
    pub visits: [String; 3],
    /// Distance of both ways for the joint space, along the axis, in the joint's unit.
    pub gap: f64,
    /// Standard error that the registrations state for it.
    pub se: f64,
}

/// What tells that a bone lay otherwise than at baseline. None of it measures tilt; each rises with it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PositionFlags {
    /// Rotation of the distal against the proximal bone in the film's plane since baseline, degrees.
    pub relative_rotation_deg: f64,
    /// Relative change of the scale between the bones since baseline.
    pub relative_scale: f64,
    /// Change of the shaft's width over its length since baseline, beyond the scale, as a share.
    pub width_to_length: f64,
    /// Change of the head's left-right asymmetry since baseline, as a share of its width.
    pub condyle_asymmetry: f64,
    /// Misfit of the bones' interior since baseline: 1 minus the correlation after registration.
    pub misfit: f64,
    /// Tilt that all of it together suggests, degrees, and what the errors were widened for.
    pub tilt_deg: f64,
    /// Whether it is above what a verdict `healing` allows.
    pub raised: bool,
}

/// Width of the joint space along the joint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JointSpaceProfile {
    /// Place across the joint from the middle, in the joint's unit; positive to the right of the finger pointing up.
    pub across: Vec<f64>,
    /// Width there.
    pub width: Vec<f64>,
    /// The two ends of each width, pixels of this visit's film: proximal, distal.
    pub ends: Vec<[[f64; 2]; 2]>,
}

/// One joint on one visit's film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmJointVisit {
    /// Name of the visit.
    pub visit: String,
    /// Why nothing was measured here; absent where something was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
    /// Centre of the joint space, pixels of this film.
    pub centre: [f64; 2],
    /// Direction to the fingertip, degrees clockwise from up.
    pub axis_deg: f64,
    /// The joint's own frame (fingertip up, a square of `frame_size` pixels) to pixels of this film.
    pub frame: FilmMap,
    /// Pixels along a side of the frame.
    pub frame_size: usize,
    /// Outlines of the proximal and the distal bone, pixels of this film; empty where none was found.
    pub outlines: [Vec<[f64; 2]>; 2],
    /// Width of the joint space; absent where an edge was not found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<JointSpaceProfile>,
    /// Mean width of the joint space over the middle of the joint.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub joint_space: Option<Measurement>,
    /// Position against baseline; absent at baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flags: Option<PositionFlags>,
}

/// One erosion on one visit's film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmErosionVisit {
    /// Name of the visit.
    pub visit: String,
    /// Why it was not measured here; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
    /// The cavity's outline, pixels of this film.
    pub outline: Vec<[f64; 2]>,
    /// The former mouth on the intact outline, pixels of this film.
    pub mouth: Vec<[f64; 2]>,
    /// What was measured.
    pub measurements: BTreeMap<FilmQuantity, Measurement>,
    /// What a measure gave where that cannot be (an area below 0, a filling outside of 0 to 1): `measurements` holds the
    /// nearest value that can.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub unbounded: BTreeMap<FilmQuantity, f64>,
}

/// How an erosion came to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilmErosionSource {
    /// The reader gave it.
    Given,
    /// Found on one film.
    Found,
    /// Found in the difference of two visits: not there before.
    New,
}

/// A condition of the verdict `healing` on films, and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealingCondition {
    /// In words.
    pub condition: String,
    /// Whether it holds; absent where it could not be told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub holds: Option<bool>,
    /// The numbers.
    pub detail: String,
}

/// One erosion followed over the visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmErosion {
    /// Identity within the joint, from 1.
    pub id: u32,
    /// The bone it is in.
    pub bone: JointBone,
    /// How it came to be measured.
    pub source: FilmErosionSource,
    /// The visit it was found or given at.
    pub visit: String,
    /// Its middle on the film of that visit, pixels.
    pub at: [f64; 2],
    /// Per visit.
    pub visits: Vec<FilmErosionVisit>,
    /// Change of the area from baseline to each later visit, with its verdict.
    pub changes: Vec<Judged>,
    /// Change of the other quantities from baseline to each later visit.
    pub other_changes: BTreeMap<FilmQuantity, Vec<Judged>>,
    /// What `healing` on a film demands, for the last visit.
    pub healing: Vec<HealingCondition>,
    /// The verdict from baseline to the last visit, after those conditions.
    pub verdict: Judged,
}

/// One joint followed over films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmJoint {
    /// Short name of the joint, as in `MCP2`.
    pub joint: String,
    /// Side of the body; absent where no film says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Side>,
    /// Which hand or foot of the films, from 1.
    pub hand: usize,
    /// Unit of lengths: `mm`, `mm at the detector` or `px`.
    pub unit: String,
    /// Why the joint was not compared at all; absent where it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
    /// Per visit.
    pub visits: Vec<FilmJointVisit>,
    /// Every pair of visits and bone.
    pub registrations: Vec<FilmRegistration>,
    /// Every triangle of visits whose registrations may be used.
    pub closures: Vec<FilmClosure>,
    /// Narrowing of the joint space from baseline to each later visit, positive where it became narrower.
    pub narrowing: Vec<Judged>,
    /// Erosions.
    pub erosions: Vec<FilmErosion>,
    /// What was odd.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_serde_writes() {
        for quantity in FilmQuantity::ALL {
            let json = serde_json::to_string(&quantity).unwrap();
            assert_eq!(json, format!("\"{}\"", quantity.key()));
        }
    }
}
