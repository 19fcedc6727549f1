//! How two volumes are registered.

use crate::Error;
use serde::{Deserialize, Serialize};

/// How two volumes are registered. The defaults suit a finger bone at 60.7 µm up to clinical CT and MRI at 0.4 mm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RigidOptions {
    /// Most resolution levels, each of twice the voxel of the next (1 = full resolution only).
    /// Levels where the mask would have fewer than ~1000 voxels are left out.
    pub levels: usize,
    /// Most voxels used at one level. Above that a body-centred lattice (1 voxel in 4) is taken,
    /// and of it those with the steepest surroundings.
    pub max_samples: usize,
    /// Smoothing of both images, in voxels of the level (standard deviation, the interpolating B-spline
    /// included). Below 0.7 the pose is drawn towards half-voxel shifts, because interpolation lowers the noise there.
    pub smoothing_voxels: f64,
    /// A level ends when the step moves the bone by less than this many voxels (RMS over the mask).
    pub tolerance_voxels: f64,
    /// Most steps per level.
    pub max_iterations: usize,
    /// Search poses around the initial one before refining.
    pub search: bool,
    /// How far the bone may have moved beyond the initial transform (mm, at its centre).
    pub max_translation_mm: f64,
    /// How far it may have turned beyond the initial transform (radians).
    pub max_rotation_rad: f64,
    /// Most poses scored by the search; the grid becomes coarser rather than longer.
    pub max_candidates: usize,
    /// When the result is refused.
    pub gate: GateLimits,
}

/// When a registration is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GateLimits {
    /// Least share of the mask that the moving volume must show.
    pub min_overlap: f64,
    /// Least correlation of the smoothed images over the mask.
    pub min_correlation: f64,
    /// Largest standard error of the position of a point of the mask (mm); `None`: a quarter of the largest voxel.
    pub max_displacement_sd_mm: Option<f64>,
    /// A second pose, well apart from the best one, makes the result ambiguous when its residual variance
    /// is below this many times that of the best.
    pub ambiguity_ratio: f64,
    /// Largest share of mask voxels that hold exactly the highest value of the volume.
    pub max_saturated: f64,
    /// Largest share of samples that may be outliers (residual beyond the Tukey limit): above it most of the
    /// bone has changed or it is another bone.
    pub max_outliers: f64,
}

impl Default for RigidOptions {
    fn default() -> Self {
        Self {
            levels: 5,
            max_samples: 1_000_000,
            smoothing_voxels: 1.0,
            tolerance_voxels: 2e-5,
            max_iterations: 40,
            search: true,
            max_translation_mm: 6.0,
            max_rotation_rad: 0.31,
            max_candidates: 4000,
            gate: GateLimits::default(),
        }
    }
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            min_overlap: 0.6,
            min_correlation: 0.6,
            max_displacement_sd_mm: None,
            ambiguity_ratio: 1.1,
            max_saturated: 0.1,
            max_outliers: 0.4,
        }
    }
}

impl RigidOptions {
    /// Refuses numbers that make no sense; written so that NaN fails.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let whole = |name, value: usize, low: usize, need| {
            if value >= low {
                Ok(())
            } else {
                Err(Error::Option {
                    name,
                    value: value as f64,
                    need,
                })
            }
        };
        let range = |name, value: f64, low: f64, high: f64, need| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err(Error::Option { name, value, need })
            }
        };
        whole("levels", self.levels, 1, "at least 1")?;
        whole("max_samples", self.max_samples, 1000, "at least 1000")?;
        whole("max_iterations", self.max_iterations, 1, "at least 1")?;
        whole("max_candidates", self.max_candidates, 1, "at least 1")?;
        range(
            "smoothing_voxels",
            self.smoothing_voxels,
            0.6,
            8.0,
            "0.6 to 8 voxels",
        )?;
        range(
            "tolerance_voxels",
            self.tolerance_voxels,
            1e-9,
            0.1,
            "1e-9 to 0.1 voxels",
        )?;
        range(
            "max_translation_mm",
            self.max_translation_mm,
            0.0,
            1e4,
            "0 to 1e4 mm",
        )?;
        range(
            "max_rotation_rad",
            self.max_rotation_rad,
            0.0,
            std::f64::consts::PI,
            "0 to π",
        )?;
        let g = &self.gate;
        range("gate.min_overlap", g.min_overlap, 0.0, 1.0, "0 to 1")?;
        range(
            "gate.min_correlation",
            g.min_correlation,
            -1.0,
            1.0,
            "-1 to 1",
        )?;
        range(
            "gate.ambiguity_ratio",
            g.ambiguity_ratio,
            0.0,
            1e6,
            "0 or more",
        )?;
        range("gate.max_saturated", g.max_saturated, 0.0, 1.0, "0 to 1")?;
        range("gate.max_outliers", g.max_outliers, 0.0, 1.0, "0 to 1")?;
        match g.max_displacement_sd_mm {
            Some(sd) => range("gate.max_displacement_sd_mm", sd, 0.0, 1e4, "0 to 1e4 mm"),
            None => Ok(()),
        }
    }
}
