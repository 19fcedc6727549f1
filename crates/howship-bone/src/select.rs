//! Which measured cavities are erosions: SPECTRA's definition, and each lesion once.

use crate::BoneOptions;
use crate::cavity::VisitCavity;
use crate::evidence::Looks;
use crate::lesion::MeasuredLesion;
use crate::lesion_error::VolumeChange;
use crate::quantities::{Value, Values, quantities};
use crate::tuning::SelectTuning;
use howship_change::Quantity;

/// A measured lesion of a baseline bone.
pub(crate) struct BoneLesion {
    /// Which bone, from 0 in the order of the baseline's shapes.
    pub(crate) bone: usize,
    pub(crate) lesion: MeasuredLesion,
    /// What was measured of it, per visit.
    pub(crate) values: Vec<Values>,
    /// Change of its volume from the baseline, per visit; `None` at the baseline and of what is no cavity with a break at
    /// any visit.
    pub(crate) volume_changes: Vec<Option<VolumeChange>>,
    /// What it looks like, per visit.
    pub(crate) looks: Vec<Option<Looks>>,
    /// Share of looks with fresh noise that found it again, where that was asked.
    pub(crate) repeats: Option<f64>,
    /// Per visit, the volume of a void behind a closed cortex that was there before the lesion; it is no lesion yet.
    pub(crate) voids: Vec<Option<Value>>,
    /// What it is, per visit, as bone alone says: evidence of erosions was gathered so.
    standing: Vec<Standing>,
}

/// What a cavity is at one visit.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// There is a break with bone lost under it, of whatever shape.
    cavity: bool,
    /// It is an erosion, as SPECTRA defines one.
    erosion: bool,
    /// Volume, mm³.
    volume: f64,
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
        let values: Vec<Values> = visits.clone().map(|v| quantities(&lesion, v)).collect();
        let looks = visits.clone().map(|v| Looks::of(&lesion, v, &values[v]));
        let mut new = Self {
            bone,
            looks: looks.collect(),
            values,
            volume_changes: Vec::new(),
            repeats: None,
            voids: vec![None; lesion.visits.len()],
            standing: Vec::new(),
            lesion,
        };
        let stand = |new: &Self| visits.clone().map(|v| new.stands(v, options)).collect();
        new.standing = stand(&new);
        if !given {
            new.leave_out_voids();
            new.standing = stand(&new);
        }
        let kept = given || new.standing.iter().any(|s| s.cavity);
        let change = |visit: usize| (kept && visit > 0).then(|| new.lesion.volume_change(0, visit));
        new.volume_changes = visits.map(|visit| change(visit).flatten()).collect();
        new.lesion.let_images_go();
        new
    }

    /// Takes what was measured with the cavities' contents: volumes, outlines and sizes. Changes, what it is and what it
    /// looks like stay as bone alone says: both visits' walls err alike there, at the same trabeculae, where contents are
    /// told anew from each visit's noise.
    pub(crate) fn take_contents(&mut self, told: MeasuredLesion) {
        for visit in 0..self.values.len() {
            if self.voids[visit].is_none() {
                self.values[visit] = quantities(&told, visit);
            }
        }
        self.lesion = told;
        self.lesion.let_images_go();
    }

    fn stands(&self, visit: usize, options: &BoneOptions) -> Standing {
        let values = &self.values[visit];
        let cavity =
            self.lesion.cavity(visit).is_some() && is_cavity(values, &self.lesion, visit, options);
        let blur = self.lesion.surface.mouth_blur_mm();
        Standing {
            cavity,
            erosion: cavity && Shape::of(values, blur).is_round(options),
            volume: values.get(&Quantity::Volume).map_or(0.0, |m| m.value),
        }
    }

    /// Whether the cavity is an erosion at a visit, as SPECTRA defines one.
    pub(crate) fn is_erosion(&self, visit: usize) -> bool {
        self.standing[visit].erosion
    }

    /// Whether it is an erosion at any visit.
    pub(crate) fn is_erosion_ever(&self) -> bool {
        self.standing.iter().any(|s| s.erosion)
    }

    /// The visit by which it is told what it is: of those with a break the one with the largest cavity.
    pub(crate) fn telling_visit(&self) -> Option<usize> {
        let standing = self.standing.iter().enumerate();
        standing
            .filter(|(_, s)| s.cavity)
            .max_by(|(_, a), (_, b)| {
                let volumes = a.volume.total_cmp(&b.volume);
                a.erosion.cmp(&b.erosion).then(volumes)
            })
            .map(|(visit, _)| visit)
    }

    /// Before the first visit with a lesion, a void behind a closed cortex is none: it may be marrow. What of it was
    /// lesion nobody can tell, so that it widens the error.
    fn leave_out_voids(&mut self) {
        let Some(first) = (0..self.values.len()).find(|&v| self.is_erosion(v)) else {
            return;
        };
        for visit in 0..first {
            if self.lesion.is_open(visit) || self.lesion.cavity(visit).is_none() {
                continue;
            }
            self.voids[visit] = self.values[visit].get(&Quantity::Volume).copied();
            self.lesion.leave_out(visit);
            self.values[visit] = quantities(&self.lesion, visit);
        }
    }
}

