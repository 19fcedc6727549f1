//! Writes a joint's film as a PGM picture: `cargo run -p howship-phantom --example joint_film -- OUT.pgm`.

use howship_phantom::film::{FilmLesionSpec, JointFilm, JointFilmSpec, JointFilmVisit, Segment};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).ok_or("name the picture to write")?;
    let lesion = FilmLesionSpec {
        along_mm: 3.0,
        depth_mm: 1.6,
        ..FilmLesionSpec::default()
    };
    let mut films = Vec::new();
    for (segment, ray) in [
        (Segment::Metacarpal, 2),
        (Segment::Proximal, 3),
        (Segment::Middle, 4),
    ] {
        let spec = JointFilmSpec {
            ray,
            proximal: segment,
            proximal_lesions: vec![lesion.clone()],
            visits: vec![JointFilmVisit {
                flexion_deg: 5.0,
                ..JointFilmVisit::default()
            }],
            ..JointFilmSpec::default()
        };
        let joint = JointFilm::new(&spec)?;
        let start = std::time::Instant::now();
        films.push(joint.render(0)?);
        let rendered = start.elapsed();
        let truth = joint.truth(0)?;
        #[allow(clippy::print_stderr, reason = "an example says what it did")]
        {
            eprintln!("{rendered:?} {:?} {:?}", start.elapsed(), truth.lesions);
        }
    }
    let [w, h] = films[0].size_px;
    let mut bytes = format!("P5\n{} {h}\n255\n", w * films.len()).into_bytes();
    for y in 0..h {
        for film in &films {
            bytes.extend(
                film.values[y * w..(y + 1) * w]
                    .iter()
                    .map(|v| (v / 16.06) as u8),
            );
        }
    }
    Ok(std::fs::write(out, bytes)?)
}
