//! Logistic regression with a ridge: probabilities from what was seen.

use crate::{Design, Error};
use nalgebra::{DMatrix, DVector};

/// Most steps of Newton's method; it takes about ten.
const STEPS: usize = 100;
/// Newton's method has arrived where no coefficient moves by more than this.
const ARRIVED: f64 = 1e-9;

/// Coefficients of `ln(p / (1 − p))`, in the order of the design's columns.
///
/// Maximises the likelihood less `ridge / 2` times the sum of squared coefficients, each in standard deviations of its
/// column (ridge logistic regression: le Cessie and van Houwelingen, J R Stat Soc C 1992). A constant column is not
/// held back, so the mean probability over the rows is the observed share. With `ridge` 0 and rows that a plane parts
/// into events and others there is no maximum, which is an error.
///
/// # Errors
/// Other numbers of rows and outcomes, fewer rows than columns, a negative ridge, columns that tell the same, events
/// that are parted from the others.
pub fn logistic(design: &Design, happened: &[bool], ridge: f64) -> Result<Vec<f64>, Error> {
    let undefined = |reason: &str| Error::Undefined {
        statistic: "a logistic regression",
        reason: reason.to_owned(),
    };
    let (n, columns) = (design.rows(), design.names().len());
    if happened.len() != n {
        return Err(undefined("there are not as many outcomes as rows"));
    }
    if n < columns || columns == 0 {
        return Err(Error::TooFew {
            statistic: "a logistic regression",
            needed: columns.max(1),
            found: n,
        });
    }
    if !(ridge >= 0.0 && ridge.is_finite()) {
        return Err(undefined("the ridge is 0 or above"));
    }
    let x = design.matrix();
    let y = DVector::from_iterator(n, happened.iter().map(|h| f64::from(u8::from(*h))));
    let penalty = DVector::from_iterator(
        columns,
        (0..columns).map(|j| ridge * x.column(j).variance()),
    );
    let mut weights = DVector::zeros(columns);
    for _ in 0..STEPS {
        let p = (&x * &weights).map(|l: f64| 1.0 / (1.0 + (-l).exp()));
        let mut weighted = x.clone();
        for (i, mut row) in weighted.row_iter_mut().enumerate() {
            row *= p[i] * (1.0 - p[i]);
        }
        let information = x.transpose() * weighted + DMatrix::from_diagonal(&penalty);
        let gradient = x.transpose() * (&y - &p) - penalty.component_mul(&weights);
        let step = information
            .cholesky()
            .ok_or_else(|| undefined("its columns tell the same, or part events from the others"))?
            .solve(&gradient);
        weights += &step;
        if step.amax() < ARRIVED {
            return Ok(weights.iter().copied().collect());
        }
    }
    Err(undefined(
        "it does not converge: a plane parts events from the others",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One column of two values is a 2 × 2 table: the slope is the log odds ratio, the constant the log odds.
    #[test]
    fn a_table_gives_its_log_odds() {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (value, event, count) in [
            (0.0, true, 3),
            (0.0, false, 9),
            (1.0, true, 8),
            (1.0, false, 2),
        ] {
            for _ in 0..count {
                x.push(value);
                y.push(event);
            }
        }
        let design = Design::intercept(x.len()).with("x", x).unwrap();
        let found = logistic(&design, &y, 0.0).unwrap();
        let (constant, slope) = ((3f64 / 9.0).ln(), (8.0 * 9.0 / (2.0 * 3.0f64)).ln());
        assert!(
            (found[0] - constant).abs() < 1e-9 && (found[1] - slope).abs() < 1e-9,
            "{found:?}"
        );
        // A ridge pulls the slope towards none and leaves the mean probability at the observed share.
        let held = logistic(&design, &y, 5.0).unwrap();
        assert!(held[1] > 0.0 && held[1] < slope);
        let p = |v: f64| 1.0 / (1.0 + (-(held[0] + held[1] * v)).exp());
        assert!((12.0 * p(0.0) + 10.0 * p(1.0) - 11.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_maximum_is_refused() {
        let x = vec![0.0, 1.0, 2.0, 3.0];
        let parted = [false, false, true, true];
        let design = Design::intercept(4).with("x", x.clone()).unwrap();
        assert!(logistic(&design, &parted, 0.0).is_err());
        assert!(logistic(&design, &parted, 0.1).is_ok());
        let twice = design.clone().with("again", x).unwrap();
        assert!(logistic(&twice, &[false, true, false, true], 0.0).is_err());
        assert!(logistic(&design, &[true], 0.0).is_err());
    }
}
