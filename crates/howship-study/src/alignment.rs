//! Slices of aligned bones for the report: cut while the scans are at hand.

use crate::Error;
use crate::series::Series;
use howship_bone::JointResult;
use howship_change::{Bone, VerdictFile};
use howship_image::{Geometry, Labels, RigidTransform, Volume, sample_linear};
use howship_report::AlignmentPicture;

/// Edge of a pixel, mm: fine enough to see a bone that is half a voxel off.
const PIXEL_MM: f64 = 0.08;
/// Most pixels of a side.
const MOST: usize = 280;
/// Surroundings shown about a bone, mm.
const MARGIN_MM: f64 = 1.0;
/// Shares of the slice's values that are drawn darker than black and brighter than white.
const CLIPPED: [f64; 2] = [0.02, 0.995];

/// One slice per bone and later visit, along the bone: through its centre, over the image's last axis and the wider of
/// the other two.
pub(crate) fn pictures(
    series: &Series,
    file: &VerdictFile,
    joint: &JointResult,
) -> Result<Vec<AlignmentPicture>, Error> {
    let Some(baseline) = series.scans.first().filter(|_| series.scans.len() > 1) else {
        return Ok(Vec::new());
    };
    let mut pictures = Vec::new();
    for bone in &file.bones {
        let Some(slice) = Slice::through(bone, &joint.bone_labels) else {
            continue;
        };
        let whole = baseline.volume().whole()?;
        let before = slice.sample(&whole, &RigidTransform::identity());
        let window = window(&before);
        for (visit, scan) in series.visits.iter().zip(&series.scans).skip(1) {
            let mut there = bone.registrations.iter();
            let motion = there.find(|r| r.visit == visit.name);
            let Some(motion) = motion.and_then(|r| RigidTransform::from_matrix(r.matrix)) else {
                continue;
            };
            let whole = scan.volume().whole()?;
            let after = slice.sample(&whole, &motion);
            pictures.push(AlignmentPicture {
                bone: bone.name.clone(),
                visits: [series.visits[0].name.clone(), visit.name.clone()],
                size: slice.size,
                mm_per_pixel: slice.step,
                grey: [grey(&before, window), grey(&after, window)],
            });
        }
    }
    Ok(pictures)
}

/// A plane of the baseline's image.
struct Slice<'a> {
    grid: &'a Geometry,
    /// Voxel index of the first pixel, and its change per pixel across and down.
    start: [f64; 3],
    across: [f64; 3],
    down: [f64; 3],
    size: [usize; 2],
    step: f64,
}

impl<'a> Slice<'a> {
    fn through(bone: &Bone, labels: &'a Labels) -> Option<Self> {
        let grid = labels.geometry();
        let region = labels.map(|l| u8::from(l == bone.id)).bounding_region()?;
        let spacing = grid.spacing();
        let length = |a: usize| region.size[a] as f64 * spacing[a] + 2.0 * MARGIN_MM;
        let wide = if length(0) >= length(1) { 0 } else { 1 };
        let longest = length(wide).max(length(2));
        let step = PIXEL_MM.max(grid.min_spacing()).max(longest / MOST as f64);
        let first = |a: usize| region.start[a] as f64 - MARGIN_MM / spacing[a];
        let mut start = grid.index(bone.centroid_mm.into());
        start[wide] = first(wide);
        // The last axis runs up the picture.
        start[2] = first(2) + length(2) / spacing[2];
        let along = |a: usize, sign: f64| {
            let mut v = [0.0; 3];
            v[a] = sign * step / spacing[a];
            v
        };
        Some(Self {
            grid,
            start,
            across: along(wide, 1.0),
            down: along(2, -1.0),
            size: [length(wide), length(2)].map(|l| (l / step).ceil() as usize),
            step,
        })
    }

    /// Values along the slice, seen through a motion from the baseline; `None` outside.
    fn sample(&self, volume: &Volume<f32>, motion: &RigidTransform) -> Vec<Option<f32>> {
        let [width, height] = self.size;
        let value = |i: usize| {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let index =
                std::array::from_fn(|a| self.start[a] + self.across[a] * x + self.down[a] * y);
            let at = motion.apply(self.grid.world(index));
            sample_linear(volume, volume.geometry().index(at)).filter(|v| v.is_finite())
        };
        (0..width * height).map(value).collect()
    }
}

/// Darkest and brightest value drawn.
fn window(values: &[Option<f32>]) -> [f32; 2] {
    let mut known: Vec<f32> = values.iter().flatten().copied().collect();
    known.sort_by(f32::total_cmp);
    let at = |share: f64| {
        let place = (share * known.len() as f64) as usize;
        known.get(place.min(known.len().saturating_sub(1))).copied()
    };
    CLIPPED.map(|share| at(share).unwrap_or(0.0))
}

fn grey(values: &[Option<f32>], [low, high]: [f32; 2]) -> Vec<u8> {
    let span = (high - low).max(f32::MIN_POSITIVE);
    let shade = |v: f32| (255.0 * (v - low) / span).clamp(0.0, 255.0) as u8;
    values.iter().map(|v| v.map_or(0, shade)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_image::{PointMm, VectorMm};

    /// A bone with a bright spot that moved: through its motion the spot stands where it was.
    #[test]
    fn a_moved_bone_is_seen_where_it_was() {
        let grid = Geometry::aligned([40, 30, 50], [0.1; 3]).unwrap();
        let bones = Labels::from_fn(grid.clone(), |[x, y, z]| {
            u32::from((5..35).contains(&x) && (5..25).contains(&y) && (10..40).contains(&z))
        });
        let bone = Bone {
            id: 1,
            name: "bone 1".into(),
            centroid_mm: [2.0, 1.5, 2.5],
            visits: Vec::new(),
            registrations: Vec::new(),
            remodelling: Vec::new(),
        };
        let spot = |at: [f64; 3]| {
            Volume::from_fn(grid.clone(), |v| {
                let p = grid.world(v.map(|i| i as f64)) - PointMm::from(at);
                (1000.0 * (-p.norm_squared() / 0.1).exp()) as f32
            })
        };
        let motion = RigidTransform::about(
            bone.centroid_mm.into(),
            VectorMm::zeros(),
            VectorMm::new(0.4, 0.0, -0.3),
        );
        let slice = Slice::through(&bone, &bones).unwrap();
        let before = slice.sample(&spot([2.4, 1.5, 3.0]), &RigidTransform::identity());
        let after = slice.sample(&spot([2.8, 1.5, 2.7]), &motion);
        let brightest = |values: &[Option<f32>]| {
            let all = values.iter().enumerate();
            let best = all.max_by(|a, b| a.1.unwrap_or(0.0).total_cmp(&b.1.unwrap_or(0.0)));
            let i = best.unwrap().0;
            [i % slice.size[0], i / slice.size[0]]
        };
        let [x, y] = brightest(&before);
        assert_eq!(brightest(&after), [x, y]);
        // Half a millimetre above and 0.4 mm right of the middle.
        let middle = slice.size.map(|n| n as f64 / 2.0);
        assert!(((x as f64 - middle[0]) * slice.step - 0.4).abs() < 0.11);
        assert!(((y as f64 - middle[1]) * slice.step + 0.5).abs() < 0.11);
    }
}
