//! The outline of one bone in a joint's frame: the cheapest path around it.
//!
//! Rays leave the bone's middle line: sideways along the shaft, in a fan about a point in the head. Along each the
//! fall of brightness from bone to soft tissue is taken; the path that sums the most of it while bending least is
//! found by dynamic programming (Kauffman, thesis, Twente 2009, used the same on finger joints), and its place between
//! the steps by a parabola. The path is not told where the bone was at another visit.

use crate::frame::{FRAME_PX, MIDDLE};
use howship_change::JointBone;
use howship_register::planar::{Plane, PlaneSpline};
use serde::{Deserialize, Serialize};

/// How outlines are found. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutlineOptions {
    /// Smoothing before edges are taken (standard deviation, px): about a cortical plate's blur.
    pub smoothing_px: f64,
    /// Distance of the fan's centre from the joint's middle (px): inside the head of every finger joint.
    pub centre_px: f64,
    /// Nearest and farthest edge along a ray (px).
    pub reach_px: [f64; 2],
    /// Step along a ray (px).
    pub step_px: f64,
    /// Step of the fan (degrees).
    pub fan_deg: f64,
    /// Cost of a change of the distance between neighbouring rays by one pixel, squared, in units of the typical edge.
    pub bending: f64,
    /// Greatest change between neighbouring rays (px).
    pub slope_px: f64,
    /// How far beyond the joint's middle the outline may reach at it (px), and how much more per pixel to the side.
    pub beyond_px: [f64; 2],
    /// Mean edge along the outline over the typical edge of the frame, below which there is no outline.
    pub least_edge: f64,
    /// Directions of the shaft against the frame (degrees, both ways) that are tried where one side of it shows less than
    /// `weak_side`: none at hands, whose fingers go on in the direction of the metacarpals.
    pub leans_deg: Vec<f64>,
    /// The same at feet: toes point away from their metatarsals by up to 20 degrees, half of which is left in the frame, and
    /// the outline of a leaning shaft ran off into the soft tissue (of 47 formula joints MTP1 and MTP5 in 19, as erosions that
    /// do not exist).
    pub leans_of_feet_deg: Vec<f64>,
    /// Mean edge along the far half of one side of the shaft over the typical edge of the frame, below which the shaft may
    /// lie otherwise.
    pub weak_side: f64,
}

impl Default for OutlineOptions {
    fn default() -> Self {
        Self {
            smoothing_px: 1.5,
            centre_px: 52.0,
            reach_px: [14.0, 118.0],
            step_px: 0.5,
            fan_deg: 1.0,
            bending: 0.35,
            slope_px: 1.5,
            beyond_px: [3.0, 0.35],
            least_edge: 0.5,
            leans_deg: Vec::new(),
            leans_of_feet_deg: vec![8.0, 16.0, 24.0],
            weak_side: 0.35,
        }
    }
}

/// A bone's outline in the frame, from the shaft's left side over the joint's end to its right side (as seen with
/// the joint's end up), a point per pixel of length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    pub points: Vec<[f64; 2]>,
    /// Unit vectors out of the bone.
    pub normals: Vec<[f64; 2]>,
    /// Mean edge over the frame's typical edge.
    pub strength: f64,
}

/// Proximal bones lie below the joint in the frame; the distal one is turned over so that both look alike.
fn turned(bone: JointBone, [x, y]: [f64; 2]) -> [f64; 2] {
    match bone {
        JointBone::Proximal => [x, y],
        JointBone::Distal => [x, 2.0 * MIDDLE - y],
    }
}

/// Rays from the bone's middle line, and how many of them start from each side of the shaft.
struct Rays {
    /// Start and direction, from the shaft's left over the head to its right.
    all: Vec<([f64; 2], [f64; 2])>,
    shaft: usize,
}

