//! Orthogonal slices through a lesion: the same planes at every visit, in the baseline's frame.

use super::contour::contours;
use crate::paper::{palette, png};
use crate::{Error, LesionPatch};
use howship_image::{Geometry, Mask, PointMm, VectorMm, Volume, sample_linear};

/// Bone shown around the cavity, mm.
const MARGIN_MM: f64 = 1.2;
/// Smallest half-width of a slice, mm.
const MIN_HALF_MM: f64 = 2.0;
/// Pixels across a slice: enough for 60 µm voxels, small enough for a page of many lesions.
const PIXELS: std::ops::RangeInclusive<usize> = 96..=192;

/// One of the three planes: which axes run across and down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    pub(crate) name: &'static str,
    pub(crate) note: &'static str,
    across: usize,
    down: usize,
}

/// The planes in the order of the rows; axis 2 is the inward normal, so depth runs downwards.
pub(crate) const PLANES: [Plane; 3] = [
    Plane {
        name: "section A",
        note: "depth downwards",
        across: 0,
        down: 2,
    },
    Plane {
        name: "section B",
        note: "turned by 90°",
        across: 1,
        down: 2,
    },
    Plane {
        name: "section C",
        note: "along the surface",
        across: 0,
        down: 1,
    },
];

/// A slice of one visit: grey levels, outlines in pixels.
pub(crate) struct Panel {
    pub(crate) grey: Vec<u8>,
    pub(crate) cavity: Vec<Vec<[f64; 2]>>,
    pub(crate) envelope: Vec<Vec<[f64; 2]>>,
}

/// All slices of one lesion: `rows[plane][visit]`.
pub(crate) struct SliceSet {
    pub(crate) pixels: usize,
    pub(crate) mm_per_pixel: f64,
    pub(crate) rows: Vec<Vec<Panel>>,
}

impl SliceSet {
    /// Width of a slice in mm.
    pub(crate) fn width_mm(&self) -> f64 {
        self.pixels as f64 * self.mm_per_pixel
    }
}

/// Cuts a patch through the middle of its first cavity.
pub(crate) fn cut(patch: &LesionPatch) -> Result<SliceSet, Error> {
    patch.check()?;
    let grid = patch.envelope.geometry();
    let centre = patch
        .cavities
        .iter()
        .find_map(centroid)
        .unwrap_or_else(|| grid.centre());
    let half = half_width(patch, centre);
    let wanted = (2.0 * half / grid.min_spacing()).ceil() as usize;
    let pixels = wanted.clamp(*PIXELS.start(), *PIXELS.end());
    let mm_per_pixel = 2.0 * half / pixels as f64;
    let cavities: Vec<Volume<f32>> = patch.cavities.iter().map(as_field).collect();
    let envelope = as_field(&patch.envelope);
    let rows = PLANES
        .iter()
        .map(|plane| {
            let points = grid_points(grid, centre, patch.axes, plane, pixels, mm_per_pixel);
            let outline = lines(&envelope, &points, pixels);
            patch
                .visits
                .iter()
                .zip(&cavities)
                .map(|(volume, cavity)| Panel {
                    grey: grey(volume, &points, patch.window),
                    cavity: lines(cavity, &points, pixels),
                    envelope: outline.clone(),
                })
                .collect()
        })
        .collect();
    Ok(SliceSet {
        pixels,
        mm_per_pixel,
        rows,
    })
}

fn as_field(mask: &Mask) -> Volume<f32> {
    mask.map(|v| f32::from(u8::from(v != 0)))
}

fn inside(mask: &Mask) -> impl Iterator<Item = PointMm> {
    let grid = mask.geometry();
    let offsets = mask.data().iter().enumerate().filter(|(_, v)| **v != 0);
    offsets.map(|(offset, _)| grid.world(grid.voxel(offset).map(|i| i as f64)))
}

fn centroid(mask: &Mask) -> Option<PointMm> {
    let (mut sum, mut count) = (VectorMm::zeros(), 0.0);
    for point in inside(mask) {
        sum += point.coords;
        count += 1.0;
    }
    (count > 0.0).then(|| PointMm::from(sum / count))
}

/// Half-width that shows every visit's cavity with a margin, within the patch.
fn half_width(patch: &LesionPatch, centre: PointMm) -> f64 {
    let reach = patch
        .cavities
        .iter()
        .flat_map(inside)
        .map(|point| along(patch.axes, point - centre))
        .fold(0.0f64, |far, c| c.iter().fold(far, |f, v| f.max(v.abs())));
    let grid = patch.envelope.geometry();
    let extent = |a: usize| grid.size()[a] as f64 * grid.spacing()[a];
    let patch_half = (0..3).map(extent).fold(0.0, f64::max) / 2.0;
    (reach + MARGIN_MM)
        .max(MIN_HALF_MM)
        .min(patch_half.max(grid.min_spacing()))
}

