use crate::distance::Envelope;
use crate::planes::{for_each_xy_plane, for_each_xz_plane};
use howship_image::{Mask, Volume};
use rayon::prelude::*;

/// What [`nearest_feature`] gives where there is no inside voxel at all.
pub const NO_FEATURE: u32 = u32::MAX;

/// For every voxel the memory offset of the nearest inside voxel in mm (its own, inside).
///
/// Exact for any spacing; of several at one distance it gives the same one every time. Memory: 8 bytes a
/// voxel while it runs.
#[must_use]
pub fn nearest_feature(mask: &Mask) -> Volume<u32> {
    let size = mask.size();
    let spacing = mask.geometry().spacing();
    let mut sites = vec![(f32::INFINITY, NO_FEATURE); mask.data().len()];
    sites
        .par_chunks_mut(size[0])
        .zip(mask.data().par_chunks(size[0]))
        .with_min_len(64)
        .enumerate()
        .for_each(|(row, (out, values))| scan_row(out, values, row * size[0], spacing[0]));
    let visit = |state: &mut Columns, rows: &mut [&mut [(f32, u32)]], step: f64| {
        for x in 0..rows.first().map_or(0, |row| row.len()) {
            state.nearest_column(rows, x, step * step);
        }
    };
    if size[1] > 1 {
        for_each_xy_plane(&mut sites, size, Columns::default, |state, _, rows| {
            visit(state, rows, spacing[1]);
        });
    }
    if size[2] > 1 {
        for_each_xz_plane(&mut sites, size, Columns::default, |state, _, rows| {
            visit(state, rows, spacing[2]);
        });
    }
    let mut result = Volume::filled(mask.geometry().clone(), NO_FEATURE);
    result
        .data_mut()
        .par_chunks_mut(1 << 16)
        .zip(sites.par_chunks(1 << 16))
        .for_each(|(out, sites)| out.iter_mut().zip(sites).for_each(|(o, s)| *o = s.1));
    result
}

/// Nearest inside voxel within one row, by a scan in each direction.
fn scan_row(out: &mut [(f32, u32)], row: &[u8], start: usize, step: f64) {
    let mut last: Option<usize> = None;
    for (x, o) in out.iter_mut().enumerate() {
        if row[x] != 0 {
            last = Some(x);
        }
        if let Some(site) = last {
            *o = (
                ((x - site) as f64 * step).powi(2) as f32,
                (start + site) as u32,
            );
        }
    }
    let mut next: Option<usize> = None;
    for (x, o) in out.iter_mut().enumerate().rev() {
        if row[x] != 0 {
            next = Some(x);
        }
        if let Some(site) = next {
            let squared = ((site - x) as f64 * step).powi(2) as f32;
            if squared < o.0 {
                *o = (squared, (start + site) as u32);
            }
        }
    }
}

#[derive(Default)]
struct Columns {
    envelope: Envelope,
    line: Vec<f32>,
    source: Vec<u32>,
}

impl Columns {
    fn nearest_column(&mut self, rows: &mut [&mut [(f32, u32)]], x: usize, step2: f64) {
        self.line.clear();
        self.line.extend(rows.iter().map(|row| row[x].0));
        self.source.clear();
        self.source.extend(rows.iter().map(|row| row[x].1));
        self.envelope.build(&self.line, step2);
        let (line, source) = (&self.line, &self.source);
        self.envelope.for_each_place(line.len(), |place, site| {
            let gap = place as f64 - site as f64;
            rows[place][x] = (
                (gap * gap * step2 + f64::from(line[site])) as f32,
                source[site],
            );
        });
    }
}
