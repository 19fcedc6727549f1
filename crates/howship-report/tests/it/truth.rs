use crate::synthetic::sample;
use howship_change::{Judged, Verdict};
use howship_report::truth_table;

/// The made-up truth has lesion 4 elsewhere: one missed, one extra, four matched erosions.
#[test]
fn truth_and_verdict_meet() {
    let sample = sample(3, 0.1);
    let table = truth_table(&sample.result, &sample.truth);
    assert_eq!((table.erosions, table.found, table.extra), (5, 4, 1));
    assert_eq!((table.judged, table.agree, table.opposite), (4, 4, 0));
    assert_eq!((table.intervals, table.covered), (4, 4));
    assert_eq!(table.rows.len(), 6);
    let ids: Vec<_> = table.rows.iter().map(|r| (r.found, r.truth)).collect();
    assert_eq!(ids[4], (None, Some(14)));
    assert_eq!(ids[5], (Some(4), None));
    assert_eq!(table.rows[0].true_verdict, Some(Verdict::Healing));
    assert_eq!(table.rows[2].true_verdict, Some(Verdict::Progressing));
}

#[test]
fn the_nearest_pair_wins_and_distance_is_limited() {
    let mut sample = sample(2, 0.1);
    let place = |x: f64| [x, 0.0, 0.0];
    sample.result.lesions.truncate(2);
    sample.truth.lesions.truncate(2);
    // Found 1 is nearer to truth 12 than found 2 is; found 2 must take what is left.
    sample.result.lesions[0].centroid_mm = place(0.0);
    sample.result.lesions[1].centroid_mm = place(1.0);
    sample.truth.lesions[0].centroid_mm = place(-1.2);
    sample.truth.lesions[1].centroid_mm = place(0.4);
    let table = truth_table(&sample.result, &sample.truth);
    assert_eq!(
        (table.rows[0].found, table.rows[0].truth),
        (Some(1), Some(12))
    );
    assert!((table.rows[0].distance_mm.unwrap() - 0.4).abs() < 1e-12);
    assert_eq!((table.found, table.extra), (1, 1));
    sample.result.lesions[1].centroid_mm = place(0.2);
    let table = truth_table(&sample.result, &sample.truth);
    let ids: Vec<_> = table.rows.iter().map(|r| (r.found, r.truth)).collect();
    assert_eq!(ids, [(Some(1), Some(11)), (Some(2), Some(12))]);
}

#[test]
fn opposite_calls_are_counted() {
    let mut sample = sample(2, 0.1);
    let judged = |verdict| {
        Some(Judged {
            verdict,
            ..Judged::unmeasured("")
        })
    };
    sample.result.lesions[0].judged = judged(Verdict::Progressing);
    sample.truth.lesions[0].judged = judged(Verdict::Healing);
    let table = truth_table(&sample.result, &sample.truth);
    assert_eq!(table.opposite, 1);
    sample.result.lesions[0].course[0].interval = [5.0, 6.0];
    sample.result.lesions[0]
        .change
        .values_mut()
        .for_each(|c| c.interval = [5.0, 6.0]);
    let table = truth_table(&sample.result, &sample.truth);
    assert_eq!(table.rows[0].covered, Some(false));
    assert_eq!(table.covered + 1, table.intervals);
}
