use super::shape::{ellipsoid, smooth_difference, smooth_union, smoothstep};
use super::spec::{AnatomySpec, BoneName, JointSpec, PlaceSpec};
use super::texture::Texture;
use crate::Error;
use crate::measure::{Frame, gradient, occupancy};
use howship_image::{PointMm, VectorMm};

/// One intact bone in the hand's frame.
#[derive(Debug, Clone)]
pub(crate) struct Bone {
    pub(crate) name: BoneName,
    anatomy: AnatomySpec,
    bumps: Vec<(VectorMm, VectorMm)>,
    thinnings: Vec<(VectorMm, f64, f64)>,
}

/// A sample of bone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Depth below the envelope, mm.
    pub(crate) depth: f64,
    /// Thickness of cortex or plate here, mm.
    pub(crate) cortex_mm: f64,
    /// Size of the sample, over which surfaces are antialiased, mm.
    pub(crate) width: f64,
    /// Added to the share of bone.
    pub(crate) extra: f64,
}

impl Bone {
    pub(crate) fn new(spec: &JointSpec, name: BoneName) -> Result<Self, Error> {
        let mut bone = Self {
            name,
            anatomy: spec.anatomy.clone(),
            bumps: Vec::new(),
            thinnings: Vec::new(),
        };
        for (i, bump) in spec
            .osteophytes
            .iter()
            .enumerate()
            .filter(|(_, b)| b.place.bone == name)
        {
            let frame = bone.place(&bump.place, &format!("osteophytes[{i}].place"))?;
            let radii = VectorMm::new(
                bump.radius_mm,
                bump.radius_mm,
                bump.radius_mm.max(bump.height_mm),
            );
            // The bump's top stands its height above the surface.
            let centre = frame.point + frame.normal * (bump.height_mm - radii.z);
            bone.bumps.push((centre, radii));
        }
        for (i, patch) in spec
            .thinnings
            .iter()
            .enumerate()
            .filter(|(_, t)| t.place.bone == name)
        {
            let frame = bone.place(&patch.place, &format!("thinnings[{i}].place"))?;
            bone.thinnings
                .push((frame.point, patch.radius_mm, patch.factor));
        }
        Ok(bone)
    }

    /// Centre of the head or base in the hand's frame: poses turn about it.
    pub(crate) fn centre(&self) -> PointMm {
        centre(&self.anatomy, self.name)
    }

    /// The intact envelope: nearly a signed distance in mm, negative inside.
    pub(crate) fn envelope(&self, p: VectorMm) -> f64 {
        let s = self.anatomy.scale;
        let q = (p - VectorMm::new(0.0, 0.0, self.anatomy.apex_height_mm)) / s;
        let mut f = s * match self.name {
            BoneName::Metacarpal => metacarpal(q),
            BoneName::Phalanx => phalanx(q, self.anatomy.joint_space_mm / s),
        };
        for (centre, radii) in &self.bumps {
            f = smooth_union(f, ellipsoid(p - centre, *radii), 0.4);
        }
        f
    }

    /// Outward unit normal of the envelope near a point.
    pub(crate) fn normal(&self, p: VectorMm) -> VectorMm {
        let g = gradient(|q| self.envelope(q), p, 1e-3);
        g / g.norm().max(1e-12)
    }

    /// Thickness of cortex or subchondral plate under a point, mm.
    pub(crate) fn cortex_mm(&self, p: VectorMm) -> f64 {
        let a = &self.anatomy;
        let q = (p - VectorMm::new(0.0, 0.0, a.apex_height_mm)) / a.scale;
        let (away, plate) = match self.name {
            BoneName::Metacarpal => (q.z, 1.0 - smoothstep(2.5, 4.0, q.z)),
            BoneName::Phalanx => {
                let gap = a.joint_space_mm / a.scale;
                (-q.z, 1.0 - smoothstep(0.0, 0.8, articular(q) - gap))
            }
        };
        let wall =
            a.cortex_thin_mm + (a.cortex_thick_mm - a.cortex_thin_mm) * smoothstep(4.5, 12.0, away);
        let mut thickness = wall + (a.plate_mm - wall) * plate;
        for (centre, radius, factor) in &self.thinnings {
            let share = 1.0 - smoothstep(0.6 * radius, *radius, (p - centre).norm());
            thickness *= 1.0 + (factor - 1.0) * share;
        }
        thickness
    }

