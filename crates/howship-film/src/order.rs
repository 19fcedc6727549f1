//! Names of landmarks that cannot be right, by how the points of one hand or foot lie among each other.
//!
//! Along a finger or toe joints follow each other outwards, and fingers keep their order from one row of joints to the
//! next. Disease bends, dislocates and splays them; the limits are beyond what it does to joints whose space is seen.

use crate::Landmarks;
use crate::segments::{Px, meet, way};

/// What no hand or foot shows.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// A bone of a finger runs back along the one before by this share of it: by the bones' usual lengths exchanged names
    /// of two joints give 0.3 to 1.6, a finger bent by 114° 0.25, and its next joint is seen end on.
    back: f64,
    /// The same of a toe, which is short beside its metatarsal: at this limit all exchanged names of 40 formula feet are
    /// told and none of 300 sound ones, half of them deformed, is refused.
    back_of_toe: f64,
    /// And against its direction by this cosine: a bone that stands off sideways, by up to 120°, is disease.
    against: f64,
    /// A finger lies beyond its neighbour by this share of the distance of two knuckles. Exchanged names give 1; fingers
    /// that lie over each other end side by side, as a rule.
    beyond: f64,
    /// And the two are bent by less than this share of what they are as named, were the names exchanged: fingers that
    /// truly cross are not straight either way.
    straighter: f64,
    /// The thumb's joints are nearer to the little finger's than to the index's by this factor; a thumb in the palm is not.
    thumb: f64,
}

const RULE: Rule = Rule {
    back: 0.25,
    back_of_toe: 0.12,
    against: -0.5,
    beyond: 0.6,
    straighter: 0.5,
    thumb: 1.25,
};

/// Joints of a ray, from wrist or ankle outwards; thumbs and great toes have one of the kinds of the fourth place only.
const CHAINS: [&[&str]; 2] = [
    &["CMC", "MCP", "IP", "PIP", "DIP"],
    &["TMT", "MTP", "FIP", "FPIP"],
];

/// Bones that do not cross whatever the disease: in the palm they are bound to each other.
const BONES: [[&str; 2]; 1] = [["CMC", "MCP"]];

/// The points of one hand or foot of a film.
struct Limb<'a> {
    all: &'a Landmarks,
    film: &'a str,
    hand: usize,
}

impl Landmarks {
    /// Why the names of one hand's or foot's points cannot be right, in words; none where they can.
    ///
    /// # Method
    /// Three things: a bone that runs back along the one before it or against the other fingers; bones of two fingers that
    /// cross, or fingers in another order at PIP or DIP joints than at the knuckles; a thumb beside the little finger.
    ///
    /// # Limits
    /// All names of one kind exchanged with those of another show only where a third kind is named, and fingers turned
    /// round as a whole only by the thumb. Toes lie over each other: their order is not asked for beyond the MTP joints
    /// ([`Landmarks::out_of_row`]).
    #[must_use]
    pub fn out_of_order(&self, film: &str, hand: usize) -> Option<String> {
        let limb = Limb {
            all: self,
            film,
            hand,
        };
        limb.runs_back()
            .or_else(|| limb.runs_against())
            .or_else(|| limb.cross())
            .or_else(|| limb.other_order())
            .or_else(|| limb.thumb_beside_little_finger())
    }
}

