use howship_stats::{
    DegreesOfFreedom, Design, MixedOptions, Ratings, crossed_components, fit_linear, fit_mixed,
    normal_scores, one_way_components, rank_sum,
};
use proptest::prelude::*;

/// Grades, holes, and numbers of any size.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (-4..20i32).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => -1e3..1e3f64,
        1 => prop::num::f64::NORMAL,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the table, variance components end in numbers that make sense or in an error.
    #[test]
    fn components_of_any_table(
        (targets, raters, values) in (2..9usize, 2..6usize).prop_flat_map(|(n, k)| {
            (Just(n), Just(k), prop::collection::vec(value(), n * k))
        })
    ) {
        let table = Ratings::new(targets, raters, values).unwrap();
        if let Ok(c) = crossed_components(&table) {
            prop_assert!(c.target >= 0.0 && c.rater >= 0.0 && c.residual >= 0.0, "{c:?}");
            prop_assert!((0..3).all(|a| c.covariance[a][a] >= 0.0), "{c:?}");
        }
        if let Ok(c) = one_way_components(&table) {
            prop_assert!(c.target >= 0.0 && c.residual >= 0.0, "{c:?}");
        }
    }

    /// Moving and stretching ratings moves the mean and stretches the components.
    #[test]
    fn components_follow_the_scale(
        values in prop::collection::vec((0..12i32).prop_map(f64::from), 24), shift in -50.0..50.0f64
    ) {
        let table = Ratings::new(8, 3, values.clone()).unwrap();
        let moved = values.iter().map(|v| 3.0 * v + shift).collect();
        let moved = crossed_components(&Ratings::new(8, 3, moved).unwrap());
        if let Ok(c) = crossed_components(&table) {
            let m = moved.unwrap();
            let size = 1e-6 * (c.target + c.rater + c.residual);
            prop_assert!((m.target / 9.0 - c.target).abs() < size);
            prop_assert!((m.rater / 9.0 - c.rater).abs() < size);
            prop_assert!((m.residual / 9.0 - c.residual).abs() < size);
            prop_assert!((m.mean - 3.0 * c.mean - shift).abs() < 1e-6 * (1.0 + m.mean.abs()));
        }
    }

    /// Whatever the data, models end in numbers or in an error, and never hang.
    #[test]
    fn models_of_any_numbers(
        rows in prop::collection::vec((value(), 0..5u32, 0..4i32, value()), 3..30)
    ) {
        let y: Vec<f64> = rows.iter().map(|r| r.0).collect();
        let groups: Vec<u32> = rows.iter().map(|r| r.1).collect();
        let time: Vec<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
        let wild = rows.iter().map(|r| r.3).collect();
        let design = Design::intercept(y.len()).with("time", time).unwrap();
        for fixed in [Some(design.clone()), design.clone().with("wild", wild).ok()] {
            let Some(fixed) = fixed else { continue };
            let _ = fit_linear(&fixed, &y).map(|f| f.coefficient(1, 0.95));
            for random in [&Design::intercept(y.len()), &design] {
                let fit = fit_mixed(&y, &fixed, random, &groups, &MixedOptions::default());
                let Ok(fit) = fit else { continue };
                prop_assert!(fit.residual_variance >= 0.0);
                for method in [DegreesOfFreedom::KenwardRoger, DegreesOfFreedom::Satterthwaite] {
                    if let Ok(effects) = fit.fixed_effects(method) {
                        let _ = effects.coefficient(1, 0.95);
                        let _ = effects.joint_test(&[vec![1.0], vec![0.0, 1.0]]);
                    }
                }
                let _ = fit.residual_diagnostics();
            }
        }
        let _ = (normal_scores(&y), rank_sum(&y[..2], &y[2..]));
    }
}
