//! Films: projection radiographs, bone bright, with how long a pixel is where that is known.

use crate::film_facts::FilmFacts;
use crate::film_scale::{FilmScale, LengthUnit};
use crate::limits::MAX_FILM_PIXELS;
use crate::{Error, Geometry, Region, Volume};

/// A projection radiograph: a grid of pixels, x fastest and y **down**, **bone bright**.
///
/// `pixels[x + width * y]` is the value at the centre of column `x`, row `y`; the film's own axes are the
/// image's, they are not patient axes. Values rise with attenuation whatever the file said
/// ([`FilmFacts::stored_as`] keeps that), are finite, and have no physical unit. How long a pixel is,
/// and from where that is known, is its [`FilmScale`]; without a source every length stays in pixels.
///
/// # Padding
/// Pixels that the file declares as padding, or that a scanner never saw, hold the film's lowest value
/// and are marked in [`Film::padding`].
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    slice: Volume<f32>,
    scale: FilmScale,
    padding: Option<Vec<bool>>,
    facts: FilmFacts,
}

impl Film {
    /// A film from its values, bone bright; further facts are given with [`Film::with_facts`].
    ///
    /// # Errors
    /// No pixel or more than [`MAX_FILM_PIXELS`], a number of values that is not `width * height`, a value
    /// that is not finite, a scale that no radiograph has.
    pub fn new(
        width: usize,
        height: usize,
        pixels: Vec<f32>,
        scale: FilmScale,
    ) -> Result<Self, Error> {
        let count = width.checked_mul(height);
        if width == 0 || height == 0 || count.is_none_or(|n| n > MAX_FILM_PIXELS) {
            return Err(Error::FilmSize { width, height });
        }
        scale.check()?;
        if let Some(at) = pixels.iter().position(|v| !v.is_finite()) {
            return Err(Error::FilmValue {
                x: at % width,
                y: at / width,
                value: pixels[at],
            });
        }
        Ok(Self {
            slice: Volume::new(plane(width, height, &scale)?, pixels)?,
            scale,
            padding: None,
            facts: FilmFacts::default(),
        })
    }

    /// The same film with what else is known of it.
    #[must_use]
    pub fn with_facts(mut self, facts: FilmFacts) -> Self {
        self.facts = facts;
        self
    }

    /// The same film with pixels marked that no radiation reached; they take the lowest value of the others.
    ///
    /// # Errors
    /// The number of marks is not the number of pixels, or nothing but padding is left.
    pub fn with_padding(mut self, padding: Vec<bool>) -> Result<Self, Error> {
        if padding.len() != self.pixels().len() {
            return Err(Error::Length {
                expected: self.pixels().len(),
                found: padding.len(),
            });
        }
        if !padding.contains(&true) {
            return Ok(self);
        }
        let lowest = self
            .pixels()
            .iter()
            .zip(&padding)
            .filter(|(_, padded)| !**padded)
            .map(|(v, _)| *v)
            .fold(f32::INFINITY, f32::min);
        if !lowest.is_finite() {
            return Err(Error::FilmPadding);
        }
        for (value, padded) in self.slice.data_mut().iter_mut().zip(&padding) {
            if *padded {
                *value = lowest;
            }
        }
        self.padding = Some(padding);
        Ok(self)
    }

    /// The same pixels with another scale, for one that the reader states.
    ///
    /// # Errors
    /// A scale that no radiograph has.
    pub fn with_scale(self, scale: FilmScale) -> Result<Self, Error> {
        scale.check()?;
        let geometry = plane(self.width(), self.height(), &scale)?;
        Ok(Self {
            slice: self.slice.with_geometry(geometry)?,
            scale,
            ..self
        })
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.slice.size()[0]
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.slice.size()[1]
    }

    /// All values, x fastest, first row on top; bone bright.
    #[must_use]
    pub fn pixels(&self) -> &[f32] {
        self.slice.data()
    }

    /// One row.
    #[must_use]
    pub fn row(&self, y: usize) -> &[f32] {
        &self.pixels()[y * self.width()..(y + 1) * self.width()]
    }

