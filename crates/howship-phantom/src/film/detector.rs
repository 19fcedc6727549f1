//! From transmitted signal to the grey levels of a film.

use super::blur::{gaussian, gaussian_coarse};
use crate::{Error, error::Check};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Tube, detector and processing of one exposure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSpec {
    /// Tube voltage: 50, 55 or 60.
    pub kvp: u32,
    /// Detected photons of the open beam per mm².
    ///
    /// 250,000 is near 8 µGy at the detector (30,000 photons per mm² and µGy; general knowledge).
    pub photons_per_mm2: f64,
    /// Scattered over primary signal behind the hand (0.1 to 0.3; general knowledge).
    pub scatter_to_primary: f64,
    /// Width of the scatter (Gaussian sigma), mm.
    pub scatter_sigma_mm: f64,
    /// Blur of focus and detector without the pixel's own aperture (Gaussian sigma), mm.
    pub blur_sigma_mm: f64,
    /// Noise of the electronics, in photons per pixel.
    pub read_noise: f64,
    /// What is done to the logarithm of the signal.
    pub processing: ProcessingSpec,
}

impl Default for DetectorSpec {
    fn default() -> Self {
        Self {
            kvp: 55,
            photons_per_mm2: 250_000.0,
            scatter_to_primary: 0.15,
            scatter_sigma_mm: 12.0,
            blur_sigma_mm: 0.07,
            read_noise: 6.0,
            processing: ProcessingSpec::default(),
        }
    }
}

/// Grey levels 0 to 4095, bone bright, from the attenuation `-ln(signal)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessingSpec {
    /// Sigma of the unsharp mask, mm.
    pub unsharp_sigma_mm: f64,
    /// Its amount; 0 for none.
    pub unsharp_amount: f64,
    /// How attenuation becomes grey.
    pub tone: Tone,
    /// Whether grey levels are whole numbers.
    pub quantised: bool,
}

impl ProcessingSpec {
    /// No unsharp mask, a straight tone curve from 0 to `high`, values not rounded: attenuation can be read back from
    /// the grey levels.
    #[must_use]
    pub fn linear(high: f64) -> Self {
        Self {
            unsharp_amount: 0.0,
            tone: Tone::Linear { low: 0.0, high },
            quantised: false,
            ..Self::default()
        }
    }
}

impl Default for ProcessingSpec {
    fn default() -> Self {
        Self {
            unsharp_sigma_mm: 2.0,
            unsharp_amount: 0.3,
            tone: Tone::Sigmoid {
                middle: 1.0,
                width: 0.35,
            },
            quantised: true,
        }
    }
}

/// A curve from attenuation to grey.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "curve", rename_all = "snake_case", deny_unknown_fields)]
pub enum Tone {
    /// Straight from `low` (0) to `high` (4095).
    Linear {
        /// Attenuation shown as 0.
        low: f64,
        /// Attenuation shown as 4095.
        high: f64,
    },
    /// Logistic about `middle` with `width`.
    Sigmoid {
        /// Attenuation shown as mid-grey.
        middle: f64,
        /// Its scale, in attenuation.
        width: f64,
    },
}

impl Tone {
    fn grey(self, q: f64) -> f64 {
        4095.0
            * match self {
                Self::Linear { low, high } => ((q - low) / (high - low)).clamp(0.0, 1.0),
                Self::Sigmoid { middle, width } => 1.0 / (1.0 + (-(q - middle) / width).exp()),
            }
    }
}

impl DetectorSpec {
    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        Check::positive(format!("{field}.photons_per_mm2"), self.photons_per_mm2)?;
        for (name, value, high, expected) in [
            (
                "scatter_to_primary",
                self.scatter_to_primary,
                2.0,
                "it is 0 to 2",
            ),
            (
                "scatter_sigma_mm",
                self.scatter_sigma_mm,
                100.0,
                "it is 0 to 100 mm",
            ),
            ("blur_sigma_mm", self.blur_sigma_mm, 2.0, "it is 0 to 2 mm"),
            (
                "read_noise",
                self.read_noise,
                1e4,
                "it is 0 to 10,000 photons",
            ),
            (
                "processing.unsharp_sigma_mm",
                self.processing.unsharp_sigma_mm,
                50.0,
                "it is 0 to 50 mm",
            ),
            (
                "processing.unsharp_amount",
                self.processing.unsharp_amount,
                5.0,
                "it is 0 to 5",
            ),
        ] {
            Check::within(format!("{field}.{name}"), value, 0.0..=high, expected)?;
        }
        match self.processing.tone {
            Tone::Linear { low, high } => {
                Check::finite(format!("{field}.processing.tone.low"), low)?;
                Check::positive(format!("{field}.processing.tone.high - low"), high - low)
            }
            Tone::Sigmoid { middle, width } => {
                Check::finite(format!("{field}.processing.tone.middle"), middle)?;
                Check::positive(format!("{field}.processing.tone.width"), width)
            }
        }
    }

    /// Grey levels from the share of the beam that arrives at each pixel (blurred by the caller where rays are
    /// finer than pixels).
    pub(crate) fn expose(
        &self,
        transmitted: &[f32],
        size: [usize; 2],
        pixel_mm: f64,
        seed: u64,
    ) -> Vec<f32> {
        let mut signal = transmitted.to_vec();
        if self.scatter_to_primary > 0.0 && self.scatter_sigma_mm > 0.0 {
            let broad = gaussian_coarse(transmitted, size, self.scatter_sigma_mm / pixel_mm);
            let share = self.scatter_to_primary as f32;
            for (s, b) in signal.iter_mut().zip(broad) {
                *s += share * b;
            }
        }
        let open = self.photons_per_mm2 * pixel_mm * pixel_mm;
        let read = self.read_noise;
        signal
            .par_chunks_mut(size[0])
            .enumerate()
            .for_each(|(row, line)| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(row as u64 + 1);
                for value in line {
                    let photons = f64::from(*value) * open;
                    let deviate: f64 = StandardNormal.sample(&mut rng);
                    let noisy = photons + deviate * (photons + read * read).sqrt();
                    *value = -((noisy.max(1.0) / open).ln()) as f32;
                }
            });
        let processing = &self.processing;
        if processing.unsharp_amount > 0.0 && processing.unsharp_sigma_mm > 0.0 {
            let soft = gaussian_coarse(&signal, size, processing.unsharp_sigma_mm / pixel_mm);
            let amount = processing.unsharp_amount as f32;
            for (s, b) in signal.iter_mut().zip(soft) {
                *s += amount * (*s - b);
            }
        }
        signal.par_iter_mut().for_each(|value| {
            let grey = processing.tone.grey(f64::from(*value));
            *value = if processing.quantised {
                grey.round()
            } else {
                grey
            } as f32;
        });
        signal
    }

    /// The blur of focus and detector, on rays `ray_mm` apart.
    pub(crate) fn blurred(&self, rays: &[f32], size: [usize; 2], ray_mm: f64) -> Vec<f32> {
        gaussian(rays, size, self.blur_sigma_mm / ray_mm)
    }
}
