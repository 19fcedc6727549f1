//! Erosions of a film's bones: cavities with a mouth, and their courses.

use super::bone::Bone;
use super::ray::{Crossing, Intervals, Ray};
use super::solid::V;
use crate::pose::uniform;
use crate::{Error, error::Check};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// An erosion: where it is, how large, and how it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilmLesionSpec {
    /// Angle about the bone's axis: 0 is the thumb's side (in profile on a straight film), 180 the other side,
    /// 90 dorsal.
    pub angle_deg: f64,
    /// Distance of the mouth's middle from the bone's articular end along the axis, mm: at a metacarpal's head 4.5 to
    /// 7 mm is the collateral recess, where the intact outline is hollow too.
    pub from_joint_mm: f64,
    /// Full extent of the cavity along the bone's axis and around it, and its depth under the surface, mm.
    pub along_mm: f64,
    /// Around the axis.
    pub around_mm: f64,
    /// Below the surface.
    pub depth_mm: f64,
    /// How far the widest part lies below the mouth, mm: 0 for a bowl, more for an undermined edge.
    pub sink_mm: f64,
    /// Lobes of the wall: 0 smooth, 0.4 ragged.
    pub irregularity: f64,
    /// Thickness of a sclerotic margin, mm; 0 for none.
    pub rim_mm: f64,
    /// Share of bone added in the margin.
    pub rim_density: f64,
    /// Factor on depth per visit (all 1 where empty): below 1 the wall grows in.
    pub depth_course: Vec<f64>,
    /// Factor on both widths per visit.
    pub width_course: Vec<f64>,
    /// Share of the mouth's diameter closed again by new cortex, per visit (0 where empty).
    pub recortication: Vec<f64>,
}

impl Default for FilmLesionSpec {
    fn default() -> Self {
        Self {
            angle_deg: 0.0,
            from_joint_mm: 8.5,
            along_mm: 2.5,
            around_mm: 4.0,
            depth_mm: 1.5,
            sink_mm: 0.0,
            irregularity: 0.1,
            rim_mm: 0.0,
            rim_density: 0.2,
            depth_course: Vec::new(),
            width_course: Vec::new(),
            recortication: Vec::new(),
        }
    }
}

impl FilmLesionSpec {
    pub(crate) fn check(&self, field: &str, visits: usize) -> Result<(), Error> {
        Check::within(
            format!("{field}.angle_deg"),
            self.angle_deg,
            -360.0..=360.0,
            "it is -360 to 360",
        )?;
        Check::within(
            format!("{field}.from_joint_mm"),
            self.from_joint_mm,
            0.0..=60.0,
            "it is 0 to 60 mm",
        )?;
        for (name, value) in [
            ("along_mm", self.along_mm),
            ("around_mm", self.around_mm),
            ("depth_mm", self.depth_mm),
        ] {
            Check::within(
                format!("{field}.{name}"),
                value,
                0.05..=20.0,
                "sizes are 0.05 to 20 mm",
            )?;
        }
        let most = 0.9 * self.depth_mm;
        Check::within(
            format!("{field}.sink_mm"),
            self.sink_mm,
            0.0..=most,
            "it is 0 to 0.9 of the depth",
        )?;
        Check::within(
            format!("{field}.irregularity"),
            self.irregularity,
            0.0..=0.4,
            "it is 0 to 0.4",
        )?;
        Check::within(
            format!("{field}.rim_mm"),
            self.rim_mm,
            0.0..=2.0,
            "it is 0 to 2 mm",
        )?;
        Check::share(format!("{field}.rim_density"), self.rim_density)?;
        Check::course(
            &format!("{field}.depth_course"),
            &self.depth_course,
            visits,
            10.0,
        )?;
        Check::course(
            &format!("{field}.width_course"),
            &self.width_course,
            visits,
            10.0,
        )?;
        Check::course(
            &format!("{field}.recortication"),
            &self.recortication,
            visits,
            1.0,
        )
    }
}

impl FilmLesionSpec {
    /// The cavity at its largest, without new cortex: what the former mouth is taken from.
    pub(crate) fn at_its_largest(&self) -> Self {
        let most = |course: &[f64]| {
            let most = course.iter().copied().fold(0.0, f64::max);
            if most > 0.0 { most } else { 1.0 }
        };
        let (deep, wide) = (most(&self.depth_course), most(&self.width_course));
        Self {
            depth_mm: self.depth_mm * deep,
            sink_mm: self.sink_mm * deep,
            along_mm: self.along_mm * wide,
            around_mm: self.around_mm * wide,
            depth_course: Vec::new(),
            width_course: Vec::new(),
            recortication: Vec::new(),
            ..self.clone()
        }
    }
}

/// An ellipsoid in a frame of its own.
#[derive(Debug, Clone)]
struct Lobe {
    centre: V,
    radii: V,
}

/// An erosion at one visit, placed on its bone.
#[derive(Debug, Clone)]
pub(crate) struct Cavity {
    /// Across (around the bone), along, outwards.
    pub(crate) axes: [V; 3],
    pub(crate) mouth: V,
    lobes: Vec<Lobe>,
    rim_mm: f32,
    pub(crate) rim_density: f32,
    /// Semi-axes within which the mouth is still open, across and along; `None` where nothing has closed.
    open: Option<[f32; 2]>,
    pub(crate) reach: f32,
}

