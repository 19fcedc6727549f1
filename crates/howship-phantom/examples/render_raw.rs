//! Renders the demo joint and writes each visit as raw little-endian f32 (and u32 labels) into a folder.
#![allow(clippy::print_stdout, reason = "an example talks to its user")]

use howship_image::Volume;
use howship_phantom::{JointSpec, ScannerSpec, render_visit, truth};
use std::{fs, io, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: render_raw FOLDER [VOXEL_MM]")?;
    fs::create_dir_all(&folder)?;
    let mut spec = JointSpec::demo();
    if let Some(voxel) = args.next() {
        spec.scanner = ScannerSpec::with_voxel([voxel.parse()?; 3]);
    }
    for visit in 0..spec.visits.len() {
        let start = Instant::now();
        let rendered = render_visit(&spec, visit)?;
        println!(
            "{} {:?} in {:.1} s",
            rendered.name,
            rendered.scan.volume.size(),
            start.elapsed().as_secs_f64()
        );
        let path = |what: &str| Path::new(&folder).join(format!("{}_{what}.raw", rendered.name));
        write(&path("scan"), &rendered.scan.volume, f32::to_le_bytes)?;
        write(&path("lesions"), &rendered.truth_labels, u32::to_le_bytes)?;
        write(&path("bones"), &rendered.bones, u32::to_le_bytes)?;
    }
    let start = Instant::now();
    let truth = truth(&spec)?;
    println!("truth in {:.1} s", start.elapsed().as_secs_f64());
    println!("{}", serde_json::to_string_pretty(&truth.lesions)?);
    Ok(())
}

fn write<T: Copy>(path: &Path, volume: &Volume<T>, bytes: fn(T) -> [u8; 4]) -> io::Result<()> {
    let data: Vec<u8> = volume.data().iter().flat_map(|&v| bytes(v)).collect();
    fs::write(path, data)
}
