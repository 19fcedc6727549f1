//! A hand and a forefoot drawn from the lengths and widths of their bones.
//!
//! Millimetres, y down the page; x grows towards the thumb or the great toe. The hand's origin is the base of the
//! third metacarpal, the foot's the base of the second metatarsal. Lengths are those of an average adult; the
//! drawing is a map, not a measurement.

use std::fmt::Write as _;

type Point = [f64; 2];

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

/// What a ray is built from: base of its first bone, then angle, length and widths of each.
type Plan = (Point, &'static [(f64, f64, [f64; 3])]);

const FINGERS: [Plan; 5] = [
    (
        [29.0, 8.0],
        &[
            (35.0, 45.0, [15.0, 10.0, 15.5]),
            (24.0, 31.0, [14.5, 9.4, 12.0]),
            (19.0, 22.5, [12.5, 6.6, 9.6]),
        ],
    ),
    (
        [13.2, -1.0],
        &[
            (6.5, 67.0, [15.5, 8.8, 15.0]),
            (7.5, 41.0, [14.6, 9.2, 11.6]),
            (6.0, 24.0, [12.4, 7.4, 9.8]),
            (5.0, 17.5, [10.4, 4.8, 7.6]),
        ],
    ),
    (
        [0.0, 0.0],
        &[
            (0.3, 65.0, [14.0, 8.8, 14.6]),
            (0.8, 45.0, [14.4, 9.6, 11.8]),
            (0.5, 28.0, [12.6, 7.8, 10.2]),
            (0.0, 18.5, [10.8, 5.0, 8.0]),
        ],
    ),
    (
        [-11.6, 2.2],
        &[
            (-6.5, 58.0, [12.2, 7.4, 12.8]),
            (-6.5, 41.5, [13.2, 8.6, 10.8]),
            (-4.5, 27.0, [11.6, 7.0, 9.4]),
            (-3.5, 18.5, [10.0, 4.6, 7.4]),
        ],
    ),
    (
        [-22.0, 6.6],
        &[
            (-14.0, 53.5, [13.0, 7.0, 12.0]),
            (-16.5, 33.5, [12.0, 7.6, 9.6]),
            (-12.5, 19.5, [10.2, 6.4, 8.4]),
            (-10.0, 16.5, [8.8, 4.2, 6.6]),
        ],
    ),
];

const TOES: [Plan; 5] = [
    (
        [19.0, 4.0],
        &[
            (5.0, 62.0, [19.0, 13.0, 21.0]),
            (-3.0, 33.0, [19.0, 12.5, 15.5]),
            (-5.0, 24.0, [17.0, 9.6, 12.5]),
        ],
    ),
    (
        [2.0, 7.5],
        &[
            (0.5, 74.0, [13.0, 7.8, 11.8]),
            (-0.5, 27.5, [11.4, 6.4, 8.6]),
            (1.5, 13.0, [9.2, 6.6, 8.2]),
            (2.0, 10.0, [7.8, 4.4, 5.8]),
        ],
    ),
    (
        [-10.0, 4.5],
        &[
            (-3.5, 70.0, [11.4, 7.2, 11.4]),
            (-2.0, 25.5, [10.8, 6.0, 8.2]),
            (2.0, 10.8, [8.8, 6.4, 7.8]),
            (3.0, 9.5, [7.6, 4.4, 5.6]),
        ],
    ),
    (
        [-21.5, 8.0],
        &[
            (-8.5, 68.5, [12.0, 7.0, 11.2]),
            (-3.0, 23.5, [10.4, 5.8, 8.0]),
            (4.0, 9.0, [8.4, 6.2, 7.6]),
            (6.0, 9.0, [7.4, 4.4, 5.4]),
        ],
    ),
    (
        [-33.0, 14.5],
        &[
            (-14.0, 68.0, [15.0, 7.2, 11.0]),
            (-4.5, 21.5, [10.2, 5.8, 7.8]),
            (6.0, 7.8, [8.2, 6.0, 7.2]),
            (9.0, 8.4, [7.2, 4.2, 5.4]),
        ],
    ),
];

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

/// Capitate, hamate, trapezoid, trapezium, scaphoid, lunate, triquetrum, radius, ulna.
const WRIST: [&[Point]; 9] = [
    &[
        [-6.4, 2.6],
        [0.4, 1.8],
        [6.8, 3.4],
        [7.0, 9.0],
        [5.4, 14.6],
        [6.0, 20.0],
        [3.4, 25.0],
        [-1.4, 26.0],
        [-5.2, 22.4],
        [-6.2, 15.0],
        [-7.0, 8.0],
    ],
    &[
        [-8.4, 4.8],
        [-13.0, 5.4],
        [-17.6, 7.6],
        [-22.0, 9.6],
        [-26.0, 12.6],
        [-24.6, 17.0],
        [-19.0, 20.4],
        [-12.8, 24.0],
        [-7.6, 25.2],
        [-7.6, 18.0],
        [-8.4, 11.0],
    ],
    &[
        [8.4, 3.6],
        [13.0, 1.6],
        [18.0, 3.4],
        [17.2, 8.0],
        [15.6, 12.4],
        [11.2, 13.2],
        [8.4, 9.6],
    ],
    &[
        [19.6, 5.6],
        [24.4, 6.4],
        [29.4, 11.0],
        [28.4, 16.0],
        [24.0, 20.2],
        [18.6, 19.4],
        [16.4, 15.4],
        [18.2, 10.6],
    ],
    &[
        [10.2, 14.8],
        [14.8, 15.6],
        [18.0, 20.6],
        [23.2, 21.8],
        [24.4, 25.8],
        [20.8, 30.0],
        [14.0, 34.0],
        [8.0, 36.4],
        [5.6, 33.4],
        [7.2, 28.4],
        [7.8, 22.0],
        [8.2, 17.6],
    ],
    &[
        [4.4, 29.4],
        [0.2, 28.4],
        [-4.6, 26.4],
        [-8.2, 27.8],
        [-8.8, 33.0],
        [-6.0, 37.4],
        [0.0, 39.0],
        [4.8, 37.6],
        [5.4, 33.4],
    ],
    &[
        [-10.4, 27.4],
        [-13.6, 25.4],
        [-19.0, 22.2],
        [-24.4, 19.6],
        [-26.6, 23.4],
        [-24.6, 28.8],
        [-19.0, 32.4],
        [-13.6, 33.8],
        [-10.8, 32.0],
    ],
    &[
        [2.2, 77.0],
        [2.2, 77.0],
        [0.6, 69.0],
        [-2.8, 59.0],
        [-7.4, 51.0],
        [-8.8, 45.0],
        [-5.6, 42.0],
        [1.0, 41.6],
        [8.6, 39.6],
        [15.4, 37.0],
        [20.6, 33.8],
        [25.0, 30.8],
        [27.4, 33.4],
        [27.0, 40.0],
        [24.8, 48.0],
        [21.2, 57.0],
        [18.4, 67.0],
        [17.0, 77.0],
        [17.0, 77.0],
    ],
    &[
        [-11.0, 47.4],
        [-12.6, 43.8],
        [-17.2, 42.4],
        [-21.6, 42.6],
        [-24.2, 38.6],
        [-26.4, 39.8],
        [-26.6, 46.0],
        [-25.4, 52.0],
        [-23.0, 60.0],
        [-21.8, 68.0],
        [-21.4, 77.0],
        [-21.4, 77.0],
        [-12.0, 77.0],
        [-12.0, 77.0],
        [-12.2, 68.0],
        [-12.4, 60.0],
        [-11.2, 53.0],
    ],
];

/// Pisiform and the hook of the hamate: they lie before other bones and are drawn as rings.
const WRIST_RINGS: [&[Point]; 2] = [
    &[
        [-23.6, 24.6],
        [-20.6, 22.6],
        [-17.0, 24.0],
        [-16.0, 27.4],
        [-18.0, 30.6],
        [-21.6, 31.0],
        [-24.0, 28.4],
    ],
    &[
        [-17.4, 12.0],
        [-15.0, 11.2],
        [-13.4, 13.4],
        [-14.2, 16.6],
        [-16.6, 17.0],
        [-18.0, 14.6],
    ],
];

/// Cuneiforms (medial, intermediate, lateral) and cuboid.
const MIDFOOT: [&[Point]; 4] = [
    &[
        [10.4, 6.8],
        [19.0, 5.4],
        [27.6, 8.0],
        [27.4, 18.0],
        [26.4, 29.0],
        [18.0, 31.0],
        [10.6, 29.0],
        [9.6, 17.0],
    ],
    &[
        [-3.8, 10.4],
        [2.0, 9.4],
        [8.0, 10.6],
        [8.2, 20.0],
        [8.6, 28.6],
        [2.0, 29.8],
        [-3.6, 28.0],
        [-4.2, 19.0],
    ],
    &[
        [-15.4, 8.0],
        [-10.0, 6.4],
        [-5.6, 8.2],
        [-5.6, 18.0],
        [-5.0, 28.6],
        [-10.0, 31.0],
        [-15.0, 30.0],
        [-16.4, 18.0],
    ],
    &[
        [-17.0, 11.6],
        [-22.0, 10.2],
        [-28.0, 13.4],
        [-36.0, 17.4],
        [-36.4, 27.0],
        [-33.0, 37.0],
        [-24.0, 39.0],
        [-16.6, 37.0],
        [-17.0, 24.0],
    ],
];

/// Sesamoids below the head of the first metatarsal.
const SESAMOIDS: [&[Point]; 2] = [
    &[
        [15.0, -46.0],
        [18.2, -48.6],
        [21.4, -46.4],
        [21.2, -41.6],
        [18.0, -39.4],
        [15.0, -41.6],
    ],
    &[
        [24.6, -46.4],
        [27.6, -48.4],
        [30.4, -46.0],
        [30.0, -41.6],
        [27.2, -39.6],
        [24.4, -42.0],
    ],
];

/// Skin between the rays: palm and forearm, and the foot's ball and instep.
const PALM: &[Point] = &[
    [-29.5, 78.0],
    [-29.5, 78.0],
    [-30.0, 55.0],
    [-32.0, 36.0],
    [-36.0, 10.0],
    [-41.0, -20.0],
    [-44.4, -44.0],
    [-45.0, -62.0],
    [-41.0, -74.0],
    [-36.2, -70.4],
    [-31.4, -74.0],
    [-26.0, -88.0],
    [-18.0, -92.0],
    [-13.6, -83.4],
    [-9.2, -83.6],
    [-5.0, -94.0],
    [4.0, -97.0],
    [9.4, -86.4],
    [13.6, -86.4],
    [18.0, -98.0],
    [27.0, -98.0],
    [30.6, -80.0],
    [31.4, -60.0],
    [35.0, -41.0],
    [42.0, -33.0],
    [52.0, -38.0],
    [57.0, -24.0],
    [53.6, -7.4],
    [46.4, 4.0],
    [39.0, 16.0],
    [33.0, 32.0],
    [30.6, 52.0],
    [30.0, 78.0],
    [30.0, 78.0],
];
const SOLE: &[Point] = &[
    [-43.0, 40.0],
    [-43.0, 40.0],
    [-45.0, 16.0],
    [-50.0, -10.0],
    [-56.0, -38.0],
    [-58.8, -56.0],
    [-58.4, -70.0],
    [-54.0, -82.0],
    [-48.0, -84.0],
    [-42.2, -76.0],
    [-37.0, -86.0],
    [-29.0, -92.0],
    [-24.0, -83.0],
    [-19.0, -94.0],
    [-11.0, -98.0],
    [-6.4, -88.0],
    [-2.0, -100.0],
    [8.0, -102.0],
    [20.0, -98.0],
    [35.0, -88.0],
    [37.2, -74.0],
    [38.6, -58.0],
    [36.6, -40.0],
    [34.0, -16.0],
    [33.0, 10.0],
    [33.0, 40.0],
    [33.0, 40.0],
];

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
