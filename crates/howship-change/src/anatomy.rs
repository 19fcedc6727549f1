//! Bones and joints of hand, wrist and foot, their sides and their names in print: stated here, once.
//!
//! Codes are the field's short forms. Hand: `MC2` (metacarpal), `PP2`, `MP2`, `DP2` (phalanges), carpal bones by three
//! letters; joints `MCP2`, `PIP2`, `DIP2`, `IP1` (thumb), `CMC2`, and the wrist's by their bones, as in `RAD-SCA`.
//! Foot: `MT1`, joints `MTP1`, `TMT1`; what hand and foot share is told apart by an `F` in front: `FPP1`, `FIP1` (the great
//! toe's interphalangeal joint), `FPIP2`. Scoring systems write some bones otherwise (`NAV` for the scaphoid, `TRM`
//! for the trapezium): [`bone`] and [`joint`] know these too.
//!
//! No SNOMED CT codes stand here: none were checked against a release.

use crate::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Side of the body.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Side {
    /// Left.
    L,
    /// Right.
    R,
}

impl Side {
    /// Both sides, left first.
    pub const BOTH: [Self; 2] = [Self::L, Self::R];

    /// Reads `L`, `left`, `LT`, `R`, `right`, `RT` in any case; anything else is no side.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_uppercase().as_str() {
            "L" | "LEFT" | "LT" => Some(Self::L),
            "R" | "RIGHT" | "RT" => Some(Self::R),
            _ => None,
        }
    }

    /// `L` or `R`.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::L => "L",
            Self::R => "R",
        }
    }

    /// `left` or `right`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::L => "left",
            Self::R => "right",
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.letter())
    }
}

/// Part of a limb that one film shows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Hand and wrist.
    Hand,
    /// Forefoot.
    Foot,
}

/// A bone of the catalogue, without a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedBone {
    /// Short form, as in `MC2`.
    pub code: &'static str,
    /// Name in print, as in `second metacarpal`.
    pub title: &'static str,
    /// Where it is.
    pub part: Part,
}

/// A joint of the catalogue, without a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedJoint {
    /// Short form, as in `MCP2`.
    pub code: &'static str,
    /// Name in print, as in `metacarpophalangeal joint of the index finger`.
    pub title: &'static str,
    /// Where it is.
    pub part: Part,
    /// Codes of the bones that meet in it, the one nearer to the trunk first.
    pub bones: &'static [&'static str],
}

const fn hand(code: &'static str, title: &'static str) -> NamedBone {
    NamedBone {
        code,
        title,
        part: Part::Hand,
    }
}

const fn foot(code: &'static str, title: &'static str) -> NamedBone {
    NamedBone {
        code,
        title,
        part: Part::Foot,
    }
}

/// Every bone: hand from the thumb's side, wrist, foot from the great toe's side.
pub const BONES: [NamedBone; 52] = [
    hand("MC1", "first metacarpal"),
    hand("MC2", "second metacarpal"),
    hand("MC3", "third metacarpal"),
    hand("MC4", "fourth metacarpal"),
    hand("MC5", "fifth metacarpal"),
    hand("PP1", "proximal phalanx of the thumb"),
    hand("PP2", "proximal phalanx of the index finger"),
    hand("PP3", "proximal phalanx of the middle finger"),
    hand("PP4", "proximal phalanx of the ring finger"),
    hand("PP5", "proximal phalanx of the little finger"),
    hand("MP2", "middle phalanx of the index finger"),
    hand("MP3", "middle phalanx of the middle finger"),
    hand("MP4", "middle phalanx of the ring finger"),
    hand("MP5", "middle phalanx of the little finger"),
    hand("DP1", "distal phalanx of the thumb"),
    hand("DP2", "distal phalanx of the index finger"),
    hand("DP3", "distal phalanx of the middle finger"),
    hand("DP4", "distal phalanx of the ring finger"),
    hand("DP5", "distal phalanx of the little finger"),
    hand("RAD", "radius"),
    hand("ULN", "ulna"),
    hand("SCA", "scaphoid"),
    hand("LUN", "lunate"),
    hand("TRQ", "triquetrum"),
    hand("PIS", "pisiform"),
    hand("TRA", "trapezium"),
    hand("TZD", "trapezoid"),
    hand("CAP", "capitate"),
    hand("HAM", "hamate"),
    foot("MT1", "first metatarsal"),
    foot("MT2", "second metatarsal"),
    foot("MT3", "third metatarsal"),
    foot("MT4", "fourth metatarsal"),
    foot("MT5", "fifth metatarsal"),
    foot("FPP1", "proximal phalanx of the great toe"),
    foot("FPP2", "proximal phalanx of the second toe"),
    foot("FPP3", "proximal phalanx of the third toe"),
    foot("FPP4", "proximal phalanx of the fourth toe"),
    foot("FPP5", "proximal phalanx of the fifth toe"),
    foot("FMP2", "middle phalanx of the second toe"),
    foot("FMP3", "middle phalanx of the third toe"),
    foot("FMP4", "middle phalanx of the fourth toe"),
    foot("FMP5", "middle phalanx of the fifth toe"),
    foot("FDP1", "distal phalanx of the great toe"),
    foot("FDP2", "distal phalanx of the second toe"),
    foot("FDP3", "distal phalanx of the third toe"),
    foot("FDP4", "distal phalanx of the fourth toe"),
    foot("FDP5", "distal phalanx of the fifth toe"),
    foot("CUM", "medial cuneiform"),
    foot("CUI", "intermediate cuneiform"),
    foot("CUL", "lateral cuneiform"),
    foot("CUB", "cuboid"),
];

