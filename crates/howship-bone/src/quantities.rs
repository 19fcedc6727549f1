//! Numbers of one lesion at one visit, and of their changes, with errors.

use crate::cavity::{PATCHES, Sphere};
use crate::lesion::{MeasuredLesion, VisitCavity, VolumeChange, centroid};
use crate::spectra::spectra;
use howship_change::{Change, Measurement, Quantity, VerdictOptions};
use howship_image::{DensityUnit, PointMm, VectorMm};
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
    fn total(&self) -> f64 {
        self.se.hypot(self.model)
    }

    /// Standard error of a difference of two visits.
    fn of_change(&self, other: &Self) -> f64 {
        let own = self.se.hypot(other.se);
        own.hypot(MODEL_APART * self.model.hypot(other.model))
    }
}

// The model errors below are what lesions inserted into a real scan show beyond the errors of single visits
// (the example `inserted_accuracy`, seeds 1-3, 21-32, 41-49); other seeds check them.

/// Of a lesion's model errors at two visits, this share is not the other's (0: the same, 1: nothing in common).
const MODEL_APART: f64 = 0.6;
/// How far a mouth's rim lies off where the half-way level puts it, all round, mm.
const RIM_MODEL_MM: f64 = 0.1;
/// What the two ends of a chord lie off beside that, as a share of its length: large mouths have ragged rims.
const CHORD_MODEL: f64 = 0.15;
/// How far one stretch of wall lies off the fitted one, mm: texture is smoothed over, marrow opens behind it.
const WALL_MODEL_MM: f64 = 0.25;
/// What texture adds to or takes from a wall's surface, as a share of it.
const SURFACE_MODEL: f64 = 0.06;
/// How far a cavity's mean density lies off, as a share of bone's contrast: blur of the wall reaches in.
const INSIDE_MODEL: f64 = 0.015;

/// Position error of one independent stretch of a mouth's rim, mm (cut trabeculae and thin cortex fray it).
const RIM_SD_MM: f64 = 0.06;
/// Length along a rim over which its error is alike, mm.
const RIM_SCALE_MM: f64 = 0.4;

/// Everything that is measured of a lesion at one visit.
pub(crate) fn quantities(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    visit: usize,
) -> BTreeMap<Quantity, Value> {
    let mut values = BTreeMap::new();
    let Some(cavity) = &lesion.cavities[visit] else {
        return values;
    };
    let Some((volume, se, df)) = lesion.volume(visit) else {
        return values;
    };
    values.insert(Quantity::Volume, known(volume, se, 0.0).with_freedom(df));
    let area = lesion.surface.mouth_area(visit);
    let rim = (4.0 * std::f64::consts::PI * area).sqrt();
    let frayed = RIM_SD_MM * (rim * RIM_SCALE_MM).sqrt() + 0.01;
    values.insert(Quantity::MouthArea, known(area, frayed, RIM_MODEL_MM * rim));
    let relative = if volume > 0.05 {
        (2.0 / 3.0 * se / volume).min(1.0)
    } else {
        1.0
    };
    let wall = cavity.volume.wall_mm2;
    values.insert(
        Quantity::Surface,
        known(wall, relative * wall + 0.05, SURFACE_MODEL * wall),
    );
    let (depth, towards) = deepest(sphere, lesion, cavity);
    let floor = wall_error(sphere, lesion, cavity, towards);
    values.insert(Quantity::Depth3d, known(depth, floor, WALL_MODEL_MM));
    let rim_pair = RIM_SD_MM * std::f64::consts::SQRT_2;
    let slice = spectra(sphere, lesion, visit, cavity);
    let (width, depth, error) = slice.map_or((0.0, 0.0, rim_pair), |s| {
        (
            s.width,
            s.depth,
            wall_error(sphere, lesion, cavity, s.floor),
        )
    });
    let ends = RIM_MODEL_MM.hypot(CHORD_MODEL * width);
    values.insert(Quantity::Width, known(width, rim_pair, ends));
    values.insert(Quantity::Depth, known(depth, error, WALL_MODEL_MM));
    let extent = diameter(sphere, cavity);
    values.insert(
        Quantity::Diameter3d,
        known(extent, floor * 1.4, WALL_MODEL_MM),
    );
    for (quantity, from, to) in [
        (Quantity::MarginDensity, 0.0, 0.25),
        (Quantity::RimDensity, 0.25, 0.75),
    ] {
        if let Some(v) = shell_density(sphere, lesion, visit, cavity, from, to) {
            values.insert(quantity, v);
        }
    }
    if let Some(v) = inside_density(sphere, lesion, visit, cavity) {
        let model = INSIDE_MODEL * lesion.contrast;
        values.insert(Quantity::DensityInside, Value { model, ..v });
    }
    values
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
    values: &BTreeMap<Quantity, Value>,
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

/// Change of every quantity between two visits; the volume's has its own estimate, not a difference of values.
pub(crate) fn changes(
    values: &[BTreeMap<Quantity, Value>],
    volume: Option<&VolumeChange>,
    (from, to): (usize, usize),
    names: (&str, &str),
    unit: DensityUnit,
    options: &VerdictOptions,
) -> Result<BTreeMap<Quantity, Change>, howship_change::Error> {
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
            _ => (b.value - a.value, a.of_change(b), None),
        };
        let scale = quantity.scale(options).with_unit(unit_of(quantity, unit));
        changes.insert(quantity, Change::new(difference, se, df, &scale, names)?);
    }
    Ok(changes)
}

