//! Writes a preset hand's films as PGM pictures: `--example hand_film -- FOLDER [PRESET [PIXEL_MM]]`.

#![allow(clippy::print_stderr, reason = "an example says what it did")]

use howship_phantom::film::HandFilmSpec;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments
        .first()
        .ok_or("usage: FOLDER [PRESET [PIXEL_MM]]")?;
    let preset = arguments.get(1).map_or("demo", String::as_str);
    let mut spec = HandFilmSpec::preset(preset).ok_or_else(|| format!("no preset `{preset}`"))?;
    if let Some(mm) = arguments.get(2) {
        let mm: f64 = mm.parse()?;
        let geometry = &mut spec.geometry;
        let factor = geometry.pixel_mm / mm;
        geometry.size_px = geometry.size_px.map(|n| (n as f64 * factor) as usize);
        geometry.origin_px = geometry.origin_px.map(|o| (o + 0.5) * factor - 0.5);
        geometry.pixel_mm = mm;
        spec.ray_mm = 0.5 * mm;
    }
    std::fs::create_dir_all(folder)?;
    for (i, visit) in spec.visits.iter().enumerate() {
        let start = std::time::Instant::now();
        let film = spec.render(i)?;
        let rendered = start.elapsed();
        let truth = spec.truth(i)?;
        eprintln!(
            "{}: {rendered:.2?}, with truth {:.2?}",
            visit.name,
            start.elapsed()
        );
        for lesion in &truth.lesions {
            eprintln!(
                "  {} {}: area {:.2} mm², mouth {:.2} mm, depth {:.2} mm, continuity {:.2}, {:.0}° out of profile",
                lesion.id,
                lesion.bone,
                lesion.area_mm2,
                lesion.mouth_mm,
                lesion.depth_mm,
                lesion.continuity,
                lesion.out_of_profile_deg,
            );
        }
        let [w, h] = film.size_px;
        let mut bytes = format!("P5\n{w} {h}\n255\n").into_bytes();
        bytes.extend(film.values.iter().map(|v| (v / 16.06) as u8));
        std::fs::write(format!("{folder}/{}.pgm", visit.name), bytes)?;
    }
    Ok(())
}
