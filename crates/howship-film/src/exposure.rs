//! Grey levels of one film in terms of another's: a monotone curve through the levels of one registered bone, and
//! whether both were processed alike.

use crate::frame::FRAME_PX;
use howship_register::planar::{Plane, PlaneSpline, Similarity};
use serde::{Deserialize, Serialize};

/// How exposures are matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExposureOptions {
    /// Knots of the curve, at equal shares of the bone's pixels from 2 to 98 %.
    pub knots: usize,
    /// Fine over coarse structure of one film over the other's: outside of this and its inverse the processing
    /// (edge enhancement, detector) differs too much for grey levels to be compared.
    pub most_sharper: f64,
    /// Least correlation of the bone's grey levels after matching (smoothed by 2 px).
    pub least_correlation: f64,
}

impl Default for ExposureOptions {
    fn default() -> Self {
        Self {
            knots: 17,
            most_sharper: 1.5,
            least_correlation: 0.5,
        }
    }
}

/// A monotone curve from the earlier film's grey levels to the later one's.
#[derive(Debug, Clone)]
pub(crate) struct Exposure {
    from: Vec<f64>,
    to: Vec<f64>,
}

#[cfg(test)]
impl Exposure {
    /// The same levels on both films.
    pub(crate) fn same(low: f64, high: f64) -> Self {
        Self {
            from: vec![low, high],
            to: vec![low, high],
        }
    }

    /// The later film's level for one of the earlier film; beyond the knots the end pieces go on straight.
    pub(crate) fn apply(&self, value: f64) -> f64 {
        let n = self.from.len();
        let i = self.from.partition_point(|&f| f <= value).clamp(1, n - 1);
        let (a, b) = (self.from[i - 1], self.from[i]);
        let t = if b > a { (value - a) / (b - a) } else { 0.0 };
        self.to[i - 1] + t * (self.to[i] - self.to[i - 1])
    }
}

impl Exposure {
    /// The earlier film's level for one of the later film.
    pub(crate) fn invert(&self, value: f64) -> f64 {
        let n = self.to.len();
        let i = self.to.partition_point(|&f| f <= value).clamp(1, n - 1);
        let (a, b) = (self.to[i - 1], self.to[i]);
        let t = if b > a { (value - a) / (b - a) } else { 0.0 };
        self.from[i - 1] + t * (self.from[i] - self.from[i - 1])
    }
}

/// Matches the bone under `mask` (indices of the earlier frame, lesions left out) between two films.
///
/// The curve takes each quantile of one to the same quantile of the other: unlike a regression it is not flattened
/// by noise.
pub(crate) fn matched(
    (before, mask): (&Plane, &[bool]),
    after: &Plane,
    pose: &Similarity,
    options: &ExposureOptions,
) -> Result<Exposure, String> {
    let smooth = [before.smoothed(2.0), after.smoothed(2.0)];
    let spline = PlaneSpline::new(&smooth[1]);
    let mut pairs = [Vec::new(), Vec::new()];
    for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m) {
        let [x, y] = pose.apply([(i % FRAME_PX) as f64, (i / FRAME_PX) as f64]);
        if let Some(v) = spline.sample(x, y) {
            pairs[0].push(f64::from(smooth[0].data()[i]));
            pairs[1].push(f64::from(v));
        }
    }
    if pairs[0].len() < 500 {
        return Err(
            "too little of the bone is on both films to match their grey levels".to_owned(),
        );
    }
    let r = correlation(&pairs[0], &pairs[1]);
    if !(r >= options.least_correlation) {
        return Err(format!(
            "grey levels of the bone on the two films do not go together (correlation {r:.2}, {:.2} is needed)",
            options.least_correlation
        ));
    }
    let sharper = sharpness(after, pose, mask) / sharpness(before, &Similarity::identity(), mask);
    if !(sharper < options.most_sharper && sharper > 1.0 / options.most_sharper) {
        return Err(format!(
            "processing differs: fine structure against coarse is {sharper:.2} times that of the earlier film, at most {:.2} is accepted",
            options.most_sharper
        ));
    }
    let [mut a, mut b] = pairs;
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], k: usize| {
        let share = 0.02 + 0.96 * k as f64 / (options.knots - 1) as f64;
        sorted[((sorted.len() - 1) as f64 * share).round() as usize]
    };
    let mut curve = Exposure {
        from: Vec::new(),
        to: Vec::new(),
    };
    for k in 0..options.knots.max(2) {
        let (f, t) = (at(&a, k), at(&b, k));
        let rises = |list: &[f64], v: f64| list.last().is_none_or(|&last| v > last);
        if rises(&curve.from, f) && rises(&curve.to, t) {
            curve.from.push(f);
            curve.to.push(t);
        }
    }
    if curve.from.len() < 2 {
        return Err("the bone has one grey level throughout".to_owned());
    }
    Ok(curve)
}

pub(crate) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
        ab += (x - ma) * (y - mb);
    }
    if aa > 0.0 && bb > 0.0 {
        ab / (aa * bb).sqrt()
    } else {
        0.0
    }
}

/// Structure of 1-2.5 px over structure of 2.5-7 px within the bone.
fn sharpness(film: &Plane, pose: &Similarity, mask: &[bool]) -> f64 {
    let s = [1.0, 2.5, 7.0].map(|sigma| film.smoothed(sigma));
    let [nx, ny] = film.size();
    let (mut fine, mut coarse) = (0.0, 0.0);
    for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m) {
        let p = pose.apply([(i % FRAME_PX) as f64, (i / FRAME_PX) as f64]);
        let [x, y] = p.map(|c| c.round());
        if x >= 0.0 && y >= 0.0 && x < nx as f64 && y < ny as f64 {
            let v = s
                .each_ref()
                .map(|p| f64::from(p.at(x as usize, y as usize)));
            fine += (v[0] - v[1]).powi(2);
            coarse += (v[1] - v[2]).powi(2);
        }
    }
    if coarse > 0.0 {
        (fine / coarse).sqrt()
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_exposure_is_undone_and_another_processing_refused() {
        let value = |i: usize| {
            let (x, y) = ((i % FRAME_PX) as f64, (i / FRAME_PX) as f64);
            500.0 + 200.0 * (x / 9.0).sin() * (y / 11.0).cos() + 60.0 * (x / 2.5 + y / 3.0).sin()
        };
        let all = FRAME_PX * FRAME_PX;
        let plane = |f: &dyn Fn(f64) -> f64| {
            Plane::new(
                [FRAME_PX; 2],
                (0..all).map(|i| f(value(i)) as f32).collect(),
            )
            .unwrap()
        };
        let mask = vec![true; all];
        let before = plane(&|v| v);
        let after = plane(&|v| 4000.0 / (1.0 + (-(v - 500.0) / 300.0).exp()));
        let options = ExposureOptions::default();
        let same = Similarity::identity();
        let curve = matched((&before, &mask), &after, &same, &options).unwrap();
        for v in [380.0, 500.0, 610.0] {
            let truth = 4000.0 / (1.0 + (-(v - 500.0f64) / 300.0).exp());
            assert!(
                (curve.apply(v) - truth).abs() < 40.0,
                "{v} {} {truth}",
                curve.apply(v)
            );
            assert!((curve.invert(curve.apply(v)) - v).abs() < 1e-6);
        }
        let soft = after.smoothed(3.0);
        let reason = matched((&before, &mask), &soft, &same, &options).unwrap_err();
        assert!(reason.contains("processing differs"), "{reason}");
    }
}