fn along(axes: [[f64; 3]; 3], offset: VectorMm) -> [f64; 3] {
    axes.map(|axis| VectorMm::from(axis).dot(&offset))
}

/// Fractional indices of a slice's pixels, row by row.
fn grid_points(
    grid: &Geometry,
    centre: PointMm,
    axes: [[f64; 3]; 3],
    plane: &Plane,
    pixels: usize,
    mm_per_pixel: f64,
) -> Vec<[f64; 3]> {
    let (across, down) = (
        VectorMm::from(axes[plane.across]),
        VectorMm::from(axes[plane.down]),
    );
    let middle = (pixels as f64 - 1.0) / 2.0;
    let step = |i: usize| (i as f64 - middle) * mm_per_pixel;
    let point = |i: usize| centre + across * step(i % pixels) + down * step(i / pixels);
    (0..pixels * pixels).map(|i| grid.index(point(i))).collect()
}

fn grey(volume: &Volume<f32>, points: &[[f64; 3]], window: (f32, f32)) -> Vec<u8> {
    let span = (window.1 - window.0).max(f32::MIN_POSITIVE);
    let shade = |value: f32| (255.0 * ((value - window.0) / span)).clamp(0.0, 255.0) as u8;
    points
        .iter()
        .map(|&p| sample_linear(volume, p).map_or(0, shade))
        .collect()
}

fn lines(field: &Volume<f32>, points: &[[f64; 3]], pixels: usize) -> Vec<Vec<[f64; 2]>> {
    let samples: Vec<f32> = points
        .iter()
        .map(|&p| sample_linear(field, p).unwrap_or(f32::NAN))
        .collect();
    let closed = contours(&samples, pixels, pixels, 0.5);
    closed
        .into_iter()
        .flat_map(|line| within(&line, &samples, pixels))
        .collect()
}

