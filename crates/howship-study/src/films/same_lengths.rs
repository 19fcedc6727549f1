//! Whether the bones of one hand are as long at every visit: a wrong pixel size passes for erosions that come and go.

use super::refuse::refuse;
use super::series::{FilmSeries, Shot};
use super::strands::{Key, Strand};
use crate::Error;
use howship_film::{Landmark, Landmarks};
use howship_stats::median;

/// Ratio of lengths that is said: films' distances from the tube differ by less.
const SAID: f64 = 0.02;
/// From this on nothing is compared: registration allows a bone to be magnified by less.
const REFUSED: f64 = 0.04;
/// Fewer bones of a kind tell nothing.
const ENOUGH: usize = 3;
/// How many standard errors a ratio must be from 1.
const ERRORS: f64 = 4.0;

/// Joints at the two ends of a hand's bones: how fingers are spread does not change their distance.
const METACARPALS: [[&str; 2]; 4] = [
    ["CMC2", "MCP2"],
    ["CMC3", "MCP3"],
    ["CMC4", "MCP4"],
    ["CMC5", "MCP5"],
];
const PHALANGES: [[&str; 2]; 9] = [
    ["MCP1", "IP1"],
    ["MCP2", "PIP2"],
    ["MCP3", "PIP3"],
    ["MCP4", "PIP4"],
    ["MCP5", "PIP5"],
    ["PIP2", "DIP2"],
    ["PIP3", "DIP3"],
    ["PIP4", "DIP4"],
    ["PIP5", "DIP5"],
];

/// Holds the lengths of bones, joint to joint in millimetres, against those of the first film.
///
/// # Method
/// Median over bones of the ratio of lengths; its error from the median absolute deviation. Metacarpals lie flat and fingers
/// may be bent: only where both are longer, or both shorter, it is the films' size. Films of which one is in pixels are not
/// held against each other: there the bones' own size is the scale.
///
/// # Limits
/// Hands only: toes are bent up, more or less each time.
///
/// # Errors
/// Bones that are longer or shorter by 4 % and more: a pixel size is wrong, or the tube stood elsewhere.
pub(super) fn same_lengths(
    series: &FilmSeries,
    strands: &[Strand],
    marks: &Landmarks,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    for strand in strands.iter().filter(|s| !matches!(s.key, Key::Joint(..))) {
        let shots: Vec<&Shot> = strand.shots.iter().map(|i| &series.shots[*i]).collect();
        for shot in &shots[1..] {
            let [before, after] = [shots[0], shot].map(|s| s.opened.film.mm_per_pixel());
            let Some(mm) = before.zip(after) else {
                continue;
            };
            let Some(ratio) = size(marks, [&shots[0].name, &shot.name], [mm.0, mm.1]) else {
                continue;
            };
            let off = ratio.ln().abs();
            if off < SAID {
                continue;
            }
            let way = if ratio > 1.0 { "longer" } else { "shorter" };
            let reason = format!(
                "its bones are {:.1} % {way} than on `{}`, joint to joint: the pixel size of one of the films is wrong, or the tube stood nearer at one",
                100.0 * (ratio - 1.0).abs(),
                shots[0].name
            );
            if off >= REFUSED {
                return Err(refuse(
                    &shot.path,
                    reason,
                    "compare the two with `howship info` and correct the pixel size; pictures that say none, without `--film-spacing`, are compared by the size of the bones; a child's bones grow, and are not compared",
                ));
            }
            warnings.push(format!("`{}`: {reason}", shot.name));
        }
    }
    Ok(())
}

/// How much longer the bones of the second film are: by metacarpals and phalanges, whichever says less; none where they
/// disagree or are not known well enough.
fn size(marks: &Landmarks, films: [&str; 2], mm: [[f64; 2]; 2]) -> Option<f64> {
    let flat = ratio(marks, &METACARPALS, films, mm)?;
    let bent = ratio(marks, &PHALANGES, films, mm)?;
    let least = if flat.abs() < bent.abs() { flat } else { bent };
    (flat * bent > 0.0).then(|| least.exp())
}

