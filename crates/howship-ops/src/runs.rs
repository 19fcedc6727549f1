//! Runs of equal voxels along x, joined by union-find (He, Chao and Suzuki, IEEE Trans Image Process 2008).

use crate::connectivity::Connectivity;
use rayon::prelude::*;

/// A stretch of one row with one key that is not 0.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) start: u32,
    /// One past the last voxel.
    pub(crate) end: u32,
    pub(crate) key: u32,
}

/// All runs of a volume in memory order, and to which component each belongs.
pub(crate) struct Runs {
    pub(crate) runs: Vec<Run>,
    /// First run of each row, and one past the last.
    pub(crate) row_start: Vec<usize>,
    /// Component of each run, counted from 0 in the order of first voxels.
    pub(crate) component: Vec<u32>,
    /// Number of components.
    pub(crate) count: usize,
}

impl Runs {
    /// Finds and joins the runs; `key` gives 0 for background, and only equal keys join.
    pub(crate) fn new<T: Copy + Sync>(
        data: &[T],
        size: [usize; 3],
        connectivity: Connectivity,
        key: impl Fn(T) -> u32 + Sync,
    ) -> Self {
        let (runs, row_start) = find_runs(data, size, &key);
        let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
        join(&runs, &row_start, size, connectivity, &mut parent);
        // A parent is never after its child, so that one sweep in order numbers the components.
        let mut count = 0u32;
        for i in 0..parent.len() {
            let p = parent[i] as usize;
            if p == i {
                parent[i] = count;
                count += 1;
            } else {
                parent[i] = parent[p];
            }
        }
        Self {
            runs,
            row_start,
            component: parent,
            count: count as usize,
        }
    }

    /// Writes `value(component)` over every run, rows in parallel; other voxels keep their value.
    pub(crate) fn paint<T: Copy + Send>(
        &self,
        data: &mut [T],
        row_length: usize,
        value: impl Fn(u32) -> Option<T> + Sync + Send,
    ) {
        data.par_chunks_mut(row_length)
            .with_min_len(64)
            .enumerate()
            .for_each(|(row, out)| {
                for i in self.row_start[row]..self.row_start[row + 1] {
                    let run = self.runs[i];
                    if let Some(value) = value(self.component[i]) {
                        out[run.start as usize..run.end as usize].fill(value);
                    }
                }
            });
    }

    /// Components that hold at least one voxel of `data` for which `wanted` holds.
    pub(crate) fn any<T: Copy + Sync>(
        &self,
        data: &[T],
        row_length: usize,
        wanted: impl Fn(T) -> bool + Sync,
    ) -> Vec<bool> {
        let mut found = vec![false; self.count];
        for (row, values) in data.chunks(row_length).enumerate() {
            for i in self.row_start[row]..self.row_start[row + 1] {
                let run = self.runs[i];
                let found = &mut found[self.component[i] as usize];
                *found = *found
                    || values[run.start as usize..run.end as usize]
                        .iter()
                        .any(|&v| wanted(v));
            }
        }
        found
    }

    /// Voxels in each component.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for (run, &component) in self.runs.iter().zip(&self.component) {
            sizes[component as usize] += (run.end - run.start) as usize;
        }
        sizes
    }

    /// Components that reach the border of the grid.
    pub(crate) fn touching_border(&self, size: [usize; 3]) -> Vec<bool> {
        let [nx, ny, nz] = size;
        let mut touching = vec![false; self.count];
        for row in 0..ny * nz {
            let (y, z) = (row % ny, row / ny);
            let outer = y == 0 || y + 1 == ny || z == 0 || z + 1 == nz;
            for i in self.row_start[row]..self.row_start[row + 1] {
                let run = self.runs[i];
                if outer || run.start == 0 || run.end as usize == nx {
                    touching[self.component[i] as usize] = true;
                }
            }
        }
        touching
    }
}

