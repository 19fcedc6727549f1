//! What the networks see on formula films that taught nothing, and how far they are off: the table from which confidence
//! is calibrated. `--example find_calibration -- FIRST_SEED COUNT > table.csv`.

#![allow(clippy::print_stdout, reason = "an example writes its table")]

use howship_film::{FindOptions, HAND_POINTS, ThumbSide, find_hands};
use howship_image::{Film, FilmScale};
use howship_phantom::film::{TeachingOptions, teaching_film};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|a| a.parse())
        .collect::<Result<_, _>>()?;
    let [first, count] = numbers[..] else {
        return Err("usage: FIRST_SEED COUNT".into());
    };
    println!("seed,hands,thumb_right,point,score,peak,residual,belief,confidence,error_percent");
    for seed in first..first + count {
        let drawn = teaching_film(seed, &TeachingOptions::default())?;
        let n = drawn.side_px;
        let pixels = drawn.grey.iter().map(|&g| f32::from(g)).collect();
        let film = Film::new(n, n, pixels, FilmScale::Unknown)?;
        let (quarters, mirrored) = ((seed % 4) as u8, seed % 8 > 3);
        let last = n as f64 - 1.0;
        let mut truth = drawn.landmarks_px;
        let film = if mirrored {
            truth.iter_mut().for_each(|p| p[0] = last - p[0]);
            film.mirrored()
        } else {
            film
        };
        for _ in 0..quarters {
            truth.iter_mut().for_each(|p| *p = [last - p[1], p[0]]);
        }
        let Ok(hands) = find_hands(&film.rotated_quarters(quarters), &FindOptions::default())
        else {
            println!("{seed},0,,,,,,,,");
            continue;
        };
        let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let wrist = [0, 1].map(|a| truth[..5].iter().map(|p| p[a]).sum::<f64>() / 5.0);
        let length = distance(truth[21], wrist);
        let near = |h: &&howship_film::FoundHand| distance(h.points_px[7], truth[7]);
        let Some(hand) = hands.iter().min_by(|a, b| near(a).total_cmp(&near(b))) else {
            continue;
        };
        let right = (hand.thumb == ThumbSide::Left) == mirrored;
        for (i, name) in HAND_POINTS.iter().enumerate() {
            let e = &hand.evidence[i];
            println!(
                "{seed},{},{right},{name},{:.4},{:.4},{:.4},{:.4},{:.4},{:.3}",
                hands.len(),
                hand.score,
                e.peak,
                e.residual,
                e.belief,
                hand.confidence[i],
                100.0 * distance(hand.points_px[i], truth[i]) / length,
            );
        }
    }
    Ok(())
}
