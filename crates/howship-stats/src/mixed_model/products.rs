//! Cross-products of the data by group.

use crate::linear_model::check_response;
use crate::{Design, Error};
use nalgebra::{DMatrix, DVector};
use std::collections::BTreeMap;

pub(super) const STATISTIC: &str = "a mixed model";

/// The data as cross-products by group, in coordinates that keep rounding small: fixed effects orthonormal,
/// random effects of unit mean square, the response without its least squares fit and of unit variance.
#[derive(Debug, Clone)]
pub(super) struct Products {
    pub(super) rows: usize,
    pub(super) fixed: usize,
    pub(super) random: usize,
    pub(super) labels: Vec<u32>,
    pub(super) group_of_row: Vec<usize>,
    /// Z'[Q y] of each group, random × (fixed + 1).
    pub(super) responses: Vec<DMatrix<f64>>,
    pub(super) kind_of_group: Vec<usize>,
    pub(super) kinds: Vec<Kind>,
    /// [Q y]'[Q y].
    pub(super) whole: DMatrix<f64>,
    pub(super) scales: Scales,
}

/// What leads back from the inner coordinates.
#[derive(Debug, Clone)]
pub(super) struct Scales {
    pub(super) response: f64,
    pub(super) random: Vec<f64>,
    /// X = Q R.
    pub(super) r_inverse: DMatrix<f64>,
    pub(super) log_determinant_r: f64,
    /// Least squares coefficients.
    pub(super) least_squares: DVector<f64>,
}

/// Groups with equal Z'Z: their covariance is one, so that only sums over them matter.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) groups: f64,
    pub(super) rows: usize,
    pub(super) gram: DMatrix<f64>,
    /// Σ sym(b_a b_b') over the groups for random effects a ≥ b, where b_a is row a of Z'[Q y].
    pub(super) outer: Vec<DMatrix<f64>>,
}

impl Kind {
    /// Σ B'KB over the groups, for the symmetric part of K.
    pub(super) fn sandwich(&self, kernel: &DMatrix<f64>) -> DMatrix<f64> {
        let q = self.gram.nrows();
        let mut out = DMatrix::zeros(self.outer[0].nrows(), self.outer[0].ncols());
        for a in 0..q {
            for b in 0..=a {
                let weight = if a == b {
                    kernel[(a, a)]
                } else {
                    kernel[(a, b)] + kernel[(b, a)]
                };
                out += &self.outer[triangle(a, b)] * weight;
            }
        }
        out
    }
}

/// Position of (a, b), b ≤ a, in a packed lower triangle.
pub(super) fn triangle(a: usize, b: usize) -> usize {
    a * (a + 1) / 2 + b
}

impl Products {
    pub(super) fn of(
        response: &[f64],
        fixed: &Design,
        random: &Design,
        groups: &[u32],
    ) -> Result<Self, Error> {
        check(response, fixed, random, groups)?;
        let (labels, group_of_row) = number_groups(groups);
        enough(fixed, random, labels.len())?;
        let (q_matrix, y, mut scales) = coordinates(response, fixed)?;
        let mut z = random.matrix();
        for mut column in z.column_iter_mut() {
            let scale = (column.norm_squared() / column.len() as f64).sqrt();
            column /= scale;
            scales.random.push(scale);
        }
        let (p, q) = (q_matrix.ncols(), z.ncols());
        let mut joined = q_matrix.insert_column(p, 0.0);
        joined.set_column(p, &y);
        let mut responses = vec![DMatrix::zeros(q, p + 1); labels.len()];
        let mut grams = vec![DMatrix::zeros(q, q); labels.len()];
        let mut rows = vec![0usize; labels.len()];
        for (i, &g) in group_of_row.iter().enumerate() {
            let zi = z.row(i).transpose();
            responses[g] += &zi * joined.row(i);
            grams[g] += &zi * zi.transpose();
            rows[g] += 1;
        }
        let (kinds, kind_of_group) = kinds(&responses, &grams, &rows);
        Ok(Self {
            rows: response.len(),
            fixed: p,
            random: q,
            labels,
            group_of_row,
            responses,
            kind_of_group,
            kinds,
            whole: joined.transpose() * &joined,
            scales,
        })
    }
}

