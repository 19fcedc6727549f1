use super::rays::RayField;
use super::sphere::Sphere;
use howship_stats::normal_cdf;
use nalgebra::{DMatrix, DVector};

/// How stiff the wall is and what is believed of hits before they are seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FitOptions {
    /// Spread of hits about the wall, mm: blur, noise and the roughness of cut trabeculae.
    pub(crate) wall_sd_mm: f64,
    /// Mean length of marrow behind the wall where a ray misses, mm; refined by the fit.
    pub(crate) gap_mm: f64,
    /// Share of rays that meet bone at the wall; refined by the fit.
    pub(crate) wall_share: f64,
    /// `l(l+1)` of the harmonic that is smoothed to half where the wall is seen everywhere.
    pub(crate) roughness: f64,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            wall_sd_mm: 0.05,
            gap_mm: 0.35,
            wall_share: 0.5,
            roughness: 32.0,
        }
    }
}

/// A fitted wall: distance from the centre in each direction, and what its error needs.
pub(crate) struct WallFit {
    /// Distance from centre to wall per direction, mm.
    pub(crate) radius: Vec<f64>,
    /// Per direction: derivative of the log likelihood by the radius, weighted.
    score: Vec<f64>,
    /// Inverse of the penalised information, by Cholesky.
    information: nalgebra::Cholesky<f64, nalgebra::Dyn>,
}

/// Log-likelihood derivative (first, negative second) of one hit, and the weight of "at the wall".
struct Evidence {
    score: f64,
    information: f64,
    at_wall: f64,
    beyond: f64,
}

/// Mixture of a hit at the wall (normal) and a hit behind a marrow gap (normal plus exponential).
fn evidence(distance: f64, options: &FitOptions) -> Evidence {
    let FitOptions {
        wall_sd_mm: sd,
        gap_mm: gap,
        wall_share: share,
        ..
    } = *options;
    let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let at_wall = share * density(distance / sd) / sd;
    let z = distance / sd - sd / gap;
    let tail = normal_cdf(z).max(1e-12);
    let exponent = (-distance / gap + sd * sd / (2.0 * gap * gap)).clamp(-50.0, 50.0);
    let behind = (1.0 - share) / gap * exponent.exp() * tail;
    let wall = at_wall / (at_wall + behind).max(1e-300);
    let hazard = density(z) / tail;
    let pull = 1.0 / gap - hazard / sd;
    Evidence {
        score: wall * distance / (sd * sd) + (1.0 - wall) * pull,
        information: wall / (sd * sd) + (1.0 - wall) * (hazard * (hazard + z)).max(0.0) / (sd * sd),
        at_wall: wall,
        beyond: (1.0 - wall) * distance.max(0.0),
    }
}

const ITERATIONS: usize = 60;
/// The longest step of one iteration, mm: the mixture is not convex.
const LONGEST_STEP: f64 = 0.1;

/// Holds the shape to a sphere where no ray sees a wall: a fiftieth of what the rays know elsewhere.
const UNSEEN: f64 = 0.01;

