use crate::{ANISOTROPIC, ISOTROPIC, ball, grid};
use howship_image::{Geometry, Labels, Mask, Volume};
use howship_ops::{
    Error, inscribed_diameters, local_thickness, region_intensities, region_properties,
};

#[test]
fn an_ellipsoid_has_its_axes_and_volume() {
    let (s, c) = 0.5f64.sin_cos();
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
    for (size, spacing) in [([60, 50, 40], [0.1; 3]), ([120, 50, 20], [0.05, 0.1, 0.2])] {
        let geometry = Geometry::new(size, spacing, [3.0, -8.0, 100.0], direction).unwrap();
        let half = [2.5, 1.8, 1.2];
        let middle = size.map(|n| (n as f64 - 1.0) / 2.0);
        let labels = Labels::from_fn(geometry.clone(), |v| {
            let sum: f64 = (0..3)
                .map(|a| ((v[a] as f64 - middle[a]) * spacing[a] / half[a]).powi(2))
                .sum();
            if sum <= 1.0 { 7 } else { 0 }
        });
        let found = region_properties(&labels);
        assert_eq!(found.len(), 1);
        let region = &found[0];
        assert_eq!(region.label, 7);
        let volume = 4.0 / 3.0 * std::f64::consts::PI * half.iter().product::<f64>();
        assert!((region.volume_mm3 / volume - 1.0).abs() < 0.01);
        assert!((region.centroid_mm - geometry.centre()).norm() < 1e-9);
        for a in 0..3 {
            // Points instead of boxes: low by less than a voxel.
            let error = region.axis_lengths_mm[a] - 2.0 * half[a];
            assert!(error.abs() < 0.02 * half[a], "axis {a}: {error}");
            let column: Vec<f64> = (0..3).map(|r| direction[r][a]).collect();
            let dot: f64 = (0..3).map(|r| column[r] * region.axes[a][r]).sum();
            assert!(dot.abs() > 0.9999);
        }
        let diameter = region.equivalent_diameter_mm;
        assert!((diameter - 2.0 * half.iter().product::<f64>().cbrt()).abs() < 0.02);
        let inscribed = inscribed_diameters(&labels).unwrap();
        // Centre to centre: high, by less than a voxel's diagonal.
        let excess = inscribed[0].1 - 2.0 * half[2];
        assert!(excess > -1e-6 && excess < spacing.iter().map(|s| s * s).sum::<f64>().sqrt() * 2.0);
    }
}

#[test]
fn few_voxels_do_not_break_the_moments() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        let mut labels = Labels::filled(grid([1, 6, 1], spacing), 0);
        labels
            .data_mut()
            .copy_from_slice(&[5, 0, 2, 2, 0, u32::MAX]);
        let found = region_properties(&labels);
        assert_eq!(
            found.iter().map(|r| r.label).collect::<Vec<_>>(),
            [2, 5, u32::MAX]
        );
        assert_eq!(found[1].axis_lengths_mm, [0.0; 3]);
        // Two points half a step from their mean: variance a quarter of the squared step.
        let expected = 2.0 * (5.0f64 * 0.25).sqrt() * spacing[1];
        assert!((found[0].axis_lengths_mm[0] - expected).abs() < 1e-12);
        assert!((found[0].axes[0].y - 1.0).abs() < 1e-12);
    }
    assert!(region_properties(&Labels::filled(grid([3; 3], ISOTROPIC), 0)).is_empty());
}

#[test]
fn intensities_leave_out_what_is_not_a_number() {
    let labels = Labels::new(grid([5, 1, 1], [2.0; 3]), vec![1, 1, 1, 2, 0]).unwrap();
    let values = vec![1.0, 3.0, f32::NAN, f32::INFINITY, 9.0];
    let volume = Volume::new(labels.geometry().clone(), values).unwrap();
    let found = region_intensities(&labels, &volume).unwrap();
    assert_eq!(
        (found[0].voxels, found[0].mean, found[0].standard_deviation),
        (2, 2.0, 1.0)
    );
    assert_eq!((found[0].minimum, found[0].maximum), (1.0, 3.0));
    assert_eq!(found[0].weighted_centroid_mm.unwrap().x, 1.5);
    assert!(found[1].voxels == 0 && found[1].mean.is_nan());
    let other = Volume::filled(grid([5, 1, 1], [1.0; 3]), 0.0);
    assert!(matches!(
        region_intensities(&labels, &other),
        Err(Error::Grid(_))
    ));
}

#[test]
fn slabs_have_their_thickness() {
    for spacing in [ISOTROPIC, ANISOTROPIC] {
        for n in 1..8usize {
            let slab = Mask::from_fn(grid([12, 14, 20], spacing), |[_, _, z]| {
                u8::from((6..6 + n).contains(&z))
            });
            let thickness = local_thickness(&slab);
            // Right for even n, one voxel high for odd n.
            let expected = (2 * n.div_ceil(2)) as f64 * spacing[2];
            for z in 6..6 + n {
                let found = f64::from(thickness.at(6, 7, z));
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{n}: {found} not {expected}"
                );
            }
            assert_eq!(thickness.at(6, 7, 5), 0.0);
        }
    }
}

#[test]
fn a_ball_is_as_thick_as_its_diameter_nearly_everywhere() {
    for (size, spacing) in [([51, 51, 51], [0.1; 3]), ([101, 51, 27], [0.05, 0.1, 0.2])] {
        let radius = 2.2;
        let mask = ball(size, spacing, radius);
        let thickness = local_thickness(&mask);
        let values: Vec<f64> = thickness
            .data()
            .iter()
            .filter(|&&t| t > 0.0)
            .map(|&t| f64::from(t))
            .collect();
        assert_eq!(values.len(), mask.count());
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        // High in the middle (centre to centre), low at the outermost voxels.
        assert!((mean / (2.0 * radius) - 1.0).abs() < 0.03, "{mean}");
    }
}

#[test]
fn thickness_without_an_outside_is_infinite() {
    let full = Mask::filled(grid([3, 1, 2], ISOTROPIC), 1);
    assert!(
        local_thickness(&full)
            .data()
            .iter()
            .all(|&t| t == f32::INFINITY)
    );
    let empty = Mask::filled(grid([3, 1, 2], ISOTROPIC), 0);
    assert!(local_thickness(&empty).data().iter().all(|&t| t == 0.0));
}
