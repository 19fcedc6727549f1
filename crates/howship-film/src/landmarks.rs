//! The reader's or the found landmarks of films, as documented JSON.
//!
//! ```json
//! {
//!   "schema": "howship-landmarks/1",
//!   "landmarks": [
//!     {"film": "M0.dcm", "hand": 1, "side": "R", "joint": "MCP2", "x": 812.5, "y": 1030.0,
//!      "confidence": 0.93, "source": "found"}
//!   ]
//! }
//! ```
//! `film` is a file name without its folder. `hand` counts the hands (or feet) of one film from 1, left to right in
//! the image. `side` is `L` or `R` and is left out where it is not known: a film tells the thumb's side, not the
//! body's. `joint` is the joint's short name (`MCP2`, `PIP3`, `IP1`, `MTP1` ...). `x` and `y` are pixels of the film
//! as stored, x to the right, y down, the centre of the first pixel being (0, 0); the landmark is **the centre of
//! the joint space**. `confidence` runs from 0 to 1 and is 1 for a reader's point; `source` is `reader` or `found`.

use crate::segments::meet;
use crate::{Error, ThumbSide};
use howship_change::{Side, anatomy};
use serde::{Deserialize, Serialize};

/// Name and version of the JSON.
pub const LANDMARKS_SCHEMA: &str = "howship-landmarks/1";

/// Who placed a landmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum LandmarkSource {
    /// A person. Wins over a found one.
    #[default]
    Reader,
    /// The program.
    Found,
}

/// The centre of one joint space on one film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmark {
    /// File name without its folder.
    pub film: String,
    /// Which hand or foot of the film, from 1, left to right in the image.
    #[serde(default = "first")]
    pub hand: usize,
    /// Side of the body; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Side>,
    /// Short name of the joint, as in `MCP2`.
    pub joint: String,
    /// Pixels to the right; 0 is the centre of the first column.
    pub x: f64,
    /// Pixels down; 0 is the centre of the first row.
    pub y: f64,
    /// From 0 to 1; a reader's point has 1.
    #[serde(default = "certain")]
    pub confidence: f64,
    /// Who placed it.
    #[serde(default)]
    pub source: LandmarkSource,
}

fn first() -> usize {
    1
}

fn certain() -> f64 {
    1.0
}

/// The landmarks of one or more films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmarks {
    /// [`LANDMARKS_SCHEMA`].
    pub schema: String,
    /// In the order of the file.
    pub landmarks: Vec<Landmark>,
}

/// A file whose landmarks are not looked at yet: what is wrong in one is said with its film and joint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    schema: String,
    landmarks: Vec<serde_json::Value>,
}

impl Landmarks {
    /// A set of landmarks, checked.
    ///
    /// # Errors
    /// As [`Landmarks::check`].
    pub fn new(landmarks: Vec<Landmark>) -> Result<Self, Error> {
        let all = Self {
            schema: LANDMARKS_SCHEMA.to_owned(),
            landmarks,
        };
        all.check()?;
        Ok(all)
    }

