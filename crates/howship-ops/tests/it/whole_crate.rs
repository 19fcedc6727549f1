//! What holds for every operation: any number of threads, any size.

use crate::{ANISOTROPIC, ball, random_mask, random_volume};
use howship_image::{Mask, Volume};
use howship_ops::*;

/// Every operation on one pair of volumes, with everything it gave in words.
fn everything(grey: &Volume<f32>, mask: &Mask) -> Vec<String> {
    let radius = 0.13;
    let labels = label(mask, Connectivity::TwentySix);
    let mut given = vec![
        format!("{:?}", gaussian(grey, [0.1, 0.2, 0.3]).unwrap().data()),
        format!("{:?}", median(grey, [1; 3]).unwrap().data()),
        format!("{:?}", gradient_magnitude(grey).data()),
        format!("{:?}", gradient(grey)),
        format!(
            "{:?}",
            laplace_hamming(grey, &LaplaceHammingOptions::default())
                .unwrap()
                .data()
        ),
        format!(
            "{:?}",
            adaptive_threshold(grey, &AdaptiveOptions::default())
                .unwrap()
                .data()
        ),
        format!(
            "{:?}",
            hysteresis_threshold(grey, 0.4, 0.9, Connectivity::Six).data()
        ),
        format!("{:?}", signed_distance(mask).data()),
        format!("{:?}", distance_to_within(mask, radius).data()),
        format!("{:?}", nearest_feature(mask).data()),
        format!("{:?}", local_thickness(mask).data()),
        format!("{:?}", fill_holes(mask).data()),
        format!(
            "{:?}",
            reconstruct(mask, mask, Connectivity::Eighteen)
                .unwrap()
                .data()
        ),
        format!(
            "{:?}",
            watershed(grey, &labels.labels, mask).unwrap().data()
        ),
        format!("{:?}", region_properties(&labels.labels)),
        format!("{:?}", region_intensities(&labels.labels, grey).unwrap()),
        format!("{:?}", inscribed_diameters(&labels.labels).unwrap()),
        format!("{:?}", marching_cubes(grey, 0.5).unwrap()),
        format!("{:?}", marching_cubes_mask(mask, None).unwrap()),
        format!(
            "{:?}",
            largest_components(mask, 2, Connectivity::Six).data()
        ),
    ];
    for operation in [dilate, erode, open, close] {
        given.push(format!("{:?}", operation(mask, radius).unwrap().data()));
    }
    for axis in 0..3 {
        given.push(format!("{:?}", fill_holes_slices(mask, axis).data()));
    }
    given
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let size = [33, 29, 37];
    let grey = random_volume(size, ANISOTROPIC, 21);
    let noise = random_mask(size, ANISOTROPIC, 22, 0.97);
    let mut mask = ball(size, ANISOTROPIC, 1.1);
    mask.data_mut()
        .iter_mut()
        .zip(noise.data())
        .for_each(|(m, &n)| *m &= n);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| everything(&grey, &mask))
    };
    let one = with(1);
    for threads in [2, 5] {
        for (i, (a, b)) in one.iter().zip(with(threads)).enumerate() {
            assert!(*a == b, "result {i} differs with {threads} threads");
        }
    }
}

#[test]
fn no_size_and_no_content_is_too_small() {
    for size in [
        [1, 1, 1],
        [1, 7, 1],
        [5, 1, 1],
        [1, 1, 6],
        [2, 2, 2],
        [1, 3, 4],
    ] {
        let grey = random_volume(size, ANISOTROPIC, 3);
        for share in [0.0, 0.5, 1.1] {
            let given = everything(&grey, &random_mask(size, ANISOTROPIC, 4, share));
            assert_eq!(given.len(), 27);
        }
    }
}
