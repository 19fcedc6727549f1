//! A thin plate through weighted heights: follows ridges and steps where it has data, spans what has none.

use super::Edge;

/// A bicubic B-spline on a square grid about the origin, held by its bending energy.
///
/// # Method
/// `Σ w (h − z)² + λ Σ (second differences of the coefficients)²`, cross differences counted twice: the energy of a
/// thin plate. Where there are no heights, the plate's equation Δ²h = 0 spans the gap; every cubic surface obeys it.
pub(super) struct ThinPlate {
    half: usize,
    step_mm: f64,
    coefficients: Vec<f64>,
}

/// Weights of the four B-splines around a place between two nodes, 0 to 1.
fn weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        t * t * t / 6.0,
    ]
}

/// Their derivatives by the place.
fn slopes(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        -0.5 * s * s,
        1.5 * t * t - 2.0 * t,
        2.0 * s - 1.5 * s * s,
        0.5 * t * t,
    ]
}

impl ThinPlate {
    /// Fits the plate to edges with weights; `None` where they do not hold it.
    pub(super) fn fit(
        edges: &[&Edge],
        edge_weights: &[f64],
        (radius_mm, step_mm): (f64, f64),
        stiffness: f64,
    ) -> Option<Self> {
        let half = (radius_mm / step_mm).ceil() as usize + 2;
        let mut plate = Self {
            half,
            step_mm,
            coefficients: Vec::new(),
        };
        let side = plate.side();
        let mut system = Banded::new(side * side, 3 * side + 3);
        for (edge, &weight) in edges.iter().zip(edge_weights) {
            if weight <= 0.0 {
                continue;
            }
            let (nodes, values) = plate.row(edge.u, edge.v, weights, weights)?;
            for (a, x) in nodes.iter().zip(values) {
                system.right[*a] += weight * x * edge.height;
                for (b, y) in nodes.iter().zip(values).filter(|(b, _)| *b <= a) {
                    system.add(*a, *b, weight * x * y);
                }
            }
        }
        plate.add_bending(&mut system, stiffness);
        plate.coefficients = system.solve()?;
        Some(plate)
    }

    fn side(&self) -> usize {
        2 * self.half + 1
    }

    /// The sixteen nodes around a place and the products of two sets of weights there.
    fn row(
        &self,
        u: f64,
        v: f64,
        along_u: fn(f64) -> [f64; 4],
        along_v: fn(f64) -> [f64; 4],
    ) -> Option<([usize; 16], [f64; 16])> {
        let place = |x: f64| {
            let x = x / self.step_mm + self.half as f64;
            let first = x.floor();
            (first >= 1.0 && first + 2.0 < self.side() as f64)
                .then(|| (first as usize - 1, x - first))
        };
        let ((i, s), (j, t)) = (place(u)?, place(v)?);
        let (a, b) = (along_u(s), along_v(t));
        let node = |k: usize| i + k % 4 + self.side() * (j + k / 4);
        Some((
            std::array::from_fn(node),
            std::array::from_fn(|k| a[k % 4] * b[k / 4]),
        ))
    }

    fn add_bending(&self, system: &mut Banded, stiffness: f64) {
        let side = self.side();
        let mut penalise = |parts: &[(usize, f64)], weight: f64| {
            for (a, x) in parts {
                for (b, y) in parts.iter().filter(|(b, _)| b <= a) {
                    system.add(*a, *b, weight * x * y);
                }
            }
        };
        for j in 0..side {
            for i in 0..side {
                let at = i + side * j;
                if i + 2 < side {
                    penalise(&[(at, 1.0), (at + 1, -2.0), (at + 2, 1.0)], stiffness);
                }
                if j + 2 < side {
                    penalise(
                        &[(at, 1.0), (at + side, -2.0), (at + 2 * side, 1.0)],
                        stiffness,
                    );
                }
                if i + 1 < side && j + 1 < side {
                    let corners = [
                        (at, 1.0),
                        (at + 1, -1.0),
                        (at + side, -1.0),
                        (at + side + 1, 1.0),
                    ];
                    penalise(&corners, 2.0 * stiffness);
                }
            }
        }
    }

    fn sum(&self, row: Option<([usize; 16], [f64; 16])>) -> Option<f64> {
        let (nodes, values) = row?;
        let products = nodes.iter().zip(values);
        Some(products.map(|(&n, x)| self.coefficients[n] * x).sum())
    }

    /// Height at a place; `None` beyond the grid.
    pub(super) fn height(&self, u: f64, v: f64) -> Option<f64> {
        self.sum(self.row(u, v, weights, weights))
    }

