use howship_report::{area, contours};
use std::f64::consts::PI;

/// A disc as a mask with partial cover at the edge (8 × 8 samples a pixel).
fn disc(n: usize, centre: [f64; 2], radius: f64) -> Vec<f32> {
    (0..n * n)
        .map(|i| {
            let hits = (0..64)
                .filter(|s| {
                    let at = |k: usize| (k as f64 + 0.5) / 8.0 - 0.5;
                    let x = (i % n) as f64 + at(s % 8) - centre[0];
                    let y = (i / n) as f64 + at(s / 8) - centre[1];
                    x * x + y * y <= radius * radius
                })
                .count();
            hits as f32 / 64.0
        })
        .collect()
}

fn is_closed(line: &[[f64; 2]]) -> bool {
    let steps = line.iter().zip(line.iter().cycle().skip(1));
    steps
        .into_iter()
        .all(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]) <= 1.5)
}

#[test]
fn the_outline_of_a_disc_is_closed_and_holds_its_area() {
    for (radius, hard) in [(20.0, false), (20.0, true), (7.3, false)] {
        let mut field = disc(64, [31.3, 30.6], radius);
        if hard {
            field.iter_mut().for_each(|v| *v = v.round());
        }
        let lines = contours(&field, 64, 64, 0.5);
        assert_eq!(lines.len(), 1);
        assert!(is_closed(&lines[0]));
        let relative = area(&lines[0]) / (PI * radius * radius) - 1.0;
        assert!(
            relative.abs() < 0.02,
            "radius {radius}, mask {hard}: {relative}"
        );
    }
}

#[test]
fn a_hole_runs_the_other_way() {
    let (outer, inner) = (disc(64, [32.0, 32.0], 24.0), disc(64, [32.0, 32.0], 10.0));
    let ring: Vec<f32> = outer.iter().zip(&inner).map(|(a, b)| a - b).collect();
    let areas: Vec<f64> = contours(&ring, 64, 64, 0.5)
        .iter()
        .map(|l| area(l))
        .collect();
    assert_eq!(areas.iter().filter(|a| **a > 0.0).count(), 1);
    assert_eq!(areas.iter().filter(|a| **a < 0.0).count(), 1);
    let total: f64 = areas.iter().sum();
    assert!(
        (total / (PI * (576.0 - 100.0)) - 1.0).abs() < 0.02,
        "{total}"
    );
}

/// What touches the border is closed half a sample outside: a full field is a rectangle.
#[test]
fn a_full_field_is_closed_at_its_border() {
    let lines = contours(&[1.0; 12], 4, 3, 0.5);
    assert_eq!(lines.len(), 1);
    // Four corners are cut by half a sample on either side.
    assert!((area(&lines[0]) - (12.0 - 4.0 * 0.125)).abs() < 1e-12);
}

#[test]
fn saddles_and_odd_numbers_end_well() {
    let checkers: Vec<f32> = (0..64).map(|i| f32::from((i + i / 8) % 2 == 0)).collect();
    let lines = contours(&checkers, 8, 8, 0.5);
    assert!(!lines.is_empty() && lines.iter().all(|l| is_closed(l)));
    let odd = [f32::NAN, 1.0, f32::INFINITY, f32::NEG_INFINITY, 1.0, 0.0];
    for line in contours(&odd, 3, 2, 0.5) {
        assert!(line.iter().flatten().all(|v| v.is_finite()));
    }
    assert!(contours(&[], 0, 0, 0.5).is_empty());
    assert!(contours(&[1.0], 2, 2, 0.5).is_empty());
}
