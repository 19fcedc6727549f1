//! What is true of a lesion in projection: its area, its mouth, and how far the cortical line over it is closed.
//!
//! # Area
//! A film sees attenuation. Where a lesion takes a part of the bone along a ray, the film loses that part of the
//! bone's contrast against soft tissue; the area is the integral of that part over the film: a place where all bone is
//! gone counts whole, one where half of it is gone counts half. It needs no threshold, a symmetric blur does not change
//! it, and exposure scales what is lost and what there was alike. `howship-film` measures the same.
//!
//! # Cortical continuity
//! The cortical line is the outermost [`LINE_MM`] of the bone's shadow. At a point of the intact outline the share lost
//! is that of the bone's attenuation within [`LINE_MM`] of it. The former mouth is where the lesion at its largest and
//! without new cortex takes half of the line or more; continuity is 1 minus the mean share lost there.

use super::bone::Bone;
use super::camera::{FilmGeometry, Placement};
use super::lesion::Cavity;
use super::ray::{Crossing, Intervals, Ray, Stepping, cross};
use super::scene::{Grain, Left, left};
use super::solid::LANES;
use super::spectrum::Beam;
use serde::{Deserialize, Serialize};

/// What is true of one lesion on one film. Lengths are those in the bone, magnification taken out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FilmLesionTruth {
    /// Identity: 1 is the first of the specification.
    pub id: u32,
    /// The bone, as in [`FilmBoneTruth::name`](super::FilmBoneTruth).
    pub bone: String,
    /// Whether there is a lesion at this visit.
    pub present: bool,
    /// Integral over the film of the share of the bone's attenuation (beyond soft tissue's) that is lost, mm²; a
    /// sclerotic margin is left out.
    pub area_mm2: f64,
    /// Area of its shadow: where a ray loses more than 0.1 mm of the intact bone, mm².
    pub shadow_mm2: f64,
    /// Area where it takes at least half of the intact bone's chord, mm².
    pub half_lost_mm2: f64,
    /// Lost chord over the whole shadow, mm³: the volume of bone and marrow missing.
    pub volume_mm3: f64,
    /// Distance of the former mouth's ends, mm; 0 for a lesion seen from in front.
    pub mouth_mm: f64,
    /// Share of the cortical line's attenuation that is there over the former mouth; 1 without a mouth.
    pub continuity: f64,
    /// Largest distance of the shadow from the chord between the mouth's ends, mm (0 without a mouth).
    pub depth_mm: f64,
    /// Angle between the mouth's normal and the film's plane: 0 is exactly in profile.
    pub out_of_profile_deg: f64,
    /// Middle of the mouth in pixels (column, row).
    pub mouth_px: [f64; 2],
    /// Centroid of the shadow in pixels; the mouth's middle where there is none.
    pub centroid_px: [f64; 2],
    /// Ends of the former mouth on the intact profile, pixels.
    pub mouth_ends_px: Option<[[f64; 2]; 2]>,
}

impl FilmLesionTruth {
    pub(crate) fn mirror(&mut self, width: usize) {
        let flip = |p: &mut [f64; 2]| p[0] = width as f64 - 1.0 - p[0];
        flip(&mut self.mouth_px);
        flip(&mut self.centroid_px);
        if let Some(ends) = &mut self.mouth_ends_px {
            ends.iter_mut().for_each(flip);
        }
    }
}

/// Distance of the rays with which a lesion's truth is summed, mm.
const TRUTH_RAY_MM: f64 = 0.05;
/// Thickness of the cortical line in projection, mm: the plates near joints are 0.3 to 0.6 mm thick, and a film does
/// not show less than about 0.25 mm.
const LINE_MM: f64 = 0.4;

/// The film on which a lesion's truth is asked for.
pub(crate) struct Seen<'a> {
    pub(crate) bone: &'a Bone,
    pub(crate) placement: &'a Placement,
    pub(crate) geometry: &'a FilmGeometry,
    pub(crate) grain: &'a Grain<'a>,
    pub(crate) beam: &'a Beam,
}

