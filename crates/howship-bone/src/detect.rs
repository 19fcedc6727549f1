//! Candidates for erosions at one visit: cavities inside the envelope that reach the outside through a break.

use crate::Error;
use crate::segmentation::BoneShape;
use crate::tuning::{DetectTuning, PlacesTuning, Tuning};
use howship_image::{Labels, Mask, PointMm, VectorMm, Volume, sample_linear};
use howship_ops::Connectivity;

/// Where a cavity with a mouth may lie, before it is measured.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// A point inside the cavity, far from bone.
    pub(crate) centre: PointMm,
    /// Middle of the mouth on the envelope.
    pub(crate) mouth: PointMm,
    /// Outward normal there.
    pub(crate) normal: VectorMm,
}

/// A cavity without a mouth.
#[derive(Debug, Clone)]
pub(crate) struct Enclosed {
    /// Its centre; the visit's frame.
    pub(crate) centre: PointMm,
    /// Diameter of the largest ball inside, mm.
    pub(crate) diameter_mm: f64,
}

/// Looks for cavities that a ball can reach from outside, and for large ones that none can.
pub(crate) fn find_candidates(
    smooth: &Volume<f32>,
    shape: &BoneShape,
    wall: f64,
    tuning: &Tuning,
) -> Result<(Vec<Place>, Vec<Enclosed>), Error> {
    let (detect, places) = (&tuning.detect, &tuning.places);
    let geometry = smooth.geometry();
    let size = geometry.size();
    let margin = geometry
        .spacing()
        .map(|s| (detect.margin_mm / s).ceil() as usize);
    let Some(region) = shape
        .envelope
        .bounding_region()
        .map(|r| r.grown(margin, size))
    else {
        return Ok((Vec::new(), Vec::new()));
    };
    let image = smooth.crop(region)?;
    let sdf = shape.distance.crop(region)?;
    let bone = howship_ops::threshold(&image, wall as f32, f32::INFINITY);
    let room = howship_ops::distance_to_within(&bone, detect.room_reach_mm);
    let outside = detect.outside_from_mm as f32..detect.outside_to_mm as f32;
    let mut pass = Mask::filled(image.geometry().clone(), 0);
    let mut marker = pass.clone();
    for (o, p) in pass.data_mut().iter_mut().enumerate() {
        let (d, s) = (room.data()[o], sdf.data()[o]);
        // Outside, only the layer near the surface matters; room there may be narrow beside a neighbour.
        *p = u8::from((d > detect.pass_mm as f32 && s < outside.end) || outside.contains(&s));
        marker.data_mut()[o] = u8::from(outside.contains(&s));
    }
    let reached = howship_ops::reconstruct(&marker, &pass, Connectivity::Six)?;
    let mut inner = reached.clone();
    for (o, v) in inner.data_mut().iter_mut().enumerate() {
        *v &= u8::from(sdf.data()[o] < -detect.inside_mm as f32);
    }
    let cavities = howship_ops::label(&inner, Connectivity::TwentySix);
    let candidates = mouths(
        (&cavities.labels, cavities.count),
        &Space {
            room: &room,
            sdf: &sdf,
            tuning: detect,
        },
        shape,
        places,
    )?;
    let cysts = enclosed(&reached, (&room, &sdf), shape, detect)?;
    Ok((candidates, cysts))
}

