//! Weighted normal equations of any number of parameters.

use nalgebra::{SMatrix, SVector};

/// Normal equations of one pass over the samples.
pub(crate) struct Normal<const P: usize> {
    pub hessian: SMatrix<f64, P, P>,
    pub gradient: SVector<f64, P>,
    /// Mean loss.
    pub cost: f64,
    pub count: usize,
}

/// Running sums of one chunk of samples; chunks are added in order, so that the number of threads changes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Sums<const P: usize> {
    /// Upper triangle, row by row.
    hessian: [[f64; P]; P],
    gradient: [f64; P],
    cost: f64,
    count: usize,
}

impl<const P: usize> Sums<P> {
    pub(crate) fn new() -> Self {
        Self {
            hessian: [[0.0; P]; P],
            gradient: [0.0; P],
            cost: 0.0,
            count: 0,
        }
    }

    /// A sample that both images show.
    #[inline]
    pub(crate) fn count(&mut self, cost: f64) {
        self.count += 1;
        self.cost += cost;
    }

    /// Its row of the Jacobian, weight and residual.
    #[inline]
    pub(crate) fn add(&mut self, row: &[f64; P], weight: f64, residual: f64) {
        for p in 0..P {
            let weighted = weight * row[p];
            self.gradient[p] += weighted * residual;
            for q in p..P {
                self.hessian[p][q] += weighted * row[q];
            }
        }
    }

    /// The chunks' sums, in their order.
    pub(crate) fn total(parts: &[Self]) -> Normal<P> {
        let mut all = Self::new();
        for part in parts {
            for p in 0..P {
                all.gradient[p] += part.gradient[p];
                for q in p..P {
                    all.hessian[p][q] += part.hessian[p][q];
                }
            }
            all.cost += part.cost;
            all.count += part.count;
        }
        Normal {
            hessian: SMatrix::from_fn(|p, q| all.hessian[p.min(q)][p.max(q)]),
            gradient: SVector::from_fn(|p, _| all.gradient[p]),
            cost: all.cost / all.count.max(1) as f64,
            count: all.count,
        }
    }
}

/// Solves with a damping of the diagonal; `None` where the system is singular.
pub(crate) fn solve<const P: usize>(normal: &Normal<P>, damping: f64) -> Option<SVector<f64, P>> {
    let scale = normal
        .hessian
        .diagonal()
        .map(|d| if d > 0.0 { 1.0 / d.sqrt() } else { 0.0 });
    let mut system =
        SMatrix::<f64, P, P>::from_fn(|p, q| normal.hessian[(p, q)] * scale[p] * scale[q]);
    for p in 0..P {
        // A direction without information is left where it is instead of spoiling the others.
        system[(p, p)] = if scale[p] > 0.0 { 1.0 + damping } else { 1.0 };
    }
    let step = system
        .cholesky()?
        .solve(&normal.gradient.component_mul(&scale));
    let step = -step.component_mul(&scale);
    step.iter().all(|v| v.is_finite()).then_some(step)
}
