use howship_image::VectorMm;

/// Nearly the signed distance to an ellipsoid: exact at the surface, negative inside.
///
/// `(k − 1) / |∇k|` with `k` the radius in units of the ellipsoid.
pub(crate) fn ellipsoid(p: VectorMm, radii: VectorMm) -> f64 {
    let scaled = p.component_div(&radii);
    let k0 = scaled.norm();
    let k1 = scaled.component_div(&radii).norm();
    if k1 < 1e-9 {
        return -radii.min();
    }
    k0 * (k0 - 1.0) / k1
}

/// Union whose seam is rounded over a width `k` (polynomial smooth minimum); adds at most k/4.
pub(crate) fn smooth_union(a: f64, b: f64, k: f64) -> f64 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// What is in `a` and not in `b`, with a rounded edge.
pub(crate) fn smooth_difference(a: f64, b: f64, k: f64) -> f64 {
    -smooth_union(-a, b, k)
}

/// Smooth step from 0 at `low` to 1 at `high`.
pub(crate) fn smoothstep(low: f64, high: f64, x: f64) -> f64 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
