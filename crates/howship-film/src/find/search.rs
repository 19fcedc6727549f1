//! Where a hand is on a film: crops at many turns, both mirrorings, the best of them looked at again.

use super::nets::{CROP, MAP, Networks, POINTS};
use super::network::Tensor;
use super::picture::{Cut, Picture, gaussian, percentiles};
use super::shape::{Points, Px, Similarity};
use rayon::prelude::*;
use std::f64::consts::{FRAC_PI_2, TAU};

/// How the search is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Turns tried, evenly over the circle. The network was taught on ±25°.
    pub turns: usize,
    /// Sizes tried: the window's longer side takes this share of the crop's inverse (1: the whole window). The second
    /// is tried at the most promising turns only.
    pub magnifications: [f64; 2],
    /// How many turns (and mirrorings) are tried at the second size.
    pub closer: usize,
    /// Hypotheses looked at again.
    pub finalists: usize,
    /// Times that each is cut out anew about what was found.
    pub rounds: usize,
    /// Length of the hand as a share of the crop when it is cut out anew (taught on 0.46 to 0.68).
    pub hand_share: f64,
    /// Score from which a hypothesis on the whole film ends the search for other windows.
    pub sure: f64,
    /// Score below which there is no hand.
    pub least: f64,
    /// Share of a crop that a window's longer side fills at magnification 1.
    pub window_share: f64,
    /// Peak from which, and residual to which, a point is taken where it was seen and not where the shape has it
    /// (units of the shape).
    pub seen_peak: f64,
    /// See `seen_peak`.
    pub seen_residual: f64,
    /// Residual at which a point counts 1/e in the score.
    pub score_residual: f64,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            turns: 10,
            magnifications: [1.0, 1.35],
            closer: 8,
            finalists: 3,
            rounds: 2,
            hand_share: 0.58,
            sure: 0.6,
            // A foot reached 0.47, a hand with mutilated fingers 0.60.
            least: 0.52,
            // The prototype's values, tried on synthetic films.
            window_share: 0.95,
            seen_peak: 0.25,
            seen_residual: 0.06,
            score_residual: 0.05,
        }
    }
}

/// A hand in a picture.
#[derive(Debug, Clone)]
pub(crate) struct Hypothesis {
    pub(crate) score: f64,
    /// What was seen, with the shape in place of what was not.
    pub(crate) points: Points,
    /// Height of the heat map's peak, 0 to 1.
    pub(crate) peaks: [f64; POINTS],
    /// Distance from the shape.
    pub(crate) residuals: [f64; POINTS],
    /// Whether the thumb is on the left when the fingers point up.
    pub(crate) mirrored: bool,
}

impl Hypothesis {
    /// By how much the picture is turned to bring the fingers up, radians.
    pub(crate) fn turn(&self) -> f64 {
        let wrist = base(&self.points);
        let tip = self.points[21];
        -FRAC_PI_2 - (tip[1] - wrist[1]).atan2(tip[0] - wrist[0])
    }
}

/// A part of a picture in which a hand is looked for: first column and row, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) from: Px,
    pub(crate) size: [f64; 2],
}

impl Window {
    fn centre(&self) -> Px {
        [
            self.from[0] + 0.5 * self.size[0],
            self.from[1] + 0.5 * self.size[1],
        ]
    }

    fn longer(&self) -> f64 {
        self.size[0].max(self.size[1])
    }
}

/// One crop seen by the network.
struct Seen {
    score: f64,
    /// Mirrored or not, and turned by so much (radians), as tried first.
    turn: (bool, f64),
    cut: Cut,
    points: Points,
    fitted: Points,
    peaks: [f64; POINTS],
    residuals: [f64; POINTS],
}

/// The best hand of a window.
pub(crate) fn find(
    networks: &Networks,
    picture: &Picture,
    window: &Window,
    options: &SearchOptions,
) -> Option<Hypothesis> {
    let turns: Vec<f64> = (0..options.turns)
        .map(|i| TAU * i as f64 / options.turns as f64)
        .collect();
    let turns = [turns.clone(), turns];
    best_of(
        networks,
        picture,
        window,
        &turns,
        &options.magnifications,
        options,
    )
}

