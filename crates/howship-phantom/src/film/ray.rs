//! A ray through one bone: where it is in cortex, in marrow and in cavities.

use super::bone::Bone;
use super::solid::{LANES, Points, V};

/// How rays are stepped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stepping {
    /// Shortest step, mm: thinner bits may be missed by a ray that grazes them. Crossings are found by linear
    /// interpolation within a step.
    pub(crate) shortest_mm: f32,
}

impl Stepping {
    /// For measuring: crossings within 0.01 mm (tests against closed forms).
    pub(crate) const MEASURE: Self = Self { shortest_mm: 0.12 };
}

/// Most intervals that one ray keeps through one bone: more are joined to the last.
const MOST: usize = 8;

/// Sorted, disjoint stretches of a ray, mm from its origin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Intervals {
    count: usize,
    ends: [[f32; 2]; MOST],
}

impl Intervals {
    pub(crate) fn one(low: f32, high: f32) -> Self {
        let mut all = Self::default();
        all.push(low, high);
        all
    }

    pub(crate) fn as_slice(&self) -> &[[f32; 2]] {
        &self.ends[..self.count]
    }

    pub(crate) fn push(&mut self, low: f32, high: f32) {
        if !(high > low) {
            return;
        }
        if self.count == MOST {
            self.ends[MOST - 1][1] = high;
            return;
        }
        self.ends[self.count] = [low, high];
        self.count += 1;
    }

    pub(crate) fn length(&self) -> f32 {
        self.as_slice().iter().map(|[a, b]| b - a).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut out = Self::default();
        let (mut i, mut j) = (0, 0);
        let (a, b) = (self.as_slice(), other.as_slice());
        while i < a.len() && j < b.len() {
            out.push(a[i][0].max(b[j][0]), a[i][1].min(b[j][1]));
            if a[i][1] < b[j][1] { i += 1 } else { j += 1 }
        }
        out
    }

    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut out = Self::default();
        for &[low, high] in self.as_slice() {
            let mut from = low;
            for &[a, b] in other.as_slice() {
                if b <= from || a >= high {
                    continue;
                }
                out.push(from, a);
                from = from.max(b);
            }
            out.push(from, high);
        }
        out
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        let mut all = [[0f32; 2]; 2 * MOST];
        let mut n = 0;
        for e in self.as_slice().iter().chain(other.as_slice()) {
            all[n] = *e;
            n += 1;
        }
        all[..n].sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut out = Self::default();
        for &[a, b] in &all[..n] {
            match out.count.checked_sub(1) {
                Some(last) if a <= out.ends[last][1] => {
                    out.ends[last][1] = out.ends[last][1].max(b);
                }
                _ => out.push(a, b),
            }
        }
        out
    }
}

/// A ray in a bone's frame; `direction` has length 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ray {
    pub(crate) origin: V,
    pub(crate) direction: V,
}

impl Ray {
    pub(crate) fn at(&self, s: f32) -> V {
        self.origin + self.direction * s
    }

    /// The stretch within a box with corners `low` and `high`.
    pub(crate) fn within(&self, (low, high): &(V, V)) -> Option<[f32; 2]> {
        let mut range = [f32::NEG_INFINITY, f32::INFINITY];
        for a in 0..3 {
            let (o, d) = (self.origin[a], self.direction[a]);
            if d.abs() < 1e-9 {
                if o < low[a] || o > high[a] {
                    return None;
                }
                continue;
            }
            let (s, t) = ((low[a] - o) / d, (high[a] - o) / d);
            range = [range[0].max(s.min(t)), range[1].min(s.max(t))];
        }
        (range[1] > range[0]).then_some(range)
    }

    /// The stretch within an ellipsoid in a frame of its own (columns of `axes`), exact.
    pub(crate) fn in_ellipsoid(&self, centre: &V, axes: &[V; 3], radii: &V) -> Intervals {
        let o = self.origin - centre;
        let q = V::from_fn(|a, _| o.dot(&axes[a]) / radii[a]);
        let d = V::from_fn(|a, _| self.direction.dot(&axes[a]) / radii[a]);
        // From the point nearest the middle: a far origin would cost digits.
        let a = d.norm_squared();
        let nearest = -q.dot(&d) / a;
        let miss = (q + d * nearest).norm_squared();
        if !(miss < 1.0) {
            return Intervals::default();
        }
        let half = ((1.0 - miss) / a).sqrt();
        Intervals::one(nearest - half, nearest + half)
    }
}

/// Where a ray is inside a bone and inside its endosteal surface.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Crossing {
    pub(crate) outer: Intervals,
    pub(crate) inner: Intervals,
}

/// One ray on its way through a bone.
#[derive(Debug, Clone, Copy)]
struct Walk {
    out: Crossing,
    at: f32,
    to: f32,
    /// The step before: where, and both surfaces' values.
    last: Option<(f32, [f32; 2])>,
    open: [Option<f32>; 2],
    done: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            out: Crossing::default(),
            at: 0.0,
            to: 0.0,
            last: None,
            open: [None; 2],
            done: true,
        }
    }
}

impl Walk {
    fn new(bone: &Bone, ray: &Ray) -> Self {
        ray.within(&bone.bounds)
            .map_or_else(Self::default, |[at, to]| Self {
                at,
                to,
                done: false,
                ..Self::default()
            })
    }

