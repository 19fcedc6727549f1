use super::image::PlanarImage;
use super::options::PlanarOptions;
use super::start::Template;
use crate::Error;

/// One bone of one film, made ready to be found again on other films.
#[derive(Debug, Clone)]
pub struct PlanarBone {
    /// One set of samples per level.
    pub(crate) levels: Vec<Samples>,
    /// By rotation, at an eighth and a quarter of the resolution.
    pub(crate) templates: Vec<Template>,
    pub(crate) centre: [f64; 2],
    pub(crate) joint: [f64; 2],
    pub(crate) axis: [f64; 2],
}

/// What is compared at one level.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    pub pixels: Vec<[u16; 2]>,
    pub values: Vec<f32>,
    /// Derivative of the film by shift x, shift y, rotation and scale; the last two per pixel at [`ARM`].
    pub rows: Vec<[f32; 4]>,
    pub near: Vec<f32>,
    pub centre: [f64; 2],
}

/// Distance (px) at which a unit of the rotation and of the scale parameter moves a point by one pixel: it makes
/// the four parameters alike in size.
pub(crate) const ARM: f64 = 50.0;
/// Fewest pixels a bone may have.
const LEAST_PIXELS: usize = 200;
/// Pixels at the film's border that no spline reaches.
const BORDER: usize = 3;

impl PlanarBone {
    /// Prepares the bone under `mask` of a film; `other` is the other bone of the joint. Masks are of the film's
    /// size, x fastest. `joint` is the centre of the joint space and `axis` the direction along the finger.
    ///
    /// # Errors
    /// A mask of another size, a bone of fewer than 200 usable pixels, a joint or an axis that is not finite.
    pub fn new(
        film: &PlanarImage,
        mask: &[bool],
        other: Option<&[bool]>,
        joint: [f64; 2],
        axis: [f64; 2],
        options: &PlanarOptions,
    ) -> Result<Self, Error> {
        options.check()?;
        let size = film.size();
        let axis = unit(axis).ok_or(Error::Axis)?;
        if !joint.iter().all(|v| v.is_finite()) {
            return Err(Error::Axis);
        }
        let region = region(size, mask, other, options)?;
        let levels: Vec<Samples> = film
            .levels
            .iter()
            .enumerate()
            .map(|(k, level)| {
                let step = options.steps[k.min(2)];
                let pixels: Vec<[u16; 2]> = region.iter().copied().step_by(step).collect();
                Samples::new(level, pixels, joint, axis, options.near_px)
            })
            .collect();
        let centre = mean(&region);
        let templates = Template::all(film, &region, centre, options);
        Ok(Self {
            levels,
            templates,
            centre,
            joint,
            axis,
        })
    }

    /// Centre of the joint space.
    #[must_use]
    pub fn joint(&self) -> [f64; 2] {
        self.joint
    }

    /// Unit vector along the finger.
    #[must_use]
    pub fn axis(&self) -> [f64; 2] {
        self.axis
    }
}

impl Samples {
    fn new(
        level: &super::image::Level,
        pixels: Vec<[u16; 2]>,
        joint: [f64; 2],
        axis: [f64; 2],
        near_px: f64,
    ) -> Self {
        let centre = mean(&pixels);
        let mut values = Vec::with_capacity(pixels.len());
        let mut rows = Vec::with_capacity(pixels.len());
        let mut near = Vec::with_capacity(pixels.len());
        for &[x, y] in &pixels {
            let (i, j) = (usize::from(x), usize::from(y));
            let (gx, gy) = (level.gradient[0].at(i, j), level.gradient[1].at(i, j));
            let (x, y) = (f64::from(x), f64::from(y));
            let dx = ((x - centre[0]) / ARM) as f32;
            let dy = ((y - centre[1]) / ARM) as f32;
            values.push(level.image.at(i, j));
            rows.push([gx, gy, gy * dx - gx * dy, gx * dx + gy * dy]);
            let along = (x - joint[0]) * axis[0] + (y - joint[1]) * axis[1];
            near.push((1.0 / (1.0 + (along / near_px).powi(2))) as f32);
        }
        Self {
            pixels,
            values,
            rows,
            near,
            centre,
        }
    }
}

fn unit(v: [f64; 2]) -> Option<[f64; 2]> {
    let length = v[0].hypot(v[1]);
    (length.is_finite() && length > 1e-9).then(|| v.map(|c| c / length))
}

fn mean(pixels: &[[u16; 2]]) -> [f64; 2] {
    let n = pixels.len().max(1) as f64;
    [0, 1].map(|a| pixels.iter().map(|p| f64::from(p[a])).sum::<f64>() / n)
}

fn region(
    size: [usize; 2],
    mask: &[bool],
    other: Option<&[bool]>,
    options: &PlanarOptions,
) -> Result<Vec<[u16; 2]>, Error> {
    let count = size[0] * size[1];
    for m in [Some(mask), other].into_iter().flatten() {
        if m.len() != count {
            return Err(Error::MaskSize {
                size,
                values: m.len(),
            });
        }
    }
    let to_bone = city_block(size, mask);
    let to_other = other.map(|o| city_block(size, o));
    let mut pixels = Vec::new();
    for y in BORDER..size[1].saturating_sub(BORDER) {
        for x in BORDER..size[0].saturating_sub(BORDER) {
            let i = x + size[0] * y;
            let apart = to_other
                .as_ref()
                .is_none_or(|d| d[i] as usize > options.exclude_px);
            if to_bone[i] as usize <= options.grow_px && apart {
                pixels.push([x as u16, y as u16]);
            }
        }
    }
    if pixels.len() < LEAST_PIXELS {
        return Err(Error::FewPixels {
            pixels: pixels.len(),
            least: LEAST_PIXELS,
        });
    }
    Ok(pixels)
}

/// City-block distance to the nearest pixel inside, exact by two passes.
fn city_block([nx, ny]: [usize; 2], inside: &[bool]) -> Vec<u32> {
    let far = (nx + ny) as u32;
    let mut d: Vec<u32> = inside.iter().map(|&m| if m { 0 } else { far }).collect();
    for y in 0..ny {
        for x in 0..nx {
            let i = x + nx * y;
            if x > 0 {
                d[i] = d[i].min(d[i - 1] + 1);
            }
            if y > 0 {
                d[i] = d[i].min(d[i - nx] + 1);
            }
        }
    }
    for y in (0..ny).rev() {
        for x in (0..nx).rev() {
            let i = x + nx * y;
            if x + 1 < nx {
                d[i] = d[i].min(d[i + 1] + 1);
            }
            if y + 1 < ny {
                d[i] = d[i].min(d[i + nx] + 1);
            }
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_city() {
        let mut inside = vec![false; 20 * 9];
        inside[7 + 20 * 4] = true;
        let d = city_block([20, 9], &inside);
        assert_eq!((d[7 + 20 * 4], d[3 + 20 * 8], d[19]), (0, 8, 16));
    }
}
