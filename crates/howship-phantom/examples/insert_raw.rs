//! Puts random lesions into a real HR-pQCT scan and writes each visit as raw little-endian f32 and u32.
#![allow(clippy::print_stdout, reason = "an example talks to its user")]

use howship_formats::{OpenOptions, open};
use howship_image::{Scan, Volume};
use howship_phantom::{InsertSpec, XTREME_CT2_CALIBRATION, insert};
use std::{fs, io, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: insert_raw SCAN FOLDER [SEED [LESIONS [VISITS]]]";
    let scan = args.next().ok_or(usage)?;
    let folder = args.next().ok_or(usage)?;
    let mut number = |default: u64| args.next().map_or(Ok(default), |a| a.parse::<u64>());
    let (seed, lesions, visits) = (number(1)?, number(4)? as usize, number(2)? as usize);
    fs::create_dir_all(&folder)?;
    let opened = open(Path::new(&scan), &OpenOptions::default())?;
    let unit = match opened.scan.unit {
        howship_image::DensityUnit::Arbitrary => howship_image::DensityUnit::Hounsfield,
        unit => unit,
    };
    let calibration = opened.scan.calibration.or(Some(XTREME_CT2_CALIBRATION));
    let scan = Scan {
        unit,
        known: howship_image::UnitKnown::Stated,
        calibration,
        volume: opened.scan.volume,
    };
    let spec = InsertSpec::random(seed, lesions, visits);
    let start = Instant::now();
    let series = insert(&scan, None, &spec)?;
    println!(
        "{} visits in {:.1} s",
        series.visits.len(),
        start.elapsed().as_secs_f64()
    );
    println!(
        "noise {:.1}, fill {:.1} mgHA/cm3",
        series.noise_sd, series.fill_density
    );
    for visit in &series.visits {
        println!("{} {:?}", visit.name, visit.scan.volume.size());
        let path = |what: &str| Path::new(&folder).join(format!("{}_{what}.raw", visit.name));
        write(&path("scan"), &visit.scan.volume, f32::to_le_bytes)?;
        write(&path("lesions"), &visit.truth_labels, u32::to_le_bytes)?;
        write(&path("bones"), &visit.bones, u32::to_le_bytes)?;
    }
    println!("{}", serde_json::to_string_pretty(&series.truth)?);
    Ok(())
}

fn write<T: Copy>(path: &Path, volume: &Volume<T>, bytes: fn(T) -> [u8; 4]) -> io::Result<()> {
    let data: Vec<u8> = volume.data().iter().flat_map(|&v| bytes(v)).collect();
    fs::write(path, data)
}
