use super::anatomy::Bone;
use super::lesion::Erosion;
use super::shape::smoothstep;
use super::spec::{BoneName, JointSpec, TissueSpec};
use crate::Error;
use crate::measure::{Frame, occupancy};
use howship_image::{PointMm, RigidTransform, VectorMm};

/// The joint of a specification: bones and lesions in the hand's frame, decoys, poses.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) bones: [Bone; 2],
    pub(crate) erosions: Vec<Erosion>,
    channels: Vec<Channel>,
    cysts: Vec<Cyst>,
    pub(crate) tissue: TissueSpec,
    skin_radius: [f64; 2],
    /// Per visit: hand frame to scanner, for metacarpal, phalanx, skin.
    poses: Vec<[RigidTransform; 3]>,
}

#[derive(Debug)]
struct Channel {
    bone: BoneName,
    start: VectorMm,
    inward: VectorMm,
    radius: f64,
    length: f64,
}

#[derive(Debug)]
struct Cyst {
    bone: BoneName,
    centre: VectorMm,
    radius: f64,
    shell: f64,
}

/// Beyond this distance from both bones nothing but soft tissue, skin and air is looked for.
pub(crate) const NEAR_MM: f64 = 1.2;

impl Scene {
    pub(crate) fn new(spec: &JointSpec) -> Result<Self, Error> {
        spec.check()?;
        let bones = [
            Bone::new(spec, BoneName::Metacarpal)?,
            Bone::new(spec, BoneName::Phalanx)?,
        ];
        let erosions = Erosion::all(spec, &bones)?;
        let frame = |place: &super::spec::PlaceSpec, field: String| -> Result<Frame, Error> {
            bones[place.bone.label() as usize - 1].place(place, &field)
        };
        let mut channels = Vec::new();
        for (i, c) in spec.channels.iter().enumerate() {
            let f = frame(&c.place, format!("channels[{i}].place"))?;
            let slant = c.slant_deg.to_radians();
            let inward = -f.normal * slant.cos() + f.along * slant.sin();
            channels.push(Channel {
                bone: c.place.bone,
                start: f.point,
                inward,
                radius: c.diameter_mm / 2.0,
                length: c.length_mm,
            });
        }
        let mut cysts = Vec::new();
        for (i, c) in spec.cysts.iter().enumerate() {
            let f = frame(&c.place, format!("cysts[{i}].place"))?;
            cysts.push(Cyst {
                bone: c.place.bone,
                centre: f.point - f.normal * c.depth_mm,
                radius: c.diameter_mm / 2.0,
                shell: c.shell_mm,
            });
        }
        let poses = spec
            .visits
            .iter()
            .map(|v| {
                let hand = v.hand.about(PointMm::origin());
                [
                    hand.after(&v.metacarpal.about(bones[0].centre())),
                    hand.after(&v.phalanx.about(bones[1].centre())),
                    hand,
                ]
            })
            .collect();
        Ok(Self {
            bones,
            erosions,
            channels,
            cysts,
            tissue: spec.tissue.clone(),
            skin_radius: spec.anatomy.skin_radius_mm,
            poses,
        })
    }

    /// Hand frame to the scanner's frame of a visit.
    pub(crate) fn pose(&self, bone: BoneName, visit: usize) -> RigidTransform {
        self.poses
            .get(visit)
            .map_or_else(RigidTransform::identity, |p| p[bone.label() as usize - 1])
    }

    /// The scene as one visit sees it.
    pub(crate) fn at_visit(&self, visit: usize) -> VisitScene<'_> {
        let inverse = |i: usize| {
            self.poses
                .get(visit)
                .map_or_else(RigidTransform::identity, |p| p[i].inverse())
        };
        VisitScene {
            scene: self,
            visit,
            to_hand: [inverse(0), inverse(1), inverse(2)],
        }
    }
}

/// One visit's scene in the scanner's coordinates.
pub(crate) struct VisitScene<'a> {
    scene: &'a Scene,
    visit: usize,
    to_hand: [RigidTransform; 3],
}

