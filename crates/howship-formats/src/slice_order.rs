//! Whether slices follow one another as those of one scan do: none twice, none from elsewhere.

use crate::sample::Voxel;
use crate::text::few_plain;
use howship_image::Geometry;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

struct Rule {
    /// Different values that a slice with noise has at least; drawn images repeat themselves.
    values: usize,
    /// How many times as much two slices differ as the pairs before and after them, where they do not continue one another:
    /// one slice missing of a joint at 82 µm makes 1.3, a foreign one 1.8; in sound scans of joints, and where a bone
    /// ends, it is below 1.1.
    step: f64,
    /// Slices of a volume and voxels of a slice; fewer do not tell what is usual.
    least: (usize, usize),
    /// Distance of slices up to which bone changes slowly from one to the next, mm: where slices are thicker a bone's end
    /// is a step of its own.
    thick_mm: f64,
    /// Every so many values of a slice are looked at.
    thinned: usize,
}

const RULE: Rule = Rule {
    values: 64,
    step: 1.2,
    least: (12, 1000),
    thick_mm: 0.15,
    thinned: 5,
};

/// Slices that are copies of an earlier one to the bit, with it: noise never repeats itself.
pub(crate) fn repeated<V: Voxel>(values: &[V], size: [usize; 3]) -> Vec<(usize, usize)> {
    let plane = (size[0] * size[1]).max(1);
    let marks: Vec<u64> = values.par_chunks(plane).map(mark).collect();
    let slice = |z: usize| &values[z * plane..(z + 1) * plane];
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (z, mark) in marks.into_iter().enumerate() {
        match first.get(&mark) {
            Some(&of) if has_values(slice(z), RULE.values) && slice(of) == slice(z) => {
                found.push((z, of))
            }
            Some(_) => {}
            None => {
                first.insert(mark, z);
            }
        }
    }
    found
}

/// Of some of its values: slices of one mark are compared as a whole.
fn mark<V: Voxel>(slice: &[V]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for value in slice.iter().step_by(RULE.thinned) {
        hasher.write_u64(value.to_f64().to_bits());
    }
    hasher.finish()
}

/// Whether a slice is a scan's: drawn images and masks have few values.
pub(crate) fn is_noisy<V: Voxel>(slice: &[V]) -> bool {
    has_values(slice, RULE.values.min(slice.len() / 2).max(2))
}

/// Whether a slice has so many different values.
fn has_values<V: Voxel>(slice: &[V], least: usize) -> bool {
    let mut seen = BTreeSet::new();
    slice.iter().any(|value| {
        seen.insert(value.to_f64().to_bits());
        seen.len() >= least
    })
}

/// Says where slices do not continue one another, by number from 1.
///
/// # Method
/// The mean absolute difference of neighbouring slices over those before and after. It holds the noise, which is the same
/// everywhere, and what the object changes by, which changes by degrees.
///
/// # Limits
/// Slices thicker than 0.15 mm are not asked. Stacks that were scanned one after another may be so apart by the patient's motion; no verdict can tell that from slices
/// that are missing.
pub(crate) fn steps<V: Voxel>(values: &[V], geometry: &Geometry) -> Option<String> {
    let size = geometry.size();
    let plane = size[0] * size[1];
    let thick = geometry.spacing()[2] > RULE.thick_mm;
    let small = thick || size[2] < RULE.least.0 || plane < RULE.least.1;
    let middle = size[2] / 2 * plane;
    if small || !is_noisy(&values[middle..middle + plane]) {
        return None;
    }
    let differences: Vec<f64> = (0..size[2] - 1)
        .into_par_iter()
        .map(|z| {
            let (here, next) = values[z * plane..(z + 2) * plane].split_at(plane);
            let pairs = here.iter().zip(next).step_by(RULE.thinned);
            let sum: f64 = pairs.map(|(a, b)| (a.to_f64() - b.to_f64()).abs()).sum();
            sum / plane.div_ceil(RULE.thinned) as f64
        })
        .collect();
    let found: Vec<String> = (0..differences.len())
        .filter(|&z| is_step(&differences, z))
        .map(|z| format!("{} and {}", z + 1, z + 2))
        .collect();
    (!found.is_empty()).then(|| {
        format!(
            "slices {} differ far more than those around them do: slices are missing there, or belong to another scan, or the \
             patient moved between stacks; what is measured there may be wrong",
            few_plain(&found)
        )
    })
}

