//! A joint's own frame: a square of pixels with the fingertip up and the joint in the middle, cut from a film.

use crate::Error;
use howship_change::{Part, anatomy};
use howship_image::{Film, LengthUnit};
use howship_register::planar::{Plane, PlaneSpline, Similarity};
use serde::{Deserialize, Serialize};

/// Pixels along a side of a frame. The methods' settings in pixels are of this frame.
pub const FRAME_PX: usize = 288;
/// Side of an adult finger joint's frame (mm).
pub(crate) const USUAL_FIELD_MM: f64 = 24.75;
/// Width of a joint's bones over that of finger joints and of the lesser toes' MTP joints, for which the frame is made: the
/// first metatarsal's head is as wide as the frame. The methods' settings in pixels then see bones of one size.
pub(crate) fn size_of(joint: &str) -> f64 {
    match joint {
        "MTP1" => 1.65,
        "FIP1" => 1.25,
        _ => 1.0,
    }
}
/// Whether a joint is one of a foot.
pub(crate) fn is_foot(joint: &str) -> bool {
    anatomy::joint(joint).is_some_and(|j| j.part == Part::Foot)
}
/// Middle of a frame.
pub(crate) const MIDDLE: f64 = (FRAME_PX as f64 - 1.0) / 2.0;

/// How a joint is cut out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameOptions {
    /// Side of the frame on the film where millimetres are known (mm), at 0.086 mm a pixel: erosions of a metacarpal's
    /// head lie up to 9 mm from the joint, and outline beyond them is needed too. In 22 mm an erosion of 5 to 7 mm
    /// from the joint reached over the edge in 20 of 135.
    pub field_mm: f64,
    /// Least share of the frame that must lie on the film and not on padding: as much as 85 % of the 22 mm about the
    /// joint.
    pub least_shown: f64,
    /// Largest share of the frame that may be at the film's highest value.
    pub most_saturated: f64,
    /// Metal: a pixel that stands above soft tissue by this many times the step from soft tissue to cortex (10th to
    /// 90th percentile of the frame).
    pub metal_step: f64,
    /// The same at joints of feet: sesamoids over the first metatarsal's head stand by 2.2 above the soft tissue (two of 25
    /// formula joints MTP2 had been refused for those beside them).
    pub metal_step_of_feet: f64,
    /// Share of the frame covered by such pixels from which the joint is refused.
    pub most_metal: f64,
}

impl Default for FrameOptions {
    fn default() -> Self {
        Self {
            field_mm: USUAL_FIELD_MM,
            least_shown: 0.70,
            most_saturated: 0.06,
            metal_step: 2.2,
            metal_step_of_feet: 2.8,
            most_metal: 0.004,
        }
    }
}

/// Where a joint lies on a film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointPlace {
    /// Centre of the joint space, pixels of the film.
    pub centre: [f64; 2],
    /// Direction to the fingertip, pixels of the film (any length).
    pub axis: [f64; 2],
    /// Side of the frame in pixels of the film, where millimetres are not known.
    pub field_px: Option<f64>,
}

/// A joint cut from its film.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub plane: Plane,
    /// Frame pixels to film pixels.
    pub to_film: Similarity,
    /// Unit of lengths and how many of it a frame pixel is long.
    pub unit: LengthUnit,
    pub per_px: f64,
    /// Share of it where the film has its highest value; asked of the film's own pixels, since the spline overshoots
    /// beside a plateau.
    pub saturated: f64,
    /// Why it cannot be measured.
    pub refused: Option<String>,
}