    /// Takes in both surfaces' values where the ray is, and steps on.
    fn step(&mut self, values: [f32; 2], stepping: Stepping) {
        for (level, value) in values.into_iter().enumerate() {
            let before = self.last.map(|(at, all)| (at, all[level]));
            let crossed = |at: f32, old: f32| at + (self.at - at) * old / (old - value);
            match (before, self.open[level], value < 0.0) {
                (Some((at, old)), None, true) => self.open[level] = Some(crossed(at, old)),
                (None, None, true) => self.open[level] = Some(self.at),
                (Some((at, old)), Some(start), false) => {
                    let end = crossed(at, old);
                    self.target(level).push(start, end);
                    self.open[level] = None;
                }
                _ => {}
            }
        }
        if self.at >= self.to {
            self.finish();
            return;
        }
        self.last = Some((self.at, values));
        let near = values[0].abs().min(values[1].abs());
        self.at = (self.at + (0.85 * near).max(stepping.shortest_mm)).min(self.to);
    }

    fn finish(&mut self) {
        for level in 0..2 {
            if let Some(start) = self.open[level] {
                let to = self.to;
                self.target(level).push(start, to);
            }
        }
        self.done = true;
    }

    fn target(&mut self, level: usize) -> &mut Intervals {
        if level == 0 {
            &mut self.out.outer
        } else {
            &mut self.out.inner
        }
    }
}

/// Sphere tracing of both surfaces at once; crossings by linear interpolation. The crossing of each ray, at most
/// [`LANES`] of them.
pub(crate) fn cross(bone: &Bone, rays: &[Ray], stepping: Stepping) -> [Crossing; LANES] {
    let none = Walk::default();
    let mut walks = [none; LANES];
    for (walk, ray) in walks.iter_mut().zip(rays) {
        *walk = Walk::new(bone, ray);
    }
    while let Some(first) = walks.iter().position(|w| !w.done) {
        let mut at = [[0f32; LANES]; 3];
        // A ray that has ended stands where another is.
        let mut here = rays[first].at(walks[first].at);
        for (i, walk) in walks.iter().enumerate() {
            if !walk.done {
                here = rays[i].at(walk.at);
            }
            for a in 0..3 {
                at[a][i] = here[a];
            }
        }
        let (outer, cortex) = bone.outer(&Points::from_columns(at));
        let (outer, inner) = (outer.to_array(), (outer + cortex).to_array());
        for (i, walk) in walks.iter_mut().enumerate().filter(|(_, w)| !w.done) {
            walk.step([outer[i], inner[i]], stepping);
        }
    }
    walks.map(|w| w.out)
}

#[cfg(test)]
mod tests {
    use super::super::bone::{Bone, End, Section};
    use super::super::solid::{Solid, V};
    use super::*;

    fn section(_: f32) -> Section {
        Section {
            half: [5.0, 4.0],
            bow: 0.0,
            cortex: 1.0,
            trabecular: 0.1,
        }
    }

    fn down(x: f32, z: f32) -> Ray {
        Ray {
            origin: V::new(x, -50.0, z),
            direction: V::y(),
        }
    }

    /// Chords of a ball of 6 mm and of the ball 1 mm below its surface, to 0.01 mm (0.03 mm where the ray grazes).
    #[test]
    fn chords_of_a_ball() {
        let end = End {
            added: vec![Solid::ellipsoid([0.0, 0.0, 6.0], [6.0; 3])],
            seam: 1.0,
            ..End::default()
        };
        let ball = Bone::new(100.0, None, section, end, End::default());
        for i in 0..60 {
            let x = 0.0999 * i as f32;
            let crossing = cross(&ball, &[down(x, 6.0)], Stepping::MEASURE)[0];
            let chord = |r: f32| 2.0 * (r * r - x * x).max(0.0).sqrt();
            for (found, r) in [
                (crossing.outer.length(), 6.0),
                (crossing.inner.length(), 5.0),
            ] {
                let allowed = if r - x < 0.1 { 0.2 } else { 0.01 };
                assert!(
                    (found - chord(r)).abs() < allowed,
                    "{x} {r}: {found} {}",
                    chord(r)
                );
            }
        }
    }

    /// A slanted ray through a rounded box far from its edges: thickness over the cosine.
    #[test]
    fn chord_of_a_slab() {
        let end = End {
            added: vec![Solid::block([0.0; 3], [20.0, 3.0, 20.0], 0.5)],
            seam: 1.0,
            ..End::default()
        };
        let slab = Bone::new(100.0, None, section, end, End::default());
        for degrees in [0f32, 10.0, 30.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let ray = Ray {
                origin: V::new(-30.0 * sin, -30.0 * cos, 1.0),
                direction: V::new(sin, cos, 0.0),
            };
            let crossing = cross(&slab, &[ray], Stepping::MEASURE)[0];
            assert!((crossing.outer.length() - 6.0 / cos).abs() < 0.01);
            assert!((crossing.inner.length() - 4.0 / cos).abs() < 0.01);
        }
    }

    #[test]
    fn stretches_are_joined_and_cut() {
        let mut a = Intervals::one(0.0, 2.0);
        a.push(3.0, 5.0);
        let b = Intervals::one(1.0, 4.0);
        assert_eq!(a.and(&b).as_slice(), [[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(a.without(&b).as_slice(), [[0.0, 1.0], [4.0, 5.0]]);
        assert_eq!(a.or(&b).as_slice(), [[0.0, 5.0]]);
    }

    #[test]
    fn chord_of_an_ellipsoid_is_exact() {
        let axes = [V::x(), V::y(), V::z()];
        let chord = down(1.0, 0.0)
            .in_ellipsoid(&V::zeros(), &axes, &V::new(2.0, 3.0, 4.0))
            .length();
        assert!((chord - 6.0 * 0.75f32.sqrt()).abs() < 1e-4);
        assert!(
            down(2.5, 0.0)
                .in_ellipsoid(&V::zeros(), &axes, &V::new(2.0, 3.0, 4.0))
                .is_empty()
        );
    }
}
