use crate::insert::ball;
use howship_phantom::{InsertSpec, InsertedLesion, JointSpec, insert, render_visit};

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
        .install(work)
}

#[test]
fn rendering_does_not_depend_on_threads_but_on_the_seed() {
    let mut spec = JointSpec::small(0.2);
    spec.erosions.truncate(1);
    let one = with_threads(1, || render_visit(&spec, 1).unwrap());
    let four = with_threads(4, || render_visit(&spec, 1).unwrap());
    assert_eq!(one.scan, four.scan);
    assert_eq!(one.truth_labels, four.truth_labels);
    assert_eq!(one.truth, four.truth);
    spec.seed += 1;
    let other = render_visit(&spec, 1).unwrap();
    assert_ne!(one.scan, other.scan);
    assert_eq!(one.bones, other.bones);
}

#[test]
fn inserting_does_not_depend_on_threads() {
    let (scan, labels) = ball(0.2);
    let lesions = vec![InsertedLesion {
        irregularity: 0.1,
        ..InsertedLesion::default()
    }];
    let spec = InsertSpec {
        lesions,
        ..InsertSpec::default()
    };
    let one = with_threads(1, || insert(&scan, Some(&labels), &spec).unwrap());
    let four = with_threads(4, || insert(&scan, Some(&labels), &spec).unwrap());
    assert_eq!(one.truth, four.truth);
    for (a, b) in one.visits.iter().zip(&four.visits) {
        assert_eq!(a.scan, b.scan);
        assert_eq!(a.truth_labels, b.truth_labels);
    }
    let other = insert(&scan, Some(&labels), &InsertSpec { seed: 2, ..spec }).unwrap();
    assert_ne!(one.visits[0].scan, other.visits[0].scan);
}
