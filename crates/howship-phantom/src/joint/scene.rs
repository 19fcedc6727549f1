use super::anatomy::{Bone, Sample};
use super::lesion::Erosion;
use super::shape::smoothstep;
use super::spec::{BoneName, JointSpec, TissueSpec};
use super::texture::Texture;
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
    /// What the share of bone is more where an erosion has filled.
    new_bone: f64,
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
            new_bone: spec.anatomy.new_bone_fraction,
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
    pub(crate) fn at_visit<'a>(&'a self, visit: usize, texture: &'a Texture) -> VisitScene<'a> {
        let inverse = |i: usize| {
            self.poses
                .get(visit)
                .map_or_else(RigidTransform::identity, |p| p[i].inverse())
        };
        VisitScene {
            scene: self,
            texture,
            visit,
            to_hand: [inverse(0), inverse(1), inverse(2)],
        }
    }
}

/// One visit's scene in the scanner's coordinates.
pub(crate) struct VisitScene<'a> {
    scene: &'a Scene,
    texture: &'a Texture,
    visit: usize,
    to_hand: [RigidTransform; 3],
}

impl VisitScene<'_> {
    /// Signed distances (nearly) to both intact bones.
    pub(crate) fn envelopes(&self, p: PointMm) -> [f64; 2] {
        std::array::from_fn(|b| self.scene.bones[b].envelope(self.to_hand[b].apply(p).coords))
    }

    /// Which bones lie within [`NEAR_MM`] of any point of a ball; envelopes are within a factor of 1.5 of a distance.
    pub(crate) fn near_bones(&self, centre: PointMm, radius: f64) -> [bool; 2] {
        self.envelopes(centre).map(|f| f < 1.5 * radius + NEAR_MM)
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

    /// The scene's soft tissue and air, away from the bones.
    pub(crate) fn far(&self, p: PointMm, width: f64) -> f64 {
        let t = &self.scene.tissue;
        t.air + (t.soft - t.air) * occupancy(self.skin(p), width)
    }

    /// Where the samples of a voxel of size `h` lie, `n` along each axis.
    pub(crate) fn sampling(&self, h: [f64; 3], n: usize) -> Sampling {
        let step = |i: usize, a: usize| ((i as f64 + 0.5) / n as f64 - 0.5) * h[a];
        let world: Vec<VectorMm> = (0..n * n * n)
            .map(|i| VectorMm::new(step(i % n, 0), step(i / n % n, 1), step(i / (n * n), 2)))
            .collect();
        let turned = |b: usize| world.iter().map(|o| self.to_hand[b].rotate(*o)).collect();
        Sampling {
            bones: [turned(0), turned(1)],
            width: (h[0] * h[1] * h[2]).cbrt() / n as f64,
            half_diagonal: 0.5 * h[0].hypot(h[1]).hypot(h[2]),
            world,
        }
    }

    /// Mean density of a voxel. `near` tells which bones and whether the skin have to be looked at.
    ///
    /// Within a voxel (at most 0.085 mm) an envelope is its tangent plane: the error is below 2 µm where surfaces
    /// curve with radii of 0.5 mm or more, as these do.
    pub(crate) fn voxel(&self, p: PointMm, s: &Sampling, near: &Near) -> f64 {
        let mut base = self.scene.tissue.soft;
        if near.skin {
            let sum: f64 = s.world.iter().map(|o| self.far(p + o, s.width)).sum();
            base = sum / s.world.len() as f64;
        }
        let surfaces: [Option<Surface>; 2] = std::array::from_fn(|b| {
            near.bones[b]
                .then(|| Surface::new(&self.scene.bones[b], self.to_hand[b].apply(p).coords))
        });
        if let [Some(a), Some(b)] = &surfaces {
            // Between the bones: cartilage fades out towards the joint's edge.
            let farther = a.distance.max(b.distance);
            let share = 1.0 - smoothstep(0.75 * NEAR_MM, NEAR_MM, farther);
            base += (self.scene.tissue.cartilage - base) * share;
        }
        let touched: [Option<Plane>; 2] = std::array::from_fn(|b| {
            surfaces[b]
                .as_ref()
                .filter(|f| f.distance < 1.5 * s.half_diagonal)
                .map(|f| f.plane(&self.scene.bones[b]))
        });
        if touched.iter().all(Option::is_none) {
            return base;
        }
        let mut sum = 0.0;
        for i in 0..s.world.len() {
            let mut value = base;
            for (b, plane) in touched.iter().enumerate() {
                let Some(plane) = plane else { continue };
                let offset = s.bones[b][i];
                let f = plane.distance + plane.gradient.dot(&offset);
                let inside = occupancy(f, s.width);
                if inside > 0.0 {
                    let q = plane.point + offset;
                    let bone = self.bone_density(b, q, -f, plane.cortex_mm, s.width);
                    value += (bone - value) * inside;
                }
            }
            sum += value;
        }
        sum / s.world.len() as f64
    }

    /// Density inside an envelope, lesions and decoys included.
    fn bone_density(&self, b: usize, q: VectorMm, depth: f64, cortex_mm: f64, width: f64) -> f64 {
        let t = &self.scene.tissue;
        let name = BoneName::ALL[b];
        let hits = self.hits(name, q, depth, width);
        if hits.empty >= 1.0 {
            return t.soft;
        }
        let sample = Sample {
            depth,
            cortex_mm,
            width,
            extra: hits.extra,
        };
        let (cortex, trabecula) = self.scene.bones[b].tissue(q, &sample, self.texture);
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
                hits.extra = self.scene.new_bone;
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

/// Samples of a voxel: displacements in the scanner's frame and in each bone's.
pub(crate) struct Sampling {
    world: Vec<VectorMm>,
    bones: [Vec<VectorMm>; 2],
    width: f64,
    half_diagonal: f64,
}

/// What lies near a run of voxels.
pub(crate) struct Near {
    pub(crate) bones: [bool; 2],
    pub(crate) skin: bool,
}

struct Surface {
    point: VectorMm,
    distance: f64,
}

/// An envelope around a point, to first order.
struct Plane {
    point: VectorMm,
    distance: f64,
    gradient: VectorMm,
    cortex_mm: f64,
}

impl Surface {
    fn new(bone: &Bone, point: VectorMm) -> Self {
        Self {
            point,
            distance: bone.envelope(point),
        }
    }

    fn plane(&self, bone: &Bone) -> Plane {
        const H: f64 = 0.01;
        let gradient = VectorMm::from_fn(|a, _| {
            let mut q = self.point;
            q[a] += H;
            (bone.envelope(q) - self.distance) / H
        });
        Plane {
            point: self.point,
            distance: self.distance,
            gradient,
            cortex_mm: bone.cortex_mm(self.point),
        }
    }
}

#[derive(Default)]
struct Hits {
    empty: f64,
    rim: f64,
    rim_density: f64,
    extra: f64,
}
