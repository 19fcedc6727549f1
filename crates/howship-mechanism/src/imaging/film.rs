use crate::bone::LesionSize;

/// How a film forms its picture of new bone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FilmOptics {
    /// Pixel, mm (0.1).
    pub pixel: f64,
    /// SD of the blur of detector and focal spot, mm (0.07: an MTF of 0.5 at about 2.7 line pairs per mm; assumption,
    /// that of the film phantom).
    pub blur: f64,
    /// Attenuation of new bone, per mm: 0.9 g/cm³ of hydroxyapatite at an effective 1.43 cm²/g (50 kVp, 2.5 mm Al,
    /// behind 2 cm of soft tissue; calculated from attenuation tables).
    pub attenuation: f64,
    /// Least contrast that a reader sees (0.08; film, CR and DR showed 3-16 % decalcification, Baek, J Bone Metab
    /// 2016;23:135).
    pub least: f64,
}

impl Default for FilmOptics {
    fn default() -> Self {
        Self {
            pixel: 0.1,
            blur: 0.07,
            attenuation: 0.1287,
            least: 0.08,
        }
    }
}

/// Points of the blur on either side of its middle, and SDs that they reach.
const POINTS: i32 = 12;
const REACH: f64 = 3.0;

/// Contrast at the middle of a rim of `width` mm on the base of a lesion in profile: what the shell of new bone between
/// two half-ellipsoids takes from the beam, after blur and pixel.
///
/// # Limits
/// The ray runs along the bone's surface through the lesion's middle; bone before and behind it takes the same with and
/// without the rim. Films of 24 lesions through a beam and a detector: see `docs/mechanism.md`.
#[must_use]
pub fn rim_contrast(optics: &FilmOptics, size: LesionSize, width: f64) -> f64 {
    let (radius, depth) = (0.5 * size.width, size.depth);
    let width = width.min(0.999 * radius).min(0.999 * depth);
    if !(width > 0.0) {
        return 0.0;
    }
    // Half the chord of a half-ellipsoid at a place of the film: from the lesion's axis, below the bone's surface.
    let half = |a: f64, c: f64, y: f64, z: f64| {
        let left = 1.0 - (y / a).powi(2) - (z / c).powi(2);
        if z > 0.0 || left <= 0.0 {
            0.0
        } else {
            a * left.sqrt()
        }
    };
    let signal = |y: f64, z: f64| {
        let chord = 2.0 * (half(radius, depth, y, z) - half(radius - width, depth - width, y, z));
        (-optics.attenuation * chord).exp()
    };
    let middle = -(depth - 0.5 * width);
    let sd = (optics.blur.powi(2) + optics.pixel.powi(2) / 12.0).sqrt();
    if !(sd > 0.0) {
        return 1.0 - signal(0.0, middle);
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for i in -POINTS..=POINTS {
        for k in -POINTS..=POINTS {
            let [u, v] = [i, k].map(|n| REACH * f64::from(n) / f64::from(POINTS));
            let weight = (-0.5 * (u * u + v * v)).exp();
            sum += weight * signal(sd * u, middle + sd * v);
            weights += weight;
        }
    }
    1.0 - sum / weights
}

impl FilmOptics {
    /// Least width (mm) of a rim in profile that can be seen on a lesion: at least `pixels`, and wide enough for its
    /// contrast to survive the blur. Infinite where no rim can be.
    #[must_use]
    pub fn visible_width(&self, size: LesionSize, pixels: f64) -> f64 {
        let sampled = pixels * self.pixel;
        let most = 0.99 * size.depth.min(0.5 * size.width);
        let seen = |width: f64| rim_contrast(self, size, width) >= self.least;
        if seen(sampled) {
            return sampled;
        }
        if sampled >= most || !seen(most) {
            return f64::INFINITY;
        }
        let (mut low, mut high) = (sampled, most);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if seen(middle) {
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