/// One candidate for each patch of surface through which a cavity opens.
fn mouths(
    (cavities, count): (&Labels, usize),
    space: &Space<'_>,
    shape: &BoneShape,
    places: &PlacesTuning,
) -> Result<Vec<Place>, Error> {
    let Space { room, sdf, tuning } = *space;
    let geometry = cavities.geometry();
    let voxel = geometry.max_spacing();
    let mut deepest = vec![0f32; count + 1];
    let mut roomiest = vec![0f32; count + 1];
    for (o, &id) in cavities.data().iter().enumerate() {
        let id = id as usize;
        deepest[id] = deepest[id].max(-sdf.data()[o]);
        roomiest[id] = roomiest[id].max(room.data()[o]);
    }
    let openings = {
        let mut mask = Mask::filled(geometry.clone(), 0);
        for (o, v) in mask.data_mut().iter_mut().enumerate() {
            let id = cavities.data()[o] as usize;
            let near = sdf.data()[o]
                > -(tuning.inside_mm as f32) - tuning.opening_voxels as f32 * voxel as f32;
            *v = u8::from(
                id != 0
                    && near
                    && deepest[id] > tuning.deepest_mm as f32
                    && roomiest[id] > tuning.core_mm as f32,
            );
        }
        howship_ops::label(&mask, Connectivity::TwentySix)
    };
    let mut found_places = Vec::new();
    for properties in howship_ops::region_properties(&openings.labels) {
        if properties.volume_mm3 < tuning.opening_mm3 {
            continue;
        }
        let opening = properties.centroid_mm;
        let Some((mouth, normal)) = onto_surface(shape, PointMm::from(opening), places) else {
            continue;
        };
        let cavity = cavity_of(
            &openings.labels,
            cavities,
            properties.label,
            properties.region,
        );
        let near = climb(cavities, cavity, space, mouth);
        let far = roomiest_point(cavities, cavity, space, mouth);
        let apart = near
            .zip(far)
            .is_some_and(|(a, b)| (a - b).norm() > tuning.apart_mm);
        let far = far.filter(|_| apart || near.is_none());
        for centre in near.into_iter().chain(far) {
            found_places.push(Place {
                centre,
                mouth,
                normal,
            });
        }
    }
    Ok(found_places)
}

/// The cavity that an opening belongs to.
fn cavity_of(
    openings: &Labels,
    cavities: &Labels,
    opening: u32,
    region: howship_image::Region,
) -> u32 {
    let [x0, y0, z0] = region.start;
    for z in z0..z0 + region.size[2] {
        for y in y0..y0 + region.size[1] {
            for x in x0..x0 + region.size[0] {
                if openings.at(x, y, z) == opening {
                    return cavities.at(x, y, z);
                }
            }
        }
    }
    0
}

/// Room around a point: distance to bone, and to the surface with a little beyond.
struct Space<'a> {
    room: &'a Volume<f32>,
    sdf: &'a Volume<f32>,
    tuning: &'a DetectTuning,
}

impl Space<'_> {
    fn at(&self, offset: usize) -> f32 {
        self.room.data()[offset].min(self.tuning.beyond_mm as f32 - self.sdf.data()[offset])
    }
}

/// The point of a cavity near its mouth where the largest ball inside the envelope fits.
fn roomiest_point(
    cavities: &Labels,
    cavity: u32,
    space: &Space<'_>,
    mouth: PointMm,
) -> Option<PointMm> {
    let geometry = cavities.geometry();
    let middle = geometry.index(mouth).map(|i| i.round() as i64);
    let best = roomiest_around(cavities, cavity, space, middle, space.tuning.roomiest_mm)?;
    let [x, y, z] = best;
    let room = space.at(geometry.offset(x, y, z));
    (f64::from(room) > space.tuning.core_mm).then(|| geometry.world(best.map(|v| v as f64)))
}

/// From the mouth to ever roomier places of its cavity, a step at a time: where cavities run together under the
/// surface, the roomiest of all may be another lesion's.
fn climb(cavities: &Labels, cavity: u32, space: &Space<'_>, mouth: PointMm) -> Option<PointMm> {
    let step = space.tuning.climb_step_mm;
    let geometry = cavities.geometry();
    let start = geometry.index(mouth).map(|i| i.round() as i64);
    let mut here = roomiest_around(cavities, cavity, space, start, step)?;
    for _ in 0..space.tuning.climb_steps {
        let next = roomiest_around(cavities, cavity, space, here.map(|v| v as i64), step)?;
        if next == here {
            break;
        }
        here = next;
    }
    let [x, y, z] = here;
    let room = space.at(geometry.offset(x, y, z));
    let at = geometry.world(here.map(|v| v as f64));
    let near = (at - mouth).norm() <= space.tuning.climb_reach_mm;
    (f64::from(room) > space.tuning.core_mm && near).then_some(at)
}

