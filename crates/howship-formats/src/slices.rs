//! Slices that hold nothing, or end in nothing: what a full disk or a broken copy leaves.

use crate::OpenOptions;
use crate::error::{Fault, Parsed, Problem};
use crate::sample::Voxel;
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

struct Emptiness {
    share: f64,
    tail: usize,
}

/// Slices that are all zero or end in zero rows where their neighbours do not.
fn suspicious<V: Voxel>(values: &[V], size: [usize; 3], zero: &[V], origin: Origin) -> Vec<usize> {
    let [nx, ny, _] = size;
    let all: Vec<Emptiness> = values
        .par_chunks(nx * ny)
        .zip(zero.par_iter())
        .map(|(slice, zero)| emptiness(slice, nx, *zero))
        .collect();
    let mut shares: Vec<f64> = all.iter().map(|e| e.share).filter(|s| *s < 1.0).collect();
    if shares.is_empty() {
        return Vec::new();
    }
    shares.sort_by(f64::total_cmp);
    let usual = shares[shares.len() / 2];
    let mut tails: Vec<usize> = all
        .iter()
        .filter(|e| e.share < 1.0)
        .map(|e| e.tail)
        .collect();
    tails.sort_unstable();
    let usual_tail = tails[tails.len() / 2];
    let neighbour = |z: usize| {
        (1..all.len())
            .flat_map(|d| [z.checked_sub(d), Some(z + d)])
            .flatten()
            .filter_map(|i| all.get(i))
            .find(|e| e.share < 1.0)
            .map_or(1.0, |e| e.share)
    };
    let cut = TAIL_ROWS.max(ny / TAIL_SHARE);
    (0..all.len())
        .filter(|&z| {
            let empty = all[z].share >= 1.0;
            // An object that narrows loses its rows one by one; a cut loses many at once.
            let beside = [z.checked_sub(1), Some(z + 1)]
                .into_iter()
                .flatten()
                .filter_map(|i| all.get(i))
                .map(|e| e.tail)
                .min()
                .unwrap_or(0);
            let ends_in_nothing =
                !empty && usual_tail == 0 && all[z].tail.saturating_sub(beside) >= cut;
            match origin {
                Origin::Files if empty => neighbour(z) <= NEARLY_EMPTY,
                Origin::Files => ends_in_nothing,
                Origin::OneFile => usual < RARE && (empty || ends_in_nothing),
            }
        })
        .collect()
}

fn emptiness<V: Voxel>(slice: &[V], nx: usize, zero: V) -> Emptiness {
    let zeros = slice.iter().filter(|v| **v == zero).count();
    let tail = slice
        .rchunks(nx)
        .take_while(|row| row.iter().all(|v| *v == zero))
        .count();
    Emptiness {
        share: zeros as f64 / slice.len() as f64,
        tail,
    }
}

/// Refuses slices that hold nothing, or leaves them out where damage may be skipped and no gap arises.
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
    let bad = suspicious(&values, size, zero, origin);
    let Some(&first) = bad.first() else {
        return Ok((geometry, values));
    };
    let names: Vec<String> = bad.iter().map(|&z| name(z)).collect();
    let listed = crate::text::few_plain(&names);
    if !options.skip_damaged {
        let fault = Fault::new(
            Problem::Truncated,
            format!(
                "{listed}: nothing but zeros, or zeros to the end, where the slices beside are full"
            ),
            "copy or export the volume again; `--skip-damaged` leaves such slices out where they are the first or the last",
        );
        return Err(fault);
    }
    let sound: Vec<usize> = (0..size[2]).filter(|z| !bad.contains(z)).collect();
    let (Some(&from), Some(&to)) = (sound.first(), sound.last()) else {
        return Ok((geometry, values));
    };
    if to + 1 - from != sound.len() || sound.len() < 2 {
        return Err(Fault::new(
            Problem::MissingSlices,
            format!(
                "{listed}: nothing but zeros; left out, a gap would stay at slice {}",
                first + 1
            ),
            "copy or export the volume again",
        ));
    }
    warnings.push(format!(
        "damaged and left out: {listed} ({} of {} slices are left)",
        sound.len(),
        size[2]
    ));
    let region = Region {
        start: [0, 0, from],
        size: [size[0], size[1], sound.len()],
    };
    let cropped = geometry.crop(region).map_err(|e| Fault::geometry(&e))?;
    let plane = size[0] * size[1];
    let mut values = values;
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

    #[test]
    fn a_masked_volume_may_end_in_nothing() {
        let mut masked = volume();
        for (i, v) in masked.iter_mut().enumerate() {
            if (i / 4) % 8 > 4 || i >= 160 {
                *v = 0.0;
            }
        }
        assert!(run(masked, Origin::OneFile, false).is_ok());
    }
}
