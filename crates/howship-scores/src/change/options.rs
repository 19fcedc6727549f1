use super::definition::{JointRepair, PatientRepair, Progression};

/// What [`changes`](super::changes) shall judge.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeOptions {
    /// First visit, by its position; none for the first of the table.
    pub from: Option<u32>,
    /// Last visit; none for the last of the table.
    pub to: Option<u32>,
    /// Which total the patients' changes are of.
    pub feature: String,
    /// Definitions of progression, of patients.
    pub progression: Vec<Progression>,
    /// Definitions of repair, of patients.
    pub patient_repair: Vec<PatientRepair>,
    /// Definitions of repair, of joints.
    pub joint_repair: Vec<JointRepair>,
    /// The smallest detectable change; none to compute it from readers' differences.
    pub sdc: Option<f64>,
    /// Confidence of intervals.
    pub confidence: f64,
    /// Count each reading of a reader as a reader of its own in definitions of joints (as Lukas, Ann Rheum Dis 2009
    /// does with 2 readers × 2 readings).
    pub readings_as_readers: bool,
}

impl Default for ChangeOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            feature: "total".into(),
            progression: vec![
                Progression::Above(0.0),
                Progression::Above(0.5),
                Progression::AboveSdc,
                Progression::AtLeast(5.0),
            ],
            patient_repair: vec![PatientRepair::BelowSdc, PatientRepair::AtMost(0.5)],
            joint_repair: vec![
                JointRepair::leiden(),
                JointRepair::best("erosion"),
                JointRepair::best("jsn"),
            ],
            sdc: None,
            confidence: 0.95,
            readings_as_readers: false,
        }
    }
}
