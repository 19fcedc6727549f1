//! Stretches between points of a film.

/// A point of a film, pixels.
pub(crate) type Px = [f64; 2];

pub(crate) fn way(from: Px, to: Px) -> Px {
    [to[0] - from[0], to[1] - from[1]]
}

/// Whether two stretches cross.
pub(crate) fn meet([a, b]: [Px; 2], [c, d]: [Px; 2]) -> bool {
    let side = |p: Px, q: Px, r: Px| {
        let (u, v) = (way(p, q), way(p, r));
        u[0] * v[1] - u[1] * v[0]
    };
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}