/// Whether a difference, alone or with its neighbour on one side (one slice between two that it does not belong to), stands
/// out of those before and after: what the object changes by rises and falls by degrees, at a bone's end too.
fn is_step(differences: &[f64], z: usize) -> bool {
    let at = |i: Option<usize>| i.and_then(|i| differences.get(i)).copied();
    let out = |from: usize, to: usize| {
        let beside = at(from.checked_sub(1)).zip(at(Some(to + 1)));
        let inside = differences.get(from..=to).unwrap_or_default();
        let least = inside.iter().copied().reduce(f64::min);
        let (Some((before, after)), Some(least)) = (beside, least) else {
            return false;
        };
        before.min(after) > 0.0 && least > RULE.step * before.max(after)
    };
    out(z, z) || out(z, z + 1) || (z > 0 && out(z - 1, z))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 3] = [40, 40, 30];

    fn grid(size: [usize; 3], spacing: f64) -> Geometry {
        Geometry::aligned(size, [spacing; 3]).unwrap()
    }

    /// A slanted rod in noise, as values that hash alike on every machine.
    fn scan(seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let mut values = Vec::new();
        for z in 0..SIZE[2] {
            for y in 0..SIZE[1] {
                for x in 0..SIZE[0] {
                    let (u, v) = (x as f32 - 12.0 - 0.5 * z as f32, y as f32 - 20.0);
                    let rod = 600.0 / (1.0 + (u.hypot(v) - 8.0).exp());
                    values.push(rod + 100.0 * noise());
                }
            }
        }
        values
    }

    #[test]
    fn a_sound_scan_has_neither() {
        for seed in 1..40 {
            let sound = scan(seed);
            assert!(repeated(&sound, SIZE).is_empty());
            assert_eq!(steps(&sound, &grid(SIZE, 0.1)), None);
        }
    }

    #[test]
    fn copies_are_found_wherever_they_lie() {
        let plane = SIZE[0] * SIZE[1];
        let mut values = scan(1);
        values.copy_within(5 * plane..6 * plane, 6 * plane);
        values.copy_within(5 * plane..6 * plane, 20 * plane);
        assert_eq!(repeated(&values, SIZE), [(6, 5), (20, 5)]);
    }

    /// Drawn without noise, slices of a rod are alike; empty ones are another check's.
    #[test]
    fn drawn_slices_may_be_alike() {
        let drawn: Vec<f32> = (0..SIZE[2])
            .flat_map(|_| (0..SIZE[0] * SIZE[1]).map(|i| ((i % 40) / 10) as f32))
            .collect();
        assert!(repeated(&drawn, SIZE).is_empty());
    }

    #[test]
    fn foreign_and_missing_slices_are_steps() {
        let plane = SIZE[0] * SIZE[1];
        let mut foreign = scan(1);
        foreign.copy_within(2 * plane..3 * plane, 15 * plane);
        let said = steps(&foreign, &grid(SIZE, 0.1)).unwrap();
        assert!(said.contains("15 and 16"), "{said}");
        let mut missing = scan(1);
        missing.drain(15 * plane..18 * plane);
        let size = [SIZE[0], SIZE[1], SIZE[2] - 3];
        let said = steps(&missing, &grid(size, 0.1)).unwrap();
        assert!(said.contains("15 and 16"), "{said}");
        assert_eq!(steps(&missing, &grid(size, 0.3)), None);
    }
}
