use crate::distance::squared;
use crate::runs::runs_of_values;
use crate::{Error, threshold::global::map_mask};
use howship_image::{Geometry, Labels, PointMm, Region, VectorMm, Volume};
use nalgebra::{Matrix3, SymmetricEigen};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Size, place and shape of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionProperties {
    /// The label.
    pub label: u32,
    /// Number of voxels.
    pub voxels: usize,
    /// Voxels times the volume of one, in mm³.
    pub volume_mm3: f64,
    /// Mean index along x, y, z.
    pub centroid_index: [f64; 3],
    /// Centroid in world mm (LPS).
    pub centroid_mm: PointMm,
    /// The smallest box of voxels that holds the label.
    pub region: Region,
    /// Unit vectors in world mm (LPS) of the principal axes, longest first, right-handed up to sign: the
    /// component that is largest in size is positive.
    pub axes: [VectorMm; 3],
    /// Length in mm along each principal axis of the ellipsoid with the same second moments
    /// (2 √(5 variance); `axis_major_length` of scikit-image). Voxels count as points, so a single voxel
    /// has length 0 and small regions are biased low.
    pub axis_lengths_mm: [f64; 3],
    /// Diameter in mm of the ball of the same volume.
    pub equivalent_diameter_mm: f64,
}

/// Properties of every label that is not 0, sorted by label.
///
/// Moments are summed as integers: exact, whatever the order.
#[must_use]
pub fn region_properties(labels: &Labels) -> Vec<RegionProperties> {
    let geometry = labels.geometry();
    let sums = moments(labels);
    sums.into_iter()
        .map(|(label, sums)| sums.properties(label, geometry))
        .collect()
}

/// Integer sums over the voxels of one label.
#[derive(Clone)]
struct Moments {
    voxels: u64,
    first: [u128; 3],
    /// xx, yy, zz, xy, xz, yz.
    second: [u128; 6],
    low: [usize; 3],
    high: [usize; 3],
}

impl Moments {
    fn empty() -> Self {
        let low = [usize::MAX; 3];
        Self {
            voxels: 0,
            first: [0; 3],
            second: [0; 6],
            low,
            high: [0; 3],
        }
    }

    /// Adds the run of one row from `start` to before `end`, by closed sums.
    fn add_run(&mut self, start: u32, end: u32, y: usize, z: usize) {
        let (s, e) = (u128::from(start), u128::from(end));
        let n = e - s;
        let (y2, z2) = (y as u128, z as u128);
        let sum = (s + e - 1) * n / 2;
        // Sum of squares below k is (k - 1) k (2k - 1) / 6.
        let squares = |k: u128| {
            if k == 0 {
                0
            } else {
                (k - 1) * k * (2 * k - 1) / 6
            }
        };
        self.voxels += u64::from(end - start);
        let first = [sum, n * y2, n * z2];
        let xx = squares(e) - squares(s);
        let second = [
            xx,
            n * y2 * y2,
            n * z2 * z2,
            sum * y2,
            sum * z2,
            n * y2 * z2,
        ];
        (0..3).for_each(|a| self.first[a] += first[a]);
        (0..6).for_each(|a| self.second[a] += second[a]);
        let (low, high) = ([start as usize, y, z], [end as usize - 1, y, z]);
        self.low = std::array::from_fn(|a| self.low[a].min(low[a]));
        self.high = std::array::from_fn(|a| self.high[a].max(high[a]));
    }

    fn properties(&self, label: u32, geometry: &Geometry) -> RegionProperties {
        let n = self.voxels as f64;
        let centroid_index = self.first.map(|sum| sum as f64 / n);
        // n Sxy - Sx Sy in integers: no cancellation.
        let central = |k: usize, a: usize, b: usize| {
            let difference = (u128::from(self.voxels) * self.second[k]) as i128
                - (self.first[a] * self.first[b]) as i128;
            difference as f64 / (n * n)
        };
        let [xx, yy, zz] = [central(0, 0, 0), central(1, 1, 1), central(2, 2, 2)];
        let [xy, xz, yz] = [central(3, 0, 1), central(4, 0, 2), central(5, 1, 2)];
        let covariance = Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz);
        let (axes, axis_lengths_mm) = principal_axes(covariance, geometry);
        let volume_mm3 = n * geometry.voxel_mm3();
        RegionProperties {
            label,
            voxels: self.voxels as usize,
            volume_mm3,
            centroid_index,
            centroid_mm: geometry.world(centroid_index),
            region: Region::between(self.low, self.high),
            axes,
            axis_lengths_mm,
            equivalent_diameter_mm: (6.0 * volume_mm3 / std::f64::consts::PI).cbrt(),
        }
    }
}

/// Sums per label, over the runs of equal voxels.
fn moments(labels: &Labels) -> BTreeMap<u32, Moments> {
    let size = labels.size();
    let (runs, row_start) = runs_of_values(labels.data(), size);
    let mut sums: BTreeMap<u32, Moments> = BTreeMap::new();
    for row in 0..size[1] * size[2] {
        let (y, z) = (row % size[1], row / size[1]);
        for run in &runs[row_start[row]..row_start[row + 1]] {
            let sums = sums.entry(run.key).or_insert_with(Moments::empty);
            sums.add_run(run.start, run.end, y, z);
        }
    }
    sums
}

/// Axes in world mm, longest first, and their lengths, from the covariance of the indices.
fn principal_axes(covariance: Matrix3<f64>, geometry: &Geometry) -> ([VectorMm; 3], [f64; 3]) {
    let to_mm = geometry.index_to_mm();
    let eigen = SymmetricEigen::new(to_mm * covariance * to_mm.transpose());
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let axes = order.map(|k| {
        let axis: VectorMm = eigen.eigenvectors.column(k).into_owned();
        // The sign of an eigenvector is arbitrary.
        if axis[axis.iamax()] < 0.0 {
            -axis
        } else {
            axis
        }
    });
    let lengths = order.map(|k| 2.0 * (5.0 * eigen.eigenvalues[k].max(0.0)).sqrt());
    (axes, lengths)
}

