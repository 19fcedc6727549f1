use crate::pose::uniform;
use crate::{Error, error::Check};
use howship_image::VectorMm;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// A superellipsoid with an irregular wall, in its own frame (z points out of the bone, origin at the mouth).
#[derive(Debug, Clone)]
pub(crate) struct Cavity {
    /// Semi-axes: across, along, into the bone.
    pub(crate) radii: VectorMm,
    /// Depth of the centre below the mouth.
    pub(crate) sink: f64,
    pub(crate) exponent: f64,
    pub(crate) wall: Irregularity,
}

impl Cavity {
    /// From the full width, length and depth below the surface.
    pub(crate) fn new(size: [f64; 3], sink: f64, exponent: f64, wall: Irregularity) -> Self {
        let [width, length, depth] = size;
        Self {
            radii: VectorMm::new(width / 2.0, length / 2.0, depth - sink),
            sink,
            exponent,
            wall,
        }
    }

    /// Nearly a signed distance in mm, negative inside.
    pub(crate) fn distance(&self, local: VectorMm) -> f64 {
        let p = VectorMm::new(local.x, local.y, local.z + self.sink);
        let u = p.component_div(&self.radii);
        let e = self.exponent;
        let (k, slope) = if e == 2.0 {
            let k = u.norm();
            (k, u.component_div(&self.radii).norm() / k.max(1e-12))
        } else {
            let k = u.iter().map(|v| v.abs().powf(e)).sum::<f64>().powf(1.0 / e);
            let g =
                VectorMm::from_fn(|a, _| (u[a].abs() / k.max(1e-12)).powf(e - 1.0) / self.radii[a]);
            (k, g.norm())
        };
        if k < 1e-9 {
            return -self.radii.min();
        }
        (k - self.wall.radius(u / u.norm())) / slope
    }

    /// No point of the cavity is farther than this from the mouth's centre.
    pub(crate) fn reach(&self) -> f64 {
        // A superellipsoid of exponent above 2 bulges towards its corners, at most by √3.
        let corner = if self.exponent > 2.0 { 1.75 } else { 1.0 };
        self.radii.max() * corner * (1.0 + HOLD * self.wall.amplitude) + self.sink
    }

    /// Semi-axes of the mouth in the surface: narrower than the cavity where it is sunk.
    pub(crate) fn mouth(&self) -> [f64; 2] {
        let share = (1.0 - (self.sink / self.radii.z).powf(self.exponent)).max(0.0);
        let factor = share.powf(1.0 / self.exponent);
        [self.radii.x * factor, self.radii.y * factor]
    }
}

/// A lesion's shape and its course over the visits, as both specifications state them.
pub(crate) struct Course<'a> {
    pub(crate) width_mm: f64,
    pub(crate) length_mm: f64,
    pub(crate) depth_mm: f64,
    pub(crate) sink_mm: f64,
    pub(crate) exponent: f64,
    pub(crate) irregularity: f64,
    /// Factors per visit; all 1 where empty.
    pub(crate) depth_course: &'a [f64],
    pub(crate) width_course: &'a [f64],
}

impl Course<'_> {
    pub(crate) fn check(&self, field: &str, visits: usize) -> Result<(), Error> {
        let deepest = 0.9 * self.depth_mm;
        let size = "sizes are 0.05 to 20 mm";
        for (name, value, range, expected) in [
            ("width_mm", self.width_mm, 0.05..=20.0, size),
            ("length_mm", self.length_mm, 0.05..=20.0, size),
            ("depth_mm", self.depth_mm, 0.05..=20.0, size),
            (
                "sink_mm",
                self.sink_mm,
                0.0..=deepest,
                "it is 0 to 0.9 of the depth",
            ),
            ("exponent", self.exponent, 1.5..=8.0, "it is 1.5 to 8"),
            (
                "irregularity",
                self.irregularity,
                0.0..=0.4,
                "it is 0 to 0.4",
            ),
        ] {
            Check::within(format!("{field}.{name}"), value, range, expected)?;
        }
        for (name, course) in [
            ("depth_course", self.depth_course),
            ("width_course", self.width_course),
        ] {
            Check::course(&format!("{field}.{name}"), course, visits, 10.0)?;
        }
        Ok(())
    }

    /// The cavity at a visit, or `None` where there is no lesion.
    pub(crate) fn cavity(&self, visit: usize, wall: &Irregularity) -> Option<Cavity> {
        let deep = self.depth_course.get(visit).copied().unwrap_or(1.0);
        let wide = self.width_course.get(visit).copied().unwrap_or(1.0);
        // Below 2 % of its size a lesion is gone: thinner than any scanner or bone cell sees.
        if deep < 0.02 || wide < 0.02 {
            return None;
        }
        let size = [
            self.width_mm * wide,
            self.length_mm * wide,
            self.depth_mm * deep,
        ];
        let sink = self.sink_mm * deep;
        Some(Cavity::new(size, sink, self.exponent, wall.clone()))
    }
}

/// Random real spherical harmonics of degree 2 to 4: the wall's relative deviation from the smooth shape.
#[derive(Debug, Clone)]
pub(crate) struct Irregularity {
    amplitude: f64,
    waves: Vec<(VectorMm, f64)>,
}

/// The wall is held beyond this many amplitudes.
const HOLD: f64 = 1.5;

impl Irregularity {
    pub(crate) fn none() -> Self {
        Self {
            amplitude: 0.0,
            waves: Vec::new(),
        }
    }

    /// Sums of zonal harmonics about random axes, which span all harmonics of their degree.
    pub(crate) fn new(amplitude: f64, seed: u64) -> Self {
        if amplitude <= 0.0 {
            return Self::none();
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let waves = (0..9)
            .map(|_| {
                let z = 2.0 * uniform(&mut rng) - 1.0;
                let turn = std::f64::consts::TAU * uniform(&mut rng);
                let r = (1.0 - z * z).sqrt();
                let axis = VectorMm::new(r * turn.cos(), r * turn.sin(), z);
                (axis, 2.0 * uniform(&mut rng) - 1.0)
            })
            .collect();
        Self { amplitude, waves }
    }

    /// Relative radius in a direction; 1 for a smooth wall.
    fn radius(&self, direction: VectorMm) -> f64 {
        let sum: f64 = self
            .waves
            .iter()
            .enumerate()
            .map(|(i, (axis, weight))| weight * legendre(2 + i % 3, axis.dot(&direction)))
            .sum();
        // Nine waves of random weight have an SD near 0.7.
        1.0 + self.amplitude * (sum / 0.7).clamp(-HOLD, HOLD)
    }
}

fn legendre(degree: usize, x: f64) -> f64 {
    let x2 = x * x;
    match degree {
        2 => 1.5 * x2 - 0.5,
        3 => x * (2.5 * x2 - 1.5),
        _ => (35.0 * x2 * x2 - 30.0 * x2 + 3.0) / 8.0,
    }
}
