use super::contents::Contents;
use super::sphere::SPHERE;
use super::visit::VisitCavity;
use crate::local::LocalImage;
use crate::segmentation::BoneShape;
use crate::surface::SurfacePatch;
use crate::tuning::ContentsTuning;

/// Values of one kind of place and how much of space they stand for.
#[derive(Default)]
pub(crate) struct Samples(Vec<(f64, f64)>);

impl Samples {
    fn add(&mut self, value: f64, mm3: f64) {
        self.0.push((value, mm3));
    }

    fn mm3(&self) -> f64 {
        self.0.iter().map(|(_, w)| w).sum()
    }

    /// Weighted median.
    fn median(&mut self) -> f64 {
        self.0.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = 0.5 * self.mm3();
        let mut sum = 0.0;
        for &(value, weight) in &self.0 {
            sum += weight;
            if sum >= half {
                return value;
            }
        }
        f64::NAN
    }

    /// SD about a value, by the median absolute deviation.
    fn sd(&self, about: f64) -> f64 {
        let away = self.0.iter().map(|&(v, w)| ((v - about).abs(), w));
        1.4826 * Self(away.collect()).median()
    }
}

/// Samples of a lesion's cavities, and of the marrow around them, over the visits.
#[derive(Default)]
pub(crate) struct Sampled {
    cavity: Samples,
    marrow: Samples,
    voxel_mm3: f64,
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
        let clear = tuning.clear_blurs * cavity.rays.blur_mm;
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
                if !(deep && counts && image.distance_to_bone(at).is_some_and(|d| d >= clear)) {
                    continue;
                }
                if let Some(value) = image.raw(at) {
                    let kind = if inner {
                        &mut self.cavity
                    } else {
                        &mut self.marrow
                    };
                    kind.add(value, mm3);
                }
            }
        }
    }

    /// What fills both; `None` where too little of either is seen, or noise could be all that differs.
    pub(crate) fn contents(mut self, tuning: &ContentsTuning) -> Option<Contents> {
        let (inside, outside) = (self.cavity.mm3(), self.marrow.mm3());
        if inside.min(outside) < tuning.enough_mm3 {
            return None;
        }
        let (cavity, marrow) = (self.cavity.median(), self.marrow.median());
        let sd = self.marrow.sd(marrow).max(self.cavity.sd(cavity)).max(1e-6);
        let alike = tuning.alike_voxels * self.voxel_mm3;
        let se = sd * (alike / inside + alike / outside).sqrt();
        let contents = Contents {
            cavity,
            marrow,
            sd,
            voxel_mm3: self.voxel_mm3,
            most: cavity.max(marrow) + tuning.most_sd * sd,
        };
        ((cavity - marrow).abs() > tuning.least_z * se).then_some(contents)
    }
}
