//! Films projected from a CT or HR-pQCT volume.

use super::camera::{FilmGeometry, Placement};
use super::detector::DetectorSpec;
use super::scene::{Film2d, mean_of_blocks};
use super::spectrum::{Beam, Path};
use crate::{Error, error::Check};
use howship_image::{DensityUnit, Scan, sample_linear};
use nalgebra::{Matrix3, Rotation3, Vector3};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Mineral of the cortical bone of the attenuation table, mgHA/cm³: 1.92 g/cm³ with 22.5 % calcium, hydroxyapatite
/// being 39.9 % calcium.
const CORTEX_MGHA: f64 = 1083.0;
/// Below this a voxel is air, mgHA/cm³ (air is −391 on an XtremeCT II, soft tissue near 0).
const AIR_MGHA: f64 = -150.0;

/// How a volume is put under the tube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectionSpec {
    /// Direction of the volume (LPS) that points to the film's right.
    pub right: [f64; 3],
    /// Direction that points up the film; made perpendicular to `right`.
    pub up: [f64; 3],
    /// Height of the volume's middle above the detector, mm.
    pub height_mm: f64,
    /// Pixels and tube; the volume's middle falls on `origin_px`.
    pub geometry: FilmGeometry,
    /// Greatest distance of the rays on the detector and of the samples along them, mm.
    pub ray_mm: f64,
    /// Exposure and processing.
    pub detector: DetectorSpec,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for ProjectionSpec {
    fn default() -> Self {
        Self {
            right: [1.0, 0.0, 0.0],
            up: [0.0, 0.0, 1.0],
            height_mm: 15.0,
            geometry: FilmGeometry::default(),
            ray_mm: 0.05,
            detector: DetectorSpec::default(),
            seed: 1,
        }
    }
}

impl ProjectionSpec {
    /// The film of a scan in mgHA/cm³: every sample is a mixture of cortical bone and soft tissue by its mineral,
    /// or air.
    ///
    /// # Errors
    /// A number out of range, or a scan in another unit: how much mineral it holds is not known.
    pub fn film(&self, scan: &Scan) -> Result<Film2d, Error> {
        let placement = self.check(scan)?;
        let split = (self.geometry.pixel_mm / self.ray_mm - 1e-9)
            .ceil()
            .max(1.0) as usize;
        let fine = self.geometry.split(split);
        let beam = Beam::new(self.detector.kvp)?;
        let width = fine.size_px[0];
        let mut rays = vec![1f32; width * fine.size_px[1]];
        rays.par_chunks_mut(width)
            .enumerate()
            .for_each(|(row, line)| {
                for (x, value) in line.iter_mut().enumerate() {
                    let path = self.path(scan, &fine, &placement, [x as f64, row as f64]);
                    *value = beam.transmitted(&path) as f32;
                }
            });
        let rays = self.detector.blurred(&rays, fine.size_px, fine.pixel_mm);
        let pixels = mean_of_blocks(&rays, fine.size_px, split);
        let (size_px, pixel_mm) = (self.geometry.size_px, self.geometry.pixel_mm);
        Ok(Film2d {
            size_px,
            pixel_mm,
            values: self.detector.expose(&pixels, size_px, pixel_mm, self.seed),
        })
    }

    /// Checked; from the room to the volume's middle and axes.
    pub(super) fn check(&self, scan: &Scan) -> Result<Placement, Error> {
        self.geometry.check("geometry")?;
        self.detector.check("detector")?;
        Check::within("ray_mm", self.ray_mm, 0.005..=2.0, "it is 0.005 to 2 mm")?;
        Check::within(
            "height_mm",
            self.height_mm,
            0.0..=250.0,
            "it is 0 to 250 mm",
        )?;
        if scan.unit != DensityUnit::MgHaPerCm3 {
            return Err(Error::Text {
                field: "unit of the scan".to_owned(),
                value: scan.unit.to_string(),
                expected: "mgHA/cm³: state the unit, or the calibration that leads to it",
            });
        }
        let right = Vector3::from(self.right);
        let up = Vector3::from(self.up);
        let up = up - right * (up.dot(&right) / right.norm_squared().max(1e-12));
        let usable = |v: &Vector3<f64>| v.iter().all(|c| c.is_finite()) && v.norm() > 1e-6;
        if !(usable(&right) && usable(&up)) {
            return Err(Error::Text {
                field: "right and up".to_owned(),
                value: format!("{:?} and {:?}", self.right, self.up),
                expected: "two directions of the volume that are not parallel",
            });
        }
        let (right, up) = (right.normalize(), up.normalize());
        // The room is right, towards the tube, up: right-handed, so the tube's side follows.
        let tube = up.cross(&right);
        let axes = Matrix3::from_rows(&[right.transpose(), tube.transpose(), up.transpose()]);
        Ok(Placement {
            rotation: Rotation3::from_matrix_unchecked(axes),
            shift: Vector3::new(0.0, self.height_mm, 0.0),
        })
    }

