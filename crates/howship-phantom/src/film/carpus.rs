//! Carpals, sesamoids, and the ends of radius and ulna: rounded lumps whose places make a wrist.
//!
//! Positions and sizes were set by eye against textbook films (general knowledge); landmarks do not depend on them.

use super::anatomy::BoneMakeup;
use super::bone::{Bone, End, Section};
use super::solid::Solid;

/// A carpal or tarsal: middle (x to the thumb, y dorsal, z to the fingers, from the third metacarpal's base; of a foot x to
/// the great toe, z to the toes, from the second metatarsal's), half sizes,
/// turn in the film's plane in degrees, rounding as a share of the smallest half size.
pub(crate) struct ShortBone {
    pub(crate) name: &'static str,
    pub(crate) middle: [f64; 3],
    pub(crate) half: [f32; 3],
    pub(crate) turn_deg: f64,
    pub(crate) rounding: f32,
}

pub(crate) const fn short_bone(
    name: &'static str,
    middle: [f64; 3],
    half: [f32; 3],
    turn_deg: f64,
    rounding: f32,
) -> ShortBone {
    ShortBone {
        name,
        middle,
        half,
        turn_deg,
        rounding,
    }
}

/// The eight carpals of an adult, mm.
pub(crate) const CARPALS: [ShortBone; 8] = [
    short_bone("trapezium", [17.5, -3.0, -9.5], [6.6, 6.0, 5.6], 28.0, 0.6),
    short_bone("trapezoid", [9.3, 1.0, -6.6], [4.9, 6.5, 4.9], 8.0, 0.6),
    short_bone("capitate", [-0.8, 1.0, -11.2], [5.9, 8.0, 10.2], -2.0, 0.85),
    short_bone("hamate", [-12.2, 0.0, -12.6], [6.0, 7.5, 8.0], -14.0, 0.75),
    short_bone("scaphoid", [12.8, -2.0, -19.6], [5.3, 6.5, 9.2], 36.0, 0.95),
    short_bone("lunate", [1.6, 0.0, -25.2], [6.6, 7.5, 5.9], -4.0, 0.9),
    short_bone(
        "triquetrum",
        [-11.6, 0.5, -22.4],
        [5.9, 6.5, 5.6],
        32.0,
        0.8,
    ),
    short_bone("pisiform", [-14.6, -8.5, -21.0], [4.6, 4.6, 5.4], 0.0, 1.0),
];

/// A lump without shaft: a rounded block, with a thin wall.
pub(crate) fn lump(half: [f32; 3], rounding: f32, makeup: &BoneMakeup) -> Bone {
    let least = half.iter().copied().fold(f32::INFINITY, f32::min);
    let end = End {
        added: vec![Solid::block([0.0; 3], half, rounding * least)],
        seam: 1.0,
        ..End::default()
    };
    let section = spongy(makeup);
    Bone::new(FAR, None, move |_| section, end, End::default())
}

/// A sesamoid or pisiform: an ellipsoid.
pub(crate) fn pebble(half: [f32; 3], makeup: &BoneMakeup) -> Bone {
    let end = End {
        added: vec![Solid::ellipsoid([0.0; 3], half)],
        seam: 1.0,
        ..End::default()
    };
    let section = spongy(makeup);
    Bone::new(FAR, None, move |_| section, end, End::default())
}

/// All of a lump is its proximal end.
const FAR: f32 = 400.0;

fn spongy(makeup: &BoneMakeup) -> Section {
    Section {
        half: [1.0; 2],
        bow: 0.0,
        cortex: 0.8 * makeup.plate_mm,
        trabecular: 1.25 * makeup.trabecular_ends,
    }
}

/// Distal radius, its middle line at x = 0; z as for the carpals, shaft to 120 mm below the wrist.
pub(crate) fn radius(makeup: &BoneMakeup, s: f32) -> Bone {
    let m = *makeup;
    let section = move |z: f32| {
        let flare = super::solid::smoothstep(-75.0 * s, -42.0 * s, z);
        let width = (6.6 + 7.4 * flare) * s;
        Section {
            half: [width, (5.8 + 3.2 * flare) * s],
            bow: 0.0,
            cortex: m.plate_mm + (m.cortical_index * 6.0 * s - m.plate_mm).max(0.0) * (1.0 - flare),
            trabecular: m.trabecular_shaft + (m.trabecular_ends - m.trabecular_shaft) * flare,
        }
    };
    let e = |c: [f32; 3], r: [f32; 3]| Solid::ellipsoid(c.map(|v| v * s), r.map(|v| v * s));
    let end = End {
        added: vec![
            e([0.5, 0.0, -42.0], [15.0, 9.5, 11.0]),
            e([12.5, -1.0, -36.0], [4.2, 5.5, 8.0]),
        ],
        seam: 3.0 * s,
        recesses: Vec::new(),
        socket: vec![e([2.0, 0.0, -22.6], [14.0, 13.0, 11.4])],
    };
    Bone::new(
        FAR,
        Some([-150.0 * s, -42.0 * s]),
        section,
        end,
        End::default(),
    )
}

/// Distal ulna, its middle line at x = 0.
pub(crate) fn ulna(makeup: &BoneMakeup, s: f32) -> Bone {
    let m = *makeup;
    let section = move |z: f32| {
        let flare = super::solid::smoothstep(-60.0 * s, -44.0 * s, z);
        Section {
            half: [(5.2 + 1.8 * flare) * s, (5.0 + 1.6 * flare) * s],
            bow: 0.0,
            cortex: m.plate_mm + (m.cortical_index * 5.0 * s - m.plate_mm).max(0.0) * (1.0 - flare),
            trabecular: m.trabecular_shaft + (m.trabecular_ends - m.trabecular_shaft) * flare,
        }
    };
    let e = |c: [f32; 3], r: [f32; 3]| Solid::ellipsoid(c.map(|v| v * s), r.map(|v| v * s));
    let end = End {
        added: vec![
            e([0.0, 0.0, -41.0], [7.8, 7.2, 5.6]),
            e([-5.6, 1.0, -36.0], [2.0, 2.4, 4.4]),
        ],
        seam: 2.0 * s,
        ..End::default()
    };
    Bone::new(
        FAR,
        Some([-150.0 * s, -41.0 * s]),
        section,
        end,
        End::default(),
    )
}