/// The parts of a closed line that run between samples that are known: what follows the edge of the picture, or of what
/// was looked at, is no outline.
fn within(line: &[[f64; 2]], samples: &[f32], pixels: usize) -> Vec<Vec<[f64; 2]>> {
    let known = |x: f64, y: f64| {
        let inside = |v: f64| (0.0..=(pixels - 1) as f64).contains(&v);
        inside(x)
            && inside(y)
            && samples
                .get(y as usize * pixels + x as usize)
                .is_some_and(|v| !v.is_nan())
    };
    // A crossing lies on the edge between two samples: both have to be known.
    let is_drawn =
        |p: &[f64; 2]| known(p[0].floor(), p[1].floor()) && known(p[0].ceil(), p[1].ceil());
    let Some(gap) = line.iter().position(|p| !is_drawn(p)) else {
        // The whole of it, back to where it began.
        let mut whole = line.to_vec();
        whole.extend(line.first());
        return vec![whole];
    };
    let turned = line[gap..].iter().chain(&line[..gap]);
    let mut parts: Vec<Vec<[f64; 2]>> = vec![Vec::new()];
    for point in turned {
        match (is_drawn(point), parts.last_mut()) {
            (true, Some(part)) => part.push(*point),
            _ => parts.push(Vec::new()),
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}

/// Enlargement of a slice in the picture for slides and papers.
const ZOOM: usize = 2;
/// Pixels between slices there.
const GAP: usize = 6;

/// All slices as one PNG: planes from top to bottom, visits from left to right, outlines as in the report.
pub(crate) fn montage(set: &SliceSet) -> Result<Vec<u8>, Error> {
    let side = set.pixels * ZOOM;
    let columns = set.rows.first().map_or(0, Vec::len);
    let width = columns * (side + GAP) + GAP;
    let height = set.rows.len() * (side + GAP) + GAP;
    let mut pixels = vec![255u8; width * height * 3];
    for (r, row) in set.rows.iter().enumerate() {
        for (c, panel) in row.iter().enumerate() {
            let image = painted(panel, row.first(), c, set.pixels);
            for y in 0..side {
                let to = ((GAP + r * (side + GAP) + y) * width + GAP + c * (side + GAP)) * 3;
                pixels[to..to + side * 3].copy_from_slice(&image[y * side * 3..(y + 1) * side * 3]);
            }
        }
    }
    png::encode(width, height, png::Channels::Rgb, &pixels)
}

/// A slice enlarged, with its outlines drawn in.
fn painted(panel: &Panel, baseline: Option<&Panel>, visit: usize, pixels: usize) -> Vec<u8> {
    let side = pixels * ZOOM;
    let mut image = Vec::with_capacity(side * side * 3);
    for i in 0..side * side {
        let value = panel.grey[(i / side / ZOOM) * pixels + (i % side) / ZOOM];
        image.extend([value; 3]);
    }
    let mut draw = |lines: &[Vec<[f64; 2]>], colour: &str, width: f64, dash: Option<f64>| {
        for line in lines {
            stroke(&mut image, side, line, palette::rgb(colour), width, dash);
        }
    };
    draw(&panel.envelope, "#ffffff", 0.8, Some(3.0));
    if let Some(first) = baseline.filter(|_| visit > 0) {
        draw(&first.cavity, palette::visit_colour(0), 1.5, Some(8.0));
    }
    draw(&panel.cavity, palette::visit_colour(visit), 2.0, None);
    image
}

/// Draws a line by its distance to each pixel; `dash` is the length of strokes and of gaps.
fn stroke(
    image: &mut [u8],
    side: usize,
    line: &[[f64; 2]],
    colour: [u8; 3],
    width: f64,
    dash: Option<f64>,
) {
    let zoom = |p: [f64; 2]| p.map(|v| (v + 0.5) * ZOOM as f64 - 0.5);
    let mut travelled = 0.0;
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let (a, b) = (zoom(*a), zoom(*b));
        let step = [b[0] - a[0], b[1] - a[1]];
        let length = step[0].hypot(step[1]);
        let shown = dash.is_none_or(|d| ((travelled / d) as u64).is_multiple_of(2));
        travelled += length;
        if !shown || length == 0.0 {
            continue;
        }
        let low = |k: usize| (a[k].min(b[k]) - width).floor().max(0.0) as usize;
        let high = |k: usize| ((a[k].max(b[k]) + width).ceil().max(0.0) as usize).min(side - 1);
        for y in low(1)..=high(1) {
            for x in low(0)..=high(0) {
                let to = [x as f64 - a[0], y as f64 - a[1]];
                let t = ((to[0] * step[0] + to[1] * step[1]) / (length * length)).clamp(0.0, 1.0);
                let distance = (to[0] - t * step[0]).hypot(to[1] - t * step[1]);
                let cover = (width / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
                let pixel = &mut image[(y * side + x) * 3..][..3];
                for (value, paint) in pixel.iter_mut().zip(colour) {
                    let mixed = f64::from(*value) * (1.0 - cover) + f64::from(paint) * cover;
                    *value = mixed.round() as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cavity that the picture cuts, and a part that nobody looked at: no outline along either.
    #[test]
    fn outlines_stop_where_the_picture_does() {
        const N: usize = 40;
        let value = |x: usize, y: usize| {
            if x + y < 10 {
                return f32::NAN;
            }
            let r = (x as f32 - 2.0).hypot(y as f32 - 20.0);
            (9.0 - r).clamp(0.0, 1.0)
        };
        let samples: Vec<f32> = (0..N * N).map(|i| value(i % N, i / N)).collect();
        let closed = contours(&samples, N, N, 0.5);
        assert_eq!(closed.len(), 1, "the edge is closed along the picture");
        assert!(closed[0].iter().any(|p| p[0] < 0.0));
        let lines: Vec<_> = closed
            .iter()
            .flat_map(|line| within(line, &samples, N))
            .collect();
        let points: Vec<&[f64; 2]> = lines.iter().flatten().collect();
        assert!(points.len() > 15, "{}", points.len());
        for p in points {
            let r = (p[0] - 2.0).hypot(p[1] - 20.0);
            assert!((r - 8.5).abs() < 0.2, "{p:?} is no part of the wall");
        }
    }

    #[test]
    fn a_whole_outline_ends_where_it_began() {
        const N: usize = 20;
        let disc = |i: usize| {
            let r = ((i % N) as f32 - 10.0).hypot((i / N) as f32 - 10.0);
            (6.0 - r).clamp(0.0, 1.0)
        };
        let samples: Vec<f32> = (0..N * N).map(disc).collect();
        let closed = contours(&samples, N, N, 0.5);
        let lines = within(&closed[0], &samples, N);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert_eq!(lines[0].len(), closed[0].len() + 1);
    }
}
