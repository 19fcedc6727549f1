//! The gaps between two bones at one visit: where they face each other, and how far apart their edges lie there.

use super::{Estimate, JointSpace, plate};
use crate::Error;
use crate::levels::quantile;
use crate::segmentation::BoneShape;
use crate::tuning::SpaceTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, Region, VectorMm, Volume, VolumeView, sample_linear};
use std::collections::BTreeMap;

/// Where the gap is measured: a place half-way between two bones.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Half-way, mm.
    at: PointMm,
    /// Towards the first and towards the second bone.
    towards: [VectorMm; 2],
    /// Distance to each bone's outline, mm.
    distance: [f64; 2],
    /// Area of the surface half-way that this place stands for, mm².
    area: f64,
}

/// One measured gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    pub(super) width: f64,
    pub(super) area: f64,
    /// Where it meets each bone.
    pub(super) ends: [PointMm; 2],
}

/// Every gap between two bones; `None` where they do not face each other over enough area.
pub(super) fn gaps(
    visit: &VisitShapes<'_>,
    shapes: [&BoneShape; 2],
    tuning: &SpaceTuning,
) -> Result<Option<Vec<Gap>>, Error> {
    let places = places(shapes, tuning);
    if places.iter().map(|p| p.area).sum::<f64>() < tuning.least_mm2 {
        return Ok(None);
    }
    let image = smoothed_around(visit.scan.volume, &places, tuning)?;
    let [a, b] = [0, 1].map(|bone| {
        let compact = compact(&visit.smooth, shapes[bone], tuning);
        edges(&image, &places, bone, visit.levels.soft, compact, tuning)
    });
    let measured: Vec<Gap> = places
        .iter()
        .zip(a.iter().zip(&b))
        .filter_map(|(place, (a, b))| Some(gap(place, [(*a)?, (*b)?])))
        .collect();
    let area: f64 = measured.iter().map(|g| g.area).sum();
    let measured = averaged(measured, tuning);
    Ok((area >= tuning.least_mm2).then_some(measured))
}

/// Places on the surface half-way between two outlines where they face each other.
///
/// Each voxel near that surface stands for an area `V |∇(a − b)| δ(a − b)`, with a hat for the delta.
fn places(shapes: [&BoneShape; 2], tuning: &SpaceTuning) -> Vec<Place> {
    let [a, b] = shapes;
    let geometry = a.distance.geometry();
    let (size, h) = (geometry.size(), geometry.max_spacing());
    let reach = h.max(tuning.reach_mm);
    let mut found = Vec::new();
    for (o, (da, db)) in a.distance.data().iter().zip(b.distance.data()).enumerate() {
        let (da, db) = (f64::from(*da), f64::from(*db));
        let between = da > 0.0 && db > 0.0 && da + db < tuning.most_mm;
        if !between || (da - db).abs() >= 2.0 * h {
            continue;
        }
        let voxel = geometry.voxel(o);
        if (0..3).any(|k| voxel[k] == 0 || voxel[k] + 1 == size[k]) {
            continue;
        }
        let at = geometry.world(voxel.map(|i| i as f64));
        let (Some(ga), Some(gb)) = (gradient(a, at, reach), gradient(b, at, reach)) else {
            continue;
        };
        // Full weight where they face each other, none where they turn away, so that no gap hangs on one voxel's noise.
        let turned = ga.normalize().dot(&gb.normalize()) - tuning.facing;
        let faces = (0.5 - turned / tuning.taper).clamp(0.0, 1.0);
        if faces <= 0.0 {
            continue;
        }
        let across = ga - gb;
        let steep = across.norm();
        let off = (da - db) / steep;
        let hat = (1.0 - off.abs() / h).max(0.0) / h;
        if hat <= 0.0 {
            continue;
        }
        let on = at - across * (off / steep);
        let (Some(da), Some(db)) = (a.depth(on), b.depth(on)) else {
            continue;
        };
        found.push(Place {
            at: on,
            towards: [-ga.normalize(), -gb.normalize()],
            distance: [da, db],
            area: geometry.voxel_mm3() * hat * faces,
        });
    }
    found
}

