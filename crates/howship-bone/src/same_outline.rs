//! Whether the outlines of one bone at two visits hold one bone: masks are given visit by visit, and bones that touch at
//! one visit only are outlined as one.

use crate::Error;
use crate::common_field::CommonField;
use crate::register_bones::{BoneAtVisit, TrackedBone};
use crate::tuning::PlausibleTuning;
use crate::visit_shapes::VisitShapes;
use howship_change::Measurement;

/// Volumes of one bone inside its outlines, over what every visit shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outlined {
    /// Per visit; `None` where the bone was not aligned, or has no outline.
    volumes: Vec<Option<Measurement>>,
    /// Per visit, whether the bone was aligned: without an outline nothing is held of it then.
    aligned: Vec<bool>,
}

impl Outlined {
    fn of(visits: &[VisitShapes<'_>], bone: &TrackedBone) -> Self {
        let field = CommonField::of(visits, bone);
        let aligned = (0..visits.len()).map(|v| bone.aligned(v));
        let outline = |(v, here): (usize, Option<&BoneAtVisit>)| match v {
            0 => field.volume(0, &bone.shape),
            _ => field.volume(v, here?.outline.as_ref()?),
        };
        Self {
            volumes: aligned.clone().enumerate().map(outline).collect(),
            aligned: aligned.map(|here| here.is_some()).collect(),
        }
    }

    /// A visit's volume; `None` where it is not the baseline's bone's.
    pub(crate) fn volume(&self, visit: usize, limits: &PlausibleTuning) -> Option<Measurement> {
        let other = self.differs(visit, limits).is_some();
        self.volumes[visit].clone().filter(|_| !other)
    }

    /// The baseline's and a later visit's volume, mm³, where they differ by more than one bone's can.
    fn differs(&self, visit: usize, limits: &PlausibleTuning) -> Option<[f64; 2]> {
        if visit == 0 || !self.aligned[visit] {
            return None;
        }
        let first = self.volumes[0].as_ref()?;
        let (later, se) = match &self.volumes[visit] {
            Some(later) => (later.value, first.se.hypot(later.se)),
            None => (0.0, first.se),
        };
        let off = (first.value - later).abs();
        let differ = off > limits.volume_spread * 0.5 * (first.value + later)
            && off > limits.volume_errors * se;
        differ.then_some([first.value, later])
    }
}

fn by_far([first, later]: [f64; 2], limits: &PlausibleTuning) -> bool {
    first.max(later) > limits.volume_times * first.min(later)
}

/// Every bone's volumes inside its outlines, and what is said of outlines that do not hold one bone, though the bone
/// itself was found again by its own texture.
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
) -> Result<(Vec<Outlined>, Vec<String>), Error> {
    let (mut all, mut said) = (Vec::new(), Vec::new());
    for bone in bones {
        let outlined = Outlined::of(visits, bone);
        for (v, seen) in visits.iter().enumerate().skip(1) {
            let Some(volumes_mm3) = outlined.differs(v, limits) else {
                continue;
            };
            let (visit, first) = (seen.name().to_owned(), visits[0].name().to_owned());
            if masked[v] && by_far(volumes_mm3, limits) {
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
        all.push(outlined);
    }
    Ok((all, said))
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
    use crate::register_bones::BonePose;
    use crate::register_bones::tests::passing;
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
        Ok(same_outlines(&visits, &[bone], &[masked; 2], limits)?.1)
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
