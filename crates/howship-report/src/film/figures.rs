//! Figures as files of their own.

use super::{FilmReportInput, Picture, curves};
use crate::Error;
use crate::paper::png::{Channels, encode};
use howship_change::JointBone;

/// Pixels between two films of a strip.
const GAP: usize = 6;

/// Curves as SVG, aligned strips and overviews as PNG; names are safe for files.
///
/// # Errors
/// A picture whose values do not fill its size.
pub fn film_figures(input: &FilmReportInput<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut all = Vec::new();
    for index in 0..input.result.joints.len() {
        for (name, svg) in curves::film_curves(input, index) {
            all.push((format!("{name}.svg"), svg.into_bytes()));
        }
    }
    for strip in input.strips {
        let Some(joint) = input.result.joints.get(strip.joint) else {
            continue;
        };
        let bone = match strip.bone {
            JointBone::Proximal => "proximal",
            JointBone::Distal => "distal",
        };
        let name = joint.name().replace(['.', ' '], "-");
        let shown: Vec<&Picture> = strip.visits.iter().flatten().collect();
        if let Some(row) = side_by_side(&shown) {
            let png = encode(row.width, row.height, Channels::Grey, &row.grey)?;
            all.push((format!("{name}-aligned-{bone}.png"), png));
        }
        if let Some(d) = &strip.difference {
            let png = encode(d.width, d.height, Channels::Grey, &d.grey)?;
            all.push((format!("{name}-difference-{bone}.png"), png));
        }
    }
    Ok(all)
}

fn side_by_side(pictures: &[&Picture]) -> Option<Picture> {
    let height = pictures.first()?.height;
    let width: usize = pictures.iter().map(|p| p.width + GAP).sum::<usize>() - GAP;
    let mut grey = vec![255u8; width * height];
    let mut left = 0;
    for p in pictures.iter().filter(|p| p.height == height) {
        for y in 0..height {
            let from = p.grey.get(y * p.width..(y + 1) * p.width)?;
            grey.get_mut(y * width + left..y * width + left + p.width)?
                .copy_from_slice(from);
        }
        left += p.width + GAP;
    }
    Some(Picture {
        width,
        height,
        grey,
    })
}
