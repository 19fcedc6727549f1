//! Files changed as disks, networks and attackers change them; the same for the same seed.

/// A small generator (Knuth's MMIX), so that every mutant can be made again.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5eed_cafe)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }

    /// Mostly near the start, where headers are.
    fn place(&mut self, length: usize) -> usize {
        if self.below(3) == 0 {
            self.below(length)
        } else {
            self.below(length.min(1024))
        }
    }
}

/// One bit turned round.
pub(crate) fn flip(bytes: &[u8], dice: &mut Dice, from: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let bit = from * 8 + dice.below((bytes.len() - from) * 8);
    out[bit / 8] ^= 1 << (bit % 8);
    out
}

/// One of many kinds of damage.
pub(crate) fn mutant(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let n = out.len();
    if n < 2 {
        return vec![dice.below(256) as u8; dice.below(64)];
    }
    match dice.below(10) {
        0 => out.truncate(dice.below(n)),
        1 => {
            // What a full disk leaves.
            let from = dice.below(n);
            out[from..].fill(0);
        }
        2 => {
            let at = dice.place(n);
            let end = (at + 1 + dice.below(64)).min(n);
            out.drain(at..end);
        }
        3 => {
            let at = dice.place(n);
            let piece = out[dice.below(n)..]
                .iter()
                .take(48)
                .copied()
                .collect::<Vec<u8>>();
            out.splice(at..at, piece);
        }
        4 | 5 => {
            // Numbers that sizes, counts and offsets fear.
            const FEARED: [u64; 8] = [
                0,
                1,
                0x7fff_ffff,
                0xffff_ffff,
                0xffff,
                0x8000,
                u64::MAX,
                1 << 40,
            ];
            let value = FEARED[dice.below(FEARED.len())];
            let (le, be) = (value.to_le_bytes(), value.to_be_bytes());
            let width = [1, 2, 4, 8][dice.below(4)];
            let at = dice.place(n);
            let word = if dice.below(2) == 0 {
                &le[..width]
            } else {
                &be[8 - width..]
            };
            for (to, from) in out[at..].iter_mut().zip(word) {
                *to = *from;
            }
        }
        6 => {
            // A digit of a header in text.
            let digits: Vec<usize> = (0..n.min(4096))
                .filter(|&i| out[i].is_ascii_digit())
                .collect();
            if !digits.is_empty() {
                out[digits[dice.below(digits.len())]] = b"0123456789-.eE,"[dice.below(15)];
            }
        }
        _ => {
            for _ in 0..1 + dice.below(8) {
                let at = dice.place(n);
                out[at] ^= 1 << dice.below(8);
            }
        }
    }
    out
}