/// Keeps what is an erosion at one visit at least, largest first within a bone, each place once: of several measurements
/// of one lesion the best determined. After them come channels: what is no erosion for its shape alone, and lies in no
/// erosion.
pub(crate) fn select(measured: Vec<BoneLesion>, options: &BoneOptions) -> Vec<BoneLesion> {
    let (erosions, others): (Vec<_>, Vec<_>) =
        measured.into_iter().partition(BoneLesion::is_erosion_ever);
    let tuning = &options.tuning.select;
    let mut kept = each_once(erosions, tuning);
    let channels = others
        .into_iter()
        .filter(|l| l.telling_visit().is_some())
        .filter(|l| {
            !kept
                .iter()
                .any(|k| k.bone == l.bone && same(&k.lesion, &l.lesion, tuning))
        })
        .collect();
    kept.extend(each_once(channels, tuning));
    kept
}

/// Each place once, largest first within a bone.
fn each_once(measured: Vec<BoneLesion>, tuning: &SelectTuning) -> Vec<BoneLesion> {
    let mut sized: Vec<(f64, BoneLesion)> = measured
        .into_iter()
        .map(|l| (largest_volume(&l.lesion), l))
        .collect();
    sized.sort_by(|(va, a), (vb, b)| {
        let (ca, cb) = (a.lesion.centre(), b.lesion.centre());
        a.bone
            .cmp(&b.bone)
            .then(vb.total_cmp(va))
            .then(ca.x.total_cmp(&cb.x))
    });
    let mut groups: Vec<Vec<(f64, BoneLesion)>> = Vec::new();
    for (volume, new) in sized {
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
/// it. Breaks thinner than a vascular channel, and grooves without depth, are none; nor is a void that no cortical plate
/// surrounds, which cannot be told from marrow that lies bare, or that does not itself reach the mouth.
fn is_cavity(
    values: &Values,
    lesion: &MeasuredLesion,
    visit: usize,
    options: &BoneOptions,
) -> bool {
    Shape::of(values, lesion.surface.mouth_blur_mm()).is_large(options)
        && lesion.surface.has_plate(visit)
        && lesion.reaches_mouth(visit)
        && lesion.breaks_in_two_planes(visit)
}

/// A cavity's form in numbers, mm and mm³.
#[derive(Debug, Clone, Copy)]
struct Shape {
    volume: f64,
    /// Diameter of the circle of the mouth's area, what blur takes from a narrow mouth added.
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

    /// Large enough to be a break with loss under it.
    fn is_large(&self, options: &BoneOptions) -> bool {
        let tuning = &options.tuning.select;
        self.volume >= options.minimum_lesion_mm3
            && self.sharp_mouth >= options.minimum_mouth_mm
            && self.depth3d >= tuning.depth3d_mm
            && self.depth >= tuning.depth_mm
    }

    /// Not linear, as a vessel's channel is. What is wide under a narrow mouth is none, however deep.
    fn is_round(&self, options: &BoneOptions) -> bool {
        let tuning = &options.tuning.select;
        let wide = self.depth3d <= tuning.deep_for_mouth * self.sharp_mouth;
        self.roundness()
            > if wide {
                tuning.roundness
            } else {
                tuning.wide_inside
            }
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
            sharp_mouth: 1.0,
            depth3d: 1.2,
            depth: 1.1,
            extent: 2.0,
        }
    }

    #[test]
    fn each_rule_alone_makes_it_none() {
        let options = options();
        let is_erosion = |s: Shape| s.is_large(&options) && s.is_round(&options);
        assert!(is_erosion(erosion()));
        let broken = [
            Shape {
                volume: 0.09,
                extent: 0.7,
                ..erosion()
            },
            Shape {
                sharp_mouth: 0.40,
                depth3d: 0.8,
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
            // Deeper than three mouths, and not wide inside: 2 mm³ along 2.6 mm are 0.22 of the ball.
            Shape {
                depth3d: 3.01,
                extent: 2.6,
                ..erosion()
            },
            // 2 mm³ along 4.1 mm: 0.055 of the ball.
            Shape {
                extent: 4.1,
                ..erosion()
            },
        ];
        for shape in broken {
            assert!(!is_erosion(shape), "{shape:?}");
        }
        let just = [
            Shape {
                volume: 0.11,
                extent: 0.7,
                ..erosion()
            },
            Shape {
                sharp_mouth: 0.42,
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
                extent: 2.6,
                ..erosion()
            },
            // 0.48 of the ball: wide inside.
            Shape {
                depth3d: 3.01,
                ..erosion()
            },
            Shape {
                extent: 3.9,
                ..erosion()
            },
        ];
        for shape in just {
            assert!(is_erosion(shape), "{shape:?}");
        }
    }

    #[test]
    fn a_void_behind_a_closed_cortex_is_no_lesion_yet() {
        let options = options();
        let at =
            |sink: f64, r: f64| Ball::solid().with_cavity(VectorMm::new(0.1, 0.2, 1.0), sink, r);
        let open = at(0.5, 0.9);
        // The same place: a marrow space of 0.5 mm that nothing opens, then a lesion.
        let marrow = at(1.0, 0.5);
        let lesion = measured(&[&open, &marrow], &options);
        assert!(!lesion.is_open(1));
        let turned = measured(&[&marrow, &open], &options);
        let found = BoneLesion::new(0, turned, false, &options);
        assert!(!found.is_erosion(0) && found.is_erosion(1));
        let void = found.voids[0].expect("a void was there").value;
        assert!(void > 0.1, "{void}");
        let volume = |v: usize| found.values[v][&Quantity::Volume];
        assert_eq!(volume(0).value, 0.0);
        assert!(volume(0).se >= void / 12f64.sqrt() - 1e-9);
        let change = found.volume_changes[1].unwrap();
        // All of it is new; densities see the marrow space too and lower the change by what it is.
        let (truth, space) = (open.hole_mm3(), marrow.hole_mm3());
        assert!(
            change.value > truth - space - 0.15 && change.value < 1.1 * truth,
            "{}",
            change.value
        );
        let joint = crate::reconcile::joint_values(&found);
        let shown = |v: usize| joint[v][&Quantity::Volume].value;
        assert_eq!(shown(0), 0.0);
        assert!((shown(1) - change.value).abs() < 1e-12);
        // What is pointed at is measured whatever it is.
        let given = measured(&[&marrow, &open], &options);
        let given = BoneLesion::new(0, given, true, &options);
        assert!(given.values[0][&Quantity::Volume].value > 0.1 && given.voids[0].is_none());
        // A lesion that closes is followed to what is left of it.
        let closing = BoneLesion::new(0, lesion, false, &options);
        assert!(closing.voids.iter().all(Option::is_none));
    }

    #[test]
    fn a_narrow_neck_hides_no_lesion() {
        let options = options();
        // A room of 0.9 mm radius whose middle lies 1.3 mm deep, and a neck that leads to it: 2.2 mm deep, three times
        // as deep as the mouth is seen wide.
        for neck in [0.37, 0.42] {
            let mut scene = Ball::solid().with_cavity(VectorMm::z(), 1.3, 0.9);
            for k in 0..9 {
                scene = scene.with_cavity(VectorMm::z(), 0.07 * f64::from(k), neck);
            }
            let found = BoneLesion::new(0, measured(&[&scene], &options), false, &options);
            let shape = Shape::of(&found.values[0], found.lesion.surface.mouth_blur_mm());
            // Of a neck four blurs wide a part is lost for good.
            let seen = shape.sharp_mouth / (2.0 * neck);
            assert!(seen > 0.7 && seen < 1.1, "{neck}: {shape:?}");
            let rules = (
                found.lesion.surface.has_plate(0),
                found.lesion.reaches_mouth(0),
                found.lesion.breaks_in_two_planes(0),
            );
            assert!(found.is_erosion(0), "{neck}: {shape:?} {rules:?}");
        }
    }

    /// A lobe beside a pit that no ray from the pit's middle sees whole: what is missed lies within the error.
    #[test]
    fn a_side_lobe_that_is_seen_in_part_lies_within_the_error() {
        let options = options();
        let pit = Ball::solid().with_cavity(VectorMm::z(), 0.5, 0.8);
        let mut lobed = pit.clone();
        let middle = pit.holes[0].0 + VectorMm::new(1.05, 0.0, -0.1);
        lobed.holes.push((middle, 0.5));
        let away = (middle - pit.holes[0].0).norm();
        let lobe = crate::scene::lens(0.5, 0.5, 0.0) - crate::scene::lens(0.8, 0.5, away);
        let found = BoneLesion::new(0, measured(&[&lobed], &options), false, &options);
        let volume = found.values[0][&Quantity::Volume];
        let truth = pit.hole_mm3() + lobe;
        assert!(
            (volume.value - truth).abs() < 1.96 * volume.total(),
            "{volume:?} of {truth}"
        );
        assert!(volume.value > pit.hole_mm3(), "{volume:?}");
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
