//! Shapes as (nearly) signed distances in f32 millimetres: what rays through a film's bones meet.

use nalgebra::Vector3;

/// A point or direction in a bone's frame, mm: x across, y dorsal, z towards the fingertip.
pub(crate) type V = Vector3<f32>;

/// A filled shape.
#[derive(Debug, Clone)]
pub(crate) enum Solid {
    Ellipsoid(Ellipsoid),
    Block(Block),
}

impl Solid {
    pub(crate) fn ellipsoid(centre: [f32; 3], radii: [f32; 3]) -> Self {
        Self::Ellipsoid(Ellipsoid::new(V::from(centre), V::from(radii)))
    }

    pub(crate) fn block(centre: [f32; 3], half: [f32; 3], rounding: f32) -> Self {
        let half = V::from(half);
        let rounding = rounding.min(half.min());
        Self::Block(Block {
            centre: V::from(centre),
            half: half.add_scalar(-rounding),
            rounding,
        })
    }

    #[inline]
    pub(crate) fn distance(&self, p: &V) -> f32 {
        match self {
            Self::Ellipsoid(e) => e.distance(p),
            Self::Block(b) => b.distance(p),
        }
    }

    /// Lowest and highest corner.
    pub(crate) fn bounds(&self) -> (V, V) {
        let (centre, half) = match self {
            Self::Ellipsoid(e) => (e.centre, e.radii),
            Self::Block(b) => (b.centre, b.half.add_scalar(b.rounding)),
        };
        (centre - half, centre + half)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Ellipsoid {
    pub(crate) centre: V,
    pub(crate) radii: V,
    inverse: V,
}

impl Ellipsoid {
    pub(crate) fn new(centre: V, radii: V) -> Self {
        Self {
            centre,
            radii,
            inverse: radii.map(|r| 1.0 / r),
        }
    }

    /// The surface a distance farther out, for a joint's other side.
    pub(crate) fn grown(&self, by: f32) -> Self {
        Self::new(self.centre, self.radii.add_scalar(by))
    }

    /// `(k − 1) k / |∇k²/2|`: exact at the surface, negative inside.
    #[inline]
    pub(crate) fn distance(&self, p: &V) -> f32 {
        let u = (p - self.centre).component_mul(&self.inverse);
        let k0 = u.norm();
        let k1 = u.component_mul(&self.inverse).norm();
        if k1 < 1e-6 {
            return -self.radii.min();
        }
        k0 * (k0 - 1.0) / k1
    }
}

/// A box with rounded edges; its distance is exact.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    centre: V,
    half: V,
    rounding: f32,
}

impl Block {
    #[inline]
    fn distance(&self, p: &V) -> f32 {
        let q = (p - self.centre).abs() - self.half;
        let outside = q.map(|v| v.max(0.0)).norm();
        outside + q.max().min(0.0) - self.rounding
    }
}

/// Union whose seam is rounded over a width `k` (polynomial smooth minimum).
#[inline]
pub(crate) fn union(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0);
    a.min(b) - h * h * 0.25 / k
}

/// What is in `a` and not in `b`, with a rounded edge.
#[inline]
pub(crate) fn difference(a: f32, b: f32, k: f32) -> f32 {
    -union(-a, b, k)
}

/// Smooth step from 0 at `low` to 1 at `high`.
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
