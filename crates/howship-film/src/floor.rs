//! The floor of a cavity along the intact outline: found on one film by its edge, carried to another by matching
//! profiles.

use crate::strip::{DEPTHS, OUTSIDE, STEP, Strip, sample_of};
use serde::{Deserialize, Serialize};

/// How floors are found and matched. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FloorOptions {
    /// Deepest floor (px).
    pub deepest_px: f64,
    /// Highest place of an edge: outside of the intact outline (px).
    pub highest_px: f64,
    /// Cost of a change of depth between neighbouring rows by one pixel, squared, in units of the typical edge.
    pub bending: f64,
    /// Greatest change between neighbouring rows (px).
    pub slope_px: f64,
    /// Cost per pixel of depth, in units of the typical edge: of two equal edges the outer one is the bone's.
    pub depth_cost: f64,
    /// Profile compared, from above to below the floor (px).
    pub profile_px: [f64; 2],
    /// Cost of a change of the matched shift between neighbouring rows by one pixel, squared, against a correlation
    /// of 1.
    pub match_bending: f64,
    /// Cost of a shift by one pixel against a correlation of 1: without evidence nothing moved.
    pub match_shift: f64,
}

impl Default for FloorOptions {
    fn default() -> Self {
        Self {
            deepest_px: 28.0,
            highest_px: -3.0,
            bending: 0.08,
            slope_px: 2.0,
            depth_cost: 0.006,
            profile_px: [-4.5, 4.0],
            match_bending: 0.25,
            match_shift: 0.004,
        }
    }
}

/// Depth of the floor per row of the strip (px below the intact outline), and how much it is worth there.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    pub depth: Vec<f64>,
    /// The edge over the typical one, or the correlation of the match.
    pub evidence: Vec<f64>,
}

struct States {
    first: usize,
    count: usize,
}

impl States {
    fn new(options: &FloorOptions) -> Self {
        let first = sample_of(options.highest_px).round().max(1.0) as usize;
        let last = (sample_of(options.deepest_px).round() as usize).min(DEPTHS - 2);
        Self {
            first,
            count: last.saturating_sub(first) + 1,
        }
    }

    fn depth(&self, state: usize, offset: f64) -> f64 {
        OUTSIDE + ((self.first + state) as f64 + offset) * STEP
    }
}

/// By its rise from soft tissue or cavity to bone.
pub(crate) fn by_edge(strip: &Strip, options: &FloorOptions) -> Floor {
    let states = States::new(options);
    let rise = |r: usize, state: usize| {
        let row = strip.row(r);
        let k = states.first + state;
        // Over two pixels: about the blur of a film's edge.
        let (a, b) = (k.saturating_sub(2), (k + 2).min(DEPTHS - 1));
        (row[b] - row[a]) / (STEP * (b - a) as f64) as f32
    };
    let mut values: Vec<f32> = Vec::with_capacity(strip.rows * states.count);
    for r in 0..strip.rows {
        values.extend((0..states.count).map(|s| rise(r, s)));
    }
    let mut steep: Vec<f32> = (0..strip.rows)
        .map(|r| {
            let row = &values[r * states.count..(r + 1) * states.count];
            row.iter()
                .copied()
                .filter(|v| v.is_finite())
                .fold(0.0, f32::max)
        })
        .collect();
    let typical = if steep.is_empty() {
        0.0
    } else {
        let k = steep.len() / 2;
        *steep.select_nth_unstable_by(k, f32::total_cmp).1
    };
    let gain = |r: usize, s: usize| {
        let v = values[r * states.count + s];
        let depth = states.depth(s, 0.0).max(0.0);
        if v.is_finite() && typical > 0.0 {
            f64::from(v / typical).clamp(-0.5, 1.2) - options.depth_cost * depth
        } else {
            -options.depth_cost * depth
        }
    };
    let path = best_path(
        strip.rows,
        &states,
        &gain,
        options.bending,
        options.slope_px,
    );
    collect(&path, &states, &gain)
}

