//! Numbers of one lesion at one visit, and of their changes, with errors.

use crate::BoneOptions;
use crate::cavity::{PATCHES, SPHERE, VisitCavity};
use crate::lesion::MeasuredLesion;
use crate::lesion_error::VolumeChange;
use crate::spectra::spectra;
use crate::tuning::QuantityTuning;
use howship_change::{Change, Measurement, Quantity};
use howship_image::{DensityUnit, VectorMm};
use std::collections::BTreeMap;

/// A number, its standard error, degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    pub(crate) value: f64,
    /// Standard error that each visit has of its own.
    pub(crate) se: f64,
    /// Standard error of what the model of a wall or a rim leaves out, in most part the same at every visit.
    pub(crate) model: f64,
    pub(crate) df: Option<f64>,
}

impl Value {
    /// Standard error of the value.
    pub(crate) fn total(&self) -> f64 {
        self.se.hypot(self.model)
    }

    /// Standard error of a difference of two visits.
    fn of_change(&self, other: &Self, tuning: &QuantityTuning) -> f64 {
        let own = self.se.hypot(other.se);
        own.hypot(tuning.apart * self.model.hypot(other.model))
    }
}

/// What was measured of a lesion at one visit.
pub(crate) type Values = BTreeMap<Quantity, Value>;

/// Everything that is measured of a lesion at one visit.
pub(crate) fn quantities(lesion: &MeasuredLesion, visit: usize) -> Values {
    let mut values = Values::new();
    let (Some(cavity), Some(volume)) = (lesion.cavity(visit), lesion.volume(visit)) else {
        return values;
    };
    let size = known(volume.value, volume.se, 0.0).with_freedom(volume.df);
    values.insert(Quantity::Volume, size);
    values.insert(Quantity::MouthArea, mouth_area(lesion, visit));
    values.insert(Quantity::Surface, surface(lesion, cavity, &size));
    values.extend(lengths(lesion, visit, cavity));
    values.extend(densities(lesion, visit, cavity));
    values
}

fn mouth_area(lesion: &MeasuredLesion, visit: usize) -> Value {
    let tuning = &lesion.tuning.quantities;
    let area = lesion.surface.mouth_area(visit);
    let rim = (4.0 * std::f64::consts::PI * area).sqrt();
    let frayed = tuning.rim_sd_mm * (rim * tuning.rim_scale_mm).sqrt() + tuning.area_floor_mm2;
    known(area, frayed, tuning.rim_model_mm * rim)
}

fn surface(lesion: &MeasuredLesion, cavity: &VisitCavity, volume: &Value) -> Value {
    let tuning = &lesion.tuning.quantities;
    let relative = if volume.value > tuning.known_mm3 {
        (2.0 / 3.0 * volume.se / volume.value).min(1.0)
    } else {
        1.0
    };
    let wall = cavity.volume.wall_mm2;
    let se = relative * wall + tuning.surface_floor_mm2;
    known(wall, se, tuning.surface_model * wall)
}

/// Depth and diameter in space, width and depth in slices.
fn lengths(lesion: &MeasuredLesion, visit: usize, cavity: &VisitCavity) -> [(Quantity, Value); 4] {
    let tuning = &lesion.tuning.quantities;
    let (depth3d, towards) = deepest(lesion, cavity);
    let floor = wall_error(lesion, cavity, towards);
    let rim_pair = tuning.rim_sd_mm * std::f64::consts::SQRT_2;
    let slice = spectra(lesion, visit, cavity);
    let (width, depth, error) = slice.map_or((0.0, 0.0, rim_pair), |s| {
        (s.width, s.depth, wall_error(lesion, cavity, s.floor))
    });
    let ends = tuning.rim_model_mm.hypot(tuning.chord_model * width);
    let wall = tuning.wall_model_mm;
    // The two ends of a diameter err apart.
    let two_ends = floor * 1.4;
    [
        (Quantity::Depth3d, known(depth3d, floor, wall)),
        (Quantity::Width, known(width, rim_pair, ends)),
        (Quantity::Depth, known(depth, error, wall)),
        (
            Quantity::Diameter3d,
            known(diameter(lesion, cavity), two_ends, wall),
        ),
    ]
}