/// Gradient of an outline's signed distance by central differences.
fn gradient(shape: &BoneShape, at: PointMm, h: f64) -> Option<VectorMm> {
    let axes = [VectorMm::x(), VectorMm::y(), VectorMm::z()];
    let mut gradient = VectorMm::zeros();
    for axis in axes {
        let step = axis * h;
        let difference = shape.depth(at + step)? - shape.depth(at - step)?;
        gradient += axis * (difference / (2.0 * h));
    }
    (gradient.norm() > 0.3).then_some(gradient)
}

/// The image around the places, smoothed to tame noise.
fn smoothed_around(
    volume: VolumeView<'_>,
    places: &[Place],
    tuning: &SpaceTuning,
) -> Result<Volume<f32>, Error> {
    let geometry = volume.geometry();
    let size = geometry.size();
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for place in places {
        let index = geometry.index(place.at);
        low = std::array::from_fn(|a| low[a].min(index[a]));
        high = std::array::from_fn(|a| high[a].max(index[a]));
    }
    let margin = geometry.spacing().map(|s| (0.5 * tuning.most_mm + 1.0) / s);
    let start: [usize; 3] =
        std::array::from_fn(|a| ((low[a] - margin[a]).max(0.0) as usize).min(size[a] - 1));
    let end: [usize; 3] =
        std::array::from_fn(|a| ((high[a] + margin[a]).max(0.0).ceil() as usize).min(size[a] - 1));
    let crop = volume.crop(Region::between(start, end))?;
    Ok(howship_ops::gaussian(&crop, [tuning.smooth_mm; 3])?)
}

/// Density of a bone's compact tissue: what its densest hundredths reach.
fn compact(smooth: &Volume<f32>, shape: &BoneShape, tuning: &SpaceTuning) -> f64 {
    let inside = smooth.data().iter().zip(shape.envelope.data());
    let mut values: Vec<f32> = inside.filter(|(_, m)| **m != 0).map(|(v, _)| *v).collect();
    if values.is_empty() {
        return f64::NAN;
    }
    let k = quantile(values.len(), tuning.compact_share);
    f64::from(*values.select_nth_unstable_by(k, f32::total_cmp).1)
}

/// Distance from each place to a bone's edge; `None` where there is none near its outline.
///
/// Where half-way to compact bone is crossed, moved by as much as the edge of a blurred plate lies off on the mean
/// profile; where no plate fits, or compact bone is not seen, by nothing.
fn edges(
    image: &Volume<f32>,
    places: &[Place],
    bone: usize,
    soft: f64,
    compact: f64,
    tuning: &SpaceTuning,
) -> Vec<Option<f64>> {
    let level = soft + 0.5 * (plate_peak(image, places, bone, soft, compact, tuning) - soft);
    let crossed: Vec<Option<f64>> = places
        .iter()
        .map(|place| crossing(image, place, bone, level, tuning))
        .collect();
    let values = mean_profile(image, places, bone, &crossed, tuning);
    let profile = plate::Profile {
        from: -tuning.look_mm,
        step: tuning.step_mm,
        values: &values,
    };
    let off = plate::edge(profile, plate::Tissue { soft, compact }).unwrap_or(0.0);
    crossed.into_iter().map(|t| Some(t? + off)).collect()
}

/// What the bone's plate reaches here, median over the places.
fn plate_peak(
    image: &Volume<f32>,
    places: &[Place],
    bone: usize,
    soft: f64,
    compact: f64,
    tuning: &SpaceTuning,
) -> f64 {
    let usual = soft + 0.4 * (compact - soft);
    let mut peaks: Vec<f64> = places
        .iter()
        .filter_map(|place| {
            let edge = crossing(image, place, bone, usual, tuning)?;
            let steps = (tuning.plate_mm / tuning.step_mm).round() as usize;
            let along = (0..=steps).filter_map(|k| {
                let t = edge + tuning.step_mm * k as f64;
                value(image, place.at + place.towards[bone] * t)
            });
            along.max_by(f64::total_cmp)
        })
        .collect();
    if peaks.is_empty() {
        return compact;
    }
    peaks.sort_by(f64::total_cmp);
    peaks[peaks.len() / 2]
}

