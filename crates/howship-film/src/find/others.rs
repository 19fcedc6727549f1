//! A second hand beside one that was found: looked for where the film is bright and the first hand is not.

use super::nets::Networks;
use super::picture::Picture;
use super::search::{Hypothesis, SearchOptions, Window, find_turned, hand_length};
use super::{same_hand, shape::Px};

/// When and where a second hand is looked for. Lengths are shares of the first hand's.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    /// Bright area outside of the first hand, over that within, from which it is worth looking.
    worthwhile: f64,
    /// Half width of a finger with its skin.
    finger: f64,
    /// Length and half width of the forearm.
    forearm: [f64; 2],
    /// Distance of the windows' middles.
    step: f64,
}

/// Set by eye (general knowledge); a film with one hand and a bright frame costs a second search, nothing else.
const TUNING: Tuning = Tuning {
    worthwhile: 0.3,
    finger: 0.12,
    forearm: [1.6, 0.3],
    step: 0.45,
};

/// The best hand that is none of those found.
pub(crate) fn beside(
    networks: &Networks,
    picture: &Picture,
    found: &[Hypothesis],
    options: &SearchOptions,
) -> Option<Hypothesis> {
    let first = found.first()?;
    let length = hand_length(&first.points);
    let threshold = otsu(&picture.values);
    let covers: Vec<Cover> = found.iter().map(Cover::new).collect();
    let (mut within, mut outside) = (0usize, Vec::new());
    let grid = ((0.02 * length) as usize).max(1);
    for y in (0..picture.height).step_by(grid) {
        for x in (0..picture.width).step_by(grid) {
            if picture.values[y * picture.width + x] < threshold {
                continue;
            }
            let p = [x as f64, y as f64];
            if covers.iter().any(|c| c.holds(p)) {
                within += 1;
            } else {
                outside.push(p);
            }
        }
    }
    if (outside.len() as f64) < TUNING.worthwhile * within as f64 / found.len() as f64 {
        return None;
    }
    let windows = windows(picture, &outside, length, options);
    let turn = first.turn();
    let mut best: Option<Hypothesis> = None;
    for window in windows {
        let seen = find_turned(networks, picture, &window, turn, options);
        for one in seen.into_iter().filter(|h| h.score >= options.least) {
            let size = hand_length(&one.points) / length;
            // Hands of one person on one plate have one size.
            let fits = (0.75..1.33).contains(&size) && !found.iter().any(|f| same_hand(f, &one));
            if fits && best.as_ref().is_none_or(|b| one.score > b.score) {
                best = Some(one);
            }
        }
    }
    best
}

/// Windows of a hand's size over what is bright.
fn windows(picture: &Picture, bright: &[Px], length: f64, options: &SearchOptions) -> Vec<Window> {
    // A hand that is `hand_share` of the crop: the crop's side in the picture's pixels.
    let side = options.window_share * length / options.hand_share;
    let step = TUNING.step * length;
    let (columns, rows) = (
        (picture.width as f64 / step).ceil() as usize,
        (picture.height as f64 / step).ceil() as usize,
    );
    let mut all = Vec::new();
    for j in 0..rows {
        for i in 0..columns {
            let middle = [(i as f64 + 0.5) * step, (j as f64 + 0.5) * step];
            let near = bright
                .iter()
                .filter(|p| {
                    (p[0] - middle[0]).abs() < 0.5 * step && (p[1] - middle[1]).abs() < 0.5 * step
                })
                .count();
            all.push((
                near,
                Window {
                    from: middle.map(|m| m - 0.5 * side),
                    size: [side; 2],
                },
            ));
        }
    }
    all.sort_by_key(|(near, _)| std::cmp::Reverse(*near));
    all.into_iter()
        .take_while(|(near, _)| *near > 0)
        .take(6)
        .map(|(_, w)| w)
        .collect()
}

/// The area of a hand with its forearm.
struct Cover {
    pieces: Vec<(Px, Px, f64)>,
}

impl Cover {
    fn new(hand: &Hypothesis) -> Self {
        let p = &hand.points;
        let length = hand_length(p);
        let r = TUNING.finger * length;
        let fingers: [&[usize]; 5] = [
            &[0, 5, 10, 19],
            &[1, 6, 11, 15, 20],
            &[2, 7, 12, 16, 21],
            &[3, 8, 13, 17, 22],
            &[4, 9, 14, 18, 23],
        ];
        let mut pieces: Vec<(Px, Px, f64)> = fingers
            .iter()
            .flat_map(|f| f.windows(2))
            .map(|w| (p[w[0]], p[w[1]], r))
            .collect();
        let base = [0, 1].map(|a| p[..5].iter().map(|q| q[a]).sum::<f64>() / 5.0);
        let away = [0, 1].map(|a| {
            base[a] - (p[7][a] - base[a]) * TUNING.forearm[0] * length / length_of(p[7], base)
        });
        pieces.push((base, away, TUNING.forearm[1] * length));
        Self { pieces }
    }

    fn holds(&self, q: Px) -> bool {
        self.pieces.iter().any(|(a, b, r)| {
            let d = [b[0] - a[0], b[1] - a[1]];
            let e = [q[0] - a[0], q[1] - a[1]];
            let t = ((e[0] * d[0] + e[1] * d[1]) / (d[0] * d[0] + d[1] * d[1]).max(1e-9))
                .clamp(0.0, 1.0);
            (e[0] - t * d[0]).hypot(e[1] - t * d[1]) < *r
        })
    }
}

fn length_of(a: Px, b: Px) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]).max(1e-6)
}

/// Otsu's threshold of values from 0 to 1 (Otsu, IEEE Trans Syst Man Cybern 1979).
fn otsu(values: &[f32]) -> f32 {
    const BINS: usize = 128;
    let mut counts = [0f64; BINS];
    for v in values {
        counts[((v * BINS as f32) as usize).min(BINS - 1)] += 1.0;
    }
    let total: f64 = counts.iter().sum();
    let moment: f64 = counts.iter().enumerate().map(|(i, c)| i as f64 * c).sum();
    let (mut below, mut below_moment, mut best) = (0.0, 0.0, (0.0, 0));
    for (i, c) in counts.iter().enumerate() {
        below += c;
        below_moment += i as f64 * c;
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let gap = below_moment / below - (moment - below_moment) / above;
            let between = below * above * gap * gap;
            if between > best.0 {
                best = (between, i);
            }
        }
    }
    (best.1 + 1) as f32 / BINS as f32
}
