use crate::{Error, error::Check};
use howship_image::{PointMm, RigidTransform, VectorMm};
use serde::{Deserialize, Serialize};

/// A rigid motion as people state it: a rotation vector in degrees about a centre, then a shift in mm.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoseSpec {
    /// Rotation vector (axis times angle), degrees.
    pub rotation_deg: [f64; 3],
    /// Shift, mm.
    pub translation_mm: [f64; 3],
}

impl PoseSpec {
    /// The motion of world millimetres, turning about `centre`.
    #[must_use]
    pub fn about(&self, centre: PointMm) -> RigidTransform {
        let rotation = VectorMm::from(self.rotation_deg.map(f64::to_radians));
        RigidTransform::about(centre, rotation, VectorMm::from(self.translation_mm))
    }

    /// A random motion: each component uniform within plus or minus its limit.
    pub fn random(rng: &mut impl rand::Rng, rotation_deg: f64, translation_mm: f64) -> Self {
        let mut draw = |limit: f64| -> [f64; 3] {
            std::array::from_fn(|_| (uniform(rng) * 2.0 - 1.0) * limit)
        };
        Self {
            rotation_deg: draw(rotation_deg),
            translation_mm: draw(translation_mm),
        }
    }

    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        for a in 0..3 {
            let turn = self.rotation_deg[a];
            Check::within(
                format!("{field}.rotation_deg"),
                turn,
                -45.0..=45.0,
                "it is at most 45 degrees",
            )?;
            let shift = self.translation_mm[a];
            Check::within(
                format!("{field}.translation_mm"),
                shift,
                -20.0..=20.0,
                "it is at most 20 mm",
            )?;
        }
        Ok(())
    }
}

/// A uniform number in [0, 1) with 53 random bits.
pub(crate) fn uniform(rng: &mut impl rand::Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}
