//! Which way a side of a bone faces: in the hand's own words where the bones and the palm say so, else in the axes of
//! the image.

use crate::{BoneSite, JointSite, Part, Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an image's axes are the patient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AxesKnown {
    /// The file states how the patient's left, back and head lie to its axes.
    #[default]
    Patient,
    /// The file states axes of the scanner only; nothing in it says how the patient lay.
    Image,
}

/// A direction of the patient by its letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PatientDirection {
    /// Right.
    R,
    /// Left.
    L,
    /// Front.
    A,
    /// Back.
    P,
    /// Feet.
    I,
    /// Head.
    S,
}

impl PatientDirection {
    /// Reads `R`, `L`, `A`, `P`, `I`, `S` in either case.
    #[must_use]
    pub fn parse(letter: &str) -> Option<Self> {
        match letter.trim().to_ascii_uppercase().as_str() {
            "R" => Some(Self::R),
            "L" => Some(Self::L),
            "A" => Some(Self::A),
            "P" => Some(Self::P),
            "I" => Some(Self::I),
            "S" => Some(Self::S),
            _ => None,
        }
    }

    /// Unit vector, LPS.
    #[must_use]
    pub fn vector(self) -> [f64; 3] {
        match self {
            Self::R => [-1.0, 0.0, 0.0],
            Self::L => [1.0, 0.0, 0.0],
            Self::A => [0.0, -1.0, 0.0],
            Self::P => [0.0, 1.0, 0.0],
            Self::I => [0.0, 0.0, -1.0],
            Self::S => [0.0, 0.0, 1.0],
        }
    }
}

/// The directions of a hand or foot in the baseline's frame, unit vectors, LPS.
///
/// Distal runs along the line between the centres of two bones that follow each other in one ray: that is known from
/// their names alone. Where the palm (of a foot the sole) faces must be stated: scanners do not record how a hand lay.
/// Radial (of a foot tibial) follows from both and the side: distal × palmar in a right hand, its opposite in a left
/// one. In anatomical position the right hand has distal = feet, palmar = front, and distal × palmar = right, where the
/// thumb is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Directions {
    /// Hand or foot.
    pub part: Part,
    /// Away from the trunk.
    pub distal: [f64; 3],
    /// Where palm or sole faces, made perpendicular to `distal`; absent where nobody said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub palmar: Option<[f64; 3]>,
    /// Towards thumb or great toe; absent together with `palmar`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub radial: Option<[f64; 3]>,
}

/// Why the stated palm gives no direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PalmUnused {
    /// The bones are not named, or are no two bones of one ray: which way is distal is not known.
    NoRay,
    /// It runs along the finger.
    AlongTheFinger,
}

/// Cosine of the angle between palm and finger above which one of the two is wrong: 45°.
const ALONG: f64 = 0.707;
/// Cosine to a surface's normal above which it faces along the finger rather than to a side.
const FACES_ALONG: f64 = 0.8;
/// Share of a second direction that is worth a word: the tangent of 22.5°.
const SECOND: f64 = 0.414;

impl Directions {
    /// The directions that named bones (with their centres, LPS mm) and a stated palm give, or why the palm is of no use.
    ///
    /// # Errors
    /// A palm was stated, and no direction follows from it.
    pub fn of(
        bones: &[(&str, [f64; 3])],
        palm: Option<PatientDirection>,
    ) -> Result<Option<Self>, PalmUnused> {
        let Some((side, part, distal)) = ray(bones) else {
            return palm.map_or(Ok(None), |_| Err(PalmUnused::NoRay));
        };
        let bare = Self {
            part,
            distal,
            palmar: None,
            radial: None,
        };
        let Some(palm) = palm else {
            return Ok(Some(bare));
        };
        let stated = palm.vector();
        let along = dot(stated, distal);
        if along.abs() > ALONG {
            return Err(PalmUnused::AlongTheFinger);
        }
        let palmar = std::array::from_fn(|i| stated[i] - along * distal[i]);
        let Some(palmar) = unit(palmar) else {
            return Err(PalmUnused::AlongTheFinger);
        };
        let turn = match side {
            Side::R => 1.0,
            Side::L => -1.0,
        };
        Ok(Some(Self {
            palmar: Some(palmar),
            radial: Some(cross(distal, palmar).map(|v| turn * v)),
            ..bare
        }))
    }

    /// Where a surface with this outward normal faces, as in `palmar-radial side` or `facing distally`; `None` where the
    /// known directions do not tell.
    #[must_use]
    pub fn facing(&self, normal: [f64; 3]) -> Option<String> {
        let normal = unit(normal)?;
        let along = dot(normal, self.distal);
        if along.abs() > FACES_ALONG {
            let way = if along > 0.0 {
                "distally"
            } else {
                "proximally"
            };
            return Some(format!("facing {way}"));
        }
        let (palmar, radial) = (dot(normal, self.palmar?), dot(normal, self.radial?));
        let [front, back, thumb, other] = match self.part {
            Part::Hand => ["palmar", "dorsal", "radial", "ulnar"],
            Part::Foot => ["plantar", "dorsal", "tibial", "fibular"],
        };
        let across = if palmar > 0.0 { front } else { back };
        let beside = if radial > 0.0 { thumb } else { other };
        let (first, second, share) = if palmar.abs() >= radial.abs() {
            (across, beside, radial.abs() / palmar.abs())
        } else {
            (beside, across, palmar.abs() / radial.abs())
        };
        Some(if share > SECOND {
            format!("{first}-{second} side")
        } else {
            format!("{first} side")
        })
    }
}

