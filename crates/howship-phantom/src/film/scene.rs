//! Bones and soft tissue to a film.

use super::blur::gaussian;
use super::bone::Bone;
use super::camera::{FilmGeometry, Placement};
use super::detector::DetectorSpec;
use super::lesion::Cavity;
use super::ray::{Crossing, Intervals, Ray, Stepping, cross};
use super::solid::LANES;
use super::spectrum::{Beam, Path};
use super::texture::Texture;
use crate::Error;
use howship_change::Side;
use howship_image::{Film, FilmFacts, FilmScale, Known, Laterality, ScaleSource, View};
use nalgebra::Vector3;
use rayon::prelude::*;

/// A film as a plain grid: rows from the top, bone bright.
#[derive(Debug, Clone, PartialEq)]
pub struct Film2d {
    /// Columns and rows.
    pub size_px: [usize; 2],
    /// Pixel at the detector, mm.
    pub pixel_mm: f64,
    /// Grey levels, row after row.
    pub values: Vec<f32>,
}

impl Film2d {
    /// As a film in millimetres of the bone: the pixel at the detector over the magnification; the side where known.
    ///
    /// # Errors
    /// A magnification that no radiograph has.
    pub fn film(self, magnification: f64, side: Option<Side>) -> Result<Film, Error> {
        let [width, height] = self.size_px;
        let scale = FilmScale::known([self.pixel_mm / magnification; 2], ScaleSource::Phantom);
        let said = |side| match side {
            Side::L => Laterality::Left,
            Side::R => Laterality::Right,
        };
        let facts = FilmFacts {
            laterality: side.map(|s| Known::new(said(s), "the phantom")),
            view: side.map(|_| Known::new(View::Dp, "the phantom")),
            ..FilmFacts::default()
        };
        Ok(Film::new(width, height, self.values, scale)?.with_facts(facts))
    }
}

/// A bone in the room.
pub(crate) struct Item<'a> {
    pub(crate) bone: &'a Bone,
    pub(crate) placement: Placement,
    pub(crate) cavities: Vec<Cavity>,
    pub(crate) texture: f32,
    /// Tells the bones' textures apart, mm.
    pub(crate) offset: f32,
}

/// A tube of soft tissue between two points of the room.
#[derive(Debug, Clone)]
pub(crate) struct Skin {
    pub(crate) from: Vector3<f64>,
    pub(crate) to: Vector3<f64>,
    /// Half width at both ends, mm.
    pub(crate) radii: [f64; 2],
    /// Depth over width.
    pub(crate) flatness: f64,
}

pub(crate) struct Scene<'a> {
    pub(crate) items: Vec<Item<'a>>,
    pub(crate) skin: Vec<Skin>,
    pub(crate) texture: &'a Texture,
    /// Over this width (Gaussian sigma) tubes of soft tissue melt into each other, mm; 0 for none.
    pub(crate) skin_blur_mm: f64,
}

