//! A change of volume seen in the images themselves: mineral gained or lost where the wall could have moved.

use crate::bone_weight::{Layers, Mean, Weight};
use crate::cavity::VisitCavity;
use crate::lesion::LesionAtVisit;
use crate::levels::NoiseLevel;
use crate::moved::Differences;
use crate::surface::SurfacePatch;
use crate::tuning::DensityTuning;
use howship_image::{PointMm, VectorMm};
use howship_stats::normal_cdf;

/// A change of volume and its variance, without what the walls and the poses add to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DensityChange {
    pub(crate) value: f64,
    pub(crate) variance: f64,
    /// Of the change, what came or went beyond both walls, and its variance: no wall has it.
    pub(crate) further: (f64, f64),
}

/// A change of volume by walls: its variance, and of it what the visits' poses err by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WallChange {
    pub(crate) value: f64,
    pub(crate) variance: f64,
    pub(crate) pose: f64,
}

/// Both estimates together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Combined {
    pub(crate) value: f64,
    pub(crate) variance: f64,
    /// Squared difference of both estimates over its variance.
    pub(crate) disagreement: f64,
    /// Variance of the densities' change, walls and poses with it.
    pub(crate) of_density: f64,
}

/// One visit of a lesion.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) seen: &'a LesionAtVisit,
    /// Whether what is left there counts as bone: a cortex that has closed over marrow spaces.
    pub(crate) healed: bool,
}

/// Two visits of a lesion.
pub(crate) struct Pair<'a> {
    pub(crate) surface: &'a SurfacePatch,
    pub(crate) before: Side<'a>,
    pub(crate) after: Side<'a>,
    /// Soft tissue: what fills the cavity where too little of it is seen.
    pub(crate) soft: f64,
    /// Least that bone is taken to be denser than what fills the cavity.
    pub(crate) least_bone: f64,
    /// Standard error of the scale of density between visits, relative.
    pub(crate) drift: f64,
    /// What blur hides of a volume, mm³.
    pub(crate) hidden_mm3: f64,
}

impl Pair<'_> {
    /// SD of the blur of the images as they are, mm.
    fn blur_mm(&self) -> f64 {
        let sides = [self.before.seen, self.after.seen].into_iter();
        let smoothed = sides.filter_map(|s| Some(s.image.as_deref()?.fine_mm()));
        let smoothed = smoothed.fold(f64::INFINITY, f64::min);
        let all = self.surface.blur_mm();
        (all * all - smoothed * smoothed).max(0.0).sqrt().max(1e-3)
    }
}

