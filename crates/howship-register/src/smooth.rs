use rayon::prelude::*;

/// Separable Gaussian with border values continued; standard deviations in voxels, 0 leaves an axis alone.
///
/// Works on bare data because the axes of one level image have different standard deviations.
pub(crate) fn gaussian(data: Vec<f32>, size: [usize; 3], sigma: [f64; 3]) -> Vec<f32> {
    separable(data, size, &sigma.map(kernel))
}

/// Convolution with one odd-sized symmetric kernel per axis, border values continued.
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
            out.fill(0.0);
            add_weighted(out, z, nz, &kernels[2], |k| {
                &now[k * plane..(k + 1) * plane]
            });
        });
        std::mem::swap(&mut now, &mut next);
    }
    now
}

/// Half kernels are enough, but whole ones keep the loops plain.
fn kernel(sigma: f64) -> Vec<f32> {
    // Below this the sampled kernel is a single 1 to single precision.
    if !(sigma > 0.15) {
        return vec![1.0];
    }
    let radius = (3.7 * sigma).ceil() as i64;
    let raw: Vec<f64> = (-radius..=radius)
        .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|w| (w / sum) as f32).collect()
}

fn along_x(slice: &[f32], out: &mut [f32], nx: usize, kernel: &[f32]) {
    let radius = kernel.len() / 2;
    let mut line = vec![0f32; nx + 2 * radius];
    for (row, out) in slice.chunks(nx).zip(out.chunks_mut(nx)) {
        line[..radius].fill(row[0]);
        line[radius..radius + nx].copy_from_slice(row);
        line[radius + nx..].fill(row[nx - 1]);
        out.fill(0.0);
        for (k, &w) in kernel.iter().enumerate() {
            for (o, v) in out.iter_mut().zip(&line[k..k + nx]) {
                *o += w * v;
            }
        }
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
        out.fill(0.0);
        add_weighted(out, y, ny, kernel, &row);
    }
}

/// `out += Σ w[k] · part(at + k − radius)`, border continued.
fn add_weighted<'a>(
    out: &mut [f32],
    at: usize,
    n: usize,
    kernel: &[f32],
    part: impl Fn(usize) -> &'a [f32],
) {
    let radius = (kernel.len() / 2) as i64;
    for (k, &w) in kernel.iter().enumerate() {
        let index = (at as i64 + k as i64 - radius).clamp(0, n as i64 - 1) as usize;
        for (o, v) in out.iter_mut().zip(part(index)) {
            *o += w * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_constant_and_the_variance_of_an_impulse() {
        let size = [21, 23, 25];
        let flat = gaussian(
            vec![3.0; size[0] * size[1] * size[2]],
            size,
            [0.8, 1.3, 2.0],
        );
        assert!(flat.iter().all(|v| (v - 3.0).abs() < 1e-5));
        let mut impulse = vec![0f32; flat.len()];
        impulse[10 + 21 * (11 + 23 * 12)] = 1.0;
        let smooth = gaussian(impulse, size, [0.8, 1.3, 2.0]);
        let mut variance = [0f64; 3];
        for (i, &v) in smooth.iter().enumerate() {
            let at = [i % 21, (i / 21) % 23, i / (21 * 23)];
            for a in 0..3 {
                variance[a] += f64::from(v) * (at[a] as f64 - [10.0, 11.0, 12.0][a]).powi(2);
            }
        }
        for (v, s) in variance.iter().zip([0.8f64, 1.3, 2.0]) {
            assert!((v.sqrt() - s).abs() < 0.01 * s, "{} for {s}", v.sqrt());
        }
    }
}