/// The roomiest voxel of a cavity in a cube of this half edge about a voxel.
fn roomiest_around(
    cavities: &Labels,
    cavity: u32,
    space: &Space<'_>,
    middle: [i64; 3],
    half_mm: f64,
) -> Option<[usize; 3]> {
    let geometry = cavities.geometry();
    let reach = geometry.spacing().map(|s| (half_mm / s).ceil() as i64);
    let mut best: Option<(f32, [usize; 3])> = None;
    for z in middle[2] - reach[2]..=middle[2] + reach[2] {
        for y in middle[1] - reach[1]..=middle[1] + reach[1] {
            for x in middle[0] - reach[0]..=middle[0] + reach[0] {
                if cavities.get([x, y, z]) != Some(cavity) {
                    continue;
                }
                let voxel = [x as usize, y as usize, z as usize];
                let room = space.at(geometry.offset(voxel[0], voxel[1], voxel[2]));
                if best.is_none_or(|(b, _)| room > b) {
                    best = Some((room, voxel));
                }
            }
        }
    }
    best.map(|(_, voxel)| voxel)
}

/// The nearest point of the envelope and the outward normal there.
pub(crate) fn onto_surface(
    shape: &BoneShape,
    point: PointMm,
    tuning: &PlacesTuning,
) -> Option<(PointMm, VectorMm)> {
    let mut at = point;
    let mut normal = VectorMm::zeros();
    for _ in 0..4 {
        normal = outward(shape, at, tuning.normal_mm)?;
        at -= normal * shape.depth(at)?;
    }
    Some((at, normal))
}

/// Gradient of a bone's signed distance over a length, normalised.
pub(crate) fn outward(shape: &BoneShape, at: PointMm, length: f64) -> Option<VectorMm> {
    outward_of(&shape.distance, at, length)
}

/// The same of any signed distance, positive outside.
pub(crate) fn outward_of(distance: &Volume<f32>, at: PointMm, length: f64) -> Option<VectorMm> {
    let depth = |at: PointMm| sample_linear(distance, distance.geometry().index(at)).map(f64::from);
    let axes = [VectorMm::x(), VectorMm::y(), VectorMm::z()];
    let mut gradient = VectorMm::zeros();
    for axis in axes {
        let here = depth(at);
        let (a, b) = (depth(at + axis * length), depth(at - axis * length));
        // One-sided where the field ends.
        gradient += axis
            * match (a, b) {
                (Some(a), Some(b)) => a - b,
                (Some(a), None) => 2.0 * (a - here?),
                (None, Some(b)) => 2.0 * (here? - b),
                (None, None) => 0.0,
            };
    }
    (gradient.norm() > 1e-6).then(|| gradient.normalize())
}

