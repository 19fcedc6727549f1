//! One joint whose scans lie far apart, and two joints that are not one.

use howship_bone::{
    BoneOptions, Error, GivenLesions, JointInput, JointResult, Observer, Unobserved, VisitScan,
    measure_joint,
};
use howship_change::{Quantity, Verdict, Visit};
use howship_image::{Geometry, Scan};
use howship_phantom::{JointSpec, render_visit, truth};
use std::sync::{LazyLock, Mutex};

/// One sample a voxel: where a scan lies does not hang on how fine it was rendered, and rendering is most of the time.
static SPEC: LazyLock<JointSpec> = LazyLock::new(|| {
    let mut spec = JointSpec::small(0.14);
    spec.scanner.supersampling = 1;
    spec
});
static VISITS: LazyLock<[Scan; 2]> =
    LazyLock::new(|| [0, 1].map(|visit| render_visit(&SPEC, visit).unwrap().scan));

/// The scan with its grid's axes and origin changed: the same voxels elsewhere.
fn placed(scan: &Scan, columns: [f64; 3], shift: [f64; 3]) -> Scan {
    let grid = scan.volume.geometry();
    let old = grid.direction();
    // A turn of the whole space about its origin, or a mirror: the diagonal multiplies rows.
    let direction = std::array::from_fn(|r| old[r].map(|v| v * columns[r]));
    let origin = std::array::from_fn(|a| grid.origin()[a] * columns[a] + shift[a]);
    let grid = Geometry::new(grid.size(), grid.spacing(), origin, direction).unwrap();
    Scan {
        volume: scan.volume.clone().with_geometry(grid).unwrap(),
        unit: scan.unit,
        known: scan.known,
        calibration: scan.calibration,
    }
}

fn compare(baseline: &Scan, later: &Scan) -> Result<JointResult, Error> {
    compare_observed(baseline, later, &Unobserved)
}

fn compare_observed(
    baseline: &Scan,
    later: &Scan,
    observer: &dyn Observer,
) -> Result<JointResult, Error> {
    let lesions = &truth(&SPEC).unwrap().lesions[0];
    let seeds = GivenLesions::Seeds(lesions.iter().map(|l| l.centroid_mm).collect());
    let input = JointInput {
        visits: VisitScan::pairs(
            ["M0", "M6"].map(|name| Visit::parse(name).unwrap()),
            [baseline, later],
        ),
        lesions: Some(&seeds),
    };
    measure_joint(&input, &BoneOptions::default(), observer)
}

#[test]
fn one_joint_far_apart_is_found_again_and_said_to_be_far() {
    let [first, later] = &*VISITS;
    let near = compare(first, later).unwrap();
    assert!(near.warnings.is_empty(), "{:?}", near.warnings);
    assert_eq!(near.lesions[0].verdict(), Some(Verdict::Healing));
    let places = [
        ([1.0; 3], [12.0, 0.0, 0.0]),
        // Half a turn about the finger's axis, and the hand laid in from the other end.
        ([-1.0, -1.0, 1.0], [120.0, -90.0, 130.0]),
        ([1.0, -1.0, -1.0], [0.0, 0.0, 0.0]),
    ];
    for (columns, shift) in places {
        let far = compare(first, &placed(later, columns, shift)).unwrap();
        assert!(
            far.warnings.iter().any(|w| w.contains("from where it lay")),
            "{:?}",
            far.warnings
        );
        for (a, b) in near.lesions.iter().zip(&far.lesions) {
            assert_eq!(a.verdict(), b.verdict(), "{} {}", a.reason(), b.reason());
            let change = |l: &howship_change::Lesion| l.change[&Quantity::Volume].clone();
            let (a, b) = (change(a), change(b));
            assert!(
                (a.value - b.value).abs() < 0.5 * a.se,
                "{} and {}",
                a.value,
                b.value
            );
        }
    }
}

/// The greatest share of registrations that was told.
struct Registered(Mutex<f64>);

impl Observer for Registered {
    fn progress(&self, stage: &str, share: f64) {
        let mut most = self.0.lock().unwrap();
        if stage == "registration" {
            *most = most.max(share);
        }
    }
}

/// Nothing else is searched for once the first bone was found in the mirror image.
#[test]
fn a_mirrored_joint_is_refused_by_its_first_bone() {
    let [first, later] = &*VISITS;
    let later = placed(later, [-1.0, 1.0, 1.0], [3.0, 0.0, 0.0]);
    let seen = Registered(Mutex::new(0.0));
    let found = compare_observed(first, &later, &seen);
    assert_eq!(*seen.0.lock().unwrap(), 0.0);
    assert!(
        matches!(found, Err(Error::Mirrored { .. })),
        "{:?}",
        found.map(|r| r.warnings)
    );
}

#[test]
fn another_patients_joint_is_refused() {
    let [first, _] = &*VISITS;
    // Another patient of the same size and form: other trabeculae.
    let mut spec = SPEC.clone();
    spec.seed = 77;
    let other = render_visit(&spec, 1).unwrap().scan;
    let found = compare(first, &other);
    let Err(Error::OtherJoint { reason, .. }) = found else {
        panic!("{:?}", found.map(|r| r.warnings));
    };
    assert!(
        reason.contains("bone 1") && reason.contains("bone 2"),
        "{reason}"
    );
}