impl VisitScene<'_> {
    /// Signed distances (nearly) to both intact bones.
    pub(crate) fn envelopes(&self, p: PointMm) -> [f64; 2] {
        std::array::from_fn(|b| self.scene.bones[b].envelope(self.to_hand[b].apply(p).coords))
    }

    /// Nearly the signed distance to the skin.
    pub(crate) fn skin(&self, p: PointMm) -> f64 {
        let q = self.to_hand[2].apply(p);
        let [rx, ry] = self.scene.skin_radius;
        let angle = (q.y / ry).atan2(q.x / rx);
        let wobble = 1.0
            + 0.03 * (2.0 * angle + 0.5).cos()
            + 0.02 * (3.0 * angle - 0.8).cos()
            + 0.01 * (0.6 * q.z).sin();
        ((q.x / rx).hypot(q.y / ry) - wobble) * rx.min(ry)
    }

    /// Density away from the bones.
    pub(crate) fn far(&self, p: PointMm, width: f64) -> f64 {
        let t = &self.scene.tissue;
        let inside = occupancy(self.skin(p), width);
        t.air + (t.soft - t.air) * inside
    }

    /// Density anywhere; `width` is the size of the sample over which surfaces are antialiased.
    pub(crate) fn density(&self, p: PointMm, width: f64) -> f64 {
        let f = self.envelopes(p);
        let mut value = self.far(p, width);
        if f[0] < NEAR_MM && f[1] < NEAR_MM {
            // Between the bones: fades out towards the joint's edge.
            let share = 1.0 - smoothstep(0.75 * NEAR_MM, NEAR_MM, f[0].max(f[1]));
            value += (self.scene.tissue.cartilage - value) * share;
        }
        for b in 0..2 {
            let inside = occupancy(f[b], width);
            if inside > 0.0 {
                let q = self.to_hand[b].apply(p).coords;
                value += (self.bone_density(b, q, -f[b], width) - value) * inside;
            }
        }
        value
    }

    /// Density inside an envelope, lesions and decoys included.
    fn bone_density(&self, b: usize, q: VectorMm, depth: f64, width: f64) -> f64 {
        let t = &self.scene.tissue;
        let name = BoneName::ALL[b];
        let hits = self.hits(name, q, depth, width);
        if hits.empty >= 1.0 {
            return t.soft;
        }
        let (cortex, trabecula) = self.scene.bones[b].tissue(q, depth, width, hits.extra);
        let mut value =
            t.marrow + (t.cortex - t.marrow) * cortex + (t.trabecula - t.marrow) * trabecula;
        // Sclerosis fills the marrow spaces; it does not soften bone that is denser already.
        value += (hits.rim_density - value).max(0.0) * hits.rim;
        for cyst in self.scene.cysts.iter().filter(|c| c.bone == name) {
            let d = (q - cyst.centre).norm() - cyst.radius;
            value += (t.cortex - value).max(0.0) * occupancy(d - cyst.shell, width);
            value += (t.soft - value) * occupancy(d, width);
        }
        for channel in self.scene.channels.iter().filter(|c| c.bone == name) {
            let d = q - channel.start;
            let along = d.dot(&channel.inward);
            let across = (d - channel.inward * along).norm() - channel.radius;
            value += (t.soft - value) * occupancy(across.max(along - channel.length), width);
        }
        value + (t.soft - value) * hits.empty
    }

    fn hits(&self, bone: BoneName, q: VectorMm, depth: f64, width: f64) -> Hits {
        let mut hits = Hits::default();
        for erosion in self.scene.erosions.iter().filter(|e| e.bone == bone) {
            if (q - erosion.frame.point).norm_squared() > erosion.reach * erosion.reach {
                continue;
            }
            let local = erosion.frame.local(q);
            let state = erosion.states.get(self.visit).and_then(Option::as_ref);
            let g = state.map_or(f64::INFINITY, |s| s.distance(local, depth));
            hits.empty = hits.empty.max(occupancy(g, width));
            if erosion.rim_mm > 0.0 && g.is_finite() {
                hits.rim = hits.rim.max(occupancy(g - erosion.rim_mm, width));
                hits.rim_density = hits.rim_density.max(erosion.rim_density);
            }
            let healed = erosion.states[..self.visit.min(erosion.states.len())]
                .iter()
                .flatten()
                .any(|earlier| earlier.distance(local, depth) < 0.0);
            if healed {
                hits.extra = WOVEN;
            }
        }
        hits
    }

    /// Share of lesion `erosion` in a sample: its cavity inside the intact envelope.
    pub(crate) fn lesion(&self, erosion: &Erosion, q: VectorMm, width: f64) -> f64 {
        let Some(Some(state)) = erosion.states.get(self.visit) else {
            return 0.0;
        };
        let f = self.scene.bones[erosion.bone.label() as usize - 1].envelope(q);
        let g = state.distance(erosion.frame.local(q), -f);
        occupancy(f.max(g), width)
    }

    pub(crate) fn to_hand(&self, bone: BoneName) -> &RigidTransform {
        &self.to_hand[bone.label() as usize - 1]
    }
}

/// New bone is denser in texture than the old: this much is added to its share.
const WOVEN: f64 = 0.12;

#[derive(Default)]
struct Hits {
    empty: f64,
    rim: f64,
    rim_density: f64,
    extra: f64,
}
