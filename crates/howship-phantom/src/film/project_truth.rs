//! Where the points of a volume fall on its film.

use super::project::ProjectionSpec;
use crate::Error;
use howship_image::{PointMm, Scan};
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// What is true of a film projected from a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectionTruth {
    /// Columns and rows.
    pub size_px: [usize; 2],
    /// Pixel of the detector, mm.
    pub pixel_mm: f64,
    /// Focus to detector, mm.
    pub source_mm: f64,
    /// The volume's middle, LPS mm.
    pub middle_mm: [f64; 3],
    /// How much larger the middle's surroundings are on the detector.
    pub magnification: f64,
    /// From LPS millimetres to pixels from the centre of the first one (column, row): the product with (x, y, z, 1) has
    /// column and row times its third element.
    pub lps_to_pixel: [[f64; 4]; 3],
    /// Lesions whose place in the volume is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lesions: Vec<ProjectedLesion>,
}

/// A lesion of the volume on the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectedLesion {
    /// Identity, as in the volume's truth.
    pub id: u32,
    /// The bone, as there.
    pub bone: String,
    /// Its centre on the film, pixels (column, row).
    pub centre_px: [f64; 2],
    /// Angle between the mouth's normal and the film's plane at this place: 0 is exactly in profile.
    pub out_of_profile_deg: f64,
}

impl ProjectionTruth {
    /// Where a point of the volume (LPS mm) falls, pixels (column, row).
    #[must_use]
    pub fn pixel(&self, at: [f64; 3]) -> [f64; 2] {
        let [u, v, w] = self
            .lps_to_pixel
            .map(|m| m[0] * at[0] + m[1] * at[1] + m[2] * at[2] + m[3]);
        [u / w, v / w]
    }
}

impl ProjectionSpec {
    /// Grid, magnification and the map from the volume to the film.
    ///
    /// # Errors
    /// As for the film.
    pub fn truth(&self, scan: &Scan) -> Result<ProjectionTruth, Error> {
        let placement = self.check(scan)?;
        let g = &self.geometry;
        let middle = scan.volume.geometry().centre();
        // Affine in the point: column, row and distance from the focus, the first two times the third.
        let of = |p: Vector3<f64>| -> [f64; 3] {
            let room = placement.point(p - middle.coords);
            let w = g.source_mm - room.y;
            let along = |a: f64, foot: f64| (g.source_mm * a - foot * room.y) / g.pixel_mm;
            [
                g.origin_px[0] * w + along(room.x, g.centring_mm[0]),
                g.origin_px[1] * w - along(room.z, g.centring_mm[1]),
                w,
            ]
        };
        let zero = of(Vector3::zeros());
        let columns: [[f64; 3]; 3] = std::array::from_fn(|a| of(Vector3::ith(a, 1.0)));
        let lps_to_pixel = std::array::from_fn(|i| {
            std::array::from_fn(|a| columns.get(a).map_or(zero[i], |c| c[i] - zero[i]))
        });
        Ok(ProjectionTruth {
            size_px: g.size_px,
            pixel_mm: g.pixel_mm,
            source_mm: g.source_mm,
            middle_mm: [middle.x, middle.y, middle.z],
            magnification: g.source_mm / (g.source_mm - self.height_mm),
            lps_to_pixel,
            lesions: Vec::new(),
        })
    }

    /// A lesion at a place of the volume with the outward normal of its mouth (LPS).
    ///
    /// # Errors
    /// As for the film.
    pub fn lesion(
        &self,
        scan: &Scan,
        (id, bone): (u32, &str),
        centre_mm: [f64; 3],
        normal: [f64; 3],
    ) -> Result<ProjectedLesion, Error> {
        let placement = self.check(scan)?;
        let room = placement.point(PointMm::from(centre_mm) - scan.volume.geometry().centre());
        let g = &self.geometry;
        let focus = Vector3::new(g.centring_mm[0], g.source_mm, g.centring_mm[1]);
        let up = (focus - room).normalize();
        let out = placement.rotation * Vector3::from(normal);
        let lean = out.dot(&up) / out.norm().max(1e-12);
        Ok(ProjectedLesion {
            id,
            bone: bone.to_owned(),
            centre_px: self.truth(scan)?.pixel(centre_mm),
            out_of_profile_deg: lean.clamp(-1.0, 1.0).asin().to_degrees().abs(),
        })
    }