/// Side, limb and the direction away from the trunk, of two bones that follow each other in one finger or toe.
///
/// Bones of the wrist lie beside each other as well as behind: they give none.
fn ray(bones: &[(&str, [f64; 3])]) -> Option<(Side, Part, [f64; 3])> {
    let named: Vec<(BoneSite, [f64; 3])> = bones
        .iter()
        .filter_map(|(name, at)| Some((BoneSite::parse(name).ok()?, *at)))
        .collect();
    for (i, (a, at)) in named.iter().enumerate() {
        for (b, there) in &named[i + 1..] {
            let Some(joint) = JointSite::between(a, b) else {
                continue;
            };
            let in_a_ray = ["MCP", "PIP", "DIP", "IP", "MTP", "FIP", "FPIP", "FDIP"];
            let kind = joint
                .joint
                .code
                .trim_end_matches(|c: char| c.is_ascii_digit());
            if !in_a_ray.contains(&kind) {
                continue;
            }
            // The joint names the bone nearer to the trunk first.
            let forth = joint.joint.bones.first() == Some(&a.bone.code);
            let (from, to) = if forth { (at, there) } else { (there, at) };
            let distal = unit(std::array::from_fn(|k| to[k] - from[k]))?;
            return Some((a.side, a.bone.part, distal));
        }
    }
    None
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| a[i] * b[i]).sum()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        a[j] * b[k] - a[k] * b[j]
    })
}

fn unit(v: [f64; 3]) -> Option<[f64; 3]> {
    let length = dot(v, v).sqrt();
    (length.is_finite() && length > 1e-9).then(|| v.map(|x| x / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hand in anatomical position, arm hanging: fingers to the feet, palm to the front.
    fn hanging(side: &str) -> [(&'static str, [f64; 3]); 2] {
        let names = match side {
            "R" => ["R.MC2", "R.PP2"],
            _ => ["L.MC2", "L.PP2"],
        };
        [(names[0], [0.0; 3]), (names[1], [0.0, 0.0, -20.0])]
    }

    /// What every atlas says: in anatomical position the thumb is on the outer side.
    #[test]
    fn in_anatomical_position_the_thumb_is_outside() {
        for (side, outer) in [("R", PatientDirection::R), ("L", PatientDirection::L)] {
            let d = Directions::of(&hanging(side), Some(PatientDirection::A))
                .unwrap()
                .unwrap();
            assert_eq!(d.radial.unwrap(), outer.vector(), "{side}");
            let facing = |n: PatientDirection| d.facing(n.vector()).unwrap();
            assert_eq!(facing(outer), "radial side");
            assert_eq!(facing(PatientDirection::A), "palmar side");
            assert_eq!(facing(PatientDirection::P), "dorsal side");
            assert_eq!(facing(PatientDirection::I), "facing distally");
            assert_eq!(facing(PatientDirection::S), "facing proximally");
        }
        let d = Directions::of(&hanging("R"), Some(PatientDirection::A))
            .unwrap()
            .unwrap();
        assert_eq!(d.facing([0.6, -0.8, 0.0]).unwrap(), "palmar-ulnar side");
        assert_eq!(d.facing([-0.95, 0.2, 0.1]).unwrap(), "radial side");
    }

    /// Standing: toes to the front, soles to the floor, great toes towards each other.
    #[test]
    fn great_toes_face_each_other() {
        for (names, inner) in [
            (["R.FPP1", "R.MT1"], PatientDirection::L),
            (["L.FPP1", "L.MT1"], PatientDirection::R),
        ] {
            let bones = [(names[0], [0.0, -20.0, 0.0]), (names[1], [0.0; 3])];
            let d = Directions::of(&bones, Some(PatientDirection::I))
                .unwrap()
                .unwrap();
            assert_eq!(d.facing(inner.vector()).unwrap(), "tibial side");
            assert_eq!(
                d.facing(PatientDirection::I.vector()).unwrap(),
                "plantar side"
            );
        }
    }

    #[test]
    fn nothing_is_guessed() {
        let named = Directions::of(&hanging("R"), None).unwrap().unwrap();
        assert_eq!(named.facing([0.0, -1.0, 0.0]), None, "no palm was stated");
        assert_eq!(named.facing([0.0, 0.0, -1.0]).unwrap(), "facing distally");
        let unnamed = [("bone 1", [0.0; 3]), ("bone 2", [0.0, 0.0, 9.0])];
        assert_eq!(Directions::of(&unnamed, None), Ok(None));
        let palm = Some(PatientDirection::A);
        assert_eq!(Directions::of(&unnamed, palm), Err(PalmUnused::NoRay));
        let wrist = [("R.SCA", [0.0; 3]), ("R.LUN", [9.0, 0.0, 0.0])];
        assert_eq!(Directions::of(&wrist, None), Ok(None), "beside, not behind");
        let along = Directions::of(&hanging("R"), Some(PatientDirection::S));
        assert_eq!(along, Err(PalmUnused::AlongTheFinger));
        assert_eq!(PatientDirection::parse("q"), None);
    }
}
