//! Scans that wait for their turn: in memory, or in a file of their own from which parts are read.

use crate::{
    Calibration, DensityUnit, Error, Geometry, Interpolation, Region, RigidTransform, Scan,
    UnitKnown, Volume, resample,
};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

/// Bytes of one value in the file.
const BYTES: usize = size_of::<f32>();

/// A volume whose values lie in a file, little-endian, x fastest.
#[derive(Debug)]
pub struct StoredVolume {
    geometry: Geometry,
    file: Mutex<File>,
}

impl StoredVolume {
    /// Writes a volume's values into an empty file and keeps the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(volume: &Volume<f32>, file: File) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        for value in volume.data() {
            out.write_all(&value.to_le_bytes())?;
        }
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Self {
            geometry: volume.geometry().clone(),
            file: Mutex::new(file),
        })
    }

    /// The values of a region.
    fn crop(&self, region: Region) -> Result<Volume<f32>, Error> {
        let geometry = self.geometry.crop(region)?;
        let failed = |error: io::Error| Error::Stored {
            reason: error.to_string(),
        };
        let mut values = Vec::with_capacity(geometry.voxels());
        let [x0, y0, z0] = region.start;
        let [width, rows, slices] = region.size;
        let nx = self.geometry.size()[0];
        // All rows of a slice at once: one read in place of hundreds.
        let length = ((rows - 1) * nx + width) * BYTES;
        let mut bytes = vec![0u8; length];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        for z in z0..z0 + slices {
            let at = self.geometry.offset(x0, y0, z) * BYTES;
            file.seek(SeekFrom::Start(at as u64)).map_err(failed)?;
            file.read_exact(&mut bytes).map_err(failed)?;
            for row in bytes.chunks(nx * BYTES) {
                let row = row.get(..width * BYTES).unwrap_or(row);
                let (parts, _) = row.as_chunks::<BYTES>();
                values.extend(parts.iter().map(|b| f32::from_le_bytes(*b)));
            }
        }
        Volume::new(geometry, values)
    }
}

/// A volume by reference, wherever its values lie.
#[derive(Debug, Clone, Copy)]
pub enum VolumeView<'a> {
    /// In memory.
    Memory(&'a Volume<f32>),
    /// In a file.
    File(&'a StoredVolume),
}

impl<'a> VolumeView<'a> {
    /// The grid.
    #[must_use]
    pub fn geometry(&self) -> &'a Geometry {
        match self {
            Self::Memory(volume) => volume.geometry(),
            Self::File(stored) => &stored.geometry,
        }
    }

    /// Voxels along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.geometry().size()
    }

    /// All values; read anew at each call where they lie in a file.
    ///
    /// # Errors
    /// [`Error::Stored`] where the file cannot be read.
    pub fn whole(&self) -> Result<Cow<'a, Volume<f32>>, Error> {
        match self {
            Self::Memory(volume) => Ok(Cow::Borrowed(volume)),
            Self::File(stored) => {
                let all = Region {
                    start: [0; 3],
                    size: stored.geometry.size(),
                };
                Ok(Cow::Owned(stored.crop(all)?))
            }
        }
    }

    /// A copy of a region; world positions are kept.
    ///
    /// # Errors
    /// The region is empty or reaches outside; [`Error::Stored`] where the file cannot be read.
    pub fn crop(&self, region: Region) -> Result<Volume<f32>, Error> {
        match self {
            Self::Memory(volume) => volume.crop(region),
            Self::File(stored) => stored.crop(region),
        }
    }

    /// As [`resample`]; of a file only the part is read that the grid shows.
    ///
    /// # Errors
    /// [`Error::Stored`] where the file cannot be read.
    pub fn resample(
        &self,
        grid: &Geometry,
        transform: &RigidTransform,
        interpolation: Interpolation,
        outside: f32,
    ) -> Result<Volume<f32>, Error> {
        match self {
            Self::Memory(volume) => Ok(resample(volume, grid, transform, interpolation, outside)),
            Self::File(stored) => match seen_by(&stored.geometry, grid, transform) {
                Some(region) => {
                    let part = stored.crop(region)?;
                    Ok(resample(&part, grid, transform, interpolation, outside))
                }
                None => Ok(Volume::filled(grid.clone(), outside)),
            },
        }
    }
}

impl<'a> From<&'a Volume<f32>> for VolumeView<'a> {
    fn from(volume: &'a Volume<f32>) -> Self {
        Self::Memory(volume)
    }
}

/// Voxels about the box that a grid shows, so that an interpolation finds its neighbours.
const BESIDE: f64 = 4.0;

/// The voxels that a grid shows through a motion; `None` where it shows nothing.
fn seen_by(source: &Geometry, grid: &Geometry, transform: &RigidTransform) -> Option<Region> {
    let (size, ends) = (source.size(), grid.size().map(|n| n as f64 - 1.0));
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for corner in 0..8 {
        let corner = std::array::from_fn(|a| if corner >> a & 1 == 1 { ends[a] } else { 0.0 });
        let index = source.index(transform.apply(grid.world(corner)));
        low = std::array::from_fn(|a| low[a].min(index[a]));
        high = std::array::from_fn(|a| high[a].max(index[a]));
    }
    let inside = |a: usize| high[a] >= 0.0 && low[a] <= (size[a] - 1) as f64;
    if !(0..3).all(inside) {
        return None;
    }
    let start = std::array::from_fn(|a| (low[a] - BESIDE).max(0.0) as usize);
    let end = std::array::from_fn(|a| ((high[a] + BESIDE) as usize).min(size[a] - 1));
    Some(Region::between(start, end))
}