    /// Tube along the volume's y axis over a film that holds all of its shadow, with a margin of 2 mm.
    #[must_use]
    pub fn holding(scan: &Scan) -> Self {
        /// Around the shadow and under the volume, mm.
        const MARGIN_MM: f64 = 2.0;
        let mut spec = Self::default();
        let grid = scan.volume.geometry();
        let half = {
            let (size, mm) = (grid.size(), grid.index_to_mm());
            // Half extents of the box along the world's axes.
            let reach = |a: usize| -> f64 {
                (0..3)
                    .map(|k| 0.5 * mm[(a, k)].abs() * size[k] as f64)
                    .sum()
            };
            [0, 1, 2].map(reach)
        };
        spec.height_mm = (half[1] + MARGIN_MM).min(250.0);
        // The side towards the tube casts the largest shadow.
        let source = spec.geometry.source_mm;
        let nearest = (source - spec.height_mm - half[1]).max(1.0);
        let pixel = spec.geometry.pixel_mm;
        let side =
            |half: f64| ((2.0 * (half + MARGIN_MM) * source / nearest / pixel).ceil()).max(8.0);
        spec.geometry.size_px = [side(half[0]), side(half[2])].map(|n| n as usize);
        spec.geometry.origin_px = spec.geometry.size_px.map(|n| (n as f64 - 1.0) / 2.0);
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::super::detector::{DetectorSpec, ProcessingSpec};
    use super::*;
    use howship_image::{DensityUnit, Geometry, UnitKnown, Volume};

    /// Two balls of bone off the middle of a turned grid, near the tube: each one's shadow has its centroid where the map says,
    /// to a fifth of a pixel (a ball's shadow off the axis is an ellipse whose middle lies 0.01 mm beside).
    #[test]
    fn balls_fall_where_the_map_says() {
        let direction = [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];
        let grid = Geometry::new([60, 60, 60], [0.3; 3], [3.0, -40.0, 100.0], direction).unwrap();
        let middle = grid.centre();
        let balls =
            [[4.0, -3.0, 5.0], [-5.0, 4.0, -4.0]].map(|b: [f64; 3]| middle + Vector3::from(b));
        let at = grid.clone();
        let volume = Volume::from_fn(grid, |[x, y, z]| {
            let p = at.world([x as f64, y as f64, z as f64]);
            let inside = balls.iter().any(|b| (p - b).norm() < 1.5);
            if inside { 1083.0 } else { -391.0 }
        });
        let scan = Scan {
            volume,
            unit: DensityUnit::MgHaPerCm3,
            known: UnitKnown::Calibrated,
            calibration: None,
        };
        let mut spec = ProjectionSpec {
            ray_mm: 0.1,
            detector: DetectorSpec {
                photons_per_mm2: 1e13,
                scatter_to_primary: 0.0,
                blur_sigma_mm: 0.0,
                read_noise: 0.0,
                processing: ProcessingSpec::linear(4.095),
                ..DetectorSpec::default()
            },
            ..ProjectionSpec::holding(&scan)
        };
        spec.geometry.source_mm = 500.0;
        let (film, truth) = (spec.film(&scan).unwrap(), spec.truth(&scan).unwrap());
        assert_eq!(truth.size_px, film.size_px);
        for ball in balls {
            let [x, y] = truth.pixel([ball.x, ball.y, ball.z]);
            let (mut sum, mut centre) = (0.0, [0.0; 2]);
            for (k, value) in film.values.iter().enumerate() {
                let p = [(k % film.size_px[0]) as f64, (k / film.size_px[0]) as f64];
                if (p[0] - x).hypot(p[1] - y) < 25.0 {
                    sum += f64::from(*value);
                    centre = [0, 1].map(|a| centre[a] + f64::from(*value) * p[a]);
                }
            }
            let off = [centre[0] / sum - x, centre[1] / sum - y];
            assert!(off[0].hypot(off[1]) < 0.2, "{off:?} of {x} {y}");
        }
        // Nothing of the shadow lies on the film's border.
        let [w, h] = film.size_px;
        let border =
            (0..w * h).filter(|k| [0, w - 1].contains(&(k % w)) || [0, h - 1].contains(&(k / w)));
        assert!(border.map(|k| film.values[k]).fold(0f32, f32::max) < 1.0);
        // A mouth to the film's right is in profile; one towards the tube is seen from in front.
        let seen = |normal| {
            spec.lesion(&scan, (1, "a"), truth.middle_mm, normal)
                .unwrap()
                .out_of_profile_deg
        };
        assert!(seen([1.0, 0.0, 0.0]) < 1.0 && seen([0.0, 1.0, 0.0]) > 89.0);
    }
}