/// The best hand of a window whose fingers point about the way of a known hand's, or against it.
pub(crate) fn find_turned(
    networks: &Networks,
    picture: &Picture,
    window: &Window,
    turn: f64,
    options: &SearchOptions,
) -> Option<Hypothesis> {
    let about = |t: f64| {
        vec![
            t,
            t + FRAC_PI_2 / 3.0,
            t - FRAC_PI_2 / 3.0,
            t + 2.0 * FRAC_PI_2,
        ]
    };
    // Mirrored first, the same turn runs the other way.
    best_of(
        networks,
        picture,
        window,
        &[about(turn), about(-turn)],
        &[1.0],
        options,
    )
}

/// `turns` without and with mirroring.
fn best_of(
    networks: &Networks,
    picture: &Picture,
    window: &Window,
    turns: &[Vec<f64>; 2],
    magnifications: &[f64],
    options: &SearchOptions,
) -> Option<Hypothesis> {
    let scale =
        |magnification: f64| magnification * options.window_share * CROP as f64 / window.longer();
    let at = |magnification: f64, turns: &[(bool, f64)]| -> Vec<Seen> {
        let blurred = picture.for_scale(scale(magnification));
        turns
            .par_iter()
            .map(|&(mirrored, turn)| {
                let cut = Cut::new(window.centre(), turn, scale(magnification), mirrored, CROP);
                let mut seen = look(networks, &blurred, &cut, options);
                seen.turn = (mirrored, turn);
                seen
            })
            .collect()
    };
    let all: Vec<(bool, f64)> = [false, true]
        .into_iter()
        .zip(turns)
        .flat_map(|(mirrored, turns)| turns.iter().map(move |t| (mirrored, *t)))
        .collect();
    let (first, closer) = magnifications.split_first()?;
    let mut seen = at(*first, &all);
    seen.sort_by(|a, b| b.score.total_cmp(&a.score));
    let promising: Vec<(bool, f64)> = seen.iter().take(options.closer).map(|s| s.turn).collect();
    for magnification in closer {
        seen.extend(at(*magnification, &promising));
    }
    seen.sort_by(|a, b| b.score.total_cmp(&a.score));
    seen.truncate(options.finalists);
    let finalists: Vec<Seen> = seen
        .into_par_iter()
        .map(|first| again(networks, picture, first, options))
        .collect();
    let best = finalists
        .into_iter()
        .reduce(|a, b| if b.score > a.score { b } else { a })?;
    Some(Hypothesis {
        score: best.score,
        points: std::array::from_fn(|i| {
            let seen =
                best.peaks[i] > options.seen_peak && best.residuals[i] < options.seen_residual;
            best.cut
                .back(if seen { best.points[i] } else { best.fitted[i] })
        }),
        peaks: best.peaks,
        residuals: best.residuals,
        mirrored: best.cut.mirrored(),
    })
}

fn again(networks: &Networks, picture: &Picture, first: Seen, options: &SearchOptions) -> Seen {
    let mut now = first;
    for _ in 0..options.rounds {
        let cut = upright(networks, &now, options);
        now = look(networks, &picture.for_scale(cut.scale()), &cut, options);
    }
    now
}

/// A crop with the hand upright, of the size that was taught.
fn upright(networks: &Networks, seen: &Seen, options: &SearchOptions) -> Cut {
    let points: Points = std::array::from_fn(|i| seen.cut.back(seen.fitted[i]));
    let mirrored = seen.cut.mirrored();
    let flip = if mirrored { -1.0 } else { 1.0 };
    let flipped: Points = points.map(|p| [p[0] * flip, p[1]]);
    let mean = &networks.shape.mean;
    let to = Similarity::between(&flipped, mean, &[1.0; POINTS]);
    let wrist = base(mean);
    let axis = (mean[21][1] - wrist[1]).atan2(mean[21][0] - wrist[0]);
    let angle = to.z.arg() - FRAC_PI_2 - axis;
    let centre = points.iter().fold([0.0; 2], |c, p| {
        [c[0] + p[0] / POINTS as f64, c[1] + p[1] / POINTS as f64]
    });
    let scale = options.hand_share * CROP as f64 / hand_length(&points).max(1e-6);
    Cut::new(centre, angle, scale, mirrored, CROP)
}

