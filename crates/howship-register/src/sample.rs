//! The voxels that one level compares.

use crate::image::{LevelImage, LevelPlan};
use howship_image::{Mask, PointMm, VectorMm};
use rayon::prelude::*;

/// The voxels of the fixed image that one level compares, in memory order.
pub(crate) struct Samples {
    /// World positions.
    pub points: Vec<PointMm>,
    /// Smoothed fixed values.
    pub values: Vec<f64>,
    /// Gradients of the smoothed fixed image per mm.
    pub gradients: Vec<VectorMm>,
    /// Voxel of the level image.
    pub voxels: Vec<[u32; 3]>,
}

/// Samples per unit of parallel work. Fixed, so that sums do not depend on the number of threads.
pub(crate) const CHUNK: usize = 4096;

impl Samples {
    /// Voxels of a level mask; thinned to `most` where there are more.
    pub(crate) fn new(image: &LevelImage, inside: &[u8], most: usize) -> Self {
        let count = inside.iter().filter(|&&v| v != 0).count();
        let lattice = count > most;
        let take = |x: usize, y: usize, z: usize, offset: usize| {
            inside[offset] != 0 && (!lattice || (x & 1 == y & 1 && y & 1 == z & 1))
        };
        if !lattice {
            return Self::collect(image, take);
        }
        // Of all of them only the sums are kept: a million too many would take as much memory as the image.
        match Cubes::of(image, take).steepest(most) {
            None => Self::collect(image, take),
            Some(kept) => Self::collect(image, |x, y, z, offset| {
                take(x, y, z, offset) && kept.holds(x, y, z)
            }),
        }
    }

    fn collect(
        image: &LevelImage,
        take: impl Fn(usize, usize, usize, usize) -> bool + Sync,
    ) -> Self {
        let geometry = image.geometry();
        let [nx, ny, nz] = geometry.size();
        let slices: Vec<Self> = (0..nz)
            .into_par_iter()
            .map(|z| {
                let mut slice = Self::empty();
                for y in 0..ny {
                    for x in 0..nx {
                        if !take(x, y, z, x + nx * (y + ny * z)) {
                            continue;
                        }
                        let index = [x as f64, y as f64, z as f64];
                        let Some((value, gradient)) = image.sample_index(index) else {
                            continue;
                        };
                        slice.points.push(geometry.world(index));
                        slice.values.push(value);
                        slice.gradients.push(gradient);
                        slice.voxels.push([x as u32, y as u32, z as u32]);
                    }
                }
                slice
            })
            .collect();
        // Room for all at once: vectors that grow by doubling take twice the memory for a moment.
        let mut all = Self::empty();
        let total = slices.iter().map(Self::len).sum();
        all.points.reserve_exact(total);
        all.values.reserve_exact(total);
        all.gradients.reserve_exact(total);
        all.voxels.reserve_exact(total);
        for slice in slices {
            all.points.extend(slice.points);
            all.values.extend(slice.values);
            all.gradients.extend(slice.gradients);
            all.voxels.extend(slice.voxels);
        }
        all
    }

