//! Pairs of films of formula joints whose space changes, laid down anew between them, with masks of both bones and the true motions: what
//! `benches/film_side_by_side.py` gives to every method.
//!
//! `cargo run --release -p howship-film --example film_pairs -- OUT [--joints N] [--seed S] [--tilt DEG]`
//!
//! OUT gets a folder per joint: `0.pgm` and `1.pgm` (8 bits), `0_upper.pgm`, `0_lower.pgm` and so on (255 inside of a
//! bone's outline, as found on that film alone), and `truth.csv`: a row per bone with `a11,a12,a13,a21,a22,a23`, the true
//! map of its pixels from the first film to the second.

use howship_film::{FilmOptions, JointName, JointPlace, JointView, measure_joint};
use howship_phantom::film::{JointFilm, RandomJoint};
use std::path::Path;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Pixels inside of an outline that leaves the film along a bone's shaft: closed far beyond the film.
fn mask(outline: &[[f64; 2]], [nx, ny]: [usize; 2], away: [f64; 2]) -> Vec<u8> {
    let mut polygon = outline.to_vec();
    for end in [outline.last(), outline.first()].into_iter().flatten() {
        polygon.push([end[0] + 500.0 * away[0], end[1] + 500.0 * away[1]]);
    }
    let mut inside = vec![0u8; nx * ny];
    for y in 0..ny {
        let v = y as f64;
        let mut crossings: Vec<f64> = (0..polygon.len())
            .filter_map(|i| {
                let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
                ((a[1] <= v) != (b[1] <= v))
                    .then(|| a[0] + (v - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
            })
            .collect();
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            for x in 0..nx {
                if (pair[0]..pair[1]).contains(&(x as f64)) {
                    inside[x + nx * y] = 255;
                }
            }
        }
    }
    inside
}

fn write(path: &Path, [nx, ny]: [usize; 2], pixels: &[u8]) -> Result<(), Failure> {
    let mut bytes = format!("P5\n{nx} {ny}\n255\n").into_bytes();
    bytes.extend_from_slice(pixels);
    Ok(std::fs::write(path, bytes)?)
}

fn pair(out: &Path, seed: u64, tilt: f64) -> Result<(), Failure> {
    let plan = RandomJoint {
        tilt_deg: tilt,
        laid_anew: true,
        changes: true,
        erosions: false,
    };
    let joint = JointFilm::new(&plan.draw(seed).0)?;
    let truth = [joint.truth(0)?, joint.truth(1)?];
    let mut films = Vec::new();
    for (k, t) in truth.iter().enumerate() {
        films.push(joint.render(k)?.film(t.magnification, None)?);
    }
    let axis = |k: usize| {
        let angle = truth[k].bones[0].axis_deg.to_radians();
        [angle.sin(), -angle.cos()]
    };
    let views: Vec<JointView> = ["M0", "M12"]
        .into_iter()
        .enumerate()
        .map(|(k, visit)| JointView {
            visit,
            film: &films[k],
            place: JointPlace {
                centre: truth[k].centre_px,
                axis: axis(k),
                field_px: None,
            },
            side: None,
        })
        .collect();
    let name = JointName {
        joint: "MCP2",
        hand: 1,
    };
    let found = measure_joint(name, &views, &[], &FilmOptions::default())?;
    let folder = out.join(format!("{seed:06}"));
    std::fs::create_dir_all(&folder)?;
    let mut table = String::from("bone,a11,a12,a13,a21,a22,a23\n");
    for (k, film) in films.iter().enumerate() {
        let size = [film.width(), film.height()];
        let grey: Vec<u8> = film.pixels().iter().map(|v| (v / 16.06) as u8).collect();
        write(&folder.join(format!("{k}.pgm")), size, &grey)?;
        for (b, (bone, sign)) in [("lower", -1.0), ("upper", 1.0)].into_iter().enumerate() {
            let away = axis(k).map(|c| sign * c);
            let inside = mask(&found.visits[k].outlines[b], size, away);
            write(&folder.join(format!("{k}_{bone}.pgm")), size, &inside)?;
        }
    }
    for (b, bone) in ["lower", "upper"].into_iter().enumerate() {
        let [r, s] = truth[0].bones[b]
            .map_to(&truth[1].bones[b])
            .ok_or("a bone seen end on")?;
        table += &format!(
            "{bone},{},{},{},{},{},{}\n",
            r[0], r[1], r[2], s[0], s[1], s[2]
        );
    }
    Ok(std::fs::write(folder.join("truth.csv"), table)?)
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("name a folder to write")?;
    let (mut joints, mut seed, mut tilt) = (20u64, 100_000u64, 0.0);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--joints" => joints = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--tilt" => tilt = value.parse()?,
            _ => return Err(format!("unknown argument {name}").into()),
        }
    }
    for s in seed..seed + joints {
        pair(Path::new(&out), s, tilt)?;
    }
    Ok(())
}