/// Rays of a bone whose shaft leans by an angle against the frame (radians, positive to the right).
fn rays(options: &OutlineOptions, lean: f64) -> Rays {
    /// About half a shaft's width: the lowest rays of a leaning one still meet its edge within the frame.
    const HALF_SHAFT_PX: f64 = 40.0;
    let centre = [MIDDLE, MIDDLE + options.centre_px];
    let (sin, cos) = lean.sin_cos();
    let lowest = FRAME_PX as f64 - 4.0 - HALF_SHAFT_PX * sin.abs();
    let length = (lowest - centre[1]) / cos;
    let shaft: Vec<[f64; 2]> = (0..)
        .map(|k| length - f64::from(k))
        .take_while(|t| *t > 0.0)
        .map(|t| [centre[0] + t * sin, centre[1] + t * cos])
        .collect();
    let mut all: Vec<([f64; 2], [f64; 2])> = shaft.iter().map(|&p| (p, [-cos, sin])).collect();
    let steps = (180.0 / options.fan_deg).round() as usize;
    for k in 0..=steps {
        let angle = lean + std::f64::consts::PI * (1.0 - k as f64 / steps as f64);
        all.push((centre, [angle.cos(), -angle.sin()]));
    }
    all.extend(shaft.iter().rev().map(|&p| (p, [cos, -sin])));
    Rays {
        all,
        shaft: shaft.len(),
    }
}

/// Falls of brightness along every ray, and whether a place may be an edge.
struct Falls {
    rays: Vec<([f64; 2], [f64; 2])>,
    /// Rays from each side of the shaft.
    shaft: usize,
    states: usize,
    /// By ray and state; negative infinity where no edge may be.
    values: Vec<f32>,
}

impl Falls {
    fn new(spline: &PlaneSpline, bone: JointBone, options: &OutlineOptions, lean: f64) -> Self {
        let Rays { all: rays, shaft } = rays(options, lean);
        let states = ((options.reach_px[1] - options.reach_px[0]) / options.step_px) as usize + 1;
        let mut values = Vec::with_capacity(rays.len() * states);
        for &(from, along) in &rays {
            for k in 0..states {
                let r = options.reach_px[0] + k as f64 * options.step_px;
                let at = |r: f64| [from[0] + r * along[0], from[1] + r * along[1]];
                let p = at(r);
                let beyond = MIDDLE - p[1];
                let may =
                    beyond <= options.beyond_px[0] + options.beyond_px[1] * (p[0] - MIDDLE).abs();
                let value = |r: f64| {
                    let [x, y] = turned(bone, at(r));
                    spline.sample(x, y)
                };
                values.push(match (value(r - 1.0), value(r + 1.0)) {
                    (Some(inside), Some(outside)) if may => 0.5 * (inside - outside),
                    _ => f32::NEG_INFINITY,
                });
            }
        }
        Self {
            rays,
            shaft,
            states,
            values,
        }
    }

    fn at(&self, ray: usize, state: usize) -> f32 {
        self.values[ray * self.states + state]
    }

    /// The edge that is exceeded on a twentieth of all places: a strong one.
    fn typical(&self) -> f32 {
        let mut all: Vec<f32> = self
            .values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .collect();
        if all.is_empty() {
            return 0.0;
        }
        let k = all.len() * 19 / 20;
        *all.select_nth_unstable_by(k, f32::total_cmp).1
    }

