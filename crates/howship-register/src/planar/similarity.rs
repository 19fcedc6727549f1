use serde::{Deserialize, Serialize};

/// A shift, rotation and scale in the plane: `x' = a x − b y + shift[0]`, `y' = b x + a y + shift[1]`.
///
/// With y down, a positive rotation turns clockwise on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    /// Scale times cosine.
    pub a: f64,
    /// Scale times sine.
    pub b: f64,
    /// Pixels.
    pub shift: [f64; 2],
}

impl Similarity {
    /// No motion.
    #[must_use]
    pub fn identity() -> Self {
        Self {
            a: 1.0,
            b: 0.0,
            shift: [0.0; 2],
        }
    }

    /// Rotation (radians) and scale about a centre, then a shift.
    #[must_use]
    pub fn about(centre: [f64; 2], rotation: f64, scale: f64, shift: [f64; 2]) -> Self {
        let (a, b) = (scale * rotation.cos(), scale * rotation.sin());
        let turned = [a * centre[0] - b * centre[1], b * centre[0] + a * centre[1]];
        Self {
            a,
            b,
            shift: std::array::from_fn(|i| centre[i] - turned[i] + shift[i]),
        }
    }

    /// Where a point goes.
    #[inline]
    #[must_use]
    pub fn apply(&self, p: [f64; 2]) -> [f64; 2] {
        let [x, y] = self.turn(p);
        [x + self.shift[0], y + self.shift[1]]
    }

    /// Where a displacement goes.
    #[inline]
    #[must_use]
    pub fn turn(&self, v: [f64; 2]) -> [f64; 2] {
        [self.a * v[0] - self.b * v[1], self.b * v[0] + self.a * v[1]]
    }

    /// First `first`, then this.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        Self {
            a: self.a * first.a - self.b * first.b,
            b: self.b * first.a + self.a * first.b,
            shift: self.apply(first.shift),
        }
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let det = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / det, -self.b / det);
        let [x, y] = self.shift;
        Self {
            a,
            b,
            shift: [-(a * x - b * y), -(b * x + a * y)],
        }
    }

    /// Scale.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Rotation in radians.
    #[must_use]
    pub fn rotation(&self) -> f64 {
        self.b.atan2(self.a)
    }

    /// The mean of two nearly equal motions.
    pub(crate) fn mean(&self, other: &Self) -> Self {
        Self {
            a: 0.5 * (self.a + other.a),
            b: 0.5 * (self.b + other.b),
            shift: std::array::from_fn(|i| 0.5 * (self.shift[i] + other.shift[i])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let m = Similarity::about([100.0, 80.0], 0.1, 1.02, [3.0, -4.0]);
        let p = [31.0, 77.0];
        let q = m.inverse().apply(m.apply(p));
        assert!((q[0] - p[0]).abs() < 1e-12 && (q[1] - p[1]).abs() < 1e-12);
        let round = m.after(&m.inverse());
        assert!((round.a - 1.0).abs() < 1e-12 && round.shift[0].abs() < 1e-9);
        assert_eq!(m.apply([100.0, 80.0]), [103.0, 76.0]);
        assert!((m.scale() - 1.02).abs() < 1e-12 && (m.rotation() - 0.1).abs() < 1e-12);
    }
}