    /// Shares of cortex and of trabecular bone at a point below the envelope.
    pub(crate) fn tissue(&self, p: VectorMm, sample: &Sample, texture: &Texture) -> (f64, f64) {
        let Sample {
            depth,
            cortex_mm,
            width,
            extra,
        } = *sample;
        if cortex_mm > 0.0 && depth < 0.3 * cortex_mm {
            return (1.0, 0.0);
        }
        let local = p - self.centre().coords + self.part_of_texture();
        let rough = texture.roughness.at(local);
        let endosteal = cortex_mm * (1.0 + 0.3 * rough.clamp(-2.0, 2.0));
        let cortex = if cortex_mm > 0.0 {
            occupancy(depth - endosteal, width)
        } else {
            0.0
        };
        if cortex >= 1.0 {
            return (1.0, 0.0);
        }
        let a = &self.anatomy;
        let below = (depth - cortex_mm).max(0.0);
        let fraction = a.bone_volume_fraction
            + (a.subchondral_fraction - a.bone_volume_fraction) * (-below / 0.9).exp()
            + extra;
        // Plates are the neighbourhood of the field's zero surface; `rough` makes them thicker here and
        // opens windows there, which leaves rods.
        let local_fraction = (fraction * (1.0 + 0.55 * rough)).clamp(0.0, 0.95);
        let level = level_of(local_fraction);
        let wall = (texture.pattern.at(local).abs() - level) / texture.pattern.slope;
        let trabecula = if local_fraction > 0.02 {
            occupancy(wall, width)
        } else {
            0.0
        };
        (cortex, (1.0 - cortex) * trabecula)
    }

    /// Where in the texture this bone's centre lies: far apart for the two bones.
    fn part_of_texture(&self) -> VectorMm {
        match self.name {
            BoneName::Metacarpal => VectorMm::zeros(),
            BoneName::Phalanx => VectorMm::new(9.7, 8.3, 7.1),
        }
    }

    /// The surface point that a place names.
    pub(crate) fn place(&self, place: &PlaceSpec, field: &str) -> Result<Frame, Error> {
        if !(place.angle_deg.is_finite() && place.height_mm.is_finite()) {
            return Err(Error::Place {
                field: field.to_owned(),
                reason: format!(
                    "angle {} and height {} must be finite",
                    place.angle_deg, place.height_mm
                ),
            });
        }
        let (sin, cos) = place.angle_deg.to_radians().sin_cos();
        let out = VectorMm::new(cos, sin, 0.0);
        let axis = self.centre();
        let start = VectorMm::new(axis.x, axis.y, place.height_mm);
        let f = |r: f64| self.envelope(start + out * r);
        let far = 12.0 * self.anatomy.scale;
        let steps = 480;
        let radius = (0..=steps)
            .rev()
            .map(|i| far * f64::from(i) / f64::from(steps))
            .find(|&r| f(r) < 0.0);
        let Some(mut inside) = radius else {
            return Err(Error::Place {
                field: field.to_owned(),
                reason: format!(
                    "at height {} mm the ray at {} degrees meets no {}; the bone's centre lies at height {:.1} mm",
                    place.height_mm,
                    place.angle_deg,
                    self.name.word(),
                    axis.z
                ),
            });
        };
        let mut outside = inside + far / f64::from(steps);
        for _ in 0..50 {
            let middle = 0.5 * (inside + outside);
            if f(middle) < 0.0 {
                inside = middle
            } else {
                outside = middle
            }
        }
        let point = start + out * outside;
        let normal = self.normal(point);
        Ok(Frame::new(point, normal))
    }
}

