//! A bone's surroundings unrolled along its intact outline: one row per pixel of outline, from soft tissue inwards.

use crate::outline::{Outline, evenly, normals};
use howship_change::JointBone;
use howship_register::planar::{PlaneSpline, Similarity};

/// Depths of a strip (px of the frame): outside is negative.
pub(crate) const OUTSIDE: f64 = -8.0;
pub(crate) const INSIDE: f64 = 36.0;
pub(crate) const STEP: f64 = 0.5;
/// Samples across.
pub(crate) const DEPTHS: usize = ((INSIDE - OUTSIDE) / STEP) as usize + 1;
/// Rows averaged on each side: cortical plates run along the outline.
const ALONG: usize = 2;

/// Position of a depth among a strip's samples.
pub(crate) fn sample_of(depth: f64) -> f64 {
    (depth - OUTSIDE) / STEP
}

/// The intact outline of a bone: breaks bridged.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub points: Vec<[f64; 2]>,
    /// Out of the bone.
    pub normals: Vec<[f64; 2]>,
}

/// Half length of outline whose form bridges a break (px): longer than half of the largest mouth.
const BRIDGE: usize = 42;
/// A point this far inside of the fit is taken for a break's (px).
const INWARD: f64 = 1.0;

impl Envelope {
    /// Local quadratic fits along the outline in which points that lie inwards hardly count.
    pub(crate) fn new(outline: &Outline, bone: JointBone) -> Self {
        let p = &outline.points;
        let n = p.len();
        let mut points = Vec::with_capacity(n);
        for i in 0..n {
            let (low, high) = (i.saturating_sub(BRIDGE), (i + BRIDGE).min(n - 1));
            // The chord's frame is steadier than a break's own normal.
            let chord = [p[high][0] - p[low][0], p[high][1] - p[low][1]];
            let length = chord[0].hypot(chord[1]).max(1e-9);
            let along = chord.map(|c| c / length);
            let mut out = [along[1], -along[0]];
            let mean: [f64; 2] =
                [0, 1].map(|a| outline.normals[low..=high].iter().map(|v| v[a]).sum());
            if out[0] * mean[0] + out[1] * mean[1] < 0.0 {
                out = out.map(|c| -c);
            }
            let local: Vec<[f64; 3]> = (low..=high)
                .map(|k| {
                    let d = [p[k][0] - p[i][0], p[k][1] - p[i][1]];
                    let t = d[0] * along[0] + d[1] * along[1];
                    let u = (k.abs_diff(i)) as f64 / (BRIDGE as f64 + 1.0);
                    [t, d[0] * out[0] + d[1] * out[1], (1.0 - u * u * u).powi(3)]
                })
                .collect();
            let height = asymmetric(&local).unwrap_or(0.0);
            points.push([p[i][0] + height * out[0], p[i][1] + height * out[1]]);
        }
        let points = evenly(&points, 1.0);
        let normals = normals(&points, bone);
        Self { points, normals }
    }

    /// The place a depth below the outline.
    pub(crate) fn at(&self, row: usize, depth: f64) -> [f64; 2] {
        let (p, n) = (self.points[row], self.normals[row]);
        [p[0] - depth * n[0], p[1] - depth * n[1]]
    }

