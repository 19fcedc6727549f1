//! Rigid motions of world millimetres.

use crate::{PointMm, VectorMm};
use nalgebra::{Isometry3, Matrix4, Translation3, UnitQuaternion};
use serde::{Deserialize, Serialize};

/// A rotation and translation of world millimetres: `y = R (x − centre) + centre + t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigidTransform {
    isometry: Isometry3<f64>,
}

impl RigidTransform {
    /// No motion.
    #[must_use]
    pub fn identity() -> Self {
        Self {
            isometry: Isometry3::identity(),
        }
    }

    /// From a rotation vector (axis times angle in radians) about a centre, then a translation in mm.
    #[must_use]
    pub fn about(centre: PointMm, rotation: VectorMm, translation: VectorMm) -> Self {
        let rotation = UnitQuaternion::from_scaled_axis(rotation);
        let shift = centre.coords - rotation * centre.coords + translation;
        Self {
            isometry: Isometry3::from_parts(Translation3::from(shift), rotation),
        }
    }

    /// From the isometry of the linear algebra crate.
    #[must_use]
    pub fn from_isometry(isometry: Isometry3<f64>) -> Self {
        Self { isometry }
    }

    /// As the isometry of the linear algebra crate.
    #[must_use]
    pub fn isometry(&self) -> &Isometry3<f64> {
        &self.isometry
    }

    /// Where a point goes.
    #[inline]
    #[must_use]
    pub fn apply(&self, point: PointMm) -> PointMm {
        self.isometry * point
    }

    /// Where a direction goes.
    #[inline]
    #[must_use]
    pub fn rotate(&self, vector: VectorMm) -> VectorMm {
        self.isometry.rotation * vector
    }

    /// The motion back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            isometry: self.isometry.inverse(),
        }
    }

    /// First `first`, then `self`.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        Self {
            isometry: self.isometry * first.isometry,
        }
    }

    /// Rotation angle in radians.
    #[must_use]
    pub fn angle(&self) -> f64 {
        self.isometry.rotation.angle()
    }

    /// The 4 × 4 matrix in world millimetres, row-major.
    #[must_use]
    pub fn matrix(&self) -> [[f64; 4]; 4] {
        let m: Matrix4<f64> = self.isometry.to_homogeneous();
        std::array::from_fn(|r| std::array::from_fn(|c| m[(r, c)]))
    }

    /// From a row-major 4 × 4 matrix; `None` if its upper left is not a rotation to 1e-4.
    #[must_use]
    pub fn from_matrix(m: [[f64; 4]; 4]) -> Option<Self> {
        let rotation = nalgebra::Matrix3::from_fn(|r, c| m[r][c]);
        // A maximum passes over NaN; the sum does not.
        let gram = rotation.transpose() * rotation - nalgebra::Matrix3::identity();
        let residual = gram.iter().map(|v| v.abs()).sum::<f64>();
        let finite = (0..3).all(|r| m[r][3].is_finite());
        if !(residual < 1e-4) || rotation.determinant() < 0.0 || !finite {
            return None;
        }
        let rotation = nalgebra::Rotation3::from_matrix_unchecked(rotation);
        let quaternion = UnitQuaternion::from_rotation_matrix(&rotation);
        let translation = Translation3::new(m[0][3], m[1][3], m[2][3]);
        Some(Self {
            isometry: Isometry3::from_parts(translation, quaternion),
        })
    }
}

impl Serialize for RigidTransform {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.matrix().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RigidTransform {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let matrix = <[[f64; 4]; 4]>::deserialize(deserializer)?;
        Self::from_matrix(matrix)
            .ok_or_else(|| serde::de::Error::custom("the 4 x 4 matrix is not a rigid motion"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_about_a_centre_leaves_it_where_it_is() {
        let centre = PointMm::new(3.0, -2.0, 7.0);
        let motion =
            RigidTransform::about(centre, VectorMm::new(0.1, 0.2, -0.3), VectorMm::zeros());
        assert!((motion.apply(centre) - centre).norm() < 1e-12);
        let p = PointMm::new(1.0, 1.0, 1.0);
        assert!((motion.inverse().apply(motion.apply(p)) - p).norm() < 1e-12);
        let again = RigidTransform::from_matrix(motion.matrix()).unwrap();
        assert!((again.apply(p) - motion.apply(p)).norm() < 1e-12);
    }
}
