use super::rays::RayField;
use super::sphere::{PATCHES, SPHERE};
use crate::levels::quantile;
use crate::tuning::FitTuning;
use howship_stats::normal_cdf;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// A fitted wall: distance from the centre in each direction, and what its error needs.
#[derive(Clone)]
pub(crate) struct WallFit {
    /// Distance from centre to wall per direction, mm.
    pub(crate) radius: Vec<f64>,
    /// Per direction: derivative of the log likelihood by the radius, weighted.
    score: Vec<f64>,
    /// Inverse of the penalised information, by Cholesky.
    information: Cholesky<f64, Dyn>,
}

/// Log-likelihood derivative (first, negative second) of one hit, and the weight of "at the wall".
struct Evidence {
    score: f64,
    information: f64,
    at_wall: f64,
    beyond: f64,
}

/// What is believed of hits: refined from step to step.
struct Mixture {
    /// Spread of hits about the wall, mm.
    sd: f64,
    /// Mean length of marrow behind the wall where a ray misses, mm.
    gap: f64,
    /// Share of rays that meet bone at the wall.
    share: f64,
}

/// Mean gap at which the fit begins, mm. It is refined from the first step on: begun a fifth shorter or longer, no
/// volume of the sensitivity's phantom moved by 0.05 % and no change by more than 0.001 mm³.
const FIRST_GAP_MM: f64 = 0.35;

impl Mixture {
    fn new(tuning: &FitTuning) -> Self {
        Self {
            sd: tuning.wall_sd_mm,
            gap: FIRST_GAP_MM.clamp(tuning.least_gap_mm, tuning.most_gap_mm),
            share: tuning.wall_share,
        }
    }

    /// Shares and lengths as the last step found them (EM).
    fn refine(&mut self, found: &Expansion, tuning: &FitTuning) {
        if found.count > 0.0 {
            self.share = (found.wall / found.count).clamp(tuning.least_share, tuning.most_share);
            let gap = found.beyond / (found.count - found.wall).max(1.0);
            self.gap = gap.clamp(tuning.least_gap_mm, tuning.most_gap_mm);
            let sd = (found.squares / found.wall.max(1.0)).sqrt();
            self.sd = sd.clamp(tuning.wall_sd_mm, tuning.most_sd_mm);
        }
    }
}

