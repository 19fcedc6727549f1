use crate::local::LocalImage;
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

/// How much better the image along each ray is explained by what fills the cavity than by marrow.
///
/// # Method
/// A region term beside the edges (active contours without edges; Chan and Vese, IEEE Trans Image Process 2001, *from
/// memory*): normal values of equal SD on both sides of the wall, each voxel with a tenth of its weight, since neighbours
/// share noise, over 0.16 mm of a ray.
///
/// # Limits
/// Fat within a lesion reads as marrow, oedematous marrow as the lesion; near bone nothing is known.
#[derive(Clone)]
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
    pub(super) fn follow(
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
        let bone = self
            .image
            .distance_to_bone(at)
            .filter(|d| *d >= self.clear)?;
        let (mut sum, mut count) = (raw(self.image)?, 1.0);
        let smooth = self.image.coarse(at)?;
        let near = 0.5 * (contents.cavity - contents.marrow).abs();
        for image in &self.others {
            // Bone that came or went nearby shows in both, and could hide what fills the place.
            let as_far = |d: f64| d >= self.clear && (d - bone).abs() <= self.as_far_mm;
            let alike = image.distance_to_bone(at).is_some_and(as_far)
                && image.coarse(at).is_some_and(|v| (v - smooth).abs() < near);
            if let Some(value) = alike.then(|| raw(image)).flatten() {
                sum += value;
                count += 1.0;
            }
        }
        Some(sum / count)
    }
}
