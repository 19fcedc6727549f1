//! Which pixels of a film are compared: a bone's mask grown, without its neighbour and the film's border.

use super::options::PlanarOptions;
use crate::Error;

/// Pixels of a film that are compared.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    size: [usize; 2],
    inside: Vec<bool>,
    /// First column and row, and one beyond the last.
    pub(crate) bounds: [[usize; 2]; 2],
}

/// Fewest pixels a bone may have.
const LEAST_PIXELS: usize = 200;
/// Pixels at the film's border that no spline reaches.
const BORDER: usize = 3;
impl Region {
    /// The mask grown, the other bone's grown mask cut out, without the film's border.
    pub(crate) fn new(
        size: [usize; 2],
        mask: &[bool],
        other: Option<&[bool]>,
        options: &PlanarOptions,
    ) -> Result<Self, Error> {
        let [nx, ny] = size;
        for m in [Some(mask), other].into_iter().flatten() {
            if m.len() != nx * ny {
                return Err(Error::MaskSize {
                    size,
                    values: m.len(),
                });
            }
        }
        let mut inside = grown(size, mask, options.grow_px);
        if let Some(other) = other {
            for (i, o) in inside
                .iter_mut()
                .zip(grown(size, other, options.exclude_px))
            {
                *i &= !o;
            }
        }
        let mut bounds = [[usize::MAX, 0]; 2];
        let mut pixels = 0;
        for (y, row) in inside.chunks_mut(nx).enumerate() {
            if y < BORDER || y + BORDER >= ny || nx <= 2 * BORDER {
                row.fill(false);
                continue;
            }
            row[..BORDER].fill(false);
            row[nx - BORDER..].fill(false);
            let Some(low) = row.iter().position(|&m| m) else {
                continue;
            };
            let high = nx - row.iter().rev().position(|&m| m).unwrap_or(0);
            pixels += row[low..high].iter().filter(|&&m| m).count();
            bounds[0] = [bounds[0][0].min(low), bounds[0][1].max(high)];
            bounds[1] = [bounds[1][0].min(y), y + 1];
        }
        if pixels < LEAST_PIXELS {
            return Err(Error::FewPixels {
                pixels,
                least: LEAST_PIXELS,
            });
        }
        Ok(Self {
            size,
            inside,
            bounds,
        })
    }

    pub(crate) fn holds(&self, [x, y]: [usize; 2]) -> bool {
        x < self.size[0] && y < self.size[1] && self.inside[x + self.size[0] * y]
    }
}

/// A mask grown by so many pixels, city block: all whose four neighbours hold it, so many times.
fn grown([nx, ny]: [usize; 2], mask: &[bool], by: usize) -> Vec<bool> {
    let mut now = mask.to_vec();
    let mut next = now.clone();
    for _ in 0..by {
        for y in 0..ny {
            let here = &now[y * nx..(y + 1) * nx];
            let out = &mut next[y * nx..(y + 1) * nx];
            out.copy_from_slice(here);
            if nx > 1 {
                for (o, l) in out[1..].iter_mut().zip(here) {
                    *o |= l;
                }
                for (o, r) in out.iter_mut().zip(&here[1..]) {
                    *o |= r;
                }
            }
            for beside in [y.checked_sub(1), Some(y + 1).filter(|&v| v < ny)]
                .into_iter()
                .flatten()
            {
                for (o, b) in out.iter_mut().zip(&now[beside * nx..(beside + 1) * nx]) {
                    *o |= b;
                }
            }
        }
        std::mem::swap(&mut now, &mut next);
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_grows_to_the_squares_of_a_city() {
        let mut inside = vec![false; 20 * 9];
        inside[7 + 20 * 4] = true;
        let all = grown([20, 9], &inside, 3);
        let count = all.iter().filter(|&&m| m).count();
        assert_eq!(
            (count, all[7 + 3 + 20 * 4], all[8 + 20 * 7]),
            (25, true, false)
        );
    }
}
