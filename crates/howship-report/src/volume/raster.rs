//! Surfaces on a grid of samples: what each sample sees first, a band of rows at a time.

use super::view::{Part, RenderOptions, View};
use crate::Mesh;
use rayon::prelude::*;
use std::ops::Range;

/// Most subsamples of one side of a picture.
const MAX_SIDE: usize = 8192;
/// How much nearer to the eye markers are drawn, mm.
const BIAS_MM: f32 = 0.15;
/// Rows of pixels drawn at one time: the samples of a whole picture would take more memory than the scans do.
const BAND_ROWS: usize = 32;

/// The sample grid.
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: usize,
    /// Millimetres per sample.
    pub(crate) step: f64,
    pub(crate) corner: [f64; 2],
}

impl Frame {
    pub(crate) fn fit(parts: &[Part<'_>], view: View, options: &RenderOptions) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for vertex in parts.iter().flat_map(|p| &p.mesh.vertices) {
            let c = view.camera(vertex.map(f64::from));
            if c.iter().all(|v| v.is_finite()) {
                low = [low[0].min(c[0]), low[1].min(c[1])];
                high = [high[0].max(c[0]), high[1].max(c[1])];
            }
        }
        if !(low[0] <= high[0]) {
            (low, high) = ([0.0; 2], [1.0; 2]);
        }
        let samples = options.supersampling.clamp(1, 8);
        let extent = [high[0] - low[0], high[1] - low[1]];
        let longest = extent[0].max(extent[1]).max(1e-3);
        let fitted = longest / options.pixels.max(1) as f64;
        let room = (MAX_SIDE / samples)
            .saturating_sub(2 * options.margin)
            .max(1);
        let mm_per_pixel = options
            .mm_per_pixel
            .filter(|s| s.is_finite() && *s > 0.0)
            .unwrap_or(fitted)
            .max(longest / room as f64);
        let size = extent.map(|e| (e / mm_per_pixel).ceil().max(1.0) as usize + 2 * options.margin);
        let corner =
            std::array::from_fn(|i| (low[i] + high[i]) / 2.0 - size[i] as f64 * mm_per_pixel / 2.0);
        Self {
            width: size[0] * samples,
            height: size[1] * samples,
            samples,
            step: mm_per_pixel / samples as f64,
            corner,
        }
    }
}

/// What a sample sees first in one layer: depth (mm), unit normal in camera axes, part.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) depth: f32,
    pub(crate) normal: [f32; 3],
    pub(crate) part: u32,
}

pub(crate) const EMPTY: Sample = Sample {
    depth: f32::INFINITY,
    normal: [0.0; 3],
    part: u32::MAX,
};

impl Frame {
    /// The rows of samples of each band.
    pub(crate) fn bands(&self) -> Vec<Range<usize>> {
        let step = BAND_ROWS * self.samples;
        let starts = (0..self.height).step_by(step);
        starts.map(|y| y..(y + step).min(self.height)).collect()
    }
}

/// A surface as the camera sees it: columns and rows of samples, depth in mm, normals in camera axes.
pub(crate) struct Projected<'a> {
    points: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    triangles: &'a [[u32; 3]],
    part: u32,
    marker: bool,
}