/// Level t with P(|normal| < t) = share (Winitzki's approximation of the inverse error function, error 2e-3).
pub(crate) fn level_of(share: f64) -> f64 {
    let a = 0.147;
    let l = (1.0 - share * share).ln();
    let b = 2.0 / (std::f64::consts::PI * a) + 0.5 * l;
    (((b * b - l / a).sqrt() - b).max(0.0)).sqrt() * std::f64::consts::SQRT_2
}

/// P(|normal| < t), the same approximation the other way round.
pub(crate) fn share_within(t: f64) -> f64 {
    let a = 0.147;
    let x2 = 0.5 * t * t;
    (1.0 - (-x2 * (4.0 / std::f64::consts::PI + a * x2) / (1.0 + a * x2)).exp()).sqrt()
}

fn centre(anatomy: &AnatomySpec, name: BoneName) -> PointMm {
    let z = match name {
        BoneName::Metacarpal => 4.6,
        BoneName::Phalanx => -5.2,
    };
    PointMm::new(0.0, 0.0, anatomy.apex_height_mm + anatomy.scale * z)
}

/// The articular surface of the metacarpal: head and two unequal palmar condyles; apex near the origin.
fn articular(q: VectorMm) -> f64 {
    let head = ellipsoid(
        q - VectorMm::new(0.0, 0.2, 4.6),
        VectorMm::new(5.3, 5.5, 4.6),
    );
    let radial = ellipsoid(
        q - VectorMm::new(-2.7, -3.0, 3.9),
        VectorMm::new(2.8, 3.1, 3.0),
    );
    let ulnar = ellipsoid(
        q - VectorMm::new(2.9, -2.5, 4.3),
        VectorMm::new(2.5, 3.2, 3.1),
    );
    smooth_union(smooth_union(head, radial, 1.2), ulnar, 1.2)
}

/// Metacarpal: articular head, shaft above it, collateral recesses on both sides.
fn metacarpal(q: VectorMm) -> f64 {
    let radius = 4.7 - 0.9 * smoothstep(5.0, 13.0, q.z);
    let round = (q.x * q.x + (1.08 * q.y).powi(2)).sqrt() - radius;
    let shaft = (0.95 * round).max(5.0 - q.z);
    let body = smooth_union(articular(q), shaft, 1.5);
    let left = ellipsoid(
        q - VectorMm::new(-6.1, 0.9, 5.6),
        VectorMm::new(1.5, 2.3, 1.7),
    );
    let right = ellipsoid(
        q - VectorMm::new(6.2, 1.2, 5.9),
        VectorMm::new(1.6, 2.0, 1.6),
    );
    smooth_difference(smooth_difference(body, left, 0.7), right, 0.7)
}

/// Phalanx base: body with two palmar tubercles and a shaft, hollowed by the head's surface `gap` away.
fn phalanx(q: VectorMm, gap: f64) -> f64 {
    let body = ellipsoid(
        q - VectorMm::new(0.2, -0.3, -5.3),
        VectorMm::new(6.5, 5.6, 5.4),
    );
    let left = ellipsoid(
        q - VectorMm::new(-3.9, -3.4, -3.6),
        VectorMm::new(2.4, 2.2, 2.6),
    );
    let right = ellipsoid(
        q - VectorMm::new(4.3, -3.1, -3.9),
        VectorMm::new(2.2, 2.4, 2.5),
    );
    let radius = 4.5 - 0.9 * smoothstep(5.0, 13.0, -q.z);
    let round = (q.x * q.x + (1.15 * q.y).powi(2)).sqrt() - radius;
    let shaft = (0.95 * round).max(5.5 + q.z);
    let solid = smooth_union(
        smooth_union(smooth_union(body, left, 1.0), right, 1.0),
        shaft,
        1.5,
    );
    smooth_difference(solid, articular(q) - gap, 0.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_normal_law_there_and_back() {
        // P(|normal| < 1) and of 1.96.
        assert!(
            (share_within(1.0) - 0.6827).abs() < 1e-3 && (share_within(1.96) - 0.95).abs() < 1e-3
        );
        for share in [0.1, 0.4, 0.8, 0.97] {
            assert!((share_within(level_of(share)) - share).abs() < 1e-9);
        }
    }
}