    /// Derivatives of the height.
    pub(super) fn slope(&self, u: f64, v: f64) -> Option<(f64, f64)> {
        let du = self.sum(self.row(u, v, slopes, weights))?;
        let dv = self.sum(self.row(u, v, weights, slopes))?;
        Some((du / self.step_mm, dv / self.step_mm))
    }
}

/// A symmetric positive system whose entries lie near the diagonal.
struct Banded {
    width: usize,
    /// Lower triangle: entry (i, i − k) at `i · (width + 1) + k`.
    lower: Vec<f64>,
    right: Vec<f64>,
}

/// Holds nodes that neither data nor bending hold.
const LEAST: f64 = 1e-9;

impl Banded {
    fn new(count: usize, width: usize) -> Self {
        let mut lower = vec![0.0; count * (width + 1)];
        lower.iter_mut().step_by(width + 1).for_each(|d| *d = LEAST);
        Self {
            width,
            lower,
            right: vec![0.0; count],
        }
    }

    fn add(&mut self, i: usize, j: usize, value: f64) {
        self.lower[i * (self.width + 1) + (i - j)] += value;
    }

    /// Cholesky's decomposition within the band, then both substitutions.
    fn solve(mut self) -> Option<Vec<f64>> {
        let (n, w) = (self.right.len(), self.width + 1);
        for i in 0..n {
            let first = i.saturating_sub(self.width);
            for j in first..=i {
                let from = first.max(j.saturating_sub(self.width));
                let (row_i, row_j) = (i * w + i, j * w + j);
                let mut sum = self.lower[row_i - j];
                for k in from..j {
                    sum -= self.lower[row_i - k] * self.lower[row_j - k];
                }
                if i == j {
                    if !(sum > 0.0) {
                        return None;
                    }
                    self.lower[row_i - j] = sum.sqrt();
                } else {
                    self.lower[row_i - j] = sum / self.lower[row_j - j];
                }
            }
        }
        let mut x = self.right;
        for i in 0..n {
            for k in i.saturating_sub(self.width)..i {
                x[i] -= self.lower[i * w + i - k] * x[k];
            }
            x[i] /= self.lower[i * w];
        }
        for i in (0..n).rev() {
            x[i] /= self.lower[i * w];
            for k in i.saturating_sub(self.width)..i {
                x[k] -= self.lower[i * w + i - k] * x[i];
            }
        }
        Some(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(height: impl Fn(f64, f64) -> f64, hole: f64) -> Vec<Edge> {
        let mut edges = Vec::new();
        for i in -24..=24 {
            for j in -24..=24 {
                let (u, v) = (0.125 * f64::from(i), 0.125 * f64::from(j));
                let r = u.hypot(v);
                if (hole..3.0).contains(&r) {
                    edges.push(Edge {
                        u,
                        v,
                        height: height(u, v),
                    });
                }
            }
        }
        edges
    }

    fn plate(edges: &[Edge]) -> ThinPlate {
        let all: Vec<&Edge> = edges.iter().collect();
        ThinPlate::fit(&all, &vec![1.0; all.len()], (3.0, 0.25), 0.5).unwrap()
    }

    #[test]
    fn a_plane_stays_a_plane_and_a_cubic_is_spanned() {
        let plane = |u: f64, v: f64| 0.2 + 0.3 * u - 0.1 * v;
        let cubic = |u: f64, v: f64| -0.12 * u * u - 0.08 * v * v + 0.05 * u * v + 0.01 * u * u * u;
        let (flat, curved) = (plate(&edges(plane, 1.2)), plate(&edges(cubic, 1.2)));
        for (u, v) in [(0.0, 0.0), (0.8, -0.3), (-1.9, 1.1)] {
            assert!((flat.height(u, v).unwrap() - plane(u, v)).abs() < 1e-5);
            let (found, truth) = (curved.height(u, v).unwrap(), cubic(u, v));
            // Across a mouth of 2.4 mm, a tenth of a voxel.
            assert!((found - truth).abs() < 0.008, "{found} for {truth}");
            let (du, dv) = flat.slope(u, v).unwrap();
            assert!((du - 0.3).abs() < 1e-4 && (dv + 0.1).abs() < 1e-4);
        }
        assert!(flat.height(9.0, 0.0).is_none());
    }

    #[test]
    fn a_ridge_is_followed_where_a_cubic_cannot() {
        // Two faces at 90°, rounded over 0.4 mm.
        let ridge = |u: f64, _: f64| -(u * u + 0.16f64).sqrt();
        let found = plate(&edges(ridge, 0.0));
        for u in [-1.5, -0.5, 0.0, 0.3, 1.0] {
            let (h, truth) = (found.height(u, 0.2).unwrap(), ridge(u, 0.2));
            assert!((h - truth).abs() < 0.04, "{h} for {truth} at {u}");
        }
    }
}
