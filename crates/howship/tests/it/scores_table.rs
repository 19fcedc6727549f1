//! Tables of scores made here, sound ones and spoilt ones.

use std::fmt::Write as _;
use std::path::Path;

const HAND: [&str; 16] = [
    "MCP2", "MCP1", "MCP3", "MCP4", "MCP5", "PIP2", "PIP3", "PIP4", "PIP5", "IP1", "MC1", "RAD",
    "ULN", "MUL", "NAV", "LUN",
];
const NARROWED: [&str; 15] = [
    "MCP1",
    "MCP2",
    "MCP3",
    "MCP4",
    "MCP5",
    "PIP2",
    "PIP3",
    "PIP4",
    "PIP5",
    "CMC3",
    "CMC4",
    "CMC5",
    "MUL-NAV",
    "CAP-NAV-LUN",
    "RC",
];
const FOOT: [&str; 6] = ["MTP1", "MTP2", "MTP3", "MTP4", "MTP5", "FIP1"];

/// Sites of Sharp/van der Heijde for both features, with the largest grade.
fn sites() -> impl Iterator<Item = (&'static str, &'static str, u32)> {
    let hands = HAND.iter().map(|&s| (s, "erosion", 5));
    let feet = FOOT.iter().map(|&s| (s, "erosion", 10));
    let narrowed = NARROWED.iter().chain(&FOOT).map(|&s| (s, "jsn", 4));
    hands.chain(feet).chain(narrowed)
}

/// How a made-up study is laid out.
#[derive(Clone)]
pub(crate) struct Study {
    pub(crate) subjects: u32,
    pub(crate) visits: Vec<(&'static str, u32)>,
    pub(crate) readers: Vec<&'static str>,
    pub(crate) arms: Vec<&'static str>,
}

impl Default for Study {
    fn default() -> Self {
        Self {
            subjects: 24,
            visits: vec![("M0", 0), ("M12", 365)],
            readers: vec!["R1", "R2"],
            arms: vec!["MTX", "ETN"],
        }
    }
}

pub(crate) const HEADER: &str =
    "subject,arm,visit,days,reader,sequence_blinded,scheme,side,site,feature,score,status";

/// The study as CSV: damage that grows in one arm and heals a little in the other, read with errors.
pub(crate) fn csv(study: &Study) -> String {
    let mut text = format!("{HEADER}\n");
    let mut state = 1_u64;
    let mut draw = |below: u32| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % below
    };
    for s in 0..study.subjects {
        let arm = study.arms[s as usize % study.arms.len()];
        for side in ["L", "R"] {
            for (site, feature, max) in sites() {
                let mut truth = if draw(3) == 0 { draw(max) } else { 0 };
                for (v, (visit, days)) in study.visits.iter().enumerate() {
                    if v > 0 && draw(8) == 0 {
                        truth = if arm == study.arms[0] {
                            (truth + 1).min(max)
                        } else {
                            truth.saturating_sub(1)
                        };
                    }
                    for reader in &study.readers {
                        let seen = match draw(12) {
                            0 => truth.saturating_sub(1),
                            1 => (truth + 1).min(max),
                            _ => truth,
                        };
                        let _ = writeln!(
                            text,
                            "P{s:03},{arm},{visit},{days},{reader},1,svdh,{side},{site},{feature},{seen},ok"
                        );
                    }
                }
            }
        }
    }
    text
}

/// Writes a table under a name.
pub(crate) fn save(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// A folder with a sound table `scores.csv`.
pub(crate) fn study(study: &Study) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "scores.csv", csv(study));
    folder
}
