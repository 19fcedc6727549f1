//! One bone of a film: its outer surface, cortex and trabecular share.

use super::solid::{Solid, V, difference, union};

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
    pub(crate) fn outer(&self, p: &V) -> (f32, f32) {
        let section = self.section(p.z);
        let mut f = f32::INFINITY;
        if let Some([low, high]) = self.shaft {
            let [w, d] = section.half;
            let (u, v) = (p.x / w, (p.y - section.bow) / d);
            let k0 = (u * u + v * v).sqrt();
            let k1 = ((u / w).powi(2) + (v / d).powi(2)).sqrt();
            let round = if k1 < 1e-6 {
                -w.min(d)
            } else {
                k0 * (k0 - 1.0) / k1
            };
            // Walls lean against the axis where the shaft flares.
            f = (0.93 * round).max(low - p.z).max(p.z - high);
        }
        let end = if p.z < 0.5 * self.length {
            &self.proximal
        } else {
            &self.distal
        };
        for solid in &end.added {
            let d = solid.distance(p);
            f = if f.is_finite() {
                union(f, d, end.seam)
            } else {
                d
            };
        }
        for recess in &end.recesses {
            f = difference(f, recess.distance(p), 0.7);
        }
        if let Some((first, rest)) = end.socket.split_first() {
            let mut s = first.distance(p);
            for other in rest {
                s = union(s, other.distance(p), end.seam);
            }
            f = difference(f, s, 0.5);
        }
        for [height, half] in &self.growth_plates {
            f = f.max(half - (p.z - height).abs());
        }
        (f, section.cortex)
    }

    /// Outward unit normal of the surface near a point.
    pub(crate) fn normal(&self, p: &V) -> V {
        let h = 0.02;
        let g = V::from_fn(|a, _| {
            let mut step = V::zeros();
            step[a] = h;
            self.outer(&(p + step)).0 - self.outer(&(p - step)).0
        });
        g / g.norm().max(1e-9)
    }

    /// The surface point where the ray from the axis at a height, `angle` radians from +x towards dorsal, leaves the bone.
    pub(crate) fn surface(&self, height: f32, angle: f32) -> Option<V> {
        let out = V::new(angle.cos(), angle.sin(), 0.0);
        let start = V::new(0.0, self.section(height).bow, height);
        let inside = |r: f32| self.outer(&(start + out * r)).0 < 0.0;
        let mut low = (0..=300)
            .rev()
            .map(|i| 0.05 * i as f32)
            .find(|&r| inside(r))?;
        let mut high = low + 0.05;
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if inside(middle) {
                low = middle
            } else {
                high = middle
            }
        }
        Some(start + out * high)
    }
}