impl Scene<'_> {
    /// The whole chain for one exposure: rays at most `ray_mm` apart on the detector.
    pub(crate) fn film(
        &self,
        geometry: &FilmGeometry,
        ray_mm: f64,
        detector: &DetectorSpec,
        seed: u64,
    ) -> Result<Film2d, Error> {
        let pixels = self.transmitted(geometry, ray_mm, detector)?;
        Ok(Film2d {
            size_px: geometry.size_px,
            pixel_mm: geometry.pixel_mm,
            values: detector.expose(&pixels, geometry.size_px, geometry.pixel_mm, seed),
        })
    }

    /// Share of the beam that arrives at each pixel, blurred by focus and detector.
    pub(crate) fn transmitted(
        &self,
        geometry: &FilmGeometry,
        ray_mm: f64,
        detector: &DetectorSpec,
    ) -> Result<Vec<f32>, Error> {
        let split = (geometry.pixel_mm / ray_mm - 1e-9).ceil().max(1.0) as usize;
        let fine = geometry.split(split);
        let beam = Beam::new(detector.kvp)?;
        let paths = self.paths(&fine, Stepping::MEASURE);
        let rays: Vec<f32> = paths
            .par_iter()
            .map(|p| beam.transmitted(p) as f32)
            .collect();
        let rays = detector.blurred(&rays, fine.size_px, fine.pixel_mm);
        Ok(mean_of_blocks(&rays, fine.size_px, split))
    }

    /// Lengths in each material of the ray at every pixel.
    pub(crate) fn paths(&self, geometry: &FilmGeometry, stepping: Stepping) -> Vec<Path> {
        let soft = self.soft(geometry);
        let footprints: Vec<Option<[usize; 4]>> = self
            .items
            .iter()
            .map(|item| geometry.footprint(&item.bone.bounds, &item.placement))
            .collect();
        let width = geometry.size_px[0];
        let mut out = vec![Path::default(); width * geometry.size_px[1]];
        out.par_chunks_mut(width)
            .enumerate()
            .for_each(|(row, line)| {
                for (value, &soft) in line.iter_mut().zip(&soft[row * width..]) {
                    value.soft = soft;
                }
                for (item, footprint) in self.items.iter().zip(&footprints) {
                    let Some([x0, y0, x1, y1]) = *footprint else {
                        continue;
                    };
                    if !(y0..=y1).contains(&row) {
                        continue;
                    }
                    for (k, paths) in line[x0..=x1].chunks_mut(LANES).enumerate() {
                        let x = x0 + k * LANES;
                        let place = |i: usize| [(x + i) as f64, row as f64];
                        let rays: [Ray; LANES] =
                            std::array::from_fn(|i| geometry.ray(place(i), &item.placement));
                        let crossings = cross(item.bone, &rays[..paths.len()], stepping);
                        for ((path, ray), crossing) in paths.iter_mut().zip(&rays).zip(&crossings) {
                            item.add(ray, crossing, self.texture, path);
                        }
                    }
                }
            });
        out
    }

    /// Depth of soft tissue at every pixel, mm, on a grid of about half a millimetre.
    fn soft(&self, geometry: &FilmGeometry) -> Vec<f32> {
        let block = ((0.5 / geometry.pixel_mm).floor() as usize).max(1);
        let [w, h] = geometry.size_px;
        let coarse = [w.div_ceil(block) + 1, h.div_ceil(block) + 1];
        let mut small = vec![0f32; coarse[0] * coarse[1]];
        let tubes: Vec<FlatTube> = self
            .skin
            .iter()
            .map(|s| FlatTube::new(s, geometry))
            .collect();
        small
            .par_chunks_mut(coarse[0])
            .enumerate()
            .for_each(|(j, line)| {
                for (i, value) in line.iter_mut().enumerate() {
                    let p = [(i * block) as f64, (j * block) as f64];
                    *value = tubes.iter().map(|t| t.depth(p)).fold(0.0, f64::max) as f32;
                }
            });
        if self.skin_blur_mm > 0.0 {
            let sigma = self.skin_blur_mm / (block as f64 * geometry.pixel_mm);
            small = gaussian(&small, coarse, sigma);
        }
        let mut out = vec![0f32; w * h];
        out.par_chunks_mut(w).enumerate().for_each(|(y, line)| {
            let (j, t) = (y / block, (y % block) as f32 / block as f32);
            for (x, value) in line.iter_mut().enumerate() {
                let (i, s) = (x / block, (x % block) as f32 / block as f32);
                let at = |a: usize, b: usize| small[b * coarse[0] + a];
                let low = at(i, j) + (at(i + 1, j) - at(i, j)) * s;
                let high = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * s;
                *value = low + (high - low) * t;
            }
        });
        out
    }
}

/// A tube of soft tissue in the film's plane, pixels.
struct FlatTube {
    from: [f64; 2],
    along: [f64; 2],
    square: f64,
    radii: [f64; 2],
    depth: f64,
}

impl FlatTube {
    fn new(skin: &Skin, geometry: &FilmGeometry) -> Self {
        let (from, to) = (geometry.project(skin.from), geometry.project(skin.to));
        let along = [to[0] - from[0], to[1] - from[1]];
        Self {
            from,
            along,
            square: (along[0] * along[0] + along[1] * along[1]).max(1e-9),
            radii: skin.radii.map(|r| r / geometry.pixel_mm),
            depth: 2.0 * skin.flatness * geometry.pixel_mm,
        }
    }

