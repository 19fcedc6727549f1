//! Finds the hands on an 8-bit PGM picture, bone bright, and prints their landmarks: `--example find_hands -- FILM.pgm...`.

#![allow(clippy::print_stdout, reason = "an example says what it found")]

use howship_film::{FindOptions, HAND_POINTS, find_limbs};
use howship_image::{Film, FilmScale};

fn read(path: &str) -> Result<Film, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    // `P5`, width, height and the largest value, each followed by one white space.
    let mut at = 0;
    let mut words = Vec::new();
    while words.len() < 4 {
        let end = bytes[at..]
            .iter()
            .position(u8::is_ascii_whitespace)
            .ok_or("the header breaks off")?;
        words.push(std::str::from_utf8(&bytes[at..at + end])?.to_owned());
        at += end + 1;
    }
    if words[0] != "P5" || words[3] != "255" {
        return Err("only binary PGM of 8 bits is read".into());
    }
    let (width, height): (usize, usize) = (words[1].parse()?, words[2].parse()?);
    let pixels = bytes[at..].iter().map(|&v| f32::from(v)).collect();
    Ok(Film::new(width, height, pixels, FilmScale::Unknown)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let film = read(&path)?;
        let start = std::time::Instant::now();
        match find_limbs(&film, &FindOptions::default()) {
            Ok(hands) => {
                println!(
                    "{path}\t{}\t{:.3}",
                    hands.len(),
                    start.elapsed().as_secs_f64()
                );
                for hand in hands {
                    println!("hand\t{:?}\t{:.4}", hand.thumb, hand.score);
                    for ((name, p), c) in HAND_POINTS
                        .iter()
                        .zip(&hand.points_px)
                        .zip(&hand.confidence)
                    {
                        println!("{name}\t{:.2}\t{:.2}\t{c:.4}", p[0], p[1]);
                    }
                }
            }
            Err(error) => println!("{path}\t0\t{:.3}\t{error}", start.elapsed().as_secs_f64()),
        }
    }
    Ok(())
}