/// What scoring systems write for a bone of [`BONES`].
const OTHER_CODES: [(&str, &str); 4] = [
    ("NAV", "SCA"),
    ("TRI", "TRQ"),
    ("TRM", "TRA"),
    ("TRD", "TZD"),
];

macro_rules! joints {
    ($($part:ident $code:literal $title:literal $($bone:literal)+;)+) => {
        /// Every joint: fingers from the thumb's side, wrist, toes from the great toe's side.
        pub const JOINTS: &[NamedJoint] = &[$(NamedJoint {
            code: $code,
            title: $title,
            part: Part::$part,
            bones: &[$($bone),+],
        }),+];
    };
}

joints! {
    Hand "MCP1" "metacarpophalangeal joint of the thumb" "MC1" "PP1";
    Hand "MCP2" "metacarpophalangeal joint of the index finger" "MC2" "PP2";
    Hand "MCP3" "metacarpophalangeal joint of the middle finger" "MC3" "PP3";
    Hand "MCP4" "metacarpophalangeal joint of the ring finger" "MC4" "PP4";
    Hand "MCP5" "metacarpophalangeal joint of the little finger" "MC5" "PP5";
    Hand "IP1" "interphalangeal joint of the thumb" "PP1" "DP1";
    Hand "PIP2" "proximal interphalangeal joint of the index finger" "PP2" "MP2";
    Hand "PIP3" "proximal interphalangeal joint of the middle finger" "PP3" "MP3";
    Hand "PIP4" "proximal interphalangeal joint of the ring finger" "PP4" "MP4";
    Hand "PIP5" "proximal interphalangeal joint of the little finger" "PP5" "MP5";
    Hand "DIP2" "distal interphalangeal joint of the index finger" "MP2" "DP2";
    Hand "DIP3" "distal interphalangeal joint of the middle finger" "MP3" "DP3";
    Hand "DIP4" "distal interphalangeal joint of the ring finger" "MP4" "DP4";
    Hand "DIP5" "distal interphalangeal joint of the little finger" "MP5" "DP5";
    Hand "CMC1" "first carpometacarpal joint" "TRA" "MC1";
    Hand "CMC2" "second carpometacarpal joint" "TZD" "MC2";
    Hand "CMC3" "third carpometacarpal joint" "CAP" "MC3";
    Hand "CMC4" "fourth carpometacarpal joint" "HAM" "MC4";
    Hand "CMC5" "fifth carpometacarpal joint" "HAM" "MC5";
    Hand "RC" "radiocarpal joint" "RAD" "SCA" "LUN";
    Hand "RU" "distal radioulnar joint" "RAD" "ULN";
    Hand "RAD-SCA" "radioscaphoid joint" "RAD" "SCA";
    Hand "RAD-LUN" "radiolunate joint" "RAD" "LUN";
    Hand "SCA-LUN" "scapholunate joint" "SCA" "LUN";
    Hand "LUN-TRQ" "lunotriquetral joint" "LUN" "TRQ";
    Hand "SCA-TRA" "scaphotrapezial joint" "SCA" "TRA";
    Hand "SCA-TZD" "scaphotrapezoidal joint" "SCA" "TZD";
    Hand "SCA-CAP" "joint of capitate and scaphoid" "SCA" "CAP";
    Hand "LUN-CAP" "joint of capitate and lunate" "LUN" "CAP";
    Hand "TRQ-HAM" "joint of triquetrum and hamate" "TRQ" "HAM";
    Hand "TRA-TZD" "joint of trapezium and trapezoid" "TRA" "TZD";
    Hand "TZD-CAP" "joint of trapezoid and capitate" "TZD" "CAP";
    Hand "CAP-HAM" "joint of capitate and hamate" "CAP" "HAM";
    Foot "MTP1" "metatarsophalangeal joint of the great toe" "MT1" "FPP1";
    Foot "MTP2" "metatarsophalangeal joint of the second toe" "MT2" "FPP2";
    Foot "MTP3" "metatarsophalangeal joint of the third toe" "MT3" "FPP3";
    Foot "MTP4" "metatarsophalangeal joint of the fourth toe" "MT4" "FPP4";
    Foot "MTP5" "metatarsophalangeal joint of the fifth toe" "MT5" "FPP5";
    Foot "FIP1" "interphalangeal joint of the great toe" "FPP1" "FDP1";
    Foot "FPIP2" "proximal interphalangeal joint of the second toe" "FPP2" "FMP2";
    Foot "FPIP3" "proximal interphalangeal joint of the third toe" "FPP3" "FMP3";
    Foot "FPIP4" "proximal interphalangeal joint of the fourth toe" "FPP4" "FMP4";
    Foot "FPIP5" "proximal interphalangeal joint of the fifth toe" "FPP5" "FMP5";
    Foot "FDIP2" "distal interphalangeal joint of the second toe" "FMP2" "FDP2";
    Foot "FDIP3" "distal interphalangeal joint of the third toe" "FMP3" "FDP3";
    Foot "FDIP4" "distal interphalangeal joint of the fourth toe" "FMP4" "FDP4";
    Foot "FDIP5" "distal interphalangeal joint of the fifth toe" "FMP5" "FDP5";
    Foot "TMT1" "first tarsometatarsal joint" "CUM" "MT1";
    Foot "TMT2" "second tarsometatarsal joint" "CUI" "MT2";
    Foot "TMT3" "third tarsometatarsal joint" "CUL" "MT3";
    Foot "TMT4" "fourth tarsometatarsal joint" "CUB" "MT4";
    Foot "TMT5" "fifth tarsometatarsal joint" "CUB" "MT5";
}

