use howship_stats::normal_cdf;

/// How a film forms its picture of a rim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FilmOptics {
    /// Pixel, mm (0.1).
    pub pixel: f64,
    /// SD of the blur of detector, focal spot and motion together, mm (0.08; assumption: an MTF of 0.5 at about
    /// 2.3 line pairs per mm).
    pub blur: f64,
    /// Contrast of a rim in profile that is wide against the blur (0.23: 2 mm of bone of 900 mg/cm³ in the beam, at
    /// 50 kVp, calculated from attenuation tables).
    pub contrast: f64,
    /// Least contrast that a reader sees (0.08; film, CR and DR showed 3-16 % decalcification, Baek, J Bone Metab
    /// 2016;23:135).
    pub least: f64,
}

impl Default for FilmOptics {
    fn default() -> Self {
        Self {
            pixel: 0.1,
            blur: 0.08,
            contrast: 0.23,
            least: 0.08,
        }
    }
}

/// Contrast at the middle of a rim of `width` mm after a Gaussian blur: `c·erf(w/(2√2σ))`.
#[must_use]
pub fn rim_contrast(optics: &FilmOptics, width: f64) -> f64 {
    if !(optics.blur > 0.0) {
        return if width > 0.0 { optics.contrast } else { 0.0 };
    }
    let z = width / (2.0 * optics.blur);
    optics.contrast * (2.0 * normal_cdf(z) - 1.0)
}

impl FilmOptics {
    /// Least width (mm) of a rim in profile that can be seen: at least `pixels`, and wide enough for its contrast to
    /// survive the blur. Infinite where no rim can be.
    #[must_use]
    pub fn visible_width(&self, pixels: f64) -> f64 {
        let sampled = pixels * self.pixel;
        if self.least >= self.contrast {
            return f64::INFINITY;
        }
        if rim_contrast(self, sampled) >= self.least {
            return sampled;
        }
        let (mut low, mut high) = (sampled, sampled + 20.0 * self.blur);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if rim_contrast(self, middle) >= self.least {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }
}

/// Contrast en face of new bone: `1 − e^{−μm}`, with mineral-equivalent thickness (µm) of bone of 900 mg/cm³ and an
/// effective attenuation of hydroxyapatite of 1.43 cm²/g (50 kVp, 2.5 mm Al, behind 2 cm of soft tissue; calculated).
#[must_use]
pub fn areal_contrast(mineral: f64) -> f64 {
    const ATTENUATION: f64 = 1.43;
    const DENSITY: f64 = 0.9;
    let areal = DENSITY * mineral * 1e-4;
    1.0 - (-ATTENUATION * areal).exp()
}