/// What the values of a volume are within one label.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionIntensity {
    /// The label.
    pub label: u32,
    /// Number of voxels whose value is finite; only those count.
    pub voxels: usize,
    /// Mean, in the unit of the volume; NaN without a finite value.
    pub mean: f64,
    /// Standard deviation over the voxels (n in the denominator).
    pub standard_deviation: f64,
    /// Least value.
    pub minimum: f32,
    /// Greatest value.
    pub maximum: f32,
    /// Centroid in world mm (LPS), weighted by the value; `None` where the values do not add up to more
    /// than 0.
    pub weighted_centroid_mm: Option<PointMm>,
}

#[derive(Clone)]
struct Values {
    n: f64,
    mean: f64,
    /// Sum of squared differences from the mean.
    spread: f64,
    minimum: f32,
    maximum: f32,
    weighted: [f64; 3],
}

impl Values {
    fn empty() -> Self {
        let (minimum, maximum) = (f32::INFINITY, f32::NEG_INFINITY);
        Self {
            n: 0.0,
            mean: 0.0,
            spread: 0.0,
            minimum,
            maximum,
            weighted: [0.0; 3],
        }
    }

    fn add(&mut self, value: f32, voxel: [f64; 3]) {
        if !value.is_finite() {
            return;
        }
        let v = f64::from(value);
        self.n += 1.0;
        let difference = v - self.mean;
        self.mean += difference / self.n;
        self.spread += difference * (v - self.mean);
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
        (0..3).for_each(|a| self.weighted[a] += v * voxel[a]);
    }

    /// Joins two sets (Chan, Golub and LeVeque 1979).
    fn join(&mut self, other: &Self) {
        let n = self.n + other.n;
        if other.n == 0.0 {
            return;
        }
        let difference = other.mean - self.mean;
        self.spread += other.spread + difference * difference * self.n * other.n / n;
        self.mean += difference * other.n / n;
        self.n = n;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        (0..3).for_each(|a| self.weighted[a] += other.weighted[a]);
    }

    fn intensity(&self, label: u32, geometry: &Geometry) -> RegionIntensity {
        let total = self.n * self.mean;
        let known = self.n > 0.0;
        RegionIntensity {
            label,
            voxels: self.n as usize,
            mean: if known { self.mean } else { f64::NAN },
            standard_deviation: if known {
                (self.spread / self.n).sqrt()
            } else {
                f64::NAN
            },
            minimum: if known { self.minimum } else { f32::NAN },
            maximum: if known { self.maximum } else { f32::NAN },
            weighted_centroid_mm: (total > 0.0)
                .then(|| geometry.world(self.weighted.map(|w| w / total))),
        }
    }
}

/// Mean, spread and range of a volume within every label that is not 0, sorted by label.
///
/// # Errors
/// The grids differ.
pub fn region_intensities(
    labels: &Labels,
    volume: &Volume<f32>,
) -> Result<Vec<RegionIntensity>, Error> {
    let geometry = labels.geometry();
    geometry.require_same(volume.geometry())?;
    let [nx, _, nz] = labels.size();
    let slices: Vec<BTreeMap<u32, Values>> = (0..nz)
        .into_par_iter()
        .map(|z| {
            let mut sums: BTreeMap<u32, Values> = BTreeMap::new();
            let rows = labels
                .slice_z(z)
                .chunks(nx)
                .zip(volume.slice_z(z).chunks(nx));
            for (y, (labels, values)) in rows.enumerate() {
                add_row(&mut sums, labels, values, [y as f64, z as f64]);
            }
            sums
        })
        .collect();
    // Joined in the order of the slices: the same sum for any number of threads.
    let mut sums: BTreeMap<u32, Values> = BTreeMap::new();
    for (label, part) in slices.iter().flatten() {
        sums.entry(*label).or_insert_with(Values::empty).join(part);
    }
    Ok(sums
        .iter()
        .map(|(label, values)| values.intensity(*label, geometry))
        .collect())
}

fn add_row(sums: &mut BTreeMap<u32, Values>, labels: &[u32], values: &[f32], yz: [f64; 2]) {
    let mut x = 0;
    for run in labels.chunk_by(|a, b| a == b) {
        if run[0] != 0 {
            let sums = sums.entry(run[0]).or_insert_with(Values::empty);
            for (i, &value) in values[x..x + run.len()].iter().enumerate() {
                sums.add(value, [(x + i) as f64, yz[0], yz[1]]);
            }
        }
        x += run.len();
    }
}

/// Diameter in mm of the largest ball inside each label that is not 0, sorted by label.
///
/// Twice the greatest distance from a voxel of the label to a voxel that is not (centre to centre):
/// biased high, by less than the voxel's diagonal. The grid's border does not confine a label; one that
/// fills the whole grid gives infinity.
///
/// # Errors
/// None for labels that fit in memory.
pub fn inscribed_diameters(labels: &Labels) -> Result<Vec<(u32, f64)>, Error> {
    let sums = moments(labels);
    sums.par_iter()
        .map(|(&label, sums)| {
            let region = Region::between(sums.low, sums.high).grown([1; 3], labels.size());
            let part = map_mask(&labels.crop(region)?, |v| v == label);
            let distance = squared(&part, |v| v == 0, f64::INFINITY);
            let greatest = distance.data().iter().copied().fold(0.0f32, f32::max);
            Ok((label, 2.0 * f64::from(greatest).sqrt()))
        })
        .collect()
}
