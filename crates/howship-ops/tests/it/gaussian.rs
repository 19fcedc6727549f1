use crate::{ANISOTROPIC, ISOTROPIC, grid, random_volume};
use howship_image::Volume;
use howship_ops::{Error, gaussian};

#[test]
fn gaussian_of_a_point_is_the_sampled_kernel() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        let sigma = 1.3;
        let mut point = Volume::filled(grid([31, 31, 31], spacing), 0.0f32);
        let centre = point.geometry().offset(15, 15, 15);
        point.data_mut()[centre] = 1.0;
        let smoothed = gaussian(&point, spacing.map(|s| s * sigma)).unwrap();
        let weight = |k: f64| (-0.5 * (k / sigma).powi(2)).exp();
        let total: f64 = (-5..=5).map(|k| weight(f64::from(k))).sum();
        for [x, y, z] in [[15, 15, 15], [17, 15, 15], [15, 12, 16], [20, 10, 10]] {
            let expected: f64 = [x, y, z]
                .iter()
                .map(|&i| weight(i as f64 - 15.0) / total)
                .product();
            let found = f64::from(smoothed.at(x, y, z));
            assert!(
                (found - expected).abs() < 1e-6 * expected,
                "{found} {expected}"
            );
        }
        assert_eq!(smoothed.at(21, 15, 15), 0.0);
        let sum: f64 = smoothed.data().iter().map(|&v| f64::from(v)).sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }
}

#[test]
fn gaussian_keeps_a_constant_and_refuses_nonsense() {
    for size in [[1, 1, 1], [1, 9, 2], [6, 1, 1]] {
        let flat = Volume::filled(grid(size, ANISOTROPIC), 7.5f32);
        for sigma in [0.0, 0.05, 3.0, 1e30] {
            let smoothed = gaussian(&flat, [sigma; 3]).unwrap();
            assert!(
                smoothed.data().iter().all(|&v| (v - 7.5).abs() < 1e-4),
                "{sigma}"
            );
        }
        for sigma in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                gaussian(&flat, [0.1, 0.1, sigma]),
                Err(Error::Parameter { .. })
            ));
        }
    }
}

#[test]
fn gaussian_wider_than_the_grid_repeats_the_border() {
    let volume = random_volume([4, 3, 5], [1.0; 3], 3);
    let narrow = gaussian(&volume, [0.0, 0.0, 4.0]).unwrap();
    let sigma = 4.0f64;
    let weight = |k: i64| (-0.5 * (k as f64 / sigma).powi(2)).exp();
    let total: f64 = (-16..=16).map(weight).sum();
    let expected: f64 = (-16i64..=16)
        .map(|k| weight(k) / total * f64::from(volume.at(1, 2, (2 + k).clamp(0, 4) as usize)))
        .sum();
    assert!((f64::from(narrow.at(1, 2, 2)) - expected).abs() < 1e-6);
}