    /// The value at a pixel; the pixel must be inside.
    #[inline]
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.slice.at(x, y, 0)
    }

    /// The value at a pixel, or `None` outside.
    #[inline]
    #[must_use]
    pub fn get(&self, x: i64, y: i64) -> Option<f32> {
        self.slice.get([x, y, 0])
    }

    /// The value between pixel centres by bilinear interpolation; `None` outside the outermost centres.
    #[must_use]
    pub fn sample(&self, x: f64, y: f64) -> Option<f32> {
        let (last_x, last_y) = ((self.width() - 1) as f64, (self.height() - 1) as f64);
        if !(x >= 0.0 && x <= last_x && y >= 0.0 && y <= last_y) {
            return None;
        }
        let (x0, y0) = (x.floor() as usize, y.floor() as usize);
        let (x1, y1) = (
            (x0 + 1).min(self.width() - 1),
            (y0 + 1).min(self.height() - 1),
        );
        let (fx, fy) = (x - x0 as f64, y - y0 as f64);
        let value = |x, y| f64::from(self.at(x, y));
        let upper = value(x0, y0) * (1.0 - fx) + value(x1, y0) * fx;
        let lower = value(x0, y1) * (1.0 - fx) + value(x1, y1) * fx;
        Some((upper * (1.0 - fy) + lower * fy) as f32)
    }

    /// Which pixels are padding, x fastest; `None` where there is none.
    #[must_use]
    pub fn padding(&self) -> Option<&[bool]> {
        self.padding.as_deref()
    }

    /// How long a pixel is, and from where that is known.
    #[must_use]
    pub fn scale(&self) -> &FilmScale {
        &self.scale
    }

    /// Millimetres per pixel along x and y, wherever they are taken; `None` where lengths are in pixels.
    #[must_use]
    pub fn mm_per_pixel(&self) -> Option<[f64; 2]> {
        self.scale.mm_per_pixel()
    }

    /// The unit that lengths on this film are in.
    #[must_use]
    pub fn length_unit(&self) -> LengthUnit {
        self.scale.length_unit()
    }

    /// What the file or the caller said of the film.
    #[must_use]
    pub fn facts(&self) -> &FilmFacts {
        &self.facts
    }

    /// The film as a volume of one slice, for every operation that takes volumes.
    ///
    /// Its spacing is the film's mm per pixel where that is known, else 1 (a pixel); its origin is the
    /// centre of pixel (0, 0). The third axis has spacing 1 and no meaning.
    #[must_use]
    pub fn as_slice_volume(&self) -> &Volume<f32> {
        &self.slice
    }

    /// A copy of a rectangle: first column and row, columns and rows. Facts and scale are kept.
    ///
    /// # Errors
    /// The rectangle is empty or reaches outside.
    pub fn crop(&self, x0: usize, y0: usize, width: usize, height: usize) -> Result<Self, Error> {
        let part = self.slice.crop(Region {
            start: [x0, y0, 0],
            size: [width, height, 1],
        })?;
        let padding = self.padding.as_ref().map(|all| {
            (y0..y0 + height)
                .flat_map(|y| all[y * self.width() + x0..][..width].iter().copied())
                .collect()
        });
        Ok(Self {
            slice: part.with_geometry(plane(width, height, &self.scale)?)?,
            scale: self.scale.clone(),
            padding,
            facts: self.facts.clone(),
        })
    }

    /// The film mirrored left to right. Which hand it shows does not change, on which side its thumb lies does.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let last = self.width() - 1;
        self.rearranged(self.width(), self.height(), self.scale.clone(), |x, y| {
            (last - x, y)
        })
    }

    /// The film turned clockwise by quarters of a circle.
    #[must_use]
    pub fn rotated_quarters(&self, turns: u8) -> Self {
        let (width, height) = (self.width(), self.height());
        let swapped = self.scale.swapped();
        match turns % 4 {
            0 => self.clone(),
            1 => self.rearranged(height, width, swapped, |x, y| (y, height - 1 - x)),
            2 => self.rearranged(width, height, self.scale.clone(), |x, y| {
                (width - 1 - x, height - 1 - y)
            }),
            _ => self.rearranged(height, width, swapped, |x, y| (width - 1 - y, x)),
        }
    }

    /// A rearrangement of the pixels: `from` gives the old place of a new pixel.
    fn rearranged(
        &self,
        width: usize,
        height: usize,
        scale: FilmScale,
        from: impl Fn(usize, usize) -> (usize, usize),
    ) -> Self {
        let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let old = |(x, y)| {
            let (x, y) = from(x, y);
            x + self.width() * y
        };
        let data = places().map(|p| self.pixels()[old(p)]).collect();
        let padding = self
            .padding
            .as_ref()
            .map(|all| places().map(|p| all[old(p)]).collect());
        // Both fit by construction: the same number of pixels on a grid of the same two sizes.
        let slice = plane(width, height, &scale).and_then(|g| Volume::new(g, data));
        Self {
            slice: slice.unwrap_or_else(|_| self.slice.clone()),
            scale,
            padding,
            facts: self.facts.clone(),
        }
    }
}

