//! One spherical cavity in spongy bone: volume, change, verdict, against the sampled truth.

use crate::scene::{Bone, SEMI};
use howship_bone::{
    BoneOptions, Error, GivenLesions, JointInput, JointResult, Unobserved, VisitScan, measure_joint,
};
use howship_change::{Quantity, Verdict, Visit};
use howship_image::{KeptScan, Scan};

fn joint(scans: &[&Scan], seeds: Option<&GivenLesions>) -> JointResult {
    let names = ["M0", "M6", "M12"];
    let visits = names.iter().map(|n| Visit::parse(n).unwrap());
    let input = JointInput {
        visits: VisitScan::pairs(visits, scans.iter().copied()),
        lesions: seeds,
    };
    measure_joint(&input, &BoneOptions::default(), &Unobserved).unwrap()
}

fn volume(result: &JointResult, visit: usize) -> (f64, f64) {
    let m = &result.lesions[0].visits[visit].measurements[&Quantity::Volume];
    (m.value, m.se)
}

#[test]
fn volume_of_a_cavity_isotropic_and_anisotropic() {
    // The bias is positive in this texture of thin sheets: seen edge-on they recede. What the README claims: 6 %.
    for spacing in [[0.08; 3], [0.08, 0.08, 0.12]] {
        for radius in [0.9, 1.4] {
            let bone = Bone {
                spacing,
                ..Bone::new(radius)
            };
            let scan = bone.scan();
            let seeds = GivenLesions::Seeds(vec![bone.cavity_centre().coords.into()]);
            let result = joint(&[&scan], Some(&seeds));
            let ((value, se), truth) = (volume(&result, 0), bone.truth());
            eprintln!(
                "spacing {spacing:?} radius {radius}: {value:.3} ± {se:.3}, truth {truth:.3}"
            );
            assert!((value / truth - 1.0).abs() < 0.06, "{value} for {truth}");
            assert!(
                (value - truth).abs() < 3.0 * se,
                "{value} ± {se} for {truth}"
            );
        }
    }
}

#[test]
fn the_cavity_is_found_without_being_given() {
    let bone = Bone::new(1.2);
    let result = joint(&[&bone.scan()], None);
    let nearest = result
        .lesions
        .iter()
        .map(|l| (howship_image::PointMm::from(l.centroid_mm) - bone.cavity_centre()).norm())
        .fold(f64::INFINITY, f64::min);
    assert!(nearest < 0.6, "nearest lesion at {nearest} mm");
    assert!(
        result.lesions.len() <= 2,
        "{} lesions",
        result.lesions.len()
    );
    assert!(result.lesions[0].verdict().is_none());
}

#[test]
fn healing_and_progression_are_each_others_mirror() {
    let (large, small) = (
        Bone::new(1.3),
        Bone {
            seed: 2,
            ..Bone::new(1.0)
        },
    );
    let seeds = GivenLesions::Seeds(vec![small.cavity_centre().coords.into()]);
    let (a, b) = (large.scan(), small.scan());
    let healing = joint(&[&a, &b], Some(&seeds));
    let progressing = joint(&[&b, &a], Some(&seeds));
    let truth = small.truth() - large.truth();
    let (h, p) = (&healing.lesions[0], &progressing.lesions[0]);
    assert_eq!(h.verdict(), Some(Verdict::Healing), "{}", h.reason());
    assert_eq!(p.verdict(), Some(Verdict::Progressing), "{}", p.reason());
    let (dh, dp) = (&h.change[&Quantity::Volume], &p.change[&Quantity::Volume]);
    // Volumes in this texture are 11 to 18 % too large, and their difference with them.
    assert!(
        (dh.value - truth).abs() < 0.18 * truth.abs() + 0.1,
        "{} for {truth}",
        dh.value
    );
    assert!(
        (dh.value + dp.value).abs() < 0.1,
        "{} and {}",
        dh.value,
        dp.value
    );
}

#[test]
fn nothing_is_called_where_nothing_changed() {
    let first = Bone::new(1.2);
    let again = Bone {
        seed: 77,
        ..Bone::new(1.2)
    };
    let result = joint(&[&first.scan(), &again.scan()], None);
    for lesion in &result.lesions {
        let change = &lesion.change[&Quantity::Volume];
        assert!(
            matches!(lesion.verdict(), Some(Verdict::Stable | Verdict::Uncertain)),
            "{:?} {change:?}",
            lesion.verdict()
        );
    }
    let cavity = &result.lesions[0];
    assert_eq!(
        cavity.verdict(),
        Some(Verdict::Stable),
        "{}",
        cavity.reason()
    );
    assert!(result.bones[0].registrations[0].failed.is_none());
    assert!(result.bones[0].registrations[0].translation_mm < 0.02);
}

