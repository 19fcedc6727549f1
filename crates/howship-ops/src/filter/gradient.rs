use howship_image::Volume;
use rayon::prelude::*;

/// Derivative along the x, y and z index axes, per mm.
///
/// Central differences inside, one-sided at the borders (as `numpy.gradient`); 0 along an axis of one
/// voxel. The axes are those of the grid: turn the vector by the grid's direction for LPS components.
#[must_use]
pub fn gradient(volume: &Volume<f32>) -> [Volume<f32>; 3] {
    std::array::from_fn(|axis| {
        let mut result = Volume::filled(volume.geometry().clone(), 0.0f32);
        let row_length = volume.size()[0];
        result
            .data_mut()
            .par_chunks_mut(row_length)
            .with_min_len(16)
            .enumerate()
            .for_each(|(row, out)| derivative_row(volume, row, axis, out));
        result
    })
}

/// Euclidean norm of [`gradient`], per mm, without three volumes of scratch.
#[must_use]
pub fn gradient_magnitude(volume: &Volume<f32>) -> Volume<f32> {
    let mut result = Volume::filled(volume.geometry().clone(), 0.0f32);
    let row_length = volume.size()[0];
    result
        .data_mut()
        .par_chunks_mut(row_length)
        .with_min_len(16)
        .enumerate()
        .for_each_init(
            || vec![0.0f32; row_length],
            |scratch, (row, out)| {
                for axis in 0..3 {
                    derivative_row(volume, row, axis, scratch);
                    out.iter_mut()
                        .zip(scratch.iter())
                        .for_each(|(o, d)| *o += d * d);
                }
                out.iter_mut().for_each(|o| *o = o.sqrt());
            },
        );
    result
}

/// Derivative along one axis for one x row.
fn derivative_row(volume: &Volume<f32>, row: usize, axis: usize, out: &mut [f32]) {
    let [nx, ny, nz] = volume.size();
    let spacing = volume.geometry().spacing()[axis];
    let data = volume.data();
    if axis == 0 {
        let values = &data[row * nx..(row + 1) * nx];
        let scale = inverse_step(0, 2, spacing);
        for (o, around) in out.iter_mut().skip(1).zip(values.windows(3)) {
            *o = (around[2] - around[0]) * scale;
        }
        let (second, before) = (1.min(nx - 1), nx.saturating_sub(2));
        out[0] = (values[second] - values[0]) * inverse_step(0, second, spacing);
        out[nx - 1] = (values[nx - 1] - values[before]) * inverse_step(before, nx - 1, spacing);
        return;
    }
    let (y, z) = (row % ny, row / ny);
    let (place, length, stride) = if axis == 1 {
        (y, ny, nx)
    } else {
        (z, nz, nx * ny)
    };
    let (low, high) = (place.saturating_sub(1), (place + 1).min(length - 1));
    let start = row * nx - place * stride;
    let scale = inverse_step(low, high, spacing);
    let below = &data[start + low * stride..][..nx];
    let above = &data[start + high * stride..][..nx];
    for ((o, &b), &a) in out.iter_mut().zip(below).zip(above) {
        *o = (a - b) * scale;
    }
}

fn inverse_step(low: usize, high: usize, spacing: f64) -> f32 {
    if high == low {
        0.0
    } else {
        (1.0 / ((high - low) as f64 * spacing)) as f32
    }
}
