//! Pixels outside of the field, by the value that the header says they are filled with (PS3.3, C.7.5.1.1.2).
//!
//! Filled with a dark value they read as air, which is right enough; filled with a bright one they would read as bone.

use crate::sample::Voxel;

/// Makes padding no number where it reads brighter than the mean of all other pixels; `ranges` holds, slice by slice,
/// what it reads as. What is said of it.
pub(super) fn blank<V: Voxel>(
    values: &mut [V],
    plane: usize,
    ranges: &[Option<[f64; 2]>],
) -> Option<String> {
    if V::LABELS || ranges.iter().all(Option::is_none) {
        return None;
    }
    let ends = |range: [f64; 2]| [range[0].min(range[1]), range[0].max(range[1])];
    let ranges: Vec<Option<[f64; 2]>> = ranges.iter().map(|r| r.map(ends)).collect();
    // To single precision, as the pixels are.
    let inside = |value: f64, [low, high]: [f64; 2]| {
        value >= f64::from(low as f32) && value <= f64::from(high as f32)
    };
    let (mut sum, mut count, mut filled, mut filling) = (0.0, 0u64, 0u64, 0.0);
    for (slice, range) in values.chunks(plane.max(1)).zip(&ranges) {
        for value in slice.iter().map(|v| v.to_f64()) {
            match range {
                Some(range) if inside(value, *range) => {
                    filled += 1;
                    filling += value;
                }
                _ => {
                    sum += value;
                    count += 1;
                }
            }
        }
    }
    if filled == 0 || count == 0 || filling / filled as f64 <= sum / count as f64 {
        return None;
    }
    let nothing = V::of_f64(f64::NAN)?;
    for (slice, range) in values.chunks_mut(plane.max(1)).zip(&ranges) {
        let Some(range) = range else { continue };
        for value in slice.iter_mut().filter(|v| inside(v.to_f64(), *range)) {
            *value = nothing;
        }
    }
    Some(format!(
        "PixelPaddingValue (0028,0120) reads brighter than the picture: {filled} pixels that have it lie outside of the field and were taken as no numbers"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bright_padding_is_no_bone_and_dark_padding_is_air() {
        let mut values = [1.0f32, 2.0, 900.0, 3.0, 900.0, 4.0];
        let said = blank(&mut values, 3, &[Some([900.0; 2]), Some([900.0; 2])]);
        assert!(said.is_some_and(|words| words.contains("2 pixels")));
        assert!(values[2].is_nan() && values[4].is_nan() && values[3] == 3.0);
        let mut values = [1.0f32, 2.0, -900.0, 3.0];
        assert_eq!(blank(&mut values, 2, &[Some([-900.0; 2]); 2]), None);
        assert_eq!(values[2], -900.0);
        // A falling slope turns the range round; slices without it stay as they are.
        let mut values = [1.0f32, 70.0, 2.0, 75.0];
        assert!(blank(&mut values, 2, &[Some([80.0, 60.0]), None]).is_some());
        assert!(values[1].is_nan() && values[3] == 75.0);
        assert_eq!(blank(&mut [5u32, 9], 2, &[Some([9.0; 2])]), None);
    }
}