/// Change of volume from the difference of the two images in a band about both walls.
///
/// # Method
/// `−Σ (ρ₂ − ρ₁) dV / (ρ_bone − ρ_cavity)` over the union of both cavities, grown a little, without what lies deep
/// inside both. The images share the anatomy, so that only noise, the density of the bone in question and
/// drift err: an unchanged lesion gives nothing, however badly its wall is known. The wall's own change and this one
/// err for different reasons.
///
/// What one mm³ of bone weighs is told at the depths under the envelope at which bone came or went (in one cavity and
/// not in the other), since cortex weighs several times what trabeculae do. Bone that went is weighed by bone as deep
/// beside the lesion, new bone by itself ([`Layers::weight`]). Of a void left behind a closed cortex nobody knows whether
/// it is marrow, which weighs as part of bone, or cavity: it counts half, and the difference is part of the error.
///
/// What the bone behind the walls has become by itself (a sclerotic margin that comes, goes, or moves along with the wall)
/// is no change of volume. It is seen just beyond the band, where no wall's blur reaches, as the midmean of the images'
/// difference, which a lobe that the walls have missed does not move, and is taken from the band's outer part by the share
/// of bone that blur leaves there.
///
/// What lies in another bone at either visit, or within the blur about it, is not looked at: an envelope may reach into
/// it beside a narrow joint space, and it moves by itself.
///
/// Bone that came or went further out, in the groove or beyond the corner that a wall has cut off, is followed from the
/// band outwards where the difference is above noise ([`Differences::followed`]).
///
/// # Limits
/// A shell thinner than a wall's blur has no place of its own to be weighed at: bone beside it then stands for it, and
/// the error is that of trabeculae that are not evenly spread. New bone too sparse to be told from a cavity counts as
/// cavity for the walls, and what it weighs is then laid to the bone that is told.
pub(crate) fn density_change(pair: &Pair<'_>, tuning: &DensityTuning) -> Option<DensityChange> {
    let band = Band::of(pair, tuning)?;
    if band.count < tuning.enough {
        return None;
    }
    let filling = band.filling(pair, tuning);
    let Weight { bone, own, void } = band.layers.weight(filling, tuning)?;
    let bone = bone.max(pair.least_bone);
    if bone <= 0.0 {
        return None;
    }
    let voxel = tuning.step_mm.powi(3);
    let followed = band.points.followed((filling, bone), tuning).ok()?;
    let seen = |i: &usize| f64::from(band.points.difference.data()[*i]);
    let further = followed.iter().map(seen).sum::<f64>();
    let behind = band.behind(&followed, tuning);
    let further = -further * voxel / bone;
    let value = -(band.difference - behind) * voxel / bone;
    // Volume over which noise is alike: white noise through a Gaussian of SD s.
    let alike =
        |n: NoiseLevel| n.sd.powi(2) * (2.0 * std::f64::consts::PI.sqrt() * n.scale_mm).powi(3);
    let size = (band.count + followed.len() as f64) * voxel;
    let by_voxels = || alike(pair.before.seen.noise) + alike(pair.after.seen.noise);
    let noise = band.points.noise(tuning).unwrap_or_else(by_voxels);
    let from_noise = size * noise / bone.powi(2);
    // What fills a cavity stands for zero on the scale: it is no bone, and a factor leaves it where it is.
    let held = (0.5 * band.sum - band.count * filling) * voxel / bone;
    let drift = (pair.drift * held).powi(2);
    let weighed = ((own * tuning.own_sd + (1.0 - own) * tuning.bone_sd) * value).powi(2);
    let remnant = (void * value).powi(2) / 12.0;
    let margin = (tuning.behind_sd * behind * voxel / bone).powi(2);
    let found = (tuning.changed_sd * further).powi(2);
    let floor = tuning.floor_mm6.max(pair.hidden_mm3.powi(2));
    Some(DensityChange {
        value: value + further,
        variance: from_noise + drift + margin + remnant + floor + weighed + found,
        further: (further, found),
    })
}

/// The band about both walls, and what lies about it.
struct Band {
    /// Sums of the images' difference and of both images over its points, and their number.
    difference: f64,
    sum: f64,
    count: f64,
    /// From the envelope inwards; the last holds all that is deeper.
    layers: Layers,
    /// What fills the cavities.
    filling: Mean,
    /// SD of the images' blur, mm.
    blur_mm: f64,
    /// Bone that blur leaves of the band's points beyond both walls, as a number of points.
    outer: f64,
    /// Points just beyond the band.
    beyond: Vec<usize>,
    /// All points, for what changed further out.
    points: Differences,
}

/// A point of the neighbourhood: depth under the envelope, how far beyond each boundary (negative inside), values; first
/// and second visit.
struct Seen {
    depth: f64,
    beyond: [f64; 2],
    /// Inside a void that a closed cortex has left.
    remnant: [bool; 2],
    values: [f64; 2],
}

