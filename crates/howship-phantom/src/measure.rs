use crate::truth::LesionTruth;
use howship_image::{PointMm, RigidTransform, VectorMm};
use rayon::prelude::*;

/// A point of a bone's intact surface with its outward normal and two tangents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) point: VectorMm,
    pub(crate) normal: VectorMm,
    /// Across the bone's axis.
    pub(crate) across: VectorMm,
    /// Along the bone's axis.
    pub(crate) along: VectorMm,
}

impl Frame {
    pub(crate) fn new(point: VectorMm, normal: VectorMm) -> Self {
        let across = VectorMm::z().cross(&normal);
        // On an apex the normal is the axis: any tangent will do.
        let across = if across.norm() < 1e-6 {
            VectorMm::x()
        } else {
            across.normalize()
        };
        Self {
            point,
            normal,
            across,
            along: normal.cross(&across),
        }
    }

    /// A point of the bone's frame in this one.
    pub(crate) fn local(&self, p: VectorMm) -> VectorMm {
        let d = p - self.point;
        VectorMm::new(d.dot(&self.across), d.dot(&self.along), d.dot(&self.normal))
    }

    fn global(&self, local: VectorMm) -> VectorMm {
        self.point + self.across * local.x + self.along * local.y + self.normal * local.z
    }
}

/// A cavity in a bone, as two (nearly) signed distances of points of the bone's frame.
pub(crate) struct Site<'a> {
    pub(crate) frame: &'a Frame,
    /// No point of the cavity is farther than this from the frame's point.
    pub(crate) reach: f64,
    /// The intact envelope.
    pub(crate) envelope: &'a (dyn Fn(VectorMm) -> f64 + Sync),
    /// The cavity, not cut by the envelope: point, and the envelope's value there.
    pub(crate) cavity: &'a (dyn Fn(VectorMm, f64) -> f64 + Sync),
}

/// Share of a sample of size `width` that lies inside a surface at signed distance `d` (negative inside).
///
/// Exact for a flat surface facing an axis; at other angles the ramp is up to √3 too steep, which averages out.
#[inline]
pub(crate) fn occupancy(d: f64, width: f64) -> f64 {
    (0.5 - d / width).clamp(0.0, 1.0)
}

/// Gradient by central differences of `h` mm.
pub(crate) fn gradient(f: impl Fn(VectorMm) -> f64, p: VectorMm, h: f64) -> VectorMm {
    VectorMm::from_fn(|a, _| {
        let mut step = VectorMm::zeros();
        step[a] = h;
        (f(p + step) - f(p - step)) / (2.0 * h)
    })
}

/// Samples on one slice of a lesion's box: sums, and the points that lengths need.
#[derive(Default)]
struct Slice {
    volume: f64,
    moment: VectorMm,
    mouth: f64,
    wall: f64,
    inside: Vec<VectorMm>,
    mouth_points: Vec<VectorMm>,
    deepest: f64,
}

/// Measures a cavity into `truth`; the pose takes the bone's frame to the scanner's.
pub(crate) fn measure(site: &Site<'_>, pose: &RigidTransform, truth: &mut LesionTruth) {
    let reach = site.reach + 0.05;
    let n = ((2.0 * reach / 0.025).ceil() as usize).clamp(90, 400);
    let step = 2.0 * reach / n as f64;
    let slices: Vec<Slice> = (0..n)
        .into_par_iter()
        .map(|k| site.slice(k, n, step, reach))
        .collect();
    let mut total = Slice::default();
    for s in slices {
        total.volume += s.volume;
        total.moment += s.moment;
        total.mouth += s.mouth;
        total.wall += s.wall;
        total.deepest = total.deepest.max(s.deepest);
        total.inside.extend(s.inside);
        total.mouth_points.extend(s.mouth_points);
    }
    if total.volume <= 0.0 {
        return;
    }
    let cell = step.powi(3);
    truth.present = true;
    truth.volume_mm3 = total.volume * cell;
    truth.mouth_mm2 = total.mouth * cell;
    truth.surface_mm2 = total.wall * cell;
    truth.depth3d_mm = total.deepest;
    truth.centroid_mm = pose
        .apply(PointMm::from(total.moment / total.volume))
        .coords
        .into();
    truth.diameter3d_mm = extent(&total.inside, &directions()) + step;
    (truth.width_mm, truth.depth_mm) = mouth_lengths(site.frame, pose, &total, step);
}

