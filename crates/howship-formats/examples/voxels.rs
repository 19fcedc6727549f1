//! What a file holds: header facts, grid, unit; with `-o FILE` the values as raw little-endian
//! `f32` (or `u32` with `--labels`), x fastest; with `-w FILE` the volume in another format.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use howship_formats::{
    OpenOptions, Samples, WriteOptions, open, open_labels_with, write, write_labels_with,
};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = OpenOptions::default();
    let mut writing = WriteOptions {
        overwrite: true,
        ..Default::default()
    };
    let (mut input, mut raw, mut target, mut labels) = (None, None, None, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or("a value is missing");
        match word.as_str() {
            "-o" => raw = Some(PathBuf::from(next()?)),
            "-w" => target = Some(PathBuf::from(next()?)),
            "--unit" => options.unit = Some(next()?.parse()?),
            "--spacing" => {
                let mm: Vec<f64> = next()?
                    .split(',')
                    .map(str::parse)
                    .collect::<Result<_, _>>()?;
                options.spacing_mm = Some(mm.try_into().map_err(|_| "--spacing x,y,z")?);
            }
            "--series" => options.series_uid = Some(next()?),
            "--labels" => labels = true,
            "--exact" => writing.samples = Samples::SmallestExact,
            "--level" => writing.level = next()?.parse()?,
            "--030" => writing.aim_030 = true,
            _ => input = Some(PathBuf::from(word)),
        }
    }
    let input = input.ok_or("give a file or a folder")?;
    let start = std::time::Instant::now();
    let (geometry, bytes, source) = if labels {
        let (volume, source) = open_labels_with(&input, &options)?;
        if let Some(target) = target {
            write_labels_with(&target, &volume, &writing)?;
        }
        let bytes: Vec<u8> = volume.data().iter().flat_map(|v| v.to_le_bytes()).collect();
        (volume.geometry().clone(), bytes, source)
    } else {
        let opened = open(&input, &options)?;
        println!("seconds {:.3}", start.elapsed().as_secs_f64());
        println!("unit {}", opened.scan.unit);
        println!("calibration {:?}", opened.scan.calibration);
        if let Some(target) = target {
            let start = std::time::Instant::now();
            write(&target, &opened.scan, &writing)?;
            println!("seconds to write {:.3}", start.elapsed().as_secs_f64());
        }
        let volume = &opened.scan.volume;
        let bytes = if raw.is_some() {
            volume.data().iter().flat_map(|v| v.to_le_bytes()).collect()
        } else {
            Vec::new()
        };
        (volume.geometry().clone(), bytes, opened.source)
    };
    println!("geometry {}", serde_json::to_string(&geometry)?);
    println!("source {}", serde_json::to_string(&source)?);
    if let Some(raw) = raw {
        std::fs::write(raw, bytes)?;
    }
    Ok(())
}
