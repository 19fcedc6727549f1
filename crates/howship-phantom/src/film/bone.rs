//! One bone of a film: its outer surface, cortex and trabecular share.

use super::solid::{LANES, Points, Solid, V, difference, union};
use wide::f32x8;

/// Nodes of the tables along a bone's axis.
const NODES: usize = 64;

/// What a table along the axis holds at one height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Section {
    /// Half width and half depth of the shaft, mm.
    pub(crate) half: [f32; 2],
    /// Dorsal shift of the shaft's middle, mm.
    pub(crate) bow: f32,
    /// Thickness of cortex or subchondral plate, mm.
    pub(crate) cortex: f32,
    /// Share of the marrow space that is bone.
    pub(crate) trabecular: f32,
}

/// What is added to and taken from a bone at one of its ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct End {
    pub(crate) added: Vec<Solid>,
    /// Over this width seams between the added solids and the shaft are rounded, mm.
    pub(crate) seam: f32,
    pub(crate) recesses: Vec<Solid>,
    /// The neighbour's articular surface, grown by the joint space.
    pub(crate) socket: Vec<Solid>,
}

impl End {
    /// The surface of this end and of the shaft, where there is one.
    #[inline]
    fn with(&self, shaft: Option<f32x8>, p: &Points) -> f32x8 {
        let mut f = shaft;
        for solid in &self.added {
            let d = solid.distance(p);
            f = Some(f.map_or(d, |f| union(f, d, self.seam)));
        }
        let mut f = f.unwrap_or(f32x8::splat(f32::INFINITY));
        for recess in &self.recesses {
            f = difference(f, recess.distance(p), 0.7);
        }
        if let Some((first, rest)) = self.socket.split_first() {
            let mut s = first.distance(p);
            for other in rest {
                s = union(s, other.distance(p), self.seam);
            }
            f = difference(f, s, 0.5);
        }
        f
    }
}

/// A bone in its own frame: x to the thumb's side, y dorsal, z from base (0) to the tip of the head (`length`).
#[derive(Debug, Clone)]
pub(crate) struct Bone {
    pub(crate) length: f32,
    /// Whether there is a shaft: carpals have none.
    shaft: Option<[f32; 2]>,
    table: Vec<Section>,
    table_scale: f32,
    table_low: f32,
    pub(crate) proximal: End,
    pub(crate) distal: End,
    /// Growth plates not yet closed: height and half thickness, mm.
    pub(crate) growth_plates: Vec<[f32; 2]>,
    pub(crate) bounds: (V, V),
}

impl Bone {
    /// A bone from its section at every height from `low` to `high`, and its ends.
    pub(crate) fn new(
        length: f32,
        shaft: Option<[f32; 2]>,
        section: impl Fn(f32) -> Section,
        proximal: End,
        distal: End,
    ) -> Self {
        let mut bounds = (V::repeat(f32::INFINITY), V::repeat(f32::NEG_INFINITY));
        let mut include = |low: V, high: V| {
            bounds.0 = bounds.0.inf(&low);
            bounds.1 = bounds.1.sup(&high);
        };
        for solid in proximal.added.iter().chain(&distal.added) {
            let (low, high) = solid.bounds();
            include(low, high);
        }
        let (low, high) = shaft.map_or((0.0, length), |s| (s[0], s[1]));
        let table_low = low.min(bounds.0.z.min(0.0)) - 1.0;
        let table_high = high.max(bounds.1.z.max(length)) + 1.0;
        let step = (table_high - table_low) / (NODES - 1) as f32;
        let table: Vec<Section> = (0..NODES)
            .map(|i| section(table_low + step * i as f32))
            .collect();
        if shaft.is_some() {
            for s in &table {
                let z = V::new(0.0, 0.0, 0.5 * (low + high));
                let half = V::new(s.half[0], s.half[1] + s.bow.abs(), 0.5 * (high - low));
                bounds.0 = bounds.0.inf(&(z - half));
                bounds.1 = bounds.1.sup(&(z + half));
            }
        }
        let margin = V::repeat(0.6);
        Self {
            length,
            shaft,
            table,
            table_scale: 1.0 / step,
            table_low,
            proximal,
            distal,
            growth_plates: Vec::new(),
            bounds: (bounds.0 - margin, bounds.1 + margin),
        }
    }

