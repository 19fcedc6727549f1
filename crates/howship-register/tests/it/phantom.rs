//! A bone whose density is a smooth function of position: it is evaluated, not resampled, at any pose.

use howship_image::{Geometry, Mask, PointMm, RigidTransform, VectorMm, Volume};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// An ellipsoid with a cortex and trabeculae (level set of a band-limited random field), blurred by the scanner.
#[derive(Clone)]
pub struct Bone {
    /// Where it lies before any motion.
    pub centre: PointMm,
    /// Half axes in mm.
    pub axes: [f64; 3],
    /// Cortex in mm.
    pub cortex: f64,
    /// Standard deviation of the scanner's blur in mm.
    pub blur: f64,
    /// Share of full trabecular contrast (0 = solid marrow).
    pub texture: f64,
    /// A sphere of missing bone: centre (relative to the bone's) and radius.
    pub erosion: Option<(VectorMm, f64)>,
    waves: Vec<(VectorMm, f64)>,
}

/// Densities of soft tissue, marrow, trabeculae and cortex in mgHA/cm³.
const TISSUE: f64 = 0.0;
const MARROW: f64 = -50.0;
const TRABECULA: f64 = 550.0;
const CORTEX: f64 = 700.0;

impl Bone {
    /// A bone with its own texture. `pitch` is the distance between trabeculae in mm.
    pub fn new(seed: u64, axes: [f64; 3], pitch: f64, blur: f64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let waves = (0..24)
            .map(|_| {
                let v = VectorMm::from_fn(|_, _| StandardNormal.sample(&mut random));
                let length = std::f64::consts::TAU / pitch * random.random_range(0.8..1.25);
                (
                    v.normalize() * length,
                    random.random_range(0.0..std::f64::consts::TAU),
                )
            })
            .collect();
        Self {
            centre: PointMm::origin(),
            axes,
            cortex: 0.12 * axes[0],
            blur,
            texture: 1.0,
            erosion: None,
            waves,
        }
    }

    /// Signed distance to the surface (first order), negative inside.
    fn depth(&self, p: VectorMm) -> f64 {
        let scaled = VectorMm::new(p.x / self.axes[0], p.y / self.axes[1], p.z / self.axes[2]);
        let level = scaled.norm();
        let slope = VectorMm::from_fn(|a, _| scaled[a] / self.axes[a]).norm() / level.max(1e-9);
        (level - 1.0) / slope.max(1e-3)
    }

    /// Density at a point.
    pub fn density(&self, at: PointMm) -> f64 {
        let p = at - self.centre;
        let depth = self.depth(p);
        if depth > 6.0 * self.blur {
            return TISSUE;
        }
        let outer = edge(depth, self.blur);
        let inner = edge(depth + self.cortex, self.blur);
        let mut core = MARROW;
        if self.texture > 0.0 && inner > 1e-9 {
            let sum: f64 = self
                .waves
                .iter()
                .map(|(k, phase)| (k.dot(&p) + phase).cos())
                .sum();
            let field = sum / (self.waves.len() as f64 / 2.0).sqrt();
            core += self.texture * (TRABECULA - MARROW) * edge(0.4 - field, 0.45);
        }
        let bone = TISSUE * (1.0 - outer) + CORTEX * (outer - inner) + core * inner;
        match self.erosion {
            Some((centre, radius)) => {
                let hole = edge((p - centre).norm() - radius, self.blur);
                bone * (1.0 - hole) + 20.0 * hole
            }
            None => bone,
        }
    }
}

/// 1 inside (negative distance), 0 outside, blurred.
fn edge(distance: f64, blur: f64) -> f64 {
    0.5 * (1.0
        - (distance / blur * 0.797_884_6 * (1.0 + 0.044_715 * (distance / blur).powi(2))).tanh())
}

