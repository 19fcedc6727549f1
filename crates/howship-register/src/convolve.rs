//! Separable convolution with small kernels.

use rayon::prelude::*;

/// Sums weighted by one odd-sized kernel per axis, border values continued; of a kernel of 2r + 1 the entry k weighs what
/// lies k − r after.
pub(crate) fn separable(data: Vec<f32>, size: [usize; 3], kernels: &[Vec<f32>; 3]) -> Vec<f32> {
    let [nx, ny, nz] = size;
    let plane = nx * ny;
    let mut now = data;
    let mut next = vec![0f32; now.len()];
    if kernels[0].len() > 1 || kernels[1].len() > 1 {
        next.par_chunks_mut(plane)
            .zip(now.par_chunks(plane))
            .for_each(|(out, slice)| {
                let mut rows = vec![0f32; plane];
                along_x(slice, &mut rows, nx, &kernels[0]);
                weighted_rows(out, nx, ny, &kernels[1], |y| &rows[y * nx..(y + 1) * nx]);
            });
        std::mem::swap(&mut now, &mut next);
    }
    if kernels[2].len() > 1 {
        next.par_chunks_mut(plane).enumerate().for_each(|(z, out)| {
            weigh_around(out, z, nz, &kernels[2], |k| {
                &now[k * plane..(k + 1) * plane]
            });
        });
        std::mem::swap(&mut now, &mut next);
    }
    now
}

fn along_x(slice: &[f32], out: &mut [f32], nx: usize, kernel: &[f32]) {
    let radius = kernel.len() / 2;
    let mut line = vec![0f32; nx + 2 * radius];
    for (row, out) in slice.chunks(nx).zip(out.chunks_mut(nx)) {
        line[..radius].fill(row[0]);
        line[radius..radius + nx].copy_from_slice(row);
        line[radius + nx..].fill(row[nx - 1]);
        weigh(out, kernel, |k| &line[k..k + nx]);
    }
}

fn weighted_rows<'a>(
    out: &mut [f32],
    nx: usize,
    ny: usize,
    kernel: &[f32],
    row: impl Fn(usize) -> &'a [f32],
) {
    for (y, out) in out.chunks_mut(nx).enumerate() {
        weigh_around(out, y, ny, kernel, &row);
    }
}

/// `out = Σ w[k] · part(at + k − radius)`, border continued.
fn weigh_around<'a>(
    out: &mut [f32],
    at: usize,
    n: usize,
    kernel: &[f32],
    part: impl Fn(usize) -> &'a [f32],
) {
    let radius = (kernel.len() / 2) as i64;
    let index = |k: usize| (at as i64 + k as i64 - radius).clamp(0, n as i64 - 1) as usize;
    weigh(out, kernel, |k| part(index(k)));
}

/// Values summed side by side, in registers.
const LANES: usize = 16;

/// `out = Σ w[k] · part(k)`, the taps added in their order.
fn weigh<'a>(out: &mut [f32], kernel: &[f32], part: impl Fn(usize) -> &'a [f32]) {
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let from = block * LANES;
        let mut sum = [0f32; LANES];
        for (k, &w) in kernel.iter().enumerate() {
            let values = &part(k)[from..from + out.len()];
            match <&[f32; LANES]>::try_from(values) {
                Ok(values) => {
                    for i in 0..LANES {
                        sum[i] += w * values[i];
                    }
                }
                Err(_) => {
                    for (s, v) in sum.iter_mut().zip(values) {
                        *s += w * v;
                    }
                }
            }
        }
        out.copy_from_slice(&sum[..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows longer than what is summed side by side, with an end that is not: each value as by the plain sum.
    #[test]
    fn long_rows_are_summed_as_short_ones() {
        let size = [37, 5, 4];
        let data: Vec<f32> = (0..37 * 5 * 4)
            .map(|i| ((i * i) % 101) as f32 - 50.0)
            .collect();
        let kernel = vec![0.25, 0.5, 1.0, 0.5, 0.25];
        let kernels = [kernel.clone(), vec![1.0], vec![1.0]];
        let out = separable(data.clone(), size, &kernels);
        for (row, out) in data.chunks(37).zip(out.chunks(37)) {
            for (x, value) in out.iter().enumerate() {
                let near = |k: usize| row[(x + k).saturating_sub(2).min(36)];
                let sum: f32 = (0..5).map(|k| kernel[k] * near(k)).sum();
                assert!((value - sum).abs() < 1e-4, "{x}: {value} for {sum}");
            }
        }
    }

    #[test]
    fn an_impulse_becomes_the_product_of_the_kernels() {
        let size = [9, 11, 13];
        let mut impulse = vec![0f32; 9 * 11 * 13];
        impulse[4 + 9 * (5 + 11 * 6)] = 1.0;
        let kernels = [
            vec![0.5, 1.0, 0.5],
            vec![0.1, 0.4, 1.0, 0.4, 0.1],
            vec![0.3, 1.0, 0.3],
        ];
        let out = separable(impulse, size, &kernels);
        assert!((out[5 + 9 * (3 + 11 * 7)] - 0.5 * 0.1 * 0.3).abs() < 1e-6);
        assert!((out[4 + 9 * (5 + 11 * 6)] - 1.0).abs() < 1e-6);
        assert_eq!(out[0], 0.0);
    }
}
