use crate::filter::median::ordered;
use crate::reconstruct::{Half, Neighbours};
use crate::{Connectivity, Error};
use howship_image::{Labels, Mask, Volume};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Floods from the markers, lowest `priority` first, within the mask; every voxel takes the label that
/// reaches it first.
///
/// Face neighbours; of two voxels at one level the one that was reached first floods first, so the result
/// is the same every time (Meyer 1994; as `skimage.segmentation.watershed` without lines). Mask voxels
/// that no marker can reach stay 0, markers outside the mask are left out, NaN floods last.
///
/// # Errors
/// The grids differ.
pub fn watershed(priority: &Volume<f32>, markers: &Labels, mask: &Mask) -> Result<Labels, Error> {
    priority.geometry().require_same(markers.geometry())?;
    priority.geometry().require_same(mask.geometry())?;
    let grid = Neighbours::new(mask.size(), Connectivity::Six);
    let inside = mask.data();
    // NaN of either sign sorts last.
    let level = |offset: usize| {
        let value = priority.data()[offset];
        if value.is_nan() {
            u32::MAX
        } else {
            ordered(value)
        }
    };
    let mut labels = markers.clone();
    let values = labels.data_mut();
    let mut heap = BinaryHeap::new();
    let mut age = 0u64;
    for (offset, value) in values.iter_mut().enumerate() {
        if inside[offset] == 0 {
            *value = 0;
        } else if *value != 0 {
            heap.push(Reverse((level(offset), age, offset)));
            age += 1;
        }
    }
    while let Some(Reverse((_, _, offset))) = heap.pop() {
        let label = values[offset];
        grid.visit(offset, Half::Both, |n| {
            if inside[n] != 0 && values[n] == 0 {
                values[n] = label;
                heap.push(Reverse((level(n), age, n)));
                age += 1;
            }
        });
    }
    Ok(labels)
}
