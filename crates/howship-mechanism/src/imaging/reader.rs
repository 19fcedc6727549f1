use crate::bone::MineralLaw;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// Who reads, and how alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Readers {
    /// How many.
    pub count: usize,
    /// How many of them must see it.
    pub needed: usize,
    /// SD of a reader's judgement of a rim, pixels (0.6; assumption).
    pub sd: f64,
    /// Whether the order of the films is known: then a reader who sees a rim later than it was doubts less, and the
    /// error of repeated films is shared; else each film is judged by itself and a change carries both errors.
    pub order_known: bool,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            count: 1,
            needed: 1,
            sd: 0.6,
            order_known: true,
        }
    }
}

impl Readers {
    /// Whether enough readers see a rim of so many pixels reach a threshold.
    pub fn see(&self, rng: &mut ChaCha8Rng, pixels: f64, threshold: f64) -> bool {
        let films = if self.order_known {
            1.0
        } else {
            std::f64::consts::SQRT_2
        };
        let mut seen = 0;
        for _ in 0..self.count {
            let z: f64 = StandardNormal.sample(rng);
            seen += usize::from(pixels + self.sd * films * z >= threshold);
        }
        seen >= self.needed
    }

    /// Chance that enough readers see a rim of so many pixels, in closed form.
    #[must_use]
    pub fn chance(&self, pixels: f64, threshold: f64) -> f64 {
        let films = if self.order_known {
            1.0
        } else {
            std::f64::consts::SQRT_2
        };
        let one = howship_stats::normal_cdf((pixels - threshold) / (self.sd * films));
        (self.needed..=self.count)
            .map(|k| {
                binomial(self.count, k)
                    * one.powi(k as i32)
                    * (1.0 - one).powi((self.count - k) as i32)
            })
            .sum()
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

/// What must be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReaderRule {
    /// Rim, pixels.
    pub threshold: f64,
    /// Who reads.
    pub readers: Readers,
    /// Visits (indices into the courses) at which it must be seen, every one.
    pub at: [Option<usize>; 2],
    /// Least quiet that the joint must be in at the last visit; 1: any.
    pub quiet: f64,
    /// Law of what is seen.
    pub law: MineralLaw,
}

/// A definition of repair of one lesion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RepairDefinition {
    /// A rim seen by readers.
    Rim(ReaderRule),
    /// An observed change of depth (mm, SD of one measurement) below a limit (mm), at a course's index.
    Depth {
        /// Below which.
        limit: f64,
        /// Precision, mm.
        precision: f64,
        /// Index.
        at: usize,
    },
    /// Whole filling without error.
    Filled(TotalFill),
}

/// A rim at least this share of the lesion's depth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TotalFill {
    /// Share.
    pub share: f64,
    /// Index.
    pub at: usize,
}
