//! A picture of one joint's two films with outlines.

use crate::Failure;
use crate::outcome::JointOutcome;

/// Times enlarged.
const ZOOM: usize = 3;

/// Both films side by side, with the bones' outlines (white) and the erosions' (black).
pub(crate) fn look(path: &str, outcome: &JointOutcome) -> Result<(), Failure> {
    let mut pictures = Vec::new();
    for (v, film) in outcome.case.films.iter().enumerate() {
        let (w, h) = (film.width(), film.height());
        let mut picture = vec![0u8; w * h * ZOOM * ZOOM];
        for y in 0..h * ZOOM {
            for x in 0..w * ZOOM {
                picture[x + w * ZOOM * y] = (film.at(x / ZOOM, y / ZOOM) / 17.0) as u8;
            }
        }
        let mut lines: Vec<([f64; 2], u8)> = Vec::new();
        for outline in &outcome.result.visits[v].outlines {
            lines.extend(outline.iter().map(|p| (*p, 255)));
        }
        for e in &outcome.result.erosions {
            lines.extend(e.visits[v].outline.iter().map(|p| (*p, 0)));
        }
        for (p, value) in lines {
            let [x, y] = p.map(|c| ((c + 0.5) * ZOOM as f64) as usize);
            if x < w * ZOOM && y < h * ZOOM {
                picture[x + w * ZOOM * y] = value;
            }
        }
        pictures.push((w * ZOOM, h * ZOOM, picture));
    }
    let (w, h, _) = pictures[0];
    let mut bytes = format!("P5\n{} {h}\n255\n", 2 * w).into_bytes();
    for y in 0..h {
        for (_, _, p) in &pictures {
            bytes.extend_from_slice(&p[y * w..(y + 1) * w]);
        }
    }
    Ok(std::fs::write(path, bytes)?)
}
