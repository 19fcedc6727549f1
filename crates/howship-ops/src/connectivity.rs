/// Which voxels count as neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Connectivity {
    /// Those that share a face.
    #[default]
    Six,
    /// Those that share a face or an edge.
    Eighteen,
    /// Those that share a face, an edge or a corner.
    TwentySix,
}

impl Connectivity {
    /// Rows before a row that it touches: (dy, steps back in z, whether x diagonals count).
    pub(crate) fn earlier_rows(self) -> &'static [(isize, usize, u32)] {
        match self {
            Self::Six => &[(0, 1, 0), (-1, 0, 0)],
            Self::Eighteen => &[(-1, 1, 0), (0, 1, 1), (1, 1, 0), (-1, 0, 1)],
            Self::TwentySix => &[(-1, 1, 1), (0, 1, 1), (1, 1, 1), (-1, 0, 1)],
        }
    }

    /// Steps to the neighbours, in memory order.
    pub(crate) fn steps(self) -> Vec<[i64; 3]> {
        let most: i64 = match self {
            Self::Six => 1,
            Self::Eighteen => 2,
            Self::TwentySix => 3,
        };
        let axes = |s: &[i64; 3]| s.iter().map(|v| v.abs()).sum::<i64>();
        let cube = (0..27).map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]);
        cube.filter(|s| (1..=most).contains(&axes(s))).collect()
    }
}
