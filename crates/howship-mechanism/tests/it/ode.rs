//! The stepper against closed forms.

use howship_mechanism::Error;
use howship_mechanism::ode::{Event, OdeOptions, System, solve, solve_with_events};

/// `y'' = −y` and `z' = −z²` with z(0) = 1: linear and not, both known in closed form.
struct Known;

impl System<3> for Known {
    const NAME: &'static str = "oscillator and hyperbola";
    const STATES: [&'static str; 3] = ["position", "speed", "hyperbola"];
    const POSITIVE: bool = false;

    fn rates(&self, _: f64, y: &[f64; 3]) -> [f64; 3] {
        [y[1], -y[0], -y[2] * y[2]]
    }
}

fn truth(t: f64) -> [f64; 3] {
    [t.cos(), -t.sin(), 1.0 / (1.0 + t)]
}

fn worst(h: f64, times: &[f64]) -> f64 {
    let options = OdeOptions {
        fixed_step: Some(h),
        ..OdeOptions::default()
    };
    let solution = solve(&Known, truth(0.0), times, &options).unwrap();
    let errors = times.iter().zip(&solution.states).skip(1).map(|(&t, y)| {
        let exact = truth(t);
        (0..3).fold(0.0, |m: f64, i| m.max((y[i] - exact[i]).abs()))
    });
    errors.fold(0.0, f64::max)
}

fn orders(times: &[f64]) -> Vec<f64> {
    let errors: Vec<f64> = [0.4, 0.2, 0.1, 0.05].map(|h| worst(h, times)).into();
    errors.windows(2).map(|e| (e[0] / e[1]).log2()).collect()
}

#[test]
fn steps_converge_with_order_five_or_better() {
    for order in orders(&[0.0, 4.0]) {
        assert!(order > 4.7, "{order}");
    }
}

#[test]
fn the_interpolant_between_steps_converges_with_order_four_or_better() {
    let odd: Vec<f64> = (0..40).map(|i| f64::from(i) * 0.0937).collect();
    for order in orders(&odd) {
        assert!(order > 3.8, "{order}");
    }
}

#[test]
fn error_follows_the_tolerance() {
    let times: Vec<f64> = (0..=50).map(f64::from).collect();
    let mut last = f64::INFINITY;
    for relative in [1e-4, 1e-6, 1e-8, 1e-10] {
        let options = OdeOptions {
            relative,
            absolute: relative,
            ..OdeOptions::default()
        };
        let solution = solve(&Known, truth(0.0), &times, &options).unwrap();
        let error = times
            .iter()
            .zip(&solution.states)
            .fold(0.0, |m: f64, (&t, y)| m.max((y[0] - truth(t)[0]).abs()));
        assert!(
            error < 1e3 * relative && error < last,
            "{relative}: {error}"
        );
        last = error;
    }
}

/// A ball that falls and is thrown up again.
struct Ball;

impl System<2> for Ball {
    const NAME: &'static str = "ball";
    const STATES: [&'static str; 2] = ["height", "speed"];
    const POSITIVE: bool = false;

    fn rates(&self, _: f64, y: &[f64; 2]) -> [f64; 2] {
        [y[1], -9.81]
    }
}

#[test]
fn an_event_is_found_where_it_happens() {
    let bounce: Event<'_, Ball, 2> = Event {
        name: "bounce",
        trigger: &|_, _, y| -y[0],
        before_start: false,
        action: &|_, _, y| *y = [0.0, -y[1]],
    };
    let times = [0.0, 0.5, 2.0];
    let solution = solve_with_events(
        &mut Ball,
        [1.0, 0.0],
        &times,
        &OdeOptions::default(),
        &[bounce],
    )
    .unwrap();
    // It hits the ground at √(2/9.81), and then every 2√(2/9.81): elastic.
    let first = (2.0_f64 / 9.81).sqrt();
    for (i, fired) in solution.fired.iter().enumerate() {
        let expected = first * (1.0 + 2.0 * i as f64);
        assert!((fired.time - expected).abs() < 1e-9, "{i}: {}", fired.time);
    }
    assert_eq!(solution.fired.len(), 2);
    let since: f64 = 2.0 - 3.0 * first;
    let height = 9.81 * first * since - 0.5 * 9.81 * since * since;
    assert!((solution.states[2][0] - height).abs() < 1e-8);
}

struct Sink;

impl System<1> for Sink {
    const NAME: &'static str = "sink";
    const STATES: [&'static str; 1] = ["amount"];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, _: &[f64; 1]) -> [f64; 1] {
        [-1.0]
    }
}

struct Blow;

impl System<1> for Blow {
    const NAME: &'static str = "blow-up";
    const STATES: [&'static str; 1] = ["amount"];
    const POSITIVE: bool = true;

    fn rates(&self, _: f64, y: &[f64; 1]) -> [f64; 1] {
        [y[0] * y[0]]
    }
}

#[test]
fn what_cannot_be_integrated_is_named_and_never_nan() {
    let options = OdeOptions::default();
    let error = solve(&Sink, [1.0], &[0.0, 5.0], &options).unwrap_err();
    assert!(
        matches!(&error, Error::LeftPositivity { state: "amount", time, .. } if (1.0..2.0).contains(time) || *time > 1.0),
        "{error}"
    );
    let error = solve(&Blow, [1.0], &[0.0, 5.0], &options).unwrap_err();
    assert!(matches!(error, Error::NoConvergence { .. }), "{error}");
}