/// A scan by reference, wherever its values lie.
#[derive(Debug, Clone, Copy)]
pub struct ScanView<'a> {
    /// The values.
    pub volume: VolumeView<'a>,
    /// Their unit.
    pub unit: DensityUnit,
    /// How the unit is known.
    pub known: UnitKnown,
    /// How to get to other units; `None` where the file does not say.
    pub calibration: Option<Calibration>,
}

impl<'a> From<&'a Scan> for ScanView<'a> {
    fn from(scan: &'a Scan) -> Self {
        Self {
            volume: VolumeView::Memory(&scan.volume),
            unit: scan.unit,
            known: scan.known,
            calibration: scan.calibration,
        }
    }
}

/// A scan that is kept, in memory or in a file.
#[derive(Debug)]
pub struct KeptScan {
    values: Values,
    /// The values' unit.
    pub unit: DensityUnit,
    /// How the unit is known.
    pub known: UnitKnown,
    /// How to get to other units; `None` where the file does not say.
    pub calibration: Option<Calibration>,
}

#[derive(Debug)]
enum Values {
    Memory(Volume<f32>),
    File(StoredVolume),
}

impl KeptScan {
    /// Keeps a scan in memory.
    #[must_use]
    pub fn in_memory(scan: Scan) -> Self {
        Self {
            values: Values::Memory(scan.volume),
            unit: scan.unit,
            known: scan.known,
            calibration: scan.calibration,
        }
    }

    /// Keeps a scan in an empty file, or in memory where the file cannot be written.
    #[must_use]
    pub fn in_file(scan: Scan, file: File) -> Self {
        let stored = StoredVolume::new(&scan.volume, file);
        let kept = Self::in_memory(scan);
        match stored {
            Ok(stored) => Self {
                values: Values::File(stored),
                ..kept
            },
            Err(_) => kept,
        }
    }

    /// The values, wherever they lie.
    #[must_use]
    pub fn volume(&self) -> VolumeView<'_> {
        match &self.values {
            Values::Memory(volume) => VolumeView::Memory(volume),
            Values::File(stored) => VolumeView::File(stored),
        }
    }

    /// The grid.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        self.volume().geometry()
    }
}

impl<'a> From<&'a KeptScan> for ScanView<'a> {
    fn from(kept: &'a KeptScan) -> Self {
        Self {
            volume: kept.volume(),
            unit: kept.unit,
            known: kept.known,
            calibration: kept.calibration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PointMm, VectorMm};

    fn volume() -> Volume<f32> {
        let grid = Geometry::new(
            [9, 7, 5],
            [0.5, 0.4, 0.3],
            [1.0, -2.0, 3.0],
            [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]],
        )
        .unwrap();
        Volume::from_fn(grid, |[x, y, z]| (x + 10 * y + 100 * z) as f32 - 0.25)
    }

    fn kept(volume: &Volume<f32>) -> StoredVolume {
        StoredVolume::new(volume, tempfile::tempfile().unwrap()).unwrap()
    }

    #[test]
    fn every_part_of_a_kept_volume_is_that_which_was_written() {
        let volume = volume();
        let stored = kept(&volume);
        let view = VolumeView::File(&stored);
        assert_eq!(*view.whole().unwrap(), volume);
        for (start, size) in [
            ([0, 0, 0], [9, 7, 5]),
            ([2, 1, 3], [4, 5, 2]),
            ([8, 6, 4], [1; 3]),
        ] {
            let region = Region { start, size };
            assert_eq!(view.crop(region).unwrap(), volume.crop(region).unwrap());
        }
        let beyond = Region {
            start: [5, 0, 0],
            size: [5, 1, 1],
        };
        assert!(view.crop(beyond).is_err());
    }

    #[test]
    fn a_part_is_resampled_as_the_whole_is() {
        let volume = volume();
        let stored = kept(&volume);
        let (memory, file) = (VolumeView::from(&volume), VolumeView::File(&stored));
        for shift in [[0.1, -0.2, 0.05], [1.3, 0.4, -0.6], [90.0, 0.0, 0.0]] {
            let grid = Geometry::new(
                [4; 3],
                [0.3; 3],
                volume.geometry().centre().coords.into(),
                [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            )
            .unwrap();
            let turn = VectorMm::new(0.1, 0.2, -0.3);
            let motion = RigidTransform::about(PointMm::origin(), turn, VectorMm::from(shift));
            let of = |view: &VolumeView<'_>| {
                view.resample(&grid, &motion, Interpolation::Linear, -9.0)
                    .unwrap()
            };
            let (a, b) = (of(&memory), of(&file));
            let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-3;
            assert!(a.data().iter().zip(b.data()).all(close), "{shift:?}");
        }
    }

    #[test]
    fn a_file_that_lost_its_end_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        let twin = file.try_clone().unwrap();
        let stored = StoredVolume::new(&volume(), file).unwrap();
        twin.set_len(100).unwrap();
        let error = VolumeView::File(&stored).whole().unwrap_err();
        assert!(matches!(error, Error::Stored { .. }), "{error}");
    }
}
