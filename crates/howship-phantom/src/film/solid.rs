//! Shapes as (nearly) signed distances in f32 millimetres, at eight points at once: what rays through a film's bones meet.

use nalgebra::Vector3;
use wide::f32x8;

/// A point or direction in a bone's frame, mm: x across, y dorsal, z towards the fingertip.
pub(crate) type V = Vector3<f32>;

/// Eight points, for the time goes into roots and quotients: neighbouring rays take them together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Points {
    pub(crate) x: f32x8,
    pub(crate) y: f32x8,
    pub(crate) z: f32x8,
}

/// How many points or rays are taken together.
pub(crate) const LANES: usize = 8;

impl Points {
    /// The points of a list of up to eight; the last one stands for those that are missing.
    pub(crate) fn new(points: &[V]) -> Self {
        let of = |a: usize| {
            let at = |i: usize| points.get(i).or(points.last()).map_or(0.0, |p| p[a]);
            std::array::from_fn(at)
        };
        Self::from_columns([of(0), of(1), of(2)])
    }

    /// From all x, all y, all z.
    #[inline]
    pub(crate) fn from_columns([x, y, z]: [[f32; LANES]; 3]) -> Self {
        Self {
            x: f32x8::new(x),
            y: f32x8::new(y),
            z: f32x8::new(z),
        }
    }

    #[inline]
    fn from(&self, centre: &V) -> Self {
        Self {
            x: self.x - f32x8::splat(centre.x),
            y: self.y - f32x8::splat(centre.y),
            z: self.z - f32x8::splat(centre.z),
        }
    }

    #[inline]
    fn times(&self, by: &V) -> Self {
        Self {
            x: self.x * f32x8::splat(by.x),
            y: self.y * f32x8::splat(by.y),
            z: self.z * f32x8::splat(by.z),
        }
    }

    #[inline]
    fn norm(&self) -> f32x8 {
        (self.x * self.x + self.y * self.y + self.z * self.z).sqrt()
    }
}

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
    pub(crate) fn distance(&self, p: &Points) -> f32x8 {
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
    fn distance(&self, p: &Points) -> f32x8 {
        let u = p.from(&self.centre).times(&self.inverse);
        let k0 = u.norm();
        let k1 = u.times(&self.inverse).norm();
        let far = k0 * (k0 - f32x8::ONE) / k1;
        let middle = k1.simd_lt(f32x8::splat(1e-6));
        middle.select(f32x8::splat(-self.radii.min()), far)
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
    fn distance(&self, p: &Points) -> f32x8 {
        let q = p.from(&self.centre);
        let x = q.x.abs() - f32x8::splat(self.half.x);
        let y = q.y.abs() - f32x8::splat(self.half.y);
        let z = q.z.abs() - f32x8::splat(self.half.z);
        let (u, v) = (x.fast_max(f32x8::ZERO), y.fast_max(f32x8::ZERO));
        let w = z.fast_max(f32x8::ZERO);
        let outside = (u * u + v * v + w * w).sqrt();
        let inside = x.fast_max(y).fast_max(z).fast_min(f32x8::ZERO);
        outside + inside - f32x8::splat(self.rounding)
    }
}

/// Union whose seam is rounded over a width `k` (polynomial smooth minimum).
#[inline]
pub(crate) fn union(a: f32x8, b: f32x8, k: f32) -> f32x8 {
    let k = f32x8::splat(k);
    let h = (k - (a - b).abs()).fast_max(f32x8::ZERO);
    a.fast_min(b) - h * h * f32x8::splat(0.25) / k
}

/// What is in `a` and not in `b`, with a rounded edge.
#[inline]
pub(crate) fn difference(a: f32x8, b: f32x8, k: f32) -> f32x8 {
    -union(-a, b, k)
}

/// Smooth step from 0 at `low` to 1 at `high`.
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
