use crate::{ISOTROPIC, Lcg, grid, random_mask};
use howship_image::{Labels, Mask};
use howship_ops::{
    Components, Connectivity, fill_holes, fill_holes_slices, keep_largest, label, label_values,
    largest_components, remove_small,
};
use proptest::prelude::*;

const ALL: [Connectivity; 3] = [
    Connectivity::Six,
    Connectivity::Eighteen,
    Connectivity::TwentySix,
];

/// Flood by a stack from each voxel in memory order.
fn flood(values: &Labels, connectivity: Connectivity) -> (Vec<u32>, usize) {
    let most = match connectivity {
        Connectivity::Six => 1,
        Connectivity::Eighteen => 2,
        Connectivity::TwentySix => 3,
    };
    let geometry = values.geometry();
    let mut labels = vec![0; geometry.voxels()];
    let mut count = 0;
    for start in 0..labels.len() {
        if values.data()[start] == 0 || labels[start] != 0 {
            continue;
        }
        count += 1;
        labels[start] = count;
        let mut stack = vec![start];
        while let Some(offset) = stack.pop() {
            let here = geometry.voxel(offset).map(|v| v as i64);
            for step in 0..27i64 {
                let d = [step % 3 - 1, step / 3 % 3 - 1, step / 9 - 1];
                let distance: i64 = d.iter().map(|v| v.abs()).sum();
                let next: [i64; 3] = std::array::from_fn(|a| here[a] + d[a]);
                if distance > most || values.get(next) != Some(values.data()[offset]) {
                    continue;
                }
                let next = next.map(|v| v as usize);
                let next = geometry.offset(next[0], next[1], next[2]);
                if labels[next] == 0 {
                    labels[next] = count;
                    stack.push(next);
                }
            }
        }
    }
    (labels, count as usize)
}

/// Count and labels are those of the flood.
fn is_flood(
    found: &Components,
    values: &Labels,
    connectivity: Connectivity,
) -> Result<(), TestCaseError> {
    let (expected, count) = flood(values, connectivity);
    prop_assert_eq!(found.count, count);
    prop_assert_eq!(found.labels.data(), &expected[..]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn equals_flood(
        size in [1usize..12, 1usize..12, 1usize..12],
        seed: u64,
        share in 0.1f64..0.9,
        values in 1u32..4,
    ) {
        let mask = random_mask(size, ISOTROPIC, seed, share);
        let mut lcg = Lcg(seed);
        let labels = mask.map(|v| if v == 0 { 0 } else { 1 + (lcg.next() * f64::from(values)) as u32 });
        for connectivity in ALL {
            is_flood(&label(&mask, connectivity), &mask.map(u32::from), connectivity)?;
            is_flood(&label_values(&labels, connectivity), &labels, connectivity)?;
        }
    }

    #[test]
    fn long_rows_and_slabs_of_any_number_equal_flood(
        size in [60usize..200, 1usize..4, 1usize..8],
        seed: u64,
        share in 0.02f64..0.98,
        threads in 1usize..4,
    ) {
        let mask = random_mask(size, ISOTROPIC, seed, share);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for connectivity in ALL {
            let found = pool.install(|| label(&mask, connectivity));
            is_flood(&found, &mask.map(u32::from), connectivity)?;
        }
    }

    #[test]
    fn holes_are_what_the_border_cannot_reach(
        size in [1usize..9, 1usize..9, 1usize..9], seed: u64, share in 0.3f64..0.95,
    ) {
        let mask = random_mask(size, ISOTROPIC, seed, share);
        let (background, count) = flood(&mask.map(|v| u32::from(v == 0)), Connectivity::Six);
        let mut outer = vec![false; count + 1];
        for (i, &label) in background.iter().enumerate() {
            let voxel = mask.geometry().voxel(i);
            if (0..3).any(|a| voxel[a] == 0 || voxel[a] + 1 == size[a]) {
                outer[label as usize] = true;
            }
        }
        let expected: Vec<u8> =
            background.iter().map(|&l| u8::from(l == 0 || !outer[l as usize])).collect();
        let filled = fill_holes(&mask);
        prop_assert_eq!(filled.data(), &expected[..]);
    }
}

#[test]
fn sizes_choose_components() {
    // Along x: 2 voxels, 5 voxels, 3 voxels, with gaps.
    let pattern = [1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1];
    let mask = Mask::new(grid([12, 1, 1], ISOTROPIC), pattern.to_vec()).unwrap();
    let six = Connectivity::Six;
    assert_eq!(
        keep_largest(&mask, six).data(),
        [0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    );
    assert_eq!(
        remove_small(&mask, 3, six).data(),
        [0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1]
    );
    assert_eq!(
        largest_components(&mask, 2, six).data(),
        [0, 0, 0, 1, 1, 1, 1, 1, 0, 2, 2, 2]
    );
    let empty = Mask::filled(grid([2, 2, 2], ISOTROPIC), 0);
    assert_eq!(keep_largest(&empty, six), empty);
    assert_eq!(label(&empty, six).count, 0);
}

#[test]
fn slices_fill_along_their_own_axis_only() {
    // A tube along each axis in turn: its bore is a hole only in the slices across it.
    for axis in 0..3 {
        let mut size = [7, 7, 7];
        size[axis] = 4;
        let across: Vec<usize> = (0..3).filter(|&a| a != axis).collect();
        let tube = Mask::from_fn(grid(size, ISOTROPIC), |v| {
            let ring = across.iter().map(|&a| v[a].abs_diff(3)).max().unwrap();
            u8::from(ring == 2)
        });
        let ring_and_bore = 4 * 25;
        assert_eq!(fill_holes_slices(&tube, axis).count(), ring_and_bore);
        for &other in &across {
            assert_eq!(fill_holes_slices(&tube, other), tube);
        }
        assert_eq!(fill_holes(&tube), tube);
    }
}
