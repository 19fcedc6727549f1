use crate::Ratings;
use crate::median::median;
use serde::Serialize;

/// When a rating is taken for outlying.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlyingOptions {
    /// Scaled median absolute deviations from what the other raters say. Three and a half is the convention of
    /// Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993); 5 names about one in a million normal ratings, so
    /// that a list of names is one to look at.
    pub deviations: f64,
    /// Most ratings that are named.
    pub most: usize,
}

impl Default for OutlyingOptions {
    fn default() -> Self {
        Self {
            deviations: 5.0,
            most: 20,
        }
    }
}

/// A rating far from those of the other raters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OutlyingRating {
    /// Target (row).
    pub target: usize,
    /// Rater (column).
    pub rater: usize,
    /// The rating.
    pub value: f64,
    /// Mean of the other raters, shifted by how much the rater differs from them as a rule (median).
    pub expected: f64,
    /// `value − expected` in scaled median absolute deviations of all such differences.
    pub deviations: f64,
}

/// Ratings far from what the other raters make of the same target, farthest first.
///
/// A rater's own level is taken out first (the median difference from the others), so that a strict rater is not
/// outlying throughout. Where more than half of all differences are equal, as of joints that seldom change, their median
/// absolute deviation is 0: then the mean absolute deviation stands in (× 1.2533, the same for normal differences).
///
/// With two raters it cannot be told which of the two is wrong: both are named, with opposite signs.
#[must_use]
pub fn outlying_ratings(ratings: &Ratings, options: &OutlyingOptions) -> Vec<OutlyingRating> {
    let raters = ratings.raters();
    let mut found: Vec<OutlyingRating> = Vec::new();
    for rater in 0..raters {
        let mut own: Vec<OutlyingRating> = Vec::new();
        for target in 0..ratings.targets() {
            let row = ratings.row(target);
            let value = row[rater];
            let others = row
                .iter()
                .enumerate()
                .filter(|(j, v)| *j != rater && !v.is_nan());
            let (sum, count) = others.fold((0.0, 0_u32), |(s, n), (_, v)| (s + v, n + 1));
            if !value.is_nan() && count > 0 {
                own.push(OutlyingRating {
                    target,
                    rater,
                    value,
                    expected: sum / f64::from(count),
                    deviations: 0.0,
                });
            }
        }
        let level = median(own.iter().map(|o| o.value - o.expected).collect()).unwrap_or(0.0);
        own.iter_mut().for_each(|o| o.expected += level);
        found.extend(own);
    }
    let apart = |o: &OutlyingRating| (o.value - o.expected).abs();
    let mut scale = 1.4826 * median(found.iter().map(apart).collect()).unwrap_or(0.0);
    if !(scale > 0.0) {
        let mean = found.iter().map(apart).sum::<f64>() / found.len().max(1) as f64;
        scale = 1.2533 * mean;
    }
    if !(scale > 0.0) {
        return Vec::new();
    }
    for rating in &mut found {
        rating.deviations = (rating.value - rating.expected) / scale;
    }
    found.retain(|o| o.deviations.abs() > options.deviations);
    found.sort_by(|a, b| {
        let far = b.deviations.abs().total_cmp(&a.deviations.abs());
        far.then((a.target, a.rater).cmp(&(b.target, b.rater)))
    });
    found.truncate(options.most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_far_from_the_others_is_named_and_a_strict_reader_is_not() {
        // Reader 1 reads 3 above the others throughout; target 7 of reader 2 is off by 40.
        let mut values = Vec::new();
        for t in 0..30 {
            let base = f64::from(t % 7) * 2.0;
            let noise = |k: i32| f64::from((t * 7 + k * 3) % 5) - 2.0;
            values.extend([base + noise(0), base + 3.0 + noise(1), base + noise(2)]);
        }
        values[7 * 3 + 2] += 40.0;
        let ratings = Ratings::new(30, 3, values).unwrap();
        let found = outlying_ratings(&ratings, &OutlyingOptions::default());
        assert_eq!((found[0].target, found[0].rater), (7, 2));
        assert!((found[0].value - found[0].expected - 40.0).abs() < 5.0);
        // The other two of that target lie apart from its mean with the wrong reading in it, and nothing else does.
        assert!(found.iter().all(|o| o.target == 7), "{found:?}");
    }

    #[test]
    fn where_most_differences_are_zero_the_few_are_judged_by_their_mean() {
        let mut values = vec![1.0; 200];
        values[11] = 2.0;
        let ratings = Ratings::new(100, 2, values).unwrap();
        let found = outlying_ratings(&ratings, &OutlyingOptions::default());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].target, 5);
        let equal = Ratings::new(10, 2, vec![1.0; 20]).unwrap();
        assert!(outlying_ratings(&equal, &OutlyingOptions::default()).is_empty());
    }
}