/// The scene on a grid after a motion of world points (`None`: where the bones lie at the first visit).
pub fn render(bones: &[(&Bone, RigidTransform)], grid: &Geometry) -> Volume<f32> {
    let back: Vec<RigidTransform> = bones.iter().map(|(_, motion)| motion.inverse()).collect();
    Volume::from_fn(grid.clone(), |[x, y, z]| {
        let world = grid.world([x as f64, y as f64, z as f64]);
        bones
            .iter()
            .zip(&back)
            .map(|((bone, _), back)| bone.density(back.apply(world)))
            .sum::<f64>() as f32
    })
}

/// Adds noise of a standard deviation, correlated over about one voxel as reconstruction leaves it.
pub fn add_noise(volume: &mut Volume<f32>, sd: f64, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut noise: Vec<f32> = (0..volume.data().len())
        .map(|_| StandardNormal.sample(&mut random))
        .collect();
    let [nx, ny, nz] = volume.size();
    let stride = [1, nx, nx * ny];
    let size = [nx, ny, nz];
    let (side, middle) = (0.22f32, 0.56f32);
    for a in 0..3 {
        let source = noise.clone();
        for (i, out) in noise.iter_mut().enumerate() {
            let at = (i / stride[a]) % size[a];
            let before = if at > 0 {
                source[i - stride[a]]
            } else {
                source[i + stride[a]]
            };
            let after = if at + 1 < size[a] {
                source[i + stride[a]]
            } else {
                source[i - stride[a]]
            };
            *out = middle * source[i] + side * (before + after);
        }
    }
    let gain = (2.0 * side * side + middle * middle).powf(1.5);
    for (v, n) in volume.data_mut().iter_mut().zip(noise) {
        *v += n * (sd as f32) / gain;
    }
}

/// The bone (at rest) and everything within a margin of it.
pub fn mask(bone: &Bone, grid: &Geometry, margin: f64) -> Mask {
    Volume::from_fn(grid.clone(), |[x, y, z]| {
        let world = grid.world([x as f64, y as f64, z as f64]);
        u8::from(bone.depth(world - bone.centre) < margin)
    })
}

/// A cubic grid about the origin.
pub fn cube(n: usize, spacing: f64) -> Geometry {
    let first = -(n as f64 - 1.0) / 2.0 * spacing;
    Geometry::new([n; 3], [spacing; 3], [first; 3], IDENTITY).unwrap()
}

pub const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// A random motion about a point: uniform within a ball of rotations and one of translations.
pub fn motion(seed: u64, about: PointMm, most_rad: f64, most_mm: f64) -> RigidTransform {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut ball = |radius: f64| loop {
        let v = VectorMm::from_fn(|_, _| random.random_range(-1.0..1.0));
        if v.norm() <= 1.0 {
            return v * radius;
        }
    };
    let turn = ball(most_rad);
    RigidTransform::about(about, turn, ball(most_mm))
}

/// Mean and largest distance in mm between where two poses put the points of a mask.
pub fn error_mm(found: &RigidTransform, truth: &RigidTransform, mask: &Mask) -> (f64, f64) {
    let (mut sum, mut n, mut most) = (0.0, 0.0, 0f64);
    for (offset, &inside) in mask.data().iter().enumerate() {
        if inside == 0 || offset % 7 != 0 {
            continue;
        }
        let p = mask
            .geometry()
            .world(mask.geometry().voxel(offset).map(|v| v as f64));
        let d = (found.apply(p) - truth.apply(p)).norm();
        sum += d;
        n += 1.0;
        most = most.max(d);
    }
    (sum / n, most)
}

/// Squared Mahalanobis distance of the true pose under a registration's covariance.
pub fn mahalanobis(found: &howship_register::Registration, truth: &RigidTransform) -> f64 {
    let at = found.transform.apply(found.centre);
    let rest = truth.after(&found.transform.inverse());
    let turn = rest.isometry().rotation.scaled_axis();
    let shift = rest.apply(at) - at;
    let e = nalgebra::Vector6::new(turn.x, turn.y, turn.z, shift.x, shift.y, shift.z);
    let c = nalgebra::Matrix6::from_fn(|r, k| found.covariance[r][k]);
    e.dot(&c.cholesky().unwrap().solve(&e))
}
