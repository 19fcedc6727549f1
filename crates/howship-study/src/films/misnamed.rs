//! A reader's points one by one: those that lie where a joint of another name is seen, and those far from their own.

use super::seen::Seen;
use howship_film::Landmark;

struct Rule {
    /// Distance in lengths of the hand or foot from which on a point is not at its joint: of real films 99 of 100 of the
    /// program's joints lie within 0.03 of the reader's, and neighbours on a finger are 0.09 apart and more.
    off: f64,
    /// And up to which it is at another.
    at: f64,
    /// Distance from which on a single point is said.
    said: f64,
    /// So many points of a whole list under others' names, and more than half of all, are refused as pairs are.
    list: usize,
}

const RULE: Rule = Rule {
    off: 0.04,
    at: 0.02,
    said: 0.05,
    list: 6,
};

/// What is wrong with single points of a film.
pub(super) struct Misnamed {
    /// That names are exchanged, in words; none where nothing says so.
    pub(super) exchanged: Option<String>,
    /// Joints far from where the program sees them, with how far, pixels.
    pub(super) far: Vec<(String, f64)>,
}

/// Holds each point against the joints that the program sees.
pub(super) fn misnamed(seen: &Seen, marks: &[Landmark]) -> Misnamed {
    let places: Vec<Place> = marks.iter().filter_map(|m| place(seen, m)).collect();
    let others: Vec<(&Landmark, &str)> = places
        .iter()
        .filter_map(|p| Some((p.mark, p.at.as_deref()?)))
        .collect();
    let mutual = |(mark, at): &&(&Landmark, &str)| {
        let back = |(other, there): &(&Landmark, &str)| {
            other.hand == mark.hand && other.joint == *at && *there == mark.joint
        };
        others.iter().any(back)
    };
    let paired: Vec<&(&Landmark, &str)> = others.iter().filter(mutual).collect();
    let whole_list = others.len() >= RULE.list && 2 * others.len() > places.len();
    let told = match paired[..] {
        [] if whole_list => others.iter().collect(),
        _ => paired,
    };
    let far = places.iter().filter(|p| p.off > RULE.said);
    Misnamed {
        exchanged: in_words(&told),
        far: far
            .map(|p| (p.mark.joint.clone(), p.off * seen.length))
            .collect(),
    }
}

/// Where a point lies.
struct Place<'a> {
    mark: &'a Landmark,
    /// Distance from the joint of its name, in lengths.
    off: f64,
    /// The joint at which it lies instead.
    at: Option<String>,
}

fn place<'a>(seen: &Seen, mark: &'a Landmark) -> Option<Place<'a>> {
    let from = |j: &Landmark| (j.x - mark.x).hypot(j.y - mark.y) / seen.length;
    let own = seen.joints.iter().filter(|j| j.joint == mark.joint);
    let off = own.map(from).reduce(f64::min)?;
    let near = seen
        .joints
        .iter()
        .min_by(|a, b| from(a).total_cmp(&from(b)))?;
    let elsewhere = off > RULE.off && from(near) <= RULE.at;
    Some(Place {
        mark,
        off,
        at: elsewhere.then(|| near.joint.clone()),
    })
}

fn in_words(told: &[&(&Landmark, &str)]) -> Option<String> {
    let (mark, at) = told.first()?;
    let more = match told.len() - 1 {
        0 => String::new(),
        1 => ", and one more point where another is".to_owned(),
        n => format!(", and {n} more points where others are seen"),
    };
    Some(format!("{} lies where {at} is seen{more}", mark.joint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_film::LandmarkSource;

    /// Four fingers of 100 by 600 pixels, each point off by up to `off` pixels.
    fn fingers(off: f64, pose: usize) -> Vec<Landmark> {
        let mut all = Vec::new();
        for ray in 2..=5 {
            for (k, kind) in ["MCP", "PIP", "DIP"].iter().enumerate() {
                let n = all.len() + pose;
                let (sin, cos) = (pose as f64).sin_cos();
                let p = [
                    110.0 * f64::from(ray) + off * ((n * 7 % 11) as f64 / 5.0 - 1.0),
                    -180.0 * k as f64 + off * ((n * 5 % 13) as f64 / 6.0 - 1.0),
                ];
                all.push(Landmark {
                    film: "a".to_owned(),
                    hand: 1,
                    side: None,
                    joint: format!("{kind}{ray}"),
                    x: 2000.0 + cos * p[0] - sin * p[1],
                    y: 2000.0 + sin * p[0] + cos * p[1],
                    confidence: 1.0,
                    source: LandmarkSource::Reader,
                });
            }
        }
        all
    }

    fn seen(pose: usize) -> Seen {
        Seen {
            joints: fingers(0.0, pose),
            length: 1000.0,
            thumbs: Vec::new(),
            confirmed: false,
        }
    }

    fn renamed(marks: &[Landmark], to: &dyn Fn(&str) -> String) -> Vec<Landmark> {
        let rename = |m: &Landmark| Landmark {
            joint: to(&m.joint),
            ..m.clone()
        };
        marks.iter().map(rename).collect()
    }

    #[test]
    fn exchanged_names_are_told_and_points_a_little_off_are_not() {
        for pose in 0..20 {
            let seen = seen(pose);
            let marks = fingers(12.0, pose);
            let sound = misnamed(&seen, &marks);
            assert!(sound.exchanged.is_none() && sound.far.is_empty(), "{pose}");
            let pip_dip = renamed(&marks, &|j| match j {
                "PIP4" => "DIP4".to_owned(),
                "DIP4" => "PIP4".to_owned(),
                other => other.to_owned(),
            });
            let said = misnamed(&seen, &pip_dip).exchanged.unwrap();
            assert!(said.starts_with("DIP4 lies where PIP4"), "{said}");
            let shifted = renamed(&marks[..9], &|j| {
                let ray: u32 = j[3..].parse().unwrap();
                format!("{}{}", &j[..3], ray + 1)
            });
            assert!(misnamed(&seen, &shifted).exchanged.is_some(), "{pose}");
        }
    }

    /// The reader's point wins: one alone is said, not refused.
    #[test]
    fn one_point_far_off_is_said() {
        for pose in 0..20 {
            let mut marks = fingers(12.0, pose);
            marks[4].x += 90.0;
            let found = misnamed(&seen(pose), &marks);
            assert!(found.exchanged.is_none());
            assert_eq!(found.far.len(), 1);
            assert_eq!(found.far[0].0, marks[4].joint);
        }
    }
}
