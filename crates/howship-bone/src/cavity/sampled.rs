use super::contents::{Contents, MarrowByDistance};
use super::sphere::SPHERE;
use super::visit::VisitCavity;
use crate::local::LocalImage;
use crate::segmentation::BoneShape;
use crate::surface::SurfacePatch;
use crate::tuning::ContentsTuning;

/// What an image reads at a place, and how much of space that stands for.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Distance to bone, mm.
    bone_mm: f64,
    value: f64,
    mm3: f64,
}

fn mm3(of: &[Sample]) -> f64 {
    of.iter().map(|s| s.mm3).sum()
}

/// Weighted median; NaN of none.
fn median(mut of: Vec<Sample>) -> f64 {
    of.sort_by(|a, b| a.value.total_cmp(&b.value));
    let half = 0.5 * mm3(&of);
    let mut sum = 0.0;
    for sample in &of {
        sum += sample.mm3;
        if sum >= half {
            return sample.value;
        }
    }
    f64::NAN
}

/// SD about a value, by the median absolute deviation.
fn sd(of: &[Sample], about: f64) -> f64 {
    let away = of.iter().map(|s| Sample {
        value: (s.value - about).abs(),
        ..*s
    });
    1.4826 * median(away.collect())
}

/// Samples of a lesion's cavities, and of the marrow around them, over the visits.
#[derive(Default)]
pub(crate) struct Sampled {
    cavity: Vec<Sample>,
    marrow: Vec<Sample>,
    voxel_mm3: f64,
    /// As near to bone as anything was looked at, mm.
    clear: f64,
}

impl Sampled {
    /// Adds one visit; what an `open` one's cavity holds counts, behind a closed cortex it may be marrow.
    pub(crate) fn add(
        &mut self,
        (cavity, image): (&VisitCavity, &LocalImage),
        (surface, shape): (&SurfacePatch, &BoneShape),
        open: bool,
        tuning: &ContentsTuning,
    ) {
        self.voxel_mm3 = self.voxel_mm3.max(image.voxel_mm().powi(3));
        self.clear = tuning.clear_blurs * cavity.rays.blur_mm;
        for (direction, wall) in cavity.boundary() {
            let mut r = tuning.sample_mm;
            while r < cavity.rays.reach {
                let at = cavity.centre + direction * r;
                let mm3 = SPHERE.solid_angle() * r * r * tuning.sample_mm;
                let inner = r < tuning.core * wall;
                let outer = r > wall + tuning.beyond_mm;
                r += tuning.sample_mm;
                let deep = surface.depth(at).is_some_and(|d| d > tuning.depth_mm);
                // The patch knows nothing of the bone's other side.
                let in_bone = || shape.depth(at).is_some_and(|d| d < -tuning.depth_mm);
                let counts = inner && open || outer && in_bone();
                let clear = self.clear;
                let bone = image.distance_to_bone(at).filter(|d| *d >= clear);
                let (true, Some(bone_mm), Some(value)) = (deep && counts, bone, image.raw(at))
                else {
                    continue;
                };
                let kind = if inner {
                    &mut self.cavity
                } else {
                    &mut self.marrow
                };
                kind.push(Sample {
                    bone_mm,
                    value,
                    mm3,
                });
            }
        }
    }

    /// What fills both; `None` where too little of either is seen, or noise could be all that differs.
    pub(crate) fn contents(self, tuning: &ContentsTuning) -> Option<Contents> {
        let marrow = self.marrow_by_distance(tuning);
        let above = |of: &[Sample]| -> Vec<Sample> {
            let known = of.iter().filter_map(|s| {
                let value = s.value - marrow.at(s.bone_mm)?;
                Some(Sample { value, ..*s })
            });
            known.collect()
        };
        let (inside, outside) = (above(&self.cavity), above(&self.marrow));
        let (seen, beyond) = (mm3(&inside), mm3(&outside));
        if seen.min(beyond) < tuning.enough_mm3 {
            return None;
        }
        let apart = median(inside.clone());
        let sd = sd(&outside, 0.0).max(sd(&inside, apart)).max(1e-6);
        let alike = tuning.alike_voxels * self.voxel_mm3;
        let se = sd * (alike / seen + alike / beyond).sqrt();
        let cavity = median(self.cavity);
        let brightest = marrow.brightest().max(cavity);
        // Bone that is not resolved makes marrow brighter, the more so the coarser the voxels: a cavity that is darker
        // than marrow shows nothing but that.
        let told = apart > tuning.least_z * se;
        told.then_some(Contents {
            cavity,
            marrow,
            apart,
            sd,
            voxel_mm3: self.voxel_mm3,
            most: brightest + tuning.most_sd * sd,
        })
    }

