use super::anatomy::Bone;
use super::spec::{BoneName, ErosionSpec, JointSpec};
use crate::Error;
use crate::measure::Frame;
use crate::shape::{Cavity, Irregularity};
use howship_image::VectorMm;

/// An erosion placed on its bone, with its cavity at every visit.
#[derive(Debug, Clone)]
pub(crate) struct Erosion {
    pub(crate) id: u32,
    pub(crate) bone: BoneName,
    pub(crate) frame: Frame,
    /// Per visit; `None` where there is no lesion.
    pub(crate) states: Vec<Option<State>>,
    pub(crate) rim_mm: f64,
    pub(crate) rim_density: f64,
    /// Largest reach over all visits, rim included.
    pub(crate) reach: f64,
}

/// An erosion's cavity at one visit.
#[derive(Debug, Clone)]
pub(crate) struct State {
    cavity: Cavity,
    mouth: [f64; 2],
    /// Beyond this share of the mouth's radius, new cortex closes it.
    open_radius: f64,
    plate_mm: f64,
}

impl State {
    /// No point of the cavity is farther than this from the mouth's centre.
    pub(crate) fn reach(&self) -> f64 {
        self.cavity.reach()
    }

    /// Nearly a signed distance to the empty cavity, new cortex over the mouth taken away.
    pub(crate) fn distance(&self, local: VectorMm, depth: f64) -> f64 {
        let g = self.cavity.distance(local);
        if self.open_radius >= 1.0 {
            return g;
        }
        let rho = (local.x / self.mouth[0]).hypot(local.y / self.mouth[1]);
        let mean = 0.5 * (self.mouth[0] + self.mouth[1]);
        let plate = (depth - self.plate_mm).max((self.open_radius - rho) * mean);
        g.max(-plate)
    }
}

impl Erosion {
    pub(crate) fn all(spec: &JointSpec, bones: &[Bone; 2]) -> Result<Vec<Self>, Error> {
        spec.erosions
            .iter()
            .enumerate()
            .map(|(i, erosion)| {
                let bone = &bones[erosion.place.bone.label() as usize - 1];
                Self::new(spec, erosion, i, bone)
            })
            .collect()
    }

    fn new(
        spec: &JointSpec,
        erosion: &ErosionSpec,
        index: usize,
        bone: &Bone,
    ) -> Result<Self, Error> {
        let field = format!("erosions[{index}].place");
        let frame = bone.place(&erosion.place, &field)?;
        if (0..3).any(|a| frame.point[a].abs() > 0.5 * spec.field_mm[a]) {
            return Err(Error::Place {
                field,
                reason: format!(
                    "the surface point {:.1?} mm lies outside the image of {:?} mm",
                    frame.point.as_slice(),
                    spec.field_mm
                ),
            });
        }
        let seed = spec.seed ^ (index as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let wall = Irregularity::new(erosion.irregularity, seed);
        let plate_mm = bone.cortex_mm(frame.point).max(0.1);
        let states: Vec<Option<State>> = (0..spec.visits.len())
            .map(|v| Self::state(erosion, v, &wall, plate_mm))
            .collect();
        let reach = states
            .iter()
            .flatten()
            .map(|s| s.cavity.reach())
            .fold(0.0, f64::max);
        Ok(Self {
            id: index as u32 + 1,
            bone: erosion.place.bone,
            frame,
            states,
            rim_mm: erosion.rim_mm,
            rim_density: erosion.rim_density,
            reach: reach + erosion.rim_mm + 0.1,
        })
    }

    fn state(e: &ErosionSpec, visit: usize, wall: &Irregularity, plate_mm: f64) -> Option<State> {
        let cavity = e.course().cavity(visit, wall)?;
        let closed = e.recortication.get(visit).copied().unwrap_or(0.0);
        // A closed mouth is no reason for the cavity to vanish: it is then a cyst.
        let open_radius = if closed >= 1.0 {
            -1.0
        } else {
            (1.0 - closed).sqrt()
        };
        Some(State {
            mouth: cavity.mouth(),
            cavity,
            open_radius: if closed > 0.0 { open_radius } else { 2.0 },
            plate_mm,
        })
    }
}
