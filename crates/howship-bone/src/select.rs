//! Which measured cavities are erosions: SPECTRA's definition, and each lesion once.

use crate::BoneOptions;
use crate::cavity::VisitCavity;
use crate::lesion::MeasuredLesion;
use crate::lesion_error::VolumeChange;
use crate::quantities::{Values, quantities};
use crate::tuning::SelectTuning;
use howship_change::Quantity;

/// A measured lesion of a baseline bone.
pub(crate) struct BoneLesion {
    /// Which bone, from 0 in the order of the baseline's shapes.
    pub(crate) bone: usize,
    pub(crate) lesion: MeasuredLesion,
    /// What was measured of it, per visit.
    pub(crate) values: Vec<Values>,
    /// Change of its volume from the baseline, per visit; `None` at the baseline and of what is no erosion at any visit.
    pub(crate) volume_changes: Vec<Option<VolumeChange>>,
}

impl BoneLesion {
    /// Takes every measurement and lets the images go; `given` lesions are kept whatever they look like.
    pub(crate) fn new(
        bone: usize,
        lesion: MeasuredLesion,
        given: bool,
        options: &BoneOptions,
    ) -> Self {
        let visits = 0..lesion.visits.len();
        let values = visits.clone().map(|visit| quantities(&lesion, visit));
        let mut new = Self {
            bone,
            values: values.collect(),
            volume_changes: Vec::new(),
            lesion,
        };
        let kept = given || visits.clone().any(|visit| new.is_erosion(visit, options));
        let change = |visit: usize| (kept && visit > 0).then(|| new.lesion.volume_change(0, visit));
        new.volume_changes = visits.map(|visit| change(visit).flatten()).collect();
        new.lesion.let_images_go();
        new
    }

    /// Whether the cavity is an erosion at a visit.
    pub(crate) fn is_erosion(&self, visit: usize, options: &BoneOptions) -> bool {
        self.lesion.cavity(visit).is_some()
            && is_erosion(&self.values[visit], &self.lesion, visit, options)
    }
}

/// Keeps what is an erosion at one visit at least, largest first within a bone, each place once: of several measurements
/// of one lesion the best determined.
pub(crate) fn select(measured: Vec<BoneLesion>, options: &BoneOptions) -> Vec<BoneLesion> {
    let mut erosions: Vec<(f64, BoneLesion)> = measured
        .into_iter()
        .filter(|l| (0..l.values.len()).any(|visit| l.is_erosion(visit, options)))
        .map(|l| (largest_volume(&l.lesion), l))
        .collect();
    erosions.sort_by(|(va, a), (vb, b)| {
        let (ca, cb) = (a.lesion.centre(), b.lesion.centre());
        a.bone
            .cmp(&b.bone)
            .then(vb.total_cmp(va))
            .then(ca.x.total_cmp(&cb.x))
    });
    let tuning = &options.tuning.select;
    let mut groups: Vec<Vec<(f64, BoneLesion)>> = Vec::new();
    for (volume, new) in erosions {
        let known = groups.iter_mut().find(|group| {
            let first = &group[0].1;
            first.bone == new.bone && same(&first.lesion, &new.lesion, tuning)
        });
        match known {
            Some(group) => group.push((volume, new)),
            None => groups.push(vec![(volume, new)]),
        }
    }
    let mut kept: Vec<(f64, BoneLesion)> = groups
        .into_iter()
        .filter_map(|group| best_determined(group, tuning))
        .collect();
    kept.sort_by(|(va, a), (vb, b)| a.bone.cmp(&b.bone).then(vb.total_cmp(va)));
    kept.into_iter().map(|(_, lesion)| lesion).collect()
}

/// Of one lesion seen from several starts the one whose volume is known best, unless it is only a part of the largest.
fn best_determined(
    group: Vec<(f64, BoneLesion)>,
    tuning: &SelectTuning,
) -> Option<(f64, BoneLesion)> {
    let largest = group.first()?.0;
    group
        .into_iter()
        .filter(|(volume, _)| *volume >= tuning.whole * largest)
        .min_by(|(_, a), (_, b)| doubt(a).total_cmp(&doubt(b)))
}

