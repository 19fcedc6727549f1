//! Covariance of the four parameters: a sandwich `A⁻¹ B A⁻¹` with the scores summed over square blocks, between
//! which residuals are taken to be unrelated.

use super::refine::{Ended, Refined, Rules, gains, weight, with_prior};
use super::samples::{ARM, PARAMETERS, Samples};
use nalgebra::{Matrix4, SMatrix, SVector};

/// Of (shift x, shift y, rotation in radians, logarithm of the scale) about the samples' centre, in the fixed frame
/// and in pixels of the level. `block` is the side of a block in them.
pub(crate) fn covariance(
    samples: &Samples,
    end: &Refined,
    ended: &Ended,
    rules: &Rules,
    block: usize,
) -> Option<Matrix4<f64>> {
    let bread = with_prior(&ended.normal, end.scale, rules)
        .cholesky()?
        .inverse();
    let mut meat = SMatrix::<f64, PARAMETERS, PARAMETERS>::zeros();
    let mut count = 0.0;
    for g in scores(samples, end, ended, block) {
        if g.iter().any(|&v| v != 0.0) {
            meat += g * g.transpose();
            count += 1.0;
        }
    }
    let full = bread * meat * bread * (count / f64::max(count - 4.0, 1.0));
    let unit = [1.0, 1.0, 1.0 / ARM, 1.0 / ARM];
    let matrix = Matrix4::from_fn(|p, q| full[(p, q)] * unit[p] * unit[q]);
    let sound = matrix.iter().all(|v| v.is_finite()) && matrix.diagonal().iter().all(|&v| v >= 0.0);
    sound.then_some(matrix)
}

/// Sums of the samples' scores, block by block.
fn scores(
    samples: &Samples,
    end: &Refined,
    ended: &Ended,
    block: usize,
) -> Vec<SVector<f64, PARAMETERS>> {
    // From the middle of a pixel no rounding reaches the next block.
    let share = 1.0 / block as f32;
    let at = |v: f32| ((v + 0.5) * share) as usize;
    let most = |v: &[f32]| at(v.iter().copied().fold(0.0, f32::max)) + 1;
    let columns = most(&samples.x);
    let mut blocks = vec![SVector::<f64, PARAMETERS>::zeros(); columns * most(&samples.y)];
    let gains = gains(end.gain);
    let limit = end.limit as f32;
    let all: [&[f32]; PARAMETERS] = std::array::from_fn(|p| &samples.columns[p][..samples.count]);
    for (i, &r) in ended.residuals[..samples.count].iter().enumerate() {
        if !r.is_finite() {
            continue;
        }
        let score = f64::from(weight(r, limit) * samples.near[i] * r);
        let sum = &mut blocks[at(samples.x[i]) + columns * at(samples.y[i])];
        for p in 0..PARAMETERS {
            sum[p] += score * f64::from(all[p][i]);
        }
    }
    for sum in &mut blocks {
        for p in 0..PARAMETERS {
            sum[p] *= gains[p];
        }
    }
    blocks
}

/// Derivative of a point's displacement along a direction by the four parameters.
pub(crate) fn lever(point: [f64; 2], centre: [f64; 2], along: [f64; 2]) -> SVector<f64, 4> {
    let (dx, dy) = (point[0] - centre[0], point[1] - centre[1]);
    SVector::from([
        along[0],
        along[1],
        along[1] * dx - along[0] * dy,
        along[0] * dx + along[1] * dy,
    ])
}

/// The same covariance about another centre.
pub(crate) fn recentred(matrix: &Matrix4<f64>, from: [f64; 2], to: [f64; 2]) -> Matrix4<f64> {
    let mut j = Matrix4::identity();
    for (r, along) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
        j.set_row(r, &lever(to, from, along).transpose());
    }
    j * matrix * j.transpose()
}

/// The same covariance in axes turned by a rotation.
pub(crate) fn turned(matrix: &Matrix4<f64>, rotation: f64) -> Matrix4<f64> {
    let (s, c) = rotation.sin_cos();
    let mut j = Matrix4::identity();
    j[(0, 0)] = c;
    j[(0, 1)] = -s;
    j[(1, 0)] = s;
    j[(1, 1)] = c;
    j * matrix * j.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_at_a_point_does_not_depend_on_the_centre_it_is_stated_about() {
        let root =
            Matrix4::from_fn(|r, c| ((3 * r + 2 * c) as f64).sin() * [1.0, 1.0, 0.01, 0.01][r]);
        let matrix = root * root.transpose();
        let other = recentred(&matrix, [30.0, 40.0], [-10.0, 90.0]);
        let (p, n) = ([70.0, 20.0], [0.6, 0.8]);
        let (a, b) = (lever(p, [30.0, 40.0], n), lever(p, [-10.0, 90.0], n));
        let (a, b) = (a.dot(&(matrix * a)), b.dot(&(other * b)));
        assert!((a - b).abs() < 1e-9 * a, "{a} {b}");
    }
}
