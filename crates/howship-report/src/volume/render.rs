//! Surfaces to a picture.

use super::raster::{Band, Frame, Projected};
use super::shade::{Hollows, depth_sums, downsample, shade};
use super::view::{Part, RenderOptions, View};
use crate::Error;
use rayon::prelude::*;

/// A picture: 8-bit RGBA (alpha not premultiplied) row by row from the top, and how to find places in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
    /// Scale, the same everywhere (orthographic).
    pub mm_per_pixel: f64,
    /// Per part: the share of a marker's outline that no solid part hides, 0 to 1; 1 for a solid part.
    pub visible: Vec<f64>,
    view: View,
    corner: [f64; 2],
}

impl Rendering {
    /// Where a world position (LPS mm) falls, in pixels from the top left corner.
    #[must_use]
    pub fn project(&self, point: [f64; 3]) -> [f64; 2] {
        let c = self.view.camera(point);
        std::array::from_fn(|i| (c[i] - self.corner[i]) / self.mm_per_pixel)
    }
}

/// Draws surfaces as seen from far away.
///
/// # Method
/// Orthographic z-buffer at `supersampling`² samples a pixel; normals averaged over the triangles of a vertex by
/// area; Lambert light from a key, a fill and the sky; hollows are darkened by depth against the mean depth
/// around (Luft, Colditz, Deussen, ACM TOG 2006). The winding of triangles does not matter. Rows are drawn band by band,
/// once for the mean depth and once for the picture, so that no layer of samples is ever held whole. Same bytes for any
/// number of threads.
///
/// # Errors
/// A triangle that names a missing vertex.
pub fn render(parts: &[Part<'_>], view: View, options: &RenderOptions) -> Result<Rendering, Error> {
    for part in parts {
        let count = part.mesh.vertices.len();
        let named = part.mesh.triangles.iter().flatten();
        if let Some(&vertex) = named.into_iter().find(|&&v| v as usize >= count) {
            return Err(Error::Mesh {
                surface: part.name.to_owned(),
                vertex,
                count,
            });
        }
    }
    let frame = Frame::fit(parts, view, options);
    let surfaces = Projected::all(parts, view, &frame);
    let bands = frame.bands();
    let drawn = |rows| Band::draw(&surfaces, &frame, rows);
    let sums = bands
        .par_iter()
        .map(|rows| depth_sums(&drawn(rows), &frame));
    let hollows = Hollows::new(sums.collect::<Vec<_>>().concat(), &frame);
    let painted = bands.par_iter().map(|rows| {
        let band = drawn(rows);
        let light = shade(&band, parts, &frame, &hollows.of(rows));
        (downsample(&light, &frame), band.in_sight(parts.len()))
    });
    let (rows, in_sight): (Vec<Vec<u8>>, Vec<_>) = painted.unzip();
    Ok(Rendering {
        width: frame.width / frame.samples,
        height: frame.height / frame.samples,
        rgba: rows.concat(),
        mm_per_pixel: frame.step * frame.samples as f64,
        visible: visible(parts, &in_sight),
        view,
        corner: frame.corner,
    })
}

/// Share of each marker's outline that is in sight, over all bands.
fn visible(parts: &[Part<'_>], in_sight: &[Vec<[u64; 2]>]) -> Vec<f64> {
    let share = |(i, part): (usize, &Part<'_>)| {
        if !part.marker {
            return 1.0;
        }
        let [shown, all] = in_sight.iter().fold([0, 0], |sum, band| {
            [sum[0] + band[i][0], sum[1] + band[i][1]]
        });
        shown as f64 / all.max(1) as f64
    };
    parts.iter().enumerate().map(share).collect()
}
