use super::rays::RayField;
use super::sphere::SPHERE;
use super::visit::VisitCavity;
use crate::local::LocalImage;
use crate::segmentation::BoneShape;
use crate::surface::SurfacePatch;
use crate::tuning::ContentsTuning;
use howship_image::PointMm;

/// What fills a cavity and what fills the spaces of the bone around it, where an image tells them apart.
///
/// Pannus is as dense as soft tissue, the marrow of fingers is fat: where a ray runs on into a marrow space, the wall
/// lies where one turns into the other, though there is no bone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Contents {
    /// Value inside of the cavity, away from bone.
    pub(crate) cavity: f64,
    /// Value of marrow spaces beyond the wall, away from bone.
    pub(crate) marrow: f64,
    /// SD of single values: noise, and what marrow varies by.
    pub(crate) sd: f64,
    /// Volume of a voxel, mm³.
    pub(crate) voxel_mm3: f64,
    /// Brighter than this after the finer smoothing is bone in part.
    pub(crate) most: f64,
}

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
                if !(deep && counts && image.from_bone(at).is_some_and(|d| d >= clear)) {
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

/// How much better the image along each ray is explained by what fills the cavity than by marrow.
pub(crate) struct RayContents {
    step: f64,
    /// Integral of the logarithm of the likelihoods' ratio from the centre on, per solid angle, ray by ray.
    sums: Vec<Vec<f64>>,
    /// Length of which something is known, mm.
    known: Vec<Vec<f64>>,
    /// What is expected of a place within either, per mm³.
    usual: f64,
    tuning: ContentsTuning,
}

impl RayContents {
    pub(crate) fn new(contents: &Contents, step: f64, tuning: &ContentsTuning) -> Self {
        let apart = (contents.cavity - contents.marrow) / contents.sd;
        Self {
            step,
            sums: Vec::new(),
            known: Vec::new(),
            tuning: *tuning,
            usual: tuning.weight * 0.5 * apart * apart / contents.voxel_mm3,
        }
    }

    /// Follows one ray to its end.
    fn follow(
        &mut self,
        (seen, contents): (&Seen<'_>, &Contents),
        at: impl Fn(f64) -> PointMm,
        end: f64,
    ) {
        let middle = 0.5 * (contents.cavity + contents.marrow);
        let half = 0.5 * (contents.cavity - contents.marrow);
        let (mut sum, mut known) = (0.0, 0.0);
        let (mut sums, mut lengths) = (vec![0.0], vec![0.0]);
        let mut r = 0.5 * self.step;
        while r < end {
            if let Some(value) = seen.value(at(r), contents) {
                sum += self.usual * (value - middle) / half * r * r * self.step;
                known += self.step;
            }
            sums.push(sum);
            lengths.push(known);
            r += self.step;
        }
        self.sums.push(sums);
        self.known.push(lengths);
    }

    fn at(&self, of: &[f64], r: f64) -> f64 {
        let x = (r / self.step).max(0.0);
        let i = x as usize;
        match (of.get(i), of.get(i + 1)) {
            (Some(a), Some(b)) => a + (b - a) * (x - i as f64),
            _ => of.last().copied().unwrap_or(0.0),
        }
    }

    /// Derivative of a ray's log likelihood by its radius, and the negative second derivative, both per solid angle.
    pub(crate) fn pull(&self, ray: usize, radius: f64) -> (f64, f64) {
        let tuning = &self.tuning;
        let (low, high) = (radius - tuning.over_mm, radius + tuning.over_mm);
        let mean = |of: &[f64]| (self.at(of, high) - self.at(of, low)) / (2.0 * tuning.over_mm);
        let most = tuning.most_pull;
        let known = mean(&self.known[ray]);
        let usual = (self.usual * radius * radius).min(most);
        (
            mean(&self.sums[ray]).clamp(-most, most * tuning.push),
            known * usual / tuning.over_mm,
        )
    }
}

/// What the visits show of a place: one of them first, then the others.
pub(crate) struct Seen<'a> {
    pub(crate) image: &'a LocalImage,
    pub(crate) others: Vec<&'a LocalImage>,
    /// Nearer to bone nothing is known, mm.
    pub(crate) clear: f64,
    /// Bone of two visits that show the same is as far away within so much, mm.
    pub(crate) as_far_mm: f64,
}

impl Seen<'_> {
    /// Mean over the visits that show the same there; `None` in bone or near it.
    ///
    /// Where nothing has changed all visits say the same of a wall, and their noise does not move it between them.
    fn value(&self, at: PointMm, contents: &Contents) -> Option<f64> {
        let raw = |image: &LocalImage| {
            let empty = image.fine(at).is_some_and(|v| v < contents.most);
            empty.then(|| image.raw(at)).flatten()
        };
        let bone = self.image.from_bone(at).filter(|d| *d >= self.clear)?;
        let (mut sum, mut count) = (raw(self.image)?, 1.0);
        let smooth = self.image.coarse(at)?;
        let near = 0.5 * (contents.cavity - contents.marrow).abs();
        for image in &self.others {
            // Bone that came or went nearby shows in both, and could hide what fills the place.
            let as_far = |d: f64| d >= self.clear && (d - bone).abs() <= self.as_far_mm;
            let alike = image.from_bone(at).is_some_and(as_far)
                && image.coarse(at).is_some_and(|v| (v - smooth).abs() < near);
            if let Some(value) = alike.then(|| raw(image)).flatten() {
                sum += value;
                count += 1.0;
            }
        }
        Some(sum / count)
    }
}

/// Follows every ray to what it hit, or to where it leaves.
pub(crate) fn follow_contents(
    rays: &mut RayField,
    (seen, centre): (&Seen<'_>, PointMm),
    contents: &Contents,
    tuning: &ContentsTuning,
) {
    let mut found = RayContents::new(contents, seen.image.step_mm(), tuning);
    for (i, direction) in SPHERE.directions.iter().enumerate() {
        let end = rays.hit[i].min(rays.exit[i]);
        found.follow((seen, contents), |r| centre + direction * r, end);
    }
    rays.contents = Some(found);
}
