use crate::integral_of_difference;
use howship_image::{DensityUnit, Geometry, Labels, Region, Scan, VectorMm, Volume};
use howship_phantom::{
    BonePose, InsertSpec, InsertVisit, InsertedLesion, PoseSpec, XTREME_CT2_CALIBRATION,
    find_bones, insert,
};

const RADIUS: f64 = 4.5;

/// A solid ball of bone of 800 mgHA/cm³ in soft tissue of 0, without noise, slightly blurred; and its label.
pub(crate) fn ball(voxel: f64) -> (Scan, Labels) {
    let n = (14.0 / voxel) as usize;
    let grid = Geometry::aligned([n; 3], [voxel; 3]).unwrap();
    let middle = grid.centre();
    let distance = |[x, y, z]: [usize; 3]| {
        (grid.world([x as f64, y as f64, z as f64]) - middle).norm() - RADIUS
    };
    let volume = Volume::from_fn(grid.clone(), |v| {
        (800.0 * (0.5 - distance(v) / voxel).clamp(0.0, 1.0)) as f32
    });
    let labels = Volume::from_fn(grid.clone(), |v| u32::from(distance(v) < 0.0));
    let volume = howship_ops::gaussian(&volume, [0.06; 3]).unwrap();
    let unit = DensityUnit::MgHaPerCm3;
    (
        Scan {
            volume,
            unit,
            known: howship_image::UnitKnown::Calibrated,
            calibration: Some(XTREME_CT2_CALIBRATION),
        },
        labels,
    )
}

fn clean(lesions: Vec<InsertedLesion>) -> InsertSpec {
    let noise = howship_phantom::NoiseSpec {
        sd: 0.0,
        ..Default::default()
    };
    InsertSpec {
        lesions,
        denoise: false,
        noise: Some(noise),
        fill_density: Some(0.0),
        ..InsertSpec::default()
    }
}

/// The density that an inserted lesion takes away is its true volume.
#[test]
fn missing_density_is_the_true_volume() {
    let (scan, labels) = ball(0.1);
    let lesion = InsertedLesion {
        near_mm: Some([7.0 + RADIUS, 7.0, 7.0]),
        width_mm: 2.4,
        length_mm: 2.0,
        depth_mm: 1.8,
        irregularity: 0.15,
        depth_course: vec![1.0, 0.6],
        ..InsertedLesion::default()
    };
    let before = insert(&scan, Some(&labels), &clean(Vec::new())).unwrap();
    let after = insert(&scan, Some(&labels), &clean(vec![lesion])).unwrap();
    for v in 0..2 {
        let truth = &after.truth.lesions[v][0];
        let missing =
            integral_of_difference(&before.visits[v].scan.volume, &after.visits[v].scan.volume)
                / 800.0;
        assert!(truth.volume_mm3 > 1.0);
        assert!(
            (missing / truth.volume_mm3 - 1.0).abs() < 0.02,
            "visit {v}: {missing:.3} of {:.3} mm³",
            truth.volume_mm3
        );
        let count = after.visits[v]
            .truth_labels
            .data()
            .iter()
            .filter(|l| **l == 1)
            .count();
        let labelled = count as f64 * 1e-3;
        assert!(
            (labelled / truth.volume_mm3 - 1.0).abs() < 0.03,
            "labels {labelled:.3}"
        );
    }
    assert!(after.truth.volume_change(1, 0, 1).unwrap() < -0.5);
}

/// A ball cut by a spherical lens: closed form of the truth on a real (voxel) envelope.
#[test]
fn truth_is_the_lens_of_two_balls() {
    let (scan, labels) = ball(0.1);
    let r = 1.0;
    let lesion = InsertedLesion {
        near_mm: Some([7.0, 7.0 - RADIUS, 7.0]),
        width_mm: 2.0 * r,
        length_mm: 2.0 * r,
        depth_mm: r,
        ..InsertedLesion::default()
    };
    let series = insert(&scan, Some(&labels), &clean(vec![lesion])).unwrap();
    // Two balls of radii R and r whose centres lie R apart.
    let d = RADIUS;
    let lens = std::f64::consts::PI
        * (RADIUS + r - d).powi(2)
        * (d * d + 2.0 * d * r - 3.0 * r * r + 2.0 * d * RADIUS + 6.0 * r * RADIUS
            - 3.0 * RADIUS * RADIUS)
        / (12.0 * d);
    let found = &series.truth.lesions[0][0];
    assert!(
        (found.volume_mm3 / lens - 1.0).abs() < 0.02,
        "{} of {lens}",
        found.volume_mm3
    );
    assert!((found.depth3d_mm - r).abs() < 0.06, "{}", found.depth3d_mm);
}

#[test]
fn nothing_but_noise_changes_in_an_unchanged_pair() {
    let (scan, labels) = ball(0.2);
    let noise = howship_phantom::NoiseSpec {
        sd: 50.0,
        ..Default::default()
    };
    let spec = InsertSpec {
        noise: Some(noise),
        ..InsertSpec::default()
    };
    let series = insert(&scan, Some(&labels), &spec).unwrap();
    assert!(series.truth.lesions.iter().all(Vec::is_empty));
    let (a, b) = (&series.visits[0].scan.volume, &series.visits[1].scan.volume);
    let sum: f64 = a
        .data()
        .iter()
        .zip(b.data())
        .map(|(a, b)| f64::from(a - b).powi(2))
        .sum();
    let rms = (sum / a.data().len() as f64).sqrt();
    assert!((rms / (50.0 * 2f64.sqrt()) - 1.0).abs() < 0.03, "{rms}");
}

