//! A hand and a forefoot drawn from the lengths and widths of their bones.
//!
//! Millimetres, y down the page; x grows towards the thumb or the great toe. The hand's origin is the base of the
//! third metacarpal, the foot's the base of the second metatarsal. Lengths are those of an average adult; the
//! drawing is a map, not a measurement.

use super::bone_outlines::{
    FINGERS, MIDFOOT, PALM, Plan, Point, SESAMOIDS, SOLE, TOES, WRIST, WRIST_RINGS,
};
use std::fmt::Write as _;

/// A tubular bone: where its base lies, where it points (degrees from straight up, towards the thumb), its length
/// and its full widths at base, shaft and head.
pub(super) struct Bone {
    pub(super) base: Point,
    pub(super) angle: f64,
    pub(super) length: f64,
    widths: [f64; 3],
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// A round head: metacarpals, metatarsals.
    Head,
    /// Two condyles: proximal and middle phalanges.
    Condyles,
    /// The tuft of an end phalanx.
    Tuft,
}

impl Bone {
    /// Along the axis by a share of the length, across it in mm.
    pub(super) fn at(&self, share: f64, across: f64) -> Point {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let along = share * self.length;
        [
            self.base[0] + along * sin + across * cos,
            self.base[1] - along * cos + across * sin,
        ]
    }

    /// Half widths along the bone, from base to end.
    fn profile(&self) -> Vec<(f64, f64)> {
        let [base, shaft, head] = self.widths.map(|w| w / 2.0);
        if self.end == End::Tuft {
            return vec![
                (0.0, 0.6 * base),
                (0.04, 0.94 * base),
                (0.12, 0.92 * base),
                (0.26, 0.46 * base + 0.44 * shaft),
                (0.44, 1.16 * shaft),
                (0.63, shaft),
                (0.76, 0.35 * shaft + 0.65 * head),
                (0.86, 0.97 * head),
                (0.93, 0.88 * head),
                (0.98, 0.52 * head),
            ];
        }
        let mut points = vec![
            (0.0, 0.62 * base),
            (0.035, 0.94 * base),
            (0.11, 0.95 * base),
            (0.22, 0.45 * base + 0.55 * shaft),
            (0.36, shaft * 1.02),
            (0.55, shaft),
        ];
        points.extend(match self.end {
            End::Head => [
                (0.72, 0.75 * shaft + 0.25 * head),
                (0.84, 0.95 * head),
                (0.92, 0.98 * head),
                (0.975, 0.66 * head),
            ],
            End::Condyles | End::Tuft => [
                (0.73, 0.82 * shaft + 0.18 * head),
                (0.86, 0.92 * head),
                (0.945, head),
                (0.995, 0.62 * head),
            ],
        });
        points
    }

    fn outline(&self) -> Vec<Point> {
        let profile = self.profile();
        let (dip, tip) = match self.end {
            End::Head => (0.004, 1.0),
            End::Condyles => (0.014, 0.975),
            End::Tuft => (0.025, 1.0),
        };
        let mut points = vec![self.at(dip, 0.0)];
        points.extend(profile.iter().map(|(t, w)| self.at(*t, *w)));
        points.push(self.at(tip, 0.0));
        points.extend(profile.iter().rev().map(|(t, w)| self.at(*t, -*w)));
        points
    }

    /// The marrow: inside the cortex of the shaft.
    fn marrow(&self) -> Vec<Point> {
        let shaft = self.widths[1] / 2.0;
        let inner = [
            (0.16, 0.62),
            (0.3, 0.56),
            (0.5, 0.5),
            (0.68, 0.56),
            (0.8, 0.68),
        ];
        let mut points = vec![self.at(0.11, 0.0)];
        points.extend(inner.iter().map(|(t, w)| self.at(*t, w * shaft)));
        points.push(self.at(0.86, 0.0));
        points.extend(inner.iter().rev().map(|(t, w)| self.at(*t, -w * shaft)));
        points
    }
}

/// A ray: its metacarpal or metatarsal and its phalanges, from the wrist or ankle outwards.
pub(super) struct Ray {
    pub(super) bones: Vec<Bone>,
}

/// Joint space between the bones of a ray, mm.
const SPACE: f64 = 1.9;

