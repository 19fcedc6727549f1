//! Slices that hold nothing, or end in nothing: what a full disk or a broken copy leaves.

use crate::OpenOptions;
use crate::error::{Fault, Parsed, Problem};
use crate::sample::Voxel;
use crate::slice_order::{self, is_noisy};
use howship_image::{Geometry, Region};
use rayon::prelude::*;

/// Rows of zeros at the end of a slice from which it counts as cut: two, or this share of it.
const TAIL_ROWS: usize = 2;
const TAIL_SHARE: usize = 64;
/// A neighbour with more zeros than this may well be the last before nothing.
const NEARLY_EMPTY: f64 = 0.98;
/// A volume with fewer zeros than this in its other slices is not masked: zeros are no background of it.
const RARE: f64 = 0.01;

/// Where the slices came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Each from a file of its own: any empty one is suspicious.
    Files,
    /// All from one file: they are only where zeros are rare elsewhere (masked volumes are full of them).
    OneFile,
}

/// A slice's zeros and, where it is one value throughout, that.
struct Emptiness<V> {
    /// Share of stored zeros.
    share: f64,
    /// Rows of zeros at its end.
    tail: usize,
    /// Zeros in a row.
    run: usize,
    constant: Option<V>,
}

/// Slices that are not to be measured.
#[derive(Default)]
struct Suspicious {
    /// Nothing, or nothing to the end, where slices beside them are full.
    damaged: Vec<usize>,
    /// The background of a masked volume, at one of its ends: a field that was widened, or a file that was cut.
    beyond: Vec<usize>,
}

/// Slices that are one value, end in zero rows or lost a block of voxels where their neighbours do not.
fn suspicious<V: Voxel>(values: &[V], size: [usize; 3], zero: &[V], origin: Origin) -> Suspicious {
    let [nx, ny, _] = size;
    let plane = nx * ny;
    let all: Vec<Emptiness<V>> = values
        .par_chunks(plane)
        .zip(zero.par_iter())
        .map(|(slice, zero)| emptiness(slice, nx, *zero))
        .collect();
    let full: Vec<usize> = (0..all.len())
        .filter(|&z| all[z].constant.is_none())
        .collect();
    let Some(usual) = Usual::of(&all, &full) else {
        return Suspicious::default();
    };
    let share_of = |z: usize, value: V| {
        let slice = &values[z * plane..(z + 1) * plane];
        slice.iter().filter(|v| **v == value).count() as f64 / plane as f64
    };
    let cut = TAIL_ROWS.max(ny / TAIL_SHARE);
    let told = origin == Origin::Files || usual.share < RARE;
    let mut found = Suspicious::default();
    for (z, seen) in all.iter().enumerate() {
        if let Some(value) = seen.constant {
            let nearest = full.iter().min_by_key(|&&f| f.abs_diff(z));
            let beside = nearest.map_or(1.0, |&f| share_of(f, value));
            let at_an_end =
                full.first().is_some_and(|&f| z < f) || full.last().is_some_and(|&l| z > l);
            let background = || share_of(full[full.len() / 2], value) >= RARE;
            let of_a_scan =
                || nearest.is_some_and(|&f| is_noisy(&values[f * plane..(f + 1) * plane]));
            if beside > NEARLY_EMPTY || !(told || of_a_scan()) {
                continue;
            }
            if origin == Origin::OneFile && at_an_end && background() {
                found.beyond.push(z);
            } else {
                found.damaged.push(z);
            }
            continue;
        }
        // An object that narrows loses its rows one by one; a cut loses many at once.
        let neighbours = [z.checked_sub(1), Some(z + 1)];
        let tails = neighbours.into_iter().flatten().filter_map(|i| all.get(i));
        let beside = tails.map(|e| e.rows_at_end(ny)).min().unwrap_or(0);
        let ends_in_nothing = usual.tail == 0 && seen.tail.saturating_sub(beside) >= cut;
        // A block that a disk lost: zeros over rows, where rows hold few.
        let hole = 4 * usual.run < nx && seen.run >= TAIL_ROWS * nx;
        if told && (ends_in_nothing || hole) {
            found.damaged.push(z);
        }
    }
    found
}

/// What slices that are not one value have of zeros, medians.
struct Usual {
    share: f64,
    tail: usize,
    run: usize,
}

impl Usual {
    fn of<V>(all: &[Emptiness<V>], full: &[usize]) -> Option<Self> {
        let middle = full.len() / 2;
        let mut shares: Vec<f64> = full.iter().map(|&z| all[z].share).collect();
        let mut tails: Vec<usize> = full.iter().map(|&z| all[z].tail).collect();
        let mut runs: Vec<usize> = full.iter().map(|&z| all[z].run).collect();
        shares.sort_by(f64::total_cmp);
        tails.sort_unstable();
        runs.sort_unstable();
        Some(Self {
            share: *shares.get(middle)?,
            tail: *tails.get(middle)?,
            run: *runs.get(middle)?,
        })
    }
}

