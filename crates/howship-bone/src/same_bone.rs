//! Whether what was aligned is one bone: its trabeculae, not only its outline, must lie where they lay.

use crate::Error;
use crate::segmentation::BoneShape;
use crate::tuning::IdentityTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{Geometry, RigidTransform, Volume, sample_linear};

/// How far the texture inside a bone agrees between two visits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Texture {
    /// Correlation of what is finer than the local mean, −1 to 1.
    pub(crate) correlation: f64,
    /// SD of that texture, the smaller of the two visits, over the noise expected of it.
    pub(crate) over_noise: f64,
}

/// A visit's working image without its local mean, and its noise.
pub(crate) struct TextureImage {
    fine: Volume<f32>,
    noise_sd: f64,
}

impl TextureImage {
    pub(crate) fn of(visit: &VisitShapes<'_>, tuning: &IdentityTuning) -> Result<Self, Error> {
        let mut fine = visit.smooth.clone();
        let coarse = howship_ops::gaussian(&visit.smooth, [tuning.mean_mm; 3])?;
        for (f, c) in fine.data_mut().iter_mut().zip(coarse.data()) {
            *f -= *c;
        }
        Ok(Self {
            fine,
            noise_sd: visit.levels.noise_sd,
        })
    }

    /// The same voxels on another grid.
    pub(crate) fn placed(self, grid: &Geometry) -> Result<Self, Error> {
        let fine = self.fine.with_geometry(grid.clone())?;
        Ok(Self { fine, ..self })
    }

    /// Texture deep inside a bone, compared with a later visit's; `None` where too little of it is seen.
    ///
    /// # Method
    /// At points deep enough that cortex does not reach them. Trabeculae are as personal as a fingerprint: of the same
    /// bone the correlation is limited by noise alone, of another it is zero within `1/√n`.
    pub(crate) fn compare(
        &self,
        later: &Self,
        shape: &BoneShape,
        pose: &RigidTransform,
        tuning: &IdentityTuning,
    ) -> Option<Texture> {
        let deep = -tuning.deep_mm as f32;
        let (grid, other) = (self.fine.geometry(), later.fine.geometry());
        let inside = shape.distance.data().iter().enumerate();
        let pairs: Vec<(f64, f64)> = inside
            .filter(|(_, d)| **d < deep)
            .filter_map(|(o, _)| {
                let at = pose.apply(grid.world(grid.voxel(o).map(|i| i as f64)));
                let there = sample_linear(&later.fine, other.index(at))?;
                Some((f64::from(self.fine.data()[o]), f64::from(there)))
            })
            .collect();
        if pairs.len() < tuning.enough {
            return None;
        }
        let n = pairs.len() as f64;
        let mean = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
        let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
        let (vx, vy) = (mean(&|p| (p.0 - x).powi(2)), mean(&|p| (p.1 - y).powi(2)));
        let covariance = mean(&|p| (p.0 - x) * (p.1 - y));
        let noise = self.noise_sd.max(later.noise_sd).max(1e-9);
        Some(Texture {
            correlation: covariance / (vx * vy).max(1e-12).sqrt(),
            over_noise: vx.min(vy).sqrt() / noise,
        })
    }
}

impl Texture {
    /// Whether the two are one bone beyond doubt.
    pub(crate) fn agrees(&self, tuning: &IdentityTuning) -> bool {
        self.over_noise >= tuning.over_noise && self.correlation >= tuning.least_correlation
    }

    /// Why the two are not one bone; `None` where they may be, or where there is no texture to tell by.
    pub(crate) fn differs(&self, tuning: &IdentityTuning) -> Option<String> {
        let told = self.over_noise >= tuning.over_noise;
        (told && self.correlation < tuning.least_correlation).then(|| {
            format!(
                "not the same bone: its outline fits, but the trabeculae inside do not (correlation {:.2}, at least {:.2} is needed)",
                self.correlation, tuning.least_correlation
            )
        })
    }
}