impl Band {
    fn of(pair: &Pair<'_>, tuning: &DensityTuning) -> Option<Self> {
        let a = pair.before.seen.cavity.as_ref()?;
        let b = pair.after.seen.cavity.as_ref()?;
        let furthest = tuning.beside_mm.max(tuning.changed_far_mm);
        let wide = a.reach().max(b.reach() + (b.centre - a.centre).norm()) + furthest;
        let half = (wide / tuning.step_mm).ceil() as i64;
        let mut band = Self {
            difference: 0.0,
            sum: 0.0,
            count: 0.0,
            layers: Layers::new(tuning),
            filling: Mean::default(),
            blur_mm: pair.blur_mm(),
            outer: 0.0,
            beyond: Vec::new(),
            points: Differences::unknown(half, tuning.step_mm).ok()?,
        };
        let side = (2 * half + 1) as usize;
        for k in -half..=half {
            for j in -half..=half {
                for i in -half..=half {
                    let offset = VectorMm::new(i as f64, j as f64, k as f64) * tuning.step_mm;
                    if offset.norm() > wide {
                        continue;
                    }
                    if let Some(seen) = look(pair, (a, b), a.centre + offset, tuning) {
                        let [x, y, z] = [i, j, k].map(|i| (i + half) as usize);
                        band.add(&seen, x + side * (y + side * z), tuning);
                    }
                }
            }
        }
        Some(band)
    }

    fn add(&mut self, seen: &Seen, point: usize, tuning: &DensityTuning) {
        let ([a, b], [x, y]) = (seen.beyond, seen.values);
        let nearest = a.min(b);
        self.points.difference.data_mut()[point] = (y - x) as f32;
        self.points.values[0].data_mut()[point] = x as f32;
        self.points.values[1].data_mut()[point] = y as f32;
        self.points.beyond[0].data_mut()[point] = a as f32;
        self.points.beyond[1].data_mut()[point] = b as f32;
        if nearest <= tuning.outside_mm && a.max(b) >= -tuning.inside_mm {
            self.difference += y - x;
            self.sum += x + y;
            self.count += 1.0;
            self.points.band[point] = true;
            if nearest > 0.0 {
                let left = |d: f64| normal_cdf(d / self.blur_mm);
                self.outer += 0.5 * (left(a) + left(b));
            }
        } else if nearest > 0.0 && nearest <= tuning.outside_mm + tuning.behind_mm {
            self.beyond.push(point);
        }
        for (beyond, value) in [(a, x), (b, y)] {
            if beyond < -tuning.clear_mm {
                self.filling.add(value, 1.0);
            }
        }
        let layer = self.layers.at(seen.depth, tuning);
        let visit = match (a < 0.0, b < 0.0) {
            (true, false) => 1,
            (false, true) => 0,
            (false, false) => {
                if nearest > tuning.clear_mm && nearest <= tuning.beside_mm {
                    layer.beside.add(0.5 * (x + y), 1.0);
                }
                return;
            }
            (true, true) => return,
        };
        let moved = &mut layer.moved[visit];
        moved.count += 1.0;
        let remnant = seen.remnant[visit];
        moved.void += f64::from(u8::from(remnant));
        let beyond = seen.beyond[visit];
        if beyond > tuning.own_clear_mm {
            let part = if remnant { 0.5 } else { 1.0 };
            moved.own.add(seen.values[visit], part);
            moved.left += part * normal_cdf(beyond / self.blur_mm);
        }
    }

    /// What the band's difference holds of a change of the bone behind the walls.
    fn behind(&self, followed: &[usize], tuning: &DensityTuning) -> f64 {
        // Bone that came or went is no margin.
        let margin = self
            .beyond
            .iter()
            .filter(|i| followed.binary_search(i).is_err());
        let mut sorted: Vec<f64> = margin
            .map(|&i| f64::from(self.points.difference.data()[i]))
            .collect();
        if (sorted.len() as f64) < tuning.enough {
            return 0.0;
        }
        sorted.sort_by(f64::total_cmp);
        // The middle half.
        let middle = &sorted[sorted.len() / 4..sorted.len() - sorted.len() / 4];
        self.outer * middle.iter().sum::<f64>() / middle.len() as f64
    }

    /// What fills the cavities; soft tissue where too little of it is seen.
    fn filling(&self, pair: &Pair<'_>, tuning: &DensityTuning) -> f64 {
        let enough = self.filling.count >= tuning.enough;
        self.filling.value().filter(|_| enough).unwrap_or(pair.soft)
    }
}