impl<V> Emptiness<V> {
    fn rows_at_end(&self, rows: usize) -> usize {
        if self.constant.is_some() {
            rows
        } else {
            self.tail
        }
    }
}

fn emptiness<V: Voxel>(slice: &[V], nx: usize, zero: V) -> Emptiness<V> {
    let (mut zeros, mut run, mut longest) = (0_usize, 0_usize, 0_usize);
    for value in slice {
        if *value == zero {
            zeros += 1;
            run += 1;
            longest = longest.max(run);
        } else {
            run = 0;
        }
    }
    let first = slice.first().copied();
    Emptiness {
        share: zeros as f64 / slice.len() as f64,
        tail: slice
            .rchunks(nx)
            .take_while(|row| row.iter().all(|v| *v == zero))
            .count(),
        run: longest,
        constant: first.filter(|f| slice.iter().all(|v| v == f)),
    }
}

/// Refuses slices that hold nothing or repeat another, or leaves them out where damage may be skipped and no gap arises;
/// says where slices do not continue one another.
///
/// `zero` holds, for each slice, the value that a stored zero becomes; `name` names a slice for messages.
pub(crate) fn check<V: Voxel>(
    geometry: Geometry,
    values: Vec<V>,
    zero: &[V],
    origin: Origin,
    name: impl Fn(usize) -> String,
    options: &OpenOptions,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, Vec<V>)> {
    let size = geometry.size();
    // Background is what labels are mostly made of.
    if V::LABELS || zero.len() != size[2] {
        return Ok((geometry, values));
    }
    refuse_repeated(&values, size, &name)?;
    let found = suspicious(&values, size, zero, origin);
    if !found.damaged.is_empty() && !options.skip_damaged {
        let names: Vec<String> = found.damaged.iter().map(|&z| name(z)).collect();
        let fault = Fault::new(
            Problem::Truncated,
            format!(
                "{}: one value throughout, or zeros over rows or to the end, where the slices beside are full",
                crate::text::few_plain(&names)
            ),
            "copy or export the volume again; `--skip-damaged` leaves such slices out where they are the first or the last",
        );
        return Err(fault);
    }
    let (geometry, values) = left_out(geometry, values, &found, name, warnings)?;
    warnings.extend(slice_order::steps(&values, &geometry));
    Ok((geometry, values))
}

/// A slice that is another's copy to the bit was not scanned: nothing that is measured across it is right.
fn refuse_repeated<V: Voxel>(
    values: &[V],
    size: [usize; 3],
    name: &impl Fn(usize) -> String,
) -> Parsed<()> {
    let copies = slice_order::repeated(values, size);
    let Some(&(_, of)) = copies.first() else {
        return Ok(());
    };
    let names: Vec<String> = copies.iter().map(|&(z, _)| name(z)).collect();
    Err(Fault::new(
        Problem::Corrupt,
        format!(
            "{}: copies to the bit of an earlier slice ({}), which no scanner gives",
            crate::text::few_plain(&names),
            name(of)
        ),
        "export the volume again, at its own spacing: slices were written twice, or it was resampled by the nearest voxel",
    ))
}