    /// The row nearest to a point.
    pub(crate) fn nearest(&self, q: [f64; 2]) -> Option<(usize, f64)> {
        self.points
            .iter()
            .enumerate()
            .map(|(i, p)| (i, (p[0] - q[0]).hypot(p[1] - q[1])))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Breadth of a row at a depth (px): 1 at the outline, less inside of a convex bone.
    pub(crate) fn breadth(&self, row: usize, depth: f64) -> f64 {
        let (a, b) = (row.saturating_sub(2), (row + 2).min(self.points.len() - 1));
        if b <= a {
            return 0.0;
        }
        let (p, q) = (self.at(a, depth), self.at(b, depth));
        // Along the outline, with the way it runs there: beyond the centre of curvature rows would count backwards.
        let (x, y) = (self.points[a], self.points[b]);
        let along = [y[0] - x[0], y[1] - x[1]];
        let length = along[0].hypot(along[1]).max(1e-9);
        let run = ((q[0] - p[0]) * along[0] + (q[1] - p[1]) * along[1]) / length;
        run.max(0.0) / (b - a) as f64
    }
}

/// Height at the middle of a weighted quadratic in which points below it hardly count.
fn asymmetric(local: &[[f64; 3]]) -> Option<f64> {
    let mut weights: Vec<f64> = local.iter().map(|l| l[2]).collect();
    let mut height = None;
    for _ in 0..6 {
        let mut m = nalgebra::Matrix3::<f64>::zeros();
        let mut v = nalgebra::Vector3::<f64>::zeros();
        for (l, w) in local.iter().zip(&weights) {
            let x = l[0] / 20.0;
            let row = nalgebra::Vector3::new(1.0, x, x * x);
            m += row * row.transpose() * *w;
            v += row * (l[1] * w);
        }
        let fit = m.cholesky()?.solve(&v);
        for (l, w) in local.iter().zip(&mut weights) {
            let x = l[0] / 20.0;
            let r = l[1] - (fit[0] + fit[1] * x + fit[2] * x * x);
            let inward = if r < -INWARD {
                (INWARD / -r).powi(3)
            } else {
                1.0
            };
            *w = l[2] * inward;
        }
        height = Some(fit[0]);
    }
    height.filter(|h| h.is_finite())
}

/// A film unrolled.
#[derive(Debug, Clone)]
pub(crate) struct Strip {
    pub rows: usize,
    /// By row, outside to inside; NaN where the film does not show the place.
    data: Vec<f32>,
}

impl Strip {
    /// The film under a spline, seen along the envelope carried by a pose.
    pub(crate) fn new(envelope: &Envelope, film: &PlaneSpline, pose: &Similarity) -> Self {
        let rows = envelope.points.len();
        let mut raw = Vec::with_capacity(rows * DEPTHS);
        for r in 0..rows {
            for k in 0..DEPTHS {
                let q = pose.apply(envelope.at(r, OUTSIDE + k as f64 * STEP));
                raw.push(film.sample(q[0], q[1]).unwrap_or(f32::NAN));
            }
        }
        let mut data = vec![0f32; raw.len()];
        for r in 0..rows {
            let (low, high) = (r.saturating_sub(ALONG), (r + ALONG).min(rows - 1));
            let share = 1.0 / (high - low + 1) as f32;
            for near in low..=high {
                for k in 0..DEPTHS {
                    data[r * DEPTHS + k] += share * raw[near * DEPTHS + k];
                }
            }
        }
        Self { rows, data }
    }

    pub(crate) fn row(&self, r: usize) -> &[f32] {
        &self.data[r * DEPTHS..(r + 1) * DEPTHS]
    }

    /// Mean over a range of depths of one row; `None` where the film does not show it.
    pub(crate) fn mean(&self, r: usize, from: f64, to: f64) -> Option<f64> {
        let low = sample_of(from).round().max(0.0) as usize;
        let high = (sample_of(to).round().max(0.0) as usize).min(DEPTHS - 1);
        if low > high || r >= self.rows {
            return None;
        }
        let part = &self.row(r)[low..=high];
        let mean = part.iter().map(|&v| f64::from(v)).sum::<f64>() / part.len() as f64;
        mean.is_finite().then_some(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A circle of radius 70 px with a bite of 5 px depth over 24 px: the envelope bridges it to a pixel.
    #[test]
    fn a_bite_is_bridged() {
        let points: Vec<[f64; 2]> = (0..260)
            .map(|i| {
                let angle = std::f64::consts::PI * (1.1 - 1.2 * i as f64 / 259.0);
                let off = (i as f64 - 130.0) / 12.0;
                let bite = if off.abs() < 1.0 {
                    5.0 * (1.0 - off * off)
                } else {
                    0.0
                };
                let r = 70.0 - bite;
                [128.0 + r * angle.cos(), 160.0 - r * angle.sin()]
            })
            .collect();
        let points = evenly(&points, 1.0);
        let outline = Outline {
            normals: normals(&points, JointBone::Proximal),
            points,
            strength: 1.0,
        };
        let envelope = Envelope::new(&outline, JointBone::Proximal);
        let off = |p: &[f64; 2]| (p[0] - 128.0).hypot(p[1] - 160.0) - 70.0;
        let n = envelope.points.len();
        let worst = envelope.points[30..n - 30]
            .iter()
            .map(|p| off(p).abs())
            .fold(0.0, f64::max);
        assert!(worst < 1.0, "{worst}");
        // A circle is narrower inside.
        let breadth = envelope.breadth(90, 14.0);
        assert!((breadth - 0.8).abs() < 0.02, "{breadth}");
    }
}
