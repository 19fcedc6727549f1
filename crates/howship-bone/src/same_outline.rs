//! Whether the outlines of one bone at two visits hold one bone: masks are given visit by visit, and bones that touch at
//! one visit only are outlined as one.

use crate::Error;
use crate::common_field::CommonField;
use crate::register_bones::TrackedBone;
use crate::tuning::PlausibleTuning;
use crate::visit_shapes::VisitShapes;

/// Volumes of one bone inside its outlines at baseline and at a later visit, over what every visit shows, mm³.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outlined {
    first: f64,
    later: f64,
    se: f64,
}

impl Outlined {
    /// Of an aligned bone; a visit without an outline of it holds nothing of it.
    pub(crate) fn of(field: &CommonField<'_>, bone: &TrackedBone, visit: usize) -> Option<Self> {
        let here = bone.aligned(visit)?;
        let first = field.volume(0, &bone.shape)?;
        let later = match &here.outline {
            Some(outline) => field.volume(visit, outline)?,
            None => {
                return Some(Self {
                    first: first.value,
                    later: 0.0,
                    se: first.se,
                });
            }
        };
        Some(Self {
            first: first.value,
            later: later.value,
            se: first.se.hypot(later.se),
        })
    }

    /// Whether the two differ by more than one bone can.
    pub(crate) fn differ(&self, limits: &PlausibleTuning) -> bool {
        let off = (self.first - self.later).abs();
        off > limits.volume_spread * 0.5 * (self.first + self.later)
            && off > limits.volume_errors * self.se
    }

    fn by_far(&self, limits: &PlausibleTuning) -> bool {
        let (less, more) = (self.first.min(self.later), self.first.max(self.later));
        more > limits.volume_times * less
    }
}

/// What is said of outlines that do not hold one bone, though the bone itself was found again by its own texture.
///
/// # Method
/// Volumes are compared where every visit shows the bone, so that a stack that ends elsewhere is no difference. Lesions
/// that are known are measured in the images and do not rest on a later visit's outline; new ones are looked for along it.
/// `masked` says of each visit whether its outlines were given.
///
/// # Errors
/// [`Error::MaskOfOther`] where a given mask holds less than a part of the bone or several times as much.
pub(crate) fn same_outlines(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    masked: &[bool],
    limits: &PlausibleTuning,
) -> Result<Vec<String>, Error> {
    let mut said = Vec::new();
    for bone in bones {
        let field = CommonField::of(visits, bone);
        for (v, seen) in visits.iter().enumerate().skip(1) {
            let Some(both) = Outlined::of(&field, bone, v).filter(|both| both.differ(limits))
            else {
                continue;
            };
            let (visit, first) = (seen.name().to_owned(), visits[0].name().to_owned());
            let volumes_mm3 = [both.first, both.later];
            if masked[v] && both.by_far(limits) {
                let bone = bone.name();
                return Err(Error::MaskOfOther {
                    visit,
                    first,
                    bone,
                    volumes_mm3,
                });
            }
            said.push(in_words(&bone.name(), [&first, &visit], volumes_mm3));
        }
    }
    Ok(said)
}

fn in_words(bone: &str, [first, visit]: [&str; 2], [before, after]: [f64; 2]) -> String {
    format!(
        "{visit}: the outline of {bone} holds {after:.0} mm³, at {first} {before:.0} mm³ of what both visits show, and no bone changes by as much: it touches its neighbour at one visit, or a mask is of another part; its volume at {visit} is not told, and new erosions are looked for along that outline only (give its mask at both visits with `--mask`)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::VisitScan;
    use crate::register_bones::tests::passing;
    use crate::register_bones::{BoneAtVisit, BonePose};
    use crate::scene::{Ball, options, stated, with_mask};
    use crate::visit_shapes::segment_visit;
    use howship_change::Visit;
    use howship_image::{DensityUnit, PointMm, RigidTransform};
    use std::sync::Arc;

    /// A ball of bone and the same later, whose mask is a ball cut off at this height; without one, nothing of it.
    fn asked(cut_mm: Option<f64>, masked: bool) -> Result<Vec<String>, Error> {
        let scan = stated(Ball::textured().render(), DensityUnit::MgHaPerCm3);
        let below = |at: PointMm| at.coords.norm() < 3.5 && at.z < cut_mm.unwrap_or(0.0);
        let mut given = VisitScan::pairs(Visit::unnamed(2), [&scan, &scan]);
        given[1].mask = with_mask(&scan, |at| u32::from(below(at))).mask;
        let segment = |v| segment_visit(v, DensityUnit::MgHaPerCm3, &options()).unwrap();
        let visits: Vec<VisitShapes<'_>> = given.iter().map(segment).collect();
        let here = |outline| BoneAtVisit {
            pose: BonePose {
                transform: RigidTransform::identity(),
                registration: Some(passing([[0.0; 6]; 6], PointMm::origin())),
            },
            outline,
        };
        let shape = Arc::clone(&visits[0].shapes[0]);
        let later = cut_mm.map(|_| Arc::clone(&visits[1].shapes[0]));
        let bone = TrackedBone {
            visits: vec![Some(here(Some(Arc::clone(&shape)))), Some(here(later))],
            shape,
        };
        let limits = &options().tuning.plausible;
        same_outlines(&visits, &[bone], &[masked; 2], limits)
    }

    /// A third of a ball is its cap of 0.77 radii (closed form: h²(3r − h)/4r³), 0.84 of it one of 1.4 radii.
    #[test]
    fn a_mask_of_a_part_is_refused_and_an_outline_of_one_is_said() {
        let third = Some(0.774 * 3.5 - 3.5);
        match asked(third, true) {
            Err(Error::MaskOfOther {
                volumes_mm3: [first, later],
                ..
            }) => {
                assert!((first / later - 3.0).abs() < 0.15, "{first} {later}");
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(asked(None, true), Err(Error::MaskOfOther { .. })));
        assert!(asked(third, false).unwrap()[0].contains("is not told"));
        // Two thirds of it may be a wide cut of the same mask, and is said.
        assert_eq!(asked(Some(0.2 * 3.5), true).unwrap().len(), 1);
        for whole in [3.5, 0.45 * 3.5] {
            assert_eq!(asked(Some(whole), true), Ok(Vec::new()), "{whole}");
        }
    }
}
