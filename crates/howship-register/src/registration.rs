//! What a registration gives.

use crate::covariance::at_point;
use crate::{Gate, Quality};
use howship_image::{PointMm, RigidTransform};
use nalgebra::Matrix6;
use serde::{Deserialize, Serialize};

/// Where a bone went between two volumes, how well that is known, and whether it may be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Fixed world mm to moving world mm.
    pub transform: RigidTransform,
    /// Centroid of the mask (fixed frame); the covariance is stated about it.
    #[serde(with = "point")]
    pub centre: PointMm,
    /// Covariance of (rotation vector in radians, translation in mm): the true pose is
    /// `x → exp(ω) (T x − T c) + T c + t` with `T` the transform, `c` the centre, and (ω, t) of this covariance,
    /// both in the axes of the moving frame.
    pub covariance: [[f64; 6]; 6],
    /// How well the images agree.
    pub quality: Quality,
    /// Whether the registration may be used.
    pub gate: Gate,
}

impl Registration {
    /// Standard error (mm) of where a point of the fixed frame goes: root of the trace of [`Registration::point_covariance`].
    #[must_use]
    pub fn displacement_sd_mm(&self, point: PointMm) -> f64 {
        self.at(point).trace().max(0.0).sqrt()
    }

    /// Covariance (mm², moving axes) of where a point of the fixed frame goes.
    #[must_use]
    pub fn point_covariance(&self, point: PointMm) -> [[f64; 3]; 3] {
        let m = self.at(point);
        std::array::from_fn(|r| std::array::from_fn(|c| m[(r, c)]))
    }

    fn at(&self, point: PointMm) -> nalgebra::Matrix3<f64> {
        let covariance = Matrix6::from_fn(|r, c| self.covariance[r][c]);
        at_point(&covariance, self.transform.rotate(point - self.centre))
    }
}

/// A point as three numbers.
mod point {
    use howship_image::PointMm;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(point: &PointMm, to: S) -> Result<S::Ok, S::Error> {
        [point.x, point.y, point.z].serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PointMm, D::Error> {
        <[f64; 3]>::deserialize(from).map(PointMm::from)
    }
}
