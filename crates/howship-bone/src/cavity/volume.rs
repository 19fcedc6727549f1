use super::fit::WallFit;
use super::rays::RayField;
use super::sphere::{PATCHES, SPHERE};

/// Volume of a cavity and what the error of its change needs.
#[derive(Clone)]
pub(crate) struct CavityVolume {
    /// mm³.
    pub(crate) value: f64,
    /// Contribution of each patch of wall to the error, mm³.
    pub(crate) influence: Vec<f64>,
    /// What rays at the mouth's rim would add or take if they were judged the other way, by patch, mm³.
    pub(crate) rim: Vec<f64>,
    /// Distance from centre to the cavity's boundary per direction (wall or envelope), mm.
    pub(crate) boundary: Vec<f64>,
    /// Derivative of the volume by a shift of the envelope along its normal, mm³ per mm: the mouth's area.
    pub(crate) per_envelope_mm: f64,
    /// Surface of the wall, mm².
    pub(crate) wall_mm2: f64,
    /// Derivative of the volume by a displacement of the image against the envelope, mm² per axis.
    pub(crate) per_shift: [f64; 3],
}

/// Integrates the wall, cut off at the envelope.
pub(crate) fn cavity_volume(rays: &RayField, wall: &WallFit) -> CavityVolume {
    let weight = SPHERE.solid_angle();
    let mut sensitivity = vec![0.0; rays.len()];
    let mut boundary = vec![0.0; rays.len()];
    let mut rim = vec![0.0; PATCHES];
    let (mut value, mut mouth, mut shift) = (0.0, 0.0, [0.0; 3]);
    for i in 0..rays.len() {
        let at_envelope = rays.mouth[i] || wall.radius[i] >= rays.exit[i];
        let r = if at_envelope {
            rays.exit[i]
        } else {
            wall.radius[i]
        };
        boundary[i] = r;
        value += weight * r.powi(3) / 3.0;
        let at_rim = SPHERE.neighbours[i]
            .iter()
            .any(|&j| rays.mouth[j] != rays.mouth[i]);
        if at_rim && rays.exit[i] < rays.reach {
            let other = if at_envelope {
                wall.radius[i].min(r)
            } else {
                rays.exit[i]
            };
            rim[SPHERE.patch[i]] += weight * (other.powi(3) - r.powi(3)) / 3.0;
        }
        if at_envelope {
            mouth += weight * r * r / rays.slant[i];
        } else {
            sensitivity[i] = weight * r * r;
            for a in 0..3 {
                shift[a] += weight * r * r * SPHERE.directions[i][a];
            }
        }
    }
    CavityVolume {
        value,
        influence: wall.influence(&sensitivity),
        wall_mm2: surface_area(rays, wall, &boundary),
        rim,
        boundary,
        per_envelope_mm: mouth,
        per_shift: shift,
    }
}

/// Area of the wall: `r² √(1 + |∇r|²/r²)` per solid angle, the gradient from the neighbouring rays.
fn surface_area(rays: &RayField, wall: &WallFit, boundary: &[f64]) -> f64 {
    let weight = SPHERE.solid_angle();
    (0..boundary.len())
        .filter(|&i| !rays.mouth[i] && wall.radius[i] < rays.exit[i])
        .map(|i| {
            let r = boundary[i];
            let d = &SPHERE.directions[i];
            // Least squares of r over the tangent plane's neighbours.
            let mut normal = nalgebra::Matrix3::<f64>::identity() * 1e-12;
            let mut right = nalgebra::Vector3::<f64>::zeros();
            for &j in &SPHERE.neighbours[i] {
                let t = SPHERE.directions[j] - d * SPHERE.directions[j].dot(d);
                normal += t * t.transpose();
                right += t * (wall.radius[j] - wall.radius[i]);
            }
            normal += d * d.transpose();
            let slope = normal.lu().solve(&right).map_or(0.0, |g| g.norm());
            weight * r * (r * r + slope * slope).sqrt()
        })
        .sum()
}

/// Variance of `b − a` from the walls alone: patches subtract first, so wall that did not move cancels.
pub(crate) fn volume_of_change(
    a: &CavityVolume,
    b: &CavityVolume,
    same_centre: bool,
    rim_part: f64,
) -> f64 {
    let walls: f64 = a
        .influence
        .iter()
        .zip(&b.influence)
        .map(|(x, y)| {
            if same_centre {
                (y - x).powi(2)
            } else {
                x * x + y * y
            }
        })
        .sum();
    walls + a.rim_variance(rim_part) + b.rim_variance(rim_part)
}

impl CavityVolume {
    /// Variance from rays at the rim: a part of what their other reading would change, patch by patch.
    pub(crate) fn rim_variance(&self, part: f64) -> f64 {
        self.rim.iter().map(|r| r * r).sum::<f64>() / (part * part)
    }
}
