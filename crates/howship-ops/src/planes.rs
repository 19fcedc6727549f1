//! Walks a volume in parallel by x rows, by xy planes and by xz planes, each plane as mutable rows.

use rayon::prelude::*;

/// Calls `visit(y, rows)` for every y, `rows` being the nz rows (x runs) of that xz plane.
pub(crate) fn for_each_xz_plane<T: Send, S: Send>(
    data: &mut [T],
    size: [usize; 3],
    state: impl Fn() -> S + Sync + Send,
    visit: impl Fn(&mut S, usize, &mut [&mut [T]]) + Sync + Send,
) {
    let [nx, ny, nz] = size;
    let mut planes: Vec<Vec<&mut [T]>> = (0..ny).map(|_| Vec::with_capacity(nz)).collect();
    for slice in data.chunks_mut(nx * ny) {
        for (y, row) in slice.chunks_mut(nx).enumerate() {
            planes[y].push(row);
        }
    }
    planes
        .par_iter_mut()
        .enumerate()
        .for_each_init(state, |state, (y, rows)| visit(state, y, rows));
}

/// Calls `visit(z, rows)` for every z, `rows` being the ny rows (x runs) of that xy plane.
pub(crate) fn for_each_xy_plane<T: Send, S: Send>(
    data: &mut [T],
    size: [usize; 3],
    state: impl Fn() -> S + Sync + Send,
    visit: impl Fn(&mut S, usize, &mut [&mut [T]]) + Sync + Send,
) {
    let [nx, ny, _] = size;
    data.par_chunks_mut(nx * ny)
        .enumerate()
        .for_each_init(state, |state, (z, slice)| {
            let mut rows: Vec<&mut [T]> = slice.chunks_mut(nx).collect();
            visit(state, z, &mut rows);
        });
}
