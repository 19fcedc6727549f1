//! Whether the values of a visit are shifted against the baseline's: soft tissue and bone alike, as no tissue changes.

use crate::Error;
use crate::likeness::Told;
use crate::plausibility::Evidence;
use crate::register_bones::TrackedBone;
use crate::tuning::OffsetTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{DensityUnit, PointMm, sample_linear};

/// By how much tissues that both visits show read higher at the later one, in the scans' unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shift {
    pub(crate) soft: f64,
    pub(crate) bone: f64,
    /// What `soft` was seen in.
    pub(crate) seen_in: &'static str,
}

const BESIDE_BONES: &str = "soft tissue beside the bones";
const EMPTIEST: &str = "the emptiest hundredth of the field";

impl Shift {
    /// What is taken for an offset: soft tissue's, where bone reads higher or lower with it.
    pub(crate) fn agreed(soft: f64, bone: f64, tuning: &OffsetTuning) -> Option<Self> {
        (bone * soft.signum() >= tuning.bone_share * soft.abs()).then_some(Self {
            soft,
            bone,
            seen_in: BESIDE_BONES,
        })
    }

    /// `+150 mgHA/cm³ in soft tissue beside the bones, +148 in bone`.
    pub(crate) fn in_words(self, unit: DensityUnit) -> String {
        format!(
            "{:+.0} {unit} in {}, {:+.0} in bone",
            self.soft, self.seen_in, self.bone
        )
    }
}

/// A number of mgHA/cm³ in a calibrated unit; `None` in any other.
pub(crate) fn of_mgha(value: f64, unit: DensityUnit, tuning: &OffsetTuning) -> Option<f64> {
    match unit {
        DensityUnit::MgHaPerCm3 => Some(value),
        DensityUnit::Hounsfield => Some(value * tuning.hounsfield),
        DensityUnit::Native | DensityUnit::Arbitrary => None,
    }
}

/// Offsets of the later visits' values that are taken out before lesions are compared, and what is said of them.
///
/// # Method
/// The two smoothed images in blocks: soft tissue 0.6 to 3 mm away from every bone of both visits, and bone, each at the
/// places that both visits show. A tissue's shift is the median over its blocks, so that muscle that lies elsewhere or a
/// lesion that healed does not move it. It is an offset where bone shifts with soft tissue.
///
/// # Limits
/// Without soft tissue in the field nothing is told. What shifts by less than the least offset may be swelling, and stays.
/// In arbitrary units every visit has its own levels anyway.
///
/// # Errors
/// [`Error::OtherOffset`] from the refused offset on: thresholds and densities would mean something else at each visit.
pub(crate) fn offsets(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    (unit, told): (DensityUnit, Told),
    tuning: &OffsetTuning,
) -> Result<(Vec<Option<Shift>>, Vec<String>), Error> {
    let [baseline, later @ ..] = visits else {
        return Ok((Vec::new(), Vec::new()));
    };
    let (mut all, mut said) = (Vec::new(), Vec::new());
    for (v, seen) in later.iter().enumerate() {
        let limits = of_mgha(tuning.least_mgha, unit, tuning).zip(of_mgha(
            tuning.refused_mgha,
            unit,
            tuning,
        ));
        let shift = limits.and_then(|limits| {
            let shift = shift_of((baseline, seen), bones, v + 1, tuning)?;
            (shift.soft.abs() >= limits.0).then_some((shift, limits.1))
        });
        if let Some((shift, refused)) = shift {
            let (visit, first) = (seen.name().to_owned(), baseline.name().to_owned());
            if shift.soft.abs() >= refused {
                let how = shift.in_words(unit);
                return Err(Error::OtherOffset { visit, first, how });
            }
            said.push(format!(
                "{visit}: all tissue reads otherwise than at {first}, {}: an offset of the density scale (another intercept: check the calibration of both with `howship info`); {}",
                shift.in_words(unit),
                told.words("volumes are compared without it, densities are reported as they are")
            ));
        }
        all.push(shift.map(|(shift, _)| shift));
    }
    Ok((all, said))
}

/// Refuses visits whose soft tissue lies further apart than fat and muscle do, the densest bone with it: before bones are
/// aligned, which outlines at another level may prevent. Where outlines were lost with it, so that soft
/// tissue is another, the emptiest and the fullest parts of the field say so.
///
/// # Errors
/// [`Error::OtherOffset`].
pub(crate) fn far_apart(all: &[Evidence], tuning: &OffsetTuning) -> Result<(), Error> {
    let [first, later @ ..] = all else {
        return Ok(());
    };
    for e in later {
        let Some(limit) = of_mgha(tuning.unlike_mgha, e.unit, tuning) else {
            continue;
        };
        let beside = first.soft.zip(e.soft).and_then(|(before, after)| {
            Shift::agreed(after - before, e.dense - first.dense, tuning)
        });
        let [low, high] = [0, 1].map(|k| e.ends[k] - first.ends[k]);
        let whole = Shift::agreed(low, high, tuning).map(|s| Shift {
            seen_in: EMPTIEST,
            ..s
        });
        let mut shifts = [beside, whole].into_iter().flatten();
        if let Some(shift) = shifts.find(|s| s.soft.abs() >= limit) {
            return Err(Error::OtherOffset {
                visit: e.visit.clone(),
                first: first.visit.clone(),
                how: shift.in_words(e.unit),
            });
        }
    }
    Ok(())
}