    /// Medians over steps of distance of which enough is seen.
    fn marrow_by_distance(&self, tuning: &ContentsTuning) -> MarrowByDistance {
        let step = tuning.distance_step_mm;
        let steps = (tuning.within_mm / step).round() as usize;
        let knot = |k: usize| {
            let middle = self.clear + step * (k as f64 + 0.5);
            let last = k + 1 == steps;
            let near =
                |s: &&Sample| (s.bone_mm - middle).abs() <= step || last && s.bone_mm > middle;
            let seen: Vec<Sample> = self.marrow.iter().filter(near).copied().collect();
            (mm3(&seen) >= tuning.enough_mm3).then(|| (middle, median(seen)))
        };
        MarrowByDistance::new(self.clear, (0..steps).filter_map(knot).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;

    /// Marrow, brighter near to bone by what is not resolved of it.
    fn marrow_at(bone_mm: f64) -> f64 {
        -54.0 + 80.0 * (-(bone_mm - 0.15) / 0.06).exp()
    }

    /// Marrow between 0.15 and 0.55 mm from bone, a cavity whose samples lie only between 0.15 and 0.25 mm from it.
    fn seen(cavity: impl Fn(f64) -> f64) -> Sampled {
        let sample = |value: f64, bone_mm: f64, k: usize| Sample {
            bone_mm,
            // Noise of SD 50 without a generator: the golden ratio's multiples are even.
            value: value + 50.0 * 3f64.sqrt() * (2.0 * (k as f64 * 0.618_034).fract() - 1.0),
            mm3: 2e-4,
        };
        let far = |k: usize, most: f64| 0.15 + most * ((k % 400) as f64 + 0.5) / 400.0;
        let marrow = (0..8000).map(|k| sample(marrow_at(far(k, 0.4)), far(k, 0.4), k));
        let inside = (0..2000).map(|k| sample(cavity(far(k, 0.1)), far(k, 0.1), k));
        Sampled {
            cavity: inside.collect(),
            marrow: marrow.collect(),
            voxel_mm3: 2e-4,
            clear: 0.15,
        }
    }

    #[test]
    fn a_cavity_is_compared_with_marrow_that_is_as_near_to_bone() {
        let tuning = &options().tuning.contents;
        // Soft tissue: 54 above marrow away from bone, 26 below what is nearest to it, 12 above on average.
        let told = seen(|_| 0.0).contents(tuning).unwrap();
        let mean = (0..100).map(|k| marrow_at(0.15 + 0.1 * (f64::from(k) + 0.5) / 100.0));
        let apart = -mean.sum::<f64>() / 100.0;
        assert!((told.apart - apart).abs() < 8.0, "{told:?}, {apart}");
        assert!(told.cavity.abs() < 8.0, "{told:?}");
        for bone_mm in [0.2, 0.3, 0.45] {
            let marrow = told.marrow.at(bone_mm).unwrap();
            // Each value is the median of a tenth of a millimetre.
            assert!(
                (marrow - marrow_at(bone_mm)).abs() < 8.0,
                "{marrow} at {bone_mm}"
            );
        }
    }

    #[test]
    fn marrow_that_is_brighter_than_the_cavity_is_bone_in_part_and_tells_nothing() {
        let tuning = &options().tuning.contents;
        assert!(seen(|_| 60.0).contents(tuning).is_some());
        assert_eq!(seen(|_| -60.0).contents(tuning), None);
    }

    #[test]
    fn marrow_in_the_cavity_is_not_told_from_marrow_for_lying_nearer_to_bone() {
        let tuning = &options().tuning.contents;
        assert_eq!(seen(marrow_at).contents(tuning), None);
    }
}
