//! One visit before anything is measured: its bones and its levels of tissue.

use crate::input::{BoneMask, VisitScan};
use crate::levels::{Levels, mean_above, measure_levels};
use crate::plausibility;
use crate::segmentation::{BoneShape, given_bones, segment_bones};
use crate::working_grid::{coarsen, working_factor};
use crate::{BoneOptions, Error};
use howship_change::Visit;
use howship_image::{DensityUnit, Mask, Region, RigidTransform, ScanView, Volume};
use rayon::prelude::*;
use std::sync::Arc;

/// One visit with its bones.
pub(crate) struct VisitShapes<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) scan: ScanView<'a>,
    /// Its bones along the scanner's z axis.
    pub(crate) shapes: Vec<Arc<BoneShape>>,
    pub(crate) levels: Levels,
    /// The image on the working grid.
    pub(crate) working: Volume<f32>,
    /// The same, smoothed: what bones, levels and candidates are found in.
    pub(crate) smooth: Volume<f32>,
}

impl VisitShapes<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.visit.name
    }
}

/// Bones and levels of one visit.
pub(crate) fn segment_visit<'a>(
    given: &'a VisitScan<'_>,
    unit: DensityUnit,
    options: &BoneOptions,
) -> Result<VisitShapes<'a>, Error> {
    let (scan, visit) = (given.scan, &given.visit);
    let whole = scan.volume.whole()?;
    let (volume, name) = (&*whole, visit.name.as_str());
    refuse_constant(volume, name)?;
    let tuning = &options.tuning.bones;
    let working = coarsen(volume, working_factor(volume.geometry(), tuning.working_mm))?;
    let smooth = howship_ops::gaussian(&working, [tuning.smooth_mm; 3])?;
    let (shapes, threshold) = match &given.mask {
        Some(mask) => masked(mask, volume, &working, unit, options, name)?,
        None => {
            let unknown = || Error::UnitUnknown {
                visit: name.to_owned(),
            };
            let threshold = options.threshold_for(unit).ok_or_else(unknown)?;
            let shapes = segment_bones(&smooth, threshold, unit, options, name)
                .map_err(|error| without_bone(error, &scan, &working, name, options))?;
            (shapes, threshold)
        }
    };
    if shapes.is_empty() {
        let none = Error::NoBone {
            visit: name.to_owned(),
            threshold,
            unit,
            minimum_mm3: options.minimum_bone_mm3,
        };
        return Err(without_bone(none, &scan, &working, name, options));
    }
    let levels = levels_of(volume, smooth.clone(), &shapes, threshold, name, options)?;
    Ok(VisitShapes {
        visit,
        scan,
        shapes: shapes.into_iter().map(Arc::new).collect(),
        levels,
        working,
        smooth,
    })
}

/// No bone is often a wrong unit: where the numbers speak against theirs, that is the error, and it says which is right.
fn without_bone(
    error: Error,
    scan: &ScanView<'_>,
    working: &Volume<f32>,
    name: &str,
    options: &BoneOptions,
) -> Error {
    let Error::NoBone { threshold, .. } = error else {
        return error;
    };
    let limits = &options.tuning.plausible;
    let none = std::iter::empty();
    let seen = plausibility::evidence(name, scan, working, none, None, threshold, limits);
    seen.and_then(|seen| plausibility::judge(&[seen], limits))
        .err()
        .unwrap_or(error)
}

fn refuse_constant(volume: &Volume<f32>, name: &str) -> Result<(), Error> {
    let first = volume.data()[0];
    if volume.data().par_iter().all(|v| *v == first) {
        return Err(Error::Constant {
            visit: name.to_owned(),
            value: first,
        });
    }
    Ok(())
}

/// Refuses a grey-value image in a mask's place: each of its values would be a bone of its own.
fn not_too_many(mask: &BoneMask, visit: &str, most: usize) -> Result<(), Error> {
    if mask.holds_more_than(most) {
        return Err(Error::Implausible {
            visit: visit.to_owned(),
            reason: format!("the mask holds more than {most} different labels, as an image does, and no joint has so many bones"),
            advice: "give a mask of bones (one value for all, or one for each bone) with `--mask`, or leave it out".to_owned(),
        });
    }
    Ok(())
}

