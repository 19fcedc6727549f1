/// An interval of days that holds 95 % of the probability.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct TimeInterval {
    /// Not before this day; none: not within the horizon at all.
    pub from: Option<f64>,
    /// Not after this day; none: open, the horizon may pass before it.
    pub to: Option<f64>,
}

impl TimeInterval {
    /// Whether it holds a day; infinite stands for beyond the horizon.
    #[must_use]
    pub fn holds(&self, day: f64) -> bool {
        let late_enough = self.from.map_or(day.is_infinite(), |from| day >= from);
        late_enough && self.to.is_none_or(|to| day <= to)
    }

    /// Days from end to end, both kept inside the horizon.
    #[must_use]
    pub fn width(&self, horizon: f64) -> f64 {
        self.to.unwrap_or(horizon) - self.from.unwrap_or(horizon)
    }
}

/// A distribution of the day of an event that may not come within the horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Forecast {
    /// Probability that it comes within the horizon.
    pub within: f64,
    /// 95 % interval. Where more than 2.5 % lies beyond the horizon it is open: all of its 5 % lies before `from`.
    pub interval: TimeInterval,
    /// 50 % interval, by the same rule with 25 %.
    pub half: TimeInterval,
}

/// Weighted quantile of sorted days.
fn quantile(sorted: &[(f64, f64)], p: f64) -> f64 {
    let mut below = 0.0;
    for (day, weight) in sorted {
        below += weight;
        if below >= p {
            return *day;
        }
    }
    f64::INFINITY
}

fn central(sorted: &[(f64, f64)], beyond: f64, level: f64) -> TimeInterval {
    let tail = 0.5 * (1.0 - level);
    let finite = |day: f64| day.is_finite().then_some(day);
    if beyond > tail {
        TimeInterval {
            from: finite(quantile(sorted, 1.0 - level)),
            to: None,
        }
    } else {
        TimeInterval {
            from: finite(quantile(sorted, tail)),
            to: finite(quantile(sorted, 1.0 - tail)),
        }
    }
}

/// The forecast of days with weights that sum to 1.
pub(super) fn forecast_of(days: impl Iterator<Item = (f64, f64)>) -> Forecast {
    let mut sorted: Vec<(f64, f64)> = days.collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let beyond: f64 = sorted
        .iter()
        .filter(|(d, _)| d.is_infinite())
        .map(|(_, w)| w)
        .sum();
    Forecast {
        within: (1.0 - beyond).clamp(0.0, 1.0),
        interval: central(&sorted, beyond, 0.95),
        half: central(&sorted, beyond, 0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_open_where_the_horizon_cuts() {
        let uniform = |n: u32, beyond: u32| {
            let total = f64::from(n + beyond);
            let finite = (1..=n).map(move |i| (f64::from(i), 1.0 / total));
            finite.chain((0..beyond).map(move |_| (f64::INFINITY, 1.0 / total)))
        };
        // Ends lie within one of the thousand days: sums of weights round.
        let near = |interval: TimeInterval, from: f64, to: Option<f64>| {
            let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1.0,
                (a, b) => a == b,
            };
            close(interval.from, Some(from)) && close(interval.to, to)
        };
        let closed = forecast_of(uniform(1000, 0)).interval;
        assert!(near(closed, 25.0, Some(975.0)), "{closed:?}");
        let open = forecast_of(uniform(500, 500));
        assert!(near(open.interval, 50.0, None), "{open:?}");
        assert!((open.within - 0.5).abs() < 1e-9);
        let never = forecast_of(uniform(10, 990));
        assert_eq!(
            never.interval,
            TimeInterval {
                from: None,
                to: None
            }
        );
        assert!(never.interval.holds(f64::INFINITY) && !never.interval.holds(3.0));
    }
}
