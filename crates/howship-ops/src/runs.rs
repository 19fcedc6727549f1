//! Runs of equal voxels along x, joined by union-find (He, Chao and Suzuki, IEEE Trans Image Process 2008).

use crate::connectivity::Connectivity;
use rayon::prelude::*;

/// A stretch of one row with one key: 1, or a value that is not 0.
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
    /// Finds and joins the runs of voxels that are `inside`.
    pub(crate) fn new<T: Copy + Sync>(
        data: &[T],
        size: [usize; 3],
        connectivity: Connectivity,
        inside: impl Fn(T) -> bool + Sync,
    ) -> Self {
        let found = find_runs(data, size, &|row, runs| {
            push_runs_inside(row, &inside, runs)
        });
        Self::joined(found, size, connectivity)
    }

    /// As [`Runs::new`], where 0 is background and only equal values join.
    pub(crate) fn of_values(data: &[u32], size: [usize; 3], connectivity: Connectivity) -> Self {
        Self::joined(runs_of_values(data, size), size, connectivity)
    }

    fn joined(
        (runs, row_start): (Vec<Run>, Vec<usize>),
        size: [usize; 3],
        connectivity: Connectivity,
    ) -> Self {
        let mut parent = joined_parents(&runs, &row_start, size, connectivity);
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

/// Runs of equal values other than 0.
pub(crate) fn runs_of_values(data: &[u32], size: [usize; 3]) -> (Vec<Run>, Vec<usize>) {
    find_runs(data, size, &push_runs_of_values)
}

/// Runs of every slice in parallel, then put one after the other.
fn find_runs<T: Copy + Sync>(
    data: &[T],
    size: [usize; 3],
    push: &(impl Fn(&[T], &mut Vec<Run>) + Sync),
) -> (Vec<Run>, Vec<usize>) {
    let [nx, ny, nz] = size;
    let slices: Vec<(Vec<Run>, Vec<usize>)> = data
        .par_chunks(nx * ny)
        .map(|slice| {
            let mut runs = Vec::new();
            let ends = slice
                .chunks(nx)
                .map(|row| {
                    push(row, &mut runs);
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

fn push_runs_of_values(row: &[u32], runs: &mut Vec<Run>) {
    let (mut key, mut start) = (0, 0);
    for (x, &value) in row.iter().enumerate() {
        if value != key {
            if key != 0 {
                let end = x as u32;
                runs.push(Run { start, end, key });
            }
            (key, start) = (value, x as u32);
        }
    }
    if key != 0 {
        let end = row.len() as u32;
        runs.push(Run { start, end, key });
    }
}

/// Voxels whose insides are told apart in one word.
const WORD: usize = 64;

/// Runs by the places where a row changes, found a word of voxels at a time.
fn push_runs_inside<T: Copy>(row: &[T], inside: &impl Fn(T) -> bool, runs: &mut Vec<Run>) {
    let mut start = None;
    for (word, voxels) in row.chunks(WORD).enumerate() {
        let first = (word * WORD) as u32;
        let bits = insides(voxels, inside);
        // A bit for every voxel that is not as the one before it; past the row's end all are outside.
        let mut changes = bits ^ (bits << 1 | u64::from(start.is_some()));
        while changes != 0 {
            let x = first + changes.trailing_zeros();
            match start.take() {
                None => start = Some(x),
                Some(start) => runs.push(Run {
                    start,
                    end: x,
                    key: 1,
                }),
            }
            changes &= changes - 1;
        }
    }
    if let Some(start) = start {
        let end = row.len() as u32;
        runs.push(Run { start, end, key: 1 });
    }
}

/// One bit for each of at most 64 voxels, the first one lowest.
fn insides<T: Copy>(voxels: &[T], inside: &impl Fn(T) -> bool) -> u64 {
    let mut bytes = [0u8; WORD];
    for (byte, &value) in bytes.iter_mut().zip(voxels) {
        *byte = u8::from(inside(value));
    }
    let mut bits = 0;
    for (i, eight) in bytes.chunks_exact(8).enumerate() {
        let eight = eight
            .iter()
            .rev()
            .fold(0u64, |word, &b| word << 8 | u64::from(b));
        // The product brings the lowest bit of each byte into the highest byte, in order.
        bits |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

/// Slabs of a volume that are joined apart, for each thread.
const SLABS_PER_THREAD: usize = 4;

/// The parent of every run, itself for the first of a component; slabs in parallel, then their seams.
///
/// The first run of a component is its root in whatever order runs are joined, so that the components do not
/// depend on the slabs.
fn joined_parents(
    runs: &[Run],
    row_start: &[usize],
    size: [usize; 3],
    connectivity: Connectivity,
) -> Vec<u32> {
    let [_, ny, nz] = size;
    let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
    let threads = rayon::current_num_threads();
    let slabs = if threads == 1 {
        1
    } else {
        threads * SLABS_PER_THREAD
    };
    let thickness = nz.div_ceil(slabs).max(1);
    let mut forests = Vec::with_capacity(slabs);
    let mut rest = parent.as_mut_slice();
    for z in (0..nz).step_by(thickness) {
        let first = row_start[z * ny];
        let end = row_start[(z + thickness).min(nz) * ny];
        let (parent, later) = rest.split_at_mut(end - first);
        forests.push((z, Forest { parent, first }));
        rest = later;
    }
    let rows = Rows {
        runs,
        row_start,
        ny,
        connectivity,
    };
    forests.par_iter_mut().for_each(|(z, forest)| {
        for slice in *z..(*z + thickness).min(nz) {
            rows.join_slice(slice, slice > *z, true, forest);
        }
    });
    let mut whole = Forest {
        parent: &mut parent,
        first: 0,
    };
    for z in (thickness..nz).step_by(thickness) {
        rows.join_slice(z, true, false, &mut whole);
    }
    parent
}

/// The runs of all rows of a volume.
struct Rows<'a> {
    runs: &'a [Run],
    row_start: &'a [usize],
    ny: usize,
    connectivity: Connectivity,
}

impl Rows<'_> {
    /// Joins each row of a slice with the rows of the slice `before` it and those of its own (`within`).
    fn join_slice(&self, z: usize, before: bool, within: bool, forest: &mut Forest) {
        let earlier = self.connectivity.earlier_rows().iter();
        let earlier = earlier.filter(|&&(_, dz, _)| if dz == 0 { within } else { before });
        for y in 0..self.ny {
            let row = y + self.ny * z;
            let mine = self.row_start[row]..self.row_start[row + 1];
            if mine.is_empty() {
                continue;
            }
            for &(dy, dz, reach) in earlier.clone() {
                let Some(y) = y.checked_add_signed(dy).filter(|&y| y < self.ny) else {
                    continue;
                };
                let other = y + self.ny * (z - dz);
                let theirs = self.row_start[other]..self.row_start[other + 1];
                join_rows(self.runs, mine.clone(), theirs, reach, forest);
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
    forest: &mut Forest,
) {
    let (mut i, mut j) = (mine.start, theirs.start);
    while i < mine.end && j < theirs.end {
        let (a, b) = (runs[i], runs[j]);
        if a.key == b.key && a.start < b.end + reach && b.start < a.end + reach {
            forest.unite(i, j);
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
                    forest.unite(i, j + 1);
                }
                if touches(i + 1, mine.end, b.key) {
                    forest.unite(i + 1, j);
                }
            }
            i += 1;
            j += 1;
        }
    }
}

/// Trees of the runs from `first` on, as each run's parent.
struct Forest<'a> {
    parent: &'a mut [u32],
    first: usize,
}

impl Forest<'_> {
    /// The root of a run; halves the path on the way.
    fn root(&mut self, run: usize) -> u32 {
        let mut i = run as u32;
        loop {
            let up = self.parent[i as usize - self.first];
            if up == i {
                return i;
            }
            let above = self.parent[up as usize - self.first];
            self.parent[i as usize - self.first] = above;
            i = above;
        }
    }

    /// Joins two trees; the earlier root stays root.
    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (earlier, later) = (a.min(b), a.max(b));
        self.parent[later as usize - self.first] = earlier;
    }
}
