//! Where the sites of the scoring systems lie on the drawing.

use super::skeleton::{Ray, fingers, toes};

/// Which drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Limb {
    Hand,
    Foot,
}

/// Bones and joints of the wrist, mm from the base of the third metacarpal.
const WRIST: [(&str, [f64; 2]); 46] = [
    ("MC1", [29.6, 7.2]),
    ("CMC1", [29.6, 7.2]),
    ("CMC2", [13.2, 0.4]),
    ("CMC3", [0.0, 0.6]),
    ("CMC4", [-11.6, 3.4]),
    ("CMC5", [-22.4, 8.0]),
    ("CMC3-5", [-11.6, 3.4]),
    ("CMC345", [-11.6, 3.4]),
    ("CMC", [-4.0, 2.0]),
    ("TRAPEZIUM", [23.0, 13.2]),
    ("TPM", [23.0, 13.2]),
    ("TRM", [23.0, 13.2]),
    ("TRAPEZOID", [13.2, 7.4]),
    ("TPD", [13.2, 7.4]),
    ("TRD", [13.2, 7.4]),
    ("MUL", [17.8, 10.6]),
    ("CAPITATE", [0.0, 12.6]),
    ("CAP", [0.0, 12.6]),
    ("HAMATE", [-15.4, 13.0]),
    ("HAM", [-15.4, 13.0]),
    ("SCAPHOID", [15.2, 26.0]),
    ("SCA", [15.2, 26.0]),
    ("NAV", [15.2, 26.0]),
    ("LUNATE", [-1.4, 33.4]),
    ("LUN", [-1.4, 33.4]),
    ("TRIQUETRUM", [-14.2, 29.4]),
    ("TRQ", [-14.2, 29.4]),
    ("TRI", [-14.2, 29.4]),
    ("PISIFORM", [-22.6, 25.4]),
    ("PIS", [-22.6, 25.4]),
    ("RADIUS", [9.4, 48.4]),
    ("RAD", [9.4, 48.4]),
    ("ULNA", [-18.4, 48.8]),
    ("ULN", [-18.4, 48.8]),
    ("STT", [18.0, 17.2]),
    ("MUL-NAV", [18.0, 17.2]),
    ("CAP-NAV-LUN", [4.4, 27.0]),
    ("SC", [4.4, 27.0]),
    ("LUN-TRQ", [-9.8, 30.6]),
    ("RADIOCARPAL", [9.6, 38.2]),
    ("RC", [9.6, 38.2]),
    ("SR", [9.6, 38.2]),
    ("RADIOULNAR", [-10.4, 46.4]),
    ("DRU", [-10.4, 46.4]),
    ("IC", [-3.0, 20.0]),
    ("WRIST", [0.0, 26.0]),
];

/// Where a site lies, mm; none for what is not on a hand or a forefoot.
pub(super) fn place(site: &str) -> Option<(Limb, [f64; 2])> {
    let code = site
        .trim()
        .to_ascii_uppercase()
        .replace(['_', ' ', '/', '.'], "-");
    digit(&code)
        .or_else(|| wrist(&code).map(|p| (Limb::Hand, p)))
        .or_else(|| between(&code).map(|p| (Limb::Hand, p)))
}

fn wrist(code: &str) -> Option<[f64; 2]> {
    WRIST.iter().find(|w| w.0 == code).map(|w| w.1)
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

/// Joints and bones of the rays: `MCP2`, `PIP3`, `IP1`, `MTP1`, `FIP1`, and `MCP2-HEAD`, `MCP2-BASE`, `MC2-BASE`.
fn digit(code: &str) -> Option<(Limb, [f64; 2])> {
    let (name, part) = code.split_once('-').unwrap_or((code, ""));
    let split = name.find(|c: char| c.is_ascii_digit())?;
    let (kind, number) = name.split_at(split);
    let ray: usize = number.parse().ok()?;
    let (limb, rays) = match kind {
        "MTP" | "FIP" | "FPIP" | "FDIP" | "MT" | "HALLUX" => (Limb::Foot, toes()),
        _ => (Limb::Hand, fingers()),
    };
    let ray = rays.get(ray.checked_sub(1)?)?;
    let joint = |bone: usize| joint(ray, bone);
    let point = match (kind, part) {
        ("MCP" | "MTP", "") => joint(0),
        ("MCP" | "MTP" | "MC" | "MT", "HEAD" | "MC" | "MT" | "MCH" | "PROX" | "PROXIMAL") => {
            Some(ray.bones.first()?.at(0.9, 0.0))
        }
        ("MCP" | "MTP", "BASE" | "PP" | "PPB" | "DIST" | "DISTAL") => {
            Some(ray.bones.get(1)?.at(0.09, 0.0))
        }
        ("MC" | "MT", "" | "BASE") => Some(ray.bones.first()?.at(0.07, 0.0)),
        ("PP", _) => Some(ray.bones.get(1)?.at(0.09, 0.0)),
        ("PIP" | "FPIP", _) if ray.bones.len() == 4 => joint(1),
        ("IP" | "FIP", _) if ray.bones.len() == 3 => joint(1),
        ("PIP", _) => joint(1),
        ("DIP" | "FDIP", _) if ray.bones.len() == 4 => joint(2),
        _ => None,
    }?;
    Some((limb, point))
}

/// The middle of the space after a bone of a ray.
fn joint(ray: &Ray, bone: usize) -> Option<[f64; 2]> {
    let (a, b) = (
        ray.bones.get(bone)?.at(1.0, 0.0),
        ray.bones.get(bone + 1)?.at(0.0, 0.0),
    );
    Some([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0])
}
