//! The real finger joint of the test data: density and one mask per bone.

use howship_formats::OpenOptions;
use howship_image::{CubicSpline, Mask, RigidTransform, Volume};
use howship_ops::Connectivity;
use std::path::{Path, PathBuf};

/// Where the test data are.
pub fn data_folder() -> PathBuf {
    std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}

/// Density in mgHA/cm³ and a mask of each of the two bones with 0.6 mm around it; `None` without the data.
pub fn open(folder: &Path) -> Option<(Volume<f32>, Vec<Mask>)> {
    let folder = folder.join("hrpqct/mcp_joint");
    if !folder.is_dir() {
        return None;
    }
    let scan =
        howship_formats::open(&folder.join("GRAY_JOINT.nii.gz"), &OpenOptions::default()).unwrap();
    let density = scan
        .scan
        .volume
        .map(|hu| (hu + 1000.0) * 0.2409 / 1000.0 * 1603.519 - 391.209);
    let (contour, _) =
        howship_formats::open_labels(&folder.join("AUTOCONTOUR_IPL.nii.gz")).unwrap();
    let grid = density.geometry().clone();
    let shifted = howship_image::resample_labels(&contour, &grid, &RigidTransform::identity());
    let inside: Mask = shifted.map(|v| u8::from(v != 0));
    let parts = howship_ops::largest_components(&inside, 2, Connectivity::Six);
    let bones = (1..=2)
        .map(|id| {
            let one: Mask = parts.map(|v| u8::from(v == id));
            howship_ops::dilate(&one, 0.6).unwrap()
        })
        .collect();
    Some((density, bones))
}

/// The scan with each bone (and what is within its mask) moved by its own motion, interpolated.
pub fn moved(scan: &Volume<f32>, bones: &[Mask], motions: &[RigidTransform]) -> Volume<f32> {
    let grid = scan.geometry();
    let spline = CubicSpline::new(scan.clone());
    let back: Vec<RigidTransform> = motions.iter().map(RigidTransform::inverse).collect();
    Volume::from_fn(grid.clone(), |[x, y, z]| {
        let world = grid.world([x as f64, y as f64, z as f64]);
        let from = |motion: &RigidTransform| grid.index(motion.apply(world));
        // The second bone where its mask came from; the first everywhere else.
        let second = from(&back[1]);
        let owner = howship_image::sample_nearest(&bones[1], second).unwrap_or(0) != 0
            && howship_image::sample_nearest(&bones[0], from(&back[0])).unwrap_or(0) == 0;
        let index = if owner { second } else { from(&back[0]) };
        spline.sample(index).unwrap_or(-50.0)
    })
}
