//! Scenes whose every number is known in closed form: a solid ball of bone with a ball taken out of it.

use crate::BoneOptions;
use crate::detect::Place;
use crate::input::VisitScan;
use crate::lesion::{MeasuredLesion, VisitImage, measure_lesion};
use crate::levels::Levels;
use crate::likeness::Likeness;
use crate::local::LocalImage;
use crate::segmentation::{BoneShape, segment_bones};
use crate::select::BoneLesion;
use howship_change::Visit;
use howship_image::{
    DensityUnit, Geometry, Labels, PointMm, RigidTransform, Scan, UnitKnown, VectorMm, Volume,
};

/// Soft tissue and bone, mgHA/cm³.
pub(crate) const SOFT: f64 = 40.0;
pub(crate) const BONE: f64 = 800.0;

/// Waves of 1 mm stand for trabeculae, rad/mm.
const WAVES_PER_MM: f64 = std::f64::consts::TAU;

/// The options of every test; `HOWSHIP_BONE_BREAK=stage.number=value` changes one number, to see a test fail.
pub(crate) fn options() -> BoneOptions {
    let mut options = BoneOptions::default();
    if let Ok(change) = std::env::var("HOWSHIP_BONE_BREAK") {
        let (name, value) = change.split_once('=').unwrap();
        assert!(options.tuning.set(name, value.parse().unwrap()), "{name}");
    }
    options
}

/// A ball of bone at the origin; balls of soft tissue taken out of it.
#[derive(Debug, Clone)]
pub(crate) struct Ball {
    pub(crate) radius: f64,
    /// Thickness of a cortex of [`BONE`]; what lies under it reads `spongy`, with waves of this amplitude.
    pub(crate) cortex_mm: f64,
    pub(crate) spongy: f64,
    pub(crate) waves: f64,
    /// New bone under the cortex: centre, radius, density of each ball of it.
    pub(crate) filled: Vec<(PointMm, f64, f64)>,
    /// Holes begin so far under the surface: cortex has closed over them.
    pub(crate) covered_mm: f64,
    /// Centre and radius of each.
    pub(crate) holes: Vec<(PointMm, f64)>,
    pub(crate) spacing: [f64; 3],
    /// Sign of the grid's first axis.
    pub(crate) flip: f64,
    /// Scene → this scan.
    pub(crate) motion: RigidTransform,
}

impl Ball {
    pub(crate) fn solid() -> Self {
        Self {
            radius: 3.5,
            cortex_mm: 0.0,
            spongy: BONE,
            waves: 0.0,
            filled: Vec::new(),
            covered_mm: 0.0,
            holes: Vec::new(),
            spacing: [0.1; 3],
            flip: 1.0,
            motion: RigidTransform::identity(),
        }
    }

    /// With a cortex and a texture by which its turns can be told.
    pub(crate) fn textured() -> Self {
        Self {
            cortex_mm: 0.4,
            spongy: 350.0,
            waves: 250.0,
            ..Self::solid()
        }
    }

    /// With a cavity of this radius whose centre lies `sink` mm under the pole in a direction.
    pub(crate) fn with_cavity(self, towards: VectorMm, sink: f64, radius: f64) -> Self {
        let centre = PointMm::from(towards.normalize() * (self.radius - sink));
        let mut holes = self.holes;
        holes.push((centre, radius));
        Self { holes, ..self }
    }

    /// Signed distance to the bone, positive inside.
    fn inside(&self, at: PointMm) -> f64 {
        let outer = self.radius - at.coords.norm();
        let holes = self.holes.iter().map(|(c, r)| (at - c).norm() - r);
        let hole = holes.fold(f64::INFINITY, f64::min);
        let covered = if self.covered_mm > 0.0 {
            self.covered_mm - outer
        } else {
            f64::NEG_INFINITY
        };
        outer.min(hole.max(covered))
    }

    /// Density of bone, partial volume of the cortex's inner face as a ramp of this width.
    fn bone(&self, at: PointMm, width: f64) -> f64 {
        let share = |distance: f64| (distance / width + 0.5).clamp(0.0, 1.0);
        let cortex = share(at.coords.norm() - (self.radius - self.cortex_mm));
        let wave = at.coords.map(|x| (x * WAVES_PER_MM).sin());
        let mut under = self.spongy + self.waves * wave.x * wave.y * wave.z * 1.5;
        for (centre, radius, density) in &self.filled {
            under += (density - under) * share(radius - (at - centre).norm());
        }
        if self.cortex_mm > 0.0 {
            under += (BONE - under) * cortex;
        }
        under
    }