/// Cavity parts of one ray.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost {
    /// Where bone is missing.
    pub(crate) lost: Intervals,
    /// Sclerotic margin within the marrow.
    pub(crate) rim: Intervals,
}

impl Cavity {
    /// `None` where there is no lesion at this visit.
    pub(crate) fn new(
        spec: &FilmLesionSpec,
        visit: usize,
        bone: &Bone,
        at_base: bool,
        seed: u64,
        field: &str,
    ) -> Result<Option<Self>, Error> {
        let height = if at_base {
            spec.from_joint_mm as f32
        } else {
            bone.length - spec.from_joint_mm as f32
        };
        let angle = spec.angle_deg.to_radians() as f32;
        let Some(mouth) = bone.surface(height, angle) else {
            return Err(Error::Place {
                field: field.to_owned(),
                reason: format!(
                    "{} mm from the joint the ray at {} degrees meets no bone",
                    spec.from_joint_mm, spec.angle_deg
                ),
            });
        };
        let factor = |course: &[f64]| course.get(visit).copied().unwrap_or(1.0) as f32;
        let (deep, wide) = (factor(&spec.depth_course), factor(&spec.width_course));
        // Below 2 % of its size a lesion is gone: far below what any film shows.
        if deep < 0.02 || wide < 0.02 {
            return Ok(None);
        }
        let out = bone.normal(&mouth);
        let across = V::z().cross(&out);
        let across = if across.norm() < 1e-4 {
            V::x()
        } else {
            across.normalize()
        };
        let axes = [across, out.cross(&across), out];
        let sink = spec.sink_mm as f32 * deep;
        let radii = V::new(
            0.5 * spec.around_mm as f32 * wide,
            0.5 * spec.along_mm as f32 * wide,
            spec.depth_mm as f32 * deep - sink,
        );
        let centre = mouth - out * sink;
        let lobes = lobes(centre, radii, &axes, spec.irregularity as f32, seed);
        let closed = spec.recortication.get(visit).copied().unwrap_or(0.0) as f32;
        let opening = (1.0 - (sink / radii.z).powi(2)).max(0.0).sqrt();
        let open = (closed > 0.0)
            .then(|| [radii.x, radii.y].map(|r| (r * opening * (1.0 - closed)).max(1e-4)));
        Ok(Some(Self {
            axes,
            mouth,
            reach: radii.max() * (1.05 + spec.irregularity as f32) + sink + spec.rim_mm as f32,
            lobes,
            rim_mm: spec.rim_mm as f32,
            rim_density: spec.rim_density as f32,
            open,
        }))
    }

    fn inside(&self, ray: &Ray, grown: f32) -> Intervals {
        let mut all = Intervals::default();
        for lobe in &self.lobes {
            let one = ray.in_ellipsoid(&lobe.centre, &self.axes, &lobe.radii.add_scalar(grown));
            if !one.is_empty() {
                all = if all.is_empty() { one } else { all.or(&one) };
            }
        }
        all
    }

    /// What the cavity takes from a ray's bone.
    pub(crate) fn take(&self, ray: &Ray, crossing: &Crossing) -> Option<Lost> {
        let miss = (self.mouth - ray.origin)
            .cross(&ray.direction)
            .norm_squared();
        if miss > self.reach * self.reach {
            return None;
        }
        let raw = self.inside(ray, 0.0);
        let rim = if self.rim_mm > 0.0 {
            self.inside(ray, self.rim_mm)
                .and(&crossing.inner)
                .without(&raw)
        } else {
            Intervals::default()
        };
        let cavity = raw.and(&crossing.outer);
        if cavity.is_empty() && rim.is_empty() {
            return None;
        }
        let lost = match self.open {
            None => cavity,
            Some([across, along]) => {
                let long = V::new(across, along, 1e3);
                let open = ray.in_ellipsoid(&self.mouth, &self.axes, &long);
                cavity.without(&cavity.without(&crossing.inner).without(&open))
            }
        };
        Some(Lost { lost, rim })
    }
}

/// The smooth shape, and for a ragged wall three lobes that push out of it.
fn lobes(centre: V, radii: V, axes: &[V; 3], irregularity: f32, seed: u64) -> Vec<Lobe> {
    let mut all = vec![Lobe { centre, radii }];
    if irregularity <= 0.0 {
        return all;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..3 {
        let turn = (uniform(&mut rng) * std::f64::consts::TAU) as f32;
        let down = 0.2 + 0.6 * uniform(&mut rng) as f32;
        let side = (1.0 - down * down).sqrt();
        let direction = V::new(side * turn.cos(), side * turn.sin(), -down);
        let size = 0.45;
        let offset = direction.component_mul(&radii) * (1.0 - size + irregularity);
        all.push(Lobe {
            centre: centre + axes[0] * offset.x + axes[1] * offset.y + axes[2] * offset.z,
            radii: radii * size,
        });
    }
    all
}
