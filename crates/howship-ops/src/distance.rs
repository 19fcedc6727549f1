//! Exact Euclidean distance, one axis after the other.
//!
//! Along x by two scans, then along y and z by the lower envelope of parabolas (Felzenszwalb and
//! Huttenlocher, Theory of Computing 2012), run apart on each stretch between zeros: a parabola from
//! beyond a zero can never be the lowest. Intersections are computed in f64, distances held in f32.

use crate::planes::{for_each_xy_plane, for_each_xz_plane};
use howship_image::{Mask, Volume};
use rayon::prelude::*;

/// Squared distance in mm² from every inside voxel to the nearest outside voxel centre; 0 outside.
///
/// Exact for any spacing, to f32 rounding (relative 3e-7). The grid's border is not outside (as
/// `scipy.ndimage.distance_transform_edt`); a mask without any outside voxel gives infinity.
#[must_use]
pub fn squared_distance_transform(mask: &Mask) -> Volume<f32> {
    squared(mask, |value| value == 0, f64::INFINITY)
}

/// Distance in mm from every inside voxel to the nearest outside voxel centre; 0 outside.
///
/// As [`squared_distance_transform`]. The surface between two voxels is half a voxel nearer.
#[must_use]
pub fn distance_transform(mask: &Mask) -> Volume<f32> {
    root(squared_distance_transform(mask))
}

/// Distance in mm from every voxel to the nearest inside voxel centre; 0 inside, infinity if none.
#[must_use]
pub fn distance_to(mask: &Mask) -> Volume<f32> {
    root(squared(mask, |value| value != 0, f64::INFINITY))
}

/// As [`distance_to`], but infinity beyond `max_mm` (exact up to it); faster when that is small.
///
/// A `max_mm` that is NaN or negative gives 0 inside and infinity elsewhere.
#[must_use]
pub fn distance_to_within(mask: &Mask, max_mm: f64) -> Volume<f32> {
    root(squared(mask, |value| value != 0, max_mm))
}

/// Signed distance in mm: positive outside (to the nearest inside voxel centre), negative inside.
///
/// Face neighbours across the surface have plus and minus one spacing, so interpolation puts the zero
/// midway between them. An empty mask is infinity everywhere, a full one minus infinity.
#[must_use]
pub fn signed_distance(mask: &Mask) -> Volume<f32> {
    let mut signed = distance_to(mask);
    let inside = distance_transform(mask);
    signed
        .data_mut()
        .par_chunks_mut(1 << 16)
        .zip(inside.data().par_chunks(1 << 16))
        .for_each(|(out, depth)| out.iter_mut().zip(depth).for_each(|(o, d)| *o -= d));
    signed
}

/// Squared distance to the nearest voxel that `is_site`; infinity beyond `max_mm`.
pub(crate) fn squared(
    mask: &Mask,
    is_site: impl Fn(u8) -> bool + Sync + Send,
    max_mm: f64,
) -> Volume<f32> {
    let size = mask.size();
    let spacing = mask.geometry().spacing();
    let limit = limit_of(max_mm);
    let mut distance = Volume::filled(mask.geometry().clone(), 0.0f32);
    let row_length = size[0];
    distance
        .data_mut()
        .par_chunks_mut(row_length)
        .zip(mask.data().par_chunks(row_length))
        .with_min_len(64)
        .for_each(|(out, row)| scan_row(out, row, &is_site, spacing[0], limit));
    let data = distance.data_mut();
    if size[1] > 1 {
        for_each_xy_plane(data, size, Envelope::default, |envelope, _, rows| {
            envelope.lower_rows(rows, spacing[1], limit);
        });
    }
    if size[2] > 1 {
        for_each_xz_plane(data, size, Envelope::default, |envelope, _, rows| {
            envelope.lower_rows(rows, spacing[2], limit);
        });
    }
    distance
}

/// The greatest squared distance that is kept: rounding must not lose `max_mm` itself.
pub(crate) fn limit_of(max_mm: f64) -> f32 {
    if max_mm >= 0.0 {
        (max_mm * max_mm * (1.0 + SQUARED_TOLERANCE)) as f32
    } else {
        0.0
    }
}

/// Relative tolerance on a squared distance: above the rounding of f32, below one voxel step.
const SQUARED_TOLERANCE: f64 = 4e-6;

fn root(mut squared: Volume<f32>) -> Volume<f32> {
    squared
        .data_mut()
        .par_chunks_mut(1 << 16)
        .for_each(|values| {
            for value in values {
                *value = value.sqrt();
            }
        });
    squared
}

/// Squared distance within one row, by a scan in each direction.
fn scan_row(
    out: &mut [f32],
    row: &[u8],
    is_site: &(impl Fn(u8) -> bool + Sync),
    step: f64,
    limit: f32,
) {
    let mut since = f32::INFINITY;
    for (o, &value) in out.iter_mut().zip(row) {
        since = if is_site(value) { 0.0 } else { since + 1.0 };
        *o = since;
    }
    let mut since = f32::INFINITY;
    let step = step * step;
    for o in out.iter_mut().rev() {
        since = if *o == 0.0 { 0.0 } else { since + 1.0 };
        let nearest = f64::from(o.min(since));
        let squared = (nearest * nearest * step) as f32;
        *o = if squared <= limit {
            squared
        } else {
            f32::INFINITY
        };
    }
}