    /// The path of least cost, a state per ray; `None` where a ray has no place for an edge.
    fn path(&self, typical: f32, options: &OutlineOptions) -> Option<Vec<usize>> {
        let n = self.rays.len();
        let reach = (options.slope_px / options.step_px) as usize;
        let bend: Vec<f32> = (0..=reach)
            .map(|d| (options.bending * (d as f64 * options.step_px).powi(2)) as f32)
            .collect();
        let gain = |ray: usize, state: usize| {
            let v = self.at(ray, state) / typical;
            if v.is_finite() {
                v.clamp(-1.0, 2.0)
            } else {
                f32::NEG_INFINITY
            }
        };
        let mut best: Vec<f32> = (0..self.states).map(|s| gain(0, s)).collect();
        let mut from = vec![0u16; n * self.states];
        for ray in 1..n {
            let mut next = vec![f32::NEG_INFINITY; self.states];
            for (state, out) in next.iter_mut().enumerate() {
                let own = gain(ray, state);
                if !own.is_finite() {
                    continue;
                }
                let low = state.saturating_sub(reach);
                for before in low..=(state + reach).min(self.states - 1) {
                    let value = best[before] + own - bend[state.abs_diff(before)];
                    if value > *out {
                        *out = value;
                        from[ray * self.states + state] = before as u16;
                    }
                }
            }
            best = next;
        }
        let (mut state, value) = best
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        if !value.is_finite() {
            return None;
        }
        let mut path = vec![0; n];
        for ray in (0..n).rev() {
            path[ray] = state;
            state = usize::from(from[ray * self.states + state]);
        }
        Some(path)
    }

    /// Distance along a ray, between the steps.
    fn refined(&self, ray: usize, state: usize, options: &OutlineOptions) -> f64 {
        let mut offset = 0.0;
        if state > 0 && state + 1 < self.states {
            let [a, b, c] = [state - 1, state, state + 1].map(|s| f64::from(self.at(ray, s)));
            let bend = a - 2.0 * b + c;
            if bend < -1e-9 && bend.is_finite() {
                offset = (0.5 * (a - c) / bend).clamp(-1.0, 1.0);
            }
        }
        options.reach_px[0] + (state as f64 + offset) * options.step_px
    }
}

/// The best path along one set of rays.
struct Way {
    falls: Falls,
    path: Vec<usize>,
    /// Mean edge over the typical edge, of the whole path and along the far half of the shaft's
    /// weaker side.
    strength: f64,
    side: f64,
}

impl Way {
    fn new(falls: Falls, typical: f32, options: &OutlineOptions) -> Option<Self> {
        let path = falls.path(typical, options)?;
        let mean = |from: usize, to: usize| {
            let part = path[from..to].iter().enumerate();
            let sum: f64 = part
                .map(|(k, &s)| f64::from(falls.at(from + k, s) / typical))
                .sum();
            sum / (to - from).max(1) as f64
        };
        let n = path.len();
        // A path leaves a leaning shaft far from the joint.
        let far = falls.shaft / 2;
        let side = mean(0, far).min(mean(n - far, n));
        Some(Self {
            strength: mean(0, n),
            side,
            path,
            falls,
        })
    }
}

/// The outline of one bone; `Err` says why there is none.
pub(crate) fn outline(
    plane: &Plane,
    bone: JointBone,
    options: &OutlineOptions,
) -> Result<Outline, String> {
    let spline = PlaneSpline::new(&plane.smoothed(options.smoothing_px));
    let straight = Falls::new(&spline, bone, options, 0.0);
    let typical = straight.typical();
    if !(typical > 0.0) {
        return Err("no edge is seen where the bone should be".to_owned());
    }
    let way = |falls: Falls| Way::new(falls, typical, options);
    let mut best = way(straight);
    if best.as_ref().is_none_or(|b| b.side < options.weak_side) {
        for deg in options.leans_deg.iter().flat_map(|d| [-*d, *d]) {
            let leaning = way(Falls::new(&spline, bone, options, deg.to_radians()));
            let strength = |w: &Option<Way>| w.as_ref().map_or(f64::NEG_INFINITY, |w| w.strength);
            if strength(&leaning) > strength(&best) {
                best = leaning;
            }
        }
    }
    let Way {
        falls,
        path,
        strength,
        ..
    } = best.ok_or("no path leads around the bone within the frame")?;
    if !(strength >= options.least_edge) {
        return Err(format!(
            "the bone's edge is too weak: {strength:.2} of the frame's typical edge, {:.2} is needed",
            options.least_edge
        ));
    }
    let points: Vec<[f64; 2]> = path
        .iter()
        .enumerate()
        .map(|(ray, &s)| {
            let (from, along) = falls.rays[ray];
            let r = falls.refined(ray, s, options);
            turned(bone, [from[0] + r * along[0], from[1] + r * along[1]])
        })
        .collect();
    let points = evenly(&averaged(&points, 2), 1.0);
    let normals = normals(&points, bone);
    Ok(Outline {
        points,
        normals,
        strength,
    })
}