    fn path(&self, scan: &Scan, fine: &FilmGeometry, placement: &Placement, px: [f64; 2]) -> Path {
        let geometry = scan.volume.geometry();
        let middle = geometry.centre();
        let ray = fine.ray(px, placement);
        let (origin, direction) = (ray.origin.cast::<f64>(), ray.direction.cast::<f64>());
        // A ball about the middle holds the whole volume.
        let size = geometry.size();
        let spacing = geometry.spacing();
        let radius = 0.5
            * (0..3)
                .map(|a| (size[a] as f64 * spacing[a]).powi(2))
                .sum::<f64>()
                .sqrt();
        let nearest = -origin.dot(&direction);
        let miss = (origin + direction * nearest).norm_squared();
        if miss >= radius * radius {
            return Path::default();
        }
        let half = (radius * radius - miss).sqrt();
        let count = (2.0 * half / self.ray_mm).ceil().max(1.0);
        let step = 2.0 * half / count;
        let (mut bone, mut soft) = (0f64, 0f64);
        for i in 0..count as usize {
            let p = origin + direction * (nearest - half + (i as f64 + 0.5) * step);
            let index = geometry.index(middle + p);
            let Some(value) = sample_linear(&scan.volume, index) else {
                continue;
            };
            let value = f64::from(value);
            if value > AIR_MGHA {
                let share = (value / CORTEX_MGHA).max(0.0);
                bone += share;
                soft += (1.0 - share).max(0.0);
            }
        }
        Path {
            bone: (bone * step) as f32,
            fat: 0.0,
            soft: (soft * step) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::detector::ProcessingSpec;
    use super::*;
    use howship_image::{Geometry, Volume};

    fn spec() -> ProjectionSpec {
        ProjectionSpec {
            geometry: FilmGeometry {
                size_px: [40, 40],
                pixel_mm: 0.2,
                origin_px: [19.5, 19.5],
                source_mm: 1e6,
                centring_mm: [0.0; 2],
            },
            ray_mm: 0.1,
            detector: DetectorSpec {
                photons_per_mm2: 1e13,
                scatter_to_primary: 0.0,
                blur_sigma_mm: 0.0,
                read_noise: 0.0,
                processing: ProcessingSpec::linear(4.095),
                ..DetectorSpec::default()
            },
            ..ProjectionSpec::default()
        }
    }

    fn scan(value: impl Fn([f64; 3]) -> f32) -> Scan {
        let geometry = Geometry::aligned([60, 60, 60], [0.25; 3]).unwrap();
        let grid = geometry.clone();
        let volume = Volume::from_fn(geometry, |[x, y, z]| {
            let p = grid.world([x as f64, y as f64, z as f64]) - grid.centre();
            value([p.x, p.y, p.z])
        });
        Scan {
            volume,
            unit: DensityUnit::MgHaPerCm3,
            known: howship_image::UnitKnown::Calibrated,
            calibration: None,
        }
    }

    /// A slab of half cortical bone: the beam's own attenuation of that path, to 1 % (the edges are half a voxel soft).
    #[test]
    fn a_slab_obeys_the_beam() {
        let slab = scan(|[_, y, _]| if y.abs() < 4.0 { 541.5 } else { -391.0 });
        let film = spec().film(&slab).unwrap();
        let beam = Beam::new(55).unwrap();
        let expected = -beam
            .transmitted(&Path {
                bone: 4.0,
                fat: 0.0,
                soft: 4.0,
            })
            .ln();
        let found = f64::from(film.values[20 * 40 + 20]) / 1000.0;
        assert!((found / expected - 1.0).abs() < 0.01, "{found} {expected}");
    }

    /// A ball of cortical bone: the chord at every distance from its middle, to 0.4 mm of bone (both ends are a voxel of
    /// 0.25 mm soft, and a mixture with air counts as less than its share of mineral).
    #[test]
    fn a_ball_shows_its_chords() {
        let ball = scan(|[x, y, z]| {
            if (x * x + y * y + z * z).sqrt() < 3.0 {
                1083.0
            } else {
                -391.0
            }
        });
        let film = spec().film(&ball).unwrap();
        let beam = Beam::new(55).unwrap();
        for column in 20..33 {
            let x = (column as f64 - 19.5) * 0.2;
            let chord = 2.0 * (9.0 - x * x - 0.01).max(0.0).sqrt();
            let found = f64::from(film.values[19 * 40 + column]) / 1000.0;
            let of = |mm: f64| {
                -beam
                    .transmitted(&Path {
                        bone: mm.max(0.0) as f32,
                        fat: 0.0,
                        soft: 0.0,
                    })
                    .ln()
            };
            if chord > 1.5 {
                assert!(
                    found > of(chord - 0.4) && found < of(chord + 0.4),
                    "{x}: {found} {}",
                    of(chord)
                );
            }
        }
    }

    #[test]
    fn other_units_are_refused() {
        let mut other = scan(|_| 0.0);
        other.unit = DensityUnit::Hounsfield;
        assert!(
            spec()
                .film(&other)
                .unwrap_err()
                .to_string()
                .contains("mgHA")
        );
        let flat = ProjectionSpec {
            up: [2.0, 0.0, 0.0],
            ..spec()
        };
        assert!(
            flat.film(&scan(|_| 0.0))
                .unwrap_err()
                .to_string()
                .contains("parallel")
        );
    }
}