/// Sum and number of the differences in a block.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    sum: f64,
    points: usize,
}

fn shift_of(
    (before, after): (&VisitShapes<'_>, &VisitShapes<'_>),
    bones: &[TrackedBone],
    visit: usize,
    tuning: &OffsetTuning,
) -> Option<Shift> {
    let grid = before.working.geometry();
    let edge = grid
        .spacing()
        .map(|s| (tuning.block_mm / s).round().max(1.0) as usize);
    let count: [usize; 3] = std::array::from_fn(|a| grid.size()[a].div_ceil(edge[a]));
    let mut blocks = vec![[Block::default(); 2]; count[0] * count[1] * count[2]];
    for bone in bones {
        let Some(there) = bone.aligned(visit) else {
            continue;
        };
        for o in 0..before.smooth.data().len() {
            let depth = f64::from(bone.shape.distance.data()[o]);
            let voxel = grid.voxel(o);
            let at = grid.world(voxel.map(|i| i as f64 + tuning.phase));
            let places = (at, there.pose.transform.apply(at));
            let difference = if depth < 0.0 {
                bone_difference((before, after), places, tuning)
            } else if (tuning.near_mm..tuning.far_mm).contains(&depth) {
                soft_difference((before, after), places, tuning)
            } else {
                None
            };
            let Some(difference) = difference else {
                continue;
            };
            let [x, y, z] = std::array::from_fn(|a| voxel[a] / edge[a]);
            let block = &mut blocks[x + count[0] * (y + count[1] * z)];
            let block = &mut block[usize::from(depth < 0.0)];
            block.sum += difference;
            block.points += 1;
        }
    }
    let full = (edge[0] * edge[1] * edge[2]) as f64;
    let of = |tissue: usize| {
        let mut means: Vec<f64> = blocks
            .iter()
            .map(|b| b[tissue])
            .filter(|b| b.points as f64 >= tuning.full_share * full)
            .map(|b| b.sum / b.points as f64)
            .collect();
        means.sort_by(f64::total_cmp);
        (means.len() >= tuning.enough_blocks).then(|| means[means.len() / 2])
    };
    Shift::agreed(of(0)?, of(1)?, tuning)
}

/// Bone is what is bright in the mean of both visits: what one of them alone chose would be nearer to soft tissue in the
/// other, noise and healing alike.
fn bone_difference(
    (before, after): (&VisitShapes<'_>, &VisitShapes<'_>),
    places: (PointMm, PointMm),
    tuning: &OffsetTuning,
) -> Option<f64> {
    let [value, seen] = pair_of((before, after), places)?;
    let level = |v: &VisitShapes<'_>| v.levels.soft + tuning.bright * v.levels.contrast();
    (value + seen > level(before) + level(after)).then_some(seen - value)
}

fn soft_difference(
    (before, after): (&VisitShapes<'_>, &VisitShapes<'_>),
    (at, there): (PointMm, PointMm),
    tuning: &OffsetTuning,
) -> Option<f64> {
    let [value, seen] = pair_of((before, after), (at, there))?;
    let soft = is_soft(before, at, value, tuning) && is_soft(after, there, seen, tuning);
    soft.then_some(seen - value)
}

/// Both by interpolation, at a place between voxels of the first as those of the second are on average: what one of them
/// alone was blurred by would be a shift of bone, which is bright and thin.
fn pair_of(
    (before, after): (&VisitShapes<'_>, &VisitShapes<'_>),
    (at, there): (PointMm, PointMm),
) -> Option<[f64; 2]> {
    let value = |visit: &VisitShapes<'_>, place: PointMm| {
        let value = sample_linear(&visit.smooth, visit.smooth.geometry().index(place))?;
        Some(f64::from(value))
    };
    Some([value(before, at)?, value(after, there)?])
}

