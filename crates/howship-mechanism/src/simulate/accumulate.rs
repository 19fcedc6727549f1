//! Counts that add up in any order to the same numbers.

/// Where the values of one series lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Bins of a histogram: quantiles are good to a 400th of the range of a pilot's values and its margin.
pub(super) const BINS: usize = 400;

/// Histograms and sums of every series at every time.
#[derive(Debug, Clone)]
pub(super) struct Accumulator {
    ranges: Vec<Range>,
    times: usize,
    counts: Vec<u32>,
    /// Sums in units of a 2⁻²⁴ of the range: whole numbers add up to the same in any order.
    sums: Vec<i64>,
}

const UNIT: f64 = 16_777_216.0;

impl Accumulator {
    pub(super) fn new(ranges: Vec<Range>, times: usize) -> Self {
        let cells = ranges.len() * times;
        Self {
            ranges,
            times,
            counts: vec![0; cells * BINS],
            sums: vec![0; cells],
        }
    }

    #[inline]
    pub(super) fn add(&mut self, series: usize, time: usize, value: f64) {
        let range = self.ranges[series];
        let share = ((value - range.low) / (range.high - range.low)).clamp(0.0, 1.0);
        let cell = series * self.times + time;
        let bin = ((share * BINS as f64) as usize).min(BINS - 1);
        self.counts[cell * BINS + bin] += 1;
        // The sum keeps what the histogram clips.
        self.sums[cell] += ((value - range.low) / (range.high - range.low) * UNIT).round() as i64;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a += b;
        }
        for (a, b) in self.sums.iter_mut().zip(&other.sums) {
            *a += b;
        }
    }

    pub(super) fn mean(&self, series: usize, time: usize) -> f64 {
        let cell = series * self.times + time;
        let n: u32 = self.counts[cell * BINS..(cell + 1) * BINS].iter().sum();
        let range = self.ranges[series];
        range.low + (range.high - range.low) * self.sums[cell] as f64 / UNIT / f64::from(n.max(1))
    }

    /// Quantiles, straight inside a bin.
    pub(super) fn quantiles<const N: usize>(
        &self,
        series: usize,
        time: usize,
        p: [f64; N],
    ) -> [f64; N] {
        let cell = series * self.times + time;
        let counts = &self.counts[cell * BINS..(cell + 1) * BINS];
        let n: f64 = counts.iter().map(|c| f64::from(*c)).sum();
        let range = self.ranges[series];
        p.map(|p| {
            let goal = p * n;
            let mut below = 0.0;
            for (bin, &count) in counts.iter().enumerate() {
                let count = f64::from(count);
                if count > 0.0 && below + count >= goal {
                    let inside = ((goal - below) / count).clamp(0.0, 1.0);
                    let share = (bin as f64 + inside) / BINS as f64;
                    return range.low + share * (range.high - range.low);
                }
                below += count;
            }
            range.high
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_means_of_a_known_set() {
        let mut a = Accumulator::new(
            vec![Range {
                low: 0.0,
                high: 100.0,
            }],
            1,
        );
        let mut b = a.clone();
        for i in 0..1000 {
            let to = if i % 3 == 0 { &mut a } else { &mut b };
            to.add(0, 0, f64::from(i) / 10.0);
        }
        a.merge(&b);
        assert!((a.mean(0, 0) - 49.95).abs() < 1e-5);
        let [low, middle, high] = a.quantiles(0, 0, [0.05, 0.5, 0.95]);
        assert!(
            (low - 5.0).abs() < 0.3 && (middle - 50.0).abs() < 0.3 && (high - 95.0).abs() < 0.3
        );
    }
}
