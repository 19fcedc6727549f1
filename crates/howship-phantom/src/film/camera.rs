//! From bones to the film: placements, the X-ray source, pixels.

use super::ray::Ray;
use super::solid::V;
use crate::{Error, error::Check};
use nalgebra::{Rotation3, Vector3};
use serde::{Deserialize, Serialize};

/// Where a bone's frame lies in the room: x along a film's row, y towards the tube, z up the film; mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    pub(crate) rotation: Rotation3<f64>,
    pub(crate) shift: Vector3<f64>,
}

impl Placement {
    pub(crate) fn point(&self, p: Vector3<f64>) -> Vector3<f64> {
        self.rotation * p + self.shift
    }

    /// Rays are followed in f32: a bone's frame is small, so its own coordinates keep 1e-5 mm.
    fn in_bone(&self, p: Vector3<f64>) -> V {
        (self.rotation.inverse() * (p - self.shift)).cast()
    }
}

/// Turn about y (in the film's plane; positive to +x), then x (palmar flexion), then z (roll), in radians.
pub(crate) fn turn(in_plane: f64, flexion: f64, roll: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::y_axis(), in_plane)
        * Rotation3::from_axis_angle(&Vector3::x_axis(), flexion)
        * Rotation3::from_axis_angle(&Vector3::z_axis(), roll)
}

/// The film's grid and the tube over it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilmGeometry {
    /// Columns and rows.
    pub size_px: [usize; 2],
    /// Pixel of the detector, mm.
    pub pixel_mm: f64,
    /// Where the room's origin falls, in pixels from the centre of the first pixel (column, row).
    pub origin_px: [f64; 2],
    /// Focus to detector, mm.
    pub source_mm: f64,
    /// Foot of the focus on the detector from the room's origin, mm (x, z).
    pub centring_mm: [f64; 2],
}

impl Default for FilmGeometry {
    fn default() -> Self {
        Self {
            size_px: [220, 240],
            pixel_mm: 0.1,
            origin_px: [109.5, 119.5],
            source_mm: 1000.0,
            centring_mm: [0.0, 0.0],
        }
    }
}

/// No film is larger: 20,000 pixels a side is more than twice the largest detector.
const MOST_PX: usize = 20_000;

impl FilmGeometry {
    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        for n in self.size_px {
            if !(8..=MOST_PX).contains(&n) {
                return Err(Error::Value {
                    field: format!("{field}.size_px"),
                    value: n as f64,
                    expected: "it is 8 to 20,000",
                });
            }
        }
        Check::within(
            format!("{field}.pixel_mm"),
            self.pixel_mm,
            0.01..=2.0,
            "it is 0.01 to 2 mm",
        )?;
        Check::within(
            format!("{field}.source_mm"),
            self.source_mm,
            300.0..=1e7,
            "it is 300 mm or more",
        )?;
        for value in self.origin_px {
            Check::finite(format!("{field}.origin_px"), value)?;
        }
        for value in self.centring_mm {
            Check::within(
                format!("{field}.centring_mm"),
                value,
                -1e3..=1e3,
                "it is at most 1,000 mm",
            )?;
        }
        Ok(())
    }

    fn source(&self) -> Vector3<f64> {
        Vector3::new(self.centring_mm[0], self.source_mm, self.centring_mm[1])
    }

    /// Point of the detector's plane (y = 0) under a position in pixels.
    pub(crate) fn on_detector(&self, px: [f64; 2]) -> Vector3<f64> {
        Vector3::new(
            (px[0] - self.origin_px[0]) * self.pixel_mm,
            0.0,
            -(px[1] - self.origin_px[1]) * self.pixel_mm,
        )
    }

    /// Where a point of the room is seen, pixels (column, row).
    pub(crate) fn project(&self, p: Vector3<f64>) -> [f64; 2] {
        let source = self.source();
        let q = source + (p - source) * (source.y / (source.y - p.y));
        [
            self.origin_px[0] + q.x / self.pixel_mm,
            self.origin_px[1] - q.z / self.pixel_mm,
        ]
    }

    /// The ray that ends at a position of the detector, in a bone's frame; starts on the detector.
    pub(crate) fn ray(&self, px: [f64; 2], placement: &Placement) -> Ray {
        let foot = self.on_detector(px);
        let up = (self.source() - foot).normalize();
        Ray {
            origin: placement.in_bone(foot),
            direction: (placement.rotation.inverse() * up).cast(),
        }
    }

    /// Pixels that a bone's box can fall on: first column, first row, last column, last row; `None` beside the film.
    pub(crate) fn footprint(&self, bounds: &(V, V), placement: &Placement) -> Option<[usize; 4]> {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for corner in 0..8 {
            let p = Vector3::from_fn(|a, _| {
                f64::from(if corner >> a & 1 == 0 {
                    bounds.0[a]
                } else {
                    bounds.1[a]
                })
            });
            let q = self.project(placement.point(p));
            for a in 0..2 {
                low[a] = low[a].min(q[a]);
                high[a] = high[a].max(q[a]);
            }
        }
        let mut out = [0; 4];
        for a in 0..2 {
            let last = self.size_px[a] as f64 - 1.0;
            if high[a] < 0.0 || low[a] > last {
                return None;
            }
            out[a] = low[a].floor().clamp(0.0, last) as usize;
            out[a + 2] = high[a].ceil().clamp(0.0, last) as usize;
        }
        Some(out)
    }

    /// The same film with every pixel split `by` times each way.
    pub(crate) fn split(&self, by: usize) -> Self {
        let shift = |c: f64| (c + 0.5) * by as f64 - 0.5;
        Self {
            size_px: self.size_px.map(|n| n * by),
            pixel_mm: self.pixel_mm / by as f64,
            origin_px: self.origin_px.map(shift),
            ..*self
        }
    }
}