/// Away from every bone, and no air.
fn is_soft(visit: &VisitShapes<'_>, at: PointMm, value: f64, tuning: &OffsetTuning) -> bool {
    value > visit.levels.soft - tuning.air * visit.levels.contrast()
        && visit
            .shapes
            .iter()
            .all(|s| s.depth(at).is_some_and(|d| d >= tuning.near_mm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register_bones::tests::passing;
    use crate::register_bones::{BoneAtVisit, BonePose};
    use crate::scene::{Ball, options, stated};
    use crate::visit_shapes::segment_visit;
    use howship_change::Visit;
    use howship_image::{RigidTransform, VectorMm, Volume};
    use std::sync::Arc;

    type Found = Result<(Vec<Option<Shift>>, Vec<String>), Error>;

    /// The ball, and the ball with this done to its values (of a voxel, and whether it is soft tissue).
    fn compared(later: &Ball, unit: DensityUnit, value: impl Fn(f64, bool) -> f64) -> Found {
        let factor = match unit {
            DensityUnit::Hounsfield => OffsetTuning::default().hounsfield,
            _ => 1.0,
        };
        let scan = |volume: Volume<f32>, value: &dyn Fn(f64, bool) -> f64| {
            let values = volume.data().iter().map(|v| f64::from(*v));
            let values = values.map(|v| (value(v, v < 60.0) * factor) as f32);
            let volume = Volume::new(volume.geometry().clone(), values.collect()).unwrap();
            stated(volume, unit)
        };
        let scans = [
            scan(Ball::textured().render(), &|v, _| v),
            scan(later.render(), &value),
        ];
        let given = crate::input::VisitScan::pairs(Visit::unnamed(2), &scans);
        let segment = |v| segment_visit(v, unit, &options()).unwrap();
        let visits: Vec<VisitShapes<'_>> = given.iter().map(segment).collect();
        let here = BoneAtVisit {
            pose: BonePose {
                transform: RigidTransform::identity(),
                registration: Some(passing([[0.0; 6]; 6], PointMm::origin())),
            },
            outline: None,
        };
        let bone = TrackedBone {
            shape: Arc::clone(&visits[0].shapes[0]),
            visits: vec![Some(here.clone()), Some(here)],
        };
        offsets(
            &visits,
            &[bone],
            (unit, Told::Lesions),
            &options().tuning.offset,
        )
    }

    const DENSITY: DensityUnit = DensityUnit::MgHaPerCm3;

    /// +150 mgHA/cm³ was called "more blurred, bone reads 91 % higher", and an unchanged lesion healed by 0.89 mm³.
    #[test]
    fn an_offset_is_refused_by_its_name_and_size_whatever_lesions_do() {
        let hole = Ball::textured().with_cavity(VectorMm::new(1.0, 0.3, 0.0), 0.3, 1.2);
        for by in [150.0, -60.0] {
            let error = compared(&hole, DENSITY, |v, _| v + by).unwrap_err();
            let told = format!("M2 {error}; {}", error.hint().unwrap());
            assert!(
                told.contains(&format!("{by:+.0} mgHA/cm³ in soft tissue")),
                "{told}"
            );
            assert!(told.contains("intercept"), "{told}");
        }
    }

    /// +300: all soft tissue was above the threshold of bone, and two lesions were `healing, closed`.
    #[test]
    fn a_large_offset_is_refused_before_bones_are_aligned_and_another_field_is_not() {
        let at = |by: f64, soft: bool| {
            let base = crate::plausibility::tests::sound(DENSITY);
            Evidence {
                soft: base.soft.filter(|_| soft).map(|s| s + by),
                dense: base.dense + by,
                ends: base.ends.map(|v| v + by),
                ..base
            }
        };
        let tuning = options().tuning.offset;
        for (by, soft, word) in [(300.0, false, "emptiest"), (-180.0, true, "soft tissue")] {
            let error = far_apart(&[at(0.0, true), at(by, soft)], &tuning).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
        // Fat instead of muscle; a field without air; a drift of the scale.
        let fat = Evidence {
            soft: Some(-80.0),
            ..at(0.0, true)
        };
        let no_air = Evidence {
            ends: [20.0, 800.0],
            ..at(0.0, false)
        };
        for later in [fat, no_air, at(30.0, true)] {
            far_apart(&[at(0.0, true), later], &tuning).unwrap();
        }
    }

    #[test]
    fn a_small_offset_is_taken_out_and_said_and_what_is_none_is_not() {
        let unchanged = Ball::textured();
        for (unit, factor) in [(DENSITY, 1.0), (DensityUnit::Hounsfield, 2.59)] {
            let (all, said) = compared(&unchanged, unit, |v, _| v + 25.0).unwrap();
            let shift = all[0].unwrap();
            assert!((shift.soft / factor - 25.0).abs() < 1.0, "{shift:?}");
            assert!((shift.bone / factor - 25.0).abs() < 2.0, "{shift:?}");
            assert!(said[0].contains("offset"), "{said:?}");
        }
        let swollen = |v: f64, soft: bool| if soft { v + 40.0 } else { v };
        let less = |v: f64, _| v + 8.0;
        let drifted = |v: f64, _| (v - 40.0) * 1.03 + 40.0;
        let same: [&dyn Fn(f64, bool) -> f64; 3] = [&swollen, &less, &drifted];
        for value in same {
            let (all, said) = compared(&unchanged, DENSITY, value).unwrap();
            assert!(all[0].is_none() && said.is_empty(), "{all:?} {said:?}");
        }
    }
}