/// Of the margin, of the rim behind it, and of what fills the cavity.
fn densities(
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
) -> Vec<(Quantity, Value)> {
    let tuning = &lesion.tuning.quantities;
    let (margin, rim) = (tuning.margin_mm, tuning.rim_mm);
    let inside = inside_density(lesion, visit, cavity).map(|v| Value {
        model: tuning.inside_model * lesion.contrast,
        ..v
    });
    let all = [
        (
            Quantity::MarginDensity,
            shell_density(lesion, visit, cavity, 0.0..margin),
        ),
        (
            Quantity::RimDensity,
            shell_density(lesion, visit, cavity, margin..rim),
        ),
        (Quantity::DensityInside, inside),
    ];
    all.into_iter().filter_map(|(q, v)| Some((q, v?))).collect()
}

fn known(value: f64, se: f64, model: f64) -> Value {
    Value {
        value,
        se,
        model,
        df: None,
    }
}

impl Value {
    fn with_freedom(self, df: f64) -> Self {
        Self {
            df: Some(df),
            ..self
        }
    }
}

/// Domain measurements, densities in the unit of the scan.
pub(crate) fn to_measurements(
    values: &Values,
    unit: DensityUnit,
) -> BTreeMap<Quantity, Measurement> {
    values
        .iter()
        .map(|(&q, v)| {
            let m = Measurement {
                value: v.value,
                unit: unit_of(q, unit),
                se: v.total(),
                df: v.df,
            };
            (q, m)
        })
        .collect()
}

/// Unit of a quantity in a scan.
pub(crate) fn unit_of(quantity: Quantity, unit: DensityUnit) -> String {
    match quantity {
        Quantity::DensityInside | Quantity::MarginDensity | Quantity::RimDensity => {
            unit.to_string()
        }
        _ => quantity.unit().to_owned(),
    }
}

/// Change of every quantity between two visits; the volume's has its own estimate, not a difference of values. Errors are
/// the group's own where it has measured them.
pub(crate) fn changes(
    values: &[Values],
    volume: Option<&VolumeChange>,
    (from, to): (usize, usize),
    names: (&str, &str),
    unit: DensityUnit,
    options: &BoneOptions,
) -> Result<BTreeMap<Quantity, Change>, howship_change::Error> {
    let tuning = &options.tuning.quantities;
    let mut changes = BTreeMap::new();
    for (&quantity, a) in &values[from] {
        let Some(b) = values[to].get(&quantity) else {
            continue;
        };
        let (difference, se, df) = match quantity {
            Quantity::Volume => match volume {
                Some(c) => (c.value, c.se, Some(c.df)),
                None => continue,
            },
            _ => (b.value - a.value, a.of_change(b, tuning), None),
        };
        let own = options.precision.as_ref();
        let (se, df) = match own.and_then(|p| p.of_change(quantity)) {
            Some((se, freedom)) => (se, Some(freedom)),
            None => (se, df),
        };
        let scale = quantity
            .scale(&options.verdict, a.value)
            .with_unit(unit_of(quantity, unit));
        changes.insert(quantity, Change::new(difference, se, df, &scale, names)?);
    }
    Ok(changes)
}

/// Depth of the floor under the envelope, and the direction in which it lies.
///
/// The deepest of a thousand noisy rays lies too deep; the mean of the ray with its six neighbours does not.
fn deepest(lesion: &MeasuredLesion, cavity: &VisitCavity) -> (f64, usize) {
    let depths: Vec<Option<f64>> = cavity
        .boundary()
        .map(|(direction, r)| lesion.surface.depth(cavity.centre + direction * r))
        .collect();
    let mut best = (0.0, 0);
    for (i, neighbours) in SPHERE.neighbours.iter().enumerate() {
        let around: Vec<f64> = std::iter::once(&i)
            .chain(neighbours)
            .filter_map(|&j| depths[j])
            .collect();
        if around.len() < 4 {
            continue;
        }
        let mean = around.iter().sum::<f64>() / around.len() as f64;
        if mean > best.0 {
            best = (mean, i);
        }
    }
    best
}

/// Standard error of the wall's position in one direction, averaged over a cone around it, with the envelope's.
fn wall_error(lesion: &MeasuredLesion, cavity: &VisitCavity, towards: usize) -> f64 {
    let tuning = &lesion.tuning.quantities;
    let wall: f64 = cavity
        .wall
        .influence(&mean_over_cone(towards, tuning.cone))
        .iter()
        .map(|i| i * i)
        .sum();
    (wall + lesion.surface.across_se().powi(2) + tuning.floor_mm.powi(2)).sqrt()
}