/// Large round cavities that nothing reaches: cysts. The marrow canal of a cut shaft is none.
fn enclosed(
    reached: &Mask,
    (room, sdf): (&Volume<f32>, &Volume<f32>),
    shape: &BoneShape,
    tuning: &DetectTuning,
) -> Result<Vec<Enclosed>, Error> {
    let geometry = room.geometry();
    let cyst = tuning.cyst_mm as f32;
    let core = tuning.cyst_core as f32 * cyst;
    let mut cores = Mask::filled(geometry.clone(), 0);
    for (o, v) in cores.data_mut().iter_mut().enumerate() {
        let free = reached.data()[o] == 0 && sdf.data()[o] < -(tuning.cyst_depth_mm as f32);
        *v = u8::from(free && room.data()[o] > core);
    }
    let parts = howship_ops::label(&cores, Connectivity::TwentySix);
    let size = geometry.size();
    let mut found = Vec::new();
    for p in howship_ops::region_properties(&parts.labels) {
        let ends = p.region.start[2] == 0 || p.region.start[2] + p.region.size[2] == size[2];
        if ends && (shape.cut[0] || shape.cut[1]) {
            continue;
        }
        let mut widest = 0f32;
        let region = p.region;
        for z in region.start[2]..region.start[2] + region.size[2] {
            for y in region.start[1]..region.start[1] + region.size[1] {
                for x in region.start[0]..region.start[0] + region.size[0] {
                    if parts.labels.at(x, y, z) == p.label {
                        widest = widest.max(room.at(x, y, z));
                    }
                }
            }
        }
        // A round core is not much larger than its ball; a canal is.
        let ball = 4.19 * f64::from(widest - core).powi(3);
        if widest > cyst && p.volume_mm3 < tuning.cyst_round * ball.max(tuning.cyst_least_mm3) {
            found.push(Enclosed {
                centre: PointMm::from(p.centroid_mm),
                diameter_mm: 2.0 * f64::from(widest),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, shape};

    fn find(scene: &Ball) -> (Vec<Place>, Vec<Enclosed>) {
        let options = options();
        let scan = scene.render();
        let shape = shape(&scan, &options);
        find_candidates(
            &scan,
            &shape,
            0.5 * (crate::scene::SOFT + crate::scene::BONE),
            &options.tuning,
        )
        .unwrap()
    }

    #[test]
    fn a_cavity_is_found_at_its_mouth_and_a_channel_is_none() {
        let open = Ball::solid().with_cavity(VectorMm::new(0.3, 1.0, 0.2), 0.3, 0.8);
        let (places, cysts) = find(&open);
        let truth = open.place();
        assert_eq!((places.len(), cysts.len()), (1, 0));
        assert!((places[0].centre - truth.centre).norm() < 0.5);
        assert!(
            (places[0].mouth - truth.mouth).norm() < 0.3,
            "{:?}",
            places[0]
        );
        assert!(places[0].normal.dot(&truth.normal) > 0.97);
        // A row of balls of 0.15 mm: a vessel 0.3 mm wide and 1.6 mm deep, with a marrow space of 0.5 mm at its end.
        let mut channel = Ball::solid();
        for k in 0..12 {
            channel = channel.with_cavity(VectorMm::z(), 0.14 * f64::from(k), 0.15);
        }
        channel = channel.with_cavity(VectorMm::z(), 1.8, 0.4);
        assert_eq!(find(&channel).0.len(), 0);
    }

    #[test]
    fn a_wide_neck_lets_pass_and_a_narrow_one_does_not() {
        // A room of 0.8 mm radius 0.4 mm under the surface, and a neck that leads to it.
        let room = |neck: f64| {
            let mut scene = Ball::solid();
            for k in 0..8 {
                scene = scene.with_cavity(VectorMm::z(), 0.07 * f64::from(k), neck);
            }
            scene.with_cavity(VectorMm::z(), 1.2, 0.8)
        };
        // A ball of 0.18 mm passes both necks; what its middle can reach of the narrow one's mouth is less than the
        // least opening that counts. A neck 0.64 mm across is found too.
        assert_eq!(find(&room(0.4)).0.len(), 1);
        assert_eq!(find(&room(0.26)).0.len(), 0);
    }

    #[test]
    fn what_lies_enclosed_is_a_cyst_if_it_is_large() {
        let inside = |r: f64| Ball::solid().with_cavity(VectorMm::new(0.2, 0.1, 1.0), 1.8, r);
        let (places, cysts) = find(&inside(0.8));
        assert_eq!((places.len(), cysts.len()), (0, 1));
        assert!(
            (cysts[0].diameter_mm - 1.6).abs() < 0.2,
            "{}",
            cysts[0].diameter_mm
        );
        assert!((cysts[0].centre - inside(0.8).holes[0].0).norm() < 0.1);
        assert_eq!(find(&inside(0.45)).1.len(), 0);
    }

    #[test]
    fn the_surface_is_found_from_both_sides() {
        let options = options();
        let shape = shape(&Ball::solid().render(), &options);
        let n = VectorMm::new(0.6, 0.0, 0.8);
        for r in [2.6, 3.3, 3.9] {
            let (at, normal) =
                onto_surface(&shape, PointMm::from(n * r), &options.tuning.places).unwrap();
            assert!((at.coords.norm() - 3.5).abs() < 0.06 && normal.dot(&n) > 0.995);
        }
    }
}
