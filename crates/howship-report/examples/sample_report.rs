//! Writes the report of a made-up joint into a folder: `cargo run --example sample_report -- FOLDER`.
//!
//! A second argument gives the number of visits (1 to 3; default 3).

#[allow(
    clippy::unwrap_used,
    reason = "shared with the tests; its numbers are constants"
)]
#[path = "../tests/it/synthetic.rs"]
mod synthetic;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder to write to")?);
    let visits = arguments.next().map_or(Ok(3), |n| n.parse::<usize>())?;
    let sample = synthetic::sample(visits.clamp(1, 3), 1.0);
    let input = sample.input();
    std::fs::create_dir_all(folder.join("figures"))?;
    std::fs::write(folder.join("report.html"), howship_report::html(&input)?)?;
    std::fs::write(
        folder.join("lesions.csv"),
        howship_report::lesions_csv(input.result),
    )?;
    for (name, bytes) in howship_report::figures(&input)? {
        std::fs::write(folder.join("figures").join(name), bytes)?;
    }
    Ok(())
}
