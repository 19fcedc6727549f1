use super::spec::{
    AnatomySpec, BoneName, ChannelSpec, CystSpec, ErosionSpec, JointSpec, OsteophyteSpec,
    PlaceSpec, ThinningSpec, TissueSpec, VisitSpec,
};
use crate::{PoseSpec, ScannerSpec};
use howship_change::Quantity;

impl Default for JointSpec {
    /// A healthy joint at one visit, on the default scanner.
    fn default() -> Self {
        Self {
            seed: 1,
            field_mm: [20.0, 20.0, 10.2],
            visits: vec![visit("M0")],
            scanner: ScannerSpec::default(),
            anatomy: AnatomySpec::default(),
            tissue: TissueSpec::default(),
            erosions: Vec::new(),
            channels: Vec::new(),
            cysts: Vec::new(),
            osteophytes: Vec::new(),
            thinnings: Vec::new(),
            delta_mm3: Quantity::Volume.default_delta(),
            delta_share: Quantity::Volume.default_delta_share(),
        }
    }
}

fn visit(name: &str) -> VisitSpec {
    VisitSpec {
        name: name.into(),
        ..VisitSpec::default()
    }
}

fn pose(rotation_deg: [f64; 3], translation_mm: [f64; 3]) -> PoseSpec {
    PoseSpec {
        rotation_deg,
        translation_mm,
    }
}

fn place(bone: BoneName, angle_deg: f64, height_mm: f64) -> PlaceSpec {
    PlaceSpec {
        bone,
        angle_deg,
        height_mm,
    }
}

const MC: BoneName = BoneName::Metacarpal;
const PP: BoneName = BoneName::Phalanx;

impl JointSpec {
    /// A joint under treatment at 0, 6 and 12 months: one erosion heals, one is stable, one progresses,
    /// among decoys (two vascular channels, a closed cyst, an osteophyte, a patch of thin cortex).
    #[must_use]
    pub fn demo() -> Self {
        let mut m6 = visit("M6");
        m6.hand = pose([1.2, -0.8, 2.0], [0.4, -0.3, 0.25]);
        m6.metacarpal = pose([0.5, 0.4, -0.6], [0.1, 0.05, -0.1]);
        m6.phalanx = pose([-1.0, 0.6, 0.8], [-0.15, 0.1, 0.05]);
        let mut m12 = visit("M12");
        m12.hand = pose([-0.9, 1.1, -1.5], [-0.3, 0.4, -0.2]);
        m12.metacarpal = pose([-0.4, 0.3, 0.5], [-0.05, 0.1, 0.1]);
        m12.phalanx = pose([0.8, -0.7, 1.0], [0.1, -0.1, -0.1]);
        let healing = ErosionSpec {
            place: place(MC, 195.0, 2.6),
            width_mm: 2.4,
            length_mm: 2.2,
            depth_mm: 2.2,
            irregularity: 0.12,
            depth_course: vec![1.0, 0.78, 0.58],
            width_course: vec![1.0, 0.93, 0.85],
            recortication: vec![0.0, 0.1, 0.25],
            rim_mm: 0.25,
            ..ErosionSpec::default()
        };
        let stable = ErosionSpec {
            place: place(MC, 350.0, 2.9),
            width_mm: 1.9,
            length_mm: 1.7,
            depth_mm: 1.6,
            irregularity: 0.1,
            ..ErosionSpec::default()
        };
        let progressing = ErosionSpec {
            place: place(PP, 20.0, -3.15),
            width_mm: 1.7,
            length_mm: 1.5,
            depth_mm: 1.5,
            irregularity: 0.12,
            depth_course: vec![1.0, 1.15, 1.3],
            width_course: vec![1.0, 1.15, 1.3],
            ..ErosionSpec::default()
        };
        let channel = |bone, angle, height, diameter_mm| ChannelSpec {
            place: place(bone, angle, height),
            diameter_mm,
            ..ChannelSpec::default()
        };
        Self {
            seed: 20,
            visits: vec![visit("M0"), m6, m12],
            erosions: vec![healing, stable, progressing],
            channels: vec![channel(MC, 100.0, 3.6, 0.25), channel(PP, 205.0, -4.0, 0.2)],
            cysts: vec![CystSpec {
                place: place(MC, 80.0, 3.2),
                ..CystSpec::default()
            }],
            osteophytes: vec![OsteophyteSpec {
                place: place(PP, 170.0, -2.6),
                ..OsteophyteSpec::default()
            }],
            thinnings: vec![ThinningSpec {
                place: place(MC, 60.0, 3.6),
                ..ThinningSpec::default()
            }],
            ..Self::default()
        }
    }

    /// A small joint for tests: two visits, one erosion that heals and one that is stable, 0.6 of the size.
    ///
    /// About 2.8 million voxels at 0.082 mm.
    #[must_use]
    pub fn small(voxel_mm: f64) -> Self {
        let mut m6 = visit("M6");
        m6.hand = pose([1.0, -0.7, 1.5], [0.3, -0.2, 0.2]);
        m6.phalanx = pose([-1.0, 0.5, 0.6], [-0.1, 0.1, 0.05]);
        let healing = ErosionSpec {
            place: place(MC, 185.0, 1.7),
            depth_course: vec![1.0, 0.7],
            width_course: vec![1.0, 0.9],
            ..ErosionSpec::default()
        };
        let stable = ErosionSpec {
            place: place(PP, 10.0, -2.5),
            width_mm: 1.4,
            length_mm: 1.4,
            depth_mm: 1.3,
            ..ErosionSpec::default()
        };
        let anatomy = AnatomySpec {
            scale: 0.65,
            joint_space_mm: 1.3,
            skin_radius_mm: [6.0, 5.8],
            ..AnatomySpec::default()
        };
        Self {
            seed: 7,
            field_mm: [13.2, 13.2, 7.2],
            visits: vec![visit("M0"), m6],
            scanner: ScannerSpec::with_voxel([voxel_mm; 3]),
            anatomy,
            erosions: vec![healing, stable],
            ..Self::default()
        }
    }
}
