use super::sphere::SPHERE;
use crate::local::LocalImage;
use crate::tuning::ContentsTuning;
use howship_image::PointMm;

/// What fills a cavity and what fills the spaces of the bone around it, where an image tells them apart.
///
/// Pannus is as dense as soft tissue, the marrow of fingers is fat: where a ray runs on into a marrow space, the wall
/// lies where one turns into the other, though there is no bone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    /// Value inside of the cavity, away from bone.
    pub(crate) cavity: f64,
    /// Value of marrow spaces beyond the wall.
    pub(crate) marrow: MarrowByDistance,
    /// How much brighter than marrow the cavity is, as far from bone as its own places are; above 0.
    pub(crate) apart: f64,
    /// SD of single values: noise, and what marrow varies by.
    pub(crate) sd: f64,
    /// Volume of a voxel, mm³.
    pub(crate) voxel_mm3: f64,
    /// Brighter than this after the finer smoothing is bone in part.
    pub(crate) most: f64,
}

/// Value of marrow by its distance to bone: near to it bone that is not resolved makes it brighter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MarrowByDistance {
    /// Distances and values, ascending.
    knots: Vec<(f64, f64)>,
}

impl MarrowByDistance {
    /// Known at some distances, ascending; from `nearest` on to the first of them as there.
    pub(super) fn new(nearest: f64, mut knots: Vec<(f64, f64)>) -> Self {
        if let Some(&(_, value)) = knots.first() {
            knots.insert(0, (nearest, value));
        }
        Self { knots }
    }

    /// The largest of its values.
    pub(super) fn brightest(&self) -> f64 {
        let values = self.knots.iter().map(|k| k.1);
        values.fold(f64::NEG_INFINITY, f64::max)
    }

    /// Between what is known; beyond the last distance as there, nearer to bone than the first unknown.
    pub(crate) fn at(&self, distance: f64) -> Option<f64> {
        let i = self.knots.partition_point(|k| k.0 <= distance);
        let (from, value) = *self.knots.get(i.checked_sub(1)?)?;
        let Some(&(to, next)) = self.knots.get(i) else {
            return Some(value);
        };
        Some(value + (next - value) * (distance - from) / (to - from))
    }
}

