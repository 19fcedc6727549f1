//! Sizes and forms of the tubular bones of hands and feet.
//!
//! Lengths are the means of Buryanov and Kotiuk (Int Orthop 2010) for adults, from memory; widths were set by eye
//! against textbook films; those of feet are from memory throughout. They are the middle of the ranges that are drawn from, not a claim about people.

use super::bone::{Bone, End, Section};
use super::solid::{Ellipsoid, Solid, V, smoothstep};
use crate::{Error, error::Check};
use howship_change::anatomy::Part;
use serde::{Deserialize, Serialize};

/// A tubular bone of a ray; rays are counted from the thumb or the great toe, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Metacarpal.
    Metacarpal,
    /// Metatarsal.
    Metatarsal,
    /// Proximal phalanx.
    Proximal,
    /// Middle phalanx; thumb and great toe have none.
    Middle,
    /// Distal phalanx.
    Distal,
}

/// Sizes of a tubular bone, mm; widths are halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TubularSize {
    pub(crate) length: f32,
    pub(crate) base: f32,
    pub(crate) waist: f32,
    pub(crate) head: f32,
}

/// Length, and half widths of base, waist and head, of the five rays, mm; a length of 0 for a bone that is not there.
type Sizes = ([f32; 5], [f32; 5], [f32; 5], [f32; 5]);

/// Which tubular bone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TubularBone {
    pub(crate) part: Part,
    /// From the thumb or great toe, 1 to 5.
    pub(crate) ray: usize,
    pub(crate) segment: Segment,
}

impl TubularBone {
    /// Sizes of the adult mean; `None` where there is no such bone.
    pub(crate) fn adult(self) -> Option<TubularSize> {
        let i = self.ray.checked_sub(1).filter(|&i| i < 5)?;
        let (length, base, waist, head) = match self.part {
            Part::Hand => of_hand(self.segment),
            Part::Foot => of_foot(self.segment),
        }?;
        (length[i] > 0.0).then_some(TubularSize {
            length: length[i],
            base: base[i],
            waist: waist[i],
            head: head[i],
        })
    }
}

fn of_hand(segment: Segment) -> Option<Sizes> {
    Some(match segment {
        Segment::Metatarsal => return None,
        Segment::Metacarpal => (
            [46.2, 68.1, 64.6, 58.0, 53.7],
            [7.6, 8.3, 7.0, 6.0, 6.5],
            [5.2, 4.4, 4.3, 3.4, 3.8],
            [7.4, 7.5, 7.4, 6.4, 6.1],
        ),
        Segment::Proximal => (
            [31.6, 39.8, 44.6, 41.4, 32.7],
            [7.6, 7.5, 7.7, 7.1, 6.4],
            [4.7, 4.6, 4.8, 4.3, 3.6],
            [6.2, 5.6, 5.8, 5.3, 4.4],
        ),
        Segment::Middle => (
            [0.0, 22.4, 26.3, 25.6, 18.1],
            [0.0, 6.3, 6.7, 6.3, 5.1],
            [0.0, 3.7, 4.1, 3.8, 3.0],
            [0.0, 4.7, 5.0, 4.8, 4.0],
        ),
        Segment::Distal => (
            [21.7, 15.8, 17.4, 17.3, 16.0],
            [6.9, 5.0, 5.3, 5.1, 4.3],
            [3.6, 2.3, 2.6, 2.5, 2.1],
            [4.8, 3.7, 4.1, 4.0, 3.2],
        ),
    })
}

