//! The root of a function that changes sign once.

/// Root of a function that changes sign once between `low` and `high` (Illinois steps, bisection where they stall).
///
/// Returns the better end where there is no sign change, which is what a truncated interval means.
pub(crate) fn bracketed_root(mut low: f64, mut high: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let (mut f_low, mut f_high) = (f(low), f(high));
    if f_low == 0.0 {
        return low;
    }
    if f_high == 0.0 || f_low.signum() == f_high.signum() {
        return if f_low.abs() < f_high.abs() {
            low
        } else {
            high
        };
    }
    for step in 0..200 {
        let width = high - low;
        if width.abs() <= 1e-15 * (1.0 + low.abs().max(high.abs())) {
            break;
        }
        // Every third step halves the bracket, so that flat ends cannot stall the secant.
        let mut x = if step % 3 == 2 {
            low + 0.5 * width
        } else {
            low - f_low * width / (f_high - f_low)
        };
        if !(x > low.min(high) && x < low.max(high)) {
            x = low + 0.5 * width;
        }
        let value = f(x);
        if value == 0.0 {
            return x;
        }
        if value.signum() == f_low.signum() {
            (low, f_low) = (x, value);
            f_high *= 0.5;
        } else {
            (high, f_high) = (x, value);
            f_low *= 0.5;
        }
    }
    0.5 * (low + high)
}

/// Root of an increasing or decreasing function on the whole line: the bracket is widened from `start` first.
pub(crate) fn monotone_root(start: f64, mut step: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (start - step, start + step);
    for _ in 0..60 {
        if f(low).signum() != f(high).signum() {
            break;
        }
        step *= 2.0;
        low = start - step;
        high = start + step;
    }
    bracketed_root(low, high, f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_roots_of_steep_and_flat_functions() {
        assert!((bracketed_root(0.0, 2.0, |x| x * x - 2.0) - 2f64.sqrt()).abs() < 1e-14);
        assert!((monotone_root(0.0, 1.0, |x| x.powi(3) - 1000.0) - 10.0).abs() < 1e-12);
        assert!((monotone_root(0.0, 1.0, |x| 1.0 - (x - 30.0).exp()) - 30.0).abs() < 1e-12);
    }
}
