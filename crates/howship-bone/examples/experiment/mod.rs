//! What the accuracy experiments share: numbers changed by name, joints to measure, order statistics.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use howship_bone::{BoneMask, BoneOptions};
use howship_formats::{OpenOptions, open};
use howship_image::{DensityUnit, Labels, Scan, Volume};
use howship_phantom::{
    AnatomySpec, BoneName, ErosionSpec, JointSpec, LesionTruth, PlaceSpec, TissueSpec,
    XTREME_CT2_CALIBRATION,
};
use rand::{RngExt, SeedableRng};

/// Textures of the phantom: share of bone, wavelength of its pattern in mm.
pub(crate) const TEXTURES: [(&str, f64, f64); 5] = [
    ("thin", 0.14, 0.8),
    ("usual", 0.2, 1.05),
    ("thick", 0.28, 1.2),
    ("coarse", 0.2, 1.45),
    ("dense", 0.35, 0.8),
];

/// How far from the true centroid, mm, a measured one is still that lesion's: half of the lesion's largest extent at any
/// of its visits, at least 1 mm. Further away it is another cavity's.
pub(crate) fn found_within_mm(visits: &[&LesionTruth]) -> f64 {
    let extents = visits.iter().map(|v| 0.5 * v.diameter3d_mm);
    extents.fold(1.0, f64::max)
}

/// The defaults, with the numbers changed that `TUNE` names: `stage.number=value,...`.
pub(crate) fn options() -> BoneOptions {
    let mut options = BoneOptions::default();
    for change in std::env::var("TUNE").iter().flat_map(|t| t.split(',')) {
        let (name, value) = change.split_once('=').expect("stage.number=value");
        let value = value.parse().expect("a number");
        assert!(options.tuning.set(name, value), "no number `{name}`");
    }
    options
}

/// Edge of the phantom's voxels, mm: `VOXEL` in the environment, else 0.082.
pub(crate) fn voxel_mm() -> f64 {
    std::env::var("VOXEL").map_or(0.082, |v| v.parse().expect("mm"))
}

/// Whether the phantom has the contrast of T1-weighted MRI: `CONTRAST=mri` in the environment.
pub(crate) fn like_mri() -> bool {
    std::env::var("CONTRAST").is_ok_and(|c| c == "mri")
}

/// The bones that are given with a visit: none, the true ones (`MASKS=1` in the environment), or such as are drawn by hand,
/// whose surface lies by half a voxel (SD) beside the true one, alike over 1.5 mm and anew for each seed (`MASKS=drawn`).
pub(crate) fn given_bones(bones: &Labels, seed: u64) -> Option<BoneMask> {
    match std::env::var("MASKS").ok()?.as_str() {
        "drawn" => Some(drawn(bones, seed).into()),
        _ => Some(bones.clone().into()),
    }
}

/// Correlation of a hand's errors, SD of the Gaussian that smooths them, mm.
const HAND_MM: f64 = 0.75;
/// Size of a hand's errors, voxels.
const HAND_VOXELS: f64 = 0.5;

fn drawn(bones: &Labels, seed: u64) -> Labels {
    let grid = bones.geometry();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x6d61_736b);
    let white = Volume::from_fn(grid.clone(), |_| (rng.random::<f64>() - 0.5) as f32);
    let hand = howship_ops::gaussian(&white, [HAND_MM; 3]).unwrap();
    let values = hand.data().iter().map(|v| f64::from(*v).powi(2));
    let sd = (values.sum::<f64>() / grid.voxels() as f64).sqrt();
    let mut drawn = Labels::filled(grid.clone(), 0);
    let mut ids: Vec<u32> = bones.data().to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids.into_iter().filter(|id| *id != 0) {
        let own = bones.map(|label| u8::from(label == id));
        let distance = howship_ops::signed_distance(&own);
        let seen = distance.data().iter().zip(hand.data());
        for (label, (d, by)) in drawn.data_mut().iter_mut().zip(seen) {
            let by = f64::from(*by) / sd * HAND_VOXELS * grid.min_spacing();
            if f64::from(*d) + by < 0.0 {
                *label = id;
            }
        }
    }
    drawn
}

/// A real scan, taken for HU of an XtremeCT II.
pub(crate) fn real_scan(path: &str) -> Scan {
    let options = OpenOptions {
        unit: Some(DensityUnit::Hounsfield),
        ..OpenOptions::default()
    };
    let mut scan = open(path.as_ref(), &options).expect("the scan").scan;
    scan.calibration = Some(XTREME_CT2_CALIBRATION);
    scan.into_unit(DensityUnit::MgHaPerCm3).expect("calibrated")
}

