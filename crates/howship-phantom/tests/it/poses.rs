use howship_image::{PointMm, sample_linear};
use howship_phantom::{BoneName, JointSpec, render_visit, truth};

/// A point of a bone has the same density at both visits, where the true motion takes it.
#[test]
fn the_true_motion_takes_one_visit_to_the_other() {
    let mut spec = JointSpec::small(0.12);
    spec.scanner.noise.sd = 0.0;
    spec.erosions.clear();
    let known = truth(&spec).unwrap();
    let first = render_visit(&spec, 0).unwrap();
    let second = render_visit(&spec, 1).unwrap();
    for bone in BoneName::ALL {
        let motion = known.motion(bone.label(), 1).unwrap();
        let from = first.scan.volume.geometry();
        let (mut moved, mut unmoved) = (Vec::new(), Vec::new());
        for (offset, label) in first.bones.data().iter().enumerate().step_by(31) {
            if *label != bone.label() {
                continue;
            }
            let p = from.world(from.voxel(offset).map(|v| v as f64));
            let a = f64::from(first.scan.volume.data()[offset]);
            let other = &second.scan.volume;
            let at = |p: PointMm| sample_linear(other, other.geometry().index(p)).map(f64::from);
            if let (Some(b), Some(c)) = (at(motion.apply(p)), at(p)) {
                moved.push((a, b));
                unmoved.push((a, c));
            }
        }
        assert!(moved.len() > 1000);
        let (good, bad) = (correlation(&moved), correlation(&unmoved));
        assert!(good > 0.98, "{}: {good:.4} with the motion", bone.word());
        assert!(bad < 0.8, "{}: {bad:.4} without", bone.word());
    }
}

/// The lesion's label in each image lies where the truth says.
#[test]
fn lesions_lie_where_the_truth_says() {
    let mut spec = JointSpec::small(0.12);
    // Labels are of voxels' centres: finer samples of the density change none.
    spec.scanner.supersampling = 1;
    for visit in 0..2 {
        let rendered = render_visit(&spec, visit).unwrap();
        let grid = rendered.truth_labels.geometry();
        for lesion in &rendered.truth {
            let mut sum = PointMm::origin().coords;
            let mut n = 0.0;
            for (offset, _) in rendered
                .truth_labels
                .data()
                .iter()
                .enumerate()
                .filter(|(_, l)| **l == lesion.id)
            {
                sum += grid.world(grid.voxel(offset).map(|v| v as f64)).coords;
                n += 1.0;
            }
            let far = (sum / n - PointMm::from(lesion.centroid_mm).coords).norm();
            assert!(
                far < 0.02,
                "lesion {} at visit {visit}: {far:.3} mm off",
                lesion.id
            );
        }
    }
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = pairs
        .iter()
        .fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean.0, b - mean.1);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}
