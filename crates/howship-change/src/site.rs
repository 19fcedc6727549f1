use crate::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Side of the body.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Side {
    /// Left.
    L,
    /// Right.
    R,
}

/// A bone with its side, as in `R.MC2` (right second metacarpal) or `L.PP3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BoneSite {
    /// Side of the body.
    pub side: Side,
    /// Bone in the catalogue's short form.
    pub bone: String,
}

/// Short form, name in print and SNOMED CT code of the bone structure.
///
/// The codes of metacarpals and proximal phalanges are from memory of the SNOMED CT anatomy hierarchy and are
/// left out until checked against a release; the names are the field's.
const CATALOGUE: [(&str, &str); 29] = [
    ("MC1", "first metacarpal"),
    ("MC2", "second metacarpal"),
    ("MC3", "third metacarpal"),
    ("MC4", "fourth metacarpal"),
    ("MC5", "fifth metacarpal"),
    ("PP1", "proximal phalanx of the thumb"),
    ("PP2", "proximal phalanx of the index finger"),
    ("PP3", "proximal phalanx of the middle finger"),
    ("PP4", "proximal phalanx of the ring finger"),
    ("PP5", "proximal phalanx of the little finger"),
    ("MP2", "middle phalanx of the index finger"),
    ("MP3", "middle phalanx of the middle finger"),
    ("MP4", "middle phalanx of the ring finger"),
    ("MP5", "middle phalanx of the little finger"),
    ("DP1", "distal phalanx of the thumb"),
    ("DP2", "distal phalanx of the index finger"),
    ("DP3", "distal phalanx of the middle finger"),
    ("DP4", "distal phalanx of the ring finger"),
    ("DP5", "distal phalanx of the little finger"),
    ("RAD", "radius"),
    ("ULN", "ulna"),
    ("SCA", "scaphoid"),
    ("LUN", "lunate"),
    ("TRQ", "triquetrum"),
    ("PIS", "pisiform"),
    ("TRA", "trapezium"),
    ("TZD", "trapezoid"),
    ("CAP", "capitate"),
    ("HAM", "hamate"),
];

impl BoneSite {
    /// Reads `R.MC2`.
    ///
    /// # Errors
    /// Not a side and a bone of the catalogue.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let bad = || Error::SiteName {
            name: name.to_owned(),
        };
        let (side, bone) = name.split_once('.').ok_or_else(bad)?;
        let side = match side {
            "L" => Side::L,
            "R" => Side::R,
            _ => return Err(bad()),
        };
        if !CATALOGUE.iter().any(|(short, _)| *short == bone) {
            return Err(bad());
        }
        Ok(Self {
            side,
            bone: bone.to_owned(),
        })
    }

    /// The name in print.
    #[must_use]
    pub fn title(&self) -> String {
        let side = match self.side {
            Side::L => "left",
            Side::R => "right",
        };
        let name = CATALOGUE
            .iter()
            .find(|(short, _)| *short == self.bone)
            .map_or("", |(_, n)| n);
        format!("{side} {name}")
    }
}

impl std::fmt::Display for BoneSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.side == Side::L { "L" } else { "R" };
        write!(f, "{side}.{}", self.bone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        let site = BoneSite::parse("R.MC2").unwrap();
        assert_eq!(
            (site.to_string(), site.title()),
            ("R.MC2".into(), "right second metacarpal".into())
        );
        for bad in ["MC2", "X.MC2", "R.MC9", "R.", ""] {
            assert!(BoneSite::parse(bad).is_err(), "{bad}");
        }
    }
}
