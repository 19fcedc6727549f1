//! A lead letter on the film's corner.

use howship_change::Side;

/// Letters on a grid of 5 × 7, a row a byte, the highest of five bits to the left.
const L: [u8; 7] = [
    0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111,
];
const R: [u8; 7] = [
    0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001,
];

/// Size of a letter's dot and of the margin, mm; share of the beam that passes lead of a marker.
const DOT_MM: f64 = 1.6;
const MARGIN_MM: f64 = 8.0;
const PASSED: f32 = 0.02;

/// Puts the side's letter into the upper left corner of what was transmitted.
pub(crate) fn stamp(transmitted: &mut [f32], size: [usize; 2], pixel_mm: f64, side: Side) {
    let rows = match side {
        Side::L => L,
        Side::R => R,
    };
    let place = |i: usize| ((i as f64 * pixel_mm - MARGIN_MM) / DOT_MM).floor();
    for y in 0..size[1] {
        let j = place(y);
        if !(0.0..7.0).contains(&j) {
            continue;
        }
        for x in 0..size[0] {
            let i = place(x);
            if (0.0..5.0).contains(&i) && rows[j as usize] >> (4 - i as usize) & 1 == 1 {
                transmitted[y * size[0] + x] *= PASSED;
            }
        }
    }
}
