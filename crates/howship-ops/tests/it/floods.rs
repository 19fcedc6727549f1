use crate::{ANISOTROPIC, ISOTROPIC, grid, random_mask, random_volume};
use howship_image::{Labels, Mask, Volume};
use howship_ops::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_nearest_feature_is_as_near_as_the_distance(
        size in [1usize..12, 1usize..12, 1usize..12],
        spacing in prop::sample::select(vec![ISOTROPIC, ANISOTROPIC]),
        seed: u64,
        share in prop::sample::select(vec![0.0, 0.01, 0.2, 0.9]),
    ) {
        let mask = random_mask(size, spacing, seed, share);
        let (feature, distance) = (nearest_feature(&mask), distance_to(&mask));
        let geometry = mask.geometry();
        for (i, (&f, &d)) in feature.data().iter().zip(distance.data()).enumerate() {
            if f == NO_FEATURE {
                prop_assert_eq!(d, f32::INFINITY);
                continue;
            }
            prop_assert!(mask.data()[f as usize] != 0);
            let (a, b) = (geometry.voxel(i), geometry.voxel(f as usize));
            let squared: f64 =
                (0..3).map(|k| ((a[k] as f64 - b[k] as f64) * spacing[k]).powi(2)).sum();
            prop_assert!((squared.sqrt() - f64::from(d)).abs() <= 1e-6 * f64::from(d));
        }
    }

    #[test]
    fn grey_reconstruction_is_what_repeated_dilation_ends_at(
        size in [1usize..7, 1usize..7, 1usize..7], seed: u64,
    ) {
        let mask = random_volume(size, ISOTROPIC, seed);
        let marker = random_volume(size, ISOTROPIC, seed ^ 77).map(|v| v * v * v);
        for (connectivity, most) in [(Connectivity::Six, 1), (Connectivity::TwentySix, 3)] {
            let mut expected: Vec<f32> =
                marker.data().iter().zip(mask.data()).map(|(a, b)| a.min(*b)).collect();
            loop {
                let before = expected.clone();
                for (i, value) in expected.iter_mut().enumerate() {
                    let here = mask.geometry().voxel(i);
                    for (j, &other) in before.iter().enumerate() {
                        let there = mask.geometry().voxel(j);
                        let steps: Vec<usize> = (0..3).map(|a| here[a].abs_diff(there[a])).collect();
                        if steps.iter().all(|&s| s < 2) && steps.iter().sum::<usize>() <= most {
                            *value = value.max(other);
                        }
                    }
                    *value = value.min(mask.data()[i]);
                }
                if before == expected {
                    break;
                }
            }
            let found = reconstruct_gray(&marker, &mask, connectivity).unwrap();
            prop_assert_eq!(found.data(), &expected[..]);
        }
    }
}

#[test]
fn a_watershed_parts_two_touching_balls_at_the_neck() {
    for spacing in [[0.1; 3], [0.05, 0.1, 0.2]] {
        let size = spacing.map(|s| (4.0f64 / s).round() as usize);
        let geometry = grid(size, spacing);
        let distance = |v: [usize; 3], x: f64| {
            let p = geometry.world(v.map(|i| i as f64));
            ((p.x - x).powi(2) + (p.y - 2.0).powi(2) + (p.z - 2.0).powi(2)).sqrt()
        };
        let mask = Mask::from_fn(geometry.clone(), |v| {
            u8::from(distance(v, 1.25) < 0.9 || distance(v, 2.75) < 0.9)
        });
        let priority = distance_transform(&mask).map(|d| -d);
        let markers = Labels::from_fn(geometry.clone(), |v| {
            u32::from(distance(v, 1.25) < 0.2) + 2 * u32::from(distance(v, 2.75) < 0.2)
        });
        let parts = watershed(&priority, &markers, &mask).unwrap();
        for (i, &label) in parts.data().iter().enumerate() {
            let x = geometry.world(geometry.voxel(i).map(|v| v as f64)).x;
            assert_eq!(label == 0, mask.data()[i] == 0);
            if (x - 2.0).abs() > 2.0 * spacing[0] && label > 0 {
                assert_eq!(label, if x < 2.0 { 1 } else { 2 }, "x = {x}");
            }
        }
    }
}

#[test]
fn floods_stay_in_their_mask_and_refuse_other_grids() {
    let geometry = grid([6, 1, 1], ISOTROPIC);
    let mask = Mask::new(geometry.clone(), vec![1, 1, 0, 1, 1, 1]).unwrap();
    let marker = Mask::new(geometry.clone(), vec![0, 1, 1, 0, 0, 0]).unwrap();
    let reached = reconstruct(&marker, &mask, Connectivity::TwentySix).unwrap();
    assert_eq!(reached.data(), [1, 1, 0, 0, 0, 0]);
    let priority = Volume::new(geometry, vec![0.0, f32::NAN, 1.0, -1.0, f32::NAN, 2.0]).unwrap();
    let flooded = watershed(&priority, &marker.map(u32::from), &mask).unwrap();
    assert_eq!(flooded.data(), [1, 1, 0, 0, 0, 0]);
    let other = Mask::filled(grid([6, 1, 1], ANISOTROPIC), 1);
    assert!(reconstruct(&other, &mask, Connectivity::Six).is_err());
    assert!(watershed(&priority, &other.map(u32::from), &mask).is_err());
    assert!(reconstruct_gray(&other.map(f32::from), &priority, Connectivity::Six).is_err());
    let grown = reconstruct_gray(&marker.map(f32::from), &priority, Connectivity::Six).unwrap();
    assert!(grown.data().iter().all(|v| !v.is_nan()));
}