    fn depth(&self, p: [f64; 2]) -> f64 {
        let d = [p[0] - self.from[0], p[1] - self.from[1]];
        let t = ((d[0] * self.along[0] + d[1] * self.along[1]) / self.square).clamp(0.0, 1.0);
        let radius = self.radii[0] + (self.radii[1] - self.radii[0]) * t;
        let off = [d[0] - t * self.along[0], d[1] - t * self.along[1]];
        self.depth
            * (radius * radius - off[0] * off[0] - off[1] * off[1])
                .max(0.0)
                .sqrt()
    }
}

impl Item<'_> {
    fn add(&self, ray: &Ray, crossing: &Crossing, texture: &Texture, path: &mut Path) {
        let outer = crossing.outer.length();
        if outer <= 0.0 {
            return;
        }
        let mut lost = Intervals::default();
        let mut rim = 0f32;
        for cavity in &self.cavities {
            if let Some(taken) = cavity.take(ray, crossing) {
                lost = lost.or(&taken.lost);
                rim += taken.rim.length() * cavity.rim_density;
            }
        }
        let grain = Grain {
            texture,
            strength: self.texture,
            offset: self.offset,
        };
        let Left { mineral, kept } = left(self.bone, ray, crossing, &lost, rim, &grain);
        path.bone += mineral;
        path.fat += (kept - mineral).max(0.0);
        // Cavities are filled with soft tissue; bone takes its place elsewhere.
        path.soft = (path.soft - kept).max(0.0);
    }
}

/// A bone's trabecular texture.
pub(crate) struct Grain<'a> {
    pub(crate) texture: &'a Texture,
    /// Relative strength.
    pub(crate) strength: f32,
    /// Tells the bones' textures apart, mm.
    pub(crate) offset: f32,
}

/// What is left of a bone along a ray, mm.
pub(crate) struct Left {
    pub(crate) mineral: f32,
    /// Bone and marrow together.
    pub(crate) kept: f32,
}

/// Bone along a ray without what is `lost`; `rim` is the mineral that a sclerotic margin adds.
pub(crate) fn left(
    bone: &Bone,
    ray: &Ray,
    crossing: &Crossing,
    lost: &Intervals,
    rim: f32,
    grain: &Grain,
) -> Left {
    let (mut shell, mut marrow) = (crossing.outer.without(&crossing.inner), crossing.inner);
    if !lost.is_empty() {
        shell = shell.without(lost);
        marrow = marrow.without(lost);
    }
    let space = marrow.length();
    let mut trabecular = 0.0;
    if let (Some(first), Some(last)) = (marrow.as_slice().first(), marrow.as_slice().last()) {
        let middle = ray.at(0.5 * (first[0] + last[1]));
        let share = bone.section(middle.z).trabecular;
        let grey = if grain.strength > 0.0 {
            1.0 + grain.strength * grain.texture.along(ray, &marrow, grain.offset)
        } else {
            1.0
        };
        trabecular = (share * grey).clamp(0.0, 0.9) * space;
    }
    let shell = shell.length();
    Left {
        mineral: shell + (trabecular + rim).min(space),
        kept: shell + space,
    }
}

pub(crate) fn mean_of_blocks(values: &[f32], size: [usize; 2], by: usize) -> Vec<f32> {
    if by == 1 {
        return values.to_vec();
    }
    let [w, h] = [size[0] / by, size[1] / by];
    let mut out = vec![0f32; w * h];
    out.par_chunks_mut(w).enumerate().for_each(|(y, line)| {
        for (x, value) in line.iter_mut().enumerate() {
            let mut sum = 0f32;
            for j in 0..by {
                let start = (y * by + j) * size[0] + x * by;
                sum += values[start..start + by].iter().sum::<f32>();
            }
            *value = sum / (by * by) as f32;
        }
    });
    out
}