/// Weights of the mean over all directions whose cosine with one of them is larger than this.
fn mean_over_cone(towards: usize, cosine: f64) -> Vec<f64> {
    let axis = SPHERE.directions[towards];
    let near: Vec<bool> = SPHERE
        .directions
        .iter()
        .map(|d| d.dot(&axis) > cosine)
        .collect();
    let count = near.iter().filter(|n| **n).count().max(1) as f64;
    near.iter()
        .map(|&n| if n { 1.0 / count } else { 0.0 })
        .collect()
}

/// Largest distance between two points of the cavity's boundary.
fn diameter(lesion: &MeasuredLesion, cavity: &VisitCavity) -> f64 {
    let points: Vec<VectorMm> = cavity
        .boundary()
        .step_by(lesion.tuning.quantities.diameter_stride.max(1))
        .map(|(d, r)| d * r)
        .collect();
    let mut largest: f64 = 0.0;
    for (i, a) in points.iter().enumerate() {
        for b in &points[i + 1..] {
            largest = largest.max((a - b).norm_squared());
        }
    }
    largest.sqrt()
}

/// Mean density of a shell behind the wall; its error from the spread between patches of wall.
fn shell_density(
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
    behind: std::ops::Range<f64>,
) -> Option<Value> {
    let tuning = &lesion.tuning.quantities;
    let image = lesion.image(visit)?;
    let steps = tuning.shell_steps.max(1);
    let mut sums = vec![(0.0, 0.0); PATCHES];
    for (i, direction) in SPHERE.directions.iter().enumerate() {
        if cavity.rays.mouth[i] {
            continue;
        }
        for k in 0..steps {
            let share = behind.end - behind.start;
            let r =
                cavity.volume.boundary[i] + behind.start + share * (k as f64 + 0.5) / steps as f64;
            let at = cavity.centre + direction * r;
            if lesion
                .surface
                .depth(at)
                .is_none_or(|d| d < tuning.shell_depth_mm)
            {
                continue;
            }
            if let Some(value) = image.own(at) {
                let slot = &mut sums[SPHERE.patch[i]];
                slot.0 += value * r * r;
                slot.1 += r * r;
            }
        }
    }
    mean_of_patches(&sums, tuning.enough_patches)
}

/// Mean density of what fills the cavity, away from its boundary.
fn inside_density(lesion: &MeasuredLesion, visit: usize, cavity: &VisitCavity) -> Option<Value> {
    let tuning = &lesion.tuning.quantities;
    let image = lesion.image(visit)?;
    let mut sums = vec![(0.0, 0.0); PATCHES];
    for (i, direction) in SPHERE.directions.iter().enumerate() {
        let end = cavity.volume.boundary[i] - tuning.inside_margin_mm;
        let mut r = tuning.inside_from_mm;
        while r < end {
            if let Some(value) = image.own(cavity.centre + direction * r) {
                let slot = &mut sums[SPHERE.patch[i]];
                slot.0 += value * r * r;
                slot.1 += r * r;
            }
            r += tuning.inside_step_mm;
        }
    }
    mean_of_patches(&sums, tuning.enough_patches)
}

/// Weighted mean over patches and its standard error (ratio estimator over clusters).
fn mean_of_patches(sums: &[(f64, f64)], enough: usize) -> Option<Value> {
    let total: f64 = sums.iter().map(|s| s.0).sum();
    let weight: f64 = sums.iter().map(|s| s.1).sum();
    let used = sums.iter().filter(|s| s.1 > 0.0).count();
    if used < enough || weight <= 0.0 {
        return None;
    }
    let mean = total / weight;
    let squares: f64 = sums.iter().map(|s| (s.0 - mean * s.1).powi(2)).sum();
    let n = used as f64;
    let se = (squares * n / (n - 1.0)).sqrt() / weight;
    Some(known(mean, se.max(1e-6), 0.0).with_freedom(n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;

    #[test]
    fn a_floors_error_is_a_mean_over_a_third_of_a_radian() {
        let cosine = options().tuning.quantities.cone;
        for towards in [0, 137, 500, 901] {
            let weights = mean_over_cone(towards, cosine);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let axis = SPHERE.directions[towards];
            let used = SPHERE.directions.iter().zip(&weights);
            let widest = used
                .filter(|(_, w)| **w > 0.0)
                .map(|(d, _)| d.dot(&axis).min(1.0).acos())
                .fold(0.0, f64::max);
            assert!((0.26..=0.302).contains(&widest), "{widest}");
        }
    }
}