/// From memory; the first metatarsal is the thickest, the second the longest, and toes have short middle phalanges.
fn of_foot(segment: Segment) -> Option<Sizes> {
    Some(match segment {
        Segment::Metacarpal => return None,
        Segment::Metatarsal => (
            [64.5, 75.5, 71.0, 69.5, 68.0],
            [10.6, 8.0, 7.4, 7.2, 8.4],
            [6.8, 4.1, 3.8, 3.7, 4.1],
            [11.4, 5.9, 5.7, 5.6, 5.7],
        ),
        Segment::Proximal => (
            [33.5, 28.0, 26.0, 24.0, 22.0],
            [9.6, 6.0, 5.8, 5.6, 5.4],
            [6.0, 3.2, 3.0, 2.9, 2.9],
            [7.6, 4.2, 4.0, 3.9, 3.8],
        ),
        Segment::Middle => (
            [0.0, 14.0, 11.5, 9.5, 8.0],
            [0.0, 4.7, 4.5, 4.4, 4.2],
            [0.0, 3.4, 3.3, 3.2, 3.2],
            [0.0, 4.0, 3.8, 3.7, 3.6],
        ),
        Segment::Distal => (
            [24.5, 11.5, 11.5, 11.0, 10.0],
            [8.4, 4.2, 4.1, 4.0, 3.8],
            [4.6, 2.2, 2.1, 2.1, 2.0],
            [6.2, 3.1, 3.0, 2.9, 2.7],
        ),
    })
}

/// What the bones are made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoneMakeup {
    /// Cortex at mid-shaft over half the shaft's width there (0.45 to 0.6 in young adults, 0.25 in osteoporosis).
    pub cortical_index: f32,
    /// Thickness of the wall near the ends and of the subchondral plate, mm.
    pub plate_mm: f32,
    /// Share of bone in the marrow space near the joints.
    pub trabecular_ends: f32,
    /// Share of bone in the marrow space at mid-shaft.
    pub trabecular_shaft: f32,
    /// Relative strength of the trabecular texture.
    pub texture: f32,
}

impl Default for BoneMakeup {
    fn default() -> Self {
        Self {
            cortical_index: 0.5,
            plate_mm: 0.5,
            trabecular_ends: 0.22,
            trabecular_shaft: 0.05,
            texture: 0.25,
        }
    }
}

impl BoneMakeup {
    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        for (name, value, high) in [
            ("cortical_index", self.cortical_index, 0.9),
            ("plate_mm", self.plate_mm, 3.0),
            ("trabecular_ends", self.trabecular_ends, 0.9),
            ("trabecular_shaft", self.trabecular_shaft, 0.9),
            ("texture", self.texture, 1.0),
        ] {
            Check::within(
                format!("{field}.{name}"),
                f64::from(value),
                0.0..=high,
                "shares are 0 to 0.9, the plate 0 to 3 mm, the texture 0 to 1",
            )?;
        }
        Ok(())
    }
}

/// A head and what the next bone's socket is made from.
pub(crate) struct Head {
    pub(crate) end: End,
    /// Articular ellipsoids in the bone's frame.
    pub(crate) articular: Vec<Ellipsoid>,
    /// Height of the centre about which the joint turns.
    pub(crate) centre: f32,
}

/// Round head of a metacarpal or metatarsal: head, two palmar condyles, epicondyles, collateral recesses; `tall` is
/// its height over that of a metacarpal's.
pub(crate) fn round_head(size: &TubularSize, tall: f32) -> Head {
    let s = size.head / 5.75;
    let top = size.length;
    let e = |c: [f32; 3], r: [f32; 3]| {
        Ellipsoid::new(
            V::new(c[0] * s, c[1] * tall * s, top - c[2] * s),
            V::new(r[0] * s, r[1] * tall * s, r[2] * s),
        )
    };
    let articular = vec![
        e([0.0, 0.2, 4.6], [5.3, 5.5, 4.6]),
        e([2.7, -2.8, 4.0], [2.8, 3.0, 3.0]),
        e([-2.9, -2.5, 4.3], [2.6, 3.0, 3.1]),
    ];
    let mut added: Vec<Solid> = articular.iter().cloned().map(Solid::Ellipsoid).collect();
    added.push(Solid::Ellipsoid(e([4.2, 1.2, 7.4], [1.3, 2.0, 2.6])));
    added.push(Solid::Ellipsoid(e([-4.2, 1.2, 7.6], [1.3, 2.0, 2.6])));
    let recesses = vec![
        Solid::Ellipsoid(e([6.2, 0.6, 5.6], [0.9, 2.3, 1.7])),
        Solid::Ellipsoid(e([-6.2, 0.8, 5.8], [0.9, 2.1, 1.7])),
    ];
    Head {
        end: End {
            added,
            seam: 1.3 * s,
            recesses,
            socket: Vec::new(),
        },
        articular,
        centre: top - 4.6 * s,
    }
}