    /// Reads and checks JSON.
    ///
    /// # Errors
    /// No JSON of the documented form, another schema, or a landmark that cannot be right.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: RawFile =
            serde_json::from_str(text).map_err(|source| Error::LandmarkJson { source })?;
        let mut landmarks = Vec::new();
        for (index, raw) in file.landmarks.into_iter().enumerate() {
            let said = |name: &str| {
                let word = raw.get(name).and_then(serde_json::Value::as_str);
                word.unwrap_or("?").to_owned()
            };
            let [film, joint] = ["film", "joint"].map(said);
            let mark = serde_json::from_value(raw).map_err(|e| Error::Landmark {
                index: index + 1,
                film,
                joint,
                reason: format!("{e}; x and y are numbers with a decimal point, as in 812.5"),
            })?;
            landmarks.push(mark);
        }
        let all = Self {
            schema: file.schema,
            landmarks,
        };
        all.check()?;
        Ok(all)
    }

    /// Writes JSON that [`Landmarks::from_json`] reads back unchanged.
    ///
    /// # Errors
    /// A landmark that cannot be right.
    pub fn to_json(&self) -> Result<String, Error> {
        self.check()?;
        serde_json::to_string_pretty(self).map_err(|source| Error::LandmarkJson { source })
    }

    /// Refuses names that are no joint, coordinates that are no place in an image, a joint given twice, and one
    /// hand given two sides.
    ///
    /// # Errors
    /// Names the landmark by its position, film and joint.
    pub fn check(&self) -> Result<(), Error> {
        if self.schema != LANDMARKS_SCHEMA {
            return Err(Error::LandmarkSchema {
                found: self.schema.clone(),
                known: LANDMARKS_SCHEMA,
            });
        }
        for (index, mark) in self.landmarks.iter().enumerate() {
            let before = &self.landmarks[..index];
            if let Some(reason) = fault(mark, before) {
                return Err(Error::Landmark {
                    index: index + 1,
                    film: mark.film.clone(),
                    joint: mark.joint.clone(),
                    reason,
                });
            }
        }
        Ok(())
    }

    /// Refuses landmarks outside the image they are said to be of.
    ///
    /// # Errors
    /// Names the first landmark of `film` that lies outside.
    pub fn check_within(&self, film: &str, size: [usize; 2]) -> Result<(), Error> {
        for (index, mark) in self.landmarks.iter().enumerate() {
            let inside = mark.x <= size[0] as f64 - 0.5 && mark.y <= size[1] as f64 - 0.5;
            if mark.film == film && !inside {
                return Err(Error::Landmark {
                    index: index + 1,
                    film: mark.film.clone(),
                    joint: mark.joint.clone(),
                    reason: format!(
                        "({}, {}) lies outside the film of {} × {} pixels; coordinates are pixels of the film as stored",
                        mark.x, mark.y, size[0], size[1]
                    ),
                });
            }
        }
        Ok(())
    }

    /// The landmarks of one film, hand by hand as they stand in the file.
    pub fn of<'a>(&'a self, film: &'a str) -> impl Iterator<Item = &'a Landmark> + 'a {
        self.landmarks.iter().filter(move |m| m.film == film)
    }

    /// On which side of the fingers the thumb (of the toes the great toe) lies, fingertips up; `None` where too few
    /// joints are given to say. From the joints of fingers 2 to 5, or of all toes: the thumb itself may lie anywhere.
    #[must_use]
    pub fn thumb_side(&self, film: &str, hand: usize) -> Option<ThumbSide> {
        let marks: Vec<(&str, u32, [f64; 2])> = self
            .of(film)
            .filter(|m| m.hand == hand)
            .filter_map(|m| {
                let at = m.joint.find(|c: char| c.is_ascii_digit())?;
                let ray = m.joint[at..].parse().ok()?;
                Some((&m.joint[..at], ray, [m.x, m.y]))
            })
            .collect();
        // From the wrist or ankle outwards.
        const ORDER: [[&str; 5]; 2] = [
            ["CMC", "MCP", "IP", "PIP", "DIP"],
            ["TMT", "MTP", "FIP", "FPIP", "FDIP"],
        ];
        let place = |kind: &str| {
            ORDER
                .iter()
                .find_map(|line| line.iter().position(|k| *k == kind))
        };
        let finger = |kind: &str, ray: u32| {
            ray > 1 || kind.starts_with('F') || kind == "MTP" || kind == "TMT"
        };
        let (mut along, mut across) = ([0.0; 2], [0.0; 2]);
        for (i, (kind, ray, p)) in marks.iter().enumerate() {
            for (other, other_ray, q) in &marks[i + 1..] {
                let d = [q[0] - p[0], q[1] - p[1]];
                if ray == other_ray
                    && let (Some(a), Some(b)) = (place(kind), place(other))
                {
                    let sign = (b as f64 - a as f64).signum();
                    along = [along[0] + sign * d[0], along[1] + sign * d[1]];
                } else if kind == other && finger(kind, *ray) && finger(other, *other_ray) {
                    let sign = (f64::from(*other_ray) - f64::from(*ray)).signum();
                    across = [across[0] + sign * d[0], across[1] + sign * d[1]];
                }
            }
        }
        let lengths = along[0].hypot(along[1]) * across[0].hypot(across[1]);
        let sine = (along[0] * across[1] - along[1] * across[0]) / lengths;
        // Below it fingers and knuckles run nearly the same way, and NaN where there is nothing.
        const LEAST_SINE: f64 = 0.3;
        match sine {
            s if s > LEAST_SINE => Some(ThumbSide::Left),
            s if s < -LEAST_SINE => Some(ThumbSide::Right),
            _ => None,
        }
    }

    /// Neighbouring joints of one kind whose fingers (or toes) cross on a film, as they do where two names are exchanged:
    /// the pair, as in `MCP2` and `MCP3`.
    #[must_use]
    pub fn crossed(&self, film: &str, hand: usize) -> Vec<[String; 2]> {
        let at = |kind: &str, ray: u32| {
            let mark = |m: &&Landmark| m.hand == hand && m.joint == format!("{kind}{ray}");
            self.of(film).find(mark).map(|m| [m.x, m.y])
        };
        let mut all = Vec::new();
        for (near, far) in BONES {
            for ray in 1..5 {
                let ends = [ray, ray + 1].map(|r| Some([at(near, r)?, at(far, r)?]));
                if let [Some(a), Some(b)] = ends
                    && meet(a, b)
                {
                    all.push([format!("{near}{ray}"), format!("{near}{}", ray + 1)]);
                }
            }
        }
        all
    }

    /// Three MCP (or MTP) joints of one hand (or foot) that do not lie in the order of their numbers: knuckles lie in a
    /// row whatever fingers do, so that two names are exchanged. None where fewer than three are named.
    #[must_use]
    pub fn out_of_row(&self, film: &str, hand: usize) -> Option<[String; 3]> {
        for kind in ["MCP", "MTP"] {
            // A thumb's MCP joint lies beside its metacarpal, not in the row.
            let rays = if kind == "MCP" { 2..=5 } else { 1..=5 };
            let row: Vec<(String, [f64; 2])> = rays
                .filter_map(|ray| {
                    let name = format!("{kind}{ray}");
                    let mark = |m: &&Landmark| m.hand == hand && m.joint == name;
                    let at = self.of(film).find(mark).map(|m| [m.x, m.y])?;
                    Some((name, at))
                })
                .collect();
            let wrong = row
                .windows(3)
                .find(|three| !between(three[1].1, three[0].1, three[2].1));
            if let Some(three) = wrong {
                return Some([0, 1, 2].map(|i| three[i].0.clone()));
            }
        }
        None
    }

    /// The reader's points in place of found ones of the same joint, and all others of both.
    ///
    /// # Errors
    /// The two together name two sides for one hand.
    pub fn preferred_over(&self, found: &Self) -> Result<Self, Error> {
        let same =
            |a: &Landmark, b: &Landmark| a.film == b.film && a.hand == b.hand && a.joint == b.joint;
        let mut all = self.landmarks.clone();
        let others = found
            .landmarks
            .iter()
            .filter(|f| !self.landmarks.iter().any(|r| same(r, f)));
        all.extend(others.cloned());
        Self::new(all)
    }
}

