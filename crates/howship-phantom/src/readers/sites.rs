use serde::{Deserialize, Serialize};

/// One scored thing of a scheme: a site, a feature and its grades from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSpec {
    /// `L`, `R`, or empty where the scheme has no sides.
    #[serde(default)]
    pub side: String,
    /// `hand`, `foot`, or empty.
    #[serde(default)]
    pub region: String,
    /// Code of the site, as in `MCP2`.
    pub site: String,
    /// `erosion`, `jsn` ...
    pub feature: String,
    /// Largest grade.
    pub max: f64,
    /// Distance of two grades.
    #[serde(default = "one")]
    pub step: f64,
}

fn one() -> f64 {
    1.0
}

const HAND_EROSION: [&str; 16] = [
    "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "PIP2", "PIP3", "PIP4", "PIP5", "IP1", "MC1", "RAD",
    "ULN", "MUL", "NAV", "LUN",
];
const HAND_JSN: [&str; 15] = [
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

/// Sharp/van der Heijde, hands and feet: 44 joints for erosion (280), 42 for joint-space narrowing (168), 0-448.
#[must_use]
pub fn svdh_sites() -> Vec<SiteSpec> {
    let mut sites = Vec::new();
    let mut add = |region: &str, codes: &[&str], feature: &str, max: f64| {
        for side in ["L", "R"] {
            sites.extend(codes.iter().map(|&site| SiteSpec {
                side: side.into(),
                region: region.into(),
                site: site.into(),
                feature: feature.into(),
                max,
                step: 1.0,
            }));
        }
    };
    add("hand", &HAND_EROSION, "erosion", 5.0);
    add("foot", &FOOT, "erosion", 10.0);
    add("hand", &HAND_JSN, "jsn", 4.0);
    add("foot", &FOOT, "jsn", 4.0);
    sites
}

/// `S001` ... with as many digits as the number of patients asks for.
pub(super) fn subject_name(subject: usize, subjects: usize) -> String {
    let digits = subjects.to_string().len().max(3);
    format!("S{:0digits$}", subject + 1)
}
