//! Values on a grid: volumes, masks, labels.

use crate::{Error, Geometry, Region};

/// A 3-D image: a grid and one value per voxel, x fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume<T> {
    geometry: Geometry,
    data: Vec<T>,
}

/// A binary volume: 0 outside, 1 inside.
pub type Mask = Volume<u8>;
/// A volume of identities: 0 is background.
pub type Labels = Volume<u32>;

impl<T> Volume<T> {
    /// A volume from a grid and its values.
    ///
    /// # Errors
    /// The number of values is not the number of voxels.
    pub fn new(geometry: Geometry, data: Vec<T>) -> Result<Self, Error> {
        if data.len() != geometry.voxels() {
            return Err(Error::Length {
                expected: geometry.voxels(),
                found: data.len(),
            });
        }
        Ok(Self { geometry, data })
    }

    /// The grid.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Voxels along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.geometry.size()
    }

    /// All values, x fastest.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All values, x fastest, to change in place.
    #[must_use]
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The values alone.
    #[must_use]
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The same values on another grid of the same number of voxels.
    ///
    /// # Errors
    /// The numbers differ.
    pub fn with_geometry(self, geometry: Geometry) -> Result<Self, Error> {
        Self::new(geometry, self.data)
    }

    /// Values of one z slice.
    #[must_use]
    pub fn slice_z(&self, z: usize) -> &[T] {
        let plane = self.size()[0] * self.size()[1];
        &self.data[z * plane..(z + 1) * plane]
    }
}

impl<T: Copy> Volume<T> {
    /// A volume of one value.
    #[must_use]
    pub fn filled(geometry: Geometry, value: T) -> Self {
        let data = vec![value; geometry.voxels()];
        Self { geometry, data }
    }

    /// A volume computed voxel by voxel, in memory order.
    #[must_use]
    pub fn from_fn(geometry: Geometry, mut value: impl FnMut([usize; 3]) -> T) -> Self {
        let [nx, ny, nz] = geometry.size();
        let mut data = Vec::with_capacity(geometry.voxels());
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    data.push(value([x, y, z]));
                }
            }
        }
        Self { geometry, data }
    }

    /// The value at a voxel; the voxel must be inside the grid.
    #[inline]
    #[must_use]
    pub fn at(&self, x: usize, y: usize, z: usize) -> T {
        self.data[self.geometry.offset(x, y, z)]
    }

    /// The value at a voxel, or `None` outside the grid.
    #[inline]
    #[must_use]
    pub fn get(&self, voxel: [i64; 3]) -> Option<T> {
        let size = self.size();
        let inside = (0..3).all(|a| voxel[a] >= 0 && (voxel[a] as usize) < size[a]);
        inside.then(|| self.at(voxel[0] as usize, voxel[1] as usize, voxel[2] as usize))
    }

    /// The same grid with each value mapped.
    #[must_use]
    pub fn map<U>(&self, value: impl FnMut(T) -> U) -> Volume<U> {
        Volume {
            geometry: self.geometry.clone(),
            data: self.data.iter().copied().map(value).collect(),
        }
    }

    /// A copy of a region; world positions are kept.
    ///
    /// # Errors
    /// The region is empty or reaches outside.
    pub fn crop(&self, region: Region) -> Result<Self, Error> {
        let geometry = self.geometry.crop(region)?;
        let mut data = Vec::with_capacity(geometry.voxels());
        let [x0, y0, z0] = region.start;
        for z in z0..z0 + region.size[2] {
            for y in y0..y0 + region.size[1] {
                let row = self.geometry.offset(x0, y, z);
                data.extend_from_slice(&self.data[row..row + region.size[0]]);
            }
        }
        Ok(Self { geometry, data })
    }

    /// Writes a smaller volume back into the region it was cropped from.
    ///
    /// # Errors
    /// The region does not fit.
    pub fn paste(&mut self, part: &Self, region: Region) -> Result<(), Error> {
        let _ = self.geometry.crop(region)?;
        if part.size() != region.size {
            return Err(Error::Region {
                start: region.start,
                size: part.size(),
                grid: self.size(),
            });
        }
        let [x0, y0, z0] = region.start;
        for z in 0..region.size[2] {
            for y in 0..region.size[1] {
                let to = self.geometry.offset(x0, y0 + y, z0 + z);
                let from = part.geometry.offset(0, y, z);
                self.data[to..to + region.size[0]]
                    .copy_from_slice(&part.data[from..from + region.size[0]]);
            }
        }
        Ok(())
    }
}

impl Mask {
    /// Number of voxels inside.
    #[must_use]
    pub fn count(&self) -> usize {
        self.data().iter().filter(|&&v| v != 0).count()
    }
}

/// Smallest box that holds every voxel that is not zero.
impl<T: Copy + PartialEq + Default> Volume<T> {
    /// The smallest region that holds every non-zero voxel; `None` where there is none.
    #[must_use]
    pub fn bounding_region(&self) -> Option<Region> {
        let (mut low, mut high) = ([usize::MAX; 3], [0usize; 3]);
        let [nx, ny, nz] = self.size();
        for z in 0..nz {
            for y in 0..ny {
                let row = self.geometry.offset(0, y, z);
                let values = &self.data[row..row + nx];
                let zero = T::default();
                let Some(first) = values.iter().position(|&v| v != zero) else {
                    continue;
                };
                let last = values.iter().rposition(|&v| v != zero).unwrap_or(first);
                low = [low[0].min(first), low[1].min(y), low[2].min(z)];
                high = [high[0].max(last), high[1].max(y), high[2].max(z)];
            }
        }
        (low[0] != usize::MAX).then(|| Region::between(low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crop_and_paste_are_inverse() {
        let grid = Geometry::aligned([4, 5, 6], [1.0, 2.0, 3.0]).unwrap();
        let mut volume = Volume::from_fn(grid, |[x, y, z]| (x + 10 * y + 100 * z) as f32);
        let region = Region {
            start: [1, 2, 3],
            size: [2, 2, 2],
        };
        let part = volume.crop(region).unwrap();
        assert_eq!(part.at(0, 0, 0), 321.0);
        assert_eq!(part.geometry().origin(), [1.0, 4.0, 9.0]);
        let before = volume.clone();
        volume.paste(&part, region).unwrap();
        assert_eq!(volume, before);
        assert!(
            volume
                .crop(Region {
                    start: [3, 0, 0],
                    size: [2, 1, 1]
                })
                .is_err()
        );
    }

    #[test]
    fn bounding_region_holds_all() {
        let mut mask = Mask::filled(Geometry::aligned([8, 8, 8], [1.0; 3]).unwrap(), 0);
        assert_eq!(mask.bounding_region(), None);
        for voxel in [[2, 3, 4], [5, 3, 6]] {
            let offset = mask.geometry().offset(voxel[0], voxel[1], voxel[2]);
            mask.data_mut()[offset] = 1;
        }
        assert_eq!(
            mask.bounding_region(),
            Some(Region {
                start: [2, 3, 4],
                size: [4, 1, 3]
            })
        );
    }
}