/// Gives a joint one of the textures.
pub(crate) fn set_texture(spec: &mut JointSpec, texture: &str) {
    let known = TEXTURES.iter().find(|t| t.0 == texture);
    let (_, share, wave) = known.unwrap_or_else(|| panic!("no texture `{texture}`"));
    spec.anatomy.bone_volume_fraction = *share;
    spec.anatomy.trabecular_wavelength_mm = *wave;
}

/// Whether the phantom's bones are as large as a finger's, not 0.65 of that: `SIZE=full` or `SIZE=dish` in the environment.
fn full_size() -> bool {
    std::env::var("SIZE").is_ok_and(|s| s == "full") || dishes()
}

/// Whether each joint has one erosion, wide and shallow, on the metacarpal's head: `SIZE=dish` in the environment.
fn dishes() -> bool {
    std::env::var("SIZE").is_ok_and(|s| s == "dish")
}

/// A joint at two visits in one of the textures, six unchanged erosions, every other one rough, sunk or near an edge.
///
/// With `SIZE=dish` it is one, 4 to 6 mm wide and 1.6 to 2.8 mm deep. The small joint's are of 0.3 to 4 mm³, and one seed's
/// shapes and pattern of trabeculae are those of all textures. The full-sized joint's are of 0.3 to 20 mm³, about alike by
/// the logarithm, and each texture has shapes and noise of its own.
pub(crate) fn phantom(texture: &str, seed: u64) -> JointSpec {
    let mut spec = JointSpec::small(voxel_mm());
    spec.seed = seed;
    if full_size() {
        let nth = TEXTURES.iter().position(|t| t.0 == texture).unwrap_or(0);
        spec.seed = seed * 10 + nth as u64;
        spec.field_mm = [19.0, 19.0, 15.0];
        spec.anatomy = AnatomySpec::default();
    }
    set_texture(&mut spec, texture);
    if let Ok(more) = std::env::var("NEW_BONE") {
        spec.anatomy.new_bone_fraction = more.parse().expect("a share");
    }
    if like_mri() {
        spec.tissue = TissueSpec::mri_t1();
        spec.scanner.unit = DensityUnit::Arbitrary;
    }
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(spec.seed);
    spec.erosions = if dishes() {
        vec![dish(&mut rng)]
    } else {
        (0..6).map(|k| erosion(k, &mut rng)).collect()
    };
    spec
}

fn dish(rng: &mut rand_chacha::ChaCha8Rng) -> ErosionSpec {
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    let width = between(4.0, 6.0);
    ErosionSpec {
        place: PlaceSpec {
            bone: BoneName::Metacarpal,
            angle_deg: between(0.0, 360.0),
            height_mm: between(2.4, 4.0),
        },
        width_mm: width,
        length_mm: width * between(0.75, 1.1),
        depth_mm: between(1.6, 2.8),
        irregularity: between(0.05, 0.2),
        ..ErosionSpec::default()
    }
}

fn erosion(k: u32, rng: &mut rand_chacha::ChaCha8Rng) -> ErosionSpec {
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    let metacarpal = k < 4;
    let width = if full_size() {
        between(0.9_f64.ln(), 3.6_f64.ln()).exp()
    } else {
        between(0.9, 2.0)
    };
    // Every other one hard: rough, sunk, or where the head turns into the shaft or the joint's face.
    let hard = k % 2 == 1;
    let height = match (metacarpal, hard) {
        (true, false) => between(1.7, 2.4),
        (true, true) => between(1.4, 3.0),
        (false, false) => between(-2.6, -2.2),
        (false, true) => between(-3.0, -2.1),
    };
    let height = if full_size() { height / 0.65 } else { height };
    ErosionSpec {
        place: PlaceSpec {
            bone: if metacarpal {
                BoneName::Metacarpal
            } else {
                BoneName::Phalanx
            },
            angle_deg: 90.0 * f64::from(k) + between(-20.0, 20.0),
            height_mm: height,
        },
        width_mm: width,
        length_mm: width * between(0.75, 1.25),
        depth_mm: width * between(0.6, 1.1),
        sink_mm: if hard { between(0.0, 0.3) } else { 0.0 },
        irregularity: if hard { between(0.1, 0.22) } else { 0.05 },
        ..ErosionSpec::default()
    }
}

/// Ascending.
pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which a share of sorted values lies; NaN of none.
pub(crate) fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    let place = (last * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
