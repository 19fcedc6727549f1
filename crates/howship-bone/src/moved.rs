//! Where bone came or went beyond the band about two walls.

use crate::Error;
use crate::tuning::DensityTuning;
use howship_image::{Geometry, Volume};
use howship_ops::gaussian;

/// The points about two walls on one grid; NaN where a visit does not show them or they lie outside of the envelope.
pub(crate) struct Differences {
    /// The later image less the earlier.
    pub(crate) difference: Volume<f32>,
    /// Each image.
    pub(crate) values: [Volume<f32>; 2],
    /// How far beyond the wall of each visit a point lies, mm.
    pub(crate) beyond: [Volume<f32>; 2],
    /// Points of the band that is weighed whatever it shows.
    pub(crate) band: Vec<bool>,
}

impl Differences {
    /// Nothing known yet, on a cube of `2 half + 1` points along each axis.
    pub(crate) fn unknown(half: i64, step_mm: f64) -> Result<Self, Error> {
        let n = (2 * half + 1) as usize;
        let upright = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let grid = Geometry::new([n; 3], [step_mm; 3], [0.0; 3], upright)?;
        let nothing = Volume::filled(grid, f32::NAN);
        Ok(Self {
            difference: nothing.clone(),
            values: [nothing.clone(), nothing.clone()],
            band: vec![false; nothing.data().len()],
            beyond: [nothing.clone(), nothing],
        })
    }

    /// How far beyond the nearer wall a point lies, mm.
    fn nearest(&self, point: usize) -> f32 {
        let [a, b] = &self.beyond;
        a.data()[point].min(b.data()[point])
    }

    /// Points beyond the band where bone came or went as it did in the band: offsets.
    ///
    /// # Method
    /// The smoothed difference is looked at where it is above `changed_sds` times its own noise, which is told by its
    /// median size far from both walls. From such points of the band it is followed, without a change of sign, to points
    /// at which the emptier visit is as dark as a cavity: bone that only becomes denser or lighter is no change of volume.
    /// Points of the band count where they lie at the wall of the emptier visit: a lobe opens into the cavity that it is
    /// part of. A sclerotic margin that a wall leaves behind lies beyond the other visit's wall, and the marrow spaces that
    /// it leaves are as dark as a cavity. In noise alone nothing lies so high (a point in 16,000), and what does must touch
    /// the band's own change: an unchanged lesion gains no point. One point all around takes in what smoothing and the
    /// limit have cut off.
    ///
    /// # Limits
    /// Faint change is not followed, so that what is found is too small rather than too large.
    pub(crate) fn followed(
        &self,
        (filling, bone): (f64, f64),
        tuning: &DensityTuning,
    ) -> Result<Vec<usize>, Error> {
        let smooth = |volume: &Volume<f32>| -> Result<Volume<f32>, Error> {
            let known = volume.map(|v| if v.is_finite() { 1f32 } else { 0.0 });
            let filled = volume.map(|v| if v.is_finite() { v } else { 0.0 });
            let sigma = [tuning.changed_blur_mm; 3];
            let (mut sum, known) = (gaussian(&filled, sigma)?, gaussian(&known, sigma)?);
            for (s, k) in sum.data_mut().iter_mut().zip(known.data()) {
                *s /= k.max(1e-3);
            }
            Ok(sum)
        };
        let difference = smooth(&self.difference)?;
        let far = tuning.changed_quiet_mm as f32;
        let mut quiet: Vec<f32> = (0..self.band.len())
            .filter(|&i| self.difference.data()[i].is_finite() && self.nearest(i) > far)
            .map(|i| difference.data()[i].abs())
            .collect();
        if (quiet.len() as f64) < tuning.enough {
            return Ok(Vec::new());
        }
        let middle = quiet.len() / 2;
        let median = *quiet.select_nth_unstable_by(middle, f32::total_cmp).1;
        // A normal distribution's SD over its median size.
        let noise = 1.4826 * f64::from(median);
        let least = (tuning.changed_sds * noise).max(tuning.changed_bone * bone);
        let values = [smooth(&self.values[0])?, smooth(&self.values[1])?];
        let dark = filling + tuning.changed_dark * bone;
        let sign = |i: usize| -> i8 {
            let d = f64::from(difference.data()[i]);
            let outside = self.band[i] || self.nearest(i) > 0.0;
            if !outside || !self.difference.data()[i].is_finite() || d.abs() < least {
                return 0;
            }
            let emptier = usize::from(d < 0.0);
            let empty = if self.band[i] {
                f64::from(self.beyond[emptier].data()[i]) <= tuning.outside_mm
            } else {
                f64::from(values[emptier].data()[i]) < dark
            };
            if empty { d.signum() as i8 } else { 0 }
        };
        let signs: Vec<i8> = (0..self.band.len()).map(sign).collect();
        Ok(self.follow(&signs))
    }