/// Head with two condyles, of proximal and middle phalanges.
pub(crate) fn trochlea(size: &TubularSize) -> Head {
    let (w, top) = (size.head, size.length);
    // A toe's middle phalanx is so short that head and base would reach beyond its middle.
    let h = w.min(0.5 * top / 1.32);
    let e = |c: [f32; 3], r: [f32; 3]| {
        Ellipsoid::new(
            V::new(c[0] * w, c[1] * w, top - c[2] * h),
            V::new(r[0] * w, r[1] * w, r[2] * h),
        )
    };
    let articular = vec![
        e([0.44, -0.12, 0.64], [0.56, 0.78, 0.64]),
        e([-0.44, -0.12, 0.68], [0.56, 0.76, 0.64]),
        e([0.0, -0.12, 0.72], [0.6, 0.7, 0.6]),
    ];
    let added = articular.iter().cloned().map(Solid::Ellipsoid).collect();
    let recesses = vec![
        Solid::Ellipsoid(e([1.1, 0.0, 0.7], [0.13, 0.4, 0.36])),
        Solid::Ellipsoid(e([-1.1, 0.0, 0.73], [0.13, 0.4, 0.36])),
    ];
    Head {
        end: End {
            added,
            seam: 0.5 * w,
            recesses,
            socket: Vec::new(),
        },
        articular,
        centre: top - 0.62 * h,
    }
}

/// Tuft of a distal phalanx: a flat spade with a notched rim.
fn tuft(size: &TubularSize) -> End {
    let (w, top) = (size.head, size.length);
    let e = |c: [f32; 3], r: [f32; 3]| {
        Solid::ellipsoid(
            [c[0] * w, c[1] * w, top - c[2] * w],
            [r[0] * w, r[1] * w, r[2] * w],
        )
    };
    End {
        added: vec![
            e([0.0, 0.0, 0.75], [0.95, 0.42, 0.75]),
            e([0.6, -0.05, 0.9], [0.42, 0.36, 0.6]),
            e([-0.6, -0.05, 0.92], [0.42, 0.36, 0.6]),
        ],
        seam: 0.3 * w,
        recesses: Vec::new(),
        socket: Vec::new(),
    }
}

/// Base of a phalanx, hollowed by the head before it.
fn phalanx_base(size: &TubularSize, mate: &Head, mate_length: f32, gap: f32) -> End {
    let s = size.base / 6.5;
    let h = s.min(0.5 * size.length / 10.4);
    let e = |c: [f32; 3], r: [f32; 3]| {
        Solid::ellipsoid(
            [c[0] * s, c[1] * s, c[2] * h - gap],
            [r[0] * s, r[1] * s, r[2] * h],
        )
    };
    let socket = mate
        .articular
        .iter()
        .map(|a| {
            let mut grown = a.grown(gap);
            // In this bone's frame the head's tip lies a joint space before the socket's floor at z = 0.
            grown.centre.z -= mate_length + gap;
            Solid::Ellipsoid(Ellipsoid::new(grown.centre, grown.radii))
        })
        .collect();
    End {
        added: vec![
            e([0.0, -0.2, 5.2], [6.5, 5.2, 5.2]),
            e([4.1, -2.6, 3.9], [2.3, 2.4, 2.6]),
            e([-4.3, -2.4, 4.1], [2.2, 2.4, 2.5]),
        ],
        seam: 1.2 * s,
        recesses: Vec::new(),
        socket,
    }
}

/// Base of a metacarpal: a block with rounded edges.
fn carpal_base(size: &TubularSize) -> End {
    let b = size.base;
    End {
        added: vec![Solid::block(
            [0.0, 0.0, 0.62 * b],
            [b, 0.95 * b, 0.62 * b],
            0.35 * b,
        )],
        seam: 0.5 * b,
        recesses: Vec::new(),
        socket: Vec::new(),
    }
}

