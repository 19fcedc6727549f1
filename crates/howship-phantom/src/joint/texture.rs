use crate::{Error, noise::white};
use howship_image::{Geometry, VectorMm, Volume, sample_linear};
use howship_ops::gaussian_in_place;
use rayon::prelude::*;

/// Edge of the cube on which a pattern is made, mm; beyond it the pattern is mirrored.
const CUBE_MM: f64 = 13.6;
const STEP_MM: f64 = 0.1;

/// A random field of unit variance around one wavelength, fixed to a bone.
///
/// The field *is* the trilinear interpolant of a grid of 0.1 mm, so it moves with the bone's pose exactly.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    grid: Volume<f32>,
    /// Root mean square of the gradient, 1/mm.
    pub(crate) slope: f64,
}

/// The two patterns of a joint's trabeculae; each bone looks at another part of them.
#[derive(Debug)]
pub(crate) struct Texture {
    /// Plates lie where this is near zero.
    pub(crate) pattern: Field,
    /// Varies thickness of plates and cortex, and opens windows in the plates.
    pub(crate) roughness: Field,
}

impl Texture {
    pub(crate) fn new(seed: u64, wavelength_mm: f64) -> Result<Self, Error> {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        Ok(Self {
            pattern: Field::new(seed, wavelength_mm, 1.5)?,
            roughness: Field::new(seed ^ 0x5DEE_CE66, 0.8 * wavelength_mm, 1.2)?,
        })
    }
}

impl Field {
    /// Band-passed white noise (difference of two Gaussians, 1 : 1.6, peak at the wavelength), `stretch` times longer along z.
    pub(crate) fn new(seed: u64, wavelength_mm: f64, stretch: f64) -> Result<Self, Error> {
        let n = (CUBE_MM / STEP_MM) as usize + 1;
        let geometry = Geometry::new(
            [n; 3],
            [STEP_MM; 3],
            [-CUBE_MM / 2.0; 3],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        )?;
        let mut grid = white(&geometry, seed);
        let narrow = 0.175 * wavelength_mm;
        let sigma = |s: f64| [s, s, s * stretch];
        gaussian_in_place(&mut grid, sigma(narrow))?;
        let mut low = grid.clone();
        // Variances of successive Gaussians add: 1.6² − 1 = 1.249².
        gaussian_in_place(&mut low, sigma(1.249 * narrow))?;
        grid.data_mut()
            .par_iter_mut()
            .zip(low.data())
            .for_each(|(v, l)| *v -= l);
        let sum: f64 = grid.data().iter().map(|v| f64::from(*v).powi(2)).sum();
        let scale = 1.0 / (sum / grid.data().len() as f64).sqrt().max(1e-30);
        grid.data_mut()
            .par_iter_mut()
            .for_each(|v| *v = (f64::from(*v) * scale) as f32);
        let slope = rms_gradient(&grid);
        Ok(Self { grid, slope })
    }

    /// The field at a point in mm from the bone's centre.
    pub(crate) fn at(&self, p: VectorMm) -> f64 {
        let index: [f64; 3] = std::array::from_fn(|a| {
            let period = 2.0 * CUBE_MM;
            let folded = (p[a] + CUBE_MM / 2.0).rem_euclid(period);
            folded.min(period - folded) / STEP_MM
        });
        sample_linear(&self.grid, index).map_or(0.0, f64::from)
    }
}

fn rms_gradient(grid: &Volume<f32>) -> f64 {
    let [nx, ny, nz] = grid.size();
    let mut sum = 0.0;
    let mut count = 0usize;
    for z in (1..nz - 1).step_by(4) {
        for y in (1..ny - 1).step_by(4) {
            for x in (1..nx - 1).step_by(4) {
                let d = |a: f32, b: f32| f64::from(a - b) / (2.0 * STEP_MM);
                let dx = d(grid.at(x + 1, y, z), grid.at(x - 1, y, z));
                let dy = d(grid.at(x, y + 1, z), grid.at(x, y - 1, z));
                let dz = d(grid.at(x, y, z + 1), grid.at(x, y, z - 1));
                sum += dx * dx + dy * dy + dz * dz;
                count += 1;
            }
        }
    }
    (sum / count.max(1) as f64).sqrt().max(1e-6)
}
