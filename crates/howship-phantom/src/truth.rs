use howship_change::Verdict;
use howship_image::RigidTransform;
use serde::Serialize;

/// What is true of one lesion at one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LesionTruth {
    /// Identity: 1 is the first lesion of the specification.
    pub id: u32,
    /// The bone's name.
    pub bone: String,
    /// Whether there is a lesion at this visit.
    pub present: bool,
    /// Cavity inside the intact envelope, mm³.
    pub volume_mm3: f64,
    /// Area of the intact envelope that is missing, mm².
    pub mouth_mm2: f64,
    /// Area of the cavity's wall inside the envelope, mm².
    pub surface_mm2: f64,
    /// Widest chord of the mouth in an axial slice, or in one perpendicular to it through the mouth's normal, mm.
    pub width_mm: f64,
    /// Largest distance from its chord to the floor in a slice, mean over those at least 0.95 as wide as the widest, mm.
    pub depth_mm: f64,
    /// Largest distance from the envelope to the floor, mm.
    pub depth3d_mm: f64,
    /// Largest extent of the cavity, mm.
    pub diameter3d_mm: f64,
    /// Density inside, in the tissue's unit.
    pub density: f64,
    /// Centroid in the scanner's frame of this visit, LPS mm; the mouth's centre where there is no lesion.
    pub centroid_mm: [f64; 3],
    /// Outward normal of the envelope at the mouth, in the scanner's frame of this visit.
    pub normal: [f64; 3],
}

/// A bone and where it truly was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoneTruth {
    /// Its label.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its centre in the frame of the model (the hand's frame, or the real scan's), mm.
    pub centre_mm: [f64; 3],
    /// Per visit: frame of the model to scanner.
    pub poses: Vec<RigidTransform>,
}

/// What is true of a whole series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// Names of the visits.
    pub visits: Vec<String>,
    /// The bones, by label.
    pub bones: Vec<BoneTruth>,
    /// Per visit, per lesion.
    pub lesions: Vec<Vec<LesionTruth>>,
    /// Smallest relevant change, mm³: the floor of δ.
    pub delta_mm3: f64,
    /// Share of the first volume that is δ where it is more than the floor.
    pub delta_share: f64,
}

impl Truth {
    /// Motion of a bone from the first visit's scanner frame to another's.
    #[must_use]
    pub fn motion(&self, bone: u32, visit: usize) -> Option<RigidTransform> {
        let poses = &self.bones.iter().find(|b| b.id == bone)?.poses;
        Some(poses.get(visit)?.after(&poses.first()?.inverse()))
    }

    /// Change of a lesion's volume between two visits, mm³.
    #[must_use]
    pub fn volume_change(&self, lesion: u32, from: usize, to: usize) -> Option<f64> {
        let volume = |visit: usize| {
            Some(
                self.lesions
                    .get(visit)?
                    .iter()
                    .find(|l| l.id == lesion)?
                    .volume_mm3,
            )
        };
        Some(volume(to)? - volume(from)?)
    }

    /// What a lesion truly did from the first to another visit: more or less than δ, or neither.
    #[must_use]
    pub fn verdict(&self, lesion: u32, visit: usize) -> Option<Verdict> {
        let first = self.lesions.first()?.iter().find(|l| l.id == lesion)?;
        let delta = self.delta_mm3.max(self.delta_share * first.volume_mm3);
        Some(true_verdict(self.volume_change(lesion, 0, visit)?, delta))
    }
}

/// The true direction of a change of volume.
#[must_use]
pub fn true_verdict(change_mm3: f64, delta_mm3: f64) -> Verdict {
    if change_mm3 < -delta_mm3 {
        Verdict::Healing
    } else if change_mm3 > delta_mm3 {
        Verdict::Progressing
    } else {
        Verdict::Stable
    }
}
