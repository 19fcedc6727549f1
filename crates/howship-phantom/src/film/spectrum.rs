//! What is left of the beam after bone, fat and soft tissue.

use super::spectrum_table::{
    BINS, ENERGY_KEV, MU_CORTEX, MU_FAT, MU_SOFT, SPECTRUM_50, SPECTRUM_55, SPECTRUM_60,
};
use crate::Error;

/// Lengths of a ray in each material, mm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Path {
    pub(crate) bone: f32,
    pub(crate) fat: f32,
    pub(crate) soft: f32,
}

/// A tube's detected spectrum.
#[derive(Debug, Clone)]
pub(crate) struct Beam {
    weights: [f64; BINS],
    sum: f64,
}

impl Beam {
    /// At 50, 55 or 60 kVp; the detector adds up energy.
    pub(crate) fn new(kvp: u32) -> Result<Self, Error> {
        let photons = match kvp {
            50 => SPECTRUM_50,
            55 => SPECTRUM_55,
            60 => SPECTRUM_60,
            _ => {
                return Err(Error::Value {
                    field: "detector.kvp".to_owned(),
                    value: f64::from(kvp),
                    expected: "spectra are tabulated at 50, 55 and 60 kVp",
                });
            }
        };
        let weights: [f64; BINS] = std::array::from_fn(|i| photons[i] * ENERGY_KEV[i]);
        Ok(Self {
            weights,
            sum: weights.iter().sum(),
        })
    }

    /// Share of the open beam's signal that arrives.
    pub(crate) fn transmitted(&self, path: &Path) -> f64 {
        if path.bone <= 0.0 && path.fat <= 0.0 && path.soft <= 0.0 {
            return 1.0;
        }
        let (bone, fat, soft) = (
            f64::from(path.bone),
            f64::from(path.fat),
            f64::from(path.soft),
        );
        let mut signal = 0.0;
        for i in 0..BINS {
            signal += self.weights[i]
                * (-(MU_CORTEX[i] * bone + MU_FAT[i] * fat + MU_SOFT[i] * soft)).exp();
        }
        signal / self.sum
    }
}

/// Soft tissue that hardens the beam before it meets a bone of a finger, mm.
const USUAL_SOFT_MM: f64 = 18.0;

impl Beam {
    /// Attenuation of bone and fat beyond that of soft tissue in their place: linear, at the mean over the spectrum
    /// behind a finger's soft tissue. What it leaves out, hardening within the bone, is below 4 % of it.
    pub(crate) fn contrast(&self, bone: f32, fat: f32) -> f64 {
        let (mut sum, mut mineral, mut marrow) = (0.0, 0.0, 0.0);
        for i in 0..BINS {
            let w = self.weights[i] * (-MU_SOFT[i] * USUAL_SOFT_MM).exp();
            sum += w;
            mineral += w * (MU_CORTEX[i] - MU_SOFT[i]);
            marrow += w * (MU_FAT[i] - MU_SOFT[i]);
        }
        (f64::from(bone) * mineral + f64::from(fat) * marrow) / sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one energy the law is Beer and Lambert's; with many the beam hardens, so it lies above the
    /// attenuation at the start and below none of its bins.
    #[test]
    fn slabs_are_attenuated_as_the_table_says() {
        let one = Beam {
            weights: std::array::from_fn(|i| f64::from(u8::from(i == 8))),
            sum: 1.0,
        };
        for mm in [1.0f32, 5.0, 20.0] {
            let slab = Path {
                bone: mm,
                fat: 2.0 * mm,
                soft: 3.0 * mm,
            };
            let expected = -f64::from(mm) * (MU_CORTEX[8] + 2.0 * MU_FAT[8] + 3.0 * MU_SOFT[8]);
            assert!((one.transmitted(&slab).ln() - expected).abs() < 1e-9);
        }
        // 30 keV lies between two bins: film_feasibility.md gives 0.2556 and 0.0402 per mm.
        let between = |mu: &[f64; BINS]| (mu[7] * mu[8]).sqrt();
        assert!((between(&MU_CORTEX) - 0.2556).abs() < 0.004);
        assert!((between(&MU_SOFT) - 0.0402).abs() < 0.0005);
    }

    #[test]
    fn a_beam_hardens() {
        let beam = Beam::new(55).unwrap();
        let mu = |mm: f32| {
            -beam
                .transmitted(&Path {
                    bone: mm,
                    ..Path::default()
                })
                .ln()
                / f64::from(mm)
        };
        assert!(mu(0.01) > mu(2.0) && mu(2.0) > mu(6.0) && mu(6.0) > MU_CORTEX[BINS - 4]);
        assert!(Beam::new(70).is_err());
    }
}