impl<'a> Projected<'a> {
    /// Every part in its order.
    pub(crate) fn all(parts: &[Part<'a>], view: View, frame: &Frame) -> Vec<Self> {
        let numbered = (0..).zip(parts);
        numbered
            .map(|(part, of)| {
                let points = points(of.mesh, view, frame);
                Self {
                    normals: vertex_normals(of.mesh, &points, frame.step as f32),
                    points,
                    triangles: &of.mesh.triangles,
                    part,
                    marker: of.marker,
                }
            })
            .collect()
    }
}

/// What the samples of some rows see; bones and markers apart, so that a marker can be told from what hides it.
pub(crate) struct Band {
    pub(crate) solid: Vec<Sample>,
    pub(crate) marker: Vec<Sample>,
}

impl Band {
    pub(crate) fn draw(surfaces: &[Projected<'_>], frame: &Frame, rows: &Range<usize>) -> Self {
        let layer = |marker: bool| {
            let mut buffer = vec![EMPTY; frame.width * rows.len()];
            for surface in surfaces.iter().filter(|s| s.marker == marker) {
                for triangle in surface.triangles {
                    let corners = triangle.map(|v| surface.points[v as usize]);
                    let directions = triangle.map(|v| surface.normals[v as usize]);
                    let to = (frame.width, rows);
                    fill(&mut buffer, to, corners, directions, surface.part);
                }
            }
            buffer
        };
        Self {
            solid: layer(false),
            marker: layer(true),
        }
    }

    /// Whether the marker of a sample is in front.
    pub(crate) fn marker_shows(&self, i: usize) -> bool {
        self.marker[i].depth.is_finite() && self.marker[i].depth - BIAS_MM <= self.solid[i].depth
    }

    /// What a sample shows.
    pub(crate) fn seen(&self, i: usize) -> Sample {
        if self.marker_shows(i) {
            self.marker[i]
        } else {
            self.solid[i]
        }
    }

    /// Per part: samples of its outline that are in sight, and all of them.
    pub(crate) fn in_sight(&self, parts: usize) -> Vec<[u64; 2]> {
        let mut seen = vec![[0; 2]; parts];
        for (i, sample) in self.marker.iter().enumerate() {
            if let Some([shown, all]) = seen.get_mut(sample.part as usize) {
                *shown += u64::from(self.marker_shows(i));
                *all += 1;
            }
        }
        seen
    }
}

/// Columns and rows of samples whose centres are at integers; depth stays in mm.
fn points(mesh: &Mesh, view: View, frame: &Frame) -> Vec<[f32; 3]> {
    let corner = [frame.corner[0], frame.corner[1], 0.0];
    let scale = [frame.step, frame.step, 1.0];
    mesh.vertices
        .par_iter()
        .map(|v| {
            let c = view.camera(v.map(f64::from));
            let shift = [0.5, 0.5, 0.0];
            std::array::from_fn(|i| ((c[i] - corner[i]) / scale[i] - shift[i]) as f32)
        })
        .collect()
}

/// Sums of the triangles' area vectors at each vertex, in camera axes.
fn vertex_normals(mesh: &Mesh, points: &[[f32; 3]], step: f32) -> Vec<[f32; 3]> {
    let mut sums = vec![[0f32; 3]; points.len()];
    for triangle in &mesh.triangles {
        let [a, b, c] = triangle.map(|v| points[v as usize]);
        let in_mm =
            |p: [f32; 3], q: [f32; 3]| [(q[0] - p[0]) * step, (q[1] - p[1]) * step, q[2] - p[2]];
        let (u, v) = (in_mm(a, b), in_mm(a, c));
        let cross = [
            u[1] * v[2] - u[2] * v[1],
            u[2] * v[0] - u[0] * v[2],
            u[0] * v[1] - u[1] * v[0],
        ];
        for &vertex in triangle {
            let sum = &mut sums[vertex as usize];
            for i in 0..3 {
                sum[i] += cross[i];
            }
        }
    }
    sums
}

/// Draws a triangle into the samples of some rows of a given width.
fn fill(
    buffer: &mut [Sample],
    (width, rows): (usize, &Range<usize>),
    p: [[f32; 3]; 3],
    n: [[f32; 3]; 3],
    part: u32,
) {
    if p.iter().flatten().any(|v| !v.is_finite()) {
        return;
    }
    let side = |a: [f32; 3], b: [f32; 3], x: f32, y: f32| {
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    };
    let whole = side(p[0], p[1], p[2][0], p[2][1]);
    if whole == 0.0 {
        return;
    }
    let range = |i: usize, within: &Range<usize>| {
        let low = p[0][i].min(p[1][i]).min(p[2][i]).ceil();
        let high = p[0][i].max(p[1][i]).max(p[2][i]).floor();
        let low = low.max(within.start as f32);
        let high = high.min(within.end as f32 - 1.0);
        (low as usize)..((high + 1.0).max(low) as usize)
    };
    let across = range(0, &(0..width));
    for y in range(1, rows) {
        for x in across.clone() {
            let (fx, fy) = (x as f32, y as f32);
            let w = [
                side(p[1], p[2], fx, fy) / whole,
                side(p[2], p[0], fx, fy) / whole,
                side(p[0], p[1], fx, fy) / whole,
            ];
            if w.iter().any(|&w| w < 0.0) {
                continue;
            }
            let mix = |v: [f32; 3]| w[0] * v[0] + w[1] * v[1] + w[2] * v[2];
            let depth = mix([p[0][2], p[1][2], p[2][2]]);
            let sample = &mut buffer[(y - rows.start) * width + x];
            if depth < sample.depth {
                let normal = std::array::from_fn(|i| mix([n[0][i], n[1][i], n[2][i]]));
                *sample = Sample {
                    depth,
                    normal: towards_eye(normal),
                    part,
                };
            }
        }
    }
}

/// Unit length, pointing at the eye (against the third camera axis).
fn towards_eye(n: [f32; 3]) -> [f32; 3] {
    let length = (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return [0.0, 0.0, -1.0];
    }
    let sign = if n[2] > 0.0 { -1.0 } else { 1.0 };
    n.map(|v| v * sign / length)
}
