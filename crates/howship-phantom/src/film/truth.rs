//! What is true of a film, for JSON.

use super::camera::{FilmGeometry, Placement};
use super::lesion_truth::FilmLesionTruth;
use howship_change::Side;
use howship_change::anatomy::Part;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// A bone on a film, and how its own millimetres come to pixels near its joint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilmBoneTruth {
    /// `MC`, `PP`, `MP` or `DP` with the ray counted from the thumb; of a foot `MT`, `FPP`, `FMP` or `FDP`.
    pub name: String,
    /// `[[a, b, c], [d, e, f]]`: column = a x + b z + c, row = d x + e z + f for a point of the bone's frame in
    /// the plane y = 0 (x to the side of thumb or great toe, z towards the tip, mm), linear about the joint's end.
    /// Registration between two visits is one map after the inverse of the other.
    pub to_px: [[f64; 3]; 2],
    /// The joint's end of the axis, pixels.
    pub end_px: [f64; 2],
    /// Height of the joint's end in the bone's frame, mm.
    pub end_mm: f64,
    /// In-plane direction of the axis, degrees from up, positive to the right.
    pub axis_deg: f64,
    /// Tilt of the axis out of the film's plane, degrees.
    pub tilt_deg: f64,
}

impl FilmBoneTruth {
    pub(crate) fn new(
        name: &str,
        placement: &Placement,
        geometry: &FilmGeometry,
        end: f64,
    ) -> Self {
        let at = |x: f64, z: f64| geometry.project(placement.point(Vector3::new(x, 0.0, z)));
        let h = 0.5;
        let origin = at(0.0, end);
        let (px, mx, pz, mz) = (at(h, end), at(-h, end), at(0.0, end + h), at(0.0, end - h));
        let to_px = std::array::from_fn(|a| {
            let dx = (px[a] - mx[a]) / (2.0 * h);
            let dz = (pz[a] - mz[a]) / (2.0 * h);
            [dx, dz, origin[a] - dz * end]
        });
        let axis = placement.rotation * Vector3::z();
        Self {
            name: name.to_owned(),
            to_px,
            end_px: origin,
            end_mm: end,
            axis_deg: (pz[0] - mz[0]).atan2(mz[1] - pz[1]).to_degrees(),
            tilt_deg: (-axis.y).clamp(-1.0, 1.0).asin().to_degrees(),
        }
    }

    /// The true map of this bone's pixels on this film to those on another: `[[a, b, c], [d, e, f]]`.
    #[must_use]
    pub fn map_to(&self, other: &Self) -> Option<[[f64; 3]; 2]> {
        let [[a, b, c], [d, e, f]] = self.to_px;
        let det = a * e - b * d;
        if det.abs() < 1e-12 {
            return None;
        }
        let inverse = [[e / det, -b / det], [-d / det, a / det]];
        Some(std::array::from_fn(|r| {
            let o = other.to_px[r];
            let m = [
                o[0] * inverse[0][0] + o[1] * inverse[1][0],
                o[0] * inverse[0][1] + o[1] * inverse[1][1],
            ];
            [m[0], m[1], o[2] - m[0] * c - m[1] * f]
        }))
    }
}

/// A joint on one film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointFilmTruth {
    /// Name of the visit.
    pub visit: String,
    /// Joint space along the axis, in the joint (not magnified), mm.
    pub joint_space_mm: f64,
    /// Middle of the joint space, pixels (column, row).
    pub centre_px: [f64; 2],
    /// Pixel at the detector, mm.
    pub pixel_mm: f64,
    /// Pixels at the joint are `pixel_mm / magnification` of bone.
    pub magnification: f64,
    /// Proximal, then distal bone.
    pub bones: Vec<FilmBoneTruth>,
    /// Lesions of the proximal, then of the distal bone; numbered from 1.
    pub lesions: Vec<FilmLesionTruth>,
}

/// A hand or foot on one film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimbFilmTruth {
    /// Name of the visit.
    pub visit: String,
    /// Hand or foot.
    pub part: Part,
    /// Which side.
    pub side: Side,
    /// Pixel at the detector, mm.
    pub pixel_mm: f64,
    /// Name and place (column, row) of each landmark, in the order of [`LANDMARKS`](super::LANDMARKS) or
    /// [`FOOT_LANDMARKS`](super::FOOT_LANDMARKS).
    pub landmarks: Vec<(String, [f64; 2])>,
    /// Middle of the radiocarpal joint, of a foot of the ankle, pixels.
    pub root_px: [f64; 2],
    /// Joint spaces.
    pub joints: Vec<JointSpaceTruth>,
    /// The tubular bones; `to_px` is linear about each bone's base.
    pub bones: Vec<FilmBoneTruth>,
    /// Lesions in the order of the specification.
    pub lesions: Vec<FilmLesionTruth>,
}

/// A joint's space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointSpaceTruth {
    /// Name.
    pub joint: String,
    /// Middle of the joint space, pixels.
    pub centre_px: [f64; 2],
    /// Width along the axis, in the joint (not magnified), mm.
    pub joint_space_mm: f64,
    /// Whether bone bridges it.
    pub fused: bool,
}

impl LimbFilmTruth {
    /// Columns run the other way.
    pub(crate) fn mirror(&mut self, width: usize) {
        let last = width as f64 - 1.0;
        let flip = |p: &mut [f64; 2]| p[0] = last - p[0];
        self.landmarks.iter_mut().for_each(|(_, p)| flip(p));
        flip(&mut self.root_px);
        self.joints.iter_mut().for_each(|j| flip(&mut j.centre_px));
        self.lesions.iter_mut().for_each(|l| l.mirror(width));
        for bone in &mut self.bones {
            let [a, b, c] = bone.to_px[0];
            bone.to_px[0] = [-a, -b, last - c];
            flip(&mut bone.end_px);
            bone.axis_deg = -bone.axis_deg;
        }
    }
}