/// Mixture of a hit at the wall (normal) and a hit behind a marrow gap (normal plus exponential).
fn evidence(distance: f64, mixture: &Mixture) -> Evidence {
    let Mixture { sd, gap, share } = *mixture;
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

/// What one ray knows of the wall at a radius: derivative of its log likelihood and negative second derivative.
fn of_ray(
    rays: &RayField,
    ray: usize,
    radius: f64,
    mixture: &Mixture,
) -> (f64, f64, Option<Evidence>) {
    if rays.mouth[ray] || rays.leaves[ray] {
        // The envelope was reached without a hit: the wall is not nearer.
        let short = rays.exit[ray] - radius;
        let sd2 = mixture.sd * mixture.sd;
        if short > 0.0 {
            (short / sd2, 1.0 / sd2, None)
        } else {
            (0.0, 0.0, None)
        }
    } else if rays.open[ray] {
        (0.0, 0.0, None)
    } else {
        let e = evidence(rays.hit[ray] - radius, mixture);
        (e.score, e.information, Some(e))
    }
}

/// The likelihood's quadratic form about one wall.
struct Expansion {
    gradient: DVector<f64>,
    /// Square root of what each ray knows of the logarithm of its radius.
    roots: Vec<f64>,
    scores: Vec<f64>,
    /// Sums over hits: shares at the wall, squared distances from it of those, lengths beyond it, hits.
    wall: f64,
    beyond: f64,
    squares: f64,
    count: f64,
}

fn expand(rays: &RayField, radius: &DVector<f64>, mixture: &Mixture) -> Expansion {
    let columns = SPHERE.basis.ncols();
    let weight = SPHERE.solid_angle();
    let mut e = Expansion {
        gradient: DVector::zeros(columns),
        roots: vec![0.0; rays.len()],
        scores: vec![0.0; rays.len()],
        wall: 0.0,
        beyond: 0.0,
        squares: 0.0,
        count: 0.0,
    };
    for i in 0..rays.len() {
        let (score, information, hit) = of_ray(rays, i, radius[i], mixture);
        if let Some(hit) = hit {
            e.wall += hit.at_wall;
            e.beyond += hit.beyond;
            e.count += 1.0;
            e.squares += hit.at_wall * (rays.hit[i] - radius[i]).powi(2);
        }
        let (pull, hold) = rays
            .contents
            .as_ref()
            .map_or((0.0, 0.0), |c| c.pull(i, radius[i]));
        e.scores[i] = (score + pull) * weight * radius[i];
        e.roots[i] = ((information + hold) * weight).max(0.0).sqrt() * radius[i];
        for (sum, value) in e.gradient.iter_mut().zip(SPHERE.functions(i)) {
            *sum += e.scores[i] * value;
        }
    }
    e
}

impl Expansion {
    /// Factor of the information of all rays and of the penalty: nine tenths of a step's work.
    fn factor(&self, stiffness: &[f64]) -> Option<Cholesky<f64, Dyn>> {
        let columns = SPHERE.basis.ncols();
        // Rows whose squares add up to the information.
        let mut scaled = Vec::with_capacity(self.roots.len() * columns);
        for (i, root) in self.roots.iter().enumerate() {
            scaled.extend(SPHERE.functions(i).iter().map(|value| root * value));
        }
        let mut information = gram(scaled, columns);
        for (k, stiff) in stiffness.iter().enumerate() {
            information[(k, k)] += stiff + LEAST_STIFFNESS;
        }
        Cholesky::new(information)
    }
}

/// Products of all pairs of columns, summed over rows.
fn gram(rows: Vec<f64>, columns: usize) -> DMatrix<f64> {
    let rows = DMatrix::from_vec(columns, rows.len() / columns, rows);
    &rows * rows.transpose()
}

/// Holds the coefficients where nothing else does.
const LEAST_STIFFNESS: f64 = 1e-3;
/// Logarithm of the largest radius a step may try, mm.
const LARGEST_LOG: f64 = 2.5;
/// Smallest radius whose logarithm is taken, mm.
const SMALLEST_MM: f64 = 0.02;

/// Fits a smooth wall through the hits.
///
/// # Method
/// Logarithm of the radius = spherical harmonics up to degree 8, drawn by `(l(l+1))⁴` towards those of the ellipsoid of
/// the wall's own volume, centroid and second moments: what is finer than the shape's waves of about 1.3 mm, wider than
/// most marrow spaces, is smoothed, whatever the cavity's size (`size`, its radius in mm; of the hits where it is not
/// known). Drawn towards a sphere, elongated cavities came out too small. Newton's method on the mixture likelihood, the
/// spread of hits at the wall, their share and the mean gap re-estimated in each step (EM). Rays that leave through the
/// mouth, or reach the envelope without a hit, pull the wall out to the envelope but never in.
pub(crate) fn fit_wall(
    rays: &RayField,
    start: Option<&[f64]>,
    size: Option<f64>,
    tuning: &FitTuning,
) -> Option<WallFit> {
    let weight = SPHERE.solid_angle();
    let mut mixture = Mixture::new(tuning);
    let usual = starting_radius(rays, tuning);
    let stiffness = stiffness(size.unwrap_or(usual), tuning);
    let first = start.map_or_else(|| vec![usual; rays.len()], <[f64]>::to_vec);
    let first: Vec<f64> = first.iter().map(|r| r.max(SMALLEST_MM).ln()).collect();
    let mut coefficients = SPHERE.basis.tr_mul(&DVector::from_vec(first)) * weight;
    let mut factor: Option<Cholesky<f64, Dyn>> = None;
    let (mut age, mut long, mut settled) = (0, true, false);
    let mut last = None;
    for iteration in 1..=tuning.iterations {
        let radius = (&SPHERE.basis * &coefficients).map(|f| f.min(LARGEST_LOG).exp());
        let mut e = expand(rays, &radius, &mixture);
        mixture.refine(&e, tuning);
        let smooth = ellipsoid_of(&radius);
        for (k, stiff) in stiffness.iter().enumerate() {
            let towards = smooth.as_ref().map_or(0.0, |s| s[k]);
            e.gradient[k] -= stiff * (coefficients[k] - towards);
        }
        age += 1;
        // Near the wall where the fit goes is the gradient's to say, and what the rays know need not be the latest. What
        // is handed over is, and what decides on long steps: at which of two walls they end.
        let due = long || age >= tuning.factor_steps || settled || iteration == tuning.iterations;
        if due || factor.is_none() {
            factor = Some(e.factor(&stiffness)?);
            age = 0;
        }
        let step = factor.as_ref()?.solve(&e.gradient);
        let moved = (&SPHERE.basis * &step).component_mul(&radius);
        let largest = moved.amax();
        long = largest > tuning.longest_step_mm;
        let damping = if long {
            tuning.longest_step_mm / largest
        } else {
            1.0
        };
        last = Some((radius, e.scores));
        settled = largest < tuning.least_step_mm;
        if settled && age == 0 {
            break;
        }
        coefficients += step * damping;
    }
    let ((radius, score), information) = (last?, factor?);
    // Blur draws the half-way level of a wall that curves around the centre inwards by σ²/r, of single trabeculae, which
    // it meets along one direction only, by half as much.
    let inwards = rays.blur_mm.powi(2) * (0.5 + 0.5 * mixture.share);
    // Exact for a ball down to 2σ; a flat cavity curves less than its short radii say.
    let ball = radius.iter().map(|r| r.max(0.0).powi(3)).sum::<f64>() / radius.len() as f64;
    let floor = (4.0 * rays.blur_mm)
        .min(ball.cbrt())
        .max(1.4 * rays.blur_mm);
    let radius = radius
        .iter()
        .map(|r| r.max(0.0) + inwards / r.max(floor).max(1e-3))
        .collect();
    Some(WallFit {
        radius,
        score,
        information,
    })
}

/// Coefficients of the ellipsoid that has the wall's volume, centroid and second moments; `None` where the centre lies
/// outside of it.
fn ellipsoid_of(radius: &DVector<f64>) -> Option<DVector<f64>> {
    let weight = SPHERE.solid_angle();
    let (mut volume, mut first) = (0.0, nalgebra::Vector3::zeros());
    let mut second = nalgebra::Matrix3::zeros();
    for (d, r) in SPHERE.directions.iter().zip(radius.iter()) {
        volume += weight * r.powi(3) / 3.0;
        first += d * (weight * r.powi(4) / 4.0);
        second += d * d.transpose() * (weight * r.powi(5) / 5.0);
    }
    let middle = first / volume;
    // A full ellipsoid's second moments are a fifth of its squared half axes.
    let shape = ((second / volume - middle * middle.transpose()) * 5.0).try_inverse()?;
    let inside = 1.0 - middle.dot(&(shape * middle));
    if !(inside > 0.0) {
        return None;
    }
    let logs = SPHERE.directions.iter().map(|d| {
        let (a, b) = (d.dot(&(shape * d)), d.dot(&(shape * middle)));
        ((b + (b * b + a * inside).sqrt()) / a).ln()
    });
    let logs = DVector::from_iterator(radius.len(), logs);
    Some(SPHERE.basis.tr_mul(&logs) * weight)
}

/// Penalty of each coefficient, in units of what the rays know.
fn stiffness(usual: f64, tuning: &FitTuning) -> Vec<f64> {
    let about = usual.max(0.1) / tuning.wall_sd_mm;
    let roughness =
        (tuning.roughness_mm2 * usual * usual).clamp(tuning.least_roughness, tuning.most_roughness);
    SPHERE
        .degree
        .iter()
        .map(|&l| {
            let rough = (((l * (l + 1)) as f64) / roughness).powi(4);
            let unseen = if l == 0 { 0.0 } else { tuning.unseen };
            (rough + unseen) * about * about
        })
        .collect()
}

/// A low quantile of the hits: inside the wall, so that the fit grows outwards.
fn starting_radius(rays: &RayField, tuning: &FitTuning) -> f64 {
    let mut hits: Vec<f64> = (0..rays.len())
        .filter(|&i| !rays.open[i] && !rays.mouth[i])
        .map(|i| rays.hit[i])
        .collect();
    if hits.is_empty() {
        return tuning.start_mm;
    }
    hits.sort_by(f64::total_cmp);
    hits[quantile(hits.len(), tuning.start_quantile)]
}

impl WallFit {
    /// What each patch of directions contributes to a linear function of the radii.
    ///
    /// `sensitivity` is the derivative of the function by each radius. The sum of squares over patches is the
    /// function's variance (sandwich estimator with patches as clusters; Liang, Zeger, Biometrika 1986), and
    /// for a difference of two fits on the same directions the patches' contributions subtract first, so that
    /// wall that did not move cancels.
    pub(crate) fn influence(&self, sensitivity: &[f64]) -> Vec<f64> {
        // The coefficients describe the radius' logarithm.
        let by_log = DVector::from_iterator(
            sensitivity.len(),
            sensitivity.iter().zip(&self.radius).map(|(s, r)| s * r),
        );
        let direction = SPHERE.basis.tr_mul(&by_log);
        let solved = self.information.solve(&direction);
        let leverage = &SPHERE.basis * solved;
        let mut influence = vec![0.0; PATCHES];
        for (i, score) in self.score.iter().enumerate() {
            influence[SPHERE.patch[i]] += leverage[i] * score;
        }
        influence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_are_those_of_all_pairs_of_columns() {
        let rows: Vec<f64> = (0..35).map(|i| f64::from(i * i % 17) - 6.0).collect();
        let found = gram(rows.clone(), 7);
        for p in 0..7 {
            for q in 0..7 {
                let sum: f64 = rows.chunks(7).map(|row| row[p] * row[q]).sum();
                assert!((found[(p, q)] - sum).abs() < 1e-12);
            }
        }
    }
}
