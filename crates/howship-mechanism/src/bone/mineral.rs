/// How new matrix mineralises with age. The two laws differ by a factor of 2.5 in their mean lag (124 and 48 days),
/// and every result is given under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MineralLaw {
    /// None for 12 days, linear to 0.121 over 10 days, then towards 0.442 (volume fraction) at 0.007 per day
    /// (Martínez-Reina and Pivonka, Bone 2019;125:87).
    A,
    /// 67 % after 18 days, then towards full with the rest (0.33) falling at 0.0092 per day: a fit through rabbit
    /// osteons (67 % at day 18, plateau by day 350; synchrotron infrared, Fuchs 2008).
    B,
}

impl MineralLaw {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Name in print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// Mineral of matrix of this age, days, as a share of its final mineral.
    #[must_use]
    pub fn share(self, age: f64) -> f64 {
        match self {
            Self::A if age < 12.0 => 0.0,
            Self::A if age < 22.0 => 0.0121 * (age - 12.0) / 0.442,
            Self::A => 1.0 - (0.442 - 0.121) / 0.442 * (-0.007 * (age - 22.0)).exp(),
            Self::B if age < 18.0 => 0.67 * age.max(0.0) / 18.0,
            Self::B => 1.0 - 0.33 * (-0.0092 * (age - 18.0)).exp(),
        }
    }
}

/// Both laws at the ages of layers on a grid of steps, the oldest first, so that a stack of layers meets them in
/// memory order.
#[derive(Debug, Clone)]
pub struct MineralTable {
    reversed: [Vec<f64>; 2],
}

impl MineralTable {
    /// A table for `steps` steps of `days`. A layer of a step is taken to be half a step old at its end.
    #[must_use]
    pub fn new(steps: usize, days: f64) -> Self {
        let reversed = MineralLaw::ALL.map(|law| {
            (0..=steps)
                .rev()
                .map(|n| law.share((n as f64 + 0.5) * days))
                .collect()
        });
        Self { reversed }
    }

    /// Mineral-equivalent thickness of layers laid down in steps 1.. (at index 0..), at the end of the last one,
    /// under law A and law B.
    #[inline]
    #[must_use]
    pub fn equivalent(&self, layers: &[f64]) -> [f64; 2] {
        let mut sums = [0.0; 2];
        for (sum, table) in sums.iter_mut().zip(&self.reversed) {
            let shares = &table[table.len() - layers.len()..];
            // Four partial sums in a fixed order: the same for any machine, and wide enough to be fast.
            let mut part = [0.0; 4];
            let (heads, tail) = layers.as_chunks::<4>();
            let (share_heads, share_tail) = shares.as_chunks::<4>();
            for (l, s) in heads.iter().zip(share_heads) {
                for i in 0..4 {
                    part[i] += l[i] * s[i];
                }
            }
            let rest: f64 = tail.iter().zip(share_tail).map(|(l, s)| l * s).sum();
            *sum = (part[0] + part[1]) + (part[2] + part[3]) + rest;
        }
        sums
    }
}
