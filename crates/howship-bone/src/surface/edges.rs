use super::plate::ThinPlate;
use super::{Edge, Guess, SurfacePatch, TERMS, terms};
use crate::edge::{Found, Met, edge_of, face_of_plate};
use crate::levels::quantile;
use crate::local::LocalImage;
use nalgebra::{DMatrix, DVector};

/// Makes a normal matrix of coefficients that nothing else holds regular.
const LEAST_STIFFNESS: f64 = 1e-6;

impl SurfacePatch {
    /// Periosteal edges of every visit, along the normal from outside; what they tell of the images' blur is kept.
    pub(super) fn edges(&mut self, images: &[Option<&LocalImage>], guess: &dyn Guess) -> Vec<Edge> {
        let (mut edges, mut slopes) = (Vec::new(), Vec::new());
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
                if let Some(found) = self.edge_along(image, u, v, coarse) {
                    let height = coarse + self.tuning.above_mm - found.at;
                    edges.push(Edge { u, v, height });
                    slopes.push(found.slope);
                }
            }
        }
        self.blur_mm = self.blur_of(slopes, images);
        edges
    }

    /// SD of the images' blur: a thick plate rises by `full / √(2π) σ` per mm at its face. Of all edges those count that are
    /// as steep as the steepest tenth: the others are met slantingly, or are of thin plates.
    fn blur_of(&self, mut slopes: Vec<f64>, images: &[Option<&LocalImage>]) -> f64 {
        let finest = images
            .iter()
            .flatten()
            .map(|image| image.fine_mm())
            .fold(0.0, f64::max);
        let voxel = images
            .iter()
            .flatten()
            .map(|image| image.voxel_mm())
            .fold(0.0, f64::max);
        let most = finest.hypot(self.edge.most_blur_voxels * voxel);
        if slopes.len() < self.tuning.enough_edges {
            return most;
        }
        slopes.sort_by(f64::total_cmp);
        let steep = slopes[quantile(slopes.len(), self.edge.steep_quantile)];
        let full = self.levels.cortex - self.levels.soft;
        let sd = full / ((2.0 * std::f64::consts::PI).sqrt() * steep.max(1e-9));
        sd.clamp(finest, most)
    }

    /// Where the line from outside passes into the cortex, counted from its start above the coarse envelope.
    fn edge_along(&self, image: &LocalImage, u: f64, v: f64, coarse: f64) -> Option<Found> {
        let (soft, edge) = (self.levels.soft, self.levels.edge);
        let full = self.levels.cortex - soft;
        let step = image.step_mm();
        // The blur is not measured yet: a scanner's is about a voxel.
        let looks = self.edge.for_blur(image.fine_mm().hypot(image.voxel_mm()));
        let top = coarse + self.tuning.above_mm;
        let along = |r: f64| image.fine(self.world(u, v, top - r));
        let mut before = along(0.0)?;
        if before > edge {
            // Something else is in the way: a neighbouring bone, an osteophyte.
            return None;
        }
        let mut r = 0.0;
        while r < self.tuning.above_mm + self.tuning.below_mm {
            r += step;
            let now = along(r)?;
            if now > edge {
                let share = (edge - before) / (now - before);
                let met = Met {
                    crossing: r - step * (1.0 - share),
                    at: r,
                    value: now,
                    step,
                };
                let face = |peak: f64| soft + face_of_plate(peak - soft, full);
                return Some(edge_of(&along, met, &face, soft, &looks));
            }
            before = now;
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
                .map(|e| (e.height - self.cubic_height(e.u, e.v)).abs())
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
        self.cubic_se = scale * per_scale.max(tuning.least_se);
        self.height_se = self.cubic_se;
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
        let residual = edge.height - self.cubic_height(edge.u, edge.v);
        let away = (edge.u.hypot(edge.v) - mouth_radius).max(0.0) / self.tuning.falloff_mm;
        self.near(residual, scale) * (-away * away).exp()
    }

    /// Tukey's weight of a residual.
    fn near(&self, residual: f64, scale: f64) -> f64 {
        let tuning = &self.tuning;
        let side = if residual < 0.0 {
            tuning.below_share
        } else {
            1.0
        };
        let x = residual / (tuning.outlier * scale * side);
        if x.abs() < 1.0 {
            (1.0 - x * x).powi(2)
        } else {
            0.0
        }
    }

    /// The thin plate through the edges that surround the mouth; what it and the cubic surface make of the mouth differently
    /// is part of the height's error.
    pub(super) fn fit_plate(&mut self, edges: &[Edge]) {
        let tuning = self.tuning;
        let usable: Vec<&Edge> = edges
            .iter()
            .filter(|e| !self.beside_mouth(e.u, e.v))
            .collect();
        let mut weights = vec![1.0; usable.len()];
        let grid = (tuning.radius_mm, tuning.sheet_step_mm);
        for _ in 0..tuning.loose_rounds {
            let Some(plate) = ThinPlate::fit(&usable, &weights, grid, tuning.sheet_stiffness)
            else {
                return;
            };
            for (weight, edge) in weights.iter_mut().zip(&usable) {
                let height = plate.height(edge.u, edge.v).unwrap_or(edge.height);
                *weight = self.near(edge.height - height, tuning.most_scale_mm);
            }
            self.plate = Some(plate);
        }
        let mouth: Vec<(f64, f64)> = (0..self.side() * self.side())
            .filter(|&p| self.mouths.iter().any(|m| m.covers(p)))
            .map(|p| self.position(p))
            .collect();
        if mouth.is_empty() {
            return;
        }
        let squares = mouth
            .iter()
            .map(|&(u, v)| (self.height(u, v) - self.cubic_height(u, v)).powi(2));
        let disagreement = (squares.sum::<f64>() / mouth.len() as f64).sqrt();
        self.height_se = self.cubic_se.hypot(tuning.disagree * disagreement);
    }

    /// In a mouth of any visit, or so near that the rim's blur rounds the edge off.
    fn beside_mouth(&self, u: f64, v: f64) -> bool {
        let Some(pixel) = self.pixel(u, v) else {
            return false;
        };
        self.beside.get(pixel).copied().unwrap_or(false)
    }
}
