//! A block of trabecular-like bone under a curved surface, with a cavity of known volume.

use howship_image::{DensityUnit, Geometry, PointMm, Scan, Volume};
use rand_like::Noise;

/// An ellipsoidal bone of spongy texture with a spherical cavity at its top.
pub(crate) struct Bone {
    pub(crate) spacing: [f64; 3],
    pub(crate) cavity_mm: f64,
    pub(crate) sink_mm: f64,
    pub(crate) noise: f64,
    pub(crate) seed: u64,
}

pub(crate) const SEMI: [f64; 3] = [5.0, 4.6, 4.2];

impl Bone {
    pub(crate) fn new(cavity_mm: f64) -> Self {
        Self {
            spacing: [0.08; 3],
            cavity_mm,
            sink_mm: 0.3,
            noise: 40.0,
            seed: 1,
        }
    }

    pub(crate) fn centre(&self) -> PointMm {
        PointMm::new(6.0, 6.0, 5.6)
    }

    /// Middle of the cavity: under the bone's +y pole.
    pub(crate) fn cavity_centre(&self) -> PointMm {
        self.centre() + nalgebra::Vector3::new(0.0, SEMI[1] - self.sink_mm, 0.0)
    }

    fn inside(&self, p: PointMm) -> f64 {
        let d = p - self.centre();
        let q = (0..3).map(|a| (d[a] / SEMI[a]).powi(2)).sum::<f64>().sqrt();
        // Near the surface this is the distance to it, positive inside.
        (1.0 - q) * SEMI[1]
    }

    /// Volume of the cavity inside the bone, by sampling 40 points per mm.
    pub(crate) fn truth(&self) -> f64 {
        let c = self.cavity_centre();
        let n = (self.cavity_mm * 40.0).ceil() as i64;
        let mut count = 0u64;
        for k in -n..=n {
            for j in -n..=n {
                for i in -n..=n {
                    let offset = nalgebra::Vector3::new(i as f64, j as f64, k as f64) / 40.0;
                    if offset.norm() < self.cavity_mm && self.inside(c + offset) > 0.0 {
                        count += 1;
                    }
                }
            }
        }
        count as f64 / 64_000.0
    }

    /// The scan in mgHA/cm³.
    pub(crate) fn scan(&self) -> Scan {
        let size = self.spacing.map(|s| (12.0 / s) as usize);
        let grid = Geometry::aligned(size, self.spacing).unwrap();
        let mut noise = Noise::new(self.seed);
        let cavity = self.cavity_centre();
        let sharp = |d: f64, width: f64| (d / width + 0.5).clamp(0.0, 1.0);
        let volume = Volume::from_fn(grid.clone(), |voxel| {
            let p = grid.world(voxel.map(|i| i as f64));
            let depth = self.inside(p);
            let cortex = sharp(depth, 0.1) * sharp(0.35 - depth, 0.1);
            let spongy = sharp(depth - 0.3, 0.1) * struts(p);
            let hole = sharp(self.cavity_mm - (p - cavity).norm(), 0.1);
            let bone = (cortex.max(spongy)) * (1.0 - hole);
            (40.0 + 760.0 * bone + self.noise * noise.normal()) as f32
        });
        let volume = howship_ops::gaussian(&volume, [0.06; 3]).unwrap();
        Scan {
            volume,
            unit: DensityUnit::MgHaPerCm3,
            known: howship_image::UnitKnown::Written,
            calibration: None,
        }
    }
}

/// A gyroid: struts and plates about 0.7 mm apart, bone volume fraction near 0.3.
fn struts(p: PointMm) -> f64 {
    let k = 2.0 * std::f64::consts::PI / 1.15;
    let (x, y, z) = (k * p.x, k * p.y, k * p.z);
    let g = x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
    ((g.abs() - 0.45) / -0.15 + 0.5).clamp(0.0, 1.0)
}

mod rand_like {
    /// A small seeded generator: sums of uniforms are normal enough for noise.
    pub(crate) struct Noise(u64);

    impl Noise {
        pub(crate) fn new(seed: u64) -> Self {
            Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
        }

        fn uniform(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }

        pub(crate) fn normal(&mut self) -> f64 {
            (0..6).map(|_| self.uniform()).sum::<f64>() * std::f64::consts::SQRT_2
                - 3.0 * std::f64::consts::SQRT_2
        }
    }
}
