use crate::Error;
use crate::ode::System;

/// Newton's method on the logarithms of three positive states.
///
/// Logarithms keep every iterate positive; the Jacobian is by central differences of 1e-6.
pub(super) fn positive_equilibrium<S: System<3>>(
    system: &S,
    start: [f64; 3],
) -> Result<[f64; 3], Error> {
    let mut logs = start.map(f64::ln);
    let relative = |logs: &[f64; 3]| {
        let y = logs.map(f64::exp);
        let r = system.rates(0.0, &y);
        [r[0] / y[0], r[1] / y[1], r[2] / y[2]]
    };
    for _ in 0..200 {
        let f = relative(&logs);
        if f.iter().all(|v| v.abs() < 1e-14) {
            break;
        }
        let mut jacobian = [[0.0; 3]; 3];
        for j in 0..3 {
            let (mut up, mut down) = (logs, logs);
            up[j] += 1e-6;
            down[j] -= 1e-6;
            let (up, down) = (relative(&up), relative(&down));
            for i in 0..3 {
                jacobian[i][j] = (up[i] - down[i]) / 2e-6;
            }
        }
        let Some(step) = solve3(jacobian, f) else {
            break;
        };
        let largest = step.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        // Half a natural logarithm at a time keeps the iteration in the basin.
        let scale = if largest > 0.5 { 0.5 / largest } else { 1.0 };
        for i in 0..3 {
            logs[i] -= scale * step[i];
        }
        if largest < 1e-15 {
            break;
        }
    }
    let y = logs.map(f64::exp);
    if relative(&logs).iter().all(|v| v.abs() < 1e-9) && y.iter().all(|v| v.is_finite()) {
        Ok(y)
    } else {
        Err(Error::NoConvergence {
            model: S::NAME,
            time: 0.0,
            reason: "no equilibrium with positive states was found",
        })
    }
}

/// Gauss with pivoting.
fn solve3(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> Option<[f64; 3]> {
    for i in 0..3 {
        let pivot = (i..3).max_by(|&p, &q| a[p][i].abs().total_cmp(&a[q][i].abs()))?;
        a.swap(i, pivot);
        b.swap(i, pivot);
        if !(a[i][i].abs() > 0.0) {
            return None;
        }
        for row in i + 1..3 {
            let factor = a[row][i] / a[i][i];
            for column in i..3 {
                a[row][column] -= factor * a[i][column];
            }
            b[row] -= factor * b[i];
        }
    }
    let mut x = [0.0; 3];
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|j| a[i][j] * x[j]).sum();
        x[i] = (b[i] - known) / a[i][i];
    }
    Some(x)
}
