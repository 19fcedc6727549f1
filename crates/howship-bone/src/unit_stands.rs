//! Whether a scan's tissues lie where its unit says that they must.

use crate::input::VisitScan;
use crate::plausibility::{Evidence, evidence, judge, seen_soft};
use crate::visit_shapes::{VisitShapes, segment_visit};
use crate::{BoneOptions, Error};
use howship_change::Visit;
use howship_image::Scan;

/// Refuses a scan whose numbers cannot be in the unit that they are said to be in, as every measurement does.
///
/// # Limits
/// Where no bone is found only what needs none is held against the unit.
///
/// # Errors
/// [`Error::Implausible`], with the evidence and what the unit may be.
pub fn unit_stands(scan: &Scan, options: &BoneOptions) -> Result<(), Error> {
    options.check()?;
    let given = VisitScan::pairs(Visit::unnamed(1), [scan]).remove(0);
    match segment_visit(&given, scan.unit, options) {
        Ok(seen) => {
            judge(&[evidence_of(&seen, options)?], &options.tuning.plausible)?;
            Ok(())
        }
        Err(error @ Error::Implausible { .. }) => Err(error),
        // That no bone is found here is no fault of the unit's.
        Err(_) => Ok(()),
    }
}

/// What a segmented visit says for or against its unit.
pub(crate) fn evidence_of(
    seen: &VisitShapes<'_>,
    options: &BoneOptions,
) -> Result<Evidence, Error> {
    let limits = &options.tuning.plausible;
    let threshold = options.threshold_for(seen.scan.unit);
    let usual = threshold.map(|t| options.tuning.levels.usual_soft * t);
    let soft = seen_soft(seen.levels.soft, usual);
    let shapes = seen.shapes.iter().map(AsRef::as_ref);
    let bone = seen.levels.bone;
    evidence(
        seen.name(),
        &seen.scan,
        &seen.working,
        shapes,
        soft,
        bone,
        limits,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated};
    use howship_image::DensityUnit;

    /// The ball's densities stand; as the Hounsfield units that they are where 1 mgHA/cm³ is 2.6 HU, they do not.
    #[test]
    fn hounsfield_units_are_no_densities() {
        let scan = stated(Ball::solid().render(), DensityUnit::MgHaPerCm3);
        assert_eq!(unit_stands(&scan, &options()), Ok(()));
        let mut other = scan.clone();
        // By the calibration of an XtremeCT II: HU = (density + 391.2) / 0.3863 − 1000.
        other.volume = scan.volume.map(|v| (v + 391.2) / 0.3863 - 1000.0);
        // A tenth of the field is air, beside the ball.
        let nx = scan.volume.size()[0];
        let rows = other.volume.data_mut().chunks_mut(nx);
        rows.for_each(|row| row[..nx / 10].fill(-1000.0));
        let error = unit_stands(&other, &options()).unwrap_err();
        assert!(error.hint().unwrap().contains("--unit HU"), "{error}");
    }
}
