use crate::runs::Runs;
use crate::{Connectivity, Error};
use howship_image::{Mask, Volume};
use std::collections::VecDeque;

/// The components of `mask` that hold a voxel of `marker` (binary geodesic reconstruction).
///
/// Marker voxels outside the mask count for nothing.
///
/// # Errors
/// The grids differ.
pub fn reconstruct(marker: &Mask, mask: &Mask, connectivity: Connectivity) -> Result<Mask, Error> {
    mask.geometry().require_same(marker.geometry())?;
    let row_length = mask.size()[0];
    let runs = Runs::new(mask.data(), mask.size(), connectivity, |v| v != 0);
    let reached = runs.any(marker.data(), row_length, |v| v != 0);
    let mut result = Mask::filled(mask.geometry().clone(), 0);
    runs.paint(result.data_mut(), row_length, |c| {
        reached[c as usize].then_some(1)
    });
    Ok(result)
}

/// Grey reconstruction by dilation: the marker grows under the mask until nothing changes.
///
/// The marker is first cut down to the mask where it is above. Two sweeps and a queue (Vincent, IEEE
/// Trans Image Process 1993). NaN in the mask blocks; NaN in the marker counts as the least value.
///
/// # Errors
/// The grids differ.
pub fn reconstruct_gray(
    marker: &Volume<f32>,
    mask: &Volume<f32>,
    connectivity: Connectivity,
) -> Result<Volume<f32>, Error> {
    mask.geometry().require_same(marker.geometry())?;
    // `f32::min` passes over a NaN, so that each is replaced before it is compared.
    let known = |v: f32| if v.is_nan() { f32::NEG_INFINITY } else { v };
    let ceiling: Vec<f32> = mask.data().iter().map(|&v| known(v)).collect();
    let mut values: Vec<f32> = marker
        .data()
        .iter()
        .zip(&ceiling)
        .map(|(&v, &top)| known(v).min(top))
        .collect();
    let grid = Neighbours::new(mask.size(), connectivity);
    for offset in 0..values.len() {
        raise(&grid, &ceiling, &mut values, offset, Half::Earlier);
    }
    let mut queue = VecDeque::new();
    for offset in (0..values.len()).rev() {
        raise(&grid, &ceiling, &mut values, offset, Half::Later);
        let here = values[offset];
        let mut spreads = false;
        grid.visit(offset, Half::Later, |n| {
            spreads |= values[n] < here && values[n] < ceiling[n]
        });
        if spreads {
            queue.push_back(offset);
        }
    }
    while let Some(offset) = queue.pop_front() {
        let here = values[offset];
        grid.visit(offset, Half::Both, |n| {
            if values[n] < here && values[n] != ceiling[n] {
                values[n] = here.min(ceiling[n]);
                queue.push_back(n);
            }
        });
    }
    Ok(Volume::new(mask.geometry().clone(), values)?)
}

fn raise(grid: &Neighbours, ceiling: &[f32], values: &mut [f32], offset: usize, half: Half) {
    let mut most = values[offset];
    grid.visit(offset, half, |n| most = most.max(values[n]));
    values[offset] = most.min(ceiling[offset]);
}

/// Which neighbours to visit, by their place in memory.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Half {
    Earlier,
    Later,
    Both,
}

/// Neighbours of a voxel, clipped to the grid.
pub(crate) struct Neighbours {
    size: [usize; 3],
    steps: Vec<([i64; 3], i64)>,
}

impl Neighbours {
    pub(crate) fn new(size: [usize; 3], connectivity: Connectivity) -> Self {
        let stride = [1, size[0] as i64, (size[0] * size[1]) as i64];
        let flat = |s: [i64; 3]| (0..3).map(|a| s[a] * stride[a]).sum();
        let steps = connectivity
            .steps()
            .into_iter()
            .map(|s| (s, flat(s)))
            .collect();
        Self { size, steps }
    }

    /// Calls `visit` with the offset of every neighbour, in memory order.
    pub(crate) fn visit(&self, offset: usize, half: Half, mut visit: impl FnMut(usize)) {
        let [nx, ny, nz] = self.size;
        let (x, y, z) = (offset % nx, offset / nx % ny, offset / (nx * ny));
        // The steps are in memory order and symmetric: the first half points back.
        let middle = self.steps.len() / 2;
        let steps = match half {
            Half::Earlier => &self.steps[..middle],
            Half::Later => &self.steps[middle..],
            Half::Both => &self.steps[..],
        };
        let interior = x > 0 && x + 1 < nx && y > 0 && y + 1 < ny && z > 0 && z + 1 < nz;
        for (step, flat) in steps {
            let fits = |place: usize, length: usize, step: i64| match step {
                -1 => place > 0,
                1 => place + 1 < length,
                _ => true,
            };
            if interior || (fits(x, nx, step[0]) && fits(y, ny, step[1]) && fits(z, nz, step[2])) {
                visit((offset as i64 + flat) as usize);
            }
        }
    }
}
