use crate::joint::{data_folder, moved, open};
use crate::phantom::{add_noise, error_mm};
use howship_image::{Mask, Region, RigidTransform, VectorMm, Volume};
use howship_register::{RigidOptions, register_rigid};

/// A block of a real finger bone, moved by a known motion, with fresh noise on both visits.
#[test]
fn a_block_of_a_real_bone_to_a_few_micrometres() {
    let folder = data_folder();
    let Some((scan, bones)) = open(&folder) else {
        eprintln!(
            "SKIPPED: real scan: test data not found at {}",
            folder.display()
        );
        return;
    };
    let (scan, bones) = block(&scan, &bones, 130);
    let truth = RigidTransform::about(
        scan.geometry().centre(),
        VectorMm::new(0.026, -0.017, 0.052),
        VectorMm::new(0.21, -0.15, 0.10),
    );
    let mut fixed = scan.clone();
    let mut moving = moved(&scan, &bones, &[truth, truth]);
    add_noise(&mut fixed, 72.0, 1);
    add_noise(&mut moving, 72.0, 2);
    // What the motion takes out of the block must not be compared with its invented border.
    let inner = inner(&bones[0], 14);
    let options = RigidOptions {
        max_translation_mm: 0.6,
        max_rotation_rad: 0.12,
        ..RigidOptions::default()
    };
    let still = RigidTransform::identity();
    let found = register_rigid(&fixed, &moving, Some(&inner), None, &still, &options).unwrap();
    let (mean, most) = error_mm(&found.transform, &truth, &inner);
    eprintln!(
        "real bone: {mean:.6} mm, most {most:.6} mm, stated {:.6}, {:?}",
        found.quality.displacement_sd_mm, found.gate
    );
    assert!(found.gate.passed(), "{found:?}");
    assert!(
        mean < 0.003 && mean < 3.0 * found.quality.displacement_sd_mm,
        "{mean}"
    );
}

/// A cube of voxels around the middle of the first bone.
fn block(scan: &Volume<f32>, bones: &[Mask], n: usize) -> (Volume<f32>, Vec<Mask>) {
    let size = scan.size();
    let bounds = bones[0].bounding_region().unwrap();
    let start = std::array::from_fn(|a| {
        (bounds.start[a] + bounds.size[a] / 2)
            .saturating_sub(n / 2)
            .min(size[a] - n)
    });
    let region = Region {
        start,
        size: [n; 3],
    };
    (
        scan.crop(region).unwrap(),
        bones.iter().map(|b| b.crop(region).unwrap()).collect(),
    )
}

/// The mask without the voxels near the edge of its grid.
fn inner(mask: &Mask, margin: usize) -> Mask {
    let size = mask.size();
    Volume::from_fn(mask.geometry().clone(), |v| {
        let inside = (0..3).all(|a| v[a] >= margin && v[a] + margin < size[a]);
        u8::from(inside && mask.at(v[0], v[1], v[2]) != 0)
    })
}