/// Fits a smooth wall through the hits.
///
/// # Method
/// Logarithm of the radius = spherical harmonics up to degree 8, in which an elongated cavity is nearly as smooth as
/// a round one; penalised by `(l(l+1))³`, which leaves the shape to degree 4 and smooths what is finer. Newton's
/// method on the mixture likelihood, the share of wall hits and the mean gap re-estimated in each step (EM). Rays
/// that leave through the mouth, or reach the envelope without a hit, pull the wall out to the envelope but never in.
pub(crate) fn fit_wall(
    sphere: &Sphere,
    rays: &RayField,
    start: Option<&[f64]>,
    options: &FitOptions,
) -> Option<WallFit> {
    let columns = sphere.basis.ncols();
    let weight = sphere.solid_angle();
    let mut state = *options;
    let usual = starting_radius(rays);
    let about = usual.max(0.1) / options.wall_sd_mm;
    let stiffness: Vec<f64> = sphere
        .degree
        .iter()
        .map(|&l| {
            let rough = (((l * (l + 1)) as f64) / options.roughness).powi(3);
            let unseen = if l == 0 { 0.0 } else { UNSEEN };
            (rough + unseen) * about * about
        })
        .collect();
    let first = start.map_or_else(|| vec![usual; rays.len()], <[f64]>::to_vec);
    let first: Vec<f64> = first.iter().map(|r| r.max(0.02).ln()).collect();
    let mut coefficients = sphere.basis.transpose() * DVector::from_vec(first) * weight;
    let mut last = None;
    for _ in 0..ITERATIONS {
        let radius = (&sphere.basis * &coefficients).map(|f| f.min(2.5).exp());
        let mut gradient = DVector::<f64>::zeros(columns);
        let mut scaled = DMatrix::<f64>::zeros(rays.len(), columns);
        let (mut wall, mut beyond, mut count) = (0.0, 0.0, 0.0);
        let mut scores = vec![0.0; rays.len()];
        for i in 0..rays.len() {
            let (score, information) = if rays.mouth[i] || rays.leaves[i] {
                let short = rays.exit[i] - radius[i];
                let sd2 = state.wall_sd_mm * state.wall_sd_mm;
                if short > 0.0 {
                    (short / sd2, 1.0 / sd2)
                } else {
                    (0.0, 0.0)
                }
            } else if rays.open[i] {
                (0.0, 0.0)
            } else {
                let e = evidence(rays.hit[i] - radius[i], &state);
                wall += e.at_wall;
                beyond += e.beyond;
                count += 1.0;
                (e.score, e.information)
            };
            scores[i] = score * weight * radius[i];
            let root = (information * weight).max(0.0).sqrt() * radius[i];
            let row = sphere.basis.row(i);
            for k in 0..columns {
                gradient[k] += scores[i] * row[k];
                scaled[(i, k)] = root * row[k];
            }
        }
        // As a product of whole matrices, which is blocked; `tr_mul` goes column by column.
        let mut information = scaled.transpose() * &scaled;
        for k in 0..columns {
            gradient[k] -= stiffness[k] * coefficients[k];
            information[(k, k)] += stiffness[k] + 1e-3;
        }
        let factor = nalgebra::Cholesky::new(information)?;
        let step = factor.solve(&gradient);
        let moved = (&sphere.basis * &step).component_mul(&radius);
        let largest = moved.amax();
        let damping = if largest > LONGEST_STEP {
            LONGEST_STEP / largest
        } else {
            1.0
        };
        last = Some((radius, scores, factor));
        if count > 0.0 {
            state.wall_share = (wall / count).clamp(0.15, 0.97);
            state.gap_mm = (beyond / (count - wall).max(1.0)).clamp(0.1, 0.8);
        }
        if largest < 2e-3 {
            break;
        }
        coefficients += step * damping;
    }
    let (radius, score, information) = last?;
    let radius = radius.iter().map(|r| r.max(0.0)).collect();
    Some(WallFit {
        radius,
        score,
        information,
    })
}

/// A low quantile of the hits: inside the wall, so that the fit grows outwards.
fn starting_radius(rays: &RayField) -> f64 {
    let mut hits: Vec<f64> = (0..rays.len())
        .filter(|&i| !rays.open[i] && !rays.mouth[i])
        .map(|i| rays.hit[i])
        .collect();
    if hits.is_empty() {
        return 0.3;
    }
    hits.sort_by(f64::total_cmp);
    hits[hits.len() * 3 / 10]
}

impl WallFit {
    /// What each patch of directions contributes to a linear function of the radii.
    ///
    /// `sensitivity` is the derivative of the function by each radius. The sum of squares over patches is the
    /// function's variance (sandwich estimator with patches as clusters; Liang, Zeger, Biometrika 1986), and
    /// for a difference of two fits on the same directions the patches' contributions subtract first, so that
    /// wall that did not move cancels.
    pub(crate) fn influence(
        &self,
        sphere: &Sphere,
        sensitivity: &[f64],
        patches: usize,
    ) -> Vec<f64> {
        // The coefficients describe the radius' logarithm.
        let by_log = DVector::from_iterator(
            sensitivity.len(),
            sensitivity.iter().zip(&self.radius).map(|(s, r)| s * r),
        );
        let direction = sphere.basis.tr_mul(&by_log);
        let solved = self.information.solve(&direction);
        let leverage = &sphere.basis * solved;
        let mut influence = vec![0.0; patches];
        for (i, score) in self.score.iter().enumerate() {
            influence[sphere.patch[i]] += leverage[i] * score;
        }
        influence
    }
}