fn rays(plans: &[Plan; 5]) -> Vec<Ray> {
    plans
        .iter()
        .map(|(base, plan)| {
            let mut at = *base;
            let mut bones: Vec<Bone> = Vec::new();
            for (i, (angle, length, widths)) in plan.iter().enumerate() {
                let end = match i {
                    0 => End::Head,
                    _ if i + 1 == plan.len() => End::Tuft,
                    _ => End::Condyles,
                };
                let bone = Bone {
                    base: at,
                    angle: *angle,
                    length: *length,
                    widths: *widths,
                    end,
                };
                let next = plan.get(i + 1).map_or(*angle, |p| (p.0 + *angle) / 2.0);
                let (sin, cos) = next.to_radians().sin_cos();
                let tip = bone.at(1.0, 0.0);
                at = [tip[0] + SPACE * sin, tip[1] - SPACE * cos];
                bones.push(bone);
            }
            Ray { bones }
        })
        .collect()
}

/// The five rays of the hand, thumb first.
pub(super) fn fingers() -> Vec<Ray> {
    rays(&FINGERS)
}

/// The five rays of the foot, great toe first.
pub(super) fn toes() -> Vec<Ray> {
    rays(&TOES)
}

/// One limb's drawing in tenths of a millimetre, ready for `d` attributes.
pub(super) struct Limb {
    /// Bones, as one path.
    pub(super) bones: String,
    /// Marrow of the tubular bones.
    pub(super) marrow: String,
    /// Bones that lie before others.
    pub(super) rings: String,
    /// Skin of palm or sole.
    pub(super) body: String,
    /// Skin of each ray: its axis and the width to draw it with, mm.
    pub(super) digits: Vec<(String, f64)>,
}

/// The hand's drawing.
pub(super) fn hand() -> Limb {
    const WIDTHS: [f64; 5] = [22.0, 19.0, 19.5, 18.5, 16.5];
    limb(&fingers(), &WRIST, &WRIST_RINGS, PALM, WIDTHS)
}

/// The forefoot's drawing.
pub(super) fn foot() -> Limb {
    const WIDTHS: [f64; 5] = [26.0, 15.5, 15.0, 14.5, 14.5];
    limb(&toes(), &MIDFOOT, &SESAMOIDS, SOLE, WIDTHS)
}

fn limb(
    rays: &[Ray],
    short: &[&[Point]],
    rings: &[&[Point]],
    body: &[Point],
    widths: [f64; 5],
) -> Limb {
    let mut bones = String::new();
    let mut marrow = String::new();
    for outline in short {
        bones.push_str(&smooth(outline));
    }
    for bone in rays.iter().flat_map(|r| &r.bones) {
        bones.push_str(&smooth(&bone.outline()));
        if bone.end != End::Tuft {
            marrow.push_str(&smooth(&bone.marrow()));
        }
    }
    let digits = rays.iter().zip(widths).map(|(ray, width)| {
        let mut points: Vec<Point> = ray.bones.iter().skip(1).map(|b| b.at(0.0, 0.0)).collect();
        if let (Some(first), Some(last)) = (ray.bones.first(), ray.bones.last()) {
            points.insert(0, first.at(0.6, 0.0));
            // The round cap reaches half the width beyond: the skin ends a little outside the bone.
            let share = 1.0 + (4.5 - width / 2.0) / last.length;
            points.push(last.at(share, 0.0));
        }
        (straight(&points), width)
    });
    Limb {
        bones,
        marrow,
        rings: rings.iter().map(|r| smooth(r)).collect(),
        body: smooth(body),
        digits: digits.collect(),
    }
}

fn tenth(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

fn straight(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, p) in points.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{command}{} {}", tenth(p[0]), tenth(p[1]));
    }
    d
}

/// A closed curve through points: Catmull-Rom, as cubic Béziers relative to where each starts.
fn smooth(points: &[Point]) -> String {
    let n = points.len();
    let mut d = String::new();
    let Some(first) = points.first() else {
        return d;
    };
    let mut pen = first.map(tenth);
    let _ = write!(d, "M{} {}c", pen[0], pen[1]);
    for i in 0..n {
        let p = [n - 1, 0, 1, 2].map(|k| points[(i + k) % n]);
        let handle = |a: Point, b: Point, c: Point, sign: f64| -> Point {
            // A point given twice is a corner.
            if a == b || a == c {
                return a;
            }
            std::array::from_fn(|j| a[j] + sign * (c[j] - b[j]) / 6.0)
        };
        let one = handle(p[1], p[0], p[2], 1.0);
        let two = handle(p[2], p[1], p[3], -1.0);
        for at in [one, two, p[2]] {
            for j in 0..2 {
                let step = tenth(at[j]) - pen[j];
                // A minus parts two numbers as well as a space does.
                let gap = if step < 0 || d.ends_with('c') {
                    ""
                } else {
                    " "
                };
                let _ = write!(d, "{gap}{step}");
            }
        }
        pen = p[2].map(tenth);
    }
    d.push('z');
    d
}