/// Middle of the metacarpals' bases.
fn base(points: &Points) -> Px {
    [0, 1].map(|a| points[..5].iter().map(|p| p[a]).sum::<f64>() / 5.0)
}

/// From the metacarpals' bases to the middle finger's tip, pixels.
pub(crate) fn hand_length(points: &Points) -> f64 {
    let wrist = base(points);
    (points[21][0] - wrist[0]).hypot(points[21][1] - wrist[1])
}

fn look(networks: &Networks, blurred: &Picture, cut: &Cut, options: &SearchOptions) -> Seen {
    let maps = networks.heat_maps(&channels(&blurred.piece(cut, CROP)));
    let (points, peaks) = peaks(&maps);
    let weights = peaks.map(|p| p + 0.01);
    let fit = networks.shape.fit(&points, &weights);
    let score = (0..POINTS)
        .map(|i| peaks[i] * (-(fit.residuals[i] / options.score_residual).powi(2)).exp())
        .sum::<f64>();
    Seen {
        score: score / POINTS as f64,
        turn: (cut.mirrored(), 0.0),
        cut: *cut,
        points,
        fitted: fit.points,
        peaks,
        residuals: fit.residuals,
    }
}

/// Scaled by percentiles, and local contrast: as `whole_hand_input` of the training.
fn channels(piece: &[f32]) -> Tensor {
    let (low, high) = percentiles(piece, 0.02, 0.98);
    let sigma = CROP as f64 / 14.0;
    let mean = gaussian(piece, CROP, CROP, sigma);
    let squares: Vec<f32> = piece
        .iter()
        .zip(&mean)
        .map(|(x, m)| (x - m) * (x - m))
        .collect();
    let variance = gaussian(&squares, CROP, CROP, sigma);
    let floor = (0.01 * (high - low) + 1e-6).powi(2);
    let mut out = Tensor::zeros(CROP, CROP, 2);
    for (i, to) in out.data.chunks_exact_mut(2).enumerate() {
        to[0] = ((piece[i] - low) / (high - low + 1e-6)).clamp(-0.5, 1.5);
        to[1] = ((piece[i] - mean[i]) / (variance[i] + floor).sqrt()).clamp(-3.0, 3.0);
    }
    out
}

/// Sub-pixel peak of every heat map, in the crop's pixels, and its height.
fn peaks(maps: &Tensor) -> (Points, [f64; POINTS]) {
    let mut points = [[0.0; 2]; POINTS];
    let mut heights = [0.0; POINTS];
    let at = |k: usize, x: usize, y: usize| maps.data[(y * MAP + x) * POINTS + k];
    for k in 0..POINTS {
        let (mut x, mut y) = (0, 0);
        for v in 0..MAP {
            for u in 0..MAP {
                if at(k, u, v) > at(k, x, y) {
                    (x, y) = (u, v);
                }
            }
        }
        let sigmoid = |v: f32| 1.0 / (1.0 + f64::from(-v).exp());
        heights[k] = sigmoid(at(k, x, y));
        let (mut sum, mut moment) = (0.0, [0.0; 2]);
        for v in y.saturating_sub(2)..(y + 3).min(MAP) {
            for u in x.saturating_sub(2)..(x + 3).min(MAP) {
                let w = sigmoid(at(k, u, v)).powf(1.5) + 1e-9;
                sum += w;
                moment[0] += w * u as f64;
                moment[1] += w * v as f64;
            }
        }
        points[k] = moment.map(|m| (m / sum + 0.5) * (CROP / MAP) as f64);
    }
    (points, heights)
}
