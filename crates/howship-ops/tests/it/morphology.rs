use crate::distance::brute_force;
use crate::{ANISOTROPIC, ISOTROPIC, ball, grid, random_mask};
use howship_image::Mask;
use howship_ops::{Error, close, dilate, erode, open};
use proptest::prelude::*;

fn dilated(mask: &Mask, radius: f64) -> Mask {
    brute_force(mask, |v| v != 0).map(|d| u8::from(f64::from(d) <= radius * (1.0 + 1e-6)))
}

fn eroded(mask: &Mask, radius: f64) -> Mask {
    brute_force(mask, |v| v == 0).map(|d| u8::from(f64::from(d) > radius * (1.0 + 1e-6)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn equals_brute_force(
        size in [1usize..8, 1usize..8, 1usize..8],
        spacing in prop::sample::select(vec![ISOTROPIC, ANISOTROPIC]),
        seed: u64,
        share in prop::sample::select(vec![0.0, 0.01, 0.1, 0.8, 0.97, 1.0]),
        voxels in 0.0f64..4.0,
    ) {
        let mask = random_mask(size, spacing, seed, share);
        let radius = voxels * spacing[0];
        prop_assert_eq!(dilate(&mask, radius).unwrap(), dilated(&mask, radius));
        prop_assert_eq!(erode(&mask, radius).unwrap(), eroded(&mask, radius));
        prop_assert_eq!(open(&mask, radius).unwrap(), dilated(&eroded(&mask, radius), radius));
        prop_assert_eq!(close(&mask, radius).unwrap(), padded_closing(&mask, radius));
    }
}

/// Closing on a grid that is padded by far more than the radius.
fn padded_closing(mask: &Mask, radius: f64) -> Mask {
    let pad = 5;
    let size = mask.size().map(|n| n + 2 * pad);
    let wide = Mask::from_fn(grid(size, mask.geometry().spacing()), |v| {
        mask.get(v.map(|i| i as i64 - pad as i64)).unwrap_or(0)
    });
    let closed = eroded(&dilated(&wide, radius), radius);
    Mask::from_fn(mask.geometry().clone(), |[x, y, z]| {
        closed.at(x + pad, y + pad, z + pad)
    })
}

#[test]
fn balls_grow_and_shrink_by_the_radius() {
    for (spacing, size) in [([0.1; 3], [61, 61, 61]), ([0.05, 0.1, 0.2], [121, 61, 31])] {
        let (radius, by) = (1.6, 0.7);
        let start = ball(size, spacing, radius);
        let volume = |mask: &Mask| mask.count() as f64 * mask.geometry().voxel_mm3();
        let sphere = |r: f64| 4.0 / 3.0 * std::f64::consts::PI * r * r * r;
        // Distances are between centres. Growth starts from the outermost inside centres, which lie
        // below the true surface: biased low. Erosion starts from outside centres, which lie above it:
        // biased high. Both by less than half the largest spacing.
        let half = spacing[2] / 2.0;
        let grown = volume(&dilate(&start, by).unwrap());
        assert!(
            grown < sphere(radius + by) && grown > sphere(radius + by - half),
            "{grown}"
        );
        let shrunk = volume(&erode(&start, by).unwrap());
        assert!(
            shrunk > sphere(radius - by) && shrunk < sphere(radius - by + half),
            "{shrunk}"
        );
    }
}

#[test]
fn closing_fills_a_gap_narrower_than_the_ball_only() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        // Two plates along z, 4 voxels apart.
        let plates = Mask::from_fn(grid([40, 40, 20], spacing), |[_, _, z]| {
            u8::from((5..8).contains(&z) || (12..15).contains(&z))
        });
        // The two middle voxels of the gap lie two steps from the nearer plate.
        let reach = 2.0 * spacing[2];
        let closed = close(&plates, reach).unwrap();
        assert_eq!(closed.at(20, 20, 10), 1);
        assert_eq!(closed.at(20, 20, 4), 0);
        assert_eq!(close(&plates, reach * 0.99).unwrap().at(20, 20, 10), 0);
    }
}

#[test]
fn nonsense_is_refused_and_huge_radii_are_not_a_disaster() {
    let mask = ball([5, 5, 5], ISOTROPIC, 0.1);
    for radius in [-1.0, f64::NAN, f64::INFINITY] {
        for operation in [dilate, erode, open, close] {
            assert!(matches!(
                operation(&mask, radius),
                Err(Error::Parameter { .. })
            ));
        }
    }
    assert_eq!(dilate(&mask, 1e9).unwrap().count(), 125);
    assert_eq!(erode(&mask, 1e9).unwrap().count(), 0);
    assert!(matches!(close(&mask, 1e9), Err(Error::Grid(_))));
}
