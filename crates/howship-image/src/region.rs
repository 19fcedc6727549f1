//! Boxes of voxels.

use serde::{Deserialize, Serialize};

/// A box of voxels: first voxel and size along x, y, z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// First voxel.
    pub start: [usize; 3],
    /// Voxels along each axis.
    pub size: [usize; 3],
}

impl Region {
    /// The box from `low` to `high`, both included.
    #[must_use]
    pub fn between(low: [usize; 3], high: [usize; 3]) -> Self {
        Self {
            start: low,
            size: std::array::from_fn(|a| high[a].saturating_sub(low[a]) + 1),
        }
    }

    /// The box grown by a margin on every side and clipped to a grid.
    #[must_use]
    pub fn grown(self, margin: [usize; 3], grid: [usize; 3]) -> Self {
        let start: [usize; 3] = std::array::from_fn(|a| self.start[a].saturating_sub(margin[a]));
        let size = std::array::from_fn(|a| {
            (self.start[a] + self.size[a] + margin[a])
                .min(grid[a])
                .saturating_sub(start[a])
        });
        Self { start, size }
    }

    /// Whether a voxel lies inside.
    #[must_use]
    pub fn contains(&self, voxel: [usize; 3]) -> bool {
        (0..3).all(|a| voxel[a] >= self.start[a] && voxel[a] - self.start[a] < self.size[a])
    }
}