/// Bones given by the user, and the value above which tissue counts as bone.
fn masked(
    given: &BoneMask,
    volume: &Volume<f32>,
    working: &Volume<f32>,
    unit: DensityUnit,
    options: &BoneOptions,
    name: &str,
) -> Result<(Vec<BoneShape>, f64), Error> {
    let same = volume.geometry().require_same(given.geometry());
    same.map_err(|source| Error::Grid {
        what: "mask",
        visit: name.to_owned(),
        source,
    })?;
    not_too_many(given, name, options.tuning.bones.most_labels)?;
    let shapes = given_bones(given, working.geometry(), options)?;
    let threshold = match options.threshold_for(unit) {
        Some(threshold) => threshold,
        None => f64::from(howship_ops::otsu(working.data(), 256)?),
    };
    Ok((shapes, threshold))
}

/// Tissue levels from the middle slices at full resolution.
fn levels_of(
    volume: &Volume<f32>,
    mut smooth: Volume<f32>,
    shapes: &[BoneShape],
    threshold: f64,
    name: &str,
    options: &BoneOptions,
) -> Result<Levels, Error> {
    // Bone's level is that of bone: what is bright outside the envelopes does not count.
    for (o, v) in smooth.data_mut().iter_mut().enumerate() {
        if shapes.iter().all(|s| s.envelope.data()[o] == 0) {
            *v = f32::MIN;
        }
    }
    let bone = mean_above(smooth.data(), threshold);
    drop(smooth);
    let [nx, ny, nz] = volume.size();
    let thick = nz.min(options.tuning.bones.slab_slices.max(1));
    let region = Region {
        start: [0, 0, (nz - thick) / 2],
        size: [nx, ny, thick],
    };
    let slab = volume.crop(region)?;
    let mut bones = Mask::filled(slab.geometry().clone(), 0);
    for shape in shapes {
        let identity = RigidTransform::identity();
        let part = howship_image::resample_labels(&shape.envelope, slab.geometry(), &identity);
        for (b, p) in bones.data_mut().iter_mut().zip(part.data()) {
            *b |= *p;
        }
    }
    measure_levels(&slab, &bones, threshold, bone, name, &options.tuning.levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated};
    use howship_image::Labels;

    fn given(labels: impl Fn(usize, f32) -> u32) -> Result<usize, Error> {
        let volume = Ball::solid().render();
        let values = volume.data().iter().enumerate();
        let values = values.map(|(o, v)| labels(o, *v)).collect();
        let mask = Labels::new(volume.geometry().clone(), values).unwrap();
        let scan = stated(volume, DensityUnit::MgHaPerCm3);
        let mut visit = VisitScan::pairs(Visit::unnamed(1), [&scan]).remove(0);
        visit.mask = Some(mask.into());
        let shapes = segment_visit(&visit, DensityUnit::MgHaPerCm3, &options())?.shapes;
        Ok(shapes.len())
    }

    /// The image itself in the mask's place took all memory: a bone, with its distances, for each value.
    #[test]
    fn an_image_in_a_masks_place_is_refused() {
        let error = given(|o, v| if v > 300.0 { 1 + (o % 5000) as u32 } else { 0 }).unwrap_err();
        let told = format!("{error}; {}", error.hint().unwrap());
        assert!(
            told.contains("more than 64") && told.contains("--mask"),
            "{told}"
        );
    }

    #[test]
    fn specks_of_a_mask_are_no_bones_and_odd_labels_are() {
        let specked = |o: usize, v: f32| u32::from(v > 300.0 || o.is_multiple_of(37)) * 1000;
        assert_eq!(given(specked).unwrap(), 1);
        assert_eq!(given(|_, v| u32::from(v > 300.0) * 70_000).unwrap(), 1);
    }
}
