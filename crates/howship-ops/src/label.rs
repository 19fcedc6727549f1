use crate::connectivity::Connectivity;
use crate::runs::Runs;
use howship_image::{Labels, Mask};

/// Connected components of a mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// 0 outside, then 1 to `count` in the order of each component's first voxel in memory.
    pub labels: Labels,
    /// Number of components.
    pub count: usize,
}

/// Numbers the connected components of a mask, in the order of their first voxels in memory.
///
/// Same numbers as `scipy.ndimage.label`; run-length union-find.
#[must_use]
pub fn label(mask: &Mask, connectivity: Connectivity) -> Components {
    let runs = Runs::new(mask.data(), mask.size(), connectivity, |v| v != 0);
    painted(mask.geometry().clone(), &runs)
}

/// As [`label`], where only voxels of one and the same value join: touching labels stay apart.
#[must_use]
pub fn label_values(labels: &Labels, connectivity: Connectivity) -> Components {
    let runs = Runs::of_values(labels.data(), labels.size(), connectivity);
    painted(labels.geometry().clone(), &runs)
}

fn painted(geometry: howship_image::Geometry, runs: &Runs) -> Components {
    let row_length = geometry.size()[0];
    let mut labels = Labels::filled(geometry, 0);
    runs.paint(labels.data_mut(), row_length, |component| {
        Some(component + 1)
    });
    Components {
        labels,
        count: runs.count,
    }
}

/// The `n` largest components, labelled 1 (largest) to `n`; ties go to the earlier voxel.
#[must_use]
pub fn largest_components(mask: &Mask, n: usize, connectivity: Connectivity) -> Labels {
    let runs = Runs::new(mask.data(), mask.size(), connectivity, |v| v != 0);
    let sizes = runs.sizes();
    let mut order: Vec<usize> = (0..runs.count).collect();
    order.sort_by_key(|&component| std::cmp::Reverse(sizes[component]));
    let mut rank = vec![0u32; runs.count];
    for (i, &component) in order.iter().take(n).enumerate() {
        rank[component] = i as u32 + 1;
    }
    let mut labels = Labels::filled(mask.geometry().clone(), 0);
    runs.paint(labels.data_mut(), mask.size()[0], |component| {
        Some(rank[component as usize])
    });
    labels
}

/// The largest component alone; an empty mask stays empty.
#[must_use]
pub fn keep_largest(mask: &Mask, connectivity: Connectivity) -> Mask {
    let runs = Runs::new(mask.data(), mask.size(), connectivity, |v| v != 0);
    let sizes = runs.sizes();
    let largest = (0..runs.count).min_by_key(|&component| std::cmp::Reverse(sizes[component]));
    keep(mask, &runs, |component| Some(component) == largest)
}

/// The components of at least `min_voxels` voxels.
#[must_use]
pub fn remove_small(mask: &Mask, min_voxels: usize, connectivity: Connectivity) -> Mask {
    let runs = Runs::new(mask.data(), mask.size(), connectivity, |v| v != 0);
    let sizes = runs.sizes();
    keep(mask, &runs, |component| sizes[component] >= min_voxels)
}

fn keep(mask: &Mask, runs: &Runs, wanted: impl Fn(usize) -> bool + Sync + Send) -> Mask {
    let mut kept = Mask::filled(mask.geometry().clone(), 0);
    runs.paint(kept.data_mut(), mask.size()[0], |component| {
        wanted(component as usize).then_some(1)
    });
    kept
}
