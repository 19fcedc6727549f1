//! From pixels of a film to pixels of a joint's picture.

use howship_change::{FilmMap, FollowedJoint, JointBone};

/// The way back of a similarity; `None` where it has none.
pub(super) fn inverse(map: &FilmMap) -> Option<FilmMap> {
    let square = map.a * map.a + map.b * map.b;
    if !(square > 1e-12 && square.is_finite()) {
        return None;
    }
    let (a, b) = (map.a / square, -map.b / square);
    let [x, y] = map.shift;
    Some(FilmMap {
        a,
        b,
        shift: [-(a * x - b * y), -(b * x + a * y)],
    })
}

/// Points of the film of one visit, in the aligned picture of a bone.
pub(super) fn in_picture(
    joint: &FollowedJoint,
    bone: JointBone,
    visit: usize,
    points: &[[f64; 2]],
) -> Option<Vec<[f64; 2]>> {
    let first = joint.joint.visits.first()?;
    let here = joint.joint.visits.get(visit)?;
    let to_frame = inverse(&first.frame)?;
    let to_first = if visit == 0 {
        None
    } else {
        let fit = joint.joint.registrations.iter().find(|r| {
            r.bone == bone && r.from == first.visit && r.to == here.visit && r.failed.is_none()
        })?;
        Some(inverse(&fit.map)?)
    };
    Some(
        points
            .iter()
            .map(|p| to_first.map_or(*p, |m| m.apply(*p)))
            .map(|p| to_frame.apply(p))
            .collect(),
    )
}

/// A path through points; closed where asked for.
pub(super) fn path(points: &[[f64; 2]], closed: bool) -> String {
    let mut d = String::new();
    for (i, [x, y]) in points.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        d.push_str(&format!("{command}{x:.1} {y:.1}"));
    }
    if closed && !points.is_empty() {
        d.push('Z');
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_where_it_was() {
        let map = FilmMap {
            a: 1.2,
            b: -0.4,
            shift: [30.0, -7.5],
        };
        let back = inverse(&map).unwrap().apply(map.apply([12.5, 99.0]));
        assert!((back[0] - 12.5).abs() < 1e-9 && (back[1] - 99.0).abs() < 1e-9);
        let none = FilmMap {
            a: 0.0,
            b: 0.0,
            shift: [0.0; 2],
        };
        assert!(inverse(&none).is_none());
    }
}