/// Each point with its neighbours up to `reach`; the ends are kept.
fn averaged(points: &[[f64; 2]], reach: usize) -> Vec<[f64; 2]> {
    (0..points.len())
        .map(|i| {
            let reach = reach.min(i).min(points.len() - 1 - i);
            let part = &points[i - reach..=i + reach];
            let n = part.len() as f64;
            [0, 1].map(|a| part.iter().map(|p| p[a]).sum::<f64>() / n)
        })
        .collect()
}

/// Points at equal distances along a polyline.
pub(crate) fn evenly(points: &[[f64; 2]], step: f64) -> Vec<[f64; 2]> {
    let mut out = Vec::new();
    let Some(&first) = points.first() else {
        return out;
    };
    out.push(first);
    let mut left = step;
    for pair in points.windows(2) {
        let d = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let length = d[0].hypot(d[1]);
        let mut at = left;
        while at <= length {
            let t = at / length;
            out.push([pair[0][0] + t * d[0], pair[0][1] + t * d[1]]);
            at += step;
        }
        left = at - length;
    }
    out
}

/// Unit normals over ±4 points. From left to right with the joint's end up, outwards is to the left of the path;
/// a distal bone is seen turned over.
pub(crate) fn normals(points: &[[f64; 2]], bone: JointBone) -> Vec<[f64; 2]> {
    let sign = match bone {
        JointBone::Proximal => 1.0,
        JointBone::Distal => -1.0,
    };
    (0..points.len())
        .map(|i| {
            let (a, b) = (i.saturating_sub(4), (i + 4).min(points.len() - 1));
            let d = [points[b][0] - points[a][0], points[b][1] - points[a][1]];
            let length = d[0].hypot(d[1]).max(1e-9);
            [sign * d[1] / length, -sign * d[0] / length]
        })
        .collect()
}