/// Logarithm of the ratio of lengths; none where it is not away from 0 by its errors.
fn ratio(
    marks: &Landmarks,
    bones: &[[&str; 2]],
    [first, later]: [&str; 2],
    [before, after]: [[f64; 2]; 2],
) -> Option<f64> {
    let mut logs = Vec::new();
    for from in marks.of(first) {
        for [proximal, distal] in bones.iter().filter(|b| b[0] == from.joint) {
            let length = |film: &str, mm: [f64; 2]| {
                let of = |joint: &str| {
                    let mut there = marks.of(film);
                    there.find(|m| m.joint == joint && same_hand(m, from))
                };
                let (a, b) = (of(proximal)?, of(distal)?);
                Some(((a.x - b.x) * mm[0]).hypot((a.y - b.y) * mm[1]))
            };
            let both = length(first, before).zip(length(later, after));
            logs.extend(both.map(|(a, b)| (b / a).ln()).filter(|l| l.is_finite()));
        }
    }
    if logs.len() < ENOUGH {
        return None;
    }
    let (count, middle) = (logs.len() as f64, median(logs.clone())?);
    let away = logs.iter().map(|l| (l - middle).abs()).collect();
    // SD of a median: 1.2533 of a mean's; of a normal, 1.4826 median absolute deviations.
    let error = 1.2533 * 1.4826 * median(away)? / count.sqrt();
    (middle.abs() >= ERRORS * error).then_some(middle)
}

fn same_hand(a: &Landmark, b: &Landmark) -> bool {
    match (a.side, b.side) {
        (Some(x), Some(y)) => x == y,
        _ => a.hand == b.hand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_film::LandmarkSource;

    /// A hand on two films, the second larger by this, its fingers bent so that they look shorter by that; joints are
    /// found to a pixel.
    fn hand(larger: f64, bent: f64) -> Landmarks {
        let mut marks = Vec::new();
        for (film, size, short) in [("a", 1.0, 1.0), ("b", larger, bent)] {
            let mut place = |joint: String, x: f64, y: f64| {
                let k = marks.len();
                marks.push(Landmark {
                    film: film.to_owned(),
                    hand: 1,
                    side: None,
                    joint,
                    x: x * size + (k * 7 % 5) as f64 / 2.0,
                    y: y * size + (k * 5 % 7) as f64 / 3.0,
                    confidence: 1.0,
                    source: LandmarkSource::Found,
                });
            };
            for finger in 2..=5 {
                let x = 200.0 * f64::from(finger);
                place(format!("CMC{finger}"), x, 2000.0);
                place(format!("MCP{finger}"), x, 1400.0);
                place(format!("PIP{finger}"), x, 1400.0 - 400.0 * short);
                place(format!("DIP{finger}"), x, 1400.0 - 650.0 * short);
            }
        }
        Landmarks::new(marks).unwrap()
    }

    fn found(larger: f64, bent: f64, mm: [[f64; 2]; 2]) -> Option<f64> {
        size(&hand(larger, bent), ["a", "b"], mm)
    }

    /// 5 % made an unchanged erosion `progressing`.
    #[test]
    fn a_wrong_pixel_size_is_the_ratio_of_the_bones_lengths() {
        let mm = [[0.1; 2]; 2];
        for larger in [0.945, 1.06, 1.2] {
            let ratio = found(larger, 1.0, mm).unwrap();
            assert!((ratio / larger - 1.0).abs() < 0.005, "{larger}: {ratio}");
        }
        // The size of the pixels says it as well.
        let ratio = found(1.0, 1.0, [[0.1; 2], [0.11; 2]]).unwrap();
        assert!((ratio - 1.1).abs() < 0.005, "{ratio}");
    }

    #[test]
    fn another_resolution_and_bent_fingers_are_no_other_size() {
        let none = |ratio: Option<f64>| ratio.is_none_or(|r| r.ln().abs() < SAID);
        assert!(none(found(2.0, 1.0, [[0.1; 2], [0.05; 2]])));
        assert!(none(found(1.0, 0.92, [[0.1; 2]; 2])));
        assert!(none(found(1.0, 1.0, [[0.1; 2]; 2])));
    }
}
