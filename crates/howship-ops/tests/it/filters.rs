use crate::{ANISOTROPIC, ISOTROPIC, Lcg, grid, random_volume};
use howship_image::Volume;
use howship_ops::*;
use proptest::prelude::*;
use std::f64::consts::PI;

#[test]
fn gradient_of_a_ramp_is_its_slope_up_to_the_border() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        let slope = [3.0, -5.0, 2.0];
        let ramp = Volume::from_fn(grid([7, 6, 5], spacing), |v| {
            (0..3)
                .map(|a| slope[a] * spacing[a] * v[a] as f64)
                .sum::<f64>() as f32
        });
        for (found, expected) in gradient(&ramp).iter().zip(slope) {
            assert!(
                found
                    .data()
                    .iter()
                    .all(|&g| (f64::from(g) - expected).abs() < 1e-4)
            );
        }
        let norm = 38.0f64.sqrt();
        let steep = gradient_magnitude(&ramp);
        assert!(
            steep
                .data()
                .iter()
                .all(|&g| (f64::from(g) - norm).abs() < 1e-4)
        );
    }
    let single = Volume::filled(grid([1, 1, 1], ISOTROPIC), 4.0f32);
    assert!(gradient(&single).iter().all(|g| g.data() == [0.0]));
}

#[test]
fn median_removes_a_spike_and_keeps_an_edge() {
    let mut step = Volume::from_fn(grid([9, 8, 7], ANISOTROPIC), |[x, _, _]| {
        if x < 4 { -2.0f32 } else { 6.0 }
    });
    let expected = step.clone();
    let spike = step.geometry().offset(2, 3, 3);
    step.data_mut()[spike] = 1e6;
    assert_eq!(median(&step, [1; 3]).unwrap(), expected);
    assert_eq!(median(&step, [0; 3]).unwrap(), step);
    assert!(median(&step, [1000; 3]).is_err());
    assert!(median(&step, [usize::MAX, 0, 0]).is_err());
    let tiny = random_volume([1, 2, 1], ISOTROPIC, 5);
    assert_eq!(median(&tiny, [2; 3]).unwrap().size(), [1, 2, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn median_equals_a_sorted_window(
        size in [1usize..40, 1usize..5, 1usize..5],
        radius in prop::sample::select(vec![
            [1usize, 0, 0], [0, 1, 0], [1, 1, 1], [2, 2, 1], [2, 2, 2], [0, 3, 2],
        ]),
        seed: u64,
        share_of_nan in prop::sample::select(vec![0.0, 0.1]),
    ) {
        let mut lcg = Lcg(seed ^ 5);
        let volume = random_volume(size, ISOTROPIC, seed)
            .map(|v| if lcg.next() < share_of_nan { f32::NAN } else { v - 0.5 });
        let found = median(&volume, radius).unwrap();
        for (i, &f) in found.data().iter().enumerate() {
            let [x, y, z] = volume.geometry().voxel(i);
            let around = |c: usize, a: usize| {
                let r = radius[a] as i64;
                (-r..=r).map(move |d| (c as i64 + d).clamp(0, size[a] as i64 - 1) as usize)
            };
            let mut window: Vec<f32> = around(z, 2)
                .flat_map(|k| around(y, 1).map(move |j| (j, k)))
                .flat_map(|(j, k)| around(x, 0).map(move |i| (i, j, k)))
                .map(|(i, j, k)| volume.at(i, j, k))
                .collect();
            window.sort_by(f32::total_cmp);
            let expected = window[window.len() / 2];
            prop_assert!(f == expected || (f.is_nan() && expected.is_nan()), "{} not {}", f, expected);
        }
    }
}

#[test]
fn laplace_hamming_follows_its_transfer_function() {
    let options = LaplaceHammingOptions::default();
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        let flat = Volume::filled(grid([20, 16, 12], spacing), 100.0f32);
        let level = options.gain * (1.0 - options.epsilon) * 100.0;
        let found = laplace_hamming(&flat, &options).unwrap();
        assert!(
            found
                .data()
                .iter()
                .all(|&v| (f64::from(v) / level - 1.0).abs() < 1e-5)
        );
        // A cosine whose period the padded, mirrored grid holds: 96 + 32 = 128 voxels.
        let period = 16.0;
        let cosine = |[x, _, _]: [usize; 3]| (2.0 * PI * x as f64 / period).cos();
        let wave = Volume::from_fn(grid([96, 8, 8], spacing), |v| cosine(v) as f32);
        let f = 1.0 / (period * spacing[0]);
        let end = options.cut_off / spacing[0];
        let window = 0.5 + 0.5 * (PI * f / end).cos();
        let factor = options.gain * (1.0 - options.epsilon + options.epsilon * f * f) * window;
        let found = laplace_hamming(&wave, &options).unwrap();
        // The mirror about the last voxel breaks the wave there: the far end is left out.
        for x in 0..60 {
            let error = f64::from(found.at(x, 3, 3)) / factor - cosine([x, 3, 3]);
            assert!(error.abs() < 1e-2, "{x}: {error}");
        }
    }
    let volume = random_volume([1, 1, 1], ISOTROPIC, 1);
    assert!(laplace_hamming(&volume, &options).is_ok());
    for bad in [
        LaplaceHammingOptions {
            epsilon: 1.5,
            ..options.clone()
        },
        LaplaceHammingOptions {
            cut_off: 0.0,
            ..options.clone()
        },
        LaplaceHammingOptions {
            hamming_amplitude: f64::NAN,
            ..options.clone()
        },
        LaplaceHammingOptions {
            gain: f64::INFINITY,
            ..options.clone()
        },
    ] {
        assert!(matches!(
            laplace_hamming(&volume, &bad),
            Err(Error::Parameter { .. })
        ));
    }
}
