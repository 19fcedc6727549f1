//! One bone of the baseline looked for at a later visit: from a start that is known, or from the bones' own masses.

use crate::Error;
use crate::coarse_start::{Mass, Start, coarse_starts, mirrored};
use crate::same_bone::TextureImage;
use crate::segmentation::BoneShape;
use crate::tuning::{AlignmentTuning, Tuning};
use crate::visit_shapes::VisitShapes;
use howship_image::{Mask, Region, RigidTransform, Volume, VolumeView};
use howship_register::{Gate, GateLimits, Registration, RigidOptions, register_rigid};

/// One bone of the baseline with its mask.
pub(crate) type Crop = (Volume<f32>, Mask);
pub(crate) type Registered = Result<Registration, howship_register::Error>;

/// The baseline that bones are looked for from.
pub(crate) struct BoneSearch<'a> {
    baseline: &'a VisitShapes<'a>,
    pub(crate) tuning: &'a Tuning,
    texture: TextureImage,
}

impl<'a> BoneSearch<'a> {
    pub(crate) fn new(baseline: &'a VisitShapes<'a>, tuning: &'a Tuning) -> Result<Self, Error> {
        Ok(Self {
            baseline,
            tuning,
            texture: TextureImage::of(baseline, &tuning.identity)?,
        })
    }

    pub(crate) fn crop(&self, shape: &BoneShape) -> Result<Crop, Error> {
        bone_crop(self.baseline.scan.volume, shape, &self.tuning.alignment)
    }

    /// A bone at a visit, looked for from another's motion; without one from where it lay and, if it is among the
    /// largest, from the bones' own masses.
    ///
    /// # Errors
    /// The largest, there only in the image's mirror image.
    pub(crate) fn find(
        &self,
        (crop, rank): (&Crop, usize),
        shape: &BoneShape,
        seen: &VisitShapes<'_>,
        hint: Option<&RigidTransform>,
    ) -> Result<Registered, Error> {
        let moving = seen.scan.volume.whole()?;
        let start = hint.copied().unwrap_or_else(RigidTransform::identity);
        let mut found = register(crop, &moving, &start);
        let lost = hint.is_none() && !passed(&found);
        if lost
            && rank < self.tuning.coarse.bones
            && let Some(masses) = Mass::of_both(self.baseline, seen)
        {
            let there = &seen.working;
            let starts = coarse_starts(self.baseline, there, &masses, &self.tuning.coarse)?;
            if rank == 0 && self.surely_mirrored(shape, seen, &masses, &starts)? {
                let visit = seen.name().to_owned();
                return Err(Error::Mirrored { visit });
            }
            let small = self.working_crop(shape)?;
            if let Some(start) = best_start(&small, there, &starts) {
                found = register(crop, &moving, &start);
            }
        }
        self.same_bone(found, shape, seen)
    }

    /// Whether a bone lies, trabeculae and all, in a visit's mirror image: then nothing else need be looked for.
    ///
    /// # Method
    /// Asked where the smoothed images agree better mirrored than straight, of the best start alone. Outlines of a bone
    /// and its mirror image may fit; the trabeculae of a bone that is not mirrored correlate there as another's do, so
    /// that no pair that can be compared is refused.
    fn surely_mirrored(
        &self,
        shape: &BoneShape,
        seen: &VisitShapes<'_>,
        (from, to): &(Mass, Mass),
        straight: &[Start],
    ) -> Result<bool, Error> {
        let (other, to) = mirrored(&seen.working, to)?;
        let starts = coarse_starts(self.baseline, &other, &(*from, to), &self.tuning.coarse)?;
        let agreement = |starts: &[Start]| starts.first().map(|start| start.agreement);
        let Some(start) = starts
            .first()
            .filter(|_| agreement(&starts) > agreement(straight))
        else {
            return Ok(false);
        };
        let found = register(&self.working_crop(shape)?, &other, &start.motion);
        let Some(found) = found.ok().filter(|found| found.gate.passed()) else {
            return Ok(false);
        };
        let there = TextureImage::of(seen, &self.tuning.identity)?.placed(other.geometry())?;
        let texture =
            (self.texture).compare(&there, shape, &found.transform, &self.tuning.identity);
        Ok(texture.is_some_and(|texture| texture.agrees(&self.tuning.identity)))
    }

    /// Whether a bone fits a visit's mirror image from any start, whatever its trabeculae say.
    pub(crate) fn fits_mirrored(
        &self,
        shape: &BoneShape,
        seen: &VisitShapes<'_>,
    ) -> Result<bool, Error> {
        let Some((from, to)) = Mass::of_both(self.baseline, seen) else {
            return Ok(false);
        };
        let (other, to) = mirrored(&seen.working, &to)?;
        let starts = coarse_starts(self.baseline, &other, &(from, to), &self.tuning.coarse)?;
        let crop = self.working_crop(shape)?;
        let mut fits = starts.iter();
        Ok(fits.any(|start| passed(&register(&crop, &other, &start.motion))))
    }

    /// A bone on the working grid.
    fn working_crop(&self, shape: &BoneShape) -> Result<Crop, Error> {
        bone_crop(
            (&self.baseline.working).into(),
            shape,
            &self.tuning.alignment,
        )
    }