/// Another film's floor: where its profile looks like the reference's about the reference's floor.
pub(crate) fn by_matching(
    reference: &Strip,
    floor: &Floor,
    film: &Strip,
    options: &FloorOptions,
) -> Floor {
    let states = States::new(options);
    let low = (options.profile_px[0] / STEP).round() as i64;
    let high = (options.profile_px[1] / STEP).round() as i64;
    let rows = reference.rows.min(film.rows);
    let mut values = vec![-1f64; rows * states.count];
    let mut base: Vec<f64> = Vec::new();
    for r in 0..rows {
        base.clear();
        let at = sample_of(floor.depth[r]);
        base.extend((low..=high).map(|k| between(reference.row(r), at + k as f64)));
        let Some(base_norm) = centre(&mut base) else {
            continue;
        };
        let row = film.row(r);
        for s in 0..states.count {
            let at = (states.first + s) as i64;
            let (mut n, mut sum, mut squares, mut product) = (0.0, 0.0, 0.0, 0.0);
            for (k, b) in (low..=high).zip(&base) {
                let v = f64::from(row[(at + k).clamp(0, DEPTHS as i64 - 1) as usize]);
                n += 1.0;
                sum += v;
                squares += v * v;
                product += v * b;
            }
            let variance = squares - sum * sum / n;
            if variance > 1e-9 && variance.is_finite() {
                values[r * states.count + s] = product / (base_norm * variance.sqrt());
            }
        }
    }
    let gain = |r: usize, s: usize| {
        let shift = states.depth(s, 0.0) - floor.depth[r];
        values[r * states.count + s] - options.match_shift * shift.abs()
    };
    // The shift, not the depth, changes slowly along the outline: states are taken relative to the reference.
    let path = shift_path(rows, &states, floor, &gain, options);
    collect(&path, &states, &gain)
}

fn between(row: &[f32], at: f64) -> f64 {
    let at = at.clamp(0.0, (DEPTHS - 1) as f64);
    let i = (at as usize).min(DEPTHS - 2);
    let t = at - i as f64;
    f64::from(row[i]) * (1.0 - t) + f64::from(row[i + 1]) * t
}

fn centre(values: &mut [f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    for v in values.iter_mut() {
        *v -= mean;
    }
    let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    (norm > 1e-6 && norm.is_finite()).then_some(norm)
}

fn best_path(
    rows: usize,
    states: &States,
    gain: &dyn Fn(usize, usize) -> f64,
    bending: f64,
    slope_px: f64,
) -> Vec<usize> {
    let target = vec![0.0; rows];
    path(rows, states, gain, bending, slope_px, &target)
}

fn shift_path(
    rows: usize,
    states: &States,
    floor: &Floor,
    gain: &dyn Fn(usize, usize) -> f64,
    options: &FloorOptions,
) -> Vec<usize> {
    // From row to row the depth is expected to change as the reference's floor does.
    let mut expected = vec![0.0; rows];
    for r in 1..rows {
        expected[r] = (floor.depth[r] - floor.depth[r - 1]) / STEP;
    }
    path(
        rows,
        states,
        gain,
        options.match_bending,
        options.slope_px,
        &expected,
    )
}

/// The states that gain most, less the cost of leaving the expected change between rows.
fn path(
    rows: usize,
    states: &States,
    gain: &dyn Fn(usize, usize) -> f64,
    bending: f64,
    slope_px: f64,
    expected: &[f64],
) -> Vec<usize> {
    let reach = (slope_px / STEP).round() as i64;
    let mut best: Vec<f64> = (0..states.count).map(|s| gain(0, s)).collect();
    let mut from = vec![0u16; rows * states.count];
    for r in 1..rows {
        let mut next = vec![f64::NEG_INFINITY; states.count];
        let mean = expected[r].round() as i64;
        for (s, out) in next.iter_mut().enumerate() {
            let about = s as i64 - mean;
            let low = (about - reach).clamp(0, states.count as i64 - 1) as usize;
            let high = (about + reach).clamp(0, states.count as i64 - 1) as usize;
            for before in low..=high {
                let change = (s as f64 - before as f64 - expected[r]) * STEP;
                let value = best[before] - bending * change * change;
                if value > *out {
                    *out = value;
                    from[r * states.count + s] = before as u16;
                }
            }
            *out += gain(r, s);
        }
        best = next;
    }
    let mut state = (0..states.count)
        .max_by(|&a, &b| best[a].total_cmp(&best[b]).then(b.cmp(&a)))
        .unwrap_or(0);
    let mut found = vec![0; rows];
    for r in (0..rows).rev() {
        found[r] = state;
        state = usize::from(from[r * states.count + state]);
    }
    found
}

fn collect(path: &[usize], states: &States, gain: &dyn Fn(usize, usize) -> f64) -> Floor {
    let mut floor = Floor {
        depth: Vec::with_capacity(path.len()),
        evidence: Vec::with_capacity(path.len()),
    };
    for (r, &s) in path.iter().enumerate() {
        let mut offset = 0.0;
        if s > 0 && s + 1 < states.count {
            let [a, b, c] = [s - 1, s, s + 1].map(|s| gain(r, s));
            let bend = a - 2.0 * b + c;
            if bend < -1e-9 {
                offset = (0.5 * (a - c) / bend).clamp(-1.0, 1.0);
            }
        }
        floor.depth.push(states.depth(s, offset));
        floor.evidence.push(gain(r, s));
    }
    floor
}