fn plane(width: usize, height: usize, scale: &FilmScale) -> Result<Geometry, Error> {
    let [x, y] = scale.mm_per_pixel().unwrap_or([1.0, 1.0]);
    Geometry::aligned([width, height, 1], [x, y, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScaleSource;

    fn film(width: usize, height: usize) -> Film {
        let pixels = (0..width * height).map(|i| i as f32).collect();
        let scale = FilmScale::known([0.1, 0.2], ScaleSource::Stated);
        Film::new(width, height, pixels, scale).unwrap()
    }

    #[test]
    fn lends_a_volume_of_one_slice_in_its_millimetres() {
        let slice = film(4, 3).as_slice_volume().clone();
        assert_eq!(slice.size(), [4, 3, 1]);
        assert_eq!(slice.geometry().spacing(), [0.1, 0.2, 1.0]);
        assert_eq!(slice.at(1, 2, 0), 9.0);
        let unknown = Film::new(4, 3, vec![0.0; 12], FilmScale::Unknown).unwrap();
        assert_eq!(
            unknown.as_slice_volume().geometry().spacing(),
            [1.0, 1.0, 1.0]
        );
        assert_eq!(unknown.length_unit(), LengthUnit::Pixel);
    }

    #[test]
    fn refuses_what_is_no_film() {
        let unknown = || FilmScale::Unknown;
        assert!(matches!(
            Film::new(0, 3, vec![], unknown()),
            Err(Error::FilmSize { .. })
        ));
        assert!(matches!(
            Film::new(usize::MAX, 2, vec![], unknown()),
            Err(Error::FilmSize { .. })
        ));
        assert!(matches!(
            Film::new(2, 2, vec![0.0; 3], unknown()),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            Film::new(2, 2, vec![0.0, 1.0, f32::NAN, 0.0], unknown()),
            Err(Error::FilmValue { x: 0, y: 1, .. })
        ));
        for mm in [0.0, -0.1, f64::NAN, 40.0] {
            let scale = FilmScale::known([0.1, mm], ScaleSource::Stated);
            assert!(matches!(
                Film::new(2, 2, vec![0.0; 4], scale),
                Err(Error::FilmScale { .. })
            ));
        }
    }

    #[test]
    fn four_quarters_and_two_mirrors_are_the_film_itself() {
        let film = film(4, 3);
        let turned = film.rotated_quarters(1);
        assert_eq!((turned.width(), turned.height()), (3, 4));
        assert_eq!(turned.mm_per_pixel(), Some([0.2, 0.1]));
        // Clockwise: what was at the lower left is at the upper left.
        assert_eq!(turned.at(0, 0), film.at(0, 2));
        assert_eq!(turned.at(2, 0), film.at(0, 0));
        assert_eq!(turned.rotated_quarters(3), film);
        assert_eq!(film.rotated_quarters(2).rotated_quarters(2), film);
        assert_eq!(film.mirrored().at(0, 1), film.at(3, 1));
        assert_eq!(film.mirrored().mirrored(), film);
        assert_eq!(
            film.rotated_quarters(2).mirrored(),
            film.mirrored().rotated_quarters(2)
        );
    }

    #[test]
    fn crop_keeps_values_scale_and_padding() {
        let mut marks = vec![false; 12];
        marks[5] = true;
        let film = film(4, 3).with_padding(marks).unwrap();
        assert_eq!(film.at(1, 1), 0.0);
        let part = film.crop(1, 1, 2, 2).unwrap();
        assert_eq!(part.pixels(), [0.0, 6.0, 9.0, 10.0]);
        assert_eq!(part.padding(), Some(&[true, false, false, false][..]));
        assert_eq!(part.scale(), film.scale());
        assert!(film.crop(3, 0, 2, 1).is_err());
        assert!(film.crop(0, 0, 0, 1).is_err());
    }

    #[test]
    fn samples_between_centres_as_a_plane_demands() {
        let pixels = (0..12).map(|i| (i % 4 * 2 + i / 4 * 10) as f32).collect();
        let film = Film::new(4, 3, pixels, FilmScale::Unknown).unwrap();
        assert!((film.sample(1.25, 1.5).unwrap() - (2.5 + 15.0)).abs() < 1e-5);
        assert_eq!(film.sample(3.0, 2.0), Some(26.0));
        assert_eq!(film.sample(3.01, 1.0), None);
        assert_eq!(film.sample(f64::NAN, 1.0), None);
    }
}
