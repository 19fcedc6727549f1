use super::{CavityVolume, PATCHES, RayField, SPHERE, WallFit};
use howship_image::{PointMm, VectorMm};

/// One lesion measured at one visit.
#[derive(Clone)]
pub(crate) struct VisitCavity {
    pub(crate) centre: PointMm,
    pub(crate) rays: RayField,
    pub(crate) wall: WallFit,
    pub(crate) volume: CavityVolume,
    /// Derivative of the volume by the wall threshold, mm³ per unit.
    pub(crate) per_threshold: f64,
    /// The volume seen from this centre and from others around it, mm³, the same others at each visit.
    pub(crate) views: Vec<f64>,
    /// Standard error of what cannot be seen behind a closed cortex, mm³.
    pub(crate) unseen_mm3: f64,
    /// How much of it may be a recess of the bone's own shape beside the lesion, mm³.
    pub(crate) recess_mm3: f64,
}

/// Distance between points that are asked whether they lie in a cavity, mm.
const STEP_MM: f64 = 0.1;

impl VisitCavity {
    /// Cuts the cavity to nearer boundaries; what its error consists of shrinks as its volume does.
    pub(crate) fn cut_to(&mut self, boundary: Vec<f64>) {
        let cubes = |radii: &[f64]| radii.iter().map(|r| r.powi(3)).sum::<f64>();
        let before = cubes(&self.volume.boundary);
        let share = if before > 0.0 {
            cubes(&boundary) / before
        } else {
            0.0
        };
        self.volume.boundary = boundary;
        self.volume.value *= share;
        self.volume.wall_mm2 *= share.powf(2.0 / 3.0);
        self.per_threshold *= share;
        for part in [
            &mut self.volume.influence,
            &mut self.volume.rim,
            &mut self.views,
        ] {
            part.iter_mut().for_each(|x| *x *= share);
        }
        self.volume.per_shift = self.volume.per_shift.map(|x| x * share);
    }

    /// What the fitted wall encloses beyond the end of the image, mm³.
    pub(crate) fn unseen_beyond_mm3(&self) -> f64 {
        let rays = self.volume.boundary.iter().zip(&self.rays.seen);
        let cubes = rays.map(|(end, seen)| (end.powi(3) - seen.powi(3)).max(0.0));
        SPHERE.solid_angle() / 3.0 * cubes.sum::<f64>()
    }

    /// Mean volume over the centres: a wall that is not star-shaped looks different from each.
    pub(crate) fn mean_volume(&self) -> f64 {
        self.views.iter().sum::<f64>() / self.views.len() as f64
    }

    /// Centre of the cavity's volume.
    pub(crate) fn centroid(&self) -> PointMm {
        let weight = SPHERE.solid_angle();
        let mut moment = VectorMm::zeros();
        for (direction, r) in SPHERE.directions.iter().zip(&self.volume.boundary) {
            moment += direction * (weight * r.powi(4) / 4.0);
        }
        self.centre + moment / self.volume.value.max(1e-9)
    }

    /// Furthest point of the boundary from the centre, mm.
    pub(crate) fn reach(&self) -> f64 {
        self.volume.boundary.iter().copied().fold(0.0, f64::max)
    }

    /// Distance to the wall in each direction from this or another place in the cavity, mm, to half a step; `None` outside.
    pub(crate) fn walls_from(&self, place: PointMm) -> Option<Vec<f64>> {
        if (place - self.centre).norm() < 1e-9 {
            return Some(self.wall.radius.clone());
        }
        let end = |direction: &VectorMm| {
            let mut r = 0.5 * STEP_MM;
            while self.contains(place + direction * r) {
                r += 0.5 * STEP_MM;
            }
            r
        };
        let inside = self.contains(place);
        inside.then(|| SPHERE.directions.iter().map(end).collect())
    }

    /// Each ray's direction with its distance to the boundary.
    pub(crate) fn boundary(&self) -> impl Iterator<Item = (&'static VectorMm, f64)> {
        SPHERE
            .directions
            .iter()
            .zip(self.volume.boundary.iter().copied())
    }

    /// Distance from the centre to the boundary in any direction: mean over the nearest rays by closeness.
    pub(crate) fn boundary_towards(&self, direction: VectorMm) -> f64 {
        let nearest = SPHERE.nearest(direction);
        let mut sum = 0.0;
        let mut weight = 0.0;
        for &i in std::iter::once(&nearest).chain(&SPHERE.neighbours[nearest]) {
            let angle = (1.0 - SPHERE.directions[i].dot(&direction)).max(0.0);
            let w = 1.0 / (angle + 1e-4);
            sum += w * self.volume.boundary[i];
            weight += w;
        }
        sum / weight
    }

    /// Whether a point lies inside the boundary.
    pub(crate) fn contains(&self, point: PointMm) -> bool {
        let offset = point - self.centre;
        let distance = offset.norm();
        if distance < 1e-9 {
            return self.volume.value > 0.0;
        }
        distance <= self.boundary_towards(offset / distance)
    }

    /// Share of this cavity that lies inside another, 0 to 1; `None` of an empty one.
    pub(crate) fn share_inside(&self, other: &Self) -> Option<f64> {
        let (mut kept, mut total) = (0.0, 0.0);
        for (direction, end) in self.boundary() {
            let mut r = 0.5 * STEP_MM;
            while r < end {
                let weight = r * r;
                total += weight;
                if other.contains(self.centre + direction * r) {
                    kept += weight;
                }
                r += STEP_MM;
            }
        }
        (total > 0.0).then(|| kept / total)
    }

    /// How far each ray stays inside one of some cavities, mm.
    pub(crate) fn cut_by(&self, cavities: &[&Self]) -> Vec<f64> {
        self.boundary()
            .map(|(direction, end)| {
                let inside = |r: f64| in_any(cavities, self.centre + direction * r);
                let step = 0.5 * STEP_MM;
                let mut r = 0.0;
                while r < end && inside(r) {
                    r += step;
                }
                if r >= end || r == 0.0 {
                    return r.min(end);
                }
                let (mut low, mut high) = (r - step, r);
                for _ in 0..8 {
                    let middle = 0.5 * (low + high);
                    if inside(middle) {
                        low = middle
                    } else {
                        high = middle
                    }
                }
                low
            })
            .collect()
    }
}

/// Whether a point lies in one of some cavities.
pub(crate) fn in_any(cavities: &[&VisitCavity], point: PointMm) -> bool {
    cavities.iter().any(|c| c.contains(point))
}

/// What lies in one of two cavities and not in the other, mm³; seen from one centre it is told by patches of wall, so that
/// the noise of single rays does not count.
pub(crate) fn between(a: &VisitCavity, b: &VisitCavity) -> f64 {
    let volume = |c: &VisitCavity| -> f64 {
        let cubes = c.volume.boundary.iter().map(|r| r.powi(3));
        SPHERE.solid_angle() / 3.0 * cubes.sum::<f64>()
    };
    if (a.centre - b.centre).norm() >= 1e-9 {
        let shared = a.share_inside(b).unwrap_or(0.0) * volume(a);
        return (volume(a) + volume(b) - 2.0 * shared).max(0.0);
    }
    let mut patches = [0.0; PATCHES];
    let ends = a.volume.boundary.iter().zip(&b.volume.boundary);
    for (patch, (x, y)) in SPHERE.patch.iter().zip(ends) {
        patches[*patch] += SPHERE.solid_angle() / 3.0 * (y.powi(3) - x.powi(3));
    }
    patches.iter().map(|p| p.abs()).sum()
}
