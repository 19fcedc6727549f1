use super::scene::Scene;
use super::spec::{BoneName, JointSpec};
use crate::Error;
use howship_image::{PointMm, RigidTransform};

/// The analytic surfaces of one visit, asked point by point in the scanner's frame.
///
/// Distances are nearly signed distances in mm, negative inside: exact at the surface, within a factor of 1.5 near it.
#[derive(Debug)]
pub struct Probe {
    scene: Scene,
    visit: usize,
    to_hand: Vec<RigidTransform>,
}

impl Probe {
    /// The surfaces of a specification at a visit.
    ///
    /// # Errors
    /// A field of the specification that is not usable, or a visit that it does not have.
    pub fn new(spec: &JointSpec, visit: usize) -> Result<Self, Error> {
        let scene = Scene::new(spec)?;
        if visit >= spec.visits.len() {
            return Err(Error::VisitIndex {
                visit,
                visits: spec.visits.len(),
            });
        }
        let to_hand = scene
            .erosions
            .iter()
            .map(|e| scene.pose(e.bone, visit).inverse())
            .collect();
        Ok(Self {
            scene,
            visit,
            to_hand,
        })
    }

    /// Distance to the intact envelope of the bone that holds a lesion (`id` from 1), and to the lesion's cavity, which
    /// the envelope does not cut; `None` where there is no such lesion at this visit.
    #[must_use]
    pub fn lesion(&self, id: u32, at: PointMm) -> Option<[f64; 2]> {
        let k = (id as usize).checked_sub(1)?;
        let erosion = self.scene.erosions.get(k)?;
        let state = erosion.states.get(self.visit)?.as_ref()?;
        let q = self.to_hand.get(k)?.apply(at).coords;
        let envelope = self.scene.bones[erosion.bone.label() as usize - 1].envelope(q);
        Some([envelope, state.distance(erosion.frame.local(q), -envelope)])
    }

    /// Distance to the intact envelope of a bone at this visit.
    #[must_use]
    pub fn bone(&self, name: BoneName, at: PointMm) -> f64 {
        let q = self.scene.pose(name, self.visit).inverse().apply(at).coords;
        self.scene.bones[name.label() as usize - 1].envelope(q)
    }
}