/// Runs of every slice in parallel, then put one after the other.
pub(crate) fn find_runs<T: Copy + Sync>(
    data: &[T],
    size: [usize; 3],
    key: &(impl Fn(T) -> u32 + Sync),
) -> (Vec<Run>, Vec<usize>) {
    let [nx, ny, nz] = size;
    let slices: Vec<(Vec<Run>, Vec<usize>)> = data
        .par_chunks(nx * ny)
        .map(|slice| {
            let mut runs = Vec::new();
            let ends = slice
                .chunks(nx)
                .map(|row| {
                    push_runs(row, key, &mut runs);
                    runs.len()
                })
                .collect();
            (runs, ends)
        })
        .collect();
    let mut runs = Vec::with_capacity(slices.iter().map(|(runs, _)| runs.len()).sum());
    let mut row_start = Vec::with_capacity(ny * nz + 1);
    row_start.push(0);
    for (slice_runs, ends) in slices {
        let offset = runs.len();
        runs.extend(slice_runs);
        row_start.extend(ends.into_iter().map(|end| offset + end));
    }
    (runs, row_start)
}

fn push_runs<T: Copy>(row: &[T], key: &impl Fn(T) -> u32, runs: &mut Vec<Run>) {
    let (mut current, mut start) = (0, 0);
    for (x, &value) in row.iter().enumerate() {
        let key = key(value);
        if key != current {
            if current != 0 {
                runs.push(Run {
                    start,
                    end: x as u32,
                    key: current,
                });
            }
            (current, start) = (key, x as u32);
        }
    }
    if current != 0 {
        runs.push(Run {
            start,
            end: row.len() as u32,
            key: current,
        });
    }
}

/// Joins each row with the rows before it that the connectivity allows.
fn join(
    runs: &[Run],
    row_start: &[usize],
    size: [usize; 3],
    connectivity: Connectivity,
    parent: &mut [u32],
) {
    let [_, ny, nz] = size;
    let earlier = connectivity.earlier_rows();
    for z in 0..nz {
        for y in 0..ny {
            let row = y + ny * z;
            let mine = row_start[row]..row_start[row + 1];
            if mine.is_empty() {
                continue;
            }
            for &(dy, dz, reach) in earlier {
                let other_y = y as i64 + dy;
                if other_y < 0 || other_y >= ny as i64 || dz > z {
                    continue;
                }
                let other = other_y as usize + ny * (z - dz);
                let theirs = row_start[other]..row_start[other + 1];
                join_rows(runs, mine.clone(), theirs, reach, parent);
            }
        }
    }
}

/// Joins the runs of two rows that overlap, or are diagonal neighbours where `reach` is 1.
fn join_rows(
    runs: &[Run],
    mine: std::ops::Range<usize>,
    theirs: std::ops::Range<usize>,
    reach: u32,
    parent: &mut [u32],
) {
    let (mut i, mut j) = (mine.start, theirs.start);
    while i < mine.end && j < theirs.end {
        let (a, b) = (runs[i], runs[j]);
        if a.key == b.key && a.start < b.end + reach && b.start < a.end + reach {
            unite(parent, i as u32, j as u32);
        }
        if a.end < b.end {
            i += 1;
        } else if b.end < a.end {
            j += 1;
        } else {
            // Equal ends: with several keys the next run on either side may touch this one by a corner.
            if reach == 1 {
                let touches = |k: usize, end: usize, key: u32| {
                    k < end && runs[k].start == a.end && runs[k].key == key
                };
                if touches(j + 1, theirs.end, a.key) {
                    unite(parent, i as u32, j as u32 + 1);
                }
                if touches(i + 1, mine.end, b.key) {
                    unite(parent, i as u32 + 1, j as u32);
                }
            }
            i += 1;
            j += 1;
        }
    }
}

/// The root of a run; halves the path on the way.
fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        let up = parent[parent[i as usize] as usize];
        parent[i as usize] = up;
        i = up;
    }
    i
}

/// Joins two trees; the earlier root stays root.
fn unite(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    if a < b {
        parent[b as usize] = a;
    } else {
        parent[a as usize] = b;
    }
}
