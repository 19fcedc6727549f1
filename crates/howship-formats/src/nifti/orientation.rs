//! From the header's RAS transform to an LPS grid.
//!
//! sform, qform and pixdim each state millimetres; where two of them disagree the caller settles it or
//! nobody does. A sheared sform is refused with its angle, whatever the qform says: it is what the
//! scanner saw.

use super::layout::Fields;
use crate::error::{Fault, Parsed, Problem};
use crate::grid::{agree, lengths, settle_spacing, sheared};

pub(super) struct Orientation {
    /// Step per voxel along x, y and z, LPS mm.
    pub(super) steps: [[f64; 3]; 3],
    pub(super) origin: [f64; 3],
    pub(super) words: &'static str,
}

/// A transform in RAS: unit columns, spacing, origin.
struct Form {
    columns: [[f64; 3]; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
}

/// The sform where its code is set, then the qform, then pixdim alone.
pub(super) fn of(
    f: &Fields,
    mm: f64,
    stated: Option<[f64; 3]>,
    warnings: &mut Vec<String>,
) -> Parsed<Orientation> {
    let pixdim = [1, 2, 3].map(|i| f.pixdim[i].abs() * mm);
    let has_pixdim = pixdim.iter().all(|p| p.is_finite() && *p > 0.0);
    let sform = (f.sform_code > 0).then(|| from_sform(f, mm)).transpose()?;
    let qform = if f.qform_code > 0 {
        Some(from_qform(f, mm)?)
    } else {
        None
    };
    let (mut form, words) = match (sform, qform) {
        (Some(s), Some(q)) => {
            alike(&s, &q, warnings)?;
            (s, "sform")
        }
        (Some(s), None) => (s, "sform"),
        (None, Some(q)) => (q, "qform"),
        (None, None) => {
            warnings.push(
                "the header gives no orientation; axes were taken as RAS with origin 0".into(),
            );
            let columns =
                std::array::from_fn(|a| std::array::from_fn(|r| f64::from(u8::from(r == a))));
            let form = Form {
                columns,
                spacing: pixdim,
                origin: [0.0; 3],
            };
            (form, "pixdim")
        }
    };
    if has_pixdim && words == "sform" {
        // pixdim holds the same spacing with fewer roundings, where it agrees.
        let settled = settle_spacing(("pixdim", pixdim), ("the sform", form.spacing), stated)?;
        if !agree(settled, form.spacing) {
            warnings.push(format!(
                "the sform's axes are not in the unit stated, its origin {:?} (RAS) was taken as mm all the same: where the volume lies in the scanner is not known",
                form.origin
            ));
        }
        form.spacing = settled;
    }
    Ok(form.lps(words))
}

impl Form {
    /// x and y change sign from RAS to LPS.
    fn lps(&self, words: &'static str) -> Orientation {
        let sign = [-1.0, -1.0, 1.0];
        // + 0.0: -0 is legal and confuses readers of printed headers.
        Orientation {
            steps: std::array::from_fn(|a| {
                std::array::from_fn(|r| sign[r] * self.columns[a][r] * self.spacing[a] + 0.0)
            }),
            origin: std::array::from_fn(|r| sign[r] * self.origin[r] + 0.0),
            words,
        }
    }

    /// +1 right-handed, -1 left-handed.
    fn handedness(&self) -> f64 {
        let [x, y, z] = self.columns;
        let cross = [
            x[1] * y[2] - x[2] * y[1],
            x[2] * y[0] - x[0] * y[2],
            x[0] * y[1] - x[1] * y[0],
        ];
        (0..3).map(|r| cross[r] * z[r]).sum::<f64>().signum()
    }
}

fn from_sform(f: &Fields, mm: f64) -> Parsed<Form> {
    let columns: [[f64; 3]; 3] = std::array::from_fn(|c| std::array::from_fn(|r| f.srow[r][c]));
    let norms = lengths(&columns);
    if norms.iter().any(|n| !n.is_finite() || *n <= 0.0) {
        return Err(Fault::new(
            Problem::Geometry,
            format!(
                "the sform {:?} makes no grid: zero or not finite axes",
                f.srow
            ),
            "correct the header, or set its sform code to 0 where the qform is right",
        ));
    }
    let columns: [[f64; 3]; 3] = std::array::from_fn(|c| columns[c].map(|v| v / norms[c]));
    // Before anything else: the lengths of sheared axes are no spacing.
    sheared(&columns)?;
    Ok(Form {
        columns,
        spacing: norms.map(|n| n * mm),
        origin: std::array::from_fn(|r| f.srow[r][3] * mm),
    })
}

/// The quaternion (1, b, c, d) normalised, `qfac` = pixdim[0] mirrors z.
fn from_qform(f: &Fields, mm: f64) -> Parsed<Form> {
    let [b, c, d] = f.quatern;
    let square = b * b + c * c + d * d;
    if !square.is_finite() || f.pixdim[1..=3].iter().any(|p| !p.is_finite() || *p == 0.0) {
        return Err(Fault::new(
            Problem::Geometry,
            format!(
                "the qform {:?} with pixdim {:?} makes no grid",
                f.quatern,
                &f.pixdim[..=3]
            ),
            "correct the header",
        ));
    }
    // What single precision rounds is a thousand times less.
    if square > 1.0 + 1e-3 {
        return Err(Fault::new(
            Problem::Geometry,
            format!(
                "the qform's quaternion {:?} is longer than 1 and turns nothing",
                f.quatern
            ),
            "correct the header, or set its qform code to 0 where the sform is right",
        ));
    }
    let (a, b, c, d) = if square >= 1.0 {
        // Rounding of a half turn: a is 0.
        let n = square.sqrt();
        (0.0, b / n, c / n, d / n)
    } else {
        ((1.0 - square).sqrt(), b, c, d)
    };
    let qfac = if f.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let rows = [
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
    Ok(Form {
        columns: std::array::from_fn(|c| std::array::from_fn(|r| rows[r][c])),
        spacing: [1, 2, 3].map(|i| f.pixdim[i].abs() * mm),
        origin: f.qoffset.map(|v| v * mm),
    })
}

/// Two transforms may place a volume differently (scanner and aligned), which is said; what mirrors
/// it is refused. Their spacings are settled with pixdim.
fn alike(s: &Form, q: &Form, warnings: &mut Vec<String>) -> Parsed<()> {
    if s.handedness() != q.handedness() {
        return Err(Fault::new(
            Problem::Geometry,
            "the sform mirrors the volume and the qform does not, or the reverse",
            "correct the wrong one of the two, or set its code to 0",
        ));
    }
    let turned = (0..3)
        .map(|a| {
            let cosine: f64 = (0..3).map(|r| s.columns[a][r] * q.columns[a][r]).sum();
            cosine.clamp(-1.0, 1.0).acos().to_degrees()
        })
        .fold(0.0, f64::max);
    let moved = (0..3)
        .map(|r| (s.origin[r] - q.origin[r]).powi(2))
        .sum::<f64>()
        .sqrt();
    let step = s.spacing.iter().copied().fold(f64::INFINITY, f64::min);
    if turned > 0.6 || moved > 0.1 * step {
        warnings.push(format!(
            "sform and qform disagree by {turned:.1} degrees and {moved:.2} mm of origin; the sform was used"
        ));
    }
    Ok(())
}
