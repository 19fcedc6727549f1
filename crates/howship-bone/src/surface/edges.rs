use super::{Guess, SurfacePatch, TERMS, terms};
use crate::local::LocalImage;
use nalgebra::{DMatrix, DVector};

/// One edge point: position in the plane and height.
pub(super) struct Edge {
    pub(super) u: f64,
    pub(super) v: f64,
    pub(super) height: f64,
}

/// Makes a normal matrix of coefficients that nothing else holds regular.
const LEAST_STIFFNESS: f64 = 1e-6;

impl SurfacePatch {
    /// Periosteal edges of every visit, along the normal from outside.
    pub(super) fn edges(&self, images: &[Option<&LocalImage>], guess: &dyn Guess) -> Vec<Edge> {
        let mut edges = Vec::new();
        let side = self.side();
        for pixel in 0..side * side {
            let (u, v) = self.position(pixel);
            if !self.inside(u, v) {
                continue;
            }
            let Some(coarse) = guess.height(self.origin, &self.axes, u, v) else {
                continue;
            };
            for image in images.iter().flatten() {
                if let Some(height) = self.edge_along(image, u, v, coarse) {
                    edges.push(Edge { u, v, height });
                }
            }
        }
        edges
    }

    /// Height of the first crossing into bone from outside.
    fn edge_along(&self, image: &LocalImage, u: f64, v: f64, coarse: f64) -> Option<f64> {
        let edge = self.levels.edge;
        let step = image.step_mm();
        let value = |w: f64| image.fine(self.world(u, v, w));
        let mut before = value(coarse + self.tuning.above_mm)?;
        if before > edge {
            // Something else is in the way: a neighbouring bone, an osteophyte.
            return None;
        }
        let mut w = coarse + self.tuning.above_mm - step;
        while w > coarse - self.tuning.below_mm {
            let now = value(w)?;
            if now > edge {
                let share = (edge - before) / (now - before);
                return Some(w + step * (1.0 - share));
            }
            before = now;
            w -= step;
        }
        None
    }

    /// Robust weighted least squares; mouth pixels and outliers drop out.
    pub(super) fn fit_edges(&mut self, edges: &[Edge], reach: f64) -> Option<()> {
        let tuning = self.tuning;
        let mouth_radius = self.mouth_radius();
        let usable: Vec<&Edge> = edges
            .iter()
            .filter(|e| e.u.hypot(e.v) <= reach && !self.beside_mouth(e.u, e.v))
            .collect();
        if usable.len() < tuning.enough_edges {
            return None;
        }
        let mut scale = tuning.loose_scale_mm;
        let mut weights = vec![1.0; usable.len()];
        for round in 0..tuning.rounds {
            self.solve(&usable, &weights)?;
            let mut residuals: Vec<f64> = usable
                .iter()
                .map(|e| (e.height - self.height(e.u, e.v)).abs())
                .collect();
            for (weight, edge) in weights.iter_mut().zip(&usable) {
                *weight = self.weight(edge, scale, mouth_radius);
            }
            residuals.sort_by(f64::total_cmp);
            let spread = 1.4826 * residuals[residuals.len() / 2];
            let most = if round < tuning.loose_rounds {
                tuning.loose_scale_mm
            } else {
                tuning.most_scale_mm
            };
            scale = spread.clamp(tuning.least_scale_mm, most);
        }
        let kept = weights.iter().filter(|w| **w > 0.0).count();
        if kept < tuning.enough_kept {
            return None;
        }
        let area = kept as f64 * self.pixel_mm * self.pixel_mm;
        let independent = (area / tuning.alike_mm2).max(2.0);
        let per_scale = (TERMS as f64 / 2.0 / independent).sqrt();
        self.height_se = scale * per_scale.max(tuning.least_se);
        Some(())
    }

    /// One weighted least squares fit; curvature beyond what bone shows is held back, cubic terms most.
    fn solve(&mut self, edges: &[&Edge], weights: &[f64]) -> Option<()> {
        let mut normal = DMatrix::<f64>::zeros(TERMS, TERMS);
        let mut right = DVector::<f64>::zeros(TERMS);
        for (edge, weight) in edges.iter().zip(weights) {
            let t = DVector::from_row_slice(&terms(edge.u, edge.v));
            normal.syger(*weight, &t, &t, 1.0);
            right.axpy(weight * edge.height, &t, 1.0);
        }
        normal.fill_upper_triangle_with_lower_triangle();
        for k in 0..TERMS {
            normal[(k, k)] += match k {
                6.. => self.tuning.stiff_cubic,
                3..=5 => self.tuning.stiff_square,
                _ => LEAST_STIFFNESS,
            };
        }
        self.coefficients = normal.cholesky()?.solve(&right);
        Some(())
    }

    /// Tukey's weight of an edge, less away from the mouth; edges below the surface, as in breaks, count less.
    pub(super) fn weight(&self, edge: &Edge, scale: f64, mouth_radius: f64) -> f64 {
        let tuning = &self.tuning;
        let residual = edge.height - self.height(edge.u, edge.v);
        let side = if residual < 0.0 {
            tuning.below_share
        } else {
            1.0
        };
        let x = residual / (tuning.outlier * scale * side);
        let away = (edge.u.hypot(edge.v) - mouth_radius).max(0.0) / tuning.falloff_mm;
        let near = if x.abs() < 1.0 {
            (1.0 - x * x).powi(2)
        } else {
            0.0
        };
        near * (-away * away).exp()
    }

    /// In a mouth of any visit, or so near that the rim's blur rounds the edge off.
    fn beside_mouth(&self, u: f64, v: f64) -> bool {
        let Some(pixel) = self.pixel(u, v) else {
            return false;
        };
        self.beside.get(pixel).copied().unwrap_or(false)
    }
}