/// The catalogue's code of a bone that may be written as a scoring system writes it.
fn own_code(code: &str) -> &str {
    OTHER_CODES
        .iter()
        .find(|(other, _)| *other == code)
        .map_or(code, |(_, own)| *own)
}

/// A bone by its code, the catalogue's or a scoring system's.
#[must_use]
pub fn bone(code: &str) -> Option<&'static NamedBone> {
    const ALL: &[NamedBone] = &BONES;
    ALL.iter().find(|b| b.code == own_code(code))
}

/// A joint by its code, the catalogue's or a scoring system's: the wrist's answer to their bones in either order.
#[must_use]
pub fn joint(code: &str) -> Option<&'static NamedJoint> {
    JOINTS
        .iter()
        .find(|j| j.code == own_code(code))
        .or_else(|| {
            let (a, b) = code.split_once('-')?;
            joint_between(bone(a)?, bone(b)?)
        })
}

/// The joint in which exactly these two bones meet.
#[must_use]
pub fn joint_between(a: &NamedBone, b: &NamedBone) -> Option<&'static NamedJoint> {
    JOINTS
        .iter()
        .find(|j| j.bones == [a.code, b.code] || j.bones == [b.code, a.code])
}

impl NamedJoint {
    /// The short form as it is said, as in `MCP 2`, `IP 1`, `SCA-LUN`; of a toe without the `F`.
    #[must_use]
    pub fn spoken(&self) -> String {
        let code = match self.part {
            Part::Foot => self.code.strip_prefix('F').unwrap_or(self.code),
            Part::Hand => self.code,
        };
        match code.find(|c: char| c.is_ascii_digit()) {
            Some(at) => format!("{} {}", &code[..at], &code[at..]),
            None => code.to_owned(),
        }
    }
}

/// A bone with its side, as in `R.MC2` (right second metacarpal) or `L.PP3`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct BoneSite {
    /// Side of the body.
    pub side: Side,
    /// The bone.
    pub bone: &'static NamedBone,
}

/// A joint with its side, as in `L.PIP3`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct JointSite {
    /// Side of the body.
    pub side: Side,
    /// The joint.
    pub joint: &'static NamedJoint,
}

/// `L` or `R` and what stands after the point; sides in a site's name are strict, as they are in the catalogue.
fn sided(name: &str) -> Option<(Side, &str)> {
    let (side, rest) = name.split_once('.')?;
    match side {
        "L" => Some((Side::L, rest)),
        "R" => Some((Side::R, rest)),
        _ => None,
    }
}