/// Mean over all places of the image across their edges, from `look_mm` before to `behind_mm` behind.
fn mean_profile(
    image: &Volume<f32>,
    places: &[Place],
    bone: usize,
    crossed: &[Option<f64>],
    tuning: &SpaceTuning,
) -> Vec<f64> {
    let steps = ((tuning.look_mm + tuning.behind_mm) / tuning.step_mm).round() as usize + 1;
    let mut sums = vec![(0.0, 0.0); steps];
    for (place, edge) in places.iter().zip(crossed) {
        let Some(edge) = edge else { continue };
        for (k, (sum, weight)) in sums.iter_mut().enumerate() {
            let t = edge - tuning.look_mm + tuning.step_mm * k as f64;
            // Beyond half-way lies the other bone's edge.
            if t < 0.0 {
                continue;
            }
            if let Some(v) = value(image, place.at + place.towards[bone] * t) {
                *sum += place.area * v;
                *weight += place.area;
            }
        }
    }
    sums.into_iter().map(|(sum, weight)| sum / weight).collect()
}

fn value(image: &Volume<f32>, at: PointMm) -> Option<f64> {
    sample_linear(image, image.geometry().index(at)).map(f64::from)
}

/// Distance from a place to where a bone's edge is crossed, near where its outline says.
fn crossing(
    image: &Volume<f32>,
    place: &Place,
    bone: usize,
    level: f64,
    tuning: &SpaceTuning,
) -> Option<f64> {
    let direction = place.towards[bone];
    let from = (place.distance[bone] - tuning.look_mm).max(0.0);
    let to = place.distance[bone] + tuning.look_mm;
    let mut before = value(image, place.at + direction * from)?;
    if before > level {
        return None;
    }
    let mut t = from;
    while t < to {
        t += tuning.step_mm;
        let now = value(image, place.at + direction * t)?;
        if now > level {
            return Some(t - tuning.step_mm * (now - level) / (now - before));
        }
        before = now;
    }
    None
}

fn gap(place: &Place, to: [f64; 2]) -> Gap {
    let ends = [0, 1].map(|bone| place.at + place.towards[bone] * to[bone]);
    Gap {
        width: (ends[0] - ends[1]).norm(),
        area: place.area,
        ends,
    }
}

/// Each width as the mean of those around it, less what the gap's curvature adds to such a mean: of noisy widths the
/// least would be their noise's.
fn averaged(gaps: Vec<Gap>, tuning: &SpaceTuning) -> Vec<Gap> {
    let near = Near::new(&gaps, tuning.curved_mm.max(tuning.average_mm));
    let width = |k: usize| {
        let mean = near.mean(k, tuning.average_mm);
        mean.width - near.curvature(k) * mean.square
    };
    let widths: Vec<f64> = (0..gaps.len()).map(width).collect();
    let with = |(gap, width): (&Gap, f64)| Gap { width, ..*gap };
    gaps.iter().zip(widths).map(with).collect()
}

/// Gaps by where they lie.
struct Near<'a> {
    gaps: &'a [Gap],
    middles: Vec<PointMm>,
    cells: BTreeMap<[i64; 3], Vec<usize>>,
    reach: f64,
}

/// What gaps about one of them are in the mean, weighted by area.
struct Mean {
    width: f64,
    /// Of the distance along the surface, mm².
    square: f64,
}

impl<'a> Near<'a> {
    fn new(gaps: &'a [Gap], reach: f64) -> Self {
        let middle = |g: &Gap| g.ends[0] + (g.ends[1] - g.ends[0]) * 0.5;
        let mut near = Self {
            gaps,
            middles: gaps.iter().map(middle).collect(),
            cells: BTreeMap::new(),
            reach,
        };
        for (k, middle) in near.middles.iter().enumerate() {
            let cell = near.cell(*middle);
            near.cells.entry(cell).or_default().push(k);
        }
        near
    }