/// Depth of the floor under the envelope, and the direction in which it lies.
///
/// The deepest of a thousand noisy rays lies too deep; the mean of the ray with its six neighbours does not.
fn deepest(sphere: &Sphere, lesion: &MeasuredLesion, cavity: &VisitCavity) -> (f64, usize) {
    let depths: Vec<Option<f64>> = sphere
        .directions
        .iter()
        .zip(&cavity.volume.boundary)
        .map(|(direction, r)| lesion.surface.depth(cavity.centre + direction * *r))
        .collect();
    let mut best = (0.0, 0);
    for (i, neighbours) in sphere.neighbours.iter().enumerate() {
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

/// Standard error of the wall's position in one direction, averaged over 0.3 rad around it, with the envelope's.
fn wall_error(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    cavity: &VisitCavity,
    towards: usize,
) -> f64 {
    let axis = sphere.directions[towards];
    let near: Vec<bool> = sphere
        .directions
        .iter()
        .map(|d| d.dot(&axis) > 0.955)
        .collect();
    let count = near.iter().filter(|n| **n).count().max(1) as f64;
    let sensitivity: Vec<f64> = near
        .iter()
        .map(|&n| if n { 1.0 / count } else { 0.0 })
        .collect();
    let wall: f64 = cavity
        .wall
        .influence(sphere, &sensitivity, PATCHES)
        .iter()
        .map(|i| i * i)
        .sum();
    (wall + lesion.surface.height_se.powi(2) + 0.02f64.powi(2)).sqrt()
}

/// Largest distance between two points of the cavity's boundary.
fn diameter(sphere: &Sphere, cavity: &VisitCavity) -> f64 {
    let points: Vec<VectorMm> = sphere
        .directions
        .iter()
        .zip(&cavity.volume.boundary)
        .step_by(3)
        .map(|(d, r)| d * *r)
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
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
    from: f64,
    to: f64,
) -> Option<Value> {
    let image = lesion.images[visit].as_ref()?;
    let mut sums = vec![(0.0, 0.0); PATCHES];
    for (i, direction) in sphere.directions.iter().enumerate() {
        if cavity.rays.mouth[i] {
            continue;
        }
        for k in 0..4 {
            let r = cavity.volume.boundary[i] + from + (to - from) * (f64::from(k) + 0.5) / 4.0;
            let at = cavity.centre + direction * r;
            if lesion.surface.depth(at).is_none_or(|d| d < 0.05) {
                continue;
            }
            if let Some(value) = image.raw(at) {
                let slot = &mut sums[sphere.patch[i]];
                slot.0 += value * r * r;
                slot.1 += r * r;
            }
        }
    }
    mean_of_patches(&sums)
}

/// Mean density of what fills the cavity, away from its boundary.
fn inside_density(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    visit: usize,
    cavity: &VisitCavity,
) -> Option<Value> {
    let image = lesion.images[visit].as_ref()?;
    let mut sums = vec![(0.0, 0.0); PATCHES];
    for (i, direction) in sphere.directions.iter().enumerate() {
        let end = cavity.volume.boundary[i] - 0.12;
        let mut r = 0.05;
        while r < end {
            if let Some(value) = image.raw(cavity.centre + direction * r) {
                let slot = &mut sums[sphere.patch[i]];
                slot.0 += value * r * r;
                slot.1 += r * r;
            }
            r += 0.1;
        }
    }
    mean_of_patches(&sums)
}

/// Weighted mean over patches and its standard error (ratio estimator over clusters).
fn mean_of_patches(sums: &[(f64, f64)]) -> Option<Value> {
    let total: f64 = sums.iter().map(|s| s.0).sum();
    let weight: f64 = sums.iter().map(|s| s.1).sum();
    let used = sums.iter().filter(|s| s.1 > 0.0).count();
    if used < 5 || weight <= 0.0 {
        return None;
    }
    let mean = total / weight;
    let squares: f64 = sums.iter().map(|s| (s.0 - mean * s.1).powi(2)).sum();
    let n = used as f64;
    let se = (squares * n / (n - 1.0)).sqrt() / weight;
    Some(known(mean, se.max(1e-6), 0.0).with_freedom(n - 1.0))
}

/// A lesion's centre in the baseline frame: centroid of its largest cavity, of those with a broken cortex if any.
pub(crate) fn lesion_centre(sphere: &Sphere, lesion: &MeasuredLesion) -> PointMm {
    let rank = |visit: usize, c: &VisitCavity| (lesion.is_open(visit), c.volume.value);
    let cavities = lesion.cavities.iter().enumerate();
    cavities
        .filter_map(|(visit, c)| Some((visit, c.as_ref()?)))
        .max_by(|(i, a), (j, b)| {
            let (a, b) = (rank(*i, a), rank(*j, b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
        .map_or(PointMm::origin(), |(_, c)| centroid(sphere, c))
}

/// Share of the cavity at `before` that is bone side of the wall at `after`, 0 to 1.
pub(crate) fn filled_share(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    before: usize,
    after: usize,
) -> Option<f64> {
    let (a, b) = (
        lesion.cavities[before].as_ref()?,
        lesion.cavities[after].as_ref()?,
    );
    Some(1.0 - shared(sphere, a, b)?)
}

/// Share of a cavity that lies inside another, 0 to 1; `None` of an empty one.
pub(crate) fn shared(sphere: &Sphere, a: &VisitCavity, b: &VisitCavity) -> Option<f64> {
    let (mut kept, mut total) = (0.0, 0.0);
    for (i, direction) in sphere.directions.iter().enumerate() {
        let end = a.volume.boundary[i];
        let mut r = 0.05;
        while r < end {
            let weight = r * r;
            total += weight;
            if contains(sphere, b, a.centre + direction * r) {
                kept += weight;
            }
            r += 0.1;
        }
    }
    (total > 0.0).then(|| kept / total)
}

/// Whether a point lies inside a cavity's boundary.
pub(crate) fn contains(sphere: &Sphere, cavity: &VisitCavity, point: PointMm) -> bool {
    let offset = point - cavity.centre;
    let distance = offset.norm();
    if distance < 1e-9 {
        return cavity.volume.value > 0.0;
    }
    distance <= boundary_towards(sphere, cavity, offset / distance)
}

/// Distance from the centre to the boundary in any direction: mean over the four nearest rays by closeness.
pub(crate) fn boundary_towards(sphere: &Sphere, cavity: &VisitCavity, direction: VectorMm) -> f64 {
    let nearest = sphere.nearest(direction);
    let mut sum = 0.0;
    let mut weight = 0.0;
    for &i in std::iter::once(&nearest).chain(&sphere.neighbours[nearest]) {
        let angle = (1.0 - sphere.directions[i].dot(&direction)).max(0.0);
        let w = 1.0 / (angle + 1e-4);
        sum += w * cavity.volume.boundary[i];
        weight += w;
    }
    sum / weight
}