/// A bone is found where its pose takes it.
#[test]
fn bones_move_by_their_poses() {
    let (scan, labels) = ball(0.1);
    let mut spec = clean(vec![InsertedLesion {
        near_mm: Some([7.0 + RADIUS, 7.0, 7.0]),
        ..InsertedLesion::default()
    }]);
    let pose = PoseSpec {
        rotation_deg: [0.0, 0.0, 8.0],
        translation_mm: [0.3, -0.2, 0.1],
    };
    spec.visits[1] = InsertVisit {
        name: "M6".into(),
        hand: PoseSpec::default(),
        bones: vec![BonePose { label: 1, pose }],
    };
    let series = insert(&scan, Some(&labels), &spec).unwrap();
    let centre = |v: usize, bones: bool| {
        let visit = &series.visits[v];
        let labels = if bones {
            &visit.bones
        } else {
            &visit.truth_labels
        };
        let grid = labels.geometry();
        let points: Vec<VectorMm> = labels
            .data()
            .iter()
            .enumerate()
            .filter(|(_, l)| **l == 1)
            .map(|(i, _)| grid.world(grid.voxel(i).map(|v| v as f64)).coords)
            .collect();
        points.iter().sum::<VectorMm>() / points.len() as f64
    };
    let shift = centre(1, true) - centre(0, true);
    assert!(
        (shift - VectorMm::new(0.3, -0.2, 0.1)).norm() < 0.01,
        "{shift:?}"
    );
    let motion = series.truth.motion(1, 1).unwrap();
    let expected = motion.apply(centre(0, false).into()).coords;
    assert!((centre(1, false) - expected).norm() < 0.02);
    let stated = VectorMm::from(series.truth.lesions[1][0].centroid_mm);
    assert!((centre(1, false) - stated).norm() < 0.02);
}

#[test]
fn a_region_is_the_same_part_of_the_whole() {
    let (scan, labels) = ball(0.2);
    let lesion = InsertedLesion {
        near_mm: Some([7.0 + RADIUS, 7.0, 7.0]),
        ..InsertedLesion::default()
    };
    let mut spec = clean(vec![lesion]);
    let whole = insert(&scan, Some(&labels), &spec).unwrap();
    let region = Region {
        start: [30, 15, 10],
        size: [35, 40, 50],
    };
    spec.region = Some(region);
    let part = insert(&scan, Some(&labels), &spec).unwrap();
    let expected = whole.visits[0].scan.volume.crop(region).unwrap();
    let found = &part.visits[0].scan.volume;
    assert_eq!(found.size(), region.size);
    for (a, b) in expected.data().iter().zip(found.data()) {
        assert!((a - b).abs() < 20.0, "{a} {b}");
    }
    let (a, b) = (&whole.truth.lesions[0][0], &part.truth.lesions[0][0]);
    assert!((a.volume_mm3 - b.volume_mm3).abs() < 0.02 * a.volume_mm3);
}

#[test]
fn bones_are_found_without_labels() {
    let (scan, labels) = ball(0.1);
    let found = find_bones(&scan.volume).unwrap();
    let (mut both, mut sum) = (0usize, 0usize);
    for (a, b) in found.data().iter().zip(labels.data()) {
        both += usize::from(*a == 1 && *b == 1);
        sum += usize::from(*a == 1) + usize::from(*b == 1);
    }
    let dice = 2.0 * both as f64 / sum as f64;
    assert!(dice > 0.96, "{dice}");
    let empty = scan.volume.map(|_| 0.0);
    assert!(find_bones(&empty).is_err());
}

/// A shaft with plates inside, cut by the stack's end, its cortex open over 1.5 mm there: what lies between the plates
/// belongs to the bone, or it would not move with it.
#[test]
fn marrow_at_a_cut_and_open_end_belongs_to_its_bone() {
    let voxel = 0.1;
    let grid = Geometry::aligned([100, 100, 80], [voxel; 3]).unwrap();
    let middle = grid.centre();
    let volume = Volume::from_fn(grid.clone(), |[x, y, z]| {
        let p = grid.world([x as f64, y as f64, z as f64]);
        let (dx, dy) = (p.x - middle.x, p.y - middle.y);
        let r = dx.hypot(dy);
        let open = z >= 50 && dx > 0.0 && dy.abs() < 0.75;
        let cortex = (2.6..3.0).contains(&r) && !open;
        let plate = r < 2.6 && x % 9 < 2;
        if cortex || plate || (r < 3.0 && z < 4) {
            800.0
        } else {
            0.0
        }
    });
    let labels = find_bones(&volume).unwrap();
    let (mut inside, mut held) = (0usize, 0usize);
    for z in 70..80 {
        for y in 0..100 {
            for x in 0..100 {
                let p = grid.world([x as f64, y as f64, z as f64]);
                if (p.x - middle.x).hypot(p.y - middle.y) < 2.4 {
                    inside += 1;
                    held += usize::from(labels.at(x, y, z) == 1);
                }
            }
        }
    }
    assert!(held * 100 >= inside * 97, "{held} of {inside}");
}