/// Columns handled together, so that a cache line is used whole.
const TILE: usize = 16;

/// A parabola of the envelope.
struct Parabola {
    /// Where it starts to be the lowest.
    start: f64,
    /// Its height over its own place, plus that place squared, in steps².
    height: f64,
    site: u32,
}

/// Scratch of the lower envelope of one line.
#[derive(Default)]
pub(crate) struct Envelope {
    columns: Vec<f32>,
    result: Vec<f32>,
    parabolas: Vec<Parabola>,
    /// 1 / (2 k): a division for each pair of parabolas would be the slowest part.
    halves: Vec<f64>,
}

impl Envelope {
    /// Replaces every column (across the rows) by its lower envelope.
    fn lower_rows(&mut self, rows: &mut [&mut [f32]], step: f64, limit: f32) {
        let (count, width) = (rows.len(), rows.first().map_or(0, |row| row.len()));
        self.result.resize(count, 0.0);
        self.columns.resize(count * TILE, 0.0);
        for first in (0..width).step_by(TILE) {
            let tile = TILE.min(width - first);
            let mut columns = std::mem::take(&mut self.columns);
            let mut any = false;
            for (i, row) in rows.iter().enumerate() {
                for (c, &value) in row[first..first + tile].iter().enumerate() {
                    columns[c * count + i] = value;
                    any |= value > 0.0;
                }
            }
            if any {
                for column in columns.chunks_mut(count).take(tile) {
                    self.lower_line(column, step * step, limit);
                }
                for (i, row) in rows.iter_mut().enumerate() {
                    for (c, value) in row[first..first + tile].iter_mut().enumerate() {
                        *value = columns[c * count + i];
                    }
                }
            }
            self.columns = columns;
        }
    }

    /// Lower envelope of one line, stretch by stretch between zeros.
    fn lower_line(&mut self, line: &mut [f32], step2: f64, limit: f32) {
        let mut from = 0;
        while from < line.len() {
            if line[from] == 0.0 {
                from += 1;
                continue;
            }
            let to = from + line[from..].iter().take_while(|&&v| v != 0.0).count();
            // The zeros on either side belong to the stretch as sites.
            let (low, high) = (from.saturating_sub(1), (to + 1).min(line.len()));
            self.lower_stretch(&mut line[low..high], step2, limit);
            from = to;
        }
    }

    fn lower_stretch(&mut self, line: &mut [f32], step2: f64, limit: f32) {
        if let [before, value, after] = line {
            // One voxel between two sites.
            if *before == 0.0 && *after == 0.0 {
                *value = value.min(step2 as f32);
                if *value > limit {
                    *value = f32::INFINITY;
                }
                return;
            }
        }
        self.build(line, step2);
        if self.parabolas.is_empty() {
            return;
        }
        let mut result = std::mem::take(&mut self.result);
        self.for_each_place(line.len(), |place, site| {
            let gap = place as f64 - site as f64;
            let squared = (gap * gap * step2 + f64::from(line[site])) as f32;
            result[place] = if squared <= limit {
                squared
            } else {
                f32::INFINITY
            };
        });
        line.copy_from_slice(&result[..line.len()]);
        self.result = result;
    }

    /// Calls `visit(place, site)` with the lowest parabola of every place; not at all without sites.
    pub(crate) fn for_each_place(&self, length: usize, mut visit: impl FnMut(usize, usize)) {
        let mut parabolas = self.parabolas.iter().peekable();
        let Some(first) = parabolas.next() else {
            return;
        };
        let mut site = first.site as usize;
        for place in 0..length {
            while let Some(next) = parabolas.next_if(|next| next.start <= place as f64) {
                site = next.site as usize;
            }
            visit(place, site);
        }
    }

    /// The parabolas that are somewhere the lowest, and where each starts to be.
    pub(crate) fn build(&mut self, line: &[f32], step2: f64) {
        let Self {
            parabolas, halves, ..
        } = self;
        parabolas.clear();
        for k in halves.len()..line.len() {
            halves.push(0.5 / k as f64);
        }
        let per_step2 = 1.0 / step2;
        for (q, &value) in line.iter().enumerate() {
            if value == f32::INFINITY {
                continue;
            }
            let height = f64::from(value) * per_step2 + (q * q) as f64;
            let mut start = f64::NEG_INFINITY;
            while let Some(last) = parabolas.last() {
                start = (height - last.height) * halves[q - last.site as usize];
                if start > last.start {
                    break;
                }
                parabolas.pop();
                start = f64::NEG_INFINITY;
            }
            parabolas.push(Parabola {
                start,
                height,
                site: q as u32,
            });
        }
    }
}