    /// The scan; partial volume as a ramp one voxel wide.
    pub(crate) fn render(&self) -> Volume<f32> {
        let extent = 2.0 * (self.radius + 1.2);
        let size = self.spacing.map(|s| (extent / s).round() as usize);
        let direction = [[self.flip, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let half: [f64; 3] =
            std::array::from_fn(|a| 0.5 * (size[a] as f64 - 1.0) * self.spacing[a]);
        let middle = self.motion.apply(PointMm::origin());
        let origin = [
            middle.x - self.flip * half[0],
            middle.y - half[1],
            middle.z - half[2],
        ];
        let grid = Geometry::new(size, self.spacing, origin, direction).unwrap();
        let back = self.motion.inverse();
        let width = self.spacing.iter().sum::<f64>() / 3.0;
        Volume::from_fn(grid.clone(), |voxel| {
            let at = back.apply(grid.world(voxel.map(|i| i as f64)));
            let share = (self.inside(at) / width + 0.5).clamp(0.0, 1.0);
            (SOFT + (self.bone(at, width) - SOFT) * share) as f32
        })
    }

    /// Where its first hole opens, on the bone's surface.
    pub(crate) fn place(&self) -> Place {
        let (centre, _) = self.holes[0];
        let normal = centre.coords.normalize();
        Place {
            centre,
            mouth: PointMm::from(normal * self.radius),
            normal,
        }
    }

    /// Volume of the first hole inside the bone: the lens that two balls share (closed form).
    pub(crate) fn hole_mm3(&self) -> f64 {
        let (centre, r) = self.holes[0];
        lens(self.radius, r, centre.coords.norm())
    }

    /// Radius of the circle in which the first hole cuts the bone's surface.
    pub(crate) fn mouth_mm(&self) -> f64 {
        let ((centre, r), big) = (self.holes[0], self.radius);
        let d = centre.coords.norm();
        let along = (d * d + big * big - r * r) / (2.0 * d);
        (big * big - along * along).max(0.0).sqrt()
    }

    /// Area of the bone's surface inside the first hole: a cap.
    pub(crate) fn mouth_mm2(&self) -> f64 {
        let height = self.radius - (self.radius.powi(2) - self.mouth_mm().powi(2)).sqrt();
        2.0 * std::f64::consts::PI * self.radius * height
    }
}

/// Volume that two balls of radii `a` and `b`, `d` apart, share.
pub(crate) fn lens(a: f64, b: f64, d: f64) -> f64 {
    if d >= a + b {
        return 0.0;
    }
    if d <= (a - b).abs() {
        return 4.0 / 3.0 * std::f64::consts::PI * a.min(b).powi(3);
    }
    std::f64::consts::PI * (a + b - d).powi(2) * (d * d + 2.0 * d * (a + b) - 3.0 * (a - b).powi(2))
        / (12.0 * d)
}

pub(crate) fn levels() -> Levels {
    Levels {
        soft: SOFT,
        bone: BONE,
        noise_sd: 1.0,
        noise_scale_mm: 0.05,
    }
}

/// The bone found in a scan of one bone.
pub(crate) fn shape(scan: &Volume<f32>, options: &BoneOptions) -> BoneShape {
    let unit = DensityUnit::MgHaPerCm3;
    let mut shapes = segment_bones(scan, 0.5 * (SOFT + BONE), unit, options, "test").unwrap();
    assert_eq!(shapes.len(), 1);
    shapes.remove(0)
}

/// A scan whose unit was stated.
pub(crate) fn stated(volume: Volume<f32>, unit: DensityUnit) -> Scan {
    Scan {
        volume,
        unit,
        known: UnitKnown::Stated,
        calibration: None,
    }
}

/// A scan as the only visit, with a mask of these labels by place.
pub(crate) fn with_mask(scan: &Scan, label: impl Fn(PointMm) -> u32) -> VisitScan<'_> {
    let grid = scan.volume.geometry();
    let at = |voxel: [usize; 3]| label(grid.world(voxel.map(|i| i as f64)));
    VisitScan {
        visit: Visit::unnamed(1).remove(0),
        scan: scan.into(),
        mask: Some(Labels::from_fn(grid.clone(), at).into()),
    }
}

/// The surroundings of the pole, as a lesion's measurement sees them.
pub(crate) fn local(scan: &Volume<f32>, pose: RigidTransform, options: &BoneOptions) -> LocalImage {
    let around = pose.inverse().apply(scan.geometry().centre());
    let tuning = &options.tuning.local;
    LocalImage::new(scan.into(), (pose, Likeness::SAME), around, 6.0, tuning)
        .unwrap()
        .unwrap()
}

/// Measures the first hole of the first scene at all scenes, each at its own motion.
pub(crate) fn measured(scenes: &[&Ball], options: &BoneOptions) -> MeasuredLesion {
    looked_at(scenes, options, |images, shape, place| {
        let lesion = measure_lesion(images, shape, place, options);
        lesion.unwrap().unwrap()
    })
}

/// The same with what fills the hole told from marrow; by bone alone where it cannot be.
pub(crate) fn told(scenes: &[&Ball], options: &BoneOptions) -> BoneLesion {
    looked_at(scenes, options, |images, shape, place| {
        let lesion = measure_lesion(images, shape, place, options);
        let mut found = BoneLesion::new(0, lesion.unwrap().unwrap(), false, options);
        if let Some(told) = found.lesion.with_contents(images, shape).unwrap() {
            found.take_contents(told);
        }
        found
    })
}

/// Shows the first hole of the first scene, as every scene's image and the bone's outline have it.
fn looked_at<T>(
    scenes: &[&Ball],
    options: &BoneOptions,
    look: impl FnOnce(&[Option<VisitImage<'_>>], &BoneShape, &Place) -> T,
) -> T {
    let scans: Vec<Volume<f32>> = scenes.iter().map(|s| s.render()).collect();
    let shape = shape(&scans[0], options);
    let back = scenes[0].motion.inverse();
    let images: Vec<Option<VisitImage<'_>>> = scenes
        .iter()
        .zip(&scans)
        .map(|(scene, volume)| {
            Some(VisitImage {
                volume: volume.into(),
                pose: scene.motion.after(&back),
                levels: levels(),
                likeness: Likeness::SAME,
                pose_covariance: nalgebra::Matrix3::zeros(),
                other_bones: Vec::new(),
            })
        })
        .collect();
    let place = scenes[0].place();
    let motion = &scenes[0].motion;
    let place = Place {
        centre: motion.apply(place.centre),
        mouth: motion.apply(place.mouth),
        normal: motion.rotate(place.normal),
    };
    look(&images, &shape, &place)
}