impl Limb<'_> {
    fn at(&self, kind: &str, ray: u32) -> Option<Px> {
        let name = format!("{kind}{ray}");
        let mut there = self.all.of(self.film).filter(|m| m.hand == self.hand);
        there.find(|m| m.joint == name).map(|m| [m.x, m.y])
    }

    /// Named points of a ray, outwards.
    fn ray(&self, chain: &[&str], ray: u32) -> Vec<(String, Px)> {
        let named = chain
            .iter()
            .filter_map(|kind| Some((format!("{kind}{ray}"), self.at(kind, ray)?)));
        named.collect()
    }

    /// A joint that does not follow outwards on the two before it.
    fn runs_back(&self) -> Option<String> {
        for (chain, ray) in rays(1) {
            let points = self.ray(chain, ray);
            let least = if chain[0] == CHAINS[0][0] {
                RULE.back
            } else {
                RULE.back_of_toe
            };
            let wrong = points.windows(3).find(|three| {
                let [first, second] = [0, 1].map(|i| way(three[i].1, three[i + 1].1));
                let along = dot(first, second);
                let back = -along / dot(first, first);
                back > least && cosine(first, second) < RULE.against
            });
            if let Some([(a, _), (b, _), (c, _)]) = wrong {
                return Some(format!(
                    "{a}, {b} and {c} do not follow each other outwards: {c} lies back from {b}"
                ));
            }
        }
        None
    }

    /// A ray of which the points run against those of at least two others.
    fn runs_against(&self) -> Option<String> {
        let ends: Vec<(String, String, Px)> = rays(2)
            .filter_map(|(chain, ray)| {
                let points = self.ray(chain, ray);
                let ((a, p), (b, q)) = (points.first()?, points.last()?);
                (points.len() > 1).then(|| (a.clone(), b.clone(), unit(way(*p, *q))))
            })
            .collect();
        if ends.len() < 3 {
            return None;
        }
        ends.iter().enumerate().find_map(|(i, (a, b, own))| {
            let others = ends.iter().enumerate().filter(|(k, _)| *k != i);
            let others = others.fold([0.0; 2], |sum, (_, e)| add(sum, e.2));
            // Others that disagree among themselves tell nothing: of three or four that agree the sum is at least 1.5.
            let agree = dot(others, others) > 1.5 * 1.5;
            (agree && cosine(*own, others) < RULE.against)
                .then(|| format!("{a} to {b} runs against the other fingers (or toes)"))
        })
    }

    /// Bones of two fingers that cross.
    fn cross(&self) -> Option<String> {
        for [near, far] in BONES {
            for ray in 2..5 {
                for other in ray + 1..=5 {
                    let bone = |r| Some([self.at(near, r)?, self.at(far, r)?]);
                    if let (Some(a), Some(b)) = (bone(ray), bone(other))
                        && meet(a, b)
                    {
                        return Some(format!(
                            "{near}{ray} to {far}{ray} crosses {near}{other} to {far}{other}, as where two fingers' names are exchanged"
                        ));
                    }
                }
            }
        }
        None
    }

    /// Fingers in another order at PIP or DIP joints than at the knuckles (where these are not named, than most).
    fn other_order(&self) -> Option<String> {
        let axis = self.outwards()?;
        let across = |kind: &str| -> Vec<(u32, f64)> {
            let named = (2..=5).filter_map(|ray| {
                let p = self.at(kind, ray)?;
                Some((ray, p[0] * axis[1] - p[1] * axis[0]))
            });
            named.collect()
        };
        let knuckles = spacing(&across("MCP"), 2);
        for (kind, before) in [("PIP", ["MCP", "CMC"]), ("DIP", ["PIP", "MCP"])] {
            let row = across(kind);
            let Some(apart) = knuckles.or_else(|| spacing(&row, 3)) else {
                continue;
            };
            let pairs = row
                .iter()
                .enumerate()
                .flat_map(|(i, a)| row[i + 1..].iter().map(move |b| (a, b)));
            let wrong = pairs.into_iter().find(|(a, b)| {
                (b.1 - a.1) / apart < -RULE.beyond
                    && self.straighter(kind, before, [a.0, b.0], axis)
            });
            if let Some(((a, _), (b, _))) = wrong {
                return Some(format!(
                    "{kind}{a} and {kind}{b} lie in another order than the fingers"
                ));
            }
        }
        None
    }

    /// Whether two fingers are much straighter once their joints of a kind are exchanged. A joint before that is not
    /// named is taken to lie straight behind; where none is, nothing speaks against it.
    fn straighter(&self, kind: &str, before: [&str; 2], rays: [u32; 2], axis: Px) -> bool {
        let bend = |base: u32, end: u32| {
            let (from, to) = (self.at(before[0], base)?, self.at(kind, end)?);
            let behind = self.at(before[1], base);
            let straight = behind.map_or(axis, |p| way(p, from));
            Some(cosine(straight, way(from, to)).clamp(-1.0, 1.0).acos())
        };
        let [a, b] = rays;
        let sum = |x: Option<f64>, y: Option<f64>| Some(x? + y?);
        let named = sum(bend(a, a), bend(b, b));
        match (named, sum(bend(a, b), bend(b, a))) {
            (Some(named), Some(exchanged)) => exchanged < RULE.straighter * named,
            _ => true,
        }
    }

    /// Where fingers 2 to 5 point to.
    fn outwards(&self) -> Option<Px> {
        let sum = (2..=5).fold([0.0; 2], |sum, ray| {
            let points = self.ray(CHAINS[0], ray);
            match (points.first(), points.last()) {
                (Some(a), Some(b)) if points.len() > 1 => add(sum, unit(way(a.1, b.1))),
                _ => sum,
            }
        });
        (dot(sum, sum) > 0.0).then(|| unit(sum))
    }

    fn thumb_beside_little_finger(&self) -> Option<String> {
        for kind in ["CMC", "MCP"] {
            let [thumb, index, little] = [1, 2, 5].map(|ray| self.at(kind, ray));
            let (Some(thumb), Some(index), Some(little)) = (thumb, index, little) else {
                continue;
            };
            let [near, far] = [little, index].map(|p| {
                let d = way(thumb, p);
                d[0].hypot(d[1])
            });
            if far > RULE.thumb * near {
                return Some(format!(
                    "{kind}1 lies beside {kind}5, where the thumb lies beside the index finger"
                ));
            }
        }
        None
    }
}

/// Chains of hands and feet with their rays from one on.
fn rays(from: u32) -> impl Iterator<Item = (&'static [&'static str], u32)> {
    CHAINS
        .into_iter()
        .flat_map(move |chain| (from..=5).map(move |ray| (chain, ray)))
}

/// Mean distance of neighbours in a row, signed; none of fewer than `least`.
fn spacing(row: &[(u32, f64)], least: usize) -> Option<f64> {
    let (first, last) = (row.first()?, row.last()?);
    let apart = (last.1 - first.1) / (row.len() - 1).max(1) as f64;
    (row.len() >= least && apart != 0.0).then_some(apart)
}

fn add(a: Px, b: Px) -> Px {
    [a[0] + b[0], a[1] + b[1]]
}

fn dot(a: Px, b: Px) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

/// NaN of nothing, which passes every rule.
fn cosine(a: Px, b: Px) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Length 1; nothing stays nothing.
fn unit(a: Px) -> Px {
    let length = a[0].hypot(a[1]).max(f64::MIN_POSITIVE);
    [a[0] / length, a[1] / length]
}

#[cfg(test)]
mod tests;