fn look(
    pair: &Pair<'_>,
    (a, b): (&VisitCavity, &VisitCavity),
    at: PointMm,
    tuning: &DensityTuning,
) -> Option<Seen> {
    let depth = pair.surface.depth(at).filter(|d| *d >= 0.0)?;
    let healed = [pair.before.healed, pair.after.healed];
    let mut beyond = [beyond(a, at, tuning), beyond(b, at, tuning)];
    let remnant = [0, 1].map(|v| healed[v] && beyond[v] < 0.0);
    for v in [0, 1] {
        if healed[v] {
            beyond[v] = FAR_MM;
        }
    }
    if beyond[0].min(beyond[1]) > tuning.beside_mm.max(tuning.changed_far_mm) {
        return None;
    }
    let raw = |side: &Side<'_>| {
        let image = side.seen.image.as_deref()?;
        let other = image.in_other_bone(at, tuning.clear_mm);
        (!other).then(|| image.raw(at))?
    };
    Some(Seen {
        depth,
        beyond,
        remnant,
        values: [raw(&pair.before)?, raw(&pair.after)?],
    })
}

/// Far from everything, mm.
const FAR_MM: f64 = 9.0;

/// How far a point lies beyond a cavity's boundary, mm; negative inside.
fn beyond(cavity: &VisitCavity, point: PointMm, tuning: &DensityTuning) -> f64 {
    let offset = point - cavity.centre;
    let distance = offset.norm();
    if cavity.volume.value < tuning.empty_mm3 {
        return FAR_MM;
    }
    if distance < 1e-9 {
        return -distance;
    }
    distance - cavity.boundary_towards(offset / distance)
}

