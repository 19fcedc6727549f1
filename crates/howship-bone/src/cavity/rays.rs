use super::contents::{Contents, RayContents, Seen};
use super::sphere::SPHERE;
use crate::edge::{Met, edge_of};
use crate::local::LocalImage;
use crate::surface::SurfacePatch;
use crate::tuning::{ContentsTuning, EdgeTuning, RayTuning};
use howship_image::PointMm;

/// What the rays from one centre met at one visit.
#[derive(Clone)]
pub(crate) struct RayField {
    /// Distance to the first bone, mm; the reach where none was met.
    pub(crate) hit: Vec<f64>,
    /// Distance to the intact envelope, mm; the reach where the ray stays inside.
    pub(crate) exit: Vec<f64>,
    /// Left through the mouth: no bone before the envelope, and no cortex there.
    pub(crate) mouth: Vec<bool>,
    /// No bone met within reach or before leaving elsewhere than through the mouth.
    pub(crate) open: Vec<bool>,
    /// Furthest the rays looked, mm.
    pub(crate) reach: f64,
    /// How far the image goes along each ray before bone or the envelope are met, mm: beyond nothing is known.
    pub(crate) seen: Vec<f64>,
    /// Seen all the way to the envelope without bone; false where the field of view ended before.
    pub(crate) leaves: Vec<bool>,
    /// Cosine between the ray and the envelope's normal where it leaves.
    pub(crate) slant: Vec<f64>,
    /// SD of the blur of the image in which the rays looked, the scanner's and the smoothing's, mm.
    pub(crate) blur_mm: f64,
    /// What the image along each ray says of the place where the cavity's contents end; `None` where they are as marrow.
    pub(crate) contents: Option<RayContents>,
}

impl RayField {
    pub(crate) fn len(&self) -> usize {
        self.hit.len()
    }
}

/// What tells bone from what fills a cavity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WallLevel {
    /// Value of what fills the cavity.
    pub(crate) soft: f64,
    /// Brighter is bone.
    pub(crate) bone: f64,
    /// Where between the cavity (0) and the bone that a ray meets (1) its wall lies.
    pub(crate) share: f64,
}

/// Casts all rays from a centre (baseline frame) through one visit's image.
///
/// # Method
/// The first sample above `level.bone`, samples a quarter voxel apart, says that there is bone; its wall lies where the
/// ray reaches `level.share` of the way from the cavity to that bone's own brightness. A trabecula that the wall cuts is
/// its own profile times the blurred wall, whatever its thickness and wherever the ray passes it, so that half its own
/// brightness lies at the wall; half of a common one lies behind the wall at every trabecula that is thinner.
pub(crate) fn cast(
    image: &LocalImage,
    surface: &SurfacePatch,
    visit: usize,
    centre: PointMm,
    level: &WallLevel,
    (tuning, edge): (&RayTuning, &EdgeTuning),
) -> RayField {
    let threshold = level.bone;
    let edge = &edge.for_blur(surface.blur_mm());
    let n = SPHERE.directions.len();
    let reach = tuning.reach_mm;
    let mut field = RayField {
        hit: vec![reach; n],
        exit: vec![reach; n],
        reach,
        mouth: vec![false; n],
        open: vec![true; n],
        seen: vec![reach; n],
        leaves: vec![false; n],
        slant: vec![1.0; n],
        blur_mm: surface.blur_mm(),
        contents: None,
    };
    let step = image.step_mm();
    for (i, direction) in SPHERE.directions.iter().enumerate() {
        let exit = surface.exit(centre, *direction, reach);
        if let Some(distance) = exit {
            field.exit[i] = distance;
            let outward = surface.normal_at(centre + direction * distance);
            field.slant[i] = direction.dot(&outward).max(tuning.least_slant);
        }
        let last = field.exit[i];
        let mut before = image.fine(centre);
        let mut travelled = 0.0;
        let mut in_view = before.is_some();
        if before.is_some_and(|v| v > threshold) {
            field.hit[i] = 0.0;
            field.open[i] = false;
            continue;
        }
        while travelled < last {
            travelled += step;
            let now = image.fine(centre + direction * travelled);
            match (before, now) {
                (Some(a), Some(b)) if b > threshold => {
                    let share = ((threshold - a) / (b - a)).clamp(0.0, 1.0);
                    let crossing = travelled - step + share * step;
                    let along = |r: f64| image.fine(centre + direction * r);
                    let met = Met {
                        crossing,
                        at: travelled,
                        value: b,
                        step,
                    };
                    let half = |peak: f64| level.soft + level.share * (peak - level.soft);
                    field.hit[i] = edge_of(&along, met, &half, level.soft, edge).at;
                    break;
                }
                (_, None) => {
                    in_view = false;
                    field.seen[i] = travelled - step;
                    break;
                }
                _ => before = now,
            }
        }
        // Within a few hundredths of the envelope the rim's blur is met, not a wall.
        let at_envelope = tuning.at_envelope_blurs * field.blur_mm;
        let reached = field.hit[i] >= last - tuning.at_envelope_mm.max(at_envelope);
        field.open[i] = reached;
        field.leaves[i] = reached && exit.is_some() && in_view;
        if reached && exit.is_some() {
            let at = centre + direction * last;
            field.mouth[i] = surface.is_mouth(visit, at);
        }
    }
    smooth_mouth(&mut field);
    field
}

/// Single rays among mouth rays that met a speck, and single mouth rays among hits, follow their neighbours.
fn smooth_mouth(field: &mut RayField) {
    let before = field.mouth.clone();
    for (i, neighbours) in SPHERE.neighbours.iter().enumerate() {
        let votes = neighbours.iter().filter(|&&j| before[j]).count();
        if before[i] && votes == 0 {
            field.mouth[i] = false;
        }
        if !before[i] && votes == neighbours.len() && field.open[i] {
            field.mouth[i] = true;
        }
    }
}

/// Follows every ray to what it hit, or to where it leaves.
pub(crate) fn follow_contents(
    rays: &mut RayField,
    (seen, centre): (&Seen<'_>, PointMm),
    contents: &Contents,
    tuning: &ContentsTuning,
) {
    let mut found = RayContents::new(contents, seen.image.step_mm(), tuning);
    for (i, direction) in SPHERE.directions.iter().enumerate() {
        let end = rays.hit[i].min(rays.exit[i]);
        found.follow((seen, contents), |r| centre + direction * r, end);
    }
    found.smooth();
    rays.contents = Some(found);
}