fn check(response: &[f64], fixed: &Design, random: &Design, groups: &[u32]) -> Result<(), Error> {
    check_response(fixed, response)?;
    fixed.refuse_aliased(STATISTIC)?;
    let reason = if random.rows() != response.len() || groups.len() != response.len() {
        format!(
            "{} responses, {} rows of random effects, {} groups; there must be one of each a row",
            response.len(),
            random.rows(),
            groups.len()
        )
    } else if !(1..=4).contains(&random.names().len()) {
        format!(
            "{} random effects a group; 1 to 4 can be fitted",
            random.names().len()
        )
    } else {
        return random.refuse_aliased("the random effects of a mixed model");
    };
    Err(Error::Undefined {
        statistic: STATISTIC,
        reason,
    })
}

fn enough(fixed: &Design, random: &Design, groups: usize) -> Result<(), Error> {
    let effects = groups * random.names().len();
    let reason = if groups < 2 {
        "all rows belong to one group; at least two groups are needed".to_owned()
    } else if effects >= fixed.rows() {
        format!(
            "{effects} random effects ({} in each of {groups} groups) for {} rows; they cannot be told from the \
             residuals. Leave a random effect out, or give groups more rows",
            random.names().len(),
            fixed.rows()
        )
    } else {
        return Ok(());
    };
    Err(Error::Undefined {
        statistic: STATISTIC,
        reason,
    })
}

fn number_groups(groups: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let mut labels = groups.to_vec();
    labels.sort_unstable();
    labels.dedup();
    // Every group is among the labels, so that the search cannot fail.
    let number = |g: &u32| labels.binary_search(g).unwrap_or(0);
    let rows = groups.iter().map(number).collect();
    (labels, rows)
}

/// Q, the scaled least squares residuals, and the way back.
fn coordinates(
    response: &[f64],
    fixed: &Design,
) -> Result<(DMatrix<f64>, DVector<f64>, Scales), Error> {
    let x = fixed.matrix();
    let y = DVector::from_column_slice(response);
    let (q_matrix, r) = x.clone().qr().unpack();
    let singular = || Error::Undefined {
        statistic: STATISTIC,
        reason: "the fixed effects are singular".to_owned(),
    };
    let identity = DMatrix::identity(r.nrows(), r.ncols());
    let r_inverse = r.solve_upper_triangular(&identity).ok_or_else(singular)?;
    let least_squares = &r_inverse * (q_matrix.transpose() * &y);
    let residuals = &y - x * &least_squares;
    let scale = (residuals.norm_squared() / residuals.len() as f64).sqrt();
    if !(scale > 1e-13 * y.amax() && scale.is_finite()) {
        return Err(Error::Undefined {
            statistic: STATISTIC,
            reason: "the fixed effects fit the response without any residual, or numbers are too large to be \
                     squared"
                .to_owned(),
        });
    }
    let scales = Scales {
        response: scale,
        random: Vec::new(),
        log_determinant_r: r.diagonal().iter().map(|d| d.abs().ln()).sum(),
        r_inverse,
        least_squares,
    };
    Ok((q_matrix, residuals / scale, scales))
}

fn kinds(
    responses: &[DMatrix<f64>],
    grams: &[DMatrix<f64>],
    rows: &[usize],
) -> (Vec<Kind>, Vec<usize>) {
    let mut number: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
    let mut kinds: Vec<Kind> = Vec::new();
    let mut kind_of_group = Vec::with_capacity(grams.len());
    for ((b, gram), &n) in responses.iter().zip(grams).zip(rows) {
        let mut key: Vec<u64> = gram.iter().map(|v| v.to_bits()).collect();
        key.push(n as u64);
        let at = *number.entry(key).or_insert(kinds.len());
        let (q, width) = b.shape();
        if at == kinds.len() {
            kinds.push(Kind {
                groups: 0.0,
                rows: n,
                gram: gram.clone(),
                outer: vec![DMatrix::zeros(width, width); q * (q + 1) / 2],
            });
        }
        let kind = &mut kinds[at];
        kind.groups += 1.0;
        for a in 0..q {
            for c in 0..=a {
                let product = b.row(a).transpose() * b.row(c);
                kind.outer[triangle(a, c)] += (&product + product.transpose()) * 0.5;
            }
        }
        kind_of_group.push(at);
    }
    (kinds, kind_of_group)
}