/// Two estimates of one change: their mean with the least variance, that variance, widened where they disagree, and how
/// much they do.
///
/// # Method
/// Densities weigh bone over the place that the walls give them: of a wall that has run out into a lobe of marrow both
/// changes come out too large, of one that does not follow both too small. The share `by_walls` of what the walls err by
/// is therefore an error of the densities too, beside their own, where bone came or went: of an unchanged lesion they see
/// nothing wherever its wall is taken to be, so that the share falls to nothing with their change d as
/// `d² / (d² + walls' variance)`. A visit out of its place carries bone into the band as it
/// carries the wall: what the poses err by is common whole. The weights follow (best linear unbiased estimate), none below
/// nothing. Bone that came or went beyond both walls is missing from the walls' change whatever they err by, and is added
/// to it: both then have that part and its error in common.
///
/// A disagreement that the errors do not explain is laid to the walls: their errors have long tails, a lobe or a corner
/// more or less, which densities have only in part. Their variance grows until it explains the difference (one source's
/// random effect by moments, DerSimonian and Laird 1986, from memory). Beyond `disagree` nobody knows which of the two is wrong, and the
/// error is widened besides (Birge, Phys Rev, 1932).
pub(crate) fn combine(
    walls: WallChange,
    density: DensityChange,
    tuning: &DensityTuning,
) -> Combined {
    let (further, found) = density.further;
    let band = density.value - further;
    let of_walls = walls.variance - walls.pose;
    // Where nothing came or went a wall out of its place weighs nothing.
    let changed = band * band / (band * band + of_walls).max(f64::MIN_POSITIVE);
    let by_walls = tuning.by_walls * changed;
    let of_band = density.variance - found + by_walls * by_walls * of_walls;
    let shared = by_walls * of_walls;
    let apart = of_walls + of_band - 2.0 * shared;
    let difference = (walls.value - band).powi(2);
    let unexplained = (difference - apart).max(0.0);
    let share = ((of_band - shared) / (apart + unexplained)).clamp(0.0, 1.0);
    let value = share * walls.value + (1.0 - share) * band;
    let own = share * share * (of_walls + unexplained) + (1.0 - share).powi(2) * of_band;
    let variance = own + 2.0 * share * (1.0 - share) * shared + walls.pose;
    let disagreement = difference / apart;
    Combined {
        value: value + further,
        variance: (disagreement / tuning.disagree).max(1.0) * variance + found,
        disagreement,
        of_density: of_band + walls.pose + found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesion::MeasuredLesion;
    use crate::scene::{BONE, Ball, SOFT, measured, options};
    use crate::segmentation::BoneShape;
    use howship_image::{Geometry, Volume};
    use std::sync::Arc;

    fn walls(value: f64, variance: f64) -> WallChange {
        WallChange {
            value,
            variance,
            pose: 0.0,
        }
    }

    const DENSITY: DensityChange = DensityChange {
        value: 1.0,
        variance: 0.04,
        further: (0.0, 0.0),
    };

    fn passing(by_walls: f64) -> DensityTuning {
        DensityTuning {
            by_walls,
            ..options().tuning.density
        }
    }

    #[test]
    fn agreeing_estimates_sharpen_and_of_disagreeing_ones_the_walls_are_doubted() {
        let agreed = combine(walls(1.0, 0.04), DENSITY, &passing(0.0));
        assert!((agreed.value - 1.0).abs() < 1e-12 && (agreed.variance - 0.02).abs() < 1e-12);
        // Two and a half standard errors of 0.08: the walls' variance becomes 0.46.
        let doubted = combine(walls(1.0 + 0.5f64.sqrt(), 0.04), DENSITY, &passing(0.0));
        assert!(
            (doubted.value - (1.0 + 0.08 * 0.5f64.sqrt())).abs() < 1e-12,
            "{doubted:?}"
        );
        assert!(
            (doubted.variance - 0.46 * 0.04 / 0.5).abs() < 1e-12,
            "{doubted:?}"
        );
        // Beyond three nobody knows.
        let split = combine(walls(3.0, 0.04), DENSITY, &passing(0.0));
        assert!((split.disagreement - 50.0).abs() < 1e-9, "{split:?}");
        assert!(split.variance > 0.2 && split.variance < 0.25, "{split:?}");
    }

    /// Closed form: two numbers, half of the error of one in the other.
    #[test]
    fn what_both_err_by_does_not_count_twice() {
        // A change of 1 by walls that err by as much as `variance`: half of their error is common.
        let half = |variance: f64| passing(0.5 * (1.0 + variance));
        // Variances 0.04 and 0.04 + 0.01, common 0.02: weights 3 : 2.
        let both = combine(walls(1.1, 0.04), DENSITY, &half(0.04));
        assert!((both.value - 1.06).abs() < 1e-12, "{both:?}");
        assert!((both.variance - 0.032).abs() < 1e-12, "{both:?}");
        assert!((both.of_density - 0.05).abs() < 1e-12, "{both:?}");
        // Of walls that err far more than the densities by themselves nothing is left to say: no weight below nothing.
        let both = combine(walls(2.0, 4.0), DENSITY, &half(4.0));
        assert!((both.value - 1.0).abs() < 1e-12, "{both:?}");
        assert!((both.variance - 1.04).abs() < 1e-12, "{both:?}");
    }

    /// Nobody knows where the visit lies: densities that agree with the walls do not help.
    /// A wall that errs by ten times as much as the densities, which saw nothing: they stand alone, with their own error.
    #[test]
    fn of_what_did_not_change_the_walls_error_is_not_the_densities() {
        let still = DensityChange {
            value: 0.0,
            variance: 4e-4,
            further: (0.0, 0.0),
        };
        let both = combine(walls(0.2, 0.04), still, &passing(0.6));
        assert!(both.value.abs() < 0.01, "{both:?}");
        assert!(both.variance <= 4e-4 + 1e-12, "{both:?}");
        assert!((both.of_density - 4e-4).abs() < 1e-12, "{both:?}");
        // As much gone as the walls err by: half of the share.
        let gone = DensityChange {
            value: -0.2,
            ..still
        };
        let both = combine(walls(-0.2, 0.04), gone, &passing(0.6));
        assert!((both.of_density - (4e-4 + 0.09 * 0.04)).abs() < 1e-12);
    }

    #[test]
    fn what_a_pose_errs_by_is_had_twice() {
        let unknown = WallChange {
            pose: 9.0,
            ..walls(1.1, 9.04)
        };
        let both = combine(unknown, DENSITY, &passing(0.0));
        assert!((both.variance - 9.02).abs() < 1e-12, "{both:?}");
        assert!(both.disagreement < 1.0, "{both:?}");
    }

    /// What lies beyond both walls is added to what they and the band say, and errs as it errs.
    #[test]
    fn what_came_beyond_both_walls_is_missing_from_their_change() {
        let density = DensityChange {
            value: 1.4,
            variance: 0.04 + 0.0144,
            further: (0.4, 0.0144),
        };
        let both = combine(walls(1.0, 0.04), density, &passing(0.0));
        assert!((both.value - 1.4).abs() < 1e-12, "{both:?}");
        assert!((both.variance - (0.02 + 0.0144)).abs() < 1e-12, "{both:?}");
        assert!(both.disagreement < 1e-12);
    }

    #[test]
    fn a_change_seen_in_densities_does_not_depend_on_where_it_is_sampled() {
        let options = options();
        let at = |r: f64| Ball::solid().with_cavity(VectorMm::new(0.2, 0.3, 1.0), 0.3, r);
        let (large, small) = (at(0.9), at(0.75));
        let lesion = measured(&[&large, &small], &options);
        let pair = pair_of(&lesion);
        let tuning = options.tuning.density;
        let change = |step_mm: f64| {
            let tuning = DensityTuning { step_mm, ..tuning };
            density_change(&pair, &tuning).unwrap().value
        };
        let (given, fine) = (change(tuning.step_mm), change(0.04));
        let truth = small.hole_mm3() - large.hole_mm3();
        // Points a wall's blur apart see every part of it: a hundredth of the change is left to where they lie.
        assert!((given / fine - 1.0).abs() < 0.01, "{given} for {fine}");
        // What changed within the blur of the mouth's rim, outside the envelope, is not counted.
        assert!((fine / truth - 1.0).abs() < 0.08, "{fine} for {truth}");
    }

    fn pair_of(lesion: &MeasuredLesion) -> Pair<'_> {
        let side = |v: usize| Side {
            seen: lesion.visits[v].as_ref().unwrap(),
            healed: lesion.is_healed(v),
        };
        Pair {
            surface: &lesion.surface,
            before: side(0),
            after: side(1),
            soft: SOFT,
            least_bone: 0.0,
            drift: 0.0,
            hidden_mm3: 0.0,
        }
    }

    /// A side lobe that is bone at the second visit: it healed, or another bone has come to lie there.
    #[test]
    fn bone_that_another_bone_brings_is_no_change() {
        let options = options();
        let towards = VectorMm::new(0.2, 0.3, 1.0);
        let alone = Ball::solid().with_cavity(towards, 0.3, 0.8);
        let lobe = (alone.holes[0].0 + VectorMm::x() * 0.8, 0.45);
        let mut lobed = alone.clone();
        lobed.holes.push(lobe);
        let mut lesion = measured(&[&lobed, &alone], &options);
        let healed = density_change(&pair_of(&lesion), &options.tuning.density).unwrap();
        assert!(healed.value < -2.0 * healed.variance.sqrt(), "{healed:?}");
        let other = Arc::new(ball_shape(lobe.0, lobe.1));
        let seen = lesion.visits[1].as_mut().unwrap();
        let image = seen.image.take().and_then(Arc::into_inner);
        seen.image = image.map(|image| Arc::new(image.beside(&[other])));
        let still = density_change(&pair_of(&lesion), &options.tuning.density).unwrap();
        assert!(
            still.value.abs() < still.variance.sqrt(),
            "{still:?}, {healed:?}"
        );
    }

    /// The outline of a bone that is a ball.
    fn ball_shape(centre: PointMm, radius: f64) -> BoneShape {
        let origin = centre.coords.map(|x| x - 1.2).into();
        let upright = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let grid = Geometry::new([25; 3], [0.1; 3], origin, upright).unwrap();
        let at = |v: [usize; 3]| grid.world(v.map(|i| i as f64));
        let distance = Volume::from_fn(grid.clone(), |v| ((at(v) - centre).norm() - radius) as f32);
        BoneShape {
            id: 2,
            envelope: distance.map(|d| u8::from(d < 0.0)),
            distance,
            centroid: centre,
            volume_mm3: 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3),
            cut: [false; 2],
            spanned: None,
            under: None,
            dished: None,
        }
    }

    /// A margin of dense bone that moves along with the wall: what it leaves becomes lighter.
    #[test]
    fn a_sclerotic_margin_that_moves_with_the_wall_is_no_change_of_volume() {
        let options = options();
        let tuning = &options.tuning.density;
        let towards = VectorMm::new(0.2, 0.3, 1.0);
        let at = |radius: f64, margin: f64, spongy: f64| {
            let bone = Ball {
                cortex_mm: 0.3,
                spongy,
                waves: 200.0,
                ..Ball::solid()
            };
            let mut with = bone.with_cavity(towards, 0.3, radius);
            with.filled = vec![(with.holes[0].0, radius + margin, BONE)];
            with
        };
        // As thick as the wall moves; thicker, so that just behind the wall nothing has changed, further behind it has; in
        // bone that is mostly marrow.
        for (margin, spongy, most) in [
            (0.3, 400.0, Some(0.1)),
            (0.4, 400.0, None),
            (0.3, 230.0, None),
            (0.4, 230.0, None),
        ] {
            let (large, small) = (at(1.1, margin, spongy), at(0.8, margin, spongy));
            let truth = small.hole_mm3() - large.hole_mm3();
            let lesion = measured(&[&large, &small], &options);
            let pair = pair_of(&lesion);
            let healed = density_change(&pair, tuning).unwrap();
            let (before, after) = (pair.after, pair.before);
            let back = Pair {
                before,
                after,
                ..pair
            };
            let grown = density_change(&back, tuning).unwrap();
            for (found, truth) in [(healed, truth), (grown, -truth)] {
                let most = most.unwrap_or(1.96 * found.variance.sqrt() / truth.abs());
                assert!(
                    (found.value / truth - 1.0).abs() < most,
                    "{margin} {spongy}: {found:?} for {truth}"
                );
            }
        }
    }

    /// A cavity that heals to nothing in bone whose cortex weighs twice what lies under it.
    #[test]
    fn a_cavity_that_comes_or_goes_whole_has_its_volume_whatever_fills_it() {
        let options = options();
        let cortex_mm = 0.3;
        let towards = VectorMm::new(0.2, 0.3, 1.0);
        for (spongy, waves, radius) in [(450.0, 0.0, 0.9), (450.0, 250.0, 0.65)] {
            let bone = Ball {
                cortex_mm,
                spongy,
                waves,
                ..Ball::solid()
            };
            let open = bone.clone().with_cavity(towards, 0.3, radius);
            let (centre, _) = open.holes[0];
            let filled = |density: f64| Ball {
                filled: vec![(centre, radius, density)],
                ..bone.clone()
            };
            let whole = open.hole_mm3();
            let inner = Ball {
                radius: bone.radius - cortex_mm,
                ..open.clone()
            };
            // Only the cortex has closed: what lies under it is left.
            let closed = Ball {
                covered_mm: cortex_mm,
                ..open.clone()
            };
            for (what, later, truth) in [
                ("what was there", bone.clone(), whole),
                ("dense bone", filled(650.0), whole),
                ("cortex alone", closed, whole - inner.hole_mm3()),
            ] {
                let lesion = measured(&[&open, &later], &options);
                let change = density_change(&pair_of(&lesion), &options.tuning.density);
                let change = change.unwrap();
                let gone = change.value;
                // Within the standard error that is claimed, before what the walls add; a plate of three voxels over a void,
                // which is weighed beside it, within 1.96 of them.
                let most = if what == "cortex alone" { 1.96 } else { 1.0 };
                assert!(
                    (gone + truth).abs() < most * change.variance.sqrt(),
                    "{what} {spongy} {waves} {radius}: {gone} for {truth}"
                );
            }
        }
    }
}