/// How much better the image along each ray is explained by what fills the cavity than by marrow.
///
/// # Method
/// A region term beside the edges (active contours without edges; Chan and Vese, IEEE Trans Image Process 2001, *from
/// memory*): normal values of equal SD on both sides of the wall, each voxel with a tenth of its weight, since neighbours
/// share noise, over 0.16 mm of a ray. What a ray says is its mean with its neighbours, scaled so that what is usual
/// pulls at most as a hit does, and cut off alike in both directions: single rays are mostly noise where marrow differs
/// little, and what is cut off more in one direction than in the other would move every wall.
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
        let apart = contents.apart / contents.sd;
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
        self.add(contents, |r| seen.above_marrow(at(r), contents), end);
    }

    /// Adds a ray: how far above marrow it and the cavity read at each distance up to its end.
    fn add(
        &mut self,
        contents: &Contents,
        mut above_marrow: impl FnMut(f64) -> Option<(f64, f64)>,
        end: f64,
    ) {
        let per_apart = 2.0 * self.usual / (contents.apart * contents.apart);
        let (mut sum, mut known) = (0.0, 0.0);
        let (mut sums, mut lengths) = (vec![0.0], vec![0.0]);
        let mut r = 0.5 * self.step;
        while r < end {
            if let Some((above, apart)) = above_marrow(r) {
                sum += per_apart * apart * (above - 0.5 * apart) * r * r * self.step;
                known += (apart / contents.apart).powi(2) * self.step;
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

    /// Each ray's mean with its neighbours, as far as it goes itself.
    pub(super) fn smooth(&mut self) {
        let smoothed = |of: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let ray = |i: usize| {
                let near = || std::iter::once(&i).chain(&SPHERE.neighbours[i]);
                let mean = |k: usize| {
                    let r = k as f64 * self.step;
                    near().map(|&j| self.at(&of[j], r)).sum::<f64>() / near().count() as f64
                };
                (0..of[i].len()).map(mean).collect()
            };
            (0..of.len()).map(ray).collect()
        };
        (self.sums, self.known) = (smoothed(&self.sums), smoothed(&self.known));
    }

    /// Derivative of a ray's log likelihood by its radius, and the negative second derivative, both per solid angle.
    pub(crate) fn pull(&self, ray: usize, radius: f64) -> (f64, f64) {
        let tuning = &self.tuning;
        let (low, high) = (radius - tuning.over_mm, radius + tuning.over_mm);
        let mean = |of: &[f64]| (self.at(of, high) - self.at(of, low)) / (2.0 * tuning.over_mm);
        let most = tuning.most_pull;
        let known = mean(&self.known[ray]);
        let full = self.usual * radius * radius;
        let usual = full.min(most);
        let share = if full > most { most / full } else { 1.0 };
        (
            (share * mean(&self.sums[ray])).clamp(-most, most),
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
    /// How far above marrow that is as near to bone a place reads, and how far above it the cavity would, both mean over
    /// the visits that show the same there; `None` in bone, or so near to it that neither is known.
    ///
    /// Where nothing has changed all visits say the same of a wall, and their noise does not move it between them.
    fn above_marrow(&self, at: PointMm, contents: &Contents) -> Option<(f64, f64)> {
        let above = |image: &LocalImage, distance: f64| {
            let empty = image.fine(at).is_some_and(|v| v < contents.most);
            let marrow = contents.marrow.at(distance)?;
            let apart = contents.cavity - marrow;
            // Where bone that is not resolved hides the difference nothing is told.
            let told = empty && apart > 0.0;
            told.then(|| Some((image.raw(at)? - marrow, apart)))?
        };
        let far = |d: &f64| *d >= self.clear;
        let bone = self.image.distance_to_bone(at).filter(far)?;
        let (mut sum, mut apart) = above(self.image, bone)?;
        let mut count = 1.0;
        let smooth = self.image.coarse(at)?;
        let near = 0.5 * contents.apart;
        for image in &self.others {
            // Bone that came or went nearby shows in both, and could hide what fills the place.
            let as_far = |d: &f64| far(d) && (d - bone).abs() <= self.as_far_mm;
            let alike = image.coarse(at).is_some_and(|v| (v - smooth).abs() < near);
            let there = image.distance_to_bone(at).filter(as_far);
            if let Some((more, further)) = there.filter(|_| alike).and_then(|d| above(image, d)) {
                sum += more;
                apart += further;
                count += 1.0;
            }
        }
        Some((sum / count, apart / count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;
    use howship_stats::normal_quantile;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn noise_stronger_than_what_differs_moves_no_wall() {
        let contents = Contents {
            cavity: 0.0,
            marrow: MarrowByDistance::new(0.15, vec![(0.2, -54.0)]),
            apart: 54.0,
            sd: 80.0,
            voxel_mm3: 0.0607_f64.powi(3),
            most: 100.0,
        };
        let (wall, step) = (1.98, 0.06);
        let tuning = &options().tuning.contents;
        let mut rays = RayContents::new(&contents, step, tuning);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in &SPHERE.directions {
            let noisy = |r: f64| {
                let noise = normal_quantile(rng.random_range(1e-6..1.0 - 1e-6)).unwrap();
                let mean = if r < wall { 54.0 } else { 0.0 };
                Some((mean + 80.0 * noise, 54.0))
            };
            rays.add(&contents, noisy, 4.0);
        }
        rays.smooth();
        let mean = |radius: f64| {
            let pulls = (0..SPHERE.directions.len()).map(|ray| rays.pull(ray, radius).0);
            pulls.sum::<f64>() / SPHERE.directions.len() as f64
        };
        // Outwards on this side as strongly as inwards on that, and nothing at the wall, within three standard errors of
        // so many rays' mean.
        let (inside, outside) = (mean(1.6), mean(2.4));
        let se = tuning.most_pull * (80.0 / 27.0) * (step / (2.0 * tuning.over_mm)).sqrt()
            / (SPHERE.directions.len() as f64).sqrt();
        assert!(inside > 0.5 * tuning.most_pull, "{inside}");
        assert!(
            (inside + outside).abs() < 3.0 * 2f64.sqrt() * se,
            "{inside}, {outside}, {se}"
        );
        assert!(mean(wall).abs() < 3.0 * se, "{}, {se}", mean(wall));
    }

    #[test]
    fn marrow_is_known_between_its_knots_and_beyond_them_but_not_nearer_to_bone() {
        let marrow = MarrowByDistance::new(0.15, vec![(0.2, 40.0), (0.3, 20.0), (0.5, 0.0)]);
        assert_eq!(marrow.at(0.149), None);
        assert_eq!(marrow.at(0.15), Some(40.0));
        assert!((marrow.at(0.25).unwrap() - 30.0).abs() < 1e-9);
        assert!((marrow.at(0.45).unwrap() - 5.0).abs() < 1e-9);
        assert_eq!(marrow.at(2.0), Some(0.0));
        assert_eq!(marrow.brightest(), 40.0);
        assert_eq!(MarrowByDistance::default().at(1.0), None);
    }
}