impl Outline {
    /// Pixels of the frame inside the outline, closed along the frame's border.
    pub(crate) fn mask(&self) -> Vec<bool> {
        let mut inside = vec![false; FRAME_PX * FRAME_PX];
        let Some((first, last)) = self.points.first().zip(self.points.last()) else {
            return inside;
        };
        let end = if first[1] > MIDDLE {
            FRAME_PX as f64
        } else {
            -1.0
        };
        let mut polygon = self.points.clone();
        polygon.push([last[0], end]);
        polygon.push([first[0], end]);
        for y in 0..FRAME_PX {
            let mut crossings: Vec<f64> = Vec::new();
            for (i, a) in polygon.iter().enumerate() {
                let b = polygon[(i + 1) % polygon.len()];
                let v = y as f64;
                if (a[1] <= v) != (b[1] <= v) {
                    crossings.push(a[0] + (v - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let from = pair[0].ceil().max(0.0) as usize;
                for x in from..FRAME_PX {
                    if x as f64 > pair[1] {
                        break;
                    }
                    inside[x + FRAME_PX * y] = true;
                }
            }
        }
        inside
    }

    /// Height (y of the frame) of the joint's end at a column: where the outline crosses it nearest to the joint.
    pub(crate) fn height_at(&self, x: f64) -> Option<f64> {
        self.points
            .windows(2)
            .filter(|w| (w[0][0] <= x) != (w[1][0] <= x))
            .map(|w| w[0][1] + (x - w[0][0]) / (w[1][0] - w[0][0]) * (w[1][1] - w[0][1]))
            .min_by(|a, b| (a - MIDDLE).abs().total_cmp(&(b - MIDDLE).abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A capsule of radius 60 px whose end is 12 px from the joint's middle, on either side; blurred edges.
    fn capsule(bone: JointBone) -> Plane {
        let data = (0..FRAME_PX * FRAME_PX)
            .map(|i| {
                let p = turned(bone, [(i % FRAME_PX) as f64, (i / FRAME_PX) as f64]);
                let (dx, dy) = (p[0] - MIDDLE, p[1] - (MIDDLE + 72.3));
                let r = if dy > 0.0 { dx.abs() } else { dx.hypot(dy) };
                (1000.0 / (1.0 + ((r - 60.3) / 1.5).exp())) as f32
            })
            .collect();
        Plane::new([FRAME_PX; 2], data).unwrap()
    }

    #[test]
    fn a_capsules_outline_is_found_between_the_pixels() {
        for bone in JointBone::BOTH {
            let found = outline(&capsule(bone), bone, &OutlineOptions::default()).unwrap();
            let mut worst = 0f64;
            let mut sum = 0.0;
            for (p, n) in found.points.iter().zip(&found.normals) {
                let q = turned(bone, *p);
                let (dx, dy) = (q[0] - MIDDLE, q[1] - (MIDDLE + 72.3));
                let r = if dy > 0.0 { dx.abs() } else { dx.hypot(dy) };
                worst = worst.max((r - 60.3).abs());
                sum += r - 60.3;
                let out = turned(bone, [p[0] + n[0], p[1] + n[1]]);
                let (ox, oy) = (out[0] - MIDDLE, out[1] - (MIDDLE + 72.3));
                let farther = if oy > 0.0 { ox.abs() } else { ox.hypot(oy) };
                assert!(farther > r + 0.8, "normals point out of the bone");
            }
            let bias = sum / found.points.len() as f64;
            assert!(worst < 0.3 && bias.abs() < 0.1, "{worst} {bias}");
            let height = turned(bone, [0.0, found.height_at(MIDDLE).unwrap()])[1];
            assert!((height - (MIDDLE + 12.0)).abs() < 0.2, "{height}");
            let area = found.mask().iter().filter(|m| **m).count() as f64;
            let truth = 0.5 * std::f64::consts::PI * 60.3f64.powi(2)
                + 120.6 * (FRAME_PX as f64 - 0.5 - (MIDDLE + 72.3));
            assert!((area / truth - 1.0).abs() < 0.01, "{area} {truth}");
        }
    }

    /// A head of radius 44 px on a shaft that leans by 18 degrees: the outline follows where leaning shafts are tried, and
    /// without leaves the shaft, whose inner edge crosses the frame's middle line.
    #[test]
    fn the_outline_follows_a_leaning_shaft() {
        let lean = 18f64.to_radians();
        let off = |p: [f64; 2]| {
            let d = [p[0] - MIDDLE, p[1] - (MIDDLE + 52.0)];
            let along = d[0] * lean.sin() + d[1] * lean.cos();
            let across = (d[0] * lean.cos() - d[1] * lean.sin()).abs();
            let shaft = if along > 0.0 {
                across - 20.0
            } else {
                f64::INFINITY
            };
            shaft.min(d[0].hypot(d[1]) - 44.0)
        };
        let data = (0..FRAME_PX * FRAME_PX)
            .map(|i| off([(i % FRAME_PX) as f64, (i / FRAME_PX) as f64]))
            .map(|r| (1000.0 / (1.0 + (r / 1.5).exp())) as f32)
            .collect();
        let plane = Plane::new([FRAME_PX; 2], data).unwrap();
        let mean = |options: &OutlineOptions| {
            let found = outline(&plane, JointBone::Proximal, options).unwrap();
            let sum: f64 = found.points.iter().map(|p| off(*p).abs()).sum();
            sum / found.points.len() as f64
        };
        let mut options = OutlineOptions::default();
        let straight = mean(&options);
        options.leans_deg = options.leans_of_feet_deg.clone();
        let leaning = mean(&options);
        assert!(leaning < 0.7 && straight > 2.0, "{leaning} {straight}");
    }
}