/// Whether a point lies beside the stretch from one point to another, not before or behind it.
fn between(p: [f64; 2], from: [f64; 2], to: [f64; 2]) -> bool {
    let way = [to[0] - from[0], to[1] - from[1]];
    let along = (p[0] - from[0]) * way[0] + (p[1] - from[1]) * way[1];
    along > 0.0 && along < way[0] * way[0] + way[1] * way[1]
}

/// Bones between two joints of a ray. Toes' middle phalanges lie over each other on some films and not on others.
const BONES: [(&str, &str); 6] = [
    ("CMC", "MCP"),
    ("MCP", "PIP"),
    ("PIP", "DIP"),
    ("TMT", "MTP"),
    ("MTP", "FPIP"),
    ("MTP", "FIP"),
];

fn fault(mark: &Landmark, before: &[Landmark]) -> Option<String> {
    if mark.film.is_empty() {
        return Some("`film` is empty; it names the file, without its folder".into());
    }
    if mark.hand == 0 {
        return Some("`hand` counts from 1".into());
    }
    if anatomy::joint(&mark.joint).is_none() {
        return Some(format!(
            "`{}` is no joint of the catalogue; use names such as MCP2, PIP3, DIP4, IP1, CMC1, of a foot MTP1, FIP1, FPIP2, TMT1",
            mark.joint
        ));
    }
    // Half a pixel before the first centre is the film's edge. Written so that NaN fails.
    if !(mark.x >= -0.5 && mark.y >= -0.5 && mark.x.is_finite() && mark.y.is_finite()) {
        return Some(format!(
            "({}, {}) is no place in a film; x and y are pixels from the upper left",
            mark.x, mark.y
        ));
    }
    if !(mark.confidence >= 0.0 && mark.confidence <= 1.0) {
        return Some(format!(
            "confidence {} is not within 0 to 1",
            mark.confidence
        ));
    }
    let hand = |m: &&Landmark| m.film == mark.film && m.hand == mark.hand;
    if before.iter().filter(hand).any(|m| m.joint == mark.joint) {
        return Some("this joint of this hand is given twice".into());
    }
    let other = before
        .iter()
        .filter(hand)
        .any(|m| m.side.is_some() && mark.side.is_some() && m.side != mark.side);
    other.then(|| {
        format!(
            "hand or foot {} of this film was given the other side before",
            mark.hand
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(joint: &str, x: f64) -> Landmark {
        Landmark {
            film: "M0.png".into(),
            hand: 1,
            side: Some(Side::R),
            joint: joint.into(),
            x,
            y: 20.25,
            confidence: 1.0,
            source: LandmarkSource::Reader,
        }
    }

    #[test]
    fn json_goes_there_and_back() {
        let all = Landmarks::new(vec![mark("MCP2", 10.125), mark("IP1", 0.0)]).unwrap();
        assert_eq!(Landmarks::from_json(&all.to_json().unwrap()).unwrap(), all);
    }

    #[test]
    fn a_reader_may_leave_out_what_is_usual() {
        let text = r#"{"schema":"howship-landmarks/1","landmarks":[{"film":"a.png","joint":"PIP3","x":1,"y":2}]}"#;
        let mark = &Landmarks::from_json(text).unwrap().landmarks[0];
        assert_eq!((mark.hand, mark.side, mark.confidence), (1, None, 1.0));
        assert_eq!(mark.source, LandmarkSource::Reader);
    }

    #[test]
    fn what_cannot_be_right_is_named() {
        let bad = |m: Landmark| {
            Landmarks::new(vec![mark("MCP2", 1.0), m])
                .unwrap_err()
                .to_string()
        };
        assert!(bad(mark("MCP6", 1.0)).contains("MCP6"));
        assert!(bad(mark("PIP1", 1.0)).contains("PIP1"));
        assert!(bad(mark("MCP2", 3.0)).contains("twice"));
        assert!(bad(mark("MCP3", f64::NAN)).contains("no place"));
        assert!(bad(mark("MCP3", -3.0)).contains("no place"));
        let sure = Landmark {
            confidence: 1.5,
            ..mark("MCP3", 1.0)
        };
        assert!(bad(sure).contains("1.5"));
        let left = Landmark {
            side: Some(Side::L),
            ..mark("MCP3", 1.0)
        };
        assert!(bad(left).contains("other side"));
        let zero = Landmark {
            hand: 0,
            ..mark("MCP3", 1.0)
        };
        assert!(bad(zero).contains("from 1"));
        assert!(
            Landmarks::from_json("{\"schema\":\"x\",\"landmarks\":[]}")
                .unwrap_err()
                .to_string()
                .contains("`x`")
        );
        assert!(Landmarks::from_json("[1]").is_err());
    }

    #[test]
    fn outside_the_film_is_refused() {
        let all = Landmarks::new(vec![mark("MCP2", 99.4)]).unwrap();
        assert!(all.check_within("M0.png", [100, 21]).is_ok());
        assert!(all.check_within("M0.png", [99, 21]).is_err());
        assert!(all.check_within("M0.png", [100, 20]).is_err());
        assert!(all.check_within("other.png", [9, 9]).is_ok());
    }

    #[test]
    fn fingers_whose_names_are_exchanged_cross() {
        let at = |joint: &str, x: f64, y: f64| Landmark {
            x,
            y,
            ..mark(joint, 0.0)
        };
        let hand = |second: f64, third: f64| {
            let all = vec![
                at("MCP2", second, 50.0),
                at("MCP3", third, 48.0),
                at("PIP2", 8.0, 20.0),
                at("PIP3", 32.0, 18.0),
            ];
            Landmarks::new(all).unwrap().crossed("M0.png", 1)
        };
        assert!(hand(10.0, 30.0).is_empty());
        assert_eq!(hand(30.0, 10.0), [["MCP2", "MCP3"].map(str::to_owned)]);
    }

    /// Of a deformed foot whose small toes lie over each other, a film was refused where a point was off by four pixels.
    #[test]
    fn small_toes_may_lie_over_each_other() {
        let at = |joint: &str, x: f64, y: f64| Landmark {
            x,
            y,
            ..mark(joint, 0.0)
        };
        let all = vec![
            at("MTP4", 10.0, 50.0),
            at("MTP5", 30.0, 52.0),
            at("FPIP4", 18.0, 30.0),
            at("FPIP5", 22.0, 31.0),
            at("FDIP4", 23.0, 20.0),
            at("FDIP5", 17.0, 21.0),
        ];
        let toes = Landmarks::new(all).unwrap();
        assert!(toes.crossed("M0.png", 1).is_empty());
        assert_eq!(toes.out_of_order("M0.png", 1), None);
    }

    #[test]
    fn the_reader_wins() {
        let reader = Landmarks::new(vec![mark("MCP2", 5.0)]).unwrap();
        let found = |joint: &str, x| Landmark {
            source: LandmarkSource::Found,
            ..mark(joint, x)
        };
        let found = Landmarks::new(vec![found("MCP2", 9.0), found("MCP3", 7.0)]).unwrap();
        let both = reader.preferred_over(&found).unwrap();
        let x: Vec<f64> = both.of("M0.png").map(|m| m.x).collect();
        assert_eq!(x, [5.0, 7.0]);
    }
}
