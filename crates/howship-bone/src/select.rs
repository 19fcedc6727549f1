//! Which measured cavities are erosions: SPECTRA's definition, and each lesion once.

use crate::BoneOptions;
use crate::cavity::Sphere;
use crate::lesion::{MeasuredLesion, VisitCavity, centroid};
use crate::quantities::{Value, contains, lesion_centre, quantities, shared};
use howship_change::Quantity;
use std::collections::BTreeMap;

/// Keeps what is an erosion at one visit at least, largest first within a bone, each place once.
pub(crate) fn select(
    sphere: &Sphere,
    measured: Vec<(usize, MeasuredLesion)>,
    given: bool,
    options: &BoneOptions,
) -> Vec<(usize, MeasuredLesion)> {
    if given {
        return measured;
    }
    let mut kept: Vec<(f64, usize, MeasuredLesion)> = measured
        .into_iter()
        .filter(|(_, lesion)| {
            (0..lesion.cavities.len())
                .any(|v| is_erosion(&quantities(sphere, lesion, v), lesion, v, options))
        })
        .map(|(bone, lesion)| (largest_volume(&lesion), bone, lesion))
        .collect();
    kept.sort_by(|a, b| {
        let (ca, cb) = (lesion_centre(sphere, &a.2), lesion_centre(sphere, &b.2));
        a.1.cmp(&b.1)
            .then(b.0.total_cmp(&a.0))
            .then(ca.x.total_cmp(&cb.x))
    });
    let mut lesions: Vec<(usize, MeasuredLesion)> = Vec::new();
    for (_, bone, lesion) in kept {
        let repeated = lesions
            .iter()
            .any(|(b, other)| *b == bone && same(sphere, other, &lesion));
        if !repeated {
            lesions.push((bone, lesion));
        }
    }
    lesions
}

fn largest_volume(lesion: &MeasuredLesion) -> f64 {
    lesion
        .cavities
        .iter()
        .flatten()
        .map(|c| c.mean_volume())
        .fold(0.0, f64::max)
}

/// Share of a cavity inside another from which on both are one.
const SHARED: f64 = 0.3;

/// One lesion twice: the centre of each lies in a cavity of the other, or much of the later one lies in the first: a
/// long recess looks different from each of its places.
fn same(sphere: &Sphere, first: &MeasuredLesion, later: &MeasuredLesion) -> bool {
    let sizeable = |lesion: &MeasuredLesion| -> Vec<usize> {
        let large = |c: &VisitCavity| c.volume.value > 0.05;
        let cavities = lesion.cavities.iter().enumerate();
        cavities
            .filter_map(|(v, c)| c.as_ref().is_some_and(large).then_some(v))
            .collect()
    };
    let inside = |x: &MeasuredLesion, y: &MeasuredLesion| {
        let centres: Vec<_> = sizeable(y)
            .into_iter()
            .filter_map(|v| Some(centroid(sphere, y.cavities[v].as_ref()?)))
            .collect();
        sizeable(x)
            .into_iter()
            .filter_map(|v| x.cavities[v].as_ref())
            .any(|c| centres.iter().any(|p| contains(sphere, c, *p)))
    };
    let overlap = first.cavities.iter().zip(&later.cavities).any(|(a, b)| {
        a.as_ref()
            .zip(b.as_ref())
            .and_then(|(a, b)| shared(sphere, b, a))
            .is_some_and(|share| share > SHARED)
    });
    overlap || (inside(first, later) && inside(later, first))
}

/// SPECTRA (Barnabe, 2016): a break on at least two consecutive slices in two perpendicular planes, bone lost under
/// it, not linear. Breaks thinner than a vascular channel, and grooves without depth, are none; nor is a void that no
/// cortical plate surrounds, which cannot be told from marrow that lies bare, or that does not itself reach the mouth.
pub(crate) fn is_erosion(
    values: &BTreeMap<Quantity, Value>,
    lesion: &MeasuredLesion,
    visit: usize,
    options: &BoneOptions,
) -> bool {
    let value = |q: Quantity| values.get(&q).map_or(0.0, |v| v.value);
    let (volume, area) = (value(Quantity::Volume), value(Quantity::MouthArea));
    let mouth = (4.0 * area / std::f64::consts::PI).sqrt();
    let (depth, extent) = (value(Quantity::Depth3d), value(Quantity::Diameter3d));
    // A channel is long and thin: its volume is small beside the ball of its length.
    let roundness = volume / (std::f64::consts::PI / 6.0 * extent.powi(3)).max(1e-9);
    volume >= options.minimum_lesion_mm3
        && mouth >= options.minimum_mouth_mm
        && depth >= 0.3
        && value(Quantity::Depth) >= 0.2
        // Much deeper than wide: a vessel's channel, or marrow that opens at the cut end of a stack.
        && depth <= 3.0 * mouth
        && roundness > 0.06
        && lesion.surface.has_plate(visit)
        && lesion.reaches_mouth(visit)
        && lesion.breaks_in_two_planes(visit)
}