/// A lesion at one visit and at its largest.
pub(crate) struct Course<'a> {
    /// `None` where there is none at this visit.
    pub(crate) now: Option<&'a Cavity>,
    pub(crate) largest: &'a Cavity,
}

/// One ray of the truth's grid.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    /// Attenuation of the intact bone beyond soft tissue's; 0 beside the bone.
    intact: f32,
    /// What the lesion takes of it, and what it takes at its largest.
    lost: f32,
    most: f32,
    shadow: bool,
}

/// Measures a lesion's shadow with rays of its own.
pub(crate) fn lesion_truth(id: u32, name: &str, seen: &Seen, course: &Course) -> FilmLesionTruth {
    let (geometry, placement) = (seen.geometry, seen.placement);
    let largest = course.largest;
    let room = placement.point(largest.mouth.cast());
    let mouth_px = geometry.project(room);
    let magnification = geometry.source_mm / (geometry.source_mm - room.y);
    let normal = placement.rotation * largest.axes[2].cast::<f64>();
    let up = (nalgebra::Vector3::new(
        geometry.centring_mm[0],
        geometry.source_mm,
        geometry.centring_mm[1],
    ) - room)
        .normalize();
    let step = TRUTH_RAY_MM * magnification / geometry.pixel_mm;
    let mm = geometry.pixel_mm / magnification;
    // The cortical line beside the cavity belongs to it.
    let half = ((f64::from(largest.reach) + 1.2 * LINE_MM) / TRUTH_RAY_MM).ceil() as i64;
    let n = (2 * half + 1) as usize;
    let place = |i: usize, j: usize| {
        [
            mouth_px[0] + (i as f64 - half as f64) * step,
            mouth_px[1] + (j as f64 - half as f64) * step,
        ]
    };
    let mut samples = vec![Sample::default(); n * n];
    let (mut area, mut shadow, mut halves, mut volume) = (0f64, 0usize, 0usize, 0f64);
    let mut centroid = [0f64; 2];
    let near: Vec<(usize, [f64; 2], Ray)> = (0..n * n)
        .filter(|k| {
            let off = [k % n, k / n].map(|i| i as i64 - half);
            off[0] * off[0] + off[1] * off[1] <= half * half
        })
        .map(|k| {
            let px = place(k % n, k / n);
            (k, px, geometry.ray(px, placement))
        })
        .collect();
    let crossings = near.chunks(LANES).flat_map(|some| {
        let rays: Vec<Ray> = some.iter().map(|(_, _, ray)| *ray).collect();
        let all = cross(seen.bone, &rays, Stepping::MEASURE);
        all.into_iter().take(some.len())
    });
    for ((k, px, ray), crossing) in near.iter().zip(crossings) {
        let sample = &mut samples[*k];
        let chord = crossing.outer.length();
        if chord <= 0.0 {
            continue;
        }
        let whole = seen.attenuation(ray, &crossing, &Intervals::default());
        let taken = |cavity: &Cavity| {
            let lost = cavity.take(ray, &crossing)?.lost;
            (!lost.is_empty()).then(|| {
                let attenuation = whole - seen.attenuation(ray, &crossing, &lost);
                (attenuation, lost.length())
            })
        };
        let (lost, length) = course.now.and_then(taken).unwrap_or_default();
        sample.intact = whole as f32;
        sample.lost = lost as f32;
        sample.most = taken(largest).map_or(0.0, |(a, _)| a as f32);
        if whole > 0.0 {
            area += lost / whole;
        }
        volume += f64::from(length);
        if length > 0.1 {
            sample.shadow = true;
            shadow += 1;
            centroid[0] += px[0];
            centroid[1] += px[1];
            halves += usize::from(length >= 0.5 * chord);
        }
    }
    let cell = TRUTH_RAY_MM * TRUTH_RAY_MM;
    let line = cortical_line(&samples, n);
    let mut truth = FilmLesionTruth {
        id,
        bone: name.to_owned(),
        present: course.now.is_some(),
        area_mm2: area * cell,
        shadow_mm2: shadow as f64 * cell,
        half_lost_mm2: halves as f64 * cell,
        volume_mm3: volume * cell,
        mouth_mm: 0.0,
        continuity: line.continuity,
        depth_mm: 0.0,
        out_of_profile_deg: normal.dot(&up).clamp(-1.0, 1.0).asin().to_degrees().abs(),
        mouth_px,
        centroid_px: if shadow > 0 {
            centroid.map(|c| c / shadow as f64)
        } else {
            mouth_px
        },
        mouth_ends_px: None,
    };
    if let Some(ends) = line.ends.map(|e| e.map(|k| place(k % n, k / n))) {
        let chord = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
        let length = chord[0].hypot(chord[1]);
        truth.mouth_mm = length * mm + TRUTH_RAY_MM;
        truth.mouth_ends_px = Some(ends);
        if length > 0.0 {
            truth.depth_mm = (0..n * n)
                .filter(|&k| samples[k].shadow)
                .map(|k| {
                    let p = place(k % n, k / n);
                    let d = (p[0] - ends[0][0]) * chord[1] - (p[1] - ends[0][1]) * chord[0];
                    d.abs() / length * mm
                })
                .fold(0.0, f64::max);
        }
    }
    truth
}