impl BoneSite {
    /// Reads `R.MC2`.
    ///
    /// # Errors
    /// Not a side and a bone of the catalogue.
    pub fn parse(name: &str) -> Result<Self, Error> {
        sided(name)
            .and_then(|(side, code)| {
                Some(Self {
                    side,
                    bone: bone(code)?,
                })
            })
            .ok_or_else(|| Error::SiteName {
                name: name.to_owned(),
            })
    }

    /// The name in print, as in `right second metacarpal`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.side.word(), self.bone.title)
    }
}

impl JointSite {
    /// Reads `L.PIP3`.
    ///
    /// # Errors
    /// Not a side and a joint of the catalogue.
    pub fn parse(name: &str) -> Result<Self, Error> {
        sided(name)
            .and_then(|(side, code)| {
                Some(Self {
                    side,
                    joint: joint(code)?,
                })
            })
            .ok_or_else(|| Error::JointName {
                name: name.to_owned(),
            })
    }

    /// The joint in which two bones of one side meet.
    #[must_use]
    pub fn between(a: &BoneSite, b: &BoneSite) -> Option<Self> {
        let joint = joint_between(a.bone, b.bone)?;
        (a.side == b.side).then_some(Self {
            side: a.side,
            joint,
        })
    }

    /// The name in print, as in `left proximal interphalangeal joint of the middle finger`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.side.word(), self.joint.title)
    }

    /// The short name in print, as in `left PIP 3 joint`.
    #[must_use]
    pub fn short_title(&self) -> String {
        format!("{} {} joint", self.side.word(), self.joint.spoken())
    }
}

impl std::fmt::Display for BoneSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.side, self.bone.code)
    }
}

impl std::fmt::Display for JointSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.side, self.joint.code)
    }
}

impl TryFrom<String> for BoneSite {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::parse(&name)
    }
}

impl TryFrom<String> for JointSite {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::parse(&name)
    }
}

impl From<BoneSite> for String {
    fn from(site: BoneSite) -> Self {
        site.to_string()
    }
}

impl From<JointSite> for String {
    fn from(site: JointSite) -> Self {
        site.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_go_there_and_back() {
        let site = BoneSite::parse("R.MC2").unwrap();
        assert_eq!(
            (site.to_string(), site.title()),
            ("R.MC2".into(), "right second metacarpal".into())
        );
        for bad in ["MC2", "X.MC2", "R.MC9", "R.", "", "R.MCP2", "r.MC2"] {
            assert!(BoneSite::parse(bad).is_err(), "{bad}");
        }
        let site = JointSite::parse("L.FIP1").unwrap();
        assert_eq!(site.short_title(), "left IP 1 joint");
        assert_eq!(
            serde_json::to_string(&site).unwrap(),
            "\"L.FIP1\"",
            "sites are written as their names"
        );
        assert!(JointSite::parse("L.MC2").is_err());
    }

    #[test]
    fn codes_are_used_once_and_joints_are_of_known_bones() {
        let mut codes: Vec<&str> = BONES.iter().map(|b| b.code).collect();
        codes.extend(JOINTS.iter().map(|j| j.code));
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for joint in JOINTS {
            assert!(joint.bones.len() >= 2, "{}", joint.code);
            for code in joint.bones {
                assert_eq!(bone(code).unwrap().part, joint.part, "{}", joint.code);
            }
        }
    }

    #[test]
    fn two_bones_make_their_joint_in_either_order() {
        let between = |a, b| {
            let site = |name| BoneSite::parse(name).unwrap();
            JointSite::between(&site(a), &site(b)).map(|j| j.to_string())
        };
        assert_eq!(between("R.PP2", "R.MC2").as_deref(), Some("R.MCP2"));
        assert_eq!(between("L.MT1", "L.FPP1").as_deref(), Some("L.MTP1"));
        assert_eq!(between("R.PP2", "L.MC2"), None, "two hands");
        assert_eq!(between("R.PP2", "R.MC3"), None, "two fingers");
        assert_eq!(joint("NAV-LUN"), joint("SCA-LUN"));
        assert_eq!(joint("TRM-NAV").unwrap().title, "scaphotrapezial joint");
    }

    #[test]
    fn sides_are_read_as_people_write_them() {
        assert_eq!(Side::parse(" left "), Some(Side::L));
        assert_eq!(Side::parse("Rt"), Some(Side::R));
        assert_eq!(Side::parse("both"), None);
    }
}
