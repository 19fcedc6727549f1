//! Writes films that teach where joints are: `--example teaching_films -- FOLDER FIRST_SEED COUNT [SIDE_PX [RAYS
//! [foot]]]`.
//!
//! `films.u8` holds the films one after the other, `landmarks.f32` 24 × (column, row) of each, little-endian.

use howship_change::Part;
use howship_phantom::film::{TeachingOptions, teaching_film};
use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, first, count, rest @ ..] = arguments.as_slice() else {
        return Err("usage: FOLDER FIRST_SEED COUNT [SIDE_PX [RAYS [foot]]]".into());
    };
    let (first, count): (u64, u64) = (first.parse()?, count.parse()?);
    let mut options = TeachingOptions::default();
    if let Some(side) = rest.first() {
        options.side_px = side.parse()?;
    }
    if let Some(rays) = rest.get(1) {
        options.rays = rays.parse()?;
    }
    if let Some(part) = rest.get(2) {
        options.part = match part.as_str() {
            "hand" => Part::Hand,
            "foot" => Part::Foot,
            other => return Err(format!("`{other}` is neither hand nor foot").into()),
        };
    }
    let folder = std::path::Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let mut films = std::io::BufWriter::new(std::fs::File::create(folder.join("films.u8"))?);
    let mut landmarks =
        std::io::BufWriter::new(std::fs::File::create(folder.join("landmarks.f32"))?);
    for seed in first..first + count {
        let film = teaching_film(seed, &options)?;
        films.write_all(&film.grey)?;
        for value in film.landmarks_px.iter().flatten() {
            landmarks.write_all(&(*value as f32).to_le_bytes())?;
        }
    }
    films.flush()?;
    landmarks.flush()?;
    Ok(())
}