impl Site<'_> {
    fn slice(&self, k: usize, n: usize, step: f64, reach: f64) -> Slice {
        let mut s = Slice::default();
        let at = |v: usize| (v as f64 + 0.5) * step - reach;
        for j in 0..n {
            for i in 0..n {
                let local = VectorMm::new(at(i), at(j), at(k));
                if local.norm_squared() > reach * reach {
                    continue;
                }
                let q = self.frame.global(local);
                let f = (self.envelope)(q);
                // Outside the envelope only the mouth's shell counts.
                if f > 3.0 * step {
                    continue;
                }
                let g = (self.cavity)(q, f);
                if g <= 3.0 * step {
                    self.add(&mut s, q, f, g, step);
                }
            }
        }
        s
    }

    fn add(&self, s: &mut Slice, q: VectorMm, f: f64, g: f64, step: f64) {
        let share = occupancy(f.max(g), step);
        s.volume += share;
        s.moment += q * share;
        // Areas: the shell |distance| < 2 steps, antialiased at both ends, over its thickness of 4 steps.
        let shell = |d: f64| occupancy(d.abs() - 2.0 * step, step) / (4.0 * step);
        if f.abs() < 3.0 * step {
            let slope = gradient(|p| (self.envelope)(p), q, 1e-3).norm().max(0.2);
            s.mouth += shell(f / slope) * occupancy(g, step);
            if f.abs() < step && g < 0.0 {
                s.mouth_points.push(q);
            }
        }
        if g.abs() < 3.0 * step {
            let wall = |p: VectorMm| (self.cavity)(p, (self.envelope)(p));
            let slope = gradient(wall, q, 1e-3).norm().max(0.2);
            s.wall += shell(g / slope) * occupancy(f, step);
        }
        if f < 0.0 && g < 0.0 {
            s.deepest = s.deepest.max(-f);
            // The outermost layer is enough for extents.
            if g > -3.0 * step || f > -3.0 * step {
                s.inside.push(q);
            }
        }
    }
}

/// Normals of the slices in which width and depth are measured, in the bone's frame: axial slices and those
/// perpendicular to them that contain the mouth's normal; for a mouth within 45° of the axis, two perpendicular
/// families that contain the axis.
fn slice_normals(frame: &Frame, pose: &RigidTransform) -> [VectorMm; 2] {
    let axis = pose.inverse().rotate(VectorMm::z());
    let across = frame.normal.cross(&axis);
    let across = if across.norm() > 0.2 {
        across.normalize()
    } else {
        let x = pose.inverse().rotate(VectorMm::x());
        (x - axis * x.dot(&axis)).normalize()
    };
    if frame.normal.dot(&axis).abs() > 0.7 {
        [axis.cross(&across), across]
    } else {
        [axis, across]
    }
}

/// Thickness of the slices in which chords are looked for, mm.
const SLICE_MM: f64 = 0.06;

/// Slices whose chord is at least this share of the widest tell the depth together.
const NEAR_WIDEST: f64 = 0.95;

/// Widest chord of the mouth in any slice, and the mean depth of the floor below its chord in the slices nearly as wide.
fn mouth_lengths(frame: &Frame, pose: &RigidTransform, total: &Slice, step: f64) -> (f64, f64) {
    let mut slices: Vec<(f64, f64)> = Vec::new();
    for plane in slice_normals(frame, pose) {
        let offset = |q: &VectorMm| ((q - frame.point).dot(&plane) / SLICE_MM).round() as i64;
        let offsets: std::collections::BTreeSet<i64> =
            total.mouth_points.iter().map(offset).collect();
        for slice in offsets {
            let of = |points: &[VectorMm]| -> Vec<VectorMm> {
                points
                    .iter()
                    .filter(|q| offset(q) == slice)
                    .copied()
                    .collect()
            };
            let mouth = of(&total.mouth_points);
            let along = plane.cross(&frame.normal).normalize();
            let by_place = |a: &&VectorMm, b: &&VectorMm| a.dot(&along).total_cmp(&b.dot(&along));
            let ends = mouth
                .iter()
                .min_by(by_place)
                .zip(mouth.iter().max_by(by_place));
            let Some((a, b)) = ends else { continue };
            let chord = b - a;
            let chord = chord - plane * chord.dot(&plane);
            let widest = slices.iter().map(|s| s.0).fold(0.0, f64::max);
            if chord.norm() < NEAR_WIDEST * widest || chord.norm() < step {
                continue;
            }
            let inward = plane.cross(&chord).normalize();
            let inward = if inward.dot(&frame.normal) > 0.0 {
                -inward
            } else {
                inward
            };
            let depths = of(&total.inside).into_iter().map(|q| (q - a).dot(&inward));
            slices.push((chord.norm(), depths.fold(0.0, f64::max)));
        }
    }
    let width = slices.iter().map(|s| s.0).fold(0.0, f64::max);
    let near: Vec<f64> = slices
        .iter()
        .filter(|s| s.0 >= NEAR_WIDEST * width)
        .map(|s| s.1)
        .collect();
    let depth = near.iter().sum::<f64>() / near.len().max(1) as f64;
    // Samples stand for cells: half a step at each end.
    (
        if width > 0.0 { width + step } else { 0.0 },
        if depth > 0.0 { depth + 0.5 * step } else { 0.0 },
    )
}

/// Largest extent of points over a set of directions.
fn extent(points: &[VectorMm], directions: &[VectorMm]) -> f64 {
    let widths: Vec<f64> = directions
        .par_iter()
        .map(|d| {
            let (low, high) =
                points
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| {
                        let v = p.dot(d);
                        (l.min(v), h.max(v))
                    });
            (high - low).max(0.0)
        })
        .collect();
    widths.into_iter().fold(0.0, f64::max)
}

/// 200 directions spread evenly over the half sphere (golden spiral).
fn directions() -> Vec<VectorMm> {
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    (0..200)
        .map(|i| {
            let z = (f64::from(i) + 0.5) / 200.0;
            let r = (1.0 - z * z).sqrt();
            let turn = golden * f64::from(i);
            VectorMm::new(r * turn.cos(), r * turn.sin(), z)
        })
        .collect()
}