impl Frame {
    /// Cuts a joint out; what is wrong with the picture is said in [`Frame::refused`].
    pub(crate) fn new(
        film: &Film,
        place: &JointPlace,
        options: &FrameOptions,
    ) -> Result<Self, Error> {
        let (side, unit, per_film_px) = scale(film, place, options)?;
        let length = place.axis[0].hypot(place.axis[1]);
        if !(length > 0.0 && length.is_finite() && place.centre.iter().all(|v| v.is_finite())) {
            return Err(Error::Place {
                reason: "its centre or axis is not finite or has no length".to_owned(),
            });
        }
        // Up in the frame, (0, −1), becomes the axis.
        let rotation = place.axis[0].atan2(-place.axis[1]);
        let step = side / FRAME_PX as f64;
        let to_film = Similarity::about(
            [MIDDLE; 2],
            rotation,
            step,
            std::array::from_fn(|a| place.centre[a] - MIDDLE),
        );
        let Sampled {
            values,
            shown,
            saturated,
        } = sampled(film, &to_film, step)?;
        let mut refused = None;
        if shown < options.least_shown {
            refused = Some(format!(
                "clipped: {:.0} % of the joint's field lies on the film, {:.0} % is needed",
                100.0 * shown,
                100.0 * options.least_shown
            ));
        }
        let plane = Plane::new([FRAME_PX; 2], values)?;
        // Interpolation leaves its rounding on a constant film.
        let rounding = plane.data().iter().fold(0f32, |m, v| m.max(v.abs()));
        if refused.is_none() && !(plane.robust_range() > 1e-5 * f64::from(rounding)) {
            refused = Some("blank: the film has one value throughout the joint's field".to_owned());
        }
        Ok(Self {
            plane,
            to_film,
            unit,
            per_px: per_film_px * step,
            saturated,
            refused,
        })
    }
}

/// Side of the frame in film pixels, unit, and length of a film pixel in it.
fn scale(
    film: &Film,
    place: &JointPlace,
    options: &FrameOptions,
) -> Result<(f64, LengthUnit, f64), Error> {
    if let Some([x, y]) = film.mm_per_pixel() {
        if (x / y - 1.0).abs() > 2e-3 {
            return Err(Error::Place {
                reason: format!(
                    "pixels of {x} × {y} mm are not square: resample the film to square pixels first"
                ),
            });
        }
        let mm = (x * y).sqrt();
        return Ok((options.field_mm / mm, film.length_unit(), mm));
    }
    match place.field_px {
        Some(side) if side >= 24.0 && side.is_finite() => Ok((side, LengthUnit::Pixel, 1.0)),
        Some(side) => Err(Error::Place {
            reason: format!("a field of {side} pixels is too small; at least 24 are needed"),
        }),
        None => Err(Error::Place {
            reason: "neither the film's millimetres nor the landmarks of the neighbouring joints say how large the joint is"
                .to_owned(),
        }),
    }
}

/// The frame's values, the share of it that lies on the film, and that which has the film's highest value.
struct Sampled {
    values: Vec<f32>,
    shown: f64,
    saturated: f64,
}