impl Seen<'_> {
    /// Attenuation of the bone along a ray beyond that of the soft tissue in its place.
    fn attenuation(&self, ray: &Ray, crossing: &Crossing, lost: &Intervals) -> f64 {
        let Left { mineral, kept } = left(self.bone, ray, crossing, lost, 0.0, self.grain);
        self.beam.contrast(mineral, (kept - mineral).max(0.0))
    }
}

/// The former mouth on the intact profile.
struct Line {
    /// The two samples of it that lie farthest apart.
    ends: Option<[usize; 2]>,
    continuity: f64,
}

fn cortical_line(samples: &[Sample], n: usize) -> Line {
    let reach = (LINE_MM / TRUTH_RAY_MM).round() as usize;
    let mut mouth = Vec::new();
    let mut lost = 0.0;
    for j in reach..n.saturating_sub(reach) {
        for i in reach..n - reach {
            let bone = |i: usize, j: usize| samples[j * n + i].intact > 0.0;
            let border = !(bone(i - 1, j) && bone(i + 1, j) && bone(i, j - 1) && bone(i, j + 1));
            if !bone(i, j) || !border {
                continue;
            }
            let (mut intact, mut now, mut most) = (0f64, 0f64, 0f64);
            for b in j - reach..=j + reach {
                for a in i - reach..=i + reach {
                    if a.abs_diff(i).pow(2) + b.abs_diff(j).pow(2) <= reach * reach {
                        let s = samples[b * n + a];
                        intact += f64::from(s.intact);
                        now += f64::from(s.lost);
                        most += f64::from(s.most);
                    }
                }
            }
            if intact > 0.0 && most >= 0.5 * intact {
                mouth.push(j * n + i);
                lost += now / intact;
            }
        }
    }
    let apart =
        |a: usize, b: usize| (a % n).abs_diff(b % n).pow(2) + (a / n).abs_diff(b / n).pow(2);
    let mut ends: Option<(usize, [usize; 2])> = None;
    for (k, &a) in mouth.iter().enumerate() {
        for &b in &mouth[k + 1..] {
            if ends.is_none_or(|(most, _)| apart(a, b) > most) {
                ends = Some((apart(a, b), [a, b]));
            }
        }
    }
    Line {
        ends: ends.map(|e| e.1),
        continuity: if mouth.is_empty() {
            1.0
        } else {
            1.0 - lost / mouth.len() as f64
        },
    }
}
