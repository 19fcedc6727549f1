//! Where the sites of the scoring systems lie on the drawing.

use super::skeleton::{Ray, fingers, toes};
use howship_change::{Part, anatomy};

/// Bones, joints, quadrants and tendon compartments of the wrist, mm from the base of the third metacarpal.
///
/// Bones and joints stand under the anatomy's codes; what scoring systems call otherwise is found through it. The
/// wrist's quadrants are numbered as a book is read, from the thumb's side; compartments run from the thumb's side to
/// the little finger's.
const WRIST: [(&str, [f64; 2]); 54] = [
    ("MC1", [29.6, 7.2]),
    ("CMC1", [29.6, 7.2]),
    ("CMC1J", [27.8, 9.6]),
    ("CMC2", [13.2, 0.4]),
    ("CMC3", [0.0, 0.6]),
    ("CMC4", [-11.6, 3.4]),
    ("CMC5", [-22.4, 8.0]),
    ("CMC3-5", [-11.6, 3.4]),
    ("MUL", [17.8, 10.6]),
    ("TRA", [23.0, 13.2]),
    ("TZD", [13.2, 7.4]),
    ("CAP", [0.0, 12.6]),
    ("HAM", [-15.4, 13.0]),
    ("SCA", [15.2, 26.0]),
    ("LUN", [-1.4, 33.4]),
    ("TRQ", [-14.2, 29.4]),
    ("PIS", [-22.6, 25.4]),
    ("RAD", [9.4, 48.4]),
    ("ULN", [-18.4, 48.8]),
    ("MUL-NAV", [18.0, 17.2]),
    ("STT", [18.0, 17.2]),
    ("CAP-NAV-LUN", [4.4, 27.0]),
    ("LUN-TRQ", [-9.8, 30.6]),
    ("RC", [9.6, 38.2]),
    ("RADIOCARPAL", [9.6, 38.2]),
    ("RU", [-10.4, 46.4]),
    ("DRU", [-10.4, 46.4]),
    ("RADIOULNAR", [-10.4, 46.4]),
    ("IC", [-3.0, 18.0]),
    ("RAD-SCA", [14.5, 36.4]),
    ("RAD-LUN", [0.4, 40.4]),
    ("SCA-LUN", [6.2, 33.4]),
    ("SCA-TRA", [20.8, 20.6]),
    ("SCA-TZD", [12.6, 14.4]),
    ("TRA-TZD", [18.2, 7.8]),
    ("TZD-CAP", [7.7, 7.0]),
    ("SCA-CAP", [6.8, 20.8]),
    ("LUN-CAP", [-1.6, 27.2]),
    ("TRQ-HAM", [-18.6, 21.4]),
    ("CAP-HAM", [-7.2, 14.0]),
    ("WRIST", [0.0, 26.0]),
    ("WRIST1", [13.0, 14.0]),
    ("WRIST2", [-12.0, 14.0]),
    ("WRIST3", [13.0, 32.0]),
    ("WRIST4", [-12.0, 32.0]),
    ("EC1", [25.0, 44.0]),
    ("EC2", [17.4, 46.6]),
    ("EC3", [9.6, 48.2]),
    ("EC4", [1.6, 48.8]),
    ("EC5", [-8.4, 49.6]),
    ("EC6", [-20.4, 48.8]),
    ("FC1", [15.0, 22.0]),
    ("FC2", [0.0, 22.0]),
    ("FC3", [-15.0, 22.0]),
];

/// Where a site lies, mm; none for what is not on a hand or a forefoot.
pub(super) fn place(site: &str) -> Option<(Part, [f64; 2])> {
    let code = site
        .trim()
        .to_ascii_uppercase()
        .replace(['_', ' ', '/', '.'], "-");
    wrist(&code)
        .map(|p| (Part::Hand, p))
        .or_else(|| digit(&code))
        .or_else(|| between(&code).map(|p| (Part::Hand, p)))
}

fn wrist(code: &str) -> Option<[f64; 2]> {
    let of = |code: &str| WRIST.iter().find(|w| w.0 == code).map(|w| w.1);
    of(code)
        .or_else(|| of(anatomy::bone(code)?.code))
        .or_else(|| of(anatomy::joint(code)?.code))
}

/// A joint named by its bones: the middle between them.
fn between(code: &str) -> Option<[f64; 2]> {
    let parts: Vec<&str> = code.split('-').filter(|p| !p.is_empty()).collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    let places: Vec<[f64; 2]> = parts.iter().map(|p| wrist(p)).collect::<Option<_>>()?;
    let n = places.len() as f64;
    Some(std::array::from_fn(|i| {
        places.iter().map(|p| p[i]).sum::<f64>() / n
    }))
}

/// Joints of the rays by the anatomy's codes (`MCP2`, `IP1`, `FPIP2`), and what scoring systems read of them: `MCH2`
/// and `PPB2` are head and base at the second metacarpophalangeal joint, `MC2` the metacarpal's base.
fn digit(code: &str) -> Option<(Part, [f64; 2])> {
    let (kind, number) = code.split_at(code.find(|c: char| c.is_ascii_digit())?);
    let number: usize = number.parse().ok()?;
    let rays = |part| match part {
        Part::Hand => fingers(),
        Part::Foot => toes(),
    };
    if let Some(joint) = anatomy::joint(code) {
        let before = match joint
            .bones
            .first()?
            .trim_end_matches(|c: char| c.is_ascii_digit())
        {
            "MC" | "MT" => 0,
            "PP" | "FPP" => 1,
            "MP" | "FMP" => 2,
            _ => return None,
        };
        let place = space_after(rays(joint.part).get(number.checked_sub(1)?)?, before)?;
        return Some((joint.part, place));
    }
    let part = if kind == "MT" { Part::Foot } else { Part::Hand };
    let rays = rays(part);
    let ray = rays.get(number.checked_sub(1)?)?;
    let place = match kind {
        "MCH" => ray.bones.first()?.at(0.9, 0.0),
        "PPB" => ray.bones.get(1)?.at(0.09, 0.0),
        "MC" | "MT" => ray.bones.first()?.at(0.07, 0.0),
        _ => return None,
    };
    Some((part, place))
}

/// The middle of the space after a bone of a ray.
fn space_after(ray: &Ray, bone: usize) -> Option<[f64; 2]> {
    let (a, b) = (
        ray.bones.get(bone)?.at(1.0, 0.0),
        ray.bones.get(bone + 1)?.at(0.0, 0.0),
    );
    Some([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0])
}