/// The volume without what is damaged or beyond its field.
fn left_out<V: Voxel>(
    geometry: Geometry,
    mut values: Vec<V>,
    found: &Suspicious,
    name: impl Fn(usize) -> String,
    warnings: &mut Vec<String>,
) -> Parsed<(Geometry, Vec<V>)> {
    let size = geometry.size();
    let mut bad: Vec<usize> = found.damaged.iter().chain(&found.beyond).copied().collect();
    bad.sort_unstable();
    let Some(&first) = bad.first() else {
        return Ok((geometry, values));
    };
    let names = |slices: &[usize]| -> String {
        let names: Vec<String> = slices.iter().map(|&z| name(z)).collect();
        crate::text::few_plain(&names)
    };
    let sound: Vec<usize> = (0..size[2])
        .filter(|z| bad.binary_search(z).is_err())
        .collect();
    let (Some(&from), Some(&to)) = (sound.first(), sound.last()) else {
        return Ok((geometry, values));
    };
    if to + 1 - from != sound.len() || sound.len() < 2 {
        return Err(Fault::new(
            Problem::MissingSlices,
            format!(
                "{}: one value throughout; left out, a gap would stay at slice {}",
                names(&bad),
                first + 1
            ),
            "copy or export the volume again",
        ));
    }
    let left = format!("({} of {} slices are left)", sound.len(), size[2]);
    if !found.damaged.is_empty() {
        let damaged = names(&found.damaged);
        warnings.push(format!("damaged and left out: {damaged} {left}"));
    }
    if !found.beyond.is_empty() {
        warnings.push(format!(
            "left out, as not scanned: {}, which hold the background alone beside slices that are full {left}; if the file \
             was cut short (a full disk), copy it again",
            names(&found.beyond)
        ));
    }
    let region = Region {
        start: [0, 0, from],
        size: [size[0], size[1], sound.len()],
    };
    let cropped = geometry.crop(region).map_err(|e| Fault::geometry(&e))?;
    let plane = size[0] * size[1];
    values.truncate((to + 1) * plane);
    values.drain(..from * plane);
    Ok((cropped, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(
        values: Vec<f32>,
        origin: Origin,
        skip: bool,
    ) -> Parsed<(Geometry, Vec<f32>, Vec<String>)> {
        let geometry = Geometry::aligned([4, 8, values.len() / 32], [1.0; 3]).unwrap();
        let zero = vec![0.0; geometry.size()[2]];
        let options = OpenOptions {
            skip_damaged: skip,
            ..OpenOptions::default()
        };
        let mut warnings = Vec::new();
        let name = |z: usize| format!("slice {}", z + 1);
        check(
            geometry,
            values,
            &zero,
            origin,
            name,
            &options,
            &mut warnings,
        )
        .map(|(g, v)| (g, v, warnings))
    }

    fn volume() -> Vec<f32> {
        (0..32 * 6).map(|i| 1.0 + (i % 17) as f32).collect()
    }

    #[test]
    fn an_empty_or_cut_slice_is_refused_or_left_out() {
        for origin in [Origin::Files, Origin::OneFile] {
            assert!(run(volume(), origin, false).is_ok());
            let mut empty = volume();
            empty[5 * 32..].fill(0.0);
            let fault = run(empty.clone(), origin, false).unwrap_err();
            assert!(fault.reason.contains("slice 6"), "{}", fault.reason);
            let (g, v, warnings) = run(empty, origin, true).unwrap();
            assert_eq!((g.size(), v.len()), ([4, 8, 5], 160));
            assert!(warnings[0].contains("slice 6"));
            let mut cut = volume();
            cut[5 * 32 + 16..].fill(0.0);
            assert!(run(cut, origin, false).is_err());
            let mut middle = volume();
            middle[64..96].fill(0.0);
            assert!(run(middle, origin, true).is_err());
        }
    }

    /// A mask's background beyond the last slice is no scanned field: what is cut there ends at the field's end.
    #[test]
    fn of_a_masked_volume_empty_ends_are_left_out() {
        let mut masked = volume();
        for (i, v) in masked.iter_mut().enumerate() {
            if (i / 4) % 8 > 4 || i >= 160 {
                *v = 0.0;
            }
        }
        let (geometry, _, warnings) = run(masked.clone(), Origin::OneFile, false).unwrap();
        assert_eq!(geometry.size(), [4, 8, 5]);
        assert!(warnings[0].contains("slice 6"), "{}", warnings[0]);
        // A gap within it is not closed.
        let mut gap = masked;
        gap[64..96].fill(0.0);
        assert!(run(gap, Origin::OneFile, false).is_err());
    }

    #[test]
    fn a_slice_of_one_value_is_none_whatever_the_value() {
        for (origin, value) in [
            (Origin::Files, -1024.0),
            (Origin::OneFile, 3.0),
            (Origin::OneFile, 0.0),
        ] {
            let mut flat = volume();
            flat[64..96].fill(value);
            let fault = run(flat, origin, false).unwrap_err();
            assert!(fault.reason.contains("slice 3"), "{}", fault.reason);
        }
    }

    #[test]
    fn a_block_of_zeros_within_a_slice_is_damage() {
        let mut holed = volume();
        holed[70..86].fill(0.0);
        let fault = run(holed, Origin::OneFile, false).unwrap_err();
        assert!(fault.reason.contains("slice 3"), "{}", fault.reason);
        let mut speck = volume();
        speck[70..72].fill(0.0);
        assert!(run(speck, Origin::OneFile, false).is_ok());
    }

    #[test]
    fn a_copied_slice_is_refused() {
        let plane = 16 * 8;
        let values: Vec<f32> = (0..plane * 6)
            .map(|i| ((i * i + 7 * i) % 1009) as f32)
            .collect();
        let open = |values: Vec<f32>| {
            let geometry = Geometry::aligned([16, 8, 6], [1.0; 3]).unwrap();
            let options = OpenOptions::default();
            let name = |z: usize| format!("slice {}", z + 1);
            let (zero, mut said) = ([0.0; 6], Vec::new());
            check(
                geometry,
                values,
                &zero,
                Origin::OneFile,
                name,
                &options,
                &mut said,
            )
        };
        assert!(open(values.clone()).is_ok());
        let mut copied = values;
        copied.copy_within(plane..2 * plane, 3 * plane);
        let fault = open(copied).unwrap_err();
        assert!(fault.reason.contains("slice 4"), "{}", fault.reason);
        assert!(fault.reason.contains("slice 2"), "{}", fault.reason);
    }
}