    /// The section at a height, linear between the nodes.
    #[inline]
    pub(crate) fn section(&self, z: f32) -> Section {
        let at = ((z - self.table_low) * self.table_scale).clamp(0.0, (NODES - 2) as f32);
        let i = at as usize;
        let t = (at - i as f32).min(1.0);
        let (a, b) = (&self.table[i], &self.table[i + 1]);
        let mix = |a: f32, b: f32| a + (b - a) * t;
        Section {
            half: [mix(a.half[0], b.half[0]), mix(a.half[1], b.half[1])],
            bow: mix(a.bow, b.bow),
            cortex: mix(a.cortex, b.cortex),
            trabecular: mix(a.trabecular, b.trabecular),
        }
    }

    /// The outer surface: nearly a signed distance in mm, negative inside; and the cortex there.
    #[inline]
    pub(crate) fn outer(&self, p: &Points) -> (f32x8, f32x8) {
        let mut columns = [[0f32; LANES]; 4];
        for (i, z) in p.z.to_array().into_iter().enumerate() {
            let s = self.section(z);
            for (column, value) in columns
                .iter_mut()
                .zip([s.half[0], s.half[1], s.bow, s.cortex])
            {
                column[i] = value;
            }
        }
        let [w, d, bow, cortex] = columns;
        let (w, d) = (f32x8::new(w), f32x8::new(d));
        let (bow, cortex) = (f32x8::new(bow), f32x8::new(cortex));
        let shaft = self.shaft.map(|[low, high]| {
            let (u, v) = (p.x / w, (p.y - bow) / d);
            let k0 = (u * u + v * v).sqrt();
            let (a, b) = (u / w, v / d);
            let k1 = (a * a + b * b).sqrt();
            let axis = k1.simd_lt(f32x8::splat(1e-6));
            let round = axis.select(-w.fast_min(d), k0 * (k0 - f32x8::ONE) / k1);
            // Walls lean against the axis where the shaft flares.
            let walls = f32x8::splat(0.93) * round;
            walls
                .fast_max(f32x8::splat(low) - p.z)
                .fast_max(p.z - f32x8::splat(high))
        });
        let near_base = p.z.simd_lt(f32x8::splat(0.5 * self.length));
        // Neighbours mostly are at the same end.
        let mut f = if near_base.all() {
            self.proximal.with(shaft, p)
        } else if near_base.any() {
            near_base.select(self.proximal.with(shaft, p), self.distal.with(shaft, p))
        } else {
            self.distal.with(shaft, p)
        };
        for [height, half] in &self.growth_plates {
            f = f.fast_max(f32x8::splat(*half) - (p.z - f32x8::splat(*height)).abs());
        }
        (f, cortex)
    }

    /// Outward unit normal of the surface near a point.
    pub(crate) fn normal(&self, p: &V) -> V {
        let h = 0.02;
        let steps: [V; 6] = std::array::from_fn(|i| {
            let mut step = V::zeros();
            step[i / 2] = if i.is_multiple_of(2) { h } else { -h };
            p + step
        });
        let f = self.outer(&Points::new(&steps)).0.to_array();
        let g = V::new(f[0] - f[1], f[2] - f[3], f[4] - f[5]);
        g / g.norm().max(1e-9)
    }

    /// The surface point where the ray from the axis at a height, `angle` radians from +x towards dorsal, leaves the bone.
    pub(crate) fn surface(&self, height: f32, angle: f32) -> Option<V> {
        let out = V::new(angle.cos(), angle.sin(), 0.0);
        let start = V::new(0.0, self.section(height).bow, height);
        let inside = |r: &[f32]| {
            let points: Vec<V> = r.iter().map(|r| start + out * *r).collect();
            self.outer(&Points::new(&points))
                .0
                .to_array()
                .map(|f| f < 0.0)
        };
        let radii: Vec<f32> = (0..=300).rev().map(|i| 0.05 * i as f32).collect();
        let mut low = radii.chunks(LANES).find_map(|r| {
            let first = inside(r).iter().position(|i| *i)?;
            r.get(first).or(r.last()).copied()
        })?;
        let mut high = low + 0.05;
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if inside(&[middle])[0] {
                low = middle
            } else {
                high = middle
            }
        }
        Some(start + out * high)
    }
}