    /// A bone that was lost, where another's motion says; `searched`: from there it has been searched for in vain.
    ///
    /// # Method
    /// A search from that motion; where it fails, that motion refined without one. A search scores poses on voxels of
    /// 0.5 mm, of which a bone that is half outside the field shows too few.
    pub(crate) fn find_again(
        &self,
        shape: &BoneShape,
        seen: &VisitShapes<'_>,
        hint: &RigidTransform,
        searched: bool,
    ) -> Result<Option<Registration>, Error> {
        let crop = self.crop(shape)?;
        let moving = seen.scan.volume.whole()?;
        if !searched {
            let found = register(&crop, &moving, hint);
            let found = self.same_bone(found, shape, seen)?;
            if passed(&found) {
                return Ok(found.ok());
            }
        }
        let near = RigidOptions {
            search: false,
            gate: GateLimits {
                min_overlap: self.tuning.alignment.least_shown,
                ..GateLimits::default()
            },
            ..RigidOptions::default()
        };
        let (fixed, mask) = &crop;
        let found = register_rigid(fixed, &moving, Some(mask), None, hint, &near);
        let found = self.same_bone(found, shape, seen)?.ok();
        Ok(found.filter(|f| f.gate.passed() && within_reach(f, hint, &near)))
    }

    /// A bone whose outline fits and whose trabeculae do not is another one.
    fn same_bone(
        &self,
        mut found: Registered,
        shape: &BoneShape,
        seen: &VisitShapes<'_>,
    ) -> Result<Registered, Error> {
        if let Ok(found) = &mut found
            && found.gate.passed()
        {
            // Made anew for each bone: kept, every visit would take as much again as its working image.
            let there = TextureImage::of(seen, &self.tuning.identity)?;
            let texture =
                self.texture
                    .compare(&there, shape, &found.transform, &self.tuning.identity);
            if let Some(reason) = texture.and_then(|t| t.differs(&self.tuning.identity)) {
                found.gate = Gate::Fail { reason };
            }
        }
        Ok(found)
    }
}

fn register((fixed, mask): &Crop, moving: &Volume<f32>, start: &RigidTransform) -> Registered {
    register_rigid(
        fixed,
        moving,
        Some(mask),
        None,
        start,
        &RigidOptions::default(),
    )
}

pub(crate) fn passed(found: &Registered) -> bool {
    found.as_ref().is_ok_and(|r| r.gate.passed())
}

/// Whether a pose lies no further from its start than a search would have looked.
fn within_reach(found: &Registration, start: &RigidTransform, options: &RigidOptions) -> bool {
    let shift = found.transform.apply(found.centre) - start.apply(found.centre);
    let turn = start.inverse().after(&found.transform).angle();
    shift.norm() <= options.max_translation_mm && turn <= options.max_rotation_rad
}

/// The best of far starts at which a bone is found, on the working grid.
fn best_start(crop: &Crop, later: &Volume<f32>, starts: &[Start]) -> Option<RigidTransform> {
    let mut best: Option<Registration> = None;
    for start in starts {
        let Ok(found) = register(crop, later, &start.motion) else {
            continue;
        };
        let better = best
            .as_ref()
            .is_none_or(|b| found.quality.correlation > b.quality.correlation);
        if found.gate.passed() && better {
            best = Some(found);
        }
    }
    best.map(|found| found.transform)
}

/// The baseline around one bone, and the bone with a little around it as mask.
fn bone_crop(
    volume: VolumeView<'_>,
    shape: &BoneShape,
    tuning: &AlignmentTuning,
) -> Result<Crop, Error> {
    let geometry = volume.geometry();
    let working = shape.envelope.geometry();
    let Some(box_) = shape.envelope.bounding_region() else {
        let whole = volume.whole()?.into_owned();
        return Ok((whole, Mask::filled(geometry.clone(), 1)));
    };
    let corner = |voxel: [usize; 3]| geometry.index(working.world(voxel.map(|v| v as f64)));
    let low = corner(box_.start);
    let high = corner(std::array::from_fn(|a| box_.start[a] + box_.size[a] - 1));
    let margin = geometry
        .spacing()
        .map(|s| (tuning.margin_mm / s).ceil() as usize);
    let start: [usize; 3] = std::array::from_fn(|a| low[a].max(0.0) as usize);
    let end: [usize; 3] =
        std::array::from_fn(|a| (high[a].ceil().max(0.0) as usize).min(geometry.size()[a] - 1));
    let region = Region::between(start, end).grown(margin, geometry.size());
    let crop = volume.crop(region)?;
    let distance = howship_image::resample(
        &shape.distance,
        crop.geometry(),
        &RigidTransform::identity(),
        howship_image::Interpolation::Linear,
        9.0,
    );
    let mask = distance.map(|d| u8::from(d < tuning.mask_mm as f32));
    Ok((crop, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bones_crop_shows_soft_tissue_all_around() {
        use crate::scene::{BONE, SOFT, options, shape};
        let grid = howship_image::Geometry::aligned([100, 96, 92], [0.1; 3]).unwrap();
        let middle = grid.centre();
        let scan = Volume::from_fn(grid.clone(), |v| {
            let inside = (grid.world(v.map(|i| i as f64)) - middle).norm() < 2.8;
            if inside { BONE as f32 } else { SOFT as f32 }
        });
        let options = options();
        let shape = shape(&scan, &options);
        let (crop, mask) = bone_crop((&scan).into(), &shape, &options.tuning.alignment).unwrap();
        // A registration needs the step from bone to soft tissue on every side: 1.2 mm of it, to a voxel.
        for (axis, size) in crop.size().into_iter().enumerate() {
            let soft = 0.5 * (0.1 * size as f64 - 5.6);
            assert!((soft - 1.2).abs() < 0.15, "axis {axis}: {soft} mm");
        }
        assert!(mask.count() as f64 * 0.001 > 4.0 / 3.0 * std::f64::consts::PI * 2.8f64.powi(3));
    }
}