    fn empty() -> Self {
        Self {
            points: vec![],
            values: vec![],
            gradients: vec![],
            voxels: vec![],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// Every n-th sample, about `most` of them, for scoring candidates.
    pub(crate) fn thinned(&self, most: usize) -> Self {
        let step = self.len().div_ceil(most.max(1)).max(1);
        let pick = |i: &usize| i % step == step / 2;
        let chosen: Vec<usize> = (0..self.len()).filter(pick).collect();
        Self {
            points: chosen.iter().map(|&i| self.points[i]).collect(),
            values: chosen.iter().map(|&i| self.values[i]).collect(),
            gradients: chosen.iter().map(|&i| self.gradients[i]).collect(),
            voxels: chosen.iter().map(|&i| self.voxels[i]).collect(),
        }
    }
}

const CUBE: usize = 4;

/// Cubes of 4 voxels: how steep the image is in each, or which of them are kept.
struct Cubes<T> {
    blocks: [usize; 3],
    each: Vec<T>,
}

impl<T> Cubes<T> {
    fn id(&self, [x, y, z]: [usize; 3]) -> usize {
        let [bx, by, _] = self.blocks;
        x / CUBE + bx * (y / CUBE + by * (z / CUBE))
    }
}

impl Cubes<(f64, usize)> {
    /// Sum of squared gradients and number of voxels taken, in memory order.
    fn of(image: &LevelImage, take: impl Fn(usize, usize, usize, usize) -> bool + Sync) -> Self {
        let [nx, ny, nz] = image.geometry().size();
        let blocks = [nx, ny, nz].map(|n| n.div_ceil(CUBE));
        let mut cubes = Self {
            blocks,
            each: vec![(0f64, 0usize); blocks.iter().product()],
        };
        for z in 0..nz {
            let rows: Vec<Vec<(usize, f64)>> = (0..ny)
                .into_par_iter()
                .map(|y| {
                    let taken = (0..nx).filter(|&x| take(x, y, z, x + nx * (y + ny * z)));
                    taken
                        .filter_map(|x| {
                            let (_, gradient) = image.sample_index([x, y, z].map(|i| i as f64))?;
                            Some((x, gradient.norm_squared()))
                        })
                        .collect()
                })
                .collect();
            for (y, row) in rows.into_iter().enumerate() {
                for (x, square) in row {
                    let id = cubes.id([x, y, z]);
                    let entry = &mut cubes.each[id];
                    entry.0 += square;
                    entry.1 += 1;
                }
            }
        }
        cubes
    }

    /// Keeps whole cubes, those with the highest mean squared gradient; `None` where all voxels may stay.
    ///
    /// Choosing single voxels by their own gradient would choose by their noise too and make the
    /// covariance look better than it is.
    fn steepest(self, most: usize) -> Option<Cubes<bool>> {
        let energy = self.each;
        if energy.iter().map(|e| e.1).sum::<usize>() <= most {
            return None;
        }
        let mut order: Vec<usize> = (0..energy.len()).filter(|&b| energy[b].1 > 0).collect();
        let mean = |b: usize| energy[b].0 / energy[b].1 as f64;
        order.sort_by(|&a, &b| mean(b).total_cmp(&mean(a)).then(a.cmp(&b)));
        let mut each = vec![false; energy.len()];
        let mut total = 0;
        for b in order {
            if total + energy[b].1 > most {
                break;
            }
            total += energy[b].1;
            each[b] = true;
        }
        Some(Cubes {
            blocks: self.blocks,
            each,
        })
    }
}

impl Cubes<bool> {
    fn holds(&self, x: usize, y: usize, z: usize) -> bool {
        self.each[self.id([x, y, z])]
    }
}

/// Centre and extent of a mask, in world millimetres.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub centre: PointMm,
    /// Root mean squared distance from the centre.
    pub radius: f64,
    /// Voxels inside.
    pub voxels: usize,
}

/// First and second moments of the mask; `None` where it is empty.
pub(crate) fn extent(mask: &Mask) -> Option<Extent> {
    let [nx, ny, nz] = mask.size();
    let sums: Vec<[f64; 7]> = (0..nz)
        .into_par_iter()
        .map(|z| {
            let mut s = [0f64; 7];
            for y in 0..ny {
                let row = &mask.slice_z(z)[y * nx..(y + 1) * nx];
                let (mut n, mut sx, mut sxx) = (0f64, 0f64, 0f64);
                for (x, &v) in row.iter().enumerate() {
                    if v != 0 {
                        n += 1.0;
                        sx += x as f64;
                        sxx += (x * x) as f64;
                    }
                }
                let (y, z) = (y as f64, z as f64);
                for (sum, part) in
                    s.iter_mut()
                        .zip([n, sx, n * y, n * z, sxx, n * y * y, n * z * z])
                {
                    *sum += part;
                }
            }
            s
        })
        .collect();
    let total = sums
        .iter()
        .fold([0f64; 7], |t, s| std::array::from_fn(|i| t[i] + s[i]));
    let n = total[0];
    if n == 0.0 {
        return None;
    }
    let mean = [total[1] / n, total[2] / n, total[3] / n];
    let spacing = mask.geometry().spacing();
    let variance: f64 = (0..3)
        .map(|a| (total[4 + a] / n - mean[a] * mean[a]).max(0.0) * spacing[a] * spacing[a])
        .sum();
    Some(Extent {
        centre: mask.geometry().world(mean),
        radius: variance.sqrt().max(mask.geometry().min_spacing()),
        voxels: n as usize,
    })
}

/// The finest level first: voxel and smoothing of each level worth doing.
pub(crate) fn plans(
    fixed: [f64; 3],
    moving: [f64; 3],
    volume_mm3: f64,
    levels: usize,
    smoothing: f64,
) -> Vec<LevelPlan> {
    let least = |s: [f64; 3]| s.iter().copied().fold(f64::INFINITY, f64::min);
    let base = least(fixed).max(least(moving));
    (0..levels)
        .map(|k| base * f64::from(1u32 << k.min(20)))
        .enumerate()
        .take_while(|&(k, spacing)| k == 0 || volume_mm3 / spacing.powi(3) >= LEAST_VOXELS)
        .map(|(_, spacing)| LevelPlan {
            spacing,
            sigma: smoothing * spacing,
        })
        .collect()
}

/// A coarser level than this has too few voxels to tell poses apart.
const LEAST_VOXELS: f64 = 1000.0;
