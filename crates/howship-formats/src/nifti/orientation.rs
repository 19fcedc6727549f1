//! From the header's RAS transform to an LPS grid.

use super::layout::Fields;
use crate::error::{Fault, Parsed, Problem};

pub(super) struct Orientation {
    pub(super) spacing: [f64; 3],
    pub(super) origin: [f64; 3],
    pub(super) direction: [[f64; 3]; 3],
    pub(super) words: &'static str,
}

/// The sform where its code is set and it is a grid, then the qform, then pixdim alone.
pub(super) fn of(f: &Fields, mm: f64, warnings: &mut Vec<String>) -> Parsed<Orientation> {
    let sform = (f.sform_code > 0).then(|| from_sform(f, mm));
    let qform = (f.qform_code > 0).then(|| from_qform(f, mm));
    match (sform, qform) {
        (Some(Some(s)), Some(Some(q))) => {
            if !alike(&s, &q) {
                warnings.push("sform and qform disagree; the sform was used".into());
            }
            Ok(s)
        }
        (Some(Some(s)), _) => Ok(s),
        (Some(None), Some(Some(q))) => {
            warnings.push(
                "the sform is no grid (sheared, zero or not finite); the qform was used".into(),
            );
            Ok(q)
        }
        (None, Some(Some(q))) => Ok(q),
        (Some(None), _) | (None, Some(None)) => Err(Fault::new(
            Problem::Geometry,
            format!(
                "sform {:?} and qform {:?} make no grid (sheared, zero or not finite axes)",
                f.srow, f.quatern
            ),
            "correct the header, or resample the volume onto a grid with orthogonal axes",
        )),
        (None, None) => {
            warnings.push(
                "the header gives no orientation; axes were taken as RAS with origin 0".into(),
            );
            Ok(lps(
                [1, 2, 3].map(|i| f.pixdim[i].abs() * mm),
                [0.0; 3],
                IDENTITY,
                "pixdim",
            ))
        }
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// x and y change sign from RAS to LPS.
fn lps(
    spacing: [f64; 3],
    origin: [f64; 3],
    ras: [[f64; 3]; 3],
    words: &'static str,
) -> Orientation {
    let sign = [-1.0, -1.0, 1.0];
    Orientation {
        spacing,
        origin: std::array::from_fn(|r| unsigned_zero(sign[r] * origin[r])),
        direction: std::array::from_fn(|r| ras[r].map(|v| unsigned_zero(sign[r] * v))),
        words,
    }
}

/// -0 is legal and confuses readers of printed headers.
fn unsigned_zero(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

fn from_sform(f: &Fields, mm: f64) -> Option<Orientation> {
    let column = |c: usize| [f.srow[0][c], f.srow[1][c], f.srow[2][c]];
    let norms = [0, 1, 2].map(|c| column(c).iter().map(|v| v * v).sum::<f64>().sqrt());
    if norms.iter().any(|n| !n.is_finite() || *n <= 0.0) {
        return None;
    }
    let direction: [[f64; 3]; 3] =
        std::array::from_fn(|r| std::array::from_fn(|c| f.srow[r][c] / norms[c]));
    let sheared = [(0, 1), (0, 2), (1, 2)].iter().any(|&(a, b)| {
        (0..3)
            .map(|r| direction[r][a] * direction[r][b])
            .sum::<f64>()
            .abs()
            > 1e-3
    });
    if sheared {
        return None;
    }
    // pixdim holds the same spacing with fewer roundings, where it agrees.
    let spacing = std::array::from_fn(|c| {
        let stated = f.pixdim[c + 1].abs();
        if (stated - norms[c]).abs() <= 1e-5 * norms[c] {
            stated * mm
        } else {
            norms[c] * mm
        }
    });
    Some(lps(spacing, column(3).map(|v| v * mm), direction, "sform"))
}

/// The quaternion (1, b, c, d) normalised, `qfac` = pixdim[0] mirrors z.
fn from_qform(f: &Fields, mm: f64) -> Option<Orientation> {
    let [b, c, d] = f.quatern;
    let square = b * b + c * c + d * d;
    if !square.is_finite() || f.pixdim[1..=3].iter().any(|p| !p.is_finite() || *p == 0.0) {
        return None;
    }
    let (a, b, c, d) = if square >= 1.0 {
        // Rounding of a half turn: a is 0.
        let n = square.sqrt();
        (0.0, b / n, c / n, d / n)
    } else {
        ((1.0 - square).sqrt(), b, c, d)
    };
    let qfac = if f.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let direction = [
        [
            a * a + b * b - c * c - d * d,
            2.0 * (b * c - a * d),
            qfac * 2.0 * (b * d + a * c),
        ],
        [
            2.0 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            qfac * 2.0 * (c * d - a * b),
        ],
        [
            2.0 * (b * d - a * c),
            2.0 * (c * d + a * b),
            qfac * (a * a + d * d - b * b - c * c),
        ],
    ];
    let spacing = [1, 2, 3].map(|i| f.pixdim[i].abs() * mm);
    Some(lps(spacing, f.qoffset.map(|v| v * mm), direction, "qform"))
}

fn alike(a: &Orientation, b: &Orientation) -> bool {
    (0..3).all(|r| {
        (a.spacing[r] - b.spacing[r]).abs() <= 1e-3 * a.spacing[r]
            && (a.origin[r] - b.origin[r]).abs() <= 0.1 * a.spacing[r]
            && (0..3).all(|c| (a.direction[r][c] - b.direction[r][c]).abs() <= 1e-2)
    })
}
