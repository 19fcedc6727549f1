use crate::{Error, error::Check};
use howship_image::{Calibration, DensityUnit, Scan, UnitKnown, Volume};
use serde::{Deserialize, Serialize};

/// The calibration of the XtremeCT II scan on which the defaults were measured.
pub const XTREME_CT2_CALIBRATION: Calibration = Calibration {
    mu_scaling: 8192.0,
    mu_water: 0.2409,
    density_slope: 1_603.519_04,
    density_intercept: -391.209_015,
};

/// A scanner: voxels, blur, noise, artefacts and the unit of what it writes.
///
/// The defaults were measured on an HR-pQCT scan of a metacarpophalangeal joint (XtremeCT II, 60.7 µm,
/// 4.9 million soft-tissue voxels): see [`NoiseSpec`] and `blur_fwhm_mm`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerSpec {
    /// Voxel size along x, y, z in mm.
    pub voxel_mm: [f64; 3],
    /// Full width at half maximum of the whole point spread (Gaussian, voxel aperture included), mm.
    ///
    /// 0.14 mm: error-function fits to 6,341 outer cortical edges of the real scan give a sigma of
    /// 0.98 voxel (median of single fits) to 1.06 voxel (stacked), that is 0.140 to 0.152 mm.
    pub blur_fwhm_mm: [f64; 3],
    /// Subsamples per axis with which a voxel (at most 0.085 mm) is made; larger voxels are split first.
    pub supersampling: usize,
    /// Noise.
    pub noise: NoiseSpec,
    /// Motion during the scan; absent for none.
    pub motion: Option<MotionSpec>,
    /// Factor on density: 1 for a calibrated scanner, 1.02 for one that reads 2 % too much.
    pub density_scale: f64,
    /// Added to density after the factor, in the tissue's unit.
    pub density_offset: f64,
    /// Unit written: `mgHA/cm³`, `HU` or `arbitrary` (then tissue values are written as they are).
    pub unit: DensityUnit,
    /// Whether everything outside the skin is the air value without noise, as in contoured files.
    pub mask_outside_skin: bool,
}

/// Gaussian noise with a correlation in space, in the unit of the tissue values.
///
/// # Method
/// White normal numbers, one ChaCha8 stream per slice, filtered with `G(correlation) − G(highpass)` in the plane
/// and `G(correlation)` across it, then scaled by the filter's exact gain. On the real scan the
/// autocorrelation at 1, 2, 3, 4 voxels is 0.72, 0.25, −0.03, −0.10 in the plane and 0.70, 0.28, 0.07, 0.01
/// across it; the defaults give 0.73, 0.25, −0.03, −0.10 and 0.72, 0.27, 0.05, 0.01.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseSpec {
    /// Standard deviation, in the unit of the tissue values (83 mgHA/cm³ in soft tissue of the real scan).
    pub sd: f64,
    /// Sigma of the smoothing filter along x, y, z in mm; 0 for white noise.
    pub correlation_mm: [f64; 3],
    /// Sigma of the in-plane low-pass that is taken away (filtered back projection has no noise at low frequency), mm; 0 for none.
    pub highpass_mm: f64,
}

impl Default for NoiseSpec {
    fn default() -> Self {
        Self {
            sd: 83.0,
            correlation_mm: [0.0596, 0.0596, 0.0528],
            highpass_mm: 0.239,
        }
    }
}

impl NoiseSpec {
    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        Check::not_negative(format!("{field}.sd"), self.sd)?;
        for sigma in self.correlation_mm {
            Check::within(
                format!("{field}.correlation_mm"),
                sigma,
                0.0..=5.0,
                "it is 0 to 5 mm",
            )?;
        }
        let highpass = format!("{field}.highpass_mm");
        Check::within(
            highpass.clone(),
            self.highpass_mm,
            0.0..=5.0,
            "it is 0 to 5 mm",
        )?;
        let shortest = self.correlation_mm[0].max(self.correlation_mm[1]);
        if self.highpass_mm > 0.0 && self.highpass_mm <= shortest {
            return Err(Error::Value {
                field: highpass,
                value: self.highpass_mm,
                expected: "it must be 0 or above the in-plane correlation",
            });
        }
        Ok(())
    }
}

/// Motion during the scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MotionSpec {
    /// Share of the projections taken after a sudden shift, 0 to 1: the image is a blend of both positions.
    pub shifted_share: f64,
    /// The sudden shift, mm.
    pub shift_mm: [f64; 3],
    /// Standard deviation of an in-plane shift of each slice by itself, mm.
    pub slice_jitter_mm: f64,
}

impl Default for MotionSpec {
    fn default() -> Self {
        Self {
            shifted_share: 0.3,
            shift_mm: [0.15, 0.1, 0.0],
            slice_jitter_mm: 0.0,
        }
    }
}

