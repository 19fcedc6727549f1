use crate::{integral_of_difference, solid};
use howship_phantom::{JointSpec, ScannerSpec, render_visit, truth};

/// The density that a lesion takes from the image is its true volume, whatever the voxel.
#[test]
fn missing_density_is_the_true_volume_at_every_voxel_size() {
    let mut reference = solid(0.1);
    reference.erosions.truncate(1);
    reference.erosions[0].place.height_mm = 1.2;
    let expected = truth(&reference).unwrap().lesions[0][0].volume_mm3;
    assert!(expected > 2.0);
    // Tolerance: 0.5 % where the voxel is fine, 1.5 % where the lesion is five voxels wide.
    for (voxel, tolerance) in [
        ([0.082; 3], 0.005),
        ([0.25; 3], 0.01),
        ([0.4; 3], 0.015),
        ([0.4, 0.4, 1.0], 0.015),
    ] {
        let mut with = solid(0.1);
        with.scanner = ScannerSpec::with_voxel(voxel).noiseless();
        with.erosions.truncate(1);
        with.field_mm[2] = if voxel[2] < 1.0 { 6.0 } else { 10.0 };
        with.erosions[0].place.height_mm = 1.2;
        let mut without = with.clone();
        without.erosions.clear();
        let a = render_visit(&without, 0).unwrap();
        let b = render_visit(&with, 0).unwrap();
        let found = integral_of_difference(&a.scan.volume, &b.scan.volume) / 800.0;
        let error = found / expected - 1.0;
        assert!(
            error.abs() < tolerance,
            "{voxel:?}: {found:.4} of {expected:.4} mm³"
        );
        if voxel[2] < 0.1 {
            let labelled = b.truth_labels.data().iter().filter(|l| **l == 1).count() as f64;
            let volume = labelled * b.truth_labels.geometry().voxel_mm3();
            assert!(
                (volume / expected - 1.0).abs() < 0.02,
                "labels {volume:.4} of {expected:.4}"
            );
        }
    }
}

/// Two antialiased samples per axis are as good as eight plain ones.
#[test]
fn rendering_converges_with_supersampling() {
    let mut spec = JointSpec::small(0.082);
    spec.scanner.noise.sd = 0.0;
    spec.field_mm = [4.0, 6.0, 1.5];
    spec.anatomy.apex_height_mm = -2.5;
    spec.erosions.clear();
    let image = |n: usize| {
        let mut spec = spec.clone();
        spec.scanner.supersampling = n;
        render_visit(&spec, 0).unwrap().scan.volume
    };
    let (coarse, finer, finest) = (image(2), image(4), image(8));
    let rms = |a: &howship_image::Volume<f32>| {
        let sum: f64 = a
            .data()
            .iter()
            .zip(finest.data())
            .map(|(a, b)| f64::from(a - b).powi(2))
            .sum();
        (sum / a.data().len() as f64).sqrt()
    };
    let (two, four) = (rms(&coarse), rms(&finer));
    let bias = integral_of_difference(&coarse, &finest)
        / (finest.geometry().voxel_mm3() * finest.data().len() as f64);
    // The contrast is about 900 mgHA/cm³: RMS below 1 %, bias below 0.1 % of it.
    assert!(two < 8.0, "RMS {two:.2} mgHA/cm³ at 2 samples");
    assert!(
        four < 0.5 * two,
        "RMS {four:.2} at 4, {two:.2} at 2 samples"
    );
    assert!(bias.abs() < 0.9, "bias {bias:.3} mgHA/cm³");
}

#[test]
fn tissues_read_what_the_specification_says() {
    let mut spec = JointSpec::small(0.1);
    spec.scanner.noise.sd = 0.0;
    spec.scanner.mask_outside_skin = false;
    let visit = render_visit(&spec, 0).unwrap();
    let data = visit.scan.volume.data();
    let (low, high) = data
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    assert!((f64::from(low) - spec.tissue.air).abs() < 0.5, "air {low}");
    assert!(
        f64::from(high) < spec.tissue.cortex + 1.0 && high > 600.0,
        "cortex {high}"
    );
    // Share of bone in the trabecular space: marrow and trabeculae mix to the mean.
    let bones = visit.bones.data();
    let depth = howship_ops::distance_transform(&visit.bones.map(|l| u8::from(l == 1)));
    let inside: Vec<f64> = (0..bones.len())
        .filter(|&i| depth.data()[i] > 1.5 && visit.truth_labels.data()[i] == 0)
        .map(|i| f64::from(data[i]))
        .collect();
    let mean = inside.iter().sum::<f64>() / inside.len() as f64;
    let t = &spec.tissue;
    let share = (mean - t.marrow) / (t.trabecula - t.marrow);
    assert!((0.15..0.35).contains(&share), "share of bone {share:.3}");
}

#[test]
fn units_and_calibration_errors() {
    let mut spec = JointSpec::small(0.25);
    spec.scanner.noise.sd = 0.0;
    spec.erosions.clear();
    let plain = render_visit(&spec, 0).unwrap();
    spec.scanner.density_scale = 1.05;
    spec.scanner.unit = howship_image::DensityUnit::Hounsfield;
    let scaled = render_visit(&spec, 0).unwrap();
    let back = scaled
        .scan
        .into_unit(howship_image::DensityUnit::MgHaPerCm3)
        .unwrap();
    for (a, b) in plain.scan.volume.data().iter().zip(back.volume.data()) {
        assert!((a * 1.05 - b).abs() < 0.01, "{a} {b}");
    }
}

/// A sudden shift by two voxels half way: the mean of the image and the shifted image.
#[test]
fn motion_blends_two_positions() {
    let mut spec = solid(0.25);
    spec.erosions.clear();
    let still = render_visit(&spec, 0).unwrap().scan.volume;
    spec.scanner.mask_outside_skin = false;
    let still_unmasked = render_visit(&spec, 0).unwrap().scan.volume;
    spec.scanner.motion = Some(howship_phantom::MotionSpec {
        shifted_share: 0.5,
        shift_mm: [0.5, 0.0, 0.0],
        slice_jitter_mm: 0.0,
    });
    let moved = render_visit(&spec, 0).unwrap().scan.volume;
    assert_ne!(still, moved);
    let [nx, ny, nz] = still.size();
    for z in 0..nz {
        for y in 0..ny {
            for x in 2..nx {
                let mean = 0.5 * (still_unmasked.at(x, y, z) + still_unmasked.at(x - 2, y, z));
                let found = moved.at(x, y, z);
                assert!(
                    (mean - found).abs() < 4.0,
                    "{x} {y} {z}: {found} for {mean}"
                );
            }
        }
    }
}