    fn cell(&self, p: PointMm) -> [i64; 3] {
        [p.x, p.y, p.z].map(|c| (c / self.reach).floor() as i64)
    }

    /// Those within a radius of one, itself among them, each with its square distance.
    fn within(&self, k: usize, radius: f64) -> impl Iterator<Item = (usize, f64)> + '_ {
        let at = self.middles[k];
        let [x, y, z] = self.cell(at);
        (0..27)
            .map(move |s| [x + s % 3 - 1, y + s / 3 % 3 - 1, z + s / 9 - 1])
            .filter_map(|cell| self.cells.get(&cell))
            .flatten()
            .map(move |&other| (other, (self.middles[other] - at).norm_squared()))
            .filter(move |(_, square)| *square < radius * radius)
    }

    fn mean(&self, k: usize, radius: f64) -> Mean {
        let (mut width, mut squares, mut area) = (0.0, 0.0, 0.0);
        for (other, square) in self.within(k, radius) {
            let gap = &self.gaps[other];
            width += gap.area * gap.width;
            squares += gap.area * square;
            area += gap.area;
        }
        Mean {
            width: width / area,
            square: squares / area,
        }
    }

    /// How much wider the gap becomes, mm per mm² of the distance from one, at least nothing: a slope over the square of the
    /// distance, in which tilt cancels where there are as many on all sides; 0 at the rim, where there are not.
    fn curvature(&self, k: usize) -> f64 {
        let mean = self.mean(k, self.reach);
        let (mut both, mut square, mut area, mut off) = (0.0, 0.0, 0.0, VectorMm::zeros());
        for (other, away) in self.within(k, self.reach) {
            let gap = &self.gaps[other];
            both += gap.area * (away - mean.square) * gap.width;
            square += gap.area * (away - mean.square).powi(2);
            off += (self.middles[other] - self.middles[k]) * gap.area;
            area += gap.area;
        }
        if square <= 0.0 || off.norm() > 0.2 * self.reach * area {
            return 0.0;
        }
        (both / square).max(0.0)
    }
}

/// Widths in rising order, each with the area up to its middle.
pub(super) fn by_area(gaps: &[Gap]) -> (Vec<(f64, f64)>, f64) {
    let mut sorted: Vec<(f64, f64)> = gaps.iter().map(|g| (g.width, g.area)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut total = 0.0;
    for (_, area) in &mut sorted {
        let own = *area;
        *area = total + 0.5 * own;
        total += own;
    }
    (sorted, total)
}

pub(super) fn percentile(sorted: &[(f64, f64)], total: f64, share: f64) -> f64 {
    let at = sorted.partition_point(|(_, area)| *area < share * total);
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .map_or(f64::NAN, |g| g.0)
}

pub(super) fn summary(gaps: &[Gap], tuning: &SpaceTuning) -> JointSpace {
    let (sorted, total) = by_area(gaps);
    let volume: f64 = gaps.iter().map(|g| g.width * g.area).sum();
    let mean = volume / total;
    // Edges of one surface err alike over some area; what blur and level leave is common to all.
    let stretch = |area: f64| {
        let apart = (area / tuning.alike_mm2).max(1.0);
        (2.0 * tuning.edge_sd_mm.powi(2) / apart + tuning.level_sd_mm.powi(2)).sqrt()
    };
    let se = stretch(total);
    // A percentile rests on the area about it.
    let at = |share: f64, about: f64| Estimate {
        value: percentile(&sorted, total, share),
        se: stretch(about * total),
    };
    JointSpace {
        mean: Estimate { value: mean, se },
        minimum: at(0.01, 0.02),
        p5: at(0.05, 0.1),
        median: percentile(&sorted, total, 0.5),
        p95: at(0.95, 0.1),
        volume: Estimate {
            value: volume,
            se: total * se,
        },
        area: total,
    }
}