impl Default for ScannerSpec {
    fn default() -> Self {
        Self {
            voxel_mm: [0.0607; 3],
            blur_fwhm_mm: [0.14; 3],
            supersampling: 2,
            noise: NoiseSpec::default(),
            motion: None,
            density_scale: 1.0,
            density_offset: 0.0,
            unit: DensityUnit::MgHaPerCm3,
            mask_outside_skin: true,
        }
    }
}

impl ScannerSpec {
    /// The second-generation HR-pQCT scanner at 60.7 µm: the defaults.
    #[must_use]
    pub fn xtreme_ct2() -> Self {
        Self::default()
    }

    /// A scanner with other voxels: blur and noise keep their ratio to the voxel, as reconstructions are made.
    ///
    /// The noise SD falls with the square root of the voxel's volume down to a floor of 15 mgHA/cm³, a convention
    /// in the range of clinical CT at usual dose. Slices thicker than 0.2 mm lose the in-plane high-pass.
    #[must_use]
    pub fn with_voxel(voxel_mm: [f64; 3]) -> Self {
        let reference = Self::default();
        let ratio: [f64; 3] = std::array::from_fn(|a| voxel_mm[a] / 0.0607);
        let mean = (ratio[0] * ratio[1] * ratio[2]).cbrt();
        let noise = NoiseSpec {
            sd: (reference.noise.sd / mean.powf(1.5)).max(15.0),
            correlation_mm: std::array::from_fn(|a| reference.noise.correlation_mm[a] * ratio[a]),
            highpass_mm: if mean < 3.0 {
                reference.noise.highpass_mm * ratio[0]
            } else {
                0.0
            },
        };
        Self {
            voxel_mm,
            blur_fwhm_mm: std::array::from_fn(|a| reference.blur_fwhm_mm[a] * ratio[a]),
            noise,
            ..reference
        }
    }

    /// The same scanner without noise.
    #[must_use]
    pub fn noiseless(mut self) -> Self {
        self.noise.sd = 0.0;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        for a in 0..3 {
            Check::within(
                "scanner.voxel_mm",
                self.voxel_mm[a],
                0.01..=5.0,
                "voxels are 0.01 to 5 mm",
            )?;
            Check::within(
                "scanner.blur_fwhm_mm",
                self.blur_fwhm_mm[a],
                0.0..=10.0,
                "blur is 0 to 10 mm",
            )?;
        }
        self.noise.check("scanner.noise")?;
        Check::within(
            "scanner.supersampling",
            self.supersampling as f64,
            1.0..=16.0,
            "it is 1 to 16",
        )?;
        Check::positive("scanner.density_scale", self.density_scale)?;
        Check::finite("scanner.density_offset", self.density_offset)?;
        if let Some(motion) = &self.motion {
            Check::share("scanner.motion.shifted_share", motion.shifted_share)?;
            Check::within(
                "scanner.motion.slice_jitter_mm",
                motion.slice_jitter_mm,
                0.0..=5.0,
                "it is 0 to 5 mm",
            )?;
            for shift in motion.shift_mm {
                Check::within(
                    "scanner.motion.shift_mm",
                    shift,
                    -10.0..=10.0,
                    "it is at most 10 mm",
                )?;
            }
        }
        Ok(())
    }

    /// Sigma in mm of the Gaussian that, after averaging over a box of `aperture_mm`, gives the whole blur.
    ///
    /// Variances add: a box of width w has w²/12.
    pub(crate) fn sigma_mm(&self, aperture_mm: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| {
            let total = self.blur_fwhm_mm[a] / FWHM_PER_SIGMA;
            (total * total - aperture_mm[a] * aperture_mm[a] / 12.0)
                .max(0.0)
                .sqrt()
        })
    }

    /// The scan as written: density error and unit.
    pub(crate) fn written(&self, mut volume: Volume<f32>) -> Result<Scan, Error> {
        if self.density_scale != 1.0 || self.density_offset != 0.0 {
            let (scale, offset) = (self.density_scale as f32, self.density_offset as f32);
            for value in volume.data_mut() {
                *value = *value * scale + offset;
            }
        }
        if self.unit == DensityUnit::Arbitrary {
            return Ok(Scan {
                volume,
                unit: DensityUnit::Arbitrary,
                known: UnitKnown::Unknown,
                calibration: None,
            });
        }
        let scan = Scan {
            volume,
            unit: DensityUnit::MgHaPerCm3,
            known: UnitKnown::Calibrated,
            calibration: Some(XTREME_CT2_CALIBRATION),
        };
        Ok(scan.into_unit(self.unit)?)
    }
}

/// FWHM of a Gaussian in sigmas: 2 √(2 ln 2).
pub(crate) const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_4;