#[test]
fn another_visit_changes_no_verdict() {
    let scans: Vec<Scan> = [(1.2, 1), (1.0, 2), (0.9, 3)]
        .map(|(r, seed)| {
            Bone {
                seed,
                ..Bone::new(r)
            }
            .scan()
        })
        .into_iter()
        .collect();
    let seeds = GivenLesions::Seeds(vec![Bone::new(1.0).cavity_centre().coords.into()]);
    let two = joint(&[&scans[0], &scans[1]], Some(&seeds));
    let three = joint(&[&scans[0], &scans[1], &scans[2]], Some(&seeds));
    let (a, b) = (&two.lesions[0].course[0], &three.lesions[0].course[0]);
    // The envelope and the wall level are shared by all visits, so numbers may move by less than their error.
    assert!((a.value - b.value).abs() < a.se, "{a:?} {b:?}");
    let options = howship_change::VerdictOptions::default();
    let scale = Quantity::Volume.scale(&options, a.value);
    let verdict = |c: &howship_change::Change| {
        howship_change::decide(c.clone(), &scale, None, &options)
            .unwrap()
            .verdict
    };
    assert_eq!(verdict(a), verdict(b));
}

/// Where a scan waits makes no difference to what is measured in it.
#[test]
fn scans_in_files_are_measured_as_in_memory() {
    let bone = Bone::new(0.9);
    let seeds = GivenLesions::Seeds(vec![bone.cavity_centre().coords.into()]);
    let smaller = Bone {
        seed: 2,
        ..Bone::new(0.7)
    };
    let scans = [bone.scan(), smaller.scan()];
    let memory = joint(&[&scans[0], &scans[1]], Some(&seeds));
    let kept = scans.map(|scan| KeptScan::in_file(scan, tempfile::tempfile().unwrap()));
    let input = JointInput {
        visits: VisitScan::pairs(memory.visits.iter().map(|v| v.visit.clone()), &kept),
        lesions: Some(&seeds),
    };
    let files = measure_joint(&input, &BoneOptions::default(), &Unobserved).unwrap();
    for visit in 0..2 {
        let (a, b) = (volume(&memory, visit), volume(&files, visit));
        // Parts of a grid have another origin: their places round otherwise.
        assert!((a.0 - b.0).abs() < 1e-5 * a.0, "{a:?} {b:?}");
        assert!((a.1 - b.1).abs() < 1e-4 * a.1, "{a:?} {b:?}");
    }
    assert_eq!(memory.bone_labels, files.bone_labels);
}

/// A seed in intact bone and a second one in the same cavity are not passed over in silence.
#[test]
fn given_lesions_that_are_not_there_or_twice_are_said() {
    let bone = Bone {
        spacing: [0.12; 3],
        ..Bone::new(1.2)
    };
    let scan = bone.scan();
    let there = bone.cavity_centre();
    let intact = there - nalgebra::Vector3::y() * (2.0 * SEMI[1] - 0.6);
    let beside = there + nalgebra::Vector3::x() * 0.3;
    let seeds = |points: &[howship_image::PointMm]| {
        GivenLesions::Seeds(points.iter().map(|p| p.coords.into()).collect())
    };
    let result = joint(&[&scan], Some(&seeds(&[there, intact, beside])));
    assert_eq!(result.lesions.len(), 2, "{:?}", result.warnings);
    let said = |words: &[&str]| {
        let mut warnings = result.warnings.iter();
        warnings.any(|w| words.iter().all(|word| w.contains(word)))
    };
    assert!(
        said(&["given lesion 2 of 3", "is not measured"]),
        "{:?}",
        result.warnings
    );
    assert!(
        said(&["1 of 3 seeds are not measured", "RAS"]),
        "{:?}",
        result.warnings
    );
    assert!(
        said(&["given lesion 1 of 3", "given lesion 3 of 3", "one cavity"]),
        "{:?}",
        result.warnings
    );
    let none = seeds(&[intact]);
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(1), [&scan]),
        lesions: Some(&none),
    };
    let error = measure_joint(&input, &BoneOptions::default(), &Unobserved).err();
    assert!(matches!(
        error,
        Some(Error::NothingAtSeeds { count: 1, .. })
    ));
}

/// A stack that ends earlier cuts the bone; its volume is compared where both visits show it.
#[test]
fn volume_of_a_bone_is_that_of_the_part_which_all_visits_show() {
    let bone = Bone {
        spacing: [0.12; 3],
        ..Bone::new(0.9)
    };
    let whole = bone.scan();
    let [nx, ny, _] = whole.volume.size();
    let shorter = howship_image::Region {
        start: [0; 3],
        size: [nx, ny, 62],
    };
    let again = Bone { seed: 2, ..bone };
    let cut = Scan {
        volume: again.scan().volume.crop(shorter).unwrap(),
        ..whole.clone()
    };
    let seeds = GivenLesions::Seeds(vec![bone.cavity_centre().coords.into()]);
    let volumes = |result: &JointResult| -> Vec<(f64, f64)> {
        let visits = result.bones[0].visits.iter();
        visits
            .map(|v| (v.measurements["volume"].value, v.measurements["volume"].se))
            .collect()
    };
    let alone = volumes(&joint(&[&whole], Some(&seeds)))[0];
    let ellipsoid = 4.0 / 3.0 * std::f64::consts::PI * SEMI.iter().product::<f64>();
    assert!(
        (alone.0 - ellipsoid).abs() < 0.03 * ellipsoid,
        "{alone:?} for {ellipsoid}"
    );
    let [a, b] = volumes(&joint(&[&whole, &cut], Some(&seeds)))[..] else {
        panic!("two visits");
    };
    assert!(a.0 < 0.8 * alone.0, "{a:?} of {alone:?}");
    assert!((a.0 - b.0).abs() < 1.96 * a.1.hypot(b.1), "{a:?} {b:?}");
}
