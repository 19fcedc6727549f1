use super::*;

/// Shrout, Fleiss, Psychol Bull 1979: six targets, four judges.
fn shrout_fleiss() -> Ratings {
    let v = [
        9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7,
    ];
    Ratings::new(6, 4, v.map(f64::from).to_vec()).unwrap()
}

/// The analysis of variance has BMS 11.2417, JMS 32.4861, EMS 1.0194 and the covariance of mean squares 2MS²/ν.
#[test]
fn a_complete_table_gives_the_analysis_of_variance() {
    let c = crossed_components(&shrout_fleiss()).unwrap();
    let (b, j, e) = (
        56.208_333_333_333_336 / 5.0,
        97.458_333_333_333_33 / 3.0,
        15.291_666_666_666_666 / 15.0,
    );
    assert!((c.target - (b - e) / 4.0).abs() < 1e-9, "{c:?}");
    assert!((c.rater - (j - e) / 6.0).abs() < 1e-9, "{c:?}");
    assert!((c.residual - e).abs() < 1e-9, "{c:?}");
    let (vb, vj, ve) = (2.0 * b * b / 5.0, 2.0 * j * j / 3.0, 2.0 * e * e / 15.0);
    assert!((c.covariance[2][2] / ve - 1.0).abs() < 1e-7);
    assert!((c.covariance[0][0] / ((vb + ve) / 16.0) - 1.0).abs() < 1e-7);
    assert!((c.covariance[1][1] / ((vj + ve) / 36.0) - 1.0).abs() < 1e-7);
    assert!((c.covariance[0][1] / (ve / 24.0) - 1.0).abs() < 1e-7);
    assert!((c.mean - 127.0 / 24.0).abs() < 1e-12);
    // Var of the mean: (BMS + JMS − EMS) / nk.
    assert!((c.mean_variance - (b + j - e) / 24.0).abs() < 1e-9);
    assert!(c.notes.is_empty() && c.at_zero == [false; 3]);
}

#[test]
fn one_way_gives_its_mean_squares() {
    let c = one_way_components(&shrout_fleiss()).unwrap();
    let (b, w) = (56.208_333_333_333_336 / 5.0, 112.75 / 18.0);
    assert!((c.residual - w).abs() < 1e-9 && (c.target - (b - w) / 4.0).abs() < 1e-9);
    assert!((c.covariance[1][1] / (2.0 * w * w / 18.0) - 1.0).abs() < 1e-7);
}

#[test]
fn turning_the_table_swaps_the_roles() {
    let table = shrout_fleiss();
    let turned = transposed(&table).unwrap();
    let (a, b) = (
        crossed_components(&table).unwrap(),
        crossed_components(&turned).unwrap(),
    );
    assert!((a.target - b.rater).abs() < 1e-9 && (a.rater - b.target).abs() < 1e-9);
    assert!((a.covariance[0][2] - b.covariance[1][2]).abs() < 1e-9);
}

#[test]
fn components_without_variance_are_held_at_zero_and_said() {
    // Raters agree in the mean exactly; targets do not differ.
    let table = Ratings::new(3, 2, vec![1.0, -1.0, -1.0, 1.0, 0.0, 0.0]).unwrap();
    let c = crossed_components(&table).unwrap();
    assert!(c.at_zero[0] && c.at_zero[1] && c.target == 0.0 && c.rater == 0.0);
    assert_eq!(c.notes.len(), 2);
    assert!((c.residual - 0.8).abs() < 1e-9, "{c:?}");
    let constant = Ratings::new(3, 2, vec![1.0, 2.0, 4.0, 5.0, 8.0, 9.0]).unwrap();
    let c = crossed_components(&constant).unwrap();
    assert!(
        c.at_zero[2] && c.residual == 0.0 && (c.rater - 0.5).abs() < 1e-4,
        "{c:?}"
    );
    assert!((c.target - 12.333_333).abs() < 1e-3, "{c:?}");
}

#[test]
fn what_a_design_cannot_tell_is_an_error() {
    let equal = Ratings::new(3, 2, vec![2.0; 6]).unwrap();
    assert!(crossed_components(&equal).is_err() && one_way_components(&equal).is_err());
    let none = Ratings::new(3, 2, vec![f64::NAN; 6]).unwrap();
    assert!(crossed_components(&none).is_err());
    let n = f64::NAN;
    let once = Ratings::new(3, 3, vec![1.0, n, n, n, 2.0, n, n, 5.0, n]).unwrap();
    assert!(crossed_components(&once).is_err() && one_way_components(&once).is_err());
    let lone = Ratings::new(3, 2, vec![1.0, n, 2.0, n, 4.0, n]).unwrap();
    assert!(crossed_components(&lone).is_err());
}