/// Relative standard error of the volume at the visit where it is largest.
fn doubt(lesion: &BoneLesion) -> f64 {
    let volumes = lesion
        .values
        .iter()
        .filter_map(|v| v.get(&Quantity::Volume));
    let largest = volumes.max_by(|a, b| a.value.total_cmp(&b.value));
    largest.map_or(f64::INFINITY, |v| v.total() / v.value.max(1e-9))
}

fn largest_volume(lesion: &MeasuredLesion) -> f64 {
    let volumes = lesion.cavities().map(|(_, c)| c.mean_volume());
    volumes.fold(0.0, f64::max)
}

/// One lesion twice: the centre of each lies in a cavity of the other, or much of the later one lies in the first: a
/// long recess looks different from each of its places.
fn same(first: &MeasuredLesion, later: &MeasuredLesion, tuning: &SelectTuning) -> bool {
    let sizeable = |lesion: &'_ MeasuredLesion| -> Vec<usize> {
        let large = |c: &VisitCavity| c.volume.value > tuning.sizeable_mm3;
        lesion
            .cavities()
            .filter_map(|(visit, c)| large(c).then_some(visit))
            .collect()
    };
    let inside = |x: &MeasuredLesion, y: &MeasuredLesion| {
        let centres = sizeable(y).into_iter();
        let centres: Vec<_> = centres
            .filter_map(|v| Some(y.cavity(v)?.centroid()))
            .collect();
        sizeable(x)
            .into_iter()
            .filter_map(|v| x.cavity(v))
            .any(|c| centres.iter().any(|p| c.contains(*p)))
    };
    let overlap = (0..first.visits.len().min(later.visits.len())).any(|visit| {
        let (a, b) = (first.cavity(visit), later.cavity(visit));
        let share = a.zip(b).and_then(|(a, b)| b.share_inside(a));
        share.is_some_and(|share| share > tuning.shared)
    });
    overlap || (inside(first, later) && inside(later, first))
}

/// SPECTRA (Barnabe, 2016): a break on at least two consecutive slices in two perpendicular planes, bone lost under
/// it, not linear. Breaks thinner than a vascular channel, and grooves without depth, are none; nor is a void that no
/// cortical plate surrounds, which cannot be told from marrow that lies bare, or that does not itself reach the mouth.
fn is_erosion(
    values: &Values,
    lesion: &MeasuredLesion,
    visit: usize,
    options: &BoneOptions,
) -> bool {
    Shape::of(values, lesion.surface.mouth_blur_mm()).is_erosion(options)
        && lesion.surface.has_plate(visit)
        && lesion.reaches_mouth(visit)
        && lesion.breaks_in_two_planes(visit)
}

/// A cavity's form in numbers, mm and mm³.
#[derive(Debug, Clone, Copy)]
struct Shape {
    volume: f64,
    /// Diameter of the circle of the mouth's area.
    mouth: f64,
    /// What blur takes from a narrow mouth added.
    sharp_mouth: f64,
    depth3d: f64,
    /// In slices.
    depth: f64,
    extent: f64,
}

impl Shape {
    fn of(values: &Values, blur_mm: f64) -> Self {
        let value = |q: Quantity| values.get(&q).map_or(0.0, |v| v.value);
        let mouth = (4.0 * value(Quantity::MouthArea) / std::f64::consts::PI).sqrt();
        Self {
            volume: value(Quantity::Volume),
            mouth,
            // A disc of radius R through a blur of SD σ has lost σ² of R² at its half-way level.
            sharp_mouth: mouth.hypot(2.0 * blur_mm),
            depth3d: value(Quantity::Depth3d),
            depth: value(Quantity::Depth),
            extent: value(Quantity::Diameter3d),
        }
    }

    /// Volume as a share of the ball of the cavity's length: a channel is long and thin.
    fn roundness(&self) -> f64 {
        self.volume / (std::f64::consts::PI / 6.0 * self.extent.powi(3)).max(1e-9)
    }

    fn is_erosion(&self, options: &BoneOptions) -> bool {
        let tuning = &options.tuning.select;
        self.volume >= options.minimum_lesion_mm3
            && self.mouth >= options.minimum_mouth_mm
            && self.depth3d >= tuning.depth3d_mm
            && self.depth >= tuning.depth_mm
            && self.depth3d <= tuning.deep_for_mouth * self.sharp_mouth
            && self.roundness() > tuning.roundness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, measured, options};
    use howship_image::VectorMm;

