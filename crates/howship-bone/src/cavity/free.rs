//! The wall once more, without a shape: which of the voxels about the stiff wall are cavity.

use super::VisitCavity;
use crate::Error;
use crate::local::LocalImage;
use crate::surface::SurfacePatch;
use crate::tuning::FreeTuning;
use howship_image::{Geometry, Mask, PointMm, Volume};
use howship_ops::{gaussian, signed_distance};

/// A cavity whose wall is looked at, and the image in which.
pub(crate) type Look<'a> = (&'a VisitCavity, &'a LocalImage);

/// What the free wall of each visit adds to the volume within the stiff one, mm³; `None` where it was not looked for.
///
/// # Method
/// Share φ of each voxel that is cavity, 0 to 1, by the least of `∫ φ (D − λκ) + λ |∇φ|` over the voxels of a shell about
/// the stiff wall and under the envelope. D is how far the finely smoothed image lies above the wall's level, as a share
/// of what bone weighs there above what fills the cavity: −1 in the cavity, +1 in bone. Bone at a place is the mean of
/// what lies beyond the walls near it, marrow and all, at any visit, so that voxels count for what bone weighs as a whole,
/// no trabecula need be met, and a visit's own noise hardly moves what the visits have in common. Where bone is
/// as dark as a cavity in many places (wide marrow spaces), darkness tells little: it then weighs by the logarithm of
/// that share. λ|∇φ| is what surface costs: a marrow space behind a neck is not worth its wall. λκ, with κ the stiff
/// wall's own curvature, gives back what that costs a wall that is curved as the stiff one is; blur, which draws the level
/// inwards where the wall is curved, is given back in the same way. The least is found by a primal-dual iteration
/// (Chambolle and Pock, J Math Imaging Vis, 2011); the problem is convex (Chan, Esedoglu and Nikolova, SIAM J Appl Math,
/// 2006), so that it does not depend on where it begins.
///
/// What all of it does to the stiff wall itself, drawn into bone that is everywhere the same and blurred as the image is,
/// is no finding: the volume added is that of the image less that of this drawing. A free wall runs after what is dark by
/// chance, the more the more bone varies; its level is lower by a share of that.
///
/// # Limits
/// A wall that is wrong by more than the shell stays wrong. Cavities small beside blur and λ keep the stiff wall: the
/// caller weighs by size.
pub(crate) fn free_walls(
    looks: &[Option<Look<'_>>],
    surface: &SurfacePatch,
    soft: f64,
    tuning: &FreeTuning,
) -> Result<Vec<Option<f64>>, Error> {
    let none = vec![None; looks.len()];
    let Some(grid) = grid(looks, tuning)? else {
        return Ok(none);
    };
    let under = Volume::from_fn(grid.clone(), |voxel| {
        let at = grid.world(voxel.map(|i| i as f64));
        u8::from(surface.depth(at).is_some_and(|d| d > 0.0))
    });
    let mut sides = Vec::with_capacity(looks.len());
    for look in looks {
        sides.push(match look {
            Some(look) => Some(Side::of(*look, &under, tuning)?),
            None => None,
        });
    }
    let Some(bone) = Bone::around(&sides, &under, soft, tuning)? else {
        return Ok(none);
    };
    let blur = surface.blur_mm();
    sides
        .iter()
        .map(|side| {
            let added = |side: &Side| side.added(&bone, &under, blur, tuning);
            side.as_ref().map(added).transpose()
        })
        .collect()
}

/// The voxels about all cavities; `None` without any.
fn grid(looks: &[Option<Look<'_>>], tuning: &FreeTuning) -> Result<Option<Geometry>, Error> {
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for (cavity, _) in looks.iter().flatten() {
        for (direction, r) in cavity.boundary() {
            let at = cavity.centre + direction * r;
            for a in 0..3 {
                low[a] = low[a].min(at[a] - tuning.far_mm);
                high[a] = high[a].max(at[a] + tuning.far_mm);
            }
        }
    }
    if looks.iter().flatten().next().is_none() {
        return Ok(None);
    }
    let step = tuning.step_mm;
    let size = [0, 1, 2].map(|a| ((high[a] - low[a]) / step).ceil().max(1.0) as usize + 1);
    let upright = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    Ok(Some(Geometry::new(size, [step; 3], low, upright)?))
}

/// One visit about its stiff wall.
struct Side {
    /// The finely smoothed image; NaN where the field ends.
    image: Volume<f32>,
    inside: Mask,
    /// Distance to the stiff wall, mm, negative inside.
    distance: Volume<f32>,
    /// How far inside the stiff wall the shell reaches, mm.
    core: f64,
}

/// Distance to the middle of the voxels beside a wall is half a voxel too far on either side of it.
fn outside_by(distance: f32, reach: f64) -> bool {
    f64::from(distance) > reach
}

impl Side {
    fn of(
        (cavity, image): Look<'_>,
        under: &Mask,
        tuning: &FreeTuning,
    ) -> Result<Self, Error> {
        let grid = under.geometry();
        let place = |voxel: [usize; 3]| -> PointMm { grid.world(voxel.map(|i| i as f64)) };
        let reach = cavity.reach();
        let inside = Volume::from_fn(grid.clone(), |voxel| {
            let at = place(voxel);
            u8::from((at - cavity.centre).norm() <= reach && cavity.contains(at))
        });
        let mut inside: Mask = inside;
        for (i, u) in inside.data_mut().iter_mut().zip(under.data()) {
            *i &= *u;
        }
        let image = Volume::from_fn(grid.clone(), |voxel| {
            image.fine(place(voxel)).map_or(f32::NAN, |v| v as f32)
        });
        let radius = (0.75 / std::f64::consts::PI * cavity.volume.value).cbrt();
        Ok(Self {
            image,
            distance: signed_distance(&inside),
            inside,
            core: tuning.shell_mm.min(tuning.core * radius),
        })
    }

    /// Sum of the stiff wall's curvatures, 1/mm, positive where it is convex.
    fn curvature(&self, tuning: &FreeTuning) -> Result<Volume<f32>, Error> {
        let smooth = gaussian(&self.distance, [tuning.curve_mm; 3])?;
        let [nx, ny, nz] = smooth.size();
        let step = tuning.step_mm as f32;
        let normal = |x: usize, y: usize, z: usize| -> [f32; 3] {
            let along = |low: f32, high: f32, n: usize| (high - low) / (n as f32 * step);
            let side = |i: usize, n: usize| (i.saturating_sub(1), (i + 1).min(n - 1));
            let ((x0, x1), (y0, y1), (z0, z1)) = (side(x, nx), side(y, ny), side(z, nz));
            let g = [
                along(smooth.at(x0, y, z), smooth.at(x1, y, z), (x1 - x0).max(1)),
                along(smooth.at(x, y0, z), smooth.at(x, y1, z), (y1 - y0).max(1)),
                along(smooth.at(x, y, z0), smooth.at(x, y, z1), (z1 - z0).max(1)),
            ];
            let norm = g.iter().map(|g| g * g).sum::<f32>().sqrt() + 1e-6;
            g.map(|g| g / norm)
        };
        let normals = Volume::from_fn(smooth.geometry().clone(), |[x, y, z]| normal(x, y, z));
        let most = tuning.most_curved as f32;
        Ok(Volume::from_fn(smooth.geometry().clone(), |[x, y, z]| {
            if x == 0 || y == 0 || z == 0 || x + 1 == nx || y + 1 == ny || z + 1 == nz {
                return 0.0;
            }
            let along = |a: usize, low: [f32; 3], high: [f32; 3]| (high[a] - low[a]) / (2.0 * step);
            let sum = along(0, normals.at(x - 1, y, z), normals.at(x + 1, y, z))
                + along(1, normals.at(x, y - 1, z), normals.at(x, y + 1, z))
                + along(2, normals.at(x, y, z - 1), normals.at(x, y, z + 1));
            sum.clamp(-most, most)
        }))
    }

    /// What the free wall adds to this visit's volume, mm³.
    fn added(
        &self,
        bone: &Bone,
        under: &Mask,
        blur_mm: f64,
        tuning: &FreeTuning,
    ) -> Result<f64, Error> {
        let curvature = self.curvature(tuning)?;
        let seen: Vec<f64> = (0..under.data().len())
            .map(|i| {
                let above = f64::from(self.image.data()[i]) - bone.filling;
                above / f64::from(bone.weight.data()[i]) + tuning.by_texture * bone.varies
            })
            .collect();
        let plain = self.in_plain_bone(under, blur_mm)?;
        let shell = -self.core..tuning.shell_mm;
        let is_free = |i: usize| {
            under.data()[i] != 0
                && seen[i].is_finite()
                && shell.contains(&f64::from(self.distance.data()[i]))
        };
        // A level is met nearer to the middle of what is curved, by half of the blur's square over the radius.
        let slope = blur_mm / (8.0 * std::f64::consts::PI).sqrt();
        let settled = |shares: &[f64]| -> f64 {
            let data: Vec<f32> = shares
                .iter()
                .zip(curvature.data())
                .map(|(share, curved)| {
                    let curved = f64::from(*curved);
                    let d = 2.0 * (share - tuning.level - slope * curved);
                    let d = d.clamp(-1.0, 1.0);
                    let d = if d < 0.0 { bone.dark * d } else { d };
                    (d - tuning.surface_mm * curved) as f32
                })
                .collect();
            let mut cut = Cut::new(&self.inside, under, is_free);
            cut.settle(&data, tuning);
            cut.share.iter().map(|s| f64::from(*s)).sum()
        };
        Ok((settled(&seen) - settled(&plain)) * tuning.step_mm.powi(3))
    }

    /// What the stiff wall would look like in bone that is everywhere the same, as a share of what that bone weighs.
    fn in_plain_bone(&self, under: &Mask, blur_mm: f64) -> Result<Vec<f64>, Error> {
        let there = |mask: &Mask, i: usize| f32::from(mask.data()[i]);
        let mut bone = self.distance.map(|_| 0f32);
        let mut all = bone.clone();
        for i in 0..under.data().len() {
            all.data_mut()[i] = there(under, i);
            bone.data_mut()[i] = there(under, i) - there(&self.inside, i);
        }
        let (bone, all) = (gaussian(&bone, [blur_mm; 3])?, gaussian(&all, [blur_mm; 3])?);
        let pairs = bone.data().iter().zip(all.data());
        // Beyond the envelope nothing is taken in, so that no mouth is blurred.
        Ok(pairs
            .map(|(b, a)| f64::from(*b) / f64::from(a.max(1e-3)))
            .collect())
    }
}

/// What tells bone from cavity, all visits together.
struct Bone {
    /// Bone with its marrow above what fills the cavities, place by place.
    weight: Volume<f32>,
    filling: f64,
    /// SD of that bone over its weight, voxel by voxel.
    varies: f64,
    /// What a dark voxel weighs against a bright one, 0 to 1.
    dark: f64,
}

impl Bone {
    fn around(
        sides: &[Option<Side>],
        under: &Mask,
        soft: f64,
        tuning: &FreeTuning,
    ) -> Result<Option<Self>, Error> {
        let grid = under.geometry();
        let mut sums = Volume::filled(grid.clone(), 0f32);
        let mut counts = Volume::filled(grid.clone(), 0f32);
        let mut inner = Vec::new();
        let (mut all, mut seen) = (0.0, 0.0);
        for side in sides.iter().flatten() {
            for i in 0..under.data().len() {
                let (value, d) = (side.image.data()[i], side.distance.data()[i]);
                if under.data()[i] == 0 || !value.is_finite() {
                    continue;
                }
                if outside_by(-d, tuning.inner_mm.min(side.core)) {
                    inner.push(value);
                }
                if outside_by(d, tuning.clear_mm) && !outside_by(d, tuning.far_mm) {
                    sums.data_mut()[i] += value;
                    counts.data_mut()[i] += 1.0;
                    all += f64::from(value);
                    seen += 1.0;
                }
            }
        }
        if seen < tuning.enough {
            return Ok(None);
        }
        let mean = all / seen;
        let filling = if inner.len() as f64 >= tuning.enough {
            let middle = inner.len() / 2;
            f64::from(*inner.select_nth_unstable_by(middle, f32::total_cmp).1)
        } else {
            soft
        };
        if mean <= filling {
            return Ok(None);
        }
        let mut weight = gaussian(&sums, [tuning.beside_mm; 3])?;
        let counts = gaussian(&counts, [tuning.beside_mm; 3])?;
        // Where little bone is near, that all around stands in.
        let little = 0.02f32;
        let least = (tuning.least_bone * (mean - filling)) as f32;
        for (w, n) in weight.data_mut().iter_mut().zip(counts.data()) {
            let local = (*w + little * mean as f32) / (n + little);
            *w = (local - filling as f32).max(least);
        }
        let mut bone = Self {
            weight,
            filling,
            varies: 0.0,
            dark: 1.0,
        };
        bone.look_at(sides, under, tuning);
        Ok(Some(bone))
    }

    /// How much bone varies, how often it is as dark as a cavity, and what darkness therefore weighs.
    fn look_at(&mut self, sides: &[Option<Side>], under: &Mask, tuning: &FreeTuning) {
        let (mut squares, mut dark, mut seen) = (0.0, 0.0, 0.0f64);
        for side in sides.iter().flatten() {
            for i in 0..under.data().len() {
                let (value, d) = (side.image.data()[i], side.distance.data()[i]);
                let there = outside_by(d, 2.0 * tuning.clear_mm) && !outside_by(d, tuning.far_mm);
                if under.data()[i] == 0 || !value.is_finite() || !there {
                    continue;
                }
                let share = (f64::from(value) - self.filling) / f64::from(self.weight.data()[i]);
                squares += (share - 1.0).clamp(-1.0, 1.0).powi(2);
                dark += f64::from(u8::from(share < tuning.dark_level));
                seen += 1.0;
            }
        }
        let seen = seen.max(1.0);
        self.varies = (squares / seen).sqrt();
        let dark = (dark / seen).max(tuning.least_dark);
        self.dark = (-dark.ln() * tuning.dark_part).clamp(tuning.least_dark_weight, 1.0);
    }
}

/// The primal-dual iteration: share of each voxel that is cavity.
struct Cut {
    share: Vec<f32>,
    /// Voxels that may change, and those with an edge to one of them.
    free: Vec<usize>,
    beside: Vec<usize>,
    /// Edges to the next voxel along each axis that cost something: both ends under the envelope.
    edges: Vec<[bool; 3]>,
    strides: [usize; 3],
}

impl Cut {
    fn new(inside: &Mask, under: &Mask, is_free: impl Fn(usize) -> bool) -> Self {
        let [nx, ny, nz] = under.size();
        let strides = [1, nx, nx * ny];
        let grid = under.geometry();
        let n = under.data().len();
        let within = |i: usize| {
            let [x, y, z] = grid.voxel(i);
            x > 0 && y > 0 && z > 0 && x + 1 < nx && y + 1 < ny && z + 1 < nz
        };
        let free: Vec<usize> = (0..n).filter(|&i| within(i) && is_free(i)).collect();
        let mut touched = vec![false; n];
        for &i in &free {
            touched[i] = true;
            for s in strides {
                touched[i - s] = true;
            }
        }
        let beside: Vec<usize> = (0..n).filter(|&i| touched[i]).collect();
        let mut edges = vec![[false; 3]; n];
        for &i in &beside {
            edges[i] = strides.map(|s| under.data()[i] != 0 && under.data()[i + s] != 0);
        }
        Self {
            share: inside.data().iter().map(|v| f32::from(*v)).collect(),
            free,
            beside,
            edges,
            strides,
        }
    }

    fn settle(&mut self, data: &[f32], tuning: &FreeTuning) {
        let most = (tuning.surface_mm / tuning.step_mm) as f32;
        // The norm of the gradient's square is at most twelve.
        let step = 1.0 / 12f32.sqrt();
        let mut ahead = self.share.clone();
        let mut flow = vec![[0f32; 3]; self.share.len()];
        for _ in 0..tuning.iterations {
            for &i in &self.beside {
                let f = &mut flow[i];
                for a in 0..3 {
                    if self.edges[i][a] {
                        f[a] += step * (ahead[i + self.strides[a]] - ahead[i]);
                    }
                }
                let norm = (f[0] * f[0] + f[1] * f[1] + f[2] * f[2]).sqrt();
                if norm > most {
                    let less = most / norm;
                    f.iter_mut().for_each(|f| *f *= less);
                }
            }
            for &i in &self.free {
                let mut spread = 0.0;
                for a in 0..3 {
                    spread += flow[i][a] - flow[i - self.strides[a]][a];
                }
                let now = (self.share[i] + step * (spread - data[i])).clamp(0.0, 1.0);
                ahead[i] = 2.0 * now - self.share[i];
                self.share[i] = now;
            }
        }
    }
}