    /// What noise, a density scale that differs and a pose a little off make of the difference where nothing changed, as
    /// the variance of its integral over one mm³, density² mm³; `None` where too little is seen of such places.
    ///
    /// # Method
    /// Means over blocks of `noise_block` points that lie mostly further than `changed_quiet_mm` from both walls, each
    /// weighed to the same volume; 1.4826 times their median size is the SD. Told at about the band's own thickness: noise
    /// of tomography has little of its power in wide means, so that what voxels and their correlation say is several
    /// times too much.
    pub(crate) fn noise(&self, tuning: &DensityTuning) -> Option<f64> {
        let [n, _, _] = self.difference.size();
        let (edge, far) = (tuning.noise_block.max(1), tuning.changed_quiet_mm as f32);
        let side = n.div_ceil(edge);
        let mut blocks = vec![(0.0, 0.0); side.pow(3)];
        for (i, d) in self.difference.data().iter().enumerate() {
            if !d.is_finite() || !(self.nearest(i) > far) {
                continue;
            }
            let [x, y, z] = [i % n, i / n % n, i / (n * n)].map(|v| v / edge);
            let (sum, count) = &mut blocks[x + side * (y + side * z)];
            *sum += f64::from(*d);
            *count += 1.0;
        }
        let point_mm3 = tuning.step_mm.powi(3);
        let least = 0.5 * (edge as f64).powi(3);
        let full = blocks.into_iter().filter(|(_, count)| *count >= least);
        let mut sizes: Vec<f64> = full
            .map(|(sum, count)| sum.abs() * (point_mm3 / count).sqrt())
            .collect();
        if (sizes.len() as f64) < tuning.enough {
            return None;
        }
        let middle = sizes.len() / 2;
        let median = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        Some((1.4826 * median).powi(2))
    }

