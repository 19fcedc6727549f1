use super::*;
use howship_film::LandmarkSource;

/// Four fingers on a film of 2,300 rows, turned and shifted with the pose, each point off by up to 10 pixels.
fn fingers(pose: usize, off: f64) -> Vec<Landmark> {
    let mut all = Vec::new();
    let (sin, cos) = (0.1 * pose as f64).sin_cos();
    for ray in 2..=5 {
        for (k, kind) in ["MCP", "PIP", "DIP"].iter().enumerate() {
            let n = all.len() + pose;
            let unit = |m: usize| (n * m % 11) as f64 / 5.0 - 1.0;
            let p = [
                150.0 * f64::from(ray) + off * unit(7),
                -300.0 * k as f64 + off * unit(5),
            ];
            all.push(Landmark {
                film: "a".to_owned(),
                hand: 1,
                side: None,
                joint: format!("{kind}{ray}"),
                x: 400.0 + cos * p[0] - sin * p[1],
                y: 1700.0 + 10.0 * pose as f64 + sin * p[0] + cos * p[1],
                confidence: 1.0,
                source: LandmarkSource::Reader,
            });
        }
    }
    all
}

fn reason(
    pose: usize,
    change: &dyn Fn(&mut Landmark),
    others: &[(&str, Vec<Landmark>)],
) -> Option<String> {
    let seen = Seen {
        joints: fingers(pose, 0.0),
        length: 1900.0,
        thumbs: Vec::new(),
        confirmed: false,
    };
    let mut marks = fingers(pose, 10.0);
    marks.iter_mut().for_each(change);
    let list = List {
        film: "a",
        height: 2300,
        mm_per_pixel: Some([0.1; 2]),
        marks: &marks,
        others,
    };
    best_reason(&seen, &list)
}

/// The other film's points fit nearly as well: axes exchanged, names exchanged on one film, are no exchanged films.
#[test]
fn the_reason_that_fits_best_is_given() {
    for pose in 0..6 {
        // The other film's hand lies about 40 pixels farther.
        let other = [("b", fingers(pose + 1, 10.0))];
        let said = |change: &dyn Fn(&mut Landmark)| reason(pose, change, &other);
        assert_eq!(said(&|_| ()), None, "{pose}");
        let axes = said(&|m| (m.x, m.y) = (m.y, m.x)).unwrap();
        assert!(axes.contains("x and y are exchanged"), "{axes}");
        let up = said(&|m| m.y = 2299.0 - m.y).unwrap();
        assert!(up.contains("y runs up"), "{up}");
        let mm = said(&|m| (m.x, m.y) = (0.1 * m.x, 0.1 * m.y)).unwrap();
        assert!(mm.contains("millimetres"), "{mm}");
        let names = said(&|m| {
            m.joint = match m.joint.as_str() {
                "PIP3" => "PIP4".to_owned(),
                "PIP4" => "PIP3".to_owned(),
                other => other.to_owned(),
            }
        });
        assert_eq!(names, None, "names are told one by one");
    }
}

#[test]
fn films_that_are_exchanged_are_told() {
    for pose in 0..6 {
        // This film is given the points of a hand that lies elsewhere, and the other film this one's.
        let other = [("b", fingers(pose, 10.0))];
        let said = reason(pose, &|m| (m.x, m.y) = (m.x + 90.0, m.y - 60.0), &other).unwrap();
        assert!(said.contains("films are exchanged"), "{said}");
    }
}

#[test]
fn a_hand_under_names_of_a_foot_is_told() {
    for pose in 0..6 {
        let foot = |m: &mut Landmark| m.joint = in_other_part(m).to_owned();
        let said = reason(pose, &foot, &[]).unwrap();
        assert!(said.contains("bear names of a foot's"), "{said}");
    }
}