/// Base of a metatarsal: a block that is taller than wide; the fifth has a tuberosity on its outer side.
fn tarsal_base(size: &TubularSize, ray: usize) -> End {
    let b = size.base;
    let mut end = End {
        added: vec![Solid::block(
            [0.0, 0.0, 0.7 * b],
            [b, 1.15 * b, 0.7 * b],
            0.35 * b,
        )],
        seam: 0.5 * b,
        recesses: Vec::new(),
        socket: Vec::new(),
    };
    if ray == 5 {
        end.added.push(Solid::ellipsoid(
            [-0.85 * b, -0.25 * b, 0.2 * b],
            [0.55 * b, 0.6 * b, 1.25 * b],
        ));
    }
    end
}

/// A metatarsal's head over a metacarpal's in height: heads of the lesser toes are a third taller than wide.
const fn tallness(ray: usize) -> f32 {
    if ray == 1 { 0.95 } else { 1.3 }
}

/// A tubular bone and its head, from its sizes and the head that it meets at its base (with its bone's length).
pub(crate) fn tubular(
    kind: TubularBone,
    size: &TubularSize,
    makeup: &BoneMakeup,
    before: Option<(&Head, f32)>,
    gap: f32,
) -> (Bone, Option<Head>) {
    let proximal = match (before, kind.part) {
        (Some((head, length)), _) => phalanx_base(size, head, length, gap),
        (None, Part::Hand) => carpal_base(size),
        (None, Part::Foot) => tarsal_base(size, kind.ray),
    };
    let head = match kind.segment {
        Segment::Metacarpal => Some(round_head(size, 1.0)),
        Segment::Metatarsal => Some(round_head(size, tallness(kind.ray))),
        Segment::Proximal | Segment::Middle => Some(trochlea(size)),
        Segment::Distal => None,
    };
    let distal = head.as_ref().map_or_else(|| tuft(size), |h| h.end.clone());
    let (flat, neck) = match kind.segment {
        Segment::Metacarpal => (1.05, 0.82),
        Segment::Metatarsal => (1.15, 0.8),
        Segment::Proximal => (0.8, 0.9),
        Segment::Middle => (0.78, 0.9),
        Segment::Distal => (0.75, 0.7),
    };
    let length = size.length;
    let (size, makeup) = (*size, *makeup);
    let section = move |z: f32| section(&size, &makeup, flat, neck, z);
    let shaft = [0.42 * size.base, length - 0.5 * size.head];
    (
        Bone::new(length, Some(shaft), section, proximal, distal),
        head,
    )
}

/// The shaft's section: flared at both ends, thick cortex between.
fn section(size: &TubularSize, makeup: &BoneMakeup, flat: f32, neck: f32, z: f32) -> Section {
    let u = z / size.length;
    let flare_base = 1.0 - smoothstep(0.08, 0.48, u);
    let flare_head = smoothstep(0.58, 0.97, u);
    let width = size.waist
        + (0.86 * size.base - size.waist) * flare_base
        + (neck * size.head - size.waist).max(0.0) * flare_head;
    let depth = flat * (size.waist + 0.75 * (width - size.waist));
    let middle = smoothstep(0.1, 0.42, u) * (1.0 - smoothstep(0.58, 0.88, u));
    let wall = makeup.cortical_index * size.waist;
    let cortex = makeup.plate_mm + (wall - makeup.plate_mm).max(0.0) * middle;
    let ends = 1.0 - smoothstep(0.1, 0.35, u) * (1.0 - smoothstep(0.65, 0.9, u));
    Section {
        half: [width, depth],
        bow: 0.05 * size.length * 4.0 * u.clamp(0.0, 1.0) * (1.0 - u.clamp(0.0, 1.0)) * 0.5,
        cortex,
        trabecular: makeup.trabecular_shaft
            + (makeup.trabecular_ends - makeup.trabecular_shaft) * ends,
    }
}