fn sampled(film: &Film, to_film: &Similarity, step: f64) -> Result<Sampled, Error> {
    let last = (FRAME_PX - 1) as f64;
    let corners = [[0.0, 0.0], [last, 0.0], [0.0, last], [last, last]].map(|c| to_film.apply(c));
    // A finer film is smoothed to the frame's pixels first.
    let blur = if step > 1.2 { 0.45 * step } else { 0.0 };
    let margin = 4.0 + 4.0 * blur;
    let size = [film.width(), film.height()];
    let mut start = [0usize; 2];
    let mut extent = [0usize; 2];
    for a in 0..2 {
        let low = corners.iter().map(|c| c[a]).fold(f64::INFINITY, f64::min) - margin;
        let high = corners
            .iter()
            .map(|c| c[a])
            .fold(f64::NEG_INFINITY, f64::max)
            + margin;
        let end = (high.max(0.0) as usize + 1).min(size[a]);
        start[a] = (low.max(0.0) as usize).min(end);
        extent[a] = end - start[a];
    }
    if extent.iter().any(|&e| e < 16) {
        return Err(Error::Place {
            reason: "it lies outside the film".to_owned(),
        });
    }
    let mut part = Vec::with_capacity(extent[0] * extent[1]);
    for y in start[1]..start[1] + extent[1] {
        part.extend_from_slice(&film.row(y)[start[0]..start[0] + extent[0]]);
    }
    let mut part = Plane::new(extent, part)?;
    if blur > 0.0 {
        part = part.smoothed(blur);
    }
    let spline = PlaneSpline::new(&part);
    let lowest = part.data().iter().copied().fold(f32::INFINITY, f32::min);
    let padded = |x: f64, y: f64| {
        film.padding().is_some_and(|p| {
            let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
            p.get(x + size[0] * y).copied().unwrap_or(true)
        })
    };
    let highest = film
        .pixels()
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let (mut shown, mut saturated) = (0usize, 0usize);
    let mut values = Vec::with_capacity(FRAME_PX * FRAME_PX);
    for y in 0..FRAME_PX {
        for x in 0..FRAME_PX {
            let [u, v] = to_film.apply([x as f64, y as f64]);
            let inside =
                u >= -0.5 && v >= -0.5 && u < size[0] as f64 - 0.5 && v < size[1] as f64 - 0.5;
            if !inside || padded(u, v) {
                values.push(lowest);
                continue;
            }
            shown += 1;
            let nearest = film.at(u.round().max(0.0) as usize, v.round().max(0.0) as usize);
            saturated += usize::from(nearest >= highest);
            // The outermost pixels have no spline; their nearest inner place stands in.
            let (i, j) = (u - start[0] as f64, v - start[1] as f64);
            let i = i.clamp(1.0, extent[0] as f64 - 3.0);
            let j = j.clamp(1.0, extent[1] as f64 - 3.0);
            values.push(spline.sample(i, j).unwrap_or(lowest));
        }
    }
    let share = |count: usize| count as f64 / (FRAME_PX * FRAME_PX) as f64;
    Ok(Sampled {
        values,
        shown: share(shown),
        saturated: share(saturated),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_image::{FilmScale, ScaleSource};

    #[test]
    fn the_fingertip_is_up_and_the_joint_in_the_middle() {
        // Brightness rises to the right; the finger points right.
        let pixels = (0..300 * 280).map(|i| (i % 300) as f32).collect();
        let scale = FilmScale::known([0.1; 2], ScaleSource::Stated);
        let film = Film::new(300, 280, pixels, scale).unwrap();
        let place = JointPlace {
            centre: [150.0, 140.0],
            axis: [2.0, 0.0],
            field_px: None,
        };
        let frame = Frame::new(&film, &place, &FrameOptions::default()).unwrap();
        assert!(frame.refused.is_none());
        assert!((frame.per_px - 22.0 / 256.0).abs() < 1e-12);
        let middle = frame.to_film.apply([MIDDLE; 2]);
        assert!((middle[0] - 150.0).abs() < 1e-9 && (middle[1] - 140.0).abs() < 1e-9);
        let (top, bottom) = (frame.plane.at(128, 20), frame.plane.at(128, 235));
        assert!(
            (top - bottom - 215.0 * 220.0 / 256.0).abs() < 0.1,
            "{top} {bottom}"
        );
    }

    #[test]
    fn a_joint_at_the_border_is_clipped_and_one_without_scale_is_refused() {
        let film = |scale| Film::new(300, 280, vec![1.0; 300 * 280], scale).unwrap();
        let place = |x, field_px| JointPlace {
            centre: [x, 140.0],
            axis: [0.0, -1.0],
            field_px,
        };
        let known = film(FilmScale::known([0.1; 2], ScaleSource::Stated));
        let options = FrameOptions::default();
        let clipped = Frame::new(&known, &place(40.0, None), &options).unwrap();
        assert!(clipped.refused.unwrap().contains("clipped"));
        let blank = Frame::new(&known, &place(150.0, None), &options).unwrap();
        assert!(blank.refused.unwrap().contains("blank"));
        let unknown = film(FilmScale::Unknown);
        assert!(Frame::new(&unknown, &place(150.0, None), &options).is_err());
        let pixels = Frame::new(&unknown, &place(150.0, Some(144.0)), &options).unwrap();
        assert_eq!((pixels.unit, pixels.per_px), (LengthUnit::Pixel, 0.5));
        assert!(Frame::new(&known, &place(900.0, None), &options).is_err());
    }
}
