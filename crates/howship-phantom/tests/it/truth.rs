use howship_change::{Quantity, Verdict};
use howship_phantom::{
    BoneName, ErosionSpec, JointSpec, PlaceSpec, true_verdict, truth, write_truth,
};
use std::f64::consts::PI;

fn one(erosion: ErosionSpec) -> JointSpec {
    let mut spec = JointSpec::small(0.1);
    // Three times the size: the surface is nearly flat under a small lesion.
    spec.anatomy.scale = 3.0;
    spec.field_mm = [60.0; 3];
    spec.visits.truncate(1);
    let place = PlaceSpec {
        bone: BoneName::Metacarpal,
        angle_deg: 90.0,
        height_mm: 16.0,
    };
    spec.erosions = vec![ErosionSpec { place, ..erosion }];
    spec
}

/// On a nearly flat surface a lesion is half an ellipsoid: 2/3 π abc, mouth π ab.
#[test]
fn half_ellipsoids_on_a_nearly_flat_surface() {
    for (width, length, depth) in [(1.0, 1.0, 0.5), (1.6, 1.0, 0.8), (1.2, 1.2, 1.2)] {
        let spec = one(ErosionSpec {
            width_mm: width,
            length_mm: length,
            depth_mm: depth,
            ..ErosionSpec::default()
        });
        let lesion = &truth(&spec).unwrap().lesions[0][0];
        let volume = 2.0 / 3.0 * PI * width / 2.0 * length / 2.0 * depth;
        let mouth = PI * width / 2.0 * length / 2.0;
        // Radius of curvature 12 to 15 mm: the surface falls 10 to 25 µm at the mouth's rim.
        assert!(
            (lesion.volume_mm3 / volume - 1.0).abs() < 0.04,
            "{} of {volume}",
            lesion.volume_mm3
        );
        assert!(
            (lesion.mouth_mm2 / mouth - 1.0).abs() < 0.03,
            "{} of {mouth}",
            lesion.mouth_mm2
        );
        assert!(
            (lesion.width_mm - width.max(length)).abs() < 0.04,
            "{}",
            lesion.width_mm
        );
        // Mean of √(1 − t²) over the slices at least 0.95 as wide as the widest, under chords that end at the fallen rim.
        let in_slices = 0.9835 * depth - 0.018;
        assert!(
            (lesion.depth_mm - in_slices).abs() < 0.05,
            "{} of {in_slices}",
            lesion.depth_mm
        );
        assert!(
            (lesion.depth3d_mm - depth).abs() < 0.05,
            "{} of {depth}",
            lesion.depth3d_mm
        );
    }
}

#[test]
fn a_sunk_cavity_has_a_narrower_mouth_and_more_volume() {
    let erosion = ErosionSpec {
        width_mm: 1.4,
        length_mm: 1.4,
        depth_mm: 1.2,
        ..ErosionSpec::default()
    };
    let plain = truth(&one(erosion.clone())).unwrap().lesions[0][0].clone();
    let sunk = truth(&one(ErosionSpec {
        sink_mm: 0.4,
        ..erosion
    }))
    .unwrap()
    .lesions[0][0]
        .clone();
    // Centre 0.4 mm deep, semi-axis 0.8 mm: the mouth's radius is 0.7 √(1 − 0.25).
    let mouth = PI * 0.49 * 0.75;
    assert!(
        (sunk.mouth_mm2 / mouth - 1.0).abs() < 0.04,
        "{} of {mouth}",
        sunk.mouth_mm2
    );
    assert!(sunk.mouth_mm2 < plain.mouth_mm2);
    // Ellipsoid minus the cap of height 0.4 of 0.8: 27/32 of 4/3 π abc.
    let volume = 27.0 / 32.0 * 4.0 / 3.0 * PI * 0.7 * 0.7 * 0.8;
    assert!(
        (sunk.volume_mm3 / volume - 1.0).abs() < 0.04,
        "{} of {volume}",
        sunk.volume_mm3
    );
}

#[test]
fn recortication_closes_its_share_of_the_mouth() {
    let mut spec = one(ErosionSpec {
        recortication: vec![0.4],
        ..ErosionSpec::default()
    });
    let closed = truth(&spec).unwrap().lesions[0][0].clone();
    spec.erosions[0].recortication.clear();
    let open = truth(&spec).unwrap().lesions[0][0].clone();
    assert!((closed.mouth_mm2 / open.mouth_mm2 - 0.6).abs() < 0.02);
    assert!(closed.volume_mm3 < open.volume_mm3);
}

#[test]
fn the_demo_heals_stays_and_progresses() {
    let spec = JointSpec::demo();
    let known = truth(&spec).unwrap();
    let volumes =
        |id: usize| -> Vec<f64> { known.lesions.iter().map(|v| v[id].volume_mm3).collect() };
    for (id, verdict) in [
        (1, Verdict::Healing),
        (2, Verdict::Stable),
        (3, Verdict::Progressing),
    ] {
        assert_eq!(known.verdict(id, 2), Some(verdict), "lesion {id}");
    }
    let (healing, stable, progressing) = (volumes(0), volumes(1), volumes(2));
    assert!(healing.windows(2).all(|w| w[1] < w[0]), "{healing:?}");
    assert!(stable.windows(2).all(|w| w[1] == w[0]), "{stable:?}");
    assert!(
        progressing.windows(2).all(|w| w[1] > w[0]),
        "{progressing:?}"
    );
    assert_eq!(true_verdict(-0.3, 0.25), Verdict::Healing);
    assert_eq!(true_verdict(0.2, 0.25), Verdict::Stable);
}

#[test]
fn the_truth_file_is_a_result() {
    let spec = JointSpec::demo();
    let file = spec.truth_file().unwrap();
    assert_eq!(
        (file.lesions.len(), file.bones.len(), file.visits.len()),
        (3, 2, 3)
    );
    assert_eq!(file.count(Verdict::Healing), 1);
    let change = &file.lesions[0].change[&Quantity::Volume];
    assert_eq!(change.se, 0.0);
    assert!(change.value < -3.0 && change.interval == [change.value; 2]);
    assert_eq!(file.lesions[0].course.len(), 2);
    assert_eq!(file.bones[0].registrations[1].visit, "M12");
    let folder = tempfile::tempdir().unwrap();
    write_truth(&file, folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("truth.json")).unwrap();
    let back: howship_change::VerdictFile = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (back.schema, back.visits),
        (file.schema.clone(), file.visits.clone())
    );
    for (a, b) in back.lesions.iter().zip(&file.lesions) {
        assert_eq!((a.id, a.verdict(), &a.bone), (b.id, b.verdict(), &b.bone));
        let value = |l: &howship_change::Lesion| l.change[&Quantity::Volume].value;
        assert!((value(a) - value(b)).abs() < 1e-12);
    }
    assert!(write_truth(&file, &folder.path().join("missing")).is_err());
}
