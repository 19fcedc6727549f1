use nalgebra::{DMatrix, Vector3};
use std::sync::LazyLock;

/// Number of rays.
pub(crate) const RAYS: usize = 1000;
/// Highest degree of the spherical harmonics that describe a wall.
const DEGREE: usize = 8;
/// Number of patches into which directions are grouped for the error of the wall.
pub(crate) const PATCHES: usize = 60;

/// The rays of every cavity: the same at all visits, so that what they have in common cancels in a change.
pub(crate) static SPHERE: LazyLock<Sphere> = LazyLock::new(Sphere::new);

/// Directions on the unit sphere with the real spherical harmonics at each, and a division into patches.
pub(crate) struct Sphere {
    /// Unit vectors, evenly spread (Fibonacci lattice).
    pub(crate) directions: Vec<Vector3<f64>>,
    /// Orthonormal real harmonics: a row per direction, a column per function.
    pub(crate) basis: DMatrix<f64>,
    /// The same, one direction's values after the other's.
    by_direction: Vec<f64>,
    /// Degree of each column.
    pub(crate) degree: Vec<usize>,
    /// Nearest directions of each direction (6).
    pub(crate) neighbours: Vec<Vec<usize>>,
    /// Patch of each direction.
    pub(crate) patch: Vec<usize>,
}

impl Sphere {
    fn new() -> Self {
        let directions = fibonacci(RAYS);
        let columns = (DEGREE + 1) * (DEGREE + 1);
        let by_direction: Vec<f64> = directions.iter().flat_map(harmonics).collect();
        let basis = DMatrix::from_row_slice(RAYS, columns, &by_direction);
        let degree = (0..=DEGREE)
            .flat_map(|l| std::iter::repeat_n(l, 2 * l + 1))
            .collect();
        let neighbours = directions
            .iter()
            .map(|d| nearest(&directions, d, 7)[1..].to_vec())
            .collect();
        let seeds = fibonacci(PATCHES);
        let patch = directions
            .iter()
            .map(|d| nearest(&seeds, d, 1)[0])
            .collect();
        Self {
            directions,
            basis,
            by_direction,
            degree,
            neighbours,
            patch,
        }
    }

    /// The direction nearest to a unit vector: the lattice is ordered by z, so only a band is looked at.
    pub(crate) fn nearest(&self, direction: Vector3<f64>) -> usize {
        let n = self.directions.len();
        let middle = ((1.0 - direction.z) / 2.0 * n as f64) as usize;
        // Lattice points lie within 0.12 of each other; z runs evenly over 2.
        let half = (0.07 * n as f64) as usize;
        let (low, high) = (middle.saturating_sub(half), (middle + half).min(n));
        let mut best = (f64::NEG_INFINITY, low);
        for i in low..high {
            let closeness = self.directions[i].dot(&direction);
            if closeness > best.0 {
                best = (closeness, i);
            }
        }
        best.1
    }

    /// The harmonics' values in one direction.
    pub(crate) fn functions(&self, direction: usize) -> &[f64] {
        let columns = self.basis.ncols();
        &self.by_direction[direction * columns..(direction + 1) * columns]
    }

    /// Solid angle of one direction.
    pub(crate) fn solid_angle(&self) -> f64 {
        4.0 * std::f64::consts::PI / self.directions.len() as f64
    }
}

fn fibonacci(n: usize) -> Vec<Vector3<f64>> {
    let golden = std::f64::consts::PI * (1.0 + 5f64.sqrt());
    (0..n)
        .map(|i| {
            let z = 1.0 - 2.0 * (i as f64 + 0.5) / n as f64;
            let (sin, cos) = (golden * (i as f64 + 0.5)).sin_cos();
            let ring = (1.0 - z * z).sqrt();
            Vector3::new(ring * cos, ring * sin, z)
        })
        .collect()
}

/// Indices of the `count` vectors closest to a direction, closest first.
fn nearest(vectors: &[Vector3<f64>], direction: &Vector3<f64>, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    order.sort_by(|&a, &b| {
        vectors[b]
            .dot(direction)
            .total_cmp(&vectors[a].dot(direction))
            .then(a.cmp(&b))
    });
    order.truncate(count);
    order
}

/// Orthonormal real spherical harmonics up to [`DEGREE`], ordered by degree, then order −l..=l.
fn harmonics(d: &Vector3<f64>) -> Vec<f64> {
    let (x, z) = (d.z.clamp(-1.0, 1.0), d.y.atan2(d.x));
    let s = (1.0 - x * x).max(0.0).sqrt();
    // Normalised associated Legendre functions by the standard stable recurrences.
    let mut p = vec![vec![0f64; DEGREE + 1]; DEGREE + 1];
    p[0][0] = (1.0 / (4.0 * std::f64::consts::PI)).sqrt();
    for m in 1..=DEGREE {
        let m_f = m as f64;
        p[m][m] = s * ((2.0 * m_f + 1.0) / (2.0 * m_f)).sqrt() * p[m - 1][m - 1];
    }
    for m in 0..DEGREE {
        p[m + 1][m] = x * (2.0 * m as f64 + 3.0).sqrt() * p[m][m];
        for l in m + 2..=DEGREE {
            let (l_f, m_f) = (l as f64, m as f64);
            let a = ((4.0 * l_f * l_f - 1.0) / (l_f * l_f - m_f * m_f)).sqrt();
            let previous = l_f - 1.0;
            let b = ((previous * previous - m_f * m_f) / (4.0 * previous * previous - 1.0)).sqrt();
            p[l][m] = a * (x * p[l - 1][m] - b * p[l - 2][m]);
        }
    }
    let mut values = Vec::with_capacity((DEGREE + 1) * (DEGREE + 1));
    for l in 0..=DEGREE {
        for m in (1..=l).rev() {
            values.push(std::f64::consts::SQRT_2 * p[l][m] * (m as f64 * z).sin());
        }
        values.push(p[l][0]);
        for m in 1..=l {
            values.push(std::f64::consts::SQRT_2 * p[l][m] * (m as f64 * z).cos());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmonics_are_orthonormal_on_the_lattice() {
        let sphere = &SPHERE;
        let gram = sphere.basis.transpose() * &sphere.basis * sphere.solid_angle();
        let worst = (gram - DMatrix::identity(81, 81)).abs().max();
        assert!(worst < 0.02, "{worst}");
        assert_eq!(sphere.degree.len(), 81);
        assert!(sphere.patch.iter().all(|&p| p < PATCHES));
    }
}
