use crate::Connectivity;
use crate::runs::Runs;
use howship_image::Mask;
use rayon::prelude::*;

/// Fills the cavities: background that is not 6-connected to the border of the grid.
#[must_use]
pub fn fill_holes(mask: &Mask) -> Mask {
    let size = mask.size();
    let runs = Runs::new(mask.data(), size, Connectivity::Six, |v| v == 0);
    let outer = runs.touching_border(size);
    let mut filled = Mask::filled(mask.geometry().clone(), 1);
    runs.paint(filled.data_mut(), size[0], |component| {
        outer[component as usize].then_some(0)
    });
    filled
}

/// Fills holes slice by slice: background not 4-connected to the border of its slice.
///
/// `axis` is the normal of the slices (0 x, 1 y, 2 z; anything above is taken as 2).
#[must_use]
pub fn fill_holes_slices(mask: &Mask, axis: usize) -> Mask {
    let size = mask.size();
    let (u, v) = match axis {
        0 => (1, 2),
        1 => (0, 2),
        _ => (0, 1),
    };
    let axis = axis.min(2);
    let stride = [1, size[0], size[0] * size[1]];
    let slices: Vec<Vec<u8>> = (0..size[axis])
        .into_par_iter()
        .map(|position| {
            let start = position * stride[axis];
            let mut slice = Vec::with_capacity(size[u] * size[v]);
            for j in 0..size[v] {
                let row = start + j * stride[v];
                slice.extend((0..size[u]).map(|i| mask.data()[row + i * stride[u]]));
            }
            fill_slice(&slice, [size[u], size[v], 1])
        })
        .collect();
    let mut filled = Mask::filled(mask.geometry().clone(), 0);
    filled
        .data_mut()
        .par_chunks_mut(size[0])
        .enumerate()
        .for_each(|(row, out)| {
            let (y, z) = (row % size[1], row / size[1]);
            for (x, value) in out.iter_mut().enumerate() {
                let voxel = [x, y, z];
                *value = slices[voxel[axis]][voxel[u] + size[u] * voxel[v]];
            }
        });
    filled
}

/// One slice, filled.
fn fill_slice(slice: &[u8], size: [usize; 3]) -> Vec<u8> {
    let runs = Runs::new(slice, size, Connectivity::Six, |v| v == 0);
    let mut outer = vec![false; runs.count];
    for row in 0..size[1] {
        let edge = row == 0 || row + 1 == size[1];
        for i in runs.row_start[row]..runs.row_start[row + 1] {
            let run = runs.runs[i];
            if edge || run.start == 0 || run.end as usize == size[0] {
                outer[runs.component[i] as usize] = true;
            }
        }
    }
    let mut filled = vec![1u8; slice.len()];
    runs.paint(&mut filled, size[0], |component| {
        outer[component as usize].then_some(0)
    });
    filled
}