    fn erosion() -> Shape {
        Shape {
            volume: 2.0,
            mouth: 1.0,
            sharp_mouth: 1.0,
            depth3d: 1.2,
            depth: 1.1,
            extent: 2.0,
        }
    }

    #[test]
    fn each_rule_alone_makes_it_none() {
        let options = options();
        assert!(erosion().is_erosion(&options));
        let broken = [
            Shape {
                volume: 0.09,
                extent: 0.7,
                ..erosion()
            },
            Shape {
                mouth: 0.40,
                ..erosion()
            },
            Shape {
                depth3d: 0.29,
                ..erosion()
            },
            Shape {
                depth: 0.19,
                ..erosion()
            },
            Shape {
                depth3d: 3.01,
                ..erosion()
            },
            // 2 mm³ along 4.1 mm: 0.055 of the ball.
            Shape {
                extent: 4.1,
                ..erosion()
            },
        ];
        for shape in broken {
            assert!(!shape.is_erosion(&options), "{shape:?}");
        }
        let just = [
            Shape {
                volume: 0.11,
                extent: 0.7,
                ..erosion()
            },
            Shape {
                mouth: 0.42,
                depth3d: 1.2,
                ..erosion()
            },
            Shape {
                depth3d: 0.31,
                ..erosion()
            },
            Shape {
                depth: 0.21,
                ..erosion()
            },
            Shape {
                depth3d: 2.99,
                ..erosion()
            },
            Shape {
                extent: 3.9,
                ..erosion()
            },
        ];
        for shape in just {
            assert!(shape.is_erosion(&options), "{shape:?}");
        }
    }

    #[test]
    fn two_cavities_are_one_where_they_share_more_than_a_third() {
        // A small cavity beside a large one, so far that neither holds the middle of the large one.
        let options = options();
        let at = |angle: f64, r: f64| {
            let scene =
                Ball::solid().with_cavity(VectorMm::new(angle.sin(), 0.0, angle.cos()), 0.3, r);
            (measured(&[&scene], &options), scene.holes[0].0)
        };
        let (large, middle) = at(0.0, 1.1);
        for (angle, one) in [(0.33, true), (0.42, false)] {
            let (small, beside) = at(angle, 0.6);
            let shared = crate::scene::lens(1.1, 0.6, (beside - middle).norm())
                / crate::scene::lens(0.6, 0.6, 0.0);
            assert_eq!(shared > 0.3, one, "{shared}");
            assert_eq!(
                same(&large, &small, &options.tuning.select),
                one,
                "{shared}"
            );
        }
    }

    #[test]
    fn a_lesion_found_twice_is_kept_once_and_two_are_two() {
        let options = options();
        let at = |towards: VectorMm, r: f64| {
            let scene = Ball::solid().with_cavity(towards, 0.3, r);
            measured(&[&scene], &options)
        };
        let (up, aside) = (VectorMm::z(), VectorMm::new(1.0, 0.0, 0.2));
        let of = |bone, lesion| BoneLesion::new(bone, lesion, false, &options);
        let all = |order: [usize; 4]| {
            let make = |k: usize| match k {
                0 => of(0, at(up, 0.9)),
                1 => of(0, at(up, 0.85)),
                2 => of(0, at(aside, 0.7)),
                _ => of(1, at(up, 0.9)),
            };
            select(order.map(make).into(), &options)
        };
        let kept = all([0, 1, 2, 3]);
        let volumes: Vec<f64> = kept.iter().map(|l| largest_volume(&l.lesion)).collect();
        assert_eq!(kept.iter().map(|l| l.bone).collect::<Vec<_>>(), [0, 0, 1]);
        assert!(volumes[0] > volumes[1] && volumes[1] > 0.5, "{volumes:?}");
        let again: Vec<f64> = all([2, 3, 1, 0])
            .iter()
            .map(|l| largest_volume(&l.lesion))
            .collect();
        assert_eq!(volumes, again);
    }
}