    /// From the band's own points along points of the same sign, and one step further.
    fn follow(&self, signs: &[i8]) -> Vec<usize> {
        let [n, _, _] = self.difference.size();
        let strides = [1, n, n * n];
        let beside = |i: usize| {
            let voxel = [i % n, i / n % n, i / (n * n)];
            let mut all = Vec::with_capacity(6);
            for (at, stride) in voxel.into_iter().zip(strides) {
                if at > 0 {
                    all.push(i - stride);
                }
                if at + 1 < n {
                    all.push(i + stride);
                }
            }
            all
        };
        let mut reached = vec![false; signs.len()];
        let mut next: Vec<usize> = (0..signs.len())
            .filter(|&i| self.band[i] && signs[i] != 0)
            .collect();
        for &i in &next {
            reached[i] = true;
        }
        let mut beyond = Vec::new();
        while let Some(i) = next.pop() {
            if !self.band[i] {
                beyond.push(i);
            }
            for j in beside(i) {
                if !reached[j] && signs[j] == signs[i] {
                    reached[j] = true;
                    next.push(j);
                }
            }
        }
        let edge: Vec<usize> = beyond.iter().flat_map(|&i| beside(i)).collect();
        for j in edge {
            let seen = self.difference.data()[j].is_finite() && self.nearest(j) > 0.0;
            if !reached[j] && !self.band[j] && seen {
                reached[j] = true;
                beyond.push(j);
            }
        }
        beyond.sort_unstable();
        beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuning::Tuning;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const HALF: i64 = 20;

    /// A ball of 1.2 mm whose shell is the band, in noise of this SD; bone of 100 came where `came` says.
    fn visits(sd: f64, seed: u64, came: impl Fn([f64; 3]) -> bool) -> Differences {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let mut all = Differences::unknown(HALF, 0.1).unwrap();
        let grid = all.difference.geometry().clone();
        for i in 0..all.band.len() {
            let at = grid.voxel(i).map(|v| 0.1 * (v as f64 - HALF as f64));
            let beyond = at.iter().map(|x| x * x).sum::<f64>().sqrt() - 1.2;
            let bone = if came(at) { 100.0 } else { 0.0 };
            let pair = [sd * normal(), bone + sd * normal()].map(|v| v as f32);
            for wall in &mut all.beyond {
                wall.data_mut()[i] = beyond as f32;
            }
            all.band[i] = (-0.25..=0.15).contains(&beyond);
            all.difference.data_mut()[i] = pair[1] - pair[0];
            for (values, value) in all.values.iter_mut().zip(pair) {
                values.data_mut()[i] = value;
            }
        }
        all
    }

    #[test]
    fn noise_alone_is_not_followed_anywhere() {
        let tuning = Tuning::default().density;
        for seed in 0..30 {
            let seen = visits(90.0, seed, |_| false);
            assert!(seen.followed((0.0, 100.0), &tuning).unwrap().is_empty());
        }
    }

    /// White noise: the variance of a point times its volume, for two images.
    #[test]
    fn noise_is_told_from_places_where_nothing_changed() {
        let tuning = Tuning::default().density;
        let near = |p: [f64; 3]| p.iter().map(|x| x * x).sum::<f64>().sqrt() < 1.5;
        let found = (0..20).map(|seed| visits(30.0, seed, near).noise(&tuning).unwrap());
        let found = found.sum::<f64>() / 20.0;
        let expected = 2.0 * 30.0 * 30.0 * tuning.step_mm.powi(3);
        // A median's square of some hundred blocks, twenty times: to a few hundredths.
        assert!((found / expected - 1.0).abs() < 0.1, "{found} {expected}");
    }

    /// A cube of bone came half inside the band and half beyond it, another far off: the first is had whole.
    #[test]
    fn bone_that_came_beyond_the_band_is_had_and_bone_elsewhere_is_not() {
        let tuning = Tuning::default().density;
        let near =
            |p: [f64; 3]| p[0] > 1.0 && p[0] < 1.75 && p[1].abs() < 0.35 && p[2].abs() < 0.35;
        let far = |p: [f64; 3]| p[0] < -1.5 && p[1].abs() < 0.45 && p[2].abs() < 0.45;
        let seen = visits(30.0, 7, |p| near(p) || far(p));
        let found = seen.followed((0.0, 100.0), &tuning).unwrap();
        let grid = seen.difference.geometry();
        let place = |i: usize| grid.voxel(i).map(|v| 0.1 * (v as f64 - HALF as f64));
        let truth = (0..seen.band.len()).filter(|&i| !seen.band[i] && near(place(i)));
        let truth = truth.filter(|&i| seen.nearest(i) > 0.0).count() as f64;
        let sum: f64 = found
            .iter()
            .map(|&i| f64::from(seen.difference.data()[i]))
            .sum();
        assert!((sum / 100.0 / truth - 1.0).abs() < 0.1, "{sum} {truth}");
        assert!(found.iter().all(|&i| place(i)[0] > 0.5));
    }

    /// The same cube, and the first wall that has it dark lies half a millimetre further in.
    #[test]
    fn a_margin_that_a_wall_has_left_behind_is_no_lobe() {
        let tuning = Tuning::default().density;
        let mut seen = visits(30.0, 7, |p| {
            p[0] > 1.0 && p[0] < 1.75 && p[1].abs() < 0.35 && p[2].abs() < 0.35
        });
        for d in seen.beyond[0].data_mut() {
            *d += 0.5;
        }
        let found = seen.followed((0.0, 100.0), &tuning).unwrap();
        assert!(found.is_empty(), "{}", found.len());
    }

    #[test]
    fn bone_that_only_became_denser_is_no_change_of_volume() {
        let tuning = Tuning::default().density;
        let mut seen = visits(5.0, 3, |p| {
            p[0] > 1.0 && p[1].abs() < 0.4 && p[2].abs() < 0.4
        });
        for i in 0..seen.band.len() {
            if !seen.band[i] {
                // It was bone before.
                seen.values
                    .iter_mut()
                    .for_each(|v| v.data_mut()[i] += 100.0);
            }
        }
        let found = seen.followed((0.0, 100.0), &tuning).unwrap();
        assert!(found.len() < 12, "{}", found.len());
    }
}
