use crate::{ANISOTROPIC, ISOTROPIC, grid, random_mask};
use howship_image::{Mask, Volume};
use howship_ops::{
    distance_to, distance_to_within, distance_transform, signed_distance,
    squared_distance_transform,
};
use proptest::prelude::*;

/// Distance to the nearest voxel whose value is `site`, by comparing all pairs.
pub(crate) fn brute_force(mask: &Mask, site: impl Fn(u8) -> bool) -> Volume<f32> {
    let geometry = mask.geometry().clone();
    let spacing = geometry.spacing();
    let sites: Vec<[usize; 3]> = (0..geometry.voxels())
        .filter(|&i| site(mask.data()[i]))
        .map(|i| geometry.voxel(i))
        .collect();
    Volume::from_fn(geometry, |voxel| {
        let squared = |other: &[usize; 3]| -> f64 {
            (0..3)
                .map(|a| ((voxel[a] as f64 - other[a] as f64) * spacing[a]).powi(2))
                .sum()
        };
        sites
            .iter()
            .map(squared)
            .fold(f64::INFINITY, f64::min)
            .sqrt() as f32
    })
}

fn assert_close(found: &Volume<f32>, expected: &Volume<f32>) {
    for (i, (&f, &e)) in found.data().iter().zip(expected.data()).enumerate() {
        let same = f == e || (f - e).abs() <= e * 3e-7;
        assert!(
            same,
            "voxel {:?}: {f} instead of {e}",
            found.geometry().voxel(i)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn equals_brute_force(
        size in [1usize..14, 1usize..14, 1usize..14],
        spacing in prop::sample::select(vec![ISOTROPIC, ANISOTROPIC, [1.0, 1.0, 1.0], [0.5, 2.0, 1.0]]),
        seed: u64,
        share in prop::sample::select(vec![0.02, 0.3, 0.7, 0.98, 0.997]),
    ) {
        let mask = random_mask(size, spacing, seed, share);
        let inside = brute_force(&mask, |v| v == 0);
        let outside = brute_force(&mask, |v| v != 0);
        assert_close(&distance_transform(&mask), &inside);
        assert_close(&distance_to(&mask), &outside);
        let limit = spacing[0] * 3.0;
        let near = outside.map(|d| if f64::from(d) <= limit * (1.0 + 1e-6) { d } else { f32::INFINITY });
        assert_close(&distance_to_within(&mask, limit), &near);
    }
}

#[test]
fn plane_and_point_are_exact() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        // Outside is the plane z = 0.
        let slab = Mask::from_fn(grid([5, 6, 40], spacing), |[_, _, z]| u8::from(z > 0));
        let depth = distance_transform(&slab);
        for z in 0..40 {
            let expected = (z as f64 * spacing[2]) as f32;
            assert!((depth.at(2, 3, z) - expected).abs() <= expected * 2e-7);
        }
        let point = Mask::from_fn(grid([21, 17, 11], spacing), |v| u8::from(v == [10, 8, 5]));
        let distance = distance_to(&point);
        let corner = (0..3)
            .map(|a| ([10.0, 8.0, 5.0][a] * spacing[a]).powi(2))
            .sum::<f64>()
            .sqrt();
        assert!((f64::from(distance.at(0, 0, 0)) - corner).abs() < corner * 2e-7);
        assert_eq!(distance.at(10, 8, 5), 0.0);
    }
}

#[test]
fn full_and_empty_masks_have_no_nearest_voxel() {
    for size in [[1, 1, 1], [1, 7, 1], [4, 3, 2]] {
        let full = Mask::filled(grid(size, ISOTROPIC), 1);
        let empty = Mask::filled(grid(size, ISOTROPIC), 0);
        assert!(
            squared_distance_transform(&full)
                .data()
                .iter()
                .all(|&d| d == f32::INFINITY)
        );
        assert!(distance_transform(&empty).data().iter().all(|&d| d == 0.0));
        assert!(
            distance_to(&empty)
                .data()
                .iter()
                .all(|&d| d == f32::INFINITY)
        );
        assert!(
            signed_distance(&full)
                .data()
                .iter()
                .all(|&d| d == f32::NEG_INFINITY)
        );
        assert!(
            signed_distance(&empty)
                .data()
                .iter()
                .all(|&d| d == f32::INFINITY)
        );
    }
}

#[test]
fn signed_distance_changes_sign_midway() {
    let half = Mask::from_fn(grid([10, 3, 3], ANISOTROPIC), |[x, _, _]| u8::from(x < 5));
    let signed = signed_distance(&half);
    assert!((signed.at(4, 1, 1) + signed.at(5, 1, 1)).abs() < 1e-7);
    assert!(signed.at(4, 1, 1) < 0.0 && signed.at(5, 1, 1) > 0.0);
}
