//! What repeats when a joint is scanned again: each rescan measured by itself, then lesions matched between them.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment.
//!
//! `cargo run -p howship-bone --example rescans -- TEXTURE|SCAN.nii.gz SEED LESIONS RESCANS`
//!
//! Textures: `thin`, `usual`, `thick`, `coarse`, `dense` (always six lesions; `SIZE=full` and `VOXEL=0.0607` in the
//! environment: bones as large as a finger's, voxels of so many mm). In a real scan lesions of known size are inserted.
//! Every rescan has fresh noise and another pose, nothing changed. Printed: how many cavities each rescan reports and
//! their volume in all; in how many rescans each of them is reported, planted ones and others apart; precision error
//! (RMS-SD) and RMS-CV of the planted ones' volume.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs
)]

mod experiment;

use experiment::{options, phantom, real_scan};
use howship_bone::{JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Lesion, Quantity, Visit};
use howship_image::{PointMm, RigidTransform, Scan};
use howship_phantom::{InsertSpec, PoseSpec, Truth, VisitSpec, insert, render_visit, truth};
use rand::SeedableRng;

/// Two centres nearer to each other are one cavity, mm.
const SAME_MM: f64 = 0.8;

/// A cavity over the rescans: where it lies in the real scan's frame, its true volume if it was planted.
struct Cavity {
    at: PointMm,
    truth: Option<f64>,
    volumes: Vec<Option<f64>>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    let (seed, lesions, rescans) = (number(1), number(2) as usize, number(3) as usize);
    let series = if arguments[0].ends_with(".gz") {
        inserted(&arguments[0], seed, lesions, rescans)
    } else {
        Some(rendered(&arguments[0], seed, rescans))
    };
    let Some((scans, truth)) = series else {
        println!("seed {seed}: no place for {lesions} lesions");
        return;
    };
    let mut cavities = planted(&truth, rescans);
    for (visit, scan) in scans.iter().enumerate() {
        let input = JointInput {
            visits: VisitScan::pairs(Visit::unnamed(1), [scan]),
            lesions: None,
        };
        let result = measure_joint(&input, &options(), &Unobserved).expect("measured");
        let total: f64 = result.lesions.iter().map(volume).sum();
        println!(
            "rescan {visit}: {} cavities, {total:.1} mm³ in all",
            result.lesions.len()
        );
        for lesion in &result.lesions {
            add(&mut cavities, &truth, lesion, visit, rescans);
        }
    }
    tell(&cavities, rescans);
}

/// Lesions put into a real scan; `None` where there is no place for so many.
fn inserted(scan: &str, seed: u64, lesions: usize, rescans: usize) -> Option<(Vec<Scan>, Truth)> {
    let mut spec = InsertSpec::random(seed, lesions, rescans);
    for lesion in &mut spec.lesions {
        lesion.depth_course = Vec::new();
        lesion.width_course = Vec::new();
    }
    let series = insert(&real_scan(scan), None, &spec).ok()?;
    let scans = series.visits.into_iter().map(|v| v.scan).collect();
    Some((scans, series.truth))
}

/// A joint from formulas.
fn rendered(texture: &str, seed: u64, rescans: usize) -> (Vec<Scan>, Truth) {
    let mut spec = phantom(texture, seed);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x5CA4);
    spec.visits = (0..rescans)
        .map(|k| VisitSpec {
            name: format!("M{k}"),
            hand: PoseSpec::random(&mut rng, 2.0, 0.5),
            metacarpal: PoseSpec::random(&mut rng, 1.0, 0.2),
            phalanx: PoseSpec::random(&mut rng, 1.0, 0.2),
            scanner: None,
        })
        .collect();
    let scan = |v: usize| render_visit(&spec, v).expect("rendered").scan;
    let scans = (0..rescans).map(scan).collect();
    (scans, truth(&spec).expect("known"))
}

fn volume(lesion: &Lesion) -> f64 {
    lesion.visits[0].measurements[&Quantity::Volume].value
}

/// Pose of the bone whose lesion or cavity this is, at a visit: real scan's frame to the visit's.
fn pose(truth: &Truth, bone: usize, visit: usize) -> RigidTransform {
    truth.bones[bone].poses[visit]
}

fn planted(truth: &Truth, rescans: usize) -> Vec<Cavity> {
    let bone = |name: &str| truth.bones.iter().position(|b| b.name == name).unwrap();
    truth.lesions[0]
        .iter()
        .map(|l| Cavity {
            at: pose(truth, bone(&l.bone), 0)
                .inverse()
                .apply(PointMm::from(l.centroid_mm)),
            truth: Some(l.volume_mm3),
            volumes: vec![None; rescans],
        })
        .collect()
}

/// Adds one measured cavity to those known; poses of both bones are tried, as either may hold it.
fn add(cavities: &mut Vec<Cavity>, truth: &Truth, lesion: &Lesion, visit: usize, rescans: usize) {
    let here = PointMm::from(lesion.centroid_mm);
    let places: Vec<PointMm> = (0..truth.bones.len())
        .map(|b| pose(truth, b, visit).inverse().apply(here))
        .collect();
    let known = cavities
        .iter_mut()
        .filter(|c| c.volumes[visit].is_none())
        .map(|c| {
            let away = places.iter().map(|p| (p - c.at).norm());
            (away.fold(f64::INFINITY, f64::min), c)
        })
        .filter(|(away, _)| *away < SAME_MM)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, cavity)) = known {
        cavity.volumes[visit] = Some(volume(lesion));
        return;
    }
    let mut volumes = vec![None; rescans];
    volumes[visit] = Some(volume(lesion));
    let nearest = truth
        .bones
        .iter()
        .enumerate()
        .map(|(b, bone)| ((places[b] - PointMm::from(bone.centre_mm)).norm(), b))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
        .1;
    cavities.push(Cavity {
        at: places[nearest],
        truth: None,
        volumes,
    });
}

fn tell(cavities: &[Cavity], rescans: usize) {
    let (mut squares, mut relative, mut freedom) = (0.0, 0.0, 0.0);
    for cavity in cavities {
        let found: Vec<f64> = cavity.volumes.iter().flatten().copied().collect();
        let mean = found.iter().sum::<f64>() / found.len().max(1) as f64;
        let sum: f64 = found.iter().map(|v| (v - mean).powi(2)).sum();
        let kind = cavity
            .truth
            .map_or("other".to_owned(), |t| format!("planted {t:.2}"));
        let sd = (sum / (found.len() as f64 - 1.0).max(1.0)).sqrt();
        println!(
            "  {kind}: in {} of {rescans}, mean {mean:.2}, SD {sd:.3}",
            found.len()
        );
        if cavity.truth.is_some() && found.len() > 1 {
            squares += sum;
            relative += sum / (mean * mean);
            freedom += found.len() as f64 - 1.0;
        }
    }
    let often = |planted: bool| {
        let group = cavities
            .iter()
            .filter(|c| c.truth.is_some() == planted && c.volumes.iter().any(Option::is_some));
        let (mut all, mut repeat) = (0, 0);
        for cavity in group {
            all += 1;
            repeat += usize::from(cavity.volumes.iter().flatten().count() * 5 >= rescans * 4);
        }
        format!("{repeat} of {all}")
    };
    println!(
        "in at least 4 of 5 rescans: planted {}, others {}; volume of planted: RMS-SD {:.3} mm³, RMS-CV {:.1} %",
        often(true),
        often(false),
        (squares / f64::max(freedom, 1.0)).sqrt(),
        100.0 * (relative / f64::max(freedom, 1.0)).sqrt()
    );
}
